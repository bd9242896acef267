//! The shapes of the API's answers, as JSON Schema for OpenAPI.

use serde_json::{Map, Value, json};

/// A property written short: `name type`, `name? type` where it may be null, `name [type]` for a list,
/// `name #Schema` and `name [#Schema]` for another shape. After ` -- ` its meaning.
const SHAPES: [(&str, &str, &[&str]); 18] = [
    (
        "CensusUnit",
        "The counts of one site on one day.",
        &[
            "site string",
            "midnight_census integer -- inpatients at local 24:00",
            "service_days integer -- midnight census and those who came and left that day",
            "admissions integer",
            "discharges integer -- alive",
            "deaths integer",
            "transfers_in integer -- from other sites of the facility",
            "transfers_out integer",
            "staffed_beds integer",
            "occupancy? number -- service days over staffed beds, in percent",
        ],
    ),
    (
        "PresentStay",
        "One stay in its place, without a name.",
        &[
            "stay string -- visit number, or our id",
            "unit string",
            "bed? string",
            "class string",
            "since date-time",
        ],
    ),
    (
        "FigureDefinition",
        "A figure of the catalogue.",
        &[
            "key string",
            "title string",
            "unit string",
            "better string -- higher, lower or neither",
            "definition string",
            "source string",
            "numerator string",
            "denominator? string",
            "is_additive boolean -- whether a site is the sum of its children",
            "why_not string -- why it is not",
            "target_rule? string",
        ],
    ),
    ("Figure", "A figure of a site and period.", FIGURE),
    (
        "FigureRow",
        "One row a figure was made from.",
        &[
            "site string",
            "label string",
            "at? string",
            "numerator integer",
            "denominator? integer",
            "note? string",
        ],
    ),
    (
        "Need",
        "One thing that needs somebody.",
        &[
            "key string",
            "class string -- safety, legal_clock, money or rest",
            "sentence string",
            "why string",
            "due? date-time",
            "due_words? string",
            "owner? string",
            "site string",
            "href string -- the page that starts the fix",
            "button string",
            "chip? #Chip",
            "area string",
        ],
    ),
    ("Chip", "A few words beside a need.", &["kind string", "text string"]),
    (
        "Needs",
        "The needs of a site.",
        &["open [#Need]", "dismissed [#Need] -- put off, with reason, until, dismissed_by, dismissed_at"],
    ),
    (
        "Site",
        "A site of the tree.",
        &[
            "site string",
            "name string",
            "kind string",
            "care string",
            "parent? string",
            "time_zone? string",
            "currency string",
            "codes [string]",
            "closed_on? date",
        ],
    ),
    (
        "Bed",
        "A bed.",
        &[
            "id string",
            "unit string",
            "bed string",
            "state string -- available, assigned, occupied, dirty, cleaning, blocked or closed",
            "since? date-time",
            "reason? string",
            "owner? string",
            "is_licensed boolean",
            "is_set_up boolean",
        ],
    ),
    (
        "BedState",
        "What a bed shall do.",
        &["state string -- available, dirty, cleaning, blocked or closed", "reason string", "owner string"],
    ),
    (
        "BedChange",
        "What a bed became.",
        &[
            "id string",
            "unit string",
            "bed string",
            "state string",
            "since date-time",
            "reason string",
            "owner string",
        ],
    ),
    (
        "Stay",
        "A stay without a name.",
        &[
            "stay string -- visit number, or our id",
            "id string",
            "facility string",
            "unit? string",
            "bed? string",
            "state string",
            "class string",
            "service? string",
            "arrived_at date-time",
            "admitted_at? date-time",
            "left_at? date-time",
            "disposition? string",
            "expected_at? date-time",
            "expected_out_at? date-time",
            "is_on_leave boolean",
        ],
    ),
    ("StaysPage", "A page of stays.", &["stays [#Stay]", "next? string -- the cursor of the next page"]),
    (
        "Feed",
        "A sender by one way in.",
        &[
            "id string",
            "application string",
            "facility string",
            "way string",
            "site? string",
            "first_at date-time",
            "last_at date-time",
            "last_event_at? date-time",
            "n_received integer",
            "n_applied integer",
            "n_ignored integer",
            "n_duplicate integer",
            "n_refused integer",
            "n_open_faults integer",
        ],
    ),
    (
        "Received",
        "What became of a message.",
        &[
            "outcome string -- applied, duplicate, ignored, conflict, refused or unreadable",
            "acknowledgment string -- AA, AE or AR",
            "code? string",
            "reason? string",
        ],
    ),
    (
        "Job",
        "A piece of long work.",
        &[
            "id string",
            "kind string",
            "site string",
            "title string",
            "state string -- waiting, running, done, failed or cancelled",
            "n_done integer",
            "n_total integer",
            "note string",
            "result string",
            "asked_at date-time",
            "started_at? date-time",
            "finished_at? date-time",
        ],
    ),
    (
        "Problem",
        "What went wrong (RFC 9457).",
        &["type string", "title string", "status integer", "detail string -- what is wrong and what to do"],
    ),
];

