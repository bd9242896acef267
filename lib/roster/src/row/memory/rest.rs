//! Rest over days off, and recovery after runs: the last duty, while it can still be too near.
#![expect(clippy::indexing_slicing, reason = "keys have three places, flags one for each code")]

use super::{Key, Move, Remember};
use crate::evaluate::RestPlan;
use crate::problem::Cell;
use crate::row::classes::Classes;
use crate::score::Cost;

/// What it remembers: days off since, the class of the last duty, how many of its run there were.
pub(in crate::row) struct Rests<'a> {
    plan: &'a RestPlan,
    classes: &'a Classes,
    n_days: usize,
    /// For each class the first that ends alike.
    like: Vec<usize>,
    /// For each class, how many days on a duty can still be too near; the last is of what was carried in.
    reach: Vec<i64>,
}

/// Nothing to remember.
const FREE: [i64; 3] = [-1, 0, 0];

impl<'a> Rests<'a> {
    pub(in crate::row) fn new(plan: &'a RestPlan, classes: &'a Classes, n_days: usize) -> Rests<'a> {
        let ends = |class: usize| -> Vec<i32> {
            let cell = classes.some(class);
            let is_after = plan.after[cell.code()];
            (0..n_days).filter(|_| is_after).map(|day| plan.clock.end(day, cell)).collect()
        };
        let all: Vec<Vec<i32>> = (0..classes.n()).map(ends).collect();
        let like = all.iter().map(|ends| all.iter().position(|other| other == ends).unwrap_or(0)).collect();
        let mut rests = Rests { plan, classes, n_days, like, reach: Vec::new() };
        rests.reach = (0..classes.n()).map(|class| rests.reach_of(class)).collect();
        rests.reach.push(rests.reach_of_carried());
        rests
    }

    /// The earliest start of a duty that needs rest before it.
    fn first_start(&self, day: usize) -> Option<i32> {
        let cells = (0..self.classes.n()).map(|class| self.classes.some(class));
        let needy = cells.filter(|cell| cell.is_work() && self.plan.before[cell.code()]);
        needy.map(|cell| self.plan.clock.start(day, cell)).min()
    }

    fn reach_of(&self, class: usize) -> i64 {
        let cell = self.classes.some(class);
        if cell.is_off() || !self.plan.after[cell.code()] {
            return 0;
        }
        let is_near = |gap: &usize| {
            (0..self.n_days.saturating_sub(*gap)).any(|day| {
                let start = self.first_start(day + gap);
                start.is_some_and(|start| start - self.plan.clock.end(day, cell) < self.plan.minutes)
            })
        };
        (1..self.n_days).rev().find(is_near).map_or(0, |gap| i64::try_from(gap).unwrap_or(0))
    }

    /// Counted from the day of what was carried in.
    fn reach_of_carried(&self) -> i64 {
        let Some((last_day, cell, end)) = self.plan.last else { return 0 };
        if !self.plan.after[cell.code()] {
            return 0;
        }
        let is_near =
            |day: &usize| self.first_start(*day).is_some_and(|start| start - end < self.plan.minutes);
        let day = (0..self.n_days).rev().find(is_near);
        day.and_then(|day| i32::try_from(day).ok()).map_or(0, |day| i64::from(day - last_day))
    }

    /// The key as far as it matters.
    fn key(&self, since: i64, who: usize, run: i64) -> Key {
        let run_min = i64::from(self.plan.run_min);
        let is_recovery = run_min > 0;
        let run = run.min(run_min);
        let farthest = self.reach.iter().copied().max().unwrap_or(0);
        let is_over = since + 1 > self.reach[who];
        let is_free = if is_recovery && since == 0 {
            // The run may go on, and end with another duty.
            farthest == 0
        } else {
            is_over || is_recovery && run < run_min
        };
        if is_free { FREE.to_vec() } else { vec![since, i64::try_from(who).unwrap_or(0), run] }
    }

    fn end_of(&self, day: usize, since: i64, who: usize) -> i32 {
        let back = usize::try_from(since + 1).unwrap_or(0);
        match day.checked_sub(back) {
            Some(day) if who < self.classes.n() => self.plan.clock.end(day, self.classes.some(who)),
            Some(_) | None => self.plan.last.map_or(i32::MIN / 2, |(.., end)| end),
        }
    }

    fn charge(&self, day: usize, key: &[i64], cell: Cell) -> Cost {
        let is_next = key[0] == 0;
        let (code, run_min) = (cell.code(), i64::from(self.plan.run_min));
        let is_judged =
            if run_min == 0 { !is_next } else { key[2] >= run_min && !(is_next && self.plan.after[code]) };
        if key[0] < 0 || !is_judged || !self.plan.before[code] {
            return Cost::ZERO;
        }
        let end = self.end_of(day, key[0], usize::try_from(key[1]).unwrap_or(0));
        let missing = self.plan.minutes - (self.plan.clock.start(day, cell) - end);
        if missing > 0 { self.plan.weigh.cost(i64::from(missing)) } else { Cost::ZERO }
    }
}

impl Remember for Rests<'_> {
    fn start(&self) -> Key {
        match self.plan.last {
            Some((day, cell, _)) if self.plan.after[cell.code()] => {
                self.key(i64::from(-day - 1), self.classes.n(), i64::from(self.plan.run))
            }
            Some(_) | None => FREE.to_vec(),
        }
    }

    /// Clock changes lie between days, and what was carried in has its own end.
    fn kind(&self, day: usize) -> Key {
        let base = self.first_start(day).unwrap_or(0);
        let cells = || (0..self.classes.n()).map(|class| self.classes.some(class));
        let needy = cells().filter(|cell| cell.is_work() && self.plan.before[cell.code()]);
        let mut kind: Key = needy.map(|cell| i64::from(self.plan.clock.start(day, cell) - base)).collect();
        let (carried, of_classes) = self.reach.split_last().map_or((0, &[][..]), |(last, of)| (*last, of));
        let farthest = of_classes.iter().copied().max().unwrap_or(0);
        for back in 1..=usize::try_from(farthest).unwrap_or(0).min(day) {
            let tiring = cells().filter(|cell| cell.is_work() && self.plan.after[cell.code()]);
            kind.extend(tiring.map(|cell| i64::from(self.plan.clock.end(day - back, cell) - base)));
        }
        let since = self.plan.last.map_or(0, |(last, ..)| i64::try_from(day).unwrap_or(0) - i64::from(last));
        kind.push(if since <= carried { since } else { -1 });
        kind
    }

    fn step(&self, day: usize, key: &[i64], class: usize) -> Move {
        let cell = self.classes.some(class);
        if cell.is_off() {
            let is_free = key[0] < 0;
            let who = usize::try_from(key[1]).unwrap_or(0);
            let key = if is_free { FREE.to_vec() } else { self.key(key[0] + 1, who, key[2]) };
            return Move { key, cost: Cost::ZERO, counts: 0 };
        }
        let cost = self.charge(day, key, cell);
        let key = if self.plan.after[cell.code()] {
            let run = if key[0] == 0 { key[2] + 1 } else { 1 };
            self.key(0, self.like[class], run)
        } else {
            FREE.to_vec()
        };
        Move { key, cost, counts: 0 }
    }

    fn end(&self, _: &[i64]) -> Cost {
        Cost::ZERO
    }
}
