//! The morning brief: figures, what needs you, beds by unit, yesterday, dates.

use super::store::{FeedAge, Filling, Note};
use super::units::{self, House, Standing};
use super::{ages, needs, start, store, strip};
use area::{Answer, Cell as FileCell, Export, ExportFormat, Fault, Visit};
use base::Minutes;
use census::day::SiteDay;
use figures::needs::{Need, Ranked};
use figures::rules::Rules;
use identity::{Permission, SiteInfo, SiteKind};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use web::{
    Agenda, AgendaLine, BedTile, Button, Cell, Column, Empty, Markup, NeedList, Page, Panel, Row, Status,
    Table, bed_tiles, chip, columns, format, html, kpi_strip, notice, stack, unit_bar,
};

/// Needs shown before the rest moves to its own page.
const NEEDS_SHOWN: usize = 5;
/// Lines of a panel at the right.
const LINES_MAX: usize = 6;
/// How far ahead dates are shown.
const AHEAD: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How long finished work stays in sight.
const FINISHED_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Without the rule, a feed is late after this.
const STALE_DEFAULT: Minutes = Minutes(15);

/// What the brief is made of.
struct Brief {
    tiles: Vec<strip::Tile>,
    ranked: Arc<Ranked>,
    feeds: Vec<FeedAge>,
    stale_after: Minutes,
    house: House,
    beds: Vec<census::beds::store::BedRow>,
    yesterday: Option<SiteDay>,
    notes: Vec<Note>,
    finished: Vec<jobs::Job>,
    filling: Option<Filling>,
    start: Option<[start::Step; 4]>,
}

/// `GET /at/{scope}/today`.
pub(super) async fn page(visit: Visit) -> Answer {
    let brief = load(&visit).await?;
    let site = visit.site()?;
    if let Some(format) = visit.query.find("format").and_then(ExportFormat::from_name) {
        return beds_file(&visit, site, &brief.house).respond(format);
    }
    let local = visit.zone().to_datetime(visit.now);
    let mut page = Page::new("Morning brief").context(format!(
        "{} at {}",
        format::long_date(local.date()),
        format::time(local.time())
    ));
    page.fresh.extend(ages::freshness(&brief.feeds, brief.stale_after, visit.now));
    let huddle = visit.at(&format!("today/huddle/{}", visit.today()));
    let page = page
        .actions(html! { (Button::print()) (Button::link("Start huddle", huddle)) })
        .body(if is_bare(&brief) { nothing_yet(&visit, &brief) } else { body(&visit, site, &brief) });
    visit.show(&page).await
}

async fn load(visit: &Visit) -> Result<Brief, Fault> {
    let site = visit.site()?;
    let mut tx = visit.read().await?;
    let rules = Rules::load(&mut tx, &visit.ctx.rules).await?;
    let tiles = strip::load(visit, &mut tx, &rules).await?;
    let ranked = visit.needs(&mut tx).await?;
    let feeds = store::list_feed_ages(&mut tx, site.id).await?;
    let house = units::load(&mut tx, &visit.tree, site, visit.now).await?;
    let census = visit.narrowed(Permission::CENSUS_VIEW);
    let beds = match (&census, site.kind) {
        (Some(scope), SiteKind::Unit) => census::beds::store::list(&mut tx, scope).await?,
        (Some(_) | None, _) => Vec::new(),
    };
    let day = visit.today().yesterday().unwrap_or(visit.today());
    let yesterday = match &census {
        Some(scope) => Some(census::day::report(&mut tx, scope, &visit.tree, day, None).await?.total()),
        None => None,
    };
    let (midnight, _) = base::Period::day(visit.today()).instants(&visit.zone());
    let notes = store::list_notes(&mut tx, site.id, visit.today(), midnight).await?;
    let by = visit.who()?.access.person_id().to_string();
    let since = visit.now.saturating_sub(FINISHED_FOR).unwrap_or(visit.now);
    let finished =
        visit.ctx.jobs.list(&mut tx, visit.scope()?, Some(jobs::JobState::Done), 0, 20).await?.jobs;
    let finished = finished
        .into_iter()
        .filter(|job| job.asked_by == by && job.finished_at.is_some_and(|at| at >= since))
        .collect();
    let filling = if visit.ctx.is_demo { store::find_filling(&mut tx).await? } else { None };
    let start = start::load(visit, &mut tx).await?;
    let stale_after = rules.minutes("feed.stale_after", &site.path, visit.today()).unwrap_or(STALE_DEFAULT);
    Ok(Brief { tiles, ranked, feeds, stale_after, house, beds, yesterday, notes, finished, filling, start })
}

