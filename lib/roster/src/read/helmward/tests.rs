use super::*;
use crate::evaluate::Evaluator;
use serde_json::Value;

const README: &str = include_str!("../../../README.md");

fn example() -> String {
    README.split("```json").nth(1).unwrap().split("```").next().unwrap().to_owned()
}

/// Every rule kind, measure and strength once.
const FULL: &str = r#"{
  "format": "helmward-roster", "version": 1, "name": "full",
  "horizon": { "start": "2026-11-02", "days": 14, "zone": "America/New_York", "holidays": ["2026-11-11"] },
  "skills": ["RN", "LPN"], "units": ["ICU", "4W"],
  "shifts": [
    { "id": "D", "start": "07:00", "minutes": 720, "tags": ["day"], "unit": "ICU", "skills": ["RN", "LPN"] },
    { "id": "N", "start": "19:00", "minutes": 720, "tags": ["night"], "unit": "4W", "pay_percent": 110 },
    { "id": "C", "start": "19:00", "minutes": 720, "paid_minutes": 60, "tags": ["on_call"] }
  ],
  "groups": [{ "id": "seniors", "people": ["ann", "bo"] }],
  "people": [
    { "id": "ann", "name": "Ann", "employment": "staff", "home": "ICU", "fte_percent": 80,
      "pay_cents_per_hour": 4200, "can": [{ "duties": { "skills": ["RN"] }, "from": "2020-01-01" }],
      "away": [{ "first": "2026-10-30", "last": "2026-11-03", "credit_minutes": 480 }],
      "locked": [{ "date": "2026-11-04", "cell": "N:LPN" }, { "date": "2026-11-05" }],
      "requests": [{ "date": "2026-11-06", "duties": { "only_off": true }, "wish": "for", "weight": 3 }],
      "travel": [{ "unit": "4W", "points": 4 }], "history": ["D", null, "C:RN"],
      "last_end": "2026-11-02T03:15:00-05:00", "so_far": [{ "rule": "nights", "amount": 2 }] },
    { "id": "bo", "employment": "float" }, { "id": "cal", "employment": "agency", "home": "4W" }
  ],
  "demand": [
    { "weekdays": ["mon", "sun"], "duties": { "tags": ["day", "night"] }, "minimum": 1, "wanted": 2, "maximum": 3,
      "under_minimum": 10, "under_wanted": 5, "over_maximum": 1 },
    { "dates": ["2026-11-11"], "duties": { "units": ["ICU"] }, "who": { "groups": ["seniors"] }, "minimum": 1 }
  ],
  "rules": [
    { "id": "nights", "source": "house", "strength": "hard", "who": { "people": ["ann"] },
      "kind": { "count": { "measure": { "days": { "duties": { "tags": ["night"] }, "weekdays": ["fri"] } },
        "over": "horizon", "min": 0, "max": 3 } } },
    { "id": "holidays", "strength": { "soft": 2 },
      "kind": { "count": { "measure": { "days": { "holidays": true } }, "over": { "rolling": { "days": 7 } }, "max": 1 } } },
    { "id": "pay", "strength": { "pay": 50 }, "kind": { "count": { "measure": { "minutes": {} },
        "over": { "every": { "days": 7, "from": "2026-11-01" } }, "max": 2400, "per": 60 } } },
    { "id": "weekends", "strength": { "soft": 1 }, "kind": { "count": { "measure": { "weekends": {
        "days": [{ "weekday": "sat" }, { "weekday": "sun", "duties": { "tags": ["day"] } }] } }, "over": "horizon", "max": 1 } } },
    { "id": "run", "strength": "hard", "kind": { "run": { "min": 1, "max": 5, "closed_edges": true } } },
    { "id": "rest", "strength": "hard", "kind": { "rest": { "minutes": 660, "per": 30 } } },
    { "id": "recovery", "strength": "hard", "kind": { "recovery": { "after": { "tags": ["night"] }, "days": 3, "minutes": 2880 } } },
    { "id": "forbidden", "strength": "hard", "kind": { "forbidden": { "sequences": [
        { "starting": ["fri"], "days": [{ "shifts": ["N"] }, { "off": true, "all_but": true }] } ] } } },
    { "id": "wanted", "strength": { "soft": 1 }, "kind": { "wanted_succession": {
        "after": { "shifts": ["N"] }, "next": { "shifts": ["N"], "off": true } } } },
    { "id": "whole", "strength": { "soft": 1 }, "kind": { "complete_weekends": {} } },
    { "id": "same", "strength": { "soft": 1 }, "kind": { "same_shift_in_weekend": {} } },
    { "id": "other", "strength": { "soft": 1 }, "kind": { "every_other_weekend": {} } },
    { "id": "overtime", "strength": { "soft": 1 }, "kind": { "overtime": {
        "days": 14, "from": "2026-11-02", "period_minutes": 4800, "day_minutes": 480 } } },
    { "id": "published", "strength": { "soft": 4 }, "kind": { "published": {} } },
    { "id": "share", "strength": { "cover": 1 }, "kind": { "share": { "part": { "employment": ["staff"] },
        "part_duties": { "skills": ["RN"] }, "at_least_percent": 50, "sets": [{ "shifts": ["D"] }] } } },
    { "id": "company", "strength": "hard", "who": { "homes": ["4W"] },
      "kind": { "company": { "with": { "groups": ["seniors"] }, "per": 2, "sets": [{}] } } },
    { "id": "together", "strength": { "soft": 1 }, "who": { "people": ["ann"] },
      "kind": { "together": { "partner": "bo", "sets": [{ "shifts": ["D"] }] } } },
    { "id": "apart", "strength": { "soft": 1 }, "kind": { "apart": { "sets": [{ "shifts": ["C"] }] } } },
    { "id": "fair", "strength": { "soft": 1 }, "kind": { "spread": { "measure": { "weekends": {} },
        "deviations": true, "by_fte": true, "free": 1, "per": 10 } } }
  ],
  "rule_sets": [{ "set": "flsa-40" }, { "set": "flsa-8-80" }, { "set": "eu-working-time", "who": { "people": ["bo"] } },
    { "set": "acgme", "from": "2026-10-26" }, { "set": "ana-fatigue" }],
  "levels": { "under_minimum": "hard", "under_wanted": "cover", "over_maximum": "soft" },
  "money": { "points": 1, "cents": 100 },
  "published": [{ "person": "bo", "cells": ["D", "D", null, null, null, null, null, "N:LPN", null, null, null, null, null, null] }]
}"#;

