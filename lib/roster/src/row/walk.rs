//! The dynamic program itself.
#![expect(clippy::indexing_slicing, reason = "days, states and places are numbered by the plan")]

use super::automaton::{Automaton, Step};
use super::counters::{Counters, NOTHING, Segment, Span, Stage, widen};
use super::{Level, NEVER, RowPlan};
use crate::problem::Cell;

/// The most places of a table that is no trouble.
const PLACES_ROUGH: usize = 1 << 22;

/// The cheapest row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Best {
    /// What no legal row can cost less than, with prices, scaled.
    pub(crate) value: i32,
    pub(crate) row: Vec<Cell>,
}

/// Room for the tables, used again and again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    /// Before a stage and after it, for each state and place; only what `reach` spans is written.
    values: Vec<i32>,
    /// Before each stage and in the end, for each state and slice: the places that may be reached.
    reach: Vec<Span>,
    /// The values of these places, one slice after the other, and where each slice begins.
    kept: Vec<i32>,
    starts: Vec<u32>,
    /// Before each stage and in the end, the states that may be reached.
    alive: Vec<Vec<u32>>,
    /// The cheapest code of each class on each day and what it costs.
    pub(super) duties: Vec<(i32, Cell)>,
}

/// A level with the sizes of its tables.
struct Table<'l> {
    automaton: &'l Automaton,
    counters: &'l Counters,
    n_states: usize,
    n_slices: usize,
    inner: usize,
    n_classes: usize,
}

impl RowPlan {
    /// The cheapest row under prices, scaled, for each day and code; [`NEVER`] bars a cell.
    /// `None` when there is no legal row.
    pub(crate) fn best(&self, scratch: &mut Scratch, prices: &[i32]) -> Option<Best> {
        self.best_within(usize::MAX, scratch, prices)
    }

    /// The same without tables of many places; the row may then break rules, and its value is a bound still.
    pub(crate) fn best_roughly(&self, scratch: &mut Scratch, prices: &[i32]) -> Option<Best> {
        self.best_within(PLACES_ROUGH, scratch, prices)
    }

    fn best_within(&self, places_max: usize, scratch: &mut Scratch, prices: &[i32]) -> Option<Best> {
        self.price(scratch, prices);
        let mut chosen = self.levels.none();
        let mut value = i32::MIN;
        let mut level = self.levels.with(&chosen);
        loop {
            let best = self.best_on(&level, scratch)?;
            // What is left out can only make a row look cheaper.
            value = value.max(best.value);
            let is_best = self.cost_left_out(&level, &best.row) == 0;
            if is_best || !self.levels.choose_broken(&mut chosen, &best.row, self.n_codes) {
                // Rules that are left out for good: the value stands, and another row keeps them.
                let kept = if is_best { None } else { self.kept(&level, scratch) };
                return Some(Best { value, row: kept.unwrap_or(best.row) });
            }
            level = self.levels.with(&chosen);
            if level.n_places > places_max {
                return Some(Best { value, row: best.row });
            }
        }
    }

    fn best_on(&self, level: &Level, scratch: &mut Scratch) -> Option<Best> {
        let table = Table::new(level, self.classes.n());
        table.forward(scratch);
        let (value, state, place) = table.finish(scratch)?;
        Some(Best { value, row: table.trace(self.n_days, scratch, state, place) })
    }

    fn price(&self, scratch: &mut Scratch, prices: &[i32]) {
        scratch.duties.clear();
        for day in 0..self.n_days {
            for class in &self.classes.codes {
                let mut best = (NEVER, Cell::OFF);
                for &cell in class {
                    let at = day * self.n_codes + cell.code();
                    let (cost, price) = (self.cells[at], prices[at]);
                    if cost < NEVER && price < NEVER && cost + price < best.0 {
                        best = (cost + price, cell);
                    }
                }
                scratch.duties.push(best);
            }
        }
    }
}

