//! `/me`: who I am here, what I may do and until when, where I am signed in.

use super::person;
use crate::admin::kit::{self, done_notice};
use area::{Answer, Fault, Visit};
use identity::SiteTree;
use identity::roles::Grant;
use identity::sessions::{Limits, SessionRow, find_limits, list_sessions, revoke_session};
use identity::tokens::{TokenRow, list_tokens};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use store::StoreError;
use web::{
    Button, Cell, Column, Empty, Markup, Page, Panel, Row, Status, Table, chip, columns, description_list,
    format, html,
};

pub(super) async fn page(visit: Visit) -> Answer {
    let who = person(&visit)?;
    let mut tx = visit.read().await?;
    let limits = find_limits(&mut tx).await?;
    let sessions = list_sessions(&mut tx, who.access.person_id()).await?;
    let tokens = list_tokens(&mut tx, who.access.person_id()).await?;
    drop(tx);
    let me = &who.access.person;
    let today = visit.today();
    let about = description_list([
        ("Name", me.name.clone()),
        ("E-mail", me.email.clone()),
        ("Title", if me.title.is_empty() { "Not set".to_owned() } else { me.title.clone() }),
        ("Account since", format::date(TimeZone::UTC.to_datetime(me.created_at).date(), today)),
    ]);
    let body = html! {
        (done_notice(&visit))
        (columns(
            html! {
                (Panel::new("Your roles").body(roles(&who.access.grants, &visit.tree, today)))
                (Panel::new("Where you are signed in").body(session_table(&visit, &sessions, limits)))
                (Panel::new("Access tokens")
                    .context("for programs that act for you")
                    .link("Create a token", "/me/tokens/new")
                    .body(token_table(&visit, &tokens)))
            },
            html! {
                (Panel::new("Your account").prose(html! {
                    (about)
                    p.go { (Button::link("Change password", "/me/password")) (Button::link("Preferences", "/me/preferences").quiet()) }
                    p.sub { "Name, e-mail and roles are kept by your administrator." }
                }))
            },
        ))
    };
    visit.show(&Page::new(me.name.clone()).context("Your page").body(body)).await
}

/// Roles with their dates, those held now first.
fn roles(grants: &[Grant], tree: &SiteTree, today: Date) -> Table {
    let mut grants: Vec<&Grant> = grants.iter().collect();
    grants.sort_by_key(|grant| (!grant.is_held(today), std::cmp::Reverse(grant.from)));
    Table::new("roles", "Your roles")
        .column(Column::text("Role"))
        .column(Column::text("Site"))
        .column(Column::text("From").not_on_phones())
        .column(Column::text("Until").not_on_phones())
        .column(Column::text("State"))
        .rows(grants.into_iter().map(|grant| kit::grant_row(grant, tree, today)))
        .empty(Empty::new(
            "No role yet",
            "An administrator gives roles. Until then this page is all you can open.",
        ))
}

fn session_table(visit: &Visit, sessions: &[SessionRow], limits: Limits) -> Markup {
    let (own, csrf) = visit.who.as_ref().map_or(("", ""), |who| (who.session.as_str(), who.csrf.as_str()));
    let zone = visit.zone();
    let runs = |row: &&SessionRow| visit.now < row.ends_at && visit.now < limits.idle_end(row.seen_at);
    let table = Table::new("sessions", "Where you are signed in")
        .column(Column::text("Browser"))
        .column(Column::text("Signed in"))
        .column(Column::text("Last used").not_on_phones())
        .column(Column::text(""))
        .rows(sessions.iter().filter(runs).map(|row| {
            let is_own = row.token_hash == own;
            let end = if is_own {
                Cell::of(chip(Status::Plain, "This one"))
            } else {
                Cell::of(html! { form method="post" action="/me/sessions/end" {
                    input type="hidden" name="csrf" value=(csrf);
                    input type="hidden" name="session" value=(row.token_hash);
                    (Button::submit("Sign out").small().about(browser(&row.agent)))
                } })
            };
            Row::default()
                .cell(browser(&row.agent))
                .cell(format::instant(row.created_at, &zone, visit.now))
                .cell(Cell::dim(format::age(row.seen_at, visit.now)))
                .cell(end)
        }))
        .empty(Empty::new("No session", "You are here by a session that has just ended."));
    html! {
        (table)
        div.in { p.sub {
            "A session ends after " (limits.idle_minutes) " min without use and " (limits.absolute_hours)
            " h after sign-in. Sign out what you do not know, then change your password."
        } }
    }
}

/// A browser in the words people use, from what it calls itself.
pub(crate) fn browser(agent: &str) -> String {
    let first = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    let name = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let place = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (name, place) {
        (Some(name), Some(place)) => format!("{name} on {place}"),
        (Some(name), None) => name.to_owned(),
        (None, _) if agent.is_empty() => "Unknown browser".to_owned(),
        (None, _) => agent.chars().take(40).collect(),
    }
}

fn token_table(visit: &Visit, tokens: &[TokenRow]) -> Table {
    let csrf = visit.who.as_ref().map_or("", |who| who.csrf.as_str());
    Table::new("tokens", "Access tokens")
        .column(Column::text("Used by"))
        .column(Column::text("May").wide().not_on_phones())
        .column(Column::text("Until"))
        .column(Column::text("State"))
        .column(Column::text(""))
        .rows(tokens.iter().map(|token| {
            let (state, runs) = kit::token_state(token, visit.now);
            let permissions: Vec<String> = token.permissions.iter().map(ToString::to_string).collect();
            let revoke = html! { @if runs { form method="post" action="/me/tokens/revoke" {
                input type="hidden" name="csrf" value=(csrf);
                input type="hidden" name="token" value=(token.id);
                (Button::submit("Revoke").small().about(&token.name))
            } } };
            Row::default()
                .cell(token.name.clone())
                .cell(Cell::dim(permissions.join(", ")))
                .cell(day(token.expires_at, visit))
                .cell(state)
                .cell(Cell::of(revoke))
        }))
        .empty(
            Empty::new(
                "No tokens",
                "A token lets a program read figures for you, no more than you may see yourself.",
            )
            .quiet("Create a token", "/me/tokens/new"),
        )
}

fn day(at: Timestamp, visit: &Visit) -> String {
    format::date(visit.zone().to_datetime(at).date(), visit.today())
}

pub(super) async fn end_session(visit: Visit) -> Answer {
    let who = person(&visit)?;
    let (id, session, actor) = (who.access.person_id(), visit.form.text("session").to_owned(), visit.actor());
    let is_ended: bool = visit
        .ctx
        .db
        .write::<_, StoreError, _>(move |tx| {
            Box::pin(async move { revoke_session(tx, &actor, id, &session).await })
        })
        .await?;
    if is_ended { Ok(visit.go("/me?done=session")) } else { Err(Fault::NotFound) }
}
