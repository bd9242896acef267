//! Sums of cells held within limits: what the branches of a [`Tree`](super::Tree) are made of.
//!
//! A sum counts cells, so its price is a price of cells, and the best row of a person under it is
//! found by the same dynamic program.
#![expect(clippy::indexing_slicing, reason = "places, days and codes are numbered here")]

use super::simplex::Column;
use crate::problem::Cell;
use crate::row::{NEVER, SCALE};
use std::ops::Range;
use std::sync::Arc;

/// The cells of some people on some days in some duties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sum {
    /// Whose, by place.
    pub(crate) places: Arc<[bool]>,
    pub(crate) days: Range<usize>,
    /// On which duties, by code.
    pub(crate) codes: Arc<[bool]>,
}

/// Which way a sum is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    AtMost,
    AtLeast,
}

/// A sum held within a limit, or paid for at `weight` points for each unit beyond.
#[derive(Clone, Debug)]
pub(crate) struct Cut {
    pub(crate) sum: Sum,
    pub(crate) limit: i32,
    pub(crate) side: Side,
    pub(crate) weight: f64,
}

impl Sum {
    /// How many cells of a row it counts.
    pub(crate) fn count(&self, place: usize, row: &[Cell]) -> i32 {
        if !self.places[place] {
            return 0;
        }
        row[self.days.clone()].iter().map(|cell| i32::from(self.codes[cell.code()])).sum()
    }
}

impl Cut {
    /// What a row of who stands at a place has on the cut's row of the program, if anything.
    pub(crate) fn entry(&self, row: usize, place: usize, cells: &[Cell]) -> Option<(u32, f64)> {
        let count = self.sum.count(place, cells);
        (count > 0).then_some((u32::try_from(row).unwrap_or(u32::MAX), f64::from(count)))
    }

    /// `sum + short - spare = limit`: the columns of `short` and `spare` on a row.
    pub(crate) fn slacks(&self, row: usize) -> [Column; 2] {
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        let (short, spare) = match self.side {
            Side::AtMost => (0.0, self.weight),
            Side::AtLeast => (self.weight, 0.0),
        };
        [
            Column { cost: short, entries: [(row, 1.0)].into() },
            Column { cost: spare, entries: [(row, -1.0)].into() },
        ]
    }

    /// A price as a whole scaled number, within what the limit allows.
    #[expect(clippy::cast_possible_truncation, reason = "prices are far below 2^31")]
    pub(crate) fn whole(&self, price: f64) -> i32 {
        let (least, most) = match self.side {
            Side::AtMost => (-self.weight, 0.0),
            Side::AtLeast => (0.0, self.weight),
        };
        (price.clamp(least, most) * f64::from(SCALE)).round() as i32
    }

    /// Adds what a price says to the prices of a person's cells.
    pub(crate) fn add_prices(&self, place: usize, price: i32, n_codes: usize, cells: &mut [i32]) {
        if price == 0 || !self.sum.places[place] {
            return;
        }
        let days = cells.chunks_exact_mut(n_codes).take(self.sum.days.end).skip(self.sum.days.start);
        for (cell, counts) in days.flat_map(|codes| codes.iter_mut().zip(&*self.sum.codes)) {
            if *counts && *cell < NEVER {
                *cell -= price;
            }
        }
    }
}
