//! Proof by branching: a tree of programs, each with some sums of cells held within limits.
//!
//! Column generation alone proves no more than the best mix of rows is worth. Where the mix has half
//! a head on a shift, every roster has none or one: two programs, each with a larger bound. What all
//! leaves prove holds for every roster, so the bound of the tree is the least of its leaves, and the
//! leaf with the least is split next.
//!
//! A leaf's bound is worked out like [`Master::bound`], in integers, with a price for each sum that
//! has the sign its limit allows. It is true whether the program was solved well or badly.
#![expect(clippy::indexing_slicing, reason = "rows and columns are numbered here")]

use super::Master;
use super::cut::{Cut, Side};
use super::simplex::{Column, Simplex};
use super::split::Split;
use crate::problem::Roster;
use std::cmp::Reverse;

/// Steps of the linear program in a trial.
const TRIAL_STEPS: usize = 25;
/// So many trials in a row without a better one end them.
const TRIALS_IDLE: usize = 16;
/// So many at the root, and a fair part of them near it, where a split counts most.
const TRIALS_IDLE_ROOT: usize = 120;
/// Pricings of a leaf.
const ROUNDS_MAX: usize = 200;
/// How many leaves of the first tree are split at most; each tree after it may grow half as large again.
const SPLITS_FIRST: usize = 24;
/// A gain in points that counts even where there is none, so that the other side's gain tells.
const GAIN_LEAST: f64 = 0.005;
/// What a unit beyond a limit costs, as a multiple of the dearest head.
const WEIGHT: f64 = 2.0;
/// The least that it costs, in points.
const WEIGHT_MIN: f64 = 500.0;
/// And the most.
const WEIGHT_MAX: f64 = 20_000.0;

/// A program that may be split.
#[derive(Clone, Debug)]
struct Leaf {
    cuts: Vec<Cut>,
    /// The basis of its program, whose first so many columns are no rows of people.
    basis: Vec<usize>,
    n_slacks: usize,
    /// The prices that proved most.
    center: Vec<f64>,
    bound: i64,
}

/// A tree of programs, which share the rows they know.
pub(crate) struct Tree<'e, 'p> {
    master: Master<'e, 'p>,
    open: Vec<Leaf>,
    /// The least bound of the leaves that are not split any more.
    closed: Option<i64>,
    weight: f64,
    /// Where every tree begins.
    root: Leaf,
    /// What earlier trees proved.
    proven: i64,
    /// How many leaves may be split before the tree is begun anew, and how many were.
    n_splits_max: usize,
    n_splits: usize,
}

/// What splitting a leaf came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Grown {
    /// Nothing is left to split.
    Done,
    /// Two leaves more or one less, and perhaps a roster that came up.
    More(Option<Roster>),
}

impl<'e, 'p> Tree<'e, 'p> {
    /// Starts from a program at its optimum; `None` where nothing is proven.
    pub(crate) fn new(master: &Master<'e, 'p>) -> Option<Tree<'e, 'p>> {
        let dearest = master.model.bends.iter().map(|bend| bend.weight).fold(0.0, f64::max);
        let root = Leaf {
            cuts: Vec::new(),
            basis: master.simplex.basis().to_vec(),
            n_slacks: master.n_slacks,
            center: master.center.clone(),
            bound: master.bound?,
        };
        Some(Tree {
            master: master.clone(),
            open: vec![root.clone()],
            closed: None,
            proven: root.bound,
            root,
            n_splits_max: SPLITS_FIRST,
            n_splits: 0,
            weight: (WEIGHT * dearest).clamp(WEIGHT_MIN, WEIGHT_MAX),
        })
    }

    /// No roster costs less.
    pub(crate) fn bound(&self) -> i64 {
        let least = self.open.iter().map(|leaf| leaf.bound).chain(self.closed).min();
        least.map_or(self.proven, |least| least.max(self.proven))
    }

    /// Begins a new tree, with all rows known by now. What is split first decides how far a tree has to
    /// grow: some are done in twenty leaves where others take thousands.
    fn begin_anew(&mut self) {
        self.proven = self.bound();
        self.open = vec![self.root.clone()];
        self.closed = None;
        self.n_splits = 0;
        self.n_splits_max += self.n_splits_max / 2;
    }

