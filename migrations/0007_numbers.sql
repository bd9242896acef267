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
