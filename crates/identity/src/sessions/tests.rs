use super::*;
use crate::Person;
use crate::house::{self, actor, add, write};
use crate::people::{close_person, reset_password};
use crate::roles::Role;
use base::{Id, Minutes};
use jiff::ToSpan as _;
use testkit::{Fixture, NOW, on_both};

const EMAIL: &str = "ann@lakeside.example";

async fn ann(fixture: &Fixture) -> (Id<Person>, String) {
    house::build(&fixture.db).await;
    let person = add(&fixture.db, "ann", Role::UnitManager, "lakeside.riverside.5w").await;
    let once = reset_password(&fixture.db, actor(), person).await.unwrap();
    (person, once)
}

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

#[test]
fn a_lock_doubles_from_the_fifth_failure_up_to_an_hour() {
    let expected = [
        (0, None),
        (4, None),
        (5, Some(1)),
        (6, Some(2)),
        (7, Some(4)),
        (8, Some(8)),
        (9, Some(16)),
        (10, Some(32)),
        (11, Some(60)),
        (12, Some(60)),
        (i64::MAX, Some(60)),
    ];
    for (n_failed, minutes) in expected {
        assert_eq!(lock_after(n_failed), minutes.map(Minutes), "{n_failed}");
    }
}

#[test]
fn five_failures_lock_and_the_lock_runs_out() {
    on_both(async |fixture: Fixture| {
        let (_, once) = ann(&fixture).await;
        let Fixture { db, clock, .. } = &fixture;
        let attempt = async |password: &str| sign_in(db, EMAIL, password, "test").await;
        for _ in 0..5 {
            assert!(matches!(attempt("wrong").await, Err(SignInRefused::Wrong)));
        }
        let until = now() + 1.minute();
        let locked = attempt(&once).await;
        assert!(matches!(locked, Err(SignInRefused::Locked { until: end }) if end == until));
        clock.set(until - 1.second());
        assert!(matches!(attempt(&once).await, Err(SignInRefused::Locked { .. })));
        // Tries while waiting are not counted: the sixth failure waits two minutes.
        clock.set(until);
        assert!(matches!(attempt("wrong").await, Err(SignInRefused::Wrong)));
        let until = until + 2.minutes();
        clock.set(until - 1.second());
        assert!(matches!(attempt(&once).await, Err(SignInRefused::Locked { .. })));
        clock.set(until);
        attempt(&once).await.unwrap();
        // A success forgets the failures.
        for _ in 0..4 {
            attempt("wrong").await.unwrap_err();
        }
        attempt(&once).await.unwrap();
    });
}

#[test]
fn many_attempts_at_once_do_not_get_past_the_lock() {
    on_both(async |fixture: Fixture| {
        let (person, once) = ann(&fixture).await;
        let attempts: Vec<_> = (0..12)
            .map(|n| {
                let (db, once) = (fixture.db.clone(), once.clone());
                tokio::spawn(async move {
                    let password = if n == 11 { once } else { "wrong".to_owned() };
                    sign_in(&db, EMAIL, &password, "test").await.is_ok()
                })
            })
            .collect();
        for attempt in attempts {
            attempt.await.unwrap();
        }
        let mut tx = fixture.db.read().await.unwrap();
        let counted: Option<(i64,)> =
            tx.find("SELECT n_failed FROM person WHERE id = $1", vec![person.into()]).await.unwrap();
        assert!(counted.unwrap().0 <= 5);
    });
}

#[test]
fn a_wrong_password_an_unknown_address_and_a_lock_sound_alike() {
    on_both(async |fixture: Fixture| {
        ann(&fixture).await;
        let words =
            async |email: &str| sign_in(&fixture.db, email, "wrong", "test").await.unwrap_err().to_string();
        let unknown = words("nobody@lakeside.example").await;
        for _ in 0..6 {
            assert_eq!(words(EMAIL).await, unknown);
        }
        assert_eq!(
            unknown,
            "the e-mail address or the password is not right; check both and try again. After five failures in a row an account waits, at most an hour; an administrator can give a new password"
        );
    });
}

