//! Money: whole minor units (cents) of a named currency, never a binary float.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A currency by its ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// An amount in whole minor units of its currency.
///
/// Amounts of different currencies are neither equal nor ordered, and do not add.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// Cents for the dollar, yen for the yen, thousandths for the dinar.
    pub minor: i64,
    /// What the units are units of.
    pub currency: Currency,
}

/// A text that is no currency code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{got}` is not a currency code; write three capital letters, such as USD")]
pub struct BadCurrency {
    /// The text as it came.
    pub got: String,
}

/// Why two amounts have no sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotAdd {
    /// The amounts are of two currencies.
    #[error("{left} and {right} cannot be added; convert one of them first")]
    Currencies {
        /// Currency of the first amount.
        left: Currency,
        /// Currency of the second amount.
        right: Currency,
    },
    /// The sum does not fit 64 bits, which no real ledger reaches.
    #[error("the sum of the amounts is beyond what can be kept; look for a mistyped amount")]
    TooLarge,
}

/// The weights of a split sum to zero, so there is nobody to give a share to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the weights of the split sum to 0; give at least one part a weight of 1 or more")]
pub struct NoWeight;

impl Currency {
    /// The dollar of the United States.
    pub const USD: Currency = Currency(*b"USD");
    /// The euro.
    pub const EUR: Currency = Currency(*b"EUR");
    /// The pound sterling.
    pub const GBP: Currency = Currency(*b"GBP");

    /// How many decimals the currency is written with (ISO 4217 minor unit).
    pub fn decimals(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF"
            | b"UGX" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    fn symbol(self) -> Option<&'static str> {
        match &self.0 {
            b"USD" => Some("$"),
            b"EUR" => Some("€"),
            b"GBP" => Some("£"),
            _ => None,
        }
    }
}

impl FromStr for Currency {
    type Err = BadCurrency;

    fn from_str(text: &str) -> Result<Currency, BadCurrency> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Currency(code)),
            Ok(_) | Err(_) => Err(BadCurrency { got: text.to_owned() }),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|&byte| write!(out, "{}", char::from(byte)))
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Money {
    /// So many minor units of a currency.
    pub fn new(minor: i64, currency: Currency) -> Money {
        Money { minor, currency }
    }

    /// Nothing, of a currency.
    pub fn zero(currency: Currency) -> Money {
        Money { minor: 0, currency }
    }

    /// This amount and another, exactly.
    pub fn plus(self, other: Money) -> Result<Money, CannotAdd> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(CannotAdd::TooLarge)?;
        Ok(Money { minor, ..self })
    }

    /// This amount less another, exactly.
    pub fn minus(self, other: Money) -> Result<Money, CannotAdd> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(CannotAdd::TooLarge)?;
        Ok(Money { minor, ..self })
    }

    /// The amount that cancels this one.
    pub fn negated(self) -> Result<Money, CannotAdd> {
        Money::zero(self.currency).minus(self)
    }

    /// The sum of many amounts, zero of `currency` where there are none.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Money>) -> Result<Money, CannotAdd> {
        amounts.into_iter().try_fold(Money::zero(currency), Money::plus)
    }

    /// Shares by weight that sum to the whole.
    ///
    /// Largest remainder first, ties to the lowest index. A negative amount is split as its
    /// positive twin and negated, so that a reversal cancels its entry part by part.
    pub fn split(self, weights: &[u32]) -> Result<Vec<Money>, NoWeight> {
        let total: i128 = weights.iter().map(|&weight| i128::from(weight)).sum();
        if total == 0 {
            return Err(NoWeight);
        }
        let whole = i128::from(self.minor).abs();
        let mut parts: Vec<Part> = weights
            .iter()
            .map(|&weight| whole * i128::from(weight))
            .map(|share| Part { minor: share / total, remainder: share % total })
            .collect();
        let left = whole - parts.iter().map(|part| part.minor).sum::<i128>();

        let mut by_remainder: Vec<&mut Part> = parts.iter_mut().collect();
        by_remainder.sort_by_key(|part| std::cmp::Reverse(part.remainder)); // stable: ties keep their order
        by_remainder.into_iter().zip(0..left).for_each(|(part, _)| part.minor += 1);

        let sign = i128::from(self.minor.signum());
        Ok(parts.into_iter().map(|part| Money { minor: within(sign * part.minor), ..self }).collect())
    }

    /// The amount as plain decimal text, `-1234.56`, for exports and interfaces.
    pub fn decimal(self) -> String {
        let sign = if self.minor < 0 { "-" } else { "" };
        let (whole, fraction) = self.digits();
        format!("{sign}{whole}{fraction}")
    }

    fn same_currency(self, other: Money) -> Result<(), CannotAdd> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(CannotAdd::Currencies { left: self.currency, right: other.currency })
    }

    /// Digits before the point, and the point with those after it (nothing for a currency without).
    fn digits(self) -> (u64, String) {
        let decimals = self.currency.decimals();
        let size = self.minor.unsigned_abs();
        let unit = 10_u64.pow(decimals);
        let fraction = match usize::try_from(decimals) {
            Ok(width @ 1..) => format!(".{:0width$}", size % unit),
            Ok(0) | Err(_) => String::new(),
        };
        (size / unit, fraction)
    }
}

