//! Variation and assurance: what the newest point and the target say, with text for the icons.

use crate::chart::{Chart, TRIAL_POINTS};
use crate::rules::{Rule, RuleSet, Signal, Toward, signals};
use std::fmt;

/// Which way is better for a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// More is better, such as days between falls.
    Higher,
    /// Less is better, such as the wait in the ED.
    Lower,
    /// Neither, such as admissions.
    Neither,
}

/// What the newest point says about the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variation {
    /// Nothing but chance: grey dots.
    Common,
    /// Better, and higher than usual or rising: blue H.
    ImprovementHigh,
    /// Better, and lower than usual or falling: blue L.
    ImprovementLow,
    /// Worse, and higher than usual or rising: orange H.
    ConcernHigh,
    /// Worse, and lower than usual or falling: orange L.
    ConcernLow,
    /// Changed, where neither way is better: purple.
    Moved(Toward),
}

/// What the process will do against its target if nothing changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assurance {
    /// The whole range between the limits meets the target: P.
    Passes,
    /// The whole range misses it: F.
    Fails,
    /// The target lies between the limits, so chance decides: a question mark.
    Sometimes,
    /// No target, no limits, or no better direction.
    NoTarget,
}

/// A chart, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// For the first icon.
    pub variation: Variation,
    /// For the second icon.
    pub assurance: Assurance,
    /// How many points the limits in force come from.
    pub n_baseline: usize,
    /// Everything that was found, for the marks on the chart.
    pub signals: Vec<Signal>,
    /// Position of the newest point.
    pub last_idx: usize,
}

/// Reads a chart: its signals, and the pair of icons.
pub fn read(chart: &Chart, rules: &RuleSet, better: Better, target: Option<f64>) -> Reading {
    let signals = signals(chart, rules);
    Reading {
        variation: variation(chart, &signals, better),
        assurance: assurance(chart, better, target),
        n_baseline: chart.phases.last().map_or(0, |phase| phase.n_baseline),
        last_idx: chart.points.len().saturating_sub(1),
        signals,
    }
}

/// The variation icon: what the signals that hold the newest point say.
///
/// Where several do, a point beyond a limit speaks first, then a trend, then two of three, then a
/// shift: the order of the NHS tool. A trend speaks for its direction, wherever its last point lies.
pub fn variation(chart: &Chart, signals: &[Signal], better: Better) -> Variation {
    let last_idx = chart.points.len().saturating_sub(1);
    let newest = signals.iter().filter(|signal| signal.points.last() == Some(&last_idx));
    match (newest.min_by_key(|signal| rank(signal.rule)).map(|signal| signal.toward), better) {
        (None, _) => Variation::Common,
        (Some(Toward::High), Better::Higher) => Variation::ImprovementHigh,
        (Some(Toward::High), Better::Lower) => Variation::ConcernHigh,
        (Some(Toward::Low), Better::Lower) => Variation::ImprovementLow,
        (Some(Toward::Low), Better::Higher) => Variation::ConcernLow,
        (Some(toward), Better::Neither) => Variation::Moved(toward),
        (Some(Toward::Neither), Better::Higher | Better::Lower) => Variation::Moved(Toward::Neither),
    }
}

/// The assurance icon: where the target lies against the limits now in force.
pub fn assurance(chart: &Chart, better: Better, target: Option<f64>) -> Assurance {
    let limits = chart.last().and_then(|point| point.lower.zip(point.upper));
    let (Some((lower, upper)), Some(target)) = (limits, target.filter(|target| target.is_finite())) else {
        return Assurance::NoTarget;
    };
    match better {
        Better::Higher if lower >= target => Assurance::Passes,
        Better::Higher if upper < target => Assurance::Fails,
        Better::Lower if upper <= target => Assurance::Passes,
        Better::Lower if lower > target => Assurance::Fails,
        Better::Higher | Better::Lower => Assurance::Sometimes,
        Better::Neither => Assurance::NoTarget,
    }
}

/// Which signal speaks first.
fn rank(rule: Rule) -> u8 {
    match rule {
        Rule::Beyond => 0,
        Rule::Trend { .. } | Rule::MedianTrend { .. } => 1,
        Rule::NearLimit => 2,
        // The farther zone is the rarer.
        Rule::Zone { sigmas, .. } => {
            if sigmas >= 2 {
                3
            } else {
                4
            }
        }
        Rule::Shift { .. } | Rule::MedianShift { .. } => 5,
        Rule::Alternating { .. } | Rule::Hugging { .. } | Rule::Straddling { .. } | Rule::Runs => 6,
    }
}

impl Reading {
    /// Whether the limits come from fewer than [`TRIAL_POINTS`] points.
    pub fn is_trial(&self) -> bool {
        self.n_baseline < TRIAL_POINTS
    }

    /// Signals that hold the newest point: the reasons behind the variation icon.
    pub fn newest(&self) -> impl Iterator<Item = &Signal> {
        self.signals.iter().filter(|signal| signal.points.last() == Some(&self.last_idx))
    }

    /// Whether a point is part of any signal.
    pub fn is_marked(&self, idx: usize) -> bool {
        self.signals.iter().any(|signal| signal.points.contains(&idx))
    }
}

