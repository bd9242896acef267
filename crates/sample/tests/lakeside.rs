//! What the sample promises, read back from its messages as an outsider would.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop where it stands")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use sample::{Plan, Sent, Size};

const DAYS: u32 = 75;

fn plan() -> Plan {
    Plan { seed: 1, now: "2026-11-12T13:47:00Z".parse().unwrap(), days: DAYS, size: Size::Network }
}

fn days_ago(days: i64) -> Timestamp {
    plan().now - SignedDuration::from_hours(24 * days)
}

/// Everything up to now.
fn all() -> &'static [Sent] {
    static ALL: OnceLock<Vec<Sent>> = OnceLock::new();
    ALL.get_or_init(|| sample::messages(&plan(), Timestamp::MIN, plan().now).collect())
}

/// A message taken apart, for reading only what the tests need.
struct Read {
    segments: Vec<Vec<String>>,
}

impl Read {
    fn new(sent: &Sent) -> Read {
        let text = std::str::from_utf8(&sent.bytes).unwrap();
        let split = |line: &str| line.split('|').map(str::to_owned).collect();
        Read { segments: text.split_terminator('\r').map(split).collect() }
    }

    fn field(&self, segment: &str, idx: usize) -> &str {
        let found = self.segments.iter().find(|fields| fields[0] == segment);
        found.and_then(|fields| fields.get(idx)).map_or("", String::as_str)
    }

    fn kind(&self) -> &str {
        self.field("EVN", 1)
    }

    fn facility(&self) -> &str {
        self.field("MSH", 3)
    }

    fn id(&self) -> &str {
        self.field("MSH", 9)
    }

    /// Civil date and time, which sorts as text but for one hour a year.
    fn happened(&self) -> &str {
        &self.field("EVN", 6)[..14]
    }

    fn pv1s(&self) -> impl Iterator<Item = &Vec<String>> {
        self.segments.iter().filter(|fields| fields[0] == "PV1")
    }
}

/// Unit codes of any spelling to the usual one.
fn codes() -> HashMap<String, String> {
    let csv = sample::sites_csv(&plan());
    csv.lines()
        .filter(|line| line.contains(",unit,"))
        .flat_map(|line| {
            let codes: Vec<String> = line.rsplit(',').next().unwrap().split(';').map(str::to_owned).collect();
            let first = codes[0].clone();
            codes.into_iter().map(move |code| (code, first.clone()))
        })
        .collect()
}

/// In the order things happened, exact duplicates left out.
fn by_event_time() -> Vec<Read> {
    let mut seen = BTreeSet::new();
    let mut read: Vec<Read> =
        all().iter().map(Read::new).filter(|read| seen.insert(read.id().to_owned())).collect();
    read.sort_by(|a, b| (a.happened(), a.id()).cmp(&(b.happened(), b.id())));
    read
}

#[test]
fn the_same_plan_gives_the_same_messages_and_another_seed_others() {
    let week = |plan: Plan| -> Vec<Sent> { sample::messages(&plan, days_ago(7), plan.now).collect() };
    let one = week(Plan { days: 20, ..plan() });
    assert_eq!(one, week(Plan { days: 20, ..plan() }));
    assert_ne!(one, week(Plan { days: 20, seed: 2, ..plan() }));
}

#[test]
fn a_window_is_a_part_of_any_larger_window_and_the_stream_goes_on_past_now() {
    let plan = Plan { days: 20, ..plan() };
    let later = plan.now + SignedDuration::from_hours(24);
    let before: Vec<Sent> = sample::messages(&plan, days_ago(3), plan.now).collect();
    let after: Vec<Sent> = sample::messages(&plan, plan.now, later).collect();
    let both: Vec<Sent> = sample::messages(&plan, days_ago(3), later).collect();
    assert!(after.len() > 500, "{}", after.len());
    assert_eq!([before, after].concat(), both);
}

