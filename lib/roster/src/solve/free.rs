//! Frees a few people and chooses their rows anew, again and again.
#![expect(clippy::indexing_slicing, reason = "people are those of the problem")]

use super::{Chance, WEIGHTS, Worker};
use crate::anneal::Heat;
use crate::master::{Grain, Master};
use crate::problem::{Cell, PersonIdx, Roster};
use crate::score::Score;
use std::collections::BTreeSet;

/// The most rows kept of a person.
const ROWS_MAX: usize = 150;

/// Rows that were worth something once.
pub(super) struct Pool {
    rows: Vec<Vec<Box<[Cell]>>>,
}

impl Pool {
    pub(super) fn new(n_people: usize) -> Pool {
        Pool { rows: vec![Vec::new(); n_people] }
    }

    pub(super) fn keep(&mut self, person: PersonIdx, row: &[Cell]) {
        let rows = &mut self.rows[person.idx()];
        if rows.len() >= ROWS_MAX {
            rows.remove(0);
        }
        rows.push(row.into());
    }
}

impl Worker<'_, '_> {
    /// Frees people until a share of the time is used up.
    pub(super) fn free_people(&mut self, pool: &mut Pool, until: f64) {
        let n_people = self.evaluator.problem().n_people();
        let mut n_free = 6.0_f64;
        let mut at = self.best();
        let mut n_idle = 0_u32;
        while !self.is_over() && !self.is_called() && self.spent() < until {
            let best = self.best();
            if best.score < at.score {
                at = best;
            }
            let people = choose(&mut self.chance, n_people, n_free);
            let before = at.score;
            let found = self.choose_anew(pool, &at.roster, people);
            if let Some((roster, score)) = found
                && score <= at.score
            {
                (at.roster, at.score) = (roster, score);
                self.offer(&at.roster, at.score);
            }
            if at.score < before {
                n_idle = 0;
            } else {
                n_idle += 1;
                // What is best among few is seldom best among more.
                n_free = if n_idle.is_multiple_of(12) { n_free + 1.0 } else { n_free };
            }
            if n_free > 16.0 || n_idle > 150 {
                (n_free, n_idle) = (6.0, 0);
                let until = self.spent() + 0.04;
                let (roster, score) = self.anneal(at.roster, Heat { first: 6.0, last: 0.5 }, WEIGHTS, until);
                (at.roster, at.score) = (roster, score);
            }
        }
    }

    /// The best rows for some people, the others as they are; `None` when nothing better can be.
    fn choose_anew(
        &mut self,
        pool: &mut Pool,
        roster: &Roster,
        people: Vec<PersonIdx>,
    ) -> Option<(Roster, Score)> {
        let is_over = || self.is_over();
        let mut master = Master::new(self.evaluator, WEIGHTS, &self.plans, roster, people.clone());
        let before = master.value();
        for (place, person) in people.iter().enumerate() {
            pool.rows[person.idx()].iter().for_each(|row| {
                master.add(place, row);
            });
        }
        let n_known = master.n_columns();
        master.generate(12, &is_over);
        master.new_rows(n_known).for_each(|(person, row)| pool.keep(person, row));
        // Whole points that cannot be gained are no reason to dive.
        if master.value() > before - 0.5 && !self.chance.in_256(32) {
            return None;
        }
        master.cost_max = before + 0.5;
        let found = master.dive(roster, Grain::Fine, &mut self.chance, &|| (self.task.spent)() >= 1.0)?;
        let score = self.evaluator.score(&found);
        Some((found, score))
    }
}

/// So many people, give or take.
fn choose(chance: &mut Chance, n_people: usize, n: f64) -> Vec<PersonIdx> {
    let mut chosen = BTreeSet::new();
    let mut wanted = 0;
    while f64::from(wanted) < n {
        wanted += 1;
        if usize::try_from(wanted).unwrap_or(0) <= n_people {
            while chosen.len() < usize::try_from(wanted).unwrap_or(0) {
                chosen.insert(chance.below(n_people));
            }
        }
    }
    chosen.into_iter().map(PersonIdx::at).collect()
}
