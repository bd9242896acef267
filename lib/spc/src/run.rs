//! The run chart: a median and no limits, for short or rough series.

use crate::chart::{Chart, Phase, Point, SpcError, checked};
use crate::plan::Plan;

/// A run chart: the center is the median of the baseline; to be read with [`crate::RuleSet::run_chart`].
///
/// # Errors
/// Fewer than two points in a baseline, or a value that is not a number.
pub fn run_chart(values: &[f64], plan: &Plan) -> Result<Chart, SpcError> {
    checked(values, f64::NEG_INFINITY)?;
    let mut chart = Chart { points: Vec::with_capacity(values.len()), phases: Vec::new() };
    for segment in plan.segments(values.len(), 2)? {
        let center = median(values.get(segment.baseline.clone()).unwrap_or_default());
        let inside = values.get(segment.all.clone()).unwrap_or_default();
        chart.points.extend(inside.iter().map(|&value| Point {
            value,
            center,
            lower: None,
            upper: None,
            moving_range: None,
            // Without limits there are no sigmas: only the side of the median is known.
            position: if value == center { 0.0 } else { 0.5_f64.copysign(value - center) },
        }));
        chart.phases.push(Phase::of(&segment));
    }
    Ok(chart)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.get(middle.wrapping_sub(1)), sorted.get(middle)) {
        (Some(below), Some(above)) if sorted.len().is_multiple_of(2) => below.midpoint(*above),
        (_, Some(above)) => *above,
        (_, None) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_center_of_a_run_chart_is_the_median() {
        let center = |values: &[f64]| run_chart(values, &Plan::default()).unwrap().last().unwrap().center;
        assert_eq!(center(&[9.0, 1.0, 5.0]), 5.0);
        assert_eq!(center(&[9.0, 1.0, 5.0, 6.0]), 5.5);
    }
}
