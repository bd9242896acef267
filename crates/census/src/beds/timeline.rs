//! The states a bed was in, worked out from facts. Pure.
//!
//! [`timeline`] takes who lay in the bed and what was told of it (bed status messages, clicks), in any
//! order, and answers its states by when they began. A patient in the bed decides; when the last one leaves
//! the bed is to be cleaned, or free; after that the newest word about it counts. What is told while a
//! patient is in it changes nothing, but a person's block or closure waits until the patient has left, so
//! that a discharge corrected to a later minute does not lift it. Cost: n log n in the facts of one bed.

use super::rules::BedState;
use super::store::{Bed, Fact, StateRow};
use crate::adt::model::Micros;
use base::Id;

/// The cause of what the feed tells, or what follows from it.
pub const FEED: &str = "feed";

/// A patient in a bed, `[from, to)`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InBed {
    /// From when.
    pub from: Micros,
    /// Until when, or [`crate::adt::model::OPEN`].
    pub to: Micros,
    /// Whose stay.
    pub stay: String,
}

/// The states of a bed, oldest first. `left_as` is what it becomes when its last patient leaves.
#[must_use]
pub fn timeline(bed: Id<Bed>, guests: &[InBed], facts: &[Fact], left_as: BedState) -> Vec<StateRow> {
    let mut facts: Vec<&Fact> = facts.iter().collect();
    facts.sort_by(|a, b| a.order().cmp(&b.order()));
    let mut facts = facts.into_iter().peekable();
    let mut states = States { bed, rows: Vec::new() };
    for run in runs(guests) {
        while let Some(fact) = facts.next_if(|fact| fact.at < run.from) {
            states.told(fact);
        }
        if run.from < run.to {
            states.push(run.from, BedState::Occupied, None);
        }
        let mut by_hand = None;
        while let Some(fact) = facts.next_if(|fact| fact.at < run.to) {
            by_hand = Some(fact).filter(|fact| fact.cause != FEED).or(by_hand);
        }
        if run.to != crate::adt::model::OPEN {
            states.push(run.to, left_as, None);
            let is_out = |fact: &&Fact| matches!(fact.state, BedState::Blocked | BedState::Closed);
            if let Some(fact) = by_hand.filter(is_out) {
                states.push(run.to, fact.state, Some(fact));
            }
        }
    }
    facts.for_each(|fact| states.told(fact));
    states.rows
}

/// The times in which a bed was never empty, oldest first. A patient who follows another at once begins a
/// time of their own; one whose class changes in the bed does not.
pub(crate) fn runs(guests: &[InBed]) -> Vec<InBed> {
    let mut guests: Vec<&InBed> = guests.iter().collect();
    guests.sort();
    let mut runs: Vec<InBed> = Vec::new();
    for guest in guests {
        match runs.last_mut() {
            Some(run) if guest.from < run.to || (guest.from == run.to && guest.stay == run.stay) => {
                if guest.to >= run.to {
                    run.to = guest.to;
                    run.stay.clone_from(&guest.stay);
                }
            }
            Some(_) | None => runs.push(guest.clone()),
        }
    }
    runs
}

struct States {
    bed: Id<Bed>,
    rows: Vec<StateRow>,
}

impl States {
    /// A word about an empty bed.
    fn told(&mut self, fact: &Fact) {
        // What lasted no time was no state of the bed.
        while self.rows.last().is_some_and(|row| row.from == fact.at && !is_more_of_the_same(row, fact)) {
            self.rows.pop();
        }
        match self.rows.last_mut().filter(|row| is_more_of_the_same(row, fact)) {
            // Said again, it began when it was said first.
            Some(row) => {
                row.fact = Some(fact.id);
                if !fact.reason.is_empty() {
                    row.reason.clone_from(&fact.reason);
                }
            }
            None => self.push(fact.at, fact.state, Some(fact)),
        }
    }

    fn push(&mut self, from: Micros, state: BedState, fact: Option<&Fact>) {
        while self.rows.last().is_some_and(|row| row.from == from) {
            self.rows.pop();
        }
        let text = |of: fn(&Fact) -> &String| fact.map_or(String::new(), |fact| of(fact).clone());
        self.rows.push(StateRow {
            fact: fact.map(|fact| fact.id),
            bed: self.bed,
            state,
            reason: text(|fact| &fact.reason),
            owner: text(|fact| &fact.owner),
            stay: text(|fact| &fact.stay),
            from,
            cause: fact.map_or(FEED.to_owned(), |fact| fact.cause.clone()),
        });
    }
}

