//! Long horizons: a window of days and people is solved by itself, everything else as it is, and the
//! next, and the next.
//!
//! Two threads take different people, so that what both find fits together.

#![expect(clippy::indexing_slicing, reason = "people are those of the problem")]

use super::{FIRM, Task, Worker, solve_part};
use crate::anneal::Heat;
use crate::evaluate::Evaluator;
use crate::problem::{DutySet, PersonIdx};
use crate::window::{Window, able};
use std::sync::PoisonError;

/// Problems of no more rows and days are solved as one.
const WHOLE: (f64, usize) = (550.0, 56);
/// The fewest and the most rows of the linear programs of windows; the first of long horizons have the
/// fewest, those of short ones so many:
const ROWS: (f64, f64) = (120.0, 1_200.0);
const ROWS_SHORT: f64 = 400.0;
/// How much larger windows become after a round.
const GROWTH: f64 = 1.4;
/// A window is better this long than with more people.
const DAYS_GOOD: usize = 28;
/// The fewest people.
const PEOPLE_MIN: usize = 12;
/// The longest window.
const DAYS_MAX: usize = 56;
/// The share of the time that one window may take.
const SHARE: f64 = 0.05;
/// The share of the time for annealing and best rows by turns, before windows, where rows of the whole
/// horizon are not too long for it.
const ROUNDS_SHARE: f64 = 0.15;
/// After how many dives without gain a window is left.
const PATIENCE: u32 = 4;

impl Worker<'_, '_> {
    /// Solves windows: small ones first, all over the roster, then larger ones as long as most of them
    /// are solved before their time is over. Ends when the next window would be the whole.
    pub(super) fn slide(&mut self) {
        let problem = self.evaluator.problem();
        let (n_people, n_days) = (count(problem.n_people()), problem.n_days());
        let rows_whole = count(self.evaluator.cover().n_rows()) + n_people;
        let is_short = n_days <= WHOLE.1;
        if is_short && rows_whole <= WHOLE.0 {
            return;
        }
        if is_short {
            self.round_robin(self.spent() + ROUNDS_SHARE);
        }
        let mut rows = if is_short { ROWS_SHORT } else { ROWS.0 };
        while !self.is_over() && (rows < rows_whole || !is_short) {
            // Twice all over.
            let mut n_left = 2.0 * n_people * count(n_days) / count(self.task.n_threads.clamp(1, 2));
            let (mut n_cut, mut n_done) = (0, 0);
            while n_left > 0.0 && !self.is_over() {
                let people = self.take_people(rows);
                let days = self.take_days(&people, rows - count(people.len()));
                let was_done = self.solve_window(&people, days);
                self.release_people(&people);
                n_left -= count(people.len() * (days.1 - days.0)).max(1.0);
                *(if was_done { &mut n_done } else { &mut n_cut }) += 1;
            }
            rows = (if n_cut > n_done { rows / GROWTH } else { rows * GROWTH }).clamp(ROWS.0, ROWS.1);
        }
    }

    /// Anneals and gives everybody the best row, in turn, while the share of time goes up to a mark.
    fn round_robin(&mut self, until: f64) {
        self.plan_rows();
        let mut heat = 6.0;
        loop {
            let best = self.best();
            // What is not legal yet is worth more time, but not all of it.
            let until = if best.score.hard > 0 { until.max(0.5) } else { until };
            if self.is_over() || self.spent() >= until {
                return;
            }
            let length = self.spent() + ROUNDS_SHARE / 6.0;
            let (roster, score) = self.anneal(best.roster, Heat { first: heat, last: 0.5 }, FIRM, length);
            self.offer(&roster, score);
            let (roster, score) = self.respond(roster, until.max(length + 0.05));
            self.offer(&roster, score);
            heat = (heat * 0.9).max(2.0);
        }
    }