/// Whether nothing has ever arrived here.
fn is_bare(brief: &Brief) -> bool {
    brief.feeds.is_empty()
        && brief.house.units.values().all(|unit| unit.in_use == 0)
        && brief.ranked.open.is_empty()
}

fn nothing_yet(visit: &Visit, brief: &Brief) -> Markup {
    let text = "Once the bed feed sends its first message, or a file of stays is imported, this page shows how \
                full the house is, who waits for a bed, what leaves today, and what needs you first.";
    let empty = Empty::new("No patients yet", text);
    // Where the list of first steps stands, its next one has the button.
    let empty = match &brief.start {
        Some(_) => empty,
        None => visit.filled_by(empty, "Connect the bed feed", "/admin/feeds", Permission::FEEDS_VIEW),
    };
    let may_import = visit.holds(Permission::ADMIN_VIEW);
    let empty = if may_import { empty.quiet("Import a file of stays", "/admin/imports") } else { empty };
    stack(html! {
        @if let Some(steps) = &brief.start { (start::panel(steps)) }
        (Panel::default().body(empty))
    })
}

fn body(visit: &Visit, site: &SiteInfo, brief: &Brief) -> Markup {
    let tiles: Vec<web::Kpi> = brief.tiles.iter().map(|tile| tile.kpi(visit)).collect();
    let aside: Vec<Markup> = [
        day_panel(visit, &brief.notes),
        yesterday_panel(visit, brief.yesterday.as_ref()),
        leaving_panel(visit, site, &brief.house),
        due_panel(visit, &brief.ranked.open),
        finished_panel(visit, &brief.finished),
    ]
    .into_iter()
    .flatten()
    .collect();
    let main = html! { (needs_panel(visit, &brief.ranked)) (beds_panel(visit, site, brief)) };
    html! {
        @if let Some(filling) = &brief.filling { (filling_notice(filling)) }
        @if let Some(steps) = &brief.start { (start::panel(steps)) }
        @if !tiles.is_empty() { (kpi_strip("Figures of the brief", &tiles)) }
        @if aside.is_empty() { (stack(main)) } @else {
            (columns(main, html! { @for panel in &aside { (panel) } }))
        }
    }
}

fn filling_notice(filling: &Filling) -> Markup {
    let part = match filling.note.as_str() {
        "" => String::new(),
        note => format!(", {note}"),
    };
    let progress = match filling.n_total {
        0 => String::new(),
        total => format!(": {} of {} messages", format::count(filling.n_done), format::count(total)),
    };
    notice(
        Status::Due,
        html! { (filling.title) (part) (progress) ". Figures of days that are not in yet are missing or too low." },
    )
}

fn needs_panel(visit: &Visit, ranked: &Ranked) -> Panel {
    let n_all = ranked.open.len();
    let shown: Vec<web::Need> =
        ranked.open.iter().take(NEEDS_SHOWN).map(|need| needs::shown(visit, need, false)).collect();
    let panel = Panel::new("Needs you").id("needs").stream("needs");
    if shown.is_empty() {
        let text = "What is unsafe, what the law sets a clock on and what costs money is listed here, each with \
                    the button that starts the fix.";
        let empty = Empty::new("Nothing needs you now", text);
        let empty = match ranked.dismissed.len() {
            0 => empty,
            n => empty.quiet(
                format!("{} put off", format::n_of(to_i64(n), "need", "needs")),
                visit.at("today/needs"),
            ),
        };
        return panel.body(empty);
    }
    let context = match shown.len() {
        n if n == n_all => format!("{n}, most urgent first"),
        n => format!("{n} of {n_all}, most urgent first"),
    };
    panel.context(context).link(format!("All {n_all}"), visit.at("today/needs")).body(NeedList::new(shown))
}

