//! Searches for the best roster, and proves how good it can be.
//!
//! [`solve`] first anneals to a legal roster, and where rules are too many for that gives one person
//! after the other their best row until there is one. Large problems are then solved in windows of
//! some days and people, small ones first (`slide`), until the window would be the whole. The whole is
//! a choice of rows by columns (`master`), which proves a bound and gives a nearly best roster by
//! diving; from there on a tree of branches raises the bound (`prove`), and a few people at a time are
//! freed and their rows chosen anew (`free`). A second thread anneals and frees other people meanwhile;
//! both start from the best roster there is.
//!
//! Threads are started here and nowhere else. With one thread the answer follows from the seed and
//! from what `spent` says; with a `spent` that counts work instead of time it is always the same.

mod chance;
mod free;
mod prove;
mod respond;
mod slide;
mod steps;

pub(crate) use chance::Chance;

use crate::anneal::{Anneal, Heat};
use crate::evaluate::{Evaluator, Weights};
use crate::master::Master;
use crate::problem::{PersonIdx, Roster};
use crate::row::RowPlan;
use crate::score::Score;
use free::Pool;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Tells the second thread's chance from the first's.
const OTHER: u64 = 0x5eed;
/// What the levels weigh.
const WEIGHTS: Weights = Weights { hard: 1_000, cover: 300 };
/// The same, from where legal rosters are left no more.
const FIRM: Weights = Weights { hard: 20_000, ..WEIGHTS };
/// The most days that best rows are worked out over.
const DAYS_MAX: usize = 70;

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
    /// After how many dives without gain a part is given up; `None` for the whole.
    patience: Option<u32>,
    /// Whose rows a thread works on, on long horizons.
    busy: Mutex<Vec<bool>>,
}

/// One thread's view.
struct Worker<'w, 'p> {
    evaluator: &'w Evaluator<'p>,
    task: &'w Task<'w>,
    shared: &'w Shared,
    /// Everybody's rules for the best row, once they are needed.
    plans: Arc<[RowPlan]>,
    chance: Chance,
}

/// Searches until the time is used up or the best roster is proven to be best.
#[must_use]
pub fn solve(evaluator: &Evaluator<'_>, task: &Task<'_>) -> Answer {
    let shared = Shared::new(evaluator, task, None);
    let worker = |seed: u64| Worker::new(evaluator, task, &shared, seed);
    worker(0).begin();
    let search = |mut worker: Worker<'_, '_>, is_first: bool| {
        worker.slide(is_first);
        if is_first { worker.lead() } else { worker.roam() }
    };
    std::thread::scope(|scope| {
        (1..task.n_threads.min(2)).for_each(|_| {
            scope.spawn(|| search(worker(OTHER), false));
        });
        search(worker(0), true);
    });
    shared.answer()
}

/// Searches on one thread as [`solve`] does, and also ends when so many dives in a row gained nothing.
fn solve_part(evaluator: &Evaluator<'_>, task: &Task<'_>, patience: u32) -> Answer {
    let shared = Shared::new(evaluator, task, Some(patience));
    let mut worker = Worker::new(evaluator, task, &shared, 0);
    worker.begin();
    worker.plan_rows();
    let (roster, score) = worker.respond(worker.best().roster, 1.0);
    worker.offer(&roster, score);
    worker.lead();
    shared.answer()
}

impl Shared {
    fn new(evaluator: &Evaluator<'_>, task: &Task<'_>, patience: Option<u32>) -> Shared {
        let problem = evaluator.problem();
        let start = task.start.cloned().unwrap_or_else(|| problem.empty_roster());
        let score = evaluator.score(&start);
        Shared {
            best: Mutex::new(Answer { roster: start, score, bound: None }),
            is_done: AtomicBool::new(false),
            patience,
            busy: Mutex::new(vec![false; problem.n_people()]),
        }
    }

