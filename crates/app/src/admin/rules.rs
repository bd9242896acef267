//! Dated rules: what each says here and now, where it is written, and a site's own value with a reason.

use super::kit::{self, Names, Refusal as _, sentence, site_choices};
use super::store::{last_rule_seq, last_seq, list_entries};
use ::store::{StoreError, Tx};
use area::{Answer, Cell as FileCell, Differing, Export, Fault, Unsaved, VERSION_FIELD, Visit};
use base::{Id, Minutes};
use figures::rules::{
    Override, OverrideAsk, OverrideProblem, RuleState, RuleView, Rules, VersionView, end_override,
    find_override, put_override,
};
use identity::Permission;
use jiff::civil::Date;
use std::sync::Arc;
use web::{
    Button, Cell, Column, Empty, Errors, Field, FilterBar, Form, Markup, Page, Panel, Row, RowKind, Status,
    Table, breadcrumbs, chip, columns, description_list, format, html, notice,
};

async fn load(visit: &Visit) -> Result<Rules, Fault> {
    Ok(Rules::load(&mut visit.read().await?, &visit.ctx.rules).await?)
}

/// The areas rules belong to, by the first word of their key.
fn area_words(key: &str) -> &str {
    match key.split('.').next().unwrap_or_default() {
        "bed" => "Beds",
        "census" | "discharges" | "disposition" | "los" | "stay" => "Census",
        "ed" => "Emergency department",
        "feed" => "Feeds",
        "observation" => "Observation",
        "report" => "Reports",
        other => other,
    }
}

pub(super) async fn list(visit: Visit) -> Answer {
    let rules = load(&visit).await?;
    let (path, today) = (visit.scope()?.path().clone(), visit.today());
    let asked = visit.query.text("q").to_lowercase();
    let show = visit.query.text("show");
    let mut views = rules.list(&path, today);
    views.retain(|view| {
        let fits = view.title.to_lowercase().contains(&asked) || view.key.contains(&asked);
        let is_shown = match show {
            "own" => view.is_override,
            "stale" => view.is_stale,
            _ => true,
        };
        fits && is_shown
    });
    views.sort_by_key(|view| (area_words(view.key).to_owned(), view.title));
    if let Some(file) = kit::export(&visit, || file(&views)) {
        return file;
    }
    let (csv, xlsx) = kit::file_hrefs(&visit);
    let mut table = Table::new("rules", "Rules in force")
        .column(Column::text("Rule"))
        .column(Column::text("Value in force"))
        .column(Column::text("Source").wide().not_on_phones())
        .column(Column::text("Last checked").not_on_phones())
        .column(Column::text("State"))
        .downloads(csv, xlsx)
        .empty(Empty::filtered("/admin/rules"));
    let mut area = "";
    for view in &views {
        if area_words(view.key) != area {
            area = area_words(view.key);
            table = table.row(
                Row::new([Cell::from(area), Cell::none(), Cell::none(), Cell::none(), Cell::none()])
                    .kind(RowKind::Sub),
            );
        }
        table = table.row(line(view, &visit));
    }
    let options = [("", "All"), ("own", "With an own value"), ("stale", "Not checked for a year")];
    let bar = FilterBar::new("/admin/rules")
        .search("q", "Rule", visit.query.text("q"))
        .select("show", "Show", &options, show)
        .keep("site", path.as_str())
        .clear("/admin/rules");
    let body = html! { (bar) (Panel::default().body(table)) };
    let context = format!("In force at {} on {}", visit.site()?.name, format::date(today, today));
    visit.show(&Page::new("Rules").context(context).body(body)).await
}

/// A stored value as the page says it: minutes as a length, a share with its sign.
fn said(view: &RuleView, stored: &str) -> String {
    match stored.parse() {
        Ok(minutes) if view.unit.starts_with("minutes") => Minutes(minutes).to_string(),
        Ok(_) if view.unit.starts_with('%') => format!("{stored}%"),
        Ok(_) | Err(_) => stored.to_owned(),
    }
}

fn last_checked(view: &RuleView) -> Option<Date> {
    let held = view.versions.iter().find(|version| version.state == RuleState::Now);
    held.and_then(|version| version.last_checked)
}

fn value(view: &RuleView) -> String {
    let said = view.value.clone().unwrap_or_else(|| "Nothing in force".to_owned());
    // A length says its own unit: "4 h from the decision to admit".
    let unit = view.unit.strip_prefix("minutes").map_or(view.unit, str::trim_start);
    // A percentage does so too: "88% of staffed beds".
    let unit = if said.ends_with('%') { unit.trim_start_matches("% ") } else { unit };
    if unit.is_empty() { said } else { format!("{said} {unit}") }
}

