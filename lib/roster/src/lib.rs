//! Staff rosters: who works which shift on which day, what that breaks, and what it costs.
//!
//! Start with [`Problem`], what is asked, and [`rules`], what must and should hold. [`read`] makes a
//! problem of a file, [`evaluate`] tells the exact integer score of a roster, from scratch or move
//! by move, [`solve`] searches for the best roster and proves how good it can be, and [`check`] judges a roster a second time by other means.
//!
//! Not here: files, clocks, threads and randomness. Time, seeds and limits come from the caller.
//!
//! A roster is one cell for each person and day, two bytes each: 150 people over 52 weeks are
//! 109 KB. A person's whole row of four weeks is judged in well under a microsecond.

mod anneal;
pub mod check;
pub mod evaluate;
mod master;
pub mod problem;
pub mod read;
mod row;
pub mod rules;
mod score;
pub mod solve;
pub mod testing;

pub use problem::{Cell, DayIdx, Fault, PersonIdx, Problem, Roster};
pub use score::{Cost, Score};

/// The examples of the README, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
