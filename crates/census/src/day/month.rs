//! The month's page: a row a day, and the figures of the whole.
//! Cost: three statements; 31 days of every site below.

use super::store::{beds_below, days_of};
use crate::tabs::{Tab, tabs};
use crate::tally::rules::Kind;
use crate::tally::store::Day;
use area::{Answer, Cell as Value, Export, ExportFormat, Fault, Visit};
use base::{Id, Period};
use identity::Site;
use identity::sites::{BedCountAt, Beds, list_bed_counts};
use jiff::civil::Date;
use std::collections::BTreeMap;
use web::chart::{LineChart, SeriesKind, Size};
use web::{Button, Cell, Column, Empty, Kpi, Markup, Page, Panel, Row, Table, format, html, kpi_strip};

/// The longest period shown day by day.
const DAYS_MAX: i64 = 370;

struct Line {
    day: Day,
    beds: Beds,
}

/// What the days of a period add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Days.
    pub n_days: i64,
    /// Inpatient service days.
    pub patient_days: i64,
    /// Staffed beds, summed over the days.
    pub bed_days: i64,
    /// Everyone who left, deaths included.
    pub departures: i64,
    /// Their days of stay.
    pub stay_days: i64,
}

impl Totals {
    fn of(lines: &[Line]) -> Totals {
        lines.iter().fold(Totals::default(), |sum, line| Totals {
            n_days: sum.n_days + 1,
            patient_days: sum.patient_days + line.day.service_days(),
            bed_days: sum.bed_days + line.beds.staffed,
            departures: sum.departures + line.day.counts.discharges + line.day.counts.deaths,
            stay_days: sum.stay_days + line.day.counts.stay_days,
        })
    }

    /// A ratio, unless there is nothing to divide by.
    fn ratio(part: i64, whole: i64) -> Option<f64> {
        (whole > 0).then(|| part as f64 / whole as f64)
    }

    /// Average daily census.
    #[must_use]
    pub fn adc(&self) -> Option<f64> {
        Totals::ratio(self.patient_days, self.n_days)
    }

    /// Occupancy on staffed beds, in percent.
    #[must_use]
    pub fn occupancy(&self) -> Option<f64> {
        Totals::ratio(self.patient_days * 100, self.bed_days)
    }

    /// Average stay of those who left.
    #[must_use]
    pub fn alos(&self) -> Option<f64> {
        Totals::ratio(self.stay_days, self.departures)
    }

    /// The quick form: patient days over departures.
    #[must_use]
    pub fn alos_quick(&self) -> Option<f64> {
        Totals::ratio(self.patient_days, self.departures)
    }

    /// Mean empty days of a bed between two patients.
    #[must_use]
    pub fn turnover_interval(&self) -> Option<f64> {
        Totals::ratio(self.bed_days - self.patient_days, self.departures)
    }

    /// Patients a bed served in the period: departures over average beds.
    #[must_use]
    pub fn bed_turnover(&self) -> Option<f64> {
        Totals::ratio(self.departures * self.n_days, self.bed_days)
    }
}

/// `GET …/census/day?period=2026-10`.
pub async fn month(visit: Visit) -> Answer {
    let asked: Period = visit
        .query
        .text("period")
        .parse()
        .map_err(|error: base::BadPeriod| Fault::BadRequest(error.to_string()))?;
    if asked.n_days() > DAYS_MAX {
        return Err(Fault::BadRequest(format!(
            "{} days are too many to show one by one; ask for at most {DAYS_MAX}",
            asked.n_days()
        )));
    }
    // Days to come have no census.
    let yesterday = visit.today().yesterday().unwrap_or(visit.today());
    let Some(period) = asked.up_to(yesterday) else {
        return show(&visit, asked, &[]).await;
    };
    let scope = visit.scope()?;
    let mut tx = visit.read().await?;
    let days = days_of(&mut tx, scope, &visit.tree, Kind::Inpatient, period, None).await?;
    let counts = list_bed_counts(&mut tx, scope, period).await?;
    drop(tx);
    let own = days.get(&scope.site_id()).cloned().unwrap_or_default();
    let lines: Vec<Line> = own
        .into_iter()
        .map(|day| Line {
            beds: beds_below(&visit.tree, &scope.site_id(), &in_force(&counts, day.date)),
            day,
        })
        .collect();
    if let Some(format) = ExportFormat::from_name(visit.query.text("format")) {
        return export(visit.site()?.path.as_str(), asked, &lines).respond(format);
    }
    show(&visit, asked, &lines).await
}

