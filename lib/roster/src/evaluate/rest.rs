//! Rest between duties with days off between them, and recovery after runs.
//!
//! Rest between duties of neighboring days is a matter of pairs and stands in `tables`.
#![expect(clippy::indexing_slicing, reason = "flags have a place for each code, days are those of the row")]

use super::charge::{Charge, Sink, Source, Weigh};
use super::past::{Clock, Past, day_of};
use super::rewrite::Rewrite;
use crate::problem::{Cell, DutySet, Problem, RuleIdx};
use crate::score::Cost;
use std::ops::Range;
use std::sync::Arc;

/// A rest or recovery rule of one person.
#[derive(Clone, Debug)]
pub struct RestPlan {
    rule: RuleIdx,
    pub(crate) weigh: Weigh,
    pub(crate) after: Box<[bool]>,
    pub(crate) before: Box<[bool]>,
    pub(crate) minutes: i32,
    /// From how many days in a row on; 0: after any duty, neighboring days left to the tables.
    pub(crate) run_min: i32,
    pub(crate) clock: Arc<Clock>,
    /// The last duty before the horizon: its day, cell, true end.
    pub(crate) last: Option<(i32, Cell, i32)>,
    /// How long the run of `after` was that ended with it.
    pub(crate) run: i32,
}

/// What a rest rule asks for.
pub(crate) struct Rest<'r> {
    pub(crate) after: &'r DutySet,
    pub(crate) before: &'r DutySet,
    pub(crate) minutes: u32,
    pub(crate) run_min: u16,
}

impl RestPlan {
    /// `None` where only neighboring days can break the rule.
    pub(crate) fn new(
        past: &Past<'_>,
        (rule, weigh): (RuleIdx, Weigh),
        rest: &Rest<'_>,
        clock: &Arc<Clock>,
    ) -> Option<RestPlan> {
        let problem = past.problem;
        let minutes = i32::try_from(rest.minutes).unwrap_or(i32::MAX);
        let is_plain = rest.run_min == 0;
        if is_plain && past.person.carry.last_end.is_none() && !reaches_over_a_day(problem, rest, minutes) {
            return None;
        }
        let last = past.last_work();
        let known = |day: &i32| past.cell(*day).is_some_and(|cell| rest.after.has(cell) && cell.is_work());
        let run = last.map_or(0, |(day, _, _)| (0..).map(|k| day - k).take_while(known).count());
        Some(RestPlan {
            rule,
            weigh,
            after: rest.after.flags(problem.n_codes()),
            before: rest.before.flags(problem.n_codes()),
            minutes,
            run_min: i32::from(rest.run_min),
            clock: Arc::clone(clock),
            last,
            run: day_of(run),
        })
    }

    #[inline]
    pub(crate) fn walk(&self, row: &[Cell], sink: &mut impl Sink) {
        self.walk_days(row, 0..row.len(), sink);
    }

    /// What a change of a row changes: only rests from the days of work in a row before it up to the first
    /// duty after the days of work in a row behind it.
    #[inline]
    pub(crate) fn change(&self, rewrite: &Rewrite<'_>) -> Cost {
        let row = rewrite.is;
        let is_work = |day: &usize| row[*day].is_work();
        let is_off = |day: &usize| !row[*day].is_work();
        let from = (0..rewrite.from)
            .rev()
            .find(is_work)
            .map_or(0, |last| (0..last).rev().find(is_off).map_or(0, |off| off + 1));
        let n_days = row.len();
        let begin = (rewrite.until..n_days).find(is_work).unwrap_or(n_days);
        let end = (begin..n_days).find(is_off).unwrap_or(n_days);
        let until = (end..n_days).find(is_work).map_or(n_days, |next| next + 1);
        rewrite.difference(|row, cost| self.walk_days(row, from..until, cost))
    }

    /// Judges the rests between duties of these days; what came before is known only of the first day of all.
    #[inline]
    fn walk_days(&self, row: &[Cell], days: Range<usize>, sink: &mut impl Sink) {
        let is_start = days.start == 0;
        let mut last = self.last.filter(|_| is_start);
        let mut run = if is_start { self.run } else { 0 };
        for (idx, &cell) in days.clone().zip(&row[days]).filter(|(_, cell)| cell.is_work()) {
            let day = day_of(idx);
            let is_after = self.after[cell.code()];
            if let Some((last_day, last_cell, end)) = last {
                let is_next = last_day == day - 1;
                let is_judged =
                    if self.run_min == 0 { !is_next } else { run >= self.run_min && !(is_next && is_after) };
                if is_judged && self.after[last_cell.code()] && self.before[cell.code()] {
                    self.judge((last_day, day), self.clock.start(idx, cell) - end, sink);
                }
                run = if is_after { if is_next { run + 1 } else { 1 } } else { 0 };
            } else {
                run = i32::from(is_after);
            }
            last = Some((day, cell, self.clock.end(idx, cell)));
        }
    }

    #[inline]
    fn judge(&self, (first, last): (i32, i32), rest: i32, sink: &mut impl Sink) {
        if rest < self.minutes {
            let cost = self.weigh.cost(i64::from(self.minutes) - i64::from(rest));
            let (source, limit) = (Source::Rule(self.rule), i64::from(self.minutes));
            sink.charge(Charge { source, first, last, got: i64::from(rest), limit, cost });
        }
    }
}

/// Whether a duty can come too early even with a day off between, three hours of clock change allowed.
fn reaches_over_a_day(problem: &Problem, rest: &Rest<'_>, minutes: i32) -> bool {
    let shifts = |set: &DutySet| {
        let n_codes = problem.n_codes();
        let shifts = set.cells(n_codes).filter_map(|cell| problem.shift_of(cell));
        shifts
            .map(|shift| (shift.start_minute, shift.start_minute + shift.length_minutes))
            .collect::<Vec<_>>()
    };
    let end = shifts(rest.after).into_iter().map(|(_, end)| end).max();
    let start = shifts(rest.before).into_iter().map(|(start, _)| start).min();
    let (Some(end), Some(start)) = (end, start) else { return false };
    let signed = |minute: u32| i32::try_from(minute).unwrap_or(i32::MAX);
    2 * 1_440 + signed(start) - signed(end) - 180 < minutes
}
