//! Forecasts of census, admissions and discharges, and the beds they need.
//!
//! Start with [`choose`]: it back-tests every model against seasonal naive on held-out data and
//! forecasts with the winner, or says that nothing beats the baseline. [`backtest`] gives the
//! full table of errors, [`erlang_b`] and its neighbors turn demand into beds.
//!
//! Not here: holidays, weather, causes, and any memory of earlier forecasts. A yearly wave is
//! followed, not foreseen: two winters are too few to learn one from.
//!
//! A daily series of two years or an hourly one of eight weeks costs a few milliseconds: models
//! are fitted once before the held-out part and then only carried forward.

mod backtest;
mod beds;
mod choose;
mod holt_winters;
mod level;
mod measure;
mod naive;
mod series;

pub use backtest::{INTERVAL, Model, ModelScore, Report, Score, backtest};
pub use beds::{BadLoad, bed_need_rough, beds_for_loss, beds_for_wait, erlang_b, erlang_c};
pub use choose::{Choice, ForecastPoint, choose, points_needed};
pub use holt_winters::{HoltWinters, Smoothing};
pub use measure::{BadPairs, Errors, errors, percentile, scaled_error, season_indices};
pub use naive::seasonal_naive;
pub use series::{BadSeries, Series};

/// The examples of the README, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
