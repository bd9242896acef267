//! The tray's rows: kept, numbered, read anew.

use crate::inbox::{Arrived, BODY, Incoming, Waiting};
use base::Id;
use futures::future::BoxFuture;
use identity::Site;
use store::{Columns, Db, FromRow, StoreError, Tx, binds, seal};

/// The file in which the embedded engine keeps it, beside the database's own.
pub const TRAY_FILE: &str = "tray.db";
/// The tables of that file: the tray, and how far its numbers are.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS chain (stream TEXT NOT NULL PRIMARY KEY, seq BIGINT NOT NULL, digest BYTEA NOT NULL);
CREATE TABLE IF NOT EXISTS tray (
    seq BIGINT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    site_id TEXT,
    body BYTEA NOT NULL
);
";
/// The series of the tray's numbers; they are never given twice.
const NUMBERS: &str = "tray";
/// The series, in the database itself, of the last number that was applied.
pub(crate) const DONE: &str = "tray.done";
/// Messages read at once when they are not in memory.
const PAGE: i64 = 512;

/// The tray of a database.
#[derive(Clone)]
pub(crate) struct Tray {
    db: Db,
}

impl Tray {
    /// Opens the tray of `db`, making it where there is none.
    pub(crate) async fn open(db: &Db) -> Result<Tray, StoreError> {
        let tray = Tray { db: db.beside(TRAY_FILE, TABLES).await? };
        let done = seal::find_reached(&mut db.read().await?, DONE).await?;
        let taken = done.max(find_last(db).await?);
        if seal::find_reached(&mut tray.db.read().await?, NUMBERS).await? < taken {
            // New beside a restored database, it would begin with numbers that were given before.
            tray.write(move |tx| Box::pin(async move { seal::advance(tx, NUMBERS, taken).await })).await?;
        }
        Ok(tray)
    }

    /// Keeps messages durably, and drops those up to `done`; the number of the first, the rest follow.
    pub(crate) async fn keep(
        &self,
        batch: Vec<Arrived>,
        done: i64,
    ) -> Result<(i64, Vec<Arrived>), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                let first =
                    seal::reserve(tx, NUMBERS, i64::try_from(batch.len()).unwrap_or(i64::MAX)).await?;
                let row = |(seq, arrived): (i64, &Arrived)| {
                    let Incoming { source, default_site, .. } = &arrived.incoming;
                    binds![seq, source.as_str(), *default_site, arrived.body.as_slice()]
                };
                tx.insert_many(INSERT, (first..).zip(&batch).map(row).collect(), "").await?;
                tx.run("DELETE FROM tray WHERE seq <= $1", binds![done]).await?;
                Ok((first, batch))
            })
        })
        .await
    }

    /// Where it is kept.
    pub(super) fn db(&self) -> &Db {
        &self.db
    }

    async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
        T: Send + 'static,
    {
        self.db.write(work).await
    }
}

const INSERT: &str = "INSERT INTO tray (seq, source, site_id, body) VALUES";

struct Row {
    seq: i64,
    source: String,
    site: Option<Id<Site>>,
    body: Vec<u8>,
}

impl FromRow for Row {
    fn from_row(c: &mut Columns<'_>) -> Result<Row, StoreError> {
        Ok(Row { seq: c.take()?, source: c.take()?, site: c.take()?, body: c.take()? })
    }
}

async fn list(tx: &mut Tx, done: i64, last: i64) -> Result<Vec<Row>, StoreError> {
    let sql =
        "SELECT seq, source, site_id, body FROM tray WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3";
    tx.list(sql, binds![done, last, PAGE]).await
}

/// The first of those after `done` and up to `last`, read anew.
pub(super) async fn list_waiting(tray: &Db, done: i64, last: i64) -> Result<Vec<Waiting>, StoreError> {
    let vault = tray.vault();
    let rows = list(&mut tray.read().await?, done, last).await?;
    let waiting = rows.into_iter().map(|Row { seq, source, site, body }| {
        let bytes = vault.open(&body, BODY)?;
        let incoming = Incoming { bytes, source, default_site: site };
        Ok(Waiting { seq, arrived: Arrived::of(incoming, &vault)? })
    });
    waiting.collect()
}

pub(super) async fn find_last(tray: &Db) -> Result<i64, StoreError> {
    let last: Option<(i64,)> =
        tray.read().await?.find("SELECT COALESCE(MAX(seq), 0) FROM tray", binds![]).await?;
    Ok(last.map_or(0, |(last,)| last))
}
