//! What a figure is, what is asked of it, and what it answers.

use crate::rules::Rules;
use base::{Period, SitePath, round_half_up};
use futures::future::BoxFuture;
use identity::{Permission, Scope, SiteTree};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Serialize, Serializer};
use store::{StoreError, Tx};

/// What a value counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A plain count: patients, discharges.
    Count,
    /// Hundredths of a whole.
    Percent,
    /// Whole or average days.
    Days,
    /// Hours.
    Hours,
    /// Minutes.
    Minutes,
    /// Beds.
    Beds,
    /// Events for each bed.
    PerBed,
    /// Points on a named scale, such as NEDOCS.
    Score,
    /// A quotient without a unit.
    Ratio,
}

impl Unit {
    /// As it stands behind a value: `%`, `days`; empty for counts, scores and ratios.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Unit::Count | Unit::Score | Unit::Ratio => "",
            Unit::Percent => "%",
            Unit::Days => "days",
            Unit::Hours => "h",
            Unit::Minutes => "min",
            Unit::Beds => "beds",
            Unit::PerBed => "per bed",
        }
    }
}

/// Which direction is good, for the colors of SPC icons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// Neither: a change is only a change.
    Neither,
}

/// How rows make the figure.
#[derive(Debug, Clone, Copy)]
pub enum Roll {
    /// The sum of the rows' numerators.
    Sum,
    /// `factor` times the summed numerators over the summed denominators: 100 for a percentage.
    Ratio {
        /// What the quotient is multiplied by.
        factor: i64,
    },
    /// `factor` times the summed numerators over one denominator that every row repeats: the days of the
    /// period for an average daily census, 60 for minutes shown as hours. Children share it with their parent.
    Over {
        /// What the quotient is multiplied by.
        factor: i64,
    },
    /// The middle of the rows' numerators; of an even number, the mean of the middle two.
    Median,
    /// The largest of the rows' numerators.
    Max,
    /// A formula over the rows, written out for the reader in `words`.
    Formula {
        /// The formula as text, with its source.
        words: &'static str,
        /// The same formula over the rows; `None` where it has no value.
        of: fn(&[FigureRow]) -> Option<f64>,
    },
}

/// A figure of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// Its name to programs: `discharges_before_noon`.
    pub key: &'static str,
    /// Its name to people.
    pub title: &'static str,
    /// What it counts in.
    pub unit: Unit,
    /// What exactly is counted, in one or two sentences.
    pub definition: &'static str,
    /// Who defines it so.
    pub source: &'static str,
    /// What a person must hold at a site to see it there.
    pub permission: Permission,
    /// Which direction is good.
    pub better: Better,
    /// How rows make it.
    pub roll: Roll,
    /// What stands above the line.
    pub numerator: &'static str,
    /// What stands below it, if anything.
    pub denominator: Option<&'static str>,
    /// Whether a site's figure is the sum of its children's (parts summed, for a ratio).
    pub is_additive: bool,
    /// Why it is not, shown on the explain page; empty for an additive figure.
    pub why_not: &'static str,
    /// The key of the dated rule that holds its target.
    pub target_rule: Option<&'static str>,
    /// Decimals shown.
    pub decimals: u8,
    /// Answers it.
    pub read: ReadFn,
    /// Lists the rows it was made from.
    pub rows: RowsFn,
    /// Answers it for each day of the period, where a chart makes sense.
    pub series: Option<SeriesFn>,
}

/// What is asked of a figure.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// Who asks, and for which site with everything below it ([`Scope::path`]).
    pub scope: &'a Scope,
    /// The site tree, with names and time zones.
    pub tree: &'a SiteTree,
    /// The dated rules.
    pub rules: &'a Rules,
    /// Which civil days at the site.
    pub period: Period,
    /// What was known at this instant; `None` for all that is known now.
    pub as_of: Option<Timestamp>,
    /// Now.
    pub now: Timestamp,
}

impl<'a> Ask<'a> {
    /// The site asked for.
    #[must_use]
    pub fn site(&self) -> &'a SitePath {
        self.scope.path()
    }

    /// The same question for another scope: a child's.
    #[must_use]
    pub fn at(&self, scope: &'a Scope) -> Ask<'a> {
        Ask { scope, ..*self }
    }
}

/// Answers a figure for what is asked, without its rows, as fast as stored sums allow.
pub type ReadFn = for<'a> fn(&'a mut Tx, &'a Ask<'a>) -> BoxFuture<'a, Result<Reading, StoreError>>;
/// Lists the rows behind a figure, in a steady order.
pub type RowsFn = for<'a> fn(&'a mut Tx, &'a Ask<'a>) -> BoxFuture<'a, Result<Vec<FigureRow>, StoreError>>;
/// Answers a figure for each day of the period, oldest first.
pub type SeriesFn =
    for<'a> fn(&'a mut Tx, &'a Ask<'a>) -> BoxFuture<'a, Result<Vec<SeriesPoint>, StoreError>>;

/// What a figure answers. The parts are kept, the division comes last; a denominator of 0 has no value.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Reading {
    /// Above the line; absent for medians and formulas.
    pub numerator: Option<i64>,
    /// Below the line; for a median the number of rows.
    pub denominator: Option<i64>,
    /// The figure, unrounded; `None` shows as "n/a".
    pub value: Option<f64>,
    /// When what it was made from last arrived.
    pub fresh_at: Option<Timestamp>,
}

impl Reading {
    /// The same reading with the age of its data.
    #[must_use]
    pub fn fresh(self, at: Option<Timestamp>) -> Reading {
        Reading { fresh_at: at, ..self }
    }
}

