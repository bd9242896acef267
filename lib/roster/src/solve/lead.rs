//! Solves the whole by columns: prices, the linear program, then dives without end.

use super::free::Pool;
use super::prove::Proof;
use super::{Chance, WEIGHTS, Worker};
use crate::anneal::Heat;
use crate::master::{Grain, Master};
use crate::problem::{PersonIdx, Roster};
use std::ops::Range;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// How many pricings come before columns are weighed, for the whole and for a part, which begins with a good
/// roster and has few rows.
const ASCENT: usize = 80;
const ASCENT_PART: usize = 12;
/// As many dives as there is time for.
pub(super) const ENDLESS: u32 = u32::MAX;

impl<'p> Worker<'_, 'p> {
    /// Solves by columns, then frees people.
    pub(super) fn lead(&mut self) {
        self.lead_within(1.0, ENDLESS);
    }

    /// The same, given up when the linear program is not solved in a share of the time, and ended after so many
    /// dives.
    pub(super) fn lead_within(&mut self, share: f64, dives_max: u32) {
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
            #[expect(clippy::cast_precision_loss, reason = "objectives are far below 2^52")]
            let upper = WEIGHTS.of_score(best.score) as f64;
            let ascent = if self.shared.patience.is_some() { ASCENT_PART } else { ASCENT };
            let from = self.spent();
            let end = from + share;
            master.ascend(upper, ascent, &is_over);
            self.prove(master.bound());
            while !master.generate(1, &is_over) && !self.is_over() && self.spent() < self.shared.root_max {
                self.prove(master.bound());
                if self.spent() >= end {
                    return;
                }
            }
            self.prove(master.bound());
            for person in PersonIdx::all(n_people) {
                master.rows_of(person).for_each(|row| pool.keep(person, row));
            }
            if self.task.n_threads > 1 && !self.is_over() {
                *self.shared.root.lock().unwrap_or_else(PoisonError::into_inner) = Some(master.root());
                self.shared.has_root.store(true, Ordering::Relaxed);
            }
            let proof = self.shared.patience.is_none().then(|| self.proof(&master, from));
            self.dive_on(&mut master, &mut pool, proof, 0..dives_max);
        }
        if self.shared.patience.is_none() && dives_max == ENDLESS {
            self.free_people(&mut pool, 1.0);
        }
    }

    /// Dives in turns, freely at first, then near the best roster, and in the end lets the tree have its share.
    fn dive_on<'e>(
        &mut self,
        master: &mut Master<'e, 'p>,
        pool: &mut Pool,
        mut proof: Option<Proof<'e, 'p>>,
        turns: Range<u32>,
    ) {
        let (shared, spent) = (self.shared, self.task.spent);
        let is_over = || shared.is_done.load(Ordering::Relaxed) || spent() >= 1.0;
        let mut n_free = 0;
        let mut n_idle = 0;
        // A part begins with a good roster, which a free dive seldom beats.
        let is_part = shared.patience.is_some();
        for turn in if is_part { 2..ENDLESS } else { turns } {
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
            #[expect(clippy::cast_precision_loss, reason = "objectives are far below 2^52")]
            let cost = WEIGHTS.of_score(best.score) as f64;
            // Polishing gains a little.
            master.cost_max = if is_free { f64::INFINITY } else { cost + 0.01 * cost.abs() };
            let found = if is_free {
                n_free += 1;
                let grain = if turn == 0 { Grain::Coarse } else { Grain::Fine };
                master.dive(&best.roster, grain, &mut chance, &is_over)
            } else {
                self.dive_near_best(master, &best.roster, turn, &mut chance)
            };
            let Some(roster) = found else {
                n_idle += 1;
                master.generate(2, &is_over);
                continue;
            };
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
        if let Some(proof) = &mut proof {
            self.branch(proof);
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
        let grain = if chance.in_256(128) { Grain::Fine } else { Grain::Coarse };
        match turn % 3 {
            0 => {
                let length = (n_days / 4 + chance.below(n_days / 4 + 1)).max(3);
                // The days before and after those of the roster let its ends be freed as often.
                let end = chance.below(n_days + length) + length / 2;
                let is_kept = |_, day: usize| !(end..end + length).contains(&(day + length));
                master.dive_near(best, &is_kept, grain, &mut dice, &is_over)
            }
            1 => {
                let n = 4 + chance.below(n_people.min(24));
                let free: Vec<usize> = (0..n).map(|_| chance.below(n_people)).collect();
                master.dive_near(best, &|place, _| !free.contains(&place), grain, &mut dice, &is_over)
            }
            _ => {
                let agreement = master.agreement(best);
                let least = 0.2 + 0.6 * chance.unit();
                let is_kept = |place: usize, day: usize| {
                    agreement.get(place * n_days + day).is_some_and(|share| *share >= least)
                };
                master.dive_near(best, &is_kept, grain, &mut dice, &is_over)
            }
        }
    }

    /// Whether there is something better to do by now.
    pub(super) fn is_called(&self) -> bool {
        self.waits && self.shared.has_root.load(Ordering::Relaxed)
    }

    /// Anneals for a while, then frees people; once the first thread has solved the linear program,
    /// dives from it as that does, by other chances, and ends as that does.
    pub(super) fn roam(&mut self, dives_max: u32) {
        if self.is_over() {
            return;
        }
        self.plan_rows();
        self.waits = true;
        let (best, from) = (self.best(), self.spent());
        self.anneal(best.roster, Heat { first: 40.0, last: 0.5 }, WEIGHTS, from + 0.4 * (1.0 - from));
        let mut pool = Pool::new(self.evaluator.problem().n_people());
        self.free_people(&mut pool, 1.0);
        self.waits = false;
        let root = self.shared.root.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(root) = root.filter(|_| !self.is_over()) else { return };
        let people = PersonIdx::all(self.evaluator.problem().n_people()).collect();
        let best = self.best().roster;
        let mut master = Master::new(self.evaluator, WEIGHTS, &self.plans, &best, people);
        master.take_root(root);
        master.rows().for_each(|(person, row)| pool.keep(person, row));
        master.generate(3, &|| self.is_over());
        self.dive_on(&mut master, &mut pool, None, 1..dives_max);
        if dives_max == ENDLESS {
            self.free_people(&mut pool, 1.0);
        }
    }
}
