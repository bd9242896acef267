//! Reading legs from the database.

use crate::adt::model::OPEN;
use crate::adt::store::take_leg;
use crate::tally::rules::Leg;
use base::Id;
use identity::{Scope, Site};
use jiff::Timestamp;
use store::{Columns, FromRow, StoreError, Tx, binds};

/// One stay with all its legs.
#[derive(Debug, Clone)]
pub struct StayLegs {
    /// The stay's id.
    pub stay: String,
    /// The visit number, or empty.
    pub visit: String,
    /// Its facility.
    pub facility: Id<Site>,
    /// Every leg, oldest first, also those outside the scope asked for.
    pub legs: Vec<Leg>,
}

impl StayLegs {
    /// What the stay is called without a name: its visit number, else its id.
    #[must_use]
    pub fn label(&self) -> &str {
        if self.visit.is_empty() { &self.stay } else { &self.visit }
    }
}

struct Row {
    stay: String,
    visit: String,
    facility: Id<Site>,
    leg: Leg,
}

impl FromRow for Row {
    fn from_row(c: &mut Columns<'_>) -> Result<Row, StoreError> {
        Ok(Row { stay: c.take()?, visit: c.take()?, facility: c.take()?, leg: take_leg(c)? })
    }
}

/// The stays with a leg in the scope that overlaps `[from, to)`, whole, as believed at `as_of` (now
/// without one). One statement; grows with the stays that ended after `from`.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list_overlapping(
    tx: &mut Tx,
    scope: &Scope,
    from: Timestamp,
    to: Timestamp,
    as_of: Option<Timestamp>,
) -> Result<Vec<StayLegs>, StoreError> {
    let in_scope = "unit_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1)";
    list(tx, in_scope, scope, from, to, as_of).await
}

/// Of these stays, those that were in an emergency department under another class than emergency: the ones
/// that may have waited there for a bed.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list_waiting(
    tx: &mut Tx,
    scope: &Scope,
    from: Timestamp,
    to: Timestamp,
    as_of: Option<Timestamp>,
) -> Result<Vec<StayLegs>, StoreError> {
    let waits = "class <> 'E' AND unit_id IN (
                     SELECT t.descendant_id FROM site_tree t JOIN site u ON u.id = t.descendant_id
                     WHERE t.ancestor_id = $1 AND u.care = 'emergency')";
    list(tx, waits, scope, from, to, as_of).await
}

/// The stays with a leg of this condition, whole.
async fn list(
    tx: &mut Tx,
    is_meant: &str,
    scope: &Scope,
    from: Timestamp,
    to: Timestamp,
    as_of: Option<Timestamp>,
) -> Result<Vec<StayLegs>, StoreError> {
    let sql = format!(
        "SELECT s.id, s.visit, l.facility_id, l.unit_id, l.bed, l.class, l.began, l.ended,
                l.from_at, l.to_at
         FROM leg l JOIN stay s ON s.number = l.stay_number
         WHERE l.stay_number IN (
             SELECT stay_number FROM leg
             WHERE {is_meant} AND to_at >= $2 AND from_at < $3 AND known_from <= $4 AND known_to > $5)
           AND l.known_from <= $6 AND l.known_to > $7
         ORDER BY s.id, l.from_at, l.id"
    );
    let known = as_of.map_or(OPEN - 1, Timestamp::as_microsecond);
    let rows: Vec<Row> = tx.list(&sql, binds![scope.site_id(), from, to, known, known, known, known]).await?;
    let mut stays: Vec<StayLegs> = Vec::new();
    for row in rows {
        match stays.last_mut().filter(|last| last.stay == row.stay) {
            Some(last) => last.legs.push(row.leg),
            None => stays.push(StayLegs {
                stay: row.stay,
                visit: row.visit,
                facility: row.facility,
                legs: vec![row.leg],
            }),
        }
    }
    Ok(stays)
}
