//! Rows of messages, bodies, faults and feeds as they are written when messages come in.

use super::arrival::{Arrival, Known, Standing};
use store::seal::{self, Kind, Stream};
use store::{StoreError, Tx, binds};

/// The inbox as a sealed stream, for `audit verify`.
pub const STREAM: Stream = Stream {
    table: "message",
    columns: &[
        ("received_at", Kind::Int),
        ("source", Kind::Text),
        ("feed_id", Kind::Text),
        ("site_id", Kind::Text),
        ("message_key", Kind::Text),
        ("standing", Kind::Text),
        ("kind", Kind::Text),
        ("n_bytes", Kind::Int),
        ("body_digest", Kind::Text),
    ],
};

/// What a sealed body is bound to.
pub(crate) const BODY: &str = "message.body";

/// What is stored already under the keys of a batch.
pub(super) async fn find_known(tx: &mut Tx, batch: &[Arrival<'_>]) -> Result<Known, StoreError> {
    let keys: Vec<String> = batch.iter().map(|arrival| arrival.key.clone()).collect();
    let rows: Vec<(String, i64, String)> = tx
        .list_in(
            "SELECT message_key, seq, body_digest FROM message
             WHERE standing = 'first' AND message_key IN ({in}) ORDER BY seq",
            &keys,
        )
        .await?;
    let mut known = Known::default();
    known.first.extend(rows.into_iter().map(|(key, seq, digest)| (key, (seq, digest))));
    let contradicting: Vec<String> = batch
        .iter()
        .filter(|arrival| known.first.get(&arrival.key).is_some_and(|(_, same)| *same != arrival.body_digest))
        .map(|arrival| arrival.body_digest.clone())
        .collect();
    if !contradicting.is_empty() {
        let rows: Vec<(String,)> = tx
            .list_in(
                "SELECT body_digest FROM message
                 WHERE standing = 'conflict' AND body_digest IN ({in}) ORDER BY seq",
                &contradicting,
            )
            .await?;
        known.conflicts.extend(rows.into_iter().map(|(digest,)| digest));
    }
    Ok(known)
}

/// A message about to be stored.
pub(super) struct New<'a, 'm> {
    pub(super) arrival: &'a Arrival<'m>,
    pub(super) standing: Standing,
    pub(super) feed: &'a str,
}

/// Stores messages and their sealed bodies; the number of the first, the rest follow.
pub(super) async fn insert(tx: &mut Tx, messages: &[New<'_, '_>]) -> Result<i64, StoreError> {
    let at = tx.at();
    let rows = messages.iter().map(|new| {
        let standing = match new.standing {
            Standing::New | Standing::Again => "first",
            Standing::Conflict { .. } => "conflict",
        };
        binds![
            at,
            new.arrival.incoming.source.as_str(),
            new.feed,
            new.arrival.incoming.default_site,
            new.arrival.key.as_str(),
            standing,
            new.arrival.kind.as_str(),
            i64::try_from(new.arrival.incoming.bytes.len()).unwrap_or(i64::MAX),
            new.arrival.body_digest.as_str(),
        ]
    });
    let rows = rows.collect();
    let first = seal::append(tx, &STREAM, rows).await?;
    let vault = tx.vault();
    let mut bodies = Vec::with_capacity(messages.len());
    for (seq, new) in (first..).zip(messages) {
        bodies.push(binds![seq, vault.seal(&new.arrival.incoming.bytes, BODY)?]);
    }
    tx.insert_many("INSERT INTO message_body (seq, body) VALUES", bodies, "").await?;
    Ok(first)
}

/// Changes a stored body behind our back.
#[cfg(test)]
pub(crate) async fn damage(db: &store::Db, seq: i64) {
    let sql = "UPDATE message_body SET body = (SELECT body FROM message_body WHERE seq = $1) WHERE seq = $2";
    let write = db.write(move |tx| Box::pin(async move { tx.run(sql, binds![seq + 1, seq]).await }));
    write.await.unwrap();
}
