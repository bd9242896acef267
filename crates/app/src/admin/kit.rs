//! What the pages of administration and of one's account share: words, paging, history, undo.

use super::store::{self, Entry};
use ::store::{StoreError, Tx};
use area::{Export, ExportFormat, Fault, Response, Visit};
use base::{Id, SitePath};
use identity::people::PersonRefused;
use identity::roles::{Grant, GrantRefused};
use identity::sites::SiteRefused;
use identity::tokens::TokenRow;
use identity::{Permission, Person, SiteTree};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use std::collections::BTreeMap;
use web::{
    Agenda, AgendaLine, Cell, Choice, Empty, Markup, Paging, Panel, Row, Status, Undo, chip, format, html,
    notice,
};

/// Rows of one page of a list.
pub(crate) const ROWS: usize = 50;

/// A refusal as a sentence of its own: a capital first, no period after a list of choices.
pub(crate) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A refusal of identity as the web answers it: failures of ours apart from what a person can mend.
pub(crate) trait Refusal: std::fmt::Display + Sized {
    /// The store's own failure, if it is one.
    fn store(self) -> Result<StoreError, Self>;

    /// The fault a form cannot show beside a field.
    fn fault(self) -> Fault {
        match self.store() {
            Ok(error) => error.into(),
            Err(refused) => Fault::Refused(sentence(&refused.to_string())),
        }
    }
}

macro_rules! refusal {
    ($($kind:ty),*) => {$(
        impl Refusal for $kind {
            fn store(self) -> Result<StoreError, Self> {
                match self {
                    Self::Store(error) => Ok(error),
                    refused => Err(refused),
                }
            }
        }
    )*};
}
refusal!(PersonRefused, GrantRefused, SiteRefused, figures::rules::OverrideProblem);

/// What a write answered, or the fault.
pub(crate) fn or_fault<T, E: Refusal>(result: Result<T, E>) -> Result<T, Fault> {
    result.map_err(Refusal::fault)
}

/// The rows of the page asked for, and where the pages around it are.
pub(crate) fn paged<T>(visit: &Visit, all: Vec<T>) -> (Vec<T>, Paging) {
    let page: usize = visit.query.text("page").parse().unwrap_or(1).clamp(1, 1_000_000);
    let total = all.len();
    let skipped = ((page - 1) * ROWS).min(total);
    let rows: Vec<T> = all.into_iter().skip(skipped).take(ROWS).collect();
    let href = |page: usize| Some(here(visit, "page", Some(&page.to_string())));
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let paging = Paging {
        first: count(if rows.is_empty() { 0 } else { skipped + 1 }),
        last: count(skipped + rows.len()),
        total: count(total),
        previous_href: if page > 1 && skipped > 0 { href(page - 1) } else { None },
        next_href: if skipped + rows.len() < total { href(page + 1) } else { None },
    };
    (rows, paging)
}

/// This address with one name of the query changed.
pub(crate) fn here(visit: &Visit, name: &str, value: Option<&str>) -> String {
    let query = visit.query.with(name, value);
    if query.is_empty() { visit.path.clone() } else { format!("{}{query}", visit.path) }
}

/// The file asked for by `?format=`, made by `make` from every row.
pub(crate) fn export(visit: &Visit, make: impl FnOnce() -> Export) -> Option<Result<Response, Fault>> {
    ExportFormat::from_name(visit.query.text("format")).map(|format| make().respond(format))
}

/// Where the same list is as files.
pub(crate) fn file_hrefs(visit: &Visit) -> (String, String) {
    (here(visit, "format", Some("csv")), here(visit, "format", Some("xlsx")))
}

/// What was just done, where the page itself does not show it.
pub(crate) fn done_notice(visit: &Visit) -> Markup {
    let words = match visit.query.text("done") {
        "session" => "The session is ended.",
        "password" => "Your password is changed. Your other sessions are ended.",
        "token" => "The token is revoked and opens nothing any more.",
        "preferences" => "Your preferences are saved.",
        "limits" => "The limits are saved and hold for running sessions too.",
        "dismissed" => "The message is dismissed. It stays in the inbox with your reason.",
        "undone" => "The change is taken back.",
        _ => return html! {},
    };
    notice(Status::Done, html! { span role="status" { (words) } })
}

