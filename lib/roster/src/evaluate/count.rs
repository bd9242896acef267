//! Counts: amounts over the horizon, fixed periods and rolling windows.
#![expect(clippy::indexing_slicing, reason = "tables have a row for each day and a place for each code")]

use super::charge::{Charge, Sink, Source, Weigh};
use super::past::{Past, day_of};
use super::rewrite::Rewrite;
use super::weekend::Weekends;
use crate::problem::{CODES_MAX, Cell, Problem, RuleIdx};
use crate::rules::{Days, Measure, Over};
use crate::score::Cost;
use std::ops::Range;
use std::sync::Arc;

/// What each cell is worth on each day. Most days are alike, so rows are kept once for each kind of day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    n_codes: usize,
    row_of_day: Box<[u32]>,
    rows: Box<[i32]>,
}

/// What a cell is worth on a day, in history or horizon. Weekends are no matter of single days.
pub(crate) fn value(problem: &Problem, measure: &Measure, day: i32, cell: Cell) -> i32 {
    match measure {
        Measure::Duties { duties, on } => {
            let calendar = problem.calendar();
            let is_on = match on {
                Days::On(weekdays) => weekdays.has(calendar.weekday(day)),
                Days::Holidays => calendar.is_holiday(day),
            };
            i32::from(is_on && duties.has(cell))
        }
        Measure::Minutes { duties } if duties.has(cell) => problem.paid(day, cell),
        Measure::Minutes { .. } | Measure::Weekends { .. } => 0,
    }
}

impl Values {
    pub(crate) fn new(problem: &Problem, measure: &Measure) -> Values {
        let n_codes = problem.n_codes();
        let mut kinds: Vec<Vec<i32>> = Vec::new();
        let mut row_of_day = Vec::new();
        for day in 0..day_of(problem.n_days()) {
            let row: Vec<i32> =
                problem.duties().cells().map(|cell| value(problem, measure, day, cell)).collect();
            let kind = kinds.iter().position(|kind| *kind == row).unwrap_or_else(|| {
                kinds.push(row);
                kinds.len() - 1
            });
            row_of_day.push(u32::try_from(kind * n_codes).unwrap_or(0));
        }
        Values { n_codes, row_of_day: row_of_day.into(), rows: kinds.concat().into() }
    }

    /// What a cell is worth on a day.
    #[must_use]
    #[inline]
    pub fn at(&self, day: usize, cell: Cell) -> i64 {
        i64::from(self.rows[self.row_of_day[day] as usize + cell.code()])
    }

    /// What a cell is worth on each kind of day.
    pub(crate) fn of_kinds(&self, cell: Cell) -> impl Iterator<Item = i32> + '_ {
        self.rows.chunks_exact(self.n_codes.max(1)).map(move |row| row[cell.code()])
    }

    /// Whether every day is worth the same.
    #[must_use]
    pub fn is_uniform(&self) -> bool {
        self.rows.len() == self.n_codes
    }
}

/// The limits of a count and what it costs to miss them.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Whose they are.
    pub rule: RuleIdx,
    /// The least.
    pub min: i64,
    /// The most.
    pub max: i64,
    /// What each unit outside costs.
    pub weigh: Weigh,
}

impl Limits {
    /// Charges an amount of which `before` was there already; `is_done` when no more can come.
    #[inline]
    pub(crate) fn judge(
        &self,
        sink: &mut impl Sink,
        days: (i32, i32),
        before: i64,
        amount: i64,
        is_done: bool,
    ) {
        let (limit, cost) = if amount > self.max {
            (self.max, self.weigh.cost(amount - self.max) - self.weigh.cost(before - self.max))
        } else if is_done && amount < self.min {
            (self.min, self.weigh.cost(self.min - amount))
        } else {
            return;
        };
        let source = Source::Rule(self.rule);
        sink.charge(Charge { source, first: days.0, last: days.1, got: amount, limit, cost });
    }

