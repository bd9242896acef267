//! One rule broken, in words for people: the value, the limit, and the days and hours behind it.

use crate::evaluate::{Charge, Source};
use crate::problem::{Cell, PersonIdx, Problem, Wish};
use crate::rules::{Across, Kind, Measure, Over, Own, Rule};

/// What a charge to a person's own days says about these days.
pub(crate) fn words(problem: &Problem, idx: PersonIdx, row: &[Cell], charge: &Charge) -> String {
    let person = problem.person(idx);
    let name = person.called();
    let day = problem.day_name(charge.last);
    let cell = cell_of(problem, idx, row, charge.last);
    let duty = problem.cell_name(cell);
    match charge.source {
        Source::NotEligible => not_eligible(problem, idx, charge.last, cell),
        Source::Away => {
            let away = person.away.iter().find(|away| (away.first..=away.last).contains(&charge.last));
            let (first, last) = away.map_or((charge.last, charge.last), |away| (away.first, away.last));
            format!("{name} is away from {} to {}", problem.day_name(first), problem.day_name(last))
        }
        Source::Locked => {
            let locked = person.locked.iter().find(|(on, _)| i32::from(on.0) == charge.last);
            let locked = locked.map_or(Cell::OFF, |(_, locked)| *locked);
            format!("{name} is settled as {} on {day}", problem.cell_name(locked))
        }
        Source::Request(request) => match person.requests.get(usize::from(request)) {
            Some(of) if of.wish == Wish::For => {
                let wished = of.duties.cells(problem.n_codes()).map(|cell| problem.cell_name(cell));
                format!("{name} wished {} on {day}", wished.collect::<Vec<String>>().join(" or "))
            }
            Some(_) | None => format!("{name} wished not to have {duty} on {day}"),
        },
        Source::Labor => format!("{name} costs {} points for {duty} on {day}", charge.cost.soft),
        Source::Demand(_) => day,
        Source::Rule(rule) => {
            let rule = problem.rule(rule);
            match &rule.kind {
                Kind::Own(own) => {
                    format!("{name} {} (rule {})", own_words(problem, own, (idx, row), charge), rule.id)
                }
                Kind::Across(_) => format!("{name} on {day} (rule {})", rule.id),
            }
        }
    }
}

fn not_eligible(problem: &Problem, idx: PersonIdx, day: i32, cell: Cell) -> String {
    let person = problem.person(idx);
    let (name, duty, on) = (person.called(), problem.cell_name(cell), problem.day_name(day));
    let holds = person.can.iter().filter(|can| can.duties.has(cell));
    let ends = holds.clone().filter_map(|can| can.until).max();
    let begins = holds.filter_map(|can| can.from).min();
    let date = problem.calendar().date(day);
    match (ends, begins) {
        (Some(until), _) if until <= date => {
            let last = until.yesterday().unwrap_or(until);
            format!("{name} may not work {duty} on {on}: the credential for it was good to {last}")
        }
        (Some(until), _) if until > date && begins.is_none_or(|from| from <= date) => {
            let last = until.yesterday().unwrap_or(until);
            format!(
                "{name} may not work {duty} on {on}: the credential for it ends on {last}, before the shift does"
            )
        }
        (_, Some(from)) if from > date => {
            format!("{name} may not work {duty} on {on}: the credential for it begins on {from}")
        }
        (Some(_) | None, Some(_) | None) => format!("{name} has no skill or credential for {duty}"),
    }
}

/// The cell of a day, before the horizon from history.
fn cell_of(problem: &Problem, idx: PersonIdx, row: &[Cell], day: i32) -> Cell {
    let history = &problem.person(idx).carry.history;
    let found = match usize::try_from(day) {
        Ok(day) => row.get(day),
        Err(_) => usize::try_from(-day).ok().and_then(|back| history.get(history.len().checked_sub(back)?)),
    };
    found.copied().unwrap_or(Cell::OFF)
}

