//! Made-up problems in the size of the public benchmarks.

use roster::check::check;
use roster::evaluate::{Evaluator, State};
use roster::problem::{Cell, DayIdx, PersonIdx};
use roster::read::curtois;
use roster::testing::{Dice, any_roster, curtois_like, curtois_made};

#[test]
fn every_size_up_to_a_year_is_read_and_judged() {
    for (seed, (n_days, n_people, n_shifts)) in
        (0..).zip([(14, 8, 1), (28, 20, 3), (42, 45, 6), (182, 30, 18), (364, 50, 32)])
    {
        let text = curtois_like(seed, n_days, n_people, n_shifts);
        let problem = curtois::read(&text).unwrap();
        assert_eq!(problem.n_days(), usize::from(n_days));
        assert_eq!(problem.n_people(), usize::from(n_people));
        assert_eq!(problem.n_codes(), usize::from(n_shifts) + 1);
        let evaluator = Evaluator::new(&problem);
        let empty = problem.empty_roster();
        assert_eq!(evaluator.score(&empty), check(&problem, &empty).score);
        let mut state = State::new(&evaluator, any_roster(&problem, seed));
        let mut dice = Dice::new(seed);
        for _ in 0..20 {
            let person = PersonIdx::at(dice.below(problem.n_people()));
            let cell = Cell(u16::try_from(dice.below(problem.n_codes())).unwrap());
            state.set(person, DayIdx::at(dice.below(problem.n_days())), cell);
        }
        assert_eq!(state.score(), check(&problem, state.roster()).score);
    }
}

#[test]
fn the_same_seed_makes_the_same_problem() {
    assert_eq!(curtois_like(7, 28, 20, 4), curtois_like(7, 28, 20, 4));
    assert_ne!(curtois_like(7, 28, 20, 4), curtois_like(8, 28, 20, 4));
}

#[test]
fn the_roster_a_problem_is_built_around_is_legal_and_short_of_few_heads() {
    for (seed, (n_days, n_people, n_shifts)) in (0..).zip([
        (14, 8, 1),
        (28, 20, 2),
        (28, 40, 18),
        (56, 20, 3),
        (84, 40, 5),
        (182, 30, 6),
        (364, 20, 32),
    ]) {
        let made = curtois_made(seed, n_days, n_people, n_shifts);
        let problem = curtois::read(&made.text).unwrap();
        let score = check(&problem, &made.hidden).score;
        assert_eq!((score.hard, score.cover), (0, 0), "seed {seed}");
        let heads: i64 = problem.parts().demands.iter().map(|demand| i64::from(demand.wanted)).sum();
        assert!(score.soft < 10 * heads, "seed {seed}: {score} of {heads} heads");
    }
}
