//! Waits in the database.

use super::{Wait, Waited, Waits};
use crate::adt::model::{Micros, OPEN};
use base::{Id, SitePath};
use identity::Scope;
use std::collections::HashMap;
use store::{Actor, Change, StoreError, Tx, binds};

/// What everyone inside the scope waits for, by stay.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list(tx: &mut Tx, scope: &Scope) -> Result<HashMap<String, Waits>, StoreError> {
    let rows: Vec<(String, String, String, i64)> = tx
        .list(
            "SELECT w.stay_id, w.wait, w.note, w.from_at
             FROM leaving_wait w JOIN stay s ON s.id = w.stay_id JOIN leg l ON l.stay_number = s.number
             WHERE w.to_at = 253402300799999999 AND l.to_at = 253402300799999999
               AND l.known_to = 253402300799999999
               AND l.unit_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1)
             ORDER BY w.stay_id, w.id",
            binds![scope.site_id()],
        )
        .await?;
    let mut waits: HashMap<String, Waits> = HashMap::new();
    for (stay, word, note, since) in rows {
        waits.entry(stay).or_default().push(waited(&word, note, since)?);
    }
    Ok(waits)
}

/// What one stay waits for.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn find(tx: &mut Tx, stay: &str) -> Result<Waits, StoreError> {
    let rows: Vec<(String, String, i64)> = tx
        .list(
            "SELECT wait, note, from_at FROM leaving_wait
             WHERE stay_id = $1 AND to_at = 253402300799999999 ORDER BY id",
            binds![stay],
        )
        .await?;
    rows.into_iter().map(|(word, note, since)| waited(&word, note, since)).collect()
}

fn waited(word: &str, note: String, since: Micros) -> Result<Waited, StoreError> {
    let wait = Wait::from_word(word)
        .ok_or_else(|| StoreError::inconsistent("leaving_wait", format!("unknown wait `{word}`")))?;
    Ok(Waited { wait, note, since })
}

/// Says what a stay waits for from now on; what it no longer waits for ends now.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn set(
    tx: &mut Tx,
    actor: &Actor,
    site: &SitePath,
    stay: &str,
    waits: &[Wait],
    note: &str,
) -> Result<(), StoreError> {
    let now = tx.at();
    let known = find(tx, stay).await?;
    let is_kept = |one: &Waited| waits.contains(&one.wait) && one.note == note;
    for gone in known.iter().filter(|one| !is_kept(one)) {
        tx.run(
            "UPDATE leaving_wait SET to_at = $1
             WHERE stay_id = $2 AND wait = $3 AND to_at = 253402300799999999",
            binds![now, stay, gone.wait.word()],
        )
        .await?;
    }
    let mut rows = Vec::new();
    for wait in waits.iter().filter(|wait| !known.iter().any(|one| one.wait == **wait && is_kept(one))) {
        let id: Id<Waited> = tx.new_id();
        // A new note does not make the wait younger.
        let since = known.iter().find(|one| one.wait == *wait).map_or(now.as_microsecond(), |one| one.since);
        rows.push(binds![id, stay, wait.word(), note, since, OPEN]);
    }
    tx.insert_many("INSERT INTO leaving_wait (id, stay_id, wait, note, from_at, to_at) VALUES", rows, "")
        .await?;
    let words: Vec<&str> = waits.iter().map(|wait| wait.word()).collect();
    let body = serde_json::json!({ "waits": words, "note": note });
    let change = Change { kind: "leaving", record: stay.to_owned(), site: Some(site.clone()), body };
    tx.keep(actor, change).await
}
