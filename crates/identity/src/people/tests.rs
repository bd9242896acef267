use super::rules::check_new_password;
use super::*;
use crate::ImportCounts;
use crate::house::{self, actor, add, path, today, write};
use crate::roles::{Permission, Role};
use crate::sessions::{list_sessions, sign_in};
use ::store::Actor;
use testkit::{Fixture, on_both};

const GOOD: &str = "four plain garden words";

#[test]
fn a_new_password_has_twelve_characters_and_is_not_to_be_guessed() {
    let check = |password: &str| check_new_password(password, "ann.lee@lakeside.example");
    assert_eq!(check("elevenchars"), Err(WeakPassword::Short { got: 11 }));
    assert_eq!(check("twelve chars"), Ok(()));
    assert_eq!(check("äöüäöüäöüäö"), Err(WeakPassword::Short { got: 11 }));
    assert_eq!(check(&"long ".repeat(103)), Err(WeakPassword::Long));
    assert_eq!(check("Ann.Lee@Lakeside.example"), Err(WeakPassword::Email));
    for common in ["password1234", "Password 1234!", "aaaaaaaaaaaaaa", "QWERTYUIOP12"] {
        assert_eq!(check(common), Err(WeakPassword::Common), "{common}");
    }
    assert_eq!(check(GOOD), Ok(()));
    assert_eq!(
        check("short").unwrap_err().to_string(),
        "the password has 5 characters; use at least 12, for example four words"
    );
}

#[test]
fn a_hash_fits_its_password_only_and_nobody_has_none() {
    let hash = password::hash(GOOD).unwrap();
    assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    assert!(password::verify(GOOD, Some(hash.as_str())));
    assert!(!password::verify("four plain garden word", Some(hash.as_str())));
    assert!(!password::verify("", Some("not a hash")));
    assert!(!password::verify("nobody has this one", None));
    assert_ne!(hash, password::hash(GOOD).unwrap());
    assert_eq!(format!("{hash:?}"), "PasswordHash(..)");
}

#[test]
fn the_first_administrator_can_sign_in_and_reach_every_top_site() {
    on_both(async |Fixture { db, .. }: Fixture| {
        assert_eq!(n_people(&mut db.read().await.unwrap()).await.unwrap(), 0);
        let refused = write!(db, |tx| first_admin(tx, "a@lakeside.example", "Ann", GOOD));
        assert!(matches!(refused, Err(PersonRefused::NoSite)));
        let tree = house::build(&db).await;
        let person = write!(db, |tx| first_admin(tx, " A@Lakeside.example ", "Ann", GOOD)).unwrap();
        assert_eq!(n_people(&mut db.read().await.unwrap()).await.unwrap(), 1);
        let session = sign_in(&db, "a@lakeside.EXAMPLE", GOOD, "test").await.unwrap();
        assert_eq!((session.person, session.must_change), (person, false));
        let access = house::access(&db, person).await;
        for asked in [Permission::ADMIN_EDIT, Permission::TODAY_VIEW] {
            assert!(access.allows(&tree, asked, &path("lakeside.harbor"), today()));
        }
        assert!(!access.allows(&tree, Permission::CENSUS_PHI, &path("lakeside"), today()));
    });
}

#[test]
fn an_address_belongs_to_one_account() {
    on_both(async |Fixture { db, .. }: Fixture| {
        house::build(&db).await;
        let ann = add(&db, "ann", Role::Staff, "lakeside").await;
        add(&db, "bob", Role::Staff, "lakeside").await;
        let new = |email: &str| NewPerson {
            email: email.to_owned(),
            name: "Ann Lee".to_owned(),
            title: String::new(),
        };
        let change = async |email: &str| {
            let new = new(email);
            write!(db, |tx| update_person(tx, &actor(), ann, &new))
        };
        assert_eq!(
            change("BOB@lakeside.example").await.unwrap_err().to_string(),
            "bob@lakeside.example has an account already; open that one"
        );
        for bad in ["", "ann", "@x", "ann@", "a b@x", "a@b@c"] {
            assert!(matches!(change(bad).await, Err(PersonRefused::Email { .. })), "{bad}");
        }
        change("Ann@lakeside.example").await.unwrap();
        let found =
            find_person_by_email(&mut db.read().await.unwrap(), "ANN@lakeside.example ").await.unwrap();
        assert_eq!(found.map(|person| (person.id, person.name)), Some((ann, "Ann Lee".to_owned())));
    });
}

