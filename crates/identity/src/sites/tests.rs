use super::*;
use crate::ImportCounts;
use crate::house::{self, SITES, actor, path, write};
use crate::roles::Scope;
use base::Period;
use jiff::civil::date;
use testkit::{Fixture, on_both};

fn counts(new: usize, changed: usize, same: usize, rejected: usize) -> ImportCounts {
    ImportCounts { new, changed, same, rejected }
}

/// What a file is rejected for, in an empty house.
fn check_rejects(text: &str, expected: &[&str]) {
    let (_, rejects) = rules::parse_sites(text, &SiteTree::default());
    assert_eq!(rejects.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{text}");
}

const TOP: &str = "path,kind,name,time_zone,currency,licensed_beds,staffed_beds,hl7_codes
a,enterprise,A,,,,,
a.b,facility,B,,,,,B
";

fn check_line(line: &str, expected: &[&str]) {
    check_rejects(&format!("{TOP}{line}\n"), expected);
}

#[test]
fn a_wrong_row_says_value_expectation_and_next_step() {
    check_line("a.b.c,unit,C,,,12,12,C", &[]);
    check_line(
        "a.b.c,ward,C,,,,,",
        &[
            "line 4: kind `ward`: a kind is one of enterprise, facility, department, unit. Write one of these words.",
        ],
    );
    check_line(
        "a.b.c,unit,C,Mars/Olympus,,,,",
        &[
            "line 4: time_zone `Mars/Olympus`: a time zone is a name of the IANA list, such as America/New_York. Write such a name, or leave it empty to inherit it.",
        ],
    );
    check_line(
        "a.x.c,unit,C,,,,,",
        &[
            "line 4: path `a.x.c`: the site above, a.x, is in this file or known already. Add a valid line for a.x.",
        ],
    );
    check_line(
        "a.b.c,unit,C,,,twelve,,",
        &[
            "line 4: licensed_beds `twelve`: a number of beds is a whole number from 0 to 99999. Write digits only, or leave it empty.",
        ],
    );
    check_line(
        "A.b,unit,C,,,,,",
        &[
            "line 4: path `A.b`: `A` is not a site name: use 1 to 40 of a-z, 0-9, - and _. Write the names from the top down, joined by dots.",
        ],
    );
    check_line(
        "a.b.c,unit,,,,,,",
        &["line 4: name ``: a name has 1 to 120 characters. Write the name people know the site by."],
    );
    check_line(
        "a.b.c,unit,C,,dollar,,,",
        &[
            "line 4: currency `dollar`: a currency is three letters, such as USD. Write such a code, or leave it empty to inherit it.",
        ],
    );
}

#[test]
fn staffed_beds_stop_at_the_licensed_ones() {
    check_line("a.b.c,unit,C,,,20,19,", &[]);
    check_line("a.b.c,unit,C,,,20,20,", &[]);
    check_line(
        "a.b.c,unit,C,,,20,21,",
        &[
            "line 4: staffed_beds `21`: staffed beds are at most the licensed beds, here 20. Correct one of the two numbers.",
        ],
    );
}

#[test]
fn a_kind_stands_only_where_it_belongs() {
    let place = |line: &str, kind: &str, place: &str| {
        let expected = format!("line 4: kind `{kind}`: {place}. Change its kind, or its path.");
        check_line(line, &[&expected]);
    };
    place("a.u,unit,U,,,,,", "unit", "a unit stands under a facility or a department");
    place("a.b.f,facility,F,,,,,", "facility", "a facility stands at the top or under an enterprise");
    place(
        "d,department,D,,,,,",
        "department",
        "a department stands under an enterprise, a facility or a department",
    );
    place(
        "a.b.e,enterprise,E,,,,,",
        "enterprise",
        "an enterprise stands at the top or under another enterprise",
    );
    check_rejects(
        "path,kind,name\na,facility,A\na.u,unit,U\na.u.f,facility,F\n",
        &[
            "line 4: kind `facility`: a facility stands at the top or under an enterprise. Change its kind, or its path.",
        ],
    );
}

#[test]
fn a_code_names_one_site_of_its_facility() {
    check_rejects(
        &format!(
            "{TOP}a.c,facility,C,,,,,c\na.b.x,unit,X,,,,,X\na.c.x,unit,X,,,,,X\na.b.y,unit,Y,,,,,y;x\na.d,facility,D,,,,,b\n"
        ),
        &[
            "line 7: hl7_codes `X`: a code names one site, this one names line 5 already. Take it from one of the two.",
            "line 8: hl7_codes `B`: a code names one site, this one names line 3 already. Take it from one of the two.",
        ],
    );
}

#[test]
fn a_path_stands_once() {
    check_line(
        "a.b,facility,Again,,,,,",
        &[
            "line 4: path `a.b`: a path stands once in a file, this one is on line 3 too. Keep one of the two lines.",
        ],
    );
}

#[test]
fn a_header_without_a_path_refuses_the_file() {
    check_rejects(
        "where,kind,name\na,enterprise,A\n",
        &[
            "line 1: path ``: the first line names the columns, among them path, kind, name. Add the column path.",
        ],
    );
    check_rejects(
        "",
        &[
            "line 1: path ``: the first line names the columns, among them path, kind, name. Add the column path.",
        ],
    );
}

#[test]
fn care_is_guessed_from_exact_names_only() {
    let care = |text: &str, name: &str, code: &str| infer_care(&path(text), name, &[code.to_owned()]);
    assert_eq!(care("a.b.ed", "Acute", ""), Care::Emergency);
    assert_eq!(care("a.b.x", "Acute", "ER"), Care::Emergency);
    assert_eq!(care("a.b.edna", "Edna ward", "EDN"), Care::Inpatient);
    assert_eq!(care("a.b.nursery", "Babies", ""), Care::Nursery);
    assert_eq!(care("a.b.nicu", "Neonatal ICU", "NICU"), Care::Inpatient);
    assert_eq!(care("a.b.obs", "Short stay", ""), Care::Observation);
    assert_eq!(care("a.b.x", "Clinic of hearts", ""), Care::Outpatient);
    assert_eq!(care("a.clinics.x", "Hearts", ""), Care::Outpatient);
    assert_eq!(care("a.b.clinics", "Surgery", ""), Care::Inpatient);
}

#[test]
fn the_tree_answers_up_down_and_by_code() {
    on_both(async |Fixture { db, .. }: Fixture| {
        let tree = house::build(&db).await;
        let at = |text: &str| tree.find(&path(text)).unwrap();
        let names =
            |sites: Vec<&SiteInfo>| sites.iter().map(|site| site.path.name().to_owned()).collect::<Vec<_>>();
        let (top, riverside) = (at("lakeside"), at("lakeside.riverside"));
        assert_eq!(names(tree.children(&top.id)), ["riverside", "harbor"]);
        assert_eq!(names(tree.below(&riverside.id).iter().collect()), ["riverside", "5w", "3n", "ed"]);
        assert_eq!(names(tree.upward(&at("lakeside.riverside.3n").id)), ["3n", "riverside", "lakeside"]);
        assert_eq!(names(tree.units_below(&top.id)), ["5w", "3n", "ed", "heart"]);
        assert_eq!(tree.facility_of(&at("lakeside.harbor.clinics.heart").id).unwrap().path.name(), "harbor");
        assert_eq!(tree.facility_of(&top.id), None);
        assert_eq!(tree.all().len(), 8);
        assert_eq!(tree.below(&"00000000000000000000000001".parse().unwrap()), []);

        assert_eq!(tree.facility_by_code(" rgh ").unwrap().id, riverside.id);
        assert_eq!(tree.unit_by_code(riverside.id, "5West").unwrap().path.name(), "5w");
        assert_eq!(tree.unit_by_code(riverside.id, "HRT"), None);
        assert_eq!(tree.codes(&riverside.id), ["RGH", "RIVERSIDE"]);

        assert_eq!(at("lakeside.riverside.5w").time_zone.iana_name(), Some("America/New_York"));
        assert_eq!(at("lakeside.harbor.clinics.heart").time_zone.iana_name(), Some("America/Chicago"));
        assert_eq!(at("lakeside.riverside.ed").care, Care::Emergency);
        assert_eq!(at("lakeside.harbor.clinics.heart").care, Care::Outpatient);
    });
}

#[test]
fn the_same_file_again_changes_nothing() {
    on_both(async |Fixture { db, .. }: Fixture| {
        let dry = import_sites(&mut db.read().await.unwrap(), &actor(), SITES, true).await.unwrap();
        assert_eq!(dry.counts, counts(8, 0, 0, 0));
        assert_eq!(house::tree(&db).await.all().len(), 0);
        house::build(&db).await;
        let n_rows = async || {
            let mut tx = db.read().await.unwrap();
            let rows: Vec<(i64,)> = tx.list("SELECT seq FROM history ORDER BY seq", vec![]).await.unwrap();
            rows.len()
        };
        let before = n_rows().await;
        let again = write!(db, |tx| import_sites(tx, &actor(), SITES, false)).unwrap();
        assert_eq!((again.counts, n_rows().await), (counts(0, 0, 8, 0), before));
    });
}

#[test]
fn children_may_come_first_and_codes_may_be_swapped() {
    on_both(async |Fixture { db, .. }: Fixture| {
        let upside_down = SITES.lines().skip(1).collect::<Vec<_>>().into_iter().rev();
        let text =
            format!("{}\n{}", SITES.lines().next().unwrap(), upside_down.collect::<Vec<_>>().join("\n"));
        let report = write!(db, |tx| import_sites(tx, &actor(), &text, false)).unwrap();
        assert_eq!((report.counts, report.rejects), (counts(8, 0, 0, 0), vec![]));

        let swapped = "hl7_codes;name;kind;path;staffed_beds;licensed_beds
            3N;5 West;unit;lakeside.riverside.5w;25;30
            5W|5WEST;3 North;unit;lakeside.riverside.3n;;
            X;Lost;unit;lakeside.nowhere.x;;";
        let report = write!(db, |tx| import_sites(tx, &actor(), swapped, false)).unwrap();
        assert_eq!(report.counts, counts(0, 2, 0, 1));
        let tree = house::tree(&db).await;
        let riverside = tree.find(&path("lakeside.riverside")).unwrap().id;
        let five = tree.unit_by_code(riverside, "3n").unwrap();
        assert_eq!(five.path.name(), "5w");
        let mut tx = db.read().await.unwrap();
        let on =
            async |tx: &mut ::store::Tx, day| beds_on(tx, &[five.id], day).await.unwrap()[&five.id].staffed;
        assert_eq!(on(&mut tx, date(2026, 11, 12)).await, 25);
        assert_eq!(on(&mut tx, date(2026, 11, 11)).await, 28);
        assert_eq!(on(&mut tx, date(2020, 1, 1)).await, 28);
    });
}

#[test]
fn bed_counts_hold_until_the_next() {
    on_both(async |Fixture { db, .. }: Fixture| {
        let tree = house::build(&db).await;
        let unit = tree.find(&path("lakeside.riverside.5w")).unwrap().id;
        let beds = Beds { licensed: 30, set_up: 29, staffed: 26 };
        write!(db, |tx| set_beds(tx, &actor(), unit, date(2026, 10, 10), beds)).unwrap();
        let too_many = Beds { staffed: 30, ..beds };
        let refused = write!(db, |tx| set_beds(tx, &actor(), unit, date(2026, 10, 11), too_many));
        assert!(matches!(refused, Err(SiteRefused::Beds { .. })));

        let mut tx = db.read().await.unwrap();
        let scope = Scope::operator(&tree, &path("lakeside.riverside.5w")).unwrap();
        let mut staffed = async |period: &str| {
            let period: Period = period.parse().unwrap();
            let counts = list_bed_counts(&mut tx, &scope, period).await.unwrap();
            counts.iter().map(|at| at.count.beds.staffed).collect::<Vec<_>>()
        };
        assert_eq!(staffed("2026-10").await, [28, 26]);
        assert_eq!(staffed("2026-10-09").await, [28]);
        assert_eq!(staffed("2026-10-10").await, [26]);
        assert_eq!(staffed("2026-11").await, [26]);
    });
}

#[test]
fn bed_counts_stay_inside_the_scope() {
    on_both(async |Fixture { db, .. }: Fixture| {
        let tree = house::build(&db).await;
        let mut tx = db.read().await.unwrap();
        let scope = Scope::operator(&tree, &path("lakeside.riverside")).unwrap();
        let period = "2026-10".parse().unwrap();
        let counts = list_bed_counts(&mut tx, &scope, period).await.unwrap();
        let paths: Vec<&str> = counts.iter().map(|at| at.path.name()).collect();
        assert_eq!(paths, ["3n", "5w", "ed"]);
        let narrow = scope.narrow(&tree, &path("lakeside.riverside.3n")).unwrap();
        assert_eq!(list_bed_counts(&mut tx, &narrow, period).await.unwrap().len(), 1);
    });
}

#[test]
fn the_unmapped_unit_is_made_once_and_opened_again() {
    on_both(async |Fixture { db, .. }: Fixture| {
        let tree = house::build(&db).await;
        let facility = tree.find(&path("lakeside.riverside")).unwrap().id;
        let one = write!(db, |tx| ensure_unmapped_unit(tx, facility)).unwrap();
        let two = write!(db, |tx| ensure_unmapped_unit(tx, facility)).unwrap();
        assert_eq!(one, two);
        let day = date(2026, 11, 12);
        write!(db, |tx| close_site(tx, &actor(), one, day)).unwrap();
        write!(db, |tx| ensure_unmapped_unit(tx, facility)).unwrap();
        let tree = house::tree(&db).await;
        let unit = tree.get(&one).unwrap();
        assert_eq!((unit.path.as_str(), unit.care), ("lakeside.riverside.unmapped", Care::Unmapped));
        assert_eq!((unit.name.as_str(), unit.closed_on), ("Unmapped locations", None));
        assert_eq!(tree.below(&facility).last().unwrap().id, one);
        let unit = tree.find(&path("lakeside.riverside.5w")).unwrap().id;
        assert!(write!(db, |tx| ensure_unmapped_unit(tx, unit)).is_err());
    });
}

#[test]
fn closing_reaches_below_and_keeps_the_past() {
    on_both(async |Fixture { db, .. }: Fixture| {
        let tree = house::build(&db).await;
        let harbor = tree.find(&path("lakeside.harbor")).unwrap().id;
        let day = date(2026, 11, 12);
        write!(db, |tx| close_site(tx, &actor(), harbor, day)).unwrap();
        let tree = house::tree(&db).await;
        let heart = tree.find(&path("lakeside.harbor.clinics.heart")).unwrap();
        assert!(heart.is_open(date(2026, 11, 11)) && !heart.is_open(day));
        let mut tx = db.read().await.unwrap();
        let history = ::store::list_history(&mut tx, "site", &heart.id.to_string(), None).await.unwrap();
        assert_eq!(history.len(), 2);
        let report = write!(db, |tx| import_sites(tx, &actor(), SITES, false)).unwrap();
        assert_eq!(report.counts, counts(0, 0, 5, 3));

        let heart = heart.id;
        let refused = write!(db, |tx| reopen_site(tx, &actor(), heart));
        assert!(matches!(refused, Err(SiteRefused::NoParent { .. })));
        write!(db, |tx| reopen_site(tx, &actor(), harbor)).unwrap();
        assert_eq!(house::tree(&db).await.get(&harbor).unwrap().closed_on, None);
    });
}

#[test]
fn a_taken_path_and_a_foreign_code_are_refused() {
    on_both(async |Fixture { db, .. }: Fixture| {
        let tree = house::build(&db).await;
        let new = NewSite {
            path: path("lakeside.riverside.5w"),
            kind: SiteKind::Unit,
            name: "Again".to_owned(),
            time_zone: None,
            currency: None,
            care: None,
            sort: 0,
        };
        let refused = write!(db, |tx| insert_site(tx, &actor(), &new));
        assert!(matches!(refused, Err(SiteRefused::Taken { .. })));
        let unit = tree.find(&path("lakeside.riverside.3n")).unwrap().id;
        let codes = ["3N".to_owned(), "5w".to_owned()];
        let refused = write!(db, |tx| set_codes(tx, &actor(), unit, &codes)).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the code 5W names lakeside.riverside.5w already; take it from there first"
        );
        assert_eq!(house::tree(&db).await.codes(&unit), ["3N"]);
    });
}

