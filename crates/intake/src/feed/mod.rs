//! Feeds: one sender by one way in, how many messages it brought and how fresh it is.
//!
//! [`list_feeds`] is what the page of feeds shows, [`Feed::state`] how it judges one.

mod rules;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub use rules::{FeedRule, FeedState};

use ::store::{StoreError, Tx};
use base::{Id, SitePath};
use identity::{Scope, Site};
use jiff::Timestamp;

/// Feeds kept apart; beyond it, new senders share one feed for each way in.
const FEEDS_MAX: i64 = 500;

/// A sender by one way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Its id, fit for an address.
    pub id: String,
    /// The sending application, MSH-3.
    pub application: String,
    /// The sending facility, MSH-4.
    pub facility: String,
    /// The way in: `mllp` or `file`.
    pub way: String,
    /// The lowest site that holds everything it told of; `None` until something was applied.
    pub site: Option<SitePath>,
    /// When its first message arrived.
    pub first_at: Timestamp,
    /// When its latest message arrived.
    pub last_at: Timestamp,
    /// The latest event it told of.
    pub last_event_at: Option<Timestamp>,
    /// Messages that arrived: applied, ignored, duplicate and refused ones.
    pub n_received: i64,
    /// Messages applied, at once or by replay.
    pub n_applied: i64,
    /// Messages of no concern to any area.
    pub n_ignored: i64,
    /// Messages that had arrived before.
    pub n_duplicate: i64,
    /// Messages not applied: refused, contradicting and unreadable ones.
    pub n_refused: i64,
    /// Faults nobody has dealt with.
    pub n_open_faults: i64,
}

/// The feeds a scope covers, by sender; a feed that told of no site yet is only shown at the enterprise.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list_feeds(tx: &mut Tx, scope: &Scope) -> Result<Vec<Feed>, StoreError> {
    store::list(tx, scope).await
}

/// One feed, if the scope covers it.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn find_feed(tx: &mut Tx, scope: &Scope, id: &str) -> Result<Option<Feed>, StoreError> {
    store::find(tx, scope, id).await
}

/// What one batch adds to a feed.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) n_received: i64,
    pub(crate) n_applied: i64,
    pub(crate) n_ignored: i64,
    pub(crate) n_duplicate: i64,
    pub(crate) n_refused: i64,
    pub(crate) last_event_at: Option<Timestamp>,
    /// Facilities that messages were applied to.
    pub(crate) sites: Vec<Id<Site>>,
}

impl Tally {
    /// Notes an applied message.
    pub(crate) fn apply(&mut self, site: Id<Site>, event_at: Option<Timestamp>) {
        self.n_applied += 1;
        self.last_event_at = self.last_event_at.max(event_at);
        self.tell_of(site);
    }

    /// Notes a site that messages are about.
    pub(crate) fn tell_of(&mut self, site: Id<Site>) {
        if !self.sites.contains(&site) {
            self.sites.push(site);
        }
    }
}

/// A feed that messages of a batch belong to.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) id: String,
    application: String,
    facility: String,
    way: String,
    site: Option<Id<Site>>,
    pub(crate) tally: Tally,
}

/// The feeds of a batch, each looked up once.
#[derive(Debug, Default)]
pub(crate) struct Feeds(Vec<Open>);

impl Feed {
    /// The name a sender goes by.
    #[must_use]
    pub fn name(&self) -> String {
        match (self.application.as_str(), self.facility.as_str()) {
            ("", "") => "A sender without a name".to_owned(),
            (application, "") => application.to_owned(),
            ("", facility) => facility.to_owned(),
            (application, facility) => format!("{application} at {facility}"),
        }
    }
}

impl Feeds {
    /// The feeds of these senders, and for each sender the index of its feed.
    pub(crate) async fn of(
        tx: &mut Tx,
        senders: impl Iterator<Item = &[String; 3]>,
    ) -> Result<(Feeds, Vec<usize>), StoreError> {
        let vault = tx.vault();
        let mut feeds: Vec<Open> = Vec::new();
        let mut idxs = Vec::new();
        for [application, facility, way] in senders {
            // Newest first: most batches come from one or two senders.
            let found = feeds.iter().rposition(|feed| {
                feed.application == *application && feed.facility == *facility && feed.way == *way
            });
            idxs.push(found.unwrap_or(feeds.len()));
            if found.is_none() {
                let id = vault.lookup(&format!("feed {application}\n{facility}\n{way}"));
                feeds.push(Open {
                    id,
                    application: application.clone(),
                    facility: facility.clone(),
                    way: way.clone(),
                    site: None,
                    tally: Tally::default(),
                });
            }
        }
        let mut feeds = Feeds(feeds);
        feeds.find_known(tx).await?;
        Ok((feeds, idxs))
    }

    async fn find_known(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        let ids: Vec<String> = self.0.iter().map(|feed| feed.id.clone()).collect();
        let known = store::list_sites(tx, &ids).await?;
        let mut n_feeds = None;
        for feed in &mut self.0 {
            match known.get(&feed.id) {
                Some(site) => feed.site = *site,
                None => {
                    let n = match n_feeds {
                        Some(n) => n,
                        None => store::count(tx).await?,
                    };
                    n_feeds = Some(n + 1);
                    if n >= FEEDS_MAX {
                        feed.share(&tx.vault());
                    }
                }
            }
        }
        Ok(())
    }

    pub(crate) fn at(&mut self, idx: usize) -> Option<&mut Open> {
        self.0.get_mut(idx)
    }

    pub(crate) fn id(&self, idx: usize) -> &str {
        self.0.get(idx).map_or("", |feed| &feed.id)
    }

    /// Writes what the batch added.
    pub(crate) async fn save(self, tx: &mut Tx) -> Result<(), StoreError> {
        for feed in self.0 {
            let site = widen(tx, feed.site, &feed.tally.sites).await?;
            store::add(tx, &feed, site).await?;
        }
        Ok(())
    }
}

impl Open {
    /// Becomes the feed of all further senders of its way in.
    fn share(&mut self, vault: &::store::Vault) {
        self.id = vault.lookup(&format!("feed of others {}", self.way));
        self.application = "other senders".to_owned();
        self.facility = String::new();
    }
}

/// The lowest site that holds `site` and the others.
async fn widen(
    tx: &mut Tx,
    mut site: Option<Id<Site>>,
    others: &[Id<Site>],
) -> Result<Option<Id<Site>>, StoreError> {
    for other in others {
        site = match site {
            None => Some(*other),
            Some(site) if site == *other => Some(site),
            Some(site) => store::find_common(tx, site, *other).await?,
        };
    }
    Ok(site)
}

/// Counts messages of a feed anew after their meaning was derived again: `tally` holds differences.
pub(crate) async fn recount(tx: &mut Tx, id: &str, tally: &Tally) -> Result<(), StoreError> {
    let site = store::list_sites(tx, &[id.to_owned()]).await?.remove(id).flatten();
    let site = widen(tx, site, &tally.sites).await?;
    store::recount(tx, id, tally, site).await
}
