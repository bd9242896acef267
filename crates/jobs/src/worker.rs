//! The worker: takes jobs, runs them, and tells how they go.
//!
//! A process runs [`N_AT_ONCE`] jobs side by side. Claims are atomic, so several processes share a queue.
//! A job whose process died is taken again after a minute, at most three times in all.

use crate::model::{Job, JobFailed, JobState};
use crate::schedule;
use crate::store::{self, Jobs, Progress, TRIES_MAX};
use ::store::{Db, StoreError};
use base::Id;
use jiff::SignedDuration;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Jobs of one process side by side.
const N_AT_ONCE: usize = 2;
/// How often a worker looks for work that another process asked for, and a running job for its cancel.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often a running job says that it lives, when its progress does not.
const BEAT_EVERY: Duration = Duration::from_secs(10);
/// At most four writes of progress a second.
const WRITE_EVERY: Duration = Duration::from_millis(250);
/// How often the schedules are looked at.
const SCHEDULES_EVERY: Duration = Duration::from_secs(15);
/// How often old jobs of schedules are forgotten, and how old they get.
const FORGET_EVERY: Duration = Duration::from_secs(3_600);
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long the end of a process waits for work to be dropped.
const STOP_TIME: Duration = Duration::from_secs(5);
/// From the moment work is asked for to its commit, mostly.
const COMMIT_TIME: Duration = Duration::from_millis(50);

/// What a job's work holds: the database, its arguments, and the means to tell how it goes.
#[derive(Clone)]
pub struct JobContext {
    /// The database.
    pub db: Db,
    /// The job as it was taken.
    pub job: Job,
    jobs: Jobs,
    told: Arc<Told>,
}

struct Told {
    is_cancelled: AtomicBool,
    latest: Mutex<Latest>,
}

struct Latest {
    progress: Progress,
    is_saved: bool,
    saved_at: Instant,
}

impl JobContext {
    fn new(db: Db, job: Job, jobs: Jobs) -> JobContext {
        let progress = Progress { n_done: job.n_done, n_total: job.n_total, note: job.note.clone() };
        let long_ago = Instant::now().checked_sub(WRITE_EVERY).unwrap_or_else(Instant::now);
        let latest = Mutex::new(Latest { progress, is_saved: true, saved_at: long_ago });
        JobContext { db, job, jobs, told: Arc::new(Told { is_cancelled: AtomicBool::new(false), latest }) }
    }

    /// What the work was given.
    #[must_use]
    pub fn arguments(&self) -> &serde_json::Value {
        &self.job.arguments
    }

