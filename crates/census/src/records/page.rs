//! The register's list. Cost: two statements and the rows of one page; an export reads at most 100,000.

use super::store::{Filter, Order, StayRow, list, n_matching};
use crate::flow::page::View;
use crate::tabs::{Tab, tabs};
use crate::words;
use area::{Answer, Cell as Value, Export, ExportFormat, Fault, Visit};
use identity::{Permission, SiteKind};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use web::{
    Button, Cell, Column, Empty, FilterBar, Markup, Page, Paging, Panel, Row, Status, Table, chip, format,
    html,
};

/// Rows of a page.
const PAGE: i64 = 50;
/// Rows of a file.
const FILE_MAX: i64 = 100_000;

const STATES: [(&str, &str); 6] = [
    ("", "All but taken back"),
    ("present", "Inside"),
    ("expected", "Announced"),
    ("left", "Left"),
    ("void", "Taken back"),
    ("any", "All"),
];

/// `GET …/census/records`.
pub async fn records(mut visit: Visit) -> Answer {
    let is_lately = since_lately(&mut visit);
    let with_names = visit.may_name_patients("census/records").await?;
    let filter = filter(&visit)?;
    let order = if visit.query.text("sort") == "oldest" { Order::Oldest } else { Order::Newest };
    let scope = visit.scope()?;
    let mut tx = visit.read().await?;
    if let Some(format) = ExportFormat::from_name(visit.query.text("format")) {
        let rows = list(&mut tx, &visit.tree, scope, &filter, order, with_names, (0, FILE_MAX)).await?;
        return export(&visit, &rows, with_names).respond(format);
    }
    let page = visit.query.text("page").parse::<i64>().unwrap_or(1).clamp(1, 1_000_000);
    let offset = (page - 1) * PAGE;
    let n_all = n_matching(&mut tx, &visit.tree, scope, &filter).await?;
    let rows = list(&mut tx, &visit.tree, scope, &filter, order, with_names, (offset, PAGE)).await?;
    drop(tx);
    let paging = paging(&visit, page, n_all);
    let page = Page::new("Services register")
        .context(format!("{}, {}", visit.site()?.name, format::n_of(n_all, "stay", "stays")))
        .actions(html! {
            (Button::print())
            (Button::link("JSON", visit.query.with("format", Some("json"))).icon(web::Icon::Download))
        })
        .body(html! {
            (tabs(&visit, Tab::Records))
            (bar(&visit)?)
            (Panel::new("Stays").context("Newest arrival first unless sorted").body(table(&visit, &rows, with_names, is_lately, paging)?))
        });
    visit.show(&page).await
}

/// How far back a register goes that is asked for nothing in particular.
const LATELY_DAYS: i64 = 30;

/// A register that is asked for nothing in particular shows the arrivals of the last days; the date stands
/// in the filter, to be changed. So the page costs the same after ten years. Whether it was so asked.
fn since_lately(visit: &mut Visit) -> bool {
    let is_asked = ["from", "to", "visit", "state", "faults"].iter().any(|name| visit.query.is_set(name));
    let since = jiff::Span::new().try_days(-LATELY_DAYS).and_then(|span| visit.today().checked_add(span));
    if let Some(since) = since.ok().filter(|_| !is_asked) {
        let query = visit.query.with("from", Some(&since.to_string()));
        visit.query = area::Form::parse(query.trim_start_matches('?'));
    }
    !is_asked
}

