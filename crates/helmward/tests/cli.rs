//! The verbs end to end, as the executable that people run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test file; what fails here fails the test"
)]

mod common;

use common::{Install, fixture, helmward};
use serde_json::json;

fn path(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn init_refuses_a_folder_in_use_and_wrong_use_ends_with_2() {
    let install = Install::new();
    let again = install.init("Lakeside Health");
    assert_eq!(again.code, 3);
    assert!(again.err.contains("holds an installation already"), "{}", again.err);
    assert_eq!(helmward(&["census"]).code, 2);
    assert_eq!(helmward(&["init", "--name", "x"]).code, 2);
    let dir = path(&install.dir);
    let unknown = helmward(&["figure", "nothing", "--period", "2026-10", "--dir", dir]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("there is no figure `nothing`; `helmward figure list`"), "{}", unknown.err);
    let nowhere = helmward(&["import", "stays", "stays.csv", "--dir", dir]);
    assert_eq!(nowhere.code, 2);
    assert!(nowhere.err.contains("name it with --site"), "{}", nowhere.err);
}

#[test]
fn an_installation_refused_leaves_a_folder_for_the_second_try() {
    let folder = testkit::Folder::new();
    let dir = path(folder.path());
    let init = |name, admin| helmward(&["init", "--dir", dir, "--name", name, "--admin", admin]);
    let said = init("Lakeside Health", "nobody");
    assert_eq!(said.code, 3);
    assert!(said.err.contains("`nobody` is not an e-mail address"), "{}", said.err);
    let too_long = "Lakeside ".repeat(40);
    assert_eq!(init(&too_long, "a@example.org").code, 3);
    init("Lakeside Health", "a@example.org").ok();
}

#[test]
fn a_fresh_folder_is_told_what_to_do() {
    let folder = testkit::Folder::new();
    for verb in [&["serve"][..], &["census", "--date", "2026-10-01"], &["audit", "verify"]] {
        let mut words = verb.to_vec();
        words.extend(["--dir", path(folder.path())]);
        let said = helmward(&words);
        assert_eq!(said.code, 3);
        assert!(said.err.contains("helmward init") && said.err.contains("helmward demo"), "{}", said.err);
    }
}

#[test]
fn the_keys_and_the_database_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let install = Install::new();
    for (file, mode) in [("", 0o700), ("keys.json", 0o600), ("helmward.db", 0o600)] {
        let meta = std::fs::metadata(install.dir.join(file)).unwrap();
        assert_eq!(meta.permissions().mode() & 0o777, mode, "{file}");
    }
}

#[test]
fn messages_become_the_census_of_their_day() {
    let install = Install::new().with_sites();
    let day = fixture("hl7/day.hl7");
    let import = install.run(&["import", "hl7", path(&day), "--json"]).ok();
    let counts = json!({ "received": 7, "applied": 6, "duplicate": 1, "refused": 0, "rejects": [] });
    assert_eq!(import.json(), counts);
    let census = install.run(&["census", "--site", "lakeside", "--date", "2026-10-01", "--json"]).ok().json();
    let expected = json!({
        "midnight_census": 1, "service_days": 2, "admissions": 2, "discharges": 1, "deaths": 1,
        "transfers_in": 0, "transfers_out": 0, "staffed_beds": 20,
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&census[key], value, "{key}");
    }
    let north =
        census["units"].as_array().unwrap().iter().find(|unit| unit["site"] == "lakeside.riverside.3n");
    assert_eq!(north.unwrap()["transfers_out"], 1);

    let inside = ["census", "--at", "2026-10-01T16:00:00Z", "--json"];
    let present = install.run(&inside).ok().json();
    let keys: Vec<&String> = present["present"][0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["bed", "class", "since", "stay", "unit"]);
    assert_eq!(present["present"].as_array().unwrap().len(), 3);
}

