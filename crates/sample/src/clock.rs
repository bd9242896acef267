//! Civil time at Lakeside, by arithmetic: every site keeps United States Eastern time.
//!
//! The simulation asks for the hour of day some millions of times, so the rule in force since
//! 2007 (second Sunday of March to first Sunday of November, at 02:00) is written out here; a
//! test compares it with the time zone database.

pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 3600;
pub(crate) const DAY: i64 = 86_400;
pub(crate) const ZONE: &str = "America/New_York";

/// Days since 1970-01-01 of a civil date (Hinnant's algorithm).
pub(crate) fn day_of(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

/// Year, month and day of a day number.
pub(crate) fn date_of(day: i64) -> (i64, i64, i64) {
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (year, month, doy - (153 * mp + 2) / 5 + 1)
}

/// 0 is Sunday; 1970-01-01 was a Thursday.
pub(crate) fn weekday(day: i64) -> i64 {
    (day + 4).rem_euclid(7)
}

pub(crate) fn is_weekend(day: i64) -> bool {
    matches!(weekday(day), 0 | 6)
}

/// Day of the year, counted from 0.
pub(crate) fn day_of_year(day: i64) -> i64 {
    day - day_of(date_of(day).0, 1, 1)
}

/// Seconds east of UTC at an instant.
pub(crate) fn offset(at: i64) -> i64 {
    let year = date_of(at.div_euclid(DAY)).0;
    let march = day_of(year, 3, 8);
    let november = day_of(year, 11, 1);
    let starts = (march + (7 - weekday(march)) % 7) * DAY + 7 * HOUR;
    let ends = (november + (7 - weekday(november)) % 7) * DAY + 6 * HOUR;
    if (starts..ends).contains(&at) { -4 * HOUR } else { -5 * HOUR }
}

/// The civil day an instant falls on.
pub(crate) fn local_day(at: i64) -> i64 {
    (at + offset(at)).div_euclid(DAY)
}

/// Seconds since civil midnight.
pub(crate) fn second_of_day(at: i64) -> i64 {
    (at + offset(at)).rem_euclid(DAY)
}

/// The hour on the wall clock, 0 to 23.
pub(crate) fn hour(at: i64) -> i64 {
    second_of_day(at) / HOUR
}

/// The instant of a civil day and second; the earlier one where the clock shows it twice.
pub(crate) fn instant(day: i64, second: i64) -> i64 {
    let summer = day * DAY + second + 4 * HOUR;
    if offset(summer) == -4 * HOUR { summer } else { summer + HOUR }
}

/// Appends `YYYYMMDDHHMMSS`, with the offset if asked.
pub(crate) fn write_time(out: &mut String, at: i64, with_offset: bool) {
    let east = offset(at);
    let second = (at + east).rem_euclid(DAY);
    write_date(out, (at + east).div_euclid(DAY));
    digits(out, second / HOUR, 2);
    digits(out, second / MINUTE % 60, 2);
    digits(out, second % 60, 2);
    if with_offset {
        out.push_str(if east == -4 * HOUR { "-0400" } else { "-0500" });
    }
}

/// Appends `YYYYMMDD`.
pub(crate) fn write_date(out: &mut String, day: i64) {
    let (year, month, day) = date_of(day);
    digits(out, year, 4);
    digits(out, month, 2);
    digits(out, day, 2);
}

/// Appends a number padded with zeros to `width` digits.
pub(crate) fn digits(out: &mut String, number: i64, width: u32) {
    for place in (0..width).rev() {
        let digit = number / 10_i64.pow(place) % 10;
        out.push(char::from(b'0' + u8::try_from(digit.abs()).unwrap_or(0)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_agrees_with_the_time_zone_database() {
        let zone = jiff::tz::TimeZone::get(ZONE).unwrap();
        let mut at = day_of(2015, 1, 1) * DAY;
        while at < day_of(2035, 1, 1) * DAY {
            let expected = zone.to_offset(jiff::Timestamp::from_second(at).unwrap());
            assert_eq!(offset(at), i64::from(expected.seconds()), "{at}");
            at += 3 * HOUR + 1800;
        }
    }

    #[test]
    fn civil_times_come_back() {
        for day in day_of(2024, 2, 27)..day_of(2026, 3, 20) {
            let (y, m, d) = date_of(day);
            assert_eq!(day_of(y, m, d), day);
            let noon = instant(day, 12 * HOUR);
            assert_eq!((local_day(noon), hour(noon)), (day, 12));
        }
    }
}