fn beds_panel(visit: &Visit, site: &SiteInfo, brief: &Brief) -> Panel {
    let lines = units::lines(&visit.tree, site, &brief.house, visit.now);
    let title = match (site.kind, site.facility_id) {
        (SiteKind::Unit, _) => "Beds",
        (SiteKind::Enterprise | SiteKind::Facility | SiteKind::Department, Some(_)) => "Beds by unit",
        (SiteKind::Enterprise | SiteKind::Facility | SiteKind::Department, None) => "Beds by facility",
    };
    let all: Vec<&SiteInfo> = lines.iter().flat_map(|(_, units)| units.iter().copied()).collect();
    let sum = brief.house.sum(&all);
    let mut panel = Panel::new(title).id("beds").stream("census").context(bed_words(sum));
    if visit.may(Permission::CENSUS_VIEW) {
        panel = panel.link("Flow board", visit.at("census/flow"));
    }
    if site.kind == SiteKind::Unit && !brief.beds.is_empty() {
        return panel.prose(tiles(visit, site, brief));
    }
    panel.body(beds_table(visit, &lines, &brief.house, sum))
}

fn bed_words(sum: Standing) -> String {
    let blocked = match sum.blocked {
        0 => String::new(),
        n => format!(", {} blocked", format::count(n)),
    };
    format!("{}{blocked}", format::n_of(sum.beds, "staffed bed", "staffed beds"))
}

fn beds_table(visit: &Visit, lines: &[(&SiteInfo, Vec<&SiteInfo>)], house: &House, sum: Standing) -> Table {
    let mut table = Table::new("beds-table", "Beds by unit")
        .column(Column::text(if visit.site().is_ok_and(|site| site.facility_id.is_some()) {
            "Unit"
        } else {
            "Facility"
        }))
        .column(Column::text("In use, leaving today"))
        .column(Column::number("Beds"))
        .column(Column::number("Coming").not_on_phones())
        .column(Column::number("Leaving").not_on_phones())
        .column(Column::number("Free tonight"))
        .empty(
            Empty::new("No units with beds", "Units appear here once they have staffed beds or patients.")
                .quiet("Sites and units", "/admin/sites"),
        );
    for (site, units) in lines {
        let href = format!("/at/{}/today", site.path);
        table = table.row(standing_row(Cell::link(&site.name, href), house.sum(units)));
    }
    if lines.len() > 1 {
        table = table.total(standing_row(Cell::from("All"), sum));
    }
    table.downloads(visit.at("today?format=csv"), visit.at("today?format=xlsx"))
}

fn beds_file(visit: &Visit, site: &SiteInfo, house: &House) -> Export {
    let columns = ["site", "name", "in_use", "staffed_beds", "blocked", "coming", "leaving", "free_tonight"];
    let mut export = Export::new(format!("beds-{}-{}", site.path, visit.today()), &columns);
    for (site, units) in units::lines(&visit.tree, site, house, visit.now) {
        let at = house.sum(&units);
        let numbers = [at.in_use, at.beds, at.blocked, at.coming, at.leaving, at.free_tonight()];
        let names = [FileCell::from(site.path.as_str()), FileCell::from(site.name.as_str())];
        export.rows.push(names.into_iter().chain(numbers.map(FileCell::from)).collect());
    }
    export
}

fn standing_row(name: Cell, at: Standing) -> Row {
    let small = |n: i64| u32::try_from(n).unwrap_or(0);
    let blocked = (at.blocked > 0).then(|| format!("{} blocked", at.blocked));
    Row::default()
        .cell(name)
        .cell(Cell::of(html! {
            (unit_bar(small(at.in_use), small(at.leaving), small(at.beds)))
            @if let Some(words) = blocked { " " small.dim { (words) } }
        }))
        .cell(Cell::of(html! { (format::count(at.in_use)) span.dim { " / " (format::count(at.beds)) } }))
        .cell(at.coming)
        .cell(at.leaving)
        .cell(Cell::of(html! {
            @if at.free_tonight() < 0 { (chip(Status::Due, format::signed(at.free_tonight()))) }
            @else { (format::signed(at.free_tonight())) }
        }))
}

/// The beds of one unit as tiles; a bed says what it does and since when, never who is in it.
fn tiles(visit: &Visit, site: &SiteInfo, brief: &Brief) -> Markup {
    let is_leaving = |code: &str| {
        let of_bed = |moving: &&units::Move| moving.stay.unit == Some(site.id) && moving.stay.bed == code;
        brief.house.moves.iter().filter(|moving| moving.is_leaving).any(|moving| of_bed(&moving))
    };
    let tiles: Vec<BedTile> =
        brief.beds.iter().map(|bed| bed_tile(visit, bed, is_leaving(&bed.code))).collect();
    bed_tiles(&format!("Beds of {}", site.name), &tiles)
}

