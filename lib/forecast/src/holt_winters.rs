//! Holt-Winters, additive: a level, a trend that may fade, and a season, each smoothed.

use crate::series::{BadSeries, real};

/// How fast each part follows the data, from 0 (never) to 1 (at once).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smoothing {
    /// Of the level.
    pub alpha: f64,
    /// Of the trend.
    pub beta: f64,
    /// Of the season.
    pub gamma: f64,
    /// What is left of the trend after one step; 1 is the classic model.
    pub fading: f64,
}

/// The model run over a series; it remembers its state after every value.
#[derive(Clone, Debug, PartialEq)]
pub struct HoltWinters {
    season: usize,
    smoothing: Smoothing,
    /// Level and trend after each value from the first season's last on.
    states: Vec<(f64, f64)>,
    /// The season's part at each value.
    seasonal: Vec<f64>,
    fits: Vec<f64>,
}

impl HoltWinters {
    /// Runs over the values. Starts at the second season (DOMAIN 1.6): the level is the mean of the
    /// first, the trend the difference of the first two means over the season.
    ///
    /// # Errors
    /// [`BadSeries::TooShort`] for less than two seasons.
    pub fn run(values: &[f64], season: usize, smoothing: Smoothing) -> Result<HoltWinters, BadSeries> {
        if season == 0 {
            return Err(BadSeries::NoSpan { season, horizon: 1 });
        }
        let too_short = BadSeries::TooShort { got: values.len(), needed: 2 * season };
        let first = values.get(..season).ok_or(too_short)?;
        let second = values.get(season..2 * season).ok_or(too_short)?;
        let mean = |part: &[f64]| part.iter().sum::<f64>() / real(season);
        let mut level = mean(first);
        let mut trend = (mean(second) - level) / real(season);
        let mut run = HoltWinters {
            season,
            smoothing,
            states: Vec::with_capacity(values.len()),
            seasonal: Vec::with_capacity(values.len()),
            fits: Vec::with_capacity(values.len() - season),
        };
        run.states.push((level, trend));
        run.seasonal.extend(first.iter().map(|value| value - level));
        let Smoothing { alpha, beta, gamma, fading } = smoothing;
        for (idx, &value) in values.iter().skip(season).enumerate() {
            let seasonal = run.seasonal.get(idx).copied().unwrap_or(0.0); // one season back
            let carried = level + fading * trend;
            run.fits.push(carried + seasonal);
            let next = alpha * (value - seasonal) + (1.0 - alpha) * carried;
            trend = beta * (next - level) + (1.0 - beta) * fading * trend;
            level = next;
            run.seasonal.push(gamma * (value - level) + (1.0 - gamma) * seasonal);
            run.states.push((level, trend));
        }
        Ok(run)
    }

    /// One-step forecasts made along the way, from the second season on.
    pub fn fits(&self) -> &[f64] {
        &self.fits
    }

    /// Level and trend after the last value.
    pub fn state(&self) -> (f64, f64) {
        self.states.last().copied().unwrap_or((0.0, 0.0))
    }

    /// The next `horizon` values after the last one.
    pub fn forecast(&self, horizon: usize) -> Vec<f64> {
        self.forecast_from(self.seasonal.len(), horizon)
    }

    /// The `horizon` values after the first `n_known`, as they were forecast then.
    ///
    /// Before the end of the first season the model knows nothing and answers with its start.
    pub fn forecast_from(&self, n_known: usize, horizon: usize) -> Vec<f64> {
        let n_known = n_known.clamp(self.season, self.seasonal.len());
        let (level, trend) = self.states.get(n_known - self.season).copied().unwrap_or((0.0, 0.0));
        let seasonal = self.seasonal.get(n_known - self.season..n_known).unwrap_or_default();
        let mut carried = 0.0;
        let mut left = 1.0;
        let step = |seasonal: &f64| {
            left *= self.smoothing.fading;
            carried += left * trend;
            level + carried + seasonal
        };
        seasonal.iter().cycle().take(horizon).map(step).collect()
    }

    /// Searches the smoothing with the smallest squared error at some leads (1 is the next value).
    ///
    /// A coarse grid, then steps along each axis that halve when none of them helps: three
    /// numbers on a smooth surface need nothing finer. The trend fades in every candidate,
    /// because at a month's distance one that does not runs away.
    ///
    /// # Errors
    /// [`BadSeries::TooShort`] for less than two seasons.
    pub fn search(values: &[f64], season: usize, leads: &[usize]) -> Result<Smoothing, BadSeries> {
        let cost = |smoothing: Smoothing| -> Result<f64, BadSeries> {
            Ok(HoltWinters::run(values, season, smoothing)?.cost(values, leads))
        };
        let mut best = Smoothing { alpha: 0.3, beta: 0.0, gamma: 0.1, fading: 0.9 };
        let mut least = cost(best)?;
        for alpha in [0.05, 0.2, 0.5, 0.8] {
            for (beta, fading) in [(0.0, 0.9), (0.1, 0.9), (0.05, 0.98)] {
                for gamma in [0.03, 0.15] {
                    let candidate = Smoothing { alpha, beta, gamma, fading };
                    let error = cost(candidate)?;
                    if error < least {
                        (best, least) = (candidate, error);
                    }
                }
            }
        }
        let mut step = 0.5;
        for _ in 0..8 {
            let mut moved = false;
            for candidate in neighbors(best, step) {
                let error = cost(candidate)?;
                if error < least {
                    (best, least, moved) = (candidate, error, true);
                }
            }
            if !moved {
                step /= 2.0;
            }
        }
        Ok(best)
    }

