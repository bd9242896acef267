//! Problems that are too large, too small or make no sense: told clearly, and bounded in time.

use jiff::civil::date;
use jiff::tz::TimeZone;
use roster::Score;
use roster::check::check;
use roster::evaluate::Evaluator;
use roster::problem::{
    Away, Cell, CoverLevels, CoverWeights, DayIdx, Demand, DutySet, Eligible, Horizon, Parts, Person,
    PersonIdx, Problem, Request, Roster, RuleIdx, Shift, Skill, SkillIdx, SoFar, Tags, UnitIdx, Wish,
};
use roster::read::curtois;
use roster::rules::{Days, Edges, Kind, Measure, Over, Own, Rule, Strength, Who};

fn parts(n_people: usize, n_days: u16) -> Parts {
    let all = DutySet::NONE.complement();
    let person = |idx| Person {
        id: format!("P{idx}"),
        can: vec![Eligible { duties: all, from: None, until: None }],
        ..Person::default()
    };
    Parts {
        name: String::new(),
        horizon: Horizon { start: date(2026, 11, 2), n_days, zone: TimeZone::UTC, holidays: vec![] },
        skills: vec![Skill { id: "RN".to_owned() }],
        units: vec![],
        shifts: vec![Shift {
            id: "D".to_owned(),
            start_minute: 420,
            length_minutes: 480,
            paid_minutes: 480,
            tags: Tags::DAY,
            unit: None,
            skills: vec![SkillIdx(0)],
            pay_percent: 100,
        }],
        people: (0..n_people).map(person).collect(),
        demands: vec![],
        rules: vec![],
        levels: CoverLevels::OWN,
        money: None,
        published: None,
    }
}

fn rule(strength: Strength, own: Own) -> Rule {
    Rule { id: "rule".to_owned(), source: String::new(), who: Who::Everyone, strength, kind: Kind::Own(own) }
}

fn run(min: u16, max: u16) -> Own {
    Own::Run { duties: DutySet::OFF, min, max: Some(max), edges: Edges::Open }
}

#[track_caller]
fn check_faults(change: impl Fn(&mut Parts), expected: &[&str]) {
    let mut parts = parts(2, 7);
    change(&mut parts);
    let faults = Problem::new(parts).map_or_else(|faults| faults, |_| vec![]);
    assert_eq!(faults.iter().map(ToString::to_string).collect::<Vec<String>>(), expected);
}

#[test]
fn sizes_have_limits() {
    check_faults(|_| (), &[]);
    check_faults(|parts| parts.horizon.n_days = 0, &["days: 0 given; between 1 and 400 can be handled"]);
    check_faults(|parts| parts.horizon.n_days = 401, &["days: 401 given; between 1 and 400 can be handled"]);
    check_faults(
        |parts| parts.people = vec![Person::default(); 10_001],
        &["people: 10001 given; between 0 and 10000 can be handled"],
    );
    check_faults(
        |parts| parts.horizon.start = date(9999, 12, 30),
        &["the horizon starts on 9999-12-30 and leaves the years 1 to 9999; start it nearer"],
    );
}

#[test]
fn ids_and_positions_are_told() {
    check_faults(
        |parts| parts.people[1].id = "P0".to_owned(),
        &["people: the id `P0` is given twice; give each its own"],
    );
    check_faults(
        |parts| parts.shifts[0].skills = vec![SkillIdx(1)],
        &["shift D: skills: names skill 1, and there are 1; count from 0"],
    );
    check_faults(
        |parts| parts.shifts[0].unit = Some(UnitIdx(0)),
        &["shift D: unit: names unit 0, and there are 0; count from 0"],
    );
    check_faults(
        |parts| parts.people[0].locked = vec![(DayIdx(7), Cell(2))],
        &[
            "person P0: locked: names day 7, and there are 7; count from 0",
            "person P0: locked: names duty 2, and there are 2; count from 0",
        ],
    );
    check_faults(
        |parts| parts.people[0].carry.so_far = vec![SoFar { rule: RuleIdx(0), amount: -1 }],
        &[
            "person P0: so far: names rule 0, and there are 0; count from 0",
            "person P0: so far: -1 given; between 0 and 1152000 can be handled",
        ],
    );
    check_faults(
        |parts| parts.people[0].away = vec![Away { first: 3, last: 2, credit_minutes: 1_441 }],
        &[
            "person P0: away: from 3 to 2 leaves nothing; put the smaller number first",
            "person P0: away: credit: 1441 given; between 0 and 1440 can be handled",
        ],
    );
    check_faults(
        |parts| parts.published = Some(Roster::empty(1, 7)),
        &[
            "published roster: has other people, days or duties than the problem; publish a roster of this problem",
        ],
    );
}

