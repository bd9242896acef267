//! Small and strange problems with every kind of rule.

use super::Dice;
use crate::problem::{
    Away, Carry, Cell, CoverLevels, CoverWeights, DayIdx, Demand, Duties, DutySet, Eligible, Employment,
    Horizon, Level, MoneyWeight, Parts, Person, PersonIdx, Problem, Request, Roster, RuleIdx, Shift, Skill,
    SkillIdx, SoFar, Tags, Travel, Unit, UnitIdx, Weekdays, Wish,
};
use crate::rules::{
    Across, Days, Edges, Kind, Measure, Over, Own, Rule, Sequence, Spread, Strength, WeekendOn, Who,
};
use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// Zones, each with a day near one of its clock changes.
const PLACES: [(&str, Date); 6] = [
    ("UTC", date(2024, 2, 20)),
    ("America/New_York", date(2026, 10, 20)),
    ("America/New_York", date(2026, 3, 1)),
    ("Europe/Berlin", date(2026, 3, 20)),
    // Half an hour.
    ("Australia/Lord_Howe", date(2026, 9, 28)),
    // The change is at midnight.
    ("America/Santiago", date(2026, 8, 30)),
];

/// A problem of up to seven people and five weeks.
#[must_use]
pub fn any_problem(seed: u64) -> Parts {
    let mut maker = Maker::new(seed);
    let n_rules = maker.dice.below(9);
    let rules: Vec<Rule> = (0..n_rules).map(|idx| maker.rule(idx)).collect();
    let people: Vec<Person> = (0..maker.n_people).map(|idx| maker.person(idx, n_rules)).collect();
    let n_demands = maker.dice.below(usize::from(maker.n_days) * 3);
    let demands: Vec<Demand> = (0..n_demands).map(|_| maker.demand()).collect();
    let published = Some(maker.roster(maker.n_people));
    let mut level = || maker.dice.one_of(&[Level::Hard, Level::Cover, Level::Soft]);
    let levels = CoverLevels { under_minimum: level(), under_wanted: level(), over_maximum: level() };
    let (place, near) = maker.dice.one_of(&PLACES);
    let start = near.saturating_add(Span::new().days(maker.dice.from_to(-3, 12)));
    let any_holiday = |dice: &mut Dice| start.saturating_add(Span::new().days(dice.from_to(-10, 30)));
    let holidays = (0..4).map(|_| any_holiday(&mut maker.dice)).collect();
    Parts {
        name: format!("made up from seed {seed}"),
        horizon: Horizon {
            start,
            n_days: maker.n_days,
            zone: TimeZone::get(place).unwrap_or(TimeZone::UTC),
            holidays,
        },
        skills: (0..maker.n_skills).map(|idx| Skill { id: format!("skill{idx}") }).collect(),
        units: (0..2).map(|idx| Unit { id: format!("unit{idx}") }).collect(),
        shifts: maker.shifts,
        people,
        demands,
        rules,
        levels,
        money: Some(MoneyWeight { points: 3, cents: 700 }),
        published,
    }
}

/// A roster of a problem, with cells of all kinds.
#[must_use]
pub fn any_roster(problem: &Problem, seed: u64) -> Roster {
    let mut dice = Dice::new(seed);
    let mut roster = problem.empty_roster();
    for person in PersonIdx::all(problem.n_people()) {
        for cell in roster.row_mut(person) {
            *cell = any_cell(&mut dice, problem.n_codes());
        }
    }
    roster
}

/// A duty more often than off, because runs and rests want work.
fn any_cell(dice: &mut Dice, n_codes: usize) -> Cell {
    if dice.happens(25) {
        return Cell::OFF;
    }
    Cell(u16::try_from(dice.below(n_codes)).unwrap_or(0))
}

struct Maker {
    dice: Dice,
    n_people: usize,
    n_days: u16,
    n_skills: usize,
    shifts: Vec<Shift>,
    duties: Duties,
}

impl Maker {
    fn new(seed: u64) -> Maker {
        let mut dice = Dice::new(seed);
        let n_people = dice.below(8);
        let n_days = dice.small(1, 35);
        let n_skills = 1 + dice.below(3);
        let shifts: Vec<Shift> = (0..dice.below(5)).map(|idx| any_shift(&mut dice, idx, n_skills)).collect();
        let duties = Duties::of(&shifts);
        Maker { dice, n_people, n_days, n_skills, shifts, duties }
    }

    fn set(&mut self) -> DutySet {
        let all = self.duties.all_work();
        match self.dice.below(6) {
            0 => all,
            1 => all.complement(),
            2 => DutySet::OFF,
            _ => self.duties.cells().filter(|_| self.dice.happens(40)).collect(),
        }
    }

    fn who(&mut self) -> Who {
        if self.dice.happens(50) {
            return Who::Everyone;
        }
        Who::these(PersonIdx::all(self.n_people).filter(|_| self.dice.happens(60)))
    }

