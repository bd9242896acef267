//! Keys: which data key seals patients' names, making a new one, sealing the old again.
//!
//! No page ever shows a key. A new key is written to the key file and is used from the next start on; then
//! everything an older key sealed can be sealed again, so that the older one may be put away.

mod store;
#[cfg(test)]
mod tests;

use super::jobs::go_to_job;
use super::{kit, work};
use ::store::{Actor, Change, Keys, StoreError};
use area::{Answer, Fault, Visit};
use identity::Permission;
use jobs::{JobAsk, JobContext, JobFailed};
use std::path::PathBuf;
use web::{Button, Page, Panel, Status, breadcrumbs, columns, description_list, format, html, notice};

/// The key file of the installation's folder, when the keys are kept there and not in the environment.
fn key_file(visit: &Visit) -> Option<PathBuf> {
    Some(visit.ctx.folder.join("keys.json")).filter(|path| path.is_file())
}

fn may_rotate(visit: &Visit) -> bool {
    let is_top = visit.scope.as_ref().is_some_and(|scope| scope.path().parent().is_none());
    is_top && visit.may(Permission::ADMIN_EDIT)
}

pub(super) async fn page(visit: Visit) -> Answer {
    let active = visit.ctx.db.vault().active();
    let in_file = key_file(&visit).and_then(|path| Keys::read(&path).ok());
    let waits = in_file.as_ref().is_some_and(|keys| keys.active != active);
    let csrf = visit.who()?.csrf.clone();
    let facts = description_list([
        ("Active data key", format!("Number {active}")),
        (
            "Data keys in the file",
            in_file.as_ref().map_or("The keys are not in the folder".to_owned(), |keys| {
                format::count(i64::try_from(keys.data.len()).unwrap_or(0))
            }),
        ),
        ("Look-up key", "One, never changed: record numbers are found by it".to_owned()),
        ("Seal key", "One, never changed: the audit log hangs on it".to_owned()),
    ]);
    let rotate = html! {
        p { "A new key seals everything written from the next start on. What older keys sealed stays readable." }
        @if in_file.is_none() {
            p.sub { "The keys of this installation are not kept in its folder. Change them where they are kept, then restart." }
        } @else if waits {
            (notice(Status::Due, "A new key is in the file and waits for a restart of every server and worker. Then seal the old again."))
        } @else if may_rotate(&visit) {
            form method="post" action="/admin/keys/rotate" {
                input type="hidden" name="csrf" value=(csrf);
                (Button::submit("Make a new data key"))
            }
        }
    };
    let again = html! {
        p { "Opens and seals again whatever an older key sealed: names, record numbers, birth dates, messages, imported files. It runs beside daily work and can be stopped; asked again it goes on." }
        @if may_rotate(&visit) && !waits {
            form method="post" action="/admin/keys/reseal" {
                input type="hidden" name="csrf" value=(csrf);
                (Button::submit("Seal again with the active key"))
            }
        }
        p.sub { "When it has finished, and no backup you may need is older, the older key may be taken out of the file." }
    };
    let body = html! {
        (breadcrumbs(&[("Admin", "/admin")]))
        (kit::done_notice(&visit))
        (columns(
            html! { (Panel::new("1. Make a new key").prose(rotate)) (Panel::new("2. Seal the old again").prose(again)) },
            Panel::new("Now").prose(facts),
        ))
    };
    visit.show(&Page::new("Keys").context("What seals patients' names").body(body)).await
}

pub(super) async fn rotate(visit: Visit) -> Answer {
    if !may_rotate(&visit) {
        return Err(Fault::NotFound);
    }
    let path = key_file(&visit).ok_or_else(|| {
        Fault::Refused(
            "The keys are not in the folder of the installation. Change them where they are kept.".to_owned(),
        )
    })?;
    let mut keys = Keys::read(&path)?;
    if keys.active != visit.ctx.db.vault().active() {
        return Err(Fault::Conflict("A new key waits for a restart already. Restart first.".to_owned()));
    }
    keys.rotate()?;
    keys.write(&path)?;
    let (actor, active): (Actor, u32) = (visit.actor(), keys.active);
    let body = serde_json::json!({ "active": active });
    let change = Change { kind: "data key", record: active.to_string(), site: None, body };
    visit
        .ctx
        .db
        .write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.keep(&actor, change).await }))
        .await?;
    Ok(visit.go("/admin/keys"))
}

pub(super) async fn ask_reseal(visit: Visit) -> Answer {
    if !may_rotate(&visit) {
        return Err(Fault::NotFound);
    }
    let in_file = key_file(&visit).and_then(|path| Keys::read(&path).ok());
    if in_file.is_some_and(|keys| keys.active != visit.ctx.db.vault().active()) {
        let words = "A new key waits for a restart. Restart every server and worker, then seal again.";
        return Err(Fault::Conflict(words.to_owned()));
    }
    let ask = JobAsk {
        kind: work::RESEAL,
        site: visit.scope()?.path().clone(),
        title: String::new(),
        arguments: serde_json::json!({}),
        by: visit.actor().who,
        run_after: None,
    };
    go_to_job(&visit, ask).await
}

/// The job. A page a transaction, so that daily work goes on between pages.
pub(super) async fn reseal(context: JobContext) -> Result<String, JobFailed> {
    let (mut n_seen, mut n_sealed) = (0, 0);
    for sealed in &store::SEALED {
        let mut after = store::start(sealed);
        loop {
            context.check()?;
            let from = after.clone();
            let page = context
                .db
                .write::<_, StoreError, _>(move |tx| {
                    Box::pin(async move { store::seal_page(tx, sealed, &from).await })
                })
                .await?;
            n_seen += page.n_seen;
            n_sealed += page.n_sealed;
            context.progress(n_seen, 0, sealed.words).await;
            match page.last {
                Some(last) => after = last,
                None => break,
            }
        }
    }
    context.progress(n_seen, n_seen, "done").await;
    let active = context.db.vault().active();
    Ok(format!(
        "{} sealed values looked at, {} of them sealed again. All are under key {active} now.",
        format::count(n_seen),
        format::count(n_sealed)
    ))
}
