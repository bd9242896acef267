//! Imports: a file is uploaded, its columns are mapped, the result is tried, committed, and undone for
//! seven days.
//!
//! What a row means is an importer's: those of sites, bed counts and people stand here, those of beds and
//! stays in census. Files of messages go the way of a feed and are told apart by [`MESSAGES`]. The command
//! line takes files in through the same importers, so that one list holds every import.

mod bed_counts;
mod messages;
mod new;
mod run;
mod sites;
mod store;
mod text;

pub(super) use messages::take_in as take_messages;
pub(super) use new::{page as new_page, send as upload};
pub(super) use run::{commit, decide, map, page as run_page, rejects, take_back, undo as undo_run};

use super::kit::{self, Names};
use area::{Answer, Cell as FileCell, Export, Visit};
use identity::Permission;
use intake::import::{ImportRun, Importer, MESSAGES, RunState, list_runs};
use std::sync::Arc;
use web::{Button, Cell, Column, Empty, Markup, Page, Panel, Row, Status, Table, chip, format, html};

/// Everything files bring, in the order people need it.
pub(super) fn importers() -> Vec<Arc<dyn Importer>> {
    vec![
        Arc::new(sites::SITES),
        Arc::new(census::beds::BedsImporter),
        Arc::new(bed_counts::BedCountsImporter),
        Arc::new(text::PEOPLE),
        Arc::new(census::stays::StaysImporter),
    ]
}

/// The importer of a kind: `sites`, `beds`, `bed-counts`, `people` or `stays`.
#[must_use]
pub fn importer(kind: &str) -> Option<Arc<dyn Importer>> {
    importers().into_iter().find(|importer| importer.kind() == kind)
}

fn title(kind: &str) -> String {
    match kind {
        MESSAGES => "Messages (HL7 v2)".to_owned(),
        kind => importer(kind).map_or_else(|| kind.to_owned(), |importer| importer.title().to_owned()),
    }
}

/// How an import stands.
fn state(run: &ImportRun) -> Markup {
    match run.state {
        RunState::Draft => chip(Status::Plain, "Not committed"),
        RunState::Running => chip(Status::Plain, "Running"),
        RunState::Done => chip(Status::Done, "Done"),
        RunState::Undone => chip(Status::Plain, "Undone"),
        RunState::Failed => chip(Status::Breach, "Stopped on the way"),
    }
}

pub(super) async fn list(visit: Visit) -> Answer {
    let before = visit.query.text("before").parse().ok();
    let mut tx = visit.read().await?;
    let runs = list_runs(&mut tx, visit.scope()?, before, 51).await?;
    let names = Names::of(&mut tx, runs.iter().map(|run| run.created_by.as_str())).await?;
    drop(tx);
    if let Some(file) = kit::export(&visit, || file(&runs, &names)) {
        return file;
    }
    let (csv, xlsx) = kit::file_hrefs(&visit);
    let older = if runs.len() > kit::ROWS { runs.get(kit::ROWS - 1).map(|run| run.created_at) } else { None };
    let may_edit = visit.may(Permission::ADMIN_EDIT);
    let table = Table::new("imports", "Imports")
        .column(Column::text("File"))
        .column(Column::text("Brings").not_on_phones())
        .column(Column::text("State"))
        .column(Column::number("New").not_on_phones())
        .column(Column::number("Changed").not_on_phones())
        .column(Column::number("Same").only_wide_screens())
        .column(Column::number("Rejected").not_on_phones())
        .column(Column::text("By").only_wide_screens())
        .column(Column::text("When"))
        .rows(runs.iter().take(kit::ROWS).map(|run| line(run, &names, &visit)))
        .downloads(csv, xlsx)
        .empty(Empty::new(
            "No import yet",
            "Bring sites, beds, people, stays or messages from files. Nothing changes before you have seen what would, and for seven days you can take it back.",
        ));
    let body = html! {
        (kit::done_notice(&visit))
        @if may_edit { (kinds()) }
        (Panel::new("Imports so far").body(html! {
            (table)
            @if let Some(older) = older { div.in { a href=(kit::here(&visit, "before", Some(&older.to_string()))) { "Older imports" } } }
        }))
    };
    visit.show(&Page::new("Imports").context("Files taken in").body(body)).await
}

/// One button a kind.
fn kinds() -> Markup {
    html! {
        (Panel::new("Take in a file").prose(html! {
            div.go {
                @for importer in importers() {
                    (Button::link(importer.title(), format!("/admin/imports/new/{}", importer.kind())))
                }
                (Button::link(title(MESSAGES), "/admin/imports/new/hl7"))
            }
        }))
    }
}

fn line(run: &ImportRun, names: &Names, visit: &Visit) -> Row {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    Row::default()
        .cell(Cell::link(&run.file_name, format!("/admin/imports/{}", run.id)))
        .cell(title(&run.kind))
        .cell(state(run))
        .cell(count(run.counts.new))
        .cell(count(run.counts.changed))
        .cell(count(run.counts.same))
        .cell(count(run.counts.rejected))
        .cell(Cell::dim(names.get(&run.created_by)))
        .cell(format::instant(run.created_at, &visit.zone(), visit.now))
}

fn file(runs: &[ImportRun], names: &Names) -> Export {
    let columns = [
        "id",
        "kind",
        "file",
        "site",
        "state",
        "new",
        "changed",
        "same",
        "rejected",
        "by",
        "uploaded_at",
        "done_at",
    ];
    let mut export = Export::new("imports", &columns);
    let count = |n: usize| FileCell::from(i64::try_from(n).unwrap_or(i64::MAX));
    for run in runs {
        export.rows.push(vec![
            FileCell::from(run.id.to_string()),
            FileCell::from(run.kind.as_str()),
            FileCell::from(run.file_name.as_str()),
            FileCell::from(run.site.as_ref().map(ToString::to_string).unwrap_or_default()),
            FileCell::from(run.state.key()),
            count(run.counts.new),
            count(run.counts.changed),
            count(run.counts.same),
            count(run.counts.rejected),
            FileCell::from(names.get(&run.created_by)),
            FileCell::from(run.created_at.to_string()),
            FileCell::from(run.done_at.map(|at| at.to_string()).unwrap_or_default()),
        ]);
    }
    export
}
