//! Files of rows: mapped, tried, committed, and undone for seven days.
//!
//! An area brings an [`Importer`] for each kind of file; this module reads the file, keeps it sealed, runs
//! the importer in batches, keeps the rejects, and hands the importer what to restore. The way of one file:
//! [`upload`], [`preview`] as often as the mapping changes, [`commit`], perhaps [`undo`].
//!
//! Not here: what a row means, and which permission an import needs.

mod mapping;
mod messages;
mod run;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod undo;

pub use self::mapping::{BadMapping, BadTime, ColumnRef, Mapping, Stamp};
pub use self::messages::{MESSAGES, Messages, commit_messages, message_rejects_csv, take_messages};
pub use self::run::{
    CannotImport, FileHead, Preview, SavedMapping, check, commit, find_mapping, find_run, head,
    list_mappings, list_runs, preview, purge, put_mapping, rejects_csv, undo, upload,
};
pub use self::table::{BadFile, Row, Table, TableLimits};
pub use self::undo::{Touched, history_of_cause};

use ::store::{Actor, StoreError, Tx};
use base::{Id, SitePath};
use futures::future::BoxFuture;
use identity::{ImportCounts, Reject, Site};
use jiff::Timestamp;

/// One file's way through an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRun {
    /// Its id; changes it makes carry the cause `import ID`.
    pub id: Id<ImportRun>,
    /// Which importer takes it.
    pub kind: String,
    /// The site its rows belong to, where the kind asks for one.
    pub site: Option<SitePath>,
    /// The file's name.
    pub file_name: String,
    /// How far it is.
    pub state: RunState,
    /// How its columns are read.
    pub mapping: Mapping,
    /// What its rows did, or would do.
    pub counts: ImportCounts,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// When it was committed.
    pub done_at: Option<Timestamp>,
    /// When it was undone.
    pub undone_at: Option<Timestamp>,
}

impl ImportRun {
    /// The cause its changes are recorded under.
    #[must_use]
    pub fn cause(&self) -> String {
        format!("import {}", self.id)
    }

    /// Until when it can be undone; `None` when there is nothing to undo.
    #[must_use]
    pub fn undo_until(&self) -> Option<Timestamp> {
        if self.kind == MESSAGES {
            return None;
        }
        match self.state {
            RunState::Done | RunState::Failed => {
                self.done_at.and_then(|done| done.checked_add(run::UNDO_TIME).ok())
            }
            RunState::Draft | RunState::Running | RunState::Undone => None,
        }
    }
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// Uploaded; nothing is changed.
    Draft,
    /// Being committed.
    Running,
    /// Committed.
    Done,
    /// Taken back.
    Undone,
    /// Stopped on the way; what was committed stays until it is undone or committed to the end.
    Failed,
}

impl RunState {
    /// The word it is stored under.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            RunState::Draft => "draft",
            RunState::Running => "running",
            RunState::Done => "done",
            RunState::Undone => "undone",
            RunState::Failed => "failed",
        }
    }
}

/// A field that an importer reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldInfo {
    /// Its name; also the column it is taken from unless the mapping says otherwise.
    pub name: &'static str,
    /// Whether a column or a constant must give it.
    pub is_required: bool,
    /// What it is.
    pub help: &'static str,
    /// What a value looks like.
    pub example: &'static str,
}

/// Some rows of a file, for an importer.
#[derive(Clone, Copy)]
pub struct ImportBatch<'t> {
    /// The rows, mapped.
    pub rows: &'t [Row],
    /// For dates and options.
    pub mapping: &'t Mapping,
    /// The site chosen for the file.
    pub site: Option<Id<Site>>,
    /// The import they belong to.
    pub import: Id<ImportRun>,
}

/// What an undo took back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UndoReport {
    /// Records that are again what they were.
    pub n_restored: u64,
    /// Records left as they are because someone changed them after the import, in words for people.
    pub kept: Vec<String>,
}

/// One kind of file that an area takes in.
pub trait Importer: Send + Sync {
    /// The kind's key: `stays`.
    fn kind(&self) -> &'static str;

    /// The kind's name for people: `Stays`.
    fn title(&self) -> &'static str;

    /// What it reads.
    fn fields(&self) -> &'static [FieldInfo];

    /// Rows handed over at once, each time in a transaction of their own. Kinds whose rows depend on each
    /// other take the file whole, which is bound to 100,000 rows.
    fn rows_per_batch(&self) -> usize {
        100_000
    }

    /// Whether its rows change what stored messages mean, as codes of units do. Then what follows from them
    /// is worked out anew after a commit and after an undo.
    fn changes_reading(&self) -> bool {
        false
    }

    /// What [`Importer::commit`] would do. The transaction may be a reading one.
    fn dry_run<'t>(
        &'t self,
        tx: &'t mut Tx,
        batch: ImportBatch<'t>,
    ) -> BoxFuture<'t, Result<identity::ImportReport, StoreError>>;

    /// Takes the rows in. Changes are recorded under `actor`, whose cause names the import. Rows taken in
    /// before must come out as the same, because an interrupted import is committed again from the start.
    fn commit<'t>(
        &'t self,
        tx: &'t mut Tx,
        actor: &'t Actor,
        batch: ImportBatch<'t>,
    ) -> BoxFuture<'t, Result<identity::ImportReport, StoreError>>;

    /// Why nothing of the import can be taken back, when something made since depends on it; asked before
    /// the first record is restored.
    fn refuse_undo<'t>(
        &'t self,
        _tx: &'t mut Tx,
        _import: &'t ImportRun,
    ) -> BoxFuture<'t, Result<Option<String>, StoreError>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    /// Restores records the import touched, newest first, in batches. It is called a last time with no
    /// records, for what an area keeps outside history.
    fn undo<'t>(
        &'t self,
        tx: &'t mut Tx,
        actor: &'t Actor,
        import: Id<ImportRun>,
        touched: &'t [Touched],
    ) -> BoxFuture<'t, Result<UndoReport, StoreError>>;
}

/// Rows as a CSV text with these fields as its columns, for importers that read text. Line `n + 2` of it
/// is row `n`; [`renumber`] gives rejects their line in the file back.
#[must_use]
pub fn rows_as_csv(fields: &[FieldInfo], rows: &[Row]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(fields.iter().map(|field| field.name));
    for row in rows {
        let one_line = |field: &FieldInfo| row.get(field.name).replace(['\r', '\n'], " ");
        let _ = writer.write_record(fields.iter().map(one_line));
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// Gives rejects of [`rows_as_csv`] the lines of the file.
pub fn renumber(rejects: &mut [Reject], rows: &[Row]) {
    for reject in rejects {
        let idx = usize::try_from(reject.line).ok().and_then(|line| line.checked_sub(2));
        if let Some(row) = idx.and_then(|idx| rows.get(idx)) {
            reject.line = row.line;
        }
    }
}
