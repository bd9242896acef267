//! A small house for the tests of this crate.

use crate::people::{NewPerson, insert_person};
use crate::roles::{Role, find_access, grant_role};
use crate::sites::{SiteTree, import_sites};
use crate::{Access, Person};
use base::{Id, SitePath};
use jiff::civil::Date;
use store::{Actor, Db};

/// Runs a piece of work in a writing transaction and answers what it answers.
macro_rules! write {
    ($db:expr, |$tx:ident| $work:expr) => {
        $db.write(move |$tx| Box::pin(async move { $work.await })).await
    };
}
pub(crate) use write;

pub(crate) const SITES: &str = "\
path,kind,name,time_zone,currency,licensed_beds,staffed_beds,hl7_codes
lakeside,enterprise,Lakeside Health,America/New_York,USD,,,
lakeside.riverside,facility,Riverside General,,,,,RGH RIVERSIDE
lakeside.riverside.5w,unit,5 West,,,30,28,5W 5WEST
lakeside.riverside.3n,unit,3 North,,,24,20,3N
lakeside.riverside.ed,unit,Emergency,,,18,18,ED
lakeside.harbor,facility,Harbor Clinics,America/Chicago,,,,HC
lakeside.harbor.clinics,department,Clinics,,,,,
lakeside.harbor.clinics.heart,unit,Heart,,,,,HRT
";

pub(crate) fn actor() -> Actor {
    Actor::new("test", "case")
}

pub(crate) fn path(text: &str) -> SitePath {
    text.parse().unwrap()
}

/// The day of every test at the house.
pub(crate) fn today() -> Date {
    "2026-11-12".parse().unwrap()
}

pub(crate) async fn tree(db: &Db) -> SiteTree {
    SiteTree::load(&mut db.read().await.unwrap()).await.unwrap()
}

/// The sites of the house.
pub(crate) async fn build(db: &Db) -> SiteTree {
    let report = write!(db, |tx| import_sites(tx, &actor(), SITES, false)).unwrap();
    assert_eq!(report.rejects, []);
    tree(db).await
}

/// A person who holds a role at a site since the start of the year.
pub(crate) async fn add(db: &Db, name: &str, role: Role, site: &str) -> Id<Person> {
    let site = tree(db).await.find(&path(site)).unwrap().id;
    let email = format!("{name}@lakeside.example");
    let new = NewPerson { email, name: name.to_owned(), title: "Nurse".to_owned() };
    let person = write!(db, |tx| insert_person(tx, &actor(), &new)).unwrap();
    let from = "2026-01-01".parse().unwrap();
    write!(db, |tx| grant_role(tx, &actor(), person, role, site, from, None)).unwrap();
    person
}

pub(crate) async fn access(db: &Db, person: Id<Person>) -> Access {
    find_access(&mut db.read().await.unwrap(), person).await.unwrap().unwrap()
}
