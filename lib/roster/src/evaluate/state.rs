//! A roster with its score, kept exact while cells change.
//!
//! A change of one person's cells costs one sweep over that person's row and a few counts: no more
//! than a microsecond for four weeks. Costs of people and of rows are kept, so that undoing does
//! not judge anything again.
#![expect(clippy::indexing_slicing, reason = "rows, people and places are those of this problem")]

use super::Evaluator;
use super::across::Heads;
use crate::problem::{Cell, DayIdx, DemandIdx, PersonIdx, Roster};
use crate::score::{Cost, Score};

/// A roster with its score.
#[derive(Clone, Debug)]
pub struct State<'e, 'p> {
    evaluator: &'e Evaluator<'p>,
    roster: Roster,
    score: Score,
    costs: Vec<Cost>,
    heads: Vec<u16>,
    groups: Vec<Vec<Heads>>,
    shares: Vec<Vec<i64>>,
    spread_scores: Vec<Score>,
    log: Vec<Change>,
    is_logging: bool,
}

/// What a change replaced.
#[derive(Clone, Copy, Debug)]
enum Change {
    Cell { person: PersonIdx, day: u16, was: Cell },
    Cost { person: PersonIdx, was: Cost },
    Share { spread: u32, place: u32, was: i64, score_was: Score },
}

/// A moment to come back to with [`State::undo_to`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    n_changes: usize,
    score: Score,
}

impl<'e, 'p> State<'e, 'p> {
    /// A roster and its score. Cells that mean nothing in this problem become off.
    #[must_use]
    pub fn new(evaluator: &'e Evaluator<'p>, roster: Roster) -> State<'e, 'p> {
        let problem = evaluator.problem();
        let roster = if problem.fits(&roster) { roster } else { fitted(&roster, evaluator) };
        let across = evaluator.across();
        let mut state = State {
            evaluator,
            score: Score::ZERO,
            costs: Vec::with_capacity(problem.n_people()),
            heads: vec![0; evaluator.cover().n_rows()],
            groups: across
                .groups
                .iter()
                .map(|group| vec![Heads::default(); group.n_sets * problem.n_days()])
                .collect(),
            shares: Vec::new(),
            spread_scores: Vec::new(),
            log: Vec::new(),
            is_logging: false,
            roster,
        };
        state.judge_all();
        state
    }

    fn judge_all(&mut self) {
        let across = self.evaluator.across();
        let cover = self.evaluator.cover();
        for person in PersonIdx::all(self.roster.n_people()) {
            for (day, cell) in self.roster.row(person).iter().enumerate() {
                cover.rows(person, day, *cell).for_each(|row| self.heads[row] += 1);
                for (group, heads) in across.groups.iter().zip(&mut self.groups) {
                    group.places(person, day, *cell).for_each(|(at, add)| heads[at] = heads[at].plus(add));
                }
            }
            let cost = self.evaluator.plan(person).cost(self.roster.row(person));
            self.costs.push(cost);
            self.score += cost.into();
        }
        self.score += self.heads.iter().enumerate().map(|(row, heads)| cover.score(row, *heads)).sum();
        for (group, heads) in across.groups.iter().zip(&self.groups) {
            self.score += heads.iter().map(|heads| group.score(*heads)).sum();
        }
        for spread in &across.spreads {
            let people = PersonIdx::all(self.roster.n_people());
            let shares: Vec<i64> = people
                .filter_map(|person| Some(spread.share(spread.place(person)?, self.roster.row(person))))
                .collect();
            let score = spread.score(&shares);
            self.score += score;
            self.spread_scores.push(score);
            self.shares.push(shares);
        }
    }

    /// What judges.
    #[must_use]
    pub fn evaluator(&self) -> &'e Evaluator<'p> {
        self.evaluator
    }

    /// What the roster costs.
    #[must_use]
    #[inline]
    pub fn score(&self) -> Score {
        self.score
    }

    /// The roster as it stands.
    #[must_use]
    #[inline]
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The roster, taken out.
    #[must_use]
    pub fn into_roster(self) -> Roster {
        self.roster
    }