/// The counts that hold on a day; they come ordered by day.
fn in_force(counts: &[BedCountAt], day: Date) -> BTreeMap<Id<Site>, Beds> {
    let holding = counts.iter().filter(|count| count.count.from <= day);
    holding.map(|count| (count.site, count.count.beds)).collect()
}

async fn show(visit: &Visit, period: Period, lines: &[Line]) -> Answer {
    let before = period.before();
    let to = |period: Period| visit.at(&format!("census/day?period={period}"));
    let after = Period::month_of(period.until());
    let page = Page::new(format!("Census of {}", name_of(period)))
        .context(format!(
            "{}, inpatients, {}",
            visit.site()?.name,
            format::n_of(Totals::of(lines).n_days, "day", "days")
        ))
        .actions(html! {
            (Button::link("Before", to(before)).icon(web::Icon::Left))
            @if after.first() <= visit.today() { (Button::link("After", to(after))) }
            (Button::print())
        })
        .body(html! { (tabs(visit, Tab::Day)) (body(visit, period, lines)?) });
    visit.show(&page).await
}

fn name_of(period: Period) -> String {
    if period == Period::month_of(period.first()) {
        period.first().strftime("%B %Y").to_string()
    } else {
        period.to_string()
    }
}

fn body(visit: &Visit, period: Period, lines: &[Line]) -> Result<Markup, Fault> {
    if lines.is_empty() {
        let empty = Empty::new("No day to show yet", "Each day appears here once it is over.")
            .action("Yesterday", visit.at("census/day"));
        return Ok(html! { (Panel::new("Days").body(empty)) });
    }
    Ok(html! {
        (kpi_strip("The period", &kpis(visit, period, &Totals::of(lines))))
        div.stack {
            (Panel::new("Midnight census").prose(chart(lines)))
            (Panel::new("Days").context("Inpatients, midnight to midnight").body(table(visit, lines)?))
        }
    })
}

fn kpis(visit: &Visit, period: Period, totals: &Totals) -> Vec<Kpi> {
    let kpi = |label: &str, value: Option<f64>, places: usize, key: &str| {
        let text = value.map_or("n/a".to_owned(), |value| format::decimal(value, places));
        Kpi::new(label, text, visit.at(&format!("explain/{key}?period={period}")))
    };
    vec![
        kpi("Average daily census", totals.adc(), 1, "adc")
            .caption(format!("{} patient days", format::count(totals.patient_days))),
        kpi("Staffed beds occupied", totals.occupancy(), 1, "occupancy")
            .unit("%")
            .caption(format!("of {} bed days", format::count(totals.bed_days))),
        kpi("Average stay", totals.alos(), 2, "alos")
            .unit("days")
            .caption(format!("{} who left", format::count(totals.departures))),
        kpi("Average stay, quick", totals.alos_quick(), 2, "alos_quick")
            .unit("days")
            .caption("Patient days over departures"),
        kpi("Turnover interval", totals.turnover_interval(), 2, "turnover_interval")
            .unit("days")
            .caption("A bed empty between two patients"),
        kpi("Bed turnover", totals.bed_turnover(), 2, "bed_turnover").caption("Patients a bed in the period"),
    ]
}

fn chart(lines: &[Line]) -> LineChart {
    let census = lines.iter().map(|line| Some(line.day.midnight_census() as f64)).collect();
    let beds = lines.iter().map(|line| (line.beds.staffed > 0).then_some(line.beds.staffed as f64)).collect();
    LineChart::new("Midnight census", "The midnight census of each day, with the staffed beds of that day.")
        .size(Size::Full)
        .labels(lines.iter().map(|line| line.day.date.strftime("%b %-d").to_string()))
        .series("Census", SeriesKind::Actual, census)
        .series("Staffed", SeriesKind::Plan, beds)
}

