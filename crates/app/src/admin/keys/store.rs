//! Everything sealed with a data key, page by page, to be sealed again.

use ::store::{Columns, FromRow, StoreError, Tx, Vault, binds};

/// A sealed column: its table, its keys, and what its bytes are bound to.
pub(super) struct Sealed {
    pub(super) words: &'static str,
    list: &'static str,
    update: &'static str,
    context: &'static str,
}

/// Every sealed column. Its rows are named by one text or number that orders them.
pub(super) const SEALED: [Sealed; 6] = [
    Sealed {
        words: "patients' record numbers",
        list: "SELECT key, record_number FROM patient WHERE key > $1 ORDER BY key LIMIT 500",
        update: "UPDATE patient SET record_number = $1 WHERE key = $2 AND record_number = $3",
        context: "patient.record_number",
    },
    Sealed {
        words: "patients' names",
        list: "SELECT key, name FROM patient WHERE key > $1 ORDER BY key LIMIT 500",
        update: "UPDATE patient SET name = $1 WHERE key = $2 AND name = $3",
        context: "patient.name",
    },
    Sealed {
        words: "patients' birth dates",
        list: "SELECT key, birth_date FROM patient WHERE key > $1 ORDER BY key LIMIT 500",
        update: "UPDATE patient SET birth_date = $1 WHERE key = $2 AND birth_date = $3",
        context: "patient.birth_date",
    },
    Sealed {
        words: "messages",
        list: "SELECT CAST(seq AS TEXT), body FROM message_body WHERE seq > CAST($1 AS BIGINT)
               ORDER BY seq LIMIT 500",
        update: "UPDATE message_body SET body = $1 WHERE seq = CAST($2 AS BIGINT) AND body = $3",
        context: "message.body",
    },
    Sealed {
        words: "imported files",
        list: "SELECT import_id, body FROM import_file WHERE import_id > $1 ORDER BY import_id LIMIT 4",
        update: "UPDATE import_file SET body = $1 WHERE import_id = $2 AND body = $3",
        context: "import_file.body",
    },
    Sealed {
        words: "rejected rows",
        list: "SELECT import_id || ' ' || CAST(line AS TEXT), row_text FROM import_reject
               WHERE import_id || ' ' || CAST(line AS TEXT) > $1
               ORDER BY import_id || ' ' || CAST(line AS TEXT) LIMIT 500",
        update: "UPDATE import_reject SET row_text = $1
                 WHERE import_id || ' ' || CAST(line AS TEXT) = $2 AND row_text = $3",
        context: "import_reject.row_text",
    },
];

struct Piece {
    key: String,
    bytes: Vec<u8>,
}

impl FromRow for Piece {
    fn from_row(c: &mut Columns<'_>) -> Result<Piece, StoreError> {
        Ok(Piece { key: c.take()?, bytes: c.take()? })
    }
}

/// Where a page ended, and how many pieces it looked at and sealed again.
pub(super) struct Page {
    pub(super) last: Option<String>,
    pub(super) n_seen: i64,
    pub(super) n_sealed: i64,
}

/// What comes before every row of a column.
pub(super) fn start(sealed: &Sealed) -> String {
    if sealed.context == "message.body" { "0".to_owned() } else { String::new() }
}

/// Seals the next pieces of a column again that an older key sealed.
pub(super) async fn seal_page(tx: &mut Tx, sealed: &Sealed, after: &str) -> Result<Page, StoreError> {
    let vault = tx.vault();
    let pieces: Vec<Piece> = tx.list(sealed.list, binds![after]).await?;
    let mut page = Page { last: None, n_seen: 0, n_sealed: 0 };
    for piece in pieces {
        page.n_seen += 1;
        let is_old = Vault::key_of(&piece.bytes).is_some_and(|key| key != vault.active());
        if is_old {
            let plain = vault.open(&piece.bytes, sealed.context)?;
            let fresh = vault.seal(&plain, sealed.context)?;
            // Only if nobody wrote it meanwhile; then it is under the active key already.
            tx.run(sealed.update, binds![fresh, piece.key.as_str(), piece.bytes]).await?;
            page.n_sealed += 1;
        }
        page.last = Some(piece.key);
    }
    Ok(page)
}
