//! Who is where at an instant, without names.

pub mod store;

pub use store::{Present, PresentStay, report};