fn filter(visit: &Visit) -> Result<Filter, Fault> {
    let query = &visit.query;
    let zone = visit.zone();
    let unit = query.find("unit").and_then(|path| path.parse().ok());
    let unit = unit
        .and_then(|path| visit.tree.find(&path))
        .filter(|unit| visit.scope().is_ok_and(|scope| scope.path().covers(&unit.path)));
    if query.find("unit").is_some() && unit.is_none() {
        return Err(Fault::NotFound);
    }
    let start = |day: Date| day.to_zoned(zone.clone()).ok().map(|at| at.timestamp().as_microsecond());
    let day = |name: &str| query.find(name).and_then(|text| text.parse::<Date>().ok());
    Ok(Filter {
        unit: unit.map(|unit| unit.id),
        class: query.text("class").to_uppercase(),
        state: query.text("state").to_owned(),
        from: day("from").and_then(start),
        until: day("to").and_then(|day| day.tomorrow().ok()).and_then(start),
        disposition: query.text("disposition").to_owned(),
        visit: query.text("visit").to_owned(),
        with_faults: query.is_set("faults"),
        stay: String::new(),
    })
}

fn bar(visit: &Visit) -> Result<Markup, Fault> {
    let query = &visit.query;
    let top = visit.scope()?.site_id();
    let units = visit.tree.units_below(&top);
    let names: Vec<(String, String)> = units
        .iter()
        .map(|unit| (unit.path.to_string(), words::unit_name(&visit.tree, &unit.id, &top)))
        .collect();
    let mut options: Vec<(&str, &str)> = vec![("", "All units")];
    options.extend(names.iter().map(|(path, name)| (path.as_str(), name.as_str())));
    let mut bar = FilterBar::new(visit.at("census/records"))
        .search("visit", "Visit number", query.text("visit"))
        .select("state", "State", &STATES, query.text("state"))
        .search("class", "Class", query.text("class"))
        .date("from", "Arrived from", query.text("from"))
        .date("to", "to", query.text("to"))
        .search("disposition", "Disposition", query.text("disposition"))
        .clear(visit.at("census/records"));
    if visit.site()?.kind != SiteKind::Unit {
        bar = bar.select("unit", "Unit", &options, query.text("unit"));
    }
    if let Some(sort) = query.find("sort") {
        bar = bar.keep("sort", sort);
    }
    let chips = [
        ("visit", "Visit"),
        ("state", "State"),
        ("class", "Class"),
        ("from", "From"),
        ("to", "To"),
        ("disposition", "Disposition"),
        ("unit", "Unit"),
        ("faults", "With contradictions"),
    ];
    for (name, label) in chips {
        if let Some(value) = query.find(name) {
            let words = if name == "faults" { label.to_owned() } else { format!("{label}: {value}") };
            bar = bar.chip(words, format!("{}{}", visit.path, query.with(name, None)));
        }
    }
    Ok(html! { (bar) })
}

fn paging(visit: &Visit, page: i64, n_all: i64) -> Paging {
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    let to = |page: i64| visit.query.with("page", Some(&page.to_string()));
    Paging {
        first: count((page - 1) * PAGE + 1),
        last: count((page * PAGE).min(n_all)),
        total: count(n_all),
        previous_href: (page > 1).then(|| to(page - 1)),
        next_href: (page * PAGE < n_all).then(|| to(page + 1)),
    }
}

pub(crate) fn state_chip(state: &str) -> Markup {
    match state {
        "present" => chip(Status::Done, "Inside"),
        "expected" => chip(Status::Plain, "Announced"),
        "left" => chip(Status::Plain, "Left"),
        _ => chip(Status::Due, "Taken back"),
    }
}

