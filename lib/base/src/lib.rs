//! Words that every part of Helmward shares.
//!
//! Plain values with their rules: who is meant ([`Id`]), where ([`SitePath`]), when ([`Period`]),
//! how much and how long. Nothing here reads a clock, a file or a database.
//! Start with [`SitePath`], because every record carries one.

mod id;
mod length;
mod money;
mod npi;
mod period;
mod rate;
mod rule;
mod site;

pub use id::{BadId, Id};
pub use length::{Days, Minutes};
pub use money::{BadCurrency, CannotAdd, Currency, Money, NoWeight};
pub use npi::{BadNpi, Npi};
pub use period::{BadPeriod, Period};
pub use rate::{Rate, round_half_up};
pub use rule::{DatedRule, Overlap, in_force, overlaps};
pub use site::{BadSitePath, SitePath};

/// The examples of the README, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
