//! What a server does by itself: nightly work, and telling open pages that the census has moved.

use area::Ctx;
use identity::{SiteKind, SiteTree};
use jiff::civil::Time;
use jobs::{JobFailed, JobKind, Schedule, Timing};
use std::sync::Arc;
use std::time::Duration;
use store::{Actor, StoreError};
use tokio::sync::watch;

/// Removes uploaded files that can no longer be undone.
const PURGE: &str = "imports.purge";
/// Open pages look again at most this often.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// The kinds of work that only the night asks for.
pub(crate) fn kinds() -> Vec<JobKind> {
    vec![JobKind::new(PURGE, "Removal of old import files", |context| {
        Box::pin(async move {
            let purged: Result<u64, StoreError> =
                context.db.write(|tx| Box::pin(async move { intake::import::purge(tx).await })).await;
            let n = purged.map_err(|error| JobFailed::because(error.to_string()))?;
            Ok(format!("{n} files older than seven days are removed."))
        })
    })]
}

/// Asks for the forecast and the purge every night, at each enterprise, in the zone it keeps.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub(crate) async fn put_schedules(ctx: &Ctx) -> Result<(), StoreError> {
    let mut tx = ctx.db.read().await?;
    let tree = SiteTree::load(&mut tx).await?;
    let known: Vec<String> = jobs::list_schedules(&mut tx).await?.into_iter().map(|own| own.key).collect();
    drop(tx);
    let mut wanted = Vec::new();
    for site in tree.all().iter().filter(|site| site.kind == SiteKind::Enterprise) {
        let zone = site.time_zone.iana_name().unwrap_or("UTC").to_owned();
        for (kind, at) in
            [("census.forecast", Time::constant(2, 30, 0, 0)), (PURGE, Time::constant(3, 15, 0, 0))]
        {
            wanted.push(Schedule {
                key: format!("{kind}.{}", site.path),
                kind: kind.to_owned(),
                site: site.path.clone(),
                title: String::new(),
                arguments: serde_json::json!({}),
                timing: Timing::Daily { at, zone: zone.clone() },
                is_on: true,
            });
        }
    }
    wanted.retain(|schedule| !known.contains(&schedule.key));
    let jobs = ctx.jobs.clone();
    ctx.db
        .write(move |tx| {
            Box::pin(async move {
                let actor = Actor::new("server", "start");
                for schedule in &wanted {
                    let put = jobs.put_schedule(tx, &actor, schedule).await;
                    put.map_err(|error| StoreError::inconsistent("setting", error.to_string()))?;
                }
                Ok(())
            })
        })
        .await
}

/// Tells open pages, at most every two seconds, that messages were taken in.
pub(crate) async fn tell_pages(ctx: Arc<Ctx>, mut shutdown: watch::Receiver<bool>) {
    let mut applied = ctx.receiver.applied();
    loop {
        tokio::select! {
            changed = applied.changed() => if changed.is_err() { return },
            _ = shutdown.wait_for(|is_ending| *is_ending) => return,
        }
        ctx.live.publish("census", "");
        tokio::select! {
            () = tokio::time::sleep(TELL_EVERY) => {}
            _ = shutdown.wait_for(|is_ending| *is_ending) => return,
        }
    }
}
