//! Rolling-origin back-tests: what each model would have said, against what then happened.

use crate::holt_winters::HoltWinters;
use crate::level::Level;
use crate::measure::{percentile_of_sorted, scaled_error};
use crate::naive::seasonal_naive;
use crate::series::{BadSeries, Series, real};
use std::fmt;

/// Share of actual values a prediction interval aims to hold.
pub const INTERVAL: f64 = 0.8;

/// Shares left out on each side that are tried, in this order, until the intervals hold what they
/// promise: plain quantiles of overlapping forecasts are too narrow.
const TAILS: [f64; 6] = [0.1, 0.085, 0.07, 0.055, 0.04, 0.025];

/// Neighboring leads whose residuals are pooled, on each side.
const POOL: usize = 2;

/// Blocks of origins when the coverage of intervals is measured.
const BLOCKS: usize = 4;

/// Fewer origins than this prove nothing.
pub(crate) const ORIGINS_MIN: usize = 8;

/// A way to forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// The same as one season ago.
    SeasonalNaive {
        /// Length of that season, which may be a shorter one than the series has.
        season: usize,
    },
    /// Additive Holt-Winters with a fading trend.
    HoltWinters,
    /// A profile of the season and a level that returns to its slow mean.
    Level,
    /// The mean of the two before.
    Blend,
}

/// How wrong a model was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Forecasts compared; gaps are not.
    pub n: usize,
    /// Mean absolute error.
    pub mae: f64,
    /// Mean of forecast less actual.
    pub bias: f64,
    /// Absolute errors as a percentage of actuals; `None` where those are all zero.
    pub wape: Option<f64>,
    /// Error over the one-season naive error before the first origin; `None` where that is zero.
    pub mase: Option<f64>,
    /// Share of actuals inside an interval made of the residuals of other times; `None` for too few.
    pub coverage: Option<f64>,
}

/// A model's errors over all leads and at each.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelScore {
    /// Which model.
    pub model: Model,
    /// Over all leads.
    pub overall: Score,
    /// At each lead, the first being the next value.
    pub by_lead: Vec<Score>,
    /// Actual less forecast at each lead, oldest origin first.
    residuals: Vec<Vec<f64>>,
    /// Share of the residuals an interval leaves out on each side.
    tail: f64,
}

/// The outcome of a back-test.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Leads tested.
    pub horizon: usize,
    /// How many values were known at each origin, oldest first.
    pub origins: Vec<usize>,
    /// In the order the models were given.
    pub scores: Vec<ModelScore>,
}

/// Forecasts from several origins, oldest first.
pub(crate) type Forecasts = Vec<Vec<f64>>;

/// Answers for every model; what two models share is worked out once.
pub(crate) struct Oracle<'s> {
    series: &'s Series,
    /// What parameters are learned from.
    past: &'s [f64],
    origins: &'s [usize],
    horizon: usize,
    holt_winters: Option<Forecasts>,
    level: Option<Forecasts>,
}

/// Tests models from up to `n_origins` points of the newer half of the series.
///
/// Models learn from what lies before the first origin only; at each later origin they see the
/// newer values but keep what they learned. Origins are spaced so that they visit every position
/// of the season.
///
/// # Errors
/// [`BadSeries::TooShort`] where three seasons, the horizon and eight origins do not fit.
pub fn backtest(
    series: &Series,
    horizon: usize,
    n_origins: usize,
    models: &[Model],
) -> Result<Report, BadSeries> {
    let (values, season) = (series.values(), series.season());
    let origins = origins(values.len(), season, horizon, n_origins)?;
    let past = values.get(..origins.first().copied().unwrap_or(0)).unwrap_or_default();
    let mut oracle = Oracle::new(series, past, &origins, horizon);
    let mut scores = Vec::with_capacity(models.len());
    for &model in models {
        let forecasts = oracle.says(model)?;
        scores.push(score(model, series, past, &origins, &forecasts, horizon));
    }
    Ok(Report { horizon, origins, scores })
}

/// The fewest values a back-test can be made of.
pub(crate) fn needed(season: usize, horizon: usize) -> usize {
    3 * season + horizon + ORIGINS_MIN - 1
}

fn origins(n: usize, season: usize, horizon: usize, n_origins: usize) -> Result<Vec<usize>, BadSeries> {
    if horizon == 0 || horizon > 10_000 {
        return Err(BadSeries::NoSpan { season, horizon });
    }
    let needed = needed(season, horizon);
    if n < needed {
        return Err(BadSeries::TooShort { got: n, needed });
    }
    let last = n - horizon;
    let room = last - (n / 2).clamp(3 * season, last + 1 - ORIGINS_MIN);
    let n_origins = n_origins.clamp(ORIGINS_MIN, room + 1);
    let mut step = room / (n_origins - 1);
    while greatest_divisor(step, season) > 1 {
        step -= 1; // ends at 1, which divides nothing away
    }
    Ok((0..n_origins).rev().map(|back| last - back * step).collect())
}

