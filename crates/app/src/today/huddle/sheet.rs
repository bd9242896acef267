//! The huddle on one sheet of paper: every unit on a line.

use super::super::units::Move;
use super::{Huddle, href, load};
use area::{Answer, Visit};
use base::Id;
use census::beds::rules::BedState;
use identity::{Site, SiteInfo};
use web::{Button, Cell, Column, Markup, Page, Panel, Row, Table, format, html, stack};

/// `GET /at/{scope}/today/huddle/{date}/print`.
pub(in super::super) async fn sheet(visit: Visit) -> Answer {
    let mut tx = visit.read().await?;
    let huddle = load(&visit, &mut tx).await?;
    drop(tx);
    let page = Page::new("Huddle sheet")
        .context(format!("Huddle of {}", format::long_date(huddle.date)))
        .actions(html! {
            (Button::print())
            (Button::link("Run the huddle", href(&visit, huddle.date, None)))
        })
        .full_width()
        .body(stack(html! {
            @if huddle.is_today { (units(&visit, &huddle)) }
            (notes(&visit, &huddle))
        }));
    visit.show(&page).await
}

fn units(visit: &Visit, huddle: &Huddle<'_>) -> Panel {
    let mut table = Table::new("sheet", "Units")
        .column(Column::text("Unit"))
        .column(Column::number("In use"))
        .column(Column::number("Beds").not_on_phones())
        .column(Column::number("Coming").not_on_phones())
        .column(Column::number("Of them boarding").not_on_phones())
        .column(Column::text("Leaving, by bed").wide())
        .column(Column::text("Blocked").wide().not_on_phones())
        .column(Column::number("Free tonight"));
    for (site, units) in &huddle.steps {
        let at = huddle.house.sum(units);
        let ids: Vec<Id<Site>> = units.iter().map(|unit| unit.id).collect();
        table = table.row(
            Row::default()
                .cell(site.name.clone())
                .cell(at.in_use)
                .cell(at.beds)
                .cell(at.coming)
                .cell(boarding(visit, huddle, &ids))
                .cell(Cell::from(leaving(huddle, &ids)))
                .cell(Cell::from(blocked(huddle, &ids)))
                .cell(format::signed(at.free_tonight())),
        );
    }
    Panel::new("Beds").context("As they stand now").body(table)
}

fn is_at(ids: &[Id<Site>], unit: Option<Id<Site>>) -> bool {
    unit.is_some_and(|unit| ids.contains(&unit))
}

fn boarding(visit: &Visit, huddle: &Huddle<'_>, ids: &[Id<Site>]) -> i64 {
    let waits = |moving: &&Move| is_at(ids, moving.to) && super::is_boarding(visit, moving);
    super::to_i64(huddle.house.moves.iter().filter(waits).count())
}

fn leaving(huddle: &Huddle<'_>, ids: &[Id<Site>]) -> String {
    let of_here =
        huddle.house.moves.iter().filter(|moving| moving.is_leaving && is_at(ids, moving.stay.unit));
    let beds: Vec<&str> =
        of_here.map(|moving| moving.stay.bed.as_str()).filter(|bed| !bed.is_empty()).collect();
    beds.join(", ")
}

fn blocked(huddle: &Huddle<'_>, ids: &[Id<Site>]) -> String {
    let blocked = huddle.beds.iter().filter(|bed| bed.state == BedState::Blocked && ids.contains(&bed.unit));
    let beds: Vec<String> = blocked.map(|bed| format!("{}: {}", bed.code, bed.reason)).collect();
    beds.join("; ")
}

fn notes(visit: &Visit, huddle: &Huddle<'_>) -> Markup {
    let today = visit.today();
    let name = |unit: Option<Id<Site>>| {
        let unit: Option<&SiteInfo> = unit.and_then(|unit| visit.tree.get(&unit));
        unit.map_or("All", |unit| unit.name.as_str()).to_owned()
    };
    let mut table = Table::new("sheet-notes", "Notes and actions")
        .column(Column::text("Note or action").wide())
        .column(Column::text("Unit"))
        .column(Column::text("Owner"))
        .column(Column::text("Due"))
        .column(Column::text("State"));
    for note in &huddle.notes {
        let state = match (note.is_action(), note.done_at) {
            (false, _) => "Note",
            (true, None) => "Open",
            (true, Some(_)) => "Done",
        };
        table = table.row(
            Row::default()
                .cell(note.text.clone())
                .cell(name(note.unit))
                .cell(note.owner.clone())
                .cell(note.due.map_or(String::new(), |due| format::date(due, today)))
                .cell(state),
        );
    }
    let table = table
        .empty(web::Empty::new("Nothing written yet", "Notes and actions of the huddle are listed here."));
    html! { (Panel::new("Notes and actions").body(table)) }
}
