//! Corrections by people, and working everything out anew.
//!
//! Nothing is deleted: a fact taken back is marked so, the stays are worked out without it, and the belief
//! that held before stays readable as of its time.

use super::apply::{World, work_out};
use super::model::Trigger;
use super::store as rows;
use crate::beds;
use crate::tally::{self, rules as tally_rules};
use ::store::{Actor, Change, Db, StoreError, Tx};
use base::Id;
use identity::Site;
use std::collections::BTreeMap;

/// Why a merge was not reversed.
#[derive(Debug, thiserror::Error)]
pub enum CannotReverse {
    /// No such fact, or one of another kind.
    #[error("this message merged nothing; open the stay and choose a merge from its messages")]
    NotAMerge,
    /// Someone was faster.
    #[error("this merge has been reversed already")]
    AlreadyReversed,
    /// The reason is missing.
    #[error("say why the merge was wrong, so that the next reader knows")]
    NoReason,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes the merges of one message back and works the patients' stays out anew. A later merge of the same
/// numbers, in a new message, merges them again.
///
/// # Errors
/// [`CannotReverse`] with what to do.
pub async fn reverse_merge(
    tx: &mut Tx,
    actor: &Actor,
    message: i64,
    reason: &str,
) -> Result<(), CannotReverse> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(CannotReverse::NoReason);
    }
    let facts = rows::list_facts_of(tx, message).await?;
    let is_merge = |trigger| {
        matches!(
            trigger,
            Trigger::MergePatient | Trigger::MergeAccount | Trigger::MergeVisit | Trigger::MoveVisit
        )
    };
    let merges: Vec<&rows::StoredFact> =
        facts.iter().filter(|stored| is_merge(stored.fact.trigger)).collect();
    if merges.is_empty() {
        return Err(CannotReverse::NotAMerge);
    }
    if merges.iter().all(|stored| stored.is_void) {
        return Err(CannotReverse::AlreadyReversed);
    }
    let keys: Vec<(i64, String)> =
        merges.iter().map(|stored| (stored.seq, stored.case_key.clone())).collect();
    let cases = rows::void_facts(tx, &keys, reason).await?;
    let mut world = World::load(tx).await?;
    let site =
        facts.first().and_then(|stored| world.tree.get(&stored.facility)).map(|site| site.path.clone());
    work_out(tx, &mut world, &cases).await?;
    let body = serde_json::json!({ "message": message, "reason": reason });
    let record = message.to_string();
    tx.keep(actor, Change { kind: "merge reversed", record, site, body }).await?;
    Ok(())
}

/// Works out anew every case with a patient in a location of the facility that was not mapped, after codes
/// were given to units; how many cases there were.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn remap(tx: &mut Tx, facility: Id<Site>) -> Result<usize, StoreError> {
    let mut world = World::load(tx).await?;
    let Some(unmapped) = crate::sites::unmapped_unit(&world.tree, &facility) else { return Ok(0) };
    let cases = rows::list_cases_in(tx, unmapped).await?;
    work_out(tx, &mut world, &cases).await?;
    beds::place_anew(tx, &world).await?;
    Ok(cases.len())
}

/// Works every case out anew and sums every day again, after a change of what facts are read by: codes,
/// care, profiles, the tree of sites. `progress` hears how many cases are done, of how many. Answers the
/// number. Pages go on answering meanwhile.
///
/// # Errors
/// [`StoreError`] when the engine refuses; what was worked out until then stays.
pub async fn work_all_anew(db: &Db, progress: impl FnMut(u64, u64)) -> Result<u64, StoreError> {
    let n_cases = work_out_all(db, progress).await?;
    if n_cases > 0 {
        db.write::<(), StoreError, _>(|tx| Box::pin(async move { sum_days_anew(tx).await })).await?;
    }
    Ok(n_cases)
}

/// Works every case out anew from its facts, a page of cases in a commit, and then every bed, after a profile or the codes of
/// mapped units were changed. `progress` hears how many cases are done, of how many. Answers the number.
///
/// # Errors
/// [`StoreError`] when the engine refuses; what was worked out until then stays.
pub async fn work_out_all(db: &Db, mut progress: impl FnMut(u64, u64)) -> Result<u64, StoreError> {
    const PAGE: usize = 2_048;
    let n_cases = rows::n_cases(&mut db.read().await?).await?;
    let (mut after, mut n_done) = (String::new(), 0);
    loop {
        let cases = rows::list_cases_after(&mut db.read().await?, &after, PAGE).await?;
        let Some(last) = cases.last().cloned() else { break };
        n_done += u64::try_from(cases.len()).unwrap_or(0);
        db.write::<(), StoreError, _>(move |tx| {
            Box::pin(async move {
                let mut world = World::load(tx).await?;
                work_out(tx, &mut world, &cases).await
            })
        })
        .await?;
        progress(n_done, n_cases);
        after = last;
    }
    db.write::<(), StoreError, _>(|tx| {
        Box::pin(async move {
            let world = World::load(tx).await?;
            beds::work_out_all(tx, &world).await
        })
    })
    .await?;
    Ok(n_done)
}

/// Sums the stored days anew from the legs, after the site tree or what units care for was changed.
///
/// # Errors
/// [`StoreError`] when the engine refuses; the days stay as they were then.
pub async fn sum_days_anew(tx: &mut Tx) -> Result<(), StoreError> {
    let world = World::load(tx).await?;
    tally::store::clear(tx).await?;
    let mut days = BTreeMap::new();
    let mut after = String::new();
    loop {
        let stays = rows::list_stay_legs_after(tx, &after, 4_096).await?;
        let Some(last) = stays.last().map(|stay| stay.0.clone()) else { break };
        for (_, facility, legs) in &stays {
            let profile = world.profiles.of(facility);
            tally_rules::contributions(legs, &world.tree, profile, 1, &mut days);
        }
        after = last;
    }
    tally::store::add(tx, days).await
}
