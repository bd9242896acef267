//! Counters: how much was worked of what, in one dense table.
//!
//! The table has a place for each combination of values. One counter that every duty moves evenly is
//! the innermost: its values lie side by side in a *slice*, and a duty moves whole slices. A counter
//! whose stretch of days ends is charged and falls back to its first value.
#![expect(clippy::indexing_slicing, reason = "counters, slices and classes are numbered here")]

use super::NEVER;
use super::automaton::Automaton;
use super::dim::Dim;
use std::collections::BTreeMap;

/// The most slices that are looked ahead for.
const AHEAD_MAX: usize = 1 << 19;
/// The most counters of weekends.
pub(super) const WEEKENDS_MAX: u32 = 5;

/// Where a slice goes when a duty is worked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub(crate) from: u32,
    pub(crate) to: u32,
    /// By how much the values inside move.
    pub(crate) shift: u32,
    /// What it costs beyond a counter's end, scaled.
    pub(crate) cost: i32,
}

/// What happens from one table to the next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stage {
    /// A day is worked.
    Day(usize),
    /// A counter is charged and begins anew: the counter, and which of its stretches ends.
    Reset(usize, usize),
}

/// Some values of a slice, from the first up to one past the last.
pub(crate) type Span = (u16, u16);

pub(crate) const NOTHING: Span = (u16::MAX, 0);

/// All counters of a person.
#[derive(Clone, Debug)]
pub(crate) struct Counters {
    /// The innermost first.
    dims: Vec<Dim>,
    /// How many values lie side by side, and how often.
    pub(crate) inner: usize,
    pub(crate) n_slices: usize,
    pub(crate) stages: Vec<Stage>,
    /// What is charged in any case, scaled.
    pub(crate) constant: i32,
    kind_of_day: Vec<usize>,
    n_bits: u32,
    /// The segments of each kind of day, of each class with each set of weekends.
    segments: Vec<Vec<Box<[Segment]>>>,
    /// Before each stage and in the end, for each state and slice: what can still come to a legal end.
    ahead: Vec<Span>,
}

impl Counters {
    /// Of these counters; the innermost is the first.
    pub(crate) fn new(dims: Vec<Dim>, n_bits: u32, n_days: usize, n_classes: usize) -> Counters {
        let inner = dims.first().map_or(1, Dim::n);
        let mut kinds: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        let mut days = Vec::new();
        let kind = |day: usize| {
            let of_day: Vec<usize> = dims.iter().map(|dim| dim.kind_of_day[day]).collect();
            *kinds.entry(of_day.clone()).or_insert_with(|| {
                days.push(of_day);
                days.len() - 1
            })
        };
        let kind_of_day = (0..n_days).map(kind).collect();
        let mut counters = Counters {
            inner,
            n_slices: dims.iter().skip(1).map(Dim::n).product(),
            stages: stages(&dims, n_days),
            constant: dims.iter().fold(0, |sum, dim| dim.constant.saturating_add(sum).min(NEVER)),
            dims,
            kind_of_day,
            n_bits,
            segments: Vec::new(),
            ahead: Vec::new(),
        };
        let all = || (0..n_classes).flat_map(|class| (0..1_u32 << n_bits).map(move |bits| (class, bits)));
        let of_kind = |kinds: &Vec<usize>| {
            all().map(|(class, bits)| counters.moved(kinds, class, bits)).collect::<Vec<_>>()
        };
        counters.segments = days.iter().map(of_kind).collect();
        counters
    }

    /// The segments of a class with a set of weekends.
    #[inline]
    pub(crate) fn segments(&self, day: usize, class: u16, counts: u32) -> &[Segment] {
        let at = (usize::from(class) << self.n_bits) + counts as usize;
        &self.segments[self.kind_of_day[day]][at]
    }

    /// What can still come to a legal end, before a stage, in each slice of a state.
    #[inline]
    pub(crate) fn ahead(&self, stage: usize, n_states: usize, state: usize) -> Option<&[Span]> {
        let from = (stage * n_states + state) * self.n_slices;
        self.ahead.get(from..from + self.n_slices)
    }

    /// What the values of a counter cost when a stretch ends, and how far they lie apart: in places of a
    /// slice for the innermost, in slices for the others.
    pub(crate) fn reset(&self, dim: usize, stretch: usize) -> (&[i32], usize) {
        let apart = self.dims.iter().take(dim).skip(1).map(Dim::n).product();
        (&self.dims[dim].ends[stretch], apart)
    }

