//! Long horizons: a window of days and people is solved by itself, everything else as it is, and the
//! next, and the next.
//!
//! What breaks rules comes first, then where heads are missing, and half of the time anything.
//!
//! Short horizons come as one first, and windows go on from the first dives of those whose linear program has
//! many rows.
//!
//! Two threads take different people, so that what both find fits together.

#![expect(clippy::indexing_slicing, reason = "people are those of the problem")]

use super::lead::ENDLESS;
use super::steps::{Shape, Step, Steps};
use super::{FIRM, Task, Worker, solve_part};
use crate::anneal::Heat;
use crate::evaluate::{Charge, Evaluator};
use crate::problem::{Demand, DutySet, PersonIdx, Roster};
use crate::score::Score;
use crate::window::{Days, Window, able};
use std::sync::PoisonError;

/// Problems of no more rows and days are solved as one from the start.
const WHOLE: (f64, usize) = (550.0, 28);
/// Those of more rows than this go on in windows after so many dives, a coarse one and a fine one: later dives
/// drag all rows of the whole along, and a window only its own.
const WHOLE_LARGE: f64 = 300.0;
const DIVES_FIRST: u32 = 2;
/// Those of no more rows and days are tried as one first, and in windows where the linear program is not solved
/// in a share of the time.
const WHOLE_FIRST: (f64, usize) = (280.0, 84);
/// Those of no more rows and days are solved as one after windows, for a bound and for what windows cannot
/// see: from a share of the time on, once windows of a share of their rows were done in time, and for as
/// long at most until the linear program is solved.
const WHOLE_LATER: (f64, usize) = (800.0, 84);
const LATER: f64 = 0.25;
const LATER_ROWS: f64 = 0.4;
/// On horizons up to this long, windows begin larger, and best rows of the whole horizon come before.
const DAYS_SHORT: usize = 56;
/// The fewest and the most rows of the linear programs of windows, on short horizons and on long ones.
const ROWS_SHORT: (f64, f64) = (200.0, 1_200.0);
const ROWS: (f64, f64) = (120.0, 1_200.0);
/// A window is better this long than with more people.
const DAYS_GOOD: usize = 28;
/// The fewest people.
const PEOPLE_MIN: usize = 12;
/// The longest window, and the longest from the first to the last day of one that is in two places.
const DAYS_MAX: usize = 56;
const SPAN_MAX: usize = 119;
/// The share of the time that one window may take, and one polishing.
const SHARE: f64 = 0.05;
const SHARE_POLISH: f64 = 0.004;
/// The share of the time for annealing and best rows by turns, before windows, where rows of the whole
/// horizon are not too long for it.
const ROUNDS_SHARE: f64 = 0.15;
/// After how many dives without gain a window is left.
const PATIENCE: u32 = 4;

/// Where a window has something to mend.
#[derive(Clone, Copy, Debug)]
struct Spot {
    day: usize,
    who: Who,
}

/// Who could mend it.
#[derive(Clone, Copy, Debug)]
enum Who {
    /// A person whose days break a rule.
    Person(PersonIdx),
    /// Whoever can do one of these.
    Duties(DutySet),
}

impl Worker<'_, '_> {
    /// Solves windows, and polishes in between, each kind of step as often as it gains. The first thread tries
    /// the whole as one before or in between where that is small enough; the second goes on meanwhile. Where the
    /// whole has few rows on few days, there are no windows.
    pub(super) fn slide(&mut self, is_first: bool) {
        let problem = self.evaluator.problem();
        let n_days = problem.n_days();
        let n_rows = count(self.evaluator.cover().n_rows() + problem.n_people());
        let is_within = |limit: (f64, usize)| n_rows <= limit.0 && n_days <= limit.1;
        let is_whole = is_within(WHOLE);
        if is_whole && n_rows <= WHOLE_LARGE {
            return;
        }
        if is_whole && is_first {
            self.lead_within(1.0, DIVES_FIRST);
        } else if is_whole {
            self.roam(DIVES_FIRST);
        } else if is_first && is_within(WHOLE_FIRST) {
            self.lead_within(LATER, ENDLESS);
        }
        let mut is_whole_later = is_first && is_within(WHOLE_LATER) && !is_whole && !is_within(WHOLE_FIRST);
        if n_days <= DAYS_SHORT && n_rows > WHOLE.0 {
            self.round_robin(self.spent() + ROUNDS_SHARE);
        }
        let is_large = n_rows > WHOLE.0 && n_days <= DAYS_SHORT;
        let rows = if is_large { ROWS_SHORT } else { ROWS };
        let shapes = [Shape::Wide, Shape::Narrow, Shape::Apart];
        let mut steps = Steps::new((rows.0, rows.1.min(n_rows)), &shapes[..if n_days < 42 { 2 } else { 3 }]);
        let mut rows_done = 0.0_f64;
        while !self.is_over() {
            if is_whole_later && self.spent() > LATER && rows_done > LATER_ROWS * n_rows {
                is_whole_later = false;
                self.lead_within(LATER, ENDLESS);
            }
            rows_done = rows_done.max(self.take_step(&mut steps));
        }
    }

