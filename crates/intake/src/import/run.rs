//! One file from upload to undo.

use super::store::{self, NewRun, RunRow};
use super::table::{BadFile, Row, Table, TableLimits};
use super::{
    BadMapping, FieldInfo, ImportBatch, ImportRun, Importer, Mapping, RunState, UndoReport, history_of_cause,
};
use ::store::{Actor, Change, Db, StoreError, Tx};
use base::Id;
use identity::{ImportCounts, ImportReport, Reject, Scope, Site};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long an import can be undone.
pub(super) const UNDO_TIME: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long an import may run before it counts as broken off.
const RUNNING_TIME: SignedDuration = SignedDuration::from_hours(24);
/// Rows a preview shows.
const PREVIEW_ROWS: usize = 20;
/// Rejects kept and shown of one file; further ones are only counted.
const REJECTS_MAX: usize = 100_000;
/// Records restored in one transaction.
const UNDO_BATCH: u32 = 500;
/// What sealed files and rows are bound to.
pub(super) const FILE: &str = "import_file.body";
pub(super) const ROW: &str = "import_reject.row_text";

/// Why an import does not go on.
#[derive(Debug, thiserror::Error)]
pub enum CannotImport {
    /// No such import in the scope.
    #[error("there is no such import")]
    NotFound,
    /// It is not in a state for this.
    #[error("this import is {}; upload the file again", .state.key())]
    State {
        /// Its state.
        state: RunState,
    },
    /// Too long ago.
    #[error("this import can no longer be undone; that was possible until {until}")]
    TooLate {
        /// When it ended.
        until: Timestamp,
    },
    /// The file is no longer kept.
    #[error("the file of this import is no longer kept; upload it again")]
    FileGone,
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] BadFile),
    /// The mapping cannot be used.
    #[error(transparent)]
    Mapping(#[from] BadMapping),
    /// Something made since depends on what the import brought.
    #[error("{why}")]
    Depends {
        /// What depends on it, and what to do.
        why: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a dry run shows.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The columns of the file.
    pub header: Vec<String>,
    /// Its first rows: line and cells.
    pub rows: Vec<(u64, Vec<String>)>,
    /// What a commit would do.
    pub report: ImportReport,
}

/// A mapping kept under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedMapping {
    /// Its name, for example the system the files come from.
    pub name: String,
    /// The mapping.
    pub mapping: Mapping,
    /// When it was changed.
    pub changed_at: Timestamp,
}

pub(super) fn undo_cause(cause: &str) -> String {
    format!("undo of {cause}")
}

/// Keeps a file, sealed, until it is committed. Nothing is changed yet.
///
/// # Errors
/// [`CannotImport::Mapping`], [`CannotImport::File`] when it is too large, or the store's failure.
pub async fn upload(
    db: &Db,
    actor: &Actor,
    kind: &str,
    site: Option<Id<Site>>,
    file_name: &str,
    bytes: &[u8],
    mapping: &Mapping,
) -> Result<Id<ImportRun>, CannotImport> {
    mapping.check()?;
    let bytes_max = TableLimits::default().bytes_max;
    match bytes.len() {
        0 => return Err(BadFile::Empty.into()),
        n_bytes if n_bytes > bytes_max => return Err(BadFile::TooLarge { n_bytes, bytes_max }.into()),
        _ => {}
    }
    let sealed = db.vault().seal(bytes, FILE)?;
    let (actor, kind, mapping) = (actor.clone(), kind.to_owned(), mapping.clone());
    let file_name: String = file_name.chars().take(200).collect();
    db.write(move |tx| {
        Box::pin(async move {
            let (kind, file_name) = (kind.as_str(), file_name.as_str());
            let new = NewRun {
                kind,
                site,
                file_name,
                mapping: &mapping,
                created_by: &actor.who,
                sealed: Some(sealed),
            };
            let id = store::insert(tx, new).await?;
            keep(tx, &actor, id, RunState::Draft).await?;
            Ok(id)
        })
    })
    .await
}

