//! Feeds: what arrives, how late, what was refused and why, trying again.

mod fault;
mod page;

pub(super) use fault::{accept, dismiss, page as fault_page, raw, replay_one};
pub(super) use page::{page as feed_page, replay_all, replay_checked};

use super::kit;
use ::store::{StoreError, Tx};
use area::{Answer, Cell as FileCell, Export, Visit};
use identity::Permission;
use intake::{Feed, FeedRule, FeedState, list_feeds};
use web::{
    Button, Cell, Column, Empty, Freshness, Icon, Markup, Page, Panel, Row, Status, Table, chip, format, html,
};

pub(super) async fn rule(tx: &mut Tx) -> Result<FeedRule, StoreError> {
    Ok(::store::find_setting(tx, None, FeedRule::SETTING).await?.unwrap_or_default())
}

pub(super) async fn list(visit: Visit) -> Answer {
    let mut tx = visit.read().await?;
    let feeds = list_feeds(&mut tx, visit.scope()?).await?;
    let rule = rule(&mut tx).await?;
    drop(tx);
    if let Some(file) = kit::export(&visit, || file(&feeds, rule, &visit)) {
        return file;
    }
    let (csv, xlsx) = kit::file_hrefs(&visit);
    let table = Table::new("feeds", "Feeds and how they stand")
        .column(Column::text("Sender"))
        .column(Column::text("Way in").not_on_phones())
        .column(Column::text("State"))
        .column(Column::text("Last message"))
        .column(Column::text("Lag").not_on_phones())
        .column(Column::number("Received").not_on_phones())
        .column(Column::number("Applied").only_wide_screens())
        .column(Column::number("Duplicate").only_wide_screens())
        .column(Column::number("Waiting"))
        .rows(feeds.iter().map(|feed| line(feed, rule, &visit)))
        .downloads(csv, xlsx)
        .empty(
            Empty::new(
                "No feed has sent anything yet",
                "Point the sender of ADT messages (HL7 v2 over MLLP) at the address given to helmward serve --mllp, 127.0.0.1:2575 unless you chose another. Each sender appears here with its first message.",
            )
            .action("Take in a file of messages", "/admin/imports/new/hl7"),
        );
    let body = html! { (kit::done_notice(&visit)) (Panel::default().id("feeds-panel").stream("feeds").body(table)) (connect(visit.holds(Permission::SITES_VIEW))) };
    let page = Page::new("Feeds")
        .context(format::n_of(i64::try_from(feeds.len()).unwrap_or(0), "sender", "senders"))
        .actions(html! {
            @if visit.holds(Permission::ADMIN_EDIT) {
                (Button::link("Take in a file", "/admin/imports/new/hl7").icon(Icon::Upload))
            }
        })
        .refresh(30)
        .body(body);
    let page = match feeds.iter().map(|feed| feed.last_at).max() {
        Some(last) => page.fresh(Freshness::fresh(format!("Last message {}", format::age(last, visit.now)))),
        None => page,
    };
    visit.show(&page).await
}

fn connect(may_see_sites: bool) -> Markup {
    html! {
        (Panel::new("Connecting a sender").prose(html! {
            p { "The interface engine sends ADT messages, one connection, MLLP framing, and waits for the acknowledgment of each. A message is stored before it is acknowledged, so the sender may forget it then." }
            p.sub { "Start the listener with " code { "helmward serve --dir DIR --mllp 127.0.0.1:2575" } ". The site of a message is told by MSH-4 and PV1-3.4 through the codes under " @if may_see_sites { a href="/admin/sites" { "Sites and units" } } @else { "Sites and units" } "." }
        }))
    }
}

/// How a feed stands, with the word beside the color.
pub(super) fn state(feed: &Feed, rule: FeedRule, visit: &Visit) -> Markup {
    match feed.state(rule, visit.now) {
        FeedState::Ok => chip(Status::Done, "Live"),
        FeedState::Late { quiet } => {
            chip(Status::Due, format!("Late, quiet for {}", format::duration(quiet.0)))
        }
        FeedState::Silent { quiet } => {
            chip(Status::Breach, format!("Silent for {}", format::duration(quiet.0)))
        }
        FeedState::Errors { n_open } => chip(Status::Due, format!("{} to look at", format::count(n_open))),
    }
}

fn line(feed: &Feed, rule: FeedRule, visit: &Visit) -> Row {
    let lag = feed.lag().map_or(String::new(), |lag| format::duration(lag.0));
    let way = if feed.way == "mllp" { "Live (MLLP)" } else { "File" };
    Row::default()
        .cell(Cell::link(feed.name(), format!("/admin/feeds/{}", feed.id)))
        .cell(Cell::dim(way))
        .cell(state(feed, rule, visit))
        .cell(format::age(feed.last_at, visit.now))
        .cell(Cell::dim(lag))
        .cell(feed.n_received)
        .cell(feed.n_applied)
        .cell(feed.n_duplicate)
        .cell(feed.n_open_faults)
}

fn file(feeds: &[Feed], rule: FeedRule, visit: &Visit) -> Export {
    let columns = [
        "application",
        "facility",
        "way",
        "site",
        "state",
        "first_at",
        "last_at",
        "last_event_at",
        "received",
        "applied",
        "ignored",
        "duplicate",
        "refused",
        "open_faults",
    ];
    let mut export = Export::new("feeds", &columns);
    for feed in feeds {
        let state = match feed.state(rule, visit.now) {
            FeedState::Ok => "live",
            FeedState::Late { .. } => "late",
            FeedState::Silent { .. } => "silent",
            FeedState::Errors { .. } => "errors",
        };
        export.rows.push(vec![
            FileCell::from(feed.application.as_str()),
            FileCell::from(feed.facility.as_str()),
            FileCell::from(feed.way.as_str()),
            FileCell::from(feed.site.as_ref().map(ToString::to_string).unwrap_or_default()),
            FileCell::from(state),
            FileCell::from(feed.first_at.to_string()),
            FileCell::from(feed.last_at.to_string()),
            FileCell::from(feed.last_event_at.map(|at| at.to_string()).unwrap_or_default()),
            FileCell::from(feed.n_received),
            FileCell::from(feed.n_applied),
            FileCell::from(feed.n_ignored),
            FileCell::from(feed.n_duplicate),
            FileCell::from(feed.n_refused),
            FileCell::from(feed.n_open_faults),
        ]);
    }
    export
}
