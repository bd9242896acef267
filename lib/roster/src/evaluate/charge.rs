//! What is charged, and to whom it is told.

use crate::problem::{DemandIdx, Level, MoneyWeight, Person, RuleIdx};
use crate::rules::Strength;
use crate::score::{Cost, Score, divide_up, divide_up_wide};

/// Why something is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The person lacks the skill, or a credential ends before the shift does.
    NotEligible,
    /// The person is away.
    Away,
    /// The cell is settled otherwise.
    Locked,
    /// A request is not granted; its place among the person's requests.
    Request(u16),
    /// Pay and travel.
    Labor,
    /// A rule.
    Rule(RuleIdx),
    /// A row of the demand.
    Demand(DemandIdx),
}

/// Something charged to one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// Why.
    pub source: Source,
    /// The first day it is about; negative before the horizon.
    pub first: i32,
    /// The last day it is about.
    pub last: i32,
    /// The amount found.
    pub got: i64,
    /// The limit that it misses.
    pub limit: i64,
    /// What it costs.
    pub cost: Cost,
}

/// Who is told of charges: a sum in the solver's loops, a list for a report.
pub(crate) trait Sink {
    fn charge(&mut self, charge: Charge);
}

impl Sink for Cost {
    #[inline]
    fn charge(&mut self, charge: Charge) {
        *self += charge.cost;
    }
}

impl Sink for Vec<Charge> {
    fn charge(&mut self, charge: Charge) {
        if charge.cost != Cost::ZERO {
            self.push(charge);
        }
    }
}

/// What units of breach cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weigh {
    level: Level,
    weight: i64,
    per: i64,
}

impl Weigh {
    /// The strength of a rule, for each `per` units.
    pub(crate) fn new(strength: Strength, per: u32) -> Weigh {
        let per = i64::from(per.max(1));
        match strength {
            Strength::Hard => Weigh { level: Level::Hard, weight: 1, per },
            Strength::Cover(weight) => Weigh { level: Level::Cover, weight, per },
            Strength::Soft(weight) => Weigh { level: Level::Soft, weight, per },
            // Pay is weighed for each person.
            Strength::Pay(_) => Weigh { level: Level::Soft, weight: 0, per: 1 },
        }
    }

    /// The same for one person, whose pay may matter. Units of pay are minutes.
    pub(crate) fn of_person(
        strength: Strength,
        per: u32,
        person: &Person,
        money: Option<MoneyWeight>,
    ) -> Weigh {
        match (strength, money) {
            (Strength::Pay(percent), Some(money)) => {
                let weight = person.pay_cents_per_hour.saturating_mul(percent).saturating_mul(money.points);
                Weigh { level: Level::Soft, weight, per: money.cents.saturating_mul(6_000) }
            }
            (Strength::Pay(_) | Strength::Hard | Strength::Cover(_) | Strength::Soft(_), _) => {
                Weigh::new(strength, per)
            }
        }
    }

    #[inline]
    fn points(self, units: i64) -> i64 {
        if units <= 0 {
            0
        } else if self.per == 1 {
            units * self.weight
        } else {
            wide_points(units, self.weight, self.per)
        }
    }

    /// What so many units cost a person.
    #[must_use]
    #[inline]
    pub fn cost(self, units: i64) -> Cost {
        match self.level {
            Level::Hard => Cost { hard: divide_up(units.max(0), self.per), soft: 0 },
            Level::Cover | Level::Soft => Cost { hard: 0, soft: self.points(units) },
        }
    }

    /// What so many units cost at the level of the rule.
    pub(crate) fn score(self, units: i64) -> Score {
        Score::at(self.level, self.points(units))
    }
}

#[cold]
fn wide_points(units: i64, weight: i64, per: i64) -> i64 {
    let points = divide_up_wide(i128::from(units) * i128::from(weight), i128::from(per));
    i64::try_from(points).unwrap_or(i64::MAX)
}
