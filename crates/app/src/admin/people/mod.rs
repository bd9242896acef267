//! People and their roles: the list, adding somebody, one person's page.

pub(super) mod edit;
mod new;
pub(super) mod store;

pub(super) use edit::{close, details, end_role_of, end_sessions, grant, page as person_page, reset};
pub(super) use new::{page as new_page, send as add};

use super::kit;
use area::{Answer, Cell as FileCell, Export, Visit};
use identity::people::{PersonRow, list_people};
use identity::{Permission, Role};
use jiff::civil::Date;
use web::{
    Button, Cell, Column, Empty, FilterBar, Icon, Markup, Page, Panel, Row, Status, Table, chip, format, html,
};

pub(super) async fn list(visit: Visit) -> Answer {
    let mut tx = visit.read().await?;
    let people = list_people(&mut tx, visit.scope()?).await?;
    drop(tx);
    let (n_all, today) = (people.len(), visit.today());
    let mut people: Vec<PersonRow> = people.into_iter().filter(|row| matches(row, &visit)).collect();
    let is_down = visit.query.text("order") == "down";
    people.sort_by_key(|row| match visit.query.text("sort") {
        "email" => row.person.email.clone(),
        "title" => row.person.title.to_lowercase(),
        _ => row.person.name.to_lowercase(),
    });
    if is_down {
        people.reverse();
    }
    if let Some(file) = kit::export(&visit, || file(&people, &visit)) {
        return file;
    }
    let may_edit = visit.may(Permission::ADMIN_EDIT);
    let context = format!(
        "{} at {}",
        format::n_of(i64::try_from(n_all).unwrap_or(i64::MAX), "person", "people"),
        visit.site()?.name
    );
    let body = html! {
        (filter(&visit))
        (Panel::default().body(table(&visit, people, n_all, today)))
    };
    let mut page = Page::new("People and roles").context(context).body(body);
    if may_edit {
        page = page.actions(html! {
            (Button::link("Import", "/admin/imports/new/people").icon(Icon::Upload))
            (Button::link("Add a person", "/admin/people/new").primary().icon(Icon::Plus))
        });
    }
    visit.show(&page).await
}

fn state_of(row: &PersonRow, visit: &Visit) -> &'static str {
    if row.person.closed_at.is_some() {
        "closed"
    } else if row.locked_until.is_some_and(|until| visit.now < until) {
        "locked"
    } else if row.person.must_change {
        "new"
    } else {
        "open"
    }
}

fn matches(row: &PersonRow, visit: &Visit) -> bool {
    let asked = visit.query.text("q").to_lowercase();
    let person = &row.person;
    let fits_text = [&person.name, &person.email, &person.title]
        .into_iter()
        .any(|text| text.to_lowercase().contains(&asked));
    let role = visit.query.text("role").parse::<Role>().ok();
    let fits_role = role
        .is_none_or(|role| row.grants.iter().any(|grant| grant.role == role && grant.is_held(visit.today())));
    let state = visit.query.text("state");
    // Closed accounts are out of sight until asked for.
    let fits_state = match state {
        "all" => true,
        "" => state_of(row, visit) != "closed",
        state => state_of(row, visit) == state,
    };
    fits_text && fits_role && fits_state
}

fn filter(visit: &Visit) -> Markup {
    let roles: Vec<(&str, &str)> =
        [("", "Any")].into_iter().chain(Role::ALL.iter().map(|role| (role.key(), role.title()))).collect();
    let states = [
        ("", "All but closed"),
        ("open", "Open"),
        ("new", "New password due"),
        ("locked", "Waiting after failures"),
        ("closed", "Closed"),
        ("all", "All"),
    ];
    let query = &visit.query;
    let mut bar = FilterBar::new("/admin/people")
        .search("q", "Name or e-mail", query.text("q"))
        .select("role", "Role", &roles, query.text("role"))
        .select("state", "State", &states, query.text("state"));
    for name in ["site", "sort", "order"] {
        if let Some(value) = query.find(name) {
            bar = bar.keep(name, value);
        }
    }
    if let Some(text) = query.find("q") {
        bar = bar.chip(format!("Text: {text}"), kit::here(visit, "q", None));
    }
    if let Ok(role) = query.text("role").parse::<Role>() {
        bar = bar.chip(format!("Role: {}", role.title()), kit::here(visit, "role", None));
    }
    if let Some((_, words)) = states.iter().skip(1).find(|(key, _)| *key == query.text("state")) {
        bar = bar.chip(format!("State: {words}"), kit::here(visit, "state", None));
    }
    html! { (bar.clear("/admin/people")) }
}

