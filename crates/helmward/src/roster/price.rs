//! What relaxing a rule would save.

use super::{Which, files, names, parse_seconds};
use crate::{End, print};
use anyhow::Result;
use clap::Args;
use roster::evaluate::Evaluator;
use roster::price::{Relax, price};
use roster::problem::{Problem, Roster};
use roster::solve::{Task, solve};
use serde::Serialize;
use std::path::PathBuf;
use std::time::Instant;

/// `roster price`.
#[derive(Debug, Args)]
pub(crate) struct Ask {
    #[command(flatten)]
    pub(crate) which: Which,
    /// The rule, by its id
    #[arg(long, value_name = "RULE")]
    pub(crate) relax: String,
    /// Loosen it by one unit rather than take it away
    #[arg(long)]
    pub(crate) by_one: bool,
    /// A roster to start from
    #[arg(long, value_name = "FILE", visible_alias = "published")]
    pub(crate) start: Option<PathBuf>,
    /// How long to search, with the rule and without it together
    #[arg(long, value_name = "S", default_value_t = 20.0, value_parser = parse_seconds)]
    pub(crate) seconds: f64,
    /// How many threads search
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) threads: u16,
    /// Chance follows from it
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Serialize)]
struct Answer {
    rule: String,
    by_one: bool,
    with: ScoreAnswer,
    relaxed: ScoreAnswer,
    saved: ScoreAnswer,
    words: String,
}

#[derive(Debug, Serialize)]
struct ScoreAnswer {
    hard: i64,
    cover: i64,
    objective: i64,
}

impl From<roster::Score> for ScoreAnswer {
    fn from(score: roster::Score) -> ScoreAnswer {
        ScoreAnswer { hard: score.hard, cover: score.cover, objective: score.soft }
    }
}

pub(super) fn run(ask: &Ask) -> Result<End> {
    let problem = files::problem(&ask.which)?;
    let rule = names::rule(&problem, &ask.relax)?;
    let relax = if ask.by_one { Relax::ByOne } else { Relax::Away };
    let start = match &ask.start {
        Some(path) => files::roster(&problem, path)?,
        None => problem.empty_roster(),
    };
    let mut search = |problem: &Problem, start: &Roster, milliseconds: u64| -> Roster {
        let evaluator = Evaluator::new(problem);
        let begun = Instant::now();
        let seconds = std::time::Duration::from_millis(milliseconds).as_secs_f64().max(0.01);
        let task = Task {
            seed: ask.seed,
            n_threads: usize::from(ask.threads),
            start: Some(start),
            spent: &|| begun.elapsed().as_secs_f64() / seconds,
            tell: &|_| {},
        };
        solve(&evaluator, &task).roster
    };
    let milliseconds = std::time::Duration::from_secs_f64(ask.seconds).as_millis();
    let budget = u64::try_from(milliseconds).unwrap_or(u64::MAX);
    let price = price(&problem, (rule, relax), &start, budget, &mut search)?;
    let words = price.words(&problem);
    if ask.json {
        print::json(&Answer {
            rule: ask.relax.clone(),
            by_one: ask.by_one,
            with: price.with.into(),
            relaxed: price.relaxed.into(),
            saved: price.saved().into(),
            words,
        })?;
    } else {
        print::line(words)?;
    }
    Ok(End::Done)
}
