//! The services register: every stay, found by filters, and all that is known of one.

pub mod merge;
pub mod page;
pub mod stay;
pub mod store;
