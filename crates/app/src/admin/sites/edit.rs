//! One site: name, zone, codes, care, beds from a day, closing, history.

use super::super::kit::{self, Names, Refusal as _, sentence};
use super::super::store::{last_seq, last_seq_below, list_entries};
use super::super::work::rework;
use super::{care_words, kind_words, scope_of};
use ::store::{Actor, StoreError, Tx};
use area::{Answer, Differing, Fault, Unsaved, VERSION_FIELD, Visit};
use base::{Currency, Id, Period};
use futures::future::BoxFuture;
use identity::sites::{
    BedCountAt, Beds, SiteChange, SiteRefused, beds_on, close_site, list_bed_counts, reopen_site, set_beds,
    set_care, set_codes, update_site,
};
use identity::{Care, Permission, Scope, Site, SiteInfo, SiteKind, SiteTree};
use jiff::civil::Date;
use web::{
    Button, Cell, Choice, Column, Empty, Errors, Field, Form, Markup, Page, Panel, Row, Status, Table,
    breadcrumbs, chip, columns, description_list, format, html,
};

pub(crate) async fn page(visit: Visit) -> Answer {
    show(&visit, "", &Errors::new()).await
}

/// The page, with what was wrong in one of its forms.
async fn show(visit: &Visit, form: &str, errors: &Errors) -> Answer {
    let scope = scope_of(visit, Permission::SITES_VIEW)?;
    let site = visit.tree.get(&scope.site_id()).ok_or(Fault::NotFound)?;
    let may_edit = scope_of(visit, Permission::ADMIN_EDIT).is_ok();
    let mut tx = visit.read().await?;
    let counts = list_own_beds(&mut tx, &scope, visit.today()).await?;
    let mut records = vec![site.id.to_string()];
    records.extend(counts.iter().map(|count| format!("{}:{}", site.id, count.count.from)));
    let entries = list_entries(&mut tx, &["site", "site codes", "bed count"], &records).await?;
    let names = Names::of_entries(&mut tx, &entries).await?;
    let undo = kit::undo_strip(visit, &mut tx).await?;
    let mut versions = Versions::read(&mut tx, site.id).await?;
    drop(tx);
    if !errors.is_empty() {
        versions.keep(form, visit.version());
    }
    let none = Errors::new();
    let of = |own: &str| if own == form { errors } else { &none };
    let below = visit.tree.children(&site.id);
    let left = html! {
        (Panel::new("Site").prose(about(visit, site, &versions, may_edit.then(|| of("details")))?))
        (Panel::new("Beds").context("from a day on, until the next count").body(bed_part(visit, site, &counts, &versions, may_edit.then(|| of("beds")))?))
        @if may_edit { (kit::history_panel(visit, &entries, &names)) }
    };
    let right = html! {
        (Panel::new("In messages").prose(code_part(visit, site, &versions, may_edit.then(|| of("codes")))?))
        @if site.kind == SiteKind::Unit { (Panel::new("Care").prose(care_part(visit, site, &versions, may_edit.then(|| of("care")))?)) }
        (Panel::new("Below it").prose(html! {
            @if below.is_empty() { p.sub { "Nothing." } }
            ul { @for child in &below { li { a href={ "/admin/sites/" (child.path) } { (child.name) } " " span.dim { (kind_words(child.kind)) } } } }
            @if may_edit && site.kind != SiteKind::Unit {
                p.go { (Button::link("Add a site", format!("/admin/sites/new?under={}", site.path))) }
            }
        }))
        @if may_edit { (Panel::new("Closing").prose(closing(visit, site, &versions, of("close"))?)) }
    };
    let body = html! {
        (crumbs(visit, site))
        (kit::done_notice(visit))
        (columns(left, right))
    };
    let context = format!("{}, {}", kind_words(site.kind), site.path);
    visit.show(&Page::new(site.name.clone()).context(context).errors(errors).undo(undo).body(body)).await
}

