//! A figure explained: its value and parts, what is counted, the rows it was made from, and its days.

use super::judge::{self, Judged};
use super::strip;
use area::{Answer, Cell as FileCell, Export, ExportFormat, Fault, Visit};
use base::{Period, SitePath};
use figures::rules::Rules;
use figures::{Ask, Better, Explained, Figure, FigureRow, Reading, Roll, RowsPage, When};
use identity::{Permission, Scope, SiteInfo};
use jiff::civil::{Date, DateTime};
use jiff::{Span, Timestamp};
use store::Tx;
use web::{
    Button, Cell, Column, Empty, FilterBar, Kpi, Markup, Page, Paging, Panel, Row, Status, Table, columns,
    description_list, format, html, kpi_strip, notice, segments,
};

/// Rows of one page.
const PAGE: usize = 50;
/// The longest period a figure is asked for at once.
pub(crate) const DAYS_MAX: i64 = 400;

/// What is asked of the page.
struct Question {
    figure: &'static Figure,
    scope: Scope,
    period: Period,
    as_of: Option<Timestamp>,
}

/// `GET /at/{scope}/explain/{key}?period=&as_of=`.
pub(super) async fn page(visit: Visit) -> Answer {
    let question = question(&visit)?;
    let mut tx = visit.read().await?;
    let rules = Rules::load(&mut tx, &visit.ctx.rules).await?;
    let ask = Ask {
        scope: &question.scope,
        tree: &visit.tree,
        rules: &rules,
        period: question.period,
        as_of: question.as_of,
        now: visit.now,
    };
    let explained = figures::explain(&mut tx, question.figure, &ask, RowsPage::ALL).await?;
    if let Some(format) = visit.query.find("format").and_then(ExportFormat::from_name) {
        return file(&question, &explained).respond(format);
    }
    let target = strip::target_of(question.figure, &ask, question.period.last());
    let judged = days(&mut tx, &question, &ask, target).await?;
    drop(tx);
    let site = visit.site()?;
    let known = question.as_of.map(|at| format!(", as known at {}", format::instant_full(at, &visit.zone())));
    let page = Page::new(question.figure.title)
        .context(format!(
            "{}, {}{}",
            site.name,
            period_words(question.period, visit.today()),
            known.unwrap_or_default()
        ))
        .actions(html! { (Button::print()) (Button::link("Back to the brief", visit.at("today"))) })
        .body(html! {
            (bar(&visit, &question))
            (value(&question, &explained, judged.as_ref(), target))
            (columns(
                html! {
                                        @if let Some(judged) = &judged { (chart_panel(&visit, &question, judged)) }
                    (rows_panel(&visit, &question, &explained))
                },
                html! {
                    (definition_panel(&visit, &question, &explained, &rules, target))
                    (children_panel(&visit, &question, &explained))
                },
            ))
        });
    visit.show(&page).await
}

fn question(visit: &Visit) -> Result<Question, Fault> {
    let figure = visit.ctx.catalogue.get(visit.name("key")).ok_or(Fault::NotFound)?;
    let scope = visit.narrowed(figure.permission).ok_or(Fault::NotFound)?;
    let period = match visit.query.find("period") {
        Some(text) => text.parse().map_err(|bad: base::BadPeriod| Fault::BadRequest(bad.to_string()))?,
        None => strip::usual_period(figure, visit.today()),
    };
    let n_days = period.n_days();
    if n_days > DAYS_MAX {
        let words = format!("the period has {n_days} days; the limit is {DAYS_MAX}. Ask for a year at most.");
        return Err(Fault::BadRequest(words));
    }
    let as_of = match visit.query.find("as_of") {
        Some(text) => Some(instant(visit, text)?),
        None => None,
    };
    Ok(Question { figure, scope, period, as_of })
}

/// An instant in full, or a civil time of the site.
fn instant(visit: &Visit, text: &str) -> Result<Timestamp, Fault> {
    let civil = || {
        let local = text.parse::<DateTime>().ok()?;
        local.to_zoned(visit.zone()).ok().map(|zoned| zoned.timestamp())
    };
    text.parse::<Timestamp>().ok().or_else(civil).ok_or_else(|| {
        Fault::BadRequest(format!(
            "`{}` is not a time; write 2026-11-12T08:00 or 2026-11-12T08:00:00Z",
            text.chars().take(40).collect::<String>()
        ))
    })
}

