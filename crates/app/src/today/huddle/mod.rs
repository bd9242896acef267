//! The huddle: one unit at a time in large type, notes and actions with an owner and a day, and a sheet.
//!
//! Beds are shown as they stand now, so only the huddle of today has them; other days keep their notes.

mod notes;
mod sheet;
mod step;

pub(super) use notes::{add, change};
pub(super) use sheet::sheet;

use super::brief::to_i64;
use super::store::{self, Note};
use super::units::{self, House, Move};
use ::store::Tx;
use area::{Answer, Fault, Visit};
use base::Id;
use census::beds::store::BedRow;
use identity::{Care, Permission, Site, SiteInfo};
use jiff::civil::Date;
use web::{
    Button, Column, Empty, Errors, Icon, Markup, Page, Panel, Row, Table, Undo, columns, format, html, stack,
};

/// Everything a huddle looks at.
struct Huddle<'v> {
    date: Date,
    is_today: bool,
    house: House,
    steps: Vec<(&'v SiteInfo, Vec<&'v SiteInfo>)>,
    notes: Vec<Note>,
    beds: Vec<BedRow>,
}

fn date_of(visit: &Visit) -> Result<Date, Fault> {
    visit.name("date").parse().map_err(|_| Fault::NotFound)
}

async fn load<'v>(visit: &'v Visit, tx: &mut Tx) -> Result<Huddle<'v>, Fault> {
    let (site, date) = (visit.site()?, date_of(visit)?);
    let house = units::load(tx, &visit.tree, site, visit.now).await?;
    let steps = units::lines(&visit.tree, site, &house, visit.now);
    let (start, _) = base::Period::day(date).instants(&visit.zone());
    let notes = store::list_notes(tx, site.id, date, start).await?;
    let is_today = date == visit.today();
    let beds = match visit.narrowed(Permission::CENSUS_VIEW).filter(|_| is_today) {
        Some(scope) => census::beds::store::list(tx, &scope).await?,
        None => Vec::new(),
    };
    Ok(Huddle { date, is_today, house, steps, notes, beds })
}

/// `GET /at/{scope}/today/huddle/{date}?unit=`.
pub(super) async fn page(visit: Visit) -> Answer {
    show(&visit, &Draft::default(), &Errors::new()).await
}

/// What was typed, to be shown again.
#[derive(Debug, Clone, Default)]
struct Draft {
    text: String,
    owner: String,
    due: String,
}

async fn show(visit: &Visit, draft: &Draft, errors: &Errors) -> Answer {
    let mut tx = visit.read().await?;
    let huddle = load(visit, &mut tx).await?;
    drop(tx);
    let at = huddle.steps.iter().position(|(site, _)| site.path.as_str() == visit.query.text("unit"));
    if at.is_none() && visit.query.is_set("unit") {
        return Err(Fault::NotFound);
    }
    let title = match at.and_then(|idx| huddle.steps.get(idx)) {
        Some((site, _)) => site.name.clone(),
        None => "Huddle".to_owned(),
    };
    let place = match at {
        Some(idx) => format!("{} of {}", idx + 1, huddle.steps.len()),
        None => format::n_of(to_i64(huddle.steps.len()), "stop", "stops"),
    };
    let body = match at.and_then(|idx| huddle.steps.get(idx)) {
        Some((site, units)) => step::body(visit, &huddle, site, units, draft, errors),
        None => overview(visit, &huddle, draft, errors),
    };
    let page = Page::new(title)
        .context(format!("Huddle of {}, {place}", format::weekday_date(huddle.date, visit.today())))
        .actions(actions(visit, &huddle, at))
        .undo(undo(visit, &huddle))
        .errors(errors)
        .huddle()
        .body(body);
    visit.show(&page).await
}

/// The address of this huddle, at a stop or at its overview.
fn href(visit: &Visit, date: Date, unit: Option<&SiteInfo>) -> String {
    match unit {
        Some(unit) => visit.at(&format!("today/huddle/{date}?unit={}", unit.path)),
        None => visit.at(&format!("today/huddle/{date}")),
    }
}

