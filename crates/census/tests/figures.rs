//! Every census figure, at every site and several periods: its rows make it, the parent is its children,
//! and what was known earlier is read from the earlier belief.
#![expect(clippy::unwrap_used, reason = "a failure here is a test's failure")]

mod common;

use common::{Chance, feed, import_sites, message, receive};
use figures::check::{assert_parent_is_children, assert_rows_make_figure};
use figures::rules::{Registry, Rules};
use figures::{Ask, Reading};
use identity::{Scope, SiteTree};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use store::{Actor, Db, StoreError, Tx};
use testkit::{Fixture, on_both};

async fn world(db: &Db) -> (Tx, SiteTree, Rules) {
    let mut tx = db.read().await.unwrap();
    let tree = SiteTree::load(&mut tx).await.unwrap();
    let registry = Arc::new(Registry::new(&[figures::rules::seed()]).unwrap());
    let rules = Rules::load(&mut tx, &registry).await.unwrap();
    (tx, tree, rules)
}

async fn reading(db: &Db, key: &str, site: &str, period: &str, as_of: Option<Timestamp>) -> Reading {
    let (mut tx, tree, rules) = world(db).await;
    let scope = Scope::operator(&tree, &site.parse().unwrap()).unwrap();
    let period = period.parse().unwrap();
    let ask = Ask { scope: &scope, tree: &tree, rules: &rules, period, as_of, now: db.now() };
    let figure = census::FIGURES.iter().find(|figure| figure.key == key).unwrap();
    (figure.read)(&mut tx, &ask).await.unwrap()
}

#[test]
fn rows_make_every_figure_and_a_parent_is_its_children() {
    on_both(async |Fixture { db, .. }: Fixture| {
        import_sites(&db).await;
        let mut chance = Chance(4711);
        let messages = feed(&mut chance);
        receive(&db, messages).await;
        let (mut tx, tree, rules) = world(&db).await;
        for figure in &census::FIGURES {
            for site in tree.all() {
                let scope = Scope::operator(&tree, &site.path).unwrap();
                for period in ["2026-10", "2026-10-05", "2026-11", "2026-10-20..2026-11-11"] {
                    let period = period.parse().unwrap();
                    for as_of in [None, Some(db.now())] {
                        let ask =
                            Ask { scope: &scope, tree: &tree, rules: &rules, period, as_of, now: db.now() };
                        assert_rows_make_figure(figure, &mut tx, &ask).await;
                        assert_parent_is_children(figure, &mut tx, &ask).await;
                        if let Some(series) = figure.series {
                            let points = series(&mut tx, &ask).await.unwrap();
                            assert_eq!(points.len(), period.days().count(), "{}", figure.key);
                        }
                    }
                }
            }
        }
    });
}

#[test]
fn t04_t05_a_stay_of_twenty_minutes_and_a_death_on_the_day_of_admission() {
    on_both(async |Fixture { db, .. }: Fixture| {
        import_sites(&db).await;
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        receive(
            &db,
            vec![
                // 23:50 on March 1 to 00:10 on March 2, New York.
                message(1, "A01", at("2026-03-02T04:50:00Z"), 1, 1, ["I", "MED^1^A", "", ""]),
                message(2, "A03", at("2026-03-02T05:10:00Z"), 1, 1, ["", "", "01", ""]),
                message(3, "A01", at("2026-03-05T15:00:00Z"), 2, 2, ["I", "ICU^1^A", "", ""]),
                message(4, "A03", at("2026-03-05T20:00:00Z"), 2, 2, ["", "", "20", ""]),
            ],
        )
        .await;
        let day = async |key: &str, period: &str| reading(&db, key, "h.r", period, None).await.value.unwrap();
        assert_eq!(day("midnight_census", "2026-03-01").await, 1.0);
        assert_eq!(day("midnight_census", "2026-03-02").await, 0.0);
        assert_eq!(day("service_days", "2026-03-02").await, 0.0);
        assert_eq!(day("alos", "2026-03-02").await, 1.0);
        assert_eq!(day("midnight_census", "2026-03-05").await, 0.0);
        assert_eq!(day("service_days", "2026-03-05").await, 1.0);
        assert_eq!(day("deaths", "2026-03-05").await, 1.0);
        assert_eq!(day("discharges", "2026-03-05").await, 0.0);
        assert_eq!(day("alos", "2026-03-05").await, 1.0);
    });
}

#[test]
fn t10_t11_nedocs() {
    let row = |label: &str, numerator: i64| figures::FigureRow {
        site: "h".parse().unwrap(),
        label: label.to_owned(),
        href: None,
        at: None,
        numerator,
        denominator: None,
        note: None,
    };
    let nedocs = census::FIGURES.iter().find(|figure| figure.key == "nedocs").unwrap();
    let score = |parts: [i64; 7]| {
        let labels = ["P", "B", "A", "H", "V", "T_adm", "T_bed"];
        let rows: Vec<_> = labels.iter().zip(parts).map(|(label, n)| row(label, n)).collect();
        let value = Reading::from_rows(nedocs.roll, &rows).value.unwrap();
        format!("{value:.2}")
    };
    assert_eq!(score([45, 30, 10, 300, 2, 8 * 60, 90]), "171.40");
    assert_eq!(score([12, 30, 1, 300, 0, 60, 15]), "18.66");
}

