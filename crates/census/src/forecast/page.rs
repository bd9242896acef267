//! The forecast's page: the stored runs of a site and a line for each unit.
//! Cost: three statements; the runs of 60 sites are about 1 MB of text.

use super::job::KIND;
use super::store::list;
use super::{Made, Outcome, Point, Run, Series};
use crate::tabs::{Tab, tabs};
use crate::words;
use area::{Answer, Cell as Value, Export, ExportFormat, Fault, Visit};
use base::Id;
use identity::sites::{Beds, beds_on};
use identity::{Permission, Site, SiteInfo, SiteKind};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use jobs::JobAsk;
use std::collections::{BTreeMap, HashMap};
use web::chart::{LineChart, SeriesKind, Size};
use web::{
    Button, Cell, Column, Empty, Freshness, Markup, Page, Panel, Row, Status, Table, format, html, notice,
};

/// A forecast older than this is stale: the nightly run was missed.
const STALE_HOURS: i64 = 30;

pub(crate) type Runs = HashMap<(Id<Site>, Series), (Timestamp, Run)>;

/// `GET …/census/forecast`.
pub async fn forecast(visit: Visit) -> Answer {
    let scope = visit.scope()?;
    let mut tx = visit.read().await?;
    let runs = list(&mut tx, scope).await?;
    let units: Vec<Id<Site>> = visit.tree.units_below(&scope.site_id()).iter().map(|unit| unit.id).collect();
    let beds = beds_on(&mut tx, &units, visit.today()).await?;
    drop(tx);
    if let Some(format) = ExportFormat::from_name(visit.query.text("format")) {
        return export(&visit, &runs).respond(format);
    }
    let site = visit.site()?;
    let page = Page::new("Forecast")
        .context(format!("{}. The interval holds 8 of 10 values.", site.name))
        .fresh(freshness(&visit, &runs, site))
        .actions(actions(&visit)?)
        .body(html! { (tabs(&visit, Tab::Forecast)) (body(&visit, site, &runs, &beds)?) });
    visit.show(&page).await
}

/// `POST …/census/forecast/run`.
pub async fn ask(visit: Visit) -> Answer {
    let site = visit.site()?.path.clone();
    let by = visit.who()?.access.person_id().to_string();
    let jobs = visit.ctx.jobs.clone();
    let ask = JobAsk {
        kind: KIND,
        site,
        title: String::new(),
        arguments: serde_json::json!({}),
        by,
        run_after: None,
    };
    let id = visit
        .ctx
        .db
        .write::<_, Fault, _>(move |tx| Box::pin(async move { Ok(jobs.ask(tx, ask).await?) }))
        .await?;
    Ok(visit.go(&visit.at(&format!("jobs/{id}"))))
}

pub(crate) fn freshness(visit: &Visit, runs: &Runs, site: &SiteInfo) -> Freshness {
    match runs.get(&(site.id, Series::Census)) {
        None => Freshness::old("No forecast yet"),
        Some((at, _)) => {
            let text = format!("Forecast made {}", format::age(*at, visit.now));
            let age = visit.now.duration_since(*at);
            Freshness { text, is_old: age > SignedDuration::from_hours(STALE_HOURS) }
        }
    }
}

fn actions(visit: &Visit) -> Result<Markup, Fault> {
    Ok(html! {
        (Button::print())
        (Button::link("Back-test", visit.at("census/forecast/backtest")))
        @if visit.may(Permission::CENSUS_EDIT) {
            form method="post" action=(visit.at("census/forecast/run")) {
                input type="hidden" name="csrf" value=(visit.who()?.csrf);
                (Button::submit("Make it now"))
            }
        }
    })
}

