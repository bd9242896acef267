//! What leaves a shift short: person by person what keeps them from it, and the fewest facts that do.

use super::{Bar, Why, demand_name, heads, is_hard, why};
use crate::check::check;
use crate::evaluate::{Evaluator, Source};
use crate::problem::{Cell, DayIdx, DemandIdx, DutySet, Eligible, PersonIdx, Problem, Roster, RuleIdx};
use crate::rules::Who;
use std::collections::BTreeMap;

/// So many people are tried before the search for facts ends.
const TRIED_MAX: usize = 60;

/// Why a shift is short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Which row of the demand.
    pub demand: DemandIdx,
    /// How many are there.
    pub heads: u16,
    /// How many should be.
    pub needed: u16,
    /// Everybody who could count toward the row, those with the fewest bars first.
    pub people: Vec<Standing>,
    /// The fewest facts without which the shift can be filled; empty when nobody is barred.
    pub facts: Vec<Fact>,
    /// Who would fill it then, and with what.
    pub fillers: Vec<(PersonIdx, Cell)>,
    /// Whether the shift was seen filled, without a new breach, once these facts were taken away.
    pub is_verified: bool,
    /// The whole in sentences.
    pub words: Vec<String>,
}

/// How one person stands to a shift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub person: PersonIdx,
    /// The duty that least bars them from; the one they have when they are there.
    pub cell: Cell,
    /// Whether they are there already.
    pub is_there: bool,
    /// What keeps them from it.
    pub facts: Vec<Fact>,
    /// The first bar in words; empty when there is none.
    pub words: String,
}

/// Something that keeps a person from a shift and could be otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// The person is away.
    Leave {
        /// Who.
        person: PersonIdx,
        /// The day of the shift.
        day: DayIdx,
    },
    /// The person has no skill or credential for the duty on that day.
    Credential {
        /// Who.
        person: PersonIdx,
        /// Which duty.
        cell: Cell,
    },
    /// The person's day is settled otherwise.
    Settled {
        /// Who.
        person: PersonIdx,
        /// Which day.
        day: DayIdx,
    },
    /// A rule that must hold counts this person.
    Rule {
        /// Which rule.
        rule: RuleIdx,
        /// Who.
        person: PersonIdx,
    },
    /// The person works another duty that day.
    Busy {
        /// Who.
        person: PersonIdx,
        /// Which duty.
        cell: Cell,
    },
    /// A row of the demand allows no more.
    Limit {
        /// Which row.
        demand: DemandIdx,
        /// Who would be one too many.
        person: PersonIdx,
    },
}

impl Fact {
    /// Taking somebody off another shift moves the hole; other facts weigh one.
    fn weight(self) -> usize {
        match self {
            Fact::Busy { .. } => 4,
            Fact::Leave { .. }
            | Fact::Credential { .. }
            | Fact::Settled { .. }
            | Fact::Rule { .. }
            | Fact::Limit { .. } => 1,
        }
    }

    /// The fact in words: `ann's leave`.
    #[must_use]
    pub fn words(self, problem: &Problem) -> String {
        let name = |person: PersonIdx| problem.person(person).called();
        match self {
            Fact::Leave { person, day } => {
                format!("the leave of {} on {}", name(person), problem.day_name(i32::from(day.0)))
            }
            Fact::Credential { person, cell } => {
                format!("the missing skill or credential of {} for {}", name(person), problem.cell_name(cell))
            }
            Fact::Settled { person, day } => {
                format!("the settled day of {} on {}", name(person), problem.day_name(i32::from(day.0)))
            }
            Fact::Rule { rule, person } => format!("rule {} for {}", problem.rule(rule).id, name(person)),
            Fact::Busy { person, cell } => {
                format!("the other shift of {} that day ({})", name(person), problem.cell_name(cell))
            }
            Fact::Limit { demand, .. } => {
                format!("the most heads allowed for {}", demand_name(problem, demand))
            }
        }
    }
}

