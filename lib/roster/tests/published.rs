//! Numbers published or checked by others, on files that are not part of this repository.
//!
//! They run where the files are: `cargo xtask corpus DIR` sets `HELMWARD_DATA` to the folder with
//! `rostering/` and runs what is ignored here.

use roster::Score;
use roster::check::check;
use roster::evaluate::{Evaluator, Source};
use roster::problem::{DayIdx, PersonIdx, Problem, Roster, ShiftIdx, SkillIdx};
use roster::read::{curtois, inrc2};
use std::collections::BTreeMap;
use std::path::PathBuf;

#[expect(clippy::expect_used, clippy::panic, reason = "a test that cannot read its files fails")]
fn data(path: &str) -> String {
    let root = std::env::var_os("HELMWARD_DATA").expect("HELMWARD_DATA names the folder with rostering/");
    let path = PathBuf::from(root).join("rostering").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

#[test]
#[ignore = "needs files from outside; cargo xtask corpus runs it"]
fn empty_rosters_of_the_shift_scheduling_benchmarks_cost_what_was_checked() {
    let checked = [7137, 10882, 15474, 18319, 28974, 30057, 31728, 48486, 41298, 69704, 81495, 101_241];
    for (n, soft) in (1..).zip(checked) {
        let text = data(&format!("curtois/Instance{n}.txt"));
        let problem = curtois::read(&text).unwrap();
        let score = Evaluator::new(&problem).score(&problem.empty_roster());
        assert_eq!((n, score.soft, score.cover), (n, soft, 0));
        assert!(score.hard > 0, "everybody has least minutes");
    }
}

/// The cells of a week's solution file of the competition.
fn place_week(problem: &Problem, roster: &mut Roster, week: u16, text: &str) -> Option<()> {
    let parts = problem.parts();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [nurse, day, shift, skill] = words.as_slice() else { continue };
        let day = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].iter().position(|name| name == day)?;
        let person = parts.people.iter().position(|person| person.id == *nurse)?;
        let shift = parts.shifts.iter().position(|known| known.id == *shift)?;
        let skill = parts.skills.iter().position(|known| known.id == *skill)?;
        let cell = problem.duties().cell(ShiftIdx::at(shift), SkillIdx::at(skill))?;
        roster.set(PersonIdx::at(person), DayIdx(week * 7 + u16::try_from(day).ok()?), cell);
    }
    Some(())
}

#[test]
#[ignore = "needs files from outside; cargo xtask corpus runs it"]
fn the_sample_solution_of_the_competition_costs_what_its_validator_says() {
    let set = "inrc2/n005w4";
    let scenario = data(&format!("{set}/Sc-n005w4.txt"));
    let instance = inrc2::Instance::of_name("n005w4_0_1-2-3-3").unwrap();
    let history = data(&format!("{set}/{}", instance.history));
    let weeks: Vec<String> = instance.weeks.iter().map(|week| data(&format!("{set}/{week}"))).collect();
    let weeks = weeks.iter().map(String::as_str).collect();
    let problem = inrc2::read(&inrc2::Texts { scenario: &scenario, history: &history, weeks }).unwrap();
    let mut roster = problem.empty_roster();
    for (week, name) in (0..).zip(["1-0", "2-1", "3-2", "3-3"]) {
        let text = data(&format!("{set}/Solution_H_0-WD_1-2-3-3/Sol-n005w4-{name}.txt"));
        place_week(&problem, &mut roster, week, &text).unwrap();
    }
    let evaluator = Evaluator::new(&problem);
    let report = evaluator.report(&roster);
    let mut by_part: BTreeMap<&str, i64> = BTreeMap::new();
    for finding in &report.findings {
        let part = match finding.source {
            Source::Rule(rule) => match problem.rule(rule).id.split_once('-') {
                Some(("run" | "work", _)) => "consecutive",
                Some((part, _)) => part,
                None => "other",
            },
            Source::Request(_) => "preferences",
            Source::Demand(_) => "cover",
            Source::NotEligible | Source::Away | Source::Locked | Source::Labor => "other",
        };
        *by_part.entry(part).or_default() += finding.score.soft;
    }
    let expected = [
        ("assignments", 320),
        ("complete", 60),
        ("consecutive", 465),
        ("cover", 240),
        ("off", 330),
        ("preferences", 70),
        ("weekends", 210),
    ];
    assert_eq!(by_part.into_iter().collect::<Vec<_>>(), expected, "{report:#?}");
    assert_eq!(report.score, Score { hard: 0, cover: 0, soft: 1695 });
    assert_eq!(check(&problem, &roster).score, report.score);
}

#[test]
#[ignore = "needs files from outside; cargo xtask corpus runs it"]
fn sample_solutions_of_the_competition_are_feasible() {
    let solutions = [
        ("n005w4", "0_1-2-3-3"),
        ("n005w4", "1_5-3-1-0"),
        ("n005w4", "2_6-7-8-9"),
        ("n012w8", "0_3-5-0-2-0-4-5-2"),
        ("n012w8", "1_7-7-0-8-9-3-2-6"),
        ("n012w8", "2_4-5-6-7-2-1-2-1"),
        ("n021w4", "0_5-4-1-2"),
        ("n021w4", "1_0-6-1-6"),
        ("n021w4", "2_8-1-4-3"),
    ];
    for (set, name) in solutions {
        let scenario = data(&format!("inrc2/{set}/Sc-{set}.txt"));
        let instance = inrc2::Instance::of_name(&format!("{set}_{name}")).unwrap();
        let history = data(&format!("inrc2/{set}/{}", instance.history));
        let weeks: Vec<String> =
            instance.weeks.iter().map(|week| data(&format!("inrc2/{set}/{week}"))).collect();
        let weeks = weeks.iter().map(String::as_str).collect();
        let problem = inrc2::read(&inrc2::Texts { scenario: &scenario, history: &history, weeks }).unwrap();
        let mut roster = problem.empty_roster();
        let (start, order) = name.split_once('_').unwrap();
        for (week, file) in (0..).zip(order.split('-')) {
            let folder = format!("inrc2/{set}/Solution_H_{start}-WD_{order}");
            let text = data(&format!("{folder}/Sol-{set}-{file}-{week}.txt"));
            place_week(&problem, &mut roster, week, &text).unwrap();
        }
        let score = Evaluator::new(&problem).score(&roster);
        assert_eq!((score.hard, score.cover), (0, 0), "{set} {name}: {score}");
        assert_eq!(check(&problem, &roster).score, score, "{set} {name}");
    }
}
