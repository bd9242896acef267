//! What a job is, and the kinds there are.

use crate::worker::JobContext;
use base::{Id, SitePath};
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::StoreError;

/// Where a job is in its life: waiting, running, then done, failed or cancelled for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for a worker, or for its hour.
    Waiting,
    /// A worker has it.
    Running,
    /// Finished, with a result.
    Done,
    /// Could not finish; the result says why.
    Failed,
    /// Stopped by a person.
    Cancelled,
}

impl JobState {
    pub(crate) fn word(self) -> &'static str {
        match self {
            JobState::Waiting => "waiting",
            JobState::Running => "running",
            JobState::Done => "done",
            JobState::Failed => "failed",
            JobState::Cancelled => "cancelled",
        }
    }

    pub(crate) fn read(word: &str) -> Option<JobState> {
        let all =
            [JobState::Waiting, JobState::Running, JobState::Done, JobState::Failed, JobState::Cancelled];
        all.into_iter().find(|state| state.word() == word)
    }

    /// Whether nothing more will happen to it.
    #[must_use]
    pub fn is_settled(self) -> bool {
        match self {
            JobState::Waiting | JobState::Running => false,
            JobState::Done | JobState::Failed | JobState::Cancelled => true,
        }
    }
}

/// One piece of long work.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Job {
    /// Its id.
    #[serde(serialize_with = "as_text")]
    pub id: Id<Job>,
    /// Which kind of work: a [`JobKind`]'s key.
    pub kind: String,
    /// Where it belongs.
    #[serde(serialize_with = "as_text")]
    pub site: SitePath,
    /// What people read: "Export of stays, October".
    pub title: String,
    /// What the work was given. Never patients' names.
    pub arguments: serde_json::Value,
    /// Where it is in its life.
    pub state: JobState,
    /// Steps done.
    pub n_done: i64,
    /// Steps in all; 0 while not known.
    pub n_total: i64,
    /// What it is doing, in a few words.
    pub note: String,
    /// What came out, or why it failed.
    pub result: String,
    /// Who asked: a person's id, or `schedule`.
    pub asked_by: String,
    /// When they asked.
    #[serde(serialize_with = "as_text")]
    pub asked_at: Timestamp,
    /// Not before this.
    #[serde(serialize_with = "as_text")]
    pub run_after: Timestamp,
    /// When a worker first took it.
    #[serde(serialize_with = "as_text_option")]
    pub started_at: Option<Timestamp>,
    /// When it was settled.
    #[serde(serialize_with = "as_text_option")]
    pub finished_at: Option<Timestamp>,
    /// When its worker last said it lives.
    #[serde(skip)]
    pub beat_at: Option<Timestamp>,
    /// Whether somebody asked it to stop.
    pub is_cancel_asked: bool,
    /// How often a worker has taken it.
    pub n_tries: i64,
}

pub(crate) fn as_text<T: std::fmt::Display, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

pub(crate) fn as_text_option<T: std::fmt::Display, S: Serializer>(
    value: &Option<T>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => to.collect_str(value),
        None => to.serialize_none(),
    }
}

/// Why work ended without a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobFailed {
    /// It saw that it was asked to stop.
    Cancelled,
    /// What went wrong and what to do, for the person who asked.
    Because(String),
}

impl JobFailed {
    /// A failure in words.
    pub fn because(reason: impl Into<String>) -> JobFailed {
        JobFailed::Because(reason.into())
    }
}

impl From<StoreError> for JobFailed {
    fn from(error: StoreError) -> JobFailed {
        JobFailed::Because(error.to_string())
    }
}

/// Does the work; answers the result in words.
pub type RunFn = Arc<dyn Fn(JobContext) -> BoxFuture<'static, Result<String, JobFailed>> + Send + Sync>;

/// A kind of work.
#[derive(Clone)]
pub struct JobKind {
    /// Its name in the database.
    pub key: &'static str,
    /// Its name to people.
    pub title: &'static str,
    /// Does it. It may run again from the start after its process died.
    pub run: RunFn,
}

impl JobKind {
    /// A kind of work done by `run`, a function or a closure over what the work needs.
    pub fn new<F>(key: &'static str, title: &'static str, run: F) -> JobKind
    where
        F: Fn(JobContext) -> BoxFuture<'static, Result<String, JobFailed>> + Send + Sync + 'static,
    {
        JobKind { key, title, run: Arc::new(run) }
    }
}

/// Two kinds of one key. A fault of the program, found at its start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the kind of job `{key}` is declared twice; keep one")]
pub struct TwiceDeclared {
    /// The key.
    pub key: &'static str,
}

/// Every kind of work of this program.
#[derive(Clone, Default)]
pub struct Registry(Arc<BTreeMap<&'static str, JobKind>>);

impl Registry {
    /// The kinds of all areas.
    ///
    /// # Errors
    /// [`TwiceDeclared`] naming the key.
    pub fn new(kinds: Vec<JobKind>) -> Result<Registry, TwiceDeclared> {
        let mut all = BTreeMap::new();
        for kind in kinds {
            let key = kind.key;
            if all.insert(key, kind).is_some() {
                return Err(TwiceDeclared { key });
            }
        }
        Ok(Registry(Arc::new(all)))
    }

    /// A kind by its key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&JobKind> {
        self.0.get(key)
    }

    /// Every key, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }
}
