//! Beds in the database.

use super::Key;
use super::held::{HeldBed, N_GUESTS};
use super::rules::BedState;
use super::timeline::{self, FEED, InBed, timeline};
use crate::adt::model::Micros;
use crate::profile::Profiles;
use base::Id;
use identity::{Scope, Site, SiteTree};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{Bind, Columns, FromRow, StoreError, Tx, binds};

/// The kind of id a bed has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bed {}

/// A bed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BedRow {
    /// Its id.
    pub id: Id<Bed>,
    /// The unit.
    pub unit: Id<Site>,
    /// Room and bed.
    pub code: String,
    /// On the licence.
    pub is_licensed: bool,
    /// Set up for use.
    pub is_set_up: bool,
    /// What it is doing.
    pub state: BedState,
    /// Since when.
    pub since: Micros,
    /// Why, when blocked.
    pub reason: String,
    /// Who clears it, when blocked.
    pub owner: String,
    /// The stay it is promised to, when assigned.
    pub stay: String,
    /// A file or a person says that there is such a bed; otherwise messages alone do.
    pub is_listed: bool,
    /// Since when there is no such bed.
    pub closed_at: Option<Micros>,
}

impl BedRow {
    /// As [`COLUMNS`].
    fn binds(&self) -> Vec<Bind> {
        binds![
            self.id,
            self.unit,
            self.code.as_str(),
            self.is_licensed,
            self.is_set_up,
            self.state.word(),
            self.since,
            self.reason.as_str(),
            self.owner.as_str(),
            self.stay.as_str(),
            self.is_listed,
            self.closed_at,
        ]
    }
}

impl FromRow for BedRow {
    fn from_row(c: &mut Columns<'_>) -> Result<BedRow, StoreError> {
        let (id, unit, code, is_licensed, is_set_up) =
            (c.take()?, c.take()?, c.take()?, c.take()?, c.take()?);
        let word: String = c.take()?;
        let state = BedState::from_word(&word)
            .ok_or_else(|| StoreError::inconsistent("bed", format!("unknown state `{word}`")))?;
        let (since, reason, owner, stay) = (c.take()?, c.take()?, c.take()?, c.take()?);
        Ok(BedRow {
            id,
            unit,
            code,
            is_licensed,
            is_set_up,
            state,
            since,
            reason,
            owner,
            stay,
            is_listed: c.take()?,
            closed_at: c.take()?,
        })
    }
}

const COLUMNS: &str = "id, unit_id, code, is_licensed, is_set_up, state, since, reason, owner, stay_id,
    is_listed, closed_at";

/// Every open bed from the scope down, by unit and code.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list(tx: &mut Tx, scope: &Scope) -> Result<Vec<BedRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM bed WHERE unit_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1)
           AND closed_at IS NULL ORDER BY unit_id, code"
    );
    tx.list(&sql, binds![scope.site_id()]).await
}

/// One bed, if it is in the scope.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn find(tx: &mut Tx, scope: &Scope, id: Id<Bed>) -> Result<Option<BedRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM bed WHERE id = $1
           AND unit_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $2) ORDER BY id"
    );
    tx.find(&sql, binds![id, scope.site_id()]).await
}

/// One bed, wherever it is: for a change whose right was checked.
pub(crate) async fn find_any(tx: &mut Tx, id: Id<Bed>) -> Result<Option<BedRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM bed WHERE id = $1 ORDER BY id");
    tx.find(&sql, binds![id]).await
}

/// The names of the people who set these states.
pub(crate) async fn list_people(
    tx: &mut Tx,
    states: &[StateRow],
) -> Result<HashMap<String, String>, StoreError> {
    let ids: BTreeSet<String> =
        states.iter().map(|state| state.cause.clone()).filter(|cause| cause != "feed").collect();
    let ids: Vec<String> = ids.into_iter().collect();
    let rows: Vec<(String, String)> =
        tx.list_in("SELECT id, name FROM person WHERE id IN ({in}) ORDER BY id", &ids).await?;
    Ok(rows.into_iter().collect())
}

