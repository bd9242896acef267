//! Administration: people, sites, feeds, imports, rules, jobs, the audit log, backups, keys.
//!
//! Each folder is one page or a few with what they need. Every change is kept in history with who did it and
//! can be taken back through [`undo`]; the rules themselves live in the crates that own the records.

mod audit;
mod backups;
mod events;
mod feeds;
pub(crate) mod imports;
mod jobs;
mod keys;
pub(crate) mod kit;
mod people;
mod preferences;
mod rules;
mod sites;
pub(crate) mod store;
mod tokens;
mod undo;
pub(crate) mod work;

use area::{Answer, Fault, Guard, Route, Visit};
use identity::Permission;
use web::{Agenda, AgendaLine, Page, Panel, html};

/// Its addresses.
pub(crate) fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::get("/admin", Guard::SignedIn, index),
        Route::post("/admin/undo", Guard::Anywhere(Permission::ADMIN_EDIT), undo::send),
    ];
    routes.extend(people_routes());
    routes.extend(site_routes());
    routes.extend(feed_routes());
    routes.extend(import_routes());
    routes.extend(work_routes());
    routes.extend(keeping_routes());
    routes
}

const VIEWS: Guard = Guard::AtQuery(Permission::ADMIN_VIEW);
const EDITS: Guard = Guard::AtQuery(Permission::ADMIN_EDIT);

fn people_routes() -> Vec<Route> {
    let sees = Guard::AtQuery(Permission::SITES_VIEW);
    vec![
        Route::get("/admin/people", sees, people::list),
        Route::get("/admin/people/new", EDITS, people::new_page),
        Route::post("/admin/people/new", EDITS, people::add),
        Route::get("/admin/people/{id}", sees, people::person_page),
        Route::post("/admin/people/{id}/details", EDITS, people::details),
        Route::post("/admin/people/{id}/roles", EDITS, people::grant),
        Route::post("/admin/people/{id}/roles/end", EDITS, people::end_role_of),
        Route::post("/admin/people/{id}/password", EDITS, people::reset),
        Route::post("/admin/people/{id}/sessions", EDITS, people::end_sessions),
        Route::post("/admin/people/{id}/close", EDITS, people::close),
    ]
}

fn site_routes() -> Vec<Route> {
    let sees = Guard::AtQuery(Permission::SITES_VIEW);
    vec![
        Route::get("/admin/sites", sees, sites::list),
        Route::get("/admin/sites/new", EDITS, sites::new_page),
        Route::post("/admin/sites/new", EDITS, sites::add),
        Route::get("/admin/sites/{path}", sees, sites::site_page),
        Route::post("/admin/sites/{path}/details", EDITS, sites::details),
        Route::post("/admin/sites/{path}/codes", EDITS, sites::codes),
        Route::post("/admin/sites/{path}/care", EDITS, sites::care),
        Route::post("/admin/sites/{path}/beds", EDITS, sites::beds),
        Route::post("/admin/sites/{path}/close", EDITS, sites::close),
    ]
}

fn feed_routes() -> Vec<Route> {
    let sees = Guard::AtQuery(Permission::FEEDS_VIEW);
    let mends = Guard::AtQuery(Permission::FEEDS_EDIT);
    vec![
        Route::get("/admin/feeds", sees, feeds::list),
        Route::get("/admin/feeds/{id}", sees, feeds::feed_page),
        Route::post("/admin/feeds/{id}/replay", mends, feeds::replay_checked),
        Route::post("/admin/feeds/{id}/replay-all", mends, feeds::replay_all),
        Route::get("/admin/feeds/{id}/faults/{seq}", sees, feeds::fault_page),
        Route::get("/admin/feeds/{id}/faults/{seq}/raw", sees, feeds::raw),
        Route::post("/admin/feeds/{id}/faults/{seq}/replay", mends, feeds::replay_one),
        Route::post("/admin/feeds/{id}/faults/{seq}/accept", mends, feeds::accept),
        Route::post("/admin/feeds/{id}/faults/{seq}/dismiss", mends, feeds::dismiss),
    ]
}

fn import_routes() -> Vec<Route> {
    vec![
        Route::get("/admin/imports", VIEWS, imports::list),
        Route::get("/admin/imports/new/{kind}", EDITS, imports::new_page),
        Route::post("/admin/imports/new/{kind}", EDITS, imports::upload),
        Route::get("/admin/imports/{id}", VIEWS, imports::run_page),
        Route::get("/admin/imports/{id}/rejects", VIEWS, imports::rejects),
        Route::post("/admin/imports/{id}/map", EDITS, imports::map),
        Route::post("/admin/imports/{id}/commit", EDITS, imports::decide),
        Route::post("/admin/imports/{id}/undo", EDITS, imports::undo_run),
    ]
}

fn work_routes() -> Vec<Route> {
    vec![
        Route::get("/admin/jobs", VIEWS, jobs::list),
        Route::get("/jobs/{id}", Guard::SignedIn, jobs::page),
        Route::post("/jobs/{id}/stop", Guard::SignedIn, jobs::stop),
        Route::get("/at/{scope}/jobs/{id}", Guard::At(Permission::ME), jobs::moved),
        Route::get(web::EVENTS_PATH, Guard::SignedIn, events::stream),
    ]
}

fn keeping_routes() -> Vec<Route> {
    let reads_log = Guard::AtQuery(Permission::AUDIT_VIEW);
    vec![
        Route::get("/admin/rules", VIEWS, rules::list),
        Route::get("/admin/rules/{key}", VIEWS, rules::page),
        Route::post("/admin/rules/{key}", EDITS, rules::set),
        Route::post("/admin/rules/{key}/end", EDITS, rules::end),
        Route::get("/admin/audit", reads_log, audit::changes),
        Route::get("/admin/audit/views", reads_log, audit::views),
        Route::post("/admin/audit/verify", reads_log, audit::verify),
        Route::get("/admin/backups", VIEWS, backups::list),
        Route::post("/admin/backups", EDITS, backups::make),
        Route::get("/admin/backups/{file}", EDITS, backups::fetch),
        Route::get("/admin/keys", VIEWS, keys::page),
        Route::post("/admin/keys/rotate", EDITS, keys::rotate),
        Route::post("/admin/keys/reseal", EDITS, keys::ask_reseal),
        Route::get("/admin/tokens", VIEWS, tokens::list),
        Route::post("/admin/tokens/revoke", EDITS, tokens::revoke),
        Route::get("/admin/preferences", VIEWS, preferences::page),
        Route::post("/admin/preferences/limits", EDITS, preferences::limits),
        Route::post("/admin/preferences/name", EDITS, preferences::name),
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
