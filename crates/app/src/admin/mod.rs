//! Administration: people, sites, feeds, imports, rules, jobs, the audit log, backups, keys.
//!
//! Each folder is one page or a few with what they need. Every change is kept in history with who did it and
//! can be taken back through [`undo`]; the rules themselves live in the crates that own the records.

pub(crate) mod kit;
mod people;
mod sites;
pub(crate) mod store;
mod undo;

use area::{Answer, Fault, Guard, Route, Visit};
use identity::Permission;
use web::{Agenda, AgendaLine, Page, Panel, html};

/// Its addresses.
pub(crate) fn routes() -> Vec<Route> {
    let sees_sites = Guard::AtQuery(Permission::SITES_VIEW);
    let edits = Guard::AtQuery(Permission::ADMIN_EDIT);
    vec![
        Route::get("/admin", Guard::SignedIn, index),
        Route::post("/admin/undo", Guard::Anywhere(Permission::ADMIN_EDIT), undo::send),
        Route::get("/admin/people", sees_sites, people::list),
        Route::get("/admin/people/new", edits, people::new_page),
        Route::post("/admin/people/new", edits, people::add),
        Route::get("/admin/people/{id}", sees_sites, people::person_page),
        Route::post("/admin/people/{id}/details", edits, people::details),
        Route::post("/admin/people/{id}/roles", edits, people::grant),
        Route::post("/admin/people/{id}/roles/end", edits, people::end_role_of),
        Route::post("/admin/people/{id}/password", edits, people::reset),
        Route::post("/admin/people/{id}/sessions", edits, people::end_sessions),
        Route::post("/admin/people/{id}/close", edits, people::close),
    ]
}

/// The parts of administration: words, address, what it holds, what it takes.
const PARTS: [(&str, &str, &str, Permission); 11] = [
    (
        "People and roles",
        "/admin/people",
        "Accounts, what each may do and until when",
        Permission::SITES_VIEW,
    ),
    ("Sites and units", "/admin/sites", "The tree, codes in messages, beds", Permission::SITES_VIEW),
    ("Feeds", "/admin/feeds", "What arrives, how late, what was refused and why", Permission::FEEDS_VIEW),
    (
        "Imports",
        "/admin/imports",
        "Files of sites, beds, people and messages, with undo",
        Permission::ADMIN_VIEW,
    ),
    (
        "Rules",
        "/admin/rules",
        "Dated numbers of law and house, with sources and overrides",
        Permission::ADMIN_VIEW,
    ),
    ("Jobs", "/admin/jobs", "Long work: running, done, failed", Permission::ADMIN_VIEW),
    (
        "Audit log",
        "/admin/audit",
        "Who changed what; who looked at names; proof that nothing was altered",
        Permission::AUDIT_VIEW,
    ),
    ("Backups", "/admin/backups", "Make one, fetch one, how to restore", Permission::ADMIN_VIEW),
    ("Keys", "/admin/keys", "Which key seals patients' names, and changing it", Permission::ADMIN_VIEW),
    ("Access tokens", "/admin/tokens", "Programs that act for people", Permission::ADMIN_VIEW),
    (
        "Preferences",
        "/admin/preferences",
        "How long sessions last, the name of the installation",
        Permission::ADMIN_VIEW,
    ),
];

async fn index(visit: Visit) -> Answer {
    let access = &visit.who()?.access;
    let today = visit.today();
    let may = |permission| !access.sites_for(&visit.tree, permission, today).is_empty();
    let lines: Vec<AgendaLine> = PARTS
        .iter()
        .filter(|(_, _, _, permission)| may(*permission))
        .map(|(words, href, note, _)| AgendaLine {
            title: (*words).to_owned(),
            note: (*note).to_owned(),
            href: Some((*href).to_owned()),
            ..AgendaLine::default()
        })
        .collect();
    if lines.is_empty() {
        return Err(Fault::NotFound);
    }
    let body = html! { (Panel::default().body(Agenda { lines })) };
    visit.show(&Page::new("Admin").context("What keeps the house in order").body(body)).await
}
