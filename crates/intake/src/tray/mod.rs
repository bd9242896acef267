//! The tray: messages whose senders were told that they are kept, until their turn to be applied comes.
//!
//! Keeping a message is a short append; applying it to what is known touches many tables and costs less the
//! more messages it is done for at once. So a sender waits for the first only. Both are durable: the tray
//! has a writer of its own, numbers what it keeps, and the transaction that applies messages notes in the
//! database how far it came ([`DONE`]). A message is applied once, whatever ends in between and whichever
//! process goes on ([`drain`]).
//!
//! Sketch: a batch costs one commit and an insert a message; rows that are done go with the next batch.

mod store;

pub use self::store::TRAY_FILE;
pub(crate) use self::store::{DONE, Tray};

use self::store::{find_last, list_waiting};
use crate::inbox::{Meaning, Outcome, Waiting, apply_waiting};
use ::store::{Db, StoreError, seal};
use std::sync::Arc;
use std::time::Duration;

/// How long to leave it to a running server to apply what it took in.
const PATIENCE: Duration = Duration::from_millis(20);
/// How often to look again before doing it here, while nothing moves.
const N_LOOKS: usize = 10;

/// Applies what was acknowledged until now, so that what is read afterward knows of it; how many messages were
/// applied here. A running server mostly does so itself; after one that was killed it is done here.
///
/// # Errors
/// [`StoreError`] when the engine refuses. What is left waits for the next try.
pub async fn drain(db: &Db, meaning: &Arc<dyn Meaning>) -> Result<u64, StoreError> {
    drain_with(db, meaning, N_LOOKS).await
}

/// The same, doing it here at once.
pub(crate) async fn drain_here(db: &Db, meaning: &Arc<dyn Meaning>) -> Result<u64, StoreError> {
    drain_with(db, meaning, 0).await
}

/// Applies these. Numbers are applied in their order, so that one of them says how far all are: where another
/// server on the same database kept some before or between, all are taken from the tray, and the outcomes are
/// not known here.
pub(crate) async fn apply_in_turn(
    db: &Db,
    meaning: &Arc<dyn Meaning>,
    waiting: Vec<Waiting>,
) -> Result<Vec<Option<Outcome>>, StoreError> {
    let n = waiting.len();
    let (Some(first), Some(last)) = (waiting.first(), waiting.last()) else { return Ok(Vec::new()) };
    let (first, last) = (first.seq, last.seq);
    let done = seal::find_reached(&mut db.read().await?, DONE).await?;
    let is_whole = i64::try_from(n).is_ok_and(|n| last - first + 1 == n);
    if is_whole && done >= first - 1 {
        return apply_waiting(db, meaning, waiting).await;
    }
    let tray = Tray::open(db).await?;
    drain_from(tray.db(), db, meaning, last, 0).await?;
    Ok(vec![None; n])
}

async fn drain_with(db: &Db, meaning: &Arc<dyn Meaning>, n_looks: usize) -> Result<u64, StoreError> {
    // Where PostgreSQL keeps them, and where a backup of it may have left some.
    let last = find_last(db).await?;
    let mut n_applied = drain_from(db, db, meaning, last, n_looks).await?;
    if db.has_beside(TRAY_FILE) {
        let tray = Tray::open(db).await?;
        let last = find_last(tray.db()).await?;
        n_applied += drain_from(tray.db(), db, meaning, last, n_looks).await?;
    }
    Ok(n_applied)
}

async fn drain_from(
    tray: &Db,
    db: &Db,
    meaning: &Arc<dyn Meaning>,
    last: i64,
    n_looks_max: usize,
) -> Result<u64, StoreError> {
    let (mut seen, mut n_looks, mut n_applied) = (-1, 0, 0);
    loop {
        let done = seal::find_reached(&mut db.read().await?, DONE).await?;
        if done >= last {
            return Ok(n_applied);
        }
        if done != seen {
            (seen, n_looks) = (done, 0);
        }
        if n_looks < n_looks_max {
            n_looks += 1;
            tokio::time::sleep(PATIENCE).await;
            continue;
        }
        let page = list_waiting(tray, done, last).await?;
        if page.is_empty() {
            // Somebody took the rows away; nothing of theirs can come any more.
            return Ok(n_applied);
        }
        let outcomes = apply_waiting(db, meaning, page).await?;
        n_applied += u64::try_from(outcomes.iter().flatten().count()).unwrap_or(0);
    }
}
