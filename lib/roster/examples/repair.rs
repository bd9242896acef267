//! Sick calls repaired: `cargo run --release -p roster --example repair -- ROSTERS N [ahead] [uncredited] FILE...`.
//!
//! For each file of Curtois and Qu and its roster in the folder ROSTERS (`Instance1.csv` of
//! `Instance1.txt`, made by `helmward roster solve`), N sick calls of one to three days are repaired
//! with at most six changes. Days before the first day of absence stay as they are; with `ahead` the
//! absence is known from the start and every day may change, with `uncredited` the hours of the absence
//! are not counted as worked.
#![allow(clippy::print_stdout, clippy::indexing_slicing, clippy::unwrap_used, reason = "an example prints")]

use roster::check::check;
use roster::problem::{DayIdx, Problem};
use roster::read::{csv, curtois};
use roster::repair::{Ask, News, repair};
use roster::testing::Dice;
use std::path::Path;
use std::time::{Duration, Instant};

const CHANGES_MAX: usize = 6;

#[derive(Default)]
struct Tally {
    times: Vec<Duration>,
    n_missing: u32,
    n_left: u32,
    n_changes: usize,
    n_changes_most: usize,
    n_hard: i64,
    n_own: i64,
    n_proven: usize,
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let rosters = Path::new(&args[1]);
    let n: usize = args[2].parse().unwrap();
    let is_ahead = args.iter().any(|arg| arg == "ahead");
    let is_credited = !args.iter().any(|arg| arg == "uncredited");
    let files = &args[3 + usize::from(is_ahead) + usize::from(!is_credited)..];
    let mut all = Vec::new();
    println!("file            p50 ms  p95 ms  max ms  short of   changes (most)  hard  own row  proven");
    for file in files {
        let name = Path::new(file).file_stem().unwrap().to_string_lossy().into_owned();
        let problem = curtois::read(&std::fs::read_to_string(file).unwrap()).unwrap();
        let text = std::fs::read_to_string(rosters.join(format!("{name}.csv"))).unwrap();
        let published = csv::read(&problem, &text).unwrap();
        let mut tally = Tally::default();
        for seed in 0..n {
            sick_call(
                &problem,
                &published,
                (u64::try_from(seed).unwrap(), is_ahead, is_credited),
                &mut tally,
            );
        }
        all.extend(tally.times.iter().copied());
        print(&name, tally);
    }
    all.sort();
    let at = |percent: usize| all[(all.len() * percent / 100).min(all.len() - 1)].as_secs_f64() * 1e3;
    println!("all: p50 {:.1} ms, p95 {:.1} ms, longest {:.1} ms", at(50), at(95), at(100));
}

fn sick_call(
    problem: &Problem,
    published: &roster::Roster,
    (seed, is_ahead, is_credited): (u64, bool, bool),
    tally: &mut Tally,
) {
    let mut dice = Dice::new(seed);
    let worked: Vec<_> = published.worked().collect();
    let (person, first, _) = worked[dice.below(worked.len())];
    let last = DayIdx((first.0 + dice.small(0, 2)).min(u16::try_from(problem.n_days() - 1).unwrap()));
    let news = [News::Absent { person, first, last, is_credited }];
    let start = Instant::now();
    let after = News::applied(&news, problem, published).unwrap();
    let ask = Ask {
        before: problem,
        after: &after,
        published,
        first_free: if is_ahead { DayIdx(0) } else { first },
        changes_max: CHANGES_MAX,
        work_max: Ask::WORK,
    };
    let repaired = repair(&ask).unwrap();
    tally.times.push(start.elapsed());
    let before = check(problem, published);
    let now = check(&after, &repaired.roster);
    // What the absence does to the absent's own run of days, on days that are over, cannot be helped.
    let points = |verdict: &roster::check::Verdict, is_own: bool| -> i64 {
        let of = verdict.hard().filter(|breach| (breach.person == Some(person)) == is_own);
        of.map(|breach| breach.points).sum()
    };
    tally.n_hard += (points(&now, false) - points(&before, false)).max(0);
    tally.n_own += (points(&now, true) - points(&before, true)).max(0);
    tally.n_missing += repaired.holes.iter().map(|hole| u32::from(hole.missing)).sum::<u32>();
    tally.n_left += repaired.n_left();
    tally.n_changes += repaired.changes.len();
    tally.n_changes_most = tally.n_changes_most.max(repaired.changes.len());
    tally.n_proven += usize::from(repaired.is_fewest);
}

fn print(name: &str, mut tally: Tally) {
    tally.times.sort();
    let n = tally.times.len();
    let ms = |at: usize| tally.times[at.min(n - 1)].as_secs_f64() * 1e3;
    println!(
        "{name:14} {:7.1} {:7.1} {:7.1}  {:5} of {:<4} {:5} ({})  {:5}  {:7}  {} of {n}",
        ms(n / 2),
        ms(n * 95 / 100),
        ms(n - 1),
        tally.n_left,
        tally.n_missing,
        tally.n_changes,
        tally.n_changes_most,
        tally.n_hard,
        tally.n_own,
        tally.n_proven,
    );
}
