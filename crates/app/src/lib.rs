//! Composition: the areas put together, and what belongs to none of them.
//!
//! [`areas`] is the list of everything the product can do; [`compose`] makes a running product of a
//! database. Here also: Today (`today`), signing in and one's own page (`account`), administration
//! (`admin`), search (`find`) and the JSON API (`api`). Not here: any area's rules.

mod account;
mod admin;
mod api;
mod compose;
mod find;
mod today;

pub use compose::{Product, areas, compose, routes};
