//! Looking an installation over: what stands well, what wants attention, what is broken.

use crate::place::{Place, schema_of};
use crate::{End, cli, print};
use anyhow::Result;
use identity::{Scope, SiteTree};
use intake::{FeedRule, FeedState};
use jiff::SignedDuration;
use jobs::{JobState, Jobs, Live};
use serde::Serialize;
use std::path::Path;
use store::{Db, Engine, Location, SCHEMA_VERSION, find_setting, seal};

/// Less free space than this wants attention.
const FREE_MIB_MIN: u64 = 1_024;
/// Work that waits longer has nobody to do it.
const WAIT_MAX: SignedDuration = SignedDuration::from_mins(5);

/// How one thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ok,
    Attention,
    Broken,
}

/// One thing looked at.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    state: State,
    detail: String,
}

#[derive(Debug, Serialize)]
struct Report {
    is_well: bool,
    checks: Vec<Check>,
}

pub(crate) async fn run(from: cli::Reading) -> Result<End> {
    let place = Place::of(&from.at)?;
    let mut checks = vec![time_zones(), keys(&place)];
    checks.extend(disk(&place));
    match place.open_any(false).await {
        Ok(db) => look(&place, &db, &mut checks).await?,
        Err(error) => checks.push(check("database", State::Broken, format!("{error:#}"))),
    }
    let is_well = checks.iter().all(|check| check.state != State::Broken);
    let report = Report { is_well, checks };
    if from.json {
        print::json(&report)?;
    } else {
        for check in &report.checks {
            let mark = match check.state {
                State::Ok => "ok",
                State::Attention => "ATTENTION",
                State::Broken => "BROKEN",
            };
            print::line(format!("{mark:<10} {:<10} {}", check.name, check.detail))?;
        }
    }
    Ok(if is_well { End::Done } else { End::No })
}

fn check(name: &'static str, state: State, detail: impl Into<String>) -> Check {
    Check { name, state, detail: detail.into() }
}

fn time_zones() -> Check {
    match jiff::tz::TimeZone::get("America/New_York") {
        Ok(_) => check("time zones", State::Ok, "known"),
        Err(error) => check("time zones", State::Broken, error.to_string()),
    }
}

fn keys(place: &Place) -> Check {
    if let Err(error) = place.keys() {
        return check("keys", State::Broken, format!("{error:#}"));
    }
    let Some(path) = place.keys_file() else {
        return check("keys", State::Ok, "in the environment");
    };
    if let Some(mode) = open_mode(&path) {
        let detail = format!("{} has mode {mode:o}; set it to 600", path.display());
        return check("keys", State::Attention, detail);
    }
    check("keys", State::Ok, format!("{}, readable by its owner only", path.display()))
}

/// The mode of a file that others than its owner may read.
#[cfg(unix)]
fn open_mode(path: &Path) -> Option<u32> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).ok()?.permissions()) & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn open_mode(_: &Path) -> Option<u32> {
    None
}

/// Free space, by the system's own `df`; nothing where there is none.
fn disk(place: &Place) -> Option<Check> {
    let run = std::process::Command::new("df").arg("-Pk").arg(&place.dir).output().ok()?;
    let text = String::from_utf8(run.stdout).ok()?;
    let free_kib: u64 = text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    let free_mib = free_kib / 1_024;
    let state = if free_mib < FREE_MIB_MIN { State::Attention } else { State::Ok };
    let next = if state == State::Ok { "" } else { "; make room before the database cannot grow" };
    Some(check("disk", state, format!("{free_mib} MiB free{next}")))
}

async fn look(place: &Place, db: &Db, checks: &mut Vec<Check>) -> Result<()> {
    let engine = match (db.engine(), &place.location) {
        (Engine::Sqlite, Location::File(path)) => {
            let size = std::fs::metadata(path).map_or(0, |file| file.len()) >> 20;
            format!("SQLite, {size} MiB in {}", path.display())
        }
        (Engine::Sqlite | Engine::Postgres, _) => "PostgreSQL".to_owned(),
    };
    checks.push(check("engine", State::Ok, engine));
    let found = schema_of(db).await?;
    let (state, next) = match found {
        SCHEMA_VERSION => (State::Ok, String::new()),
        0 => (State::Broken, "; the database is empty".to_owned()),
        older if older < SCHEMA_VERSION => {
            (State::Attention, format!("; start `helmward serve` to upgrade to {SCHEMA_VERSION}"))
        }
        _ => (State::Broken, format!("; this program knows up to {SCHEMA_VERSION}, install the newer one")),
    };
    checks.push(check("schema", state, format!("version {found}{next}")));
    if db.engine() == Engine::Sqlite {
        checks.push(file(db).await?);
    }
    if found != SCHEMA_VERSION {
        return Ok(());
    }
    feeds(db, checks).await?;
    worker(db, checks).await?;
    chains(db, checks).await
}

