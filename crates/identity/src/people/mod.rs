//! People with an account: who they are, how they prove it, what they prefer.
//!
//! Accounts are closed, never deleted, because history names them. A password is hashed by
//! [`password::hash`], which takes 20 to 40 ms and 19 MiB by intent: call it outside of a transaction and
//! on a blocking thread, as [`change_password`] and [`reset_password`] do. Not here: roles, which are
//! granted in [`roles`](crate::roles).

mod import;
pub mod password;
mod rules;
mod store;
#[cfg(test)]
mod tests;

pub use import::{import_people, undo_people_import};
pub use password::{
    ChangeRefused, PasswordHash, WeakPassword, change_password, check_new_password, reset_password,
};
pub(crate) use store::{Credentials, credentials, hold_person, save_failure, save_success};
pub use store::{
    NewPerson, PersonRefused, PersonRow, close_person, find_person, find_person_by_email, first_admin,
    insert_person, list_people, n_people, reopen_person, set_password, set_preferences, update_person,
};

use crate::Person;
use base::Id;
use jiff::Timestamp;

/// A person's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonInfo {
    /// Their id.
    pub id: Id<Person>,
    /// The address they sign in with, in small letters.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they are called in the house.
    pub title: String,
    /// How they like their pages.
    pub preferences: Preferences,
    /// Whether the password must be changed before anything else.
    pub must_change: bool,
    /// Since when.
    pub created_at: Timestamp,
    /// When the account was closed.
    pub closed_at: Option<Timestamp>,
}

/// Light, dark, or as the system says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
    /// As the system says.
    #[default]
    System,
}

/// How close rows stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Density {
    /// With room.
    #[default]
    Comfortable,
    /// Close.
    Compact,
}

/// How a person likes their pages. Unknown fields of a newer version are passed over.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Colors.
    pub theme: Theme,
    /// Row height.
    pub density: Density,
    /// Whether single letters work as keys.
    pub letter_keys: bool,
    /// The figures on the brief, by key; empty for the usual ones.
    pub figures: Vec<String>,
}

impl Default for Preferences {
    fn default() -> Preferences {
        Preferences {
            theme: Theme::default(),
            density: Density::default(),
            letter_keys: true,
            figures: Vec::new(),
        }
    }
}
