//! What bars a person from a shift, and why a shift is short.

use super::{Which, files, names};
use crate::{End, print};
use anyhow::{Result, bail};
use clap::Args;
use roster::evaluate::Evaluator;
use roster::explain::{Bar, Cause, Why, cause, why};
use roster::problem::{DemandIdx, Problem, Roster};
use serde::Serialize;
use std::path::PathBuf;

/// `roster why`.
#[derive(Debug, Args)]
pub(crate) struct Ask {
    #[command(flatten)]
    pub(crate) which: Which,
    /// The roster it is about; the published one of the problem, or an empty one, when left out
    #[arg(long, value_name = "FILE", visible_alias = "roster")]
    pub(crate) published: Option<PathBuf>,
    /// Whose; without it, why the shift is short
    #[arg(long, value_name = "ID")]
    pub(crate) person: Option<String>,
    /// The day: a number from 0, or a date
    #[arg(long, value_name = "DAY")]
    pub(crate) day: String,
    /// The shift; `off` for a day off
    #[arg(long, value_name = "ID")]
    pub(crate) shift: String,
    /// The skill, where the shift is worked in several
    #[arg(long, value_name = "ID")]
    pub(crate) skill: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Serialize)]
struct Answer<'a> {
    person: &'a str,
    day: u16,
    date: String,
    duty: String,
    is: String,
    can: bool,
    /// The first rule that bars it.
    first: Option<&'a str>,
    bars: Vec<BarAnswer<'a>>,
    costs: Vec<BarAnswer<'a>>,
    change: ScoreAnswer,
}

#[derive(Debug, Serialize)]
struct BarAnswer<'a> {
    rule: &'a str,
    first_date: String,
    last_date: String,
    was: i64,
    got: i64,
    limit: i64,
    change: ScoreAnswer,
    words: &'a str,
}

#[derive(Debug, Serialize)]
struct ScoreAnswer {
    hard: i64,
    cover: i64,
    soft: i64,
}

#[derive(Debug, Serialize)]
struct CauseAnswer {
    shift: String,
    day: u16,
    date: String,
    heads: u16,
    needed: u16,
    people: Vec<StandingAnswer>,
    facts: Vec<String>,
    fillers: Vec<String>,
    is_verified: bool,
    words: Vec<String>,
}

#[derive(Debug, Serialize)]
struct StandingAnswer {
    person: String,
    is_there: bool,
    facts: Vec<String>,
    words: String,
}

pub(super) fn run(ask: &Ask) -> Result<End> {
    let problem = files::problem(&ask.which)?;
    let roster = match &ask.published {
        Some(path) => files::roster(&problem, path)?,
        None => problem.parts().published.clone().unwrap_or_else(|| problem.empty_roster()),
    };
    let evaluator = Evaluator::new(&problem);
    match &ask.person {
        Some(name) => one(ask, &evaluator, &roster, name),
        None => short(ask, &evaluator, &roster),
    }
}

/// One person and one shift.
fn one(ask: &Ask, evaluator: &Evaluator<'_>, roster: &Roster, name: &str) -> Result<End> {
    let problem = evaluator.problem();
    let (person, day) = (names::person(problem, name)?, names::day(problem, &ask.day)?);
    let cell = names::duty(problem, (person, day), &ask.shift, ask.skill.as_deref())?;
    let why = why(evaluator, roster, (person, day), cell);
    if ask.json {
        print::json(&answer(problem, &why))?;
        return Ok(End::Done);
    }
    let (name, duty) = (problem.person(person).called(), problem.cell_name(cell));
    let on = problem.day_name(i32::from(day.0));
    if why.is == cell {
        print::line(format!("{name} has {duty} on {on} already."))?;
    } else if why.is_free() {
        let instead = if why.is.is_work() {
            format!(" in place of {}", problem.cell_name(why.is))
        } else {
            String::new()
        };
        print::line(format!("{name} can have {duty} on {on}{instead}."))?;
    } else {
        print::line(format!("{name} cannot have {duty} on {on}:"))?;
        why.bars.iter().try_for_each(|bar| print::line(format!("  {}", bar.words)))?;
    }
    if !why.costs.is_empty() {
        print::line("It would cost:")?;
        let row =
            |bar: &Bar| vec![bar.score.cover.to_string(), bar.score.soft.to_string(), bar.words.clone()];
        let rows: Vec<Vec<String>> = why.costs.iter().map(row).collect();
        print::table(&["cover", "points", "what"], &rows)?;
    }
    print::line(format!("Altogether: {}", why.change))?;
    Ok(End::Done)
}

