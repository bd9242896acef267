//! The rules that census and intake need. Values of the house are starting points that sites override.

use super::{RuleDef, RuleKind, Version};
use jiff::civil::{Date, date};

/// When these were last compared with their sources.
const CHECKED: Date = date(2026, 11, 2);
/// House values hold for any past a place may load.
const ALWAYS: Date = date(2000, 1, 1);
const HOUSE: &str = "Starting value of the product; no law sets it. Set your own with a reason";

const fn since(effective_from: Date, value: &'static str, source: &'static str) -> Version {
    Version { effective_from, effective_to: None, value, source, last_checked: CHECKED }
}

const MINUTES: RuleKind = RuleKind::Minutes { min: 1, max: 10_080 };

/// The rules the product is delivered with.
#[must_use]
pub fn seed() -> &'static [RuleDef] {
    &SEED
}

static SEED: [RuleDef; 13] = [
    RuleDef {
        key: "bed.blocked_review",
        title: "Review of a blocked bed",
        jurisdiction: "house",
        unit: "minutes",
        kind: MINUTES,
        versions: &[since(ALWAYS, "1440", HOUSE)],
    },
    RuleDef {
        key: "bed.dirty_limit",
        title: "Longest time a bed stays dirty",
        jurisdiction: "house",
        unit: "minutes",
        kind: MINUTES,
        versions: &[since(ALWAYS, "60", HOUSE)],
    },
    RuleDef {
        key: "census.occupancy_target",
        title: "Occupancy target",
        jurisdiction: "house",
        unit: "% of staffed beds",
        kind: RuleKind::Percent { max: 150 },
        versions: &[since(ALWAYS, "88", HOUSE)],
    },
    RuleDef {
        key: "discharges.before_noon_target",
        title: "Discharges before noon, target",
        jurisdiction: "house",
        unit: "% of discharges",
        kind: RuleKind::Percent { max: 100 },
        versions: &[since(ALWAYS, "30", HOUSE)],
    },
    RuleDef {
        key: "disposition.expired",
        title: "Discharge dispositions that mean a death",
        jurisdiction: "US",
        unit: "codes",
        kind: RuleKind::Text { chars_max: 200 },
        versions: &[since(
            ALWAYS,
            "20 40 41 42",
            "UB-04 patient discharge status: 20 expired; 40 to 42 expired under hospice care, by place",
        )],
    },
    RuleDef {
        key: "ed.boarding_limit",
        title: "ED boarding limit",
        jurisdiction: "US",
        unit: "minutes from the decision to admit",
        kind: MINUTES,
        versions: &[since(
            ALWAYS,
            "240",
            "CMS Emergency Care Access and Timeliness measure counts boarding over 4 h; recalled, check before a legal claim",
        )],
    },
    RuleDef {
        key: "ed.lwbs_target",
        title: "Left without being seen, target",
        jurisdiction: "house",
        unit: "% of ED arrivals",
        kind: RuleKind::Percent { max: 100 },
        versions: &[since(ALWAYS, "2", HOUSE)],
    },
    RuleDef {
        key: "feed.stale_after",
        title: "A feed is stale after",
        jurisdiction: "house",
        unit: "minutes without a message",
        kind: MINUTES,
        versions: &[since(ALWAYS, "15", HOUSE)],
    },
    RuleDef {
        key: "los.deduct_leave",
        title: "Leave of absence is deducted from the length of stay",
        jurisdiction: "house",
        unit: "",
        kind: RuleKind::Choice(&["no", "yes"]),
        versions: &[since(ALWAYS, "no", HOUSE)],
    },
    RuleDef {
        key: "observation.moon_due",
        title: "Observation notice (MOON) becomes due",
        jurisdiction: "US",
        unit: "minutes of observation",
        kind: MINUTES,
        // The NOTICE Act took effect a year after its passage, on 6 August 2016.
        versions: &[since(
            date(2016, 8, 6),
            "1440",
            "NOTICE Act, 42 CFR 489.20(y): patients under observation for more than 24 h",
        )],
    },
    RuleDef {
        key: "observation.moon_limit",
        title: "Observation notice (MOON) delivered by",
        jurisdiction: "US",
        unit: "minutes of observation",
        kind: MINUTES,
        versions: &[since(
            date(2016, 8, 6),
            "2160",
            "NOTICE Act, 42 CFR 489.20(y): within 36 h of the start; hours recalled, check before a legal claim",
        )],
    },
    RuleDef {
        key: "report.small_cell",
        title: "Largest count suppressed in what leaves the house",
        jurisdiction: "US",
        unit: "patients",
        kind: RuleKind::Number { min: 0, max: 100 },
        versions: &[since(ALWAYS, "10", "CMS cell size suppression policy: counts of 1 to 10; recalled")],
    },
    RuleDef {
        key: "stay.two_midnights",
        title: "Midnights that make inpatient care appropriate",
        jurisdiction: "US",
        unit: "midnights",
        kind: RuleKind::Number { min: 1, max: 5 },
        versions: &[since(date(2013, 10, 1), "2", "42 CFR 412.3, two-midnight benchmark")],
    },
];
