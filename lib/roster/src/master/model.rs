//! Cover as rows of the linear program.
//!
//! What a row of the demand costs is convex in the heads: so much for each head below a bend, for
//! every bend, and so much for each head at all. Each bend is a row `heads + short - spare = bend`.
#![expect(clippy::indexing_slicing, reason = "rows are numbered here")]

use super::simplex::Column;
use crate::evaluate::{Evaluator, Weights};
use crate::problem::{Cell, PersonIdx, Roster};
use crate::row::SCALE;

/// Larger weights leave the range of prices; nothing is proven then.
const WEIGHT_MAX: i64 = 30_000;

/// Programs of more bends are large.
const LARGE: usize = 400;

/// A bend of the cost of a row of the demand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bend {
    /// So many heads; fewer than none when others are more than enough.
    pub(crate) at: i32,
    /// What each head below costs.
    pub(crate) weight: f64,
}

/// Cover, ready for the linear program.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) bends: Vec<Bend>,
    /// The bends of each row of the demand.
    of_demand: Vec<Vec<u32>>,
    /// What each head on a row of the demand costs.
    slopes: Vec<i64>,
    /// What everything costs beside.
    pub(crate) constant: f64,
    constant_points: i64,
    pub(crate) is_convex: bool,
    weights: Weights,
}

impl Model {
    #[expect(clippy::cast_precision_loss, reason = "weights are far below 2^52")]
    pub(crate) fn new(evaluator: &Evaluator<'_>, weights: Weights) -> Model {
        let cover = evaluator.cover();
        let mut model = Model {
            bends: Vec::new(),
            of_demand: Vec::new(),
            slopes: Vec::new(),
            constant: 0.0,
            constant_points: 0,
            is_convex: true,
            weights,
        };
        for (row, demand) in evaluator.problem().parts().demands.iter().enumerate() {
            let points = |heads: u16| weights.of_score(cover.score(row, heads));
            let last = demand.wanted.max(demand.minimum).max(demand.maximum.unwrap_or(0));
            let slope = points(last + 1) - points(last);
            let mut bends = Vec::new();
            let mut after = slope;
            for heads in (1..=last).rev() {
                let before = points(heads) - points(heads - 1);
                if (after - before).abs().max(slope.abs()) > WEIGHT_MAX {
                    model.is_convex = false;
                }
                if before < after {
                    bends.push(u32::try_from(model.bends.len()).unwrap_or(u32::MAX));
                    model
                        .bends
                        .push(Bend { at: i32::from(heads), weight: (after - before).min(WEIGHT_MAX) as f64 });
                } else if before > after {
                    model.is_convex = false;
                }
                after = before;
            }
            // All is told by the bends and the slope but what stands at the end.
            model.constant_points += points(last) - slope * i64::from(last);
            model.slopes.push(slope.clamp(-WEIGHT_MAX, WEIGHT_MAX));
            model.of_demand.push(bends);
        }
        model.constant = model.constant_points as f64;
        model
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.bends.len()
    }

    pub(crate) fn constant_scaled(&self) -> i64 {
        self.constant_points * i64::from(SCALE)
    }

    /// Right sides: bends, then one row for each person. A tiny bit of disorder avoids steps of no length.
    #[expect(clippy::cast_precision_loss, reason = "rows are few")]
    pub(crate) fn right(&self, n_people: usize) -> Vec<f64> {
        // Large programs stall without more of it, and none of their branches needs a value this exact.
        let disorder = if self.bends.len() > LARGE { 1e-3 } else { 2e-5 };
        let tiny = |row: usize| disorder * (0.2 + (row.wrapping_mul(7_919) % 997) as f64 / 997.0);
        let bends = self.bends.iter().enumerate().map(|(row, bend)| f64::from(bend.at) + tiny(row));
        bends.chain(std::iter::repeat_n(1.0, n_people)).collect()
    }

    /// Counts everybody who is not chosen for as being there.
    #[expect(clippy::cast_precision_loss, reason = "costs are far below 2^52")]
    pub(crate) fn count_others(&mut self, evaluator: &Evaluator<'_>, roster: &Roster, people: &[PersonIdx]) {
        let others: Vec<PersonIdx> =
            PersonIdx::all(roster.n_people()).filter(|person| !people.contains(person)).collect();
        let heads = self.heads(evaluator, roster, &others);
        for (bend, heads) in self.bends.iter_mut().zip(heads) {
            bend.at -= heads;
        }
        for person in others {
            let cost = evaluator.plan(person).cost(roster.row(person));
            self.constant_points += self.weights.of_cost(cost);
            for (day, cell) in roster.row(person).iter().enumerate() {
                let rows = evaluator.cover().rows(person, day, *cell);
                self.constant_points += rows.map(|demand| self.slopes[demand]).sum::<i64>();
            }
        }
        self.constant = self.constant_points as f64;
    }

