//! What is modeled of a person's rules: first a small level that leaves out what most rows keep by
//! themselves, then one with what the best row of the last broke, as far as there is room.

use super::automaton::Automaton;
use super::classes::Classes;
use super::counters::{Counters, WEEKENDS_MAX};
use super::dim::{Dim, Tallied};
use super::left_out::Further;
use super::memory::{Memory, Pairs, Remember, Rests, Rolling, Runs, Sequences, Weekenders, whole_weeks};
use crate::evaluate::{CountPlan, OverWeekends, PersonPlan};
use crate::problem::Cell;
use crate::score::Cost;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The most places of the tables of all days, by how many cells the whole roster has: tables that take long
/// help where each person is asked often.
const ROOMS: [(usize, usize); 2] = [(4_000, 1 << 27), (usize::MAX, 1 << 23)];
/// The most states of one rule.
const MEMORY_MAX: usize = 600;
/// A rolling count with more states, and a most-count with more values, is left out at first.
const SMALL: usize = 12;
/// The most levels of a person that are kept.
const LEVELS_MAX: usize = 12;

/// A choice of rules, ready for the dynamic program.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) automaton: Automaton,
    pub(super) counters: Counters,
    /// How many places its tables have.
    pub(super) n_places: usize,
    /// The rest.
    pub(super) left_out: Vec<Further>,
}

/// The memory of a rule.
#[derive(Clone, Debug)]
struct Part {
    memory: Memory,
    /// `None`: it is never left out.
    rule: Option<Further>,
    /// The counter of weekends that it feeds.
    dim: Option<Dim>,
    is_rolling: bool,
}

/// A counter and the rules it is for.
#[derive(Clone, Debug)]
struct Counter {
    dim: Dim,
    rules: Vec<Further>,
}

/// Everything, before it is known whether there is room.
#[derive(Clone, Debug, Default)]
struct Choice {
    parts: Vec<Part>,
    counters: Vec<Counter>,
    left_out: Vec<Further>,
}

/// A rule that most rows keep by themselves.
#[derive(Clone, Debug)]
enum Seldom {
    Part(Part),
    Counter(Counter),
}

/// The levels of a person.
#[derive(Debug)]
pub(super) struct Levels {
    n_days: usize,
    n_classes: usize,
    /// The most places of the tables of all days.
    room: usize,
    /// What every level has.
    always: Choice,
    seldom: Vec<Seldom>,
    /// Those worked out so far, by which of the seldom rules they have.
    known: Mutex<BTreeMap<Vec<bool>, Arc<Level>>>,
}

impl Seldom {
    fn rules(&self) -> &[Further] {
        match self {
            Seldom::Part(part) => part.rule.as_slice(),
            Seldom::Counter(counter) => &counter.rules,
        }
    }
}

impl Levels {
    /// The levels of a person in a roster of so many cells.
    pub(super) fn new(plan: &PersonPlan, classes: &Classes, n_days: usize, n_cells: usize) -> Levels {
        let room = ROOMS.iter().find(|(cells_max, _)| n_cells <= *cells_max).map_or(0, |(_, room)| *room);
        let mut always = Choice::new(plan, classes, n_days);
        let seldom = always.take_what_most_rows_keep();
        Levels { n_days, n_classes: classes.n(), room, always, seldom, known: Mutex::default() }
    }

    /// None of the rules that most rows keep.
    pub(super) fn none(&self) -> Vec<bool> {
        vec![false; self.seldom.len()]
    }

    /// The level with some of the rules that most rows keep.
    pub(super) fn with(&self, chosen: &[bool]) -> Arc<Level> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(level) = known.get(chosen) {
            return Arc::clone(level);
        }
        let mut choice = self.always.clone();
        for (seldom, is_chosen) in self.seldom.iter().zip(chosen) {
            match seldom {
                _ if !is_chosen => choice.left_out.extend_from_slice(seldom.rules()),
                Seldom::Part(part) => choice.parts.push(part.clone()),
                Seldom::Counter(counter) => choice.counters.push(counter.clone()),
            }
        }
        let level = Arc::new(choice.level(self.n_days, self.n_classes, self.room));
        if known.len() < LEVELS_MAX {
            known.insert(chosen.to_vec(), Arc::clone(&level));
        }
        level
    }

    /// Chooses also those rules that a row breaks; whether there are any.
    pub(super) fn choose_broken(&self, chosen: &mut [bool], row: &[Cell], n_codes: usize) -> bool {
        let mut is_any = false;
        for (seldom, is_chosen) in self.seldom.iter().zip(chosen).filter(|(_, is_chosen)| !**is_chosen) {
            *is_chosen = seldom.rules().iter().any(|rule| rule.cost(row, n_codes) != Cost::ZERO);
            is_any |= *is_chosen;
        }
        is_any
    }
}

