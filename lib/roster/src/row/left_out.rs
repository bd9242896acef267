//! Rules that the program leaves out, and how a row fares under them.

use crate::evaluate::{CountPlan, OvertimePlan, RestPlan, RunPlan, SequencePlan, Tally};
use crate::problem::Cell;
use crate::score::Cost;

/// A rule that looks further than neighboring days.
#[derive(Clone, Debug)]
pub(super) enum Further {
    Count(CountPlan),
    Run(RunPlan),
    Rest(RestPlan),
    Sequence(SequencePlan),
    Overtime(OvertimePlan),
}

impl Further {
    /// What it charges a row.
    pub(super) fn cost(&self, row: &[Cell], n_codes: usize) -> Cost {
        let mut cost = Cost::ZERO;
        match self {
            Further::Count(count) => count.walk(row, &Tally::of(row, n_codes), &mut cost),
            Further::Run(run) => run.walk(row, &mut cost),
            Further::Rest(rest) => rest.walk(row, &mut cost),
            Further::Sequence(sequence) => sequence.walk(row, &mut cost),
            Further::Overtime(overtime) => overtime.walk(row, &mut cost),
        }
        cost
    }
}
