//! Rule sets of laws and bodies, each rule with its source.
//!
//! A set is a plain function of a [`Scope`]; [`named`] finds one by the name that files use. Laws
//! change: what a set says is what its sources said when it was written, and a house checks it
//! before it relies on it. Ratios of patients to nurses concern demand, not people; they stand in
//! [`ratios`].

mod hours;
mod pay;
pub mod ratios;

pub use hours::{acgme, ana_fatigue, eu_working_time};
pub use pay::{flsa_8_and_80, flsa_40};

use super::{Kind, Own, Rule, Strength, Who};
use crate::problem::{Duties, DutySet, Shift};
use jiff::civil::Date;

/// What a rule set is about.
#[derive(Clone, Debug)]
pub struct Scope {
    /// For whom it holds.
    pub who: Who,
    /// The first day of any period that the set counts over, such as a payroll week.
    pub from: Date,
    /// The duties of the problem.
    pub duties: Duties,
    /// The shifts of the problem.
    pub shifts: Vec<Shift>,
}

/// The names that files use.
pub const NAMES: [&str; 5] = ["flsa-40", "flsa-8-80", "eu-working-time", "acgme", "ana-fatigue"];

/// The set of a name.
#[must_use]
pub fn named(name: &str, scope: &Scope) -> Option<Vec<Rule>> {
    match name {
        "flsa-40" => Some(flsa_40(scope)),
        "flsa-8-80" => Some(flsa_8_and_80(scope)),
        "eu-working-time" => Some(eu_working_time(scope)),
        "acgme" => Some(acgme(scope)),
        "ana-fatigue" => Some(ana_fatigue(scope)),
        _ => None,
    }
}

impl Scope {
    fn rule(&self, id: &str, source: &str, strength: Strength, own: Own) -> Rule {
        Rule {
            id: id.to_owned(),
            source: source.to_owned(),
            who: self.who.clone(),
            strength,
            kind: Kind::Own(own),
        }
    }

    /// Duties of shifts that last so long by the clock on the wall.
    fn lasting(&self, passes: impl Fn(u32) -> bool) -> DutySet {
        self.duties
            .set(|duty| self.shifts.get(duty.shift.idx()).is_some_and(|shift| passes(shift.length_minutes)))
    }
}
