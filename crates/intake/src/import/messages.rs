//! Files of HL7 messages in the list of imports.
//!
//! Messages have no columns to map and go the way of a feed; what became of them stands in the same list,
//! with the same counts: applied ones are new, known ones the same, refused ones rejected. An import of
//! messages is not undone; a correcting message does that.

use super::run::{CannotImport, FILE, ROW, keep, record_of, step};
use super::store::{self, NewRun, RunRow};
use super::{ImportRun, Mapping, RunState};
use crate::hl7::{ImportReport, import_hl7};
use crate::inbox::Meaning;
use ::store::{Actor, Db, StoreError, Tx};
use base::Id;
use identity::{ImportCounts, Scope, Site};
use std::sync::Arc;

/// The kind of imports of messages.
pub const MESSAGES: &str = "hl7";

/// What is taken in, and for whom.
#[derive(Debug, Clone)]
pub struct Messages {
    /// The name shown: that of the file or the folder.
    pub name: String,
    /// The site of messages that name none themselves.
    pub site: Option<Id<Site>>,
    /// Who takes them in.
    pub actor: Actor,
}

/// Takes in files of messages that are at hand, and keeps what became of them in the list of imports.
///
/// # Errors
/// [`CannotImport::Store`] when the database does not take the messages. The same files can be taken in
/// again.
pub async fn take_messages(
    db: &Db,
    meaning: &Arc<dyn Meaning>,
    messages: Messages,
    files: impl IntoIterator<Item = (String, Vec<u8>)>,
    progress: impl FnMut(&ImportReport),
) -> Result<ImportReport, CannotImport> {
    let Messages { name, site, actor } = messages;
    let by = actor.clone();
    let id = db
        .write(move |tx| {
            Box::pin(async move {
                let mapping = Mapping::default();
                let file_name: String = name.chars().take(200).collect();
                let new = NewRun {
                    kind: MESSAGES,
                    site,
                    file_name: &file_name,
                    mapping: &mapping,
                    created_by: &by.who,
                    sealed: None,
                };
                let id = store::insert(tx, new).await?;
                keep(tx, &by, id, RunState::Draft).await?;
                Ok::<_, StoreError>(id)
            })
        })
        .await?;
    take(db, meaning, (id, site, &actor), files, progress).await
}

/// Takes in the uploaded file of an import of messages. Interrupted, it is done again from the start:
/// messages taken in before are recognized.
///
/// # Errors
/// As [`super::commit`].
pub async fn commit_messages(
    db: &Db,
    meaning: &Arc<dyn Meaning>,
    scope: &Scope,
    actor: &Actor,
    id: Id<ImportRun>,
    progress: impl FnMut(&ImportReport),
) -> Result<ImportReport, CannotImport> {
    let mut tx = db.read().await?;
    let RunRow { run, site_id } = store::find(&mut tx, scope, id).await?.ok_or(CannotImport::NotFound)?;
    if matches!(run.state, RunState::Done | RunState::Undone) || run.kind != MESSAGES {
        return Err(CannotImport::State { state: run.state });
    }
    let sealed = store::find_file(&mut tx, id).await?.ok_or(CannotImport::FileGone)?;
    let bytes = tx.vault().open(&sealed, FILE)?;
    drop((tx, sealed));
    take(db, meaning, (id, site_id, actor), [(run.file_name, bytes)], progress).await
}

async fn take(
    db: &Db,
    meaning: &Arc<dyn Meaning>,
    (id, site, actor): (Id<ImportRun>, Option<Id<Site>>, &Actor),
    files: impl IntoIterator<Item = (String, Vec<u8>)>,
    progress: impl FnMut(&ImportReport),
) -> Result<ImportReport, CannotImport> {
    step(db, actor, id, &[RunState::Draft, RunState::Running, RunState::Failed], RunState::Running).await?;
    match import_hl7(db, meaning, files, site, progress).await {
        Ok(report) => {
            finish(db, id, &report).await?;
            step(db, actor, id, &[RunState::Running], RunState::Done).await?;
            Ok(report)
        }
        Err(error) => {
            step(db, actor, id, &[RunState::Running], RunState::Failed).await?;
            Err(error.into())
        }
    }
}

/// Keeps counts and rejects; the file itself is needed no more, its messages are in the inbox.
async fn finish(db: &Db, id: Id<ImportRun>, report: &ImportReport) -> Result<(), StoreError> {
    let n = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let counts = ImportCounts {
        new: n(report.applied),
        changed: 0,
        same: n(report.duplicate),
        rejected: n(report.refused),
    };
    let rejects: Vec<(String, u64, String)> = report
        .rejects
        .iter()
        .map(|reject| (reject.source.clone(), reject.position, reject.reason.clone()))
        .collect();
    db.write(move |tx| {
        Box::pin(async move {
            let vault = tx.vault();
            let sealed = (1..)
                .zip(rejects)
                .map(|(n, (source, position, reason))| {
                    let place = record_of(&[source, position.to_string()]);
                    Ok((n, reason, vault.seal(&place, ROW)?))
                })
                .collect::<Result<Vec<_>, StoreError>>()?;
            store::insert_rejects(tx, id, sealed).await?;
            store::put_preview(tx, id, &Mapping::default(), &counts).await?;
            store::delete_file(tx, id).await
        })
    })
    .await
}

/// Why messages of an import were not applied, as CSV: `source,line,reason`. It names no patient.
///
/// # Errors
/// [`CannotImport`] when the import is not in the scope.
pub async fn message_rejects_csv(
    tx: &mut Tx,
    scope: &Scope,
    id: Id<ImportRun>,
) -> Result<Vec<u8>, CannotImport> {
    store::find(tx, scope, id).await?.ok_or(CannotImport::NotFound)?;
    let mut out = record_of(&["source".to_owned(), "line".to_owned(), "reason".to_owned()]);
    let vault = tx.vault();
    for (_, reason, place) in store::list_rejects(tx, id).await? {
        let place = vault.open(&place, ROW)?;
        out.extend(String::from_utf8_lossy(&place).trim_end_matches(['\r', '\n']).as_bytes());
        out.push(b',');
        out.extend(record_of(&[reason]));
    }
    Ok(out)
}
