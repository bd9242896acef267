//! The rules of stays, told as small feeds: one line a message.

use super::model::{Event, Fact, OPEN, Place, StayState, Trigger};
use super::rules::stays;
use crate::tally::rules::Profile;
use base::Id;
use jiff::civil::DateTime;

/// `2026-03-01T09:00 A01 v=V1 at=ICU class=I` as a fact. Words: p= patient, v= visit, a= account, at=, from=,
/// class=, d= disposition, rec= recorded, mp= ma= mv= retired, adm= admitted, fac= facility (1).
fn fact(line: &str, message: i64) -> Event {
    let micros = |text: &str| {
        text.parse::<DateTime>()
            .unwrap()
            .to_zoned(jiff::tz::TimeZone::UTC)
            .unwrap()
            .timestamp()
            .as_microsecond()
    };
    let mut words = line.split_whitespace();
    let at = micros(words.next().unwrap());
    let trigger = Trigger::from_code(words.next().unwrap()).unwrap();
    let place = |text: &str| {
        let (unit, bed) = text.split_once('/').unwrap_or((text, ""));
        Place { unit: unit.to_owned(), bed: bed.to_owned() }
    };
    let mut fact = Fact {
        trigger,
        at,
        recorded: at,
        order: format!("{message:04}"),
        patient: "P1".to_owned(),
        visit: String::new(),
        account: String::new(),
        class: String::new(),
        place: Place::default(),
        prior: Place::default(),
        pending: Place::default(),
        admitted: None,
        discharged: None,
        expected_in: None,
        expected_out: None,
        disposition: String::new(),
        service: String::new(),
        is_dead: false,
        retired_patient: String::new(),
        retired_account: String::new(),
        retired_visit: String::new(),
    };
    let mut facility = Id::new(1, 1);
    for word in words {
        let (name, value) = word.split_once('=').unwrap();
        let owned = value.to_owned();
        match name {
            "p" => fact.patient = owned,
            "v" => fact.visit = owned,
            "a" => fact.account = owned,
            "at" => fact.place = place(value),
            "from" => fact.prior = place(value),
            "class" => fact.class = owned,
            "d" => fact.disposition = owned,
            "rec" => fact.recorded = micros(value),
            "adm" => fact.admitted = Some(micros(value)),
            "mp" => fact.retired_patient = owned,
            "ma" => fact.retired_account = owned,
            "mv" => fact.retired_visit = owned,
            "fac" => facility = Id::new(1, value.parse().unwrap()),
            other => panic!("unknown word {other}"),
        }
    }
    Event { message, facility, fact }
}

/// Stays as text, one line a leg: `V1 present P1: ICU I 03-01T09:00 - .. arrived/open`.
fn told(feed: &str) -> String {
    let lines: Vec<&str> = feed.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let events: Vec<Event> = (1..).zip(&lines).map(|(n, line)| fact(line, n)).collect();
    let forward = show(&events);
    for shuffled in orders_of(&events) {
        assert_eq!(show(&shuffled), forward, "the order of arrival changed the stays");
    }
    forward
}

/// Every order of up to five messages, and 120 orders of more.
fn orders_of(events: &[Event]) -> Vec<Vec<Event>> {
    (0..120u64)
        .map(|n| {
            let (mut n, mut left) = (n, events.to_vec());
            let mut order = Vec::new();
            while !left.is_empty() {
                let len = left.len() as u64;
                order.push(left.remove(usize::try_from(n % len).unwrap()));
                n = n / len + if len > 5 { n * 31 } else { 0 };
            }
            order
        })
        .collect()
}

