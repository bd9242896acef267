//! The job that takes in a file of messages, the way of a feed.

use super::super::work::{actor, argument, scope_of};
use super::run::job_failed;
use base::Id;
use intake::import::{ImportRun, commit_messages};
use intake::{ImportReport, Meaning};
use jobs::{JobContext, JobFailed};
use std::sync::Arc;

/// Reasons told in the result itself; the import holds them all.
const REASONS_MAX: usize = 3;

/// The job: opens the file, takes its messages in, keeps what was rejected.
pub(crate) async fn take_in(context: JobContext, meaning: Arc<dyn Meaning>) -> Result<String, JobFailed> {
    let scope = scope_of(&context.db, &context.job.site).await?;
    let gone = || JobFailed::because("There is no such import any more.");
    let id: Id<ImportRun> = argument(&context, "import").parse().map_err(|_| gone())?;
    context.progress(0, 0, "taking in messages").await;
    let taken = commit_messages(&context.db, &meaning, &scope, &actor(&context), id, |_| {}).await;
    let report = taken.map_err(job_failed)?;
    let total = i64::try_from(report.received).unwrap_or(0);
    context.progress(total, total, "done").await;
    context.jobs().live().publish("feeds", "");
    Ok(told(&report))
}

fn told(report: &ImportReport) -> String {
    let count = |n: u64| web::format::count(i64::try_from(n).unwrap_or(i64::MAX));
    let mut words = format!(
        "{} received, {} applied, {} known already, {} refused.",
        count(report.received),
        count(report.applied),
        count(report.duplicate),
        count(report.refused)
    );
    for reject in report.rejects.iter().take(REASONS_MAX) {
        words.push_str(&format!(" Line {}: {}", reject.position, reject.reason));
    }
    words
}
