//! From messages to the stored census: the meaning that intake asks for.
//!
//! A batch is applied set-wise: some twenty statements whatever its size. Facts are appended; the cases they
//! touch are worked out anew by [`super::rules::stays`] from all their facts, and compared with what is
//! stored; only what differs is written. What earlier batches were about is in memory ([`super::held`]) and
//! not read again.

use super::held::{Case, Held};
use super::model::{Event, Fact, Micros, Place, Stay};
use super::read::{self, Demographics, Told};
use super::store::{self as rows, CaseKey, KnownStay, NewLeg, NewStay, StayRow};
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
use store::{StoreError, Tx, Vault};

/// Gives ADT messages their meaning.
#[derive(Default)]
pub struct AdtMeaning {
    /// The world of the last batch, and where history stood when it was read.
    held: Mutex<Option<(Head, World)>>,
    /// The sites as they were last asked for, and where history stood then.
    foreseen: Mutex<Option<Sites>>,
}

/// The sites, and where history stood when they were read: every change of one is a row of it.
type Sites = (Head, Arc<SiteTree>);

/// What a message tells, and where history stood when its codes were looked up.
struct Foretold {
    head: Head,
    told: Result<Told, read::Refused>,
}

impl Meaning for AdtMeaning {
    fn apply<'t>(
        &'t self,
        tx: &'t mut Tx,
        batch: &'t [Stored<'t>],
    ) -> BoxFuture<'t, Result<Vec<Meant>, StoreError>> {
        Box::pin(async move {
            let (head, mut world) = self.world(tx).await?;
            let tree = Arc::clone(&world.tree);
            let meant = apply(tx, &mut world, batch, &head).await?;
            // The sites as they were at that head: a unit made here goes where this is taken back.
            world.tree = tree;
            *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some((head, world));
            Ok(meant)
        })
    }

    fn foresee<'t>(
        &'t self,
        tx: &'t mut Tx,
        batch: &'t [Stored<'t>],
    ) -> BoxFuture<'t, Result<Vec<Meant>, StoreError>> {
        Box::pin(async move {
            let (head, tree) = self.sites(tx).await?;
            let vault = tx.vault();
            let foresee = |stored: &Stored<'_>| {
                let told = read_one(stored, &tree, &vault);
                let meant = meant(&told);
                if let Some(ahead) = stored.ahead {
                    ahead.put(Foretold { head: head.clone(), told });
                }
                meant
            };
            Ok(batch.iter().map(foresee).collect())
        })
    }
}

impl AdtMeaning {
    /// The sites and profiles as this transaction sees them, read again only after a change of history. Taken out while a batch is applied: one that fails leaves none.
    async fn world(&self, tx: &mut Tx) -> Result<(Head, World), StoreError> {
        let head = seal::find_head(tx, &seal::HISTORY).await?;
        let last = self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut world = match last {
            Some((known, world)) if known == head => world,
            Some((_, world)) => World { held: world.held, ..World::load(tx).await? },
            None => World::load(tx).await?,
        };
        world.held.begin();
        Ok((head, world))
    }

    /// The sites, read again only after a change of anything in history.
    async fn sites(&self, tx: &mut Tx) -> Result<Sites, StoreError> {
        let head = seal::find_head(tx, &seal::HISTORY).await?;
        let last = self.foreseen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(sites) = last.filter(|(known, _)| *known == head) {
            return Ok(sites);
        }
        let sites = (head, Arc::new(SiteTree::load(tx).await?));
        *self.foreseen.lock().unwrap_or_else(PoisonError::into_inner) = Some(sites.clone());
        Ok(sites)
    }
}

