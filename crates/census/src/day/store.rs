//! The day's report.

use super::rules;
use crate::legs;
use crate::profile::Profiles;
use crate::tally::rules::Kind;
use crate::tally::store::{Day, list_days};
use base::{Id, Period};
use identity::sites::{Beds, beds_on};
use identity::{Care, Scope, Site, SiteKind, SiteTree};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use store::{StoreError, Tx};

/// One site's inpatient day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SiteDay {
    /// The site's path.
    pub site: String,
    /// Inpatients at local 24:00.
    pub midnight_census: i64,
    /// The midnight census and those who came and left the same day.
    pub service_days: i64,
    /// Admitted.
    pub admissions: i64,
    /// Left alive.
    pub discharges: i64,
    /// Died.
    pub deaths: i64,
    /// Came from another site of the house.
    pub transfers_in: i64,
    /// Went to another site of the house.
    pub transfers_out: i64,
    /// Staffed beds.
    pub staffed_beds: i64,
    /// Service days over staffed beds, in percent; none without beds.
    pub occupancy: Option<f64>,
}

/// The day of a site and of every unit below it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The site's path.
    pub site: String,
    /// The day.
    pub date: String,
    /// Its counts.
    #[serde(flatten)]
    counts: Flat,
    /// Each unit's.
    pub units: Vec<SiteDay>,
}

/// A [`SiteDay`] without its site, so that the report names it once, in front.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Flat {
    midnight_census: i64,
    service_days: i64,
    admissions: i64,
    discharges: i64,
    deaths: i64,
    transfers_in: i64,
    transfers_out: i64,
    staffed_beds: i64,
    occupancy: Option<f64>,
}

impl Report {
    /// The site's own counts.
    #[must_use]
    pub fn total(&self) -> SiteDay {
        let counts = &self.counts;
        SiteDay {
            site: self.site.clone(),
            midnight_census: counts.midnight_census,
            service_days: counts.service_days,
            admissions: counts.admissions,
            discharges: counts.discharges,
            deaths: counts.deaths,
            transfers_in: counts.transfers_in,
            transfers_out: counts.transfers_out,
            staffed_beds: counts.staffed_beds,
            occupancy: counts.occupancy,
        }
    }
}

/// Days of every site from the scope down: the stored ones, or those believed at `as_of`.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn days_of(
    tx: &mut Tx,
    scope: &Scope,
    tree: &SiteTree,
    kind: Kind,
    period: Period,
    as_of: Option<Timestamp>,
) -> Result<HashMap<Id<Site>, Vec<Day>>, StoreError> {
    let Some(as_of) = as_of else { return list_days(tx, scope, kind, period).await };
    let profiles = Profiles::load(tx).await?;
    let (from, to) = wide(period);
    let stays = legs::list_overlapping(tx, scope, from, to, Some(as_of)).await?;
    Ok(rules::days(&stays, tree, &profiles, &scope.site_id(), kind, period))
}

/// The instants that hold a period in any zone.
pub(crate) fn wide(period: Period) -> (Timestamp, Timestamp) {
    let (from, to) = period.instants(&jiff::tz::TimeZone::UTC);
    let day = jiff::SignedDuration::from_hours(26);
    (from.saturating_sub(day).unwrap_or(from), to.saturating_add(day).unwrap_or(to))
}

/// Whether the beds of such a unit are counted among those of the house.
pub(crate) fn holds_inpatients(care: Care) -> bool {
    matches!(care, Care::Inpatient | Care::Observation)
}

/// Beds of a site on a day: those of the inpatient and observation units below it, or its own count where
/// no unit has one.
#[must_use]
pub fn beds_below(tree: &SiteTree, site: &Id<Site>, beds: &BTreeMap<Id<Site>, Beds>) -> Beds {
    let mut sum = Beds::default();
    let mut is_counted = false;
    for unit in tree.units_below(site) {
        let is_for_beds = holds_inpatients(unit.care) || unit.id == *site;
        if let Some(own) = beds.get(&unit.id).filter(|_| is_for_beds) {
            sum.licensed += own.licensed;
            sum.set_up += own.set_up;
            sum.staffed += own.staffed;
            is_counted = true;
        }
    }
    if is_counted { sum } else { beds.get(site).copied().unwrap_or_default() }
}

/// The day of a site and its units.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn report(
    tx: &mut Tx,
    scope: &Scope,
    tree: &SiteTree,
    date: Date,
    as_of: Option<Timestamp>,
) -> Result<Report, StoreError> {
    let days = days_of(tx, scope, tree, Kind::Inpatient, Period::day(date), as_of).await?;
    let ids: Vec<Id<Site>> = tree.below(&scope.site_id()).iter().map(|site| site.id).collect();
    let beds = beds_on(tx, &ids, date).await?;
    let day_of = |id: &Id<Site>| {
        let path = tree.get(id).map_or(String::new(), |site| site.path.to_string());
        let day = days.get(id).and_then(|days| days.first()).copied();
        site_day(path, day, beds_below(tree, id, &beds))
    };
    let total = day_of(&scope.site_id());
    let units = tree.below(&scope.site_id()).iter().filter(|site| site.kind == SiteKind::Unit);
    Ok(Report {
        site: total.site.clone(),
        date: date.to_string(),
        counts: Flat {
            midnight_census: total.midnight_census,
            service_days: total.service_days,
            admissions: total.admissions,
            discharges: total.discharges,
            deaths: total.deaths,
            transfers_in: total.transfers_in,
            transfers_out: total.transfers_out,
            staffed_beds: total.staffed_beds,
            occupancy: total.occupancy,
        },
        units: units.map(|unit| day_of(&unit.id)).collect(),
    })
}

#[expect(clippy::cast_precision_loss, reason = "days and beds of a site stay far below 2^53")]
fn site_day(site: String, day: Option<Day>, beds: Beds) -> SiteDay {
    let counts = day.map(|day| day.counts).unwrap_or_default();
    let service_days = day.map_or(0, |day| day.service_days());
    SiteDay {
        site,
        midnight_census: day.map_or(0, |day| day.midnight_census()),
        service_days,
        admissions: counts.admissions,
        discharges: counts.discharges,
        deaths: counts.deaths,
        transfers_in: counts.transfers_in,
        transfers_out: counts.transfers_out,
        staffed_beds: beds.staffed,
        occupancy: (beds.staffed > 0).then(|| service_days as f64 * 100.0 / beds.staffed as f64),
    }
}
