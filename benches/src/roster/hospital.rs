//! A made-up hospital with the rules of real ones: 200 people, 42 days, six skills.

use crate::table::{Table, number};
use anyhow::{Result, anyhow, ensure};
use roster::check::check;
use roster::evaluate::Evaluator;
use roster::problem::Problem;
use roster::solve::{News, Task, solve};
use roster::testing::{HospitalSize, hospital};
use std::sync::Mutex;
use std::time::Instant;

const SIZE: HospitalSize = HospitalSize { n_people: 200, n_days: 42, n_units: 8 };
/// How long it takes when not said otherwise.
const SECONDS: u64 = 60;
/// In so many seconds the first legal roster should be there.
const LEGAL_SECONDS: f64 = 3.0;

pub(crate) fn run(seconds: Option<u64>, table: &mut Table) -> Result<()> {
    let seconds = seconds.unwrap_or(SECONDS);
    let problem = Problem::new(hospital(1, SIZE).parts).map_err(|faults| anyhow!("{faults:?}"))?;
    let start = Instant::now();
    let evaluator = Evaluator::new(&problem);
    let (legal, full) = (Mutex::new(None), Mutex::new(None));
    let now = || start.elapsed().as_secs_f64();
    let tell = |news: &News<'_>| {
        let first = |mark: &Mutex<Option<f64>>| {
            if let Ok(mut mark) = mark.lock() {
                mark.get_or_insert_with(now);
            }
        };
        if news.score.hard == 0 {
            first(&legal);
        }
        if news.score.hard == 0 && news.score.cover == 0 {
            first(&full);
        }
    };
    let spent = || now() / seconds as f64;
    let answer = solve(&evaluator, &Task { seed: 1, n_threads: 2, start: None, spent: &spent, tell: &tell });
    ensure!(check(&problem, &answer.roster).score == answer.score, "the checker says otherwise");
    let seconds_to = |mark: Mutex<Option<f64>>| mark.into_inner().ok().flatten();
    let what = "hospital, 200 people, 42 days, real rules";
    match seconds_to(legal) {
        Some(seconds) => {
            table.beside(format!("{what}: first legal roster"), seconds, "s", "limit", LEGAL_SECONDS)
        }
        None => table.row(format!("{what}: first legal roster"), format!("none: {}", answer.score)),
    }
    match seconds_to(full) {
        Some(seconds) => table.row(format!("{what}: all cover at its minimum"), format!("{seconds:.1} s")),
        None => table.row(format!("{what}: all cover at its minimum"), format!("none: {}", answer.score)),
    }
    let points = answer.score.soft as f64;
    match answer.bound {
        Some(bound) => {
            table.beside(format!("{what}: after {seconds} s"), points, "points", "bound", bound as f64)
        }
        None => table
            .row(format!("{what}: after {seconds} s, without a bound"), format!("{} points", number(points))),
    }
    Ok(())
}