    /// Takes a step, and learns what its kind is good for. How many rows its window had; none where it took
    /// too long.
    fn take_step(&mut self, steps: &mut Steps) -> f64 {
        let (before, from) = (self.best().score, self.spent());
        let step = steps.choose(&mut self.chance);
        let mut rows_done = 0.0;
        let after = match step {
            Step::Polish => self.polish(),
            Step::Window { rows, shape } => {
                let spot = self.spot();
                let people = self.take_people(rows, shape, spot);
                if people.is_empty() {
                    // The other thread works on everybody.
                    self.polish();
                    return rows_done;
                }
                let days = self.take_days(&people, rows - count(people.len()), shape, spot);
                let after = self.solve_window(&people, days);
                self.release_people(&people);
                if self.spent() - from < SHARE {
                    rows_done = rows;
                }
                after
            }
        };
        steps.learn(step, points(FIRM.of_score(before - after)), self.spent() - from);
        rows_done
    }

    /// Anneals the best roster for a short while, hardly warmer than what lets equals pass.
    fn polish(&mut self) -> Score {
        let best = self.best();
        let heat = Heat { first: 0.5 + 3.5 * self.chance.unit(), last: 0.1 };
        let (roster, score) = self.anneal(best.roster, heat, FIRM, self.spent() + SHARE_POLISH);
        self.settle_on(&roster, score);
        score
    }

    /// Half of the time, and where there is any: days that break a rule, else those that heads are missing on,
    /// below the minimum while one is missing there, else below what is wanted.
    fn spot(&mut self) -> Option<Spot> {
        if self.chance.in_256(128) {
            return None;
        }
        let best = self.best();
        if best.score.hard > 0
            && let Some(spot) = self.broken(&best.roster)
        {
            return Some(spot);
        }
        let (problem, cover) = (self.evaluator.problem(), self.evaluator.cover());
        let mut heads = vec![0_u16; cover.n_rows()];
        for (person, day, cell) in best.roster.worked() {
            cover.rows(person, day.idx(), cell).for_each(|row| heads[row] += 1);
        }
        let demands = problem.parts().demands.iter().zip(heads);
        let least = |demand: &Demand| if best.score.cover > 0 { demand.minimum } else { demand.wanted };
        let short: Vec<&Demand> =
            demands.filter(|(demand, heads)| *heads < least(demand)).map(|(demand, _)| demand).collect();
        let demand = short.get(self.chance.below(short.len()))?;
        Some(Spot { day: demand.day.idx(), who: Who::Duties(demand.duties) })
    }

