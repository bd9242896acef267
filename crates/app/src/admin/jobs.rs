//! Long work: the list, one job with its progress, stopping it.

use super::kit::{self, Names};
use ::jobs::{CancelOutcome, Job, JobAsk, JobState};
use ::store::StoreError;
use area::{Answer, Cell as FileCell, Export, Fault, Visit};
use base::Id;
use identity::{Permission, Scope};
use web::{
    Button, Cell, Column, Empty, FilterBar, JobPanel, Page, Paging, Panel, Row, Status, Table, chip,
    description_list, format, html,
};

/// Asks for work and goes to its page.
pub(crate) async fn go_to_job(visit: &Visit, ask: JobAsk) -> Answer {
    let jobs = visit.ctx.jobs.clone();
    let id: Id<Job> = visit
        .ctx
        .db
        .write::<_, StoreError, _>(move |tx| Box::pin(async move { jobs.ask(tx, ask).await }))
        .await?;
    Ok(visit.go(&format!("/jobs/{id}")))
}

const STATES: [(&str, &str, JobState); 5] = [
    ("waiting", "Waiting", JobState::Waiting),
    ("running", "Running", JobState::Running),
    ("done", "Done", JobState::Done),
    ("failed", "Failed", JobState::Failed),
    ("cancelled", "Stopped", JobState::Cancelled),
];

pub(super) async fn list(visit: Visit) -> Answer {
    let asked = visit.query.text("state");
    let state = STATES.iter().find(|(key, _, _)| *key == asked).map(|(_, _, state)| *state);
    let page: i64 = visit.query.text("page").parse().unwrap_or(1).max(1);
    let n_rows = i64::try_from(kit::ROWS).unwrap_or(50);
    let is_file = visit.query.find("format").is_some();
    let (offset, limit) = if is_file { (0, 500) } else { ((page - 1).saturating_mul(n_rows), n_rows) };
    let mut tx = visit.read().await?;
    let found = visit.ctx.jobs.list(&mut tx, visit.scope()?, state, offset, limit).await?;
    let names = Names::of(&mut tx, found.jobs.iter().map(|job| job.asked_by.as_str())).await?;
    drop(tx);
    if let Some(file) = kit::export(&visit, || file(&found.jobs, &names)) {
        return file;
    }
    let (csv, xlsx) = kit::file_hrefs(&visit);
    let n_shown = i64::try_from(found.jobs.len()).unwrap_or(0);
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    let href = |page: i64| Some(kit::here(&visit, "page", Some(&page.to_string())));
    let paging = Paging {
        first: count(if n_shown == 0 { 0 } else { offset + 1 }),
        last: count(offset + n_shown),
        total: count(found.n_all),
        previous_href: if page > 1 { href(page - 1) } else { None },
        next_href: if offset + n_shown < found.n_all { href(page + 1) } else { None },
    };
    let empty = if state.is_some() {
        Empty::filtered("/admin/jobs")
    } else {
        Empty::new(
            "No long work yet",
            "Imports, replays, backups and checks of the log will stand here while they run and after.",
        )
    };
    let table = Table::new("jobs", "Long work")
        .column(Column::text("Work"))
        .column(Column::text("State"))
        .column(Column::text("Asked by").not_on_phones())
        .column(Column::text("Asked"))
        .column(Column::text("Result").wide().only_wide_screens())
        .rows(found.jobs.iter().map(|job| line(job, &names, &visit)))
        .paging(paging)
        .downloads(csv, xlsx)
        .empty(empty);
    let mut options = vec![("", "Any")];
    options.extend(STATES.iter().map(|(key, words, _)| (*key, *words)));
    let body = html! {
        (FilterBar::new("/admin/jobs").select("state", "State", &options, asked).clear("/admin/jobs"))
        (Panel::default().id("job-list").stream("jobs").body(table))
    };
    visit.show(&Page::new("Jobs").context("Long work, newest first").refresh(15).body(body)).await
}

fn line(job: &Job, names: &Names, visit: &Visit) -> Row {
    Row::default()
        .cell(Cell::link(&job.title, format!("/jobs/{}", job.id)))
        .cell(match job.state {
            JobState::Waiting => chip(Status::Plain, "Waiting"),
            JobState::Running => chip(Status::Plain, "Running"),
            JobState::Done => chip(Status::Done, "Done"),
            JobState::Failed => chip(Status::Breach, "Failed"),
            JobState::Cancelled => chip(Status::Due, "Stopped"),
        })
        .cell(Cell::dim(asker(job, names)))
        .cell(format::instant(job.asked_at, &visit.zone(), visit.now))
        .cell(Cell::dim(format::clipped(&job.result, 160)))
}

fn asker(job: &Job, names: &Names) -> String {
    if job.asked_by.starts_with("schedule") { "Schedule".to_owned() } else { names.get(&job.asked_by) }
}

fn file(jobs: &[Job], names: &Names) -> Export {
    let columns = ["id", "kind", "title", "site", "state", "asked_by", "asked_at", "finished_at", "result"];
    let mut export = Export::new("jobs", &columns);
    for job in jobs {
        let state = STATES.iter().find(|(_, _, state)| *state == job.state).map_or("", |(key, _, _)| key);
        export.rows.push(vec![
            FileCell::from(job.id.to_string()),
            FileCell::from(job.kind.as_str()),
            FileCell::from(job.title.as_str()),
            FileCell::from(job.site.as_str()),
            FileCell::from(state),
            FileCell::from(asker(job, names)),
            FileCell::from(job.asked_at.to_string()),
            FileCell::from(job.finished_at.map(|at| at.to_string()).unwrap_or_default()),
            FileCell::from(job.result.as_str()),
        ]);
    }
    export
}

