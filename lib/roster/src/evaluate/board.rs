//! A roster under search: edits are tried against a limit and given up as soon as it is clear that
//! they miss it.
//!
//! Most edits are refused. Cover and the tables of cells tell within nanoseconds what an edit costs
//! at least, since the rules that look further can gain back no more than they charge now; only
//! edits that survive this are judged in full.
#![expect(clippy::indexing_slicing, reason = "people and days are those of this problem")]

use super::rewrite::Rewrite;
use super::{Evaluator, State};
use crate::problem::{Cell, PersonIdx, Roster};
use crate::score::{Cost, Score};

/// The most people whose days change at once.
const EDITS_MAX: usize = 2;

/// What the levels weigh while searching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Weights {
    /// Points for a unit of hard breach.
    pub(crate) hard: i64,
    /// Points for a point of cover.
    pub(crate) cover: i64,
}

/// New cells of one person from a day on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edit<'c> {
    pub(crate) person: PersonIdx,
    pub(crate) from: usize,
    pub(crate) cells: &'c [Cell],
}

/// A roster, its score, and what each person's further rules charge.
#[derive(Clone, Debug)]
pub(crate) struct Board<'e, 'p> {
    state: State<'e, 'p>,
    /// The roster before the edits that are tried.
    before: Roster,
    further: Vec<Cost>,
    /// What each person's counts add up to, and the same for the edits that are tried.
    sums: Vec<Box<[i64]>>,
    tried: [Vec<i64>; EDITS_MAX],
    weights: Weights,
}

impl Weights {
    #[inline]
    pub(crate) const fn of_score(self, score: Score) -> i64 {
        score.hard * self.hard + score.cover * self.cover + score.soft
    }

    #[inline]
    pub(crate) const fn of_cost(self, cost: Cost) -> i64 {
        cost.hard * self.hard + cost.soft
    }
}

impl<'e, 'p> Board<'e, 'p> {
    pub(crate) fn new(evaluator: &'e Evaluator<'p>, roster: Roster, weights: Weights) -> Board<'e, 'p> {
        let state = State::new(evaluator, roster);
        let before = state.roster().clone();
        let people = PersonIdx::all(before.n_people());
        let plans = people.map(|person| (evaluator.plan(person), before.row(person)));
        let further = plans.clone().map(|(plan, row)| plan.further_cost(row)).collect();
        let sums = plans.map(|(plan, row)| plan.sums(row)).collect();
        Board { state, before, further, sums, tried: Default::default(), weights }
    }

    #[inline]
    pub(crate) fn score(&self) -> Score {
        self.state.score()
    }

    #[inline]
    pub(crate) fn roster(&self) -> &Roster {
        self.state.roster()
    }

