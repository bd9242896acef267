//! What an HL7 v2 ADT message states, as facts.
//!
//! Reads the segments that matter to a census (EVN, PID, MRG, PV1, PV2, NPU) and nothing else. Decides
//! nothing about stays: [`super::rules`] does, when all facts of a case are known.

use super::model::{Fact, Micros, Place, Trigger};
use base::Id;
use hl7v2::{Dtm, Message, Segment};
use identity::{Site, SiteTree};
use jiff::tz::TimeZone;
use store::Vault;

/// What a message says, for the census.
#[derive(Debug)]
pub enum Told {
    /// Something about patients.
    Facts {
        /// Where it happened.
        facility: Id<Site>,
        /// One for each patient and visit named.
        facts: Vec<Fact>,
        /// Who the patients are, as stated.
        patients: Vec<Demographics>,
    },
    /// A20: something about a bed.
    Bed {
        /// Where it is.
        facility: Id<Site>,
        /// Which bed.
        place: Place,
        /// HL7 table 0116: O, U, H, C, K, I.
        status: String,
        /// Since when.
        at: Micros,
        /// When the sender wrote it down.
        recorded: Micros,
    },
    /// Understood, and of no concern here.
    Nothing(String),
}

/// Identifying fields, plain; they leave memory only sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct Demographics {
    /// The keyed hash the patient is found by.
    pub key: String,
    /// Record number as sent.
    pub record_number: String,
    /// `Family, Given`.
    pub name: String,
    /// `1962-03-14`, or as sent.
    pub birth_date: String,
    /// PID-8.
    pub sex: String,
    /// When it was stated.
    pub at: Micros,
}

impl std::fmt::Debug for Demographics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Demographics").finish_non_exhaustive()
    }
}

/// Why a message cannot be applied. Nothing in it comes from the message but codes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Neither MSH-4 nor PV1-3.4 names a facility of this installation.
    #[error(
        "no facility has the code `{sender}` (MSH-4) or `{place}` (PV1-3.4); add the code to a facility under Sites and units, then replay"
    )]
    Facility {
        /// MSH-4.
        sender: String,
        /// PV1-3.4.
        place: String,
    },
    /// There is no PID segment, or it has no record number.
    #[error("{segment} has no record number; the census cannot tell whose event this is")]
    Patient {
        /// `PID-3` or `MRG-1`.
        segment: &'static str,
    },
    /// EVN-6, EVN-2 and MSH-7 are all missing or not times.
    #[error("EVN-6, EVN-2 and MSH-7 hold no time; the census cannot tell when this happened")]
    Time,
    /// An A20 without a bed.
    #[error("NPU-1 names no bed")]
    Bed,
}

impl Refused {
    /// The kind of refusal, by which the error queue groups.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Refused::Facility { .. } => "unknown_facility",
            Refused::Patient { .. } => "no_patient",
            Refused::Time => "no_time",
            Refused::Bed => "no_bed",
        }
    }
}

/// Reads one message. `default_site` takes messages whose own codes name no facility.
///
/// # Errors
/// [`Refused`] when the message concerns the census and cannot be placed.
pub fn read(
    message: &Message<'_>,
    tree: &SiteTree,
    default_site: Option<Id<Site>>,
    vault: &Vault,
    order: &str,
) -> Result<Told, Refused> {
    let kind = message.message_type();
    let event = message.event();
    if kind != "ADT" {
        return Ok(Told::Nothing(format!(
            "{} is kept; nothing in Helmward uses it yet",
            shown(&kind, &event)
        )));
    }
    let facility = facility_of(message, tree, default_site)?;
    let zone = tree.get(&facility).map_or(TimeZone::UTC, |site| site.time_zone.clone());
    let times = Times::of(message, &zone);
    let at = times.occurred.ok_or(Refused::Time)?;
    if event == "A20" {
        return read_bed(message, facility, at, times.recorded.unwrap_or(at));
    }
    let Some(trigger) = Trigger::from_code(&event) else {
        return Ok(Told::Nothing(format!("{} is kept; it moves no patient", shown(&kind, &event))));
    };
    let reader = Reader { message, tree, facility, zone, vault, times, at, order, trigger };
    reader.facts()
}

fn shown(kind: &str, event: &str) -> String {
    let safe = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).take(8).collect::<String>();
    match (safe(kind), safe(event)) {
        (kind, _) if kind.is_empty() => "A message without a type".to_owned(),
        (kind, event) if event.is_empty() => kind,
        (kind, event) => format!("{kind}^{event}"),
    }
}

