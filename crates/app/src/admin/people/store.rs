//! Opening a closed account again: the one change of an account that identity has no function for.

use ::store::{Actor, Change, StoreError, Tx, binds};
use identity::PersonInfo;

/// Opens an account again. Its sessions and tokens stay ended; its roles hold as far as their dates say.
pub(crate) async fn reopen(tx: &mut Tx, actor: &Actor, person: &PersonInfo) -> Result<(), StoreError> {
    tx.run("UPDATE person SET closed_at = $1 WHERE id = $2", binds![None::<jiff::Timestamp>, person.id])
        .await?;
    let body = serde_json::json!({
        "email": person.email,
        "name": person.name,
        "title": person.title,
        "preferences": person.preferences,
        "closed_at": null,
    });
    let change = Change { kind: "person", record: person.id.to_string(), site: None, body };
    tx.keep(actor, change).await
}
