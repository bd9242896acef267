//! National Provider Identifier: the ten-digit number of a US clinician or organization.

use std::fmt;
use std::str::FromStr;

/// A checked National Provider Identifier (45 CFR 162.406).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Npi(u64);

/// A text that is no provider number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadNpi {
    /// Not exactly ten digits.
    #[error("`{got}` is not an NPI: it must have exactly 10 digits, without spaces or dashes")]
    NotTenDigits {
        /// The text as it came.
        got: String,
    },
    /// Ten digits that no registry has given out.
    #[error("{got} is not an NPI: its last digit does not fit the others; look for a mistyped digit")]
    CheckDigit {
        /// The text as it came.
        got: String,
    },
}

impl FromStr for Npi {
    type Err = BadNpi;

    /// Ten digits whose Luhn sum, counted with the prefix 80840, ends in zero.
    fn from_str(text: &str) -> Result<Npi, BadNpi> {
        let not_ten = || BadNpi::NotTenDigits { got: text.to_owned() };
        if text.len() != 10 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(not_ten());
        }
        let sum: u32 = text.bytes().rev().enumerate().map(|(idx, byte)| luhn(idx, byte)).sum();
        // The prefix 80840 always adds 24: 8 + 0 + 8 + 8 (4 doubled) + 0.
        if !(sum + 24).is_multiple_of(10) {
            return Err(BadNpi::CheckDigit { got: text.to_owned() });
        }
        text.parse().map(Npi).map_err(|_| not_ten())
    }
}

impl fmt::Display for Npi {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:010}", self.0)
    }
}

/// What a digit adds to the sum: every second digit from the right is doubled, digits then added.
fn luhn(idx_from_right: usize, byte: u8) -> u32 {
    let digit = u32::from(byte.saturating_sub(b'0'));
    match (idx_from_right % 2, digit) {
        (0, _) => digit,
        (_, 0..=4) => digit * 2,
        (_, _) => digit * 2 - 9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_is_taken_and_its_neighbors_are_not() {
        assert_eq!("1234567893".parse::<Npi>().unwrap().to_string(), "1234567893");
        let taken = (0..10).filter(|digit| format!("123456789{digit}").parse::<Npi>().is_ok());
        assert_eq!(taken.collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn swapping_two_neighboring_digits_is_noticed() {
        assert!("1234576893".parse::<Npi>().is_err());
    }

    #[test]
    fn refusals_say_what_to_do() {
        let check = |text: &str, shown: &str| {
            assert_eq!(text.parse::<Npi>().unwrap_err().to_string(), shown);
        };
        check(
            "123-456789",
            "`123-456789` is not an NPI: it must have exactly 10 digits, without spaces or dashes",
        );
        check(
            "1234567890",
            "1234567890 is not an NPI: its last digit does not fit the others; look for a mistyped digit",
        );
        assert!("".parse::<Npi>().is_err());
        assert!("１２３４５".parse::<Npi>().is_err());
    }
}
