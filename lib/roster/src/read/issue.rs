//! What is wrong with a file.

use crate::problem::Fault;
use std::fmt;
use std::ops::RangeInclusive;

/// One thing wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Which of several files, such as `week 2`; empty when there is one only.
    pub file: String,
    /// The line, counted from 1; `None` when it is about the file as a whole.
    pub line: Option<usize>,
    /// The value and what was expected.
    pub what: String,
}

/// A file that could not be read, with everything that was found wrong, up to a limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unreadable {
    /// In the order of the file.
    pub issues: Vec<Issue>,
}

/// Collects what is wrong while a file is read on.
#[derive(Debug, Default)]
pub(crate) struct Issues {
    file: String,
    issues: Vec<Issue>,
}

impl Issues {
    /// A value that was not what was expected.
    pub(crate) fn tell(&mut self, line: usize, got: &str, expected: impl fmt::Display) {
        self.say(Some(line), format!("`{}`; expected {expected}", clip(got)));
    }

    /// Anything else.
    pub(crate) fn say(&mut self, line: Option<usize>, what: String) {
        if self.issues.len() < Fault::SHOWN_MAX {
            self.issues.push(Issue { file: self.file.clone(), line, what });
        }
    }

    /// Says which file is read from here on.
    pub(crate) fn open(&mut self, file: impl Into<String>) {
        self.file = file.into();
    }

    /// A whole number inside a range; tells when it is none.
    pub(crate) fn number(
        &mut self,
        line: usize,
        text: &str,
        what: &str,
        range: RangeInclusive<i64>,
    ) -> Option<i64> {
        let number = text.trim().parse::<i64>().ok().filter(|number| range.contains(number));
        if number.is_none() {
            let expected = format!("{what}, a whole number from {} to {}", range.start(), range.end());
            self.tell(line, text.trim(), expected);
        }
        number
    }

    /// As [`Issues::number`], for small unsigned numbers.
    pub(crate) fn small(&mut self, line: usize, text: &str, what: &str, max: u16) -> Option<u16> {
        self.number(line, text, what, 0..=i64::from(max)).and_then(|number| u16::try_from(number).ok())
    }

    /// The value when nothing was wrong.
    pub(crate) fn done<T>(self, value: Option<T>) -> Result<T, Unreadable> {
        match value {
            Some(value) if self.issues.is_empty() => Ok(value),
            Some(_) | None => Err(Unreadable { issues: self.issues }),
        }
    }

    /// Whether no more will be told.
    pub(crate) fn is_full(&self) -> bool {
        self.issues.len() >= Fault::SHOWN_MAX
    }

    /// Whether nothing is wrong so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.issues.is_empty()
    }
}

/// The start of a value, for messages.
pub(crate) fn clip(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    short
}

impl From<Vec<Fault>> for Unreadable {
    fn from(faults: Vec<Fault>) -> Unreadable {
        let issue = |fault: Fault| Issue { file: String::new(), line: None, what: fault.to_string() };
        Unreadable { issues: faults.into_iter().map(issue).collect() }
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            write!(out, "{}, ", self.file)?;
        }
        match self.line {
            Some(line) => write!(out, "line {line}: {}", self.what),
            None => out.write_str(&self.what),
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (idx, issue) in self.issues.iter().enumerate() {
            let end = if idx == 0 { "" } else { "\n" };
            write!(out, "{end}{issue}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Unreadable {}
