//! Jobs in the database: asked, taken, beaten, settled.
//!
//! A running job belongs to the worker that raised `n_tries` to its present value; a worker that lost its
//! job to another finds no row to change. Reads of a page cost one index look-up each.

use crate::live::Live;
use crate::model::{Job, JobState, Registry};
use base::{Id, SitePath};
use figures::needs::{Chip, ChipKind, Class, Need, NeedAsk, Source};
use futures::future::BoxFuture;
use identity::{Permission, Scope};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use store::{Actor, Bind, Change, Columns, FromRow, StoreError, Tx, binds};
use tokio::sync::Notify;

/// A worker that has not beaten for so long is dead.
pub(crate) const BEAT_MAX: SignedDuration = SignedDuration::from_secs(60);
/// How often a job is taken before it is given up.
pub(crate) const TRIES_MAX: i64 = 3;
/// Most characters of a result or note kept.
const TEXT_MAX: usize = 4_000;
/// How long finished work stays among the needs of who asked.
const SHOWN_FOR: SignedDuration = SignedDuration::from_hours(24);

/// The columns of a [`Job`], in its order.
macro_rules! select_job {
    ($rest:literal) => {
        concat!(
            "SELECT job.id, job.kind, job.site, job.title, job.arguments, job.state, job.n_done, \
             job.n_total, job.note, job.result, job.asked_by, job.asked_at, job.run_after, \
             job.started_at, job.finished_at, job.beat_at, job.is_cancel_asked, job.n_tries FROM job ",
            $rest
        )
    };
}

impl FromRow for Job {
    fn from_row(c: &mut Columns<'_>) -> Result<Job, StoreError> {
        let json = |text: String| {
            serde_json::from_str(&text).map_err(|error| StoreError::inconsistent("job", error.to_string()))
        };
        let state = |word: String| {
            JobState::read(&word).ok_or_else(|| StoreError::inconsistent("job", format!("state `{word}`")))
        };
        Ok(Job {
            id: c.take()?,
            kind: c.take()?,
            site: c.take()?,
            title: c.take()?,
            arguments: json(c.take()?)?,
            state: state(c.take()?)?,
            n_done: c.take()?,
            n_total: c.take()?,
            note: c.take()?,
            result: c.take()?,
            asked_by: c.take()?,
            asked_at: c.take()?,
            run_after: c.take()?,
            started_at: c.take()?,
            finished_at: c.take()?,
            beat_at: c.take()?,
            is_cancel_asked: c.take()?,
            n_tries: c.take()?,
        })
    }
}

/// What somebody asks for.
#[derive(Debug, Clone)]
pub struct JobAsk {
    /// Which kind of work.
    pub kind: &'static str,
    /// Where it belongs.
    pub site: SitePath,
    /// What people read; the kind's title when empty.
    pub title: String,
    /// What the work needs to know. Never patients' names.
    pub arguments: serde_json::Value,
    /// Who asks: a person's id, or a part of the product.
    pub by: String,
    /// Not before this instant; `None` for as soon as possible.
    pub run_after: Option<Timestamp>,
}

/// A page of a list of jobs, newest first.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct JobPage {
    /// The jobs on it.
    pub jobs: Vec<Job>,
    /// How many there are in all.
    pub n_all: i64,
}

/// What became of a wish to stop a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelOutcome {
    /// It had not begun and never will.
    Cancelled,
    /// It runs and was told to stop; it does so at its next step.
    Asked,
    /// It was settled before.
    Settled,
    /// There is no such job, or the asker may not stop it.
    NotFound,
}

/// The queue as the rest of the program holds it. Cheap to clone.
#[derive(Clone)]
pub struct Jobs {
    pub(crate) registry: Registry,
    pub(crate) live: Live,
    pub(crate) wake: Arc<Notify>,
}

impl Jobs {
    /// A queue of these kinds of work, telling its events to `live`.
    #[must_use]
    pub fn new(registry: Registry, live: Live) -> Jobs {
        Jobs { registry, live, wake: Arc::new(Notify::new()) }
    }

