//! One transaction, reading or writing, on either engine.

use crate::bind::{Bind, Columns, FromRow, Raw};
use crate::error::StoreError;
use crate::vault::Vault;
use base::Id;
use futures::TryStreamExt as _;
use jiff::Timestamp;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Postgres, Sqlite, Transaction};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) enum Conn {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// A transaction. Dropped without a commit, it changes nothing.
///
/// Statements use `$1, $2, ...` in order; every list is ordered. Reading transactions see one snapshot.
pub struct Tx {
    pub(crate) conn: Conn,
    pub(crate) at: Timestamp,
    pub(crate) vault: Arc<Vault>,
}

/// Row counts of multi-row statements: few different texts, so that each is prepared once.
const CHUNKS: [usize; 8] = [128, 64, 32, 16, 8, 4, 2, 1];

impl Tx {
    /// The instant this transaction records its changes under.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Seals and opens identifying fields.
    #[must_use]
    pub fn vault(&self) -> Arc<Vault> {
        Arc::clone(&self.vault)
    }

    /// A new id, made now.
    #[must_use]
    pub fn new_id<Kind>(&self) -> Id<Kind> {
        new_id(self.at)
    }

    /// Every row of a statement.
    ///
    /// # Errors
    /// [`StoreError`] when the engine refuses or a row does not fit `T`.
    pub async fn list<T: FromRow>(&mut self, sql: &str, binds: Vec<Bind>) -> Result<Vec<T>, StoreError> {
        let mut rows = Vec::new();
        self.each(sql, binds, |columns| {
            rows.push(T::from_row(columns)?);
            Ok(())
        })
        .await?;
        Ok(rows)
    }

    /// Hands every row of a statement to `see`, without holding them all.
    ///
    /// # Errors
    /// [`StoreError`] when the engine refuses, or what `see` answers.
    pub async fn each(
        &mut self,
        sql: &str,
        binds: Vec<Bind>,
        mut see: impl FnMut(&mut Columns<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        match &mut self.conn {
            Conn::Sqlite(tx) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), sqlite_arguments(binds)?);
                let mut stream = query.fetch(&mut **tx);
                while let Some(row) = stream.try_next().await.map_err(StoreError::from_engine)? {
                    see(&mut Columns { raw: Raw::Sqlite(row), next: 0, context: sql })?;
                }
            }
            Conn::Postgres(tx) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), postgres_arguments(binds)?);
                let mut stream = query.fetch(&mut **tx);
                while let Some(row) = stream.try_next().await.map_err(StoreError::from_engine)? {
                    see(&mut Columns { raw: Raw::Postgres(row), next: 0, context: sql })?;
                }
            }
        }
        Ok(())
    }

    /// The first row of a statement, or `None`.
    ///
    /// # Errors
    /// [`StoreError`] when the engine refuses or the row does not fit `T`.
    pub async fn find<T: FromRow>(&mut self, sql: &str, binds: Vec<Bind>) -> Result<Option<T>, StoreError> {
        Ok(self.list(sql, binds).await?.into_iter().next())
    }

    /// Runs a statement; the number of rows it changed.
    ///
    /// # Errors
    /// [`StoreError`] when the engine refuses.
    pub async fn run(&mut self, sql: &str, binds: Vec<Bind>) -> Result<u64, StoreError> {
        match &mut self.conn {
            Conn::Sqlite(tx) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), sqlite_arguments(binds)?);
                query.execute(&mut **tx).await.map(|done| done.rows_affected())
            }
            Conn::Postgres(tx) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), postgres_arguments(binds)?);
                query.execute(&mut **tx).await.map(|done| done.rows_affected())
            }
        }
        .map_err(StoreError::from_engine)
    }

    /// Inserts many rows: `head` is `INSERT INTO t (a, b) VALUES`, `tail` an `ON CONFLICT` clause or empty.
    ///
    /// # Errors
    /// [`StoreError`] when the engine refuses, or rows differ in length.
    pub async fn insert_many(
        &mut self,
        head: &str,
        rows: Vec<Vec<Bind>>,
        tail: &str,
    ) -> Result<u64, StoreError> {
        let width = rows.first().map_or(0, Vec::len);
        if rows.iter().any(|row| row.len() != width) {
            return Err(StoreError::inconsistent(head, "rows of different length"));
        }
        let mut n_changed = 0;
        let mut left = rows.len();
        let mut rows = rows.into_iter();
        for chunk in CHUNKS {
            while left >= chunk {
                let sql = format!("{head} {} {tail}", self.value_rows(chunk, width));
                let binds: Vec<Bind> = rows.by_ref().take(chunk).flatten().collect();
                n_changed += self.run(&sql, binds).await?;
                left -= chunk;
            }
        }
        Ok(n_changed)
    }

    /// Lists the rows for many keys: `sql` holds `{in}` where the key list goes, for example
    /// `SELECT a FROM t WHERE b IN ({in}) ORDER BY a`. Keys are asked in groups; groups keep their order.
    ///
    /// # Errors
    /// [`StoreError`] when the engine refuses or a row does not fit `T`.
    pub async fn list_in<T: FromRow>(&mut self, sql: &str, keys: &[String]) -> Result<Vec<T>, StoreError> {
        let mut rows = Vec::new();
        for group in keys.chunks(128) {
            // Padded with its last key to the next size, so that few texts are prepared.
            let size = group.len().next_power_of_two();
            let places: Vec<String> = (1..=size).map(|n| format!("${n}")).collect();
            let last = group.last().cloned().unwrap_or_default();
            let padded = group.iter().cloned().chain(std::iter::repeat(last)).take(size);
            let sql = sql.replace("{in}", &places.join(", "));
            rows.extend(self.list(&sql, padded.map(Bind::from).collect()).await?);
        }
        Ok(rows)
    }

    /// `($1, $2), ($3, $4)`, or `(?, ?), (?, ?)`: for a numbered place the SQLite driver searches the names
    /// of all places, which with a thousand of them took a third of the time of an insert.
    fn value_rows(&self, n_rows: usize, width: usize) -> String {
        let mut text = String::with_capacity(n_rows * (width * 6 + 4));
        for row in 0..n_rows {
            text.push_str(if row == 0 { "(" } else { ", (" });
            for column in 0..width {
                text.push_str(if column == 0 { "" } else { ", " });
                match self.conn {
                    Conn::Sqlite(_) => text.push('?'),
                    Conn::Postgres(_) => text.push_str(&format!("${}", row * width + column + 1)),
                }
            }
            text.push(')');
        }
        text
    }

    /// Runs several statements without values, as a migration does.
    pub(crate) async fn run_script(&mut self, script: &'static str) -> Result<(), StoreError> {
        match &mut self.conn {
            Conn::Sqlite(tx) => sqlx::raw_sql(script).execute(&mut **tx).await.map(|_| ()),
            Conn::Postgres(tx) => sqlx::raw_sql(script).execute(&mut **tx).await.map(|_| ()),
        }
        .map_err(StoreError::from_engine)
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self.conn {
            Conn::Sqlite(tx) => tx.commit().await,
            Conn::Postgres(tx) => tx.commit().await,
        }
        .map_err(StoreError::from_engine)
    }
}

