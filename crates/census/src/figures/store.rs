//! How old a site's feed is.

use identity::{Scope, SiteTree};
use jiff::Timestamp;
use store::{StoreError, Tx, binds};

/// When the last message of the scope's facilities arrived.
pub(super) async fn fresh_at(
    tx: &mut Tx,
    scope: &Scope,
    tree: &SiteTree,
) -> Result<Option<Timestamp>, StoreError> {
    let site = tree.facility_of(&scope.site_id()).map_or(scope.site_id(), |facility| facility.id);
    let newest: Option<(Option<Timestamp>,)> = tx
        .find(
            "SELECT CAST(MAX(last_at) AS BIGINT) FROM feed
             WHERE site_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1)",
            binds![site],
        )
        .await?;
    Ok(newest.and_then(|(at,)| at))
}
