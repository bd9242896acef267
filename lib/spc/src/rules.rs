//! Signal rules: which patterns are too unlikely to be chance, as sets to choose from.

use crate::chart::{Chart, Point};
use std::fmt;

/// One pattern. Lengths count points, and a phase is judged on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// One point beyond a limit.
    Beyond,
    /// So many in a row on one side of the center; a point on the center breaks the row.
    Shift {
        /// How many.
        n: usize,
    },
    /// So many in a row, each higher (or each lower) than the one before; a tie breaks the row.
    Trend {
        /// How many.
        n: usize,
    },
    /// Two of three in the outer third before a limit, all three on the same side of the center.
    NearLimit,
    /// So many of so many more than some sigmas from the center on one side.
    Zone {
        /// How many must lie there.
        need: usize,
        /// Among how many in a row.
        of: usize,
        /// How many sigmas away, 1 or 2.
        sigmas: u8,
    },
    /// So many in a row, up and down in turn.
    Alternating {
        /// How many.
        n: usize,
    },
    /// So many in a row within one sigma of the center: too quiet to be true.
    Hugging {
        /// How many.
        n: usize,
    },
    /// So many in a row outside one sigma, on both sides: two processes in one.
    Straddling {
        /// How many.
        n: usize,
    },
    /// A shift as run charts count it: points on the median are passed over.
    MedianShift {
        /// How many.
        n: usize,
    },
    /// A trend as run charts count it: equal neighbors count once.
    MedianTrend {
        /// How many.
        n: usize,
    },
    /// Fewer or more crossings of the median than chance allows.
    Runs,
}

/// Rules that are judged together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    /// In no special order.
    pub rules: Vec<Rule>,
}

/// Where a signal points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toward {
    /// Above the center, or rising.
    High,
    /// Below the center, or falling.
    Low,
    /// Neither: the pattern is about spread or order.
    Neither,
}

/// A pattern that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Which pattern.
    pub rule: Rule,
    /// The points that make it, in order.
    pub points: Vec<usize>,
    /// The point at which it could first be told.
    pub seen_idx: usize,
    /// Where it points to.
    pub toward: Toward,
}

impl RuleSet {
    /// The four rules of NHS England's Making Data Count, with a trend of `trend` points: 7 unless
    /// the house teaches 5 or 6.
    pub fn making_data_count(trend: usize) -> RuleSet {
        RuleSet { rules: vec![Rule::Beyond, Rule::Trend { n: trend }, Rule::NearLimit, Rule::Shift { n: 7 }] }
    }

    /// The four Western Electric rules (1956).
    pub fn western_electric() -> RuleSet {
        RuleSet {
            rules: vec![
                Rule::Beyond,
                Rule::Zone { need: 2, of: 3, sigmas: 2 },
                Rule::Zone { need: 4, of: 5, sigmas: 1 },
                Rule::Shift { n: 8 },
            ],
        }
    }

    /// The eight Nelson rules (1984).
    pub fn nelson() -> RuleSet {
        RuleSet {
            rules: vec![
                Rule::Beyond,
                Rule::Shift { n: 9 },
                Rule::Trend { n: 6 },
                Rule::Alternating { n: 14 },
                Rule::Zone { need: 2, of: 3, sigmas: 2 },
                Rule::Zone { need: 4, of: 5, sigmas: 1 },
                Rule::Hugging { n: 15 },
                Rule::Straddling { n: 8 },
            ],
        }
    }

    /// The run chart rules that can be computed; an astronomical point is for the eye.
    pub fn run_chart() -> RuleSet {
        RuleSet { rules: vec![Rule::MedianShift { n: 6 }, Rule::MedianTrend { n: 5 }, Rule::Runs] }
    }
}

impl Default for RuleSet {
    /// Making Data Count with a trend of seven.
    fn default() -> RuleSet {
        RuleSet::making_data_count(7)
    }
}

