//! A stay from bed to bed and out: how long, what care next, how it ends, and what goes wrong.

use super::{Act, Hospital, Level, Path};
use crate::clock::{DAY, HOUR, MINUTE, hour, instant, is_weekend, local_day};
use crate::log::{Class, DIALYSIS, Extra, Kind, NOWHERE, PlaceId, SOMEWHERE_IN, VisitId};
use crate::people::Age;
use crate::random::whole;
use crate::sites::{EAST, ED, ICU, MATERNITY, NORTH, NURSERY, OR, PEDIATRICS, REHAB, SOUTH, STEP, WEST};

/// Planned discharges by hour from 08:00 to 20:00. With deaths and delays, which keep no hours,
/// about 24 of 100 are out before noon.
const OUT_BY_HOUR: [f64; 13] = [1.0, 3.5, 9.5, 14.0, 14.0, 15.0, 15.0, 12.0, 8.0, 6.0, 3.0, 2.0, 1.0];

impl Hospital {
    /// The patient has reached this care: how long it will take, and what may come between.
    pub(super) fn settle(&mut self, visit: VisitId, level: Level) {
        let path = self.care(visit).path;
        let came_down = matches!(path, Path::Critical | Path::StepDown);
        let care = self.care_mut(visit);
        care.level = Some(level);
        care.is_leg = false;
        care.goes_to_rehab = false;
        let (median, sigma, dies, rehab, worsens) = match level {
            Level::Icu => (2.75, 0.6, 0.08, 0.0, 0.0),
            Level::Step => (2.3, 0.5, 0.02, 0.0, 0.05),
            Level::Medicine if came_down => (1.9, 0.6, 0.012, 0.04, 0.03),
            Level::Medicine => (3.8, 0.62, 0.013, 0.04, 0.06),
            Level::Surgery if path == Path::ElectiveSurgery => (2.9, 0.5, 0.002, 0.0, 0.03),
            Level::Surgery => (3.6, 0.55, 0.008, 0.0, 0.05),
            Level::Ortho if path == Path::Fracture => (4.6, 0.45, 0.006, 0.3, 0.03),
            Level::Ortho => (2.9, 0.4, 0.001, 0.08, 0.01),
            Level::Pediatrics => (2.5, 0.6, 0.0005, 0.0, 0.0),
            Level::Maternity => (2.35, 0.28, 0.0, 0.0, 0.0),
            Level::Rehab => (11.6, 0.32, 0.0005, 0.0, 0.01),
        };
        if path == Path::Observation && level == Level::Medicine && self.care(visit).class != Class::Inpatient
        {
            return self.observe(visit);
        }
        let days = self.random.log_normal(median, sigma).clamp(0.35, 60.0);
        let goes_on = level == Level::Icu || (level == Level::Step && self.random.chance(0.55));
        let dies = self.random.chance(dies);
        let rehab = self.random.chance(rehab);
        let care = self.care_mut(visit);
        care.dies = dies;
        care.goes_to_rehab = rehab && !dies;
        care.is_leg = goes_on && !dies;
        self.plan(visit, days);
        let version = self.care(visit).version;
        if !dies && days > 1.0 && self.random.chance(worsens) {
            let hours = self.random.between(8, whole(days * 20.0));
            self.at(self.now + hours * HOUR, Act::Worsen(visit, version));
        }
        if path == Path::Medicine && self.random.chance(0.012) {
            let hours = self.random.between(14, 30);
            self.at(self.now + hours * HOUR, Act::Revoke(visit, version));
        }
        if level == Level::Maternity && self.care(visit).baby.is_none() {
            let minutes = self.minutes(60, 14 * 60);
            self.after(minutes, Act::Born(visit));
        }
    }

    /// About a day in a bed as an outpatient; some turn out to need the hospital after all.
    fn observe(&mut self, visit: VisitId) {
        let hours = self.random.log_normal(23.0, 0.3).clamp(8.0, 60.0);
        let mut out = self.now + whole(hours * HOUR as f64);
        if !(9..22).contains(&hour(out)) {
            let morning = if hour(out) < 9 { local_day(out) } else { local_day(out) + 1 };
            out = instant(morning, 9 * HOUR + self.random.between(0, 3 * HOUR));
        }
        self.schedule(visit, out);
        if self.random.chance(0.22) {
            let version = self.care(visit).version;
            let at = self.now + whole(hours * 0.8 * HOUR as f64);
            self.at(at.min(out - HOUR), Act::Convert(visit, version));
        }
    }

