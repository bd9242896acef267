//! The long work of administration: checking the log, backups, sealing again, replays, imports.

use super::{imports, keys};
use ::store::seal::{self, Stream};
use ::store::{Actor, Db, StoreError};
use base::SitePath;
use identity::{Scope, SiteTree};
use intake::Meaning;
use jobs::{JobAsk, JobContext, JobFailed, JobKind};
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Checks every chain and every stored message.
pub(super) const VERIFY: &str = "audit.verify";
/// Writes a backup into the installation's folder.
pub(super) const BACKUP: &str = "backup.make";
/// Seals everything again that an older key sealed.
pub(super) const RESEAL: &str = "keys.reseal";
/// Tries the open faults of a feed again.
pub(super) const REPLAY: &str = "feeds.replay";
/// Takes in a mapped file.
pub(super) const COMMIT: &str = "import.commit";
/// Takes an import back.
pub(super) const UNDO: &str = "import.undo";
/// Takes in a file of messages.
pub(super) const HL7: &str = "import.hl7";

/// Every kind of long work of administration.
pub(crate) fn kinds(folder: &Path, meaning: &Arc<dyn Meaning>) -> Vec<JobKind> {
    let backup_to = folder.join("backups");
    let (replays, files, waiting) = (Arc::clone(meaning), Arc::clone(meaning), Arc::clone(meaning));
    vec![
        JobKind::new(VERIFY, "Check of the audit log", |context| Box::pin(verify(context))),
        JobKind::new(BACKUP, "Backup", move |context| {
            Box::pin(backup(context, backup_to.clone(), Arc::clone(&waiting)))
        }),
        JobKind::new(RESEAL, "Sealing with the active key", |context| Box::pin(keys::reseal(context))),
        JobKind::new(REPLAY, "Replay of refused messages", move |context| {
            Box::pin(replay(context, Arc::clone(&replays)))
        }),
        JobKind::new(COMMIT, "Import", |context| Box::pin(imports::commit(context))),
        JobKind::new(UNDO, "Undo of an import", |context| Box::pin(imports::take_back(context))),
        JobKind::new(HL7, "Import of messages", move |context| {
            Box::pin(imports::take_messages(context, Arc::clone(&files)))
        }),
    ]
}

/// What a change of a unit's care or codes asks for: the stored days count by them, so that the past has to
/// be worked out anew.
pub(super) fn rework(by: String, site: SitePath) -> JobAsk {
    JobAsk {
        kind: census::profile::job::KIND,
        site,
        title: String::new(),
        arguments: serde_json::json!({}),
        by,
        run_after: None,
    }
}

/// The scope of the site a job was asked for at; the asker's right was checked when they asked.
pub(super) async fn scope_of(db: &Db, site: &SitePath) -> Result<Scope, JobFailed> {
    let tree = SiteTree::load(&mut db.read().await?).await?;
    Scope::operator(&tree, site)
        .ok_or_else(|| JobFailed::because("The site of this work is gone; ask for it again."))
}

/// Who asked, and through which job.
pub(super) fn actor(context: &JobContext) -> Actor {
    Actor::new(context.job.asked_by.clone(), format!("job {}", context.job.id))
}

/// An argument of the job, empty when it is missing.
pub(super) fn argument<'c>(context: &'c JobContext, name: &str) -> &'c str {
    context.arguments().get(name).and_then(serde_json::Value::as_str).unwrap_or_default()
}

/// Every sealed stream of every area.
fn streams() -> Vec<&'static Stream> {
    let mut streams = vec![&seal::HISTORY, &identity::access_log::ACCESS_LOG, &intake::STREAM];
    streams.extend(census::streams());
    streams
}

async fn verify(context: JobContext) -> Result<String, JobFailed> {
    let streams = streams();
    let n_steps = i64::try_from(streams.len() + 1).unwrap_or(0);
    let (mut n_rows, mut faults) = (0, Vec::new());
    for (step, stream) in (0..).zip(streams) {
        context.check()?;
        context.progress(step, n_steps, stream.table).await;
        let verdict = seal::verify(&mut context.db.read().await?, stream).await?;
        n_rows += verdict.n_rows;
        faults.extend(verdict.broken.map(|broken| broken.to_string()));
    }
    context.check()?;
    context.progress(n_steps - 1, n_steps, "stored messages").await;
    let bodies = intake::verify_bodies(&context.db).await?;
    faults.extend(bodies.broken_seq.map(|seq| format!("message {seq} does not hold the bytes that arrived")));
    context.progress(n_steps, n_steps, "done").await;
    if faults.is_empty() {
        let words = format!(
            "{} rows and {} messages checked. Nothing was changed, removed or added behind the program's back.",
            web::format::count(n_rows),
            web::format::count(bodies.n_rows)
        );
        Ok(words)
    } else {
        Err(JobFailed::because(format!(
            "The record was tampered with or damaged: {}. Keep this database as it is, and compare it with the last backup whose check holds.",
            faults.join("; ")
        )))
    }
}

/// Written beside its place and moved there once it is whole, so that half a backup is never offered.
async fn backup(
    context: JobContext,
    folder: PathBuf,
    meaning: Arc<dyn Meaning>,
) -> Result<String, JobFailed> {
    let failed = |error: std::io::Error| {
        JobFailed::because(format!(
            "The backup could not be written: {error}. Check the disk and its rights."
        ))
    };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let stamp = context.db.now().strftime("%Y-%m-%d-%H%M%S").to_string();
    let (to, partial) = (folder.join(format!("{stamp}.backup")), folder.join(format!("{stamp}.partial")));
    context.progress(0, 0, "writing").await;
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&partial).map_err(failed)?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    // A message that was acknowledged before is in it.
    intake::drain(&context.db, &meaning).await?;
    let written = ::store::backup(&context.db, &mut out).await;
    let report = match written {
        Ok(report) => report,
        Err(error) => {
            let _ = std::fs::remove_file(&partial);
            return Err(error.into());
        }
    };
    let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    std::fs::rename(&partial, &to).map_err(failed)?;
    Ok(format!(
        "{stamp}.backup holds {} rows of {} tables. Names in it are sealed; the keys are not in it.",
        web::format::count(i64::try_from(report.n_rows).unwrap_or(i64::MAX)),
        report.n_tables
    ))
}

async fn replay(context: JobContext, meaning: Arc<dyn Meaning>) -> Result<String, JobFailed> {
    let scope = scope_of(&context.db, &context.job.site).await?;
    let feed = argument(&context, "feed").to_owned();
    // The callback cannot wait; the last counts stand in the result.
    let done = intake::replay_feed(&context.db, &meaning, &scope, &actor(&context), &feed, |_, _| {}).await;
    let (n_tried, n_applied) = done.map_err(|error: StoreError| JobFailed::from(error))?;
    context.jobs().live().publish("feeds", feed);
    let count = |n: usize| web::format::count(i64::try_from(n).unwrap_or(i64::MAX));
    Ok(format!("{} messages tried again, {} of them applied now.", count(n_tried), count(n_applied)))
}
