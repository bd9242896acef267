use super::{Fake, incoming, message, n_kept, sites, words};
use crate::{
    ClosedHow, Dismissal, Incoming, Meaning, dismiss, find_fault, list_faults, list_feeds, rebuild, receive,
    replay, replay_feed,
};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use store::Actor;

fn refused(n: usize) -> Incoming {
    incoming(message(&n.to_string(), "ZRF|1\r"))
}

#[test]
fn a_feed_is_replayed_after_the_fix() {
    testkit::on_both(async |fixture| {
        let db = &fixture.db;
        let sites = sites(db).await;
        let fake = Fake::of(&sites);
        let meaning: Arc<dyn Meaning> = Arc::<Fake>::clone(&fake) as _;
        let (scope, actor) = (sites.scope("lakeside"), Actor::new("p1", "request 1"));
        let mut batch: Vec<Incoming> = (0..30).map(refused).collect();
        batch.push(incoming(message("0", "ZXX|other\r")));
        batch.push(incoming(message("poison", "ZPO|1\r")));
        receive(db, &meaning, batch).await.unwrap();
        let feed = list_feeds(&mut db.read().await.unwrap(), &scope).await.unwrap().remove(0);
        assert_eq!((feed.n_refused, feed.n_open_faults, feed.site), (32, 32, None));

        // Before the fix nothing changes.
        let done = replay_feed(db, &meaning, &scope, &actor, &feed.id, |_, _| {}).await.unwrap();
        assert_eq!(done, (31, 0));
        fake.is_strict.store(false, Ordering::Relaxed);
        let below = sites.scope("lakeside.riverside");
        let done = replay_feed(db, &meaning, &below, &actor, &feed.id, |_, _| {}).await.unwrap();
        assert_eq!(done, (0, 0), "a feed without a site is the enterprise's");
        let done = replay_feed(db, &meaning, &scope, &actor, &feed.id, |_, _| {}).await.unwrap();
        assert_eq!(done, (31, 30));
        assert_eq!(n_kept(db).await, 30);
        let mut tx = db.read().await.unwrap();
        let feed = list_feeds(&mut tx, &scope).await.unwrap().remove(0);
        assert_eq!((feed.n_received, feed.n_applied, feed.n_refused), (32, 30, 2));
        let fault = find_fault(&mut tx, &scope, 3).await.unwrap().unwrap();
        assert_eq!(fault.closed_how, Some(ClosedHow::Replayed));
        let history = store::list_history(&mut tx, "message_fault", "3", None).await.unwrap();
        assert_eq!(history[0].actor, actor);
    });
}

#[test]
fn a_contradicting_message_is_applied_only_when_it_is_accepted() {
    testkit::on_both(async |fixture| {
        let db = &fixture.db;
        let sites = sites(db).await;
        let meaning: Arc<dyn Meaning> = Fake::of(&sites);
        let (scope, actor) = (sites.scope("lakeside"), Actor::new("p1", "request 1"));
        let batch = vec![incoming(message("1", "")), incoming(message("1", "ZXX|other\r"))];
        receive(db, &meaning, batch).await.unwrap();
        assert_eq!(replay(db, &meaning, &scope, &actor, &[1, 2], false).await.unwrap(), []);
        let done = replay(db, &meaning, &scope, &actor, &[1, 2], true).await.unwrap();
        assert_eq!(done.len(), 1);
        assert_eq!((done[0].0, words(&[done[0].1.clone()])), (2, vec!["applied".to_owned()]));
        let fault = find_fault(&mut db.read().await.unwrap(), &scope, 2).await.unwrap().unwrap();
        assert_eq!(fault.closed_how, Some(ClosedHow::Accepted));
        assert_eq!(replay(db, &meaning, &scope, &actor, &[2], true).await.unwrap(), [], "once");
    });
}