impl Choice {
    fn new(plan: &PersonPlan, classes: &Classes, n_days: usize) -> Choice {
        let mut choice = Choice::default();
        let sizes = (n_days, classes.n());
        let pairs = Memory::new(&Pairs::new(plan, classes, n_days), sizes, usize::from(u16::MAX));
        let pairs = pairs.filter(|pairs| !pairs.is_idle());
        choice.parts.extend(pairs.map(|memory| Part { memory, rule: None, dim: None, is_rolling: false }));
        for run in plan.runs() {
            choice.remember(&Runs { run, classes }, Further::Run(run.clone()), sizes);
        }
        for sequence in plan.sequences() {
            let rule = Further::Sequence(sequence.clone());
            if sequence.days.len() > super::memory::SEQUENCE_MAX {
                choice.left_out.push(rule);
            } else {
                choice.remember(&Sequences { sequence, classes }, rule, sizes);
            }
        }
        for rest in plan.rests() {
            choice.remember(&Rests::new(rest, classes, n_days), Further::Rest(rest.clone()), sizes);
        }
        let mut tallied = Vec::new();
        for count in plan.counts() {
            choice.count(count, classes, sizes, &mut tallied);
        }
        for overtime in plan.overtime() {
            let rule = Further::Overtime(overtime.clone());
            match Tallied::of_overtime(overtime, classes, n_days) {
                Some(tally) => tallied.push((tally, vec![rule])),
                None => choice.left_out.push(rule),
            }
        }
        choice.add_up(tallied);
        choice
    }

    /// Adds the memory of a rule.
    fn remember(&mut self, rule: &dyn Remember, further: Further, sizes: (usize, usize)) {
        match Memory::new(rule, sizes, MEMORY_MAX) {
            Some(memory) if memory.is_idle() => {}
            Some(memory) => {
                let is_rolling = matches!(further, Further::Count(CountPlan::Rolling { .. }));
                self.parts.push(Part { memory, rule: Some(further), dim: None, is_rolling });
            }
            None => self.left_out.push(further),
        }
    }

    fn count(
        &mut self,
        count: &CountPlan,
        classes: &Classes,
        sizes: (usize, usize),
        tallied: &mut Vec<(Tallied, Vec<Further>)>,
    ) {
        let further = Further::Count(count.clone());
        match count {
            CountPlan::Tally { .. } | CountPlan::Windows { .. } => {
                match Tallied::of_count(count, classes, sizes.0) {
                    Some(tally) if tally.is_idle() => {}
                    Some(tally) => tallied.push((tally, vec![further])),
                    None => self.left_out.push(further),
                }
            }
            CountPlan::Rolling { limits, values, n_days, past, credits, n_known } => {
                let rolling = (limits, values, *n_days);
                self.remember(&Rolling::new(rolling, (past, *n_known), credits, classes), further, sizes);
            }
            CountPlan::Weekends { weekends, .. } if !whole_weeks(weekends) => self.left_out.push(further),
            CountPlan::Weekends { weekends, limits } => {
                let bit = u32::try_from(self.n_weekends()).unwrap_or(u32::MAX);
                let weekenders = Weekenders::new((weekends, limits), classes, sizes.0, bit);
                if matches!(weekends.over, OverWeekends::Rolling { .. }) {
                    self.remember(&weekenders, further, sizes);
                    return;
                }
                let dim = Dim::of_weekends(count, bit, sizes.0).filter(|_| bit < WEEKENDS_MAX);
                let memory = Memory::new(&weekenders, sizes, MEMORY_MAX);
                match (memory, dim) {
                    (_, Some(dim)) if dim.is_idle() => {}
                    (Some(memory), Some(dim)) => {
                        let (rule, dim) = (Some(further), Some(dim));
                        self.parts.push(Part { memory, rule, dim, is_rolling: false });
                    }
                    (_, _) => self.left_out.push(further),
                }
            }
        }
    }

