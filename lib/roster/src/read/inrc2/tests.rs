use super::*;

const SCENARIO: &str = "
SCENARIO = n002w1
WEEKS = 1
SKILLS = 2
Lead
Nurse

SHIFT_TYPES = 2
Early (2,5)
Night (3,4)

FORBIDDEN_SHIFT_TYPES_SUCCESSIONS
Early 0
Night 1 Early

CONTRACTS = 1
Full (4,5) (3,5) (2,3) 1 1

NURSES = 2
Ann Full 2 Lead Nurse
Bo Full 1 Nurse
";

const HISTORY: &str = "
HISTORY
0 n002w1

NURSE_HISTORY
Ann 3 1 Night 1 4 0
Bo 0 0 None 0 0 1
";

const WEEK: &str = "
WEEK_DATA
n002w1

REQUIREMENTS
Early Nurse (1,2) (0,0) (0,0) (0,0) (0,0) (0,0) (0,0)

SHIFT_OFF_REQUESTS = 2
Ann Any Tue
Bo Night Sun
";

fn read_three(scenario: &str, history: &str, week: &str) -> Result<Problem, Unreadable> {
    read(&Texts { scenario, history, weeks: vec![week] })
}

#[test]
fn three_texts_become_a_problem() {
    let problem = read_three(SCENARIO, HISTORY, WEEK).unwrap();
    assert_eq!((problem.n_people(), problem.n_days(), problem.n_codes()), (2, 7, 5));
    let ann = problem.person(PersonIdx(0));
    // Off, three days early, a night.
    assert_eq!(ann.carry.history, [0, 1, 1, 1, 3].map(Cell));
    assert_eq!(ann.carry.so_far.iter().map(|so_far| so_far.amount).collect::<Vec<_>>(), [3, 1]);
    assert_eq!(problem.person(PersonIdx(1)).carry.history, [1, 0].map(Cell));
    assert!(!problem.is_eligible(PersonIdx(1), 0, Cell(1)) && problem.is_eligible(PersonIdx(1), 0, Cell(2)));
    assert_eq!(problem.parts().demands.len(), 7);
}

#[test]
fn bad_values_are_told_with_file_line_and_what_was_expected() {
    let check = |texts: [&str; 3], expected: &str| {
        let [scenario, history, week] = texts;
        assert_eq!(read_three(scenario, history, week).unwrap_err().to_string(), expected);
    };
    let changed =
        SCENARIO.replace("Early (2,5)", "Early (5,2)").replace("Early 0", "").replace("1 Early", "0");
    check(
        [&changed, HISTORY, &WEEK.replace("Early", "Night")],
        "scenario, line 9: `(5,2)`; expected two numbers such as (2,5), the smaller first\n\
         scenario, line 8: `2`; expected as many as the 1 rows that follow",
    );
    check(
        [SCENARIO, &HISTORY.replace("Night 1 4", "Late 1 4"), WEEK],
        "history, line 6: `Late`; expected a shift of the scenario",
    );
    check(
        [SCENARIO, &HISTORY.replace("Night 1 4", "Night 5 4"), WEEK],
        "history, line 6: `5`; expected days on the last shift that are no more than days worked, and at least 1",
    );
    check(
        [SCENARIO, HISTORY, &WEEK.replace("Sun", "Someday").replace("(1,2)", "(1;2)")],
        "week 1, line 6: `(1;2)`; expected two numbers such as (2,5), the smaller first\n\
         week 1, line 10: `Someday`; expected a day from Mon to Sun",
    );
}

#[test]
fn an_instance_names_its_files() {
    let instance = Instance::of_name("n030w4_1_6-2-9-1").unwrap();
    assert_eq!((instance.scenario.as_str(), instance.history.as_str()), ("Sc-n030w4.txt", "H0-n030w4-1.txt"));
    assert_eq!(instance.weeks, ["WD-n030w4-6.txt", "WD-n030w4-2.txt", "WD-n030w4-9.txt", "WD-n030w4-1.txt"]);
    for bad in ["", "n030w4", "n030w4_1", "n030w4_1_6-x", "../n030w4_1_6", "a_1_1_1"] {
        assert!(Instance::of_name(bad).is_err(), "{bad}");
    }
}

#[test]
fn no_text_cut_or_changed_anywhere_makes_it_panic() {
    for at in 0..SCENARIO.len() {
        let _ = read_three(&SCENARIO[..at], HISTORY, WEEK);
    }
    for at in 0..HISTORY.len() {
        let _ = read_three(SCENARIO, &HISTORY[..at], WEEK);
        let _ = read_three(SCENARIO, &HISTORY.replacen(' ', "9", at % 20), WEEK);
    }
    for at in 0..WEEK.len() {
        let _ = read_three(SCENARIO, HISTORY, &WEEK[..at]);
    }
}
