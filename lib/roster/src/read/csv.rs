//! Rosters as tables: one line for each duty worked.
//!
//! `employee_id,day_index,shift_id` where shifts are worked in one skill, and
//! `nurse,day_index,shift,skill` where in several. Days count from 0.

use super::Unreadable;
use super::issue::Issues;
use crate::problem::{Cell, DayIdx, PersonIdx, Problem, Roster, ShiftIdx, SkillIdx};
use std::collections::BTreeMap;
use std::fmt::Write;

/// How the columns are called, and whether there is one for the skill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// `employee_id,day_index,shift_id`.
    Shifts,
    /// `nurse,day_index,shift,skill`.
    Skills,
}

/// Writes a roster, person by person and day by day.
#[must_use]
pub fn write(problem: &Problem, roster: &Roster, columns: Columns) -> String {
    let mut text = match columns {
        Columns::Shifts => "employee_id,day_index,shift_id\n".to_owned(),
        Columns::Skills => "nurse,day_index,shift,skill\n".to_owned(),
    };
    for (person, day, cell) in roster.worked() {
        let Some(duty) = problem.duties().duty(cell) else { continue };
        let (person, shift) = (quoted(&problem.person(person).id), quoted(&problem.shift(duty.shift).id));
        let _ = write!(text, "{person},{day},{shift}");
        if columns == Columns::Skills {
            let skill = problem.parts().skills.get(duty.skill.idx());
            let _ = write!(text, ",{}", skill.map_or(String::new(), |skill| quoted(&skill.id)));
        }
        text.push('\n');
    }
    text
}

/// Reads a roster of a problem. A line without a skill gets the first that the person may work.
///
/// # Errors
/// Everything that is wrong with the text, two duties on one day among it.
pub fn read(problem: &Problem, text: &str) -> Result<Roster, Unreadable> {
    let mut issues = Issues::default();
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let columns: Vec<String> = lines.next().map(|(_, header)| cells(header)).unwrap_or_default();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let n_columns = match columns.as_slice() {
        ["employee_id" | "person" | "nurse", "day_index", "shift_id" | "shift"] => 3,
        ["employee_id" | "person" | "nurse", "day_index", "shift_id" | "shift", "skill" | "skill_id"] => 4,
        _ => {
            let expected = "employee_id,day_index,shift_id or nurse,day_index,shift,skill";
            issues.tell(1, &columns.join(","), expected);
            return issues.done(None);
        }
    };
    let names = Names::of(problem);
    let mut roster = problem.empty_roster();
    for (idx, line) in lines {
        let cells = cells(line);
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        if cells.len() != n_columns {
            issues.tell(idx + 1, line, format!("{n_columns} values"));
            continue;
        }
        let Some((person, day, cell)) = names.place(problem, &mut issues, idx + 1, &cells) else { continue };
        if roster.set(person, day, cell).is_work() {
            issues.tell(idx + 1, line, "one duty a day for each person");
        }
    }
    issues.done(Some(roster))
}

struct Names<'p> {
    people: BTreeMap<&'p str, PersonIdx>,
    shifts: BTreeMap<&'p str, ShiftIdx>,
    skills: BTreeMap<&'p str, SkillIdx>,
}

impl<'p> Names<'p> {
    fn of(problem: &'p Problem) -> Names<'p> {
        let parts = problem.parts();
        Names {
            people: parts.people.iter().map(|person| person.id.as_str()).zip((0..).map(PersonIdx)).collect(),
            shifts: parts.shifts.iter().map(|shift| shift.id.as_str()).zip((0..).map(ShiftIdx)).collect(),
            skills: parts.skills.iter().map(|skill| skill.id.as_str()).zip((0..).map(SkillIdx)).collect(),
        }
    }

    fn place(
        &self,
        problem: &Problem,
        issues: &mut Issues,
        line: usize,
        cells: &[&str],
    ) -> Option<(PersonIdx, DayIdx, Cell)> {
        let [person_id, day, shift_id, skill @ ..] = cells else { return None };
        let person = self.people.get(person_id).copied();
        if person.is_none() {
            issues.tell(line, person_id, "a person of the problem");
        }
        let last = u16::try_from(problem.n_days().saturating_sub(1)).unwrap_or(u16::MAX);
        let day = issues.small(line, day, "a day of the horizon", last).map(DayIdx);
        let shift = self.shifts.get(shift_id).copied();
        if shift.is_none() {
            issues.tell(line, shift_id, "a shift of the problem");
        }
        let (person, day, shift) = (person?, day?, shift?);
        let cell = match skill.first().filter(|skill| !skill.is_empty()) {
            Some(skill) => self.skills.get(skill).and_then(|skill| problem.duties().cell(shift, *skill)),
            None => {
                let mut of_shift = problem.duties().work().filter(|(_, duty)| duty.shift == shift);
                let first = of_shift.clone().next();
                let may = |(cell, _): &(Cell, _)| problem.is_eligible(person, i32::from(day.0), *cell);
                of_shift.find(may).or(first).map(|(cell, _)| cell)
            }
        };
        if cell.is_none() {
            issues.tell(line, skill.first().unwrap_or(shift_id), "a skill that the shift is worked in");
        }
        Some((person, day, cell?))
    }
}

/// A value, in quotes where it needs them.
fn quoted(value: &str) -> String {
    if value.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

/// The values of a line, quotes taken off.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut is_quoted = false;
    let mut letters = line.trim().chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cells.last_mut().into_iter().for_each(|cell| cell.push('"'));
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            other => cells.last_mut().into_iter().for_each(|cell| cell.push(other)),
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{any_problem, any_roster};

    #[test]
    fn what_is_written_is_read_again() {
        for seed in 0..200 {
            let mut parts = any_problem(seed);
            for person in &mut parts.people {
                person.id.push_str(", \"RN\"");
            }
            let problem = Problem::new(parts).unwrap();
            let roster = any_roster(&problem, seed);
            let text = write(&problem, &roster, Columns::Skills);
            assert_eq!(read(&problem, &text).unwrap(), roster, "seed {seed}");
        }
    }

    #[test]
    fn bad_lines_are_told() {
        let problem = crate::read::curtois::read(
            "SECTION_HORIZON\n7\nSECTION_SHIFTS\nE,480,\nSECTION_STAFF\nAnn,E=7,2400,0,5,1,1,1\n",
        )
        .unwrap();
        let bad = "employee_id,day_index,shift_id\nAnn,0,E\nAnn,0,E\nBo,7,X\nAnn,1\n";
        assert_eq!(
            read(&problem, bad).unwrap_err().to_string(),
            "line 3: `Ann,0,E`; expected one duty a day for each person\n\
             line 4: `Bo`; expected a person of the problem\n\
             line 4: `7`; expected a day of the horizon, a whole number from 0 to 6\n\
             line 4: `X`; expected a shift of the problem\n\
             line 5: `Ann,1`; expected 3 values"
        );
        assert_eq!(
            read(&problem, "").unwrap_err().to_string(),
            "line 1: ``; expected employee_id,day_index,shift_id or nurse,day_index,shift,skill"
        );
    }
}
