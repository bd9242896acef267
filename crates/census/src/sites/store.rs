//! Profiles in the database.

use crate::profile::KEY;
use crate::tally::rules::Profile;
use base::Id;
use identity::Site;
use store::{StoreError, Tx, binds};

/// Every facility's own profile.
pub(crate) async fn list_profiles(tx: &mut Tx) -> Result<Vec<(Id<Site>, Profile)>, StoreError> {
    let rows: Vec<(Id<Site>, String)> = tx
        .list(
            "SELECT site.id, setting.body FROM setting JOIN site ON site.path = setting.site
             WHERE setting.key = $1 ORDER BY site.id",
            binds![KEY],
        )
        .await?;
    rows.into_iter()
        .map(|(site, body)| match serde_json::from_str(&body) {
            Ok(profile) => Ok((site, profile)),
            Err(error) => Err(StoreError::inconsistent("setting", format!("{KEY}: {error}"))),
        })
        .collect()
}
