//! The sample's past, taken in as a job: the stays of the last 60 days first, then all before.
//!
//! A thread of its own writes the messages, the job takes them in by the thousand, and the position is saved
//! in the same commit, so a job that starts again goes on where the last commit stood. On paper: 620,000
//! messages of 450 bytes at 10,000 a second are a minute, of which the recent 60 days are some seconds.

use super::whole::Wholes;
use super::{actor, make};
use anyhow::Result;
use identity::{Scope, SiteTree};
use intake::{Incoming, Meaning, receive, receive_batch};
use jiff::{SignedDuration, Timestamp};
use jobs::{JobAsk, JobContext, JobFailed, JobKind, JobState, Jobs};
use sample::{Plan, Sent};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::{Db, StoreError, find_setting, put_setting};
use tokio::sync::mpsc;

/// The setting with how far the past is in.
const POSITION: &str = "demo.fill";
/// The kind of job.
const KIND: &str = "demo.fill";
/// Days that come first.
const RECENT_DAYS: u32 = 60;
/// Messages of one commit: large ones are fast, small ones let pages write in between.
const BATCH: usize = 1_024;

/// How far the past is in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// Messages of the recent stays taken in.
    n_recent: usize,
    /// Whether these are all.
    pub(super) is_recent_done: bool,
    /// Messages of the stays before taken in.
    n_past: usize,
    /// Whether these are all.
    is_past_done: bool,
}

/// How far the past is in.
pub(super) async fn position(db: &Db) -> Result<Position, StoreError> {
    Ok(find_setting(&mut db.read().await?, None, POSITION).await?.unwrap_or_default())
}

/// Asks for the job unless it is done or underway.
pub(super) async fn ask_for_it(db: &Db, jobs: &Jobs, plan: &Plan) -> Result<()> {
    if position(db).await?.is_past_done {
        return Ok(());
    }
    let mut tx = db.read().await?;
    let tree = SiteTree::load(&mut tx).await?;
    let top = make::top()?;
    if let Some(scope) = Scope::operator(&tree, &top) {
        for state in [JobState::Waiting, JobState::Running] {
            let page = jobs.list(&mut tx, &scope, Some(state), 0, 500).await?;
            if page.jobs.iter().any(|job| job.kind == KIND) {
                return Ok(());
            }
        }
    }
    drop(tx);
    let ask = JobAsk {
        kind: KIND,
        site: top,
        title: String::new(),
        arguments: serde_json::to_value(Arguments::of(plan))?,
        by: "demo".to_owned(),
        run_after: None,
    };
    let jobs = jobs.clone();
    let asked: Result<_, StoreError> =
        db.write(move |tx| Box::pin(async move { jobs.ask(tx, ask).await })).await;
    asked?;
    Ok(())
}

/// The plan as a job keeps it.
#[derive(Debug, Serialize, Deserialize)]
struct Arguments {
    seed: u64,
    now_seconds: i64,
    days: u32,
    is_network: bool,
}

impl Arguments {
    fn of(plan: &Plan) -> Arguments {
        Arguments {
            seed: plan.seed,
            now_seconds: plan.now.as_second(),
            days: plan.days,
            is_network: plan.size == sample::Size::Network,
        }
    }

    fn plan(&self) -> Result<Plan, JobFailed> {
        let now = Timestamp::from_second(self.now_seconds);
        Ok(Plan {
            seed: self.seed,
            now: now.map_err(|error| JobFailed::because(error.to_string()))?,
            days: self.days,
            size: if self.is_network { sample::Size::Network } else { sample::Size::Hospital },
        })
    }
}

/// The kind of job that fills the sample.
pub(super) fn kind() -> JobKind {
    JobKind::new(KIND, "Fill in the sample's history", |context| Box::pin(fill(context)))
}

