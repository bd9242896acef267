//! One person's rules, worked out once so that a whole row is judged in one sweep.
#![expect(clippy::indexing_slicing, reason = "tables have a row for each day and a place for each code")]

use super::charge::{Charge, Sink, Weigh};
use super::count::{CountPlan, Limits, Tally, Values};
use super::overtime::OvertimePlan;
use super::past::{Clock, Past};
use super::rest::{Rest, RestPlan};
use super::rewrite::Rewrite;
use super::run::RunPlan;
use super::sequence::SequencePlan;
use super::tables::{PairTables, Pairs, Small, cell_table, charge_cell, charge_pair};
use crate::problem::{Cell, DutySet, PersonIdx, Problem, RuleIdx};
use crate::rules::{Kind, Measure, Own};
use crate::score::Cost;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One person's rules, ready for tight loops.
///
/// The cost of a row is the cost of its cells, of its neighboring cells, and of five kinds of rules
/// that look further: counts, runs, rests, sequences and overtime.
#[derive(Clone, Debug)]
pub struct PersonPlan {
    n_codes: usize,
    rules: Box<[RuleIdx]>,
    cells: Box<[Small]>,
    pairs: Pairs,
    counts: Box<[CountPlan]>,
    runs: Box<[RunPlan]>,
    rests: Box<[RestPlan]>,
    sequences: Box<[SequencePlan]>,
    overtime: Box<[OvertimePlan]>,
}

impl PersonPlan {
    /// What a row costs.
    #[must_use]
    pub fn cost(&self, row: &[Cell]) -> Cost {
        let mut cost = self.table_cost(row);
        self.walk(row, &mut cost);
        cost
    }

    /// What a cell costs by itself; on day 0 with the day before it.
    #[must_use]
    #[inline]
    pub fn cell_cost(&self, day: usize, cell: Cell) -> Small {
        self.cells[day * self.n_codes + cell.code()]
    }

    /// What a cell costs together with the cell of the day before. The first day is day 1.
    #[must_use]
    #[inline]
    pub fn pair_cost(&self, day: usize, before: Cell, cell: Cell) -> Small {
        match self.pairs.of_day.get(day) {
            Some(table) => self.pairs.tables[usize::from(*table)][before.code() * self.n_codes + cell.code()],
            None => Small::default(),
        }
    }

    /// Which pair table holds between a day and the day before; days with the same are alike.
    pub(crate) fn pair_table(&self, day: usize) -> Option<u16> {
        self.pairs.of_day.get(day).copied().filter(|_| day > 0)
    }

