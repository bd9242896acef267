//! Problems and rosters from files, and back.

use super::{Format, Which};
use anyhow::{Context as _, Result, anyhow};
use roster::problem::{Problem, Roster};
use roster::read::csv::{self, Columns};
use roster::read::{curtois, helmward, inrc2};
use std::path::Path;

/// The largest file read, in bytes.
const BYTES_MAX: u64 = 64 << 20;

/// Reads the problem.
pub(super) fn problem(which: &Which) -> Result<Problem> {
    let place = which.problem.display();
    match which.format {
        Format::Curtois => {
            curtois::read(&text(&which.problem)?).map_err(|issues| anyhow!("{place}:\n{issues}"))
        }
        Format::Helmward => {
            helmward::read(&text(&which.problem)?).map_err(|issues| anyhow!("{place}:\n{issues}"))
        }
        Format::Inrc2 => {
            let name = which.instance.as_deref().context("give --instance, such as n030w4_1_6-2-9-1")?;
            let instance = inrc2::Instance::of_name(name).map_err(|issues| anyhow!("{issues}"))?;
            let scenario = text(&which.problem.join(&instance.scenario))?;
            let history = text(&which.problem.join(&instance.history))?;
            let weeks = instance.weeks.iter().map(|week| text(&which.problem.join(week)));
            let weeks: Vec<String> = weeks.collect::<Result<_>>()?;
            let weeks = weeks.iter().map(String::as_str).collect();
            inrc2::read(&inrc2::Texts { scenario: &scenario, history: &history, weeks })
                .map_err(|issues| anyhow!("{place}:\n{issues}"))
        }
    }
}

/// Reads a roster of a problem.
pub(super) fn roster(problem: &Problem, path: &Path) -> Result<Roster> {
    csv::read(problem, &text(path)?).map_err(|issues| anyhow!("{}:\n{issues}", path.display()))
}

/// A roster as a table.
pub(super) fn table(which: &Which, problem: &Problem, roster: &Roster) -> String {
    let columns = match which.format {
        Format::Curtois => Columns::Shifts,
        // Where shifts are worked in several skills, the roster has to tell in which.
        Format::Inrc2 | Format::Helmward => Columns::Skills,
    };
    csv::write(problem, roster, columns)
}

pub(super) fn text(path: &Path) -> Result<String> {
    let place = path.display();
    let size = std::fs::metadata(path).with_context(|| format!("cannot read {place}"))?.len();
    if size > BYTES_MAX {
        return Err(anyhow!("{place} has {size} bytes; the most is {BYTES_MAX}"));
    }
    std::fs::read_to_string(path).with_context(|| format!("cannot read {place}"))
}
