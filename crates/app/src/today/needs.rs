//! The full list of needs: filters, why they rank so, putting off with a reason, and what was put off.

use super::brief::to_i64;
use area::{Answer, Cell as FileCell, Export, ExportFormat, Fault, Visit};
use figures::needs::{
    ChipKind, Class, DismissProblem, Dismissed, Need, RANK_RULES, Ranked, dismiss as put_off, undo_dismissal,
};
use identity::{Permission, people};
use jiff::Span;
use jiff::civil::Date;
use std::collections::BTreeMap;
use web::{
    Button, Cell, Column, Empty, Errors, Field, FilterBar, Form, Markup, NeedList, Page, Panel, Row, Status,
    Table, Undo, format, html, stack,
};

/// Every class with the word of its address.
const CLASSES: [(&str, Class); 4] =
    [("safety", Class::Safety), ("legal", Class::LegalClock), ("money", Class::Money), ("rest", Class::Rest)];

/// A need as lists show it; with a link to put it off when `may_put_off`.
pub(super) fn shown(visit: &Visit, need: &Need, may_put_off: bool) -> web::Need {
    let zone = visit.tree.find(&need.site).map_or(visit.zone(), |site| site.time_zone.clone());
    let is_late = need.due.is_some_and(|due| due <= visit.now);
    let (due, due_note) = match (&need.due_words, need.due) {
        (Some(words), _) => (capitalized(words), String::new()),
        (None, None) => ("Open".to_owned(), String::new()),
        (None, Some(due)) => {
            let (local, today) = (zone.to_datetime(due), zone.to_datetime(visit.now).date());
            if local.date() == today {
                (format::time(local.time()), if is_late { "past due" } else { "today" }.to_owned())
            } else {
                let note = if is_late { "past due".to_owned() } else { format::time(local.time()) };
                (day_text(local.date(), today), note)
            }
        }
    };
    let (reason, action) = way_on(visit, need);
    web::Need {
        due,
        due_note,
        is_late,
        title: need.sentence.clone(),
        reason,
        status: need.chip.as_ref().map(|chip| (status(chip.kind), chip.text.clone())),
        action,
        dismiss_href: may_put_off.then(|| {
            visit.at(&format!("today/needs/dismiss{}", area::Form::default().with("key", Some(&need.key))))
        }),
    }
}

/// Why, and the button. Who may not open the page of a feed is told whom to ask, and goes to the board.
fn way_on(visit: &Visit, need: &Need) -> (String, (String, String)) {
    if need.href.starts_with("/admin/feeds") && !visit.holds(Permission::FEEDS_VIEW) {
        let reason = format!("{} Ask an administrator to look at the feed.", need.why);
        return (reason, ("Open flow board".to_owned(), format!("/at/{}/census/flow", need.site)));
    }
    (need.why.clone(), (need.button.clone(), need.href.clone()))
}

/// A day near today by its weekday, others by their date.
pub(super) fn day_text(day: Date, today: Date) -> String {
    let n_days = today.until(day).map_or(0, |span| span.get_days());
    match n_days {
        0 => "Today".to_owned(),
        1..7 => day.strftime("%a").to_string(),
        _ => format::date(day, today),
    }
}

fn status(kind: ChipKind) -> Status {
    match kind {
        ChipKind::Breach => Status::Breach,
        ChipKind::Due => Status::Due,
        ChipKind::Done => Status::Done,
        ChipKind::Better => Status::Better,
        ChipKind::Worse => Status::Worse,
        ChipKind::Moved => Status::Moved,
        ChipKind::Plain => Status::Plain,
    }
}

/// What the filters leave.
struct Filter<'v> {
    class: Option<Class>,
    area: &'v str,
    below: &'v str,
}

