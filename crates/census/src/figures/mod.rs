//! The census figures: their definitions, and where their numbers come from.
//!
//! Each is read two ways. Fast, from the stored days ([`crate::tally`]), when what is known now is asked;
//! and from its rows ([`rows`]), stays or unit-days, which is how it explains itself and how it is read as
//! of an earlier moment. A test holds the two against each other for every figure.

mod catalogue;
mod read;
pub(crate) mod rows;
mod store;

pub use catalogue::FIGURES;
