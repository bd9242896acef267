//! Backup and restore, the same file for both engines.
//!
//! A backup is one snapshot, written as lines of JSON: a head, then for each table its name and columns
//! and one array a row, then an end line with the number of rows and a digest, so that a file cut short
//! is refused. It restores onto SQLite or PostgreSQL, whichever it came from. It is made and restored under
//! the schema the database has, also an older one, so that a backup can precede an upgrade. Identifying
//! fields stay sealed in it: the key file is copied apart (see the executable's `backup`).

use crate::bind::Bind;
use crate::db::Db;
use crate::error::StoreError;
use crate::migrate::{self, SCHEMA_VERSION};
use crate::seal::Kind;
use crate::tx::Tx;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::io::{BufRead, Write};

const FORMAT: u64 = 1;

/// What a backup or restore moved.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BackupReport {
    /// Tables, in order.
    pub n_tables: usize,
    /// Rows of all tables.
    pub n_rows: u64,
}

struct Table {
    name: String,
    columns: Vec<(String, ColumnType)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ColumnType {
    Plain(Kind),
    Bool,
    Real,
}

/// Every table of a schema, in the order the migrations create them, which is an order that references
/// allow. Reads the one form our migrations are written in: a column a line, `ALTER TABLE t ADD COLUMN c ..`,
/// `ALTER TABLE t RENAME TO u`.
fn tables(schema: i64) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let mut is_inside = false;
    for line in migrate::scripts(schema).flat_map(str::lines) {
        if let Some((name, column)) =
            line.strip_prefix("ALTER TABLE ").and_then(|rest| rest.split_once(" ADD COLUMN "))
        {
            let table = tables.iter_mut().find(|table| table.name == name);
            if let Some((table, column)) = table.zip(column_of(column)) {
                table.columns.push(column);
            }
        } else if let Some((name, new)) =
            line.strip_prefix("ALTER TABLE ").and_then(|rest| rest.split_once(" RENAME TO "))
        {
            tables
                .iter_mut()
                .filter(|table| table.name == name)
                .for_each(|table| table.name = new.trim_end_matches(';').to_owned());
        } else if let Some(name) = line.strip_prefix("DROP TABLE ") {
            tables.retain(|table| table.name != name.trim_end_matches(';'));
        } else if let Some(name) = line.strip_prefix("CREATE TABLE ").and_then(|rest| rest.strip_suffix(" ("))
        {
            tables.push(Table { name: name.to_owned(), columns: Vec::new() });
            is_inside = true;
        } else if line.starts_with(')') {
            is_inside = false;
        } else if is_inside {
            tables.last_mut().into_iter().for_each(|table| table.columns.extend(column_of(line)));
        }
    }
    tables
}

/// `name TYPE ..`; nothing for PRIMARY KEY (..) and UNIQUE (..) lines.
fn column_of(line: &str) -> Option<(String, ColumnType)> {
    let mut words = line.split_whitespace();
    let (column, sql_type) = (words.next()?, words.next()?);
    let column_type = match sql_type.trim_end_matches([',', ';']) {
        "BIGINT" => ColumnType::Plain(Kind::Int),
        "TEXT" => ColumnType::Plain(Kind::Text),
        "BYTEA" => ColumnType::Plain(Kind::Bytes),
        "BOOLEAN" => ColumnType::Bool,
        "DOUBLE" => ColumnType::Real,
        _ => return None,
    };
    Some((column.to_owned(), column_type))
}

struct Digesting<'w> {
    out: &'w mut (dyn Write + Send),
    digest: Sha256,
}

impl Digesting<'_> {
    fn line(&mut self, value: &Value) -> Result<(), StoreError> {
        let mut text = value.to_string();
        text.push('\n');
        self.digest.update(text.as_bytes());
        self.out.write_all(text.as_bytes()).map_err(|error| StoreError::Backup(error.to_string()))
    }
}

