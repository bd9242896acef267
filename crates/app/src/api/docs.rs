//! The reader page of the API: the same table as OpenAPI, for people.

use super::openapi;
use super::table::{OPERATIONS, Operation};
use area::{Answer, IntoResponse as _, Visit};
use web::{Button, Cell, Column, Markup, Page, Panel, Row, Table, html, stack};

/// Where it is.
pub(super) const PATH: &str = "/api/docs";

/// `GET /api/docs`.
pub(super) async fn page(visit: Visit) -> Answer {
    if visit.who.is_none() {
        return Ok(web::render_bare("API", stranger()).into_response());
    }
    let page = Page::new("API")
        .context("JSON for programs, under the same rights as the pages")
        .actions(html! {
            (Button::link("OpenAPI document", openapi::PATH).icon(web::Icon::Download))
            (Button::link("New token", "/me/tokens/new"))
        })
        .body(body());
    visit.show(&page).await
}

fn stranger() -> Markup {
    html! {
        p { "The API answers JSON under the same rights as the pages. Sign in to read about each operation, or load the document." }
        p.go { a.btn.pri href="/sign-in?next=/api/docs" { "Sign in" } a href=(openapi::PATH) { "OpenAPI document" } }
    }
}

fn body() -> Markup {
    stack(html! {
        (Panel::new("How to ask").prose(html! {
            p { "Send a token of yours with each request. Make one on " a href="/me/tokens/new" { "your page" } "; it is bound to you, to a site, to rights and to an end." }
            pre { code { "curl -H \"Authorization: Bearer $TOKEN\" \"https://your.host/api/v1/census?site=lakeside.riverside&date=2026-10-01\"" } }
            p { "What went wrong comes as problem details (RFC 9457): status, and a sentence that says what is wrong and what to do. What you may not see answers 404. Long lists come by pages; follow the " code { "Link" } " header. Writes take an " code { "Idempotency-Key" } "." }
        }))
        (contents())
        @for operation in &OPERATIONS { (one(operation)) }
    })
}

fn contents() -> Panel {
    let mut table = Table::new("operations", "Operations")
        .column(Column::text("Operation"))
        .column(Column::text("What it does").wide());
    for operation in &OPERATIONS {
        let name = html! { code { (operation.method.name()) " " (operation.path) } };
        table = table
            .row(Row::default().cell(Cell::link(name, format!("#{}", operation.id))).cell(operation.summary));
    }
    Panel::new("Operations").body(table)
}

fn one(operation: &Operation) -> Panel {
    let title = format!("{} {}", operation.method.name(), operation.path);
    Panel::new(title).id(operation.id).body(html! {
        div.in {
            p { strong { (operation.summary) } }
            p { (coded(&openapi::described(operation))) }
            p.sub { "Answers " @if operation.is_list { "a list of " } code { (operation.answer) } "." }
            @if let Some(body) = operation.body {
                p { "Send " code { (body.media) } ", for example:" }
                pre { code { (body.example) } }
            }
        }
        @if !operation.parameters.is_empty() { (parameters(operation)) }
        div.in { ul { @for (status, words) in openapi::refusals(operation) { li { code { (status) } " " (coded(words)) } } } }
    })
}

fn parameters(operation: &Operation) -> Table {
    let mut table =
        Table::new(format!("{}-parameters", operation.id), format!("Parameters of {}", operation.summary))
            .column(Column::text("Parameter"))
            .column(Column::text("Where").not_on_phones())
            .column(Column::text("Meaning").wide())
            .column(Column::text("Example").not_on_phones());
    for parameter in operation.parameters {
        table = table.row(
            Row::default()
                .cell(Cell::of(html! {
                    code { (parameter.name) } @if parameter.is_required { " " small.dim { "needed" } }
                }))
                .cell(parameter.place.word())
                .cell(Cell::of(coded(parameter.words)))
                .cell(Cell::of(html! { @if !parameter.example.is_empty() { code { (parameter.example) } } })),
        );
    }
    table
}

/// Words between backticks as code.
fn coded(words: &str) -> Markup {
    html! {
        @for (idx, part) in words.split('`').enumerate() {
            @if idx % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
