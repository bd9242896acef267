//! The made-up hospital: its hidden roster is what it says, and the search finds one as legal.

use roster::check::check;
use roster::evaluate::Evaluator;
use roster::problem::{Problem, Roster};
use roster::solve::{Answer, Task, solve};
use roster::testing::{HospitalSize, any_legal_problem, hospital, n_cases};
use std::sync::atomic::{AtomicU32, Ordering};

/// How many problems; few in a build that is not optimized.
fn cases() -> u64 {
    n_cases(if cfg!(debug_assertions) { 30 } else { 200 })
}

/// A search whose time is counted in looks at the clock.
fn search(problem: &Problem, seed: u64, looks: u32) -> Answer {
    let n = AtomicU32::new(0);
    let spent = || f64::from(n.fetch_add(1, Ordering::Relaxed)) / f64::from(looks);
    let evaluator = Evaluator::new(problem);
    solve(&evaluator, &Task { seed, n_threads: 1, start: None, spent: &spent, tell: &|_| {} })
}

/// Tells whether a problem that has a legal roster is answered with one.
fn judge(problem: &Problem, hidden: &Roster, seed: u64) -> bool {
    let known = check(problem, hidden).score;
    assert_eq!(known.hard, 0, "seed {seed}");
    let answer = search(problem, seed, 300);
    assert_eq!(check(problem, &answer.roster).score, answer.score, "seed {seed}");
    if let Some(bound) = answer.bound {
        let full = [known, answer.score].into_iter().filter(|score| score.hard == 0 && score.cover == 0);
        assert!(full.map(|score| score.soft).all(|soft| soft >= bound), "seed {seed}: under {bound}");
    }
    answer.score.hard == 0
}

#[test]
fn what_has_a_legal_roster_is_answered_with_one() {
    let mut illegal = Vec::new();
    for seed in 0..cases() {
        let (parts, hidden) = any_legal_problem(seed);
        if !judge(&Problem::new(parts).unwrap(), &hidden, seed) {
            illegal.push(seed);
        }
    }
    assert!(illegal.is_empty(), "{} illegal: {illegal:?}", illegal.len());
}

#[test]
fn a_small_hospital_is_answered_legally() {
    for seed in 0..cases().div_ceil(50) {
        let made = hospital(seed, HospitalSize { n_people: 8, n_days: 28, n_units: 1 });
        assert!(judge(&Problem::new(made.parts).unwrap(), &made.hidden, seed), "seed {seed}");
    }
}

#[test]
fn a_hospital_is_solved_by_its_teams_until_no_head_is_missing() {
    let made = hospital(1, HospitalSize { n_people: 40, n_days: 28, n_units: 2 });
    let problem = Problem::new(made.parts).unwrap();
    let answer = search(&problem, 1, 18_000);
    assert_eq!(check(&problem, &answer.roster).score, answer.score);
    assert_eq!((answer.score.hard, answer.score.cover), (0, 0), "{}", answer.score);
}

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
