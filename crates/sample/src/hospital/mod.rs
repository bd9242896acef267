//! Riverside General, event by event: real beds, taken and cleaned, and people who wait for them.
//!
//! [`live`] runs the clock. [`ed`] brings people in by the ED, [`stay`] leads a stay from bed to
//! bed and out, [`beds`] gives and cleans beds, [`round`] is what happens to the house as a whole:
//! arrivals of the day, the morning round that speeds or slows discharges, swaps, leaves, closed
//! beds. Everything is drawn from one stream in the order of the simulated clock, so what happens
//! before a moment never depends on how far the run goes.

mod beds;
mod ed;
mod round;
mod stay;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::clock::{DAY, MINUTE, instant, local_day};
use crate::log::{Class, Extra, Kind, Log, NOWHERE, Note, PlaceId, VisitId};
use crate::people::Age;
use crate::random::Random;
use crate::sites::{House, UNITS, places};
use beds::Bed;

/// Why somebody comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Path {
    /// Treated in the ED and sent home.
    Home,
    LeavesUnseen,
    RegisteredByMistake,
    Medicine,
    StepDown,
    Critical,
    Surgery,
    Fracture,
    Child,
    Observation,
    ElectiveSurgery,
    ElectiveJoint,
    Birth,
    Newborn,
    Rehabilitation,
    DirectMedicine,
    DirectChild,
}

/// The care a bed must offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Icu,
    Step,
    Medicine,
    Surgery,
    Ortho,
    Pediatrics,
    Maternity,
    Rehab,
}

/// Something due at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Midnight,
    Morning,
    Afternoon,
    Tick,
    Arrive(Path),
    Registered(VisitId),
    LeaveUnseen(VisitId),
    Worked(VisitId),
    Ask(VisitId, Level),
    Move(VisitId),
    LegEnd(VisitId, u32),
    Out(VisitId, u32),
    Clean(PlaceId, u8, VisitId),
    Direct(Path, u8),
    Elective(VisitId),
    Born(VisitId),
    Convert(VisitId, u32),
    Revoke(VisitId, u32),
    Merge(VisitId),
    Worsen(VisitId, u32),
    Void(VisitId),
    Reopen(VisitId),
    TransferBack(VisitId, PlaceId),
    LeaveOut(VisitId),
    LeaveBack(VisitId),
    Treated(VisitId),
    Ghost(VisitId),
    Unblock(PlaceId, VisitId),
    Update(VisitId),
    Happening(round::Happening),
}

/// What the simulation knows of a visit.
#[derive(Clone, Copy, Debug)]
struct Care {
    path: Path,
    class: Class,
    service: &'static str,
    place: PlaceId,
    /// The bed kept for this patient, also while away from it.
    bed: PlaceId,
    reserved: PlaceId,
    asked: Option<(Level, i64)>,
    is_transfer_told: bool,
    level: Option<Level>,
    /// When the stay (or the part of it in this level) is meant to end.
    plan_out: i64,
    version: u32,
    is_discharge_told: bool,
    /// The plan ends with a move to other care, not with going home.
    is_leg: bool,
    dies: bool,
    /// Sent on to rehabilitation in the house when ready to leave the ward.
    goes_to_rehab: bool,
    is_busy: bool,
    is_gone: bool,
    is_alias: bool,
    baby: Option<VisitId>,
}

struct Hospital {
    log: Log,
    random: Random,
    now: i64,
    order: u32,
    agenda: BinaryHeap<Reverse<(i64, u32, Act)>>,
    cares: Vec<Care>,
    beds: Vec<Bed>,
    /// Where the beds of each unit stand in `beds`.
    units: Vec<std::ops::Range<usize>>,
    /// Waiting for a space in the ED.
    door: VecDeque<VisitId>,
    /// Waiting for a bed elsewhere.
    queue: Vec<VisitId>,
    /// People who were here before and may come again.
    known: Vec<u32>,
    is_inside: Vec<bool>,
    /// Patients a day who came into a unit: today so far, and smoothed.
    came: [(f64, f64); 9],
}