/// Writes one snapshot of every table to `out`.
///
/// # Errors
/// [`StoreError`] when the engine refuses or `out` cannot be written.
pub async fn backup(db: &Db, out: &mut (dyn Write + Send)) -> Result<BackupReport, StoreError> {
    let mut tx = db.read().await?;
    let schema = migrate::find_schema_version(&mut tx).await?;
    if schema > SCHEMA_VERSION {
        return Err(StoreError::Newer { found: schema, known: SCHEMA_VERSION });
    }
    let mut to = Digesting { out, digest: Sha256::new() };
    to.line(&json!({ "helmward_backup": FORMAT, "schema": schema, "at": tx.at().to_string() }))?;
    let (mut n_rows, mut n_tables) = (0, 0);
    for table in tables(schema) {
        let names: Vec<&str> = table.columns.iter().map(|(name, _)| name.as_str()).collect();
        to.line(&json!({ "table": table.name, "columns": names }))?;
        // In order of the first column, which begins every primary key.
        let first = names.first().copied().unwrap_or("1");
        let sql = format!("SELECT {} FROM {} ORDER BY {first}", names.join(", "), table.name);
        let mut failed = None;
        tx.each(&sql, vec![], |columns| {
            let mut row = Vec::with_capacity(table.columns.len());
            for (_, column_type) in &table.columns {
                row.push(match column_type {
                    ColumnType::Plain(Kind::Int) => json!(columns.take::<Option<i64>>()?),
                    ColumnType::Plain(Kind::Text) => json!(columns.take::<Option<String>>()?),
                    ColumnType::Plain(Kind::Bytes) => {
                        json!(columns.take::<Option<Vec<u8>>>()?.map(|bytes| hex(&bytes)))
                    }
                    ColumnType::Bool => json!(columns.take::<Option<bool>>()?),
                    ColumnType::Real => json!(columns.take::<Option<f64>>()?),
                });
            }
            n_rows += 1;
            if failed.is_none() {
                failed = to.line(&Value::Array(row)).err();
            }
            Ok(())
        })
        .await?;
        if let Some(error) = failed {
            return Err(error);
        }
        n_tables += 1;
    }
    let digest = hex(&to.digest.clone().finalize());
    to.line(&json!({ "end": n_rows, "sha256": digest }))?;
    to.out.flush().map_err(|error| StoreError::Backup(error.to_string()))?;
    Ok(BackupReport { n_tables, n_rows })
}

/// Fills an empty database from a backup, in one transaction, and brings it up to today's schema.
///
/// # Errors
/// [`StoreError::Backup`] when the file is not a whole backup; no row is written then.
pub async fn restore(db: &Db, from: &mut (dyn BufRead + Send)) -> Result<BackupReport, StoreError> {
    let mut head = String::new();
    from.read_line(&mut head).map_err(|error| StoreError::Backup(error.to_string()))?;
    let schema = check_head(&head)?;
    migrate::migrate_to(db, schema).await?;
    let mut tx = db.begin_write().await?;
    let found = migrate::find_schema_version(&mut tx).await?;
    if found != schema {
        return Err(StoreError::Backup(format!(
            "the backup has schema {schema}, the database {found}; restore into a new folder or an empty database"
        )));
    }
    let report = restore_into(&mut tx, &head, &tables(schema), from).await?;
    tx.commit().await?;
    migrate::migrate(db).await?;
    Ok(report)
}

async fn restore_into(
    tx: &mut Tx,
    head: &str,
    tables: &[Table],
    from: &mut (dyn BufRead + Send),
) -> Result<BackupReport, StoreError> {
    let mut digest = Sha256::new();
    digest.update(head.as_bytes());
    let (mut n_rows, mut n_tables, mut is_ended) = (0u64, 0, false);
    let mut current: Option<&Table> = None;
    let mut waiting: Vec<Vec<Bind>> = Vec::new();
    let mut text = String::new();
    loop {
        text.clear();
        let n = from.read_line(&mut text).map_err(|error| StoreError::Backup(error.to_string()))?;
        if n == 0 {
            break;
        }
        let value = read_line(&text)?;
        if let Value::Array(row) = &value {
            let table = current.ok_or_else(|| StoreError::Backup("a row without its table".to_owned()))?;
            waiting.push(binds_of(table, row)?);
            n_rows += 1;
            if waiting.len() == 512 {
                insert(tx, table, &mut waiting).await?;
            }
        } else if let Some(name) = value.get("table").and_then(Value::as_str) {
            if let Some(table) = current {
                insert(tx, table, &mut waiting).await?;
            }
            let table = tables.iter().find(|table| table.name == name);
            current = Some(table.ok_or_else(|| StoreError::Backup(format!("unknown table `{name}`")))?);
            check_empty(tx, name).await?;
            n_tables += 1;
        } else if let Some(end) = value.get("end").and_then(Value::as_u64) {
            let said = value.get("sha256").and_then(Value::as_str).unwrap_or_default();
            is_ended = end == n_rows && said == hex(&digest.clone().finalize());
        }
        digest.update(text.as_bytes());
    }
    if let Some(table) = current {
        insert(tx, table, &mut waiting).await?;
    }
    if !is_ended {
        return Err(StoreError::Backup(
            "the file is cut short or was changed; nothing was restored".to_owned(),
        ));
    }
    Ok(BackupReport { n_tables, n_rows })
}

fn read_line(text: &str) -> Result<Value, StoreError> {
    serde_json::from_str(text)
        .map_err(|_| StoreError::Backup("the file is not a Helmward backup, or it is damaged".to_owned()))
}

