//! Lakeside Health as a place: its sites, units, beds and the people who sign in.

use crate::{Plan, Size};

/// Which sender a visit belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum House {
    Riverside,
    Harbor,
    Clinics,
    /// A facility nobody mapped; its few messages belong in the error queue.
    Stranger,
}

impl House {
    /// `MSH-4` and `PV1-3.4`.
    pub(crate) fn code(self) -> &'static str {
        match self {
            House::Riverside => "RGH",
            House::Harbor => "HHN",
            House::Clinics => "LKC",
            House::Stranger => "NPT",
        }
    }

    /// The first digit of visit and record numbers, so that no two senders share one.
    pub(crate) fn digit(self) -> i64 {
        match self {
            House::Riverside | House::Stranger => 1,
            House::Harbor => 5,
            House::Clinics => 7,
        }
    }

    /// Harbor House sends civil times without an offset, as many systems do.
    pub(crate) fn sends_offset(self) -> bool {
        self != House::Harbor
    }
}

/// A unit and how its rooms are numbered.
pub(crate) struct Unit {
    pub(crate) path: &'static str,
    pub(crate) name: &'static str,
    /// The usual spelling first.
    pub(crate) codes: &'static [&'static str],
    pub(crate) house: House,
    pub(crate) beds: Beds,
}

/// What stands in a unit.
pub(crate) enum Beds {
    /// Licensed beds: so many staffed, so many more not set up.
    Licensed { first_room: i64, per_room: i64, staffed: i64, idle: i64 },
    /// Spaces that are no licensed beds: ED, nursery, recovery. The spare ones are used when full.
    Spaces { prefix: &'static str, n: i64, spare: i64 },
    /// Clinic rooms; nobody stays.
    Rooms,
}

pub(crate) const ICU: usize = 0;
pub(crate) const STEP: usize = 1;
pub(crate) const NORTH: usize = 2;
pub(crate) const SOUTH: usize = 3;
pub(crate) const WEST: usize = 4;
pub(crate) const EAST: usize = 5;
pub(crate) const MATERNITY: usize = 6;
pub(crate) const PEDIATRICS: usize = 7;
pub(crate) const REHAB: usize = 8;
pub(crate) const ED: usize = 9;
pub(crate) const NURSERY: usize = 10;
pub(crate) const OR: usize = 11;
pub(crate) const HARBOR: std::ops::Range<usize> = 12..16;
pub(crate) const CLINICS: std::ops::Range<usize> = 16..21;

const fn licensed(first_room: i64, per_room: i64, staffed: i64, idle: i64) -> Beds {
    Beds::Licensed { first_room, per_room, staffed, idle }
}

macro_rules! unit {
    ($house:ident, $path:literal, $name:literal, $codes:expr, $beds:expr) => {
        Unit { path: $path, name: $name, codes: &$codes, house: House::$house, beds: $beds }
    };
}

/// In the order of the constants above.
pub(crate) static UNITS: [Unit; 21] = [
    unit!(Riverside, "lakeside.riverside.icu", "ICU", ["ICU", "RGICU"], licensed(101, 1, 20, 2)),
    unit!(Riverside, "lakeside.riverside.4e", "Step-down 4 East", ["4E", "4EAST"], licensed(401, 1, 28, 2)),
    unit!(Riverside, "lakeside.riverside.3n", "Medicine 3 North", ["3N", "3NORTH"], licensed(301, 2, 36, 4)),
    unit!(Riverside, "lakeside.riverside.3s", "Medicine 3 South", ["3S"], licensed(331, 2, 36, 4)),
    unit!(Riverside, "lakeside.riverside.5w", "Surgery 5 West", ["5W", "5WEST"], licensed(501, 1, 32, 4)),
    unit!(Riverside, "lakeside.riverside.5e", "Orthopedics 5 East", ["5E"], licensed(541, 1, 30, 2)),
    unit!(Riverside, "lakeside.riverside.mat", "Maternity 2", ["MAT", "OB2"], licensed(201, 1, 24, 2)),
    unit!(Riverside, "lakeside.riverside.peds", "Pediatrics 2 South", ["PEDS"], licensed(231, 1, 18, 4)),
    unit!(
        Riverside,
        "lakeside.riverside.rehab",
        "Rehabilitation 6",
        ["REH", "6REHAB"],
        licensed(601, 2, 30, 2)
    ),
    unit!(
        Riverside,
        "lakeside.riverside.ed",
        "Emergency Department",
        ["ED", "ER"],
        Beds::Spaces { prefix: "ED", n: 30, spare: 10 }
    ),
    unit!(
        Riverside,
        "lakeside.riverside.nursery",
        "Nursery",
        ["NUR"],
        Beds::Spaces { prefix: "BAS", n: 24, spare: 0 }
    ),
    unit!(
        Riverside,
        "lakeside.riverside.or",
        "Operating Rooms and Recovery",
        ["OR", "PACU"],
        Beds::Spaces { prefix: "BAY", n: 24, spare: 0 }
    ),
    unit!(Harbor, "lakeside.harbor.north", "Harbor North", ["HN"], licensed(101, 2, 32, 0)),
    unit!(Harbor, "lakeside.harbor.south", "Harbor South", ["HS"], licensed(131, 2, 32, 0)),
    unit!(Harbor, "lakeside.harbor.garden", "Garden Memory Care", ["GARDEN", "HG"], licensed(201, 2, 28, 0)),
    unit!(Harbor, "lakeside.harbor.short", "Short Stay", ["SHORT"], licensed(231, 1, 28, 0)),
    unit!(Clinics, "lakeside.clinics.downtown", "Downtown Family Clinic", ["CDT"], Beds::Rooms),
    unit!(Clinics, "lakeside.clinics.millbrook", "Millbrook Clinic", ["CMB"], Beds::Rooms),
    unit!(Clinics, "lakeside.clinics.northpoint", "North Point Clinic", ["CNP"], Beds::Rooms),
    unit!(Clinics, "lakeside.clinics.womens", "Women's Health Clinic", ["CWH"], Beds::Rooms),
    unit!(Clinics, "lakeside.clinics.ortho", "Bone and Joint Clinic", ["CBJ"], Beds::Rooms),
];

/// A bed, space or room, as `PV1-3` names it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) unit: usize,
    pub(crate) room: String,
    pub(crate) bed: String,
    pub(crate) is_set_up: bool,
}

