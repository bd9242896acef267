//! Taking back the last change of a record.
//!
//! The token of an undo is the number of the change in history. Undoing is a change of its own: it sets the
//! record to what stood before, and is kept in history like any other. It is refused once somebody changed
//! the record again.

use super::kit::{Refusal as _, sentence};
use super::people::store::reopen;
use super::store::{Entry, find_entry, last_seq};
use super::work::rework;
use ::store::{Actor, StoreError, Tx};
use area::{Answer, Fault, Visit};
use figures::rules::{OverrideAsk, end_override, find_override, put_override};
use identity::Permission;
use identity::people::{NewPerson, PersonRefused, close_person, find_person, update_person};
use identity::roles::{GrantRefused, end_role, grant_role};
use identity::sessions::{Limits, set_limits};
use identity::sites::{
    Beds, Care, NEVER_OPEN, SiteChange, SiteRefused, close_site, reopen_site, set_beds, set_care, set_codes,
    update_site,
};
use jiff::civil::Date;
use serde_json::Value;
use std::sync::Arc;

/// Why a change stays.
enum Stays {
    Words(String),
    Store(StoreError),
}

impl From<StoreError> for Stays {
    fn from(error: StoreError) -> Stays {
        Stays::Store(error)
    }
}

macro_rules! stays {
    ($($kind:ty),*) => {$(
        impl From<$kind> for Stays {
            fn from(refused: $kind) -> Stays {
                match refused.store() {
                    Ok(error) => Stays::Store(error),
                    Err(refused) => Stays::Words(sentence(&refused.to_string())),
                }
            }
        }
    )*};
}
stays!(PersonRefused, GrantRefused, SiteRefused, figures::rules::OverrideProblem);

pub(super) async fn send(visit: Visit) -> Answer {
    let seq: i64 = visit.form.text("undo").parse().map_err(|_| Fault::NotFound)?;
    let mut tx = visit.read().await?;
    let entry = find_entry(&mut tx, seq).await?.ok_or(Fault::NotFound)?;
    drop(tx);
    let own = visit.who()?.access.person_id().to_string();
    if entry.row.actor.who != own || !may_undo(&visit, &entry) {
        return Err(Fault::NotFound);
    }
    let back = page_of(&entry);
    let moved = moves_patients(&entry).then(|| entry.row.site.clone()).flatten();
    let context = Context {
        actor: visit.actor(),
        today: visit.today(),
        made_is_closed_on: visit.today(),
        registry: Some(Arc::clone(&visit.ctx.rules)),
        entry,
    };
    let jobs = visit.ctx.jobs.clone();
    let undone = visit
        .ctx
        .db
        .write::<_, Stays, _>(move |tx| {
            Box::pin(async move {
                undo(tx, &context).await?;
                if let Some(path) = moved.and_then(|path| path.parse().ok()) {
                    jobs.ask(tx, rework(context.actor.who.clone(), path)).await?;
                }
                Ok(())
            })
        })
        .await;
    visit.ctx.forget();
    match undone {
        Ok(()) => Ok(visit.go(&format!("{back}?done=undone"))),
        Err(Stays::Words(words)) => Err(Fault::Conflict(words)),
        Err(Stays::Store(error)) => Err(error.into()),
    }
}

/// Whether the past has to be worked out anew without this change.
fn moves_patients(entry: &Entry) -> bool {
    let care = |body: &str| {
        let body: Value = serde_json::from_str(body).unwrap_or(Value::Null);
        text(&body, "care").to_owned()
    };
    let is_care = || entry.before.as_deref().is_some_and(|before| care(before) != care(&entry.row.body));
    entry.row.kind == "site codes" || (entry.row.kind == "site" && is_care())
}

/// A change at a site needs the right there; one of an account needs it somewhere, and was the asker's own.
fn may_undo(visit: &Visit, entry: &Entry) -> bool {
    let Some(who) = &visit.who else { return false };
    match entry.row.site.as_deref().map(str::parse) {
        None => !who.access.sites_for(&visit.tree, Permission::ADMIN_EDIT, visit.today()).is_empty(),
        Some(Ok(path)) => who.access.allows(&visit.tree, Permission::ADMIN_EDIT, &path, visit.today()),
        Some(Err(_)) => false,
    }
}

/// The page the record stands on.
fn page_of(entry: &Entry) -> String {
    let body: Value = serde_json::from_str(&entry.row.body).unwrap_or(Value::Null);
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let site = entry.row.site.clone().unwrap_or_default();
    match entry.row.kind.as_str() {
        "person" => format!("/admin/people/{}", entry.row.record),
        "role" => format!("/admin/people/{}", text("person")),
        "site" | "site codes" | "bed count" => format!("/admin/sites/{site}"),
        "rule_override" => format!("/admin/rules/{}", text("rule")),
        "setting" => "/admin/preferences".to_owned(),
        _ => "/admin".to_owned(),
    }
}

