//! What happens to the house as a whole: the arrivals of a day, the morning round, odd events.

use super::{Act, Hospital, Level, Path};
use crate::clock::{DAY, HOUR, MINUTE, date_of, instant, is_weekend, local_day, weekday};
use crate::log::{Class, DIALYSIS, Extra, Kind, NOWHERE, PlaceId, STRANGER_BED, VisitId};
use crate::people::{Age, winter};
use crate::random::whole;
use crate::sites::{EAST, ICU, MATERNITY, NORTH, PEDIATRICS, REHAB, SOUTH, STEP, WEST};

/// Odd events that have no cause in a stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Happening {
    Swap,
    WrongTransfer,
    Dialysis,
    BlockBed,
    Stranger,
    WeekendLeave,
}

/// ED arrivals by hour of day, as shares of a hundred.
const ARRIVALS_BY_HOUR: [f64; 24] = [
    2.7, 2.2, 1.9, 1.6, 1.5, 1.6, 2.0, 3.0, 4.3, 5.4, 6.0, 6.2, 6.1, 5.9, 5.8, 5.8, 5.8, 5.9, 5.8, 5.5, 5.1,
    4.5, 3.9, 3.2,
];
/// ED arrivals by weekday, Sunday first.
const ARRIVALS_BY_WEEKDAY: [f64; 7] = [0.98, 1.07, 1.02, 0.99, 0.98, 0.98, 0.98];

/// Of 145 arrivals, how many come for what.
const ED_MIX: [(Path, f64); 10] = [
    (Path::Home, 103.0),
    (Path::LeavesUnseen, 2.9),
    (Path::RegisteredByMistake, 0.6),
    (Path::Medicine, 11.6),
    (Path::StepDown, 6.2),
    (Path::Critical, 4.3),
    (Path::Surgery, 3.8),
    (Path::Fracture, 2.4),
    (Path::Child, 3.6),
    (Path::Observation, 6.7),
];

impl Hospital {
    pub(super) fn midnight(&mut self) {
        let day = local_day(self.now + HOUR);
        self.at(instant(day + 1, 0), Act::Midnight);
        self.at(instant(day, 6 * HOUR + 30 * MINUTE), Act::Morning);
        self.at(instant(day, 14 * HOUR), Act::Afternoon);
        for (today, mean) in &mut self.came {
            *mean += 0.12 * (*today - *mean);
            *today = 0.0;
        }
        self.draw_ed(day);
        self.draw_direct(day);
        self.draw_happenings(day);
    }

    fn draw_ed(&mut self, day: i64) {
        let by_weekday = usize::try_from(weekday(day)).ok().and_then(|idx| ARRIVALS_BY_WEEKDAY.get(idx));
        let busy = by_weekday.copied().unwrap_or(1.0) * winter(day, 0.045);
        for (path, share) in ED_MIX {
            // Who needs a bed depends less on the weekday than who comes.
            let mean = if path == Path::Home { share * busy } else { share * (1.0 + busy) / 2.0 };
            for _ in 0..self.random.steady(mean) {
                let hour = i64::try_from(self.random.weighted(&ARRIVALS_BY_HOUR)).unwrap_or(12);
                let at = instant(day, hour * HOUR + self.random.between(0, HOUR));
                self.at(at, Act::Arrive(path));
            }
        }
    }

    fn draw_direct(&mut self, day: i64) {
        let births = self.random.steady(7.9);
        for _ in 0..births {
            let at = instant(day, self.random.between(0, DAY));
            self.at(at, Act::Direct(Path::Birth, 0));
        }
        let rest = if is_weekend(day) { 0.5 } else { 1.2 };
        for (path, mean) in [
            (Path::DirectMedicine, 1.6),
            (Path::DirectChild, 0.8 * winter(day, 0.3)),
            (Path::Rehabilitation, 1.0),
        ] {
            for _ in 0..self.random.steady(mean * rest) {
                let at = instant(day, 9 * HOUR + self.random.between(0, 10 * HOUR));
                self.at(at, Act::Direct(path, 0));
            }
        }
    }

    fn draw_happenings(&mut self, day: i64) {
        let daily = [
            (Happening::Swap, 0.7),
            (Happening::WrongTransfer, 0.8),
            (Happening::Dialysis, 0.1),
            (Happening::BlockBed, 0.5),
            (Happening::Stranger, 0.035),
        ];
        for (what, chance) in daily {
            if self.random.chance(chance) {
                let at = instant(day, 9 * HOUR + self.random.between(0, 10 * HOUR));
                self.at(at, Act::Happening(what));
            }
        }
        if weekday(day) == 6 {
            self.at(instant(day, 9 * HOUR + 40 * MINUTE), Act::Happening(Happening::WeekendLeave));
        }
    }

    /// The round looks at each unit and at who is to leave; some families hear it is today.
    pub(super) fn morning(&mut self) {
        for (unit, full, empty) in Self::STEERED {
            self.steer(unit, full, empty);
        }
        let today = local_day(self.now);
        self.tell_discharges(today, 0.55);
    }

