//! Why not: what bars a person from a shift, and which facts leave a shift short.
//!
//! [`why`] sets one cell and tells every rule that breaks by it, the first one first. [`cause`] looks
//! at a shift that is short, tells what keeps each person from it, and names the fewest facts without
//! which it could be filled; it says so only after it took these facts away and saw the shift filled.

mod cause;
mod words;

pub use cause::{Cause, Fact, Standing, cause, without};
pub(crate) use words::{hours, words};

use crate::evaluate::{Charge, Evaluator, Source};
use crate::problem::{Cell, DayIdx, DemandIdx, PersonIdx, Problem, Roster, RuleIdx};
use crate::rules::{Kind, Strength};
use crate::score::Score;
use std::collections::BTreeMap;

/// Something that bars a person from a duty, or that it would cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Why.
    pub source: Source,
    /// The id of the rule, or one of `eligible`, `away`, `locked`, `request`, `labor`, `cover`.
    pub rule: String,
    /// The first day it is about; negative before the horizon.
    pub first: i32,
    /// The last day it is about.
    pub last: i32,
    /// The amount there is now; 0 when nothing is charged.
    pub was: i64,
    /// The amount there would be.
    pub got: i64,
    /// The limit that it misses.
    pub limit: i64,
    /// What it costs more than now.
    pub score: Score,
    /// What is wrong, with the value and the limit.
    pub words: String,
}

/// What would follow from giving a person a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// Whom.
    pub person: PersonIdx,
    /// When.
    pub day: DayIdx,
    /// What.
    pub cell: Cell,
    /// What stands there now.
    pub is: Cell,
    /// What must hold and would not: skills, leave and settled cells first, then rules in the order of
    /// the problem, then rules across people.
    pub bars: Vec<Bar>,
    /// What it would cost more, or cover less.
    pub costs: Vec<Bar>,
    /// The whole change of the score.
    pub change: Score,
}

impl Why {
    /// Whether nothing bars it.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.bars.is_empty()
    }
}

/// Tells what bars a person from a cell, and what it would cost.
#[must_use]
pub fn why(evaluator: &Evaluator<'_>, roster: &Roster, place: (PersonIdx, DayIdx), cell: Cell) -> Why {
    let (person, day) = place;
    let mut after = roster.clone();
    let is = after.set(person, day, cell);
    let (bars, costs) = bars(evaluator, roster, place, cell);
    let change = evaluator.score(&after) - evaluator.score(roster);
    Why { person, day, cell, is, bars, costs, change }
}

/// What bars a person from a cell, and what else it would cost.
pub(crate) fn bars(
    evaluator: &Evaluator<'_>,
    roster: &Roster,
    (person, day): (PersonIdx, DayIdx),
    cell: Cell,
) -> (Vec<Bar>, Vec<Bar>) {
    let problem = evaluator.problem();
    let mut after = roster.clone();
    after.set(person, day, cell);
    let mut bars = own_bars(evaluator, (roster, &after), person);
    bars.extend(demand_bars(evaluator, roster, (person, day), cell));
    bars.extend(group_bars(evaluator, (roster, &after), day));
    bars.extend(spread_bars(evaluator, (roster, &after), person));
    bars.sort_by_key(|bar| (rank(problem, bar.source), bar.first));
    bars.into_iter().partition(|bar| bar.score.hard > 0)
}

/// Own rules before rules across people, each in the order of the problem.
fn rank(problem: &Problem, source: Source) -> (u8, Source) {
    let is_own = |rule: RuleIdx| matches!(problem.rule(rule).kind, Kind::Own(_));
    match source {
        Source::NotEligible | Source::Away | Source::Locked => (0, source),
        Source::Rule(rule) if is_own(rule) => (1, source),
        Source::Rule(_) => (2, source),
        Source::Demand(_) | Source::Request(_) => (3, source),
        Source::Labor => (4, source),
    }
}

