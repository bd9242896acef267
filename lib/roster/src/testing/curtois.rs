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
    let shifts: Vec<(String, u16, u16)> = (0..n_shifts).map(|idx| shift(&mut dice, idx, n_shifts)).collect();
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
    let heads = minutes_wanted / mean_length.max(1) / i64::from(n_days.max(1));
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

/// Starts spread over the day, lengths of 6 to 12 hours.
fn shift(dice: &mut Dice, idx: u16, n_shifts: u16) -> (String, u16, u16) {
    let start = 360 + idx * (960 / n_shifts.max(1));
    let letter = ["e", "d", "l", "n"].get(usize::from(start / 360).saturating_sub(1)).unwrap_or(&"n");
    (format!("{letter}{idx}"), start, dice.one_of(&[360, 480, 480, 480, 600, 720]))
}

/// A contract; returns the minutes it should work.
fn staff(dice: &mut Dice, text: &mut String, person: u16, n_days: u16, shifts: &[(String, u16, u16)]) -> i64 {
    let share = dice.one_of(&[100, 100, 100, 80, 60, 50]);
    let full = i64::from(n_days / 7) * 2_400 * share / 100;
    let weeks = n_days / 7;
    let is_able: Vec<bool> = shifts.iter().map(|_| dice.happens(70)).collect();
    let most: Vec<String> = shifts
        .iter()
        .zip(&is_able)
        .map(|((id, _, _), is_able)| {
            let most = if *is_able { dice.small(weeks, n_days) } else { 0 };
            format!("{id}={most}")
        })
        .collect();
    let (work_max, work_min) = (dice.small(4, 6), dice.small(1, 3));
    let (off_min, weekends) = (dice.small(2, 3), weeks.div_ceil(2) + dice.small(0, 1));
    let _ = writeln!(
        text,
        "P{person},{},{},{},{work_max},{work_min},{off_min},{weekends}",
        most.join("|"),
        full + 240,
        full * 9 / 10 - 240
    );
    full
}