fn answer<'a>(problem: &'a Problem, why: &'a Why) -> Answer<'a> {
    let date = |day: i32| problem.calendar().date(day).to_string();
    let score =
        |score: &roster::Score| ScoreAnswer { hard: score.hard, cover: score.cover, soft: score.soft };
    let bar = |bar: &'a Bar| BarAnswer {
        rule: &bar.rule,
        first_date: date(bar.first),
        last_date: date(bar.last),
        was: bar.was,
        got: bar.got,
        limit: bar.limit,
        change: score(&bar.score),
        words: &bar.words,
    };
    Answer {
        person: &problem.person(why.person).id,
        day: why.day.0,
        date: date(i32::from(why.day.0)),
        duty: problem.cell_name(why.cell),
        is: problem.cell_name(why.is),
        can: why.is_free(),
        first: why.bars.first().map(|bar| bar.rule.as_str()),
        bars: why.bars.iter().map(bar).collect(),
        costs: why.costs.iter().map(bar).collect(),
        change: score(&why.change),
    }
}

/// Why a shift is short.
fn short(ask: &Ask, evaluator: &Evaluator<'_>, roster: &Roster) -> Result<End> {
    let problem = evaluator.problem();
    let day = names::day(problem, &ask.day)?;
    let text = match &ask.skill {
        Some(skill) => format!("{}:{skill}", ask.shift),
        None => ask.shift.clone(),
    };
    let duties = names::duties(problem, &text)?;
    let demands = problem.parts().demands.iter().enumerate();
    let rows: Vec<DemandIdx> = demands
        .filter(|(_, of)| of.day == day && !of.duties.intersection(&duties).is_empty())
        .map(|(idx, _)| DemandIdx::at(idx))
        .collect();
    let on = problem.day_name(i32::from(day.0));
    if rows.is_empty() {
        bail!("no demand on {on} is about shift {}; name a shift that has demand then", ask.shift);
    }
    let causes: Vec<Cause> = rows.into_iter().filter_map(|row| cause(evaluator, roster, row)).collect();
    if ask.json {
        let answers: Vec<CauseAnswer> = causes.iter().map(|cause| cause_answer(problem, cause)).collect();
        print::json(&answers)?;
    } else if causes.is_empty() {
        print::line(format!("{} on {on} is not short.", ask.shift))?;
    } else {
        causes.iter().flat_map(|cause| &cause.words).try_for_each(print::line)?;
    }
    Ok(End::Done)
}

fn cause_answer(problem: &Problem, cause: &Cause) -> CauseAnswer {
    let (day, shift) = super::repair::place(problem, cause.demand);
    let id = |person| problem.person(person).id.clone();
    CauseAnswer {
        shift,
        day: day.0,
        date: problem.calendar().date(i32::from(day.0)).to_string(),
        heads: cause.heads,
        needed: cause.needed,
        people: cause
            .people
            .iter()
            .map(|standing| StandingAnswer {
                person: id(standing.person),
                is_there: standing.is_there,
                facts: standing.facts.iter().map(|fact| fact.words(problem)).collect(),
                words: standing.words.clone(),
            })
            .collect(),
        facts: cause.facts.iter().map(|fact| fact.words(problem)).collect(),
        fillers: cause.fillers.iter().map(|(person, _)| id(*person)).collect(),
        is_verified: cause.is_verified,
        words: cause.words.clone(),
    }
}
