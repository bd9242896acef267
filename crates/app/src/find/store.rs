//! Finding stays by number.

use base::Id;
use identity::Site;
use store::{Columns, FromRow, StoreError, Tx};

/// A stay that was found, without a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Its id.
    pub(super) id: String,
    /// Its facility.
    pub(super) facility: Id<Site>,
    /// Where the patient is or was last.
    pub(super) unit: Option<Id<Site>>,
    /// Its visit number.
    pub(super) visit: String,
    /// Where it stands: `present`, `left`.
    pub(super) state: String,
}

impl FromRow for Found {
    fn from_row(c: &mut Columns<'_>) -> Result<Found, StoreError> {
        Ok(Found { id: c.take()?, facility: c.take()?, unit: c.take()?, visit: c.take()?, state: c.take()? })
    }
}

const FOUND: &str = "SELECT s.id, s.facility_id, s.unit_id, s.visit, s.state
    FROM case_key k JOIN stay s ON s.case_id = k.case_id
    WHERE k.key IN ({in}) AND s.state <> 'void' ORDER BY s.arrived_at DESC, s.id";

/// The stays of a visit number in these facilities.
pub(super) async fn find_by_visit(
    tx: &mut Tx,
    facilities: &[Id<Site>],
    visit: &str,
) -> Result<Vec<Found>, StoreError> {
    let keys: Vec<String> = facilities.iter().map(|facility| format!("v:{facility} {visit}")).collect();
    let found: Vec<Found> = tx.list_in(FOUND, &keys).await?;
    // A case holds every visit that messages tie together; only the number asked for was meant.
    Ok(found.into_iter().filter(|found| found.visit == visit).collect())
}

/// The stays of patients by their keys.
pub(super) async fn find_by_patient(tx: &mut Tx, keys: &[String]) -> Result<Vec<Found>, StoreError> {
    tx.list_in(FOUND, keys).await
}