/// One bed as a tile.
pub(super) fn bed_tile(visit: &Visit, bed: &census::beds::store::BedRow, is_leaving: bool) -> BedTile {
    use census::beds::rules::BedState as Is;
    let state = match bed.state {
        Is::Available if !bed.is_set_up => web::BedState::Closed,
        Is::Available => web::BedState::Free,
        Is::Assigned => web::BedState::Reserved,
        Is::Occupied if is_leaving => web::BedState::Leaving,
        Is::Occupied => web::BedState::InUse,
        Is::Dirty => web::BedState::Dirty,
        Is::Cleaning => web::BedState::Cleaning,
        Is::Blocked => web::BedState::Blocked,
        Is::Closed => web::BedState::Closed,
    };
    let since = Timestamp::from_microsecond(bed.since).ok().filter(|_| bed.since > 0);
    let since = since.map(|at| {
        let local = visit.zone().to_datetime(at);
        // A tile has room for a time or a day.
        match local.date() == visit.today() {
            true => format!("since {}", format::time(local.time())),
            false => format!("since {}", format::date(local.date(), visit.today())),
        }
    });
    let note = match bed.state {
        Is::Blocked | Is::Closed if !bed.reason.is_empty() => bed.reason.clone(),
        Is::Available if !bed.is_set_up => "not set up".to_owned(),
        Is::Available | Is::Closed => String::new(),
        Is::Assigned | Is::Occupied | Is::Dirty | Is::Cleaning | Is::Blocked => since.unwrap_or_default(),
    };
    let unit = visit.tree.get(&bed.unit).filter(|_| visit.may(Permission::CENSUS_VIEW));
    let href = unit.map(|unit| format!("/at/{}/census/beds/{}", unit.path, bed.id));
    BedTile { bed: bed.code.clone(), state, note, href }
}

fn day_panel(visit: &Visit, notes: &[Note]) -> Option<Markup> {
    let today = visit.today();
    let open: Vec<&Note> = notes.iter().filter(|note| note.is_open()).collect();
    if open.is_empty() {
        return None;
    }
    let huddle = visit.at(&format!("today/huddle/{today}"));
    let lines = open.iter().take(LINES_MAX).map(|note| {
        let is_late = note.due.is_some_and(|due| due < today);
        let when = note.due.map_or("Open".to_owned(), |due| needs::day_text(due, today));
        AgendaLine {
            when,
            title: note.text.clone(),
            note: note.owner.clone(),
            href: Some(huddle.clone()),
            end: if is_late { chip(Status::Breach, "Late") } else { Markup::default() },
        }
    });
    let panel = Panel::new("Your day")
        .context(format::n_of(to_i64(open.len()), "open action", "open actions"))
        .link("Huddle", huddle.clone())
        .body(Agenda { lines: lines.collect() });
    Some(html! { (panel) })
}

fn yesterday_panel(visit: &Visit, day: Option<&SiteDay>) -> Option<Markup> {
    let day = day?;
    let date = visit.today().yesterday().ok()?;
    let all = [
        ("midnight_census", "Inside at midnight", day.midnight_census),
        ("admissions", "Admissions", day.admissions),
        ("discharges", "Discharges", day.discharges),
        ("deaths", "Deaths", day.deaths),
        ("transfers_in", "Moved in from other units", day.transfers_in),
        ("transfers_out", "Moved out to other units", day.transfers_out),
    ];
    let mut table = Table::new("yesterday", "What moved yesterday")
        .column(Column::text("Figure"))
        .column(Column::number("Yesterday"))
        .plain();
    for (key, words, n) in all {
        let is_of_interest = n > 0 || matches!(key, "midnight_census" | "admissions" | "discharges");
        if !is_of_interest {
            continue;
        }
        // Without its figure in the catalogue the number has no rows to lead to, so it is not shown.
        if visit.ctx.catalogue.get(key).is_some() {
            let href = visit.at(&format!("explain/{key}?period={date}"));
            table = table.row(Row::default().cell(words).cell(Cell::link(format::count(n), href)));
        }
    }
    let mut panel =
        Panel::new("Yesterday").context(format!("{}, inpatients", format::weekday_date(date, visit.today())));
    if visit.may(Permission::CENSUS_VIEW) {
        panel = panel.link("The day", visit.at(&format!("census/day/{date}")));
    }
    Some(html! { (panel.body(table)) })
}

