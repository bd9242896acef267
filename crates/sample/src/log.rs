//! What a sending system has to tell: facts in the order they came about, before they are written
//! out as messages. A fact takes 72 bytes where its message takes 450, so two years fit in memory.

use crate::clock::{DAY, HOUR, MINUTE};
use crate::people::{Age, Person};
use crate::random::{Random, mix};
use crate::sites::House;

pub(crate) type VisitId = u32;
/// A position in [`crate::sites::places`], or one of the constants below.
pub(crate) type PlaceId = u16;

pub(crate) const NOWHERE: PlaceId = u16::MAX;
pub(crate) const WAITING_ROOM: PlaceId = 60_000;
/// Added to the position of a unit: somewhere in it, no bed named.
pub(crate) const SOMEWHERE_IN: PlaceId = 50_000;
/// A location code no site file knows.
pub(crate) const DIALYSIS: PlaceId = 60_001;
/// A bed of the facility nobody mapped.
pub(crate) const STRANGER_BED: PlaceId = 60_002;

/// No message of a stay is sent later than this after its end.
pub(crate) const TRAIL: i64 = 3 * DAY;

macro_rules! kinds {
    ($($kind:ident $structure:literal,)*) => {
        /// The trigger event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kind { $($kind),* }

        impl Kind {
            /// `MSH-9`.
            pub(crate) fn message_type(self) -> &'static str {
                match self { $(Kind::$kind => concat!("ADT^", stringify!($kind), "^", $structure)),* }
            }

            /// `EVN-1`.
            pub(crate) fn event(self) -> &'static str {
                match self { $(Kind::$kind => stringify!($kind)),* }
            }
        }
    };
}

kinds! {
    A01 "ADT_A01", A02 "ADT_A02", A03 "ADT_A03", A04 "ADT_A01", A06 "ADT_A06", A07 "ADT_A06",
    A08 "ADT_A01", A11 "ADT_A09", A12 "ADT_A12", A13 "ADT_A01", A14 "ADT_A05", A15 "ADT_A15",
    A16 "ADT_A16", A17 "ADT_A17", A20 "ADT_A20", A21 "ADT_A21", A22 "ADT_A21", A25 "ADT_A21",
    A26 "ADT_A21", A27 "ADT_A21", A28 "ADT_A05", A31 "ADT_A05", A40 "ADT_A39",
}

/// `PV1-2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Emergency,
    Inpatient,
    Outpatient,
}

/// What an event says beside place and class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Extra {
    Nothing,
    /// `PV1-36`.
    Disposition(&'static str),
    /// The expected time of a pending admission or discharge; the place expected is the fact's prior.
    Expected(i64),
    /// The bed a pending transfer goes to.
    Pending(PlaceId),
    /// The other half of a swap.
    Swap(VisitId, Class, &'static str),
    /// Table 0116.
    BedStatus(char),
}

/// One event as its sender tells it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fact {
    /// When the sender sent it.
    pub(crate) sent: i64,
    /// `MSH-7`; earlier than `sent` when the same bytes are sent again.
    pub(crate) stamp: i64,
    /// When it happened.
    pub(crate) at: i64,
    /// Numbers the sender's messages; the same for an exact duplicate.
    pub(crate) seq: u32,
    pub(crate) visit: VisitId,
    pub(crate) kind: Kind,
    pub(crate) class: Class,
    pub(crate) is_alias: bool,
    pub(crate) place: PlaceId,
    pub(crate) prior: PlaceId,
    pub(crate) service: &'static str,
    pub(crate) extra: Extra,
}

/// What [`Log::tell`] needs to know of an event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Note {
    pub(crate) at: i64,
    pub(crate) visit: VisitId,
    pub(crate) kind: Kind,
    pub(crate) class: Class,
    pub(crate) is_alias: bool,
    pub(crate) place: PlaceId,
    pub(crate) prior: PlaceId,
    pub(crate) service: &'static str,
    pub(crate) extra: Extra,
}

/// A stay or visit, or a closed bed, which is told like one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    pub(crate) house: House,
    pub(crate) person: u32,
    pub(crate) start: i64,
    pub(crate) mother_visit: Option<VisitId>,
    group: VisitId,
    is_open: bool,
    last_sent: i64,
}

