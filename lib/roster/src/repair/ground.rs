//! What a repair stands on: what was broken and short before, what the news forbids, and how much
//! worse a row or a day would be.
#![expect(clippy::indexing_slicing, reason = "people, days and rows of the demand are those of the problem")]

use crate::evaluate::Evaluator;
use crate::explain::{heads, rule_id};
use crate::problem::{Cell, DayIdx, Demand, DemandIdx, PersonIdx, Roster};
use crate::score::Score;
use std::collections::BTreeMap;

/// What a repair stands on.
pub(super) struct Ground<'e, 'p> {
    pub(super) after: &'e Evaluator<'p>,
    pub(super) published: &'e Roster,
    pub(super) first_free: DayIdx,
    /// The published roster with every cell off that the news forbids.
    pub(super) root: Roster,
    /// The cells that the news forbids, in order.
    pub(super) forced: Vec<(PersonIdx, DayIdx)>,
    /// For each person what was broken before, rule by rule.
    broken: Vec<BTreeMap<String, i64>>,
    /// For each row of the demand how many it must have not to be worse off than before.
    targets: Vec<u16>,
    /// For each group rule and day what it cost before.
    groups: Vec<Vec<Score>>,
}

impl<'e, 'p> Ground<'e, 'p> {
    pub(super) fn new(
        before: &Evaluator<'_>,
        after: &'e Evaluator<'p>,
        published: &'e Roster,
        first_free: DayIdx,
    ) -> Ground<'e, 'p> {
        let problem = after.problem();
        let mut root = published.clone();
        let mut forced = Vec::new();
        for (person, day, cell) in published.worked().filter(|(_, day, _)| *day >= first_free) {
            if is_forbidden(before, after, (person, day), cell) {
                root.set(person, day, Cell::OFF);
                forced.push((person, day));
            }
        }
        let people = PersonIdx::all(problem.n_people());
        let groups = after.across().groups.iter().zip(&before.across().groups);
        Ground {
            after,
            published,
            first_free,
            root,
            forced,
            broken: people.map(|person| broken(before, person, published.row(person))).collect(),
            targets: targets(before, after, published),
            groups: groups
                .map(|(_, group)| {
                    let days = DayIdx::all(problem.n_days());
                    days.map(|day| sum(&group.of_day(day.idx(), cells(published, day)))).collect()
                })
                .collect(),
        }
    }

    /// How much more a row breaks than the published one did before.
    #[inline]
    pub(super) fn excess(&self, person: PersonIdx, row: &[Cell]) -> i64 {
        let hard = self.after.plan(person).cost(row).hard;
        if hard == 0 || self.broken[person.idx()].is_empty() {
            return hard;
        }
        let was = &self.broken[person.idx()];
        let now = broken(self.after, person, row);
        now.iter().map(|(rule, hard)| (hard - was.get(rule).unwrap_or(&0)).max(0)).sum()
    }

    /// Whether a cell by itself must not be; what was broken before excuses none that is new.
    #[inline]
    pub(super) fn is_barred(&self, person: PersonIdx, day: usize, cell: Cell) -> bool {
        self.after.plan(person).cell_cost(day, cell).hard > 0 && self.root.row(person)[day] != cell
    }

    /// How many a row of the demand must have.
    #[inline]
    pub(super) fn target(&self, row: usize) -> u16 {
        self.targets[row]
    }

    /// How many heads a row of the demand lacks because of the news.
    pub(super) fn missing(&self, demand: DemandIdx, roster: &Roster) -> u16 {
        self.targets[demand.idx()].saturating_sub(heads(self.after.problem(), roster, demand))
    }

    /// How much more the group rules cost on a day than before, at the levels above preferences.
    pub(super) fn group_excess(&self, roster: &Roster, day: DayIdx) -> (i64, i64) {
        let mut excess = (0, 0);
        for (group, was) in self.after.across().groups.iter().zip(&self.groups) {
            let more = sum(&group.of_day(day.idx(), cells(roster, day))) - was[day.idx()];
            excess = (excess.0 + more.hard.max(0), excess.1 + more.cover.max(0));
        }
        excess
    }

