//! From patients to heads, with the vectors of the domain notes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test file; what fails here fails the test"
)]

use roster::draft::fte::{self, Parts};
use roster::draft::{Ask, Census, Draft, Need, NoDraft, draft};
use roster::problem::{CoverWeights, DayIdx, Problem, ShiftIdx, SkillIdx};
use roster::read;

fn ward(shifts: &str) -> Problem {
    let text = format!(
        r#"{{ "format": "helmward-roster", "version": 1, "name": "4 West",
              "horizon": {{ "start": "2026-11-02", "days": 2, "zone": "America/New_York" }},
              "skills": ["RN", "LVN"], "shifts": [{shifts}], "people": [{{ "id": "ann" }}] }}"#
    );
    read::helmward::read(&text).unwrap_or_else(|error| panic!("{error}"))
}

fn shift(id: &str, start: &str, minutes: u32, paid: u32) -> String {
    format!(
        r#"{{ "id": "{id}", "start": "{start}", "minutes": {minutes}, "paid_minutes": {paid}, "skills": ["RN", "LVN"] }}"#
    )
}

fn two_shifts() -> Problem {
    ward(&[shift("D", "07:00", 720, 690), shift("N", "19:00", 720, 690)].join(","))
}

fn drafted(problem: &Problem, census: &[Census], need: &Need) -> Result<Draft, NoDraft> {
    let n_shifts = u16::try_from(problem.parts().shifts.len()).unwrap();
    let shifts = (0..n_shifts).map(ShiftIdx).collect();
    draft(&Ask { problem, shifts, census, need, weights: CoverWeights::default() })
}

fn heads(draft: &Draft) -> Vec<(u16, u16, Option<u16>, u16)> {
    draft.heads.iter().map(|of| (of.day.0, of.shift.0, of.skill.map(|skill| skill.0), of.n)).collect()
}

const RN: SkillIdx = SkillIdx(0);
const LVN: SkillIdx = SkillIdx(1);

fn rn_ratio(patients_max: u16, is_relieved: bool) -> Need {
    let (source, skills) = ("own".to_owned(), vec![RN]);
    Need::Ratio { source, patients_max, is_relieved, skills, first_percent: 100 }
}

#[test]
fn t_20_relief_makes_a_post_four_point_eight_people() {
    assert_eq!(fte::worked_hours(12).rounded(1), Some(18_304));
    assert_eq!(fte::post(fte::PAID_HOURS, 12).rounded(5), Some(113_636));
    assert_eq!(fte::post(fte::YEAR_HOURS, 12).rounded(3), Some(4_786));
    assert_eq!(fte::post(fte::YEAR_HOURS / 2, 12).rounded(3), Some(2_393));
}

#[test]
fn t_21_hours_for_each_patient_day_become_paid_people() {
    let hours = fte::productive_hours(24, 510);
    let productive = fte::productive_fte(hours);
    let paid = fte::paid_fte(productive, 12);
    assert_eq!(hours.rounded(0), Some(74_460));
    assert_eq!(productive.rounded(2), Some(3_580));
    assert_eq!(paid.rounded(2), Some(4_068));
    assert_eq!(fte::percent_of(paid, 65).rounded(2), Some(2_644));
}

#[test]
fn t_22_and_t_29_hours_for_each_day_and_t_23_acuity() {
    assert_eq!(fte::hours_per_patient_day(6_450, 744).rounded(3), Some(8_669));
    assert_eq!(6_450 - 744 * 17 / 2, 126);
    assert_eq!(fte::hours_per_patient_day(196, 52).rounded(3), Some(3_769));
    assert_eq!(fte::acuity_minutes(&[(6, 150), (10, 240), (5, 390), (3, 600)]), 7_050);
    assert_eq!(Parts { above: 1, below: 0 }.rounded(2), None);
}

#[test]
fn t_24_twenty_two_patients_need_five_nurses_and_one_for_breaks() {
    let problem = two_shifts();
    let need = Need::california("medical and surgical", RN, None).unwrap();
    let draft = drafted(&problem, &[Census::all_day(DayIdx(0), 22)], &need).unwrap();
    assert_eq!(heads(&draft), [(0, 0, Some(0), 6), (0, 1, Some(0), 6)]);
    assert_eq!(
        draft.lines[0],
        "Mon 2026-11-02 D: 22 patients at 07:00 / 5 = 5 rounded up \
         (California Title 22, section 70217, medical and surgical); \
         breaks 5 x 30 min / 690 min = 1 more; 6 heads"
    );
    let bare = drafted(&problem, &[Census::all_day(DayIdx(0), 22)], &rn_ratio(5, false)).unwrap();
    assert_eq!(heads(&bare), [(0, 0, Some(0), 5), (0, 1, Some(0), 5)]);
}