    /// What a person's own days cost.
    #[must_use]
    #[inline]
    pub fn cost(&self, person: PersonIdx) -> Cost {
        self.costs[person.idx()]
    }

    /// How many count toward a row of the demand.
    #[must_use]
    #[inline]
    pub fn heads(&self, demand: DemandIdx) -> u16 {
        self.heads[demand.idx()]
    }

    /// Sets one cell and tells what changes.
    pub fn set(&mut self, person: PersonIdx, day: DayIdx, cell: Cell) -> Score {
        self.set_all(person, &[(day, cell)])
    }

    /// Sets several cells of one person and tells what changes.
    pub fn set_all(&mut self, person: PersonIdx, cells: &[(DayIdx, Cell)]) -> Score {
        let before = self.score;
        let mut has_changed = false;
        for &(day, cell) in cells {
            has_changed |= self.place(person, day.idx(), cell);
        }
        if has_changed {
            self.judge(person);
        }
        self.score - before
    }

    /// Sets a person's whole row and tells what changes.
    pub fn set_row(&mut self, person: PersonIdx, row: &[Cell]) -> Score {
        let before = self.score;
        let mut has_changed = false;
        for (day, cell) in row.iter().enumerate() {
            has_changed |= self.place(person, day, *cell);
        }
        if has_changed {
            self.judge(person);
        }
        self.score - before
    }

    /// What would change if these cells were set.
    pub fn try_all(&mut self, person: PersonIdx, cells: &[(DayIdx, Cell)]) -> Score {
        let was_logging = self.is_logging;
        let mark = self.mark();
        let change = self.set_all(person, cells);
        self.undo_to(mark);
        self.is_logging = was_logging;
        change
    }

    /// Notes changes from here on, until [`State::keep`], to come back here.
    pub fn mark(&mut self) -> Mark {
        self.is_logging = true;
        Mark { n_changes: self.log.len(), score: self.score }
    }

    /// Takes back every change since the mark. Marks made since are void.
    pub fn undo_to(&mut self, mark: Mark) {
        while self.log.len() > mark.n_changes {
            match self.log.pop() {
                Some(Change::Cell { person, day, was }) => {
                    let day = usize::from(day);
                    let is = self.roster.row(person)[day];
                    self.count(person, day, is, was);
                    self.roster.row_mut(person)[day] = was;
                }
                Some(Change::Cost { person, was }) => self.costs[person.idx()] = was,
                Some(Change::Share { spread, place, was, score_was }) => {
                    self.shares[spread as usize][place as usize] = was;
                    self.spread_scores[spread as usize] = score_was;
                }
                None => {}
            }
        }
        self.score = mark.score;
    }

    /// Keeps every change; all marks are void.
    pub fn keep(&mut self) {
        self.log.clear();
        self.is_logging = false;
    }

    /// What cover and groups on a day would change if a person, off that day, took a duty: the price
    /// of the cell to the others.
    #[must_use]
    pub fn gain(&self, person: PersonIdx, day: DayIdx, cell: Cell) -> Score {
        let is = self.roster.cell(person, day);
        self.swing(person, day.idx(), is, cell) - self.swing(person, day.idx(), is, Cell::OFF)
    }

    /// The change of cover and groups if a person's cell became another, the roster left as it is.
    fn swing(&self, person: PersonIdx, day: usize, is: Cell, becomes: Cell) -> Score {
        let mut change = Score::ZERO;
        if is == becomes {
            return change;
        }
        let cover = self.evaluator.cover();
        let leaves = |row: usize| cover.rows(person, day, is).any(|other| other == row);
        let enters = |row: usize| cover.rows(person, day, becomes).any(|other| other == row);
        for row in cover.rows(person, day, is).filter(|row| !enters(*row)) {
            change += cover.score(row, self.heads[row] - 1) - cover.score(row, self.heads[row]);
        }
        for row in cover.rows(person, day, becomes).filter(|row| !leaves(*row)) {
            change += cover.score(row, self.heads[row] + 1) - cover.score(row, self.heads[row]);
        }
        for (group, heads) in self.evaluator.across().groups.iter().zip(&self.groups) {
            for (at, leaves) in group.places(person, day, is) {
                let enters = group.places(person, day, becomes).find(|(other, _)| *other == at);
                let after = heads[at].minus(leaves).plus(enters.map_or(Heads::default(), |(_, heads)| heads));
                change += group.score(after) - group.score(heads[at]);
            }
            for (at, enters) in group.places(person, day, becomes) {
                if group.places(person, day, is).all(|(other, _)| other != at) {
                    change += group.score(heads[at].plus(enters)) - group.score(heads[at]);
                }
            }
        }
        change
    }

