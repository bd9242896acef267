//! One bed: its patient, its states, and the forms that change it.
//! Cost: a dozen statements, and the last 200 states.

use super::change::{self, Action, Wish};
use super::rules::{BLOCK_REASONS, BedState};
use super::store::{self, Bed, BedRow, StateRow};
use super::timers::durations;
use crate::flow::leaving::page::sentence;
use crate::flow::page::ask;
use crate::flow::rules::{Board, Facts, Guest, board};
use crate::flow::store::load;
use crate::words;
use area::{Answer, Differing, Fault, Unsaved, VERSION_FIELD, Visit};
use base::Id;
use identity::{Permission, SiteInfo};
use std::collections::HashMap;
use web::{
    Button, Cell, Choice, Column, Errors, Field, Form, Markup, Page, Panel, Row, Status, Table, Undo,
    breadcrumbs, chip, columns, description_list, html,
};

/// `GET …/census/beds/{bed}`.
pub async fn page(visit: Visit) -> Answer {
    show(&visit, None, &Errors::new()).await
}

/// `POST …/census/beds/{bed}`.
pub async fn change(visit: Visit) -> Answer {
    if visit.form.text("do") == "flags" {
        return flags(&visit).await;
    }
    let action = Action::from_word(visit.form.text("do"))
        .ok_or_else(|| Fault::BadRequest("this page has no such action; load it again".to_owned()))?;
    let form = &visit.form;
    let wish = Wish {
        action,
        reason: form.text("reason").to_owned(),
        note: form.text("note").to_owned(),
        owner: form.text("owner").to_owned(),
        stay: form.text("stay").to_owned(),
    };
    let (bed, unit) = find(&visit).await?;
    if visit.version() != version(&bed) {
        return state_conflict(&visit, &bed, &wish).await;
    }
    let mut tx = visit.read().await?;
    let facts = load(&mut tx, &ask(&visit, false)?).await?;
    drop(tx);
    let checked = change::check(&bed, guests_in(&facts, &bed).next().is_some(), &wish)
        .and_then(|to| check_stay(&facts, &wish).map(|()| to));
    let to = match checked {
        Ok(to) => to,
        Err((field, words)) => {
            return show(&visit, Some(&wish), &Errors::of(field, sentence(&words))).await;
        }
    };
    let (actor, site, seen) = (visit.actor(), unit.path.clone(), bed.clone());
    let made = visit
        .ctx
        .db
        .write::<_, Fault, _>(move |tx| {
            Box::pin(async move { change::save(tx, &actor, &site, &seen, to, &wish).await })
        })
        .await?;
    visit.ctx.live.publish("census", unit.path.as_str());
    Ok(visit.go(&format!("{}?changed={made}", visit.at(&format!("census/beds/{}", bed.id)))))
}

/// What the forms that change the state were filled from.
fn version(bed: &BedRow) -> String {
    format!("{} {}", bed.state.word(), bed.since)
}

/// What the form of the kind of bed was filled from.
fn flags_version(bed: &BedRow) -> String {
    format!("{} {}", bed.is_licensed, bed.is_set_up)
}

/// Someone, or the feed, changed the bed after the page was read.
async fn state_conflict(visit: &Visit, bed: &BedRow, wish: &Wish) -> Answer {
    let values = [
        Differing::new("What happens to the bed", sentence(bed.state.word()), wish.action.label()),
        Differing::new("Reason", &bed.reason, &wish.reason),
        Differing::new("Who clears it", &bed.owner, &wish.owner),
    ];
    let back = visit.at(&format!("census/beds/{}", bed.id));
    visit.conflict(&words::bed(&bed.code), &back, &version(bed), &values).await
}

