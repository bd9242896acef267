//! Searches for the best roster of a problem of a file.

use super::{Solve, files};
use crate::{End, print};
use anyhow::{Context as _, Result};
use roster::check::check;
use roster::evaluate::Evaluator;
use roster::solve::{News, Task, solve};
use serde::Serialize;
use std::sync::OnceLock;
use std::time::Instant;

/// The last line for programs.
#[derive(Debug, Serialize)]
struct Answer {
    objective: i64,
    bound: Option<i64>,
    hard_violations: i64,
    /// Heads below minimum cover, in points; none in formats that count cover into the objective.
    cover: i64,
    seconds: f64,
    cpu_seconds: f64,
    first_feasible_seconds: Option<f64>,
}

pub(super) fn run(ask: &Solve) -> Result<End> {
    let begun = Instant::now();
    let cpu_begun = cpu_seconds();
    let problem = files::problem(&ask.which)?;
    let start = ask.start.as_deref().map(|path| files::roster(&problem, path)).transpose()?;
    let evaluator = Evaluator::new(&problem);
    let first_feasible = OnceLock::new();
    let tell = |news: &News<'_>| {
        let seconds = begun.elapsed().as_secs_f64();
        if news.score.hard == 0 && news.score.cover == 0 {
            first_feasible.get_or_init(|| seconds);
        }
        if ask.progress {
            let bound = news.bound.map_or_else(|| "none yet".to_owned(), |bound| bound.to_string());
            eprintln!("{seconds:8.2} s  {}  bound {bound}", news.score);
        }
    };
    let answer = solve(
        &evaluator,
        &Task {
            seed: ask.seed,
            n_threads: usize::from(ask.threads),
            start: start.as_ref(),
            // What follows the search takes milliseconds.
            spent: &|| begun.elapsed().as_secs_f64() / (ask.seconds - 0.05),
            tell: &tell,
        },
    );
    let verdict = check(&problem, &answer.roster);
    let table = files::table(&ask.which, &problem, &answer.roster);
    if let Some(path) = &ask.out {
        std::fs::write(path, table).with_context(|| format!("cannot write {}", path.display()))?;
    } else if !ask.json {
        print::line(table.trim_end())?;
    }
    let told = Answer {
        objective: verdict.score.soft,
        bound: answer.bound,
        hard_violations: verdict.score.hard,
        cover: verdict.score.cover,
        seconds: rounded(begun.elapsed().as_secs_f64()),
        cpu_seconds: rounded(cpu_seconds() - cpu_begun),
        first_feasible_seconds: first_feasible.get().copied().map(rounded),
    };
    if ask.json {
        print::json(&told)?;
    } else {
        let bound =
            told.bound.map_or_else(String::new, |bound| format!("; no roster costs less than {bound}"));
        eprintln!("{}{bound}; {} s", verdict.score, told.seconds);
    }
    Ok(if verdict.is_legal() { End::Done } else { End::No })
}

fn rounded(seconds: f64) -> f64 {
    (seconds * 1_000.0).round() / 1_000.0
}

/// Seconds all threads of the program were on a processor; 0 where the system does not tell.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name in brackets: user and system time are the 12th and 13th, in hundredths.
    let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = rest.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}