    /// Leaves out bends that others reach already, and those that nobody chosen for can reach: a choice
    /// among a few people has a small program then, and steps of it cost the square of its rows.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "weights are whole")]
    pub(crate) fn prune(&mut self, evaluator: &Evaluator<'_>, people: &[PersonIdx]) {
        let mut is_reached = vec![false; self.bends.len()];
        for &person in people {
            let plan = evaluator.plan(person);
            for day in 0..evaluator.problem().n_days() {
                let rows = plan.allowed(day).flat_map(|cell| evaluator.cover().rows(person, day, cell));
                rows.flat_map(|demand| &self.of_demand[demand]).for_each(|bend| {
                    is_reached[*bend as usize] = true;
                });
            }
        }
        let mut place = vec![None; self.bends.len()];
        let mut bends = Vec::new();
        for ((bend, place), is_reached) in self.bends.iter().zip(&mut place).zip(is_reached) {
            if bend.at <= 0 {
                continue;
            }
            if is_reached {
                *place = u32::try_from(bends.len()).ok();
                bends.push(*bend);
            } else {
                self.constant_points += i64::from(bend.at) * bend.weight as i64;
            }
        }
        self.bends = bends;
        for of_demand in &mut self.of_demand {
            *of_demand = of_demand.iter().filter_map(|bend| place[*bend as usize]).collect();
        }
        self.constant = self.constant_points as f64;
    }

    /// The heads of some people at each bend.
    pub(crate) fn heads(&self, evaluator: &Evaluator<'_>, roster: &Roster, people: &[PersonIdx]) -> Vec<i32> {
        let mut heads = vec![0; self.bends.len()];
        let cells = people.iter().flat_map(|person| {
            roster.row(*person).iter().enumerate().map(move |(day, cell)| (*person, day, *cell))
        });
        for (person, day, cell) in cells {
            for demand in evaluator.cover().rows(person, day, cell) {
                self.of_demand[demand].iter().for_each(|bend| heads[*bend as usize] += 1);
            }
        }
        heads
    }

    /// Adds the heads of a row at each bend.
    pub(crate) fn add_heads(
        &self,
        evaluator: &Evaluator<'_>,
        person: PersonIdx,
        row: &[Cell],
        heads: &mut [f64],
    ) {
        for (day, cell) in row.iter().enumerate() {
            for demand in evaluator.cover().rows(person, day, *cell) {
                self.of_demand[demand].iter().for_each(|bend| heads[*bend as usize] += 1.0);
            }
        }
    }

    /// A person's row as a column, and what it costs with its heads.
    #[expect(clippy::cast_precision_loss, reason = "costs are far below 2^52")]
    pub(crate) fn column(
        &self,
        evaluator: &Evaluator<'_>,
        (place, person): (usize, PersonIdx),
        row: &[Cell],
        points: i64,
    ) -> (Column, f64) {
        let mut cost = points;
        let mut entries: Vec<(u32, f64)> = Vec::new();
        for (day, cell) in row.iter().enumerate() {
            for demand in evaluator.cover().rows(person, day, *cell) {
                cost += self.slopes[demand];
                entries.extend(self.of_demand[demand].iter().map(|bend| (*bend, 1.0)));
            }
        }
        entries.push((u32::try_from(self.bends.len() + place).unwrap_or(u32::MAX), 1.0));
        let cost = cost as f64;
        (Column { cost, entries: entries.into() }, cost)
    }

    /// Prices as whole scaled numbers, each within what a head can be worth.
    #[expect(clippy::cast_possible_truncation, reason = "prices are far below 2^31")]
    pub(crate) fn whole(&self, prices: impl Iterator<Item = f64>) -> Vec<i32> {
        let scale = f64::from(SCALE);
        let whole = |(price, bend): (f64, &Bend)| (price.clamp(0.0, bend.weight) * scale).round() as i32;
        prices.zip(&self.bends).map(whole).collect()
    }

    /// What the prices are worth at the bends, scaled.
    pub(crate) fn dual(&self, prices: &[i32]) -> i64 {
        self.bends.iter().zip(prices).map(|(bend, price)| i64::from(bend.at) * i64::from(*price)).sum()
    }

    /// What each cell costs a person beside their own costs, scaled.
    pub(crate) fn cell_prices(
        &self,
        evaluator: &Evaluator<'_>,
        person: PersonIdx,
        prices: &[i32],
        cells: &mut Vec<i32>,
    ) {
        cells.clear();
        let problem = evaluator.problem();
        let slope = |demand: usize| i32::try_from(self.slopes[demand]).unwrap_or(i32::MAX / 1_024);
        for day in 0..problem.n_days() {
            for cell in problem.duties().cells() {
                let rows = evaluator.cover().rows(person, day, cell);
                let price = rows.map(|demand| {
                    let gain: i32 = self.of_demand[demand].iter().map(|bend| prices[*bend as usize]).sum();
                    slope(demand) * SCALE - gain
                });
                cells.push(price.sum());
            }
        }
    }
}
