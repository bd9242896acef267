//! Beds: what state each is in and since when.
//!
//! A bed follows its patients, the bed status messages (A20) and what people do to it: clean it, block it
//! with a reason and an owner. All of these are facts with the instant they happened; [`timeline`] works the
//! states out from them, so the order of arrival does not matter. The table of beds keeps the newest state.
//! Cost: three statements for the beds a batch touches, whatever their number, and one for those that
//! earlier batches left in memory ([`held`]).

pub mod bed;
pub mod change;
mod file;
mod held;
pub mod page;
pub mod rules;
pub mod store;
pub mod timeline;
pub mod timers;

pub use file::BedsImporter;
pub(crate) use held::HeldBed;

use crate::adt::apply::World;
use crate::adt::model::{Micros, Place};
use crate::profile::Profiles;
use crate::tally::rules::Leg;
use ::store::{StoreError, Tx};
use base::Id;
use identity::{Care, Site, SiteTree};
use rules::BedState;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use timeline::{FEED, InBed};

/// Unit and bed code.
pub type Key = (Id<Site>, String);

/// An A20.
#[derive(Debug, Clone)]
pub struct Status {
    /// The facility.
    pub facility: Id<Site>,
    /// Which bed.
    pub place: Place,
    /// HL7 table 0116.
    pub status: String,
    /// Since when.
    pub at: Micros,
    /// When the sender wrote it down.
    pub recorded: Micros,
    /// Decides between messages of equal times.
    pub order: String,
    /// The message.
    pub message: i64,
}

/// The beds whose patients changed.
#[derive(Debug, Default)]
pub(crate) struct Touched(BTreeMap<Key, Moves>);

/// What is no longer believed of a bed's patients, and what is.
#[derive(Debug, Default)]
struct Moves {
    gone: Vec<InBed>,
    new: Vec<InBed>,
}

impl Touched {
    /// Notes a leg that is no longer believed.
    pub(crate) fn left(&mut self, stay: &str, leg: &Leg) {
        if let Some((moves, guest)) = self.at(stay, leg) {
            moves.gone.push(guest);
        }
    }

    /// Notes a leg that is believed from now on.
    pub(crate) fn entered(&mut self, stay: &str, leg: &Leg) {
        if let Some((moves, guest)) = self.at(stay, leg) {
            moves.new.push(guest);
        }
    }

    fn at(&mut self, stay: &str, leg: &Leg) -> Option<(&mut Moves, InBed)> {
        let guest = InBed { from: leg.from, to: leg.to, stay: stay.to_owned() };
        let moves = (!leg.bed.is_empty()).then(|| self.0.entry((leg.unit, leg.bed.clone())).or_default());
        Some((moves?, guest))
    }

    /// Adds what was touched later.
    pub(crate) fn extend(&mut self, later: Touched) {
        for (key, moves) in later.0 {
            let own = self.0.entry(key).or_default();
            own.gone.extend(moves.gone);
            own.new.extend(moves.new);
        }
    }
}

/// Brings beds up to date with the patients who entered and left them, and with bed status messages; a code
/// seen for the first time becomes a bed.
pub(crate) async fn follow(
    tx: &mut Tx,
    world: &mut World,
    touched: Touched,
    statuses: Vec<Status>,
) -> Result<(), StoreError> {
    if touched.0.is_empty() && statuses.is_empty() {
        return Ok(());
    }
    world.held.lock(tx).await?;
    let placed = placed(tx, world, statuses).await?;
    let keys = touched.0.keys().chain(placed.iter().map(|(key, _)| key)).cloned().collect::<BTreeSet<_>>();
    let held = &mut world.held.beds;
    for (key, moves) in touched.0 {
        let is_whole = held.get(&key).is_some_and(|bed| bed.follow(&moves.gone, moves.new));
        if !is_whole {
            held.remove(&key);
        }
    }
    let missing: Vec<Key> = keys.iter().filter(|key| held.get(*key).is_none()).cloned().collect();
    let mut rows = HashMap::new();
    if !missing.is_empty() {
        rows = store::find_or_insert(tx, &missing).await?;
    }
    let held = &mut world.held.beds;
    let mut facts = Vec::with_capacity(placed.len());
    for (key, status) in placed {
        let Some((state, reason)) = rules::from_status(&status.status) else { continue };
        let known = held.get(&key).map(|bed| bed.row.id).or(rows.get(&key).map(|row| row.id));
        let Some(bed) = known else { continue };
        let (fact, source) = told(tx, bed, state, reason, status);
        if let Some(bed) = held.get(&key) {
            bed.hear(fact.clone());
        }
        facts.push((fact, source));
    }
    store::insert_facts(tx, &facts).await?;
    let rows: Vec<store::BedRow> = missing.iter().filter_map(|key| rows.remove(key)).collect();
    let mut read = store::list_newest(tx, &rows.iter().map(|row| row.id).collect::<Vec<_>>()).await?;
    let mut beds: Vec<HeldBed> = rows.into_iter().map(|row| read.take(row)).collect();
    beds.extend(keys.iter().filter_map(|key| held.take(key)));
    keep_states(tx, &world.tree, &world.profiles, &mut beds).await?;
    for bed in beds.into_iter().filter(HeldBed::is_worth_holding) {
        world.held.beds.insert((bed.row.unit, bed.row.code.clone()), bed);
    }
    Ok(())
}

/// Works the states of these beds out from what is told of them, and keeps those that differ.
pub(crate) async fn work_out(
    tx: &mut Tx,
    tree: &SiteTree,
    profiles: &Profiles,
    beds: Vec<store::BedRow>,
) -> Result<(), StoreError> {
    crate::adt::held::touch(tx).await?;
    let ids: Vec<Id<store::Bed>> = beds.iter().map(|bed| bed.id).collect();
    let mut told = store::list_newest(tx, &ids).await?;
    let mut beds: Vec<HeldBed> = beds.into_iter().map(|row| told.take(row)).collect();
    keep_states(tx, tree, profiles, &mut beds).await
}

