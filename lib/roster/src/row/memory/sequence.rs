//! Forbidden sequences: which beginnings of the sequence the last days match.
#![expect(clippy::indexing_slicing, reason = "keys have one place, flags one for each code")]

use super::{Key, Move, Remember};
use crate::evaluate::SequencePlan;
use crate::problem::Cell;
use crate::row::classes::Classes;
use crate::score::Cost;

pub(in crate::row) struct Sequences<'a> {
    pub(in crate::row) sequence: &'a SequencePlan,
    pub(in crate::row) classes: &'a Classes,
}

/// The longest sequence that has a bit for each day.
pub(in crate::row) const LENGTH_MAX: usize = 60;

impl Sequences<'_> {
    /// The beginnings matched with one day more, one bit for each length, and whether it is complete.
    fn advance(&self, bits: i64, cell: Cell) -> (i64, bool) {
        let mut next = 0_i64;
        for (idx, day) in self.sequence.days.iter().enumerate().take(LENGTH_MAX) {
            let was_matched = idx == 0 || bits >> (idx - 1) & 1 == 1;
            if was_matched && day[cell.code()] {
                next |= 1 << idx;
            }
        }
        let last = self.sequence.days.len().min(LENGTH_MAX) - 1;
        (next & !(1 << last), next >> last & 1 == 1)
    }
}

impl Remember for Sequences<'_> {
    fn start(&self) -> Key {
        vec![self.sequence.past.iter().fold(0, |bits, cell| self.advance(bits, *cell).0)]
    }

    fn kind(&self, day: usize) -> Key {
        vec![i64::from(self.sequence.may_end[day])]
    }

    fn step(&self, day: usize, key: &[i64], class: usize) -> Move {
        let (bits, is_full) = self.advance(key[0], self.classes.some(class));
        let is_charged = is_full && self.sequence.may_end[day];
        let cost = if is_charged { self.sequence.cost } else { Cost::ZERO };
        Move { key: vec![bits], cost, counts: 0 }
    }

    fn end(&self, _: &[i64]) -> Cost {
        Cost::ZERO
    }
}
