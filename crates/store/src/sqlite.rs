//! The embedded engine: a file, a connection for writing and a few for reading.
//!
//! Statements run on the thread that asks, because handing one to another thread and its rows back costs
//! more than most statements do. On a thread of the runtime the others are told first, so that a long
//! statement holds up nobody else.

use crate::bind::Bind;
use crate::error::StoreError;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags, Row};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Statements a connection keeps prepared.
const N_PREPARED: usize = 256;
/// How long to wait for a free connection, and for another process that writes.
const BUSY: Duration = Duration::from_secs(30);

/// How long the log gathers commits before its pages are copied to the file.
const GATHER: Duration = Duration::from_millis(600);

/// What every connection is set to. The writer copies the log itself only where the checkpoints beside it
/// cannot keep up: at 64 MiB.
const SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA wal_autocheckpoint = 16384;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA mmap_size = 268435456;
    PRAGMA temp_store = MEMORY;
";
/// A check of a word against a list would open a table for the list at each row written. The words are those
/// of our types; `doctor` finds others.
const WRITER: &str = "PRAGMA cache_size = -65536; PRAGMA ignore_check_constraints = ON;";
const READER: &str = "PRAGMA cache_size = -16384; PRAGMA query_only = ON;";

/// Connections of one kind to one file; opened when first needed, and kept.
pub(crate) struct Pool {
    path: PathBuf,
    settings: &'static str,
    room: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
    /// Where commits are told, in a pool that writes.
    committed: Option<SyncSender<()>>,
}

impl Pool {
    /// The one connection that writes; makes the file when `create` is set.
    pub(crate) fn writer(path: &Path, create: bool) -> Result<Arc<Pool>, StoreError> {
        let mut pool = Pool::new(path, WRITER, 1);
        pool.put_back(pool.open(create)?);
        let (committed, commits) = mpsc::sync_channel(1);
        let beside = pool.open(false)?;
        let thread = std::thread::Builder::new().name("checkpoints".to_owned());
        let started = thread.spawn(move || checkpoint(&beside, &commits));
        started.map_err(|error| StoreError::Engine(Box::new(error)))?;
        pool.committed = Some(committed);
        Ok(Arc::new(pool))
    }

    /// Up to `n` connections that read.
    pub(crate) fn readers(path: &Path, n: usize) -> Arc<Pool> {
        Arc::new(Pool::new(path, READER, n))
    }

    fn new(path: &Path, settings: &'static str, n: usize) -> Pool {
        let (room, idle) = (Arc::new(Semaphore::new(n)), Mutex::new(Vec::new()));
        Pool { path: path.to_owned(), settings, room, idle, committed: None }
    }

    fn open(&self, create: bool) -> Result<Connection, StoreError> {
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        flags.set(OpenFlags::SQLITE_OPEN_CREATE, create);
        let conn = Connection::open_with_flags(&self.path, flags)?;
        conn.busy_timeout(BUSY)?;
        conn.set_prepared_statement_cache_capacity(N_PREPARED);
        conn.execute_batch(SETTINGS)?;
        conn.execute_batch(self.settings)?;
        Ok(conn)
    }

    fn take(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn put_back(&self, conn: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
    }

    /// Begins a transaction once a connection is free.
    pub(crate) async fn begin(self: &Arc<Pool>, begin: &str) -> Result<Transaction, StoreError> {
        let room = tokio::time::timeout(BUSY, Arc::clone(&self.room).acquire_owned()).await;
        let room = room.map_err(|_| StoreError::NotReady("the database is busy; try again".to_owned()))?;
        let room = room.map_err(|_| StoreError::Closed)?;
        in_place(|| {
            let conn = match self.take() {
                Some(conn) => conn,
                None => self.open(false)?,
            };
            let transaction = Transaction { conn: Some(conn), pool: Arc::clone(self), _room: room };
            transaction.conn()?.execute_batch(begin)?;
            Ok(transaction)
        })
    }
}

/// An open transaction; taken back when dropped before its commit.
pub(crate) struct Transaction {
    /// Gone once committed.
    conn: Option<Connection>,
    pool: Arc<Pool>,
    _room: OwnedSemaphorePermit,
}

impl Transaction {
    fn conn(&self) -> Result<&Connection, StoreError> {
        self.conn.as_ref().ok_or(StoreError::Closed)
    }

    /// Runs a statement; the number of rows it changed.
    pub(crate) fn run(&self, sql: &str, binds: &[Bind]) -> Result<u64, StoreError> {
        in_place(|| run(&mut self.prepare(sql, binds.len())?, binds))
    }

    /// Hands every row of a statement to `see`.
    pub(crate) fn each(
        &self,
        sql: &str,
        binds: &[Bind],
        mut see: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        in_place(|| {
            let mut statement = self.prepare(sql, binds.len())?;
            bind_all(&mut statement, binds)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                see(row)?;
            }
            Ok(())
        })
    }