fn table(visit: &Visit, people: Vec<PersonRow>, n_all: usize, today: Date) -> Table {
    let (csv, xlsx) = kit::file_hrefs(visit);
    let (rows, paging) = kit::paged(visit, people);
    let column = |key: &'static str, label: &'static str| {
        let sort = visit.query.text("sort");
        let is_current = sort == key || (sort.is_empty() && key == "name");
        let is_up = visit.query.text("order") != "down";
        let order = if is_current && is_up { "down" } else { "up" };
        let query = area::Form::parse(visit.query.with("sort", Some(key)).trim_start_matches('?'));
        let href = format!("{}{}", visit.path, query.with("order", Some(order)));
        Column::text(label).sort(href, is_current.then_some(is_up))
    };
    let empty = if n_all == 0 {
        Empty::new("Nobody yet", "Everyone with a role here will stand in this list.")
            .action("Add a person", "/admin/people/new")
            .quiet("Import a file", "/admin/imports/new/people")
            .file_columns(&["email", "name", "title", "site", "role"])
    } else {
        Empty::filtered("/admin/people")
    };
    Table::new("people", "People and their roles")
        .column(column("name", "Name"))
        .column(column("title", "Title").not_on_phones())
        .column(Column::text("Roles").wide())
        .column(column("email", "E-mail").only_wide_screens())
        .column(Column::text("State").not_on_phones())
        .rows(rows.into_iter().map(|row| line(&row, visit, today)))
        .paging(paging)
        .downloads(csv, xlsx)
        .empty(empty)
}

fn line(row: &PersonRow, visit: &Visit, today: Date) -> Row {
    let person = &row.person;
    let state = match state_of(row, visit) {
        "closed" => chip(Status::Plain, "Closed"),
        "locked" => chip(Status::Due, "Waiting"),
        "new" => chip(Status::Plain, "New password due"),
        _ => chip(Status::Done, "Open"),
    };
    Row::default()
        .cell(Cell::link(&person.name, format!("/admin/people/{}", person.id)))
        .cell(Cell::dim(&person.title))
        .cell(roles(row, visit, today, ", "))
        .cell(Cell::dim(&person.email))
        .cell(state)
}

/// The roles held today: `Unit manager at 5 West`.
fn roles(row: &PersonRow, visit: &Visit, today: Date, between: &str) -> String {
    let held = row.grants.iter().filter(|grant| grant.is_held(today)).map(|grant| {
        let site = visit.tree.get(&grant.site).map_or("a closed site", |site| site.name.as_str());
        format!("{} at {site}", grant.role.title())
    });
    let words = held.collect::<Vec<_>>().join(between);
    if words.is_empty() { "None".to_owned() } else { words }
}

fn file(people: &[PersonRow], visit: &Visit) -> Export {
    let mut export = Export::new("people", &["email", "name", "title", "roles", "state", "since"]);
    for row in people {
        export.rows.push(vec![
            FileCell::from(row.person.email.as_str()),
            FileCell::from(row.person.name.as_str()),
            FileCell::from(row.person.title.as_str()),
            FileCell::from(roles(row, visit, visit.today(), "; ")),
            FileCell::from(state_of(row, visit)),
            FileCell::from(row.person.created_at.to_string()),
        ]);
    }
    export
}