/// PV1-3.4 tells best, because one system may send for several facilities; then MSH-4.
fn facility_of(
    message: &Message<'_>,
    tree: &SiteTree,
    default_site: Option<Id<Site>>,
) -> Result<Id<Site>, Refused> {
    let place = match message.get("PV1", 3, 4) {
        told if told.is_empty() => message.get("NPU", 1, 4).text(),
        told => told.text(),
    };
    let sender = message.sending_facility();
    [&place, &sender]
        .into_iter()
        .filter(|code| !code.is_empty())
        .find_map(|code| crate::sites::facility_by_code(tree, code))
        .or_else(|| {
            let site = default_site?;
            tree.facility_of(&site).map(|site| site.id)
        })
        .ok_or_else(|| Refused::Facility { sender: code(&sender), place: code(&place) })
}

/// A code as it may be shown: short, without control characters.
fn code(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(40).collect()
}

struct Times {
    occurred: Option<Micros>,
    recorded: Option<Micros>,
}

impl Times {
    fn of(message: &Message<'_>, zone: &TimeZone) -> Times {
        let sent = instant(&message.get("MSH", 7, 1).text(), zone);
        let recorded = instant(&message.get("EVN", 2, 1).text(), zone).or(sent);
        let occurred = instant(&message.get("EVN", 6, 1).text(), zone).or(recorded);
        Times { occurred, recorded }
    }
}

fn instant(text: &str, zone: &TimeZone) -> Option<Micros> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    Dtm::parse(text).ok().map(|time| time.instant(zone).as_microsecond())
}

fn read_bed(
    message: &Message<'_>,
    facility: Id<Site>,
    at: Micros,
    recorded: Micros,
) -> Result<Told, Refused> {
    let place = message.segment("NPU").map(|npu| place_of(&npu, 1)).unwrap_or_default();
    let status = message.get("NPU", 2, 1).text().trim().to_uppercase();
    if place.bed.is_empty() || status.is_empty() {
        return Err(Refused::Bed);
    }
    Ok(Told::Bed { facility, place, status, at, recorded })
}

/// Point of care, room and bed of a location field.
fn place_of(segment: &Segment<'_>, field: usize) -> Place {
    let field = segment.field(field);
    let part = |number| field.component(number).value().text().trim().to_owned();
    Place { unit: part(1), bed: bed_code(&part(2), &part(3)) }
}

/// What a bed is called within its unit: `501-A` of room 501 and bed A; the bed alone where it names its room.
pub(crate) fn bed_code(room: &str, bed: &str) -> String {
    match (room, bed) {
        ("", bed) => bed.to_owned(),
        (room, "") => room.to_owned(),
        (room, bed) if bed.starts_with(room) => bed.to_owned(),
        (room, bed) => format!("{room}-{bed}"),
    }
}

/// The segments that speak of one patient.
struct Group<'m> {
    pid: Segment<'m>,
    mrg: Option<Segment<'m>>,
    pv1: Option<Segment<'m>>,
    pv2: Option<Segment<'m>>,
}

struct Reader<'r, 'm> {
    message: &'r Message<'m>,
    tree: &'r SiteTree,
    facility: Id<Site>,
    zone: TimeZone,
    vault: &'r Vault,
    times: Times,
    at: Micros,
    order: &'r str,
    trigger: Trigger,
}

