//! Beds: what state each is in and since when.
//!
//! A bed follows its patients and the bed status messages (A20); a person may block it with a reason and
//! an owner. The newest event wins, by when it happened, so the order of arrival does not matter.

pub mod bed;
pub mod change;
mod file;
pub mod page;
pub mod rules;
pub mod store;
pub mod timers;

pub use file::BedsImporter;

use crate::adt::apply::World;
use crate::adt::model::{Micros, Place};
use ::store::{StoreError, Tx};
use base::Id;
use identity::{Care, Site};
use rules::BedState;
use std::collections::BTreeMap;

/// Unit and bed code.
pub type Key = (Id<Site>, String);

/// The newest thing a patient did to a bed.
#[derive(Debug, Clone, Copy)]
pub struct Boundary {
    /// When.
    pub at: Micros,
    /// The belief that a patient was there was taken back.
    pub is_void: bool,
    /// The bed is free without cleaning.
    pub is_freed: bool,
}

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
    /// The message.
    pub message: i64,
}

/// Brings beds up to date with the patients who entered and left them.
pub(crate) async fn follow_patients(
    tx: &mut Tx,
    world: &World,
    touched: BTreeMap<Key, Boundary>,
) -> Result<(), StoreError> {
    if touched.is_empty() {
        return Ok(());
    }
    let keys: Vec<Key> = touched.keys().cloned().collect();
    let beds = store::find_or_insert(tx, &keys).await?;
    let occupied = store::list_occupied(tx, &keys).await?;
    let mut changes = Vec::new();
    for (key, boundary) in touched {
        let Some(bed) = beds.get(&key) else { continue };
        let next = match occupied.get(&key) {
            Some(since) => (BedState::Occupied, *since),
            None if boundary.is_void && bed.state == BedState::Occupied => (BedState::Available, bed.since),
            None if boundary.is_void => continue,
            None if boundary.is_freed || !is_cleaned(world, &key.0) => (BedState::Available, boundary.at),
            None => (BedState::Dirty, boundary.at),
        };
        // A patient in the bed, or gone from it, decides whatever the clock of the last status says: the
        // end of a stay may have been taken back.
        let is_due = next.1 >= bed.since || next.0 == BedState::Occupied || bed.state == BedState::Occupied;
        if is_due && (next.0 != bed.state || next.1 != bed.since) {
            changes.push(store::Change {
                bed: bed.id,
                state: next.0,
                at: next.1,
                reason: String::new(),
                owner: String::new(),
                stay: String::new(),
            });
        }
    }
    store::write(tx, changes, "feed").await
}

/// Whether a unit's beds wait for housekeeping. Bays of an emergency department, bassinets and places of
/// day care are made ready by whoever works there, and no feed tells of it.
fn is_cleaned(world: &World, unit: &Id<Site>) -> bool {
    let care = world.tree.get(unit).map_or(Care::Unmapped, |site| site.care);
    matches!(care, Care::Inpatient | Care::Observation)
}

/// Applies bed status messages.
pub(crate) async fn apply_statuses(
    tx: &mut Tx,
    world: &mut World,
    statuses: Vec<Status>,
) -> Result<(), StoreError> {
    let mut newest: BTreeMap<Key, Status> = BTreeMap::new();
    for status in statuses {
        let unit = crate::sites::unit_by_code(&world.tree, status.facility, &status.place.unit);
        let Some(unit) = unit else { continue };
        let key = (unit, status.place.bed.clone());
        if newest.get(&key).is_none_or(|known| known.at <= status.at) {
            newest.insert(key, status);
        }
    }
    if newest.is_empty() {
        return Ok(());
    }
    let keys: Vec<Key> = newest.keys().cloned().collect();
    let beds = store::find_or_insert(tx, &keys).await?;
    let mut changes = Vec::new();
    for (key, status) in newest {
        let (Some(bed), Some((state, reason))) = (beds.get(&key), rules::from_status(&status.status)) else {
            continue;
        };
        if status.at >= bed.since && rules::may_follow(bed.state, state) {
            changes.push(store::Change {
                bed: bed.id,
                state,
                at: status.at,
                reason: reason.to_owned(),
                owner: String::new(),
                stay: String::new(),
            });
        }
    }
    store::write(tx, changes, "feed").await
}