    /// The live events of this process.
    #[must_use]
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// Asks for work in the caller's transaction. A worker sees it within a second of the commit, mostly at
    /// once; when the transaction fails, nothing was asked.
    ///
    /// # Errors
    /// [`StoreError`] when the engine refuses, or the kind is not one of this program's.
    pub async fn ask(&self, tx: &mut Tx, ask: JobAsk) -> Result<Id<Job>, StoreError> {
        let id = tx.new_id();
        self.insert(tx, id, ask).await?;
        Ok(id)
    }

    /// Inserts under an id that may be there already; whether it was new.
    pub(crate) async fn insert(&self, tx: &mut Tx, id: Id<Job>, ask: JobAsk) -> Result<bool, StoreError> {
        let unknown = || StoreError::inconsistent("job", format!("no kind `{}`", ask.kind));
        let kind = self.registry.get(ask.kind).ok_or_else(unknown)?;
        let title = if ask.title.is_empty() { kind.title } else { &ask.title };
        let at = tx.at();
        let n_new = tx
            .run(
                "INSERT INTO job (id, kind, site, title, arguments, state, n_done, n_total, note, result,
                   asked_by, asked_at, run_after, started_at, finished_at, beat_at, is_cancel_asked, n_tries)
                 VALUES ($1, $2, $3, $4, $5, 'waiting', 0, 0, '', '', $6, $7, $8, $9, $10, $11, $12, 0)
                 ON CONFLICT (id) DO NOTHING",
                binds![
                    id,
                    ask.kind,
                    &ask.site,
                    title,
                    ask.arguments.to_string(),
                    ask.by,
                    at,
                    ask.run_after.unwrap_or(at),
                    None::<i64>,
                    None::<i64>,
                    None::<i64>,
                    false,
                ],
            )
            .await?;
        self.live.publish("jobs", ask.site.as_str());
        self.wake.notify_one();
        Ok(n_new > 0)
    }

    /// A job, if the asker may see it: their own within the scope, or any of the scope to an administrator.
    ///
    /// # Errors
    /// [`StoreError`] when the engine refuses.
    pub async fn find(&self, tx: &mut Tx, scope: &Scope, id: Id<Job>) -> Result<Option<Job>, StoreError> {
        let found = find(tx, id).await?;
        Ok(found.filter(|job| may(scope, job, Permission::ADMIN_VIEW)))
    }

    /// The jobs the asker may see, newest first, in one state or in all.
    ///
    /// # Errors
    /// [`StoreError`] when the engine refuses.
    pub async fn list(
        &self,
        tx: &mut Tx,
        scope: &Scope,
        state: Option<JobState>,
        offset: i64,
        limit: i64,
    ) -> Result<JobPage, StoreError> {
        // An empty text stands for "any" so that one text serves every case.
        let by = if sees_all(scope, Permission::ADMIN_VIEW) { String::new() } else { asker(scope) };
        let state = state.map_or("", JobState::word);
        let filter = binds![scope.site_id(), by.as_str(), by.as_str(), state, state];
        let n_all: Option<(i64,)> = tx
            .find(
                "SELECT CAST(COUNT(*) AS BIGINT) FROM job
                 JOIN site ON site.path = job.site
                 JOIN site_tree ON site_tree.descendant_id = site.id
                 WHERE site_tree.ancestor_id = $1 AND ($2 = '' OR job.asked_by = $3)
                   AND ($4 = '' OR job.state = $5)",
                filter.clone(),
            )
            .await?;
        let page = filter.into_iter().chain(binds![limit.clamp(1, 500), offset.max(0)]).collect();
        let jobs = tx
            .list(
                select_job!(
                    "JOIN site ON site.path = job.site
                     JOIN site_tree ON site_tree.descendant_id = site.id
                     WHERE site_tree.ancestor_id = $1 AND ($2 = '' OR job.asked_by = $3)
                       AND ($4 = '' OR job.state = $5)
                     ORDER BY job.asked_at DESC, job.id DESC LIMIT $6 OFFSET $7"
                ),
                page,
            )
            .await?;
        Ok(JobPage { jobs, n_all: n_all.map_or(0, |(n_all,)| n_all) })
    }

    /// Stops a job: one that waits never begins, one that runs is told to stop. The asker stops their own;
    /// others need a scope of administration.
    ///
    /// # Errors
    /// [`StoreError`] when the engine refuses.
    pub async fn cancel(
        &self,
        tx: &mut Tx,
        scope: &Scope,
        actor: &Actor,
        id: Id<Job>,
    ) -> Result<CancelOutcome, StoreError> {
        let found = find(tx, id).await?.filter(|job| may(scope, job, Permission::ADMIN_EDIT));
        let Some(job) = found else {
            return Ok(CancelOutcome::NotFound);
        };
        let n_stopped = tx
            .run(
                "UPDATE job SET state = 'cancelled', finished_at = $1, is_cancel_asked = $2
                 WHERE id = $3 AND state = 'waiting'",
                binds![tx.at(), true, id],
            )
            .await?;
        let n_asked = tx
            .run("UPDATE job SET is_cancel_asked = $1 WHERE id = $2 AND state = 'running'", binds![true, id])
            .await?;
        let outcome = match (n_stopped, n_asked) {
            (0, 0) => return Ok(CancelOutcome::Settled),
            (0, _) => CancelOutcome::Asked,
            (_, _) => CancelOutcome::Cancelled,
        };
        let body = serde_json::json!({ "title": job.title, "cancel": true });
        let change = Change { kind: "job", record: id.to_string(), site: Some(job.site), body };
        tx.keep(actor, change).await?;
        self.tell(id);
        Ok(outcome)
    }

    pub(crate) fn tell(&self, id: Id<Job>) {
        self.live.publish("job", id.to_string());
    }
}

