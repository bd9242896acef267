//! The day's page: what moved at every unit between two midnights, and what was believed earlier.
//! Cost: seven statements; with `?as_of=` also the legs that touch the day.

use super::store::{SiteDay, beds_below, days_of};
use crate::tabs::{Tab, tabs};
use crate::tally::rules::{Counts, Kind};
use crate::tally::store::Day;
use crate::words;
use area::{Answer, Cell as Value, Export, ExportFormat, Fault, Visit};
use base::{Id, Period};
use identity::sites::{Beds, beds_on};
use identity::{Care, Permission, Site, SiteKind};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};
use web::{
    Button, Cell, Column, Empty, FilterBar, Markup, Page, Panel, Row, Status, Table, chip, format, html,
    notice,
};

/// Days by site.
type Days = HashMap<Id<Site>, Day>;

/// `GET …/census/day`: the month with `?period=`, else yesterday.
pub async fn index(visit: Visit) -> Answer {
    if visit.query.find("period").is_some() {
        return super::month::month(visit).await;
    }
    if let Some(date) = visit.query.find("date").and_then(|text| text.parse::<Date>().ok()) {
        let as_of = area::Form::default().with("as_of", visit.query.find("as_of"));
        return Ok(visit.go(&format!("{}{as_of}", visit.at(&format!("census/day/{date}")))));
    }
    let yesterday = visit.today().yesterday().unwrap_or(visit.today());
    Ok(visit.go(&visit.at(&format!("census/day/{yesterday}"))))
}

/// `GET …/census/day/{date}`.
pub async fn day(visit: Visit) -> Answer {
    let date: Date = visit.name("date").parse().map_err(|_| Fault::NotFound)?;
    let as_of = match visit.query.find("as_of") {
        None => None,
        Some(text) => Some(read_as_of(&visit, text)?),
    };
    let mut tx = visit.read().await?;
    let scope = visit.scope()?;
    let (tree, period) = (&visit.tree, Period::day(date));
    let first = |days: HashMap<Id<Site>, Vec<Day>>| -> Days {
        days.into_iter().filter_map(|(site, days)| Some((site, days.into_iter().next()?))).collect()
    };
    let inpatients = first(days_of(&mut tx, scope, tree, Kind::Inpatient, period, as_of).await?);
    let mut apart = Vec::new();
    for kind in [Kind::Newborn, Kind::Observation] {
        apart.push((kind, first(days_of(&mut tx, scope, tree, kind, period, as_of).await?)));
    }
    let now = match as_of {
        Some(_) => Some(first(days_of(&mut tx, scope, tree, Kind::Inpatient, period, None).await?)),
        None => None,
    };
    let ids: Vec<Id<Site>> = tree.below(&scope.site_id()).iter().map(|site| site.id).collect();
    let beds = beds_on(&mut tx, &ids, date).await?;
    drop(tx);
    let sheet = Sheet { date, as_of, inpatients, apart, now, beds };
    if let Some(format) = ExportFormat::from_name(visit.query.text("format")) {
        return export(&visit, &sheet)?.respond(format);
    }
    show(&visit, &sheet).await
}

/// An instant, or a day, of which the end is meant.
fn read_as_of(visit: &Visit, text: &str) -> Result<Timestamp, Fault> {
    let words = "as_of needs an instant such as 2026-10-02T08:00:00Z or a day such as 2026-10-02";
    let bad = || Fault::BadRequest(words.to_owned());
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let day: Date = text.parse().map_err(|_| bad())?;
    Ok(Period::day(day).instants(&visit.zone()).1)
}

struct Sheet {
    date: Date,
    as_of: Option<Timestamp>,
    inpatients: Days,
    apart: Vec<(Kind, Days)>,
    /// What is believed now, beside an earlier belief.
    now: Option<Days>,
    beds: BTreeMap<Id<Site>, Beds>,
}

