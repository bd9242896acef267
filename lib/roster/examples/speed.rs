//! How fast rows are judged: `cargo run --release -p roster --example speed FILE`; without a file, on
//! a made-up year of 150 people.
#![allow(clippy::print_stdout, reason = "an example prints")]

use roster::check::check;
use roster::evaluate::{Evaluator, State};
use roster::problem::{Cell, DayIdx, PersonIdx};
use roster::testing::Dice;
use std::hint::black_box;
use std::time::Instant;

fn main() {
    let path = std::env::args().nth(1).unwrap_or_default();
    let text = match path.as_str() {
        "" => roster::testing::curtois_like(1, 364, 150, 32),
        path => std::fs::read_to_string(path).unwrap_or_default(),
    };
    let problem = match roster::read::curtois::read(&text) {
        Ok(problem) => problem,
        Err(issues) => {
            println!("{issues}");
            return;
        }
    };
    let start = Instant::now();
    let evaluator = Evaluator::new(&problem);
    println!("worked out in {:?}", start.elapsed());
    let n_codes = u64::try_from(problem.n_codes()).unwrap_or(1);
    let mut state = 1_u64;
    let mut rows = Vec::new();
    for _ in 0..1_000 {
        let row: Vec<Cell> = (0..problem.n_days())
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                Cell(u16::try_from((state >> 33) % n_codes).unwrap_or(0))
            })
            .collect();
        rows.push(row);
    }
    let start = Instant::now();
    let mut n = 0;
    for person in PersonIdx::all(problem.n_people()).cycle().take(200) {
        for row in &rows {
            black_box(evaluator.plan(person).cost(black_box(row)));
            n += 1;
        }
    }
    println!("{} days: {} ns a row", problem.n_days(), start.elapsed().as_nanos() / n);
    let start = Instant::now();
    let mut state = State::new(&evaluator, problem.empty_roster());
    let mut dice = Dice::new(1);
    let n = 200_000;
    for _ in 0..n {
        let person = PersonIdx::at(dice.below(problem.n_people()));
        let cell = Cell(u16::try_from(dice.below(problem.n_codes())).unwrap_or(0));
        state.set(person, DayIdx::at(dice.below(problem.n_days())), cell);
    }
    println!("{} ns a change, now {}", start.elapsed().as_nanos() / n, state.score());
    let start = Instant::now();
    let verdict = check(&problem, state.roster());
    println!("checked in {:?}: {}", start.elapsed(), verdict.score);
}
