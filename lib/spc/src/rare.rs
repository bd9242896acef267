//! Charts of rare events, where counts per month would be nearly all zeros.
//!
//! The values are what lies *between* events, so a point above the upper limit is good news
//! where the event is bad: call them with [`crate::Better::Higher`].

use crate::attribute::real;
use crate::chart::{Chart, Phase, Point, SpcError, checked, mean, position};
use crate::plan::Plan;
use crate::xmr::natural;

/// Which center line a g chart has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RareCenter {
    /// The mean.
    #[default]
    Mean,
    /// The theoretical median, 0.693 of the mean: half the points of a skewed chart on each side.
    Median,
}

/// Median of a geometric distribution over its mean, for large means (ln 2).
const MEDIAN: f64 = 0.693;
/// Exponent that makes exponential times nearly normal (Nelson 1994).
const NORMALIZE: f64 = 3.6;

/// A g chart: cases or whole days between events; limits the mean ± 3√(ḡ(ḡ+1)).
///
/// # Errors
/// A negative count, or fewer than two points in a baseline.
pub fn g_chart(between: &[i64], center: RareCenter, plan: &Plan) -> Result<Chart, SpcError> {
    let values: Vec<f64> = between.iter().copied().map(real).collect();
    checked(&values, 0.0)?;
    let mut chart = Chart { points: Vec::with_capacity(values.len()), phases: Vec::new() };
    for segment in plan.segments(values.len(), 2)? {
        let mean = mean(values.get(segment.baseline.clone()).unwrap_or_default());
        let spread = 3.0 * (mean * (mean + 1.0)).sqrt();
        let limits = ((mean - spread).max(0.0), mean + spread);
        let center = match center {
            RareCenter::Mean => mean,
            RareCenter::Median => MEDIAN * mean,
        };
        let inside = values.get(segment.all.clone()).unwrap_or_default();
        chart.points.extend(inside.iter().map(|&value| Point::new(value, center, limits, spread)));
        chart.phases.push(Phase::of(&segment));
    }
    Ok(chart)
}

/// A t chart: time between events, which may be a fraction of a day.
///
/// An XmR chart of the times to the power 1/3.6, shown on the scale of the times.
///
/// # Errors
/// A negative time, a value that is not a number, or fewer than two points in a baseline.
pub fn t_chart(between: &[f64], plan: &Plan) -> Result<Chart, SpcError> {
    checked(between, 0.0)?;
    let roots: Vec<f64> = between.iter().map(|time| time.powf(1.0 / NORMALIZE)).collect();
    let mut chart = Chart { points: Vec::with_capacity(between.len()), phases: Vec::new() };
    for segment in plan.segments(between.len(), 2)? {
        let natural = natural(roots.get(segment.baseline.clone()).unwrap_or_default());
        let back = |root: f64| root.max(0.0).powf(NORMALIZE);
        let limits = (back(natural.center - natural.spread), back(natural.center + natural.spread));
        let inside = between.iter().zip(&roots).skip(segment.all.start).take(segment.all.len());
        chart.points.extend(inside.map(|(&time, &root)| Point {
            position: position(root, natural.center, natural.spread / 3.0),
            ..Point::new(time, back(natural.center), limits, 0.0)
        }));
        chart.phases.push(Phase::of(&segment));
    }
    Ok(chart)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, want: f64, unit: f64) {
        assert!((got - want).abs() <= unit / 2.0, "{got} is not {want}");
    }

    #[test]
    fn t_84_limits_of_a_g_chart() {
        let cases = [12, 30, 5, 44, 21, 60, 18, 33];
        let chart = g_chart(&cases, RareCenter::Mean, &Plan::default()).unwrap();
        let point = chart.last().unwrap();
        assert_eq!((point.center, point.lower), (27.875, Some(0.0)));
        close(point.upper.unwrap(), 112.987, 1e-3);
        let by_median = g_chart(&cases, RareCenter::Median, &Plan::default()).unwrap();
        close(by_median.last().unwrap().center, 19.317, 1e-3);
    }

    #[test]
    fn t_85_limits_of_a_t_chart() {
        let days = [12.0, 30.0, 5.0, 44.0, 21.0, 60.0, 18.0, 33.0];
        let chart = t_chart(&days, &Plan::default()).unwrap();
        let point = chart.last().unwrap();
        close(point.center, 23.872, 1e-3);
        close(point.upper.unwrap(), 225.386, 1e-3);
        close(point.lower.unwrap(), 0.0173, 1e-4);
    }

    #[test]
    fn a_negative_gap_is_refused() {
        assert_eq!(
            g_chart(&[3, -1], RareCenter::Mean, &Plan::default()).unwrap_err().to_string(),
            "point 2 has -1; this chart needs 0 or more there"
        );
        assert!(t_chart(&[3.0, f64::NAN], &Plan::default()).is_err());
    }
}