fn line(view: &RuleView, visit: &Visit) -> Row {
    let state = match (view.is_override, view.is_stale) {
        (true, _) => chip(Status::Plain, "Own value"),
        (false, true) => chip(Status::Due, "Check the source"),
        (false, false) => chip(Status::Done, "In force"),
    };
    let checked = last_checked(view).map_or(String::new(), |day| format::date(day, visit.today()));
    Row::default()
        .cell(Cell::link(view.title, format!("/admin/rules/{}", view.key)))
        .cell(value(view))
        .cell(Cell::dim(view.source.clone().unwrap_or_default()))
        .cell(Cell::dim(checked))
        .cell(state)
}

fn file(views: &[RuleView]) -> Export {
    let columns =
        ["key", "title", "jurisdiction", "value", "unit", "source", "own_value", "last_checked", "stale"];
    let mut export = Export::new("rules", &columns);
    let yes = |is: bool| FileCell::from(if is { "yes" } else { "no" });
    for view in views {
        export.rows.push(vec![
            FileCell::from(view.key),
            FileCell::from(view.title),
            FileCell::from(view.jurisdiction),
            FileCell::from(view.value.clone().unwrap_or_default()),
            FileCell::from(view.unit),
            FileCell::from(view.source.clone().unwrap_or_default()),
            yes(view.is_override),
            FileCell::from(last_checked(view).map(|day| day.to_string()).unwrap_or_default()),
            yes(view.is_stale),
        ]);
    }
    export
}

pub(super) async fn page(visit: Visit) -> Answer {
    show(&visit, &Errors::new()).await
}

async fn show(visit: &Visit, errors: &Errors) -> Answer {
    let rules = load(visit).await?;
    let view = rules.find(visit.name("key"), visit.scope()?.path(), visit.today()).ok_or(Fault::NotFound)?;
    let may_edit = visit.may(Permission::ADMIN_EDIT);
    let ids: Vec<String> =
        view.overrides.iter().filter_map(|own| own.override_id).map(|id| id.to_string()).collect();
    let mut tx = visit.read().await?;
    let entries = list_entries(&mut tx, &["rule_override"], &ids).await?;
    let makers = view.overrides.iter().filter_map(|own| own.made_by.as_deref());
    let names =
        Names::of(&mut tx, makers.chain(entries.iter().map(|entry| entry.row.actor.who.as_str()))).await?;
    let undo = kit::undo_strip(visit, &mut tx).await?;
    let version = if errors.is_empty() { version(&mut tx, view.key).await? } else { visit.version() };
    drop(tx);
    let facts = description_list([
        ("Value in force", value(&view)),
        ("Source", view.source.clone().unwrap_or_default()),
        ("Holds in", view.jurisdiction.to_owned()),
        ("Takes", view.limits.clone()),
        ("Key", view.key.to_owned()),
    ]);
    let left = html! {
        (Panel::new("Own values").context("of a site and everything below it").body(own_table(visit, &view, &names, may_edit)?))
        (Panel::new("Versions").body(version_table(visit, &view)))
        @if may_edit { (kit::history_panel(visit, &entries, &names)) }
    };
    let right = html! {
        (Panel::new("In force").prose(html! {
            @if view.is_stale { (notice(Status::Due, "Nobody compared this with its source for over a year. Check it before a decision hangs on it.")) }
            (facts)
        }))
        @if may_edit { (Panel::new("Set an own value").prose(own_form(visit, &view, &version, errors)?)) }
    };
    let body = html! {
        (breadcrumbs(&[("Admin", "/admin"), ("Rules", "/admin/rules")]))
        (kit::done_notice(visit))
        (columns(left, right))
    };
    let page = Page::new(view.title).context(area_words(view.key)).errors(errors).undo(undo).body(body);
    visit.show(&page).await
}

fn until(to: Option<Date>, today: Date) -> String {
    to.map_or("No end".to_owned(), |to| format::date(to.yesterday().unwrap_or(to), today))
}

fn state_chip(state: RuleState) -> Markup {
    match state {
        RuleState::Now => chip(Status::Done, "In force"),
        RuleState::Later => chip(Status::Plain, "Later"),
        RuleState::Past => chip(Status::Plain, "Past"),
    }
}

