//! Facts written out as HL7 v2.5.1 messages, segments ended by carriage returns.

use std::fmt::Write;

use crate::clock::{digits, local_day, write_date, write_time};
use crate::log::{
    Class, DIALYSIS, Extra, Fact, Kind, Log, NOWHERE, PlaceId, SOMEWHERE_IN, STRANGER_BED, VisitId,
    WAITING_ROOM,
};
use crate::people::{Age, Person, attending};
use crate::random::mix;
use crate::sites::{House, Place, UNITS};

/// Everything needed to write one message.
pub(crate) struct Pen<'a> {
    pub(crate) log: &'a Log,
    pub(crate) places: &'a [Place],
}

/// One patient's half of a message.
struct Half {
    visit: VisitId,
    class: Class,
    service: &'static str,
    place: PlaceId,
    prior: PlaceId,
}

impl Pen<'_> {
    pub(crate) fn write(&self, fact: &Fact) -> Vec<u8> {
        let mut out = String::with_capacity(900);
        let half = Half {
            visit: fact.visit,
            class: fact.class,
            service: fact.service,
            place: fact.place,
            prior: fact.prior,
        };
        self.header(&mut out, fact);
        match fact.kind {
            Kind::A20 => self.bed_status(&mut out, fact),
            Kind::A40 => {
                self.patient(&mut out, &half, false, false, 1);
                self.merged(&mut out, fact);
            }
            Kind::A28 | Kind::A31 => {
                self.patient(&mut out, &half, false, false, 1);
                out.push_str("PV1|1|N\r");
            }
            _ => {
                self.patient(&mut out, &half, fact.is_alias, true, 1);
                self.visit(&mut out, fact, &half, 1);
                pending(&mut out, fact, self.sends_offset(fact));
                if matches!(fact.kind, Kind::A01 | Kind::A04 | Kind::A06) {
                    self.reason(&mut out, fact);
                }
            }
        }
        if let Extra::Swap(other, class, service) = fact.extra {
            let half = Half { visit: other, class, service, place: fact.prior, prior: fact.place };
            self.patient(&mut out, &half, false, true, 2);
            self.visit(&mut out, fact, &half, 2);
        }
        out.into_bytes()
    }

    fn house(&self, fact: &Fact) -> House {
        self.log.visit(fact.visit).house
    }

    fn sends_offset(&self, fact: &Fact) -> bool {
        self.house(fact).sends_offset()
    }

    fn header(&self, out: &mut String, fact: &Fact) {
        let house = self.house(fact);
        let with_offset = house.sends_offset();
        out.push_str("MSH|^~\\&|LSADT|");
        out.push_str(house.code());
        out.push_str("|HELMWARD|LAKESIDE|");
        write_time(out, fact.stamp, with_offset);
        out.push_str("||");
        out.push_str(fact.kind.message_type());
        out.push('|');
        out.push_str(house.code());
        digits(out, i64::from(fact.seq), 9);
        out.push_str("|P|2.5.1|||AL|NE|USA|ASCII\rEVN|");
        out.push_str(fact.kind.event());
        out.push('|');
        let typing = i64::try_from(mix(&[u64::from(fact.seq)]) % 4).unwrap_or(0);
        write_time(out, fact.stamp - typing, with_offset);
        out.push_str("|||ADT");
        digits(out, i64::from(fact.visit % 40), 2);
        out.push('|');
        write_time(out, fact.at, with_offset);
        out.push('|');
        out.push_str(house.code());
        out.push('\r');
    }

    fn patient(&self, out: &mut String, half: &Half, is_alias: bool, with_account: bool, set: u8) {
        let visit = self.log.visit(half.visit);
        let person = self.log.person(visit.person);
        let _ = write!(out, "PID|{set}||");
        if is_alias {
            retired(out, visit.house, half.visit);
        } else {
            record_number(out, visit.house, visit.person);
        }
        let (number, street, town) = person.street();
        let mother = person.mother.map(|id| self.log.person(id));
        let family = mother.map_or(person.family(), Person::family);
        let _ = write!(out, "||{family}^{}", person.given());
        if person.age != Age::Newborn {
            let _ = write!(out, "^{}", person.middle());
        }
        out.push_str("||");
        write_date(out, person.birth_day);
        let sex = if person.is_female() { 'F' } else { 'M' };
        let _ = write!(out, "|{sex}|||{number} {street}^^{town}^NY^1{:04}^USA||", number % 9000);
        let _ = write!(out, "^PRN^PH^^^518^55501{:02}|||||", person.phone());
        if with_account {
            out.push('A');
            digits(out, visit.house.digit(), 1);
            digits(out, i64::from(half.visit), 8);
            out.push_str("^^^LKS^AN");
        }
        if let Some(mother) = person.mother {
            out.push_str("|||");
            record_number(out, visit.house, mother);
            out.push_str("|||N|1");
        }
        out.push('\r');
    }

    fn merged(&self, out: &mut String, fact: &Fact) {
        out.push_str("MRG|");
        retired(out, self.house(fact), fact.visit);
        out.push('\r');
    }

    fn visit(&self, out: &mut String, fact: &Fact, half: &Half, set: u8) {
        let visit = self.log.visit(half.visit);
        let spelling = usize::from(mix(&[u64::from(fact.seq), 5]).is_multiple_of(33));
        let class = match half.class {
            Class::Emergency => 'E',
            Class::Inpatient => 'I',
            Class::Outpatient => 'O',
        };
        let _ = write!(out, "PV1|{set}|{class}|");
        self.place(out, visit.house, half.place, spelling);
        let kind = match half.service {
            "NB" => 'N',
            "OB" => 'L',
            "SNF" | "FAM" | "REH" => 'R',
            _ => 'E',
        };
        let _ = write!(out, "|{kind}||");
        let has_expected_place = matches!(fact.extra, Extra::Expected(_));
        if !has_expected_place {
            self.place(out, visit.house, half.prior, spelling);
        }
        out.push('|');
        if half.place != WAITING_ROOM {
            let service = half.service.bytes().fold(0, |sum, byte| sum + u64::from(byte));
            let (number, family, given) = attending(mix(&[u64::from(half.visit), service]));
            let _ = write!(out, "{number}^{family}^{given}^^^^MD^^LKS");
        }
        let _ = write!(out, "|||{}||||", half.service);
        out.push_str(if half.service == "EM" { "1" } else { "" });
        out.push_str("|||||V");
        digits(out, visit.house.digit(), 1);
        digits(out, i64::from(half.visit), 8);
        // From field 19 to field 36 there are seventeen fields between.
        out.push_str("^^^LKS^VN|||||||||||||||||");
        if let Extra::Disposition(code) = fact.extra {
            out.push_str(code);
        }
        let _ = write!(out, "|||{}|||", visit.house.code());
        match fact.extra {
            Extra::Pending(place) => self.place(out, visit.house, place, spelling),
            Extra::Expected(_) => self.place(out, visit.house, half.prior, spelling),
            Extra::Nothing | Extra::Disposition(_) | Extra::Swap(..) | Extra::BedStatus(_) => {}
        }
        out.push_str("||");
        let with_offset = visit.house.sends_offset();
        if fact.kind != Kind::A14 && fact.kind != Kind::A27 {
            write_time(out, visit.start, with_offset);
        }
        out.push('|');
        if fact.kind == Kind::A03 {
            write_time(out, fact.at, with_offset);
        }
        if let Some(mother) = visit.mother_visit {
            out.push_str("|||||V");
            digits(out, visit.house.digit(), 1);
            digits(out, i64::from(mother), 8);
            out.push_str("^^^LKS^VN");
        }
        out.push('\r');
    }

    /// Why they came, and who pays: what most systems send along and most readers skip.
    fn reason(&self, out: &mut String, fact: &Fact) {
        let key = u64::from(fact.visit);
        let number = mix(&[key, 0xd6]);
        let (code, text) = DIAGNOSES
            .iter()
            .find(|(service, _)| *service == fact.service)
            .map_or(&DIAGNOSES_ED[..], |(_, list)| list)
            .iter()
            .cycle()
            .nth(usize::try_from(number % 12).unwrap_or(0))
            .copied()
            .unwrap_or_default();
        let _ = write!(out, "DG1|1||{code}^{text}^I10||");
        write_time(out, fact.at, self.sends_offset(fact));
        out.push_str("|A\r");
        let visit = self.log.visit(fact.visit);
        let days_old = local_day(visit.start) - self.log.person(visit.person).birth_day;
        let is_old = days_old > 65 * 365 && !number.is_multiple_of(7);
        let payer = if is_old { 0 } else { 1 + usize::try_from(number / 12 % 3).unwrap_or(0) };
        let (plan, name) = PAYERS.get(payer).copied().unwrap_or_default();
        let _ = write!(out, "IN1|1|{plan}|{payer}1|{name}|||||||||||{plan}\r");
    }

    fn place(&self, out: &mut String, house: House, id: PlaceId, spelling: usize) {
        match id {
            NOWHERE => {}
            WAITING_ROOM => out.push_str("ED^WR^^RGH"),
            DIALYSIS => out.push_str("DIAL^D1^D1^RGH"),
            STRANGER_BED => out.push_str("MAIN^12^12^NPT"),
            SOMEWHERE_IN.. => {
                let unit = UNITS.get(usize::from(id - SOMEWHERE_IN));
                let code = unit.and_then(|unit| unit.codes.first()).copied().unwrap_or_default();
                let _ = write!(out, "{code}^^^{}", house.code());
            }
            _ => {
                let Some(place) = self.places.get(usize::from(id)) else { return };
                let codes = UNITS.get(place.unit).map_or(&[][..], |unit| unit.codes);
                let code = codes.get(spelling).or(codes.first()).copied().unwrap_or_default();
                let _ = write!(out, "{code}^{}^{}^{}", place.room, place.bed, house.code());
            }
        }
    }

    fn bed_status(&self, out: &mut String, fact: &Fact) {
        out.push_str("NPU|");
        self.place(out, self.house(fact), fact.place, 0);
        if let Extra::BedStatus(status) = fact.extra {
            let _ = write!(out, "|{status}");
        }
        out.push('\r');
    }
}

