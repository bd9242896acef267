//! What every chart is made of: points with their limits, phases, and refusals.

use crate::plan::Segment;

/// Below so many baseline points the limits are only on trial (DOMAIN 7.1: 12 or more, better 20).
pub const TRIAL_POINTS: usize = 12;

/// Larger numbers are mistakes, and their squares would leave the floating point range.
const SIZE_MAX: f64 = 1e100;

/// A series with its limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// In the order of time, at least one.
    pub points: Vec<Point>,
    /// In the order of time, at least one; together they hold every point.
    pub phases: Vec<Phase>,
}

/// One value and what was to be expected of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The value as plotted: a rate on p and u charts.
    pub value: f64,
    /// Center line at this point.
    pub center: f64,
    /// Lower limit; `None` on a run chart.
    pub lower: Option<f64>,
    /// Upper limit; `None` on a run chart.
    pub upper: Option<f64>,
    /// Distance to the point before it in the same phase, on XmR charts.
    pub moving_range: Option<f64>,
    /// Signed distance from the center in thirds of the way to a limit; 0 on the line.
    pub(crate) position: f64,
}

/// Points judged by the same baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// Its first point.
    pub from_idx: usize,
    /// How many points it has.
    pub n_points: usize,
    /// How many of them the limits were computed from.
    pub n_baseline: usize,
    /// Mean moving range, on XmR charts.
    pub mean_moving_range: Option<f64>,
    /// Upper limit of the moving ranges, on XmR charts.
    pub moving_range_upper: Option<f64>,
    /// Estimate of the standard deviation from the moving ranges, on XmR charts.
    pub sigma_hat: Option<f64>,
    /// Why the limits were computed anew; `None` in the first phase.
    pub reason: Option<String>,
}

/// Why a series has no chart.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SpcError {
    /// A phase has too few points for limits.
    #[error("limits from point {} on need {needed} points and there are {got}; wait for more or join the phases", from_idx + 1)]
    TooFew {
        /// First point of the phase.
        from_idx: usize,
        /// Points its baseline has.
        got: usize,
        /// Points it needs.
        needed: usize,
    },
    /// A value is not a number, infinite or absurdly large.
    #[error("point {} is {value}, which is not a usable number; leave the point out or correct it", idx + 1)]
    NotANumber {
        /// Its position.
        idx: usize,
        /// What came.
        value: f64,
    },
    /// A count, a time or a denominator is below what the chart can take.
    #[error("point {} has {got}; this chart needs {at_least} or more there", idx + 1)]
    TooSmall {
        /// Its position.
        idx: usize,
        /// What came.
        got: f64,
        /// The least it takes.
        at_least: f64,
    },
    /// More events than chances for them on a p chart.
    #[error("point {} has {events} events among {exposure}; a share cannot pass 100%, use a u chart", idx + 1)]
    AboveWhole {
        /// Its position.
        idx: usize,
        /// Events that came.
        events: i64,
        /// Chances that came.
        exposure: i64,
    },
    /// Limits computed anew without saying why.
    #[error("the limits change at point {} without a reason; record what changed in the process", at_idx + 1)]
    NoReason {
        /// Where they change.
        at_idx: usize,
    },
    /// Phases that are not in the order of time.
    #[error("a phase at point {} does not come after the one at point {}; put them in order", at_idx + 1, after + 1)]
    PhaseOrder {
        /// Where the phase would start.
        at_idx: usize,
        /// Where the phase before it starts.
        after: usize,
    },
}

impl Chart {
    /// The newest point.
    pub fn last(&self) -> Option<&Point> {
        self.points.last()
    }

    /// Whether the limits now in force come from fewer than [`TRIAL_POINTS`] points.
    pub fn is_trial(&self) -> bool {
        self.phases.last().is_none_or(|phase| phase.n_baseline < TRIAL_POINTS)
    }

    /// Each phase with its points and the position of the first.
    pub(crate) fn by_phase(&self) -> impl Iterator<Item = (usize, &[Point])> {
        self.phases.iter().map(|phase| {
            let range = phase.from_idx..phase.from_idx + phase.n_points;
            (phase.from_idx, self.points.get(range).unwrap_or_default())
        })
    }
}

impl Point {
    /// A point whose distance from the center is told in thirds of `spread`, the center's way to a limit.
    pub(crate) fn new(value: f64, center: f64, limits: (f64, f64), spread: f64) -> Point {
        Point {
            value,
            center,
            lower: Some(limits.0),
            upper: Some(limits.1),
            moving_range: None,
            position: position(value, center, spread / 3.0),
        }
    }

    /// Above its upper limit, by more than rounding.
    pub(crate) fn is_above(&self) -> bool {
        self.upper.is_some_and(|upper| self.value > upper && !is_same(self.value, upper))
    }

    /// Below its lower limit, by more than rounding.
    pub(crate) fn is_below(&self) -> bool {
        self.lower.is_some_and(|lower| self.value < lower && !is_same(self.value, lower))
    }
}

impl Phase {
    pub(crate) fn of(segment: &Segment) -> Phase {
        Phase {
            from_idx: segment.all.start,
            n_points: segment.all.len(),
            n_baseline: segment.baseline.len(),
            mean_moving_range: None,
            moving_range_upper: None,
            sigma_hat: None,
            reason: segment.reason.clone(),
        }
    }
}

/// How many sigmas a value lies from the center. A process without spread has values on the
/// center, and values infinitely far from it.
pub(crate) fn position(value: f64, center: f64, sigma: f64) -> f64 {
    if is_same(value, center) || (value - center).abs() <= 1e-9 * sigma {
        return 0.0;
    }
    if sigma > 0.0 { (value - center) / sigma } else { f64::INFINITY.copysign(value - center) }
}

/// Equal but for the rounding of a mean: a series of 0.1 must not signal against its own mean.
fn is_same(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-12 * left.abs().max(right.abs())
}

/// The mean; 0 of nothing.
pub(crate) fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / count(values.len()) }
}

/// A count as a real number. Exact below 2^53, and no series is that long.
pub(crate) fn count(n: usize) -> f64 {
    u32::try_from(n).map_or(f64::MAX, f64::from)
}

/// Refuses what cannot be reckoned with, and numbers below `at_least`.
pub(crate) fn checked(values: &[f64], at_least: f64) -> Result<(), SpcError> {
    for (idx, &value) in values.iter().enumerate() {
        if !value.is_finite() || value.abs() > SIZE_MAX {
            return Err(SpcError::NotANumber { idx, value });
        }
        if value < at_least {
            return Err(SpcError::TooSmall { idx, got: value, at_least });
        }
    }
    Ok(())
}
