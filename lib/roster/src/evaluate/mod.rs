//! The exact score of a roster.
//!
//! [`Evaluator::new`] works out every person's rules once; [`Evaluator::score`] then judges a whole
//! roster, [`State`] keeps a roster and its score while cells change. What depends on one person alone
//! comes from that person's [`PersonPlan`].

mod across;
mod board;
mod charge;
mod count;
mod cover;
mod overtime;
mod past;
mod plan;
mod report;
mod rest;
mod rewrite;
mod run;
mod sequence;
mod state;
mod tables;
mod weekend;

pub(crate) use board::{Board, Edit, Weights};
pub use charge::{Charge, Source, Weigh};
pub use count::{CountPlan, Limits, Values, Window};
pub(crate) use count::{Tally, value};
pub use overtime::OvertimePlan;
pub(crate) use past::{Past, day_of};
pub use plan::PersonPlan;
pub use report::{Finding, Report};
pub use rest::RestPlan;
pub use run::RunPlan;
pub use sequence::SequencePlan;
pub use state::{Mark, State};
pub use tables::Small;
pub use weekend::{OverWeekends, Stretch, Weekend, Weekends};

use crate::problem::{PersonIdx, Problem, Roster};
use crate::score::Score;
use across::AcrossPlan;
use cover::CoverPlan;

/// A problem made ready to judge rosters.
#[derive(Clone, Debug)]
pub struct Evaluator<'p> {
    problem: &'p Problem,
    plans: Vec<PersonPlan>,
    cover: CoverPlan,
    across: AcrossPlan,
}

impl<'p> Evaluator<'p> {
    /// Works out the rules.
    #[must_use]
    pub fn new(problem: &'p Problem) -> Evaluator<'p> {
        Evaluator {
            problem,
            plans: plan::plans(problem),
            cover: CoverPlan::new(problem),
            across: AcrossPlan::new(problem),
        }
    }

    /// The problem.
    #[must_use]
    pub fn problem(&self) -> &'p Problem {
        self.problem
    }

    /// One person's rules.
    ///
    /// # Panics
    /// When the person is not of this problem.
    #[must_use]
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "the caller names a person of this problem")]
    pub fn plan(&self, person: PersonIdx) -> &PersonPlan {
        &self.plans[person.idx()]
    }

    /// What a roster costs, worked out from scratch.
    #[must_use]
    pub fn score(&self, roster: &Roster) -> Score {
        State::new(self, roster.clone()).score()
    }

    /// What a roster costs, rule by rule and day by day, with words. Slower than [`Evaluator::score`].
    #[must_use]
    pub fn report(&self, roster: &Roster) -> Report {
        report::report(self, State::new(self, roster.clone()).roster())
    }

    pub(crate) fn cover(&self) -> &CoverPlan {
        &self.cover
    }

    pub(crate) fn across(&self) -> &AcrossPlan {
        &self.across
    }
}
