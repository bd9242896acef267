//! Today: the morning brief, the list of needs, the huddle, and the page that explains a figure.
//!
//! [`brief`] is the first page of the day. Not here: any figure, need or rule of its own; areas bring them.
//!
//! Sketch of the brief's cost, besides the frame's three statements (session, and the site tree at most once
//! a second): rules 1, six figures of one value and one run of days each 12, the companion of boarding 1,
//! needs 0 (kept 15 s, else one or two a source), feeds 1, units 4, yesterday 3, huddle 1, finished work 2,
//! sample job 1 in the demo only; three small ones for administrators, how far the installation is. About 25 statements, 13 fewer where the strip of the site was read moments
//! ago: values are kept 15 s, runs of days 60 s, whoever asks. None grows with the years held: figures read
//! stored days, and stays are reached by the index of those present. The dear ones are those that sum legs
//! (boarding, ED stay, left without being seen), which read every stay of 24 days.

mod ages;
mod brief;
mod explain;
mod huddle;
mod judge;
mod needs;
mod start;
mod store;
mod strip;
mod units;

use area::{Guard, Route};
use identity::Permission;

/// Its addresses.
pub(crate) fn routes() -> Vec<Route> {
    let view = Guard::At(Permission::TODAY_VIEW);
    let edit = Guard::At(Permission::TODAY_EDIT);
    vec![
        Route::get("/at/{scope}/today", view, brief::page),
        Route::get("/at/{scope}/today/needs", view, needs::page),
        Route::get("/at/{scope}/today/needs/dismiss", edit, needs::dismiss_page),
        Route::post("/at/{scope}/today/needs/dismiss", edit, needs::dismiss),
        Route::post("/at/{scope}/today/needs/restore", edit, needs::restore),
        Route::get("/at/{scope}/today/huddle/{date}", view, huddle::page),
        Route::post("/at/{scope}/today/huddle/{date}", edit, huddle::add),
        Route::get("/at/{scope}/today/huddle/{date}/print", view, huddle::sheet),
        Route::post("/at/{scope}/today/huddle/{date}/note/{id}", edit, huddle::change),
        Route::get("/at/{scope}/explain/{key}", view, explain::page),
    ]
}

/// The longest period a figure is asked for at once, in days.
pub(crate) fn explain_days_max() -> i64 {
    explain::DAYS_MAX
}
