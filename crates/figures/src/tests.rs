//! A small house, and figures over it.

use crate::check::{assert_parent_is_children, assert_rows_make_figure};
use crate::rules::{Registry, Rules, seed};
use crate::*;
use base::Period;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use identity::sites::{NewSite, SiteRefused, insert_site};
use identity::{Access, Permission, Person, Role, Scope, SiteKind, SiteTree, people, roles};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use store::{Actor, Db, StoreError, Tx};
use testkit::{Fixture, on_both};

/// Lakeside with Riverside (5W, 5E) and Harbor (ward 1), in Chicago; a manager of unit 5W.
pub(crate) struct House {
    pub(crate) tree: SiteTree,
    pub(crate) manager: Access,
}

pub(crate) async fn house(db: &Db) -> House {
    let actor = Actor::new("test", "house");
    let made: Result<(), SiteRefused> = db
        .write(|tx| {
            Box::pin(async move {
                let sites = [
                    ("lakeside", SiteKind::Enterprise, Some("America/Chicago")),
                    ("lakeside.riverside", SiteKind::Facility, None),
                    ("lakeside.riverside.5w", SiteKind::Unit, None),
                    ("lakeside.riverside.5e", SiteKind::Unit, None),
                    ("lakeside.harbor", SiteKind::Facility, None),
                    ("lakeside.harbor.1", SiteKind::Unit, None),
                ];
                for (sort, (path, kind, zone)) in sites.into_iter().enumerate() {
                    let new = NewSite {
                        path: path.parse().unwrap(),
                        kind,
                        name: path.to_uppercase(),
                        time_zone: zone.map(str::to_owned),
                        currency: None,
                        care: None,
                        sort: i64::try_from(sort).unwrap(),
                    };
                    insert_site(tx, &actor, &new).await?;
                }
                Ok(())
            })
        })
        .await;
    made.unwrap();
    let tree = SiteTree::load(&mut db.read().await.unwrap()).await.unwrap();
    let unit = tree.find(&"lakeside.riverside.5w".parse().unwrap()).unwrap().id;
    let person: Result<base::Id<Person>, people::PersonRefused> = db
        .write(move |tx| {
            Box::pin(async move {
                let actor = Actor::new("test", "house");
                let (email, name) = ("unit@example.org".to_owned(), "Unit Manager".to_owned());
                let new = people::NewPerson { email, name, title: String::new() };
                let person = people::insert_person(tx, &actor, &new).await?;
                let from = "2026-01-01".parse().unwrap();
                roles::grant_role(tx, &actor, person, Role::UnitManager, unit, from, None).await.unwrap();
                Ok(person)
            })
        })
        .await;
    let person = person.unwrap();
    let manager = roles::find_access(&mut db.read().await.unwrap(), person).await.unwrap().unwrap();
    House { tree, manager }
}

fn row(numerator: i64, denominator: Option<i64>) -> FigureRow {
    FigureRow {
        site: "lakeside.riverside.5w".parse().unwrap(),
        label: "row".to_owned(),
        href: None,
        at: None,
        numerator,
        denominator,
        note: None,
    }
}

fn check_rows(roll: Roll, rows: &[FigureRow], parts: (Option<i64>, Option<i64>), value: Option<f64>) {
    let made = Reading::from_rows(roll, rows);
    assert_eq!(((made.numerator, made.denominator), made.value), (parts, value));
}

#[test]
fn rows_roll_up_by_their_rule() {
    let rows = [row(3, Some(10)), row(1, Some(30)), row(8, Some(60))];
    check_rows(Roll::Sum, &rows, (Some(12), None), Some(12.0));
    check_rows(Roll::Ratio { factor: 100 }, &rows, (Some(12), Some(100)), Some(12.0));
    check_rows(Roll::Max, &rows, (Some(8), None), Some(8.0));
    check_rows(Roll::Median, &rows, (None, Some(3)), Some(3.0));
    check_rows(Roll::Median, &rows[..2], (None, Some(2)), Some(2.0));
    let of = |rows: &[FigureRow]| Some(rows.len() as f64 * 0.5);
    check_rows(Roll::Formula { words: "half of each", of }, &rows, (None, None), Some(1.5));
}

