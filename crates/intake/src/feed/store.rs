//! Rows of feeds.

use super::{Feed, Open, Tally};
use base::Id;
use identity::{Scope, Site};
use std::collections::BTreeMap;
use store::{Bind, Columns, FromRow, StoreError, Tx, binds};

impl FromRow for Feed {
    fn from_row(c: &mut Columns<'_>) -> Result<Feed, StoreError> {
        let (id, application, facility, way) = (c.take()?, c.take()?, c.take()?, c.take()?);
        let site: Option<String> = c.take()?;
        let site = site.map(|path| path.parse()).transpose();
        Ok(Feed {
            site: site.map_err(|_| StoreError::inconsistent("feed", format!("site of feed {id}")))?,
            id,
            application,
            facility,
            way,
            first_at: c.take()?,
            last_at: c.take()?,
            last_event_at: c.take()?,
            n_received: c.take()?,
            n_applied: c.take()?,
            n_ignored: c.take()?,
            n_duplicate: c.take()?,
            n_refused: c.take()?,
            n_open_faults: c.take()?,
        })
    }
}

/// Feeds a scope covers; more conditions and the order follow.
const SELECT: &str = "SELECT feed.id, feed.application, feed.facility, feed.source, site.path, feed.first_at,
        feed.last_at, feed.last_event_at, feed.n_received, feed.n_applied, feed.n_ignored, feed.n_duplicate,
        feed.n_refused,
        (SELECT CAST(COUNT(*) AS BIGINT) FROM message_fault
          WHERE message_fault.feed_id = feed.id AND message_fault.closed_at IS NULL)
    FROM feed LEFT JOIN site ON site.id = feed.site_id";

/// `feed.site_id` stands below `$1`, or is unknown and `$2` says that the scope is the whole enterprise.
pub(crate) const IN_SCOPE: &str = "(feed.site_id IN
        (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1) OR (feed.site_id IS NULL AND $2))";

/// The values [`IN_SCOPE`] asks for.
pub(crate) fn scope_binds(scope: &Scope) -> Vec<Bind> {
    binds![scope.site_id(), scope.path().depth() == 0]
}

pub(super) async fn list(tx: &mut Tx, scope: &Scope) -> Result<Vec<Feed>, StoreError> {
    let order = "ORDER BY feed.application, feed.facility, feed.source, feed.id";
    tx.list(&format!("{SELECT} WHERE {IN_SCOPE} {order}"), scope_binds(scope)).await
}

pub(super) async fn find(tx: &mut Tx, scope: &Scope, id: &str) -> Result<Option<Feed>, StoreError> {
    let mut binds = scope_binds(scope);
    binds.push(id.into());
    tx.find(&format!("{SELECT} WHERE {IN_SCOPE} AND feed.id = $3 ORDER BY feed.id"), binds).await
}

/// Adds differences to a feed's counts.
pub(super) async fn recount(
    tx: &mut Tx,
    id: &str,
    tally: &Tally,
    site: Option<Id<Site>>,
) -> Result<(), StoreError> {
    tx.run(
        "UPDATE feed SET site_id = $1, n_applied = n_applied + $2, n_ignored = n_ignored + $3,
             n_refused = n_refused + $4
         WHERE id = $5",
        binds![site, tally.n_applied, tally.n_ignored, tally.n_refused, id],
    )
    .await
    .map(|_| ())
}

pub(super) async fn list_sites(
    tx: &mut Tx,
    ids: &[String],
) -> Result<BTreeMap<String, Option<Id<Site>>>, StoreError> {
    let sql = "SELECT id, site_id FROM feed WHERE id IN ({in}) ORDER BY id";
    let rows: Vec<(String, Option<Id<Site>>)> = tx.list_by_key(sql, ids).await?;
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
