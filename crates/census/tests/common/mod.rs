//! A small house and a month of its messages, for the tests of this crate.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    clippy::expect_used,
    reason = "each test file uses its part; a failure here is a test's failure"
)]

use census::AdtMeaning;
use intake::{Incoming, Outcome};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use store::{Actor, Db, StoreError};

pub(crate) const SITES: &str = "path,kind,name,time_zone,currency,licensed_beds,staffed_beds,hl7_codes
h,enterprise,House,America/New_York,USD,,,
h.r,facility,Riverside,America/New_York,USD,,,RIV
h.r.icu,unit,ICU,,,4,4,ICU
h.r.med,unit,Medicine,,,6,6,MED
h.r.surg,unit,Surgery,,,6,5,SURG
h.r.ed,unit,Emergency,,,,,ED
h.s,facility,Southside,America/Chicago,USD,,,SOU
h.s.gen,unit,General,,,8,8,GEN
";

/// A small generator of its own, so that a failing case is named by its seed.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for idx in (1..items.len()).rev() {
            items.swap(idx, self.below(idx + 1));
        }
    }
}

pub(crate) fn message(
    n: usize,
    event: &str,
    at: Timestamp,
    patient: usize,
    visit: usize,
    rest: [&str; 4],
) -> Vec<u8> {
    let mut text = head(n, event, at, at);
    text.push_str(&group(patient, visit, rest));
    text.into_bytes()
}

/// MSH and EVN of an event that happened at `at` and was written down at `recorded`; times without offset.
fn head(n: usize, event: &str, at: Timestamp, recorded: Timestamp) -> String {
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    let civil = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%Y%m%d%H%M%S").to_string();
    let (at, recorded) = (civil(at), civil(recorded));
    format!("MSH|^~\\&|ADT|RIV|HW|HW|{at}||ADT^{event}|M{n:05}|P|2.5.1\rEVN|{event}|{recorded}||||{at}\r")
}

/// PID, MRG and PV1 of a patient.
fn group(patient: usize, visit: usize, [class, place, disposition, retired]: [&str; 4]) -> String {
    let mut text = format!("PID|1||P{patient}^^^RIV^MR||Doe^P{patient}||19600101|F||||||||||C{visit}\r");
    if !retired.is_empty() {
        text.push_str(&format!("MRG|{retired}\r"));
    }
    text.push_str(&format!("PV1|1|{class}|{place}"));
    text.push_str(&"|".repeat(16));
    text.push_str(&format!("V{visit}{}{disposition}\r", "|".repeat(17)));
    text
}

/// A20: the status of a bed.
pub(crate) fn bed_status(n: usize, at: Timestamp, bed: &str, status: &str) -> Vec<u8> {
    format!("{}NPU|{bed}|{status}\r", head(n, "A20", at, at)).into_bytes()
}

/// What follows the arrival in the stories of [`feed`]: the common events often, every other one now and then.
const STEPS: [(&str, &str, usize); 56] = [
    ("A02", "", 18),
    ("A03", "", 9),
    ("A20", "", 14),
    ("A13", "", 4),
    ("A12", "", 4),
    ("A11", "", 2),
    ("A01", "I", 3),
    ("A06", "I", 3),
    ("A07", "O", 3),
    ("A08", "E", 2),
    ("A08", "", 2),
    ("A17", "", 4),
    ("A21", "", 2),
    ("A22", "", 2),
    ("A40", "", 2),
    ("A41", "", 2),
    ("A42", "", 2),
    ("A43", "", 1),
    ("A44", "", 2),
    ("A45", "", 2),
    ("A04", "E", 1),
    ("A05", "P", 1),
    ("A09", "", 1),
    ("A10", "", 1),
    ("A14", "", 1),
    ("A15", "", 1),
    ("A16", "", 1),
    ("A18", "", 1),
    ("A24", "", 1),
    ("A25", "", 1),
    ("A26", "", 1),
    ("A27", "", 1),
    ("A28", "", 1),
    ("A29", "", 1),
    ("A30", "", 1),
    ("A31", "", 1),
    ("A32", "", 1),
    ("A33", "", 1),
    ("A34", "", 1),
    ("A35", "", 1),
    ("A36", "", 1),
    ("A37", "", 1),
    ("A38", "", 1),
    ("A39", "", 1),
    ("A46", "", 1),
    ("A47", "", 1),
    ("A52", "", 1),
    ("A53", "", 1),
    ("A54", "", 1),
    ("A55", "", 1),
    ("A60", "", 1),
    ("A19", "", 1),
    ("A23", "", 1),
    ("A48", "", 1),
    ("A51", "", 1),
    ("A62", "", 1),
];

const PLACES: [&str; 9] =
    ["ICU^1^A", "ICU^2^A", "MED^1^A", "MED^2^B", "SURG^7^A", "ED^^1", "XX^9^9", "MED", "GEN^3^C^SOU"];

