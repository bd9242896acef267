//! Every kind of rule at its limit and one step on either side.
//!
//! One person's days are written as letters: `D` 07:00-15:00, `L` 15:00-23:00, `N` 23:00-07:00,
//! `T` 07:00-19:00, `C` on call 19:00-07:00, `-` off. Day 0 is Monday 2026-10-26 in New York, where
//! clocks go back on Sunday, day 6. What stands before `|` is history.

use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;
use roster::check::check;
use roster::evaluate::Evaluator;
use roster::problem::{
    Away, Carry, Cell, CoverLevels, CoverWeights, DayIdx, Demand, Duties, DutySet, Eligible, Horizon,
    MoneyWeight, Parts, Person, PersonIdx, Problem, Request, Roster, Shift, Skill, SkillIdx, Tags, Weekdays,
    Wish,
};
use roster::rules::{
    Across, Days, Edges, Kind, Measure, Over, Own, Rule, Sequence, Spread, Strength, WeekendOn, Who,
};

const LETTERS: &str = "-DLNTC";
const MONDAY: Date = date(2026, 10, 26);

fn shifts() -> Vec<Shift> {
    let shift = |id: &str, start, length, tags| Shift {
        id: id.to_owned(),
        start_minute: start,
        length_minutes: length,
        paid_minutes: length,
        tags,
        unit: None,
        skills: vec![SkillIdx(0)],
        pay_percent: 100,
    };
    vec![
        shift("D", 420, 480, Tags::DAY),
        shift("L", 900, 480, Tags::EVENING),
        shift("N", 1_380, 480, Tags::NIGHT),
        shift("T", 420, 720, Tags::DAY),
        shift("C", 1_140, 720, Tags::ON_CALL),
    ]
}

/// The cells of a text of letters.
fn cells(text: &str) -> Vec<Cell> {
    let code = |letter: char| LETTERS.find(letter).and_then(|at| u16::try_from(at).ok());
    text.chars().filter_map(code).map(Cell).collect()
}

/// The duties that have one of these letters.
fn on(letters: &str) -> DutySet {
    cells(letters).into_iter().collect()
}

fn work() -> DutySet {
    on("DLNTC")
}

/// A problem of these rows, `history|days`, and their roster.
fn ward(rows: &[&str], rules: Vec<Rule>) -> (Parts, Roster) {
    let all = Duties::of(&shifts()).all_work();
    let split = |row: &&str| {
        let (history, days) = row.split_once('|').unwrap_or(("", row));
        (cells(history), cells(days))
    };
    let rows: Vec<(Vec<Cell>, Vec<Cell>)> = rows.iter().map(split).collect();
    let n_days = rows.first().map_or(1, |(_, days)| days.len());
    let mut roster = Roster::empty(rows.len(), n_days);
    for (person, (_, days)) in (0..).map(PersonIdx).zip(&rows) {
        roster.row_mut(person).copy_from_slice(days);
    }
    let person = |(idx, (history, _)): (usize, &(Vec<Cell>, Vec<Cell>))| Person {
        id: format!("P{idx}"),
        fte_percent: 100,
        pay_cents_per_hour: 4_000,
        can: vec![Eligible { duties: all, from: None, until: None }],
        carry: Carry { history: history.clone(), ..Carry::default() },
        ..Person::default()
    };
    let parts = Parts {
        name: "ward".to_owned(),
        horizon: Horizon {
            start: MONDAY,
            n_days: u16::try_from(n_days).unwrap_or(1),
            zone: TimeZone::get("America/New_York").unwrap_or(TimeZone::UTC),
            holidays: vec![date(2026, 10, 28)],
        },
        skills: vec![Skill { id: "RN".to_owned() }],
        units: vec![],
        shifts: shifts(),
        people: rows.iter().enumerate().map(person).collect(),
        demands: vec![],
        rules,
        levels: CoverLevels::OWN,
        money: None,
        published: None,
    };
    (parts, roster)
}

