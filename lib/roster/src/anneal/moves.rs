//! The moves: what an edit of one or two people's blocks of days may be.
//!
//! Four kinds, three of them after the multi-change and multi-swap of Ceschia, Di Gaspero and Schaerf (2020): a
//! block becomes another duty or off, two people trade a block, one person trades two blocks,
//! and weeks change places in pairs.
#![expect(clippy::indexing_slicing, reason = "people and days are those of this problem")]

use crate::evaluate::{Board, Edit, Evaluator};
use crate::problem::{Cell, PersonIdx};
use crate::solve::Chance;

/// The longest block that is changed or traded.
const BLOCK_MAX: usize = 28;

/// Days of a week.
const WEEK: usize = 7;

/// Draws moves.
#[derive(Clone, Debug)]
pub(crate) struct Moves {
    n_days: usize,
    /// Who has any choice at all.
    people: Vec<PersonIdx>,
    /// For each person and day the cells that break no hard rule by themselves.
    allowed: Vec<Box<[Cell]>>,
    /// Lengths of blocks, the short ones more often.
    lengths: Box<[u8]>,
    first: Vec<Cell>,
    second: Vec<Cell>,
}

impl Moves {
    pub(crate) fn new(evaluator: &Evaluator<'_>) -> Moves {
        let problem = evaluator.problem();
        let n_days = problem.n_days();
        let mut allowed: Vec<Box<[Cell]>> = Vec::with_capacity(problem.n_people() * n_days);
        let mut people = Vec::new();
        for person in PersonIdx::all(problem.n_people()) {
            let plan = evaluator.plan(person);
            let from = allowed.len();
            allowed.extend((0..n_days).map(|day| plan.allowed(day).collect()));
            if allowed[from..].iter().any(|cells| cells.len() > 1) {
                people.push(person);
            }
        }
        let longest = n_days.min(BLOCK_MAX);
        let lengths = (1..=longest).flat_map(|length| {
            let times = 60 / (length * length) + usize::from(length <= 14) + 1;
            std::iter::repeat_n(u8::try_from(length).unwrap_or(1), times)
        });
        Moves { n_days, people, allowed, lengths: lengths.collect(), first: Vec::new(), second: Vec::new() }
    }

    /// Whether there is anything to choose.
    pub(crate) fn is_empty(&self) -> bool {
        self.people.is_empty() || self.lengths.is_empty()
    }

    /// Tries a move on the board against a limit.
    #[inline]
    pub(crate) fn attempt(
        &mut self,
        board: &mut Board<'_, '_>,
        chance: &mut Chance,
        limit: i64,
    ) -> Option<i64> {
        let kind = chance.below(256);
        if kind < 100 {
            self.change(board, chance, limit)
        } else if kind < 210 {
            self.trade(board, chance, limit)
        } else if kind < 248 {
            self.slide(board, chance, limit)
        } else {
            self.alternate(board, chance, limit)
        }
    }

    fn allowed(&self, person: PersonIdx, day: usize) -> &[Cell] {
        &self.allowed[person.idx() * self.n_days + day]
    }

    /// A block of days, each as likely to begin.
    fn block(&self, chance: &mut Chance) -> (usize, usize) {
        let length = usize::from(self.lengths[chance.below(self.lengths.len())]);
        let from = chance.below(self.n_days);
        (from, length.min(self.n_days - from))
    }

    /// A block of one person becomes one duty or off.
    fn change(&mut self, board: &mut Board<'_, '_>, chance: &mut Chance, limit: i64) -> Option<i64> {
        let person = self.people[chance.below(self.people.len())];
        let (from, length) = self.block(chance);
        let row = &board.roster().row(person)[from..from + length];
        let choices = self.allowed(person, from);
        let cell = *choices.get(chance.below(choices.len()))?;
        if row[0] == cell {
            return None;
        }
        let mut first = std::mem::take(&mut self.first);
        first.clear();
        first.extend((from..).zip(row).map(|(day, was)| {
            let may = self.allowed(person, day).contains(&cell);
            if may { cell } else { *was }
        }));
        let change = board.attempt(&[Edit { person, from, cells: &first }], limit);
        self.first = first;
        change
    }

    /// Two people trade a block.
    fn trade(&mut self, board: &mut Board<'_, '_>, chance: &mut Chance, limit: i64) -> Option<i64> {
        let person = self.people[chance.below(self.people.len())];
        let other = self.people[chance.below(self.people.len())];
        let (from, length) = self.block(chance);
        let mine = &board.roster().row(person)[from..from + length];
        let theirs = &board.roster().row(other)[from..from + length];
        // Days at the rim that are equal are no part of the trade.
        if mine[0] == theirs[0] || mine[length - 1] == theirs[length - 1] {
            return None;
        }
        for (day, (mine, theirs)) in (from..).zip(mine.iter().zip(theirs)) {
            if !self.allowed(person, day).contains(theirs) || !self.allowed(other, day).contains(mine) {
                return None;
            }
        }
        self.first.clear();
        self.second.clear();
        self.first.extend_from_slice(theirs);
        self.second.extend_from_slice(mine);
        let edits =
            [Edit { person, from, cells: &self.first }, Edit { person: other, from, cells: &self.second }];
        board.attempt(&edits, limit)
    }

    /// One person trades two blocks of their own, or moves a block by a few days.
    fn slide(&mut self, board: &mut Board<'_, '_>, chance: &mut Chance, limit: i64) -> Option<i64> {
        let person = self.people[chance.below(self.people.len())];
        let (from, length) = self.block(chance);
        let length = length.min(7);
        let row = board.roster().row(person);
        let is_rotation = chance.in_256(128);
        let apart = 1 + chance.below(if is_rotation { 3 } else { self.n_days });
        self.first.clear();
        if is_rotation {
            // The block trades places with the few days behind it.
            let until = from + length + apart;
            let span = row.get(from..until)?;
            self.first.extend_from_slice(span);
            self.first.rotate_left(length);
        } else {
            let to = from + length.max(apart);
            let span = row.get(from..to + length)?;
            self.first.extend_from_slice(span);
            let (head, tail) = self.first.split_at_mut(to - from);
            head[..length].swap_with_slice(&mut tail[..length]);
        }
        if self.first == row[from..from + self.first.len()] {
            return None;
        }
        board.attempt(&[Edit { person, from, cells: &self.first }], limit)
    }

    /// One person's weeks change places in pairs for a while: where every other weekend is worked, the
    /// others are from there on.
    fn alternate(&mut self, board: &mut Board<'_, '_>, chance: &mut Chance, limit: i64) -> Option<i64> {
        let person = self.people[chance.below(self.people.len())];
        let from = chance.below(self.n_days);
        let n_pairs = 1 + chance.below((self.n_days - from) / (2 * WEEK));
        let row = board.roster().row(person);
        let span = row.get(from..from + n_pairs * 2 * WEEK)?;
        self.first.clear();
        self.first.extend_from_slice(span);
        for pair in self.first.chunks_exact_mut(2 * WEEK) {
            pair.rotate_left(WEEK);
        }
        if self.first == span {
            return None;
        }
        board.attempt(&[Edit { person, from, cells: &self.first }], limit)
    }
}