    /// The queue, to ask for more work.
    #[must_use]
    pub fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    /// Whether somebody asked to stop. Becomes true within a second of the wish.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.told.is_cancelled.load(Ordering::Relaxed)
    }

    /// `context.check()?` between steps ends the work where it was asked to stop.
    ///
    /// # Errors
    /// [`JobFailed::Cancelled`] once it was.
    pub fn check(&self) -> Result<(), JobFailed> {
        if self.is_cancelled() { Err(JobFailed::Cancelled) } else { Ok(()) }
    }

    /// Tells how far the work is; `n_total` 0 while not known. Saved at most four times a second, so it may
    /// be called at every step.
    pub async fn progress(&self, n_done: i64, n_total: i64, note: &str) {
        let progress = Progress { n_done, n_total, note: note.to_owned() };
        let is_time = self.with_latest(|latest| {
            latest.is_saved &= latest.progress == progress;
            latest.progress = progress;
            !latest.is_saved && latest.saved_at.elapsed() >= WRITE_EVERY
        });
        if is_time && let Err(error) = self.save().await {
            tracing::warn!(job = %self.job.id, %error, "progress was not saved; the job goes on");
        }
    }

    fn with_latest<T>(&self, see: impl FnOnce(&mut Latest) -> T) -> T {
        // Nothing that holds it can panic half way.
        see(&mut self.told.latest.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Saves the progress and the beat; `false` when the job is no longer ours.
    async fn save(&self) -> Result<bool, StoreError> {
        let progress = self.with_latest(|latest| {
            latest.is_saved = true;
            latest.saved_at = Instant::now();
            latest.progress.clone()
        });
        let job = self.job.clone();
        let is_ours: bool =
            self.db.write(move |tx| Box::pin(async move { store::beat(tx, &job, &progress).await })).await?;
        self.jobs.tell(self.job.id);
        Ok(is_ours)
    }

    /// Reads whether to stop, and beats when it is time. `false` when the job is no longer ours.
    async fn look(&self) -> Result<bool, StoreError> {
        let job = store::find(&mut self.db.read().await?, self.job.id).await?;
        let is_ours = |job: &Job| job.state == JobState::Running && job.n_tries == self.job.n_tries;
        let Some(job) = job.filter(is_ours) else {
            return Ok(false);
        };
        self.told.is_cancelled.fetch_or(job.is_cancel_asked, Ordering::Relaxed);
        let is_time = self.with_latest(|latest| {
            let age = latest.saved_at.elapsed();
            age >= BEAT_EVERY || (!latest.is_saved && age >= WRITE_EVERY)
        });
        if is_time { self.save().await } else { Ok(true) }
    }
}

/// Works until `shutdown` says true or its sender is gone; then gives running jobs back to the queue.
pub async fn run_worker(db: Db, jobs: Jobs, shutdown: watch::Receiver<bool>) {
    let slots = (0..N_AT_ONCE).map(|_| work(&db, &jobs, shutdown.clone()));
    let slots = futures::future::join_all(slots);
    tokio::join!(slots, ask_on_time(&db, &jobs, shutdown.clone()));
}

async fn work(db: &Db, jobs: &Jobs, mut shutdown: watch::Receiver<bool>) {
    while !*shutdown.borrow() {
        match run_one(db, jobs, &mut shutdown).await {
            Ok(Some(_)) => continue,
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "no job could be taken; trying again"),
        }
        tokio::select! {
            () = jobs.wake.notified() => tokio::time::sleep(COMMIT_TIME).await,
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = is_over(&mut shutdown) => return,
        }
    }
}

async fn ask_on_time(db: &Db, jobs: &Jobs, mut shutdown: watch::Receiver<bool>) {
    let mut forgot_at: Option<Instant> = None;
    while !*shutdown.borrow() {
        if let Err(error) = schedule::ask_due(db, jobs).await {
            tracing::warn!(%error, "the schedules could not be read; trying again");
        }
        if forgot_at.is_none_or(|at| at.elapsed() >= FORGET_EVERY) {
            forgot_at = Some(Instant::now());
            if let Err(error) = forget_old(db).await {
                tracing::warn!(%error, "old jobs of schedules were not forgotten; trying again in an hour");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(SCHEDULES_EVERY) => {}
            () = is_over(&mut shutdown) => return,
        }
    }
}

/// Schedules would fill the table: every 15 minutes makes 35,000 jobs a year.
pub(crate) async fn forget_old(db: &Db) -> Result<u64, StoreError> {
    let before = db.now().checked_sub(KEPT_FOR).unwrap_or(jiff::Timestamp::MIN);
    db.write(move |tx| Box::pin(async move { store::forget_scheduled(tx, before).await })).await
}

async fn is_over(shutdown: &mut watch::Receiver<bool>) {
    // A sender that is gone means the same as one that says so.
    let _ = shutdown.wait_for(|is_over| *is_over).await;
}

/// Takes one job and runs it to its end: a step of the worker, for tests and commands. `None` when no job
/// waits.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn run_next(db: &Db, jobs: &Jobs) -> Result<Option<Id<Job>>, StoreError> {
    let (_open, mut shutdown) = watch::channel(false);
    run_one(db, jobs, &mut shutdown).await
}

