use super::*;
use crate::Person;
use crate::house::{self, actor, add, path, today, write};
use crate::roles::{Role, end_role};
use jiff::{SignedDuration, ToSpan as _};
use testkit::{Fixture, NOW, on_both};

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

async fn new_token(fixture: &Fixture, person: Id<Person>, site: &str, permissions: &[&str]) -> NewToken {
    let site = house::tree(&fixture.db).await.find(&path(site)).unwrap().id;
    let permissions = permissions.iter().map(|text| text.parse().unwrap()).collect();
    NewToken { person, name: "wall screen".to_owned(), site, permissions, expires_at: now() + 24.hours() }
}

async fn make(fixture: &Fixture, new: NewToken) -> Result<(Id<ApiToken>, String), TokenRefused> {
    write!(fixture.db, |tx| create_token(tx, &actor(), &new))
}

async fn found(fixture: &Fixture, plain: &str, at: Timestamp) -> Option<TokenAccess> {
    find_token(&mut fixture.db.read().await.unwrap(), plain, at).await.unwrap()
}

#[test]
fn a_token_reaches_its_site_and_permissions_only() {
    on_both(async |fixture: Fixture| {
        let tree = house::build(&fixture.db).await;
        let person = add(&fixture.db, "ann", Role::FacilityManager, "lakeside.riverside").await;
        let new = new_token(&fixture, person, "lakeside.riverside.5w", &["census:view"]).await;
        let (_, plain) = make(&fixture, new).await.unwrap();
        assert!(plain.starts_with("helmward_") && plain.len() == 9 + 64);
        let token = found(&fixture, &plain, now()).await.unwrap();
        let may = |asked, site: &str| token.access.scope(&tree, asked, &path(site), today()).is_some();
        assert!(may(Permission::CENSUS_VIEW, "lakeside.riverside.5w"));
        assert!(!may(Permission::CENSUS_VIEW, "lakeside.riverside"));
        assert!(!may(Permission::CENSUS_VIEW, "lakeside.riverside.3n"));
        assert!(!may(Permission::CENSUS_PHI, "lakeside.riverside.5w"));
        assert!(!may(Permission::CENSUS_EDIT, "lakeside.riverside.5w"));
        assert!(!may(Permission::TODAY_VIEW, "lakeside.riverside.5w"));
        assert!(token.access.is_token());
        assert_eq!(token.access.home(&tree, today()), Some(path("lakeside.riverside.5w")));
        assert_eq!(
            token.access.sites_for(&tree, Permission::CENSUS_VIEW, today()),
            [path("lakeside.riverside.5w")]
        );
    });
}

#[test]
fn a_token_never_holds_more_than_its_person() {
    on_both(async |fixture: Fixture| {
        let tree = house::build(&fixture.db).await;
        let person = add(&fixture.db, "ann", Role::UnitManager, "lakeside.riverside.5w").await;
        let refused = async |site: &str, permissions: &[&str]| {
            let new = new_token(&fixture, person, site, permissions).await;
            make(&fixture, new).await.unwrap_err().to_string()
        };
        assert_eq!(
            refused("lakeside.riverside", &["census:view"]).await,
            "you do not hold census:view at this site, so a token cannot; choose another site or permission"
        );
        assert!(
            refused("lakeside.riverside.5w", &["census:view", "admin:edit"]).await.contains("admin:edit")
        );
        assert!(refused("lakeside.riverside.5w", &[]).await.starts_with("a token needs"));

        let new = new_token(&fixture, person, "lakeside.riverside.5w", &["census:view:phi"]).await;
        let (_, plain) = make(&fixture, new).await.unwrap();
        let may = async || {
            let token = found(&fixture, &plain, now()).await.unwrap();
            token.access.allows(&tree, Permission::CENSUS_PHI, &path("lakeside.riverside.5w"), today())
        };
        assert!(may().await);
        let grant = house::access(&fixture.db, person).await.grants[0].id;
        write!(fixture.db, |tx| end_role(tx, &actor(), grant, today())).unwrap();
        assert!(!may().await);
    });
}

#[test]
fn an_expiry_lies_after_now_and_within_366_days() {
    let check = |length: SignedDuration| check_expiry(now(), now() + length);
    let second = SignedDuration::from_secs(1);
    let longest = SignedDuration::from_hours(366 * 24);
    assert!(matches!(check(SignedDuration::ZERO), Err(TokenRefused::Expired)));
    assert!(check(second).is_ok() && check(longest).is_ok());
    assert!(matches!(check(longest + second), Err(TokenRefused::TooLong)));
}

#[test]
fn a_token_ends_at_its_expiry_and_when_revoked() {
    on_both(async |fixture: Fixture| {
        house::build(&fixture.db).await;
        let person = add(&fixture.db, "ann", Role::Director, "lakeside").await;
        let new = new_token(&fixture, person, "lakeside", &["today:view"]).await;
        let end = new.expires_at;
        let (id, plain) = make(&fixture, new).await.unwrap();
        assert!(found(&fixture, &plain, end - 1.second()).await.is_some());
        assert!(found(&fixture, &plain, end).await.is_none());
        assert!(found(&fixture, "helmward_0", now()).await.is_none());

        let token = found(&fixture, &plain, now()).await.unwrap();
        assert!(token.is_touch_due(now()));
        write!(fixture.db, |tx| touch_token(tx, id, now())).unwrap();
        let token = found(&fixture, &plain, now()).await.unwrap();
        assert!(!token.is_touch_due(now() + 59.seconds()) && token.is_touch_due(now() + 60.seconds()));

        let other = add(&fixture.db, "bob", Role::Director, "lakeside").await;
        assert!(!write!(fixture.db, |tx| revoke_token(tx, &actor(), other, id)).unwrap());
        assert!(write!(fixture.db, |tx| revoke_token(tx, &actor(), person, id)).unwrap());
        assert!(!write!(fixture.db, |tx| revoke_token(tx, &actor(), person, id)).unwrap());
        assert!(found(&fixture, &plain, now()).await.is_none());
        let rows = list_tokens(&mut fixture.db.read().await.unwrap(), person).await.unwrap();
        assert_eq!((rows.len(), rows[0].revoked_at, rows[0].used_at), (1, Some(now()), Some(now())));
    });
}

#[test]
fn the_plain_token_is_stored_nowhere() {
    on_both(async |fixture: Fixture| {
        house::build(&fixture.db).await;
        let person = add(&fixture.db, "ann", Role::Director, "lakeside").await;
        let new = new_token(&fixture, person, "lakeside", &["today:view"]).await;
        let (_, plain) = make(&fixture, new).await.unwrap();
        let mut tx = fixture.db.read().await.unwrap();
        let stored: Vec<(String,)> =
            tx.list("SELECT token_hash FROM api_token ORDER BY id", vec![]).await.unwrap();
        let kept: Vec<(String,)> = tx.list("SELECT body FROM history ORDER BY seq", vec![]).await.unwrap();
        assert!(stored.iter().chain(&kept).all(|(text,)| !text.contains(&plain)));
    });
}
