//! How long a token may last. Pure.

use super::TokenRefused;
use jiff::{SignedDuration, Timestamp};

/// The longest life of a token, in days: a year, leap or not.
pub const DAYS_MAX: i64 = 366;

/// Checks when a token is to expire.
///
/// # Errors
/// [`TokenRefused`] when that is not after now, or too far away.
pub fn check_expiry(now: Timestamp, expires_at: Timestamp) -> Result<(), TokenRefused> {
    if expires_at <= now {
        Err(TokenRefused::Expired)
    } else if expires_at.duration_since(now) > SignedDuration::from_hours(DAYS_MAX * 24) {
        Err(TokenRefused::TooLong)
    } else {
        Ok(())
    }
}