fn asker(scope: &Scope) -> String {
    // The operator asks under no person; then nothing is their own, and they see all anyway.
    scope.person().map_or_else(|| "-".to_owned(), |person| person.to_string())
}

fn sees_all(scope: &Scope, needed: Permission) -> bool {
    scope.is_operator() || scope.permission().covers(needed)
}

fn may(scope: &Scope, job: &Job, needed: Permission) -> bool {
    scope.path().covers(&job.site) && (sees_all(scope, needed) || job.asked_by == asker(scope))
}

/// One job, whoever asks. For the worker.
pub(crate) async fn find(tx: &mut Tx, id: Id<Job>) -> Result<Option<Job>, StoreError> {
    tx.find(select_job!("WHERE id = $1 ORDER BY id"), binds![id]).await
}

/// Jobs of these kinds that wait for a worker or lost theirs, oldest first.
pub(crate) async fn list_claimable(
    tx: &mut Tx,
    registry: &Registry,
    now: Timestamp,
) -> Result<Vec<Job>, StoreError> {
    let kinds: Vec<Bind> = registry.keys().map(Bind::from).collect();
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (3..kinds.len() + 3).map(|n| format!("${n}")).collect();
    let sql = format!(
        "{} IN ({}) ORDER BY job.run_after, job.id LIMIT 8",
        select_job!(
            "WHERE ((job.state = 'waiting' AND job.run_after <= $1)
                 OR (job.state = 'running' AND job.beat_at < $2)) AND job.kind"
        ),
        places.join(", ")
    );
    let binds = binds![now, dead_before(now)].into_iter().chain(kinds).collect();
    tx.list(&sql, binds).await
}

fn dead_before(now: Timestamp) -> Timestamp {
    now.checked_sub(BEAT_MAX).unwrap_or(Timestamp::MIN)
}

/// Takes a job for the caller, if no other took it since it was listed.
pub(crate) async fn claim(tx: &mut Tx, job: &Job) -> Result<Option<Job>, StoreError> {
    let now = tx.at();
    let n_taken = tx
        .run(
            "UPDATE job SET state = 'running', n_tries = n_tries + 1, beat_at = $1,
               started_at = COALESCE(started_at, $2)
             WHERE id = $3 AND n_tries = $4 AND (state = 'waiting' OR (state = 'running' AND beat_at < $5))",
            binds![now, now, job.id, job.n_tries, dead_before(now)],
        )
        .await?;
    if n_taken == 0 { Ok(None) } else { find(tx, job.id).await }
}

/// How far a job is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) n_done: i64,
    pub(crate) n_total: i64,
    pub(crate) note: String,
}

