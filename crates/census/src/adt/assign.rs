//! Which stay a fact belongs to, told by its numbers, its patient and its time. Pure.
//!
//! Starts at [`assign`]. A patient moved to another facility goes on with the stay that began in the first
//! one; [`super::rules`] walks what is gathered here.

use super::merges::{Merges, account_key, is_merge};
use super::model::{Event, Fact, Micros, Trigger};
use super::rules::time_order;
use base::Id;
use identity::Site;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The facility a stay began in, and its visit, account or, without any number, patient and start.
pub(super) type StayKey = (Id<Site>, String);

/// Gives every fact that concerns a stay to one, keyed by the facility it began in and its visit.
pub(super) fn assign<'e>(events: &'e [Event], merges: &Merges) -> BTreeMap<StayKey, Vec<&'e Event>> {
    let homes = Homes::of(events, merges);
    let visits_of = visits_of_accounts(events, merges, &homes);
    let mut groups: BTreeMap<StayKey, Vec<&Event>> = BTreeMap::new();
    let mut unnumbered = Vec::new();
    for event in events.iter().filter(|event| concerns_a_stay(event.fact.trigger)) {
        let is_move = event.fact.trigger == Trigger::MoveVisit;
        let (visit, account) = numbers(event, merges);
        let account = (homes.of_number(event, &account, merges), account);
        if !visit.is_empty() {
            let home = homes.of_number(event, &visit, merges);
            groups.entry((home, visit)).or_default().push(event);
        } else if let Some(visits) = visits_of.get(&account).filter(|visits| is_move || visits.len() == 1) {
            // An account moves with all its visits.
            for visit in visits {
                groups.entry((account.0, visit.clone())).or_default().push(event);
            }
        } else if !account.1.is_empty() {
            groups.entry(account).or_default().push(event);
        } else if !is_move {
            unnumbered.push(event);
        }
    }
    assign_unnumbered(unnumbered, merges, &mut groups);
    groups
}

fn concerns_a_stay(trigger: Trigger) -> bool {
    trigger == Trigger::MoveVisit || (trigger != Trigger::Person && !is_merge(trigger))
}

/// The visit and the account a fact is about, after merges; a visit that is moved is told by its old numbers
/// where the new ones are missing.
fn numbers(event: &Event, merges: &Merges) -> (String, String) {
    let Event { fact, facility, .. } = event;
    let is_move = fact.trigger == Trigger::MoveVisit;
    let told = |number: &str, retired: &str| {
        if number.is_empty() && is_move { retired.to_owned() } else { number.to_owned() }
    };
    let visit = told(&fact.visit, &fact.retired_visit);
    let account = account_key(&told(&fact.account, &fact.retired_account));
    (merges.visit(*facility, &visit).to_owned(), merges.visit(*facility, &account).to_owned())
}

/// Which facility a number of a patient belongs to: that of the first fact that tells it. A patient moved to
/// another facility goes on under the same number; facilities that number for themselves do not number the
/// same patient alike.
struct Homes(HashMap<(String, String), Id<Site>>);

impl Homes {
    fn of(events: &[Event], merges: &Merges) -> Homes {
        let mut first: HashMap<(String, String), &Event> = HashMap::new();
        let is_one_house = events.windows(2).all(|pair| matches!(pair, [a, b] if a.facility == b.facility));
        let told = events.iter().filter(|event| !is_one_house && concerns_a_stay(event.fact.trigger));
        for event in told {
            let patient = merges.patient(&event.fact.patient);
            let (visit, account) = numbers(event, merges);
            for number in [visit, account].into_iter().filter(|number| !number.is_empty()) {
                let known = first.entry((patient.to_owned(), number)).or_insert(event);
                if time_order(&event.fact, &known.fact).is_lt() {
                    *known = event;
                }
            }
        }
        Homes(first.into_iter().map(|(number, event)| (number, event.facility)).collect())
    }

    fn of_number(&self, event: &Event, number: &str, merges: &Merges) -> Id<Site> {
        if self.0.is_empty() {
            return event.facility;
        }
        let patient = merges.patient(&event.fact.patient).to_owned();
        self.0.get(&(patient, number.to_owned())).copied().unwrap_or(event.facility)
    }
}

