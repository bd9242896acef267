//! Staff rosters: who works which shift on which day, what that breaks, and what it costs.
//!
//! Start with [`Problem`], what is asked, and [`rules`], what must and should hold. [`read`] makes a
//! problem of a file, [`evaluate`] tells the exact integer score of a roster, from scratch or move
//! by move, [`solve`] searches for the best roster and proves how good it can be, and [`check`]
//! judges a roster a second time by other means.
//!
//! Around a roster that people know: [`repair`] finds the nearest legal one after a sick call,
//! [`explain`] tells what bars a person from a shift and why a shift is short, [`price`] what a rule
//! costs, and [`draft`] makes demand of the patients expected.
//!
//! Not here: files, clocks and randomness. Time, seeds and limits come from the caller, and so does
//! the number of threads, which [`solve`] alone starts.
//!
//! A roster is one cell for each person and day, two bytes each: 150 people over 52 weeks are
//! 109 KB. A person's whole row of four weeks is judged in well under a microsecond.

mod anneal;
pub mod check;
pub mod draft;
pub mod evaluate;
pub mod explain;
mod master;
pub mod price;
pub mod problem;
pub mod read;
pub mod repair;
mod row;
pub mod rules;
mod score;
pub mod solve;

pub mod testing;
mod window;

pub use problem::{Cell, DayIdx, Fault, PersonIdx, Problem, Roster};
pub use score::{Cost, Score};

/// The examples of the README, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
