//! Every address by every role: open, or a page that is not there.
//!
//! The table is kept in `routes_by_role.txt`; a new page without a line in it fails here, so its guard is
//! read by somebody. `HELMWARD_UPDATE=1` writes the table anew. Reading addresses whose only name is the
//! site are asked for real; the others are told by their guard.

mod common;

use area::{Guard, Method};
use axum::http::StatusCode;
use common::House;
use identity::Role;
use std::fmt::Write as _;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/routes_by_role.txt");

fn guard_words(guard: Guard) -> String {
    match guard {
        Guard::Public => "public".to_owned(),
        Guard::SignedIn => "signed in".to_owned(),
        Guard::At(permission) => format!("at {permission}"),
        Guard::AtQuery(permission) => format!("query {permission}"),
        Guard::Anywhere(permission) => format!("anywhere {permission}"),
    }
}

fn by_guard(guard: Guard, role: Role) -> bool {
    guard.permission().is_none_or(|permission| role.allows(permission))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_decided_for_every_role() {
    let house = House::build(testkit::sqlite().await).await;
    let mut browsers = Vec::new();
    for role in Role::ALL {
        house.add(role.key(), role, "lakeside").await;
        browsers.push((role, house.sign_in(role.key()).await));
    }
    let mut lines = Vec::new();
    for route in app::routes(app::areas()) {
        let plain = route.path.replace("{scope}", "lakeside");
        let is_asked = route.method == Method::Get && !plain.contains('{');
        let mut line =
            format!("{:<6} {:<46} {:<28}", route.method.name(), route.path, guard_words(route.guard));
        for (role, browser) in &browsers {
            let is_open = if is_asked {
                let status = browser.get(&plain).await.status;
                assert!(!status.is_server_error(), "{role:?} {plain}: {status}");
                status != StatusCode::NOT_FOUND
            } else {
                by_guard(route.guard, *role)
            };
            if route.guard.permission().is_some() {
                assert!(by_guard(route.guard, *role) || !is_open, "{role:?} opens {plain}");
            }
            line.push_str(if is_open { " +" } else { " -" });
        }
        lines.push(line);
    }
    lines.sort();
    let mut text = "Columns, from the left:".to_owned();
    for role in Role::ALL {
        let _ = write!(text, " {}", role.key());
    }
    text.push_str(".\n+ opens, - is not there.\n\n");
    text.push_str(&lines.join("\n"));
    text.push('\n');
    if std::env::var_os("HELMWARD_UPDATE").is_some() {
        std::fs::write(FILE, &text).unwrap();
    }
    let kept = std::fs::read_to_string(FILE).unwrap_or_default();
    let news: Vec<&str> = text.lines().filter(|line| !kept.lines().any(|old| old == *line)).collect();
    let gone: Vec<&str> = kept.lines().filter(|line| !text.lines().any(|new| new == *line)).collect();
    assert!(
        news.is_empty() && gone.is_empty(),
        "the routes changed; read the lines, then run with HELMWARD_UPDATE=1\nnew:\n{}\ngone:\n{}",
        news.join("\n"),
        gone.join("\n")
    );
}
