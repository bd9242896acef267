//! The roster verbs end to end, on a ward of four.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test file; what fails here fails the test"
)]

mod common;

use common::{Said, helmward};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use testkit::Folder;

const PUBLISHED: &str = "nurse,day_index,shift,skill\n\
    ann,1,D,RN\nann,2,D,RN\nann,5,D,RN\n\
    bo,0,D,RN\nbo,5,N,Charge\nbo,6,N,Charge\n\
    cal,0,N,Charge\ncal,1,N,Charge\ncal,4,D,RN\n\
    dee,3,D,RN\ndee,4,D,RN\n";

struct Ward {
    folder: Folder,
    problem: PathBuf,
    published: PathBuf,
}

impl Ward {
    fn new() -> Ward {
        let folder = Folder::new();
        let problem = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lib/roster/examples/ward.json");
        let published = folder.path().join("published.csv");
        std::fs::write(&published, PUBLISHED).unwrap();
        Ward { folder, problem, published }
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// `helmward roster VERB --format helmward ward.json ...`
    fn run(&self, verb: &str, words: &[&str]) -> Said {
        let mut all = vec!["roster", verb, "--format", "helmward", self.problem.to_str().unwrap()];
        all.extend(words);
        helmward(&all)
    }

    fn published(&self) -> &str {
        self.published.to_str().unwrap()
    }
}

#[test]
fn a_sick_call_is_repaired_and_the_roster_written() {
    let ward = Ward::new();
    let out = ward.folder.path().join("repaired.csv");
    let words = ["--published", ward.published(), "--absent", "dee:2026-10-29", "--max-changes", "3"];
    let said = ward.run("repair", &[&words[..], &["--out", out.to_str().unwrap(), "--json"]].concat()).ok();
    let answer = said.json();
    let forced: Vec<&Value> =
        answer["changes"].as_array().unwrap().iter().filter(|of| of["is_forced"] == true).collect();
    assert_eq!(forced.len(), 1);
    assert_eq!(
        (&forced[0]["person"], &forced[0]["day"], &forced[0]["is"]),
        (&json!("dee"), &json!(3), &json!("off"))
    );
    assert!(answer["n_changes"].as_u64().unwrap() <= 3);
    assert_eq!((&answer["hard_violations"], &answer["holes"][0]["left"]), (&json!(0), &json!(0)));
    let bars = answer["holes"][0]["candidates"].as_array().unwrap();
    let bo = bars.iter().find(|of| of["person"] == "bo").unwrap();
    assert_eq!((&bo["outcome"], &bo["rule"]), (&json!("barred"), &json!("away")));
    let repaired = std::fs::read_to_string(&out).unwrap();
    assert!(!repaired.contains("dee,3,"), "{repaired}");
    // For people.
    let said = ward.run("repair", &words).ok();
    for words in ["cells change:", "cannot work it", "D on Thu 2026-10-29: 1 missing by the news, filled."] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
}

#[test]
fn why_names_the_first_rule_and_all_others() {
    let ward = Ward::new();
    let ask = ["--published", ward.published(), "--person", "bo", "--day", "3", "--shift", "D"];
    let answer = ward.run("why", &[&ask[..], &["--json"]].concat()).ok().json();
    assert_eq!((&answer["can"], &answer["first"]), (&json!(false), &json!("away")));
    let said = ward.run("why", &ask).ok();
    assert!(
        said.out.starts_with(
            "bo cannot have D on Thu 2026-10-29:\n  bo is away from Wed 2026-10-28 to Thu 2026-10-29"
        ),
        "{}",
        said.out
    );
    let rest = ward.run(
        "why",
        &["--published", ward.published(), "--person", "cal", "--day", "2026-10-28", "--shift", "D"],
    );
    assert!(rest.ok().out.contains("needs 11 h of rest and would have 0 h"));
    let short = ward.run("why", &["--published", ward.published(), "--day", "2", "--shift", "N"]).ok();
    assert!(short.out.contains("N as Charge on Wed 2026-10-28 has 0 of 1."), "{}", short.out);
}

#[test]
fn a_rule_has_a_price_and_demand_is_drafted() {
    let ward = Ward::new();
    let price =
        ward.run("price", &["--relax", "nights in a row", "--seconds", "0.4", "--threads", "1", "--json"]);
    let answer = price.ok().json();
    assert!(answer["saved"]["hard"].as_i64().unwrap() >= 0 && answer["words"].is_string(), "{answer}");
    let census = ward.file("census.csv", "day,patients\n2026-10-26,22\n");
    let draft = ["--census", &census, "--california", "medical and surgical"];
    let answer = ward.run("draft", &[&draft[..], &["--json"]].concat()).ok().json();
    assert_eq!(
        answer["demand"][0],
        json!({ "dates": ["2026-10-26"], "duties": { "shifts": ["D"], "skills": ["RN"] }, "minimum": 6, "wanted": 6 })
    );
    let said = ward.run("draft", &["--census", &census, "--hppd", "8.5", "--skills", "RN=65,Charge=35"]).ok();
    assert!(said.out.contains("22 patients x 8 h 30 = 187 h of care"), "{}", said.out);
}

#[test]
fn bad_input_is_told_with_what_was_expected() {
    let ward = Ward::new();
    let published = ward.published();
    let repair = |words: &[&str]| ward.run("repair", &[&["--published", published][..], words].concat());
    for (said, words) in [
        (repair(&["--absent", "zoe:3"]), "there is no person `zoe`; the problem has ann, bo, cal, dee"),
        (repair(&["--absent", "ann"]), "`ann` is not understood; write PERSON:DAY"),
        (
            repair(&["--absent", "ann:9"]),
            "`9` is no day of the roster; write a number from 0 to 6, or a date from 2026-10-26 to 2026-11-01",
        ),
        (repair(&["--absent", "ann:3..1"]), "`3..1` ends before it begins"),
        (
            repair(&["--absent", "ann:0..6", "--max-changes", "2"]),
            "3 published cells cannot stand any longer and at most 2 may change; allow at least 3 changes",
        ),
        (repair(&["--demand", "3:X:+1"]), "there is no shift `X`; the problem has D, N"),
        (repair(&["--lapsed", "ann:2026-10-27:LPN"]), "`LPN` is no day of the roster"),
        (ward.run("price", &["--relax", "sleep"]), "there is no rule `sleep`; the problem has rest"),
        (ward.run("why", &["--day", "3", "--shift", "D", "--person", "Ann"]), "there is no person `Ann`"),
    ] {
        assert_eq!(said.code, 3, "{words}: {}{}", said.out, said.err);
        assert!(said.err.contains(words), "{words}: {}", said.err);
    }
    assert_eq!(ward.run("repair", &[]).code, 2);
    assert_eq!(ward.run("draft", &["--census", "c.csv"]).code, 2);
    let bad = ward.file("bad.csv", "nurse,day_index,shift,skill\nann,1,D,RN\nzoe,1,D,RN\n");
    let said = ward.run("repair", &["--published", &bad]);
    assert_eq!(said.code, 3);
    assert!(said.err.contains("line 3: `zoe`; expected a person of the problem"), "{}", said.err);
    let census = ward.file("census.csv", "day,patients\n0,many\n");
    let said = ward.run("draft", &["--census", &census, "--ratio", "5"]);
    assert!(said.err.contains("line 2: `many`; expected patients, a whole number"), "{}", said.err);
}
