-- History, its seals, and settings.
CREATE TABLE chain (
    stream TEXT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    digest BYTEA NOT NULL
);

CREATE TABLE history (
    seq BIGINT NOT NULL PRIMARY KEY,
    recorded_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    cause TEXT NOT NULL,
    kind TEXT NOT NULL,
    record_id TEXT NOT NULL,
    site TEXT,
    body TEXT NOT NULL,
    digest BYTEA NOT NULL
);
CREATE INDEX history_record ON history (kind, record_id, seq);
CREATE INDEX history_cause ON history (cause, seq);
CREATE INDEX history_actor ON history (actor, seq);

CREATE TABLE setting (
    site TEXT NOT NULL,
    key TEXT NOT NULL,
    body TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (site, key)
);
