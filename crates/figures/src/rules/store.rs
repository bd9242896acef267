//! Overrides in the database, with their history.

use super::{BadValue, Override, Registry, Rules};
use base::{Id, SitePath};
use jiff::civil::Date;
use std::sync::Arc;
use store::{Actor, Change, Columns, FromRow, StoreError, Tx, binds};

/// Fewest and most characters of a reason.
const REASON: std::ops::RangeInclusive<usize> = 5..=500;
/// Overrides a snapshot holds; a network of 200 sites with every rule overridden has 2,600.
const N_MAX: i64 = 20_000;

/// What a person asks for.
#[derive(Debug, Clone)]
pub struct OverrideAsk {
    /// The rule.
    pub rule_key: String,
    /// Where it shall hold, with everything below.
    pub site: SitePath,
    /// First day.
    pub from: Date,
    /// First day it no longer holds; `None` for no end.
    pub to: Option<Date>,
    /// The value.
    pub value: String,
    /// Why.
    pub reason: String,
}

/// Why an override was not saved.
#[derive(Debug, thiserror::Error)]
pub enum OverrideProblem {
    /// No such rule.
    #[error("there is no rule `{key}`; choose one of the rules page")]
    Unknown {
        /// The key given.
        key: String,
    },
    /// The value does not fit.
    #[error("{0}")]
    Value(#[from] BadValue),
    /// The reason is missing or too long.
    #[error("the reason has {got} characters; give {} to {}", REASON.start(), REASON.end())]
    Reason {
        /// Characters given.
        got: usize,
    },
    /// It would end before it begins.
    #[error("the override would end on {to}, not after its first day {from}; choose a later end or none")]
    Dates {
        /// First day given.
        from: Date,
        /// End given.
        to: Date,
    },
    /// Another override of the rule holds there on some of the days.
    #[error("an override of this rule at {site} already holds from {from}{}; end it first", until(.to))]
    Overlap {
        /// Where.
        site: SitePath,
        /// Its first day.
        from: Date,
        /// Its end.
        to: Option<Date>,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn until(to: &Option<Date>) -> String {
    to.map_or_else(String::new, |to| format!(" until {to}"))
}

impl FromRow for Override {
    fn from_row(c: &mut Columns<'_>) -> Result<Override, StoreError> {
        Ok(Override {
            id: c.take()?,
            rule_key: c.take()?,
            site: c.take()?,
            from: c.take()?,
            to: c.take()?,
            value: c.take()?,
            reason: c.take()?,
            made_by: c.take()?,
            made_at: c.take()?,
            ended_at: c.take()?,
        })
    }
}

impl Rules {
    /// The rules and overrides as this transaction sees them. Load once per transaction.
    ///
    /// # Errors
    /// [`StoreError`] when the engine refuses or a row cannot be read.
    pub async fn load(tx: &mut Tx, registry: &Arc<Registry>) -> Result<Rules, StoreError> {
        let overrides = tx
            .list(
                "SELECT id, rule_key, site, from_date, to_date, value, reason, made_by, made_at, ended_at
                 FROM rule_override ORDER BY rule_key, site, from_date, id LIMIT $1",
                binds![N_MAX],
            )
            .await?;
        Ok(Rules::with(Arc::clone(registry), overrides))
    }
}

/// One override.
///
/// # Errors
/// [`StoreError`] when the engine refuses or the row cannot be read.
pub async fn find_override(tx: &mut Tx, id: Id<Override>) -> Result<Option<Override>, StoreError> {
    tx.find(
        "SELECT id, rule_key, site, from_date, to_date, value, reason, made_by, made_at, ended_at
         FROM rule_override WHERE id = $1 ORDER BY id",
        binds![id],
    )
    .await
}

/// Saves an override with its history. The caller has checked that the person may change rules at the site.
///
/// # Errors
/// [`OverrideProblem`] saying what to change.
pub async fn put_override(
    tx: &mut Tx,
    actor: &Actor,
    registry: &Registry,
    ask: &OverrideAsk,
) -> Result<Id<Override>, OverrideProblem> {
    let unknown = || OverrideProblem::Unknown { key: ask.rule_key.chars().take(80).collect() };
    let def = registry.get(&ask.rule_key).ok_or_else(unknown)?;
    def.read(&ask.value)?;
    let got = ask.reason.trim().chars().count();
    if !REASON.contains(&got) {
        return Err(OverrideProblem::Reason { got });
    }
    if let Some(to) = ask.to.filter(|to| *to <= ask.from) {
        return Err(OverrideProblem::Dates { from: ask.from, to });
    }
    if let Some(other) = find_overlap(tx, ask).await? {
        return Err(OverrideProblem::Overlap { site: other.site, from: other.from, to: other.to });
    }
    let made = Override {
        id: tx.new_id(),
        rule_key: ask.rule_key.clone(),
        site: ask.site.clone(),
        from: ask.from,
        to: ask.to,
        value: ask.value.trim().to_owned(),
        reason: ask.reason.trim().to_owned(),
        made_by: actor.who.clone(),
        made_at: tx.at(),
        ended_at: None,
    };
    insert(tx, &made).await?;
    tx.keep(actor, change(&made)).await?;
    Ok(made.id)
}

async fn find_overlap(tx: &mut Tx, ask: &OverrideAsk) -> Result<Option<Override>, StoreError> {
    tx.find(
        "SELECT id, rule_key, site, from_date, to_date, value, reason, made_by, made_at, ended_at
         FROM rule_override
         WHERE rule_key = $1 AND site = $2 AND from_date < $3 AND COALESCE(to_date, '9999-12-31') > $4
           AND COALESCE(to_date, '9999-12-31') > from_date
         ORDER BY from_date, id LIMIT 1",
        binds![ask.rule_key.as_str(), &ask.site, ask.to.unwrap_or(Date::MAX), ask.from],
    )
    .await
}

async fn insert(tx: &mut Tx, made: &Override) -> Result<(), StoreError> {
    tx.run(
        "INSERT INTO rule_override
           (id, rule_key, site, from_date, to_date, value, reason, made_by, made_at, ended_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        binds![
            made.id,
            made.rule_key.as_str(),
            &made.site,
            made.from,
            made.to,
            made.value.as_str(),
            made.reason.as_str(),
            made.made_by.as_str(),
            made.made_at,
            made.ended_at,
        ],
    )
    .await?;
    Ok(())
}

/// Ends an override on `today` (a civil day of its site): from then on the rule holds again; days before
/// keep it. One that had not begun holds on no day. `false` when there is none, or it has ended.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn end_override(
    tx: &mut Tx,
    actor: &Actor,
    id: Id<Override>,
    today: Date,
) -> Result<bool, StoreError> {
    let found = find_override(tx, id).await?;
    let is_open = |made: &Override| made.ended_at.is_none() && made.to.is_none_or(|to| today < to);
    let Some(mut made) = found.filter(is_open) else {
        return Ok(false);
    };
    made.to = Some(made.from.max(today));
    made.ended_at = Some(tx.at());
    tx.run(
        "UPDATE rule_override SET to_date = $1, ended_at = $2 WHERE id = $3",
        binds![made.to, made.ended_at, made.id],
    )
    .await?;
    tx.keep(actor, change(&made)).await?;
    Ok(true)
}

fn change(made: &Override) -> Change {
    Change {
        kind: "rule_override",
        record: made.id.to_string(),
        site: Some(made.site.clone()),
        body: serde_json::json!({
            "rule": made.rule_key,
            "from": made.from.to_string(),
            "to": made.to.map(|to| to.to_string()),
            "value": made.value,
            "reason": made.reason,
            "ended_at": made.ended_at.map(|at| at.to_string()),
        }),
    }
}
