//! Problems in the size and shape of the public shift scheduling benchmarks, as text of that format.
//!
//! A roster is made first, person by person, and the problem is built around it: contracts that its
//! rows keep, leave on days they have off, requests that they mostly grant, and a demand that they meet
//! but for a few heads. So something close to the best is known, which no search has to find first.

use super::Dice;
use crate::problem::{Cell, DayIdx, PersonIdx, Roster};
use std::fmt::Write;

/// Days that are planned together when a hidden row is made.
const FORTNIGHT: usize = 14;
/// How often a fortnight is drawn until it has the days it should.
const TRIES: u32 = 400;

/// A made-up problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The problem in the format of the benchmarks.
    pub text: String,
    /// A legal roster which the problem was built around, nearly the best.
    pub hidden: Roster,
}

/// A shift type: shifts of a later part of the day may follow those of an earlier one, not the other way.
struct Kind {
    id: String,
    part: usize,
    minutes: usize,
}

/// What the contracts of a group of people say, in eighths of a day and in weekends for four weeks.
#[derive(Clone, Copy)]
struct Contract {
    eighths: usize,
    weekends: usize,
    work: (usize, usize),
    off_min: usize,
}

const CONTRACTS: [Contract; 8] = [
    Contract { eighths: 144, weekends: 2, work: (2, 5), off_min: 2 },
    Contract { eighths: 144, weekends: 2, work: (2, 5), off_min: 2 },
    Contract { eighths: 144, weekends: 2, work: (2, 5), off_min: 2 },
    Contract { eighths: 144, weekends: 2, work: (2, 6), off_min: 3 },
    Contract { eighths: 136, weekends: 2, work: (2, 5), off_min: 2 },
    Contract { eighths: 108, weekends: 2, work: (2, 4), off_min: 3 },
    Contract { eighths: 86, weekends: 3, work: (1, 5), off_min: 2 },
    Contract { eighths: 57, weekends: 3, work: (1, 5), off_min: 1 },
];

/// A person while they are made.
struct Person {
    contract: Contract,
    /// How many shifts of each kind at most.
    most: Vec<usize>,
    row: Vec<Option<usize>>,
}

/// A problem of so many days (whole weeks), people and shift types.
#[must_use]
pub fn curtois_like(seed: u64, n_days: u16, n_people: u16, n_shifts: u16) -> String {
    curtois_made(seed, n_days, n_people, n_shifts).text
}

/// The same with the roster it was built around.
#[must_use]
pub fn curtois_made(seed: u64, n_days: u16, n_people: u16, n_shifts: u16) -> Made {
    let mut dice = Dice::new(seed);
    let kinds = kinds(&mut dice, usize::from(n_shifts));
    let n_days = usize::from(n_days);
    let people: Vec<Person> = (0..n_people).map(|_| person(&mut dice, n_days, &kinds)).collect();
    let mut text = format!("# made up from seed {seed}\nSECTION_HORIZON\n{n_days}\n\nSECTION_SHIFTS\n");
    for kind in &kinds {
        let earlier = kinds.iter().filter(|other| other.part < kind.part);
        let bans: Vec<&str> = earlier.map(|kind| kind.id.as_str()).collect();
        let _ = writeln!(text, "{},{},{}", kind.id, kind.minutes, bans.join("|"));
    }
    write_staff(&mut text, &kinds, &people);
    write_days_off(&mut dice, &mut text, &people);
    write_requests(&mut dice, &mut text, &kinds, &people);
    write_cover(&mut dice, &mut text, &kinds, &people);
    let mut hidden = Roster::empty(people.len(), n_days);
    for (person, made) in people.iter().enumerate() {
        for (day, shift) in made.row.iter().enumerate() {
            // Codes follow the shifts; 0 is off.
            let code = shift.map_or(0, |shift| shift + 1);
            hidden.set(PersonIdx::at(person), DayIdx::at(day), Cell(u16::try_from(code).unwrap_or(0)));
        }
    }
    Made { text, hidden }
}

/// Early, day, late and night; up to four types are one of each, more are dealt out with few nights.
fn kinds(dice: &mut Dice, n: usize) -> Vec<Kind> {
    let night_minutes = dice.one_of(&[480, 600]);
    let long_minutes = dice.one_of(&[480, 480, 600]);
    let n_nights = if n < 4 || n == 6 { 0 } else { n.div_ceil(8) };
    let n_days = n - n_nights;
    let part_of = |idx: usize| match idx {
        idx if idx >= n_days => 3,
        _ if n == 1 => 1,
        idx if n == 2 => idx * 2,
        idx => idx * 3 / n_days,
    };
    let mut kinds: Vec<Kind> = Vec::new();
    for idx in 0..n {
        let part = part_of(idx);
        let nth = kinds.iter().filter(|kind| kind.part == part).count() + 1;
        let letter = ["e", "d", "l", "n"].get(part).unwrap_or(&"n");
        let minutes = match part {
            3 => night_minutes,
            1 if nth.is_multiple_of(3) => long_minutes,
            _ => 480,
        };
        kinds.push(Kind { id: format!("{letter}{nth}"), part, minutes });
    }
    kinds
}

