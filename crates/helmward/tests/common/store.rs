//! Changing a database behind the program's back.

use super::Install;
use std::path::Path;
use std::sync::Arc;
use store::{Actor, Db, Keys, Location, StoreError, SystemClock, Vault, binds};

/// Changes who is said to have made the first change of all.
pub fn tamper(dir: &Path) {
    run(dir, "UPDATE history SET actor = 'nobody' WHERE seq = $1 AND actor <> ''");
}

/// Takes the first message's bytes away.
pub fn remove_body(dir: &Path) {
    run(dir, "DELETE FROM message_body WHERE seq = $1");
}

/// The imports in the list, oldest first: kind, file, state, new ones, rejected ones.
pub fn imports(dir: &Path) -> Vec<(String, String, String, i64, i64)> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let sql = "SELECT kind, file_name, state, n_new, n_rejected FROM import_run ORDER BY id";
        open(dir).await.read().await.unwrap().list(sql, binds![]).await.unwrap()
    })
}

/// Forgets all that was made of messages, and makes it of them again; how many messages had a meaning.
pub fn rebuild(install: &Install) -> u64 {
    const MADE: [&str; 10] = [
        "bed_fact",
        "bed",
        "leg",
        "stay",
        "event_patient",
        "case_key",
        "census_day",
        "adt_void",
        "adt_event",
        "patient",
    ];
    let file = Location::File(install.dir.join("helmward.db"));
    let location = install.database_url().map_or(file, Location::Url);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let db = open_at(&install.dir, &location).await;
        let emptied: Result<(), StoreError> = db
            .write(|tx| {
                Box::pin(async move {
                    for table in MADE {
                        tx.run(&format!("DELETE FROM {table}"), binds![]).await?;
                    }
                    Ok(())
                })
            })
            .await;
        emptied.unwrap();
        let meaning: Arc<dyn intake::Meaning> = Arc::new(census::AdtMeaning::default());
        let actor = Actor::new("test", "rebuild");
        intake::rebuild(&db, &meaning, &actor, |_| {}).await.unwrap().n_applied
    })
}

async fn open(dir: &Path) -> Db {
    open_at(dir, &Location::File(dir.join("helmward.db"))).await
}

async fn open_at(dir: &Path, location: &Location) -> Db {
    let vault = Vault::new(&Keys::read(&dir.join("keys.json")).unwrap()).unwrap();
    Db::open(location, false, vault, Arc::new(SystemClock)).await.unwrap()
}

fn run(dir: &Path, sql: &'static str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let db = open(dir).await;
        let changed: Result<u64, StoreError> =
            db.write(move |tx| Box::pin(async move { tx.run(sql, binds![1i64]).await })).await;
        assert_eq!(changed.unwrap(), 1);
    });
}
