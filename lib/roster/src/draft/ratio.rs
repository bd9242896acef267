//! Ratios hold at every moment: nurses at a time are patients by the ratio, rounded up.
//!
//! Shifts are filled from left to right. At the first moment that lacks nurses, the shift gets them
//! that covers this moment and ends last. On a line that is the fewest heads there can be.

use super::{Ask, DAY, Draft, Heads, NoDraft, break_minutes, clock};
use crate::problem::{DayIdx, ShiftIdx, SkillIdx};

pub(super) struct Rule<'a> {
    pub(super) source: &'a str,
    pub(super) patients_max: u16,
    pub(super) is_relieved: bool,
}

/// A shift on a day, on one line of minutes over all days.
struct Stretch {
    day: DayIdx,
    shift: ShiftIdx,
    from: u32,
    until: u32,
    n: u16,
    /// The moment that decided, with its patients.
    because: Option<(u32, u16)>,
}

/// How many nurses so many patients need at one moment.
pub(super) fn nurses(patients: u16, patients_max: u16) -> u16 {
    patients.div_ceil(patients_max.max(1))
}

/// How many more relieve the breaks of so many: a relief works her shift less her own break.
pub(super) fn relief(n: u16, break_minutes: u32, length_minutes: u32) -> u16 {
    let away = u32::from(n) * break_minutes;
    let each = length_minutes.saturating_sub(break_minutes).max(1);
    u16::try_from(away.div_ceil(each)).unwrap_or(u16::MAX)
}

pub(super) fn draft(
    ask: &Ask<'_>,
    rule: &Rule<'_>,
    (skills, first_percent): (&[SkillIdx], u16),
) -> Result<Draft, NoDraft> {
    let mut draft = Draft::default();
    for stretch in filled(ask, rule)? {
        let Stretch { day, shift, n, .. } = stretch;
        if n == 0 {
            continue;
        }
        let away = break_minutes(ask.problem, shift);
        let length = ask.problem.shift(shift).length_minutes;
        let more = if rule.is_relieved && away > 0 { relief(n, away, length) } else { 0 };
        let all = n + more;
        draft.lines.push(line(ask, rule, &stretch, (away, more)));
        let first = u16::try_from((u32::from(all) * u32::from(first_percent)).div_ceil(100)).unwrap_or(all);
        if let [first_skill, _, ..] = skills {
            let name = |skill: &SkillIdx| {
                ask.problem.parts().skills.get(skill.idx()).map_or("", |skill| skill.id.as_str())
            };
            draft.lines.push(format!(
                "  at least {first_percent} % {}: {all} x {first_percent} / 100 = {first}, rounded up",
                name(first_skill)
            ));
            draft.heads.push(Heads { day, shift, skill: None, n: all });
            draft.heads.push(Heads { day, shift, skill: Some(*first_skill), n: first });
        } else {
            draft.heads.push(Heads { day, shift, skill: skills.first().copied(), n: all });
        }
    }
    Ok(draft)
}

fn line(ask: &Ask<'_>, rule: &Rule<'_>, stretch: &Stretch, (away, more): (u32, u16)) -> String {
    let shift = ask.problem.shift(stretch.shift);
    let on = ask.problem.day_name(i32::from(stretch.day.0));
    let n = stretch.n;
    let because = stretch.because.map_or(String::new(), |(minute, patients)| {
        let on_duty = nurses(patients, rule.patients_max);
        let others = on_duty.saturating_sub(n);
        let others = if others > 0 { format!(", {others} of them on other shifts") } else { String::new() };
        format!(
            "{patients} patients at {} / {} = {on_duty} rounded up{others}",
            clock(minute % DAY),
            rule.patients_max
        )
    });
    let relief = if more > 0 {
        let each = shift.length_minutes - away;
        format!("; breaks {n} x {away} min / {each} min = {more} more")
    } else {
        String::new()
    };
    format!("{on} {}: {because} ({}){relief}; {} heads", shift.id, rule.source, n + more)
}

/// Every shift of every day with the nurses that the ratio needs on it.
fn filled(ask: &Ask<'_>, rule: &Rule<'_>) -> Result<Vec<Stretch>, NoDraft> {
    let mut stretches = stretches(ask);
    let mut moments: Vec<u32> = ask
        .census
        .iter()
        .flat_map(|census| census.bands.iter().map(|(from, _)| start_of(census.day) + from))
        .chain(stretches.iter().flat_map(|stretch| [stretch.from, stretch.until]))
        .collect();
    moments.sort_unstable();
    moments.dedup();
    // Before the first shift begins, the night before is at work, which is not ours to plan.
    let begin = stretches.iter().map(|stretch| stretch.from).min().unwrap_or(0);
    for moment in moments.into_iter().filter(|moment| *moment >= begin) {
        let day = DayIdx::at(usize::try_from(moment / DAY).unwrap_or(usize::MAX));
        let Some(census) = ask.census.iter().find(|census| census.day == day) else { continue };
        let patients = census.at(moment % DAY);
        let needed = nurses(patients, rule.patients_max);
        let covers = |stretch: &&mut Stretch| (stretch.from..stretch.until).contains(&moment);
        let there: u16 = stretches.iter_mut().filter(covers).map(|stretch| stretch.n).sum();
        if there >= needed {
            continue;
        }
        let longest = stretches.iter_mut().filter(covers).max_by_key(|stretch| stretch.until);
        let Some(stretch) = longest else {
            let when = format!("{} {}", ask.problem.day_name(i32::from(day.0)), clock(moment % DAY));
            return Err(NoDraft::Gap { when, patients });
        };
        stretch.n += needed - there;
        stretch.because = Some((moment, patients));
    }
    Ok(stretches)
}

fn start_of(day: DayIdx) -> u32 {
    u32::from(day.0) * DAY
}

fn stretches(ask: &Ask<'_>) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    for day in DayIdx::all(ask.problem.n_days()) {
        for shift in &ask.shifts {
            let of = ask.problem.shift(*shift);
            let from = start_of(day) + of.start_minute;
            let until = from + of.length_minutes;
            stretches.push(Stretch { day, shift: *shift, from, until, n: 0, because: None });
        }
    }
    stretches
}