impl PartialOrd for Money {
    fn partial_cmp(&self, other: &Money) -> Option<Ordering> {
        (self.currency == other.currency).then(|| self.minor.cmp(&other.minor))
    }
}

/// As people read it: `$1,234.56`, a true minus sign before a negative amount, and the code
/// in place of a symbol that could be mistaken (`CAD 12.00`).
impl fmt::Display for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor < 0 { "\u{2212}" } else { "" };
        let (whole, fraction) = self.digits();
        let whole = grouped(whole);
        match self.currency.symbol() {
            Some(symbol) => write!(out, "{sign}{symbol}{whole}{fraction}"),
            None => write!(out, "{sign}{} {whole}{fraction}", self.currency),
        }
    }
}

struct Part {
    minor: i128,
    remainder: i128,
}

/// A part is never larger than the whole it was cut from, so it fits where the whole did.
fn within(minor: i128) -> i64 {
    i64::try_from(minor).unwrap_or(if minor < 0 { i64::MIN } else { i64::MAX })
}

/// Thousands separated by commas.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (left, digit) in (0..digits.len()).rev().zip(digits.chars()) {
        text.push(digit);
        if left > 0 && left % 3 == 0 {
            text.push(',');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usd(minor: i64) -> Money {
        Money::new(minor, Currency::USD)
    }

    fn check_split(minor: i64, weights: &[u32], want: &[i64]) {
        let got: Vec<i64> = usd(minor).split(weights).unwrap().iter().map(|part| part.minor).collect();
        assert_eq!(got, want);
    }

    #[test]
    fn t_01_split_by_largest_remainder() {
        check_split(10_000, &[1, 1, 1], &[3_334, 3_333, 3_333]);
        check_split(12_345, &[50, 30, 20], &[6_173, 3_703, 2_469]);
    }

    #[test]
    fn a_negative_amount_splits_like_its_positive_twin() {
        check_split(-10_000, &[1, 1, 1], &[-3_334, -3_333, -3_333]);
        check_split(-1, &[1, 1], &[-1, 0]);
    }

    #[test]
    fn a_part_without_weight_gets_nothing_and_no_weight_at_all_is_refused() {
        check_split(100, &[0, 3, 0], &[0, 100, 0]);
        check_split(i64::MIN, &[u32::MAX], &[i64::MIN]);
        assert_eq!(usd(100).split(&[0, 0]), Err(NoWeight));
        assert_eq!(usd(100).split(&[]), Err(NoWeight));
    }

    #[test]
    fn currencies_do_not_mix() {
        let euro = Money::new(5, Currency::EUR);
        let refused = usd(5).plus(euro).unwrap_err();
        assert_eq!(refused.to_string(), "USD and EUR cannot be added; convert one of them first");
        assert_eq!(usd(5).partial_cmp(&euro), None);
        assert!(usd(5) < usd(6));
        assert_eq!(usd(i64::MAX).plus(usd(1)), Err(CannotAdd::TooLarge));
        assert_eq!(usd(i64::MIN).negated(), Err(CannotAdd::TooLarge));
        assert_eq!(Money::sum(Currency::USD, [usd(5), usd(-7)]), Ok(usd(-2)));
    }

    #[test]
    fn amounts_are_written_with_the_decimals_of_their_currency() {
        let check = |minor, code: &str, shown: &str, plain: &str| {
            let money = Money::new(minor, code.parse().unwrap());
            assert_eq!((money.to_string().as_str(), money.decimal().as_str()), (shown, plain));
        };
        check(123_456_789, "USD", "$1,234,567.89", "1234567.89");
        check(-5, "USD", "\u{2212}$0.05", "-0.05");
        check(99_900, "EUR", "€999.00", "999.00");
        check(1_000, "JPY", "JPY 1,000", "1000");
        check(1_234, "KWD", "KWD 1.234", "1.234");
    }

    #[test]
    fn a_currency_is_three_capital_letters() {
        let refused = "usd".parse::<Currency>().unwrap_err();
        assert_eq!(
            refused.to_string(),
            "`usd` is not a currency code; write three capital letters, such as USD"
        );
        assert!("USDX".parse::<Currency>().is_err());
    }

    proptest! {
        #[test]
        fn the_parts_of_a_split_sum_to_the_whole(
            minor in any::<i64>(),
            weights in prop::collection::vec(any::<u32>(), 1..40),
        ) {
            prop_assume!(weights.iter().any(|&weight| weight > 0));
            let parts = usd(minor).split(&weights).unwrap();
            prop_assert_eq!(parts.iter().map(|part| i128::from(part.minor)).sum::<i128>(), i128::from(minor));
            prop_assert!(parts.iter().all(|part| part.minor == 0 || part.minor.signum() == minor.signum()));
        }
    }
}
