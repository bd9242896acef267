//! One stay: places over time, the messages that told them, contradictions, and what was believed earlier.
//! Cost: six statements.

use super::page::state_chip;
use super::store::{BelievedLeg, StayFile, Telling, find, list_legs, list_tellings};
use crate::adt::model::{Fact, Fault as Contradiction, OPEN, Trigger};
use crate::words;
use area::{Answer, Fault, Visit};
use identity::Permission;
use web::{
    Button, Cell, Column, Empty, Markup, Page, Panel, Row, Status, Table, breadcrumbs, chip, columns,
    description_list, html, notice,
};

/// `GET …/census/records/{stay}`.
pub async fn page(visit: Visit) -> Answer {
    let with_names = visit.may_name_patients("census/records/stay").await?;
    let scope = visit.scope()?;
    let mut tx = visit.read().await?;
    let file = find(&mut tx, &visit.tree, scope, visit.name("stay"), with_names).await?;
    let file = file.ok_or(Fault::NotFound)?;
    let legs = list_legs(&mut tx, &file.row.id).await?;
    let tellings = list_tellings(&mut tx, &file.case).await?;
    let waits = crate::flow::leaving::store::find(&mut tx, &file.row.id).await?;
    drop(tx);
    let tellings: Vec<(Telling, Fact)> = tellings
        .into_iter()
        .filter_map(|telling| {
            let fact: Fact = serde_json::from_str(&telling.body).ok()?;
            concerns(&fact, &file.row.visit).then_some((telling, fact))
        })
        .collect();
    let title = match (&file.row.name, file.row.visit.as_str()) {
        (Some(name), _) => name.clone(),
        (None, "") => "Stay without a visit number".to_owned(),
        (None, number) => format!("Visit {number}"),
    };
    let facility = visit.tree.get(&file.row.facility).map_or(String::new(), |site| site.name.clone());
    let register = visit.at("census/records");
    let flow = visit.at("census/flow");
    let page = Page::new(title)
        .context(format!("{facility}. Visit {}", if file.row.visit.is_empty() { "without a number" } else { &file.row.visit }))
        .actions(html! {
            @if file.row.state == "present" && visit.may(Permission::CENSUS_EDIT) {
                (Button::link("What it waits for", visit.at(&format!("census/flow/leaving/{}", file.row.id))))
            }
            (Button::print())
        })
        .body(html! {
            (breadcrumbs(&[("Flow board", &flow), ("Services register", &register)]))
            (contradictions(&visit, &file))
            (columns(
                html! {
                    (Panel::new("Places").context("As believed now").body(leg_table(&visit, &file, &legs, true)))
                    (Panel::new("Messages").context(format!("{}, oldest first", tellings.len())).body(telling_table(&visit, &file, &tellings)))
                },
                html! {
                    (Panel::new("Stay").prose(summary(&visit, &file, &waits)))
                    (Panel::new("Believed earlier").context("And no longer").body(leg_table(&visit, &file, &legs, false)))
                },
            ))
        });
    visit.show(&page).await
}

/// Whether a fact of the case tells of this visit, or ties numbers of the case together.
fn concerns(fact: &Fact, visit: &str) -> bool {
    visit.is_empty() || fact.visit.is_empty() || fact.visit == visit || is_merge(fact.trigger)
}

pub(crate) fn is_merge(trigger: Trigger) -> bool {
    matches!(
        trigger,
        Trigger::MergePatient | Trigger::MergeAccount | Trigger::MergeVisit | Trigger::MoveVisit
    )
}

fn summary(visit: &Visit, file: &StayFile, waits: &crate::flow::leaving::Waits) -> Markup {
    let row = &file.row;
    let zone = words::zone(&visit.tree, &row.facility);
    let when = |at: i64| html! { (words::when(at, &zone, visit.now)) };
    let mut rows: Vec<(&str, Markup)> = vec![("State", state_chip(&row.state))];
    if let Some((number, born, sex)) = &file.identity {
        rows.push(("Record number", html! { (number) }));
        rows.push(("Born", html! { (born) }));
        rows.push(("Sex", html! { (sex) }));
    }
    rows.push(("Class", html! { (class_words(&row.class)) }));
    if !row.service.is_empty() {
        rows.push(("Service", html! { (row.service) }));
    }
    rows.push((if row.state == "expected" { "Announced for" } else { "Arrived" }, when(row.arrived_at)));
    if let Some(at) = row.admitted_at {
        rows.push(("Admitted", when(at)));
    }
    if let Some(at) = file.expected_out.filter(|_| row.left_at.is_none()) {
        rows.push(("Expected to leave", when(at)));
    }
    if let Some(at) = row.left_at {
        rows.push(("Left", when(at)));
        let disposition = if row.disposition.is_empty() { "Not told" } else { &row.disposition };
        rows.push(("Disposition", html! { (disposition) }));
    }
    if !waits.is_empty() {
        rows.push(("Waits for", html! { (crate::flow::page::waits_words(waits, visit.now)) }));
    }
    description_list(rows)
}