fn rule(kind: Kind) -> Rule {
    Rule {
        id: "rule".to_owned(),
        source: String::new(),
        who: Who::Everyone,
        strength: Strength::Soft(1),
        kind,
    }
}

/// What the evaluation and the checker say, which must be one.
#[track_caller]
fn judged(parts: Parts, roster: &Roster) -> (i64, i64, i64) {
    let Ok(problem) = Problem::new(parts) else { return (-1, -1, -1) };
    let score = Evaluator::new(&problem).score(roster);
    assert_eq!(score, check(&problem, roster).score, "the checker differs");
    (score.hard, score.cover, score.soft)
}

/// Each row with the units of breach expected.
#[track_caller]
fn check_own(own: &Own, cases: &[(&str, i64)]) {
    for (row, expected) in cases {
        let (parts, roster) = ward(&[row], vec![rule(Kind::Own(own.clone()))]);
        assert_eq!(judged(parts, &roster), (0, 0, *expected), "{row}");
    }
}

#[track_caller]
fn check_across(who: &Who, across: &Across, cases: &[(&[&str], i64)]) {
    for (rows, expected) in cases {
        let rule = Rule { who: who.clone(), ..rule(Kind::Across(across.clone())) };
        let (parts, roster) = ward(rows, vec![rule]);
        assert_eq!(judged(parts, &roster), (0, 0, *expected), "{rows:?}");
    }
}

fn count(measure: Measure, over: Over, min: Option<i64>, max: Option<i64>) -> Own {
    Own::Count { measure, over, min, max, per: 1 }
}

fn days_of(duties: DutySet) -> Measure {
    Measure::Duties { duties, on: Days::ALL }
}

#[test]
fn a_count_over_the_horizon_has_a_least_and_a_most() {
    let nights = count(days_of(on("N")), Over::Horizon, Some(2), Some(3));
    check_own(&nights, &[("NNN----", 0), ("NNNN---", 1), ("NN-D---", 0), ("N------", 1), ("-------", 2)]);
    let off = count(days_of(DutySet::OFF), Over::Horizon, Some(2), None);
    check_own(&off, &[("DDDDD--", 0), ("DDDDDD-", 1)]);
    let holidays =
        count(Measure::Duties { duties: work(), on: Days::Holidays }, Over::Horizon, None, Some(0));
    check_own(&holidays, &[("DD-DD--", 0), ("--D----", 1)]);
    let fridays = Days::On(Weekdays::of(&[Weekday::Friday]));
    let fridays = count(Measure::Duties { duties: on("N"), on: fridays }, Over::Horizon, None, Some(0));
    check_own(&fridays, &[("NNNNDNN", 0), ("----N--", 1)]);
}

#[test]
fn minutes_follow_the_clock_and_leave_is_credited() {
    let minutes = |min, max| count(Measure::Minutes { duties: work() }, Over::Horizon, min, max);
    check_own(&minutes(Some(960), Some(960)), &[("DD-----", 0), ("D------", 480), ("DT-----", 240)]);
    // The night to the Sunday of the change lasts an hour longer.
    check_own(&minutes(None, Some(480)), &[("----N--", 0), ("-----N-", 60), ("------N", 0)]);
    let by_hour = Own::Count {
        measure: Measure::Minutes { duties: work() },
        over: Over::Horizon,
        min: None,
        max: Some(450),
        per: 60,
    };
    check_own(&by_hour, &[("D------", 1), ("T------", 5)]);
    let (mut parts, roster) = ward(&["D------"], vec![rule(Kind::Own(minutes(Some(1_440), None)))]);
    parts.people[0].away = vec![Away { first: 1, last: 2, credit_minutes: 240 }];
    assert_eq!(judged(parts, &roster), (0, 0, 480));
}

