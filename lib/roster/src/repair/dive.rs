//! The search: fill one hole after the other, allow one changed cell more at a time.
#![expect(clippy::indexing_slicing, reason = "people, days and rows of the demand are those of the problem")]

use super::ground::Ground;
use super::ways::{Maker, Mends, Way, Ways};
use super::{BeyondHelp, Found, Legal};
use crate::evaluate::{Mark, State};
use crate::problem::{DayIdx, DemandIdx, PersonIdx, Roster};
use std::collections::BTreeMap;
use std::rc::Rc;

/// After so many complete rosters no more are compared by cost.
const LEAVES_MAX: u64 = 20_000;
/// Rows that a step of the search weighs.
const STEP_WORK: u64 = 4;
/// Heads that leaving a rule across people broken weighs.
const HARD_WEIGHT: u64 = 1_000;

/// Something to put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hole {
    /// A row that the news broke.
    Person(PersonIdx),
    /// A row of the demand that is short.
    Row(usize),
    /// A day on which rules across people are worse than before.
    Group(DayIdx),
}

/// How good a roster is: units broken, heads short, cells changed, points of cover, points.
type Value = (i64, u64, usize, i64, i64);

struct Best {
    value: Value,
    roster: Roster,
}

/// Where the search stood.
struct Before {
    mark: Mark,
    n_changes: usize,
    touched: Vec<u16>,
    unmended: Vec<PersonIdx>,
}

/// The search.
pub(super) struct Dive<'a, 'e, 'p> {
    ground: &'a Ground<'e, 'p>,
    /// The root, on which ways are worked out.
    root: State<'e, 'p>,
    state: State<'e, 'p>,
    /// Whose row differs from the root, and how often it was touched.
    touched: Vec<u16>,
    allowed: Vec<i64>,
    /// People whose rows are to be mended, with the ways to do it.
    mends: BTreeMap<PersonIdx, Rc<Vec<Way>>>,
    unmended: Vec<PersonIdx>,
    /// Whose row no allowed change makes legal.
    beyond_help: Vec<BeyondHelp>,
    /// Ways onto rows of the demand from rows nobody touched.
    ways: BTreeMap<usize, Rc<Ways>>,
    /// Holes left open: heads of rows, days of groups.
    given_up: BTreeMap<Hole, u64>,
    n_changes: usize,
    changes_max: usize,
    n_skipped: u64,
    best: Option<Best>,
    n_leaves: u64,
    work: u64,
    work_max: u64,
    is_cut: bool,
    /// Whether enough complete rosters of this level were seen.
    is_full: bool,
}