/// What the person's own days cost more than before, source by source.
pub(crate) fn own_bars(
    evaluator: &Evaluator<'_>,
    (before, after): (&Roster, &Roster),
    person: PersonIdx,
) -> Vec<Bar> {
    let problem = evaluator.problem();
    let charges = |roster: &Roster| evaluator.plan(person).charges(problem, person, roster.row(person));
    let (was, is) = (charges(before), charges(after));
    let mut more: BTreeMap<Source, Score> = BTreeMap::new();
    for charge in &is {
        *more.entry(charge.source).or_default() += charge.cost.into();
    }
    for charge in &was {
        *more.entry(charge.source).or_default() -= charge.cost.into();
    }
    let grown = more.into_iter().filter(|(_, more)| more.hard > 0 || more.soft > 0);
    grown
        .map(|(source, score)| {
            let of_source = |charge: &&Charge| charge.source == source;
            let old: Vec<&Charge> = was.iter().filter(of_source).collect();
            let of_now = is.iter().filter(of_source);
            let mut new: Vec<&Charge> = of_now.clone().filter(|charge| !old.contains(charge)).collect();
            if new.is_empty() {
                // Two sequences of one rule may be charged alike, one before and both now.
                new = of_now.take(1).collect();
            }
            own_bar(problem, (person, after.row(person)), (source, score), (&old, &new))
        })
        .collect()
}

/// One source with all its new charges, which a duty may have on both sides.
fn own_bar(
    problem: &Problem,
    (person, row): (PersonIdx, &[Cell]),
    (source, score): (Source, Score),
    (old, charges): (&[&Charge], &[&Charge]),
) -> Bar {
    let said: Vec<String> = charges.iter().map(|charge| words(problem, person, row, charge)).collect();
    Bar {
        source,
        rule: rule_id(problem, source).to_owned(),
        first: charges.iter().map(|charge| charge.first).min().unwrap_or(0),
        last: charges.iter().map(|charge| charge.last).max().unwrap_or(0),
        was: charges.first().map_or(0, |charge| was(old, charge)),
        got: charges.first().map_or(0, |charge| charge.got),
        limit: charges.first().map_or(0, |charge| charge.limit),
        score,
        words: said.join("; "),
    }
}

/// What was charged for the same days before.
fn was(old: &[&Charge], charge: &Charge) -> i64 {
    let same = old.iter().find(|was| (was.first, was.last) == (charge.first, charge.last));
    same.map_or(0, |was| was.got)
}

/// The id of a rule, or the word for what stands outside the rules.
pub(crate) fn rule_id(problem: &Problem, source: Source) -> &str {
    match source {
        Source::NotEligible => "eligible",
        Source::Away => "away",
        Source::Locked => "locked",
        Source::Request(_) => "request",
        Source::Labor => "labor",
        Source::Demand(_) => "cover",
        Source::Rule(rule) => &problem.rule(rule).id,
    }
}

/// How many count toward a row of the demand.
pub(crate) fn heads(problem: &Problem, roster: &Roster, demand: DemandIdx) -> u16 {
    let Some(of) = problem.parts().demands.get(demand.idx()) else { return 0 };
    let people = PersonIdx::all(problem.n_people());
    let there = people.filter(|person| of.counts(*person, roster.cell(*person, of.day)));
    u16::try_from(there.count()).unwrap_or(u16::MAX)
}

/// A row of the demand in words: `N on Tue 2026-11-03`.
pub(crate) fn demand_name(problem: &Problem, demand: DemandIdx) -> String {
    let Some(of) = problem.parts().demands.get(demand.idx()) else { return String::new() };
    let cells: Vec<String> = of.duties.cells(problem.n_codes()).map(|cell| problem.cell_name(cell)).collect();
    format!("{} on {}", cells.join(" or "), problem.day_name(i32::from(of.day.0)))
}

