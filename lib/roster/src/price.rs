//! The price of a rule: what relaxing it would save, found by solving again.
//!
//! [`eased`] takes a rule away or loosens it by one unit; [`price`] solves the problem with the rule
//! and without, by a search that the caller gives, and compares both objective values. Neither answer
//! is worth more than the search: a longer budget tells a truer price.

use crate::check::check;
use crate::problem::{Problem, Roster, RuleIdx};
use crate::rules::{Across, Kind, Own};
use crate::score::Score;

/// How a rule is relaxed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relax {
    /// It is gone.
    Away,
    /// Each of its limits gives way by one unit: a day, a weekend, a head, or as many minutes as
    /// count one.
    ByOne,
}

/// What relaxing a rule would save.
#[derive(Clone, Debug)]
pub struct Price {
    /// Which rule.
    pub rule: RuleIdx,
    /// How it was relaxed.
    pub relax: Relax,
    /// The best score found with the rule.
    pub with: Score,
    /// The best score found with the rule relaxed.
    pub relaxed: Score,
    /// The roster that has it.
    pub roster: Roster,
}

/// Why a rule has no price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPrice {
    /// There is no such rule.
    #[error("rule {got} is asked for and there are {n}; count from 0")]
    NoRule {
        /// The position.
        got: usize,
        /// How many there are.
        n: usize,
    },
    /// The rule has no limit to loosen.
    #[error("rule {id} has no limit that could give way by one; ask what it saves to do without it")]
    NoUnit {
        /// The rule's id.
        id: String,
    },
    /// The search gave a roster of another size.
    #[error("the search gave a roster that is not of this problem; solve this problem")]
    Mismatch,
}

impl Price {
    /// What is saved, level by level; never less than nothing.
    #[must_use]
    pub fn saved(&self) -> Score {
        self.with - self.relaxed
    }

    /// In words.
    #[must_use]
    pub fn words(&self, problem: &Problem) -> String {
        let id = &problem.rule(self.rule).id;
        let what = match self.relax {
            Relax::Away => format!("Without rule {id}"),
            Relax::ByOne => format!("With one unit more in rule {id}"),
        };
        let Score { hard, cover, soft } = self.saved();
        let mut parts = Vec::new();
        for (points, name) in [(hard, "units of breach"), (cover, "points of cover"), (soft, "points")] {
            match points {
                0 => {}
                1.. => parts.push(format!("{points} {name} fewer")),
                _ => parts.push(format!("{} {name} more", -points)),
            }
        }
        let parts = if parts.is_empty() { "nothing saved".to_owned() } else { parts.join(", ") };
        format!("{what}: {parts} ({} with it, {} relaxed).", self.with, self.relaxed)
    }
}

/// The problem with a rule relaxed. Taking a rule away leaves its place, for nobody.
///
/// # Errors
/// When there is no such rule or nothing in it to loosen.
pub fn eased(problem: &Problem, rule: RuleIdx, relax: Relax) -> Result<Problem, NoPrice> {
    let mut parts = problem.parts().clone();
    let n = parts.rules.len();
    let Some(of) = parts.rules.get_mut(rule.idx()) else {
        return Err(NoPrice::NoRule { got: rule.idx(), n });
    };
    let is_eased = match relax {
        Relax::Away => {
            of.who = crate::rules::Who::These(Vec::new());
            true
        }
        Relax::ByOne => loosen(&mut of.kind),
    };
    let id = of.id.clone();
    if !is_eased {
        return Err(NoPrice::NoUnit { id });
    }
    Problem::new(parts).map_err(|_| NoPrice::NoUnit { id })
}

/// Moves every limit of a rule by one unit; tells whether there was one.
fn loosen(kind: &mut Kind) -> bool {
    match kind {
        Kind::Own(Own::Count { min, max, per, .. }) => {
            let unit = i64::from((*per).max(1));
            let is_any = min.is_some() || max.is_some();
            *min = min.map(|min| (min - unit).max(0));
            *max = max.map(|max| max + unit);
            is_any
        }
        Kind::Own(Own::Run { min, max, .. }) => {
            let is_any = *min > 1 || max.is_some();
            *min = min.saturating_sub(1);
            *max = max.map(|max| max.saturating_add(1));
            is_any
        }
        Kind::Own(Own::Rest { minutes, per, .. } | Own::Recovery { minutes, per, .. }) => {
            *minutes = minutes.saturating_sub((*per).max(1));
            true
        }
        Kind::Own(Own::Overtime { period_minutes, day_minutes, per, .. }) => {
            *period_minutes += (*per).max(1);
            *day_minutes = day_minutes.map(|minutes| minutes + (*per).max(1));
            true
        }
        Kind::Across(Across::Company { per, .. }) => {
            *per = per.saturating_add(1);
            true
        }
        Kind::Across(Across::Share { at_least_percent, .. }) => {
            *at_least_percent = at_least_percent.saturating_sub(1);
            true
        }
        Kind::Across(Across::Spread { free, per, .. }) => {
            *free += i64::from((*per).max(1));
            true
        }
        Kind::Own(Own::Forbidden { .. } | Own::Published)
        | Kind::Across(Across::Together { .. } | Across::Apart { .. }) => false,
    }
}

/// Solves with a rule and with it relaxed, each with half of the budget, and compares.
///
/// `solve` is given a problem, a roster to start from and its part of the budget, in any unit it
/// understands. The second search starts from the first one's roster, so that a rule never seems to
/// save less than nothing at its own level.
///
/// # Errors
/// When the rule cannot be relaxed, or the search gives what is no roster of the problem.
pub fn price(
    problem: &Problem,
    (rule, relax): (RuleIdx, Relax),
    start: &Roster,
    budget: u64,
    solve: &mut dyn FnMut(&Problem, &Roster, u64) -> Roster,
) -> Result<Price, NoPrice> {
    let eased = eased(problem, rule, relax)?;
    let best = |problem: &Problem, start: &Roster, found: Roster| -> Result<(Score, Roster), NoPrice> {
        if !problem.fits(&found) || !problem.fits(start) {
            return Err(NoPrice::Mismatch);
        }
        let (is, was) = (check(problem, &found).score, check(problem, start).score);
        Ok(if is <= was { (is, found) } else { (was, start.clone()) })
    };
    let found = solve(problem, start, budget / 2);
    let (with, roster) = best(problem, start, found)?;
    let found = solve(&eased, &roster, budget - budget / 2);
    let (relaxed, roster) = best(&eased, &roster, found)?;
    Ok(Price { rule, relax, with, relaxed, roster })
}
