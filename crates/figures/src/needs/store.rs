//! Dismissals in the database, and the list of needs with them taken out.

use super::{Dismissed, Need, NeedAsk, Ranked, Source, rank};
use base::SitePath;
use identity::{Access, Permission};
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use std::collections::BTreeMap;
use store::{Actor, Change, Columns, FromRow, StoreError, Tx, binds};

/// Fewest and most characters of a reason.
const REASON: std::ops::RangeInclusive<usize> = 5..=500;
/// Days a need may stay away.
const DAYS: std::ops::RangeInclusive<i64> = 1..=90;

/// Why a need was not dismissed.
#[derive(Debug, thiserror::Error)]
pub enum DismissProblem {
    /// The reason is missing or too long.
    #[error("the reason has {got} characters; give {} to {}", REASON.start(), REASON.end())]
    Reason {
        /// Characters given.
        got: usize,
    },
    /// The day to return is too near or too far.
    #[error("it would come back on {until}; choose a day from {first} to {last}")]
    Until {
        /// Day given.
        until: Date,
        /// First day it can be.
        first: Date,
        /// Last day it can be.
        last: Date,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

struct Dismissal {
    key: String,
    reason: String,
    until: Date,
    by: String,
    at: Timestamp,
}

impl FromRow for Dismissal {
    fn from_row(c: &mut Columns<'_>) -> Result<Dismissal, StoreError> {
        Ok(Dismissal { key: c.take()?, reason: c.take()?, until: c.take()?, by: c.take()?, at: c.take()? })
    }
}

/// Puts a need off until a day. The caller found it in [`list_needs`], so the person may see it.
/// `today` is the civil day at the need's site.
///
/// # Errors
/// [`DismissProblem`] saying what to change.
pub async fn dismiss(
    tx: &mut Tx,
    actor: &Actor,
    need: &Need,
    reason: &str,
    until: Date,
    today: Date,
) -> Result<(), DismissProblem> {
    let reason = reason.trim();
    let got = reason.chars().count();
    if !REASON.contains(&got) {
        return Err(DismissProblem::Reason { got });
    }
    let (first, last) = (days_after(today, *DAYS.start()), days_after(today, *DAYS.end()));
    if until < first || until > last {
        return Err(DismissProblem::Until { until, first, last });
    }
    let at = tx.at();
    tx.run(
        "INSERT INTO need_dismissal (need_key, site, reason, until_date, dismissed_by, dismissed_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (need_key) DO UPDATE SET site = excluded.site, reason = excluded.reason,
           until_date = excluded.until_date, dismissed_by = excluded.dismissed_by,
           dismissed_at = excluded.dismissed_at",
        binds![need.key.as_str(), &need.site, reason, until, actor.who.as_str(), at],
    )
    .await?;
    let body = serde_json::json!({
        "state": "dismissed", "sentence": need.sentence, "reason": reason, "until": until.to_string(),
    });
    tx.keep(actor, change(&need.key, &need.site, body)).await?;
    Ok(())
}

/// Takes a dismissal back: the need is open again at once. `false` when it was not dismissed.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn undo_dismissal(
    tx: &mut Tx,
    actor: &Actor,
    need: &Need,
    today: Date,
) -> Result<bool, StoreError> {
    let n_changed = tx
        .run(
            "UPDATE need_dismissal SET until_date = $1 WHERE need_key = $2 AND until_date > $3",
            binds![today, need.key.as_str(), today],
        )
        .await?;
    if n_changed > 0 {
        let body = serde_json::json!({ "state": "open", "sentence": need.sentence });
        tx.keep(actor, change(&need.key, &need.site, body)).await?;
    }
    Ok(n_changed > 0)
}

fn change(key: &str, site: &SitePath, body: serde_json::Value) -> Change {
    Change { kind: "need", record: key.to_owned(), site: Some(site.clone()), body }
}

fn days_after(day: Date, n_days: i64) -> Date {
    Span::new().try_days(n_days).and_then(|span| day.checked_add(span)).unwrap_or(Date::MAX)
}

/// The needs of every source that `access` may see, ranked, with the dismissed apart. What a source gives
/// outside the scope is left out, whatever its reason. Only the operator's scope goes without an access.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list_needs(
    tx: &mut Tx,
    sources: &[Source],
    access: Option<&Access>,
    ask: &NeedAsk<'_>,
) -> Result<Ranked, StoreError> {
    let here = ask.scope.path();
    let today = crate::today(ask.tree, here, ask.now);
    let may_see = |permission: Permission| {
        ask.scope.is_operator()
            || access.is_some_and(|access| access.allows(ask.tree, permission, here, today))
    };
    let mut needs = Vec::new();
    for source in sources.iter().filter(|source| may_see(source.permission)) {
        needs.extend((source.derive)(tx, ask).await?);
    }
    needs.retain(|need| here.covers(&need.site));
    let needs = rank(needs);
    let keys: Vec<String> = needs.iter().map(|need| need.key.clone()).collect();
    let dismissals: Vec<Dismissal> = tx
        .list_in(
            "SELECT need_key, reason, until_date, dismissed_by, dismissed_at FROM need_dismissal
             WHERE need_key IN ({in}) ORDER BY need_key",
            &keys,
        )
        .await?;
    let dismissals: BTreeMap<String, Dismissal> =
        dismissals.into_iter().map(|dismissal| (dismissal.key.clone(), dismissal)).collect();
    let mut ranked = Ranked::default();
    for need in needs {
        let today = crate::today(ask.tree, &need.site, ask.now);
        match dismissals.get(&need.key).filter(|dismissal| today < dismissal.until) {
            Some(dismissal) => ranked.dismissed.push(dismissed(need, dismissal)),
            None => ranked.open.push(need),
        }
    }
    Ok(ranked)
}

fn dismissed(need: Need, dismissal: &Dismissal) -> Dismissed {
    Dismissed {
        need,
        reason: dismissal.reason.clone(),
        until: dismissal.until,
        dismissed_by: dismissal.by.clone(),
        dismissed_at: dismissal.at,
    }
}