async fn show(visit: &Visit, sheet: &Sheet) -> Answer {
    let date = sheet.date;
    let (before, after) = (date.yesterday().ok(), date.tomorrow().ok());
    let to = |day: Date| visit.at(&format!("census/day/{day}"));
    let month = visit.at(&format!("census/day?period={:04}-{:02}", date.year(), date.month()));
    let is_over = date < visit.today();
    let context = format!(
        "{}. {}",
        visit.site()?.name,
        if is_over { "Midnight to midnight, local time" } else { "The day is not over" }
    );
    let page = Page::new(format!("Census of {}", format::long_date(date)))
        .context(context)
        .actions(html! {
            @if let Some(day) = before { (Button::link("Day before", to(day)).icon(web::Icon::Left)) }
            @if let Some(day) = after.filter(|day| *day <= visit.today()) { (Button::link("Day after", to(day))) }
            (Button::link("Month", month))
            (Button::print())
        })
        .body(html! {
            (tabs(visit, Tab::Day))
            (FilterBar::new(visit.at("census/day"))
                .date("date", "Day", &date.to_string())
                .date("as_of", "As believed on", visit.query.text("as_of")))
            (as_of_notice(visit, sheet)?)
            (Panel::new("Inpatients").context("By unit").body(table(visit, sheet)?))
            (identity(visit, sheet)?)
            @for (kind, days) in &sheet.apart { (apart_panel(visit, *kind, days, date)?) }
        });
    visit.show(&page).await
}

/// What an earlier belief said, and what has changed since.
fn as_of_notice(visit: &Visit, sheet: &Sheet) -> Result<Markup, Fault> {
    let (Some(as_of), Some(now)) = (sheet.as_of, &sheet.now) else { return Ok(Markup::default()) };
    let top = visit.scope()?.site_id();
    let changes = changes(visit, &sheet.inpatients, now, &top);
    Ok(notice(
        Status::Due,
        html! {
            p {
                b { "As believed on " (format::instant_full(as_of, &visit.zone())) ". " }
                @if changes.is_empty() { "Nothing of this day has changed since." }
                @else { "Changed since, by late or corrected messages:" }
            }
            @if !changes.is_empty() { ul { @for change in &changes { li { (change) } } } }
            p { a href=(visit.at(&format!("census/day/{}", sheet.date))) { "What is believed now" } }
        },
    ))
}

fn changes(visit: &Visit, then: &Days, now: &Days, top: &Id<Site>) -> Vec<String> {
    let mut changes = Vec::new();
    let sites = visit.tree.below(top);
    for site in sites.iter().filter(|site| site.kind == SiteKind::Unit || site.id == *top) {
        let (a, b) = (then.get(&site.id), now.get(&site.id));
        for (name, read) in COLUMNS {
            let (a, b) = (a.map_or(0, read), b.map_or(0, read));
            if a != b {
                let name = name.to_lowercase();
                changes
                    .push(format!("{}: {name} {a}, now {b}", words::unit_name(&visit.tree, &site.id, top)));
            }
        }
    }
    changes
}

type Read = fn(&Day) -> i64;

/// The counted columns in the order of the sheet.
const COLUMNS: [(&str, Read); 8] = [
    ("Begin", |day| day.begin),
    ("Admissions", |day| day.counts.admissions),
    ("In", |day| day.counts.transfers_in),
    ("Discharges", |day| day.counts.discharges),
    ("Deaths", |day| day.counts.deaths),
    ("Out", |day| day.counts.transfers_out),
    ("Midnight", Day::midnight_census),
    ("Service days", Day::service_days),
];

/// The figure each column explains itself by; the begin is the midnight before.
const KEYS: [&str; 8] = [
    "midnight_census",
    "admissions",
    "transfers_in",
    "discharges",
    "deaths",
    "transfers_out",
    "midnight_census",
    "service_days",
];

fn empty_day(date: Date) -> Day {
    Day { date, begin: 0, counts: Counts::default() }
}

/// The counts of one site as cells, each a link to the rows behind it.
fn cells(row: Row, path: &str, day: &Day) -> Row {
    COLUMNS.iter().zip(KEYS).fold(row, |row, ((name, read), key)| {
        let date = if *name == "Begin" { day.date.yesterday().unwrap_or(day.date) } else { day.date };
        row.cell(Cell::link(format::count(read(day)), format!("/at/{path}/explain/{key}?period={date}")))
    })
}

fn occupancy(day: &Day, beds: Beds) -> String {
    format::percent(day.service_days(), beds.staffed, 1).unwrap_or_else(|| "n/a".to_owned())
}

