//! The flow board's page. Cost: nine statements, whatever the number of beds; about 300 bytes a bed.

use super::leaving::Waits;
use super::rules::{Board, Guest, Leaving, Tile, UnitBoard, Waiting, board};
use super::store::{BoardAsk, last_message, load};
use crate::tabs::{Tab, tabs};
use crate::words;
use ::store::Tx;
use area::{Answer, Cell as Value, Export, ExportFormat, Fault, Visit};
use base::Id;
use figures::rules::Rules;
use identity::{Care, Permission, Site, SiteTree};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use web::{
    Agenda, AgendaLine, BedTile, Button, Cell, Column, Empty, Freshness, Icon, Markup, Page, Panel, Render,
    Row, Status, Table, Undo, bed_tiles, chip, format, html, unit_bar,
};

/// Above this many beds the board shows a line a unit, and each unit or facility has its own board.
const TILES_MAX: usize = 600;
/// Arrivals named one by one.
const EXPECTED_MAX: usize = 30;

/// What the board's parts need to draw themselves.
pub(crate) struct View<'v> {
    pub(crate) tree: &'v SiteTree,
    pub(crate) top: Id<Site>,
    pub(crate) base: String,
    pub(crate) zone: TimeZone,
    pub(crate) now: Timestamp,
    pub(crate) may_edit: bool,
}

impl<'v> View<'v> {
    pub(crate) fn of(visit: &'v Visit) -> Result<View<'v>, Fault> {
        Ok(View {
            tree: &visit.tree,
            top: visit.scope()?.site_id(),
            base: visit.at("census"),
            zone: visit.zone(),
            now: visit.now,
            may_edit: visit.may(Permission::CENSUS_EDIT),
        })
    }
}

/// `GET …/census/flow`.
pub async fn flow(visit: Visit) -> Answer {
    let with_names = visit.may_name_patients("census/flow").await?;
    let mut tx = visit.read().await?;
    let facts = load(&mut tx, &ask(&visit, with_names)?).await?;
    let fresh = freshness(&visit, &mut tx).await?;
    drop(tx);
    let board = board(&facts);
    let view = View::of(&visit)?;
    if let Some(format) = ExportFormat::from_name(visit.query.text("format")) {
        return export(&view, &board).respond(format);
    }
    let page = Page::new("Flow board")
        .context(context(&board))
        .fresh(fresh)
        .actions(actions(&visit, &view))
        .body(html! { (tabs(&visit, Tab::Flow)) @if is_bare(&board) { (nothing_yet(&visit)) } @else { (body(&view, &board)) } })
        .undo(undo_strip(&visit, &view))
        .full_width()
        .refresh(60);
    visit.show(&page).await
}

pub(crate) fn ask(visit: &Visit, with_names: bool) -> Result<BoardAsk<'_>, Fault> {
    Ok(BoardAsk {
        scope: visit.scope()?,
        tree: &visit.tree,
        rules: &visit.ctx.rules,
        with_names,
        now: visit.now,
    })
}

/// How old the bed feed is, against the rule.
pub(crate) async fn freshness(visit: &Visit, tx: &mut Tx) -> Result<Freshness, Fault> {
    let scope = visit.scope()?;
    let rules = Rules::load(tx, &visit.ctx.rules).await?;
    let limit = rules.minutes("feed.stale_after", scope.path(), visit.today()).map_or(15, |limit| limit.0);
    Ok(match last_message(tx, scope).await? {
        None => Freshness::old("No bed feed yet"),
        Some(at) => {
            let text = format!("Bed feed {}", format::age(at, visit.now));
            let is_old = words::minutes(at.as_microsecond(), visit.now.as_microsecond()) > limit;
            Freshness { text, is_old }
        }
    })
}

fn context(board: &Board) -> String {
    // The beds that occupancy is measured on; bays and bassinets are no staffed beds.
    let is_bed = |unit: &&UnitBoard| matches!(unit.care, Care::Inpatient | Care::Observation);
    let sum = |of: fn(&UnitBoard) -> i64| board.units.iter().filter(is_bed).map(of).sum::<i64>();
    let late = board.waiting.iter().filter(|waiting| waiting.is_late).count();
    format!(
        "{} of {} staffed beds in use, {} free now. {} wait for a bed, {late} past {}.",
        format::count(sum(|unit| unit.n_in_use)),
        format::count(sum(|unit| unit.n_staffed)),
        format::count(sum(|unit| unit.n_free)),
        board.waiting.len(),
        format::duration(board.boarding_limit),
    )
}