#[test]
fn rejects_are_listed_and_end_with_1() {
    let install = Install::new().with_sites();
    let file = fixture("hl7/day-refused.hl7");
    let said = install.run(&["import", "hl7", path(&file), "--json"]);
    assert_eq!(said.code, 1);
    let report = said.json();
    assert_eq!(report["refused"], report["received"]);
    let reject = report["rejects"][0].as_object().unwrap();
    assert_eq!(reject.keys().collect::<Vec<_>>(), ["position", "reason", "source"]);

    let table = install.folder.write("s.csv", "path,kind,name\nlakeside.riverside.9x,room,Nine\n");
    let said = install.run(&["import", "sites", path(&table)]);
    assert_eq!(said.code, 1);
    let rejects = std::fs::read_to_string(install.folder.path().join("s.csv.rejects.csv")).unwrap();
    assert!(rejects.starts_with("line,column,value,reason\n2,kind,room,"), "{rejects}");
}

#[test]
fn a_dry_run_changes_nothing() {
    let install = Install::new();
    let sites = fixture("hl7/sites.csv");
    let dry = ["import", "sites", path(&sites), "--dry-run", "--json"];
    let first = install.run(&dry).ok().json();
    assert_eq!(install.run(&dry).ok().json(), first);
    assert_eq!(first["counts"]["new"], 4);
}

#[test]
fn the_file_may_name_another_top_site_while_nothing_stands_below_the_first() {
    let install = Install::new();
    let north = "path,kind,name\nnorth,enterprise,North Health\nnorth.main,facility,Main\n";
    let file = install.folder.write("north.csv", north);
    install.run(&["import", "sites", path(&file)]).ok();
    let people = install.run(&["user", "list", "--json"]).ok().json();
    let sites: Vec<&str> =
        people[0]["roles"].as_array().unwrap().iter().map(|held| held["site"].as_str().unwrap()).collect();
    assert_eq!(sites, ["north", "north"]);

    let south = install.folder.write("south.csv", "path,kind,name\nsouth,enterprise,South Health\n");
    let said = install.run(&["import", "sites", path(&south)]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("`north` is in use"), "{}", said.out);
}

#[test]
fn every_import_stands_in_the_list_of_the_pages() {
    let install = Install::new().with_sites();
    install.run(&["import", "hl7", path(&fixture("hl7/day.hl7"))]).ok();
    install.run(&["import", "hl7", path(&fixture("hl7/day-refused.hl7"))]);
    let people = "email,name,site,role\nivo@example.org,Ivo Brand,lakeside,quality\nbad,Bad,,\n";
    install.run(&["import", "people", path(&install.folder.write("staff.csv", people))]);
    let mapped = install.folder.write("m.toml", "[columns]\nunit = \"Ward\"\n");
    let beds = install.folder.write("beds.csv", "Ward,bed\nlakeside.riverside.3n,9\n");
    install.run(&["import", "beds", path(&beds), "--mapping", path(&mapped)]).ok();
    let list = common::store::imports(&install.dir);
    let words: Vec<String> = list
        .iter()
        .map(|(kind, file, state, n_new, n_rejected)| {
            let is_any = |n: i64| if n > 0 { "some" } else { "none" };
            format!("{kind} {file} {state}: {} new, {} rejected", is_any(*n_new), is_any(*n_rejected))
        })
        .collect();
    assert_eq!(
        words,
        [
            "sites sites.csv done: some new, none rejected",
            "hl7 day.hl7 done: some new, none rejected",
            "hl7 day-refused.hl7 done: none new, some rejected",
            "people staff.csv done: some new, some rejected",
            "beds beds.csv done: some new, none rejected",
        ]
    );
    let no_site = install.run(&["import", "stays", path(&beds), "--mapping", path(&mapped)]);
    assert_eq!(no_site.code, 2);
    assert!(no_site.err.contains("--site"), "{}", no_site.err);
}

