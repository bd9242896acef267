//! What will become of messages that are kept and not applied yet: senders are told by it.
//!
//! It is told from the message, from what is stored under its number, and from the messages ahead of it that
//! wait as well. A change of the sites between the answer and the turn of a message may make it another one;
//! then the feed's page says so, as for every message that was not applied.

use super::arrival::{Arrival, Arrived, Known, Standing, standings};
use super::receive::{Failed, contradicts};
use super::store::find_known;
use super::{Meaning, Meant, Outcome, Stored};
use ::store::{Db, StoreError, Tx};
use std::collections::{HashMap, HashSet, VecDeque};

/// The messages that wait, as far as they say something of the next ones.
#[derive(Default)]
pub(crate) struct Foresight {
    /// Content of the first message of each key.
    first: HashMap<String, String>,
    /// Content of messages that contradict another one.
    conflicts: HashSet<String>,
    /// What to forget once that number is applied.
    queue: VecDeque<(i64, Noted)>,
}

enum Noted {
    First(String),
    Conflict(String),
}

/// An outcome to be.
pub(crate) struct Foreseen {
    pub(crate) outcome: Outcome,
    standing: Standing,
}

impl Foresight {
    /// Notes a message that waits from now on under `seq`.
    pub(crate) fn note(&mut self, seq: i64, arrived: &Arrived, foreseen: &Foreseen) {
        let (key, digest) = (&arrived.key, &arrived.body_digest);
        let noted = match foreseen.standing {
            Standing::Again => return,
            Standing::New => {
                self.first.insert(key.clone(), digest.clone());
                Noted::First(key.clone())
            }
            Standing::Conflict { .. } => {
                self.conflicts.insert(digest.clone());
                Noted::Conflict(digest.clone())
            }
        };
        self.queue.push_back((seq, noted));
    }

    /// Forgets what is applied and so can be looked up.
    pub(crate) fn forget(&mut self, done: i64) {
        while self.queue.front().is_some_and(|(seq, _)| *seq <= done) {
            match self.queue.pop_front() {
                Some((_, Noted::First(key))) => drop(self.first.remove(&key)),
                Some((_, Noted::Conflict(digest))) => drop(self.conflicts.remove(&digest)),
                None => return,
            }
        }
    }
}

/// What will become of these messages, in order, once all that wait ahead of them are applied.
pub(crate) async fn foresee(
    db: &Db,
    meaning: &dyn Meaning,
    ahead: &Foresight,
    batch: &[Arrived],
) -> Result<Vec<Foreseen>, StoreError> {
    let mut tx = db.read().await?;
    let arrivals: Vec<Arrival<'_>> = batch.iter().map(Arrival::of).collect();
    let mut known: Known = find_known(&mut tx, &arrivals).await?;
    for Arrived { key, body_digest, .. } in batch {
        if let Some(digest) = ahead.first.get(key) {
            // Its number comes with its turn.
            known.first.entry(key.clone()).or_insert((0, digest.clone()));
        }
        known.conflicts.extend(ahead.conflicts.get(body_digest).cloned());
    }
    let standings = standings(&arrivals, &known);
    let at = tx.at();
    let news: Vec<Stored<'_>> = arrivals
        .iter()
        .zip(&standings)
        .filter(|(_, standing)| **standing == Standing::New)
        .filter_map(|(arrival, _)| {
            let message = arrival.message.as_ref().ok()?.clone();
            let Arrived { incoming, ahead, .. } = arrival.arrived;
            let default_site = incoming.default_site;
            Some(Stored { seq: 0, message, received_at: at, default_site, ahead: Some(ahead) })
        })
        .collect();
    let mut meant = mean(&mut tx, meaning, &news).await?.into_iter();
    let foreseen = arrivals.iter().zip(standings).map(|(arrival, standing)| {
        let outcome = match (&arrival.message, standing) {
            (Err(why), _) => Outcome::Unreadable { reason: why.to_string() },
            (Ok(_), Standing::Again) => Outcome::Duplicate,
            (Ok(_), Standing::Conflict { first }) => {
                Outcome::Conflict { reason: contradicts(first.stored()) }
            }
            (Ok(_), Standing::New) => match meant.next() {
                None | Some(Meant::Applied { .. }) => Outcome::Applied,
                Some(Meant::Ignored { reason }) => Outcome::Ignored { reason },
                Some(Meant::Refused { code, reason, .. }) => {
                    Outcome::Refused { code: code.to_owned(), reason }
                }
            },
        };
        Foreseen { outcome, standing }
    });
    Ok(foreseen.collect())
}

/// Asks for all together, and one by one where that fails: then one of them has no meaning.
async fn mean(tx: &mut Tx, meaning: &dyn Meaning, news: &[Stored<'_>]) -> Result<Vec<Meant>, StoreError> {
    if news.is_empty() {
        return Ok(Vec::new());
    }
    if let Ok(meant) = meaning.foresee(tx, news).await
        && meant.len() == news.len()
    {
        return Ok(meant);
    }
    let mut meant = Vec::with_capacity(news.len());
    for one in news.chunks(1) {
        let answer = match meaning.foresee(tx, one).await {
            Ok(answer) => answer,
            Err(error) => Failed::new(&error).foresee(tx, one).await?,
        };
        meant.extend(answer);
    }
    Ok(meant)
}