struct Context {
    actor: Actor,
    today: Date,
    /// First closed day of a site that is taken back.
    made_is_closed_on: Date,
    registry: Option<Arc<figures::rules::Registry>>,
    entry: Entry,
}

async fn undo(tx: &mut Tx, context: &Context) -> Result<(), Stays> {
    let row = &context.entry.row;
    if last_seq(tx, &row.kind, &row.record).await? != Some(row.seq) {
        let words = "This was changed again since; open its history and change it back by hand.";
        return Err(Stays::Words(words.to_owned()));
    }
    match row.kind.as_str() {
        "person" => undo_person(tx, context).await,
        "role" => undo_role(tx, context).await,
        "site" | "site codes" | "bed count" => undo_place(tx, context).await,
        "rule_override" => undo_override(tx, context).await,
        "setting" => undo_limits(tx, context).await,
        _ => Err(Stays::Words("A change of this kind cannot be taken back; change it by hand.".to_owned())),
    }
}

async fn undo_place(tx: &mut Tx, context: &Context) -> Result<(), Stays> {
    match context.entry.row.kind.as_str() {
        "site" => undo_site(tx, context).await,
        "site codes" => undo_codes(tx, context).await,
        _ => undo_beds(tx, context).await,
    }
}

/// A record of a site that an import touched, as the undo of that import hands it over.
pub(super) struct Revert(Entry);

impl Revert {
    /// The record and what stood before.
    pub(super) fn of(touched: &intake::import::Touched) -> Revert {
        Revert(Entry {
            row: ::store::HistoryRow {
                seq: touched.first_seq,
                at: jiff::Timestamp::UNIX_EPOCH,
                actor: Actor::new("", ""),
                kind: touched.kind.clone(),
                record: touched.record.clone(),
                site: None,
                body: touched.body_after.clone(),
            },
            before: touched.body_before.clone(),
        })
    }
}

/// Sets a site, its codes or its beds to what stood before; the words say why when it stays.
pub(super) async fn revert(
    tx: &mut Tx,
    actor: &Actor,
    revert: Revert,
) -> Result<Result<(), String>, StoreError> {
    let today = tx.at().to_zoned(jiff::tz::TimeZone::UTC).date();
    let kind = revert.0.row.kind.clone();
    let context = Context {
        actor: actor.clone(),
        today,
        made_is_closed_on: NEVER_OPEN,
        registry: None,
        entry: revert.0,
    };
    let done = match kind.as_str() {
        "site" | "site codes" | "bed count" => undo_place(tx, &context).await,
        // A new top site brings its administrators' roles with it, and ends those of the one before.
        "role" => undo_role(tx, &context).await,
        _ => Ok(()),
    };
    match done {
        Ok(()) => Ok(Ok(())),
        Err(Stays::Words(words)) => Ok(Err(words)),
        Err(Stays::Store(error)) => Err(error),
    }
}

fn read(text: &str) -> Result<Value, Stays> {
    let damaged = |error: serde_json::Error| StoreError::inconsistent("history", error.to_string());
    Ok(serde_json::from_str(text).map_err(damaged)?)
}

