//! Backups: the files there are, making one, fetching one, how to restore.

use super::jobs::go_to_job;
use super::{kit, work};
use ::store::{Actor, Change, StoreError};
use area::{Answer, Cell as FileCell, Export, Fault, Visit};
use axum::http::header;
use axum::response::IntoResponse as _;
use base::SitePath;
use identity::{Permission, Role};
use jiff::Timestamp;
use jobs::JobAsk;
use std::path::PathBuf;
use web::{Button, Cell, Column, Empty, Page, Panel, Row, Table, breadcrumbs, columns, format, html};

struct Backup {
    name: String,
    at: Option<Timestamp>,
    n_bytes: u64,
}

fn folder(visit: &Visit) -> PathBuf {
    visit.ctx.folder.join("backups")
}

/// Whole backups, newest first; half written ones have another ending.
fn list_files(visit: &Visit) -> Vec<Backup> {
    let Ok(entries) = std::fs::read_dir(folder(visit)) else { return Vec::new() };
    let mut files: Vec<Backup> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let about = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
            let at = about.modified().ok().and_then(|at| Timestamp::try_from(at).ok());
            let is_whole = name.contains("backup") && !name.ends_with(".partial") && !name.ends_with(".keys");
            is_whole.then_some(Backup { name, at, n_bytes: about.len() })
        })
        .collect();
    files.sort_by(|a, b| (b.at, &b.name).cmp(&(a.at, &a.name)));
    files
}

/// Whether the visitor keeps the whole installation: a backup holds every site.
fn keeps_all(visit: &Visit) -> bool {
    let Some(who) = &visit.who else { return false };
    let tops: Vec<&SitePath> =
        visit.tree.all().iter().filter(|site| site.parent_id.is_none()).map(|site| &site.path).collect();
    let today = visit.today();
    !tops.is_empty()
        && tops.iter().all(|top| {
            who.access.roles_at(&visit.tree, top, today).contains(&Role::Administrator)
                && who.access.allows(&visit.tree, Permission::ADMIN_EDIT, top, today)
        })
}

/// 1,234,567 bytes as people read them.
fn size(n_bytes: u64) -> String {
    let kib = n_bytes.div_ceil(1024);
    let written = |n: u64| format::count(i64::try_from(n).unwrap_or(i64::MAX));
    if kib < 10_000 { format!("{} KB", written(kib)) } else { format!("{} MB", written(kib / 1024)) }
}

pub(super) async fn list(visit: Visit) -> Answer {
    let files = list_files(&visit);
    if let Some(file) = kit::export(&visit, || file(&files)) {
        return file;
    }
    let keeps = keeps_all(&visit);
    let csrf = visit.who()?.csrf.clone();
    let (csv, xlsx) = kit::file_hrefs(&visit);
    let table = Table::new("backups", "Backups")
        .column(Column::text("File"))
        .column(Column::text("Made"))
        .column(Column::text("Size"))
        .column(Column::text(""))
        .rows(files.iter().map(|backup| {
            let fetch = html! { @if keeps { (Button::link("Download", format!("/admin/backups/{}", backup.name)).small().about(&backup.name)) } };
            Row::default()
                .cell(backup.name.clone())
                .cell(backup.at.map_or(String::new(), |at| format::instant(at, &visit.zone(), visit.now)))
                .cell(Cell::dim(size(backup.n_bytes)))
                .cell(Cell::of(fetch))
        }))
        .downloads(csv, xlsx)
        .empty(Empty::new("No backup yet", "Backups made here lie in the folder of the installation and are listed here."));
    let how = html! {
        (Panel::new("Restoring").prose(html! {
            p { "A backup is restored into a new folder, never over a running installation:" }
            p { code { "helmward restore FILE --dir NEW-FOLDER --keys KEYS-FILE" } }
            p.sub { "Patients' names in it are sealed. Keep a copy of the key file apart from the backups: without it names cannot be read again, and whoever holds both can read them." }
        }))
        (Panel::new("Before an upgrade").prose(html! { p.sub { "A backup is made by itself before the schema changes." } }))
    };
    let body = html! {
        (breadcrumbs(&[("Admin", "/admin")]))
        (columns(Panel::default().body(table), how))
    };
    let mut page = Page::new("Backups").context("The whole installation in one file").body(body);
    if keeps {
        page = page.actions(html! { form method="post" action="/admin/backups" {
            input type="hidden" name="csrf" value=(csrf);
            (Button::submit("Make a backup").primary())
        } });
    }
    visit.show(&page).await
}

fn file(files: &[Backup]) -> Export {
    let mut export = Export::new("backups", &["file", "made_at", "bytes"]);
    for backup in files {
        export.rows.push(vec![
            FileCell::from(backup.name.as_str()),
            FileCell::from(backup.at.map(|at| at.to_string()).unwrap_or_default()),
            FileCell::from(i64::try_from(backup.n_bytes).unwrap_or(i64::MAX)),
        ]);
    }
    export
}

pub(super) async fn make(visit: Visit) -> Answer {
    if !keeps_all(&visit) {
        return Err(Fault::NotFound);
    }
    let ask = JobAsk {
        kind: work::BACKUP,
        site: visit.scope()?.path().clone(),
        title: String::new(),
        arguments: serde_json::json!({}),
        by: visit.actor().who,
        run_after: None,
    };
    go_to_job(&visit, ask).await
}

/// The file itself; that it was fetched is kept in history.
pub(super) async fn fetch(visit: Visit) -> Answer {
    if !keeps_all(&visit) {
        return Err(Fault::NotFound);
    }
    // Only a name that the folder lists: no path can lead out of it.
    let name = visit.name("file").to_owned();
    list_files(&visit).into_iter().find(|backup| backup.name == name).ok_or(Fault::NotFound)?;
    let path = folder(&visit).join(&name);
    let actor: Actor = visit.actor();
    let body = serde_json::json!({ "downloaded": true });
    let change = Change { kind: "backup", record: name.clone(), site: None, body };
    visit
        .ctx
        .db
        .write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.keep(&actor, change).await }))
        .await?;
    let bytes = tokio::task::spawn_blocking(move || std::fs::read(path)).await;
    let bytes = bytes
        .map_err(|_| Fault::Ours("reading a backup was stopped".to_owned()))?
        .map_err(|error| Fault::Ours(format!("a backup could not be read: {error}")))?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", name.replace('"', ""))),
    ];
    Ok((headers, bytes).into_response())
}
