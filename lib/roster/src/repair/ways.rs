//! Ways: how one person's row can change so that a hole is filled.
//!
//! A way changes one cell, or two where one alone would break what must hold. Ways depend on the
//! person's own row alone, so each hole has its ways worked out once.
#![expect(clippy::indexing_slicing, reason = "people, days and rows of the demand are those of the problem")]

use super::Legal;
use super::ground::Ground;
use crate::evaluate::State;
use crate::problem::{Cell, DayIdx, DemandIdx, DutySet, PersonIdx};
use crate::row::{NEVER, RowPlan, Scratch};
use crate::score::Score;
use std::cmp::Reverse;

/// Second cells are tried with every duty while there are no more codes than this.
const CODES_TRIED_MAX: usize = 24;

/// So many edits mend a row at most.
const MEND_EDITS_MAX: usize = 4;
/// So many rows are edited further.
const BEAM: usize = 40;

/// What a changed cell costs the exact program, in its scale; points of preference are far below it.
const CHANGE: i32 = 1 << 22;
/// So many holes opened weigh as much as a cell changed.
const HOLES_OF_A_CHANGE: i32 = 64;
/// The exact program takes as long as judging so many rows.
const EXACT_WORK: u64 = 2_000;

/// New cells of one person.
type Edits = Vec<(DayIdx, Cell)>;

/// One person's new cells, with what follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) person: PersonIdx,
    pub(super) edits: Edits,
    /// How many cells more differ from the published roster.
    pub(super) n_changes: usize,
    /// How many rows of the demand are short by it.
    opens: usize,
    /// What it costs, as far as the person and these rows go.
    cost: Score,
}

/// The ways of a hole: with one edit, and once they were asked for with two.
#[derive(Clone, Debug, Default)]
pub(super) struct Ways {
    pub(super) single: Vec<Way>,
    pub(super) double: Option<Vec<Way>>,
    /// Edits that are against a rule by themselves: the first halves of two.
    pub(super) barred: Vec<(PersonIdx, Cell)>,
}

/// How the row of somebody whom the news concerns can be mended.
pub(super) struct Mends {
    /// How much is worse than before, at least.
    pub(super) least: i64,
    /// The ways to that.
    pub(super) ways: Vec<Way>,
    /// Where something is left worse: whether any change would do.
    pub(super) legal: Legal,
}

/// What the exact program found.
struct Exact {
    legal: Legal,
    edits: Edits,
}

/// Works out ways, and counts the rows it judges.
pub(super) struct Maker<'a, 'e, 'p> {
    pub(super) ground: &'a Ground<'e, 'p>,
    pub(super) state: &'a State<'e, 'p>,
    /// How much each person's row may be worse than before, since it cannot be helped.
    pub(super) allowed: &'a [i64],
    pub(super) n_judged: u64,
    pub(super) n_judged_max: u64,
}

