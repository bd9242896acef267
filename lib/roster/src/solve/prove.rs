//! A share of the time for the tree of branches, which raises the bound where columns alone cannot.

use super::{WEIGHTS, Worker};
use crate::master::{Grown, Master, Tree};
use crate::score::Score;

/// The share of all time that is the tree's.
const SHARE: f64 = 0.1;
/// Its share of the time in which the rest of the search found nothing better.
const SHARE_IDLE: f64 = 0.5;
/// The share of the whole time that it gets at once after so many visits, when the first dives are done:
/// where the bound is nearly what the best roster costs, a tree often has both within seconds.
const ONCE: f64 = 0.1;
const VISITS_BEFORE: u32 = 3;
/// A problem whose first bound takes such a share of the time is too large for a tree of any use.
const LARGE: f64 = 0.09;

/// The tree and the time it may take.
pub(super) struct Proof<'e, 'p> {
    /// None where nothing is proven, and where time is short.
    tree: Option<Tree<'e, 'p>>,
    /// How much time it has left; less than none after a long leaf.
    left: f64,
    n_visits: u32,
    /// When the tree was left, and what the best roster cost then.
    since: (f64, Score),
}

impl Worker<'_, '_> {
    /// Branches until the tree has had its share.
    pub(super) fn branch(&self, proof: &mut Proof<'_, '_>) {
        let Some(tree) = &mut proof.tree else { return };
        let (from, score) = proof.since;
        let share = if self.best().score < score { SHARE } else { SHARE_IDLE };
        proof.left += share * (self.spent() - from);
        proof.n_visits += 1;
        if proof.n_visits == VISITS_BEFORE {
            proof.left += ONCE;
        }
        let is_over = || self.is_over();
        while !is_over() && proof.left > 0.0 {
            let (best, from) = (self.best(), self.spent());
            // What breaks rules is far from any bound.
            if best.score.hard > 0 {
                break;
            }
            // Whatever is better is so by a step.
            let limit = WEIGHTS.of_score(best.score) - (self.shared.step - 1);
            let grown = tree.grow(&best.roster, limit, &is_over);
            self.prove(Some(tree.bound()));
            match grown {
                Grown::Done => break,
                Grown::More(None) => {}
                Grown::More(Some(roster)) => self.offer(&roster, self.evaluator.score(&roster)),
            }
            proof.left -= self.spent() - from;
        }
        proof.since = (self.spent(), self.best().score);
    }

    /// A tree that starts from a program at its optimum. The time until now counts as idle.
    pub(super) fn proof<'e, 'p>(&self, master: &Master<'e, 'p>, from: f64) -> Proof<'e, 'p> {
        let tree = if self.spent() - from < LARGE { Tree::new(master) } else { None };
        Proof { tree, left: 0.0, n_visits: 0, since: (0.0, self.best().score) }
    }
}
