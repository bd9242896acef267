//! Rows of a file to facts. Pure.
//!
//! Three shapes, told by `shape` in the mapping's options: `stay` (the default; also a row a unit leg, when
//! rows share a stay) and `event`. Times without an offset are civil times of the mapping's zone, else the
//! facility's. A row without an end means that the patient is still in the house.

use crate::adt::model::{Fact, Micros, Place as FactPlace, Trigger};
use crate::adt::read::Demographics;
use identity::Reject;
use intake::import::{FieldInfo, Mapping, Row};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

pub(super) const FIELDS: [FieldInfo; 14] = [
    field("patient", false, "The patient's number; the stay's when left out.", "10013"),
    field("stay", true, "The stay, visit or case.", "165520"),
    field("class", false, "Patient class: I inpatient, E emergency, O outpatient; I when left out.", "I"),
    field("unit", false, "The unit's code, as its location codes know it.", "5W"),
    field("bed", false, "Room and bed.", "501-A"),
    field("in", false, "When the stay or the unit leg began.", "2026-10-01 14:05"),
    field("out", false, "When it ended; empty while the patient is in the house.", "2026-10-04 11:30"),
    field("disposition", false, "How it ended; 20 means died.", "01"),
    field("service", false, "The service.", "MED"),
    field("name", false, "The patient's name; kept sealed.", "Doe, Jane"),
    field("birth_date", false, "The patient's birth date; kept sealed.", "1960-01-31"),
    field("sex", false, "The patient's sex.", "F"),
    field("activity", false, "For a row an event: what happened.", "Admission NC"),
    field("time", false, "For a row an event: when.", "2026-10-01 14:05"),
];

const fn field(
    name: &'static str,
    is_required: bool,
    help: &'static str,
    example: &'static str,
) -> FieldInfo {
    FieldInfo { name, is_required, help, example }
}

/// A place by its unit's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place(FactPlace);

impl Place {
    pub(super) fn unit(code: String) -> Place {
        Place(FactPlace { unit: code, bed: String::new() })
    }
}

/// What a file says.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    /// The facts of each stay.
    pub(super) stays: BTreeMap<String, Vec<Fact>>,
    /// Who the patients are.
    pub(super) patients: Vec<Demographics>,
    /// Rows not taken in.
    pub(super) rejects: Vec<Reject>,
}

struct Reader<'r> {
    mapping: &'r Mapping,
    zone: &'r TimeZone,
    home: Option<&'r Place>,
    patient_key: &'r dyn Fn(&str) -> String,
}

/// A row that could be read.
struct Leg {
    stay: String,
    patient: String,
    class: String,
    place: FactPlace,
    from: Micros,
    until: Option<Micros>,
    disposition: String,
    service: String,
}

pub(super) fn parse(
    rows: &[Row],
    mapping: &Mapping,
    zone: &TimeZone,
    home: Option<&Place>,
    patient_key: &dyn Fn(&str) -> String,
) -> Parsed {
    let reader = Reader { mapping, zone, home, patient_key };
    let is_log = mapping.options.get("shape").is_some_and(|shape| shape == "event")
        || (mapping.columns.contains_key("activity") && !mapping.columns.contains_key("in"));
    if is_log { reader.log(rows) } else { reader.legs(rows) }
}