/// A month of six patients who come, move, go, come back and are corrected, and of the beds they lie in.
pub(crate) fn feed(chance: &mut Chance) -> Vec<Vec<u8>> {
    let start: Timestamp = "2026-10-01T05:00:00Z".parse().unwrap();
    let mins = |n: usize| jiff::SignedDuration::from_mins(n as i64);
    let n_all: usize = STEPS.iter().map(|step| step.2).sum();
    let mut messages = Vec::new();
    for visit in 0..10usize {
        let patient = visit % 6;
        let mut at = start + mins(chance.below(30 * 1440));
        for step in 0..2 + chance.below(9) {
            let place = PLACES[chance.below(PLACES.len())];
            let mut pick = chance.below(n_all);
            let common = STEPS.iter().find(|step| {
                let is_it = pick < step.2;
                pick = pick.saturating_sub(step.2);
                is_it
            });
            let (event, class) = match (step, chance.below(10)) {
                (0, 0..=6) => ("A01", "I"),
                (0, 7..=8) => ("A04", "E"),
                (0, _) => ("A05", "P"),
                _ => common.map(|step| (step.0, step.1)).unwrap(),
            };
            // Now and then written down much later, or dated ahead.
            let recorded = match chance.below(8) {
                0 => at + mins(chance.below(3000)),
                1 => at - mins(chance.below(300)),
                _ => at,
            };
            let n = messages.len();
            let mut text = head(n, event, at, recorded);
            if event == "A20" {
                let bed = PLACES[chance.below(7)];
                text.push_str(&format!("NPU|{bed}|{}\r", ["K", "H", "U", "C", "I", "O"][chance.below(6)]));
            } else {
                let retired = retired(chance, event, patient, visit);
                let disposition = if chance.below(6) == 0 { "20" } else { "01" };
                text.push_str(&group(patient, visit, [class, place, disposition, &retired]));
            }
            if event == "A17" {
                let other = (visit + 1 + chance.below(9)) % 10;
                let place = PLACES[chance.below(PLACES.len())];
                text.push_str(&group(other % 6, other, [class, place, "", ""]));
            }
            messages.push(text.into_bytes());
            // Now and then two steps in the same minute.
            at += mins(chance.below(4) * chance.below(1500));
        }
    }
    messages
}

/// The retired number: of another patient, account or visit.
fn retired(chance: &mut Chance, event: &str, patient: usize, visit: usize) -> String {
    let other = (patient + 1 + chance.below(5)) % 6;
    let other_visit = (visit + 1 + chance.below(9)) % 10;
    match event {
        "A18" | "A30" | "A34" | "A36" | "A39" | "A40" | "A43" | "A46" => format!("P{other}^^^RIV^MR"),
        "A35" | "A41" => format!("P{patient}^^^RIV^MR||C{other_visit}"),
        "A42" => format!("P{patient}^^^RIV^MR||||V{other_visit}"),
        "A44" => format!("P{other}^^^RIV^MR||C{visit}"),
        "A45" => format!("P{other}^^^RIV^MR||||V{visit}"),
        _ => String::new(),
    }
}

pub(crate) async fn import_sites(db: &Db) {
    let done: Result<(), StoreError> = db
        .write(|tx| {
            Box::pin(async move {
                let report =
                    identity::sites::import_sites(tx, &Actor::new("test", "sites"), SITES, false).await;
                assert!(report.unwrap().rejects.is_empty());
                Ok(())
            })
        })
        .await;
    done.unwrap();
}

/// Takes messages in with the meaning that took in those before, as a running server does.
pub(crate) async fn receive(db: &Db, batch: Vec<Vec<u8>>) -> Vec<Outcome> {
    let meaning = meaning_of(db);
    db.write::<_, StoreError, _>(move |tx| {
        Box::pin(async move { intake::receive_batch(tx, meaning.as_ref(), &incoming(batch)).await })
    })
    .await
    .unwrap()
}

/// Takes messages in with a meaning that knows nothing of those before, as after a start.
pub(crate) async fn receive_anew(db: &Db, batch: Vec<Vec<u8>>) -> Vec<Outcome> {
    db.write::<_, StoreError, _>(move |tx| {
        Box::pin(async move { intake::receive_batch(tx, &AdtMeaning::default(), &incoming(batch)).await })
    })
    .await
    .unwrap()
}

/// Takes messages in, and then takes it all back.
pub(crate) async fn receive_in_vain(db: &Db, batch: Vec<Vec<u8>>) {
    let meaning = meaning_of(db);
    let failed: Result<(), StoreError> = db
        .write(move |tx| {
            Box::pin(async move {
                intake::receive_batch(tx, meaning.as_ref(), &incoming(batch)).await?;
                Err(StoreError::NotReady("on purpose".to_owned()))
            })
        })
        .await;
    failed.unwrap_err();
}

fn incoming(batch: Vec<Vec<u8>>) -> Vec<Incoming> {
    let incoming = |bytes| Incoming { bytes, source: "mllp".to_owned(), default_site: None };
    batch.into_iter().map(incoming).collect()
}

/// One for each open database. A later database may get that of one that is gone; it must not matter.
fn meaning_of(db: &Db) -> Arc<AdtMeaning> {
    static MEANINGS: Mutex<BTreeMap<usize, Arc<AdtMeaning>>> = Mutex::new(BTreeMap::new());
    let mark = Arc::as_ptr(&db.vault()).addr();
    Arc::clone(MEANINGS.lock().unwrap().entry(mark).or_default())
}
