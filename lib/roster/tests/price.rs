//! The price of a rule on a ward where one rule costs a head.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test file; what fails here fails the test"
)]

use roster::evaluate::{Evaluator, State};
use roster::price::{NoPrice, Relax, eased, price};
use roster::problem::{Cell, DayIdx, PersonIdx, Problem, RuleIdx};
use roster::testing::{any_problem, any_roster};
use roster::{Roster, Score, read};

const WARD: &str = r#"{
  "format": "helmward-roster", "version": 1, "name": "ward",
  "horizon": { "start": "2026-11-02", "days": 4, "zone": "UTC" },
  "skills": ["RN"],
  "shifts": [{ "id": "D", "start": "07:00", "minutes": 480, "paid_minutes": 450 }],
  "people": [{ "id": "ann" }],
  "demand": [{ "duties": { "shifts": ["D"] }, "minimum": 1, "wanted": 1 }],
  "rules": [
    { "id": "three in a row", "strength": "hard", "kind": { "run": { "max": 2 } } },
    { "id": "no D after D", "strength": { "soft": 1 }, "kind": { "forbidden": { "sequences": [{ "days": [{ "shifts": ["D"] }, { "shifts": ["D"] }] }] } } }
  ]
}"#;

/// Tries every roster of one person.
fn exhaust(problem: &Problem, start: &Roster, _: u64) -> Roster {
    let evaluator = Evaluator::new(problem);
    let mut state = State::new(&evaluator, start.clone());
    let mut best = (state.score(), start.clone());
    for code in 0..16_u16 {
        let row: Vec<Cell> = (0..4).map(|day| Cell(code >> day & 1)).collect();
        state.set_row(PersonIdx(0), &row);
        if state.score() < best.0 {
            best = (state.score(), state.roster().clone());
        }
    }
    best.1
}

#[test]
fn a_rule_that_costs_a_head_has_that_price() {
    let problem = read::helmward::read(WARD).unwrap_or_else(|error| panic!("{error}"));
    let of = |relax| price(&problem, (RuleIdx(0), relax), &problem.empty_roster(), 10, &mut exhaust).unwrap();
    let away = of(Relax::Away);
    assert_eq!(away.saved(), Score { hard: 0, cover: 1, soft: -2 });
    assert_eq!(
        away.words(&problem),
        "Without rule three in a row: 1 points of cover fewer, 2 points more \
         (hard 0, cover 1, soft 1 with it, hard 0, cover 0, soft 3 relaxed)."
    );
    assert_eq!(away.roster.cell(PersonIdx(0), DayIdx(3)), Cell(1));
    // Three in a row leave one day of four open, as two do.
    assert_eq!(of(Relax::ByOne).saved(), Score { hard: 0, cover: 0, soft: 0 });
    let none = price(&problem, (RuleIdx(1), Relax::ByOne), &problem.empty_roster(), 10, &mut exhaust);
    assert_eq!(none.unwrap_err(), NoPrice::NoUnit { id: "no D after D".to_owned() });
    assert_eq!(eased(&problem, RuleIdx(9), Relax::Away).unwrap_err(), NoPrice::NoRule { got: 9, n: 2 });
}

#[test]
fn a_relaxed_rule_never_costs_more_at_its_own() {
    for seed in 0..300 {
        let problem = Problem::new(any_problem(seed)).unwrap();
        let roster = any_roster(&problem, seed);
        let was = Evaluator::new(&problem).report(&roster);
        for rule in (0..problem.parts().rules.len()).map(RuleIdx::at) {
            for relax in [Relax::Away, Relax::ByOne] {
                let Ok(eased) = eased(&problem, rule, relax) else { continue };
                let is = Evaluator::new(&eased).report(&roster);
                assert!(
                    is.score <= was.score,
                    "seed {seed} rule {rule} {relax:?}: {:#?}",
                    problem.rule(rule)
                );
            }
        }
    }
}