#[test]
fn everything_the_format_can_say_is_read_and_judged_alike() {
    let problem = read(FULL).unwrap_or_else(|issues| panic!("{issues}"));
    assert_eq!(problem.parts().rules.len(), 19 + 1 + 1 + 3 + 6 + 3);
    assert_eq!(problem.n_codes(), 1 + 6);
    let ann = problem.person(crate::PersonIdx(0));
    assert_eq!((ann.away[0].first, ann.away[0].last), (-3, 1));
    assert_eq!(ann.carry.history, [1, 0, 5].map(crate::Cell));
    assert_eq!(problem.parts().demands.len(), 4 + 1);
    let evaluator = Evaluator::new(&problem);
    for seed in 0..50 {
        let roster = crate::testing::any_roster(&problem, seed);
        assert_eq!(evaluator.score(&roster), crate::check::check(&problem, &roster).score);
    }
}

#[test]
fn the_example_of_the_readme_is_the_one_beside_it() {
    assert_eq!(example().trim(), include_str!("../../../examples/ward.json").trim());
}

#[test]
fn the_schema_tells_of_every_field() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    for text in [FULL.to_owned(), example()] {
        let value: Value = serde_json::from_str(&text).unwrap();
        obeys(&schema, &schema, &value).unwrap();
    }
    for (from, to) in
        [("\"version\": 1", "\"version\": 2"), ("\"days\": 14", "\"daze\": 14"), ("\"hard\"", "\"harder\"")]
    {
        let value: Value = serde_json::from_str(&FULL.replacen(from, to, 1)).unwrap();
        assert!(obeys(&schema, &schema, &value).is_err(), "{to}");
    }
}

