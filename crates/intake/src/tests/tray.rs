//! What is acknowledged before it is applied.

use super::{Fake, another, incoming, message, n_kept, sites, words};
use crate::inbox::Arrived;
use crate::tray::{DONE, Tray};
use crate::{Incoming, Meaning, Meant, Receiver, STREAM, Stored, TRAY_FILE, drain, list_feeds};
use futures::future::BoxFuture;
use std::sync::Arc;
use store::{Db, StoreError, Tx, binds, seal};
use tokio::sync::Semaphore;

/// Applies a batch only when it is let.
struct Gate {
    fake: Arc<Fake>,
    open: Semaphore,
}

impl Meaning for Gate {
    fn apply<'t>(
        &'t self,
        tx: &'t mut Tx,
        batch: &'t [Stored<'t>],
    ) -> BoxFuture<'t, Result<Vec<Meant>, StoreError>> {
        Box::pin(async move {
            self.open.acquire().await.unwrap().forget();
            self.fake.apply(tx, batch).await
        })
    }

    fn foresee<'t>(
        &'t self,
        tx: &'t mut Tx,
        batch: &'t [Stored<'t>],
    ) -> BoxFuture<'t, Result<Vec<Meant>, StoreError>> {
        self.fake.foresee(tx, batch)
    }
}

async fn n_stored(db: &Db) -> i64 {
    let verdict = seal::verify(&mut db.read().await.unwrap(), &STREAM).await.unwrap();
    assert_eq!(verdict.broken, None);
    verdict.n_rows
}

/// Messages as a server that was killed right after its answers leaves them.
async fn leave(db: &Db, numbers: std::ops::Range<usize>) {
    let vault = db.vault();
    let arrived = |n: usize| Arrived::of(incoming(message(&n.to_string(), "")), &vault).unwrap();
    let tray = Tray::open(db).await.unwrap();
    tray.keep(numbers.map(arrived).collect(), 0).await.unwrap();
}

#[test]
fn senders_are_answered_before_their_messages_are_applied() {
    testkit::on_both(async |fixture| {
        let db = &fixture.db;
        let sites = sites(db).await;
        let gate = Arc::new(Gate { fake: Fake::of(&sites), open: Semaphore::new(0) });
        let receiver = Receiver::start(db.clone(), Arc::<Gate>::clone(&gate));
        let mut told = Vec::new();
        for (number, more) in [
            ("1", ""),
            ("2", "ZRF|1\r"),
            ("1", ""),
            ("1", "ZXX|other\r"),
            ("1", "ZXX|other\r"),
            ("3", "ZPO|1\r"),
        ] {
            let answer = receiver.hand_in(incoming(message(number, more))).await.unwrap();
            told.push(answer.await.unwrap().unwrap());
        }
        let no_message = receiver.hand_in(incoming("PID|1")).await.unwrap();
        told.push(no_message.await.unwrap().unwrap());
        assert_eq!(
            words(&told),
            [
                "applied",
                "refused unknown-unit",
                "duplicate",
                "conflict",
                "duplicate",
                "refused failed",
                "unreadable"
            ]
        );
        assert_eq!(n_stored(db).await, 0, "nothing is applied yet");
        assert_eq!(receiver.n_waiting(), 7);
        gate.open.add_permits(100);
        receiver.caught_up().await;
        assert_eq!(receiver.n_waiting(), 0);
        // What was told came true: the two repeated ones are not stored again.
        assert_eq!((n_stored(db).await, n_kept(db).await), (5, 1));
        let feeds = list_feeds(&mut db.read().await.unwrap(), &sites.scope("lakeside")).await.unwrap();
        let n_refused: i64 = feeds.iter().map(|feed| feed.n_refused).sum();
        let n_duplicate: i64 = feeds.iter().map(|feed| feed.n_duplicate).sum();
        assert_eq!((n_refused, n_duplicate), (4, 2));
        // Once applied, they are looked up.
        let again = receiver.hand_in(incoming(message("1", "ZXX|third\r"))).await.unwrap();
        assert_eq!(words(&[again.await.unwrap().unwrap()]), ["conflict"]);
    });
}