    /// Operations of tomorrow are booked, and tomorrow's likely discharges are told.
    pub(super) fn afternoon(&mut self) {
        let tomorrow = local_day(self.now) + 1;
        let (_, month, day) = date_of(tomorrow);
        let is_quiet_time = (month == 12 && day > 22) || (month == 1 && day < 3) || (month == 7 && day == 4);
        let (surgery, joints) = match weekday(tomorrow) {
            0 => (1.0, 0.6),
            6 => (1.6, 1.2),
            1..=3 => (4.6, 4.6),
            _ => (4.4, 4.2),
        };
        let share = if is_quiet_time { 0.35 } else { 1.0 };
        for _ in 0..self.random.steady(surgery * share) {
            self.book(Path::ElectiveSurgery, Age::Adult);
        }
        for _ in 0..self.random.steady(joints * share) {
            self.book(Path::ElectiveJoint, Age::Elder);
        }
        self.make_room();
        self.tell_discharges(tomorrow, 0.3);
    }

    /// With many waiting, some who would leave tomorrow leave this afternoon.
    fn make_room(&mut self) {
        let n = self.queue.len().saturating_sub(4).div_ceil(2);
        for unit in [STEP, NORTH, SOUTH] {
            let tomorrow = local_day(self.now) + 1;
            let can_leave = |care: &super::Care| {
                !care.dies && care.class == Class::Inpatient && local_day(care.plan_out) == tomorrow
            };
            let ready = self.patients(unit).into_iter().filter(|&visit| self.is_quiet(visit));
            let ready: Vec<VisitId> = ready.filter(|&visit| can_leave(self.care(visit))).take(n).collect();
            for visit in ready {
                let out = self.now + self.random.between(HOUR, 5 * HOUR);
                self.schedule(visit, out);
            }
        }
    }

    fn tell_discharges(&mut self, day: i64, share: f64) {
        for unit in [STEP, NORTH, SOUTH, WEST, EAST, MATERNITY, PEDIATRICS, REHAB] {
            for visit in self.patients(unit) {
                let care = *self.care(visit);
                let is_leaving = !care.is_leg && !care.dies && local_day(care.plan_out) == day;
                if !is_leaving || care.is_discharge_told || !self.is_quiet(visit) {
                    continue;
                }
                let told = self.now + self.random.between(0, 100 * MINUTE);
                if care.class == Class::Inpatient && told < care.plan_out && self.random.chance(share) {
                    let guess = care.plan_out + self.random.between(-2 * HOUR, HOUR);
                    let expected = Extra::Expected(guess - guess.rem_euclid(900));
                    self.tell_at(told, visit, Kind::A16, NOWHERE, expected);
                    self.care_mut(visit).is_discharge_told = true;
                }
            }
        }
    }

    /// Sends home today who could go tomorrow when a unit fills up, and keeps some when it empties.
    fn steer(&mut self, unit: usize, full: f64, empty: f64) {
        let today = local_day(self.now);
        let mut stays: Vec<(i64, VisitId)> = self
            .patients(unit)
            .into_iter()
            .filter(|&visit| self.is_quiet(visit) && !self.care(visit).dies)
            .filter(|&visit| self.care(visit).class == Class::Inpatient)
            .map(|visit| (self.care(visit).plan_out, visit))
            .collect();
        stays.sort_unstable();
        let leaving: Vec<VisitId> =
            stays.iter().filter(|(out, _)| local_day(*out) == today).map(|&(_, visit)| visit).collect();
        let next: Vec<VisitId> = stays
            .iter()
            .filter(|(out, _)| (today + 1..=today + 2).contains(&local_day(*out)))
            .map(|&(_, visit)| visit)
            .collect();
        let beds = self.staffed(unit);
        let coming = self.came.get(unit).map_or(0.0, |(_, mean)| *mean) * self.weekday_share(unit, today);
        let expected =
            self.patients(unit).len() as f64 + coming + self.boarding_for(unit) - leaving.len() as f64;
        let too_many = whole((expected - full * beds).ceil()).clamp(0, 8);
        let too_few = whole((empty * beds - expected).ceil()).clamp(0, 6);
        for visit in next.into_iter().take(usize::try_from(too_many).unwrap_or(0)) {
            let out = self.leaving_time(today);
            self.schedule(visit, out);
        }
        for visit in leaving.into_iter().rev().take(usize::try_from(too_few).unwrap_or(0)) {
            self.untell_discharge(visit);
            let out = self.leaving_time(today + 1);
            self.schedule(visit, out);
        }
    }

    /// Boarders beyond the few there always are press on the wards that would take them.
    fn boarding_for(&self, unit: usize) -> f64 {
        let takes = match unit {
            NORTH | SOUTH => Level::Medicine,
            STEP => Level::Step,
            _ => return 0.0,
        };
        let waits = |visit: &&VisitId| self.care(**visit).asked.is_some_and(|(level, _)| level == takes);
        let n = self.queue.iter().filter(waits).count() as f64;
        if takes == Level::Medicine { n / 2.0 } else { n }
    }

