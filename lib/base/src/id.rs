//! Typed identifiers whose text sorts by creation.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// Crockford's base 32 in lower case: no i, l, o or u, so a read-out id is not misheard.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 130 bits hold the 128 of an id.
const LENGTH: usize = 26;
/// The value of each byte of [`ALPHABET`]; 255 for every other byte.
const VALUES: [u8; 256] = values();

#[expect(clippy::indexing_slicing, reason = "worked out by the compiler, which refuses what lies outside")]
#[expect(clippy::cast_possible_truncation, reason = "counts to 32")]
const fn values() -> [u8; 256] {
    let mut values = [255; 256];
    let mut idx = 0;
    while idx < ALPHABET.len() {
        values[ALPHABET[idx] as usize] = idx as u8;
        idx += 1;
    }
    values
}

/// The id of one `Kind` of record: 48 bits of milliseconds, then 80 bits of chance.
///
/// Its text has 26 characters and sorts by creation. `Id<Bed>` cannot be passed for `Id<Stay>`.
pub struct Id<Kind> {
    bits: u128,
    kind: PhantomData<fn() -> Kind>,
}

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id has {LENGTH} characters of 0-9 and a-z without i, l, o, u")]
pub struct BadId;

impl<Kind> Id<Kind> {
    /// An id made at `at_millis` (milliseconds since 1970), told apart from others by `chance`.
    #[must_use]
    pub const fn new(at_millis: u64, chance: u128) -> Id<Kind> {
        let low = chance & ((1 << 80) - 1);
        Id { bits: ((at_millis as u128) << 80) | low, kind: PhantomData }
    }

    /// The 128 bits.
    #[must_use]
    pub const fn bits(self) -> u128 {
        self.bits
    }
}

impl<Kind> fmt::Display for Id<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; LENGTH];
        let mut rest = self.bits;
        for place in text.iter_mut().rev() {
            let digit = usize::try_from(rest & 31).unwrap_or(0);
            *place = ALPHABET.get(digit).copied().unwrap_or(b'0');
            rest >>= 5;
        }
        // The alphabet is ASCII.
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl<Kind> FromStr for Id<Kind> {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Id<Kind>, BadId> {
        if text.len() != LENGTH || text.as_bytes().first().is_some_and(|&first| first > b'7') {
            return Err(BadId);
        }
        let mut bits: u128 = 0;
        for byte in text.bytes() {
            let digit = VALUES.get(usize::from(byte)).copied().filter(|&digit| digit < 32).ok_or(BadId)?;
            bits = (bits << 5) | u128::from(digit);
        }
        Ok(Id { bits, kind: PhantomData })
    }
}

impl<Kind> fmt::Debug for Id<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<Kind> Clone for Id<Kind> {
    fn clone(&self) -> Id<Kind> {
        *self
    }
}

impl<Kind> Copy for Id<Kind> {}

impl<Kind> PartialEq for Id<Kind> {
    fn eq(&self, other: &Id<Kind>) -> bool {
        self.bits == other.bits
    }
}

impl<Kind> Eq for Id<Kind> {}

impl<Kind> PartialOrd for Id<Kind> {
    fn partial_cmp(&self, other: &Id<Kind>) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<Kind> Ord for Id<Kind> {
    fn cmp(&self, other: &Id<Kind>) -> std::cmp::Ordering {
        self.bits.cmp(&other.bits)
    }
}

impl<Kind> std::hash::Hash for Id<Kind> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.bits.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bed;

    #[test]
    fn an_id_reads_back_from_its_text() {
        for (at, chance) in [(0, 0), (1_796_000_000_000, 77), (u64::MAX >> 16, u128::MAX)] {
            let id: Id<Bed> = Id::new(at, chance);
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_eq!(id.to_string().len(), LENGTH);
        }
    }

    #[test]
    fn later_ids_sort_later_as_text() {
        let early: Id<Bed> = Id::new(1_000, u128::MAX);
        let late: Id<Bed> = Id::new(1_001, 0);
        assert!(early < late && early.to_string() < late.to_string());
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "short", "80000000000000000000000000", "0000000000000000000000000u"] {
            assert_eq!(text.parse::<Id<Bed>>(), Err(BadId), "{text}");
        }
    }
}
