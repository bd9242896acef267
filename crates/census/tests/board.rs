//! The pages' reads on both engines: the board, bed changes and their undo, waits, the register, codes
//! nobody has mapped, stored forecasts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failure here is a test's failure")]

mod common;

use census::beds::change::{self, Action, Wish};
use census::beds::rules::BedState;
use census::beds::store as beds;
use census::flow::leaving::{Wait, store as leaving};
use census::flow::rules::{Board, board};
use census::flow::store::{BoardAsk, load};
use census::forecast::{Outcome, Series, store as forecasts};
use census::records::store::{self as records, Filter, Order};
use census::tally::rules::Profile;
use common::{bed_status, import_sites, message, receive};
use figures::rules::Registry;
use identity::{Scope, SiteTree};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use store::{Actor, Db, StoreError};
use testkit::{Fixture, NOW, on_both};

fn before(minutes: i64) -> Timestamp {
    let now: Timestamp = NOW.parse().unwrap();
    now - SignedDuration::from_mins(minutes)
}

/// Adds PV1-42 and a PV2 with expected times to a message.
fn with(mut bytes: Vec<u8>, pending: &str, expected: (&str, &str)) -> Vec<u8> {
    assert_eq!(bytes.pop(), Some(b'\r'));
    let (arrival, leaving) = expected;
    bytes.extend(format!("||||||{pending}\rPV2||||||||{arrival}|{leaving}\r").into_bytes());
    bytes
}

/// P1 boards for Medicine for 300 min, P2 is in Medicine and leaves today, P3 is announced for Surgery, P4 is
/// in Surgery, P5 sits in a place nobody has mapped.
async fn fill(db: &Db) {
    import_sites(db).await;
    let plain = |n, event, minutes, patient, class, place| {
        message(n, event, before(minutes), patient, patient, [class, place, "", ""])
    };
    let messages = vec![
        plain(1, "A04", 400, 1, "E", "ED^^3"),
        plain(2, "A06", 300, 1, "I", "ED^^3"),
        with(plain(8, "A15", 290, 1, "I", "ED^^3"), "MED", ("", "")),
        plain(3, "A01", 3000, 2, "I", "MED^1^A"),
        with(plain(4, "A16", 60, 2, "I", "MED^1^A"), "", ("", "20261112160000")),
        with(plain(5, "A14", 30, 3, "I", ""), "SURG", ("20261112150000", "")),
        plain(6, "A01", 2000, 4, "I", "SURG^7^A"),
        plain(7, "A01", 1000, 5, "I", "XX^9^9"),
    ];
    receive(db, messages).await;
}

async fn board_at(db: &Db, site: &str, with_names: bool) -> (SiteTree, Board) {
    let mut tx = db.read().await.unwrap();
    let tree = SiteTree::load(&mut tx).await.unwrap();
    let registry = Arc::new(Registry::new(&[figures::rules::seed()]).unwrap());
    let scope = Scope::operator(&tree, &site.parse().unwrap()).unwrap();
    let ask = BoardAsk { scope: &scope, tree: &tree, rules: &registry, with_names, now: db.now() };
    let facts = load(&mut tx, &ask).await.unwrap();
    let board = board(&facts);
    (tree.clone(), board)
}

/// Units as text: `MED 1/6 free 5 coming 2, leaving 1, tonight +4`.
fn units(tree: &SiteTree, board: &Board) -> Vec<String> {
    let line = |unit: &census::flow::UnitBoard| {
        let name = &tree.get(&unit.unit).unwrap().name;
        format!(
            "{name} {}/{} free {} coming {} leaving {} tonight {:+}",
            unit.n_in_use,
            unit.n_staffed,
            unit.n_free,
            unit.n_coming,
            unit.n_leaving,
            unit.free_tonight()
        )
    };
    board.units.iter().map(line).collect()
}

