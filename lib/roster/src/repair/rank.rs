//! Who can take a shift, at what cost, and what bars the others.

use crate::evaluate::{Evaluator, Source};
use crate::explain::{Bar, bars};
use crate::problem::{Cell, DayIdx, DemandIdx, Employment, PersonIdx, Problem, Roster};
use crate::rules::{Kind, Own, Strength};

/// Somebody who counts toward a row of the demand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub person: PersonIdx,
    /// The duty they would take.
    pub cell: Cell,
    /// Whether they can.
    pub outcome: Outcome,
}

/// Whether somebody can take a shift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing bars it.
    Can {
        /// How it is paid.
        class: CostClass,
        /// What it costs the roster: cover gained, money, travel and preferences together.
        points: i64,
        /// Pay for the shift with overtime, in cents; 0 where no rates are known.
        pay_cents: i64,
        /// Minutes of it beyond regular hours.
        overtime_minutes: i64,
        /// Minutes of rest since the duty before; `None` when there is none.
        rest_minutes: Option<i64>,
        /// Preferences it breaks, in words.
        breaks: Vec<String>,
    },
    /// They work another duty that day; nothing else bars it.
    Works(Cell),
    /// Something that must hold bars it: all of it, what comes first first.
    Barred(Vec<Bar>),
}

/// How a shift is paid, cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CostClass {
    /// Staff inside regular hours.
    Straight,
    /// The float pool inside regular hours.
    Float,
    /// Anybody of the house beyond regular hours.
    Overtime,
    /// From outside.
    Agency,
}

impl CostClass {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            CostClass::Straight => "straight time",
            CostClass::Float => "float",
            CostClass::Overtime => "overtime",
            CostClass::Agency => "agency",
        }
    }
}

/// Everybody who counts toward a row of the demand and is not there: those who can take it first, by
/// cost class and points, then those who work another shift, then those who are barred.
#[must_use]
pub fn rank(evaluator: &Evaluator<'_>, roster: &Roster, demand: DemandIdx) -> Vec<Candidate> {
    let problem = evaluator.problem();
    let Some(of) = problem.parts().demands.get(demand.idx()) else { return Vec::new() };
    let mut candidates: Vec<Candidate> = PersonIdx::all(problem.n_people())
        .filter(|person| of.who.has(*person) && !of.duties.has(roster.cell(*person, of.day)))
        .filter_map(|person| {
            let work = of.duties.cells(problem.n_codes()).filter(|cell| cell.is_work());
            let all = work.map(|cell| Candidate {
                person,
                cell,
                outcome: outcome(evaluator, roster, (person, of.day), cell),
            });
            all.min_by_key(order)
        })
        .collect();
    candidates.sort_by_key(order);
    candidates
}

fn order(candidate: &Candidate) -> (u8, Option<CostClass>, i64, usize, PersonIdx, Cell) {
    let Candidate { person, cell, .. } = *candidate;
    match &candidate.outcome {
        Outcome::Can { class, points, .. } => (0, Some(*class), *points, 0, person, cell),
        Outcome::Works(_) => (1, None, 0, 0, person, cell),
        Outcome::Barred(bars) => (2, None, 0, bars.len(), person, cell),
    }
}

fn outcome(evaluator: &Evaluator<'_>, roster: &Roster, place: (PersonIdx, DayIdx), cell: Cell) -> Outcome {
    let problem = evaluator.problem();
    let (person, day) = place;
    let (hard, costs) = bars(evaluator, roster, place, cell);
    if !hard.is_empty() {
        return Outcome::Barred(hard);
    }
    let is = roster.cell(person, day);
    if is.is_work() {
        return Outcome::Works(is);
    }
    let mut after = roster.row(person).to_vec();
    if let Some(place) = after.get_mut(day.idx()) {
        *place = cell;
    }
    let plan = evaluator.plan(person);
    let points = plan.cost(&after).soft - plan.cost(roster.row(person)).soft;
    let overtime = overtime(problem, person, &costs);
    let class = match problem.person(person).employment {
        Employment::Agency => CostClass::Agency,
        _ if overtime.minutes > 0 => CostClass::Overtime,
        Employment::Float => CostClass::Float,
        Employment::Staff => CostClass::Straight,
    };
    let is_preference = |bar: &&Bar| !overtime.rules.contains(&bar.source) && bar.source != Source::Labor;
    Outcome::Can {
        class,
        points,
        pay_cents: straight_cents(problem, place, cell) + overtime.cents,
        overtime_minutes: overtime.minutes,
        rest_minutes: rest(problem, roster, place, cell),
        breaks: costs.iter().filter(is_preference).map(|bar| bar.words.clone()).collect(),
    }
}

#[derive(Default)]
struct Overtime {
    minutes: i64,
    cents: i64,
    rules: Vec<Source>,
}

/// What the duty adds to hours beyond the regular ones, by the rule that finds most.
fn overtime(problem: &Problem, person: PersonIdx, costs: &[Bar]) -> Overtime {
    let mut found = Overtime::default();
    for bar in costs {
        let Source::Rule(rule) = bar.source else { continue };
        let rule = problem.rule(rule);
        if !matches!(rule.kind, Kind::Own(Own::Overtime { .. })) {
            continue;
        }
        found.rules.push(bar.source);
        let minutes = bar.got - bar.was;
        found.minutes = found.minutes.max(minutes);
        if let Strength::Pay(percent) = rule.strength {
            let premium = problem.person(person).pay_cents_per_hour * percent;
            found.cents = found.cents.max(minutes * premium / 6_000);
        }
    }
    found
}

/// Pay of a duty at its rate, half a cent up.
fn straight_cents(problem: &Problem, (person, day): (PersonIdx, DayIdx), cell: Cell) -> i64 {
    let Some(shift) = problem.shift_of(cell) else { return 0 };
    let minutes = i64::from(problem.paid(i32::from(day.0), cell));
    let rate = problem.person(person).pay_cents_per_hour * i64::from(shift.pay_percent);
    (minutes * rate + 3_000) / 6_000
}

/// Minutes between the duty before and this one.
fn rest(problem: &Problem, roster: &Roster, (person, day): (PersonIdx, DayIdx), cell: Cell) -> Option<i64> {
    let at = i32::from(day.0);
    let start = problem.start(at, cell)?;
    let row = roster.row(person).get(..day.idx())?;
    let in_horizon = (0..).zip(row).filter(|(_, cell)| cell.is_work()).last();
    let history = &problem.person(person).carry.history;
    let first = -i32::try_from(history.len()).unwrap_or(0);
    let before = (first..).zip(history).filter(|(_, cell)| cell.is_work()).last();
    let (last_day, last) = in_horizon.or(before)?;
    Some(i64::from(start) - i64::from(problem.end(last_day, *last)?))
}
