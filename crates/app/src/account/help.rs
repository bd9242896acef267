//! Help, the keys, the page behind the phone's More tab, and the page of components.

use super::person;
use area::{Answer, Visit};
use axum::response::IntoResponse as _;
use web::{Page, Panel, description_list, html};

pub(super) async fn more(visit: Visit) -> Answer {
    let shell = visit.shell().await?;
    visit.show(&Page::new("More").body(web::more_page(&shell))).await
}

pub(super) async fn keys(visit: Visit) -> Answer {
    let shell = visit.shell().await?;
    visit.show(&Page::new("Keys").context("What the keyboard does").body(web::keys_page(&shell))).await
}

pub(super) async fn components(visit: Visit) -> Answer {
    person(&visit)?;
    visit
        .show(&Page::new("Components").context("Every component in every state").body(web::components_page()))
        .await
}

/// What a browser shows without a connection; it holds nothing of anybody.
pub(super) async fn offline(_: Visit) -> Answer {
    let body = html! {
        p.lead { "This device has no connection to Helmward right now." }
        p { "Nothing you sent is lost without a word: a form that was not saved says so. Try again when the connection is back." }
        p.go { a.btn.pri href="/" { "Try again" } }
    };
    Ok(web::render_bare("No connection", body).into_response())
}

pub(super) async fn help(visit: Visit) -> Answer {
    let answers = description_list([
        (
            "Where does a figure come from",
            "Every figure is a link. Behind it stand its definition, its source, its age and the rows it was computed from.",
        ),
        (
            "What do the colors say",
            "Blue is better and orange worse than usual. Red is a broken rule, amber is due soon, green is done. Each also has a word or a sign.",
        ),
        (
            "How do I take something back",
            "After a change a line offers Undo until your next change. Imports can be undone for seven days.",
        ),
        (
            "Why is a page missing",
            "Pages outside of your roles are not shown. Your roles and their dates are on your own page; an administrator changes them.",
        ),
        (
            "Who sees what I look at",
            "Each view of a page that names patients is logged. The privacy officer reads that log.",
        ),
    ]);
    let body = html! {
        (Panel::new("Questions people ask").prose(answers))
        (Panel::new("More").prose(html! {
            p { a href="/help/keys" { "Keys" } " for those who prefer the keyboard. " a href="/me" { "Your page" } " with your roles. " a href="/me/preferences" { "Preferences" } " for colors, rows and figures." }
        }))
    };
    visit.show(&Page::new("Help").body(web::stack(body))).await
}
