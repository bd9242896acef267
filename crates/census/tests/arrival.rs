//! The stored census on both engines: the same facts in any order of arrival, in any batches, with
//! duplicates, give the same census; and what is stored agrees with what the legs tell.

use base::{Id, Period};
use census::AdtMeaning;
use census::tally::rules::Kind;
use identity::{Scope, Site, SiteTree};
use intake::{Incoming, Outcome};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use store::{Actor, Db, StoreError};
use testkit::{Fixture, on_both};

const SITES: &str = "path,kind,name,time_zone,currency,licensed_beds,staffed_beds,hl7_codes
h,enterprise,House,America/New_York,USD,,,
h.r,facility,Riverside,America/New_York,USD,,,RIV
h.r.icu,unit,ICU,,,4,4,ICU
h.r.med,unit,Medicine,,,6,6,MED
h.r.surg,unit,Surgery,,,6,5,SURG
h.r.ed,unit,Emergency,,,,,ED
";

/// A small generator of its own, so that a failing case is named by its seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for idx in (1..items.len()).rev() {
            items.swap(idx, self.below(idx + 1));
        }
    }
}

fn message(n: usize, event: &str, at: Timestamp, patient: usize, visit: usize, rest: [&str; 4]) -> Vec<u8> {
    let [class, place, disposition, merged] = rest;
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    let at = at.to_zoned(zone).strftime("%Y%m%d%H%M%S");
    let mut text = format!(
        "MSH|^~\\&|ADT|RIV|HW|HW|{at}||ADT^{event}|M{n:05}|P|2.5.1\rEVN|{event}|{at}||||{at}\rPID|1||P{patient}^^^RIV^MR||Doe^P{patient}||19600101|F\r"
    );
    if !merged.is_empty() {
        text.push_str(&format!("MRG|{merged}^^^RIV^MR\r"));
    }
    text.push_str(&format!("PV1|1|{class}|{place}"));
    text.push_str(&"|".repeat(16));
    text.push_str(&format!("V{visit}{}{disposition}\r", "|".repeat(17)));
    text.into_bytes()
}

/// A month of six patients who come, move, go, come back and are corrected.
fn feed(chance: &mut Chance) -> Vec<Vec<u8>> {
    let start: Timestamp = "2026-10-01T05:00:00Z".parse().unwrap();
    let mut messages = Vec::new();
    for visit in 0..10usize {
        let patient = visit % 6;
        let mut at = start + jiff::SignedDuration::from_mins(chance.below(30 * 1440) as i64);
        let n_steps = 2 + chance.below(7);
        for step in 0..n_steps {
            let place =
                ["ICU^1^A", "ICU^2^A", "MED^1^A", "MED^2^B", "SURG^7^A", "ED^^1", "XX^9^9"][chance.below(7)];
            let (event, class) = match (step, chance.below(20)) {
                (0, 0..=12) => ("A01", "I"),
                (0, 13..=17) => ("A04", "E"),
                (0, _) => ("A05", "P"),
                (_, 0..=5) => ("A02", ""),
                (_, 6..=8) => ("A03", ""),
                (_, 9) => ("A13", ""),
                (_, 10) => ("A12", ""),
                (_, 11) => ("A11", ""),
                (_, 12) => ("A06", "I"),
                (_, 13) => ("A07", "O"),
                (_, 14) => ("A08", ""),
                (_, 15) => ("A21", ""),
                (_, 16) => ("A22", ""),
                (_, 17) => ("A40", ""),
                (_, 18) => ("A01", "I"),
                _ => ("A17", ""),
            };
            let merged = if event == "A40" { format!("P{}", chance.below(6)) } else { String::new() };
            let merged = if merged == format!("P{patient}") { "P9".to_owned() } else { merged };
            let disposition = if chance.below(6) == 0 { "20" } else { "01" };
            let rest = [class, place, disposition, merged.as_str()];
            messages.push(message(messages.len(), event, at, patient, visit, rest));
            // Now and then two steps in the same minute.
            at += jiff::SignedDuration::from_mins(chance.below(4) as i64 * chance.below(1500) as i64);
        }
    }
    messages
}

