//! The text format of the Second International Nurse Rostering Competition, with all weeks known.
//!
//! A scenario, a history and one file for each week make one problem. Minimum cover stands at the
//! level of cover: a roster is feasible for the competition when neither hard nor cover costs.
//!
//! The competition's weights are constants below; its rules are told in arXiv 1501.04177.

use super::Unreadable;
use super::issue::Issues;
use crate::problem::{
    Carry, Cell, CoverLevels, CoverWeights, DayIdx, Demand, Duties, DutySet, Eligible, Horizon, Parts,
    Person, PersonIdx, Problem, Request, RuleIdx, Shift, ShiftIdx, Skill, SkillIdx, SoFar, Tags, Wish,
};
use crate::rules::{Days, Edges, Kind, Measure, Over, Own, Rule, Sequence, Strength, WeekendOn, Who};
use jiff::civil::date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// S1: a head below the optimal cover.
const OPTIMAL_COVER: i64 = 30;
/// S2: a day too few or too many on the same shift.
const SAME_SHIFT: i64 = 15;
/// S2: a day too few or too many at work.
const WORK_RUN: i64 = 30;
/// S3: a day off too few or too many.
const OFF_RUN: i64 = 30;
/// S4: a wish not granted.
const WISH: i64 = 10;
/// S5: half a weekend.
const HALF_WEEKEND: i64 = 30;
/// S6: an assignment too few or too many.
const ASSIGNMENTS: i64 = 20;
/// S7: a weekend too many.
const WEEKENDS: i64 = 30;

/// The most weeks that fit into a horizon.
const WEEKS_MAX: usize = 57;

/// The texts of an instance.
#[derive(Clone, Debug)]
pub struct Texts<'t> {
    /// `Sc-*`.
    pub scenario: &'t str,
    /// `H0-*`.
    pub history: &'t str,
    /// `WD-*`, in the order of the weeks.
    pub weeks: Vec<&'t str>,
}

/// Which files make an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// The file of the scenario.
    pub scenario: String,
    /// The file of the history.
    pub history: String,
    /// The files of the weeks, in order.
    pub weeks: Vec<String>,
}

impl Instance {
    /// The files of an instance written such as `n030w4_1_6-2-9-1`: set, history, weeks.
    ///
    /// # Errors
    /// What is wrong with the name.
    pub fn of_name(name: &str) -> Result<Instance, Unreadable> {
        let mut issues = Issues::default();
        let mut parts = name.split('_');
        let found = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(set), Some(history), Some(weeks), None)
                if !set.is_empty() && set.chars().all(|letter| letter.is_ascii_alphanumeric()) =>
            {
                let number = |text: &str| text.parse::<u8>().ok();
                let weeks: Option<Vec<u8>> = weeks.split('-').map(number).collect();
                number(history).zip(weeks).map(|(history, weeks)| Instance {
                    scenario: format!("Sc-{set}.txt"),
                    history: format!("H0-{set}-{history}.txt"),
                    weeks: weeks.iter().map(|week| format!("WD-{set}-{week}.txt")).collect(),
                })
            }
            _ => None,
        };
        if found.is_none() {
            issues.say(
                None,
                format!(
                    "`{}` is no instance; expected set, history and weeks such as n030w4_1_6-2-9-1",
                    super::issue::clip(name)
                ),
            );
        }
        issues.done(found)
    }
}

/// Reads a problem.
///
/// # Errors
/// Everything that is wrong with the texts.
pub fn read(texts: &Texts<'_>) -> Result<Problem, Unreadable> {
    let mut reader = Reader::default();
    reader.issues.open("scenario");
    each_line(texts.scenario, |line, words| reader.scenario(line, words));
    reader.check_counts();
    reader.issues.open("history");
    reader.section = Section::None;
    each_line(texts.history, |line, words| reader.history(line, words));
    if texts.weeks.is_empty() || texts.weeks.len() > WEEKS_MAX {
        let n = texts.weeks.len();
        reader.issues.say(None, format!("{n} weeks are given; expected 1 to {WEEKS_MAX}"));
    }
    for (idx, week) in texts.weeks.iter().take(WEEKS_MAX).enumerate() {
        reader.issues.open(format!("week {}", idx + 1));
        reader.section = Section::None;
        reader.first_day = u16::try_from(idx * 7).unwrap_or(0);
        each_line(week, |line, words| reader.week(line, words));
    }
    let Reader { issues, file, .. } = reader;
    let file = issues.done(Some(file))?;
    let n_days = u16::try_from(texts.weeks.len() * 7).unwrap_or(0);
    Ok(Problem::new(parts(&file, n_days))?)
}

