//! The whole roster as a choice of one row for each person: columns, prices, bound.
//!
//! A linear program weighs the known rows of all people against cover; its prices of cells go to the
//! dynamic program of [`row`](crate::row), which finds for each person the row that would help most.
//! When none helps, the program is at its optimum. [`Master::bound`] follows from any prices by
//! Lagrange: no roster costs less than the sum of everybody's best rows under these prices. It is
//! worked out in integers.
#![expect(clippy::indexing_slicing, reason = "rows, people and columns are numbered here")]

mod ascent;
mod branch;
mod cut;
mod dive;
mod model;
mod simplex;
mod split;

use crate::evaluate::{Evaluator, Weights};
use crate::problem::{Cell, PersonIdx, Roster};
use crate::row::{NEVER, RowPlan, SCALE, Scratch};
use cut::Cut;
use model::Model;
use simplex::{Column, Simplex};
use std::collections::HashSet;
use std::sync::Arc;

pub(crate) use branch::{Grown, Tree};
pub(crate) use dive::Grain;

/// Steps of the linear program between two pricings.
const STEPS_MAX: usize = 4_000;
/// Prices of the best bound lead once its gap is less than this share of the value.
const NEAR: f64 = 0.7;
/// What a column costs that is out of the question.
const BARRED: f64 = 1e7;

/// A known row of a person.
#[derive(Clone, Debug)]
struct Known {
    /// Whose, as a place among the people chosen for.
    place: usize,
    row: Box<[Cell]>,
    cost: f64,
}

/// The choice of rows.
#[derive(Clone)]
pub(crate) struct Master<'e, 'p> {
    evaluator: &'e Evaluator<'p>,
    model: Model,
    plans: Arc<[RowPlan]>,
    /// Whose rows are chosen; everybody else keeps theirs.
    people: Vec<PersonIdx>,
    simplex: Simplex,
    /// The rows behind the columns, from `n_slacks` on.
    known: Vec<Known>,
    n_slacks: usize,
    seen: HashSet<(usize, Box<[Cell]>)>,
    scratch: Scratch,
    /// Sums held within limits; their rows stand after those of the people.
    cuts: Vec<Cut>,
    /// Prices of cover, then of cuts, that gave the best bound.
    center: Vec<f64>,
    bound: Option<i64>,
    /// Whether prices of the best bound still lead to new rows.
    is_pulled: bool,
    /// The cells of each place and day that are settled while diving.
    settled: Vec<Vec<Option<Cell>>>,
    is_diving: bool,
    /// Dives that are sure to cost more than this are given up.
    pub(crate) cost_max: f64,
}

/// What is known at an optimum, for another choice among the same people.
pub(crate) struct Root {
    known: Vec<Known>,
    center: Vec<f64>,
    bound: Option<i64>,
}

/// What pricing came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Priced {
    /// How many rows were new and worth it.
    pub(crate) n_new: usize,
}

impl<'e, 'p> Master<'e, 'p> {
    /// Starts from a roster; chooses rows for some people, the others keep theirs.
    pub(crate) fn new(
        evaluator: &'e Evaluator<'p>,
        weights: Weights,
        plans: &Arc<[RowPlan]>,
        roster: &Roster,
        people: Vec<PersonIdx>,
    ) -> Master<'e, 'p> {
        let mut model = Model::new(evaluator, weights);
        model.count_others(evaluator, roster, &people);
        model.prune(evaluator, &people);
        let heads = model.heads(evaluator, roster, &people);
        let small = |row: usize| u32::try_from(row).unwrap_or(u32::MAX);
        let mut columns = Vec::new();
        let mut basis = Vec::new();
        for (row, (bend, heads)) in model.bends.iter().zip(&heads).enumerate() {
            // Right sides are a little above whole numbers.
            let is_short = *heads <= bend.at;
            basis.push(columns.len() + usize::from(!is_short));
            columns.push(Column { cost: bend.weight, entries: [(small(row), 1.0)].into() });
            columns.push(Column { cost: 0.0, entries: [(small(row), -1.0)].into() });
        }
        let n_slacks = columns.len();
        let mut known = Vec::new();
        let mut seen = HashSet::new();
        for (place, &person) in people.iter().enumerate() {
            let row: Box<[Cell]> = roster.row(person).into();
            let cost = evaluator.plan(person).cost(&row);
            let (column, plain) = model.column(evaluator, (place, person), &row, weights.of_cost(cost));
            basis.push(columns.len());
            columns.push(column);
            seen.insert((place, row.clone()));
            known.push(Known { place, row, cost: plain });
        }
        let right = model.right(people.len());
        Master {
            evaluator,
            plans: Arc::clone(plans),
            simplex: Simplex::new(right, columns, basis),
            known,
            n_slacks,
            seen,
            scratch: Scratch::default(),
            cuts: Vec::new(),
            center: vec![0.0; model.n_rows()],
            bound: None,
            is_pulled: true,
            settled: vec![vec![None; roster.n_days()]; people.len()],
            is_diving: false,
            cost_max: f64::INFINITY,
            people,
            model,
        }
    }

