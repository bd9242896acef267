-- The sum of all migrations; written by `cargo xtask tidy --write`.

-- migrations/0001_history.sql
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

-- migrations/0002_sites_and_people.sql
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

-- migrations/0003_intake.sql
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

-- migrations/0004_census.sql
-- Who was where, when it was true and when we knew.

-- Patients, accounts and visits that messages tie together share a case.
CREATE TABLE case_key (
    key TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL
);
CREATE INDEX case_key_case ON case_key (case_id, key);

-- Identifying fields are sealed; the key is a keyed hash of authority and record number.
CREATE TABLE patient (
    key TEXT NOT NULL PRIMARY KEY,
    record_number BYTEA NOT NULL,
    name BYTEA NOT NULL,
    birth_date BYTEA NOT NULL,
    sex TEXT NOT NULL,
    stated_at BIGINT NOT NULL,
    fields_digest TEXT NOT NULL
);

-- ADT facts as the messages state them. Sealed.
CREATE TABLE adt_event (
    seq BIGINT NOT NULL PRIMARY KEY,
    message_seq BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    facility_id TEXT NOT NULL,
    case_key TEXT NOT NULL,
    body TEXT NOT NULL,
    digest BYTEA NOT NULL
);
CREATE INDEX adt_event_case ON adt_event (case_key);
CREATE INDEX adt_event_message ON adt_event (message_seq);

-- Facts taken back by a person: a merge reversed, an import undone.
CREATE TABLE adt_void (
    event_seq BIGINT NOT NULL PRIMARY KEY,
    case_key TEXT NOT NULL,
    voided_at BIGINT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX adt_void_case ON adt_void (case_key);

-- The newest belief about each stay.
CREATE TABLE stay (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL,
    facility_id TEXT NOT NULL,
    visit TEXT NOT NULL,
    patient_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('expected', 'present', 'left', 'void')),
    class TEXT NOT NULL,
    service TEXT NOT NULL,
    arrived_at BIGINT NOT NULL,
    admitted_at BIGINT,
    left_at BIGINT,
    disposition TEXT NOT NULL,
    unit_id TEXT,
    bed TEXT NOT NULL,
    on_leave BOOLEAN NOT NULL,
    expected_at BIGINT,
    expected_out_at BIGINT,
    pending_unit TEXT NOT NULL,
    pending_since BIGINT,
    faults TEXT NOT NULL,
    facts_digest TEXT NOT NULL
);
CREATE INDEX stay_case ON stay (case_id);
CREATE INDEX stay_arrived ON stay (facility_id, arrived_at);
CREATE INDEX stay_left ON stay (facility_id, left_at);
CREATE INDEX stay_present ON stay (state, unit_id);
CREATE INDEX stay_faults ON stay (facility_id, id) WHERE faults <> '';

-- Where a stay was, from when to when; and from when to when we believed it.
-- An open end is 253402300799999999 (the end of the year 9999).
CREATE TABLE leg (
    id BIGINT NOT NULL PRIMARY KEY,
    stay_id TEXT NOT NULL,
    facility_id TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    bed TEXT NOT NULL,
    class TEXT NOT NULL,
    began TEXT NOT NULL,
    ended TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    known_from BIGINT NOT NULL,
    known_to BIGINT NOT NULL
);
CREATE INDEX leg_unit_out ON leg (unit_id, to_at);
CREATE INDEX leg_stay ON leg (stay_id);
CREATE INDEX leg_bed ON leg (unit_id, bed, to_at) WHERE known_to = 253402300799999999 AND bed <> '';

-- What moved at each site on each day, at every level of the tree: sums of these give any census.
CREATE TABLE census_day (
    site_id TEXT NOT NULL,
    date TEXT NOT NULL,
    kind TEXT NOT NULL,
    admissions BIGINT NOT NULL,
    discharges BIGINT NOT NULL,
    deaths BIGINT NOT NULL,
    transfers_in BIGINT NOT NULL,
    transfers_out BIGINT NOT NULL,
    same_day BIGINT NOT NULL,
    before_noon BIGINT NOT NULL,
    unseen BIGINT NOT NULL,
    stay_days BIGINT NOT NULL,
    PRIMARY KEY (site_id, kind, date)
);
CREATE TABLE census_month (
    site_id TEXT NOT NULL,
    month TEXT NOT NULL,
    kind TEXT NOT NULL,
    net BIGINT NOT NULL,
    PRIMARY KEY (site_id, kind, month)
);

-- stay_id: the stay an assigned bed is promised to. is_listed: by a file or a person; another bed is there
-- as long as messages speak of it.
CREATE TABLE bed (
    id TEXT NOT NULL PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES site (id),
    code TEXT NOT NULL,
    is_licensed BOOLEAN NOT NULL,
    is_set_up BOOLEAN NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('available', 'assigned', 'occupied', 'dirty', 'cleaning', 'blocked', 'closed')),
    since BIGINT NOT NULL,
    reason TEXT NOT NULL,
    owner TEXT NOT NULL,
    stay_id TEXT NOT NULL DEFAULT '',
    is_listed BOOLEAN NOT NULL,
    closed_at BIGINT,
    UNIQUE (unit_id, code)
);

-- What was told of beds: by status messages (cause is feed) and by people (cause is their id). The states
-- of a bed follow from these and from legs. facility_id, unit_code: how a message named the bed's unit.
CREATE TABLE bed_fact (
    id TEXT NOT NULL PRIMARY KEY,
    bed_id TEXT NOT NULL REFERENCES bed (id),
    at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    sent TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    owner TEXT NOT NULL,
    stay_id TEXT NOT NULL,
    cause TEXT NOT NULL,
    facility_id TEXT,
    unit_code TEXT NOT NULL,
    message_seq BIGINT NOT NULL,
    voided_at BIGINT
);
CREATE INDEX bed_fact_bed ON bed_fact (bed_id, at);
CREATE INDEX bed_fact_by_hand ON bed_fact (bed_id, at) WHERE cause <> 'feed';