/// One role in a table: role, site, from, until, state.
pub(crate) fn grant_row(grant: &Grant, tree: &SiteTree, today: Date) -> Row {
    let site = tree.get(&grant.site);
    let state = if grant.is_held(today) {
        chip(Status::Done, "Held")
    } else if today < grant.from {
        chip(Status::Plain, "Later")
    } else {
        chip(Status::Plain, "Ended")
    };
    // The day stored is the first without the role; people say the last with it.
    let until = grant.to.map(|to| to.yesterday().unwrap_or(to).max(grant.from));
    Row::default()
        .cell(grant.role.title())
        .cell(site.map_or_else(|| "A site that is gone".to_owned(), |site| site.name.clone()))
        .cell(format::date(grant.from, today))
        .cell(Cell::dim(until.map_or("No end".to_owned(), |until| format::date(until, today))))
        .cell(state)
}

/// How a token stands, and whether it still opens anything.
pub(crate) fn token_state(token: &TokenRow, now: Timestamp) -> (Markup, bool) {
    if token.revoked_at.is_some() {
        (chip(Status::Plain, "Revoked"), false)
    } else if token.expires_at <= now {
        (chip(Status::Plain, "Expired"), false)
    } else {
        (chip(Status::Done, "In use"), true)
    }
}

/// What people call a site.
pub(crate) fn site_name(visit: &Visit, path: &SitePath) -> String {
    visit.tree.find(path).map_or_else(|| path.to_string(), |site| site.name.clone())
}

/// Every open site where something is allowed, for a select.
pub(crate) fn site_choices(visit: &Visit, asked: Permission, chosen: &str) -> Vec<Choice> {
    let today = visit.today();
    let Some(who) = &visit.who else { return Vec::new() };
    let allowed = |site: &&identity::SiteInfo| {
        site.is_open(today) && who.access.allows(&visit.tree, asked, &site.path, today)
    };
    let indent = |site: &identity::SiteInfo| "\u{2003}".repeat(site.path.depth().saturating_sub(1));
    let choice = |site: &identity::SiteInfo| {
        let words = format!("{}{}", indent(site), site.name);
        Choice::new(site.path.as_str(), words, site.path.as_str() == chosen)
    };
    visit.tree.all().iter().filter(allowed).map(choice).collect()
}

/// Names of people by id, for columns that say who.
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    /// Looks up the people among these actors.
    pub(crate) async fn of(tx: &mut Tx, ids: impl Iterator<Item = &str>) -> Result<Names, StoreError> {
        let mut ids: Vec<String> =
            ids.filter(|id| id.parse::<Id<Person>>().is_ok()).map(str::to_owned).collect();
        ids.sort();
        ids.dedup();
        Ok(Names(store::list_names(tx, &ids).await?.into_iter().collect()))
    }

    /// Looks up everybody these changes are by, and those they are about.
    pub(crate) async fn of_entries(tx: &mut Tx, entries: &[Entry]) -> Result<Names, StoreError> {
        let by = entries.iter().map(|entry| entry.row.actor.who.clone());
        let about = entries.iter().flat_map(|entry| touched(entry.before.as_deref(), &entry.row.body));
        let ids: Vec<String> = by.chain(about.flat_map(|part| [part.before, part.after])).collect();
        Names::of(tx, ids.iter().map(String::as_str)).await
    }

    /// A person's name, or what part of the product acted.
    pub(crate) fn get(&self, who: &str) -> String {
        match (self.0.get(who), who) {
            (Some(name), _) => name.clone(),
            (None, "command") => "Command line".to_owned(),
            (None, "product" | "server") => "Helmward".to_owned(),
            (None, "feed") => "Feed".to_owned(),
            (None, "job") => "Background job".to_owned(),
            (None, "set-up") => "First set-up".to_owned(),
            (None, other) => other.to_owned(),
        }
    }
}

/// One value that a change touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Touched {
    pub(crate) what: String,
    pub(crate) before: String,
    pub(crate) after: String,
}

/// What differs between two states of a record, by name.
pub(crate) fn touched(before: Option<&str>, after: &str) -> Vec<Touched> {
    let flat = |text: &str| {
        let mut values = BTreeMap::new();
        flatten("", &serde_json::from_str(text).unwrap_or(Value::Null), &mut values);
        values
    };
    let (old, new) = (before.map(flat).unwrap_or_default(), flat(after));
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let value =
        |values: &BTreeMap<String, String>, name: &String| values.get(name).cloned().unwrap_or_default();
    names
        .into_iter()
        .map(|name| Touched { what: name.clone(), before: value(&old, name), after: value(&new, name) })
        .filter(|touched| touched.before != touched.after)
        .collect()
}

