//! A series fit to be forecast: evenly spaced, finite, with gaps filled and remembered.

/// Numbers beyond this are mistakes.
const SIZE_MAX: f64 = 1e12;

/// Evenly spaced values with a season, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    values: Vec<f64>,
    is_known: Vec<bool>,
    season: usize,
}

/// Why a series cannot be forecast.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum BadSeries {
    /// Not enough values.
    #[error(
        "a forecast needs {needed} values in a row and there are {got}; wait, or ask for a shorter horizon"
    )]
    TooShort {
        /// Values there are.
        got: usize,
        /// Values needed.
        needed: usize,
    },
    /// A value is not a number, infinite or absurdly large.
    #[error("value {} is {value}, which is not a usable number; correct it or leave a gap", idx + 1)]
    NotANumber {
        /// Its position.
        idx: usize,
        /// What came.
        value: f64,
    },
    /// More than a fifth of the values are missing.
    #[error(
        "{missing} of {of} values are missing; a forecast takes one in five at most, so load the missing days first"
    )]
    TooManyGaps {
        /// Values missing.
        missing: usize,
        /// Length of the series.
        of: usize,
    },
    /// More than half of the newest season is missing, so the forecast would start from old news.
    #[error("{missing} of the newest {season} values are missing; check the feed before trusting a forecast")]
    Stale {
        /// Values missing at the end.
        missing: usize,
        /// Length of the season.
        season: usize,
    },
    /// A season or horizon of nothing, or of more than a series can hold.
    #[error(
        "a season of {season} and a horizon of {horizon} cannot be forecast; both must be at least 1 and at most 10,000"
    )]
    NoSpan {
        /// Season asked for.
        season: usize,
        /// Horizon asked for.
        horizon: usize,
    },
}

impl Series {
    /// A series with a season of so many values; `None` is a gap.
    ///
    /// A gap takes the value one season earlier, or later at the very start. Filled values carry
    /// the models over the gap and are never counted as truth when errors are measured.
    ///
    /// # Errors
    /// [`BadSeries`] for less than one season, unusable numbers, or too many gaps.
    pub fn new(values: &[Option<f64>], season: usize) -> Result<Series, BadSeries> {
        if season == 0 || season > 10_000 {
            return Err(BadSeries::NoSpan { season, horizon: 1 });
        }
        if values.len() < season {
            return Err(BadSeries::TooShort { got: values.len(), needed: season });
        }
        for (idx, value) in values.iter().enumerate() {
            if let Some(value) = value.filter(|value| !value.is_finite() || value.abs() > SIZE_MAX) {
                return Err(BadSeries::NotANumber { idx, value });
            }
        }
        let n_missing = |part: &[Option<f64>]| part.iter().filter(|value| value.is_none()).count();
        let (missing, of) = (n_missing(values), values.len());
        if missing * 5 > of {
            return Err(BadSeries::TooManyGaps { missing, of });
        }
        let missing = n_missing(values.get(of - season..).unwrap_or_default());
        if missing * 2 > season {
            return Err(BadSeries::Stale { missing, season });
        }
        let is_known = values.iter().map(Option::is_some).collect();
        Ok(Series { values: filled(values, season), is_known, season })
    }

    /// A value a day, with a season of seven.
    ///
    /// # Errors
    /// As [`Series::new`].
    pub fn daily(values: &[Option<f64>]) -> Result<Series, BadSeries> {
        Series::new(values, 7)
    }

    /// A value an hour: the season is the week once there are four of them, the day before that.
    ///
    /// # Errors
    /// As [`Series::new`].
    pub fn hourly(values: &[Option<f64>]) -> Result<Series, BadSeries> {
        Series::new(values, if values.len() >= 4 * 168 { 168 } else { 24 })
    }

    /// The values, gaps filled.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Which values were measured rather than filled in.
    pub fn is_known(&self) -> &[bool] {
        &self.is_known
    }

    /// Length of the season.
    pub fn season(&self) -> usize {
        self.season
    }

    /// Counts do not fall below zero; a series that never did is not forecast to.
    pub(crate) fn floor(&self) -> f64 {
        if self.values.iter().all(|&value| value >= 0.0) { 0.0 } else { f64::NEG_INFINITY }
    }
}

fn filled(values: &[Option<f64>], season: usize) -> Vec<f64> {
    let mut full: Vec<f64> = Vec::with_capacity(values.len());
    for (idx, value) in values.iter().enumerate() {
        let before = || idx.checked_sub(season).and_then(|back| full.get(back).copied());
        let later = || values.iter().skip(idx).step_by(season).flatten().next().copied();
        let any = || values.iter().flatten().next().copied();
        full.push(value.or_else(before).or_else(later).or_else(any).unwrap_or(0.0));
    }
    full
}

/// A count as a real number; no series is longer than 32 bits.
pub(crate) fn real(n: usize) -> f64 {
    u32::try_from(n).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_takes_the_value_a_season_before_or_else_after() {
        let series = Series::new(
            &[None, Some(2.), Some(3.), Some(4.), Some(5.), None, Some(7.), Some(8.), Some(9.), Some(1.)],
            3,
        )
        .unwrap();
        assert_eq!(series.values(), [4., 2., 3., 4., 5., 3., 7., 8., 9., 1.]);
        assert_eq!(series.is_known().iter().filter(|known| !**known).count(), 2);
    }

    #[test]
    fn refusals_say_what_to_do() {
        let check = |values: &[Option<f64>], text: &str| {
            assert_eq!(Series::new(values, 3).unwrap_err().to_string(), text);
        };
        check(
            &[Some(1.); 2],
            "a forecast needs 3 values in a row and there are 2; wait, or ask for a shorter horizon",
        );
        check(
            &[Some(1.), Some(f64::NAN), Some(1.)],
            "value 2 is NaN, which is not a usable number; correct it or leave a gap",
        );
        check(
            &[Some(1.), None, Some(1.), Some(1.)],
            "1 of 4 values are missing; a forecast takes one in five at most, so load the missing days first",
        );
        let mut values = vec![Some(1.); 20];
        values.extend([None, None]);
        check(&values, "2 of the newest 3 values are missing; check the feed before trusting a forecast");
        assert!(Series::new(&[Some(1.)], 0).is_err());
        assert!(Series::daily(&[]).is_err());
    }
}
