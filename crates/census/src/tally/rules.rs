//! What a stay adds to the days it touches. Pure.

use crate::adt::model::{Began, Ended, Micros, OPEN};
use base::Id;
use identity::{Care, Site, SiteTree};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a person in a bed counts as. Inpatients, newborns, observation and emergency patients are never
/// added together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Formally admitted.
    Inpatient,
    /// In a bassinet.
    Newborn,
    /// Outpatient status in a bed.
    Observation,
    /// In the emergency department, not admitted.
    Emergency,
    /// Any other visit.
    Outpatient,
}

impl Kind {
    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Inpatient => "inpatient",
            Kind::Newborn => "newborn",
            Kind::Observation => "observation",
            Kind::Emergency => "emergency",
            Kind::Outpatient => "outpatient",
        }
    }
}

/// How one facility tells what happens: set under Sites and units, with defaults that fit most feeds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// PV1-36 codes that mean the patient died.
    pub expired: BTreeSet<String>,
    /// PV1-36 codes that mean an emergency patient left before being seen.
    pub unseen: BTreeSet<String>,
    /// Patient classes (PV1-2) with a meaning of their own here, for example `OBS` = observation.
    pub classes: BTreeMap<String, Kind>,
    /// Whether a bed is free as soon as its patient leaves, without a cleaning status.
    pub is_freed_by_discharge: bool,
}

impl Default for Profile {
    fn default() -> Profile {
        let codes = |list: &[&str]| list.iter().map(|code| (*code).to_owned()).collect();
        Profile {
            // UB-04 patient status: 20 expired, 40 at home, 41 in a facility, 42 place unknown.
            expired: codes(&["20", "40", "41", "42"]),
            unseen: codes(&["LWBS"]),
            classes: BTreeMap::new(),
            is_freed_by_discharge: false,
        }
    }
}

impl Profile {
    /// What a patient of this class counts as in a unit with this care.
    #[must_use]
    pub fn kind(&self, class: &str, care: Care) -> Kind {
        if care == Care::Nursery {
            return Kind::Newborn;
        }
        if let Some(kind) = self.classes.get(class) {
            return *kind;
        }
        match (class, care) {
            ("I" | "B", _) => Kind::Inpatient,
            ("E", _) | ("O", Care::Emergency) => Kind::Emergency,
            ("OBS" | "OBV" | "OV" | "OBSERVATION", _) => Kind::Observation,
            ("O", Care::Inpatient | Care::Observation) => Kind::Observation,
            _ => Kind::Outpatient,
        }
    }
}

/// One place of a stay, resolved to a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// The unit.
    pub unit: Id<Site>,
    /// Room and bed, or empty.
    pub bed: String,
    /// Patient class code.
    pub class: String,
    /// How it began.
    pub began: Began,
    /// How it ended.
    pub ended: Ended,
    /// From when.
    pub from: Micros,
    /// Until when, or [`OPEN`].
    pub to: Micros,
}

/// Site, kind and day of a count.
pub type DayKey = (Id<Site>, Kind, Date);

/// What moved at one site on one day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Arrivals of the kind, from outside or from another kind.
    pub admissions: i64,
    /// Left alive.
    pub discharges: i64,
    /// Died.
    pub deaths: i64,
    /// Came from outside the site, while inside the house.
    pub transfers_in: i64,
    /// Went out of the site, while inside the house.
    pub transfers_out: i64,
    /// Of the ends, those of patients who also arrived that day.
    pub same_day: i64,
    /// Of the discharges, those before local noon.
    pub before_noon: i64,
    /// Of the emergency departures, those before being seen.
    pub unseen: i64,
    /// Days of stay of those who left: at least 1 each.
    pub stay_days: i64,
}

impl Counts {
    /// What the day adds to the census.
    #[must_use]
    pub fn net(&self) -> i64 {
        self.admissions + self.transfers_in - self.discharges - self.deaths - self.transfers_out
    }

    /// Adds `other`, `sign` times.
    pub fn add(&mut self, other: &Counts, sign: i64) {
        self.admissions += sign * other.admissions;
        self.discharges += sign * other.discharges;
        self.deaths += sign * other.deaths;
        self.transfers_in += sign * other.transfers_in;
        self.transfers_out += sign * other.transfers_out;
        self.same_day += sign * other.same_day;
        self.before_noon += sign * other.before_noon;
        self.unseen += sign * other.unseen;
        self.stay_days += sign * other.stay_days;
    }
}

/// The local date of an instant.
#[must_use]
pub fn local_date(at: Micros, zone: &TimeZone) -> Date {
    Timestamp::from_microsecond(at).map_or(Date::MAX, |at| zone.to_datetime(at).date())
}

/// Days of stay between two dates: discharge date minus admission date, the same day counting 1.
#[must_use]
pub fn stay_days(from: Date, until: Date) -> i64 {
    from.until(until).map_or(1, |span| i64::from(span.get_days())).max(1)
}

