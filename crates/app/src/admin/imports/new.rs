//! Uploading a file.

use super::super::jobs::go_to_job;
use super::super::kit::{sentence, site_choices};
use super::super::work;
use super::{importer, title};
use area::{Answer, Fault, Visit};
use base::SitePath;
use identity::Permission;
use intake::import::{CannotImport, MESSAGES, Mapping, find_mapping, list_mappings, upload};
use jobs::JobAsk;
use web::{
    Choice, Errors, Field, Form, Markup, Page, Panel, breadcrumbs, columns, description_list, html, steps,
};

const STEPS: [&str; 3] = ["Upload", "Map and check", "Commit"];

pub(crate) async fn page(visit: Visit) -> Answer {
    show(&visit, &Errors::new()).await
}

/// Kinds whose rows belong to one site that the file does not name.
fn needs_site(kind: &str) -> bool {
    kind == MESSAGES || kind == "stays"
}

async fn show(visit: &Visit, errors: &Errors) -> Answer {
    let kind = visit.name("kind");
    let importer = importer(kind);
    if importer.is_none() && kind != MESSAGES {
        return Err(Fault::NotFound);
    }
    let saved = list_mappings(&mut visit.read().await?, kind).await?;
    let accept = if kind == MESSAGES { ".hl7,.txt,.dat" } else { ".csv,.txt,.tsv,.xlsx,.xls,.ods" };
    let hint = if kind == MESSAGES {
        "Up to 256 MiB"
    } else {
        "Up to 256 MiB. Nothing changes before you have seen what would"
    };
    let mut form = Form::post(format!("/admin/imports/new/{kind}"), &visit.who()?.csrf)
        .errors(errors)
        .field(Field::file("file", "File", accept).hint(hint));
    if needs_site(kind) {
        let at = visit.form.find("at").unwrap_or_default();
        form = form.field(
            Field::select("at", "Site", site_choices(visit, Permission::ADMIN_EDIT, at))
                .hint("For rows or messages that name none themselves"),
        );
    }
    if !saved.is_empty() {
        let chosen = visit.form.text("mapping");
        let mut choices = vec![Choice::new("", "Columns named as on the right", chosen.is_empty())];
        choices.extend(saved.iter().map(|saved| Choice::new(&saved.name, &saved.name, saved.name == chosen)));
        form = form.field(Field::select("mapping", "Saved mapping", choices));
    }
    let words = if kind == MESSAGES { "Upload and take in" } else { "Upload and check" };
    let form = form.submit(words).cancel("/admin/imports");
    let body = html! {
        (breadcrumbs(&[("Admin", "/admin"), ("Imports", "/admin/imports")]))
        @if kind != MESSAGES { (steps(&STEPS, 1)) }
        (columns(Panel::new("The file").prose(form), about(kind)))
    };
    visit.show(&Page::new(format!("Import: {}", title(kind))).errors(errors).body(body)).await
}

/// What the file should hold.
fn about(kind: &str) -> Markup {
    let Some(importer) = importer(kind) else {
        return html! { (Panel::new("What it may hold").prose(html! {
            p { "Messages of HL7 v2, one after another or as a batch, with or without MLLP framing. They go the way of a feed: a message known already is recognized, one that cannot be applied waits with its reason." }
            p.sub { "Taking messages in cannot be undone as a whole; a correcting message does that." }
        })) };
    };
    let fields = importer.fields().iter().map(|field| {
        let words = html! { code { (field.name) } @if !field.is_required { span.opt { " (optional)" } } };
        (words, html! { (field.help.trim_end_matches('.')) ", such as " code { (field.example) } })
    });
    html! { (Panel::new("Its columns").context("other names can be mapped in the next step").prose(description_list(fields))) }
}

pub(crate) async fn send(visit: Visit) -> Answer {
    let kind = visit.name("kind").to_owned();
    let mut errors = Errors::new();
    let site: Option<SitePath> = visit.form.text("at").parse().ok().filter(|path| {
        let today = figures::today(&visit.tree, path, visit.now);
        let who = visit.who.as_ref();
        who.is_some_and(|who| who.access.allows(&visit.tree, Permission::ADMIN_EDIT, path, today))
    });
    if needs_site(&kind) && site.is_none() {
        errors.add("at", "Choose the site the file belongs to");
    }
    let Some(file) = visit.form.upload("file") else {
        errors.add("file", "Choose a file that is not empty");
        return show(&visit, &errors).await;
    };
    if !errors.is_empty() {
        return show(&visit, &errors).await;
    }
    let is_messages = kind == MESSAGES;
    if !is_messages {
        importer(&kind).ok_or(Fault::NotFound)?;
    }
    let name = visit.form.text("mapping");
    let mapping = find_mapping(&mut visit.read().await?, &kind, name).await?.unwrap_or_else(Mapping::default);
    let at = site.as_ref().and_then(|path| visit.tree.find(path)).map(|site| site.id);
    match upload(&visit.ctx.db, &visit.actor(), &kind, at, &file.name, &file.bytes, &mapping).await {
        // Messages have no columns to map; the file waits in the list until its job is done.
        Ok(id) if is_messages => {
            let ask = JobAsk {
                kind: work::HL7,
                site: site.unwrap_or(visit.scope()?.path().clone()),
                title: format!("Messages of {}", file.name),
                arguments: serde_json::json!({ "import": id.to_string() }),
                by: visit.actor().who,
                run_after: None,
            };
            go_to_job(&visit, ask).await
        }
        Ok(id) => Ok(visit.go(&format!("/admin/imports/{id}"))),
        Err(CannotImport::Store(error)) => Err(error.into()),
        Err(refused) => show(&visit, &Errors::of("file", sentence(&refused.to_string()))).await,
    }
}