async fn keep_states(
    tx: &mut Tx,
    tree: &SiteTree,
    profiles: &Profiles,
    beds: &mut [HeldBed],
) -> Result<(), StoreError> {
    let mut differing = Vec::new();
    for bed in beds {
        let newest = bed.timeline(left_as(tree, profiles, &bed.row.unit)).pop();
        let row = &mut bed.row;
        // A bed that messages named and took back, and that nobody lists, was never there.
        let closed_at = match (&newest, row.is_listed) {
            (_, true) => row.closed_at,
            (Some(_), false) => None,
            (None, false) => row.closed_at.or(Some(tx.at().as_microsecond())),
        };
        let is = match newest {
            Some(state) => store::BedRow {
                state: state.state,
                since: state.from,
                reason: state.reason,
                owner: state.owner,
                stay: state.stay,
                closed_at,
                ..row.clone()
            },
            None => store::BedRow {
                state: BedState::Available,
                since: 0,
                reason: String::new(),
                owner: String::new(),
                stay: String::new(),
                closed_at,
                ..row.clone()
            },
        };
        if is != *row {
            row.clone_from(&is);
            differing.push(is);
        }
    }
    store::set_states(tx, &differing).await
}

/// What a unit's beds become when their last patient leaves. Bays of an emergency department, bassinets and
/// places of day care are made ready by whoever works there, and no feed tells of it.
pub(crate) fn left_as(tree: &SiteTree, profiles: &Profiles, unit: &Id<Site>) -> BedState {
    let care = tree.get(unit).map_or(Care::Unmapped, |site| site.care);
    let is_freed =
        tree.facility_of(unit).is_some_and(|facility| profiles.of(&facility.id).is_freed_by_discharge);
    if is_freed || !matches!(care, Care::Inpatient | Care::Observation) {
        return BedState::Available;
    }
    BedState::Dirty
}

/// The beds that status messages are about. One about a unit that is not mapped is kept with a bed of the
/// facility's unmapped locations until it is.
async fn placed(
    tx: &mut Tx,
    world: &mut World,
    statuses: Vec<Status>,
) -> Result<Vec<(Key, Status)>, StoreError> {
    let mut placed: Vec<(Key, Status)> = Vec::with_capacity(statuses.len());
    for status in statuses {
        let unit = match place(&world.tree, status.facility, &status.place.unit) {
            Some(unit) => unit,
            None => {
                crate::sites::ensure_unmapped(tx, &world.tree, &status.facility).await?;
                world.tree = SiteTree::load(tx).await?.into();
                place(&world.tree, status.facility, &status.place.unit).unwrap_or(status.facility)
            }
        };
        placed.push(((unit, status.place.bed.clone()), status));
    }
    Ok(placed)
}

fn told(
    tx: &Tx,
    bed: Id<store::Bed>,
    state: BedState,
    reason: &str,
    status: Status,
) -> (store::Fact, store::Source) {
    let fact = store::Fact {
        id: tx.new_id(),
        bed,
        at: status.at,
        recorded: status.recorded,
        sent: status.order,
        state,
        reason: reason.to_owned(),
        owner: String::new(),
        stay: String::new(),
        cause: FEED.to_owned(),
    };
    let (facility, unit_code, message) = (Some(status.facility), status.place.unit, status.message);
    (fact, store::Source { facility, unit_code, message })
}

/// The unit a code names, or the one for locations nobody has mapped.
fn place(tree: &SiteTree, facility: Id<Site>, code: &str) -> Option<Id<Site>> {
    crate::sites::unit_by_code(tree, facility, code).or_else(|| crate::sites::unmapped_unit(tree, &facility))
}

/// Gives status messages to the beds that their codes name now, after codes were changed.
pub(crate) async fn place_anew(tx: &mut Tx, world: &World) -> Result<(), StoreError> {
    crate::adt::held::touch(tx).await?;
    let mut moves: Vec<(store::Named, Key)> = Vec::new();
    for named in store::list_named(tx).await? {
        let unit = place(&world.tree, named.facility, &named.unit_code).unwrap_or(named.unit);
        if unit != named.unit {
            let key = (unit, named.code.clone());
            moves.push((named, key));
        }
    }
    let mut touched: BTreeSet<Key> = moves.iter().map(|(_, to)| to.clone()).collect();
    let keys: Vec<Key> = touched.iter().cloned().collect();
    let beds = store::find_or_insert(tx, &keys).await?;
    for (from, to) in moves {
        if let Some(bed) = beds.get(&to) {
            store::move_facts(tx, &from, bed.id).await?;
            touched.insert((from.unit, from.code));
        }
    }
    if touched.is_empty() {
        return Ok(());
    }
    let keys: Vec<Key> = touched.into_iter().collect();
    let mut beds = store::find_or_insert(tx, &keys).await?;
    let beds = keys.iter().filter_map(|key| beds.remove(key)).collect();
    work_out(tx, &world.tree, &world.profiles, beds).await
}

/// Works the state of every bed out anew.
pub(crate) async fn work_out_all(tx: &mut Tx, world: &World) -> Result<(), StoreError> {
    const PAGE: usize = 2_048;
    place_anew(tx, world).await?;
    let mut after = String::new();
    loop {
        let beds = store::list_after(tx, &after, PAGE).await?;
        let Some(last) = beds.last().map(|bed| bed.id.to_string()) else { return Ok(()) };
        work_out(tx, &world.tree, &world.profiles, beds).await?;
        after = last;
    }
}
