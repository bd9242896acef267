//! One counter: the amounts it can come to, and what they cost when their stretch of days is over.
#![expect(clippy::indexing_slicing, reason = "amounts, windows and classes are numbered here")]

use super::classes::Classes;
use super::{NEVER, scaled};
use crate::evaluate::{CountPlan, Limits, OverWeekends, OvertimePlan, Values};
use crate::score::Cost;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The most amounts of a counter.
const AMOUNTS_MAX: usize = 1_000;
/// Even rows of so many amounts are not searched for gaps.
const GRID_MAX: usize = 100;

/// What is counted toward the end of a stretch of days.
#[derive(Clone, Debug)]
pub(super) struct Tallied {
    /// What each class adds on each day, one amount for each thing that is counted.
    worth: Worth,
    stretches: Vec<Until>,
}

#[derive(Clone, Debug)]
struct Worth {
    /// How many things are counted.
    n: usize,
    kind_of_day: Vec<usize>,
    /// For each kind of day and class.
    adds: Vec<Vec<Vec<i64>>>,
}

/// A stretch of days and what its amounts cost.
#[derive(Clone, Debug)]
struct Until {
    from: usize,
    until: usize,
    charges: Vec<Charging>,
}

/// What amounts cost; `at` is where they stand among all that are counted.
#[derive(Clone, Debug)]
enum Charging {
    Limits { at: usize, limits: Limits, before: i64, given: i64 },
    Overtime { at: usize, plan: OvertimePlan, window: usize },
}

/// For each value the one after, if any, and what is charged at once.
pub(super) type Hops = Vec<Option<(usize, i32)>>;

/// A counter.
#[derive(Clone, Debug)]
pub(super) struct Dim {
    /// Which kind each day is of.
    pub(super) kind_of_day: Vec<usize>,
    /// For each kind and class; a counter of weekends has "not counted" and "counted" for classes.
    pub(super) hops: Vec<Vec<Hops>>,
    /// Its bit among the weekends, when it counts weekends.
    pub(super) weekend: Option<u32>,
    /// The days after which it is charged and begins anew.
    pub(super) untils: Vec<usize>,
    /// For each of them, what each value costs, scaled.
    pub(super) ends: Vec<Vec<i32>>,
    /// What stretches without days cost.
    pub(super) constant: i32,
    /// How many days the longest stretch has.
    pub(super) longest: usize,
    /// Whether amounts are left out that must not be.
    is_barring: bool,
}

impl Charging {
    fn cost(&self, amounts: &[i64]) -> Cost {
        match self {
            Charging::Limits { at, limits, before, given } => {
                let Limits { min, max, weigh, .. } = *limits;
                let amount = before + given + amounts[*at];
                if amount > max {
                    weigh.cost(amount - max) - weigh.cost(before - max)
                } else if amount < min {
                    weigh.cost(min - amount)
                } else {
                    Cost::ZERO
                }
            }
            Charging::Overtime { at, plan, window } => {
                let window = &plan.windows[*window];
                let (total, daily) = (window.total, window.daily);
                let beyond = plan.beyond(total + amounts[*at] + amounts[at + 1], daily + amounts[at + 1]);
                plan.weigh.cost(beyond) - plan.weigh.cost(plan.beyond(total, daily))
            }
        }
    }

    /// Whether the amounts are too much already, whatever comes.
    fn is_broken(&self, amounts: &[i64]) -> bool {
        let is_over = match self {
            Charging::Limits { at, limits, before, given } => before + given + amounts[*at] > limits.max,
            Charging::Overtime { .. } => true,
        };
        is_over && self.cost(amounts).hard > 0
    }
}

