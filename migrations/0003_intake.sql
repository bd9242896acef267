-- What arrived, as it arrived, and what became of it.
CREATE TABLE message (
    seq BIGINT NOT NULL PRIMARY KEY,
    received_at BIGINT NOT NULL,
    source TEXT NOT NULL,
    message_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    body_digest TEXT NOT NULL,
    digest BYTEA NOT NULL
);
CREATE INDEX message_by_key ON message (message_key);

-- The bytes, sealed. Apart, so that a key rotation rewrites them without touching the chain.
CREATE TABLE message_body (
    seq BIGINT NOT NULL PRIMARY KEY,
    body BYTEA NOT NULL
);

-- Messages that were not applied, and why. A message without a row here was applied.
CREATE TABLE message_fault (
    seq BIGINT NOT NULL PRIMARY KEY,
    feed_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('refused', 'conflict', 'ignored')),
    reason TEXT NOT NULL,
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    at BIGINT NOT NULL,
    closed_at BIGINT,
    closed_how TEXT
);
CREATE INDEX message_fault_feed ON message_fault (feed_id, closed_at, seq);

CREATE TABLE feed (
    id TEXT NOT NULL PRIMARY KEY,
    application TEXT NOT NULL,
    facility TEXT NOT NULL,
    site_id TEXT,
    source TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    last_event_at BIGINT,
    n_received BIGINT NOT NULL,
    n_applied BIGINT NOT NULL,
    n_duplicate BIGINT NOT NULL,
    n_refused BIGINT NOT NULL
);

CREATE TABLE import_run (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    site_id TEXT,
    file_name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'done', 'undone', 'failed')),
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
