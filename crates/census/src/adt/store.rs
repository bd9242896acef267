//! Cases, facts, stays and legs in the database.

use super::held::Held;
use super::model::{Event, Fact, Micros, OPEN, Stay};
use super::read::Demographics;
use crate::tally::rules::Leg;
use crate::{Began, Ended};
use base::Id;
use identity::Site;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use store::seal::{self, Kind, Stream};
use store::{Bind, Columns, FromRow, StoreError, Tx, binds};

/// ADT facts, sealed.
pub(crate) const EVENTS: Stream = Stream {
    table: "adt_event",
    columns: &[
        ("message_seq", Kind::Int),
        ("recorded_at", Kind::Int),
        ("facility_id", Kind::Text),
        ("case_key", Kind::Text),
        ("body", Kind::Text),
    ],
};

/// A key as it is stored: its number, and the case it belongs to.
#[derive(Debug, Clone)]
pub(crate) struct CaseKey {
    pub(crate) number: i64,
    pub(crate) case: String,
}

/// Those of these keys that are known.
pub(crate) async fn find_case_keys(
    tx: &mut Tx,
    keys: &[String],
) -> Result<HashMap<String, CaseKey>, StoreError> {
    let sql = "SELECT key, number, case_id FROM case_key WHERE key IN ({in}) ORDER BY key";
    let rows = tx.list_by_key::<(String, i64, String)>(sql, keys).await?;
    Ok(rows.into_iter().map(|(key, number, case)| (key, CaseKey { number, case })).collect())
}

/// The cases that these keys belong to.
pub(crate) async fn find_cases(tx: &mut Tx, keys: &[String]) -> Result<BTreeSet<String>, StoreError> {
    Ok(find_case_keys(tx, keys).await?.into_values().map(|key| key.case).collect())
}

/// The number of the last key, 0 before the first. The row that [`Held::lock`] takes keeps others from giving the
/// next one meanwhile.
pub(crate) async fn last_case_key(tx: &mut Tx) -> Result<i64, StoreError> {
    let last: Option<(i64,)> = tx.find("SELECT COALESCE(MAX(number), 0) FROM case_key", binds![]).await?;
    Ok(last.map_or(0, |(last,)| last))
}

pub(crate) async fn insert_case_keys(
    tx: &mut Tx,
    keys: impl Iterator<Item = (String, CaseKey)>,
) -> Result<(), StoreError> {
    let rows = keys.map(|(key, CaseKey { number, case })| binds![number, key, case]).collect();
    tx.insert_many("INSERT INTO case_key (number, key, case_id) VALUES", rows, "").await.map(|_| ())
}

/// Everything of case `from` belongs to case `into` from now on.
pub(crate) async fn join_cases(tx: &mut Tx, from: &str, into: &str) -> Result<(), StoreError> {
    tx.run("UPDATE case_key SET case_id = $1 WHERE case_id = $2", binds![into, from]).await?;
    tx.run("UPDATE stay SET case_id = $1 WHERE case_id = $2", binds![into, from]).await.map(|_| ())
}

/// Appends facts to the sealed stream; `patients` are the numbers of the keys their cases are found by.
pub(crate) async fn insert_events(tx: &mut Tx, events: &[Event], patients: &[i64]) -> Result<(), StoreError> {
    let at = tx.at();
    let mut rows = Vec::with_capacity(events.len());
    for event in events {
        let body = serde_json::to_string(&event.fact)
            .map_err(|error| StoreError::inconsistent("adt_event", error.to_string()))?;
        rows.push(binds![event.message, at, event.facility, patient_case_key(&event.fact), body]);
    }
    let first = seal::append(tx, &EVENTS, rows).await?;
    let rows = (first..).zip(patients).map(|(seq, patient)| binds![seq, *patient]).collect();
    tx.insert_many("INSERT INTO event_patient (event_seq, patient) VALUES", rows, "").await.map(|_| ())
}

/// The key a fact's case is found by.
pub(crate) fn patient_case_key(fact: &Fact) -> String {
    format!("p:{}", fact.patient)
}

