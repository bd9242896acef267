//! Limits of working time and rest.

use super::Scope;
use crate::problem::DutySet;
use crate::rules::{Days, Measure, Over, Own, Rule, Strength};

fn minutes(scope: &Scope, over: Over, hours_max: i64) -> Own {
    let measure = Measure::Minutes { duties: scope.duties.all_work() };
    Own::Count { measure, over, min: None, max: Some(hours_max * 60), per: 60 }
}

fn days_off(over: Over, min: i64) -> Own {
    let measure = Measure::Duties { duties: DutySet::OFF, on: Days::ALL };
    Own::Count { measure, over, min: Some(min), max: None, per: 1 }
}

fn rest(scope: &Scope, after: DutySet, hours: u32) -> Own {
    Own::Rest { after, before: scope.duties.all_work(), minutes: hours * 60, per: 60 }
}

fn at_most(duties: DutySet, over: Over, max: i64) -> Own {
    let measure = Measure::Duties { duties, on: Days::ALL };
    Own::Count { measure, over, min: None, max: Some(max), per: 1 }
}

/// The European working time directive, 2003/88/EC.
///
/// - Article 3: 11 consecutive hours of rest in each 24.
/// - Article 5: 24 hours more in each 7 days; read as one whole day off, which with daily rest gives
///   the 35 hours.
/// - Article 6 with 16: 48 hours a week on average. The directive allows four months; 17 weeks are
///   used, so give as much history as there is. Paid leave credited to days away counts as worked
///   here, which is stricter than leaving those weeks out.
///
/// Not here: breaks inside a shift, the average of night workers, opting out, annual leave.
#[must_use]
pub fn eu_working_time(scope: &Scope) -> Vec<Rule> {
    let work = scope.duties.all_work();
    let average = minutes(scope, Over::Rolling { days: 119 }, 17 * 48);
    let weekly = days_off(Over::Rolling { days: 7 }, 1);
    let hard = Strength::Hard;
    vec![
        scope.rule("eu-daily-rest", "2003/88/EC article 3", hard, rest(scope, work, 11)),
        scope.rule("eu-weekly-rest", "2003/88/EC article 5", hard, weekly),
        scope.rule("eu-48-hours", "2003/88/EC articles 6 and 16", hard, average),
    ]
}

/// The clinical hours of residents by the ACGME common program requirements, section VI.F.
///
/// - 80 hours a week averaged over four weeks, home call worked included.
/// - One day in seven free, averaged over four weeks.
/// - 24 continuous hours, and up to 4 more for hand-off and education.
/// - 8 hours off between periods should be given (soft), 14 after 24 hours of call must.
/// - In-house call no more than every third night, averaged over four weeks.
///
/// Blocks of four weeks begin on the scope's first day.
#[must_use]
pub fn acgme(scope: &Scope) -> Vec<Rule> {
    let block = Over::Every { days: 28, from: scope.from };
    let work = scope.duties.all_work();
    let call = scope.lasting(|minutes| minutes >= 24 * 60);
    let too_long = scope.lasting(|minutes| minutes > 28 * 60);
    let source = "ACGME common program requirements VI.F";
    let hard = Strength::Hard;
    vec![
        scope.rule("acgme-80-hours", source, hard, minutes(scope, block, 4 * 80)),
        scope.rule("acgme-day-free", source, hard, days_off(block, 4)),
        scope.rule("acgme-24-hours", source, hard, at_most(too_long, Over::Horizon, 0)),
        scope.rule("acgme-8-hours-off", source, Strength::Soft(10), rest(scope, work, 8)),
        scope.rule("acgme-14-hours-off", source, hard, rest(scope, call, 14)),
        scope.rule("acgme-call", source, hard, at_most(call, block, 28 / 3)),
    ]
}

/// Advice of the American Nurses Association on fatigue: no shift beyond 12 hours, 60 hours in
/// 7 days, 10 hours between shifts. Advice, so soft.
#[must_use]
pub fn ana_fatigue(scope: &Scope) -> Vec<Rule> {
    let work = scope.duties.all_work();
    let long = scope.lasting(|minutes| minutes > 12 * 60);
    let source = "ANA position statement on nurse fatigue";
    let soft = Strength::Soft(10);
    vec![
        scope.rule("ana-12-hours", source, soft, at_most(long, Over::Horizon, 0)),
        scope.rule("ana-60-hours", source, soft, minutes(scope, Over::Rolling { days: 7 }, 60)),
        scope.rule("ana-rest", source, soft, rest(scope, work, 10)),
    ]
}