#[test]
fn a_session_ends_at_its_idle_limit_and_not_a_second_before() {
    on_both(async |fixture: Fixture| {
        let (person, once) = ann(&fixture).await;
        let Fixture { db, .. } = &fixture;
        let token = sign_in(db, EMAIL, &once, "test").await.unwrap().token;
        let found =
            async |at: Timestamp| find_session(&mut db.read().await.unwrap(), &token, at).await.unwrap();
        let session = found(now()).await.unwrap();
        assert_eq!((session.access.person_id(), session.must_change), (person, true));
        assert_eq!((session.idle_ends_at, session.ends_at), (now() + 30.minutes(), now() + 12.hours()));
        assert!(found(now() + 30.minutes() - 1.second()).await.is_some());
        assert!(found(now() + 30.minutes()).await.is_none());
        assert!(found(now() + 30.minutes() + 1.second()).await.is_none());
        assert!(find_session(&mut db.read().await.unwrap(), "other", now()).await.unwrap().is_none());

        assert!(!session.is_touch_due(now() + 59.seconds()) && session.is_touch_due(now() + 1.minute()));
        let (hash, seen) = (session.token_hash.clone(), now() + 29.minutes());
        write!(db, |tx| touch_session(tx, &hash, seen)).unwrap();
        assert!(found(now() + 30.minutes()).await.is_some());
        // A late word of an earlier request does not move it back.
        let hash = session.token_hash;
        write!(db, |tx| touch_session(tx, &hash, now())).unwrap();
        assert!(found(now() + 59.minutes() - 1.second()).await.is_some());
        assert!(found(now() + 59.minutes()).await.is_none());
    });
}

#[test]
fn a_session_ends_after_twelve_hours_however_busy() {
    on_both(async |fixture: Fixture| {
        let (_, once) = ann(&fixture).await;
        let Fixture { db, .. } = &fixture;
        let session = sign_in(db, EMAIL, &once, "test").await.unwrap();
        let hash = crate::secret::digest(&session.token);
        let end = now() + 12.hours();
        assert_eq!(session.ends_at, end);
        write!(db, |tx| touch_session(tx, &hash, end - 1.minute())).unwrap();
        let found = async |at: Timestamp| {
            find_session(&mut db.read().await.unwrap(), &session.token, at).await.unwrap().is_some()
        };
        assert_eq!((found(end - 1.second()).await, found(end).await), (true, false));

        let limits = Limits { idle_minutes: 5, absolute_hours: 1 };
        write!(db, |tx| set_limits(tx, &actor(), limits)).unwrap();
        assert!(!found(end - 1.second()).await);
    });
}

#[test]
fn limits_out_of_bounds_are_brought_inside() {
    let limits = Limits { idle_minutes: 0, absolute_hours: 9_999 }.bounded();
    assert_eq!((limits.idle_minutes, limits.absolute_hours), (1, 168));
}

#[test]
fn sessions_are_listed_revoked_and_signed_out() {
    on_both(async |fixture: Fixture| {
        let (person, once) = ann(&fixture).await;
        let Fixture { db, clock, .. } = &fixture;
        let other = add(db, "bob", Role::Staff, "lakeside").await;
        let one = sign_in(db, EMAIL, &once, "one\r\nInjected").await.unwrap();
        clock.set(now() + 1.second());
        let two = sign_in(db, EMAIL, &once, "two").await.unwrap();
        let listed = async || list_sessions(&mut db.read().await.unwrap(), person).await.unwrap();
        let rows = listed().await;
        assert_eq!(rows.iter().map(|row| row.agent.as_str()).collect::<Vec<_>>(), ["two", "oneInjected"]);
        assert!(rows.iter().all(|row| row.token_hash != one.token && row.token_hash != two.token));

        let hash = rows[0].token_hash.clone();
        let foreign = hash.clone();
        assert!(!write!(db, |tx| revoke_session(tx, &actor(), other, &foreign)).unwrap());
        assert!(write!(db, |tx| revoke_session(tx, &actor(), person, &hash)).unwrap());
        assert_eq!(listed().await.len(), 1);
        let token = one.token.clone();
        write!(db, |tx| sign_out(tx, &token)).unwrap();
        assert_eq!(listed().await.len(), 0);

        let three = sign_in(db, EMAIL, &once, "three").await.unwrap();
        write!(db, |tx| close_person(tx, &actor(), person)).unwrap();
        let found = find_session(&mut db.read().await.unwrap(), &three.token, clock_now(&fixture)).await;
        assert!(found.unwrap().is_none());
        assert!(matches!(sign_in(db, EMAIL, &once, "four").await, Err(SignInRefused::Wrong)));
    });
}

fn clock_now(fixture: &Fixture) -> Timestamp {
    fixture.db.now()
}