fn actions(visit: &Visit, view: &View<'_>) -> Markup {
    html! {
        (Button::print())
        (Button::link("CSV", visit.query.with("format", Some("csv"))).icon(Icon::Download))
        (Button::link("XLSX", visit.query.with("format", Some("xlsx"))).icon(Icon::Download))
        (Button::link("Wall screen", format!("{}/wall", view.base)))
        (Button::link("Beds", format!("{}/beds", view.base)))
    }
}

fn is_bare(board: &Board) -> bool {
    board.units.is_empty() && board.waiting.is_empty() && board.expected.is_empty()
}

fn nothing_yet(visit: &Visit) -> Markup {
    let empty = Empty::new(
        "No beds and no patients yet",
        "Beds and patients appear here when the bed feed sends them or stays are imported.",
    );
    let empty = visit.filled_by(empty, "Connect the bed feed", "/admin/feeds", Permission::FEEDS_VIEW);
    let may_import = visit.holds(Permission::ADMIN_VIEW);
    let empty = if may_import { empty.quiet("Import stays", "/admin/imports") } else { empty };
    Panel::new("Units").body(empty).render()
}

pub(crate) fn body(view: &View<'_>, board: &Board) -> Markup {
    web::board(
        html! { (waiting_panel(view, board)) (expected_panel(view, board)) },
        html! { div.stack #units data-stream="census" { (units(view, board)) } },
        leaving_panel(view, board),
    )
}

fn waiting_panel(view: &View<'_>, board: &Board) -> Panel {
    let panel = Panel::new("Waiting for a bed")
        .id("waiting")
        .stream("census")
        .context(format!("{}, longest first", board.waiting.len()));
    if board.waiting.is_empty() {
        return panel.body(Empty::new(
            "Nobody waits",
            "Patients in the emergency department who are admitted or wait for a bed appear here.",
        ));
    }
    let lines = board.waiting.iter().map(|waiting| waiting_line(view, waiting)).collect();
    panel.body(Agenda { lines })
}

fn waiting_line(view: &View<'_>, waiting: &Waiting) -> AgendaLine {
    let guest = &waiting.guest;
    let place = guest.place.as_ref();
    let from = place.map_or(String::new(), |(unit, bed)| {
        let unit = words::unit_name(view.tree, unit, &view.top);
        // The label says the bed already when there is no name.
        if guest.name.is_empty() || bed.is_empty() { unit } else { format!("{unit} {bed}") }
    });
    let to = match (&waiting.promised, guest.to) {
        (Some(bed), _) => format!(", to {bed}"),
        (None, Some(to)) => format!(", to {}", words::unit_name(view.tree, &to, &view.top)),
        (None, None) if !guest.to_code.is_empty() => format!(", to {} (unmapped)", guest.to_code),
        (None, None) => ", no unit named yet".to_owned(),
    };
    AgendaLine {
        when: format::duration(waiting.minutes),
        title: guest.label(),
        note: format!("{}{to}. {}", from, service(guest)),
        href: Some(format!("{}/records/{}", view.base, guest.stay)),
        end: match (&waiting.promised, waiting.is_late) {
            (_, true) => chip(Status::Breach, "Late"),
            (Some(_), false) => chip(Status::Done, "Bed"),
            (None, false) => Markup::default(),
        },
    }
}

fn service(guest: &Guest) -> String {
    let kind = words::kind(guest.kind);
    if guest.service.is_empty() { kind.to_owned() } else { format!("{kind}, {}", guest.service) }
}

fn expected_panel(view: &View<'_>, board: &Board) -> Panel {
    let n = board.expected.len();
    let panel = Panel::new("Expected").id("expected").stream("census").context(format::n_of(
        super::rules::count(n),
        "arrival",
        "arrivals",
    ));
    if board.expected.is_empty() {
        return panel
            .body(Empty::new("Nobody is announced", "Pre-admissions and pending admissions appear here."));
    }
    let line = |guest: &Guest| {
        let at = guest.expected_in.map_or(String::new(), |at| short_when(at, view));
        let to = match guest.to {
            Some(to) => words::unit_name(view.tree, &to, &view.top),
            None if guest.to_code.is_empty() => "No unit named".to_owned(),
            None => format!("{} (unmapped)", guest.to_code),
        };
        AgendaLine {
            when: at,
            title: guest.label(),
            note: format!("{to}. {}", service(guest)),
            href: Some(format!("{}/records/{}", view.base, guest.stay)),
            end: Markup::default(),
        }
    };
    let lines = board.expected.iter().take(EXPECTED_MAX).map(line).collect();
    let more = n.saturating_sub(EXPECTED_MAX);
    panel.body(html! {
        (Agenda { lines })
        @if more > 0 {
            div.in { a href={ (view.base) "/records?state=expected" } { "All " (n) " announced arrivals" } }
        }
    })
}

fn units(view: &View<'_>, board: &Board) -> Markup {
    let n_tiles: usize = board.units.iter().map(|unit| unit.tiles.len()).sum();
    if n_tiles > TILES_MAX {
        return Panel::new("Units")
            .context(format!("{n_tiles} beds. Open a unit for its beds."))
            .body(units_table(view, board))
            .render();
    }
    html! { @for unit in &board.units { (unit_panel(view, unit)) } }
}

fn unit_panel(view: &View<'_>, unit: &UnitBoard) -> Panel {
    let path = view.tree.get(&unit.unit).map_or(String::new(), |site| site.path.to_string());
    let tiles: Vec<BedTile> = unit.tiles.iter().map(|tile| bed_tile(view, tile)).collect();
    let name = words::unit_name(view.tree, &unit.unit, &view.top);
    let panel = Panel::new(name.clone()).id(format!("u-{path}")).context(unit_words(unit)).prose(html! {
        p.unitbar {
            (bar(unit)) " "
            @if unit.n_without_bed > 0 {
                small { (format::n_of(unit.n_without_bed, "patient", "patients")) " without a bed" }
            }
        }
        @if tiles.is_empty() { p.sub { "No beds are known for this unit yet." } }
        @else { (bed_tiles(&format!("Beds of {name}"), &tiles)) }
    });
    if unit.unit == view.top { panel } else { panel.link("Unit board", format!("/at/{path}/census/flow")) }
}

fn bar(unit: &UnitBoard) -> Markup {
    let n = |n: i64| u32::try_from(n.max(0)).unwrap_or(u32::MAX);
    unit_bar(n(unit.n_in_use), n(unit.n_leaving), n(unit.n_staffed))
}

/// `31 of 32 in use, 1 free now, +3 tonight`.
pub(crate) fn unit_words(unit: &UnitBoard) -> String {
    let mut text = format!("{} of {} in use, {} free now", unit.n_in_use, unit.n_staffed, unit.n_free);
    if unit.n_coming > 0 {
        text.push_str(&format!(", {} coming", unit.n_coming));
    }
    if unit.n_leaving > 0 {
        text.push_str(&format!(", {} leaving", unit.n_leaving));
    }
    text.push_str(&format!(", {} tonight", format::signed(unit.free_tonight())));
    text
}

fn bed_tile(view: &View<'_>, tile: &Tile) -> BedTile {
    BedTile {
        bed: tile.code.clone(),
        state: tile.state,
        note: tile.named.clone(),
        href: tile.bed.map(|bed| format!("{}/beds/{bed}", view.base)),
    }
}

/// One line a unit, for a large site.
pub(crate) fn units_table(view: &View<'_>, board: &Board) -> Table {
    let rows = board.units.iter().map(|unit| {
        let path = view.tree.get(&unit.unit).map_or(String::new(), |site| site.path.to_string());
        Row::default()
            .cell(Cell::link(
                words::unit_name(view.tree, &unit.unit, &view.top),
                format!("/at/{path}/census/flow"),
            ))
            .cell(Cell::of(bar(unit)))
            .cell(format!("{} / {}", unit.n_in_use, unit.n_staffed))
            .cell(unit.n_free)
            .cell(format::signed(unit.free_tonight()))
    });
    Table::new("units-table", "Units")
        .column(Column::text("Unit"))
        .column(Column::text("In use, leaving").not_on_phones())
        .column(Column::number("Beds"))
        .column(Column::number("Free"))
        .column(Column::number("Tonight"))
        .rows(rows)
}

fn leaving_panel(view: &View<'_>, board: &Board) -> Panel {
    let panel = Panel::new("Leaving today")
        .id("leaving")
        .stream("census")
        .context(format!("{}, by expected time", board.leaving.len()));
    if board.leaving.is_empty() {
        return panel.body(Empty::new(
            "Nobody is expected to leave",
            "Patients with a pending discharge or an expected discharge date of today appear here.",
        ));
    }
    let lines = board.leaving.iter().map(|leaving| leaving_line(view, leaving)).collect();
    panel.body(Agenda { lines })
}

fn leaving_line(view: &View<'_>, leaving: &Leaving) -> AgendaLine {
    let guest = &leaving.guest;
    let unit = guest.place.as_ref().map_or(String::new(), |(unit, bed)| {
        let unit = words::unit_name(view.tree, unit, &view.top);
        if guest.name.is_empty() || bed.is_empty() { unit } else { format!("{unit} {bed}") }
    });
    let waits = waits_words(&leaving.waits, view.now);
    let waits = if waits.is_empty() { "Nothing recorded".to_owned() } else { waits };
    let late = if leaving.is_late { "Late. " } else { "" };
    let button = Button::link("Record", format!("{}/flow/leaving/{}", view.base, guest.stay))
        .small()
        .about(guest.label());
    AgendaLine {
        when: guest.expected_out.map_or(String::new(), |at| short_when(at, view)),
        title: guest.label(),
        note: format!("{late}{unit}. {waits}"),
        href: Some(format!("{}/records/{}", view.base, guest.stay)),
        end: html! { @if view.may_edit { (button) } },
    }
}

/// The time when it is today, else the day: what fits in front of a line.
fn short_when(at: crate::adt::model::Micros, view: &View<'_>) -> String {
    let (local, today) =
        (words::instant_of(at).to_zoned(view.zone.clone()), view.now.to_zoned(view.zone.clone()).date());
    if local.date() == today { format::time(local.time()) } else { format::date(local.date(), today) }
}

/// `Transport 45 min, Pharmacy 1 h 10 (insulin)`.
pub(crate) fn waits_words(waits: &Waits, now: Timestamp) -> String {
    let mut text: Vec<String> = waits
        .iter()
        .map(|one| format!("{} {}", one.wait.label(), words::length(one.since, now.as_microsecond())))
        .collect();
    if let Some(note) = waits.iter().map(|one| one.note.as_str()).find(|note| !note.is_empty()) {
        text.push(note.to_owned());
    }
    text.join(", ")
}

/// The strip after a change of what a patient waits for.
fn undo_strip(visit: &Visit, view: &View<'_>) -> Option<Undo> {
    let stay = visit.query.find("changed")?;
    let was = visit.query.text("was");
    view.may_edit.then(|| Undo {
        text: "Saved what the patient waits for.".to_owned(),
        action: format!("{}/flow/leaving/{stay}", view.base),
        token: was.to_owned(),
    })
}

fn export(view: &View<'_>, board: &Board) -> Export {
    let columns = [
        "unit",
        "name",
        "in_use",
        "staffed",
        "free_now",
        "coming",
        "leaving",
        "free_tonight",
        "blocked",
        "without_bed",
    ];
    let mut export = Export::new("flow", &columns);
    for unit in &board.units {
        let site = view.tree.get(&unit.unit);
        export.rows.push(vec![
            Value::from(site.map_or(String::new(), |site| site.path.to_string())),
            Value::from(site.map_or(String::new(), |site| site.name.clone())),
            Value::from(unit.n_in_use),
            Value::from(unit.n_staffed),
            Value::from(unit.n_free),
            Value::from(unit.n_coming),
            Value::from(unit.n_leaving),
            Value::from(unit.free_tonight()),
            Value::from(unit.n_blocked),
            Value::from(unit.n_without_bed),
        ]);
    }
    export
}
