//! The stored census on both engines: the same facts in any order of arrival, in any batches, with
//! duplicates, give the same census; and what is stored agrees with what the legs tell.
#![expect(clippy::unwrap_used, reason = "a failure here is a test's failure")]

mod common;

use base::{Id, Period};
use census::tally::rules::Kind;
use common::{Chance, feed, import_sites, message, receive};
use identity::{Scope, Site, SiteTree};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use store::Db;
use testkit::{Fixture, on_both};

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
