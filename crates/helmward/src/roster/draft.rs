//! Demand from the patients expected, with the arithmetic.

use super::{Which, files, names};
use crate::{End, print};
use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use roster::draft::{Ask as Question, Census, Draft, Need, draft};
use roster::problem::{CoverWeights, Problem, ShiftIdx, SkillIdx};
use serde::Serialize;
use std::path::PathBuf;

/// Minutes of care for a patient and day are told in hours.
const MINUTES_AN_HOUR: f64 = 60.0;
/// Twenty-four nurses around the clock for one patient.
const MINUTES_MAX: u32 = 34_560;

/// `roster draft`.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("need").required(true).args(["ratio", "california", "hppd"])))]
pub(crate) struct Ask {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Patients expected, CSV: day,patients or day,from,patients with from as HH:MM
    #[arg(long, value_name = "FILE")]
    pub(crate) census: PathBuf,
    /// At most so many patients for each nurse, at every moment
    #[arg(long, value_name = "N")]
    pub(crate) ratio: Option<u16>,
    /// The ratio of California Title 22 for a kind of unit, such as "medical and surgical"
    #[arg(long, value_name = "UNIT")]
    pub(crate) california: Option<String>,
    /// Hours of care for each patient and day, such as 8.5
    #[arg(long, value_name = "HOURS")]
    pub(crate) hppd: Option<f64>,
    /// Who counts: SKILL for a ratio (a second one is for vocational nurses), SKILL=PERCENT for hours;
    /// the first skill of the problem when left out
    #[arg(long, value_name = "SKILL[=PERCENT]", value_delimiter = ',')]
    pub(crate) skills: Vec<String>,
    /// The shifts to staff; all when left out
    #[arg(long, value_name = "SHIFT", value_delimiter = ',')]
    pub(crate) shifts: Vec<String>,
    /// Leave breaks without relief
    #[arg(long)]
    pub(crate) no_relief: bool,
    /// Print one JSON document, its demand in the form of the problem format
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Serialize)]
struct Answer<'a> {
    demand: Vec<Demand<'a>>,
    lines: &'a [String],
}

#[derive(Debug, Serialize)]
struct Demand<'a> {
    dates: [String; 1],
    duties: Duties<'a>,
    minimum: u16,
    wanted: u16,
}

#[derive(Debug, Serialize)]
struct Duties<'a> {
    shifts: [&'a str; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    skills: Vec<&'a str>,
}

pub(super) fn run(ask: &Ask) -> Result<End> {
    let problem = files::problem(&ask.which)?;
    let census =
        census(&problem, &files::text(&ask.census)?).with_context(|| format!("{}", ask.census.display()))?;
    let shifts: Vec<ShiftIdx> = if ask.shifts.is_empty() {
        (0..problem.parts().shifts.len()).map(ShiftIdx::at).collect()
    } else {
        ask.shifts.iter().map(|name| names::shift(&problem, name)).collect::<Result<_>>()?
    };
    let need = need(ask, &problem)?;
    let weights = CoverWeights::default();
    let question = Question { problem: &problem, shifts, census: &census, need: &need, weights };
    let drafted = draft(&question)?;
    if ask.json {
        print::json(&Answer { demand: demand(&problem, &drafted), lines: &drafted.lines })?;
        return Ok(End::Done);
    }
    drafted.lines.iter().try_for_each(print::line)?;
    let rows: Vec<Vec<String>> = demand(&problem, &drafted)
        .into_iter()
        .map(|of| {
            let skills =
                if of.duties.skills.is_empty() { "any".to_owned() } else { of.duties.skills.join(", ") };
            vec![of.dates.concat(), of.duties.shifts.concat(), skills, of.minimum.to_string()]
        })
        .collect();
    print::line("")?;
    print::table(&["day", "shift", "skill", "heads"], &rows)?;
    Ok(End::Done)
}

fn demand<'a>(problem: &'a Problem, draft: &Draft) -> Vec<Demand<'a>> {
    let skill = |idx: SkillIdx| problem.parts().skills.get(idx.idx()).map(|skill| skill.id.as_str());
    draft
        .heads
        .iter()
        .map(|heads| Demand {
            dates: [problem.calendar().date(i32::from(heads.day.0)).to_string()],
            duties: Duties {
                shifts: [&problem.shift(heads.shift).id],
                skills: heads.skill.and_then(skill).into_iter().collect(),
            },
            minimum: heads.n,
            wanted: heads.n,
        })
        .collect()
}

