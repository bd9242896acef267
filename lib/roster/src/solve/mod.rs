//! Searches for the best roster.

mod chance;

pub(crate) use chance::Chance;

use crate::anneal::{Anneal, Heat};
use crate::evaluate::{Evaluator, Weights};
use crate::problem::Roster;
use crate::score::Score;

/// For measuring.
pub fn try_anneal(
    evaluator: &Evaluator<'_>,
    seed: u64,
    (first, last, hard, cover): (f64, f64, i64, i64),
    spent: &dyn Fn() -> f64,
    tell: &mut dyn FnMut(Score, &Roster),
) -> (Roster, Score, u64) {
    let weights = Weights { hard, cover };
    let roster = evaluator.problem().empty_roster();
    let mut anneal = Anneal::new(evaluator, roster, weights, seed);
    anneal.run(Heat { first, last }, spent, tell);
    (anneal.best.roster, anneal.best.score, anneal.best.n_moves)
}
