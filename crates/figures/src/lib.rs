//! The catalogue of figures and their rows, needs and their ranking, dated rules with overrides.
//!
//! Areas declare their figures, needs and rules as data with a few functions; this crate checks them, asks
//! them, and keeps what people decide about them (dismissals, overrides). Not here: any area's figures or
//! SQL, pages, HTTP, and the judging of change by control charts, which is `spc`.
//!
//! Start with [`Figure`] and [`Catalogue`], then [`needs`] and [`rules`]. An area's tests prove its figures
//! with [`check`].

mod catalogue;
pub mod check;
mod figure;
pub mod needs;
pub mod rules;
#[cfg(test)]
mod tests;

pub use catalogue::{Answer, BadCatalogue, Catalogue, Explained, RowsPage, explain};
pub use figure::{
    Ask, Better, Figure, FigureRow, ReadFn, Reading, Roll, RowsFn, SeriesFn, SeriesPoint, Unit, When,
};

use base::SitePath;
use identity::SiteTree;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The civil day it is at a site; UTC where the site is not known.
#[must_use]
pub fn today(tree: &SiteTree, site: &SitePath, now: Timestamp) -> Date {
    let zone = tree.find(site).map_or(TimeZone::UTC, |site| site.time_zone.clone());
    now.to_zoned(zone).date()
}
