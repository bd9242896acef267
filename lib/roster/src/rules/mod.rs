//! Rules as data: for whom, how strong, and what.
//!
//! Few kinds, each independent of the others. A rule on a **person's own sequence** of days
//! ([`Own`]) is judged for each person it holds for; a rule **across** people ([`Across`]) is judged
//! for each day or for the group as a whole. Everything counts in integers.
//!
//! What all own rules share:
//!
//! - Days before the horizon come from the person's history. What was already too much there is not
//!   charged again: a horizon cut in two, the first part carried into the second, costs the same as
//!   the whole.
//! - Days after the horizon are unknown, and so are days before it where no history is given.
//!   Nothing is charged that the unknown days could still put right.
//! - A night shift belongs to the day it starts on.

mod across;
mod own;
pub mod sets;

pub use across::{Across, Spread};
pub use own::{Days, Edges, Measure, Over, Own, Sequence, WeekendOn};

use crate::problem::PersonIdx;

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name in files and reports, unique in a problem.
    pub id: String,
    /// Whose rule it is: a law with its paragraph, a contract, a habit. May be empty.
    pub source: String,
    /// For whom it holds.
    pub who: Who,
    /// Whether it must hold, and what breaking it costs.
    pub strength: Strength,
    /// What it says.
    pub kind: Kind,
}

/// For whom a rule holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Who {
    /// Everybody in the problem.
    #[default]
    Everyone,
    /// These, in rising order.
    These(Vec<PersonIdx>),
}

/// Whether a rule must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// It must; each unit of breach counts one at the level of hard rules.
    Hard,
    /// Each unit of breach counts so many points at the level of cover. Only for rules across people.
    Cover(i64),
    /// Each unit of breach costs so many points.
    Soft(i64),
    /// Each unit of breach costs so many percent of the person's hourly rate for each hour, weighed
    /// as the problem weighs money. Only for minutes.
    Pay(i64),
}

/// What a rule says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// About each person's own days.
    Own(Own),
    /// About several people.
    Across(Across),
}

impl Who {
    /// These people, put into order.
    #[must_use]
    pub fn these(people: impl IntoIterator<Item = PersonIdx>) -> Who {
        let mut people: Vec<PersonIdx> = people.into_iter().collect();
        people.sort_unstable();
        people.dedup();
        Who::These(people)
    }

    /// Whether it holds for a person.
    #[must_use]
    pub fn has(&self, person: PersonIdx) -> bool {
        match self {
            Who::Everyone => true,
            Who::These(people) => people.binary_search(&person).is_ok(),
        }
    }

    /// The people it holds for, of so many.
    pub fn people(&self, n_people: usize) -> impl Iterator<Item = PersonIdx> + '_ {
        PersonIdx::all(n_people).filter(|person| self.has(*person))
    }
}
