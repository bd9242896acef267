//! Files of HL7 v2 messages: the same way as a live feed, many at once.

use crate::inbox::{Incoming, Meaning, Outcome, receive};
use crate::receiver::BATCH_MAX;
use base::Id;
use hl7v2::files::{Content, messages};
use identity::Site;
use serde::Serialize;
use std::sync::Arc;
use store::{Db, StoreError};

/// Bytes of one batch, about.
const BATCH_BYTES: usize = 8 << 20;
/// Rejects listed at most; further ones are only counted.
const REJECTS_MAX: usize = 100_000;

/// What became of the items of some files. `received` is the sum of the other three.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// Items found: messages, and pieces that are none.
    pub received: u64,
    /// Messages applied.
    pub applied: u64,
    /// Messages that had arrived before, whatever the way.
    pub duplicate: u64,
    /// Items not applied: refused, contradicting, of no concern, unreadable.
    pub refused: u64,
    /// Why, in the order of the files.
    pub rejects: Vec<ImportReject>,
}

/// Why one item was not applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportReject {
    /// The file.
    pub source: String,
    /// The line it starts at.
    pub position: u64,
    /// What is wrong and what to do.
    pub reason: String,
}

/// Takes in files of messages, 512 messages a commit. What is no message is reported and not stored: the
/// file is still there. `progress` hears the counts after each batch.
///
/// # Errors
/// [`StoreError`] when the database does not take the messages. The same files can be imported again.
pub async fn import_hl7(
    db: &Db,
    meaning: &Arc<dyn Meaning>,
    files: impl IntoIterator<Item = (String, Vec<u8>)>,
    default_site: Option<Id<Site>>,
    mut progress: impl FnMut(&ImportReport),
) -> Result<ImportReport, StoreError> {
    let mut report = ImportReport::default();
    let mut batch = Batch::default();
    for (name, bytes) in files {
        for item in messages(&bytes) {
            let (position, content) = (item.line as u64, item.content);
            let refusal = match content {
                Content::Message(message) => {
                    batch.n_bytes += message.bytes().len();
                    let source = format!("file {name}:{position}");
                    batch.messages.push(Incoming { bytes: message.bytes().to_vec(), source, default_site });
                    None
                }
                Content::Refused { why, .. } => Some(why.to_string()),
                Content::Batch(fault) => Some(fault.to_string()),
            };
            batch.items.push(Item { source: name.clone(), position, refusal });
            if batch.is_full() {
                batch.flush(db, meaning, &mut report).await?;
                progress(&report);
            }
        }
    }
    batch.flush(db, meaning, &mut report).await?;
    progress(&report);
    Ok(report)
}

/// Something found in a file; a message when there is no refusal.
struct Item {
    source: String,
    position: u64,
    refusal: Option<String>,
}

#[derive(Default)]
struct Batch {
    items: Vec<Item>,
    messages: Vec<Incoming>,
    n_bytes: usize,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.messages.len() >= BATCH_MAX || self.items.len() >= 8 * BATCH_MAX || self.n_bytes >= BATCH_BYTES
    }

    async fn flush(
        &mut self,
        db: &Db,
        meaning: &Arc<dyn Meaning>,
        report: &mut ImportReport,
    ) -> Result<(), StoreError> {
        let Batch { items, messages, .. } = std::mem::take(self);
        let outcomes = if messages.is_empty() { Vec::new() } else { receive(db, meaning, messages).await? };
        let mut outcomes = outcomes.into_iter();
        for Item { source, position, refusal } in items {
            report.received += 1;
            let reason = match refusal {
                Some(reason) => reason,
                None => match outcomes.next() {
                    Some(Outcome::Applied) => {
                        report.applied += 1;
                        continue;
                    }
                    Some(Outcome::Duplicate) => {
                        report.duplicate += 1;
                        continue;
                    }
                    Some(
                        Outcome::Ignored { reason }
                        | Outcome::Conflict { reason }
                        | Outcome::Refused { reason, .. }
                        | Outcome::Unreadable { reason },
                    ) => reason,
                    None => "It has no outcome; import the file again.".to_owned(),
                },
            };
            report.refused += 1;
            if report.rejects.len() < REJECTS_MAX {
                report.rejects.push(ImportReject { source, position, reason });
            }
        }
        Ok(())
    }
}
