//! Laws that hold for every problem and roster.

use jiff::Span;
use roster::Score;
use roster::check::check;
use roster::evaluate::{Evaluator, State};
use roster::problem::{Cell, DayIdx, Fault, Parts, PersonIdx, Problem, Roster};
use roster::rules::{Across, Edges, Kind, Measure, Over, Own, Rule};
use roster::testing::{Dice, any_problem, any_roster, n_cases};
use std::collections::BTreeMap;

fn problem(seed: u64) -> Result<Problem, (u64, Vec<Fault>)> {
    Problem::new(any_problem(seed)).map_err(|faults| (seed, faults))
}

#[test]
fn the_checker_and_the_evaluation_agree() {
    for seed in 0..n_cases(3_000) {
        let problem = problem(seed).unwrap();
        let evaluator = Evaluator::new(&problem);
        for roster in [problem.empty_roster(), any_roster(&problem, seed + 1)] {
            let score = evaluator.score(&roster);
            let verdict = check(&problem, &roster);
            assert_eq!(score, evaluator.report(&roster).score, "seed {seed}: the report");
            assert_eq!(score, verdict.score, "seed {seed}: {:#?}\n{:#?}", verdict.breaches, problem.parts());
        }
    }
}

#[test]
fn a_score_kept_while_cells_change_is_the_score_from_scratch() {
    for seed in 0..n_cases(600) {
        let problem = problem(seed).unwrap();
        if problem.n_people() == 0 {
            continue;
        }
        let evaluator = Evaluator::new(&problem);
        let mut dice = Dice::new(seed);
        let mut state = State::new(&evaluator, any_roster(&problem, seed));
        for step in 0..40 {
            let before = (state.score(), state.roster().clone());
            let mark = state.mark();
            let person = PersonIdx::at(dice.below(problem.n_people()));
            let cells: Vec<(DayIdx, Cell)> = (0..1 + dice.below(4))
                .map(|_| {
                    let cell = Cell(u16::try_from(dice.below(problem.n_codes())).unwrap());
                    (DayIdx::at(dice.below(problem.n_days())), cell)
                })
                .collect();
            let tried = state.try_all(person, &cells);
            assert_eq!(state.score(), before.0, "seed {seed} step {step}: a try leaves nothing behind");
            let change = state.set_all(person, &cells);
            assert_eq!((tried, before.0 + change), (change, state.score()), "seed {seed} step {step}");
            assert_eq!(state.score(), evaluator.score(state.roster()), "seed {seed} step {step}");
            if dice.happens(50) {
                state.undo_to(mark);
                assert_eq!((state.score(), state.roster().clone()), before, "seed {seed} step {step}");
            } else if dice.happens(30) {
                state.keep();
            }
        }
    }
}

/// What kind of rule it is, in a word.
fn kind_name(rule: &Rule) -> &'static str {
    match &rule.kind {
        Kind::Own(Own::Count { measure: Measure::Weekends { .. }, over, .. }) => match over {
            Over::Horizon => "weekends",
            Over::Every { .. } => "weekends every",
            Over::Rolling { .. } => "weekends rolling",
        },
        Kind::Own(Own::Count { over, .. }) => match over {
            Over::Horizon => "count",
            Over::Every { .. } => "count every",
            Over::Rolling { .. } => "count rolling",
        },
        Kind::Own(Own::Run { .. }) => "run",
        Kind::Own(Own::Rest { .. }) => "rest",
        Kind::Own(Own::Recovery { .. }) => "recovery",
        Kind::Own(Own::Forbidden { .. }) => "forbidden",
        Kind::Own(Own::Overtime { .. }) => "overtime",
        Kind::Own(Own::Published) => "published",
        Kind::Across(Across::Share { .. }) => "share",
        Kind::Across(Across::Company { .. }) => "company",
        Kind::Across(Across::Together { .. }) => "together",
        Kind::Across(Across::Apart { .. }) => "apart",
        Kind::Across(Across::Spread { .. }) => "spread",
    }
}

fn builtin(rule: &str) -> &'static str {
    ["eligible", "away", "locked", "request", "labor", "cover"]
        .into_iter()
        .find(|name| *name == rule)
        .unwrap_or("unknown")
}

