//! Beds by unit: in use, leaving, coming, and what is left tonight.
//!
//! Four statements whatever the size of the house: patients by unit, beds by unit and state, the stays
//! about to move, and the bed counts in force.

use super::store::{self, Moving};
use ::store::{StoreError, Tx};
use base::Id;
use census::beds::rules::BedState;
use identity::sites::{Beds, beds_on};
use identity::{Care, Site, SiteInfo, SiteTree};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// An announced arrival that did not come within this time is not expected any more.
const STALE_AFTER: SignedDuration = SignedDuration::from_hours(12);
/// Wide enough for yesterday's and today's local days in any zone.
const AROUND: SignedDuration = SignedDuration::from_hours(60);

/// A unit, a facility or the whole, as the table shows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// Patients inside.
    pub(super) in_use: i64,
    /// Of them, those who leave today or wait to move elsewhere.
    pub(super) leaving: i64,
    /// Those who come today, from elsewhere in the house or from outside.
    pub(super) coming: i64,
    /// Staffed beds; where no count is kept, the beds set up.
    pub(super) beds: i64,
    /// Beds nobody can use for now.
    pub(super) blocked: i64,
}

impl Standing {
    /// Beds left once everyone has come and gone: below zero there are more patients than beds.
    pub(super) fn free_tonight(self) -> i64 {
        self.beds - self.blocked - self.in_use + self.leaving - self.coming
    }

    fn add(&mut self, other: Standing) {
        self.in_use += other.in_use;
        self.leaving += other.leaving;
        self.coming += other.coming;
        self.beds += other.beds;
        self.blocked += other.blocked;
    }
}

/// Where a stay that is about to move goes, and why it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Move {
    /// The stay.
    pub(super) stay: Moving,
    /// The unit it goes to, if it moves within the house or arrives.
    pub(super) to: Option<Id<Site>>,
    /// Whether it leaves its unit today.
    pub(super) is_leaving: bool,
}

/// How the house stands.
#[derive(Debug, Default)]
pub(super) struct House {
    /// Each unit.
    pub(super) units: BTreeMap<Id<Site>, Standing>,
    /// Everyone about to move.
    pub(super) moves: Vec<Move>,
    /// Patients in the emergency departments.
    pub(super) n_emergency: i64,
}

impl House {
    /// Several units together.
    pub(super) fn sum(&self, units: &[&SiteInfo]) -> Standing {
        let mut sum = Standing::default();
        for unit in units {
            sum.add(self.units.get(&unit.id).copied().unwrap_or_default());
        }
        sum
    }
}

/// Reads how a site stands.
pub(super) async fn load(
    tx: &mut Tx,
    tree: &SiteTree,
    site: &SiteInfo,
    now: Timestamp,
) -> Result<House, StoreError> {
    let present = store::count_present(tx, site.id).await?;
    let states = store::count_beds(tx, site.id).await?;
    let top = site.facility_id.unwrap_or(site.id);
    let (from, until) = (now.saturating_sub(AROUND), now.saturating_add(AROUND));
    let moving = store::list_moving(tx, top, from.unwrap_or(now), until.unwrap_or(now)).await?;
    let ids: Vec<Id<Site>> = tree.units_below(&site.id).iter().map(|unit| unit.id).collect();
    let counts = beds_on(tx, &ids, site.time_zone.to_datetime(now).date()).await?;
    let moves = moving.into_iter().map(|stay| judge(stay, tree, now)).collect();
    Ok(stand(tree, site, &present, &states, &counts, moves))
}

/// When the local day ends.
pub(super) fn end_of_day(zone: &TimeZone, now: Timestamp) -> Timestamp {
    base::Period::day(zone.to_datetime(now).date()).instants(zone).1
}

fn judge(stay: Moving, tree: &SiteTree, now: Timestamp) -> Move {
    // A patient moved here from another facility is told of in the codes of this one.
    let here = stay.unit.and_then(|unit| tree.facility_of(&unit)).map_or(stay.facility, |site| site.id);
    let zone = tree.get(&here).map_or(TimeZone::UTC, |site| site.time_zone.clone());
    let tonight = end_of_day(&zone, now);
    let to = tree.unit_by_code(here, &stay.to).map(|unit| unit.id);
    let is_moving = stay.is_present && to.is_some() && to != stay.unit;
    let yesterday = base::Period::day(zone.to_datetime(now).date()).before().instants(&zone).0;
    let is_going = stay.is_present && stay.leaving_at.is_some_and(|at| yesterday <= at && at < tonight);
    let is_arriving = !stay.is_present
        && stay.expected_at.is_some_and(|at| at < tonight && now.duration_since(at) < STALE_AFTER);
    Move { to: to.filter(|_| is_moving || is_arriving), is_leaving: is_moving || is_going, stay }
}