#[test]
fn the_board_says_who_waits_who_comes_and_who_leaves() {
    on_both(async |Fixture { db, .. }: Fixture| {
        fill(&db).await;
        let (tree, all) = board_at(&db, "h.r", true).await;
        assert_eq!(
            units(&tree, &all),
            [
                "ICU 0/4 free 4 coming 0 leaving 0 tonight +4",
                "Medicine 1/6 free 5 coming 1 leaving 1 tonight +5",
                "Surgery 1/5 free 4 coming 1 leaving 0 tonight +3",
                "Emergency 1/1 free 0 coming 0 leaving 0 tonight +0",
                "Unmapped locations 1/1 free 0 coming 0 leaving 0 tonight +0",
            ]
        );
        let waiting = &all.waiting[0];
        assert_eq!((waiting.minutes, waiting.is_late, all.waiting.len()), (300, true, 1));
        assert_eq!(waiting.guest.name, "Doe, P1");
        assert_eq!((all.expected.len(), all.leaving.len()), (1, 1));
        assert_eq!(all.leaving[0].guest.name, "Doe, P2");

        // A unit sees its own patients by name, and those on the way to it as a number only.
        let (tree, unit) = board_at(&db, "h.r.med", true).await;
        assert_eq!(units(&tree, &unit), ["Medicine 1/6 free 5 coming 1 leaving 1 tonight +5"]);
        assert!(unit.waiting.is_empty() && unit.expected.is_empty());

        let (_, nameless) = board_at(&db, "h", false).await;
        assert!(nameless.waiting.iter().all(|waiting| waiting.guest.name.is_empty()));
        assert_eq!(nameless.leaving[0].guest.label(), "Bed 1-A");
    });
}

async fn find_bed(db: &Db, code: &str) -> (Scope, beds::BedRow) {
    let mut tx = db.read().await.unwrap();
    let tree = SiteTree::load(&mut tx).await.unwrap();
    let scope = Scope::operator(&tree, &"h.r".parse().unwrap()).unwrap();
    let beds = beds::list(&mut tx, &scope).await.unwrap();
    (scope, beds.into_iter().find(|bed| bed.code == code).unwrap())
}

async fn set(db: &Db, bed: &beds::BedRow, wish: Wish) -> Result<String, area::Fault> {
    let (bed, site) = (bed.clone(), "h.r".parse().unwrap());
    let to = wish.action.state();
    db.write(move |tx| {
        Box::pin(async move {
            let actor = Actor::new("somebody", "test");
            Ok(change::save(tx, &actor, &site, &bed, to, &wish).await?.to_string())
        })
    })
    .await
}

fn wish(action: Action, reason: &str, stay: &str) -> Wish {
    Wish {
        action,
        reason: reason.to_owned(),
        note: String::new(),
        owner: "Lee".to_owned(),
        stay: stay.to_owned(),
    }
}

#[test]
fn a_bed_is_blocked_undone_promised_and_never_changed_unseen() {
    on_both(async |Fixture { db, clock, .. }: Fixture| {
        fill(&db).await;
        receive(&db, vec![message(20, "A03", before(10), 4, 4, ["I", "SURG^7^A", "01", ""])]).await;
        let (scope, bed) = find_bed(&db, "7-A").await;
        assert_eq!(bed.state, BedState::Dirty);

        clock.set(before(-1));
        let token = set(&db, &bed, wish(Action::Block, "maintenance", "")).await.unwrap();
        let stale = set(&db, &bed, wish(Action::Clean, "", "")).await.unwrap_err();
        assert!(stale.to_string().starts_with("Someone set this bed to blocked"), "{stale}");

        clock.set(before(-2));
        let id = bed.id;
        let undo = move |token: String| {
            let site = "h.r".parse().unwrap();
            db_undo(site, id, token)
        };
        let wrong = db.write(undo("another".to_owned())).await.unwrap_err();
        assert!(wrong.to_string().starts_with("This bed changed again"), "{wrong}");
        db.write(undo(token)).await.unwrap();
        let (_, bed) = find_bed(&db, "7-A").await;
        assert_eq!(bed.state, BedState::Dirty);

        clock.set(before(-3));
        set(&db, &bed, wish(Action::Clean, "", "")).await.unwrap();
        let (_, bed) = find_bed(&db, "7-A").await;
        let (_, all) = board_at(&db, "h.r", false).await;
        let stay = all.waiting[0].guest.stay.clone();
        clock.set(before(-4));
        set(&db, &bed, wish(Action::Assign, "", &stay)).await.unwrap();
        let (tree, all) = board_at(&db, "h.r", false).await;
        assert_eq!(all.waiting[0].promised.as_deref(), Some("Bed 7-A"));
        // The promise moves the patient's way from Medicine to Surgery.
        assert_eq!(
            units(&tree, &all)[1..3],
            [
                "Medicine 1/6 free 5 coming 0 leaving 1 tonight +6",
                "Surgery 0/5 free 4 coming 2 leaving 0 tonight +3",
            ]
        );

        let mut tx = db.read().await.unwrap();
        let states = beds::list_states(&mut tx, &tree, &bed).await.unwrap();
        let words: Vec<&str> = states.iter().map(|state| state.state.word()).collect();
        // What was undone never was.
        assert_eq!(words, ["assigned", "available", "dirty", "occupied"]);
        let until = before(-10).as_microsecond();
        let month = beds::list_states_in(&mut tx, &tree, &scope, 0, until).await.unwrap();
        let own = month.iter().filter(|state| state.bed == bed.id).map(|state| state.state.word());
        assert_eq!(own.collect::<Vec<_>>(), ["occupied", "dirty", "available", "assigned"]);
        assert!(census::beds::timers::summary(&month, 0, until).lost.is_empty());
        // A later period starts with the state before it.
        let (from, until) = (before(-3).as_microsecond() + 1, before(-3).as_microsecond() + 2);
        let moment = beds::list_states_in(&mut tx, &tree, &scope, from, until).await.unwrap();
        let own = moment.iter().filter(|state| state.bed == bed.id).map(|state| state.state.word());
        assert_eq!(own.collect::<Vec<_>>(), ["available"]);
    });
}

