//! Rules on one person's own sequence of days.

use crate::problem::{DutySet, Weekdays};
use jiff::civil::{Date, Weekday};

/// A rule on one person's own days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Own {
    /// An amount stays between a least and a most. Every unit outside counts one.
    Count {
        /// What is counted.
        measure: Measure,
        /// Over which stretch of days.
        over: Over,
        /// The least, if any.
        min: Option<i64>,
        /// The most, if any.
        max: Option<i64>,
        /// The strength is for so many units; a part of them costs its part, rounded up.
        per: u32,
    },
    /// Consecutive days on duties of a set, between a least and a most. Every day too few or too many
    /// counts one.
    Run {
        /// Which duties make the run; may hold off.
        duties: DutySet,
        /// The least number of days, 0 or 1 for none.
        min: u16,
        /// The most, if any.
        max: Option<u16>,
        /// What lies beyond the known days.
        edges: Edges,
    },
    /// Elapsed time between the end of a duty and the start of the next.
    Rest {
        /// After one of these duties ...
        after: DutySet,
        /// ... when the next one worked is one of these ...
        before: DutySet,
        /// ... at least so many minutes lie between.
        minutes: u32,
        /// So many minutes short count one, a part of them as well.
        per: u32,
    },
    /// Elapsed time after a run of duties, such as nights, until the next duty of any kind.
    Recovery {
        /// Which duties make the run.
        after: DutySet,
        /// From so many consecutive days on.
        n_days: u16,
        /// At least so many minutes are free.
        minutes: u32,
        /// So many minutes short count one, a part of them as well.
        per: u32,
    },
    /// Sequences of days that must not occur. Each occurrence counts one.
    Forbidden {
        /// Any of these.
        sequences: Vec<Sequence>,
    },
    /// Hours beyond the regular ones of fixed periods: the larger of what is beyond the limit of the
    /// period and the sum of what is beyond the limit of each day. Every minute counts one.
    Overtime {
        /// How many days a period has.
        days: u16,
        /// The first day of any period.
        from: Date,
        /// Regular minutes of a period.
        period_minutes: u32,
        /// Regular minutes of a day; `None`: a day has no limit of its own.
        day_minutes: Option<u32>,
        /// The strength is for so many minutes; a part of them costs its part, rounded up.
        per: u32,
    },
    /// Cells that differ from the published roster. Each counts one.
    Published,
}

/// What a [`Own::Count`] counts on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// One for each day whose cell is one of the duties. With [`DutySet::OFF`]: days off.
    Duties {
        /// Which duties.
        duties: DutySet,
        /// On which days.
        on: Days,
    },
    /// Paid minutes of the duties, and the minutes credited for days away.
    Minutes {
        /// Which duties.
        duties: DutySet,
    },
    /// One for each weekend with work. A weekend is a stretch of days of neighboring weekdays; it
    /// counts for the stretch of days that holds its last day.
    Weekends {
        /// Its weekdays in order, and what counts as work on each.
        on: Vec<WeekendOn>,
    },
}

/// One weekday of a weekend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeekendOn {
    /// Which weekday.
    pub weekday: Weekday,
    /// Which duties make the weekend a worked one.
    pub duties: DutySet,
}

/// On which days something counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Days {
    /// On these weekdays.
    On(Weekdays),
    /// On holidays.
    Holidays,
}

/// Over which stretch of days an amount is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The whole horizon, with what was counted so far.
    Horizon,
    /// Fixed periods of so many days.
    Every {
        /// How long a period is.
        days: u16,
        /// The first day of any period.
        from: Date,
    },
    /// Every window of so many days that ends inside the horizon. Weekends are judged once each,
    /// over a seventh as many weekends.
    Rolling {
        /// How long the window is.
        days: u16,
    },
}

/// What lies beyond the known days, for the least length of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edges {
    /// Unknown: a run that touches the edge may go on beyond it.
    Open,
    /// Nothing that could lengthen a run.
    Closed,
}

/// Days in a row, each on a duty of its set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// On which weekdays it begins.
    pub starting: Weekdays,
    /// What each day holds.
    pub days: Vec<DutySet>,
}

impl Days {
    /// Every day.
    pub const ALL: Days = Days::On(Weekdays::ALL);
}

impl Sequence {
    /// A sequence that may begin on any day.
    #[must_use]
    pub fn any_day(days: Vec<DutySet>) -> Sequence {
        Sequence { starting: Weekdays::ALL, days }
    }
}

impl WeekendOn {
    /// Saturday and Sunday, worked by any of the duties.
    #[must_use]
    pub fn saturday_sunday(duties: DutySet) -> Vec<WeekendOn> {
        [Weekday::Saturday, Weekday::Sunday].map(|weekday| WeekendOn { weekday, duties }).to_vec()
    }
}

impl Own {
    /// A duty of `after` must not be followed on the next day by one of `next`.
    #[must_use]
    pub fn no_succession(after: DutySet, next: DutySet) -> Own {
        Own::Forbidden { sequences: vec![Sequence::any_day(vec![after, next])] }
    }

    /// A duty of `after` is followed on the next day by one of `next`.
    #[must_use]
    pub fn wanted_succession(after: DutySet, next: DutySet) -> Own {
        Own::no_succession(after, next.complement())
    }

    /// Of Saturday and Sunday, both are worked or neither.
    #[must_use]
    pub fn complete_weekends(work: DutySet) -> Own {
        let saturday = Weekdays::of(&[Weekday::Saturday]);
        let half = |days: [DutySet; 2]| Sequence { starting: saturday, days: days.to_vec() };
        Own::Forbidden { sequences: vec![half([work, work.complement()]), half([work.complement(), work])] }
    }

    /// Whoever works Saturday and Sunday works duties of one set on both.
    #[must_use]
    pub fn same_shift_in_weekend(work: DutySet, shifts: &[DutySet]) -> Own {
        let saturday = Weekdays::of(&[Weekday::Saturday]);
        let other =
            |shift: &DutySet| Sequence { starting: saturday, days: vec![*shift, work.without(shift)] };
        Own::Forbidden { sequences: shifts.iter().map(other).collect() }
    }

    /// At most one weekend of any two neighbors is worked.
    #[must_use]
    pub fn every_other_weekend(work: DutySet) -> Own {
        Own::Count {
            measure: Measure::Weekends { on: WeekendOn::saturday_sunday(work) },
            over: Over::Rolling { days: 14 },
            min: None,
            max: Some(1),
            per: 1,
        }
    }
}
