//! One feed: its counts and the queue of messages that were not applied.

use super::super::{jobs::go_to_job, kit, work};
use super::{rule, state};
use ::store::StoreError;
use area::{Answer, Cell as FileCell, Export, Fault, Visit};
use identity::Permission;
use intake::{Fault as Refusal, Feed, Outcome, find_feed, list_faults, replay};
use jobs::JobAsk;
use std::collections::BTreeMap;
use web::{
    Bulk, Button, Cell, Column, Empty, FilterBar, Markup, Page, Panel, Row, Status, Table, breadcrumbs, chip,
    columns, description_list, format, html, notice,
};

/// Refused messages looked through for one page of the queue.
const FAULTS_MAX: u32 = 1_000;

pub(super) async fn feed_of(visit: &Visit) -> Result<Feed, Fault> {
    let mut tx = visit.read().await?;
    find_feed(&mut tx, visit.scope()?, visit.name("id")).await?.ok_or(Fault::NotFound)
}

pub(crate) async fn page(visit: Visit) -> Answer {
    let feed = feed_of(&visit).await?;
    let mut tx = visit.read().await?;
    let rule = rule(&mut tx).await?;
    let is_open_only = visit.query.text("show") != "all";
    let before = visit.query.text("before").parse().ok();
    let found =
        list_faults(&mut tx, visit.scope()?, Some(&feed.id), is_open_only, before, FAULTS_MAX).await?;
    drop(tx);
    let mut codes: BTreeMap<String, usize> = BTreeMap::new();
    for fault in &found.faults {
        *codes.entry(fault.code.clone()).or_default() += 1;
    }
    let code = visit.query.text("code");
    let faults: Vec<Refusal> =
        found.faults.into_iter().filter(|fault| code.is_empty() || fault.code == code).collect();
    if let Some(file) = kit::export(&visit, || file(&faults)) {
        return file;
    }
    let may_edit = visit.may(Permission::FEEDS_EDIT);
    let queue = html! {
        (filter(&visit, &feed, &codes))
        (table(&visit, &feed, faults, may_edit)?)
    };
    let facts = description_list([
        (
            "Sends to",
            feed.site.as_ref().map_or("No site yet".to_owned(), |site| kit::site_name(&visit, site)),
        ),
        ("First message", format::instant(feed.first_at, &visit.zone(), visit.now)),
        ("Last message", format::instant(feed.last_at, &visit.zone(), visit.now)),
        ("Received", format::count(feed.n_received)),
        ("Applied", format::count(feed.n_applied)),
        ("Of no concern", format::count(feed.n_ignored)),
        ("Duplicate", format::count(feed.n_duplicate)),
        ("Refused", format::count(feed.n_refused)),
    ]);
    let body = html! {
        (breadcrumbs(&[("Admin", "/admin"), ("Feeds", "/admin/feeds")]))
        (told(&visit))
        (columns(
            Panel::new("Not applied").id("queue").body(queue),
            html! {
                (Panel::new("This feed").prose(html! { (state(&feed, rule, &visit)) (facts) }))
                (mending(&visit, &feed, may_edit)?)
            },
        ))
    };
    visit.show(&Page::new(feed.name()).context("Feed").body(body)).await
}

/// What a replay or a decision just did.
fn told(visit: &Visit) -> Markup {
    let n = |name: &str| visit.query.text(name).parse::<i64>().ok();
    match (n("tried"), n("applied")) {
        (Some(tried), Some(applied)) => {
            let words = format!(
                "{} tried again, {} applied now.",
                format::n_of(tried, "message", "messages"),
                format::count(applied)
            );
            notice(
                if applied == tried { Status::Done } else { Status::Due },
                html! { span role="status" { (words) } },
            )
        }
        _ => kit::done_notice(visit),
    }
}

fn filter(visit: &Visit, feed: &Feed, codes: &BTreeMap<String, usize>) -> Markup {
    let words: Vec<(String, String)> =
        codes.iter().map(|(code, n)| (code.clone(), format!("{code} ({n})"))).collect();
    let mut options = vec![("", "Any reason")];
    options.extend(words.iter().map(|(code, words)| (code.as_str(), words.as_str())));
    let bar = FilterBar::new(format!("/admin/feeds/{}", feed.id))
        .select("code", "Reason", &options, visit.query.text("code"))
        .select("show", "Show", &[("", "Waiting"), ("all", "Closed ones too")], visit.query.text("show"));
    html! { div.in { (bar) } }
}