struct EventRow {
    case: String,
    event: Event,
}

impl FromRow for EventRow {
    fn from_row(c: &mut Columns<'_>) -> Result<EventRow, StoreError> {
        let case = c.take()?;
        let message = c.take()?;
        let facility = c.take()?;
        let body: String = c.take()?;
        let fact: Fact = serde_json::from_str(&body)
            .map_err(|error| StoreError::inconsistent("adt_event.body", error.to_string()))?;
        Ok(EventRow { case, event: Event { message, facility, fact } })
    }
}

/// Every standing fact of these cases.
pub(crate) async fn list_events(
    tx: &mut Tx,
    cases: &[String],
) -> Result<BTreeMap<String, Vec<Event>>, StoreError> {
    let sql = "SELECT k.case_id, e.message_seq, e.facility_id, e.body
               FROM case_key k JOIN event_patient p ON p.patient = k.number
               JOIN adt_event e ON e.seq = p.event_seq
               WHERE k.case_id IN ({in})
                 AND NOT EXISTS (SELECT 1 FROM adt_void v WHERE v.event_seq = e.seq)
               ORDER BY k.case_id, e.seq";
    let mut events: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for row in tx.list_by_key::<EventRow>(sql, cases).await? {
        events.entry(row.case).or_default().push(row.event);
    }
    Ok(events)
}

/// What is stored of a stay, as far as a new belief is compared with it.
pub(crate) struct KnownStay {
    pub(crate) number: i64,
    pub(crate) id: String,
    pub(crate) case: String,
    pub(crate) digest: String,
    pub(crate) legs: Vec<(i64, Leg)>,
    /// Its row as this process wrote it last; none when it was only read.
    pub(crate) row: Option<StayRow>,
}

/// The stays of these cases with the legs believed now.
pub(crate) async fn list_known(tx: &mut Tx, cases: &[String]) -> Result<Vec<KnownStay>, StoreError> {
    let sql =
        "SELECT number, id, case_id, facts_digest FROM stay WHERE case_id IN ({in}) ORDER BY case_id, id";
    let stays: Vec<(i64, String, String, String)> = tx.list_by_key(sql, cases).await?;
    let ids: Vec<String> = stays.iter().map(|(_, id, ..)| id.clone()).collect();
    let mut legs = list_legs(tx, &ids).await?;
    Ok(stays
        .into_iter()
        .map(|(number, id, case, digest)| KnownStay {
            legs: legs.remove(&id).unwrap_or_default(),
            number,
            id,
            case,
            digest,
            row: None,
        })
        .collect())
}

struct LegRow {
    id: i64,
    stay: String,
    leg: Leg,
}

impl FromRow for LegRow {
    fn from_row(c: &mut Columns<'_>) -> Result<LegRow, StoreError> {
        let (id, stay) = (c.take()?, c.take()?);
        Ok(LegRow { id, stay, leg: take_leg(c)? })
    }
}

/// Reads `unit_id, bed, class, began, ended, from_at, to_at`.
pub(crate) fn take_leg(c: &mut Columns<'_>) -> Result<Leg, StoreError> {
    let (unit, bed, class) = (c.take()?, c.take()?, c.take()?);
    let (began, ended): (String, String) = (c.take()?, c.take()?);
    let bad = |word: &str| StoreError::inconsistent("leg", format!("unknown word `{word}`"));
    Ok(Leg {
        unit,
        bed,
        class,
        began: Began::from_word(&began).ok_or_else(|| bad(&began))?,
        ended: Ended::from_word(&ended).ok_or_else(|| bad(&ended))?,
        from: c.take()?,
        to: c.take()?,
    })
}

async fn list_legs(tx: &mut Tx, stays: &[String]) -> Result<HashMap<String, Vec<(i64, Leg)>>, StoreError> {
    let sql = "SELECT l.id, s.id, l.unit_id, l.bed, l.class, l.began, l.ended, l.from_at, l.to_at
               FROM stay s JOIN leg l ON l.stay_number = s.number
               WHERE s.id IN ({in}) AND l.known_to = 253402300799999999 ORDER BY s.id, l.from_at, l.id";
    let mut legs: HashMap<String, Vec<(i64, Leg)>> = HashMap::new();
    for row in tx.list_by_key::<LegRow>(sql, stays).await? {
        legs.entry(row.stay).or_default().push((row.id, row.leg));
    }
    Ok(legs)
}

