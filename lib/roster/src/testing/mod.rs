//! Made-up problems for tests and measurements: the same seed makes the same problem.
//!
//! [`hospital`] has the size, the rules and the habits of a real one, around a roster known to be legal.
//! [`any_legal_problem`] has a roster that breaks nothing that must hold, [`any_problem`] is small and strange: every kind of rule, clock changes, histories, locks that
//! conflict. [`curtois_like`] is large and regular, in the size and shape of the public benchmarks.

mod any;
mod curtois;
mod dice;
mod hospital;
mod legal;

pub use any::{any_problem, any_roster};
pub use curtois::{Made, curtois_like, curtois_made};
pub use dice::Dice;
pub use hospital::{Hospital, HospitalSize, hospital};
pub use legal::any_legal_problem;

/// How many made-up problems a test goes through: `usual`, or what `HELMWARD_CASES` asks for.
#[must_use]
pub fn n_cases(usual: u64) -> u64 {
    std::env::var("HELMWARD_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}
