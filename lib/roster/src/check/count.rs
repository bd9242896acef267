//! Counts, as the rules tell them.

use super::person::{Day, Life};
use crate::rules::{Days, Measure, Over, Rule, WeekendOn};
use std::collections::{BTreeMap, BTreeSet};

/// An amount over a stretch of days.
#[derive(Debug, Default)]
pub(super) struct Amount {
    /// What was there before the horizon.
    pub(super) before: i64,
    /// With what the horizon adds.
    pub(super) total: i64,
    /// Whether every day of the stretch is known.
    pub(super) is_whole: bool,
    /// How the stretch is called.
    pub(super) name: String,
}

/// Every amount that a count rule limits.
pub(super) fn amounts(life: &Life<'_>, rule: &Rule, measure: &Measure, over: Over) -> Vec<Amount> {
    match measure {
        Measure::Weekends { on } => weekends(life, rule, on, over),
        Measure::Duties { .. } | Measure::Minutes { .. } => single_days(life, rule, measure, over),
    }
}

/// The amount over the horizon with what was counted so far.
pub(super) fn over_horizon(life: &Life<'_>, rule: &Rule, measure: &Measure) -> i64 {
    amounts(life, rule, measure, Over::Horizon).iter().map(|amount| amount.total).sum()
}

fn so_far(life: &Life<'_>, rule: &Rule) -> i64 {
    let rules = &life.problem.parts().rules;
    let is_rule = |idx: usize| rules.get(idx).is_some_and(|other| other.id == rule.id);
    life.person
        .carry
        .so_far
        .iter()
        .filter(|so_far| is_rule(so_far.rule.idx()))
        .map(|so_far| so_far.amount)
        .sum()
}

/// What a day is worth.
fn worth(life: &Life<'_>, measure: &Measure, day: &Day) -> i64 {
    match measure {
        Measure::Duties { duties, on } => {
            let is_on = match on {
                Days::On(weekdays) => weekdays.has(day.weekday()),
                Days::Holidays => life.problem.calendar().horizon().holidays.contains(&day.date),
            };
            i64::from(is_on && duties.has(day.cell))
        }
        Measure::Minutes { duties } => day.credit + if duties.has(day.cell) { day.paid_minutes } else { 0 },
        Measure::Weekends { .. } => 0,
    }
}

fn single_days(life: &Life<'_>, rule: &Rule, measure: &Measure, over: Over) -> Vec<Amount> {
    let worth = |day: &Day| worth(life, measure, day);
    let last_day = life.days.last().map_or(-1, |day| day.day);
    match over {
        Over::Horizon => {
            let before = so_far(life, rule);
            let total = before + life.in_horizon().map(worth).sum::<i64>();
            vec![Amount { before, total, is_whole: true, name: "the horizon".to_owned() }]
        }
        Over::Every { days, from } => {
            let mut periods: BTreeMap<i32, Vec<&Day>> = BTreeMap::new();
            for day in &life.days {
                let since = from.until(day.date).map_or(0, |span| span.get_days());
                periods.entry(since.div_euclid(i32::from(days))).or_default().push(day);
            }
            let amount = |period: Vec<&Day>| Amount {
                before: period.iter().filter(|day| day.day < 0).map(|day| worth(day)).sum(),
                total: period.iter().map(|day| worth(day)).sum(),
                is_whole: period.len() == usize::from(days),
                name: period
                    .first()
                    .map_or(String::new(), |day| format!("the {days} days from {}", day.name())),
            };
            let reaches = |period: &Vec<&Day>| period.iter().any(|day| day.day >= 0);
            periods.into_values().filter(reaches).map(amount).collect()
        }
        Over::Rolling { days } => {
            let window = |last: i32| {
                let first = last + 1 - i32::from(days);
                let inside = life.days.iter().filter(|day| (first..=last).contains(&day.day));
                Amount {
                    before: 0,
                    total: inside.map(worth).sum(),
                    is_whole: first >= life.first_known(),
                    name: format!("the {days} days to {}", life.problem.day_name(last)),
                }
            };
            (0..=last_day).map(window).collect()
        }
    }
}

