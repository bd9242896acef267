//! Composition: the areas put together, and what belongs to none of them.
//!
//! [`areas`] is the list of everything the product can do; [`compose`] makes a running product of a
//! database. Here also: Today (`today`), signing in and one's own page (`account`), administration
//! (`admin`), search (`find`), the JSON API (`api`), and the running server ([`serve()`]). Not here: any
//! area's rules.

mod account;
mod admin;
mod api;
mod compose;
mod find;
mod metrics;
mod serve;
mod tls;
mod today;
mod upkeep;

pub use account::SAMPLE_PASSWORD;
pub use admin::imports::importer;
pub use compose::{Product, areas, catalogue, compose, compose_with, routes};
pub use serve::{Ports, ServeOptions, router, serve};
pub use tls::{TlsFault, TlsFiles};
pub use tokio_rustls::rustls::ServerConfig;