    /// Splits the leaf with the least bound, unless it is at `limit` or above, what the best roster
    /// costs. Rosters that come up have the rows of `from` where nobody is chosen for.
    pub(crate) fn grow(&mut self, from: &Roster, limit: i64, is_over: &dyn Fn() -> bool) -> Grown {
        if self.n_splits >= self.n_splits_max {
            self.begin_anew();
        }
        let key = |leaf: &Leaf| (leaf.bound, Reverse(leaf.cuts.len()));
        let least = self.open.iter().enumerate().min_by_key(|(_, leaf)| key(leaf));
        let Some((least, _)) = least.filter(|(_, leaf)| leaf.bound < limit) else { return Grown::Done };
        let mut leaf = self.open.swap_remove(least);
        // Rows have come since, and the limit may be lower.
        self.master.learn(from);
        let whole = self.work_out(&mut leaf, from, limit, is_over);
        if is_over() {
            self.open.push(leaf);
            return Grown::More(whole);
        }
        if leaf.bound >= limit || whole.is_some() {
            self.close(leaf.bound);
            return Grown::More(whole);
        }
        let split = self.choose(limit, is_over);
        if is_over() {
            self.open.push(leaf);
            return Grown::More(None);
        }
        let Some(split) = split else {
            self.close(leaf.bound);
            return Grown::More(None);
        };
        self.n_splits += 1;
        let mut found = None;
        for side in [Side::AtLeast, Side::AtMost] {
            let mut child = self.child(&leaf, &split, side);
            let whole = self.work_out(&mut child, from, limit, is_over);
            found = found.or(whole);
            if child.bound < limit {
                self.open.push(child);
            } else {
                self.close(child.bound);
            }
        }
        Grown::More(found)
    }

    /// Solves a leaf's program and betters its bound. Returns the roster its solution is, if it is one.
    fn work_out(
        &mut self,
        leaf: &mut Leaf,
        from: &Roster,
        limit: i64,
        is_over: &dyn Fn() -> bool,
    ) -> Option<Roster> {
        self.master.enter(leaf);
        self.master.generate_to(limit, ROUNDS_MAX, is_over);
        leaf.bound = self.master.bound.unwrap_or(leaf.bound).max(leaf.bound);
        leaf.basis = self.master.simplex.basis().to_vec();
        leaf.center.clone_from(&self.master.center);
        self.master.whole_roster(from)
    }

    fn close(&mut self, bound: i64) {
        self.closed = Some(self.closed.map_or(bound, |closed| closed.min(bound)));
    }

    /// A leaf with one sum more within a limit, which the solution of its basis breaks.
    fn child(&self, leaf: &Leaf, split: &Split, side: Side) -> Leaf {
        let n_slacks = leaf.n_slacks + 2;
        let moved = |column: &usize| if *column >= leaf.n_slacks { column + 2 } else { *column };
        let own = leaf.n_slacks + usize::from(side == Side::AtMost);
        Leaf {
            cuts: leaf.cuts.iter().cloned().chain([self.cut(split, side)]).collect(),
            basis: leaf.basis.iter().map(moved).chain([own]).collect(),
            n_slacks,
            center: leaf.center.iter().copied().chain([0.0]).collect(),
            bound: leaf.bound,
        }
    }

    fn cut(&self, split: &Split, side: Side) -> Cut {
        #[expect(clippy::cast_possible_truncation, reason = "sums of cells are small")]
        let below = split.value.floor() as i32;
        let limit = match side {
            Side::AtMost => below,
            Side::AtLeast => below + 1,
        };
        Cut { sum: split.sum.clone(), limit, side, weight: self.weight }
    }

    /// The sum whose split raises both bounds most, as far as the known rows tell.
    fn choose(&self, limit: i64, is_over: &dyn Fn() -> bool) -> Option<Split> {
        let value = self.master.value();
        #[expect(clippy::cast_precision_loss, reason = "objectives are far below 2^52")]
        let most = (limit as f64 - value).max(1.0);
        let mut best: Option<(f64, Split)> = None;
        let idle_max = TRIALS_IDLE.max(TRIALS_IDLE_ROOT / (self.master.cuts.len() + 1));
        let mut n_idle = 0;
        for split in self.master.splits() {
            if is_over() || n_idle >= idle_max {
                break;
            }
            n_idle += 1;
            let gain = |side| (self.master.trial(&self.cut(&split, side), value + most) - value).max(0.0);
            let score = (gain(Side::AtMost) + GAIN_LEAST) * (gain(Side::AtLeast) + GAIN_LEAST);
            if best.as_ref().is_none_or(|(known, _)| score > *known) {
                best = Some((score, split));
                n_idle = 0;
            }
            // Both sides are over.
            if score >= most * most {
                break;
            }
        }
        best.map(|(_, split)| split)
    }
}