    /// The cells of a day that break no hard rule by themselves, off among them where it is allowed.
    pub fn allowed(&self, day: usize) -> impl Iterator<Item = Cell> + '_ {
        let row = &self.cells[day * self.n_codes..(day + 1) * self.n_codes];
        (0..).map(Cell).zip(row).filter(|(_, cost)| cost.hard == 0).map(|(cell, _)| cell)
    }

    /// The own rules that hold for this person.
    #[must_use]
    pub fn rules(&self) -> &[RuleIdx] {
        &self.rules
    }

    /// Count rules.
    #[must_use]
    pub fn counts(&self) -> &[CountPlan] {
        &self.counts
    }

    /// Run rules.
    #[must_use]
    pub fn runs(&self) -> &[RunPlan] {
        &self.runs
    }

    /// Rests that reach over a day off, and recoveries.
    #[must_use]
    pub fn rests(&self) -> &[RestPlan] {
        &self.rests
    }

    /// Forbidden sequences of three days and more.
    #[must_use]
    pub fn sequences(&self) -> &[SequencePlan] {
        &self.sequences
    }

    /// Overtime rules.
    #[must_use]
    pub fn overtime(&self) -> &[OvertimePlan] {
        &self.overtime
    }

    #[inline]
    fn table_cost(&self, row: &[Cell]) -> Cost {
        let singles = row.iter().zip(self.cells.chunks_exact(self.n_codes));
        let mut cost: Cost = singles.map(|(cell, costs)| Cost::from(costs[cell.code()])).sum();
        if self.pairs.tables.is_empty() {
            return cost;
        }
        for (pair, table) in row.windows(2).zip(&self.pairs.of_day[1..]) {
            let table = &self.pairs.tables[usize::from(*table)];
            cost += table[pair[0].code() * self.n_codes + pair[1].code()].into();
        }
        cost
    }

    /// What the tables charge to the cells from one day up to another, neighbors on both sides included.
    #[inline]
    pub(crate) fn span_cost(&self, row: &[Cell], from: usize, until: usize) -> Cost {
        let mut cost = Cost::ZERO;
        for (day, cell) in (from..until).zip(&row[from..until]) {
            cost += self.cell_cost(day, *cell).into();
        }
        if !self.pairs.tables.is_empty() {
            for day in from.max(1)..(until + 1).min(row.len()) {
                let table = &self.pairs.tables[usize::from(self.pairs.of_day[day])];
                cost += table[row[day - 1].code() * self.n_codes + row[day].code()].into();
            }
        }
        cost
    }

    /// What the rules charge that look further than neighboring days.
    #[must_use]
    #[inline]
    pub(crate) fn further_cost(&self, row: &[Cell]) -> Cost {
        let mut cost = Cost::ZERO;
        self.walk(row, &mut cost);
        cost
    }

    /// What is worked of every amount that counts keep up to date while the row changes.
    pub(crate) fn sums(&self, row: &[Cell]) -> Box<[i64]> {
        self.counts.iter().flat_map(|count| count.sums(row)).collect()
    }

    /// What a change of a row changes of [`PersonPlan::further_cost`]; the sums follow it.
    #[inline]
    pub(crate) fn further_change(&self, rewrite: &Rewrite<'_>, sums: &mut [i64]) -> Cost {
        let gains = rewrite.gains();
        let (mut cost, mut sums) = (Cost::ZERO, sums);
        for count in &self.counts {
            let change;
            (change, sums) = count.change(rewrite, &gains, sums);
            cost += change;
        }
        cost += self.runs.iter().map(|run| run.change(rewrite)).sum();
        cost += self.rests.iter().map(|rest| rest.change(rewrite)).sum();
        cost += self.sequences.iter().map(|sequence| sequence.change(rewrite)).sum();
        cost += self.overtime.iter().map(|overtime| overtime.change(rewrite)).sum();
        cost
    }

    /// Everything but the tables.
    #[inline]
    fn walk(&self, row: &[Cell], sink: &mut impl Sink) {
        let tally = Tally::of(row, self.n_codes);
        self.counts.iter().for_each(|count| count.walk(row, &tally, sink));
        self.runs.iter().for_each(|run| run.walk(row, sink));
        self.rests.iter().for_each(|rest| rest.walk(row, sink));
        self.sequences.iter().for_each(|sequence| sequence.walk(row, sink));
        self.overtime.iter().for_each(|overtime| overtime.walk(row, sink));
    }

    /// Every single charge of a row.
    pub(crate) fn charges(&self, problem: &Problem, person: PersonIdx, row: &[Cell]) -> Vec<Charge> {
        let past = Past::of(problem, person);
        let mut charges = Vec::new();
        for (day, cell) in row.iter().enumerate() {
            charge_cell(&past, &self.rules, day, *cell, &mut charges);
        }
        for (day, pair) in (1..).zip(row.windows(2)) {
            let end = problem.end(day - 1, pair[0]).unwrap_or(0);
            charge_pair(problem, &self.rules, (day, end), (pair[0], pair[1]), &mut charges);
        }
        self.walk(row, &mut charges);
        charges
    }
}

/// Everybody's plans.
pub(crate) fn plans(problem: &Problem) -> Vec<PersonPlan> {
    let mut builder = Builder {
        problem,
        clock: Arc::new(Clock::new(problem)),
        pairs: PairTables::new(problem),
        values: BTreeMap::new(),
    };
    PersonIdx::all(problem.n_people()).map(|person| builder.plan(person)).collect()
}

