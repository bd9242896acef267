//! History as administration reads it: with the state before, over many records, by who and when.

use ::store::{Columns, FromRow, HistoryRow, StoreError, Tx, binds};
use identity::Scope;
use jiff::Timestamp;

/// One change and what stood before it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The change.
    pub(crate) row: HistoryRow,
    /// The record before; `None` when the change made it.
    pub(crate) before: Option<String>,
}

impl FromRow for Entry {
    fn from_row(c: &mut Columns<'_>) -> Result<Entry, StoreError> {
        Ok(Entry { row: HistoryRow::from_row(c)?, before: c.take()? })
    }
}

/// The columns of an [`Entry`].
const SELECT: &str = "SELECT h.seq, h.recorded_at, h.actor, h.cause, h.kind, h.record_id, h.site, h.body,
        (SELECT b.body FROM history b WHERE b.kind = h.kind AND b.record_id = h.record_id AND b.seq < h.seq
         ORDER BY b.seq DESC LIMIT 1)
    FROM history h";

/// One change.
pub(crate) async fn find_entry(tx: &mut Tx, seq: i64) -> Result<Option<Entry>, StoreError> {
    tx.find(&format!("{SELECT} WHERE h.seq = $1 ORDER BY h.seq"), binds![seq]).await
}

/// The number of a record's newest change.
pub(crate) async fn last_seq(tx: &mut Tx, kind: &str, record: &str) -> Result<Option<i64>, StoreError> {
    let found: Option<(i64,)> = tx
        .find(
            "SELECT seq FROM history WHERE kind = $1 AND record_id = $2 ORDER BY seq DESC LIMIT 1",
            binds![kind, record],
        )
        .await?;
    Ok(found.map(|(seq,)| seq))
}

/// The number of the newest change of any record of the kind whose name starts so.
pub(crate) async fn last_seq_below(tx: &mut Tx, kind: &str, prefix: &str) -> Result<Option<i64>, StoreError> {
    let found: Option<(i64,)> = tx
        .find(
            "SELECT seq FROM history WHERE kind = $1 AND record_id LIKE $2 ORDER BY seq DESC LIMIT 1",
            binds![kind, format!("{prefix}%")],
        )
        .await?;
    Ok(found.map(|(seq,)| seq))
}

/// The number of the newest change of any own value of a rule.
pub(crate) async fn last_rule_seq(tx: &mut Tx, rule: &str) -> Result<Option<i64>, StoreError> {
    let found: Option<(i64,)> = tx
        .find(
            "SELECT h.seq FROM rule_override o
             JOIN history h ON h.kind = 'rule_override' AND h.record_id = o.id
             WHERE o.rule_key = $1 ORDER BY h.seq DESC LIMIT 1",
            binds![rule],
        )
        .await?;
    Ok(found.map(|(seq,)| seq))
}

/// The changes of these records, of any of the kinds, newest first.
pub(crate) async fn list_entries(
    tx: &mut Tx,
    kinds: &[&'static str],
    records: &[String],
) -> Result<Vec<Entry>, StoreError> {
    let kinds: Vec<String> = kinds.iter().map(|kind| format!("'{kind}'")).collect();
    let sql = format!(
        "{SELECT} WHERE h.kind IN ({}) AND h.record_id IN ({{in}}) ORDER BY h.seq DESC LIMIT 200",
        kinds.join(", ")
    );
    let mut entries: Vec<Entry> = tx.list_in(&sql, records).await?;
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.row.seq));
    Ok(entries)
}

/// What of the audit log is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// Only this kind of record.
    pub(crate) kind: String,
    /// Only changes by this person or part.
    pub(crate) who: String,
    /// Only this record.
    pub(crate) record: String,
    /// Not before.
    pub(crate) from: Option<Timestamp>,
    /// Before.
    pub(crate) until: Option<Timestamp>,
    /// Older than this number.
    pub(crate) before: Option<i64>,
}

/// Changes at the sites of a scope, newest first. What belongs to no site, such as accounts, is shown to
/// those whose scope is a whole enterprise.
pub(crate) async fn list_log(
    tx: &mut Tx,
    scope: &Scope,
    filter: &Filter,
    n_max: i64,
) -> Result<Vec<Entry>, StoreError> {
    let sql = format!(
        "{SELECT}
         WHERE (EXISTS (SELECT 1 FROM site s JOIN site_tree t ON t.descendant_id = s.id
                        WHERE s.path = h.site AND t.ancestor_id = $1)
             OR (h.site IS NULL AND EXISTS (SELECT 1 FROM site s WHERE s.id = $2 AND s.parent_id IS NULL)))
           AND (CAST($3 AS TEXT) = '' OR h.kind = $4)
           AND (CAST($5 AS TEXT) = '' OR h.actor = $6)
           AND (CAST($7 AS TEXT) = '' OR h.record_id = $8)
           AND h.recorded_at >= $9 AND h.recorded_at < $10 AND h.seq < $11
         ORDER BY h.seq DESC LIMIT $12"
    );
    tx.list(
        &sql,
        binds![
            scope.site_id(),
            scope.site_id(),
            filter.kind.as_str(),
            filter.kind.as_str(),
            filter.who.as_str(),
            filter.who.as_str(),
            filter.record.as_str(),
            filter.record.as_str(),
            filter.from.unwrap_or(Timestamp::UNIX_EPOCH),
            filter.until.unwrap_or(Timestamp::MAX),
            filter.before.unwrap_or(i64::MAX),
            n_max,
        ],
    )
    .await
}

/// The kinds of record history knows, for the filter.
pub(crate) async fn list_kinds(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = tx.list("SELECT DISTINCT kind FROM history ORDER BY kind", binds![]).await?;
    Ok(rows.into_iter().map(|(kind,)| kind).collect())
}

/// Names of people.
pub(crate) async fn list_names(tx: &mut Tx, ids: &[String]) -> Result<Vec<(String, String)>, StoreError> {
    tx.list_in("SELECT id, name FROM person WHERE id IN ({in}) ORDER BY id", ids).await
}

/// The people who hold a token at a site of the scope.
pub(crate) async fn list_token_holders(
    tx: &mut Tx,
    scope: &Scope,
) -> Result<Vec<base::Id<identity::Person>>, StoreError> {
    let rows: Vec<(base::Id<identity::Person>,)> = tx
        .list(
            "SELECT DISTINCT a.person_id FROM api_token a JOIN site_tree t ON t.descendant_id = a.site_id
             WHERE t.ancestor_id = $1 ORDER BY a.person_id LIMIT 1000",
            binds![scope.site_id()],
        )
        .await?;
    Ok(rows.into_iter().map(|(person,)| person).collect())
}
