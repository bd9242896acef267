//! Laws of the search: what it returns is what it says, is never under its bound, and follows from
//! its seed.

use roster::Score;
use roster::check::check;
use roster::evaluate::Evaluator;
use roster::problem::Problem;
use roster::solve::{Answer, Task, solve};
use roster::testing::{any_problem, curtois_like, n_cases};
use std::sync::atomic::{AtomicU32, Ordering};

/// A search whose time is counted in looks at the clock.
fn search(problem: &Problem, seed: u64, n_threads: usize, looks: u32) -> Answer {
    let n = AtomicU32::new(0);
    let spent = || f64::from(n.fetch_add(1, Ordering::Relaxed)) / f64::from(looks);
    let evaluator = Evaluator::new(problem);
    solve(&evaluator, &Task { seed, n_threads, start: None, spent: &spent, tell: &|_| {} })
}

#[test]
fn an_answer_is_what_the_checker_says_and_never_under_its_bound() {
    let mut n_proven = 0;
    for seed in 0..n_cases(300) {
        let problem = Problem::new(any_problem(seed)).unwrap();
        let n_threads = 1 + usize::from(seed % 5 == 0);
        let answer = search(&problem, seed, n_threads, 200);
        assert_eq!(check(&problem, &answer.roster).score, answer.score, "seed {seed}");
        if let Some(bound) = answer.bound.filter(|_| answer.score.hard == 0 && answer.score.cover == 0) {
            assert!(answer.score.soft >= bound, "seed {seed}: {} under {bound}", answer.score);
            n_proven += 1;
        }
    }
    assert!(n_proven > 3, "{n_proven}");
}

#[test]
fn the_same_seed_gives_the_same_answer_on_one_thread() {
    let problem = roster::read::curtois::read(&curtois_like(3, 14, 12, 2)).unwrap();
    let first = search(&problem, 7, 1, 4_000);
    assert_eq!(first, search(&problem, 7, 1, 4_000));
}

#[test]
fn windows_that_follow_the_whole_keep_to_the_seed_and_the_bound() {
    let problem = roster::read::curtois::read(&curtois_like(3, 14, 12, 28)).unwrap();
    let first = search(&problem, 7, 1, 10_000);
    assert_eq!(check(&problem, &first.roster).score, first.score);
    assert_eq!(first, search(&problem, 7, 1, 10_000));
    assert!(first.bound.is_some_and(|bound| bound <= first.score.soft), "{first:?}");
}

#[test]
fn a_search_goes_on_from_a_roster_and_never_ends_worse() {
    let problem = roster::read::curtois::read(&curtois_like(5, 28, 15, 3)).unwrap();
    let evaluator = Evaluator::new(&problem);
    let start = search(&problem, 1, 1, 300);
    let n = AtomicU32::new(0);
    let spent = || f64::from(n.fetch_add(1, Ordering::Relaxed)) / 300.0;
    let task = Task { seed: 2, n_threads: 1, start: Some(&start.roster), spent: &spent, tell: &|_| {} };
    let score: Score = solve(&evaluator, &task).score;
    assert!(score <= start.score);
}

#[test]
fn a_search_without_time_or_people_ends() {
    let problem = Problem::new(any_problem(1)).unwrap();
    search(&problem, 1, 2, 1);
    let nobody = roster::read::curtois::read("SECTION_HORIZON\n7\nSECTION_SHIFTS\nE,480,\n").unwrap();
    assert_eq!(search(&nobody, 1, 2, 100).score, Score::ZERO);
}