/// A contract and a row that keeps it.
fn person(dice: &mut Dice, n_days: usize, kinds: &[Kind]) -> Person {
    let contract = dice.one_of(&CONTRACTS);
    let always = dice.below(kinds.len());
    let limit = |dice: &mut Dice, kind: &Kind| {
        let is_night = kind.part == 3;
        match dice.below(12) {
            0..4 => 0,
            4 if is_night => 0,
            _ if is_night => (n_days / 6).max(2),
            4 => n_days / 3,
            _ => n_days,
        }
    };
    let most = kinds.iter().enumerate();
    let most: Vec<usize> =
        most.map(|(idx, kind)| if idx == always { n_days } else { limit(dice, kind) }).collect();
    let mut works: Vec<bool> = Vec::with_capacity(n_days);
    let mut n_weekends = 0;
    while works.len() < n_days {
        let length = (n_days - works.len()).min(FORTNIGHT);
        let until = works.len() + length;
        let n_worked = works.iter().filter(|is_work| **is_work).count();
        let n_wanted = (contract.eighths * until / 224).saturating_sub(n_worked);
        let weekends_left = (contract.weekends * until).div_ceil(28).saturating_sub(n_weekends);
        works = fortnight(dice, &works, length, contract, (n_wanted, weekends_left));
        n_weekends = weekends(&works);
    }
    let row = row(dice, &works, kinds, &most);
    Person { contract, most, row }
}

fn weekends(works: &[bool]) -> usize {
    works.chunks(7).filter(|week| week.iter().skip(5).any(|is_work| *is_work)).count()
}

/// Goes on with days of work and off that keep to the lengths of runs, so many of them of work and with
/// no more weekends if one of a few hundred tries has that, otherwise the nearest.
fn fortnight(
    dice: &mut Dice,
    before: &[bool],
    length: usize,
    contract: Contract,
    (n_wanted, weekends_left): (usize, usize),
) -> Vec<bool> {
    let mut nearest: Option<(usize, Vec<bool>)> = None;
    let mut works = before.to_vec();
    for _ in 0..TRIES {
        works.truncate(before.len());
        for _ in 0..length {
            let last = works.last().copied().unwrap_or_else(|| dice.happens(60));
            let run = works.iter().rev().take_while(|is_work| **is_work == last).count();
            // A run that touches the first day may have begun before.
            let run_min = if run == works.len() { 0 } else { 1 };
            let must_stay = run < run_min * if last { contract.work.0 } else { contract.off_min };
            let must_turn = last && run >= contract.work.1;
            let turns = must_turn || !must_stay && dice.happens(if last { 25 } else { 45 });
            works.push(last != turns);
        }
        let new = works.get(before.len()..).unwrap_or(&[]);
        let n = new.iter().filter(|is_work| **is_work).count();
        let n_weekends = weekends(new);
        let miss = n.abs_diff(n_wanted) + 2 * n_weekends.saturating_sub(weekends_left);
        if nearest.as_ref().is_none_or(|(least, _)| miss < *least) {
            nearest = Some((miss, new.to_vec()));
        }
        if miss == 0 {
            break;
        }
    }
    works.truncate(before.len());
    works.extend(nearest.into_iter().flat_map(|(_, new)| new));
    works
}

/// Gives the days of work shifts: mostly the same within a run, and never an earlier after a later one.
fn row(dice: &mut Dice, works: &[bool], kinds: &[Kind], most: &[usize]) -> Vec<Option<usize>> {
    let mut left = most.to_vec();
    let mut row: Vec<Option<usize>> = Vec::with_capacity(works.len());
    for is_work in works {
        let last = row.last().copied().flatten().filter(|_| *is_work);
        let may_follow = |(idx, (kind, left)): (usize, (&Kind, &usize))| {
            let is_late = last.and_then(|last| kinds.get(last)).is_none_or(|last| kind.part >= last.part);
            (is_late && *left > 0).then_some(idx)
        };
        let open: Vec<usize> = kinds.iter().zip(&left).enumerate().filter_map(may_follow).collect();
        let same = last.filter(|last| open.contains(last) && dice.happens(75));
        let drawn = open.get(dice.below(open.len())).copied();
        // Whoever has nothing left to go on with has a day off too many, which only ends a run early.
        let shift = same.or(drawn).filter(|_| *is_work);
        if let Some(left) = shift.and_then(|shift| left.get_mut(shift)) {
            *left -= 1;
        }
        row.push(shift);
    }
    row
}