impl Master<'_, '_> {
    /// Makes the program that of a leaf.
    fn enter(&mut self, leaf: &Leaf) {
        let n_rows = self.model.n_rows() + self.people.len();
        let before = self.simplex.columns();
        let mut columns = Vec::with_capacity(leaf.n_slacks + self.known.len());
        columns.extend_from_slice(&before[..2 * self.model.n_rows()]);
        for (row, cut) in (n_rows..).zip(&leaf.cuts) {
            columns.extend(cut.slacks(row));
        }
        for (known, column) in self.known.iter().zip(&before[self.n_slacks..]) {
            let plain = column.entries.iter().copied().filter(|(row, _)| (*row as usize) < n_rows);
            let cuts =
                (n_rows..).zip(&leaf.cuts).filter_map(|(row, cut)| cut.entry(row, known.place, &known.row));
            columns.push(Column { cost: known.cost, entries: plain.chain(cuts).collect() });
        }
        let mut right = self.model.right(self.people.len());
        right.extend(leaf.cuts.iter().map(|cut| f64::from(cut.limit)));
        self.simplex = Simplex::new(right, columns, leaf.basis.clone());
        self.n_slacks = leaf.n_slacks;
        self.cuts.clone_from(&leaf.cuts);
        self.center.clone_from(&leaf.center);
        self.bound = Some(leaf.bound);
        self.is_pulled = true;
    }

    /// What the program over the known rows is worth with one cut more, at least, up to `enough`.
    fn trial(&self, cut: &Cut, enough: f64) -> f64 {
        let row = self.model.n_rows() + self.people.len() + self.cuts.len();
        let entries = self.known.iter().enumerate().filter_map(|(idx, known)| {
            let (_, count) = cut.entry(row, known.place, &known.row)?;
            Some((self.n_slacks + idx, count))
        });
        let entries: Vec<(usize, f64)> = entries.collect();
        let own = match cut.side {
            Side::AtMost => 1.0,
            Side::AtLeast => -1.0,
        };
        let mut trial = self.simplex.with_row(&entries, f64::from(cut.limit), own);
        trial.restore(TRIAL_STEPS, enough - self.model.constant) + self.model.constant
    }

