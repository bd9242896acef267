//! What the disk itself allows: bare flushes, and durable commits of one row.

use crate::table::Table;
use anyhow::Result;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long each is measured.
const TIME: Duration = Duration::from_secs(3);
/// A message on its way to the disk, with what surrounds it.
const MESSAGE_BYTES: usize = 1_024;

/// Messages a second that the disk could take, each durable before the next group.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Limit {
    /// One message a flush.
    pub(crate) single: f64,
    /// 32 messages a flush.
    pub(crate) grouped: f64,
}

pub(crate) fn run(folder: &Path, table: &mut Table) -> Result<Limit> {
    let single = flushes(&folder.join("one"), MESSAGE_BYTES)?;
    let grouped = flushes(&folder.join("many"), 32 * MESSAGE_BYTES)? * 32.0;
    table.row("disk: write 1 kB and flush", format!("{} a second", crate::table::number(single)));
    table.row("disk: the same, 32 messages a flush", format!("{} messages/s", crate::table::number(grouped)));
    table.beside("disk: SQLite FULL, a row a commit", commits(folder)?, "commits/s", "bare flush", single);
    Ok(Limit { single, grouped })
}

fn flushes(path: &Path, n_bytes: usize) -> Result<f64> {
    let bytes = vec![7_u8; n_bytes];
    let mut file = File::create(path)?;
    let (begun, mut n) = (Instant::now(), 0_u64);
    while begun.elapsed() < TIME {
        file.write_all(&bytes)?;
        file.sync_data()?;
        n += 1;
    }
    Ok(n as f64 / begun.elapsed().as_secs_f64())
}

fn commits(folder: &Path) -> Result<f64> {
    let db = rusqlite::Connection::open(folder.join("bare.db"))?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         CREATE TABLE row (seq INTEGER PRIMARY KEY, body BLOB NOT NULL);",
    )?;
    let mut insert = db.prepare("INSERT INTO row (body) VALUES ($1)")?;
    let body = vec![7_u8; MESSAGE_BYTES];
    let (begun, mut n) = (Instant::now(), 0_u64);
    while begun.elapsed() < TIME {
        insert.execute([&body])?;
        n += 1;
    }
    Ok(n as f64 / begun.elapsed().as_secs_f64())
}
