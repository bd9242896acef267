//! Words that every part of Helmward shares.
//!
//! Plain values with their rules: who is meant ([`Id`]), where ([`SitePath`]), when ([`Period`]),
//! how much and how long. Nothing here reads a clock, a file or a database.
//! Start with [`SitePath`], because every record carries one.

mod id;
mod period;
mod site;

pub use id::{BadId, Id};
pub use period::{BadPeriod, Period};
pub use site::{BadSitePath, SitePath};