/// Every signal of the chart, phase by phase and rule by rule.
pub fn signals(chart: &Chart, set: &RuleSet) -> Vec<Signal> {
    let mut found = Vec::new();
    for (from_idx, points) in chart.by_phase() {
        for &rule in &set.rules {
            let inside = in_phase(rule, points).into_iter();
            found.extend(inside.map(|row| row.shifted(from_idx).named(rule)));
        }
    }
    found
}

/// A pattern by positions within its phase.
struct Row {
    points: Vec<usize>,
    seen_idx: usize,
    toward: Toward,
}

impl Row {
    fn shifted(mut self, from_idx: usize) -> Row {
        self.points.iter_mut().for_each(|idx| *idx += from_idx);
        self.seen_idx += from_idx;
        self
    }

    fn named(self, rule: Rule) -> Signal {
        Signal { rule, points: self.points, seen_idx: self.seen_idx, toward: self.toward }
    }
}

fn in_phase(rule: Rule, points: &[Point]) -> Vec<Row> {
    match rule {
        Rule::Beyond => beyond(points),
        Rule::Shift { n } => rows(&labels(points, side), n),
        Rule::Trend { n } => trend(&all(points), n),
        Rule::NearLimit => near_limit(points),
        Rule::Zone { need, of, sigmas } => zone(points, need, of, f64::from(sigmas)),
        Rule::Alternating { n } => alternating(points, n),
        Rule::Hugging { n } => {
            rows(&labels(points, |p| (p.position.abs() < 1.0).then_some(Toward::Neither)), n)
        }
        Rule::Straddling { n } => straddling(points, n),
        Rule::MedianShift { n } => {
            let mut off_median = labels(points, side);
            off_median.retain(|(_, side)| side.is_some());
            rows(&off_median, n)
        }
        Rule::MedianTrend { n } => {
            let mut distinct = all(points);
            distinct.dedup_by(|later, earlier| later.1 == earlier.1);
            trend(&distinct, n)
        }
        Rule::Runs => runs(points),
    }
}

fn side(point: &Point) -> Option<Toward> {
    match point.position {
        up if up > 0.0 => Some(Toward::High),
        down if down < 0.0 => Some(Toward::Low),
        _ => None,
    }
}

fn labels(points: &[Point], label: impl Fn(&Point) -> Option<Toward>) -> Vec<(usize, Option<Toward>)> {
    points.iter().map(label).enumerate().collect()
}

fn all(points: &[Point]) -> Vec<(usize, f64)> {
    points.iter().map(|point| point.value).enumerate().collect()
}

/// The longest stretches of one label, of `n` points or more.
fn rows(labels: &[(usize, Option<Toward>)], n: usize) -> Vec<Row> {
    labels
        .chunk_by(|left, right| left.1 == right.1)
        .filter_map(|stretch| {
            let toward = stretch.first()?.1?;
            let seen_idx = stretch.get(n.checked_sub(1)?)?.0;
            Some(Row { points: stretch.iter().map(|&(idx, _)| idx).collect(), seen_idx, toward })
        })
        .collect()
}

fn beyond(points: &[Point]) -> Vec<Row> {
    let out = |point: &Point| match (point.is_above(), point.is_below()) {
        (true, _) => Some(Toward::High),
        (false, true) => Some(Toward::Low),
        (false, false) => None,
    };
    let single = |(idx, toward): (usize, Option<Toward>)| {
        Some(Row { points: vec![idx], seen_idx: idx, toward: toward? })
    };
    labels(points, out).into_iter().filter_map(single).collect()
}

