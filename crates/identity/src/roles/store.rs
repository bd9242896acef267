//! Grants in the database.

use super::{Access, Grant, Role};
use crate::people;
use crate::sites::SiteTree;
use crate::{Person, Site};
use base::{Id, SitePath};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use store::{Actor, Change, Columns, FromRow, StoreError, Tx, binds};

/// Why a role was not given.
#[derive(Debug, thiserror::Error)]
pub enum GrantRefused {
    /// No such person.
    #[error("there is no such person; look them up in the list of people")]
    NoPerson,
    /// No such site, or a closed one.
    #[error("there is no such open site; choose one from the list of sites")]
    NoSite,
    /// No such grant.
    #[error("there is no such role to end; it may have ended already")]
    NoGrant,
    /// The end is not after the start.
    #[error("the role would end on {to}, but it starts on {from}; choose an end after the start")]
    Backward {
        /// First day.
        from: Date,
        /// The end asked for.
        to: Date,
    },
    /// The same role is held there for some of these days.
    #[error("{} is held there already from {from}; end that one first, or leave it as it is", role.title())]
    Held {
        /// The role.
        role: Role,
        /// Since when.
        from: Date,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FromRow for Grant {
    fn from_row(c: &mut Columns<'_>) -> Result<Grant, StoreError> {
        let id = c.take()?;
        let role: String = c.take()?;
        let role =
            role.parse().map_err(|_| StoreError::inconsistent("role_grant", format!("role of {id:?}")))?;
        Ok(Grant { id, role, site: c.take()?, from: c.take()?, to: c.take()? })
    }
}

/// A person's grants, past ones included, oldest first.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list_grants(tx: &mut Tx, person: Id<Person>) -> Result<Vec<Grant>, StoreError> {
    tx.list(
        "SELECT id, role, site_id, from_date, to_date FROM role_grant
         WHERE person_id = $1 ORDER BY from_date, id",
        binds![person],
    )
    .await
}

/// What a person may see and do, or `None` for a closed account or no person.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn find_access(tx: &mut Tx, person: Id<Person>) -> Result<Option<Access>, StoreError> {
    let Some(info) = people::find_person(tx, person).await?.filter(|info| info.closed_at.is_none()) else {
        return Ok(None);
    };
    let grants = list_grants(tx, person).await?;
    Ok(Some(Access::new(info, grants)))
}

/// Gives a person a role at a site.
///
/// # Errors
/// [`GrantRefused`] when there is no such person or site, or the role is held there already.
pub async fn grant_role(
    tx: &mut Tx,
    actor: &Actor,
    person: Id<Person>,
    role: Role,
    site: Id<Site>,
    from: Date,
    to: Option<Date>,
) -> Result<Id<Grant>, GrantRefused> {
    if let Some(to) = to.filter(|to| *to <= from) {
        return Err(GrantRefused::Backward { from, to });
    }
    if people::find_person(tx, person).await?.is_none_or(|info| info.closed_at.is_some()) {
        return Err(GrantRefused::NoPerson);
    }
    let path = find_open_path(tx, site).await?.ok_or(GrantRefused::NoSite)?;
    let held = list_grants(tx, person).await?.into_iter().find(|held| {
        held.role == role
            && held.site == site
            && held.to.is_none_or(|end| from < end)
            && to.is_none_or(|to| held.from < to)
    });
    if let Some(held) = held {
        return Err(GrantRefused::Held { role, from: held.from });
    }
    let grant = Grant { id: tx.new_id(), role, site, from, to };
    let at = tx.at();
    tx.run(
        "INSERT INTO role_grant (id, person_id, role, site_id, from_date, to_date, granted_at, granted_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        binds![grant.id, person, role.key(), site, from, to, at, actor.who.as_str()],
    )
    .await?;
    keep(tx, actor, person, &grant, path).await?;
    Ok(grant.id)
}

