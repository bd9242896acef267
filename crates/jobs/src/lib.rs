//! Long work: a durable queue with progress, cancel and schedule, and live events.
//!
//! A job is a row. Whoever asks for one ([`Jobs::ask`]) does so in their own transaction, so the work and
//! what caused it are saved together; a worker ([`run_worker`]) in this or another process takes it, and
//! the row tells how far it is. A job may start again after its process died, so its work must bear that.
//! Not here: what any job does (areas declare [`JobKind`]s), pages, and the event stream over HTTP, which
//! reads [`Live`].
//!
//! Start with [`Jobs`], then [`JobContext`].

mod live;
mod model;
mod schedule;
mod store;
#[cfg(test)]
mod tests;
mod worker;

pub use live::{Event, Live, Subscription};
pub use model::{Job, JobFailed, JobKind, JobState, Registry, RunFn, TwiceDeclared};
pub use schedule::{BadSchedule, Schedule, Timing, list_schedules, next_due};
pub use store::{CancelOutcome, JobAsk, JobPage, Jobs, finished_jobs};
pub use worker::{JobContext, run_next, run_worker};
