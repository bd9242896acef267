//! Judges the parts of a problem: bounds, positions, ids, and rules that mean nothing.

use super::{
    CODES_MAX, DAYS_MAX, Demand, Duties, Fault, MINUTES_MAX, PEOPLE_MAX, Parts, Person, PersonIdx, Shift,
    WEIGHT_MAX,
};
use crate::rules::{Across, Kind, Measure, Over, Own, Rule, Sequence, Strength, WeekendOn, Who};
use std::collections::BTreeSet;

/// The most cells times codes of a problem: each becomes a cost in a table.
const TABLE_MAX: usize = 64_000_000;
/// The most people times duties times duties: what may follow each other.
const PAIRS_MAX: usize = 200_000_000;
/// The most rules.
const RULES_MAX: usize = 20_000;
/// The most rows of demand.
const DEMANDS_MAX: usize = 1_000_000;
/// The most requests of one person.
const REQUESTS_MAX: usize = 4_000;
/// The highest rate in cents an hour.
const PAY_MAX: i64 = 1_000_000;
/// The most points that a shift may cost.
const LABOR_MAX: i64 = 1_000_000_000;
/// How far from the horizon's first day a day may lie.
const DAY_MAX: i64 = 400;
/// The most of anything that is counted: twice the minutes of 400 days.
const COUNT_MAX: i64 = 1_152_000;
/// The most that all rules together may come to, far below where sums no longer fit.
const SUM_MAX: i128 = 1_000_000_000_000_000_000;

/// The duties, when everything fits.
pub(super) fn judge(parts: &Parts) -> Result<Duties, Vec<Fault>> {
    let mut judge = Judge { faults: Vec::new() };
    judge.sizes(parts);
    if !judge.faults.is_empty() {
        return Err(judge.faults);
    }
    judge.ids("people", parts.people.iter().map(|person| &person.id));
    judge.ids("shifts", parts.shifts.iter().map(|shift| &shift.id));
    judge.ids("skills", parts.skills.iter().map(|skill| &skill.id));
    judge.ids("units", parts.units.iter().map(|unit| &unit.id));
    judge.ids("rules", parts.rules.iter().map(|rule| &rule.id));
    for shift in &parts.shifts {
        judge.shift(parts, shift);
    }
    let duties = Duties::of(&parts.shifts);
    judge.table(parts, &duties);
    for person in &parts.people {
        judge.person(parts, &duties, person);
    }
    for (idx, demand) in parts.demands.iter().enumerate() {
        judge.demand(parts, idx, demand);
    }
    for rule in &parts.rules {
        judge.rule(parts, rule);
    }
    if judge.faults.is_empty() { Ok(duties) } else { Err(judge.faults) }
}

/// How much a rule takes when it is worked out.
fn rule_size(parts: &Parts, duties: &Duties, rule: &Rule) -> usize {
    let n_days = usize::from(parts.horizon.n_days);
    let n_people = match &rule.who {
        Who::Everyone => parts.people.len(),
        Who::These(people) => people.len(),
    };
    let long = |sequences: &[Sequence]| -> usize {
        let sizes = sequences.iter().map(|sequence| sequence.days.len() * duties.n_codes() + n_days);
        sizes.fold(0, usize::saturating_add)
    };
    match &rule.kind {
        Kind::Own(Own::Forbidden { sequences }) => n_people.saturating_mul(long(sequences)),
        Kind::Own(_) => n_people * (n_days + duties.n_codes()),
        Kind::Across(
            Across::Share { sets, .. }
            | Across::Company { sets, .. }
            | Across::Together { sets, .. }
            | Across::Apart { sets },
        ) => parts.people.len() + sets.len().saturating_mul(n_days + duties.n_codes()),
        Kind::Across(Across::Spread { .. }) => parts.people.len() * (n_days + duties.n_codes()),
    }
}