async fn fill(context: JobContext) -> Result<String, JobFailed> {
    let arguments: Arguments = serde_json::from_value(context.arguments().clone())
        .map_err(|error| JobFailed::because(error.to_string()))?;
    let plan = arguments.plan()?;
    let recent_days = RECENT_DAYS.min(plan.days);
    let back = SignedDuration::from_hours(24 * i64::from(recent_days));
    let from = plan.now.checked_sub(back).map_err(|error| JobFailed::because(error.to_string()))?;
    let mut at = position(&context.db).await?;
    if !at.is_recent_done {
        let stream =
            stream(at.n_recent, move || sample::messages_of_stays_overlapping(&plan, from, plan.now));
        let note = format!("the last {recent_days} days");
        // What is told of a day is about the same on every day.
        let in_all = |n: usize| n * usize::try_from(plan.days).unwrap_or(1) / recent_days.max(1) as usize;
        take_in(&context, stream, &note, in_all, &mut at, |at| &mut at.n_recent).await?;
        at.is_recent_done = true;
        save(&context.db, at).await?;
        context.jobs().live().publish("census", context.job.site.as_str());
    }
    if !at.is_past_done {
        let n_recent = at.n_recent;
        let before = move || Wholes::new(sample::messages_of_stays_before(&plan, from));
        let stream = stream(at.n_past, before);
        let note = format!("{} days before", plan.days - recent_days);
        take_in(&context, stream, &note, |n| n + n_recent, &mut at, |at| &mut at.n_past).await?;
        at.is_past_done = true;
        save(&context.db, at).await?;
        ask_forecast(&context).await?;
    }
    let n = at.n_recent + at.n_past;
    Ok(format!("{n} messages of {} days are in.", plan.days))
}

/// The nightly forecast has not run in a house made a minute ago; its page should not be empty until then.
async fn ask_forecast(context: &JobContext) -> Result<(), StoreError> {
    let ask = JobAsk {
        kind: census::forecast::job::KIND,
        site: context.job.site.clone(),
        title: String::new(),
        arguments: serde_json::json!({}),
        by: "demo".to_owned(),
        run_after: None,
    };
    let jobs = context.jobs().clone();
    let asked: Result<_, StoreError> =
        context.db.write(move |tx| Box::pin(async move { jobs.ask(tx, ask).await })).await;
    asked.map(|_| ())
}

async fn save(db: &Db, at: Position) -> Result<(), StoreError> {
    make::put(db, POSITION, at).await
}

/// Messages in batches, written by a thread of their own, and how many there are in all.
struct Stream {
    n_all: tokio::sync::oneshot::Receiver<usize>,
    batches: mpsc::Receiver<Vec<Sent>>,
}

fn stream<I>(n_done: usize, make: impl FnOnce() -> I + Send + 'static) -> Stream
where
    I: Iterator<Item = Sent>,
{
    let (told, n_all) = tokio::sync::oneshot::channel();
    let (to, batches) = mpsc::channel(4);
    tokio::task::spawn_blocking(move || {
        let messages = make();
        // Exact: the facts are all there, only their text is not written yet.
        let _ = told.send(messages.size_hint().0);
        let mut messages = messages.skip(n_done);
        loop {
            let batch: Vec<Sent> = messages.by_ref().take(BATCH).collect();
            // The job has ended when nobody takes the batch.
            if batch.is_empty() || to.blocking_send(batch).is_err() {
                return;
            }
        }
    });
    Stream { n_all, batches }
}

async fn take_in(
    context: &JobContext,
    mut stream: Stream,
    note: &str,
    in_all: impl Fn(usize) -> usize,
    at: &mut Position,
    count: fn(&mut Position) -> &mut usize,
) -> Result<(), JobFailed> {
    let meaning: Arc<dyn Meaning> = Arc::<census::AdtMeaning>::default();
    let n_all = in_all(stream.n_all.await.unwrap_or(0));
    while let Some(batch) = stream.batches.recv().await {
        context.check()?;
        *count(at) += batch.len();
        take_in_batch(&context.db, &meaning, batch, *at).await?;
        let n_done = at.n_recent + at.n_past;
        context.progress(to_i64(n_done), to_i64(n_all.max(n_done)), note).await;
    }
    Ok(())
}

/// The batch and the new position in one commit. Should a message break the batch, all are taken in one by
/// one, and the position follows.
async fn take_in_batch(
    db: &Db,
    meaning: &Arc<dyn Meaning>,
    batch: Vec<Sent>,
    at: Position,
) -> Result<(), StoreError> {
    let incoming = batch.into_iter().map(|sent| Incoming {
        bytes: sent.bytes,
        source: "sample".to_owned(),
        default_site: None,
    });
    let incoming: Arc<Vec<Incoming>> = Arc::new(incoming.collect());
    let (own, with) = (Arc::clone(&incoming), Arc::clone(meaning));
    let taken: Result<(), StoreError> = db
        .write(move |tx| {
            Box::pin(async move {
                receive_batch(tx, with.as_ref(), &own).await?;
                put_setting(tx, &actor(), None, POSITION, &at).await
            })
        })
        .await;
    if let Err(error) = taken {
        tracing::warn!(%error, "a batch of the sample is taken in message by message");
        receive(db, meaning, incoming.as_ref().clone()).await?;
        save(db, at).await?;
    }
    Ok(())
}

fn to_i64(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