/// What a commit of a file at hand would do; nothing is kept.
///
/// # Errors
/// [`CannotImport`] telling what to mend.
pub async fn check(
    db: &Db,
    importer: &dyn Importer,
    site: Option<Id<Site>>,
    bytes: Vec<u8>,
    mapping: &Mapping,
) -> Result<ImportReport, CannotImport> {
    mapping.check()?;
    let table = Table::open(bytes, mapping, importer.fields(), TableLimits::default())?;
    let mut tx = db.read().await?;
    let import = tx.new_id();
    let mut report = ImportReport::default();
    let mut rows = table.rows();
    while let Some(batch) = next_batch(&mut rows, importer.rows_per_batch())? {
        let batch = ImportBatch { rows: &batch, mapping, site, import };
        merge(&mut report, importer.dry_run(&mut tx, batch).await?);
    }
    Ok(report)
}

/// The columns of an uploaded file and its first rows, whatever its columns mean.
#[derive(Debug, Clone)]
pub struct FileHead {
    /// The columns of the file.
    pub header: Vec<String>,
    /// Its first rows: line and cells.
    pub rows: Vec<(u64, Vec<String>)>,
}

/// How an uploaded file begins, for whoever has still to say what its columns mean.
///
/// # Errors
/// [`CannotImport`] when the file itself cannot be read.
pub async fn head(
    db: &Db,
    scope: &Scope,
    id: Id<ImportRun>,
    mapping: &Mapping,
) -> Result<FileHead, CannotImport> {
    let mut tx = db.read().await?;
    store::find(&mut tx, scope, id).await?.ok_or(CannotImport::NotFound)?;
    let (columns, constants, values) = Default::default();
    let plain = Mapping { columns, constants, values, ..mapping.clone() };
    let table = open(&mut tx, &[], id, &plain).await?;
    let rows = table.rows().take(PREVIEW_ROWS).map(|row| row.map(|row| (row.line, row.cells().to_vec())));
    Ok(FileHead { header: table.header().to_vec(), rows: rows.collect::<Result<_, BadFile>>()? })
}

/// What a commit would do, with the first rows; the mapping is kept with the import.
///
/// # Errors
/// [`CannotImport`] telling what to mend.
pub async fn preview(
    db: &Db,
    importer: &dyn Importer,
    scope: &Scope,
    id: Id<ImportRun>,
    mapping: &Mapping,
) -> Result<Preview, CannotImport> {
    mapping.check()?;
    let mut tx = db.read().await?;
    let RunRow { run, site_id } = store::find(&mut tx, scope, id).await?.ok_or(CannotImport::NotFound)?;
    if run.state != RunState::Draft {
        return Err(CannotImport::State { state: run.state });
    }
    let table = open(&mut tx, importer.fields(), id, mapping).await?;
    let mut report = ImportReport::default();
    let mut sample = Vec::new();
    let mut rows = table.rows();
    while let Some(batch) = next_batch(&mut rows, importer.rows_per_batch())? {
        let left = PREVIEW_ROWS.saturating_sub(sample.len());
        sample.extend(batch.iter().take(left).map(|row| (row.line, row.cells().to_vec())));
        let batch = ImportBatch { rows: &batch, mapping, site: site_id, import: id };
        merge(&mut report, importer.dry_run(&mut tx, batch).await?);
    }
    drop(tx);
    let (mapping, counts) = (mapping.clone(), report.counts.clone());
    db.write(move |tx| Box::pin(async move { store::put_preview(tx, id, &mapping, &counts).await })).await?;
    Ok(Preview { header: table.header().to_vec(), rows: sample, report })
}