    /// Plans the end so many days from now, at an hour people leave; fewer leave on weekends.
    pub(super) fn plan(&mut self, visit: VisitId, days: f64) {
        let raw = self.now + whole(days * DAY as f64);
        if self.care(visit).dies {
            return self.schedule(visit, raw);
        }
        let mut day = local_day(raw);
        if is_weekend(day) && self.random.chance(0.22) {
            day += 1;
        }
        let mut out = self.leaving_time(day);
        if out < self.now + 3 * HOUR {
            out = self.leaving_time(day + 1);
        }
        self.schedule(visit, out);
    }

    pub(super) fn leaving_time(&mut self, day: i64) -> i64 {
        let idx = i64::try_from(self.random.weighted(&OUT_BY_HOUR)).unwrap_or(5);
        instant(day, (8 + idx) * HOUR + self.random.between(0, HOUR))
    }

    pub(super) fn schedule(&mut self, visit: VisitId, out: i64) {
        let care = self.care_mut(visit);
        care.version += 1;
        care.plan_out = out;
        let act = if care.is_leg { Act::LegEnd } else { Act::Out };
        let version = care.version;
        self.at(out, act(visit, version));
    }

    fn is_due(&self, visit: VisitId, version: u32) -> bool {
        let care = self.care(visit);
        !care.is_gone && care.version == version
    }

    /// Ready for other care: where the patient lies already, or in line for a bed.
    pub(super) fn leg_end(&mut self, visit: VisitId, version: u32) {
        if !self.is_due(visit, version) {
            return;
        }
        let care = *self.care(visit);
        if care.is_busy || care.asked.is_some() {
            return self.after(60, Act::LegEnd(visit, version));
        }
        let next = match care.level {
            Some(Level::Icu) if self.random.chance(0.72) => Level::Step,
            _ => Level::Medicine,
        };
        let unit = self.unit_of(care.bed);
        let fits = match next {
            Level::Step => unit == Some(STEP),
            _ => matches!(unit, Some(NORTH | SOUTH)),
        };
        if fits {
            self.settle(visit, next);
        } else {
            self.ask(visit, next);
        }
    }

    pub(super) fn out(&mut self, visit: VisitId, version: u32) {
        if !self.is_due(visit, version) {
            return;
        }
        let care = *self.care(visit);
        if care.is_busy || care.asked.is_some() {
            return self.after(60, Act::Out(visit, version));
        }
        if care.dies {
            return self.finish(visit, "20");
        }
        if care.path != Path::Observation && self.random.chance(0.05) {
            self.untell_discharge(visit);
            let out = self.leaving_time(local_day(self.now) + 1);
            return self.schedule(visit, out);
        }
        if care.goes_to_rehab {
            self.untell_discharge(visit);
            return self.ask(visit, Level::Rehab);
        }
        let disposition = self.disposition(care.path);
        self.depart(visit, disposition);
    }

    pub(super) fn untell_discharge(&mut self, visit: VisitId) {
        if self.care(visit).is_discharge_told {
            self.tell(visit, Kind::A25, Extra::Nothing);
            self.care_mut(visit).is_discharge_told = false;
        }
    }

