//! What the API reads and writes itself: pages of stays, and answers kept for repeated writes.

use base::Id;
use census::beds::store::Bed;
use identity::{Scope, Site, SiteTree};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use store::{Columns, FromRow, StoreError, Tx, binds};

/// How long an answer is kept for a repeated write.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Where a page of stays goes on: after this arrival, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    arrived_at: i64,
    id: String,
}

impl Cursor {
    /// Before the newest.
    pub(super) const START: Cursor = Cursor { arrived_at: i64::MAX, id: String::new() };

    /// Reads what [`fmt::Display`] wrote.
    pub(super) fn read(text: &str) -> Option<Cursor> {
        let (at, id) = text.split_once('_')?;
        Some(Cursor { arrived_at: at.parse().ok()?, id: id.to_owned() })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.arrived_at, self.id)
    }
}

/// A stay without a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct StayShown {
    stay: String,
    id: String,
    facility: String,
    unit: Option<String>,
    bed: Option<String>,
    state: String,
    class: String,
    service: Option<String>,
    arrived_at: String,
    admitted_at: Option<String>,
    left_at: Option<String>,
    disposition: Option<String>,
    expected_at: Option<String>,
    expected_out_at: Option<String>,
    is_on_leave: bool,
}

struct Row {
    id: String,
    facility: Id<Site>,
    visit: String,
    state: String,
    class: String,
    service: String,
    arrived_at: i64,
    admitted_at: Option<Timestamp>,
    left_at: Option<Timestamp>,
    disposition: String,
    unit: Option<Id<Site>>,
    bed: String,
    on_leave: bool,
    expected_at: Option<Timestamp>,
    expected_out_at: Option<Timestamp>,
}

impl FromRow for Row {
    fn from_row(c: &mut Columns<'_>) -> Result<Row, StoreError> {
        Ok(Row {
            id: c.take()?,
            facility: c.take()?,
            visit: c.take()?,
            state: c.take()?,
            class: c.take()?,
            service: c.take()?,
            arrived_at: c.take()?,
            admitted_at: c.take()?,
            left_at: c.take()?,
            disposition: c.take()?,
            unit: c.take()?,
            bed: c.take()?,
            on_leave: c.take()?,
            expected_at: c.take()?,
            expected_out_at: c.take()?,
        })
    }
}

impl Row {
    fn shown(self, tree: &SiteTree) -> (Cursor, StayShown) {
        let text = |text: String| Some(text).filter(|text| !text.is_empty());
        let path = |site: Id<Site>| tree.get(&site).map(|site| site.path.to_string());
        let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let cursor = Cursor { arrived_at: self.arrived_at, id: self.id.clone() };
        let arrived = Timestamp::from_microsecond(self.arrived_at).map(|at| at.to_string());
        let stay = StayShown {
            stay: if self.visit.is_empty() { self.id.clone() } else { self.visit },
            id: self.id,
            facility: path(self.facility).unwrap_or_default(),
            unit: self.unit.and_then(path),
            bed: text(self.bed),
            state: self.state,
            class: self.class,
            service: text(self.service),
            arrived_at: arrived.unwrap_or_default(),
            admitted_at: time(self.admitted_at),
            left_at: time(self.left_at),
            disposition: text(self.disposition),
            expected_at: time(self.expected_at),
            expected_out_at: time(self.expected_out_at),
            is_on_leave: self.on_leave,
        };
        (cursor, stay)
    }
}

/// A page of stays in one state, newest arrival first. Arrivals from outside have no unit yet, so only whoever
/// sees the facility sees them.
pub(super) async fn list_stays(
    tx: &mut Tx,
    scope: &Scope,
    tree: &SiteTree,
    state: &str,
    from: Timestamp,
    after: &Cursor,
    limit: usize,
) -> Result<Vec<(Cursor, StayShown)>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    // Stays are found by facility and arrival, those inside by their state; the rest of the scope is the unit.
    let top = tree.facility_of(&scope.site_id()).map_or(scope.site_id(), |facility| facility.id);
    let rows: Vec<Row> = tx
        .list(
            "SELECT id, facility_id, visit, state, class, service, arrived_at, admitted_at, left_at, disposition,
                    unit_id, bed, on_leave, expected_at, expected_out_at
             FROM stay
             WHERE facility_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1)
               AND (unit_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $2)
                 OR (unit_id IS NULL AND facility_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $3)))
               AND state = $4 AND arrived_at >= $5
               AND (arrived_at < $6 OR (arrived_at = $7 AND id > $8))
             ORDER BY arrived_at DESC, id LIMIT $9",
            binds![
                top,
                scope.site_id(),
                scope.site_id(),
                state,
                from,
                after.arrived_at,
                after.arrived_at,
                after.id.as_str(),
                limit,
            ],
        )
        .await?;
    Ok(rows.into_iter().map(|row| row.shown(tree)).collect())
}

/// The answer kept under a name: the digest of what was sent, and the answer.
pub(super) async fn find_answer(tx: &mut Tx, name: &str) -> Result<Option<(String, Value)>, StoreError> {
    let found: Option<(String, String)> = tx
        .find("SELECT request_digest, answer FROM api_write WHERE name = $1 ORDER BY name", binds![name])
        .await?;
    found
        .map(|(digest, text)| match serde_json::from_str(&text) {
            Ok(answer) => Ok((digest, answer)),
            Err(error) => Err(StoreError::inconsistent("api_write.answer", error.to_string())),
        })
        .transpose()
}

/// Keeps an answer, and forgets those that are old.
pub(super) async fn keep_answer(
    tx: &mut Tx,
    name: &str,
    digest: &str,
    answer: &str,
) -> Result<(), StoreError> {
    let at = tx.at();
    let before = at.saturating_sub(KEPT_FOR).unwrap_or(at);
    tx.run("DELETE FROM api_write WHERE made_at < $1", binds![before]).await?;
    tx.run(
        "INSERT INTO api_write (name, request_digest, answer, made_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO NOTHING",
        binds![name, digest, answer, at],
    )
    .await
    .map(|_| ())
}

/// The unit of a bed, wherever it is; whoever asks still has to show a right there.
pub(super) async fn find_unit_of_bed(tx: &mut Tx, bed: Id<Bed>) -> Result<Option<Id<Site>>, StoreError> {
    let found: Option<(Id<Site>,)> =
        tx.find("SELECT unit_id FROM bed WHERE id = $1 ORDER BY id", binds![bed]).await?;
    Ok(found.map(|(unit,)| unit))
}