#[test]
fn a_department_under_an_enterprise_stands_for_a_facility() {
    on_both(async |Fixture { db, .. }: Fixture| {
        house::build(&db).await;
        let text = "path,kind,name,hl7_codes
            lakeside.clinics,department,Lakeside Clinics,LKC
            lakeside.clinics.east,department,East,E
            lakeside.clinics.east.skin,unit,Skin,5W\n";
        let report = write!(db, |tx| import_sites(tx, &actor(), text, false)).unwrap();
        assert_eq!((report.counts, report.rejects), (counts(3, 0, 0, 0), vec![]));
        let tree = house::tree(&db).await;
        let clinics = tree.facility_by_code("lkc").unwrap();
        assert_eq!(clinics.path.as_str(), "lakeside.clinics");
        let skin = tree.unit_by_code(clinics.id, "5W").unwrap();
        assert_eq!(
            (skin.path.name(), skin.care, skin.facility_id),
            ("skin", Care::Outpatient, Some(clinics.id))
        );
        let id = clinics.id;
        assert!(write!(db, |tx| ensure_unmapped_unit(tx, id)).is_ok());
        let again = write!(db, |tx| import_sites(tx, &actor(), text, false)).unwrap();
        assert_eq!(again.counts, counts(0, 0, 3, 0));
        let taken = "path,kind,name,hl7_codes\nlakeside.other,facility,Other,lkc\n";
        let report = write!(db, |tx| import_sites(tx, &actor(), taken, false)).unwrap();
        assert_eq!(report.counts.rejected, 1);
    });
}
