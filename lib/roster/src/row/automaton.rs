//! What is remembered from one day to the next, apart from counters.
#![expect(clippy::indexing_slicing, reason = "states, classes and rules are numbered here")]

use super::classes::{Classes, pair_days};
use super::{NEVER, scaled};
use crate::evaluate::{CountPlan, OverWeekends, PersonPlan, RunPlan, SequencePlan, Stretch, Weekends};
use crate::problem::Cell;
use crate::score::Cost;
use std::collections::{BTreeMap, HashMap};

/// The most states.
const STATES_MAX: usize = 20_000;
/// Limits of runs of so many days and more are left out.
const LONG: i32 = 100;
/// Marks a run that may have begun before what is known.
const OPEN: u8 = 0x80;

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
    pub(crate) weekends: u32,
}

/// States and the ways between them.
#[derive(Clone, Debug)]
pub(crate) struct Automaton {
    /// Which kind each day is of.
    kind_of_day: Vec<usize>,
    /// For each kind and state, the ways on.
    steps: Vec<Vec<Box<[Step]>>>,
    /// What it costs to end in a state.
    pub(crate) ends: Vec<i32>,
    is_whole: bool,
    is_cut: bool,
}

/// What is remembered: the group of the last class, the runs, the sequences, the weekends.
type Key = Vec<u8>;

struct Builder<'a> {
    plan: &'a PersonPlan,
    classes: &'a Classes,
    runs: Vec<&'a RunPlan>,
    sequences: Vec<&'a SequencePlan>,
    weekends: Vec<&'a Weekends>,
    /// Classes that are alike to what comes after them.
    group: Vec<u8>,
    n_days: usize,
}

impl Automaton {
    pub(crate) fn new(plan: &PersonPlan, classes: &Classes, n_days: usize) -> Automaton {
        let builder = Builder {
            plan,
            classes,
            runs: plan
                .runs()
                .iter()
                .filter(|run| run.min <= LONG && (run.max < LONG || run.min > 1))
                .collect(),
            sequences: plan.sequences().iter().filter(|sequence| sequence.days.len() <= 8).collect(),
            weekends: weekends(plan),
            group: groups(plan, classes, n_days),
            n_days,
        };
        let is_long = |run: &RunPlan| run.max >= LONG && run.max < i32::MAX || run.min > LONG;
        let is_whole = builder.sequences.len() == plan.sequences().len() && !plan.runs().iter().any(is_long);
        builder.build(is_whole)
    }

    pub(crate) fn n_states(&self) -> usize {
        self.ends.len()
    }

    /// Whether rows are left out that may be best.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The ways on from a state on a day.
    #[inline]
    pub(crate) fn steps(&self, day: usize, state: usize) -> &[Step] {
        &self.steps[self.kind_of_day[day]][state]
    }
}

/// The weekend counts that are modeled: over the horizon.
pub(crate) fn weekends(plan: &PersonPlan) -> Vec<&Weekends> {
    fn over_horizon(count: &CountPlan) -> Option<&Weekends> {
        match count {
            CountPlan::Weekends { weekends, .. } => whole_stretch(weekends).map(|_| weekends),
            CountPlan::Tally { .. } | CountPlan::Windows { .. } | CountPlan::Rolling { .. } => None,
        }
    }
    plan.counts().iter().filter_map(over_horizon).collect()
}

/// The stretch of a count of weekends that has all of them in one.
pub(crate) fn whole_stretch(weekends: &Weekends) -> Option<&Stretch> {
    let OverWeekends::Stretches(stretches) = &weekends.over else { return None };
    let [stretch] = &stretches[..] else { return None };
    (stretch.from == 0 && stretch.until == weekends.weekends.len()).then_some(stretch)
}