impl Maker<'_, '_, '_> {
    fn excess(&mut self, person: PersonIdx, row: &[Cell]) -> i64 {
        self.n_judged += 1;
        self.ground.excess(person, row)
    }

    /// A way with what it changes, opens and costs as the roster stands.
    fn way(&self, person: PersonIdx, edits: Edits) -> Way {
        let roster = self.state.roster();
        let plan = self.ground.after.plan(person);
        let cover = self.ground.after.cover();
        let mut row = roster.row(person).to_vec();
        let own = plan.cost(&row);
        let (mut n_changes, mut n_back, mut opens, mut cost) = (0, 0, 0, Score::ZERO);
        for &(day, cell) in &edits {
            let (is, was) = (row[day.idx()], self.ground.was(person, day.idx()));
            n_changes += usize::from(cell != was);
            n_back += usize::from(is != was);
            row[day.idx()] = cell;
            for demand in self.rows_left(person, day.idx(), (is, cell)) {
                let heads = self.state.heads(DemandIdx::at(demand));
                opens += usize::from(heads <= self.ground.target(demand));
                cost += cover.score(demand, heads.saturating_sub(1)) - cover.score(demand, heads);
            }
            for demand in self.rows_left(person, day.idx(), (cell, is)) {
                let heads = self.state.heads(DemandIdx::at(demand));
                cost += cover.score(demand, heads + 1) - cover.score(demand, heads);
            }
        }
        cost += (plan.cost(&row) - own).into();
        Way { person, edits, n_changes: n_changes.saturating_sub(n_back), opens, cost }
    }

    /// The rows of the demand that a person counts toward with one cell of a day and not with another.
    fn rows_left(
        &self,
        person: PersonIdx,
        day: usize,
        (with, without): (Cell, Cell),
    ) -> impl Iterator<Item = usize> + '_ {
        let cover = self.ground.after.cover();
        let is_left = move |row: &usize| cover.rows(person, day, without).all(|other| other != *row);
        cover.rows(person, day, with).filter(is_left)
    }

    /// How many rows of the demand are short when a person has another cell on a day.
    fn n_opened(&self, person: PersonIdx, day: usize, cells: (Cell, Cell)) -> usize {
        let is_short = |row: &usize| self.state.heads(DemandIdx::at(*row)) <= self.ground.target(*row);
        self.rows_left(person, day, cells).filter(is_short).count()
    }

    /// The people who could count toward a row of the demand, with each duty they could have.
    fn takers(&self, row: usize, passes: &dyn Fn(PersonIdx) -> bool) -> Vec<(PersonIdx, Cell)> {
        let demand = self.ground.demand(row);
        let problem = self.ground.after.problem();
        let work: Vec<Cell> = demand.duties.cells(problem.n_codes()).collect();
        let mut takers = Vec::new();
        for person in PersonIdx::all(problem.n_people()).filter(|person| passes(*person)) {
            let is = self.state.roster().cell(person, demand.day);
            if !demand.who.has(person) || demand.duties.has(is) {
                continue;
            }
            let free = work.iter().filter(|cell| !self.ground.is_barred(person, demand.day.idx(), **cell));
            takers.extend(free.map(|cell| (person, *cell)));
        }
        takers
    }

    /// The ways of one edit onto a row of the demand.
    pub(super) fn onto_row(&mut self, row: usize, passes: &dyn Fn(PersonIdx) -> bool) -> Ways {
        let day = self.ground.demand(row).day;
        let mut ways = Ways::default();
        for (person, cell) in self.takers(row, passes) {
            let mut new = self.state.roster().row(person).to_vec();
            new[day.idx()] = cell;
            if self.excess(person, &new) <= self.allowed[person.idx()] {
                ways.single.push(self.way(person, vec![(day, cell)]));
            } else {
                ways.barred.push((person, cell));
            }
        }
        sort(&mut ways.single);
        ways
    }

    /// The ways of two edits onto a row of the demand, for edits that are barred by themselves.
    pub(super) fn onto_row_twice(&mut self, row: usize, ways: &Ways) -> Vec<Way> {
        let day = self.ground.demand(row).day;
        let mut double = Vec::new();
        for &(person, cell) in &ways.barred {
            let mut new = self.state.roster().row(person).to_vec();
            new[day.idx()] = cell;
            self.second(person, &mut new, day, &mut |maker, other| {
                double.push(maker.way(person, vec![(day, cell), other]));
            });
        }
        sort(&mut double);
        double
    }

    /// Every further edit that makes a row legal.
    fn second(
        &mut self,
        person: PersonIdx,
        row: &mut [Cell],
        not_on: DayIdx,
        found: &mut dyn FnMut(&Self, (DayIdx, Cell)),
    ) {
        let codes = self.codes(person);
        for day in self.ground.first_free.idx()..row.len() {
            if day == not_on.idx() || self.n_judged > self.n_judged_max {
                continue;
            }
            let is = row[day];
            for cell in codes.iter().filter(|cell| **cell != is) {
                if self.ground.is_barred(person, day, *cell) {
                    continue;
                }
                row[day] = *cell;
                if self.excess(person, row) <= self.allowed[person.idx()] {
                    found(self, (DayIdx::at(day), *cell));
                }
            }
            row[day] = is;
        }
    }

    /// Cells worth trying: all, or where there are many, off and what the person works anyway.
    fn codes(&self, person: PersonIdx) -> Vec<Cell> {
        let problem = self.ground.after.problem();
        if problem.n_codes() <= CODES_TRIED_MAX {
            return problem.duties().cells().collect();
        }
        let row = self.ground.published.row(person).iter().copied();
        let own: DutySet = row.chain([Cell::OFF]).collect();
        own.cells(problem.n_codes()).collect()
    }

    /// The ways to make legal again what the news did to a person's row, with the least that is worse
    /// than before: nothing more to do, another duty in place of what is forbidden, or up to four
    /// edits. Only the best rows of each round are edited further.
    pub(super) fn mend(&mut self, person: PersonIdx, edits_max: usize) -> Mends {
        let root = self.state.roster().row(person).to_vec();
        let least = self.excess(person, &root);
        let mut found: Vec<(i64, Edits)> = vec![(least, Vec::new())];
        let mut beam = found.clone();
        for n_edits in 1..=MEND_EDITS_MAX {
            // One more edit makes sense where something is broken still, or in place of what is forbidden.
            let best = found.iter().map(|(excess, _)| *excess).min().unwrap_or(least);
            if n_edits > 1 && best == 0 {
                break;
            }
            let mut next = Vec::new();
            for (_, edits) in &beam {
                self.edited_once_more(person, (&root, edits), (least, edits_max), &mut next);
            }
            next.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
            next.dedup();
            found.extend(next.iter().cloned());
            next.truncate(BEAM);
            beam = next;
        }
        let mut legal = Legal::Unknown;
        if found.iter().all(|(excess, _)| *excess > 0) {
            let exact = self.mend_exactly(person, &root);
            legal = exact.legal;
            if legal.n_changes().is_some_and(|n_changes| n_changes <= edits_max) {
                found.push((0, exact.edits));
            }
        }
        let best = found.iter().map(|(excess, _)| *excess).min().unwrap_or(least);
        found.retain(|(excess, _)| *excess == best);
        let mut ways: Vec<Way> = found.into_iter().map(|(_, edits)| self.way(person, edits)).collect();
        sort(&mut ways);
        let fewest = ways.iter().map(|way| way.n_changes).min().unwrap_or(0);
        ways.retain(|way| way.n_changes <= fewest + usize::from(best < least));
        Mends { least: best, ways, legal }
    }

    /// The legal row that differs from the root in the fewest cells beside those of the news, and then opens
    /// the fewest holes: a dynamic program over the days, where a changed cell has a price.
    fn mend_exactly(&mut self, person: PersonIdx, root: &[Cell]) -> Exact {
        let is_forced = |day: DayIdx| self.ground.forced.contains(&(person, day));
        let price = |day: usize, cell: Cell| {
            let at = DayIdx::at(day);
            let opened = i32::try_from(self.n_opened(person, day, (root[day], cell))).unwrap_or(0);
            match cell == root[day] {
                true => 0,
                false if at < self.ground.first_free => NEVER,
                false if is_forced(at) => 0,
                false => CHANGE + opened * (CHANGE / HOLES_OF_A_CHANGE),
            }
        };
        let codes = self.ground.after.problem().duties();
        let prices: Vec<i32> =
            (0..root.len()).flat_map(|day| codes.cells().map(move |cell| price(day, cell))).collect();
        self.n_judged += EXACT_WORK;
        let best = RowPlan::new(self.ground.after, person).best(&mut Scratch::default(), &prices);
        let Some(best) = best else { return Exact { legal: Legal::Never, edits: Vec::new() } };
        let days = DayIdx::all(root.len()).zip(root.iter().zip(&best.row));
        let edits: Edits = days.filter(|(_, (was, is))| was != is).map(|(day, (_, is))| (day, *is)).collect();
        let n_changes = edits.iter().filter(|(day, _)| !is_forced(*day)).count();
        // The program may leave out what it has no room for.
        let is_legal = self.excess(person, &best.row) == 0;
        Exact { legal: if is_legal { Legal::After(n_changes) } else { Legal::Unknown }, edits }
    }

    /// Every further edit of a row that has some, with what is worse than before.
    fn edited_once_more(
        &mut self,
        person: PersonIdx,
        (root, edits): (&[Cell], &Edits),
        (least, edits_max): (i64, usize),
        next: &mut Vec<(i64, Edits)>,
    ) {
        let codes = self.codes(person);
        let mut row = root.to_vec();
        edits.iter().for_each(|(day, cell)| row[day.idx()] = *cell);
        let forced = |maker: &Self, day: usize| maker.ground.forced.contains(&(person, DayIdx::at(day)));
        let n_changes = edits.iter().filter(|(day, _)| !forced(self, day.idx())).count();
        for day in self.ground.first_free.idx()..row.len() {
            let is_forced = forced(self, day);
            let is_edited = edits.iter().any(|(edited, _)| edited.idx() == day);
            if is_edited || (least == 0 && !is_forced) || n_changes + usize::from(!is_forced) > edits_max {
                continue;
            }
            let is = row[day];
            for cell in codes.iter().filter(|cell| **cell != is) {
                if self.n_judged > self.n_judged_max || self.ground.is_barred(person, day, *cell) {
                    continue;
                }
                row[day] = *cell;
                let excess = self.excess(person, &row);
                let mut more = edits.clone();
                more.push((DayIdx::at(day), *cell));
                more.sort_unstable();
                next.push((excess, more));
            }
            row[day] = is;
        }
    }

    /// The ways of one edit on a day, for holes that any change of that day may fill.
    pub(super) fn on_day(&mut self, day: DayIdx, passes: &dyn Fn(PersonIdx) -> bool) -> Vec<Way> {
        let problem = self.ground.after.problem();
        let mut ways = Vec::new();
        for person in PersonIdx::all(problem.n_people()).filter(|person| passes(*person)) {
            let mut row = self.state.roster().row(person).to_vec();
            let is = row[day.idx()];
            for cell in problem.duties().cells().filter(|cell| *cell != is) {
                if self.ground.is_barred(person, day.idx(), cell) {
                    continue;
                }
                row[day.idx()] = cell;
                if self.excess(person, &row) <= self.allowed[person.idx()] {
                    ways.push(self.way(person, vec![(day, cell)]));
                }
            }
        }
        sort(&mut ways);
        ways
    }
}

/// Fewest changes first, those that the holes they open will need included, then cheapest.
fn sort(ways: &mut [Way]) {
    ways.sort_by_key(|way| {
        (way.n_changes + way.opens, way.opens, way.cost, way.person, Reverse(way.edits.len()))
    });
}
