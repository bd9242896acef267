//! Days worked out from legs, for a belief that is no longer the stored one. Pure.

use crate::legs::StayLegs;
use crate::profile::Profiles;
use crate::tally::rules::{self, Counts, Dated, DayKey, Kind};
use crate::tally::store::Day;
use base::{Id, Period};
use identity::{Site, SiteTree};
use std::collections::{BTreeMap, HashMap};

/// Every day of the period for every site at or below `top`, from the legs of all stays that touch it.
///
/// The stays must be whole: a move is a transfer or not by where it came from.
#[must_use]
pub fn days(
    stays: &[StayLegs],
    tree: &SiteTree,
    profiles: &Profiles,
    top: &Id<Site>,
    kind: Kind,
    period: Period,
) -> HashMap<Id<Site>, Vec<Day>> {
    let mut moved: BTreeMap<DayKey, Counts> = BTreeMap::new();
    let mut begin: HashMap<Id<Site>, i64> = HashMap::new();
    for stay in stays {
        let profile = profiles.of(&stay.facility);
        rules::contributions(&stay.legs, tree, profile, 1, &mut moved);
        for run in rules::runs(&stay.legs, tree, profile).iter().filter(|run| run.kind == kind) {
            let is_inside = |dated: &Dated<'_>| dated.from < period.first() && period.first() <= dated.until;
            for dated in run.dated(tree).into_iter().filter(is_inside) {
                for site in tree.upward(&dated.leg.unit) {
                    *begin.entry(site.id).or_default() += 1;
                }
            }
        }
    }
    tree.below(top)
        .iter()
        .map(|site| {
            let mut inside = begin.get(&site.id).copied().unwrap_or(0);
            let days = period.days().map(|date| {
                let counts = moved.get(&(site.id, kind, date)).copied().unwrap_or_default();
                let day = Day { date, begin: inside, counts };
                inside = day.midnight_census();
                day
            });
            (site.id, days.collect())
        })
        .collect()
}
