//! From messages to the stored census: the meaning that intake asks for.
//!
//! A batch is applied set-wise: some thirty statements whatever its size. Facts are appended; the cases they
//! touch are read whole, worked out anew by [`super::rules::stays`], and compared with what is stored;
//! only what differs is written. Cost: about 100 microseconds a message in large batches,
//! 170 in batches of 32, with its storing and its commit.

use super::model::{Event, Fact, Micros, Place, Stay};
use super::read::{self, Demographics, Told};
use super::store::{self as rows, KnownStay, NewLeg, NewStay};
use crate::beds;
use crate::profile::Profiles;
use crate::tally;
use crate::tally::rules::{self as tally_rules, Counts, DayKey, Kind, Leg};
use base::Id;
use futures::future::BoxFuture;
use identity::{Site, SiteTree};
use intake::{Meaning, Meant, Stored};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use store::seal::{self, Head};
use store::{StoreError, Tx};

/// Gives ADT messages their meaning.
#[derive(Default)]
pub struct AdtMeaning {
    /// The world of the last batch, as long as history stands where it stood.
    held: Mutex<Option<(Head, World)>>,
}

impl Meaning for AdtMeaning {
    fn apply<'t>(
        &'t self,
        tx: &'t mut Tx,
        batch: &'t [Stored<'t>],
    ) -> BoxFuture<'t, Result<Vec<Meant>, StoreError>> {
        Box::pin(async move {
            let mut world = self.world(tx).await?;
            apply(tx, &mut world, batch).await
        })
    }
}

impl AdtMeaning {
    /// The sites and profiles as this transaction sees them. Every change of one is a row of history, so
    /// they are read again only after one.
    async fn world(&self, tx: &mut Tx) -> Result<World, StoreError> {
        let head = seal::find_head(tx, &seal::HISTORY).await?;
        let held = || self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, world)) = held().as_ref().filter(|(known, _)| *known == head) {
            return Ok(world.clone());
        }
        let world = World::load(tx).await?;
        *held() = Some((head, world.clone()));
        Ok(world)
    }
}

async fn apply(tx: &mut Tx, world: &mut World, batch: &[Stored<'_>]) -> Result<Vec<Meant>, StoreError> {
    let mut told = Gathered::default();
    let mut meant = Vec::with_capacity(batch.len());
    for stored in batch {
        meant.push(told.take(stored, world, tx));
    }
    rows::save_patients(tx, std::mem::take(&mut told.patients)).await?;
    take_in(tx, world, told.events).await?;
    beds::apply_statuses(tx, world, told.beds).await?;
    Ok(meant)
}

/// What every step of a batch looks things up in. Cheap to clone.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) tree: Arc<SiteTree>,
    pub(crate) profiles: Arc<Profiles>,
}

impl World {
    pub(crate) async fn load(tx: &mut Tx) -> Result<World, StoreError> {
        let (tree, profiles) = (SiteTree::load(tx).await?, Profiles::load(tx).await?);
        Ok(World { tree: Arc::new(tree), profiles: Arc::new(profiles) })
    }
}

#[derive(Default)]
struct Gathered {
    events: Vec<Event>,
    patients: Vec<Demographics>,
    beds: Vec<beds::Status>,
}

impl Gathered {
    fn take(&mut self, stored: &Stored<'_>, world: &World, tx: &Tx) -> Meant {
        let message = &stored.message;
        let order = format!(
            "{}|{}|{}",
            message.sending_application(),
            message.sending_facility(),
            message.control_id()
        );
        let told = read::read(message, &world.tree, stored.default_site, &tx.vault(), &order);
        match told {
            Ok(Told::Facts { facility, facts, patients }) => {
                let event_at = facts.first().and_then(|fact| Timestamp::from_microsecond(fact.at).ok());
                self.patients.extend(patients);
                let event = |fact: Fact| Event { message: stored.seq, facility, fact };
                self.events.extend(facts.into_iter().map(event));
                Meant::Applied { site: facility, event_at }
            }
            Ok(Told::Bed { facility, place, status, at, recorded }) => {
                let message = stored.seq;
                self.beds.push(beds::Status { facility, place, status, at, recorded, order, message });
                Meant::Applied { site: facility, event_at: Timestamp::from_microsecond(at).ok() }
            }
            Ok(Told::Nothing(reason)) => Meant::Ignored { reason },
            Err(refused) => {
                Meant::Refused { code: refused.code(), reason: refused.to_string(), detail: String::new() }
            }
        }
    }
}

