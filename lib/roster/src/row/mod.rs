//! The best row of one person, when every cell of every day has a price.
//!
//! A dynamic program over the days. What a rule needs to remember is either part of the *state* (the
//! last duty, the lengths of runs, whether this weekend is worked yet: [`automaton`]) or of the
//! *counters* (minutes, shifts of a kind, weekends: [`counters`]). For each state there is one dense
//! table over the counters, so that a day is a few hundred additions of whole slices.
//!
//! 28 days, 30 states, 20 x 3 counters, 5 kinds of duty: 0.25 million additions, a tenth of a
//! millisecond.
//!
//! Each rule has a small automaton of its own ([`memory`]) or is a counter ([`dim`]). What is left out,
//! because there would be too many states or because most rows keep it anyway ([`Level`]), can only make
//! a row look cheaper: the value stays a lower bound, and it is exact when the row keeps the rest by
//! itself. Rolling limits left out for good are kept by a second walk that need not find the best row
//! ([`labels`]).

mod automaton;
mod classes;
mod counters;
mod dim;
mod labels;
mod left_out;
mod level;
mod memory;
mod walk;

pub(crate) use walk::Scratch;

use crate::evaluate::{Evaluator, PersonPlan};
use crate::problem::{Cell, PersonIdx};
use classes::Classes;
use left_out::Further;
use level::{Level, Levels};

/// Points are scaled by this, so that prices may have fractions.
pub(crate) const SCALE: i32 = 256;
/// No way.
pub(crate) const NEVER: i32 = 1 << 30;

/// A person's rules, ready for the dynamic program.
#[derive(Debug)]
pub(crate) struct RowPlan {
    n_days: usize,
    n_codes: usize,
    /// What each cell costs by itself, scaled; [`NEVER`] where a hard rule bars it.
    cells: Box<[i32]>,
    classes: Classes,
    levels: Levels,
}

impl RowPlan {
    pub(crate) fn new(evaluator: &Evaluator<'_>, person: PersonIdx) -> RowPlan {
        let plan = evaluator.plan(person);
        let problem = evaluator.problem();
        let (n_days, n_codes) = (problem.n_days(), problem.n_codes());
        let cells = cell_costs(plan, n_days, n_codes);
        let classes = Classes::new(plan, n_days, n_codes, &cells);
        let levels = Levels::new(plan, &classes, n_days, problem.n_people() * n_days);
        RowPlan { n_days, n_codes, cells, classes, levels }
    }

    /// Whether every rule of the person is modeled.
    #[cfg(test)]
    pub(crate) fn is_whole(&self) -> bool {
        self.levels.with(&vec![true; self.levels.none().len()]).left_out.is_empty()
    }

    /// What the rules that a level leaves out charge a row, hard ones weighed like many points.
    fn cost_left_out(&self, level: &Level, row: &[Cell]) -> i64 {
        let cost = |further: &Further| further.cost(row, self.n_codes).weighed(i64::from(NEVER));
        level.left_out.iter().map(cost).sum()
    }
}

fn cell_costs(plan: &PersonPlan, n_days: usize, n_codes: usize) -> Box<[i32]> {
    let cell = |code: usize| Cell(u16::try_from(code).unwrap_or(0));
    let cost = |day: usize, code: usize| {
        let cost = plan.cell_cost(day, cell(code));
        scaled(i64::from(cost.hard), i64::from(cost.soft))
    };
    (0..n_days).flat_map(|day| (0..n_codes).map(move |code| cost(day, code))).collect()
}

/// A cost in scaled points; hard breaches are out of the question.
fn scaled(hard: i64, soft: i64) -> i32 {
    if hard > 0 {
        return NEVER;
    }
    // Beyond this a row would overflow; less is still a lower bound.
    i32::try_from(soft.saturating_mul(i64::from(SCALE))).unwrap_or(i32::MAX).min(NEVER / 512)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Evaluator;
    use crate::problem::Problem;
    use crate::testing::{Dice, any_problem};

    /// The cheapest legal row of all there are.
    fn by_force(
        plan: &PersonPlan,
        n_days: usize,
        n_codes: usize,
        prices: &[i32],
    ) -> Option<(i64, Vec<Cell>)> {
        let mut row = vec![Cell::OFF; n_days];
        let mut best: Option<(i64, Vec<Cell>)> = None;
        loop {
            let cost = plan.cost(&row);
            if cost.hard == 0 {
                let price: i64 = row
                    .iter()
                    .enumerate()
                    .map(|(day, cell)| i64::from(prices[day * n_codes + cell.code()]))
                    .sum();
                let value = cost.soft * i64::from(SCALE) + price;
                if best.as_ref().is_none_or(|(least, _)| value < *least) {
                    best = Some((value, row.clone()));
                }
            }
            let Some(day) = row.iter().position(|cell| cell.code() + 1 < n_codes) else { return best };
            row[day].0 += 1;
            row[..day].fill(Cell::OFF);
        }
    }

    fn cases(usual: u64) -> u64 {
        let asked = std::env::var("HELMWARD_CASES").ok();
        asked.and_then(|asked| asked.parse().ok()).unwrap_or(usual)
    }

    #[test]
    fn the_best_row_is_the_best_of_all_rows() {
        let (mut n_whole, mut n_part) = (0, 0);
        for seed in 0..cases(1_500) {
            let problem = Problem::new(any_problem(seed)).unwrap();
            let (n_days, n_codes) = (problem.n_days(), problem.n_codes());
            if (n_codes as f64).powi(i32::try_from(n_days).unwrap()) > 20_000.0 {
                continue;
            }
            let evaluator = Evaluator::new(&problem);
            let mut dice = Dice::new(seed);
            let mut scratch = Scratch::default();
            for person in PersonIdx::all(problem.n_people()) {
                let prices: Vec<i32> = (0..n_days * n_codes)
                    .map(|_| i32::try_from(dice.from_to(-20, 20)).unwrap() * SCALE)
                    .collect();
                let plan = RowPlan::new(&evaluator, person);
                let best = plan.best(&mut scratch, &prices);
                let own = evaluator.plan(person);
                let forced = by_force(own, n_days, n_codes, &prices);
                // Single charges are only so large.
                let is_capped = forced.as_ref().is_some_and(|(_, row)| {
                    let charges = own.charges(&problem, person, row);
                    charges
                        .iter()
                        .any(|charge| charge.cost.soft * i64::from(SCALE) >= i64::from(NEVER / 1_024))
                });
                let forced = forced.map(|(value, _)| value);
                let value = best.as_ref().map(|best| i64::from(best.value));
                if plan.is_whole() && !is_capped {
                    n_whole += 1;
                    assert_eq!(value, forced, "seed {seed} {person}: {:?}", problem.parts().rules);
                    if let Some(best) = best {
                        assert_eq!(evaluator.plan(person).cost(&best.row).hard, 0);
                    }
                } else if let Some(forced) = forced {
                    n_part += 1;
                    assert!(
                        value.is_some_and(|value| value <= forced),
                        "seed {seed} {person}: {value:?} {forced} {:?} {plan:?}",
                        evaluator.plan(person)
                    );
                }
            }
        }
        println!("{n_whole} whole, {n_part} in part");
        assert!(n_whole > 100 && n_part > 1, "{n_whole} {n_part}");
    }
}