const FIGURE: &[&str] = &[
    "key string",
    "value? number -- unrounded; none where nothing can be divided",
    "numerator? integer",
    "denominator? integer",
    "unit string",
    "fresh_at? date-time -- when the newest data it was made from arrived",
];

/// Every shape by its name.
pub(super) fn all() -> Value {
    let mut all: Map<String, Value> = SHAPES
        .iter()
        .map(|(name, words, properties)| ((*name).to_owned(), object(words, properties)))
        .collect();
    let mut add = |name: &str, value: Value| {
        all.insert(name.to_owned(), value);
    };
    add(
        "CensusDay",
        both("CensusUnit", "A day of a site and its units.", &["date date", "units [#CensusUnit]"]),
    );
    add("CensusInstant", object("Everyone inside at an instant.", &["present [#PresentStay]"]));
    add("Census", json!({ "oneOf": [reference("CensusDay"), reference("CensusInstant")] }));
    let explained = ["definition string", "source string", "rows [#FigureRow]", "n_rows integer"];
    add("Explanation", both("Figure", "A figure with its rows.", &explained));
    add(
        "Message",
        json!({ "type": "string", "description": "One HL7 v2 message, segments parted by CR or LF." }),
    );
    add(
        "Rule",
        object(
            "A dated rule at a site.",
            &[
                "key string",
                "title string",
                "jurisdiction string",
                "unit string",
                "limits string",
                "value? string",
                "source? string",
                "is_override boolean",
                "is_stale boolean -- last checked over a year ago",
                "versions [object]",
                "overrides [object]",
            ],
        ),
    );
    Value::Object(all)
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// A shape that has everything of another one, and more.
fn both(base: &str, words: &str, properties: &[&str]) -> Value {
    json!({ "allOf": [reference(base), object(words, properties)] })
}

fn object(words: &str, properties: &[&str]) -> Value {
    let mut shown = Map::new();
    let mut required = Vec::new();
    for property in properties {
        let (head, meaning) = property.split_once(" -- ").unwrap_or((property, ""));
        let (name, kind) = head.split_once(' ').unwrap_or((head, "string"));
        let is_nullable = name.ends_with('?');
        let name = name.trim_end_matches('?');
        let mut schema = schema_of(kind, is_nullable);
        if let Some(schema) = schema.as_object_mut().filter(|_| !meaning.is_empty()) {
            schema.insert("description".to_owned(), json!(meaning));
        }
        shown.insert(name.to_owned(), schema);
        required.push(json!(name));
    }
    json!({ "type": "object", "description": words, "properties": shown, "required": required })
}

/// The schema of a kind as [`SHAPES`] write it.
pub(super) fn schema_of(kind: &str, is_nullable: bool) -> Value {
    if let Some(item) = kind.strip_prefix('[').and_then(|kind| kind.strip_suffix(']')) {
        return json!({ "type": "array", "items": schema_of(item, false) });
    }
    if let Some(name) = kind.strip_prefix('#') {
        return match is_nullable {
            true => json!({ "oneOf": [reference(name), { "type": "null" }] }),
            false => reference(name),
        };
    }
    if kind == "period" {
        // What `base::Period` reads: a year, a quarter, a month, a day, or two days.
        let pattern = r"^(\d{4}(-[qQ][1-4]|-\d{2}(-\d{2})?)?|\d{4}-\d{2}-\d{2}\.\.\d{4}-\d{2}-\d{2})$";
        return json!({ "type": "string", "minLength": 4, "maxLength": 22, "pattern": pattern });
    }
    let (kind, format) = match kind {
        "date" | "date-time" => ("string", Some(kind)),
        other => other.split_once(':').map_or((other, None), |(kind, format)| (kind, Some(format))),
    };
    let kind = if is_nullable { json!([kind, "null"]) } else { json!(kind) };
    match format {
        Some(format) => json!({ "type": kind, "format": format }),
        None => json!({ "type": kind }),
    }
}
