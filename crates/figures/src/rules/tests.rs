use super::*;
use ::store::{Actor, StoreError, list_history};
use jiff::civil::date;
use testkit::{Fixture, on_both};

const fn version(from: Date, to: Option<Date>, value: &'static str, checked: Date) -> Version {
    Version { effective_from: from, effective_to: to, value, source: "State code 12", last_checked: checked }
}

static RATIO: [RuleDef; 1] = [RuleDef {
    key: "staffing.ratio",
    title: "Patients for each nurse",
    jurisdiction: "US-CA",
    unit: "patients",
    kind: RuleKind::Number { min: 1, max: 12 },
    versions: &[
        version(date(2026, 7, 1), Some(date(2027, 1, 1)), "4", date(2025, 11, 11)),
        version(date(2024, 1, 1), Some(date(2026, 7, 1)), "5", date(2024, 1, 1)),
        version(date(2027, 1, 1), None, "3", date(2026, 11, 1)),
    ],
}];

const TODAY: Date = date(2026, 11, 12);

fn site(path: &str) -> SitePath {
    path.parse().unwrap()
}

fn registry() -> Arc<Registry> {
    Arc::new(Registry::new(&[seed(), &RATIO]).unwrap())
}

fn number(rules: &Rules, at: &str, on: Date) -> Option<f64> {
    rules.number("staffing.ratio", &site(at), on)
}

#[test]
fn the_delivered_rules_make_a_registry() {
    let rules = Rules::without_overrides(registry());
    let at = site("lakeside");
    assert_eq!(rules.minutes("ed.boarding_limit", &at, TODAY), Some(Minutes(240)));
    assert_eq!(rules.minutes("observation.moon_due", &at, TODAY), Some(Minutes::of_hours(24)));
    assert_eq!(rules.minutes("observation.moon_limit", &at, TODAY), Some(Minutes::of_hours(36)));
    assert_eq!(rules.number("census.occupancy_target", &at, TODAY), Some(88.0));
    assert_eq!(rules.text("disposition.expired", &at, TODAY).as_deref(), Some("20 40 41 42"));
    assert_eq!(rules.text("los.deduct_leave", &at, TODAY).as_deref(), Some("no"));
    assert_eq!(rules.value("no.such_rule", &at, TODAY), None);
    assert_eq!(rules.minutes("census.occupancy_target", &at, TODAY), None);
}

#[test]
fn a_rule_says_what_it_said_on_the_day() {
    let rules = Rules::without_overrides(registry());
    assert_eq!(number(&rules, "lakeside", date(2023, 12, 31)), None);
    assert_eq!(number(&rules, "lakeside", date(2026, 6, 30)), Some(5.0));
    assert_eq!(number(&rules, "lakeside", date(2026, 7, 1)), Some(4.0));
    assert_eq!(number(&rules, "lakeside", date(2027, 1, 1)), Some(3.0));
}

#[test]
fn a_fault_in_declared_rules_is_named() {
    let say = |lists: &[&[RuleDef]]| Registry::new(lists).err().map(|bad| bad.to_string()).unwrap();
    assert_eq!(say(&[&RATIO, &RATIO]), "the rule `staffing.ratio` is declared twice; keep one");

    static WIDE: [Version; 1] = [version(date(2024, 1, 1), None, "13", TODAY)];
    let bad = [RuleDef { versions: &WIDE, ..RATIO[0] }];
    assert_eq!(
        say(&[&bad]),
        "the rule `staffing.ratio`: `13` does not fit \"Patients for each nurse\"; give a number from 1 to 12"
    );

    static BOTH: [Version; 2] =
        [version(date(2024, 1, 1), None, "4", TODAY), version(date(2025, 1, 1), None, "5", TODAY)];
    let bad = [RuleDef { versions: &BOTH, ..RATIO[0] }];
    assert!(say(&[&bad]).starts_with("staffing.ratio (US-CA) has two versions in force on 2025-01-01"));
}

