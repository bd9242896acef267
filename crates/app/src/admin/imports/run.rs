//! One import: its mapping and what a commit would do; later what it did, and taking it back.

use super::super::jobs::go_to_job;
use super::super::kit::{self, sentence};
use super::super::work::{self, actor, argument, scope_of};
use super::{importer, state, title};
use ::store::StoreError;
use area::{Answer, Fault, Visit};
use axum::http::header;
use axum::response::IntoResponse as _;
use base::Id;
use identity::access_log::log_view;
use identity::{ImportCounts, Permission, Reject};
use intake::import::{
    BadFile, CannotImport, ColumnRef, FileHead, ImportRun, Importer, MESSAGES, Mapping, Preview, RunState,
    find_run, head, message_rejects_csv, preview, put_mapping, rejects_csv,
};
use jobs::{JobAsk, JobContext, JobFailed};
use std::collections::BTreeMap;
use std::sync::Arc;
use web::{
    Button, Cell, Column, Empty, Errors, Field, Form, MapColumn, Markup, Page, Panel, Row, Status, Table,
    breadcrumbs, columns, description_list, format, html, import_counts, map_columns, notice, stack, steps,
};

/// Reasons shown before the commit; the file of rejects holds all.
const REJECTS_SHOWN: usize = 20;

async fn find(visit: &Visit) -> Result<ImportRun, Fault> {
    let id: Id<ImportRun> = visit.name("id").parse().map_err(|_| Fault::NotFound)?;
    find_run(&mut visit.read().await?, visit.scope()?, id).await?.ok_or(Fault::NotFound)
}

/// An import of rows; one of messages has nothing to map, commit or undo.
async fn load(visit: &Visit) -> Result<(ImportRun, Arc<dyn Importer>), Fault> {
    let run = find(visit).await?;
    let importer = importer(&run.kind).ok_or(Fault::NotFound)?;
    Ok((run, importer))
}

/// Whether the rows themselves may be shown: those of stays name patients.
async fn may_see_rows(visit: &Visit, run: &ImportRun) -> Result<bool, Fault> {
    if run.kind != "stays" {
        return Ok(true);
    }
    let Some(phi) = visit.narrowed(Permission::CENSUS_PHI) else { return Ok(false) };
    let (person, site) = (visit.who()?.access.person_id(), phi.path().clone());
    let subject = format!("import {}", run.id);
    visit
        .ctx
        .db
        .write::<_, StoreError, _>(move |tx| {
            Box::pin(async move { log_view(tx, person, &site, "/admin/imports/{id}", &subject).await })
        })
        .await?;
    Ok(true)
}

fn fault(refused: CannotImport) -> Fault {
    match refused {
        CannotImport::NotFound => Fault::NotFound,
        CannotImport::Store(error) => error.into(),
        CannotImport::State { .. }
        | CannotImport::TooLate { .. }
        | CannotImport::FileGone
        | CannotImport::Depends { .. } => Fault::Conflict(sentence(&refused.to_string())),
        CannotImport::File(_) | CannotImport::Mapping(_) => Fault::Refused(sentence(&refused.to_string())),
    }
}

pub(crate) async fn page(visit: Visit) -> Answer {
    let run = find(&visit).await?;
    if run.kind == MESSAGES {
        return show_done(&visit, &run).await;
    }
    let importer = importer(&run.kind).ok_or(Fault::NotFound)?;
    match run.state {
        RunState::Draft => {
            let mapping = run.mapping.clone();
            show_draft(&visit, &run, importer.as_ref(), &mapping, Errors::new()).await
        }
        RunState::Running | RunState::Done | RunState::Undone | RunState::Failed => {
            show_done(&visit, &run).await
        }
    }
}