    /// The rows known of a person, for another choice of rows.
    pub(crate) fn rows_of(&self, person: PersonIdx) -> impl Iterator<Item = &[Cell]> + '_ {
        let place = self.people.iter().position(|known| *known == person);
        self.known.iter().filter(move |known| Some(known.place) == place).map(|known| &*known.row)
    }

    /// What is known by now.
    pub(crate) fn root(&self) -> Root {
        Root { known: self.known.clone(), center: self.center.clone(), bound: self.bound }
    }

    /// Takes over what another choice among the same people knew.
    pub(crate) fn take_root(&mut self, root: Root) {
        for known in root.known {
            self.add(known.place, &known.row);
        }
        self.center = root.center;
        self.bound = root.bound;
    }

    /// All rows known, with whose they are.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (PersonIdx, &[Cell])> + '_ {
        self.new_rows(0)
    }

    /// The rows that became known from a number on, with whose they are.
    pub(crate) fn new_rows(&self, from: usize) -> impl Iterator<Item = (PersonIdx, &[Cell])> + '_ {
        self.known.iter().skip(from).map(|known| (self.people[known.place], &*known.row))
    }

    /// The largest proven bound of the weighed objective, if any.
    pub(crate) fn bound(&self) -> Option<i64> {
        self.bound
    }

    /// The value of the linear program as far as it is solved.
    pub(crate) fn value(&self) -> f64 {
        self.simplex.objective() + self.model.constant
    }

    pub(crate) fn n_columns(&self) -> usize {
        self.known.len()
    }

    /// Takes a roster's rows into the pool.
    pub(crate) fn learn(&mut self, roster: &Roster) {
        for (place, person) in self.people.clone().into_iter().enumerate() {
            self.add(place, roster.row(person));
        }
    }

    /// Adds a row of who stands at a place, if it is legal and new.
    pub(crate) fn add(&mut self, place: usize, row: &[Cell]) -> bool {
        let person = self.people[place];
        let cost = self.evaluator.plan(person).cost(row);
        let key = (place, Box::from(row));
        if cost.hard > 0 || self.seen.contains(&key) {
            return false;
        }
        let (mut column, plain) = self.column(place, row, cost.soft);
        let is_barred = |(settled, cell): (&Option<Cell>, &Cell)| settled.is_some_and(|other| other != *cell);
        if self.settled[place].iter().zip(row).any(is_barred) {
            column.cost += BARRED;
        }
        self.simplex.add(column);
        self.known.push(Known { place, row: row.into(), cost: plain });
        self.seen.insert(key);
        true
    }

    /// Solves over the known rows.
    pub(crate) fn solve(&mut self, is_over: &dyn Fn() -> bool) -> bool {
        self.simplex.solve(STEPS_MAX, is_over)
    }

    /// Looks for better rows under prices between those of the program and those of the best bound;
    /// `pull` tells how near the latter.
    pub(crate) fn price(&mut self, pull: f64, is_over: &dyn Fn() -> bool) -> Priced {
        let prices = self.whole_prices(pull);
        let mut sum = self.dual(&prices);
        let mut is_proof = self.model.is_convex && !self.is_diving;
        let mut n_new = 0;
        let mut cells = Vec::new();
        for (place, person) in self.people.clone().into_iter().enumerate() {
            if self.settled[place].iter().all(Option::is_some) {
                continue;
            }
            if is_over() {
                return Priced { n_new };
            }
            self.model.cell_prices(self.evaluator, person, &prices, &mut cells);
            is_proof &= self.add_cut_prices(place, &prices, &mut cells);
            self.bar_unsettled(place, &mut cells);
            let Some(best) = self.plans[person.idx()].best(&mut self.scratch, &cells) else {
                is_proof = false;
                continue;
            };
            sum += i64::from(best.value);
            n_new += usize::from(self.helps(place, &best.row) && self.add(place, &best.row));
        }
        if is_proof {
            self.note_bound(sum, &prices);
        }
        Priced { n_new }
    }

    /// Takes over what prices prove, scaled, if it is better than what is known.
    fn note_bound(&mut self, sum: i64, prices: &[i32]) {
        let bound = crate::score::divide_up(sum + self.model.constant_scaled(), i64::from(SCALE));
        if self.model.is_convex && self.bound.is_none_or(|known| bound > known) {
            self.bound = Some(bound);
            self.center = prices.iter().map(|price| f64::from(*price) / f64::from(SCALE)).collect();
        }
    }

    /// Prices of cover, then of cuts, between those of the program and those of the best bound.
    fn whole_prices(&self, pull: f64) -> Vec<i32> {
        let n = self.model.n_rows();
        let raw = self.simplex.prices();
        let raw = raw[..n].iter().chain(&raw[n + self.people.len()..]);
        let mixed: Vec<f64> =
            raw.zip(&self.center).map(|(raw, center)| pull * center + (1.0 - pull) * raw).collect();
        let mut prices = self.model.whole(mixed[..n].iter().copied());
        prices.extend(self.cuts.iter().zip(&mixed[n..]).map(|(cut, price)| cut.whole(*price)));
        prices
    }

    /// What the prices are worth at the bends and limits, scaled.
    fn dual(&self, prices: &[i32]) -> i64 {
        let (of_bends, of_cuts) = prices.split_at(self.model.n_rows());
        let cuts = self.cuts.iter().zip(of_cuts);
        self.model.dual(of_bends)
            + cuts.map(|(cut, price)| i64::from(cut.limit) * i64::from(*price)).sum::<i64>()
    }

    /// Adds the prices of cuts to those of a person's cells; false when a row could leave the range
    /// of numbers.
    fn add_cut_prices(&self, place: usize, prices: &[i32], cells: &mut [i32]) -> bool {
        if self.cuts.is_empty() {
            return true;
        }
        let n_codes = self.evaluator.problem().n_codes();
        for (cut, price) in self.cuts.iter().zip(&prices[self.model.n_rows()..]) {
            cut.add_prices(place, *price, n_codes, cells);
        }
        let widest = |day: &[i32]| day.iter().map(|price| i64::from(price.abs())).max().unwrap_or(0);
        cells.chunks_exact(n_codes).map(widest).sum::<i64>() < i64::from(NEVER / 4)
    }

    /// A row as a column, and what it costs with its heads.
    fn column(&self, place: usize, row: &[Cell], points: i64) -> (Column, f64) {
        let (mut column, cost) = self.model.column(self.evaluator, (place, self.people[place]), row, points);
        if !self.cuts.is_empty() {
            let first = self.model.n_rows() + self.people.len();
            let cuts = (first..).zip(&self.cuts).filter_map(|(at, cut)| cut.entry(at, place, row));
            column.entries = column.entries.iter().copied().chain(cuts).collect();
        }
        (column, cost)
    }

    /// Leaves only the settled cell on days that are settled.
    fn bar_unsettled(&self, place: usize, cells: &mut [i32]) {
        let n_codes = self.evaluator.problem().n_codes();
        for (settled, prices) in self.settled[place].iter().zip(cells.chunks_exact_mut(n_codes)) {
            let Some(settled) = settled else { continue };
            prices.iter_mut().enumerate().filter(|(code, _)| *code != settled.code()).for_each(
                |(_, price)| {
                    *price = NEVER;
                },
            );
        }
    }

    /// Whether a row would gain under the prices of the program.
    fn helps(&self, place: usize, row: &[Cell]) -> bool {
        let person = self.people[place];
        let cost = self.evaluator.plan(person).cost(row);
        let (column, _) = self.column(place, row, cost.soft);
        let prices = self.simplex.prices();
        let worth: f64 = column.entries.iter().map(|(at, by)| prices[*at as usize] * by).sum();
        column.cost - worth < -1e-4
    }

    /// Prices and solves until nothing helps, or time is over. Tells whether nothing helps any more.
    pub(crate) fn generate(&mut self, rounds_max: usize, is_over: &dyn Fn() -> bool) -> bool {
        self.generate_to(i64::MAX, rounds_max, is_over)
    }

    /// Like [`Master::generate`], and done as soon as the bound comes to a limit.
    fn generate_to(&mut self, limit: i64, rounds_max: usize, is_over: &dyn Fn() -> bool) -> bool {
        for _ in 0..rounds_max {
            if self.bound.is_some_and(|bound| bound >= limit) {
                return true;
            }
            self.solve(is_over);
            if is_over() {
                return false;
            }
            // Far from the optimum the best known prices are of no use.
            let gap = self.bound.map_or(f64::INFINITY, |bound| self.value() - bound_of(bound));
            let is_near = gap < NEAR * self.value().abs();
            let pull = if is_near && self.is_pulled { 0.5 } else { 0.0 };
            let priced = self.price(pull, is_over);
            if priced.n_new == 0 && pull == 0.0 || gap <= 0.0 {
                return !is_over();
            }
            self.is_pulled = priced.n_new > 0;
        }
        false
    }
}

#[expect(clippy::cast_precision_loss, reason = "objectives are far below 2^52")]
fn bound_of(bound: i64) -> f64 {
    bound as f64 + 1e-6
}
