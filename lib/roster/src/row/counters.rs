//! Counters: how much was worked of what, in one dense table.
#![expect(clippy::indexing_slicing, reason = "dimensions and classes are numbered here")]

use super::automaton::{Automaton, weekends, whole_stretch};
use super::classes::Classes;
use super::{NEVER, scaled};
use crate::evaluate::{CountPlan, Limits, PersonPlan};
use crate::score::Cost;
use std::collections::HashMap;

/// The most slices that are looked ahead for.
const AHEAD_MAX: usize = 1 << 20;
/// The most counters of weekends.
const WEEKENDS_MAX: u32 = 5;

/// A slice of the table that moves as a whole when a duty is worked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) length: usize,
    /// What it costs beyond a counter's end, scaled.
    pub(crate) cost: i32,
}

/// All counters of a person.
#[derive(Clone, Debug)]
pub(crate) struct Counters {
    dims: Vec<Dim>,
    n_places: usize,
    /// What the counters cost in the end, scaled.
    pub(crate) ends: Vec<i32>,
    /// The segments of each class and set of weekends.
    pub(crate) segments: HashMap<(u16, u32), Box<[Segment]>>,
    /// For each day, state and slice of the table: the places that can still come to a legal end.
    pub(crate) ahead: Vec<(usize, usize)>,
    is_whole: bool,
    is_cut: bool,
}

/// One counter.
#[derive(Clone, Debug)]
struct Dim {
    /// What each class counts.
    adds: Vec<usize>,
    /// Its bit among the weekends, when it counts weekends.
    weekend: Option<u32>,
    /// What each value costs in the end, scaled.
    ends: Vec<i32>,
    /// What each unit costs beyond the last value; `None`: there is no beyond.
    beyond: Option<i32>,
}

impl Counters {
    pub(crate) fn new(
        plan: &PersonPlan,
        classes: &Classes,
        n_days: usize,
        room: usize,
        is_loose: bool,
    ) -> Counters {
        let mut is_whole = true;
        let mut dims = Vec::new();
        let mut n_weekends = 0;
        for count in plan.counts() {
            match dim(count, classes, n_days, &mut n_weekends) {
                Some(dim) if dim.ends.iter().all(|cost| *cost == 0) && dim.beyond == Some(0) => {}
                Some(dim) => dims.push(dim),
                None => is_whole = false,
            }
        }
        // A limit that most rows keep by themselves.
        dims.retain(|dim| !(is_loose && dim.is_most_only() && dim.ends.len() * 4 > n_days));
        debug_assert_eq!(n_weekends as usize, weekends(plan).len());
        dims.sort_by_key(|dim| std::cmp::Reverse(dim.ends.len()));
        // The first is the innermost; it keeps every value. The others are cut where costs grow evenly.
        dims.iter_mut().skip(1).for_each(Dim::cut);
        while dims.iter().map(|dim| dim.ends.len()).product::<usize>() > room {
            dims.pop();
            is_whole = false;
        }
        let n_places = dims.iter().map(|dim| dim.ends.len()).product();
        let mut counters = Counters {
            ends: Vec::new(),
            dims,
            n_places,
            segments: HashMap::new(),
            ahead: Vec::new(),
            is_whole,
            is_cut: n_weekends > WEEKENDS_MAX,
        };
        counters.ends = (0..n_places).map(|place| counters.end(place)).collect();
        for class in 0..classes.n() {
            for bits in 0..1_u32 << n_weekends.min(WEEKENDS_MAX) {
                let segments = counters.moved(class, bits);
                counters.segments.insert((u16::try_from(class).unwrap_or(0), bits), segments);
            }
        }
        counters
    }

    pub(crate) fn n_places(&self) -> usize {
        self.n_places
    }

    /// Whether rows are left out that may be best.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Whether a row of classes stays inside the limits of duties.
    pub(crate) fn holds(&self, row: impl Iterator<Item = usize> + Clone) -> bool {
        let limited = self.dims.iter().filter(|dim| dim.weekend.is_none() && dim.beyond.is_none());
        limited
            .map(|dim| (dim, row.clone().map(|class| dim.adds[class]).sum::<usize>()))
            .all(|(dim, sum)| sum < dim.ends.len())
    }

    /// Works out which places can still come to a legal end, from the last day backward.
    pub(crate) fn look_ahead(&mut self, automaton: &Automaton, n_days: usize) {
        let inner = self.inner();
        let n_states = automaton.n_states();
        let n_slices = self.n_places / inner;
        if (n_days + 1) * n_states * n_slices > AHEAD_MAX {
            return;
        }
        let mut ahead = vec![(usize::MAX, 0); (n_days + 1) * n_states * n_slices];
        for state in (0..n_states).filter(|state| automaton.ends[*state] < NEVER) {
            for place in (0..self.n_places).filter(|place| self.ends[*place] < NEVER) {
                let slice = &mut ahead[(n_days * n_states + state) * n_slices + place / inner];
                *slice = (slice.0.min(place % inner), slice.1.max(place % inner + 1));
            }
        }
        for day in (0..n_days).rev() {
            let (before, after) = ahead.split_at_mut((day + 1) * n_states * n_slices);
            for state in 0..n_states {
                for step in automaton.steps(day, state) {
                    for segment in self.segments.get(&(step.class, step.weekends)).into_iter().flatten() {
                        let (low, high) = after[step.to as usize * n_slices + segment.to / inner];
                        let shift = segment.to % inner;
                        if high <= shift || low >= high {
                            continue;
                        }
                        let slice = &mut before[(day * n_states + state) * n_slices + segment.from / inner];
                        *slice = (slice.0.min(low.saturating_sub(shift)), slice.1.max(high - shift));
                    }
                }
            }
        }
        self.ahead = ahead;
    }