/// Rows of steps in one direction; `n` points are `n - 1` steps.
fn trend(values: &[(usize, f64)], n: usize) -> Vec<Row> {
    let step = |pair: &[(usize, f64)]| match pair {
        [before, after] if after.1 > before.1 => Some(Toward::High),
        [before, after] if after.1 < before.1 => Some(Toward::Low),
        _ => None,
    };
    // A step carries its place among the values, so that the row can be led back to its points.
    let steps: Vec<(usize, Option<Toward>)> = values.windows(2).map(step).enumerate().collect();
    let with_start = |row: Row| {
        let first = *row.points.first()?;
        let places = values.get(first..first + row.points.len() + 1)?;
        let seen_idx = values.get(row.seen_idx + 1)?.0;
        Some(Row { points: places.iter().map(|&(idx, _)| idx).collect(), seen_idx, toward: row.toward })
    };
    rows(&steps, n.saturating_sub(1).max(1)).into_iter().filter_map(with_start).collect()
}

fn near_limit(points: &[Point]) -> Vec<Row> {
    let is_near = |point: &Point| point.position.abs() > 2.0 && !point.is_above() && !point.is_below();
    let windows = points.windows(3).enumerate().filter_map(|(start, three)| {
        let toward = side(three.first()?)?;
        let near = || three.iter().enumerate().filter(|(_, point)| is_near(point));
        let holds = three.iter().all(|point| side(point) == Some(toward)) && near().count() >= 2;
        let row =
            || Row { points: near().map(|(idx, _)| start + idx).collect(), seen_idx: start + 2, toward };
        holds.then(row)
    });
    joined(windows)
}

fn zone(points: &[Point], need: usize, of: usize, sigmas: f64) -> Vec<Row> {
    let side_rows = |toward: Toward, sign: f64| {
        let windows = (0..points.len()).filter_map(move |end| {
            // The first points have a shorter window: two in a row are two of three already.
            let start = (end + 1).saturating_sub(of);
            let window = points.get(start..=end)?.iter().enumerate();
            let far: Vec<usize> = window
                .filter(|(_, point)| point.position * sign > sigmas)
                .map(|(idx, _)| start + idx)
                .collect();
            (far.len() >= need && far.last() == Some(&end)).then_some(Row {
                points: far,
                seen_idx: end,
                toward,
            })
        });
        joined(windows)
    };
    let mut found = side_rows(Toward::High, 1.0);
    found.extend(side_rows(Toward::Low, -1.0));
    found
}

/// Patterns of neighboring windows that share a point are one pattern.
fn joined(windows: impl Iterator<Item = Row>) -> Vec<Row> {
    let mut found: Vec<Row> = Vec::new();
    for row in windows {
        match found.last_mut() {
            Some(last) if last.toward == row.toward && shares_a_point(last, &row) => {
                let newest = last.points.last().copied();
                last.points.extend(row.points.into_iter().filter(|&idx| Some(idx) > newest));
            }
            Some(_) | None => found.push(row),
        }
    }
    found
}

fn shares_a_point(earlier: &Row, later: &Row) -> bool {
    earlier.points.last() >= later.points.first()
}

fn alternating(points: &[Point], n: usize) -> Vec<Row> {
    let turns = |three: &[Point]| match three {
        [a, b, c] if (b.value - a.value) * (c.value - b.value) < 0.0 => Some(Toward::Neither),
        _ => None,
    };
    let turns: Vec<(usize, Option<Toward>)> = points.windows(3).map(turns).enumerate().collect();
    // n points turn n - 2 times; each turn is told by the point after it.
    let widened = |row: Row| {
        let first = *row.points.first()?;
        let points = (first..first + row.points.len() + 2).collect();
        Some(Row { points, seen_idx: row.seen_idx + 2, toward: row.toward })
    };
    rows(&turns, n.saturating_sub(2).max(1)).into_iter().filter_map(widened).collect()
}

fn straddling(points: &[Point], n: usize) -> Vec<Row> {
    let far = labels(points, |point| (point.position.abs() > 1.0).then_some(Toward::Neither));
    let is_on =
        |row: &Row, toward| row.points.iter().any(|&idx| points.get(idx).and_then(side) == Some(toward));
    let mut found = rows(&far, n);
    found.retain(|row| is_on(row, Toward::High) && is_on(row, Toward::Low));
    found
}