/// One state a bed was in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateRow {
    /// The word about the bed that made it so; none where a patient did.
    pub fact: Option<Id<Fact>>,
    /// The bed.
    pub bed: Id<Bed>,
    /// What it was doing.
    pub state: BedState,
    /// Why.
    pub reason: String,
    /// Who cleared it.
    pub owner: String,
    /// The stay it was promised to.
    pub stay: String,
    /// Since when.
    pub from: Micros,
    /// What made it so: [`FEED`], or a person's id.
    pub cause: String,
}

/// A word about a bed: a status message, or a person's click.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Its id.
    pub id: Id<Fact>,
    /// Which bed.
    pub bed: Id<Bed>,
    /// Since when it is so.
    pub at: Micros,
    /// When the sender wrote it down.
    pub recorded: Micros,
    /// The message's key, empty for a click: decides between messages of equal times.
    pub sent: String,
    /// What the bed becomes.
    pub state: BedState,
    /// Why.
    pub reason: String,
    /// Who clears it.
    pub owner: String,
    /// The stay it is promised to, when assigned.
    pub stay: String,
    /// Who says so: [`FEED`], or a person's id.
    pub cause: String,
}

impl Fact {
    /// Facts of a bed in the order they count; the same whatever the order of arrival. A person who looked
    /// at the bed decides after the messages of the same instant.
    pub(crate) fn order(&self) -> (Micros, bool, Micros, &str, Id<Fact>) {
        (self.at, self.cause != FEED, self.recorded, &self.sent, self.id)
    }
}

impl FromRow for Fact {
    fn from_row(c: &mut Columns<'_>) -> Result<Fact, StoreError> {
        let (id, bed, at, recorded, sent) = (c.take()?, c.take()?, c.take()?, c.take()?, c.take()?);
        let word: String = c.take()?;
        let state = BedState::from_word(&word)
            .ok_or_else(|| StoreError::inconsistent("bed_fact", format!("unknown state `{word}`")))?;
        let (reason, owner, stay, cause) = (c.take()?, c.take()?, c.take()?, c.take()?);
        Ok(Fact { id, bed, at, recorded, sent, state, reason, owner, stay, cause })
    }
}

const FACT: &str =
    "f.id, f.bed_id, f.at, f.recorded_at, f.sent, f.state, f.reason, f.owner, f.stay_id, f.cause";

/// A leg believed now, in a bed.
const BELIEVED: &str = "l.known_to = 253402300799999999 AND l.bed <> ''";

/// Before everything that ever happened.
const LONG_AGO: Micros = -377_705_116_800_000_000;

/// What the states of beds follow from.
#[derive(Debug, Default)]
pub(crate) struct Told {
    guests: BTreeMap<Id<Bed>, Vec<InBed>>,
    facts: BTreeMap<Id<Bed>, Vec<Fact>>,
}

impl Told {
    fn of(guests: Vec<GuestRow>, facts: Vec<Fact>) -> Told {
        let mut told = Told::default();
        for GuestRow(bed, guest) in guests {
            told.guests.entry(bed).or_default().push(guest);
        }
        for fact in facts {
            told.facts.entry(fact.bed).or_default().push(fact);
        }
        told
    }

    pub(crate) fn timeline(&self, bed: Id<Bed>, left_as: BedState) -> Vec<StateRow> {
        let guests = self.guests.get(&bed).map_or(&[][..], Vec::as_slice);
        let facts = self.facts.get(&bed).map_or(&[][..], Vec::as_slice);
        timeline(bed, guests, facts, left_as)
    }

    /// A bed with what was read of it here.
    pub(crate) fn take(&mut self, row: BedRow) -> HeldBed {
        let guests = self.guests.remove(&row.id).unwrap_or_default();
        let facts = self.facts.remove(&row.id).unwrap_or_default();
        HeldBed::new(row, guests, facts)
    }
}

struct GuestRow(Id<Bed>, InBed);

impl FromRow for GuestRow {
    fn from_row(c: &mut Columns<'_>) -> Result<GuestRow, StoreError> {
        Ok(GuestRow(c.take()?, InBed { stay: c.take()?, from: c.take()?, to: c.take()? }))
    }
}