struct Builder<'p> {
    problem: &'p Problem,
    clock: Arc<Clock>,
    pairs: PairTables<'p>,
    /// What the cells are worth to each count and overtime rule.
    values: BTreeMap<RuleIdx, Arc<Values>>,
}

impl<'p> Builder<'p> {
    fn plan(&mut self, idx: PersonIdx) -> PersonPlan {
        let past = Past::of(self.problem, idx);
        let rules = self.problem.parts().rules.iter().enumerate();
        let own = rules.filter_map(|(at, rule)| match &rule.kind {
            Kind::Own(own) if rule.who.has(idx) => Some((RuleIdx::at(at), own)),
            Kind::Own(_) | Kind::Across(_) => None,
        });
        let own: Vec<(RuleIdx, &Own)> = own.collect();
        let rules: Vec<RuleIdx> = own.iter().map(|(rule, _)| *rule).collect();
        let mut further = Further::default();
        for (rule, own) in own {
            self.add(&past, rule, own, &mut further);
        }
        PersonPlan {
            n_codes: self.problem.n_codes(),
            cells: cell_table(&past, &rules),
            pairs: self.pairs.of(&rules),
            rules: rules.into(),
            counts: further.counts.into(),
            runs: further.runs.into(),
            rests: further.rests.into(),
            sequences: further.sequences.into(),
            overtime: further.overtime.into(),
        }
    }

    fn add(&mut self, past: &Past<'p>, rule: RuleIdx, own: &Own, further: &mut Further) {
        let strength = self.problem.rule(rule).strength;
        let money = self.problem.parts().money;
        let weigh = |per| (rule, Weigh::of_person(strength, per, past.person, money));
        match own {
            Own::Count { measure, over, min, max, per } => {
                let (rule, weigh) = weigh(*per);
                let limits = Limits { rule, min: min.unwrap_or(0), max: max.unwrap_or(i64::MAX / 4), weigh };
                let values = self.values_of(rule, measure);
                further.counts.push(CountPlan::new(past, limits, measure, *over, &values));
            }
            Own::Run { duties, min, max, edges } => {
                further.runs.push(RunPlan::new(past, weigh(1), duties, (*min, *max), *edges));
            }
            Own::Rest { after, before, minutes, per } => {
                let rest = Rest { after, before, minutes: *minutes, run_min: 0 };
                further.rests.extend(RestPlan::new(past, weigh(*per), &rest, &self.clock));
            }
            Own::Recovery { after, n_days, minutes, per } => {
                let before = DutySet::OFF.complement();
                let rest = Rest { after, before: &before, minutes: *minutes, run_min: *n_days };
                further.rests.extend(RestPlan::new(past, weigh(*per), &rest, &self.clock));
            }
            Own::Forbidden { sequences } => {
                let long = sequences.iter().filter(|sequence| sequence.days.len() > 2);
                further.sequences.extend(long.map(|sequence| SequencePlan::new(past, weigh(1), sequence)));
            }
            Own::Overtime { days, from, period_minutes, day_minutes, per } => {
                let measure = Measure::Minutes { duties: self.problem.duties().all_work() };
                let values = self.values_of(rule, &measure);
                let limits = (*period_minutes, *day_minutes);
                further.overtime.push(OvertimePlan::new(past, weigh(*per), (*days, *from), limits, &values));
            }
            // Stands in the table of cells.
            Own::Published => {}
        }
    }

    fn values_of(&mut self, rule: RuleIdx, measure: &Measure) -> Arc<Values> {
        let build = || Arc::new(Values::new(self.problem, measure));
        Arc::clone(self.values.entry(rule).or_insert_with(build))
    }
}

#[derive(Default)]
struct Further {
    counts: Vec<CountPlan>,
    runs: Vec<RunPlan>,
    rests: Vec<RestPlan>,
    sequences: Vec<SequencePlan>,
    overtime: Vec<OvertimePlan>,
}
