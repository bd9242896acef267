//! Rows of imports, their files, rejects and mappings, and what history says of a cause.

use super::{ImportRun, Mapping, RunState, Touched};
use crate::feed::store::scope_binds;
use base::Id;
use identity::{ImportCounts, Scope, Site};
use jiff::Timestamp;
use store::{Bind, Columns, FromRow, StoreError, Tx, binds};

fn state_of(word: &str) -> Result<RunState, StoreError> {
    let all = [RunState::Draft, RunState::Running, RunState::Done, RunState::Undone, RunState::Failed];
    let found = all.into_iter().find(|state| state.key() == word);
    found.ok_or_else(|| StoreError::inconsistent("import_run", format!("state `{word}`")))
}

fn mapping_of(text: &str) -> Result<Mapping, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::inconsistent("mapping", error.to_string()))
}

fn text_of(mapping: &Mapping) -> Result<String, StoreError> {
    serde_json::to_string(mapping).map_err(|error| StoreError::inconsistent("mapping", error.to_string()))
}

fn count_of(c: &mut Columns<'_>) -> Result<usize, StoreError> {
    let n: i64 = c.take()?;
    usize::try_from(n).map_err(|_| StoreError::inconsistent("import_run", "a negative count"))
}

fn bind_of(n: usize) -> Bind {
    Bind::from(i64::try_from(n).unwrap_or(i64::MAX))
}

/// A run with the id of its site, which the importer needs.
pub(super) struct RunRow {
    pub(super) run: ImportRun,
    pub(super) site_id: Option<Id<Site>>,
}

impl FromRow for RunRow {
    fn from_row(c: &mut Columns<'_>) -> Result<RunRow, StoreError> {
        let (id, kind, site_id, site) = (c.take()?, c.take()?, c.take()?, c.take::<Option<String>>()?);
        let site = site.map(|path| path.parse()).transpose();
        let run = ImportRun {
            id,
            kind,
            site: site.map_err(|_| StoreError::inconsistent("import_run", format!("site of {id}")))?,
            file_name: c.take()?,
            state: state_of(&c.take::<String>()?)?,
            mapping: mapping_of(&c.take::<String>()?)?,
            counts: ImportCounts {
                new: count_of(c)?,
                changed: count_of(c)?,
                same: count_of(c)?,
                rejected: count_of(c)?,
            },
            created_at: c.take()?,
            created_by: c.take()?,
            done_at: c.take()?,
            undone_at: c.take()?,
        };
        Ok(RunRow { run, site_id })
    }
}

const SELECT: &str = "SELECT run.id, run.kind, run.site_id, site.path, run.file_name, run.state, run.mapping,
        run.n_new, run.n_changed, run.n_same, run.n_rejected, run.created_at, run.created_by, run.done_at,
        run.undone_at
    FROM import_run run LEFT JOIN site ON site.id = run.site_id
    WHERE (run.site_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1)
           OR (run.site_id IS NULL AND $2))";

pub(super) async fn list(
    tx: &mut Tx,
    scope: &Scope,
    before: Option<Timestamp>,
    n_max: u32,
) -> Result<Vec<RunRow>, StoreError> {
    let mut binds = scope_binds(scope);
    binds.push(before.unwrap_or(Timestamp::MAX).into());
    let sql =
        format!("{SELECT} AND run.created_at < $3 ORDER BY run.created_at DESC, run.id DESC LIMIT {n_max}");
    tx.list(&sql, binds).await
}

pub(super) async fn find(
    tx: &mut Tx,
    scope: &Scope,
    id: Id<ImportRun>,
) -> Result<Option<RunRow>, StoreError> {
    let mut binds = scope_binds(scope);
    binds.push(id.into());
    tx.find(&format!("{SELECT} AND run.id = $3 ORDER BY run.id"), binds).await
}

/// A file about to wait for its commit.
pub(super) struct NewRun<'a> {
    pub(super) kind: &'a str,
    pub(super) site: Option<Id<Site>>,
    pub(super) file_name: &'a str,
    pub(super) mapping: &'a Mapping,
    pub(super) created_by: &'a str,
    /// The sealed file, where it is kept.
    pub(super) sealed: Option<Vec<u8>>,
}

