//! The database: one SQL text on SQLite and PostgreSQL.
//!
//! [`Db`] opens either engine and hands out [`Tx`]: a reading transaction sees one snapshot, a writing one
//! is grouped with others into one durable commit. [`Tx::keep`] writes history in the same transaction,
//! [`seal`] chains append-only streams so that `audit verify` can name a changed row, [`Vault`] seals the
//! identifying fields of patients. Not here: any area's tables or meaning; those live in the areas'
//! `store.rs` files. No code outside this crate may branch on the engine.
//!
//! Start with [`Db::open`] and [`Tx::list`].

mod backup;
mod bind;
mod clock;
mod db;
mod error;
mod history;
mod migrate;
pub mod seal;
mod setting;
mod sqlite;
mod tx;
mod vault;

pub use backup::{BackupReport, backup, restore};
pub use bind::{Bind, Column, Columns, FromRow};
pub use clock::{Clock, FixedClock, SystemClock};
pub use db::{Db, Engine, Location};
pub use error::StoreError;
pub use history::{Actor, Change, HistoryRow, list_history};
pub use migrate::{SCHEMA_VERSION, find_schema_version, migrate, schema_version};
pub use setting::{find_setting, list_settings, put_setting};
pub use tx::Tx;
pub use vault::{Keys, Vault};

/// Values for the `$1, $2, ...` of a statement, in order.
#[macro_export]
macro_rules! binds {
    ($($value:expr),* $(,)?) => { ::std::vec![$($crate::Bind::from($value)),*] };
}
