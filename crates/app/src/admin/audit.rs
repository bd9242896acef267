//! The audit log: who changed what, who looked at names, and the proof that nothing was altered.

use super::jobs::go_to_job;
use super::kit::{self, Names, sentence, told};
use super::store::{Entry, Filter, list_kinds, list_log};
use super::work;
use area::{Answer, Cell as FileCell, Export, Visit};
use base::Id;
use identity::Person;
use identity::access_log::{View, list_views};
use jiff::Timestamp;
use jiff::civil::Date;
use jobs::JobAsk;
use web::{Button, Cell, Column, Empty, FilterBar, Markup, Page, Panel, Row, Table, format, html, tabs};

/// Rows of an exported log.
const FILE_MAX: i64 = 10_000;

fn parts(current: &str) -> Markup {
    tabs(
        "Parts of the log",
        &[
            ("Changes", "/admin/audit", current == "changes"),
            ("Views of patients", "/admin/audit/views", current == "views"),
        ],
    )
}

fn filter_of(visit: &Visit) -> Filter {
    let zone = visit.zone();
    let start = |day: Date| day.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp());
    let day = |name: &str| visit.query.text(name).parse::<Date>().ok();
    Filter {
        kind: visit.query.text("kind").to_owned(),
        who: visit.query.text("who").to_owned(),
        record: visit.query.text("record").to_owned(),
        from: day("from").and_then(start),
        until: day("until").and_then(|day| day.tomorrow().ok()).and_then(start),
        before: visit.query.text("before").parse().ok(),
    }
}

pub(super) async fn changes(visit: Visit) -> Answer {
    let filter = filter_of(&visit);
    let is_file = visit.query.find("format").is_some();
    let rows = i64::try_from(kit::ROWS).unwrap_or(50);
    let mut tx = visit.read().await?;
    let n_max = if is_file { FILE_MAX } else { rows + 1 };
    let mut entries = list_log(&mut tx, visit.scope()?, &filter, n_max).await?;
    let kinds = list_kinds(&mut tx).await?;
    let names = Names::of_entries(&mut tx, &entries).await?;
    drop(tx);
    if let Some(file) = kit::export(&visit, || file(&entries, &names)) {
        return file;
    }
    let has_more = entries.len() > kit::ROWS;
    entries.truncate(kit::ROWS);
    let older = entries.last().filter(|_| has_more).map(|entry| entry.row.seq.to_string());
    let (csv, xlsx) = kit::file_hrefs(&visit);
    let is_filtered = !visit.query.pairs().is_empty();
    let empty = if is_filtered {
        Empty::filtered("/admin/audit")
    } else {
        Empty::new(
            "No change yet",
            "Every change of a record will stand here, with who, when, before and after.",
        )
    };
    let table = Table::new("log", "Changes")
        .column(Column::text("When"))
        .column(Column::text("Who"))
        .column(Column::text("Record"))
        .column(Column::text("Before and after").wide())
        .column(Column::number("No.").not_on_phones())
        .column(Column::text("Through").wide().only_wide_screens())
        .rows(entries.iter().map(|entry| line(entry, &names, &visit)))
        .downloads(csv, xlsx)
        .empty(empty);
    let body = html! {
        (parts("changes"))
        (bar(&visit, &kinds))
        (Panel::default().body(html! { (table) (pager(&visit, older.as_deref())) }))
    };
    let csrf = visit.who()?.csrf.clone();
    let page =
        Page::new("Audit log").context("Sealed: a row changed, removed or added is found").actions(html! {
            form method="post" action="/admin/audit/verify" {
                input type="hidden" name="csrf" value=(csrf);
                (Button::submit("Verify now").primary())
            }
        });
    visit.show(&page.body(body)).await
}

/// Older rows by number, so that new ones do not shift the page.
fn pager(visit: &Visit, older: Option<&str>) -> Markup {
    html! {
        @if older.is_some() || visit.query.find("before").is_some() {
            div.in { nav.pg aria-label="Pages" {
                @if visit.query.find("before").is_some() { (Button::link("Newest", kit::here(visit, "before", None)).small()) }
                @if let Some(older) = older { (Button::link("Older", kit::here(visit, "before", Some(older))).small()) }
            } }
        }
    }
}

fn bar(visit: &Visit, kinds: &[String]) -> Markup {
    let words: Vec<(&str, String)> =
        kinds.iter().map(|kind| (kind.as_str(), sentence(&kind.replace('_', " ")))).collect();
    let mut options = vec![("", "Any")];
    options.extend(words.iter().map(|(kind, words)| (*kind, words.as_str())));
    let query = &visit.query;
    let mut bar = FilterBar::new("/admin/audit")
        .select("kind", "Record", &options, query.text("kind"))
        .date("from", "From", query.text("from"))
        .date("until", "Until", query.text("until"))
        .clear("/admin/audit");
    for (name, label) in [("who", "One person"), ("record", "One record")] {
        if let Some(value) = query.find(name) {
            bar = bar.keep(name, value).chip(label, kit::here(visit, name, None));
        }
    }
    html! { (bar) }
}