fn crumbs(visit: &Visit, site: &SiteInfo) -> Markup {
    let mut above = visit.tree.upward(&site.id);
    above.reverse();
    above.pop();
    let may_open = |site: &&SiteInfo| {
        let access = visit.who.as_ref().map(|who| &who.access);
        access.is_some_and(|access| {
            access.allows(&visit.tree, Permission::SITES_VIEW, &site.path, visit.today())
        })
    };
    above.retain(may_open);
    let hrefs: Vec<(String, String)> =
        above.iter().map(|site| (site.name.clone(), format!("/admin/sites/{}", site.path))).collect();
    let mut links = vec![("Admin", "/admin"), ("Sites and units", "/admin/sites")];
    links.extend(hrefs.iter().map(|(name, href)| (name.as_str(), href.as_str())));
    breadcrumbs(&links)
}

/// This very site's counts, newest first.
async fn list_own_beds(tx: &mut Tx, scope: &Scope, today: Date) -> Result<Vec<BedCountAt>, Fault> {
    let first = jiff::civil::date(1900, 1, 1);
    let last = today.checked_add(jiff::Span::new().years(10)).unwrap_or(today);
    let ever = Period::days_between(first, last).map_err(|error| Fault::Ours(error.to_string()))?;
    let mut counts = list_bed_counts(tx, scope, ever).await?;
    counts.retain(|count| count.site == scope.site_id());
    counts.sort_by_key(|count| std::cmp::Reverse(count.count.from));
    Ok(counts)
}

fn at(site: &SiteInfo, page: &str) -> String {
    format!("/admin/sites/{}/{page}", site.path)
}

/// The errors are those of the form, which is there for those who may edit.
fn about(
    visit: &Visit,
    site: &SiteInfo,
    versions: &Versions,
    errors: Option<&Errors>,
) -> Result<Markup, Fault> {
    let zone = site.time_zone.iana_name().unwrap_or("UTC").to_owned();
    let Some(errors) = errors else {
        let list = description_list([
            ("Name", site.name.clone()),
            ("Time zone", zone),
            ("Currency", site.currency.to_string()),
        ]);
        return Ok(html! { (list) });
    };
    let typed = |name: &str, kept: String| {
        if errors.is_empty() { kept } else { visit.form.text(name).to_owned() }
    };
    let form = Form::post(at(site, "details"), &visit.who()?.csrf)
        .hidden(VERSION_FIELD, &versions.site)
        .errors(errors)
        .field(Field::text("name", "Name").value(typed("name", site.name.clone())))
        .field(
            Field::text("zone", "Time zone")
                .optional()
                .hint(format!("Empty takes that of the site above; now in force: {zone}"))
                .value(typed("zone", site.own_time_zone.clone().unwrap_or_default())),
        )
        .field(
            Field::text("currency", "Currency")
                .optional()
                .short()
                .hint(format!("Three letters; now in force: {}", site.currency))
                .value(typed("currency", site.own_currency.map(|own| own.to_string()).unwrap_or_default())),
        )
        .field(Field::number("sort", "Place among its neighbors").value(typed("sort", site.sort.to_string())))
        .submit("Save");
    Ok(html! { (form) })
}

