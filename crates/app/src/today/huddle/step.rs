//! One stop of the huddle: its beds, who comes, who leaves, what is blocked, what was said.

use super::super::brief::{bed_tile, to_i64};
use super::super::store::Note;
use super::super::units::{Move, Standing};
use super::{Draft, Huddle, is_boarding, notes};
use area::Visit;
use base::Id;
use census::beds::rules::BedState;
use census::beds::store::BedRow;
use identity::{Site, SiteInfo};
use jiff::Timestamp;
use web::{
    Agenda, AgendaLine, Empty, Errors, Kpi, Markup, Panel, Status, bed_tiles, chip, columns, format, html,
    kpi_strip,
};

/// Beds shown as tiles at most; a stop that is a whole facility lists no tiles.
const TILES_MAX: usize = 80;

pub(super) fn body(
    visit: &Visit,
    huddle: &Huddle<'_>,
    site: &SiteInfo,
    units: &[&SiteInfo],
    draft: &Draft,
    errors: &Errors,
) -> Markup {
    let ids: Vec<Id<Site>> = units.iter().map(|unit| unit.id).collect();
    let here = |unit: Option<Id<Site>>| unit.is_some_and(|unit| unit == site.id || ids.contains(&unit));
    let own: Vec<&Note> =
        huddle.notes.iter().filter(|note| here(note.unit) || here(Some(note.site))).collect();
    let notes = notes::panel(visit, huddle.date, &own, Some(site), draft, errors);
    if !huddle.is_today {
        return web::stack(notes);
    }
    let coming: Vec<&Move> = huddle.house.moves.iter().filter(|moving| here(moving.to)).collect();
    let leaving: Vec<&Move> =
        huddle.house.moves.iter().filter(|moving| moving.is_leaving && here(moving.stay.unit)).collect();
    let beds: Vec<&BedRow> = huddle.beds.iter().filter(|bed| here(Some(bed.unit))).collect();
    let has_tiles = !beds.is_empty() && beds.len() <= TILES_MAX;
    let main = columns(
        html! {
            @if has_tiles { (beds_panel(visit, site, &beds, &leaving)) }
            (coming_panel(visit, &coming))
            (leaving_panel(visit, &leaving))
            @if let Some(panel) = blocked_panel(visit, &beds) { (panel) }
        },
        notes,
    );
    html! { (numbers(site, huddle.house.sum(units))) (main) }
}

/// The three numbers of a stop, each a link to its beds.
fn numbers(site: &SiteInfo, at: Standing) -> Markup {
    let href = format!("/at/{}/census/flow", site.path);
    let of = format!("of {}", format::count(at.beds));
    let blocked = match at.blocked {
        0 => "After everyone has come and gone".to_owned(),
        n => format!("{} blocked", format::count(n)),
    };
    let numbers = [
        Kpi::new("In use", format::count(at.in_use), href.clone()).unit(of),
        Kpi::new(
            "Coming, leaving",
            format!("{}, {}", format::count(at.coming), format::count(at.leaving)),
            href.clone(),
        )
        .caption("Today"),
        Kpi::new("Free tonight", format::signed(at.free_tonight()), href).caption(blocked),
    ];
    kpi_strip(&format!("Beds of {}", site.name), &numbers)
}

fn beds_panel(visit: &Visit, site: &SiteInfo, beds: &[&BedRow], leaving: &[&Move]) -> Panel {
    let is_leaving = |bed: &BedRow| {
        leaving.iter().any(|moving| moving.stay.unit == Some(bed.unit) && moving.stay.bed == bed.code)
    };
    let tiles: Vec<web::BedTile> = beds
        .iter()
        .take(TILES_MAX)
        .map(|bed| {
            let mut tile = bed_tile(visit, bed, is_leaving(bed));
            if bed.state != BedState::Blocked {
                // From across the room only the state can be read.
                tile.note.clear();
            }
            tile
        })
        .collect();
    Panel::new("Beds").context("As they stand now").prose(html! {
        (bed_tiles(&format!("Beds of {}, one by one", site.name), &tiles))
    })
}