    /// Adds to what is worked of an amount and tells what that changes.
    #[inline]
    pub(crate) fn change(&self, worked: &mut i64, gain: i64, before: i64, given: i64, is_done: bool) -> Cost {
        if gain == 0 {
            return Cost::ZERO;
        }
        let (mut was, mut is) = (Cost::ZERO, Cost::ZERO);
        self.judge(&mut was, (0, 0), before, before + given + *worked, is_done);
        *worked += gain;
        self.judge(&mut is, (0, 0), before, before + given + *worked, is_done);
        is - was
    }
}

/// A stretch of days over which an amount is added up.
#[derive(Clone, Debug)]
pub struct Window {
    /// The first day in the horizon.
    pub from: usize,
    /// The day after the last in the horizon.
    pub until: usize,
    /// What was there before the horizon.
    pub before: i64,
    /// What is there whatever the person works, such as credits for leave.
    pub given: i64,
    /// Whether the least is judged: the window is known in full.
    pub is_done: bool,
    /// Its first day, in the horizon or before.
    pub first: i32,
}

impl Window {
    #[inline]
    fn worked(&self, values: &Values, row: &[Cell]) -> i64 {
        let days = self.from..self.until;
        days.clone().zip(&row[days]).map(|(day, cell)| values.at(day, *cell)).sum()
    }
}

/// The windows of fixed periods that reach into the horizon, as first day and day after the last.
pub(crate) fn periods(problem: &Problem, days: u16, from: jiff::civil::Date, reach: i32) -> Vec<(i32, i32)> {
    let n = i32::from(days.max(1));
    let start = problem.calendar().date(0);
    let apart = from.until(start).map_or(0, |span| span.get_days());
    let first = -apart.rem_euclid(n);
    let last = day_of(problem.n_days()) + reach;
    (0..).map(|k| first + k * n).take_while(|from| *from < last).map(|from| (from, from + n)).collect()
}

/// A count of one person.
#[derive(Clone, Debug)]
pub enum CountPlan {
    /// Over the horizon, every day alike: enough to know how often each code occurs.
    Tally {
        /// Least and most.
        limits: Limits,
        /// Codes worth something, with their value.
        worth: Box<[(u16, i32)]>,
        /// What was counted before the horizon.
        before: i64,
        /// What counts whatever the person works, such as credits for leave.
        given: i64,
    },
    /// Over stretches that do not overlap.
    Windows {
        /// Least and most of each.
        limits: Limits,
        /// What each cell is worth.
        values: Arc<Values>,
        /// The stretches.
        windows: Box<[Window]>,
    },
    /// Over every window of `n_days`.
    Rolling {
        /// Least and most of each.
        limits: Limits,
        /// What each cell is worth.
        values: Arc<Values>,
        /// How long a window is.
        n_days: usize,
        /// What the days before the horizon are worth; the last is the day before day 0.
        past: Box<[i64]>,
        /// What each day is worth whatever the person works.
        credits: Box<[i64]>,
        /// How many days before the horizon are known.
        n_known: i32,
    },
    /// Of weekends.
    Weekends {
        /// Least and most.
        limits: Limits,
        /// Which weekends, and over how many.
        weekends: Weekends,
    },
}