/// When a row happened: an instant, or a civil date at its site. Programs read either as ISO text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// An instant.
    At(Timestamp),
    /// A civil date.
    On(Date),
}

impl std::fmt::Display for When {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            When::At(at) => write!(f, "{at}"),
            When::On(date) => write!(f, "{date}"),
        }
    }
}

/// One row a figure was made from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FigureRow {
    /// Where it belongs.
    #[serde(serialize_with = "as_text")]
    pub site: SitePath,
    /// What it is, without a patient's name: `Stay 01k..`, `Oct 3`.
    pub label: String,
    /// The page that shows it, if there is one.
    #[serde(skip)]
    pub href: Option<String>,
    /// When it happened.
    #[serde(serialize_with = "as_text_option")]
    pub at: Option<When>,
    /// What it adds above the line (for a median or a maximum: its own value).
    pub numerator: i64,
    /// What it adds below the line.
    pub denominator: Option<i64>,
    /// Anything a reader should know of it, such as the rule it was counted under.
    pub note: Option<String>,
}

/// A figure on one day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeriesPoint {
    /// The civil day at the site.
    pub date: Date,
    /// The figure on it.
    pub reading: Reading,
}

pub(crate) fn as_text<T: std::fmt::Display, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

pub(crate) fn as_text_option<T: std::fmt::Display, S: Serializer>(
    value: &Option<T>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => to.collect_str(value),
        None => to.serialize_none(),
    }
}

impl Reading {
    /// What rows make, by the figure's own rule. Says nothing of their age.
    #[must_use]
    pub fn from_rows(roll: Roll, rows: &[FigureRow]) -> Reading {
        let numerator: i64 = rows.iter().map(|row| row.numerator).sum();
        match roll {
            Roll::Sum => Reading::of_sum(numerator),
            Roll::Ratio { factor } => {
                let denominator = rows.iter().filter_map(|row| row.denominator).sum();
                Reading::of_ratio(factor, numerator, denominator)
            }
            Roll::Over { factor } => {
                let first = rows.first().and_then(|row| row.denominator);
                let shared = first.filter(|_| rows.iter().all(|row| row.denominator == first));
                match shared {
                    Some(shared) => Reading::of_ratio(factor, numerator, shared),
                    None => Reading { numerator: Some(numerator), ..Reading::default() },
                }
            }
            Roll::Median => Reading::of_median(rows.iter().map(|row| row.numerator).collect()),
            Roll::Max => Reading::of_max(rows.iter().map(|row| row.numerator).max()),
            Roll::Formula { of, .. } => Reading { value: of(rows), ..Reading::default() },
        }
    }

    /// A sum.
    #[must_use]
    pub fn of_sum(numerator: i64) -> Reading {
        Reading { numerator: Some(numerator), value: Some(numerator as f64), ..Reading::default() }
    }

    /// `factor` times a quotient; no value when `denominator` is 0.
    #[must_use]
    pub fn of_ratio(factor: i64, numerator: i64, denominator: i64) -> Reading {
        let above = i128::from(factor) * i128::from(numerator);
        let value = (denominator != 0).then(|| above as f64 / denominator as f64);
        Reading { numerator: Some(numerator), denominator: Some(denominator), value, fresh_at: None }
    }

    /// The median by linear interpolation; its denominator is the number of values.
    #[must_use]
    pub fn of_median(mut values: Vec<i64>) -> Reading {
        values.sort_unstable();
        let middle = values.len() / 2;
        let upper = values.get(middle).copied();
        let lower =
            if values.len().is_multiple_of(2) { values.get(middle.wrapping_sub(1)).copied() } else { upper };
        let value = lower.zip(upper).map(|(lower, upper)| (lower as f64 + upper as f64) / 2.0);
        Reading { denominator: i64::try_from(values.len()).ok(), value, ..Reading::default() }
    }

    /// The largest value, if there is any.
    #[must_use]
    pub fn of_max(largest: Option<i64>) -> Reading {
        Reading { numerator: largest, value: largest.map(|largest| largest as f64), ..Reading::default() }
    }

    /// A value of a formula.
    #[must_use]
    pub fn of_value(value: Option<f64>) -> Reading {
        Reading { value, ..Reading::default() }
    }
}

impl Figure {
    /// The value as shown, without its unit: rounded half up from its parts where it has them, else "n/a".
    #[must_use]
    pub fn show(&self, reading: &Reading) -> String {
        let decimals = u32::from(self.decimals);
        let parts = |factor: i64| {
            let (above, below) = (reading.numerator?, reading.denominator?);
            Some(round_half_up(i128::from(factor) * i128::from(above), i128::from(below), decimals))
        };
        let exact = match self.roll {
            Roll::Sum | Roll::Max => reading.numerator.map(|n| round_half_up(i128::from(n), 1, decimals)),
            Roll::Ratio { factor } | Roll::Over { factor } => parts(factor),
            Roll::Median | Roll::Formula { .. } => None,
        };
        let from_value = || reading.value.map(|value| format!("{value:.*}", usize::from(self.decimals)));
        let text = exact.or_else(from_value).unwrap_or_else(|| "n/a".to_owned());
        text.replace('-', "\u{2212}")
    }

    /// The value as shown, with its unit.
    #[must_use]
    pub fn show_with_unit(&self, reading: &Reading) -> String {
        let shown = self.show(reading);
        match self.unit.suffix() {
            "" => shown,
            _ if shown == "n/a" => shown,
            "%" => format!("{shown}%"),
            suffix => format!("{shown} {suffix}"),
        }
    }
}