#[test]
fn numbers_without_sense_are_told() {
    let request = Request { day: DayIdx(0), duties: DutySet::OFF, wish: Wish::For, weight: 1_000_001 };
    check_faults(
        |parts| parts.people[0].requests = vec![request],
        &["person P0: requests: 1000001 given; between 0 and 1000000 can be handled"],
    );
    check_faults(
        |parts| {
            parts.demands = vec![Demand {
                day: DayIdx(0),
                duties: DutySet::OFF,
                who: Who::These(vec![PersonIdx(1), PersonIdx(0)]),
                minimum: 3,
                wanted: 0,
                maximum: Some(2),
                weights: CoverWeights { under_minimum: -1, under_wanted: 0, over_maximum: 0 },
            }];
        },
        &[
            "demand row 0: lists people out of order or twice; use `Who::these`",
            "demand row 0: -1 given; between 0 and 1000000 can be handled",
            "demand row 0: from 3 to 2 leaves nothing; put the smaller number first",
        ],
    );
    check_faults(
        |parts| parts.rules = vec![rule(Strength::Hard, run(3, 2))],
        &["rule rule: from 3 to 2 leaves nothing; put the smaller number first"],
    );
    check_faults(
        |parts| parts.rules = vec![rule(Strength::Cover(1), run(1, 2))],
        &["rule rule: weighs cover, and concerns single people; make it hard or soft"],
    );
    check_faults(
        |parts| parts.rules = vec![rule(Strength::Pay(50), run(1, 2))],
        &[
            "rule rule: costs pay, and does not count minutes; make it hard or soft",
            "rule rule: costs pay, and the problem does not weigh money; say what cents weigh",
        ],
    );
    check_faults(
        |parts| parts.rules = vec![rule(Strength::Hard, Own::Published)],
        &["rule rule: compares with a published roster, and none is given; give one or drop the rule"],
    );
    let none = Measure::Weekends { on: vec![] };
    let count = Own::Count { measure: none, over: Over::Rolling { days: 0 }, min: None, max: None, per: 0 };
    check_faults(
        |parts| parts.rules = vec![rule(Strength::Hard, count.clone())],
        &[
            "rule rule: needs one to six weekdays in a row for a weekend; name them in order",
            "rule rule: 0 given; between 1 and 1152000 can be handled",
            "rule rule: days: 0 given; between 1 and 400 can be handled",
        ],
    );
}

#[test]
fn weights_that_could_not_be_added_up_are_told() {
    let measure = Measure::Minutes { duties: DutySet::NONE.complement() };
    let over = Over::Rolling { days: 7 };
    let count = Own::Count { measure, over, min: Some(1_000_000), max: None, per: 1 };
    let rules = |n: usize| {
        let rule = |idx| Rule { id: format!("rule{idx}"), ..rule(Strength::Soft(1_000_000), count.clone()) };
        (0..n).map(rule).collect::<Vec<Rule>>()
    };
    let mut parts = parts(100, 28);
    parts.rules = rules(200);
    let problem = Problem::new(parts.clone()).unwrap();
    let roster = problem.empty_roster();
    assert_eq!(Evaluator::new(&problem).score(&roster), check(&problem, &roster).score);
    parts.rules = rules(400);
    let faults = Problem::new(parts).map_or_else(|faults| faults, |_| vec![]);
    let expected = "rules: together could cost more than can be added up; give smaller weights";
    assert_eq!(faults.iter().map(ToString::to_string).collect::<Vec<String>>(), [expected]);
}

#[test]
fn many_faults_are_cut_short() {
    let mut parts = parts(5_000, 7);
    parts.people.iter_mut().for_each(|person| person.pay_cents_per_hour = -1);
    assert_eq!(Problem::new(parts).map_or_else(|faults| faults.len(), |_| 0), 100);
}

#[test]
fn ten_thousand_people_are_judged_within_seconds() {
    let mut parts = parts(10_000, 28);
    let measure = Measure::Duties { duties: DutySet::OFF, on: Days::ALL };
    let count = Own::Count { measure, over: Over::Rolling { days: 14 }, min: Some(4), max: None, per: 1 };
    parts.rules = vec![rule(Strength::Hard, count)];
    let problem = Problem::new(parts).unwrap();
    assert_eq!(Evaluator::new(&problem).score(&problem.empty_roster()), Score::ZERO);
}

#[test]
fn nobody_and_nothing_are_problems_too() {
    let problem = Problem::new(parts(0, 1)).unwrap();
    let roster = problem.empty_roster();
    assert_eq!((roster.n_people(), Evaluator::new(&problem).score(&roster)), (0, Score::ZERO));
    let mut idle = parts(3, 1);
    idle.shifts.clear();
    let problem = Problem::new(idle).unwrap();
    assert_eq!(check(&problem, &problem.empty_roster()).score, Score::ZERO);
    // A roster of another problem is refused by the checker.
    assert_eq!(check(&problem, &Roster::empty(2, 1)).score.hard, 1);
    assert!(curtois::read("SECTION_HORIZON\n7\n").is_ok());
}