    /// Makes edits of different people when together they add no more than `limit` points, and tells
    /// how many they add; otherwise leaves everything as it was.
    #[inline]
    pub(crate) fn attempt(&mut self, edits: &[Edit<'_>], limit: i64) -> Option<i64> {
        let evaluator = self.state.evaluator();
        let mark = self.state.mark();
        let before = self.state.score();
        debug_assert!(edits.len() <= EDITS_MAX);
        let mut tables = [Cost::ZERO; EDITS_MAX];
        let mut least = 0;
        for (edit, table) in edits.iter().zip(&mut tables) {
            let plan = evaluator.plan(edit.person);
            let until = edit.from + edit.cells.len();
            *table -= plan.span_cost(self.state.roster().row(edit.person), edit.from, until);
            for (day, cell) in (edit.from..).zip(edit.cells) {
                self.state.place(edit.person, day, *cell);
            }
            *table += plan.span_cost(self.state.roster().row(edit.person), edit.from, until);
            least += self.weights.of_cost(*table - self.further[edit.person.idx()]);
        }
        least += self.weights.of_score(self.state.score() - before);
        // What fair shares may gain is not known before they are judged.
        let may_miss = evaluator.across().spreads.is_empty();
        if least > limit && may_miss {
            self.state.undo_to(mark);
            return None;
        }
        let mut further = [Cost::ZERO; EDITS_MAX];
        for ((edit, further), sums) in edits.iter().zip(&mut further).zip(&mut self.tried) {
            let person = edit.person;
            *further = self.further[person.idx()];
            sums.clear();
            sums.extend_from_slice(&self.sums[person.idx()]);
            let days = edit.from..edit.from + edit.cells.len();
            let (was, is) = (self.before.row(person), self.state.roster().row(person));
            if let Some(rewrite) = Rewrite::new(was, is, days) {
                *further += evaluator.plan(person).further_change(&rewrite, sums);
            }
            debug_assert_eq!(*further, evaluator.plan(person).further_cost(is));
            least += self.weights.of_cost(*further);
            if least > limit && may_miss {
                self.state.undo_to(mark);
                return None;
            }
        }
        for ((edit, table), further) in edits.iter().zip(tables).zip(further) {
            let person = edit.person;
            let was = self.state.cost(person);
            self.state.settle(person, was + table + further - self.further[person.idx()]);
        }
        let change = self.weights.of_score(self.state.score() - before);
        if change > limit {
            self.state.undo_to(mark);
            return None;
        }
        for ((edit, further), sums) in edits.iter().zip(further).zip(&self.tried) {
            let (from, until) = (edit.from, edit.from + edit.cells.len());
            self.before.row_mut(edit.person)[from..until].copy_from_slice(edit.cells);
            self.further[edit.person.idx()] = further;
            self.sums[edit.person.idx()].copy_from_slice(sums);
        }
        self.state.keep();
        Some(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Problem;
    use crate::testing::{Dice, any_problem, any_roster};

    #[test]
    fn edits_cost_what_the_roster_then_costs() {
        let (mut n_made, mut n_refused) = (0, 0);
        for seed in 0..600 {
            let problem = Problem::new(any_problem(seed)).unwrap();
            if problem.n_people() == 0 {
                continue;
            }
            let evaluator = Evaluator::new(&problem);
            let mut dice = Dice::new(seed);
            let weights = Weights { hard: 7, cover: 3 };
            let mut board = Board::new(&evaluator, any_roster(&problem, seed), weights);
            for _ in 0..60 {
                let (n_days, n_codes) = (problem.n_days(), problem.n_codes());
                let from = dice.below(n_days);
                let n = 1 + dice.below(n_days - from);
                let mut cells = || -> Vec<Cell> {
                    (0..n).map(|_| Cell(u16::try_from(dice.below(n_codes)).unwrap())).collect()
                };
                let (first, second) = (cells(), cells());
                let person = PersonIdx::at(dice.below(problem.n_people()));
                let other = PersonIdx::at(dice.below(problem.n_people()));
                let mut edits = vec![Edit { person, from, cells: &first }];
                if other != person {
                    edits.push(Edit { person: other, from, cells: &second });
                }
                let (before, was) = (board.score(), board.roster().clone());
                let limit = dice.from_to(-20, 60);
                let change = board.attempt(&edits, limit);
                let now = evaluator.score(board.roster());
                assert_eq!(board.score(), now, "seed {seed}");
                match change {
                    Some(change) => assert_eq!(change, weights.of_score(now - before), "seed {seed}"),
                    None => assert_eq!(*board.roster(), was, "seed {seed}"),
                }
                n_made += usize::from(change.is_some());
                n_refused += usize::from(change.is_none());
                for person in PersonIdx::all(problem.n_people()) {
                    let (plan, row) = (evaluator.plan(person), board.roster().row(person));
                    assert_eq!(board.further[person.idx()], plan.further_cost(row), "seed {seed}");
                    assert_eq!(board.sums[person.idx()], plan.sums(row), "seed {seed}");
                }
            }
        }
        assert!(n_made > 3_000 && n_refused > 3_000, "{n_made} made, {n_refused} refused");
    }
}
