//! The pages and actions that search knows by name.

use super::{Hit, matches};
use area::{Fault, Visit};
use base::SitePath;
use identity::Permission;
use jiff::civil::Date;

/// A page by name.
pub(super) struct Known {
    /// What it is called, and other words people use for it.
    pub(super) title: &'static str,
    /// Words that are not shown but found.
    pub(super) also: &'static str,
    /// Its address: below `/at/{scope}/` unless it starts with `/`. `{today}` and `{yesterday}` are days.
    pub(super) href: &'static str,
    /// What it takes to open it; `None` for everyone signed in.
    pub(super) permission: Option<Permission>,
    /// Whether it does something.
    pub(super) is_action: bool,
}

const fn page(title: &'static str, also: &'static str, href: &'static str, of: Permission) -> Known {
    Known { title, also, href, permission: Some(of), is_action: false }
}

const fn action(
    title: &'static str,
    also: &'static str,
    href: &'static str,
    of: Option<Permission>,
) -> Known {
    Known { title, also, href, permission: of, is_action: true }
}

/// Every page and action found by name. A test proves that each address exists and asks what it says.
pub(super) static KNOWN: [Known; 29] = [
    page("Morning brief", "today home", "today", Permission::TODAY_VIEW),
    page("Needs you", "work list to do", "today/needs", Permission::TODAY_VIEW),
    page("Why needs rank so", "order rules", "today/needs?why=1", Permission::TODAY_VIEW),
    page("Huddle", "bed meeting notes actions", "today/huddle/{today}", Permission::TODAY_VIEW),
    page("Huddle sheet", "print paper", "today/huddle/{today}/print", Permission::TODAY_VIEW),
    page("Flow board", "beds patients waiting", "census/flow", Permission::CENSUS_VIEW),
    page("Wall", "screen without names", "census/wall", Permission::CENSUS_VIEW),
    page("Census of yesterday", "midnight bed days", "census/day/{yesterday}", Permission::CENSUS_VIEW),
    page("Forecast", "census admissions discharges ahead", "census/forecast", Permission::CENSUS_VIEW),
    page("Beds", "staffed closed blocked reasons", "census/beds", Permission::CENSUS_VIEW),
    page("Services register", "records stays visits", "census/records", Permission::CENSUS_VIEW),
    page("People and roles", "accounts admin", "/admin/people", Permission::SITES_VIEW),
    page("Sites and units", "tree codes beds admin", "/admin/sites", Permission::SITES_VIEW),
    page("Feeds", "messages hl7 errors admin", "/admin/feeds", Permission::FEEDS_VIEW),
    page("Imports", "files csv admin", "/admin/imports", Permission::ADMIN_VIEW),
    page("Rules", "targets limits laws admin", "/admin/rules", Permission::ADMIN_VIEW),
    page("Jobs", "long work progress admin", "/admin/jobs", Permission::ADMIN_VIEW),
    page("Audit log", "history changes admin", "/admin/audit", Permission::AUDIT_VIEW),
    page("Backups", "restore admin", "/admin/backups", Permission::ADMIN_VIEW),
    Known { title: "My page", also: "account me", href: "/me", permission: None, is_action: false },
    Known { title: "Help", also: "guide", href: "/help", permission: None, is_action: false },
    Known {
        title: "Keys",
        also: "keyboard shortcuts",
        href: "/help/keys",
        permission: None,
        is_action: false,
    },
    Known {
        title: "API reader",
        also: "programs json openapi",
        href: "/api/docs",
        permission: None,
        is_action: false,
    },
    action("Change theme", "colors dark light", "/me/preferences", None),
    action("Change preferences", "density letters keys figures of the brief", "/me/preferences", None),
    action("Change password", "", "/me/password", None),
    action("New API token", "programs access", "/me/tokens/new", None),
    action("Import staff", "people csv accounts", "/admin/imports", Some(Permission::ADMIN_VIEW)),
    action("Add a person", "account new staff", "/admin/people/new", Some(Permission::ADMIN_EDIT)),
];

/// The pages the words find and the person may open.
pub(super) fn list(
    visit: &Visit,
    home: Option<&SitePath>,
    words: &[String],
    day: Date,
) -> Result<Vec<Hit>, Fault> {
    let access = &visit.who()?.access;
    let mut hits = Vec::new();
    for known in KNOWN.iter().filter(|known| matches(&format!("{} {}", known.title, known.also), words)) {
        let is_rooted = known.href.starts_with('/');
        let is_allowed = match (known.permission, home) {
            (None, _) => true,
            (Some(permission), Some(home)) if !is_rooted => access.allows(&visit.tree, permission, home, day),
            (Some(permission), _) if is_rooted => !access.sites_for(&visit.tree, permission, day).is_empty(),
            (Some(_), _) => false,
        };
        if is_allowed {
            hits.push(Hit {
                title: known.title.to_owned(),
                note: if known.is_action { "Action" } else { "Page" }.to_owned(),
                href: address(visit, known, home, day),
            });
        }
    }
    Ok(hits)
}

fn address(visit: &Visit, known: &Known, home: Option<&SitePath>, day: Date) -> String {
    let today = home.map_or(day, |home| figures::today(&visit.tree, home, visit.now));
    let yesterday = today.yesterday().unwrap_or(today);
    let href =
        known.href.replace("{today}", &today.to_string()).replace("{yesterday}", &yesterday.to_string());
    match home {
        Some(home) if !href.starts_with('/') => format!("/at/{home}/{href}"),
        Some(_) | None => href,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::{areas, routes};
    use area::{Guard, Method};

    /// The route an address leads to.
    fn guard_of(href: &str) -> Option<Guard> {
        let path = href.split('?').next().unwrap_or_default().replace("{yesterday}", "{date}");
        let path = path.replace("{today}", "{date}");
        let path = if path.starts_with('/') { path } else { format!("/at/{{scope}}/{path}") };
        let found =
            routes(areas()).into_iter().find(|route| route.method == Method::Get && route.path == path);
        found.map(|route| route.guard)
    }

    #[test]
    fn every_page_found_by_name_exists_and_asks_what_it_says() {
        for known in &KNOWN {
            let guard = guard_of(known.href);
            assert!(guard.is_some(), "{} leads nowhere: {}", known.title, known.href);
            if let Some(guard) = guard.filter(|guard| guard.permission().is_some()) {
                assert_eq!(guard.permission(), known.permission, "{}", known.title);
            }
        }
    }
}