/// The draft: what each column means, the first rows, the counts, and the commit.
async fn show_draft(
    visit: &Visit,
    run: &ImportRun,
    importer: &dyn Importer,
    mapping: &Mapping,
    mut errors: Errors,
) -> Answer {
    let (db, scope) = (&visit.ctx.db, visit.scope()?);
    let (seen, first) = match preview(db, importer, scope, run.id, mapping).await {
        Ok(seen) => {
            let first = FileHead { header: seen.header.clone(), rows: seen.rows.clone() };
            (Some(seen), Some(first))
        }
        Err(CannotImport::Store(error)) => return Err(error.into()),
        Err(refused) => {
            let is_unmapped = matches!(refused, CannotImport::File(BadFile::NoColumn { .. }));
            let first = head(db, scope, run.id, mapping).await.ok().filter(|_| is_unmapped);
            let words = first.as_ref().and_then(|first| to_choose(importer, mapping, &first.header));
            errors.add("", words.unwrap_or_else(|| sentence(&refused.to_string())));
            (None, first)
        }
    };
    let shows_rows = may_see_rows(visit, run).await?;
    let choices = first.map(|first| map_choices(importer, mapping, &first, shows_rows)).unwrap_or_default();
    let csrf = &visit.who()?.csrf;
    let at = format!("/admin/imports/{}", run.id);
    let map = Form::post(format!("{at}/map"), csrf)
        .errors(&errors)
        .part(map_columns(&choices))
        .field(
            Field::text("date_format", "How dates are written")
                .optional()
                .hint("Such as %m/%d/%Y %H:%M; ISO 8601 when empty")
                .value(mapping.date_format.clone().unwrap_or_default()),
        )
        .field(
            Field::text("save_as", "Keep this mapping as")
                .optional()
                .hint("Name of the system the file comes from"),
        )
        .button(if seen.is_some() {
            Button::submit("Check again")
        } else {
            Button::submit("Check again").primary()
        });
    let body = html! {
        (breadcrumbs(&[("Admin", "/admin"), ("Imports", "/admin/imports")]))
        (steps(&["Upload", "Map and check", "Commit"], 2))
        @if let Some(seen) = &seen {
            (stack(html! {
                (columns(
                    Panel::new("What the columns mean").prose(map),
                    Panel::new("What a commit would do").prose(html! {
                        (import_counts(web_counts(&seen.report.counts), None))
                        (commit_form(&at, csrf, &seen.report.counts))
                    }),
                ))
                (rejected(&seen.report.rejects, shows_rows))
                (first_rows(seen, shows_rows))
            }))
        } @else {
            (Panel::new("What the columns mean").prose(map))
        }
    };
    let page = Page::new(format!("Import: {}", title(&run.kind))).context(run.file_name.clone());
    visit.show(&page.errors(&errors).body(body)).await
}

fn web_counts(counts: &ImportCounts) -> web::ImportCounts {
    let n = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    web::ImportCounts {
        new: n(counts.new),
        changed: n(counts.changed),
        same: n(counts.same),
        rejected: n(counts.rejected),
    }
}

fn commit_form(at: &str, csrf: &str, counts: &ImportCounts) -> Markup {
    let n = counts.new + counts.changed;
    html! {
        form method="post" action={ (at) "/commit" } {
            input type="hidden" name="csrf" value=(csrf);
            @if n == 0 { p.sub { "Nothing in the file is new or changed." } }
            (Button::submit(format!("Commit {}", format::n_of(i64::try_from(n).unwrap_or(i64::MAX), "row", "rows"))).primary())
        }
        p.sub { "Rejected rows stay out; you get them as a file with a reason. The import can be undone for 7 days." }
    }
}

fn rejected(rejects: &[Reject], shows_values: bool) -> Markup {
    if rejects.is_empty() {
        return html! {};
    }
    let table = Table::new("rejects", "Rejected rows")
        .column(Column::text("Line"))
        .column(Column::text("Column"))
        .column(Column::text("Value").not_on_phones())
        .column(Column::text("What is wrong and what to do").wide())
        .rows(rejects.iter().take(REJECTS_SHOWN).map(|reject| {
            let value = if shows_values { reject.value.as_str() } else { "hidden" };
            Row::default()
                .cell(i64::try_from(reject.line).unwrap_or(0))
                .cell(reject.column.clone())
                .cell(Cell::dim(value))
                .cell(format!("{}. {}.", sentence(&reject.expected), reject.next))
        }));
    let context = format!("first {REJECTS_SHOWN} of {}", rejects.len());
    html! { (Panel::new("Rejected rows").context(if rejects.len() > REJECTS_SHOWN { context } else { String::new() }).body(table)) }
}

