//! Work that comes back: every day at a civil time, or every so many minutes.
//!
//! Schedules are one setting. Each time one falls due, a job is inserted whose id is made of the instant and
//! the schedule's key, so several processes make one job, and the jobs are all the memory there is. A time
//! missed while nothing ran is made up once: the latest one.

use crate::model::Job;
use crate::store::{self, JobAsk, Jobs};
use ::store::{Actor, Db, StoreError, Tx, find_setting, put_setting};
use base::{Id, SitePath};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The setting they are kept in.
const SETTING: &str = "jobs.schedules";
/// Most schedules of an installation.
const N_MAX: usize = 200;

/// When a schedule falls due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Timing {
    /// Every day at a civil time in a zone; where a clock change skips it, at the first moment after.
    Daily {
        /// The time.
        at: Time,
        /// The zone's IANA name.
        zone: String,
    },
    /// Every so many minutes, counted from midnight UTC of 1970.
    Every {
        /// From 1 to 1,440.
        minutes: u16,
    },
}

/// Work that comes back.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// Its own name: `backup.nightly`.
    pub key: String,
    /// Which kind of work.
    pub kind: String,
    /// Where it belongs.
    pub site: SitePath,
    /// What people read; the kind's title when empty.
    pub title: String,
    /// What the work is given.
    pub arguments: serde_json::Value,
    /// When it falls due.
    pub timing: Timing,
    /// Whether it is on.
    pub is_on: bool,
}

/// Why a schedule was not saved.
#[derive(Debug, thiserror::Error)]
pub enum BadSchedule {
    /// No such kind of work.
    #[error("there is no kind of job `{got}`; choose one of {known}")]
    Kind {
        /// The kind given.
        got: String,
        /// The kinds there are.
        known: String,
    },
    /// No such time zone.
    #[error("`{got}` is not a time zone; write one such as America/Chicago")]
    Zone {
        /// The zone given.
        got: String,
    },
    /// Too often or too seldom.
    #[error("every {got} minutes is outside the limits; give 1 to 1440")]
    Minutes {
        /// Minutes given.
        got: u16,
    },
    /// Too many schedules.
    #[error("there are {N_MAX} schedules, the most there may be; remove one first")]
    TooMany,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A schedule as the setting keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    key: String,
    kind: String,
    site: String,
    title: String,
    arguments: serde_json::Value,
    /// `02:30 America/Chicago`, or `15 min`.
    timing: String,
    is_on: bool,
    /// Microseconds; what fell due before is not made up.
    since: i64,
}

impl Kept {
    fn of(schedule: &Schedule, since: Timestamp) -> Kept {
        let timing = match &schedule.timing {
            Timing::Daily { at, zone } => format!("{at} {zone}"),
            Timing::Every { minutes } => format!("{minutes} min"),
        };
        Kept {
            key: schedule.key.clone(),
            kind: schedule.kind.clone(),
            site: schedule.site.to_string(),
            title: schedule.title.clone(),
            arguments: schedule.arguments.clone(),
            timing,
            is_on: schedule.is_on,
            since: since.as_microsecond(),
        }
    }

    fn read(self) -> Result<Schedule, StoreError> {
        let bad = |what: &str| StoreError::inconsistent(SETTING, format!("{}: {what}", self.key));
        let (first, second) = self.timing.split_once(' ').ok_or_else(|| bad("timing"))?;
        let timing = if second == "min" {
            Timing::Every { minutes: first.parse().map_err(|_| bad("minutes"))? }
        } else {
            Timing::Daily { at: first.parse().map_err(|_| bad("time"))?, zone: second.to_owned() }
        };
        let site = self.site.parse().map_err(|_| bad("site"))?;
        Ok(Schedule {
            key: self.key,
            kind: self.kind,
            site,
            title: self.title,
            arguments: self.arguments,
            timing,
            is_on: self.is_on,
        })
    }
}

impl Timing {
    /// The last instant at or before `now` on which it fell due.
    fn last_due(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Timing::Every { minutes } => {
                let step = i64::from(*minutes) * 60;
                let second = now.as_second();
                Timestamp::from_second(second - second.checked_rem_euclid(step)?).ok()
            }
            Timing::Daily { at, zone } => {
                let zone = TimeZone::get(zone).ok()?;
                let today = now.to_zoned(zone.clone()).date();
                let on = |day: Date| Some(day.to_datetime(*at).to_zoned(zone.clone()).ok()?.timestamp());
                on(today).filter(|due| *due <= now).or_else(|| on(today.yesterday().ok()?))
            }
        }
    }
}

async fn list_kept(tx: &mut Tx) -> Result<Vec<Kept>, StoreError> {
    Ok(find_setting(tx, None, SETTING).await?.unwrap_or_default())
}

/// Every schedule, by key.
///
/// # Errors
/// [`StoreError`] when the engine refuses or the setting cannot be read.
pub async fn list_schedules(tx: &mut Tx) -> Result<Vec<Schedule>, StoreError> {
    list_kept(tx).await?.into_iter().map(Kept::read).collect()
}

