//! The parts of a problem: people, shifts, demand. Plain data; [`Problem::new`](super::Problem::new)
//! judges whether they fit together.

use super::{Cell, DayIdx, DutySet, Horizon, PersonIdx, Roster, RuleIdx, SkillIdx, UnitIdx};
use crate::rules::{Rule, Who};
use jiff::Timestamp;
use jiff::civil::Date;

/// Everything a problem is made of, not yet judged.
#[derive(Clone, Debug)]
pub struct Parts {
    /// What people call it.
    pub name: String,
    /// Which days.
    pub horizon: Horizon,
    /// What shifts are worked as.
    pub skills: Vec<Skill>,
    /// Where shifts are worked.
    pub units: Vec<Unit>,
    /// What can be worked.
    pub shifts: Vec<Shift>,
    /// Who can work.
    pub people: Vec<Person>,
    /// How many are needed.
    pub demands: Vec<Demand>,
    /// What must and should hold.
    pub rules: Vec<Rule>,
    /// At which level each part of the demand counts.
    pub levels: CoverLevels,
    /// What money weighs against preferences; `None`: cost of labor does not count.
    pub money: Option<MoneyWeight>,
    /// The roster people already know, for [`Kind::Published`](crate::rules::Kind::Published).
    pub published: Option<Roster>,
}

/// What a shift is worked as, such as RN or charge nurse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skill {
    /// Its name in files.
    pub id: String,
}

/// Where shifts are worked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its name in files.
    pub id: String,
}

/// What kind of shift it is; several may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tags(u8);

/// A kind of shift: civil start and length, the same on every day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// Its name in files.
    pub id: String,
    /// Wall-clock minute of its day at which it starts.
    pub start_minute: u32,
    /// Wall-clock minutes to its end; the elapsed time differs when clocks change.
    pub length_minutes: u32,
    /// Minutes that count as worked, breaks taken off; grows and shrinks with the elapsed time.
    pub paid_minutes: u32,
    /// Day, evening, night, on call.
    pub tags: Tags,
    /// Where; `None`: not told apart.
    pub unit: Option<UnitIdx>,
    /// The skills it can be worked in; each makes one duty.
    pub skills: Vec<SkillIdx>,
    /// Share of the hourly rate paid for it, such as 110 for nights.
    pub pay_percent: u32,
}

/// How a person is employed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Employment {
    /// Of a unit.
    #[default]
    Staff,
    /// Of the float pool.
    Float,
    /// From outside.
    Agency,
}

/// Somebody who can be given duties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Their name in files.
    pub id: String,
    /// What people call them; empty: the id.
    pub name: String,
    /// How they are employed.
    pub employment: Employment,
    /// Where they belong.
    pub home: Option<UnitIdx>,
    /// Contract as percent of full time, for fair shares.
    pub fte_percent: u16,
    /// Base rate.
    pub pay_cents_per_hour: i64,
    /// What they may be given, and while which credential holds.
    pub can: Vec<Eligible>,
    /// When they must not work.
    pub away: Vec<Away>,
    /// Cells that are settled.
    pub locked: Vec<(DayIdx, Cell)>,
    /// What they would like.
    pub requests: Vec<Request>,
    /// What working in another unit costs, in points a shift.
    pub travel: Vec<Travel>,
    /// What came before the horizon.
    pub carry: Carry,
}

/// Duties a person may be given. With several entries, one that fits is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Eligible {
    /// Which duties.
    pub duties: DutySet,
    /// The first day it holds; `None`: since ever.
    pub from: Option<Date>,
    /// The first day it no longer holds; a shift must end before it. `None`: no end known.
    pub until: Option<Date>,
}

/// Days on which a person must be off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Away {
    /// The first day; negative before the horizon, where only the credit matters.
    pub first: i32,
    /// The last day, included.
    pub last: i32,
    /// Minutes that each of these days counts toward worked minutes, such as paid leave.
    pub credit_minutes: u32,
}

/// Whether a request asks for a duty or against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wish {
    /// Costs its weight when the cell is none of the duties.
    For,
    /// Costs its weight when the cell is one of the duties.
    Against,
}

/// A wish for one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which day.
    pub day: DayIdx,
    /// Which duties; [`DutySet::OFF`] for a day off.
    pub duties: DutySet,
    /// For or against.
    pub wish: Wish,
    /// Points when it is not granted.
    pub weight: i64,
}