    fn day(&mut self) -> DayIdx {
        DayIdx(self.dice.small(0, self.n_days - 1))
    }

    fn weekdays(&mut self) -> Weekdays {
        let days: Vec<Weekday> = Weekdays::ALL.days().filter(|_| self.dice.happens(60)).collect();
        Weekdays::of(&days)
    }

    fn measure(&mut self) -> Measure {
        let duties = self.set();
        match self.dice.below(4) {
            0 => Measure::Minutes { duties },
            1 => {
                let first = self.dice.one_of(&[Weekday::Friday, Weekday::Saturday, Weekday::Sunday]);
                let n = 1 + self.dice.below(3);
                let on = first.cycle_forward().take(n);
                Measure::Weekends {
                    on: on.map(|weekday| WeekendOn { weekday, duties: self.set() }).collect(),
                }
            }
            2 => Measure::Duties { duties, on: Days::Holidays },
            _ => Measure::Duties { duties, on: Days::On(self.weekdays()) },
        }
    }

    fn over(&mut self) -> Over {
        let from = date(2026, 1, 1).saturating_add(Span::new().days(self.dice.from_to(-400, 400)));
        match self.dice.below(3) {
            0 => Over::Horizon,
            1 => Over::Every { days: self.dice.small(1, 20), from },
            _ => Over::Rolling { days: self.dice.small(1, 30) },
        }
    }

    fn rule(&mut self, idx: usize) -> Rule {
        let (kind, is_minutes) = if self.dice.happens(70) { self.own() } else { (self.across(), false) };
        let is_across = matches!(kind, Kind::Across(_));
        let weight = self.dice.from_to(0, 30);
        let strength = match self.dice.below(4) {
            0 => Strength::Hard,
            1 if is_minutes => Strength::Pay(50),
            2 if is_across => Strength::Cover(weight),
            _ => Strength::Soft(weight),
        };
        Rule { id: format!("rule{idx}"), source: String::new(), who: self.who(), strength, kind }
    }

    fn own(&mut self) -> (Kind, bool) {
        let per = u32::from(self.dice.small(1, 90));
        let min = self.dice.small(0, 6);
        let mut is_minutes = false;
        let own = match self.dice.below(8) {
            0 | 1 => {
                let measure = self.measure();
                is_minutes = matches!(measure, Measure::Minutes { .. });
                let scale = if is_minutes { 400 } else { 1 };
                let min = Some(i64::from(min) * scale).filter(|_| self.dice.happens(60));
                let more = self.dice.from_to(0, 8) * scale;
                let max = Some(min.unwrap_or(0) + more).filter(|_| self.dice.happens(70));
                Own::Count { measure, over: self.over(), min, max, per }
            }
            2 => {
                let more = self.dice.small(0, 4);
                let max = Some(min + more).filter(|_| self.dice.happens(70));
                let edges = self.dice.one_of(&[Edges::Open, Edges::Closed]);
                Own::Run { duties: self.set(), min, max, edges }
            }
            3 => {
                let minutes = u32::from(self.dice.small(0, 4_000));
                Own::Rest { after: self.set(), before: self.set(), minutes, per }
            }
            4 => {
                let minutes = u32::from(self.dice.small(0, 6_000));
                Own::Recovery { after: self.set(), n_days: self.dice.small(1, 4), minutes, per }
            }
            5 => {
                let n = 1 + self.dice.below(3);
                Own::Forbidden { sequences: (0..n).map(|_| self.sequence()).collect() }
            }
            6 => {
                is_minutes = true;
                let from = date(2026, 1, 1).saturating_add(Span::new().days(self.dice.from_to(-400, 400)));
                Own::Overtime {
                    days: self.dice.small(1, 16),
                    from,
                    period_minutes: u32::from(self.dice.small(0, 5_000)),
                    day_minutes: Some(480).filter(|_| self.dice.happens(60)),
                    per,
                }
            }
            _ => Own::Published,
        };
        (Kind::Own(own), is_minutes)
    }

    fn sequence(&mut self) -> Sequence {
        let n = 1 + self.dice.below(4);
        Sequence { starting: self.weekdays(), days: (0..n).map(|_| self.set()).collect() }
    }

    fn across(&mut self) -> Kind {
        let n_sets = 1 + self.dice.below(3);
        let sets: Vec<DutySet> = (0..n_sets).map(|_| self.set()).collect();
        Kind::Across(match self.dice.below(5) {
            0 => Across::Share {
                part: self.who(),
                part_duties: self.set(),
                at_least_percent: self.dice.small(0, 100),
                sets,
            },
            1 => Across::Company { with: self.who(), per: self.dice.one_of(&[1, 2, 3, u16::MAX]), sets },
            2 if self.n_people > 0 => {
                Across::Together { partner: PersonIdx::at(self.dice.below(self.n_people)), sets }
            }
            3 => Across::Apart { sets },
            _ => Across::Spread {
                measure: self.measure(),
                by: self.dice.one_of(&[Spread::Range, Spread::Deviations]),
                is_by_fte: self.dice.happens(50),
                free: self.dice.from_to(0, 5),
                per: u32::from(self.dice.small(1, 40)),
            },
        })
    }