fn stand(
    tree: &SiteTree,
    site: &SiteInfo,
    present: &BTreeMap<Id<Site>, i64>,
    states: &BTreeMap<Id<Site>, BTreeMap<BedState, i64>>,
    counts: &BTreeMap<Id<Site>, Beds>,
    moves: Vec<Move>,
) -> House {
    let mut house = House::default();
    for unit in tree.units_below(&site.id) {
        let in_state = |state| states.get(&unit.id).and_then(|beds| beds.get(&state)).copied().unwrap_or(0);
        let n_made: i64 =
            BedState::ALL.into_iter().filter(|state| *state != BedState::Closed).map(in_state).sum();
        let standing = Standing {
            in_use: present.get(&unit.id).copied().unwrap_or(0),
            leaving: count(&moves, |moving| moving.is_leaving && moving.stay.unit == Some(unit.id)),
            coming: count(&moves, |moving| moving.to == Some(unit.id)),
            beds: match unit.care {
                // Where a patient is whose place nobody knows, no bed is staffed for it.
                Care::Unmapped => 0,
                Care::Inpatient | Care::Observation | Care::Nursery | Care::Emergency | Care::Outpatient => {
                    counts.get(&unit.id).map_or(n_made, |beds| beds.staffed)
                }
            },
            blocked: in_state(BedState::Blocked),
        };
        if unit.care == Care::Emergency {
            house.n_emergency += standing.in_use;
        }
        house.units.insert(unit.id, standing);
    }
    house.moves = moves;
    house
}

fn count(moves: &[Move], is_it: impl Fn(&Move) -> bool) -> i64 {
    i64::try_from(moves.iter().filter(|moving| is_it(moving)).count()).unwrap_or(i64::MAX)
}

/// The lines of the table: units, or facilities where the site holds several.
pub(super) fn lines<'t>(
    tree: &'t SiteTree,
    site: &SiteInfo,
    house: &House,
    now: Timestamp,
) -> Vec<(&'t SiteInfo, Vec<&'t SiteInfo>)> {
    let day = site.time_zone.to_datetime(now).date();
    let units = tree.units_below(&site.id).into_iter().filter(|unit| {
        let standing = house.units.get(&unit.id).copied().unwrap_or_default();
        let is_shown = match unit.care {
            Care::Inpatient | Care::Observation => standing.beds > 0 || standing.in_use > 0,
            // Bassinets, ED bays and clinics are no beds to place an inpatient in.
            Care::Nursery | Care::Emergency | Care::Outpatient => unit.id == site.id,
            Care::Unmapped => standing.in_use > 0,
        };
        unit.is_open(day) && is_shown
    });
    if site.facility_id.is_some() {
        return units.map(|unit| (unit, vec![unit])).collect();
    }
    let mut lines: Vec<(&SiteInfo, Vec<&SiteInfo>)> = Vec::new();
    let mut seen: BTreeSet<Id<Site>> = BTreeSet::new();
    for unit in units {
        let head = tree.facility_of(&unit.id).unwrap_or(unit);
        if seen.insert(head.id) {
            lines.push((head, Vec::new()));
        }
        if let Some((_, units)) = lines.iter_mut().find(|(site, _)| site.id == head.id) {
            units.push(unit);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(standing: [i64; 5]) -> i64 {
        let [beds, in_use, leaving, coming, blocked] = standing;
        Standing { in_use, leaving, coming, beds, blocked }.free_tonight()
    }

    #[test]
    fn free_tonight_counts_everyone_who_comes_and_goes() {
        assert_eq!(check([20, 19, 1, 2, 0]), 0);
        assert_eq!(check([28, 28, 4, 3, 0]), 1);
        assert_eq!(check([28, 28, 4, 3, 2]), -1);
    }
}