    /// Puts a cell into the roster and counts it; the row is judged later.
    pub(crate) fn place(&mut self, person: PersonIdx, day: usize, cell: Cell) -> bool {
        let is_known = cell.code() < self.evaluator.problem().n_codes();
        let Some(was) = self.roster.row(person).get(day).copied().filter(|was| is_known && *was != cell)
        else {
            return false;
        };
        let change = self.count(person, day, was, cell);
        self.score += change;
        self.roster.row_mut(person)[day] = cell;
        if self.is_logging {
            let day = u16::try_from(day).unwrap_or(u16::MAX);
            self.log.push(Change::Cell { person, day, was });
        }
        true
    }

    /// Moves a person's heads from one cell to another; tells what cover and groups change.
    #[inline]
    fn count(&mut self, person: PersonIdx, day: usize, from: Cell, to: Cell) -> Score {
        let mut change = Score::ZERO;
        let cover = self.evaluator.cover();
        for row in cover.rows(person, day, from) {
            let heads = self.heads[row];
            change += cover.score(row, heads - 1) - cover.score(row, heads);
            self.heads[row] = heads - 1;
        }
        for row in cover.rows(person, day, to) {
            let heads = self.heads[row];
            change += cover.score(row, heads + 1) - cover.score(row, heads);
            self.heads[row] = heads + 1;
        }
        for (group, heads) in self.evaluator.across().groups.iter().zip(&mut self.groups) {
            for (at, leaves) in group.places(person, day, from) {
                let less = heads[at].minus(leaves);
                change += group.score(less) - group.score(heads[at]);
                heads[at] = less;
            }
            for (at, enters) in group.places(person, day, to) {
                let more = heads[at].plus(enters);
                change += group.score(more) - group.score(heads[at]);
                heads[at] = more;
            }
        }
        change
    }

    /// Judges a person's row again.
    fn judge(&mut self, person: PersonIdx) {
        let is = self.evaluator.plan(person).cost(self.roster.row(person));
        self.settle(person, is);
    }

    /// Takes over what a person's row costs, and judges fair shares again.
    pub(crate) fn settle(&mut self, person: PersonIdx, is: Cost) {
        let row = self.roster.row(person);
        let was = self.costs[person.idx()];
        self.score += Score::from(is - was);
        self.costs[person.idx()] = is;
        if self.is_logging && is != was {
            self.log.push(Change::Cost { person, was });
        }
        for (idx, spread) in self.evaluator.across().spreads.iter().enumerate() {
            let Some(place) = spread.place(person) else { continue };
            let share = spread.share(place, row);
            let was = std::mem::replace(&mut self.shares[idx][place], share);
            if was == share {
                continue;
            }
            let score = spread.score(&self.shares[idx]);
            let score_was = std::mem::replace(&mut self.spread_scores[idx], score);
            self.score += score - score_was;
            if self.is_logging {
                let small = |idx: usize| u32::try_from(idx).unwrap_or(u32::MAX);
                let (spread, place) = (small(idx), small(place));
                self.log.push(Change::Share { spread, place, was, score_was });
            }
        }
    }
}

/// A roster of the right size, with everything that means something taken over.
fn fitted(roster: &Roster, evaluator: &Evaluator<'_>) -> Roster {
    let mut fitted = evaluator.problem().empty_roster();
    for (person, day, cell) in roster.worked() {
        if cell.code() < evaluator.problem().n_codes() {
            fitted.set(person, day, cell);
        }
    }
    fitted
}