async fn run_one(
    db: &Db,
    jobs: &Jobs,
    shutdown: &mut watch::Receiver<bool>,
) -> Result<Option<Id<Job>>, StoreError> {
    let Some(job) = take(db, jobs).await? else {
        return Ok(None);
    };
    let id = job.id;
    jobs.tell(id);
    let context = JobContext::new(db.clone(), job, jobs.clone());
    if context.job.is_cancel_asked {
        settle(&context, JobState::Cancelled, "").await?;
    } else if context.job.n_tries > TRIES_MAX {
        let reason = format!(
            "the program ended {TRIES_MAX} times while doing this; see its log for job {id}, then ask again"
        );
        settle(&context, JobState::Failed, &reason).await?;
    } else {
        run(&context, shutdown).await?;
    }
    Ok(Some(id))
}

async fn take(db: &Db, jobs: &Jobs) -> Result<Option<Job>, StoreError> {
    let waiting = store::list_claimable(&mut db.read().await?, &jobs.registry, db.now()).await?;
    for job in waiting {
        let taken: Result<Option<Job>, StoreError> =
            db.write(move |tx| Box::pin(async move { store::claim(tx, &job).await })).await;
        if let Some(job) = taken? {
            return Ok(Some(job));
        }
    }
    Ok(None)
}

/// Runs a job in a task of its own, so that its panic ends the job and not the worker.
async fn run(context: &JobContext, shutdown: &mut watch::Receiver<bool>) -> Result<(), StoreError> {
    let Some(kind) = context.jobs.registry.get(&context.job.kind) else {
        return settle(context, JobState::Failed, "this program does not know this kind of work").await;
    };
    let (work, own) = (Arc::clone(&kind.run), context.clone());
    let mut task: JoinHandle<Result<String, JobFailed>> = tokio::spawn(async move { work(own).await });
    let mut looks = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            ended = &mut task => {
                let (state, result) = outcome(context, ended);
                return settle(context, state, &result).await;
            }
            _ = looks.tick() => match context.look().await {
                Ok(true) => {}
                Ok(false) => {
                    tracing::warn!(job = %context.job.id, "another process took this job; leaving it");
                    stop(task).await;
                    return Ok(());
                }
                Err(error) => tracing::warn!(job = %context.job.id, %error, "the job's row was not read"),
            },
            () = is_over(shutdown) => {
                stop(task).await;
                return release(context).await;
            }
        }
    }
}

/// Drops the work where it awaits; what it had not committed never happened. Work that computes without
/// awaiting is left behind after a moment, so that it cannot keep a process from ending.
async fn stop(task: JoinHandle<Result<String, JobFailed>>) {
    task.abort();
    // Whether it ended by itself just now or was cut off is the same to the row.
    let _ = tokio::time::timeout(STOP_TIME, task).await;
}

fn outcome(
    context: &JobContext,
    ended: Result<Result<String, JobFailed>, tokio::task::JoinError>,
) -> (JobState, String) {
    match ended {
        Ok(Ok(result)) => (JobState::Done, result),
        Ok(Err(JobFailed::Cancelled)) => (JobState::Cancelled, String::new()),
        Ok(Err(JobFailed::Because(reason))) => (JobState::Failed, reason),
        Err(error) => {
            let id = context.job.id;
            tracing::error!(job = %id, kind = %context.job.kind, is_panic = error.is_panic(), "a job broke off");
            let reason = format!("a fault of the program stopped this work; its log names job {id}");
            (JobState::Failed, reason)
        }
    }
}

async fn settle(context: &JobContext, state: JobState, result: &str) -> Result<(), StoreError> {
    let progress = context.with_latest(|latest| latest.progress.clone());
    let (job, result) = (context.job.clone(), result.to_owned());
    let settled: Result<bool, StoreError> = context
        .db
        .write(move |tx| Box::pin(async move { store::settle(tx, &job, &progress, state, &result).await }))
        .await;
    settled?;
    context.jobs.tell(context.job.id);
    context.jobs.live.publish("jobs", context.job.site.as_str());
    Ok(())
}

async fn release(context: &JobContext) -> Result<(), StoreError> {
    let job = context.job.clone();
    context.db.write(move |tx| Box::pin(async move { store::release(tx, &job).await })).await
}
