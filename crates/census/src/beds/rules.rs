//! The states of a bed (DOMAIN 1.2) and the steps between them. Pure.

/// What a bed is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BedState {
    /// Clean and empty.
    Available,
    /// Promised to a patient.
    Assigned,
    /// With a patient.
    Occupied,
    /// Empty, not clean.
    Dirty,
    /// Being cleaned.
    Cleaning,
    /// Out of use for a while, for a reason.
    Blocked,
    /// Out of use for good, or for long.
    Closed,
}

impl BedState {
    /// Every state.
    pub const ALL: [BedState; 7] = [
        BedState::Available,
        BedState::Assigned,
        BedState::Occupied,
        BedState::Dirty,
        BedState::Cleaning,
        BedState::Blocked,
        BedState::Closed,
    ];

    /// The word stored and shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            BedState::Available => "available",
            BedState::Assigned => "assigned",
            BedState::Occupied => "occupied",
            BedState::Dirty => "dirty",
            BedState::Cleaning => "cleaning",
            BedState::Blocked => "blocked",
            BedState::Closed => "closed",
        }
    }

    /// The state of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<BedState> {
        BedState::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// State and reason of a bed status code, HL7 table 0116. `O` is left to the patients.
#[must_use]
pub fn from_status(code: &str) -> Option<(BedState, &'static str)> {
    match code {
        "U" => Some((BedState::Available, "")),
        "H" => Some((BedState::Cleaning, "")),
        "K" => Some((BedState::Dirty, "contaminated")),
        "C" => Some((BedState::Closed, "")),
        "I" => Some((BedState::Blocked, "isolation")),
        _ => None,
    }
}

/// Whether a bed in `from` may go to `to` by itself: a bed with a patient changes only when they leave.
#[must_use]
pub fn may_follow(from: BedState, to: BedState) -> bool {
    match from {
        BedState::Occupied => to == BedState::Occupied,
        BedState::Available
        | BedState::Assigned
        | BedState::Dirty
        | BedState::Cleaning
        | BedState::Blocked
        | BedState::Closed => true,
    }
}

/// Why a bed may be blocked: the words offered, so that reasons can be counted.
pub const BLOCK_REASONS: [&str; 7] = [
    "maintenance",
    "isolation",
    "staffing",
    "sex or age cohort",
    "equipment",
    "waiting for discharge",
    "other",
];

/// Why a person's change of a bed was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotSet {
    /// A patient is in it.
    #[error("a patient is in this bed; move or discharge the patient first")]
    Occupied,
    /// Blocking needs a reason.
    #[error("say why the bed is blocked, so that someone can clear it")]
    NoReason,
    /// Blocking needs an owner.
    #[error("name who will clear the block")]
    NoOwner,
    /// Too long.
    #[error("at most 200 characters")]
    TooLong,
}

/// Checks a person's change of a bed.
///
/// # Errors
/// [`CannotSet`] with what to do.
pub fn check_set(from: BedState, to: BedState, reason: &str, owner: &str) -> Result<(), CannotSet> {
    if from == BedState::Occupied && to != BedState::Occupied {
        return Err(CannotSet::Occupied);
    }
    if to == BedState::Blocked && reason.trim().is_empty() {
        return Err(CannotSet::NoReason);
    }
    if to == BedState::Blocked && owner.trim().is_empty() {
        return Err(CannotSet::NoOwner);
    }
    if reason.chars().count() > 200 || owner.chars().count() > 200 {
        return Err(CannotSet::TooLong);
    }
    Ok(())
}
