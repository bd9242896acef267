//! Rows of messages, bodies, faults and feeds as they are written when messages come in.

use super::arrival::{Arrival, Arrived, Known, Standing};
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
    let keys: Vec<String> = batch.iter().map(|arrival| arrival.arrived.key.clone()).collect();
    let rows: Vec<(String, i64, String)> = tx
        .list_by_key(
            "SELECT message_key, seq, body_digest FROM message
             WHERE standing = 'first' AND message_key IN ({in}) ORDER BY seq",
            &keys,
        )
        .await?;
    let mut known = Known::default();
    known.first.extend(rows.into_iter().map(|(key, seq, digest)| (key, (seq, digest))));
    let contradicts = |arrived: &&Arrived| {
        known.first.get(&arrived.key).is_some_and(|first| first.1 != arrived.body_digest)
    };
    let contradicting = batch.iter().map(|arrival| arrival.arrived).filter(contradicts);
    let contradicting: Vec<String> = contradicting.map(|arrived| arrived.body_digest.clone()).collect();
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
pub(super) struct New<'a> {
    pub(super) arrived: &'a Arrived,
    pub(super) standing: Standing,
    pub(super) feed: &'a str,
}

/// Stores messages and their sealed bodies; the number of the first, the rest follow.
pub(super) async fn insert(tx: &mut Tx, messages: &[New<'_>]) -> Result<i64, StoreError> {
    let at = tx.at();
    let rows = messages.iter().map(|new| {
        let standing = match new.standing {
            Standing::New | Standing::Again => "first",
            Standing::Conflict { .. } => "conflict",
        };
        binds![
            at,
            new.arrived.incoming.source.as_str(),
            new.feed,
            new.arrived.incoming.default_site,
            new.arrived.key.as_str(),
            standing,
            new.arrived.kind.as_str(),
            i64::try_from(new.arrived.incoming.bytes.len()).unwrap_or(i64::MAX),
            new.arrived.body_digest.as_str(),
        ]
    });
    let rows = rows.collect();
    let first = seal::append(tx, &STREAM, rows).await?;
    let bodies = (first..).zip(messages).map(|(seq, new)| binds![seq, new.arrived.body.as_slice()]).collect();
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
