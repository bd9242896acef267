//! Who looked at pages that name patients. Append-only and sealed.
//!
//! A row holds ids and addresses, never a name: the person who looked, the site, the page, and the id of
//! what was looked at.

mod store;
#[cfg(test)]
mod tests;

pub use store::{ACCESS_LOG, View, list_views, log_view};
