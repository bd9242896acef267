//! Searches for the best roster, and proves how good it can be.
//!
//! [`solve`] first anneals to a legal roster, and where rules are too many for that gives one person
//! after the other their best row until there is one. The teams of a hospital are then solved by
//! themselves (`teams`), and large problems in windows of some days and people, small ones first
//! (`slide`), until the window would be the whole. The whole is a choice of rows by columns (`master`),
//! which proves a bound and gives a nearly best roster by diving (`lead`); from there on a tree of
//! branches raises the bound (`prove`), and a few people at a time are freed and their rows chosen anew
//! (`free`). Where the whole has many rows, windows go on from the first dives instead. A second thread
//! anneals and frees other people until the linear program is solved, and then dives by chances of its
//! own; both start from the best roster there is.
//!
//! Threads are started here and nowhere else. With one thread the answer follows from the seed and
//! from what `spent` says; with a `spent` that counts work instead of time it is always the same.

mod chance;
mod common;
mod free;
mod lead;
mod prove;
mod respond;
mod slide;
mod steps;
mod teams;

pub(crate) use chance::Chance;

use crate::anneal::{Anneal, Heat};
use crate::evaluate::{Evaluator, Weights};
use crate::master::Root;
use crate::problem::{PersonIdx, Roster};
use crate::row::RowPlan;
use crate::score::Score;
use crate::window::Window;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Tells the second thread's chance from the first's.
const OTHER: u64 = 0x5eed;
/// What the levels weigh.
const WEIGHTS: Weights = Weights { hard: 1_000, cover: 300 };
/// The same, from where legal rosters are left no more.
const FIRM: Weights = Weights { hard: 20_000, ..WEIGHTS };
/// The share of the time for a first roster, and where teams begin anew after it.
const BEGIN: f64 = 0.03;
const HOSPITAL_BEGIN: f64 = 0.012;
/// The same for a team, which dives from its linear program by a later share, solved or not:
/// the last percent come slowly.
const TEAM_BEGIN: f64 = 0.04;
const TEAM_ROOT_MAX: f64 = 0.5;
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
    /// What all points are multiples of.
    step: i64,
    /// After how many dives without gain a part is given up; `None` for the whole.
    patience: Option<u32>,
    /// From which share of the time on the first linear program is good enough to dive from.
    root_max: f64,
    /// Whose rows a thread works on, on long horizons.
    busy: Mutex<Vec<bool>>,
    /// The first thread's linear program at its optimum, for the second to dive from.
    root: Mutex<Option<Root>>,
    has_root: AtomicBool,
    /// How many teams of a hospital were taken up, and the roster they work on.
    n_teams: AtomicUsize,
    draft: Mutex<Option<Roster>>,
}

/// One thread's view.
struct Worker<'w, 'p> {
    evaluator: &'w Evaluator<'p>,
    task: &'w Task<'w>,
    shared: &'w Shared,
    /// Everybody's rules for the best row, once they are needed.
    plans: Arc<[RowPlan]>,
    chance: Chance,
    /// Whether it drops what it does once there is a [`Root`].
    waits: bool,
}

/// Searches until the time is used up or the best roster is proven to be best.
#[must_use]
pub fn solve(evaluator: &Evaluator<'_>, task: &Task<'_>) -> Answer {
    let shared = Shared::new(evaluator, task, None);
    let worker = |seed: u64| Worker::new(evaluator, task, &shared, seed);
    worker(0).begin();
    let search = |mut worker: Worker<'_, '_>, is_first: bool| {
        worker.solve_teams();
        worker.slide(is_first);
        if is_first { worker.lead() } else { worker.roam(lead::ENDLESS) }
    };
    std::thread::scope(|scope| {
        (1..task.n_threads.min(2)).for_each(|_| {
            scope.spawn(|| search(worker(OTHER), false));
        });
        search(worker(0), true);
    });
    shared.answer()
}

