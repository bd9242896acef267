//! What the census needs of the site tree beyond identity's own: unmapped locations.

pub(crate) mod store;

use ::store::{StoreError, Tx};
use base::Id;
use identity::{Care, Site, SiteTree};

/// The facility's unit for locations nobody has mapped, if it has one yet.
pub(crate) fn unmapped_unit(tree: &SiteTree, facility: &Id<Site>) -> Option<Id<Site>> {
    tree.children(facility).into_iter().find(|site| site.care == Care::Unmapped).map(|site| site.id)
}

/// Makes it.
pub(crate) async fn ensure_unmapped(
    tx: &mut Tx,
    tree: &SiteTree,
    facility: &Id<Site>,
) -> Result<(), StoreError> {
    match tree.get(facility) {
        Some(_) => match identity::sites::ensure_unmapped_unit(tx, *facility).await {
            Ok(_) => Ok(()),
            Err(refused) => Err(StoreError::inconsistent("site", refused.to_string())),
        },
        None => Ok(()),
    }
}
