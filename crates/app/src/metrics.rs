//! Counts for whoever watches the program, in the text form Prometheus reads. Nothing of any patient: only
//! routes as patterns, statuses, states and numbers.

use area::Ctx;
use axum::http::Method;
use identity::{Scope, SiteTree};
use jobs::JobState;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use store::StoreError;

/// Upper ends of the duration classes, in milliseconds.
const CLASSES_MS: [u64; 10] = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000];

/// What this process counts.
#[derive(Debug)]
pub(crate) struct Metrics {
    n_requests: AtomicU64,
    /// Told apart from those of earlier runs by the moment it started.
    mark: u64,
    requests: Mutex<BTreeMap<(String, String), Tally>>,
}

#[derive(Debug, Default)]
struct Tally {
    by_status: BTreeMap<u16, u64>,
    /// Requests at most as long as the class, not summed.
    classes: [u64; CLASSES_MS.len()],
    micros: u64,
    n: u64,
}

impl Metrics {
    pub(crate) fn new() -> Metrics {
        let millis = jiff::Timestamp::now().as_millisecond();
        Metrics {
            n_requests: AtomicU64::new(0),
            mark: u64::try_from(millis).unwrap_or(0) & 0xffff_ffff,
            requests: Mutex::new(BTreeMap::new()),
        }
    }

    /// The id of the next request: the same in its answer and in the log.
    pub(crate) fn next_request_id(&self) -> String {
        let n = self.n_requests.fetch_add(1, Ordering::Relaxed) + 1;
        format!("{:08x}-{n:x}", self.mark)
    }

    pub(crate) fn count_request(&self, method: &Method, route: &str, status: u16, took: Duration) {
        // Any word may come as a method; only the usual ones get a row.
        let usual = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        let method = if usual.contains(method) { method.as_str() } else { "other" };
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = requests.entry((route.to_owned(), method.to_owned())).or_default();
        *tally.by_status.entry(status).or_default() += 1;
        tally.n += 1;
        tally.micros += u64::try_from(took.as_micros()).unwrap_or(0);
        let class = CLASSES_MS.iter().position(|&ms| took <= Duration::from_millis(ms));
        if let Some(count) = class.and_then(|class| tally.classes.get_mut(class)) {
            *count += 1;
        }
    }

    fn write(&self, out: &mut String) {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        head(out, "helmward_http_requests_total", "counter", "Requests answered.");
        for ((route, method), tally) in requests.iter() {
            for (status, n) in &tally.by_status {
                let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
                let _ = writeln!(out, "helmward_http_requests_total{{{labels}}} {n}");
            }
        }
        let name = "helmward_http_request_seconds";
        head(out, name, "histogram", "Time from the request's head to the answer's head.");
        for ((route, method), tally) in requests.iter() {
            let labels = format!("method=\"{method}\",route=\"{route}\"");
            let mut n_up_to = 0;
            for (ms, n) in CLASSES_MS.iter().zip(tally.classes) {
                n_up_to += n;
                let end = seconds(ms * 1_000);
                let _ = writeln!(out, "{name}_bucket{{{labels},le=\"{end}\"}} {n_up_to}");
            }
            let _ = writeln!(out, "{name}_bucket{{{labels},le=\"+Inf\"}} {}", tally.n);
            let _ = writeln!(out, "{name}_sum{{{labels}}} {}", seconds(tally.micros));
            let _ = writeln!(out, "{name}_count{{{labels}}} {}", tally.n);
        }
    }
}

/// Microseconds as exact decimal seconds.
fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn one(out: &mut String, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
    head(out, name, kind, help);
    let _ = writeln!(out, "{name} {value}");
}

/// Everything, as text. What the database does not answer is left out; `helmward_up_database` then says 0.
pub(crate) async fn gather(ctx: &Ctx, metrics: &Metrics) -> String {
    let mut out = String::with_capacity(8_192);
    metrics.write(&mut out);
    let commits = ctx.db.n_commits();
    one(&mut out, "helmward_commits_total", "counter", "Durable commits of this process.", commits);
    let waiting = ctx.receiver.n_waiting();
    one(
        &mut out,
        "helmward_receive_queue",
        "gauge",
        "Messages waiting to be kept or to be applied.",
        waiting,
    );
    let started = ctx.started.as_second();
    one(&mut out, "helmward_start_time_seconds", "gauge", "When this process started.", started);
    let mut stored = String::new();
    let answered = gather_stored(ctx, &mut stored).await;
    if let Err(error) = &answered {
        tracing::warn!(%error, "the database's counts were not read");
    }
    let is_up = u8::from(answered.is_ok());
    one(&mut out, "helmward_up_database", "gauge", "Whether the database answers.", is_up);
    if answered.is_ok() {
        out.push_str(&stored);
    }
    out
}