fn greatest_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_divisor(b, a % b) }
}

/// The leads that stand for a horizon when parameters are searched.
fn leads(horizon: usize) -> [usize; 3] {
    [1, horizon.div_ceil(3), horizon]
}

impl<'s> Oracle<'s> {
    pub(crate) fn new(
        series: &'s Series,
        past: &'s [f64],
        origins: &'s [usize],
        horizon: usize,
    ) -> Oracle<'s> {
        Oracle { series, past, origins, horizon, holt_winters: None, level: None }
    }

    /// What a model says from each origin, never below the floor of the series.
    pub(crate) fn says(&mut self, model: Model) -> Result<Forecasts, BadSeries> {
        let mut forecasts = match model {
            Model::SeasonalNaive { season } => self
                .known()
                .map(|known| seasonal_naive(known, season, self.horizon))
                .collect::<Result<Forecasts, BadSeries>>()?,
            Model::HoltWinters => self.holt_winters()?,
            Model::Level => self.level(),
            Model::Blend => {
                let level = self.level();
                let pairs = self.holt_winters()?.into_iter().zip(level);
                let mean =
                    |(a, b): (Vec<f64>, Vec<f64>)| a.iter().zip(b).map(|(a, b)| a.midpoint(b)).collect();
                pairs.map(mean).collect()
            }
        };
        let floor = self.series.floor();
        forecasts.iter_mut().flatten().for_each(|value| *value = value.max(floor));
        Ok(forecasts)
    }

    fn known(&self) -> impl Iterator<Item = &'s [f64]> + use<'s> {
        let values = self.series.values();
        self.origins.iter().map(move |&origin| values.get(..origin).unwrap_or(values))
    }

    fn holt_winters(&mut self) -> Result<Forecasts, BadSeries> {
        if let Some(forecasts) = &self.holt_winters {
            return Ok(forecasts.clone());
        }
        let season = self.series.season();
        let smoothing = HoltWinters::search(self.past, season, &leads(self.horizon))?;
        let run = HoltWinters::run(self.series.values(), season, smoothing)?;
        let from = |&origin: &usize| run.forecast_from(origin, self.horizon);
        Ok(self.holt_winters.insert(self.origins.iter().map(from).collect()).clone())
    }

    fn level(&mut self) -> Forecasts {
        if let Some(forecasts) = &self.level {
            return forecasts.clone();
        }
        let level = Level::fit(self.past, self.series.season(), self.horizon, &leads(self.horizon));
        let forecasts = self.known().map(|known| level.forecast(known)).collect();
        self.level.insert(forecasts).clone()
    }
}

fn score(
    model: Model,
    series: &Series,
    past: &[f64],
    origins: &[usize],
    forecasts: &[Vec<f64>],
    horizon: usize,
) -> ModelScore {
    let mut pairs: Vec<Vec<(f64, f64)>> = vec![Vec::with_capacity(origins.len()); horizon];
    for (&origin, forecast) in origins.iter().zip(forecasts) {
        let actual = series.values().iter().zip(series.is_known()).skip(origin);
        for (at_lead, ((&actual, is_known), &forecast)) in pairs.iter_mut().zip(actual.zip(forecast)) {
            if *is_known {
                at_lead.push((actual, forecast));
            }
        }
    }
    let residuals: Vec<Vec<f64>> =
        pairs.iter().map(|at_lead| at_lead.iter().map(|(a, f)| a - f).collect()).collect();
    let others: Vec<Vec<Judged>> = (0..horizon).map(|lead_idx| blocks(&residuals, lead_idx)).collect();
    let (tail, overall_covered) = calibrated(&others);
    let season = series.season();
    let by_lead = pairs
        .iter()
        .zip(&others)
        .map(|(pairs, blocks)| one_score(pairs, covered(blocks.iter(), tail), past, season));
    let by_lead = by_lead.collect();
    let all: Vec<(f64, f64)> = pairs.iter().flatten().copied().collect();
    ModelScore { model, overall: one_score(&all, overall_covered, past, season), by_lead, residuals, tail }
}

fn one_score(pairs: &[(f64, f64)], covered: (usize, usize), past: &[f64], season: usize) -> Score {
    let n = real(pairs.len().max(1));
    let sum_abs: f64 = pairs.iter().map(|(actual, forecast)| (forecast - actual).abs()).sum();
    let sum_actual: f64 = pairs.iter().map(|(actual, _)| actual.abs()).sum();
    Score {
        n: pairs.len(),
        mae: sum_abs / n,
        bias: pairs.iter().map(|(actual, forecast)| forecast - actual).sum::<f64>() / n,
        wape: (sum_actual > 0.0).then(|| 100.0 * sum_abs / sum_actual),
        mase: scaled_error(sum_abs / n, past, season),
        coverage: (covered.1 > 0).then(|| real(covered.0) / real(covered.1)),
    }
}