fn table(visit: &Visit, lines: &[Line]) -> Result<Table, Fault> {
    let today = visit.today();
    let rows = lines.iter().map(|line| {
        let (day, counts) = (&line.day, line.day.counts);
        let occupancy = format::percent(day.service_days(), line.beds.staffed, 1);
        Row::default()
            .cell(Cell::link(
                format::weekday_date(day.date, today),
                visit.at(&format!("census/day/{}", day.date)),
            ))
            .cell(day.begin)
            .cell(counts.admissions)
            .cell(counts.transfers_in)
            .cell(counts.discharges)
            .cell(counts.deaths)
            .cell(counts.transfers_out)
            .cell(day.midnight_census())
            .cell(day.service_days())
            .cell(line.beds.staffed)
            .cell(occupancy.unwrap_or_else(|| "n/a".to_owned()))
    });
    let totals = Totals::of(lines);
    let sum = |read: fn(&Day) -> i64| lines.iter().map(|line| read(&line.day)).sum::<i64>();
    let total = Row::default()
        .cell("All days")
        .cell("")
        .cell(sum(|day| day.counts.admissions))
        .cell(sum(|day| day.counts.transfers_in))
        .cell(sum(|day| day.counts.discharges))
        .cell(sum(|day| day.counts.deaths))
        .cell(sum(|day| day.counts.transfers_out))
        .cell("")
        .cell(totals.patient_days)
        .cell(totals.bed_days)
        .cell(format::percent(totals.patient_days, totals.bed_days, 1).unwrap_or_else(|| "n/a".to_owned()));
    Ok(Table::new("days", "Days of the period")
        .column(Column::text("Day"))
        .column(Column::number("Begin").not_on_phones())
        .column(Column::number("Admissions"))
        .column(Column::number("In").not_on_phones())
        .column(Column::number("Discharges"))
        .column(Column::number("Deaths").not_on_phones())
        .column(Column::number("Out").not_on_phones())
        .column(Column::number("Midnight"))
        .column(Column::number("Service days").not_on_phones())
        .column(Column::number("Staffed beds").not_on_phones())
        .column(Column::number("Occupancy, %").not_on_phones())
        .rows(rows)
        .total(total)
        .downloads(visit.query.with("format", Some("csv")), visit.query.with("format", Some("xlsx"))))
}

fn export(path: &str, period: Period, lines: &[Line]) -> Export {
    let columns = [
        "date",
        "begin",
        "admissions",
        "transfers_in",
        "discharges",
        "deaths",
        "transfers_out",
        "midnight_census",
        "service_days",
        "stay_days_of_departures",
        "staffed_beds",
        "licensed_beds",
    ];
    let mut export = Export::new(format!("census-{path}-{period}"), &columns);
    for Line { day, beds } in lines {
        let counts = day.counts;
        let numbers = [
            day.begin,
            counts.admissions,
            counts.transfers_in,
            counts.discharges,
            counts.deaths,
            counts.transfers_out,
            day.midnight_census(),
            day.service_days(),
            counts.stay_days,
            beds.staffed,
            beds.licensed,
        ];
        let date = Value::from(day.date.to_string());
        export.rows.push(std::iter::once(date).chain(numbers.map(Value::from)).collect());
    }
    export
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T-03 of the domain notes.
    #[test]
    fn a_month_of_240_beds_and_1_025_departures() {
        let totals =
            Totals { n_days: 30, patient_days: 6_150, bed_days: 7_200, departures: 1_025, stay_days: 5_900 };
        let near =
            |got: Option<f64>, want: f64| assert!((got.unwrap() - want).abs() < 5e-4, "{got:?} {want}");
        near(totals.adc(), 205.0);
        near(totals.occupancy().map(|percent| percent / 100.0), 0.8542);
        near(totals.alos(), 5.756);
        near(totals.alos_quick(), 6.0);
        near(totals.turnover_interval(), 1.0244);
        near(totals.bed_turnover(), 4.2708);
        assert_eq!(Totals::default().alos(), None);
    }
}