fn table(
    visit: &Visit,
    rows: &[StayRow],
    with_names: bool,
    is_lately: bool,
    paging: Paging,
) -> Result<Table, Fault> {
    let view = View::of(visit)?;
    let is_oldest = visit.query.text("sort") == "oldest";
    let sort = if is_oldest { None } else { Some("oldest") };
    let mut table = Table::new("stays", "Stays");
    table = table.column(Column::text("Visit"));
    if with_names {
        table = table.column(Column::text("Patient"));
    }
    let table_rows = rows.iter().map(|row| {
        let zone = words::zone(&visit.tree, &row.facility);
        let when = |at: Option<i64>| at.map_or(String::new(), |at| words::when(at, &zone, visit.now));
        let visit_number = if row.visit.is_empty() { "no number" } else { &row.visit };
        let mut out = Row::default()
            .cell(Cell::link(visit_number, format!("{}/records/{}", view.base, row.id)));
        if with_names {
            out = out.cell(row.name.clone().unwrap_or_default());
        }
        let unit = row.unit.map_or(String::new(), |unit| words::unit_name(&visit.tree, &unit, &view.top));
        out.cell(html! { (state_chip(&row.state)) @if row.has_faults { " " (chip(Status::Due, "Contradiction")) } })
            .cell(row.class.clone())
            .cell(row.service.clone())
            .cell(format!("{unit} {}", if unit == "Elsewhere" { "" } else { row.bed.as_str() }))
            .cell(when(Some(row.arrived_at)))
            .cell(when(row.left_at))
            .cell(row.disposition.clone())
    });
    let is_own = |name: &str| name == "sort" || (is_lately && name == "from");
    let is_filtered = visit.query.pairs().iter().any(|(name, value)| !value.is_empty() && !is_own(name));
    let empty = if is_filtered {
        Empty::filtered(visit.at("census/records"))
    } else {
        let empty = Empty::new(
            format!("No stays in the last {LATELY_DAYS} days"),
            "Stays appear here when the bed feed sends them or a file is imported. Earlier ones are found by the dates above.",
        );
        let empty = visit.filled_by(empty, "Import stays", "/admin/imports", Permission::ADMIN_VIEW);
        if visit.holds(Permission::ADMIN_VIEW) {
            empty.file_columns(&["patient", "stay", "class", "unit", "in", "out", "disposition"])
        } else {
            empty
        }
    };
    let arrived = Column::text("Arrived").sort(visit.query.with("sort", sort), Some(is_oldest));
    Ok(table
        .column(Column::text("State"))
        .column(Column::text("Class").not_on_phones())
        .column(Column::text("Service").only_wide_screens())
        .column(Column::text("Unit and bed").not_on_phones())
        .column(arrived)
        .column(Column::text("Left").not_on_phones())
        .column(Column::text("Disposition").only_wide_screens())
        .rows(table_rows)
        .paging(paging)
        .downloads(visit.query.with("format", Some("csv")), visit.query.with("format", Some("xlsx")))
        .empty(empty))
}

fn export(visit: &Visit, rows: &[StayRow], with_names: bool) -> Export {
    let mut columns = vec![
        "stay",
        "visit",
        "facility",
        "state",
        "class",
        "service",
        "unit",
        "bed",
        "arrived_at",
        "admitted_at",
        "left_at",
        "disposition",
        "has_faults",
    ];
    if with_names {
        columns.push("patient");
    }
    let mut export = Export::new("services-register", &columns);
    let path = |id: &base::Id<identity::Site>| {
        visit.tree.get(id).map_or(String::new(), |site| site.path.to_string())
    };
    let is_here = |unit: &base::Id<identity::Site>| {
        let site = visit.tree.get(unit);
        site.is_some_and(|site| visit.scope().is_ok_and(|scope| scope.path().covers(&site.path)))
    };
    for row in rows {
        let unit = row.unit.as_ref().filter(|unit| is_here(unit));
        let zone: TimeZone = words::zone(&visit.tree, &row.facility);
        let iso = |at: Option<i64>| Value::from(at.map_or(String::new(), |at| words::iso(at, &zone)));
        let mut cells = vec![
            Value::from(row.id.as_str()),
            Value::from(row.visit.as_str()),
            Value::from(path(&row.facility)),
            Value::from(row.state.as_str()),
            Value::from(row.class.as_str()),
            Value::from(row.service.as_str()),
            Value::from(unit.map_or(String::new(), path)),
            Value::from(unit.map_or("", |_| row.bed.as_str())),
            iso(Some(row.arrived_at)),
            iso(row.admitted_at),
            iso(row.left_at),
            Value::from(row.disposition.as_str()),
            Value::from(i64::from(row.has_faults)),
        ];
        if with_names {
            cells.push(Value::from(row.name.clone().unwrap_or_default()));
        }
        export.rows.push(cells);
    }
    export
}
