//! Choosing: the model that beats the baseline on held-out data, or the baseline itself.

use crate::backtest::{Model, ModelScore, Oracle, Report, backtest, needed};
use crate::series::{BadSeries, Series};

/// Origins of the back-test behind a choice.
const ORIGINS: usize = 48;
/// A win by less than 1% is luck.
const WIN: f64 = 0.99;

/// A forecast, and what speaks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The model used: the best, or seasonal naive where none beats it.
    pub model: Model,
    /// The seasonal naive it was measured against: the better one, where there are two seasons.
    pub baseline: Model,
    /// Whether the model beat the baseline on held-out data, over all of it and over the newer half.
    /// Where it did not, `model` is the baseline and the page should say so.
    pub beats_baseline: bool,
    /// The forecast, the next value first.
    pub points: Vec<ForecastPoint>,
    /// The back-test of every model.
    pub report: Report,
}

/// One forecast value with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ForecastPoint {
    /// The most likely value.
    pub value: f64,
    /// Lower end of the interval that holds [`crate::INTERVAL`] of actual values.
    pub lower: f64,
    /// Upper end of that interval.
    pub upper: f64,
    /// Whether the model beat the baseline around this lead.
    pub beats_baseline: bool,
}

/// How many values [`choose`] needs for a season and a horizon.
pub fn points_needed(season: usize, horizon: usize) -> usize {
    needed(season, horizon)
}

/// Forecasts the next `horizon` values with the model that wins the back-test.
///
/// # Errors
/// [`BadSeries::TooShort`] for fewer values than [`points_needed`]; a horizon of 0 or above 10,000.
pub fn choose(series: &Series, horizon: usize) -> Result<Choice, BadSeries> {
    let season = series.season();
    let mut models = vec![Model::SeasonalNaive { season }];
    if season > 24 && season.is_multiple_of(24) {
        models.push(Model::SeasonalNaive { season: 24 }); // same hour yesterday
    }
    let n_naive = models.len();
    models.extend([Model::HoltWinters, Model::Level, Model::Blend]);
    let report = backtest(series, horizon, ORIGINS, &models)?;

    let (naive, learned) = report.scores.split_at_checked(n_naive).unwrap_or_default();
    let too_short = BadSeries::TooShort { got: series.values().len(), needed: needed(season, horizon) };
    let baseline = least(naive).ok_or(too_short)?;
    let best = least(learned).ok_or(too_short)?;
    let beats_baseline =
        best.overall.mae < WIN * baseline.overall.mae && best.mae_lately() < WIN * baseline.mae_lately();
    let chosen = if beats_baseline { best } else { baseline };

    let points = points(series, horizon, chosen, baseline)?;
    Ok(Choice { model: chosen.model, baseline: baseline.model, beats_baseline, points, report })
}

fn least(scores: &[ModelScore]) -> Option<&ModelScore> {
    scores.iter().min_by(|a, b| a.overall.mae.total_cmp(&b.overall.mae))
}

