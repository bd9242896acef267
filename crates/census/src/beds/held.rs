//! A bed with what its present state follows from, as the last messages about it left it. Pure.
//!
//! Held is what a reading of the database would answer: the newest patients and the newest words, see
//! `store::list_newest`. Where a change leaves less than that, the bed is read again.

use super::rules::BedState;
use super::store::{BedRow, Fact, StateRow};
use super::timeline::{FEED, InBed, runs, timeline};
use crate::adt::model::Micros;

/// Patients that a bed's present state is worked out from, where they do not overlap.
pub(crate) const N_GUESTS: usize = 4;
/// Words of messages that it is worked out from.
pub(crate) const N_FACTS: usize = 16;

/// A bed and what is told of it.
pub(crate) struct HeldBed {
    pub(crate) row: BedRow,
    guests: Vec<InBed>,
    facts: Vec<Fact>,
    /// Everyone who left at this instant or later is among the guests.
    guests_since: Micros,
    /// Everything told since this instant is among the facts.
    facts_since: Micros,
}

impl HeldBed {
    /// As read: the newest of both.
    pub(crate) fn new(row: BedRow, guests: Vec<InBed>, facts: Vec<Fact>) -> HeldBed {
        let (guests_since, facts_since) = (Micros::MIN, Micros::MIN);
        let mut bed = HeldBed { row, guests, facts, guests_since, facts_since };
        bed.trim_facts();
        // As many as were asked for: there may be more.
        if bed.guests.len() >= N_GUESTS {
            bed.guests_since = bed.guests.iter().map(|guest| guest.to).min().unwrap_or(Micros::MIN);
        }
        bed
    }

    /// The states that follow, oldest first.
    pub(crate) fn timeline(&self, left_as: BedState) -> Vec<StateRow> {
        timeline(self.row.id, &self.guests, &self.facts, left_as)
    }

    /// Takes over a change of its patients; whether enough is known of them still.
    pub(crate) fn follow(&mut self, gone: &[InBed], new: Vec<InBed>) -> bool {
        for guest in gone {
            if let Some(idx) = self.guests.iter().position(|held| held == guest) {
                self.guests.remove(idx);
            }
        }
        let since = self.guests_since;
        self.guests.extend(new.into_iter().filter(|guest| guest.to >= since));
        self.trim_guests();
        let is_enough = self.guests_since == Micros::MIN || self.guests.len() >= N_GUESTS;
        is_enough && self.is_worth_holding()
    }

    /// Takes over a word of a message.
    pub(crate) fn hear(&mut self, fact: Fact) {
        if fact.at >= self.facts_since {
            self.facts.push(fact);
            self.trim_facts();
        }
    }

    /// Whether the next change can be worked out from this. Where several patients are in it at once, all
    /// are read each time.
    pub(crate) fn is_worth_holding(&self) -> bool {
        self.guests.len() < N_GUESTS || runs(&self.guests).len() > 1
    }

    /// Leaves those who left last, and those who left with the last of them.
    fn trim_guests(&mut self) {
        self.guests.sort_by_key(|guest| std::cmp::Reverse(guest.to));
        if let Some(last) = self.guests.get(N_GUESTS - 1).map(|guest| guest.to) {
            self.guests.retain(|guest| guest.to >= last);
            self.guests_since = last;
        }
    }

    /// Leaves the newest words, and the newest of a person.
    fn trim_facts(&mut self) {
        self.facts.sort_by_key(|fact| std::cmp::Reverse(fact.at));
        let Some(since) = self.facts.get(N_FACTS - 1).map(|fact| fact.at) else { return };
        let by_hand = self.facts.iter().filter(|fact| fact.cause != FEED).map(|fact| fact.at).max();
        self.facts.retain(|fact| fact.at >= since || Some(fact.at) == by_hand);
        self.facts_since = since;
    }
}
