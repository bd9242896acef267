//! Annealing: small random moves, worse ones accepted ever more rarely.
//!
//! [`Anneal::run`] goes on from any roster. Hard breaches and cover are weighed into one number
//! while searching; what is kept is the best roster by its true score.

mod moves;

pub(crate) use moves::Moves;

use crate::evaluate::{Board, Evaluator, Weights};
use crate::problem::Roster;
use crate::score::Score;
use crate::solve::Chance;

/// How many moves are tried between two looks at the clock.
const MOVES_A_LOOK: usize = 2_000;

/// How hot it begins and ends, in points.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heat {
    pub(crate) first: f64,
    pub(crate) last: f64,
}

/// What annealing found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) roster: Roster,
    pub(crate) score: Score,
    pub(crate) n_moves: u64,
}

/// An annealing run.
pub(crate) struct Anneal<'e, 'p> {
    pub(crate) board: Board<'e, 'p>,
    moves: Moves,
    chance: Chance,
    pub(crate) best: Found,
}

impl<'e, 'p> Anneal<'e, 'p> {
    pub(crate) fn new(
        evaluator: &'e Evaluator<'p>,
        roster: Roster,
        weights: Weights,
        seed: u64,
    ) -> Anneal<'e, 'p> {
        let board = Board::new(evaluator, roster, weights);
        let best = Found { roster: board.roster().clone(), score: board.score(), n_moves: 0 };
        Anneal { board, moves: Moves::new(evaluator), chance: Chance::new(seed), best }
    }

    /// Cools down while `spent` goes from 0 to 1. `tell` hears of every better roster.
    pub(crate) fn run(&mut self, heat: Heat, spent: &dyn Fn() -> f64, tell: &mut dyn FnMut(Score, &Roster)) {
        if self.moves.is_empty() {
            return;
        }
        loop {
            let share = spent();
            if share >= 1.0 {
                // Another of the same cost leads on to other places.
                if self.board.score() == self.best.score {
                    self.best.roster.clone_from(self.board.roster());
                }
                return;
            }
            let heat = heat.first * (heat.last / heat.first).powf(share.clamp(0.0, 1.0));
            self.rounds(heat, tell);
        }
    }

    fn rounds(&mut self, heat: f64, tell: &mut dyn FnMut(Score, &Roster)) {
        self.best.n_moves += u64::try_from(MOVES_A_LOOK).unwrap_or(0);
        for _ in 0..MOVES_A_LOOK {
            let limit = threshold(heat, self.chance.unit());
            if self.moves.attempt(&mut self.board, &mut self.chance, limit).is_some_and(|change| change < 0)
                && self.board.score() < self.best.score
            {
                self.best.score = self.board.score();
                self.best.roster.clone_from(self.board.roster());
                tell(self.best.score, &self.best.roster);
            }
        }
    }
}

/// The most that a move may add, by the rule of Metropolis.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "a float becomes the nearest number there is")]
fn threshold(heat: f64, unit: f64) -> i64 {
    (-heat * unit.ln()) as i64
}
