//! What a patient who leaves waits for, as staff record it.

pub mod page;
pub mod store;

/// What a discharge waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wait {
    /// The doctor's order.
    Order,
    /// Medicines to take home.
    Pharmacy,
    /// A ride.
    Transport,
    /// The family.
    Family,
    /// A bed in the next place of care.
    BedElsewhere,
    /// Something else, told in the note.
    Other,
}

impl Wait {
    /// Every wait, in the order offered.
    pub const ALL: [Wait; 6] =
        [Wait::Order, Wait::Pharmacy, Wait::Transport, Wait::Family, Wait::BedElsewhere, Wait::Other];

    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Wait::Order => "order",
            Wait::Pharmacy => "pharmacy",
            Wait::Transport => "transport",
            Wait::Family => "family",
            Wait::BedElsewhere => "bed elsewhere",
            Wait::Other => "other",
        }
    }

    /// The words shown.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Wait::Order => "Order",
            Wait::Pharmacy => "Pharmacy",
            Wait::Transport => "Transport",
            Wait::Family => "Family",
            Wait::BedElsewhere => "Bed elsewhere",
            Wait::Other => "Other",
        }
    }

    /// The wait of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Wait> {
        Wait::ALL.into_iter().find(|wait| wait.word() == word)
    }
}

/// What one stay waits for, since when, with the note about it.
pub type Waits = Vec<Waited>;

/// One wait that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waited {
    /// For what.
    pub wait: Wait,
    /// A few words about it.
    pub note: String,
    /// Since when.
    pub since: crate::adt::model::Micros,
}

/// Why what a stay waits for was not saved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotWait {
    /// Something else, but what?
    #[error("say what the patient waits for, because you chose Other")]
    NoNote,
    /// Too long.
    #[error("the note has {got} characters; 200 fit. Shorten it")]
    TooLong {
        /// Its length.
        got: usize,
    },
}

/// Checks what staff recorded.
///
/// # Errors
/// [`CannotWait`] with what to do.
pub fn check(waits: &[Wait], note: &str) -> Result<(), CannotWait> {
    let got = note.chars().count();
    if got > 200 {
        return Err(CannotWait::TooLong { got });
    }
    if waits.contains(&Wait::Other) && note.trim().is_empty() {
        return Err(CannotWait::NoNote);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_wants_a_note_of_at_most_200_characters() {
        assert_eq!(check(&[Wait::Family], ""), Ok(()));
        assert_eq!(check(&[], ""), Ok(()));
        assert_eq!(
            check(&[Wait::Other], " ").unwrap_err().to_string(),
            "say what the patient waits for, because you chose Other"
        );
        assert_eq!(check(&[Wait::Other], &"x".repeat(200)), Ok(()));
        assert_eq!(
            check(&[], &"x".repeat(201)).unwrap_err().to_string(),
            "the note has 201 characters; 200 fit. Shorten it"
        );
        assert!(Wait::ALL.into_iter().all(|wait| Wait::from_word(wait.word()) == Some(wait)));
    }
}
