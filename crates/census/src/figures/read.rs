//! The fast way: figures from the stored days.

use super::rows;
use super::store::fresh_at;
use crate::day::days_of;
use crate::tally::rules::{Counts, Kind};
use crate::tally::store::Day;
use ::figures::{Ask, FigureRow, Reading, Roll, SeriesPoint, When};
use futures::future::BoxFuture;
use jiff::SignedDuration;
use jiff::civil::Date;
use std::collections::BTreeMap;
use store::{StoreError, Tx};

/// What a stored day gives to a figure: above and below the line.
pub(super) type OfDay = fn(&Counts) -> (i64, Option<i64>);
/// What lists a figure's rows.
pub(super) type Rows =
    for<'a> fn(&'a mut Tx, &'a Ask<'a>) -> BoxFuture<'a, Result<Vec<FigureRow>, StoreError>>;

fn of(roll: Roll, numerator: i64, denominator: i64) -> Reading {
    match roll {
        Roll::Ratio { factor } | Roll::Over { factor } => Reading::of_ratio(factor, numerator, denominator),
        Roll::Sum | Roll::Median | Roll::Max | Roll::Formula { .. } => Reading::of_sum(numerator),
    }
}

/// Sums what moved over the days of the period.
pub(super) async fn sum_of_days(
    tx: &mut Tx,
    ask: &Ask<'_>,
    kind: Kind,
    roll: Roll,
    of_day: OfDay,
) -> Result<Reading, StoreError> {
    let days = days_of(tx, ask.scope, ask.tree, kind, ask.period, ask.as_of).await?;
    let mut sums = (0, 0);
    for day in days.get(&ask.scope.site_id()).into_iter().flatten() {
        let (numerator, denominator) = of_day(&day.counts);
        sums = (sums.0 + numerator, sums.1 + denominator.unwrap_or(0));
    }
    Ok(of(roll, sums.0, sums.1).fresh(fresh_at(tx, ask.scope, ask.tree).await?))
}

/// Each day of the period by itself.
pub(super) async fn series_of_days(
    tx: &mut Tx,
    ask: &Ask<'_>,
    kind: Kind,
    roll: Roll,
    of_day: fn(&Day) -> (i64, Option<i64>),
) -> Result<Vec<SeriesPoint>, StoreError> {
    let days = days_of(tx, ask.scope, ask.tree, kind, ask.period, ask.as_of).await?;
    let days = days.get(&ask.scope.site_id()).cloned().unwrap_or_else(|| empty_days(ask));
    Ok(days
        .iter()
        .map(|day| {
            let (numerator, denominator) = of_day(day);
            SeriesPoint { date: day.date, reading: of(roll, numerator, denominator.unwrap_or(1)) }
        })
        .collect())
}

fn empty_days(ask: &Ask<'_>) -> Vec<Day> {
    ask.period.days().map(|date| Day { date, begin: 0, counts: Counts::default() }).collect()
}

/// Stored days for counts of the whole period: the last midnight, or the service days.
pub(super) async fn midnight(tx: &mut Tx, ask: &Ask<'_>) -> Result<Reading, StoreError> {
    let days = days_of(tx, ask.scope, ask.tree, Kind::Inpatient, ask.period, ask.as_of).await?;
    let last = days.get(&ask.scope.site_id()).and_then(|days| days.last());
    let census = last.map_or(0, Day::midnight_census);
    Ok(Reading::of_sum(census).fresh(fresh_at(tx, ask.scope, ask.tree).await?))
}

/// Service days of the period so far.
pub(super) async fn service_days(tx: &mut Tx, ask: &Ask<'_>) -> Result<Reading, StoreError> {
    let days = days_of(tx, ask.scope, ask.tree, Kind::Inpatient, rows::so_far(ask), ask.as_of).await?;
    let sum = days.get(&ask.scope.site_id()).into_iter().flatten().map(Day::service_days).sum();
    Ok(Reading::of_sum(sum).fresh(fresh_at(tx, ask.scope, ask.tree).await?))
}