/// `PV2-8` is when an admission is expected, `PV2-9` when a discharge is.
fn pending(out: &mut String, fact: &Fact, with_offset: bool) {
    let Extra::Expected(at) = fact.extra else { return };
    out.push_str(if fact.kind == Kind::A14 { "PV2||||||||" } else { "PV2|||||||||" });
    write_time(out, at, with_offset);
    out.push('\r');
}

fn record_number(out: &mut String, house: House, person: u32) {
    digits(out, house.digit(), 1);
    digits(out, i64::from(person), 7);
    out.push_str("^^^LKS^MR");
}

/// The number given by mistake to someone who already had one.
fn retired(out: &mut String, house: House, visit: VisitId) {
    out.push('9');
    digits(out, house.digit(), 1);
    digits(out, i64::from(visit), 6);
    out.push_str("^^^LKS^MR");
}

const PAYERS: [(&str, &str); 4] = [
    ("MCR", "Medicare Part A"),
    ("MCD", "State Medicaid"),
    ("BLU", "Blue Heron Health Plan"),
    ("ACM", "Acorn Mutual"),
];

type Diagnosis = (&'static str, &'static str);

const DIAGNOSES_ED: [Diagnosis; 6] = [
    ("R07.9", "Chest pain, unspecified"),
    ("R10.9", "Unspecified abdominal pain"),
    ("S93.409A", "Sprain of unspecified ligament of ankle"),
    ("J06.9", "Acute upper respiratory infection"),
    ("R51.9", "Headache, unspecified"),
    ("N39.0", "Urinary tract infection"),
];