#[test]
fn overlapping_stays_and_earlier_stays_are_together_everything() {
    let plan = Plan { days: 40, ..plan() };
    let whole: Vec<Sent> = sample::messages(&plan, Timestamp::MIN, plan.now).collect();
    for from in [days_ago(1), days_ago(10), days_ago(25)] {
        let mut parts: Vec<Sent> = sample::messages_of_stays_overlapping(&plan, from, plan.now).collect();
        let n_recent = parts.len();
        let earlier: Vec<Sent> = sample::messages_of_stays_before(&plan, from).collect();
        assert!(earlier.iter().all(|sent| sent.at < from));
        assert!(n_recent > 500 && earlier.len() > 500);

        // No visit is torn: its number stands on one side only.
        let visits = |parts: &[Sent]| -> BTreeSet<String> {
            let numbers =
                |sent: &Sent| Read::new(sent).pv1s().filter_map(|pv1| pv1.get(19).cloned()).collect();
            parts
                .iter()
                .flat_map(|sent| -> Vec<String> { numbers(sent) })
                .filter(|id| !id.is_empty())
                .collect()
        };
        assert!(visits(&parts).is_disjoint(&visits(&earlier)));

        parts.extend(earlier);
        let sorted = |mut list: Vec<Sent>| {
            list.sort_by(|a, b| (a.at, &a.bytes).cmp(&(b.at, &b.bytes)));
            list
        };
        assert!(sorted(parts) == sorted(whole.clone()), "from {from}");
    }
}

#[test]
fn messages_come_in_sending_order_and_look_like_messages() {
    assert!(all().is_sorted_by_key(|sent| sent.at));
    for sent in all() {
        assert!(sent.bytes.is_ascii() && sent.bytes.starts_with(b"MSH|^~\\&|LSADT|"));
        assert!(sent.bytes.ends_with(b"\r") && sent.bytes.len() <= 1000, "{}", sent.bytes.len());
    }
}

#[test]
fn a_control_id_comes_again_only_with_the_same_bytes() {
    let mut seen: HashMap<String, &[u8]> = HashMap::new();
    let mut n_again = 0;
    for sent in all() {
        if let Some(first) = seen.insert(Read::new(sent).id().to_owned(), &sent.bytes) {
            assert_eq!(first, sent.bytes);
            n_again += 1;
        }
    }
    assert!(n_again > 50, "{n_again}");
}

#[test]
fn every_event_occurs() {
    let kinds: BTreeSet<String> = all().iter().map(|sent| Read::new(sent).kind().to_owned()).collect();
    let expected =
        "A01 A02 A03 A04 A06 A07 A08 A11 A12 A13 A14 A15 A16 A17 A20 A21 A22 A25 A26 A27 A28 A31 A40";
    assert_eq!(kinds.into_iter().collect::<Vec<_>>().join(" "), expected);
    let text = |needle: &str| {
        all().iter().filter(|sent| String::from_utf8_lossy(&sent.bytes).contains(needle)).count()
    };
    assert!(text("|DIAL^") > 0, "an unknown location");
    assert!(text("|LSADT|NPT|") > 0, "an unknown facility");
    assert!(text("|LWBS|") > 0, "left without being seen");
}

#[test]
fn some_are_sent_hours_late_and_some_contradict() {
    let read = all().iter().map(Read::new);
    let late = read.filter(|read| read.field("MSH", 6)[..8] > read.happened()[..8]).count();
    assert!(late > 50, "{late}");

    let mut gone: HashMap<String, String> = HashMap::new();
    let mut n_contradictory = 0;
    for read in by_event_time() {
        for pv1 in read.pv1s() {
            let visit = pv1.get(19).cloned().unwrap_or_default();
            match read.kind() {
                "A03" => drop(gone.insert(visit, read.happened().to_owned())),
                "A13" => drop(gone.remove(&visit)),
                "A02" if gone.contains_key(&visit) => n_contradictory += 1,
                _ => {}
            }
        }
    }
    assert!((1..40).contains(&n_contradictory), "{n_contradictory}");
}

/// Who lies where, followed by the events that move people.
#[derive(Default)]
struct Census {
    /// By visit: class, unit, bed.
    stays: HashMap<String, (String, String, String)>,
    discharged: HashMap<String, (String, String, String)>,
}

