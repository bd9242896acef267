//! A second judge of rosters, slow and plain, that shares no code with [`evaluate`](crate::evaluate).
//!
//! It works from dates and instants and from what each rule says, day by day, so that a mistake in
//! the fast way of counting shows as a difference. Every roster that leaves the house passes here.

mod across;
mod count;
mod own;
mod person;

use crate::problem::{Level, Person, PersonIdx, Problem, Roster};
use crate::rules::{Kind, Rule, Strength};
use crate::score::Score;
use person::Life;

/// What the checker found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What the roster costs.
    pub score: Score,
    /// Every breach and every cost, people first, then cover, then rules across people.
    pub breaches: Vec<Breach>,
}

/// One breach, with words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// At which level it counts.
    pub level: Level,
    /// How much.
    pub points: i64,
    /// The rule's id, or one of `eligible`, `away`, `locked`, `request`, `labor`, `cover`.
    pub rule: String,
    /// Whom it concerns, when it is one person.
    pub person: Option<PersonIdx>,
    /// The day it shows on, when it is one day.
    pub day: Option<i32>,
    /// What is wrong.
    pub words: String,
}

impl Verdict {
    /// Whether nothing that must hold is broken.
    #[must_use]
    pub fn is_legal(&self) -> bool {
        self.score.hard == 0
    }

    /// The breaches of what must hold.
    pub fn hard(&self) -> impl Iterator<Item = &Breach> {
        self.breaches.iter().filter(|breach| breach.level == Level::Hard)
    }

    fn add(&mut self, breach: Breach) {
        if breach.points != 0 {
            self.score += Score::at(breach.level, breach.points);
            self.breaches.push(breach);
        }
    }
}

/// Judges a roster. One that does not fit the problem has a single breach that says so.
#[must_use]
pub fn check(problem: &Problem, roster: &Roster) -> Verdict {
    let mut verdict = Verdict::default();
    if !problem.fits(roster) {
        verdict.add(Breach {
            level: Level::Hard,
            points: 1,
            rule: "fits".to_owned(),
            person: None,
            day: None,
            words: "the roster has other people, days or duties than the problem; solve this problem again"
                .to_owned(),
        });
        return verdict;
    }
    let lives: Vec<Life<'_>> =
        PersonIdx::all(problem.n_people()).map(|person| Life::of(problem, person, roster)).collect();
    for life in &lives {
        own::cells(life, &mut verdict);
        for rule in problem.parts().rules.iter().filter(|rule| rule.who.has(life.idx)) {
            if let Kind::Own(kind) = &rule.kind {
                own::judge(life, rule, kind, &mut verdict);
            }
        }
    }
    across::cover(problem, roster, &mut verdict);
    for rule in &problem.parts().rules {
        if let Kind::Across(kind) = &rule.kind {
            across::judge(problem, &lives, rule, kind, &mut verdict);
        }
    }
    verdict
}

/// What so many units of breach of a rule cost: a part of `per` units costs its part, rounded up.
fn price(problem: &Problem, rule: &Rule, per: u32, person: Option<&Person>, units: i64) -> (Level, i64) {
    let units = i128::from(units.max(0));
    let per = i128::from(per.max(1));
    let (level, points, per) = match rule.strength {
        Strength::Hard => (Level::Hard, 1, per),
        Strength::Cover(points) => (Level::Cover, i128::from(points), per),
        Strength::Soft(points) => (Level::Soft, i128::from(points), per),
        Strength::Pay(percent) => {
            let money = problem.parts().money.map_or((0, 1), |money| (money.points, money.cents));
            let cents = person.map_or(0, |person| person.pay_cents_per_hour);
            let points = i128::from(cents) * i128::from(percent) * i128::from(money.0);
            (Level::Soft, points, 60 * 100 * i128::from(money.1))
        }
    };
    let points = (units * points + per - 1) / per;
    (level, i64::try_from(points).unwrap_or(i64::MAX))
}