/// What the present states of these beds follow from: the newest four patients of each, the newest sixteen
/// words, and the newest word of a person. Where messages put several patients into a bed at once, 64
/// patients, to find since when it was never empty.
pub(crate) async fn list_newest(tx: &mut Tx, beds: &[Id<Bed>]) -> Result<Told, StoreError> {
    if beds.is_empty() {
        return Ok(Told::default());
    }
    let keys: Vec<String> = beds.iter().map(Id::to_string).collect();
    let guests = list_guests(tx, &keys, N_GUESTS).await?;
    let facts = format!(
        "WITH asked AS MATERIALIZED (
             SELECT b.id, COALESCE((
                 SELECT x.at FROM bed_fact x WHERE x.bed_id = b.id AND x.voided_at IS NULL
                 ORDER BY x.at DESC LIMIT 1 OFFSET 15), {LONG_AGO}) AS since,
                 (SELECT MAX(x.at) FROM bed_fact x
                  WHERE x.bed_id = b.id AND x.voided_at IS NULL AND x.cause <> 'feed') AS by_hand
             FROM bed b WHERE b.id IN ({{in}}))
         SELECT {FACT} FROM asked JOIN bed_fact f ON f.bed_id = asked.id
         WHERE f.voided_at IS NULL AND (f.at >= asked.since OR f.at = asked.by_hand)
         ORDER BY f.bed_id, f.at, f.id"
    );
    let mut told = Told::of(guests, tx.list_in(&facts, &keys).await?);
    let is_crowded = |guests: &[InBed]| guests.len() >= N_GUESTS && timeline::runs(guests).len() == 1;
    let crowded = told.guests.iter().filter(|(_, guests)| is_crowded(guests));
    let crowded: Vec<String> = crowded.map(|(bed, _)| bed.to_string()).collect();
    let guests = list_guests(tx, &crowded, 64).await?;
    told.guests.extend(Told::of(guests, Vec::new()).guests);
    Ok(told)
}

/// The patients of these beds who left last, or are in them: `n` of each, and those who left with the last.
async fn list_guests(tx: &mut Tx, beds: &[String], n: usize) -> Result<Vec<GuestRow>, StoreError> {
    // Where the list of a bed begins is worked out once for each bed, not for each leg of it.
    let sql = format!(
        "WITH asked AS MATERIALIZED (
             SELECT b.id, b.unit_id, b.code, COALESCE((
                 SELECT x.to_at FROM leg x WHERE x.unit_id = b.unit_id AND x.bed = b.code
                    AND x.known_to = 253402300799999999 AND x.bed <> ''
                 ORDER BY x.to_at DESC LIMIT 1 OFFSET {}), {LONG_AGO}) AS since
             FROM bed b WHERE b.id IN ({{in}}))
         SELECT b.id, s.id, l.from_at, l.to_at
         FROM asked b JOIN leg l ON l.unit_id = b.unit_id AND l.bed = b.code AND l.to_at >= b.since
         JOIN stay s ON s.number = l.stay_number
         WHERE {BELIEVED} ORDER BY b.id, l.from_at, l.to_at, l.id",
        n.saturating_sub(1)
    );
    tx.list_in(&sql, beds).await
}