fn own_table(visit: &Visit, view: &RuleView, names: &Names, may_edit: bool) -> Result<Table, Fault> {
    let (today, csrf) = (visit.today(), &visit.who()?.csrf);
    let row = |own: &VersionView| {
        let site = own.set_at.as_ref().and_then(|path| visit.tree.find(path));
        let who = own.made_by.as_deref().map(|who| names.get(who)).unwrap_or_default();
        let end = html! { @if let (true, Some(id), true) = (may_edit, own.override_id, own.state != RuleState::Past) {
            form method="post" action={ "/admin/rules/" (view.key) "/end" } {
                input type="hidden" name="csrf" value=(csrf);
                input type="hidden" name="override" value=(id);
                (Button::submit("End").small().about(format!("own value of {}", site.map_or("a site", |site| site.name.as_str()))))
            }
        } };
        Row::default()
            .cell(site.map_or_else(|| "A site".to_owned(), |site| site.name.clone()))
            .cell(said(view, &own.value))
            .cell(match own.to {
                Some(_) => format!("{} to {}", format::date(own.from, today), until(own.to, today)),
                None => format!("From {}", format::date(own.from, today)),
            })
            .cell(Cell::dim(format!("{} ({who})", own.source)))
            .cell(state_chip(own.state))
            .cell(Cell::of(end))
    };
    Ok(Table::new("own", "Own values of sites")
        .column(Column::text("Site"))
        .column(Column::text("Value"))
        .column(Column::text("Days").wide())
        .column(Column::text("Reason").wide().not_on_phones())
        .column(Column::text("State"))
        .column(Column::text(""))
        .rows(view.overrides.iter().map(row))
        .empty(Empty::new(
            "No own value",
            "Every site follows the rule. A site's own value, with its reason, would stand here.",
        )))
}

fn version_table(visit: &Visit, view: &RuleView) -> Table {
    let today = visit.today();
    Table::new("versions", "Versions of the rule")
        .column(Column::text("From"))
        .column(Column::text("Until").not_on_phones())
        .column(Column::text("Value"))
        .column(Column::text("Source").wide().not_on_phones())
        .column(Column::text("Last checked").not_on_phones())
        .column(Column::text("State"))
        .rows(view.versions.iter().map(|version| {
            Row::default()
                .cell(format::date(version.from, today))
                .cell(until(version.to, today))
                .cell(said(view, &version.value))
                .cell(Cell::dim(&version.source))
                .cell(Cell::dim(version.last_checked.map_or(String::new(), |day| format::date(day, today))))
                .cell(state_chip(version.state))
        }))
}

/// What the form was filled from: the newest change of any own value of the rule.
async fn version(tx: &mut Tx, key: &str) -> Result<String, StoreError> {
    Ok(last_rule_seq(tx, key).await?.unwrap_or(0).to_string())
}

fn own_form(visit: &Visit, view: &RuleView, version: &str, errors: &Errors) -> Result<Form, Fault> {
    let typed = |name: &str| visit.form.text(name).to_owned();
    let at = visit.form.find("at").unwrap_or(visit.scope()?.path().as_str());
    let from = if typed("from").is_empty() { visit.today().to_string() } else { typed("from") };
    Ok(Form::post(format!("/admin/rules/{}", view.key), &visit.who()?.csrf)
        .hidden(VERSION_FIELD, version)
        .errors(errors)
        .field(
            Field::select("at", "Site", site_choices(visit, Permission::ADMIN_EDIT, at))
                .hint("And everything below it"),
        )
        .field(
            Field::text("value", "Value").hint(sentence(&view.limits)).unit(view.unit).value(typed("value")),
        )
        .field(Field::date("from", "From").value(from))
        .field(Field::date("until", "Last day").optional().value(typed("until")))
        .field(
            Field::textarea("reason", "Reason", 2)
                .hint("Read by whoever asks why this site differs")
                .value(typed("reason")),
        )
        .submit("Set own value"))
}

pub(super) async fn set(visit: Visit) -> Answer {
    let ask = match read(&visit) {
        Ok(ask) => ask,
        Err(errors) => return show(&visit, &errors).await,
    };
    let (actor, registry, key) = (visit.actor(), Arc::clone(&visit.ctx.rules), ask.rule_key.clone());
    let seen = visit.version();
    let made = visit
        .ctx
        .db
        .write::<_, Unsaved<OverrideProblem>, _>(move |tx| {
            Box::pin(async move {
                if version(tx, &ask.rule_key).await? != seen {
                    return Err(Unsaved::Stale);
                }
                let id = put_override(tx, &actor, &registry, &ask).await.map_err(Unsaved::Refused)?;
                Ok(last_seq(tx, "rule_override", &id.to_string()).await?)
            })
        })
        .await;
    let made = match made {
        Ok(seq) => Ok(seq),
        Err(Unsaved::Stale) => return conflict(&visit).await,
        Err(Unsaved::Refused(problem)) => Err(problem.store()),
    };
    match made {
        Ok(seq) => Ok(visit.go(&format!("/admin/rules/{key}?undo={}", seq.unwrap_or(0)))),
        Err(Ok(error)) => Err(error.into()),
        Err(Err(problem)) => {
            let field = match &problem {
                OverrideProblem::Value(_) => "value",
                OverrideProblem::Reason { .. } => "reason",
                OverrideProblem::Dates { .. } => "until",
                OverrideProblem::Overlap { .. } => "from",
                OverrideProblem::Unknown { .. } | OverrideProblem::Store(_) => "",
            };
            show(&visit, &Errors::of(field, sentence(&problem.to_string()))).await
        }
    }
}