/// What a shift in another unit costs a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Travel {
    /// Where.
    pub unit: UnitIdx,
    /// Points a shift.
    pub points: i64,
}

/// What came before the horizon.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carry {
    /// The days just before the horizon; the last is the day before day 0. Empty: nothing is known.
    pub history: Vec<Cell>,
    /// When the last duty before the horizon truly ended, when not as planned, such as after a
    /// call-back or overtime.
    pub last_end: Option<Timestamp>,
    /// What was counted before for rules over the whole horizon and for fair shares.
    pub so_far: Vec<SoFar>,
}

/// An amount that a rule counted before the horizon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoFar {
    /// Whose count.
    pub rule: RuleIdx,
    /// How much, in the unit of the rule.
    pub amount: i64,
}

/// How many are needed on a day for one of some duties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Which day.
    pub day: DayIdx,
    /// Who counts: everybody on one of these duties.
    pub duties: DutySet,
    /// And only these people.
    pub who: Who,
    /// Fewer is a shortage.
    pub minimum: u16,
    /// Fewer is a pity.
    pub wanted: u16,
    /// More is a waste; `None`: no limit.
    pub maximum: Option<u16>,
    /// Points a head.
    pub weights: CoverWeights,
}

/// Points a head of a row of demand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CoverWeights {
    /// Below the minimum.
    pub under_minimum: i64,
    /// Below what is wanted, counted from the minimum up.
    pub under_wanted: i64,
    /// Above the maximum.
    pub over_maximum: i64,
}

/// Where points count: a lower level never pays for a higher one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Rules of staff that must hold.
    Hard,
    /// Cover.
    Cover,
    /// Preferences and cost.
    Soft,
}

/// At which level each part of the demand counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoverLevels {
    /// Heads below the minimum.
    pub under_minimum: Level,
    /// Heads below what is wanted.
    pub under_wanted: Level,
    /// Heads above the maximum.
    pub over_maximum: Level,
}

/// What cents weigh in points: `points` for every `cents`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoneyWeight {
    /// So many points ...
    pub points: i64,
    /// ... for so many cents.
    pub cents: i64,
}

impl Tags {
    /// Nothing special.
    pub const NONE: Tags = Tags(0);
    /// By day.
    pub const DAY: Tags = Tags(1);
    /// In the evening.
    pub const EVENING: Tags = Tags(2);
    /// By night.
    pub const NIGHT: Tags = Tags(4);
    /// On call, away from the place of work.
    pub const ON_CALL: Tags = Tags(8);

    /// Either's tags.
    #[must_use]
    pub const fn with(self, other: Tags) -> Tags {
        Tags(self.0 | other.0)
    }

    /// Whether all tags of the other hold.
    #[must_use]
    pub const fn has(self, other: Tags) -> bool {
        self.0 & other.0 == other.0
    }
}

impl CoverLevels {
    /// Shortage below the minimum stands above all preferences; the rest is weighed with them.
    pub const OWN: CoverLevels =
        CoverLevels { under_minimum: Level::Cover, under_wanted: Level::Soft, over_maximum: Level::Soft };

    /// All cover is part of one objective, as benchmark formats have it.
    pub const ONE_OBJECTIVE: CoverLevels =
        CoverLevels { under_minimum: Level::Soft, under_wanted: Level::Soft, over_maximum: Level::Soft };
}

impl Person {
    /// What people call them.
    #[must_use]
    pub fn called(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }
}

impl Demand {
    /// Points for so many heads: below the minimum, below what is wanted, above the maximum.
    #[must_use]
    pub fn points(&self, heads: u16) -> (i64, i64, i64) {
        let wanted = self.wanted.max(self.minimum);
        let under_minimum = self.minimum.saturating_sub(heads);
        let under_wanted = wanted.saturating_sub(heads.max(self.minimum));
        let over = self.maximum.map_or(0, |maximum| heads.saturating_sub(maximum));
        (
            self.weights.under_minimum * i64::from(under_minimum),
            self.weights.under_wanted * i64::from(under_wanted),
            self.weights.over_maximum * i64::from(over),
        )
    }

    /// Whether a person on a duty counts toward this row.
    #[must_use]
    pub fn counts(&self, person: PersonIdx, cell: Cell) -> bool {
        self.duties.has(cell) && self.who.has(person)
    }
}