#[test]
fn audit_names_what_was_changed_behind_the_program() {
    let install = Install::new().with_sites();
    install.run(&["import", "hl7", path(&fixture("hl7/day.hl7"))]).ok();
    install.run(&["audit", "verify"]).ok();
    common::store::tamper(&install.dir);
    let said = install.run(&["audit", "verify", "--json"]);
    assert_eq!(said.code, 1);
    let broken = &said.json()["streams"][0]["broken"];
    assert_eq!(broken, &json!({ "stream": "history", "seq": 1, "fault": "changed" }));
}

#[test]
fn audit_misses_no_message_body() {
    let install = Install::new().with_sites();
    install.run(&["import", "hl7", path(&fixture("hl7/day.hl7"))]).ok();
    common::store::remove_body(&install.dir);
    let said = install.run(&["audit", "verify"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("message_body: BROKEN: message_body row 1"), "{}", said.out);
}

#[test]
fn a_backup_restores_to_the_same_census() {
    let install = Install::new().with_sites();
    install.run(&["import", "hl7", path(&fixture("hl7/day.hl7"))]).ok();
    let file = install.folder.path().join("all.backup");
    let nowhere = install.run(&["backup", path(&install.folder.path().join("none/all.backup"))]);
    assert!(nowhere.err.contains("does not exist; make it first"), "{}", nowhere.err);
    install.run(&["backup", path(&file)]).ok();
    let other = install.folder.path().join("other");
    helmward(&["restore", path(&file), "--dir", path(&other)]).ok();
    let words = ["census", "--date", "2026-10-01", "--json"];
    let mut there = words.to_vec();
    there.extend(["--dir", path(&other)]);
    assert_eq!(install.run(&words).ok().json(), helmward(&there).ok().json());
    helmward(&["audit", "verify", "--dir", path(&other)]).ok();

    // Not onto itself, not without keys, not cut short.
    assert_eq!(helmward(&["restore", path(&file), "--dir", path(&other)]).code, 3);
    let text = std::fs::read(&file).unwrap();
    let cut = install.folder.write("cut.backup", &text[..text.len() / 2]);
    let third = install.folder.path().join("third");
    let keys = install.folder.path().join("all.backup.keys");
    assert_eq!(helmward(&["restore", path(&cut), "--dir", path(&third)]).code, 3);
    let with_keys = ["restore", path(&cut), "--keys", path(&keys), "--dir", path(&third)];
    assert_eq!(helmward(&with_keys).code, 3);
    helmward(&["restore", path(&file), "--dir", path(&third)]).ok();
}

#[test]
fn a_rebuild_comes_to_the_same_census() {
    let install = Install::new().with_sites();
    install.run(&["import", "hl7", path(&fixture("hl7/day.hl7"))]).ok();
    let words = ["census", "--date", "2026-10-01", "--json"];
    let before = install.run(&words).ok().json();
    assert_eq!(install.run(&["rebuild", "--json"]).ok().json()["n_cases"], 3);
    assert_eq!(install.run(&words).ok().json(), before);
}

#[test]
fn a_code_given_later_places_the_patients_who_came_before() {
    let install = Install::new();
    let text = std::fs::read_to_string(fixture("hl7/sites.csv")).unwrap();
    // The same sites, but 3 North goes by a code that no message says.
    let other = install.folder.write("sites.csv", text.replace("3N", "THREE-NORTH"));
    install.run(&["import", "sites", path(&other)]).ok();
    install.run(&["import", "hl7", path(&fixture("hl7/day.hl7"))]).ok();
    let census = || install.run(&["census", "--date", "2026-10-01", "--json"]).ok().json();
    let moved_from = |census: &serde_json::Value, unit: &str| {
        let units = census["units"].as_array().unwrap();
        units.iter().find(|found| found["site"] == unit).map(|found| found["transfers_out"].clone())
    };
    assert_eq!(moved_from(&census(), "lakeside.riverside.3n"), Some(json!(0)));

    install.run(&["import", "sites", path(&fixture("hl7/sites.csv"))]).ok();
    let placed = census();
    assert_eq!(moved_from(&placed, "lakeside.riverside.3n"), Some(json!(1)));
    let fresh = Install::new().with_sites();
    fresh.run(&["import", "hl7", path(&fixture("hl7/day.hl7"))]).ok();
    let fresh = fresh.run(&["census", "--date", "2026-10-01", "--json"]).ok().json();
    assert_eq!(moved_from(&placed, "lakeside.riverside.3n"), moved_from(&fresh, "lakeside.riverside.3n"));
    assert_eq!(placed["midnight_census"], fresh["midnight_census"]);
}

#[test]
fn people_and_tokens_are_kept_from_the_command_line() {
    let install = Install::new().with_sites();
    let words = ["user", "add", "r@example.org", "--name", "R. Roe"];
    install.run(&[&words[..], &["--role", "unit-manager", "--site", "lakeside.riverside.5w"]].concat()).ok();
    install.run(&["user", "grant", "r@example.org", "quality", "--site", "lakeside.riverside"]).ok();
    assert!(install.run(&["user", "reset-password", "r@example.org"]).ok().out.contains("signs in once"));
    let create =
        ["token", "create", "--for", "r@example.org", "--name", "board", "--permission", "census:view"];
    let token = install.run(&[&create[..], &["--site", "lakeside.riverside.5w"]].concat()).ok();
    assert!(token.out.starts_with("helmward_"));
    let tokens = install.run(&["token", "list", "--for", "r@example.org", "--json"]).ok().json();
    let id = tokens[0]["id"].as_str().unwrap();
    install.run(&["token", "revoke", id, "--for", "r@example.org"]).ok();
    assert_eq!(install.run(&["token", "revoke", id, "--for", "r@example.org"]).code, 3);
    install.run(&["user", "close", "r@example.org"]).ok();
    let people = install.run(&["user", "list", "--json"]).ok().json();
    let closed = people.as_array().unwrap().iter().find(|row| row["email"] == "r@example.org").unwrap();
    assert!(closed["closed_at"].is_string());
}

#[test]
fn every_export_and_the_doctor_answer() {
    let install = Install::new().with_sites();
    install.run(&["import", "hl7", path(&fixture("hl7/day.hl7"))]).ok();
    for kind in ["sites", "beds", "people", "census", "feeds", "figures", "rules", "views"] {
        let words = ["export", kind, "--period", "2026-10-01", "--format", "json"];
        let said = install.run(&words).ok();
        assert!(said.json().is_array(), "{kind}");
    }
    let sites = install.run(&["export", "sites"]).ok().out;
    assert!(sites.contains("lakeside.riverside.5w,unit,5 West,,,12,10,5W"), "{sites}");
    let doctor = install.run(&["doctor", "--json"]).ok().json();
    assert_eq!(doctor["is_well"], true);
    install.run(&["keys", "rotate"]).ok();
    install.run(&["audit", "verify"]).ok();
    install.run(&["rule", "list", "--json"]).ok();
}

#[test]
fn halves_of_tls_are_told_what_they_need() {
    let install = Install::new();
    for (words, needs) in [
        (&["--tls-cert", "a.pem"][..], "--tls-key FILE"),
        (&["--tls-key", "a.key"], "--tls-cert FILE"),
        (&["--mllp-tls"], "needs a certificate"),
        (&["--tls-cert", "a.pem", "--tls-key", "a.key", "--mllp-clients", "c.pem"], "needs --mllp-tls"),
        (&["--tls-cert", "a.pem", "--tls-key", "a.key"], "a.pem: no certificate can be read there"),
    ] {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0"];
        all.extend(words);
        let said = install.run(&all);
        assert_eq!(said.code, 3, "{}", said.err);
        assert!(said.err.contains(needs), "{}", said.err);
    }
}
