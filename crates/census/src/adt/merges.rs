//! Which numbers mean the same patient, account or visit, as merges tell. Pure.

use super::model::{Event, Trigger};
use super::rules::time_order;
use base::Id;
use identity::Site;
use std::collections::HashMap;

/// Which numbers mean the same: retired to surviving, followed to the end. Visits and accounts are numbered
/// by their facility.
pub(super) struct Merges {
    patients: HashMap<String, String>,
    visits: HashMap<Id<Site>, HashMap<String, String>>,
}

impl Merges {
    pub(super) fn of(events: &[Event]) -> Merges {
        let mut merges: Vec<&Event> = events.iter().filter(|event| is_merge(event.fact.trigger)).collect();
        merges.sort_by(|a, b| time_order(&a.fact, &b.fact));
        let mut found = Merges { patients: HashMap::new(), visits: HashMap::new() };
        for event in merges {
            let fact = &event.fact;
            if fact.trigger != Trigger::MoveVisit {
                point(&mut found.patients, &fact.retired_patient, &fact.patient);
            }
            let visits = found.visits.entry(event.facility).or_default();
            point(visits, &fact.retired_visit, &fact.visit);
            // A visit that moves leaves its old account, which may have others.
            if fact.trigger != Trigger::MoveVisit || fact.retired_visit.is_empty() {
                point(visits, &account_key(&fact.retired_account), &account_key(&fact.account));
            }
        }
        found
    }

    pub(super) fn patient<'a>(&'a self, key: &'a str) -> &'a str {
        follow(&self.patients, key)
    }

    pub(super) fn visit<'a>(&'a self, facility: Id<Site>, key: &'a str) -> &'a str {
        self.visits.get(&facility).map_or(key, |visits| follow(visits, key))
    }
}

pub(super) fn is_merge(trigger: Trigger) -> bool {
    matches!(
        trigger,
        Trigger::MergePatient | Trigger::MergeAccount | Trigger::MergeVisit | Trigger::MoveVisit
    )
}

/// Accounts stand in for visits where no visit number is told; the mark keeps the two apart.
pub(super) fn account_key(account: &str) -> String {
    if account.is_empty() { String::new() } else { format!("account {account}") }
}

fn point(map: &mut HashMap<String, String>, retired: &str, surviving: &str) {
    // A pair that already meets at one end would close a ring.
    if retired.is_empty() || surviving.is_empty() || follow(map, surviving) == follow(map, retired) {
        return;
    }
    let end = follow(map, retired).to_owned();
    map.insert(end, surviving.to_owned());
}

fn follow<'a>(map: &'a HashMap<String, String>, key: &'a str) -> &'a str {
    let mut at = key;
    // `point` closes no ring, so this ends.
    while let Some(next) = map.get(at) {
        at = next;
    }
    at
}
