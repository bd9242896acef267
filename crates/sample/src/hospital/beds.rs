//! Beds: who has one, who waits for one, and cleaning between two patients.

use super::{Act, Hospital, Level, Path};
use crate::clock::{HOUR, hour};
use crate::log::{Class, Extra, Kind, NOWHERE, PlaceId, VisitId};
use crate::sites::{
    EAST, ED, ICU, MATERNITY, NORTH, NURSERY, OR, PEDIATRICS, Place, REHAB, SOUTH, STEP, WEST,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Free,
    Reserved,
    Taken(VisitId),
    Dirty,
    Closed,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Bed {
    pub(super) unit: usize,
    is_set_up: bool,
    state: State,
}

impl Bed {
    pub(super) fn new(place: &Place) -> Bed {
        Bed { unit: place.unit, is_set_up: place.is_set_up, state: State::Free }
    }

    pub(super) fn patient(&self) -> Option<VisitId> {
        match self.state {
            State::Taken(visit) => Some(visit),
            State::Free | State::Reserved | State::Dirty | State::Closed => None,
        }
    }

    /// Spaces of the ED, the nursery and recovery are wiped on the spot.
    fn needs_cleaning(&self) -> bool {
        !matches!(self.unit, ED | NURSERY | OR)
    }
}

/// The units that may take a patient after so many hours of waiting, best first.
fn units_for(level: Level, waited: i64) -> &'static [usize] {
    match level {
        Level::Icu if waited < 3 * HOUR => &[ICU],
        Level::Icu => &[ICU, STEP],
        Level::Step if waited < 2 * HOUR => &[STEP],
        Level::Step => &[STEP, SOUTH, NORTH],
        Level::Medicine if waited < HOUR => &[NORTH, SOUTH],
        Level::Medicine if waited < 3 * HOUR => &[NORTH, SOUTH, WEST, EAST],
        Level::Medicine => &[NORTH, SOUTH, WEST, EAST, STEP],
        Level::Surgery if waited < 2 * HOUR => &[WEST],
        Level::Surgery => &[WEST, EAST, NORTH, SOUTH],
        Level::Ortho if waited < 2 * HOUR => &[EAST],
        Level::Ortho => &[EAST, WEST, SOUTH],
        Level::Pediatrics => &[PEDIATRICS],
        Level::Maternity => &[MATERNITY],
        Level::Rehab => &[REHAB],
    }
}

impl Hospital {
    fn bed_mut(&mut self, bed: PlaceId) -> Option<&mut Bed> {
        self.beds.get_mut(usize::from(bed))
    }

    pub(super) fn unit_of(&self, bed: PlaceId) -> Option<usize> {
        self.beds.get(usize::from(bed)).map(|bed| bed.unit)
    }

    fn set(&mut self, bed: PlaceId, state: State) {
        if let Some(bed) = self.bed_mut(bed) {
            bed.state = state;
        }
    }

    /// A free, clean bed of a unit, any with the same chance.
    pub(super) fn free_bed(&mut self, unit: usize) -> Option<PlaceId> {
        self.free_place(unit, true)
    }

    /// A hall space, for when the ED is full.
    pub(super) fn free_hall(&mut self) -> Option<PlaceId> {
        self.free_place(ED, false)
    }

    fn free_place(&mut self, unit: usize, is_set_up: bool) -> Option<PlaceId> {
        let is_free = |bed: &Bed| bed.is_set_up == is_set_up && bed.state == State::Free;
        let n_free = self.beds_of(unit).iter().filter(|bed| is_free(bed)).count();
        if n_free == 0 {
            return None;
        }
        let skip = self.random.below(n_free);
        let free = self.beds_of(unit).iter().enumerate().filter(|(_, bed)| is_free(bed));
        let idx = free.map(|(idx, _)| idx).nth(skip)?;
        let first = self.units.get(unit)?.start;
        PlaceId::try_from(first + idx).ok()
    }

    /// The beds of a unit, which stand together.
    pub(super) fn beds_of(&self, unit: usize) -> &[Bed] {
        self.units.get(unit).and_then(|range| self.beds.get(range.clone())).unwrap_or_default()
    }

    pub(super) fn n_free(&self, unit: usize) -> usize {
        self.beds_of(unit).iter().filter(|bed| bed.is_set_up && bed.state == State::Free).count()
    }

    pub(super) fn reserve(&mut self, bed: PlaceId) {
        self.set(bed, State::Reserved);
    }

    pub(super) fn release(&mut self, bed: PlaceId) {
        self.set(bed, State::Free);
    }

    pub(super) fn close_bed(&mut self, bed: PlaceId) {
        self.set(bed, State::Closed);
    }

    /// The patient lies in this bed from now on; telling is the caller's.
    pub(super) fn lie_down(&mut self, visit: VisitId, bed: PlaceId) {
        self.set(bed, State::Taken(visit));
        let care = self.care_mut(visit);
        care.place = bed;
        care.bed = bed;
    }

    /// Housekeeping gets the bed.
    pub(super) fn vacate(&mut self, bed: PlaceId, visit: VisitId) {
        let Some(needs_cleaning) = self.bed_mut(bed).map(|bed| bed.needs_cleaning()) else { return };
        if !needs_cleaning {
            return self.release(bed);
        }
        self.set(bed, State::Dirty);
        let is_contaminated = self.random.chance(0.05);
        let wait = self.minutes(2, 9);
        self.after(wait, Act::Clean(bed, if is_contaminated { 0 } else { 1 }, visit));
    }