fn bed_part(
    visit: &Visit,
    site: &SiteInfo,
    counts: &[BedCountAt],
    versions: &Versions,
    errors: Option<&Errors>,
) -> Result<Markup, Fault> {
    let today = visit.today();
    let current = counts.iter().map(|count| count.count.from).filter(|from| *from <= today).max();
    let first = jiff::civil::date(1900, 1, 1);
    let table = Table::new("beds", "Bed counts of this site")
        .column(Column::text("From"))
        .column(Column::number("Licensed"))
        .column(Column::number("Set up"))
        .column(Column::number("Staffed"))
        .column(Column::text(""))
        .rows(counts.iter().map(|count| {
            let from = count.count.from;
            let words = if from == first { "The beginning".to_owned() } else { format::date(from, today) };
            let mark =
                if current == Some(from) { Cell::of(chip(Status::Done, "In force")) } else { Cell::none() };
            let beds = count.count.beds;
            Row::default().cell(words).cell(beds.licensed).cell(beds.set_up).cell(beds.staffed).cell(mark)
        }))
        .empty(Empty::new(
            "No beds counted here",
            "Units carry the beds that occupancy is measured on; a facility may carry its license.",
        ));
    let Some(errors) = errors else { return Ok(html! { (table) }) };
    let typed = |name: &str, kept: i64| {
        if errors.is_empty() { kept.to_string() } else { visit.form.text(name).to_owned() }
    };
    let in_force = counts.iter().find(|count| Some(count.count.from) == current);
    let beds = in_force.map(|count| count.count.beds).unwrap_or_default();
    let from = if errors.is_empty() { today.to_string() } else { visit.form.text("from").to_owned() };
    let form = Form::post(at(site, "beds"), &visit.who()?.csrf)
        .hidden(VERSION_FIELD, &versions.beds)
        .errors(errors)
        .field(Field::date("from", "From").hint("Figures of earlier days keep the earlier count").value(from))
        .field(Field::number("licensed", "Licensed beds").value(typed("licensed", beds.licensed)))
        .field(
            Field::number("set_up", "Beds set up")
                .hint("Ready for a patient")
                .value(typed("set_up", beds.set_up)),
        )
        .field(Field::number("staffed", "Staffed beds").value(typed("staffed", beds.staffed)))
        .button(Button::submit("Save beds"));
    Ok(html! { (table) details.in open[!errors.is_empty()] { summary { "Change the beds" } (form) } })
}

fn code_part(
    visit: &Visit,
    site: &SiteInfo,
    versions: &Versions,
    errors: Option<&Errors>,
) -> Result<Markup, Fault> {
    let codes = visit.tree.codes(&site.id).join(" ");
    let words = match site.kind {
        SiteKind::Enterprise => "Rarely needed here: messages name facilities and units.",
        SiteKind::Facility => "What the sender writes in MSH-4 or PV1-3.4 for this facility.",
        SiteKind::Department | SiteKind::Unit => "What the sender writes in PV1-3.1 for this place.",
    };
    let Some(errors) = errors else {
        return Ok(
            html! { p { @if codes.is_empty() { "No codes." } @else { code { (codes) } } } p.sub { (words) } },
        );
    };
    let value = if errors.is_empty() { codes } else { visit.form.text("codes").to_owned() };
    let form = Form::post(at(site, "codes"), &visit.who()?.csrf)
        .hidden(VERSION_FIELD, &versions.codes)
        .errors(errors)
        .field(
            Field::text("codes", "Codes")
                .optional()
                .hint(format!("{words} Several with blanks between"))
                .value(value),
        )
        .button(Button::submit("Save codes"));
    Ok(html! { (form) })
}

fn care_part(
    visit: &Visit,
    site: &SiteInfo,
    versions: &Versions,
    errors: Option<&Errors>,
) -> Result<Markup, Fault> {
    let Some(errors) = errors else {
        return Ok(html! { p { (care_words(site.care)) } });
    };
    let choices = Care::ALL
        .iter()
        .filter(|care| **care != Care::Unmapped || site.care == Care::Unmapped)
        .map(|care| Choice::new(care.key(), care_words(*care), *care == site.care))
        .collect();
    let form = Form::post(at(site, "care"), &visit.who()?.csrf)
        .hidden(VERSION_FIELD, &versions.site)
        .errors(errors)
        .field(
            Field::select("care", "Care given here", choices)
                .hint("Decides whether its patients count in the inpatient census"),
        )
        .part(html! { p.sub { "It holds for the past too: saving works every stay and day out anew, in the background." } })
        .button(Button::submit("Save care"));
    Ok(html! { (form) })
}

