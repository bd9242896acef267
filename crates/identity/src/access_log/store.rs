//! The log of views in the database.

use crate::Person;
use crate::roles::Scope;
use base::{Id, SitePath};
use jiff::Timestamp;
use store::seal::{self, Kind, Stream};
use store::{Columns, FromRow, StoreError, Tx, binds};

/// The sealed stream; `audit verify` walks it beside the others.
pub const ACCESS_LOG: Stream = Stream {
    table: "access_log",
    columns: &[
        ("at", Kind::Int),
        ("person_id", Kind::Text),
        ("site", Kind::Text),
        ("page", Kind::Text),
        ("subject", Kind::Text),
    ],
};

/// Rows listed at most.
const ROWS_MAX: i64 = 1_000;

/// One view of a page that names patients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Its number, from 1.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who looked.
    pub person: Id<Person>,
    /// At which site.
    pub site: SitePath,
    /// Which page, by its route.
    pub page: String,
    /// The id of what was looked at, or empty for a list.
    pub subject: String,
}

impl FromRow for View {
    fn from_row(c: &mut Columns<'_>) -> Result<View, StoreError> {
        Ok(View {
            seq: c.take()?,
            at: c.take()?,
            person: c.take()?,
            site: c.take()?,
            page: c.take()?,
            subject: c.take()?,
        })
    }
}

/// Logs one view. `page` is the route, `subject` an id or empty; neither ever holds a name.
///
/// # Errors
/// [`StoreError`] when the engine refuses; then the page must not be shown.
pub async fn log_view(
    tx: &mut Tx,
    person: Id<Person>,
    site: &SitePath,
    page: &str,
    subject: &str,
) -> Result<(), StoreError> {
    let row = binds![tx.at(), person, site, page, subject];
    seal::append(tx, &ACCESS_LOG, vec![row]).await.map(|_| ())
}

/// The views inside a scope, newest first, before the row `before` when given; of one person when given.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list_views(
    tx: &mut Tx,
    scope: &Scope,
    person: Option<Id<Person>>,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<View>, StoreError> {
    tx.list(
        "SELECT a.seq, a.at, a.person_id, a.site, a.page, a.subject
         FROM access_log a JOIN site s ON s.path = a.site JOIN site_tree t ON t.descendant_id = s.id
         WHERE t.ancestor_id = $1 AND a.seq < $2
           AND (CAST($3 AS TEXT) = '' OR a.person_id = $4)
         ORDER BY a.seq DESC LIMIT $5",
        binds![
            scope.site_id(),
            before.unwrap_or(i64::MAX),
            person.map(|person| person.to_string()).unwrap_or_default(),
            person,
            i64::from(limit).min(ROWS_MAX),
        ],
    )
    .await
}
