//! A share of the time for the tree of branches, which raises the bound where columns alone cannot.

use super::{WEIGHTS, Worker};
use crate::master::{Grown, Master, Tree};

/// The share of the time so far that the tree may have had.
const SHARE: f64 = 0.5;

/// The tree and the share of the time it has had.
pub(super) struct Proof<'e, 'p> {
    tree: Option<Tree<'e, 'p>>,
    used: f64,
}

impl<'e, 'p> Proof<'e, 'p> {
    /// Starts from a program at its optimum.
    pub(super) fn new(master: &Master<'e, 'p>) -> Proof<'e, 'p> {
        Proof { tree: Tree::new(master), used: 0.0 }
    }
}

impl Worker<'_, '_> {
    /// Branches until the tree has had its share.
    pub(super) fn branch(&self, proof: &mut Proof<'_, '_>) {
        let Some(tree) = &mut proof.tree else { return };
        let is_over = || self.is_over();
        while !is_over() && proof.used < SHARE * self.spent() {
            let (best, from) = (self.best(), self.spent());
            // What breaks rules is far from any bound.
            if best.score.hard > 0 {
                return;
            }
            let grown = tree.grow(&best.roster, WEIGHTS.of_score(best.score), &is_over);
            self.prove(Some(tree.bound()));
            match grown {
                Grown::Done => return,
                Grown::More(None) => {}
                Grown::More(Some(roster)) => self.offer(&roster, self.evaluator.score(&roster)),
            }
            proof.used += self.spent() - from;
        }
    }
}
