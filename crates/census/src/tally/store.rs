//! The stored days, and the census they sum to.

use super::rules::{Counts, DayKey, Kind};
use base::{Id, Period};
use identity::{Scope, Site};
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};
use store::{Columns, FromRow, StoreError, Tx, binds};

/// Adds changes to the stored days and months.
pub(crate) async fn add(tx: &mut Tx, days: BTreeMap<DayKey, Counts>) -> Result<(), StoreError> {
    let mut months: BTreeMap<(Id<Site>, Kind, String), i64> = BTreeMap::new();
    let mut rows = Vec::new();
    for ((site, kind, date), counts) in days {
        if counts == Counts::default() {
            continue;
        }
        *months.entry((site, kind, month_of(date))).or_default() += counts.net();
        rows.push(binds![
            site,
            date,
            kind.word(),
            counts.admissions,
            counts.discharges,
            counts.deaths,
            counts.transfers_in,
            counts.transfers_out,
            counts.same_day,
            counts.before_noon,
            counts.unseen,
            counts.stay_days,
        ]);
    }
    const COUNTS: [&str; 9] = [
        "admissions",
        "discharges",
        "deaths",
        "transfers_in",
        "transfers_out",
        "same_day",
        "before_noon",
        "unseen",
        "stay_days",
    ];
    let set: Vec<String> =
        COUNTS.iter().map(|name| format!("{name} = census_day.{name} + excluded.{name}")).collect();
    let insert = format!("INSERT INTO census_day (site_id, date, kind, {}) VALUES", COUNTS.join(", "));
    let tail = format!("ON CONFLICT (site_id, kind, date) DO UPDATE SET {}", set.join(", "));
    tx.insert_many(&insert, rows, &tail).await?;
    let rows = months
        .into_iter()
        .filter(|(_, net)| *net != 0)
        .map(|((site, kind, month), net)| binds![site, month, kind.word(), net])
        .collect();
    let tail = "ON CONFLICT (site_id, kind, month) DO UPDATE SET net = census_month.net + excluded.net";
    tx.insert_many("INSERT INTO census_month (site_id, month, kind, net) VALUES", rows, tail)
        .await
        .map(|_| ())
}

/// Removes every stored day, before they are summed again from the legs.
pub(crate) async fn clear(tx: &mut Tx) -> Result<(), StoreError> {
    tx.run("DELETE FROM census_day", binds![]).await?;
    tx.run("DELETE FROM census_month", binds![]).await.map(|_| ())
}

fn month_of(date: Date) -> String {
    format!("{:04}-{:02}", date.year(), date.month())
}

/// One site's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub date: Date,
    /// Inside when it began.
    pub begin: i64,
    /// What moved.
    pub counts: Counts,
}

impl Day {
    /// Inside at its end, local 24:00.
    #[must_use]
    pub fn midnight_census(&self) -> i64 {
        self.begin + self.counts.net()
    }

    /// Inpatient service days: the midnight census and those who came and left the same day.
    #[must_use]
    pub fn service_days(&self) -> i64 {
        self.midnight_census() + self.counts.same_day
    }
}

struct DayRow {
    site: Id<Site>,
    date: Date,
    counts: Counts,
}

impl FromRow for DayRow {
    fn from_row(c: &mut Columns<'_>) -> Result<DayRow, StoreError> {
        Ok(DayRow {
            site: c.take()?,
            date: c.take()?,
            counts: Counts {
                admissions: c.take()?,
                discharges: c.take()?,
                deaths: c.take()?,
                transfers_in: c.take()?,
                transfers_out: c.take()?,
                same_day: c.take()?,
                before_noon: c.take()?,
                unseen: c.take()?,
                stay_days: c.take()?,
            },
        })
    }
}

/// Every day of a period for every site from the scope down; days on which nothing moved included.
/// Reads the months before and the days of at most one month more than the period.
pub async fn list_days(
    tx: &mut Tx,
    scope: &Scope,
    kind: Kind,
    period: Period,
) -> Result<HashMap<Id<Site>, Vec<Day>>, StoreError> {
    let first_month = month_of(period.first());
    let mut begin: HashMap<Id<Site>, i64> = tx
        .list::<(Id<Site>, i64)>(
            "SELECT site_id, CAST(SUM(net) AS BIGINT) FROM census_month
             WHERE site_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1)
               AND kind = $2 AND month < $3 GROUP BY site_id ORDER BY site_id",
            binds![scope.site_id(), kind.word(), first_month.as_str()],
        )
        .await?
        .into_iter()
        .collect();
    let rows: Vec<DayRow> = tx
        .list(
            "SELECT site_id, date, admissions, discharges, deaths, transfers_in, transfers_out, same_day,
                    before_noon, unseen, stay_days FROM census_day
             WHERE site_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1)
               AND kind = $2 AND date >= $3 AND date < $4 ORDER BY site_id, date",
            binds![scope.site_id(), kind.word(), format!("{first_month}-01"), period.until()],
        )
        .await?;
    let mut of_site: HashMap<Id<Site>, BTreeMap<Date, Counts>> = HashMap::new();
    for row in rows {
        if row.date < period.first() {
            *begin.entry(row.site).or_default() += row.counts.net();
        } else {
            of_site.entry(row.site).or_default().insert(row.date, row.counts);
        }
    }
    let sites: std::collections::HashSet<Id<Site>> = begin.keys().chain(of_site.keys()).copied().collect();
    Ok(sites
        .into_iter()
        .map(|site| {
            let counts = of_site.remove(&site).unwrap_or_default();
            (site, fill(period, begin.get(&site).copied().unwrap_or(0), &counts))
        })
        .collect())
}

fn fill(period: Period, mut begin: i64, counts: &BTreeMap<Date, Counts>) -> Vec<Day> {
    period
        .days()
        .map(|date| {
            let day = Day { date, begin, counts: counts.get(&date).copied().unwrap_or_default() };
            begin = day.midnight_census();
            day
        })
        .collect()
}