    /// How many places lie side by side.
    pub(crate) fn inner(&self) -> usize {
        self.dims.first().map_or(1, |dim| dim.ends.len())
    }

    fn end(&self, mut place: usize) -> i32 {
        let mut sum = 0_i64;
        for dim in &self.dims {
            sum += i64::from(dim.ends[place % dim.ends.len()]);
            place /= dim.ends.len();
        }
        i32::try_from(sum).unwrap_or(NEVER).min(NEVER)
    }

    /// How the table moves when a class is worked and these weekends count up.
    fn moved(&self, class: usize, bits: u32) -> Box<[Segment]> {
        let add = |dim: &Dim| match dim.weekend {
            Some(bit) => usize::from(bits >> bit & 1 == 1),
            None => dim.adds[class],
        };
        let Some((inner, outer)) = self.dims.split_first() else {
            return Box::new([Segment { from: 0, to: 0, length: 1, cost: 0 }]);
        };
        let shift = add(inner);
        let Some(length) = inner.ends.len().checked_sub(shift).filter(|length| *length > 0) else {
            return Box::new([]);
        };
        let n_outer = self.n_places / inner.ends.len();
        let segment = |number: usize| {
            let (mut rest, mut to, mut stride, mut cost) = (number, 0, 1, 0);
            for dim in outer {
                let at = rest % dim.ends.len() + add(dim);
                rest /= dim.ends.len();
                let over = (at + 1).saturating_sub(dim.ends.len());
                if over > 0 {
                    cost += dim.beyond? * i32::try_from(over).ok()?;
                }
                to += (at - over) * stride;
                stride *= dim.ends.len();
            }
            let (from, to) = (number * inner.ends.len(), to * inner.ends.len() + shift);
            Some(Segment { from, to, length, cost })
        };
        (0..n_outer).filter_map(segment).collect()
    }
}

impl Dim {
    /// Whether it is a hard limit upward and nothing else.
    fn is_most_only(&self) -> bool {
        self.weekend.is_none() && self.beyond.is_none() && self.ends.iter().all(|cost| *cost == 0)
    }

    /// Cuts the values off from where each further unit costs the same.
    fn cut(&mut self) {
        let n = self.ends.len();
        if self.beyond.is_none() || n < 2 || self.ends.contains(&NEVER) && self.ends[n - 1] == NEVER {
            return;
        }
        let slope = self.ends[n - 1] - self.ends[n - 2];
        let mut last = n - 1;
        while last > 0 && self.ends[last - 1] < NEVER && self.ends[last] - self.ends[last - 1] == slope {
            last -= 1;
        }
        self.ends.truncate(last + 1);
        self.beyond = Some(slope);
    }
}

/// The counter of a count over the horizon; `None` for other counts.
fn dim(count: &CountPlan, classes: &Classes, n_days: usize, n_weekends: &mut u32) -> Option<Dim> {
    match count {
        CountPlan::Tally { limits, worth, before, given } => {
            let worth_of = |class: usize| {
                let code = classes.some(class).0;
                let found = worth.iter().find(|(of, _)| *of == code);
                usize::try_from(found.map_or(0, |(_, worth)| *worth)).ok()
            };
            let worths: Option<Vec<usize>> = (0..classes.n()).map(worth_of).collect();
            let worths = worths?;
            let unit = worths.iter().fold(0, |a, b| gcd(a, *b)).max(1);
            let most = worths.iter().max().copied().unwrap_or(0) / unit * n_days;
            let adds = worths.iter().map(|worth| worth / unit).collect();
            Some(Dim::of(limits, (*before, *given), (unit, most), adds, None))
        }
        CountPlan::Weekends { limits, weekends } => {
            let stretch = whole_stretch(weekends)?;
            let bit = *n_weekends;
            *n_weekends += 1;
            let most = weekends.weekends.len();
            let limits = &Limits { min: if stretch.is_done { limits.min } else { i64::MIN / 4 }, ..*limits };
            Some(Dim::of(limits, (stretch.before, 0), (1, most), vec![0; classes.n()], Some(bit)))
        }
        CountPlan::Windows { .. } | CountPlan::Rolling { .. } => None,
    }
}

impl Dim {
    fn of(
        limits: &Limits,
        (before, given): (i64, i64),
        (unit, most): (usize, usize),
        adds: Vec<usize>,
        weekend: Option<u32>,
    ) -> Dim {
        let end = |n: usize| {
            let amount = before + given + i64::try_from(n * unit).unwrap_or(i64::MAX / 4);
            let cost = if amount > limits.max {
                limits.weigh.cost(amount - limits.max) - limits.weigh.cost(before - limits.max)
            } else if amount < limits.min {
                limits.weigh.cost(limits.min - amount)
            } else {
                Cost::ZERO
            };
            scaled(cost.hard, cost.soft)
        };
        let mut ends: Vec<i32> = (0..=most).map(end).collect();
        let mut beyond = Some(0);
        while ends.len() > 1 && ends.last() == Some(&NEVER) {
            ends.pop();
            beyond = None;
        }
        Dim { adds, weekend, ends, beyond }
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
