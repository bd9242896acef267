use super::{Fake, another, from, incoming, message, n_kept, sites, words};
use crate::{Incoming, Meaning, Receiver, STREAM, list_faults, list_feeds, receive, verify_bodies};
use std::sync::Arc;
use store::{Db, seal};

async fn take(db: &Db, fake: &Arc<Fake>, batch: Vec<Incoming>) -> Vec<String> {
    let meaning: Arc<dyn Meaning> = Arc::<Fake>::clone(fake);
    words(&receive(db, &meaning, batch).await.unwrap())
}

#[test]
fn a_repeated_message_changes_nothing_and_a_contradicting_one_is_flagged() {
    testkit::on_both(async |fixture| {
        let db = &fixture.db;
        let sites = sites(db).await;
        let fake = Fake::of(&sites);
        let one = incoming(message("1", ""));
        let other = incoming(message("1", "ZXX|other\r"));
        let batch = vec![one.clone(), one.clone(), other.clone(), other.clone(), incoming(message("2", ""))];
        assert_eq!(
            take(db, &fake, batch).await,
            ["applied", "duplicate", "conflict", "duplicate", "applied"]
        );
        let batch = vec![other, one, incoming(message("1", "ZXX|third\r"))];
        assert_eq!(take(db, &fake, batch).await, ["duplicate", "duplicate", "conflict"]);
        assert_eq!(n_kept(db).await, 2);

        let mut tx = db.read().await.unwrap();
        let scope = sites.scope("lakeside");
        let faults = list_faults(&mut tx, &scope, None, true, None, 10).await.unwrap().faults;
        let reasons: Vec<&str> = faults.iter().map(|fault| fault.reason.as_str()).collect();
        let reason = "Message 1 came from the same sender under the same number (MSH-10) with other content. \
                      Compare the two; if this one is right, accept it.";
        assert_eq!(reasons, [reason, reason]);
        let feed = list_feeds(&mut tx, &scope).await.unwrap().remove(0);
        let counts = (feed.n_received, feed.n_applied, feed.n_ignored, feed.n_duplicate, feed.n_refused);
        assert_eq!(counts, (8, 2, 0, 4, 2));
        assert_eq!(feed.site.unwrap().to_string(), "lakeside.riverside");
    });
}

#[test]
fn how_lines_end_does_not_make_another_message() {
    testkit::on_both(async |fixture| {
        let sites = sites(&fixture.db).await;
        let one = message("1", "ZXX|more\r");
        let text = String::from_utf8(one.clone()).unwrap();
        let (cut, lf, crlf) = (text.trim_end(), text.replace('\r', "\n"), text.replace('\r', "\r\n"));
        let other = text.replace("\rZXX", "ZXX");
        let batch = [cut.to_owned(), lf, crlf, format!("\u{feff}{text}\r\n"), other];
        let batch = std::iter::once(one).chain(batch.map(String::into_bytes)).map(incoming).collect();
        let outcomes = take(&fixture.db, &Fake::of(&sites), batch).await;
        assert_eq!(outcomes, ["applied", "duplicate", "duplicate", "duplicate", "duplicate", "conflict"]);
        assert_eq!(verify_bodies(&fixture.db).await.unwrap().broken_seq, None);
    });
}

#[test]
fn the_same_number_from_another_sender_is_another_message() {
    testkit::on_both(async |fixture| {
        let sites = sites(&fixture.db).await;
        let batch = vec![incoming(message("1", "")), incoming(from("HH", "ADT^A01", "1", ""))];
        assert_eq!(take(&fixture.db, &Fake::of(&sites), batch).await, ["applied", "applied"]);
    });
}

#[test]
fn a_message_without_a_number_is_known_by_its_content() {
    testkit::on_both(async |fixture| {
        let sites = sites(&fixture.db).await;
        let (one, other) = (incoming(message("", "")), incoming(message("", "ZXX|other\r")));
        let batch = vec![one.clone(), other, one];
        let outcomes = take(&fixture.db, &Fake::of(&sites), batch).await;
        assert_eq!(outcomes, ["applied", "applied", "duplicate"]);
    });
}

#[test]
fn one_poison_message_does_not_hold_up_the_others() {
    testkit::on_both(async |fixture| {
        let db = &fixture.db;
        let sites = sites(db).await;
        let poison = |n: usize| if n == 17 { "ZPO|1\r" } else { "" };
        let batch: Vec<Incoming> = (0..32).map(|n| incoming(message(&n.to_string(), poison(n)))).collect();
        let outcomes = take(db, &Fake::of(&sites), batch.clone()).await;
        for (n, outcome) in outcomes.iter().enumerate() {
            assert_eq!(outcome, if n == 17 { "refused failed" } else { "applied" }, "message {n}");
        }
        assert_eq!(n_kept(db).await, 31);
        // All are stored once, the bad one too.
        let again = take(db, &Fake::of(&sites), batch).await;
        assert!(again.iter().all(|outcome| outcome == "duplicate"));
    });
}