/// Rows of the demand that would cost more.
fn demand_bars(
    evaluator: &Evaluator<'_>,
    roster: &Roster,
    (person, day): (PersonIdx, DayIdx),
    cell: Cell,
) -> Vec<Bar> {
    let problem = evaluator.problem();
    let is = roster.cell(person, day);
    let (at, cover) = (i32::from(day.0), evaluator.cover());
    let mut bars = Vec::new();
    for (idx, demand) in problem.parts().demands.iter().enumerate().filter(|(_, of)| of.day == day) {
        let (was, will) = (demand.counts(person, is), demand.counts(person, cell));
        if was == will {
            continue;
        }
        let row = DemandIdx::at(idx);
        let now = heads(problem, roster, row);
        let then = if will { now.saturating_add(1) } else { now.saturating_sub(1) };
        let score = cover.score(idx, then) - cover.score(idx, now);
        if score.hard <= 0 && score.cover <= 0 && score.soft <= 0 {
            continue;
        }
        let limit =
            if will { demand.maximum.unwrap_or(demand.wanted) } else { demand.wanted.max(demand.minimum) };
        let bound = if will { "at most" } else { "needed are" };
        let words = format!("{} would have {then}; {bound} {limit}", demand_name(problem, row));
        let (was, got, limit) = (i64::from(now), i64::from(then), i64::from(limit));
        let source = Source::Demand(row);
        let rule = rule_id(problem, source).to_owned();
        bars.push(Bar { source, rule, first: at, last: at, was, got, limit, score, words });
    }
    bars
}

/// Rules on who is there together that would cost more.
pub(crate) fn group_bars(
    evaluator: &Evaluator<'_>,
    (before, after): (&Roster, &Roster),
    day: DayIdx,
) -> Vec<Bar> {
    let problem = evaluator.problem();
    let cells = |roster: &Roster| -> Vec<(PersonIdx, Cell)> {
        PersonIdx::all(problem.n_people()).map(|person| (person, roster.cell(person, day))).collect()
    };
    let (was, is) = (cells(before), cells(after));
    let at = i32::from(day.0);
    let mut bars = Vec::new();
    for group in &evaluator.across().groups {
        let was = group.of_day(day.idx(), was.iter().copied());
        let is = group.of_day(day.idx(), is.iter().copied());
        let score: Score = is.iter().zip(&was).map(|((is, _), (was, _))| *is - *was).sum();
        if score.hard <= 0 && score.cover <= 0 && score.soft <= 0 {
            continue;
        }
        let units = |of_day: &[(Score, i64)]| of_day.iter().map(|(_, units)| units).sum();
        let (was, units): (i64, i64) = (units(&was), units(&is));
        let rule = problem.rule(group.rule);
        let words = words::group(problem, rule, at, units);
        let source = Source::Rule(group.rule);
        let rule = rule.id.clone();
        bars.push(Bar { source, rule, first: at, last: at, was, got: units, limit: 0, score, words });
    }
    bars
}

/// Fair shares that would lie further apart.
fn spread_bars(
    evaluator: &Evaluator<'_>,
    (before, after): (&Roster, &Roster),
    person: PersonIdx,
) -> Vec<Bar> {
    let problem = evaluator.problem();
    let last = i32::try_from(problem.n_days()).unwrap_or(i32::MAX) - 1;
    let mut bars = Vec::new();
    for spread in evaluator.across().spreads.iter().filter(|spread| spread.place(person).is_some()) {
        let shares = |roster: &Roster| -> Vec<i64> {
            let people = PersonIdx::all(problem.n_people());
            people
                .filter_map(|person| Some(spread.share(spread.place(person)?, roster.row(person))))
                .collect()
        };
        let (was, is) = (shares(before), shares(after));
        let score = spread.score(&is) - spread.score(&was);
        if score.hard <= 0 && score.cover <= 0 && score.soft <= 0 {
            continue;
        }
        let (got, limit) = (spread.distance(&is), spread.distance(&was));
        let rule = problem.rule(spread.rule).id.clone();
        let words = format!("fair shares would lie {got} apart, {limit} now (rule {rule})");
        let source = Source::Rule(spread.rule);
        bars.push(Bar { source, rule, first: 0, last, was: limit, got, limit, score, words });
    }
    bars
}

/// Whether a rule must hold.
pub(crate) fn is_hard(problem: &Problem, rule: RuleIdx) -> bool {
    problem.rule(rule).strength == Strength::Hard
}
