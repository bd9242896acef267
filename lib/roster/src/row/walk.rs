//! The dynamic program itself.
#![expect(clippy::indexing_slicing, reason = "days, states and places are numbered by the plan")]

use super::automaton::Step;
use super::counters::{Counters, Segment};
use super::{NEVER, RowPlan};
use crate::problem::Cell;

/// The cheapest row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Best {
    /// What it costs with prices, scaled; rules that are not modeled left out.
    pub(crate) value: i32,
    pub(crate) row: Vec<Cell>,
}

/// Room for the tables, used again and again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    values: Vec<i32>,
    /// For each day and state the places that may be reached, first and one past the last.
    reach: Vec<(usize, usize)>,
    /// The cheapest code of each class on each day and what it costs.
    duties: Vec<(i32, Cell)>,
}

impl RowPlan {
    /// The cheapest row under prices, scaled, for each day and code; [`NEVER`] bars a cell.
    /// `None` when there is no legal row.
    pub(crate) fn best(&self, scratch: &mut Scratch, prices: &[i32]) -> Option<Best> {
        self.price(scratch, prices);
        let mut found = None;
        for (level, counters) in self.counters.iter().enumerate() {
            self.forward(counters, scratch);
            let (value, state, place) = self.finish(counters, scratch)?;
            let row = self.trace(counters, scratch, state, place);
            let is_last = level + 1 == self.counters.len();
            let classes = row.iter().filter_map(|cell| self.classes.of_code[cell.code()]);
            let is_inside = is_last || self.counters.last().is_some_and(|all| all.holds(classes));
            found = Some(Best { value, row });
            if is_inside {
                break;
            }
        }
        found
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

    fn forward(&self, counters: &Counters, scratch: &mut Scratch) {
        let n_states = self.automaton.n_states();
        let n_places = counters.n_places();
        let layer = n_states * n_places;
        let n_classes = self.classes.n();
        let inner = counters.inner();
        let n_slices = n_places / inner;
        let Scratch { values, reach, duties } = scratch;
        values.clear();
        values.resize(layer * (self.n_days + 1), NEVER);
        reach.clear();
        reach.resize(n_states * (self.n_days + 1), (usize::MAX, 0));
        values[0] = 0;
        reach[0] = (0, 1);
        for day in 0..self.n_days {
            let (before, after) = values[day * layer..(day + 2) * layer].split_at_mut(layer);
            let (reach_before, reach_after) =
                reach[day * n_states..(day + 2) * n_states].split_at_mut(n_states);
            let duties = &duties[day * n_classes..(day + 1) * n_classes];
            for state in 0..n_states {
                let (first, end) = reach_before[state];
                if first >= end {
                    continue;
                }
                let from = &before[state * n_places..(state + 1) * n_places];
                for step in self.automaton.steps(day, state) {
                    let (price, _) = duties[usize::from(step.class)];
                    if price >= NEVER {
                        continue;
                    }
                    let to = step.to as usize;
                    let Some(segments) = counters.segments.get(&(step.class, step.weekends)) else {
                        continue;
                    };
                    for segment in segments {
                        let (mut low, mut high) =
                            (segment.from.max(first), (segment.from + segment.length).min(end));
                        // Only what can still end well.
                        let slice = ((day + 1) * n_states + to) * n_slices + segment.to / inner;
                        if let Some((least, most)) = counters.ahead.get(slice) {
                            let shift = segment.to % inner;
                            low = low.max(segment.from.saturating_add(least.saturating_sub(shift)));
                            high = high.min(segment.from.saturating_add(most.saturating_sub(shift)));
                        }
                        if low >= high {
                            continue;
                        }
                        let into = segment.to + low - segment.from;
                        let cost = cost_of(price, step, segment);
                        if cost >= NEVER {
                            continue;
                        }
                        let target = &mut after[to * n_places + into..][..high - low];
                        for (value, from) in target.iter_mut().zip(&from[low..high]) {
                            *value = (*value).min(from.saturating_add(cost));
                        }
                        let reached = &mut reach_after[to];
                        *reached = (reached.0.min(into), reached.1.max(into + high - low));
                    }
                }
            }
        }
    }

    /// The cheapest end: its value, state and place.
    fn finish(&self, counters: &Counters, scratch: &Scratch) -> Option<(i32, usize, usize)> {
        let n_places = counters.n_places();
        let layer = self.automaton.n_states() * n_places;
        let last = &scratch.values[self.n_days * layer..];
        let mut best = (NEVER / 2, 0, 0);
        for (state, (values, end)) in last.chunks_exact(n_places).zip(&self.automaton.ends).enumerate() {
            for (place, (value, more)) in values.iter().zip(&counters.ends).enumerate() {
                let value = value.saturating_add(*end).saturating_add(*more);
                if value < best.0 {
                    best = (value, state, place);
                }
            }
        }
        (best.0 < NEVER / 2).then_some(best)
    }

    /// Walks back along the values.
    fn trace(&self, counters: &Counters, scratch: &Scratch, mut state: usize, mut place: usize) -> Vec<Cell> {
        let n_states = self.automaton.n_states();
        let n_places = counters.n_places();
        let layer = n_states * n_places;
        let n_classes = self.classes.n();
        let mut row = vec![Cell::OFF; self.n_days];
        for day in (0..self.n_days).rev() {
            let value = scratch.values[(day + 1) * layer + state * n_places + place];
            let before = &scratch.values[day * layer..(day + 1) * layer];
            let reach = &scratch.reach[day * n_states..(day + 1) * n_states];
            let alive = (0..n_states).filter(|state| reach[*state].0 < reach[*state].1);
            let back =
                alive.flat_map(|from| self.automaton.steps(day, from).iter().map(move |step| (from, step)));
            let found = back.filter(|(_, step)| step.to as usize == state).find_map(|(from, step)| {
                let (price, cell) = scratch.duties[day * n_classes + usize::from(step.class)];
                let segments = counters.segments.get(&(step.class, step.weekends))?;
                let holds = |segment: &&Segment| (segment.to..segment.to + segment.length).contains(&place);
                segments.iter().filter(holds).find_map(|segment| {
                    let at = segment.from + place - segment.to;
                    let cost = cost_of(price, step, segment);
                    let sum = before[from * n_places + at].saturating_add(cost);
                    (cost < NEVER && sum == value && sum < NEVER).then_some((from, at, cell))
                })
            });
            let Some((from, at, cell)) = found else { break };
            (state, place) = (from, at);
            row[day] = cell;
        }
        row
    }
}

/// What a day costs; [`NEVER`] and more where it cannot be. The way there and the way back add up alike.
fn cost_of(price: i32, step: &Step, segment: &Segment) -> i32 {
    price.saturating_add(step.cost).saturating_add(segment.cost)
}
