//! The page a person lands on, by what they may see.

use area::{Answer, Visit};
use identity::{Access, Permission, SiteTree};
use jiff::civil::Date;

pub(super) async fn page(visit: Visit) -> Answer {
    let Some(who) = &visit.who else {
        let mut tx = visit.read().await?;
        let is_new = identity::people::n_people(&mut tx).await? == 0;
        return Ok(visit.go(if is_new { "/set-up" } else { "/sign-in" }));
    };
    Ok(visit.go(&landing(&who.access, &visit.tree, visit.today())))
}

/// Managers land on the brief of their topmost site, whoever only keeps the installation on
/// administration, everyone else on their own page.
pub(super) fn landing(access: &Access, tree: &SiteTree, today: Date) -> String {
    let mut tops = access.sites_for(tree, Permission::TODAY_VIEW, today);
    // The topmost; of equals the first in tree order.
    tops.sort_by_key(base::SitePath::depth);
    if let Some(top) = tops.first() {
        return format!("/at/{top}/today");
    }
    let keeps = !access.sites_for(tree, Permission::ADMIN_VIEW, today).is_empty();
    if keeps { "/admin".to_owned() } else { "/me".to_owned() }
}