-- What a patient who leaves waits for, from when to when. An open end as in leg.
CREATE TABLE leaving_wait (
    id TEXT NOT NULL PRIMARY KEY,
    stay_id TEXT NOT NULL,
    wait TEXT NOT NULL,
    note TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL
);
CREATE INDEX leaving_wait_stay ON leaving_wait (stay_id, to_at);

-- Forecasts as made, so that they can be judged.
CREATE TABLE forecast_run (
    site_id TEXT NOT NULL,
    series TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (site_id, series)
);

-- migrations/0005_jobs_needs_rules.sql
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

-- migrations/0006_tray.sql
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

-- migrations/0007_numbers.sql
-- Numbers in place of keyed hashes where rows of one patient or stay are looked for: numbers follow each other,
-- so what belongs to the patients who are in the house lies close together, and a batch of messages touches few
-- pages of an index.
DROP INDEX case_key_case;
ALTER TABLE case_key RENAME TO case_key_before;
CREATE TABLE case_key (
    number BIGINT NOT NULL PRIMARY KEY,
    key TEXT NOT NULL,
    case_id TEXT NOT NULL
);
INSERT INTO case_key (number, key, case_id)
    SELECT ROW_NUMBER() OVER (ORDER BY case_id, key), key, case_id FROM case_key_before;
DROP TABLE case_key_before;
CREATE UNIQUE INDEX case_key_key ON case_key (key);
CREATE INDEX case_key_case ON case_key (case_id);

-- The facts of each patient. patient: the number of the key that adt_event.case_key holds.
CREATE TABLE event_patient (
    event_seq BIGINT NOT NULL PRIMARY KEY,
    patient BIGINT NOT NULL
);
INSERT INTO event_patient (event_seq, patient)
    SELECT e.seq, k.number FROM adt_event e JOIN case_key k ON k.key = e.case_key;
CREATE INDEX event_patient_patient ON event_patient (patient);
DROP INDEX adt_event_case;

DROP INDEX stay_case;
DROP INDEX stay_arrived;
DROP INDEX stay_left;
DROP INDEX stay_present;
DROP INDEX stay_faults;
ALTER TABLE stay RENAME TO stay_before;
CREATE TABLE stay (
    number BIGINT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    facility_id TEXT NOT NULL,
    visit TEXT NOT NULL,
    patient_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('expected', 'present', 'left', 'void')),
    class TEXT NOT NULL,
    service TEXT NOT NULL,
    arrived_at BIGINT NOT NULL,
    admitted_at BIGINT,
    left_at BIGINT,
    disposition TEXT NOT NULL,
    unit_id TEXT,
    bed TEXT NOT NULL,
    on_leave BOOLEAN NOT NULL,
    expected_at BIGINT,
    expected_out_at BIGINT,
    pending_unit TEXT NOT NULL,
    pending_since BIGINT,
    faults TEXT NOT NULL,
    facts_digest TEXT NOT NULL
);
INSERT INTO stay (number, id, case_id, facility_id, visit, patient_key, state, class, service, arrived_at,
                  admitted_at, left_at, disposition, unit_id, bed, on_leave, expected_at, expected_out_at,
                  pending_unit, pending_since, faults, facts_digest)
    SELECT ROW_NUMBER() OVER (ORDER BY case_id, id), id, case_id, facility_id, visit, patient_key, state,
           class, service, arrived_at, admitted_at, left_at, disposition, unit_id, bed, on_leave, expected_at,
           expected_out_at, pending_unit, pending_since, faults, facts_digest
    FROM stay_before;
DROP TABLE stay_before;
CREATE UNIQUE INDEX stay_id ON stay (id);
CREATE INDEX stay_case ON stay (case_id);
CREATE INDEX stay_arrived ON stay (facility_id, arrived_at);
CREATE INDEX stay_left ON stay (facility_id, left_at);
CREATE INDEX stay_present ON stay (state, unit_id);
CREATE INDEX stay_faults ON stay (facility_id, id) WHERE faults <> '';

DROP INDEX leg_unit_out;
DROP INDEX leg_stay;
DROP INDEX leg_bed;
ALTER TABLE leg RENAME TO leg_before;
CREATE TABLE leg (
    id BIGINT NOT NULL PRIMARY KEY,
    stay_number BIGINT NOT NULL,
    facility_id TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    bed TEXT NOT NULL,
    class TEXT NOT NULL,
    began TEXT NOT NULL,
    ended TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    known_from BIGINT NOT NULL,
    known_to BIGINT NOT NULL
);
INSERT INTO leg (id, stay_number, facility_id, unit_id, bed, class, began, ended, from_at, to_at, known_from,
                 known_to)
    SELECT l.id, s.number, l.facility_id, l.unit_id, l.bed, l.class, l.began, l.ended, l.from_at, l.to_at,
           l.known_from, l.known_to
    FROM leg_before l JOIN stay s ON s.id = l.stay_id;
DROP TABLE leg_before;
CREATE INDEX leg_unit_out ON leg (unit_id, to_at);
CREATE INDEX leg_stay ON leg (stay_number);
CREATE INDEX leg_bed ON leg (unit_id, bed, to_at) WHERE known_to = 253402300799999999 AND bed <> '';
