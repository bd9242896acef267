//! Judges a roster of a file.

use super::{Check, files};
use crate::{End, print};
use anyhow::Result;
use roster::check::{Breach, check};
use roster::problem::Level;
use serde::Serialize;

/// The answer for programs.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    objective: i64,
    hard_violations: i64,
    cover: i64,
    breaches: Vec<Line<'a>>,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    level: &'static str,
    points: i64,
    rule: &'a str,
    words: &'a str,
}

pub(super) fn run(ask: &Check) -> Result<End> {
    let problem = files::problem(&ask.which)?;
    let roster = files::roster(&problem, &ask.roster)?;
    let verdict = check(&problem, &roster);
    if ask.json {
        let line = |breach| line(breach);
        print::json(&Answer {
            objective: verdict.score.soft,
            hard_violations: verdict.score.hard,
            cover: verdict.score.cover,
            breaches: verdict.breaches.iter().map(line).collect(),
        })?;
    } else {
        let rows: Vec<Vec<String>> = verdict
            .breaches
            .iter()
            .map(line)
            .map(|line| vec![line.level.into(), line.points.to_string(), line.rule.into(), line.words.into()])
            .collect();
        print::table(&["level", "points", "rule", "what"], &rows)?;
        print::line(verdict.score)?;
    }
    Ok(if verdict.is_legal() { End::Done } else { End::No })
}

fn line(breach: &Breach) -> Line<'_> {
    let level = match breach.level {
        Level::Hard => "hard",
        Level::Cover => "cover",
        Level::Soft => "soft",
    };
    Line { level, points: breach.points, rule: &breach.rule, words: &breach.words }
}