/// All places, in the order of [`UNITS`]; a place is known by its position.
pub(crate) fn places() -> Vec<Place> {
    UNITS.iter().enumerate().flat_map(|(unit, described)| places_of(unit, &described.beds)).collect()
}

fn places_of(unit: usize, beds: &Beds) -> Vec<Place> {
    match *beds {
        Beds::Licensed { first_room, per_room, staffed, idle } => (0..staffed + idle)
            .map(|idx| {
                let room = (first_room + idx / per_room).to_string();
                let letter = if idx % per_room == 0 { "A" } else { "B" };
                let bed = if per_room == 1 { room.clone() } else { format!("{room}{letter}") };
                Place { unit, room, bed, is_set_up: idx < staffed }
            })
            .collect(),
        Beds::Spaces { prefix, n, spare } => (0..n + spare)
            .map(|idx| {
                let bed = if idx < n {
                    format!("{prefix}{:02}", idx + 1)
                } else {
                    format!("HALL{:02}", idx - n + 1)
                };
                Place { unit, room: bed.clone(), bed, is_set_up: idx < n }
            })
            .collect(),
        Beds::Rooms => (1..=4)
            .map(|n| Place { unit, room: format!("R{n}"), bed: String::new(), is_set_up: true })
            .collect(),
    }
}

fn is_told(plan: &Plan, house: House) -> bool {
    plan.size == Size::Network || house == House::Riverside
}

/// The site tree, ready for `helmward import sites`.
///
/// Bed counts stand on units only, so that a parent is the sum of its children.
pub fn sites_csv(plan: &Plan) -> String {
    let mut out = "path,kind,name,time_zone,currency,licensed_beds,staffed_beds,hl7_codes\n".to_owned();
    let mut row = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    let zone = crate::clock::ZONE;
    row(format!("lakeside,enterprise,Lakeside Health,{zone},USD,,,"));
    row(format!("lakeside.riverside,facility,Riverside General,{zone},USD,,,RGH;RIVERSIDE"));
    if plan.size == Size::Network {
        row(format!("lakeside.harbor,facility,Harbor House,{zone},USD,,,HHN"));
        row(format!("lakeside.clinics,department,Lakeside Clinics,{zone},USD,,,LKC"));
    }
    for unit in UNITS.iter().filter(|unit| is_told(plan, unit.house)) {
        let beds = match unit.beds {
            Beds::Licensed { staffed, idle, .. } => format!("{},{staffed}", staffed + idle),
            Beds::Spaces { .. } | Beds::Rooms => ",".to_owned(),
        };
        row(format!("{},unit,{},,,{beds},{}", unit.path, unit.name, unit.codes.join(";")));
    }
    out
}