/// The job the address names and the scope that shows it: one's own, or any to administration.
async fn find(visit: &Visit) -> Result<(Job, Scope), Fault> {
    let id: Id<Job> = visit.name("id").parse().map_err(|_| Fault::NotFound)?;
    let access = &visit.who()?.access;
    let mut tx = visit.read().await?;
    for permission in [Permission::ADMIN_EDIT, Permission::ADMIN_VIEW, Permission::ME] {
        for top in access.sites_for(&visit.tree, permission, visit.today()) {
            let day = figures::today(&visit.tree, &top, visit.now);
            let Some(scope) = access.scope(&visit.tree, permission, &top, day) else { continue };
            if let Some(job) = visit.ctx.jobs.find(&mut tx, &scope, id).await? {
                return Ok((job, scope));
            }
        }
    }
    Err(Fault::NotFound)
}

pub(super) async fn page(visit: Visit) -> Answer {
    let (job, _) = find(&visit).await?;
    let mut tx = visit.read().await?;
    let names = Names::of(&mut tx, std::iter::once(job.asked_by.as_str())).await?;
    drop(tx);
    let end = job.finished_at.unwrap_or(visit.now);
    let seconds = job.started_at.map_or(0, |from| end.duration_since(from).as_secs());
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    let mut facts = Vec::new();
    if !job.note.is_empty() && !job.state.is_settled() {
        facts.push(("Now".to_owned(), job.note.clone()));
    }
    if job.is_cancel_asked && job.state == JobState::Running {
        facts.push(("Stop".to_owned(), "Asked for; it ends at its next step".to_owned()));
    }
    if !job.result.is_empty() {
        let words = if job.state == JobState::Failed { "Why it failed" } else { "Result" };
        facts.push((words.to_owned(), job.result.clone()));
    }
    let total = if job.n_total > 0 { Some(count(job.n_total)) } else { None };
    let panel = JobPanel {
        id: "job".to_owned(),
        title: job.title.clone(),
        state: match job.state {
            JobState::Waiting => web::JobState::Waiting,
            JobState::Running => web::JobState::Running,
            JobState::Done => web::JobState::Done,
            JobState::Failed => web::JobState::Failed,
            JobState::Cancelled => web::JobState::Stopped,
        },
        elapsed_seconds: u64::try_from(seconds).unwrap_or(0),
        // A job that is done has done every step, also one that found fewer to do than it had counted.
        progress: match total.filter(|_| job.state == JobState::Done) {
            Some(total) => (total, Some(total)),
            None => (count(job.n_done), total),
        },
        unit: "steps done".to_owned(),
        facts,
        stop: Some((format!("/jobs/{}/stop", job.id), visit.who()?.csrf.clone())),
        result: result(&job),
        topic: format!("job:{}", job.id),
    };
    let about = description_list([
        ("Asked by", asker(&job, &names)),
        ("Asked", format::instant(job.asked_at, &visit.zone(), visit.now)),
        ("Site", kit::site_name(&visit, &job.site)),
    ]);
    let body = html! {
        (panel)
        (Panel::default().prose(html! {
            (about)
            @if !job.state.is_settled() { p.sub { "You may leave this page; the work goes on, and its end appears under Needs you." } }
        }))
    };
    let mut page = Page::new(job.title.clone()).context("Long work").body(web::stack(body));
    if !job.state.is_settled() {
        page = page.refresh(5);
    }
    if sees_list(&visit) {
        page = page.actions(html! { (Button::link("All jobs", "/admin/jobs")) });
    }
    visit.show(&page).await
}

/// Where what came out of it is.
fn result(job: &Job) -> Option<(String, String)> {
    let import = || job.arguments.get("import").and_then(serde_json::Value::as_str);
    match (job.kind.as_str(), job.state) {
        (super::work::COMMIT | super::work::UNDO | super::work::HL7, JobState::Done | JobState::Failed) => {
            import().map(|id| ("See the import".to_owned(), format!("/admin/imports/{id}")))
        }
        (super::work::BACKUP, JobState::Done) => {
            Some(("See the backups".to_owned(), "/admin/backups".to_owned()))
        }
        (super::work::REPLAY, JobState::Done) => {
            let feed = job.arguments.get("feed").and_then(serde_json::Value::as_str)?;
            Some(("See the feed".to_owned(), format!("/admin/feeds/{feed}")))
        }
        (super::work::VERIFY, JobState::Done | JobState::Failed) => {
            Some(("Back to the audit log".to_owned(), "/admin/audit".to_owned()))
        }
        _ => None,
    }
}

/// Whether the list of all jobs opens for the visitor.
fn sees_list(visit: &Visit) -> bool {
    let Some(who) = &visit.who else { return false };
    !who.access.sites_for(&visit.tree, Permission::ADMIN_VIEW, visit.today()).is_empty()
}

/// Jobs live at their own address; the one under a site leads there.
pub(super) async fn moved(visit: Visit) -> Answer {
    let (job, _) = find(&visit).await?;
    Ok(visit.go(&format!("/jobs/{}", job.id)))
}

pub(super) async fn stop(visit: Visit) -> Answer {
    let (job, scope) = find(&visit).await?;
    let (jobs, actor) = (visit.ctx.jobs.clone(), visit.actor());
    let outcome = visit
        .ctx
        .db
        .write::<_, StoreError, _>(move |tx| {
            Box::pin(async move { jobs.cancel(tx, &scope, &actor, job.id).await })
        })
        .await?;
    match outcome {
        CancelOutcome::NotFound => Err(Fault::NotFound),
        CancelOutcome::Cancelled | CancelOutcome::Asked | CancelOutcome::Settled => {
            Ok(visit.go(&format!("/jobs/{}", visit.name("id"))))
        }
    }
}
