//! Cover and rules across people, counted head by head.

use super::count::over_horizon;
use super::person::Life;
use super::{Breach, Verdict, price};
use crate::problem::{Cell, PersonIdx, Problem, Roster};
use crate::rules::{Across, Measure, Rule, Spread};

pub(super) fn cover(problem: &Problem, roster: &Roster, verdict: &mut Verdict) {
    let levels = problem.parts().levels;
    for demand in &problem.parts().demands {
        let on = |person: &PersonIdx| {
            demand.duties.has(roster.cell(*person, demand.day)) && demand.who.has(*person)
        };
        let heads = i64::try_from(PersonIdx::all(problem.n_people()).filter(on).count()).unwrap_or(0);
        let (minimum, wanted) = (i64::from(demand.minimum), i64::from(demand.wanted.max(demand.minimum)));
        let missing = (minimum - heads).max(0);
        let pity = (wanted - heads).max(0) - missing;
        let waste = demand.maximum.map_or(0, |maximum| (heads - i64::from(maximum)).max(0));
        let day = i32::from(demand.day.0);
        let names: Vec<String> =
            demand.duties.cells(problem.n_codes()).map(|cell| problem.cell_name(cell)).collect();
        let place = format!("{} on {}", names.join(", "), problem.day_name(day));
        let mut add = |level, points, words| {
            let (rule, person, day) = ("cover".to_owned(), None, Some(day));
            verdict.add(Breach { level, points, rule, person, day, words });
        };
        let words = format!("{place} has {heads} of at least {minimum}");
        add(levels.under_minimum, missing * demand.weights.under_minimum, words);
        let words = format!("{place} has {heads} of {wanted} wanted");
        add(levels.under_wanted, pity * demand.weights.under_wanted, words);
        add(
            levels.over_maximum,
            waste * demand.weights.over_maximum,
            format!("{place} has {heads}, too many"),
        );
    }
}

pub(super) fn judge(
    problem: &Problem,
    lives: &[Life<'_>],
    rule: &Rule,
    across: &Across,
    verdict: &mut Verdict,
) {
    let sets = match across {
        Across::Share { sets, .. }
        | Across::Company { sets, .. }
        | Across::Together { sets, .. }
        | Across::Apart { sets } => sets,
        Across::Spread { measure, by, is_by_fte, free, per } => {
            let distance = distance(lives, rule, measure, *by, *is_by_fte);
            let (level, points) = price(problem, rule, *per, None, distance - free);
            let words = format!("shares lie {distance} apart; {free} is fine (rule {})", rule.id);
            verdict.add(Breach { level, points, rule: rule.id.clone(), person: None, day: None, words });
            return;
        }
    };
    let n_days = i32::try_from(problem.n_days()).unwrap_or(0);
    for day in 0..n_days {
        for set in sets {
            let there: Vec<(PersonIdx, Cell)> = lives
                .iter()
                .filter_map(|life| Some((life.idx, life.at(day)?.cell)))
                .filter(|(_, cell)| set.has(*cell))
                .collect();
            let units = units(rule, across, &there);
            let (level, points) = price(problem, rule, 1, None, units);
            let words = format!("{} lacks {units} (rule {})", problem.day_name(day), rule.id);
            let day = Some(day);
            verdict.add(Breach { level, points, rule: rule.id.clone(), person: None, day, words });
        }
    }
}

/// Units of breach among those who are there.
fn units(rule: &Rule, across: &Across, there: &[(PersonIdx, Cell)]) -> i64 {
    let n = |passes: &dyn Fn(PersonIdx, Cell) -> bool| {
        let passing = there.iter().filter(|(person, cell)| passes(*person, *cell));
        i64::try_from(passing.count()).unwrap_or(0)
    };
    let about = n(&|person, _| rule.who.has(person));
    match across {
        Across::Share { part, part_duties, at_least_percent, .. } => {
            let have = n(&|person, cell| rule.who.has(person) && part.has(person) && part_duties.has(cell));
            // The fewest heads that make up the share.
            let enough = (0..=about).find(|heads| heads * 100 >= about * i64::from(*at_least_percent));
            (enough.unwrap_or(about) - have).max(0)
        }
        Across::Company { with, per, .. } => {
            let have = n(&|person, _| with.has(person));
            let enough = (0..=about).find(|companions| companions * i64::from(*per) >= about);
            (enough.unwrap_or(about) - have).max(0)
        }
        Across::Together { partner, .. } => {
            let others = n(&|person, _| rule.who.has(person) && person != *partner);
            if there.iter().any(|(person, _)| person == partner) { 0 } else { others }
        }
        Across::Apart { .. } => (about - 1).max(0),
        Across::Spread { .. } => 0,
    }
}

fn distance(lives: &[Life<'_>], rule: &Rule, measure: &Measure, by: Spread, is_by_fte: bool) -> i64 {
    let share = |life: &Life<'_>| {
        let count = over_horizon(life, rule, measure);
        let fte = i64::from(life.person.fte_percent);
        if is_by_fte && fte != 0 { count * 100 / fte } else { count }
    };
    let shares: Vec<i64> = lives.iter().filter(|life| rule.who.has(life.idx)).map(share).collect();
    let Some((most, least)) = shares.iter().max().zip(shares.iter().min()) else { return 0 };
    match by {
        Spread::Range => most - least,
        Spread::Deviations => {
            let n = i64::try_from(shares.len()).unwrap_or(1);
            let total: i64 = shares.iter().sum();
            let sum: i64 = shares.iter().map(|share| (share * n - total).abs()).sum();
            (sum + n - 1) / n
        }
    }
}
