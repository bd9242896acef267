//! What a roster costs, rule by rule and day by day, in words for people.

use super::{Charge, Evaluator, Source};
use crate::problem::{DayIdx, DemandIdx, PersonIdx, Problem, Roster, RuleIdx, Wish};
use crate::rules::{Across, Kind, Measure, Over, Own};
use crate::score::Score;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What a roster costs and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The sum of all findings.
    pub score: Score,
    /// Person by person, then cover day by day, then rules across people.
    pub findings: Vec<Finding>,
}

/// Something that costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Why.
    pub source: Source,
    /// Whom it concerns, when it is one person.
    pub person: Option<PersonIdx>,
    /// The first day it is about; negative before the horizon.
    pub first: i32,
    /// The last day it is about.
    pub last: i32,
    /// What it costs.
    pub score: Score,
    /// What is wrong, with the value and the limit.
    pub words: String,
}

impl Report {
    /// What each rule costs.
    #[must_use]
    pub fn by_source(&self) -> BTreeMap<Source, Score> {
        let mut by_source = BTreeMap::new();
        for finding in &self.findings {
            // Requests are told together.
            let source = match finding.source {
                Source::Request(_) => Source::Request(0),
                Source::NotEligible
                | Source::Away
                | Source::Locked
                | Source::Labor
                | Source::Rule(_)
                | Source::Demand(_) => finding.source,
            };
            *by_source.entry(source).or_insert(Score::ZERO) += finding.score;
        }
        by_source
    }

    /// The findings that break what must hold.
    pub fn hard(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.score.hard > 0)
    }
}

/// Everything a roster costs.
pub(crate) fn report(evaluator: &Evaluator<'_>, roster: &Roster) -> Report {
    let problem = evaluator.problem();
    let mut findings = Vec::new();
    for person in PersonIdx::all(problem.n_people()) {
        let row = roster.row(person);
        for charge in evaluator.plan(person).charges(problem, person, row) {
            findings.push(Finding {
                source: charge.source,
                person: Some(person),
                first: charge.first,
                last: charge.last,
                score: charge.cost.into(),
                words: words_of(problem, person, roster, &charge),
            });
        }
    }
    cover(evaluator, roster, &mut findings);
    groups(evaluator, roster, &mut findings);
    spreads(evaluator, roster, &mut findings);
    let score = findings.iter().map(|finding| finding.score).sum();
    Report { score, findings }
}

fn cover(evaluator: &Evaluator<'_>, roster: &Roster, findings: &mut Vec<Finding>) {
    let problem = evaluator.problem();
    for (idx, demand) in problem.parts().demands.iter().enumerate() {
        let people = PersonIdx::all(problem.n_people());
        let there = people.filter(|person| demand.counts(*person, roster.cell(*person, demand.day)));
        let heads = u16::try_from(there.count()).unwrap_or(u16::MAX);
        let score = evaluator.cover().score(idx, heads);
        if score == Score::ZERO {
            continue;
        }
        let day = i32::from(demand.day.0);
        let cells = demand.duties.cells(problem.n_codes()).map(|cell| problem.cell_name(cell));
        let mut words = format!(
            "{} on {} has {heads}; at least {}",
            cells.collect::<Vec<String>>().join(" or "),
            problem.day_name(day),
            demand.minimum
        );
        if demand.wanted > demand.minimum {
            let _ = write!(words, ", better {}", demand.wanted);
        }
        if let Some(maximum) = demand.maximum {
            let _ = write!(words, ", at most {maximum}");
        }
        words.push_str(if demand.maximum.is_some() { " are right" } else { " are needed" });
        let source = Source::Demand(DemandIdx::at(idx));
        findings.push(Finding { source, person: None, first: day, last: day, score, words });
    }
}

fn groups(evaluator: &Evaluator<'_>, roster: &Roster, findings: &mut Vec<Finding>) {
    let problem = evaluator.problem();
    for group in &evaluator.across().groups {
        for day in DayIdx::all(problem.n_days()) {
            let people = PersonIdx::all(problem.n_people());
            let cells = people.map(|person| (person, roster.cell(person, day)));
            for (score, units) in group.of_day(day.idx(), cells) {
                if score == Score::ZERO {
                    continue;
                }
                let at = i32::from(day.0);
                let lacks = match &problem.rule(group.rule).kind {
                    Kind::Across(Across::Apart { .. }) => "too many together",
                    Kind::Across(_) | Kind::Own(_) => "missing",
                };
                let name = problem.day_name(at);
                let words = format!("{name}: {units} {lacks} by rule {}", problem.rule(group.rule).id);
                let source = Source::Rule(group.rule);
                findings.push(Finding { source, person: None, first: at, last: at, score, words });
            }
        }
    }
}