/// Takes the file in, batch by batch, each durable on its own. An interrupted import is committed again
/// from the start: rows taken in before come out as the same. Only one commit of an import may run; the
/// job that runs it sees to that. `progress` hears the counts after each batch.
///
/// # Errors
/// [`CannotImport`]; after a failure of the store the import is `failed` and can be committed again or
/// undone.
pub async fn commit(
    db: &Db,
    importer: &Arc<dyn Importer>,
    scope: &Scope,
    actor: &Actor,
    id: Id<ImportRun>,
    mut progress: impl FnMut(&ImportCounts),
) -> Result<ImportReport, CannotImport> {
    let mut tx = db.read().await?;
    let RunRow { run, site_id } = store::find(&mut tx, scope, id).await?.ok_or(CannotImport::NotFound)?;
    let table = match run.state {
        RunState::Draft | RunState::Running | RunState::Failed => {
            open(&mut tx, importer.fields(), id, &run.mapping).await?
        }
        RunState::Done | RunState::Undone => return Err(CannotImport::State { state: run.state }),
    };
    drop(tx);
    // Rows beyond the limits are found before anything is changed.
    table.rows().try_for_each(|row| row.map(|_| ()))?;
    step(db, actor, id, &[RunState::Draft, RunState::Running, RunState::Failed], RunState::Running).await?;

    let work = Work { importer: Arc::clone(importer), mapping: Arc::new(run.mapping.clone()), site_id, id };
    let own = Actor::new(actor.who.as_str(), run.cause());
    let mut report = ImportReport::default();
    let mut rows = table.rows();
    let result = loop {
        let batch = match next_batch(&mut rows, importer.rows_per_batch()) {
            Ok(Some(batch)) => batch,
            Ok(None) => break Ok(()),
            Err(bad) => break Err(bad.into()),
        };
        match work.take_in(db, &own, batch, report.rejects.len()).await {
            Ok(more) => merge(&mut report, more),
            Err(error) => break Err(CannotImport::Store(error)),
        }
        progress(&report.counts);
    };
    drop(rows);
    let to = if result.is_ok() { RunState::Done } else { RunState::Failed };
    let (mapping, counts) = (run.mapping, report.counts.clone());
    db.write(move |tx| Box::pin(async move { store::put_preview(tx, id, &mapping, &counts).await })).await?;
    step(db, actor, id, &[RunState::Running], to).await?;
    result.map(|()| report)
}

struct Work {
    importer: Arc<dyn Importer>,
    mapping: Arc<Mapping>,
    site_id: Option<Id<Site>>,
    id: Id<ImportRun>,
}

impl Work {
    /// One batch and its rejects, in one transaction.
    async fn take_in(
        &self,
        db: &Db,
        actor: &Actor,
        rows: Vec<Row>,
        n_rejects: usize,
    ) -> Result<ImportReport, StoreError> {
        let (importer, mapping) = (Arc::clone(&self.importer), Arc::clone(&self.mapping));
        let (site, import, actor) = (self.site_id, self.id, actor.clone());
        db.write(move |tx| {
            Box::pin(async move {
                let batch = ImportBatch { rows: &rows, mapping: &mapping, site, import };
                let report = importer.commit(tx, &actor, batch).await?;
                let room = REJECTS_MAX.saturating_sub(n_rejects);
                let vault = tx.vault();
                let sealed = rejected_rows(&report.rejects, &rows)
                    .into_iter()
                    .take(room)
                    .map(|(line, reason, text)| Ok((line, reason, vault.seal(&text, ROW)?)))
                    .collect::<Result<Vec<_>, StoreError>>()?;
                store::insert_rejects(tx, import, sealed).await?;
                Ok(report)
            })
        })
        .await
    }
}

