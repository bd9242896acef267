//! Settings: small JSON documents at a site, with their history.

use crate::binds;
use crate::error::StoreError;
use crate::history::{Actor, Change};
use crate::tx::Tx;
use base::SitePath;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The setting `key` of exactly this site (or of the installation, with `None`).
///
/// # Errors
/// [`StoreError::Inconsistent`] when the stored document is not a `T`.
pub async fn find_setting<T: DeserializeOwned>(
    tx: &mut Tx,
    site: Option<&SitePath>,
    key: &str,
) -> Result<Option<T>, StoreError> {
    let site = site.map_or("", SitePath::as_str);
    let found: Option<(String,)> =
        tx.find("SELECT body FROM setting WHERE site = $1 AND key = $2", binds![site, key]).await?;
    found
        .map(|(body,)| serde_json::from_str(&body))
        .transpose()
        .map_err(|error| StoreError::inconsistent("setting", format!("{key} at `{site}`: {error}")))
}

/// Every site's setting `key`, ordered by site.
///
/// # Errors
/// [`StoreError::Inconsistent`] when a stored document is not a `T`.
pub async fn list_settings<T: DeserializeOwned>(
    tx: &mut Tx,
    key: &str,
) -> Result<Vec<(String, T)>, StoreError> {
    let rows: Vec<(String, String)> =
        tx.list("SELECT site, body FROM setting WHERE key = $1 ORDER BY site", binds![key]).await?;
    rows.into_iter()
        .map(|(site, body)| match serde_json::from_str(&body) {
            Ok(value) => Ok((site, value)),
            Err(error) => Err(StoreError::inconsistent("setting", format!("{key} at `{site}`: {error}"))),
        })
        .collect()
}

/// Saves a setting and its history.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn put_setting<T: Serialize>(
    tx: &mut Tx,
    actor: &Actor,
    site: Option<&SitePath>,
    key: &str,
    value: &T,
) -> Result<(), StoreError> {
    let body = serde_json::to_value(value)
        .map_err(|error| StoreError::inconsistent("setting", error.to_string()))?;
    tx.run(
        "INSERT INTO setting (site, key, body, changed_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (site, key) DO UPDATE SET body = excluded.body, changed_at = excluded.changed_at",
        binds![site.map_or("", SitePath::as_str), key, body.to_string(), tx.at()],
    )
    .await?;
    let record = format!("{}:{key}", site.map_or("", SitePath::as_str));
    tx.keep(actor, Change { kind: "setting", record, site: site.cloned(), body }).await
}