fn groups(plan: &PersonPlan, classes: &Classes, n_days: usize) -> Vec<u8> {
    let days = pair_days(plan, n_days);
    let mut known: BTreeMap<Vec<(i32, i32)>, u8> = BTreeMap::new();
    let group = |class: usize| {
        let before = classes.some(class);
        let after = (0..classes.n()).map(|after| classes.some(after));
        let pairs = |day: usize| after.clone().map(move |after| plan.pair_cost(day, before, after));
        let costs: Vec<(i32, i32)> =
            days.iter().flat_map(|day| pairs(*day)).map(|cost| (cost.hard, cost.soft)).collect();
        let n = u8::try_from(known.len()).unwrap_or(u8::MAX);
        *known.entry(costs).or_insert(n)
    };
    (0..classes.n()).map(group).collect()
}

impl Builder<'_> {
    fn build(&self, is_whole: bool) -> Automaton {
        let mut is_cut = self.group.contains(&u8::MAX);
        let mut ids: HashMap<Key, usize> = HashMap::new();
        let mut keys: Vec<Key> = vec![self.start()];
        ids.insert(self.start(), 0);
        let mut kinds: BTreeMap<Vec<u32>, usize> = BTreeMap::new();
        let mut kind_of_day = Vec::new();
        let mut steps: Vec<Vec<Option<Box<[Step]>>>> = Vec::new();
        let mut layer = vec![0_usize];
        for day in 0..self.n_days {
            let n_kinds = kinds.len();
            let kind = *kinds.entry(self.kind(day)).or_insert(n_kinds);
            kind_of_day.push(kind);
            if kind == steps.len() {
                steps.push(Vec::new());
            }
            let mut next = Vec::new();
            for &state in &layer {
                if steps[kind].len() <= state {
                    steps[kind].resize(state + 1, None);
                }
                if steps[kind][state].is_none() {
                    let key = keys[state].clone();
                    let mut ways = Vec::new();
                    for class in 0..self.classes.n() {
                        let Some((to, cost, weekends)) = self.step(day, &key, class) else { continue };
                        let n_states = keys.len();
                        if n_states >= STATES_MAX && !ids.contains_key(&to) {
                            is_cut = true;
                            continue;
                        }
                        let to = *ids.entry(to).or_insert_with_key(|to| {
                            keys.push(to.clone());
                            n_states
                        });
                        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                        let class = u16::try_from(class).unwrap_or(u16::MAX);
                        ways.push(Step { class, to: small(to), cost, weekends });
                    }
                    steps[kind][state] = Some(ways.into());
                }
                let ways = steps[kind][state].iter().flatten();
                next.extend(ways.map(|step| step.to as usize));
            }
            next.sort_unstable();
            next.dedup();
            layer = next;
        }
        let n = keys.len();
        let full = |mut of_kind: Vec<Option<Box<[Step]>>>| {
            of_kind.resize(n, None);
            of_kind.into_iter().map(Option::unwrap_or_default).collect()
        };
        Automaton {
            kind_of_day,
            steps: steps.into_iter().map(full).collect(),
            ends: keys.iter().map(|key| self.end(key)).collect(),
            is_whole,
            is_cut,
        }
    }

    /// What tells days apart: the pair table, places in weekends, where sequences may end.
    fn kind(&self, day: usize) -> Vec<u32> {
        let mut kind = vec![self.plan.pair_table(day).map_or(0, |table| u32::from(table) + 1)];
        for weekends in &self.weekends {
            let (place, was_worked) = place_in_weekend(weekends, day);
            kind.push(place.map_or(0, |place| u32::try_from(place).unwrap_or(0) + 1));
            kind.push(u32::from(was_worked));
        }
        kind.extend(self.sequences.iter().map(|sequence| u32::from(sequence.may_end[day])));
        kind
    }

    fn start(&self) -> Key {
        let mut key = vec![0];
        for run in &self.runs {
            let open = run.is_open_before;
            key.push(if run.carried > 0 || open { run_key(run, run.carried, open) } else { 0 });
        }
        for sequence in &self.sequences {
            let bits = sequence.past.iter().fold(0, |bits, cell| advance(sequence, bits, *cell).0);
            key.push(bits);
        }
        key.extend(self.weekends.iter().map(|_| 0));
        key
    }

    fn step(&self, day: usize, key: &Key, class: usize) -> Option<(Key, i32, u32)> {
        let cell = self.classes.some(class);
        let mut to = vec![self.group[class]];
        let mut cost = Cost::ZERO;
        if day > 0 {
            let before = self.group.iter().position(|group| *group == key[0])?;
            cost += self.plan.pair_cost(day, self.classes.some(before), cell).into();
        }
        let mut at = 1;
        for run in &self.runs {
            let (value, more) = run_step(run, key[at], run.is_member[cell.code()]);
            to.push(value);
            cost += more;
            at += 1;
        }
        for sequence in &self.sequences {
            let (bits, is_full) = advance(sequence, key[at], cell);
            to.push(bits);
            if is_full && sequence.may_end[day] {
                cost += sequence.cost;
            }
            at += 1;
        }
        let mut counted = 0;
        for (idx, weekends) in self.weekends.iter().enumerate() {
            let (place, was_worked) = place_in_weekend(weekends, day);
            let Some(place) = place else {
                to.push(0);
                at += 1;
                continue;
            };
            let is_new = place == 0;
            let already = !is_new && key[at] == 1 || was_worked;
            let works = weekends.work[place][cell.code()];
            if works && !already {
                counted |= 1 << idx;
            }
            let is_last = place + 1 == weekends.work.len();
            to.push(u8::from((works || already) && !is_last));
            at += 1;
        }
        let cost = scaled(cost.hard, cost.soft);
        (cost < NEVER).then_some((to, cost, counted))
    }

    fn end(&self, key: &Key) -> i32 {
        let mut cost = Cost::ZERO;
        for (run, value) in self.runs.iter().zip(&key[1..]) {
            if !run.is_open_after {
                cost += short(run, *value);
            }
        }
        scaled(cost.hard, cost.soft)
    }
}

