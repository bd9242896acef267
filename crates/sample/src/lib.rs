//! The sample enterprise: *Lakeside Health*, all invented, as the outside world would send it.
//!
//! From a seed and a moment come two years (or as many days as asked) of one hospital, one nursing
//! home and five clinics: sites, beds and staff as CSV, and everything that happened as HL7 v2.5.1
//! messages in the order they were sent, the late, doubled and contradictory ones included. Text
//! out is all it does: it reads no file, no clock and no chance but its own, and knows nothing of
//! how the messages are taken in.
//!
//! How it is made: the day-to-day life of each house is simulated event by event with real beds
//! (`hospital`, `harbor`, `clinics`), which gives compact facts (`log`); a fact is written out as a
//! message only when asked for (`message`). What happens next depends only on what happened
//! before, so the same facts come out whatever window is asked for, and the stream goes on past
//! [`Plan::now`]. The past hangs on the whole plan, `now` and `days` included: keep the plan of the
//! first start, and ask for later windows of that plan to go on.
//!
//! Start at [`messages`]; [`profile`] tells how the messages are to be read.
//!
//! # What is in it
//!
//! - Riverside General: 254 staffed beds in nine units, an ED of 30 spaces and ten in the hall, a
//!   nursery, recovery bays. About 145 ED arrivals and 51 admissions a day, fewer on weekends and
//!   more in winter. Beds are really allocated: who finds none boards in the ED; when a unit fills
//!   up, the morning round sends home who is nearly ready.
//! - Harbor House: 120 beds, about 110 residents who stay for weeks to years.
//! - Lakeside Clinics: five places, about 30 visits a weekday, each an A04 and an A03.
//! - An ED visit is an A04 in the waiting room (`ED^WR`), an A02 to a space (with the attending in
//!   `PV1-7` from there on), then an A03; or an A06 in the same space, which is the decision to
//!   admit, and an A02 to the bed. Those who leave unseen get an A03 from the waiting room.
//! - Operations: A14 the day before (expected time in `PV2-8`, unit in `PV1-42`), A01 to a recovery
//!   bay, A02 to the unit. Expected discharges: A16 with `PV2-9`. Promised beds: A15 with `PV1-42`.
//! - A newborn has a visit of its own in the nursery, class I, service NB; `PID-21` and `PV1-50`
//!   name the mother and her visit.
//! - Housekeeping: A20 with `NPU-2` H when a bed is left (K first after an infection) and U when it
//!   is clean; C or K, later U, for a bed closed on its own account.
//! - What goes wrong: cancels (A11, A12, A13, A25, A26, A27), two numbers for one person (A40, and
//!   now and then an A03 still under the retired number), messages hours late, exact duplicates, an
//!   A02 after the A03, a location code (`DIAL`) and a facility (`NPT`) that no site file knows.
//! - Harbor House writes civil times without an offset, the others with one.
//!
//! On paper: 730 days are about 620,000 facts of 72 bytes (45 MB) and 280 MB of messages, which is
//! why the second are never held. Living through them takes under a second.

mod clinics;
mod clock;
mod harbor;
mod hospital;
mod log;
mod message;
mod people;
mod random;
mod sites;

use jiff::Timestamp;

use clock::DAY;
use log::{Fact, Log, TRAIL};
use message::Pen;
use sites::Place;
pub use sites::{Profile, beds_csv, profile, sites_csv, staff_csv};

/// Which sample to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Everything random hangs on this.
    pub seed: u64,
    /// Today, to the sample.
    pub now: Timestamp,
    /// How many days of the past there are; 10 years at most.
    pub days: u32,
    /// Which sites there are.
    pub size: Size,
}

/// Which sites the sample has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    /// Riverside General alone.
    Hospital,
    /// Riverside General, Harbor House and Lakeside Clinics.
    #[default]
    Network,
}

/// A message and when the outside system sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// When it was sent, which may be long after what it tells.
    pub at: Timestamp,
    /// HL7 v2.5.1 in ASCII, segments ended by CR.
    pub bytes: Vec<u8>,
}