    fn disposition(&mut self, path: Path) -> &'static str {
        const CODES: [&str; 7] = ["01", "06", "03", "62", "02", "50", "07"];
        let weights = match path {
            Path::Fracture | Path::ElectiveJoint => [45.0, 32.0, 20.0, 2.0, 0.5, 0.2, 0.3],
            Path::Rehabilitation => [55.0, 30.0, 13.0, 0.0, 1.5, 0.0, 0.5],
            Path::Birth | Path::Child | Path::DirectChild => [97.0, 2.0, 0.0, 0.0, 0.7, 0.0, 0.3],
            Path::Observation | Path::ElectiveSurgery => [88.0, 9.0, 2.0, 0.0, 0.3, 0.0, 0.7],
            _ => [60.0, 17.0, 15.0, 1.5, 2.0, 2.5, 2.0],
        };
        CODES.get(self.random.weighted(&weights)).copied().unwrap_or("01")
    }

    /// Leaves alive, now and then only for half an hour, now and then with a move told afterwards.
    pub(super) fn depart(&mut self, visit: VisitId, disposition: &'static str) {
        if self.random.chance(0.006) {
            self.tell(visit, Kind::A03, Extra::Disposition(disposition));
            self.care_mut(visit).is_busy = true;
            self.care_mut(visit).version += 1;
            self.queue.retain(|&waiting| waiting != visit);
            self.care_mut(visit).asked = None;
            let found = self.minutes(10, 50);
            return self.after(found, Act::Reopen(visit));
        }
        if let Some(baby) = self.care(visit).baby.filter(|&baby| !self.care(baby).is_gone) {
            self.finish(baby, "01");
        }
        self.finish(visit, disposition);
        if self.care(visit).level.is_some() && self.random.chance(0.0018) {
            let later = self.minutes(20, 70);
            self.after(later, Act::Ghost(visit));
        }
    }

    /// A13: not discharged after all.
    pub(super) fn reopen(&mut self, visit: VisitId) {
        self.care_mut(visit).is_busy = false;
        self.care_mut(visit).goes_to_rehab = false;
        self.tell(visit, Kind::A13, Extra::Nothing);
        self.care_mut(visit).is_discharge_told = false;
        self.plan(visit, 1.0);
    }

    /// An A02 that happened, if one believes it, after the A03.
    pub(super) fn ghost(&mut self, visit: VisitId) {
        let place = self.care(visit).place;
        let Some(unit) = self.unit_of(place) else { return };
        if let Some(other) = self.free_bed(unit) {
            self.care_mut(visit).place = other;
            self.tell_move(visit, Kind::A02, place, Extra::Nothing);
        }
    }

    pub(super) fn worsen(&mut self, visit: VisitId, version: u32) {
        let care = *self.care(visit);
        let can = care.asked.is_none() && !care.is_busy && self.unit_of(care.bed) != Some(ICU);
        if self.is_due(visit, version) && can {
            self.untell_discharge(visit);
            self.care_mut(visit).version += 1;
            self.ask(visit, Level::Icu);
        }
    }

    /// A06 in a ward bed: observation becomes an inpatient stay.
    pub(super) fn convert(&mut self, visit: VisitId, version: u32) {
        if !self.is_due(visit, version) || self.care(visit).is_busy {
            return;
        }
        let care = self.care_mut(visit);
        care.class = Class::Inpatient;
        care.service = "MED";
        self.tell(visit, Kind::A06, Extra::Nothing);
        let days = self.random.log_normal(2.0, 0.5);
        self.plan(visit, days);
    }

    /// A07: utilization review finds the stay was an outpatient one.
    pub(super) fn revoke(&mut self, visit: VisitId, version: u32) {
        let care = *self.care(visit);
        if self.is_due(visit, version) && !care.is_busy && care.asked.is_none() {
            let care = self.care_mut(visit);
            care.class = Class::Outpatient;
            care.service = "OBS";
            self.tell(visit, Kind::A07, Extra::Nothing);
        }
    }

    /// Somebody sent by a doctor, to a bed at once or in an hour or two.
    pub(super) fn direct(&mut self, path: Path, tries: u8) {
        let (level, age) = match path {
            Path::Birth => (Level::Maternity, Age::Mother),
            Path::DirectChild => (Level::Pediatrics, Age::Child),
            Path::Rehabilitation => (Level::Rehab, Age::Elder),
            _ => (Level::Medicine, Age::Adult),
        };
        let Some(bed) = self.bed_for(level, i64::from(tries) * HOUR) else {
            if tries < 6 {
                let wait = self.minutes(55, 100);
                self.after(wait, Act::Direct(path, tries + 1));
            }
            return;
        };
        let visit = self.open(path, Class::Inpatient, super::beds::service_of(level, path), age);
        self.lie_down(visit, bed);
        if self.random.chance(0.06) {
            self.tell(visit, Kind::A28, Extra::Nothing);
        }
        self.tell(visit, Kind::A01, Extra::Nothing);
        if self.random.chance(0.02) {
            let found = self.minutes(5, 40);
            self.care_mut(visit).is_busy = true;
            return self.after(found, Act::Void(visit));
        }
        self.count_in(self.unit_of(bed));
        self.settle(visit, level);
    }

    /// A14 the day before, for an operation tomorrow.
    pub(super) fn book(&mut self, path: Path, age: Age) {
        let spread = whole(self.random.unit().powf(1.3) * 6.0 * HOUR as f64);
        let at = self.tomorrow(5 * HOUR + 45 * MINUTE + spread);
        let (service, unit) = if path == Path::ElectiveJoint { ("ORT", EAST) } else { ("SUR", WEST) };
        let visit = self.open(path, Class::Inpatient, service, age);
        self.log.set_start(visit, at);
        let told = self.now + self.random.between(0, 90 * MINUTE);
        let expected = Extra::Expected(at - at.rem_euclid(900));
        self.tell_at(told, visit, Kind::A14, Self::somewhere_in(unit), expected);
        self.at(at, Act::Elective(visit));
    }

    fn somewhere_in(unit: usize) -> PlaceId {
        SOMEWHERE_IN + PlaceId::try_from(unit).unwrap_or(0)
    }

    /// The day of the operation: cancelled, or admitted to recovery and treated.
    pub(super) fn elective(&mut self, visit: VisitId) {
        let is_cancelled = self.random.chance(0.04);
        let Some(bay) = self.free_bed(OR).filter(|_| !is_cancelled) else {
            self.tell(visit, Kind::A27, Extra::Nothing);
            return self.forget(visit);
        };
        self.lie_down(visit, bay);
        self.tell(visit, Kind::A01, Extra::Nothing);
        if self.random.chance(0.012) {
            let found = self.minutes(8, 45);
            return self.after(found, Act::Void(visit));
        }
        let minutes = whole(self.random.log_normal(250.0, 0.3).clamp(120.0, 600.0));
        self.after(minutes, Act::Treated(visit));
    }

    pub(super) fn treated(&mut self, visit: VisitId) {
        let level = if self.random.chance(0.06) {
            Level::Icu
        } else if self.care(visit).path == Path::ElectiveJoint {
            Level::Ortho
        } else {
            Level::Surgery
        };
        self.ask(visit, level);
    }

    /// A newborn in the nursery, who leaves with the mother.
    pub(super) fn born(&mut self, mother: VisitId) {
        if self.care(mother).is_gone {
            return;
        }
        let Some(bassinet) = self.free_bed(NURSERY) else { return };
        let mother_person = self.log.visit(mother).person;
        let person = self.log.add_person(Age::Newborn, self.now);
        self.is_inside.push(false);
        self.log.set_mother(person, mother_person);
        let baby = self.open_for(person, Path::Newborn, Class::Inpatient, "NB");
        self.log.set_mother_visit(baby, mother);
        self.lie_down(baby, bassinet);
        self.tell(baby, Kind::A01, Extra::Nothing);
        self.care_mut(mother).baby = Some(baby);
    }

    pub(super) fn transfer_back(&mut self, visit: VisitId, wrong: PlaceId) {
        self.release(wrong);
        let care = self.care_mut(visit);
        care.place = care.bed;
        care.is_busy = false;
        self.tell_move(visit, Kind::A12, wrong, Extra::Nothing);
    }

    pub(super) fn leave_out(&mut self, visit: VisitId) {
        self.care_mut(visit).is_busy = true;
        self.tell(visit, Kind::A21, Extra::Nothing);
    }

    /// Back from leave, or from a place nobody mapped.
    pub(super) fn leave_back(&mut self, visit: VisitId) {
        let was = self.care(visit).place;
        let care = self.care_mut(visit);
        care.is_busy = false;
        care.place = care.bed;
        if was == DIALYSIS {
            self.tell_move(visit, Kind::A02, was, Extra::Nothing);
        } else {
            self.tell(visit, Kind::A22, Extra::Nothing);
        }
    }

    pub(super) fn update(&mut self, visit: VisitId) {
        if !self.care(visit).is_gone {
            let kind = if self.random.chance(0.15) { Kind::A31 } else { Kind::A08 };
            self.tell(visit, kind, Extra::Nothing);
        }
    }

    /// Is the patient settled on a ward, with nothing else going on?
    pub(super) fn is_quiet(&self, visit: VisitId) -> bool {
        let care = self.care(visit);
        let is_ward = !matches!(self.unit_of(care.bed), Some(ED | OR | NURSERY) | None);
        is_ward && !care.is_busy && care.asked.is_none() && care.reserved == NOWHERE && !care.is_gone
    }

    /// Beds a morning round may speed up or slow down, with the share that is too full or too empty.
    pub(super) const STEERED: [(usize, f64, f64); 8] = [
        (STEP, 0.985, 0.93),
        (NORTH, 0.985, 0.945),
        (SOUTH, 0.985, 0.945),
        (WEST, 0.95, 0.90),
        (EAST, 0.94, 0.88),
        (MATERNITY, 0.96, 0.76),
        (PEDIATRICS, 0.96, 0.74),
        (REHAB, 0.98, 0.86),
    ];
}
