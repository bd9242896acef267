//! Invented people: every name, address and number here is made up from small lists.

use crate::clock::{day_of_year, local_day};
use crate::random::{Random, mix};

/// What sort of person a visit needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    Adult,
    Elder,
    Child,
    Mother,
    Newborn,
}

/// A patient; what is not stored is derived from `key`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    pub(crate) key: u64,
    pub(crate) age: Age,
    pub(crate) birth_day: i64,
    /// Of a newborn: the index of the mother.
    pub(crate) mother: Option<u32>,
}

impl Person {
    pub(crate) fn new(key: u64, age: Age, now: i64) -> Person {
        let mut random = Random::of(&[key, 1]);
        let today = local_day(now);
        let years = match age {
            Age::Adult => 19.0 + 72.0 * random.unit().powf(0.8),
            Age::Elder => 66.0 + 32.0 * random.unit(),
            Age::Child => 17.0 * random.unit().powf(1.6),
            Age::Mother => 18.0 + 24.0 * (random.unit() + random.unit()) / 2.0,
            Age::Newborn => 0.0,
        };
        let birth_day = today - crate::random::whole(years * 365.25);
        Person { key, age, birth_day, mother: None }
    }

    pub(crate) fn is_female(&self) -> bool {
        self.age == Age::Mother || mix(&[self.key, 2]).is_multiple_of(2)
    }

    pub(crate) fn family(&self) -> &'static str {
        choose(FAMILY, self.key, 3)
    }

    pub(crate) fn given(&self) -> &'static str {
        match (self.age, self.is_female()) {
            (Age::Newborn, true) => "Baby Girl",
            (Age::Newborn, false) => "Baby Boy",
            (_, true) => choose(GIVEN_F, self.key, 4),
            (_, false) => choose(GIVEN_M, self.key, 4),
        }
    }

    pub(crate) fn middle(&self) -> char {
        char::from(b'A' + u8::try_from(mix(&[self.key, 5]) % 26).unwrap_or(0))
    }

    pub(crate) fn street(&self) -> (u64, &'static str, &'static str) {
        (1 + mix(&[self.key, 6]) % 980, choose(STREET, self.key, 7), choose(TOWN, self.key, 8))
    }

    /// Four digits after a 555-01 prefix, which is kept free for invented numbers.
    pub(crate) fn phone(&self) -> u64 {
        mix(&[self.key, 9]) % 100
    }
}

/// Someone who treats patients, as `PV1-7` names them.
pub(crate) fn attending(key: u64) -> (u64, &'static str, &'static str) {
    let number = mix(&[key, 10]) % 48;
    let female = number.is_multiple_of(2);
    let given = if female { choose(GIVEN_F, number, 11) } else { choose(GIVEN_M, number, 11) };
    (4100 + number * 7, choose(FAMILY, number, 12), given)
}

/// How much busier than the year's mean a day is, for a swing of `height` that peaks in late January.
pub(crate) fn winter(day: i64, height: f64) -> f64 {
    let turn = (day_of_year(day) - 24) as f64 / 365.25;
    1.0 + height * (std::f64::consts::TAU * turn).cos()
}

fn choose(list: &'static [&'static str], key: u64, salt: u64) -> &'static str {
    let n = u64::try_from(list.len()).unwrap_or(1).max(1);
    let idx = usize::try_from(mix(&[key, salt]) % n).unwrap_or(0);
    list.get(idx).copied().unwrap_or_default()
}

const FAMILY: &[&str] = &[
    "Abara",
    "Adler",
    "Alvarez",
    "Anand",
    "Arslan",
    "Baptiste",
    "Barlow",
    "Becker",
    "Bianchi",
    "Boateng",
    "Brandt",
    "Calloway",
    "Castellano",
    "Chen",
    "Chowdhury",
    "Cortez",
    "Dalton",
    "Dubois",
    "Eklund",
    "Ellison",
    "Farah",
    "Ferreira",
    "Fitzroy",
    "Foss",
    "Garrity",
    "Gupta",
    "Haddad",
    "Halvorsen",
    "Hanley",
    "Hoang",
    "Ibarra",
    "Ingram",
    "Jansen",
    "Jovanovic",
    "Kaplan",
    "Katz",
    "Kim",
    "Kowalski",
    "Kruger",
    "Lambert",
    "Larkin",
    "Lindqvist",
    "Lowell",
    "Madaki",
    "Maguire",
    "Marlowe",
    "Mbeki",
    "Medina",
    "Mercer",
    "Moreau",
    "Nakamura",
    "Ng",
    "Novak",
    "Oakley",
    "Okafor",
    "Ortega",
    "Osei",
    "Park",
    "Pelletier",
    "Petrov",
    "Pham",
    "Quigley",
    "Quispe",
    "Rahman",
    "Ramsey",
    "Reyes",
    "Rossi",
    "Sandoval",
    "Santos",
    "Schroeder",
    "Sefton",
    "Shah",
    "Silva",
    "Sorensen",
    "Tanaka",
    "Teller",
    "Thibault",
    "Toth",
    "Underhill",
    "Vance",
    "Varga",
    "Vega",
    "Voss",
    "Wakefield",
    "Walsh",
    "Wexler",
    "Whitlock",
    "Xu",
    "Yilmaz",
    "Zamora",
];
const GIVEN_F: &[&str] = &[
    "Ada",
    "Amara",
    "Beatriz",
    "Clara",
    "Dalia",
    "Edith",
    "Elena",
    "Farida",
    "Grace",
    "Hana",
    "Imani",
    "Ines",
    "Jana",
    "Josephine",
    "Keiko",
    "Lena",
    "Lucia",
    "Mabel",
    "Mariam",
    "Nadia",
    "Noor",
    "Odette",
    "Olga",
    "Petra",
    "Priscilla",
    "Renata",
    "Rosa",
    "Ruth",
    "Sofia",
    "Sunita",
    "Thea",
    "Uma",
    "Vera",
    "Wanda",
    "Ximena",
    "Yara",
    "Zoe",
];
const GIVEN_M: &[&str] = &[
    "Aaron", "Amir", "Anton", "Bruno", "Cedric", "Dario", "Desmond", "Elias", "Emeka", "Felix", "Gideon",
    "Hector", "Hugo", "Idris", "Ivan", "Jonas", "Julian", "Kofi", "Lars", "Luis", "Marcus", "Mateo", "Nils",
    "Omar", "Otto", "Pavel", "Quentin", "Rafael", "Ravi", "Samuel", "Stefan", "Tariq", "Theo", "Ulrich",
    "Victor", "Walter", "Xavier", "Yusuf",
];
const STREET: &[&str] = &[
    "Alder Street",
    "Beacon Road",
    "Canal Street",
    "Dover Lane",
    "Elm Court",
    "Ferry Road",
    "Granite Avenue",
    "Harbor Way",
    "Juniper Drive",
    "Lakeshore Drive",
    "Mill Street",
    "Orchard Road",
    "Pine Street",
    "Quarry Road",
    "Spring Street",
    "Tannery Row",
    "Union Street",
    "Willow Lane",
];
const TOWN: &[&str] = &["Lakeside", "Riverton", "Harborview", "Millbrook", "North Point", "Ashby Falls"];