/// Appends facts and brings every case they touch up to date.
pub(crate) async fn take_in(tx: &mut Tx, world: &mut World, events: Vec<Event>) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let cases = cases_of(tx, &events).await?;
    rows::insert_events(tx, &events).await?;
    work_out(tx, world, &cases).await
}

/// The keys a fact ties together: its patient, visit and account, and those it retires.
fn keys_of(event: &Event) -> Vec<String> {
    let fact = &event.fact;
    let mut keys = vec![rows::patient_case_key(fact)];
    let mut push = |mark: &str, scope: &str, value: &str| {
        if !value.is_empty() {
            keys.push(format!("{mark}:{scope}{value}"));
        }
    };
    let facility = format!("{} ", event.facility);
    push("p", "", &fact.retired_patient);
    push("v", &facility, &fact.visit);
    push("v", &facility, &fact.retired_visit);
    push("a", &facility, &fact.account);
    push("a", &facility, &fact.retired_account);
    keys
}

/// The cases of these events, made and joined where a message ties keys of several together.
async fn cases_of(tx: &mut Tx, events: &[Event]) -> Result<Vec<String>, StoreError> {
    let keys_of_events: Vec<Vec<String>> = events.iter().map(keys_of).collect();
    let all: BTreeSet<&String> = keys_of_events.iter().flatten().collect();
    let all: Vec<String> = all.into_iter().cloned().collect();
    let mut case_of = rows::find_cases(tx, &all).await?;
    let mut new = BTreeMap::new();
    let mut joined: HashMap<String, String> = HashMap::new();
    let mut touched = BTreeSet::new();
    for keys in &keys_of_events {
        let known: BTreeSet<String> =
            keys.iter().filter_map(|key| case_of.get(key)).map(|case| survivor(&joined, case)).collect();
        let case = known.first().cloned().unwrap_or_else(|| tx.new_id::<()>().to_string());
        for other in known.iter().skip(1) {
            joined.insert(other.clone(), case.clone());
            touched.remove(other);
        }
        for key in keys {
            if !case_of.contains_key(key) {
                new.insert(key.clone(), case.clone());
            }
            case_of.insert(key.clone(), case.clone());
        }
        touched.insert(case);
    }
    let new = new.into_iter().map(|(key, case)| (key, survivor(&joined, &case))).collect();
    rows::insert_cases(tx, new).await?;
    for from in joined.keys() {
        rows::join_cases(tx, from, &survivor(&joined, from)).await?;
    }
    Ok(touched
        .into_iter()
        .map(|case| survivor(&joined, &case))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect())
}

fn survivor(joined: &HashMap<String, String>, case: &str) -> String {
    let mut at = case;
    while let Some(next) = joined.get(at) {
        at = next;
    }
    at.to_owned()
}

/// Works the stays of these cases out anew and writes what differs.
pub(crate) async fn work_out(tx: &mut Tx, world: &mut World, cases: &[String]) -> Result<(), StoreError> {
    for group in cases.chunks(512) {
        let events = rows::list_events(tx, group).await?;
        let known = rows::list_known(tx, group).await?;
        ensure_unmapped(tx, world, &events).await?;
        let mut difference = Difference::default();
        let mut known_of: HashMap<String, Vec<KnownStay>> = HashMap::new();
        for stay in known {
            known_of.entry(stay.case.clone()).or_default().push(stay);
        }
        let mut computed = Vec::new();
        let no_events = Vec::new();
        for case in group {
            let events = events.get(case).unwrap_or(&no_events);
            computed.push((case.clone(), stays_of(events, world)));
        }
        for (case, stays) in &computed {
            difference.add(tx, world, case, stays, known_of.remove(case).unwrap_or_default());
        }
        difference.write(tx, world).await?;
    }
    Ok(())
}