/// The messages sent in `[from, to)`, in sending order.
pub fn messages(plan: &Plan, from: Timestamp, to: Timestamp) -> impl Iterator<Item = Sent> + use<> {
    let (from, to) = (from.as_second(), to.as_second());
    World::until(plan, to).told(|fact, _| fact.sent >= from && fact.sent < to)
}

/// Every message sent before `to` of the stays and visits that reach into `[from, to)`, those sent
/// before `from` included, in sending order.
///
/// Together with [`messages_of_stays_before`] the same `from` these are exactly the messages sent
/// before `to`. A stay counts as long as one of its messages is still to come.
pub fn messages_of_stays_overlapping(
    plan: &Plan,
    from: Timestamp,
    to: Timestamp,
) -> impl Iterator<Item = Sent> + use<> {
    let (from, to) = (from.as_second(), to.as_second());
    World::until(plan, to.max(from + TRAIL)).split(from, move |fact, is_over| fact.sent < to && !is_over)
}

/// Every message of the stays and visits that were wholly over and told before `from`.
pub fn messages_of_stays_before(plan: &Plan, from: Timestamp) -> impl Iterator<Item = Sent> + use<> {
    let from = from.as_second();
    World::until(plan, from + TRAIL).split(from, |_, is_over| is_over)
}

/// Everything that is told, house by house.
struct World {
    logs: Vec<Log>,
    places: Vec<Place>,
    /// Before this the houses fill up; only stays that reach past it are told.
    start: i64,
}

impl World {
    /// Lives through everything before `end`.
    fn until(plan: &Plan, end: i64) -> World {
        let now = plan.now.as_second();
        let start = clock::instant(clock::local_day(now) - i64::from(plan.days.min(3660)), 0);
        let end = end.max(start + TRAIL);
        let mut logs = vec![hospital::live(plan.seed, start, end)];
        if plan.size == Size::Network {
            logs.push(harbor::live(plan.seed, start, end));
            logs.push(clinics::live(plan.seed, start, end));
        }
        World { logs, places: sites::places(), start }
    }

    fn told(self, wanted: impl Fn(&Fact, bool) -> bool) -> Telling {
        self.split(i64::MIN, wanted)
    }

    /// The facts for which `wanted` holds; it is also told whether the stay was over before `from`.
    fn split(mut self, from: i64, wanted: impl Fn(&Fact, bool) -> bool) -> Telling {
        let mut facts: Vec<(usize, Fact)> = Vec::new();
        for (idx, log) in self.logs.iter_mut().enumerate() {
            let is_history = log.groups_over_before(self.start);
            let is_over = log.groups_over_before(from);
            let of = |flags: &[bool], fact: &Fact| flags.get(fact.visit as usize).copied().unwrap_or(false);
            let all = std::mem::take(&mut log.facts);
            facts.extend(
                all.into_iter()
                    .filter(|fact| !of(&is_history, fact) && wanted(fact, of(&is_over, fact)))
                    .map(|fact| (idx, fact)),
            );
        }
        // No two are equal: the copy of a message is sent later than the message.
        facts.sort_unstable_by_key(|(idx, fact)| (fact.sent, *idx, fact.seq));
        Telling { logs: self.logs, places: self.places, facts: facts.into_iter() }
    }
}

/// Writes the messages one by one.
struct Telling {
    logs: Vec<Log>,
    places: Vec<Place>,
    facts: std::vec::IntoIter<(usize, Fact)>,
}

impl Iterator for Telling {
    type Item = Sent;

    fn next(&mut self) -> Option<Sent> {
        let (idx, fact) = self.facts.next()?;
        let pen = Pen { log: self.logs.get(idx)?, places: &self.places };
        Some(Sent { at: Timestamp::from_second(fact.sent).ok()?, bytes: pen.write(&fact) })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.facts.size_hint()
    }
}

/// The moment a warm-up of so many days before the start begins.
fn warm_up(start: i64, days: i64) -> i64 {
    clock::instant(clock::local_day(start + DAY / 2) - days, 0)
}