/// Residuals of one block of time, and in order those of all other times.
struct Judged {
    block: Vec<f64>,
    others: Vec<f64>,
}

/// The origins of a lead cut into blocks of time, each to be judged by the rest: single origins
/// left out would be judged by their own neighbors, and halves by the other half of a winter.
fn blocks(residuals: &[Vec<f64>], lead_idx: usize) -> Vec<Judged> {
    let part = |at_lead: &[f64], block: usize, inside: bool| -> Vec<f64> {
        let n = at_lead.len().max(1);
        let kept = at_lead.iter().enumerate().filter(|(idx, _)| (idx * BLOCKS / n == block) == inside);
        kept.map(|(_, &off)| off).collect()
    };
    let judge = |block: usize| {
        let mut others: Vec<f64> =
            pool(residuals, lead_idx).flat_map(|at_lead| part(at_lead, block, false)).collect();
        others.sort_by(f64::total_cmp);
        let block = residuals.get(lead_idx).map(|at_lead| part(at_lead, block, true)).unwrap_or_default();
        Judged { block, others }
    };
    (0..BLOCKS).map(judge).collect()
}

/// The widest tail at which the intervals hold their share, and what they then hold.
fn calibrated(by_lead: &[Vec<Judged>]) -> (f64, (usize, usize)) {
    let mut best = (0.1, (0, 0));
    for tail in TAILS {
        best = (tail, covered(by_lead.iter().flatten(), tail));
        if real(best.1.0) >= INTERVAL * real(best.1.1) {
            break;
        }
    }
    best
}

/// How many residuals lie within the interval of the others, of how many.
fn covered<'j>(judged: impl Iterator<Item = &'j Judged>, tail: f64) -> (usize, usize) {
    judged.fold((0, 0), |(n, of), one| match spread(&one.others, tail) {
        Some((low, high)) => {
            (n + one.block.iter().filter(|off| (low..=high).contains(*off)).count(), of + one.block.len())
        }
        None => (n, of),
    })
}

/// Residuals of a lead and of as many neighbors on each side as there are, at most [`POOL`].
fn pool<T>(by_lead: &[T], lead_idx: usize) -> impl Iterator<Item = &T> {
    let width = POOL.min(lead_idx).min(by_lead.len().saturating_sub(lead_idx + 1));
    by_lead.iter().skip(lead_idx - width).take(2 * width + 1)
}

fn spread(sorted: &[f64], tail: f64) -> Option<(f64, f64)> {
    Some((percentile_of_sorted(sorted, tail)?, percentile_of_sorted(sorted, 1.0 - tail)?))
}

impl Report {
    /// The score of a model, if it was tested.
    pub fn of(&self, model: Model) -> Option<&ModelScore> {
        self.scores.iter().find(|score| score.model == model)
    }
}

impl ModelScore {
    /// How far below and above a forecast at this lead the actual may lie, by empirical quantiles.
    /// The first lead is 1.
    pub fn interval(&self, lead: usize) -> Option<(f64, f64)> {
        let mut pooled: Vec<f64> = pool(&self.residuals, lead.checked_sub(1)?).flatten().copied().collect();
        pooled.sort_by(f64::total_cmp);
        spread(&pooled, self.tail)
    }

    /// Mean absolute error around a lead, pooled as the interval is.
    pub(crate) fn mae_near(&self, lead_idx: usize) -> f64 {
        mean_size(pool(&self.residuals, lead_idx).flatten())
    }

    /// Mean absolute error over the newer half of the origins.
    pub(crate) fn mae_lately(&self) -> f64 {
        mean_size(self.residuals.iter().flat_map(|at_lead| at_lead.iter().skip(at_lead.len() / 2)))
    }
}

fn mean_size<'r>(residuals: impl Iterator<Item = &'r f64>) -> f64 {
    let (n, sum) = residuals.fold((0, 0.0), |(n, sum), off| (n + 1, sum + off.abs()));
    sum / real(n.max(1))
}

/// The model's name on a page; a season of 7 is read as days, of 24 and 168 as hours.
impl fmt::Display for Model {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Model::SeasonalNaive { season: 7 | 168 } => out.write_str("Same as last week"),
            Model::SeasonalNaive { season: 24 } => out.write_str("Same as yesterday"),
            Model::SeasonalNaive { season } => write!(out, "Same as {season} steps before"),
            Model::HoltWinters => out.write_str("Holt-Winters"),
            Model::Level => out.write_str("Level and season"),
            Model::Blend => out.write_str("Mean of Holt-Winters and level"),
        }
    }
}
