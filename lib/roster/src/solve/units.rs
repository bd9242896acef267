//! Hospitals: each unit is solved by itself over the whole horizon before anything else.
//!
//! Few people work in two units, so a hospital is nearly a sum of its units, and the linear program of
//! one has a few hundred rows where that of all has thousands. Floats stay with the people of their home,
//! and may go where they are needed as others stand there now; windows across units mend the rest.

use super::{Worker, solve_unit};
use crate::problem::{PersonIdx, UnitIdx};
use crate::window::{Days, Window};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

/// Problems of no more rows are solved as one.
const ROWS_MIN: usize = 550;
/// Units of fewer people are no problems of their own.
const PEOPLE_MIN: usize = 8;
/// Longer horizons are solved in windows.
const DAYS_MAX: usize = 56;
/// The share of the time that is left which all units have.
const SHARE: f64 = 0.5;

impl Worker<'_, '_> {
    /// Solves the units nobody has taken up, one after the other.
    pub(super) fn units(&self) {
        let problem = self.evaluator.problem();
        if problem.n_days() > DAYS_MAX || self.evaluator.cover().n_rows() <= ROWS_MIN {
            return;
        }
        let units = self.people_of_units();
        let n_people: usize = units.iter().map(Vec::len).sum();
        if units.len() < 2 || n_people * 10 < problem.n_people() * 9 {
            return;
        }
        let n_rounds = units.len().div_ceil(self.task.n_threads.clamp(1, 2));
        #[expect(clippy::cast_precision_loss, reason = "units are few")]
        let share = SHARE * (1.0 - self.spent()) / n_rounds as f64;
        loop {
            let next = self.shared.n_units.fetch_add(1, Ordering::Relaxed);
            let Some(people) = units.get(next).filter(|_| !self.is_over()) else { return };
            self.solve_unit(people, self.task.seed ^ next as u64, share);
        }
    }

    /// Who is at home where, of units large enough.
    fn people_of_units(&self) -> Vec<Vec<PersonIdx>> {
        let problem = self.evaluator.problem();
        let mut units: BTreeMap<UnitIdx, Vec<PersonIdx>> = BTreeMap::new();
        for person in PersonIdx::all(problem.n_people()) {
            if let Some(home) = problem.person(person).home {
                units.entry(home).or_default().push(person);
            }
        }
        units.into_values().filter(|people| people.len() >= PEOPLE_MIN).collect()
    }

    fn solve_unit(&self, people: &[PersonIdx], seed: u64, share: f64) {
        let problem = self.evaluator.problem();
        let best = self.best().roster;
        let Some(window) = Window::cut(self.evaluator, &best, people, Days::whole(0, problem.n_days()))
        else {
            return;
        };
        let answer = self.solve_by_itself(&window, seed, share, solve_unit);
        self.offer_change(&|roster| window.put(&answer.roster, roster));
    }
}
