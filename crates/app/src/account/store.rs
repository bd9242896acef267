//! Who may be signed in as, in the sample enterprise.

use base::Id;
use identity::{Role, Site};
use store::{Columns, FromRow, StoreError, Tx, binds};

/// A person of the sample and a role they hold.
pub(super) struct Sample {
    pub(super) role: Role,
    pub(super) site: Id<Site>,
    pub(super) name: String,
    pub(super) email: String,
}

impl FromRow for Sample {
    fn from_row(c: &mut Columns<'_>) -> Result<Sample, StoreError> {
        let role: String = c.take()?;
        let role = role.parse().map_err(|_| StoreError::inconsistent("role_grant", role))?;
        Ok(Sample { role, site: c.take()?, name: c.take()?, email: c.take()? })
    }
}

/// Everyone who can sign in, with their roles, oldest grants first.
pub(super) async fn list_samples(tx: &mut Tx) -> Result<Vec<Sample>, StoreError> {
    tx.list(
        "SELECT g.role, g.site_id, p.name, p.email
         FROM role_grant g JOIN person p ON p.id = g.person_id
         WHERE p.closed_at IS NULL AND p.password_hash IS NOT NULL AND g.to_date IS NULL
         ORDER BY g.id LIMIT 500",
        binds![],
    )
    .await
}