fn closing(visit: &Visit, site: &SiteInfo, versions: &Versions, errors: &Errors) -> Result<Markup, Fault> {
    let csrf = &visit.who()?.csrf;
    if let Some(day) = site.closed_on {
        let form = Form::post(at(site, "close"), csrf)
            .hidden(VERSION_FIELD, &versions.site)
            .hidden("open", "1")
            .button(Button::submit("Open it again"));
        return Ok(html! {
            @if site.is_taken_back() { p { "The import that brought it was taken back. It never was open." } }
            @else { p { "Closed from " (format::date(day, visit.today())) " on. Its past stays." } }
            (form)
        });
    }
    if site.parent_id.is_none() {
        return Ok(html! { p.sub { "The top site cannot be closed: everyone's roles hang on it." } });
    }
    let on = if errors.is_empty() { visit.today().to_string() } else { visit.form.text("on").to_owned() };
    let form = Form::post(at(site, "close"), csrf)
        .hidden(VERSION_FIELD, &versions.site)
        .errors(errors)
        .field(
            Field::date("on", "First day closed").hint("With everything below it; the past stays").value(on),
        )
        .button(Button::submit("Close this site").danger());
    Ok(html! { (form) })
}

/// What the forms of this page were filled from: the newest change of the site itself, of its codes and of
/// its bed counts.
struct Versions {
    site: String,
    codes: String,
    beds: String,
}

impl Versions {
    async fn read(tx: &mut Tx, site: Id<Site>) -> Result<Versions, StoreError> {
        let record = site.to_string();
        let words = |seq: Option<i64>| seq.unwrap_or(0).to_string();
        Ok(Versions {
            site: words(last_seq(tx, "site", &record).await?),
            codes: words(last_seq(tx, "site codes", &record).await?),
            beds: words(last_seq_below(tx, "bed count", &format!("{record}:")).await?),
        })
    }

    /// A form shown again for a mistake still says what it was first filled from.
    fn keep(&mut self, form: &str, seen: String) {
        match form {
            "codes" => self.codes = seen,
            "beds" => self.beds = seen,
            _ => self.site = seen,
        }
    }

    fn of(&self, kind: &str) -> &str {
        match kind {
            "site" => &self.site,
            "site codes" => &self.codes,
            _ => &self.beds,
        }
    }
}

/// What a form of this page wants done, in one transaction.
type Work = Box<dyn for<'t> FnOnce(&'t mut Tx, Actor) -> BoxFuture<'t, Result<(), SiteRefused>> + Send>;

/// One of the forms: its name, the site, and the kind and name of the record it changes.
struct Change {
    form: &'static str,
    site: Id<Site>,
    kind: &'static str,
    record: String,
}

/// Does the work and shows the page again with its undo, or with what was wrong.
async fn save(visit: &Visit, change: Change, work: Work) -> Answer {
    let (actor, seen) = (visit.actor(), visit.version());
    let Change { form, site, kind, record } = change;
    let saved = visit
        .ctx
        .db
        .write::<_, Unsaved<SiteRefused>, _>(move |tx| {
            Box::pin(async move {
                if Versions::read(tx, site).await?.of(kind) != seen {
                    return Err(Unsaved::Stale);
                }
                work(tx, actor).await.map_err(Unsaved::Refused)?;
                Ok(last_seq(tx, kind, &record).await?)
            })
        })
        .await;
    visit.ctx.forget();
    match saved {
        Ok(seq) => Ok(visit.go(&format!("/admin/sites/{}?undo={}", visit.name("path"), seq.unwrap_or(0)))),
        Err(Unsaved::Stale) => conflict(visit, form, site, kind).await,
        Err(Unsaved::Refused(refused)) => match refused.store() {
            Ok(error) => Err(error.into()),
            Err(refused) => {
                let errors = Errors::of(field_of(&refused), sentence(&refused.to_string()));
                show(visit, form, &errors).await
            }
        },
    }
}

