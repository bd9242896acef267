//! What the census asks of a manager: waits past their limit, beds out of use, words that contradict.

mod rules;
mod store;

use ::figures::needs::{Need, NeedAsk, Source};
use ::store::{StoreError, Tx};
use futures::future::BoxFuture;
use identity::Permission;

/// The census's sources of needs.
#[must_use]
pub(crate) fn sources() -> Vec<Source> {
    vec![Source { permission: Permission::CENSUS_VIEW, derive: derive_all }]
}

/// Six statements, whatever the number of beds and stays.
fn derive_all<'a>(tx: &'a mut Tx, ask: &'a NeedAsk<'a>) -> BoxFuture<'a, Result<Vec<Need>, StoreError>> {
    Box::pin(async move {
        let facts = store::load(tx, ask).await?;
        Ok(rules::derive(&facts, ask))
    })
}