/// Wald and Wolfowitz: given how many points lie above and below, how likely are so few or so
/// many runs? Either tail below 2.5% is a signal. Needs ten points off the median.
fn runs(points: &[Point]) -> Vec<Row> {
    let sides: Vec<Toward> = points.iter().filter_map(side).collect();
    let n_high = sides.iter().filter(|&&side| side == Toward::High).count();
    let n_low = sides.len() - n_high;
    if sides.len() < 10 || n_high == 0 || n_low == 0 {
        return Vec::new();
    }
    let n_runs = sides.chunk_by(|left, right| left == right).count();
    let chance = |n: usize| chance_of_runs(n, n_high, n_low);
    let few: f64 = (2..=n_runs).map(chance).sum();
    let many: f64 = (n_runs..=sides.len()).map(chance).sum();
    if few >= 0.025 && many >= 0.025 {
        return Vec::new();
    }
    let last = points.len().saturating_sub(1);
    vec![Row { points: (0..points.len()).collect(), seen_idx: last, toward: Toward::Neither }]
}

/// P(R = n) for a random order of `high` and `low` points.
fn chance_of_runs(n: usize, high: usize, low: usize) -> f64 {
    let pick = |n: usize, k: usize| ln_choose(n - 1, k);
    let all = ln_choose(high + low, high);
    let half = n / 2;
    if n.is_multiple_of(2) {
        return 2.0 * (pick(high, half - 1) + pick(low, half - 1) - all).exp();
    }
    (pick(high, half) + pick(low, half - 1) - all).exp()
        + (pick(high, half - 1) + pick(low, half) - all).exp()
}

/// Logarithm of the binomial coefficient; minus infinity where there is no way to choose.
fn ln_choose(n: usize, k: usize) -> f64 {
    if k > n {
        return f64::NEG_INFINITY;
    }
    (1..=k).map(|i| (crate::chart::count(n - k + i) / crate::chart::count(i)).ln()).sum()
}

