//! People, days, shifts and rules by the names that people use, and news told on the command line.

use anyhow::{Result, anyhow, bail};
use jiff::civil::Date;
use roster::problem::{Cell, DayIdx, DutySet, PersonIdx, Problem, RuleIdx, ShiftIdx, SkillIdx};
use roster::repair::News;

/// So many names are shown when one is not known.
const SHOWN: usize = 12;

/// A person by id, or by name where only one is called so.
pub(super) fn person(problem: &Problem, name: &str) -> Result<PersonIdx> {
    let people = &problem.parts().people;
    if let Some(idx) = people.iter().position(|person| person.id == name) {
        return Ok(PersonIdx::at(idx));
    }
    let mut called = people.iter().enumerate().filter(|(_, person)| person.called() == name);
    match (called.next(), called.next()) {
        (Some((idx, _)), None) => Ok(PersonIdx::at(idx)),
        _ => bail!(unknown("person", name, people.iter().map(|person| person.id.as_str()))),
    }
}

/// A day by its number from 0, or by its date.
pub(super) fn day(problem: &Problem, text: &str) -> Result<DayIdx> {
    let n_days = problem.n_days();
    let found = match text.parse::<usize>() {
        Ok(idx) => Some(idx).filter(|idx| *idx < n_days),
        Err(_) => text.parse::<Date>().ok().and_then(|date| {
            let since = problem.calendar().date(0).until(date).ok()?.get_days();
            usize::try_from(since).ok().filter(|idx| *idx < n_days)
        }),
    };
    found.map(DayIdx::at).ok_or_else(|| {
        let last = n_days.saturating_sub(1);
        let date = |idx: usize| problem.calendar().date(i32::try_from(idx).unwrap_or(i32::MAX));
        anyhow!(
            "`{text}` is no day of the roster; write a number from 0 to {last}, or a date from {} to {}",
            date(0),
            date(last)
        )
    })
}

/// `2026-11-12..2026-11-14`, `3..5`, or one day; both ends included.
fn days(problem: &Problem, text: &str) -> Result<(DayIdx, DayIdx)> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let (first, last) = (day(problem, first)?, day(problem, last)?);
    if last < first {
        bail!("`{text}` ends before it begins; put the first day first");
    }
    Ok((first, last))
}

pub(super) fn shift(problem: &Problem, name: &str) -> Result<ShiftIdx> {
    let shifts = &problem.parts().shifts;
    let found = shifts.iter().position(|shift| shift.id == name).map(ShiftIdx::at);
    found.ok_or_else(|| anyhow!(unknown("shift", name, shifts.iter().map(|shift| shift.id.as_str()))))
}

pub(super) fn skill(problem: &Problem, name: &str) -> Result<SkillIdx> {
    let skills = &problem.parts().skills;
    let found = skills.iter().position(|skill| skill.id == name).map(SkillIdx::at);
    found.ok_or_else(|| anyhow!(unknown("skill", name, skills.iter().map(|skill| skill.id.as_str()))))
}

pub(super) fn rule(problem: &Problem, name: &str) -> Result<RuleIdx> {
    let rules = &problem.parts().rules;
    let found = rules.iter().position(|rule| rule.id == name).map(RuleIdx::at);
    found.ok_or_else(|| anyhow!(unknown("rule", name, rules.iter().map(|rule| rule.id.as_str()))))
}

/// The duty of a shift in a skill; without one, the first that the person may work, or the first.
pub(super) fn duty(
    problem: &Problem,
    (person, day): (PersonIdx, DayIdx),
    shift_name: &str,
    skill_name: Option<&str>,
) -> Result<Cell> {
    if shift_name == "off" {
        return Ok(Cell::OFF);
    }
    let shift = shift(problem, shift_name)?;
    if let Some(name) = skill_name {
        let cell = problem.duties().cell(shift, skill(problem, name)?);
        return cell.ok_or_else(|| anyhow!("shift {shift_name} is not worked as {name}; name another skill"));
    }
    let cells: Vec<Cell> = problem.duties().of_shift(shift).cells(problem.n_codes()).collect();
    let may = cells.iter().find(|cell| problem.is_eligible(person, i32::from(day.0), **cell));
    let cell = may.or(cells.first()).copied();
    cell.ok_or_else(|| anyhow!("shift {shift_name} is worked in no skill; give it one in the problem"))
}

/// A shift in any skill, or `SHIFT:SKILL` in one.
pub(super) fn duties(problem: &Problem, text: &str) -> Result<DutySet> {
    let (shift_name, skill_name) = match text.split_once(':') {
        // A shift's own name may have a colon.
        Some(_) if problem.parts().shifts.iter().any(|shift| shift.id == text) => (text, None),
        Some((shift, skill)) => (shift, Some(skill)),
        None => (text, None),
    };
    let of_shift = shift(problem, shift_name)?;
    let of_skill = skill_name.map(|name| skill(problem, name)).transpose()?;
    Ok(problem
        .duties()
        .set(|duty| duty.shift == of_shift && of_skill.is_none_or(|skill| duty.skill == skill)))
}

/// `A:2026-11-12..2026-11-14`.
pub(super) fn absent(problem: &Problem, text: &str, is_credited: bool) -> Result<News> {
    let (name, when) = split(text, "PERSON:DAY or PERSON:FIRST..LAST, such as A:2026-11-12..2026-11-14")?;
    let (first, last) = days(problem, when)?;
    Ok(News::Absent { person: person(problem, name)?, first, last, is_credited })
}

/// `A:2026-11-12` for every skill, `A:2026-11-12:ICU` for one.
pub(super) fn lapsed(problem: &Problem, text: &str) -> Result<News> {
    let (rest, last) = split(text, "PERSON:DAY or PERSON:DAY:SKILL, such as A:2026-11-12:ICU")?;
    let (name, when, duties) = match skill(problem, last) {
        Ok(skill) => {
            let (name, when) = split(rest, "PERSON:DAY:SKILL, such as A:2026-11-12:ICU")?;
            (name, when, problem.duties().set(|duty| duty.skill == skill))
        }
        Err(_) => (rest, last, problem.duties().all_work()),
    };
    let from = problem.calendar().date(i32::from(day(problem, when)?.0));
    Ok(News::Lapsed { person: person(problem, name)?, duties, from })
}

/// `2026-11-12:N:+1`, `3:D:RN:-1`.
pub(super) fn demand(problem: &Problem, text: &str) -> Result<News> {
    let form = "DAY:SHIFT:+N or DAY:SHIFT:SKILL:-N, such as 2026-11-12:N:+1";
    let (when, rest) = text.split_once(':').ok_or_else(|| anyhow!("`{text}` is no change; write {form}"))?;
    let (what, more) = split(rest, form)?;
    let more: i16 = more.parse().map_err(|_| anyhow!("`{more}` is no number of heads; write {form}"))?;
    Ok(News::Demand { day: day(problem, when)?, duties: duties(problem, what)?, more })
}

/// Both sides of the last colon.
fn split<'t>(text: &'t str, form: &str) -> Result<(&'t str, &'t str)> {
    text.rsplit_once(':').ok_or_else(|| anyhow!("`{text}` is not understood; write {form}"))
}

fn unknown<'n>(what: &str, name: &str, all: impl Iterator<Item = &'n str>) -> String {
    let all: Vec<&str> = all.collect();
    let shown: Vec<&str> = all.iter().take(SHOWN).copied().collect();
    let more = all.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    if all.is_empty() {
        return format!("there is no {what} `{name}`; the problem has none");
    }
    format!("there is no {what} `{name}`; the problem has {}{more}", shown.join(", "))
}
