//! How long beds take from state to state, and hours lost, from the log of states. Pure.

use super::rules::BedState;
use super::store::StateRow;
use crate::adt::model::Micros;
use crate::words;
use std::collections::BTreeMap;

/// A step between two states that is timed (DOMAIN 1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Empty until cleaning starts.
    DirtyToCleaning,
    /// Cleaning.
    CleaningToClean,
    /// Promised until the patient is in it.
    AssignedToOccupied,
}

impl Step {
    /// Every step.
    pub const ALL: [Step; 3] = [Step::DirtyToCleaning, Step::CleaningToClean, Step::AssignedToOccupied];

    /// What it is called.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Step::DirtyToCleaning => "Dirty to start of cleaning",
            Step::CleaningToClean => "Start to end of cleaning",
            Step::AssignedToOccupied => "Assigned to occupied",
        }
    }

    /// The step between two states, if it is timed. A dirty bed that is clean at once counts as cleaned
    /// without a known start, and is left out.
    fn between(from: BedState, to: BedState) -> Option<Step> {
        match (from, to) {
            (BedState::Dirty, BedState::Cleaning) => Some(Step::DirtyToCleaning),
            (BedState::Cleaning, BedState::Available | BedState::Assigned | BedState::Occupied) => {
                Some(Step::CleaningToClean)
            }
            (BedState::Assigned, BedState::Occupied) => Some(Step::AssignedToOccupied),
            _ => None,
        }
    }
}

/// How long a step took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timer {
    /// How often it was done.
    pub n: usize,
    /// The middle, in minutes.
    pub median: f64,
    /// Nine of ten took no longer, in minutes.
    pub p90: f64,
}

/// What the log of a period says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// Each timed step that was done.
    pub timers: BTreeMap<Step, Timer>,
    /// Minutes lost, by state word and reason: `blocked`, `maintenance`.
    pub lost: BTreeMap<(&'static str, String), i64>,
}

/// Times the steps that end in `[from, to)` and sums what was lost in it. `states` is ordered by bed and
/// time and holds for each bed the state it had before `from`.
#[must_use]
pub fn summary(states: &[StateRow], from: Micros, to: Micros) -> Summary {
    let mut minutes: BTreeMap<Step, Vec<f64>> = BTreeMap::new();
    let mut summary = Summary::default();
    for of_bed in states.chunk_by(|a, b| a.bed == b.bed) {
        for (idx, state) in of_bed.iter().enumerate() {
            let next = of_bed.get(idx + 1);
            let until = next.map_or(to, |next| next.from).min(to);
            if let BedState::Blocked | BedState::Closed = state.state {
                let lost = words::minutes(state.from.max(from), until);
                let key = (state.state.word(), reason(state));
                *summary.lost.entry(key).or_default() += lost;
            }
            let step = next.and_then(|next| Some((Step::between(state.state, next.state)?, next)));
            if let Some((step, next)) = step.filter(|(_, next)| next.from >= from && next.from < to) {
                let took = (next.from - state.from) as f64 / 60e6;
                minutes.entry(step).or_default().push(took);
            }
        }
    }
    summary.lost.retain(|_, minutes| *minutes > 0);
    for (step, took) in minutes {
        let (median, p90) = (forecast::percentile(&took, 0.5), forecast::percentile(&took, 0.9));
        if let (Some(median), Some(p90)) = (median, p90) {
            summary.timers.insert(step, Timer { n: took.len(), median, p90 });
        }
    }
    summary
}

fn reason(state: &StateRow) -> String {
    // The reason offered stands in front of the note.
    let word = state.reason.split(':').next().unwrap_or_default().trim();
    if word.is_empty() { "no reason given".to_owned() } else { word.to_owned() }
}

/// How long each state of one bed lasted, newest first: the state and its end (`None` when it stands).
#[must_use]
pub fn durations(newest_first: &[StateRow]) -> Vec<(&StateRow, Option<Micros>)> {
    let mut ends: Vec<Option<Micros>> = vec![None];
    ends.extend(newest_first.iter().map(|state| Some(state.from)));
    newest_first.iter().zip(ends).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beds::store::Bed;
    use base::Id;

    fn states(bed: u128, lines: &[(i64, BedState, &str)]) -> Vec<StateRow> {
        let bed: Id<Bed> = Id::new(1, bed);
        let row = |(minute, state, reason): &(i64, BedState, &str)| StateRow {
            fact: None,
            bed,
            state: *state,
            reason: (*reason).to_owned(),
            owner: String::new(),
            stay: String::new(),
            from: minute * 60_000_000,
            cause: "feed".to_owned(),
        };
        lines.iter().map(row).collect()
    }

    #[test]
    fn steps_are_timed_by_when_they_end() {
        let mut all = states(
            1,
            &[
                (0, BedState::Dirty, ""),
                (30, BedState::Cleaning, ""),
                (70, BedState::Available, ""),
                (90, BedState::Assigned, ""),
                (100, BedState::Occupied, ""),
            ],
        );
        all.extend(states(2, &[(10, BedState::Dirty, ""), (60, BedState::Cleaning, "")]));
        let all_day = summary(&all, 0, 1440 * 60_000_000);
        let timer = |n, median, p90| Timer { n, median, p90 };
        assert_eq!(all_day.timers.get(&Step::DirtyToCleaning), Some(&timer(2, 40.0, 48.0)));
        assert_eq!(all_day.timers.get(&Step::CleaningToClean), Some(&timer(1, 40.0, 40.0)));
        assert_eq!(all_day.timers.get(&Step::AssignedToOccupied), Some(&timer(1, 10.0, 10.0)));
        // The step that ended at minute 60 does not belong to the first hour.
        let first_hour = summary(&all, 0, 60 * 60_000_000);
        assert_eq!(first_hour.timers.get(&Step::DirtyToCleaning), Some(&timer(1, 30.0, 30.0)));
    }

    #[test]
    fn hours_lost_are_cut_at_the_period_and_counted_by_reason() {
        let mut all = states(
            1,
            &[(-60, BedState::Blocked, "maintenance: oxygen outlet"), (30, BedState::Available, "")],
        );
        all.extend(states(2, &[(90, BedState::Closed, "")]));
        let got = summary(&all, 0, 120 * 60_000_000);
        let want =
            [(("blocked", "maintenance".to_owned()), 30), (("closed", "no reason given".to_owned()), 30)];
        assert_eq!(got.lost, BTreeMap::from(want));
    }

    #[test]
    fn the_state_that_stands_has_no_end() {
        let mut log = states(1, &[(0, BedState::Dirty, ""), (30, BedState::Cleaning, "")]);
        log.reverse();
        let ends: Vec<Option<Micros>> = durations(&log).into_iter().map(|(_, end)| end).collect();
        assert_eq!(ends, [None, Some(30 * 60_000_000)]);
    }
}