/// Riverside from four weeks before `start`, while it fills, until `end`.
pub(crate) fn live(seed: u64, start: i64, end: i64) -> Log {
    let mut log = Log::new(seed, House::Riverside);
    log.facts.reserve(usize::try_from((end - start) / DAY * 850).unwrap_or(0));
    let random = Random::of(&[log.seed, 0x405]);
    let first = crate::warm_up(start, 28);
    let beds: Vec<Bed> = places().iter().map(Bed::new).collect();
    let first_of = |unit: usize| beds.partition_point(|bed| bed.unit < unit);
    let units = (0..UNITS.len()).map(|unit| first_of(unit)..first_of(unit + 1)).collect();
    let mut hospital = Hospital {
        log,
        random,
        now: first,
        order: 0,
        agenda: BinaryHeap::new(),
        cares: Vec::new(),
        beds,
        units,
        door: VecDeque::new(),
        queue: Vec::new(),
        known: Vec::new(),
        is_inside: Vec::new(),
        came: [(0.0, 4.0); 9],
    };
    hospital.at(first, Act::Midnight);
    hospital.at(first, Act::Tick);
    while let Some(Reverse((at, _, act))) = hospital.agenda.pop() {
        if at >= end {
            break;
        }
        hospital.now = at;
        hospital.act(act);
    }
    hospital.log
}

impl Hospital {
    fn act(&mut self, act: Act) {
        match act {
            Act::Midnight => self.midnight(),
            Act::Morning => self.morning(),
            Act::Afternoon => self.afternoon(),
            Act::Tick => self.tick(),
            Act::Arrive(path) => self.arrive(path),
            Act::Registered(visit) => self.door.push_back(visit),
            Act::LeaveUnseen(visit) => self.leave_unseen(visit),
            Act::Worked(visit) => self.worked(visit),
            Act::Ask(visit, level) => self.ask(visit, level),
            Act::Move(visit) => self.take_reserved(visit),
            Act::LegEnd(visit, version) => self.leg_end(visit, version),
            Act::Out(visit, version) => self.out(visit, version),
            Act::Clean(bed, step, visit) => self.clean(bed, step, visit),
            Act::Direct(path, tries) => self.direct(path, tries),
            Act::Elective(visit) => self.elective(visit),
            Act::Born(visit) => self.born(visit),
            Act::Convert(visit, version) => self.convert(visit, version),
            Act::Revoke(visit, version) => self.revoke(visit, version),
            Act::Merge(visit) => self.merge(visit),
            Act::Worsen(visit, version) => self.worsen(visit, version),
            Act::Void(visit) => self.void(visit),
            Act::Reopen(visit) => self.reopen(visit),
            Act::TransferBack(visit, bed) => self.transfer_back(visit, bed),
            Act::LeaveOut(visit) => self.leave_out(visit),
            Act::LeaveBack(visit) => self.leave_back(visit),
            Act::Treated(visit) => self.treated(visit),
            Act::Ghost(visit) => self.ghost(visit),
            Act::Unblock(bed, visit) => self.unblock(bed, visit),
            Act::Update(visit) => self.update(visit),
            Act::Happening(what) => self.happen(what),
        }
    }

    fn at(&mut self, at: i64, act: Act) {
        self.order += 1;
        self.agenda.push(Reverse((at.max(self.now), self.order, act)));
    }

    fn after(&mut self, minutes: i64, act: Act) {
        self.at(self.now + minutes * MINUTE, act);
    }

    fn minutes(&mut self, from: i64, to: i64) -> i64 {
        self.random.between(from, to)
    }

    fn tomorrow(&self, second: i64) -> i64 {
        instant(local_day(self.now) + 1, second)
    }

    #[expect(clippy::indexing_slicing, reason = "a care is pushed with every visit and never removed")]
    fn care(&self, visit: VisitId) -> &Care {
        &self.cares[visit as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "a care is pushed with every visit and never removed")]
    fn care_mut(&mut self, visit: VisitId) -> &mut Care {
        &mut self.cares[visit as usize]
    }

