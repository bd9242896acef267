//! How the columns of somebody's file are read.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A mapping, saved for a source of files and kept in `docs/guide/mappings` as TOML.
///
/// A field without a column of its own is taken from the column of its name, or from `constants`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// The character between columns; told from the file when it is left out.
    pub delimiter: Option<char>,
    /// Whether the first row names the columns.
    pub header: bool,
    /// Lines to leave out before that.
    pub skip_lines: u64,
    /// The sheet of a workbook; its first one when left out.
    pub sheet: Option<String>,
    /// How dates and times are written (`%d.%m.%Y %H:%M`); ISO 8601 when left out.
    pub date_format: Option<String>,
    /// The zone of times without an offset; the site's when left out.
    pub time_zone: Option<String>,
    /// The column of a field, by name or by number from 1.
    pub columns: BTreeMap<String, ColumnRef>,
    /// Values of fields that the file does not have.
    pub constants: BTreeMap<String, String>,
    /// Words of the file and what they stand for, by field.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// What only one kind of import knows, for example `shape = "event"`.
    pub options: BTreeMap<String, String>,
}

impl Default for Mapping {
    fn default() -> Mapping {
        Mapping {
            delimiter: None,
            header: true,
            skip_lines: 0,
            sheet: None,
            date_format: None,
            time_zone: None,
            columns: BTreeMap::new(),
            constants: BTreeMap::new(),
            values: BTreeMap::new(),
            options: BTreeMap::new(),
        }
    }
}

/// A column of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ColumnRef {
    /// By its place, from 1.
    Number(u32),
    /// By its name in the header.
    Name(String),
}

impl std::fmt::Display for ColumnRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ColumnRef::Number(number) => write!(f, "{number}"),
            ColumnRef::Name(name) => f.write_str(name),
        }
    }
}

/// Why a text is no mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMapping {
    /// Not TOML, or a key that does not exist.
    #[error("the mapping cannot be read: {0}")]
    Toml(String),
    /// A delimiter that cannot stand between columns.
    #[error("`{0}` cannot be a delimiter; use one character such as , ; | or a tab")]
    Delimiter(char),
    /// A zone that does not exist.
    #[error("`{0}` is not a time zone; use a name such as America/Chicago")]
    Zone(String),
    /// A date format without meaning.
    #[error("`{0}` is not a date format; use for example %Y-%m-%d %H:%M")]
    DateFormat(String),
}

/// A date or an instant as a file tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// With an offset: an instant.
    At(Timestamp),
    /// Without: civil time of the site.
    Civil(DateTime),
    /// A day without a time.
    Day(Date),
}

impl Stamp {
    /// The instant it is in a zone; a day counts from its first moment. In the hour that a clock change
    /// repeats, the first one is meant.
    #[must_use]
    pub fn in_zone(self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Stamp::At(at) => Some(at),
            Stamp::Civil(at) => at.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp()),
            Stamp::Day(day) => day.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp()),
        }
    }
}

/// Why a text is no date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a date and time as {expected}")]
pub struct BadTime {
    /// How it should be written.
    pub expected: String,
}

impl Mapping {
    /// Reads a mapping and checks it.
    ///
    /// # Errors
    /// [`BadMapping`] naming what is wrong.
    pub fn from_toml(text: &str) -> Result<Mapping, BadMapping> {
        let mapping: Mapping =
            toml::from_str(text).map_err(|error| BadMapping::Toml(error.message().to_owned()))?;
        mapping.check()?;
        Ok(mapping)
    }

    /// Checks what a form or a file gave.
    ///
    /// # Errors
    /// [`BadMapping`] naming what is wrong.
    pub fn check(&self) -> Result<(), BadMapping> {
        if let Some(delimiter) = self.delimiter
            && (!delimiter.is_ascii() || delimiter.is_alphanumeric() || "\"\r\n".contains(delimiter))
        {
            return Err(BadMapping::Delimiter(delimiter));
        }
        if let Some(zone) = &self.time_zone {
            TimeZone::get(zone).map_err(|_| BadMapping::Zone(zone.clone()))?;
        }
        if let Some(format) = &self.date_format {
            let sample = Date::constant(2026, 11, 12).at(13, 47, 5, 0).to_zoned(TimeZone::UTC);
            let written = sample.ok().and_then(|sample| strtime::format(format, &sample).ok());
            let is_read = written.is_some_and(|text| self.stamp(&text).is_ok());
            if !is_read {
                return Err(BadMapping::DateFormat(format.clone()));
            }
        }
        Ok(())
    }

    /// The zone it names.
    #[must_use]
    pub fn zone(&self) -> Option<TimeZone> {
        self.time_zone.as_deref().and_then(|name| TimeZone::get(name).ok())
    }

    /// Reads a date or time of the file.
    ///
    /// # Errors
    /// [`BadTime`] telling how it should be written.
    pub fn stamp(&self, text: &str) -> Result<Stamp, BadTime> {
        let text = text.trim();
        let found = match &self.date_format {
            Some(format) => stamp_as(format, text),
            None => iso_stamp(text),
        };
        let expected = self.date_format.as_deref().unwrap_or("2026-11-12 13:47");
        found.ok_or_else(|| BadTime { expected: expected.to_owned() })
    }
}

fn stamp_as(format: &str, text: &str) -> Option<Stamp> {
    let parsed = strtime::parse(format, text).ok()?;
    if let (Some(_), Ok(at)) = (parsed.offset(), parsed.to_timestamp()) {
        return Some(Stamp::At(at));
    }
    match (parsed.hour(), parsed.to_datetime()) {
        (Some(_), Ok(at)) => Some(Stamp::Civil(at)),
        (_, _) => parsed.to_date().ok().map(Stamp::Day),
    }
}

fn iso_stamp(text: &str) -> Option<Stamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(Stamp::At(at));
    }
    if text.len() <= 10 {
        return text.parse::<Date>().ok().map(Stamp::Day);
    }
    text.parse::<DateTime>().ok().map(Stamp::Civil)
}
