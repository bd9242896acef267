//! Weekends: whether this one is worked, and which of the last ones were.
#![expect(clippy::indexing_slicing, reason = "weekends and their days are those of the plan")]

use super::{Key, Move, Remember};
use crate::evaluate::{Limits, OverWeekends, Weekend, Weekends};
use crate::row::classes::Classes;
use crate::score::Cost;

/// Weekends counted together, by a counter or over the last few.
pub(in crate::row) struct Weekenders<'a> {
    weekends: &'a Weekends,
    limits: &'a Limits,
    classes: &'a Classes,
    n_days: usize,
    /// The bit of the counter that counts them, unless they are counted over the last few.
    counter: Option<u32>,
    /// How many weekends a window has, what it holds before, how many are known, whether the first is.
    window: (usize, &'a [bool], usize, bool),
}

/// Whether weekends lie apart, one after the other.
pub(in crate::row) fn whole_weeks(weekends: &Weekends) -> bool {
    weekends.work.len() <= 7
}

impl<'a> Weekenders<'a> {
    pub(in crate::row) fn new(
        (weekends, limits): (&'a Weekends, &'a Limits),
        classes: &'a Classes,
        n_days: usize,
        counter: u32,
    ) -> Weekenders<'a> {
        let (counter, window) = match &weekends.over {
            OverWeekends::Stretches(_) => (Some(counter), (1, &[][..], 0, false)),
            OverWeekends::Rolling { n, past, n_known, is_first_known } => {
                (None, (*n, &past[..], *n_known, *is_first_known))
            }
        };
        Weekenders { weekends, limits, classes, n_days, counter, window }
    }

    /// The weekend of a day, the day's place in it, and whether it is the last day of it here.
    fn find(&self, day: usize) -> Option<(usize, &'a Weekend, usize, bool)> {
        self.weekends.weekends.iter().enumerate().find_map(|(idx, weekend)| {
            let (_, place) = weekend.days.iter().find(|(on, _)| *on == day)?;
            let is_last = weekend.days.last().is_some_and(|(on, _)| *on == day);
            Some((idx, weekend, *place, is_last))
        })
    }

    fn is_known(&self, idx: usize) -> bool {
        let (n, _, n_known, is_first_known) = self.window;
        idx + n_known + 1 >= n && (idx >= n || is_first_known)
    }

    /// Sums of the last 1, 2, ... weekends before one, as far as they matter.
    fn sums(&self, next: usize, sums: impl Iterator<Item = i64>) -> Key {
        let n = self.window.0;
        let matter = |(idx, sum): (usize, i64)| {
            // The window of which these are the first weekends, and how many come after them.
            let end = next + n - idx - 2;
            if end >= self.weekends.weekends.len() {
                return 0;
            }
            let most = i64::try_from(n - idx - 1).unwrap_or(0);
            let may_pass = sum + most > self.limits.max;
            let may_miss = sum < self.limits.min;
            if may_pass || may_miss { sum } else { self.limits.max - most }
        };
        sums.enumerate().map(matter).collect()
    }

    /// What the window charges that ends with a weekend, `sum` being worked before.
    fn judge(&self, (idx, weekend): (usize, &Weekend), sum: i64, is_worked: bool) -> Cost {
        let Limits { min, max, weigh, .. } = *self.limits;
        let before = sum + i64::from(weekend.was_worked);
        let amount = sum + i64::from(is_worked);
        if amount > max {
            weigh.cost(amount - max) - weigh.cost(before - max)
        } else if amount < min && weekend.is_whole && self.is_known(idx) {
            weigh.cost(min - amount)
        } else {
            Cost::ZERO
        }
    }
}

impl Remember for Weekenders<'_> {
    fn start(&self) -> Key {
        let mut key = vec![0];
        if self.counter.is_none() {
            let mut sum = 0;
            let sums = self.window.1.iter().rev().map(|worked| {
                sum += i64::from(*worked);
                sum
            });
            key.extend(self.sums(0, sums));
        }
        key
    }

    fn kind(&self, day: usize) -> Key {
        let Some((idx, weekend, place, is_last)) = self.find(day) else { return vec![-1] };
        let small = |n: usize| i64::try_from(n).unwrap_or(0);
        let flags = i64::from(weekend.was_worked) + 2 * i64::from(is_last) + 4 * i64::from(weekend.is_whole);
        let mut kind = vec![small(place), flags];
        if self.counter.is_none() {
            let left = (self.weekends.weekends.len() - idx).min(self.window.0);
            kind.extend([i64::from(self.is_known(idx)), small(left)]);
        }
        kind
    }

    fn step(&self, day: usize, key: &[i64], class: usize) -> Move {
        debug_assert!(day < self.n_days);
        let Some((idx, weekend, place, is_last)) = self.find(day) else {
            return Move { key: key.to_vec(), cost: Cost::ZERO, counts: 0 };
        };
        let works = self.weekends.work[place][self.classes.some(class).code()];
        let is_worked = works || key[0] == 1 || weekend.was_worked;
        if !is_last {
            let mut key = key.to_vec();
            key[0] = i64::from(is_worked && !weekend.was_worked);
            return Move { key, cost: Cost::ZERO, counts: 0 };
        }
        if let Some(bit) = self.counter {
            let is_new = is_worked && !weekend.was_worked;
            return Move { key: vec![0], cost: Cost::ZERO, counts: u32::from(is_new) << bit };
        }
        let sums = &key[1..];
        let sum = sums.last().copied().unwrap_or(0);
        let cost = self.judge((idx, weekend), sum, is_worked);
        let next = std::iter::once(0).chain(sums.iter().copied()).map(|sum| sum + i64::from(is_worked));
        let mut key = vec![0];
        key.extend(self.sums(idx + 1, next.take(self.window.0 - 1)));
        Move { key, cost, counts: 0 }
    }

    fn end(&self, _: &[i64]) -> Cost {
        Cost::ZERO
    }
}
