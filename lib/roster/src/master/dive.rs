//! From fractions to a roster: settle the surest rows, price again, and so on down.
#![expect(clippy::indexing_slicing, reason = "people and columns are numbered here")]

use super::{BARRED, Master};
use crate::problem::Roster;
use crate::solve::Chance;

impl Master<'_, '_> {
    /// Dives to a roster, those not chosen for as they are; `None` when time is over first. The columns found on the way are kept.
    pub(crate) fn dive(&mut self, from: &Roster, chance: &mut Chance, is_over: &dyn Fn() -> bool) -> Option<Roster> {
        let roster = self.descend(from, chance, is_over);
        self.release();
        roster
    }

    fn descend(&mut self, from: &Roster, chance: &mut Chance, is_over: &dyn Fn() -> bool) -> Option<Roster> {
        let n_people = self.settled.len();
        let mut roster = from.clone();
        let mut n_settled = 0;
        while n_settled < n_people {
            self.solve(is_over);
            if is_over() {
                return None;
            }
            let batch = (n_people - n_settled).div_ceil(10);
            let mut shares = self.shares(chance);
            shares.sort_by(|(_, a), (_, b)| b.total_cmp(a));
            let mut n_batch = 0;
            for (column, share) in shares {
                let place = self.known[column].place;
                if self.settled[place] || share < 0.99 && n_batch >= batch {
                    continue;
                }
                self.settle(place, column);
                roster.row_mut(self.people[place]).copy_from_slice(&self.known[column].row);
                n_settled += 1;
                n_batch += 1;
            }
            if n_batch == 0 {
                return None;
            }
            for _ in 0..3 {
                self.solve(is_over);
                if n_settled == n_people || is_over() || self.price(0.0, is_over).n_new == 0 {
                    break;
                }
            }
        }
        Some(roster)
    }

    /// The known rows in the solution, a little of chance added.
    fn shares(&self, chance: &mut Chance) -> Vec<(usize, f64)> {
        let rows = self.simplex.solution().filter_map(|(column, share)| {
            let known = column.checked_sub(self.n_slacks)?;
            (!self.settled[self.known[known].place]).then_some((known, share))
        });
        rows.map(|(known, share)| (known, share + if share < 0.99 { 0.1 * chance.unit() } else { 0.0 }))
            .collect()
    }

    /// Bars every other row of who stands at a place.
    fn settle(&mut self, place: usize, chosen: usize) {
        self.settled[place] = true;
        for (idx, known) in self.known.iter().enumerate() {
            if known.place == place && idx != chosen {
                self.simplex.set_cost(self.n_slacks + idx, known.cost + BARRED);
            }
        }
    }

    /// Lets all rows compete again.
    fn release(&mut self) {
        self.settled.fill(false);
        for (idx, known) in self.known.iter().enumerate() {
            self.simplex.set_cost(self.n_slacks + idx, known.cost);
        }
    }
}