/// More points than a rule can ever come to.
fn worst(parts: &Parts, rule: &Rule) -> i128 {
    let wide = |n: usize| i128::try_from(n).unwrap_or(i128::MAX);
    let n_days = i128::from(parts.horizon.n_days);
    let n_people = match &rule.who {
        Who::Everyone => wide(parts.people.len()),
        Who::These(people) => wide(people.len()),
    };
    let weight = match rule.strength {
        Strength::Hard => 1,
        Strength::Cover(weight) | Strength::Soft(weight) => i128::from(weight),
        // A minute of the dearest person is less than what 60 hours may cost.
        Strength::Pay(percent) => i128::from(percent) * i128::from(LABOR_MAX) / 360_000,
    };
    let of_measure = |measure: &Measure, min: i64| match measure {
        Measure::Minutes { .. } => i128::from(COUNT_MAX),
        Measure::Duties { .. } | Measure::Weekends { .. } => i128::from(min) + 2 * i128::from(DAY_MAX),
    };
    let units = match &rule.kind {
        Kind::Own(Own::Count { measure, over, min, .. }) => {
            let n_windows = if *over == Over::Horizon { 1 } else { n_days + 7 };
            n_people * n_windows * (of_measure(measure, min.unwrap_or(0)))
        }
        Kind::Own(Own::Run { min, .. }) => n_people * n_days * (i128::from(*min) + 800),
        Kind::Own(Own::Rest { minutes, .. } | Own::Recovery { minutes, .. }) => {
            n_people * n_days * (i128::from(*minutes) + i128::from(MINUTES_MAX))
        }
        Kind::Own(Own::Forbidden { sequences }) => n_people * n_days * wide(sequences.len()),
        Kind::Own(Own::Overtime { .. }) => n_people * n_days * i128::from(COUNT_MAX),
        Kind::Own(Own::Published) => n_people * n_days,
        Kind::Across(
            Across::Share { sets, .. }
            | Across::Company { sets, .. }
            | Across::Together { sets, .. }
            | Across::Apart { sets },
        ) => n_people * n_days * wide(sets.len()),
        // Shares of the smallest contract count a hundredfold.
        Kind::Across(Across::Spread { measure, .. }) => n_people * 100 * of_measure(measure, 0),
    };
    units.saturating_mul(weight)
}

struct Judge {
    faults: Vec<Fault>,
}

impl Judge {
    fn tell(&mut self, fault: Fault) {
        if self.faults.len() < Fault::SHOWN_MAX {
            self.faults.push(fault);
        }
    }

    fn amount(&mut self, place: impl FnOnce() -> String, got: i64, min: i64, max: i64) {
        if !(min..=max).contains(&got) {
            self.tell(Fault::Amount { place: place(), got, min, max });
        }
    }

    fn count(&mut self, place: &str, got: usize, min: i64, max: usize) {
        let wide = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        self.amount(|| place.to_owned(), wide(got), min, wide(max));
    }

    fn inside(&mut self, place: impl FnOnce() -> String, what: &'static str, got: usize, n: usize) {
        if got >= n {
            self.tell(Fault::Outside { place: place(), what, got, n });
        }
    }

    fn meaning(&mut self, place: impl FnOnce() -> String, holds: bool, why: &'static str) {
        if !holds {
            self.tell(Fault::Meaning { place: place(), why });
        }
    }

    fn weight(&mut self, place: impl FnOnce() -> String, weight: i64) {
        self.amount(place, weight, 0, WEIGHT_MAX);
    }

