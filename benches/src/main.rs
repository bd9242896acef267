//! The comparison harness: one table, each row with the work, our figure, a peer's or a limit's figure
//! measured in the same run, and the ratio.
//!
//! It measures the product from outside: a release `helmward` over HTTP and MLLP, as others would. Only the
//! parser is called directly. Run it as `cargo xtask bench`; see `README.md` for the flags. Not here: tests;
//! a slow machine fails nothing.
#![expect(clippy::print_stdout, reason = "printing is what a command line is for")]
#![expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^53")]

mod disk;
mod house;
mod http;
mod mllp;
mod pages;
mod parse;
mod roster;
mod table;

use anyhow::{Context as _, Result, bail};
use std::path::PathBuf;
use table::Table;

/// What to run, and how much of it.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Names of the parts wanted; empty for all.
    only: Vec<String>,
    /// Messages sent by 32 senders, and those the rebuild is measured over.
    n_sent: usize,
    n_rebuilt: usize,
    /// Days of the small sample; the large one has ten times as many.
    days: u32,
    /// Seconds each page is asked for.
    seconds: u64,
    /// Seconds each roster is searched for; those of the scoreboard when left out.
    roster_seconds: Option<u64>,
    /// Whether general solvers search for the same rosters.
    has_peers: bool,
    /// The product.
    program: PathBuf,
    /// Where installations are made: the disk that is measured.
    folder: PathBuf,
    /// A durable PostgreSQL.
    postgres: Option<String>,
}

impl Plan {
    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }
}

fn main() -> Result<()> {
    let plan = plan()?;
    std::fs::create_dir_all(&plan.folder)?;
    let mut table = Table::new();
    let outcome = run(&plan, &mut table);
    std::fs::remove_dir_all(&plan.folder)?;
    table.print();
    outcome
}

fn run(plan: &Plan, table: &mut Table) -> Result<()> {
    if plan.wants("parse") {
        parse::run(table)?;
    }
    let mut limit = disk::Limit::default();
    if plan.wants("disk") || plan.wants("mllp") {
        limit = disk::run(&plan.folder, table)?;
    }
    if plan.wants("mllp") {
        mllp::run(plan, None, &limit, table)?;
        match &plan.postgres {
            Some(url) => mllp::run(plan, Some(url), &limit, table)?,
            None => table.note("PostgreSQL was not measured: HELMWARD_BENCH_POSTGRES names none"),
        }
    }
    if plan.wants("rebuild") {
        house::rebuild(plan, table)?;
    }
    if plan.wants("pages") {
        pages::run(plan, plan.days, table)?;
        pages::run(plan, plan.days.saturating_mul(10).min(3_660), table)?;
    }
    // An hour: only when asked for.
    if plan.only.iter().any(|only| only == "roster") {
        roster::run(plan, table)?;
    }
    if plan.only.iter().any(|only| only == "roster-hospital") {
        roster::hospital::run(plan.roster_seconds, table)?;
    }
    // Six hours.
    if plan.only.iter().any(|only| only == "roster-large") {
        roster::large::run(plan, table)?;
    }
    Ok(())
}

fn plan() -> Result<Plan> {
    let program = std::env::var_os("HELMWARD_PROGRAM").map(PathBuf::from);
    let program = program.context("HELMWARD_PROGRAM does not name the product; use `cargo xtask bench`")?;
    let mut plan = Plan {
        only: Vec::new(),
        n_sent: 40_000,
        n_rebuilt: 200_000,
        days: 73,
        seconds: 8,
        roster_seconds: None,
        has_peers: true,
        program,
        folder: std::env::temp_dir().join(format!("helmward-bench-{}", std::process::id())),
        postgres: std::env::var("HELMWARD_BENCH_POSTGRES").ok(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = |what: &str| -> Result<u64> {
            let text = arguments.next().with_context(|| format!("{what} needs a number"))?;
            text.parse().with_context(|| format!("{what} needs a number, not `{text}`"))
        };
        match argument.as_str() {
            "--quick" => {
                (plan.n_sent, plan.n_rebuilt, plan.days, plan.seconds) = (4_000, 10_000, 6, 2);
                plan.roster_seconds = Some(3);
            }
            "--full" => {
                (plan.n_sent, plan.n_rebuilt, plan.days, plan.seconds) = (200_000, 2_000_000, 183, 20)
            }
            "--messages" => plan.n_rebuilt = usize::try_from(number("--messages")?)?,
            "--sent" => plan.n_sent = usize::try_from(number("--sent")?)?,
            "--days" => plan.days = u32::try_from(number("--days")?)?,
            "--roster-seconds" => plan.roster_seconds = Some(number("--roster-seconds")?),
            "--no-peers" => plan.has_peers = false,
            "--seconds" => plan.seconds = number("--seconds")?,
            other if other.starts_with('-') => bail!("`{other}` is no flag; see benches/README.md"),
            part => plan.only.push(part.to_owned()),
        }
    }
    Ok(plan)
}
