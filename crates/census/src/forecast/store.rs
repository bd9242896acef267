//! Stored runs, and what hourly series are made of.

use super::{Run, Series};
use crate::adt::store::take_leg;
use crate::tally::rules::Leg;
use base::Id;
use identity::{Scope, Site};
use jiff::Timestamp;
use std::collections::HashMap;
use store::{StoreError, Tx, binds};

/// Saves runs of a site; each replaces the one before.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn save(tx: &mut Tx, runs: &[(Id<Site>, Series, Run)]) -> Result<(), StoreError> {
    let at = tx.at();
    let mut rows = Vec::with_capacity(runs.len());
    for (site, series, run) in runs {
        let body = serde_json::to_string(run)
            .map_err(|error| StoreError::inconsistent("forecast_run", error.to_string()))?;
        rows.push(binds![*site, series.word(), at, body]);
    }
    tx.insert_many(
        "INSERT INTO forecast_run (site_id, series, made_at, body) VALUES",
        rows,
        "ON CONFLICT (site_id, series) DO UPDATE SET made_at = excluded.made_at, body = excluded.body",
    )
    .await
    .map(|_| ())
}

/// The stored runs of every site from the scope down, and when each was made.
///
/// # Errors
/// [`StoreError`] when the engine refuses or a body is not a run.
pub async fn list(
    tx: &mut Tx,
    scope: &Scope,
) -> Result<HashMap<(Id<Site>, Series), (Timestamp, Run)>, StoreError> {
    let rows: Vec<(Id<Site>, String, Timestamp, String)> = tx
        .list(
            "SELECT site_id, series, made_at, body FROM forecast_run
             WHERE site_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1)
             ORDER BY site_id, series",
            binds![scope.site_id()],
        )
        .await?;
    let mut runs = HashMap::new();
    for (site, word, made_at, body) in rows {
        // A series of another version of the program.
        let Some(series) = Series::from_word(&word) else { continue };
        let run = serde_json::from_str(&body)
            .map_err(|error| StoreError::inconsistent("forecast_run.body", error.to_string()))?;
        runs.insert((site, series), (made_at, run));
    }
    Ok(runs)
}

/// Hands every place believed now that overlaps `[from, to)` in the scope to `see`, with its facility.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn each_leg(
    tx: &mut Tx,
    scope: &Scope,
    from: Timestamp,
    to: Timestamp,
    mut see: impl FnMut(Id<Site>, &Leg),
) -> Result<(), StoreError> {
    tx.each(
        "SELECT facility_id, unit_id, bed, class, began, ended, from_at, to_at FROM leg
         WHERE unit_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1)
           AND to_at > $2 AND from_at < $3 AND known_to = 253402300799999999 ORDER BY id",
        binds![scope.site_id(), from, to],
        |c| {
            let facility = c.take()?;
            see(facility, &take_leg(c)?);
            Ok(())
        },
    )
    .await
}
