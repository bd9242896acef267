//! Codes that no unit is known for, as messages sent them.

use crate::adt::model::{Fact, Micros};
use base::Id;
use identity::{Site, SiteTree};
use std::collections::BTreeMap;
use store::{StoreError, Tx, binds};

/// Facts read at most; newer ones first.
const FACTS_MAX: i64 = 5_000;

/// A location code nobody has mapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmappedCode {
    /// As sent, in capitals; empty where the message named no unit.
    pub code: String,
    /// How often it was seen lately.
    pub n_seen: i64,
    /// When last.
    pub last_at: Micros,
    /// The newest message with it, or 0.
    pub message: i64,
}

/// The codes behind the patients in a facility's unit of unmapped locations, most seen first.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list_unmapped(
    tx: &mut Tx,
    tree: &SiteTree,
    facility: Id<Site>,
) -> Result<Vec<UnmappedCode>, StoreError> {
    let Some(unmapped) = crate::sites::unmapped_unit(tree, &facility) else { return Ok(Vec::new()) };
    let sql = format!(
        "SELECT e.message_seq, e.body FROM adt_event e
         WHERE e.facility_id = $1 AND e.seq IN (
             SELECT p.event_seq FROM leg l JOIN stay s ON s.number = l.stay_number
             JOIN case_key k ON k.case_id = s.case_id JOIN event_patient p ON p.patient = k.number
             WHERE l.unit_id = $2 AND l.known_to = 253402300799999999)
         ORDER BY e.seq DESC LIMIT {FACTS_MAX}"
    );
    let rows: Vec<(i64, String)> = tx.list(&sql, binds![facility, unmapped]).await?;
    let mut codes: BTreeMap<String, UnmappedCode> = BTreeMap::new();
    for (message, body) in rows {
        let fact: Fact = serde_json::from_str(&body)
            .map_err(|error| StoreError::inconsistent("adt_event.body", error.to_string()))?;
        let code = fact.place.unit.trim().to_uppercase();
        if code.is_empty() || tree.unit_by_code(facility, &code).is_some() {
            continue;
        }
        let first = UnmappedCode { code: code.clone(), n_seen: 0, last_at: fact.at, message };
        let known = codes.entry(code).or_insert(first);
        known.n_seen += 1;
        known.last_at = known.last_at.max(fact.at);
        known.message = known.message.max(message);
    }
    let mut codes: Vec<UnmappedCode> = codes.into_values().collect();
    codes.sort_by(|a, b| (b.n_seen, &a.code).cmp(&(a.n_seen, &b.code)));
    Ok(codes)
}
