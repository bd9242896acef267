//! How numbers, dates and lengths of time are written on a page.
//!
//! Everything is computed from the values, time zone and "now" given by the caller.
//! Exports do not use these: they stay ISO and unrounded.

use jiff::{Timestamp, Unit, civil, tz::TimeZone};

/// The true minus sign; a hyphen is too short beside tabular figures.
pub const MINUS: char = '\u{2212}';

/// Whole number with thousands separators: `1,284`.
pub fn count(n: i64) -> String {
    let text = grouped(&n.unsigned_abs().to_string());
    if n < 0 { format!("{MINUS}{text}") } else { text }
}

/// Whole number that always carries its sign: `+171`, `−41`, `0`.
pub fn signed(n: i64) -> String {
    if n > 0 { format!("+{}", count(n)) } else { count(n) }
}

/// Number with a fixed count of decimals: `1,284.5`. A value that is no number is an en dash.
pub fn decimal(value: f64, places: usize) -> String {
    if !value.is_finite() {
        return "\u{2013}".to_owned();
    }
    let text = format!("{:.places$}", value.abs());
    let (whole, rest) =
        text.split_once('.').map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let mut written = grouped(whole);
    if let Some(rest) = rest {
        written.push('.');
        written.push_str(rest);
    }
    // Minus zero would say that something fell when it did not.
    let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if value < 0.0 && !is_zero { format!("{MINUS}{written}") } else { written }
}

/// Like [`decimal`], always with its sign unless it is zero.
pub fn signed_decimal(value: f64, places: usize) -> String {
    let text = decimal(value, places);
    let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if value > 0.0 && !is_zero { format!("+{text}") } else { text }
}

/// Number for a tile, with k and m: `940`, `9,412`, `61k`, `12.83m`, `148.7m`.
pub fn short(value: f64) -> String {
    let size = value.abs();
    if size >= 99_995_000.0 {
        format!("{}m", decimal(value / 1e6, 1))
    } else if size >= 999_500.0 {
        format!("{}m", decimal(value / 1e6, 2))
    } else if size >= 9_999.5 {
        format!("{}k", decimal(value / 1e3, 0))
    } else {
        decimal(value, 0)
    }
}

/// Share in percent, rounded half up from whole numbers, without the sign `%`: 231 of 254 is `90.9`.
///
/// `None` when there is nothing to divide by.
pub fn percent(part: i64, whole: i64, places: u32) -> Option<String> {
    if whole == 0 {
        return None;
    }
    let scale = 10_i128.pow(places);
    let (part, whole) = (i128::from(part) * i128::from(whole.signum()), i128::from(whole).abs());
    // floor(x + 1/2), so that halves go up on both sides of zero.
    let tenths = (part * 100 * scale * 2 + whole).div_euclid(whole * 2);
    let size = tenths.unsigned_abs();
    let unit = scale.unsigned_abs();
    let mut text = grouped(&(size / unit).to_string());
    if places > 0 {
        text.push('.');
        text.push_str(&format!("{:0width$}", size % unit, width = usize::try_from(places).unwrap_or(0)));
    }
    Some(if tenths < 0 { format!("{MINUS}{text}") } else { text })
}

/// Money in minor units, to the cent: `$84,200.00`, `−$12.50`.
pub fn money(minor: i64, symbol: &str) -> String {
    let size = minor.unsigned_abs();
    let sign = if minor < 0 { MINUS.to_string() } else { String::new() };
    format!("{sign}{symbol}{}.{:02}", grouped(&(size / 100).to_string()), size % 100)
}

/// Money in minor units to the whole unit, halves away from zero: `$84,200`.
pub fn money_whole(minor: i64, symbol: &str) -> String {
    let size = (minor.unsigned_abs() + 50) / 100;
    let sign = if minor < 0 && size > 0 { MINUS.to_string() } else { String::new() };
    format!("{sign}{symbol}{}", grouped(&size.to_string()))
}

