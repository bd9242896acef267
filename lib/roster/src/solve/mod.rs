//! Searches for the best roster, and proves how good it can be.
//!
//! [`solve`] first anneals to a legal roster, and where rules are too many for that gives one person
//! after the other their best row until there is one. Then it solves the choice of rows by columns
//! (`master`), which proves a bound and gives a nearly best roster by diving; from there on it frees
//! a few people at a time and chooses their rows anew. A second thread anneals and frees other people
//! meanwhile; both start from the best roster there is.
//!
//! Threads are started here and nowhere else. With one thread the answer follows from the seed and
//! from what `spent` says; with a `spent` that counts work instead of time it is always the same.

mod chance;
mod free;
mod prove;
mod respond;

pub(crate) use chance::Chance;

use crate::anneal::{Anneal, Heat};
use crate::evaluate::{Evaluator, Weights};
use crate::master::Master;
use crate::problem::{PersonIdx, Roster};
use crate::row::RowPlan;
use crate::score::Score;
use free::Pool;
use prove::Proof;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The largest linear program over all people, in rows.
const ROWS_MAX: usize = 2_500;
/// The most days that best rows are worked out over.
const DAYS_MAX: usize = 70;
/// What the levels weigh.
const WEIGHTS: Weights = Weights { hard: 1_000, cover: 300 };

/// The same, from where legal rosters are left no more.
const FIRM: Weights = Weights { hard: 20_000, ..WEIGHTS };

/// How to search.
#[derive(Clone, Copy)]
pub struct Task<'t> {
    /// Chance follows from it.
    pub seed: u64,
    /// 1 or 2 and more.
    pub n_threads: usize,
    /// Where to start; from an empty roster when left out.
    pub start: Option<&'t Roster>,
    /// The share of the time that is used up; from 1 on the search ends. Asked about every millisecond.
    pub spent: &'t (dyn Fn() -> f64 + Sync),
    /// Hears of better rosters and bounds.
    pub tell: &'t (dyn Fn(&News<'_>) + Sync),
}

/// A better roster, or a better bound.
#[derive(Clone, Copy, Debug)]
pub struct News<'n> {
    /// The best roster so far.
    pub roster: &'n Roster,
    /// What it costs.
    pub score: Score,
    /// The least that soft points can be, as far as is proven.
    pub bound: Option<i64>,
}

/// What the search came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The best roster found.
    pub roster: Roster,
    /// What it costs.
    pub score: Score,
    /// No legal roster with full minimum cover has fewer soft points. `None` where nothing is proven.
    pub bound: Option<i64>,
}

/// What the threads share.
struct Shared {
    best: Mutex<Answer>,
    is_done: AtomicBool,
}

/// One thread's view.
struct Worker<'w, 'p> {
    evaluator: &'w Evaluator<'p>,
    task: &'w Task<'w>,
    shared: &'w Shared,
    plans: Arc<[RowPlan]>,
    chance: Chance,
}