    /// Takes people nobody else works on, in rising order: at most as many as each thread can have, and
    /// those together who can stand in for each other.
    fn take_people(&mut self, rows: f64) -> Vec<PersonIdx> {
        let problem = self.evaluator.problem();
        let n_people = problem.n_people();
        let n_max = n_people.div_ceil(self.task.n_threads.clamp(1, 2)).min(whole(rows / 2.0).max(4));
        let n = n_max - self.chance.below(n_max * 3 / 4 + 1);
        let mut busy = self.shared.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let idle: Vec<PersonIdx> = PersonIdx::all(n_people).filter(|person| !busy[person.idx()]).collect();
        let Some(first) = idle.get(self.chance.below(idle.len())) else { return Vec::new() };
        let wanted = able(problem, *first);
        let n_codes = problem.n_codes();
        let n_shared = |person: PersonIdx| wanted.intersection(&able(problem, person)).cells(n_codes).count();
        let mut liking: Vec<(f64, PersonIdx)> = idle
            .iter()
            .map(|person| (count(n_shared(*person)) * (0.5 + self.chance.unit()), *person))
            .filter(|(liking, _)| *liking > 0.0)
            .collect();
        liking.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let liked = liking.into_iter().map(|(_, person)| person);
        let mut people = self.those_that_fit(liked, n, rows);
        people.sort_unstable();
        people.iter().for_each(|person| busy[person.idx()] = true);
        people
    }

    /// The first so many of these people, without those who would bring in more rows than leave room for
    /// [`DAYS_GOOD`] days; at least [`PEOPLE_MIN`].
    fn those_that_fit(&self, people: impl Iterator<Item = PersonIdx>, n: usize, rows: f64) -> Vec<PersonIdx> {
        let problem = self.evaluator.problem();
        let days = count(problem.n_days().min(DAYS_GOOD)) / count(problem.n_days());
        let mut left: Vec<DutySet> = problem.parts().demands.iter().map(|demand| demand.duties).collect();
        let mut n_rows = 0;
        let mut those = Vec::new();
        for person in people {
            let able = able(problem, person);
            let more = left.iter().filter(|duties| !duties.intersection(&able).is_empty()).count();
            let fits = count(those.len() + 1) + count(n_rows + more) * days <= rows;
            if those.len() < PEOPLE_MIN || more == 0 || fits {
                left.retain(|duties| duties.intersection(&able).is_empty());
                n_rows += more;
                those.push(person);
            }
            if those.len() >= n {
                break;
            }
        }
        those
    }

    fn release_people(&self, people: &[PersonIdx]) {
        let mut busy = self.shared.busy.lock().unwrap_or_else(PoisonError::into_inner);
        people.iter().for_each(|person| busy[person.idx()] = false);
    }

    /// A window of as many days as have so many rows of cover that these people count toward, at least a
    /// week. The first and the last days are taken as often as the others.
    fn take_days(&mut self, people: &[PersonIdx], rows: f64) -> (usize, usize) {
        let problem = self.evaluator.problem();
        let n_days = problem.n_days();
        let able = people.iter().fold(DutySet::NONE, |all, person| all.union(&able(problem, *person)));
        let demands = problem.parts().demands.iter();
        let touched = demands.filter(|demand| !able.intersection(&demand.duties).is_empty());
        let rows_a_day = count(touched.count()) / count(n_days);
        let length = whole(rows / rows_a_day.max(0.1)).clamp(7, DAYS_MAX).min(n_days);
        let until = (self.chance.below(n_days + length) + length / 2).clamp(length, n_days);
        (until - length, until)
    }

    /// Solves a window of the best roster; whether that was done before its time was over.
    fn solve_window(&mut self, people: &[PersonIdx], days: (usize, usize)) -> bool {
        let (best, seed) = (self.best(), self.chance.next());
        let Some(window) = Window::cut(self.evaluator, &best.roster, people, days) else { return true };
        let part = Evaluator::new(&window.problem);
        let from = self.spent();
        let spent = || if self.is_over() { 1.0 } else { ((self.task.spent)() - from) / SHARE };
        let task = Task { seed, n_threads: 1, start: Some(&window.roster), spent: &spent, tell: &|_| {} };
        let answer = solve_part(&part, &task, PATIENCE);
        let was_done = spent() < 1.0;
        let mut roster = self.best().roster;
        window.put(&answer.roster, &mut roster);
        let score = self.evaluator.score(&roster);
        self.offer(&roster, score);
        was_done
    }
}

#[expect(clippy::cast_precision_loss, reason = "people and rows are few")]
fn count(n: usize) -> f64 {
    n as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rows are few and not negative")]
fn whole(n: f64) -> usize {
    n as usize
}