fn body(
    visit: &Visit,
    site: &SiteInfo,
    runs: &Runs,
    beds: &BTreeMap<Id<Site>, Beds>,
) -> Result<Markup, Fault> {
    if runs.is_empty() {
        return Ok(
            html! { (Panel::new("Census to come").id("p-none").stream("forecast").body(none_yet(visit))) },
        );
    }
    let staffed = crate::day::store::beds_below(&visit.tree, &site.id, beds).staffed;
    Ok(html! {
        div.stack {
            (panel(visit, site, Series::Hourly, runs, staffed))
            (panel(visit, site, Series::Census, runs, staffed))
            @if site.kind != SiteKind::Unit { (Panel::new("Units").context("Midnight census to come, with its interval").body(units_table(visit, runs, beds)?)) }
            (panel(visit, site, Series::Admissions, runs, 0))
            (panel(visit, site, Series::Discharges, runs, 0))
        }
    })
}

fn title(series: Series) -> &'static str {
    match series {
        Series::Hourly => "Next 72 hours",
        Series::Census => "Midnight census, next 28 days",
        Series::Admissions => "Admissions and moves in, next 28 days",
        Series::Discharges => "Everyone who leaves, next 28 days",
    }
}

/// What is said where no forecast was made yet.
fn none_yet(visit: &Visit) -> Empty {
    let words = if visit.may(Permission::CENSUS_EDIT) {
        "It is made every night from the daily census, or now with Make it now."
    } else {
        "It is made every night from the daily census."
    };
    Empty::new("No forecast yet", words).quiet("See the daily census", visit.at("census/day"))
}

fn panel(visit: &Visit, site: &SiteInfo, series: Series, runs: &Runs, staffed: i64) -> Panel {
    let panel = Panel::new(title(series)).id(format!("p-{}", series.word())).stream("forecast");
    let Some((_, run)) = runs.get(&(site.id, series)) else {
        return panel.body(none_yet(visit));
    };
    match &run.outcome {
        Outcome::TooFew { got, needed } => panel.body(too_few(visit, series, *got, *needed)),
        Outcome::Unfit { reason } => panel.prose(notice(Status::Due, html! { p { (reason) } })),
        Outcome::Made(made) if made.beats => {
            let panel = panel.context(format!("{}, {}", made.model, against(made)));
            panel.prose(chart(series, run, made, &site.time_zone, staffed))
        }
        Outcome::Made(made) => panel.prose(not_better(visit, made)),
    }
}

fn too_few(visit: &Visit, series: Series, got: usize, needed: usize) -> Empty {
    let (one, many) = match series {
        Series::Hourly => ("hour", "hours"),
        Series::Census | Series::Admissions | Series::Discharges => ("day", "days"),
    };
    let n = |n: usize| format::n_of(crate::flow::rules::count(n), one, many);
    let empty = Empty::new(
        "Not enough history yet",
        format!(
            "A forecast needs {} and there are {}. It appears by itself once they are there.",
            n(needed),
            n(got)
        ),
    );
    visit.filled_by(empty, "Import earlier stays", "/admin/imports", Permission::ADMIN_VIEW)
}

/// `off by 4.2 on average, the same day last week by 5.0`.
pub(crate) fn against(made: &Made) -> String {
    let mae =
        |model: &str| made.score(model).map_or("?".to_owned(), |score| format::decimal(score.overall.mae, 1));
    let baseline = made.baseline.to_lowercase();
    format!("off by {} on average, {baseline} by {}", mae(&made.model), mae(&made.baseline))
}

fn not_better(visit: &Visit, made: &Made) -> Markup {
    let naive = made.score(&made.baseline).map_or(0.0, |score| score.overall.mae);
    let best = made.best();
    notice(
        Status::Plain,
        html! {
            p {
                b { "No model beats " (made.baseline.to_lowercase()) ", so no forecast is shown. " }
                @if let Some(best) = best {
                    (best.model) " was off by " (format::decimal(best.overall.mae, 1)) " on average, "
                    (made.baseline.to_lowercase()) " by " (format::decimal(naive, 1)) "."
                }
            }
            p { a href=(visit.at("census/forecast/backtest")) { "See the back-test" } }
        },
    )
}