/// As much of JSON Schema as ours uses.
fn obeys(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str() {
        return obeys(root, &root["$defs"][name.trim_start_matches("#/$defs/")], value);
    }
    let wrong = |why: &str| Err(format!("{value} {why} {schema}"));
    if let Some(known) = schema.get("const") {
        return if known == value { Ok(()) } else { wrong("is not") };
    }
    if let Some(known) = schema["enum"].as_array() {
        return if known.contains(value) { Ok(()) } else { wrong("is none of") };
    }
    if let Some(ways) = schema["oneOf"].as_array() {
        let n = ways.iter().filter(|way| obeys(root, way, value).is_ok()).count();
        return if n == 1 { Ok(()) } else { wrong("does not obey one of") };
    }
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let Some(of_field) = schema["properties"].get(name) else { return wrong(name) };
                obeys(root, of_field, field)?;
            }
            let required = schema["required"].as_array().into_iter().flatten();
            let is_missing = |name: &&Value| !fields.contains_key(name.as_str().unwrap_or_default());
            if required.clone().any(|name| is_missing(&name)) { wrong("misses a field of") } else { Ok(()) }
        }
        Value::Array(items) => items.iter().try_for_each(|item| obeys(root, &schema["items"], item)),
        Value::Number(number) => {
            let is_inside = schema["type"] == "integer"
                && number.as_i64() >= schema["minimum"].as_i64()
                && schema["maximum"].as_i64().is_none_or(|most| number.as_i64() <= Some(most));
            if is_inside { Ok(()) } else { wrong("is outside of") }
        }
        Value::String(_) if schema["type"].to_string().contains("string") => Ok(()),
        Value::Bool(_) if schema["type"] == "boolean" => Ok(()),
        Value::Null if schema["type"].to_string().contains("null") => Ok(()),
        Value::String(_) | Value::Bool(_) | Value::Null => wrong("has another type than"),
    }
}

#[track_caller]
fn check_bad(from: &str, to: &str, expected: &str) {
    assert!(FULL.contains(from), "{from}");
    assert_eq!(read(&FULL.replacen(from, to, 1)).unwrap_err().to_string(), expected);
}

#[test]
fn bad_values_are_told_with_line_value_and_what_was_expected() {
    check_bad("\"days\": 14", "\"days\": 0", "line 3: `0`; expected 1 to 400 days of the horizon");
    check_bad(
        "\"days\": 14",
        "\"days\": 70000",
        "line 3: invalid value: integer `70000`, expected u16 (column 51)",
    );
    check_bad("\"days\": 14", "\"days\": NaN", "line 3: expected value (column 47)");
    check_bad(
        "\"start\": \"2026-11-02\"",
        "\"start\": \"2026-11-31\"",
        "line 3: `2026-11-31`; expected a date such as 2026-11-02 (column 36)",
    );
    check_bad(
        "America/New_York",
        "America/Nowhere",
        "line 3: `America/Nowhere`; expected a time zone such as America/New_York",
    );
    check_bad(
        "\"skills\": [\"RN\"] }, \"from\"",
        "\"skills\": [\"RNX\"] }, \"from\"",
        "line 13: `RNX`; expected a skill of `skills`",
    );
    check_bad("\"partner\": \"bo\"", "\"partner\": \"bob\"", "line 54: `bob`; expected a person of `people`");
    check_bad(
        "\"C:RN\"",
        "\"X:RN\"",
        "line 17: `X:RN`; expected a shift, alone or with a skill it is worked in, such as D or D:RN",
    );
    check_bad(
        "\"set\": \"acgme\"",
        "\"set\": \"acme\"",
        "line 60: `acme`; expected one of the rule sets flsa-40, flsa-8-80, eu-working-time, acgme, ana-fatigue",
    );
    check_bad(
        "\"id\": \"bo\"",
        "\"id\": \"ann\"",
        "line 10: `bo`; expected a person of `people`\n\
        line 10: `bo`; expected a person of `people`\nline 10: `bo`; expected a person of `people`\n\
        line 10: `bo`; expected a person of `people`",
    );
    check_bad("\"id\": \"cal\"", "\"id\": \"bo\"", "people: the id `bo` is given twice; give each its own");
    check_bad(
        "\"weight\": 3",
        "\"weight\": 2000000",
        "person ann: requests: 2000000 given; between 0 and 1000000 can be handled",
    );
    check_bad(
        "\"min\": 0, \"max\": 3",
        "\"min\": 4, \"max\": 3",
        "rule nights: from 4 to 3 leaves nothing; put the smaller number first",
    );
    check_bad("helmward-roster", "other", "line 1: `other version 1`; expected helmward-roster version 1");
    check_bad(
        "\"holidays\": true",
        "\"holiday\": true",
        "line 31: unknown field `holiday`, expected one of `duties`, `weekdays`, `holidays` (column 59)",
    );
}

#[test]
fn no_text_cut_or_changed_anywhere_makes_it_panic() {
    for at in (0..FULL.len()).step_by(7) {
        let _ = read(&FULL[..at]);
        for other in ["0", "-1", "99999999999", "\"", "null"] {
            let mut text = FULL.to_owned();
            text.replace_range(at..=at, other);
            let _ = read(&text);
        }
    }
}