/// A bed is promised to someone who waits or is announced, and only one bed to each.
fn check_stay(facts: &Facts<'_>, wish: &Wish) -> Result<(), change::Refusal> {
    if wish.action != Action::Assign {
        return Ok(());
    }
    let is_known = facts.present.iter().chain(&facts.coming).any(|guest| guest.stay == wish.stay);
    if !is_known {
        return Err(("stay", "this patient is no longer waiting; choose another".to_owned()));
    }
    match facts.beds.iter().find(|bed| bed.stay == wish.stay) {
        Some(other) => {
            let words =
                format!("this patient already has {}; take that promise back first", words::bed(&other.code));
            Err(("stay", words))
        }
        None => Ok(()),
    }
}

async fn flags(visit: &Visit) -> Answer {
    let (bed, unit) = find(visit).await?;
    let (is_licensed, is_set_up) = (visit.form.is_set("licensed"), visit.form.is_set("set_up"));
    match save_flags(visit, &bed, unit, (is_licensed, is_set_up), Some(visit.version())).await {
        Ok(()) => {}
        Err(Unsaved::Refused(fault)) => return Err(fault),
        Err(Unsaved::Stale) => return flags_conflict(visit, (is_licensed, is_set_up)).await,
    }
    let was = format!("flags:{}:{}", bed.is_licensed, bed.is_set_up);
    Ok(visit.go(&format!("{}?changed={was}", visit.at(&format!("census/beds/{}", bed.id)))))
}

/// Somebody saved the kind of bed while the page was open.
async fn flags_conflict(visit: &Visit, (is_licensed, is_set_up): (bool, bool)) -> Answer {
    let (bed, _) = find(visit).await?;
    let yes = |is: bool| if is { "Yes" } else { "No" };
    let values = [
        Differing::new("Licensed", yes(bed.is_licensed), yes(is_licensed)),
        Differing::new("Set up", yes(bed.is_set_up), yes(is_set_up)),
    ];
    let back = visit.at(&format!("census/beds/{}", bed.id));
    visit.conflict(&words::bed(&bed.code), &back, &flags_version(&bed), &values).await
}

/// Saves what kind of bed it is, unless it is no longer what the form was filled from.
async fn save_flags(
    visit: &Visit,
    bed: &BedRow,
    unit: &SiteInfo,
    (is_licensed, is_set_up): (bool, bool),
    seen: Option<String>,
) -> Result<(), Unsaved<Fault>> {
    let (actor, id, site) = (visit.actor(), bed.id, unit.path.clone());
    let scope = visit.scope().map_err(Unsaved::Refused)?.clone();
    visit
        .ctx
        .db
        .write::<_, Unsaved<Fault>, _>(move |tx| {
            Box::pin(async move {
                let stored = store::find(tx, &scope, id).await?.ok_or(Unsaved::Refused(Fault::NotFound))?;
                if seen.is_some_and(|seen| seen != flags_version(&stored)) {
                    return Err(Unsaved::Stale);
                }
                store::set_flags(tx, id, is_licensed, is_set_up).await?;
                let body = serde_json::json!({ "is_licensed": is_licensed, "is_set_up": is_set_up });
                let change = ::store::Change { kind: "bed", record: id.to_string(), site: Some(site), body };
                Ok(tx.keep(&actor, change).await?)
            })
        })
        .await
}

/// `POST …/census/beds/{bed}/undo`.
pub async fn undo(visit: Visit) -> Answer {
    let (bed, unit) = find(&visit).await?;
    let token = visit.form.text("undo").to_owned();
    let flags = token.strip_prefix("flags:").and_then(|flags| flags.split_once(':'));
    if let Some((is_licensed, is_set_up)) = flags {
        let before = (is_licensed == "true", is_set_up == "true");
        match save_flags(&visit, &bed, unit, before, None).await {
            Ok(()) => {}
            Err(Unsaved::Refused(fault)) => return Err(fault),
            Err(Unsaved::Stale) => return Err(Fault::StaleForm),
        }
    } else {
        let (actor, site, id) = (visit.actor(), unit.path.clone(), bed.id);
        visit
            .ctx
            .db
            .write::<_, Fault, _>(move |tx| {
                Box::pin(async move { change::undo(tx, &actor, &site, id, &token).await })
            })
            .await?;
    }
    visit.ctx.live.publish("census", unit.path.as_str());
    Ok(visit.go(&visit.at(&format!("census/beds/{}", bed.id))))
}