#[test]
fn a_changed_password_ends_the_other_sessions() {
    on_both(async |Fixture { db, .. }: Fixture| {
        house::build(&db).await;
        let person = add(&db, "ann", Role::Staff, "lakeside").await;
        let once = reset_password(&db, actor(), person).await.unwrap();
        let email = "ann@lakeside.example";
        let first = sign_in(&db, email, &once, "one").await.unwrap();
        assert!(first.must_change);
        sign_in(&db, email, &once, "two").await.unwrap();
        let keep = crate::secret::digest(&first.token);
        let change = async |present: &str, new: &str| {
            let keep = Some(keep.clone());
            change_password(&db, actor(), person, present.to_owned(), new.to_owned(), keep).await
        };
        assert!(matches!(change("wrong", GOOD).await, Err(ChangeRefused::Wrong)));
        assert!(matches!(change(&once, &once).await, Err(ChangeRefused::Same)));
        assert!(matches!(change(&once, "short").await, Err(ChangeRefused::Weak(_))));
        assert_eq!(list_sessions(&mut db.read().await.unwrap(), person).await.unwrap().len(), 2);
        change(&once, GOOD).await.unwrap();
        let left = list_sessions(&mut db.read().await.unwrap(), person).await.unwrap();
        assert_eq!(left.iter().map(|row| row.agent.as_str()).collect::<Vec<_>>(), ["one"]);
        assert!(sign_in(&db, email, &once, "three").await.is_err());
        assert!(!sign_in(&db, email, GOOD, "three").await.unwrap().must_change);
    });
}