fn first_rows(seen: &Preview, shows_rows: bool) -> Markup {
    if !shows_rows {
        return html! { (Panel::new("First rows").prose(html! {
            p.sub { "The rows name patients. They are shown to roles that may see patients here." }
        })) };
    }
    let mut table = Table::new("rows", "First rows of the file").column(Column::text("Line"));
    for name in &seen.header {
        table = table.column(Column::text(name));
    }
    let rows = seen.rows.iter().map(|(line, cells)| {
        let mut row = Row::default().cell(i64::try_from(*line).unwrap_or(0));
        for cell in cells.iter().take(seen.header.len()) {
            row = row.cell(cell.clone());
        }
        row
    });
    let table = table.rows(rows).empty(Empty::new("No rows", "The file has a header and nothing below it."));
    html! { (Panel::new("First rows").context("as they stand in the file").body(table)) }
}

/// The fields that every row needs and no column fills yet, in a sentence.
fn to_choose(importer: &dyn Importer, mapping: &Mapping, header: &[String]) -> Option<String> {
    let first = FileHead { header: header.to_vec(), rows: Vec::new() };
    let columns = map_choices(importer, mapping, &first, false);
    let is_open = |name: &str| {
        !columns.iter().any(|column| column.chosen == name) && !mapping.constants.contains_key(name)
    };
    let needed = importer.fields().iter().filter(|field| field.is_required && is_open(field.name));
    let needed: Vec<&str> = needed.map(|field| field.name).collect();
    let words = format!("Choose which columns are {}, then check again", needed.join(", "));
    (!needed.is_empty()).then_some(words)
}

/// The field a column fills: by the mapping, else by its own name.
fn map_choices(
    importer: &dyn Importer,
    mapping: &Mapping,
    first: &FileHead,
    shows_rows: bool,
) -> Vec<MapColumn> {
    let normal = |name: &str| name.trim().to_lowercase().replace([' ', '-'], "_");
    let by_column: BTreeMap<String, &String> =
        mapping.columns.iter().map(|(field, column)| (column.to_string(), field)).collect();
    first
        .header
        .iter()
        .enumerate()
        .map(|(idx, name)| {
            let number = (idx + 1).to_string();
            let mapped = by_column.get(name).or_else(|| by_column.get(&number)).map(|field| (*field).clone());
            let own = importer.fields().iter().find(|field| normal(field.name) == normal(name));
            let own = own.filter(|field| !mapping.columns.contains_key(field.name));
            let chosen = mapped.or_else(|| own.map(|field| field.name.to_owned())).unwrap_or_default();
            let mut choices = vec![(String::new(), "Leave out".to_owned())];
            choices.extend(importer.fields().iter().map(|field| {
                let needed = if field.is_required { " (needed)" } else { "" };
                (field.name.to_owned(), format!("{}{needed}", field.name))
            }));
            let rows = first.rows.iter().filter(|_| shows_rows);
            let samples = rows
                .filter_map(|(_, cells)| cells.get(idx).filter(|cell| !cell.is_empty()).cloned())
                .take(3)
                .collect();
            MapColumn {
                column: name.clone(),
                samples,
                field: format!("c{}", idx + 1),
                choices,
                chosen,
                error: None,
            }
        })
        .collect()
}

/// The mapping a form says, from what was there.
fn read_mapping(visit: &Visit, kept: &Mapping) -> Mapping {
    let mut mapping = kept.clone();
    let mut chosen: BTreeMap<String, ColumnRef> = BTreeMap::new();
    for (name, field) in visit.form.pairs() {
        let number = name.strip_prefix('c').and_then(|number| number.parse::<u32>().ok());
        if let (Some(number), false) = (number, field.is_empty()) {
            chosen.entry(field.clone()).or_insert(ColumnRef::Number(number));
        }
    }
    if !chosen.is_empty() {
        mapping.columns = chosen;
    }
    mapping.date_format = visit.form.find("date_format").map(str::to_owned);
    mapping
}