#[test]
fn the_last_patient_of_a_ratio_needs_no_more_and_the_next_does() {
    let problem = two_shifts();
    for (patients, n) in [(0, 0), (1, 1), (20, 4), (21, 5), (25, 5), (26, 6)] {
        let draft = drafted(&problem, &[Census::all_day(DayIdx(0), patients)], &rn_ratio(5, false)).unwrap();
        assert_eq!(draft.heads.first().map_or(0, |heads| heads.n), n, "{patients}");
    }
}

#[test]
fn the_fullest_hour_of_a_shift_decides_and_overlapping_shifts_share() {
    let problem = two_shifts();
    let census = [Census { day: DayIdx(0), bands: vec![(0, 10), (660, 20), (900, 12)] }];
    let draft = drafted(&problem, &census, &rn_ratio(5, false)).unwrap();
    assert_eq!(heads(&draft), [(0, 0, Some(0), 4), (0, 1, Some(0), 3)]);
    // A middle shift takes what only the middle of the day needs.
    let three = [shift("D", "07:00", 720, 690), shift("M", "11:00", 720, 690), shift("N", "19:00", 720, 690)];
    let problem = ward(&three.join(","));
    let census = [Census { day: DayIdx(0), bands: vec![(0, 10), (660, 20)] }];
    let draft = drafted(&problem, &census, &rn_ratio(5, false)).unwrap();
    // After 23:00 the night is alone.
    assert_eq!(heads(&draft), [(0, 0, Some(0), 2), (0, 1, Some(0), 2), (0, 2, Some(0), 4)]);
    assert!(draft.lines[1].contains("20 patients at 11:00 / 5 = 4 rounded up, 2 of them on other shifts"));
}

#[test]
fn registered_nurses_are_at_least_half_where_vocational_nurses_count() {
    let problem = two_shifts();
    let need = Need::california("medical and surgical", RN, Some(LVN)).unwrap();
    let draft = drafted(&problem, &[Census::all_day(DayIdx(0), 30)], &need).unwrap();
    assert_eq!(heads(&draft)[..2], [(0, 0, None, 7), (0, 0, Some(0), 4)]);
    let demands = draft.demands(&problem, CoverWeights::default());
    let sizes: Vec<usize> = demands.iter().map(|of| of.duties.cells(problem.n_codes()).count()).collect();
    assert_eq!(sizes, [2, 1, 2, 1]);
    let need = Need::california("burn", RN, Some(LVN)).unwrap();
    assert!(matches!(need, Need::Ratio { first_percent: 50, .. }));
    assert_eq!(Need::california("lobby", RN, None), None);
}

#[test]
fn hours_are_split_over_shifts_and_skills() {
    let problem = two_shifts();
    let need = Need::Hours { minutes: 510, skills: vec![(RN, 65), (LVN, 35)] };
    let draft = drafted(&problem, &[Census::all_day(DayIdx(1), 24)], &need).unwrap();
    // 204 h of care, 102 a shift: 66.3 h by RNs in 11.5 h each, 35.7 h by LVNs.
    assert_eq!(
        heads(&draft),
        [(1, 0, Some(0), 6), (1, 0, Some(1), 4), (1, 1, Some(0), 6), (1, 1, Some(1), 4)]
    );
    assert_eq!(
        draft.lines[..2],
        [
            "Tue 2026-11-03: 24 patients x 8 h 30 = 204 h of care",
            "  D 07:00-19:00 RN: x 12 h / 24 h x 65 % = 66 h 18; / 11 h 30 a head = 6 rounded up",
        ]
    );
}

#[test]
fn what_means_nothing_is_refused_with_a_way_out() {
    let problem = two_shifts();
    let refused = |census: Census, need: &Need| drafted(&problem, &[census], need).unwrap_err().to_string();
    let all_day = || Census::all_day(DayIdx(0), 9);
    assert_eq!(
        refused(all_day(), &rn_ratio(0, false)),
        "a ratio of 0 means nothing here; give 1 patient or more"
    );
    let need = Need::Hours { minutes: 510, skills: vec![(RN, 65)] };
    assert_eq!(
        refused(all_day(), &need),
        "a skill mix of percent 65 means nothing here; give shares that make 100 together"
    );
    let bands = Census { day: DayIdx(0), bands: vec![(60, 3)] };
    assert_eq!(
        refused(bands, &rn_ratio(5, false)),
        "the census of Mon 2026-11-02 must begin at 00:00 and go on in order up to 24:00; 60 does not"
    );
    let day_only = ward(&shift("D", "07:00", 720, 690));
    assert_eq!(
        drafted(&day_only, &[all_day()], &rn_ratio(5, false)).unwrap_err().to_string(),
        "no shift covers Mon 2026-11-02 19:00, and 9 patients are expected then; add one to the shifts"
    );
}