#[test]
fn a_dismissal_needs_a_reason_and_stays_in_history() {
    testkit::on_both(async |fixture| {
        let db = &fixture.db;
        let sites = sites(db).await;
        let meaning: Arc<dyn Meaning> = Fake::of(&sites);
        receive(db, &meaning, vec![refused(1)]).await.unwrap();
        let close = |reason: &'static str, seq: i64, path: &'static str| {
            let scope = sites.scope(path);
            db.write(move |tx| {
                Box::pin(async move {
                    let actor = Actor::new("p1", "request 1");
                    dismiss(tx, &scope, &actor, seq, reason).await
                })
            })
        };
        assert_eq!(close(" ", 1, "lakeside").await.unwrap(), Dismissal::NoReason);
        assert_eq!(close("a test", 2, "lakeside").await.unwrap(), Dismissal::NotFound);
        assert_eq!(close("a test", 1, "lakeside.harbor").await.unwrap(), Dismissal::NotFound);
        assert_eq!(close("a test", 1, "lakeside").await.unwrap(), Dismissal::Done);
        assert_eq!(close("a test", 1, "lakeside").await.unwrap(), Dismissal::Closed);
        let mut tx = db.read().await.unwrap();
        let history = store::list_history(&mut tx, "message_fault", "1", None).await.unwrap();
        assert_eq!(history[0].body, r#"{"closed":"dismissed","seq":1,"why":"a test"}"#);
    });
}

#[test]
fn pages_of_faults_go_from_the_newest_to_the_oldest() {
    testkit::on_both(async |fixture| {
        let db = &fixture.db;
        let sites = sites(db).await;
        let meaning: Arc<dyn Meaning> = Fake::of(&sites);
        receive(db, &meaning, (0..5).map(refused).collect()).await.unwrap();
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let mut tx = db.read().await.unwrap();
            let page = list_faults(&mut tx, &sites.scope("lakeside"), None, true, before, 2).await.unwrap();
            seen.push(page.faults.iter().map(|fault| fault.seq).collect::<Vec<i64>>());
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(seen, [vec![5, 4], vec![3, 2], vec![1]]);
    });
}

#[test]
fn a_rebuild_derives_all_that_has_a_say_in_order() {
    testkit::on_both(async |fixture| {
        let db = &fixture.db;
        let sites = sites(db).await;
        let fake = Fake::of(&sites);
        let meaning: Arc<dyn Meaning> = Arc::<Fake>::clone(&fake) as _;
        let batch = vec![
            incoming(message("1", "")),
            refused(2),
            incoming(message("1", "ZXX|other\r")),
            incoming("no message"),
            incoming(super::from("RG", "ORU^R01", "5", "")),
            refused(6),
        ];
        receive(db, &meaning, batch).await.unwrap();
        let scope = sites.scope("lakeside");
        db.write({
            let scope = scope.clone();
            move |tx| Box::pin(async move { dismiss(tx, &scope, &Actor::new("p1", "r"), 6, "a test").await })
        })
        .await
        .unwrap();
        fake.is_strict.store(false, Ordering::Relaxed);
        let actor = Actor::new("job", "job 1");
        let report = rebuild(db, &meaning, &actor, |_| {}).await.unwrap();
        assert_eq!((report.n_derived, report.n_applied, report.n_refused, report.last_seq), (4, 2, 0, 6));
        let mut tx = db.read().await.unwrap();
        let open = list_faults(&mut tx, &scope, None, true, None, 10).await.unwrap().faults;
        assert_eq!(open.iter().map(|fault| fault.seq).collect::<Vec<i64>>(), [4, 3]);
        let feed = list_feeds(&mut tx, &scope).await.unwrap();
        let counts: Vec<(i64, i64, i64, i64)> = feed
            .iter()
            .map(|feed| (feed.n_received, feed.n_applied, feed.n_ignored, feed.n_refused))
            .collect();
        assert_eq!(counts, [(1, 0, 0, 1), (5, 2, 1, 2)]);
    });
}
