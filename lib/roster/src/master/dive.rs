//! From fractions to a roster: settle the surest cells, price again, and so on down.
//!
//! Settling cells leaves more open than settling whole rows: a person's rows in the solution often
//! agree on most days, and new rows that agree with what is settled are found on the way.
#![expect(clippy::indexing_slicing, reason = "places, days and columns are numbered here")]

use super::{BARRED, Master};
use crate::problem::{Cell, Roster};
use crate::solve::Chance;
use std::collections::BTreeMap;

/// A cell that is nearly settled by itself.
const SURE: f64 = 0.98;
/// A fine dive settles one of so many days of people at a time.
const FINE: usize = 40;
/// How many pricings follow each settling.
const ROUNDS: usize = 4;

/// How many cells are settled at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grain {
    /// A sixteenth of what is open, sure or not: quick, and good where programs are nearly whole.
    Coarse,
    /// Few, unless they are sure: five times as slow, and far better where many mixes are worth the same.
    Fine,
}

impl Grain {
    /// How much chance has a say in what is settled first.
    fn noise(self) -> f64 {
        match self {
            Grain::Coarse => 0.1,
            Grain::Fine => 0.03,
        }
    }
}

/// A cell of who stands at a place, and the share of the solution that has it.
type Share = (usize, usize, Cell, f64);

impl Master<'_, '_> {
    /// Dives to a roster, those not chosen for as they are; `None` when time is over first. The
    /// columns found on the way are kept.
    pub(crate) fn dive(
        &mut self,
        from: &Roster,
        grain: Grain,
        chance: &mut Chance,
        is_over: &dyn Fn() -> bool,
    ) -> Option<Roster> {
        self.dive_near(from, &|_, _| false, grain, chance, is_over)
    }

    /// Dives with some cells of a roster kept as they are, each a person's place and a day.
    pub(crate) fn dive_near(
        &mut self,
        from: &Roster,
        is_kept: &dyn Fn(usize, usize) -> bool,
        grain: Grain,
        chance: &mut Chance,
        is_over: &dyn Fn() -> bool,
    ) -> Option<Roster> {
        for place in 0..self.people.len() {
            for (day, cell) in from.row(self.people[place]).iter().enumerate() {
                if is_kept(place, day) {
                    self.settled[place][day] = Some(*cell);
                    self.is_diving = true;
                }
            }
        }
        if self.is_diving {
            self.learn(from);
            self.bar_columns();
            for _ in 0..ROUNDS {
                self.solve(is_over);
                if is_over() || self.price(0.0, is_over).n_new == 0 {
                    break;
                }
            }
        }
        let roster = self.descend(from, grain, chance, is_over);
        self.release();
        roster
    }

    fn descend(
        &mut self,
        from: &Roster,
        grain: Grain,
        chance: &mut Chance,
        is_over: &dyn Fn() -> bool,
    ) -> Option<Roster> {
        let mut value = f64::INFINITY;
        // Every step settles a cell at least.
        for _ in 0..from.n_days() * self.people.len() {
            self.solve(is_over);
            if is_over() {
                return None;
            }
            let shares = self.shares();
            let (sure, mut open): (Vec<Share>, Vec<Share>) =
                shares.into_iter().partition(|(.., share)| *share > 0.999);
            for (place, day, cell, _) in sure {
                self.settle(place, day, cell);
            }
            if open.is_empty() {
                break;
            }
            let noise = grain.noise();
            open.iter_mut().for_each(|(.., share)| *share += noise * chance.unit());
            open.sort_by(|(.., a), (.., b)| b.total_cmp(a));
            let n = self.n_to_settle(grain, &open);
            for (place, day, cell, _) in open.into_iter().take(n) {
                if self.settled[place][day].is_none() {
                    self.settle(place, day, cell);
                }
            }
            for _ in 0..ROUNDS {
                self.solve(is_over);
                // What is hardly dearer needs no new rows.
                let is_same = grain == Grain::Fine && self.value() <= value + 1e-4 * value.abs();
                if is_same || is_over() || self.price(0.0, is_over).n_new == 0 {
                    break;
                }
            }
            value = self.value();
            if self.value() > self.cost_max {
                return None;
            }
        }
        let mut roster = from.clone();
        for (column, _) in self.simplex.solution().filter(|(_, share)| *share > 0.5) {
            if let Some(known) = column.checked_sub(self.n_slacks).map(|known| &self.known[known]) {
                roster.row_mut(self.people[known.place]).copy_from_slice(&known.row);
            }
        }
        Some(roster)
    }

    /// How many of the open cells are settled now, the surest first.
    fn n_to_settle(&self, grain: Grain, open: &[Share]) -> usize {
        let most = open.len().div_ceil(16);
        match grain {
            Grain::Coarse => most,
            Grain::Fine => {
                let n_left = self.settled.iter().flatten().filter(|cell| cell.is_none()).count();
                let n_sure = open.iter().take_while(|(.., share)| *share >= SURE).count();
                n_sure.max(n_left.div_ceil(FINE)).min(most)
            }
        }
    }

    /// The shares of the cells that are not settled yet.
    fn shares(&self) -> Vec<Share> {
        let mut shares: BTreeMap<(usize, usize, Cell), f64> = BTreeMap::new();
        for (column, share) in self.simplex.solution() {
            let Some(known) = column.checked_sub(self.n_slacks).map(|known| &self.known[known]) else {
                continue;
            };
            for (day, cell) in known.row.iter().enumerate() {
                if self.settled[known.place][day].is_none() {
                    *shares.entry((known.place, day, *cell)).or_default() += share;
                }
            }
        }
        shares.into_iter().map(|((place, day, cell), share)| (place, day, cell, share)).collect()
    }

    /// Bars every row that has another cell.
    fn settle(&mut self, place: usize, day: usize, cell: Cell) {
        self.settled[place][day] = Some(cell);
        self.is_diving = true;
        for (idx, known) in self.known.iter().enumerate() {
            if known.place == place && known.row[day] != cell {
                self.simplex.set_cost(self.n_slacks + idx, known.cost + BARRED);
            }
        }
    }

    /// Bars every row that has another cell than what is settled.
    fn bar_columns(&mut self) {
        for (idx, known) in self.known.iter().enumerate() {
            let mut cells = self.settled[known.place].iter().zip(&known.row);
            let is_barred = cells.any(|(settled, cell)| settled.is_some_and(|settled| settled != *cell));
            let more = if is_barred { BARRED } else { 0.0 };
            self.simplex.set_cost(self.n_slacks + idx, known.cost + more);
        }
    }

    /// What share of the solution has each cell of a roster, place by place and day by day.
    pub(crate) fn agreement(&self, roster: &Roster) -> Vec<f64> {
        let n_days = roster.n_days();
        let mut agreement = vec![0.0; self.people.len() * n_days];
        for (column, share) in self.simplex.solution() {
            let Some(known) = column.checked_sub(self.n_slacks).map(|known| &self.known[known]) else {
                continue;
            };
            let cells = known.row.iter().zip(roster.row(self.people[known.place])).enumerate();
            for (day, _) in cells.filter(|(_, (a, b))| a == b) {
                agreement[known.place * n_days + day] += share;
            }
        }
        agreement
    }

    /// Lets all rows compete again.
    fn release(&mut self) {
        self.settled.iter_mut().for_each(|days| days.fill(None));
        self.is_diving = false;
        for (idx, known) in self.known.iter().enumerate() {
            self.simplex.set_cost(self.n_slacks + idx, known.cost);
        }
    }
}
