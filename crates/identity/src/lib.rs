//! Who may see and do what: the site tree, people, roles, scope, sessions and tokens.
//!
//! A person holds roles at sites, with dates. [`Access::scope`] turns "this person asks for this at that
//! site" into a [`Scope`], and every query that lists rows takes one. Not here: pages, cookies and headers;
//! the web layer carries a session's token and calls [`sessions`]. Patients are not people of this crate.
//!
//! Start with [`sites::SiteTree`], then [`roles::Access`].

pub mod access_log;
#[cfg(test)]
mod house;
pub mod people;
pub mod roles;
mod secret;
pub mod sessions;
pub mod sites;
mod table;
pub mod tokens;

pub use people::{PersonInfo, Preferences};
pub use roles::{Access, AreaKey, Grant, Level, Part, Permission, Role, Scope};
pub use sessions::Session;
pub use sites::{Care, SiteInfo, SiteKind, SiteTree};
pub use table::Reject;

/// The kind of id a person has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Person {}

/// The kind of id a site has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {}

/// What an import did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct ImportCounts {
    /// Rows that made a record.
    pub new: usize,
    /// Rows that changed one.
    pub changed: usize,
    /// Rows that say what is known already.
    pub same: usize,
    /// Rows not taken in.
    pub rejected: usize,
}

/// The result of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct ImportReport {
    /// How many rows did what.
    pub counts: ImportCounts,
    /// Why rows were not taken in, in file order.
    pub rejects: Vec<Reject>,
}