/// The visits of each account.
fn visits_of_accounts(
    events: &[Event],
    merges: &Merges,
    homes: &Homes,
) -> HashMap<StayKey, BTreeSet<String>> {
    let mut visits: HashMap<StayKey, BTreeSet<String>> = HashMap::new();
    for event in events {
        let Event { fact, facility, .. } = event;
        if !fact.account.is_empty() && !fact.visit.is_empty() {
            let account = merges.visit(*facility, &account_key(&fact.account)).to_owned();
            let visit = merges.visit(*facility, &fact.visit).to_owned();
            let home = homes.of_number(event, &account, merges);
            visits.entry((home, account)).or_default().insert(visit);
        }
    }
    visits
}

/// The start, facility and key of each stay of a patient.
type Starts = BTreeSet<(Micros, Id<Site>, String)>;

/// Facts without any number: an arrival starts a stay of that patient, others belong to the stay that
/// started last before them.
fn assign_unnumbered<'e>(
    mut unnumbered: Vec<&'e Event>,
    merges: &Merges,
    groups: &mut BTreeMap<StayKey, Vec<&'e Event>>,
) {
    unnumbered.sort_by(|a, b| time_order(&a.fact, &b.fact));
    let mut starts: HashMap<String, Starts> = HashMap::new();
    for ((facility, key), facts) in groups.iter() {
        for event in facts {
            let patient = merges.patient(&event.fact.patient).to_owned();
            let start = facts.iter().map(|event| event.fact.at).min().unwrap_or(event.fact.at);
            starts.entry(patient).or_default().insert((start, *facility, key.clone()));
        }
    }
    for event in unnumbered {
        let patient = merges.patient(&event.fact.patient).to_owned();
        let own = starts.entry(patient.clone()).or_default();
        let key = stay_before(event, own, groups).unwrap_or_else(|| {
            let key = format!("~{patient}@{}", event.fact.at);
            own.insert((event.fact.at, event.facility, key.clone()));
            (event.facility, key)
        });
        groups.entry(key).or_default().push(event);
    }
}

/// The stay a fact without a number goes on with, if there is one: of its own facility, unless only one of
/// another is still open, which the patient is then moved from.
fn stay_before(event: &Event, starts: &Starts, groups: &BTreeMap<StayKey, Vec<&Event>>) -> Option<StayKey> {
    let fact = &event.fact;
    let before = || {
        let earlier = starts.iter().rev().filter(|(start, ..)| *start <= fact.at);
        earlier.map(|(_, facility, key)| (*facility, key.clone()))
    };
    let own = before().find(|(facility, _)| *facility == event.facility);
    let own_open = own.clone().filter(|stay| continues(stay, fact, groups));
    if matches!(fact.trigger, Trigger::Admit | Trigger::Register | Trigger::Preadmit) {
        return own_open;
    }
    let elsewhere = || before().next().filter(|stay| continues(stay, fact, groups));
    own_open.or_else(elsewhere).or(own)
}

/// Whether an arrival without a number belongs to the stay before it: one that was announced only, or one
/// still open (a class change at admission), as far as the facts before it tell.
fn continues(stay: &StayKey, fact: &Fact, groups: &BTreeMap<StayKey, Vec<&Event>>) -> bool {
    let Some(facts) = groups.get(stay) else { return false };
    let newest = facts
        .iter()
        .filter(|event| time_order(&event.fact, fact).is_lt())
        .filter(|event| {
            matches!(
                event.fact.trigger,
                Trigger::Preadmit
                    | Trigger::Register
                    | Trigger::Admit
                    | Trigger::Discharge
                    | Trigger::CancelDischarge
                    | Trigger::CancelAdmit
            )
        })
        .max_by(|a, b| time_order(&a.fact, &b.fact));
    newest.is_some_and(|event| {
        matches!(
            event.fact.trigger,
            Trigger::Preadmit | Trigger::Register | Trigger::Admit | Trigger::CancelDischarge
        )
    })
}