#[test]
fn a_value_outside_the_limits_is_refused_and_the_limit_itself_is_not() {
    let check = |kind: RuleKind, text: &str, read: Option<RuleValue>| assert_eq!(kind.read(text), read);
    let minutes = RuleKind::Minutes { min: 1, max: 60 };
    check(minutes, "1", Some(RuleValue::Minutes(Minutes(1))));
    check(minutes, " 60 ", Some(RuleValue::Minutes(Minutes(60))));
    check(minutes, "0", None);
    check(minutes, "61", None);
    check(minutes, "1.5", None);
    let percent = RuleKind::Percent { max: 100 };
    check(percent, "0", Some(RuleValue::Percent(0.0)));
    check(percent, "87.5", Some(RuleValue::Percent(87.5)));
    check(percent, "100.01", None);
    check(percent, "NaN", None);
    check(RuleKind::Choice(&["no", "yes"]), "yes", Some(RuleValue::Choice("yes".to_owned())));
    check(RuleKind::Choice(&["no", "yes"]), "maybe", None);
    check(RuleKind::Text { chars_max: 3 }, "abc", Some(RuleValue::Text("abc".to_owned())));
    check(RuleKind::Text { chars_max: 3 }, "abcd", None);
    check(RuleKind::Text { chars_max: 3 }, "  ", None);
    assert_eq!(RuleKind::Choice(&["no", "yes"]).limits(), "one of no, yes");
    assert_eq!(minutes.limits(), "a whole number of minutes from 1 to 60");
}

#[test]
fn a_rule_is_stale_the_day_after_twelve_months_without_a_check() {
    assert!(!is_stale(date(2025, 11, 12), TODAY));
    assert!(is_stale(date(2025, 11, 11), TODAY));
}

fn ask(at: &str, from: Date, to: Option<Date>, value: &str, reason: &str) -> OverrideAsk {
    OverrideAsk {
        rule_key: "staffing.ratio".to_owned(),
        site: site(at),
        from,
        to,
        value: value.to_owned(),
        reason: reason.to_owned(),
    }
}

async fn put(fixture: &Fixture, ask: OverrideAsk) -> Result<Id<Override>, String> {
    let put: Result<Id<Override>, OverrideProblem> = fixture
        .db
        .write(move |tx| {
            Box::pin(async move { put_override(tx, &Actor::new("p1", "request 1"), &registry(), &ask).await })
        })
        .await;
    put.map_err(|problem| problem.to_string())
}

async fn load(fixture: &Fixture) -> Rules {
    Rules::load(&mut fixture.db.read().await.unwrap(), &registry()).await.unwrap()
}

#[test]
fn the_nearest_override_upward_holds_on_its_days() {
    on_both(async |fixture: Fixture| {
        let winter = date(2026, 12, 1);
        put(&fixture, ask("lakeside", winter, None, "6", "winter plan of the group")).await.unwrap();
        put(&fixture, ask("lakeside.riverside", winter, Some(date(2027, 2, 1)), "2", "two units closed"))
            .await
            .unwrap();
        let rules = load(&fixture).await;
        assert_eq!(number(&rules, "lakeside.riverside.5w", date(2026, 11, 30)), Some(4.0));
        assert_eq!(number(&rules, "lakeside.riverside.5w", winter), Some(2.0));
        assert_eq!(number(&rules, "lakeside.riverside.5w", date(2027, 1, 31)), Some(2.0));
        assert_eq!(number(&rules, "lakeside.riverside.5w", date(2027, 2, 1)), Some(6.0));
        assert_eq!(number(&rules, "lakeside.harbor", winter), Some(6.0));
        assert_eq!(number(&rules, "other", winter), Some(4.0));
        let held = rules.value("staffing.ratio", &site("lakeside.riverside.5w"), winter).unwrap();
        assert!(held.is_override);
        assert_eq!(
            held.name(rules.registry()),
            "Patients for each nurse: 2 (override at lakeside.riverside: two units closed)"
        );
    });
}