impl<'a, 'e, 'p> Dive<'a, 'e, 'p> {
    pub(super) fn new(ground: &'a Ground<'e, 'p>, changes_max: usize, work_max: u64) -> Dive<'a, 'e, 'p> {
        let n_people = ground.after.problem().n_people();
        let state = State::new(ground.after, ground.root.clone());
        let mut dive = Dive {
            ground,
            root: state.clone(),
            state,
            touched: vec![0; n_people],
            allowed: vec![0; n_people],
            mends: BTreeMap::new(),
            unmended: Vec::new(),
            beyond_help: Vec::new(),
            ways: BTreeMap::new(),
            given_up: BTreeMap::new(),
            n_changes: ground.forced.len(),
            changes_max,
            n_skipped: 0,
            best: None,
            n_leaves: 0,
            work: 0,
            work_max,
            is_cut: false,
            is_full: false,
        };
        dive.find_mends();
        dive
    }

    /// People whose rows the news touched or broke, with the ways to mend them.
    fn find_mends(&mut self) {
        for person in PersonIdx::all(self.allowed.len()) {
            let is_forced = self.ground.forced.iter().any(|(forced, _)| *forced == person);
            let excess = self.ground.excess(person, self.ground.root.row(person));
            if !is_forced && excess == 0 {
                continue;
            }
            let edits_max = self.changes_max - self.n_changes;
            let mut maker = self.maker(&self.root, self.work_max / 4);
            let Mends { least, ways, legal } = maker.mend(person, edits_max);
            self.work += maker.n_judged;
            self.allowed[person.idx()] = least;
            self.mends.insert(person, Rc::new(ways));
            if least > 0 {
                let forced = self.ground.forced.iter().filter(|(forced, _)| *forced == person).count();
                let legal = match legal {
                    Legal::After(n_changes) => Legal::After(n_changes + forced),
                    Legal::Never | Legal::Unknown => legal,
                };
                self.beyond_help.push(BeyondHelp { person, legal });
            }
            self.unmended.push(person);
        }
    }

    fn maker<'s>(&'s self, state: &'s State<'e, 'p>, n_judged_max: u64) -> Maker<'s, 'e, 'p> {
        Maker { ground: self.ground, state, allowed: &self.allowed, n_judged: 0, n_judged_max }
    }

    pub(super) fn run(&mut self) -> Found {
        self.give_up_impossible();
        self.greedy();
        let standing = |dive: &Dive<'_, '_, '_>| dive.best.as_ref().map(|best| (best.value.1, best.value.2));
        let base = self.n_skipped;
        let (skips_max, changes_best) = standing(self).unwrap_or((base, self.changes_max));
        let (mut is_fewest, mut is_cheapest) = (false, false);
        // Heads are given up one by one; a broken rule across people only as the first answer has it.
        let heads_max = base + (skips_max - base) % HARD_WEIGHT;
        self.is_cut = false;
        'levels: for skips in (base..=heads_max).chain((skips_max > heads_max).then_some(skips_max)) {
            let changes_max = if skips == skips_max { changes_best } else { self.changes_max };
            for changes in self.n_changes..=changes_max {
                (self.n_leaves, self.is_full) = (0, false);
                self.dive(changes - self.n_changes, skips - base);
                // Everything below this level was seen to the end.
                let is_here = standing(self).is_some_and(|best| best <= (skips, changes));
                if is_here || self.is_cut {
                    (is_fewest, is_cheapest) = (is_here, is_here && !self.is_cut && !self.is_full);
                    break 'levels;
                }
            }
        }
        let roster = self.best.take().map_or_else(|| self.ground.root.clone(), |best| best.roster);
        Found { roster, is_fewest, is_cheapest, beyond_help: std::mem::take(&mut self.beyond_help) }
    }

    /// Holes that cannot be filled even when all others stay open are given up for good. That is
    /// certain only where there is a single way to mend what the news broke.
    fn give_up_impossible(&mut self) {
        if self.mends.values().any(|ways| ways.len() != 1) {
            return;
        }
        let before = self.before();
        self.mend_all();
        let holes = self.holes();
        let mut n_left = u64::try_from(holes.len()).unwrap_or(u64::MAX);
        let mut impossible = Vec::new();
        for (hole, n) in holes.iter().copied().filter(|(hole, _)| matches!(hole, Hole::Row(_))) {
            let found = self.alone(&holes, hole, self.share(2 * n_left));
            if found.is_none() && !self.is_cut {
                impossible.push((hole, n));
            }
            n_left -= 1;
        }
        self.back_to(before);
        for (hole, n) in impossible {
            *self.given_up.entry(hole).or_default() += n;
            self.n_skipped += n;
        }
    }

    /// A first answer: mend row after row and fill hole after hole, each as cheaply as it goes by
    /// itself, and leave open what cannot be filled.
    fn greedy(&mut self) {
        let before = self.before();
        let (given_up, n_skipped) = (self.given_up.clone(), self.n_skipped);
        self.mend_all();
        loop {
            let holes = self.holes();
            let Some(hole) = self.tightest(&holes) else { break };
            let n_left = u64::try_from(holes.len()).unwrap_or(u64::MAX);
            match self.alone(&holes, hole, self.share(2 * n_left)) {
                Some(roster) => self.adopt(&roster),
                None => {
                    *self.given_up.entry(hole).or_default() += 1;
                    self.n_skipped += self.weight(hole);
                }
            }
        }
        self.leaf();
        self.back_to(before);
        (self.given_up, self.n_skipped) = (given_up, n_skipped);
    }

