//! Prices without a linear program: up the hill of the bound, before columns are weighed.
//!
//! A linear program over a few rows has wild prices, and hundreds of pricings pass until enough rows are
//! known to tame them. What a set of prices proves is a concave function of the prices with a slope that
//! every pricing gives away: right side less heads. The volume algorithm (Barahona and Anbil 2000) goes
//! along a running mean of these slopes. Here the way never turns back to the best prices so far: the
//! first bound, at no prices at all, is a peak among its neighbors, and who insists on it stays there.
//! Some eighty pricings come far enough for columns to take over, with the rows that are nearly best
//! under the best prices as a first pool.
#![expect(clippy::indexing_slicing, reason = "rows and places are numbered here")]

use super::Master;
use crate::problem::Cell;
use crate::row::SCALE;
use std::collections::VecDeque;

/// How much of the last slope goes into the mean.
const SHARE: f64 = 0.1;
/// How far a step goes, as a share of the way that would close the gap if slopes stayed as they are.
const LENGTH: f64 = 0.02;
/// Shorter slopes are taken for this long, squared.
const NORM_MIN: f64 = 10.0;
/// How many rows of a person are kept at most.
const ROWS_MAX: usize = 40;
/// How many of the last pricings give rows.
const LAST: usize = 60;

/// What one pricing said.
struct Slope {
    /// What is proven, in points; `None` where somebody has no row or rules are not convex.
    value: f64,
    /// Heads at each bend.
    heads: Vec<f64>,
}

/// A row seen on the way.
type Seen = (usize, Box<[Cell]>);

impl Master<'_, '_> {
    /// Raises the bound from the prices known, in so many pricings at most, and takes rows that are good
    /// under the best prices. `upper` is what a known roster costs.
    pub(crate) fn ascend(&mut self, upper: f64, rounds: usize, is_over: &dyn Fn() -> bool) {
        if !self.cuts.is_empty() || self.people.is_empty() {
            return;
        }
        let bends = self.model.bends.clone();
        let mut rows: VecDeque<Vec<Seen>> = VecDeque::new();
        let mut prices = self.center.clone();
        let Some(Slope { mut value, heads: mut mean }) = self.slope(&prices, &mut rows, is_over) else {
            return;
        };
        for _ in 1..rounds {
            let slopes = bends.iter().zip(&mean).zip(&prices).map(|((bend, heads), price)| {
                let slope = f64::from(bend.at) - heads;
                let is_stuck = slope < 0.0 && *price <= 0.0 || slope > 0.0 && *price >= bend.weight;
                if is_stuck { 0.0 } else { slope }
            });
            let way: Vec<f64> = slopes.collect();
            let norm: f64 = way.iter().map(|by| by * by).sum();
            let gap = upper - value;
            if norm < 1e-6 || gap < 0.5 {
                break;
            }
            let step = LENGTH * gap / norm.max(NORM_MIN);
            for ((price, way), bend) in prices.iter_mut().zip(&way).zip(&bends) {
                *price = (*price + step * way).clamp(0.0, bend.weight);
            }
            let Some(found) = self.slope(&prices, &mut rows, is_over) else { return };
            mean.iter_mut().zip(&found.heads).for_each(|(mean, heads)| *mean += SHARE * (heads - *mean));
            value = value.max(found.value);
            if rows.len() > LAST {
                rows.pop_front();
            }
        }
        self.take_best_rows(rows.into_iter().flatten());
    }

    /// Prices everybody once.
    #[expect(clippy::cast_precision_loss, reason = "objectives are far below 2^52")]
    fn slope(
        &mut self,
        prices: &[f64],
        rows: &mut VecDeque<Vec<Seen>>,
        is_over: &dyn Fn() -> bool,
    ) -> Option<Slope> {
        let whole = self.model.whole(prices.iter().copied());
        let mut heads = vec![0.0; self.model.n_rows()];
        let mut sum = self.dual(&whole);
        let mut cells = Vec::new();
        let mut found = Vec::with_capacity(self.people.len());
        for (place, person) in self.people.clone().into_iter().enumerate() {
            if is_over() {
                return None;
            }
            self.model.cell_prices(self.evaluator, person, &whole, &mut cells);
            let best = self.plans[person.idx()].best_roughly(&mut self.scratch, &cells)?;
            sum += i64::from(best.value);
            self.model.add_heads(self.evaluator, person, &best.row, &mut heads);
            found.push((place, best.row.into_boxed_slice()));
        }
        rows.push_back(found);
        self.note_bound(sum, &whole);
        let value = (sum + self.model.constant_scaled()) as f64 / f64::from(SCALE);
        Some(Slope { value, heads })
    }

    /// Takes the rows of each person that cost least under the best prices.
    fn take_best_rows(&mut self, rows: impl Iterator<Item = Seen>) {
        let mut of_place: Vec<Vec<(f64, Box<[Cell]>)>> = vec![Vec::new(); self.people.len()];
        for (place, row) in rows {
            let person = self.people[place];
            let cost = self.evaluator.plan(person).cost(&row);
            let (column, _) = self.column(place, &row, cost.soft);
            let price = |at: u32| self.center.get(at as usize).copied().unwrap_or(0.0);
            let worth: f64 = column.entries.iter().map(|(at, by)| price(*at) * by).sum();
            of_place[place].push((column.cost - worth, row));
        }
        for (place, mut rows) in of_place.into_iter().enumerate() {
            rows.sort_by(|(a, one), (b, two)| a.total_cmp(b).then_with(|| one.cmp(two)));
            rows.dedup();
            rows.truncate(ROWS_MAX);
            for (_, row) in rows {
                self.add(place, &row);
            }
        }
    }
}
