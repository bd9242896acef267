//! The JSON as it stands, before names are looked up.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Problem {
    pub(super) format: String,
    pub(super) version: u32,
    #[serde(default)]
    pub(super) name: String,
    pub(super) horizon: Horizon,
    pub(super) skills: Vec<String>,
    #[serde(default)]
    pub(super) units: Vec<String>,
    pub(super) shifts: Vec<Shift>,
    #[serde(default)]
    pub(super) groups: Vec<Group>,
    pub(super) people: Vec<Person>,
    #[serde(default)]
    pub(super) demand: Vec<Demand>,
    #[serde(default)]
    pub(super) rules: Vec<Rule>,
    #[serde(default)]
    pub(super) rule_sets: Vec<RuleSet>,
    #[serde(default)]
    pub(super) levels: Levels,
    pub(super) money: Option<Money>,
    pub(super) published: Option<Vec<Published>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Horizon {
    #[serde(deserialize_with = "date")]
    pub(super) start: Date,
    pub(super) days: u16,
    #[serde(default = "utc")]
    pub(super) zone: String,
    #[serde(default, deserialize_with = "dates")]
    pub(super) holidays: Vec<Date>,
}

fn utc() -> String {
    "UTC".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shift {
    pub(super) id: String,
    /// `07:00`.
    pub(super) start: String,
    pub(super) minutes: u32,
    pub(super) paid_minutes: Option<u32>,
    #[serde(default)]
    pub(super) tags: Vec<Tag>,
    pub(super) unit: Option<String>,
    /// Absent: every skill.
    pub(super) skills: Option<Vec<String>>,
    #[serde(default = "hundred")]
    pub(super) pay_percent: u32,
}

const fn hundred() -> u32 {
    100
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Tag {
    Day,
    Evening,
    Night,
    OnCall,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) people: Vec<String>,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Employment {
    #[default]
    Staff,
    Float,
    Agency,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) employment: Employment,
    pub(super) home: Option<String>,
    #[serde(default = "full_time")]
    pub(super) fte_percent: u16,
    #[serde(default)]
    pub(super) pay_cents_per_hour: i64,
    /// Absent: everything.
    pub(super) can: Option<Vec<Can>>,
    #[serde(default)]
    pub(super) away: Vec<Away>,
    #[serde(default)]
    pub(super) locked: Vec<Locked>,
    #[serde(default)]
    pub(super) requests: Vec<Request>,
    #[serde(default)]
    pub(super) travel: Vec<Travel>,
    /// Cells of the days before the horizon, the last one the day before it.
    #[serde(default)]
    pub(super) history: Vec<Option<String>>,
    #[serde(default, deserialize_with = "instant")]
    pub(super) last_end: Option<Timestamp>,
    #[serde(default)]
    pub(super) so_far: Vec<SoFar>,
}

const fn full_time() -> u16 {
    100
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Can {
    #[serde(default)]
    pub(super) duties: Duties,
    #[serde(default, deserialize_with = "maybe_date")]
    pub(super) from: Option<Date>,
    #[serde(default, deserialize_with = "maybe_date")]
    pub(super) until: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Away {
    #[serde(deserialize_with = "date")]
    pub(super) first: Date,
    #[serde(deserialize_with = "date")]
    pub(super) last: Date,
    #[serde(default)]
    pub(super) credit_minutes: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Locked {
    #[serde(deserialize_with = "date")]
    pub(super) date: Date,
    /// Absent: off.
    pub(super) cell: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Wish {
    For,
    Against,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    #[serde(deserialize_with = "date")]
    pub(super) date: Date,
    #[serde(default)]
    pub(super) duties: Duties,
    pub(super) wish: Wish,
    pub(super) weight: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Travel {
    pub(super) unit: String,
    pub(super) points: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SoFar {
    pub(super) rule: String,
    pub(super) amount: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Published {
    pub(super) person: String,
    pub(super) cells: Vec<Option<String>>,
}

/// Duties that pass every filter given; nothing given: every duty.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Duties {
    pub(super) shifts: Option<Vec<String>>,
    pub(super) skills: Option<Vec<String>>,
    pub(super) tags: Option<Vec<Tag>>,
    pub(super) units: Option<Vec<String>>,
    /// Off as well; with `only_off` nothing else.
    #[serde(default)]
    pub(super) off: bool,
    #[serde(default)]
    pub(super) only_off: bool,
    /// Everything but these.
    #[serde(default)]
    pub(super) all_but: bool,
}

/// People of any of the lists; nothing given: everybody.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Who {
    pub(super) people: Option<Vec<String>>,
    pub(super) groups: Option<Vec<String>>,
    pub(super) employment: Option<Vec<Employment>>,
    pub(super) homes: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Demand {
    /// Absent together with weekdays: every day.
    #[serde(default, deserialize_with = "maybe_dates")]
    pub(super) dates: Option<Vec<Date>>,
    pub(super) weekdays: Option<Vec<Weekday>>,
    #[serde(default)]
    pub(super) duties: Duties,
    #[serde(default)]
    pub(super) who: Who,
    #[serde(default)]
    pub(super) minimum: u16,
    #[serde(default)]
    pub(super) wanted: u16,
    pub(super) maximum: Option<u16>,
    #[serde(default = "one")]
    pub(super) under_minimum: i64,
    #[serde(default = "one")]
    pub(super) under_wanted: i64,
    #[serde(default)]
    pub(super) over_maximum: i64,
}

const fn one() -> i64 {
    1
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Levels {
    pub(super) under_minimum: Level,
    pub(super) under_wanted: Level,
    pub(super) over_maximum: Level,
}

impl Default for Levels {
    fn default() -> Levels {
        Levels { under_minimum: Level::Cover, under_wanted: Level::Soft, over_maximum: Level::Soft }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    Hard,
    Cover,
    Soft,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Money {
    pub(super) points: i64,
    pub(super) cents: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleSet {
    pub(super) set: String,
    #[serde(default)]
    pub(super) who: Who,
    /// The first day of any period, for sets with periods; absent: the first day of the horizon.
    #[serde(default, deserialize_with = "maybe_date")]
    pub(super) from: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) id: String,
    #[serde(default)]
    pub(super) source: String,
    #[serde(default)]
    pub(super) who: Who,
    pub(super) strength: Strength,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Strength {
    Hard,
    Cover(i64),
    Soft(i64),
    Pay(i64),
}

const fn one_unit() -> u32 {
    1
}

const fn one_hour() -> u32 {
    60
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Kind {
    Count {
        measure: Measure,
        over: Over,
        min: Option<i64>,
        max: Option<i64>,
        #[serde(default = "one_unit")]
        per: u32,
    },
    Run {
        #[serde(default)]
        duties: Duties,
        #[serde(default)]
        min: u16,
        max: Option<u16>,
        #[serde(default)]
        closed_edges: bool,
    },
    Rest {
        #[serde(default)]
        after: Duties,
        #[serde(default)]
        before: Duties,
        minutes: u32,
        #[serde(default = "one_hour")]
        per: u32,
    },
    Recovery {
        after: Duties,
        days: u16,
        minutes: u32,
        #[serde(default = "one_hour")]
        per: u32,
    },
    Forbidden {
        sequences: Vec<Sequence>,
    },
    WantedSuccession {
        after: Duties,
        next: Duties,
    },
    CompleteWeekends {},
    SameShiftInWeekend {},
    EveryOtherWeekend {},
    Overtime {
        days: u16,
        #[serde(deserialize_with = "date")]
        from: Date,
        period_minutes: u32,
        day_minutes: Option<u32>,
        #[serde(default = "one_hour")]
        per: u32,
    },
    Published {},
    Share {
        part: Who,
        #[serde(default)]
        part_duties: Duties,
        at_least_percent: u16,
        sets: Vec<Duties>,
    },
    Company {
        with: Who,
        per: Option<u16>,
        sets: Vec<Duties>,
    },
    Together {
        partner: String,
        sets: Vec<Duties>,
    },
    Apart {
        sets: Vec<Duties>,
    },
    Spread {
        measure: Measure,
        #[serde(default)]
        deviations: bool,
        #[serde(default)]
        by_fte: bool,
        #[serde(default)]
        free: i64,
        #[serde(default = "one_unit")]
        per: u32,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sequence {
    pub(super) starting: Option<Vec<Weekday>>,
    pub(super) days: Vec<Duties>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Measure {
    Days {
        #[serde(default)]
        duties: Duties,
        weekdays: Option<Vec<Weekday>>,
        #[serde(default)]
        holidays: bool,
    },
    Minutes {
        #[serde(default)]
        duties: Duties,
    },
    Weekends {
        /// Absent: Saturday and Sunday with any duty.
        days: Option<Vec<WeekendDay>>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WeekendDay {
    pub(super) weekday: Weekday,
    #[serde(default)]
    pub(super) duties: Duties,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Over {
    Horizon,
    Every {
        days: u16,
        #[serde(deserialize_with = "date")]
        from: Date,
    },
    Rolling {
        days: u16,
    },
}

fn parsed<T: std::str::FromStr, E: serde::de::Error>(text: &str, expected: &str) -> Result<T, E> {
    let short = crate::read::issue::clip(text);
    text.parse().map_err(|_| E::custom(format!("`{short}`; expected {expected}")))
}

fn date<'de, D: Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
    parsed(&String::deserialize(from)?, "a date such as 2026-11-02")
}

fn maybe_date<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
    let text: Option<String> = Option::deserialize(from)?;
    text.map(|text| parsed(&text, "a date such as 2026-11-02")).transpose()
}

fn dates<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Date>, D::Error> {
    let texts: Vec<String> = Vec::deserialize(from)?;
    texts.iter().map(|text| parsed(text, "a date such as 2026-11-02")).collect()
}

fn maybe_dates<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<Date>>, D::Error> {
    dates(from).map(Some)
}

fn instant<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let text: Option<String> = Option::deserialize(from)?;
    text.map(|text| parsed(&text, "an instant such as 2026-11-01T23:15:00-05:00")).transpose()
}
