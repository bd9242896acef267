//! The text format of the shift scheduling benchmarks of Curtois and Qu (Nottingham).
//!
//! Sections of comma-separated rows; `#` starts a comment line. Day 0 is a Monday, nothing is
//! carried in, a run or rest that touches either end of the horizon may be short. Cover counts
//! into the one objective.

use super::Unreadable;
use super::issue::Issues;
use crate::problem::{
    Away, CoverLevels, CoverWeights, DAYS_MAX, DayIdx, Demand, Duties, DutySet, Eligible, Horizon,
    PEOPLE_MAX, Parts, Person, PersonIdx, Problem, Request, Shift, ShiftIdx, Skill, SkillIdx, Tags,
    WEIGHT_MAX, Wish,
};
use crate::rules::{Days, Edges, Kind, Measure, Over, Own, Rule, Sequence, Strength, WeekendOn, Who};
use jiff::civil::date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// The most minutes anybody is asked for: 400 days of 24 hours.
const MINUTES_MAX: i64 = 576_000;

/// Reads a problem.
///
/// # Errors
/// Everything that is wrong with the text.
pub fn read(text: &str) -> Result<Problem, Unreadable> {
    let mut reader = Reader::default();
    for (idx, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        reader.line(idx + 1, line);
    }
    let Reader { issues, file, .. } = reader.finish();
    let file = issues.done(Some(file))?;
    Ok(Problem::new(parts(file))?)
}

/// What the sections say.
#[derive(Default)]
struct File {
    n_days: u16,
    shifts: Vec<(String, u32, Vec<ShiftIdx>)>,
    staff: Vec<Staff>,
    demands: Vec<(DayIdx, ShiftIdx, u16, i64, i64)>,
}

#[derive(Default)]
struct Staff {
    id: String,
    most: BTreeMap<ShiftIdx, u16>,
    minutes_max: i64,
    minutes_min: i64,
    work_max: u16,
    work_min: u16,
    off_min: u16,
    weekends_max: u16,
    away: Vec<DayIdx>,
    requests: Vec<(DayIdx, ShiftIdx, Wish, i64)>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Section {
    #[default]
    None,
    Horizon,
    Shifts,
    Staff,
    DaysOff,
    On,
    Off,
    Cover,
}

#[derive(Default)]
struct Reader<'t> {
    issues: Issues,
    section: Section,
    file: File,
    shift_by_id: BTreeMap<String, ShiftIdx>,
    staff_by_id: BTreeMap<String, usize>,
    // Shifts are named before all of them are known.
    bans: Vec<(usize, usize, &'t str)>,
}

impl<'t> Reader<'t> {
    fn line(&mut self, line: usize, text: &'t str) {
        if let Some(name) = text.strip_prefix("SECTION_") {
            self.open(line, text, name);
            return;
        }
        let cells: Vec<&str> = text.split(',').map(str::trim).collect();
        match self.section {
            Section::None => self.issues.tell(line, text, "a section such as SECTION_HORIZON first"),
            Section::Horizon => {
                let days = self.issues.number(line, text, "days of the horizon", 1..=days_max());
                self.file.n_days = days.and_then(|days| u16::try_from(days).ok()).unwrap_or(0);
            }
            Section::Shifts => self.shift(line, &cells),
            Section::Staff => self.staff(line, &cells),
            Section::DaysOff => self.days_off(line, &cells),
            Section::On => self.request(line, &cells, Wish::For),
            Section::Off => self.request(line, &cells, Wish::Against),
            Section::Cover => self.cover(line, &cells),
        }
    }

    fn open(&mut self, line: usize, text: &str, name: &str) {
        self.section = match name {
            "HORIZON" => Section::Horizon,
            "SHIFTS" => Section::Shifts,
            "STAFF" => Section::Staff,
            "DAYS_OFF" => Section::DaysOff,
            "SHIFT_ON_REQUESTS" => Section::On,
            "SHIFT_OFF_REQUESTS" => Section::Off,
            "COVER" => Section::Cover,
            _ => {
                self.issues.tell(line, text, "one of the seven sections of the format");
                Section::None
            }
        };
        // Bans name shifts further down; now all are known.
        if self.section != Section::Shifts {
            self.settle_bans();
        }
    }

