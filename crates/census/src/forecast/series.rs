//! The series that are forecast: by day from the daily counts, by hour from places. Pure.

use super::Series;
use crate::adt::model::Micros;
use crate::tally::rules::{Kind, Leg};
use crate::tally::store::Day;
use identity::{Care, SiteInfo};

/// Hours of history an hourly forecast learns from: eight weeks.
pub const HOURS: usize = 8 * 168;
/// Days of history a daily forecast learns from: two years.
pub const DAYS: i64 = 730;

const HOUR: Micros = 3_600_000_000;

/// Whom the census of a site counts: a unit's own patients, and inpatients above.
#[must_use]
pub fn kind_of(site: &SiteInfo) -> Kind {
    match site.care {
        Care::Emergency => Kind::Emergency,
        Care::Observation => Kind::Observation,
        Care::Nursery => Kind::Newborn,
        Care::Inpatient | Care::Outpatient | Care::Unmapped => Kind::Inpatient,
    }
}

/// The values of a daily series, from the first day anything moved.
#[must_use]
pub fn daily(series: Series, days: &[Day]) -> Vec<f64> {
    let is_quiet = |day: &&Day| day.begin == 0 && day.midnight_census() == 0 && day.service_days() == 0;
    let known = days.iter().skip_while(is_quiet);
    known
        .map(|day| {
            let counts = day.counts;
            let value = match series {
                Series::Census | Series::Hourly => day.midnight_census(),
                Series::Admissions => counts.admissions + counts.transfers_in,
                Series::Discharges => counts.discharges + counts.deaths + counts.transfers_out,
            };
            value as f64
        })
        .collect()
}

/// Patients inside at the end of each full hour of a window.
#[derive(Debug, Clone)]
pub struct Hours {
    /// The start of the window, on an hour.
    from: Micros,
    /// What each hour adds to the one before.
    steps: Vec<i64>,
}

impl Hours {
    /// The window of so many full hours that ends at or before `now`.
    #[must_use]
    pub fn before(now: Micros, n_hours: usize) -> Hours {
        let until = now - now.rem_euclid(HOUR);
        let back = i64::try_from(n_hours).unwrap_or(i64::MAX).saturating_mul(HOUR);
        Hours { from: until - back, steps: vec![0; n_hours] }
    }

    /// The first instant of the window.
    #[must_use]
    pub fn from(&self) -> Micros {
        self.from
    }

    /// The first instant after the window.
    #[must_use]
    pub fn until(&self) -> Micros {
        self.from + i64::try_from(self.steps.len()).unwrap_or(i64::MAX).saturating_mul(HOUR)
    }

    /// Counts a place: the patient is inside at the ends of the hours in `[from, to)`.
    pub fn add(&mut self, leg: &Leg) {
        // The first hour whose end is not before the instant.
        let idx_of = |at: Micros| {
            let hours = ((at - self.from).max(0) + HOUR - 1) / HOUR - 1;

            usize::try_from(hours.max(0)).unwrap_or(usize::MAX)
        };
        let (first, last) = (idx_of(leg.from), idx_of(leg.to));
        if let Some(step) = self.steps.get_mut(first) {
            *step += 1;
        }
        if let Some(step) = self.steps.get_mut(last) {
            *step -= 1;
        }
    }

    /// How many were inside at the end of each hour, from the first hour anyone was.
    #[must_use]
    pub fn values(&self) -> Vec<f64> {
        let inside = self.steps.iter().scan(0, |inside, step| {
            *inside += step;
            Some(*inside)
        });
        inside.skip_while(|inside| *inside == 0).map(|inside| inside as f64).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adt::model::OPEN;
    use crate::tally::rules::Counts;
    use crate::{Began, Ended};
    use base::Id;
    use jiff::civil::date;

    fn leg(from: Micros, to: Micros) -> Leg {
        Leg {
            unit: Id::new(1, 1),
            bed: String::new(),
            class: "I".to_owned(),
            began: Began::Arrived,
            ended: Ended::Open,
            from,
            to,
        }
    }

    #[test]
    fn an_hour_counts_who_is_inside_at_its_end() {
        let now = 100 * HOUR + 5;
        let mut hours = Hours::before(now, 4);
        assert_eq!((hours.from(), hours.until()), (96 * HOUR, 100 * HOUR));
        hours.add(&leg(0, OPEN)); // long inside
        hours.add(&leg(97 * HOUR + 1, 99 * HOUR)); // ends on the hour: not inside at 99:00
        hours.add(&leg(98 * HOUR, 98 * HOUR + 7)); // arrives on the hour: inside at 98:00
        hours.add(&leg(98 * HOUR + 1, 98 * HOUR + 9)); // never inside at the end of an hour
        assert_eq!(hours.values(), [1.0, 3.0, 1.0, 1.0]);
    }

    #[test]
    fn hours_before_the_first_patient_are_no_history() {
        let mut hours = Hours::before(10 * HOUR, 4);
        hours.add(&leg(8 * HOUR + 1, OPEN));
        assert_eq!(hours.values(), [1.0, 1.0]);
    }

    #[test]
    fn days_before_the_first_patient_are_no_history() {
        let day = |n: i8, begin: i64, admissions: i64| Day {
            date: date(2026, 10, n),
            begin,
            counts: Counts { admissions, ..Counts::default() },
        };
        let days = [day(1, 0, 0), day(2, 0, 3), day(3, 3, 0)];
        assert_eq!(daily(Series::Census, &days), [3.0, 3.0]);
        assert_eq!(daily(Series::Admissions, &days), [3.0, 0.0]);
        assert_eq!(daily(Series::Discharges, &days), [0.0, 0.0]);
    }
}
