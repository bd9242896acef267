//! Dated rules: numbers of law, payers and the house, with their source, and each site's overrides.
//!
//! Areas declare [`RuleDef`]s as data; [`Registry`] checks them once at the start. [`Rules`] is the snapshot
//! of a transaction: the registry and every override, and [`Rules::value`] answers what holds at a site on a
//! day. Rules are compiled in, overrides are made by people with a reason and kept in history.

mod seed;
mod store;
#[cfg(test)]
mod tests;
mod view;

pub use seed::seed;
pub use store::{OverrideAsk, OverrideProblem, end_override, find_override, put_override};
pub use view::{RuleState, RuleView, VersionView};

use base::{DatedRule, Id, Minutes, SitePath, in_force, overlaps};
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Which values a rule takes, with their limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleKind {
    /// A whole number or decimal from `min` to `max`.
    Number {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// A length in whole minutes from `min` to `max`.
    Minutes {
        /// Shortest.
        min: i64,
        /// Longest.
        max: i64,
    },
    /// A percentage from 0 to `max`; over 100 where that can be, as for occupancy.
    Percent {
        /// Largest.
        max: i64,
    },
    /// A text of 1 to `chars_max` characters.
    Text {
        /// Most characters.
        chars_max: usize,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// What a rule says, read.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleValue {
    /// Of a [`RuleKind::Number`].
    Number(f64),
    /// Of a [`RuleKind::Minutes`].
    Minutes(Minutes),
    /// Of a [`RuleKind::Percent`].
    Percent(f64),
    /// Of a [`RuleKind::Text`].
    Text(String),
    /// Of a [`RuleKind::Choice`].
    Choice(String),
}

impl RuleKind {
    /// The limits in words: `a whole number of minutes from 1 to 1440`.
    #[must_use]
    pub fn limits(self) -> String {
        match self {
            RuleKind::Number { min, max } => format!("a number from {min} to {max}"),
            RuleKind::Minutes { min, max } => format!("a whole number of minutes from {min} to {max}"),
            RuleKind::Percent { max } => format!("a percentage from 0 to {max}"),
            RuleKind::Text { chars_max } => format!("a text of 1 to {chars_max} characters"),
            RuleKind::Choice(words) => format!("one of {}", words.join(", ")),
        }
    }

    /// Reads a value; `None` when it is outside the limits.
    #[must_use]
    pub fn read(self, text: &str) -> Option<RuleValue> {
        let text = text.trim();
        let number = |min: i64, max: i64| {
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
            number.filter(|number| *number >= min as f64 && *number <= max as f64)
        };
        match self {
            RuleKind::Number { min, max } => number(min, max).map(RuleValue::Number),
            RuleKind::Percent { max } => number(0, max).map(RuleValue::Percent),
            RuleKind::Minutes { min, max } => {
                let minutes = text.parse::<i64>().ok().filter(|minutes| (min..=max).contains(minutes));
                minutes.map(|minutes| RuleValue::Minutes(Minutes(minutes)))
            }
            RuleKind::Text { chars_max } => {
                let fits = !text.is_empty() && text.chars().count() <= chars_max;
                fits.then(|| RuleValue::Text(text.to_owned()))
            }
            RuleKind::Choice(words) => words.contains(&text).then(|| RuleValue::Choice(text.to_owned())),
        }
    }
}

impl fmt::Display for RuleValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RuleValue::Number(number) => write!(f, "{number}"),
            RuleValue::Minutes(minutes) => write!(f, "{minutes}"),
            RuleValue::Percent(percent) => write!(f, "{percent}%"),
            RuleValue::Text(text) | RuleValue::Choice(text) => f.write_str(text),
        }
    }
}

/// One version of a rule as an area declares it.
#[derive(Debug, Clone, Copy)]
pub struct Version {
    /// First day it holds.
    pub effective_from: Date,
    /// First day it no longer holds.
    pub effective_to: Option<Date>,
    /// What it says.
    pub value: &'static str,
    /// Where it is written.
    pub source: &'static str,
    /// When somebody last compared it with its source.
    pub last_checked: Date,
}

/// A rule as an area declares it.
#[derive(Debug, Clone, Copy)]
pub struct RuleDef {
    /// What it settles: `ed.boarding_limit`.
    pub key: &'static str,
    /// Its name to people.
    pub title: &'static str,
    /// Where it holds: `US`, `US-CA`, or `house` for the house's own choice.
    pub jurisdiction: &'static str,
    /// What its value counts in, for the rules page; may be empty.
    pub unit: &'static str,
    /// Which values it takes.
    pub kind: RuleKind,
    /// Its versions, in any order.
    pub versions: &'static [Version],
}