/// A figure whose rows are few enough to be its fastest way too.
pub(super) async fn from_rows(
    tx: &mut Tx,
    ask: &Ask<'_>,
    roll: Roll,
    rows: Rows,
) -> Result<Reading, StoreError> {
    let rows = rows(tx, ask).await?;
    Ok(Reading::from_rows(roll, &rows).fresh(fresh_at(tx, ask.scope, ask.tree).await?))
}

/// Unit-days folded by day, for the chart of a ratio over beds.
pub(super) async fn series_of_unit_days(
    tx: &mut Tx,
    ask: &Ask<'_>,
    roll: Roll,
    value: fn(&rows::UnitDay) -> (i64, Option<i64>),
) -> Result<Vec<SeriesPoint>, StoreError> {
    let rows = rows::of_unit_days(tx, ask, value).await?;
    Ok(ask
        .period
        .days()
        .map(|date| {
            let own = rows.iter().filter(|row| row.at == Some(When::On(date)));
            let (n, d) =
                own.fold((0, 0), |(n, d), row| (n + row.numerator, d + row.denominator.unwrap_or(0)));
            SeriesPoint { date, reading: of(roll, n, d) }
        })
        .collect())
}

/// Who waited in the emergency department at 08:00 of each day; today, now.
pub(super) async fn series_at_eight(
    tx: &mut Tx,
    ask: &Ask<'_>,
    roll: Roll,
) -> Result<Vec<SeriesPoint>, StoreError> {
    let world = rows::World::load(tx, ask).await?;
    let (from, to) = crate::day::store::wide(ask.period);
    let stays = crate::legs::list_waiting(tx, ask.scope, from, to, ask.as_of).await?;
    let zone = ask.tree.find(ask.site()).map_or(jiff::tz::TimeZone::UTC, |site| site.time_zone.clone());
    Ok(world
        .period
        .days()
        .map(|date| {
            let start = base::Period::day(date).instants(&zone).0;
            let at = start.saturating_add(SignedDuration::from_hours(8)).unwrap_or(start).min(ask.now);
            let minutes = stays.iter().filter_map(|stay| {
                let profile = world.profile(stay);
                let care = |unit: &base::Id<identity::Site>| world.care(unit);
                let micros = at.as_microsecond();
                let (unit, since) = rows::boarding_since(profile, &care, &stay.legs, micros)?;
                world.is_here(&unit).then_some((micros - since) / 60_000_000)
            });
            let minutes: Vec<i64> = minutes.collect();
            let reading = match roll {
                Roll::Max => Reading::of_sum(minutes.iter().copied().max().unwrap_or(0)),
                Roll::Sum | Roll::Ratio { .. } | Roll::Over { .. } | Roll::Median | Roll::Formula { .. } => {
                    Reading::of_sum(i64::try_from(minutes.len()).unwrap_or(0))
                }
            };
            SeriesPoint { date, reading }
        })
        .collect())
}

/// The rows of each day by themselves.
pub(super) async fn series_of_rows(
    tx: &mut Tx,
    ask: &Ask<'_>,
    roll: Roll,
    rows: Rows,
) -> Result<Vec<SeriesPoint>, StoreError> {
    let rows = rows(tx, ask).await?;
    let zone = ask.tree.find(ask.site()).map_or(jiff::tz::TimeZone::UTC, |site| site.time_zone.clone());
    let mut of_day: BTreeMap<Date, Vec<FigureRow>> = BTreeMap::new();
    for row in rows {
        let date = match row.at {
            Some(When::At(at)) => zone.to_datetime(at).date(),
            Some(When::On(on)) => on,
            None => continue,
        };
        of_day.entry(date).or_default().push(row);
    }
    let none = Vec::new();
    let point =
        |date| SeriesPoint { date, reading: Reading::from_rows(roll, of_day.get(&date).unwrap_or(&none)) };
    Ok(ask.period.days().map(point).collect())
}