    /// Steps of cleaning: 0 contaminated, 1 housekeeping, 2 done.
    pub(super) fn clean(&mut self, bed: PlaceId, step: u8, visit: VisitId) {
        let is_night = !(7..22).contains(&hour(self.now));
        let status = match step {
            0 => 'K',
            1 => 'H',
            _ => 'U',
        };
        self.tell_bed(bed, status, visit);
        match step {
            0 => {
                let wait = self.minutes(60, 150);
                self.after(wait, Act::Clean(bed, 1, visit));
            }
            1 => {
                let wait = self.minutes(38, 95) + if is_night { 25 } else { 0 };
                self.after(wait, Act::Clean(bed, 2, visit));
            }
            _ => self.release(bed),
        }
    }

    pub(super) fn tell_bed(&mut self, bed: PlaceId, status: char, visit: VisitId) {
        let care = *self.care(visit);
        self.log.tell(crate::log::Note {
            at: self.now,
            visit,
            kind: Kind::A20,
            class: care.class,
            is_alias: false,
            place: bed,
            prior: NOWHERE,
            service: care.service,
            extra: Extra::BedStatus(status),
        });
    }

    /// Joins the queue for a bed.
    pub(super) fn ask(&mut self, visit: VisitId, level: Level) {
        let now = self.now;
        let care = self.care_mut(visit);
        if care.is_gone || care.asked.is_some() || care.reserved != NOWHERE {
            return;
        }
        care.asked = Some((level, now));
        self.queue.push(visit);
    }

    /// Every ten minutes somebody looks who waits and what is free.
    pub(super) fn tick(&mut self) {
        self.after(10, Act::Tick);
        self.seat();
        let mut waiting: Vec<(bool, i64, VisitId, Level)> = self
            .queue
            .iter()
            .filter_map(|&visit| self.care(visit).asked.map(|(level, since)| (visit, level, since)))
            .map(|(visit, level, since)| (level != Level::Icu, since, visit, level))
            .collect();
        waiting.sort_unstable();
        for (_, since, visit, level) in waiting {
            if self.care(visit).is_busy {
                continue;
            }
            let waited = self.now - since;
            if let Some(bed) = self.bed_for(level, waited) {
                self.promise(visit, bed);
            } else {
                self.give_up(visit, level, waited);
            }
        }
    }

    pub(super) fn bed_for(&mut self, level: Level, waited: i64) -> Option<PlaceId> {
        let units = units_for(level, waited);
        if level == Level::Medicine && self.n_free(SOUTH) > self.n_free(NORTH) {
            return self.free_bed(SOUTH);
        }
        units.iter().find_map(|&unit| self.free_bed(unit))
    }

    /// Some do not wait for ever.
    fn give_up(&mut self, visit: VisitId, level: Level, waited: i64) {
        let by_day = (10..17).contains(&hour(self.now));
        match level {
            // A children's hospital takes them.
            Level::Pediatrics if waited > 4 * HOUR => {
                self.finish(visit, "05");
            }
            Level::Rehab if waited > 22 * HOUR && by_day => {
                let disposition = if self.random.chance(0.7) { "03" } else { "06" };
                self.depart(visit, disposition);
            }
            Level::Icu
            | Level::Step
            | Level::Medicine
            | Level::Surgery
            | Level::Ortho
            | Level::Pediatrics
            | Level::Maternity
            | Level::Rehab => {}
        }
    }

    /// A bed is kept, and the patient is on the way within an hour or two.
    fn promise(&mut self, visit: VisitId, bed: PlaceId) {
        self.reserve(bed);
        let care = *self.care(visit);
        let tells = care.class == Class::Inpatient && self.random.chance(0.4);
        if tells {
            self.tell(visit, Kind::A15, Extra::Pending(bed));
        }
        self.queue.retain(|&waiting| waiting != visit);
        let care = self.care_mut(visit);
        care.reserved = bed;
        care.is_transfer_told = tells;
        let is_night = !(7..21).contains(&hour(self.now));
        let wait = if is_night { self.minutes(70, 230) } else { self.minutes(30, 110) };
        self.after(wait, Act::Move(visit));
    }

    /// The patient reaches the promised bed, unless the promise is taken back.
    pub(super) fn take_reserved(&mut self, visit: VisitId) {
        let care = *self.care(visit);
        let Some((level, _)) = care.asked.filter(|_| !care.is_gone) else { return };
        if care.is_busy {
            return self.after(60, Act::Move(visit));
        }
        if care.is_transfer_told && self.random.chance(0.04) {
            self.tell(visit, Kind::A26, Extra::Pending(care.reserved));
            self.release(care.reserved);
            let care = self.care_mut(visit);
            care.reserved = NOWHERE;
            self.queue.push(visit);
            return;
        }
        self.vacate(care.bed, visit);
        self.lie_down(visit, care.reserved);
        let unit = self.unit_of(care.reserved);
        let moved = self.care_mut(visit);
        moved.reserved = NOWHERE;
        moved.asked = None;
        moved.service = service_of(level, care.path);
        self.count_in(unit);
        self.tell_move(visit, Kind::A02, care.place, Extra::Nothing);
        self.settle(visit, level);
    }

    pub(super) fn count_in(&mut self, unit: Option<usize>) {
        if let Some((today, _)) = unit.and_then(|unit| self.came.get_mut(unit)) {
            *today += 1.0;
        }
    }
}

/// `PV1-10` for somebody cared for at a level.
pub(super) fn service_of(level: Level, path: Path) -> &'static str {
    match level {
        Level::Icu => "CCM",
        Level::Step => "CAR",
        Level::Medicine if path == Path::Observation => "OBS",
        Level::Medicine => "MED",
        Level::Surgery => "SUR",
        Level::Ortho => "ORT",
        Level::Pediatrics => "PED",
        Level::Maternity => "OB",
        Level::Rehab => "REH",
    }
}