impl Reader<'_> {
    fn legs(&self, rows: &[Row]) -> Parsed {
        let mut parsed = Parsed::default();
        let mut legs: BTreeMap<String, Vec<Leg>> = BTreeMap::new();
        for row in rows {
            match self.leg(row) {
                Ok(leg) => {
                    self.note_patient(row, &leg.patient, leg.from, &mut parsed);
                    legs.entry(leg.stay.clone()).or_default().push(leg);
                }
                Err(reject) => parsed.rejects.push(reject),
            }
        }
        for (stay, mut legs) in legs {
            legs.sort_by_key(|leg| (leg.from, leg.until.unwrap_or(Micros::MAX)));
            let facts = facts_of_legs(&stay, &legs);
            parsed.stays.insert(stay, facts);
        }
        parsed
    }

    fn leg(&self, row: &Row) -> Result<Leg, Reject> {
        let from = self.time(row, "in")?.ok_or_else(|| missing(row, "in", "when the stay began"))?;
        let until = self.time(row, "out")?;
        if until.is_some_and(|until| until < from) {
            return Err(reject(
                row,
                "out",
                "an end at or after the beginning",
                "Correct one of the two times",
            ));
        }
        Ok(Leg {
            stay: self.stay(row)?,
            patient: self.patient(row),
            class: row.get("class").trim().to_uppercase(),
            place: self.place(row.get("unit"), row.get("bed")),
            from,
            until,
            disposition: row.get("disposition").trim().to_owned(),
            service: row.get("service").trim().to_owned(),
        })
    }

    fn log(&self, rows: &[Row]) -> Parsed {
        let mut parsed = Parsed::default();
        let mut steps: BTreeMap<String, Vec<(Micros, u64, Step, String)>> = BTreeMap::new();
        for row in rows {
            match self.step(row) {
                Ok(Some((stay, at, step))) => {
                    let patient = self.patient(row);
                    self.note_patient(row, &patient, at, &mut parsed);
                    steps.entry(stay).or_default().push((at, row.line, step, patient));
                }
                Ok(None) => {}
                Err(reject) => parsed.rejects.push(reject),
            }
        }
        for (stay, mut steps) in steps {
            steps.sort_by_key(|(at, line, ..)| (*at, *line));
            let facts = facts_of_steps(&stay, steps);
            parsed.stays.insert(stay, facts);
        }
        parsed
    }

    fn step(&self, row: &Row) -> Result<Option<(String, Micros, Step)>, Reject> {
        let stay = self.stay(row)?;
        let at = self.time(row, "time")?.ok_or_else(|| missing(row, "time", "when it happened"))?;
        let activity = row.get("activity");
        let Some(step) = Step::parse(activity) else {
            let is_mapped = self.mapping.values.get("activity").is_some_and(|words| !words.is_empty());
            // Activities that the mapping does not name move nobody: measurements, treatments.
            return if is_mapped {
                Ok(None)
            } else {
                let words = "register, admit, move, discharge or die (a unit may follow), or ignore";
                Err(reject(row, "activity", words, "Map the activities under [values.activity]"))
            };
        };
        Ok(Some((stay, at, self.at_home(step, row))))
    }

    /// A step whose word names no unit happens where the row says, else where the file belongs.
    fn at_home(&self, step: Step, row: &Row) -> Step {
        if step.place.is_empty() {
            Step { place: self.place(row.get("unit"), row.get("bed")), ..step }
        } else {
            step
        }
    }

    fn stay(&self, row: &Row) -> Result<String, Reject> {
        match row.get("stay").trim() {
            "" => Err(missing(row, "stay", "the number of the stay")),
            stay => Ok(stay.to_owned()),
        }
    }

    fn patient(&self, row: &Row) -> String {
        let number = row.get("patient").trim();
        (self.patient_key)(if number.is_empty() { row.get("stay").trim() } else { number })
    }

    fn note_patient(&self, row: &Row, key: &str, at: Micros, parsed: &mut Parsed) {
        let number = row.get("patient").trim();
        if number.is_empty() {
            return;
        }
        parsed.patients.push(Demographics {
            key: key.to_owned(),
            record_number: number.to_owned(),
            name: row.get("name").trim().to_owned(),
            birth_date: row.get("birth_date").trim().to_owned(),
            sex: row.get("sex").trim().to_owned(),
            at,
        });
    }

    fn place(&self, unit: &str, bed: &str) -> FactPlace {
        let unit = unit.trim();
        let unit = match (unit, self.home) {
            ("", Some(home)) => home.0.unit.clone(),
            (unit, _) => unit.to_owned(),
        };
        FactPlace { unit, bed: bed.trim().to_owned() }
    }

    fn time(&self, row: &Row, name: &str) -> Result<Option<Micros>, Reject> {
        let text = row.get(name).trim();
        if text.is_empty() || text.eq_ignore_ascii_case("null") || text == "NA" {
            return Ok(None);
        }
        let stamp = self.mapping.stamp(text).map_err(|bad| {
            reject(row, name, &bad.to_string(), "Correct the time, or set date_format in the mapping")
        })?;
        match stamp.in_zone(self.zone) {
            Some(at) => Ok(Some(at.as_microsecond())),
            None => Err(reject(row, name, "a time of this calendar", "Correct the time")),
        }
    }
}

