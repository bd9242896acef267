//! The ED: arrival, a space, and home or a decision to keep the patient.

use super::{Act, Hospital, Level, Path};
use crate::clock::{HOUR, MINUTE, hour};
use crate::log::{Class, Extra, Kind, NOWHERE, VisitId, WAITING_ROOM};
use crate::people::Age;
use crate::random::whole;
use crate::sites::ED;

impl Hospital {
    pub(super) fn arrive(&mut self, path: Path) {
        let age = match path {
            Path::Child => Age::Child,
            Path::Home if self.random.chance(0.2) => Age::Child,
            Path::Fracture if self.random.chance(0.5) => Age::Elder,
            _ => Age::Adult,
        };
        let visit = self.open(path, Class::Emergency, "EM", age);
        let gets_second_number = age == Age::Adult && self.random.chance(0.003);
        let care = self.care_mut(visit);
        care.place = WAITING_ROOM;
        care.is_alias = gets_second_number;
        self.tell(visit, Kind::A04, Extra::Nothing);
        if gets_second_number {
            let found = self.minutes(3 * 60, 30 * 60);
            self.after(found, Act::Merge(visit));
        }
        match path {
            Path::LeavesUnseen => {
                let patience = self.minutes(45, 200);
                self.after(patience, Act::LeaveUnseen(visit));
            }
            Path::RegisteredByMistake => {
                let found = self.minutes(4, 25);
                self.after(found, Act::Void(visit));
            }
            _ => {
                let triage = self.minutes(4, 16);
                self.after(triage, Act::Registered(visit));
            }
        }
    }

    /// Seats who waits; the hall serves when somebody has waited over an hour.
    pub(super) fn seat(&mut self) {
        while let Some(&visit) = self.door.front() {
            let waited = self.now - self.log.visit(visit).start;
            let Some(bed) =
                self.free_bed(ED).or_else(|| if waited > 70 * MINUTE { self.free_hall() } else { None })
            else {
                return;
            };
            self.door.pop_front();
            self.lie_down(visit, bed);
            self.tell_move(visit, Kind::A02, WAITING_ROOM, Extra::Nothing);
            let is_kept = self.care(visit).path != Path::Home;
            let (median, sigma) = if is_kept { (2.7, 0.35) } else { (1.9, 0.5) };
            let hours = self.random.log_normal(median, sigma).clamp(0.3, 9.0);
            self.at(self.now + whole(hours * HOUR as f64), Act::Worked(visit));
        }
    }

    /// The work-up is done: home, or a decision to keep the patient.
    pub(super) fn worked(&mut self, visit: VisitId) {
        let path = self.care(visit).path;
        let Some(level) = level_after_ed(path) else {
            let draw = self.random.unit();
            let disposition = match draw {
                d if d < 0.945 => "01",
                d if d < 0.965 => "02",
                d if d < 0.985 => "03",
                d if d < 0.9985 => "07",
                _ => "20",
            };
            return self.finish(visit, disposition);
        };
        let care = self.care_mut(visit);
        care.service = super::beds::service_of(level, path);
        if path == Path::Observation {
            care.class = Class::Outpatient;
            self.tell(visit, Kind::A08, Extra::Nothing);
        } else {
            care.class = Class::Inpatient;
            self.tell(visit, Kind::A06, Extra::Nothing);
            if self.random.chance(0.12) {
                let later = self.minutes(30, 2000);
                self.after(later, Act::Update(visit));
            }
        }
        let is_night = !(7..21).contains(&hour(self.now));
        let wait = if is_night { self.minutes(25, 95) } else { self.minutes(12, 60) };
        self.after(wait, Act::Ask(visit, level));
    }

    pub(super) fn leave_unseen(&mut self, visit: VisitId) {
        self.finish(visit, "LWBS");
    }

    /// A11: the registration, or the admission, was a mistake.
    pub(super) fn void(&mut self, visit: VisitId) {
        self.tell(visit, Kind::A11, Extra::Nothing);
        self.forget(visit);
    }

    /// A40: the second number is retired. Now and then a later message still carries it.
    pub(super) fn merge(&mut self, visit: VisitId) {
        let care = *self.care(visit);
        self.care_mut(visit).is_alias = false;
        self.tell_move(visit, Kind::A40, NOWHERE, Extra::Nothing);
        let stays_wrong = !care.is_gone && self.random.chance(0.5);
        self.care_mut(visit).is_alias = stays_wrong;
    }
}

fn level_after_ed(path: Path) -> Option<Level> {
    match path {
        Path::Medicine | Path::Observation => Some(Level::Medicine),
        Path::StepDown => Some(Level::Step),
        Path::Critical => Some(Level::Icu),
        Path::Surgery => Some(Level::Surgery),
        Path::Fracture => Some(Level::Ortho),
        Path::Child => Some(Level::Pediatrics),
        Path::Home
        | Path::LeavesUnseen
        | Path::RegisteredByMistake
        | Path::ElectiveSurgery
        | Path::ElectiveJoint
        | Path::Birth
        | Path::Newborn
        | Path::Rehabilitation
        | Path::DirectMedicine
        | Path::DirectChild => None,
    }
}