/// `needs 11 h of rest and would have 8 h 30: E on Tue 2026-11-03 ends at 23:00, D on Wed starts at 07:30`.
fn own_words(problem: &Problem, own: &Own, (idx, row): (PersonIdx, &[Cell]), charge: &Charge) -> String {
    let Charge { got, limit, .. } = *charge;
    let (first, last) = (problem.day_name(charge.first), problem.day_name(charge.last));
    let cell = |day: i32| problem.cell_name(cell_of(problem, idx, row, day));
    match own {
        Own::Count { measure, over, .. } => {
            let over = match over {
                Over::Horizon => "over the whole roster".to_owned(),
                Over::Every { .. } | Over::Rolling { .. } => format!("from {first} to {last}"),
            };
            let bound = if got > limit { "at most" } else { "at least" };
            let (got, limit) = (amount(problem, measure, got), amount(problem, measure, limit));
            format!("would have {got} {over}; {bound} {limit}")
        }
        Own::Run { duties, .. } => {
            let what = if duties.has(Cell::OFF) { "off" } else { "in a row" };
            let bound = if got > limit { "at most" } else { "at least" };
            let days = if got == 1 { "day" } else { "days" };
            format!("would have {got} {days} {what} from {first} to {last}; {bound} {limit}")
        }
        Own::Rest { .. } => {
            let (one, next) = (cell(charge.first), cell(charge.last));
            let (end, start) = clocks(problem, idx, row, charge);
            format!(
                "needs {} of rest and would have {}: {one} on {first} ends at {end}, {next} on {last} starts at {start}",
                hours(limit),
                hours(got)
            )
        }
        Own::Recovery { .. } => {
            let (end, start) = clocks(problem, idx, row, charge);
            format!(
                "needs {} free after {} on {first}, which ends at {end}, and would have {}: {} on {last} starts at {start}",
                hours(limit),
                cell(charge.first),
                hours(got),
                cell(charge.last)
            )
        }
        Own::Forbidden { .. } if charge.first == charge.last => {
            format!("may not have {} on {last}", cell(charge.last))
        }
        Own::Forbidden { .. } => {
            let days: Vec<String> = (charge.first..=charge.last).map(cell).collect();
            format!("may not have {} from {first} to {last}", days.join(", "))
        }
        Own::Overtime { .. } => format!("would work {} of overtime from {first} to {last}", hours(got)),
        Own::Published => format!("would have another cell than published on {first}"),
    }
}

/// When the first duty of a charge ends and the second starts, by the clock on the wall.
fn clocks(problem: &Problem, idx: PersonIdx, row: &[Cell], charge: &Charge) -> (String, String) {
    let start = problem.start(charge.last, cell_of(problem, idx, row, charge.last)).unwrap_or(0);
    // What truly ended later than planned shows in the rest there is.
    let end = start.saturating_sub(i32::try_from(charge.got).unwrap_or(0));
    (clock(problem, end), clock(problem, start))
}

/// `23:00`.
fn clock(problem: &Problem, minute: i32) -> String {
    let zone = problem.calendar().horizon().zone.clone();
    problem.calendar().instant(minute).to_zoned(zone).strftime("%H:%M").to_string()
}

/// `3 days`, `44 h`, `1 weekend`.
fn amount(problem: &Problem, measure: &Measure, n: i64) -> String {
    let of = |one: &str| if n == 1 { format!("{n} {one}") } else { format!("{n} {one}s") };
    match measure {
        Measure::Duties { duties, .. } if duties.has(Cell::OFF) => of("day off"),
        Measure::Duties { duties, .. } => {
            let cells: Vec<String> =
                duties.cells(problem.n_codes()).take(4).map(|cell| problem.cell_name(cell)).collect();
            match cells.as_slice() {
                [only] => format!("{n} x {only}"),
                _ => of("day"),
            }
        }
        Measure::Minutes { .. } => hours(n),
        Measure::Weekends { .. } => of("weekend"),
    }
    .replace("day offs", "days off")
}

/// `8 h 30`, `11 h`.
pub(crate) fn hours(minutes: i64) -> String {
    let sign = if minutes < 0 { "-" } else { "" };
    let minutes = minutes.abs();
    match minutes % 60 {
        0 => format!("{sign}{} h", minutes / 60),
        rest => format!("{sign}{} h {rest:02}", minutes / 60),
    }
}

/// A rule on who is there together.
pub(super) fn group(problem: &Problem, rule: &Rule, day: i32, units: i64) -> String {
    let on = problem.day_name(day);
    let id = &rule.id;
    match &rule.kind {
        Kind::Across(Across::Share { at_least_percent, .. }) => {
            format!("on {on} {units} more would be needed to make up {at_least_percent} % (rule {id})")
        }
        Kind::Across(Across::Company { .. }) => {
            format!("on {on} {units} more who can keep company would be needed (rule {id})")
        }
        Kind::Across(Across::Together { partner, .. }) => {
            format!("on {on} {} would have to be there too (rule {id})", problem.person(*partner).called())
        }
        Kind::Across(Across::Apart { .. }) => {
            format!("on {on} {} who must be apart would be together (rule {id})", units + 1)
        }
        Kind::Across(Across::Spread { .. }) | Kind::Own(_) => format!("on {on} rule {id} would be broken"),
    }
}
