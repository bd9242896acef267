//! One transaction, reading or writing, on either engine.

use crate::bind::{Bind, Columns, FromRow, Raw};
use crate::error::StoreError;
use crate::sqlite;
use crate::vault::Vault;
use base::Id;
use futures::TryStreamExt as _;
use jiff::Timestamp;
use sqlx::postgres::PgArguments;
use sqlx::{Arguments as _, AssertSqlSafe, Postgres, Transaction};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) enum Conn {
    Sqlite(sqlite::Transaction),
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
                tx.each(sql, &binds, |row| see(&mut Columns { raw: Raw::Sqlite(row), next: 0, context: sql }))
            }
            Conn::Postgres(tx) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), postgres_arguments(binds)?);
                let mut stream = query.fetch(&mut **tx);
                while let Some(row) = stream.try_next().await? {
                    see(&mut Columns { raw: Raw::Postgres(row), next: 0, context: sql })?;
                }
                Ok(())
            }
        }
    }

    /// The first row of a statement, or `None`.
    ///
    /// # Errors
    /// [`StoreError`] when the engine refuses or the row does not fit `T`.
    pub async fn find<T: FromRow>(&mut self, sql: &str, binds: Vec<Bind>) -> Result<Option<T>, StoreError> {
        Ok(self.list(sql, binds).await?.into_iter().next())
    }

    /// The first row of a statement over one table, which nobody else may change until this writing
    /// transaction ends. The embedded engine has one writer at a time anyway.
    pub(crate) async fn find_locked<T: FromRow>(
        &mut self,
        sql: &str,
        binds: Vec<Bind>,
    ) -> Result<Option<T>, StoreError> {
        match self.conn {
            Conn::Sqlite(_) => self.find(sql, binds).await,
            Conn::Postgres(_) => self.find(&format!("{sql} FOR UPDATE"), binds).await,
        }
    }

    /// Runs a statement; the number of rows it changed.
    ///
    /// # Errors
    /// [`StoreError`] when the engine refuses.
    pub async fn run(&mut self, sql: &str, binds: Vec<Bind>) -> Result<u64, StoreError> {
        match &mut self.conn {
            Conn::Sqlite(tx) => tx.run(sql, &binds),
            Conn::Postgres(tx) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), postgres_arguments(binds)?);
                Ok(query.execute(&mut **tx).await?.rows_affected())
            }
        }
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
        if rows.is_empty() {
            return Ok(0);
        }
        match &mut self.conn {
            Conn::Sqlite(tx) => {
                let places = vec!["?"; width].join(", ");
                tx.run_for_each(&format!("{head} ({places}) {tail}"), &rows)
            }
            Conn::Postgres(tx) => {
                let (arrays, arguments) = arrays_of(head, width, &rows)?;
                let insert = head.trim_end().trim_end_matches("VALUES");
                let sql = format!("{insert} SELECT * FROM UNNEST({arrays}) {tail}");
                let query = sqlx::query_with(AssertSqlSafe(sql), arguments);
                Ok(query.execute(&mut **tx).await?.rows_affected())
            }
        }
    }

    /// Sets columns of many rows, found by `key`: each of `rows` has the values of `columns` and, last, of `key`.
    /// Name only columns that differ: the embedded engine writes every index of a named one anew.
    ///
    /// # Errors
    /// [`StoreError`] when the engine refuses, or a row has more or fewer values.
    pub async fn update_many(
        &mut self,
        table: &str,
        columns: &[&str],
        key: &str,
        rows: Vec<Vec<Bind>>,
    ) -> Result<u64, StoreError> {
        let width = columns.len() + 1;
        if rows.iter().any(|row| row.len() != width) {
            return Err(StoreError::inconsistent(table, format!("a row without {width} values")));
        }
        if rows.is_empty() {
            return Ok(0);
        }
        match &mut self.conn {
            Conn::Sqlite(tx) => {
                let set: Vec<String> = columns.iter().map(|name| format!("{name} = ?")).collect();
                tx.run_for_each(&format!("UPDATE {table} SET {} WHERE {key} = ?", set.join(", ")), &rows)
            }
            Conn::Postgres(tx) => {
                let (arrays, arguments) = arrays_of(table, width, &rows)?;
                let set: Vec<String> = columns.iter().map(|name| format!("{name} = n.{name}")).collect();
                let sql = format!(
                    "UPDATE {table} SET {} FROM UNNEST({arrays}) AS n ({}, {key}) WHERE {table}.{key} = n.{key}",
                    set.join(", "),
                    columns.join(", ")
                );
                let query = sqlx::query_with(AssertSqlSafe(sql), arguments);
                Ok(query.execute(&mut **tx).await?.rows_affected())
            }
        }
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

    /// Lists the rows for many keys, each named once: like [`Tx::list_in`], but in no order among keys. The
    /// embedded engine finds key after key, which costs it less than a list of them; over a connection they
    /// are asked together.
    ///
    /// # Errors
    /// [`StoreError`] when the engine refuses or a row does not fit `T`.
    pub async fn list_by_key<T: FromRow>(
        &mut self,
        sql: &str,
        keys: &[String],
    ) -> Result<Vec<T>, StoreError> {
        let Conn::Sqlite(tx) = &mut self.conn else { return self.list_in(sql, keys).await };
        let sql = sql.replace("{in}", "$1");
        let mut rows = Vec::with_capacity(keys.len());
        tx.each_key(&sql, keys, |row| {
            rows.push(T::from_row(&mut Columns { raw: Raw::Sqlite(row), next: 0, context: &sql })?);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Runs several statements without values, as a migration does.
    pub(crate) async fn run_script(&mut self, script: &str) -> Result<(), StoreError> {
        match &mut self.conn {
            Conn::Sqlite(tx) => tx.run_script(script),
            Conn::Postgres(tx) => {
                sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut **tx).await?;
                Ok(())
            }
        }
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self.conn {
            Conn::Sqlite(tx) => tx.commit(),
            Conn::Postgres(tx) => Ok(tx.commit().await?),
        }
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

fn postgres_arguments(binds: Vec<Bind>) -> Result<PgArguments, StoreError> {
    let mut arguments = PgArguments::default();
    binds.into_iter().try_for_each(|bind| bind.add_postgres(&mut arguments))?;
    Ok(arguments)
}

/// One array for each column, as `$1::BIGINT[], $2::TEXT[]` and its values: one text for any number of rows.
fn arrays_of(head: &str, width: usize, rows: &[Vec<Bind>]) -> Result<(String, PgArguments), StoreError> {
    let (mut places, mut arguments) = (Vec::with_capacity(width), PgArguments::default());
    for idx in 0..width {
        let column = rows.iter().filter_map(|row| row.get(idx));
        macro_rules! array {
            ($kind:path, $sql_type:literal) => {{
                let values: Option<Vec<_>> = column
                    .map(|bind| match bind {
                        $kind(value) => Some(value.clone()),
                        _ => None,
                    })
                    .collect();
                let values = values
                    .ok_or_else(|| StoreError::inconsistent(head, "a column holds values of two types"))?;
                arguments.add(values).map_err(StoreError::Engine)?;
                places.push(format!("${}::{}[]", idx + 1, $sql_type));
            }};
        }
        match rows.first().and_then(|row| row.get(idx)) {
            Some(Bind::Int(_)) => array!(Bind::Int, "BIGINT"),
            Some(Bind::Text(_)) => array!(Bind::Text, "TEXT"),
            Some(Bind::Bool(_)) => array!(Bind::Bool, "BOOLEAN"),
            Some(Bind::Real(_)) => array!(Bind::Real, "DOUBLE PRECISION"),
            Some(Bind::Bytes(_)) => array!(Bind::Bytes, "BYTEA"),
            None => {}
        }
    }
    Ok((places.join(", "), arguments))
}
