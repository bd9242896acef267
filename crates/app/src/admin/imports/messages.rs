//! Files of HL7 messages: kept sealed until their job has taken them in the way of a feed.

use super::super::work::{argument, scope_of};
use ::store::{Db, StoreError};
use area::{Answer, Fault, Visit};
use axum::http::header;
use axum::response::IntoResponse as _;
use base::Id;
use identity::Permission;
use intake::{ImportReport, Meaning, import_hl7};
use jobs::{Job, JobContext, JobFailed};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What sealed uploads are bound to.
const FILE: &str = "upload.messages";
const REJECTS: &str = "upload.rejects";
/// Reasons told in the result itself.
const REASONS_MAX: usize = 3;

fn failed(error: &std::io::Error) -> Fault {
    Fault::Ours(format!("an upload could not be kept: {error}"))
}

/// Keeps an upload sealed on the disk; its name there.
pub(super) fn keep(db: &Db, folder: &Path, bytes: &[u8]) -> Result<String, Fault> {
    std::fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    let name: Id<Job> = Id::new(
        u64::try_from(db.now().as_millisecond()).unwrap_or(0),
        u128::try_from(db.now().as_nanosecond()).unwrap_or(0),
    );
    let name = name.to_string();
    let sealed = db.vault().seal(bytes, FILE)?;
    std::fs::write(folder.join(&name), sealed).map_err(|error| failed(&error))?;
    Ok(name)
}

/// The job: opens the file, takes its messages in, keeps what was rejected for download.
pub(crate) async fn take_in(
    context: JobContext,
    meaning: Arc<dyn Meaning>,
    folder: PathBuf,
) -> Result<String, JobFailed> {
    let gone = |_| JobFailed::because("The file is no longer kept. Upload it again.");
    let path = folder.join(argument(&context, "upload"));
    let sealed = std::fs::read(&path).map_err(gone)?;
    let bytes = context.db.vault().open(&sealed, FILE)?;
    drop(sealed);
    let scope = scope_of(&context.db, &context.job.site).await?;
    let name = argument(&context, "file").to_owned();
    context.progress(0, 0, "taking in messages").await;
    let files = [(name, bytes)];
    let report = import_hl7(&context.db, &meaning, files, Some(scope.site_id()), |_| {}).await?;
    let csv = rejects_csv(&report);
    let sealed = context.db.vault().seal(csv.as_bytes(), REJECTS)?;
    std::fs::write(folder.join(format!("{}.rejects", context.job.id)), sealed)
        .map_err(|error| JobFailed::because(format!("The list of rejects could not be kept: {error}.")))?;
    let _ = std::fs::remove_file(path);
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

fn rejects_csv(report: &ImportReport) -> String {
    let quote = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut text = "source,line,reason\n".to_owned();
    for reject in &report.rejects {
        text.push_str(&format!("{},{},{}\n", quote(&reject.source), reject.position, quote(&reject.reason)));
    }
    text
}

/// Why messages of a file were not applied, as a file; the reasons name nobody.
pub(crate) async fn rejects(visit: Visit) -> Answer {
    let id: Id<Job> = visit.name("job").parse().map_err(|_| Fault::NotFound)?;
    let scope = visit.narrowed(Permission::ADMIN_VIEW).ok_or(Fault::NotFound)?;
    let mut tx = visit.read().await?;
    visit.ctx.jobs.find(&mut tx, &scope, id).await?.ok_or(Fault::NotFound)?;
    drop(tx);
    let path = visit.ctx.folder.join(super::UPLOADS).join(format!("{id}.rejects"));
    let sealed = std::fs::read(path).map_err(|_| Fault::NotFound)?;
    let text = visit.ctx.db.vault().open(&sealed, REJECTS).map_err(|error: StoreError| Fault::from(error))?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"rejected-messages.csv\""),
    ];
    Ok((headers, text).into_response())
}
