-- Long work, dismissed needs, dated rules.
CREATE TABLE job (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    site TEXT NOT NULL,
    title TEXT NOT NULL,
    arguments TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    n_done BIGINT NOT NULL,
    n_total BIGINT NOT NULL,
    note TEXT NOT NULL,
    result TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    run_after BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    beat_at BIGINT,
    is_cancel_asked BOOLEAN NOT NULL,
    n_tries BIGINT NOT NULL
);
CREATE INDEX job_state ON job (state, run_after);
CREATE INDEX job_asked ON job (asked_at);
CREATE INDEX job_asked_by ON job (asked_by, finished_at);

CREATE TABLE need_dismissal (
    need_key TEXT NOT NULL PRIMARY KEY,
    site TEXT NOT NULL,
    reason TEXT NOT NULL,
    until_date TEXT NOT NULL,
    dismissed_by TEXT NOT NULL,
    dismissed_at BIGINT NOT NULL
);

CREATE TABLE rule_override (
    id TEXT NOT NULL PRIMARY KEY,
    rule_key TEXT NOT NULL,
    site TEXT NOT NULL,
    from_date TEXT NOT NULL,
    to_date TEXT,
    value TEXT NOT NULL,
    reason TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX rule_override_key ON rule_override (rule_key, site);

CREATE TABLE huddle_note (
    id TEXT NOT NULL PRIMARY KEY,
    site_id TEXT NOT NULL,
    date TEXT NOT NULL,
    unit_id TEXT,
    text TEXT NOT NULL,
    owner TEXT NOT NULL,
    due_date TEXT,
    done_at BIGINT,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    removed_at BIGINT
);
CREATE INDEX huddle_note_day ON huddle_note (site_id, date);

-- Answers of writes through the API, kept a week, so that a repeated write is not done twice.
-- name: keyed hash of person, address and Idempotency-Key.
CREATE TABLE api_write (
    name TEXT NOT NULL PRIMARY KEY,
    request_digest TEXT NOT NULL,
    answer TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE INDEX api_write_made ON api_write (made_at);
