//! Beds by unit: licensed, set up, staffed; what is out of use and why; how long the steps take.
//! Cost: four statements; the log of states of a month is about 10 rows a bed.

use super::bed::state_chip;
use super::rules::BedState;
use super::store::{self, BedRow};
use super::timers::{Step, Summary, summary};
use crate::flow::leaving::page::sentence;
use crate::tabs::{Tab, tabs};
use crate::words;
use ::store::{StoreError, Tx};
use area::{Answer, Cell as Value, Differing, Export, ExportFormat, Fault, Unsaved, VERSION_FIELD, Visit};
use base::{Id, Period};
use identity::sites::{BedCount, Beds, SiteRefused, beds_on, list_bed_counts, set_beds};
use identity::{Permission, Scope, Site, SiteInfo, SiteKind};
use std::collections::HashMap;
use web::{
    Button, Cell, Column, Empty, Errors, Field, Form, Markup, Page, Panel, Row, Table, columns, format, html,
};

/// The columns of the file that brings beds.
const FILE_COLUMNS: [&str; 8] =
    ["path", "kind", "name", "time_zone", "currency", "licensed_beds", "staffed_beds", "hl7_codes"];

struct Data {
    beds: Vec<BedRow>,
    counts: HashMap<Id<Site>, BedCount>,
    summary: Summary,
    month: Period,
}

/// `GET …/census/beds`.
pub async fn beds(visit: Visit) -> Answer {
    let scope = visit.scope()?;
    let today = visit.today();
    let month = visit.query.find("period").and_then(|text| text.parse::<Period>().ok());
    let month = month.unwrap_or_else(|| Period::month_of(today));
    let (from, to) = month.instants(&visit.zone());
    let to = to.min(visit.now);
    let mut tx = visit.read().await?;
    let counts = list_bed_counts(&mut tx, scope, Period::day(today)).await?;
    let (first, end) = (from.as_microsecond(), to.as_microsecond());
    let states = store::list_states_in(&mut tx, &visit.tree, scope, first, end).await?;
    let data = Data {
        beds: store::list(&mut tx, scope).await?,
        counts: counts.into_iter().map(|count| (count.site, count.count)).collect(),
        summary: summary(&states, first, end),
        month,
    };
    drop(tx);
    if let Some(format) = ExportFormat::from_name(visit.query.text("format")) {
        let is_list = visit.query.text("table") == "list";
        return if is_list { export_list(&visit, &data) } else { export_units(&visit, &data) }
            .respond(format);
    }
    let page = Page::new("Beds")
        .context(format!("{}. Times and hours lost: {}", visit.site()?.name, month.first().strftime("%B %Y")))
        .actions(html! {
            (Button::print())
            @if visit.holds(Permission::ADMIN_EDIT) { (Button::link("Import beds", "/admin/imports/new/beds")) }
            (Button::link("Flow board", visit.at("census/flow")))
        })
        .body(html! { (tabs(&visit, Tab::Beds)) (body(&visit, &data)?) });
    visit.show(&page).await
}

fn units(visit: &Visit) -> Result<Vec<&SiteInfo>, Fault> {
    let today = visit.today();
    let units = visit.tree.units_below(&visit.scope()?.site_id());
    Ok(units.into_iter().filter(|unit| unit.is_open(today)).collect())
}

fn body(visit: &Visit, data: &Data) -> Result<Markup, Fault> {
    let out_of_use: Vec<&BedRow> =
        data.beds.iter().filter(|bed| matches!(bed.state, BedState::Blocked | BedState::Closed)).collect();
    let month = data.month.first().strftime("%B").to_string();
    Ok(html! {
        (Panel::new("Beds by unit").context("Counts in force today").body(units_table(visit, data)?))
        (columns(
            Panel::new("Blocked and closed").context(format!("{} beds", out_of_use.len()))
                .body(blocked_table(visit, &out_of_use)?),
            html! {
                (Panel::new("How long steps take").context(month.clone()).body(timers_table(&data.summary)))
                (Panel::new("Hours lost").context(month).body(lost_table(&data.summary)))
            },
        ))
        (Panel::new("Bed list").context(format!("{} beds", data.beds.len())).id("list").body(bed_table(visit, data)?))
    })
}

