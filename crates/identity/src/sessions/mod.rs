//! Signing in and staying signed in.
//!
//! A session is a row of ours, so that it can be listed and revoked. Its token has 256 bits of chance and
//! is stored only as a digest; whoever reads the database cannot sign in with what they find. Five failed
//! sign-ins in a row lock an account for a growing while. Not here: cookies; the web layer carries the token.

mod rules;
mod sign_in;
mod store;
#[cfg(test)]
mod tests;

pub use rules::{Limits, lock_after};
pub use sign_in::{NewSession, SignInRefused, sign_in};
pub use store::{
    SessionRow, find_limits, find_session, list_sessions, revoke_all, revoke_session, set_limits, sign_out,
    touch_session,
};

use crate::roles::Access;
use jiff::{SignedDuration, Timestamp};

/// Somebody signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What they may see and do.
    pub access: Access,
    /// What every form of this session must send back.
    pub csrf: String,
    /// What the token is stored as.
    pub token_hash: String,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When they were last seen, to the minute.
    pub seen_at: Timestamp,
    /// When the session ends if they do nothing.
    pub idle_ends_at: Timestamp,
    /// When it ends whatever they do.
    pub ends_at: Timestamp,
    /// Whether the password must be changed before anything else.
    pub must_change: bool,
}

impl Session {
    /// Whether [`touch_session`] is worth a write: once a minute.
    #[must_use]
    pub fn is_touch_due(&self, now: Timestamp) -> bool {
        now.duration_since(self.seen_at) >= TOUCH_EVERY
    }
}

/// How often a session or token notes that it was used.
pub(crate) const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(1);
