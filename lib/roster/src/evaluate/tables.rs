//! What cells and pairs of neighboring cells cost: tables, and the single charges behind them.
#![expect(clippy::indexing_slicing, reason = "tables have a row for each day and a place for each code")]

use super::charge::{Charge, Sink, Source, Weigh};
use super::past::{Past, day_of};
use crate::problem::{Cell, PersonIdx, Problem, RuleIdx, Wish};
use crate::rules::{Kind, Own};
use crate::score::Cost;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A cost in half the space. Weights are bounded so that it suffices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Small {
    /// Units of breach of rules that must hold.
    pub hard: i32,
    /// Points.
    pub soft: i32,
}

impl Small {
    fn of(cost: Cost) -> Small {
        let small = |points: i64| i32::try_from(points).unwrap_or(i32::MAX);
        Small { hard: small(cost.hard), soft: small(cost.soft) }
    }
}

impl From<Small> for Cost {
    #[inline]
    fn from(small: Small) -> Cost {
        Cost { hard: i64::from(small.hard), soft: i64::from(small.soft) }
    }
}

/// Costs of neighboring cells: `costs[before * n_codes + after]`.
pub(crate) type PairTable = Arc<[Small]>;

/// The pair tables of a person: which of them holds between each day and the day before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pairs {
    /// None at all when nothing is charged to any pair.
    pub(crate) tables: Box<[PairTable]>,
    /// One for each day; the first is unused.
    pub(crate) of_day: Box<[u16]>,
}

/// Everything charged to one cell by itself, days before the horizon given.
pub(crate) fn charge_cell(past: &Past<'_>, rules: &[RuleIdx], day: usize, cell: Cell, sink: &mut impl Sink) {
    let (problem, person) = (past.problem, past.person);
    let at = day_of(day);
    let mut tell = |source, cost| {
        sink.charge(Charge { source, first: at, last: at, got: 1, limit: 0, cost });
    };
    let hard = Cost { hard: 1, soft: 0 };
    if !problem.is_eligible(past.idx, at, cell) {
        tell(Source::NotEligible, hard);
    }
    let is_away = person.away.iter().any(|away| (away.first..=away.last).contains(&at));
    if cell.is_work() && is_away {
        tell(Source::Away, hard);
    }
    for _ in person.locked.iter().filter(|(on, locked)| on.idx() == day && *locked != cell) {
        tell(Source::Locked, hard);
    }
    let from = person.requests.partition_point(|request| request.day.idx() < day);
    let of_day = person.requests[from..].iter().take_while(|request| request.day.idx() == day);
    for (idx, request) in (from..).zip(of_day) {
        let is_broken = match request.wish {
            Wish::For => !request.duties.has(cell),
            Wish::Against => request.duties.has(cell),
        };
        if is_broken {
            let source = Source::Request(u16::try_from(idx).unwrap_or(u16::MAX));
            tell(source, Cost { hard: 0, soft: request.weight });
        }
    }
    tell(Source::Labor, Cost { hard: 0, soft: problem.labor_points(past.idx, at, cell) });
    for &rule in rules {
        let n = breaches_of_cell(problem, past.idx, rule, day, cell);
        tell(Source::Rule(rule), Weigh::new(problem.rule(rule).strength, 1).cost(n));
    }
    if day == 0
        && let Some(before) = past.cell(-1)
    {
        let end = past.last_work().map_or(0, |(_, _, end)| end);
        charge_pair(problem, rules, (0, end), (before, cell), sink);
    }
}

/// How often a cell by itself breaks a rule.
fn breaches_of_cell(problem: &Problem, person: PersonIdx, rule: RuleIdx, day: usize, cell: Cell) -> i64 {
    match &problem.rule(rule).kind {
        Kind::Own(Own::Forbidden { sequences }) => {
            let weekday = problem.calendar().weekday(day_of(day));
            let single = sequences.iter().filter(|sequence| {
                matches!(sequence.days.as_slice(), [only] if only.has(cell)) && sequence.starting.has(weekday)
            });
            i64::try_from(single.count()).unwrap_or(i64::MAX)
        }
        Kind::Own(Own::Published) => {
            let published = problem.parts().published.as_ref();
            i64::from(published.is_some_and(|published| published.row(person)[day] != cell))
        }
        Kind::Own(
            Own::Count { .. }
            | Own::Run { .. }
            | Own::Rest { .. }
            | Own::Recovery { .. }
            | Own::Overtime { .. },
        )
        | Kind::Across(_) => 0,
    }
}

