//! Taking away a bed count that was entered by mistake.

use ::store::{Actor, Change, StoreError, Tx, binds};
use base::{Id, SitePath};
use identity::Site;
use jiff::civil::Date;

/// Takes away a site's bed count of a day, so that the one before holds on.
pub(crate) async fn remove_beds(
    tx: &mut Tx,
    actor: &Actor,
    site: Id<Site>,
    from: Date,
) -> Result<(), StoreError> {
    tx.run("DELETE FROM bed_count WHERE site_id = $1 AND from_date = $2", binds![site, from]).await?;
    let path: Option<(SitePath,)> =
        tx.find("SELECT path FROM site WHERE id = $1 ORDER BY id", binds![site]).await?;
    let body = serde_json::json!({ "from": from.to_string(), "taken_back": true });
    let change =
        Change { kind: "bed count", record: format!("{site}:{from}"), site: path.map(|(path,)| path), body };
    tx.keep(actor, change).await
}