impl Census {
    fn apply(&mut self, read: &Read, codes: &HashMap<String, String>) {
        for pv1 in read.pv1s().filter(|pv1| pv1.len() > 19) {
            let place: Vec<&str> = pv1[3].split('^').collect();
            let unit = codes.get(place[0]).cloned().unwrap_or_else(|| place[0].to_owned());
            let bed = place.get(2).copied().unwrap_or("").to_owned();
            let visit = pv1[19].clone();
            match read.kind() {
                "A01" | "A04" => drop(self.stays.insert(visit, (pv1[2].clone(), unit, bed))),
                "A02" | "A12" | "A17" | "A06" | "A07" => {
                    if let Some(stay) = self.stays.get_mut(&visit) {
                        *stay = (pv1[2].clone(), unit, bed);
                    }
                }
                "A03" => {
                    if let Some(stay) = self.stays.remove(&visit) {
                        self.discharged.insert(visit, stay);
                    }
                }
                "A13" => {
                    let stay = self.discharged.remove(&visit).unwrap();
                    self.stays.insert(visit, stay);
                }
                "A11" => drop(self.stays.remove(&visit)),
                _ => {}
            }
        }
    }

    fn in_unit(&self, unit: &str) -> Vec<&(String, String, String)> {
        self.stays.values().filter(|stay| stay.1 == unit).collect()
    }
}

const WARDS: [(&str, usize); 13] = [
    ("ICU", 20),
    ("4E", 28),
    ("3N", 36),
    ("3S", 36),
    ("5W", 32),
    ("5E", 30),
    ("MAT", 24),
    ("PEDS", 18),
    ("REH", 30),
    ("HN", 32),
    ("HS", 32),
    ("GARDEN", 28),
    ("SHORT", 28),
];

#[test]
fn no_unit_ever_holds_more_than_its_beds_and_no_bed_two_patients() {
    let codes = codes();
    let mut census = Census::default();
    let mut n_midnights = 0;
    let mut occupied = 0;
    let mut day = String::new();
    let first_day = days_ago(i64::from(DAYS)).strftime("%Y%m%d").to_string();
    let settled = days_ago(2).strftime("%Y%m%d").to_string();
    for read in by_event_time() {
        if read.happened()[..8] != day[..] {
            day = read.happened()[..8].to_owned();
            if day > first_day {
                n_midnights += 1;
                occupied += WARDS[..9].iter().map(|(unit, _)| census.in_unit(unit).len()).sum::<usize>();
            }
        }
        census.apply(&read, &codes);
        // What left a bed in the last two days may still be on its way.
        if day >= settled {
            break;
        }
        let Some(pv1) = read.pv1s().next().filter(|pv1| pv1.len() > 19) else { continue };
        let unit = codes.get(pv1[3].split('^').next().unwrap()).cloned().unwrap_or_default();
        if let Some((_, beds)) = WARDS.iter().find(|(ward, _)| *ward == unit) {
            let here = census.in_unit(&unit);
            assert!(here.len() <= *beds, "{unit} holds {} at {}", here.len(), read.happened());
            let distinct: BTreeSet<&str> = here.iter().map(|stay| stay.2.as_str()).collect();
            assert_eq!(distinct.len(), here.len(), "a bed of {unit} holds two at {}", read.happened());
        }
    }
    let occupancy = occupied as f64 / f64::from(n_midnights) / 254.0;
    assert!((0.85..0.93).contains(&occupancy), "{occupancy}");
}