#[test]
fn a_fixed_period_charges_only_what_this_horizon_adds() {
    let weekly = |min| count(days_of(work()), Over::Every { days: 7, from: MONDAY }, min, Some(5));
    check_own(&weekly(None), &[("DDDDD--DDDDD--", 0), ("DDDDDD-DDDDD--", 1), ("DDDDDDDDDDDDDD", 4)]);
    check_own(&weekly(Some(3)), &[("DDD----", 0), ("DD-----", 1), ("DD", 0)]);
    // Periods begin on Thursdays: three days here belong to the one before.
    let other = Over::Every { days: 7, from: date(2026, 10, 1) };
    let other = count(days_of(work()), other, Some(4), Some(5));
    check_own(&other, &[("DDDD|D------DDDDD--", 1), ("DDDD|DD-----", 1), ("DDDDDDD|DDD----", 2), ("D--", 0)]);
}

#[test]
fn a_rolling_window_looks_into_history() {
    let rolling = count(days_of(work()), Over::Rolling { days: 7 }, Some(1), Some(5));
    check_own(&rolling, &[("DDDDD--DDDDD", 0), ("DDDDDD-", 2), ("DDDDD|--DDDDD", 0), ("DDDDD|D-", 2)]);
    // The least is judged where the whole window is known.
    check_own(&rolling, &[("-------", 1), ("------", 0), ("-|------", 1), ("D|------", 0), ("D------D", 0)]);
}

#[test]
fn weekends_count_once_however_much_of_them_is_worked() {
    let on_weekend = Measure::Weekends { on: WeekendOn::saturday_sunday(work()) };
    let most = count(on_weekend.clone(), Over::Horizon, None, Some(1));
    check_own(&most, &[("-----DD-----N-", 1), ("-----DD-------", 0), ("DDDDD--DDDDD-D", 0)]);
    let friday = WeekendOn { weekday: Weekday::Friday, duties: on("N") };
    let with_friday = std::iter::once(friday).chain(WeekendOn::saturday_sunday(work())).collect();
    let none = count(Measure::Weekends { on: with_friday }, Over::Horizon, None, Some(0));
    check_own(&none, &[("----D--", 0), ("----N--", 1), ("---N---", 0)]);
    check_own(
        &Own::every_other_weekend(work()),
        &[("-----D-------D", 1), ("-----D--------------D", 0), ("D-|------D", 1), ("--|------D", 0)],
    );
    let four_weeks = count(on_weekend, Over::Every { days: 28, from: MONDAY }, Some(1), None);
    check_own(&four_weeks, &[("----------------------------", 1), ("--------------------------D-", 0)]);
}

#[test]
fn a_run_has_a_least_and_a_most_and_the_edges_are_open() {
    let run = |edges| Own::Run { duties: work(), min: 2, max: Some(5), edges };
    check_own(
        &run(Edges::Open),
        &[
            ("-DDDDD-", 0),
            ("-DDDDDD", 1),
            ("-D-----", 1),
            ("-DD----", 0),
            ("D------", 0),
            ("------D", 0),
            ("D|D-----", 0),
            ("-|D-----", 1),
            ("-D|-----", 1),
            ("D|-----", 0),
            ("DDDDD|D-----", 1),
            ("DDDDDDD|D-----", 1),
            ("DDDDDDD|------", 0),
        ],
    );
    check_own(&run(Edges::Closed), &[("D------", 1), ("------D", 1), ("DD---DD", 0)]);
    let off = Own::Run { duties: DutySet::OFF, min: 2, max: Some(3), edges: Edges::Open };
    check_own(&off, &[("D-D--D-", 1), ("D---D--", 0), ("D----D-", 1), ("--|--D--", 1)]);
}

