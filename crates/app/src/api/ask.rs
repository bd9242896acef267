//! Reading what a program asks: parameters by name, each refusal with an example that works.
//!
//! A parameter sent blank is refused, not passed over: a program that lost a value asks for all days otherwise.

use area::{Answer, Fault, IntoResponse as _, Visit};
use base::Period;
use identity::{Permission, Scope};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

/// Rows of one page, unless fewer are asked.
pub(super) const PAGE: usize = 100;
/// The most rows of one page.
pub(super) const PAGE_MAX: usize = 1_000;

fn bad(name: &str, got: &str, kind: &str, example: &str) -> Fault {
    let got: String = got.chars().take(60).collect();
    Fault::BadRequest(format!("`{name}={got}` is not {kind}; write for example {name}={example}"))
}

/// A parameter that must be there.
fn missing(name: &str, example: &str) -> Fault {
    Fault::BadRequest(format!("`{name}` is missing; write for example {name}={example}"))
}

/// A day.
pub(super) fn date(visit: &Visit, name: &str) -> Result<Option<Date>, Fault> {
    let read = |text: &str| text.parse().map_err(|_| bad(name, text, "a day", "2026-10-01"));
    visit.query.given(name).map(read).transpose()
}

/// An instant with its offset.
pub(super) fn instant(visit: &Visit, name: &str) -> Result<Option<Timestamp>, Fault> {
    let read = |text: &str| {
        // A plus sign that was not encoded arrives as a blank.
        let text = text.replace(' ', "+");
        text.parse().map_err(|_| bad(name, &text, "an instant with its offset", "2026-10-01T08:00:00Z"))
    };
    visit.query.given(name).map(read).transpose()
}

/// A period that must be there.
pub(super) fn period(visit: &Visit) -> Result<Period, Fault> {
    let text = visit.query.given("period").ok_or_else(|| missing("period", "2026-10"))?;
    let period: Period = text.parse().map_err(|_| bad("period", text, "a period", "2026-10"))?;
    let most = crate::today::explain_days_max();
    if period.n_days() > most {
        let n_days = period.n_days();
        let words =
            format!("`period={text}` has {n_days} days; the limit is {most}. Ask for example period=2026");
        return Err(Fault::BadRequest(words));
    }
    Ok(period)
}

/// How many rows, within limits.
pub(super) fn limit(visit: &Visit) -> Result<usize, Fault> {
    let Some(text) = visit.query.given("limit") else { return Ok(PAGE) };
    let limit = text.parse::<usize>().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
    limit.ok_or_else(|| bad("limit", text, &format!("a number from 1 to {PAGE_MAX}"), "100"))
}

/// How many rows to pass over.
pub(super) fn offset(visit: &Visit) -> Result<usize, Fault> {
    let Some(text) = visit.query.given("offset") else { return Ok(0) };
    text.parse().map_err(|_| bad("offset", text, "a number from 0", "100"))
}

/// One of a few words; `None` when it was not given.
pub(super) fn word<'w>(
    visit: &Visit,
    name: &str,
    words: &[&'w str],
    example: &str,
) -> Result<Option<&'w str>, Fault> {
    let Some(text) = visit.query.given(name) else { return Ok(None) };
    let found = words.iter().copied().find(|word| *word == text);
    let kind = format!("one of {}", words.join(", "));
    found.map(Some).ok_or_else(|| bad(name, text, &kind, example))
}

/// The scope of a permission at `?site=`, or at the topmost site it is held at.
pub(super) fn scope(visit: &Visit, permission: Permission) -> Result<Scope, Fault> {
    let access = &visit.who()?.access;
    let day = visit.now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let path = match visit.query.given("site") {
        Some(text) => text.parse().map_err(|_| bad("site", text, "a site path", "lakeside.riverside"))?,
        None => access.sites_for(&visit.tree, permission, day).into_iter().next().ok_or(Fault::NotFound)?,
    };
    let today = figures::today(&visit.tree, &path, visit.now);
    access.scope(&visit.tree, permission, &path, today).ok_or(Fault::NotFound)
}

/// An answer of one page, with the address of the next one in its head.
pub(super) fn paged(visit: &Visit, body: &impl Serialize, next: Option<(&str, String)>) -> Answer {
    let mut response = visit.json(body);
    if let Some((name, value)) = next {
        let link = format!("<{}{}>; rel=\"next\"", visit.path, visit.query.with(name, Some(&value)));
        if let Ok(value) = link.parse() {
            response.headers_mut().insert("link", value);
        }
    }
    Ok(response.into_response())
}