/// The units of the sheet: those with inpatient beds, and any other where an inpatient was.
fn units<'v>(visit: &'v Visit, sheet: &Sheet) -> Result<Vec<&'v identity::SiteInfo>, Fault> {
    let top = visit.scope()?.site_id();
    let units = visit.tree.units_below(&top).into_iter().filter(|unit| {
        let day = sheet.inpatients.get(&unit.id);
        let is_used = day.is_some_and(|day| day.begin != 0 || day.counts != Counts::default());
        is_used || (unit.care == Care::Inpatient && unit.is_open(sheet.date))
    });
    Ok(units.collect())
}

fn table(visit: &Visit, sheet: &Sheet) -> Result<Table, Fault> {
    let top = visit.site()?;
    let mut rows = Vec::new();
    for unit in units(visit, sheet)? {
        let day = sheet.inpatients.get(&unit.id).copied().unwrap_or(empty_day(sheet.date));
        let beds = beds_below(&visit.tree, &unit.id, &sheet.beds);
        let name = words::unit_name(&visit.tree, &unit.id, &top.id);
        let row =
            Row::default().cell(Cell::link(name, format!("/at/{}/census/day/{}", unit.path, sheet.date)));
        let row = cells(row, unit.path.as_str(), &day).cell(beds.staffed);
        rows.push(row.cell(occupancy_cell(unit.path.as_str(), &day, beds)));
    }
    let day = sheet.inpatients.get(&top.id).copied().unwrap_or(empty_day(sheet.date));
    let beds = beds_below(&visit.tree, &top.id, &sheet.beds);
    let total = cells(Row::default().cell(top.name.clone()), top.path.as_str(), &day).cell(beds.staffed);
    let total = total.cell(occupancy_cell(top.path.as_str(), &day, beds));
    let mut table = Table::new("day", format!("Inpatients on {}", sheet.date)).column(Column::text("Unit"));
    for (name, _) in COLUMNS {
        let column = Column::number(name);
        let is_first = name == "Midnight";
        table = table.column(if is_first { column } else { column.not_on_phones() });
    }
    Ok(table
        .column(Column::number("Staffed beds").not_on_phones())
        .column(Column::number("Occupancy, %"))
        .rows(rows)
        .total(total)
        .downloads(visit.query.with("format", Some("csv")), visit.query.with("format", Some("xlsx")))
        .empty(visit.filled_by(
            Empty::new("No inpatient units", "Units with inpatient beds appear here."),
            "Set up units",
            "/admin/sites",
            Permission::SITES_VIEW,
        )))
}

fn occupancy_cell(path: &str, day: &Day, beds: Beds) -> Cell {
    Cell::link(occupancy(day, beds), format!("/at/{path}/explain/occupancy?period={}", day.date))
}

/// The sum that must hold, written out.
fn identity(visit: &Visit, sheet: &Sheet) -> Result<Markup, Fault> {
    let top = visit.site()?;
    let day = sheet.inpatients.get(&top.id).copied().unwrap_or(empty_day(sheet.date));
    let n_broken = broken(visit, sheet)?;
    let counts = day.counts;
    let sum = format!(
        "{} at the beginning + {} + {} in \u{2212} {} \u{2212} {} \u{2212} {} out = {} at midnight",
        day.begin,
        format::n_of(counts.admissions, "admission", "admissions"),
        counts.transfers_in,
        format::n_of(counts.discharges, "discharge", "discharges"),
        format::n_of(counts.deaths, "death", "deaths"),
        counts.transfers_out,
        day.midnight_census(),
    );
    let panel = Panel::new("The sum")
        .context("Begin, plus who came, minus who went, is the midnight census")
        .prose(html! {
            p {
                (sum) " "
                @if n_broken == 0 { (chip(Status::Done, "Holds")) }
                @else { (chip(Status::Breach, format!("Units differ by {n_broken}"))) }
            }
            p.sub { "Service days are the midnight census and " (counts.same_day) " who came and left the same day. A move between two units is a transfer of both and of no site that holds both, so the units' transfers do not add up to the total's." }
        });
    Ok(html! { (panel) })
}

