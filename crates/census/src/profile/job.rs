//! The job that works the whole census out anew, after a profile, a unit's care or its codes were changed.
//! Cost: about a minute for two million facts.

use crate::adt::corrections::work_all_anew;
use area::Visit;
use jobs::{JobAsk, JobContext, JobFailed, JobKind};

/// The key of the kind of job.
pub const KIND: &str = "census.work_out";

/// The kind of job.
#[must_use]
pub fn kind() -> JobKind {
    JobKind::new(KIND, "Work the census out anew", |context| Box::pin(work(context)))
}

async fn work(context: JobContext) -> Result<String, JobFailed> {
    context.progress(0, 1, "stays and days").await;
    let n_cases = work_all_anew(&context.db, |_, _| {}).await?;
    context.progress(1, 1, "done").await;
    context.jobs().live().publish("census", context.job.site.as_str());
    Ok(format!("{n_cases} cases were worked out anew, and every day was summed again."))
}

/// What a page asks for after a change.
pub(crate) fn ask(visit: &Visit, site: base::SitePath) -> Result<JobAsk, area::Fault> {
    Ok(JobAsk {
        kind: KIND,
        site,
        title: String::new(),
        arguments: serde_json::json!({}),
        by: visit.who()?.access.person_id().to_string(),
        run_after: None,
    })
}