#[test]
fn nothing_below_the_line_has_no_value_and_never_zero() {
    check_rows(Roll::Sum, &[], (Some(0), None), Some(0.0));
    check_rows(Roll::Ratio { factor: 100 }, &[], (Some(0), Some(0)), None);
    check_rows(Roll::Ratio { factor: 100 }, &[row(2, Some(0))], (Some(2), Some(0)), None);
    check_rows(Roll::Median, &[], (None, Some(0)), None);
    check_rows(Roll::Max, &[], (None, None), None);
}

#[test]
fn t_03_average_daily_census_shares_one_denominator() {
    let days = vec![row(205, Some(30)); 30];
    check_rows(Roll::Over { factor: 1 }, &days, (Some(6_150), Some(30)), Some(205.0));
    // Rows that disagree make nothing.
    check_rows(Roll::Over { factor: 1 }, &[row(1, Some(30)), row(1, Some(31))], (Some(2), None), None);
}

fn units_below(ask: &Ask<'_>) -> Vec<FigureRow> {
    let units = ask.tree.units_below(&ask.scope.site_id());
    let row = |site: &identity::SiteInfo| FigureRow {
        site: site.path.clone(),
        label: site.name.clone(),
        href: Some(format!("/at/{}/today", site.path)),
        at: Some(When::On(ask.period.first())),
        numerator: 1,
        denominator: Some(4),
        note: None,
    };
    units.into_iter().map(row).collect()
}

fn rows<'a>(_: &'a mut Tx, ask: &'a Ask<'a>) -> BoxFuture<'a, Result<Vec<FigureRow>, StoreError>> {
    Box::pin(async move { Ok(units_below(ask)) })
}

fn read<'a>(tx: &'a mut Tx, ask: &'a Ask<'a>) -> BoxFuture<'a, Result<Reading, StoreError>> {
    Box::pin(async move {
        let n_units = i64::try_from(units_below(ask).len()).unwrap_or(0);
        Ok(Reading::of_ratio(100, n_units, 4 * n_units).fresh(Some(tx.at())))
    })
}

/// Counts one too many wherever there is more than one.
fn read_wrong<'a>(_: &'a mut Tx, ask: &'a Ask<'a>) -> BoxFuture<'a, Result<Reading, StoreError>> {
    Box::pin(async move {
        let n_units = i64::try_from(units_below(ask).len()).unwrap_or(0);
        Ok(Reading::of_ratio(100, n_units + i64::from(n_units > 1), 4 * n_units))
    })
}

const UNITS: Figure = Figure {
    key: "units_open",
    title: "Units open",
    unit: Unit::Percent,
    definition: "Units over places for units.",
    source: "This test",
    permission: Permission::CENSUS_VIEW,
    better: Better::Higher,
    roll: Roll::Ratio { factor: 100 },
    numerator: "units",
    denominator: Some("places"),
    is_additive: true,
    why_not: "",
    target_rule: Some("census.occupancy_target"),
    decimals: 1,
    read,
    rows,
    series: None,
};

static GOOD: [Figure; 1] = [UNITS];
static WRONG: Figure = Figure { key: "units_wrong", read: read_wrong, ..UNITS };

#[test]
fn figures_show_rounded_half_up_with_their_unit() {
    let check = |figure: Figure, reading: Reading, shown: &str| {
        assert_eq!(figure.show_with_unit(&reading), shown);
    };
    check(UNITS, Reading::of_ratio(100, 6_150, 7_200), "85.4%");
    check(UNITS, Reading::of_ratio(100, 1, 0), "n/a");
    check(Figure { decimals: 2, ..UNITS }, Reading::of_ratio(100, 6_150, 7_200), "85.42%");
    let interval = Figure { unit: Unit::Days, roll: Roll::Ratio { factor: 1 }, decimals: 3, ..UNITS };
    check(interval, Reading::of_ratio(1, 1_050, 1_025), "1.024 days");
    check(interval, Reading::of_ratio(1, -1_050, 1_025), "\u{2212}1.024 days");
    let minutes = Figure { unit: Unit::Minutes, roll: Roll::Median, decimals: 0, ..UNITS };
    check(minutes, Reading::of_median(vec![200, 100, 161]), "161 min");
    let score = Figure { unit: Unit::Score, roll: Roll::Max, ..UNITS };
    check(score, Reading::of_max(None), "n/a");
}

