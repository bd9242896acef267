//! Tokens with which a program acts for a person, at one site, for named permissions, until a day.
//!
//! A token never holds more than its person does: [`find_token`] answers the person's [`Access`] cut down
//! to the token, so a role that ends takes the token's rights along. Shown once, stored as a digest.

mod rules;
mod store;
#[cfg(test)]
mod tests;

pub use rules::{DAYS_MAX, check_expiry};
pub(crate) use store::revoke_tokens_of;
pub use store::{NewToken, TokenRow, create_token, find_token, list_tokens, revoke_token, touch_token};

use crate::Site;
use crate::roles::{Access, Permission};
use crate::sessions::TOUCH_EVERY;
use base::Id;
use jiff::Timestamp;

/// The kind of id a token has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiToken {}

/// A token that was shown and holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenAccess {
    /// Which one.
    pub id: Id<ApiToken>,
    /// The person's rights, narrowed to the token's site and permissions.
    pub access: Access,
    /// The site it is limited to.
    pub site: Id<Site>,
    /// What it may ask for.
    pub permissions: Vec<Permission>,
    /// When it was last used, to the minute.
    pub used_at: Option<Timestamp>,
}

impl TokenAccess {
    /// Whether [`touch_token`] is worth a write: once a minute.
    #[must_use]
    pub fn is_touch_due(&self, now: Timestamp) -> bool {
        self.used_at.is_none_or(|used| now.duration_since(used) >= TOUCH_EVERY)
    }
}

/// Why a token was not made.
#[derive(Debug, thiserror::Error)]
pub enum TokenRefused {
    /// No name.
    #[error("a token needs a name of 1 to 80 characters; write what uses it")]
    Name,
    /// No permission.
    #[error("a token needs at least one permission; choose what it may do")]
    Nothing,
    /// Asks for more than the person holds.
    #[error(
        "you do not hold {permission} at this site, so a token cannot; choose another site or permission"
    )]
    NotHeld {
        /// What is not held.
        permission: Permission,
    },
    /// Not after now.
    #[error("a token expires after now; choose a later day")]
    Expired,
    /// Too far away.
    #[error("a token lasts at most {DAYS_MAX} days; choose an earlier day and renew it then")]
    TooLong,
    /// No such person.
    #[error("there is no such person; look them up in the list of people")]
    NoPerson,
    /// No such site.
    #[error("there is no such open site; choose one from the list of sites")]
    NoSite,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] ::store::StoreError),
}