/// The first days of all weekends that have a known day or lie next to one.
fn all_weekends(life: &Life<'_>, on: &[WeekendOn]) -> BTreeSet<i32> {
    let mut firsts = BTreeSet::new();
    for day in &life.days {
        for (place, _) in (0..).zip(on).filter(|(_, on)| on.weekday == day.weekday()) {
            firsts.insert(day.day - place);
        }
    }
    firsts
}

fn is_worked(life: &Life<'_>, on: &[WeekendOn], first: i32, counts: impl Fn(&Day) -> bool) -> bool {
    let works =
        |(day, on): (i32, &WeekendOn)| life.at(day).is_some_and(|day| counts(day) && on.duties.has(day.cell));
    (first..).zip(on).any(works)
}

fn weekends(life: &Life<'_>, rule: &Rule, on: &[WeekendOn], over: Over) -> Vec<Amount> {
    let length = i32::try_from(on.len()).unwrap_or(0);
    let last_day = life.days.last().map_or(-1, |day| day.day);
    let before = |first: &i32| is_worked(life, on, *first, |day| day.day < 0);
    let worked = |first: &i32| is_worked(life, on, *first, |_| true);
    let n = |passes: bool| i64::from(passes);
    let firsts = all_weekends(life, on);
    let in_horizon: Vec<i32> = firsts.iter().copied().filter(|first| first + length > 0).collect();
    match over {
        Over::Horizon => {
            let so_far = so_far(life, rule);
            let new: i64 = in_horizon.iter().map(|first| n(worked(first) && !before(first))).sum();
            vec![Amount {
                before: so_far,
                total: so_far + new,
                is_whole: true,
                name: "the horizon".to_owned(),
            }]
        }
        Over::Every { days, from } => {
            let start = life.problem.calendar().horizon().start;
            let apart = from.until(start).map_or(0, |span| span.get_days());
            let period_of = |day: i32| (apart + day).div_euclid(i32::from(days));
            let mut periods: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
            // Periods without any weekend are limited too.
            for day in 0..=last_day {
                periods.entry(period_of(day)).or_default();
            }
            for first in &firsts {
                periods.entry(period_of(first + length - 1)).or_default().push(*first);
            }
            let amount = |(period, firsts): (i32, Vec<i32>)| {
                let begin = period * i32::from(days) - apart;
                let known_from = firsts.iter().copied().chain([begin]).min().unwrap_or(begin);
                Amount {
                    before: firsts.iter().map(|first| n(before(first))).sum(),
                    total: firsts.iter().map(|first| n(worked(first))).sum(),
                    is_whole: known_from >= life.first_known() && begin + i32::from(days) - 1 <= last_day,
                    name: format!("the {days} days from {}", life.problem.day_name(begin)),
                }
            };
            let reaches = |(period, firsts): &(i32, Vec<i32>)| {
                let begin = period * i32::from(days) - apart;
                begin + i32::from(days) > 0 || firsts.iter().any(|first| first + length > 0)
            };
            periods.into_iter().filter(reaches).map(amount).collect()
        }
        Over::Rolling { days } => {
            let window = |last: &i32| {
                let n_weekends = i32::from(days / 7).max(1);
                let firsts = (0..n_weekends).map(|back| last - 7 * back);
                let others: i64 = firsts.clone().skip(1).map(|first| n(worked(&first))).sum();
                let oldest = firsts.min().unwrap_or(*last);
                Amount {
                    before: others + n(before(last)),
                    total: others + n(worked(last)),
                    is_whole: oldest >= life.first_known() && last + length - 1 <= last_day,
                    name: format!("the {n_weekends} weekends to {}", life.problem.day_name(*last)),
                }
            };
            in_horizon.iter().map(window).collect()
        }
    }
}
