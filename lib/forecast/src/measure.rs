//! How wrong a forecast was, and small statistics.

use crate::series::real;

/// Errors of a forecast against what happened (DOMAIN 1.6).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Errors {
    /// Mean absolute error.
    pub mae: f64,
    /// Root of the mean squared error.
    pub rmse: f64,
    /// Mean of forecast less actual: positive where the forecast is too high.
    pub bias: f64,
    /// Mean absolute percentage over actuals that are not zero; `None` where all are.
    pub mape: Option<f64>,
    /// Sum of absolute errors as a percentage of the sum of actuals; `None` where that is zero.
    pub wape: Option<f64>,
}

/// Why actuals and forecasts cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{actual} actual values and {forecast} forecasts cannot be compared; give one forecast for each value"
)]
pub struct BadPairs {
    /// How many actual values there are.
    pub actual: usize,
    /// How many forecasts there are.
    pub forecast: usize,
}

/// Compares forecasts with actuals, pair by pair.
///
/// # Errors
/// [`BadPairs`] where there are none, or not equally many.
pub fn errors(actual: &[f64], forecast: &[f64]) -> Result<Errors, BadPairs> {
    if actual.is_empty() || actual.len() != forecast.len() {
        return Err(BadPairs { actual: actual.len(), forecast: forecast.len() });
    }
    let n = real(actual.len());
    let pairs = || actual.iter().zip(forecast).map(|(actual, forecast)| (actual, forecast - actual));
    let sum_abs: f64 = pairs().map(|(_, off)| off.abs()).sum();
    let sum_actual: f64 = actual.iter().map(|value| value.abs()).sum();
    let shares: Vec<f64> =
        pairs().filter(|(actual, _)| **actual != 0.0).map(|(actual, off)| (off / actual).abs()).collect();
    Ok(Errors {
        mae: sum_abs / n,
        rmse: (pairs().map(|(_, off)| off * off).sum::<f64>() / n).sqrt(),
        bias: pairs().map(|(_, off)| off).sum::<f64>() / n,
        mape: (!shares.is_empty()).then(|| 100.0 * shares.iter().sum::<f64>() / real(shares.len())),
        wape: (sum_actual > 0.0).then(|| 100.0 * sum_abs / sum_actual),
    })
}

/// MASE: a mean absolute error over that of seasonal naive, one season ahead, on `past`.
///
/// `None` where the past repeats itself exactly, so that there is nothing to scale by.
pub fn scaled_error(mae: f64, past: &[f64], season: usize) -> Option<f64> {
    let steps: Vec<f64> = past.iter().zip(past.iter().skip(season)).map(|(a, b)| (b - a).abs()).collect();
    let naive = steps.iter().sum::<f64>() / real(steps.len());
    (naive > 0.0).then_some(mae / naive)
}

/// The mean at each position of the season over the mean of all: the day-of-week index for 7.
///
/// The first index belongs to the first value. `None` for less than one season or a mean of zero.
/// Over whole seasons the indices sum to the length of the season.
pub fn season_indices(values: &[f64], season: usize) -> Option<Vec<f64>> {
    let mean = values.iter().sum::<f64>() / real(values.len());
    if season == 0 || values.len() < season || mean == 0.0 || !mean.is_finite() {
        return None;
    }
    let at = |position: usize| {
        let (n, sum) = values
            .iter()
            .skip(position)
            .step_by(season)
            .fold((0, 0.0), |(n, sum), value| (n + 1, sum + value));
        sum / real(n) / mean
    };
    Some((0..season).map(at).collect())
}

/// The value below which a share `p` of the values lies, between ranks by straight line:
/// rank (n − 1)·p, as spreadsheets do it.
///
/// `None` for no values, values that are not numbers, or `p` outside 0 to 1.
pub fn percentile(values: &[f64], p: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&p) || values.iter().any(|value| value.is_nan()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    percentile_of_sorted(&sorted, p)
}

/// [`percentile`] of values that are in order already.
pub(crate) fn percentile_of_sorted(sorted: &[f64], p: f64) -> Option<f64> {
    let rank = real(sorted.len().checked_sub(1)?) * p;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= rank < length")]
    let below_idx = rank.floor() as usize;
    let below = *sorted.get(below_idx)?;
    let above = sorted.get(below_idx + 1).copied().unwrap_or(below);
    Some(below + (above - below) * rank.fract())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(got: f64, want: f64, unit: f64) {
        assert!((got - want).abs() <= unit / 2.0, "{got} is not {want}");
    }

    #[test]
    fn t_12_day_of_week_indices() {
        let values = [210., 214., 218., 216., 209., 196., 190., 212., 217., 221., 219., 211., 198., 192.];
        let indices = season_indices(&values, 7).unwrap();
        let want = [1.0106, 1.0322, 1.0513, 1.0417, 1.0058, 0.9436, 0.9148];
        indices.iter().zip(want).for_each(|(&got, want)| close(got, want, 1e-4));
        close(indices.iter().sum(), 7.0, 1e-9);
        assert_eq!(season_indices(&values[..6], 7), None);
        assert_eq!(season_indices(&[0.0; 7], 7), None);
    }

    #[test]
    fn t_14_error_measures() {
        let errors = errors(&[100., 110., 120., 130.], &[105., 108., 118., 140.]).unwrap();
        assert_eq!((errors.mae, errors.bias), (4.75, 2.75));
        close(errors.rmse, 5.7663, 1e-4);
        close(errors.mape.unwrap(), 4.0443, 1e-4);
        close(errors.wape.unwrap(), 4.1304, 1e-4);
    }

    #[test]
    fn zeros_leave_percentages_out_and_uneven_pairs_are_refused() {
        let all_zero = errors(&[0.0, 0.0], &[1.0, 0.0]).unwrap();
        assert_eq!((all_zero.mape, all_zero.wape, all_zero.mae), (None, None, 0.5));
        assert_eq!(
            errors(&[1.0], &[]).unwrap_err().to_string(),
            "1 actual values and 0 forecasts cannot be compared; give one forecast for each value"
        );
        assert_eq!(scaled_error(1.0, &[5.0; 20], 7), None);
        assert_eq!(scaled_error(1.0, &[5.0; 3], 7), None);
    }

    #[test]
    fn percentiles_lie_between_ranks() {
        let check = |values: &[f64], p, want| assert_eq!(percentile(values, p), want);
        check(&[4., 1., 3., 2.], 0.5, Some(2.5));
        check(&[4., 1., 3., 2.], 0.9, Some(3.7));
        check(&[4., 1.], 0.0, Some(1.));
        check(&[4., 1.], 1.0, Some(4.));
        check(&[5.], 0.9, Some(5.));
        check(&[], 0.5, None);
        check(&[1.], 1.1, None);
        check(&[f64::NAN], 0.5, None);
    }

    proptest! {
        #[test]
        fn a_percentile_lies_between_the_extremes(
            values in prop::collection::vec(-1e6..1e6_f64, 1..50),
            p in 0.0..=1.0_f64,
        ) {
            let got = percentile(&values, p).unwrap();
            prop_assert!(values.iter().any(|&value| value <= got + 1e-9));
            prop_assert!(values.iter().any(|&value| value >= got - 1e-9));
        }
    }
}