/// Takes a committed import back: every record it touched is again what it was, unless someone changed it
/// since.
///
/// # Errors
/// [`CannotImport`]; an interrupted undo goes on where it stopped.
pub async fn undo(
    db: &Db,
    importer: &Arc<dyn Importer>,
    scope: &Scope,
    actor: &Actor,
    id: Id<ImportRun>,
) -> Result<UndoReport, CannotImport> {
    let run = find_run(&mut db.read().await?, scope, id).await?.ok_or(CannotImport::NotFound)?;
    let until = run.undo_until().ok_or(CannotImport::State { state: run.state })?;
    if db.now() > until {
        return Err(CannotImport::TooLate { until });
    }
    if let Some(why) = importer.refuse_undo(&mut db.read().await?, &run).await? {
        return Err(CannotImport::Depends { why });
    }
    let mut all = UndoReport::default();
    let mut before = None;
    loop {
        let (importer, cause) = (Arc::clone(importer), run.cause());
        let own = Actor::new(actor.who.as_str(), undo_cause(&cause));
        let (report, last) = db
            .write(move |tx| {
                Box::pin(async move {
                    let touched = history_of_cause(tx, &cause, before, UNDO_BATCH).await?;
                    let report = importer.undo(tx, &own, id, &touched).await?;
                    Ok::<_, StoreError>((report, touched.last().map(|touched| touched.first_seq)))
                })
            })
            .await?;
        all.n_restored += report.n_restored;
        all.kept.extend(report.kept);
        before = last;
        if before.is_none() {
            break;
        }
    }
    step(db, actor, id, &[RunState::Done, RunState::Failed], RunState::Undone).await?;
    Ok(all)
}

/// The rejected rows as CSV: the columns of the file, and why in a last column `reason`. They may name
/// patients.
///
/// # Errors
/// [`CannotImport`] when the import is not in the scope or its rows are no longer kept.
pub async fn rejects_csv(
    tx: &mut Tx,
    importer: &dyn Importer,
    scope: &Scope,
    id: Id<ImportRun>,
) -> Result<Vec<u8>, CannotImport> {
    let run = find_run(tx, scope, id).await?.ok_or(CannotImport::NotFound)?;
    let table = open(tx, importer.fields(), id, &run.mapping).await?;
    let mut header = table.header().to_vec();
    header.push("reason".to_owned());
    let mut out = record_of(&header);
    let vault = tx.vault();
    for (_, reason, row) in store::list_rejects(tx, id).await? {
        let row = vault.open(&row, ROW)?;
        out.extend(String::from_utf8_lossy(&row).trim_end_matches(['\r', '\n']).as_bytes());
        out.push(b',');
        out.extend(record_of(&[reason]));
    }
    Ok(out)
}

/// Imports that a scope covers, newest first; those without a site only at the enterprise.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list_runs(
    tx: &mut Tx,
    scope: &Scope,
    before: Option<Timestamp>,
    n_max: u32,
) -> Result<Vec<ImportRun>, StoreError> {
    let rows = store::list(tx, scope, before, n_max.clamp(1, 1_000)).await?;
    Ok(rows.into_iter().map(|row| row.run).collect())
}

/// One import, if the scope covers it.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn find_run(
    tx: &mut Tx,
    scope: &Scope,
    id: Id<ImportRun>,
) -> Result<Option<ImportRun>, StoreError> {
    Ok(store::find(tx, scope, id).await?.map(|row| row.run))
}

/// Forgets files and rejects of imports that can no longer be undone; how many files. An import that has run
/// for a day was broken off with its program, and says so from now on. For a daily job.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn purge(tx: &mut Tx) -> Result<u64, StoreError> {
    let before = tx.at().checked_sub(UNDO_TIME).unwrap_or(Timestamp::MIN);
    let given_up = tx.at().checked_sub(RUNNING_TIME).unwrap_or(Timestamp::MIN);
    let actor = Actor::new("server", "daily upkeep");
    for id in store::list_running(tx, given_up).await? {
        if store::put_state(tx, id, &[RunState::Running], RunState::Failed).await? {
            keep(tx, &actor, id, RunState::Failed).await?;
        }
    }
    store::purge(tx, before).await
}