fn reject(row: &Row, column: &str, expected: &str, next: &str) -> Reject {
    Reject {
        line: row.line,
        column: column.to_owned(),
        value: row.get(column).chars().take(80).collect(),
        expected: expected.to_owned(),
        next: next.to_owned(),
    }
}

fn missing(row: &Row, column: &str, what: &str) -> Reject {
    reject(row, column, &format!("{what} is needed"), "Fill it in, or map another column to it")
}

/// What an activity of a log does to a patient.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    verb: Verb,
    place: FactPlace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Register,
    Admit,
    Move,
    Discharge,
    Die,
}

impl Step {
    /// `admit NC`: a verb, and perhaps a unit.
    fn parse(text: &str) -> Option<Step> {
        let mut words = text.split_whitespace();
        let verb = match words.next()? {
            "register" => Verb::Register,
            "admit" => Verb::Admit,
            "move" => Verb::Move,
            "discharge" => Verb::Discharge,
            "die" => Verb::Die,
            _ => return None,
        };
        let unit = words.next().unwrap_or_default().to_owned();
        words.next().is_none().then_some(Step { verb, place: FactPlace { unit, bed: String::new() } })
    }
}

fn blank(stay: &str, idx: usize, patient: &str, trigger: Trigger, at: Micros) -> Fact {
    Fact {
        trigger,
        at,
        recorded: at,
        order: format!("row {stay} {idx:06}"),
        patient: patient.to_owned(),
        visit: stay.to_owned(),
        account: String::new(),
        class: String::new(),
        place: FactPlace::default(),
        prior: FactPlace::default(),
        pending: FactPlace::default(),
        admitted: None,
        discharged: None,
        expected_in: None,
        expected_out: None,
        disposition: String::new(),
        service: String::new(),
        is_dead: false,
        retired_patient: String::new(),
        retired_account: String::new(),
        retired_visit: String::new(),
    }
}

/// The first leg arrives, the others move, the end of the last one ends the stay.
fn facts_of_legs(stay: &str, legs: &[Leg]) -> Vec<Fact> {
    let mut facts = Vec::with_capacity(legs.len() + 1);
    for (idx, leg) in legs.iter().enumerate() {
        let trigger = if idx == 0 { Trigger::Admit } else { Trigger::Transfer };
        let mut fact = blank(stay, idx, &leg.patient, trigger, leg.from);
        let default = if idx == 0 { "I" } else { "" };
        fact.class = if leg.class.is_empty() { default.to_owned() } else { leg.class.clone() };
        fact.place = leg.place.clone();
        fact.service.clone_from(&leg.service);
        facts.push(fact);
    }
    let is_over = legs.iter().all(|leg| leg.until.is_some());
    let end =
        legs.iter().filter_map(|leg| leg.until.map(|until| (until, leg))).max_by_key(|(until, _)| *until);
    if let Some((until, leg)) = end.filter(|_| is_over) {
        let mut fact = blank(stay, legs.len(), &leg.patient, Trigger::Discharge, until);
        fact.disposition.clone_from(&leg.disposition);
        facts.push(fact);
    }
    facts
}

/// A second admission of a patient inside is a move.
fn facts_of_steps(stay: &str, steps: Vec<(Micros, u64, Step, String)>) -> Vec<Fact> {
    let mut is_inpatient = false;
    let mut facts = Vec::with_capacity(steps.len());
    for (idx, (at, _, step, patient)) in steps.into_iter().enumerate() {
        let (trigger, class) = match step.verb {
            Verb::Register => (Trigger::Register, "E"),
            Verb::Admit if is_inpatient => (Trigger::Transfer, ""),
            Verb::Admit => (Trigger::Admit, "I"),
            Verb::Move => (Trigger::Transfer, ""),
            Verb::Discharge | Verb::Die => (Trigger::Discharge, ""),
        };
        is_inpatient = match step.verb {
            Verb::Admit => true,
            Verb::Discharge | Verb::Die => false,
            Verb::Register | Verb::Move => is_inpatient,
        };
        let mut fact = blank(stay, idx, &patient, trigger, at);
        fact.class = class.to_owned();
        if trigger != Trigger::Discharge {
            fact.place = step.place;
        }
        if step.verb == Verb::Die {
            fact.disposition = "20".to_owned();
        }
        facts.push(fact);
    }
    facts
}