impl Jobs {
    /// Saves a schedule under its key, new or changed. It first falls due after now.
    ///
    /// # Errors
    /// [`BadSchedule`] saying what to change.
    pub async fn put_schedule(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        schedule: &Schedule,
    ) -> Result<(), BadSchedule> {
        if self.registry.get(&schedule.kind).is_none() {
            let known = self.registry.keys().collect::<Vec<_>>().join(", ");
            return Err(BadSchedule::Kind { got: schedule.kind.clone(), known });
        }
        match &schedule.timing {
            Timing::Daily { zone, .. } if TimeZone::get(zone).is_err() => {
                return Err(BadSchedule::Zone { got: zone.clone() });
            }
            Timing::Every { minutes } if !(1..=1_440).contains(minutes) => {
                return Err(BadSchedule::Minutes { got: *minutes });
            }
            Timing::Daily { .. } | Timing::Every { .. } => {}
        }
        let mut all = list_kept(tx).await?;
        all.retain(|kept| kept.key != schedule.key);
        if all.len() >= N_MAX {
            return Err(BadSchedule::TooMany);
        }
        all.push(Kept::of(schedule, tx.at()));
        all.sort_by(|a, b| a.key.cmp(&b.key));
        put_setting(tx, actor, None, SETTING, &all).await?;
        Ok(())
    }

    /// Removes a schedule; `false` when there is none of this key.
    ///
    /// # Errors
    /// [`StoreError`] when the engine refuses.
    pub async fn remove_schedule(&self, tx: &mut Tx, actor: &Actor, key: &str) -> Result<bool, StoreError> {
        let mut all = list_kept(tx).await?;
        let n_before = all.len();
        all.retain(|kept| kept.key != key);
        let is_removed = all.len() < n_before;
        if is_removed {
            put_setting(tx, actor, None, SETTING, &all).await?;
        }
        Ok(is_removed)
    }
}

struct Due {
    schedule: Schedule,
    at: Timestamp,
    id: Id<Job>,
}

/// Asks for the jobs of every schedule that fell due; how many were new. Safe to call from many processes.
pub(crate) async fn ask_due(db: &Db, jobs: &Jobs) -> Result<usize, StoreError> {
    let now = db.now();
    let mut tx = db.read().await?;
    let mut due = Vec::new();
    for kept in list_kept(&mut tx).await?.into_iter().filter(|kept| kept.is_on) {
        let since = kept.since;
        let schedule = kept.read()?;
        let Some(at) = schedule.timing.last_due(now).filter(|at| at.as_microsecond() > since) else {
            continue;
        };
        let id = id_of(&schedule.key, at);
        // At most a few hundred look-ups by key, every 15 seconds.
        if store::find(&mut tx, id).await?.is_none() && !store::is_open(&mut tx, &asker(&schedule)).await? {
            due.push(Due { schedule, at, id });
        }
    }
    drop(tx);
    if due.is_empty() {
        return Ok(0);
    }
    let jobs = jobs.clone();
    db.write(move |tx| Box::pin(async move { insert_due(tx, &jobs, due).await })).await
}

async fn insert_due(tx: &mut Tx, jobs: &Jobs, due: Vec<Due>) -> Result<usize, StoreError> {
    let mut n_new = 0;
    for Due { schedule, at, id } in due {
        let Some(kind) = jobs.registry.get(&schedule.kind).map(|kind| kind.key) else {
            tracing::warn!(schedule = schedule.key, kind = schedule.kind, "a schedule names unknown work");
            continue;
        };
        let by = asker(&schedule);
        let (site, title, arguments) = (schedule.site, schedule.title, schedule.arguments);
        let ask = JobAsk { kind, site, title, arguments, by, run_after: Some(at) };
        n_new += usize::from(jobs.insert(tx, id, ask).await?);
    }
    Ok(n_new)
}

fn asker(schedule: &Schedule) -> String {
    format!("schedule {}", schedule.key)
}

/// The same for every process: the instant, and the FNV-1a hash of the key in place of chance.
fn id_of(key: &str, at: Timestamp) -> Id<Job> {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let hash = key.bytes().fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    Id::new(u64::try_from(at.as_millisecond()).unwrap_or(0), hash)
}

/// The distance to the next time a schedule is due, for the jobs page; `None` when its zone is not known.
#[must_use]
pub fn next_due(timing: &Timing, now: Timestamp) -> Option<Timestamp> {
    // A day and an hour reaches the next civil day even when a clock change makes it longer.
    let later = match timing {
        Timing::Every { minutes } => SignedDuration::from_mins(i64::from(*minutes)),
        Timing::Daily { .. } => {
            let day = timing.last_due(now)?.checked_add(SignedDuration::from_hours(26)).ok()?;
            return timing.last_due(day).filter(|next| *next > now);
        }
    };
    timing.last_due(now)?.checked_add(later).ok()
}
