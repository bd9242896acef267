//! Harbor House: about 110 residents, weeks to years, a message or two a day.

use crate::clock::{HOUR, instant, is_weekend, local_day};
use crate::log::{Class, Extra, Kind, Log, NOWHERE, Note, PlaceId, VisitId};
use crate::people::Age;
use crate::random::{Random, whole};
use crate::sites::{HARBOR, House, places};

#[derive(Clone, Copy, Debug)]
struct Resident {
    visit: VisitId,
    bed: PlaceId,
    ends_on: i64,
    dies: bool,
    /// The day somebody sent to hospital comes back.
    back_on: Option<i64>,
}

struct Harbor {
    log: Log,
    random: Random,
    residents: Vec<Resident>,
    free: Vec<(usize, PlaceId)>,
    /// What is to be told later the same day, told in the order it happens.
    today: Vec<Note>,
}

/// Short stay is the last unit.
const SHORT: usize = HARBOR.end - 1;

/// Harbor House from two years before `start` until `end`.
pub(crate) fn live(seed: u64, start: i64, end: i64) -> Log {
    let log = Log::new(seed, House::Harbor);
    let random = Random::of(&[log.seed, 0x4a8]);
    let free = places()
        .iter()
        .enumerate()
        .filter(|(_, place)| HARBOR.contains(&place.unit))
        .filter_map(|(idx, place)| PlaceId::try_from(idx).ok().map(|id| (place.unit, id)))
        .collect();
    let mut harbor = Harbor { log, random, residents: Vec::new(), free, today: Vec::new() };
    let first = local_day(crate::warm_up(start, 730));
    for _ in 0..108 {
        let wing = if harbor.random.chance(0.2) { SHORT } else { HARBOR.start };
        harbor.admit(first, wing);
        harbor.tell_today();
    }
    for day in first + 1..=local_day(end) {
        harbor.live_day(day);
    }
    harbor.log
}

impl Harbor {
    fn live_day(&mut self, day: i64) {
        self.leaves(day);
        self.departures(day);
        let (n_short, n_long) = self.counts();
        let most = if is_weekend(day) { 0 } else { 2 };
        if n_short < 26 {
            let n = self.random.count(1.9).min(most);
            (0..n).for_each(|_| self.admit(day, SHORT));
        }
        if n_long < 87 && !is_weekend(day) && self.random.chance(0.45) {
            self.admit(day, HARBOR.start);
        }
        self.tell_today();
    }

    fn counts(&self) -> (usize, usize) {
        let places = self.free.iter().filter(|(unit, _)| *unit == SHORT).count();
        let n_short = 28_usize.saturating_sub(places);
        (n_short, self.residents.len().saturating_sub(n_short))
    }

    /// `wing` is the short-stay unit, or any other for a long stay.
    fn admit(&mut self, day: i64, wing: usize) {
        let fits: Vec<usize> = (0..self.free.len())
            .filter(|&idx| self.free.get(idx).is_some_and(|(unit, _)| (*unit == SHORT) == (wing == SHORT)))
            .collect();
        let Some(&idx) = self.random.pick(&fits) else { return };
        let (_, bed) = self.free.swap_remove(idx);
        let at = instant(day, 10 * HOUR + self.random.between(0, 7 * HOUR));
        let person = self.log.add_person(Age::Elder, at);
        let visit = self.log.open(House::Harbor, person, at);
        let days = if wing == SHORT {
            self.random.log_normal(20.0, 0.5).clamp(4.0, 100.0)
        } else {
            self.random.log_normal(420.0, 0.8).clamp(20.0, 4000.0)
        };
        let dies = self.random.chance(if wing == SHORT { 0.03 } else { 0.6 });
        self.residents.push(Resident { visit, bed, ends_on: day + whole(days), dies, back_on: None });
        self.note(at, visit, Kind::A01, bed, NOWHERE, Extra::Nothing);
    }

    /// Out to hospital for some days, and back.
    fn leaves(&mut self, day: i64) {
        let mut residents = std::mem::take(&mut self.residents);
        for resident in &mut residents {
            let at = instant(day, 9 * HOUR + self.random.between(0, 9 * HOUR));
            if resident.back_on == Some(day) {
                resident.back_on = None;
                self.note(at, resident.visit, Kind::A22, resident.bed, NOWHERE, Extra::Nothing);
            } else if resident.back_on.is_none() && resident.ends_on > day + 9 && self.random.chance(0.0018) {
                resident.back_on = Some(day + self.random.between(2, 7));
                self.note(at, resident.visit, Kind::A21, resident.bed, NOWHERE, Extra::Nothing);
            }
        }
        self.residents = residents;
    }

    fn departures(&mut self, day: i64) {
        let (leaving, staying): (Vec<Resident>, Vec<Resident>) =
            std::mem::take(&mut self.residents).into_iter().partition(|resident| resident.ends_on <= day);
        self.residents = staying;
        for resident in leaving {
            let at = instant(day, 8 * HOUR + self.random.between(0, 2 * HOUR - 1));
            let disposition = if resident.dies { "20" } else { "01" };
            self.note(at, resident.visit, Kind::A03, resident.bed, NOWHERE, Extra::Disposition(disposition));
            self.log.close(resident.visit);
            let unit = places_unit(resident.bed);
            self.free.push((unit, resident.bed));
        }
    }

    fn note(&mut self, at: i64, visit: VisitId, kind: Kind, place: PlaceId, prior: PlaceId, extra: Extra) {
        let class = Class::Inpatient;
        self.today.push(Note {
            at,
            visit,
            kind,
            class,
            is_alias: false,
            place,
            prior,
            service: "SNF",
            extra,
        });
    }

    fn tell_today(&mut self) {
        self.today.sort_by_key(|note| note.at);
        for note in std::mem::take(&mut self.today) {
            self.log.tell(note);
        }
    }
}

fn places_unit(bed: PlaceId) -> usize {
    places().get(usize::from(bed)).map_or(HARBOR.start, |place| place.unit)
}
