-- What arrived, as it arrived, and what became of it.
-- site_id: the site named by the way in, for messages that name none themselves.
-- standing: 'first' of its key, or 'conflict' when an earlier message has the same key and other bytes.
CREATE TABLE message (
    seq BIGINT NOT NULL PRIMARY KEY,
    received_at BIGINT NOT NULL,
    source TEXT NOT NULL,
    feed_id TEXT NOT NULL,
    site_id TEXT,
    message_key TEXT NOT NULL,
    standing TEXT NOT NULL CHECK (standing IN ('first', 'conflict')),
    kind TEXT NOT NULL,
    n_bytes BIGINT NOT NULL,
    body_digest TEXT NOT NULL,
    digest BYTEA NOT NULL
);
-- One first message of a key, whoever writes. The few conflicts have an index of their own, so that a
-- sender who numbers every message alike does not make the search grow.
CREATE UNIQUE INDEX message_first ON message (message_key) WHERE standing = 'first';
CREATE INDEX message_conflict ON message (body_digest) WHERE standing = 'conflict';

-- The bytes, sealed. Apart, so that a key rotation rewrites them without touching the chain.
CREATE TABLE message_body (
    seq BIGINT NOT NULL PRIMARY KEY,
    body BYTEA NOT NULL
);

-- Messages that were not applied, and why. A message without a row here was applied, or was understood
-- and of no concern.
CREATE TABLE message_fault (
    seq BIGINT NOT NULL PRIMARY KEY,
    feed_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('refused', 'conflict', 'unreadable')),
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    at BIGINT NOT NULL,
    closed_at BIGINT,
    closed_how TEXT CHECK (closed_how IN ('replayed', 'accepted', 'dismissed')),
    closed_why TEXT
);
CREATE INDEX message_fault_feed ON message_fault (feed_id, seq);
CREATE INDEX message_fault_open ON message_fault (feed_id, seq) WHERE closed_at IS NULL;

-- A sender by one way in. site_id: the lowest site that holds all its messages were applied to.
-- n_received = n_applied + n_ignored + n_duplicate + n_refused; conflicts and unreadable ones are refused.
CREATE TABLE feed (
    id TEXT NOT NULL PRIMARY KEY,
    application TEXT NOT NULL,
    facility TEXT NOT NULL,
    source TEXT NOT NULL,
    site_id TEXT,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    last_event_at BIGINT,
    n_received BIGINT NOT NULL,
    n_applied BIGINT NOT NULL,
    n_ignored BIGINT NOT NULL,
    n_duplicate BIGINT NOT NULL,
    n_refused BIGINT NOT NULL
);

CREATE TABLE import_run (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    site_id TEXT,
    file_name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'running', 'done', 'undone', 'failed')),
    mapping TEXT NOT NULL,
    n_new BIGINT NOT NULL,
    n_changed BIGINT NOT NULL,
    n_same BIGINT NOT NULL,
    n_rejected BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    done_at BIGINT,
    undone_at BIGINT
);
CREATE INDEX import_run_created ON import_run (created_at);

-- The uploaded file, sealed, kept while an import waits for its commit or may be undone.
CREATE TABLE import_file (
    import_id TEXT NOT NULL PRIMARY KEY REFERENCES import_run (id),
    body BYTEA NOT NULL
);

CREATE TABLE import_reject (
    import_id TEXT NOT NULL REFERENCES import_run (id),
    line BIGINT NOT NULL,
    reason TEXT NOT NULL,
    row_text BYTEA NOT NULL,
    PRIMARY KEY (import_id, line)
);

-- Column mappings saved for a source of files.
CREATE TABLE import_mapping (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (kind, name)
);
