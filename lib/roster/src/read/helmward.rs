//! The JSON format of Helmward, version 1: everything a [`Problem`] can say.
//!
//! `schema/problem-1.json` describes it for other programs; the README has a small example. Ids are
//! texts, days are dates, and sets of duties are told by shift, skill, tag and unit.

mod build;
mod raw;
#[cfg(test)]
mod tests;

use super::Unreadable;
use super::issue::Issues;
use crate::problem::Problem;

/// The JSON Schema of the format.
pub const SCHEMA: &str = include_str!("../../schema/problem-1.json");

/// The largest text that is read.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// Reads a problem.
///
/// # Errors
/// Everything that is wrong with the text; of its grammar only the first fault.
pub fn read(text: &str) -> Result<Problem, Unreadable> {
    let mut issues = Issues::default();
    if text.len() > BYTES_MAX {
        let n = text.len() / (1024 * 1024);
        issues.say(None, format!("{n} MB of text; expected at most {} MB", BYTES_MAX / (1024 * 1024)));
        return issues.done(None);
    }
    let raw = match serde_json::from_str::<raw::Problem>(text) {
        Ok(raw) => raw,
        Err(fault) => {
            // The library ends its words with the place; it stands before them here.
            let words = fault.to_string();
            let what = words.split(" at line ").next().unwrap_or_default().to_owned();
            issues.say(Some(fault.line()), format!("{what} (column {})", fault.column()));
            return issues.done(None);
        }
    };
    let parts = build::parts(text, &raw, &mut issues);
    Ok(Problem::new(issues.done(parts)?)?)
}
