//! Sites and units.

pub(super) mod store;