#[test]
fn rest_is_told_in_elapsed_time() {
    let rest = |minutes| Own::Rest { after: work(), before: work(), minutes, per: 1 };
    // 23:00 to 07:00 are eight hours.
    check_own(&rest(480), &[("LD-----", 0)]);
    check_own(&rest(481), &[("LD-----", 1), ("L-D----", 0), ("L|D------", 1)]);
    // The night from Saturday to Sunday has an hour more.
    check_own(&rest(540), &[("-----LD", 0), ("----LD-", 60)]);
    check_own(&rest(541), &[("-----LD", 1)]);
    // Longer rests reach over days off: from Monday 15:00 to Wednesday 07:00 are 40 hours.
    check_own(&rest(40 * 60), &[("D-D----", 0)]);
    check_own(&rest(40 * 60 + 1), &[("D-D----", 1), ("D|-D----", 1)]);
    let after_call = Own::Rest { after: on("C"), before: on("D"), minutes: 1_441, per: 60 };
    check_own(&after_call, &[("CD-----", 25), ("C-D----", 1), ("CN-----", 0), ("C-T----", 0)]);
}

#[test]
fn a_call_back_moves_the_end_of_the_last_duty() {
    let rest = Own::Rest { after: work(), before: work(), minutes: 600, per: 1 };
    let (mut parts, roster) = ward(&["D|D------"], vec![rule(Kind::Own(rest))]);
    assert_eq!(judged(parts.clone(), &roster), (0, 0, 0));
    let zone = TimeZone::get("America/New_York").unwrap();
    let until = |hour, minute| date(2026, 10, 25).at(hour, minute, 0, 0).to_zoned(zone.clone()).unwrap();
    parts.people[0].carry.last_end = Some(until(21, 0).timestamp());
    assert_eq!(judged(parts.clone(), &roster), (0, 0, 0));
    parts.people[0].carry.last_end = Some(until(21, 1).timestamp());
    assert_eq!(judged(parts, &roster), (0, 0, 1));
}

#[test]
fn recovery_follows_a_run_of_nights() {
    // Nights end at 07:00; two days later at 07:00 are 48 hours.
    let recovery = |minutes| Own::Recovery { after: on("N"), n_days: 3, minutes, per: 1 };
    check_own(
        &recovery(2_880),
        &[("NNN--D-", 0), ("NNN-D--", 1_440), ("NN-D---", 0), ("NNNN---", 0), ("NN|N-D----", 1_440)],
    );
    check_own(&recovery(1_440), &[("NNN-D--", 0), ("NNND---", 1_440), ("NNNL---", 960), ("NNN-N--", 0)]);
    check_own(&recovery(1_441), &[("NNN-D--", 1), ("NN-D---", 0)]);
}

#[test]
fn forbidden_sequences_count_each_time() {
    check_own(&Own::no_succession(on("N"), on("D")), &[("ND-ND--", 2), ("N-D----", 0), ("N|D-----", 1)]);
    check_own(&Own::wanted_succession(on("N"), on("N-")), &[("NN-D---", 0), ("NL-----", 1)]);
    let three = Own::Forbidden { sequences: vec![Sequence::any_day(vec![on("N"), on("-"), on("D")])] };
    check_own(&three, &[("N-D----", 1), ("N--D---", 0), ("N-|D----", 1), ("N|-D---", 1), ("N-L----", 0)]);
    let friday = Sequence { starting: Weekdays::of(&[Weekday::Friday]), days: vec![on("N")] };
    check_own(&Own::Forbidden { sequences: vec![friday] }, &[("NNNN-NN", 0), ("----N--", 1)]);
    check_own(
        &Own::complete_weekends(work()),
        &[("-----DD", 0), ("-----D-", 1), ("------D", 1), ("-----D", 0), ("D|-", 0)],
    );
    let shifts = [on("D"), on("L"), on("N")];
    check_own(
        &Own::same_shift_in_weekend(work(), &shifts),
        &[("-----DD", 0), ("-----DL", 1), ("-----D-", 0)],
    );
}