async fn apply(
    tx: &mut Tx,
    world: &mut World,
    batch: &[Stored<'_>],
    head: &Head,
) -> Result<Vec<Meant>, StoreError> {
    let vault = tx.vault();
    let mut told = Gathered::default();
    let mut meants = Vec::with_capacity(batch.len());
    for stored in batch {
        let foretold = stored.ahead.and_then(intake::WorkedOut::take::<Foretold>);
        let one = foretold
            .filter(|foretold| foretold.head == *head)
            .map_or_else(|| read_one(stored, &world.tree, &vault), |foretold| foretold.told);
        meants.push(meant(&one));
        if let Ok(one) = one {
            told.take(stored, one);
        }
    }
    rows::save_patients(tx, &mut world.held, std::mem::take(&mut told.patients)).await?;
    let mut touched = beds::Touched::default();
    if !told.events.is_empty() {
        let cases = append(tx, world, told.events).await?;
        touched = work_out_cases(tx, world, &cases).await?;
    }
    beds::follow(tx, world, touched, told.beds).await?;
    Ok(meants)
}

fn read_one(stored: &Stored<'_>, tree: &SiteTree, vault: &Vault) -> Result<Told, read::Refused> {
    read::read(&stored.message, tree, stored.default_site, vault, &order_of(&stored.message))
}

/// Which of two messages about one instant counts: the sender and the number.
fn order_of(message: &hl7v2::Message<'_>) -> String {
    let sender = (message.sending_application(), message.sending_facility());
    format!("{}|{}|{}", sender.0, sender.1, message.control_id())
}

fn meant(told: &Result<Told, read::Refused>) -> Meant {
    match told {
        Ok(Told::Facts { facility, facts, .. }) => {
            let event_at = facts.first().and_then(|fact| Timestamp::from_microsecond(fact.at).ok());
            Meant::Applied { site: *facility, event_at }
        }
        Ok(Told::Bed { facility, at, .. }) => {
            Meant::Applied { site: *facility, event_at: Timestamp::from_microsecond(*at).ok() }
        }
        Ok(Told::Nothing(reason)) => Meant::Ignored { reason: reason.clone() },
        Err(refused) => {
            Meant::Refused { code: refused.code(), reason: refused.to_string(), detail: String::new() }
        }
    }
}

/// What every step of a batch looks things up in.
pub(crate) struct World {
    pub(crate) tree: Arc<SiteTree>,
    pub(crate) profiles: Arc<Profiles>,
    pub(crate) held: Held,
}

impl World {
    pub(crate) async fn load(tx: &mut Tx) -> Result<World, StoreError> {
        let (tree, profiles) = (SiteTree::load(tx).await?, Profiles::load(tx).await?);
        Ok(World { tree: Arc::new(tree), profiles: Arc::new(profiles), held: Held::default() })
    }
}

#[derive(Default)]
struct Gathered {
    events: Vec<Event>,
    patients: Vec<Demographics>,
    beds: Vec<beds::Status>,
}

impl Gathered {
    fn take(&mut self, stored: &Stored<'_>, told: Told) {
        match told {
            Told::Facts { facility, facts, patients } => {
                self.patients.extend(patients);
                let event = |fact: Fact| Event { message: stored.seq, facility, fact };
                self.events.extend(facts.into_iter().map(event));
            }
            Told::Bed { facility, place, status, at, recorded } => {
                let (order, message) = (order_of(&stored.message), stored.seq);
                self.beds.push(beds::Status { facility, place, status, at, recorded, order, message });
            }
            Told::Nothing(_) => {}
        }
    }
}

/// Appends facts and brings every case they touch up to date.
pub(crate) async fn take_in(tx: &mut Tx, world: &mut World, events: Vec<Event>) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let cases = append(tx, world, events).await?;
    work_out(tx, world, &cases).await
}