pub(super) async fn insert(tx: &mut Tx, new: NewRun<'_>) -> Result<Id<ImportRun>, StoreError> {
    let id: Id<ImportRun> = tx.new_id();
    tx.run(
        "INSERT INTO import_run (id, kind, site_id, file_name, state, mapping, n_new, n_changed, n_same,
                                 n_rejected, created_at, created_by)
         VALUES ($1, $2, $3, $4, 'draft', $5, 0, 0, 0, 0, $6, $7)",
        binds![id, new.kind, new.site, new.file_name, text_of(new.mapping)?, tx.at(), new.created_by],
    )
    .await?;
    if let Some(sealed) = new.sealed {
        let file = "INSERT INTO import_file (import_id, body) VALUES ($1, $2)";
        tx.run(file, binds![id, sealed]).await?;
    }
    Ok(id)
}

/// Forgets the file of a run.
pub(super) async fn delete_file(tx: &mut Tx, id: Id<ImportRun>) -> Result<(), StoreError> {
    tx.run("DELETE FROM import_file WHERE import_id = $1", binds![id]).await.map(|_| ())
}

/// The sealed file.
pub(super) async fn find_file(tx: &mut Tx, id: Id<ImportRun>) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT body FROM import_file WHERE import_id = $1 ORDER BY import_id";
    Ok(tx.find::<(Vec<u8>,)>(sql, binds![id]).await?.map(|(body,)| body))
}

/// Notes what a dry run found.
pub(super) async fn put_preview(
    tx: &mut Tx,
    id: Id<ImportRun>,
    mapping: &Mapping,
    counts: &ImportCounts,
) -> Result<(), StoreError> {
    tx.run(
        "UPDATE import_run SET mapping = $1, n_new = $2, n_changed = $3, n_same = $4, n_rejected = $5
         WHERE id = $6",
        binds![
            text_of(mapping)?,
            bind_of(counts.new),
            bind_of(counts.changed),
            bind_of(counts.same),
            bind_of(counts.rejected),
            id
        ],
    )
    .await
    .map(|_| ())
}

/// Moves a run on, unless it is in none of the states `from`; whether it moved.
pub(super) async fn put_state(
    tx: &mut Tx,
    id: Id<ImportRun>,
    from: &[RunState],
    to: RunState,
) -> Result<bool, StoreError> {
    let now = tx.at();
    let (done_at, undone_at) = match to {
        RunState::Done | RunState::Failed => (Some(now), None),
        RunState::Undone => (None, Some(now)),
        RunState::Draft | RunState::Running => (None, None),
    };
    let from: Vec<String> = from.iter().map(|state| format!("'{}'", state.key())).collect();
    let sql = format!(
        "UPDATE import_run SET state = $1, done_at = COALESCE($2, done_at), undone_at = $3
         WHERE id = $4 AND state IN ({})",
        from.join(", ")
    );
    Ok(tx.run(&sql, binds![to.key(), done_at, undone_at, id]).await? > 0)
}

pub(super) async fn delete_rejects(tx: &mut Tx, id: Id<ImportRun>) -> Result<(), StoreError> {
    tx.run("DELETE FROM import_reject WHERE import_id = $1", binds![id]).await.map(|_| ())
}

/// Keeps rejected rows: line, reason, and the row, sealed.
pub(super) async fn insert_rejects(
    tx: &mut Tx,
    id: Id<ImportRun>,
    rejects: Vec<(u64, String, Vec<u8>)>,
) -> Result<(), StoreError> {
    let rows = rejects
        .into_iter()
        .map(|(line, reason, row)| binds![id, i64::try_from(line).unwrap_or(i64::MAX), reason, row])
        .collect();
    let head = "INSERT INTO import_reject (import_id, line, reason, row_text) VALUES";
    tx.insert_many(head, rows, "ON CONFLICT (import_id, line) DO NOTHING").await.map(|_| ())
}

pub(super) async fn list_rejects(
    tx: &mut Tx,
    id: Id<ImportRun>,
) -> Result<Vec<(i64, String, Vec<u8>)>, StoreError> {
    let sql = "SELECT line, reason, row_text FROM import_reject WHERE import_id = $1 ORDER BY line";
    tx.list(sql, binds![id]).await
}

