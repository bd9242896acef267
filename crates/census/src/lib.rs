//! Census and flow: who is in which bed, what moved, what is coming.
//!
//! [`adt`] turns messages into facts and facts into stays; [`tally`] counts what moved on each day at every
//! level of the site tree; [`beds`] keeps what state each bed is in. Not here: the raw inbox (`intake`),
//! the site tree (`identity`), staffing (`workforce`).
//!
//! Start with [`adt::rules::stays`], the pure function everything else serves.

pub mod adt;
pub mod beds;
pub mod day;
mod figures;
pub mod flow;
pub mod forecast;
pub mod legs;
mod needs;
pub mod present;
pub mod profile;
pub mod records;
pub(crate) mod sites;
pub mod stays;
mod tabs;
pub mod tally;
pub mod wall;
mod words;

mod area_entry;
mod routes;

pub use self::figures::FIGURES;
pub use adt::apply::AdtMeaning;
pub(crate) use adt::model::{Began, Ended};
pub use area_entry::area;

/// The sealed streams of this area, for `audit verify`.
#[must_use]
pub fn streams() -> [&'static store::seal::Stream; 1] {
    [&adt::store::EVENTS]
}
