//! Made-up problems in the sizes of the suite's larger instances: four weeks of 120 people up to a year of
//! 150 people and 32 shift types.
//!
//! Each is made around a hidden roster, which is legal and reasonable but not the best: a limit from above.

use super::{Instance, Solved, solve_and_check};
use crate::Plan;
use crate::table::Table;
use anyhow::{Result, anyhow, ensure};
use roster::evaluate::Evaluator;
use roster::read::curtois;
use roster::testing::curtois_made;

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
            name,
            which: vec!["--format=curtois".into(), file.display().to_string()],
            file: None,
            seconds: plan.roster_seconds.unwrap_or(seconds),
            known: hidden.soft,
        };
        let Solved { objective, n_broken, mut work } = solve_and_check(plan, &instance, &out)?;
        if n_broken > 0.0 {
            work += &format!(", {n_broken} rules broken");
        }
        table.beside(work, objective, "points", "hidden roster", instance.known as f64);
    }
    Ok(())
}
