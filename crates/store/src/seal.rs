//! Seals: append-only streams whose rows are chained, so that tampering is found and named.
//!
//! Each row carries `HMAC(seal key, digest of the row before || its own columns)`. The last digest and the
//! last number stand in `chain`. [`verify`] walks a stream and names the first row that was changed,
//! removed or added. The key lives outside the database, so whoever holds only the database cannot mend
//! the chain. A row costs about 1 microsecond to seal.

use crate::bind::{Bind, Columns, FromRow};
use crate::binds;
use crate::error::StoreError;
use crate::tx::Tx;
use crate::vault::Vault;

/// The type of a sealed column, so that a stored row is encoded again exactly as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// BIGINT, perhaps null.
    Int,
    /// TEXT, perhaps null.
    Text,
    /// BYTEA, perhaps null.
    Bytes,
}

/// A sealed stream: its table, and the columns between `seq` and `digest`.
#[derive(Debug)]
pub struct Stream {
    /// The table, also the stream's name in `chain`.
    pub table: &'static str,
    /// Column names and types, in sealing order.
    pub columns: &'static [(&'static str, Kind)],
}

/// Every change of a record.
pub const HISTORY: Stream = Stream {
    table: "history",
    columns: &[
        ("recorded_at", Kind::Int),
        ("actor", Kind::Text),
        ("cause", Kind::Text),
        ("kind", Kind::Text),
        ("record_id", Kind::Text),
        ("site", Kind::Text),
        ("body", Kind::Text),
    ],
};

/// A fault that [`verify`] found, in words that name the row.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Broken {
    /// The stream.
    pub stream: String,
    /// The number of the first broken row.
    pub seq: i64,
    /// `changed`, `removed` or `added`.
    pub fault: &'static str,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} row {} was {}", self.stream, self.seq, self.fault)
    }
}

/// What a walk over one stream found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Verdict {
    /// The stream.
    pub stream: String,
    /// Rows read.
    pub n_rows: i64,
    /// The first fault, or `None` when the chain holds.
    pub broken: Option<Broken>,
}

const HEAD: &str = "SELECT seq, digest FROM chain WHERE stream = $1";

/// Where a stream stands: equal heads mean equal streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The number of its last row, 0 before the first.
    seq: i64,
    digest: Vec<u8>,
}

impl FromRow for Head {
    fn from_row(c: &mut Columns<'_>) -> Result<Head, StoreError> {
        Ok(Head { seq: c.take()?, digest: c.take()? })
    }
}

/// Appends rows (the stream's columns, in order) and seals them; the number of the first.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn append(tx: &mut Tx, stream: &Stream, rows: Vec<Vec<Bind>>) -> Result<i64, StoreError> {
    if rows.is_empty() {
        return Ok(0);
    }
    let Head { seq: last, mut digest } = take(tx, stream.table, first_digest()).await?;
    let vault = tx.vault();
    let mut seq = last;
    let mut sealed = Vec::with_capacity(rows.len());
    for row in rows {
        seq += 1;
        digest = link(&vault, &digest, seq, &row);
        let mut full = Vec::with_capacity(row.len() + 2);
        full.push(Bind::from(seq));
        full.extend(row);
        full.push(Bind::from(digest.clone()));
        sealed.push(full);
    }
    let names: Vec<&str> = stream.columns.iter().map(|(name, _)| *name).collect();
    let insert = format!("INSERT INTO {} (seq, {}, digest) VALUES", stream.table, names.join(", "));
    tx.insert_many(&insert, sealed, "").await?;
    put(tx, stream.table, &Head { seq, digest }).await?;
    Ok(last + 1)
}

/// Where a stream stands in this transaction.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn find_head(tx: &mut Tx, stream: &Stream) -> Result<Head, StoreError> {
    let head = tx.find(HEAD, binds![stream.table]).await?;
    Ok(head.unwrap_or(Head { seq: 0, digest: Vec::new() }))
}

/// Where a series stands, `first` where it never stood anywhere. Other processes that take it wait until this
/// transaction ends, so that numbers have no gap.
async fn take(tx: &mut Tx, series: &str, first: Vec<u8>) -> Result<Head, StoreError> {
    if let Some(head) = tx.find_locked(HEAD, binds![series]).await? {
        return Ok(head);
    }
    let start = "INSERT INTO chain (stream, seq, digest) VALUES ($1, $2, $3) ON CONFLICT (stream) DO NOTHING";
    tx.run(start, binds![series, 0i64, first]).await?;
    let head = tx.find_locked(HEAD, binds![series]).await?;
    head.ok_or_else(|| StoreError::inconsistent("chain", "a head just written is missing"))
}

/// Sets where a series that was taken stands now.
async fn put(tx: &mut Tx, series: &str, now: &Head) -> Result<(), StoreError> {
    let sql = "UPDATE chain SET seq = $1, digest = $2 WHERE stream = $3";
    tx.run(sql, binds![now.seq, now.digest.as_slice(), series]).await.map(|_| ())
}

/// Takes `n` numbers of a series that is not sealed; the first of them.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn reserve(tx: &mut Tx, series: &'static str, n: i64) -> Result<i64, StoreError> {
    let Head { seq, digest } = take(tx, series, Vec::new()).await?;
    put(tx, series, &Head { seq: seq + n, digest }).await?;
    Ok(seq + 1)
}

