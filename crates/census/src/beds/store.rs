//! Beds in the database.

use super::Key;
use super::rules::BedState;
use crate::adt::model::Micros;
use base::Id;
use identity::{Scope, Site};
use std::collections::{BTreeSet, HashMap};
use store::{Columns, FromRow, StoreError, Tx, binds};

/// The kind of id a bed has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bed {}

/// A bed.
#[derive(Debug, Clone)]
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
}

impl FromRow for BedRow {
    fn from_row(c: &mut Columns<'_>) -> Result<BedRow, StoreError> {
        let (id, unit, code, is_licensed, is_set_up) =
            (c.take()?, c.take()?, c.take()?, c.take()?, c.take()?);
        let word: String = c.take()?;
        let state = BedState::from_word(&word)
            .ok_or_else(|| StoreError::inconsistent("bed", format!("unknown state `{word}`")))?;
        let (since, reason, owner, stay) = (c.take()?, c.take()?, c.take()?, c.take()?);
        Ok(BedRow { id, unit, code, is_licensed, is_set_up, state, since, reason, owner, stay })
    }
}

const COLUMNS: &str = "id, unit_id, code, is_licensed, is_set_up, state, since, reason, owner, stay_id";

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
    /// Its id.
    pub id: Id<Change>,
    /// The bed.
    pub bed: Id<Bed>,
    /// What it was doing.
    pub state: BedState,
    /// Why.
    pub reason: String,
    /// Who cleared it.
    pub owner: String,
    /// Since when.
    pub from: Micros,
    /// What made it so: `feed`, or a person's id.
    pub cause: String,
}

impl FromRow for StateRow {
    fn from_row(c: &mut Columns<'_>) -> Result<StateRow, StoreError> {
        let (id, bed) = (c.take()?, c.take()?);
        let word: String = c.take()?;
        let state = BedState::from_word(&word)
            .ok_or_else(|| StoreError::inconsistent("bed_state", format!("unknown state `{word}`")))?;
        Ok(StateRow {
            id,
            bed,
            state,
            reason: c.take()?,
            owner: c.take()?,
            from: c.take()?,
            cause: c.take()?,
        })
    }
}

/// The last 200 states of a bed, newest first.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list_states(tx: &mut Tx, bed: Id<Bed>) -> Result<Vec<StateRow>, StoreError> {
    tx.list(
        "SELECT id, bed_id, state, reason, owner, from_at, cause FROM bed_state
         WHERE bed_id = $1 ORDER BY from_at DESC, id DESC LIMIT 200",
        binds![bed],
    )
    .await
}

/// The states of every bed of the scope that began in `[from, to)`, by bed and time, and for each bed the
/// one before.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list_states_in(
    tx: &mut Tx,
    scope: &Scope,
    from: Micros,
    to: Micros,
) -> Result<Vec<StateRow>, StoreError> {
    tx.list(
        "SELECT h.id, h.bed_id, h.state, h.reason, h.owner, h.from_at, h.cause
         FROM bed b JOIN bed_state h ON h.bed_id = b.id
         WHERE b.unit_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1) AND h.from_at < $2
           AND h.from_at >= COALESCE((SELECT MAX(e.from_at) FROM bed_state e
                                      WHERE e.bed_id = b.id AND e.from_at < $3), $4)
         ORDER BY h.bed_id, h.from_at, h.id",
        binds![scope.site_id(), to, from, from],
    )
    .await
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
    let sql = "UPDATE bed SET is_licensed = $1, is_set_up = $2 WHERE id = $3";
    tx.run(sql, binds![is_licensed, is_set_up, bed]).await.map(|_| ())
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
        };
        new.push(binds![bed.id, bed.unit, bed.code.as_str(), false, true, "available", 0i64, "", "", ""]);
        beds.insert(key.clone(), bed);
    }
    let insert = format!("INSERT INTO bed ({COLUMNS}) VALUES");
    tx.insert_many(&insert, new, "ON CONFLICT (unit_id, code) DO NOTHING").await?;
    Ok(beds)
}

