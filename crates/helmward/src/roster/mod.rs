//! `helmward roster`: staffing problems and rosters of files, solved, judged, repaired and explained.
//!
//! Needs no installation. [`files`] reads and writes, [`names`] finds people, days and shifts by name;
//! each verb has a file.

mod check;
mod draft;
mod files;
mod names;
mod price;
mod repair;
mod solve;
mod why;

use crate::End;
use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// What to do with a problem.
#[derive(Debug, Subcommand)]
pub(crate) enum Ask {
    /// Search for the best roster and prove how good it can be
    Solve(Solve),
    /// Judge a roster: every rule broken, every point it costs
    Check(Check),
    /// After a sick call, a lapsed credential or changed demand: the nearest legal roster, and who can
    /// take each open shift
    Repair(repair::Ask),
    /// What bars a person from a shift; without --person, why a shift is short
    Why(why::Ask),
    /// What relaxing a rule would save, by solving with it and without
    Price(price::Ask),
    /// Demand from the patients expected, with the arithmetic
    Draft(draft::Ask),
}

/// Formats of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text of the shift scheduling benchmarks of Curtois and Qu
    Curtois,
    /// A folder of the Second International Nurse Rostering Competition, with --instance
    Inrc2,
    /// The JSON format of Helmward
    Helmward,
}

/// Which problem.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// How the problem is written
    #[arg(long, value_enum)]
    pub(crate) format: Format,
    /// The file; for inrc2 the folder
    pub(crate) problem: PathBuf,
    /// For inrc2: set, history and weeks, such as n030w4_1_6-2-9-1
    #[arg(long, value_name = "NAME", required_if_eq("format", "inrc2"))]
    pub(crate) instance: Option<String>,
}

/// `roster solve`.
#[derive(Debug, Args)]
pub(crate) struct Solve {
    #[command(flatten)]
    pub(crate) which: Which,
    /// How long to search
    #[arg(long, value_name = "S", default_value_t = 60.0, value_parser = parse_seconds)]
    pub(crate) seconds: f64,
    /// How many threads search
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) threads: u16,
    /// Chance follows from it
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// A roster to start from
    #[arg(long, value_name = "FILE")]
    pub(crate) start: Option<PathBuf>,
    /// Where to write the roster; standard output when left out and --json is not given
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Tell of every better roster on stderr
    #[arg(long)]
    pub(crate) progress: bool,
    /// End with one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// `roster check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) which: Which,
    /// The roster: employee_id,day_index,shift_id or nurse,day_index,shift,skill
    pub(crate) roster: PathBuf,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(ask: &Ask) -> Result<End> {
    match ask {
        Ask::Solve(ask) => solve::run(ask),
        Ask::Check(ask) => check::run(ask),
        Ask::Repair(ask) => repair::run(ask),
        Ask::Why(ask) => why::run(ask),
        Ask::Price(ask) => price::run(ask),
        Ask::Draft(ask) => draft::run(ask),
    }
}

/// From a tenth of a second to a day.
fn parse_seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.1..=86_400.0).contains(seconds));
    seconds.ok_or_else(|| format!("`{text}` is no time to search; write seconds from 0.1 to 86400"))
}

#[cfg(test)]
mod tests {
    use crate::cli::Cli;
    use clap::Parser as _;

    #[test]
    fn an_instance_is_needed_for_the_competition_only() {
        let parse = |text: &str| Cli::try_parse_from(text.split(' ')).map(|_| ());
        assert!(
            parse("helmward roster solve --format curtois a.txt --seconds 60 --threads 2 --seed 1").is_ok()
        );
        assert!(parse("helmward roster solve --format inrc2 folder").is_err());
        assert!(
            parse("helmward roster check --format inrc2 f --instance n030w4_1_6-2-9-1 s.csv --json").is_ok()
        );
        assert!(parse("helmward roster solve --format curtois a.txt --seconds NaN").is_err());
    }
}