/// Tells why a row of the demand is short; `None` when it is not.
#[must_use]
pub fn cause(evaluator: &Evaluator<'_>, roster: &Roster, demand: DemandIdx) -> Option<Cause> {
    let problem = evaluator.problem();
    let of = problem.parts().demands.get(demand.idx())?;
    let heads = heads(problem, roster, demand);
    let needed = if of.minimum > 0 { of.minimum } else { of.wanted };
    if heads >= needed {
        return None;
    }
    let could = PersonIdx::all(problem.n_people()).filter(|person| of.who.has(*person));
    let mut people: Vec<Standing> =
        could.filter_map(|person| standing(evaluator, roster, demand, person)).collect();
    let weight = |standing: &Standing| standing.facts.iter().map(|fact| fact.weight()).sum::<usize>();
    people.sort_by_key(|standing| (!standing.is_there, weight(standing), standing.person));
    let mut cause = Cause {
        demand,
        heads,
        needed,
        people,
        facts: Vec::new(),
        fillers: Vec::new(),
        is_verified: false,
        words: Vec::new(),
    };
    fill(problem, roster, &mut cause);
    cause.words = sentences(problem, &cause);
    Some(cause)
}

/// The person's easiest way onto the row.
fn standing(
    evaluator: &Evaluator<'_>,
    roster: &Roster,
    demand: DemandIdx,
    person: PersonIdx,
) -> Option<Standing> {
    let problem = evaluator.problem();
    let of = problem.parts().demands.get(demand.idx())?;
    let is = roster.cell(person, of.day);
    if of.duties.has(is) {
        let (facts, words) = (Vec::new(), String::new());
        return Some(Standing { person, cell: is, is_there: true, facts, words });
    }
    let ways = of.duties.cells(problem.n_codes()).filter(|cell| cell.is_work()).map(|cell| {
        let why = why(evaluator, roster, (person, of.day), cell);
        let facts = facts_of(&why, of.day);
        let words = why.bars.first().map(|bar: &Bar| bar.words.clone());
        let busy = || format!("{} works {} that day", problem.person(person).called(), problem.cell_name(is));
        let words = words.or_else(|| is.is_work().then(busy)).unwrap_or_default();
        Standing { person, cell, is_there: false, facts, words }
    });
    ways.min_by_key(|way| way.facts.iter().map(|fact| fact.weight()).sum::<usize>())
}

fn facts_of(why: &Why, day: DayIdx) -> Vec<Fact> {
    let Why { person, cell, is, .. } = *why;
    let mut facts: Vec<Fact> = why
        .bars
        .iter()
        .map(|bar| match bar.source {
            Source::NotEligible => Fact::Credential { person, cell },
            Source::Away => Fact::Leave { person, day },
            Source::Locked => Fact::Settled { person, day },
            Source::Rule(rule) => Fact::Rule { rule, person },
            Source::Demand(demand) => Fact::Limit { demand, person },
            // Neither can bar anybody.
            Source::Request(_) | Source::Labor => Fact::Settled { person, day },
        })
        .collect();
    if is.is_work() {
        facts.push(Fact::Busy { person, cell: is });
    }
    facts
}

/// Takes the people with the fewest facts until the shift is filled, each only when it works.
fn fill(problem: &Problem, roster: &Roster, cause: &mut Cause) {
    let Some(of) = problem.parts().demands.get(cause.demand.idx()) else { return };
    let missing = usize::from(cause.needed - cause.heads);
    let able = cause.people.iter().filter(|standing| !standing.is_there).take(TRIED_MAX);
    for standing in able {
        if cause.fillers.len() == missing {
            break;
        }
        let mut facts = cause.facts.clone();
        facts.extend(&standing.facts);
        let mut fillers = cause.fillers.clone();
        fillers.push((standing.person, standing.cell));
        if is_filled(problem, roster, of.day, &facts, &fillers) {
            (cause.facts, cause.fillers) = (facts, fillers);
        }
    }
    cause.is_verified = cause.fillers.len() == missing;
}

