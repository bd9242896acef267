//! The made-up hospital: its hidden roster is what it says, and the search finds one as legal.

use roster::check::check;
use roster::problem::Problem;
use roster::testing::{HospitalSize, hospital};

#[test]
fn the_hidden_roster_is_legal_and_nowhere_below_the_minimum() {
    for (seed, (n_people, n_days, n_units)) in
        (0..).zip([(12, 14, 1), (30, 28, 2), (60, 42, 4), (200, 42, 5)])
    {
        let made = hospital(seed, HospitalSize { n_people, n_days, n_units });
        let problem = Problem::new(made.parts).unwrap();
        let verdict = check(&problem, &made.hidden);
        let hard: Vec<&str> = verdict.hard().map(|breach| breach.words.as_str()).take(5).collect();
        assert_eq!((verdict.score.hard, verdict.score.cover), (0, 0), "seed {seed}: {hard:?}");
        println!("{n_people} people: {}, {} rows", verdict.score, problem.parts().demands.len());
    }
}