pub(crate) async fn map(visit: Visit) -> Answer {
    let (run, importer) = load(&visit).await?;
    if run.state != RunState::Draft {
        return Err(Fault::Conflict("This import is committed; its mapping stays as it is.".to_owned()));
    }
    let mapping = read_mapping(&visit, &run.mapping);
    if let Err(bad) = mapping.check() {
        let errors = Errors::of("date_format", sentence(&bad.to_string()));
        return show_draft(&visit, &run, importer.as_ref(), &run.mapping, errors).await;
    }
    if let Some(name) = visit.form.find("save_as") {
        let (actor, kind, name, kept) = (visit.actor(), run.kind.clone(), name.to_owned(), mapping.clone());
        let saved: Result<(), CannotImport> = visit
            .ctx
            .db
            .write(move |tx| Box::pin(async move { put_mapping(tx, &actor, &kind, &name, &kept).await }))
            .await;
        saved.map_err(fault)?;
    }
    let tried = preview(&visit.ctx.db, importer.as_ref(), visit.scope()?, run.id, &mapping).await;
    match tried {
        Ok(_) => Ok(visit.go(&format!("/admin/imports/{}", run.id))),
        Err(CannotImport::Store(error)) => Err(error.into()),
        Err(_) => show_draft(&visit, &run, importer.as_ref(), &mapping, Errors::new()).await,
    }
}

pub(crate) async fn decide(visit: Visit) -> Answer {
    ask(visit, work::COMMIT, "Import of").await
}

pub(crate) async fn undo(visit: Visit) -> Answer {
    ask(visit, work::UNDO, "Undo of").await
}

async fn ask(visit: Visit, kind: &'static str, words: &str) -> Answer {
    let (run, _) = load(&visit).await?;
    let is_due = match run.state {
        RunState::Draft | RunState::Failed => kind == work::COMMIT || run.undo_until().is_some(),
        RunState::Done => kind == work::UNDO && run.undo_until().is_some_and(|until| visit.now <= until),
        RunState::Running | RunState::Undone => false,
    };
    if !is_due {
        return Err(Fault::Conflict("This import is past that step. Load its page again.".to_owned()));
    }
    let ask = JobAsk {
        kind,
        site: visit.scope()?.path().clone(),
        title: format!("{words} {}", run.file_name),
        arguments: serde_json::json!({ "import": run.id.to_string() }),
        by: visit.actor().who,
        run_after: None,
    };
    go_to_job(&visit, ask).await
}

/// The import a job is about, and the importer of its kind.
async fn job_run(
    context: &JobContext,
) -> Result<(identity::Scope, Id<ImportRun>, Arc<dyn Importer>), JobFailed> {
    let scope = scope_of(&context.db, &context.job.site).await?;
    let gone = || JobFailed::because("There is no such import any more.");
    let id: Id<ImportRun> = argument(context, "import").parse().map_err(|_| gone())?;
    let run = find_run(&mut context.db.read().await?, &scope, id).await?.ok_or_else(gone)?;
    Ok((scope, id, importer(&run.kind).ok_or_else(gone)?))
}

/// Asks for the past to be worked out anew, where stored messages mean something else from now on.
async fn rework_if(context: &JobContext, is_needed: bool) -> Result<(), JobFailed> {
    if is_needed {
        let jobs = context.jobs().clone();
        let ask = work::rework(context.job.asked_by.clone(), context.job.site.clone());
        let asked: Result<_, StoreError> =
            context.db.write(move |tx| Box::pin(async move { jobs.ask(tx, ask).await })).await;
        asked?;
    }
    Ok(())
}

pub(super) fn job_failed(refused: CannotImport) -> JobFailed {
    JobFailed::because(sentence(&refused.to_string()))
}

pub(crate) async fn commit(context: JobContext) -> Result<String, JobFailed> {
    let (scope, id, importer) = job_run(&context).await?;
    context.progress(0, 0, "taking in rows").await;
    let done = intake::import::commit(&context.db, &importer, &scope, &actor(&context), id, |_| {}).await;
    let counts = done.map_err(job_failed)?.counts;
    rework_if(&context, importer.changes_reading() && counts.new + counts.changed > 0).await?;
    let total = counts.new + counts.changed + counts.same + counts.rejected;
    let total = i64::try_from(total).unwrap_or(i64::MAX);
    context.progress(total, total, "done").await;
    context.jobs().live().publish("census", context.job.site.as_str());
    Ok(format!(
        "{} new, {} changed, {} the same, {} rejected.",
        counts.new, counts.changed, counts.same, counts.rejected
    ))
}