    /// Opens a visit for someone new or, among adults, often someone known.
    fn open(&mut self, path: Path, class: Class, service: &'static str, age: Age) -> VisitId {
        let known = self.known.get(self.random.below(self.known.len())).copied();
        let returns = age == Age::Adult && self.random.chance(0.16);
        let person = match known {
            Some(person) if returns && !self.is_inside(person) => person,
            Some(_) | None => {
                self.is_inside.push(false);
                self.log.add_person(age, self.now)
            }
        };
        if age == Age::Adult && self.random.chance(0.4) {
            self.remember(person);
        }
        self.open_for(person, path, class, service)
    }

    fn open_for(&mut self, person: u32, path: Path, class: Class, service: &'static str) -> VisitId {
        self.set_inside(person, true);
        let visit = self.log.open(House::Riverside, person, self.now);
        self.cares.push(Care {
            path,
            class,
            service,
            place: NOWHERE,
            bed: NOWHERE,
            reserved: NOWHERE,
            asked: None,
            is_transfer_told: false,
            level: None,
            plan_out: i64::MAX,
            version: 0,
            is_discharge_told: false,
            is_leg: false,
            dies: false,
            goes_to_rehab: false,
            is_busy: false,
            is_gone: false,
            is_alias: false,
            baby: None,
        });
        visit
    }

    /// The last few thousand; a new one takes the place of a random old one.
    fn remember(&mut self, person: u32) {
        if self.known.len() < 4000 {
            self.known.push(person);
        } else {
            let idx = self.random.below(self.known.len());
            if let Some(slot) = self.known.get_mut(idx) {
                *slot = person;
            }
        }
    }

    fn is_inside(&self, person: u32) -> bool {
        self.is_inside.get(person as usize).copied().unwrap_or(false)
    }

    fn set_inside(&mut self, person: u32, is_inside: bool) {
        if let Some(slot) = self.is_inside.get_mut(person as usize) {
            *slot = is_inside;
        }
    }

    /// Tells of an event that happens now at the patient's place.
    fn tell(&mut self, visit: VisitId, kind: Kind, extra: Extra) {
        self.tell_move(visit, kind, NOWHERE, extra);
    }

    fn tell_move(&mut self, visit: VisitId, kind: Kind, prior: PlaceId, extra: Extra) {
        self.tell_at(self.now, visit, kind, prior, extra);
    }

    fn tell_at(&mut self, at: i64, visit: VisitId, kind: Kind, prior: PlaceId, extra: Extra) {
        let care = *self.care(visit);
        self.log.tell(Note {
            at,
            visit,
            kind,
            class: care.class,
            is_alias: care.is_alias,
            place: care.place,
            prior,
            service: care.service,
            extra,
        });
    }

    /// The visit is over: A03 with its disposition, and the bed goes to housekeeping.
    fn finish(&mut self, visit: VisitId, disposition: &'static str) {
        self.tell(visit, Kind::A03, Extra::Disposition(disposition));
        self.forget(visit);
    }

    /// Nothing more happens to this visit.
    fn forget(&mut self, visit: VisitId) {
        let bed = self.care(visit).bed;
        let reserved = self.care(visit).reserved;
        self.vacate(bed, visit);
        self.release(reserved);
        let care = self.care_mut(visit);
        care.is_gone = true;
        care.version += 1;
        care.asked = None;
        self.queue.retain(|&waiting| waiting != visit);
        let person = self.log.visit(visit).person;
        self.set_inside(person, false);
        self.log.close(visit);
    }

    /// Patients in beds of a unit.
    fn patients(&self, unit: usize) -> Vec<VisitId> {
        self.beds_of(unit).iter().filter_map(Bed::patient).collect()
    }

    fn staffed(&self, unit: usize) -> f64 {
        match UNITS.get(unit).map(|unit| &unit.beds) {
            Some(crate::sites::Beds::Licensed { staffed, .. }) => *staffed as f64,
            Some(crate::sites::Beds::Spaces { .. } | crate::sites::Beds::Rooms) | None => 0.0,
        }
    }
}