    /// Mean squared error over the leads, the first season after the start left out as practice.
    fn cost(&self, values: &[f64], leads: &[usize]) -> f64 {
        let at_lead = |&lead: &usize| -> f64 {
            let fading = self.smoothing.fading;
            let reach: f64 = (1..=lead)
                .scan(1.0, |left, _| {
                    *left *= fading;
                    Some(*left)
                })
                .sum();
            // The state after value t stands at t + 1 - season; the seasonal part of t + lead was
            // last known whole seasons before it.
            let first = self.season * 2;
            let states = self.states.iter().skip(first - self.season);
            let back = lead.div_ceil(self.season) * self.season;
            let seasonal = self.seasonal.iter().skip((first + lead - 1).saturating_sub(back));
            let actual = values.iter().skip(first + lead - 1);
            let (n, sum) = actual
                .zip(states.zip(seasonal))
                .map(|(actual, ((level, trend), seasonal))| actual - (level + reach * trend + seasonal))
                .fold((0_u32, 0.0), |(n, sum), off| (n + 1, sum + off * off));
            if n == 0 { 0.0 } else { sum / f64::from(n) }
        };
        leads.iter().map(at_lead).sum()
    }
}

/// A step up and down along each axis, within bounds that keep the model stable.
fn neighbors(from: Smoothing, step: f64) -> [Smoothing; 6] {
    let up = |value: f64, max: f64| (value + step * 0.3 * max).min(max);
    let down = |value: f64, max: f64| (value - step * 0.3 * max).max(0.0);
    [
        Smoothing { alpha: up(from.alpha, 0.95), ..from },
        Smoothing { alpha: down(from.alpha, 0.95), ..from },
        Smoothing { beta: up(from.beta, 0.3), ..from },
        Smoothing { beta: down(from.beta, 0.3), ..from },
        Smoothing { gamma: up(from.gamma, 0.6), ..from },
        Smoothing { gamma: down(from.gamma, 0.6), ..from },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CLASSIC: Smoothing = Smoothing { alpha: 0.5, beta: 0.2, gamma: 0.3, fading: 1.0 };

    fn close(got: &[f64], want: &[f64]) {
        assert_eq!(got.len(), want.len());
        for (got, want) in got.iter().zip(want) {
            assert!((got - want).abs() <= 0.5e-6, "{got} is not {want}");
        }
    }

    #[test]
    fn t_13_holt_winters_by_hand() {
        let values = [30., 40., 20., 33., 45., 22., 39., 46., 29.];
        let run = HoltWinters::run(&values, 3, CLASSIC).unwrap();
        close(run.fits(), &[31.111111, 43.355556, 25.642222, 35.204667, 48.545422, 27.704924]);
        close(&[run.state().0, run.state().1], &[38.898796, 1.354721]);
        close(&run.forecast(3), &[41.106150, 51.473091, 32.610886]);
        assert_eq!(run.forecast_from(8, 1), run.fits()[5..]);
    }

    #[test]
    fn a_forecast_from_the_past_knows_nothing_later() {
        let values: Vec<f64> = (0..60).map(|i| f64::from(i % 7 * 3 + i * i % 11)).collect();
        let whole = HoltWinters::run(&values, 7, CLASSIC).unwrap();
        let part = HoltWinters::run(&values[..40], 7, CLASSIC).unwrap();
        assert_eq!(whole.forecast_from(40, 20), part.forecast(20));
    }

    #[test]
    fn the_search_beats_a_bad_guess_and_refuses_less_than_two_seasons() {
        let values: Vec<f64> =
            (0..140).map(|i| 100.0 + f64::from(i % 7) * 2.0 + f64::from(i * 37 % 13)).collect();
        let found = HoltWinters::search(&values, 7, &[1, 7]).unwrap();
        let cost = |smoothing| HoltWinters::run(&values, 7, smoothing).unwrap().cost(&values, &[1, 7]);
        assert!(cost(found) < cost(CLASSIC));
        assert!(HoltWinters::search(&values[..13], 7, &[1]).is_err());
    }

    proptest! {
        #[test]
        fn forecasts_are_finite(
            values in prop::collection::vec(0.0..1e6_f64, 14..120),
            horizon in 1_usize..60,
        ) {
            let found = HoltWinters::search(&values, 7, &[1, horizon]).unwrap();
            let run = HoltWinters::run(&values, 7, found).unwrap();
            prop_assert!(run.forecast(horizon).iter().all(|value| value.is_finite()));
        }
    }
}
