//! The inbox with a stand-in for the areas.

mod faults;
mod hl7;
mod inbox;
mod mllp;
mod speed;
mod tray;

use crate::{Incoming, Meaning, Meant, Outcome, Stored};
use base::{Id, SitePath};
use futures::future::BoxFuture;
use identity::sites::{NewSite, SiteKind, SiteRefused, insert_site};
use identity::{Scope, Site, SiteTree};
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use store::{Actor, Change, Db, StoreError, SystemClock, Tx, Vault};

pub(crate) struct Sites {
    pub(crate) tree: SiteTree,
    pub(crate) riverside: Id<Site>,
    pub(crate) harbor: Id<Site>,
}

impl Sites {
    pub(crate) fn scope(&self, path: &str) -> Scope {
        Scope::operator(&self.tree, &path.parse().unwrap()).unwrap()
    }
}

/// `lakeside` with `lakeside.riverside` and `lakeside.harbor`.
pub(crate) async fn sites(db: &Db) -> Sites {
    let insert = |path: &'static str, kind: SiteKind| {
        db.write(move |tx| {
            Box::pin(async move {
                let new = NewSite {
                    path: path.parse::<SitePath>().unwrap(),
                    kind,
                    name: path.to_owned(),
                    time_zone: Some("America/Chicago".to_owned()),
                    currency: None,
                    care: None,
                    sort: 0,
                };
                let id = insert_site(tx, &Actor::new("test", "setup"), &new).await?;
                Ok::<_, SiteRefused>(id)
            })
        })
    };
    insert("lakeside", SiteKind::Enterprise).await.unwrap();
    let riverside = insert("lakeside.riverside", SiteKind::Facility).await.unwrap();
    let harbor = insert("lakeside.harbor", SiteKind::Facility).await.unwrap();
    let tree = SiteTree::load(&mut db.read().await.unwrap()).await.unwrap();
    Sites { tree, riverside, harbor }
}

/// The database as a second program opens it.
pub(crate) async fn another(fixture: &testkit::Fixture) -> Db {
    let vault = Vault::new(&fixture.keys).unwrap();
    Db::open(&fixture.location, false, vault, Arc::new(SystemClock)).await.unwrap()
}

/// Applies everything but: `ORU` is ignored, a `ZRF` segment is refused while `is_strict`, a `ZPO` segment
/// fails. What it applies it writes to history, so that a transaction taken back shows.
pub(crate) struct Fake {
    pub(crate) riverside: Id<Site>,
    pub(crate) harbor: Id<Site>,
    pub(crate) is_strict: AtomicBool,
    pub(crate) writes: bool,
    pub(crate) n_calls: AtomicUsize,
}

impl Fake {
    pub(crate) fn of(sites: &Sites) -> Arc<Fake> {
        let (riverside, harbor) = (sites.riverside, sites.harbor);
        let (is_strict, n_calls) = (AtomicBool::new(true), AtomicUsize::new(0));
        Arc::new(Fake { riverside, harbor, is_strict, writes: true, n_calls })
    }

    fn mean(&self, stored: &Stored<'_>) -> Result<Meant, StoreError> {
        let message = &stored.message;
        if message.segment("ZPO").is_some() {
            return Err(StoreError::inconsistent("fake", "poison"));
        }
        if message.segment("ZRF").is_some() && self.is_strict.load(Ordering::Relaxed) {
            let reason = "Unit X9 is not known. Map it, then replay.".to_owned();
            return Ok(Meant::Refused { code: "unknown-unit", reason, detail: "PV1-3.1".to_owned() });
        }
        if message.message_type() == "ORU" {
            let reason = "ORU^R01 is kept; nothing in Helmward uses it yet.".to_owned();
            return Ok(Meant::Ignored { reason });
        }
        let site = if message.sending_facility() == "HH" { self.harbor } else { self.riverside };
        Ok(Meant::Applied { site, event_at: Some(stored.received_at) })
    }
}

impl Meaning for Fake {
    fn apply<'t>(
        &'t self,
        tx: &'t mut Tx,
        batch: &'t [Stored<'t>],
    ) -> BoxFuture<'t, Result<Vec<Meant>, StoreError>> {
        Box::pin(async move {
            self.n_calls.fetch_add(1, Ordering::Relaxed);
            let mut all = Vec::new();
            for stored in batch {
                let meant = self.mean(stored)?;
                if matches!(meant, Meant::Applied { .. }) && self.writes {
                    let body = serde_json::json!({ "number": stored.message.control_id() });
                    let change = Change { kind: "fake", record: stored.seq.to_string(), site: None, body };
                    tx.keep(&Actor::new("feed", format!("message {}", stored.seq)), change).await?;
                }
                all.push(meant);
            }
            Ok(all)
        })
    }

    fn foresee<'t>(
        &'t self,
        _: &'t mut Tx,
        batch: &'t [Stored<'t>],
    ) -> BoxFuture<'t, Result<Vec<Meant>, StoreError>> {
        Box::pin(async move { batch.iter().map(|stored| self.mean(stored)).collect() })
    }
}

/// A message from Riverside with this number, and further segments.
pub(crate) fn message(number: &str, more: &str) -> Vec<u8> {
    from("RG", "ADT^A01", number, more)
}

pub(crate) fn from(facility: &str, kind: &str, number: &str, more: &str) -> Vec<u8> {
    format!(
        "MSH|^~\\&|EPIC|{facility}|HELM|HELM|20261112074500||{kind}|{number}|P|2.5.1\r\
         EVN|A01|20261112074500\rPID|1||4711^^^MRN||Doe^Jane\rPV1|1|I|5W^501^A\r{more}"
    )
    .into_bytes()
}

pub(crate) fn incoming(bytes: impl AsRef<[u8]>) -> Incoming {
    Incoming { bytes: bytes.as_ref().to_vec(), source: "mllp".to_owned(), default_site: None }
}

/// Outcomes as words: `applied`, `refused unknown-unit`.
pub(crate) fn words(outcomes: &[Outcome]) -> Vec<String> {
    let word = |outcome: &Outcome| match outcome {
        Outcome::Applied => "applied".to_owned(),
        Outcome::Duplicate => "duplicate".to_owned(),
        Outcome::Ignored { .. } => "ignored".to_owned(),
        Outcome::Conflict { .. } => "conflict".to_owned(),
        Outcome::Refused { code, .. } => format!("refused {code}"),
        Outcome::Unreadable { .. } => "unreadable".to_owned(),
    };
    outcomes.iter().map(word).collect()
}

/// How many messages the stand-in applied and kept.
pub(crate) async fn n_kept(db: &Db) -> usize {
    let mut tx = db.read().await.unwrap();
    let mut n = 0;
    for seq in 1..=3_000i64 {
        let rows = store::list_history(&mut tx, "fake", &seq.to_string(), None).await.unwrap();
        n += rows.len();
        if rows.is_empty() && seq > 40 {
            break;
        }
    }
    n
}

pub(crate) fn now() -> Timestamp {
    testkit::NOW.parse().unwrap()
}