/// A patient class with the word HL7 table 0004 has for it; a house's own class stands as it is.
fn class_words(class: &str) -> String {
    let word = match class {
        "E" => "emergency",
        "I" => "inpatient",
        "O" => "outpatient",
        "P" => "announced",
        "R" => "recurring",
        "B" => "obstetrics",
        own => return own.to_owned(),
    };
    format!("{class}, {word}")
}

fn contradictions(visit: &Visit, file: &StayFile) -> Markup {
    let found: Vec<Contradiction> = serde_json::from_str(&file.faults).unwrap_or_default();
    let zone = words::zone(&visit.tree, &file.row.facility);
    html! {
        @for one in &found {
            (notice(Status::Due, html! {
                p { b { (one.sentence) } ", said to have happened " (words::when(one.at, &zone, visit.now)) "." }
                p { (message_words(one.message)) " was set aside"
                    @if one.against > 0 { "; it contradicts " (message_words(one.against).to_lowercase()) } ". The places below follow the other messages." }
            }))
        }
    }
}

pub(crate) fn message_words(message: i64) -> String {
    if message == 0 { "An imported row".to_owned() } else { format!("Message {message}") }
}

fn leg_table(visit: &Visit, file: &StayFile, legs: &[BelievedLeg], is_now: bool) -> Table {
    let zone = words::zone(&visit.tree, &file.row.facility);
    let top = visit.scope().map_or(file.row.facility, identity::Scope::site_id);
    let now = visit.now.as_microsecond();
    let rows = legs.iter().filter(|leg| (leg.known_to == OPEN) == is_now).map(|leg| {
        let mut row = Row::default()
            .cell(format!("{} {}", words::unit_name(&visit.tree, &leg.unit, &top), leg.bed))
            .cell(leg.class.clone())
            .cell(words::when(leg.from, &zone, visit.now))
            .cell(if leg.to == OPEN {
                "still there".to_owned()
            } else {
                words::when(leg.to, &zone, visit.now)
            });
        if is_now {
            row = row.cell(words::length(leg.from, leg.to.min(now))).cell(ended(&leg.ended));
        } else {
            row = row.cell(words::when(leg.known_from, &zone, visit.now)).cell(words::when(
                leg.known_to,
                &zone,
                visit.now,
            ));
        }
        row
    });
    let table = Table::new(
        if is_now { "places" } else { "earlier" },
        if is_now { "Places of this stay" } else { "Earlier beliefs about this stay" },
    )
    .column(Column::text("Unit and bed"))
    .column(Column::text("Class").not_on_phones())
    .column(Column::text("From"))
    .column(Column::text("Until"));
    let table = if is_now {
        table.column(Column::number("For").not_on_phones()).column(Column::text("Ended by").not_on_phones())
    } else {
        table
            .column(Column::text("Believed from").not_on_phones())
            .column(Column::text("until").not_on_phones())
    };
    let empty = if is_now {
        Empty::new("No place yet", "Places appear when the patient arrives.")
    } else {
        Empty::new("Nothing was corrected", "Places that were believed once and are no longer appear here.")
    };
    table.rows(rows).empty(empty)
}

fn ended(word: &str) -> &'static str {
    match word {
        "moved" => "Move",
        "class" => "Class change",
        "discharged" => "Discharge",
        "unseen" => "Left before being seen",
        "died" => "Death",
        _ => "",
    }
}

fn telling_table(visit: &Visit, file: &StayFile, tellings: &[(Telling, Fact)]) -> Table {
    let zone = words::zone(&visit.tree, &file.row.facility);
    let may_reverse = visit.may(Permission::CENSUS_EDIT) && visit.may(Permission::CENSUS_PHI);
    let rows = tellings.iter().map(|(telling, fact)| {
        let code = telling.kind.split('^').nth(1).unwrap_or("row").to_owned();
        let place = match (fact.place.unit.as_str(), fact.place.bed.as_str()) {
            ("", "") => String::new(),
            (unit, bed) => format!("{unit} {bed}"),
        };
        let state = match telling.voided_at {
            Some(at) => html! { (chip(Status::Due, "Taken back")) " " (words::when(at, &zone, visit.now)) },
            None if is_merge(fact.trigger) && may_reverse => {
                let to = visit.at(&format!("census/records/{}/merge/{}", file.row.id, telling.message));
                html! { (Button::link("Reverse merge", to).small().about(message_words(telling.message))) }
            }
            None => Markup::default(),
        };
        Row::default()
            .cell(message_words(telling.message))
            .cell(code)
            .cell(words::when(fact.at, &zone, visit.now))
            .cell(Cell::dim(words::when(telling.recorded_at, &zone, visit.now)))
            .cell(place)
            .cell(state)
    });
    Table::new("messages", "Messages that told of this stay")
        .column(Column::text("Message"))
        .column(Column::text("Event"))
        .column(Column::text("Happened"))
        .column(Column::text("Received").not_on_phones())
        .column(Column::text("Place, as sent").not_on_phones())
        .column(Column::text("Standing"))
        .rows(rows)
        .empty(Empty::new("No messages", "Nothing that was received tells of this stay any more."))
}
