//! The job that makes forecasts: every site at or below its own, every series.
//!
//! Cost: six statements; 5 to 20 ms a series, so 60 sites with four series each take about 3 s of one core.

use super::series::{DAYS, HOURS, Hours, daily, kind_of};
use super::store::{each_leg, save};
use super::{Run, Series, run};
use crate::profile::Profiles;
use crate::tally::rules::Kind;
use crate::tally::store::{Day, list_days};
use crate::words;
use ::store::StoreError;
use base::{Id, Period};
use identity::{Care, Scope, Site, SiteInfo, SiteTree};
use jiff::{Span, Timestamp};
use jobs::{JobContext, JobFailed, JobKind};
use std::collections::HashMap;

/// The key of the kind of job.
pub const KIND: &str = "census.forecast";

/// The kind of job.
#[must_use]
pub fn kind() -> JobKind {
    JobKind::new(KIND, "Forecast of the census", |context| Box::pin(make(context)))
}

/// Everything a forecast is made of.
struct Past {
    days: HashMap<(Id<Site>, Kind), Vec<Day>>,
    hours: HashMap<(Id<Site>, Kind), Hours>,
    /// The first hour to come.
    hour: Timestamp,
}

async fn make(context: JobContext) -> Result<String, JobFailed> {
    let mut tx = context.db.read().await?;
    let tree = SiteTree::load(&mut tx).await?;
    let scope = Scope::operator(&tree, &context.job.site);
    let scope =
        scope.ok_or_else(|| JobFailed::because("the site of this forecast is gone; ask for another"))?;
    let profiles = Profiles::load(&mut tx).await?;
    let now = context.db.now();
    let past = read(&mut tx, &tree, &scope, &profiles, now).await?;
    drop(tx);
    let sites: Vec<&SiteInfo> =
        tree.below(&scope.site_id()).iter().filter(|site| is_forecast(site, &tree, now)).collect();
    let n_sites = i64::try_from(sites.len()).unwrap_or(i64::MAX);
    let (mut n_made, mut n_better) = (0, 0);
    for (n_done, site) in (0i64..).zip(sites) {
        context.check()?;
        context.progress(n_done, n_sites, &site.name).await;
        let runs = runs_of(site, &past, now);
        n_made += runs.len();
        n_better += runs.iter().filter(|(.., run)| is_better(run)).count();
        context
            .db
            .write::<(), StoreError, _>(move |tx| Box::pin(async move { save(tx, &runs).await }))
            .await?;
    }
    context.jobs().live().publish("forecast", context.job.site.as_str());
    Ok(format!("{n_made} series of {n_sites} sites; {n_better} are better than the same day last week."))
}

fn is_better(run: &Run) -> bool {
    matches!(&run.outcome, super::Outcome::Made(made) if made.beats)
}

/// Whether a site has a census to forecast.
fn is_forecast(site: &SiteInfo, tree: &SiteTree, now: Timestamp) -> bool {
    let is_open = site.is_open(figures::today(tree, &site.path, now));
    is_open && !matches!(site.care, Care::Outpatient | Care::Unmapped)
}

async fn read(
    tx: &mut ::store::Tx,
    tree: &SiteTree,
    scope: &Scope,
    profiles: &Profiles,
    now: Timestamp,
) -> Result<Past, StoreError> {
    let top_today = figures::today(tree, scope.path(), now);
    let yesterday = top_today.yesterday().unwrap_or(top_today);
    let first = Span::new().try_days(-DAYS).and_then(|back| yesterday.checked_add(back)).unwrap_or(yesterday);
    let mut days = HashMap::new();
    if let Ok(period) = Period::days_between(first, yesterday) {
        for kind in [Kind::Inpatient, Kind::Emergency, Kind::Observation, Kind::Newborn] {
            let of_kind = list_days(tx, scope, kind, period).await?;
            days.extend(of_kind.into_iter().map(|(site, days)| ((site, kind), days)));
        }
    }
    let window = Hours::before(now.as_microsecond(), HOURS);
    let (from, until) = (words::instant_of(window.from()), words::instant_of(window.until()));
    let mut hours: HashMap<(Id<Site>, Kind), Hours> = HashMap::new();
    each_leg(tx, scope, from, until, |facility, leg| {
        let care = tree.get(&leg.unit).map_or(Care::Unmapped, |unit| unit.care);
        let kind = profiles.of(&facility).kind(&leg.class, care);
        for site in tree.upward(&leg.unit) {
            hours.entry((site.id, kind)).or_insert_with(|| window.clone()).add(leg);
        }
    })
    .await?;
    Ok(Past { days, hours, hour: until })
}

fn runs_of(site: &SiteInfo, past: &Past, now: Timestamp) -> Vec<(Id<Site>, Series, Run)> {
    let kind = kind_of(site);
    let today = site.time_zone.to_datetime(now).date().to_string();
    let no_days = Vec::new();
    let days = past.days.get(&(site.id, kind)).unwrap_or(&no_days);
    Series::ALL
        .into_iter()
        .map(|series| {
            let run = match series {
                Series::Census | Series::Admissions | Series::Discharges => {
                    run(series, today.clone(), &daily(series, days))
                }
                Series::Hourly => {
                    let values = past.hours.get(&(site.id, kind)).map_or(Vec::new(), Hours::values);
                    run(series, past.hour.to_string(), &values)
                }
            };
            (site.id, series, run)
        })
        .collect()
}