    /// Work up to which one of so many parts of what is left reaches.
    fn share(&self, n_parts: u64) -> u64 {
        self.work + self.work_max.saturating_sub(self.work) / n_parts.max(1)
    }

    fn before(&mut self) -> Before {
        let mark = self.state.mark();
        let (touched, unmended) = (self.touched.clone(), self.unmended.clone());
        Before { mark, n_changes: self.n_changes, touched, unmended }
    }

    fn back_to(&mut self, before: Before) {
        self.state.undo_to(before.mark);
        (self.n_changes, self.touched, self.unmended) = (before.n_changes, before.touched, before.unmended);
    }

    /// Mends every row the first way that the limit allows.
    fn mend_all(&mut self) {
        while let Some(person) = self.unmended.pop() {
            let ways = self.mends.get(&person).map(Rc::clone).unwrap_or_default();
            let left = self.changes_max - self.n_changes;
            if let Some(way) = ways.iter().find(|way| way.n_changes <= left) {
                self.take(way);
            }
        }
    }

    /// The best roster that fills one head of a hole and what this opens, and leaves the other holes;
    /// the search is left as it was, but for whether it was cut.
    fn alone(&mut self, holes: &[(Hole, u64)], hole: Hole, work_until: u64) -> Option<Roster> {
        let given_up = self.given_up.clone();
        for (other, heads) in holes {
            let heads = if *other == hole { heads - 1 } else { *heads };
            *self.given_up.entry(*other).or_default() += heads;
        }
        let kept = self.best.take();
        let work_max = std::mem::replace(&mut self.work_max, work_until);
        self.is_cut = false;
        for changes in 1..=self.changes_max - self.n_changes {
            (self.n_leaves, self.is_full) = (0, false);
            self.dive(changes, 0);
            if self.best.is_some() || self.is_cut {
                break;
            }
        }
        (self.work_max, self.given_up) = (work_max, given_up);
        let found = std::mem::replace(&mut self.best, kept);
        found.map(|best| best.roster)
    }

    /// Takes over a roster.
    fn adopt(&mut self, roster: &Roster) {
        let mut n_changes = 0;
        for person in PersonIdx::all(roster.n_people()) {
            if self.state.roster().row(person) != roster.row(person) {
                self.state.set_row(person, roster.row(person));
                self.touched[person.idx()] += 1;
            }
            let pairs = roster.row(person).iter().zip(self.ground.published.row(person));
            n_changes += pairs.filter(|(is, was)| is != was).count();
        }
        self.n_changes = n_changes;
    }

    fn weight(&self, hole: Hole) -> u64 {
        match hole {
            Hole::Person(_) => HARD_WEIGHT,
            Hole::Row(_) => 1,
            Hole::Group(day) => {
                let (hard, _) = self.ground.group_excess(self.state.roster(), day);
                if hard > 0 { HARD_WEIGHT } else { 1 }
            }
        }
    }

    /// What is to be put right as the roster stands, with how many heads.
    fn holes(&self) -> Vec<(Hole, u64)> {
        if let Some(person) = self.unmended.last() {
            return vec![(Hole::Person(*person), 1)];
        }
        let given_up = |hole: &Hole| self.given_up.get(hole).copied().unwrap_or(0);
        let mut holes = Vec::new();
        for row in 0..self.ground.after.cover().n_rows() {
            let target = self.ground.target(row);
            let short = u64::from(target.saturating_sub(self.state.heads(DemandIdx::at(row))));
            if short == 0 || self.ground.demand(row).day < self.ground.first_free {
                continue;
            }
            let short = short.saturating_sub(given_up(&Hole::Row(row)));
            if short > 0 {
                holes.push((Hole::Row(row), short));
            }
        }
        if self.ground.has_groups() {
            for day in self.changed_days() {
                let hole = Hole::Group(day);
                if given_up(&hole) == 0 && self.ground.group_excess(self.state.roster(), day) != (0, 0) {
                    holes.push((hole, 1));
                }
            }
        }
        holes
    }

