//! One person after the other gets the best row there is for them, everybody else as they are.
//!
//! With all others fixed, what cover and rules across people charge is a sum over one person's cells, so
//! the row program finds the best answer exactly; fair shares alone are left out and judged after. Every
//! answer is legal for its person whatever the row was before, and nothing ever gets worse: a quick way
//! to a legal roster where rules are many, and a way down that annealing does not have.

use super::{FIRM, WEIGHTS, Worker};
use crate::evaluate::State;
use crate::problem::{PersonIdx, Roster};
use crate::row::{NEVER, SCALE, Scratch};
use crate::score::Score;

/// What a cell may cost or gain at most, so that a row of them fits.
const PRICE_MAX: i64 = 1 << 21;

impl Worker<'_, '_> {
    /// Goes round until nobody gains any more, or a share of the time is used up.
    pub(super) fn respond(&mut self, roster: Roster, until: f64) -> (Roster, Score) {
        let n_people = roster.n_people();
        let mut state = State::new(self.evaluator, roster);
        let mut scratch = Scratch::default();
        let mut order: Vec<PersonIdx> = PersonIdx::all(n_people).collect();
        let mut n_still = 0;
        while n_still < n_people {
            for at in (1..n_people).rev() {
                order.swap(at, self.chance.below(at + 1));
            }
            for &person in &order {
                if self.is_over() || self.spent() >= until || n_still >= n_people {
                    n_still = n_people;
                    break;
                }
                n_still = if self.answer(&mut state, &mut scratch, person) { 0 } else { n_still + 1 };
            }
        }
        let score = state.score();
        (state.into_roster(), score)
    }

    /// Gives a person the best row, and tells whether that gained anything.
    fn answer(&self, state: &mut State<'_, '_>, scratch: &mut Scratch, person: PersonIdx) -> bool {
        let Some(plan) = self.plans.get(person.idx()) else { return false };
        let before = state.score();
        let mark = state.mark();
        let prices = self.prices(state, person);
        let own = self.evaluator.plan(person);
        if let Some(best) = plan.best(scratch, &prices) {
            for (day, cell) in best.row.iter().enumerate() {
                state.place(person, day, *cell);
            }
            state.settle(person, own.cost(&best.row));
            let change = state.score() - before;
            let rank = (change.hard, WEIGHTS.of_score(change));
            if rank <= (0, 0) {
                state.keep();
                return rank < (0, 0);
            }
        }
        state.undo_to(mark);
        false
    }

    /// What each cell costs the others, scaled; takes the person off all days on the way.
    fn prices(&self, state: &mut State<'_, '_>, person: PersonIdx) -> Vec<i32> {
        let problem = self.evaluator.problem();
        let own = self.evaluator.plan(person);
        let n_codes = problem.n_codes();
        let mut prices = vec![NEVER; problem.n_days() * n_codes];
        for day in 0..problem.n_days() {
            state.place(person, day, crate::problem::Cell::OFF);
        }
        let base = state.score();
        for (day, prices) in prices.chunks_exact_mut(n_codes).enumerate() {
            for cell in own.allowed(day) {
                let mark = state.mark();
                state.place(person, day, cell);
                let points = FIRM.of_score(state.score() - base);
                state.undo_to(mark);
                let price = points.saturating_mul(i64::from(SCALE)).clamp(-PRICE_MAX, PRICE_MAX);
                if let Some(place) = prices.get_mut(cell.code()) {
                    *place = i32::try_from(price).unwrap_or(NEVER);
                }
            }
        }
        prices
    }
}
