//! Hospitals: each trade of each unit is solved by itself over the whole horizon before anything else.
//!
//! Few people work in two units, and nobody fills the place of another trade, so a hospital is nearly a sum
//! of teams: those of one home who can stand in for each other. The linear program of a team has some two
//! hundred rows where that of all has thousands. Floats stay with the people of their home, and may go where
//! they are needed as others stand there now; windows across units mend the rest.

use super::{Worker, solve_team};
use crate::problem::{Cell, DayIdx, Duty, DutySet, PersonIdx, Roster, UnitIdx};
use crate::window::{Days, Window, able};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};

/// Problems of no more rows are solved as one.
const ROWS_MIN: usize = 550;
/// Smaller teams of a unit are solved together, and no fewer people by themselves.
const PEOPLE_MIN: usize = 8;
/// Longer horizons are solved in windows.
const DAYS_MAX: usize = 56;
/// By this share of the time the last team is left.
const UNTIL: f64 = 0.6;
/// The most that one team has, of all time.
const SHARE: f64 = 0.2;

/// Those who can stand in for each other at one home, in rising order, and the duties they do there.
struct Team {
    people: Vec<PersonIdx>,
    duties: DutySet,
}

impl Team {
    /// Takes another one in.
    fn join(&mut self, other: &mut Team) {
        self.people.append(&mut other.people);
        self.people.sort_unstable();
        self.duties = self.duties.union(&other.duties);
    }
}

impl Worker<'_, '_> {
    /// Solves the teams nobody has taken up, one after the other.
    pub(super) fn solve_teams(&self) {
        let score = self.best().score;
        if !self.has_teams() || score.hard == 0 && score.cover == 0 {
            return;
        }
        let teams = self.teams();
        self.draft().get_or_insert_with(|| self.all_at_home(&teams));
        while self.spent() < UNTIL && !self.is_over() {
            let next = self.shared.n_teams.fetch_add(1, Ordering::Relaxed);
            let Some(team) = teams.get(next) else { return };
            self.solve_team(team, self.task.seed ^ next as u64, SHARE.min(UNTIL - self.spent()));
        }
    }

    /// Whether this is a hospital: too large to be solved as one, and nearly everybody is at home in one of
    /// several units.
    pub(super) fn has_teams(&self) -> bool {
        let problem = self.evaluator.problem();
        let homes = PersonIdx::all(problem.n_people()).filter_map(|person| problem.person(person).home);
        let homes: Vec<UnitIdx> = homes.collect();
        problem.n_days() <= DAYS_MAX
            && self.evaluator.cover().n_rows() > ROWS_MIN
            && homes.len() * 10 >= problem.n_people() * 9
            && homes.iter().any(|home| Some(home) != homes.first())
    }

    /// All teams, the largest first.
    fn teams(&self) -> Vec<Team> {
        let problem = self.evaluator.problem();
        let mut units: BTreeMap<UnitIdx, Vec<PersonIdx>> = BTreeMap::new();
        for person in PersonIdx::all(problem.n_people()) {
            if let Some(home) = problem.person(person).home {
                units.entry(home).or_default().push(person);
            }
        }
        let mut teams = Vec::new();
        for (unit, people) in units {
            let (small, large): (Vec<Team>, Vec<Team>) = self
                .split_by_trade(unit, people)
                .into_iter()
                .partition(|team| team.people.len() < PEOPLE_MIN);
            teams.extend(large);
            teams.extend(small.into_iter().reduce(|mut one, mut other| {
                one.join(&mut other);
                one
            }));
        }
        teams.retain(|team| team.people.len() >= 2);
        teams.sort_by_key(|team| std::cmp::Reverse(team.people.len()));
        teams
    }

    /// Parts of the people of a unit such that no row of its demand is open to people of two.
    fn split_by_trade(&self, unit: UnitIdx, people: Vec<PersonIdx>) -> Vec<Team> {
        let problem = self.evaluator.problem();
        let parts = problem.parts();
        let is_home = |duty: Duty| {
            parts.shifts.get(duty.shift.idx()).is_some_and(|shift| shift.unit.is_none_or(|at| at == unit))
        };
        let of_unit = problem.duties().set(is_home);
        let mut teams: Vec<Team> = Vec::new();
        for person in people {
            let able = able(problem, person).intersection(&of_unit);
            // All that counts where this person can count.
            let rows = parts.demands.iter().filter(|demand| demand.who.has(person));
            let open = rows.filter(|demand| !demand.duties.intersection(&able).is_empty());
            let duties =
                open.fold(able, |duties, demand| duties.union(&demand.duties)).intersection(&of_unit);
            let mut team = Team { people: vec![person], duties };
            teams.retain_mut(|other| {
                let is_apart = team.duties.intersection(&other.duties).is_empty();
                if !is_apart {
                    team.join(other);
                }
                is_apart
            });
            teams.push(team);
        }
        teams
    }

    /// The best roster with everybody called back who helps out elsewhere, so that no team counts on them.
    fn all_at_home(&self, teams: &[Team]) -> Roster {
        let mut roster = self.best().roster;
        for team in teams {
            for person in &team.people {
                let locked = &self.evaluator.problem().person(*person).locked;
                let is_locked = |day: DayIdx| locked.iter().any(|(other, _)| *other == day);
                let cells = (0..).map(DayIdx::at).zip(roster.row_mut(*person));
                cells
                    .filter(|(day, cell)| !team.duties.has(**cell) && !is_locked(*day))
                    .for_each(|(_, cell)| *cell = Cell::OFF);
            }
        }
        roster
    }

    fn solve_team(&self, team: &Team, seed: u64, share: f64) {
        let days = Days::whole(0, self.evaluator.problem().n_days());
        let Some(draft) = self.draft().clone() else { return };
        let window = Window::cut(self.evaluator, &draft, &team.people, days);
        let Some(window) = window.and_then(|window| window.narrowed(&team.duties)) else {
            return;
        };
        let answer = self.solve_by_itself(&window, seed, share, solve_team);
        let mut draft = self.draft();
        if let Some(draft) = draft.as_mut() {
            window.put(&answer.roster, draft);
            self.offer(draft, self.evaluator.score(draft));
        }
    }

    /// What all teams have come to so far; worse than the best roster until most are solved.
    fn draft(&self) -> MutexGuard<'_, Option<Roster>> {
        self.shared.draft.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