fn field_of(refused: &SiteRefused) -> &'static str {
    match refused {
        SiteRefused::Zone { .. } => "zone",
        SiteRefused::CodeTaken { .. } => "codes",
        SiteRefused::Beds { .. } => "licensed",
        SiteRefused::Name => "name",
        SiteRefused::NoSite
        | SiteRefused::NoParent { .. }
        | SiteRefused::Taken { .. }
        | SiteRefused::Place { .. }
        | SiteRefused::Store(_) => "",
    }
}

/// Somebody saved while a form was open: what is stored now beside what was entered.
async fn conflict(visit: &Visit, form: &str, id: Id<Site>, kind: &str) -> Answer {
    let mut tx = visit.read().await?;
    let tree = SiteTree::load(&mut tx).await?;
    let versions = Versions::read(&mut tx, id).await?;
    let site = tree.get(&id).ok_or(Fault::NotFound)?;
    let entered = |name: &str| visit.form.text(name);
    let values = match form {
        "details" => vec![
            Differing::new("Name", &site.name, entered("name")),
            Differing::new("Time zone", site.own_time_zone.clone().unwrap_or_default(), entered("zone")),
            Differing::new(
                "Currency",
                site.own_currency.map(|own| own.to_string()).unwrap_or_default(),
                entered("currency"),
            ),
            Differing::new("Place among its neighbors", site.sort.to_string(), entered("sort")),
        ],
        "codes" => vec![Differing::new("Codes", tree.codes(&id).join(" "), entered("codes"))],
        "care" => {
            let asked = entered("care").parse::<Care>().map_or("", care_words);
            vec![Differing::new("Care given here", care_words(site.care), asked)]
        }
        "beds" => {
            let day = entered("from").parse().unwrap_or(visit.today());
            let beds = beds_on(&mut tx, &[id], day).await?.get(&id).copied().unwrap_or_default();
            vec![
                Differing::new("Licensed beds", beds.licensed.to_string(), entered("licensed")),
                Differing::new("Beds set up", beds.set_up.to_string(), entered("set_up")),
                Differing::new("Staffed beds", beds.staffed.to_string(), entered("staffed")),
            ]
        }
        _ => {
            let say = |day: Option<Date>| day.map_or("Open".to_owned(), |day| format!("Closed on {day}"));
            let asked = if visit.form.is_set("open") { None } else { entered("on").parse().ok() };
            vec![Differing::new("State", say(site.closed_on), say(asked))]
        }
    };
    drop(tx);
    visit.conflict(&site.name, &format!("/admin/sites/{}", site.path), versions.of(kind), &values).await
}

pub(crate) async fn details(visit: Visit) -> Answer {
    let id = scope_of(&visit, Permission::ADMIN_EDIT)?.site_id();
    let mut errors = Errors::new();
    let currency: Option<Option<Currency>> = match visit.form.find("currency") {
        None => Some(None),
        Some(text) => text.to_uppercase().parse().ok().map(Some),
    };
    if currency.is_none() {
        errors.add("currency", "Write a currency as three letters, such as USD");
    }
    let sort: Option<i64> = visit.form.text("sort").parse().ok();
    if sort.is_none() {
        errors.add("sort", "Write a whole number; lower ones come first");
    }
    let (Some(currency), Some(sort)) = (currency, sort) else {
        return show(&visit, "details", &errors).await;
    };
    let change = SiteChange {
        name: visit.form.text("name").to_owned(),
        time_zone: visit.form.find("zone").map(str::to_owned),
        currency,
        sort,
    };
    let work: Work =
        Box::new(move |tx, actor| Box::pin(async move { update_site(tx, &actor, id, &change).await }));
    save(&visit, Change { form: "details", site: id, kind: "site", record: id.to_string() }, work).await
}