const DIAGNOSES: [(&str, &[Diagnosis]); 10] = [
    (
        "MED",
        &[
            ("J18.9", "Pneumonia, unspecified organism"),
            ("I50.9", "Heart failure, unspecified"),
            ("N17.9", "Acute kidney failure, unspecified"),
        ],
    ),
    ("OBS", &[("R07.9", "Chest pain, unspecified"), ("R55", "Syncope and collapse")]),
    (
        "CAR",
        &[("I21.4", "Non-ST elevation myocardial infarction"), ("I48.91", "Unspecified atrial fibrillation")],
    ),
    (
        "CCM",
        &[("A41.9", "Sepsis, unspecified organism"), ("J96.01", "Acute respiratory failure with hypoxia")],
    ),
    (
        "SUR",
        &[
            ("K35.80", "Unspecified acute appendicitis"),
            ("K80.20", "Calculus of gallbladder"),
            ("K56.609", "Unspecified intestinal obstruction"),
        ],
    ),
    ("ORT", &[("S72.001A", "Fracture of neck of right femur"), ("M17.11", "Osteoarthritis of right knee")]),
    ("PED", &[("J21.9", "Acute bronchiolitis, unspecified"), ("E86.0", "Dehydration")]),
    ("OB", &[("O80", "Encounter for full-term uncomplicated delivery")]),
    ("NB", &[("Z38.00", "Single liveborn infant, delivered vaginally")]),
    (
        "REH",
        &[
            ("I69.359", "Hemiplegia following cerebral infarction"),
            ("Z47.1", "Aftercare following joint replacement"),
        ],
    ),
];