/// Who is expected to leave today, the nearest time first; what is past its time leads.
fn leaving_panel(visit: &Visit, site: &SiteInfo, house: &House) -> Option<Markup> {
    let is_here = |moving: &&units::Move| {
        moving
            .stay
            .unit
            .and_then(|unit| visit.tree.get(&unit))
            .is_some_and(|unit| site.path.covers(&unit.path))
    };
    let mut leaving: Vec<(Timestamp, &units::Move)> = house
        .moves
        .iter()
        .filter(|moving| moving.is_leaving && moving.to.is_none())
        .filter(is_here)
        .filter_map(|moving| Some((moving.stay.leaving_at?, moving)))
        .collect();
    if leaving.is_empty() {
        return None;
    }
    leaving.sort_by(|a, b| (a.0, &a.1.stay.bed).cmp(&(b.0, &b.1.stay.bed)));
    let lines = leaving.iter().take(LINES_MAX).map(|(at, moving)| {
        let unit = moving.stay.unit.and_then(|unit| visit.tree.get(&unit));
        AgendaLine {
            when: format::instant(*at, &visit.zone(), visit.now),
            title: match moving.stay.bed.as_str() {
                "" => "No bed told".to_owned(),
                bed => format!("Bed {bed}"),
            },
            note: unit.map_or(String::new(), |unit| unit.name.clone()),
            href: unit
                .filter(|_| visit.may(Permission::CENSUS_VIEW))
                .map(|unit| format!("/at/{}/census/flow", unit.path)),
            end: if *at < visit.now { chip(Status::Due, "Past its time") } else { Markup::default() },
        }
    });
    let context = match leaving.len() {
        n if n > LINES_MAX => format!("{LINES_MAX} of {n} expected"),
        n => format!("{n} expected"),
    };
    let panel = Panel::new("Leaving today").context(context).body(Agenda { lines: lines.collect() });
    Some(html! { (panel) })
}

fn due_panel(visit: &Visit, open: &[Need]) -> Option<Markup> {
    let until = visit.now.saturating_add(AHEAD).unwrap_or(visit.now);
    let tonight = units::end_of_day(&visit.zone(), visit.now);
    let mut ahead: Vec<(Timestamp, &Need)> = open
        .iter()
        .filter_map(|need| Some((need.due?, need)))
        .filter(|(due, _)| *due >= tonight && *due < until)
        .collect();
    if ahead.is_empty() {
        return None;
    }
    ahead.sort_by(|a, b| (a.0, &a.1.key).cmp(&(b.0, &b.1.key)));
    let today = visit.today();
    let lines = ahead.iter().take(LINES_MAX).map(|(due, need)| {
        let day = visit.zone().to_datetime(*due).date();
        let n_days = today.until(day).map_or(0, |span| i64::from(span.get_days()));
        let status = if n_days <= 4 { Status::Due } else { Status::Plain };
        AgendaLine {
            when: needs::day_text(day, today),
            title: need.sentence.clone(),
            note: visit.tree.find(&need.site).map_or(String::new(), |site| site.name.clone()),
            href: Some(need.href.clone()),
            end: chip(status, format::n_of(n_days, "day", "days")),
        }
    });
    let panel = Panel::new("Due in 14 days")
        .link("All needs", visit.at("today/needs"))
        .body(Agenda { lines: lines.collect() });
    Some(html! { (panel) })
}

fn finished_panel(visit: &Visit, finished: &[jobs::Job]) -> Option<Markup> {
    if finished.is_empty() {
        return None;
    }
    let lines = finished.iter().take(LINES_MAX).map(|job| AgendaLine {
        when: job.finished_at.map_or(String::new(), |at| format::instant(at, &visit.zone(), visit.now)),
        title: job.title.clone(),
        note: job.result.chars().take(120).collect(),
        href: Some(format!("/admin/jobs/{}", job.id)),
        end: chip(Status::Done, "Done"),
    });
    let panel =
        Panel::new("Finished work").context("Yours, last 24 hours").body(Agenda { lines: lines.collect() });
    Some(html! { (panel) })
}

/// A count of what is in memory.
pub(super) fn to_i64(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
