//! Overtime of fixed periods.
#![expect(clippy::indexing_slicing, reason = "windows lie inside the horizon")]

use super::charge::{Charge, Sink, Source, Weigh};
use super::count::{Values, periods};
use super::past::{Past, day_of};
use super::rewrite::Rewrite;
use crate::problem::{Cell, RuleIdx};
use crate::score::Cost;
use jiff::civil::Date;
use std::sync::Arc;

/// An overtime rule of one person.
#[derive(Clone, Debug)]
pub struct OvertimePlan {
    rule: RuleIdx,
    pub(crate) weigh: Weigh,
    pub(crate) values: Arc<Values>,
    period_minutes: i64,
    pub(crate) day_minutes: i64,
    pub(crate) windows: Box<[Stretch]>,
}

/// A period, and what was worked of it before the horizon.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    first: i32,
    pub(crate) from: usize,
    pub(crate) until: usize,
    pub(crate) total: i64,
    pub(crate) daily: i64,
}

impl OvertimePlan {
    pub(crate) fn new(
        past: &Past<'_>,
        (rule, weigh): (RuleIdx, Weigh),
        (days, from): (u16, Date),
        (period_minutes, day_minutes): (u32, Option<u32>),
        values: &Arc<Values>,
    ) -> OvertimePlan {
        let problem = past.problem;
        let day_minutes = day_minutes.map_or(i64::MAX, i64::from);
        let stretch = |(first, until): (i32, i32)| {
            let known = past.days().filter(|(day, _)| *day >= first);
            let minutes: Vec<i64> = known.map(|(day, cell)| i64::from(problem.paid(day, cell))).collect();
            let inside = |day: i32| usize::try_from(day).unwrap_or(0).min(problem.n_days());
            Stretch {
                first,
                from: inside(first),
                until: inside(until),
                total: minutes.iter().sum(),
                daily: minutes.iter().map(|minutes| (minutes - day_minutes).max(0)).sum(),
            }
        };
        OvertimePlan {
            rule,
            weigh,
            values: Arc::clone(values),
            period_minutes: i64::from(period_minutes),
            day_minutes,
            windows: periods(problem, days, from, 0).into_iter().map(stretch).collect(),
        }
    }

    #[inline]
    pub(crate) fn walk(&self, row: &[Cell], sink: &mut impl Sink) {
        self.walk_windows(row, &self.windows, sink);
    }

    /// What a change of a row changes: only the periods that it lies in.
    #[inline]
    pub(crate) fn change(&self, rewrite: &Rewrite<'_>) -> Cost {
        let from = self.windows.partition_point(|window| window.until <= rewrite.from);
        let until = self.windows.partition_point(|window| window.from < rewrite.until);
        let windows = &self.windows[from..until];
        rewrite.difference(|row, cost| self.walk_windows(row, windows, cost))
    }

    #[inline]
    fn walk_windows(&self, row: &[Cell], windows: &[Stretch], sink: &mut impl Sink) {
        for window in windows {
            let (mut total, mut daily) = (window.total, window.daily);
            let before = self.beyond(total, daily);
            for (day, cell) in (window.from..).zip(&row[window.from..window.until]) {
                let minutes = self.values.at(day, *cell);
                total += minutes;
                daily += (minutes - self.day_minutes).max(0);
            }
            let beyond = self.beyond(total, daily);
            if beyond > 0 {
                let cost = self.weigh.cost(beyond) - self.weigh.cost(before);
                let (source, last) = (Source::Rule(self.rule), day_of(window.until) - 1);
                sink.charge(Charge { source, first: window.first, last, got: beyond, limit: 0, cost });
            }
        }
    }

    pub(crate) fn beyond(&self, total: i64, daily: i64) -> i64 {
        (total - self.period_minutes).max(daily).max(0)
    }
}