pub(crate) async fn take_back(context: JobContext) -> Result<String, JobFailed> {
    let (scope, id, importer) = job_run(&context).await?;
    context.progress(0, 0, "taking back").await;
    let done = intake::import::undo(&context.db, &importer, &scope, &actor(&context), id).await;
    let report = done.map_err(job_failed)?;
    rework_if(&context, importer.changes_reading() && report.n_restored > 0).await?;
    context.jobs().live().publish("census", context.job.site.as_str());
    let mut words = format!("{} records are again what they were.", report.n_restored);
    if !report.kept.is_empty() {
        words.push_str(&format!(" {} stay as they are: {}", report.kept.len(), report.kept.join(" ")));
    }
    Ok(words)
}

async fn show_done(visit: &Visit, run: &ImportRun) -> Answer {
    let csrf = &visit.who()?.csrf;
    let at = format!("/admin/imports/{}", run.id);
    let zone = visit.zone();
    let may_edit = visit.may(Permission::ADMIN_EDIT);
    let until = run.undo_until().filter(|until| visit.now <= *until);
    let moment = |at: Option<jiff::Timestamp>| at.map_or(String::new(), |at| format::instant_full(at, &zone));
    let mut facts = vec![
        ("File", run.file_name.clone()),
        ("Uploaded", moment(Some(run.created_at))),
        ("Committed", moment(run.done_at)),
    ];
    if run.undone_at.is_some() {
        facts.push(("Undone", moment(run.undone_at)));
    }
    let facts = description_list(facts);
    let rejects = format!("{at}/rejects");
    let post = |action: &str, button: Button| {
        html! { form method="post" action={ (at) "/" (action) } { input type="hidden" name="csrf" value=(csrf); (button) } }
    };
    let body = html! {
        (breadcrumbs(&[("Admin", "/admin"), ("Imports", "/admin/imports")]))
        (kit::done_notice(visit))
        (columns(
            Panel::new("What it did").prose(html! {
                (state(run))
                (import_counts(web_counts(&run.counts), Some(&rejects)))
            }),
            Panel::new("The import").prose(html! {
                (facts)
                @if run.kind == MESSAGES {
                    p.sub { "Applied messages stand under New, those known already under Same. Messages are not taken back as a whole; a correcting message does that." }
                    @if run.state == RunState::Failed {
                        (notice(Status::Due, "It stopped on the way. What was taken in stays; upload the file again, and what is known is recognized."))
                    }
                } @else if run.state == RunState::Failed {
                    (notice(Status::Due, "It stopped on the way. What it had taken in stays; commit again goes on, undo takes it back."))
                    @if may_edit { (post("commit", Button::submit("Commit again").primary())) }
                }
                @if let (Some(until), true) = (until, may_edit) {
                    (post("undo", Button::submit("Undo this import")))
                    p.sub { "Possible until " (format::instant_full(until, &zone)) ". What people changed since stays." }
                }
            }),
        ))
    };
    let page = Page::new(format!("Import: {}", title(&run.kind))).context(run.file_name.clone()).body(body);
    visit.show(&if run.state == RunState::Running { page.refresh(5) } else { page }).await
}

/// The rejected rows with a reason column.
pub(crate) async fn rejects(visit: Visit) -> Answer {
    let run = find(&visit).await?;
    if !may_see_rows(&visit, &run).await? {
        return Err(Fault::NotFound);
    }
    let mut tx = visit.read().await?;
    let csv = if run.kind == MESSAGES {
        message_rejects_csv(&mut tx, visit.scope()?, run.id).await
    } else {
        let importer = importer(&run.kind).ok_or(Fault::NotFound)?;
        rejects_csv(&mut tx, importer.as_ref(), visit.scope()?, run.id).await
    };
    let csv = csv.map_err(fault)?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"rejected-rows.csv\""),
    ];
    Ok((headers, csv).into_response())
}