impl Tallied {
    /// What a count says; `None` for rolling counts, weekends and what can be worth less than nothing.
    pub(super) fn of_count(count: &CountPlan, classes: &Classes, n_days: usize) -> Option<Tallied> {
        match count {
            CountPlan::Tally { limits, worth, before, given } => {
                let worth_of = |class: usize| {
                    let code = classes.some(class).0;
                    let found = worth.iter().find(|(of, _)| *of == code);
                    vec![found.map_or(0, |(_, worth)| i64::from(*worth))]
                };
                let adds: Vec<Vec<i64>> = (0..classes.n()).map(worth_of).collect();
                let charging = Charging::Limits { at: 0, limits: *limits, before: *before, given: *given };
                let worth = Worth { n: 1, kind_of_day: vec![0; n_days], adds: vec![adds] };
                let stretches = vec![Until { from: 0, until: n_days, charges: vec![charging] }];
                Tallied { worth, stretches }.checked()
            }
            CountPlan::Windows { limits, values, windows } => {
                let until = |window: &crate::evaluate::Window| {
                    let limits = only_most_unless(window.is_done, limits);
                    let (before, given) = (window.before, window.given);
                    let charges = vec![Charging::Limits { at: 0, limits, before, given }];
                    Until { from: window.from, until: window.until, charges }
                };
                let worth = Worth::of(values, classes, n_days, |amount| vec![amount]);
                Tallied { worth, stretches: windows.iter().map(until).collect() }.checked()
            }
            CountPlan::Rolling { .. } | CountPlan::Weekends { .. } => None,
        }
    }

    pub(super) fn of_overtime(plan: &OvertimePlan, classes: &Classes, n_days: usize) -> Option<Tallied> {
        let day_minutes = plan.day_minutes;
        let parts = |minutes: i64| vec![minutes.min(day_minutes), (minutes - day_minutes).max(0)];
        let worth = Worth::of(&plan.values, classes, n_days, parts);
        let stretches = plan.windows.iter().enumerate().map(|(window, stretch)| {
            let charges = vec![Charging::Overtime { at: 0, plan: plan.clone(), window }];
            Until { from: stretch.from, until: stretch.until, charges }
        });
        Tallied { worth, stretches: stretches.collect() }.checked()
    }

    fn checked(self) -> Option<Tallied> {
        let is_fine = self.worth.adds.iter().flatten().flatten().all(|add| *add >= 0);
        is_fine.then_some(self)
    }

    /// Both at once, when they begin and end on the same days.
    fn with(&self, other: &Tallied) -> Option<Tallied> {
        let is_same = |(a, b): (&Until, &Until)| a.from == b.from && a.until == b.until;
        if self.stretches.len() != other.stretches.len()
            || !self.stretches.iter().zip(&other.stretches).all(is_same)
        {
            return None;
        }
        let n = self.worth.n;
        let moved = |charging: &Charging| match charging.clone() {
            Charging::Limits { at, limits, before, given } => {
                Charging::Limits { at: at + n, limits, before, given }
            }
            Charging::Overtime { at, plan, window } => Charging::Overtime { at: at + n, plan, window },
        };
        let both = |(a, b): (&Until, &Until)| {
            let charges = a.charges.iter().cloned().chain(b.charges.iter().map(moved)).collect();
            Until { from: a.from, until: a.until, charges }
        };
        let stretches = self.stretches.iter().zip(&other.stretches).map(both).collect();
        Some(Tallied { worth: self.worth.with(&other.worth), stretches })
    }

    /// Both at once with the counter of both, when that is small beside two counters.
    pub(super) fn joined(&self, dim: &Dim, other: &Tallied) -> Option<(Tallied, Dim)> {
        if !self.is_of_periods() && !other.is_of_periods() {
            return None;
        }
        let both = self.with(other)?;
        let (mine, theirs) = (dim.n(), other.dim(usize::MAX)?.n());
        let joined = both.dim((mine * theirs / 8).max(mine).max(theirs))?;
        Some((both, joined))
    }

    fn is_of_periods(&self) -> bool {
        let is_overtime = |charging: &Charging| matches!(charging, Charging::Overtime { .. });
        self.stretches.len() > 1 || self.stretches.iter().any(|until| until.charges.iter().any(is_overtime))
    }

