//! The stored census on both engines: the same facts in any order of arrival, in any batches, with
//! duplicates, give the same census; and what is stored agrees with what the legs tell.
#![expect(clippy::unwrap_used, reason = "a failure here is a test's failure")]

mod common;

use base::{Id, Period};
use census::adt::corrections::{CannotReverse, reverse_merge};
use census::beds::change::{self, Action, Wish};
use census::beds::rules::BedState;
use census::beds::store as beds;
use census::flow::store::{self as flow, BoardAsk};
use census::records::store as records;
use census::tally::rules::Kind;
use common::{Chance, bed_status, feed, import_sites, message, receive, receive_anew, receive_in_vain};
use identity::{Scope, Site, SiteTree};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use store::{Actor, Db, Tx};
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
    text.push_str(&stays_of(&mut tx, &tree, &scope).await);
    text.push_str(&beds_of(&mut tx, &tree, &scope).await);
    text
}

/// The register, and who waits for what. Ids are each database's own.
async fn stays_of(tx: &mut Tx, tree: &SiteTree, scope: &Scope) -> String {
    let filter = records::Filter::default();
    let rows = records::list(tx, tree, scope, &filter, records::Order::Oldest, true, (0, 500)).await.unwrap();
    let registry = Arc::new(figures::rules::Registry::new(&[figures::rules::seed()]).unwrap());
    let now = testkit::NOW.parse().unwrap();
    let ask = BoardAsk { scope, tree, rules: &registry, with_names: true, now };
    let facts = flow::load(tx, &ask).await.unwrap();
    let path =
        |unit: Option<Id<Site>>| unit.and_then(|unit| tree.get(&unit)).map(|site| site.path.to_string());
    let mut lines = Vec::new();
    for row in rows {
        let (facility, unit) = (path(Some(row.facility)), path(row.unit));
        lines.push(format!(
            "{} {facility:?} {} {} {} {} {:?} {:?} {} {unit:?} {} {} {:?}",
            row.visit,
            row.state,
            row.class,
            row.service,
            row.arrived_at,
            row.admitted_at,
            row.left_at,
            row.disposition,
            row.bed,
            row.has_faults,
            row.name
        ));
    }
    for guest in facts.present.iter().chain(&facts.coming) {
        let place = guest.place.as_ref().map(|(unit, bed)| (path(Some(*unit)), bed.clone()));
        let pending = (path(guest.to), &guest.to_code, guest.pending_since);
        let expected = (guest.expected_in, guest.expected_out, guest.is_on_leave);
        lines.push(format!(
            "{} {place:?} {:?} {} {:?} {pending:?} {expected:?}",
            guest.name, guest.kind, guest.since, guest.admitted_at
        ));
    }
    lines.sort();
    lines.join("\n") + "\n"
}

/// Every bed with its state and all it had before.
async fn beds_of(tx: &mut Tx, tree: &SiteTree, scope: &Scope) -> String {
    let mut states: HashMap<Id<beds::Bed>, Vec<beds::StateRow>> = HashMap::new();
    for state in beds::list_states_in(tx, tree, scope, 0, i64::MAX).await.unwrap() {
        states.entry(state.bed).or_default().push(state);
    }
    // A week reads as a part of the whole: the state before it, and what began in it.
    let micros = |text: &str| text.parse::<Timestamp>().unwrap().as_microsecond();
    let (from, to) = (micros("2026-10-12T00:00:00Z"), micros("2026-10-19T00:00:00Z"));
    let mut week: HashMap<Id<beds::Bed>, Vec<beds::StateRow>> = HashMap::new();
    for state in beds::list_states_in(tx, tree, scope, from, to).await.unwrap() {
        week.entry(state.bed).or_default().push(state);
    }
    for (bed, all) in &states {
        let n_before = all.iter().filter(|state| state.from < from).count().saturating_sub(1);
        let part = all.iter().skip(n_before).filter(|state| state.from < to);
        // The same state told again later may add a reason; and where messages put several patients into a
        // bed at once, a week does not know since when it was full before.
        let shown = |state: &beds::StateRow| match (state.state, state.from < from) {
            (BedState::Occupied, true) => (state.state, 0),
            (_, _) => (state.state, state.from),
        };
        let own: Vec<_> = week.remove(bed).unwrap_or_default().iter().map(shown).collect();
        assert_eq!(own, part.map(shown).collect::<Vec<_>>(), "{bed}");
    }
    let mut lines = Vec::new();
    for bed in beds::list(tx, scope).await.unwrap() {
        let own = states.remove(&bed.id).unwrap_or_default();
        let newest = own.last().map(|state| (state.state, state.from, state.reason.clone()));
        assert_eq!(newest, Some((bed.state, bed.since, bed.reason.clone())), "{} and its history", bed.code);
        let mut of_bed = beds::list_states(tx, tree, &bed).await.unwrap();
        of_bed.reverse();
        assert_eq!(of_bed, own, "{}", bed.code);
        let unit = tree.get(&bed.unit).unwrap();
        lines.push(format!("{} {}", unit.path, bed.code));
        for state in own {
            lines.push(format!("{} {} from {} {}", unit.path, bed.code, state.from, state.state.word()));
        }
    }
    lines.sort();
    lines.join("\n")
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
            // Read anew for each message; the others go by what earlier batches left in memory.
            for one in &messages {
                receive_anew(&ordered.db, vec![one.clone()]).await;
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
                let batch = arriving.split_off(arriving.len() - n);
                match chance.below(8) {
                    // What was taken back, and what another process did, must not be remembered.
                    0 => receive_in_vain(db, batch.clone()).await,
                    1 => drop(receive_anew(db, batch.clone()).await),
                    _ => {}
                }
                receive(db, batch).await;
            }
            assert_eq!(picture(db).await, expected, "seed {seed}");
        }
    });
}