/// A leg to be believed from now on.
pub(crate) struct NewLeg {
    /// The number of its stay.
    pub(crate) stay: i64,
    pub(crate) facility: Id<Site>,
    pub(crate) leg: Leg,
}

/// Ends the belief in `gone` and begins it in `new`; the number of the first of these, the rest follow.
pub(crate) async fn replace_legs(tx: &mut Tx, gone: &[i64], new: &[NewLeg]) -> Result<i64, StoreError> {
    let at = tx.at();
    tx.update_many("leg", &["known_to"], "id", gone.iter().map(|id| binds![at, *id]).collect()).await?;
    if new.is_empty() {
        return Ok(0);
    }
    let n = i64::try_from(new.len()).unwrap_or(i64::MAX);
    let first = seal::reserve(tx, "leg", n).await?;
    let rows = (first..)
        .zip(new)
        .map(|(id, NewLeg { stay, facility, leg })| {
            binds![
                id,
                *stay,
                *facility,
                leg.unit,
                &leg.bed,
                &leg.class,
                leg.began.word(),
                leg.ended.word(),
                leg.from,
                leg.to,
                at,
                OPEN,
            ]
        })
        .collect();
    let insert = "INSERT INTO leg (id, stay_number, facility_id, unit_id, bed, class, began, ended, from_at, to_at, known_from, known_to) VALUES";
    tx.insert_many(insert, rows, "").await?;
    Ok(first)
}

/// A stay as it will be stored.
pub(crate) struct NewStay<'s> {
    pub(crate) number: i64,
    pub(crate) id: &'s str,
    pub(crate) case: &'s str,
    pub(crate) stay: &'s Stay,
    pub(crate) legs: &'s [Leg],
    pub(crate) admitted_at: Option<Micros>,
    pub(crate) digest: &'s str,
}

impl NewStay<'_> {
    fn row(&self) -> Result<StayRow, StoreError> {
        let stay = self.stay;
        let (first, last) = (self.legs.first(), self.legs.last());
        let arrived =
            first.map(|leg| leg.from).or(stay.expected_in).or(stay.pending_since).unwrap_or_default();
        let left = last.map(|leg| leg.to).filter(|to| *to != OPEN);
        let faults = match stay.faults.as_slice() {
            [] => String::new(),
            faults => serde_json::to_string(faults)
                .map_err(|error| StoreError::inconsistent("stay.faults", error.to_string()))?,
        };
        let on_leave = stay.leaves.last().is_some_and(|leave| leave.1 == OPEN);
        Ok(binds![
            self.case,
            stay.facility,
            stay.visit.as_str(),
            stay.patient.as_str(),
            stay.state.word(),
            stay.class.as_str(),
            stay.service.as_str(),
            arrived,
            self.admitted_at,
            left,
            stay.disposition.as_str(),
            last.map(|leg| leg.unit),
            last.map_or("", |leg| leg.bed.as_str()),
            on_leave,
            stay.expected_in,
            stay.expected_out,
            stay.pending.unit.as_str(),
            stay.pending_since,
            faults,
            self.digest,
        ]
        .into())
    }
}

/// The number of the last stay, 0 before the first; guarded as that of [`last_case_key`].
pub(crate) async fn last_stay(tx: &mut Tx) -> Result<i64, StoreError> {
    let last: Option<(i64,)> = tx.find("SELECT COALESCE(MAX(number), 0) FROM stay", binds![]).await?;
    Ok(last.map_or(0, |(last,)| last))
}

