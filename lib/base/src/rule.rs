//! Dated rules: facts of law, payer or house that change on a date and name their source.

use jiff::civil::Date;

/// One version of a rule, in force from a date on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatedRule {
    /// What the rule settles, such as `staffing.rn_ratio_icu`.
    pub key: String,
    /// Where it holds, such as `US` or `US-CA`.
    pub jurisdiction: String,
    /// First day it holds.
    pub effective_from: Date,
    /// First day it no longer holds; `None` while no end is known.
    pub effective_to: Option<Date>,
    /// What it says, as text that the reader of the key knows how to read.
    pub value: String,
    /// Where it is written, such as `42 CFR 482.23(b)`.
    pub source: String,
    /// When somebody last compared it with its source.
    pub last_checked: Date,
}

/// Two versions of a rule that hold on the same days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} ({}) has two versions in force on {}: one from {}, one from {}; end the earlier on the day the later begins",
    earlier.key, earlier.jurisdiction, later.effective_from, earlier.effective_from, later.effective_from
)]
pub struct Overlap<'r> {
    /// The version that began first.
    pub earlier: &'r DatedRule,
    /// The version that began while the first still held.
    pub later: &'r DatedRule,
}

impl DatedRule {
    /// Whether the rule holds on a day; the day of `effective_to` is the first without it.
    pub fn holds_on(&self, date: Date) -> bool {
        self.effective_from <= date && self.effective_to.is_none_or(|to| date < to)
    }
}

/// The version in force on a day, of exactly this key and jurisdiction.
///
/// Where versions overlap, the one that began last wins; [`overlaps`] finds such pairs.
pub fn in_force<'r>(
    rules: &'r [DatedRule],
    key: &str,
    jurisdiction: &str,
    date: Date,
) -> Option<&'r DatedRule> {
    rules
        .iter()
        .filter(|rule| rule.key == key && rule.jurisdiction == jurisdiction && rule.holds_on(date))
        .max_by_key(|rule| rule.effective_from)
}

/// Every version that begins while an earlier one of its key and jurisdiction still holds.
///
/// Each later version is reported once, against the earlier one that lasts longest.
pub fn overlaps(rules: &[DatedRule]) -> Vec<Overlap<'_>> {
    let mut sorted: Vec<&DatedRule> = rules.iter().filter(|rule| has_days(rule)).collect();
    sorted.sort_by_key(|rule| (&rule.key, &rule.jurisdiction, rule.effective_from));
    let mut found = Vec::new();
    let mut longest: Option<&DatedRule> = None;
    for later in sorted {
        let same = longest.filter(|e| e.key == later.key && e.jurisdiction == later.jurisdiction);
        if let Some(earlier) = same.filter(|earlier| earlier.holds_on(later.effective_from)) {
            found.push(Overlap { earlier, later });
        }
        longest = match same {
            Some(earlier) if lasts_until(earlier) >= lasts_until(later) => Some(earlier),
            Some(_) | None => Some(later),
        };
    }
    found
}

/// A version that ends before it begins was withdrawn and holds on no day.
fn has_days(rule: &DatedRule) -> bool {
    rule.effective_to.is_none_or(|to| rule.effective_from < to)
}

fn lasts_until(rule: &DatedRule) -> Date {
    rule.effective_to.unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn rule(jurisdiction: &str, from: Date, to: Option<Date>, value: &str) -> DatedRule {
        DatedRule {
            key: "staffing.icu".to_owned(),
            jurisdiction: jurisdiction.to_owned(),
            effective_from: from,
            effective_to: to,
            value: value.to_owned(),
            source: "Title 22 70217".to_owned(),
            last_checked: date(2026, 11, 1),
        }
    }

    fn value_on(rules: &[DatedRule], jurisdiction: &str, day: Date) -> Option<String> {
        in_force(rules, "staffing.icu", jurisdiction, day).map(|rule| rule.value.clone())
    }

    #[test]
    fn a_rule_holds_from_its_first_day_to_the_day_before_its_end() {
        let rules = [
            rule("US-CA", date(2024, 1, 1), Some(date(2026, 7, 1)), "2"),
            rule("US-CA", date(2026, 7, 1), None, "1"),
        ];
        assert_eq!(value_on(&rules, "US-CA", date(2023, 12, 31)), None);
        assert_eq!(value_on(&rules, "US-CA", date(2024, 1, 1)).as_deref(), Some("2"));
        assert_eq!(value_on(&rules, "US-CA", date(2026, 6, 30)).as_deref(), Some("2"));
        assert_eq!(value_on(&rules, "US-CA", date(2026, 7, 1)).as_deref(), Some("1"));
        assert_eq!(value_on(&rules, "US", date(2026, 7, 1)), None);
        assert!(overlaps(&rules).is_empty());
    }

    #[test]
    fn an_overlap_names_both_versions_and_the_later_wins() {
        let rules = [
            rule("US-CA", date(2026, 7, 1), None, "1"),
            rule("US-CA", date(2024, 1, 1), None, "2"),
            rule("US", date(2025, 1, 1), None, "3"),
        ];
        assert_eq!(value_on(&rules, "US-CA", date(2026, 8, 1)).as_deref(), Some("1"));
        let found: Vec<String> = overlaps(&rules).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            ["staffing.icu (US-CA) has two versions in force on 2026-07-01: one from 2024-01-01, \
              one from 2026-07-01; end the earlier on the day the later begins"]
        );
    }

    #[test]
    fn a_short_version_inside_a_long_one_does_not_hide_the_next_overlap() {
        let rules = [
            rule("US", date(2020, 1, 1), None, "long"),
            rule("US", date(2021, 1, 1), Some(date(2021, 2, 1)), "inside"),
            rule("US", date(2022, 1, 1), None, "next"),
            rule("US", date(2023, 1, 1), Some(date(2023, 1, 1)), "withdrawn"),
        ];
        assert_eq!(overlaps(&rules).len(), 2);
    }
}
