//! Sealing again: with an old and a new key, stopped on the way and gone on with.

use super::store::{SEALED, seal_page, start};
use crate::admin::work;
use ::store::{Actor, Clock, Db, Keys, StoreError, Vault};
use identity::sites::import_sites;
use identity::{Scope, SiteTree};
use intake::Incoming;
use intake::import::{self, Mapping};
use jobs::JobAsk;
use std::sync::Arc;
use testkit::{Fixture, on_both};

const SITES: &str =
    "path,kind,name,hl7_codes\nh,enterprise,House,\nh.r,facility,Riverside,RGH\nh.r.a,unit,A,A\n";

/// A server on the fixture's database with these keys.
async fn serve(fixture: &Fixture, keys: &Keys) -> (Db, crate::Product) {
    let clock: Arc<dyn Clock> = fixture.clock.clone();
    let db = Db::open(&fixture.location, false, Vault::new(keys).unwrap(), clock).await.unwrap();
    let folder = fixture.folder.path().to_owned();
    (db.clone(), crate::compose(db, folder, false).unwrap())
}

/// A patient, told of by a message.
async fn tell(product: &crate::Product, number: u32) {
    let message = format!(
        "MSH|^~\\&|ADT|RGH|HELMWARD|H|20261112080000||ADT^A01|m{number}|P|2.5.1\rEVN||20261112080000\r\
         PID|1||R{number}^^^RGH^MR||DOE^P{number}||19500101|F\rPV1|1|I|A^{number}^A|||||||||||||||||V{number}\r"
    );
    let message = Incoming { bytes: message.into_bytes(), source: "mllp".to_owned(), default_site: None };
    let outcome = product.ctx.receiver.receive(message).await.unwrap();
    assert_eq!(outcome, intake::Outcome::Applied);
}

/// A file with a row that is rejected, so that file and row are kept.
async fn bring_file(db: &Db) {
    let tree = SiteTree::load(&mut db.read().await.unwrap()).await.unwrap();
    let scope = Scope::operator(&tree, &"h".parse().unwrap()).unwrap();
    let (actor, file) = (Actor::new("command", "test"), "path,kind,name\nh.r.b,room,B\n");
    let mapping = Mapping::default();
    let id = import::upload(db, &actor, "sites", None, "s.csv", file.as_bytes(), &mapping).await.unwrap();
    let importer = crate::importer("sites").unwrap();
    import::commit(db, &importer, &scope, &actor, id, |_| {}).await.unwrap();
}

/// Seals every page of one column again; how many values were under an older key.
async fn seal_column(db: &Db, idx: usize) -> i64 {
    let (mut after, mut n_sealed) = (start(&SEALED[idx]), 0);
    loop {
        let from = after.clone();
        let page = db
            .write::<_, StoreError, _>(move |tx| {
                Box::pin(async move { seal_page(tx, &SEALED[idx], &from).await })
            })
            .await
            .unwrap();
        n_sealed += page.n_sealed;
        match page.last {
            Some(last) => after = last,
            None => return n_sealed,
        }
    }
}

/// What the job says in the end.
async fn reseal(db: &Db, product: &crate::Product) -> String {
    let ask = JobAsk {
        kind: work::RESEAL,
        site: "h".parse().unwrap(),
        title: String::new(),
        arguments: serde_json::json!({}),
        by: "job".to_owned(),
        run_after: None,
    };
    let jobs = product.ctx.jobs.clone();
    let asking = jobs.clone();
    let id = db
        .write::<_, StoreError, _>(move |tx| Box::pin(async move { asking.ask(tx, ask).await }))
        .await
        .unwrap();
    while jobs::run_next(db, &jobs).await.unwrap().is_some() {}
    let mut tx = db.read().await.unwrap();
    let tree = SiteTree::load(&mut tx).await.unwrap();
    let scope = Scope::operator(&tree, &"h".parse().unwrap()).unwrap();
    jobs.find(&mut tx, &scope, id).await.unwrap().unwrap().result
}

#[test]
fn a_new_key_takes_over_and_the_old_one_can_go() {
    on_both(async |fixture: Fixture| {
        let mut keys = fixture.keys.clone();
        let (old, old_server) = serve(&fixture, &keys).await;
        old.write(|tx| {
            Box::pin(async move { import_sites(tx, &Actor::new("command", "test"), SITES, false).await })
        })
        .await
        .unwrap();
        for number in 1..=3 {
            tell(&old_server, number).await;
        }
        bring_file(&old).await;

        keys.rotate().unwrap();
        let (db, server) = serve(&fixture, &keys).await;
        // A server that was not started again goes on with the key before; both read both. The new one first: it
        // begins by applying what waits, whoever kept it.
        tell(&server, 5).await;
        tell(&old_server, 4).await;

        // Stopped after its first column, the work goes on where the old key still is: the names and birth
        // dates of four patients, four messages, one file, one rejected row.
        assert_eq!(seal_column(&db, 0).await, 4);
        let said = reseal(&db, &server).await;
        assert_eq!(said, "22 sealed values looked at, 14 of them sealed again. All are under key 2 now.");
        assert_eq!(reseal(&db, &server).await, said.replace("14 of them", "0 of them"));

        // Without the old key everything still opens, here to be sealed under a third one.
        keys.data.remove(&1);
        keys.rotate().unwrap();
        let (db, _server) = serve(&fixture, &keys).await;
        let mut n_sealed = 0;
        for idx in 0..SEALED.len() {
            n_sealed += seal_column(&db, idx).await;
        }
        assert_eq!(n_sealed, 22);
    });
}