impl<'m> Reader<'_, 'm> {
    fn facts(&self) -> Result<Told, Refused> {
        let groups = self.groups();
        if groups.is_empty() {
            return Err(Refused::Patient { segment: "PID-3" });
        }
        let mut facts = Vec::with_capacity(groups.len());
        let mut patients: Vec<Demographics> = Vec::with_capacity(groups.len());
        for group in &groups {
            let (authority, number) = self.identifier(group).ok_or(Refused::Patient { segment: "PID-3" })?;
            let patient = self.patient_key(&authority, &number);
            if patients.iter().all(|known| known.key != patient) {
                patients.push(self.demographics(group, patient.clone(), number));
            }
            facts.push(self.fact(group, patient, &authority)?);
        }
        Ok(Told::Facts { facility: self.facility, facts, patients })
    }

    /// A swap names two patients; a merge or move may name several.
    fn groups(&self) -> Vec<Group<'m>> {
        let mut groups: Vec<Group<'m>> = Vec::new();
        for segment in self.message.segments() {
            match segment.name() {
                "PID" => groups.push(Group { pid: segment, mrg: None, pv1: None, pv2: None }),
                "MRG" => {
                    let Some(last) = groups.last_mut() else { continue };
                    if last.mrg.is_none() {
                        last.mrg = Some(segment);
                    } else {
                        let pid = last.pid;
                        groups.push(Group { pid, mrg: Some(segment), pv1: None, pv2: None });
                    }
                }
                "PV1" => {
                    if let Some(last) = groups.last_mut().filter(|last| last.pv1.is_none()) {
                        last.pv1 = Some(segment);
                    }
                }
                "PV2" => {
                    if let Some(last) = groups.last_mut().filter(|last| last.pv2.is_none()) {
                        last.pv2 = Some(segment);
                    }
                }
                _ => {}
            }
        }
        groups
    }

    /// Authority and number of PID-3: the repetition of type MR, else the first that is no national number.
    fn identifier(&self, group: &Group<'m>) -> Option<(String, String)> {
        let read = |field: usize| {
            let mut found: Option<(String, String)> = None;
            for repetition in group.pid.field(field).repetitions() {
                let number = repetition.component(1).value().text().trim().to_owned();
                let kind = repetition.component(5).value().text().trim().to_uppercase();
                if number.is_empty() || number == "\"\"" || matches!(kind.as_str(), "SS" | "DL" | "PPN") {
                    continue;
                }
                let authority = repetition.component(4).value().text().trim().to_owned();
                if kind == "MR" {
                    return Some((authority, number));
                }
                found = found.or(Some((authority, number)));
            }
            found
        };
        read(3).or_else(|| read(2))
    }

    /// Numbers without an authority are the sending facility's own: one that sends for others too (PV1-3.4)
    /// numbers their patients alike.
    fn patient_key(&self, authority: &str, number: &str) -> String {
        let sender = crate::sites::facility_by_code(self.tree, &self.message.sending_facility());
        let own = self.tree.get(&sender.unwrap_or(self.facility));
        let own = own.map_or(String::new(), |site| site.path.to_string());
        let authority = if authority.is_empty() { own } else { authority.to_uppercase() };
        self.vault.lookup(&format!("patient\u{1f}{authority}\u{1f}{number}"))
    }

    fn demographics(&self, group: &Group<'m>, key: String, record_number: String) -> Demographics {
        let pid = &group.pid;
        let part = |field: usize, component: usize| {
            pid.field(field).component(component).value().text().trim().to_owned()
        };
        let name = match (part(5, 1), part(5, 2)) {
            (family, given) if given.is_empty() => family,
            (family, given) => format!("{family}, {given}"),
        };
        let born = part(7, 1);
        let birth_date = Dtm::parse(&born).map_or(born, |time| time.civil.date().to_string());
        Demographics { key, record_number, name, birth_date, sex: part(8, 1), at: self.at }
    }

    /// Whether a location field names another facility than the message's, whose codes mean nothing in this.
    fn is_elsewhere(&self, group: &Group<'m>, field: usize) -> bool {
        let code =
            group.pv1.as_ref().map(|pv1| pv1.field(field).component(4).value().text().trim().to_owned());
        let named = code.and_then(|code| crate::sites::facility_by_code(self.tree, &code));
        named.is_some_and(|facility| facility != self.facility)
    }

    fn fact(&self, group: &Group<'m>, patient: String, authority: &str) -> Result<Fact, Refused> {
        let pv1 = |field: usize| {
            group
                .pv1
                .as_ref()
                .map_or(String::new(), |pv1| pv1.field(field).component(1).value().text().trim().to_owned())
        };
        let time = |segment: Option<&Segment<'m>>, field: usize| {
            segment.and_then(|segment| instant(&segment.field(field).component(1).value().text(), &self.zone))
        };
        let mrg = |field: usize| {
            group
                .mrg
                .as_ref()
                .map_or(String::new(), |mrg| mrg.field(field).component(1).value().text().trim().to_owned())
        };
        let retired = mrg(1);
        if retired.is_empty() && self.trigger == Trigger::MergePatient {
            return Err(Refused::Patient { segment: "MRG-1" });
        }
        let retired_authority = group
            .mrg
            .as_ref()
            .map(|mrg| mrg.field(1).component(4).value().text().trim().to_owned())
            .filter(|told| !told.is_empty())
            .unwrap_or_else(|| authority.to_owned());
        let place = |field: usize| group.pv1.as_ref().map(|pv1| place_of(pv1, field)).unwrap_or_default();
        let not_null = |text: String| if text == "\"\"" { String::new() } else { text };
        let dead = group.pid.field(30).component(1).value().text().trim().eq_ignore_ascii_case("Y");
        let account = group.pid.field(18).component(1).value().text().trim().to_owned();
        Ok(Fact {
            trigger: self.trigger,
            at: self.at,
            recorded: self.times.recorded.unwrap_or(self.at),
            order: self.order.to_owned(),
            patient,
            visit: not_null(pv1(19)),
            account: not_null(account),
            class: not_null(pv1(2)).to_uppercase(),
            place: place(3),
            prior: if self.is_elsewhere(group, 6) { Place::default() } else { place(6) },
            pending: place(42),
            admitted: time(group.pv1.as_ref(), 44),
            discharged: time(group.pv1.as_ref(), 45),
            expected_in: time(group.pv2.as_ref(), 8),
            expected_out: time(group.pv2.as_ref(), 9),
            disposition: not_null(pv1(36)),
            service: not_null(pv1(10)),
            is_dead: dead,
            retired_patient: match retired.as_str() {
                "" => String::new(),
                number => self.patient_key(&retired_authority, number),
            },
            retired_account: not_null(mrg(3)),
            retired_visit: not_null(mrg(5)),
        })
    }
}
