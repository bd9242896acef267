//! Problems in the shape of a real hospital, around a roster that is known to be legal.
//!
//! A hidden roster is drawn first, person by person, from habits of the trade: twelve-hour people work
//! three days a week, eight-hour people four or five, every other weekend is worked. Rows that break
//! what must hold are drawn again. The demand is then what the hidden roster offers, less a little: the
//! roster is legal and nowhere below the minimum, whatever else it costs.

#![expect(clippy::indexing_slicing, reason = "days and weeks are numbered here")]

mod demand;
mod rules;

use super::Dice;
use crate::evaluate::Evaluator;
use crate::problem::{
    Away, Carry, Cell, CoverLevels, Duties, Eligible, Employment, Horizon, Parts, Person, PersonIdx, Problem,
    Roster, Shift, ShiftIdx, Skill, SkillIdx, Tags, Travel, Unit, UnitIdx,
};
use jiff::Span;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

/// How large a made-up hospital is.
#[derive(Clone, Copy, Debug)]
pub struct HospitalSize {
    /// How many people.
    pub n_people: usize,
    /// How many days; whole fortnights are best.
    pub n_days: u16,
    /// How many units; the people are shared out between them.
    pub n_units: usize,
}

/// A hospital, and a roster that is legal and nowhere below the minimum.
#[derive(Clone, Debug)]
pub struct Hospital {
    /// The problem.
    pub parts: Parts,
    /// The roster its demand was drawn from.
    pub hidden: Roster,
}

/// A Monday; clocks change in the second week.
const START: Date = date(2026, 10, 19);
const DAYS_BEFORE: usize = 14;
const SKILLS: [&str; 6] = ["Charge", "RN", "LPN", "CNA", "Tech", "Clerk"];
const CHARGE: SkillIdx = SkillIdx(0);
const RN: SkillIdx = SkillIdx(1);
const NURSES: [SkillIdx; 2] = [CHARGE, RN];

/// Name, start, length, paid minutes, tag; the half hour between overlaps with the next shift.
const SHIFTS: [(&str, u32, u32, u32, Tags); 5] = [
    ("D12", 7 * 60, 750, 720, Tags::DAY),
    ("N12", 19 * 60, 750, 720, Tags::NIGHT),
    ("D8", 7 * 60, 510, 480, Tags::DAY),
    ("E8", 15 * 60, 510, 480, Tags::EVENING),
    ("N8", 23 * 60, 510, 480, Tags::NIGHT),
];

/// The most draws for a person's row.
const DRAWS_MAX: usize = 2_000;

/// How somebody works.
#[derive(Clone, Debug)]
struct Habit {
    unit: usize,
    skill: SkillIdx,
    is_long: bool,
    /// Days in a week.
    n_days: usize,
    /// The shift of most fortnights, and the one of the others.
    shifts: [ShiftIdx; 2],
    /// Which weekends are worked: the even or the odd ones.
    parity: usize,
    may_lead: bool,
    is_float: bool,
}

/// A made-up hospital of a size.
#[must_use]
pub fn hospital(seed: u64, size: HospitalSize) -> Hospital {
    let mut maker = Maker::new(seed, size);
    let habits: Vec<Habit> = (0..size.n_people).map(|idx| maker.habit(idx)).collect();
    let mut parts = maker.parts(&habits);
    let mut hidden = Roster::empty(size.n_people, usize::from(size.n_days));
    if let Ok(problem) = Problem::new(parts.clone()) {
        let evaluator = Evaluator::new(&problem);
        for (person, habit) in PersonIdx::all(size.n_people).zip(&habits) {
            let row = maker.row(&evaluator, person, habit);
            hidden.row_mut(person).copy_from_slice(&row);
        }
        maker.lead(&problem, &habits, &mut hidden);
    }
    maker.add_company(&mut parts, &habits, &hidden);
    maker.add_demand(&mut parts, &hidden);
    maker.add_wishes(&mut parts);
    Hospital { parts, hidden }
}

struct Maker {
    dice: Dice,
    size: HospitalSize,
    shifts: Vec<Shift>,
    duties: Duties,
}