fn spreads(evaluator: &Evaluator<'_>, roster: &Roster, findings: &mut Vec<Finding>) {
    let problem = evaluator.problem();
    for spread in &evaluator.across().spreads {
        let people = PersonIdx::all(problem.n_people());
        let shares: Vec<i64> = people
            .filter_map(|person| Some(spread.share(spread.place(person)?, roster.row(person))))
            .collect();
        let score = spread.score(&shares);
        if score == Score::ZERO {
            continue;
        }
        let (least, most) = (shares.iter().min().unwrap_or(&0), shares.iter().max().unwrap_or(&0));
        let words = format!("shares run from {least} to {most} by rule {}", problem.rule(spread.rule).id);
        let last = i32::try_from(problem.n_days()).unwrap_or(i32::MAX) - 1;
        findings.push(Finding {
            source: Source::Rule(spread.rule),
            person: None,
            first: 0,
            last,
            score,
            words,
        });
    }
}

/// One charge in words.
fn words_of(problem: &Problem, idx: PersonIdx, roster: &Roster, charge: &Charge) -> String {
    let person = problem.person(idx);
    let (name, day) = (person.called(), problem.day_name(charge.last));
    let at = DayIdx(u16::try_from(charge.last).unwrap_or(0));
    let cell = problem.cell_name(roster.cell(idx, at));
    match charge.source {
        Source::NotEligible => {
            format!("{name} may not work {cell} on {day}; no skill or credential covers it")
        }
        Source::Away => format!("{name} works {cell} on {day} and is away"),
        Source::Locked => format!("{name} has {cell} on {day}; another cell is settled"),
        Source::Request(request) => match person.requests.get(usize::from(request)).map(|of| of.wish) {
            Some(Wish::For) => format!("{name} asked for something else than {cell} on {day}"),
            Some(Wish::Against) | None => format!("{name} asked not to have {cell} on {day}"),
        },
        Source::Labor => format!("{name} costs {} for {cell} on {day}", charge.cost.soft),
        Source::Demand(_) => day,
        Source::Rule(rule) => match &problem.rule(rule).kind {
            Kind::Own(own) => {
                format!("{name}{} (rule {})", rule_words(problem, own, charge), id(problem, rule))
            }
            Kind::Across(_) => format!("{name} on {day} (rule {})", id(problem, rule)),
        },
    }
}

fn id(problem: &Problem, rule: RuleIdx) -> &str {
    &problem.rule(rule).id
}

/// What a person does, with value and limit: ` works 6 days in a row from Mon 2026-11-02; at most 5`.
fn rule_words(problem: &Problem, own: &Own, charge: &Charge) -> String {
    let Charge { got, limit, .. } = *charge;
    let (first, last) = (problem.day_name(charge.first), problem.day_name(charge.last));
    let bound = if got > limit { "at most" } else { "at least" };
    match own {
        Own::Count { measure, over, .. } => {
            let what = match measure {
                Measure::Duties { .. } => "days",
                Measure::Minutes { .. } => "minutes",
                Measure::Weekends { .. } => "weekends",
            };
            let over = match over {
                Over::Horizon => "over the horizon".to_owned(),
                Over::Every { .. } | Over::Rolling { .. } => format!("from {first} to {last}"),
            };
            format!(" has {got} {what} {over}; {bound} {limit}")
        }
        Own::Run { .. } => {
            format!(" has a run of {got} days from {first}; {bound} {limit}")
        }
        Own::Rest { .. } => {
            format!(" starts on {last} {} after the last duty; {} are needed", hours(got), hours(limit))
        }
        Own::Recovery { .. } => {
            format!(" starts on {last} {} after a run to {first}; {} are needed", hours(got), hours(limit))
        }
        Own::Forbidden { .. } if charge.first == charge.last => {
            format!(" has on {first} what must not be")
        }
        Own::Forbidden { .. } => format!(" has from {first} to {last} what must not follow"),
        Own::Overtime { .. } => format!(" works {} of overtime in the period from {first}", hours(got)),
        Own::Published => format!(" differs from the published roster on {first}"),
    }
}

fn hours(minutes: i64) -> String {
    format!("{} h {:02}", minutes.div_euclid(60), minutes.rem_euclid(60))
}
