//! Problems in the size and shape of the public shift scheduling benchmarks, as text of that format.

use super::Dice;
use std::fmt::Write;

/// A problem of so many days (whole weeks), people and shift types.
///
/// Cover is set to what contracts can fill, give or take a little, so that a good roster is short
/// of few heads and hard to find.
#[must_use]
pub fn curtois_like(seed: u64, n_days: u16, n_people: u16, n_shifts: u16) -> String {
    let mut dice = Dice::new(seed);
    let is_mixed = dice.happens(50);
    let shifts: Vec<(String, u16, u16)> =
        (0..n_shifts).map(|idx| shift(&mut dice, idx, n_shifts, is_mixed)).collect();
    let mut text = format!("# made up from seed {seed}\nSECTION_HORIZON\n{n_days}\n\nSECTION_SHIFTS\n");
    for (id, start, length) in &shifts {
        // Eleven hours of rest until the next day.
        let too_early = shifts.iter().filter(|(_, next, _)| next + 1_440 < start + length + 660);
        let bans: Vec<&str> = too_early.map(|(id, _, _)| id.as_str()).collect();
        let _ = writeln!(text, "{id},{length},{}", bans.join("|"));
    }
    text.push_str("\nSECTION_STAFF\n");
    let mut minutes_wanted = 0_i64;
    for person in 0..n_people {
        minutes_wanted += staff(&mut dice, &mut text, person, n_days, &shifts);
    }
    let days = |dice: &mut Dice, n: u16| -> Vec<u16> { (0..n).map(|_| dice.small(0, n_days - 1)).collect() };
    text.push_str("\nSECTION_DAYS_OFF\n");
    for person in 0..n_people {
        let off: Vec<String> = days(&mut dice, n_days / 14).iter().map(u16::to_string).collect();
        let _ = writeln!(text, "P{person}{}{}", if off.is_empty() { "" } else { "," }, off.join(","));
    }
    for section in ["ON", "OFF"] {
        let _ = writeln!(text, "\nSECTION_SHIFT_{section}_REQUESTS");
        for person in 0..n_people {
            for day in days(&mut dice, n_days / 7) {
                let (shift, weight) = (dice.below(shifts.len()), dice.small(1, 3));
                let id = shifts.get(shift).map_or("", |(id, _, _)| id);
                let _ = writeln!(text, "P{person},{day},{id},{weight}");
            }
        }
    }
    text.push_str("\nSECTION_COVER\n");
    let mean_length =
        shifts.iter().map(|(_, _, length)| i64::from(*length)).sum::<i64>() / i64::from(n_shifts.max(1));
    let heads = minutes_wanted * 21 / 20 / mean_length.max(1) / i64::from(n_days.max(1));
    for day in 0..n_days {
        for (id, _, _) in &shifts {
            let mean = heads / i64::from(n_shifts);
            let extra = i64::from(dice.from_to(1, i64::from(n_shifts)) <= heads % i64::from(n_shifts));
            let need = (mean + extra + dice.from_to(-1, 1)).max(0);
            let _ = writeln!(text, "{day},{id},{need},100,1");
        }
    }
    text
}

/// Starts spread over the day, lengths of 6 to 12 hours; in every second problem all of 8 hours.
fn shift(dice: &mut Dice, idx: u16, n_shifts: u16, is_mixed: bool) -> (String, u16, u16) {
    let start = 360 + idx * (960 / n_shifts.max(1));
    let letter = ["e", "d", "l", "n"].get(usize::from(start / 360).saturating_sub(1)).unwrap_or(&"n");
    let length = if is_mixed { dice.one_of(&[360, 480, 480, 480, 600, 720]) } else { 480 };
    (format!("{letter}{idx}"), start, length)
}

/// A contract that leaves room for leave and weekends; returns the most minutes it allows.
fn staff(dice: &mut Dice, text: &mut String, person: u16, n_days: u16, shifts: &[(String, u16, u16)]) -> i64 {
    let weeks = n_days / 7;
    let always = dice.below(shifts.len());
    let most: Vec<u16> = (0..shifts.len())
        .map(
            |idx| if idx == always { n_days } else { dice.one_of(&[0, 0, 0, weeks, n_days, n_days, n_days]) },
        )
        .collect();
    let free = shifts.iter().zip(&most).filter(|(_, most)| **most == n_days);
    let lengths: Vec<i64> = free.map(|((_, _, length), _)| i64::from(*length)).collect();
    let n_free = i64::try_from(lengths.len()).unwrap_or(1).max(1);
    let mean = lengths.iter().sum::<i64>() / n_free;
    let (share, work_max, work_min, off_min) = dice.one_of(&[
        (100, 5, 2, 2),
        (100, 5, 2, 2),
        (100, 5, 2, 2),
        (85, 5, 1, 2),
        (75, 6, 2, 3),
        (50, 4, 2, 3),
    ]);
    // Four and a half days a week, in whole half hours.
    let full = i64::from(weeks) * 9 * mean * share / 200 / 30 * 30;
    let least = full * 87 / 100 / 30 * 30;
    let most: Vec<String> =
        shifts.iter().zip(&most).map(|((id, _, _), most)| format!("{id}={most}")).collect();
    let weekends = weeks.div_ceil(2) + u16::from(dice.happens(25));
    let shifts = most.join("|");
    let _ = writeln!(text, "P{person},{shifts},{full},{least},{work_max},{work_min},{off_min},{weekends}");
    full
}