fn flatten(name: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    // A setting is kept as text, and what it holds may be a record of its own.
    let kept = value.as_str().filter(|text| text.starts_with('{'));
    let inside = kept.and_then(|text| serde_json::from_str(text).ok()).filter(Value::is_object);
    let value = inside.as_ref().unwrap_or(value);
    let text = match value {
        Value::Null => String::new(),
        Value::Bool(is) => if *is { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let words =
                items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned));
            words.collect::<Vec<_>>().join(" ")
        }
        Value::Object(fields) => {
            for (field, value) in fields {
                let inner = if name.is_empty() { field.clone() } else { format!("{name} {field}") };
                flatten(&inner.replace('_', " "), value, into);
            }
            return;
        }
    };
    into.insert(name.to_owned(), text.chars().take(200).collect());
}

/// A change in one line: `name: Night to Day; until: nothing to 2026-11-30`.
pub(crate) fn told(entry: &Entry, names: &Names) -> String {
    let says = |text: &str| match (names.0.get(text), text) {
        (Some(name), _) => name.clone(),
        (None, "") => "nothing".to_owned(),
        (None, text) => text.to_owned(),
    };
    let parts = touched(entry.before.as_deref(), &entry.row.body);
    let is_new = entry.before.is_none();
    let words = parts.iter().map(|part| {
        // A record that is one value has no name for it.
        let what = if part.what.is_empty() { String::new() } else { format!("{}: ", part.what) };
        match is_new {
            true => format!("{what}{}", says(&part.after)),
            false => format!("{what}{} to {}", says(&part.before), says(&part.after)),
        }
    });
    let words = words.collect::<Vec<_>>().join("; ");
    if words.is_empty() { "saved without a change".to_owned() } else { words }
}

/// Who changed a record, when, and what from and to.
pub(crate) fn history_panel(visit: &Visit, entries: &[Entry], names: &Names) -> Panel {
    let zone = visit.zone();
    let lines = entries.iter().take(40).map(|entry| AgendaLine {
        when: format::instant(entry.row.at, &zone, visit.now),
        title: format!("{}: {}", sentence(&entry.row.kind.replace('_', " ")), told(entry, names)),
        note: names.get(&entry.row.actor.who),
        ..AgendaLine::default()
    });
    let agenda = Agenda { lines: lines.collect() };
    let panel = Panel::new("History").id("history");
    if agenda.lines.is_empty() {
        panel.body(Empty::new(
            "No change yet",
            "Each change will stand here with who, when, before and after.",
        ))
    } else {
        panel.body(agenda)
    }
}

/// The strip for the change this address names, while it is the newest of its record and one's own.
pub(crate) async fn undo_strip(visit: &Visit, tx: &mut Tx) -> Result<Option<Undo>, Fault> {
    let Ok(seq) = visit.query.text("undo").parse::<i64>() else { return Ok(None) };
    let Some(entry) = store::find_entry(tx, seq).await? else { return Ok(None) };
    let own = visit.who.as_ref().map(|who| who.access.person_id().to_string());
    let newest = store::last_seq(tx, &entry.row.kind, &entry.row.record).await?;
    if own.as_ref() != Some(&entry.row.actor.who) || newest != Some(seq) {
        return Ok(None);
    }
    let names = Names::of_entries(tx, std::slice::from_ref(&entry)).await?;
    let what = told(&entry, &names);
    let text = format::clipped(&format!("Saved. {}", sentence(&what)), 160);
    Ok(Some(Undo { text, action: "/admin/undo".to_owned(), token: seq.to_string() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_names_what_it_touched() {
        let parts = touched(
            Some(r#"{"name":"A","to":null,"codes":["X"]}"#),
            r#"{"name":"B","to":null,"codes":["X","Y"]}"#,
        );
        let words: Vec<_> = parts.iter().map(|part| (&*part.what, &*part.before, &*part.after)).collect();
        assert_eq!(words, [("codes", "X", "X Y"), ("name", "A", "B")]);
        let parts = touched(None, r#""{\"is_on\":true,\"timing\":\"02:30\"}""#);
        let words: Vec<_> = parts.iter().map(|part| (&*part.what, &*part.after)).collect();
        assert_eq!(words, [("is on", "yes"), ("timing", "02:30")], "a setting kept as text");
        assert_eq!(sentence("the role is held"), "The role is held");
    }
}
