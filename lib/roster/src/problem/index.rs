//! Positions in the lists of a problem, each of its own type so that they cannot be mixed up.

use std::fmt;

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u16);

        impl $name {
            /// The position as a plain number, for slices.
            #[must_use]
            pub const fn idx(self) -> usize {
                self.0 as usize
            }

            /// The position of a slice; lists of a problem are far shorter than 65,535.
            #[must_use]
            pub fn at(idx: usize) -> $name {
                $name(u16::try_from(idx).unwrap_or(u16::MAX))
            }

            /// The first so many positions in order.
            pub fn all(n: usize) -> impl DoubleEndedIterator<Item = $name> + Clone {
                (0..u16::try_from(n).unwrap_or(u16::MAX)).map($name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }
    };
}

index! {
    /// A person.
    PersonIdx
}
index! {
    /// A day of the horizon; 0 is its first.
    DayIdx
}
index! {
    /// A kind of shift.
    ShiftIdx
}
index! {
    /// A skill that a shift is worked in.
    SkillIdx
}
index! {
    /// A unit where shifts are worked.
    UnitIdx
}
index! {
    /// A rule.
    RuleIdx
}
index! {
    /// A row of the demand.
    DemandIdx
}
