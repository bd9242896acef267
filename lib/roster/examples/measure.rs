//! What the search finds in how much time:
//! `cargo run --release -p roster --example measure -- SECONDS SEED FILE...`, where a file is one of
//! Curtois and Qu, or `FOLDER:INSTANCE` of the competition. Seconds are those of the processor.
#![allow(clippy::print_stdout, clippy::indexing_slicing, clippy::unwrap_used, reason = "an example prints")]

use roster::evaluate::Evaluator;
use roster::problem::Problem;
use roster::read::{curtois, inrc2};
use std::cell::Cell;

/// Seconds this thread was on a processor.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

fn read(place: &str) -> Problem {
    let text = |path: String| std::fs::read_to_string(&path).unwrap();
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
    let env = |name: &str, usual: f64| std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(usual);
    for place in &args[3..] {
        let problem = read(place);
        let evaluator = Evaluator::new(&problem);
        let start = cpu_seconds();
        let first = Cell::new(None);
        let spent = || (cpu_seconds() - start) / seconds;
        if env("MASTER", 0.0) > 0.0 {
            println!("{place}");
            let (roster, score) =
                roster::solve::try_master(&evaluator, seed, (env("T0", 50.0), env("T1", 0.5)), &spent, &mut |text| println!("  {text}"));
            assert_eq!(roster::check::check(&problem, &roster).score, score);
            println!("{score} {:.1}", cpu_seconds() - start);
            continue;
        }
        #[allow(clippy::cast_possible_truncation)]
        let (roster, score, n_moves) = roster::solve::try_anneal(
            &evaluator,
            seed,
            (env("T0", 50.0), env("T1", 0.5), env("HARD", 50.0) as i64, env("COVER", 100.0) as i64),
            &spent,
            &mut |score, _| {
                if score.hard == 0 && score.cover == 0 && first.get().is_none() {
                    first.set(Some(spent() * seconds));
                }
            },
        );
        let verdict = roster::check::check(&problem, &roster);
        assert_eq!(verdict.score, score);
        println!(
            "{:30} {score}  first feasible {:?}  {:.2} M moves/s",
            place.rsplit('/').next().unwrap(),
            first.get(),
            n_moves as f64 / 1e6 / (cpu_seconds() - start)
        );
    }
}