/// The last 200 states of a bed, newest first.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list_states(tx: &mut Tx, tree: &SiteTree, bed: &BedRow) -> Result<Vec<StateRow>, StoreError> {
    const N_MAX: usize = 200;
    let left_as = super::left_as(tree, &Profiles::load(tx).await?, &bed.unit);
    let sql = format!(
        "SELECT b.id, s.id, l.from_at, l.to_at
         FROM bed b JOIN leg l ON l.unit_id = b.unit_id AND l.bed = b.code JOIN stay s ON s.number = l.stay_number
         WHERE b.id = $1 AND {BELIEVED} ORDER BY l.to_at DESC, l.id LIMIT {N_MAX}"
    );
    let guests: Vec<GuestRow> = tx.list(&sql, binds![bed.id]).await?;
    let sql = format!(
        "SELECT {FACT} FROM bed_fact f WHERE f.bed_id = $1 AND f.voided_at IS NULL
         ORDER BY f.at DESC, f.id LIMIT {N_MAX}"
    );
    let facts: Vec<Fact> = tx.list(&sql, binds![bed.id]).await?;
    // Where one of the lists was cut, what lies before its end is known in part only.
    let cut = |n: usize, oldest: Option<Micros>| oldest.filter(|_| n == N_MAX).unwrap_or(Micros::MIN);
    let oldest_guest = guests.iter().map(|guest| guest.1.from).min();
    let oldest_fact = facts.iter().map(|fact| fact.at).min();
    let known_from = cut(guests.len(), oldest_guest).max(cut(facts.len(), oldest_fact));
    let mut states = Told::of(guests, facts).timeline(bed.id, left_as);
    states.retain(|state| state.from >= known_from);
    states.reverse();
    states.truncate(N_MAX);
    Ok(states)
}

/// The states of every bed of the scope that began in `[from, to)`, by bed and time, and for each bed the
/// one before.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list_states_in(
    tx: &mut Tx,
    tree: &SiteTree,
    scope: &Scope,
    from: Micros,
    to: Micros,
) -> Result<Vec<StateRow>, StoreError> {
    let profiles = Profiles::load(tx).await?;
    // Before the period: the patient who left last, a few words since, and the last word of a person.
    let sql = format!(
        "SELECT b.id, s.id, l.from_at, l.to_at
         FROM bed b JOIN leg l ON l.unit_id = b.unit_id AND l.bed = b.code JOIN stay s ON s.number = l.stay_number
         WHERE b.unit_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1) AND {BELIEVED}
           AND l.from_at < $2 AND l.to_at >= COALESCE((
             SELECT MAX(x.to_at) FROM leg x WHERE x.unit_id = b.unit_id AND x.bed = b.code
                AND x.known_to = 253402300799999999 AND x.bed <> '' AND x.to_at < $3), {LONG_AGO})
         ORDER BY b.id, l.from_at, l.to_at, l.id"
    );
    let guests: Vec<GuestRow> = tx.list(&sql, binds![scope.site_id(), to, from]).await?;
    let sql = format!(
        "SELECT {FACT} FROM bed b JOIN bed_fact f ON f.bed_id = b.id
         WHERE b.unit_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1)
           AND f.voided_at IS NULL AND f.at < $2 AND (f.at >= COALESCE((
             SELECT x.at FROM bed_fact x WHERE x.bed_id = b.id AND x.voided_at IS NULL AND x.at < $3
             ORDER BY x.at DESC LIMIT 1 OFFSET 3), {LONG_AGO})
           OR f.at = (SELECT MAX(x.at) FROM bed_fact x WHERE x.bed_id = b.id AND x.voided_at IS NULL
                      AND x.cause <> 'feed' AND x.at < $4))
         ORDER BY f.bed_id, f.at, f.id"
    );
    let facts: Vec<Fact> = tx.list(&sql, binds![scope.site_id(), to, from, from]).await?;
    let told = Told::of(guests, facts);
    let sql = "SELECT id, unit_id FROM bed
               WHERE unit_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1) ORDER BY id";
    let beds: Vec<(Id<Bed>, Id<Site>)> = tx.list(sql, binds![scope.site_id()]).await?;
    let mut states = Vec::new();
    for (bed, unit) in beds {
        let mut own = told.timeline(bed, super::left_as(tree, &profiles, &unit));
        own.retain(|state| state.from < to);
        let n_before = own.iter().filter(|state| state.from < from).count();
        states.extend(own.into_iter().skip(n_before.saturating_sub(1)));
    }
    Ok(states)
}

