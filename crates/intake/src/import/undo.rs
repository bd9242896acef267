//! What an import touched, read back from history.

use super::store;
use ::store::{StoreError, Tx};

/// A record that one cause changed, and what it was before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// Kind of record.
    pub kind: String,
    /// Its id.
    pub record: String,
    /// The first change under the cause; later ones of the same record follow it.
    pub first_seq: i64,
    /// What it was before, as JSON; `None` when the cause made it.
    pub body_before: Option<String>,
    /// What the cause made of it, as JSON.
    pub body_after: String,
    /// Whether something else changed it since; then it should be left alone, and said so.
    pub is_changed_since: bool,
}

/// The records that `cause` touched, the last one first: those before `before_seq` when it is given, at
/// most `n_max` of them.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn history_of_cause(
    tx: &mut Tx,
    cause: &str,
    before_seq: Option<i64>,
    n_max: u32,
) -> Result<Vec<Touched>, StoreError> {
    store::list_touched(tx, cause, before_seq.unwrap_or(i64::MAX), n_max).await
}