/// What was seen, as a sentence part: "7 points in a row above the center line".
impl fmt::Display for Signal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.points.len();
        let (limit, side, step, extreme) = match self.toward {
            Toward::High => ("upper", "above", "rising", "high"),
            Toward::Low => ("lower", "below", "falling", "low"),
            Toward::Neither => ("a", "off", "moving", "outer"),
        };
        match self.rule {
            Rule::Beyond => write!(out, "{side} the {limit} limit"),
            Rule::Shift { .. } => write!(out, "{n} points in a row {side} the center line"),
            Rule::MedianShift { .. } => write!(out, "{n} points in a row {side} the median"),
            Rule::Trend { .. } | Rule::MedianTrend { .. } => write!(out, "{n} points in a row {step}"),
            Rule::NearLimit => write!(out, "2 of 3 points near the {limit} limit"),
            Rule::Zone { need, of, sigmas } => {
                write!(out, "{need} of {of} points more than {sigmas} sigma on the {extreme} side")
            }
            Rule::Alternating { .. } => write!(out, "{n} points in a row going up and down in turn"),
            Rule::Hugging { .. } => write!(out, "{n} points in a row within 1 sigma of the center line"),
            Rule::Straddling { .. } => write!(out, "{n} points in a row beyond 1 sigma on both sides"),
            Rule::Runs => write!(out, "too few or too many runs around the median"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Plan, run_chart, xmr};
    use proptest::prelude::*;

    /// Points at these distances from a center of 0, in sigmas; limits at 3.
    fn at(positions: &[f64]) -> Chart {
        let points: Vec<Point> = positions.iter().map(|&z| Point::new(z, 0.0, (-3.0, 3.0), 3.0)).collect();
        let mut chart = xmr(positions, &Plan::default()).unwrap();
        chart.points = points;
        chart
    }

    /// The signals as "seen point: sentence", points counted from 1.
    fn check(chart: &Chart, set: &RuleSet, want: &[&str]) {
        let got: Vec<String> =
            signals(chart, set).iter().map(|s| format!("{}: {s}", s.seen_idx + 1)).collect();
        assert_eq!(got, want);
    }

    fn only(rule: Rule) -> RuleSet {
        RuleSet { rules: vec![rule] }
    }

    #[test]
    fn t_86_seven_rising_points_are_a_trend_and_a_tie_breaks_it() {
        let trend = only(Rule::Trend { n: 7 });
        let chart = |values: &[f64]| xmr(values, &Plan::default()).unwrap();
        check(&chart(&[1., 2., 3., 4., 5., 6., 7.]), &trend, &["7: 7 points in a row rising"]);
        check(&chart(&[1., 2., 3., 4., 5., 6.]), &trend, &[]);
        check(&chart(&[1., 2., 3., 3., 4., 5., 6.]), &trend, &[]);
        check(&chart(&[9., 8., 7., 6., 5., 4., 3., 2., 9.]), &trend, &["7: 8 points in a row falling"]);
        check(
            &chart(&[1., 2., 3., 4., 5., 4.]),
            &only(Rule::Trend { n: 5 }),
            &["5: 5 points in a row rising"],
        );
    }

    #[test]
    fn t_86_the_seventh_point_above_the_mean_is_a_shift() {
        let mut positions = vec![0.5, 1.0, 0.4, 0.8, 0.3, 0.9];
        check(&at(&positions), &RuleSet::default(), &[]);
        positions.push(0.2);
        check(&at(&positions), &RuleSet::default(), &["7: 7 points in a row above the center line"]);
        positions[3] = 0.0;
        check(&at(&positions), &RuleSet::default(), &[]);
    }

    #[test]
    fn a_point_on_its_limit_is_inside() {
        check(&at(&[0.0, 3.0, -1.0]), &RuleSet::default(), &[]);
        check(&at(&[0.0, 3.001, -1.0]), &RuleSet::default(), &["2: above the upper limit"]);
        check(&at(&[0.0, -3.001, 1.0]), &RuleSet::default(), &["2: below the lower limit"]);
    }

    #[test]
    fn two_of_three_near_a_limit_need_all_three_on_one_side() {
        check(&at(&[2.5, 0.5, 2.1]), &RuleSet::default(), &["3: 2 of 3 points near the upper limit"]);
        check(&at(&[2.5, -0.5, 2.1]), &RuleSet::default(), &[]);
        check(&at(&[2.5, 0.5, 0.1, 2.1]), &RuleSet::default(), &[]);
        let found = signals(&at(&[-2.5, -2.6, -0.5, -2.1, 1.0]), &RuleSet::default());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].points, [0, 1, 3]);
    }

    #[test]
    fn western_electric_zones() {
        let set = RuleSet::western_electric();
        check(&at(&[0.1, 2.1, -0.5, 2.2]), &set, &["4: 2 of 3 points more than 2 sigma on the high side"]);
        check(
            &at(&[-1.1, -1.2, 0.5, -1.5, -1.9]),
            &set,
            &["5: 4 of 5 points more than 1 sigma on the low side"],
        );
        check(&at(&[-1.1, -1.2, 0.5, 0.4, -1.5, -1.9]), &set, &[]);
        check(&at(&[0.1; 8]), &set, &["8: 8 points in a row above the center line"]);
        check(&at(&[0.1; 7]), &set, &[]);
    }

    #[test]
    fn nelson_order_and_spread() {
        let set = RuleSet::nelson();
        let saw: Vec<f64> = (0..14).map(|i| if i % 2 == 0 { 1.5 } else { -0.9 }).collect();
        check(&at(&saw), &set, &["14: 14 points in a row going up and down in turn"]);
        check(&at(&saw[1..]), &set, &[]);
        let quiet: Vec<f64> = (0..15).map(|i| [0.5, 0.5, -0.5, -0.5][i % 4]).collect();
        check(&at(&quiet), &set, &["15: 15 points in a row within 1 sigma of the center line"]);
        let split: Vec<f64> = (0..8).map(|i| [1.5, 1.5, -1.5, -1.5][i % 4]).collect();
        check(&at(&split), &set, &["8: 8 points in a row beyond 1 sigma on both sides"]);
        check(&at(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]), &set, &["6: 6 points in a row rising"]);
    }

    #[test]
    fn run_charts_pass_over_the_median_and_over_ties() {
        let chart = |values: &[f64]| run_chart(values, &Plan::default()).unwrap();
        check(
            &chart(&[1., 1., 1., 5., 9., 9., 8., 5., 9., 8., 9., 1., 1., 1., 1.]),
            &only(Rule::MedianShift { n: 6 }),
            &["11: 6 points in a row above the median"],
        );
        check(
            &chart(&[1., 2., 2., 3., 4., 5., 1.]),
            &only(Rule::MedianTrend { n: 5 }),
            &["6: 5 points in a row rising"],
        );
    }

    #[test]
    fn too_few_or_too_many_runs_are_noticed() {
        let chart = |values: &[f64]| run_chart(values, &Plan::default()).unwrap();
        let runs = only(Rule::Runs);
        // Five of each: 2 runs have a chance of 2/252, 3 runs or fewer of 10/252 (Swed and Eisenhart 1943).
        let told = &["10: too few or too many runs around the median"];
        check(&chart(&[1., 1., 1., 1., 1., 9., 9., 9., 9., 9.]), &runs, told);
        check(&chart(&[1., 9., 1., 9., 1., 9., 1., 9., 1., 9.]), &runs, told);
        check(&chart(&[1., 1., 1., 9., 9., 9., 9., 9., 1., 1.]), &runs, &[]);
    }

    #[test]
    fn constants_never_signal_and_a_step_away_from_them_does() {
        check(&xmr(&[0.1; 40], &Plan::default()).unwrap(), &RuleSet::default(), &[]);
        let mut values = vec![0.1; 20];
        values.push(0.2);
        let frozen = Plan::new(crate::Baseline::First(20));
        check(&xmr(&values, &frozen).unwrap(), &RuleSet::default(), &["21: above the upper limit"]);
    }

    #[test]
    fn a_row_does_not_reach_across_phases() {
        let values = [1., 2., 3., 4., 5., 6., 7., 8.];
        let plan = Plan::default().recalculate(4, crate::Baseline::All, "New ward").unwrap();
        check(&xmr(&values, &plan).unwrap(), &RuleSet::making_data_count(5), &[]);
    }

    #[test]
    fn a_point_on_the_center_but_for_rounding_breaks_a_shift() {
        let chart = |value: f64| {
            let mut values = vec![1.0, 2.0, 1.0, value, 2.0, 1.0, 3.0];
            values.extend([-0.7, -0.1, -0.2, -9.0]);
            values
        };
        // The mean is 0 on paper and some 1e-17 in floating point.
        let chart = xmr(&chart(0.0), &Plan::default()).unwrap();
        check(&chart, &only(Rule::Shift { n: 7 }), &[]);
    }

    proptest! {
        #[test]
        fn signals_stay_inside_their_phase(
            values in prop::collection::vec(-5_i8..=5, 6..60),
            split in 2_usize..4,
        ) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let plan = Plan::default().recalculate(split, crate::Baseline::All, "moved").unwrap();
            let sets =
                [RuleSet::default(), RuleSet::western_electric(), RuleSet::nelson(), RuleSet::run_chart()];
            for chart in [xmr(&values, &plan).unwrap(), run_chart(&values, &plan).unwrap()] {
                for signal in sets.iter().flat_map(|set| signals(&chart, set)) {
                    let (first, last) = (signal.points[0], *signal.points.last().unwrap());
                    prop_assert!(signal.points.is_sorted_by(|a, b| a < b));
                    prop_assert!(last < values.len() && signal.seen_idx < values.len());
                    prop_assert!((first < split) == (last < split) && signal.seen_idx >= first);
                }
            }
        }
    }
}
