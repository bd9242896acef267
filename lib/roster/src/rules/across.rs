//! Rules on several people at once. How many are needed is [`Demand`](crate::problem::Demand).

use super::{Measure, Who};
use crate::problem::DutySet;

/// A rule on several people. "Each set of duties" is usually one set for each shift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Across {
    /// On each day and each set of duties, a group makes up at least a share of all who are there.
    /// Every head missing counts one.
    Share {
        /// Who makes up the share; the rule's own `who` is the whole.
        part: Who,
        /// Which of the part's duties count, within the set; for skills such as RN.
        part_duties: DutySet,
        /// At least so many percent of the heads.
        at_least_percent: u16,
        /// Judged for each of these.
        sets: Vec<DutySet>,
    },
    /// On each day and each set of duties, every so many of the rule's `who` need one companion.
    /// Every companion missing counts one.
    Company {
        /// Who can be a companion.
        with: Who,
        /// So many can share one companion; [`u16::MAX`] where one is enough for all.
        per: u16,
        /// Judged for each of these.
        sets: Vec<DutySet>,
    },
    /// On each day, whenever someone of the rule's `who` is on a set of duties, so is the partner.
    /// Each person and day without counts one.
    Together {
        /// With whom.
        partner: crate::problem::PersonIdx,
        /// Judged for each of these.
        sets: Vec<DutySet>,
    },
    /// On each day and each set of duties, at most one of the rule's `who` is there. Each head beyond
    /// counts one.
    Apart {
        /// Judged for each of these.
        sets: Vec<DutySet>,
    },
    /// The count of each of the rule's `who` over the horizon lies close together.
    Spread {
        /// What is counted.
        measure: Measure,
        /// How the distance is told.
        by: Spread,
        /// Whether each count is scaled to full time before: `count * 100 / fte_percent`, cut off.
        is_by_fte: bool,
        /// So much distance is fine.
        free: i64,
        /// The strength is for so many units; a part of them costs its part, rounded up.
        per: u32,
    },
}

/// How the distance between counts is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// The largest less the smallest.
    Range,
    /// The sum of distances from the mean, rounded up.
    Deviations,
}
