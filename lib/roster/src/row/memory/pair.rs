//! What neighboring days cost: the last class, as far as it matters to the next.
#![expect(clippy::indexing_slicing, reason = "classes are numbered by the plan")]

use super::{Key, Move, Remember};
use crate::evaluate::PersonPlan;
use crate::row::classes::{Classes, pair_days};
use crate::score::Cost;
use std::collections::BTreeMap;

pub(in crate::row) struct Pairs<'a> {
    plan: &'a PersonPlan,
    classes: &'a Classes,
    /// For each class the first that is alike to what comes after it.
    like: Vec<usize>,
}

impl<'a> Pairs<'a> {
    pub(in crate::row) fn new(plan: &'a PersonPlan, classes: &'a Classes, n_days: usize) -> Pairs<'a> {
        let days = pair_days(plan, n_days);
        let mut known: BTreeMap<Vec<(i32, i32)>, usize> = BTreeMap::new();
        let like = |class: usize| {
            let before = classes.some(class);
            let after = (0..classes.n()).map(|after| classes.some(after));
            let pairs = |day: usize| after.clone().map(move |after| plan.pair_cost(day, before, after));
            let costs = days.iter().flat_map(|day| pairs(*day)).map(|cost| (cost.hard, cost.soft));
            *known.entry(costs.collect()).or_insert(class)
        };
        Pairs { plan, classes, like: (0..classes.n()).map(like).collect() }
    }
}

impl Remember for Pairs<'_> {
    fn start(&self) -> Key {
        vec![self.like.first().map_or(0, |class| i64::try_from(*class).unwrap_or(0))]
    }

    fn kind(&self, day: usize) -> Key {
        vec![self.plan.pair_table(day).map_or(-1, i64::from)]
    }

    fn step(&self, day: usize, key: &[i64], class: usize) -> Move {
        let before = usize::try_from(key[0]).unwrap_or(0);
        // What comes before day 0 stands in the table of cells.
        let cost = if day == 0 {
            Cost::ZERO
        } else {
            self.plan.pair_cost(day, self.classes.some(before), self.classes.some(class)).into()
        };
        Move { key: vec![i64::try_from(self.like[class]).unwrap_or(0)], cost, counts: 0 }
    }

    fn end(&self, _: &[i64]) -> Cost {
        Cost::ZERO
    }
}