fn actions(visit: &Visit, huddle: &Huddle<'_>, at: Option<usize>) -> Markup {
    let step = |idx: Option<usize>| idx.and_then(|idx| huddle.steps.get(idx)).map(|(site, _)| *site);
    let previous = match at {
        None => None,
        Some(0) => Some(href(visit, huddle.date, None)),
        Some(idx) => Some(href(visit, huddle.date, step(idx.checked_sub(1)))),
    };
    let next =
        step(Some(at.map_or(0, |idx| idx + 1))).map(|site| (site, href(visit, huddle.date, Some(site))));
    html! {
        (Button::link("Sheet", visit.at(&format!("today/huddle/{}/print", huddle.date))).icon(Icon::Print))
        @if let Some(href) = previous { a.btn href=(href) rel="prev" data-step="back" { (Icon::Left) "Previous" } }
        @match next {
            Some((site, href)) => { a.btn.pri href=(href) rel="next" data-step="on" { (site.name) (Icon::Right) } }
            None => { a.btn.pri href=(visit.at("today")) { "Finish" } }
        }
    }
}

fn undo(visit: &Visit, huddle: &Huddle<'_>) -> Option<Undo> {
    let (what, id) = visit.query.find("done")?.split_once(' ')?;
    let action = notes::action(visit, huddle.date, id);
    let note = huddle.notes.iter().find(|note| note.id.to_string() == id);
    let (text, token) = match (what, note) {
        ("added", Some(note)) => (format!("Added: {}", note.text), "remove"),
        ("done", Some(note)) => (format!("Done: {}", note.text), "open"),
        ("open", Some(note)) => (format!("Open again: {}", note.text), "done"),
        ("removed", None) => ("Removed a note".to_owned(), "restore"),
        (_, Some(_) | None) => return None,
    };
    visit.may(Permission::TODAY_EDIT).then(|| Undo { text, action, token: token.to_owned() })
}

fn overview(visit: &Visit, huddle: &Huddle<'_>, draft: &Draft, errors: &Errors) -> Markup {
    let all: Vec<&Note> = huddle.notes.iter().collect();
    let notes = notes::panel(visit, huddle.date, &all, None, draft, errors);
    if !huddle.is_today {
        return stack(notes);
    }
    columns(html! { (standing(visit, huddle)) }, notes)
}

fn standing(visit: &Visit, huddle: &Huddle<'_>) -> Panel {
    let mut table = Table::new("huddle-units", "Units of the huddle")
        .column(Column::text("Stop"))
        .column(Column::number("In use"))
        .column(Column::number("Beds"))
        .column(Column::number("Coming").not_on_phones())
        .column(Column::number("Leaving").not_on_phones())
        .column(Column::number("Free tonight"))
        .empty(
            Empty::new(
                "No units to go through",
                "Units with staffed beds or patients become stops of the huddle.",
            )
            .quiet("Back to the brief", visit.at("today")),
        );
    for (site, units) in &huddle.steps {
        let at = huddle.house.sum(units);
        table = table.row(
            Row::default()
                .cell(web::Cell::link(&site.name, href(visit, huddle.date, Some(site))))
                .cell(at.in_use)
                .cell(at.beds)
                .cell(at.coming)
                .cell(at.leaving)
                .cell(format::signed(at.free_tonight())),
        );
    }
    let panel = Panel::new("Beds").context("As they stand now");
    match huddle.house.n_emergency {
        0 => panel.body(table),
        n => panel.context(format!("As they stand now; {n} in the emergency department")).body(table),
    }
}

/// What a unit is called here. Who may see one unit learns that a patient comes or goes, not which of the
/// others is meant.
fn name_within<'v>(visit: &'v Visit, unit: &Id<Site>) -> &'v str {
    let site = visit.tree.get(unit);
    let is_here = |site: &&SiteInfo| visit.scope().is_ok_and(|scope| scope.path().covers(&site.path));
    site.filter(is_here).map_or("another unit", |site| site.name.as_str())
}

/// Whether a patient about to move waits in an emergency department.
fn is_boarding(visit: &Visit, moving: &Move) -> bool {
    let unit = moving.stay.unit.and_then(|unit| visit.tree.get(&unit));
    moving.stay.is_present && unit.is_some_and(|unit| unit.care == Care::Emergency)
}