#[test]
fn a_merge_reversed_leaves_the_census_as_if_it_had_never_been() {
    on_both(async |fixture: Fixture| {
        let n_cases = if fixture.db.engine() == store::Engine::Sqlite { 12 } else { 1 };
        for seed in 0..n_cases {
            let mut chance = Chance(seed * 104_729 + 5);
            let messages = feed(&mut chance);
            let is_merge = |message: &&Vec<u8>| {
                let text = String::from_utf8_lossy(message);
                ["A40", "A41", "A42", "A43", "A44", "A45"]
                    .iter()
                    .any(|event| text.contains(&format!("ADT^{event}")))
            };
            let Some(merge) = messages.iter().find(is_merge).cloned() else { continue };
            let without = testkit::sqlite().await;
            import_sites(&without.db).await;
            for one in messages.iter().filter(|message| **message != merge) {
                receive(&without.db, vec![one.clone()]).await;
            }
            let expected = picture(&without.db).await;

            let other = testkit::sqlite().await;
            let db = if seed == 0 { &fixture.db } else { &other.db };
            import_sites(db).await;
            let mut arriving = messages.clone();
            chance.shuffle(&mut arriving);
            let at = arriving.iter().position(|message| *message == merge).unwrap();
            // Reversed at once, or when more has come.
            let n_before = at + 1 + chance.below(arriving.len() - at);
            let rest = arriving.split_off(n_before);
            // Messages are numbered from one as they come.
            let number = i64::try_from(at + 1).unwrap();
            receive(db, arriving).await;
            let reversed: Result<(), CannotReverse> = db
                .write(move |tx| {
                    Box::pin(async move {
                        reverse_merge(tx, &Actor::new("somebody", "test"), number, "two people").await
                    })
                })
                .await;
            reversed.unwrap();
            receive(db, rest).await;
            assert_eq!(picture(db).await, expected, "seed {seed}");
        }
    });
}

