//! Duties that no rule of a person tells apart, but for what they cost on a day.
#![expect(clippy::indexing_slicing, reason = "codes are those of the problem")]

use super::NEVER;
use crate::evaluate::{CountPlan, PersonPlan};
use crate::problem::Cell;
use std::collections::BTreeMap;

/// The classes of a person's codes.
#[derive(Clone, Debug)]
pub(crate) struct Classes {
    /// The codes of each class; codes that the person never may work are in none.
    pub(crate) codes: Vec<Vec<Cell>>,
}

impl Classes {
    pub(crate) fn new(plan: &PersonPlan, n_days: usize, n_codes: usize, cells: &[i32]) -> Classes {
        let all: Vec<Cell> = (0..u16::try_from(n_codes).unwrap_or(0)).map(Cell).collect();
        let may = |cell: &Cell| (0..n_days).any(|day| cells[day * n_codes + cell.code()] < NEVER);
        let able: Vec<Cell> = all.iter().copied().filter(may).collect();
        let days = pair_days(plan, n_days);
        let mut classes: BTreeMap<Vec<i64>, Vec<Cell>> = BTreeMap::new();
        for &cell in &able {
            classes.entry(signature(plan, n_days, (&able, &days), cell)).or_default().push(cell);
        }
        Classes { codes: classes.into_values().collect() }
    }

    pub(crate) fn n(&self) -> usize {
        self.codes.len()
    }

    /// One code that stands for a class.
    pub(crate) fn some(&self, class: usize) -> Cell {
        self.codes[class][0]
    }
}

/// A day for each different pair table.
pub(crate) fn pair_days(plan: &PersonPlan, n_days: usize) -> Vec<usize> {
    let mut tables = BTreeMap::new();
    for day in 1..n_days {
        if let Some(table) = plan.pair_table(day) {
            tables.entry(table).or_insert(day);
        }
    }
    tables.into_values().collect()
}

/// Everything the rules look at.
fn signature(
    plan: &PersonPlan,
    n_days: usize,
    (able, pair_days): (&[Cell], &[usize]),
    cell: Cell,
) -> Vec<i64> {
    let code = cell.code();
    let mut signature: Vec<i64> = vec![i64::from(cell.is_work())];
    for count in plan.counts() {
        match count {
            CountPlan::Tally { worth, .. } => {
                let found = worth.iter().find(|(of, _)| usize::from(*of) == code);
                signature.push(found.map_or(0, |(_, worth)| i64::from(*worth)));
            }
            CountPlan::Weekends { weekends, .. } => {
                signature.extend(weekends.work.iter().map(|work| i64::from(work[code])));
            }
            CountPlan::Windows { values, .. } | CountPlan::Rolling { values, .. } => {
                signature.extend(values.of_kinds(cell).map(i64::from));
            }
        }
    }
    signature.extend(plan.runs().iter().map(|run| i64::from(run.is_member[code])));
    for sequence in plan.sequences() {
        signature.extend(sequence.days.iter().map(|day| i64::from(day[code])));
    }
    for overtime in plan.overtime() {
        signature.extend(overtime.values.of_kinds(cell).map(i64::from));
    }
    for rest in plan.rests() {
        let days = |is_bound: bool| (0..n_days).filter(move |_| is_bound && cell.is_work());
        signature.extend([rest.after[code], rest.before[code]].map(i64::from));
        signature.extend(days(rest.after[code]).map(|day| i64::from(rest.clock.end(day, cell))));
        signature.extend(days(rest.before[code]).map(|day| i64::from(rest.clock.start(day, cell))));
    }
    for &day in pair_days {
        for &other in able {
            let (before, after) = (plan.pair_cost(day, cell, other), plan.pair_cost(day, other, cell));
            signature.extend([before.hard, before.soft, after.hard, after.soft].map(i64::from));
        }
    }
    signature
}