#[test]
fn what_was_known_earlier_stays_readable() {
    on_both(async |fixture: Fixture| {
        let db = &fixture.db;
        import_sites(db).await;
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let came = message(1, "A01", at("2026-11-01T15:00:00Z"), 1, 1, ["I", "MED^1^A", "", ""]);
        receive(db, vec![came]).await;
        let then = db.now();
        fixture.clock.set(then + SignedDuration::from_hours(1));
        receive(db, vec![message(2, "A11", at("2026-11-01T16:00:00Z"), 1, 1, ["", "", "", ""])]).await;
        for key in ["midnight_census", "admissions", "service_days"] {
            assert_eq!(reading(db, key, "h", "2026-11-01", None).await.value, Some(0.0), "{key}");
            assert_eq!(reading(db, key, "h", "2026-11-01", Some(then)).await.value, Some(1.0), "{key}");
        }
    });
}

#[test]
fn days_to_come_are_no_service_days() {
    on_both(async |fixture: Fixture| {
        let db = &fixture.db;
        import_sites(db).await;
        // Two midnights until yesterday, the 11th; the month has eighteen more.
        let came = "2026-11-10T15:00:00Z".parse().unwrap();
        receive(db, vec![message(1, "A01", came, 1, 1, ["I", "MED^1^A", "", ""])]).await;
        for as_of in [None, Some(db.now())] {
            assert_eq!(reading(db, "service_days", "h", "2026-11", as_of).await.value, Some(2.0));
            assert_eq!(reading(db, "adc", "h", "2026-11", as_of).await.numerator, Some(2));
        }
    });
}

#[test]
fn a_move_between_facilities_is_a_transfer_of_both_and_not_of_the_house() {
    on_both(async |fixture: Fixture| {
        let db = &fixture.db;
        import_sites(db).await;
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        receive(
            db,
            vec![
                message(1, "A01", at("2026-11-01T15:00:00Z"), 1, 1, ["I", "MED^1^A", "", ""]),
                message(2, "A02", at("2026-11-02T15:00:00Z"), 1, 1, ["", "GEN^3^C^SOU", "", ""]),
                // 23:30 in Chicago, half past midnight in New York. No place told.
                message(3, "A03", at("2026-11-05T05:30:00Z"), 1, 1, ["", "", "01", ""]),
            ],
        )
        .await;
        let now = Some(db.now());
        for as_of in [None, now] {
            let value = async |key: &str, site: &str, day: &str| {
                reading(db, key, site, day, as_of).await.value.unwrap()
            };
            for (site, moved) in [("h", [0.0, 0.0]), ("h.r", [0.0, 1.0]), ("h.s", [1.0, 0.0])] {
                assert_eq!(value("transfers_in", site, "2026-11-02").await, moved[0], "{site}");
                assert_eq!(value("transfers_out", site, "2026-11-02").await, moved[1], "{site}");
            }
            for (site, inside) in [("h", 1.0), ("h.r", 0.0), ("h.s", 1.0)] {
                assert_eq!(value("midnight_census", site, "2026-11-03").await, inside, "{site}");
            }
            assert_eq!(value("discharges", "h.s", "2026-11-04").await, 1.0);
            assert_eq!(value("alos", "h", "2026-11-04").await, 3.0);
            assert_eq!(value("midnight_census", "h", "2026-11-04").await, 0.0);
        }
    });
}

#[test]
fn bays_of_the_emergency_department_are_no_beds_of_the_house() {
    on_both(async |fixture: Fixture| {
        let db = &fixture.db;
        import_sites(db).await;
        // The three wards have 15 staffed beds, the emergency department 20 bays.
        let bays = "path,kind,name,licensed_beds,staffed_beds\nh.r.ed,unit,Emergency,20,20\n";
        let done: Result<(), StoreError> = db
            .write(move |tx| {
                Box::pin(async move {
                    let actor = Actor::new("test", "sites");
                    identity::sites::import_sites(tx, &actor, bays, false).await.unwrap();
                    Ok(())
                })
            })
            .await;
        done.unwrap();
        let came = "2026-11-10T15:00:00Z".parse().unwrap();
        receive(db, vec![message(1, "A01", came, 1, 1, ["I", "MED^1^A", "", ""])]).await;
        let day = reading(db, "occupancy", "h.r", "2026-11-10", None).await;
        assert_eq!((day.numerator, day.denominator), (Some(1), Some(15)));
        let mut tx = db.read().await.unwrap();
        let tree = SiteTree::load(&mut tx).await.unwrap();
        let scope = Scope::operator(&tree, &"h.r".parse().unwrap()).unwrap();
        let date = "2026-11-10".parse().unwrap();
        let report = census::day::report(&mut tx, &scope, &tree, date, None).await.unwrap();
        assert_eq!(report.total().occupancy, day.value);
    });
}
