//! Rules on one person's own days, as the rules tell them.

use super::count::amounts;
use super::person::{Day, Life};
use super::{Breach, Verdict, price};
use crate::problem::{DutySet, Level, Wish};
use crate::rules::{Edges, Own, Rule, Sequence};

/// What single cells cost: skills, leave, locks, requests, labor.
pub(super) fn cells(life: &Life<'_>, verdict: &mut Verdict) {
    let problem = life.problem;
    for day in life.in_horizon() {
        let mut add = |level, points, rule: &str, words: String| {
            let (person, at) = (Some(life.idx), Some(day.day));
            verdict.add(Breach { level, points, rule: rule.to_owned(), person, day: at, words });
        };
        let (who, when, what) = (life.name(), day.name(), problem.cell_name(day.cell));
        if !may_work(life, day) {
            add(Level::Hard, 1, "eligible", format!("{who} may not work {what} on {when}"));
        }
        let number = u16::try_from(day.day).unwrap_or(u16::MAX);
        let is_away = life.person.away.iter().any(|away| (away.first..=away.last).contains(&day.day));
        if is_away && day.cell.is_work() {
            add(Level::Hard, 1, "away", format!("{who} is away on {when} and works {what}"));
        }
        for (on, locked) in &life.person.locked {
            if on.0 == number && *locked != day.cell {
                let locked = problem.cell_name(*locked);
                add(Level::Hard, 1, "locked", format!("{who} on {when} is settled as {locked}, not {what}"));
            }
        }
        for request in life.person.requests.iter().filter(|request| request.day.0 == number) {
            let is_granted = request.duties.has(day.cell) == (request.wish == Wish::For);
            if !is_granted {
                add(
                    Level::Soft,
                    request.weight,
                    "request",
                    format!("{who} wished otherwise than {what} on {when}"),
                );
            }
        }
        let labor = labor(life, day);
        add(Level::Soft, labor, "labor", format!("{who} works {what} on {when}"));
    }
}

fn may_work(life: &Life<'_>, day: &Day) -> bool {
    let Some((_, end)) = day.works else { return true };
    // The last minute of the shift must lie inside the credential, too.
    let zone = life.problem.calendar().horizon().zone.clone();
    let last_minute = end - jiff::SignedDuration::from_mins(1);
    let last = last_minute.to_zoned(zone).date();
    life.person.can.iter().any(|can| {
        let has_begun = can.from.is_none_or(|from| from <= day.date);
        let goes_on = can.until.is_none_or(|until| day.date < until && last < until);
        can.duties.has(day.cell) && has_begun && goes_on
    })
}

fn labor(life: &Life<'_>, day: &Day) -> i64 {
    let Some(shift) = life.problem.shift_of(day.cell) else { return 0 };
    let travel = life.person.travel.iter().filter(|travel| Some(travel.unit) == shift.unit);
    let travel: i64 = travel.map(|travel| travel.points).sum();
    let Some(money) = life.problem.parts().money else { return travel };
    let cents_times_6000 = i128::from(day.paid_minutes)
        * i128::from(life.person.pay_cents_per_hour)
        * i128::from(shift.pay_percent);
    let whole = 6_000 * i128::from(money.cents);
    let points = (cents_times_6000 * i128::from(money.points) + whole - 1) / whole;
    travel + i64::try_from(points).unwrap_or(i64::MAX)
}

/// Judges one rule for one person.
pub(super) fn judge(life: &Life<'_>, rule: &Rule, own: &Own, verdict: &mut Verdict) {
    let mut scribe = Scribe { life, rule, verdict };
    match own {
        Own::Count { measure, over, min, max, per } => {
            for amount in amounts(life, rule, measure, *over) {
                let (level, over) = scribe.price(*per, amount.total - max.unwrap_or(i64::MAX / 2));
                let (_, was) = scribe.price(*per, amount.before - max.unwrap_or(i64::MAX / 2));
                let short = min.filter(|_| amount.is_whole).map_or(0, |min| min - amount.total);
                let (_, short) = scribe.price(*per, short);
                let words = format!("has {} in {}", amount.total, amount.name);
                scribe.add(level, over - was + short, None, &words);
            }
        }
        Own::Run { duties, min, max, edges } => {
            scribe.runs(duties, i64::from(*min), max.map_or(i64::MAX / 2, i64::from), *edges);
        }
        Own::Rest { after, before, minutes, per } => scribe.rests(after, before, *minutes, *per),
        Own::Recovery { after, n_days, minutes, per } => scribe.recoveries(after, *n_days, *minutes, *per),
        Own::Forbidden { sequences } => sequences.iter().for_each(|sequence| scribe.sequence(sequence)),
        Own::Overtime { days, from, period_minutes, day_minutes, per } => {
            let limits = (i64::from(*period_minutes), day_minutes.map(i64::from));
            scribe.overtime((i32::from(*days), *from), limits, *per);
        }
        Own::Published => {
            let Some(published) = &life.problem.parts().published else { return };
            for (day, was) in life.in_horizon().zip(published.row(life.idx)) {
                if day.cell != *was {
                    let (level, points) = scribe.price(1, 1);
                    scribe.add(level, points, Some(day.day), "differs from the published roster");
                }
            }
        }
    }
}

struct Scribe<'a, 'p> {
    life: &'a Life<'p>,
    rule: &'a Rule,
    verdict: &'a mut Verdict,
}