/// Sets the standing facts of a bed.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn set_flags(
    tx: &mut Tx,
    bed: Id<Bed>,
    is_licensed: bool,
    is_set_up: bool,
) -> Result<(), StoreError> {
    crate::adt::held::touch(tx).await?;
    let sql = "UPDATE bed SET is_licensed = $1, is_set_up = $2, is_listed = $3 WHERE id = $4";
    tx.run(sql, binds![is_licensed, is_set_up, true, bed]).await.map(|_| ())
}

fn units_of(keys: &[Key]) -> Vec<String> {
    keys.iter().map(|(unit, _)| unit.to_string()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The beds of these keys; a code seen for the first time becomes a bed.
pub(crate) async fn find_or_insert(tx: &mut Tx, keys: &[Key]) -> Result<HashMap<Key, BedRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM bed WHERE unit_id IN ({{in}}) ORDER BY unit_id, code");
    let rows: Vec<BedRow> = tx.list_in(&sql, &units_of(keys)).await?;
    let mut beds: HashMap<Key, BedRow> =
        rows.into_iter().map(|bed| ((bed.unit, bed.code.clone()), bed)).collect();
    let mut new = Vec::new();
    for key in keys.iter().filter(|key| !key.1.is_empty()) {
        if beds.contains_key(key) {
            continue;
        }
        let bed = BedRow {
            id: tx.new_id(),
            unit: key.0,
            code: key.1.clone(),
            is_licensed: false,
            is_set_up: true,
            state: BedState::Available,
            since: 0,
            reason: String::new(),
            owner: String::new(),
            stay: String::new(),
            is_listed: false,
            closed_at: None,
        };
        new.push(bed.binds());
        beds.insert(key.clone(), bed);
    }
    let insert = format!("INSERT INTO bed ({COLUMNS}) VALUES");
    tx.insert_many(&insert, new, "ON CONFLICT (unit_id, code) DO NOTHING").await?;
    Ok(beds)
}

/// Keeps words about beds; `place` and `message` of each tell where it came from.
pub(crate) async fn insert_facts(tx: &mut Tx, facts: &[(Fact, Source)]) -> Result<(), StoreError> {
    if facts.is_empty() {
        return Ok(());
    }
    let rows = facts.iter().map(|(fact, source)| {
        binds![
            fact.id,
            fact.bed,
            fact.at,
            fact.recorded,
            &fact.sent,
            fact.state.word(),
            &fact.reason,
            &fact.owner,
            &fact.stay,
            &fact.cause,
            source.facility,
            &source.unit_code,
            source.message,
        ]
    });
    let rows = rows.collect();
    let insert =
        "INSERT INTO bed_fact (id, bed_id, at, recorded_at, sent, state, reason, owner, stay_id, cause,
                  facility_id, unit_code, message_seq) VALUES";
    tx.insert_many(insert, rows, "").await.map(|_| ())
}

/// Where a word about a bed came from.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) facility: Option<Id<Site>>,
    pub(crate) unit_code: String,
    /// The message, or 0 for a click.
    pub(crate) message: i64,
}

/// Takes a word back.
pub(crate) async fn void_fact(tx: &mut Tx, fact: Id<Fact>) -> Result<(), StoreError> {
    let at = tx.at();
    tx.run("UPDATE bed_fact SET voided_at = $1 WHERE id = $2", binds![at, fact]).await.map(|_| ())
}

/// A code that messages of a facility named a bed by, and the bed their words are kept with.
pub(crate) struct Named {
    pub(crate) facility: Id<Site>,
    pub(crate) unit_code: String,
    pub(crate) unit: Id<Site>,
    pub(crate) bed: Id<Bed>,
    pub(crate) code: String,
}

impl FromRow for Named {
    fn from_row(c: &mut Columns<'_>) -> Result<Named, StoreError> {
        let (facility, unit_code, unit) = (c.take()?, c.take()?, c.take()?);
        Ok(Named { facility, unit_code, unit, bed: c.take()?, code: c.take()? })
    }
}

/// Every name a bed status message gave.
pub(crate) async fn list_named(tx: &mut Tx) -> Result<Vec<Named>, StoreError> {
    tx.list(
        "SELECT DISTINCT f.facility_id, f.unit_code, b.unit_id, b.id, b.code
         FROM bed_fact f JOIN bed b ON b.id = f.bed_id WHERE f.facility_id IS NOT NULL
         ORDER BY f.facility_id, f.unit_code, b.id",
        binds![],
    )
    .await
}