#[test]
fn what_a_killed_server_acknowledged_is_applied_once_by_whoever_comes_next() {
    testkit::on_both(async |fixture| {
        let db = &fixture.db;
        let sites = sites(db).await;
        let meaning: Arc<dyn Meaning> = Fake::of(&sites);
        assert_eq!(drain(db, &meaning).await.unwrap(), 0);
        leave(db, 0..1_300).await;
        // Two at once, and a server that starts meanwhile.
        let other = another(&fixture).await;
        let other_meaning: Arc<dyn Meaning> = Fake::of(&sites);
        let (one, two) = tokio::join!(drain(db, &meaning), drain(&other, &other_meaning));
        assert_eq!(one.unwrap() + two.unwrap(), 1_300);
        assert_eq!(n_stored(db).await, 1_300);
        leave(db, 1_300..1_310).await;
        let receiver = Receiver::start(other, other_meaning);
        let outcome = receiver.receive(incoming(message("1310", ""))).await.unwrap();
        assert_eq!(words(&[outcome]), ["applied"]);
        assert_eq!((n_stored(db).await, drain(db, &meaning).await.unwrap()), (1_311, 0));
        let feed =
            list_feeds(&mut db.read().await.unwrap(), &sites.scope("lakeside")).await.unwrap().remove(0);
        assert_eq!((feed.n_received, feed.n_applied, feed.n_duplicate), (1_311, 1_311, 0));
    });
}

#[test]
fn two_servers_on_one_database_lose_nothing() {
    testkit::on_both(async |fixture| {
        let sites = sites(&fixture.db).await;
        let one = Receiver::start(fixture.db.clone(), Fake::of(&sites));
        let two = Receiver::start(another(&fixture).await, Fake::of(&sites));
        let mut senders = tokio::task::JoinSet::new();
        for sender in 0..8 {
            let receiver = if sender % 2 == 0 { one.clone() } else { two.clone() };
            senders.spawn(async move {
                for n in 0..40 {
                    let handed = receiver.hand_in(incoming(message(&format!("{sender}-{n}"), ""))).await;
                    assert_eq!(words(&[handed.unwrap().await.unwrap().unwrap()]), ["applied"]);
                }
            });
        }
        while let Some(ended) = senders.join_next().await {
            ended.unwrap();
        }
        one.caught_up().await;
        two.caught_up().await;
        assert_eq!(n_stored(&fixture.db).await, 320);
        let feed = list_feeds(&mut fixture.db.read().await.unwrap(), &sites.scope("lakeside")).await;
        let feed = feed.unwrap().remove(0);
        assert_eq!((feed.n_received, feed.n_applied, feed.n_duplicate), (320, 320, 0));
    });
}

#[test]
fn a_message_that_fails_does_not_hold_up_the_tray() {
    testkit::on_both(async |fixture| {
        let db = &fixture.db;
        let sites = sites(db).await;
        let meaning: Arc<dyn Meaning> = Fake::of(&sites);
        let vault = db.vault();
        let batch: Vec<Incoming> = (0..40)
            .map(|n| incoming(message(&n.to_string(), if n == 17 { "ZPO|1\r" } else { "" })))
            .collect();
        let arrived = batch.into_iter().map(|incoming| Arrived::of(incoming, &vault).unwrap()).collect();
        Tray::open(db).await.unwrap().keep(arrived, 0).await.unwrap();
        drain(db, &meaning).await.unwrap();
        assert_eq!((n_stored(db).await, n_kept(db).await), (40, 39));
    });
}

#[test]
fn a_restored_database_beside_a_new_tray_takes_every_message() {
    testkit::on_both(async |fixture| {
        let db = &fixture.db;
        let sites = sites(db).await;
        let meaning: Arc<dyn Meaning> = Fake::of(&sites);
        // As a backup leaves it: ten messages done, two on their way in the table of the other engine.
        let sealed = |n: usize| db.vault().seal(&message(&n.to_string(), ""), crate::inbox::BODY).unwrap();
        let rows = (11..=12i64).zip([11, 12]).map(|(seq, n)| binds![seq, "mllp", None::<String>, sealed(n)]);
        let rows = rows.collect();
        let made: Result<(), StoreError> = db
            .write(move |tx| {
                Box::pin(async move {
                    seal::advance(tx, DONE, 10).await?;
                    let insert = "INSERT INTO tray (seq, source, site_id, body) VALUES";
                    tx.insert_many(insert, rows, "").await.map(|_| ())
                })
            })
            .await;
        made.unwrap();
        let receiver = Receiver::start(db.clone(), Arc::clone(&meaning));
        let outcome = receiver.receive(incoming(message("13", ""))).await.unwrap();
        assert_eq!(words(&[outcome]), ["applied"]);
        assert_eq!(n_stored(db).await, 3);
    });
}

#[test]
fn the_tray_holds_no_patient_in_clear() {
    testkit::on_both(async |fixture| {
        leave(&fixture.db, 0..3).await;
        let file = fixture.folder.path().join(TRAY_FILE);
        if !file.exists() {
            return;
        }
        for name in [TRAY_FILE.to_owned(), format!("{TRAY_FILE}-wal")] {
            let bytes = std::fs::read(fixture.folder.path().join(name)).unwrap();
            assert!(!bytes.windows(4).any(|part| part == b"Jane"));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o077, 0);
        }
    });
}