/// A run of legs that counts as one stay of one kind: arrived at `first`, ended at `last`.
#[derive(Debug, Clone, Copy)]
pub struct Run<'l> {
    /// What the patient counted as.
    pub kind: Kind,
    /// Its legs, in order.
    pub legs: &'l [Leg],
}

/// A leg of a run with the local dates it began and ended on; [`Date::MAX`] while it is open.
#[derive(Debug, Clone, Copy)]
pub struct Dated<'l> {
    /// The leg.
    pub leg: &'l Leg,
    /// The first midnight at or after this date's beginning is spent here.
    pub from: Date,
    /// The midnights before this date are spent here.
    pub until: Date,
}

impl<'l> Run<'l> {
    /// Its legs with their dates, each in the zone of its place. A move has one date, that of the place left,
    /// so that nobody is in two places at one midnight where zones differ.
    #[must_use]
    pub fn dated(&self, tree: &SiteTree) -> Vec<Dated<'l>> {
        let mut began =
            self.legs.first().map_or(Date::MAX, |leg| local_date(leg.from, zone_of(tree, &leg.unit)));
        let of_leg = |leg: &'l Leg| {
            let until = local_date(leg.to, zone_of(tree, &leg.unit));
            Dated { leg, from: std::mem::replace(&mut began, until), until }
        };
        self.legs.iter().map(of_leg).collect()
    }
}

/// The zone of a site.
#[must_use]
pub fn zone_of<'t>(tree: &'t SiteTree, site: &Id<Site>) -> &'t TimeZone {
    static UTC: TimeZone = TimeZone::UTC;
    tree.get(site).map_or(&UTC, |site| &site.time_zone)
}

/// Cuts the legs of a stay where the kind changes or the patient was away in between.
pub fn runs<'l>(legs: &'l [Leg], tree: &SiteTree, profile: &Profile) -> Vec<Run<'l>> {
    let kind_of =
        |leg: &Leg| profile.kind(&leg.class, tree.get(&leg.unit).map_or(Care::Unmapped, |site| site.care));
    legs.chunk_by(|a, b| kind_of(a) == kind_of(b) && a.to == b.from)
        .filter_map(|legs| legs.first().map(|first| Run { kind: kind_of(first), legs }))
        .collect()
}

/// Adds what the legs of one stay contribute, `sign` times, to `into`.
pub fn contributions(
    legs: &[Leg],
    tree: &SiteTree,
    profile: &Profile,
    sign: i64,
    into: &mut BTreeMap<DayKey, Counts>,
) {
    for run in runs(legs, tree, profile) {
        let dated = run.dated(tree);
        let (Some(first), Some(last)) = (dated.first(), dated.last()) else { continue };
        for site in tree.upward(&first.leg.unit) {
            into.entry((site.id, run.kind, first.from)).or_default().admissions += sign;
        }
        for pair in dated.windows(2) {
            let [from, to] = pair else { continue };
            add_transfer(from.leg.unit, to.leg.unit, from.until, run.kind, tree, sign, into);
        }
        if last.leg.to == OPEN {
            continue;
        }
        let end = end_counts(last, first.from, zone_of(tree, &last.leg.unit), run.kind);
        for site in tree.upward(&last.leg.unit) {
            into.entry((site.id, run.kind, last.until)).or_default().add(&end, sign);
        }
    }
}

/// A move is a transfer of every site it leaves or enters, and of none that holds both ends.
fn add_transfer(
    from: Id<Site>,
    to: Id<Site>,
    date: Date,
    kind: Kind,
    tree: &SiteTree,
    sign: i64,
    into: &mut BTreeMap<DayKey, Counts>,
) {
    if from == to {
        return;
    }
    let left: Vec<Id<Site>> = tree.upward(&from).iter().map(|site| site.id).collect();
    let entered: Vec<Id<Site>> = tree.upward(&to).iter().map(|site| site.id).collect();
    for site in left.iter().filter(|site| !entered.contains(site)) {
        into.entry((*site, kind, date)).or_default().transfers_out += sign;
    }
    for site in entered.iter().filter(|site| !left.contains(site)) {
        into.entry((*site, kind, date)).or_default().transfers_in += sign;
    }
}

fn end_counts(last: &Dated<'_>, arrived: Date, zone: &TimeZone, kind: Kind) -> Counts {
    let Dated { leg, until: left, .. } = *last;
    let has_died = leg.ended == Ended::Died;
    let hour = Timestamp::from_microsecond(leg.to).map_or(23, |at| zone.to_datetime(at).hour());
    Counts {
        discharges: i64::from(!has_died),
        deaths: i64::from(has_died),
        same_day: i64::from(arrived == left),
        before_noon: i64::from(!has_died && hour < 12),
        unseen: i64::from(leg.ended == Ended::Unseen && kind == Kind::Emergency),
        stay_days: stay_days(arrived, left),
        ..Counts::default()
    }
}