    fn settle_bans(&mut self) {
        for (line, idx, id) in std::mem::take(&mut self.bans) {
            let Some(next) = self.shift_of(line, id) else { continue };
            if let Some((_, _, bans)) = self.file.shifts.get_mut(idx) {
                bans.push(next);
            }
        }
    }

    fn finish(mut self) -> Reader<'t> {
        self.settle_bans();
        if self.file.n_days == 0 && self.issues.is_empty() {
            self.issues
                .say(None, "no horizon is given; expected SECTION_HORIZON with a number of days".into());
        }
        self
    }

    fn shift(&mut self, line: usize, cells: &[&'t str]) {
        let [id, minutes, rest @ ..] = cells else {
            self.issues.tell(line, &cells.join(","), "shift, minutes, shifts that cannot follow");
            return;
        };
        let minutes = self.issues.number(line, minutes, "the length in minutes", 1..=2_880);
        let idx = self.file.shifts.len();
        let minutes = minutes.and_then(|minutes| u32::try_from(minutes).ok()).unwrap_or(1);
        self.file.shifts.push(((*id).to_owned(), minutes, Vec::new()));
        if id.is_empty() || self.shift_by_id.insert((*id).to_owned(), ShiftIdx::at(idx)).is_some() {
            self.issues.tell(line, id, "a shift id that is not empty and not used before");
        }
        let bans = rest.iter().flat_map(|bans| bans.split('|')).map(str::trim).filter(|id| !id.is_empty());
        self.bans.extend(bans.map(|ban| (line, idx, ban)));
    }

    fn staff(&mut self, line: usize, cells: &[&str]) {
        let &[id, most, minutes_max, minutes_min, work_max, work_min, off_min, weekends_max] = cells else {
            let expected = "8 values: id, most shifts, max and min minutes, max and min consecutive shifts, \
                            min consecutive days off, max weekends";
            self.issues.tell(line, &cells.join(","), expected);
            return;
        };
        let days = u16::try_from(DAYS_MAX).unwrap_or(u16::MAX);
        let idx = self.file.staff.len();
        let mut staff = Staff { id: id.to_owned(), ..Staff::default() };
        for part in most.split('|').filter(|part| !part.is_empty()) {
            let Some((shift, n_max)) = part.split_once('=') else {
                self.issues.tell(line, part, "shift=most, such as E=14");
                continue;
            };
            let shift = self.shift_of(line, shift.trim());
            let n_max = self.issues.small(line, n_max, "the most shifts", days);
            staff.most.extend(shift.zip(n_max));
        }
        let mut minutes =
            |text: &str, what: &str| self.issues.number(line, text, what, 0..=MINUTES_MAX).unwrap_or(0);
        staff.minutes_max = minutes(minutes_max, "the most minutes");
        staff.minutes_min = minutes(minutes_min, "the least minutes");
        let mut n_days = |text: &str, what: &str| self.issues.small(line, text, what, days).unwrap_or(0);
        staff.work_max = n_days(work_max, "the most consecutive shifts");
        staff.work_min = n_days(work_min, "the least consecutive shifts");
        staff.off_min = n_days(off_min, "the least consecutive days off");
        staff.weekends_max = n_days(weekends_max, "the most weekends");
        if staff.minutes_min > staff.minutes_max {
            self.issues.tell(line, minutes_min, "least minutes that are no more than the most");
        }
        if staff.work_min > staff.work_max {
            self.issues.tell(line, work_min, "least consecutive shifts that are no more than the most");
        }
        if id.is_empty() || self.staff_by_id.insert(id.to_owned(), idx).is_some() {
            self.issues.tell(line, id, "an employee id that is not empty and not used before");
        }
        if idx == PEOPLE_MAX {
            self.issues.tell(line, id, format!("at most {PEOPLE_MAX} employees"));
        }
        self.file.staff.push(staff);
    }

    fn days_off(&mut self, line: usize, cells: &[&str]) {
        let [id, days @ ..] = cells else { return };
        let days: Vec<DayIdx> = days.iter().filter_map(|day| self.day(line, day)).collect();
        if let Some(staff) = self.staff_of(line, id) {
            staff.away.extend(days);
        }
    }

    fn request(&mut self, line: usize, cells: &[&str], wish: Wish) {
        let &[id, day, shift, weight] = cells else {
            self.issues.tell(line, &cells.join(","), "4 values: employee, day, shift, weight");
            return;
        };
        let day = self.day(line, day);
        let shift = self.shift_of(line, shift);
        let weight = self.issues.number(line, weight, "a weight", 0..=WEIGHT_MAX);
        let Some(staff) = self.staff_of(line, id) else { return };
        if let (Some(day), Some(shift), Some(weight)) = (day, shift, weight) {
            staff.requests.push((day, shift, wish, weight));
        }
    }

    fn cover(&mut self, line: usize, cells: &[&str]) {
        let &[day, shift, need, under, over] = cells else {
            self.issues.tell(line, &cells.join(","), "5 values: day, shift, need, weight under, weight over");
            return;
        };
        let day = self.day(line, day);
        let shift = self.shift_of(line, shift);
        let need = self.issues.small(line, need, "the need in heads", 10_000);
        let under = self.issues.number(line, under, "a weight", 0..=WEIGHT_MAX);
        let over = self.issues.number(line, over, "a weight", 0..=WEIGHT_MAX);
        if let (Some(day), Some(shift), Some(need), Some(under), Some(over)) = (day, shift, need, under, over)
        {
            self.file.demands.push((day, shift, need, under, over));
        }
    }

    fn day(&mut self, line: usize, text: &str) -> Option<DayIdx> {
        let Some(last) = self.file.n_days.checked_sub(1) else {
            self.issues.tell(line, text, "a horizon before any day is named");
            return None;
        };
        self.issues.small(line, text, "a day of the horizon", last).map(DayIdx)
    }

    fn shift_of(&mut self, line: usize, id: &str) -> Option<ShiftIdx> {
        let found = self.shift_by_id.get(id).copied();
        if found.is_none() {
            self.issues.tell(line, id, "a shift of SECTION_SHIFTS");
        }
        found
    }

    fn staff_of(&mut self, line: usize, id: &str) -> Option<&mut Staff> {
        let idx = self.staff_by_id.get(id).copied();
        if idx.is_none() {
            self.issues.tell(line, id, "an employee of SECTION_STAFF");
        }
        self.file.staff.get_mut(idx?)
    }
}

fn days_max() -> i64 {
    i64::try_from(DAYS_MAX).unwrap_or(i64::MAX)
}

/// The one skill of the format.
const ANY: SkillIdx = SkillIdx(0);

fn parts(file: File) -> Parts {
    let shift = |(id, minutes, _): &(String, u32, Vec<ShiftIdx>)| Shift {
        id: id.clone(),
        start_minute: 0,
        length_minutes: *minutes,
        paid_minutes: *minutes,
        tags: Tags::NONE,
        unit: None,
        skills: vec![ANY],
        pay_percent: 100,
    };
    let shifts: Vec<Shift> = file.shifts.iter().map(shift).collect();
    let duties = Duties::of(&shifts);
    let demand = |&(day, shift, need, under, over): &(DayIdx, ShiftIdx, u16, i64, i64)| Demand {
        day,
        duties: duties.of_shift(shift),
        who: Who::Everyone,
        minimum: 0,
        wanted: need,
        maximum: Some(need),
        weights: CoverWeights { under_minimum: 0, under_wanted: under, over_maximum: over },
    };
    Parts {
        name: String::new(),
        // Any Monday will do; 2024 began on one.
        horizon: Horizon {
            start: date(2024, 1, 1),
            n_days: file.n_days,
            zone: TimeZone::UTC,
            holidays: Vec::new(),
        },
        skills: vec![Skill { id: "any".to_owned() }],
        units: Vec::new(),
        people: file.staff.iter().map(|staff| person(staff, &duties)).collect(),
        demands: file.demands.iter().map(demand).collect(),
        rules: rules(&file, &duties),
        shifts,
        levels: CoverLevels::ONE_OBJECTIVE,
        money: None,
        published: None,
    }
}

fn person(staff: &Staff, duties: &Duties) -> Person {
    let may = |shift: &ShiftIdx| staff.most.get(shift).is_some_and(|most| *most > 0);
    let can = duties.set(|duty| may(&duty.shift));
    let away = |day: &DayIdx| Away { first: i32::from(day.0), last: i32::from(day.0), credit_minutes: 0 };
    let request = |&(day, shift, wish, weight): &(DayIdx, ShiftIdx, Wish, i64)| Request {
        day,
        duties: duties.of_shift(shift),
        wish,
        weight,
    };
    Person {
        id: staff.id.clone(),
        fte_percent: 100,
        can: vec![Eligible { duties: can, from: None, until: None }],
        away: staff.away.iter().map(away).collect(),
        requests: staff.requests.iter().map(request).collect(),
        ..Person::default()
    }
}

/// One rule for each limit that occurs, held by everybody who has it.
fn rules(file: &File, duties: &Duties) -> Vec<Rule> {
    let mut rules = Vec::new();
    let work = duties.all_work();
    let sequences: Vec<Sequence> = file
        .shifts
        .iter()
        .enumerate()
        .filter(|(_, (_, _, bans))| !bans.is_empty())
        .map(|(idx, (_, _, bans))| {
            let next = duties.set(|duty| bans.contains(&duty.shift));
            Sequence::any_day(vec![duties.of_shift(ShiftIdx::at(idx)), next])
        })
        .collect();
    if !sequences.is_empty() {
        rules.push(hard("succession".to_owned(), Who::Everyone, Own::Forbidden { sequences }));
    }
    for (idx, (id, _, _)) in file.shifts.iter().enumerate() {
        let shift = ShiftIdx::at(idx);
        for (most, who) in grouped(file, |staff| staff.most.get(&shift).copied().filter(|most| *most > 0)) {
            let measure = Measure::Duties { duties: duties.of_shift(shift), on: Days::ALL };
            rules.push(hard(format!("most-{id}-{most}"), who, at_most(measure, i64::from(most))));
        }
    }
    for ((min, max), who) in grouped(file, |staff| Some((staff.minutes_min, staff.minutes_max))) {
        let measure = Measure::Minutes { duties: work };
        // Each hour short or too many is one breach.
        let count = Own::Count { measure, over: Over::Horizon, min: Some(min), max: Some(max), per: 60 };
        rules.push(hard(format!("minutes-{min}-{max}"), who, count));
    }
    for ((min, max), who) in grouped(file, |staff| Some((staff.work_min, staff.work_max))) {
        let run = Own::Run { duties: work, min, max: Some(max), edges: Edges::Open };
        rules.push(hard(format!("work-run-{min}-{max}"), who, run));
    }
    for (min, who) in grouped(file, |staff| Some(staff.off_min)) {
        let run = Own::Run { duties: DutySet::OFF, min, max: None, edges: Edges::Open };
        rules.push(hard(format!("off-run-{min}"), who, run));
    }
    for (max, who) in grouped(file, |staff| Some(staff.weekends_max)) {
        let measure = Measure::Weekends { on: WeekendOn::saturday_sunday(work) };
        rules.push(hard(format!("weekends-{max}"), who, at_most(measure, i64::from(max))));
    }
    rules
}

fn hard(id: String, who: Who, own: Own) -> Rule {
    Rule { id, source: String::new(), who, strength: Strength::Hard, kind: Kind::Own(own) }
}

fn at_most(measure: Measure, max: i64) -> Own {
    Own::Count { measure, over: Over::Horizon, min: None, max: Some(max), per: 1 }
}

/// Who has which limit.
fn grouped<K: Ord>(file: &File, limit: impl Fn(&Staff) -> Option<K>) -> Vec<(K, Who)> {
    let mut groups: BTreeMap<K, Vec<PersonIdx>> = BTreeMap::new();
    for (idx, staff) in file.staff.iter().enumerate() {
        if let Some(limit) = limit(staff) {
            groups.entry(limit).or_default().push(PersonIdx::at(idx));
        }
    }
    let n_people = file.staff.len();
    let who = |people: Vec<PersonIdx>| {
        if people.len() == n_people { Who::Everyone } else { Who::These(people) }
    };
    groups.into_iter().map(|(limit, people)| (limit, who(people))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "
# two people, two shifts
SECTION_HORIZON
7

SECTION_SHIFTS
E,480,
N,600,E|N2
N2,600,

SECTION_STAFF
Ann,E=7|N=0|N2=1,2400,960,5,2,2,1
Bo,E=7|N=2|N2=1,2400,960,5,2,2,1

SECTION_DAYS_OFF
Ann,1,-0

SECTION_SHIFT_ON_REQUESTS
Ann,2,E,2

SECTION_SHIFT_OFF_REQUESTS
Bo,3,N,4

SECTION_COVER
0,E,1,100,1
";

    #[test]
    fn a_file_becomes_a_problem() {
        let problem = read(SMALL).unwrap();
        assert_eq!((problem.n_people(), problem.n_days(), problem.n_codes()), (2, 7, 4));
        let ids: Vec<&str> = problem.parts().rules.iter().map(|rule| rule.id.as_str()).collect();
        let expected = [
            "succession",
            "most-E-7",
            "most-N-2",
            "most-N2-1",
            "minutes-960-2400",
            "work-run-2-5",
            "off-run-2",
            "weekends-1",
        ];
        assert_eq!(ids, expected);
        let ann = PersonIdx(0);
        let can: Vec<bool> = problem.duties().cells().map(|c| problem.is_eligible(ann, 0, c)).collect();
        assert_eq!(can, [true, true, false, true]);
        assert_eq!(problem.person(ann).away.len(), 2);
    }

    #[track_caller]
    fn check_bad(from: &str, to: &str, expected: &str) {
        assert!(SMALL.contains(from), "{from}");
        assert_eq!(read(&SMALL.replacen(from, to, 1)).unwrap_err().to_string(), expected);
    }

    #[test]
    fn bad_values_are_told_with_line_value_and_what_was_expected() {
        check_bad(
            "\n7\n",
            "\n401\n",
            "line 4: `401`; expected days of the horizon, a whole number from 1 to 400\n\
            line 16: `1`; expected a horizon before any day is named\n\
            line 16: `-0`; expected a horizon before any day is named\n\
            line 19: `2`; expected a horizon before any day is named\n\
            line 22: `3`; expected a horizon before any day is named\n\
            line 25: `0`; expected a horizon before any day is named",
        );
        check_bad(
            "E,480,",
            "E,NaN,",
            "line 7: `NaN`; expected the length in minutes, a whole number from 1 to 2880",
        );
        check_bad(
            "N2,600",
            "N,600",
            "line 9: `N`; expected a shift id that is not empty and not used before\n\
            line 8: `N2`; expected a shift of SECTION_SHIFTS\n\
            line 12: `N2`; expected a shift of SECTION_SHIFTS\n\
            line 13: `N2`; expected a shift of SECTION_SHIFTS",
        );
        check_bad(
            "Bo,E=7",
            "Ann,E=7",
            "line 13: `Ann`; expected an employee id that is not empty and not used before\n\
            line 22: `Bo`; expected an employee of SECTION_STAFF",
        );
        check_bad(
            "0,E,1,100,1",
            "7,E,1,100,1",
            "line 25: `7`; expected a day of the horizon, a whole number from 0 to 6",
        );
        check_bad(
            "2400,960",
            "2400",
            "line 12: `Ann,E=7|N=0|N2=1,2400,5,2,2,1`; expected 8 values: id, most shifts, \
            max and min minutes, max and min consecutive shifts, min consecutive days off, max weekends\n\
            line 16: `Ann`; expected an employee of SECTION_STAFF\n\
            line 19: `Ann`; expected an employee of SECTION_STAFF",
        );
        check_bad(
            "SECTION_COVER",
            "SECTION_X",
            "line 24: `SECTION_X`; expected one of the seven sections of the format\n\
            line 25: `0,E,1,100,1`; expected a section such as SECTION_HORIZON first",
        );
    }

    #[test]
    fn nothing_is_no_problem() {
        assert_eq!(
            read("").unwrap_err().to_string(),
            "no horizon is given; expected SECTION_HORIZON with a number of days"
        );
    }

    #[test]
    fn no_text_cut_or_changed_anywhere_makes_it_panic() {
        for at in 0..SMALL.len() {
            let _ = read(&SMALL[..at]);
            for other in ["-", "9999999999999999999", ",", "|", "=", "\n", "NaN"] {
                let mut text = SMALL.to_owned();
                text.replace_range(at..=at, other);
                let _ = read(&text);
            }
        }
    }
}
