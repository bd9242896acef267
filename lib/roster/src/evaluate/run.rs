//! Runs: consecutive days on duties of a set.
#![expect(clippy::indexing_slicing, reason = "flags have a place for each code")]

use super::charge::{Charge, Sink, Source, Weigh};
use super::past::{Past, day_of};
use crate::problem::{Cell, DutySet, RuleIdx};
use crate::rules::Edges;

/// A run rule of one person.
#[derive(Clone, Debug)]
pub struct RunPlan {
    pub(crate) rule: RuleIdx,
    pub(crate) weigh: Weigh,
    pub(crate) is_member: Box<[bool]>,
    pub(crate) min: i32,
    pub(crate) max: i32,
    /// How long the run is that reaches into the horizon.
    pub(crate) carried: i32,
    /// Whether a run that touches day 0 may have begun before what is known.
    pub(crate) is_open_before: bool,
    /// Whether a run that touches the last day may go on.
    pub(crate) is_open_after: bool,
}

impl RunPlan {
    pub(crate) fn new(
        past: &Past<'_>,
        (rule, weigh): (RuleIdx, Weigh),
        duties: &DutySet,
        (min, max): (u16, Option<u16>),
        edges: Edges,
    ) -> RunPlan {
        let history = &past.person.carry.history;
        let carried = history.iter().rev().take_while(|cell| duties.has(**cell)).count();
        let is_open = edges == Edges::Open;
        RunPlan {
            rule,
            weigh,
            is_member: duties.flags(past.problem.n_codes()),
            min: i32::from(min),
            max: max.map_or(i32::MAX, i32::from),
            carried: day_of(carried),
            is_open_before: is_open && carried == history.len(),
            is_open_after: is_open,
        }
    }

    #[inline]
    pub(crate) fn walk(&self, row: &[Cell], sink: &mut impl Sink) {
        let mut length = self.carried;
        let mut is_open = self.is_open_before;
        for (day, cell) in row.iter().enumerate() {
            if self.is_member[cell.code()] {
                length += 1;
            } else {
                if length > 0 {
                    self.judge(day_of(day), length, is_open, sink);
                    length = 0;
                }
                is_open = false;
            }
        }
        if length > 0 {
            self.judge(day_of(row.len()), length, is_open || self.is_open_after, sink);
        }
    }

    /// Judges a run that ends on the day before `end`.
    #[inline]
    fn judge(&self, end: i32, length: i32, is_open: bool, sink: &mut impl Sink) {
        let first = end - length;
        let (limit, units) = if length > self.max {
            // What was too long before the horizon is not charged again.
            let before = if first < 0 { self.carried.max(self.max) } else { self.max };
            (self.max, length - before)
        } else if length < self.min && !is_open {
            (self.min, self.min - length)
        } else {
            return;
        };
        let (source, cost) = (Source::Rule(self.rule), self.weigh.cost(i64::from(units)));
        let (got, limit) = (i64::from(length), i64::from(limit));
        sink.charge(Charge { source, first, last: end - 1, got, limit, cost });
    }
}