/// Facts of several facilities may share a case; each facility's profile reads its own dispositions.
fn stays_of(events: &[Event], world: &World) -> Vec<Stay> {
    let facilities: BTreeSet<Id<Site>> = events.iter().map(|event| event.facility).collect();
    let Some(first) = facilities.first() else { return Vec::new() };
    if facilities.len() == 1 {
        return super::rules::stays(events, world.profiles.of(first));
    }
    facilities
        .iter()
        .flat_map(|facility| {
            let stays = super::rules::stays(events, world.profiles.of(facility));
            stays.into_iter().filter(|stay| stay.facility == *facility).collect::<Vec<_>>()
        })
        .collect()
}

/// Makes the visible unit for locations nobody has mapped, where one is needed.
async fn ensure_unmapped(
    tx: &mut Tx,
    world: &mut World,
    events: &BTreeMap<String, Vec<Event>>,
) -> Result<(), StoreError> {
    let mut missing = BTreeSet::new();
    for event in events.values().flatten() {
        for place in [&event.fact.place, &event.fact.prior] {
            if unit_of(&world.tree, &event.facility, place).is_none() {
                missing.insert(event.facility);
            }
        }
    }
    let is_there = |facility: &Id<Site>| crate::sites::unmapped_unit(&world.tree, facility).is_some();
    let missing: Vec<Id<Site>> = missing.into_iter().filter(|facility| !is_there(facility)).collect();
    for facility in &missing {
        crate::sites::ensure_unmapped(tx, &world.tree, facility).await?;
    }
    if !missing.is_empty() {
        world.tree = Arc::new(SiteTree::load(tx).await?);
    }
    Ok(())
}

fn unit_of(tree: &SiteTree, facility: &Id<Site>, place: &Place) -> Option<Id<Site>> {
    crate::sites::unit_by_code(tree, *facility, &place.unit)
}

/// The legs of a stay, each in a unit of its facility.
fn legs_of(stay: &Stay, world: &World) -> Vec<Leg> {
    let unmapped = crate::sites::unmapped_unit(&world.tree, &stay.facility).unwrap_or(stay.facility);
    let mut legs: Vec<Leg> = Vec::with_capacity(stay.spans.len());
    for span in &stay.spans {
        let unit = unit_of(&world.tree, &stay.facility, &span.place).unwrap_or(unmapped);
        let leg = Leg {
            unit,
            bed: span.place.bed.clone(),
            class: span.class.clone(),
            began: span.began,
            ended: span.ended,
            from: span.from,
            to: span.to,
        };
        // Two spellings of one place are one leg.
        match legs.last_mut() {
            Some(last)
                if last.unit == leg.unit
                    && last.bed == leg.bed
                    && last.class == leg.class
                    && last.to == leg.from
                    && unit != unmapped =>
            {
                last.to = leg.to;
                last.ended = leg.ended;
            }
            Some(_) | None => legs.push(leg),
        }
    }
    legs
}

/// A stay as it is believed from now on.
struct Believed {
    id: String,
    case: String,
    stay: Stay,
    legs: Vec<Leg>,
    admitted_at: Option<Micros>,
    digest: String,
}

/// What has to be written for a group of cases.
#[derive(Default)]
struct Difference {
    gone: Vec<i64>,
    new_legs: Vec<NewLeg>,
    stays: Vec<Believed>,
    voided: Vec<String>,
    days: BTreeMap<DayKey, Counts>,
    beds: BTreeSet<beds::Key>,
}