fn need(ask: &Ask, problem: &Problem) -> Result<Need> {
    let first = || -> Result<SkillIdx> {
        problem.parts().skills.first().context("the problem has no skills; give it one")?;
        Ok(SkillIdx(0))
    };
    if let Some(hours) = ask.hppd {
        let shares: Vec<(SkillIdx, u16)> = if ask.skills.is_empty() {
            vec![(first()?, 100)]
        } else {
            ask.skills.iter().map(|text| share(problem, text)).collect::<Result<_>>()?
        };
        return Ok(Need::Hours { minutes: minutes(hours)?, skills: shares });
    }
    let mut skills: Vec<SkillIdx> =
        ask.skills.iter().map(|name| names::skill(problem, name)).collect::<Result<_>>()?;
    if skills.is_empty() {
        skills.push(first()?);
    }
    let rn = skills.first().copied().unwrap_or(SkillIdx(0));
    let mut need = match (&ask.california, ask.ratio) {
        (Some(unit), _) => Need::california(unit, rn, skills.get(1).copied()).ok_or_else(|| {
            let units: Vec<&str> = roster::rules::sets::ratios::CALIFORNIA.iter().map(|of| of.unit).collect();
            anyhow!("Title 22 has no unit `{unit}`; it has {}", units.join("; "))
        })?,
        (None, patients_max) => Need::Ratio {
            source: "own ratio".to_owned(),
            patients_max: patients_max.unwrap_or(0),
            is_relieved: true,
            first_percent: 0,
            skills,
        },
    };
    if let Need::Ratio { is_relieved, .. } = &mut need {
        *is_relieved = !ask.no_relief;
    }
    Ok(need)
}

/// `RN=65`.
fn share(problem: &Problem, text: &str) -> Result<(SkillIdx, u16)> {
    let Some((name, percent)) = text.split_once('=') else {
        bail!("`{text}` has no share; write SKILL=PERCENT, such as RN=65,LVN=35");
    };
    let percent =
        percent.parse().map_err(|_| anyhow!("`{percent}` is no whole percent; write RN=65,LVN=35"))?;
    Ok((names::skill(problem, name)?, percent))
}

/// Whole minutes of hours from 0 to 576.
fn minutes(hours: f64) -> Result<u32> {
    let minutes = (hours * MINUTES_AN_HOUR).round();
    // Written out and read again: a float that is no number of minutes does not read.
    let whole = format!("{minutes:.0}").parse::<u32>().ok();
    whole
        .filter(|minutes| (1..=MINUTES_MAX).contains(minutes))
        .ok_or_else(|| anyhow!("`{hours}` is no target; write hours for each patient and day, such as 8.5"))
}

/// `day,patients` or `day,from,patients`.
fn census(problem: &Problem, text: &str) -> Result<Vec<Census>> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let header: Vec<&str> =
        lines.next().map(|(_, line)| line.split(',').map(str::trim).collect()).unwrap_or_default();
    let n_columns = match header.as_slice() {
        ["day" | "date" | "day_index", "patients"] => 2,
        ["day" | "date" | "day_index", "from", "patients"] => 3,
        _ => bail!("line 1: `{}`; expected day,patients or day,from,patients", header.join(",")),
    };
    let mut all: Vec<Census> = Vec::new();
    for (idx, line) in lines {
        let at = idx + 1;
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let (when, from, patients) = match cells.as_slice() {
            [when, patients] if n_columns == 2 => (*when, "00:00", *patients),
            [when, from, patients] if n_columns == 3 => (*when, *from, *patients),
            _ => bail!("line {at}: `{line}`; expected {n_columns} values"),
        };
        let day = names::day(problem, when).with_context(|| format!("line {at}"))?;
        let from = minute(from).with_context(|| format!("line {at}: `{from}`; expected a time as HH:MM"))?;
        let patients = patients.parse::<u16>().map_err(|_| {
            anyhow!("line {at}: `{patients}`; expected patients, a whole number from 0 to 65535")
        })?;
        match all.iter_mut().find(|census| census.day == day) {
            Some(census) => census.bands.push((from, patients)),
            None => all.push(Census { day, bands: vec![(from, patients)] }),
        }
    }
    Ok(all)
}

fn minute(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}
