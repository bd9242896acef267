//! Rolling windows: what the last days came to, as far as a window that is still open can tell.
//!
//! For each open window the sum so far is kept. What its limit cannot notice any more, whatever the
//! days to come hold, is all the same: sums from which the most cannot be reached, and from which the
//! least will be, become one. With 60 h in seven days and shifts of 12 h, 21 states are left.
#![expect(clippy::indexing_slicing, reason = "days and sums are numbered here")]

use super::{Key, Move, Remember};
use crate::evaluate::{Limits, Values};
use crate::row::classes::Classes;
use crate::score::Cost;
use std::sync::Arc;

/// A rolling count of one person.
pub(in crate::row) struct Rolling<'a> {
    limits: Limits,
    /// How long a window is.
    length: usize,
    n_days: usize,
    /// What each class is worth on each day, with what counts anyway.
    worth: Vec<Vec<i64>>,
    /// The least and the most that the first days come to, up to each day.
    least: Vec<i64>,
    most: Vec<i64>,
    past: &'a [i64],
    n_known: i32,
}

impl<'a> Rolling<'a> {
    pub(in crate::row) fn new(
        (limits, values, length): (&Limits, &Arc<Values>, usize),
        (past, n_known): (&'a [i64], i32),
        credits: &[i64],
        classes: &Classes,
    ) -> Rolling<'a> {
        let n_days = credits.len();
        let of = |day: usize, class: usize| values.at(day, classes.some(class)) + credits[day];
        let worth: Vec<Vec<i64>> =
            (0..n_days).map(|day| (0..classes.n()).map(|class| of(day, class)).collect()).collect();
        let sums = |pick: &dyn Fn(&Vec<i64>) -> i64| {
            let mut sums = vec![0];
            for day in &worth {
                sums.push(sums.last().copied().unwrap_or(0) + pick(day));
            }
            sums
        };
        let least = sums(&|day| day.iter().copied().min().unwrap_or(0));
        let most = sums(&|day| day.iter().copied().max().unwrap_or(0));
        Rolling { limits: *limits, length, n_days, worth, least, most, past, n_known }
    }

    /// Whether the least of the window that ends on a day is judged.
    fn is_done(&self, end: usize) -> bool {
        let day = |at: usize| i64::try_from(at).unwrap_or(i64::MAX);
        day(end) + 1 - day(self.length) >= -i64::from(self.n_known)
    }

    fn judge(&self, amount: i64, end: usize) -> Cost {
        let Limits { min, max, weigh, .. } = self.limits;
        if amount > max {
            weigh.cost(amount - max) - weigh.cost(-max)
        } else if amount < min && self.is_done(end) {
            weigh.cost(min - amount)
        } else {
            Cost::ZERO
        }
    }

    /// Sums of the last 1, 2, ... days before a day, as far as they matter; what is broken already when
    /// the sums say so.
    fn key(&self, day: usize, sums: Vec<i64>) -> (Key, Cost) {
        let Limits { min, max, .. } = self.limits;
        let mut broken = Cost::ZERO;
        let matter = |(idx, sum): (usize, i64)| {
            // The window of which these are the first days.
            let end = day + self.length - idx - 2;
            if end >= self.n_days {
                return 0;
            }
            let least = self.least[end + 1] - self.least[day];
            let most = self.most[end + 1] - self.most[day];
            if self.judge(sum + least, end).hard > 0 && sum + least > max {
                broken = Cost { hard: 1, soft: 0 };
            }
            let may_pass = sum + most > max;
            let may_miss = self.is_done(end) && sum + least < min;
            if may_pass || may_miss { sum } else { max - most }
        };
        let key = sums.into_iter().enumerate().map(matter).collect();
        (key, broken)
    }
}

impl Remember for Rolling<'_> {
    fn start(&self) -> Key {
        let mut sum = 0;
        let back = (1..self.length).map(|k| self.past.len().checked_sub(k).map_or(0, |at| self.past[at]));
        let sums = back.map(|worth| {
            sum += worth;
            sum
        });
        let sums = sums.collect();
        self.key(0, sums).0
    }

    fn kind(&self, day: usize) -> Key {
        let end = (day + self.length).min(self.n_days);
        let mut kind = vec![i64::from(self.is_done(day)), i64::try_from(end - day).unwrap_or(0)];
        // When windows end that are judged in full; the first days only.
        let known = (day..end).take_while(|end| !self.is_done(*end)).count();
        kind.push(i64::try_from(known).unwrap_or(0));
        kind.extend(&self.worth[day]);
        for next in day + 1..end {
            kind.extend([self.least[next + 1] - self.least[next], self.most[next + 1] - self.most[next]]);
        }
        kind
    }

    fn step(&self, day: usize, key: &[i64], class: usize) -> Move {
        let worth = self.worth[day][class];
        let amount = key.last().copied().unwrap_or(0) + worth;
        let cost = self.judge(amount, day);
        let sums = std::iter::once(0).chain(key.iter().copied()).map(|sum| sum + worth);
        let (key, broken) = self.key(day + 1, sums.take(self.length - 1).collect());
        Move { key, cost: cost + broken, counts: 0 }
    }

    fn end(&self, _: &[i64]) -> Cost {
        Cost::ZERO
    }
}
