//! Runs: how long the run is, as far as it matters, and whether it began before what is known.
#![expect(clippy::indexing_slicing, reason = "keys have two places, flags one for each code")]

use super::{Key, Move, Remember};
use crate::evaluate::RunPlan;
use crate::row::classes::Classes;
use crate::score::Cost;

pub(in crate::row) struct Runs<'a> {
    pub(in crate::row) run: &'a RunPlan,
    pub(in crate::row) classes: &'a Classes,
}

impl Runs<'_> {
    fn key(&self, length: i32, is_open: bool) -> Key {
        let run = self.run;
        let most = if run.max < i32::MAX { run.max + 1 } else { run.min.max(1) };
        // What is long enough need not be known to be open.
        vec![i64::from(length.min(most)), i64::from(is_open && length < run.min)]
    }

    /// What a run that ends charges for being short.
    fn short(&self, key: &[i64]) -> Cost {
        let (length, min) = (key[0], i64::from(self.run.min));
        let is_fine = key[1] == 1 || length == 0 || length >= min;
        if is_fine { Cost::ZERO } else { self.run.weigh.cost(min - length) }
    }
}

impl Remember for Runs<'_> {
    fn start(&self) -> Key {
        self.key(self.run.carried, self.run.is_open_before)
    }

    fn kind(&self, _: usize) -> Key {
        Vec::new()
    }

    fn step(&self, _: usize, key: &[i64], class: usize) -> Move {
        let run = self.run;
        if !run.is_member[self.classes.some(class).code()] {
            return Move { key: self.key(0, false), cost: self.short(key), counts: 0 };
        }
        let length = i32::try_from(key[0]).unwrap_or(i32::MAX - 1) + 1;
        let cost = if length > run.max { run.weigh.cost(1) } else { Cost::ZERO };
        Move { key: self.key(length, key[1] == 1), cost, counts: 0 }
    }

    fn end(&self, key: &[i64]) -> Cost {
        if self.run.is_open_after { Cost::ZERO } else { self.short(key) }
    }
}