#[test]
fn days_are_believable() {
    let (mut admissions, mut arrivals) = (BTreeMap::new(), BTreeMap::new());
    let (mut n_out, mut n_before_noon, mut n_deaths, mut n_unseen) = (0, 0, 0, 0);
    for read in by_event_time() {
        let Some(pv1) = read.pv1s().next().filter(|pv1| pv1.len() > 19) else { continue };
        let day = read.happened()[..8].to_owned();
        let (is_riverside, is_inpatient) = (read.facility() == "RGH", pv1[2] == "I");
        let is_newborn = pv1[3].starts_with("NUR");
        match read.kind() {
            "A01" | "A06" if is_riverside && !is_newborn => *admissions.entry(day).or_insert(0) += 1,
            "A04" if is_riverside => *arrivals.entry(day).or_insert(0) += 1,
            "A03" if is_riverside && is_inpatient && !is_newborn => {
                n_out += 1;
                n_before_noon += i32::from(&read.happened()[8..10] < "12");
                n_deaths += i32::from(pv1[36] == "20");
            }
            "A03" => n_unseen += i32::from(pv1[36] == "LWBS"),
            _ => {}
        }
    }
    let first = days_ago(i64::from(DAYS) - 1).strftime("%Y%m%d").to_string();
    let last = plan().now.strftime("%Y%m%d").to_string();
    let whole = |counts: BTreeMap<String, i32>| -> Vec<i32> {
        counts.into_iter().filter(|(day, _)| (&first..&last).contains(&day)).map(|(_, n)| n).collect()
    };
    let (admissions, arrivals) = (whole(admissions), whole(arrivals));
    assert!(admissions.iter().all(|n| (28..=76).contains(n)), "{admissions:?}");
    assert!(arrivals.iter().all(|n| (112..=182).contains(n)), "{arrivals:?}");
    let mean = |counts: &[i32]| f64::from(counts.iter().sum::<i32>()) / counts.len() as f64;
    assert!((45.0..55.0).contains(&mean(&admissions)), "{}", mean(&admissions));
    let share = |part: i32, whole: i32| f64::from(part) / f64::from(whole);
    assert!((0.20..0.28).contains(&share(n_before_noon, n_out)), "{}", share(n_before_noon, n_out));
    assert!((0.012..0.03).contains(&share(n_deaths, n_out)), "{}", share(n_deaths, n_out));
    let unseen = share(n_unseen, arrivals.iter().sum());
    assert!((0.014..0.03).contains(&unseen), "{unseen}");
}

#[test]
fn sites_beds_and_staff_fit_together() {
    let (sites, beds, staff) =
        (sample::sites_csv(&plan()), sample::beds_csv(&plan()), sample::staff_csv(&plan()));
    assert!(sites.starts_with("path,kind,name,time_zone,currency,licensed_beds,staffed_beds,hl7_codes\n"));
    let paths: BTreeSet<&str> = sites.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    let staffed = |prefix: &str| -> u32 {
        let rows = sites.lines().filter(|line| line.starts_with(prefix));
        rows.filter_map(|line| line.split(',').nth(6)?.parse::<u32>().ok()).sum()
    };
    assert_eq!((staffed("lakeside.riverside"), staffed("lakeside.harbor")), (254, 120));
    let set_up = beds.lines().filter(|line| line.ends_with(",true,true")).count();
    assert_eq!(set_up, 374);
    assert!(beds.lines().skip(1).all(|line| paths.contains(line.split(',').next().unwrap())));
    assert!(staff.lines().skip(1).all(|line| paths.contains(line.split(',').nth(3).unwrap())));
    let roles: BTreeSet<&str> = staff.lines().skip(1).map(|line| line.rsplit(',').next().unwrap()).collect();
    assert_eq!(roles.len(), 12, "{roles:?}");
    assert!(staff.contains("priya.raman@example.org,Priya Raman,"));
    let profile = sample::profile(&plan());
    assert!(profile.ed.iter().chain(&profile.nursery).all(|path| paths.contains(path.as_str())));
}

#[test]
fn every_place_named_is_known_but_the_ones_meant_not_to_be() {
    let codes = codes();
    let csv = sample::beds_csv(&plan());
    let beds: BTreeSet<&str> = csv.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
    for sent in all() {
        let read = Read::new(sent);
        for pv1 in read.pv1s().filter(|pv1| pv1.len() > 19 && !pv1[3].is_empty()) {
            let place: Vec<&str> = pv1[3].split('^').collect();
            if matches!(place[0], "DIAL" | "MAIN") {
                continue;
            }
            assert!(codes.contains_key(place[0]), "{}", pv1[3]);
            assert!(place[2].is_empty() || beds.contains(place[2]), "{}", pv1[3]);
        }
    }
}

#[test]
fn a_hospital_alone_sends_nothing_of_the_other_sites() {
    let plan = Plan { days: 10, size: Size::Hospital, ..plan() };
    let facilities: BTreeSet<String> = sample::messages(&plan, Timestamp::MIN, plan.now)
        .map(|sent| Read::new(&sent).facility().to_owned())
        .filter(|facility| facility != "NPT")
        .collect();
    assert_eq!(facilities.into_iter().collect::<Vec<_>>(), ["RGH"]);
    assert!(!sample::sites_csv(&plan).contains("harbor"));
}
