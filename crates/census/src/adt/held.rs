//! What the last messages were about, kept in memory: most of the next ones are about the same patients.
//!
//! Everything here is also in the database, which decides: one row of `chain` stands for all that is
//! believed, [`Held::lock`] takes it at the start of a change, and what is held counts only where that row
//! is as the holder left it. Each change leaves it with a value of chance, so that a change taken back, or
//! one of another process, is never taken for ours. Whoever changes what is held here and holds nothing
//! calls [`touch`].

use super::model::{Event, Micros};
use super::store::{CaseKey, KnownStay};
use crate::beds::HeldBed;
use std::collections::HashMap;
use std::hash::Hash;
use store::seal::{self, Head};
use store::{StoreError, Tx};

/// The row of `chain` that every change of a belief touches.
const SERIES: &str = "belief";
/// Cases with more facts than this are read each time.
const EVENTS_MAX: usize = 256;

/// What is held. Empty, it holds nothing and everything is read.
#[derive(Default)]
pub(crate) struct Held {
    /// As the last change of this holder left it.
    head: Option<Head>,
    /// Whether this transaction has taken the row already.
    is_locked: bool,
    /// By id.
    cases: Recent<String, Case>,
    case_keys: Recent<String, CaseKey>,
    /// By key: digest of what is stated, and when it was.
    patients: Recent<String, (String, Micros)>,
    /// By unit and code.
    pub(crate) beds: Recent<crate::beds::Key, HeldBed>,
}

/// A case: its facts, and its stays as they are stored.
#[derive(Default)]
pub(crate) struct Case {
    pub(crate) events: Vec<Event>,
    pub(crate) stays: Vec<KnownStay>,
}

/// Says that beliefs change in this transaction, so that no holder goes on with what it holds.
pub(crate) async fn touch(tx: &mut Tx) -> Result<(), StoreError> {
    seal::mark(tx, SERIES).await.map(|_| ())
}

impl Held {
    /// To be called at the start of each transaction.
    pub(crate) fn begin(&mut self) {
        self.is_locked = false;
    }

    /// Takes the row for this transaction, and forgets everything where someone else had it meanwhile.
    pub(crate) async fn lock(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        if self.is_locked {
            return Ok(());
        }
        let (before, now) = seal::mark(tx, SERIES).await?;
        if self.head.as_ref() != Some(&before) {
            self.forget();
        }
        (self.head, self.is_locked) = (Some(now), true);
        Ok(())
    }

    /// As when cases were joined.
    pub(crate) fn forget(&mut self) {
        let (head, is_locked) = (self.head.take(), self.is_locked);
        *self = Held { head, is_locked, ..Held::default() };
    }

    pub(crate) fn case(&mut self, id: &str) -> Option<&mut Case> {
        self.cases.get(id)
    }

    pub(crate) fn hold_case(&mut self, id: String, case: Case) {
        self.cases.insert(id, case);
    }

    pub(crate) fn drop_case(&mut self, id: &str) {
        self.cases.remove(id);
    }

    /// Keeps a case from growing without end.
    pub(crate) fn trim_case(&mut self, id: &str) {
        if self.cases.get(id).is_some_and(|case| case.events.len() > EVENTS_MAX) {
            self.cases.remove(id);
        }
    }

    pub(crate) fn case_key(&mut self, key: &str) -> Option<&CaseKey> {
        self.case_keys.get(key).map(|known| &*known)
    }

    pub(crate) fn hold_case_key(&mut self, key: String, known: CaseKey) {
        self.case_keys.insert(key, known);
    }

    pub(crate) fn patient(&mut self, key: &str) -> Option<&(String, Micros)> {
        self.patients.get(key).map(|stated| &*stated)
    }

    pub(crate) fn hold_patient(&mut self, key: String, digest: String, at: Micros) {
        self.patients.insert(key, (digest, at));
    }
}

/// A map that forgets what was not asked for during its last few thousand entries.
pub(crate) struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Recent<K, V> {
        Recent { young: HashMap::new(), old: HashMap::new() }
    }
}

impl<K: Eq + Hash, V> Recent<K, V> {
    /// Entries that were asked for of late; as many older ones are kept beside them. More than any group
    /// of work, so that nothing is forgotten while a group is worked on.
    const N_YOUNG: usize = 8_192;

    pub(crate) fn get<Q>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        if !self.young.contains_key(key)
            && let Some((key, value)) = self.old.remove_entry(key)
        {
            self.insert(key, value);
        }
        self.young.get_mut(key)
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= Self::N_YOUNG {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }

    pub(crate) fn take<Q>(&mut self, key: &Q) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.young.remove(key).or_else(|| self.old.remove(key))
    }

    pub(crate) fn remove<Q>(&mut self, key: &Q)
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.young.remove(key);
        self.old.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let mut recent = Recent::default();
        recent.insert(0, "kept");
        recent.insert(1, "left");
        for key in 2..4 * Recent::<usize, &str>::N_YOUNG {
            recent.insert(key, "more");
            assert_eq!(recent.get(&0), Some(&mut "kept"), "{key}");
        }
        assert_eq!(recent.get(&1), None);
        assert!(recent.young.len() + recent.old.len() <= 2 * Recent::<usize, &str>::N_YOUNG);
    }

    #[test]
    fn a_new_value_takes_the_place_of_an_old_one() {
        let mut recent = Recent::default();
        recent.insert("a", 1);
        recent.old = std::mem::take(&mut recent.young);
        recent.insert("a", 2);
        assert_eq!(recent.get("a"), Some(&mut 2));
        recent.remove("a");
        assert_eq!(recent.get("a"), None);
    }
}
