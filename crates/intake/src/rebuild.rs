//! Walking over everything that ever arrived: to derive all meaning again, and to check the stored bytes.

use crate::fault::{Again, derive_again, list_bytes, list_sizes, parts};
use crate::inbox::{Meaning, Outcome};
use std::sync::Arc;
use store::{Actor, Db, StoreError};

/// Messages of one page.
const PAGE: u32 = 512;

/// What a rebuild did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct RebuildReport {
    /// Messages whose meaning was derived.
    pub n_derived: u64,
    /// Those applied.
    pub n_applied: u64,
    /// Those refused now.
    pub n_refused: u64,
    /// The last message seen.
    pub last_seq: i64,
}

/// Derives the meaning of every stored message again, in order of arrival, page by page. The caller empties
/// what the meaning fills, before. Messages that arrive meanwhile are taken along.
///
/// Dismissed messages and contradicting ones that nobody accepted have no say.
///
/// # Errors
/// [`StoreError`] when the engine refuses; the pages until then stay.
pub async fn rebuild(
    db: &Db,
    meaning: &Arc<dyn Meaning>,
    actor: &Actor,
    mut progress: impl FnMut(&RebuildReport),
) -> Result<RebuildReport, StoreError> {
    let mut report = RebuildReport::default();
    loop {
        let mut tx = db.read().await?;
        let sizes = list_sizes(&mut tx, report.last_seq, PAGE).await?;
        drop(tx);
        let Some(&(last, _)) = sizes.last() else { return Ok(report) };
        for part in parts(&sizes) {
            for (_, outcome) in derive_again(db, meaning, actor, part, Again::All).await? {
                report.n_derived += 1;
                report.n_applied += u64::from(outcome == Outcome::Applied);
                report.n_refused += u64::from(matches!(outcome, Outcome::Refused { .. }));
            }
        }
        report.last_seq = last;
        progress(&report);
    }
}

/// What a check of the stored bytes found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct BodyVerdict {
    /// Messages checked.
    pub n_rows: i64,
    /// The first message whose bytes are missing or not the ones that arrived.
    pub broken_seq: Option<i64>,
}

/// Checks that the bytes of every message are those that arrived. [`STREAM`](crate::STREAM) seals their
/// digests; this compares the bytes with the digests, and takes as long as opening them all.
///
/// # Errors
/// [`StoreError`] when the engine refuses; bytes that do not open are an answer, not an error.
pub async fn verify_bodies(db: &Db) -> Result<BodyVerdict, StoreError> {
    let (mut n_rows, mut after) = (0, 0);
    loop {
        let mut tx = db.read().await?;
        let sizes = list_sizes(&mut tx, after, PAGE).await?;
        let Some(&(last, _)) = sizes.last() else { return Ok(BodyVerdict { n_rows, broken_seq: None }) };
        for part in parts(&sizes) {
            let found = match list_bytes(&mut tx, &part).await {
                Ok(found) => found,
                Err(StoreError::Keys(_)) => {
                    let broken_seq = first_unopened(&mut tx, &part).await?;
                    return Ok(BodyVerdict { n_rows, broken_seq });
                }
                Err(error) => return Err(error),
            };
            let mut found = found.into_iter().peekable();
            for seq in part {
                n_rows += 1;
                let is_whole =
                    found.next_if(|stored| stored.seq == seq).is_some_and(|stored| stored.is_whole(&tx));
                if !is_whole {
                    return Ok(BodyVerdict { n_rows, broken_seq: Some(seq) });
                }
            }
        }
        after = last;
    }
}

async fn first_unopened(tx: &mut store::Tx, seqs: &[i64]) -> Result<Option<i64>, StoreError> {
    for seq in seqs {
        match list_bytes(tx, &[*seq]).await {
            Ok(_) => {}
            Err(StoreError::Keys(_)) => return Ok(Some(*seq)),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}