#[test]
fn made_up_problems_break_every_kind_of_rule() {
    let mut broken: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..400 {
        let problem = problem(seed).unwrap();
        let verdict = check(&problem, &any_roster(&problem, seed));
        for breach in &verdict.breaches {
            let rule = problem.parts().rules.iter().find(|rule| rule.id == breach.rule);
            *broken.entry(rule.map_or_else(|| builtin(&breach.rule), kind_name)).or_default() += 1;
        }
    }
    assert_eq!(broken.len(), 17 + 6, "{broken:?}");
    assert!(broken.values().all(|n| *n > 10), "{broken:?}");
}

/// The problem of the days from `from` up to `until`, the days before carried in from the roster.
fn cut(parts: &Parts, roster: &Roster, from: u16, until: u16) -> Parts {
    let shift = i32::from(from);
    let mut cut = parts.clone();
    cut.horizon.start = parts.horizon.start.saturating_add(Span::new().days(shift));
    cut.horizon.n_days = until - from;
    let inside = |day: &DayIdx| (from..until).contains(&day.0);
    let moved = |day: DayIdx| DayIdx(day.0 - from);
    cut.demands.retain(|demand| inside(&demand.day));
    cut.demands.iter_mut().for_each(|demand| demand.day = moved(demand.day));
    let n_days = usize::from(until - from);
    let part = |whole: &Roster| {
        let mut part = Roster::empty(parts.people.len(), n_days);
        for person in PersonIdx::all(parts.people.len()) {
            let row = whole.row(person).iter().skip(usize::from(from));
            part.row_mut(person).iter_mut().zip(row).for_each(|(place, cell)| *place = *cell);
        }
        part
    };
    cut.published = parts.published.as_ref().map(part);
    for (person, idx) in cut.people.iter_mut().zip((0..).map(PersonIdx)) {
        let before: Vec<Cell> = roster.row(idx).iter().take(usize::from(from)).copied().collect();
        if before.iter().any(|cell| cell.is_work()) {
            // What was true before day 0 is long past.
            person.carry.last_end = None;
        }
        person.carry.history.extend_from_slice(&before);
        person.requests.retain(|request| inside(&request.day));
        person.requests.iter_mut().for_each(|request| request.day = moved(request.day));
        person.locked.retain(|(day, _)| inside(day));
        person.locked.iter_mut().for_each(|(day, _)| *day = moved(*day));
        person.away.retain(|away| away.first < i32::from(until));
        for away in &mut person.away {
            away.last = away.last.min(i32::from(until) - 1) - shift;
            away.first -= shift;
        }
    }
    cut
}

/// Whether a rule can be judged in parts: those about the horizon as such cannot.
fn can_be_cut(rule: &Rule) -> bool {
    match &rule.kind {
        Kind::Own(Own::Count { over, .. }) => *over != Over::Horizon,
        Kind::Own(Own::Run { edges, .. }) => *edges == Edges::Open,
        Kind::Own(
            Own::Rest { .. }
            | Own::Recovery { .. }
            | Own::Forbidden { .. }
            | Own::Overtime { .. }
            | Own::Published,
        ) => true,
        Kind::Across(across) => !matches!(across, Across::Spread { .. }),
    }
}

#[test]
fn a_horizon_cut_in_two_costs_as_much_as_the_whole() {
    for seed in 0..n_cases(3_000) {
        let mut parts = any_problem(seed);
        parts.rules.retain(can_be_cut);
        parts.people.iter_mut().for_each(|person| person.carry.so_far.clear());
        let n_days = parts.horizon.n_days;
        let whole = Problem::new(parts.clone()).unwrap();
        let roster = any_roster(&whole, seed);
        let at = Dice::new(seed).small(0, n_days);
        let mut sum = Score::ZERO;
        for (from, until) in [(0, at), (at, n_days)] {
            if from == until {
                continue;
            }
            let part = Problem::new(cut(&parts, &roster, from, until)).unwrap();
            let mut rows = part.empty_roster();
            for person in PersonIdx::all(part.n_people()) {
                let row = &roster.row(person)[usize::from(from)..usize::from(until)];
                rows.row_mut(person).copy_from_slice(row);
            }
            sum += Evaluator::new(&part).score(&rows);
        }
        let score = Evaluator::new(&whole).score(&roster);
        assert_eq!(sum, score, "seed {seed} cut at {at}: {:#?}", whole.parts().rules);
    }
}