/// Somebody set or ended an own value while the form was open: what holds now beside what was entered.
async fn conflict(visit: &Visit) -> Answer {
    let rules = load(visit).await?;
    let view = rules.find(visit.name("key"), visit.scope()?.path(), visit.today()).ok_or(Fault::NotFound)?;
    let version = version(&mut visit.read().await?, view.key).await?;
    let entered = |name: &str| visit.form.text(name);
    let of_site = |own: &&VersionView| {
        let is_there = own.set_at.as_ref().is_some_and(|path| path.as_str() == entered("at"));
        is_there && own.state != RuleState::Past
    };
    let own = view.overrides.iter().find(of_site);
    let stored = |say: &dyn Fn(&VersionView) -> String| own.map(say).unwrap_or_default();
    let last =
        |own: &VersionView| own.to.map(|to| to.yesterday().unwrap_or(to).to_string()).unwrap_or_default();
    let values = [
        Differing::new("Value", stored(&|own| own.value.clone()), entered("value")),
        Differing::new("From", stored(&|own| own.from.to_string()), entered("from")),
        Differing::new("Last day", stored(&last), entered("until")),
        Differing::new("Reason", stored(&|own| own.source.clone()), entered("reason")),
    ];
    visit.conflict(view.title, &format!("/admin/rules/{}", view.key), &version, &values).await
}

fn read(visit: &Visit) -> Result<OverrideAsk, Errors> {
    let mut errors = Errors::new();
    let who = visit.who.as_ref();
    let site = visit.form.text("at").parse().ok().filter(|path| {
        let today = figures::today(&visit.tree, path, visit.now);
        who.is_some_and(|who| who.access.allows(&visit.tree, Permission::ADMIN_EDIT, path, today))
    });
    if site.is_none() {
        errors.add("at", "Choose one of your sites");
    }
    let from: Option<Date> = visit.form.text("from").parse().ok();
    if from.is_none() {
        errors.add("from", "Write the first day as year-month-day, such as 2026-12-01");
    }
    let to: Option<Option<Date>> = match visit.form.find("until") {
        None => Some(None),
        Some(text) => text.parse::<Date>().ok().and_then(|day| day.tomorrow().ok()).map(Some),
    };
    if to.is_none() {
        errors.add("until", "Write the last day as year-month-day, or leave it empty");
    }
    match (site, from, to) {
        (Some(site), Some(from), Some(to)) => Ok(OverrideAsk {
            rule_key: visit.name("key").to_owned(),
            site,
            from,
            to,
            value: visit.form.text("value").to_owned(),
            reason: visit.form.text("reason").to_owned(),
        }),
        _ => Err(errors),
    }
}

pub(super) async fn end(visit: Visit) -> Answer {
    let id: Id<Override> = visit.form.text("override").parse().map_err(|_| Fault::NotFound)?;
    let mut tx = visit.read().await?;
    let made = find_override(&mut tx, id).await?.ok_or(Fault::NotFound)?;
    drop(tx);
    let today = figures::today(&visit.tree, &made.site, visit.now);
    let may = visit.who()?.access.allows(&visit.tree, Permission::ADMIN_EDIT, &made.site, today);
    if !may || made.rule_key != visit.name("key") {
        return Err(Fault::NotFound);
    }
    let actor = visit.actor();
    let (is_ended, seq) = visit
        .ctx
        .db
        .write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                let is_ended = end_override(tx, &actor, id, today).await?;
                Ok((is_ended, last_seq(tx, "rule_override", &id.to_string()).await?))
            })
        })
        .await?;
    if !is_ended {
        return Err(Fault::Conflict("This own value has ended already. Load the rule again.".to_owned()));
    }
    Ok(visit.go(&format!("/admin/rules/{}?undo={}", made.rule_key, seq.unwrap_or(0))))
}
