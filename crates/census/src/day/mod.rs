//! The day: midnight census, service days and what moved, at every level, now or as believed earlier.

pub mod month;
pub mod page;
pub mod rules;
pub mod store;

pub use store::{Report, SiteDay, days_of, report};