fn is_more_of_the_same(row: &StateRow, fact: &Fact) -> bool {
    row.state == fact.state
        && match fact.state {
            BedState::Available | BedState::Dirty | BedState::Cleaning | BedState::Occupied => true,
            BedState::Assigned | BedState::Blocked | BedState::Closed => {
                (&row.reason, &row.owner, &row.stay) == (&fact.reason, &fact.owner, &fact.stay)
            }
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adt::model::OPEN;

    fn guest(stay: &str, from: Micros, to: Micros) -> InBed {
        InBed { from, to, stay: stay.to_owned() }
    }

    /// `12 cleaning` from the feed, `12 blocked Lee` by a person.
    fn fact(n: u128, line: &str) -> Fact {
        let mut words = line.split_whitespace();
        let at = words.next().unwrap().parse().unwrap();
        let state = BedState::from_word(words.next().unwrap()).unwrap();
        let owner = words.next().unwrap_or_default().to_owned();
        let cause = if owner.is_empty() { FEED.to_owned() } else { "p1".to_owned() };
        Fact {
            id: Id::new(1, n),
            bed: Id::new(1, 1),
            at,
            recorded: at,
            sent: format!("{n}"),
            state,
            reason: String::new(),
            owner,
            stay: String::new(),
            cause,
        }
    }

    #[track_caller]
    fn check(guests: &[InBed], lines: &[&str], expected: &str) {
        let facts: Vec<Fact> = (1..).zip(lines).map(|(n, line)| fact(n, line)).collect();
        let show = |guests: &[InBed], facts: &[Fact]| {
            let rows = timeline(Id::new(1, 1), guests, facts, BedState::Dirty);
            let words = rows.iter().map(|row| format!("{} {}", row.from, row.state.word()));
            words.collect::<Vec<_>>().join(", ")
        };
        assert_eq!(show(guests, &facts), expected);
        let (mut guests, mut facts) = (guests.to_vec(), facts);
        guests.reverse();
        facts.reverse();
        assert_eq!(show(&guests, &facts), expected, "the order of arrival counts");
    }

    #[test]
    fn a_bed_goes_through_its_states() {
        check(
            &[guest("a", 0, 10), guest("b", 40, OPEN)],
            &["15 cleaning", "30 available", "35 assigned Lee"],
            "0 occupied, 10 dirty, 15 cleaning, 30 available, 35 assigned, 40 occupied",
        );
    }

    #[test]
    fn a_discharge_that_arrives_after_the_status_is_not_newer_than_it() {
        check(&[guest("a", 0, 10)], &["20 available"], "0 occupied, 10 dirty, 20 available");
    }

    #[test]
    fn what_is_told_of_a_bed_with_a_patient_changes_nothing() {
        check(&[guest("a", 0, 10)], &["0 cleaning", "5 available", "9 closed"], "0 occupied, 10 dirty");
        check(&[guest("a", 0, 10)], &["10 available"], "0 occupied, 10 available");
        check(&[guest("a", 0, OPEN)], &["5 available"], "0 occupied");
    }

    #[test]
    fn a_persons_block_outlasts_a_discharge_that_was_corrected_to_a_later_minute() {
        check(&[guest("a", 0, 10)], &["5 blocked Lee"], "0 occupied, 10 blocked");
        check(&[guest("a", 0, 10)], &["5 blocked Lee", "7 available Lee"], "0 occupied, 10 dirty");
        check(
            &[guest("a", 0, 10)],
            &["5 blocked Lee", "12 available"],
            "0 occupied, 10 blocked, 12 available",
        );
        check(&[guest("a", 6, 10)], &["5 blocked Lee"], "5 blocked, 6 occupied, 10 dirty");
    }

    #[test]
    fn patients_who_follow_at_once_leave_no_dirty_bed_between() {
        check(&[guest("a", 0, 10), guest("b", 10, 20)], &[], "0 occupied, 10 occupied, 20 dirty");
        check(&[guest("a", 0, 10), guest("a", 10, 20)], &[], "0 occupied, 20 dirty");
        check(&[guest("a", 0, 15), guest("b", 10, 20)], &[], "0 occupied, 20 dirty");
        check(&[guest("a", 5, 5)], &[], "5 dirty");
    }

    #[test]
    fn said_again_it_began_when_it_was_said_first() {
        check(
            &[guest("a", 0, 10)],
            &["12 dirty", "13 cleaning", "14 cleaning", "20 available"],
            "0 occupied, 10 dirty, 13 cleaning, 20 available",
        );
    }
}
