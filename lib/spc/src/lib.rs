//! Statistical process control: charts with limits, signals, and what they mean in words.
//!
//! Start with [`xmr`], the chart for almost every figure, then [`read`], which turns a chart into
//! the pair of icons and their text. [`p_chart`], [`u_chart`] and [`c_chart`] are for counts,
//! [`g_chart`] and [`t_chart`] for rare events, [`run_chart`] where limits would mislead.
//!
//! Not here: drawing, storage, choosing the figure, and deciding when limits are recalculated
//! (a person does that, and [`Plan`] asks for the reason).
//!
//! Work is linear in the number of points times the number of rules; a chart of 120 points
//! costs microseconds.

mod attribute;
mod chart;
mod icon;
mod plan;
mod rare;
mod rules;
mod run;
mod xmr;

pub use attribute::{c_chart, p_chart, u_chart};
pub use chart::{Chart, Phase, Point, SpcError, TRIAL_POINTS};
pub use icon::{Assurance, Better, Reading, Variation, assurance, read, variation};
pub use plan::{Baseline, Plan};
pub use rare::{RareCenter, g_chart, t_chart};
pub use rules::{Rule, RuleSet, Signal, Toward, signals};
pub use run::run_chart;
pub use xmr::xmr;

/// The examples of the README, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
