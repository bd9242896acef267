//! The rule sets on rosters whose judgement is known.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use roster::check::check;
use roster::evaluate::{Evaluator, Source};
use roster::problem::{
    Cell, CoverLevels, Duties, Eligible, Horizon, MoneyWeight, Parts, Person, PersonIdx, Problem, Shift,
    Skill, SkillIdx, Tags,
};
use roster::rules::Who;
use roster::rules::sets::{NAMES, Scope, named};
use std::collections::BTreeSet;

/// A Monday.
const START: Date = date(2026, 6, 1);

/// Shifts of the given start and end (in minutes, the end may lie on the next day), and a week-by-week
/// roster of one person in digits: 0 is off, 1 the first shift.
fn ids(set: &str, shifts: &[(u32, u32)], days: &str) -> BTreeSet<String> {
    let shifts: Vec<Shift> = shifts
        .iter()
        .enumerate()
        .map(|(idx, (start, end))| Shift {
            id: format!("S{idx}"),
            start_minute: *start,
            length_minutes: end - start,
            paid_minutes: end - start,
            tags: Tags::NONE,
            unit: None,
            skills: vec![SkillIdx(0)],
            pay_percent: 100,
        })
        .collect();
    let cells: Vec<Cell> = days
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .filter_map(|digit| u16::try_from(digit).ok())
        .map(Cell)
        .collect();
    let duties = Duties::of(&shifts);
    let scope = Scope { who: Who::Everyone, from: START, duties: duties.clone(), shifts: shifts.clone() };
    let parts = Parts {
        name: set.to_owned(),
        horizon: Horizon {
            start: START,
            n_days: u16::try_from(cells.len()).unwrap_or(1),
            zone: TimeZone::UTC,
            holidays: vec![],
        },
        skills: vec![Skill { id: "any".to_owned() }],
        units: vec![],
        people: vec![Person {
            id: "one".to_owned(),
            pay_cents_per_hour: 4_000,
            can: vec![Eligible { duties: duties.all_work(), from: None, until: None }],
            ..Person::default()
        }],
        demands: vec![],
        rules: named(set, &scope).unwrap_or_default(),
        shifts,
        levels: CoverLevels::OWN,
        money: Some(MoneyWeight { points: 1, cents: 100 }),
        published: None,
    };
    let Ok(problem) = Problem::new(parts) else { return BTreeSet::from(["bad problem".to_owned()]) };
    let mut roster = problem.empty_roster();
    roster.row_mut(PersonIdx(0)).copy_from_slice(&cells);
    let report = Evaluator::new(&problem).report(&roster);
    if report.score != check(&problem, &roster).score {
        return BTreeSet::from(["the checker differs".to_owned()]);
    }
    let id = |source| match source {
        Source::Rule(rule) => {
            Some(format!("{} {}", problem.rule(rule).id, report.by_source().get(&source)?.soft))
        }
        _ => None,
    };
    report.findings.iter().filter_map(|finding| id(finding.source)).collect()
}

#[track_caller]
fn check_set(set: &str, shifts: &[(u32, u32)], days: &str, expected: &[&str]) {
    assert_eq!(ids(set, shifts, days), expected.iter().map(|id| (*id).to_owned()).collect(), "{days}");
}

#[test]
fn every_set_of_the_list_is_known() {
    let scope = Scope { who: Who::Everyone, from: START, duties: Duties::default(), shifts: vec![] };
    assert!(NAMES.iter().all(|name| named(name, &scope).is_some_and(|set| !set.is_empty())));
    assert_eq!(named("house", &scope), None);
    let sourced = NAMES.iter().filter_map(|name| named(name, &scope)).flatten();
    assert!(sourced.into_iter().all(|rule| !rule.source.is_empty()));
}

#[test]
fn overtime_of_three_and_four_long_shifts() {
    // 12-hour shifts, three in the first week and four in the second: 8 hours by the week, 28 by
    // days and fortnight. A point for a dollar: half of $40 for each hour.
    let long = [(420, 1_140)];
    check_set("flsa-40", &long, "11100001111000", &["flsa-40 160"]);
    check_set("flsa-8-80", &long, "11100001111000", &["flsa-8-80 560"]);
    let usual = [(420, 900)];
    check_set("flsa-40", &usual, "11111001111100", &[]);
    check_set("flsa-8-80", &usual, "11111101111000", &[]);
}

#[test]
fn eleven_hours_of_rest_in_europe() {
    // Ends at 23:15; 07:15 is eight hours later, 10:15 eleven.
    let shifts = [(915, 1_395), (435, 915), (615, 1_095), (614, 1_094)];
    check_set("eu-working-time", &shifts, "1200000", &["eu-daily-rest 0"]);
    check_set("eu-working-time", &shifts, "1300000", &[]);
    check_set("eu-working-time", &shifts, "1400000", &["eu-daily-rest 0"]);
    check_set("eu-working-time", &[(420, 780)], "1111110", &[]);
    check_set("eu-working-time", &[(420, 780)], "1111111", &["eu-weekly-rest 0"]);
}

#[test]
fn forty_eight_hours_on_the_average_of_seventeen_weeks() {
    // 17 weeks of 48 hours are 102 shifts of 8.
    let worked = |n_extra: usize| {
        let mut days = "1111110".repeat(17);
        days.replace_range(6..6 + n_extra, &"1".repeat(n_extra));
        days
    };
    check_set("eu-working-time", &[(420, 900)], &worked(0), &[]);
    check_set("eu-working-time", &[(420, 900)], &worked(1), &["eu-48-hours 0", "eu-weekly-rest 0"]);
}

#[test]
fn residents_work_eighty_hours_on_the_average_of_four_weeks() {
    let shifts = [(420, 1_140), (480, 720)];
    check_set("acgme", &shifts, &format!("2222222{}", "2222220".repeat(3)), &["acgme-day-free 0"]);
    // 24 shifts of 13 h 20 are 320 h; a minute more does not pass.
    let free = "1111110".repeat(4);
    check_set("acgme", &shifts, &free, &[]);
    check_set("acgme", &[(420, 1_220), (420, 1_221)], &free, &[]);
    check_set("acgme", &[(420, 1_220), (420, 1_221)], &free.replacen('1', "2", 1), &["acgme-80-hours 0"]);
}

#[test]
fn long_call_is_limited_and_followed_by_fourteen_hours() {
    // 24 h from 07:00; 21:00 the next day is 14 hours later.
    let shifts = [(420, 1_860), (1_260, 1_439), (1_259, 1_430), (420, 2_100), (420, 2_101)];
    check_set("acgme", &shifts, "12000000000000", &[]);
    check_set("acgme", &shifts, "13000000000000", &["acgme-14-hours-off 0"]);
    check_set("acgme", &shifts, "40000000000000", &[]);
    check_set("acgme", &shifts, "50000000000000", &["acgme-24-hours 0"]);
    // Nine calls in four weeks, not ten.
    let calls = |n: usize| format!("{}{}", "10".repeat(n), "0".repeat(28 - 2 * n));
    check_set("acgme", &shifts, &calls(9), &[]);
    check_set("acgme", &shifts, &calls(10), &["acgme-call 0"]);
}

#[test]
fn advice_on_fatigue_is_soft() {
    let shifts = [(420, 1_140), (420, 1_141)];
    check_set("ana-fatigue", &shifts, "11111000000000", &[]);
    check_set("ana-fatigue", &shifts, "11111100000000", &["ana-60-hours 240"]);
    check_set("ana-fatigue", &shifts, "20000000000000", &["ana-12-hours 10"]);
}