/// Searches on one thread as [`solve`] does a problem small enough to be solved as a whole, until no head is
/// missing.
fn solve_team(evaluator: &Evaluator<'_>, task: &Task<'_>) -> Answer {
    let problem = evaluator.problem();
    let shared = Shared::new(evaluator, task, None);
    let start = shared.answer();
    // Nobody here can mend the rows of those who look on.
    let looks_on = |person: &PersonIdx| problem.person(*person).locked.len() >= problem.n_days();
    let others = PersonIdx::all(problem.n_people()).filter(looks_on);
    let of_others: i64 =
        others.map(|person| evaluator.plan(person).cost(start.roster.row(person)).hard).sum();
    let is_full = |score: Score| score.hard <= of_others && score.cover == 0;
    let is_done = AtomicBool::new(is_full(start.score));
    let spent = || if is_done.load(Ordering::Relaxed) { 1.0 } else { (task.spent)() };
    let tell = |news: &News<'_>| is_done.store(is_full(news.score), Ordering::Relaxed);
    let task = Task { spent: &spent, tell: &tell, ..*task };
    let shared = Shared { root_max: TEAM_ROOT_MAX, ..shared };
    let mut worker = Worker::new(evaluator, &task, &shared, 0);
    worker.begin_in(TEAM_BEGIN);
    worker.lead();
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
            step: common::step(problem),
            patience,
            root_max: 1.0,
            busy: Mutex::new(vec![false; problem.n_people()]),
            root: Mutex::new(None),
            has_root: AtomicBool::new(false),
            n_teams: AtomicUsize::new(0),
            draft: Mutex::new(None),
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
        Worker {
            evaluator,
            task,
            shared,
            plans: Arc::new([]),
            chance: Chance::new(task.seed ^ seed),
            waits: false,
        }
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
        self.take_over(&mut best, roster, score);
    }

    /// Takes a roster over if it is no worse than the best: among equals the search walks on.
    fn settle_on(&self, roster: &Roster, score: Score) {
        self.offer(roster, score);
        let mut best = self.shared.best.lock().unwrap_or_else(PoisonError::into_inner);
        if score == best.score {
            best.roster.clone_from(roster);
        }
    }

    fn take_over(&self, best: &mut Answer, roster: &Roster, score: Score) {
        if score < best.score {
            best.score = score;
            best.roster.clone_from(roster);
            (self.task.tell)(&News { roster: &best.roster, score, bound: best.bound });
        }
        self.judge_end(best);
    }

    /// Solves a window by itself in a share of the time, in the way given.
    fn solve_by_itself(
        &self,
        window: &Window,
        seed: u64,
        share: f64,
        solve: impl FnOnce(&Evaluator<'_>, &Task<'_>) -> Answer,
    ) -> Answer {
        let part = Evaluator::new(&window.problem);
        let from = self.spent();
        let spent = || if self.is_over() { 1.0 } else { (self.spent() - from) / share };
        let task = Task { seed, n_threads: 1, start: Some(&window.roster), spent: &spent, tell: &|_| {} };
        solve(&part, &task)
    }

    /// Takes a bound over if it is better than the best.
    fn prove(&self, bound: Option<i64>) {
        let bound = bound.map(|bound| common::up_to_step(bound, self.shared.step));
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
        let from = self.spent();
        let (waits, shared) = (self.waits, self.shared);
        let is_stopped =
            || shared.is_done.load(Ordering::Relaxed) || waits && shared.has_root.load(Ordering::Relaxed);
        let until = until.min(1.0);
        let share = || {
            let spent = (self.task.spent)();
            let is_over = is_stopped() || until <= from;
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
        self.begin_in(if self.has_teams() { HOSPITAL_BEGIN } else { BEGIN });
    }

    /// The same with the first try as long as a share of the time.
    fn begin_in(&mut self, first: f64) {
        let best = self.best();
        if self.task.start.is_some() && best.score.hard == 0 && best.score.cover == 0 {
            return;
        }
        let is_short = self.evaluator.problem().n_days() <= DAYS_MAX;
        let mut weights = WEIGHTS;
        let few = i64::try_from(self.evaluator.problem().n_people() / 4).unwrap_or(0);
        let mut heat = 60.0;
        let mut length = first;
        let mut roster = best.roster;
        while !self.is_over() && length < 5.0 * first && self.spent() < 0.5 {
            let until = self.spent() + length;
            let (found, score) = self.anneal(roster, Heat { first: heat, last: 0.5 }, weights, until);
            self.offer(&found, score);
            if score.hard > 0 && (is_short || score.hard <= few) {
                let until = self.spent() + 0.5 * length;
                let (found, score) = self.anneal(found, Heat { first: 10.0, last: 0.5 }, FIRM, until);
                self.offer(&found, score);
                break;
            }
            if score.hard == 0 && score.cover == 0 {
                break;
            }
            roster = found;
            length *= 1.5;
            heat *= 0.6;
            weights = Weights { hard: weights.hard * 3, cover: weights.cover * 2 };
        }
        if self.best().score.hard > 0 && is_short {
            self.plan_rows();
            let (roster, score) = self.respond(self.best().roster, 1.0);
            self.offer(&roster, score);
        }
    }
}
