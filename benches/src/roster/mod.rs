//! The scoreboard of rosters: public instances, ours beside the best that is known and beside two
//! general solvers ([`peers`]); then sick calls repaired ([`sick`]) and a made-up hospital.
//!
//! Runs `helmward roster solve` as others would, one instance after the other, and judges every
//! roster, those of the peers too, with `helmward roster check`. The data is not part of this
//! repository.

pub(crate) mod hospital;
pub(crate) mod large;
mod peers;
mod sick;

use crate::Plan;
use crate::table::Table;
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Best known objectives of Curtois and Qu, 1 to 12.
const CURTOIS: [i64; 12] = [607, 828, 1001, 1716, 1143, 1950, 1056, 1300, 439, 4631, 3443, 4040];

/// Published objectives of the competition with all weeks known.
const INRC2: [(&str, i64); 6] = [
    ("n030w4_1_6-2-9-1", 1670),
    ("n030w4_1_6-7-5-3", 1815),
    ("n035w4_0_1-7-1-8", 1360),
    ("n035w4_2_8-8-7-5", 1080),
    ("n040w4_0_2-0-6-1", 1565),
    ("n040w4_2_6-1-0-6", 1750),
];

/// An instance to solve.
struct Instance {
    name: String,
    /// What tells the program which problem it is.
    which: Vec<String>,
    /// Its file, when it is one that peers read.
    file: Option<PathBuf>,
    seconds: u64,
    known: i64,
}

pub(crate) fn run(plan: &Plan, table: &mut Table) -> Result<()> {
    let root =
        std::env::var_os("HELMWARD_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let root = root.join("rostering");
    if !root.join("curtois").is_dir() {
        table.note("rosters were not measured: HELMWARD_DATA names no folder with rostering/curtois");
        return Ok(());
    }
    std::fs::create_dir_all(&plan.folder)?;
    let peers = if plan.has_peers { peers::Peers::installed(table) } else { peers::Peers::default() };
    let mut rosters = Vec::new();
    for instance in instances(&root, plan.roster_seconds) {
        let out = plan.folder.join(format!("{}.csv", instance.name));
        let Solved { objective, n_broken, work } = solve_and_check(plan, &instance, &out)?;
        ensure!(n_broken == 0.0, "{}: {n_broken} rules are broken", instance.name);
        table.beside(work, objective, "points", "best known", instance.known as f64);
        if let Some(file) = &instance.file {
            for peer in &peers.all {
                peers.measure(peer, plan, (&instance, file), objective, table)?;
            }
            rosters.push((file.clone(), out));
        }
    }
    sick::run(&rosters, table)?;
    hospital::run(plan.roster_seconds, table)
}

fn instances(root: &Path, seconds: Option<u64>) -> Vec<Instance> {
    let path = |path: PathBuf| path.display().to_string();
    let curtois = (1..).zip(CURTOIS).map(|(number, known)| {
        let file = root.join(format!("curtois/Instance{number}.txt"));
        Instance {
            name: format!("Curtois {number}"),
            which: vec!["--format=curtois".into(), path(file.clone())],
            file: Some(file),
            seconds: seconds.unwrap_or(60),
            known,
        }
    });
    let inrc2 = INRC2.iter().map(|&(name, known)| {
        let set = name.split('_').next().unwrap_or_default();
        let n_nurses = set.trim_start_matches('n').split('w').next().and_then(|n| n.parse::<u64>().ok());
        Instance {
            name: name.to_owned(),
            which: vec![
                "--format=inrc2".into(),
                path(root.join("inrc2").join(set)),
                format!("--instance={name}"),
            ],
            file: None,
            seconds: seconds.unwrap_or(10 + 3 * n_nurses.unwrap_or(0)),
            known,
        }
    });
    curtois.chain(inrc2).collect()
}

/// What the program made of an instance, and the checker of that.
struct Solved {
    objective: f64,
    n_broken: f64,
    /// The row of the table: budget, processor time, bound.
    work: String,
}

fn solve_and_check(plan: &Plan, instance: &Instance, out: &Path) -> Result<Solved> {
    let answer = solve(plan, instance, out)?;
    let number = |key: &str| answer.get(key).and_then(Value::as_f64);
    let checked = check(plan, instance, out)?;
    let objective = number("objective").context("the program told no objective")?;
    let n_broken = number("hard_violations").context("the program told no hard violations")?;
    if checked.get("objective") != answer.get("objective") {
        bail!("{}: the roster is not what the program says: {answer} {checked}", instance.name);
    }
    let bound = number("bound").map_or_else(|| "none".to_owned(), |bound| format!("{bound:.0}"));
    let cpu = number("cpu_seconds").unwrap_or(0.0);
    let work = format!("{}, {} s, {cpu:.0} CPU s, bound {bound}", instance.name, instance.seconds);
    Ok(Solved { objective, n_broken, work })
}

fn solve(plan: &Plan, instance: &Instance, out: &Path) -> Result<Value> {
    let mut command = Command::new(&plan.program);
    command.args(["roster", "solve", "--threads=2", "--seed=1", "--json"]).args(&instance.which);
    command.arg(format!("--seconds={}", instance.seconds)).arg("--out").arg(out);
    told(command)
}

fn check(plan: &Plan, instance: &Instance, out: &Path) -> Result<Value> {
    let mut command = Command::new(&plan.program);
    command.args(["roster", "check", "--json"]).args(&instance.which).arg(out);
    told(command)
}

/// The last line of what a command says.
fn told(mut command: Command) -> Result<Value> {
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text
        .lines()
        .last()
        .with_context(|| format!("the program said nothing: {}", String::from_utf8_lossy(&output.stderr)))?;
    Ok(serde_json::from_str(last)?)
}