async fn find(visit: &Visit) -> Result<(BedRow, &SiteInfo), Fault> {
    let id: Id<Bed> = visit.name("bed").parse().map_err(|_| Fault::NotFound)?;
    let mut tx = visit.read().await?;
    let bed = store::find(&mut tx, visit.scope()?, id).await?.ok_or(Fault::NotFound)?;
    let unit = visit.tree.get(&bed.unit).ok_or(Fault::NotFound)?;
    Ok((bed, unit))
}

fn guests_in<'g>(facts: &'g Facts<'_>, bed: &'g BedRow) -> impl Iterator<Item = &'g Guest> {
    facts.present.iter().filter(|guest| {
        guest.place.as_ref().is_some_and(|(unit, code)| *unit == bed.unit && *code == bed.code)
    })
}

async fn show(visit: &Visit, wish: Option<&Wish>, errors: &Errors) -> Answer {
    let with_names = visit.may_name_patients("census/beds").await?;
    let (bed, unit) = find(visit).await?;
    let mut tx = visit.read().await?;
    let facts = load(&mut tx, &ask(visit, with_names)?).await?;
    let states = store::list_states(&mut tx, &visit.tree, &bed).await?;
    let people = store::list_people(&mut tx, &states).await?;
    drop(tx);
    let guests: Vec<&Guest> = guests_in(&facts, &bed).collect();
    let board = board(&facts);
    let state = if guests.is_empty() { bed.state } else { BedState::Occupied };
    let may_edit = visit.may(Permission::CENSUS_EDIT);
    let left = html! {
        (Panel::new("Now").prose(now(visit, &bed, state, &guests)))
        (Panel::new("States").context("Newest first").body(state_table(visit, &states, &people)))
    };
    let right = html! {
        @if may_edit { (forms(visit, &Forms { bed: &bed, state, board: &board, unit, wish, errors })?) }
        @else { (Panel::new("Change").prose(html! { p.sub { "You may look at this bed, not change it." } })) }
    };
    let flow = visit.at("census/flow");
    let unit_flow = format!("/at/{}/census/flow", unit.path);
    let page = Page::new(words::bed(&bed.code))
        .context(format!(
            "{}, {}",
            words::unit_name(&visit.tree, &unit.id, &visit.scope()?.site_id()),
            state.word()
        ))
        .errors(errors)
        .undo(undo_strip(visit, &bed, may_edit))
        .actions(html! { (Button::print()) })
        .body(html! {
            (breadcrumbs(&[("Flow board", &flow), (&unit.name, &unit_flow)]))
            (columns(left, right))
        });
    visit.show(&page).await
}

fn undo_strip(visit: &Visit, bed: &BedRow, may_edit: bool) -> Option<Undo> {
    let token = visit.query.find("changed").filter(|_| may_edit)?;
    let what = if token.starts_with("flags:") {
        "Saved what kind of bed it is.".to_owned()
    } else {
        format!("{} is now {}.", words::bed(&bed.code), bed.state.word())
    };
    let action = visit.at(&format!("census/beds/{}/undo", bed.id));
    Some(Undo { text: what, action, token: token.to_owned() })
}

