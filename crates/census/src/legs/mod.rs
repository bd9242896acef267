//! Legs of stays as believed now or at an earlier moment.

pub mod store;

pub use store::{StayLegs, list_overlapping, list_waiting};
