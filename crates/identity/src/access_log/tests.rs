use super::*;
use crate::house::{self, add, path, today, write};
use crate::roles::{Permission, Role, Scope};
use ::store::seal;
use testkit::{Fixture, on_both};

#[test]
fn views_are_listed_inside_the_scope_newest_first() {
    on_both(async |Fixture { db, .. }: Fixture| {
        let tree = house::build(&db).await;
        let ann = add(&db, "ann", Role::UnitManager, "lakeside.riverside.5w").await;
        let bob = add(&db, "bob", Role::UnitManager, "lakeside.riverside.3n").await;
        for (person, site, subject) in [
            (ann, "lakeside.riverside.5w", ""),
            (bob, "lakeside.riverside.3n", "b1"),
            (ann, "lakeside.riverside.5w", "a2"),
        ] {
            let site = path(site);
            write!(db, |tx| log_view(tx, person, &site, "/census/flow", subject)).unwrap();
        }
        let mut tx = db.read().await.unwrap();
        let all = Scope::operator(&tree, &path("lakeside")).unwrap();
        let subjects = |views: Vec<View>| views.into_iter().map(|view| view.subject).collect::<Vec<_>>();
        assert_eq!(subjects(list_views(&mut tx, &all, None, None, 10).await.unwrap()), ["a2", "b1", ""]);
        assert_eq!(subjects(list_views(&mut tx, &all, Some(ann), None, 10).await.unwrap()), ["a2", ""]);
        assert_eq!(subjects(list_views(&mut tx, &all, None, Some(3), 1).await.unwrap()), ["b1"]);
        let access = house::access(&db, ann).await;
        let scope =
            access.scope(&tree, Permission::TODAY_VIEW, &path("lakeside.riverside.5w"), today()).unwrap();
        assert_eq!(subjects(list_views(&mut tx, &scope, None, None, 10).await.unwrap()), ["a2", ""]);
    });
}

#[test]
fn a_changed_row_is_named_by_the_seal() {
    on_both(async |Fixture { db, .. }: Fixture| {
        house::build(&db).await;
        let ann = add(&db, "ann", Role::UnitManager, "lakeside.riverside.5w").await;
        for _ in 0..3 {
            write!(db, |tx| log_view(tx, ann, &path("lakeside.riverside.5w"), "/census/flow", "s")).unwrap();
        }
        let verdict = async || seal::verify(&mut db.read().await.unwrap(), &ACCESS_LOG).await.unwrap();
        assert_eq!((verdict().await.n_rows, verdict().await.broken), (3, None));
        write!(db, |tx| tx.run("UPDATE access_log SET subject = 't' WHERE seq = 2", vec![])).unwrap();
        assert_eq!(verdict().await.broken.map(|broken| broken.seq), Some(2));
    });
}