/// Every bed and space, ready for `helmward import beds`.
pub fn beds_csv(plan: &Plan) -> String {
    let mut out = "unit,bed,room,licensed,set_up\n".to_owned();
    for place in places() {
        let Some(unit) = UNITS.get(place.unit) else { continue };
        let licensed = match unit.beds {
            Beds::Licensed { .. } => true,
            Beds::Spaces { .. } => false,
            Beds::Rooms => continue,
        };
        if is_told(plan, unit.house) {
            let set_up = place.is_set_up;
            out.push_str(&format!("{},{},{},{licensed},{set_up}\n", unit.path, place.bed, place.room));
        }
    }
    out
}

/// The people who sign in: at least one for each role.
pub fn staff_csv(plan: &Plan) -> String {
    let mut out = "email,name,title,site,role\n".to_owned();
    for (name, title, site, role) in STAFF {
        if plan.size == Size::Hospital && (site.contains("harbor") || site.contains("clinics")) {
            continue;
        }
        let email: String = name.to_lowercase().replace(' ', ".").replace('\'', "");
        out.push_str(&format!("{email}@example.org,{name},{title},{site},{role}\n"));
    }
    out
}

const STAFF: &[(&str, &str, &str, &str)] = &[
    ("Priya Raman", "Chief Operating Officer", "lakeside.riverside", "facility_manager"),
    ("Dana Whitlock", "Nurse Manager", "lakeside.riverside.5w", "unit_manager"),
    ("Tomas Eklund", "Nurse Manager", "lakeside.riverside.3n", "unit_manager"),
    ("Ruth Boateng", "Nurse Manager", "lakeside.riverside.3s", "unit_manager"),
    ("Ivan Petrov", "ICU Manager", "lakeside.riverside.icu", "unit_manager"),
    ("Hana Tanaka", "Emergency Department Manager", "lakeside.riverside.ed", "unit_manager"),
    ("Grace Mercer", "Administrator", "lakeside.harbor", "facility_manager"),
    ("Luis Ortega", "Clinics Manager", "lakeside.clinics", "facility_manager"),
    ("Marcus Adler", "Vice President of Operations", "lakeside", "senior_manager"),
    ("Elena Castellano", "Chief Executive", "lakeside", "director"),
    ("Sunita Shah", "Compliance Officer", "lakeside", "compliance"),
    ("Otto Schroeder", "Revenue Cycle Lead", "lakeside.riverside", "billing"),
    ("Nadia Farah", "Health Information Manager", "lakeside.riverside", "health_information"),
    ("Clara Lindqvist", "Quality Lead", "lakeside.riverside", "quality"),
    ("Kofi Madaki", "Registered Nurse", "lakeside.riverside.5w", "staff"),
    ("Walter Quigley", "State Surveyor", "lakeside.riverside", "surveyor"),
    ("Josephine Vance", "Board Member", "lakeside", "board"),
    ("Felix Novak", "System Administrator", "lakeside", "admin"),
];

/// What a site must be told before its messages can be read right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Units whose patients are in the ED; a stay of class I or O there is boarding.
    pub ed: Vec<String>,
    /// Where newborns lie; reported apart from the inpatient census.
    pub nursery: Vec<String>,
    /// Units that only treat (operating rooms, recovery): they have no beds of their own.
    pub procedural: Vec<String>,
    /// Units kept for observation alone. Empty: at Riverside they lie in ward beds.
    pub observation: Vec<String>,
    /// The `PV1-2` that means observation when the place is a bed of an inpatient unit.
    ///
    /// The decision to observe is an A08 that changes the class from E to this while the patient
    /// is still in the ED; the A02 to the unit follows. An A06 to class I converts the stay.
    pub observation_class: &'static str,
    /// The local `PV1-36` of those who left the ED before anyone saw them.
    pub left_without_being_seen: &'static str,
    /// The `PV1-3.2` of the waiting room in the ED's location; the A02 out of it is door-to-bed.
    pub waiting_room: &'static str,
    /// The event that frees a bed; housekeeping then reports H (or K, then H) and U by A20.
    pub bed_freed_by: &'static str,
    /// Facilities whose housekeeping sends nothing: there a bed is ready when its patient has left.
    pub without_housekeeping: Vec<String>,
}

/// How Lakeside's messages are to be read.
pub fn profile(plan: &Plan) -> Profile {
    let path = |unit: usize| {
        let unit = UNITS.get(unit).filter(|unit| is_told(plan, unit.house));
        unit.map(|unit| unit.path.to_owned()).into_iter().collect()
    };
    Profile {
        ed: path(ED),
        nursery: path(NURSERY),
        procedural: path(OR),
        observation: Vec::new(),
        observation_class: "O",
        left_without_being_seen: "LWBS",
        waiting_room: "WR",
        bed_freed_by: "A03",
        without_housekeeping: match plan.size {
            Size::Network => vec!["lakeside.harbor".to_owned()],
            Size::Hospital => Vec::new(),
        },
    }
}