impl CountPlan {
    pub(crate) fn new(
        past: &Past<'_>,
        limits: Limits,
        measure: &Measure,
        over: Over,
        values: &Arc<Values>,
    ) -> CountPlan {
        let problem = past.problem;
        let values = Arc::clone(values);
        let credits = match measure {
            Measure::Minutes { .. } => (0..day_of(problem.n_days())).map(|day| past.credit(day)).collect(),
            Measure::Duties { .. } => vec![0; problem.n_days()],
            Measure::Weekends { on } => {
                return CountPlan::Weekends { limits, weekends: Weekends::new(past, limits.rule, on, over) };
            }
        };
        let is_credited = matches!(measure, Measure::Minutes { .. });
        let worth_of = |(day, cell): (i32, Cell)| {
            let credit = if is_credited { past.credit(day) } else { 0 };
            i64::from(value(problem, measure, day, cell)) + credit
        };
        match over {
            Over::Horizon if values.is_uniform() => {
                let worth = (0..).zip(values.rows.iter().copied()).filter(|(_, worth)| *worth != 0);
                let (before, given) = (past.so_far(limits.rule), credits.iter().sum());
                CountPlan::Tally { limits, worth: worth.collect(), before, given }
            }
            Over::Horizon => {
                let window = Window {
                    from: 0,
                    until: problem.n_days(),
                    before: past.so_far(limits.rule),
                    given: credits.iter().sum(),
                    is_done: true,
                    first: 0,
                };
                CountPlan::Windows { limits, values, windows: [window].into() }
            }
            Over::Every { days, from } => {
                let window = |(first, until): (i32, i32)| {
                    let inside = |day: i32| usize::try_from(day).unwrap_or(0).min(problem.n_days());
                    let (from, to) = (inside(first), inside(until));
                    Window {
                        from,
                        until: to,
                        before: past.days().filter(|(day, _)| *day >= first).map(worth_of).sum(),
                        given: credits[from..to].iter().sum(),
                        is_done: until <= day_of(problem.n_days()) && first >= -past.n_known(),
                        first,
                    }
                };
                let windows = periods(problem, days, from, 0).into_iter().map(window).collect();
                CountPlan::Windows { limits, values, windows }
            }
            Over::Rolling { days } => CountPlan::Rolling {
                limits,
                values,
                n_days: usize::from(days),
                past: past.days().map(worth_of).collect(),
                credits: credits.into(),
                n_known: past.n_known(),
            },
        }
    }

    #[inline]
    pub(crate) fn walk(&self, row: &[Cell], tally: &Tally, sink: &mut impl Sink) {
        match self {
            CountPlan::Tally { limits, worth, before, given } => {
                let worked: i64 = worth.iter().map(|&(code, worth)| tally.n(code) * i64::from(worth)).sum();
                limits.judge(sink, (0, day_of(row.len()) - 1), *before, before + given + worked, true);
            }
            CountPlan::Windows { limits, values, windows } => {
                for window in windows {
                    let amount = window.before + window.given + window.worked(values, row);
                    let days = (window.first, day_of(window.until) - 1);
                    limits.judge(sink, days, window.before, amount, window.is_done);
                }
            }
            CountPlan::Rolling { limits, values, n_days, past, credits, n_known } => {
                let past = (&**past, *n_known);
                roll(row, 0..row.len(), (limits, values, *n_days), past, credits, sink);
            }
            CountPlan::Weekends { limits, weekends } => weekends.walk(row, limits, sink),
        }
    }

    /// What was worked of each amount that is kept up to date while a row changes.
    pub(crate) fn sums<'s>(&'s self, row: &'s [Cell]) -> Box<dyn Iterator<Item = i64> + 's> {
        match self {
            CountPlan::Tally { before, given, .. } => {
                Box::new(std::iter::once(self.amount(row) - before - given))
            }
            CountPlan::Windows { values, windows, .. } => {
                Box::new(windows.iter().map(|window| window.worked(values, row)))
            }
            CountPlan::Rolling { .. } => Box::new(std::iter::empty()),
            CountPlan::Weekends { weekends, .. } => Box::new(weekends.sums(row)),
        }
    }

