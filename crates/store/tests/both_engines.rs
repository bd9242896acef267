//! The store on both engines: writes, history, seals, backups.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test file; what fails here fails the test"
)]

use store::seal::{self, Broken};
use store::{Actor, Change, Db, Engine, StoreError, binds};
use testkit::{Fixture, on_both};

async fn keep(db: &Db, record: &str) {
    let record = record.to_owned();
    let kept: Result<(), StoreError> = db
        .write(move |tx| {
            Box::pin(async move {
                let change = Change { kind: "note", record, site: None, body: serde_json::json!({"n": 1}) };
                tx.keep(&Actor::new("test", "case"), change).await
            })
        })
        .await;
    kept.unwrap();
}

async fn run(db: &Db, sql: &'static str) {
    let done: Result<u64, StoreError> =
        db.write(move |tx| Box::pin(async move { tx.run(sql, binds![]).await })).await;
    done.unwrap();
}

async fn broken(db: &Db) -> Option<Broken> {
    seal::verify(&mut db.read().await.unwrap(), &seal::HISTORY).await.unwrap().broken
}

#[test]
fn failed_work_leaves_nothing_and_spares_the_rest_of_its_commit() {
    on_both(async |Fixture { db, .. }: Fixture| {
        let good = keep(&db, "good");
        let bad = db.write(|tx| {
            Box::pin(async move {
                tx.keep(
                    &Actor::new("test", "case"),
                    Change {
                        kind: "note",
                        record: "bad".to_owned(),
                        site: None,
                        body: serde_json::Value::Null,
                    },
                )
                .await?;
                tx.run("INSERT INTO no_such_table (a) VALUES ($1)", binds![1i64]).await
            })
        });
        let ((), bad): ((), Result<u64, StoreError>) = tokio::join!(good, bad);
        assert!(matches!(bad, Err(StoreError::Engine(_))));
        let mut tx = db.read().await.unwrap();
        let rows: Vec<(String,)> =
            tx.list("SELECT record_id FROM history ORDER BY seq", binds![]).await.unwrap();
        assert_eq!(rows, [("good".to_owned(),)]);
    });
}

#[test]
fn a_changed_removed_or_added_row_is_named() {
    on_both(async |Fixture { db, .. }: Fixture| {
        for n in 0..9 {
            keep(&db, &format!("r{n}")).await;
        }
        assert_eq!(broken(&db).await, None);
        let named = |seq, fault| Some(Broken { stream: "history".to_owned(), seq, fault });

        run(&db, "UPDATE history SET record_id = 'x' WHERE seq = 4").await;
        assert_eq!(broken(&db).await, named(4, "changed"));
        run(&db, "UPDATE history SET record_id = 'r3' WHERE seq = 4").await;
        assert_eq!(broken(&db).await, None);

        run(&db, "INSERT INTO history SELECT 10, recorded_at, actor, cause, kind, record_id, site, body, digest FROM history WHERE seq = 9").await;
        assert_eq!(broken(&db).await, named(10, "added"));
        run(&db, "DELETE FROM history WHERE seq = 10").await;

        run(&db, "DELETE FROM history WHERE seq = 9").await;
        assert_eq!(broken(&db).await, named(9, "removed"));
        run(&db, "DELETE FROM history WHERE seq = 5").await;
        assert_eq!(broken(&db).await, named(5, "removed"));
    });
}

#[test]
fn a_backup_restores_onto_the_other_engine() {
    on_both(async |fixture: Fixture| {
        for n in 0..40 {
            keep(&fixture.db, &format!("r{n}")).await;
        }
        let mut file = Vec::new();
        let report = store::backup(&fixture.db, &mut file).await.unwrap();
        // The notes and the head of their chain.
        assert_eq!(report.n_rows, 40 + 1);

        let other = testkit::sqlite().await;
        let vault = store::Vault::new(&fixture.keys).unwrap();
        let location = store::Location::File(other.folder.path().join("restored.db"));
        let restored = Db::open(&location, true, vault, other.clock).await.unwrap();
        let cut = &file[..file.len() / 2];
        let refused = store::restore(&restored, &mut &cut[..]).await.unwrap_err().to_string();
        assert!(refused.starts_with("backup:"), "{refused}");
        store::restore(&restored, &mut &file[..]).await.unwrap();
        assert_eq!(broken(&restored).await, None);
        let mut again = Vec::new();
        store::backup(&restored, &mut again).await.unwrap();
        let rows = |file: &[u8]| {
            String::from_utf8_lossy(file).lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
        };
        let (before, after) = (rows(&file), rows(&again));
        assert_eq!(before[..before.len() - 1], after[..after.len() - 1]);
    });
}

