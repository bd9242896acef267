//! How long sessions last and how long a lock does. Pure.

use base::Minutes;
use jiff::{SignedDuration, Timestamp};

/// How long a session lasts. The setting `session` of the installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Minutes without a request, 1 to 1440.
    pub idle_minutes: u32,
    /// Hours since signing in, 1 to 168.
    pub absolute_hours: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { idle_minutes: 30, absolute_hours: 12 }
    }
}

impl Limits {
    /// The nearest limits inside the bounds.
    #[must_use]
    pub fn bounded(self) -> Limits {
        Limits {
            idle_minutes: self.idle_minutes.clamp(1, 1_440),
            absolute_hours: self.absolute_hours.clamp(1, 168),
        }
    }

    /// When a session last seen at `seen_at` ends for want of requests.
    #[must_use]
    pub fn idle_end(self, seen_at: Timestamp) -> Timestamp {
        add(seen_at, SignedDuration::from_mins(i64::from(self.idle_minutes)))
    }

    /// When a session ends whatever happens.
    #[must_use]
    pub fn absolute_end(self, created_at: Timestamp) -> Timestamp {
        add(created_at, SignedDuration::from_hours(i64::from(self.absolute_hours)))
    }
}

/// How long sign-in waits after so many failures in a row: nothing before the fifth, then 1, 2, 4, 8, 16
/// and 32 minutes, then an hour each time.
#[must_use]
pub fn lock_after(n_failed: i64) -> Option<Minutes> {
    let minutes = match n_failed {
        i64::MIN..5 => return None,
        5 => 1,
        6 => 2,
        7 => 4,
        8 => 8,
        9 => 16,
        10 => 32,
        11.. => 60,
    };
    Some(Minutes(minutes))
}

/// The end of a lock that begins at `now`.
pub(super) fn lock_end(n_failed: i64, now: Timestamp) -> Option<Timestamp> {
    lock_after(n_failed).map(|Minutes(minutes)| add(now, SignedDuration::from_mins(minutes)))
}

/// What is left of a user agent in the list of sessions.
pub(super) fn short_agent(agent: &str) -> String {
    agent.chars().filter(|c| !c.is_control()).take(200).collect()
}

fn add(at: Timestamp, length: SignedDuration) -> Timestamp {
    at.checked_add(length).unwrap_or(Timestamp::MAX)
}
