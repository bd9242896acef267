//! Why parts are no problem that can be solved.

use jiff::civil::Date;

/// Something in the parts that does not fit, with its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A list is too long or too short.
    #[error("{place}: {got} given; between {min} and {max} can be handled")]
    Amount {
        /// Where.
        place: String,
        /// How many or how much.
        got: i64,
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// An id stands for two things.
    #[error("{place}: the id `{id}` is given twice; give each its own")]
    Twice {
        /// Which list.
        place: String,
        /// The id.
        id: String,
    },
    /// A position that is not in its list.
    #[error("{place}: names {what} {got}, and there are {n}; count from 0")]
    Outside {
        /// Where.
        place: String,
        /// Of which list.
        what: &'static str,
        /// The position.
        got: usize,
        /// How many there are.
        n: usize,
    },
    /// A least that is more than its most.
    #[error("{place}: from {min} to {max} leaves nothing; put the smaller number first")]
    Backward {
        /// Where.
        place: String,
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// Something a rule cannot mean.
    #[error("{place}: {why}")]
    Meaning {
        /// Where.
        place: String,
        /// What is wrong and what to do.
        why: &'static str,
    },
    /// The calendar has no such days.
    #[error("the horizon starts on {start} and leaves the years 1 to 9999; start it nearer")]
    Calendar {
        /// The first day.
        start: Date,
    },
}

impl Fault {
    /// So many faults are listed; the rest would say the same again.
    pub const SHOWN_MAX: usize = 100;
}