/// Columns of a stay after its number and id, in the order of [`NewStay::row`].
const STAY: [&str; 20] = [
    "case_id",
    "facility_id",
    "visit",
    "patient_key",
    "state",
    "class",
    "service",
    "arrived_at",
    "admitted_at",
    "left_at",
    "disposition",
    "unit_id",
    "bed",
    "on_leave",
    "expected_at",
    "expected_out_at",
    "pending_unit",
    "pending_since",
    "faults",
    "facts_digest",
];

/// The values of [`STAY`]; shared, as what is held is compared with each new belief.
pub(crate) type StayRow = Arc<[Bind]>;

/// Writes stays whose row before, where it is known, stands beside; their rows now. Of a known row only the
/// columns that differ are written: naming all of them would write six indexes anew for each message.
pub(crate) async fn save_stays(
    tx: &mut Tx,
    stays: &[(NewStay<'_>, Option<&StayRow>)],
) -> Result<Vec<StayRow>, StoreError> {
    let (mut whole, mut saved) = (Vec::new(), Vec::with_capacity(stays.len()));
    let mut changed: BTreeMap<Vec<&str>, Vec<Vec<Bind>>> = BTreeMap::new();
    for (stay, before) in stays {
        let row = stay.row()?;
        match before {
            Some(before) => {
                let differing =
                    || STAY.into_iter().zip(before.iter().zip(row.iter())).filter(|(_, (a, b))| a != b);
                let columns: Vec<&str> = differing().map(|(name, _)| name).collect();
                let values = differing().map(|(_, (_, value))| value.clone());
                if !columns.is_empty() {
                    let values = values.chain([Bind::from(stay.number)]).collect();
                    changed.entry(columns).or_default().push(values);
                }
            }
            None => whole.push(binds![stay.number, stay.id].into_iter().chain(row.iter().cloned()).collect()),
        }
        saved.push(row);
    }
    let set: Vec<String> = STAY.iter().map(|name| format!("{name} = excluded.{name}")).collect();
    let insert = format!("INSERT INTO stay (number, id, {}) VALUES", STAY.join(", "));
    let tail = format!("ON CONFLICT (number) DO UPDATE SET {}", set.join(", "));
    tx.insert_many(&insert, whole, &tail).await?;
    for (columns, rows) in changed {
        tx.update_many("stay", &columns, "number", rows).await?;
    }
    Ok(saved)
}

/// Stays that the facts no longer describe, as after a merge of visits.
pub(crate) async fn void_stays(tx: &mut Tx, ids: impl Iterator<Item = &String>) -> Result<(), StoreError> {
    for id in ids {
        tx.run("UPDATE stay SET state = 'void', faults = '', facts_digest = '' WHERE id = $1", binds![id])
            .await?;
    }
    Ok(())
}

/// Saves what messages state of patients, unless something newer is known. Of two statements of one instant
/// the one with the greater digest counts, so that the order of arrival does not.
pub(crate) async fn save_patients(
    tx: &mut Tx,
    held: &mut Held,
    patients: Vec<Demographics>,
) -> Result<(), StoreError> {
    save_newest(tx, held, patients, |held, told| held < told).await
}

/// Saves what a file states of patients, unless something newer is known. A file taken in again is corrected.
pub(crate) async fn save_patients_of_file(
    tx: &mut Tx,
    held: &mut Held,
    patients: Vec<Demographics>,
) -> Result<(), StoreError> {
    save_newest(tx, held, patients, |held, told| held.0 <= told.0).await
}

/// When it was stated, and the digest of what was.
type Stated<'s> = (Micros, &'s str);

async fn save_newest(
    tx: &mut Tx,
    held: &mut Held,
    patients: Vec<Demographics>,
    is_newer: fn(Stated<'_>, Stated<'_>) -> bool,
) -> Result<(), StoreError> {
    if patients.is_empty() {
        return Ok(());
    }
    held.lock(tx).await?;
    let vault = tx.vault();
    let digest_of = |patient: &Demographics| {
        let fields = [&patient.record_number, &patient.name, &patient.birth_date, &patient.sex];
        vault.lookup(&fields.map(String::as_str).join("\u{1f}"))
    };
    let mut newest: BTreeMap<String, (Demographics, String)> = BTreeMap::new();
    for patient in patients {
        let digest = digest_of(&patient);
        let held = newest.get(&patient.key);
        if held.is_none_or(|(held, old)| is_newer((held.at, old), (patient.at, &digest))) {
            newest.insert(patient.key.clone(), (patient, digest));
        }
    }
    let known = list_stated(tx, held, newest.keys()).await?;
    // What is said again is not written again.
    newest.retain(|key, (_, digest)| known.get(key).is_none_or(|(held, _)| held != digest));
    let differing: Vec<String> = newest.keys().filter(|key| known.contains_key(*key)).cloned().collect();
    let last_told = list_last_told(tx, &differing).await?;
    let mut rows = Vec::new();
    for (key, (patient, digest)) in newest {
        if let Some((before, at)) = known.get(&key) {
            let at = last_told.get(&key).map_or(*at, |told| *at.max(told));
            if !is_newer((at, before), (patient.at, &digest)) {
                continue;
            }
        }
        held.hold_patient(key.clone(), digest.clone(), patient.at);
        rows.push(binds![
            key,
            vault.seal(patient.record_number.as_bytes(), "patient.record_number")?,
            vault.seal(patient.name.as_bytes(), "patient.name")?,
            vault.seal(patient.birth_date.as_bytes(), "patient.birth_date")?,
            patient.sex,
            patient.at,
            digest,
        ]);
    }
    let insert =
        "INSERT INTO patient (key, record_number, name, birth_date, sex, stated_at, fields_digest) VALUES";
    let tail = "ON CONFLICT (key) DO UPDATE SET record_number = excluded.record_number, name = excluded.name,
        birth_date = excluded.birth_date, sex = excluded.sex, stated_at = excluded.stated_at,
        fields_digest = excluded.fields_digest";
    tx.insert_many(insert, rows, tail).await.map(|_| ())
}

/// What is stored of these patients: a digest, and when it was stated.
async fn list_stated(
    tx: &mut Tx,
    held: &mut Held,
    keys: impl Iterator<Item = &String>,
) -> Result<HashMap<String, (String, Micros)>, StoreError> {
    let (mut known, mut asked) = (HashMap::new(), Vec::new());
    for key in keys {
        match held.patient(key) {
            Some(stated) => drop(known.insert(key.clone(), stated.clone())),
            None => asked.push(key.clone()),
        }
    }
    let sql = "SELECT key, fields_digest, stated_at FROM patient WHERE key IN ({in}) ORDER BY key";
    for (key, digest, at) in tx.list_by_key::<(String, String, Micros)>(sql, &asked).await? {
        held.hold_patient(key.clone(), digest.clone(), at);
        known.insert(key, (digest, at));
    }
    Ok(known)
}

/// When each of these patients was last spoken of in an earlier message: what is held was stated then. Asked
/// only where two statements differ.
async fn list_last_told(tx: &mut Tx, patients: &[String]) -> Result<HashMap<String, Micros>, StoreError> {
    let keys: Vec<String> = patients.iter().map(|key| format!("p:{key}")).collect();
    let sql = "SELECT e.case_key, e.message_seq, e.facility_id, e.body
               FROM case_key k JOIN event_patient p ON p.patient = k.number
               JOIN adt_event e ON e.seq = p.event_seq
               WHERE k.key IN ({in}) ORDER BY e.case_key, e.seq";
    let mut last: HashMap<String, Micros> = HashMap::new();
    for row in tx.list_in::<EventRow>(sql, &keys).await? {
        if row.event.message == 0 {
            continue;
        }
        let key = row.case.trim_start_matches("p:").to_owned();
        let at = last.entry(key).or_insert(Micros::MIN);
        *at = (*at).max(row.event.fact.at);
    }
    Ok(last)
}

/// A fact as it is stored.
pub(crate) struct StoredFact {
    pub(crate) seq: i64,
    pub(crate) case_key: String,
    pub(crate) facility: Id<Site>,
    pub(crate) fact: Fact,
    pub(crate) is_void: bool,
}

impl FromRow for StoredFact {
    fn from_row(c: &mut Columns<'_>) -> Result<StoredFact, StoreError> {
        let (seq, case_key, facility) = (c.take()?, c.take()?, c.take()?);
        let body: String = c.take()?;
        let fact = serde_json::from_str(&body)
            .map_err(|error| StoreError::inconsistent("adt_event.body", error.to_string()))?;
        let voided: Option<i64> = c.take()?;
        Ok(StoredFact { seq, case_key, facility, fact, is_void: voided.is_some() })
    }
}

/// The facts of one message.
pub(crate) async fn list_facts_of(tx: &mut Tx, message: i64) -> Result<Vec<StoredFact>, StoreError> {
    tx.list(
        "SELECT e.seq, e.case_key, e.facility_id, e.body, v.voided_at FROM adt_event e
         LEFT JOIN adt_void v ON v.event_seq = e.seq WHERE e.message_seq = $1 ORDER BY e.seq",
        binds![message],
    )
    .await
}

/// Takes facts (number and case key) back; the cases they belong to.
pub(crate) async fn void_facts(
    tx: &mut Tx,
    facts: &[(i64, String)],
    reason: &str,
) -> Result<Vec<String>, StoreError> {
    let at = tx.at();
    let rows = facts.iter().map(|(seq, key)| binds![*seq, key, at, reason]).collect();
    let insert = "INSERT INTO adt_void (event_seq, case_key, voided_at, reason) VALUES";
    tx.insert_many(insert, rows, "ON CONFLICT (event_seq) DO NOTHING").await?;
    let keys: Vec<String> = facts.iter().map(|(_, key)| key.clone()).collect();
    Ok(find_cases(tx, &keys).await?.into_iter().collect())
}

/// The cases with a leg believed to be in a unit.
pub(crate) async fn list_cases_in(tx: &mut Tx, unit: Id<Site>) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = tx
        .list(
            "SELECT DISTINCT s.case_id FROM leg l JOIN stay s ON s.number = l.stay_number
             WHERE l.unit_id = $1 AND l.known_to = 253402300799999999 ORDER BY s.case_id",
            binds![unit],
        )
        .await?;
    Ok(rows.into_iter().map(|(case,)| case).collect())
}

