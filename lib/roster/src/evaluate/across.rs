//! Rules across people: groups on a day, and fair shares.
#![expect(clippy::indexing_slicing, reason = "places are made of positions of this problem")]

use super::charge::Weigh;
use super::count::{CountPlan, Limits, Values};
use super::past::Past;
use crate::problem::{Cell, DutySet, PersonIdx, Problem, RuleIdx};
use crate::rules::{Across, Kind, Over, Rule, Spread, Who};
use crate::score::{Score, divide_up};
use std::sync::Arc;

/// A rule on the heads of two groups on a day and a set of duties.
///
/// Share, company, together and apart all are functions of two counts: those the rule is about, and
/// those they need.
#[derive(Clone, Debug)]
pub(crate) struct GroupPlan {
    pub(crate) rule: RuleIdx,
    weigh: Weigh,
    need: Need,
    /// Who counts among those the rule is about.
    in_first: Box<[bool]>,
    /// Who counts among those they need.
    in_second: Box<[bool]>,
    /// Which codes count for the second group.
    second_codes: Box<[bool]>,
    /// The sets that a code is in.
    sets_of_code: Box<[Box<[u16]>]>,
    pub(crate) n_sets: usize,
}

#[derive(Clone, Copy, Debug)]
enum Need {
    Share { percent: i64 },
    Company { per: i64 },
    Together,
    Apart,
}

/// Heads of both groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heads {
    first: u16,
    second: u16,
}

impl GroupPlan {
    fn new(problem: &Problem, rule_idx: RuleIdx, rule: &Rule, across: &Across) -> Option<GroupPlan> {
        let n_codes = problem.n_codes();
        let flags = |passes: &dyn Fn(PersonIdx) -> bool| -> Box<[bool]> {
            PersonIdx::all(problem.n_people()).map(passes).collect()
        };
        let in_rule = |person: PersonIdx| rule.who.has(person);
        let all: DutySet = DutySet::NONE.complement();
        let (need, in_first, in_second, second_codes, sets) = match across {
            Across::Share { part, part_duties, at_least_percent, sets } => {
                let in_part = flags(&|person| in_rule(person) && part.has(person));
                let need = Need::Share { percent: i64::from(*at_least_percent) };
                (need, flags(&in_rule), in_part, *part_duties, sets)
            }
            Across::Company { with, per, sets } => {
                let need = Need::Company { per: i64::from(*per) };
                (need, flags(&in_rule), flags(&|person| with.has(person)), all, sets)
            }
            Across::Together { partner, sets } => {
                let others = flags(&|person| in_rule(person) && person != *partner);
                (Need::Together, others, flags(&|person| person == *partner), all, sets)
            }
            Across::Apart { sets } => (Need::Apart, flags(&in_rule), flags(&|_| false), all, sets),
            Across::Spread { .. } => return None,
        };
        let sets_of = |cell: Cell| (0..).zip(sets).filter(move |(_, set)| set.has(cell)).map(|(idx, _)| idx);
        Some(GroupPlan {
            rule: rule_idx,
            weigh: Weigh::new(rule.strength, 1),
            need,
            in_first,
            in_second,
            second_codes: second_codes.flags(n_codes),
            sets_of_code: problem.duties().cells().map(|cell| sets_of(cell).collect()).collect(),
            n_sets: sets.len(),
        })
    }

    /// The places among the heads of this rule that a person's cell counts at, and as what.
    #[inline]
    pub(crate) fn places(
        &self,
        person: PersonIdx,
        day: usize,
        cell: Cell,
    ) -> impl Iterator<Item = (usize, Heads)> + '_ {
        let is_first = self.in_first[person.idx()];
        let is_second = self.in_second[person.idx()] && self.second_codes[cell.code()];
        let heads = Heads { first: u16::from(is_first), second: u16::from(is_second) };
        let sets: &[u16] = if is_first || is_second { &self.sets_of_code[cell.code()] } else { &[] };
        sets.iter().map(move |set| (day * self.n_sets + usize::from(*set), heads))
    }

    /// How many units of breach these heads are.
    #[inline]
    pub(crate) fn units(&self, heads: Heads) -> i64 {
        let (first, second) = (i64::from(heads.first), i64::from(heads.second));
        let units = match self.need {
            Need::Share { percent } => divide_up(percent * first, 100) - second,
            Need::Company { per } => divide_up(first, per) - second,
            Need::Together if second == 0 => first,
            Need::Together => 0,
            Need::Apart => first - 1,
        };
        units.max(0)
    }

    /// What each set of a day costs, and its units of breach, worked out anew.
    pub(crate) fn of_day(
        &self,
        day: usize,
        cells: impl Iterator<Item = (PersonIdx, Cell)>,
    ) -> Vec<(Score, i64)> {
        let mut heads = vec![Heads::default(); self.n_sets];
        for (person, cell) in cells {
            for (at, add) in self.places(person, day, cell) {
                let set = at - day * self.n_sets;
                heads[set] = heads[set].plus(add);
            }
        }
        heads.into_iter().map(|heads| (self.score(heads), self.units(heads))).collect()
    }

    /// What these heads cost.
    #[inline]
    pub(crate) fn score(&self, heads: Heads) -> Score {
        self.weigh.score(self.units(heads))
    }
}

