//! A good row that keeps rolling limits the program has no room for.
//!
//! The same walk over states and places once more, but every place remembers the whole row that led to
//! it, and a day that breaks a limit of that row is refused. What is dropped may have been needed, so the
//! row need not be the best.
#![expect(clippy::indexing_slicing, reason = "days, states and places are numbered by the plan")]

use super::counters::Stage;
use super::left_out::Further;
use super::walk::Scratch;
use super::{Level, NEVER, RowPlan};
use crate::evaluate::CountPlan;
use crate::problem::Cell;
use std::collections::BTreeMap;

/// The most rows that are kept on a day, the cheapest.
const LABELS_MAX: usize = 1_500;

/// A row up to a day.
#[derive(Clone)]
struct Label {
    value: i32,
    row: Vec<Cell>,
}

type Labels = BTreeMap<(u32, u32), Label>;

impl RowPlan {
    /// A cheap row that keeps the rolling limits left out by a level, if one is found.
    pub(super) fn kept(&self, level: &Level, scratch: &Scratch) -> Option<Vec<Cell>> {
        let is_rolling = |further: &&Further| matches!(further, Further::Count(CountPlan::Rolling { .. }));
        let rolling: Vec<&Further> = level.left_out.iter().filter(is_rolling).collect();
        if rolling.is_empty() {
            return None;
        }
        let first = Label { value: level.counters.constant, row: Vec::new() };
        let mut labels = Labels::from([((0, 0), first)]);
        for (at, stage) in level.counters.stages.iter().enumerate() {
            labels = match *stage {
                Stage::Day(day) => self.label_day(level, (at, day), &labels, &rolling, scratch),
                Stage::Reset(dim, stretch) => label_reset(level, (dim, stretch), labels),
            };
            thin(&mut labels);
        }
        let whole = |((state, _), label): ((u32, u32), Label)| {
            let value = label.value.saturating_add(level.automaton.ends[state as usize]);
            (value < NEVER / 2).then_some((value, label.row))
        };
        let best = labels.into_iter().filter_map(whole).min_by_key(|(value, _)| *value);
        best.map(|(_, row)| row)
    }

    fn label_day(
        &self,
        level: &Level,
        (at, day): (usize, usize),
        labels: &Labels,
        rolling: &[&Further],
        scratch: &Scratch,
    ) -> Labels {
        let (counters, automaton) = (&level.counters, &level.automaton);
        let inner = counters.inner;
        let mut next = Labels::new();
        for (&(state, place), label) in labels {
            for step in automaton.steps(day, state as usize) {
                let (price, cell) = scratch.duties[day * self.classes.n() + usize::from(step.class)];
                let (slice, inside) = (place as usize / inner, place as usize % inner);
                let segments = counters.segments(day, step.class, step.counts).iter();
                let Some(segment) = segments.copied().find(|segment| segment.from as usize == slice) else {
                    continue;
                };
                let inside = inside + segment.shift as usize;
                let cost = price.saturating_add(step.cost).saturating_add(segment.cost);
                let ahead = counters.ahead(at + 1, automaton.n_states(), step.to as usize);
                let span = ahead.map_or((0, u16::MAX), |ahead| ahead[segment.to as usize]);
                let fits = inside < inner && (usize::from(span.0)..usize::from(span.1)).contains(&inside);
                let value = label.value.saturating_add(cost);
                if cost >= NEVER || !fits || !rolling.iter().all(|rule| holds(rule, &label.row, cell)) {
                    continue;
                }
                let place = u32::try_from(segment.to as usize * inner + inside).unwrap_or(u32::MAX);
                let known = next.get(&(step.to, place));
                if known.is_none_or(|known: &Label| value < known.value) {
                    let row = label.row.iter().copied().chain([cell]).collect();
                    next.insert((step.to, place), Label { value, row });
                }
            }
        }
        next
    }
}

fn label_reset(level: &Level, (dim, stretch): (usize, usize), labels: Labels) -> Labels {
    let (ends, apart) = level.counters.reset(dim, stretch);
    let apart = if dim == 0 { 1 } else { apart * level.counters.inner };
    let mut next = Labels::new();
    for ((state, place), label) in labels {
        let number = place as usize / apart % ends.len();
        if ends[number] >= NEVER {
            continue;
        }
        let place = place - u32::try_from(number * apart).unwrap_or(0);
        let value = label.value.saturating_add(ends[number]);
        if next.get(&(state, place)).is_none_or(|known: &Label| value < known.value) {
            next.insert((state, place), Label { value, ..label });
        }
    }
    next
}

/// Keeps the cheapest.
fn thin(labels: &mut Labels) {
    if labels.len() > LABELS_MAX {
        let mut values: Vec<i32> = labels.values().map(|label| label.value).collect();
        let (_, most, _) = values.select_nth_unstable(LABELS_MAX);
        let most = *most;
        labels.retain(|_, label| label.value < most);
    }
}

/// Whether the window that ends with a cell after a row breaks no limit that must hold.
fn holds(rule: &Further, row: &[Cell], cell: Cell) -> bool {
    let Further::Count(CountPlan::Rolling { limits, values, n_days, past, credits, n_known }) = rule else {
        return true;
    };
    let day = row.len();
    let from = (day + 1).saturating_sub(*n_days);
    let worked = |day: usize| values.at(day, row[day]) + credits[day];
    let inside: i64 = (from..day).map(worked).sum::<i64>() + values.at(day, cell) + credits[day];
    let n_past = n_days.saturating_sub(day + 1);
    let before: i64 = past.iter().rev().take(n_past).sum();
    let sum = inside + before;
    let is_done = n_past <= usize::try_from(*n_known).unwrap_or(0);
    let missing = if sum > limits.max {
        sum - limits.max
    } else if is_done {
        limits.min - sum
    } else {
        0
    };
    missing <= 0 || limits.weigh.cost(missing).hard == 0
}