/// Limits are those of the group, and wider where the hidden row needs it.
fn write_staff(text: &mut String, kinds: &[Kind], people: &[Person]) {
    text.push_str("\nSECTION_STAFF\n");
    for (idx, person) in people.iter().enumerate() {
        let most = kinds.iter().zip(&person.most).map(|(kind, most)| format!("{}={most}", kind.id));
        let most: Vec<String> = most.collect();
        let n_days = person.row.len();
        let worked = person.row.iter().flatten();
        let minutes: usize = worked.map(|shift| kinds.get(*shift).map_or(0, |kind| kind.minutes)).sum();
        let full = (person.contract.eighths * 60 * n_days / 28).max(minutes);
        let least = (full.saturating_sub(1_080 * n_days / 28)).min(minutes);
        let works: Vec<bool> = person.row.iter().map(Option::is_some).collect();
        let n_weekends = (person.contract.weekends * n_days).div_ceil(28).max(weekends(&works));
        let Contract { work: (work_min, work_max), off_min, .. } = person.contract;
        let (work_min, off_min) = shortest_runs(&works, (work_min, off_min));
        let _ = writeln!(
            text,
            "P{idx},{},{full},{least},{work_max},{work_min},{off_min},{n_weekends}",
            most.join("|")
        );
    }
}

/// The least lengths of runs, less where the row has shorter ones.
fn shortest_runs(works: &[bool], (mut work_min, mut off_min): (usize, usize)) -> (usize, usize) {
    let runs: Vec<&[bool]> = works.chunk_by(|a, b| a == b).collect();
    for run in runs.iter().skip(1).take(runs.len().saturating_sub(2)) {
        let is_work = run.first().copied().unwrap_or(false);
        let least = if is_work { &mut work_min } else { &mut off_min };
        *least = run.len().min(*least);
    }
    (work_min, off_min)
}

/// Two days of leave in four weeks.
fn write_days_off(dice: &mut Dice, text: &mut String, people: &[Person]) {
    text.push_str("\nSECTION_DAYS_OFF\n");
    for (idx, person) in people.iter().enumerate() {
        let off = person.row.iter().enumerate().filter(|(_, cell)| cell.is_none());
        let off: Vec<usize> = off.map(|(day, _)| day).collect();
        let mut days: Vec<usize> = Vec::new();
        for _ in 0..person.row.len() / 14 {
            days.extend(off.get(dice.below(off.len())));
        }
        days.sort_unstable();
        days.dedup();
        let days: Vec<String> = days.iter().map(|day| format!(",{day}")).collect();
        let _ = writeln!(text, "P{idx}{}", days.join(""));
    }
}

/// Wishes come in runs of days; nine of ten are those that the hidden roster grants.
fn write_requests(dice: &mut Dice, text: &mut String, kinds: &[Kind], people: &[Person]) {
    for (section, days_a_run) in [("ON", 14), ("OFF", 28)] {
        let _ = writeln!(text, "\nSECTION_SHIFT_{section}_REQUESTS");
        for (idx, person) in people.iter().enumerate() {
            let n_days = person.row.len();
            let mut asked = std::collections::BTreeMap::new();
            for _ in 0..n_days.div_ceil(days_a_run) {
                let (from, length) = (dice.below(n_days), 1 + dice.below(5));
                let (shift, weight) = (dice.below(kinds.len()), 1 + dice.below(3));
                let is_kept = dice.happens(90);
                for day in from..(from + length).min(n_days) {
                    let works = person.row.get(day).copied().flatten();
                    let shift = if section == "ON" && is_kept { works } else { Some(shift) };
                    let is_broken = section == "OFF" && is_kept && works == shift;
                    if let Some(shift) = shift.filter(|_| !is_broken) {
                        asked.insert(day, (shift, weight));
                    }
                }
            }
            for (day, (shift, weight)) in asked {
                let id = kinds.get(shift).map_or("", |kind| &kind.id);
                let _ = writeln!(text, "P{idx},{day},{id},{weight}");
            }
        }
    }
}

/// The heads of the hidden roster, and more until contracts are used up: mostly on weekends, where few of
/// the heads that are too many can be had, as in the published problems.
fn write_cover(dice: &mut Dice, text: &mut String, kinds: &[Kind], people: &[Person]) {
    text.push_str("\nSECTION_COVER\n");
    let n_days = people.first().map_or(0, |person| person.row.len());
    let hours = people.iter().map(|person| person.contract.eighths * 60 * n_days / 28).sum::<usize>();
    let worked = people.iter().flat_map(|person| person.row.iter().flatten());
    let worked: usize = worked.map(|shift| kinds.get(*shift).map_or(0, |kind| kind.minutes)).sum();
    let spare = u64::try_from(hours.saturating_sub(worked) * 1_000 / hours.max(1)).unwrap_or(0) + 10;
    for day in 0..n_days {
        for (shift, kind) in kinds.iter().enumerate() {
            let heads = people.iter().filter(|person| person.row.get(day) == Some(&Some(shift))).count();
            let in_thousand = if day % 7 >= 5 { 2 * spare } else { spare };
            let more = (0..heads).filter(|_| dice.next() % 1_000 < in_thousand).count();
            let _ = writeln!(text, "{day},{},{},100,1", kind.id, heads + more);
        }
    }
}
