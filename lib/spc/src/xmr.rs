//! The XmR chart: individual values and their moving ranges.

use crate::chart::{Chart, Phase, Point, SpcError, checked, mean};
use crate::plan::{Plan, Segment};

/// Mean moving range to limits: 3 / d2 with d2 = 1.128 for two values, as every textbook rounds it.
const TO_LIMIT: f64 = 2.66;
/// Mean moving range to the upper limit of moving ranges (D4 for two values).
const TO_RANGE_LIMIT: f64 = 3.267;
/// Mean moving range over standard deviation, for two values.
const D2: f64 = 1.128;

/// Mean and spread of a baseline.
pub(crate) struct Natural {
    pub(crate) center: f64,
    pub(crate) mean_range: f64,
    /// From the center to either limit.
    pub(crate) spread: f64,
}

/// An XmR chart (DOMAIN 7.1): center is the mean, limits the mean ± 2.66 mean moving ranges.
///
/// # Errors
/// Fewer than two points in a baseline, or a value that is not a number.
pub fn xmr(values: &[f64], plan: &Plan) -> Result<Chart, SpcError> {
    checked(values, f64::NEG_INFINITY)?;
    let mut chart = Chart { points: Vec::with_capacity(values.len()), phases: Vec::new() };
    for segment in plan.segments(values.len(), 2)? {
        let natural = natural(values.get(segment.baseline.clone()).unwrap_or_default());
        let inside = values.get(segment.all.clone()).unwrap_or_default();
        chart.points.extend(points(inside, &natural));
        chart.phases.push(phase(&segment, &natural));
    }
    Ok(chart)
}

/// Mean, mean moving range and spread of values without a break between them.
pub(crate) fn natural(values: &[f64]) -> Natural {
    let ranges: Vec<f64> = values.windows(2).map(range).collect();
    let mean_range = mean(&ranges);
    Natural { center: mean(values), mean_range, spread: TO_LIMIT * mean_range }
}

fn points<'v>(values: &'v [f64], natural: &'v Natural) -> impl Iterator<Item = Point> + 'v {
    let ranges = std::iter::once(None).chain(values.windows(2).map(|pair| Some(range(pair))));
    let limits = (natural.center - natural.spread, natural.center + natural.spread);
    values.iter().zip(ranges).map(move |(&value, moving_range)| Point {
        moving_range,
        ..Point::new(value, natural.center, limits, natural.spread)
    })
}

fn phase(segment: &Segment, natural: &Natural) -> Phase {
    Phase {
        mean_moving_range: Some(natural.mean_range),
        moving_range_upper: Some(TO_RANGE_LIMIT * natural.mean_range),
        sigma_hat: Some(natural.mean_range / D2),
        ..Phase::of(segment)
    }
}

fn range(pair: &[f64]) -> f64 {
    match pair {
        [before, after] => (after - before).abs(),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Baseline;
    use proptest::prelude::*;

    const T_80: [f64; 12] = [42.0, 45.0, 39.0, 44.0, 47.0, 41.0, 43.0, 46.0, 40.0, 44.0, 48.0, 42.0];

    fn close(got: Option<f64>, want: f64) {
        let got = got.unwrap();
        assert!((got - want).abs() < 0.5e-4, "{got} is not {want}");
    }

    #[test]
    fn t_80_limits_of_an_xmr_chart() {
        let chart = xmr(&T_80, &Plan::default()).unwrap();
        let (point, phase) = (chart.last().unwrap(), chart.phases.first().unwrap());
        close(Some(point.center), 43.4167);
        close(point.lower, 31.8094);
        close(point.upper, 55.0239);
        close(phase.mean_moving_range, 4.3636);
        close(phase.moving_range_upper, 14.2560);
        close(phase.sigma_hat, 3.8685);
        assert_eq!(chart.points.iter().filter_map(|point| point.moving_range).sum::<f64>(), 48.0);
        assert!(!chart.is_trial());
    }

    #[test]
    fn a_frozen_baseline_does_not_follow_later_points() {
        let mut values = T_80.to_vec();
        values.extend([70.0; 8]);
        let frozen = xmr(&values, &Plan::new(Baseline::First(12))).unwrap();
        close(frozen.last().unwrap().upper, 55.0239);
        let moving = xmr(&values, &Plan::default()).unwrap();
        assert!(moving.last().unwrap().center > 50.0);
    }

    #[test]
    fn a_new_phase_starts_its_own_limits_and_ranges() {
        let mut values = T_80.to_vec();
        values.extend([70.0, 72.0, 71.0]);
        let plan = Plan::default().recalculate(12, Baseline::All, "New wing opened").unwrap();
        let chart = xmr(&values, &plan).unwrap();
        assert_eq!(chart.points[12].moving_range, None);
        assert_eq!(chart.points[12].center, 71.0);
        close(chart.points[11].upper, 55.0239);
        assert_eq!(chart.phases[1].reason.as_deref(), Some("New wing opened"));
        assert!(chart.is_trial());
    }

    #[test]
    fn refusals_say_what_to_do() {
        let check = |refused: SpcError, text: &str| assert_eq!(refused.to_string(), text);
        check(
            xmr(&[1.0], &Plan::default()).unwrap_err(),
            "limits from point 1 on need 2 points and there are 1; wait for more or join the phases",
        );
        check(
            xmr(&[1.0, f64::NAN], &Plan::default()).unwrap_err(),
            "point 2 is NaN, which is not a usable number; leave the point out or correct it",
        );
        check(
            Plan::default().recalculate(3, Baseline::All, " ").unwrap_err(),
            "the limits change at point 4 without a reason; record what changed in the process",
        );
        assert!(xmr(&[], &Plan::default()).is_err());
        assert!(xmr(&[f64::INFINITY, 1.0], &Plan::default()).is_err());
        let late = Plan::default().recalculate(9, Baseline::All, "moved").unwrap();
        assert!(xmr(&T_80[..5], &late).is_err());
        assert!(late.recalculate(9, Baseline::All, "again").is_err());
    }

    proptest! {
        #[test]
        fn limits_are_ordered_and_finite(
            values in prop::collection::vec(-1e9..1e9_f64, 2..60),
            n_baseline in 2_usize..70,
        ) {
            let chart = xmr(&values, &Plan::new(Baseline::First(n_baseline))).unwrap();
            prop_assert_eq!(chart.points.len(), values.len());
            for point in &chart.points {
                let (lower, upper) = (point.lower.unwrap(), point.upper.unwrap());
                prop_assert!(lower <= point.center && point.center <= upper);
                prop_assert!(lower.is_finite() && upper.is_finite());
            }
        }
    }
}