/// Ends a role: `to` is the first day it no longer holds.
///
/// # Errors
/// [`GrantRefused`] when there is no such grant or it would end before it started.
pub async fn end_role(tx: &mut Tx, actor: &Actor, id: Id<Grant>, to: Date) -> Result<(), GrantRefused> {
    let found: Option<(Id<Person>, SitePath)> = tx
        .find(
            "SELECT g.person_id, s.path FROM role_grant g JOIN site s ON s.id = g.site_id
             WHERE g.id = $1 ORDER BY g.id",
            binds![id],
        )
        .await?;
    let Some((person, path)) = found else { return Err(GrantRefused::NoGrant) };
    let grant = list_grants(tx, person).await?.into_iter().find(|grant| grant.id == id);
    let Some(mut grant) = grant else { return Err(GrantRefused::NoGrant) };
    // Ending it on its first day takes it back whole.
    if to < grant.from {
        return Err(GrantRefused::Backward { from: grant.from, to });
    }
    grant.to = Some(to);
    tx.run("UPDATE role_grant SET to_date = $1 WHERE id = $2", binds![to, id]).await?;
    keep(tx, actor, person, &grant, path).await?;
    Ok(())
}

/// Ends a role today, by the calendar of its site; one that begins today or later was then never held.
pub(crate) async fn take_back(
    tx: &mut Tx,
    actor: &Actor,
    tree: &SiteTree,
    id: Id<Grant>,
) -> Result<(), GrantRefused> {
    let found: Option<Grant> = tx
        .find(
            "SELECT id, role, site_id, from_date, to_date FROM role_grant WHERE id = $1 ORDER BY id",
            binds![id],
        )
        .await?;
    let grant = found.ok_or(GrantRefused::NoGrant)?;
    let zone = tree.get(&grant.site).map_or(TimeZone::UTC, |site| site.time_zone.clone());
    let today = tx.at().to_zoned(zone).date();
    if grant.to.is_some_and(|to| to <= today) {
        return Ok(());
    }
    end_role(tx, actor, id, today.max(grant.from)).await
}

/// Whoever administers a top site administers a new top site too; otherwise nobody could give roles there.
pub(crate) async fn spread_administrators(
    tx: &mut Tx,
    actor: &Actor,
    new_top: Id<Site>,
    from: Date,
) -> Result<(), StoreError> {
    let rows: Vec<(Id<Person>, String)> = tx
        .list(
            "SELECT DISTINCT g.person_id, g.role FROM role_grant g
             JOIN site s ON s.id = g.site_id JOIN person p ON p.id = g.person_id
             WHERE s.parent_id IS NULL AND s.id <> $1 AND p.closed_at IS NULL
               AND g.role IN ('administrator', 'director') AND (g.to_date IS NULL OR g.to_date > $2)
             ORDER BY g.person_id, g.role",
            binds![new_top, from],
        )
        .await?;
    let is_administrator =
        |person: Id<Person>| rows.iter().any(|(other, role)| *other == person && role == "administrator");
    for (person, role) in &rows {
        let role: Option<Role> = role.parse().ok();
        if let Some(role) = role.filter(|_| is_administrator(*person)) {
            match grant_role(tx, actor, *person, role, new_top, from, None).await {
                Ok(_) | Err(GrantRefused::Held { .. } | GrantRefused::NoPerson) => {}
                Err(GrantRefused::Store(error)) => return Err(error),
                Err(refused) => return Err(StoreError::inconsistent("role_grant", refused.to_string())),
            }
        }
    }
    Ok(())
}

async fn find_open_path(tx: &mut Tx, site: Id<Site>) -> Result<Option<SitePath>, StoreError> {
    let found: Option<(SitePath,)> = tx
        .find("SELECT path FROM site WHERE id = $1 AND closed_on IS NULL ORDER BY id", binds![site])
        .await?;
    Ok(found.map(|(path,)| path))
}

async fn keep(
    tx: &mut Tx,
    actor: &Actor,
    person: Id<Person>,
    grant: &Grant,
    path: SitePath,
) -> Result<(), StoreError> {
    let body = serde_json::json!({
        "person": person.to_string(),
        "role": grant.role.key(),
        "site": path.as_str(),
        "from": grant.from.to_string(),
        "to": grant.to.map(|to| to.to_string()),
    });
    tx.keep(actor, Change { kind: "role", record: grant.id.to_string(), site: Some(path), body }).await
}
