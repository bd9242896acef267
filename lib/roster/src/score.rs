//! What a roster costs, by level.

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use crate::problem::Level;

/// What a roster costs; smaller is better, and a lower level never pays for a higher one.
///
/// The order of fields is the order of comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score {
    /// Units of breach of rules that must hold.
    pub hard: i64,
    /// Points of cover.
    pub cover: i64,
    /// Points of preferences and cost.
    pub soft: i64,
}

/// What one person's days cost by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cost {
    /// Units of breach of rules that must hold.
    pub hard: i64,
    /// Points.
    pub soft: i64,
}

impl Score {
    /// Nothing.
    pub const ZERO: Score = Score { hard: 0, cover: 0, soft: 0 };

    /// So many points at a level.
    #[must_use]
    pub const fn at(level: Level, points: i64) -> Score {
        match level {
            Level::Hard => Score { hard: points, ..Score::ZERO },
            Level::Cover => Score { cover: points, ..Score::ZERO },
            Level::Soft => Score { soft: points, ..Score::ZERO },
        }
    }

    /// Whether every rule that must hold does.
    #[must_use]
    pub const fn is_legal(self) -> bool {
        self.hard == 0
    }
}

impl Cost {
    /// Nothing.
    pub const ZERO: Cost = Cost { hard: 0, soft: 0 };

    /// One number, hard breaches weighed with so many points each.
    #[must_use]
    pub const fn weighed(self, hard_points: i64) -> i64 {
        self.hard * hard_points + self.soft
    }
}

impl From<Cost> for Score {
    fn from(cost: Cost) -> Score {
        Score { hard: cost.hard, cover: 0, soft: cost.soft }
    }
}

/// `a / b` rounded up, for `b > 0`.
#[must_use]
pub(crate) const fn divide_up(a: i64, b: i64) -> i64 {
    let down = a.div_euclid(b);
    if down * b == a { down } else { down + 1 }
}

/// `a / b` rounded up, for `b > 0`.
#[must_use]
pub(crate) const fn divide_up_wide(a: i128, b: i128) -> i128 {
    let down = a.div_euclid(b);
    if down * b == a { down } else { down + 1 }
}

macro_rules! levelwise {
    ($name:ident { $($field:ident),+ }) => {
        impl Add for $name {
            type Output = $name;
            #[inline]
            fn add(self, other: $name) -> $name {
                $name { $($field: self.$field + other.$field),+ }
            }
        }
        impl Sub for $name {
            type Output = $name;
            #[inline]
            fn sub(self, other: $name) -> $name {
                $name { $($field: self.$field - other.$field),+ }
            }
        }
        impl Neg for $name {
            type Output = $name;
            #[inline]
            fn neg(self) -> $name {
                $name { $($field: -self.$field),+ }
            }
        }
        impl AddAssign for $name {
            #[inline]
            fn add_assign(&mut self, other: $name) {
                *self = *self + other;
            }
        }
        impl SubAssign for $name {
            #[inline]
            fn sub_assign(&mut self, other: $name) {
                *self = *self - other;
            }
        }
        impl std::iter::Sum for $name {
            fn sum<I: Iterator<Item = $name>>(all: I) -> $name {
                all.fold($name::ZERO, Add::add)
            }
        }
    };
}

levelwise! { Score { hard, cover, soft } }
levelwise! { Cost { hard, soft } }

/// `hard 0, cover 3, soft 120`.
impl fmt::Display for Score {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "hard {}, cover {}, soft {}", self.hard, self.cover, self.soft)
    }
}