#[test]
fn what_people_do_to_a_bed_is_a_fact_like_any_other() {
    on_both(async |fixture: Fixture| {
        let (db, clock) = (&fixture.db, &fixture.clock);
        import_sites(db).await;
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let stay = |n, event, text, bed| message(n, event, at(text), 1, 1, ["I", bed, "01", ""]);
        receive(db, vec![stay(1, "A01", "2026-11-10T10:00:00Z", "MED^1^A")]).await;
        receive(db, vec![stay(2, "A03", "2026-11-12T12:00:00Z", "MED^1^A")]).await;
        clock.set(at("2026-11-12T12:30:00Z"));
        click(db, Action::Cleaning).await;
        clock.set(at("2026-11-12T13:00:00Z"));
        let token = click(db, Action::Block).await;
        assert_eq!(told(db).await, "occupied 10:00, dirty 12:00, cleaning 12:30, blocked 13:00");

        // Late: an older status, the discharge taken back, and the same at a later minute. The block stays.
        receive(db, vec![bed_status(3, at("2026-11-12T12:10:00Z"), "MED^1^A", "K")]).await;
        assert_eq!(told(db).await, "occupied 10:00, dirty 12:00, cleaning 12:30, blocked 13:00");
        receive(db, vec![stay(4, "A13", "2026-11-12T12:01:00Z", "MED^1^A")]).await;
        assert_eq!(told(db).await, "occupied 10:00");
        receive(db, vec![stay(5, "A03", "2026-11-12T13:05:00Z", "MED^1^A")]).await;
        assert_eq!(told(db).await, "occupied 10:00, blocked 13:05");

        clock.set(at("2026-11-12T13:10:00Z"));
        let (site, bed) = ("h.r".parse().unwrap(), find_bed(db).await.id);
        let undone: Result<(), area::Fault> = db
            .write(move |tx| {
                Box::pin(async move {
                    change::undo(tx, &Actor::new("somebody", "test"), &site, bed, &token).await
                })
            })
            .await;
        undone.unwrap();
        assert_eq!(told(db).await, "occupied 10:00, dirty 13:05");
        // A click on a state that the feed dates ahead comes after it.
        receive(db, vec![bed_status(6, at("2026-11-12T14:00:00Z"), "MED^1^A", "H")]).await;
        click(db, Action::Clean).await;
        assert_eq!(told(db).await, "occupied 10:00, dirty 13:05, available 14:00");
    });
}

async fn find_bed(db: &Db) -> beds::BedRow {
    let mut tx = db.read().await.unwrap();
    let tree = SiteTree::load(&mut tx).await.unwrap();
    let scope = Scope::operator(&tree, &"h".parse().unwrap()).unwrap();
    beds::list(&mut tx, &scope).await.unwrap().into_iter().find(|bed| bed.code == "1-A").unwrap()
}

/// A person's change of the bed; the word to undo it by.
async fn click(db: &Db, action: Action) -> String {
    let (bed, site) = (find_bed(db).await, "h.r".parse().unwrap());
    let word = |text: &str| if action == Action::Block { text.to_owned() } else { String::new() };
    let (reason, owner) = (word("maintenance"), word("Lee"));
    let wish = Wish { action, reason, note: String::new(), owner, stay: String::new() };
    db.write::<_, area::Fault, _>(move |tx| {
        Box::pin(async move {
            let actor = Actor::new("somebody", "test");
            Ok(change::save(tx, &actor, &site, &bed, action.state(), &wish).await?.to_string())
        })
    })
    .await
    .unwrap()
}

/// The states of bed 1-A, oldest first, with the hour they began.
async fn told(db: &Db) -> String {
    let bed = find_bed(db).await;
    let mut tx = db.read().await.unwrap();
    let tree = SiteTree::load(&mut tx).await.unwrap();
    let states = beds::list_states(&mut tx, &tree, &bed).await.unwrap();
    assert_eq!(states.first().map(|state| (state.state, state.from)), Some((bed.state, bed.since)));
    let hour = |at: i64| Timestamp::from_microsecond(at).unwrap().to_string()[11..16].to_owned();
    let words = states.iter().rev().map(|state| format!("{} {}", state.state.word(), hour(state.from)));
    words.collect::<Vec<_>>().join(", ")
}

#[test]
fn a_bed_named_and_taken_back_is_not_there() {
    on_both(async |fixture: Fixture| {
        let db = &fixture.db;
        import_sites(db).await;
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let send = async |n, event, text, bed| {
            receive(db, vec![message(n, event, at(text), 1, 1, ["I", bed, "", ""])]).await;
            let mut tx = db.read().await.unwrap();
            let tree = SiteTree::load(&mut tx).await.unwrap();
            let scope = Scope::operator(&tree, &"h".parse().unwrap()).unwrap();
            let beds = beds::list(&mut tx, &scope).await.unwrap();
            beds.into_iter().map(|bed| bed.code).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(send(1, "A01", "2026-11-10T10:00:00Z", "MED^1^A").await, "1-A");
        assert_eq!(send(2, "A02", "2026-11-10T11:00:00Z", "MED^99^Z").await, "1-A 99-Z");
        assert_eq!(send(3, "A12", "2026-11-10T11:05:00Z", "MED^1^A").await, "1-A");
        assert_eq!(send(4, "A02", "2026-11-10T12:00:00Z", "MED^99^Z").await, "1-A 99-Z");
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