fn units_table(visit: &Visit, data: &Data) -> Result<Table, Fault> {
    let top = visit.scope()?.site_id();
    let may_edit = visit.may(Permission::CENSUS_EDIT);
    let n = |unit: &Id<Site>, state: BedState| n_in(data, unit, state);
    let mut sum = Beds::default();
    let mut rows = Vec::new();
    for unit in units(visit)? {
        let count = data.counts.get(&unit.id);
        let beds = count.map(|count| count.beds);
        sum.licensed += beds.map_or(0, |beds| beds.licensed);
        sum.set_up += beds.map_or(0, |beds| beds.set_up);
        sum.staffed += beds.map_or(0, |beds| beds.staffed);
        let number = |value: Option<i64>| value.map_or(Cell::dim("not counted"), Cell::from);
        let change = visit.at(&format!("census/beds/staffing?unit={}", unit.path));
        let link = Button::link("Change", change).small().about(unit.name.clone());
        let row = Row::default()
            .cell(Cell::link(
                words::unit_name(&visit.tree, &unit.id, &top),
                format!("/at/{}/census/beds", unit.path),
            ))
            .cell(number(beds.map(|beds| beds.licensed)))
            .cell(number(beds.map(|beds| beds.set_up)))
            .cell(number(beds.map(|beds| beds.staffed)))
            .cell(count.map_or(String::new(), |count| since(count.from, visit.today())))
            .cell(n(&unit.id, BedState::Blocked))
            .cell(n(&unit.id, BedState::Closed));
        rows.push(if may_edit { row.cell(Cell::of(link)) } else { row });
    }
    let all = |state| crate::flow::rules::count(data.beds.iter().filter(|bed| bed.state == state).count());
    let empty = visit.filled_by(
        Empty::new("No units yet", "Units and their beds appear here when sites are imported."),
        "Import sites and beds",
        "/admin/imports",
        Permission::ADMIN_VIEW,
    );
    let may_import = visit.holds(Permission::ADMIN_VIEW);
    let empty = if may_import { empty.file_columns(&FILE_COLUMNS) } else { empty };
    let total = Row::default()
        .cell("All units")
        .cell(sum.licensed)
        .cell(sum.set_up)
        .cell(sum.staffed)
        .cell("")
        .cell(all(BedState::Blocked))
        .cell(all(BedState::Closed));
    let table = Table::new("units", "Beds by unit")
        .column(Column::text("Unit"))
        .column(Column::number("Licensed").not_on_phones())
        .column(Column::number("Set up").not_on_phones())
        .column(Column::number("Staffed"))
        .column(Column::text("Since").not_on_phones())
        .column(Column::number("Blocked"))
        .column(Column::number("Closed").not_on_phones());
    // Whoever only looks has nothing to press, and no empty column for it.
    let table = if may_edit { table.column(Column::text("Counts").not_on_phones()) } else { table };
    Ok(table
        .rows(rows)
        .total(if may_edit { total.cell("") } else { total })
        .downloads(visit.query.with("format", Some("csv")), visit.query.with("format", Some("xlsx")))
        .empty(empty))
}

/// The first day of a count; one that holds for any past is said so.
fn since(from: jiff::civil::Date, today: jiff::civil::Date) -> String {
    if from.year() <= 1900 { "always".to_owned() } else { format::date(from, today) }
}

fn n_in(data: &Data, unit: &Id<Site>, state: BedState) -> i64 {
    crate::flow::rules::count(data.beds.iter().filter(|bed| bed.unit == *unit && bed.state == state).count())
}

fn blocked_table(visit: &Visit, beds: &[&BedRow]) -> Result<Table, Fault> {
    let top = visit.scope()?.site_id();
    let now = visit.now.as_microsecond();
    let rows = beds.iter().map(|bed| {
        let why = if bed.reason.is_empty() { "no reason given" } else { &bed.reason };
        Row::default()
            .cell(Cell::link(
                format!("{} {}", words::unit_name(&visit.tree, &bed.unit, &top), bed.code),
                visit.at(&format!("census/beds/{}", bed.id)),
            ))
            .cell(state_chip(bed.state))
            .cell(why)
            .cell(if bed.owner.is_empty() { "nobody yet" } else { &bed.owner })
            .cell(words::length(bed.since, now))
    });
    Ok(Table::new("blocked", "Blocked and closed beds")
        .column(Column::text("Bed"))
        .column(Column::text("State").not_on_phones())
        .column(Column::text("Why").wide())
        .column(Column::text("Who clears it").not_on_phones())
        .column(Column::number("For"))
        .rows(rows)
        .empty(Empty::new(
            "No bed is blocked or closed",
            "One that is appears here with its reason and owner.",
        )))
}

