//! What census and flow contribute to the product.

use area::{Area, NavEntry, NavGroupKey};
use identity::{AreaKey, Permission};
use web::Icon;

/// The area.
#[must_use]
pub fn area() -> Area {
    Area {
        key: AreaKey::Census,
        nav: Some(NavEntry {
            group: NavGroupKey::Run,
            label: "Census and flow",
            icon: Icon::Bed,
            home: "census/flow",
            permission: Permission::CENSUS_VIEW,
            letter: 'c',
        }),
        routes: crate::routes::routes(),
        figures: &crate::FIGURES,
        needs: crate::needs::sources(),
        jobs: vec![crate::forecast::job::kind(), crate::profile::job::kind()],
    }
}