/// Everything charged to two neighboring cells; `day` is that of the second, `end` when the first ends.
pub(crate) fn charge_pair(
    problem: &Problem,
    rules: &[RuleIdx],
    (day, end): (i32, i32),
    (before, after): (Cell, Cell),
    sink: &mut impl Sink,
) {
    for &rule in rules {
        let strength = problem.rule(rule).strength;
        let source = Source::Rule(rule);
        match &problem.rule(rule).kind {
            Kind::Own(Own::Forbidden { sequences }) => {
                let weekday = problem.calendar().weekday(day - 1);
                for sequence in sequences.iter().filter(|sequence| sequence.starting.has(weekday)) {
                    if matches!(sequence.days.as_slice(), [a, b] if a.has(before) && b.has(after)) {
                        let cost = Weigh::new(strength, 1).cost(1);
                        sink.charge(Charge { source, first: day - 1, last: day, got: 1, limit: 0, cost });
                    }
                }
            }
            Kind::Own(Own::Rest { after: from, before: to, minutes, per }) => {
                let Some(start) = problem.start(day, after) else { continue };
                if before.is_off() || !from.has(before) || !to.has(after) {
                    continue;
                }
                let (got, limit) = (i64::from(start - end), i64::from(*minutes));
                let cost = Weigh::new(strength, *per).cost(limit - got);
                sink.charge(Charge { source, first: day - 1, last: day, got, limit, cost });
            }
            Kind::Own(
                Own::Count { .. }
                | Own::Run { .. }
                | Own::Recovery { .. }
                | Own::Overtime { .. }
                | Own::Published,
            )
            | Kind::Across(_) => {}
        }
    }
}

/// The costs of a person's single cells: `costs[day * n_codes + code]`.
pub(crate) fn cell_table(past: &Past<'_>, rules: &[RuleIdx]) -> Box<[Small]> {
    let problem = past.problem;
    let mut table = Vec::with_capacity(problem.n_days() * problem.n_codes());
    for day in 0..problem.n_days() {
        for cell in problem.duties().cells() {
            let mut cost = Cost::ZERO;
            charge_cell(past, rules, day, cell, &mut cost);
            table.push(Small::of(cost));
        }
    }
    table.into()
}

/// Builds pair tables, each once: many people share rules, and most days are alike.
pub(crate) struct PairTables<'p> {
    problem: &'p Problem,
    /// A number for each kind of day.
    kind_of_day: Vec<usize>,
    tables: BTreeMap<(Vec<RuleIdx>, usize), PairTable>,
    /// Those that differ.
    distinct: Vec<PairTable>,
}

impl<'p> PairTables<'p> {
    pub(crate) fn new(problem: &'p Problem) -> PairTables<'p> {
        let mut kinds = BTreeMap::new();
        let mut kind_of_day = Vec::new();
        for day in 0..day_of(problem.n_days()) {
            let n_kinds = kinds.len();
            kind_of_day.push(*kinds.entry(kind(problem, day)).or_insert(n_kinds));
        }
        PairTables { problem, kind_of_day, tables: BTreeMap::new(), distinct: Vec::new() }
    }

    /// The tables of everybody who has these rules.
    pub(crate) fn of(&mut self, rules: &[RuleIdx]) -> Pairs {
        let concerns = |rule: &&RuleIdx| {
            matches!(self.problem.rule(**rule).kind, Kind::Own(Own::Forbidden { .. } | Own::Rest { .. }))
        };
        let rules: Vec<RuleIdx> = rules.iter().filter(concerns).copied().collect();
        let mut tables: Vec<PairTable> = Vec::new();
        let mut of_day = vec![0];
        for day in 1..self.problem.n_days() {
            let key = (rules.clone(), self.kind_of_day[day]);
            let build = || {
                let table = pair_table(self.problem, &rules, day_of(day));
                let known = self.distinct.iter().find(|known| **known == table).map(Arc::clone);
                known.unwrap_or_else(|| {
                    self.distinct.push(Arc::clone(&table));
                    table
                })
            };
            let table = self.tables.entry(key).or_insert_with(build);
            let known = tables.iter().position(|known| Arc::ptr_eq(known, table)).unwrap_or_else(|| {
                tables.push(Arc::clone(table));
                tables.len() - 1
            });
            of_day.push(u16::try_from(known).unwrap_or(u16::MAX));
        }
        if tables.iter().all(|table| table.iter().all(|cost| *cost == Small::default())) {
            return Pairs::default();
        }
        Pairs { tables: tables.into(), of_day: of_day.into() }
    }
}

/// What tells two days apart for pairs: the weekday before, and all starts and ends from its midnight.
fn kind(problem: &Problem, day: i32) -> (i8, Vec<i32>) {
    let calendar = problem.calendar();
    let zero = problem.duties().work().next().map_or(0, |(_, duty)| calendar.start(day, duty.shift));
    let minutes = problem.duties().work().flat_map(|(_, duty)| {
        let before = if day == 0 { 0 } else { calendar.end(day - 1, duty.shift) };
        [before - zero, calendar.start(day, duty.shift) - zero]
    });
    (calendar.weekday(day - 1).to_monday_zero_offset(), minutes.collect())
}

fn pair_table(problem: &Problem, rules: &[RuleIdx], day: i32) -> PairTable {
    let mut table = Vec::with_capacity(problem.n_codes() * problem.n_codes());
    for before in problem.duties().cells() {
        let end = problem.end(day - 1, before).unwrap_or(0);
        for after in problem.duties().cells() {
            let mut cost = Cost::ZERO;
            charge_pair(problem, rules, (day, end), (before, after), &mut cost);
            table.push(Small::of(cost));
        }
    }
    table.into()
}
