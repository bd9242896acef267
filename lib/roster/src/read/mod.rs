//! Readers of files that hold problems and rosters.
//!
//! Every reader takes the whole text and gives a [`Problem`](crate::Problem), or all that is wrong
//! with the file: the line, the value and what was expected. None fails on the first fault, none
//! panics, and what they build is bounded by [`Problem::new`](crate::Problem::new).

pub mod csv;
pub mod curtois;
pub mod helmward;
pub mod inrc2;
mod issue;

pub use issue::{Issue, Unreadable};
