//! Sites and units: the tree, one site's page, adding below it.

mod edit;
mod new;
pub(super) mod store;

pub(super) use edit::{beds, care, close, codes, details, page as site_page};
pub(super) use new::{page as new_page, send as add};

use super::kit;
use area::{Answer, Cell as FileCell, Export, Fault, Visit};
use base::Id;
use identity::sites::{Beds, beds_on};
use identity::{Care, Permission, Scope, Site, SiteInfo, SiteKind};
use std::collections::BTreeMap;
use web::{
    Button, Cell, Column, Empty, FilterBar, Icon, Page, Panel, Row, Status, Table, chip, format, html,
};

/// The site a page is about, with the right asked for there.
fn scope_of(visit: &Visit, permission: Permission) -> Result<Scope, Fault> {
    let path = visit.name("path").parse().map_err(|_| Fault::NotFound)?;
    let day = figures::today(&visit.tree, &path, visit.now);
    visit.who()?.access.scope(&visit.tree, permission, &path, day).ok_or(Fault::NotFound)
}

/// A kind of site in the words people use.
pub(super) fn kind_words(kind: SiteKind) -> &'static str {
    match kind {
        SiteKind::Enterprise => "Enterprise",
        SiteKind::Facility => "Facility",
        SiteKind::Department => "Department",
        SiteKind::Unit => "Unit",
    }
}

/// Care in the words people use.
pub(super) fn care_words(care: Care) -> &'static str {
    match care {
        Care::Inpatient => "Inpatient",
        Care::Emergency => "Emergency",
        Care::Observation => "Observation",
        Care::Nursery => "Nursery",
        Care::Outpatient => "Outpatient",
        Care::Unmapped => "Locations without a unit",
    }
}

pub(super) async fn list(visit: Visit) -> Answer {
    let scope = visit.scope()?;
    let all = visit.tree.below(&scope.site_id());
    let mut tx = visit.read().await?;
    let ids: Vec<Id<Site>> = all.iter().map(|site| site.id).collect();
    let beds = beds_on(&mut tx, &ids, visit.today()).await?;
    drop(tx);
    let asked = visit.query.text("q").to_lowercase();
    let shows_closed = visit.query.text("state") == "all";
    let fits = |site: &&SiteInfo| {
        let is_shown = shows_closed || site.is_open(visit.today());
        let codes = visit.tree.codes(&site.id);
        let has = |text: &str| text.to_lowercase().contains(&asked);
        is_shown && (has(&site.name) || has(site.path.as_str()) || codes.iter().any(|code| has(code)))
    };
    let sites: Vec<&SiteInfo> = all.iter().filter(fits).collect();
    if let Some(file) = kit::export(&visit, || file(&visit, &sites, &beds)) {
        return file;
    }
    let n_units =
        all.iter().filter(|site| site.kind == SiteKind::Unit && site.is_open(visit.today())).count();
    let licensed: i64 = all
        .iter()
        .filter(|site| site.kind == SiteKind::Unit && site.is_open(visit.today()))
        .filter_map(|site| beds.get(&site.id))
        .map(|beds| beds.licensed)
        .sum();
    let context = format!(
        "{}, {}",
        format::n_of(i64::try_from(n_units).unwrap_or(i64::MAX), "open unit", "open units"),
        format::n_of(licensed, "licensed bed", "licensed beds")
    );
    let bar = FilterBar::new("/admin/sites")
        .search("q", "Name, path or code", visit.query.text("q"))
        .select("state", "Show", &[("", "Open sites"), ("all", "Closed ones too")], visit.query.text("state"))
        .clear("/admin/sites");
    let body = html! {
        (kit::done_notice(&visit))
        (bar)
        (Panel::default().body(table(&visit, &sites, &beds, all.len())))
    };
    let mut page = Page::new("Sites and units").context(context).body(body);
    if visit.may(Permission::ADMIN_EDIT) {
        page = page.actions(html! {
            (Button::link("Import", "/admin/imports/new/sites").icon(Icon::Upload))
            (Button::link("Add a site", format!("/admin/sites/new?under={}", scope.path())).primary().icon(Icon::Plus))
        });
    }
    visit.show(&page).await
}

