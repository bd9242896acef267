//! What happens to a published roster: somebody is absent, a credential lapses, demand changes.

use crate::problem::{Away, DayIdx, DutySet, PersonIdx, Problem, Roster};
use jiff::civil::Date;

/// No day is credited more.
const MINUTES_A_DAY: u32 = 1_440;

/// Something that changed since a roster was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// A person cannot work on some days: ill, or on new leave.
    Absent {
        /// Who.
        person: PersonIdx,
        /// The first day.
        first: DayIdx,
        /// The last day, included.
        last: DayIdx,
        /// Whether the minutes of the published duties count as worked, as paid sick leave does.
        is_credited: bool,
    },
    /// A credential ends.
    Lapsed {
        /// Whose.
        person: PersonIdx,
        /// For which duties.
        duties: DutySet,
        /// The first day it no longer holds.
        from: Date,
    },
    /// More or fewer are needed.
    Demand {
        /// When.
        day: DayIdx,
        /// For which duties; rows whose duties lie among them change.
        duties: DutySet,
        /// So many heads more; fewer when negative.
        more: i16,
    },
}

/// Why news cannot be taken in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoNews {
    /// A person or day that is not of the problem.
    #[error("the news names {what} {got} and there are {n}; count from 0")]
    Outside {
        /// Of what.
        what: &'static str,
        /// The position.
        got: usize,
        /// How many there are.
        n: usize,
    },
    /// No row of the demand is about these duties on that day.
    #[error("no demand on day {day} is about these duties; name a shift that has demand then")]
    NoDemand {
        /// The day.
        day: DayIdx,
    },
    /// What follows is no problem.
    #[error("the problem would not hold together: {0}")]
    Unsound(String),
}

impl News {
    /// The problem as it is after all of this.
    ///
    /// # Errors
    /// When the news names what is not there.
    pub fn applied(news: &[News], problem: &Problem, published: &Roster) -> Result<Problem, NoNews> {
        let n_codes = problem.n_codes();
        let mut parts = problem.parts().clone();
        for one in news {
            match *one {
                News::Absent { person, first, last, is_credited } => {
                    inside("day", last.idx(), problem.n_days())?;
                    let absent = person_of(&mut parts, person)?;
                    // A settled duty cannot bind who is not there.
                    absent.locked.retain(|(day, cell)| cell.is_off() || !(first..=last).contains(day));
                    for day in (first.0..=last.0).map(DayIdx) {
                        let at = i32::from(day.0);
                        let minutes = problem.paid(at, published.cell(person, day));
                        let credit = if is_credited { u32::try_from(minutes).unwrap_or(0) } else { 0 };
                        let credit = credit.min(MINUTES_A_DAY);
                        // A day that is away already has its credit.
                        let is_away = absent.away.iter().any(|away| (away.first..=away.last).contains(&at));
                        let credit_minutes = if is_away { 0 } else { credit };
                        absent.away.push(Away { first: at, last: at, credit_minutes });
                    }
                }
                News::Lapsed { person, duties, from } => {
                    let holder = person_of(&mut parts, person)?;
                    let held = std::mem::take(&mut holder.can);
                    for can in held {
                        let mut kept = can;
                        kept.duties = can.duties.without(&duties);
                        holder.can.push(kept);
                        let mut lapsing = can;
                        lapsing.duties = can.duties.intersection(&duties);
                        lapsing.until = Some(can.until.map_or(from, |until| until.min(from)));
                        holder.can.push(lapsing);
                    }
                    holder.can.retain(|can| {
                        let is_some = can.duties.cells(n_codes).next().is_some();
                        is_some && can.from.zip(can.until).is_none_or(|(from, until)| from < until)
                    });
                }
                News::Demand { day, duties, more } => {
                    inside("day", day.idx(), problem.n_days())?;
                    let within = |set: &DutySet| set.cells(n_codes).all(|cell| duties.has(cell));
                    let mut n_changed = 0;
                    for demand in parts.demands.iter_mut().filter(|demand| demand.day == day) {
                        if within(&demand.duties) {
                            let has_minimum = demand.minimum > 0 || demand.wanted == 0;
                            if has_minimum {
                                demand.minimum = demand.minimum.saturating_add_signed(more);
                            }
                            demand.wanted = demand.wanted.saturating_add_signed(more).max(demand.minimum);
                            demand.maximum = demand.maximum.map(|most| most.max(demand.wanted));
                            n_changed += 1;
                        }
                    }
                    if n_changed == 0 {
                        return Err(NoNews::NoDemand { day });
                    }
                }
            }
        }
        Problem::new(parts)
            .map_err(|faults| NoNews::Unsound(faults.first().map(ToString::to_string).unwrap_or_default()))
    }
}

fn inside(what: &'static str, got: usize, n: usize) -> Result<(), NoNews> {
    if got < n { Ok(()) } else { Err(NoNews::Outside { what, got, n }) }
}

fn person_of(
    parts: &mut crate::problem::Parts,
    person: PersonIdx,
) -> Result<&mut crate::problem::Person, NoNews> {
    let n = parts.people.len();
    parts.people.get_mut(person.idx()).ok_or(NoNews::Outside { what: "person", got: person.idx(), n })
}