async fn import_sites(db: &Db) {
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

async fn receive(db: &Db, batch: Vec<Vec<u8>>) -> Vec<Outcome> {
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

/// Everything a manager could read of the month, as text.
async fn picture(db: &Db) -> String {
    let mut tx = db.read().await.unwrap();
    let tree = SiteTree::load(&mut tx).await.unwrap();
    let scope = Scope::operator(&tree, &"h".parse().unwrap()).unwrap();
    let period: Period = "2026-10-01..2026-11-10".parse().unwrap();
    let mut text = String::new();
    for kind in [Kind::Inpatient, Kind::Emergency, Kind::Outpatient] {
        let stored = census::day::days_of(&mut tx, &scope, &tree, kind, period, None).await.unwrap();
        let now = Some(db.now());
        let from_legs = census::day::days_of(&mut tx, &scope, &tree, kind, period, now).await.unwrap();
        for site in tree.all() {
            let none = Vec::new();
            let stored = stored.get(&site.id).unwrap_or(&none);
            for (idx, day) in from_legs.get(&site.id).unwrap_or(&none).iter().enumerate() {
                let known = stored.get(idx).copied();
                assert_eq!(
                    known.unwrap_or(census::tally::store::Day {
                        begin: 0,
                        counts: Default::default(),
                        ..*day
                    }),
                    *day,
                    "{} {kind:?}: the stored day differs from the legs",
                    site.path
                );
                if day.begin != 0 || day.counts != Default::default() {
                    text.push_str(&format!("{} {kind:?} {day:?}\n", site.path));
                }
            }
        }
        parent_is_children(&tree, &from_legs);
    }
    for hour in (0..40 * 24).step_by(17) {
        let at =
            "2026-10-01T00:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(hour);
        let present = census::present::report(&mut tx, &scope, &tree, at, None).await.unwrap();
        text.push_str(&format!("{at} {:?}\n", present.present));
    }
    text
}

fn parent_is_children(tree: &SiteTree, days: &HashMap<Id<Site>, Vec<census::tally::store::Day>>) {
    for site in tree.all() {
        let children = tree.children(&site.id);
        if children.is_empty() {
            continue;
        }
        let sum = |of: fn(&census::tally::store::Day) -> i64| -> Vec<i64> {
            let mut sums = BTreeMap::new();
            for child in &children {
                for (idx, day) in days.get(&child.id).into_iter().flatten().enumerate() {
                    *sums.entry(idx).or_insert(0) += of(day);
                }
            }
            sums.into_values().collect()
        };
        let own = |of: fn(&census::tally::store::Day) -> i64| -> Vec<i64> {
            days.get(&site.id).into_iter().flatten().map(of).collect()
        };
        for of in [
            |day: &census::tally::store::Day| day.midnight_census(),
            |day: &census::tally::store::Day| day.service_days(),
            |day: &census::tally::store::Day| day.counts.admissions,
            |day: &census::tally::store::Day| day.counts.discharges,
            |day: &census::tally::store::Day| day.counts.deaths,
        ] {
            assert_eq!(own(of), sum(of), "{}", site.path);
        }
    }
}

#[test]
fn the_same_facts_in_any_order_give_the_same_census() {
    on_both(async |fixture: Fixture| {
        // One database: each case gets a new one on SQLite, PostgreSQL proves the SQL on a few.
        let n_cases = if fixture.db.engine() == store::Engine::Sqlite { 24 } else { 2 };
        for seed in 0..n_cases {
            let mut chance = Chance(seed * 7919 + 17);
            let messages = feed(&mut chance);
            let ordered = testkit::sqlite().await;
            import_sites(&ordered.db).await;
            for one in &messages {
                receive(&ordered.db, vec![one.clone()]).await;
            }
            let expected = picture(&ordered.db).await;

            let other = testkit::sqlite().await;
            let db = if seed == 0 { &fixture.db } else { &other.db };
            import_sites(db).await;
            let mut arriving = messages.clone();
            arriving.extend(messages.iter().take(5).cloned());
            chance.shuffle(&mut arriving);
            while !arriving.is_empty() {
                let n = 1 + chance.below(arriving.len().min(20));
                receive(db, arriving.split_off(arriving.len() - n)).await;
            }
            assert_eq!(picture(db).await, expected, "seed {seed}");
        }
    });
}

#[test]
fn a_late_word_changes_a_past_midnight_and_the_earlier_belief_stays() {
    on_both(async |fixture: Fixture| {
        let db = &fixture.db;
        import_sites(db).await;
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let rest = ["I", "MED^1^A", "", ""];
        receive(db, vec![message(1, "A01", at("2026-11-01T15:00:00Z"), 1, 1, rest)]).await;
        let before = db.now();
        fixture.clock.set(before + jiff::SignedDuration::from_hours(1));
        let rest = ["", "", "01", ""];
        receive(db, vec![message(2, "A03", at("2026-11-03T15:00:00Z"), 1, 1, rest)]).await;

        let mut tx = db.read().await.unwrap();
        let tree = SiteTree::load(&mut tx).await.unwrap();
        let scope = Scope::operator(&tree, &"h.r".parse().unwrap()).unwrap();
        let date = "2026-11-05".parse().unwrap();
        let now = census::day::report(&mut tx, &scope, &tree, date, None).await.unwrap().total();
        let then = census::day::report(&mut tx, &scope, &tree, date, Some(before)).await.unwrap().total();
        assert_eq!((now.midnight_census, then.midnight_census), (0, 1));
        let first: jiff::civil::Date = "2026-11-01".parse().unwrap();
        let day = census::day::report(&mut tx, &scope, &tree, first, None).await.unwrap();
        let text = serde_json::to_string(&day).unwrap();
        assert!(
            text.starts_with(
                r#"{"site":"h.r","date":"2026-11-01","midnight_census":1,"service_days":1,"admissions":1,"#
            ),
            "{text}"
        );
    });
}