fn timers_table(summary: &Summary) -> Table {
    let rows = Step::ALL.into_iter().filter_map(|step| {
        let timer = summary.timers.get(&step)?;
        Some(
            Row::default()
                .cell(step.title())
                .cell(crate::flow::rules::count(timer.n))
                .cell(format::decimal(timer.median, 0))
                .cell(format::decimal(timer.p90, 0)),
        )
    });
    Table::new("timers", "How long steps take")
        .column(Column::text("Step"))
        .column(Column::number("Times"))
        .column(Column::number("Median, min"))
        .column(Column::number("P90, min"))
        .rows(rows)
        .empty(Empty::new(
            "Nothing timed yet",
            "Times appear once beds are marked dirty, cleaned and assigned.",
        ))
}

fn lost_table(summary: &Summary) -> Table {
    let rows = summary.lost.iter().map(|((state, reason), minutes)| {
        let reason = sentence(reason);
        Row::default()
            .cell(reason.trim_end_matches('.').to_owned())
            .cell(*state)
            .cell(format::decimal(*minutes as f64 / 60.0, 1))
    });
    let total: i64 = summary.lost.values().sum();
    Table::new("lost", "Hours lost by reason")
        .column(Column::text("Reason").wide())
        .column(Column::text("State"))
        .column(Column::number("Bed hours"))
        .rows(rows)
        .total(Row::default().cell("All").cell("").cell(format::decimal(total as f64 / 60.0, 1)))
        .empty(Empty::new("No hours lost", "Hours of blocked and closed beds are added up here by reason."))
}

fn bed_table(visit: &Visit, data: &Data) -> Result<Table, Fault> {
    let top = visit.scope()?.site_id();
    let now = visit.now.as_microsecond();
    let order: HashMap<Id<Site>, usize> =
        units(visit)?.iter().enumerate().map(|(idx, unit)| (unit.id, idx)).collect();
    let mut beds: Vec<&BedRow> = data.beds.iter().collect();
    beds.sort_by_key(|bed| (order.get(&bed.unit).copied().unwrap_or(usize::MAX), &bed.code));
    let page = visit.query.text("page").parse::<usize>().unwrap_or(1).max(1);
    let (size, n_all) = (100, beds.len());
    let first = (page - 1) * size;
    let yes = |is: bool| if is { "Yes" } else { "No" };
    let rows = beds.iter().skip(first).take(size).map(|bed| {
        Row::default()
            .cell(Cell::link(&bed.code, visit.at(&format!("census/beds/{}", bed.id))))
            .cell(words::unit_name(&visit.tree, &bed.unit, &top))
            .cell(state_chip(bed.state))
            .cell(if bed.since == 0 { String::new() } else { words::length(bed.since, now) })
            .cell(yes(bed.is_licensed))
            .cell(yes(bed.is_set_up))
    });
    let to = |page: usize| format!("{}#list", visit.query.with("page", Some(&page.to_string())));
    let paging = web::Paging {
        first: u64::try_from(first + 1).unwrap_or(u64::MAX),
        last: u64::try_from((first + size).min(n_all)).unwrap_or(u64::MAX),
        total: u64::try_from(n_all).unwrap_or(u64::MAX),
        previous_href: (page > 1).then(|| to(page - 1)),
        next_href: (first + size < n_all).then(|| to(page + 1)),
    };
    let file = |format: &str| {
        let query = area::Form::of(vec![("table".to_owned(), "list".to_owned())], Vec::new());
        query.with("format", Some(format))
    };
    Ok(Table::new("beds", "Beds")
        .column(Column::text("Bed"))
        .column(Column::text("Unit"))
        .column(Column::text("State"))
        .column(Column::number("For"))
        .column(Column::text("Licensed").not_on_phones())
        .column(Column::text("Set up").not_on_phones())
        .rows(rows)
        .paging(paging)
        .downloads(file("csv"), file("xlsx"))
        .empty(Empty::new("No beds yet", "A bed appears here when a message names it for the first time.")))
}

fn export_units(visit: &Visit, data: &Data) -> Export {
    let columns = ["unit", "name", "from_date", "licensed", "set_up", "staffed", "blocked", "closed"];
    let mut export = Export::new("beds-by-unit", &columns);
    for unit in units(visit).unwrap_or_default() {
        let count = data.counts.get(&unit.id);
        export.rows.push(vec![
            Value::from(unit.path.as_str()),
            Value::from(unit.name.as_str()),
            Value::from(count.map_or(String::new(), |count| count.from.to_string())),
            Value::from(count.map(|count| count.beds.licensed)),
            Value::from(count.map(|count| count.beds.set_up)),
            Value::from(count.map(|count| count.beds.staffed)),
            Value::from(n_in(data, &unit.id, BedState::Blocked)),
            Value::from(n_in(data, &unit.id, BedState::Closed)),
        ]);
    }
    export
}