impl<'v> Filter<'v> {
    fn of(visit: &'v Visit) -> Filter<'v> {
        let class = visit.query.text("class");
        Filter {
            class: CLASSES.into_iter().find(|(word, _)| *word == class).map(|(_, class)| class),
            area: visit.query.text("area"),
            below: visit.query.text("unit"),
        }
    }

    fn is_on(&self) -> bool {
        self.class.is_some() || !self.area.is_empty() || !self.below.is_empty()
    }

    fn keeps(&self, need: &Need) -> bool {
        let below = self.below.parse::<base::SitePath>().ok();
        self.class.is_none_or(|class| need.class == class)
            && (self.area.is_empty() || need.area == self.area)
            && below.is_none_or(|site| site.covers(&need.site))
    }
}

/// `GET /at/{scope}/today/needs`.
pub(super) async fn page(visit: Visit) -> Answer {
    let mut tx = visit.read().await?;
    let ranked = visit.needs(&mut tx).await?;
    let filter = Filter::of(&visit);
    let open: Vec<&Need> = ranked.open.iter().filter(|need| filter.keeps(need)).collect();
    if let Some(format) = visit.query.find("format").and_then(ExportFormat::from_name) {
        return file(&open).respond(format);
    }
    let names = names_of(&visit, &mut tx, &ranked).await?;
    drop(tx);
    let put_off: Vec<&Dismissed> = ranked.dismissed.iter().filter(|past| filter.keeps(&past.need)).collect();
    let is_why = visit.query.is_set("why");
    let why = visit.query.with("why", if is_why { None } else { Some("1") });
    let page = Page::new("Needs you")
        .context(context(&ranked, open.len()))
        .actions(html! {
            (Button::print())
            (Button::link(if is_why { "Hide the order" } else { "Why this order" }, visit.at(&format!("today/needs{why}"))))
        })
        .undo(undo(&visit, &ranked))
        .body(html! {
            (filters(&visit, &ranked, &filter))
            (stack(html! {
                @if is_why { (rules()) }
                (open_panel(&visit, &open, &filter))
                @if !put_off.is_empty() { (put_off_panel(&visit, &put_off, &names)) }
            }))
        });
    visit.show(&page).await
}

fn context(ranked: &Ranked, n_shown: usize) -> String {
    let n_late = ranked.dismissed.len();
    let off = if n_late == 0 { String::new() } else { format!(", {n_late} put off") };
    format!("{n_shown} of {} open{off}, most urgent first", ranked.open.len())
}

/// After a need was put off, the strip that takes it back.
fn undo(visit: &Visit, ranked: &Ranked) -> Option<Undo> {
    let key = visit.query.find("done")?;
    let past = ranked.dismissed.iter().find(|past| past.need.key == key)?;
    visit.may(Permission::TODAY_EDIT).then(|| Undo {
        text: format!("Put off until {}: {}", format::date(past.until, visit.today()), past.need.sentence),
        action: visit.at("today/needs/restore"),
        token: key.to_owned(),
    })
}

fn filters(visit: &Visit, ranked: &Ranked, filter: &Filter<'_>) -> FilterBar {
    let mut classes = vec![("", "All")];
    classes.extend(CLASSES.map(|(word, class)| (word, class.words())));
    let all = || ranked.open.iter().chain(ranked.dismissed.iter().map(|past| &past.need));
    let mut areas: Vec<(&str, String)> = all()
        .map(|need| (need.area, capitalized(need.area)))
        .collect::<BTreeMap<_, _>>()
        .into_iter()
        .collect();
    areas.insert(0, ("", "All".to_owned()));
    let areas: Vec<(&str, &str)> = areas.iter().map(|(key, words)| (*key, words.as_str())).collect();
    let mut sites: BTreeMap<String, String> = BTreeMap::new();
    for site in all().filter_map(|need| visit.tree.find(&need.site)) {
        sites.insert(site.path.to_string(), site.name.clone());
    }
    let mut sites: Vec<(&str, &str)> =
        sites.iter().map(|(path, name)| (path.as_str(), name.as_str())).collect();
    sites.insert(0, ("", "All"));
    let class = visit.query.text("class");
    let mut bar = FilterBar::new(visit.at("today/needs"))
        .select("class", "At stake", &classes, class)
        .select("area", "Area", &areas, filter.area)
        .select("unit", "Site", &sites, filter.below);
    let on = [
        ("class", filter.class.map(|class| class.words().to_owned())),
        ("area", some(filter.area)),
        ("unit", some(filter.below)),
    ];
    for (name, words) in on {
        if let Some(words) = words {
            bar = bar
                .chip(capitalized(&words), visit.at(&format!("today/needs{}", visit.query.with(name, None))));
        }
    }
    if filter.is_on() { bar.clear(visit.at("today/needs")) } else { bar }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

/// The first letter large.
pub(crate) fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn rules() -> Panel {
    Panel::new("Why this order").id("why").prose(html! { ol { @for rule in RANK_RULES { li { (rule) } } } })
}

fn open_panel(visit: &Visit, open: &[&Need], filter: &Filter<'_>) -> Panel {
    let panel = Panel::new("Open").context(format::n_of(to_i64(open.len()), "need", "needs"));
    if open.is_empty() {
        let empty = if filter.is_on() {
            Empty::filtered(visit.at("today/needs"))
        } else {
            Empty::new(
                "Nothing needs you now",
                "Each area lists here what is unsafe, due by law or costs money while it waits.",
            )
            .quiet("Back to the brief", visit.at("today"))
        };
        return panel.body(empty);
    }
    let may = visit.may(Permission::TODAY_EDIT);
    let list = NeedList::new(open.iter().map(|need| shown(visit, need, may)).collect());
    let csv = visit.at(&format!("today/needs{}", visit.query.with("format", Some("csv"))));
    let xlsx = visit.at(&format!("today/needs{}", visit.query.with("format", Some("xlsx"))));
    panel.body(html! {
        (list)
        div.tf { span.dl { (web::Icon::Download) "Figures as " a href=(csv) download { "CSV" } " " a href=(xlsx) download { "XLSX" } } }
    })
}

fn put_off_panel(visit: &Visit, put_off: &[&Dismissed], names: &BTreeMap<String, String>) -> Panel {
    let may = visit.may(Permission::TODAY_EDIT);
    let csrf = visit.who().map_or(String::new(), |who| who.csrf.clone());
    let mut table = Table::new("put-off", "Needs that were put off")
        .column(Column::text("Need").wide())
        .column(Column::text("Why it waits").wide())
        .column(Column::text("Comes back"))
        .column(Column::text("Put off by").not_on_phones())
        .column(Column::text("Action"));
    for past in put_off {
        let by = names.get(&past.dismissed_by).map_or("Someone", String::as_str);
        let when = format::instant(past.dismissed_at, &visit.zone(), visit.now);
        table = table.row(
            Row::default()
                .cell(past.need.sentence.clone())
                .cell(past.reason.clone())
                .cell(format::date(past.until, visit.today()))
                .cell(format!("{by}, {when}"))
                .cell(Cell::of(html! {
                    @if may {
                        form method="post" action=(visit.at("today/needs/restore")) {
                            input type="hidden" name="csrf" value=(csrf);
                            input type="hidden" name="undo" value=(past.need.key);
                            (Button::submit("Take back").small().about(&past.need.sentence))
                        }
                    }
                })),
        );
    }
    Panel::new("Put off").context("Each comes back by itself on its day").body(table)
}

/// The names behind the ids of those who put needs off. One question for all.
async fn names_of(
    visit: &Visit,
    tx: &mut store::Tx,
    ranked: &Ranked,
) -> Result<BTreeMap<String, String>, Fault> {
    let mut names = BTreeMap::new();
    for past in &ranked.dismissed {
        if names.contains_key(&past.dismissed_by) {
            continue;
        }
        let own = &visit.who()?.access.person;
        let name = match past.dismissed_by.parse() {
            Ok(id) if id == own.id => Some(own.name.clone()),
            Ok(id) => people::find_person(tx, id).await?.map(|person| person.name),
            Err(_) => None,
        };
        names.insert(past.dismissed_by.clone(), name.unwrap_or_default());
    }
    Ok(names)
}

fn file(open: &[&Need]) -> Export {
    let columns =
        ["key", "class", "area", "site", "sentence", "why", "due", "due_words", "owner", "state", "href"];
    let mut export = Export::new("needs", &columns);
    for need in open {
        export.rows.push(vec![
            FileCell::from(need.key.as_str()),
            FileCell::from(need.class.words()),
            FileCell::from(need.area),
            FileCell::from(need.site.as_str()),
            FileCell::from(need.sentence.as_str()),
            FileCell::from(need.why.as_str()),
            FileCell::from(need.due.map(|due| due.to_string()).unwrap_or_default()),
            FileCell::from(need.due_words.clone().unwrap_or_default()),
            FileCell::from(need.owner.clone().unwrap_or_default()),
            FileCell::from(need.chip.as_ref().map(|chip| chip.text.clone()).unwrap_or_default()),
            FileCell::from(need.href.as_str()),
        ]);
    }
    export
}

/// `GET /at/{scope}/today/needs/dismiss?key=`.
pub(super) async fn dismiss_page(visit: Visit) -> Answer {
    if visit.query.find("key").is_none() {
        return Ok(visit.go(&visit.at("today/needs")));
    }
    let need = find(&visit, visit.query.text("key")).await?;
    let week = Span::new().try_days(7).and_then(|span| visit.today().checked_add(span));
    let until = week.map_or(String::new(), |day| day.to_string());
    show_form(&visit, &need, "", &until, &Errors::new()).await
}

async fn find(visit: &Visit, key: &str) -> Result<Need, Fault> {
    let ranked = visit.needs(&mut visit.read().await?).await?;
    ranked.open.iter().find(|need| need.key == key).cloned().ok_or(Fault::NotFound)
}

async fn show_form(visit: &Visit, need: &Need, reason: &str, until: &str, errors: &Errors) -> Answer {
    let form = Form::post(visit.at("today/needs/dismiss"), &visit.who()?.csrf)
        .errors(errors)
        .hidden("key", need.key.as_str())
        .field(
            Field::textarea("reason", "Why it can wait", 3)
                .value(reason)
                .hint("Everyone who may see the need reads this. No patient names."),
        )
        .field(Field::date("until", "Comes back on").value(until).hint("1 to 90 days from today"))
        .submit("Put off")
        .cancel(visit.at("today/needs"))
        .draft("need-put-off");
    let about: Markup = html! { p.lead { (need.sentence) } p.sub { (need.why) } (form) };
    let page = Page::new("Put off a need")
        .context("It leaves the list and comes back by itself on the day you choose")
        .errors(errors)
        .body(html! { (Panel::new("").prose(about)) });
    visit.show(&page).await
}

/// `POST /at/{scope}/today/needs/dismiss`.
pub(super) async fn dismiss(visit: Visit) -> Answer {
    let (key, reason, until) = (visit.form.text("key"), visit.form.text("reason"), visit.form.text("until"));
    let need = find(&visit, key).await?;
    let Ok(day) = until.parse::<Date>() else {
        let errors = Errors::of("until", "Choose the day the need comes back, from 1 to 90 days ahead");
        return show_form(&visit, &need, reason, until, &errors).await;
    };
    let today = figures::today(&visit.tree, &need.site, visit.now);
    let (actor, kept, why) = (visit.actor(), need.clone(), reason.to_owned());
    let outcome = visit
        .ctx
        .db
        .write(move |tx| Box::pin(async move { put_off(tx, &actor, &kept, &why, day, today).await }))
        .await;
    let errors = match outcome {
        Ok(()) => {
            visit.ctx.forget();
            let query = area::Form::default().with("done", Some(&need.key));
            return Ok(visit.go(&visit.at(&format!("today/needs{query}"))));
        }
        Err(DismissProblem::Store(error)) => return Err(error.into()),
        Err(DismissProblem::Reason { .. }) => {
            Errors::of("reason", "Say why it can wait, in 5 to 500 characters")
        }
        Err(DismissProblem::Until { first, last, .. }) => {
            let (first, last) = (format::date(first, today), format::date(last, today));
            Errors::of("until", format!("Choose a day from {first} to {last}"))
        }
    };
    show_form(&visit, &need, reason, until, &errors).await
}

/// `POST /at/{scope}/today/needs/restore`.
pub(super) async fn restore(visit: Visit) -> Answer {
    let ranked = visit.needs(&mut visit.read().await?).await?;
    let key = visit.form.text("undo");
    let past = ranked.dismissed.iter().find(|past| past.need.key == key).ok_or(Fault::NotFound)?;
    let (actor, need) = (visit.actor(), past.need.clone());
    let today = figures::today(&visit.tree, &need.site, visit.now);
    visit
        .ctx
        .db
        .write(move |tx| Box::pin(async move { undo_dismissal(tx, &actor, &need, today).await }))
        .await?;
    visit.ctx.forget();
    Ok(visit.go(&visit.at("today/needs")))
}