type Undone<'t> = futures::future::BoxFuture<'t, Result<(), area::Fault>>;

fn db_undo(
    site: base::SitePath,
    bed: base::Id<beds::Bed>,
    token: String,
) -> impl for<'t> FnOnce(&'t mut store::Tx) -> Undone<'t> + Send + 'static {
    move |tx| {
        Box::pin(async move { change::undo(tx, &Actor::new("somebody", "test"), &site, bed, &token).await })
    }
}

#[test]
fn waits_keep_their_age_and_end_when_they_are_over() {
    on_both(async |Fixture { db, clock, .. }: Fixture| {
        fill(&db).await;
        let (_, all) = board_at(&db, "h.r", false).await;
        let stay = all.leaving[0].guest.stay.clone();
        let save = async |waits: Vec<Wait>, note: &'static str| {
            let stay = stay.clone();
            let done: Result<(), StoreError> = db
                .write(move |tx| {
                    Box::pin(async move {
                        let site = "h.r.med".parse().unwrap();
                        leaving::set(tx, &Actor::new("somebody", "test"), &site, &stay, &waits, note).await
                    })
                })
                .await;
            done.unwrap();
        };
        save(vec![Wait::Order, Wait::Transport], "").await;
        clock.set(before(-30));
        save(vec![Wait::Transport], "van at noon").await;
        let (_, all) = board_at(&db, "h.r", false).await;
        let waits = &all.leaving[0].waits;
        assert_eq!(waits.len(), 1);
        assert_eq!((waits[0].wait, waits[0].note.as_str()), (Wait::Transport, "van at noon"));
        assert_eq!(waits[0].since, before(0).as_microsecond());
        save(vec![], "").await;
        let (_, all) = board_at(&db, "h.r", false).await;
        assert!(all.leaving[0].waits.is_empty());
        let mut tx = db.read().await.unwrap();
        let history = store::list_history(&mut tx, "leaving", &stay, None).await.unwrap();
        assert_eq!(history.len(), 3);
    });
}

