//! What is known of a person before the horizon, and values worked out once for all of them.
#![expect(clippy::indexing_slicing, reason = "tables have a row for each day and a place for each code")]

use crate::problem::{Cell, Person, PersonIdx, Problem, RuleIdx};

/// A person with what came before.
#[derive(Clone, Copy)]
pub(crate) struct Past<'p> {
    pub(crate) problem: &'p Problem,
    pub(crate) idx: PersonIdx,
    pub(crate) person: &'p Person,
}

impl<'p> Past<'p> {
    pub(crate) fn of(problem: &'p Problem, idx: PersonIdx) -> Past<'p> {
        Past { problem, idx, person: problem.person(idx) }
    }

    /// How many days before the horizon are known.
    pub(crate) fn n_known(&self) -> i32 {
        i32::try_from(self.person.carry.history.len()).unwrap_or(i32::MAX)
    }

    /// The cell of a day before the horizon, when known.
    pub(crate) fn cell(&self, day: i32) -> Option<Cell> {
        let back = usize::try_from(-day).ok()?;
        let history = &self.person.carry.history;
        history.get(history.len().checked_sub(back)?).copied()
    }

    /// Known days with their cells, oldest first.
    pub(crate) fn days(&self) -> impl Iterator<Item = (i32, Cell)> + use<'p> {
        (-self.n_known()..).zip(self.person.carry.history.iter().copied())
    }

    /// The last duty before the horizon: its day, its cell and the minute it truly ended.
    pub(crate) fn last_work(&self) -> Option<(i32, Cell, i32)> {
        let (day, cell) = self.days().filter(|(_, cell)| cell.is_work()).last()?;
        let planned = self.problem.end(day, cell).unwrap_or(0);
        let truly = self.person.carry.last_end.map(|end| self.problem.calendar().minute_of_instant(end));
        Some((day, cell, truly.unwrap_or(planned)))
    }

    /// What a rule counted before.
    pub(crate) fn so_far(&self, rule: RuleIdx) -> i64 {
        let so_far = self.person.carry.so_far.iter().filter(|so_far| so_far.rule == rule);
        so_far.map(|so_far| so_far.amount).sum()
    }

    /// Minutes credited for a day away, before the horizon or in it.
    pub(crate) fn credit(&self, day: i32) -> i64 {
        let of_day = self.person.away.iter().filter(|away| (away.first..=away.last).contains(&day));
        of_day.map(|away| i64::from(away.credit_minutes)).sum()
    }
}

/// Start and end of every duty on every day of the horizon.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    n_codes: usize,
    starts: Box<[i32]>,
    ends: Box<[i32]>,
}

impl Clock {
    pub(crate) fn new(problem: &Problem) -> Clock {
        let days = 0..i32::try_from(problem.n_days()).unwrap_or(0);
        let all = |minute: &dyn Fn(i32, Cell) -> Option<i32>| {
            let cells = |day| problem.duties().cells().map(move |cell| minute(day, cell).unwrap_or(0));
            days.clone().flat_map(cells).collect()
        };
        Clock {
            n_codes: problem.n_codes(),
            starts: all(&|day, cell| problem.start(day, cell)),
            ends: all(&|day, cell| problem.end(day, cell)),
        }
    }

    #[inline]
    pub(crate) fn start(&self, day: usize, cell: Cell) -> i32 {
        self.starts[day * self.n_codes + cell.code()]
    }

    #[inline]
    pub(crate) fn end(&self, day: usize, cell: Cell) -> i32 {
        self.ends[day * self.n_codes + cell.code()]
    }
}

/// A day number of a slice position.
#[inline]
pub(crate) fn day_of(idx: usize) -> i32 {
    i32::try_from(idx).unwrap_or(i32::MAX)
}