/// The run of days drawn: the period itself, or the 24 days up to it when it is short.
async fn days(
    tx: &mut Tx,
    question: &Question,
    ask: &Ask<'_>,
    target: Option<f64>,
) -> Result<Option<Judged>, Fault> {
    let Some(series) = question.figure.series else { return Ok(None) };
    let yesterday = figures::today(ask.tree, ask.site(), ask.now).yesterday().unwrap_or(Date::MIN);
    let last = question.period.last().min(yesterday);
    let run = match question.period.up_to(yesterday).filter(|period| period.n_days() >= judge::SPARK_POINTS) {
        Some(period) => period,
        None => strip::run_of_days(last, judge::SPARK_POINTS),
    };
    let points = series(tx, &Ask { period: run, ..*ask }).await?;
    Ok(Some(judge::judge(&points, question.figure.better, target)))
}

/// A period as people say it: `Nov 11`, `November 2026`, `quarter 4 of 2026`.
pub(crate) fn period_words(period: Period, today: Date) -> String {
    let first = period.first();
    match shape(period) {
        Shape::Day => format::weekday_date(first, today),
        Shape::Month => first.strftime("%B %Y").to_string(),
        Shape::Quarter => format!("quarter {} of {}", (first.month() + 2) / 3, first.year()),
        Shape::Year => first.year().to_string(),
        Shape::Other => format!("{} to {}", format::date(first, today), format::date(period.last(), today)),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Day,
    Month,
    Quarter,
    Year,
    Other,
}

fn shape(period: Period) -> Shape {
    let text = period.to_string();
    match text.len() {
        _ if text.contains("..") => Shape::Other,
        10 => Shape::Day,
        4 => Shape::Year,
        7 if text.contains('q') => Shape::Quarter,
        _ => Shape::Month,
    }
}

/// The period of a shape that holds a day.
fn holding(shape: Shape, day: Date) -> Period {
    let text = match shape {
        Shape::Day | Shape::Other => day.to_string(),
        Shape::Month => format!("{:04}-{:02}", day.year(), day.month()),
        Shape::Quarter => format!("{:04}-q{}", day.year(), (day.month() + 2) / 3),
        Shape::Year => format!("{:04}", day.year()),
    };
    text.parse().unwrap_or(Period::day(day))
}

/// The period of the same shape just after.
fn after(period: Period) -> Period {
    match shape(period) {
        Shape::Other => {
            let last = Span::new()
                .try_days(period.n_days() - 1)
                .and_then(|span| period.until().checked_add(span))
                .unwrap_or(period.until());
            Period::days_between(period.until(), last).unwrap_or(period)
        }
        shape => holding(shape, period.until()),
    }
}

fn bar(visit: &Visit, question: &Question) -> FilterBar {
    let here = |period: Period| {
        let query = visit.query.with("period", Some(&period.to_string()));
        format!("{}{}", visit.path, area::Form::parse(query.trim_start_matches('?')).with("page", None))
    };
    let period = question.period;
    let anchor = period.last().min(visit.today());
    let shapes =
        [(Shape::Day, "Day"), (Shape::Month, "Month"), (Shape::Quarter, "Quarter"), (Shape::Year, "Year")];
    let hrefs = shapes.map(|(shape, words)| (words, here(holding(shape, anchor)), shape));
    let links: Vec<(&str, &str, bool)> =
        hrefs.iter().map(|(words, href, of)| (*words, href.as_str(), shape(period) == *of)).collect();
    let known = question.as_of.map(|at| visit.zone().to_datetime(at).strftime("%Y-%m-%dT%H:%M").to_string());
    let next = after(period);
    let mut bar = FilterBar::new(visit.path.clone())
        .part(Button::link("Before", here(period.before())).icon(web::Icon::Left))
        .part(segments("Length of the period", &links))
        .part(html! { @if next.first() <= visit.today() { (Button::link("After", here(next)).icon(web::Icon::Right)) } })
        .part(html! {
            label.fld { span { "Period" } input type="text" name="period" value=(period) autocomplete="off" data-filter; }
            label.fld { span { "As known at" } input type="datetime-local" name="as_of" value=[known]; }
        });
    if let Some(at) = question.as_of {
        let without = format!("{}{}", visit.path, visit.query.with("as_of", None));
        bar = bar.chip(format!("As known at {}", format::instant_full(at, &visit.zone())), without);
    }
    bar
}

fn value(question: &Question, explained: &Explained, judged: Option<&Judged>, target: Option<f64>) -> Markup {
    let (value, unit) = judge::value_text(question.figure, explained.reading.value);
    let target = target.map(|target| super::needs::capitalized(&judge::target_text(question.figure, target)));
    let parts = parts(question.figure, &explained.reading);
    let caption: Vec<String> = parts.into_iter().chain(target).collect();
    let mut kpi = Kpi::new("Value", value, "#rows-panel").unit(unit).caption(caption.join(". "));
    if let Some(pair) = judged.and_then(|judged| judged.pair) {
        kpi = kpi.pair(pair);
    }
    html! {
        (kpi_strip("Value", &[kpi]))
        @if !is_same(&explained.reading, &explained.from_rows) {
            (notice(Status::Breach, "The rows below do not make this value. Tell your administrator; the stored sums need to be rebuilt."))
        }
    }
}

/// The parts in words: `231 service days over 254 staffed bed-days`.
fn parts(figure: &Figure, reading: &Reading) -> Option<String> {
    let above = reading.numerator.map(|n| format!("{} {}", format::count(n), figure.numerator));
    match (above, reading.denominator, figure.denominator, figure.roll) {
        (Some(above), Some(n), Some(words), _) => Some(format!("{above} over {} {words}", format::count(n))),
        (Some(above), ..) => Some(above),
        (None, Some(n), _, Roll::Median) => Some(format!("The middle of {} rows", format::count(n))),
        (None, ..) => None,
    }
}

fn is_same(a: &Reading, b: &Reading) -> bool {
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0);
    match (a.value, b.value) {
        (None, None) => true,
        (Some(a), Some(b)) => close(a, b),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn chart_panel(visit: &Visit, question: &Question, judged: &Judged) -> Panel {
    let panel = Panel::new("By day").context("Complete days, with the limits of ordinary variation");
    if judged.has_values() {
        panel.prose(judged.chart(question.figure, visit.today()))
    } else {
        panel.body(Empty::new(
            "No days to draw yet",
            "Each complete day becomes a point; limits are drawn from two days on.",
        ))
    }
}

fn definition_panel(
    visit: &Visit,
    question: &Question,
    explained: &Explained,
    rules: &Rules,
    target: Option<f64>,
) -> Panel {
    let figure = question.figure;
    let mut facts: Vec<(&str, Markup)> = vec![
        ("What is counted", html! { (figure.definition) }),
        ("Above the line", html! { (super::needs::capitalized(figure.numerator)) }),
    ];
    facts.extend(
        figure.denominator.map(|words| ("Below the line", html! { (super::needs::capitalized(words)) })),
    );
    facts.push(("How rows make it", html! { (roll_words(figure.roll)) }));
    facts.push(("Source", html! { (figure.source) }));
    facts.push((
        "Better",
        html! { (match figure.better {
            Better::Higher => "Higher is better",
            Better::Lower => "Lower is better",
            Better::Neither => "Neither: a change is only a change",
        }) },
    ));
    let site = question.scope.path();
    if let Some(rule) = figure.target_rule.and_then(|key| rules.value(key, site, question.period.last())) {
        let words = target.map_or(rule.value.to_string(), |target| judge::target_text(figure, target));
        facts.push((
            "Target",
            html! {
                (super::needs::capitalized(&words)) br;
                @if visit.holds(Permission::ADMIN_VIEW) {
                    a href=(format!("/admin/rules/{}", rule.key)) { (rule.name(rules.registry())) }
                } @else { (rule.name(rules.registry())) }
            },
        ));
    }
    let age = explained.reading.fresh_at.map_or("Nothing has arrived yet".to_owned(), |at| {
        format!(
            "Newest data arrived {} ({})",
            format::age(at, visit.now),
            format::instant(at, &visit.zone(), visit.now)
        )
    });
    facts.push(("Age", html! { (age) }));
    facts.push(("For programs", html! {
        a href=(format!("/api/v1/figures/{}/explain?site={site}&period={}", figure.key, question.period)) { "The same as JSON" }
    }));
    Panel::new("Definition").prose(description_list(facts))
}

fn roll_words(roll: Roll) -> String {
    match roll {
        Roll::Sum => "The sum of the rows".to_owned(),
        Roll::Ratio { factor: 100 } => {
            "The summed upper parts over the summed lower parts, in percent".to_owned()
        }
        Roll::Ratio { .. } => "The summed upper parts over the summed lower parts".to_owned(),
        Roll::Over { .. } => "The summed upper parts over one lower part that all rows share".to_owned(),
        Roll::Median => "The middle of the rows".to_owned(),
        Roll::Max => "The largest of the rows".to_owned(),
        Roll::Formula { words, .. } => words.to_owned(),
    }
}

fn children_panel(visit: &Visit, question: &Question, explained: &Explained) -> Markup {
    let site = question.scope.site_id();
    let day = question.period.last();
    let children: Vec<&SiteInfo> =
        visit.tree.children(&site).into_iter().filter(|child| child.is_open(day)).collect();
    if children.is_empty() {
        return Markup::default();
    }
    let href = |child: &SiteInfo| {
        let query = visit.query.with("page", None);
        format!("/at/{}/explain/{}{query}", child.path, question.figure.key)
    };
    if !question.figure.is_additive {
        return html! { (Panel::new("Parts of the house").context("Not a sum").prose(html! {
            p { (question.figure.why_not) }
            ul { @for child in &children { li { a href=(href(child)) { (child.name) } } } }
        })) };
    }
    let mut table = Table::new("children", "What the parts of the house add")
        .column(Column::text("Site"))
        .column(Column::number(super::needs::capitalized(question.figure.numerator)))
        .column(Column::number("Value"));
    for child in &children {
        let reading = reading_of(question.figure, &explained.rows, &child.path);
        if reading.value.is_none() && reading.numerator.is_none_or(|n| n == 0) {
            // Nothing of it is in the value above.
            continue;
        }
        table = table.row(
            Row::default()
                .cell(Cell::link(&child.name, href(child)))
                .cell(reading.numerator.map_or(String::new(), format::count))
                .cell(judge::value_with_unit(question.figure, reading.value)),
        );
    }
    let all = &explained.from_rows;
    let table = table.total(
        Row::default()
            .cell("Together")
            .cell(all.numerator.map_or(String::new(), format::count))
            .cell(judge::value_with_unit(question.figure, all.value)),
    );
    html! { (Panel::new("Parts of the house").context("They make the value above").body(table)) }
}

/// What the rows of one part of the house make.
fn reading_of(figure: &Figure, rows: &[FigureRow], site: &SitePath) -> Reading {
    let own: Vec<FigureRow> = rows.iter().filter(|row| site.covers(&row.site)).cloned().collect();
    Reading::from_rows(figure.roll, &own)
}

fn rows_panel(visit: &Visit, question: &Question, explained: &Explained) -> Panel {
    let n_rows = explained.rows.len();
    let page = visit.query.find("page").and_then(|page| page.parse::<usize>().ok()).unwrap_or(1).max(1);
    let offset = (page - 1).saturating_mul(PAGE);
    let has = Has {
        below: explained.rows.iter().any(|row| row.denominator.is_some()),
        note: explained.rows.iter().any(|row| row.note.is_some()),
    };
    let mut table = Table::new("rows", "The rows the figure was made from")
        .column(Column::text("Row"))
        .column(Column::text("Where").not_on_phones())
        .column(Column::text("When"))
        .column(Column::number(super::needs::capitalized(question.figure.numerator)));
    if has.below {
        let words = question.figure.denominator.unwrap_or("below the line");
        table = table.column(Column::number(super::needs::capitalized(words)));
    }
    if has.note {
        table = table.column(Column::text("Note").wide().only_wide_screens());
    }
    for row in explained.rows.iter().skip(offset).take(PAGE) {
        table = table.row(line(visit, row, has));
    }
    let here = |page: usize| format!("{}{}", visit.path, visit.query.with("page", Some(&page.to_string())));
    let to = |format: &str| format!("{}{}", visit.path, visit.query.with("format", Some(format)));
    let shown = n_rows.saturating_sub(offset).min(PAGE);
    let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let table = table
        .paging(Paging {
            first: number(if shown == 0 { 0 } else { offset + 1 }),
            last: number(offset + shown),
            total: number(n_rows),
            previous_href: (page > 1).then(|| here(page - 1)),
            next_href: (offset + shown < n_rows).then(|| here(page + 1)),
        })
        .downloads(to("csv"), to("xlsx"))
        .empty(Empty::new(
            "No rows in this period",
            "The value was made from nothing: no stay, day or bed of this site counts in the period.",
        ));
    Panel::new("Rows")
        .id("rows-panel")
        .context(format::n_of(super::brief::to_i64(n_rows), "row", "rows"))
        .body(table)
}

/// Which columns the rows of a figure fill.
#[derive(Debug, Clone, Copy)]
struct Has {
    below: bool,
    note: bool,
}

fn line(visit: &Visit, row: &FigureRow, has: Has) -> Row {
    let site = visit.tree.find(&row.site).map_or_else(|| row.site.to_string(), |site| site.name.clone());
    let when = match row.at {
        Some(When::At(at)) => format::instant(at, &visit.zone(), visit.now),
        Some(When::On(day)) => format::date(day, visit.today()),
        None => String::new(),
    };
    let name = match &row.href {
        Some(href) => Cell::link(&row.label, href),
        None => Cell::from(row.label.as_str()),
    };
    let mut line = Row::default().cell(name).cell(site).cell(when).cell(row.numerator);
    if has.below {
        line = line.cell(row.denominator.map_or(String::new(), format::count));
    }
    if has.note { line.cell(Cell::dim(row.note.as_deref().unwrap_or_default())) } else { line }
}

fn file(question: &Question, explained: &Explained) -> Export {
    let name = format!("{}-{}-{}", question.figure.key, question.scope.path(), question.period);
    let mut export = Export::new(name, &["site", "row", "when", "numerator", "denominator", "note"]);
    for row in &explained.rows {
        export.rows.push(vec![
            FileCell::from(row.site.as_str()),
            FileCell::from(row.label.as_str()),
            FileCell::from(row.at.map(|at| at.to_string()).unwrap_or_default()),
            FileCell::from(row.numerator),
            FileCell::from(row.denominator),
            FileCell::from(row.note.clone().unwrap_or_default()),
        ]);
    }
    export
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> String {
        let period: Period = text.parse().unwrap();
        let today = jiff::civil::date(2026, 11, 12);
        format!("{}; before {}; after {}", period_words(period, today), period.before(), after(period))
    }

    #[test]
    fn every_length_of_period_has_neighbors() {
        assert_eq!(check("2026-11-11"), "Wed Nov 11; before 2026-11-10; after 2026-11-12");
        assert_eq!(check("2026-10"), "October 2026; before 2026-09; after 2026-11");
        assert_eq!(check("2026-q4"), "quarter 4 of 2026; before 2026-q3; after 2027-q1");
        assert_eq!(check("2026"), "2026; before 2025; after 2027");
        assert_eq!(
            check("2026-11-02..2026-11-08"),
            "Nov 2 to Nov 8; before 2026-10-26..2026-11-01; after 2026-11-09..2026-11-15"
        );
    }

    #[test]
    fn a_day_is_held_by_its_month_quarter_and_year() {
        let day = jiff::civil::date(2026, 5, 31);
        let held = [Shape::Day, Shape::Month, Shape::Quarter, Shape::Year]
            .map(|shape| holding(shape, day).to_string());
        assert_eq!(held, ["2026-05-31", "2026-05", "2026-q2", "2026"]);
    }
}