    /// A person whose own rules are broken, and a day of one that is.
    fn broken(&mut self, roster: &Roster) -> Option<Spot> {
        let problem = self.evaluator.problem();
        let breaks = |person: &PersonIdx| self.evaluator.plan(*person).cost(roster.row(*person)).hard > 0;
        let people: Vec<PersonIdx> = PersonIdx::all(problem.n_people()).filter(breaks).collect();
        let person = *people.get(self.chance.below(people.len()))?;
        let charges = self.evaluator.plan(person).charges(problem, person, roster.row(person));
        let hard: Vec<&Charge> = charges.iter().filter(|charge| charge.cost.hard > 0).collect();
        let charge = hard.get(self.chance.below(hard.len()))?;
        let (first, last) = (charge.first.max(0), charge.last.max(0));
        let length = usize::try_from(last - first).unwrap_or(0) + 1;
        let day = usize::try_from(first).unwrap_or(0) + self.chance.below(length);
        Some(Spot { day, who: Who::Person(person) })
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

    /// Takes people nobody else works on, in rising order: many of them or fewer by the shape, and
    /// those together who can stand in for each other.
    fn take_people(&mut self, rows: f64, shape: Shape, spot: Option<Spot>) -> Vec<PersonIdx> {
        let problem = self.evaluator.problem();
        let n_people = problem.n_people();
        let mut busy = self.shared.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let idle: Vec<PersonIdx> = PersonIdx::all(n_people).filter(|person| !busy[person.idx()]).collect();
        // Whoever comes first leaves a quarter for the other thread.
        let is_first = self.task.n_threads > 1 && idle.len() == n_people;
        let room = if is_first { (n_people * 3).div_ceil(4) } else { idle.len() };
        let n_max = room.min(whole(rows / 2.0).max(4));
        let n = match shape {
            Shape::Wide | Shape::Apart => n_max - self.chance.below(n_max / 4 + 1),
            Shape::Narrow => n_max / 4 + self.chance.below(n_max / 2 + 1),
        };
        // Whose days break a rule may mend them alone, over many of them.
        let is_broken = spot.is_some_and(|spot| matches!(spot.who, Who::Person(_)));
        let n = if is_broken && self.chance.in_256(128) { 1 } else { n };
        let is_missing = |person: &&PersonIdx| {
            spot.is_some_and(|spot| match spot.who {
                Who::Person(broken) => broken == **person,
                Who::Duties(duties) => !duties.intersection(&able(problem, **person)).is_empty(),
            })
        };
        let missing: Vec<&PersonIdx> = idle.iter().filter(is_missing).collect();
        let any = idle.get(self.chance.below(idle.len()));
        let Some(first) = missing.get(self.chance.below(missing.len())).copied().or(any) else {
            return Vec::new();
        };
        let wanted = able(problem, *first);
        let n_codes = problem.n_codes();
        let n_shared = |person: PersonIdx| wanted.intersection(&able(problem, person)).cells(n_codes).count();
        let mut liking: Vec<(f64, PersonIdx)> = idle
            .iter()
            .map(|person| (count(n_shared(*person)) * (0.5 + self.chance.unit()), *person))
            .filter(|(liking, person)| *liking > 0.0 && person != first)
            .collect();
        liking.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let liked = std::iter::once(*first).chain(liking.into_iter().map(|(_, person)| person));
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
    /// week, around the day of a spot. Without one, the first and the last days are taken as often as the
    /// others.
    fn take_days(&mut self, people: &[PersonIdx], rows: f64, shape: Shape, spot: Option<Spot>) -> Days {
        let problem = self.evaluator.problem();
        let n_days = problem.n_days();
        let able = people.iter().fold(DutySet::NONE, |all, person| all.union(&able(problem, *person)));
        let demands = problem.parts().demands.iter();
        let touched = demands.filter(|demand| !able.intersection(&demand.duties).is_empty());
        let rows_a_day = count(touched.count()) / count(n_days);
        let length = if people.len() == 1 { DAYS_MAX } else { whole(rows / rows_a_day.max(0.1)) };
        let length = length.clamp(7, DAYS_MAX).min(n_days);
        let length = if shape == Shape::Apart { (length / 2).max(7) } else { length };
        let until = match spot {
            Some(Spot { day, .. }) => day + 1 + self.chance.below(length),
            None => self.chance.below(n_days + length) + length / 2,
        };
        let until = until.clamp(length, n_days);
        let from = until - length;
        if shape != Shape::Apart {
            return Days::whole(from, until);
        }
        let (first, last) = (until.saturating_sub(SPAN_MAX), (from + SPAN_MAX).min(n_days) - length);
        let other = first + self.chance.below(last.saturating_sub(first) + 1);
        let (low, high) = (from.min(other), from.max(other));
        // Where both meet they are one.
        let hole = (low + length).min(high);
        Days { from: low, until: high + length, hole: (hole, high) }
    }

    /// Solves a window of the best roster; what the roster costs then.
    fn solve_window(&mut self, people: &[PersonIdx], days: Days) -> Score {
        let (best, seed) = (self.best(), self.chance.next());
        let Some(window) = Window::cut(self.evaluator, &best.roster, people, days) else {
            return best.score;
        };
        let solve = |part: &Evaluator<'_>, task: &Task<'_>| solve_part(part, task, PATIENCE);
        let answer = self.solve_by_itself(&window, seed, SHARE, solve);
        let mut after = best.score;
        // Into the roster as it is now, and if that does not fit together into what it was.
        for mut roster in [self.best().roster, best.roster] {
            window.put(&answer.roster, &mut roster);
            let score = self.evaluator.score(&roster);
            self.settle_on(&roster, score);
            after = after.min(score);
            if score <= best.score {
                break;
            }
        }
        after
    }
}

#[expect(clippy::cast_precision_loss, reason = "people and rows are few")]
fn count(n: usize) -> f64 {
    n as f64
}

/// What was gained; nothing when that is less.
#[expect(clippy::cast_precision_loss, reason = "gains are far below 2^52")]
fn points(gain: i64) -> f64 {
    gain.max(0) as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rows are few and not negative")]
fn whole(n: f64) -> usize {
    n as usize
}