    fn ids<'i>(&mut self, place: &str, ids: impl Iterator<Item = &'i String>) {
        let mut seen = BTreeSet::new();
        for id in ids {
            if !seen.insert(id) {
                self.tell(Fault::Twice { place: place.to_owned(), id: id.clone() });
            }
        }
    }

    fn sizes(&mut self, parts: &Parts) {
        self.count("people", parts.people.len(), 0, PEOPLE_MAX);
        self.count("days", usize::from(parts.horizon.n_days), 1, DAYS_MAX);
        self.count("shifts", parts.shifts.len(), 0, CODES_MAX - 1);
        self.count("skills", parts.skills.len(), 0, CODES_MAX - 1);
        self.count("units", parts.units.len(), 0, 1_000);
        self.count("rules", parts.rules.len(), 0, RULES_MAX);
        self.count("rows of demand", parts.demands.len(), 0, DEMANDS_MAX);
        let n_duties = parts.shifts.iter().map(|shift| shift.skills.len()).sum();
        self.count("duties (shifts times their skills)", n_duties, 0, CODES_MAX - 1);
        self.count("holidays", parts.horizon.holidays.len(), 0, DAYS_MAX);
        if let Some(money) = parts.money {
            self.amount(|| "points of money".to_owned(), money.points, 0, WEIGHT_MAX);
            self.amount(|| "cents of money".to_owned(), money.cents, 1, COUNT_MAX);
        }
    }

    fn table(&mut self, parts: &Parts, duties: &Duties) {
        let size = parts.people.len() * usize::from(parts.horizon.n_days) * duties.n_codes();
        self.count("people times days times duties", size, 0, TABLE_MAX);
        let wide = duties.n_codes() * duties.n_codes();
        self.count("people times duties times duties", parts.people.len() * wide, 0, PAIRS_MAX);
        let some = parts.demands.iter().filter(|demand| demand.who != Who::Everyone).count();
        self.count("people times rows of demand for some", parts.people.len() * some, 0, TABLE_MAX);
        let size =
            parts.rules.iter().map(|rule| rule_size(parts, duties, rule)).fold(0, usize::saturating_add);
        self.count("people, days and duties of all rules", size, 0, TABLE_MAX);
        let sum: i128 = parts.rules.iter().map(|rule| worst(parts, rule)).sum();
        let why = "together could cost more than can be added up; give smaller weights";
        self.meaning(|| "rules".to_owned(), sum <= SUM_MAX, why);
        let Some(published) = &parts.published else { return };
        let fits = published.n_days() == usize::from(parts.horizon.n_days)
            && published.n_people() == parts.people.len()
            && published.worked().all(|(_, _, cell)| cell.code() < duties.n_codes());
        let why = "has other people, days or duties than the problem; publish a roster of this problem";
        self.meaning(|| "published roster".to_owned(), fits, why);
    }

    fn shift(&mut self, parts: &Parts, shift: &Shift) {
        let place = |what: &str| format!("shift {}: {what}", shift.id);
        self.amount(|| place("start minute"), i64::from(shift.start_minute), 0, 1_439);
        self.amount(|| place("length in minutes"), i64::from(shift.length_minutes), 1, 2_880);
        self.amount(|| place("paid minutes"), i64::from(shift.paid_minutes), 0, 2_880);
        self.amount(|| place("pay percent"), i64::from(shift.pay_percent), 0, 1_000);
        for skill in &shift.skills {
            self.inside(|| place("skills"), "skill", skill.idx(), parts.skills.len());
        }
        let distinct: BTreeSet<_> = shift.skills.iter().collect();
        let is_distinct = distinct.len() == shift.skills.len();
        self.meaning(|| place("skills"), is_distinct, "names a skill twice; name each once");
        if let Some(unit) = shift.unit {
            self.inside(|| place("unit"), "unit", unit.idx(), parts.units.len());
        }
    }

    fn person(&mut self, parts: &Parts, duties: &Duties, person: &Person) {
        let place = |what: &str| format!("person {}: {what}", person.id);
        let n_days = usize::from(parts.horizon.n_days);
        self.amount(|| place("cents an hour"), person.pay_cents_per_hour, 0, PAY_MAX);
        if let Some(money) = parts.money.filter(|money| money.cents > 0) {
            let percent = parts.shifts.iter().map(|shift| shift.pay_percent).max().unwrap_or(0);
            // A shift lasts two days at most, and clocks change by some hours.
            let most = i128::from(person.pay_cents_per_hour) * i128::from(percent) * i128::from(money.points);
            let points = i64::try_from(most * 60 / (100 * i128::from(money.cents))).unwrap_or(i64::MAX);
            self.amount(|| place("points for a shift of 60 hours"), points, 0, LABOR_MAX);
        }
        self.amount(|| place("percent of full time"), i64::from(person.fte_percent), 0, 1_000);
        self.count(&place("history"), person.carry.history.len(), 0, DAYS_MAX);
        self.count(&place("requests"), person.requests.len(), 0, REQUESTS_MAX);
        if let Some(unit) = person.home {
            self.inside(|| place("home"), "unit", unit.idx(), parts.units.len());
        }
        for travel in &person.travel {
            self.inside(|| place("travel"), "unit", travel.unit.idx(), parts.units.len());
            self.weight(|| place("travel"), travel.points);
        }
        for away in &person.away {
            let (min, max) = (i64::from(away.first), i64::from(away.last));
            self.amount(|| place("away"), min, -DAY_MAX, DAY_MAX);
            self.amount(|| place("away"), max, -DAY_MAX, i64::try_from(n_days).unwrap_or(DAY_MAX) - 1);
            if min > max {
                self.tell(Fault::Backward { place: place("away"), min, max });
            }
            self.amount(|| place("away: credit"), i64::from(away.credit_minutes), 0, 1_440);
        }
        for (day, cell) in &person.locked {
            self.inside(|| place("locked"), "day", day.idx(), n_days);
            self.inside(|| place("locked"), "duty", cell.code(), duties.n_codes());
        }
        for cell in &person.carry.history {
            self.inside(|| place("history"), "duty", cell.code(), duties.n_codes());
        }
        for request in &person.requests {
            self.inside(|| place("requests"), "day", request.day.idx(), n_days);
            self.weight(|| place("requests"), request.weight);
        }
        for so_far in &person.carry.so_far {
            self.inside(|| place("so far"), "rule", so_far.rule.idx(), parts.rules.len());
            self.amount(|| place("so far"), so_far.amount, 0, COUNT_MAX);
        }
    }

    fn demand(&mut self, parts: &Parts, idx: usize, demand: &Demand) {
        let place = || format!("demand row {idx}");
        self.inside(place, "day", demand.day.idx(), usize::from(parts.horizon.n_days));
        self.who(place, parts, &demand.who);
        self.weight(place, demand.weights.under_minimum);
        self.weight(place, demand.weights.under_wanted);
        self.weight(place, demand.weights.over_maximum);
        if let Some(maximum) = demand.maximum.filter(|maximum| *maximum < demand.minimum.max(demand.wanted)) {
            let min = i64::from(demand.minimum.max(demand.wanted));
            self.tell(Fault::Backward { place: place(), min, max: i64::from(maximum) });
        }
    }

    fn who(&mut self, place: impl Fn() -> String, parts: &Parts, who: &Who) {
        let Who::These(people) = who else { return };
        let is_sorted = people.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
        self.meaning(&place, is_sorted, "lists people out of order or twice; use `Who::these`");
        for person in people {
            self.inside(&place, "person", person.idx(), parts.people.len());
        }
    }

    fn rule(&mut self, parts: &Parts, rule: &Rule) {
        let place = || format!("rule {}", rule.id);
        self.who(place, parts, &rule.who);
        match rule.strength {
            Strength::Hard => {}
            Strength::Cover(weight) | Strength::Soft(weight) => self.weight(place, weight),
            Strength::Pay(percent) => self.amount(place, percent, 0, 1_000),
        }
        let is_own = matches!(rule.kind, Kind::Own(_));
        let is_minutes = matches!(
            rule.kind,
            Kind::Own(Own::Overtime { .. } | Own::Count { measure: Measure::Minutes { .. }, .. })
        );
        let may_cover = !is_own || !matches!(rule.strength, Strength::Cover(_));
        self.meaning(place, may_cover, "weighs cover, and concerns single people; make it hard or soft");
        let may_pay = is_minutes || !matches!(rule.strength, Strength::Pay(_));
        self.meaning(place, may_pay, "costs pay, and does not count minutes; make it hard or soft");
        let has_money = parts.money.is_some() || !matches!(rule.strength, Strength::Pay(_));
        self.meaning(
            place,
            has_money,
            "costs pay, and the problem does not weigh money; say what cents weigh",
        );
        match &rule.kind {
            Kind::Own(own) => self.own(parts, rule, own),
            Kind::Across(across) => self.across(parts, rule, across),
        }
    }

    fn own(&mut self, parts: &Parts, rule: &Rule, own: &Own) {
        let place = || format!("rule {}", rule.id);
        match own {
            Own::Count { measure, over, min, max, per } => {
                self.measure(rule, measure);
                self.bounds(rule, min.unwrap_or(0), max.unwrap_or(COUNT_MAX));
                self.amount(place, i64::from(*per), 1, COUNT_MAX);
                match over {
                    Over::Horizon => {}
                    Over::Every { days, .. } | Over::Rolling { days } => self.days(rule, *days),
                }
            }
            Own::Run { min, max, .. } => {
                self.bounds(rule, i64::from(*min), max.map_or(COUNT_MAX, i64::from));
            }
            Own::Rest { minutes, per, .. } => {
                self.amount(place, i64::from(*minutes), 0, i64::from(MINUTES_MAX));
                self.amount(place, i64::from(*per), 1, COUNT_MAX);
            }
            Own::Recovery { n_days, minutes, per, .. } => {
                self.days(rule, *n_days);
                self.amount(place, i64::from(*minutes), 0, i64::from(MINUTES_MAX));
                self.amount(place, i64::from(*per), 1, COUNT_MAX);
            }
            Own::Forbidden { sequences } => {
                for sequence in sequences {
                    self.count(&place(), sequence.days.len(), 1, 60);
                }
            }
            Own::Overtime { days, per, .. } => {
                self.days(rule, *days);
                self.amount(place, i64::from(*per), 1, COUNT_MAX);
            }
            Own::Published => {
                let why = "compares with a published roster, and none is given; give one or drop the rule";
                self.meaning(place, parts.published.is_some(), why);
            }
        }
    }

    fn bounds(&mut self, rule: &Rule, min: i64, max: i64) {
        let place = || format!("rule {}", rule.id);
        self.amount(place, min, 0, COUNT_MAX);
        self.amount(place, max, 0, COUNT_MAX);
        if min > max {
            self.tell(Fault::Backward { place: place(), min, max });
        }
    }

    fn days(&mut self, rule: &Rule, days: u16) {
        self.count(&format!("rule {}: days", rule.id), usize::from(days), 1, DAYS_MAX);
    }

    fn measure(&mut self, rule: &Rule, measure: &Measure) {
        let Measure::Weekends { on } = measure else { return };
        let follows = |pair: &[WeekendOn]| matches!(pair, [a, b] if a.weekday.wrapping_add(1) == b.weekday);
        let is_row = !on.is_empty() && on.len() <= 6 && on.windows(2).all(follows);
        let why = "needs one to six weekdays in a row for a weekend; name them in order";
        self.meaning(|| format!("rule {}", rule.id), is_row, why);
    }

    fn across(&mut self, parts: &Parts, rule: &Rule, across: &Across) {
        let place = || format!("rule {}", rule.id);
        match across {
            Across::Share { part, at_least_percent, sets, .. } => {
                self.who(place, parts, part);
                self.amount(place, i64::from(*at_least_percent), 0, 100);
                self.count(&place(), sets.len(), 1, CODES_MAX);
            }
            Across::Company { with, per, sets } => {
                self.who(place, parts, with);
                self.amount(place, i64::from(*per), 1, i64::from(u16::MAX));
                self.count(&place(), sets.len(), 1, CODES_MAX);
            }
            Across::Together { partner, sets } => {
                self.inside(place, "person", PersonIdx::idx(*partner), parts.people.len());
                self.count(&place(), sets.len(), 1, CODES_MAX);
            }
            Across::Apart { sets } => self.count(&place(), sets.len(), 1, CODES_MAX),
            Across::Spread { measure, free, per, .. } => {
                self.measure(rule, measure);
                self.amount(place, *free, 0, COUNT_MAX);
                self.amount(place, i64::from(*per), 1, COUNT_MAX);
            }
        }
    }
}