    /// The days that differ from the published roster.
    fn changed_days(&self) -> Vec<DayIdx> {
        let (roster, published) = (self.state.roster(), self.ground.published);
        let mut is_changed = vec![false; roster.n_days()];
        for person in PersonIdx::all(roster.n_people()) {
            if roster.row(person) != published.row(person) {
                let pairs = roster.row(person).iter().zip(published.row(person));
                is_changed.iter_mut().zip(pairs).for_each(|(day, (is, was))| *day |= is != was);
            }
        }
        let days = DayIdx::all(roster.n_days()).zip(is_changed);
        let free = days.filter(|(day, is_changed)| *is_changed && *day >= self.ground.first_free);
        free.map(|(day, _)| day).collect()
    }

    /// The fewest changes that so many holes can need: one for each head of the shortest row of a day.
    fn fewest(&self, holes: &[(Hole, u64)]) -> u64 {
        let mut by_day: BTreeMap<DayIdx, u64> = BTreeMap::new();
        for (hole, heads) in holes {
            let day = match hole {
                Hole::Row(row) => self.ground.demand(*row).day,
                Hole::Group(day) => *day,
                Hole::Person(_) => continue,
            };
            let most = by_day.entry(day).or_default();
            *most = (*most).max(*heads);
        }
        by_day.values().sum()
    }

    /// The hole with the fewest ways.
    fn tightest(&mut self, holes: &[(Hole, u64)]) -> Option<Hole> {
        let mut tightest: Option<(usize, Hole)> = None;
        for (hole, _) in holes {
            let n = match hole {
                Hole::Person(_) => 0,
                Hole::Row(row) => 1 + self.ways_onto(*row).single.len(),
                Hole::Group(_) => usize::MAX,
            };
            if tightest.is_none_or(|best| (n, *hole) < best) {
                tightest = Some((n, *hole));
            }
        }
        tightest.map(|(_, hole)| hole)
    }

    /// Ways of one edit from rows nobody touched.
    fn ways_onto(&mut self, row: usize) -> Rc<Ways> {
        if let Some(known) = self.ways.get(&row) {
            return Rc::clone(known);
        }
        let mut maker = self.maker(&self.root, u64::MAX);
        let ways = Rc::new(maker.onto_row(row, &|_| true));
        self.work += maker.n_judged;
        self.ways.insert(row, Rc::clone(&ways));
        ways
    }

    /// The same with those of two edits.
    fn ways_twice(&mut self, row: usize) -> Rc<Ways> {
        let known = self.ways_onto(row);
        if known.double.is_some() {
            return known;
        }
        let left = self.work_max.saturating_sub(self.work);
        let mut maker = self.maker(&self.root, left);
        let double = maker.onto_row_twice(row, &known);
        self.work += maker.n_judged;
        self.is_cut |= self.work > self.work_max;
        let ways = Rc::new(Ways { double: Some(double), ..Ways::clone(&known) });
        self.ways.insert(row, Rc::clone(&ways));
        ways
    }

    /// Ways of one edit from rows that were touched.
    fn ways_again(&mut self, row: usize) -> Vec<Way> {
        if self.touched.iter().all(|n| *n == 0) {
            return Vec::new();
        }
        let mut maker = self.maker(&self.state, u64::MAX);
        // Once more and no further, lest two holes are filled from one another for ever.
        let ways = maker.onto_row(row, &|person| self.touched[person.idx()] == 1).single;
        self.work += maker.n_judged;
        ways
    }

    /// Fills what is open with so many changes more, leaving holes of so much weight.
    fn dive(&mut self, left: usize, skips: u64) {
        self.work += STEP_WORK + self.ground.group_work() * u64::try_from(self.n_changes).unwrap_or(0);
        self.is_cut |= self.work > self.work_max;
        if self.is_cut || self.is_full {
            return;
        }
        let holes = self.holes();
        if self.fewest(&holes) > skips.saturating_add(u64::try_from(left).unwrap_or(u64::MAX)) {
            return;
        }
        match self.tightest(&holes) {
            None => self.leaf(),
            Some(Hole::Person(person)) => self.mend(person, left, skips),
            Some(Hole::Row(row)) => {
                self.fill(row, left, skips);
                self.skip(Hole::Row(row), left, skips);
            }
            Some(Hole::Group(day)) => {
                self.regroup(day, left, skips);
                self.skip(Hole::Group(day), left, skips);
            }
        }
    }

