//! Who is needed: what the hidden roster offers, less a little; and what people wish for.

use super::{CHARGE, Habit, Maker, NURSES, RN, SKILLS};
use crate::problem::{
    Cell, CoverWeights, DayIdx, Demand, DutySet, Parts, PersonIdx, Problem, Request, Roster, ShiftIdx,
    SkillIdx, Wish,
};
use crate::rules::Who;

/// The stretches of a day that are covered, by the shifts that cover them.
const STRETCHES: [&[&str]; 4] = [&["D12", "D8"], &["D12", "E8"], &["N12", "E8"], &["N12", "N8"]];

impl Maker {
    /// Nurses on a shift, in charge or not.
    pub(super) fn nurses_on(&self, shift: ShiftIdx) -> DutySet {
        self.duties.set(|duty| duty.shift == shift && NURSES.contains(&duty.skill))
    }

    /// Puts somebody in charge of every shift that has somebody for it, by turns.
    pub(super) fn lead(&self, problem: &Problem, habits: &[Habit], roster: &mut Roster) {
        let mut n_led = vec![0_u32; habits.len()];
        let n_days = roster.n_days();
        let shifts = 0..self.shifts.len();
        for (shift, day) in shifts.flat_map(|shift| DayIdx::all(n_days).map(move |day| (shift, day))) {
            let shift = ShiftIdx::at(shift);
            let cells = (self.duties.cell(shift, RN), self.duties.cell(shift, CHARGE));
            let (Some(nurse), Some(charge)) = cells else { continue };
            let at = i32::from(day.0);
            let may = |person: &PersonIdx| {
                roster.cell(*person, day) == nurse && problem.is_eligible(*person, at, charge)
            };
            let who = PersonIdx::all(habits.len())
                .filter(may)
                .min_by_key(|person| n_led.get(person.idx()).copied());
            if let Some(who) = who {
                roster.set(who, day, charge);
                n_led.iter_mut().skip(who.idx()).take(1).for_each(|n| *n += 1);
            }
        }
    }

    pub(super) fn add_demand(&mut self, parts: &mut Parts, roster: &Roster) {
        for unit in 0..self.size.n_units.max(1) {
            let is_mixed = unit % 5 == 4;
            let stretches: Vec<&[&str]> = if is_mixed {
                STRETCHES.to_vec()
            } else {
                [&["D12"][..], &["N12"], &["D8"], &["E8"], &["N8"]].to_vec()
            };
            for stretch in stretches {
                for skill in (0..SKILLS.len()).map(SkillIdx::at) {
                    let duties = self.duties.set(|duty| {
                        let shift = self.shifts.get(duty.shift.idx()).map_or("", |shift| shift.id.as_str());
                        let (of, id) = shift.split_once('-').unwrap_or_default();
                        // Who is in charge is a nurse as well.
                        let counts = duty.skill == skill || skill == RN && duty.skill == CHARGE;
                        of == format!("U{unit}") && stretch.contains(&id) && counts
                    });
                    if !duties.is_empty() {
                        let days = DayIdx::all(roster.n_days());
                        parts.demands.extend(days.map(|day| self.demand(day, (skill, duties), roster)));
                    }
                }
            }
        }
    }

    fn demand(&mut self, day: DayIdx, (skill, duties): (SkillIdx, DutySet), roster: &Roster) -> Demand {
        let there = PersonIdx::all(roster.n_people()).filter(|person| duties.has(roster.cell(*person, day)));
        let heads = u16::try_from(there.count()).unwrap_or(0);
        let is_charge = skill == CHARGE;
        let less = u16::from(heads > 1 && self.dice.happens(25));
        let minimum = if is_charge { heads.min(1) } else { heads - less };
        let wanted = minimum + u16::from(!is_charge && heads > 2 && self.dice.happens(30));
        let weights = CoverWeights { under_minimum: 1, under_wanted: 4, over_maximum: 2 };
        Demand { day, duties, who: Who::Everyone, minimum, wanted, maximum: Some(wanted), weights }
    }

    pub(super) fn add_wishes(&mut self, parts: &mut Parts) {
        let work = self.duties.all_work();
        let n_days = self.size.n_days;
        for person in &mut parts.people {
            let wish = |dice: &mut crate::testing::Dice| {
                let day = DayIdx(dice.small(0, n_days - 1));
                Request { day, duties: work, wish: Wish::Against, weight: dice.from_to(2, 8) }
            };
            person.requests = (0..n_days / 14).map(|_| wish(&mut self.dice)).collect();
            // Some would rather work.
            for request in person.requests.iter_mut().skip(2) {
                request.wish = Wish::For;
            }
        }
        debug_assert!(!work.has(Cell::OFF));
    }
}
