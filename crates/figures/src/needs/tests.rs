use super::*;
use crate::rules::{Registry, seed};
use crate::tests::{House, house};
use ::store::{Actor, list_history};
use std::sync::Arc;
use testkit::{Fixture, on_both};

fn need(key: &str, class: Class, due: Option<&str>, site: &str) -> Need {
    Need {
        key: key.to_owned(),
        class,
        sentence: format!("{key} needs somebody"),
        why: "for this test".to_owned(),
        due: due.map(|due| due.parse().unwrap()),
        due_words: None,
        owner: None,
        site: site.parse().unwrap(),
        href: "/at/lakeside/today".to_owned(),
        button: "Start".to_owned(),
        chip: Some(Chip { kind: ChipKind::Due, text: "due".to_owned() }),
        area: "test",
    }
}

fn keys(needs: &[Need]) -> Vec<&str> {
    needs.iter().map(|need| need.key.as_str()).collect()
}

#[test]
fn class_then_due_then_key() {
    let late = Some("2026-11-13T00:00:00Z");
    let soon = Some("2026-11-12T14:00:00Z");
    let ranked = rank(vec![
        need("h", Class::Rest, soon, "a"),
        need("d", Class::Safety, None, "a"),
        need("c", Class::Safety, late, "a"),
        need("b", Class::Safety, soon, "a"),
        need("a", Class::Safety, soon, "a"),
        need("g", Class::Money, soon, "a"),
        need("f", Class::LegalClock, late, "a"),
        need("a", Class::Safety, soon, "a"),
    ]);
    assert_eq!(keys(&ranked), ["a", "b", "c", "d", "f", "g", "h"]);
}

fn derive_census<'a>(_: &'a mut Tx, ask: &'a NeedAsk<'a>) -> BoxFuture<'a, Result<Vec<Need>, StoreError>> {
    Box::pin(async move {
        // The second lies outside when a unit asks: the list must not trust its sources.
        let here = ask.scope.path().as_str();
        Ok(vec![need("beds", Class::Rest, None, here), need("boarding", Class::Safety, None, "lakeside")])
    })
}

fn derive_money<'a>(_: &'a mut Tx, ask: &'a NeedAsk<'a>) -> BoxFuture<'a, Result<Vec<Need>, StoreError>> {
    Box::pin(async move { Ok(vec![need("claims", Class::Money, None, ask.scope.path().as_str())]) })
}

const SOURCES: [Source; 2] = [
    Source { permission: Permission::CENSUS_VIEW, derive: derive_census },
    Source {
        permission: Permission::of(identity::AreaKey::Revenue, identity::Level::View),
        derive: derive_money,
    },
];

async fn list(fixture: &Fixture, house: &House, at: &str) -> Ranked {
    let today = crate::today(&house.tree, &at.parse().unwrap(), fixture.db.now());
    let scope =
        house.manager.scope(&house.tree, Permission::TODAY_VIEW, &at.parse().unwrap(), today).unwrap();
    let rules = Rules::without_overrides(Arc::new(Registry::new(&[seed()]).unwrap()));
    let ask = NeedAsk { scope: &scope, tree: &house.tree, rules: &rules, now: fixture.db.now() };
    let mut tx = fixture.db.read().await.unwrap();
    list_needs(&mut tx, &SOURCES, Some(&house.manager), &ask).await.unwrap()
}

#[test]
fn a_person_sees_the_needs_of_their_rights_and_their_site_only() {
    on_both(async |fixture: Fixture| {
        let house = house(&fixture.db).await;
        // A unit manager has no revenue, and the second need of census lies above the unit.
        let ranked = list(&fixture, &house, "lakeside.riverside.5w").await;
        assert_eq!(keys(&ranked.open), ["beds"]);

        let path = "lakeside".parse().unwrap();
        let scope = Scope::operator(&house.tree, &path).unwrap();
        let rules = Rules::without_overrides(Arc::new(Registry::new(&[seed()]).unwrap()));
        let ask = NeedAsk { scope: &scope, tree: &house.tree, rules: &rules, now: fixture.db.now() };
        let mut tx = fixture.db.read().await.unwrap();
        let ranked = list_needs(&mut tx, &SOURCES, None, &ask).await.unwrap();
        assert_eq!(keys(&ranked.open), ["boarding", "claims", "beds"]);
    });
}

