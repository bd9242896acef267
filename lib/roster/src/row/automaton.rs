//! What is remembered from one day to the next, apart from counters: the memories of all rules at once.
#![expect(clippy::indexing_slicing, reason = "states, classes and kinds are numbered here")]

use super::NEVER;
use super::memory::{Memory, Way};
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

/// The most states.
const STATES_MAX: usize = 20_000;

/// One way on from a state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// The class of duty worked.
    pub(crate) class: u16,
    /// The state it leads to.
    pub(crate) to: u32,
    /// What it costs, scaled.
    pub(crate) cost: i32,
    /// Which of the weekend counters count up, one bit each.
    pub(crate) counts: u32,
}

/// States and the ways between them.
#[derive(Clone, Debug)]
pub(crate) struct Automaton {
    /// Which kind each day is of.
    kind_of_day: Vec<usize>,
    /// For each kind the ways on, and where those of each state begin and end among them.
    steps: Vec<Vec<Step>>,
    places: Vec<Vec<(u32, u32)>>,
    /// What it costs to end in a state.
    pub(crate) ends: Vec<i32>,
}

/// Not worked out yet.
const UNKNOWN: (u32, u32) = (u32::MAX, 0);

impl Automaton {
    /// All memories at once; `None` when there are too many states.
    pub(crate) fn new(memories: &[&Memory], n_days: usize, n_classes: usize) -> Option<Automaton> {
        let mut builder = Builder::new(memories, n_classes)?;
        let mut automaton =
            Automaton { kind_of_day: Vec::new(), steps: Vec::new(), places: Vec::new(), ends: Vec::new() };
        let mut kinds: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        let mut layer = vec![0_u32];
        for day in 0..n_days {
            let of_day: Vec<usize> = memories.iter().map(|memory| memory.kind_of_day[day]).collect();
            let n_kinds = kinds.len();
            let kind = *kinds.entry(of_day.clone()).or_insert(n_kinds);
            automaton.kind_of_day.push(kind);
            if kind == n_kinds {
                automaton.steps.push(Vec::new());
                automaton.places.push(Vec::new());
            }
            let (steps, places) = (&mut automaton.steps[kind], &mut automaton.places[kind]);
            let mut next = Vec::new();
            for &state in &layer {
                let at = usize::try_from(state).ok()?;
                if places.len() <= at {
                    places.resize(at + 1, UNKNOWN);
                }
                if places[at] == UNKNOWN {
                    let from = steps.len();
                    builder.go_on(at, &of_day, steps)?;
                    places[at] = (u32::try_from(from).ok()?, u32::try_from(steps.len()).ok()?);
                }
                let (from, until) = (places[at].0 as usize, places[at].1 as usize);
                next.extend(steps[from..until].iter().map(|step| step.to));
            }
            next.sort_unstable();
            next.dedup();
            layer = next;
        }
        automaton.ends = (0..builder.keys.len()).map(|state| builder.end(state)).collect();
        Some(automaton)
    }

    pub(crate) fn n_states(&self) -> usize {
        self.ends.len()
    }

    /// The ways on from a state on a day.
    #[inline]
    pub(crate) fn steps(&self, day: usize, state: usize) -> &[Step] {
        let kind = self.kind_of_day[day];
        match self.places[kind].get(state) {
            Some(&place) if place != UNKNOWN => &self.steps[kind][place.0 as usize..place.1 as usize],
            Some(_) | None => &[],
        }
    }
}

/// Numbers the states: a state is one state of each memory, packed into a number.
struct Builder<'m> {
    memories: &'m [&'m Memory],
    n_classes: usize,
    ids: HashMap<u128, u32, BuildHasherDefault<Mixer>>,
    keys: Vec<u128>,
    /// The states of each memory of a state.
    digits: Vec<usize>,
}

impl<'m> Builder<'m> {
    fn new(memories: &'m [&'m Memory], n_classes: usize) -> Option<Builder<'m>> {
        let mut n = 1_u128;
        for memory in memories {
            n = n.checked_mul(u128::try_from(memory.n_states()).ok()?)?;
        }
        let mut ids = HashMap::default();
        ids.insert(0, 0);
        Some(Builder { memories, n_classes, ids, keys: vec![0], digits: vec![0; memories.len()] })
    }

    fn unpack(&mut self, state: usize) {
        let mut key = self.keys[state];
        for (digit, memory) in self.digits.iter_mut().zip(self.memories) {
            let n = u128::try_from(memory.n_states()).unwrap_or(1);
            *digit = usize::try_from(key % n).unwrap_or(0);
            key /= n;
        }
    }

    /// Adds the ways on from a state on a day of such kinds.
    fn go_on(&mut self, state: usize, kinds: &[usize], steps: &mut Vec<Step>) -> Option<()> {
        self.unpack(state);
        for class in 0..self.n_classes {
            let (mut key, mut radix, mut cost, mut counts) = (0_u128, 1_u128, 0_i32, 0);
            for ((memory, kind), digit) in self.memories.iter().zip(kinds).zip(&self.digits) {
                let Way { to, cost: more, counts: bits } = memory.way(*kind, *digit, class);
                cost = cost.saturating_add(more).min(NEVER);
                counts |= bits;
                key += u128::from(to) * radix;
                radix *= u128::try_from(memory.n_states()).ok()?;
            }
            if cost >= NEVER {
                continue;
            }
            let n_states = u32::try_from(self.keys.len()).ok()?;
            let to = *self.ids.entry(key).or_insert(n_states);
            if to == n_states {
                self.keys.push(key);
                if self.keys.len() > STATES_MAX {
                    return None;
                }
            }
            steps.push(Step { class: u16::try_from(class).ok()?, to, cost, counts });
        }
        Some(())
    }

    fn end(&mut self, state: usize) -> i32 {
        self.unpack(state);
        let ends = self.memories.iter().zip(&self.digits).map(|(memory, digit)| memory.ends[*digit]);
        ends.fold(0, |sum: i32, end| sum.saturating_add(end).min(NEVER))
    }
}

/// A quick hash of one packed number.
#[derive(Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let word = chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
            self.0 = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.0 ^= self.0 >> 29;
        }
    }

    fn finish(&self) -> u64 {
        self.0.wrapping_mul(0xbf58_476d_1ce4_e5b9)
    }
}