#[test]
fn the_register_is_filtered_by_scope_and_names_only_when_asked() {
    on_both(async |Fixture { db, .. }: Fixture| {
        fill(&db).await;
        let mut tx = db.read().await.unwrap();
        let tree = SiteTree::load(&mut tx).await.unwrap();
        let scope_of = |site: &str| Scope::operator(&tree, &site.parse().unwrap()).unwrap();
        let all = Filter::default();
        for (site, n) in [("h", 5), ("h.r", 5), ("h.r.med", 1), ("h.r.icu", 0)] {
            let scope = scope_of(site);
            assert_eq!(records::n_matching(&mut tx, &tree, &scope, &all).await.unwrap(), n, "{site}");
            let rows =
                records::list(&mut tx, &tree, &scope, &all, Order::Newest, true, (0, 50)).await.unwrap();
            assert_eq!(rows.len(), usize::try_from(n).unwrap());
            assert!(rows.iter().all(|row| row.name.is_some()));
        }
        let scope = scope_of("h.r");
        let present = Filter { state: "present".to_owned(), class: "I".to_owned(), ..Filter::default() };
        let rows =
            records::list(&mut tx, &tree, &scope, &present, Order::Oldest, false, (1, 2)).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.visit.as_str()).collect::<Vec<_>>(), ["V4", "V5"]);
        assert!(rows.iter().all(|row| row.name.is_none()));

        let id = rows[0].id.clone();
        let file = records::find(&mut tx, &tree, &scope, &id, true).await.unwrap().unwrap();
        assert_eq!(file.identity.as_ref().unwrap().0, "P4");
        assert!(records::find(&mut tx, &tree, &scope_of("h.r.med"), &id, true).await.unwrap().is_none());
        assert_eq!(records::list_legs(&mut tx, &id).await.unwrap().len(), 1);
        let tellings = records::list_tellings(&mut tx, &file.case).await.unwrap();
        assert_eq!(tellings.iter().map(|one| one.kind.as_str()).collect::<Vec<_>>(), ["ADT^A01"]);
    });
}

#[test]
fn a_facility_lists_the_stays_that_only_passed_through_it() {
    on_both(async |Fixture { db, .. }: Fixture| {
        import_sites(&db).await;
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        receive(
            &db,
            vec![
                message(1, "A01", at("2026-11-01T15:00:00Z"), 1, 1, ["I", "MED^1^A^RIV", "", ""]),
                message(2, "A02", at("2026-11-02T15:00:00Z"), 1, 1, ["", "GEN^3^C^SOU", "", ""]),
                message(3, "A02", at("2026-11-03T15:00:00Z"), 1, 1, ["", "MED^2^A^RIV", "", ""]),
            ],
        )
        .await;
        let mut tx = db.read().await.unwrap();
        let tree = SiteTree::load(&mut tx).await.unwrap();
        for (from, until, n) in [(None, None, 1), (Some(1), None, 1), (None, Some(1), 0)] {
            let at = |day: Option<i64>| day.map(|_| at("2026-11-01T15:00:00Z").as_microsecond());
            let filter = Filter { from: at(from), until: at(until), ..Filter::default() };
            for site in ["h", "h.r", "h.s", "h.s.gen"] {
                let scope = Scope::operator(&tree, &site.parse().unwrap()).unwrap();
                assert_eq!(records::n_matching(&mut tx, &tree, &scope, &filter).await.unwrap(), n, "{site}");
                let rows = records::list(&mut tx, &tree, &scope, &filter, Order::Newest, false, (0, 9))
                    .await
                    .unwrap();
                for row in rows {
                    let found = records::find(&mut tx, &tree, &scope, &row.id, false).await.unwrap();
                    assert_eq!(found.unwrap().row.visit, row.visit);
                }
            }
        }
    });
}

#[test]
fn codes_nobody_has_mapped_are_listed_until_a_unit_has_them() {
    on_both(async |Fixture { db, .. }: Fixture| {
        fill(&db).await;
        receive(&db, vec![bed_status(30, before(20), "XX^8^B", "C")]).await;
        assert_eq!(bed_at(&db, "h.r.icu", "8-B").await, None);
        let mut tx = db.read().await.unwrap();
        let tree = SiteTree::load(&mut tx).await.unwrap();
        let facility = tree.find(&"h.r".parse().unwrap()).unwrap().id;
        let codes = census::profile::store::list_unmapped(&mut tx, &tree, facility).await.unwrap();
        assert_eq!(
            codes.iter().map(|code| (code.code.as_str(), code.n_seen)).collect::<Vec<_>>(),
            [("XX", 1)]
        );
        drop(tx);
        let unit = tree.find(&"h.r.icu".parse().unwrap()).unwrap().id;
        let done: Result<usize, identity::sites::SiteRefused> = db
            .write(move |tx| {
                Box::pin(async move {
                    let codes = ["ICU".to_owned(), "XX".to_owned()];
                    identity::sites::set_codes(tx, &Actor::new("somebody", "test"), unit, &codes).await?;
                    Ok(census::adt::corrections::remap(tx, facility).await?)
                })
            })
            .await;
        assert_eq!(done.unwrap(), 1);
        let (tree, all) = board_at(&db, "h.r", false).await;
        assert_eq!(units(&tree, &all)[0], "ICU 1/4 free 3 coming 0 leaving 0 tonight +3");
        let scope = Scope::operator(&tree, &"h.r".parse().unwrap()).unwrap();
        // What was told of a bed there goes with the code, and no bed stays behind.
        let closed = Some((BedState::Closed, before(20).as_microsecond()));
        assert_eq!(bed_at(&db, "h.r.icu", "8-B").await, closed);
        let beds = beds::list(&mut db.read().await.unwrap(), &scope).await.unwrap();
        assert_eq!(beds.iter().filter(|bed| bed.code == "8-B").count(), 1);
        let mut tx = db.read().await.unwrap();
        let left = census::profile::store::list_unmapped(&mut tx, &tree, facility).await.unwrap();
        assert!(left.is_empty());
    });
}

