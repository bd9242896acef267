//! The back-test's page: how wrong each model was on data it had not seen, against the same day last week.
//! Cost: one statement.

use super::page::{Runs, freshness, verdict};
use super::store::list;
use super::{Errors, Made, Outcome, Series};
use crate::tabs::{Tab, tabs};
use crate::words;
use area::{Answer, Cell as Value, Export, ExportFormat, Fault, Visit};
use identity::SiteInfo;
use web::{Button, Cell, Column, Empty, Page, Panel, Row, Status, Table, chip, format, html, segments};

/// `GET …/census/forecast/backtest`.
pub async fn backtest(visit: Visit) -> Answer {
    let mut tx = visit.read().await?;
    let runs = list(&mut tx, visit.scope()?).await?;
    drop(tx);
    let series = Series::from_word(visit.query.text("series")).unwrap_or(Series::Census);
    if let Some(format) = ExportFormat::from_name(visit.query.text("format")) {
        return export(&visit, series, &runs).respond(format);
    }
    let site = visit.site()?;
    let links: Vec<(&str, String, bool)> = Series::ALL
        .into_iter()
        .map(|one| (one.title(), visit.query.with("series", Some(one.word())), one == series))
        .collect();
    let links: Vec<(&str, &str, bool)> =
        links.iter().map(|(words, href, is)| (*words, href.as_str(), *is)).collect();
    let page = Page::new("Back-test of the forecast")
        .context(format!("{}. Models learn from the older part and are tested on the newer.", site.name))
        .fresh(freshness(&visit, &runs, site))
        .actions(html! { (Button::print()) (Button::link("Forecast", visit.at("census/forecast"))) })
        .body(html! {
            (tabs(&visit, Tab::Forecast))
            div.stack {
            div.go { (segments("Series", &links)) }
            (Panel::new("By site").context(series.title()).body(site_table(&visit, series, &runs)?))
            @if let Some(made) = made(&runs, site, series) {
                (Panel::new("Models").context(format!("{}, tested from {} points of the past", site.name, made.n_origins)).body(model_table(made)))
                (Panel::new("By lead").context("How the error grows the further ahead").body(lead_table(series, made)))
            }
            (Panel::new("How to read this").prose(html! {
                p { "MAE: how far off a forecast is on average, in patients. WAPE: the same in percent of what happened. MASE: the error over the error of the naive forecast in the past; under 1 is better. Coverage: the share of values that fell inside the interval, which aims at 80%." }
                p { "A model is shown only where its error is at least 1% lower than the naive one's, over all tests and over the newer half of them." }
            }))
            }
        });
    visit.show(&page).await
}

fn made<'r>(runs: &'r Runs, site: &SiteInfo, series: Series) -> Option<&'r Made> {
    match &runs.get(&(site.id, series))?.1.outcome {
        Outcome::Made(made) => Some(made),
        Outcome::TooFew { .. } | Outcome::Unfit { .. } => None,
    }
}

fn number(value: Option<f64>, places: usize) -> String {
    value.map_or("\u{2013}".to_owned(), |value| format::decimal(value, places))
}

fn percent(share: Option<f64>) -> String {
    number(share.map(|share| share * 100.0), 0)
}

fn site_table(visit: &Visit, series: Series, runs: &Runs) -> Result<Table, Fault> {
    let top = visit.scope()?.site_id();
    let sites = visit.tree.below(&top);
    let rows = sites.iter().filter_map(|site| {
        let (_, run) = runs.get(&(site.id, series))?;
        let name =
            if site.id == top { site.name.clone() } else { words::unit_name(&visit.tree, &site.id, &top) };
        let href = format!("/at/{}/census/forecast/backtest?series={}", site.path, series.word());
        let row = Row::default().cell(Cell::link(name, href)).cell(verdict(run));
        Some(match made(runs, site, series) {
            None => row.cell("").cell("").cell("").cell("").cell("").cell(""),
            Some(made) => {
                let naive = made.score(&made.baseline).map(|score| score.overall);
                let best = if made.beats { made.score(&made.model) } else { made.best() };
                let best = best.map(|score| score.overall).unwrap_or_default();
                row.cell(number(Some(best.mae), 2))
                    .cell(number(naive.map(|naive| naive.mae), 2))
                    .cell(number(best.wape, 1))
                    .cell(number(best.mase, 2))
                    .cell(percent(best.coverage))
                    .cell(if made.beats {
                        chip(Status::Better, "Shown")
                    } else {
                        chip(Status::Plain, "Not shown")
                    })
            }
        })
    });
    Ok(Table::new("sites", "Errors by site")
        .column(Column::text("Site"))
        .column(Column::text("Best model").not_on_phones())
        .column(Column::number("MAE"))
        .column(Column::number("Naive MAE"))
        .column(Column::number("WAPE, %").not_on_phones())
        .column(Column::number("MASE").not_on_phones())
        .column(Column::number("Coverage, %").not_on_phones())
        .column(Column::text("Verdict"))
        .rows(rows)
        .downloads(visit.query.with("format", Some("csv")), visit.query.with("format", Some("xlsx")))
        .empty(
            Empty::new(
                "No back-test yet",
                "Every forecast is tested as it is made, each night or on demand.",
            )
            .action("Forecast", visit.at("census/forecast")),
        ))
}