    /// Works out which places can still come to a legal end, from the last day backward.
    pub(crate) fn look_ahead(&mut self, automaton: &Automaton) {
        let (n_states, n_slices) = (automaton.n_states(), self.n_slices);
        let layer = n_states * n_slices;
        if (self.stages.len() + 1) * layer > AHEAD_MAX || self.inner >= usize::from(u16::MAX) {
            return;
        }
        let mut ahead = vec![NOTHING; (self.stages.len() + 1) * layer];
        let all = (0, u16::try_from(self.inner).unwrap_or(u16::MAX));
        for (state, end) in automaton.ends.iter().enumerate() {
            if *end < NEVER {
                let from = self.stages.len() * layer + state * n_slices;
                ahead[from..from + n_slices].fill(all);
            }
        }
        for (at, stage) in self.stages.iter().enumerate().rev() {
            let (before, after) = ahead[at * layer..(at + 2) * layer].split_at_mut(layer);
            match *stage {
                Stage::Day(day) => self.ahead_of_day(automaton, day, before, after),
                Stage::Reset(dim, stretch) => self.ahead_of_reset((dim, stretch), before, after),
            }
        }
        self.ahead = ahead;
    }

    fn ahead_of_day(&self, automaton: &Automaton, day: usize, before: &mut [Span], after: &[Span]) {
        for (state, slices) in before.chunks_exact_mut(self.n_slices).enumerate() {
            for step in automaton.steps(day, state) {
                let after = &after[step.to as usize * self.n_slices..][..self.n_slices];
                for segment in self.segments(day, step.class, step.counts) {
                    let (low, high) = after[segment.to as usize];
                    let shift = u16::try_from(segment.shift).unwrap_or(u16::MAX);
                    if low < high && high > shift {
                        widen(&mut slices[segment.from as usize], (low.saturating_sub(shift), high - shift));
                    }
                }
            }
        }
    }

    fn ahead_of_reset(&self, (dim, stretch): (usize, usize), before: &mut [Span], after: &[Span]) {
        let (ends, apart) = self.reset(dim, stretch);
        if dim == 0 {
            let first = ends.iter().position(|end| *end < NEVER).unwrap_or(usize::MAX);
            let last = ends.iter().rposition(|end| *end < NEVER).map_or(0, |last| last + 1);
            let small = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
            for (before, after) in before.iter_mut().zip(after) {
                if after.0 == 0 && after.1 > 0 {
                    *before = (small(first), small(last));
                }
            }
            return;
        }
        for (at, before) in before.iter_mut().enumerate() {
            let value = at / apart % ends.len();
            if ends[value] < NEVER {
                *before = after[at - value * apart];
            }
        }
    }

    /// How the table moves when a class is worked and these weekends count.
    fn moved(&self, kinds: &[usize], class: usize, bits: u32) -> Box<[Segment]> {
        let mut dims = self.dims.iter().zip(kinds);
        let shift = match dims.next() {
            Some((inner, kind)) => inner.hop(*kind, class, bits, 0).map(|(to, _)| to),
            None => Some(0),
        };
        let Some(shift) = shift.filter(|shift| *shift < self.inner) else { return Box::new([]) };
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let segment = |from: usize| {
            let (mut rest, mut to, mut stride, mut cost) = (from, 0, 1, 0_i32);
            for (dim, kind) in dims.clone() {
                let (value, more) = dim.hop(*kind, class, bits, rest % dim.n())?;
                rest /= dim.n();
                to += value * stride;
                stride *= dim.n();
                cost = cost.saturating_add(more).min(NEVER);
            }
            Some(Segment { from: small(from), to: small(to), shift: small(shift), cost })
        };
        (0..self.n_slices).filter_map(segment).collect()
    }
}

/// Makes a span reach as far as another.
#[inline]
pub(crate) fn widen(span: &mut Span, other: Span) {
    *span = (span.0.min(other.0), span.1.max(other.1));
}

/// Days, and after each the counters whose stretch ends with it.
fn stages(dims: &[Dim], n_days: usize) -> Vec<Stage> {
    let mut stages = Vec::new();
    for day in 0..n_days {
        stages.push(Stage::Day(day));
        for (idx, dim) in dims.iter().enumerate() {
            let over = dim.untils.iter().enumerate().filter(|(_, until)| **until == day + 1);
            stages.extend(over.map(|(stretch, _)| Stage::Reset(idx, stretch)));
        }
    }
    stages
}
