-- The site tree and who may see and do what in it.
CREATE TABLE site (
    id TEXT NOT NULL PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    parent_id TEXT,
    facility_id TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('enterprise', 'facility', 'department', 'unit')),
    name TEXT NOT NULL,
    time_zone TEXT,
    currency TEXT,
    care TEXT NOT NULL CHECK (care IN ('inpatient', 'emergency', 'observation', 'nursery', 'outpatient', 'unmapped')),
    sort BIGINT NOT NULL,
    closed_on TEXT
);
CREATE INDEX site_parent ON site (parent_id);

CREATE TABLE site_tree (
    ancestor_id TEXT NOT NULL,
    descendant_id TEXT NOT NULL,
    depth BIGINT NOT NULL,
    PRIMARY KEY (ancestor_id, descendant_id)
);
CREATE INDEX site_tree_descendant ON site_tree (descendant_id);

-- owner_id: '' for codes that name a facility, the facility for codes of its units.
CREATE TABLE site_code (
    owner_id TEXT NOT NULL,
    code TEXT NOT NULL,
    site_id TEXT NOT NULL REFERENCES site (id),
    PRIMARY KEY (owner_id, code)
);
CREATE INDEX site_code_site ON site_code (site_id);

CREATE TABLE bed_count (
    site_id TEXT NOT NULL REFERENCES site (id),
    from_date TEXT NOT NULL,
    licensed BIGINT NOT NULL CHECK (licensed >= 0),
    set_up BIGINT NOT NULL CHECK (set_up >= 0),
    staffed BIGINT NOT NULL CHECK (staffed >= 0),
    PRIMARY KEY (site_id, from_date)
);

CREATE TABLE person (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    password_hash TEXT,
    must_change BOOLEAN NOT NULL,
    n_failed BIGINT NOT NULL,
    locked_until BIGINT,
    preferences TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    closed_at BIGINT
);

CREATE TABLE role_grant (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (id),
    role TEXT NOT NULL,
    site_id TEXT NOT NULL REFERENCES site (id),
    from_date TEXT NOT NULL,
    to_date TEXT,
    granted_at BIGINT NOT NULL,
    granted_by TEXT NOT NULL
);
CREATE INDEX role_grant_person ON role_grant (person_id);

CREATE TABLE session (
    token_hash TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (id),
    csrf TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    agent TEXT NOT NULL
);
CREATE INDEX session_person ON session (person_id);

CREATE TABLE api_token (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (id),
    name TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    site_id TEXT NOT NULL REFERENCES site (id),
    permissions TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    used_at BIGINT
);
CREATE INDEX api_token_person ON api_token (person_id);

-- Who looked at pages that name patients. Sealed.
CREATE TABLE access_log (
    seq BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    person_id TEXT NOT NULL,
    site TEXT NOT NULL,
    page TEXT NOT NULL,
    subject TEXT NOT NULL,
    digest BYTEA NOT NULL
);
CREATE INDEX access_log_person ON access_log (person_id, seq);
