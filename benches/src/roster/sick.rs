//! Sick calls: rosters that were just solved lose somebody for one to three days and are repaired.

use crate::table::Table;
use anyhow::{Result, anyhow};
use roster::check::{Verdict, check};
use roster::problem::{DayIdx, Problem, Roster};
use roster::read::{csv, curtois};
use roster::repair::{Ask, Legal, News, repair};
use roster::testing::Dice;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Sick calls of each roster.
const CALLS: u64 = 100;
/// The most cells a repair may change.
const CHANGES_MAX: usize = 6;
/// What the 95th of 100 may take.
const LIMIT_MS: f64 = 300.0;

/// What came of all of them.
#[derive(Default)]
struct Tally {
    times: Vec<Duration>,
    n_changes_most: usize,
    /// Hard breaches that are new, of others and of the absent.
    n_hard: i64,
    n_own: i64,
    /// Calls that leave the absent person's row broken, and how many of them are not proven beyond help.
    n_broken: usize,
    n_unproven: usize,
}

pub(super) fn run(rosters: &[(PathBuf, PathBuf)], table: &mut Table) -> Result<()> {
    let mut tally = Tally::default();
    for (file, roster) in rosters {
        let problem = curtois::read(&std::fs::read_to_string(file)?).map_err(|fault| anyhow!("{fault}"))?;
        let published = csv::read(&problem, &std::fs::read_to_string(roster)?);
        let published = published.map_err(|fault| anyhow!("{fault}"))?;
        for seed in 0..CALLS {
            call(&problem, &published, seed, &mut tally)?;
        }
    }
    tally.times.sort();
    let Some(last) = tally.times.len().checked_sub(1) else { return Ok(()) };
    let at =
        |percent: usize| tally.times.get(last * percent / 100).map_or(0.0, |time| time.as_secs_f64() * 1e3);
    let Tally { n_changes_most, n_hard, n_own, n_broken, n_unproven, .. } = tally;
    let work = format!(
        "sick calls repaired, {} on Curtois 1-12, p95; at most {n_changes_most} changes, new hard breaches {n_hard}, \
         in the absent person's row {n_own} ({n_broken} calls, {n_unproven} of them not proven beyond {CHANGES_MAX} changes)",
        last + 1
    );
    table.beside(work, at(95), "ms", "limit", LIMIT_MS);
    table.row("the same, p50 and longest", format!("{:.1} and {:.1} ms", at(50), at(100)));
    Ok(())
}

fn call(problem: &Problem, published: &Roster, seed: u64, tally: &mut Tally) -> Result<()> {
    let mut dice = Dice::new(seed);
    let worked: Vec<_> = published.worked().collect();
    let Some(&(person, first, _)) = worked.get(dice.below(worked.len())) else { return Ok(()) };
    let last = DayIdx::at((first.idx() + usize::from(dice.small(0, 2))).min(problem.n_days() - 1));
    let news = [News::Absent { person, first, last, is_credited: true }];
    let start = Instant::now();
    let after = News::applied(&news, problem, published).map_err(|fault| anyhow!("{fault:?}"))?;
    let ask = Ask {
        before: problem,
        after: &after,
        published,
        first_free: first,
        changes_max: CHANGES_MAX,
        work_max: Ask::WORK,
    };
    let repaired = repair(&ask).map_err(|fault| anyhow!("{fault:?}"))?;
    tally.times.push(start.elapsed());
    let (before, now) = (check(problem, published), check(&after, &repaired.roster));
    let points = |verdict: &Verdict, is_own: bool| -> i64 {
        let breaches = verdict.hard().filter(|breach| (breach.person == Some(person)) == is_own);
        breaches.map(|breach| breach.points).sum()
    };
    tally.n_hard += (points(&now, false) - points(&before, false)).max(0);
    let own = points(&now, true) - points(&before, true);
    tally.n_own += own.max(0);
    let beyond_help = repaired.beyond_help.iter().find(|of| of.person == person).map(|of| of.legal);
    tally.n_broken += usize::from(own > 0);
    let is_proven = match beyond_help {
        Some(Legal::After(n_changes)) => n_changes > CHANGES_MAX,
        Some(Legal::Never) => true,
        Some(Legal::Unknown) | None => false,
    };
    tally.n_unproven += usize::from(own > 0 && !is_proven);
    tally.n_changes_most = tally.n_changes_most.max(repaired.changes.len());
    Ok(())
}