fn table(visit: &Visit, feed: &Feed, faults: Vec<Refusal>, may_edit: bool) -> Result<Table, Fault> {
    let (csv, xlsx) = kit::file_hrefs(visit);
    let (rows, paging) = kit::paged(visit, faults);
    let at = |fault: &Refusal| format!("/admin/feeds/{}/faults/{}", feed.id, fault.seq);
    let table = Table::new("faults", "Messages that were not applied")
        .column(Column::text("Message"))
        .column(Column::text("Reason").wide())
        .column(Column::text("Arrived").not_on_phones())
        .column(Column::text("Kind").not_on_phones())
        .column(Column::text("State"))
        .rows(rows.iter().map(|fault| {
            let row = Row::default()
                .cell(Cell::link(format!("No. {}", fault.seq), at(fault)))
                .cell(kit::sentence(&fault.reason))
                .cell(Cell::dim(format::instant(fault.received_at, &visit.zone(), visit.now)))
                .cell(Cell::dim(&fault.kind))
                .cell(fault_state(fault));
            if fault.closed_at.is_none() {
                row.selectable(fault.seq.to_string(), format!("message {}", fault.seq))
            } else {
                row
            }
        }))
        .paging(paging)
        .downloads(csv, xlsx)
        .empty(Empty::new(
            "Nothing waits",
            "Messages that cannot be applied will stand here with the reason and what to do.",
        ));
    Ok(if may_edit && !rows.is_empty() {
        table.bulk(Bulk {
            action: format!("/admin/feeds/{}/replay", feed.id),
            csrf: visit.who()?.csrf.clone(),
            buttons: vec![("replay".to_owned(), "Replay".to_owned())],
            n_matching: None,
            filter: Vec::new(),
        })
    } else {
        table
    })
}

/// How a fault stands.
pub(super) fn fault_state(fault: &Refusal) -> Markup {
    use intake::{ClosedHow, State};
    match (fault.closed_how, fault.state) {
        (Some(ClosedHow::Replayed), _) => chip(Status::Done, "Applied later"),
        (Some(ClosedHow::Accepted), _) => chip(Status::Done, "Accepted"),
        (Some(ClosedHow::Dismissed), _) => chip(Status::Plain, "Dismissed"),
        (None, State::Conflict) => chip(Status::Breach, "Contradicts"),
        (None, State::Refused) => chip(Status::Due, "Refused"),
        (None, State::Unreadable) => chip(Status::Due, "Unreadable"),
    }
}

fn mending(visit: &Visit, feed: &Feed, may_edit: bool) -> Result<Markup, Fault> {
    let sites = feed.site.as_ref().map_or("/admin/sites".to_owned(), |site| format!("/admin/sites/{site}"));
    Ok(html! {
        (Panel::new("Mending").prose(html! {
            p { "Most refusals name a code no site is known for. Give the code to its site, then try the messages again. Nothing is lost meanwhile." }
            @if visit.holds(Permission::SITES_VIEW) { p.go { (Button::link("Codes of the sites", sites)) } }
            @if may_edit && feed.n_open_faults > 0 {
                form method="post" action={ "/admin/feeds/" (feed.id) "/replay-all" } {
                    input type="hidden" name="csrf" value=(visit.who()?.csrf);
                    (Button::submit(format!("Replay all {}", format::count(feed.n_open_faults))).primary())
                }
            }
        }))
    })
}

fn file(faults: &[Refusal]) -> Export {
    let columns =
        ["message", "received_at", "source", "kind", "state", "code", "reason", "detail", "closed_at"];
    let mut export = Export::new("refused-messages", &columns);
    for fault in faults {
        export.rows.push(vec![
            FileCell::from(fault.seq),
            FileCell::from(fault.received_at.to_string()),
            FileCell::from(fault.source.as_str()),
            FileCell::from(fault.kind.as_str()),
            FileCell::from(fault.state.key()),
            FileCell::from(fault.code.as_str()),
            FileCell::from(fault.reason.as_str()),
            FileCell::from(fault.detail.as_str()),
            FileCell::from(fault.closed_at.map(|at| at.to_string()).unwrap_or_default()),
        ]);
    }
    export
}

pub(crate) async fn replay_all(visit: Visit) -> Answer {
    let feed = feed_of(&visit).await?;
    let ask = JobAsk {
        kind: work::REPLAY,
        site: visit.scope()?.path().clone(),
        title: format!("Replay of {}", feed.name()),
        arguments: serde_json::json!({ "feed": feed.id }),
        by: visit.actor().who,
        run_after: None,
    };
    go_to_job(&visit, ask).await
}

pub(crate) async fn replay_checked(visit: Visit) -> Answer {
    let feed = feed_of(&visit).await?;
    let seqs: Vec<i64> = visit.form.all("id").filter_map(|id| id.parse().ok()).collect();
    if seqs.is_empty() {
        return Err(Fault::Refused("No message is checked. Check some, then replay them.".to_owned()));
    }
    let outcomes = run(&visit, &seqs, false).await?;
    Ok(visit.go(&format!("/admin/feeds/{}?{}", feed.id, counted(&outcomes))))
}

/// Tries messages again.
pub(super) async fn run(
    visit: &Visit,
    seqs: &[i64],
    accepts_conflicts: bool,
) -> Result<Vec<(i64, Outcome)>, StoreError> {
    let (ctx, actor) = (&visit.ctx, visit.actor());
    let Ok(scope) = visit.scope() else { return Ok(Vec::new()) };
    let outcomes = replay(&ctx.db, &ctx.meaning, scope, &actor, seqs, accepts_conflicts).await?;
    ctx.live.publish("feeds", "");
    ctx.live.publish("census", "");
    Ok(outcomes)
}

/// The counts as a query.
pub(super) fn counted(outcomes: &[(i64, Outcome)]) -> String {
    let applied = outcomes.iter().filter(|(_, outcome)| *outcome == Outcome::Applied).count();
    format!("tried={}&applied={applied}", outcomes.len())
}
