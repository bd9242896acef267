//! The nearest legal roster after a sick call, a lapsed credential or changed demand.

use super::{Format, Which, files, names};
use crate::{End, print};
use anyhow::{Context as _, Result, anyhow};
use clap::{Args, ValueEnum};
use roster::check::Breach;
use roster::explain::Bar;
use roster::problem::{DayIdx, DemandIdx, Problem};
use roster::repair::{Ask as Question, BeyondHelp, Candidate, Hole, Legal, News, Outcome, Repaired, repair};
use serde::Serialize;
use std::path::PathBuf;
use std::time::Instant;

/// Candidates shown to people for each hole.
const SHOWN: usize = 8;

/// `roster repair`.
#[derive(Debug, Args)]
pub(crate) struct Ask {
    #[command(flatten)]
    pub(crate) which: Which,
    /// The roster that people know
    #[arg(long, value_name = "FILE")]
    pub(crate) published: PathBuf,
    /// Who cannot work when: A:2026-11-12..2026-11-14, or days by number from 0; may be repeated
    #[arg(long, value_name = "PERSON:DAYS")]
    pub(crate) absent: Vec<String>,
    /// Whose credential no longer holds from a day on, for all skills or one; may be repeated
    #[arg(long, value_name = "PERSON:DAY[:SKILL]")]
    pub(crate) lapsed: Vec<String>,
    /// So many more or fewer needed: 2026-11-12:N:+1; may be repeated
    #[arg(long, value_name = "DAY:SHIFT[:SKILL]:N", allow_hyphen_values = true)]
    pub(crate) demand: Vec<String>,
    /// The first day that may change; every day when left out
    #[arg(long, value_name = "DAY")]
    pub(crate) today: Option<String>,
    /// At most so many cells differ from the published roster, those of the absent included
    #[arg(long, value_name = "N", default_value_t = 6)]
    pub(crate) max_changes: usize,
    /// Whether absent days count the minutes of their published shifts as worked; yes for helmward,
    /// no for the benchmark formats, which know no paid leave
    #[arg(long, value_enum, value_name = "yes|no")]
    pub(crate) credit: Option<YesNo>,
    /// Where to write the repaired roster
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum YesNo {
    Yes,
    No,
}

#[derive(Debug, Serialize)]
struct Answer {
    objective: i64,
    cover: i64,
    /// Breaches that were not in the published roster.
    hard_violations: i64,
    n_changes: usize,
    changes: Vec<Change>,
    holes: Vec<HoleAnswer>,
    old_breaches: Vec<String>,
    left_breaches: Vec<String>,
    beyond_help: Vec<BeyondHelpAnswer>,
    is_fewest: bool,
    is_cheapest: bool,
    seconds: f64,
}

#[derive(Debug, Serialize)]
struct Change {
    day: u16,
    date: String,
    person: String,
    was: String,
    is: String,
    is_forced: bool,
}

#[derive(Debug, Serialize)]
struct BeyondHelpAnswer {
    person: String,
    /// So many changes make the person's row legal; null when none do, or it is not known.
    changes_needed: Option<usize>,
    /// Whether no change makes it legal.
    is_impossible: bool,
}

#[derive(Debug, Serialize)]
struct HoleAnswer {
    day: u16,
    date: String,
    shift: String,
    missing: u16,
    left: u16,
    candidates: Vec<CandidateAnswer>,
}

#[derive(Debug, Serialize)]
struct CandidateAnswer {
    person: String,
    duty: String,
    /// `can`, `works` another shift, or `barred`.
    outcome: &'static str,
    class: Option<&'static str>,
    points: Option<i64>,
    pay_cents: Option<i64>,
    overtime_minutes: Option<i64>,
    rest_minutes: Option<i64>,
    /// Preferences that taking it breaks.
    breaks: Vec<String>,
    /// The first rule that bars it.
    rule: Option<String>,
    /// Why not, in words, everything that bars it.
    why: Vec<String>,
}

pub(super) fn run(ask: &Ask) -> Result<End> {
    let problem = files::problem(&ask.which)?;
    let published = files::roster(&problem, &ask.published)?;
    let begun = Instant::now();
    let news = news(ask, &problem)?;
    let after = News::applied(&news, &problem, &published).map_err(|error| anyhow!("{error}"))?;
    let first_free = ask.today.as_deref().map(|day| names::day(&problem, day)).transpose()?;
    let repaired = repair(&Question {
        before: &problem,
        after: &after,
        published: &published,
        first_free: first_free.unwrap_or(DayIdx(0)),
        changes_max: ask.max_changes,
        work_max: Question::WORK,
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    if let Some(path) = &ask.out {
        let table = files::table(&ask.which, &problem, &repaired.roster);
        std::fs::write(path, table).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if ask.json {
        print::json(&answer(&after, &repaired, seconds))?;
    } else {
        told(&after, &repaired, ask.max_changes)?;
    }
    Ok(if repaired.left_breaches.is_empty() { End::Done } else { End::No })
}

fn news(ask: &Ask, problem: &Problem) -> Result<Vec<News>> {
    let is_credited = match ask.credit {
        Some(credit) => credit == YesNo::Yes,
        None => ask.which.format == Format::Helmward,
    };
    let absent = ask.absent.iter().map(|text| names::absent(problem, text, is_credited));
    let lapsed = ask.lapsed.iter().map(|text| names::lapsed(problem, text));
    let demand = ask.demand.iter().map(|text| names::demand(problem, text));
    absent.chain(lapsed).chain(demand).collect()
}

fn answer(problem: &Problem, repaired: &Repaired, seconds: f64) -> Answer {
    let words = |breaches: &[Breach]| breaches.iter().map(|breach| breach.words.clone()).collect();
    let date = |day: DayIdx| problem.calendar().date(i32::from(day.0)).to_string();
    Answer {
        objective: repaired.score.soft,
        cover: repaired.score.cover,
        hard_violations: repaired.left_breaches.iter().map(|breach| breach.points).sum(),
        n_changes: repaired.changes.len(),
        changes: repaired
            .changes
            .iter()
            .map(|change| Change {
                day: change.day.0,
                date: date(change.day),
                person: problem.person(change.person).id.clone(),
                was: problem.cell_name(change.was),
                is: problem.cell_name(change.is),
                is_forced: change.is_forced,
            })
            .collect(),
        holes: repaired.holes.iter().map(|hole| hole_answer(problem, hole)).collect(),
        old_breaches: words(&repaired.old_breaches),
        left_breaches: words(&repaired.left_breaches),
        beyond_help: repaired.beyond_help.iter().map(|of| beyond_help(problem, *of)).collect(),
        is_fewest: repaired.is_fewest,
        is_cheapest: repaired.is_cheapest,
        seconds: (seconds * 1e6).round() / 1e6,
    }
}

fn beyond_help(problem: &Problem, of: BeyondHelp) -> BeyondHelpAnswer {
    BeyondHelpAnswer {
        person: problem.person(of.person).id.clone(),
        changes_needed: of.legal.n_changes(),
        is_impossible: of.legal == Legal::Never,
    }
}

fn hole_answer(problem: &Problem, hole: &Hole) -> HoleAnswer {
    let (day, shift) = place(problem, hole.demand);
    HoleAnswer {
        day: day.0,
        date: problem.calendar().date(i32::from(day.0)).to_string(),
        shift,
        missing: hole.missing,
        left: hole.left,
        candidates: hole.ranking.iter().map(|candidate| candidate_answer(problem, candidate)).collect(),
    }
}

fn candidate_answer(problem: &Problem, candidate: &Candidate) -> CandidateAnswer {
    let mut answer = CandidateAnswer {
        person: problem.person(candidate.person).id.clone(),
        duty: problem.cell_name(candidate.cell),
        outcome: "can",
        class: None,
        points: None,
        pay_cents: None,
        overtime_minutes: None,
        rest_minutes: None,
        breaks: Vec::new(),
        rule: None,
        why: Vec::new(),
    };
    match &candidate.outcome {
        Outcome::Can { class, points, pay_cents, overtime_minutes, rest_minutes, breaks } => {
            answer.class = Some(class.words());
            answer.points = Some(*points);
            answer.pay_cents = Some(*pay_cents);
            answer.overtime_minutes = Some(*overtime_minutes);
            answer.rest_minutes = *rest_minutes;
            answer.breaks.clone_from(breaks);
        }
        Outcome::Works(cell) => {
            answer.outcome = "works";
            answer.why = vec![format!("works {} that day", problem.cell_name(*cell))];
        }
        Outcome::Barred(bars) => {
            answer.outcome = "barred";
            answer.rule = bars.first().map(|bar: &Bar| bar.rule.clone());
            answer.why = bars.iter().map(|bar| bar.words.clone()).collect();
        }
    }
    answer
}

/// The day and the shift of a row of the demand.
pub(super) fn place(problem: &Problem, demand: DemandIdx) -> (DayIdx, String) {
    let Some(of) = problem.parts().demands.get(demand.idx()) else { return (DayIdx(0), String::new()) };
    let cells: Vec<String> = of.duties.cells(problem.n_codes()).map(|cell| problem.cell_name(cell)).collect();
    (of.day, cells.join(" or "))
}

/// The answer for people: what changes, what was short, who can take it.
fn told(problem: &Problem, repaired: &Repaired, changes_max: usize) -> Result<()> {
    let day = |day: DayIdx| problem.day_name(i32::from(day.0));
    let n = repaired.changes.len();
    if n == 0 {
        print::line("Nothing changes.")?;
    } else {
        print::line(format!("{n} of at most {changes_max} cells change:"))?;
        let row = |change: &roster::repair::Changed| {
            let name = problem.person(change.person).called().to_owned();
            let why = if change.is_forced { "cannot work it" } else { "" };
            let (was, is) = (problem.cell_name(change.was), problem.cell_name(change.is));
            vec![day(change.day), name, was, is, why.to_owned()]
        };
        let rows: Vec<Vec<String>> = repaired.changes.iter().map(row).collect();
        print::table(&["day", "who", "was", "is", ""], &rows)?;
    }
    for hole in &repaired.holes {
        told_hole(problem, hole)?;
    }
    for (title, breaches) in [
        ("Broken before, and still:", &repaired.old_breaches),
        ("Broken by the news, and no change allowed helps:", &repaired.left_breaches),
    ] {
        if !breaches.is_empty() {
            print::line(format!("\n{title}"))?;
            breaches.iter().try_for_each(|breach| print::line(format!("  {}", breach.words)))?;
        }
    }
    for BeyondHelp { person, legal } in &repaired.beyond_help {
        let name = problem.person(*person).called();
        match legal {
            Legal::After(n) => {
                print::line(format!(
                    "A legal row of {name} is {n} changes away: --max-changes {n} allows it."
                ))?;
            }
            Legal::Never => {
                print::line(format!("No row of {name} is legal, whatever changes on days that may change."))?;
            }
            Legal::Unknown => {}
        }
    }
    let proof = match (repaired.is_fewest, repaired.is_cheapest) {
        (true, true) => "nothing nearer or cheaper was found, and all was tried",
        (true, false) => "nothing nearer is possible; not everything was compared by cost",
        (false, _) => "the best found; not everything could be tried",
    };
    print::line(format!("\n{} ({proof})", repaired.score))
}

fn told_hole(problem: &Problem, hole: &Hole) -> Result<()> {
    let (day, shift) = place(problem, hole.demand);
    let day = problem.day_name(i32::from(day.0));
    let left = if hole.left == 0 { "filled".to_owned() } else { format!("{} still missing", hole.left) };
    print::line(format!("\n{shift} on {day}: {} missing by the news, {left}.", hole.missing))?;
    let (mut rows, mut more) = (Vec::new(), 0_usize);
    for candidate in &hole.ranking {
        if rows.len() == SHOWN {
            more += 1;
            continue;
        }
        let name = problem.person(candidate.person).called().to_owned();
        rows.push(match &candidate.outcome {
            Outcome::Can { class, points, pay_cents, rest_minutes, breaks, .. } => {
                let rest = rest_minutes.map_or(String::new(), |minutes| format!("rest {} h", minutes / 60));
                let pay = if *pay_cents > 0 { dollars(*pay_cents) } else { String::new() };
                let words = if breaks.is_empty() { "fits".to_owned() } else { breaks.join("; ") };
                vec![name, class.words().to_owned(), pay, points.to_string(), rest, words]
            }
            Outcome::Works(cell) => {
                let words = format!("works {} that day", problem.cell_name(*cell));
                vec![name, String::new(), String::new(), String::new(), String::new(), words]
            }
            Outcome::Barred(bars) => {
                let words = bars.first().map_or(String::new(), |bar| bar.words.clone());
                vec![name, "cannot".to_owned(), String::new(), String::new(), String::new(), words]
            }
        });
    }
    print::table(&["who", "cost", "pay", "points", "", ""], &rows)?;
    if more > 0 {
        print::line(format!("and {more} more; --json names them all"))?;
    }
    Ok(())
}

fn dollars(cents: i64) -> String {
    format!("${}.{:02}", cents / 100, cents % 100)
}