/// Searches until the time is used up or the best roster is proven to be best.
#[must_use]
pub fn solve(evaluator: &Evaluator<'_>, task: &Task<'_>) -> Answer {
    let problem = evaluator.problem();
    let start = task.start.cloned().unwrap_or_else(|| problem.empty_roster());
    let first = Anneal::new(evaluator, start, WEIGHTS, task.seed).best;
    let best = Answer { roster: first.roster, score: first.score, bound: None };
    let shared = Shared { best: Mutex::new(best), is_done: AtomicBool::new(false) };
    let worker = |seed: u64, plans: &Arc<[RowPlan]>| Worker {
        evaluator,
        task,
        shared: &shared,
        plans: Arc::clone(plans),
        chance: Chance::new(seed),
    };
    let none: Arc<[RowPlan]> = Arc::new([]);
    let is_long = problem.n_days() > DAYS_MAX || problem.n_days() == 0;
    worker(task.seed, &none).begin(is_long);
    let plans: Arc<[RowPlan]> = if is_long {
        Arc::clone(&none)
    } else {
        PersonIdx::all(problem.n_people()).map(|person| RowPlan::new(evaluator, person)).collect()
    };
    if !is_long && shared.best.lock().unwrap_or_else(PoisonError::into_inner).score.hard > 0 {
        let mut worker = worker(task.seed, &plans);
        let (roster, score) = worker.respond(worker.best().roster, 1.0);
        worker.offer(&roster, score);
    }
    let n_rows = evaluator.cover().n_rows() + problem.n_people();
    let is_large = n_rows > ROWS_MAX || problem.n_days() == 0;
    if is_large {
        return large(&shared, task.n_threads, &|seed| worker(task.seed ^ seed, &plans).keep_annealing());
    }
    if task.n_threads > 1 {
        std::thread::scope(|scope| {
            scope.spawn(|| worker(task.seed ^ 0x5eed, &plans).roam());
            worker(task.seed, &plans).lead();
        });
    } else {
        worker(task.seed, &plans).lead();
    }
    shared.best.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Problems whose linear program would be too large are annealed only.
fn large(shared: &Shared, n_threads: usize, anneal: &(dyn Fn(u64) + Sync)) -> Answer {
    std::thread::scope(|scope| {
        (1..n_threads.min(2)).for_each(|_| {
            scope.spawn(|| anneal(0x5eed));
        });
        anneal(0);
    });
    shared.best.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

impl Worker<'_, '_> {
    fn spent(&self) -> f64 {
        (self.task.spent)()
    }

    fn is_over(&self) -> bool {
        self.shared.is_done.load(Ordering::Relaxed) || self.spent() >= 1.0
    }

    fn best(&self) -> Answer {
        self.shared.best.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes a roster over if it is better than the best.
    fn offer(&self, roster: &Roster, score: Score) {
        let mut best = self.shared.best.lock().unwrap_or_else(PoisonError::into_inner);
        if score < best.score {
            best.score = score;
            best.roster.clone_from(roster);
            (self.task.tell)(&News { roster: &best.roster, score, bound: best.bound });
        }
        self.judge_end(&best);
    }

    /// Takes a bound over if it is better than the best.
    fn prove(&self, bound: Option<i64>) {
        let mut best = self.shared.best.lock().unwrap_or_else(PoisonError::into_inner);
        if bound > best.bound {
            best.bound = bound;
            (self.task.tell)(&News { roster: &best.roster, score: best.score, bound });
        }
        self.judge_end(&best);
    }

    fn judge_end(&self, best: &Answer) {
        let is_full = best.score.hard == 0 && best.score.cover == 0;
        if is_full && best.bound.is_some_and(|bound| best.score.soft <= bound) {
            self.shared.is_done.store(true, Ordering::Relaxed);
        }
    }

    /// Anneals from a roster while the share of time goes up to a mark.
    fn anneal(&mut self, roster: Roster, heat: Heat, weights: Weights, until: f64) -> (Roster, Score) {
        let (from, is_done) = (self.spent(), &self.shared.is_done);
        let until = until.min(1.0);
        let share = || {
            let spent = (self.task.spent)();
            let is_over = is_done.load(Ordering::Relaxed) || until <= from;
            if is_over { 1.0 } else { (spent - from) / (until - from) }
        };
        let mut anneal = Anneal::new(self.evaluator, roster, weights, self.chance.next());
        anneal.run(heat, &share, &mut |score, roster| {
            if score.hard == 0 {
                self.offer(roster, score);
            }
        });
        (anneal.best.roster, anneal.best.score)
    }

    /// A first legal roster.
    fn begin(&mut self, is_long: bool) {
        let mut weights = WEIGHTS;
        let mut length = 0.03;
        let mut roster = self.best().roster;
        while !self.is_over() {
            let until = self.spent() + length;
            let (found, score) = self.anneal(roster, Heat { first: 60.0, last: 0.5 }, weights, until);
            self.offer(&found, score);
            // What is left to mend is mended by best rows, where there are.
            let is_hopeless = score.hard > 0 && !is_long;
            if score.hard == 0 && score.cover == 0 || length > 0.15 || is_hopeless {
                return;
            }
            roster = found;
            length *= 1.5;
            weights = Weights { hard: weights.hard * 3, cover: weights.cover * 2 };
        }
    }

    /// Solves by columns, then frees people.
    fn lead(mut self) {
        let n_people = self.evaluator.problem().n_people();
        let mut pool = Pool::new(n_people);
        if !self.is_over() {
            let people = PersonIdx::all(n_people).collect();
            let best = self.best();
            let mut master = Master::new(self.evaluator, WEIGHTS, &self.plans, &best.roster, people);
            let is_over = || self.is_over();
            while !master.generate(1, &is_over) && !self.is_over() {
                self.prove(master.bound());
            }
            self.prove(master.bound());
            for person in PersonIdx::all(n_people) {
                master.rows_of(person).for_each(|row| pool.keep(person, row));
            }
            self.dive_on(&mut master, &mut pool);
        }
        self.free_people(&mut pool, 1.0);
    }

    /// Dives again and again: freely at first, then near the best roster.
    fn dive_on(&mut self, master: &mut Master<'_, '_>, pool: &mut Pool) {
        let (shared, spent) = (self.shared, self.task.spent);
        let is_over = || shared.is_done.load(Ordering::Relaxed) || spent() >= 1.0;
        let mut n_free = 0;
        let mut proof = Proof::new(master);
        for turn in 0_u32.. {
            if is_over() {
                return;
            }
            self.branch(&mut proof);
            let best = self.best();
            let from = self.spent();
            let n_known = master.n_columns();
            let mut chance = Chance::new(self.chance.next());
            let found = if turn < 2 || turn.is_multiple_of(16) {
                n_free += 1;
                master.dive(&best.roster, &mut chance, &is_over)
            } else {
                self.dive_near_best(master, &best.roster, turn, &mut chance)
            };
            let Some(roster) = found else { return };
            let score = self.evaluator.score(&roster);
            self.offer(&roster, score);
            master.new_rows(n_known).for_each(|(person, row)| pool.keep(person, row));
            if score.soft < best.score.soft || n_free > 0 {
                n_free = 0;
                // As long for polishing as for diving.
                let length = (self.spent() - from).min(0.04);
                let heat = Heat { first: 3.0, last: 0.5 };
                let (roster, score) = self.anneal(roster, heat, WEIGHTS, self.spent() + length);
                self.offer(&roster, score);
                master.learn(&roster);
            }
            if turn % 8 == 7 {
                self.free_people(pool, self.spent() + 0.03);
            }
            master.learn(&self.best().roster);
            master.generate(2, &is_over);
        }
    }

    /// Dives with most of the best roster kept: all outside some days, all but some people, or most of
    /// what the linear program agrees with.
    fn dive_near_best(
        &self,
        master: &mut Master<'_, '_>,
        best: &Roster,
        turn: u32,
        chance: &mut Chance,
    ) -> Option<Roster> {
        let n_days = best.n_days();
        let n_people = best.n_people();
        let is_over = || self.is_over();
        let mut dice = Chance::new(chance.next());
        match turn % 3 {
            0 => {
                let length = (n_days / 4 + chance.below(n_days / 4 + 1)).max(3);
                // The days before and after those of the roster let its ends be freed as often.
                let end = chance.below(n_days + length) + length / 2;
                let is_kept = |_, day: usize| !(end..end + length).contains(&(day + length));
                master.dive_near(best, &is_kept, &mut dice, &is_over)
            }
            1 => {
                let n = 4 + chance.below(n_people.min(24));
                let free: Vec<usize> = (0..n).map(|_| chance.below(n_people)).collect();
                master.dive_near(best, &|place, _| !free.contains(&place), &mut dice, &is_over)
            }
            _ => {
                let agreement = master.agreement(best);
                let least = 0.2 + 0.6 * chance.unit();
                let is_kept = |place: usize, day: usize| {
                    agreement.get(place * n_days + day).is_some_and(|share| *share >= least)
                };
                master.dive_near(best, &is_kept, &mut dice, &is_over)
            }
        }
    }

    /// Anneals until the time is over, once long and then from the best again and again, with best rows
    /// in between where there are.
    fn keep_annealing(mut self) {
        let mut heat = 6.0;
        while !self.plans.is_empty() && !self.is_over() {
            let until = self.spent() + 0.05;
            let best = self.best().roster;
            let (roster, score) = self.anneal(best, Heat { first: heat, last: 0.5 }, FIRM, until);
            self.offer(&roster, score);
            let (roster, score) = self.respond(roster, 1.0);
            self.offer(&roster, score);
            heat = (heat * 0.9).max(2.0);
        }
        let mut heat = Heat { first: 40.0, last: 0.5 };
        let mut until = self.spent() + 0.8 * (1.0 - self.spent());
        while !self.is_over() {
            let best = self.best().roster;
            self.anneal(best, heat, WEIGHTS, until);
            heat.first = 4.0;
            until = self.spent() + 0.1;
        }
    }

    /// Anneals for a while, then frees people.
    fn roam(mut self) {
        let (best, from) = (self.best(), self.spent());
        self.anneal(best.roster, Heat { first: 40.0, last: 0.5 }, WEIGHTS, from + 0.4 * (1.0 - from));
        let mut pool = Pool::new(self.evaluator.problem().n_people());
        self.free_people(&mut pool, 1.0);
    }
}