/// Keeps a mapping under a name for a kind of file.
///
/// # Errors
/// [`CannotImport::Mapping`], or the store's failure.
pub async fn put_mapping(
    tx: &mut Tx,
    actor: &Actor,
    kind: &str,
    name: &str,
    mapping: &Mapping,
) -> Result<(), CannotImport> {
    mapping.check()?;
    let name: String = name.trim().chars().take(100).collect();
    store::put_mapping(tx, kind, &name, mapping).await?;
    let body = serde_json::to_value(mapping)
        .map_err(|error| StoreError::inconsistent("mapping", error.to_string()))?;
    let change = Change { kind: "import_mapping", record: format!("{kind}:{name}"), site: None, body };
    Ok(tx.keep(actor, change).await?)
}

/// The mapping kept under a name.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn find_mapping(tx: &mut Tx, kind: &str, name: &str) -> Result<Option<Mapping>, StoreError> {
    store::find_mapping(tx, kind, name).await
}

/// The mappings kept for a kind of file, by name.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list_mappings(tx: &mut Tx, kind: &str) -> Result<Vec<SavedMapping>, StoreError> {
    let rows = store::list_mappings(tx, kind).await?;
    let saved = |(name, mapping, changed_at)| SavedMapping { name, mapping, changed_at };
    Ok(rows.into_iter().map(saved).collect())
}

async fn open(
    tx: &mut Tx,
    fields: &[FieldInfo],
    id: Id<ImportRun>,
    mapping: &Mapping,
) -> Result<Table, CannotImport> {
    let sealed = store::find_file(tx, id).await?.ok_or(CannotImport::FileGone)?;
    let bytes = tx.vault().open(&sealed, FILE)?;
    drop(sealed);
    Ok(Table::open(bytes, mapping, fields, TableLimits::default())?)
}

/// The next rows; at most so many.
fn next_batch(
    rows: &mut dyn Iterator<Item = Result<Row, BadFile>>,
    n_max: usize,
) -> Result<Option<Vec<Row>>, BadFile> {
    let batch = rows.take(n_max.max(1)).collect::<Result<Vec<Row>, BadFile>>()?;
    Ok((!batch.is_empty()).then_some(batch))
}

fn merge(all: &mut ImportReport, more: ImportReport) {
    all.counts.new += more.counts.new;
    all.counts.changed += more.counts.changed;
    all.counts.same += more.counts.same;
    all.counts.rejected += more.counts.rejected;
    let room = REJECTS_MAX.saturating_sub(all.rejects.len());
    all.rejects.extend(more.rejects.into_iter().take(room));
}

/// Line, reasons and text of each rejected row.
fn rejected_rows(rejects: &[Reject], rows: &[Row]) -> Vec<(u64, String, Vec<u8>)> {
    let mut reasons: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for reject in rejects {
        reasons.entry(reject.line).or_default().push(reject.to_string());
    }
    let mut rejected = Vec::with_capacity(reasons.len());
    for (line, reasons) in reasons {
        let idx = rows.binary_search_by_key(&line, |row| row.line);
        let row = idx.ok().and_then(|idx| rows.get(idx));
        let text = row.map_or_else(Vec::new, |row| record_of(row.cells()));
        rejected.push((line, reasons.join(" "), text));
    }
    rejected
}

pub(super) fn record_of(cells: &[String]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(cells);
    writer.into_inner().unwrap_or_default()
}

pub(super) async fn step(
    db: &Db,
    actor: &Actor,
    id: Id<ImportRun>,
    from: &'static [RunState],
    to: RunState,
) -> Result<(), CannotImport> {
    let actor = actor.clone();
    db.write(move |tx| {
        Box::pin(async move {
            if !store::put_state(tx, id, from, to).await? {
                return Err(CannotImport::NotFound);
            }
            if to == RunState::Running {
                store::delete_rejects(tx, id).await?;
            }
            keep(tx, &actor, id, to).await?;
            Ok(())
        })
    })
    .await
}

pub(super) async fn keep(
    tx: &mut Tx,
    actor: &Actor,
    id: Id<ImportRun>,
    state: RunState,
) -> Result<(), StoreError> {
    let body = serde_json::json!({ "state": state.key() });
    tx.keep(actor, Change { kind: "import_run", record: id.to_string(), site: None, body }).await
}
