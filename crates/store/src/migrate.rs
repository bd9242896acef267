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
    (7, include_str!("../../../migrations/0007_numbers.sql")),
];

/// The text of every migration up to a version, oldest first.
pub(crate) fn scripts(up_to: i64) -> impl Iterator<Item = &'static str> {
    MIGRATIONS.iter().filter(move |(version, _)| *version <= up_to).map(|(_, script)| *script)
}

/// The newest schema this program knows.
pub const SCHEMA_VERSION: i64 = 7;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Keys, Location, SystemClock, Vault};
    use std::sync::Arc;

    const BEFORE_NUMBERS: &str = "
        INSERT INTO case_key (key, case_id) VALUES ('p:ab', 'c2'), ('v:f 1', 'c2'), ('p:cd', 'c1');
        INSERT INTO adt_event (seq, message_seq, recorded_at, facility_id, case_key, body, digest) VALUES
            (1, 11, 0, 'f', 'p:ab', 'in', ''), (2, 12, 0, 'f', 'p:cd', 'in', ''), (3, 13, 0, 'f', 'p:ab', 'out', '');
        INSERT INTO stay (id, case_id, facility_id, visit, patient_key, state, class, service, arrived_at,
                          disposition, bed, on_leave, pending_unit, faults, facts_digest) VALUES
            ('s1', 'c2', 'f', '1', 'ab', 'left', 'I', '', 0, '', '', FALSE, '', '', 'd1'),
            ('s2', 'c1', 'f', '2', 'cd', 'present', 'I', '', 0, '', '', TRUE, '', '', 'd2');
        INSERT INTO leg (id, stay_id, facility_id, unit_id, bed, class, began, ended, from_at, to_at, known_from,
                         known_to) VALUES
            (7, 's1', 'f', 'u', 'A', 'I', '', '', 1, 2, 3, 4), (8, 's2', 'f', 'u', 'B', 'I', '', '', 1, 2, 3, 4);";

    #[test]
    fn numbers_find_what_hashes_found_before() {
        let folder = std::env::temp_dir().join(format!("helmward-migrate-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let vault = Vault::new(&Keys::generate().unwrap()).unwrap();
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let place = Location::File(folder.join("numbers.db"));
            let db = Db::open(&place, true, vault, Arc::new(SystemClock)).await.unwrap();
            migrate_to(&db, 6).await.unwrap();
            let mut tx = db.begin_write().await.unwrap();
            tx.run_script(BEFORE_NUMBERS).await.unwrap();
            tx.commit().await.unwrap();
            migrate_to(&db, 7).await.unwrap();
            let mut tx = db.read().await.unwrap();
            let sql =
                "SELECT k.key, e.message_seq FROM case_key k JOIN event_patient p ON p.patient = k.number
                       JOIN adt_event e ON e.seq = p.event_seq ORDER BY e.seq";
            let told: Vec<(String, i64)> = tx.list(sql, binds![]).await.unwrap();
            assert_eq!(told, [("p:ab".to_owned(), 11), ("p:cd".to_owned(), 12), ("p:ab".to_owned(), 13)]);
            let sql = "SELECT s.id, s.facts_digest, s.on_leave, l.id, l.bed FROM leg l
                       JOIN stay s ON s.number = l.stay_number ORDER BY l.id";
            let legs: Vec<(String, String, bool, i64, String)> = tx.list(sql, binds![]).await.unwrap();
            let leg = |stay: &str, digest: &str, is_out, id, bed: &str| {
                (stay.to_owned(), digest.to_owned(), is_out, id, bed.to_owned())
            };
            assert_eq!(legs, [leg("s1", "d1", false, 7, "A"), leg("s2", "d2", true, 8, "B")]);
        });
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