    fn mend(&mut self, person: PersonIdx, left: usize, skips: u64) {
        self.unmended.pop();
        let ways = self.mends.get(&person).map(Rc::clone).unwrap_or_default();
        let mut is_any = false;
        for way in ways.iter().filter(|way| way.n_changes <= left) {
            is_any = true;
            self.step(way, left, skips);
        }
        if !is_any && left + self.n_changes == self.changes_max {
            self.dive(left, skips);
        }
        self.unmended.push(person);
    }

    fn fill(&mut self, row: usize, left: usize, skips: u64) {
        if left == 0 {
            return;
        }
        let ways = self.ways_onto(row);
        for way in &ways.single {
            if self.touched[way.person.idx()] == 0 {
                self.step(way, left, skips);
            }
        }
        for way in self.ways_again(row) {
            self.step(&way, left, skips);
        }
        if left < 2 || self.is_cut || self.is_full {
            return;
        }
        let ways = self.ways_twice(row);
        for way in ways.double.iter().flatten() {
            if self.touched[way.person.idx()] == 0 {
                self.step(way, left, skips);
            }
        }
    }

    /// Changes anybody's day so that the rules across people are better kept.
    fn regroup(&mut self, day: DayIdx, left: usize, skips: u64) {
        if left == 0 {
            return;
        }
        let was = self.ground.group_excess(self.state.roster(), day);
        let mut maker = self.maker(&self.state, u64::MAX);
        let ways = maker.on_day(day, &|person| self.touched[person.idx()] < 2);
        self.work += maker.n_judged;
        for way in ways {
            let mark = self.state.mark();
            self.state.set_all(way.person, &way.edits);
            let is = self.ground.group_excess(self.state.roster(), day);
            self.state.undo_to(mark);
            self.work += STEP_WORK + self.ground.group_work();
            if is < was {
                self.step(&way, left, skips);
            }
        }
    }

    fn skip(&mut self, hole: Hole, left: usize, skips: u64) {
        let weight = self.weight(hole);
        if weight > skips {
            return;
        }
        *self.given_up.entry(hole).or_default() += 1;
        self.n_skipped += weight;
        self.dive(left, skips - weight);
        self.n_skipped -= weight;
        *self.given_up.entry(hole).or_default() -= 1;
    }

    /// Goes a way, searches on, and comes back.
    fn step(&mut self, way: &Way, left: usize, skips: u64) {
        if self.is_cut || self.is_full {
            return;
        }
        let n_changes = self.n_changes;
        let mark = self.state.mark();
        self.take(way);
        if self.n_changes <= n_changes + left {
            self.dive(n_changes + left - self.n_changes, skips);
        }
        self.state.undo_to(mark);
        self.touched[way.person.idx()] -= u16::from(!way.edits.is_empty());
        self.n_changes = n_changes;
    }

    fn take(&mut self, way: &Way) {
        let row = self.state.roster().row(way.person);
        for (day, cell) in &way.edits {
            let was = self.ground.was(way.person, day.idx());
            self.n_changes += usize::from(*cell != was);
            self.n_changes -= usize::from(row[day.idx()] != was);
        }
        self.state.set_all(way.person, &way.edits);
        self.touched[way.person.idx()] += u16::from(!way.edits.is_empty());
    }

    /// Nothing is open any longer: keeps the roster when it is the best so far.
    fn leaf(&mut self) {
        self.n_leaves += 1;
        self.is_full |= self.n_leaves > LEAVES_MAX;
        let score = self.state.score();
        let value = (score.hard, self.n_skipped, self.n_changes, score.cover, score.soft);
        let is_legal = score.hard <= self.root.score().hard;
        if is_legal && self.best.as_ref().is_none_or(|best| value < best.value) {
            self.best = Some(Best { value, roster: self.state.roster().clone() });
        }
    }
}
