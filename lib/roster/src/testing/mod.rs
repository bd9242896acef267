//! Made-up problems for tests and measurements: the same seed makes the same problem.
//!
//! [`any_problem`] is small and strange: every kind of rule, clock changes, histories, locks that
//! conflict. [`curtois_like`] is large and regular, in the size and shape of the public benchmarks.

mod any;
mod curtois;
mod dice;

pub use any::{any_problem, any_roster};
pub use curtois::curtois_like;
pub use dice::Dice;