    /// Whether no row comes to any limit, as most counts of a year do in a window of two weeks.
    pub(super) fn is_idle(&self) -> bool {
        self.stretches.iter().all(|stretch| {
            stretch.charges.iter().all(|charging| match charging {
                Charging::Limits { at, limits, before, given } => {
                    let (least, most) = (before + given, before + given + self.worth.most(stretch, *at));
                    least >= limits.min && most <= limits.max
                }
                Charging::Overtime { .. } => false,
            })
        })
    }

    /// The amounts that can occur; `None` when there are more than so many.
    fn amounts(&self, n_max: usize) -> Option<Vec<Vec<i64>>> {
        let grid = self.grid();
        if grid.as_ref().is_some_and(|grid| grid.len() <= GRID_MAX.min(n_max)) {
            return grid;
        }
        let mut all = BTreeSet::new();
        for stretch in &self.stretches {
            let mut now = BTreeSet::from([vec![0; self.worth.n]]);
            for day in stretch.from..stretch.until {
                let adds: BTreeSet<&Vec<i64>> = self.worth.adds[self.worth.kind_of_day[day]].iter().collect();
                let mut next = BTreeSet::new();
                for amounts in &now {
                    for add in &adds {
                        let sum: Vec<i64> = amounts.iter().zip(*add).map(|(a, b)| a + b).collect();
                        if !stretch.is_broken(&sum) {
                            next.insert(sum);
                        }
                    }
                }
                now.extend(next);
                if now.len() > n_max {
                    return None;
                }
            }
            all.extend(now);
        }
        let grid = grid.filter(|grid| grid.len() <= all.len() * 2);
        let amounts = grid.unwrap_or_else(|| all.into_iter().collect());
        (amounts.len() <= n_max).then_some(amounts)
    }

    /// Whether the most that can be worked in a stretch is too much.
    fn is_barring(&self) -> bool {
        self.stretches.iter().any(|stretch| {
            let of_day = |day: usize| &self.worth.adds[self.worth.kind_of_day[day]];
            let most = |at: usize| {
                let days = stretch.from..stretch.until;
                days.map(|day| of_day(day).iter().map(|adds| adds[at]).max().unwrap_or(0)).sum()
            };
            stretch.is_broken(&(0..self.worth.n).map(most).collect::<Vec<i64>>())
        })
    }

    /// An even row of amounts up to the most that can be, when one thing is counted.
    fn grid(&self) -> Option<Vec<Vec<i64>>> {
        if self.worth.n != 1 {
            return None;
        }
        let adds = || self.worth.adds.iter().flatten().flatten().copied();
        let unit = adds().fold(0, gcd).max(1);
        let longest = self.stretches.iter().map(|stretch| stretch.until - stretch.from).max().unwrap_or(0);
        let most = adds().max().unwrap_or(0).saturating_mul(i64::try_from(longest).ok()?);
        let mut n = most / unit + 1;
        if n > 100_000 {
            return None;
        }
        let is_broken = |k: i64| self.stretches.iter().all(|stretch| stretch.is_broken(&[k * unit]));
        while n > 1 && is_broken(n - 1) {
            n -= 1;
        }
        Some((0..n).map(|k| vec![k * unit]).collect())
    }

    /// The counter of it, with no more than so many values.
    pub(super) fn dim(&self, n_max: usize) -> Option<Dim> {
        let amounts = self.amounts(n_max.min(AMOUNTS_MAX))?;
        let hop = |from: &Vec<i64>, add: &Vec<i64>| {
            let sum: Vec<i64> = from.iter().zip(add).map(|(a, b)| a + b).collect();
            amounts.binary_search(&sum).ok().map(|to| (to, 0))
        };
        let of_class = |add: &Vec<i64>| amounts.iter().map(|from| hop(from, add)).collect();
        let of_kind = |adds: &Vec<Vec<i64>>| adds.iter().map(of_class).collect();
        let end = |stretch: &Until, amounts: &Vec<i64>| {
            let cost: Cost = stretch.charges.iter().map(|charging| charging.cost(amounts)).sum();
            scaled(cost.hard, cost.soft)
        };
        let ends = |stretch: &Until| amounts.iter().map(|amounts| end(stretch, amounts)).collect();
        let longest = self.stretches.iter().map(|stretch| stretch.until - stretch.from).max();
        Some(Dim {
            kind_of_day: self.worth.kind_of_day.clone(),
            hops: self.worth.adds.iter().map(of_kind).collect(),
            weekend: None,
            untils: self.stretches.iter().map(|stretch| stretch.until).collect(),
            ends: self.stretches.iter().map(ends).collect(),
            constant: 0,
            longest: longest.unwrap_or(0),
            is_barring: self.is_barring(),
        })
    }
}

