//! What all points of a problem are multiples of: a bound may be raised to the next of these.

use crate::problem::{Level, Problem};
use crate::rules::{Kind, Own, Rule, Strength};
use crate::score::divide_up;

/// The greatest number that soft points come in multiples of; at least 1. The
/// competition's weights are all multiples of five, so that nothing costs 1076.
pub(super) fn step(problem: &Problem) -> i64 {
    let parts = problem.parts();
    if parts.money.is_some() {
        return 1;
    }
    let of_people = parts.people.iter().flat_map(|person| {
        let requests = person.requests.iter().map(|request| request.weight);
        requests.chain(person.travel.iter().map(|travel| travel.points))
    });
    let of_demand = parts.demands.iter().flat_map(|demand| {
        let (weights, levels) = (demand.weights, parts.levels);
        let all = [
            (weights.under_minimum, levels.under_minimum),
            (weights.under_wanted, levels.under_wanted),
            (weights.over_maximum, levels.over_maximum),
        ];
        all.into_iter().filter(|(_, level)| *level == Level::Soft).map(|(weight, _)| weight)
    });
    let weights = parts.rules.iter().map(of_rule).chain(of_people).chain(of_demand);
    weights.fold(0, common_divisor).max(1)
}

/// What a rule's points are multiples of, and nothing for one that must hold. Where points are rounded, or
/// pay is, that is 1.
fn of_rule(rule: &Rule) -> i64 {
    let per = match &rule.kind {
        Kind::Own(Own::Count { per, .. } | Own::Rest { per, .. } | Own::Recovery { per, .. }) => *per,
        Kind::Own(Own::Run { .. } | Own::Forbidden { .. }) => 1,
        Kind::Own(Own::Overtime { .. } | Own::Published) | Kind::Across(_) => u32::MAX,
    };
    match rule.strength {
        Strength::Hard => 0,
        Strength::Cover(weight) | Strength::Soft(weight) if per == 1 => weight,
        Strength::Cover(_) | Strength::Soft(_) | Strength::Pay(_) => 1,
    }
}

fn common_divisor(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.saturating_abs(), b.saturating_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The next multiple of a step, or the number itself.
pub(super) const fn up_to_step(bound: i64, step: i64) -> i64 {
    divide_up(bound, step).saturating_mul(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Evaluator;
    use crate::testing::{any_problem, any_roster};

    #[test]
    fn every_roster_costs_a_multiple_of_the_step() {
        let mut n_steps = 0;
        for seed in 0..2_000 {
            let mut parts = any_problem(seed);
            // Every other problem in multiples of five.
            let by = if seed % 2 == 0 { 5 } else { 1 };
            parts.rules.retain(|rule| of_rule(rule) != 1);
            for rule in &mut parts.rules {
                if let Strength::Cover(weight) | Strength::Soft(weight) = &mut rule.strength {
                    *weight *= by;
                }
            }
            for person in &mut parts.people {
                person.requests.iter_mut().for_each(|request| request.weight *= by);
                person.travel.iter_mut().for_each(|travel| travel.points *= by);
            }
            for demand in &mut parts.demands {
                demand.weights.under_minimum *= by;
                demand.weights.under_wanted *= by;
                demand.weights.over_maximum *= by;
            }
            parts.money = None;
            parts.people.iter_mut().for_each(|person| person.carry.so_far.clear());
            let Ok(problem) = Problem::new(parts) else { continue };
            let step = step(&problem);
            let score = Evaluator::new(&problem).score(&any_roster(&problem, seed));
            // Where nothing costs anything, the step is 1.
            assert!(step % by == 0 || score.soft == 0, "seed {seed}: step {step}");
            assert_eq!(score.soft % step, 0, "seed {seed}: {score}, step {step}");
            n_steps += u32::from(step > 1);
        }
        assert!(n_steps > 900, "{n_steps}");
    }

    #[test]
    fn a_bound_is_raised_to_the_next_multiple() {
        assert_eq!([1_076, 1_080, -7, 0].map(|bound| up_to_step(bound, 5)), [1_080, 1_080, -5, 0]);
        assert_eq!(up_to_step(1_076, 1), 1_076);
        assert_eq!(common_divisor(common_divisor(0, 30), -20), 10);
    }
}