    fn answer(&self) -> Answer {
        self.best.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<'w, 'p> Worker<'w, 'p> {
    fn new(
        evaluator: &'w Evaluator<'p>,
        task: &'w Task<'w>,
        shared: &'w Shared,
        seed: u64,
    ) -> Worker<'w, 'p> {
        Worker { evaluator, task, shared, plans: Arc::new([]), chance: Chance::new(task.seed ^ seed) }
    }

    /// Works out everybody's rules for the best row.
    fn plan_rows(&mut self) {
        let people = PersonIdx::all(self.evaluator.problem().n_people());
        self.plans = people.map(|person| RowPlan::new(self.evaluator, person)).collect();
    }

    fn spent(&self) -> f64 {
        (self.task.spent)()
    }

    fn is_over(&self) -> bool {
        self.shared.is_done.load(Ordering::Relaxed) || self.spent() >= 1.0
    }

    fn best(&self) -> Answer {
        self.shared.answer()
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

    /// Takes a roster over if it is no worse than the best: among equals the search walks on.
    fn settle_on(&self, roster: &Roster, score: Score) {
        self.offer(roster, score);
        let mut best = self.shared.best.lock().unwrap_or_else(PoisonError::into_inner);
        if score == best.score {
            best.roster.clone_from(roster);
        }
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

    /// A first legal roster: by annealing, and where that stays illegal by best rows.
    fn begin(&mut self) {
        let best = self.best();
        if self.task.start.is_some() && best.score.hard == 0 && best.score.cover == 0 {
            return;
        }
        let is_short = self.evaluator.problem().n_days() <= DAYS_MAX;
        let mut weights = WEIGHTS;
        let mut length = 0.03;
        let mut roster = best.roster;
        while !self.is_over() && length < 0.15 {
            let until = self.spent() + length;
            let (found, score) = self.anneal(roster, Heat { first: 60.0, last: 0.5 }, weights, until);
            self.offer(&found, score);
            if score.hard == 0 && score.cover == 0 || score.hard > 0 && is_short {
                break;
            }
            roster = found;
            length *= 1.5;
            weights = Weights { hard: weights.hard * 3, cover: weights.cover * 2 };
        }
        if self.best().score.hard > 0 && is_short {
            self.plan_rows();
            let (roster, score) = self.respond(self.best().roster, 1.0);
            self.offer(&roster, score);
        }
    }

    /// Solves by columns, then frees people.
    fn lead(&mut self) {
        if self.is_over() {
            return;
        }
        if self.plans.is_empty() {
            self.plan_rows();
        }
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
        if self.shared.patience.is_none() {
            self.free_people(&mut pool, 1.0);
        }
    }

    /// Dives again and again: freely at first, then near the best roster.
    fn dive_on(&mut self, master: &mut Master<'_, '_>, pool: &mut Pool) {
        let (shared, spent) = (self.shared, self.task.spent);
        let is_over = || shared.is_done.load(Ordering::Relaxed) || spent() >= 1.0;
        let mut n_free = 0;
        let mut n_idle = 0;
        // A part begins with a good roster, which a free dive seldom beats.
        let is_part = shared.patience.is_some();
        let mut proof = (!is_part).then(|| self.proof(master));
        for turn in if is_part { 2_u32 } else { 0 }.. {
            if is_over() || shared.patience.is_some_and(|patience| n_idle >= patience) {
                return;
            }
            if let Some(proof) = &mut proof {
                self.branch(proof);
            }
            let best = self.best();
            let from = self.spent();
            let n_known = master.n_columns();
            let mut chance = Chance::new(self.chance.next());
            let is_free = if is_part { turn % 4 == 3 } else { turn < 2 || turn.is_multiple_of(16) };
            let found = if is_free {
                n_free += 1;
                master.dive(&best.roster, &mut chance, &is_over)
            } else {
                self.dive_near_best(master, &best.roster, turn, &mut chance)
            };
            let Some(roster) = found else { return };
            let score = self.evaluator.score(&roster);
            if is_part {
                self.settle_on(&roster, score);
            } else {
                self.offer(&roster, score);
            }
            n_idle = if score < best.score { 0 } else { n_idle + 1 };
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

    /// Anneals for a while, then frees people.
    fn roam(&mut self) {
        if self.is_over() {
            return;
        }
        self.plan_rows();
        let (best, from) = (self.best(), self.spent());
        self.anneal(best.roster, Heat { first: 40.0, last: 0.5 }, WEIGHTS, from + 0.4 * (1.0 - from));
        let mut pool = Pool::new(self.evaluator.problem().n_people());
        self.free_people(&mut pool, 1.0);
    }
}
