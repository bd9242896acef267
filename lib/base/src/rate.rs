//! Rates that keep their parts, and the one place where a division becomes text.

/// Events over exposure: falls over patient days, occupied over available bed days.
///
/// Kept undivided, so that the rates of two wards add up to the rate of both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rate {
    /// What is counted.
    pub events: i64,
    /// What it is counted over; zero shows as "n/a".
    pub exposure: i64,
}

impl Rate {
    /// The rate of two groups taken together; `None` where a part leaves 64 bits.
    pub fn plus(self, other: Rate) -> Option<Rate> {
        Some(Rate {
            events: self.events.checked_add(other.events)?,
            exposure: self.exposure.checked_add(other.exposure)?,
        })
    }

    /// Events per one of exposure, as decimal text.
    pub fn show(self, decimals: u32) -> String {
        self.show_per(1, decimals)
    }

    /// Events per so many of exposure, as decimal text: falls per 1,000 patient days.
    pub fn show_per(self, exposure: u32, decimals: u32) -> String {
        round_half_up(i128::from(self.events) * i128::from(exposure), i128::from(self.exposure), decimals)
    }

    /// Events as a percentage of exposure, without the sign: `85.42`.
    pub fn show_percent(self, decimals: u32) -> String {
        self.show_per(100, decimals)
    }
}

/// The quotient as exact decimal text, half away from zero; "n/a" where the denominator is 0.
///
/// Never passes through a float. A value that rounds to zero carries no sign. At most 38 decimals.
pub fn round_half_up(numerator: i128, denominator: i128, decimals: u32) -> String {
    if denominator == 0 {
        return "n/a".to_owned();
    }
    let decimals = decimals.min(38);
    let below = denominator.unsigned_abs();
    let whole = numerator.unsigned_abs() / below;
    let mut remainder = numerator.unsigned_abs() % below;
    let mut digits = whole.to_string();
    for _ in 0..decimals {
        let (digit, next) = ten_times(remainder, below);
        digits.push(char::from(digit));
        remainder = next;
    }
    if remainder != 0 && remainder >= below - remainder {
        digits = one_up(&digits);
    }
    let n_whole = digits.len().saturating_sub(usize::try_from(decimals).unwrap_or(0));
    let is_zero = digits.bytes().all(|digit| digit == b'0');
    let sign = if (numerator < 0) != (denominator < 0) && !is_zero { "-" } else { "" };
    let (before, after) = digits.split_at_checked(n_whole).unwrap_or((digits.as_str(), ""));
    if after.is_empty() { format!("{sign}{before}") } else { format!("{sign}{before}.{after}") }
}

/// The next digit of a long division, and what is left. `10 * remainder` may not fit, so it is added up.
fn ten_times(remainder: u128, below: u128) -> (u8, u128) {
    let mut digit = b'0';
    let mut sum = 0;
    for _ in 0..10 {
        if sum >= below - remainder {
            sum -= below - remainder;
            digit += 1;
        } else {
            sum += remainder;
        }
    }
    (digit, sum)
}

/// The same digits counted up by one in the last place.
fn one_up(digits: &str) -> String {
    let kept = digits.trim_end_matches('9');
    let zeros = "0".repeat(digits.len() - kept.len());
    let mut kept = kept.to_owned();
    // All nines: a new leading one.
    let last = kept.pop().map_or(1, |digit| digit.to_digit(10).unwrap_or(0) + 1);
    format!("{kept}{last}{zeros}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(numerator: i128, denominator: i128, decimals: u32, shown: &str) {
        assert_eq!(round_half_up(numerator, denominator, decimals), shown);
    }

    #[test]
    fn halves_go_away_from_zero() {
        check(1, 8, 2, "0.13");
        check(-1, 8, 2, "-0.13");
        check(1249, 1000, 1, "1.2");
        check(1250, 1000, 1, "1.3");
        check(5, 2, 0, "3");
        check(4999, 10_000, 0, "0");
    }

    #[test]
    fn carrying_makes_the_number_longer() {
        check(9_999, 1_000, 2, "10.00");
        check(999, 1000, 0, "1");
        check(199_999, 100_000, 1, "2.0");
    }

    #[test]
    fn nothing_below_is_not_applicable_and_nothing_above_is_zero_without_sign() {
        check(5, 0, 1, "n/a");
        check(0, -5, 1, "0.0");
        check(-1, 1000, 1, "0.0");
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        check(i128::MAX, i128::MAX, 3, "1.000");
        check(i128::MAX - 1, i128::MAX, 2, "1.00");
        check(i128::MIN, -1, 0, "170141183460469231731687303715884105728");
        check(i128::MIN, i128::MIN, 1, "1.0");
    }

    #[test]
    fn t_03_figures_of_a_month() {
        check(6_150, 30, 1, "205.0");
        assert_eq!(Rate { events: 6_150, exposure: 30 * 240 }.show_percent(2), "85.42");
        assert_eq!(Rate { events: 5_900, exposure: 1_025 }.show(3), "5.756");
        assert_eq!(Rate { events: 6_150, exposure: 1_025 }.show(3), "6.000");
        assert_eq!(Rate { events: 7_200 - 6_150, exposure: 1_025 }.show(3), "1.024");
        assert_eq!(Rate { events: 1_025, exposure: 240 }.show(3), "4.271");
    }

    #[test]
    fn t_87_falls_per_thousand_patient_days() {
        assert_eq!(Rate { events: 9, exposure: 5_400 }.show_per(1_000, 3), "1.667");
        assert_eq!(Rate { events: 3, exposure: 5_400 }.show_per(1_000, 3), "0.556");
    }

    #[test]
    fn rates_add_by_their_parts() {
        let both = Rate { events: 1, exposure: 10 }.plus(Rate { events: 1, exposure: 90 });
        assert_eq!(both.map(|rate| rate.show_percent(1)), Some("2.0".to_owned()));
        assert_eq!(Rate { events: i64::MAX, exposure: 1 }.plus(Rate { events: 1, exposure: 1 }), None);
    }

    proptest! {
        #[test]
        fn the_text_is_within_half_a_unit_of_the_quotient(
            numerator in -1_000_000_000_000_i128..1_000_000_000_000,
            denominator in 1_i128..1_000_000_000,
            decimals in 0_u32..6,
        ) {
            let text = round_half_up(numerator, denominator, decimals);
            let shown: i128 = text.replace('.', "").parse().unwrap();
            let off = (shown * denominator - numerator * 10_i128.pow(decimals)).abs();
            prop_assert!(2 * off <= denominator, "{numerator}/{denominator} as {text}");
        }
    }
}
