//! Yearly sums: hours, full-time equivalents, and hours for each patient day.
//!
//! Every figure keeps its two parts and is divided only when shown.

/// Paid hours of one full-time equivalent in a year: 40 x 52.
pub const PAID_HOURS: i64 = 2_080;
/// Hours of a year around the clock.
pub const YEAR_HOURS: i64 = 8_760;

/// An amount kept as two parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Above the line.
    pub above: i64,
    /// Below it.
    pub below: i64,
}

impl Parts {
    /// Rounded half up to so many decimal places, as a whole number of these; `None` for n/a.
    #[must_use]
    pub fn rounded(self, places: u32) -> Option<i64> {
        if self.below <= 0 {
            return None;
        }
        let (above, below) = (i128::from(self.above) * 10_i128.pow(places.min(9)), i128::from(self.below));
        i64::try_from((2 * above + below).div_euclid(2 * below)).ok()
    }
}

/// Hours one full-time equivalent works in a year, when so many percent of paid time is not worked.
#[must_use]
pub fn worked_hours(non_productive_percent: i64) -> Parts {
    Parts { above: PAID_HOURS * (100 - non_productive_percent), below: 100 }
}

/// Full-time equivalents to keep a post of so many hours a year, relief for time not worked included.
#[must_use]
pub fn post(hours_a_year: i64, non_productive_percent: i64) -> Parts {
    let worked = worked_hours(non_productive_percent);
    Parts { above: hours_a_year * worked.below, below: worked.above }
}

/// Productive hours in a year for an average census and a target in minutes for each patient day.
#[must_use]
pub fn productive_hours(average_census: i64, minutes_a_patient_day: i64) -> Parts {
    Parts { above: average_census * minutes_a_patient_day * 365, below: 60 }
}

/// Full-time equivalents that work so many hours.
#[must_use]
pub fn productive_fte(hours: Parts) -> Parts {
    Parts { above: hours.above, below: hours.below * PAID_HOURS }
}

/// Paid full-time equivalents behind productive ones.
#[must_use]
pub fn paid_fte(productive: Parts, non_productive_percent: i64) -> Parts {
    Parts { above: productive.above * 100, below: productive.below * (100 - non_productive_percent) }
}

/// A part of an amount in percent.
#[must_use]
pub fn percent_of(amount: Parts, percent: i64) -> Parts {
    Parts { above: amount.above * percent, below: amount.below * 100 }
}

/// Hours for each patient day, or each resident day.
#[must_use]
pub fn hours_per_patient_day(hours: i64, patient_days: i64) -> Parts {
    Parts { above: hours, below: patient_days }
}

/// Minutes of care that patients need by acuity: so many patients at so many minutes each.
#[must_use]
pub fn acuity_minutes(levels: &[(i64, i64)]) -> i64 {
    levels.iter().map(|(patients, minutes)| patients * minutes).sum()
}
