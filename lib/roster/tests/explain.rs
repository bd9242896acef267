//! What is told agrees with the evaluator, and facts that are named are the ones.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test file; what fails here fails the test"
)]

use roster::check::check;
use roster::evaluate::{Evaluator, Source};
use roster::explain::{Fact, cause, why, without};
use roster::problem::{Cell, DayIdx, DemandIdx, PersonIdx, Problem};
use roster::testing::{Dice, any_problem, any_roster};
use roster::{Roster, read};
use std::collections::BTreeSet;

#[test]
fn setting_a_cell_breaks_exactly_the_rules_that_bar_it() {
    let mut n_barred = 0;
    for seed in 0..800 {
        let problem = Problem::new(any_problem(seed)).unwrap();
        if problem.n_people() == 0 {
            continue;
        }
        let evaluator = Evaluator::new(&problem);
        let roster = any_roster(&problem, seed);
        let mut dice = Dice::new(seed);
        for _ in 0..5 {
            let person = PersonIdx::at(dice.below(problem.n_people()));
            let day = DayIdx::at(dice.below(problem.n_days()));
            let cell = Cell(u16::try_from(dice.below(problem.n_codes())).unwrap());
            let told = why(&evaluator, &roster, (person, day), cell);
            let mut after = roster.clone();
            after.set(person, day, cell);
            let (was, is) = (evaluator.report(&roster), evaluator.report(&after));
            assert_eq!(told.change, is.score - was.score, "seed {seed}");
            let was = was.by_source();
            let broken: BTreeSet<Source> = is
                .by_source()
                .into_iter()
                .filter(|(source, score)| score.hard > was.get(source).map_or(0, |was| was.hard))
                .map(|(source, _)| source)
                .collect();
            let bars: BTreeSet<Source> = told.bars.iter().map(|bar| bar.source).collect();
            assert_eq!(bars, broken, "seed {seed} {person:?} {day:?} {cell:?}: {:#?}", told.bars);
            assert!(told.bars.iter().all(|bar| !bar.words.is_empty()), "seed {seed}");
            n_barred += bars.len();
        }
    }
    assert!(n_barred > 300, "{n_barred}");
}

#[test]
fn without_the_facts_that_are_named_the_shift_is_filled() {
    let (mut n_verified, mut n_with_facts) = (0, 0);
    for seed in 0..200 {
        let problem = Problem::new(any_problem(seed)).unwrap();
        let evaluator = Evaluator::new(&problem);
        let roster = any_roster(&problem, seed);
        for row in DemandIdx::all(problem.parts().demands.len()).take(6) {
            let Some(cause) = cause(&evaluator, &roster, row) else { continue };
            assert!(cause.heads < cause.needed && !cause.words.is_empty(), "seed {seed}");
            if !cause.is_verified {
                continue;
            }
            n_verified += 1;
            n_with_facts += usize::from(!cause.facts.is_empty());
            let eased = without(&problem, &cause.facts).unwrap();
            let demand = &problem.parts().demands[row.idx()];
            let mut filled = roster.clone();
            for (person, cell) in &cause.fillers {
                filled.set(*person, demand.day, *cell);
            }
            let there = PersonIdx::all(problem.n_people())
                .filter(|person| demand.counts(*person, filled.cell(*person, demand.day)))
                .count();
            assert_eq!(there, usize::from(cause.needed), "seed {seed}");
            assert!(check(&eased, &filled).score.hard <= check(&eased, &roster).score.hard, "seed {seed}");
            // With the facts in place those who are named cannot take it, unless nothing bars them.
            let facts_of = |person: PersonIdx| {
                cause.people.iter().find(|of| of.person == person).map(|of| of.facts.clone()).unwrap()
            };
            for (person, cell) in &cause.fillers {
                let is_free = why(&evaluator, &roster, (*person, demand.day), *cell).is_free();
                let bars = facts_of(*person).into_iter().filter(|fact| !matches!(fact, Fact::Busy { .. }));
                assert_eq!(is_free, bars.count() == 0, "seed {seed}");
            }
        }
    }
    assert!(n_verified > 60 && n_with_facts > 30, "{n_verified} {n_with_facts}");
}