impl Maker {
    fn new(seed: u64, size: HospitalSize) -> Maker {
        let skills: Vec<SkillIdx> = (0..SKILLS.len()).map(SkillIdx::at).collect();
        let of_unit = |unit: usize| {
            let all = SHIFTS.iter().filter(move |(id, ..)| is_worked_in(unit, id));
            all.map(move |(id, start_minute, length_minutes, paid_minutes, tags)| Shift {
                id: format!("U{unit}-{id}"),
                start_minute: *start_minute,
                length_minutes: *length_minutes,
                paid_minutes: *paid_minutes,
                tags: *tags,
                unit: Some(UnitIdx::at(unit)),
                skills: Vec::new(),
                pay_percent: 100,
            })
        };
        let mut shifts: Vec<Shift> = (0..size.n_units.max(1)).flat_map(of_unit).collect();
        shifts.iter_mut().for_each(|shift| shift.skills.clone_from(&skills));
        let duties = Duties::of(&shifts);
        Maker { dice: Dice::new(seed), size, shifts, duties }
    }

    /// The shifts of a unit that are long or not.
    fn shifts_of(&self, unit: usize, is_long: bool) -> Vec<ShiftIdx> {
        let fits =
            |shift: &Shift| shift.unit == Some(UnitIdx::at(unit)) && (shift.paid_minutes > 480) == is_long;
        let all = self.shifts.iter().enumerate().filter(|(_, shift)| fits(shift));
        all.map(|(idx, _)| ShiftIdx::at(idx)).collect()
    }

    fn habit(&mut self, idx: usize) -> Habit {
        let unit = idx % self.size.n_units.max(1);
        // In the order of hiring, so that every unit has its share of each.
        let skill = match (idx / self.size.n_units.max(1)) % 20 {
            0..=10 => RN,
            11 | 12 => SkillIdx(2),
            13..=16 => SkillIdx(3),
            17 => SkillIdx(4),
            18 => SkillIdx(5),
            _ => RN,
        };
        let has = |is_long: bool| !self.shifts_of(unit, is_long).is_empty();
        let is_long = has(true) && (!has(false) || self.dice.happens(50));
        let of_unit = self.shifts_of(unit, is_long);
        let n_days = match (is_long, self.dice.happens(30)) {
            (true, false) => 3,
            (true, true) => 2,
            (false, false) => 5,
            (false, true) => 3,
        };
        let first = self.dice.one_of(&of_unit);
        let second = if self.dice.happens(30) { self.dice.one_of(&of_unit) } else { first };
        Habit {
            unit,
            skill,
            is_long,
            n_days,
            shifts: [first, second],
            parity: self.dice.below(2),
            may_lead: skill == RN && self.dice.happens(65),
            is_float: self.dice.happens(6),
        }
    }

    fn parts(&mut self, habits: &[Habit]) -> Parts {
        let people = (0..).zip(habits).map(|(idx, habit)| self.person(idx, habit)).collect();
        let rules = self.rules(habits);
        Parts {
            name: "made-up hospital".to_owned(),
            horizon: Horizon {
                start: START,
                n_days: self.size.n_days,
                zone: TimeZone::get("America/New_York").unwrap_or(TimeZone::UTC),
                holidays: Vec::new(),
            },
            skills: SKILLS.map(|id| Skill { id: id.to_owned() }).to_vec(),
            units: (0..self.size.n_units.max(1)).map(|unit| Unit { id: format!("U{unit}") }).collect(),
            shifts: self.shifts.clone(),
            people,
            demands: Vec::new(),
            rules,
            levels: CoverLevels::OWN,
            money: None,
            published: None,
        }
    }