async fn put_off(fixture: &Fixture, reason: &'static str, until: &str, today: &str) -> Result<(), String> {
    let (until, today): (Date, Date) = (until.parse().unwrap(), today.parse().unwrap());
    let dismissed: Result<(), DismissProblem> = fixture
        .db
        .write(move |tx| {
            Box::pin(async move {
                let need = need("beds", Class::Rest, None, "lakeside.riverside.5w");
                dismiss(tx, &Actor::new("p1", "request 1"), &need, reason, until, today).await
            })
        })
        .await;
    dismissed.map_err(|problem| problem.to_string())
}

#[test]
fn a_dismissed_need_comes_back_on_its_day_at_its_site() {
    on_both(async |fixture: Fixture| {
        let house = house(&fixture.db).await;
        put_off(&fixture, "a bed opens tonight", "2026-11-14", "2026-11-12").await.unwrap();
        let ranked = list(&fixture, &house, "lakeside.riverside.5w").await;
        assert!(ranked.open.is_empty());
        assert_eq!(ranked.dismissed[0].reason, "a bed opens tonight");
        let json = serde_json::to_value(&ranked).unwrap();
        assert_eq!(json["dismissed"][0]["until"], "2026-11-14");
        assert_eq!(json["dismissed"][0]["chip"], serde_json::json!({"kind": "due", "text": "due"}));

        // Midnight in Chicago is 06:00 UTC.
        fixture.clock.set("2026-11-14T05:59:59Z".parse().unwrap());
        assert!(list(&fixture, &house, "lakeside.riverside.5w").await.open.is_empty());
        fixture.clock.set("2026-11-14T06:00:00Z".parse().unwrap());
        assert_eq!(keys(&list(&fixture, &house, "lakeside.riverside.5w").await.open), ["beds"]);
    });
}

#[test]
fn a_dismissal_is_undone_and_both_stand_in_history() {
    on_both(async |fixture: Fixture| {
        let house = house(&fixture.db).await;
        put_off(&fixture, "a bed opens tonight", "2026-11-14", "2026-11-12").await.unwrap();
        let undo = async || -> bool {
            let undone: Result<bool, StoreError> = fixture
                .db
                .write(|tx| {
                    Box::pin(async move {
                        let need = need("beds", Class::Rest, None, "lakeside.riverside.5w");
                        let today = "2026-11-12".parse().unwrap();
                        undo_dismissal(tx, &Actor::new("p1", "request 2"), &need, today).await
                    })
                })
                .await;
            undone.unwrap()
        };
        assert!(undo().await);
        assert!(!undo().await);
        assert_eq!(keys(&list(&fixture, &house, "lakeside.riverside.5w").await.open), ["beds"]);
        let mut tx = fixture.db.read().await.unwrap();
        assert_eq!(list_history(&mut tx, "need", "beds", None).await.unwrap().len(), 2);
    });
}

#[test]
fn a_dismissal_needs_a_reason_and_a_day_within_ninety() {
    on_both(async |fixture: Fixture| {
        let refused = async |reason: &'static str, until: &str| {
            put_off(&fixture, reason, until, "2026-11-12").await.unwrap_err()
        };
        assert_eq!(refused(" no  ", "2026-11-13").await, "the reason has 2 characters; give 5 to 500");
        let days = "choose a day from 2026-11-13 to 2027-02-10";
        assert_eq!(
            refused("reason", "2026-11-12").await,
            format!("it would come back on 2026-11-12; {days}")
        );
        assert_eq!(
            refused("reason", "2027-02-11").await,
            format!("it would come back on 2027-02-11; {days}")
        );
        put_off(&fixture, "reason", "2026-11-13", "2026-11-12").await.unwrap();
        put_off(&fixture, "reason", "2027-02-10", "2026-11-12").await.unwrap();
    });
}