/// The runs that began before an instant and have not ended.
pub(super) async fn list_running(tx: &mut Tx, before: Timestamp) -> Result<Vec<Id<ImportRun>>, StoreError> {
    let sql = "SELECT id FROM import_run WHERE state = 'running' AND created_at < $1 ORDER BY id";
    Ok(tx.list::<(Id<ImportRun>,)>(sql, binds![before]).await?.into_iter().map(|(id,)| id).collect())
}

/// Forgets files and rejects of runs that ended, or were never committed, before an instant.
pub(super) async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    let old = "SELECT id FROM import_run WHERE state <> 'running' AND COALESCE(done_at, created_at) < $1";
    tx.run(&format!("DELETE FROM import_reject WHERE import_id IN ({old})"), binds![before]).await?;
    tx.run(&format!("DELETE FROM import_file WHERE import_id IN ({old})"), binds![before]).await
}

pub(super) async fn put_mapping(
    tx: &mut Tx,
    kind: &str,
    name: &str,
    mapping: &Mapping,
) -> Result<(), StoreError> {
    tx.run(
        "INSERT INTO import_mapping (kind, name, body, changed_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body, changed_at = excluded.changed_at",
        binds![kind, name, text_of(mapping)?, tx.at()],
    )
    .await
    .map(|_| ())
}

pub(super) async fn find_mapping(tx: &mut Tx, kind: &str, name: &str) -> Result<Option<Mapping>, StoreError> {
    let sql = "SELECT body FROM import_mapping WHERE kind = $1 AND name = $2 ORDER BY name";
    let found: Option<(String,)> = tx.find(sql, binds![kind, name]).await?;
    found.map(|(body,)| mapping_of(&body)).transpose()
}

pub(super) async fn list_mappings(
    tx: &mut Tx,
    kind: &str,
) -> Result<Vec<(String, Mapping, Timestamp)>, StoreError> {
    let sql = "SELECT name, body, changed_at FROM import_mapping WHERE kind = $1 ORDER BY name";
    let rows: Vec<(String, String, Timestamp)> = tx.list(sql, binds![kind]).await?;
    rows.into_iter().map(|(name, body, at)| Ok((name, mapping_of(&body)?, at))).collect()
}

struct TouchedRow {
    touched: Touched,
    last_own: i64,
    last: i64,
}

impl FromRow for TouchedRow {
    fn from_row(c: &mut Columns<'_>) -> Result<TouchedRow, StoreError> {
        let touched = Touched {
            kind: c.take()?,
            record: c.take()?,
            first_seq: c.take()?,
            body_before: c.take()?,
            body_after: c.take()?,
            is_changed_since: false,
        };
        Ok(TouchedRow { touched, last_own: c.take()?, last: c.take()? })
    }
}

/// Records a cause touched, newest first, but those that its undo has dealt with.
pub(super) async fn list_touched(
    tx: &mut Tx,
    cause: &str,
    before_seq: i64,
    n_max: u32,
) -> Result<Vec<Touched>, StoreError> {
    const SAME: &str = "kind = h.kind AND o.record_id = h.record_id";
    let sql = format!(
        "SELECT h.kind, h.record_id, h.seq,
             (SELECT o.body FROM history o WHERE o.{SAME} AND o.seq < h.seq ORDER BY o.seq DESC LIMIT 1),
             (SELECT o.body FROM history o WHERE o.{SAME} AND o.cause = h.cause ORDER BY o.seq DESC LIMIT 1),
             (SELECT MAX(o.seq) FROM history o WHERE o.{SAME} AND o.cause = h.cause),
             (SELECT MAX(o.seq) FROM history o WHERE o.{SAME})
         FROM history h
         WHERE h.cause = $1 AND h.seq < $2
           AND NOT EXISTS (SELECT 1 FROM history o WHERE o.{SAME} AND o.seq < h.seq AND o.cause = h.cause)
           AND NOT EXISTS (SELECT 1 FROM history o WHERE o.{SAME} AND o.cause = $3)
         ORDER BY h.seq DESC LIMIT {n_max}"
    );
    let rows: Vec<TouchedRow> =
        tx.list(&sql, binds![cause, before_seq, super::run::undo_cause(cause)]).await?;
    let touched = |row: TouchedRow| Touched { is_changed_since: row.last > row.last_own, ..row.touched };
    Ok(rows.into_iter().map(touched).collect())
}
