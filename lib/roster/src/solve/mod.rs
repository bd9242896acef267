//! Searches for the best roster.

mod chance;

pub(crate) use chance::Chance;

use crate::anneal::{Anneal, Heat};
use crate::evaluate::{Evaluator, Weights};
use crate::master::Master;
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

/// For measuring.
pub fn try_master(evaluator: &Evaluator<'_>, seed: u64, heat: (f64, f64), spent: &dyn Fn() -> f64, say: &mut dyn FnMut(String)) -> (Roster, Score) {
    let weights = Weights { hard: 1_000, cover: 300 };
    let roster = evaluator.problem().empty_roster();
    let mut anneal = Anneal::new(evaluator, roster, weights, seed);
    anneal.run(Heat { first: heat.0, last: heat.1 }, &|| spent() * 10.0, &mut |_, _| {});
    let mut best = anneal.best;
    say(format!("{:.2} anneal {}", spent(), best.score));
    let mut master = Master::new(evaluator, weights, &best.roster);
    let is_over = || spent() >= 1.0;
    let mut chance = Chance::new(seed);
    for k in 0..1000 {
        let done = master.generate(10, &is_over);
        say(format!("{:.2} value {:.2} bound {:?} columns {}", spent(), master.value(), master.bound(), master.n_columns()));
        if done || is_over() { break; }
        let _ = k;
    }
    while !is_over() {
        let Some(roster) = master.dive(&mut chance, &is_over) else { break };
        let score = evaluator.score(&roster);
        let from = spent();
        let mut polish = Anneal::new(evaluator, roster, weights, chance.next());
        polish.run(Heat { first: 3.0, last: 0.5 }, &|| (spent() - from) * 20.0, &mut |_, _| {});
        master.learn(&polish.best.roster);
        say(format!("{:.2} dive {} polished {} columns {}", spent(), score, polish.best.score, master.n_columns()));
        if polish.best.score < best.score { best = polish.best; }
        if master.bound().is_some_and(|bound| best.score.soft <= bound) { break; }
    }
    (best.roster, best.score)
}
