//! From which points the limits are computed, and where they are computed anew.

use crate::SpcError;
use std::ops::Range;

/// Which points of a phase its limits are computed from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Baseline {
    /// All of them: the limits move a little with every new point.
    #[default]
    All,
    /// The first so many, frozen from then on.
    First(usize),
}

/// The phases of a chart. The first starts at the first point.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    baseline: Baseline,
    later: Vec<Recalculation>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Recalculation {
    at_idx: usize,
    baseline: Baseline,
    reason: String,
}

/// One phase as positions in the series.
pub(crate) struct Segment {
    pub(crate) all: Range<usize>,
    pub(crate) baseline: Range<usize>,
    pub(crate) reason: Option<String>,
}

impl Plan {
    /// One phase from this baseline.
    pub fn new(baseline: Baseline) -> Plan {
        Plan { baseline, later: Vec::new() }
    }

    /// New limits from a point on, with the reason that is shown on the chart.
    ///
    /// Recalculating quietly is how a worsening process is made to look ordinary, so a blank
    /// reason is refused, and so is a point at or before the last recalculation.
    pub fn recalculate(mut self, at_idx: usize, baseline: Baseline, reason: &str) -> Result<Plan, SpcError> {
        if reason.trim().is_empty() {
            return Err(SpcError::NoReason { at_idx });
        }
        let after = self.later.last().map_or(0, |last| last.at_idx);
        if at_idx <= after {
            return Err(SpcError::PhaseOrder { at_idx, after });
        }
        self.later.push(Recalculation { at_idx, baseline, reason: reason.trim().to_owned() });
        Ok(self)
    }

    /// The phases of a series of so many points; each needs `needed` points in its baseline.
    pub(crate) fn segments(&self, n_points: usize, needed: usize) -> Result<Vec<Segment>, SpcError> {
        let starts = std::iter::once((0, self.baseline, None))
            .chain(self.later.iter().map(|l| (l.at_idx, l.baseline, Some(l.reason.clone()))));
        let ends = self.later.iter().map(|later| later.at_idx).chain([n_points]);
        starts
            .zip(ends)
            .map(|((start, baseline, reason), end)| {
                let n_baseline = match baseline {
                    Baseline::All => end.saturating_sub(start),
                    Baseline::First(n) => n.min(end.saturating_sub(start)),
                };
                if n_baseline < needed {
                    return Err(SpcError::TooFew { from_idx: start, got: n_baseline, needed });
                }
                Ok(Segment { all: start..end, baseline: start..start + n_baseline, reason })
            })
            .collect()
    }
}
