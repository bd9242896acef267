//! How a feed is judged.

use super::Feed;
use base::Minutes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// When a feed counts as late and as silent; a setting of the installation, not a law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedRule {
    /// Without a message for longer than this it is late.
    pub late_after_min: i64,
    /// Without a message for longer than this it is silent.
    pub silent_after_min: i64,
}

impl FeedRule {
    /// The setting it is kept under.
    pub const SETTING: &'static str = "intake.feed-rule";
}

impl Default for FeedRule {
    /// A hospital's feed brings something every few minutes, also at night: late after 30, silent after 240.
    fn default() -> FeedRule {
        FeedRule { late_after_min: 30, silent_after_min: 240 }
    }
}

/// What people should think of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedState {
    /// It brings messages and nothing waits.
    Ok,
    /// Nothing came for longer than usual.
    Late {
        /// Since its latest message.
        quiet: Minutes,
    },
    /// Nothing came for very long; what pages show is old.
    Silent {
        /// Since its latest message.
        quiet: Minutes,
    },
    /// Messages wait for someone to look at them.
    Errors {
        /// How many.
        n_open: i64,
    },
}

impl Feed {
    /// The worst that can be said of it: silent, then late, then errors. Only live feeds can be late.
    #[must_use]
    pub fn state(&self, rule: FeedRule, now: Timestamp) -> FeedState {
        let quiet = minutes_between(self.last_at, now);
        match self.way == "mllp" {
            true if quiet.0 > rule.silent_after_min => FeedState::Silent { quiet },
            true if quiet.0 > rule.late_after_min => FeedState::Late { quiet },
            _ if self.n_open_faults > 0 => FeedState::Errors { n_open: self.n_open_faults },
            _ => FeedState::Ok,
        }
    }

    /// How long after the event its latest message arrived; `None` when nothing was applied or the sender's
    /// clock is ahead.
    #[must_use]
    pub fn lag(&self) -> Option<Minutes> {
        let lag = minutes_between(self.last_event_at?, self.last_at);
        (lag.0 >= 0).then_some(lag)
    }
}

fn minutes_between(from: Timestamp, to: Timestamp) -> Minutes {
    Minutes((to.as_second() - from.as_second()).div_euclid(60))
}