/// What a bed of a unit is doing, and since when; none when there is no such bed.
async fn bed_at(db: &Db, unit: &str, code: &str) -> Option<(BedState, i64)> {
    let mut tx = db.read().await.unwrap();
    let tree = SiteTree::load(&mut tx).await.unwrap();
    let scope = Scope::operator(&tree, &unit.parse().unwrap()).unwrap();
    let beds = beds::list(&mut tx, &scope).await.unwrap();
    beds.into_iter().find(|bed| bed.code == code).map(|bed| (bed.state, bed.since))
}

#[test]
fn beds_follow_the_profile_when_the_census_is_worked_out_anew() {
    on_both(async |Fixture { db, .. }: Fixture| {
        fill(&db).await;
        receive(&db, vec![message(20, "A03", before(10), 4, 4, ["I", "SURG^7^A", "01", ""])]).await;
        let since = before(10).as_microsecond();
        assert_eq!(bed_at(&db, "h.r.surg", "7-A").await, Some((BedState::Dirty, since)));
        let profile: Result<(), StoreError> = db
            .write(|tx| {
                Box::pin(async move {
                    let profile = Profile { is_freed_by_discharge: true, ..Profile::default() };
                    let site = "h.r".parse().unwrap();
                    let actor = Actor::new("somebody", "test");
                    store::put_setting(tx, &actor, Some(&site), census::profile::KEY, &profile).await
                })
            })
            .await;
        profile.unwrap();
        census::adt::corrections::work_out_all(&db, |_, _| {}).await.unwrap();
        assert_eq!(bed_at(&db, "h.r.surg", "7-A").await, Some((BedState::Available, since)));
    });
}

#[test]
fn a_stored_forecast_reads_back_and_is_replaced_by_the_next() {
    on_both(async |Fixture { db, .. }: Fixture| {
        fill(&db).await;
        let registry = jobs::Registry::new(vec![census::forecast::job::kind()]).unwrap();
        let queue = jobs::Jobs::new(registry, jobs::Live::new(db.now()));
        for _ in 0..2 {
            let ask = jobs::JobAsk {
                kind: census::forecast::job::KIND,
                site: "h".parse().unwrap(),
                title: String::new(),
                arguments: serde_json::json!({}),
                by: "test".to_owned(),
                run_after: None,
            };
            let asker = queue.clone();
            let asked: Result<_, StoreError> =
                db.write(move |tx| Box::pin(async move { asker.ask(tx, ask).await })).await;
            asked.unwrap();
            jobs::run_next(&db, &queue).await.unwrap().unwrap();
        }
        let mut tx = db.read().await.unwrap();
        let tree = SiteTree::load(&mut tx).await.unwrap();
        let scope = Scope::operator(&tree, &"h.r.med".parse().unwrap()).unwrap();
        let runs = forecasts::list(&mut tx, &scope).await.unwrap();
        assert_eq!(runs.len(), Series::ALL.len());
        let (_, run) = &runs[&(scope.site_id(), Series::Census)];
        // One patient came two days ago: two midnights are known.
        assert_eq!(run.outcome, Outcome::TooFew { got: 2, needed: 56 });
        assert_eq!((run.first.as_str(), run.history.as_slice()), ("2026-11-12", &[1.0, 1.0][..]));
        let (_, hours) = &runs[&(scope.site_id(), Series::Hourly)];
        assert_eq!(hours.history.len(), 50);
    });
}