fn each_line<'t>(text: &'t str, mut read: impl FnMut(usize, &[&'t str])) {
    for (idx, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if !words.is_empty() {
            read(idx + 1, &words);
        }
    }
}

#[derive(Default)]
struct File {
    name: String,
    skills: Vec<String>,
    shifts: Vec<ShiftType>,
    contracts: Vec<Contract>,
    nurses: Vec<Nurse>,
    needs: Vec<Need>,
}

struct ShiftType {
    id: String,
    run: (u16, u16),
    bans: Vec<ShiftIdx>,
}

struct Contract {
    id: String,
    total: (u16, u16),
    work: (u16, u16),
    off: (u16, u16),
    weekends_max: u16,
    is_complete: bool,
}

struct Nurse {
    id: String,
    contract: usize,
    skills: Vec<SkillIdx>,
    past: Option<Past>,
    /// Days with the shift not wanted; `None`: any.
    wishes: Vec<(DayIdx, Option<ShiftIdx>)>,
}

struct Past {
    n_assignments: u16,
    n_weekends: u16,
    last: Option<ShiftIdx>,
    n_same: u16,
    n_work: u16,
    n_off: u16,
}

struct Need {
    day: DayIdx,
    shift: ShiftIdx,
    skill: SkillIdx,
    minimum: u16,
    optimal: u16,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Section {
    #[default]
    None,
    Skills,
    Shifts,
    Bans,
    Contracts,
    Nurses,
    Past,
    Needs,
    Wishes,
}

#[derive(Default)]
struct Reader {
    issues: Issues,
    section: Section,
    file: File,
    first_day: u16,
    skills: BTreeMap<String, SkillIdx>,
    shifts: BTreeMap<String, ShiftIdx>,
    contracts: BTreeMap<String, usize>,
    nurses: BTreeMap<String, usize>,
    counts: Vec<(usize, Section, usize)>,
}

impl Reader {
    fn scenario(&mut self, line: usize, words: &[&str]) {
        let section = match words {
            ["SCENARIO", "=", name] => {
                (*name).clone_into(&mut self.file.name);
                return;
            }
            ["WEEKS", "=", _] => return,
            ["SKILLS", "=", n] => Some((Section::Skills, *n)),
            ["SHIFT_TYPES", "=", n] => Some((Section::Shifts, *n)),
            ["CONTRACTS", "=", n] => Some((Section::Contracts, *n)),
            ["NURSES", "=", n] => Some((Section::Nurses, *n)),
            ["FORBIDDEN_SHIFT_TYPES_SUCCESSIONS"] => {
                self.section = Section::Bans;
                return;
            }
            _ => None,
        };
        if let Some((section, n)) = section {
            self.section = section;
            if let Some(n) = self.issues.small(line, n, "how many rows follow", 10_000) {
                self.counts.push((line, section, usize::from(n)));
            }
            return;
        }
        match self.section {
            Section::Skills => self.skill(line, words),
            Section::Shifts => self.shift(line, words),
            Section::Bans => self.bans(line, words),
            Section::Contracts => self.contract(line, words),
            Section::Nurses => self.nurse(line, words),
            Section::None | Section::Past | Section::Needs | Section::Wishes => {
                self.issues.tell(line, &words.join(" "), "a section such as SKILLS = 2");
            }
        }
    }

    fn check_counts(&mut self) {
        for (line, section, said) in std::mem::take(&mut self.counts) {
            let n = match section {
                Section::Skills => self.file.skills.len(),
                Section::Shifts => self.file.shifts.len(),
                Section::Contracts => self.file.contracts.len(),
                Section::Nurses => self.file.nurses.len(),
                Section::None | Section::Bans | Section::Past | Section::Needs | Section::Wishes => said,
            };
            if n != said {
                self.issues.tell(line, &said.to_string(), format!("as many as the {n} rows that follow"));
            }
        }
    }

    fn skill(&mut self, line: usize, words: &[&str]) {
        let [id] = words else {
            self.issues.tell(line, &words.join(" "), "the name of a skill");
            return;
        };
        let idx = SkillIdx::at(self.file.skills.len());
        if self.skills.insert((*id).to_owned(), idx).is_some() {
            self.issues.tell(line, id, "a skill not named before");
        }
        self.file.skills.push((*id).to_owned());
    }

    fn shift(&mut self, line: usize, words: &[&str]) {
        let [id, run] = words else {
            self.issues.tell(line, &words.join(" "), "a shift and its runs such as Early (2,5)");
            return;
        };
        let Some(run) = self.range(line, run) else { return };
        let idx = ShiftIdx::at(self.file.shifts.len());
        if self.shifts.insert((*id).to_owned(), idx).is_some() {
            self.issues.tell(line, id, "a shift not named before");
        }
        self.file.shifts.push(ShiftType { id: (*id).to_owned(), run, bans: Vec::new() });
    }

    fn bans(&mut self, line: usize, words: &[&str]) {
        let [id, n, next @ ..] = words else {
            self.issues.tell(line, &words.join(" "), "a shift, a number and the shifts that cannot follow");
            return;
        };
        let said = self.issues.small(line, n, "how many shifts follow", 400);
        if said.is_some_and(|said| usize::from(said) != next.len()) {
            self.issues.tell(line, n, format!("as many as the {} shifts that follow", next.len()));
        }
        let bans: Vec<ShiftIdx> = next.iter().filter_map(|next| self.shift_of(line, next)).collect();
        let Some(shift) = self.shift_of(line, id) else { return };
        if let Some(shift) = self.file.shifts.get_mut(shift.idx()) {
            shift.bans = bans;
        }
    }

    fn contract(&mut self, line: usize, words: &[&str]) {
        let &[id, total, work, off, weekends, complete] = words else {
            let expected = "6 values such as FullTime (15,22) (3,5) (2,3) 2 1";
            self.issues.tell(line, &words.join(" "), expected);
            return;
        };
        let ranges = (self.range(line, total), self.range(line, work), self.range(line, off));
        let weekends = self.issues.small(line, weekends, "the most weekends", 400);
        let complete = self.issues.small(line, complete, "0 or 1 for complete weekends", 1);
        let (Some(total), Some(work), Some(off)) = ranges else { return };
        let (Some(weekends_max), Some(complete)) = (weekends, complete) else { return };
        if self.contracts.insert(id.to_owned(), self.file.contracts.len()).is_some() {
            self.issues.tell(line, id, "a contract not named before");
        }
        let is_complete = complete == 1;
        self.file.contracts.push(Contract { id: id.to_owned(), total, work, off, weekends_max, is_complete });
    }

    fn nurse(&mut self, line: usize, words: &[&str]) {
        let [id, contract, n, skills @ ..] = words else {
            self.issues.tell(line, &words.join(" "), "nurse, contract, number of skills, skills");
            return;
        };
        let said = self.issues.small(line, n, "how many skills follow", 400);
        if said.is_some_and(|said| usize::from(said) != skills.len()) {
            self.issues.tell(line, n, format!("as many as the {} skills that follow", skills.len()));
        }
        let skills: Vec<SkillIdx> = skills.iter().filter_map(|skill| self.skill_of(line, skill)).collect();
        let found = self.contracts.get(*contract).copied();
        let Some(contract) = found else {
            self.issues.tell(line, contract, "a contract of the scenario");
            return;
        };
        if self.nurses.insert((*id).to_owned(), self.file.nurses.len()).is_some() {
            self.issues.tell(line, id, "a nurse not named before");
        }
        let id = (*id).to_owned();
        self.file.nurses.push(Nurse { id, contract, skills, past: None, wishes: Vec::new() });
    }

    fn history(&mut self, line: usize, words: &[&str]) {
        match (self.section, words) {
            (_, ["HISTORY"]) | (Section::None, [_, _]) => {}
            (_, ["NURSE_HISTORY"]) => self.section = Section::Past,
            (Section::Past, &[id, assignments, weekends, last, same, work, off]) => {
                let mut n = |text: &str, what: &str| self.issues.small(line, text, what, 390);
                let counts = (
                    n(assignments, "assignments so far"),
                    n(weekends, "weekends so far"),
                    n(same, "days on the last shift"),
                    n(work, "days worked in a row"),
                    n(off, "days off in a row"),
                );
                let last = if last == "None" { Some(None) } else { self.shift_of(line, last).map(Some) };
                let nurse = self.nurse_of(line, id);
                let (Some(n_assignments), Some(n_weekends), Some(n_same), Some(n_work), Some(n_off)) = counts
                else {
                    return;
                };
                let (Some(last), Some(nurse)) = (last, nurse) else { return };
                if n_same > n_work || (last.is_some() && n_same == 0) {
                    let expected = "days on the last shift that are no more than days worked, and at least 1";
                    self.issues.tell(line, same, expected);
                    return;
                }
                let past = Past { n_assignments, n_weekends, last, n_same, n_work, n_off };
                let place = self.file.nurses.get_mut(nurse).map(|nurse| &mut nurse.past);
                if place.is_some_and(|place| place.replace(past).is_some()) {
                    self.issues.tell(line, id, "one history for each nurse");
                }
            }
            (_, words) => self.issues.tell(line, &words.join(" "), "NURSE_HISTORY and rows of 7 values"),
        }
    }

    fn week(&mut self, line: usize, words: &[&str]) {
        match (self.section, words) {
            (_, ["WEEK_DATA"]) | (Section::None, [_]) if words != ["REQUIREMENTS"] => {}
            (_, ["REQUIREMENTS"]) => self.section = Section::Needs,
            (_, ["SHIFT_OFF_REQUESTS", "=", _]) => self.section = Section::Wishes,
            (Section::Needs, [shift, skill, days @ ..]) if days.len() == 7 => {
                let place = self.shift_of(line, shift).zip(self.skill_of(line, skill));
                let ranges: Vec<Option<(u16, u16)>> = days.iter().map(|day| self.range(line, day)).collect();
                let Some((shift, skill)) = place else { return };
                for (day, range) in (self.first_day..).map(DayIdx).zip(ranges) {
                    let Some((minimum, optimal)) = range else { continue };
                    self.file.needs.push(Need { day, shift, skill, minimum, optimal });
                }
            }
            (Section::Wishes, &[nurse, shift, day]) => {
                let shift = if shift == "Any" { Some(None) } else { self.shift_of(line, shift).map(Some) };
                let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
                let place = names.iter().position(|name| *name == day);
                if place.is_none() {
                    self.issues.tell(line, day, "a day from Mon to Sun");
                }
                let nurse = self.nurse_of(line, nurse);
                let (Some(shift), Some(place), Some(nurse)) = (shift, place, nurse) else { return };
                let day = DayIdx(self.first_day + u16::try_from(place).unwrap_or(0));
                let nurse = self.file.nurses.get_mut(nurse);
                nurse.into_iter().for_each(|nurse| nurse.wishes.push((day, shift)));
            }
            (_, words) => {
                let expected = "REQUIREMENTS with rows of 9 values, then SHIFT_OFF_REQUESTS with rows of 3";
                self.issues.tell(line, &words.join(" "), expected);
            }
        }
    }

    /// `(2,5)`.
    fn range(&mut self, line: usize, text: &str) -> Option<(u16, u16)> {
        let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
        let parts = inner.and_then(|inner| inner.split_once(','));
        let number = |text: &str| text.parse::<u16>().ok().filter(|number| *number <= 10_000);
        let range = parts.and_then(|(min, max)| number(min).zip(number(max)));
        let range = range.filter(|(min, max)| min <= max);
        if range.is_none() {
            self.issues.tell(line, text, "two numbers such as (2,5), the smaller first");
        }
        range
    }

    fn shift_of(&mut self, line: usize, id: &str) -> Option<ShiftIdx> {
        let found = self.shifts.get(id).copied();
        if found.is_none() {
            self.issues.tell(line, id, "a shift of the scenario");
        }
        found
    }

    fn skill_of(&mut self, line: usize, id: &str) -> Option<SkillIdx> {
        let found = self.skills.get(id).copied();
        if found.is_none() {
            self.issues.tell(line, id, "a skill of the scenario");
        }
        found
    }

    fn nurse_of(&mut self, line: usize, id: &str) -> Option<usize> {
        let found = self.nurses.get(id).copied();
        if found.is_none() {
            self.issues.tell(line, id, "a nurse of the scenario");
        }
        found
    }
}

fn parts(file: &File, n_days: u16) -> Parts {
    let skills: Vec<SkillIdx> = SkillIdx::all(file.skills.len()).collect();
    let shift = |shift: &ShiftType| Shift {
        id: shift.id.clone(),
        start_minute: 0,
        length_minutes: 480,
        paid_minutes: 480,
        tags: Tags::NONE,
        unit: None,
        skills: skills.clone(),
        pay_percent: 100,
    };
    let shifts: Vec<Shift> = file.shifts.iter().map(shift).collect();
    let duties = Duties::of(&shifts);
    let demand = |need: &Need| Demand {
        day: need.day,
        duties: duties.set(|duty| duty.shift == need.shift && duty.skill == need.skill),
        who: Who::Everyone,
        minimum: need.minimum,
        wanted: need.optimal,
        maximum: None,
        weights: CoverWeights { under_minimum: 1, under_wanted: OPTIMAL_COVER, over_maximum: 0 },
    };
    let (rules, counted) = rules(file, &duties);
    let people = file.nurses.iter().map(|nurse| person(nurse, &duties, &counted));
    Parts {
        name: file.name.clone(),
        // Any Monday will do; 2024 began on one.
        horizon: Horizon { start: date(2024, 1, 1), n_days, zone: TimeZone::UTC, holidays: Vec::new() },
        skills: file.skills.iter().map(|id| Skill { id: id.clone() }).collect(),
        units: Vec::new(),
        people: people.collect(),
        demands: file.needs.iter().map(demand).collect(),
        rules,
        shifts,
        levels: CoverLevels::OWN,
        money: None,
        published: None,
    }
}

fn person(nurse: &Nurse, duties: &Duties, counted: &[(usize, RuleIdx, RuleIdx)]) -> Person {
    let wish = |&(day, shift): &(DayIdx, Option<ShiftIdx>)| Request {
        day,
        duties: shift.map_or(duties.all_work(), |shift| duties.of_shift(shift)),
        wish: Wish::Against,
        weight: WISH,
    };
    let mut carry = Carry::default();
    if let Some(past) = &nurse.past {
        carry.history = history(past, duties);
        if let Some((_, total, weekends)) =
            counted.iter().find(|(contract, _, _)| *contract == nurse.contract)
        {
            let so_far = |rule: &RuleIdx, n: u16| SoFar { rule: *rule, amount: i64::from(n) };
            carry.so_far = vec![so_far(total, past.n_assignments), so_far(weekends, past.n_weekends)];
        }
    }
    let can = duties.set(|duty| nurse.skills.contains(&duty.skill));
    Person {
        id: nurse.id.clone(),
        fte_percent: 100,
        can: vec![Eligible { duties: can, from: None, until: None }],
        requests: nurse.wishes.iter().map(wish).collect(),
        carry,
        ..Person::default()
    }
}

/// Days that would have given this history: the runs as long as it says, with a day of another kind
/// before them so that their beginning is known.
fn history(past: &Past, duties: &Duties) -> Vec<Cell> {
    let cell_of =
        |shift: ShiftIdx| duties.of_shift(shift).cells(duties.n_codes()).next().unwrap_or(Cell::OFF);
    let other = duties.work().find(|(_, duty)| Some(duty.shift) != past.last).map(|(cell, _)| cell);
    let times = |cell: Cell, n: u16| std::iter::repeat_n(cell, usize::from(n));
    match past.last {
        Some(last) => {
            let before = times(other.unwrap_or(cell_of(last)), past.n_work - past.n_same);
            times(Cell::OFF, 1).chain(before).chain(times(cell_of(last), past.n_same)).collect()
        }
        None if past.n_off == 0 => Vec::new(),
        None => times(other.unwrap_or(Cell::OFF), 1).chain(times(Cell::OFF, past.n_off)).collect(),
    }
}

/// The rules, and for each contract those that count assignments and weekends.
fn rules(file: &File, duties: &Duties) -> (Vec<Rule>, Vec<(usize, RuleIdx, RuleIdx)>) {
    let work = duties.all_work();
    let mut rules = Vec::new();
    let mut add = |id: String, who: &Who, weight: Option<i64>, own: Own| {
        let strength = weight.map_or(Strength::Hard, Strength::Soft);
        let source = "INRC-II, arXiv 1501.04177".to_owned();
        rules.push(Rule { id, source, who: who.clone(), strength, kind: Kind::Own(own) });
        RuleIdx::at(rules.len() - 1)
    };
    let sequences: Vec<Sequence> = ShiftIdx::all(file.shifts.len())
        .zip(&file.shifts)
        .filter(|(_, shift)| !shift.bans.is_empty())
        .map(|(idx, shift)| {
            let next = duties.set(|duty| shift.bans.contains(&duty.shift));
            Sequence::any_day(vec![duties.of_shift(idx), next])
        })
        .collect();
    add("succession".to_owned(), &Who::Everyone, None, Own::Forbidden { sequences });
    let run = |duties: DutySet, (min, max): (u16, u16)| Own::Run {
        duties,
        min,
        max: Some(max),
        edges: Edges::Open,
    };
    for (idx, shift) in ShiftIdx::all(file.shifts.len()).zip(&file.shifts) {
        let own = run(duties.of_shift(idx), shift.run);
        add(format!("run-{}", shift.id), &Who::Everyone, Some(SAME_SHIFT), own);
    }
    let mut counted = Vec::new();
    for (idx, contract) in file.contracts.iter().enumerate() {
        let nurses = PersonIdx::all(file.nurses.len()).zip(&file.nurses);
        let who = Who::these(nurses.filter(|(_, nurse)| nurse.contract == idx).map(|(person, _)| person));
        let id = |what: &str| format!("{what}-{}", contract.id);
        add(id("work-run"), &who, Some(WORK_RUN), run(work, contract.work));
        add(id("off-run"), &who, Some(OFF_RUN), run(DutySet::OFF, contract.off));
        if contract.is_complete {
            add(id("complete-weekends"), &who, Some(HALF_WEEKEND), Own::complete_weekends(work));
        }
        let count = |measure, min, max: u16| Own::Count {
            measure,
            over: Over::Horizon,
            min,
            max: Some(i64::from(max)),
            per: 1,
        };
        let (least, most) = contract.total;
        let assignments = Measure::Duties { duties: work, on: Days::ALL };
        let own = count(assignments, Some(i64::from(least)), most);
        let total = add(id("assignments"), &who, Some(ASSIGNMENTS), own);
        let weekends = Measure::Weekends { on: WeekendOn::saturday_sunday(work) };
        let own = count(weekends, None, contract.weekends_max);
        counted.push((idx, total, add(id("weekends"), &who, Some(WEEKENDS), own)));
    }
    (rules, counted)
}

#[cfg(test)]
mod tests;
