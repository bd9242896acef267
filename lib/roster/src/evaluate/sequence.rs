//! Forbidden sequences of three days and more; shorter ones stand in `tables`.
#![expect(clippy::indexing_slicing, reason = "flags have a place for each code")]

use super::charge::{Charge, Sink, Source, Weigh};
use super::past::{Past, day_of};
use super::rewrite::Rewrite;
use crate::problem::{Cell, RuleIdx};
use crate::rules::Sequence;
use crate::score::Cost;
use std::ops::Range;

/// A forbidden sequence of one person.
#[derive(Clone, Debug)]
pub struct SequencePlan {
    rule: RuleIdx,
    pub(crate) cost: Cost,
    pub(crate) days: Box<[Box<[bool]>]>,
    /// On which days of the horizon it may end.
    pub(crate) may_end: Box<[bool]>,
    /// The known days before the horizon that it may begin on, oldest first.
    pub(crate) past: Box<[Cell]>,
}

impl SequencePlan {
    pub(crate) fn new(past: &Past<'_>, (rule, weigh): (RuleIdx, Weigh), sequence: &Sequence) -> SequencePlan {
        let problem = past.problem;
        let length = day_of(sequence.days.len());
        let history = &past.person.carry.history;
        let reach = history.len().min(sequence.days.len() - 1);
        let may_end = |day: i32| {
            let first = day - length + 1;
            first >= -past.n_known() && sequence.starting.has(problem.calendar().weekday(first))
        };
        SequencePlan {
            rule,
            cost: weigh.cost(1),
            days: sequence.days.iter().map(|duties| duties.flags(problem.n_codes())).collect(),
            may_end: (0..day_of(problem.n_days())).map(may_end).collect(),
            past: history[history.len() - reach..].into(),
        }
    }

    #[inline]
    pub(crate) fn walk(&self, row: &[Cell], sink: &mut impl Sink) {
        self.walk_days(row, 0..row.len(), sink);
    }

    /// What a change of a row changes: only sequences that end on its days or soon after.
    #[inline]
    pub(crate) fn change(&self, rewrite: &Rewrite<'_>) -> Cost {
        let days = rewrite.from..(rewrite.until + self.days.len() - 1).min(rewrite.is.len());
        rewrite.difference(|row, cost| self.walk_days(row, days.clone(), cost))
    }

    /// Judges the sequences that end on these days.
    #[inline]
    fn walk_days(&self, row: &[Cell], days: Range<usize>, sink: &mut impl Sink) {
        let length = self.days.len();
        for day in days {
            // The last day tells most sequences apart.
            if !self.may_end[day] || !self.days[length - 1][row[day].code()] {
                continue;
            }
            let holds = |back: usize| {
                let cell = match day.checked_sub(back) {
                    Some(day) => row[day],
                    None => self.past[self.past.len() + day - back],
                };
                self.days[length - 1 - back][cell.code()]
            };
            if (1..length).all(holds) {
                let last = day_of(day);
                let (source, first) = (Source::Rule(self.rule), last - day_of(length) + 1);
                sink.charge(Charge { source, first, last, got: 1, limit: 0, cost: self.cost });
            }
        }
    }
}
