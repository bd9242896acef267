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