    /// The roster of a solution without fractions.
    fn whole_roster(&self, from: &Roster) -> Option<Roster> {
        let mut roster = from.clone();
        let mut n_whole = 0;
        for (column, _) in self.simplex.solution().filter(|(_, share)| *share > 0.98) {
            if let Some(known) = column.checked_sub(self.n_slacks).map(|known| &self.known[known]) {
                roster.row_mut(self.people[known.place]).copy_from_slice(&known.row);
                n_whole += 1;
            }
        }
        (n_whole == self.people.len()).then_some(roster)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{Evaluator, Weights};
    use crate::problem::{Cell, PersonIdx, Problem};
    use crate::row::RowPlan;
    use crate::testing::{Dice, any_problem};
    use std::collections::BTreeMap;
    use std::fmt::Write;
    use std::sync::Arc;

    const WEIGHTS: Weights = Weights { hard: 1_000, cover: 300 };
    /// So many ways are gone through at most for each person.
    const WAYS_MAX: usize = 10_000;

    /// Of the short-staffed problems, some where a mix of rows is better than every roster.
    const MIXED: [u64; 10] = [463, 764, 1_118, 1_165, 1_213, 1_680, 2_754, 2_937, 2_991, 3_764];

    /// All legal rows of a person; `None` when there are too many to go through.
    fn legal_rows(evaluator: &Evaluator<'_>, person: PersonIdx) -> Option<Vec<Vec<Cell>>> {
        let problem = evaluator.problem();
        let n_days = u32::try_from(problem.n_days()).unwrap();
        let n = problem.n_codes().checked_pow(n_days).filter(|n| *n <= 3_000)?;
        let row = |mut number: usize| -> Vec<Cell> {
            let mut cell = || {
                let code = number % problem.n_codes();
                number /= problem.n_codes();
                Cell(u16::try_from(code).unwrap())
            };
            (0..n_days).map(|_| cell()).collect()
        };
        Some((0..n).map(row).filter(|row| evaluator.plan(person).cost(row).hard == 0).collect())
    }

    /// What the best roster of legal rows costs without rules across people, person after person over
    /// all heads they can make; `None` when there is none or too much to go through.
    fn by_force(evaluator: &Evaluator<'_>) -> Option<i64> {
        let (problem, cover) = (evaluator.problem(), evaluator.cover());
        let mut cheapest = BTreeMap::from([(vec![0_u16; cover.n_rows()], 0)]);
        for person in PersonIdx::all(problem.n_people()) {
            let rows = legal_rows(evaluator, person)?;
            if rows.len() * cheapest.len() > WAYS_MAX {
                return None;
            }
            let mut next = BTreeMap::new();
            for (row, (heads, cost)) in rows.iter().flat_map(|row| cheapest.iter().map(move |way| (row, way)))
            {
                let mut heads = heads.clone();
                for (day, cell) in row.iter().enumerate() {
                    cover.rows(person, day, *cell).for_each(|row| heads[row] += 1);
                }
                let cost = cost + evaluator.plan(person).cost(row).soft;
                let known = next.entry(heads).or_insert(cost);
                *known = cost.min(*known);
            }
            cheapest = next;
        }
        let of_cover = |heads: Vec<u16>| -> i64 {
            (0..).zip(heads).map(|(row, heads)| WEIGHTS.of_score(cover.score(row, heads))).sum()
        };
        cheapest.into_iter().map(|(heads, cost)| cost + of_cover(heads)).min()
    }

    /// The bounds before and after branching, up to what the best roster costs.
    fn bounds(evaluator: &Evaluator<'_>, optimum: i64) -> Option<(i64, i64)> {
        let problem = evaluator.problem();
        let plans: Arc<[RowPlan]> =
            PersonIdx::all(problem.n_people()).map(|person| RowPlan::new(evaluator, person)).collect();
        let start = problem.empty_roster();
        let people = PersonIdx::all(problem.n_people()).collect();
        let mut master = Master::new(evaluator, WEIGHTS, &plans, &start, people);
        master.generate(200, &|| false);
        let mut tree = Tree::new(&master)?;
        let first = tree.bound();
        for _ in 0..60 {
            // A roster that comes up costs no less than the best.
            let grown = tree.grow(&start, optimum + 1, &|| false);
            assert!(tree.bound() <= optimum, "{:?} over {optimum}", tree.bound());
            if grown == Grown::Done {
                break;
            }
        }
        Some((first, tree.bound()))
    }

    /// Few people who work blocks of two days and more, so that heads seldom fit demand.
    fn short_staffed(seed: u64) -> Problem {
        let mut dice = Dice::new(seed);
        let n_days = dice.small(7, 8);
        let mut text = format!("SECTION_HORIZON\n{n_days}\nSECTION_SHIFTS\nD,480,\nSECTION_STAFF\n");
        for person in 0..4 {
            let most = dice.small(3, 5);
            let _ =
                writeln!(text, "{person},D=9,{},{},{},2,2,1", most * 480, (most - 1) * 480, dice.small(2, 5));
        }
        for section in ["ON", "OFF"] {
            let _ = writeln!(text, "SECTION_SHIFT_{section}_REQUESTS");
            for _ in 0..9 {
                let (person, day) = (dice.below(4), dice.small(0, n_days - 1));
                let _ = writeln!(text, "{person},{day},D,{}", dice.small(1, 9));
            }
        }
        text.push_str("SECTION_COVER\n");
        for day in 0..n_days {
            let _ = writeln!(text, "{day},D,{},{},5", dice.small(1, 3), dice.small(5, 30));
        }
        crate::read::curtois::read(&text).unwrap()
    }

    #[test]
    fn no_bound_is_over_the_best_of_all_rosters() {
        let any = |seed| Problem::new(any_problem(seed)).unwrap();
        let (mut n, mut n_raised, mut n_proven) = (0, 0, 0);
        for problem in MIXED.into_iter().chain(0..50).map(short_staffed).chain((0..300).map(any)) {
            let evaluator = Evaluator::new(&problem);
            let Some(optimum) = by_force(&evaluator) else { continue };
            let Some((first, last)) = bounds(&evaluator, optimum) else { continue };
            assert!(first <= last && last <= optimum, "{first} {last} {optimum}");
            n += 1;
            n_raised += usize::from(first < last);
            n_proven += usize::from(last == optimum);
        }
        assert!(n > 30 && n_raised >= MIXED.len() && n_proven > 25, "{n} {n_raised} {n_proven}");
    }
}