/// Since when each of these beds has had the patient who is in it now.
pub(crate) async fn list_occupied(tx: &mut Tx, keys: &[Key]) -> Result<HashMap<Key, Micros>, StoreError> {
    let sql = "SELECT unit_id, bed, from_at FROM leg WHERE unit_id IN ({in}) AND to_at = 253402300799999999
               AND known_to = 253402300799999999 AND bed <> '' ORDER BY unit_id, bed, from_at";
    let rows: Vec<(Id<Site>, String, i64)> = tx.list_in(sql, &units_of(keys)).await?;
    Ok(rows.into_iter().map(|(unit, bed, from)| ((unit, bed), from)).collect())
}

/// A bed's next state.
#[derive(Debug, Clone)]
pub struct Change {
    /// Which bed.
    pub bed: Id<Bed>,
    /// What it becomes.
    pub state: BedState,
    /// Since when.
    pub at: Micros,
    /// Why.
    pub reason: String,
    /// Who clears it.
    pub owner: String,
    /// The stay it is promised to, when assigned.
    pub stay: String,
}

/// Writes states and the log of them.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn write(tx: &mut Tx, changes: Vec<Change>, cause: &str) -> Result<(), StoreError> {
    let mut log = Vec::with_capacity(changes.len());
    for change in &changes {
        let id: Id<Change> = tx.new_id();
        let state = change.state.word();
        log.push(binds![id, change.bed, state, &change.reason, &change.owner, change.at, cause]);
    }
    let insert = "INSERT INTO bed_state (id, bed_id, state, reason, owner, from_at, cause) VALUES";
    tx.insert_many(insert, log, "").await?;
    for change in changes {
        let sql =
            "UPDATE bed SET state = $1, since = $2, reason = $3, owner = $4, stay_id = $5 WHERE id = $6";
        let state = change.state.word();
        tx.run(sql, binds![state, change.at, change.reason, change.owner, change.stay, change.bed]).await?;
    }
    Ok(())
}

/// A bed as a file gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileBed {
    pub(crate) unit: Id<Site>,
    pub(crate) code: String,
    pub(crate) is_licensed: bool,
    pub(crate) is_set_up: bool,
    pub(crate) is_closed: bool,
}

impl FromRow for FileBed {
    fn from_row(c: &mut Columns<'_>) -> Result<FileBed, StoreError> {
        let (unit, code, is_licensed, is_set_up) = (c.take()?, c.take()?, c.take()?, c.take()?);
        let closed_at: Option<Micros> = c.take()?;
        Ok(FileBed { unit, code, is_licensed, is_set_up, is_closed: closed_at.is_some() })
    }
}

/// Every bed of these units, closed ones included.
pub(crate) async fn list_for_file(tx: &mut Tx, units: &[Id<Site>]) -> Result<Vec<FileBed>, StoreError> {
    let keys: Vec<String> = units.iter().map(Id::to_string).collect();
    let sql = "SELECT unit_id, code, is_licensed, is_set_up, closed_at FROM bed WHERE unit_id IN ({in})
               ORDER BY unit_id, code";
    tx.list_in(sql, &keys).await
}

/// Makes these beds or brings them up to date; what they are doing stays as it is.
pub(crate) async fn save_for_file(tx: &mut Tx, beds: &[FileBed]) -> Result<(), StoreError> {
    let at = tx.at();
    let rows = beds.iter().map(|bed| {
        let id: Id<Bed> = tx.new_id();
        let closed_at = bed.is_closed.then_some(at);
        binds![id, bed.unit, &bed.code, bed.is_licensed, bed.is_set_up, "available", 0i64, "", "", closed_at]
    });
    let rows = rows.collect();
    tx.insert_many(
        "INSERT INTO bed (id, unit_id, code, is_licensed, is_set_up, state, since, reason, owner, closed_at)
         VALUES",
        rows,
        "ON CONFLICT (unit_id, code) DO UPDATE SET is_licensed = excluded.is_licensed,
             is_set_up = excluded.is_set_up, closed_at = excluded.closed_at",
    )
    .await
    .map(|_| ())
}