fn table(visit: &Visit, sites: &[&SiteInfo], beds: &BTreeMap<Id<Site>, Beds>, n_all: usize) -> Table {
    let (csv, xlsx) = kit::file_hrefs(visit);
    let top = visit.scope.as_ref().map_or(0, |scope| scope.path().depth());
    let (rows, paging) = kit::paged(visit, sites.to_vec());
    let empty = if n_all <= 1 && visit.query.find("q").is_none() {
        Empty::new(
            "No site below this one yet",
            "Facilities, departments and units will stand here as a tree.",
        )
        .action("Import a file", "/admin/imports/new/sites")
        .file_columns(&[
            "path",
            "kind",
            "name",
            "time_zone",
            "currency",
            "licensed_beds",
            "staffed_beds",
            "hl7_codes",
        ])
    } else {
        Empty::filtered("/admin/sites")
    };
    Table::new("sites", "Sites and units")
        .column(Column::text("Site"))
        .column(Column::text("Kind").not_on_phones())
        .column(Column::text("Care").not_on_phones())
        .column(Column::text("Codes in messages").not_on_phones())
        .column(Column::number("Licensed beds"))
        .column(Column::number("Staffed beds").not_on_phones())
        .column(Column::text("State").not_on_phones())
        .rows(rows.into_iter().map(|site| line(visit, site, beds, top)))
        .paging(paging)
        .downloads(csv, xlsx)
        .empty(empty)
}

fn line(visit: &Visit, site: &SiteInfo, beds: &BTreeMap<Id<Site>, Beds>, top: usize) -> Row {
    let depth = site.path.depth().saturating_sub(top).min(4);
    let link = html! { a href={ "/admin/sites/" (site.path) } { (site.name) } };
    let name = html! { @if depth == 0 { (link) } @else { span class={ "deep d" (depth) } { (link) } } };
    let own = beds.get(&site.id);
    let count = |n: Option<i64>| n.map_or_else(Cell::none, Cell::from);
    let care = if site.kind == SiteKind::Unit { care_words(site.care) } else { "" };
    let state =
        if site.is_open(visit.today()) { chip(Status::Done, "Open") } else { chip(Status::Plain, "Closed") };
    Row::default()
        .cell(Cell::of(name))
        .cell(kind_words(site.kind))
        .cell(Cell::dim(care))
        .cell(Cell::dim(visit.tree.codes(&site.id).join(" ")))
        .cell(count(own.map(|beds| beds.licensed)))
        .cell(count(own.map(|beds| beds.staffed)))
        .cell(state)
}

/// The file has the columns of the import, so that it can be corrected and taken in again.
fn file(visit: &Visit, sites: &[&SiteInfo], beds: &BTreeMap<Id<Site>, Beds>) -> Export {
    let columns =
        ["path", "kind", "name", "time_zone", "currency", "licensed_beds", "staffed_beds", "hl7_codes"];
    let mut export = Export::new("sites", &columns);
    for site in sites {
        let own = beds.get(&site.id);
        export.rows.push(vec![
            FileCell::from(site.path.as_str()),
            FileCell::from(site.kind.key()),
            FileCell::from(site.name.as_str()),
            FileCell::from(site.own_time_zone.clone().unwrap_or_default()),
            FileCell::from(site.own_currency.map(|currency| currency.to_string()).unwrap_or_default()),
            FileCell::from(own.map(|beds| beds.licensed)),
            FileCell::from(own.map(|beds| beds.staffed)),
            FileCell::from(visit.tree.codes(&site.id).join(" ")),
        ]);
    }
    export
}