fn line(entry: &Entry, names: &Names, visit: &Visit) -> Row {
    let row = &entry.row;
    let who = kit::here(visit, "who", Some(&row.actor.who));
    let record = kit::here(visit, "record", Some(&row.record));
    Row::default()
        .cell(format::instant(row.at, &visit.zone(), visit.now))
        .cell(Cell::link(names.get(&row.actor.who), who))
        .cell(Cell::link(sentence(&row.kind.replace('_', " ")), record))
        .cell(format::clipped(&told(entry, names), 240))
        .cell(row.seq)
        .cell(Cell::dim(&row.actor.cause))
}

fn file(entries: &[Entry], names: &Names) -> Export {
    let columns = ["seq", "at", "who", "person", "cause", "kind", "record", "site", "before", "after"];
    let mut export = Export::new("audit-log", &columns);
    for entry in entries {
        let row = &entry.row;
        export.rows.push(vec![
            FileCell::from(row.seq),
            FileCell::from(row.at.to_string()),
            FileCell::from(row.actor.who.as_str()),
            FileCell::from(names.get(&row.actor.who)),
            FileCell::from(row.actor.cause.as_str()),
            FileCell::from(row.kind.as_str()),
            FileCell::from(row.record.as_str()),
            FileCell::from(row.site.clone().unwrap_or_default()),
            FileCell::from(entry.before.clone().unwrap_or_default()),
            FileCell::from(row.body.as_str()),
        ]);
    }
    export
}

pub(super) async fn views(visit: Visit) -> Answer {
    let person: Option<Id<Person>> = visit.query.text("who").parse().ok();
    let before = visit.query.text("before").parse().ok();
    let is_file = visit.query.find("format").is_some();
    let n_max = if is_file { 1_000 } else { u32::try_from(kit::ROWS + 1).unwrap_or(51) };
    let mut tx = visit.read().await?;
    let mut views = list_views(&mut tx, visit.scope()?, person, before, n_max).await?;
    let ids: Vec<String> = views.iter().map(|view| view.person.to_string()).collect();
    let names = Names::of(&mut tx, ids.iter().map(String::as_str)).await?;
    drop(tx);
    if let Some(file) = kit::export(&visit, || view_file(&views, &names)) {
        return file;
    }
    let has_more = views.len() > kit::ROWS;
    views.truncate(kit::ROWS);
    let older = views.last().filter(|_| has_more).map(|view| view.seq.to_string());
    let (csv, xlsx) = kit::file_hrefs(&visit);
    let table = Table::new("views", "Views of pages that name patients")
        .column(Column::text("When"))
        .column(Column::text("Who"))
        .column(Column::text("Site").not_on_phones())
        .column(Column::text("Page").wide())
        .column(Column::text("Of").not_on_phones())
        .column(Column::number("No.").not_on_phones())
        .rows(views.iter().map(|view| view_line(view, &names, &visit)))
        .downloads(csv, xlsx)
        .empty(Empty::new("No view yet", "Each view of a page that names patients will stand here."));
    let mut bar = FilterBar::new("/admin/audit/views").clear("/admin/audit/views");
    if let Some(person) = person {
        let name = names.get(&person.to_string());
        bar = bar.chip(format!("Person: {name}"), kit::here(&visit, "who", None));
    }
    let body = html! {
        (parts("views"))
        @if person.is_some() { (bar) }
        (Panel::default().body(html! { (table) (pager(&visit, older.as_deref())) }))
    };
    let page = Page::new("Audit log").context("Who looked at pages that name patients");
    visit.show(&page.body(body)).await
}

fn moment(at: Timestamp, visit: &Visit) -> String {
    format::instant(at, &visit.zone(), visit.now)
}

/// The page as people call it; the file keeps its address.
fn page_words(page: &str) -> String {
    match page {
        "census/flow" => "Flow board",
        "census/flow/leaving" => "What a leaving patient waits for",
        "census/records" => "Services register",
        "census/records/stay" => "Stay",
        "census/beds" => "Bed",
        page if page.starts_with("/admin/feeds/") => "Message as sent",
        page => page,
    }
    .to_owned()
}

fn view_line(view: &View, names: &Names, visit: &Visit) -> Row {
    let person = view.person.to_string();
    Row::default()
        .cell(moment(view.at, visit))
        .cell(Cell::link(names.get(&person), kit::here(visit, "who", Some(&person))))
        .cell(kit::site_name(visit, &view.site))
        .cell(page_words(&view.page))
        .cell(Cell::dim(&view.subject))
        .cell(view.seq)
}

fn view_file(views: &[View], names: &Names) -> Export {
    let mut export =
        Export::new("views-of-patients", &["seq", "at", "person_id", "person", "site", "page", "of"]);
    for view in views {
        export.rows.push(vec![
            FileCell::from(view.seq),
            FileCell::from(view.at.to_string()),
            FileCell::from(view.person.to_string()),
            FileCell::from(names.get(&view.person.to_string())),
            FileCell::from(view.site.as_str()),
            FileCell::from(view.page.as_str()),
            FileCell::from(view.subject.as_str()),
        ]);
    }
    export
}

pub(super) async fn verify(visit: Visit) -> Answer {
    let ask = JobAsk {
        kind: work::VERIFY,
        site: visit.scope()?.path().clone(),
        title: String::new(),
        arguments: serde_json::json!({}),
        by: visit.actor().who,
        run_after: None,
    };
    go_to_job(&visit, ask).await
}
