//! What a single rule remembers from one day to the next: a small automaton for each rule.
//!
//! A rule says what it has to know as a [`Key`]; [`Memory::new`] numbers the keys that can occur. Rules
//! keep keys alike that no later day can tell apart, which is what keeps the automata small.
#![expect(clippy::indexing_slicing, reason = "states and classes are numbered here")]

mod pair;
mod rest;
mod rolling;
mod run;
mod sequence;
mod weekend;

pub(super) use pair::Pairs;
pub(super) use rest::Rests;
pub(super) use rolling::Rolling;
pub(super) use run::Runs;
pub(super) use sequence::{LENGTH_MAX as SEQUENCE_MAX, Sequences};
pub(super) use weekend::{Weekenders, whole_weeks};

use super::{NEVER, scaled};
use crate::score::Cost;
use std::collections::{BTreeMap, HashMap};

/// What a rule remembers.
pub(super) type Key = Vec<i64>;

/// Where a duty leads.
pub(super) struct Move {
    pub(super) key: Key,
    pub(super) cost: Cost,
    /// Which counters of weekends count up, one bit each.
    pub(super) counts: u32,
}

/// A rule that remembers.
pub(super) trait Remember {
    /// What is known before day 0.
    fn start(&self) -> Key;

    /// What tells days apart: days with the same are alike to this rule.
    fn kind(&self, day: usize) -> Key;

    /// What working a class of duties on a day leads to.
    fn step(&self, day: usize, key: &[i64], class: usize) -> Move;

    /// What is charged after the last day.
    fn end(&self, key: &[i64]) -> Cost;
}

/// One way on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) to: u16,
    /// Scaled; [`NEVER`] where a hard rule bars it.
    pub(super) cost: i32,
    pub(super) counts: u32,
}

/// The automaton of a rule.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    n_classes: usize,
    pub(super) kind_of_day: Vec<usize>,
    /// For each kind of day, the ways of each state and class.
    ways: Vec<Vec<Way>>,
    /// What it costs to end in a state.
    pub(super) ends: Vec<i32>,
    is_idle: bool,
}

const NO_WAY: Way = Way { to: 0, cost: NEVER, counts: 0 };

impl Memory {
    /// Numbers the keys; `None` when there are more than `states_max`.
    pub(super) fn new(
        rule: &dyn Remember,
        (n_days, n_classes): (usize, usize),
        states_max: usize,
    ) -> Option<Memory> {
        let mut ids: HashMap<Key, usize> = HashMap::new();
        let mut keys: Vec<Key> = vec![rule.start()];
        ids.insert(rule.start(), 0);
        let mut kinds: BTreeMap<Key, usize> = BTreeMap::new();
        let mut memory = Memory {
            n_classes,
            kind_of_day: Vec::with_capacity(n_days),
            ways: Vec::new(),
            ends: Vec::new(),
            is_idle: true,
        };
        // Which states of each kind of day have their ways.
        let mut is_known: Vec<Vec<bool>> = Vec::new();
        let mut layer = vec![0_usize];
        for day in 0..n_days {
            let n_kinds = kinds.len();
            let kind = *kinds.entry(rule.kind(day)).or_insert(n_kinds);
            memory.kind_of_day.push(kind);
            if kind == n_kinds {
                memory.ways.push(Vec::new());
                is_known.push(Vec::new());
            }
            let mut next = Vec::new();
            for &state in &layer {
                let (ways, known) = (&mut memory.ways[kind], &mut is_known[kind]);
                if known.len() <= state {
                    known.resize(state + 1, false);
                    ways.resize((state + 1) * n_classes, NO_WAY);
                }
                if !std::mem::replace(&mut known[state], true) {
                    for class in 0..n_classes {
                        let Move { key, cost, counts } = rule.step(day, &keys[state], class);
                        let cost = scaled(cost.hard, cost.soft);
                        memory.is_idle &= cost == 0 && counts == 0;
                        if cost >= NEVER {
                            continue;
                        }
                        let n_states = keys.len();
                        let to = *ids.entry(key).or_insert_with_key(|key| {
                            keys.push(key.clone());
                            n_states
                        });
                        if keys.len() > states_max {
                            return None;
                        }
                        ways[state * n_classes + class] = Way { to: u16::try_from(to).ok()?, cost, counts };
                    }
                }
                let ways = &ways[state * n_classes..(state + 1) * n_classes];
                next.extend(ways.iter().filter(|way| way.cost < NEVER).map(|way| usize::from(way.to)));
            }
            next.sort_unstable();
            next.dedup();
            layer = next;
        }
        memory.ends = keys.iter().map(|key| rule.end(key)).map(|cost| scaled(cost.hard, cost.soft)).collect();
        Some(memory)
    }

    pub(super) fn n_states(&self) -> usize {
        self.ends.len()
    }

    /// The way on from a state that can occur.
    #[inline]
    pub(super) fn way(&self, kind: usize, state: usize, class: usize) -> Way {
        self.ways[kind].get(state * self.n_classes + class).copied().unwrap_or(NO_WAY)
    }

    /// Whether it never charges, bars or counts anything.
    pub(super) fn is_idle(&self) -> bool {
        self.is_idle && self.ends.iter().all(|end| *end == 0)
    }
}