fn error_cells(row: Row, errors: &Errors) -> Row {
    row.cell(number(Some(errors.mae), 2))
        .cell(number(errors.wape, 1))
        .cell(number(errors.mase, 2))
        .cell(percent(errors.coverage))
}

fn model_table(made: &Made) -> Table {
    let rows = made.scores.iter().map(|score| {
        let mark = if score.model == made.baseline { " (measured against)" } else { "" };
        error_cells(Row::default().cell(format!("{}{mark}", score.model)), &score.overall)
    });
    Table::new("models", "Errors by model")
        .column(Column::text("Model"))
        .column(Column::number("MAE"))
        .column(Column::number("WAPE, %"))
        .column(Column::number("MASE"))
        .column(Column::number("Coverage, %"))
        .rows(rows)
}

/// The leads of the table: single ones near, fewer far.
fn leads(series: Series) -> &'static [usize] {
    match series {
        Series::Hourly => &[1, 2, 4, 8, 12, 24, 36, 48, 60, 72],
        Series::Census | Series::Admissions | Series::Discharges => &[1, 2, 3, 4, 5, 6, 7, 14, 21, 28],
    }
}

fn lead_table(series: Series, made: &Made) -> Table {
    let best = if made.beats { made.score(&made.model) } else { made.best() };
    let naive = made.score(&made.baseline);
    let unit = if series == Series::Hourly { "h" } else { "d" };
    let rows = leads(series).iter().filter_map(|lead| {
        let own = best?.by_lead.get(lead - 1)?;
        let naive = naive.and_then(|naive| naive.by_lead.get(lead - 1));
        let is_better = naive.filter(|naive| naive.mae != own.mae).map(|naive| own.mae < naive.mae);
        Some(
            Row::default()
                .cell(format!("{lead} {unit}"))
                .cell(Cell::judged(number(Some(own.mae), 2), is_better))
                .cell(number(naive.map(|naive| naive.mae), 2))
                .cell(number(own.wape, 1))
                .cell(number(own.mase, 2))
                .cell(percent(own.coverage)),
        )
    });
    Table::new("leads", "Errors by lead")
        .column(Column::text("Ahead"))
        .column(Column::number("MAE"))
        .column(Column::number("Naive MAE"))
        .column(Column::number("WAPE, %").not_on_phones())
        .column(Column::number("MASE").not_on_phones())
        .column(Column::number("Coverage, %"))
        .rows(rows)
}

fn export(visit: &Visit, series: Series, runs: &Runs) -> Export {
    let columns =
        ["site", "series", "model", "lead", "mae", "wape", "mase", "coverage", "is_baseline", "is_shown"];
    let mut export = Export::new(format!("backtest-{}", series.word()), &columns);
    let top = visit.scope().map(identity::Scope::site_id);
    let sites = top.map(|top| visit.tree.below(&top)).unwrap_or_default();
    for site in sites {
        let Some(made) = made(runs, site, series) else { continue };
        for score in &made.scores {
            let all = std::iter::once((0i64, &score.overall)).chain((1i64..).zip(&score.by_lead));
            for (lead, errors) in all {
                export.rows.push(vec![
                    Value::from(site.path.as_str()),
                    Value::from(series.word()),
                    Value::from(score.model.as_str()),
                    Value::from((lead > 0).then_some(lead)),
                    Value::from(Some(errors.mae)),
                    Value::from(errors.wape),
                    Value::from(errors.mase),
                    Value::from(errors.coverage),
                    Value::from(i64::from(score.model == made.baseline)),
                    Value::from(i64::from(made.beats && score.model == made.model)),
                ]);
            }
        }
    }
    export
}