/// By how many patients the units' midnight census differs from the site's own.
fn broken(visit: &Visit, sheet: &Sheet) -> Result<i64, Fault> {
    let top = visit.scope()?.site_id();
    let units = visit.tree.units_below(&top);
    let census = |id: &Id<Site>| sheet.inpatients.get(id).map_or(0, Day::midnight_census);
    // A patient of the facility in no unit of it would be seen here.
    Ok((census(&top) - units.iter().map(|unit| census(&unit.id)).sum::<i64>()).abs())
}

fn apart_panel(visit: &Visit, kind: Kind, days: &Days, date: Date) -> Result<Markup, Fault> {
    let top = visit.scope()?.site_id();
    let is_used =
        |id: &Id<Site>| days.get(id).is_some_and(|day| day.begin != 0 || day.counts != Counts::default());
    let name = match kind {
        Kind::Newborn => "Newborns",
        Kind::Observation => "Observation",
        Kind::Inpatient | Kind::Emergency | Kind::Outpatient => words::kind(kind),
    };
    let units = visit.tree.units_below(&top);
    let rows = units.iter().filter(|unit| is_used(&unit.id)).map(|unit| {
        let day = days.get(&unit.id).copied().unwrap_or(empty_day(date));
        let name = words::unit_name(&visit.tree, &unit.id, &top);
        COLUMNS.iter().fold(Row::default().cell(name), |row, (_, read)| row.cell(read(&day)))
    });
    let day = days.get(&top).copied().unwrap_or(empty_day(date));
    let total = COLUMNS.iter().fold(Row::default().cell("All"), |row, (_, read)| row.cell(read(&day)));
    let mut table = Table::new(format!("day-{}", kind.word()), name).column(Column::text("Unit"));
    for (name, _) in COLUMNS {
        let column = Column::number(name);
        table = table.column(if name == "Midnight" || name == "Admissions" {
            column
        } else {
            column.not_on_phones()
        });
    }
    let patients = if kind == Kind::Observation { "Observation patients" } else { name };
    let text = format!("{patients} are counted apart and appear here when there are any.");
    let none = format!("No {} that day", patients.to_lowercase());
    let table = table.rows(rows).total(total).empty(Empty::new(none, text));
    Ok(html! { (Panel::new(name).context("Counted apart, never in the inpatient census").body(table)) })
}

/// One row of the export, the same fields as the command and the API answer.
fn site_day(path: &str, day: &Day, beds: Beds) -> SiteDay {
    SiteDay {
        site: path.to_owned(),
        midnight_census: day.midnight_census(),
        service_days: day.service_days(),
        admissions: day.counts.admissions,
        discharges: day.counts.discharges,
        deaths: day.counts.deaths,
        transfers_in: day.counts.transfers_in,
        transfers_out: day.counts.transfers_out,
        staffed_beds: beds.staffed,
        occupancy: (beds.staffed > 0).then(|| day.service_days() as f64 * 100.0 / beds.staffed as f64),
    }
}

fn export(visit: &Visit, sheet: &Sheet) -> Result<Export, Fault> {
    let columns = [
        "site",
        "name",
        "date",
        "begin",
        "admissions",
        "transfers_in",
        "discharges",
        "deaths",
        "transfers_out",
        "midnight_census",
        "service_days",
        "staffed_beds",
        "occupancy",
    ];
    let top = visit.site()?;
    let mut export = Export::new(format!("census-{}-{}", top.path, sheet.date), &columns);
    let units = units(visit, sheet)?;
    let sites = units.into_iter().filter(|unit| unit.id != top.id).chain(std::iter::once(top));
    for site in sites {
        let day = sheet.inpatients.get(&site.id).copied().unwrap_or(empty_day(sheet.date));
        let row = site_day(site.path.as_str(), &day, beds_below(&visit.tree, &site.id, &sheet.beds));
        export.rows.push(vec![
            Value::from(row.site),
            Value::from(site.name.as_str()),
            Value::from(sheet.date.to_string()),
            Value::from(day.begin),
            Value::from(row.admissions),
            Value::from(row.transfers_in),
            Value::from(row.discharges),
            Value::from(row.deaths),
            Value::from(row.transfers_out),
            Value::from(row.midnight_census),
            Value::from(row.service_days),
            Value::from(row.staffed_beds),
            Value::from(row.occupancy),
        ]);
    }
    Ok(export)
}