/// A value that a rule cannot take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{got}` does not fit \"{title}\"; give {limits}")]
pub struct BadValue {
    /// The rule.
    pub title: String,
    /// The value given.
    pub got: String,
    /// What it takes.
    pub limits: String,
}

/// Why declared rules do not make a registry. A fault of the program, found at its start and by tests.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRegistry {
    /// Two rules of one key.
    #[error("the rule `{key}` is declared twice; keep one")]
    Twice {
        /// The key.
        key: &'static str,
    },
    /// A version whose value the rule cannot take.
    #[error("the rule `{key}`: {bad}")]
    Value {
        /// The key.
        key: &'static str,
        /// What is wrong.
        bad: BadValue,
    },
    /// Two versions of one day.
    #[error("{0}")]
    Overlap(String),
}

pub(crate) struct Declared {
    pub(crate) def: RuleDef,
    pub(crate) versions: Vec<DatedRule>,
}

/// Every declared rule, checked.
pub struct Registry(BTreeMap<&'static str, Declared>);

impl Registry {
    /// Checks the rules of all areas.
    ///
    /// # Errors
    /// [`BadRegistry`] for a key declared twice, a value outside its limits, or versions that overlap.
    pub fn new(lists: &[&[RuleDef]]) -> Result<Registry, BadRegistry> {
        let mut rules = BTreeMap::new();
        for def in lists.iter().copied().flatten() {
            if let Some(bad) = def.versions.iter().find_map(|version| def.read(version.value).err()) {
                return Err(BadRegistry::Value { key: def.key, bad });
            }
            let versions: Vec<DatedRule> = def.versions.iter().map(|version| def.dated(version)).collect();
            if let Some(overlap) = overlaps(&versions).first() {
                return Err(BadRegistry::Overlap(overlap.to_string()));
            }
            if rules.insert(def.key, Declared { def: *def, versions }).is_some() {
                return Err(BadRegistry::Twice { key: def.key });
            }
        }
        Ok(Registry(rules))
    }

    /// A rule by its key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&RuleDef> {
        self.0.get(key).map(|declared| &declared.def)
    }

    /// Every rule, by key.
    pub fn all(&self) -> impl Iterator<Item = &RuleDef> {
        self.0.values().map(|declared| &declared.def)
    }
}

impl RuleDef {
    /// Reads a value for this rule.
    ///
    /// # Errors
    /// [`BadValue`] naming the limits.
    pub fn read(&self, text: &str) -> Result<RuleValue, BadValue> {
        self.kind.read(text).ok_or_else(|| BadValue {
            title: self.title.to_owned(),
            got: text.chars().take(80).collect(),
            limits: self.kind.limits(),
        })
    }

    fn dated(&self, version: &Version) -> DatedRule {
        DatedRule {
            key: self.key.to_owned(),
            jurisdiction: self.jurisdiction.to_owned(),
            effective_from: version.effective_from,
            effective_to: version.effective_to,
            value: version.value.to_owned(),
            source: version.source.to_owned(),
            last_checked: version.last_checked,
        }
    }
}

/// A site's own value for a rule, from a day to a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// Its id.
    pub id: Id<Override>,
    /// The rule.
    pub rule_key: String,
    /// Where it holds, with everything below.
    pub site: SitePath,
    /// First day it holds.
    pub from: Date,
    /// First day it no longer holds.
    pub to: Option<Date>,
    /// What it says.
    pub value: String,
    /// Why.
    pub reason: String,
    /// Who made it: a person's id.
    pub made_by: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// When a person ended it before its time.
    pub ended_at: Option<Timestamp>,
}

impl Override {
    /// Whether it holds on a day.
    #[must_use]
    pub fn holds_on(&self, date: Date) -> bool {
        self.from <= date && self.to.is_none_or(|to| date < to)
    }
}

/// What holds at a site on a day, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct InForce {
    /// The rule's key; everything computed under it names it.
    pub key: &'static str,
    /// The value.
    pub value: RuleValue,
    /// Where it is written: the rule's source, or the reason of the override.
    pub source: String,
    /// Since when.
    pub since: Date,
    /// The site whose override this is.
    pub set_at: Option<SitePath>,
    /// Whether a site overrides the rule.
    pub is_override: bool,
}