/// How far a series that is not sealed has come, 0 at first. Other processes that ask the same wait until this
/// transaction ends.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn reached(tx: &mut Tx, series: &'static str) -> Result<i64, StoreError> {
    Ok(take(tx, series, Vec::new()).await?.seq)
}

/// Brings such a series to `seq`, or leaves it where it is further already.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn advance(tx: &mut Tx, series: &'static str, seq: i64) -> Result<(), StoreError> {
    let Head { seq: before, digest } = take(tx, series, Vec::new()).await?;
    if seq <= before {
        return Ok(());
    }
    put(tx, series, &Head { seq, digest }).await
}

/// How far a series has come, for who only looks.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn find_reached(tx: &mut Tx, series: &'static str) -> Result<i64, StoreError> {
    let head: Option<Head> = tx.find(HEAD, binds![series]).await?;
    Ok(head.map_or(0, |head| head.seq))
}

/// Marks a change of what `series` stands for, under a value of chance: where it stood before and stands
/// now. Other processes that mark the same series wait until this transaction ends.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn mark(tx: &mut Tx, series: &'static str) -> Result<(Head, Head), StoreError> {
    let before = take(tx, series, Vec::new()).await?;
    let digest = tx.new_id::<()>().bits().to_be_bytes().to_vec();
    let now = Head { seq: before.seq + 1, digest };
    put(tx, series, &now).await?;
    Ok((before, now))
}

/// Walks a stream from its first row and names the first fault.
///
/// # Errors
/// [`StoreError`] when the engine refuses; a broken chain is an answer, not an error.
pub async fn verify(tx: &mut Tx, stream: &Stream) -> Result<Verdict, StoreError> {
    const PAGE: i64 = 5_000;
    let names: Vec<&str> = stream.columns.iter().map(|(name, _)| *name).collect();
    let sql = format!(
        "SELECT seq, {}, digest FROM {} WHERE seq > $1 ORDER BY seq LIMIT {PAGE}",
        names.join(", "),
        stream.table
    );
    let vault = tx.vault();
    let broken = |seq, fault, n_rows| Verdict {
        stream: stream.table.to_owned(),
        n_rows,
        broken: Some(Broken { stream: stream.table.to_owned(), seq, fault }),
    };
    let head = find_head(tx, stream).await?;
    let (mut seq, mut digest, mut n_rows) = (0, first_digest(), 0);
    loop {
        let page: Vec<SealedRow> = list_sealed(tx, &sql, seq, stream).await?;
        let is_last = page.len() < 5_000;
        for row in page {
            n_rows += 1;
            if row.seq > head.seq {
                return Ok(broken(row.seq, "added", n_rows));
            }
            if row.seq != seq + 1 {
                return Ok(broken(seq + 1, "removed", n_rows));
            }
            digest = link(&vault, &digest, row.seq, &row.columns);
            if digest != row.digest {
                return Ok(broken(row.seq, "changed", n_rows));
            }
            seq = row.seq;
        }
        if is_last {
            break;
        }
    }
    if seq < head.seq {
        return Ok(broken(seq + 1, "removed", n_rows));
    }
    if seq > 0 && digest != head.digest {
        return Ok(broken(seq, "changed", n_rows));
    }
    Ok(Verdict { stream: stream.table.to_owned(), n_rows, broken: None })
}

struct SealedRow {
    seq: i64,
    columns: Vec<Bind>,
    digest: Vec<u8>,
}

async fn list_sealed(
    tx: &mut Tx,
    sql: &str,
    after: i64,
    stream: &Stream,
) -> Result<Vec<SealedRow>, StoreError> {
    let mut rows = Vec::new();
    tx.each(sql, binds![after], |c| {
        let seq = c.take()?;
        let mut columns = Vec::with_capacity(stream.columns.len());
        for (_, kind) in stream.columns {
            columns.push(match kind {
                Kind::Int => Bind::Int(c.take()?),
                Kind::Text => Bind::Text(c.take()?),
                Kind::Bytes => Bind::Bytes(c.take()?),
            });
        }
        rows.push(SealedRow { seq, columns, digest: c.take()? });
        Ok(())
    })
    .await?;
    Ok(rows)
}

/// What stands before the first row.
fn first_digest() -> Vec<u8> {
    vec![0; 32]
}

/// The digest of a row: every column with its type and length, so that no two rows encode alike.
fn link(vault: &Vault, before: &[u8], seq: i64, columns: &[Bind]) -> Vec<u8> {
    let mut text = Vec::with_capacity(256);
    text.extend_from_slice(before);
    text.extend_from_slice(&seq.to_be_bytes());
    let mut part = |tag: u8, bytes: Option<&[u8]>| {
        text.push(if bytes.is_some() { tag } else { tag | 0x80 });
        let bytes = bytes.unwrap_or_default();
        text.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        text.extend_from_slice(bytes);
    };
    for column in columns {
        match column {
            Bind::Int(value) => part(1, value.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice)),
            Bind::Text(value) => part(2, value.as_deref().map(str::as_bytes)),
            Bind::Bool(value) => part(3, value.map(|is| [u8::from(is)]).as_ref().map(<[u8; 1]>::as_slice)),
            Bind::Real(value) => part(4, value.map(f64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice)),
            Bind::Bytes(value) => part(5, value.as_deref()),
        }
    }
    vault.seal_digest(&text)
}
