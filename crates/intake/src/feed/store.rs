//! Rows of feeds.

use super::Open;
use base::Id;
use identity::Site;
use std::collections::BTreeMap;
use store::{StoreError, Tx, binds};

pub(super) async fn list_sites(
    tx: &mut Tx,
    ids: &[String],
) -> Result<BTreeMap<String, Option<Id<Site>>>, StoreError> {
    let sql = "SELECT id, site_id FROM feed WHERE id IN ({in}) ORDER BY id";
    let rows: Vec<(String, Option<Id<Site>>)> = tx.list_in(sql, ids).await?;
    Ok(rows.into_iter().collect())
}

pub(super) async fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) FROM feed";
    Ok(tx.find::<(i64,)>(sql, binds![]).await?.map_or(0, |(n,)| n))
}

/// The lowest site that holds both.
pub(super) async fn find_common(
    tx: &mut Tx,
    one: Id<Site>,
    other: Id<Site>,
) -> Result<Option<Id<Site>>, StoreError> {
    let sql = "SELECT one.ancestor_id FROM site_tree one
               JOIN site_tree other ON other.ancestor_id = one.ancestor_id
               WHERE one.descendant_id = $1 AND other.descendant_id = $2
               ORDER BY one.depth, one.ancestor_id LIMIT 1";
    Ok(tx.find::<(Id<Site>,)>(sql, binds![one, other]).await?.map(|(id,)| id))
}

/// Adds a batch to a feed, which is made when it is new.
pub(super) async fn add(tx: &mut Tx, feed: &Open, site: Option<Id<Site>>) -> Result<(), StoreError> {
    let (at, tally) = (tx.at(), &feed.tally);
    tx.run(
        "INSERT INTO feed (id, application, facility, source, site_id, first_at, last_at, last_event_at,
                           n_received, n_applied, n_ignored, n_duplicate, n_refused)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (id) DO UPDATE SET
             site_id = excluded.site_id,
             last_at = excluded.last_at,
             last_event_at = CASE
                 WHEN excluded.last_event_at > COALESCE(feed.last_event_at, excluded.last_event_at - 1)
                 THEN excluded.last_event_at ELSE feed.last_event_at END,
             n_received = feed.n_received + excluded.n_received,
             n_applied = feed.n_applied + excluded.n_applied,
             n_ignored = feed.n_ignored + excluded.n_ignored,
             n_duplicate = feed.n_duplicate + excluded.n_duplicate,
             n_refused = feed.n_refused + excluded.n_refused",
        binds![
            feed.id.as_str(),
            feed.application.as_str(),
            feed.facility.as_str(),
            feed.way.as_str(),
            site,
            at,
            at,
            tally.last_event_at,
            tally.n_received,
            tally.n_applied,
            tally.n_ignored,
            tally.n_duplicate,
            tally.n_refused,
        ],
    )
    .await
    .map(|_| ())
}