    /// What a change of a row changes. `sums` are those of [`CountPlan::sums`] and those behind them; they
    /// follow the change, and the rest of them is handed back.
    #[inline]
    pub(crate) fn change<'s>(
        &self,
        rewrite: &Rewrite<'_>,
        gains: &[i16; CODES_MAX],
        sums: &'s mut [i64],
    ) -> (Cost, &'s mut [i64]) {
        match self {
            CountPlan::Tally { limits, worth, before, given } => {
                let (own, rest) = sums.split_at_mut(1);
                let gain =
                    worth.iter().map(|&(code, worth)| i64::from(gains[usize::from(code)]) * i64::from(worth));
                (limits.change(&mut own[0], gain.sum(), *before, *given, true), rest)
            }
            CountPlan::Windows { limits, values, windows } => {
                let (own, rest) = sums.split_at_mut(windows.len());
                let first = windows.partition_point(|window| window.until <= rewrite.from);
                let mut cost = Cost::ZERO;
                for (window, sum) in windows.iter().zip(own).skip(first) {
                    if window.from >= rewrite.until {
                        break;
                    }
                    let days = rewrite.from.max(window.from)..rewrite.until.min(window.until);
                    let gain = rewrite.gain(values, days);
                    cost += limits.change(sum, gain, window.before, window.given, window.is_done);
                }
                (cost, rest)
            }
            CountPlan::Rolling { limits, values, n_days, past, credits, n_known } => {
                if rewrite.cells().all(|(day, was, is)| values.at(day, was) == values.at(day, is)) {
                    return (Cost::ZERO, sums);
                }
                let days = rewrite.from..(rewrite.until + n_days - 1).min(rewrite.is.len());
                let past = (&**past, *n_known);
                let judge = |row: &[Cell], cost: &mut Cost| {
                    roll(row, days.clone(), (limits, values, *n_days), past, credits, cost);
                };
                (rewrite.difference(judge), sums)
            }
            CountPlan::Weekends { limits, weekends } => weekends.change(rewrite, limits, sums),
        }
    }

    /// The amount over the horizon; only for counts over the horizon.
    pub(crate) fn amount(&self, row: &[Cell]) -> i64 {
        match self {
            CountPlan::Tally { worth, before, given, .. } => {
                let tally = Tally::of(row, CODES_MAX);
                let worked: i64 = worth.iter().map(|&(code, worth)| tally.n(code) * i64::from(worth)).sum();
                before + given + worked
            }
            CountPlan::Windows { values, windows, .. } => {
                let worked: i64 = row.iter().enumerate().map(|(day, cell)| values.at(day, *cell)).sum();
                worked + windows.iter().map(|window| window.before + window.given).sum::<i64>()
            }
            CountPlan::Rolling { .. } => 0,
            CountPlan::Weekends { weekends, .. } => weekends.amount(row),
        }
    }
}

/// Judges the rolling windows that end on these days.
#[inline]
fn roll(
    row: &[Cell],
    days: Range<usize>,
    (limits, values, n_days): (&Limits, &Values, usize),
    (past, n_known): (&[i64], i32),
    credits: &[i64],
    sink: &mut impl Sink,
) {
    let earlier = days.start.saturating_sub(n_days - 1)..days.start;
    let reach = past.len().min(n_days - 1 - earlier.len());
    let mut sum: i64 = past[past.len() - reach..].iter().sum();
    sum += earlier.map(|day| values.at(day, row[day]) + credits[day]).sum::<i64>();
    for (day, cell) in days.clone().zip(&row[days]) {
        sum += values.at(day, *cell) + credits[day];
        let first = day_of(day) + 1 - day_of(n_days);
        limits.judge(sink, (first, day_of(day)), 0, sum, first >= -n_known);
        // The first day of this window is not in the next.
        match usize::try_from(first) {
            Ok(first) => sum -= values.at(first, row[first]) + credits[first],
            Err(_) => {
                let back = usize::try_from(-first).unwrap_or(0);
                sum -= past.len().checked_sub(back).map_or(0, |at| past[at]);
            }
        }
    }
}

/// How often each code occurs in a row.
pub(crate) struct Tally {
    counts: [u16; CODES_MAX],
}

impl Tally {
    #[inline]
    pub(crate) fn of(row: &[Cell], n_codes: usize) -> Tally {
        debug_assert!(n_codes <= CODES_MAX);
        let mut counts = [0; CODES_MAX];
        for cell in row {
            counts[cell.code()] += 1;
        }
        Tally { counts }
    }

    #[inline]
    fn n(&self, code: u16) -> i64 {
        i64::from(self.counts[usize::from(code)])
    }
}
