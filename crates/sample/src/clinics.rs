//! Lakeside Clinics: a light stream of weekday visits at five places.

use crate::clock::{HOUR, MINUTE, instant, is_weekend, local_day};
use crate::log::{Class, Extra, Kind, Log, NOWHERE, Note, PlaceId};
use crate::people::{Age, winter};
use crate::random::Random;
use crate::sites::{CLINICS, House, places};

pub(crate) fn live(seed: u64, start: i64, end: i64) -> Log {
    let mut log = Log::new(seed, House::Clinics);
    let mut random = Random::of(&[log.seed, 0xc1]);
    let rooms: Vec<Vec<PlaceId>> = CLINICS
        .map(|unit| {
            let here = places().into_iter().enumerate().filter(move |(_, place)| place.unit == unit);
            here.filter_map(|(idx, _)| PlaceId::try_from(idx).ok()).collect()
        })
        .collect();
    let mut patients: Vec<u32> = Vec::new();
    for day in local_day(start)..=local_day(end) + 1 {
        if is_weekend(day) {
            continue;
        }
        for rooms in &rooms {
            for _ in 0..random.count(6.0 * winter(day, 0.08)) {
                let at = instant(day, 8 * HOUR + random.between(0, 9 * HOUR));
                see(&mut log, &mut random, &mut patients, rooms, at);
            }
        }
    }
    log
}

fn see(log: &mut Log, random: &mut Random, patients: &mut Vec<u32>, rooms: &[PlaceId], at: i64) {
    let known = patients.get(random.below(patients.len())).copied();
    let person = match known {
        Some(person) if random.chance(0.6) => person,
        Some(_) | None => {
            let person = log.add_person(Age::Adult, at);
            patients.push(person);
            person
        }
    };
    let place = random.pick(rooms).copied().unwrap_or(NOWHERE);
    let visit = log.open(House::Clinics, person, at);
    let mut note = Note {
        at,
        visit,
        kind: Kind::A04,
        class: Class::Outpatient,
        is_alias: false,
        place,
        prior: NOWHERE,
        service: "FAM",
        extra: Extra::Nothing,
    };
    log.tell(note);
    note.at = at + (15 + random.between(0, 50)) * MINUTE;
    note.kind = Kind::A03;
    note.extra = Extra::Disposition("01");
    log.tell(note);
    log.close(visit);
}