fn id_of<Kind>(text: &str) -> Result<base::Id<Kind>, Stays> {
    Ok(text.parse().map_err(|_| StoreError::inconsistent("history", "an id that is none"))?)
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

async fn undo_person(tx: &mut Tx, context: &Context) -> Result<(), Stays> {
    let (row, actor) = (&context.entry.row, &context.actor);
    let id = id_of(&row.record)?;
    let Some(before) = &context.entry.before else {
        return Ok(close_person(tx, actor, id).await?);
    };
    let (before, now) = (read(before)?, read(&row.body)?);
    let was_closed = !text(&before, "closed_at").is_empty();
    let is_closed = !text(&now, "closed_at").is_empty();
    match (was_closed, is_closed) {
        (false, true) => {
            if let Some(person) = find_person(tx, id).await? {
                reopen(tx, actor, &person).await?;
            }
            Ok(())
        }
        (true, false) => Ok(close_person(tx, actor, id).await?),
        (false, false) | (true, true) => {
            let new = NewPerson {
                email: text(&before, "email").to_owned(),
                name: text(&before, "name").to_owned(),
                title: text(&before, "title").to_owned(),
            };
            Ok(update_person(tx, actor, id, &new).await?)
        }
    }
}

/// A role just given is taken back whole; one just ended is given again from the day it ended.
async fn undo_role(tx: &mut Tx, context: &Context) -> Result<(), Stays> {
    let (row, actor) = (&context.entry.row, &context.actor);
    let now = read(&row.body)?;
    let day = |value: &Value, name: &str| text(value, name).parse::<Date>().ok();
    let damaged = || StoreError::inconsistent("history", "a role without its days");
    match &context.entry.before {
        None => {
            let from = day(&now, "from").ok_or_else(damaged)?;
            Ok(end_role(tx, actor, id_of(&row.record)?, from).await?)
        }
        Some(before) => {
            let before = read(before)?;
            let person = id_of(text(&now, "person"))?;
            let role = text(&now, "role").parse().map_err(|_| damaged())?;
            let tree = identity::SiteTree::load(tx).await?;
            let path = text(&now, "site").parse().map_err(|_| damaged())?;
            let site = tree.find(&path).ok_or_else(damaged)?.id;
            let from = day(&now, "to").ok_or_else(damaged)?;
            grant_role(tx, actor, person, role, site, from, day(&before, "to")).await?;
            Ok(())
        }
    }
}

async fn undo_site(tx: &mut Tx, context: &Context) -> Result<(), Stays> {
    let (row, actor) = (&context.entry.row, &context.actor);
    let id = id_of(&row.record)?;
    let Some(before) = &context.entry.before else {
        return Ok(close_site(tx, actor, id, context.made_is_closed_on).await?);
    };
    let (before, now) = (read(before)?, read(&row.body)?);
    match (text(&before, "closed_on"), text(&now, "closed_on")) {
        ("", "") => {}
        ("", _) => return Ok(reopen_site(tx, actor, id).await?),
        (day, _) => {
            let on = day.parse().unwrap_or(context.today);
            return Ok(close_site(tx, actor, id, on).await?);
        }
    }
    let own = |name: &str| Some(text(&before, name)).filter(|text| !text.is_empty());
    let change = SiteChange {
        name: text(&before, "name").to_owned(),
        time_zone: own("time_zone").map(str::to_owned),
        currency: own("currency").and_then(|currency| currency.parse().ok()),
        sort: before.get("sort").and_then(Value::as_i64).unwrap_or(0),
    };
    update_site(tx, actor, id, &change).await?;
    if text(&before, "care") != text(&now, "care")
        && let Ok(care) = text(&before, "care").parse::<Care>()
    {
        set_care(tx, actor, id, care).await?;
    }
    Ok(())
}

async fn undo_codes(tx: &mut Tx, context: &Context) -> Result<(), Stays> {
    let before = context.entry.before.as_deref().map(read).transpose()?.unwrap_or(Value::Null);
    let codes: Vec<String> = before
        .get("codes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|code| code.as_str().map(str::to_owned))
        .collect();
    Ok(set_codes(tx, &context.actor, id_of(&context.entry.row.record)?, &codes).await?)
}

async fn undo_beds(tx: &mut Tx, context: &Context) -> Result<(), Stays> {
    let row = &context.entry.row;
    let damaged = || StoreError::inconsistent("history", "a bed count without its day");
    let (site, from) = row.record.split_once(':').ok_or_else(damaged)?;
    let (site, from) = (id_of(site)?, from.parse::<Date>().map_err(|_| damaged())?);
    match context.entry.before.as_deref().map(read).transpose()? {
        Some(before) => {
            let count = |name: &str| before.get(name).and_then(Value::as_i64).unwrap_or(0);
            let beds =
                Beds { licensed: count("licensed"), set_up: count("set_up"), staffed: count("staffed") };
            Ok(set_beds(tx, &context.actor, site, from, beds).await?)
        }
        None => Ok(super::sites::store::remove_beds(tx, &context.actor, site, from).await?),
    }
}

async fn undo_override(tx: &mut Tx, context: &Context) -> Result<(), Stays> {
    let row = &context.entry.row;
    let id = id_of(&row.record)?;
    let Some(made) = find_override(tx, id).await? else {
        return Err(Stays::Words("There is no such override any more.".to_owned()));
    };
    match context.entry.before.as_deref().map(read).transpose()? {
        None => {
            // Its first day ends it whole: it then never held.
            end_override(tx, &context.actor, id, made.from).await?;
            Ok(())
        }
        Some(before) => {
            let ask = OverrideAsk {
                rule_key: made.rule_key,
                site: made.site,
                from: made.to.unwrap_or(context.today),
                to: text(&before, "to").parse().ok(),
                value: made.value,
                reason: made.reason,
            };
            if let Some(registry) = &context.registry {
                put_override(tx, &context.actor, registry, &ask).await?;
            }
            Ok(())
        }
    }
}

async fn undo_limits(tx: &mut Tx, context: &Context) -> Result<(), Stays> {
    if context.entry.row.record != ":session" {
        return Err(Stays::Words("A setting of this kind is changed back by hand.".to_owned()));
    }
    let limits: Limits = match &context.entry.before {
        Some(before) => serde_json::from_value(read(before)?)
            .map_err(|error| StoreError::inconsistent("history", error.to_string()))?,
        None => Limits::default(),
    };
    Ok(set_limits(tx, &context.actor, limits).await?)
}
