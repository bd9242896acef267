//! Demand drafted from the forecast census: how many patients make how many heads on each shift.
//!
//! Two ways to say how many are needed: [`Need::Ratio`], at most so many patients for each nurse, at
//! every moment and breaks relieved; and [`Need::Hours`], hours of care for each patient and day.
//! [`draft`] turns a census by day, or by hours of the day, into heads for each shift and skill, and
//! shows the arithmetic line by line. [`fte`] has the yearly sums: hours, productive and paid FTE.
//!
//! Everything counts in whole minutes and whole heads; nothing is rounded before the end, and heads
//! round up.

pub mod fte;
mod hours;
mod ratio;

use crate::problem::{CoverWeights, DayIdx, Demand, DutySet, Problem, ShiftIdx, SkillIdx};
use crate::rules::Who;
use crate::rules::sets::ratios::{LVN_PERCENT_MAX, Ratio};

/// Patients expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Census {
    /// The day.
    pub day: DayIdx,
    /// How many at which hours, in order: from a minute of the day until the next entry's. The first
    /// begins at midnight.
    pub bands: Vec<(u32, u16)>,
}

/// How many are needed for patients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// At most so many patients for each nurse at every moment.
    Ratio {
        /// Where the ratio comes from, such as `Title 22, medical and surgical`.
        source: String,
        /// The most patients of one nurse.
        patients_max: u16,
        /// Whether breaks are relieved by further heads.
        is_relieved: bool,
        /// Who counts: the first is the registered nurse, who makes up at least this percent.
        skills: Vec<SkillIdx>,
        /// The least share of the first skill.
        first_percent: u16,
    },
    /// Minutes of care for each patient and day, split over shifts and skills.
    Hours {
        /// Minutes for each patient and day; 8.5 hours are 510.
        minutes: u32,
        /// Share of the skills in percent; together 100.
        skills: Vec<(SkillIdx, u16)>,
    },
}

/// A question to [`draft`].
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// The shifts and days.
    pub problem: &'a Problem,
    /// Which shifts may be staffed.
    pub shifts: Vec<ShiftIdx>,
    /// Patients by day; days without an entry get no demand.
    pub census: &'a [Census],
    /// What is needed for them.
    pub need: &'a Need,
    /// What missing heads weigh.
    pub weights: CoverWeights,
}

/// Demand with its arithmetic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Heads by day, shift and skill.
    pub heads: Vec<Heads>,
    /// The arithmetic, day by day.
    pub lines: Vec<String>,
}

/// So many on a shift of a day in a skill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Heads {
    /// When.
    pub day: DayIdx,
    /// Which shift.
    pub shift: ShiftIdx,
    /// In which skill; `None`: in any of the skills that count.
    pub skill: Option<SkillIdx>,
    /// How many.
    pub n: u16,
}

/// Why no demand can be drafted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoDraft {
    /// Bands that do not begin at midnight, or not in order.
    #[error("the census of {day} must begin at 00:00 and go on in order up to 24:00; {minute} does not")]
    Bands {
        /// The day.
        day: String,
        /// The minute that does not fit.
        minute: u32,
    },
    /// A share, ratio or target that means nothing.
    #[error("{what} {got} means nothing here; give {expected}")]
    Meaning {
        /// Of what.
        what: &'static str,
        /// What was given.
        got: i64,
        /// What would do.
        expected: &'static str,
    },
    /// No shift that can be staffed covers a time.
    #[error("no shift covers {when}, and {patients} patients are expected then; add one to the shifts")]
    Gap {
        /// Day and time.
        when: String,
        /// How many patients.
        patients: u16,
    },
}

impl Census {
    /// The same all day.
    #[must_use]
    pub fn all_day(day: DayIdx, patients: u16) -> Census {
        Census { day, bands: vec![(0, patients)] }
    }

    /// Patients at a minute of the day.
    #[must_use]
    pub fn at(&self, minute: u32) -> u16 {
        self.bands.iter().take_while(|(from, _)| *from <= minute).last().map_or(0, |(_, patients)| *patients)
    }

    /// Patients times minutes, over the day.
    #[must_use]
    pub fn patient_minutes(&self) -> u64 {
        let ends = self.bands.iter().skip(1).map(|(from, _)| *from).chain([DAY]);
        let bands = self.bands.iter().zip(ends);
        bands.map(|((from, patients), until)| u64::from(until - from) * u64::from(*patients)).sum()
    }

