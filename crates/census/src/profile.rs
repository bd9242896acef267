//! Site profiles: how each facility's feed tells what happens.

pub mod job;
pub mod page;
pub mod store;

use crate::tally::rules::Profile;
use ::store::{StoreError, Tx};
use base::Id;
use identity::Site;
use std::collections::HashMap;

/// The setting a facility's profile is kept under.
pub const KEY: &str = "census.profile";

/// The profiles of every facility that has one of its own.
#[derive(Debug, Default)]
pub struct Profiles {
    own: HashMap<Id<Site>, Profile>,
    default: Profile,
}

impl Profiles {
    /// Reads them.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a stored profile is not one.
    pub async fn load(tx: &mut Tx) -> Result<Profiles, StoreError> {
        let rows = crate::sites::store::list_profiles(tx).await?;
        Ok(Profiles { own: rows.into_iter().collect(), default: Profile::default() })
    }

    /// The profile of a facility.
    #[must_use]
    pub fn of(&self, facility: &Id<Site>) -> &Profile {
        self.own.get(facility).unwrap_or(&self.default)
    }
}