#[test]
fn what_is_wrong_with_an_override_is_said() {
    on_both(async |fixture: Fixture| {
        let ok = "reason enough";
        let refused = async |ask: OverrideAsk| put(&fixture, ask).await.unwrap_err();
        let unknown = OverrideAsk { rule_key: "x".to_owned(), ..ask("lakeside", TODAY, None, "2", ok) };
        assert_eq!(refused(unknown).await, "there is no rule `x`; choose one of the rules page");
        assert_eq!(
            refused(ask("lakeside", TODAY, None, "13", ok)).await,
            "`13` does not fit \"Patients for each nurse\"; give a number from 1 to 12"
        );
        assert_eq!(
            refused(ask("lakeside", TODAY, None, "2", " abcd ")).await,
            "the reason has 4 characters; give 5 to 500"
        );
        assert_eq!(
            refused(ask("lakeside", TODAY, Some(TODAY), "2", ok)).await,
            "the override would end on 2026-11-12, not after its first day 2026-11-12; choose a later end or none"
        );
        put(&fixture, ask("lakeside", TODAY, Some(date(2026, 12, 1)), "2", ok)).await.unwrap();
        assert_eq!(
            refused(ask("lakeside", date(2026, 11, 30), None, "3", ok)).await,
            "an override of this rule at lakeside already holds from 2026-11-12 until 2026-12-01; end it first"
        );
        // The day it ends is free, and so is another site.
        put(&fixture, ask("lakeside", date(2026, 12, 1), None, "3", ok)).await.unwrap();
        put(&fixture, ask("lakeside.harbor", date(2026, 11, 30), None, "3", ok)).await.unwrap();
    });
}

#[test]
fn an_ended_override_keeps_its_past_and_its_history() {
    on_both(async |fixture: Fixture| {
        let id =
            put(&fixture, ask("lakeside", date(2026, 11, 1), None, "2", "trial of a model")).await.unwrap();
        let end = async |today: Date| -> bool {
            let ended: Result<bool, StoreError> = fixture
                .db
                .write(move |tx| {
                    Box::pin(async move { end_override(tx, &Actor::new("p2", "request 2"), id, today).await })
                })
                .await;
            ended.unwrap()
        };
        assert!(end(TODAY).await);
        assert!(!end(TODAY).await);
        let rules = load(&fixture).await;
        assert_eq!(number(&rules, "lakeside", date(2026, 11, 11)), Some(2.0));
        assert_eq!(number(&rules, "lakeside", TODAY), Some(4.0));
        let mut tx = fixture.db.read().await.unwrap();
        let history = list_history(&mut tx, "rule_override", &id.to_string(), None).await.unwrap();
        assert_eq!(history.iter().map(|row| row.actor.who.as_str()).collect::<Vec<_>>(), ["p2", "p1"]);
        // Its days are free again.
        put(&fixture, ask("lakeside", TODAY, None, "6", "another model")).await.unwrap();
    });
}

#[test]
fn the_rules_page_tells_now_later_and_past() {
    on_both(async |fixture: Fixture| {
        put(&fixture, ask("lakeside.riverside.5w", date(2026, 12, 1), None, "2", "opening")).await.unwrap();
        put(&fixture, ask("elsewhere", TODAY, None, "2", "not shown here")).await.unwrap();
        let view = load(&fixture).await.find("staffing.ratio", &site("lakeside.riverside"), TODAY).unwrap();
        assert_eq!((view.value.as_deref(), view.is_override, view.is_stale), (Some("4"), false, true));
        let states: Vec<(RuleState, &str)> =
            view.versions.iter().map(|version| (version.state, version.value.as_str())).collect();
        assert_eq!(states, [(RuleState::Later, "3"), (RuleState::Now, "4"), (RuleState::Past, "5")]);
        assert_eq!(view.overrides.len(), 1);
        assert_eq!(view.overrides[0].state, RuleState::Later);
        let json = serde_json::to_value(&view.overrides[0]).unwrap();
        assert_eq!(
            (json["from"].as_str(), json["set_at"].as_str()),
            (Some("2026-12-01"), Some("lakeside.riverside.5w"))
        );
    });
}