fn export_list(visit: &Visit, data: &Data) -> Export {
    let columns = ["unit", "bed", "state", "since", "reason", "owner", "licensed", "set_up"];
    let mut export = Export::new("beds", &columns);
    for bed in &data.beds {
        let unit = visit.tree.get(&bed.unit);
        let since = if bed.since == 0 {
            String::new()
        } else {
            words::iso(bed.since, &words::zone(&visit.tree, &bed.unit))
        };
        export.rows.push(vec![
            Value::from(unit.map_or(String::new(), |unit| unit.path.to_string())),
            Value::from(bed.code.as_str()),
            Value::from(bed.state.word()),
            Value::from(since),
            Value::from(bed.reason.as_str()),
            Value::from(bed.owner.as_str()),
            Value::from(i64::from(bed.is_licensed)),
            Value::from(i64::from(bed.is_set_up)),
        ]);
    }
    export
}

/// What the form of a unit's counts holds, and the counts it was filled from.
struct Typed {
    version: String,
    from: String,
    licensed: String,
    set_up: String,
    staffed: String,
}

/// `GET …/census/beds/staffing?unit=`.
pub async fn staffing(visit: Visit) -> Answer {
    if visit.query.find("unit").is_none() {
        return Ok(visit.go(&visit.at("census/beds")));
    }
    let unit = unit_asked(&visit, visit.query.text("unit"))?;
    let mut tx = visit.read().await?;
    let counts = list_bed_counts(&mut tx, visit.scope()?, Period::day(visit.today())).await?;
    let version = counts_version(&mut tx, visit.scope()?, unit.id).await?;
    drop(tx);
    let beds =
        counts.iter().find(|count| count.site == unit.id).map_or(Beds::default(), |count| count.count.beds);
    let typed = Typed {
        version,
        from: visit.today().to_string(),
        licensed: beds.licensed.to_string(),
        set_up: beds.set_up.to_string(),
        staffed: beds.staffed.to_string(),
    };
    show_staffing(&visit, unit, &typed, &Errors::new()).await
}

/// Every count of a unit, as the form was filled from them.
async fn counts_version(tx: &mut Tx, scope: &Scope, unit: Id<Site>) -> Result<String, StoreError> {
    let (first, last) = (jiff::civil::Date::constant(1900, 1, 1), jiff::civil::Date::constant(2999, 12, 31));
    let Ok(ever) = Period::days_between(first, last) else { return Ok(String::new()) };
    let counts = list_bed_counts(tx, scope, ever).await?;
    let own = counts.iter().filter(|count| count.site == unit).map(|count| {
        let Beds { licensed, set_up, staffed } = count.count.beds;
        format!("{} {licensed} {set_up} {staffed}", count.count.from)
    });
    Ok(own.collect::<Vec<_>>().join(", "))
}

fn unit_asked<'v>(visit: &'v Visit, path: &str) -> Result<&'v SiteInfo, Fault> {
    let unit = path.parse().ok().and_then(|path| visit.tree.find(&path));
    let unit = unit.filter(|unit| {
        unit.kind == SiteKind::Unit && visit.scope().is_ok_and(|scope| scope.path().covers(&unit.path))
    });
    unit.ok_or(Fault::NotFound)
}

/// `POST …/census/beds/staffing`.
pub async fn save_staffing(visit: Visit) -> Answer {
    let unit = unit_asked(&visit, visit.form.text("unit"))?;
    let text = |name: &str| visit.form.text(name).to_owned();
    let typed = Typed {
        version: visit.version(),
        from: text("from"),
        licensed: text("licensed"),
        set_up: text("set_up"),
        staffed: text("staffed"),
    };
    let (from, beds) = match read(&typed) {
        Ok(read) => read,
        Err(errors) => return show_staffing(&visit, unit, &typed, &errors).await,
    };
    let (actor, id, seen, scope) = (visit.actor(), unit.id, visit.version(), visit.scope()?.clone());
    let saved = visit
        .ctx
        .db
        .write::<_, Unsaved<SiteRefused>, _>(move |tx| {
            Box::pin(async move {
                if counts_version(tx, &scope, id).await? != seen {
                    return Err(Unsaved::Stale);
                }
                set_beds(tx, &actor, id, from, beds).await.map_err(Unsaved::Refused)
            })
        })
        .await;
    match saved {
        Ok(()) => {
            visit.ctx.forget();
            Ok(visit.go(&visit.at("census/beds")))
        }
        Err(Unsaved::Stale) => staffing_conflict(&visit, unit, from, beds).await,
        Err(Unsaved::Refused(SiteRefused::Store(error))) => Err(error.into()),
        Err(Unsaved::Refused(SiteRefused::NoSite)) => Err(Fault::NotFound),
        Err(Unsaved::Refused(refused)) => {
            let words = sentence(&refused.to_string());
            show_staffing(&visit, unit, &typed, &Errors::of("licensed", words)).await
        }
    }
}