fn now(visit: &Visit, bed: &BedRow, state: BedState, guests: &[&Guest]) -> Markup {
    let zone = words::zone(&visit.tree, &bed.unit);
    let since = guests.first().map_or(bed.since, |guest| guest.since);
    let mut rows: Vec<(&str, Markup)> = vec![("State", html! { (state_chip(state)) })];
    if since > 0 {
        let length = words::length(since, visit.now.as_microsecond());
        rows.push(("Since", html! { (words::when(since, &zone, visit.now)) ", " (length) }));
    }
    for guest in guests {
        let href = visit.at(&format!("census/records/{}", guest.stay));
        let label =
            if guest.name.is_empty() { words::kind(guest.kind).to_owned() } else { guest.name.clone() };
        rows.push(("Patient", html! { a href=(href) { (label) } }));
        if let Some(out) = guest.expected_out {
            rows.push(("Expected to leave", html! { (words::when(out, &zone, visit.now)) }));
        }
    }
    if !bed.reason.is_empty() {
        rows.push(("Why", html! { (bed.reason) }));
    }
    if !bed.owner.is_empty() {
        rows.push(("Who clears it", html! { (bed.owner) }));
    }
    if !bed.stay.is_empty() {
        let href = visit.at(&format!("census/records/{}", bed.stay));
        rows.push(("Promised to", html! { a href=(href) { "A waiting patient" } }));
    }
    let yes = |is: bool| html! { (if is { "Yes" } else { "No" }) };
    rows.push(("Licensed", yes(bed.is_licensed)));
    rows.push(("Set up", yes(bed.is_set_up)));
    description_list(rows)
}

pub(crate) fn state_chip(state: BedState) -> Markup {
    match state {
        BedState::Available => chip(Status::Done, "Available"),
        BedState::Assigned => chip(Status::Plain, "Assigned"),
        BedState::Occupied => chip(Status::Plain, "In use"),
        BedState::Dirty => chip(Status::Due, "Dirty"),
        BedState::Cleaning => chip(Status::Due, "Being cleaned"),
        BedState::Blocked => chip(Status::Breach, "Blocked"),
        BedState::Closed => chip(Status::Plain, "Closed"),
    }
}

fn state_table(visit: &Visit, states: &[StateRow], people: &HashMap<String, String>) -> Table {
    let zone = visit.zone();
    let now = visit.now.as_microsecond();
    let rows = durations(states).into_iter().map(|(state, until)| {
        let who = match state.cause.as_str() {
            "feed" => "Bed feed".to_owned(),
            cause => people.get(cause).cloned().unwrap_or_else(|| "A person".to_owned()),
        };
        let why = [state.reason.as_str(), state.owner.as_str()];
        let why: Vec<&str> = why.into_iter().filter(|part| !part.is_empty()).collect();
        Row::default()
            .cell(state_chip(state.state))
            .cell(words::when(state.from, &zone, visit.now))
            .cell(words::length(state.from, until.unwrap_or(now)))
            .cell(why.join(", "))
            .cell(Cell::dim(who))
    });
    Table::new("states", "States of this bed, newest first")
        .column(Column::text("State"))
        .column(Column::text("From"))
        .column(Column::number("For"))
        .column(Column::text("Why, who clears it").wide().not_on_phones())
        .column(Column::text("Set by").not_on_phones())
        .rows(rows)
        .empty(web::Empty::new(
            "No changes yet",
            "Each change of this bed appears here with its time and cause.",
        ))
}

struct Forms<'f> {
    bed: &'f BedRow,
    state: BedState,
    board: &'f Board,
    unit: &'f SiteInfo,
    wish: Option<&'f Wish>,
    errors: &'f Errors,
}