/// An id made at `at`, told apart by chance. Ids of one millisecond sort in the order they were made, as
/// far as one process makes them.
pub(crate) fn new_id<Kind>(at: Timestamp) -> Id<Kind> {
    static N_MADE: AtomicU64 = AtomicU64::new(0);
    let turn = N_MADE.fetch_add(1, Ordering::Relaxed) & 0xFFFF;
    let mut chance = [0u8; 8];
    // Without the system's randomness there is no safe way to go on; ids would repeat.
    if getrandom::fill(&mut chance).is_err() {
        std::process::abort();
    }
    Id::new(
        u64::try_from(at.as_millisecond()).unwrap_or(0),
        (u128::from(turn) << 64) | u128::from(u64::from_be_bytes(chance)),
    )
}

fn sqlite_arguments(binds: Vec<Bind>) -> Result<SqliteArguments, StoreError> {
    let mut arguments = SqliteArguments::default();
    binds.into_iter().try_for_each(|bind| bind.add_sqlite(&mut arguments))?;
    Ok(arguments)
}

fn postgres_arguments(binds: Vec<Bind>) -> Result<PgArguments, StoreError> {
    let mut arguments = PgArguments::default();
    binds.into_iter().try_for_each(|bind| bind.add_postgres(&mut arguments))?;
    Ok(arguments)
}
