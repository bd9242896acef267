use super::*;
use crate::house::{self, actor, add, path, today, write};
use crate::people::{close_person, list_people};
use testkit::{Fixture, on_both};

/// The managers' table, as they wrote it, with the words of a cell as the parts of this crate.
const TABLE: &str = "
area          | unit-manager    | facility-manager   | senior-manager  | director       | compliance      | billing             | health-information | quality      | staff            | surveyor   | board
today         | e               | e                  | e               | e              | e               | e                   | e                  | e            | n                | n          | n
census        | e (P)           | e (P)              | v               | v              | v               | v                   | e (P)              | v            | n                | n          | n
workforce     | a leave         | a publishing       | a               | v              | v credentials   | n                   | n                  | v training   | only own         | v packet   | n
access        | e (P)           | e (P)              | v               | v              | v               | v (P)               | e (P)              | v            | n                | n          | n
emergency     | e               | a activation       | a               | a              | v               | v                   | v                  | v            | v tasks          | v packet   | v afterward
finance       | e notes         | a notes            | a budget        | a closing      | v contracts     | v ledger            | n                  | n            | n                | n          | v scorecard
revenue       | n               | v                  | v               | v              | v audits        | a submission (P)    | v coding (P)       | n            | n                | n          | v scorecard
compliance    | e evidence      | e                  | a policies      | a              | a               | v                   | e records          | v            | only attestation | v packet   | v summary
quality       | e (P)           | e (P)              | a reviews       | v              | v               | n                   | v (P)              | a (P)        | only reporting   | v packet   | v measures
projects      | e tasks         | e                  | a               | a              | v               | v                   | v                  | e            | n                | n          | v goals
communication | e               | a                  | a               | a              | e               | v                   | v                  | e            | v                | n          | n
reports       | v               | e                  | e               | a packs        | e               | e                   | e                  | e            | n                | n          | v packs
admin         | n               | v sites            | v               | e              | v audit-log     | n                   | v feeds            | n            | n                | n          | n
";

/// Whether a cell of the table, read by the rule of `rules.rs`, allows a permission.
fn cell_allows(cell: &str, asked: Permission) -> bool {
    let words: Vec<&str> = cell.split_whitespace().filter(|word| *word != "(P)").collect();
    if asked.phi && !cell.contains("(P)") {
        return false;
    }
    let whole = asked.level;
    let of_part = |part: &str, level: Level| asked.part.key() == part && asked.level <= level;
    match words.as_slice() {
        ["n"] => false,
        ["v"] => whole <= Level::View,
        ["e"] => whole <= Level::Edit,
        ["a"] => whole <= Level::Approve,
        ["v", part] => of_part(part, Level::View),
        ["e", part] => whole <= Level::View || of_part(part, Level::Edit),
        ["a", part] => whole <= Level::Edit || of_part(part, Level::Approve),
        ["only", part] => of_part(part, Level::Edit),
        other => panic!("cell {other:?}"),
    }
}

fn every_permission(area: AreaKey) -> Vec<Permission> {
    let mut all = Vec::new();
    for level in [Level::View, Level::Edit, Level::Approve] {
        for part in Part::ALL {
            let plain = Permission::of(area, level).of_part(part);
            all.extend([plain, plain.with_phi()]);
        }
    }
    all
}

#[test]
fn roles_allow_what_the_table_says_and_nothing_else() {
    let mut rows = TABLE.trim().lines().map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    let roles: Vec<Role> = rows.next().unwrap()[1..].iter().map(|key| key.parse().unwrap()).collect();
    let mut n_checked = 0;
    for row in rows {
        let area = AreaKey::ALL.into_iter().find(|area| area.key() == row[0]).unwrap();
        assert_eq!(row.len(), roles.len() + 1);
        for (role, cell) in roles.iter().zip(&row[1..]) {
            for asked in every_permission(area) {
                assert_eq!(role.allows(asked), cell_allows(cell, asked), "{role:?} {asked} `{cell}`");
                n_checked += 1;
            }
        }
    }
    assert_eq!(n_checked, 13 * 11 * 3 * 32 * 2);
}