impl Until {
    fn is_broken(&self, amounts: &[i64]) -> bool {
        self.charges.iter().any(|charging| charging.is_broken(amounts))
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn only_most_unless(is_done: bool, limits: &Limits) -> Limits {
    if is_done { *limits } else { Limits { min: i64::MIN / 4, ..*limits } }
}

impl Worth {
    /// The most of one thing that the days of a stretch can add.
    fn most(&self, stretch: &Until, at: usize) -> i64 {
        let most_of_kind: Vec<i64> =
            self.adds.iter().map(|classes| classes.iter().map(|adds| adds[at]).max().unwrap_or(0)).collect();
        self.kind_of_day[stretch.from..stretch.until].iter().map(|kind| most_of_kind[*kind]).sum()
    }

    fn of(values: &Arc<Values>, classes: &Classes, n_days: usize, parts: impl Fn(i64) -> Vec<i64>) -> Worth {
        let of_day = |day: usize| -> Vec<Vec<i64>> {
            (0..classes.n()).map(|class| parts(values.at(day, classes.some(class)))).collect()
        };
        Worth::collected(parts(0).len(), (0..n_days).map(of_day))
    }

    fn collected(n: usize, days: impl Iterator<Item = Vec<Vec<i64>>>) -> Worth {
        let mut known: BTreeMap<Vec<Vec<i64>>, usize> = BTreeMap::new();
        let mut adds = Vec::new();
        let kind_of_day = days.map(|of_day| {
            *known.entry(of_day).or_insert_with_key(|of_day| {
                adds.push(of_day.clone());
                adds.len() - 1
            })
        });
        Worth { n, kind_of_day: kind_of_day.collect(), adds }
    }

    fn with(&self, other: &Worth) -> Worth {
        let both = |day: usize| {
            let (mine, theirs) = (&self.adds[self.kind_of_day[day]], &other.adds[other.kind_of_day[day]]);
            mine.iter().zip(theirs).map(|(a, b)| [&a[..], &b[..]].concat()).collect()
        };
        Worth::collected(self.n + other.n, (0..self.kind_of_day.len()).map(both))
    }
}

impl Dim {
    /// The counter of a count of weekends over stretches.
    pub(super) fn of_weekends(count: &CountPlan, bit: u32, n_days: usize) -> Option<Dim> {
        let CountPlan::Weekends { limits, weekends } = count else { return None };
        let OverWeekends::Stretches(stretches) = &weekends.over else { return None };
        let n = stretches.iter().map(|stretch| stretch.until - stretch.from).max().unwrap_or(0) + 1;
        let stay = (0..n).map(|value| Some((value, 0))).collect();
        let count_up = (1..=n).map(|value| Some((value, 0)).filter(|_| value < n)).collect();
        let mut dim = Dim {
            kind_of_day: vec![0; n_days],
            hops: vec![vec![stay, count_up]],
            weekend: Some(bit),
            untils: Vec::new(),
            ends: Vec::new(),
            constant: 0,
            longest: n_days,
            is_barring: false,
        };
        for stretch in stretches {
            let limits = only_most_unless(stretch.is_done, limits);
            let charging = Charging::Limits { at: 0, limits, before: stretch.before, given: 0 };
            let cost = |value: usize| {
                let cost = charging.cost(&[i64::try_from(value).unwrap_or(0)]);
                scaled(cost.hard, cost.soft)
            };
            let last = weekends.weekends[stretch.from..stretch.until].last();
            match last.and_then(|weekend| weekend.days.last()) {
                Some((day, _)) => {
                    dim.untils.push(day + 1);
                    dim.ends.push((0..n).map(cost).collect());
                }
                None => dim.constant = dim.constant.saturating_add(cost(0)).min(NEVER),
            }
        }
        while dim.n() > 1 && dim.ends.iter().all(|ends| ends.last() == Some(&NEVER)) {
            dim.truncate(dim.n() - 1, None);
            dim.is_barring = true;
        }
        Some(dim)
    }

    /// A counter of nothing.
    pub(super) fn idle(n_days: usize, n_classes: usize) -> Dim {
        Dim {
            kind_of_day: vec![0; n_days],
            hops: vec![vec![vec![Some((0, 0))]; n_classes]],
            weekend: None,
            untils: Vec::new(),
            ends: Vec::new(),
            constant: 0,
            longest: n_days,
            is_barring: false,
        }
    }

    pub(super) fn n(&self) -> usize {
        self.hops.iter().flatten().next().map_or(1, Vec::len)
    }

    /// The value after a day on which a class is worked and these weekends count, and what it costs.
    pub(super) fn hop(&self, kind: usize, class: usize, counts: u32, value: usize) -> Option<(usize, i32)> {
        let input = self.weekend.map_or(class, |bit| usize::from(counts >> bit & 1 == 1));
        self.hops[kind][input][value]
    }

    /// Whether it never charges anything.
    pub(super) fn is_idle(&self) -> bool {
        self.constant == 0 && self.ends.iter().flatten().all(|cost| *cost == 0) && !self.is_barring
    }

    /// Whether it is a hard limit upward and nothing else.
    pub(super) fn is_most_only(&self) -> bool {
        let is_rising =
            |ends: &Vec<i32>| ends.is_sorted() && ends.iter().all(|cost| [0, NEVER].contains(cost));
        self.weekend.is_none() && self.constant == 0 && self.ends.iter().all(is_rising)
    }

    /// Whether each duty moves all values alike.
    pub(super) fn is_even(&self) -> bool {
        self.hops.iter().flatten().all(|hops| {
            let Some(shift) = hops[0].map(|(to, _)| to) else { return hops.iter().all(Option::is_none) };
            let is_shifted = |(value, hop): (usize, &Option<(usize, i32)>)| {
                let to = value + shift;
                *hop == Some((to, 0)).filter(|_| to < hops.len())
            };
            hops.iter().enumerate().all(is_shifted)
        })
    }

    /// Cuts the values off from where each further one costs the same more.
    pub(super) fn cut(&mut self) {
        if self.is_barring {
            return;
        }
        let n = self.n();
        let slopes: Vec<i32> = match self.ends.iter().map(|ends| slope(ends)).collect() {
            Some(slopes) => slopes,
            None => return,
        };
        let Some(&slope) = slopes.first().filter(|first| slopes.iter().all(|slope| slope == *first)) else {
            return;
        };
        let is_even_from = |last: &usize| {
            self.ends.iter().all(|ends| ends[*last..].windows(2).all(|pair| pair[1] - pair[0] == slope))
        };
        let last = (0..n).find(is_even_from).unwrap_or(n - 1);
        self.truncate(last + 1, Some(slope));
    }

    /// Leaves only so many values; those beyond become the last, at so much for each, or are barred.
    fn truncate(&mut self, n: usize, slope: Option<i32>) {
        for hops in self.hops.iter_mut().flatten() {
            hops.truncate(n);
            for hop in hops.iter_mut() {
                let Some((to, cost)) = hop.filter(|(to, _)| *to >= n) else { continue };
                let over = i32::try_from(to + 1 - n).unwrap_or(i32::MAX);
                *hop = slope.map(|slope| (n - 1, cost + slope.saturating_mul(over)));
            }
        }
        self.ends.iter_mut().for_each(|ends| ends.truncate(n));
    }
}

/// What the last value costs more than the one before.
fn slope(ends: &[i32]) -> Option<i32> {
    let [.., before, last] = ends else { return None };
    (*last < NEVER && *before < NEVER).then(|| last - before)
}
