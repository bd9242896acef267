//! Who is where, in the database.

use crate::adt::model::OPEN;
use identity::{Scope, SiteTree};
use jiff::Timestamp;
use serde::Serialize;
use store::{StoreError, Tx, binds};

/// One stay in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PresentStay {
    /// The visit number, or the stay's id where none was told.
    pub stay: String,
    /// The unit's path.
    pub unit: String,
    /// Room and bed, or nothing.
    pub bed: Option<String>,
    /// Patient class code.
    pub class: String,
    /// Since when in this place and class.
    pub since: String,
}

/// Everyone inside at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Present {
    /// By unit, bed and stay.
    pub present: Vec<PresentStay>,
}

/// Everyone inside at `at`, as believed at `as_of` (now without one).
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn report(
    tx: &mut Tx,
    scope: &Scope,
    tree: &SiteTree,
    at: Timestamp,
    as_of: Option<Timestamp>,
) -> Result<Present, StoreError> {
    let known = as_of.map_or(OPEN - 1, Timestamp::as_microsecond);
    let mut present = Vec::new();
    tx.each(
        "SELECT s.id, s.visit, l.unit_id, l.bed, l.class, l.from_at
         FROM leg l JOIN stay s ON s.number = l.stay_number
         WHERE l.unit_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1)
           AND l.to_at > $2 AND l.from_at <= $3 AND l.known_from <= $4 AND l.known_to > $5
         ORDER BY l.unit_id, l.bed, s.id",
        binds![scope.site_id(), at, at, known, known],
        |c| {
            let (stay, visit): (String, String) = (c.take()?, c.take()?);
            let unit = tree.get(&c.take()?).map_or(String::new(), |site| site.path.to_string());
            let (bed, class, since): (String, String, Timestamp) = (c.take()?, c.take()?, c.take()?);
            present.push(PresentStay {
                stay: if visit.is_empty() { stay } else { visit },
                unit,
                bed: Some(bed).filter(|bed| !bed.is_empty()),
                class,
                since: since.to_string(),
            });
            Ok(())
        },
    )
    .await?;
    present.sort_by(|a, b| (&a.unit, &a.bed, &a.stay).cmp(&(&b.unit, &b.bed, &b.stay)));
    Ok(Present { present })
}
