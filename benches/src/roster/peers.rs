//! Two general solvers on the same instances: OR-Tools CP-SAT and HiGHS, each with a small program of
//! the same rules (`benches/peers/roster`), as long and on as many processors as ours.

use super::{Instance, check, told};
use crate::Plan;
use crate::table::Table;
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The scripts, each a solver.
const SCRIPTS: [&str; 2] = ["cpsat.py", "highs.py"];

/// The solvers that could be installed; by default none.
#[derive(Default)]
pub(super) struct Peers {
    python: PathBuf,
    pub(super) all: Vec<PathBuf>,
}

impl Peers {
    /// Installs the solvers into the target folder, once. Where that fails, there are no peers, and the
    /// table says so.
    pub(super) fn installed(table: &mut Table) -> Peers {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/roster");
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let target = target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"));
        let folder = target.join("roster-peers");
        let python = folder.join("bin/python");
        let install = || -> Result<()> {
            run(Command::new("python3").arg("-m").arg("venv").arg(&folder))?;
            let needs = scripts.join("requirements.txt");
            run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(needs))
        };
        match install() {
            Ok(()) => Peers { python, all: SCRIPTS.map(|script| scripts.join(script)).to_vec() },
            Err(fault) => {
                table.note(format!("rosters: no peers, since they could not be installed: {fault:#}"));
                Peers::default()
            }
        }
    }

    /// A row with what a solver found in the same time.
    pub(super) fn measure(
        &self,
        script: &Path,
        plan: &Plan,
        (instance, file): (&Instance, &Path),
        ours: f64,
        table: &mut Table,
    ) -> Result<()> {
        let out = plan.folder.join("peer.csv");
        let mut command = Command::new(&self.python);
        command.arg(script).arg(file).arg(instance.seconds.to_string()).arg(&out);
        let answer = told(command)?;
        let solver = answer.get("solver").and_then(Value::as_str).unwrap_or("peer");
        let cpu = answer.get("cpu_seconds").and_then(Value::as_f64).unwrap_or(0.0);
        let bound = answer.get("bound").and_then(Value::as_i64);
        let bound = bound.map_or_else(|| "none".to_owned(), |bound| bound.to_string());
        let work = format!("the same, {solver}: {cpu:.0} CPU s, bound {bound}");
        if answer.get("objective").is_none_or(Value::is_null) {
            table.row(work, "found nothing");
            return Ok(());
        }
        let checked = check(plan, instance, &out)?;
        let objective = checked.get("objective").and_then(Value::as_f64).context("no objective")?;
        table.beside(work, ours, "points", solver, objective);
        Ok(())
    }
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let words = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{}", words.lines().last().unwrap_or("it failed"));
    Ok(())
}