    /// Judging the group rules of a day weighs so many rows: a row takes as long as some 64 heads.
    pub(super) fn group_work(&self) -> u64 {
        let heads = self.groups.len() * self.after.problem().n_people();
        u64::try_from(heads.div_ceil(64)).unwrap_or(u64::MAX)
    }

    pub(super) fn has_groups(&self) -> bool {
        !self.groups.is_empty()
    }

    pub(super) fn demand(&self, row: usize) -> &'p Demand {
        &self.after.problem().parts().demands[row]
    }

    pub(super) fn was(&self, person: PersonIdx, day: usize) -> Cell {
        self.published.row(person)[day]
    }
}

/// Whether a cell must not stand any longer for a reason that was not there before.
fn is_forbidden(
    before: &Evaluator<'_>,
    after: &Evaluator<'_>,
    (person, day): (PersonIdx, DayIdx),
    cell: Cell,
) -> bool {
    let at = i32::from(day.0);
    let hard = |evaluator: &Evaluator<'_>| evaluator.plan(person).cell_cost(day.idx(), cell).hard;
    let is_away = |evaluator: &Evaluator<'_>| {
        let away = &evaluator.problem().person(person).away;
        away.iter().any(|away| (away.first..=away.last).contains(&at))
    };
    let may = |evaluator: &Evaluator<'_>| evaluator.problem().is_eligible(person, at, cell);
    hard(after) > hard(before) || (is_away(after) && !is_away(before)) || (!may(after) && may(before))
}

fn cells(roster: &Roster, day: DayIdx) -> impl Iterator<Item = (PersonIdx, Cell)> + '_ {
    PersonIdx::all(roster.n_people()).map(move |person| (person, roster.cell(person, day)))
}

fn sum(scores: &[(Score, i64)]) -> Score {
    scores.iter().map(|(score, _)| *score).sum()
}

/// What a row breaks, rule by rule.
fn broken(evaluator: &Evaluator<'_>, person: PersonIdx, row: &[Cell]) -> BTreeMap<String, i64> {
    let mut broken = BTreeMap::new();
    let plan = evaluator.plan(person);
    if plan.cost(row).hard > 0 {
        for charge in plan.charges(evaluator.problem(), person, row) {
            if charge.cost.hard > 0 {
                let rule = rule_id(evaluator.problem(), charge.source).to_owned();
                *broken.entry(rule).or_insert(0) += charge.cost.hard;
            }
        }
    }
    broken
}

/// What a row of the demand asks for: its minimum, and where it has none what it wants.
fn asked(demand: &Demand) -> u16 {
    if demand.minimum > 0 { demand.minimum } else { demand.wanted }
}

/// What was short before may stay short; what the news asks more must be found.
fn targets(before: &Evaluator<'_>, after: &Evaluator<'_>, published: &Roster) -> Vec<u16> {
    let old = before.problem();
    let rows = DemandIdx::all(old.parts().demands.len()).zip(&old.parts().demands);
    let mut short: BTreeMap<(DayIdx, crate::problem::DutySet), Vec<(&Demand, u16)>> = BTreeMap::new();
    for (row, demand) in rows {
        let short_by = asked(demand).saturating_sub(heads(old, published, row));
        short.entry((demand.day, demand.duties)).or_default().push((demand, short_by));
    }
    let short_before = |demand: &Demand| {
        let rows = short.get(&(demand.day, demand.duties));
        let row = rows.and_then(|rows| rows.iter().find(|(row, _)| row.who == demand.who));
        row.map_or(0, |(_, short_by)| *short_by)
    };
    let demands = &after.problem().parts().demands;
    demands.iter().map(|demand| asked(demand).saturating_sub(short_before(demand))).collect()
}