async fn gather_stored(ctx: &Ctx, out: &mut String) -> Result<(), StoreError> {
    let mut tx = ctx.db.read().await?;
    let tree = ctx.tree(&mut tx).await?;
    let tops = tops(&tree);
    let mut seen = BTreeSet::new();
    let (mut received, mut applied, mut ignored, mut duplicate, mut refused, mut open) = (0, 0, 0, 0, 0, 0);
    for scope in &tops {
        for feed in intake::list_feeds(&mut tx, scope).await? {
            // A feed without a site yet is listed under every top.
            if seen.insert(feed.id.clone()) {
                received += feed.n_received;
                applied += feed.n_applied;
                ignored += feed.n_ignored;
                duplicate += feed.n_duplicate;
                refused += feed.n_refused;
                open += feed.n_open_faults;
            }
        }
    }
    one(out, "helmward_messages_received_total", "counter", "Messages that arrived, ever.", received);
    let name = "helmward_messages_total";
    head(out, name, "counter", "Messages by what became of them, ever.");
    let outcomes =
        [("applied", applied), ("ignored", ignored), ("duplicate", duplicate), ("refused", refused)];
    for (outcome, n) in outcomes {
        let _ = writeln!(out, "{name}{{outcome=\"{outcome}\"}} {n}");
    }
    one(out, "helmward_message_faults_open", "gauge", "Messages that wait for a person.", open);
    let name = "helmward_jobs";
    head(out, name, "gauge", "Jobs by state.");
    let states = [
        (JobState::Waiting, "waiting"),
        (JobState::Running, "running"),
        (JobState::Done, "done"),
        (JobState::Failed, "failed"),
        (JobState::Cancelled, "cancelled"),
    ];
    for (state, word) in states {
        let mut n = 0;
        for scope in &tops {
            n += ctx.jobs.list(&mut tx, scope, Some(state), 0, 1).await?.n_all;
        }
        let _ = writeln!(out, "{name}{{state=\"{word}\"}} {n}");
    }
    Ok(())
}

fn tops(tree: &SiteTree) -> Vec<Scope> {
    let tops = tree.all().iter().filter(|site| site.parent_id.is_none());
    tops.filter_map(|site| Scope::operator(tree, &site.path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_add_up_and_name_no_path() {
        let metrics = Metrics::new();
        for ms in [3, 30, 20_000] {
            let took = Duration::from_millis(ms);
            metrics.count_request(&Method::GET, "/at/{scope}/today", 200, took);
        }
        metrics.count_request(&Method::from_bytes(b"BREW").unwrap(), "none", 404, Duration::ZERO);
        let mut out = String::new();
        metrics.write(&mut out);
        let labels = "method=\"GET\",route=\"/at/{scope}/today\"";
        assert!(out.contains(&format!("helmward_http_requests_total{{{labels},status=\"200\"}} 3")));
        assert!(out.contains(&format!("helmward_http_request_seconds_bucket{{{labels},le=\"0.005\"}} 1")));
        assert!(out.contains(&format!("helmward_http_request_seconds_bucket{{{labels},le=\"0.05\"}} 2")));
        assert!(out.contains(&format!("helmward_http_request_seconds_bucket{{{labels},le=\"+Inf\"}} 3")));
        assert!(out.contains(&format!("helmward_http_request_seconds_sum{{{labels}}} 20.033")));
        assert!(out.contains("method=\"other\",route=\"none\",status=\"404\""));
    }

    #[test]
    fn seconds_are_exact_decimals() {
        assert_eq!(seconds(5_000), "0.005");
        assert_eq!(seconds(10_000_000), "10");
        assert_eq!(seconds(0), "0");
    }
}
