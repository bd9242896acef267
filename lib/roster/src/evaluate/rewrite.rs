//! A row before and after a few of its days changed.
//!
//! Most rules look at few days around a change, and counts only at what was added and taken away. So
//! what a change costs is told from the days nearby and from the sums kept of each count: on a horizon
//! of a year as quickly as on one of four weeks.
#![expect(clippy::indexing_slicing, reason = "the days are those of the rows")]

use super::count::Values;
use crate::problem::{CODES_MAX, Cell};
use crate::score::Cost;
use std::ops::Range;

/// Two rows that differ only on days from `from` up to `until`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rewrite<'r> {
    pub(crate) was: &'r [Cell],
    pub(crate) is: &'r [Cell],
    pub(crate) from: usize,
    pub(crate) until: usize,
}

impl<'r> Rewrite<'r> {
    /// Days at the rim that did not change are left out; `None` where none did.
    #[inline]
    pub(crate) fn new(was: &'r [Cell], is: &'r [Cell], days: Range<usize>) -> Option<Rewrite<'r>> {
        let differs = |day: &usize| was[*day] != is[*day];
        let from = days.clone().find(differs)?;
        let until = days.rev().find(differs)? + 1;
        Some(Rewrite { was, is, from, until })
    }

    /// The cells of each day, before and after.
    #[inline]
    pub(crate) fn cells(&self) -> impl Iterator<Item = (usize, Cell, Cell)> + use<'r> {
        let (was, is) = (&self.was[self.from..self.until], &self.is[self.from..self.until]);
        (self.from..).zip(was.iter().zip(is)).map(|(day, (was, is))| (day, *was, *is))
    }

    /// How much more is charged than before, by who judges both rows alike.
    #[inline]
    pub(crate) fn difference(&self, judge: impl Fn(&[Cell], &mut Cost)) -> Cost {
        let (mut was, mut is) = (Cost::ZERO, Cost::ZERO);
        judge(self.was, &mut was);
        judge(self.is, &mut is);
        is - was
    }

    /// What a day is worth more than before.
    #[inline]
    pub(crate) fn gain(&self, values: &Values, days: Range<usize>) -> i64 {
        days.map(|day| values.at(day, self.is[day]) - values.at(day, self.was[day])).sum()
    }

    /// How much more often each code occurs.
    #[inline]
    pub(crate) fn gains(&self) -> [i16; CODES_MAX] {
        let mut gains = [0; CODES_MAX];
        for (_, was, is) in self.cells() {
            gains[was.code()] -= 1;
            gains[is.code()] += 1;
        }
        gains
    }
}