impl InForce {
    /// The rule named in one line: `ED boarding limit: 4 h (override at lakeside: winter plan)`.
    #[must_use]
    pub fn name(&self, registry: &Registry) -> String {
        let title = registry.get(self.key).map_or(self.key, |def| def.title);
        match &self.set_at {
            Some(site) => format!("{title}: {} (override at {site}: {})", self.value, self.source),
            None => format!("{title}: {} ({})", self.value, self.source),
        }
    }
}

/// The rules as one transaction sees them.
#[derive(Clone)]
pub struct Rules {
    registry: Arc<Registry>,
    overrides: Arc<BTreeMap<String, Vec<Override>>>,
}

impl Rules {
    /// The rules without any override, for tests and for a place that has no database yet.
    #[must_use]
    pub fn without_overrides(registry: Arc<Registry>) -> Rules {
        Rules::with(registry, Vec::new())
    }

    pub(crate) fn with(registry: Arc<Registry>, overrides: Vec<Override>) -> Rules {
        let mut by_key: BTreeMap<String, Vec<Override>> = BTreeMap::new();
        for made in overrides {
            by_key.entry(made.rule_key.clone()).or_default().push(made);
        }
        Rules { registry, overrides: Arc::new(by_key) }
    }

    /// The declared rules.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// What `key` says at `site` on `date`: the nearest override upward, else the version in force.
    /// `None` for an unknown key and where no version holds on that day.
    #[must_use]
    pub fn value(&self, key: &str, site: &SitePath, date: Date) -> Option<InForce> {
        let declared = self.registry.0.get(key)?;
        if let Some((made, value)) = site.upward().find_map(|above| self.override_at(declared, &above, date))
        {
            return Some(InForce {
                key: declared.def.key,
                value,
                source: made.reason.clone(),
                since: made.from,
                set_at: Some(made.site.clone()),
                is_override: true,
            });
        }
        let version = in_force(&declared.versions, key, declared.def.jurisdiction, date)?;
        Some(InForce {
            key: declared.def.key,
            value: declared.def.kind.read(&version.value)?,
            source: version.source.clone(),
            since: version.effective_from,
            set_at: None,
            is_override: false,
        })
    }

    /// An override written under wider limits than today's is passed over, as if it were not there.
    fn override_at(
        &self,
        declared: &Declared,
        site: &SitePath,
        date: Date,
    ) -> Option<(&Override, RuleValue)> {
        let made = self.overrides.get(declared.def.key)?;
        let held = made.iter().filter(|made| made.site == *site && made.holds_on(date));
        let newest = held.max_by_key(|made| (made.from, made.made_at))?;
        Some((newest, declared.def.kind.read(&newest.value)?))
    }

    /// The value of a rule in minutes.
    #[must_use]
    pub fn minutes(&self, key: &str, site: &SitePath, date: Date) -> Option<Minutes> {
        match self.value(key, site, date)?.value {
            RuleValue::Minutes(minutes) => Some(minutes),
            RuleValue::Number(_) | RuleValue::Percent(_) | RuleValue::Text(_) | RuleValue::Choice(_) => None,
        }
    }

    /// The value of a rule that is a number, a percentage or a length in minutes.
    #[must_use]
    pub fn number(&self, key: &str, site: &SitePath, date: Date) -> Option<f64> {
        match self.value(key, site, date)?.value {
            RuleValue::Number(number) | RuleValue::Percent(number) => Some(number),
            RuleValue::Minutes(minutes) => Some(minutes.0 as f64),
            RuleValue::Text(_) | RuleValue::Choice(_) => None,
        }
    }

    /// The value of a rule that is a text or a choice.
    #[must_use]
    pub fn text(&self, key: &str, site: &SitePath, date: Date) -> Option<String> {
        match self.value(key, site, date)?.value {
            RuleValue::Text(text) | RuleValue::Choice(text) => Some(text),
            RuleValue::Number(_) | RuleValue::Minutes(_) | RuleValue::Percent(_) => None,
        }
    }
}

/// Whether a rule was last compared with its source more than 12 months before `today`.
pub(crate) fn is_stale(last_checked: Date, today: Date) -> bool {
    let until = Span::new().try_months(12).and_then(|year| last_checked.checked_add(year));
    until.is_ok_and(|until| until < today)
}