#[test]
fn a_fault_in_declared_figures_is_named() {
    let rules = Registry::new(&[seed()]).unwrap();
    let say = |figures: Vec<Figure>| {
        let figures: &'static [Figure] = Box::leak(figures.into_boxed_slice());
        Catalogue::new(&[figures], &rules).err().map(|bad| bad.to_string()).unwrap()
    };
    assert_eq!(say(vec![UNITS, UNITS]), "the figure `units_open` is declared twice; keep one");
    assert_eq!(
        say(vec![Figure { key: "units-open", ..UNITS }]),
        "`units-open` is not a figure key; use a-z, 0-9 and _"
    );
    assert_eq!(
        say(vec![Figure { is_additive: false, ..UNITS }]),
        "the figure `units_open` is not additive and does not say why; fill in why_not"
    );
    assert_eq!(
        say(vec![Figure { target_rule: Some("no.rule"), ..UNITS }]),
        "the figure `units_open` takes its target from the rule `no.rule`, which is not declared"
    );
    let catalogue = Catalogue::new(&[&GOOD], &rules).unwrap();
    assert!(catalogue.get("units-open").is_some() && catalogue.get("units_open").is_some());
    assert!(catalogue.get("units").is_none());
    assert_eq!(catalogue.all().count(), 1);
}

/// Runs `test` as the operator at a site.
async fn ask_at<T>(fixture: &Fixture, at: &str, test: impl AsyncFnOnce(&mut Tx, &Ask<'_>) -> T) -> T {
    let tree = SiteTree::load(&mut fixture.db.read().await.unwrap()).await.unwrap();
    let scope = Scope::operator(&tree, &at.parse().unwrap()).unwrap();
    let rules = Rules::without_overrides(Arc::new(Registry::new(&[seed()]).unwrap()));
    let period: Period = "2026-10".parse().unwrap();
    let now = fixture.db.now();
    let ask = Ask { scope: &scope, tree: &tree, rules: &rules, period, as_of: None, now };
    test(&mut fixture.db.read().await.unwrap(), &ask).await
}

#[test]
fn a_figure_explains_itself_in_the_shape_programs_rely_on() {
    on_both(async |fixture: Fixture| {
        house(&fixture.db).await;
        let page = RowsPage { offset: 1, limit: 1 };
        let explained =
            ask_at(&fixture, "lakeside", async |tx, ask| explain(tx, &GOOD[0], ask, page).await.unwrap())
                .await;
        assert_eq!((explained.n_rows, explained.from_rows.value), (3, explained.reading.value));
        assert_eq!(
            serde_json::to_value(&explained).unwrap(),
            serde_json::json!({
                "key": "units_open", "value": 25.0, "numerator": 3, "denominator": 12, "unit": "percent",
                "fresh_at": "2026-11-12T13:47:00Z",
                "definition": "Units over places for units.", "source": "This test", "n_rows": 3,
                "rows": [{
                    "site": "lakeside.riverside.5e", "label": "LAKESIDE.RIVERSIDE.5E", "at": "2026-10-01",
                    "numerator": 1, "denominator": 4, "note": null,
                }],
            })
        );
    });
}

#[test]
fn the_two_proofs_pass_a_right_figure_and_stop_a_wrong_one() {
    on_both(async |fixture: Fixture| {
        house(&fixture.db).await;
        for at in ["lakeside", "lakeside.riverside", "lakeside.harbor", "lakeside.harbor.1"] {
            ask_at(&fixture, at, async |tx, ask| {
                assert_rows_make_figure(&UNITS, tx, ask).await;
                assert_parent_is_children(&UNITS, tx, ask).await;
            })
            .await;
        }
        let is_stopped = ask_at(&fixture, "lakeside.riverside", async |tx, ask| {
            let rows = AssertUnwindSafe(assert_rows_make_figure(&WRONG, tx, ask)).catch_unwind().await;
            let sums = AssertUnwindSafe(assert_parent_is_children(&WRONG, tx, ask)).catch_unwind().await;
            (rows.is_err(), sums.is_err())
        })
        .await;
        assert_eq!(is_stopped, (true, true));
    });
}

#[test]
fn a_day_begins_at_midnight_of_its_site() {
    on_both(async |fixture: Fixture| {
        let House { tree, .. } = house(&fixture.db).await;
        let at =
            |site: &str, now: &str| today(&tree, &site.parse().unwrap(), now.parse().unwrap()).to_string();
        assert_eq!(at("lakeside.riverside.5w", "2026-11-12T05:59:59Z"), "2026-11-11");
        assert_eq!(at("lakeside.riverside.5w", "2026-11-12T06:00:00Z"), "2026-11-12");
        assert_eq!(at("elsewhere", "2026-11-12T00:00:00Z"), "2026-11-12");
    });
}
