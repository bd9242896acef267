//! What the census needs are derived from.

use crate::adt::model::{Fault, Micros};
use crate::beds;
use crate::legs::{self, StayLegs};
use crate::profile::Profiles;
use ::figures::needs::NeedAsk;
use base::Id;
use identity::Site;
use identity::sites::Beds;
use intake::Feed;
use std::collections::BTreeMap;
use store::{StoreError, Tx, binds};

/// Contradictions older than this many days are no longer work of today.
const FAULT_DAYS: i64 = 30;

/// A stay with contradictions.
pub(super) struct Faulty {
    pub(super) stay: String,
    pub(super) visit: String,
    pub(super) facility: Id<Site>,
    pub(super) unit: Option<Id<Site>>,
    pub(super) faults: Vec<Fault>,
}

/// Everything the rules look at.
pub(super) struct Facts {
    pub(super) inside: Vec<StayLegs>,
    pub(super) beds: Vec<beds::store::BedRow>,
    pub(super) counts: BTreeMap<Id<Site>, Beds>,
    pub(super) faulty: Vec<Faulty>,
    pub(super) feeds: Vec<Feed>,
    pub(super) profiles: Profiles,
}

pub(super) async fn load(tx: &mut Tx, ask: &NeedAsk<'_>) -> Result<Facts, StoreError> {
    let inside = legs::list_overlapping(tx, ask.scope, ask.now, ask.now, None).await?;
    let beds = beds::store::list(tx, ask.scope).await?;
    let ids: Vec<Id<Site>> = ask.tree.below(&ask.scope.site_id()).iter().map(|site| site.id).collect();
    let today = ::figures::today(ask.tree, ask.scope.path(), ask.now);
    let counts = identity::sites::beds_on(tx, &ids, today).await?;
    let faulty = list_faulty(tx, ask).await?;
    let feeds = intake::list_feeds(tx, ask.scope).await?;
    Ok(Facts { inside, beds, counts, faulty, feeds, profiles: Profiles::load(tx).await? })
}

async fn list_faulty(tx: &mut Tx, ask: &NeedAsk<'_>) -> Result<Vec<Faulty>, StoreError> {
    let since: Micros = ask.now.as_microsecond() - FAULT_DAYS * 86_400_000_000;
    let mut found = Vec::new();
    tx.each(
        "SELECT id, visit, facility_id, unit_id, faults FROM stay
         WHERE faults <> '' AND (facility_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1)
            OR unit_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $2))
           AND state <> 'void' AND arrived_at > $3
         ORDER BY arrived_at DESC, id LIMIT 200",
        binds![ask.scope.site_id(), ask.scope.site_id(), since - 60 * 86_400_000_000],
        |c| {
            let (stay, visit, facility, unit) = (c.take()?, c.take()?, c.take()?, c.take()?);
            let faults: String = c.take()?;
            let faults: Vec<Fault> = serde_json::from_str(&faults)
                .map_err(|error| StoreError::inconsistent("stay.faults", error.to_string()))?;
            found.push(Faulty { stay, visit, facility, unit, faults });
            Ok(())
        },
    )
    .await?;
    for stay in &mut found {
        stay.faults.retain(|fault| fault.at > since);
    }
    found.retain(|stay| !stay.faults.is_empty());
    Ok(found)
}
