//! The daily count: what moved at each site on each day, at every level of the site tree.
//!
//! A stay's legs contribute admissions, ends and transfers to days ([`rules::contributions`]). When the
//! belief about a stay changes, the difference between its new and old contributions is added to the
//! stored days, so any past midnight is right again in the same commit. The census of a day is the sum of
//! all moves up to it; whole months are summed apart, so that a read costs the same after ten years.

pub mod rules;
pub mod store;