#[test]
fn overtime_is_the_larger_of_days_and_period() {
    let weekly = Own::Overtime { days: 7, from: MONDAY, period_minutes: 2_400, day_minutes: None, per: 1 };
    check_own(&weekly, &[("DDDDD--", 0), ("DDDDDD-", 480), ("TTT----", 0), ("TTTT---", 480)]);
    let eight_eighty =
        Own::Overtime { days: 14, from: MONDAY, period_minutes: 4_800, day_minutes: Some(480), per: 60 };
    // Three and four 12-hour shifts: 7 x 4 h of days against 84 h less 80 h.
    check_own(&eight_eighty, &[("TTT----TTTT---", 28), ("DDDDD--DDDDD--", 0), ("DDDDDD-DDDDDD-", 16)]);
    // 3 x 12 h and 4 x 12 h by the week: 8 h.
    let weekly = Own::Overtime { days: 7, from: MONDAY, period_minutes: 2_400, day_minutes: None, per: 60 };
    check_own(&weekly, &[("TTT----TTTT---", 8)]);
}

#[test]
fn overtime_is_paid_at_half_the_rate() {
    let own = Own::Overtime { days: 7, from: MONDAY, period_minutes: 2_400, day_minutes: None, per: 1 };
    let half = Rule { strength: Strength::Pay(50), ..rule(Kind::Own(own)) };
    let (mut parts, roster) = ward(&["DDDDDD-"], vec![half]);
    // A point for each dollar: 48 h at $40, and 8 h at another $20.
    parts.money = Some(MoneyWeight { points: 1, cents: 100 });
    assert_eq!(judged(parts, &roster), (0, 0, 48 * 40 + 8 * 20));
}

#[test]
fn a_changed_cell_costs_against_the_published_roster() {
    let (mut parts, roster) = ward(&["DD-----"], vec![rule(Kind::Own(Own::Published))]);
    parts.published = Some(roster.clone());
    assert_eq!(judged(parts.clone(), &roster), (0, 0, 0));
    let mut other = roster.clone();
    other.set(PersonIdx(0), DayIdx(1), Cell::OFF);
    assert_eq!(judged(parts.clone(), &other), (0, 0, 1));
    other.set(PersonIdx(0), DayIdx(2), Cell(1));
    assert_eq!(judged(parts, &other), (0, 0, 2));
}

#[test]
fn skills_leave_locks_and_requests_concern_single_cells() {
    let (parts, roster) = ward(&["D-N----"], vec![]);
    let with = |change: &dyn Fn(&mut Person)| {
        let mut parts = parts.clone();
        parts.people.iter_mut().for_each(change);
        judged(parts, &roster)
    };
    assert_eq!(with(&|person| person.can[0].duties = on("N")), (1, 0, 0));
    // The night of Wednesday the 28th ends on the 29th: the credential must hold on that day.
    assert_eq!(with(&|person| person.can[0].until = Some(date(2026, 10, 30))), (0, 0, 0));
    assert_eq!(with(&|person| person.can[0].until = Some(date(2026, 10, 29))), (1, 0, 0));
    assert_eq!(with(&|person| person.can[0].from = Some(date(2026, 10, 27))), (1, 0, 0));
    assert_eq!(with(&|person| person.away = vec![Away { first: 1, last: 1, credit_minutes: 0 }]), (0, 0, 0));
    assert_eq!(with(&|person| person.away = vec![Away { first: 1, last: 2, credit_minutes: 0 }]), (1, 0, 0));
    assert_eq!(with(&|person| person.locked = vec![(DayIdx(0), Cell(1))]), (0, 0, 0));
    assert_eq!(with(&|person| person.locked = vec![(DayIdx(0), Cell::OFF), (DayIdx(0), Cell(1))]), (1, 0, 0));
    let request = |letters: &str, wish| Request { day: DayIdx(0), duties: on(letters), wish, weight: 3 };
    assert_eq!(with(&|person| person.requests = vec![request("D", Wish::For)]), (0, 0, 0));
    assert_eq!(with(&|person| person.requests = vec![request("-", Wish::For)]), (0, 0, 3));
    assert_eq!(with(&|person| person.requests = vec![request("DL", Wish::Against)]), (0, 0, 3));
}