/// Money for a tile: `$61k`, `$13.35m`.
pub fn money_short(minor: i64, symbol: &str) -> String {
    let text = short(minor as f64 / 100.0);
    match text.strip_prefix(MINUS) {
        Some(size) => format!("{MINUS}{symbol}{size}"),
        None => format!("{symbol}{text}"),
    }
}

/// Day as `Nov 12`, with the year when it is not this one: `Nov 12, 2025`.
pub fn date(day: civil::Date, today: civil::Date) -> String {
    let pattern = if day.year() == today.year() { "%b %-d" } else { "%b %-d, %Y" };
    day.strftime(pattern).to_string()
}

/// Day with its weekday: `Thu Nov 12`.
pub fn weekday_date(day: civil::Date, today: civil::Date) -> String {
    format!("{} {}", day.strftime("%a"), date(day, today))
}

/// Day in full: `Thursday, November 12, 2026`.
pub fn long_date(day: civil::Date) -> String {
    day.strftime("%A, %B %-d, %Y").to_string()
}

/// Time of day on the 24-hour clock: `19:00`.
pub fn time(time: civil::Time) -> String {
    time.strftime("%H:%M").to_string()
}

/// Instant in the site's zone: `08:47` when it is today there, otherwise `Nov 11, 23:05`.
pub fn instant(at: Timestamp, zone: &TimeZone, now: Timestamp) -> String {
    let (local, today) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()).date());
    if local.date() == today {
        time(local.time())
    } else {
        format!("{}, {}", date(local.date(), today), time(local.time()))
    }
}

/// Instant in full, for a print header: `Nov 12, 2026 at 08:47`.
pub fn instant_full(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%b %-d, %Y at %H:%M").to_string()
}

/// Length in minutes as a reader says it: `45 min`, `6 h 20`, `3 d 4 h`.
pub fn duration(minutes: i64) -> String {
    let size = minutes.unsigned_abs();
    let sign = if minutes < 0 { MINUS.to_string() } else { String::new() };
    let text = match size {
        0..60 => format!("{size} min"),
        60..2880 if size.is_multiple_of(60) => format!("{} h", size / 60),
        60..2880 => format!("{} h {:02}", size / 60, size % 60),
        _ if size % 1440 < 60 => format!("{} d", size / 1440),
        _ => format!("{} d {} h", size / 1440, size % 1440 / 60),
    };
    format!("{sign}{text}")
}

