//! The site tree: enterprise, facilities, departments, units; their codes and their beds.
//!
//! [`SiteTree`] is a snapshot in memory, looked up once or more per message; a process keeps one and loads
//! it again after a change. Ten thousand sites take about 5 MB and load in one query each for sites and
//! codes. Writing goes through [`insert_site`], [`update_site`], [`close_site`], [`set_codes`],
//! [`set_beds`] and [`import_sites`]. Not here: beds one by one and who lies in them; that is census.

mod import;
mod rules;
mod store;
#[cfg(test)]
mod tests;
mod tree;

pub use import::import_sites;
pub use rules::{check_place, heads_facility, infer_care};
pub use store::{
    BedCount, BedCountAt, Beds, NewSite, SiteChange, SiteRefused, beds_on, close_site, ensure_unmapped_unit,
    insert_site, list_bed_counts, reopen_site, set_beds, set_care, set_codes, update_site,
};
pub(crate) use store::{find_path, list_tops};
pub use tree::SiteTree;

use crate::Site;
use base::{Currency, Id, SitePath};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::str::FromStr;

/// The first closed day of a site whose import was taken back: it never was open, and a file may bring it
/// again.
pub const NEVER_OPEN: Date = store::FIRST_DAY;

/// What a site is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SiteKind {
    /// The whole, or a region of it.
    Enterprise,
    /// A hospital, nursing home or practice.
    Facility,
    /// A group of units.
    Department,
    /// Where patients lie or wait.
    Unit,
}

impl SiteKind {
    const ALL: [SiteKind; 4] =
        [SiteKind::Enterprise, SiteKind::Facility, SiteKind::Department, SiteKind::Unit];

    /// The word it is stored and imported under.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            SiteKind::Enterprise => "enterprise",
            SiteKind::Facility => "facility",
            SiteKind::Department => "department",
            SiteKind::Unit => "unit",
        }
    }
}

/// Which care a unit gives; decides whether its patients count in the inpatient census.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Care {
    /// Inpatient beds.
    Inpatient,
    /// The emergency department.
    Emergency,
    /// Observation.
    Observation,
    /// The well-baby nursery; its newborns are counted apart.
    Nursery,
    /// Clinics and day care.
    Outpatient,
    /// Locations no unit is known for.
    Unmapped,
}

impl Care {
    /// Every kind of care.
    pub const ALL: [Care; 6] = [
        Care::Inpatient,
        Care::Emergency,
        Care::Observation,
        Care::Nursery,
        Care::Outpatient,
        Care::Unmapped,
    ];

    /// The word it is stored under.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Care::Inpatient => "inpatient",
            Care::Emergency => "emergency",
            Care::Observation => "observation",
            Care::Nursery => "nursery",
            Care::Outpatient => "outpatient",
            Care::Unmapped => "unmapped",
        }
    }
}

/// Why a text is not one of a few words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{got}` is not one of {known}")]
pub struct UnknownWord {
    /// The text given.
    pub got: String,
    /// The words there are.
    pub known: String,
}

impl FromStr for SiteKind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<SiteKind, UnknownWord> {
        let word = text.trim().to_lowercase();
        SiteKind::ALL.into_iter().find(|kind| kind.key() == word).ok_or_else(|| UnknownWord {
            got: text.chars().take(40).collect(),
            known: SiteKind::ALL.map(SiteKind::key).join(", "),
        })
    }
}

impl FromStr for Care {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Care, UnknownWord> {
        let word = text.trim().to_lowercase();
        Care::ALL.into_iter().find(|care| care.key() == word).ok_or_else(|| UnknownWord {
            got: text.chars().take(40).collect(),
            known: Care::ALL.map(Care::key).join(", "),
        })
    }
}

/// One site.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteInfo {
    /// Its id.
    pub id: Id<Site>,
    /// Its address.
    pub path: SitePath,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: SiteKind,
    /// Which care it gives.
    pub care: Care,
    /// The facility it belongs to: itself for a facility and for a department right under an enterprise,
    /// which stands for one; `None` above.
    pub facility_id: Option<Id<Site>>,
    /// Its time zone, or that of the nearest site above that has one; UTC at last.
    pub time_zone: TimeZone,
    /// The zone's name as set at this very site.
    pub own_time_zone: Option<String>,
    /// Its currency, or that of the nearest site above that has one; the dollar at last.
    pub currency: Currency,
    /// The currency as set at this very site.
    pub own_currency: Option<Currency>,
    /// The site above.
    pub parent_id: Option<Id<Site>>,
    /// Its place among its neighbors.
    pub sort: i64,
    /// The first day it is closed.
    pub closed_on: Option<Date>,
}

impl SiteInfo {
    /// Whether it is open on a day.
    #[must_use]
    pub fn is_open(&self, day: Date) -> bool {
        self.closed_on.is_none_or(|closed| day < closed)
    }

    /// Whether the import that made it was taken back.
    #[must_use]
    pub fn is_taken_back(&self) -> bool {
        self.closed_on == Some(NEVER_OPEN)
    }
}