#[test]
fn demand_has_three_steps_at_their_own_levels() {
    let cost = |rows: &[&str]| {
        let (mut parts, roster) = ward(rows, vec![]);
        parts.demands = vec![Demand {
            day: DayIdx(0),
            duties: on("DT"),
            who: Who::Everyone,
            minimum: 2,
            wanted: 3,
            maximum: Some(4),
            weights: CoverWeights { under_minimum: 10, under_wanted: 5, over_maximum: 1 },
        }];
        judged(parts, &roster)
    };
    assert_eq!(cost(&["-", "-", "-", "-", "-"]), (0, 20, 5));
    assert_eq!(cost(&["D", "L", "-", "-", "-"]), (0, 10, 5));
    assert_eq!(cost(&["D", "T", "-", "-", "-"]), (0, 0, 5));
    assert_eq!(cost(&["D", "T", "D", "-", "-"]), (0, 0, 0));
    assert_eq!(cost(&["D", "T", "D", "D", "-"]), (0, 0, 0));
    assert_eq!(cost(&["D", "T", "D", "D", "D"]), (0, 0, 1));
}

fn these(people: &[u16]) -> Who {
    Who::these(people.iter().copied().map(PersonIdx))
}

#[test]
fn a_share_of_heads_is_rounded_up() {
    let half = Across::Share {
        part: these(&[0, 1]),
        part_duties: work(),
        at_least_percent: 50,
        sets: vec![on("D")],
    };
    check_across(
        &Who::Everyone,
        &half,
        &[
            (&["D", "D", "D", "-"], 0),
            (&["D", "-", "D", "-"], 0),
            (&["D", "-", "D", "D"], 1),
            (&["L", "-", "D", "-"], 1),
        ],
    );
}

#[test]
fn company_is_needed_only_where_somebody_is() {
    let company = |per| Across::Company { with: these(&[2, 3]), per, sets: vec![on("D"), on("N")] };
    let graduates = these(&[0, 1]);
    check_across(
        &graduates,
        &company(u16::MAX),
        &[
            (&["D", "D", "D", "-"], 0),
            (&["D", "D", "N", "-"], 1),
            (&["D", "N", "-", "-"], 2),
            (&["-", "-", "-", "-"], 0),
        ],
    );
    check_across(&graduates, &company(1), &[(&["D", "D", "D", "-"], 1), (&["D", "D", "D", "D"], 0)]);
}

#[test]
fn partners_work_together_and_others_apart() {
    let together = Across::Together { partner: PersonIdx(1), sets: vec![on("D"), on("N")] };
    check_across(
        &these(&[0]),
        &together,
        &[(&["DN-", "DN-"], 0), (&["DN-", "DD-"], 1), (&["---", "DN-"], 0)],
    );
    let apart = Across::Apart { sets: vec![on("D"), on("N")] };
    check_across(&these(&[0, 1, 2]), &apart, &[(&["DN", "ND", "--"], 0), (&["DN", "DN", "-N"], 3)]);
}

#[test]
fn fair_shares_lie_close() {
    let spread = |by, free| Across::Spread { measure: days_of(on("N")), by, is_by_fte: false, free, per: 1 };
    let rows: &[&str] = &["NNN-", "N---", "----"];
    check_across(&Who::Everyone, &spread(Spread::Range, 2), &[(rows, 1)]);
    check_across(&Who::Everyone, &spread(Spread::Range, 3), &[(rows, 0)]);
    // The mean is 4/3: distances 5/3, 1/3 and 4/3 make 10/3, rounded up.
    check_across(&Who::Everyone, &spread(Spread::Deviations, 0), &[(rows, 4)]);
    check_across(&these(&[0]), &spread(Spread::Range, 0), &[(rows, 0)]);
}