/// What a forecast value's place on the time axis is called.
fn labels(series: Series, run: &Run, zone: &TimeZone) -> Vec<String> {
    let back = i64::try_from(run.history.len()).unwrap_or(0);
    let ahead = i64::try_from(series.horizon()).unwrap_or(0);
    let name = |step: i64| place(series, run, zone, step).0;
    (-back..ahead).map(name).collect()
}

/// The name of a step from the first forecast value, for people and for files.
fn place(series: Series, run: &Run, zone: &TimeZone, step: i64) -> (String, String) {
    match series {
        Series::Hourly => {
            let first: Timestamp = run.first.parse().unwrap_or(Timestamp::UNIX_EPOCH);
            // The value of an hour is the one at its end.
            let at = first.saturating_add(SignedDuration::from_hours(step + 1)).unwrap_or(first);
            let at = at.to_zoned(zone.clone());
            (at.strftime("%a %H:%M").to_string(), at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
        }
        Series::Census | Series::Admissions | Series::Discharges => {
            let first: Date = run.first.parse().unwrap_or(Date::ZERO);
            let day = Span::new().try_days(step).and_then(|span| first.checked_add(span)).unwrap_or(first);
            (day.strftime("%b %-d").to_string(), day.to_string())
        }
    }
}

fn chart(series: Series, run: &Run, made: &Made, zone: &TimeZone, staffed: i64) -> LineChart {
    let n_past = run.history.len();
    let gap = |n: usize| std::iter::repeat_n(None, n);
    let actual = run.history.iter().copied().map(Some).chain(gap(made.points.len())).collect();
    // Leads at which the model loses are left out.
    let told = |point: &Point| point.3;
    let expected = made.points.iter().map(|point| told(point).then_some(point.0));
    let bounds = made.points.iter().map(|point| told(point).then_some((point.1, point.2)));
    let chart = LineChart::new(
        title(series),
        "What happened as a solid line, the forecast dashed, with a band that holds 8 of 10 values. Where the forecast has a gap, the model is no better than the naive one that far ahead.",
    )
    .size(Size::Full)
    .labels(labels(series, run, zone))
    .series("Actual", SeriesKind::Actual, actual)
    .series("Forecast", SeriesKind::Forecast, gap(n_past).chain(expected).collect())
    .band("Interval", std::iter::repeat_n(None, n_past).chain(bounds).collect())
    .now(n_past.saturating_sub(1));
    if staffed > 0 { chart.limit("Staffed beds", staffed as f64, false) } else { chart }
}

fn units_table(visit: &Visit, runs: &Runs, beds: &BTreeMap<Id<Site>, Beds>) -> Result<Table, Fault> {
    const LEADS: [(usize, &str); 4] = [(0, "Tonight"), (1, "Tomorrow"), (6, "In 7 days"), (27, "In 28 days")];
    let top = visit.scope()?.site_id();
    let units = visit.tree.units_below(&top);
    let rows = units.iter().filter_map(|unit| {
        let (_, run) = runs.get(&(unit.id, Series::Census))?;
        let mut row = Row::default()
            .cell(Cell::link(
                words::unit_name(&visit.tree, &unit.id, &top),
                format!("/at/{}/census/forecast", unit.path),
            ))
            .cell(beds.get(&unit.id).map_or(Cell::dim("not counted"), |beds| Cell::from(beds.staffed)));
        for (lead, _) in LEADS {
            row = row.cell(value_words(run, lead));
        }
        Some(row.cell(Cell::dim(verdict(run))))
    });
    let mut table = Table::new("units", "Midnight census to come, by unit")
        .column(Column::text("Unit"))
        .column(Column::number("Staffed").not_on_phones());
    for (lead, name) in LEADS {
        let column = Column::number(name);
        table = table.column(if lead < 2 { column } else { column.not_on_phones() });
    }
    Ok(table
        .column(Column::text("Model").only_wide_screens())
        .rows(rows)
        .downloads(visit.query.with("format", Some("csv")), visit.query.with("format", Some("xlsx")))
        .empty(none_yet(visit)))
}

/// `31 (28 to 33)`, or a dash where no model is better than the naive one.
fn value_words(run: &Run, lead: usize) -> String {
    let Outcome::Made(made) = &run.outcome else { return "\u{2013}".to_owned() };
    match made.points.get(lead).filter(|point| made.beats && point.3) {
        Some(Point(value, low, high, _)) => {
            let round = |value: &f64| format::decimal(*value, 0);
            format!("{} ({} to {})", round(value), round(low), round(high))
        }
        None => "\u{2013}".to_owned(),
    }
}

pub(crate) fn verdict(run: &Run) -> String {
    match &run.outcome {
        Outcome::TooFew { got, needed } => format!("{got} of {needed} days known"),
        Outcome::Unfit { .. } => "cannot be forecast".to_owned(),
        Outcome::Made(made) if made.beats => made.model.clone(),
        Outcome::Made(made) => format!("nothing beats {}", made.baseline.to_lowercase()),
    }
}

fn export(visit: &Visit, runs: &Runs) -> Export {
    let columns = ["site", "series", "made_at", "at", "value", "low", "high", "model"];
    let mut export = Export::new("forecast", &columns);
    let mut keys: Vec<_> = runs.iter().collect();
    keys.sort_by_key(|((site, series), _)| (visit.tree.get(site).map(|site| site.path.clone()), *series));
    for ((site, series), (made_at, run)) in keys {
        let Outcome::Made(made) = &run.outcome else { continue };
        let Some(site) = visit.tree.get(site).filter(|_| made.beats) else { continue };
        for (step, Point(value, low, high, is_better)) in (0i64..).zip(&made.points) {
            if !is_better {
                continue;
            }
            export.rows.push(vec![
                Value::from(site.path.as_str()),
                Value::from(series.word()),
                Value::from(made_at.to_string()),
                Value::from(place(*series, run, &site.time_zone, step).1),
                Value::from(Some(*value)),
                Value::from(Some(*low)),
                Value::from(Some(*high)),
                Value::from(made.model.as_str()),
            ]);
        }
    }
    export
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(first: &str, n_past: usize) -> Run {
        Run {
            first: first.to_owned(),
            history: vec![1.0; n_past],
            outcome: Outcome::TooFew { got: n_past, needed: 56 },
        }
    }

    #[test]
    fn places_are_days_or_the_ends_of_hours() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let of = |series, run: &Run, step| place(series, run, &zone, step);
        let day = run("2026-11-12", 2);
        assert_eq!(of(Series::Census, &day, -1), ("Nov 11".to_owned(), "2026-11-11".to_owned()));
        assert_eq!(of(Series::Census, &day, 27).1, "2026-12-09");
        let hour = run("2026-11-12T13:00:00Z", 2);
        let first = ("Thu 09:00".to_owned(), "2026-11-12T09:00:00-05:00".to_owned());
        assert_eq!(of(Series::Hourly, &hour, 0), first);
        assert_eq!(labels(Series::Census, &day, &zone).len(), 30);
    }

    #[test]
    fn a_losing_model_is_not_told() {
        let made = Made {
            model: "Same as last week".to_owned(),
            baseline: "Same as last week".to_owned(),
            beats: false,
            points: vec![Point(31.0, 28.0, 33.0, false)],
            scores: Vec::new(),
            n_origins: 48,
        };
        let mut run = Run { outcome: Outcome::Made(Box::new(made.clone())), ..run("2026-11-12", 60) };
        assert_eq!(
            (value_words(&run, 0).as_str(), verdict(&run).as_str()),
            ("–", "nothing beats same as last week")
        );
        let beats = Made { beats: true, model: "Holt-Winters".to_owned(), ..made };
        // Overall it wins, at this lead it does not.
        run.outcome = Outcome::Made(Box::new(beats.clone()));
        assert_eq!(value_words(&run, 0), "–");
        let points = vec![Point(31.2, 28.0, 33.0, true)];
        run.outcome = Outcome::Made(Box::new(Made { points, ..beats }));
        assert_eq!(value_words(&run, 0), "31 (28 to 33)");
        assert_eq!(value_words(&run, 1), "–");
    }
}
