//! Overtime pay in the United States.

use super::Scope;
use crate::rules::{Own, Rule, Strength};

/// The premium on top of straight pay: half the rate, which makes time and a half.
const PREMIUM_PERCENT: i64 = 50;

/// The standard of the Fair Labor Standards Act: time and a half beyond 40 hours of a fixed week.
///
/// 29 USC 207(a), US Department of Labor fact sheet 54. Weeks are not averaged. The regular rate is
/// the base rate here; differentials and bonuses belong to it by law and are left to payroll.
#[must_use]
pub fn flsa_40(scope: &Scope) -> Vec<Rule> {
    let own =
        Own::Overtime { days: 7, from: scope.from, period_minutes: 40 * 60, day_minutes: None, per: 60 };
    let source = "FLSA, 29 USC 207(a); DOL fact sheet 54";
    vec![scope.rule("flsa-40", source, Strength::Pay(PREMIUM_PERCENT), own)]
}

/// The "8 and 80" system for hospitals, by agreement made before the work: time and a half beyond
/// 8 hours of a day and beyond 80 hours of 14 fixed days, the one credited against the other.
///
/// 29 USC 207(j), US Department of Labor fact sheet 54. A day is the day a shift begins on.
#[must_use]
pub fn flsa_8_and_80(scope: &Scope) -> Vec<Rule> {
    let own = Own::Overtime {
        days: 14,
        from: scope.from,
        period_minutes: 80 * 60,
        day_minutes: Some(8 * 60),
        per: 60,
    };
    let source = "FLSA, 29 USC 207(j); DOL fact sheet 54";
    vec![scope.rule("flsa-8-80", source, Strength::Pay(PREMIUM_PERCENT), own)]
}