/// Appends facts; the cases they touch.
async fn append(tx: &mut Tx, world: &mut World, events: Vec<Event>) -> Result<Vec<String>, StoreError> {
    let held = &mut world.held;
    held.lock(tx).await?;
    let keys = case_keys_of(tx, held, &events).await?;
    let patients: Vec<i64> = keys.iter().map(|key| key.number).collect();
    rows::insert_events(tx, &events, &patients).await?;
    for (event, key) in events.into_iter().zip(&keys) {
        if let Some(held) = held.case(&key.case) {
            held.events.push(event);
        }
    }
    Ok(keys.into_iter().map(|key| key.case).collect::<BTreeSet<_>>().into_iter().collect())
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

/// The patient's key of each of these events: its case is made, and joined where a message ties keys of several
/// together.
async fn case_keys_of(tx: &mut Tx, held: &mut Held, events: &[Event]) -> Result<Vec<CaseKey>, StoreError> {
    let keys_of_events: Vec<Vec<String>> = events.iter().map(keys_of).collect();
    let mut known_keys = find_case_keys(tx, held, keys_of_events.iter().flatten()).await?;
    let mut last_number = rows::last_case_key(tx).await?;
    let mut new: Vec<(String, CaseKey)> = Vec::new();
    let mut joined: HashMap<String, String> = HashMap::new();
    let mut patients = Vec::with_capacity(events.len());
    for keys in keys_of_events {
        let known: BTreeSet<String> = keys
            .iter()
            .filter_map(|key| known_keys.get(key))
            .map(|key| survivor(&joined, &key.case))
            .collect();
        let case = known.first().cloned().unwrap_or_else(|| {
            let case = tx.new_id::<()>().to_string();
            // Nothing is stored of it yet.
            held.hold_case(case.clone(), Case::default());
            case
        });
        for other in known.iter().skip(1) {
            joined.insert(other.clone(), case.clone());
        }
        // The first is the patient's.
        let mut patient = None;
        for key in keys {
            let before = known_keys.get(&key);
            let number = before.map_or_else(
                || {
                    last_number += 1;
                    last_number
                },
                |before| before.number,
            );
            patient = patient.or(Some(number));
            if before.is_some_and(|before| before.case == case) {
                continue;
            }
            let now = CaseKey { number, case: case.clone() };
            if before.is_none() {
                new.push((key.clone(), now.clone()));
            }
            held.hold_case_key(key.clone(), now.clone());
            known_keys.insert(key, now);
        }
        patients.extend(patient.map(|number| CaseKey { number, case }));
    }
    let with_survivor = |key: CaseKey| CaseKey { case: survivor(&joined, &key.case), ..key };
    rows::insert_case_keys(tx, new.into_iter().map(|(key, known)| (key, with_survivor(known)))).await?;
    if !joined.is_empty() {
        held.forget();
    }
    for from in joined.keys() {
        rows::join_cases(tx, from, &survivor(&joined, from)).await?;
    }
    Ok(patients.into_iter().map(with_survivor).collect())
}

/// Those of these keys that are known.
async fn find_case_keys(
    tx: &mut Tx,
    held: &mut Held,
    keys: impl Iterator<Item = &String>,
) -> Result<HashMap<String, CaseKey>, StoreError> {
    let (mut found, mut asked) = (HashMap::new(), BTreeSet::new());
    for key in keys {
        match held.case_key(key) {
            Some(known) => drop(found.insert(key.clone(), known.clone())),
            None => drop(asked.insert(key.clone())),
        }
    }
    for (key, known) in rows::find_case_keys(tx, &asked.into_iter().collect::<Vec<_>>()).await? {
        held.hold_case_key(key.clone(), known.clone());
        found.insert(key, known);
    }
    Ok(found)
}

fn survivor(joined: &HashMap<String, String>, case: &str) -> String {
    let mut at = case;
    while let Some(next) = joined.get(at) {
        at = next;
    }
    at.to_owned()
}

/// Works the stays of these cases out anew and writes what differs, and the states of their beds.
pub(crate) async fn work_out(tx: &mut Tx, world: &mut World, cases: &[String]) -> Result<(), StoreError> {
    let touched = work_out_cases(tx, world, cases).await?;
    beds::follow(tx, world, touched, Vec::new()).await
}

/// Works the stays of these cases out anew and writes what differs; the beds they were and are in.
async fn work_out_cases(
    tx: &mut Tx,
    world: &mut World,
    cases: &[String],
) -> Result<beds::Touched, StoreError> {
    let mut touched = beds::Touched::default();
    for group in cases.chunks(512) {
        world.held.lock(tx).await?;
        load(tx, &mut world.held, group).await?;
        ensure_unmapped(tx, world, group).await?;
        let mut held = std::mem::take(&mut world.held);
        let mut difference = Difference { last_stay: rows::last_stay(tx).await?, ..Difference::default() };
        for case in group {
            let Some(known) = held.case(case) else { continue };
            difference.add(tx, world, case, stays_of(&known.events, world), &known.stays);
        }
        world.held = held;
        touched.extend(difference.write(tx, &mut world.held).await?);
        for case in group {
            world.held.trim_case(case);
        }
    }
    Ok(touched)
}

/// Reads what is not held of these cases.
async fn load(tx: &mut Tx, held: &mut Held, cases: &[String]) -> Result<(), StoreError> {
    let missing: Vec<String> = cases.iter().filter(|case| held.case(case).is_none()).cloned().collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut events = rows::list_events(tx, &missing).await?;
    let mut stays: HashMap<String, Vec<KnownStay>> = HashMap::new();
    for stay in rows::list_known(tx, &missing).await? {
        stays.entry(stay.case.clone()).or_default().push(stay);
    }
    for case in missing {
        let events = events.remove(&case).unwrap_or_default();
        let stays = stays.remove(&case).unwrap_or_default();
        held.hold_case(case, Case { events, stays });
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
async fn ensure_unmapped(tx: &mut Tx, world: &mut World, cases: &[String]) -> Result<(), StoreError> {
    let mut missing = BTreeSet::new();
    for case in cases {
        let Some(case) = world.held.case(case) else { continue };
        for event in &case.events {
            for place in [&event.fact.place, &event.fact.prior] {
                if unit_of(&world.tree, &event.facility, place).is_none() {
                    missing.insert(event.facility);
                }
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

/// The legs of a stay, each in a unit of the facility whose codes tell its place.
fn legs_of(stay: &Stay, world: &World) -> Vec<Leg> {
    let mut legs: Vec<Leg> = Vec::with_capacity(stay.spans.len());
    for span in &stay.spans {
        let unmapped = crate::sites::unmapped_unit(&world.tree, &span.facility).unwrap_or(span.facility);
        let unit = unit_of(&world.tree, &span.facility, &span.place).unwrap_or(unmapped);
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
    number: i64,
    id: String,
    case: String,
    stay: Stay,
    legs: Vec<Leg>,
    admitted_at: Option<Micros>,
    digest: String,
    /// Legs that stand as they are stored, and how many of the new ones are its own.
    kept: Vec<(i64, Leg)>,
    n_new: usize,
    /// Its row as it stands, where that is known.
    before: Option<StayRow>,
}

impl Believed {
    fn row(&self) -> NewStay<'_> {
        NewStay {
            number: self.number,
            id: &self.id,
            case: &self.case,
            stay: &self.stay,
            legs: &self.legs,
            admitted_at: self.admitted_at,
            digest: &self.digest,
        }
    }
}

/// What has to be written for a group of cases.
#[derive(Default)]
struct Difference {
    /// The greatest number of a stay until now.
    last_stay: i64,
    gone: Vec<i64>,
    new_legs: Vec<NewLeg>,
    stays: Vec<Believed>,
    /// Case and stay.
    voided: Vec<(String, String)>,
    days: BTreeMap<DayKey, Counts>,
    beds: beds::Touched,
}

impl Difference {
    fn add(&mut self, tx: &Tx, world: &World, case: &str, stays: Vec<Stay>, known: &[KnownStay]) {
        let vault = tx.vault();
        let first = stays.first().map(|stay| stay.facility);
        let mut left: Vec<&KnownStay> = known.iter().collect();
        for stay in stays {
            let id = vault.lookup(&format!("stay\u{1f}{}\u{1f}{}", stay.facility, stay.key));
            let legs = legs_of(&stay, world);
            let before = left.iter().position(|known| known.id == id).map(|idx| left.swap_remove(idx));
            let digest = vault.lookup_bytes(&super::digest::bytes_of(&stay, &legs));
            if before.is_some_and(|before| before.digest == digest && before.case == case) {
                continue;
            }
            let admitted_at = tally_rules::runs(&legs, &world.tree, world.profiles.of(&stay.facility))
                .iter()
                .rfind(|run| run.kind == Kind::Inpatient)
                .and_then(|run| run.legs.first().map(|leg| leg.from));
            let number = before.map_or_else(
                || {
                    self.last_stay += 1;
                    self.last_stay
                },
                |before| before.number,
            );
            let n_before = self.new_legs.len();
            let old = before.map_or(&[][..], |before| &before.legs);
            let kept = self.compare(world, stay.facility, (number, &id), old, &legs);
            let n_new = self.new_legs.len() - n_before;
            let case = case.to_owned();
            let before = before.and_then(|before| before.row.clone());
            let believed =
                Believed { number, id, case, stay, legs, admitted_at, digest, kept, n_new, before };
            self.stays.push(believed);
        }
        // A visit merged away, or facts taken back.
        for stay in left {
            // Its own facility, by its place; the stays that stand may be another's.
            let unit = stay.legs.first().map(|(_, leg)| leg.unit);
            let own = unit.and_then(|unit| world.tree.facility_of(&unit)).map(|site| site.id);
            if let Some(facility) = own.or(first) {
                self.compare(world, facility, (stay.number, &stay.id), &stay.legs, &[]);
            }
            if !stay.digest.is_empty() {
                self.voided.push((case.to_owned(), stay.id.clone()));
            }
        }
    }

    /// Notes how the legs of a stay differ; those that stay as they are stored.
    fn compare(
        &mut self,
        world: &World,
        facility: Id<Site>,
        (number, id): (i64, &str),
        old: &[(i64, Leg)],
        new: &[Leg],
    ) -> Vec<(i64, Leg)> {
        let is_same = |(_, old): &&(i64, Leg)| new.contains(old);
        if old.len() == new.len() && old.iter().all(|leg| is_same(&leg)) {
            return old.to_vec();
        }
        let profile = world.profiles.of(&facility);
        let before: Vec<Leg> = old.iter().map(|(_, leg)| leg.clone()).collect();
        tally_rules::contributions(&before, &world.tree, profile, -1, &mut self.days);
        tally_rules::contributions(new, &world.tree, profile, 1, &mut self.days);
        for (row, leg) in old {
            if !new.contains(leg) {
                self.gone.push(*row);
                self.beds.left(id, leg);
            }
        }
        for leg in new {
            if !before.contains(leg) {
                self.beds.entered(id, leg);
                let own = world.tree.facility_of(&leg.unit).map_or(facility, |site| site.id);
                self.new_legs.push(NewLeg { stay: number, facility: own, leg: leg.clone() });
            }
        }
        old.iter().filter(is_same).cloned().collect()
    }

    async fn write(self, tx: &mut Tx, held: &mut Held) -> Result<beds::Touched, StoreError> {
        let first = rows::replace_legs(tx, &self.gone, &self.new_legs).await?;
        let stays: Vec<_> =
            self.stays.iter().map(|believed| (believed.row(), believed.before.as_ref())).collect();
        let saved = rows::save_stays(tx, &stays).await?;
        rows::void_stays(tx, self.voided.iter().map(|(_, stay)| stay)).await?;
        tally::store::add(tx, self.days).await?;
        let mut stored = (first..).zip(self.new_legs.into_iter().map(|new| new.leg));
        for (believed, row) in self.stays.into_iter().zip(saved) {
            let mut legs = believed.kept;
            legs.extend(stored.by_ref().take(believed.n_new));
            // As they are read.
            legs.sort_by_key(|(id, leg)| (leg.from, *id));
            let Believed { number, id, case, digest, .. } = believed;
            if let Some(known) = held.case(&case) {
                known.stays.retain(|stay| stay.id != id);
                known.stays.push(KnownStay { number, id, case, digest, legs, row: Some(row) });
            }
        }
        for (case, _) in &self.voided {
            held.drop_case(case);
        }
        Ok(self.beds)
    }
}