#[test]
fn what_is_no_message_is_kept_once_and_rejected_every_time() {
    testkit::on_both(async |fixture| {
        let db = &fixture.db;
        let sites = sites(db).await;
        let batch = vec![incoming("GET / HTTP/1.1\r\n"), incoming([0xFF, 0x00]), incoming("")];
        let fake = Fake::of(&sites);
        assert_eq!(take(db, &fake, batch.clone()).await, ["unreadable"; 3]);
        assert_eq!(take(db, &fake, batch).await, ["unreadable"; 3]);
        let mut tx = db.read().await.unwrap();
        let scope = sites.scope("lakeside");
        let faults = list_faults(&mut tx, &scope, None, true, None, 10).await.unwrap().faults;
        assert_eq!(faults.len(), 3);
        let raw = crate::open_raw(&mut tx, &scope, faults[2].seq).await.unwrap().unwrap();
        assert_eq!(raw, b"GET / HTTP/1.1\r\n");
        // Nobody knows whose it is: a facility does not see it.
        let below = sites.scope("lakeside.riverside");
        assert!(list_faults(&mut tx, &below, None, true, None, 10).await.unwrap().faults.is_empty());
        assert!(crate::open_raw(&mut tx, &below, faults[2].seq).await.unwrap().is_none());
    });
}

#[test]
fn the_inbox_is_sealed_and_its_bytes_are_checked() {
    testkit::on_both(async |fixture| {
        let db = &fixture.db;
        let sites = sites(db).await;
        let batch = (0..40).map(|n| incoming(message(&n.to_string(), ""))).collect();
        take(db, &Fake::of(&sites), batch).await;
        let verdict = seal::verify(&mut db.read().await.unwrap(), &STREAM).await.unwrap();
        assert_eq!((verdict.n_rows, verdict.broken), (40, None));
        assert_eq!(verify_bodies(db).await.unwrap().broken_seq, None);
        crate::inbox::store::damage(db, 23).await;
        assert_eq!(verify_bodies(db).await.unwrap().broken_seq, Some(23));
    });
}

#[test]
fn an_answer_comes_only_after_the_message_is_durable() {
    testkit::on_both(async |fixture| {
        let sites = sites(&fixture.db).await;
        let receiver = Receiver::start(fixture.db.clone(), Fake::of(&sites));
        // A second program on the same database sees what has been answered, and nothing is held back.
        let other = another(&fixture).await;
        for n in 1..=20i64 {
            let outcome = receiver.receive(incoming(message(&n.to_string(), ""))).await.unwrap();
            assert_eq!(words(&[outcome]), ["applied"]);
            let verdict = seal::verify(&mut other.read().await.unwrap(), &STREAM).await.unwrap();
            assert_eq!((verdict.n_rows, verdict.broken), (n, None));
        }
    });
}

#[test]
fn many_senders_at_once_lose_and_double_nothing() {
    testkit::on_both(async |fixture| {
        let sites = sites(&fixture.db).await;
        let fake = Fake::of(&sites);
        let receiver = Receiver::start(fixture.db.clone(), Arc::<Fake>::clone(&fake) as Arc<dyn Meaning>);
        let mut senders = tokio::task::JoinSet::new();
        for sender in 0..16 {
            let receiver = receiver.clone();
            senders.spawn(async move {
                for n in 0..25 {
                    // Every second message is sent by the neighbor too.
                    let number = format!("{}-{n}", if n % 2 == 0 { sender / 2 } else { 100 + sender });
                    receiver.receive(incoming(message(&number, ""))).await.unwrap();
                }
            });
        }
        while senders.join_next().await.is_some() {}
        let feed = list_feeds(&mut fixture.db.read().await.unwrap(), &sites.scope("lakeside")).await;
        let feed = feed.unwrap().remove(0);
        assert_eq!((feed.n_received, feed.n_applied, feed.n_duplicate), (400, 296, 104));
    });
}

#[test]
fn a_feed_belongs_to_the_lowest_site_that_holds_all_it_told_of() {
    testkit::on_both(async |fixture| {
        let db = &fixture.db;
        let sites = sites(db).await;
        let fake = Fake::of(&sites);
        let mut at_harbor = incoming(message("1", ""));
        take(db, &fake, vec![at_harbor.clone()]).await;
        let feeds = async |path: &str| {
            list_feeds(&mut db.read().await.unwrap(), &sites.scope(path)).await.unwrap().len()
        };
        assert_eq!((feeds("lakeside.riverside").await, feeds("lakeside.harbor").await), (1, 0));
        at_harbor.bytes = message("2", "");
        at_harbor.default_site = Some(sites.harbor);
        take(db, &fake, vec![at_harbor]).await;
        assert_eq!((feeds("lakeside.riverside").await, feeds("lakeside.harbor").await), (0, 0));
        assert_eq!(feeds("lakeside").await, 1);
    });
}