fn forms(visit: &Visit, of: &Forms<'_>) -> Result<Markup, Fault> {
    let csrf = &visit.who()?.csrf;
    let to = visit.at(&format!("census/beds/{}", of.bed.id));
    let quiet = Errors::new();
    // A form shown again for a mistake still says what it was first filled from.
    let seen = if of.wish.is_some() { visit.version() } else { version(of.bed) };
    let errors_of =
        |action: Action| if of.wish.is_some_and(|wish| wish.action == action) { of.errors } else { &quiet };
    let is_simple = of.wish.is_some_and(|wish| !matches!(wish.action, Action::Block | Action::Assign));
    Ok(html! {
        @if is_simple { (of.errors) }
        @if of.state == BedState::Occupied {
            (Panel::new("Change").prose(html! {
                p { "A patient is in this bed. It can be changed once the patient has left." }
            }))
        } @else {
            (Panel::new("Change").prose(html! {
                form method="post" action=(to) {
                    input type="hidden" name="csrf" value=(csrf);
                    input type="hidden" name=(VERSION_FIELD) value=(seen);
                    div.go {
                        @for action in Action::offered(of.state) {
                            (Button::submit_as(action.label(), "do", action.word()).about(words::bed(&of.bed.code)))
                        }
                    }
                }
            }))
            @if of.state == BedState::Available {
                (Panel::new("Assign to a patient").prose(assign_form(of, &to, (csrf, &seen), errors_of(Action::Assign))))
            }
            @if !matches!(of.state, BedState::Blocked | BedState::Assigned) {
                (Panel::new("Block").prose(block_form(of.wish, &to, (csrf, &seen), errors_of(Action::Block))))
            }
        }
        (Panel::new("Kind of bed").prose(Form::post(&to, csrf)
            .hidden(VERSION_FIELD, flags_version(of.bed))
            .hidden("do", "flags")
            .field(Field::checks("licensed", "Licensed", vec![Choice::new("1", "On the license", of.bed.is_licensed)]))
            .field(Field::checks("set_up", "Set up", vec![Choice::new("1", "Ready for use when staffed", of.bed.is_set_up)]))
            .button(Button::submit("Save"))))
    })
}

fn block_form(wish: Option<&Wish>, to: &str, (csrf, seen): (&str, &str), errors: &Errors) -> Form {
    let wish = wish.filter(|wish| wish.action == Action::Block);
    let text = |of: fn(&Wish) -> &String| wish.map_or(String::new(), |wish| of(wish).clone());
    let reason = text(|wish| &wish.reason);
    let mut reasons = vec![Choice::new("", "Choose a reason", reason.is_empty())];
    reasons.extend(
        BLOCK_REASONS
            .into_iter()
            .map(|word| Choice::new(word, sentence(word).trim_end_matches('.'), word == reason)),
    );
    Form::post(to, csrf)
        .errors(errors)
        .hidden(VERSION_FIELD, seen)
        .hidden("do", Action::Block.word())
        .field(Field::select("reason", "Reason", reasons))
        .field(
            Field::text("note", "Note")
                .optional()
                .value(text(|wish| &wish.note))
                .hint("What is wrong, in a few words"),
        )
        .field(
            Field::text("owner", "Who clears it").value(text(|wish| &wish.owner)).hint("A person or a team"),
        )
        .button(Button::submit("Block bed"))
}

fn assign_form(of: &Forms<'_>, to: &str, (csrf, seen): (&str, &str), errors: &Errors) -> Markup {
    let waiting = of.board.waiting.iter().filter(|waiting| waiting.promised.is_none());
    let waiting = waiting.map(|waiting| (&waiting.guest, web::format::duration(waiting.minutes)));
    let expected = of.board.expected.iter().map(|guest| (guest, "announced".to_owned()));
    let mut guests: Vec<(&Guest, String)> = waiting.chain(expected).collect();
    // Those who are to come here stand first; the sort keeps the order of waiting.
    guests.sort_by_key(|(guest, _)| guest.to != Some(of.unit.id));
    if guests.is_empty() {
        return html! { p.sub { "Nobody waits for a bed or is announced." } };
    }
    let chosen = of.wish.map_or("", |wish| wish.stay.as_str());
    let mut choices = vec![Choice::new("", "Choose a patient", chosen.is_empty())];
    choices.extend(guests.iter().map(|(guest, wait)| {
        let label = format!("{}, {wait}", guest.label());
        Choice::new(&guest.stay, label, guest.stay == chosen)
    }));
    html! {
        (Form::post(to, csrf)
            .errors(errors)
            .hidden(VERSION_FIELD, seen)
            .hidden("do", Action::Assign.word())
            .field(Field::select("stay", "Patient", choices).hint("Those who are to come to this unit stand first"))
            .button(Button::submit("Assign")))
    }
}
