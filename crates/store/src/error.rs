//! What can go wrong between the product and its database.

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine refused or lost a statement.
    #[error("the database did not answer: {0}")]
    Engine(Box<dyn std::error::Error + Send + Sync>),
    /// A rule of the schema was broken.
    #[error("the database refused the change: {0}")]
    Constraint(String),
    /// A stored row cannot be a valid value.
    #[error("row of `{context}` cannot be read: column {column}: {reason}")]
    Inconsistent {
        /// Table or query.
        context: String,
        /// Column position, counted from 0.
        column: usize,
        /// What was expected.
        reason: String,
    },
    /// The database was written by a newer Helmward.
    #[error("the database has schema {found}, this program knows up to {known}; install the newer Helmward")]
    Newer {
        /// Version found.
        found: i64,
        /// Newest version this program knows.
        known: i64,
    },
    /// The database has not been set up.
    #[error("{0}")]
    NotReady(String),
    /// A key file is missing, unreadable or does not fit the data.
    #[error("keys: {0}")]
    Keys(String),
    /// A file could not be read or written.
    #[error("{path}: {reason}")]
    File {
        /// File name.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// A backup file is damaged or of another kind.
    #[error("backup: {0}")]
    Backup(String),
    /// The writer has stopped; the program is shutting down.
    #[error("the database is closing; try again in a moment")]
    Closed,
}

impl StoreError {
    /// An inconsistency found by an area while reading its rows.
    pub fn inconsistent(context: &str, reason: impl Into<String>) -> StoreError {
        StoreError::Inconsistent { context: context.to_owned(), column: 0, reason: reason.into() }
    }
}

// Both engines tell broken constraints from other failures.

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        match error.as_database_error() {
            Some(refused)
                if refused.is_unique_violation()
                    || refused.is_check_violation()
                    || refused.is_foreign_key_violation() =>
            {
                StoreError::Constraint(refused.message().to_owned())
            }
            Some(_) | None => StoreError::Engine(Box::new(error)),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        match error {
            rusqlite::Error::SqliteFailure(failure, Some(message))
                if failure.code == rusqlite::ErrorCode::ConstraintViolation =>
            {
                StoreError::Constraint(message)
            }
            other => StoreError::Engine(Box::new(other)),
        }
    }
}