fn coming_panel(visit: &Visit, coming: &[&Move]) -> Panel {
    let n_boarding = coming.iter().filter(|moving| is_boarding(visit, moving)).count();
    let panel = Panel::new("Coming").context(match n_boarding {
        0 => format::n_of(to_i64(coming.len()), "patient", "patients"),
        n => format!("{}, {n} waiting in the emergency department", coming.len()),
    });
    if coming.is_empty() {
        return panel.body(Empty::new(
            "Nobody is expected",
            "Pending admissions and transfers to this unit are listed here.",
        ));
    }
    let lines = coming.iter().map(|moving| coming_line(visit, moving));
    panel.body(Agenda { lines: lines.collect() })
}

fn coming_line(visit: &Visit, moving: &Move) -> AgendaLine {
    let stay = &moving.stay;
    let at = |at: Timestamp| format::instant(at, &visit.zone(), visit.now);
    let from = stay.unit.map(|unit| super::name_within(visit, &unit));
    let title = match (from, stay.bed.as_str()) {
        (Some(unit), "") => format!("From {unit}"),
        (Some(unit), bed) => format!("From {unit}, bed {bed}"),
        (None, _) => "From outside".to_owned(),
    };
    let waited = stay
        .pending_since
        .filter(|_| stay.is_present)
        .map(|since| format::duration((visit.now.as_second() - since.as_second()).max(0) / 60));
    AgendaLine {
        when: stay
            .expected_at
            .filter(|_| !stay.is_present)
            .or(stay.pending_since)
            .map(at)
            .unwrap_or_default(),
        title,
        note: waited.map_or("Expected".to_owned(), |waited| format!("Waits {waited}")),
        href: None,
        end: if is_boarding(visit, moving) { chip(Status::Due, "Boarding") } else { Markup::default() },
    }
}

fn leaving_panel(visit: &Visit, leaving: &[&Move]) -> Panel {
    let panel = Panel::new("Leaving").context(format::n_of(to_i64(leaving.len()), "patient", "patients"));
    if leaving.is_empty() {
        return panel.body(Empty::new(
            "Nobody is marked to leave",
            "Expected discharges and pending transfers are listed here.",
        ));
    }
    let lines = leaving.iter().map(|moving| {
        let stay = &moving.stay;
        let to = moving.to.map(|unit| super::name_within(visit, &unit));
        let when = stay.leaving_at.or(stay.pending_since);
        let is_late = to.is_none() && stay.leaving_at.is_some_and(|at| at < visit.now);
        AgendaLine {
            when: when.map(|at| format::instant(at, &visit.zone(), visit.now)).unwrap_or_default(),
            title: if stay.bed.is_empty() { "No bed told".to_owned() } else { format!("Bed {}", stay.bed) },
            note: to.map_or("Discharge expected".to_owned(), |unit| format!("Moves to {unit}")),
            href: None,
            end: if is_late { chip(Status::Due, "Past its time") } else { Markup::default() },
        }
    });
    panel.body(Agenda { lines: lines.collect() })
}

fn blocked_panel(visit: &Visit, beds: &[&BedRow]) -> Option<Panel> {
    let blocked: Vec<&&BedRow> = beds.iter().filter(|bed| bed.state == BedState::Blocked).collect();
    if blocked.is_empty() {
        return None;
    }
    let lines = blocked.iter().map(|bed| AgendaLine {
        when: bed.code.clone(),
        title: if bed.reason.is_empty() { "No reason told".to_owned() } else { bed.reason.clone() },
        note: if bed.owner.is_empty() { "No owner".to_owned() } else { bed.owner.clone() },
        href: None,
        end: Timestamp::from_microsecond(bed.since)
            .ok()
            .filter(|_| bed.since > 0)
            .map(|since| {
                let minutes = (visit.now.as_second() - since.as_second()).max(0) / 60;
                chip(Status::Plain, format::duration(minutes))
            })
            .unwrap_or_default(),
    });
    Some(Panel::new("Blocked").body(Agenda { lines: lines.collect() }))
}