impl Difference {
    fn add(&mut self, tx: &Tx, world: &World, case: &str, stays: &[Stay], known: Vec<KnownStay>) {
        let mut known: HashMap<String, KnownStay> =
            known.into_iter().map(|stay| (stay.id.clone(), stay)).collect();
        for stay in stays {
            let id = tx.vault().lookup(&format!("stay\u{1f}{}\u{1f}{}", stay.facility, stay.key));
            let legs = legs_of(stay, world);
            let before = known.remove(&id);
            let admitted_at = tally_rules::runs(&legs, &world.tree, world.profiles.of(&stay.facility))
                .iter()
                .rfind(|run| run.kind == Kind::Inpatient)
                .and_then(|run| run.legs.first().map(|leg| leg.from));
            let digest = tx.vault().lookup(&format!("{stay:?}{legs:?}"));
            if before.as_ref().is_some_and(|before| before.digest == digest && before.case == case) {
                continue;
            }
            let old = before.map(|before| before.legs).unwrap_or_default();
            self.compare(world, stay.facility, &id, &old, &legs);
            let (case, stay) = (case.to_owned(), stay.clone());
            self.stays.push(Believed { id, case, stay, legs, admitted_at, digest });
        }
        // A visit merged away, or facts taken back.
        for (id, stay) in known {
            // Its own facility, by its place; the stays that stand may be another's.
            let unit = stay.legs.first().map(|(_, leg)| leg.unit);
            let own = unit.and_then(|unit| world.tree.facility_of(&unit)).map(|site| site.id);
            let facility = own.or_else(|| stays.first().map(|stay| stay.facility));
            if let Some(facility) = facility {
                self.compare(world, facility, &id, &stay.legs, &[]);
            }
            if !stay.digest.is_empty() {
                self.voided.push(id);
            }
        }
    }

    fn compare(&mut self, world: &World, facility: Id<Site>, id: &str, old: &[(i64, Leg)], new: &[Leg]) {
        let is_same = |(_, old): &&(i64, Leg)| new.contains(old);
        if old.len() == new.len() && old.iter().all(|leg| is_same(&leg)) {
            return;
        }
        let zone = world.tree.get(&facility).map_or(jiff::tz::TimeZone::UTC, |site| site.time_zone.clone());
        let profile = world.profiles.of(&facility);
        let before: Vec<Leg> = old.iter().map(|(_, leg)| leg.clone()).collect();
        tally_rules::contributions(&before, &world.tree, &zone, profile, -1, &mut self.days);
        tally_rules::contributions(new, &world.tree, &zone, profile, 1, &mut self.days);
        for (row, leg) in old {
            if !new.contains(leg) {
                self.gone.push(*row);
                self.touch_bed(leg);
            }
        }
        for leg in new {
            if !before.contains(leg) {
                self.touch_bed(leg);
                self.new_legs.push(NewLeg { stay: id.to_owned(), facility, leg: leg.clone() });
            }
        }
    }

    fn touch_bed(&mut self, leg: &Leg) {
        if !leg.bed.is_empty() {
            self.beds.insert((leg.unit, leg.bed.clone()));
        }
    }

    async fn write(self, tx: &mut Tx, world: &World) -> Result<(), StoreError> {
        rows::replace_legs(tx, &self.gone, self.new_legs).await?;
        let stays: Vec<NewStay<'_>> = self
            .stays
            .iter()
            .map(|believed| NewStay {
                id: believed.id.clone(),
                case: believed.case.clone(),
                stay: &believed.stay,
                legs: &believed.legs,
                admitted_at: believed.admitted_at,
                digest: believed.digest.clone(),
            })
            .collect();
        rows::upsert_stays(tx, &stays).await?;
        rows::void_stays(tx, &self.voided).await?;
        tally::store::add(tx, self.days).await?;
        beds::follow_patients(tx, world, self.beds).await
    }
}