pub(crate) async fn codes(visit: Visit) -> Answer {
    let id = scope_of(&visit, Permission::ADMIN_EDIT)?.site_id();
    let codes: Vec<String> = visit
        .form
        .text("codes")
        .split([' ', ',', ';'])
        .filter(|code| !code.is_empty())
        .map(str::to_owned)
        .collect();
    let (jobs, path) = (visit.ctx.jobs.clone(), visit.tree.get(&id).ok_or(Fault::NotFound)?.path.clone());
    let work: Work = Box::new(move |tx, actor| {
        Box::pin(async move {
            set_codes(tx, &actor, id, &codes).await?;
            jobs.ask(tx, rework(actor.who, path)).await?;
            Ok(())
        })
    });
    save(&visit, Change { form: "codes", site: id, kind: "site codes", record: id.to_string() }, work).await
}

pub(crate) async fn care(visit: Visit) -> Answer {
    let id = scope_of(&visit, Permission::ADMIN_EDIT)?.site_id();
    let Ok(care) = visit.form.text("care").parse::<Care>() else {
        return show(&visit, "care", &Errors::of("care", "Choose one of the kinds of care")).await;
    };
    let (jobs, path) = (visit.ctx.jobs.clone(), visit.tree.get(&id).ok_or(Fault::NotFound)?.path.clone());
    let work: Work = Box::new(move |tx, actor| {
        Box::pin(async move {
            set_care(tx, &actor, id, care).await?;
            jobs.ask(tx, rework(actor.who, path)).await?;
            Ok(())
        })
    });
    save(&visit, Change { form: "care", site: id, kind: "site", record: id.to_string() }, work).await
}

pub(crate) async fn beds(visit: Visit) -> Answer {
    let id = scope_of(&visit, Permission::ADMIN_EDIT)?.site_id();
    let mut errors = Errors::new();
    let from: Option<Date> = visit.form.text("from").parse().ok();
    if from.is_none() {
        errors.add("from", "Write the first day as year-month-day, such as 2026-12-01");
    }
    let mut count = |name: &'static str| {
        let n: Option<i64> = visit.form.text(name).replace(',', "").parse().ok();
        if n.is_none() {
            errors.add(name, "Write a whole number of beds, 0 or more");
        }
        n.unwrap_or(0)
    };
    let beds = Beds { licensed: count("licensed"), set_up: count("set_up"), staffed: count("staffed") };
    let (Some(from), true) = (from, errors.is_empty()) else {
        return show(&visit, "beds", &errors).await;
    };
    let work: Work =
        Box::new(move |tx, actor| Box::pin(async move { set_beds(tx, &actor, id, from, beds).await }));
    save(&visit, Change { form: "beds", site: id, kind: "bed count", record: format!("{id}:{from}") }, work)
        .await
}

pub(crate) async fn close(visit: Visit) -> Answer {
    let scope = scope_of(&visit, Permission::ADMIN_EDIT)?;
    let id = scope.site_id();
    let site = visit.tree.get(&id).ok_or(Fault::NotFound)?;
    if visit.form.is_set("open") {
        let work: Work =
            Box::new(move |tx, actor| Box::pin(async move { reopen_site(tx, &actor, id).await }));
        return save(&visit, Change { form: "close", site: id, kind: "site", record: id.to_string() }, work)
            .await;
    }
    if site.parent_id.is_none() {
        return Err(Fault::Refused("The top site cannot be closed: everyone's roles hang on it.".to_owned()));
    }
    let Ok(on) = visit.form.text("on").parse::<Date>() else {
        let words = "Write the first day closed as year-month-day, such as 2026-12-01";
        return show(&visit, "close", &Errors::of("on", words)).await;
    };
    let work: Work = Box::new(move |tx, actor| Box::pin(async move { close_site(tx, &actor, id, on).await }));
    save(&visit, Change { form: "close", site: id, kind: "site", record: id.to_string() }, work).await
}