    fn person(&mut self, idx: usize, n_rules: usize) -> Person {
        let n_known = self.dice.one_of(&[0, 0, 1, 3, 9, 25]);
        let n_codes = self.duties.n_codes();
        let history: Vec<Cell> = (0..n_known).map(|_| any_cell(&mut self.dice, n_codes)).collect();
        let (_, near) = self.dice.one_of(&PLACES);
        let last_end =
            near.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).unwrap_or(Timestamp::UNIX_EPOCH);
        let so_far =
            |dice: &mut Dice| SoFar { rule: RuleIdx::at(dice.below(n_rules)), amount: dice.from_to(0, 9) };
        let carry = Carry {
            history,
            last_end: Some(last_end).filter(|_| self.dice.happens(15)),
            so_far: (0..n_rules.min(2)).map(|_| so_far(&mut self.dice)).collect(),
        };
        Person {
            id: format!("person{idx}"),
            name: String::new(),
            employment: self.dice.one_of(&[Employment::Staff, Employment::Float, Employment::Agency]),
            home: Some(UnitIdx(0)),
            fte_percent: self.dice.one_of(&[0, 50, 60, 100]),
            pay_cents_per_hour: self.dice.from_to(0, 9_000),
            can: (0..1 + self.dice.below(3)).map(|_| self.eligible()).collect(),
            away: (0..self.dice.below(2)).map(|_| self.away()).collect(),
            locked: (0..self.dice.below(3))
                .map(|_| (self.day(), any_cell(&mut self.dice, n_codes)))
                .collect(),
            requests: (0..self.dice.below(6)).map(|_| self.request()).collect(),
            travel: vec![Travel { unit: UnitIdx(1), points: self.dice.from_to(0, 9) }],
            carry,
        }
    }

    fn eligible(&mut self) -> Eligible {
        let duties: DutySet = self.duties.cells().filter(|_| self.dice.happens(80)).collect();
        let (_, near) = self.dice.one_of(&PLACES);
        let from = Some(near).filter(|_| self.dice.happens(20));
        let until = near.saturating_add(Span::new().days(self.dice.from_to(0, 30)));
        Eligible { duties, from, until: Some(until).filter(|_| self.dice.happens(30)) }
    }

    fn away(&mut self) -> Away {
        let last = i32::from(self.dice.small(0, self.n_days - 1));
        let length = i32::from(self.dice.small(0, 9));
        Away { first: last - length, last, credit_minutes: u32::from(self.dice.small(0, 480)) }
    }

    fn request(&mut self) -> Request {
        let wish = self.dice.one_of(&[Wish::For, Wish::Against]);
        Request { day: self.day(), duties: self.set(), wish, weight: self.dice.from_to(0, 20) }
    }

    fn demand(&mut self) -> Demand {
        let minimum = self.dice.small(0, 3);
        let wanted = minimum + self.dice.small(0, 2);
        let more = self.dice.small(0, 2);
        let mut weight = || self.dice.from_to(0, 100);
        let weights =
            CoverWeights { under_minimum: weight(), under_wanted: weight(), over_maximum: weight() };
        Demand {
            day: self.day(),
            duties: self.set(),
            who: self.who(),
            minimum,
            wanted,
            maximum: Some(wanted + more).filter(|_| self.dice.happens(50)),
            weights,
        }
    }

    fn roster(&mut self, n_people: usize) -> Roster {
        let mut roster = Roster::empty(n_people, usize::from(self.n_days));
        for person in PersonIdx::all(n_people) {
            for cell in roster.row_mut(person) {
                *cell = any_cell(&mut self.dice, self.duties.n_codes());
            }
        }
        roster
    }
}

fn any_shift(dice: &mut Dice, idx: usize, n_skills: usize) -> Shift {
    let length_minutes = u32::from(dice.one_of(&[240_u16, 480, 600, 720, 1_440, 1_620]));
    Shift {
        id: format!("shift{idx}"),
        start_minute: u32::from(dice.small(0, 1_439)),
        length_minutes,
        paid_minutes: length_minutes - u32::from(dice.one_of(&[0_u16, 30, 240])),
        tags: dice.one_of(&[Tags::DAY, Tags::NIGHT, Tags::NONE]),
        unit: dice.one_of(&[None, Some(UnitIdx(0)), Some(UnitIdx(1))]),
        skills: (0..n_skills).map(SkillIdx::at).filter(|_| dice.happens(70)).collect(),
        pay_percent: u32::from(dice.one_of(&[100_u16, 115])),
    }
}