/// The text alternative of the variation icon, without a full stop.
impl fmt::Display for Variation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Variation::Common => "Ordinary: common cause, within its usual range",
            Variation::ImprovementHigh => "Better: special cause, higher than usual",
            Variation::ImprovementLow => "Better: special cause, lower than usual",
            Variation::ConcernHigh => "Worse: special cause, higher than usual",
            Variation::ConcernLow => "Worse: special cause, lower than usual",
            Variation::Moved(Toward::High) => "Moved: special cause, higher than usual",
            Variation::Moved(Toward::Low) => "Moved: special cause, lower than usual",
            Variation::Moved(Toward::Neither) => "Moved: special cause, an unusual pattern",
        })
    }
}

/// The text alternative of the assurance icon, without a full stop.
impl fmt::Display for Assurance {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Assurance::Passes => "Target: consistently met",
            Assurance::Fails => "Target: consistently missed",
            Assurance::Sometimes => "Target: sometimes met, sometimes missed",
            Assurance::NoTarget => "Target: none to judge by",
        })
    }
}

/// The text alternative of the pair; says so while the limits are on trial.
impl fmt::Display for Reading {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}. {}", self.variation, self.assurance)?;
        if self.is_trial() {
            write!(out, ". Trial limits: {} of {TRIAL_POINTS} points", self.n_baseline)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Baseline, Plan, run_chart, xmr};

    const USUAL: [f64; 12] = [42., 45., 39., 44., 47., 41., 43., 46., 40., 44., 48., 42.]; // 31.8 to 55.0

    fn check(next: &[f64], better: Better, target: Option<f64>, want: &str) {
        let values = [&USUAL, next].concat();
        let chart = xmr(&values, &Plan::new(Baseline::First(12))).unwrap();
        assert_eq!(read(&chart, &RuleSet::default(), better, target).to_string(), want);
    }

    #[test]
    fn the_pair_is_told_in_plain_words() {
        check(
            &[56.0],
            Better::Lower,
            Some(30.0),
            "Worse: special cause, higher than usual. Target: consistently missed",
        );
        check(
            &[31.0],
            Better::Lower,
            Some(56.0),
            "Better: special cause, lower than usual. Target: consistently met",
        );
        check(
            &[56.0],
            Better::Higher,
            Some(40.0),
            "Better: special cause, higher than usual. Target: sometimes met, sometimes missed",
        );
        check(
            &[31.0],
            Better::Higher,
            Some(56.0),
            "Worse: special cause, lower than usual. Target: consistently missed",
        );
        check(
            &[56.0],
            Better::Neither,
            Some(40.0),
            "Moved: special cause, higher than usual. Target: none to judge by",
        );
        check(
            &[43.0],
            Better::Higher,
            Some(30.0),
            "Ordinary: common cause, within its usual range. Target: consistently met",
        );
    }

    #[test]
    fn an_old_signal_does_not_speak_for_today() {
        check(
            &[56.0, 43.0],
            Better::Lower,
            None,
            "Ordinary: common cause, within its usual range. Target: none to judge by",
        );
    }

    #[test]
    fn a_trend_speaks_for_its_direction_wherever_it_ends() {
        check(
            &[51., 50., 49., 48., 47., 46., 45.],
            Better::Lower,
            None,
            "Better: special cause, lower than usual. Target: none to judge by",
        );
    }

    #[test]
    fn under_twelve_points_the_limits_are_on_trial() {
        let read_first = |n: usize| {
            let chart = xmr(&USUAL[..n], &Plan::default()).unwrap();
            read(&chart, &RuleSet::default(), Better::Lower, None).to_string()
        };
        assert_eq!(
            read_first(11),
            "Ordinary: common cause, within its usual range. Target: none to judge by. \
             Trial limits: 11 of 12 points"
        );
        assert!(!read_first(12).contains("Trial"));
    }

    #[test]
    fn a_target_on_a_limit_is_met_and_a_run_chart_gives_no_assurance() {
        let chart = xmr(&[5.0; 12], &Plan::default()).unwrap();
        assert_eq!(assurance(&chart, Better::Lower, Some(5.0)), Assurance::Passes);
        assert_eq!(assurance(&chart, Better::Higher, Some(5.0)), Assurance::Passes);
        assert_eq!(assurance(&chart, Better::Higher, Some(5.1)), Assurance::Fails);
        let chart = run_chart(&USUAL, &Plan::default()).unwrap();
        assert_eq!(assurance(&chart, Better::Higher, Some(5.0)), Assurance::NoTarget);
    }

    #[test]
    fn the_newest_signals_are_the_reasons() {
        let values = [&USUAL[..], &[56.0]].concat();
        let chart = xmr(&values, &Plan::new(Baseline::First(12))).unwrap();
        let reading = read(&chart, &RuleSet::default(), Better::Lower, None);
        let reasons: Vec<String> = reading.newest().map(ToString::to_string).collect();
        assert_eq!(reasons, ["above the upper limit"]);
        assert!(reading.is_marked(12) && !reading.is_marked(11));
    }
}
