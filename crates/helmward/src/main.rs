//! The one executable: serves, takes in, answers and keeps an installation.
//!
//! Each verb is a module: it opens the installation ([`place`]), calls what the crates below offer, and
//! prints. No rule and no SQL lives here. Exit codes: 0 done, 1 the answer is no (a broken chain, rejects in
//! an import), 2 wrong use (also a figure nobody declared), 3 cannot run. Errors go to stderr with the value,
//! the limit and the next step.
//!
//! Start with [`cli`], which names every verb, then [`place`].

mod audit;
mod census_verb;
mod cli;
mod demo;
mod doctor;
mod export;
mod figure;
mod import;
mod init;
mod keep;
mod place;
mod print;
mod roster;
mod rules;
mod serve;
mod tokens;
mod users;

use clap::Parser as _;
use cli::{Cli, Verb};
use std::process::ExitCode;

/// How a verb ended when it could run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Done, or the answer is yes.
    Done,
    /// The answer is no.
    No,
}

/// Asked in a way that cannot be answered whatever is stored: a name nobody declared, an argument left out.
#[derive(Debug)]
pub(crate) struct WrongUse(pub(crate) String);

impl std::fmt::Display for WrongUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongUse {}

/// Messages and rows are many small allocations made on one thread and freed on another, which this
/// allocator serves faster than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("helmward: the system gave no threads: {error}");
            return ExitCode::from(3);
        }
    };
    let ended = runtime.block_on(run(cli.verb));
    // Work that blocks must not keep a finished program from ending.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match ended {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::No) => ExitCode::from(1),
        Err(error) if print::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("helmward: {error:#}");
            ExitCode::from(if error.is::<WrongUse>() { 2 } else { 3 })
        }
    }
}

async fn run(verb: Verb) -> anyhow::Result<End> {
    match verb {
        Verb::Demo(ask) => demo::run(ask).await,
        Verb::Init(ask) => init::run(ask).await,
        Verb::Serve(ask) => serve::run(ask).await,
        Verb::Work(ask) => serve::work(ask).await,
        Verb::Import { kind } => import::run(kind).await,
        Verb::Export(ask) => export::run(ask).await,
        Verb::Census(ask) => census_verb::run(ask).await,
        Verb::Figure(ask) => figure::run(ask).await,
        Verb::Explain(ask) => figure::explain(ask).await,
        Verb::Audit { ask } => audit::run(ask).await,
        Verb::Backup(ask) => keep::backup(ask).await,
        Verb::Restore(ask) => keep::restore(ask).await,
        Verb::Keys { ask } => keep::keys(ask).await,
        Verb::Rebuild(ask) => keep::rebuild(ask).await,
        Verb::Doctor(ask) => doctor::run(ask).await,
        Verb::User { ask } => users::run(ask).await,
        Verb::Token { ask } => tokens::run(ask).await,
        Verb::Rule { ask } => rules::run(ask).await,
        Verb::Roster { ask } => tokio::task::spawn_blocking(move || roster::run(&ask)).await?,
    }
}
