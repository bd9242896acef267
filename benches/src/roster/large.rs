//! Made-up problems in the sizes of the suite's larger instances: four weeks of 120 people up to a year of
//! 150 people and 32 shift types.
//!
//! Each is made around a hidden roster, which is legal and reasonable but not the best: a limit from above.

use super::{Instance, check, solve};
use crate::Plan;
use crate::table::Table;
use anyhow::{Context as _, Result, anyhow, ensure};
use roster::evaluate::Evaluator;
use roster::read::curtois;
use roster::testing::curtois_made;
use serde_json::Value;

/// Days, people, shift types, and seconds on the clock.
const SIZES: [(u16, u16, u16, u64); 12] = [
    (28, 120, 18, 600),
    (42, 32, 4, 600),
    (42, 45, 6, 600),
    (56, 20, 3, 600),
    (56, 32, 4, 600),
    (84, 22, 3, 600),
    (84, 40, 5, 600),
    (182, 50, 6, 3_600),
    (182, 100, 8, 3_600),
    (364, 50, 10, 3_600),
    (364, 100, 16, 3_600),
    (364, 150, 32, 3_600),
];

pub(crate) fn run(plan: &Plan, table: &mut Table) -> Result<()> {
    std::fs::create_dir_all(&plan.folder)?;
    for (n_days, n_people, n_shifts, seconds) in SIZES {
        let made = curtois_made(1, n_days, n_people, n_shifts);
        let problem = curtois::read(&made.text).map_err(|fault| anyhow!("{fault:?}"))?;
        let hidden = Evaluator::new(&problem).score(&made.hidden);
        ensure!(hidden.hard == 0 && hidden.cover == 0, "the hidden roster is not legal: {hidden}");
        let name = format!("made up, {n_days} days, {n_people} people, {n_shifts} shifts");
        let file = plan.folder.join(format!("made-{n_days}-{n_people}-{n_shifts}.txt"));
        std::fs::write(&file, &made.text)?;
        let out = file.with_extension("csv");
        let instance = Instance {
            name: name.clone(),
            which: vec!["--format=curtois".into(), file.display().to_string()],
            file: None,
            seconds: plan.roster_seconds.unwrap_or(seconds),
            known: hidden.soft,
        };
        let answer = solve(plan, &instance, &out)?;
        let checked = check(plan, &instance, &out)?;
        let number = |key: &str| answer.get(key).and_then(Value::as_f64);
        let objective = number("objective").context("the program told no objective")?;
        let is_right = checked.get("objective") == answer.get("objective");
        ensure!(is_right, "{name}: the roster is not what the program says: {answer} {checked}");
        let legal = match number("hard_violations") {
            Some(0.0) => String::new(),
            n => format!(", {} rules broken", n.unwrap_or(f64::NAN)),
        };
        let bound = number("bound").map_or_else(|| "none".to_owned(), |bound| format!("{bound:.0}"));
        let cpu = number("cpu_seconds").unwrap_or(0.0);
        let work = format!("{name}, {} s, {cpu:.0} CPU s, bound {bound}{legal}", instance.seconds);
        table.beside(work, objective, "points", "hidden roster", instance.known as f64);
    }
    Ok(())
}