/// Everything one sender has told so far.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) seed: u64,
    pub(crate) facts: Vec<Fact>,
    visits: Vec<Visit>,
    persons: Vec<Person>,
    random: Random,
    n_told: u32,
}

#[expect(clippy::indexing_slicing, reason = "ids are handed out by the push and nothing is removed")]
impl Log {
    pub(crate) fn new(seed: u64, house: House) -> Log {
        let seed = mix(&[seed, u64::try_from(house.digit()).unwrap_or(0)]);
        let random = Random::of(&[seed, 0xad7]);
        Log { seed, facts: Vec::new(), visits: Vec::new(), persons: Vec::new(), random, n_told: 0 }
    }

    pub(crate) fn visit(&self, id: VisitId) -> &Visit {
        &self.visits[id as usize]
    }

    pub(crate) fn person(&self, id: u32) -> &Person {
        &self.persons[id as usize]
    }

    pub(crate) fn add_person(&mut self, age: Age, now: i64) -> u32 {
        let id = u32::try_from(self.persons.len()).unwrap_or(u32::MAX);
        self.persons.push(Person::new(mix(&[self.seed, 0x9e5, u64::from(id)]), age, now));
        id
    }

    pub(crate) fn set_mother(&mut self, baby: u32, mother: u32) {
        self.persons[baby as usize].mother = Some(mother);
    }

    pub(crate) fn open(&mut self, house: House, person: u32, start: i64) -> VisitId {
        let id = u32::try_from(self.visits.len()).unwrap_or(u32::MAX);
        self.visits.push(Visit {
            house,
            person,
            start,
            mother_visit: None,
            group: id,
            is_open: true,
            last_sent: i64::MIN,
        });
        id
    }

    pub(crate) fn set_mother_visit(&mut self, baby: VisitId, mother: VisitId) {
        self.visits[baby as usize].mother_visit = Some(mother);
    }

    pub(crate) fn set_start(&mut self, id: VisitId, start: i64) {
        self.visits[id as usize].start = start;
    }

    pub(crate) fn make_stranger(&mut self, id: VisitId) {
        self.visits[id as usize].house = House::Stranger;
    }

    pub(crate) fn close(&mut self, id: VisitId) {
        self.visits[id as usize].is_open = false;
    }

    /// Two stays that one message names belong together: neither is told without the other.
    pub(crate) fn link(&mut self, one: VisitId, other: VisitId) {
        let (one, other) = (self.root(one), self.root(other));
        let (low, high) = (one.min(other), one.max(other));
        self.visits[high as usize].group = low;
    }

    pub(crate) fn root(&self, mut id: VisitId) -> VisitId {
        while self.visits[id as usize].group != id {
            id = self.visits[id as usize].group;
        }
        id
    }

    /// For each visit: has its group ended, with its last message sent before `from`?
    pub(crate) fn groups_over_before(&self, from: i64) -> Vec<bool> {
        let mut is_over = vec![true; self.visits.len()];
        for (idx, visit) in self.visits.iter().enumerate() {
            if visit.is_open || visit.last_sent >= from {
                let root = self.root(u32::try_from(idx).unwrap_or(u32::MAX));
                is_over[root as usize] = false;
            }
        }
        (0..self.visits.len())
            .map(|idx| is_over[self.root(u32::try_from(idx).unwrap_or(u32::MAX)) as usize])
            .collect()
    }

    /// Records an event, now and then hours late, now and then twice.
    pub(crate) fn tell(&mut self, note: Note) {
        let Note { at, visit, kind, class, is_alias, place, prior, service, extra } = note;
        let seq = self.n_told;
        self.n_told += 1;
        let delay = if self.random.chance(0.004) {
            let hours_late = self.random.log_normal(4.0, 0.9).clamp(1.0, 26.0);
            crate::random::whole(hours_late * HOUR as f64)
        } else {
            self.random.between(4, 45)
        };
        let sent = at + delay;
        let fact =
            Fact { sent, stamp: sent, at, seq, visit, kind, class, is_alias, place, prior, service, extra };
        self.facts.push(fact);
        let mut last_sent = sent;
        if self.random.chance(0.003) {
            last_sent = sent + self.random.between(2, 90 * MINUTE);
            self.facts.push(Fact { sent: last_sent, ..fact });
        }
        let row = &mut self.visits[visit as usize];
        row.last_sent = row.last_sent.max(last_sent);
    }
}