fn show(events: &[Event]) -> String {
    let time = |micros: i64| match micros {
        OPEN => "..".to_owned(),
        micros => {
            let at = jiff::Timestamp::from_microsecond(micros).unwrap();
            at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%m-%dT%H:%M").to_string()
        }
    };
    let mut text = String::new();
    for stay in stays(events, &Profile::default()) {
        text.push_str(&format!("{} {} {}", stay.key, stay.state.word(), stay.patient));
        for span in &stay.spans {
            let bed = if span.place.bed.is_empty() { String::new() } else { format!("/{}", span.place.bed) };
            text.push_str(&format!(
                "; {}{bed} {} {} - {} {}/{}",
                span.place.unit,
                span.class,
                time(span.from),
                time(span.to),
                span.began.word(),
                span.ended.word()
            ));
        }
        for fault in &stay.faults {
            text.push_str(&format!("; ! {} {} {}", fault.code, fault.message, fault.against));
        }
        text.push('\n');
    }
    text
}

#[track_caller]
fn check(feed: &str, expected: &[&str]) {
    let told = told(feed);
    assert_eq!(told.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn t06_a_cancelled_transfer_leaves_no_minute_in_the_other_unit() {
    check(
        "2026-03-01T09:00 A01 v=V1 at=ICU class=I
         2026-03-01T14:00 A02 v=V1 at=MED from=ICU
         2026-03-01T14:30 A12 v=V1 at=ICU",
        &["V1 present P1; ICU I 03-01T09:00 - .. arrived/open"],
    );
}

#[test]
fn t07_a_cancelled_discharge_reopens_the_stay() {
    check(
        "2026-03-02T09:00 A01 v=V1 at=MED class=I
         2026-03-04T10:00 A03 v=V1
         2026-03-04T11:00 A13 v=V1
         2026-03-05T12:00 A03 v=V1 d=01",
        &["V1 left P1; MED I 03-02T09:00 - 03-05T12:00 arrived/discharged"],
    );
}

#[test]
fn t08_a_discharge_under_the_retired_number_ends_the_survivors_stay() {
    check(
        "2026-03-02T09:00 A01 p=S v=V1 at=MED class=I
         2026-03-02T10:00 A40 p=S mp=X
         2026-03-03T12:00 A03 p=X v=V1",
        &["V1 left S; MED I 03-02T09:00 - 03-03T12:00 arrived/discharged"],
    );
    check(
        "2026-03-02T09:00 A01 p=S at=MED class=I
         2026-03-02T10:00 A40 p=S mp=X
         2026-03-03T12:00 A03 p=X",
        &["~S@1772442000000000 left S; MED I 03-02T09:00 - 03-03T12:00 arrived/discharged"],
    );
}

#[test]
fn a_cancelled_admission_takes_the_stay_away_whole() {
    check(
        "2026-03-02T09:00 A01 v=V1 at=MED class=I
         2026-03-02T10:00 A02 v=V1 at=ICU
         2026-03-02T11:00 A11 v=V1",
        &["V1 void P1"],
    );
    check(
        "2026-03-02T09:00 A04 v=V1 at=ED class=E
         2026-03-02T10:00 A01 v=V1 at=MED class=I
         2026-03-02T11:00 A11 v=V1",
        &["V1 present P1; ED E 03-02T09:00 - .. arrived/open"],
    );
}

#[test]
fn an_outpatient_becomes_an_inpatient_in_place_and_back() {
    check(
        "2026-03-02T09:00 A04 v=V1 at=ED class=E
         2026-03-02T12:00 A06 v=V1 at=ED class=I
         2026-03-02T15:00 A02 v=V1 at=MED/501-A class=I
         2026-03-03T08:00 A07 v=V1 class=O
         2026-03-03T18:00 A03 v=V1 d=01",
        &[
            "V1 left P1; ED E 03-02T09:00 - 03-02T12:00 arrived/class; ED I 03-02T12:00 - 03-02T15:00 class/moved; MED/501-A I 03-02T15:00 - 03-03T08:00 moved/class; MED/501-A O 03-03T08:00 - 03-03T18:00 class/discharged",
        ],
    );
}

#[test]
fn a_move_after_the_discharge_is_set_aside_and_both_messages_named() {
    check(
        "2026-03-02T09:00 A01 v=V1 at=MED class=I
         2026-03-03T09:00 A03 v=V1
         2026-03-03T10:00 A02 v=V1 at=ICU",
        &["V1 left P1; MED I 03-02T09:00 - 03-03T09:00 arrived/discharged; ! after_discharge 3 2"],
    );
}

#[test]
fn a_second_arrival_after_the_end_is_a_stay_of_its_own() {
    check(
        "2026-03-02T09:00 A01 v=V1 at=MED class=I
         2026-03-03T09:00 A03 v=V1
         2026-03-04T10:00 A01 v=V1 at=ICU class=I",
        &[
            "V1 left P1; MED I 03-02T09:00 - 03-03T09:00 arrived/discharged",
            "V1#2 present P1; ICU I 03-04T10:00 - .. arrived/open; ! returned 3 2",
        ],
    );
}

#[test]
fn a_feed_that_starts_in_the_middle_still_counts_the_patient() {
    check(
        "2026-03-03T10:00 A02 v=V1 at=ICU from=MED class=I adm=2026-03-02T09:00",
        &[
            "V1 present P1; MED I 03-02T09:00 - 03-03T10:00 arrived/moved; ICU I 03-03T10:00 - .. moved/open; ! arrival_missing 1 0",
        ],
    );
    check("2026-03-03T10:00 A08 v=V1 at=ICU class=I", &["V1 void P1"]);
    check("2026-03-03T10:00 A03 v=V1", &["V1 void P1; ! never_arrived 1 0"]);
}

#[test]
fn a_death_is_told_by_the_disposition_of_the_newest_word() {
    check(
        "2026-03-02T09:00 A01 v=V1 at=MED class=I
         2026-03-03T09:00 A03 v=V1 d=20",
        &["V1 left P1; MED I 03-02T09:00 - 03-03T09:00 arrived/died"],
    );
    check(
        "2026-03-02T09:00 A01 v=V1 at=MED class=I
         2026-03-03T09:00 A03 v=V1 d=01
         2026-03-03T11:00 A08 v=V1 d=20",
        &["V1 left P1; MED I 03-02T09:00 - 03-03T09:00 arrived/died"],
    );
}

#[test]
fn a_merge_of_visits_makes_one_stay() {
    check(
        "2026-03-02T09:00 A01 v=V1 at=MED class=I
         2026-03-02T10:00 A02 v=V2 at=ICU class=I
         2026-03-02T11:00 A42 v=V1 mv=V2
         2026-03-03T09:00 A03 v=V2",
        &[
            "V1 left P1; MED I 03-02T09:00 - 03-02T10:00 arrived/moved; ICU I 03-02T10:00 - 03-03T09:00 moved/discharged",
        ],
    );
}

#[test]
fn merges_in_a_ring_end() {
    check(
        "2026-03-02T09:00 A01 p=A v=V1 at=MED class=I
         2026-03-02T10:00 A40 p=A mp=B
         2026-03-02T11:00 A40 p=B mp=A",
        &["V1 present A; MED I 03-02T09:00 - .. arrived/open"],
    );
}

#[test]
fn accounts_stand_in_for_visits_until_a_visit_is_told() {
    check(
        "2026-03-02T09:00 A01 a=ACC at=MED class=I
         2026-03-03T09:00 A03 a=ACC",
        &["account ACC left P1; MED I 03-02T09:00 - 03-03T09:00 arrived/discharged"],
    );
    check(
        "2026-03-02T09:00 A01 a=ACC v=V1 at=MED class=I
         2026-03-03T09:00 A03 a=ACC",
        &["V1 left P1; MED I 03-02T09:00 - 03-03T09:00 arrived/discharged"],
    );
}

#[test]
fn an_announced_patient_is_expected_until_arrival_or_cancel() {
    check("2026-03-02T09:00 A05 v=V1 at=MED", &["V1 expected P1"]);
    check(
        "2026-03-02T09:00 A05 v=V1 at=MED
         2026-03-02T10:00 A38 v=V1",
        &["V1 void P1"],
    );
    check(
        "2026-03-02T09:00 A05 v=V1 at=MED
         2026-03-02T10:00 A01 v=V1 at=MED class=I",
        &["V1 present P1; MED I 03-02T10:00 - .. arrived/open"],
    );
}

#[test]
fn a_cancel_of_nothing_is_a_fault() {
    check(
        "2026-03-02T09:00 A01 v=V1 at=MED class=I
         2026-03-02T10:00 A12 v=V1",
        &["V1 present P1; MED I 03-02T09:00 - .. arrived/open; ! cancels_nothing 2 0"],
    );
}

#[test]
fn steps_of_one_minute_keep_their_order_and_leave_no_instants() {
    check(
        "2026-03-02T09:00 A02 v=V1 at=ICU
         2026-03-02T09:00 A01 v=V1 at=MED class=I",
        &["V1 present P1; ICU I 03-02T09:00 - .. arrived/open"],
    );
}

#[test]
fn a_stay_of_one_instant_is_still_a_stay() {
    check(
        "2026-03-02T09:00 A01 v=V1 at=MED class=I
         2026-03-02T09:00 A03 v=V1 d=20",
        &["V1 left P1; MED I 03-02T09:00 - 03-02T09:00 arrived/died"],
    );
}

#[test]
fn leaves_go_out_and_come_back() {
    let events: Vec<Event> = [
        "2026-03-02T09:00 A01 v=V1 at=REH class=I",
        "2026-03-03T09:00 A21 v=V1",
        "2026-03-04T09:00 A22 v=V1",
        "2026-03-05T09:00 A21 v=V1",
        "2026-03-05T09:30 A52 v=V1",
    ]
    .iter()
    .zip(1..)
    .map(|(line, n)| fact(line, n))
    .collect();
    let stays = stays(&events, &Profile::default());
    let stay = stays.first().unwrap();
    assert_eq!((stay.state, stay.leaves.len()), (StayState::Present, 1));
    assert!(stay.leaves.iter().all(|leave| leave.1 != OPEN));
}

#[test]
fn a_visit_or_account_moved_to_another_patient_is_that_patients() {
    check(
        "2026-03-02T09:00 A01 p=A v=V1 at=MED class=I
         2026-03-02T10:00 A45 p=B mp=A v=V1
         2026-03-03T09:00 A03 p=A v=V1",
        &["V1 left B; MED I 03-02T09:00 - 03-03T09:00 arrived/discharged"],
    );
    // Without PV1, by the number the visit had; there and back again.
    check(
        "2026-03-02T09:00 A01 p=A v=V1 at=MED class=I
         2026-03-02T10:00 A45 p=B mp=A mv=V1
         2026-03-02T11:00 A45 p=A mp=B mv=V1
         2026-03-02T12:00 A08 p=A v=V1",
        &["V1 present A; MED I 03-02T09:00 - .. arrived/open"],
    );
    // All visits of the account, and no other.
    check(
        "2026-03-01T09:00 A01 p=A v=V1 a=C1 at=MED class=I
         2026-03-01T10:00 A03 p=A v=V1 a=C1
         2026-03-02T09:00 A01 p=A v=V2 a=C1 at=MED class=I
         2026-03-02T09:30 A01 p=A v=V3 a=C2 at=ICU class=I
         2026-03-02T10:00 A44 p=B mp=A a=C1 ma=C1",
        &[
            "V1 left B; MED I 03-01T09:00 - 03-01T10:00 arrived/discharged",
            "V2 present B; MED I 03-02T09:00 - .. arrived/open",
            "V3 present A; ICU I 03-02T09:30 - .. arrived/open",
        ],
    );
    // A visit that leaves an account leaves the account's other facts where they are.
    check(
        "2026-03-02T09:00 A01 p=A a=C1 at=MED class=I
         2026-03-02T09:30 A01 p=A v=V2 a=C9 at=ICU class=I
         2026-03-02T10:00 A45 p=B mp=A v=V2 mv=V2 a=C9 ma=C1",
        &[
            "V2 present B; ICU I 03-02T09:30 - .. arrived/open",
            "account C1 present A; MED I 03-02T09:00 - .. arrived/open",
        ],
    );
    // The identifier moves with all it names.
    check(
        "2026-03-02T09:00 A01 p=A v=V1 at=MED class=I
         2026-03-02T10:00 A43 p=B mp=A",
        &["V1 present B; MED I 03-02T09:00 - .. arrived/open"],
    );
    // Nothing is known of the visit but its move.
    check("2026-03-02T10:00 A45 p=B mp=A v=V1", &[]);
}

#[test]
fn a_move_of_the_visit_outlives_a_cancelled_arrival() {
    check(
        "2026-03-02T09:00 A01 p=A v=V1 at=MED class=I
         2026-03-02T10:00 A45 p=B mp=A v=V1
         2026-03-02T11:00 A11 p=A v=V1
         2026-03-02T12:00 A01 p=A v=V1 at=ICU class=I",
        &["V1 present B; ICU I 03-02T12:00 - .. arrived/open"],
    );
}

#[test]
fn merges_are_followed_to_the_end_in_any_order() {
    check(
        "2026-03-02T09:00 A01 p=A v=V1 at=MED class=I
         2026-03-02T10:00 A40 p=B mp=A
         2026-03-02T11:00 A40 p=C mp=B
         2026-03-02T12:00 A03 p=A v=V1",
        &["V1 left C; MED I 03-02T09:00 - 03-02T12:00 arrived/discharged"],
    );
    check(
        "2026-03-02T09:00 A01 p=A v=V1 at=MED class=I
         2026-03-02T10:00 A40 p=C mp=B
         2026-03-02T11:00 A40 p=B mp=A",
        &["V1 present C; MED I 03-02T09:00 - .. arrived/open"],
    );
}

#[test]
fn what_is_dated_ahead_and_called_off_before_is_cancelled() {
    check(
        "2026-03-02T09:00 A01 v=V1 at=MED class=I
         2026-03-02T12:00 A03 v=V1 rec=2026-03-02T10:00
         2026-03-02T11:00 A13 v=V1",
        &["V1 present P1; MED I 03-02T09:00 - .. arrived/open"],
    );
    // Written down after the cancel, it is another one.
    check(
        "2026-03-02T09:00 A01 v=V1 at=MED class=I
         2026-03-02T11:00 A13 v=V1
         2026-03-02T12:00 A03 v=V1",
        &["V1 left P1; MED I 03-02T09:00 - 03-02T12:00 arrived/discharged; ! cancels_nothing 2 0"],
    );
}

#[test]
fn a_cancel_and_the_corrected_event_of_one_instant_leave_the_corrected_one() {
    check(
        "2026-03-02T09:00 A01 v=V1 at=MED class=I
         2026-03-02T10:00 A03 v=V1
         2026-03-02T11:00 A13 v=V1
         2026-03-02T11:00 A03 v=V1 d=20",
        &["V1 left P1; MED I 03-02T09:00 - 03-02T11:00 arrived/died"],
    );
    check(
        "2026-03-02T09:00 A01 v=V1 at=MED class=I
         2026-03-02T10:00 A02 v=V1 at=ICU
         2026-03-02T11:00 A11 v=V1
         2026-03-02T11:00 A01 v=V1 at=REH class=I",
        &["V1 present P1; REH I 03-02T11:00 - .. arrived/open"],
    );
    check(
        "2026-03-02T09:00 A01 v=V1 at=MED class=I
         2026-03-02T11:00 A03 v=V1
         2026-03-02T11:00 A13 v=V1",
        &["V1 present P1; MED I 03-02T09:00 - .. arrived/open"],
    );
}

#[test]
fn an_update_before_the_arrival_moves_nobody_and_is_not_lost() {
    check(
        "2026-03-02T08:00 A08 v=V1 at=ICU class=I
         2026-03-02T09:00 A01 v=V1 at=MED class=I",
        &["V1 present P1; MED I 03-02T09:00 - .. arrived/open"],
    );
}

#[test]
fn a_swap_whose_arrival_is_told_later_ends_in_the_swapped_bed() {
    check(
        "2026-03-02T09:00 A01 v=V1 p=A at=MED/1-A class=I
         2026-03-02T10:00 A17 v=V1 p=A at=MED/2-B
         2026-03-02T08:00 A01 v=V2 p=B at=MED/2-B class=I
         2026-03-02T10:00 A17 v=V2 p=B at=MED/1-A",
        &[
            "V1 present A; MED/1-A I 03-02T09:00 - 03-02T10:00 arrived/moved; MED/2-B I 03-02T10:00 - .. moved/open",
            "V2 present B; MED/2-B I 03-02T08:00 - 03-02T10:00 arrived/moved; MED/1-A I 03-02T10:00 - .. moved/open",
        ],
    );
}

#[test]
fn a_merge_of_visits_concerns_its_own_facility() {
    let mut events: Vec<Event> = [
        "2026-03-02T09:00 A01 v=V1 at=MED class=I",
        "2026-03-02T10:00 A02 v=V2 at=ICU class=I",
        "2026-03-02T11:00 A42 v=V1 mv=V2",
        "2026-03-02T09:00 A01 v=V2 at=DAY class=I",
    ]
    .iter()
    .zip(1..)
    .map(|(line, n)| fact(line, n))
    .collect();
    events.last_mut().unwrap().facility = Id::new(1, 2);
    let told = show(&events);
    for order in orders_of(&events) {
        assert_eq!(show(&order), told);
    }
    assert_eq!(
        told.lines().collect::<Vec<_>>(),
        [
            "V1 present P1; MED I 03-02T09:00 - 03-02T10:00 arrived/moved; ICU I 03-02T10:00 - .. moved/open",
            "V2 present P1; DAY I 03-02T09:00 - .. arrived/open",
        ]
    );
}

#[test]
fn a_patient_moved_to_another_facility_is_there_and_no_longer_here() {
    check(
        "2026-03-02T09:00 A01 v=V1 at=MED class=I
         2026-03-02T10:00 A02 v=V1 at=GEN fac=2
         2026-03-03T10:00 A03 v=V1",
        &[
            "V1 left P1; MED I 03-02T09:00 - 03-02T10:00 arrived/moved; GEN I 03-02T10:00 - 03-03T10:00 moved/discharged",
        ],
    );
    // The same code in both is two places, and the end need not name one.
    check(
        "2026-03-02T09:00 A01 v=V1 at=MED class=I fac=2
         2026-03-02T10:00 A02 v=V1 at=MED
         2026-03-02T11:00 A12 v=V1
         2026-03-03T10:00 A03 v=V1 fac=3",
        &["V1 left P1; MED I 03-02T09:00 - 03-03T10:00 arrived/discharged"],
    );
}

#[test]
fn a_number_of_another_patient_in_another_facility_is_another_stay() {
    check(
        "2026-03-02T09:00 A01 v=V1 at=MED class=I
         2026-03-02T10:00 A01 v=V1 p=P2 at=GEN class=I fac=2",
        &[
            "V1 present P1; MED I 03-02T09:00 - .. arrived/open",
            "V1 present P2; GEN I 03-02T10:00 - .. arrived/open",
        ],
    );
}

#[test]
fn a_move_without_a_number_ends_the_open_stay_of_another_facility() {
    check(
        "2026-02-01T09:00 A01 at=GEN class=I fac=2
         2026-02-02T09:00 A03 fac=2
         2026-03-02T09:00 A01 at=MED class=I
         2026-03-02T10:00 A02 at=GEN fac=2
         2026-03-03T10:00 A03 fac=2",
        &[
            "~P1@1772442000000000 left P1; MED I 03-02T09:00 - 03-02T10:00 arrived/moved; GEN I 03-02T10:00 - 03-03T10:00 moved/discharged",
            "~P1@1769936400000000 left P1; GEN I 02-01T09:00 - 02-02T09:00 arrived/discharged",
        ],
    );
}
