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
use store::{Actor, Db, StoreError};

pub(crate) const SITES: &str = "path,kind,name,time_zone,currency,licensed_beds,staffed_beds,hl7_codes
h,enterprise,House,America/New_York,USD,,,
h.r,facility,Riverside,America/New_York,USD,,,RIV
h.r.icu,unit,ICU,,,4,4,ICU
h.r.med,unit,Medicine,,,6,6,MED
h.r.surg,unit,Surgery,,,6,5,SURG
h.r.ed,unit,Emergency,,,,,ED
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
    let [class, place, disposition, retired] = rest;
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    let at = at.to_zoned(zone).strftime("%Y%m%d%H%M%S");
    let mut text = format!(
        "MSH|^~\\&|ADT|RIV|HW|HW|{at}||ADT^{event}|M{n:05}|P|2.5.1\rEVN|{event}|{at}||||{at}\rPID|1||P{patient}^^^RIV^MR||Doe^P{patient}||19600101|F||||||||||C{visit}\r"
    );
    if !retired.is_empty() {
        text.push_str(&format!("MRG|{retired}\r"));
    }
    text.push_str(&format!("PV1|1|{class}|{place}"));
    text.push_str(&"|".repeat(16));
    text.push_str(&format!("V{visit}{}{disposition}\r", "|".repeat(17)));
    text.into_bytes()
}

/// A month of six patients who come, move, go, come back and are corrected.
pub(crate) fn feed(chance: &mut Chance) -> Vec<Vec<u8>> {
    let start: Timestamp = "2026-10-01T05:00:00Z".parse().unwrap();
    let mut messages = Vec::new();
    for visit in 0..10usize {
        let patient = visit % 6;
        let mut at = start + jiff::SignedDuration::from_mins(chance.below(30 * 1440) as i64);
        let n_steps = 2 + chance.below(7);
        for step in 0..n_steps {
            let place =
                ["ICU^1^A", "ICU^2^A", "MED^1^A", "MED^2^B", "SURG^7^A", "ED^^1", "XX^9^9"][chance.below(7)];
            let (event, class) = match (step, chance.below(32)) {
                (0, 0..=20) => ("A01", "I"),
                (0, 21..=28) => ("A04", "E"),
                (0, _) => ("A05", "P"),
                (_, 0..=5) => ("A02", ""),
                (_, 6..=8) => ("A03", ""),
                (_, 9) => ("A13", ""),
                (_, 10) => ("A12", ""),
                (_, 11) => ("A11", ""),
                (_, 12) => ("A06", "I"),
                (_, 13) => ("A07", "O"),
                (_, 14) => ("A08", "E"),
                (_, 15) => ("A21", ""),
                (_, 16) => ("A22", ""),
                (_, 17) => ("A40", ""),
                (_, 18) => ("A01", "I"),
                (_, 19) => ("A41", ""),
                (_, 20) => ("A42", ""),
                (_, n @ 21..=30) => {
                    let idx = n - 21;
                    let rare = ["A14", "A15", "A16", "A25", "A26", "A27", "A38", "A52", "A53", "A09"];
                    (rare[idx], "")
                }
                _ => ("A17", ""),
            };
            // The retired number: of another patient, account or visit.
            let retired = match event {
                "A40" => format!("P{}^^^RIV^MR", (patient + 1 + chance.below(5)) % 6),
                "A41" => format!("P{patient}^^^RIV^MR||C{}", (visit + 1 + chance.below(9)) % 10),
                "A42" => format!("P{patient}^^^RIV^MR||||V{}", (visit + 1 + chance.below(9)) % 10),
                _ => String::new(),
            };
            let disposition = if chance.below(6) == 0 { "20" } else { "01" };
            let rest = [class, place, disposition, retired.as_str()];
            messages.push(message(messages.len(), event, at, patient, visit, rest));
            // Now and then two steps in the same minute.
            at += jiff::SignedDuration::from_mins(chance.below(4) as i64 * chance.below(1500) as i64);
        }
    }
    messages
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

pub(crate) async fn receive(db: &Db, batch: Vec<Vec<u8>>) -> Vec<Outcome> {
    db.write::<_, StoreError, _>(move |tx| {
        Box::pin(async move {
            let incoming: Vec<Incoming> = batch
                .into_iter()
                .map(|bytes| Incoming { bytes, source: "mllp".to_owned(), default_site: None })
                .collect();
            intake::receive_batch(tx, &AdtMeaning, &incoming).await
        })
    })
    .await
    .unwrap()
}