impl<'l> Table<'l> {
    fn new(level: &'l Level, n_classes: usize) -> Table<'l> {
        let Level { automaton, counters, .. } = level;
        let (n_states, n_slices, inner) = (automaton.n_states(), counters.n_slices, counters.inner);
        Table { automaton, counters, n_states, n_slices, inner, n_classes }
    }

    fn forward(&self, scratch: &mut Scratch) {
        let n_layers = self.counters.stages.len() + 1;
        let n_places = self.n_states * self.n_slices * self.inner;
        let mut values = std::mem::take(&mut scratch.values);
        if values.len() < 2 * n_places {
            values.resize(2 * n_places, NEVER);
        }
        let (mut before, mut after) = values.split_at_mut(n_places);
        scratch.reach.clear();
        scratch.reach.resize(n_layers * self.n_states * self.n_slices, NOTHING);
        scratch.kept.clear();
        scratch.starts.clear();
        scratch.starts.resize(n_layers * self.n_states * self.n_slices, 0);
        scratch.alive.iter_mut().for_each(Vec::clear);
        scratch.alive.resize(n_layers.max(scratch.alive.len()), Vec::new());
        before[0] = self.counters.constant;
        scratch.reach[0] = (0, 1);
        scratch.alive[0].push(0);
        self.keep(0, before, scratch);
        for (at, stage) in self.counters.stages.iter().enumerate() {
            match *stage {
                Stage::Day(day) => self.work((at, day), before, after, scratch),
                Stage::Reset(dim, stretch) => self.reset(at, (dim, stretch), (before, after), scratch),
            }
            self.keep(at + 1, after, scratch);
            (before, after) = (after, before);
        }
        scratch.values = values;
    }

    /// Keeps what is reached before a stage, for the way back.
    fn keep(&self, at: usize, values: &[i32], scratch: &mut Scratch) {
        let Scratch { reach, kept, starts, alive, .. } = scratch;
        let layer = self.n_states * self.n_slices;
        for state in &alive[at] {
            for slice in *state as usize * self.n_slices..(*state as usize + 1) * self.n_slices {
                let (low, high) = reach[at * layer + slice];
                if low < high {
                    starts[at * layer + slice] = u32::try_from(kept.len()).unwrap_or(u32::MAX);
                    let from = slice * self.inner;
                    kept.extend_from_slice(&values[from + usize::from(low)..from + usize::from(high)]);
                }
            }
        }
    }

    /// A day: every state and slice goes on with every duty.
    fn work(&self, (at, day): (usize, usize), before: &[i32], after: &mut [i32], scratch: &mut Scratch) {
        let (n_slices, inner) = (self.n_slices, self.inner);
        let layer = self.n_states * n_slices;
        let Scratch { reach, alive, duties, .. } = scratch;
        let (reach_before, reach_after) = reach[at * layer..(at + 2) * layer].split_at_mut(layer);
        let (alive_before, alive_after) = alive[at..at + 2].split_at_mut(1);
        let duties = &duties[day * self.n_classes..(day + 1) * self.n_classes];
        for &state in &alive_before[0] {
            let state = state as usize;
            let from = &before[state * n_slices * inner..(state + 1) * n_slices * inner];
            let spans = &reach_before[state * n_slices..(state + 1) * n_slices];
            for step in self.automaton.steps(day, state) {
                let (price, _) = duties[usize::from(step.class)];
                if price >= NEVER {
                    continue;
                }
                let to = step.to as usize;
                let ahead = self.counters.ahead(at + 1, self.n_states, to);
                let into = &mut after[to * n_slices * inner..(to + 1) * n_slices * inner];
                let reached = &mut reach_after[to * n_slices..(to + 1) * n_slices];
                let mut is_reached = false;
                for segment in self.counters.segments(day, step.class, step.counts) {
                    let slice = segment.to as usize;
                    let shift = segment.shift as usize;
                    let Some((low, high)) = moved(spans[segment.from as usize], shift, inner, ahead, slice)
                    else {
                        continue;
                    };
                    let cost = cost_of(price, step, segment);
                    if cost >= NEVER {
                        continue;
                    }
                    let source = &from[segment.from as usize * inner..][low - shift..high - shift];
                    let target = &mut into[slice * inner..(slice + 1) * inner];
                    lower(target, &mut reached[slice], low, source, cost);
                    is_reached = true;
                }
                if is_reached && alive_after[0].last() != Some(&step.to) {
                    alive_after[0].push(step.to);
                }
            }
        }
        alive_after[0].sort_unstable();
        alive_after[0].dedup();
    }

    /// A counter is charged and begins anew.
    fn reset(
        &self,
        at: usize,
        (dim, stretch): (usize, usize),
        (before, after): (&[i32], &mut [i32]),
        scratch: &mut Scratch,
    ) {
        let (n_slices, inner) = (self.n_slices, self.inner);
        let layer = self.n_states * n_slices;
        let Scratch { reach, alive, .. } = scratch;
        let (reach_before, reach_after) = reach[at * layer..(at + 2) * layer].split_at_mut(layer);
        let (alive_before, alive_after) = alive[at..at + 2].split_at_mut(1);
        let (ends, apart) = self.counters.reset(dim, stretch);
        for &state in &alive_before[0] {
            let mut is_reached = false;
            let ahead = self.counters.ahead(at + 1, self.n_states, state as usize);
            for slice in 0..n_slices {
                let from = state as usize * n_slices + slice;
                let (low, high) = reach_before[from];
                if low >= high {
                    continue;
                }
                let source = &before[from * inner + usize::from(low)..from * inner + usize::from(high)];
                if dim == 0 {
                    let costs = &ends[usize::from(low)..usize::from(high)];
                    let sums = source.iter().zip(costs).map(|(value, cost)| value.saturating_add(*cost));
                    let best = sums.min().unwrap_or(NEVER);
                    if best < NEVER {
                        after[from * inner] = best;
                        reach_after[from] = (0, 1);
                        is_reached = true;
                    }
                    continue;
                }
                let value = slice / apart % ends.len();
                let to = slice - value * apart;
                let span = moved((low, high), 0, inner, ahead, to);
                if let Some((low, high)) = span.filter(|_| ends[value] < NEVER) {
                    let to = state as usize * n_slices + to;
                    let first = usize::from(reach_before[from].0);
                    let source = &source[low - first..high - first];
                    let target = &mut after[to * inner..(to + 1) * inner];
                    lower(target, &mut reach_after[to], low, source, ends[value]);
                    is_reached = true;
                }
            }
            if is_reached {
                alive_after[0].push(state);
            }
        }
    }

    /// The cheapest end: its value, state and place.
    fn finish(&self, scratch: &Scratch) -> Option<(i32, usize, usize)> {
        let last = self.counters.stages.len();
        let mut best = (NEVER / 2, 0, 0);
        for &state in &scratch.alive[last] {
            let state = state as usize;
            for slice in 0..self.n_slices {
                let (low, high) = scratch.reach[(last * self.n_states + state) * self.n_slices + slice];
                for place in usize::from(low)..usize::from(high) {
                    let place = slice * self.inner + place;
                    let value = self.value(scratch, last, state, place);
                    let value = value.map_or(NEVER, |value| value.saturating_add(self.automaton.ends[state]));
                    if value < best.0 {
                        best = (value, state, place);
                    }
                }
            }
        }
        (best.0 < NEVER / 2).then_some(best)
    }

    /// The value of a place, if it is reached.
    #[inline]
    fn value(&self, scratch: &Scratch, layer: usize, state: usize, place: usize) -> Option<i32> {
        let slice = (layer * self.n_states + state) * self.n_slices + place / self.inner;
        let (low, high) = scratch.reach[slice];
        let (low, place) = (usize::from(low), place % self.inner);
        let is_reached = (low..usize::from(high)).contains(&place);
        is_reached.then(|| scratch.kept[scratch.starts[slice] as usize + place - low])
    }

    /// Walks back along the values.
    fn trace(&self, n_days: usize, scratch: &Scratch, mut state: usize, mut place: usize) -> Vec<Cell> {
        let mut row = vec![Cell::OFF; n_days];
        for (at, stage) in self.counters.stages.iter().enumerate().rev() {
            let Some(value) = self.value(scratch, at + 1, state, place) else { break };
            match *stage {
                Stage::Day(day) => {
                    let mut froms = scratch.alive[at].iter().map(|from| *from as usize);
                    let found =
                        froms.find_map(|from| self.back(scratch, (at, day), from, (state, place, value)));
                    let Some((from, at, cell)) = found else { break };
                    (state, place) = (from, at);
                    row[day] = cell;
                }
                Stage::Reset(dim, stretch) => {
                    let (ends, apart) = self.counters.reset(dim, stretch);
                    let apart = if dim == 0 { 1 } else { apart * self.inner };
                    let is_from = |(number, end): &(usize, &i32)| {
                        let before = self.value(scratch, at, state, place + number * apart);
                        **end < NEVER && before.is_some_and(|before| before.saturating_add(**end) == value)
                    };
                    let Some((number, _)) = ends.iter().enumerate().find(is_from) else { break };
                    place += number * apart;
                }
            }
        }
        row
    }

    /// The place in a state of the day before that a value comes from, if any, and the cell between.
    fn back(
        &self,
        scratch: &Scratch,
        (at, day): (usize, usize),
        from: usize,
        (state, place, value): (usize, usize, i32),
    ) -> Option<(usize, usize, Cell)> {
        let steps = self.automaton.steps(day, from).iter().filter(|step| step.to as usize == state);
        let (slice, inside) = (place / self.inner, place % self.inner);
        steps.into_iter().find_map(|step| {
            let (price, cell) = scratch.duties[day * self.n_classes + usize::from(step.class)];
            let segments = self.counters.segments(day, step.class, step.counts).iter();
            let fits = |segment: &&Segment| segment.to as usize == slice && segment.shift as usize <= inside;
            segments.filter(fits).find_map(|segment| {
                let before = segment.from as usize * self.inner + inside - segment.shift as usize;
                let cost = cost_of(price, step, segment);
                let sum = self.value(scratch, at, from, before)?.saturating_add(cost);
                (cost < NEVER && sum == value && sum < NEVER).then_some((from, before, cell))
            })
        })
    }
}

/// Where a span comes to lie, as far as it can end well.
#[inline]
fn moved(
    (low, high): Span,
    shift: usize,
    inner: usize,
    ahead: Option<&[Span]>,
    slice: usize,
) -> Option<(usize, usize)> {
    let (mut low, mut high) = (usize::from(low) + shift, (usize::from(high) + shift).min(inner));
    if let Some((least, most)) = ahead.and_then(|ahead| ahead.get(slice)) {
        low = low.max(usize::from(*least));
        high = high.min(usize::from(*most));
    }
    (low < high).then_some((low, high))
}

/// Lowers the values from a place on to those of a source, at a cost each, and widens what is reached.
#[inline]
fn lower(target: &mut [i32], reached: &mut Span, low: usize, source: &[i32], cost: i32) {
    let high = low + source.len();
    let small = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let (first, end) = (usize::from(reached.0), usize::from(reached.1));
    if first >= end {
        for (value, from) in target[low..high].iter_mut().zip(source) {
            *value = from.saturating_add(cost);
        }
        *reached = (small(low), small(high));
        return;
    }
    if low < first {
        target[low..first].fill(NEVER);
    }
    if high > end {
        target[end..high].fill(NEVER);
    }
    for (value, from) in target[low..high].iter_mut().zip(source) {
        *value = (*value).min(from.saturating_add(cost));
    }
    widen(reached, (small(low), small(high)));
}

/// What a day costs; [`NEVER`] and more where it cannot be. The way there and the way back add up alike.
#[inline]
fn cost_of(price: i32, step: &Step, segment: &Segment) -> i32 {
    price.saturating_add(step.cost).saturating_add(segment.cost)
}