/// The schema the backup was made under.
fn check_head(text: &str) -> Result<i64, StoreError> {
    let head = read_line(text)?;
    let schema = head.get("schema").and_then(Value::as_i64).unwrap_or(0);
    if schema > SCHEMA_VERSION {
        return Err(StoreError::Newer { found: schema, known: SCHEMA_VERSION });
    }
    match head.get("helmward_backup").and_then(Value::as_u64) {
        Some(FORMAT) => Ok(schema),
        other => Err(StoreError::Backup(format!(
            "backup format {other:?} is not known; this program reads {FORMAT}"
        ))),
    }
}

async fn check_empty(tx: &mut Tx, table: &str) -> Result<(), StoreError> {
    let found: Option<(i64,)> =
        tx.find(&format!("SELECT CAST(COUNT(*) AS BIGINT) FROM {table}"), vec![]).await?;
    match found {
        Some((0,)) | None => Ok(()),
        Some((n,)) => Err(StoreError::Backup(format!(
            "the database already holds {n} rows of `{table}`; restore into a new folder or an empty database"
        ))),
    }
}

async fn insert(tx: &mut Tx, table: &Table, rows: &mut Vec<Vec<Bind>>) -> Result<(), StoreError> {
    let names: Vec<&str> = table.columns.iter().map(|(name, _)| name.as_str()).collect();
    let head = format!("INSERT INTO {} ({}) VALUES", table.name, names.join(", "));
    tx.insert_many(&head, std::mem::take(rows), "").await.map(|_| ())
}

fn binds_of(table: &Table, row: &[Value]) -> Result<Vec<Bind>, StoreError> {
    if row.len() != table.columns.len() {
        return Err(StoreError::Backup(format!("a row of `{}` has {} columns", table.name, row.len())));
    }
    let bad = || StoreError::Backup(format!("a row of `{}` holds a value of the wrong type", table.name));
    row.iter()
        .zip(&table.columns)
        .map(|(value, (_, column_type))| {
            let is_null = value.is_null();
            let bind = match column_type {
                ColumnType::Plain(Kind::Int) => Bind::Int(value.as_i64()),
                ColumnType::Plain(Kind::Text) => Bind::Text(value.as_str().map(str::to_owned)),
                ColumnType::Plain(Kind::Bytes) => Bind::Bytes(value.as_str().and_then(from_hex)),
                ColumnType::Bool => Bind::Bool(value.as_bool()),
                ColumnType::Real => Bind::Real(value.as_f64()),
            };
            let is_empty = matches!(
                bind,
                Bind::Int(None) | Bind::Text(None) | Bind::Bytes(None) | Bind::Bool(None) | Bind::Real(None)
            );
            if is_empty == is_null { Ok(bind) } else { Err(bad()) }
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? * 16 + digit(*low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_of_the_migrations_is_backed_up_with_its_columns() {
        let tables = tables(SCHEMA_VERSION);
        let n = |words: &str| {
            migrate::scripts(SCHEMA_VERSION).map(|script| script.matches(words).count()).sum::<usize>()
        };
        assert_eq!(tables.len(), n("CREATE TABLE ") - n("DROP TABLE "));
        assert!(tables.iter().all(|table| !table.name.ends_with("_before")));
        let leg = tables.iter().find(|table| table.name == "leg").unwrap();
        assert!(leg.columns.iter().any(|(name, _)| name == "stay_number"));
        assert!(tables.iter().all(|table| table.columns.len() >= 2));
        let message = tables.iter().find(|table| table.name == "message").unwrap();
        assert_eq!(message.columns.len(), 11);
    }

    #[test]
    fn a_backup_of_an_older_schema_restores_under_todays() {
        use crate::{Actor, Change, Keys, Location, SystemClock, Vault, list_history};
        use std::sync::Arc;
        let folder = std::env::temp_dir().join(format!("helmward-store-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let keys = Keys::generate().unwrap();
        let open = async |name: &str| {
            let vault = Vault::new(&keys).unwrap();
            Db::open(&Location::File(folder.join(name)), true, vault, Arc::new(SystemClock)).await.unwrap()
        };
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let old = open("old.db").await;
            migrate::migrate_to(&old, SCHEMA_VERSION - 1).await.unwrap();
            let kept: Result<(), StoreError> = old
                .write(|tx| {
                    Box::pin(async move {
                        let body = serde_json::json!({ "name": "5 West" });
                        let change = Change { kind: "site", record: "5w".to_owned(), site: None, body };
                        tx.keep(&Actor::new("test", "case"), change).await
                    })
                })
                .await;
            kept.unwrap();
            let mut file = Vec::new();
            backup(&old, &mut file).await.unwrap();

            let new = open("new.db").await;
            restore(&new, &mut file.as_slice()).await.unwrap();
            assert_eq!(migrate::schema_version(&new).await.unwrap(), SCHEMA_VERSION);
            let mut tx = new.read().await.unwrap();
            assert_eq!(list_history(&mut tx, "site", "5w", None).await.unwrap().len(), 1);
        });
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