/// Says that the worker lives and how far it is. `false` when the job is no longer its own.
pub(crate) async fn beat(tx: &mut Tx, job: &Job, progress: &Progress) -> Result<bool, StoreError> {
    let n_kept = tx
        .run(
            "UPDATE job SET beat_at = $1, n_done = $2, n_total = $3, note = $4
             WHERE id = $5 AND state = 'running' AND n_tries = $6",
            binds![tx.at(), progress.n_done, progress.n_total, cut(&progress.note), job.id, job.n_tries],
        )
        .await?;
    Ok(n_kept > 0)
}

/// Writes how a job ended. `false` when it is no longer the worker's own.
pub(crate) async fn settle(
    tx: &mut Tx,
    job: &Job,
    progress: &Progress,
    state: JobState,
    result: &str,
) -> Result<bool, StoreError> {
    let n_settled = tx
        .run(
            "UPDATE job SET state = $1, result = $2, finished_at = $3, n_done = $4, n_total = $5, note = $6
             WHERE id = $7 AND state = 'running' AND n_tries = $8",
            binds![
                state.word(),
                cut(result),
                tx.at(),
                progress.n_done,
                progress.n_total,
                cut(&progress.note),
                job.id,
                job.n_tries
            ],
        )
        .await?;
    Ok(n_settled > 0)
}

/// Gives a job back because the process ends; the try does not count.
pub(crate) async fn release(tx: &mut Tx, job: &Job) -> Result<(), StoreError> {
    tx.run(
        "UPDATE job SET state = 'waiting', n_tries = n_tries - 1
         WHERE id = $1 AND state = 'running' AND n_tries = $2",
        binds![job.id, job.n_tries],
    )
    .await?;
    Ok(())
}

/// Forgets jobs that schedules asked for and that ended before `before`; how many. What people asked for
/// stays.
pub(crate) async fn forget_scheduled(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    tx.run(
        "DELETE FROM job WHERE asked_by LIKE 'schedule %' AND finished_at < $1
           AND state IN ('done', 'failed', 'cancelled')",
        binds![before],
    )
    .await
}

/// Whether an earlier job of a schedule has not ended.
pub(crate) async fn is_open(tx: &mut Tx, asked_by: &str) -> Result<bool, StoreError> {
    let open: Option<(String,)> = tx
        .find(
            "SELECT id FROM job WHERE state IN ('waiting', 'running') AND asked_by = $1 ORDER BY id LIMIT 1",
            binds![asked_by],
        )
        .await?;
    Ok(open.is_some())
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_MAX).collect()
}

/// The source of needs that shows finished work to who asked for it, for 24 hours.
#[must_use]
pub fn finished_jobs() -> Source {
    Source { permission: Permission::ME, derive: list_finished }
}

fn list_finished<'a>(tx: &'a mut Tx, ask: &'a NeedAsk<'a>) -> BoxFuture<'a, Result<Vec<Need>, StoreError>> {
    Box::pin(async move {
        let Some(person) = ask.scope.person() else {
            return Ok(Vec::new());
        };
        let since = ask.now.checked_sub(SHOWN_FOR).unwrap_or(Timestamp::MIN);
        // One look-up by asker and time: the page does not slow down with the jobs of years.
        let jobs: Vec<Job> = tx
            .list(
                select_job!(
                    "WHERE job.state IN ('done', 'failed') AND job.asked_by = $1 AND job.finished_at > $2
                     ORDER BY job.finished_at DESC, job.id LIMIT 50"
                ),
                binds![person, since],
            )
            .await?;
        Ok(jobs.into_iter().filter(|job| ask.scope.path().covers(&job.site)).map(need).collect())
    })
}

fn need(job: Job) -> Need {
    let is_done = job.state == JobState::Done;
    let (end, kind, word) = if is_done {
        ("is done", ChipKind::Done, "done")
    } else {
        ("did not finish", ChipKind::Breach, "failed")
    };
    Need {
        key: format!("job.{}", job.id),
        class: Class::Rest,
        sentence: format!("{} {end}", job.title),
        why: job.result.chars().take(200).collect(),
        due: None,
        due_words: None,
        owner: None,
        href: format!("/at/{}/jobs/{}", job.site, job.id),
        site: job.site,
        button: "See result".to_owned(),
        chip: Some(Chip { kind, text: word.to_owned() }),
        area: "jobs",
    }
}
