//! Admission, discharge and transfer: messages become facts, facts become stays.

pub mod apply;
mod assign;
pub mod corrections;
pub(crate) mod digest;
pub(crate) mod held;
mod merges;
pub mod model;
pub mod read;
pub mod rules;
pub(crate) mod store;
#[cfg(test)]
mod tests;