    /// Operations fill the surgical units on weekdays only.
    fn weekday_share(&self, unit: usize, day: i64) -> f64 {
        match (unit, is_weekend(day)) {
            (WEST | EAST, true) => 0.6,
            (WEST | EAST, false) => 1.15,
            _ => 1.0,
        }
    }

    pub(super) fn happen(&mut self, what: Happening) {
        match what {
            Happening::Swap => self.swap(),
            Happening::WrongTransfer => self.wrong_transfer(),
            Happening::Dialysis => self.dialysis(),
            Happening::BlockBed => self.block_bed(),
            Happening::Stranger => self.stranger(),
            Happening::WeekendLeave => self.weekend_leave(),
        }
    }

    /// Settled patients of a unit who will be there for another day at least.
    fn quiet(&self, unit: usize) -> Vec<VisitId> {
        let patients = self.patients(unit).into_iter();
        patients.filter(|&visit| self.is_quiet(visit) && self.care(visit).plan_out > self.now + DAY).collect()
    }

    fn quiet_somewhere(&mut self) -> Option<VisitId> {
        let unit = *self.random.pick(&[STEP, NORTH, SOUTH, WEST, EAST])?;
        let quiet = self.quiet(unit);
        self.random.pick(&quiet).copied()
    }

    fn swap(&mut self) {
        let Some(one) = self.quiet_somewhere() else { return };
        let Some(unit) = self.unit_of(self.care(one).bed) else { return };
        let others: Vec<VisitId> = self.quiet(unit).into_iter().filter(|&other| other != one).collect();
        let Some(&other) = self.random.pick(&others) else { return };
        let (first, second) = (self.care(one).bed, self.care(other).bed);
        self.lie_down(one, second);
        self.lie_down(other, first);
        self.log.link(one, other);
        let half = *self.care(other);
        self.tell_move(one, Kind::A17, first, Extra::Swap(other, half.class, half.service));
    }

    /// An A02 for the wrong patient, cancelled by A12 soon after.
    fn wrong_transfer(&mut self) {
        let Some(visit) = self.quiet_somewhere() else { return };
        let Some(wrong) = self.free_bed(WEST).or_else(|| self.free_bed(EAST)) else { return };
        self.reserve(wrong);
        let care = self.care_mut(visit);
        let bed = care.bed;
        care.place = wrong;
        care.is_busy = true;
        self.tell_move(visit, Kind::A02, bed, Extra::Nothing);
        let found = self.minutes(8, 45);
        self.after(found, Act::TransferBack(visit, wrong));
    }

    /// A few hours at a place nobody mapped.
    fn dialysis(&mut self) {
        let Some(visit) = self.quiet_somewhere() else { return };
        let care = self.care_mut(visit);
        let bed = care.bed;
        care.place = DIALYSIS;
        care.is_busy = true;
        self.tell_move(visit, Kind::A02, bed, Extra::Nothing);
        let back = self.minutes(180, 270);
        self.after(back, Act::LeaveBack(visit));
    }

    /// A free bed is closed for repair, or kept for contamination, for some hours.
    fn block_bed(&mut self) {
        let Some(&unit) = self.random.pick(&[ICU, STEP, NORTH, SOUTH, WEST, EAST, MATERNITY, PEDIATRICS])
        else {
            return;
        };
        let Some(bed) = self.free_bed(unit) else { return };
        self.close_bed(bed);
        let visit = self.open_for(u32::MAX, Path::Home, Class::Outpatient, "");
        let status = if self.random.chance(0.7) { 'C' } else { 'K' };
        self.tell_bed(bed, status, visit);
        let minutes = self.minutes(4 * 60, 40 * 60);
        self.after(minutes, Act::Unblock(bed, visit));
    }

    pub(super) fn unblock(&mut self, bed: PlaceId, visit: VisitId) {
        self.release(bed);
        self.tell_bed(bed, 'U', visit);
        self.log.close(visit);
    }

    /// A stay at a facility whose code nobody mapped.
    fn stranger(&mut self) {
        let person = self.log.add_person(Age::Adult, self.now);
        self.is_inside.push(false);
        let visit = self.open_for(person, Path::Home, Class::Inpatient, "MED");
        self.log.make_stranger(visit);
        self.care_mut(visit).place = STRANGER_BED;
        self.tell(visit, Kind::A01, Extra::Nothing);
        let out = self.now + self.random.between(10 * HOUR, 30 * HOUR);
        self.tell_at(out, visit, Kind::A03, NOWHERE, Extra::Disposition("01"));
        self.log.close(visit);
    }

    /// Some in rehabilitation try a night at home.
    fn weekend_leave(&mut self) {
        let back = self.tomorrow(15 * HOUR);
        for visit in self.quiet(REHAB) {
            if self.care(visit).plan_out > back + DAY && self.random.chance(0.07) {
                let wait = self.minutes(0, 150);
                self.after(wait, Act::LeaveOut(visit));
                self.care_mut(visit).is_busy = true;
                let late = self.random.between(0, 4 * HOUR);
                self.at(back + late, Act::LeaveBack(visit));
            }
        }
    }
}