/// Where a day stands in its weekend, and whether that weekend was worked before the horizon.
fn place_in_weekend(weekends: &Weekends, day: usize) -> (Option<usize>, bool) {
    let found = weekends.weekends.iter().find_map(|weekend| {
        let place = weekend.days.iter().find(|(on, _)| *on == day)?;
        Some((place.1, weekend.was_worked))
    });
    (found.map(|(place, _)| place), found.is_some_and(|(_, was_worked)| was_worked))
}

/// A run's length as far as it matters, from 1 on; 0: none.
fn run_key(run: &RunPlan, length: i32, is_open: bool) -> u8 {
    let most = if run.max < LONG { run.max + 1 } else { run.min.max(1) };
    let is_open = is_open && length < run.min;
    // An open run of no days is remembered as such until it begins or ends.
    u8::try_from(length.min(most).min(LONG)).unwrap_or(0) | if is_open { OPEN } else { 0 }
}

fn run_step(run: &RunPlan, value: u8, is_member: bool) -> (u8, Cost) {
    if !is_member {
        return (0, short(run, value));
    }
    let length = i32::from(value & !OPEN) + 1;
    let over = if length > run.max { run.weigh.cost(1) } else { Cost::ZERO };
    (run_key(run, length, value & OPEN != 0), over)
}

/// What a run that ends charges for being short.
fn short(run: &RunPlan, value: u8) -> Cost {
    let length = i32::from(value & !OPEN);
    if value & OPEN != 0 || length == 0 || length >= run.min {
        return Cost::ZERO;
    }
    run.weigh.cost(i64::from(run.min - length))
}

/// The beginnings of a sequence that the last days match, one bit for each length, and whether it is
/// complete.
fn advance(sequence: &SequencePlan, bits: u8, cell: Cell) -> (u8, bool) {
    let mut next = 0;
    for (idx, day) in sequence.days.iter().enumerate() {
        let was_matched = idx == 0 || bits >> (idx - 1) & 1 == 1;
        if was_matched && day[cell.code()] {
            next |= 1_u8 << idx;
        }
    }
    let last = sequence.days.len() - 1;
    (next & !(1 << last), next >> last & 1 == 1)
}
