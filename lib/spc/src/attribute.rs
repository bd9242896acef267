//! Charts of counts: p (shares), u (rates), c (plain counts).

use crate::chart::{Chart, Phase, Point, SpcError, checked, mean};
use crate::plan::Plan;
use base::Rate;

/// A p chart: the share of cases with an event; limits widen where cases are few.
///
/// Takes events over cases; the values plotted are shares from 0 to 1. With cases in the
/// thousands the limits become too narrow; use [`crate::xmr`] on the shares there.
///
/// # Errors
/// No cases at a point, more events than cases, or a negative count.
pub fn p_chart(counts: &[Rate], plan: &Plan) -> Result<Chart, SpcError> {
    let above = counts.iter().enumerate().find(|(_, count)| count.events > count.exposure);
    if let Some((idx, &Rate { events, exposure })) = above.filter(|(_, count)| count.exposure > 0) {
        return Err(SpcError::AboveWhole { idx, events, exposure });
    }
    rates(counts, plan, |center, exposure| (center * (1.0 - center).max(0.0) / exposure).sqrt(), 1.0)
}

/// A u chart: events over an exposure that differs from point to point, such as falls over
/// patient days. The values plotted are events per one of exposure.
///
/// # Errors
/// No exposure at a point, or a negative count.
pub fn u_chart(counts: &[Rate], plan: &Plan) -> Result<Chart, SpcError> {
    rates(counts, plan, |center, exposure| (center / exposure).sqrt(), f64::INFINITY)
}

/// A c chart: events where every point has the same exposure.
///
/// # Errors
/// A negative count, or fewer than two points in a baseline.
pub fn c_chart(counts: &[i64], plan: &Plan) -> Result<Chart, SpcError> {
    let values: Vec<f64> = counts.iter().copied().map(real).collect();
    checked(&values, 0.0)?;
    let mut chart = Chart { points: Vec::with_capacity(values.len()), phases: Vec::new() };
    for segment in plan.segments(values.len(), 2)? {
        let center = mean(values.get(segment.baseline.clone()).unwrap_or_default());
        let spread = 3.0 * center.sqrt();
        let limits = ((center - spread).max(0.0), center + spread);
        let inside = values.get(segment.all.clone()).unwrap_or_default();
        chart.points.extend(inside.iter().map(|&value| Point::new(value, center, limits, spread)));
        chart.phases.push(Phase::of(&segment));
    }
    Ok(chart)
}

/// The common part of p and u: a pooled center, limits of each point by its own exposure.
fn rates(counts: &[Rate], plan: &Plan, sigma: impl Fn(f64, f64) -> f64, cap: f64) -> Result<Chart, SpcError> {
    let events: Vec<f64> = counts.iter().map(|count| real(count.events)).collect();
    let exposures: Vec<f64> = counts.iter().map(|count| real(count.exposure)).collect();
    checked(&events, 0.0)?;
    checked(&exposures, 1.0)?;
    let mut chart = Chart { points: Vec::with_capacity(counts.len()), phases: Vec::new() };
    for segment in plan.segments(counts.len(), 2)? {
        let sum =
            |values: &[f64]| -> f64 { values.get(segment.baseline.clone()).unwrap_or_default().iter().sum() };
        let center = sum(&events) / sum(&exposures);
        let inside = events.iter().zip(&exposures).skip(segment.all.start).take(segment.all.len());
        chart.points.extend(inside.map(|(&events, &exposure)| {
            let spread = 3.0 * sigma(center, exposure);
            let limits = ((center - spread).max(0.0), (center + spread).min(cap));
            Point::new(events / exposure, center, limits, spread)
        }));
        chart.phases.push(Phase::of(&segment));
    }
    Ok(chart)
}

/// A count as a real number, exact below 2^53.
#[expect(clippy::cast_precision_loss, reason = "counts of a hospital stay far below 2^53")]
pub(crate) fn real(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(events: &[i64], exposures: &[i64]) -> Vec<Rate> {
        events.iter().zip(exposures).map(|(&events, &exposure)| Rate { events, exposure }).collect()
    }

    fn close(got: f64, want: f64, unit: f64) {
        assert!((got - want).abs() <= unit / 2.0, "{got} is not {want}");
    }

    #[test]
    fn t_81_limits_of_a_p_chart() {
        let cases = counts(&[14, 18, 11, 16, 24, 13], &[200, 220, 180, 210, 190, 205]);
        let chart = p_chart(&cases, &Plan::default()).unwrap();
        close(chart.points[0].center, 0.079668, 1e-6);
        close(chart.points[0].upper.unwrap(), 0.13711, 1e-5);
        close(chart.points[4].value, 0.12632, 1e-5);
        close(chart.points[4].upper.unwrap(), 0.13860, 1e-5);
        assert!(!chart.points[4].is_above());
    }

    #[test]
    fn t_82_limits_of_a_u_chart() {
        let falls = counts(&[9, 7, 12, 6, 10, 8], &[5_400, 5_100, 5_650, 5_200, 5_500, 5_300]);
        let chart = u_chart(&falls, &Plan::default()).unwrap();
        close(chart.points[0].center * 1e3, 1.6174, 1e-4);
        let upper = [3.2593, 3.3069, 3.2225, 3.2906, 3.2443, 3.2747];
        let lower = [0.0, 0.0, 0.0123, 0.0, 0.0, 0.0];
        for (point, (upper, lower)) in chart.points.iter().zip(upper.into_iter().zip(lower)) {
            close(point.upper.unwrap() * 1e3, upper, 1e-4);
            close(point.lower.unwrap() * 1e3, lower, 1e-4);
        }
    }

    #[test]
    fn t_83_limits_of_a_c_chart() {
        let chart = c_chart(&[4, 6, 3, 5, 7, 5], &Plan::default()).unwrap();
        let point = chart.last().unwrap();
        assert_eq!((point.center, point.lower), (5.0, Some(0.0)));
        close(point.upper.unwrap(), 11.708, 1e-3);
    }

    #[test]
    fn counts_that_cannot_be_are_refused() {
        let refused = |events, exposures| {
            p_chart(&counts(events, exposures), &Plan::default()).unwrap_err().to_string()
        };
        assert_eq!(
            refused(&[1, 9], &[5, 8]),
            "point 2 has 9 events among 8; a share cannot pass 100%, use a u chart"
        );
        assert_eq!(refused(&[1, 0], &[5, 0]), "point 2 has 0; this chart needs 1 or more there");
        assert!(c_chart(&[3, -1], &Plan::default()).is_err());
        assert!(u_chart(&counts(&[1], &[5]), &Plan::default()).is_err());
    }

    proptest! {
        #[test]
        fn limits_of_shares_stay_between_none_and_all(
            cases in prop::collection::vec((0_i64..500, 0_i64..500), 2..40),
        ) {
            let cases: Vec<Rate> =
                cases.iter().map(|&(hit, miss)| Rate { events: hit, exposure: hit + miss + 1 }).collect();
            for point in p_chart(&cases, &Plan::default()).unwrap().points {
                let (lower, upper) = (point.lower.unwrap(), point.upper.unwrap());
                prop_assert!(0.0 <= lower && lower <= point.center);
                prop_assert!(point.center <= upper && upper <= 1.0);
            }
        }
    }
}