impl Scribe<'_, '_> {
    fn price(&self, per: u32, units: i64) -> (Level, i64) {
        price(self.life.problem, self.rule, per, Some(self.life.person), units)
    }

    fn add(&mut self, level: Level, points: i64, day: Option<i32>, words: &str) {
        let when = day.map_or(String::new(), |day| format!(" on {}", self.life.problem.day_name(day)));
        let words = format!("{}{when} {words} (rule {})", self.life.name(), self.rule.id);
        let person = Some(self.life.idx);
        self.verdict.add(Breach { level, points, rule: self.rule.id.clone(), person, day, words });
    }

    fn runs(&mut self, duties: &DutySet, min: i64, max: i64, edges: Edges) {
        let days = &self.life.days;
        let mut first = 0;
        while first < days.len() {
            let length = days.iter().skip(first).take_while(|day| duties.has(day.cell)).count();
            let run: Vec<&Day> = days.iter().skip(first).take(length).collect();
            let (touches_start, touches_end) = (first == 0, first + length == days.len());
            first += length.max(1);
            let Some(last) = run.last() else { continue };
            // A run that was over before day 0 began was judged before; its end shows on day 0.
            if last.day < -1 {
                continue;
            }
            let is_open = edges == Edges::Open && (touches_start || touches_end);
            let n = i64::try_from(length).unwrap_or(i64::MAX);
            let n_before = i64::try_from(run.iter().filter(|day| day.day < 0).count()).unwrap_or(0);
            let too_many = (n - max).max(0) - (n_before - max).max(0);
            let too_few = if is_open { 0 } else { (min - n).max(0) };
            let (level, points) = self.price(1, too_many + too_few);
            self.add(
                level,
                points,
                Some(last.day),
                &format!("ends a run of {n} days; {min} to {max} are right"),
            );
        }
    }

    fn rests(&mut self, after: &DutySet, before: &DutySet, minutes: u32, per: u32) {
        let worked: Vec<&Day> = self.life.days.iter().filter(|day| day.works.is_some()).collect();
        for pair in worked.windows(2) {
            let [one, next] = pair else { continue };
            if next.day < 0 || !after.has(one.cell) || !before.has(next.cell) {
                continue;
            }
            self.rest_between(one, next, minutes, per);
        }
    }

    fn recoveries(&mut self, after: &DutySet, n_days: u16, minutes: u32, per: u32) {
        let worked: Vec<&Day> = self.life.days.iter().filter(|day| day.works.is_some()).collect();
        for pair in worked.windows(2) {
            let [one, next] = pair else { continue };
            let goes_on = next.day == one.day + 1 && after.has(next.cell);
            let is_of_run =
                |day: &i32| self.life.at(*day).is_some_and(|day| day.works.is_some() && after.has(day.cell));
            let run = (0..).map(|back| one.day - back).take_while(is_of_run).count();
            if next.day >= 0 && run > 0 && run >= usize::from(n_days) && !goes_on {
                self.rest_between(one, next, minutes, per);
            }
        }
    }

    fn rest_between(&mut self, one: &Day, next: &Day, minutes: u32, per: u32) {
        let Some(((_, end), (start, _))) = one.works.zip(next.works) else { return };
        let rest = start.duration_since(end).as_secs().div_euclid(60);
        let (level, points) = self.price(per, i64::from(minutes) - rest);
        let words = format!("starts {rest} minutes after the last duty; {minutes} are needed");
        self.add(level, points, Some(next.day), &words);
    }

    fn sequence(&mut self, sequence: &Sequence) {
        for start in &self.life.days {
            let days: Vec<Option<&Day>> =
                (start.day..).take(sequence.days.len()).map(|day| self.life.at(day)).collect();
            let holds =
                |(day, duties): (&Option<&Day>, &DutySet)| day.is_some_and(|day| duties.has(day.cell));
            let ends_here = days.last().copied().flatten().is_some_and(|day| day.day >= 0);
            let is_found = days.iter().zip(&sequence.days).all(holds);
            if is_found && ends_here && sequence.starting.has(start.weekday()) {
                let (level, points) = self.price(1, 1);
                self.add(level, points, Some(start.day), "begins a sequence that must not be");
            }
        }
    }

    fn overtime(
        &mut self,
        (n_days, from): (i32, jiff::civil::Date),
        (regular, daily): (i64, Option<i64>),
        per: u32,
    ) {
        let period_of = |day: &Day| from.until(day.date).map_or(0, |span| span.get_days()).div_euclid(n_days);
        let beyond = |days: &[&Day]| {
            let total: i64 = days.iter().map(|day| day.paid_minutes).sum();
            let by_day = daily
                .map_or(0, |daily| days.iter().map(|day| (day.paid_minutes - daily).max(0)).sum::<i64>());
            by_day.max(total - regular).max(0)
        };
        let mut periods: Vec<i32> = self.life.in_horizon().map(period_of).collect();
        periods.dedup();
        for period in periods {
            let days: Vec<&Day> = self.life.days.iter().filter(|day| period_of(day) == period).collect();
            let before: Vec<&Day> = days.iter().copied().filter(|day| day.day < 0).collect();
            let minutes = beyond(&days);
            let (level, points) = self.price(per, minutes);
            let (_, was) = self.price(per, beyond(&before));
            self.add(level, points - was, None, &format!("works {minutes} minutes of overtime in a period"));
        }
    }
}