/// What the engine finds wrong with its file: pages, rows, and words that a column does not know.
async fn file(db: &Db) -> Result<Check> {
    let faults = db.faults_of_file().await?;
    Ok(match faults.as_slice() {
        [] => check("file", State::Ok, "sound"),
        [first, others @ ..] => {
            let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
            let detail = format!("{first}{more}; restore the newest backup beside it and compare");
            check("file", State::Broken, detail)
        }
    })
}

async fn tops(db: &Db) -> Result<Vec<Scope>> {
    let tree = SiteTree::load(&mut db.read().await?).await?;
    let tops = tree.all().iter().filter(|site| site.parent_id.is_none() && site.closed_on.is_none());
    Ok(tops.filter_map(|site| Scope::operator(&tree, &site.path)).collect())
}

async fn feeds(db: &Db, checks: &mut Vec<Check>) -> Result<()> {
    let mut tx = db.read().await?;
    let rule: FeedRule = find_setting(&mut tx, None, FeedRule::SETTING).await?.unwrap_or_default();
    let (mut n_feeds, mut late, mut n_open) = (0, Vec::new(), 0);
    for scope in tops(db).await? {
        for feed in intake::list_feeds(&mut tx, &scope).await? {
            n_feeds += 1;
            n_open += feed.n_open_faults;
            match feed.state(rule, db.now()) {
                FeedState::Late { quiet } | FeedState::Silent { quiet } => {
                    late.push(format!("{} {} quiet for {quiet}", feed.application, feed.facility));
                }
                FeedState::Ok | FeedState::Errors { .. } => {}
            }
        }
    }
    let state = if late.is_empty() && n_open == 0 { State::Ok } else { State::Attention };
    let late = if late.is_empty() { "none late".to_owned() } else { late.join(", ") };
    checks.push(check(
        "feeds",
        state,
        format!("{n_feeds} feeds, {late}, {n_open} messages wait for a person"),
    ));
    Ok(())
}

/// Work that nobody takes up tells that no worker runs.
async fn worker(db: &Db, checks: &mut Vec<Check>) -> Result<()> {
    let jobs = Jobs::new(jobs::Registry::default(), Live::new(db.now()));
    let mut tx = db.read().await?;
    let (mut n_waiting, mut n_running, mut n_stuck) = (0, 0, 0);
    for scope in tops(db).await? {
        let waiting = jobs.list(&mut tx, &scope, Some(JobState::Waiting), 0, 500).await?;
        n_waiting += waiting.n_all;
        let is_stuck = |due: jiff::Timestamp| db.now().duration_since(due) > WAIT_MAX;
        n_stuck += waiting.jobs.iter().filter(|job| is_stuck(job.run_after)).count();
        n_running += jobs.list(&mut tx, &scope, Some(JobState::Running), 0, 1).await?.n_all;
    }
    let state = if n_stuck > 0 && n_running == 0 { State::Attention } else { State::Ok };
    let next = match state {
        State::Ok => "",
        State::Attention | State::Broken => {
            "; no worker seems to run: start `helmward serve` or `helmward work`"
        }
    };
    checks.push(check("jobs", state, format!("{n_running} running, {n_waiting} waiting{next}")));
    Ok(())
}

/// The two short chains; `audit verify` walks them all.
async fn chains(db: &Db, checks: &mut Vec<Check>) -> Result<()> {
    let mut tx = db.read().await?;
    for stream in [&seal::HISTORY, &identity::access_log::ACCESS_LOG] {
        let verdict = seal::verify(&mut tx, stream).await?;
        checks.push(match verdict.broken {
            None => check("chain", State::Ok, format!("{}: {} rows", verdict.stream, verdict.n_rows)),
            Some(broken) => check("chain", State::Broken, format!("{broken}; run `helmward audit verify`")),
        });
    }
    Ok(())
}
