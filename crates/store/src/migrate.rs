//! Migrations: one text for both engines, only forward.

use crate::binds;
use crate::db::Db;
use crate::error::StoreError;
use crate::tx::Tx;

const MIGRATIONS: &[(i64, &str)] = &[
    (1, include_str!("../../../migrations/0001_history.sql")),
    (2, include_str!("../../../migrations/0002_sites_and_people.sql")),
    (3, include_str!("../../../migrations/0003_intake.sql")),
    (4, include_str!("../../../migrations/0004_census.sql")),
    (5, include_str!("../../../migrations/0005_jobs_needs_rules.sql")),
    (6, include_str!("../../../migrations/0006_tray.sql")),
];

/// The text of every migration up to a version, oldest first.
pub(crate) fn scripts(up_to: i64) -> impl Iterator<Item = &'static str> {
    MIGRATIONS.iter().filter(move |(version, _)| *version <= up_to).map(|(_, script)| *script)
}

/// The newest schema this program knows.
pub const SCHEMA_VERSION: i64 = 6;

/// The schema of the database: 0 when it is empty.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn schema_version(db: &Db) -> Result<i64, StoreError> {
    let mut tx = db.begin_write().await?;
    create_table(&mut tx).await?;
    let version = find_version(&mut tx).await?;
    tx.commit().await?;
    Ok(version)
}

/// The schema as a reading transaction sees it; an error where the database is empty.
///
/// # Errors
/// [`StoreError`] when the engine refuses, which it does before the first migration.
pub async fn find_schema_version(tx: &mut Tx) -> Result<i64, StoreError> {
    find_version(tx).await
}

/// Brings the schema up to date; the versions applied. Each is a transaction of its own.
///
/// # Errors
/// [`StoreError::Newer`] when the database is ahead of this program; nothing is changed then.
pub async fn migrate(db: &Db) -> Result<Vec<i64>, StoreError> {
    migrate_to(db, SCHEMA_VERSION).await
}

/// Brings the schema up to an older version, for a backup made under it.
pub(crate) async fn migrate_to(db: &Db, up_to: i64) -> Result<Vec<i64>, StoreError> {
    let found = schema_version(db).await?;
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { found, known: SCHEMA_VERSION });
    }
    let mut applied = Vec::new();
    for (version, script) in MIGRATIONS {
        if *version <= found || *version > up_to {
            continue;
        }
        let mut tx = db.begin_write().await?;
        // Another process may have been faster.
        if find_version(&mut tx).await? < *version {
            tx.run_script(script).await?;
            let at = tx.at();
            let record = "INSERT INTO schema_version (version, applied_at) VALUES ($1, $2)";
            tx.run(record, binds![*version, at]).await?;
            applied.push(*version);
        }
        tx.commit().await?;
    }
    Ok(applied)
}

async fn create_table(tx: &mut Tx) -> Result<(), StoreError> {
    let sql = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL)";
    tx.run(sql, vec![]).await.map(|_| ())
}

async fn find_version(tx: &mut Tx) -> Result<i64, StoreError> {
    let newest: Option<(i64,)> =
        tx.find("SELECT COALESCE(MAX(version), CAST(0 AS BIGINT)) FROM schema_version", vec![]).await?;
    Ok(newest.map_or(0, |(version,)| version))
}
