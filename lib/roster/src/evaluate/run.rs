//! Runs: consecutive days on duties of a set.
#![expect(clippy::indexing_slicing, reason = "flags have a place for each code, days are those of the row")]

use super::charge::{Charge, Sink, Source, Weigh};
use super::past::{Past, day_of};
use super::rewrite::Rewrite;
use crate::problem::{Cell, DutySet, RuleIdx};
use crate::rules::Edges;
use crate::score::Cost;
use std::ops::Range;

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
        self.walk_days(row, 0..row.len(), sink);
    }

    /// What a change of a row changes: only runs that it touches or ends beside.
    #[inline]
    pub(crate) fn change(&self, rewrite: &Rewrite<'_>) -> Cost {
        let is_member = |cell: &Cell| self.is_member[cell.code()];
        if rewrite.cells().all(|(_, was, is)| is_member(&was) == is_member(&is)) {
            return Cost::ZERO;
        }
        let (before, after) = (&rewrite.is[..rewrite.from], &rewrite.is[rewrite.until..]);
        let from = rewrite.from - before.iter().rev().take_while(|cell| is_member(cell)).count();
        let until = rewrite.until + after.iter().take_while(|cell| is_member(cell)).count();
        rewrite.difference(|row, cost| self.walk_days(row, from..until, cost))
    }

    /// Judges the runs within these days; no run reaches over their rim but the one carried in.
    #[inline]
    fn walk_days(&self, row: &[Cell], days: Range<usize>, sink: &mut impl Sink) {
        let is_start = days.start == 0;
        let mut length = if is_start { self.carried } else { 0 };
        let mut is_open = is_start && self.is_open_before;
        for (day, cell) in days.clone().zip(&row[days.clone()]) {
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
            let goes_on = self.is_open_after && days.end == row.len();
            self.judge(day_of(days.end), length, is_open || goes_on, sink);
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