    fn n_weekends(&self) -> usize {
        self.parts.iter().filter(|part| part.dim.is_some()).count()
    }

    /// Makes counters of what is added up; what depends on one another becomes one where that is smaller.
    fn add_up(&mut self, mut tallied: Vec<(Tallied, Vec<Further>)>) {
        while let Some((mut tally, mut rules)) = tallied.pop() {
            let Some(mut dim) = tally.dim(usize::MAX) else {
                self.left_out.extend(rules);
                continue;
            };
            let mut at = 0;
            while at < tallied.len() {
                let both = tallied.get(at).and_then(|(other, _)| tally.joined(&dim, other));
                match both {
                    Some((both, joined)) => {
                        (tally, dim) = (both, joined);
                        rules.extend(tallied.remove(at).1);
                    }
                    None => at += 1,
                }
            }
            if !dim.is_idle() {
                self.counters.push(Counter { dim, rules });
            }
        }
    }

    fn take_what_most_rows_keep(&mut self) -> Vec<Seldom> {
        let is_kept = |part: &mut Part| part.is_rolling && part.memory.n_states() > SMALL;
        let parts: Vec<Seldom> = self.parts.extract_if(.., is_kept).map(Seldom::Part).collect();
        let is_kept = |counter: &mut Counter| {
            let n = counter.dim.n();
            counter.dim.is_most_only() && (n * 4 > counter.dim.longest || n > SMALL)
        };
        let counters = self.counters.extract_if(.., is_kept).map(Seldom::Counter);
        parts.into_iter().chain(counters).collect()
    }

    /// Leaves out the largest until there is room.
    fn level(mut self, n_days: usize, n_classes: usize, room: usize) -> Level {
        let automaton = loop {
            let memories: Vec<&Memory> = self.parts.iter().map(|part| &part.memory).collect();
            if let Some(automaton) = Automaton::new(&memories, n_days, n_classes) {
                break automaton;
            }
            let optional = self.parts.iter().enumerate().filter(|(_, part)| part.rule.is_some());
            let largest = optional.max_by_key(|(_, part)| part.memory.n_states()).map(|(at, _)| at);
            match largest {
                Some(at) => self.left_out.extend(self.parts.remove(at).rule),
                None => self.parts.clear(),
            }
        };
        let mut n_bits = 0;
        let mut counters = self.counters;
        for part in self.parts {
            if let (Some(dim), Some(rule)) = (part.dim, part.rule) {
                // Bits of parts left out stay unused.
                n_bits = n_bits.max(dim.weekend.map_or(0, |bit| bit + 1));
                counters.push(Counter { dim, rules: vec![rule] });
            }
        }
        counters.sort_by_key(|counter| std::cmp::Reverse(counter.dim.n()));
        match counters.iter().position(|counter| counter.dim.is_even()) {
            Some(at) => {
                let inner = counters.remove(at);
                counters.insert(0, inner);
            }
            None => counters.insert(0, Counter { dim: Dim::idle(n_days, n_classes), rules: Vec::new() }),
        }
        counters.iter_mut().skip(1).for_each(|counter| counter.dim.cut());
        let n_places = |counters: &[Counter]| {
            let n_layers =
                n_days + 1 + counters.iter().map(|counter| counter.dim.untils.len()).sum::<usize>();
            let n = counters.iter().fold(1_usize, |n, counter| n.saturating_mul(counter.dim.n()));
            n.saturating_mul(automaton.n_states() * n_layers)
        };
        while counters.len() > 1 && n_places(&counters) > room {
            // The innermost stays.
            self.left_out.extend(counters.remove(1).rules);
        }
        let n_places = n_places(&counters);
        let dims = counters.into_iter().map(|counter| counter.dim).collect();
        let mut counters = Counters::new(dims, n_bits, n_days, n_classes);
        counters.look_ahead(&automaton);
        Level { automaton, counters, n_places, left_out: self.left_out }
    }
}
