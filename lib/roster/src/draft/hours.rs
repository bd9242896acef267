//! Hours of care for each patient and day, split over shifts by their length and over skills.

use super::{Ask, DAY, Draft, Heads, clock};
use crate::problem::{ShiftIdx, SkillIdx};

pub(super) fn draft(ask: &Ask<'_>, minutes: u32, skills: &[(SkillIdx, u16)]) -> Draft {
    let mut draft = Draft::default();
    let length = |shift: &ShiftIdx| u64::from(ask.problem.shift(*shift).length_minutes);
    let all_lengths: u64 = ask.shifts.iter().map(length).sum();
    for census in ask.census {
        let on = ask.problem.day_name(i32::from(census.day.0));
        let patient_minutes = census.patient_minutes();
        // Care of the day in minutes, times the minutes of a day.
        let care = patient_minutes * u64::from(minutes);
        draft.lines.push(format!(
            "{on}: {} patients x {} = {} of care",
            decimal(patient_minutes, u64::from(DAY)),
            hours(u64::from(minutes)),
            hours(care / u64::from(DAY))
        ));
        for shift in &ask.shifts {
            let of = ask.problem.shift(*shift);
            let paid = u64::from(of.paid_minutes.max(1));
            for (skill, percent) in skills.iter().filter(|(_, percent)| *percent > 0) {
                // Heads are care x the shift's part x the skill's part / what one head works.
                let above = u128::from(care) * u128::from(length(shift)) * u128::from(*percent);
                let below = u128::from(DAY) * u128::from(all_lengths.max(1)) * 100 * u128::from(paid);
                let n = u16::try_from(above.div_ceil(below)).unwrap_or(u16::MAX);
                let part = u64::try_from(above / (below / u128::from(paid))).unwrap_or(u64::MAX);
                let name = ask.problem.parts().skills.get(skill.idx()).map_or("", |skill| skill.id.as_str());
                draft.lines.push(format!(
                    "  {} {}-{} {name}: x {} / {} x {percent} % = {}; / {} a head = {n} rounded up",
                    of.id,
                    clock(of.start_minute),
                    clock(of.start_minute + of.length_minutes),
                    hours(length(shift)),
                    hours(all_lengths),
                    hours(part),
                    hours(paid)
                ));
                draft.heads.push(Heads { day: census.day, shift: *shift, skill: Some(*skill), n });
            }
        }
    }
    draft
}

fn hours(minutes: u64) -> String {
    crate::explain::hours(i64::try_from(minutes).unwrap_or(i64::MAX))
}

/// With two places, half up, and without when it is whole.
fn decimal(above: u64, below: u64) -> String {
    let hundredths = (above * 100 + below / 2) / below;
    match hundredths % 100 {
        0 => (hundredths / 100).to_string(),
        rest => format!("{}.{rest:02}", hundredths / 100),
    }
}