/// Gives the words kept under a name to another bed.
pub(crate) async fn move_facts(tx: &mut Tx, from: &Named, to: Id<Bed>) -> Result<(), StoreError> {
    let sql = "UPDATE bed_fact SET bed_id = $1 WHERE bed_id = $2 AND facility_id = $3 AND unit_code = $4";
    tx.run(sql, binds![to, from.bed, from.facility, &from.unit_code]).await.map(|_| ())
}

/// Brings beds to the states they are in now.
pub(crate) async fn set_states(tx: &mut Tx, beds: &[BedRow]) -> Result<(), StoreError> {
    let columns = ["state", "since", "reason", "owner", "stay_id", "closed_at"];
    let rows = beds.iter().map(|bed| {
        binds![bed.state.word(), bed.since, &bed.reason, &bed.owner, &bed.stay, bed.closed_at, bed.id]
    });
    tx.update_many("bed", &columns, "id", rows.collect()).await.map(|_| ())
}

/// A page of beds, by id.
pub(crate) async fn list_after(tx: &mut Tx, after: &str, n_max: usize) -> Result<Vec<BedRow>, StoreError> {
    let n_max = i64::try_from(n_max).unwrap_or(i64::MAX);
    let sql = format!("SELECT {COLUMNS} FROM bed WHERE id > $1 ORDER BY id LIMIT $2");
    tx.list(&sql, binds![after, n_max]).await
}

/// A bed as a file gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileBed {
    pub(crate) unit: Id<Site>,
    pub(crate) code: String,
    pub(crate) is_licensed: bool,
    pub(crate) is_set_up: bool,
    pub(crate) is_closed: bool,
    pub(crate) is_listed: bool,
}

impl FromRow for FileBed {
    fn from_row(c: &mut Columns<'_>) -> Result<FileBed, StoreError> {
        let (unit, code, is_licensed, is_set_up) = (c.take()?, c.take()?, c.take()?, c.take()?);
        let closed_at: Option<Micros> = c.take()?;
        let (is_closed, is_listed) = (closed_at.is_some(), c.take()?);
        Ok(FileBed { unit, code, is_licensed, is_set_up, is_closed, is_listed })
    }
}

/// Every bed of these units, closed ones included.
pub(crate) async fn list_for_file(tx: &mut Tx, units: &[Id<Site>]) -> Result<Vec<FileBed>, StoreError> {
    let keys: Vec<String> = units.iter().map(Id::to_string).collect();
    let sql =
        "SELECT unit_id, code, is_licensed, is_set_up, closed_at, is_listed FROM bed WHERE unit_id IN ({in})
               ORDER BY unit_id, code";
    tx.list_in(sql, &keys).await
}

/// Makes these beds or brings them up to date; what they are doing stays as it is.
pub(crate) async fn save_for_file(tx: &mut Tx, beds: &[FileBed]) -> Result<(), StoreError> {
    crate::adt::held::touch(tx).await?;
    let at = tx.at();
    let rows = beds.iter().map(|bed| {
        let id: Id<Bed> = tx.new_id();
        let closed_at = bed.is_closed.then_some(at);
        let flags = (bed.is_licensed, bed.is_set_up, bed.is_listed);
        binds![id, bed.unit, &bed.code, flags.0, flags.1, "available", 0i64, "", "", flags.2, closed_at]
    });
    let rows = rows.collect();
    tx.insert_many(
        "INSERT INTO bed (id, unit_id, code, is_licensed, is_set_up, state, since, reason, owner, is_listed,
         closed_at) VALUES",
        rows,
        "ON CONFLICT (unit_id, code) DO UPDATE SET is_licensed = excluded.is_licensed,
             is_set_up = excluded.is_set_up, is_listed = excluded.is_listed, closed_at = excluded.closed_at",
    )
    .await
    .map(|_| ())
}
