//! What the search finds in how much time:
//! `cargo run --release -p roster --example measure -- SECONDS SEED FILE...`, where a file is one of
//! Curtois and Qu, or `FOLDER:INSTANCE` of the competition, `made:DAYS,PEOPLE,SHIFTS[,SEED]` or
//! `hospital:PEOPLE,DAYS,UNITS`. Seconds are those of the processor.
#![allow(clippy::print_stdout, clippy::indexing_slicing, clippy::unwrap_used, reason = "an example prints")]

use roster::evaluate::Evaluator;
use roster::problem::{Level, Problem};
use roster::read::{curtois, inrc2};
use roster::solve::{News, Task, solve};
use std::sync::Mutex;

/// Seconds this thread was on a processor.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// Seconds that all threads were on processors.
fn all_cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11);
    fields.take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn read(place: &str) -> Problem {
    let text = |path: String| std::fs::read_to_string(&path).unwrap();
    if let Some(size) = place.strip_prefix("made:") {
        let size: Vec<u16> = size.split(',').map(|n| n.parse().unwrap()).collect();
        let seed = size.get(3).copied().unwrap_or(1).into();
        let made = roster::testing::curtois_made(seed, size[0], size[1], size[2]);
        let problem = curtois::read(&made.text).unwrap();
        println!("hidden roster: {}", Evaluator::new(&problem).score(&made.hidden));
        return problem;
    }
    if let Some(size) = place.strip_prefix("hospital:") {
        let size: Vec<u16> = size.split(',').map(|n| n.parse().unwrap()).collect();
        let (n_people, n_units) = (usize::from(size[0]), usize::from(size[2]));
        let size = roster::testing::HospitalSize { n_people, n_days: size[1], n_units };
        let made = roster::testing::hospital(1, size);
        let problem = Problem::new(made.parts).unwrap();
        println!("hidden roster: {}", Evaluator::new(&problem).score(&made.hidden));
        return problem;
    }
    if let Some((folder, name)) = place.split_once(':') {
        let instance = inrc2::Instance::of_name(name).unwrap();
        let of = |file: &String| text(format!("{folder}/{file}"));
        let weeks: Vec<String> = instance.weeks.iter().map(of).collect();
        let (scenario, history) = (of(&instance.scenario), of(&instance.history));
        let weeks = weeks.iter().map(String::as_str).collect();
        return inrc2::read(&inrc2::Texts { scenario: &scenario, history: &history, weeks }).unwrap();
    }
    curtois::read(&text(place.to_owned())).unwrap()
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let seconds: f64 = args[1].parse().unwrap();
    let seed: u64 = args[2].parse().unwrap();
    for place in &args[3..] {
        let problem = read(place);
        let evaluator = Evaluator::new(&problem);
        let start = cpu_seconds();
        let n_threads = std::env::var("THREADS").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
        let start_all = all_cpu_seconds();
        let share_of_all = || (all_cpu_seconds() - start_all) / seconds;
        let spent = || if n_threads > 1 { share_of_all() } else { (cpu_seconds() - start) / seconds };
        let is_loud = std::env::var_os("LOUD").is_some();
        let first = Mutex::new(None);
        let tell = |news: &News<'_>| {
            let is_feasible = news.score.hard == 0 && news.score.cover == 0;
            let mut first = first.lock().unwrap();
            if is_feasible && first.is_none() {
                *first = Some(spent() * seconds);
            }
            if is_loud {
                println!("  {:6.2} {} bound {:?}", spent() * seconds, news.score, news.bound);
            }
        };
        let answer = solve(&evaluator, &Task { seed, n_threads, start: None, spent: &spent, tell: &tell });
        let verdict = roster::check::check(&problem, &answer.roster);
        assert_eq!(verdict.score, answer.score);
        if is_loud {
            let missing = verdict.breaches.iter().filter(|breach| breach.level == Level::Cover);
            verdict.hard().chain(missing).take(40).for_each(|breach| println!("  {}", breach.words));
        }
        println!(
            "{:28} {} bound {:?} first {:.2?} total {:.1}",
            place.rsplit('/').next().unwrap(),
            answer.score,
            answer.bound,
            first.lock().unwrap(),
            spent() * seconds
        );
    }
}