#[test]
fn preferences_read_back_and_newer_fields_are_passed_over() {
    on_both(async |Fixture { db, .. }: Fixture| {
        house::build(&db).await;
        let person = add(&db, "ann", Role::Staff, "lakeside").await;
        let wanted = Preferences { theme: Theme::Dark, letter_keys: false, ..Preferences::default() };
        let saved = wanted.clone();
        write!(db, |tx| set_preferences(tx, &actor(), person, &saved)).unwrap();
        assert_eq!(house::access(&db, person).await.person.preferences, wanted);
    });
    let read: Preferences = serde_json::from_str(r#"{"theme":"dark","from_the_future":1}"#).unwrap();
    assert_eq!(read, Preferences { theme: Theme::Dark, ..Preferences::default() });
}

const PEOPLE: &str = "email;name;title;role;site
ann@lakeside.example;Ann Lee;Nurse manager;Unit manager;lakeside.riverside.5w
ANN@lakeside.example;Ann Lee;Nurse manager;quality;lakeside.riverside
old@lakeside.example;Old New;Clerk;;
bob;Bob;;;
cy@lakeside.example;Cy;;king;lakeside
cy@lakeside.example;Cy;;staff;lakeside.moon
cy@lakeside.example;Cy;;staff;
ann@lakeside.example;Bob;;;
";

#[test]
fn a_file_of_people_is_taken_in_once_and_taken_back() {
    on_both(async |Fixture { db, .. }: Fixture| {
        let tree = house::build(&db).await;
        add(&db, "old", Role::Staff, "lakeside").await;
        let cause = Actor::new("test", "import 1");
        let dry = import_people(&mut db.read().await.unwrap(), &cause, PEOPLE, true).await.unwrap();
        let report = write!(db, |tx| import_people(tx, &cause, PEOPLE, false)).unwrap();
        assert_eq!(report.counts, ImportCounts { new: 1, changed: 2, same: 0, rejected: 5 });
        assert_eq!(dry, report);
        let again = Actor::new("test", "import 2");
        let report = write!(db, |tx| import_people(tx, &again, PEOPLE, false)).unwrap();
        assert_eq!(report.counts, ImportCounts { new: 0, changed: 0, same: 3, rejected: 5 });

        let find = async |email: &str| {
            find_person_by_email(&mut db.read().await.unwrap(), email).await.unwrap().unwrap()
        };
        let ann = find("ann@lakeside.example").await;
        let access = house::access(&db, ann.id).await;
        assert!(access.allows(&tree, Permission::CENSUS_PHI, &path("lakeside.riverside.5w"), today()));
        assert_eq!(find("old@lakeside.example").await.name, "Old New");

        let undone = write!(db, |tx| undo_people_import(tx, &actor(), "import 1")).unwrap();
        assert_eq!(undone, 4);
        assert!(find("ann@lakeside.example").await.closed_at.is_some());
        let old = find("old@lakeside.example").await;
        assert_eq!((old.name.as_str(), old.title.as_str(), old.closed_at), ("old", "Nurse", None));

        // Undone before anyone used it, the account opens again with the next import.
        let third = Actor::new("test", "import 3");
        let report = write!(db, |tx| import_people(tx, &third, PEOPLE, false)).unwrap();
        assert_eq!(report.counts, ImportCounts { new: 0, changed: 3, same: 0, rejected: 5 });
        let access = house::access(&db, ann.id).await;
        assert!(access.allows(&tree, Permission::CENSUS_PHI, &path("lakeside.riverside.5w"), today()));
    });
}

#[test]
fn a_closed_account_that_was_used_is_left_alone() {
    on_both(async |Fixture { db, .. }: Fixture| {
        house::build(&db).await;
        let person = add(&db, "ann", Role::Staff, "lakeside").await;
        reset_password(&db, actor(), person).await.unwrap();
        write!(db, |tx| close_person(tx, &actor(), person)).unwrap();
        let text = "email,name\nann@lakeside.example,ann\n";
        let report = write!(db, |tx| import_people(tx, &actor(), text, false)).unwrap();
        assert_eq!(
            report.rejects[0].to_string(),
            "line 2: email `ann@lakeside.example`: the account of this address is closed. Open it again under People, or take the line out."
        );
        write!(db, |tx| reopen_person(tx, &actor(), person)).unwrap();
        let report = write!(db, |tx| import_people(tx, &actor(), text, false)).unwrap();
        assert_eq!(report.counts.same, 1);
    });
}

#[test]
fn a_wrong_row_of_people_says_what_to_do() {
    on_both(async |Fixture { db, .. }: Fixture| {
        house::build(&db).await;
        let report = import_people(&mut db.read().await.unwrap(), &actor(), PEOPLE, true).await.unwrap();
        let words: Vec<String> = report.rejects.iter().map(ToString::to_string).collect();
        assert_eq!(
            words,
            [
                "line 5: email `bob`: an e-mail address reads name@place. Write the address the person signs in with.",
                "line 6: role `king`: a role is one of unit-manager, facility-manager, senior-manager, director, compliance, billing, health-information, quality, staff, surveyor, board, administrator. Write one of these words.",
                "line 7: site `lakeside.moon`: a site is the path of an open site. Add the site first, or correct the path.",
                "line 8: site ``: a role is held at a site. Write the path of the site, such as lakeside.riverside.",
                "line 9: email `ann@lakeside.example`: an address belongs to one person, on line 2 to another. Correct the address or the name.",
            ]
        );
    });
}

#[test]
fn no_password_reaches_history() {
    on_both(async |Fixture { db, .. }: Fixture| {
        house::build(&db).await;
        let person = add(&db, "ann", Role::Staff, "lakeside").await;
        reset_password(&db, actor(), person).await.unwrap();
        let mut tx = db.read().await.unwrap();
        let rows: Vec<(String,)> = tx.list("SELECT body FROM history ORDER BY seq", vec![]).await.unwrap();
        assert!(!rows.is_empty() && rows.iter().all(|(body,)| !body.contains("argon2")));
    });
}