/// Somebody changed the counts while the form was open: those of the day beside the ones entered.
async fn staffing_conflict(visit: &Visit, unit: &SiteInfo, from: jiff::civil::Date, beds: Beds) -> Answer {
    let mut tx = visit.read().await?;
    let version = counts_version(&mut tx, visit.scope()?, unit.id).await?;
    let stored = beds_on(&mut tx, &[unit.id], from).await?.get(&unit.id).copied().unwrap_or_default();
    drop(tx);
    let both =
        |label, stored: i64, entered: i64| Differing::new(label, stored.to_string(), entered.to_string());
    let values = [
        Differing::new("On", from.to_string(), from.to_string()),
        both("Licensed", stored.licensed, beds.licensed),
        both("Set up", stored.set_up, beds.set_up),
        both("Staffed", stored.staffed, beds.staffed),
    ];
    visit.conflict(&format!("Beds of {}", unit.name), &visit.at("census/beds"), &version, &values).await
}

fn read(typed: &Typed) -> Result<(jiff::civil::Date, Beds), Errors> {
    let mut errors = Errors::new();
    let from = typed.from.parse::<jiff::civil::Date>();
    if from.is_err() {
        errors.add("from", "Give the first day the counts hold, as 2026-11-12.");
    }
    let mut number = |name: &str, label: &str, text: &str| match text.parse::<i64>() {
        Ok(n) if (0..=10_000).contains(&n) => n,
        Ok(_) | Err(_) => {
            errors.add(name, format!("{label} needs a whole number from 0 to 10,000."));
            0
        }
    };
    let beds = Beds {
        licensed: number("licensed", "Licensed", &typed.licensed),
        set_up: number("set_up", "Set up", &typed.set_up),
        staffed: number("staffed", "Staffed", &typed.staffed),
    };
    match from {
        Ok(from) if errors.is_empty() => Ok((from, beds)),
        Ok(_) | Err(_) => Err(errors),
    }
}

async fn show_staffing(visit: &Visit, unit: &SiteInfo, typed: &Typed, errors: &Errors) -> Answer {
    let form = Form::post(visit.at("census/beds/staffing"), &visit.who()?.csrf)
        .errors(errors)
        .hidden(VERSION_FIELD, &typed.version)
        .hidden("unit", unit.path.as_str())
        .field(
            Field::date("from", "From")
                .value(&typed.from)
                .hint("The first day these counts hold; they hold until the next"),
        )
        .field(Field::number("licensed", "Licensed").value(&typed.licensed).unit("beds"))
        .field(
            Field::number("set_up", "Set up")
                .value(&typed.set_up)
                .unit("beds")
                .hint("At most the licensed ones"),
        )
        .field(
            Field::number("staffed", "Staffed")
                .value(&typed.staffed)
                .unit("beds")
                .hint("At most those set up; occupancy is measured on them"),
        )
        .submit("Save counts")
        .cancel(visit.at("census/beds"));
    let page = Page::new(format!("Beds of {}", unit.name))
        .context("Counts from a day on. Earlier days keep theirs.")
        .errors(errors)
        .body(html! { (Panel::new("Counts").prose(form)) });
    visit.show(&page).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_whole_or_refused_field_by_field() {
        let typed = |from: &str, licensed: &str, staffed: &str| Typed {
            version: String::new(),
            from: from.to_owned(),
            licensed: licensed.to_owned(),
            set_up: "30".to_owned(),
            staffed: staffed.to_owned(),
        };
        let (from, beds) = read(&typed("2026-11-12", "32", "28")).unwrap();
        assert_eq!(from.to_string(), "2026-11-12");
        assert_eq!(beds, Beds { licensed: 32, set_up: 30, staffed: 28 });
        let errors = read(&typed("soon", "32.5", "-1")).unwrap_err();
        let words: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
        assert_eq!(
            words,
            [
                "Give the first day the counts hold, as 2026-11-12.",
                "Licensed needs a whole number from 0 to 10,000.",
                "Staffed needs a whole number from 0 to 10,000.",
            ]
        );
    }
}
