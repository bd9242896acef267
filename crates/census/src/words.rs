//! How the census writes instants, lengths and kinds on its pages.

use crate::adt::model::{Micros, OPEN};
use crate::tally::rules::Kind;
use base::Id;
use identity::{Site, SiteKind, SiteTree};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use web::format;

/// Whole minutes from one instant to another; never below zero.
pub(crate) fn minutes(from: Micros, to: Micros) -> i64 {
    (to - from).max(0) / 60_000_000
}

/// The length in words.
pub(crate) fn length(from: Micros, to: Micros) -> String {
    format::duration(minutes(from, to))
}

/// The instant of plain microseconds; the end of time stays the end.
pub(crate) fn instant_of(at: Micros) -> Timestamp {
    Timestamp::from_microsecond(at).unwrap_or(Timestamp::MAX)
}

/// An instant in the zone of a site, as a reader says it; empty for an open end.
pub(crate) fn when(at: Micros, zone: &TimeZone, now: Timestamp) -> String {
    if at >= OPEN { String::new() } else { format::instant(instant_of(at), zone, now) }
}

/// The instant for a file: ISO with offset; empty for an open end.
pub(crate) fn iso(at: Micros, zone: &TimeZone) -> String {
    if at >= OPEN {
        return String::new();
    }
    instant_of(at).to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// What a patient counts as, in words.
pub(crate) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Inpatient => "Inpatient",
        Kind::Newborn => "Newborn",
        Kind::Observation => "Observation",
        Kind::Emergency => "Emergency",
        Kind::Outpatient => "Outpatient",
    }
}

/// The zone of a site.
pub(crate) fn zone(tree: &SiteTree, site: &Id<Site>) -> TimeZone {
    tree.get(site).map_or(TimeZone::UTC, |site| site.time_zone.clone())
}

/// A unit's name, with its facility's in front where the reader looks at several.
pub(crate) fn unit_name(tree: &SiteTree, unit: &Id<Site>, top: &Id<Site>) -> String {
    let Some(site) = tree.get(unit) else { return "A closed unit".to_owned() };
    // Who may see one unit learns that a patient is gone from it, not where the others are.
    if tree.get(top).is_some_and(|top| !top.path.covers(&site.path)) {
        return "Elsewhere".to_owned();
    }
    let is_above = tree.get(top).is_some_and(|top| top.kind == SiteKind::Enterprise);
    match tree.facility_of(unit).filter(|_| is_above) {
        Some(facility) => format!("{}, {}", facility.name, site.name),
        None => site.name.clone(),
    }
}

/// A bed without a name: `Bed 501-A`, or where there is none, that.
pub(crate) fn bed(code: &str) -> String {
    if code.is_empty() { "No bed yet".to_owned() } else { format!("Bed {code}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_and_lengths_read_as_a_person_says_them() {
        let now: Timestamp = "2026-11-12T14:47:00Z".parse().unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(-6));
        let at = now.as_microsecond() - 380 * 60_000_000;
        assert_eq!(length(at, now.as_microsecond()), "6 h 20");
        assert_eq!(length(now.as_microsecond(), at), "0 min");
        assert_eq!(when(at, &zone, now), "02:27");
        assert_eq!(when(OPEN, &zone, now), "");
        assert_eq!(iso(at, &zone), "2026-11-12T02:27:00-06:00");
        assert_eq!((bed("501-A"), bed("")), ("Bed 501-A".to_owned(), "No bed yet".to_owned()));
    }
}