    fn person(&mut self, idx: usize, habit: &Habit) -> Person {
        let next_unit = (habit.unit + 1) % self.size.n_units.max(1);
        let may_work = |shift: ShiftIdx, skill: SkillIdx| {
            let unit = self.shifts.get(shift.idx()).and_then(|shift| shift.unit).map(UnitIdx::idx);
            let is_long = self.shifts.get(shift.idx()).is_some_and(|shift| shift.paid_minutes > 480);
            let is_home = unit == Some(habit.unit) && (is_long == habit.is_long || habit.is_float);
            (is_home || habit.is_float && unit == Some(next_unit)) && habit.skill == skill
        };
        let usual = self.duties.set(|duty| may_work(duty.shift, duty.skill));
        let leading = self.duties.set(|duty| duty.skill == CHARGE && may_work(duty.shift, RN));
        let mut can = vec![Eligible { duties: usual, from: None, until: None }];
        if habit.may_lead {
            let ends = START.saturating_add(Span::new().days(self.dice.from_to(10, 40)));
            can.push(Eligible {
                duties: leading,
                from: None,
                until: Some(ends).filter(|_| self.dice.happens(5)),
            });
        }
        let n_weeks = usize::from(self.size.n_days) / 7;
        let week = i32::try_from(self.dice.below(n_weeks)).unwrap_or(0);
        let minutes = habit.n_days * if habit.is_long { 720 } else { 480 };
        let credit_minutes = u32::try_from(minutes / 7).unwrap_or(0);
        let leave = Away { first: 7 * week, last: 7 * week + 6, credit_minutes };
        let away: Vec<Away> = Some(leave).filter(|_| self.dice.happens(20)).into_iter().collect();
        Person {
            id: format!("P{idx}"),
            employment: if habit.is_float { Employment::Float } else { Employment::Staff },
            home: Some(UnitIdx::at(habit.unit)),
            fte_percent: if matches!((habit.is_long, habit.n_days), (true, 3) | (false, 5)) {
                100
            } else {
                60
            },
            pay_cents_per_hour: 3_000,
            can,
            away,
            travel: if next_unit == habit.unit {
                Vec::new()
            } else {
                vec![Travel { unit: UnitIdx::at(next_unit), points: 3 }]
            },
            carry: Carry { history: self.draw(habit, -2, DAYS_BEFORE, &[]), ..Carry::default() },
            ..Person::default()
        }
    }

    /// Days of habit from the first day of a week on.
    fn draw(&mut self, habit: &Habit, first_week: i64, n_days: usize, away: &[Away]) -> Vec<Cell> {
        let mut row = Vec::new();
        let mut shift = habit.shifts[0];
        for week in (first_week..).take(n_days.div_ceil(7)) {
            if week.rem_euclid(2) == 0 {
                shift = self.dice.one_of(&habit.shifts);
            }
            let is_on = (week + i64::try_from(habit.parity).unwrap_or(0)).rem_euclid(2) == 0;
            let mut days = [false; 7];
            let (from, until) = if is_on { (0, 4) } else { (0, 5) };
            if is_on {
                days[5..].fill(true);
            }
            while days.iter().filter(|day| **day).count() < habit.n_days.min(if is_on { 5 } else { 4 }) {
                days[from + self.dice.below(until - from)] = true;
            }
            let cell = self.duties.cell(shift, habit.skill).unwrap_or(Cell::OFF);
            row.extend(days.map(|day| if day { cell } else { Cell::OFF }));
        }
        row.truncate(n_days);
        for (cell, day) in row.iter_mut().zip(0..) {
            if away.iter().any(|away| (away.first..=away.last).contains(&day)) {
                *cell = Cell::OFF;
            }
        }
        row
    }

    /// A legal row of habit; days are taken off one by one where there is none.
    fn row(&mut self, evaluator: &Evaluator<'_>, person: PersonIdx, habit: &Habit) -> Vec<Cell> {
        let n_days = usize::from(self.size.n_days);
        let away = evaluator.problem().person(person).away.clone();
        let hard = |row: &[Cell]| evaluator.plan(person).cost(row).hard;
        let mut best = self.draw(habit, 0, n_days, &away);
        for _ in 0..DRAWS_MAX {
            if hard(&best) == 0 {
                return best;
            }
            let mut row = self.draw(habit, 0, n_days, &away);
            // What is fine up to a day is kept up to there.
            let from = self.dice.below(n_days / 7) * 7;
            row[..from].copy_from_slice(&best[..from]);
            if hard(&row) > hard(&best) {
                let day = self.dice.below(n_days);
                row.copy_from_slice(&best);
                row[day] = if row[day].is_off() {
                    self.duties.cell(habit.shifts[0], habit.skill).unwrap_or(Cell::OFF)
                } else {
                    Cell::OFF
                };
            }
            if hard(&row) <= hard(&best) {
                best = row;
            }
        }
        best
    }
}

/// Units with long shifts, with short ones, and with both.
fn is_worked_in(unit: usize, shift: &str) -> bool {
    match unit % 5 {
        0 | 1 => shift.ends_with("12"),
        2 | 3 => shift.ends_with('8'),
        _ => true,
    }
}