pub(crate) async fn n_cases(tx: &mut Tx) -> Result<u64, StoreError> {
    let sql = "SELECT CAST(COUNT(DISTINCT case_id) AS BIGINT) FROM case_key";
    let n: Option<(i64,)> = tx.find(sql, binds![]).await?;
    Ok(n.and_then(|(n,)| u64::try_from(n).ok()).unwrap_or(0))
}

/// A page of cases, in order.
pub(crate) async fn list_cases_after(
    tx: &mut Tx,
    after: &str,
    n_max: usize,
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT DISTINCT case_id FROM case_key WHERE case_id > $1 ORDER BY case_id LIMIT $2";
    let n_max = i64::try_from(n_max).unwrap_or(i64::MAX);
    let rows: Vec<(String,)> = tx.list(sql, binds![after, n_max]).await?;
    Ok(rows.into_iter().map(|(case,)| case).collect())
}

/// A page of stays with the legs believed now, by id.
pub(crate) async fn list_stay_legs_after(
    tx: &mut Tx,
    after: &str,
    n_max: usize,
) -> Result<Vec<(String, Id<Site>, Vec<Leg>)>, StoreError> {
    let sql = "SELECT id, facility_id FROM stay WHERE id > $1 ORDER BY id LIMIT $2";
    let n_max = i64::try_from(n_max).unwrap_or(i64::MAX);
    let stays: Vec<(String, Id<Site>)> = tx.list(sql, binds![after, n_max]).await?;
    let ids: Vec<String> = stays.iter().map(|(id, _)| id.clone()).collect();
    let mut legs = list_legs(tx, &ids).await?;
    Ok(stays
        .into_iter()
        .map(|(id, facility)| {
            let own = legs.remove(&id).unwrap_or_default();
            (id, facility, own.into_iter().map(|(_, leg)| leg).collect())
        })
        .collect())
}
