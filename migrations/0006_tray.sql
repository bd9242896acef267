-- What senders were told is kept, until its turn to be applied comes. PostgreSQL keeps it in this table. The
-- embedded engine has one writer for each file, so it keeps the same table in a file of its own (tray.db) and
-- leaves this one empty.
-- site_id: the site named by the way in. body: the bytes, sealed as in message_body.
CREATE TABLE tray (
    seq BIGINT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    site_id TEXT,
    body BYTEA NOT NULL
);