/// The chosen model, fitted again on everything, with the residuals of its back-test around it.
fn points(
    series: &Series,
    horizon: usize,
    chosen: &ModelScore,
    baseline: &ModelScore,
) -> Result<Vec<ForecastPoint>, BadSeries> {
    let (values, floor) = (series.values(), series.floor());
    let forecast = Oracle::new(series, values, &[values.len()], horizon).says(chosen.model)?;
    let point = |(lead_idx, &value): (usize, &f64)| {
        let (low, high) = chosen.interval(lead_idx + 1).unwrap_or((0.0, 0.0));
        ForecastPoint {
            value,
            // A model that was always too low has both quantiles above 0; the value stays inside.
            lower: (value + low.min(0.0)).max(floor),
            upper: value + high.max(0.0),
            beats_baseline: chosen.mae_near(lead_idx) < baseline.mae_near(lead_idx),
        }
    };
    Ok(forecast.iter().flatten().enumerate().map(point).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Noise that is the same on every machine: a linear congruential sequence, summed to a bell.
    struct Noise(u32);

    impl Noise {
        fn next(&mut self) -> f64 {
            let mut uniform = || {
                self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                f64::from(self.0 >> 8) / f64::from(1 << 24)
            };
            (0..12).map(|_| uniform()).sum::<f64>() - 6.0
        }
    }

    /// A census: 200 patients, a weekly pattern, a winter wave, and a house that empties slowly.
    fn census(n_days: u32, seed: u32) -> Vec<Option<f64>> {
        let weekly = [0., 4., 7., 6., 2., -8., -11.];
        let mut noise = Noise(seed);
        let mut held = 0.0;
        (0..n_days)
            .map(|day| {
                held = 0.8 * held + 4.0 * noise.next();
                let winter = 15.0 * (f64::from(day) * std::f64::consts::TAU / 365.0).cos();
                Some((200.0 + weekly[day as usize % 7] + winter + held).round())
            })
            .collect()
    }

    #[test]
    fn a_weekly_census_is_forecast_better_than_by_last_week() {
        let series = Series::daily(&census(730, 1)).unwrap();
        let choice = choose(&series, 28).unwrap();
        assert!(
            choice.beats_baseline,
            "{:?}",
            choice.report.scores.iter().map(|s| s.overall).collect::<Vec<_>>()
        );
        let score = choice.report.of(choice.model).unwrap().overall;
        let naive = choice.report.of(choice.baseline).unwrap().overall;
        assert!(score.mae < 0.9 * naive.mae, "{} against {}", score.mae, naive.mae);
        let coverage = score.coverage.unwrap();
        assert!((0.65..=0.95).contains(&coverage), "{coverage}");
        assert_eq!(choice.points.len(), 28);
        assert!(choice.points.iter().all(|point| point.lower <= point.value && point.value <= point.upper));
    }

    #[test]
    fn constants_and_zeros_keep_the_baseline() {
        let constant = choose(&Series::daily(&[Some(12.0); 100]).unwrap(), 14).unwrap();
        assert!(!constant.beats_baseline);
        assert_eq!(constant.model, Model::SeasonalNaive { season: 7 });
        assert!(constant.points.iter().all(|point| (point.lower, point.upper) == (12.0, 12.0)));
        let score = constant.report.of(constant.model).unwrap().overall;
        assert_eq!((score.mae, score.mase, score.wape), (0.0, None, Some(0.0)));

        let zeros = choose(&Series::daily(&[Some(0.0); 100]).unwrap(), 14).unwrap();
        assert!(!zeros.beats_baseline);
        assert_eq!(zeros.report.of(zeros.model).unwrap().overall.wape, None);
    }

    #[test]
    fn a_repeating_pattern_is_nobodys_win() {
        let repeated: Vec<Option<f64>> = (0..120).map(|i| Some(f64::from(i % 7))).collect();
        assert!(!choose(&Series::daily(&repeated).unwrap(), 14).unwrap().beats_baseline);
    }

    #[test]
    fn hourly_series_are_measured_against_yesterday_too() {
        let mut noise = Noise(7);
        let mut held = 0.0;
        let hours: Vec<Option<f64>> = (0..1344_u32)
            .map(|hour| {
                held = 0.97 * held + 0.8 * noise.next();
                let day = 4.0 * (f64::from(hour % 24) * std::f64::consts::TAU / 24.0).sin();
                Some(200.0 + day - if hour / 24 % 7 > 4 { 8.0 } else { 0.0 } + held)
            })
            .collect();
        let series = Series::hourly(&hours).unwrap();
        assert_eq!(series.season(), 168);
        let choice = choose(&series, 72).unwrap();
        assert!(choice.report.of(Model::SeasonalNaive { season: 24 }).is_some());
        assert!(choice.beats_baseline);
        assert!(
            choice.points[0].upper - choice.points[0].lower
                < choice.points[71].upper - choice.points[71].lower
        );
    }

    #[test]
    fn gaps_are_carried_over_and_not_counted() {
        let mut values = census(200, 3);
        (0..200).step_by(9).for_each(|idx| values[idx] = None);
        let choice = choose(&Series::daily(&values).unwrap(), 14).unwrap();
        let score = choice.report.of(choice.model).unwrap().overall;
        assert!(score.n < 14 * choice.report.origins.len());
        assert!(score.n > 11 * choice.report.origins.len());
    }

    #[test]
    fn the_shortest_series_and_one_less() {
        let needed = points_needed(7, 28);
        assert_eq!(needed, 56);
        let values = census(200, 5);
        assert!(choose(&Series::daily(&values[..56]).unwrap(), 28).is_ok());
        assert_eq!(
            choose(&Series::daily(&values[..55]).unwrap(), 28).unwrap_err().to_string(),
            "a forecast needs 56 values in a row and there are 55; wait, or ask for a shorter horizon"
        );
        assert!(choose(&Series::daily(&values).unwrap(), 0).is_err());
    }

    #[test]
    fn origins_visit_every_day_of_the_week_and_leave_the_older_half_alone() {
        let report = choose(&Series::daily(&census(730, 1)).unwrap(), 28).unwrap().report;
        let days: std::collections::BTreeSet<usize> =
            report.origins.iter().map(|origin| origin % 7).collect();
        assert_eq!(days.len(), 7);
        assert_eq!(report.origins.last(), Some(&(730 - 28)));
        assert!(report.origins[0] >= 365);
        assert_eq!(report.origins.len(), 48);
    }

    #[test]
    fn later_values_never_reach_an_earlier_forecast() {
        // The last value is in no training window: a shock there moves residuals of its own leads only.
        let calm = census(300, 9);
        let mut shocked = calm.clone();
        shocked[299] = Some(900.0);
        let report = |values: &[Option<f64>]| {
            backtest(&Series::daily(values).unwrap(), 14, 20, &[Model::HoltWinters, Model::Level]).unwrap()
        };
        for (calm, shocked) in report(&calm).scores.iter().zip(report(&shocked).scores) {
            let off = |score: &ModelScore, lead_idx: usize| score.by_lead[lead_idx].mae;
            assert!((0..13).all(|lead_idx| off(calm, lead_idx) == off(&shocked, lead_idx)));
            assert_ne!(off(calm, 13), off(&shocked, 13));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn forecasts_are_finite_and_inside_their_interval(
            values in prop::collection::vec(0.0..1e5_f64, 50..150),
            horizon in 1_usize..20,
        ) {
            let values: Vec<Option<f64>> = values.into_iter().map(Some).collect();
            for point in choose(&Series::daily(&values).unwrap(), horizon).unwrap().points {
                prop_assert!(point.value.is_finite() && point.upper.is_finite());
                prop_assert!(0.0 <= point.lower && point.lower <= point.value && point.value <= point.upper);
            }
        }
    }
}