#[test]
fn many_writers_share_commits_and_all_are_kept() {
    on_both(async |Fixture { db, .. }: Fixture| {
        let work: Vec<_> = (0..200)
            .map(|n| {
                let db = db.clone();
                tokio::spawn(async move { keep(&db, &format!("r{n}")).await })
            })
            .collect();
        for task in work {
            task.await.unwrap();
        }
        let verdict = seal::verify(&mut db.read().await.unwrap(), &seal::HISTORY).await.unwrap();
        assert_eq!((verdict.n_rows, verdict.broken), (200, None));
    });
}

#[test]
fn many_rows_change_in_the_named_columns_only() {
    on_both(async |Fixture { db, .. }: Fixture| {
        let changed: u64 = db
            .write(|tx| {
                Box::pin(async move {
                    tx.run("CREATE TABLE thing (id TEXT PRIMARY KEY, a BIGINT, b TEXT, c BOOLEAN)", binds![])
                        .await?;
                    let rows = ["x", "y", "z"].map(|id| binds![id, 1i64, "old", true]).to_vec();
                    tx.insert_many("INSERT INTO thing (id, a, b, c) VALUES", rows, "").await?;
                    assert_eq!(tx.update_many("thing", &["a", "b"], "id", vec![]).await?, 0);
                    // One that is not there changes nothing; a null is written as one.
                    let rows = vec![
                        binds![2i64, "new", "x"],
                        binds![None::<i64>, "newer", "z"],
                        binds![3i64, "no", "w"],
                    ];
                    tx.update_many("thing", &["a", "b"], "id", rows).await
                })
            })
            .await
            .map_err(|error: StoreError| error)
            .unwrap();
        assert_eq!(changed, 2);
        let mut tx = db.read().await.unwrap();
        let rows: Vec<(String, Option<i64>, String, bool)> =
            tx.list("SELECT id, a, b, c FROM thing ORDER BY id", binds![]).await.unwrap();
        let row = |id: &str, a, b: &str| (id.to_owned(), a, b.to_owned(), true);
        assert_eq!(rows, [row("x", Some(2), "new"), row("y", Some(1), "old"), row("z", None, "newer")]);
        drop(tx);

        let short: Result<u64, StoreError> = db
            .write(|tx| {
                Box::pin(
                    async move { tx.update_many("thing", &["a", "b"], "id", vec![binds![1i64, "x"]]).await },
                )
            })
            .await;
        assert!(matches!(short, Err(StoreError::Inconsistent { .. })));
    });
}

#[test]
fn a_word_that_no_column_knows_is_refused_or_found() {
    on_both(async |Fixture { db, .. }: Fixture| {
        assert_eq!(db.faults_of_file().await.unwrap(), Vec::<String>::new());
        let sql = "INSERT INTO stay (number, id, case_id, facility_id, visit, patient_key, state, class, service, arrived_at,
                       disposition, bed, on_leave, pending_unit, faults, facts_digest)
                   VALUES (1, 's', 'c', 'f', '', '', 'gone fishing', 'I', '', 0, '', '', $1, '', '', '')";
        let done: Result<u64, StoreError> =
            db.write(move |tx| Box::pin(async move { tx.run(sql, binds![false]).await })).await;
        // The embedded engine leaves checks to whoever looks its file over: they cost too much at each row.
        match db.engine() {
            Engine::Sqlite => {
                done.unwrap();
                let faults = db.faults_of_file().await.unwrap();
                assert!(faults.iter().any(|fault| fault.contains("stay")), "{faults:?}");
            }
            Engine::Postgres => assert!(matches!(done, Err(StoreError::Constraint(_)))),
        }
    });
}
