//! Counts of worked weekends.
#![expect(clippy::indexing_slicing, reason = "the days of weekends lie inside the horizon")]

use super::charge::Sink;
use super::count::{Limits, periods};
use super::past::{Past, day_of};
use super::rewrite::Rewrite;
use crate::problem::{Cell, RuleIdx};
use crate::rules::{Over, WeekendOn};
use crate::score::Cost;

/// The weekends that reach into the horizon, and over how many of them the limit holds.
#[derive(Clone, Debug)]
pub struct Weekends {
    /// In order.
    pub weekends: Box<[Weekend]>,
    /// For each weekday of a weekend, which codes are work.
    pub work: Box<[Box<[bool]>]>,
    /// Which of them are counted together.
    pub over: OverWeekends,
}

/// A weekend with at least a day in the horizon.
#[derive(Clone, Debug)]
pub struct Weekend {
    /// Its first day, in the horizon or before.
    pub first: i32,
    /// Its days in the horizon, with their place among the weekdays.
    pub days: Box<[(usize, usize)]>,
    /// Whether it was worked before the horizon already.
    pub was_worked: bool,
    /// Whether its last day lies in the horizon.
    pub is_whole: bool,
}

/// Which weekends are counted together.
#[derive(Clone, Debug)]
pub enum OverWeekends {
    /// Stretches of weekends, one after the other.
    Stretches(Box<[Stretch]>),
    /// Every so many weekends in a row.
    Rolling {
        /// How many weekends.
        n: usize,
        /// The weekends before, as far back as a window reaches; the last is the newest.
        past: Box<[bool]>,
        /// How many of them are known in full.
        n_known: usize,
        /// Whether the first weekend that reaches into the horizon is.
        is_first_known: bool,
    },
}

/// Weekends that are counted together.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// The first of them.
    pub from: usize,
    /// The one after the last.
    pub until: usize,
    /// How many were worked before the horizon already.
    pub before: i64,
    /// Whether the least is judged.
    pub is_done: bool,
}

impl Weekends {
    pub(crate) fn new(past: &Past<'_>, rule: RuleIdx, on: &[WeekendOn], over: Over) -> Weekends {
        let n_codes = past.problem.n_codes();
        let work = on.iter().map(|on| on.duties.flags(n_codes)).collect();
        let weekends = found(past, on);
        let over = match over {
            Over::Horizon => {
                let stretch =
                    Stretch { from: 0, until: weekends.len(), before: past.so_far(rule), is_done: true };
                OverWeekends::Stretches([stretch].into())
            }
            Over::Every { days, from } => {
                let reach = day_of(on.len()) - 1;
                let periods = periods(past.problem, days, from, reach);
                OverWeekends::Stretches(
                    periods.into_iter().map(|period| stretch(past, on, &weekends, period)).collect(),
                )
            }
            Over::Rolling { days } => {
                let n = usize::from(days / 7).max(1);
                let first = weekends.first().map_or(0, |weekend| weekend.first);
                let back = |k: usize| first - 7 * day_of(k);
                let past_weekends: Box<[bool]> =
                    (1..n).rev().map(|k| was_worked(past, on, back(k))).collect();
                let n_known = (1..n).take_while(|k| back(*k) >= -past.n_known()).count();
                let is_first_known = first >= -past.n_known();
                OverWeekends::Rolling { n, past: past_weekends, n_known, is_first_known }
            }
        };
        Weekends { weekends, work, over }
    }

    #[inline]
    fn is_worked(&self, weekend: &Weekend, row: &[Cell]) -> bool {
        weekend.was_worked || weekend.days.iter().any(|&(day, place)| self.work[place][row[day].code()])
    }

    #[inline]
    pub(crate) fn walk(&self, row: &[Cell], limits: &Limits, sink: &mut impl Sink) {
        match &self.over {
            OverWeekends::Stretches(stretches) => {
                for stretch in stretches {
                    let weekends = &self.weekends[stretch.from..stretch.until];
                    let amount = stretch.before + self.newly_worked(weekends, row);
                    let first = weekends.first().map_or(0, |weekend| weekend.first);
                    let last = weekends.last().map_or(first, |weekend| weekend.first);
                    limits.judge(sink, (first, last), stretch.before, amount, stretch.is_done);
                }
            }
            OverWeekends::Rolling { n, past, n_known, is_first_known } => {
                let mut sum = past.iter().map(|worked| i64::from(*worked)).sum::<i64>();
                for (idx, weekend) in self.weekends.iter().enumerate() {
                    let before = sum + i64::from(weekend.was_worked);
                    sum += i64::from(self.is_worked(weekend, row));
                    let is_known = idx + n_known + 1 >= *n && (idx >= *n || *is_first_known);
                    let days = (weekend.first - 7 * (day_of(*n) - 1), weekend.first);
                    limits.judge(sink, days, before, sum, weekend.is_whole && is_known);
                    let leaves = match (idx + 1).checked_sub(*n) {
                        Some(gone) => self.is_worked(&self.weekends[gone], row),
                        None => past[idx],
                    };
                    sum -= i64::from(leaves);
                }
            }
        }
    }