#[test]
fn an_administrator_keeps_the_house_and_sees_no_patient() {
    let role = Role::Administrator;
    for allowed in [Permission::ADMIN_EDIT, Permission::FEEDS_EDIT, Permission::AUDIT_VIEW, Permission::ME] {
        assert!(role.allows(allowed), "{allowed}");
    }
    for area in AreaKey::ALL {
        assert!(every_permission(area).into_iter().all(|asked| !asked.phi || !role.allows(asked)));
    }
    assert!(!role.allows(Permission::CENSUS_VIEW));
}

#[test]
fn only_the_asked_for_roles_see_audit_log_and_feeds() {
    let may = |asked: Permission| Role::ALL.into_iter().filter(|role| role.allows(asked)).collect::<Vec<_>>();
    use Role::{Administrator, Compliance, Director, HealthInformation, SeniorManager};
    assert_eq!(may(Permission::AUDIT_VIEW), [SeniorManager, Director, Compliance, Administrator]);
    assert_eq!(may(Permission::FEEDS_VIEW), [SeniorManager, Director, HealthInformation, Administrator]);
    assert_eq!(may(Permission::ADMIN_EDIT), [Director, Administrator]);
    assert_eq!(may(Permission::ME), Role::ALL);
}

#[test]
fn permissions_and_roles_read_back_from_their_words() {
    for area in AreaKey::ALL {
        for permission in every_permission(area) {
            assert_eq!(permission.to_string().parse(), Ok(permission));
        }
    }
    for role in Role::ALL {
        assert_eq!((role.key().parse(), role.title().parse()), (Ok(role), Ok(role)));
    }
    assert_eq!(("admin".parse(), "Unit_Manager".parse()), (Ok(Role::Administrator), Ok(Role::UnitManager)));
    assert!("census".parse::<Permission>().is_err() && "census:view:names".parse::<Permission>().is_err());
}

#[test]
fn a_role_reaches_everything_below_and_nothing_above_or_beside() {
    on_both(async |Fixture { db, .. }: Fixture| {
        let tree = house::build(&db).await;
        let unit = add(&db, "unit", Role::UnitManager, "lakeside.riverside.5w").await;
        let facility = add(&db, "facility", Role::FacilityManager, "lakeside.riverside").await;
        let may = async |person, site: &str, asked| {
            house::access(&db, person).await.scope(&tree, asked, &path(site), today()).is_some()
        };
        let phi = Permission::CENSUS_PHI;
        assert!(may(unit, "lakeside.riverside.5w", phi).await);
        assert!(!may(unit, "lakeside.riverside.3n", phi).await);
        assert!(!may(unit, "lakeside.riverside", phi).await);
        assert!(may(facility, "lakeside.riverside", phi).await);
        assert!(may(facility, "lakeside.riverside.3n", phi).await);
        assert!(!may(facility, "lakeside", phi).await);
        assert!(!may(facility, "lakeside.harbor", phi).await);
        assert!(!may(facility, "lakeside.riverside.none", phi).await);

        let access = house::access(&db, facility).await;
        assert_eq!(access.home(&tree, today()), Some(path("lakeside.riverside")));
        assert_eq!(access.sites_for(&tree, phi, today()), [path("lakeside.riverside")]);
        assert_eq!(access.sites_for(&tree, Permission::ADMIN_EDIT, today()), []);
        assert_eq!(access.roles_at(&tree, &path("lakeside.riverside.5w"), today()), [Role::FacilityManager]);
        let scope = access.scope(&tree, phi, &path("lakeside.riverside"), today()).unwrap();
        assert!(scope.is_phi() && scope.person() == Some(facility) && scope.permission() == phi);
        assert!(scope.narrow(&tree, &path("lakeside.riverside.5w")).is_some());
        assert!(scope.narrow(&tree, &path("lakeside")).is_none());
        assert!(scope.narrow(&tree, &path("lakeside.harbor")).is_none());
    });
}

