//! Tokens in the database.

use super::rules::check_expiry;
use super::{ApiToken, TokenAccess, TokenRefused};
use crate::roles::{Limit, Permission, find_access};
use crate::sites::{SiteTree, find_path};
use crate::{Person, Site, secret};
use base::Id;
use jiff::Timestamp;
use store::{Actor, Change, Columns, FromRow, StoreError, Tx, binds};

/// What plain tokens begin with, so that scanners of leaked secrets find them.
const PREFIX: &str = "helmward_";

/// A token to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// For whom it acts.
    pub person: Id<Person>,
    /// What uses it.
    pub name: String,
    /// The site it is limited to, with everything below.
    pub site: Id<Site>,
    /// What it may ask for.
    pub permissions: Vec<Permission>,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A token in a person's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Its id.
    pub id: Id<ApiToken>,
    /// For whom it acts.
    pub person: Id<Person>,
    /// What uses it.
    pub name: String,
    /// The site it is limited to.
    pub site: Id<Site>,
    /// What it may ask for.
    pub permissions: Vec<Permission>,
    /// Since when.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub used_at: Option<Timestamp>,
}

impl FromRow for TokenRow {
    fn from_row(c: &mut Columns<'_>) -> Result<TokenRow, StoreError> {
        let (id, person, name, site) = (c.take()?, c.take()?, c.take()?, c.take()?);
        let permissions: String = c.take()?;
        let permissions = permissions.split_whitespace().map(str::parse).collect::<Result<Vec<_>, _>>();
        Ok(TokenRow {
            id,
            person,
            name,
            site,
            permissions: permissions
                .map_err(|error| StoreError::inconsistent("api_token", format!("{id:?}: {error}")))?,
            created_at: c.take()?,
            expires_at: c.take()?,
            revoked_at: c.take()?,
            used_at: c.take()?,
        })
    }
}

/// Makes a token; its plain text is answered here and never again.
///
/// # Errors
/// [`TokenRefused`] when it would hold more than its person does, or lasts too long.
pub async fn create_token(
    tx: &mut Tx,
    actor: &Actor,
    new: &NewToken,
) -> Result<(Id<ApiToken>, String), TokenRefused> {
    let now = tx.at();
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > 80 {
        return Err(TokenRefused::Name);
    }
    if new.permissions.is_empty() {
        return Err(TokenRefused::Nothing);
    }
    check_expiry(now, new.expires_at)?;
    let access = find_access(tx, new.person).await?.ok_or(TokenRefused::NoPerson)?;
    let tree = SiteTree::load(tx).await?;
    let site = tree.get(&new.site).filter(|site| site.closed_on.is_none()).ok_or(TokenRefused::NoSite)?;
    let today = now.to_zoned(site.time_zone.clone()).date();
    let lacking = new.permissions.iter().find(|asked| !access.allows(&tree, **asked, &site.path, today));
    if let Some(permission) = lacking {
        return Err(TokenRefused::NotHeld { permission: *permission });
    }
    let plain = format!("{PREFIX}{}", secret::random_token()?);
    let id = tx.new_id();
    let permissions = new.permissions.iter().map(Permission::to_string).collect::<Vec<_>>().join(" ");
    tx.run(
        "INSERT INTO api_token
             (id, person_id, name, token_hash, site_id, permissions, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        binds![
            id,
            new.person,
            name,
            secret::digest(&plain),
            new.site,
            permissions.as_str(),
            now,
            new.expires_at,
        ],
    )
    .await?;
    let body = serde_json::json!({
        "person": new.person.to_string(),
        "name": name,
        "permissions": permissions,
        "expires_at": new.expires_at.to_string(),
    });
    let change = Change { kind: "token", record: id.to_string(), site: Some(site.path.clone()), body };
    tx.keep(actor, change).await?;
    Ok((id, plain))
}

/// What a token may see and do; `None` when it is unknown, expired, revoked or its account closed.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn find_token(tx: &mut Tx, plain: &str, now: Timestamp) -> Result<Option<TokenAccess>, StoreError> {
    let row: Option<TokenRow> = tx
        .find(
            "SELECT id, person_id, name, site_id, permissions, created_at, expires_at, revoked_at, used_at
             FROM api_token WHERE token_hash = $1 ORDER BY id",
            binds![secret::digest(plain.trim())],
        )
        .await?;
    let Some(row) = row.filter(|row| row.revoked_at.is_none() && now < row.expires_at) else {
        return Ok(None);
    };
    let limit = Limit { site: row.site, permissions: row.permissions.clone() };
    Ok(find_access(tx, row.person).await?.map(|access| TokenAccess {
        id: row.id,
        access: access.limited(limit),
        site: row.site,
        permissions: row.permissions,
        used_at: row.used_at,
    }))
}

/// Notes that a token was used. Ask [`TokenAccess::is_touch_due`] first, which spares most writes.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn touch_token(tx: &mut Tx, id: Id<ApiToken>, now: Timestamp) -> Result<(), StoreError> {
    tx.run("UPDATE api_token SET used_at = $1 WHERE id = $2", binds![now, id]).await.map(|_| ())
}

/// A person's tokens, newest first, ended ones included.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list_tokens(tx: &mut Tx, person: Id<Person>) -> Result<Vec<TokenRow>, StoreError> {
    tx.list(
        "SELECT id, person_id, name, site_id, permissions, created_at, expires_at, revoked_at, used_at
         FROM api_token WHERE person_id = $1 ORDER BY id DESC",
        binds![person],
    )
    .await
}

/// Ends a token of a person; `false` when they have no such token that runs.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn revoke_token(
    tx: &mut Tx,
    actor: &Actor,
    person: Id<Person>,
    id: Id<ApiToken>,
) -> Result<bool, StoreError> {
    let row = list_tokens(tx, person).await?.into_iter().find(|row| row.id == id);
    let Some(row) = row.filter(|row| row.revoked_at.is_none()) else { return Ok(false) };
    let now = tx.at();
    tx.run("UPDATE api_token SET revoked_at = $1 WHERE id = $2", binds![now, id]).await?;
    let body = serde_json::json!({
        "person": person.to_string(), "name": row.name, "revoked_at": now.to_string(),
    });
    let site = find_path(tx, row.site).await?;
    tx.keep(actor, Change { kind: "token", record: id.to_string(), site, body }).await?;
    Ok(true)
}

/// Ends every token of a person.
pub(crate) async fn revoke_tokens_of(
    tx: &mut Tx,
    actor: &Actor,
    person: Id<Person>,
) -> Result<(), StoreError> {
    for row in list_tokens(tx, person).await? {
        revoke_token(tx, actor, person, row.id).await?;
    }
    Ok(())
}