const WARD: &str = r#"{
  "format": "helmward-roster", "version": 1, "name": "ward",
  "horizon": { "start": "2026-11-02", "days": 7, "zone": "America/New_York" },
  "skills": ["RN", "ICU"],
  "shifts": [
    { "id": "D", "start": "07:30", "minutes": 720, "paid_minutes": 690, "tags": ["day"], "skills": ["RN", "ICU"] },
    { "id": "L", "start": "15:00", "minutes": 480, "paid_minutes": 450, "tags": ["evening"], "skills": ["RN"] }
  ],
  "people": [
    { "id": "ann", "can": [{ "duties": { "skills": ["RN"] } }] },
    { "id": "bo", "away": [{ "first": "2026-11-04", "last": "2026-11-05" }] },
    { "id": "cal", "can": [{ "duties": { "skills": ["ICU"] }, "until": "2026-11-04" }, { "duties": { "skills": ["RN"] } }] },
    { "id": "dee" }
  ],
  "demand": [{ "duties": { "shifts": ["D"], "skills": ["ICU"] }, "minimum": 1 }],
  "rules": [
    { "id": "rest", "strength": "hard", "kind": { "rest": { "minutes": 660 } } },
    { "id": "days in a row", "strength": "hard", "kind": { "run": { "max": 2 } } }
  ]
}"#;

fn ward() -> (Problem, Roster) {
    let problem = read::helmward::read(WARD).unwrap();
    let rows = "nurse,day_index,shift,skill\nann,1,L,RN\ndee,0,D,ICU\ndee,1,L,RN\n";
    let roster = read::csv::read(&problem, rows).unwrap();
    (problem, roster)
}

#[test]
fn words_have_the_value_the_limit_and_the_clock() {
    let (problem, roster) = ward();
    let evaluator = Evaluator::new(&problem);
    let told = |person: u16, cell: u16| -> Vec<String> {
        let why = why(&evaluator, &roster, (PersonIdx(person), DayIdx(2)), Cell(cell));
        why.bars.into_iter().map(|bar| bar.words).collect()
    };
    assert_eq!(
        told(0, 1),
        ["ann needs 11 h of rest and would have 8 h 30: L on Tue 2026-11-03 ends at 23:00, \
          D as RN on Wed 2026-11-04 starts at 07:30 (rule rest)"]
    );
    assert_eq!(told(1, 1), ["bo is away from Wed 2026-11-04 to Thu 2026-11-05"]);
    assert_eq!(
        told(2, 2),
        ["cal may not work D as ICU on Wed 2026-11-04: the credential for it was good to 2026-11-03"]
    );
    assert_eq!(
        told(3, 2),
        [
            "dee needs 11 h of rest and would have 8 h 30: L on Tue 2026-11-03 ends at 23:00, \
             D as ICU on Wed 2026-11-04 starts at 07:30 (rule rest)",
            "dee would have 3 days in a row from Mon 2026-11-02 to Wed 2026-11-04; at most 2 (rule days in a row)"
        ]
    );
}

#[test]
fn a_shortage_names_its_fewest_facts() {
    let (problem, roster) = ward();
    let evaluator = Evaluator::new(&problem);
    let row = problem.parts().demands.iter().position(|of| of.day == DayIdx(2)).unwrap();
    let cause = cause(&evaluator, &roster, DemandIdx::at(row)).unwrap();
    assert!(cause.is_verified);
    assert_eq!(
        cause.words,
        [
            "D as ICU on Wed 2026-11-04 has 0 of 1.",
            "1 on leave: bo.",
            "1 barred by rule rest: dee.",
            "2 without the skill or credential: cal, ann.",
            "The fewest facts behind it: the leave of bo on Wed 2026-11-04. \
             Without them bo can take it; this was checked."
        ]
    );
}
