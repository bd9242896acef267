//! Seasonal naive: the same as last season. The baseline of everything.

use crate::series::BadSeries;

/// The next `horizon` values, each the one of its place in the last season seen.
///
/// # Errors
/// [`BadSeries::TooShort`] for less than one season.
pub fn seasonal_naive(values: &[f64], season: usize, horizon: usize) -> Result<Vec<f64>, BadSeries> {
    if season == 0 {
        return Err(BadSeries::NoSpan { season, horizon });
    }
    let too_short = BadSeries::TooShort { got: values.len(), needed: season };
    let from = values.len().checked_sub(season).ok_or(too_short)?;
    let last = values.get(from..).ok_or(too_short)?;
    Ok(last.iter().copied().cycle().take(horizon).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_season_repeats() {
        assert_eq!(seasonal_naive(&[9., 1., 2., 3.], 3, 5).unwrap(), [1., 2., 3., 1., 2.]);
        assert!(seasonal_naive(&[1., 2.], 3, 5).is_err());
        assert!(seasonal_naive(&[1., 2.], 0, 5).is_err());
    }
}
