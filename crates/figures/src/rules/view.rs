//! The rules page: what each rule says at a site now, later and before.

use super::{Override, RuleDef, Rules, is_stale};
use crate::figure::{as_text, as_text_option};
use base::{DatedRule, Id, SitePath};
use jiff::civil::Date;
use serde::Serialize;

/// When a version holds, seen from today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleState {
    /// It holds today.
    Now,
    /// It begins after today.
    Later,
    /// It held before today.
    Past,
}

/// One version or override of a rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VersionView {
    /// When it holds.
    pub state: RuleState,
    /// First day.
    #[serde(serialize_with = "as_text")]
    pub from: Date,
    /// First day it no longer holds.
    #[serde(serialize_with = "as_text_option")]
    pub to: Option<Date>,
    /// The value as stored.
    pub value: String,
    /// Where it is written, or why a site differs.
    pub source: String,
    /// When it was last compared with its source; overrides have none.
    #[serde(serialize_with = "as_text_option")]
    pub last_checked: Option<Date>,
    /// The override's id, to end it.
    #[serde(serialize_with = "as_text_option")]
    pub override_id: Option<Id<Override>>,
    /// Where the override was made.
    #[serde(serialize_with = "as_text_option")]
    pub set_at: Option<SitePath>,
    /// Who made it: a person's id.
    pub made_by: Option<String>,
}

/// A rule as it stands at a site.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleView {
    /// Its key.
    pub key: &'static str,
    /// Its name.
    pub title: &'static str,
    /// Where it holds.
    pub jurisdiction: &'static str,
    /// What it counts in.
    pub unit: &'static str,
    /// Which values it takes, in words.
    pub limits: String,
    /// The value today, as shown; `None` when nothing holds today.
    pub value: Option<String>,
    /// Its source, or the reason of the override.
    pub source: Option<String>,
    /// Whether a site's override makes today's value.
    pub is_override: bool,
    /// Whether today's version was last checked over 12 months ago.
    pub is_stale: bool,
    /// Every version, newest first.
    pub versions: Vec<VersionView>,
    /// Every override at this site, above it and below it, newest first.
    pub overrides: Vec<VersionView>,
}

impl Rules {
    /// Every rule as it stands at `site` on `today`, by key.
    #[must_use]
    pub fn list(&self, site: &SitePath, today: Date) -> Vec<RuleView> {
        self.registry
            .0
            .values()
            .map(|declared| self.view(&declared.def, &declared.versions, site, today))
            .collect()
    }

    /// One rule as it stands at `site` on `today`.
    #[must_use]
    pub fn find(&self, key: &str, site: &SitePath, today: Date) -> Option<RuleView> {
        let declared = self.registry.0.get(key)?;
        Some(self.view(&declared.def, &declared.versions, site, today))
    }

    fn view(&self, def: &RuleDef, versions: &[DatedRule], site: &SitePath, today: Date) -> RuleView {
        let now = self.value(def.key, site, today);
        let held = versions.iter().find(|version| version.holds_on(today));
        let near = |made: &&Override| made.site.covers(site) || site.covers(&made.site);
        let made = self.overrides.get(def.key).map(Vec::as_slice).unwrap_or_default();
        let mut views: Vec<VersionView> = versions.iter().map(|version| of_version(version, today)).collect();
        let mut overrides: Vec<VersionView> =
            made.iter().filter(near).map(|made| of_override(made, today)).collect();
        views.sort_by_key(|view| std::cmp::Reverse(view.from));
        overrides.sort_by_key(|view| std::cmp::Reverse(view.from));
        RuleView {
            key: def.key,
            title: def.title,
            jurisdiction: def.jurisdiction,
            unit: def.unit,
            limits: def.kind.limits(),
            value: now.as_ref().map(|now| now.value.to_string()),
            source: now.as_ref().map(|now| now.source.clone()),
            is_override: now.is_some_and(|now| now.is_override),
            is_stale: held.is_some_and(|held| is_stale(held.last_checked, today)),
            versions: views,
            overrides,
        }
    }
}

fn state(from: Date, to: Option<Date>, today: Date) -> RuleState {
    if to.is_some_and(|to| to <= today || to <= from) {
        RuleState::Past
    } else if today < from {
        RuleState::Later
    } else {
        RuleState::Now
    }
}

fn of_version(version: &DatedRule, today: Date) -> VersionView {
    VersionView {
        state: state(version.effective_from, version.effective_to, today),
        from: version.effective_from,
        to: version.effective_to,
        value: version.value.clone(),
        source: version.source.clone(),
        last_checked: Some(version.last_checked),
        override_id: None,
        set_at: None,
        made_by: None,
    }
}

fn of_override(made: &Override, today: Date) -> VersionView {
    VersionView {
        state: state(made.from, made.to, today),
        from: made.from,
        to: made.to,
        value: made.value.clone(),
        source: made.reason.clone(),
        last_checked: None,
        override_id: Some(made.id),
        set_at: Some(made.site.clone()),
        made_by: Some(made.made_by.clone()),
    }
}