    /// Hands every row of a statement with one value to `see`, for each of these values.
    pub(crate) fn each_key(
        &self,
        sql: &str,
        keys: &[String],
        mut see: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        in_place(|| {
            let mut statement = self.prepare(sql, 1)?;
            for key in keys {
                statement.raw_bind_parameter(1, key.as_str())?;
                let mut rows = statement.raw_query();
                while let Some(row) = rows.next()? {
                    see(row)?;
                }
            }
            Ok(())
        })
    }

    /// Runs one statement for each row of values; the number of rows they changed.
    pub(crate) fn run_for_each(&self, sql: &str, rows: &[Vec<Bind>]) -> Result<u64, StoreError> {
        let width = rows.first().map_or(0, Vec::len);
        in_place(|| {
            let mut statement = self.prepare(sql, width)?;
            rows.iter().try_fold(0, |n_changed, row| Ok(n_changed + run(&mut statement, row)?))
        })
    }

    /// Runs several statements without values. A whole number that is the key of its table is its own
    /// index only under the one type name that this engine knows for it.
    pub(crate) fn run_script(&self, script: &str) -> Result<(), StoreError> {
        let script = script.replace(" BIGINT NOT NULL PRIMARY KEY", " INTEGER NOT NULL PRIMARY KEY");
        in_place(|| Ok(self.conn()?.execute_batch(&script)?))
    }

    /// Makes it durable.
    pub(crate) fn commit(mut self) -> Result<(), StoreError> {
        in_place(|| {
            self.conn()?.execute_batch("COMMIT")?;
            if let Some(conn) = self.conn.take() {
                self.pool.put_back(conn);
            }
            if let Some(committed) = &self.pool.committed {
                // Full when the last commits are not copied yet; these will go with them.
                let _ = committed.try_send(());
            }
            Ok(())
        })
    }

    fn prepare(&self, sql: &str, n_binds: usize) -> Result<CachedStatement<'_>, StoreError> {
        let statement = self.conn()?.prepare_cached(sql)?;
        // A place without a value would silently be null.
        if statement.parameter_count() != n_binds {
            let reason = format!("{} places, {n_binds} values", statement.parameter_count());
            return Err(StoreError::inconsistent(sql, reason));
        }
        // Values go to places in the order these appear; the other engine goes by their numbers.
        if cfg!(debug_assertions) {
            for place in 1..=n_binds {
                let name = statement.parameter_name(place).filter(|name| name.starts_with('$'));
                if let Some(name) = name.filter(|name| **name != format!("${place}")) {
                    let reason = format!("{name} appears where ${place} is expected");
                    return Err(StoreError::inconsistent(sql, reason));
                }
            }
        }
        Ok(statement)
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(conn) = self.conn.take() else { return };
        // Where even that fails the connection is closed, which takes the transaction back as well.
        if in_place(|| conn.execute_batch("ROLLBACK")).is_ok() {
            self.pool.put_back(conn);
        }
    }
}

/// Copies the log into the file beside the writer, some time after each commit, until the pool is gone.
fn checkpoint(conn: &Connection, commits: &mpsc::Receiver<()>) {
    while commits.recv().is_ok() {
        std::thread::sleep(GATHER);
        if let Err(error) = conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
            tracing::warn!(%error, "the log of the database could not be copied into its file");
        }
    }
}

fn run(statement: &mut CachedStatement<'_>, binds: &[Bind]) -> Result<u64, StoreError> {
    bind_all(statement, binds)?;
    let n_changed = statement.raw_execute()?;
    Ok(u64::try_from(n_changed).unwrap_or(u64::MAX))
}

fn bind_all(statement: &mut CachedStatement<'_>, binds: &[Bind]) -> Result<(), StoreError> {
    for (place, bind) in (1..).zip(binds) {
        statement.raw_bind_parameter(place, bind)?;
    }
    Ok(())
}

impl rusqlite::ToSql for Bind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let null = ToSqlOutput::Owned(Value::Null);
        Ok(match self {
            Bind::Int(value) => value.map_or(null, ToSqlOutput::from),
            Bind::Bool(value) => value.map_or(null, ToSqlOutput::from),
            Bind::Real(value) => value.map_or(null, ToSqlOutput::from),
            Bind::Text(value) => value.as_deref().map_or(null, ToSqlOutput::from),
            Bind::Bytes(value) => {
                value.as_deref().map_or(null, |bytes| ToSqlOutput::Borrowed(ValueRef::Blob(bytes)))
            }
        })
    }
}

/// Does work that may take long where it stands, after handing over what else this thread is to do.
fn in_place<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}