    /// How many weekends of each stretch are worked in the horizon and not before.
    pub(crate) fn sums<'s>(&'s self, row: &'s [Cell]) -> impl Iterator<Item = i64> + 's {
        let stretches = match &self.over {
            OverWeekends::Stretches(stretches) => &**stretches,
            OverWeekends::Rolling { .. } => &[],
        };
        stretches.iter().map(|stretch| self.newly_worked(&self.weekends[stretch.from..stretch.until], row))
    }

    /// What a change of a row changes; see `CountPlan::change`.
    #[inline]
    pub(crate) fn change<'s>(
        &self,
        rewrite: &Rewrite<'_>,
        limits: &Limits,
        sums: &'s mut [i64],
    ) -> (Cost, &'s mut [i64]) {
        let n_days = day_of(self.work.len());
        let first = self.weekends.partition_point(|weekend| weekend.first + n_days <= day_of(rewrite.from));
        let near = self.weekends.iter().enumerate().skip(first);
        let near = near.take_while(|(_, weekend)| weekend.first < day_of(rewrite.until));
        let changed = near.filter_map(|(idx, weekend)| {
            let is_worked = |row: &[Cell]| i64::from(self.is_worked(weekend, row));
            let gain = is_worked(rewrite.is) - is_worked(rewrite.was);
            (gain != 0).then_some((idx, gain))
        });
        match &self.over {
            OverWeekends::Stretches(stretches) => {
                let (own, rest) = sums.split_at_mut(stretches.len());
                let mut cost = Cost::ZERO;
                for (idx, gain) in changed {
                    let place = stretches.partition_point(|stretch| stretch.until <= idx);
                    if let (Some(stretch), Some(sum)) = (stretches.get(place), own.get_mut(place))
                        && stretch.from <= idx
                    {
                        cost += limits.change(sum, gain, stretch.before, 0, stretch.is_done);
                    }
                }
                (cost, rest)
            }
            OverWeekends::Rolling { .. } if changed.count() == 0 => (Cost::ZERO, sums),
            OverWeekends::Rolling { .. } => {
                (rewrite.difference(|row, cost| self.walk(row, limits, cost)), sums)
            }
        }
    }

    /// Weekends worked in the horizon and not before.
    fn newly_worked(&self, weekends: &[Weekend], row: &[Cell]) -> i64 {
        let n = |weekend: &Weekend| i64::from(!weekend.was_worked && self.is_worked(weekend, row));
        weekends.iter().map(n).sum()
    }

    /// What a count over the horizon comes to.
    pub(crate) fn amount(&self, row: &[Cell]) -> i64 {
        match &self.over {
            OverWeekends::Stretches(stretches) => {
                let before: i64 = stretches.iter().map(|stretch| stretch.before).sum();
                before + self.newly_worked(&self.weekends, row)
            }
            OverWeekends::Rolling { .. } => 0,
        }
    }
}

fn was_worked(past: &Past<'_>, on: &[WeekendOn], first: i32) -> bool {
    let on_day = |(day, on): (i32, &WeekendOn)| past.cell(day).is_some_and(|cell| on.duties.has(cell));
    (first..0).zip(on).any(on_day)
}

/// Every weekend with a day in the horizon.
fn found(past: &Past<'_>, on: &[WeekendOn]) -> Box<[Weekend]> {
    let calendar = past.problem.calendar();
    let n_days = day_of(past.problem.n_days());
    let Some(weekday) = on.first().map(|on| on.weekday) else { return Box::new([]) };
    let n = day_of(on.len());
    let starts = (1 - n..n_days).filter(|day| calendar.weekday(*day) == weekday);
    let weekend = |first: i32| {
        let days = (first..first + n).zip(0..);
        let inside = days.filter(|(day, _)| (0..n_days).contains(day));
        Weekend {
            first,
            days: inside.filter_map(|(day, place)| Some((usize::try_from(day).ok()?, place))).collect(),
            was_worked: was_worked(past, on, first),
            is_whole: first + n <= n_days,
        }
    };
    starts.map(weekend).collect()
}

/// The weekends whose last day lies in a period.
fn stretch(past: &Past<'_>, on: &[WeekendOn], weekends: &[Weekend], (from, until): (i32, i32)) -> Stretch {
    let last_of = |first: i32| first + day_of(on.len()) - 1;
    let inside = |weekend: &&Weekend| (from..until).contains(&last_of(weekend.first));
    let start = weekends.iter().position(|weekend| last_of(weekend.first) >= from).unwrap_or(weekends.len());
    let n_inside = weekends[start..].iter().take_while(inside).count();
    // Weekends of the period that began before the horizon.
    let calendar = past.problem.calendar();
    let is_first = |day: &i32| Some(calendar.weekday(*day)) == on.first().map(|on| on.weekday);
    let firsts = (from - day_of(on.len()) + 1..0).filter(is_first);
    let firsts: Vec<i32> = firsts.filter(|first| (from..until).contains(&last_of(*first))).collect();
    let known_from = firsts.first().map_or(from, |first| from.min(*first));
    Stretch {
        from: start,
        until: start + n_inside,
        before: firsts.iter().map(|first| i64::from(was_worked(past, on, *first))).sum(),
        is_done: until <= day_of(past.problem.n_days()) && known_from >= -past.n_known(),
    }
}