#[test]
fn a_person_of_one_unit_does_not_list_the_people_of_another() {
    on_both(async |Fixture { db, .. }: Fixture| {
        let tree = house::build(&db).await;
        let west = add(&db, "west", Role::UnitManager, "lakeside.riverside.5w").await;
        let north = add(&db, "north", Role::Staff, "lakeside.riverside.3n").await;
        let head = add(&db, "head", Role::Director, "lakeside").await;
        let listed = async |person, asked, site: &str| {
            let scope = house::access(&db, person).await.scope(&tree, asked, &path(site), today()).unwrap();
            let people = list_people(&mut db.read().await.unwrap(), &scope).await.unwrap();
            people.into_iter().map(|row| (row.person.name, row.grants.len())).collect::<Vec<_>>()
        };
        let west_sees = listed(west, Permission::TODAY_VIEW, "lakeside.riverside.5w").await;
        assert_eq!(west_sees, [("west".to_owned(), 1)]);
        let head_sees = listed(head, Permission::ADMIN_VIEW, "lakeside").await;
        assert_eq!(
            head_sees.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["head", "north", "west"]
        );
        let here = listed(head, Permission::ADMIN_VIEW, "lakeside.riverside.3n").await;
        assert_eq!(here, [("north".to_owned(), 1)]);
        assert_ne!(west, north);
    });
}

#[test]
fn a_role_holds_from_its_first_day_until_the_day_it_ends() {
    on_both(async |Fixture { db, .. }: Fixture| {
        let tree = house::build(&db).await;
        let person = add(&db, "p", Role::UnitManager, "lakeside.riverside.5w").await;
        let grant = house::access(&db, person).await.grants[0];
        let end = "2026-06-01".parse().unwrap();
        write!(db, |tx| end_role(tx, &actor(), grant.id, end)).unwrap();
        let access = house::access(&db, person).await;
        let held = |day: &str| access.home(&tree, day.parse().unwrap()).is_some();
        assert_eq!(
            ["2025-12-31", "2026-01-01", "2026-05-31", "2026-06-01"].map(held),
            [false, true, true, false]
        );

        let site = grant.site;
        let again = |from: &str, to: Option<&str>| {
            let (from, to) = (from.parse().unwrap(), to.map(|to| to.parse().unwrap()));
            let db = db.clone();
            async move { write!(db, |tx| grant_role(tx, &actor(), person, Role::UnitManager, site, from, to)) }
        };
        assert!(matches!(again("2026-05-31", None).await, Err(GrantRefused::Held { .. })));
        assert!(matches!(again("2026-06-01", Some("2026-06-01")).await, Err(GrantRefused::Backward { .. })));
        assert!(again("2026-06-01", None).await.is_ok());
        assert_eq!(
            again("2026-07-01", None).await.unwrap_err().to_string(),
            "Unit manager is held there already from 2026-06-01; end that one first, or leave it as it is"
        );
    });
}

#[test]
fn a_closed_account_holds_nothing() {
    on_both(async |Fixture { db, .. }: Fixture| {
        house::build(&db).await;
        let person = add(&db, "p", Role::Director, "lakeside").await;
        write!(db, |tx| close_person(tx, &actor(), person)).unwrap();
        assert_eq!(find_access(&mut db.read().await.unwrap(), person).await.unwrap(), None);
        let site = house::tree(&db).await.all()[0].id;
        let refused = write!(db, |tx| grant_role(tx, &actor(), person, Role::Staff, site, today(), None));
        assert!(matches!(refused, Err(GrantRefused::NoPerson)));
    });
}

#[test]
fn a_new_top_site_comes_with_the_administrators_of_the_others() {
    on_both(async |Fixture { db, .. }: Fixture| {
        house::build(&db).await;
        let keeper = add(&db, "keeper", Role::Administrator, "lakeside").await;
        let head = add(&db, "head", Role::Director, "lakeside").await;
        let text = "path,kind,name\nnorthshore,enterprise,Northshore\n";
        write!(db, |tx| crate::sites::import_sites(tx, &actor(), text, false)).unwrap();
        let tree = house::tree(&db).await;
        let may = async |person| {
            house::access(&db, person).await.allows(
                &tree,
                Permission::ADMIN_EDIT,
                &path("northshore"),
                today(),
            )
        };
        assert!(may(keeper).await && !may(head).await);
    });
}