impl Heads {
    #[inline]
    pub(crate) fn plus(self, other: Heads) -> Heads {
        Heads { first: self.first + other.first, second: self.second + other.second }
    }

    #[inline]
    pub(crate) fn minus(self, other: Heads) -> Heads {
        Heads { first: self.first - other.first, second: self.second - other.second }
    }
}

/// A fair-share rule.
#[derive(Clone, Debug)]
pub(crate) struct SpreadPlan {
    pub(crate) rule: RuleIdx,
    weigh: Weigh,
    by: Spread,
    free: i64,
    /// Whose place in the group is where.
    place: Box<[Option<u32>]>,
    counts: Box<[(CountPlan, i64)]>,
}

impl SpreadPlan {
    fn new(problem: &Problem, rule_idx: RuleIdx, rule: &Rule, across: &Across) -> Option<SpreadPlan> {
        let Across::Spread { measure, by, is_by_fte, free, per } = across else { return None };
        let weigh = Weigh::new(rule.strength, *per);
        let values = Arc::new(Values::new(problem, measure));
        let limits = Limits { rule: rule_idx, min: 0, max: i64::MAX / 4, weigh };
        let count = |person: PersonIdx| {
            let past = Past::of(problem, person);
            let fte = i64::from(past.person.fte_percent);
            let plan = CountPlan::new(&past, limits, measure, Over::Horizon, &values);
            (plan, if *is_by_fte && fte > 0 { fte } else { 100 })
        };
        let mut n_placed = 0;
        let mut place = |person: PersonIdx| {
            rule.who.has(person).then(|| {
                n_placed += 1;
                n_placed - 1
            })
        };
        Some(SpreadPlan {
            rule: rule_idx,
            weigh,
            by: *by,
            free: *free,
            place: PersonIdx::all(problem.n_people()).map(&mut place).collect(),
            counts: rule.who.people(problem.n_people()).map(count).collect(),
        })
    }

    /// A person's place in the group.
    #[inline]
    pub(crate) fn place(&self, person: PersonIdx) -> Option<usize> {
        self.place[person.idx()].map(|place| place as usize)
    }

    /// The share of who stands at a place.
    pub(crate) fn share(&self, place: usize, row: &[Cell]) -> i64 {
        let (count, fte) = &self.counts[place];
        count.amount(row) * 100 / fte
    }

    /// The distance between shares, what is free included.
    pub(crate) fn distance(&self, shares: &[i64]) -> i64 {
        match self.by {
            Spread::Range => {
                let range = shares.iter().max().zip(shares.iter().min());
                range.map_or(0, |(most, least)| most - least)
            }
            Spread::Deviations => {
                let n = i64::try_from(shares.len()).unwrap_or(i64::MAX).max(1);
                let total: i64 = shares.iter().sum();
                divide_up(shares.iter().map(|share| (n * share - total).abs()).sum(), n)
            }
        }
    }

    /// What these shares cost.
    pub(crate) fn score(&self, shares: &[i64]) -> Score {
        self.weigh.score(self.distance(shares) - self.free)
    }
}

/// All rules across people.
#[derive(Clone, Debug, Default)]
pub(crate) struct AcrossPlan {
    pub(crate) groups: Box<[GroupPlan]>,
    pub(crate) spreads: Box<[SpreadPlan]>,
}

impl AcrossPlan {
    pub(crate) fn new(problem: &Problem) -> AcrossPlan {
        let rules = problem.parts().rules.iter().enumerate();
        let across: Vec<(RuleIdx, &Rule, &Across)> = rules
            .filter_map(|(idx, rule)| match &rule.kind {
                Kind::Across(across) => Some((RuleIdx::at(idx), rule, across)),
                Kind::Own(_) => None,
            })
            .collect();
        let group =
            |&(idx, rule, across): &(RuleIdx, &Rule, &Across)| GroupPlan::new(problem, idx, rule, across);
        let spread =
            |&(idx, rule, across): &(RuleIdx, &Rule, &Across)| SpreadPlan::new(problem, idx, rule, across);
        AcrossPlan {
            groups: across.iter().filter_map(group).collect(),
            spreads: across.iter().filter_map(spread).collect(),
        }
    }
}

/// One flag for each person; `None` for everybody.
pub(crate) fn flags_of(who: &Who, n_people: usize) -> Option<Box<[bool]>> {
    match who {
        Who::Everyone => None,
        Who::These(_) => Some(PersonIdx::all(n_people).map(|person| who.has(person)).collect()),
    }
}