/// Whether these people can stand on these duties without a new breach, once the facts are gone.
fn is_filled(
    problem: &Problem,
    roster: &Roster,
    day: DayIdx,
    facts: &[Fact],
    fillers: &[(PersonIdx, Cell)],
) -> bool {
    let Some(eased) = without(problem, facts) else { return false };
    let mut filled = roster.clone();
    for (person, cell) in fillers {
        filled.set(*person, day, *cell);
    }
    check(&eased, &filled).score.hard <= check(&eased, roster).score.hard
}

/// The problem as it would be without some facts; `None` when nothing sensible is left of it.
#[must_use]
pub fn without(problem: &Problem, facts: &[Fact]) -> Option<Problem> {
    let n_people = problem.n_people();
    let mut parts = problem.parts().clone();
    for fact in facts {
        match *fact {
            Fact::Leave { person, day } => {
                let day = i32::from(day.0);
                let person = parts.people.get_mut(person.idx())?;
                person.away.retain(|away| !(away.first..=away.last).contains(&day));
            }
            Fact::Credential { person, cell } => {
                let duties: DutySet = [cell].into_iter().collect();
                let person = parts.people.get_mut(person.idx())?;
                person.can.push(Eligible { duties, from: None, until: None });
            }
            Fact::Settled { person, day } => {
                parts.people.get_mut(person.idx())?.locked.retain(|(on, _)| *on != day);
            }
            Fact::Rule { rule, person } => {
                let rule = parts.rules.get_mut(rule.idx())?;
                let others = rule.who.people(n_people).filter(|other| *other != person);
                rule.who = Who::These(others.collect());
            }
            Fact::Limit { demand, .. } => parts.demands.get_mut(demand.idx())?.maximum = None,
            Fact::Busy { .. } => {}
        }
    }
    Problem::new(parts).ok()
}

/// How many are kept by what, and what would help.
fn sentences(problem: &Problem, cause: &Cause) -> Vec<String> {
    let shift = demand_name(problem, cause.demand);
    let mut words = vec![format!("{shift} has {} of {}.", cause.heads, cause.needed)];
    let mut by_kind: BTreeMap<(usize, String), Vec<&str>> = BTreeMap::new();
    for standing in &cause.people {
        let name = problem.person(standing.person).called();
        by_kind.entry(kind(problem, standing)).or_default().push(name);
    }
    for ((_, what), names) in by_kind {
        let shown = names.iter().take(6).copied().collect::<Vec<&str>>().join(", ");
        let more = names.len().saturating_sub(6);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        words.push(format!("{} {what}: {shown}{more}.", names.len()));
    }
    let fillers: Vec<&str> =
        cause.fillers.iter().map(|(person, _)| problem.person(*person).called()).collect();
    let fillers = fillers.join(", ");
    if !cause.is_verified {
        words.push("No change of leave, credentials or rules for single people fills it.".to_owned());
    } else if cause.facts.is_empty() {
        words.push(format!("Nothing bars {fillers} from taking it."));
    } else {
        let facts: Vec<String> = cause.facts.iter().map(|fact| fact.words(problem)).collect();
        words.push(format!(
            "The fewest facts behind it: {}. Without them {fillers} can take it; this was checked.",
            facts.join("; ")
        ));
    }
    words
}

/// What keeps a person, as a heading for all who are kept by it.
fn kind(problem: &Problem, standing: &Standing) -> (usize, String) {
    if standing.is_there {
        return (0, "there already".to_owned());
    }
    let Some(first) = standing.facts.first() else { return (1, "free to take it".to_owned()) };
    match *first {
        Fact::Leave { .. } => (2, "on leave".to_owned()),
        Fact::Busy { .. } => (3, "on another shift that day".to_owned()),
        Fact::Settled { .. } => (4, "with a settled day".to_owned()),
        Fact::Rule { rule, .. } => {
            let must = if is_hard(problem, rule) { "barred" } else { "kept" };
            (5, format!("{must} by rule {}", problem.rule(rule).id))
        }
        Fact::Limit { .. } => (6, "one too many by the most heads allowed".to_owned()),
        Fact::Credential { .. } => (7, "without the skill or credential".to_owned()),
    }
}
