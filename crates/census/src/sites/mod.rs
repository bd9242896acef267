//! What the census needs of the site tree beyond identity's own: unmapped locations.

pub(crate) mod store;

use ::store::{StoreError, Tx};
use base::Id;
use identity::{Care, Site, SiteTree};

/// The facility a code names: by its codes, else by the last name of its path where it has no codes.
pub(crate) fn facility_by_code(tree: &SiteTree, code: &str) -> Option<Id<Site>> {
    let named = || {
        let facilities = tree.all().iter().filter(|site| site.facility_id == Some(site.id));
        facilities.filter(|site| is_named(tree, site, code)).map(|site| site.id).next()
    };
    tree.facility_by_code(code).map(|site| site.id).or_else(named)
}

/// The unit a code names within a facility: by its codes, else by the last name of its path.
pub(crate) fn unit_by_code(tree: &SiteTree, facility: Id<Site>, code: &str) -> Option<Id<Site>> {
    let named = || {
        let units = tree.units_below(&facility);
        units.into_iter().filter(|unit| is_named(tree, unit, code)).map(|unit| unit.id).next()
    };
    tree.unit_by_code(facility, code).map(|site| site.id).or_else(named)
}

fn is_named(tree: &SiteTree, site: &identity::SiteInfo, code: &str) -> bool {
    tree.codes(&site.id).is_empty()
        && site.care != Care::Unmapped
        && site.path.name().eq_ignore_ascii_case(code.trim())
}

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