/// Seconds as a running clock: `0:38`, `12:05`, `1:02:09`.
pub fn elapsed(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// Age of something: `now`, `2 min ago`, `3 h ago`, `5 d ago`. A future instant is `now`.
pub fn age(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.since((Unit::Second, then)).map_or(0, |span| span.get_seconds());
    match seconds {
        ..60 => "now".to_owned(),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// The beginning of a longer text, with a mark that there is more.
pub fn clipped(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    format!("{}\u{2026}", kept.trim_end())
}

/// `1 bed`, `2 beds`: the number with the word that fits it.
pub fn n_of(n: i64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (idx, digit) in digits.chars().enumerate() {
        if idx > 0 && (digits.len() - idx).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_separators_and_a_true_minus() {
        let cases = [(0, "0", "0"), (999, "999", "+999"), (1284, "1,284", "+1,284"), (-41, "−41", "−41")];
        for (n, plain, with_sign) in cases {
            assert_eq!((count(n).as_str(), signed(n).as_str()), (plain, with_sign));
        }
        assert_eq!(count(i64::MIN), "−9,223,372,036,854,775,808");
    }

    #[test]
    fn a_text_that_is_too_long_says_that_there_is_more() {
        assert_eq!(clipped("seven b", 7), "seven b");
        assert_eq!(clipped("seven be", 7), "seven\u{2026}");
        assert_eq!(clipped("sevenbeds", 7), "sevenb\u{2026}");
    }

    #[test]
    fn decimals_never_say_minus_zero() {
        let cases = [(1284.46, 1, "1,284.5"), (-0.04, 1, "0.0"), (-2.26, 1, "−2.3"), (f64::NAN, 1, "–")];
        for (value, places, text) in cases {
            assert_eq!(decimal(value, places), text);
        }
        assert_eq!(signed_decimal(0.21, 2), "+0.21");
        assert_eq!(signed_decimal(0.001, 2), "0.00");
    }

    #[test]
    fn tiles_use_k_and_m() {
        let cases =
            [(940.0, "940"), (9412.0, "9,412"), (9999.4, "9,999"), (9999.5, "10k"), (61_200.0, "61k")];
        let more =
            [(999_499.0, "999k"), (999_500.0, "1.00m"), (12_830_000.0, "12.83m"), (148_700_000.0, "148.7m")];
        for (value, text) in cases.into_iter().chain(more) {
            assert_eq!(short(value), text, "{value}");
        }
    }

    #[test]
    fn percent_rounds_half_up_from_whole_numbers() {
        let cases = [
            (231, 254, 1, "90.9"),
            (1, 8, 1, "12.5"),
            (1, 16, 1, "6.3"),
            (-1, 16, 1, "−6.2"),
            (1, 3, 0, "33"),
        ];
        for (part, whole, places, text) in cases {
            assert_eq!(percent(part, whole, places).unwrap(), text, "{part}/{whole}");
        }
        assert_eq!(percent(1, 0, 1), None);
        assert_eq!(percent(24, 100, 0).unwrap(), "24");
    }

    #[test]
    fn money_shows_cents_whole_or_short() {
        assert_eq!(money(8_420_000, "$"), "$84,200.00");
        assert_eq!(money(-1250, "$"), "−$12.50");
        assert_eq!(money_whole(-49, "$"), "$0");
        assert_eq!(money_whole(8_420_050, "$"), "$84,201");
        assert_eq!(money_short(6_120_000, "$"), "$61k");
        assert_eq!(money_short(-1_335_000_000, "$"), "−$13.35m");
    }

    #[test]
    fn dates_name_the_year_only_when_it_differs() {
        let today = civil::date(2026, 11, 12);
        assert_eq!(date(civil::date(2026, 11, 9), today), "Nov 9");
        assert_eq!(date(civil::date(2025, 12, 31), today), "Dec 31, 2025");
        assert_eq!(weekday_date(today, today), "Thu Nov 12");
        assert_eq!(long_date(today), "Thursday, November 12, 2026");
    }

    #[test]
    fn instants_are_told_in_the_zone_of_the_site() {
        let zone = TimeZone::fixed(jiff::tz::offset(-6));
        let now: Timestamp = "2026-11-12T14:47:00Z".parse().unwrap();
        assert_eq!(instant(now, &zone, now), "08:47");
        assert_eq!(instant("2026-11-12T05:59:00Z".parse().unwrap(), &zone, now), "Nov 11, 23:59");
        assert_eq!(instant_full(now, &zone), "Nov 12, 2026 at 08:47");
    }

    #[test]
    fn lengths_and_ages_use_one_or_two_units() {
        let lengths = [
            (0, "0 min"),
            (59, "59 min"),
            (60, "1 h"),
            (380, "6 h 20"),
            (2879, "47 h 59"),
            (2880, "2 d"),
            (4560, "3 d 4 h"),
        ];
        for (minutes, text) in lengths {
            assert_eq!(duration(minutes), text);
        }
        let now: Timestamp = "2026-11-12T14:47:00Z".parse().unwrap();
        let ages = [(-5, "now"), (59, "now"), (60, "1 min ago"), (7200, "2 h ago"), (172_800, "2 d ago")];
        for (seconds, text) in ages {
            let then = Timestamp::from_second(now.as_second() - seconds).unwrap();
            assert_eq!(age(then, now), text);
        }
        assert_eq!(elapsed(38), "0:38");
        assert_eq!(elapsed(3729), "1:02:09");
        assert_eq!(n_of(1, "bed", "beds"), "1 bed");
    }
}