    fn judge(&self, problem: &Problem) -> Result<(), NoDraft> {
        let mut least = 0;
        for (idx, (from, _)) in self.bands.iter().enumerate() {
            let is_right = if idx == 0 { *from == 0 } else { *from >= least && *from < DAY };
            if !is_right {
                let day = problem.day_name(i32::from(self.day.0));
                return Err(NoDraft::Bands { day, minute: *from });
            }
            least = from + 1;
        }
        Ok(())
    }
}

impl Need {
    /// The ratio of California for a kind of unit; with vocational nurses, registered nurses are at
    /// least half.
    #[must_use]
    pub fn california(unit: &str, rn: SkillIdx, lvn: Option<SkillIdx>) -> Option<Need> {
        let ratio = Ratio::of(unit)?;
        let lvn = lvn.filter(|_| !ratio.is_rn_only);
        Some(Need::Ratio {
            source: format!("California Title 22, section 70217, {unit}"),
            patients_max: ratio.patients_max,
            is_relieved: true,
            skills: [rn].into_iter().chain(lvn).collect(),
            first_percent: if lvn.is_some() { 100 - LVN_PERCENT_MAX } else { 100 },
        })
    }

    fn judge(&self) -> Result<(), NoDraft> {
        match self {
            Need::Ratio { patients_max: 0, .. } => {
                Err(NoDraft::Meaning { what: "a ratio of", got: 0, expected: "1 patient or more" })
            }
            Need::Ratio { first_percent, .. } if *first_percent > 100 => {
                let (what, expected) = ("a share of percent", "0 to 100");
                Err(NoDraft::Meaning { what, got: i64::from(*first_percent), expected })
            }
            Need::Hours { minutes, .. } if *minutes > DAY * 24 => {
                let (what, expected) = ("care of minutes a day", "at most 34,560, 24 nurses for a patient");
                Err(NoDraft::Meaning { what, got: i64::from(*minutes), expected })
            }
            Need::Hours { skills, .. } => {
                let sum: i64 = skills.iter().map(|(_, percent)| i64::from(*percent)).sum();
                let (what, expected) = ("a skill mix of percent", "shares that make 100 together");
                if sum == 100 { Ok(()) } else { Err(NoDraft::Meaning { what, got: sum, expected }) }
            }
            Need::Ratio { .. } => Ok(()),
        }
    }
}

impl Draft {
    /// The demand, for [`Parts`](crate::problem::Parts).
    #[must_use]
    pub fn demands(&self, problem: &Problem, weights: CoverWeights) -> Vec<Demand> {
        let duties = |heads: &Heads| -> DutySet {
            problem
                .duties()
                .set(|duty| duty.shift == heads.shift && heads.skill.is_none_or(|skill| duty.skill == skill))
        };
        let demand = |heads: &Heads| Demand {
            day: heads.day,
            duties: duties(heads),
            who: Who::Everyone,
            minimum: heads.n,
            wanted: heads.n,
            maximum: None,
            weights,
        };
        self.heads.iter().map(demand).collect()
    }
}

/// Minutes of a day by the clock on the wall.
pub(crate) const DAY: u32 = 1_440;

/// Turns patients into heads.
///
/// # Errors
/// When the census or the need means nothing, or no shift covers a time with patients.
pub fn draft(ask: &Ask<'_>) -> Result<Draft, NoDraft> {
    ask.need.judge()?;
    for census in ask.census {
        census.judge(ask.problem)?;
    }
    if ask.shifts.is_empty() {
        return Err(NoDraft::Meaning { what: "a list of shifts of length", got: 0, expected: "one or more" });
    }
    let mut draft = match ask.need {
        Need::Ratio { source, patients_max, is_relieved, skills, first_percent } => {
            let ratio = ratio::Rule { source, patients_max: *patients_max, is_relieved: *is_relieved };
            ratio::draft(ask, &ratio, (skills, *first_percent))?
        }
        Need::Hours { minutes, skills } => hours::draft(ask, *minutes, skills),
    };
    draft.heads.retain(|heads| heads.n > 0);
    Ok(draft)
}

/// Minutes of breaks in a shift: what is not paid.
fn break_minutes(problem: &Problem, shift: ShiftIdx) -> u32 {
    let shift = problem.shift(shift);
    shift.length_minutes.saturating_sub(shift.paid_minutes)
}

/// `07:00`.
fn clock(minute: u32) -> String {
    format!("{:02}:{:02}", minute / 60 % 24, minute % 60)
}
