//! Looks up the names of the JSON and puts the parts together.

use super::raw;
use crate::problem::{
    Away, Carry, Cell, CoverLevels, CoverWeights, DAYS_MAX, DayIdx, Demand, Duties, Duty, DutySet, Eligible,
    Employment, Horizon, Level, MoneyWeight, Parts, Person, PersonIdx, Request, Roster, RuleIdx, Shift,
    ShiftIdx, Skill, SkillIdx, SoFar, Tags, Travel, Unit, UnitIdx, Weekdays, Wish,
};
use crate::read::issue::Issues;
use crate::rules::{
    Across, Days, Edges, Kind, Measure, Over, Own, Rule, Sequence, Spread, Strength, WeekendOn, Who, sets,
};
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// The most days times people of all demand.
const SIZE_MAX: usize = 64_000_000;

/// The parts, as far as they can be told; what is wrong goes to `issues`.
pub(super) fn parts(text: &str, raw: &raw::Problem, issues: &mut Issues) -> Option<Parts> {
    if raw.format != "helmward-roster" || raw.version != 1 {
        let got = format!("{} version {}", raw.format, raw.version);
        issues.tell(1, &got, "helmward-roster version 1");
        return None;
    }
    if raw.horizon.days == 0 || usize::from(raw.horizon.days) > DAYS_MAX {
        let expected = format!("1 to {DAYS_MAX} days of the horizon");
        issues.tell(line_of(text, "\"days\""), &raw.horizon.days.to_string(), expected);
        return None;
    }
    let mut builder = Builder::new(text, raw, issues);
    let zone = builder.zone();
    builder.shifts();
    builder.duties = Duties::of(&builder.shifts);
    builder.groups();
    let rules = builder.rules();
    builder.rule_ids = rules.iter().map(|rule| rule.id.clone()).zip((0..).map(RuleIdx)).collect();
    if !builder.demand_is_bounded() {
        return None;
    }
    let people = raw.people.iter().map(|person| builder.person(person)).collect();
    let demands = raw.demand.iter().flat_map(|demand| builder.demand(demand)).collect();
    let published = builder.published();
    let horizon = Horizon {
        start: raw.horizon.start,
        n_days: raw.horizon.days,
        zone: zone?,
        holidays: raw.horizon.holidays.clone(),
    };
    let level = |level| match level {
        raw::Level::Hard => Level::Hard,
        raw::Level::Cover => Level::Cover,
        raw::Level::Soft => Level::Soft,
    };
    Some(Parts {
        name: raw.name.clone(),
        horizon,
        skills: raw.skills.iter().map(|id| Skill { id: id.clone() }).collect(),
        units: raw.units.iter().map(|id| Unit { id: id.clone() }).collect(),
        people,
        demands,
        rules,
        shifts: builder.shifts,
        levels: CoverLevels {
            under_minimum: level(raw.levels.under_minimum),
            under_wanted: level(raw.levels.under_wanted),
            over_maximum: level(raw.levels.over_maximum),
        },
        money: raw.money.as_ref().map(|money| MoneyWeight { points: money.points, cents: money.cents }),
        published,
    })
}

/// The first line that has a text; 1 when none does.
fn line_of(text: &str, wanted: &str) -> usize {
    text.lines().position(|line| line.contains(wanted)).map_or(1, |idx| idx + 1)
}

fn by_name<'r, I: Copy>(
    names: impl Iterator<Item = &'r String>,
    idx: fn(usize) -> I,
) -> BTreeMap<&'r str, I> {
    names.map(String::as_str).zip((0..).map(idx)).collect()
}

struct Builder<'r, 'i> {
    text: &'r str,
    raw: &'r raw::Problem,
    issues: &'i mut Issues,
    skill_ids: BTreeMap<&'r str, SkillIdx>,
    unit_ids: BTreeMap<&'r str, UnitIdx>,
    shift_ids: BTreeMap<&'r str, ShiftIdx>,
    person_ids: BTreeMap<&'r str, PersonIdx>,
    rule_ids: BTreeMap<String, RuleIdx>,
    group_people: BTreeMap<&'r str, Vec<PersonIdx>>,
    shifts: Vec<Shift>,
    duties: Duties,
}

impl<'r, 'i> Builder<'r, 'i> {
    fn new(text: &'r str, raw: &'r raw::Problem, issues: &'i mut Issues) -> Builder<'r, 'i> {
        Builder {
            text,
            raw,
            issues,
            skill_ids: by_name(raw.skills.iter(), SkillIdx::at),
            unit_ids: by_name(raw.units.iter(), UnitIdx::at),
            shift_ids: by_name(raw.shifts.iter().map(|shift| &shift.id), ShiftIdx::at),
            person_ids: by_name(raw.people.iter().map(|person| &person.id), PersonIdx::at),
            rule_ids: BTreeMap::new(),
            group_people: BTreeMap::new(),
            shifts: Vec::new(),
            duties: Duties::default(),
        }
    }

    /// Tells of a value, with the first line that has it.
    fn tell(&mut self, got: &str, expected: &str) {
        if self.issues.is_full() {
            return;
        }
        let quoted = serde_json::to_string(got).unwrap_or_default();
        self.issues.tell(line_of(self.text, &quoted), got, expected);
    }

    fn found<I: Copy>(&mut self, found: Option<&I>, id: &str, what: &str) -> Option<I> {
        if found.is_none() {
            self.tell(id, what);
        }
        found.copied()
    }

    fn skill(&mut self, id: &str) -> Option<SkillIdx> {
        let found = self.skill_ids.get(id).copied();
        self.found(found.as_ref(), id, "a skill of `skills`")
    }

    fn unit(&mut self, id: &str) -> Option<UnitIdx> {
        let found = self.unit_ids.get(id).copied();
        self.found(found.as_ref(), id, "a unit of `units`")
    }

    fn shift(&mut self, id: &str) -> Option<ShiftIdx> {
        let found = self.shift_ids.get(id).copied();
        self.found(found.as_ref(), id, "a shift of `shifts`")
    }

    fn somebody(&mut self, id: &str) -> Option<PersonIdx> {
        let found = self.person_ids.get(id).copied();
        self.found(found.as_ref(), id, "a person of `people`")
    }

    fn zone(&mut self) -> Option<TimeZone> {
        let zone = TimeZone::get(&self.raw.horizon.zone).ok();
        if zone.is_none() {
            self.tell(&self.raw.horizon.zone, "a time zone such as America/New_York");
        }
        zone
    }

    fn shifts(&mut self) {
        for raw in &self.raw.shifts {
            let start: Option<Time> = raw.start.parse().ok().filter(|_| raw.start.len() == 5);
            if start.is_none() {
                self.tell(&raw.start, "a time of day such as 07:00");
            }
            let minute = start.map_or(0, |time| i32::from(time.hour()) * 60 + i32::from(time.minute()));
            let unit = raw.unit.as_ref().and_then(|unit| self.unit(unit));
            let skills = match &raw.skills {
                Some(skills) => skills.iter().filter_map(|skill| self.skill(skill)).collect(),
                None => SkillIdx::all(self.raw.skills.len()).collect(),
            };
            self.shifts.push(Shift {
                id: raw.id.clone(),
                start_minute: u32::try_from(minute).unwrap_or(0),
                length_minutes: raw.minutes,
                paid_minutes: raw.paid_minutes.unwrap_or(raw.minutes),
                tags: tags(&raw.tags),
                unit,
                skills,
                pay_percent: raw.pay_percent,
            });
        }
    }

    fn groups(&mut self) {
        for group in &self.raw.groups {
            let people = group.people.iter().filter_map(|id| self.somebody(id)).collect();
            if self.group_people.insert(&group.id, people).is_some() {
                self.tell(&group.id, "a group not named before");
            }
        }
    }

    fn set(&mut self, raw: &raw::Duties) -> DutySet {
        let shifts: Option<Vec<ShiftIdx>> =
            raw.shifts.as_ref().map(|ids| ids.iter().filter_map(|id| self.shift(id)).collect());
        let skills: Option<Vec<SkillIdx>> =
            raw.skills.as_ref().map(|ids| ids.iter().filter_map(|id| self.skill(id)).collect());
        let units: Option<Vec<UnitIdx>> =
            raw.units.as_ref().map(|ids| ids.iter().filter_map(|id| self.unit(id)).collect());
        let has_tag = |shift: &Shift| {
            raw.tags.as_ref().is_none_or(|wanted| wanted.iter().any(|tag| shift.tags.has(tags(&[*tag]))))
        };
        let passes = |duty: Duty| {
            self.shifts.get(duty.shift.idx()).is_some_and(|shift| {
                shifts.as_ref().is_none_or(|shifts| shifts.contains(&duty.shift))
                    && skills.as_ref().is_none_or(|skills| skills.contains(&duty.skill))
                    && units.as_ref().is_none_or(|units| shift.unit.is_some_and(|unit| units.contains(&unit)))
                    && has_tag(shift)
            })
        };
        let mut set = if raw.only_off { DutySet::NONE } else { self.duties.set(passes) };
        if raw.off || raw.only_off {
            set.insert(Cell::OFF);
        }
        if raw.all_but { set.complement() } else { set }
    }

    fn sets(&mut self, raw: &[raw::Duties]) -> Vec<DutySet> {
        raw.iter().map(|set| self.set(set)).collect()
    }

    fn who(&mut self, raw: &raw::Who) -> Who {
        if raw.people.is_none() && raw.groups.is_none() && raw.employment.is_none() && raw.homes.is_none() {
            return Who::Everyone;
        }
        let mut people: Vec<PersonIdx> = Vec::new();
        for id in raw.people.iter().flatten() {
            people.extend(self.somebody(id));
        }
        for id in raw.groups.iter().flatten() {
            match self.group_people.get(id.as_str()) {
                Some(group) => people.extend(group),
                None => self.tell(id, "a group of `groups`"),
            }
        }
        for id in raw.homes.iter().flatten() {
            self.unit(id);
        }
        let is_of = |person: &raw::Person| {
            let homes = raw.homes.as_ref().zip(person.home.as_ref());
            raw.employment.as_ref().is_some_and(|kinds| kinds.contains(&person.employment))
                || homes.is_some_and(|(homes, home)| homes.contains(home))
        };
        let all = (0..).map(PersonIdx).zip(&self.raw.people);
        people.extend(all.filter(|(_, person)| is_of(person)).map(|(idx, _)| idx));
        Who::these(people)
    }

    /// `D` or `D:RN`; nothing is off.
    fn cell(&mut self, raw: Option<&String>) -> Cell {
        let Some(text) = raw else { return Cell::OFF };
        let (shift, skill) = match text.rsplit_once(':') {
            Some((shift, skill)) if self.skill_ids.contains_key(skill) => (shift, self.skill_ids.get(skill)),
            Some(_) | None => (text.as_str(), None),
        };
        let shift = self.shift_ids.get(shift).copied();
        let mut of_shift = self
            .duties
            .work()
            .filter(|(_, duty)| Some(duty.shift) == shift && skill.is_none_or(|skill| *skill == duty.skill));
        let found = of_shift.next().map(|(cell, _)| cell);
        drop(of_shift);
        if found.is_none() {
            self.tell(text, "a shift, alone or with a skill it is worked in, such as D or D:RN");
        }
        found.unwrap_or(Cell::OFF)
    }

    /// The number of a date; negative before the horizon.
    fn day(&self, date: Date) -> i32 {
        self.raw.horizon.start.until(date).map_or(i32::MAX, |span| span.get_days())
    }

    fn day_idx(&mut self, date: Date) -> Option<DayIdx> {
        let day = u16::try_from(self.day(date)).ok().filter(|day| *day < self.raw.horizon.days);
        if day.is_none() {
            self.tell(&date.to_string(), "a date of the horizon");
        }
        day.map(DayIdx)
    }

    fn person(&mut self, raw: &raw::Person) -> Person {
        let can = match &raw.can {
            Some(can) => can.iter().map(|can| self.eligible(can)).collect(),
            None => vec![Eligible { duties: self.duties.all_work(), from: None, until: None }],
        };
        let last_day = i32::from(self.raw.horizon.days) - 1;
        let away = |away: &raw::Away| Away {
            first: self.day(away.first).max(-i32::try_from(DAYS_MAX).unwrap_or(400)),
            last: self.day(away.last).min(last_day),
            credit_minutes: away.credit_minutes,
        };
        // Leave may begin before the horizon and end after it.
        let away: Vec<Away> = raw
            .away
            .iter()
            .filter(|away| self.day(away.first) <= last_day && away.first <= away.last)
            .map(away)
            .collect();
        for away in raw.away.iter().filter(|away| away.first > away.last) {
            self.tell(&away.last.to_string(), "a last day that is not before the first");
        }
        Person {
            id: raw.id.clone(),
            name: raw.name.clone(),
            employment: match raw.employment {
                raw::Employment::Staff => Employment::Staff,
                raw::Employment::Float => Employment::Float,
                raw::Employment::Agency => Employment::Agency,
            },
            home: raw.home.as_ref().and_then(|home| self.unit(home)),
            fte_percent: raw.fte_percent,
            pay_cents_per_hour: raw.pay_cents_per_hour,
            can,
            away,
            locked: raw
                .locked
                .iter()
                .filter_map(|locked| Some((self.day_idx(locked.date)?, self.cell(locked.cell.as_ref()))))
                .collect(),
            requests: raw.requests.iter().filter_map(|request| self.request(request)).collect(),
            travel: raw
                .travel
                .iter()
                .filter_map(|travel| Some(Travel { unit: self.unit(&travel.unit)?, points: travel.points }))
                .collect(),
            carry: Carry {
                history: raw.history.iter().map(|cell| self.cell(cell.as_ref())).collect(),
                last_end: raw.last_end,
                so_far: raw.so_far.iter().filter_map(|so_far| self.so_far(so_far)).collect(),
            },
        }
    }

    fn eligible(&mut self, raw: &raw::Can) -> Eligible {
        Eligible { duties: self.set(&raw.duties), from: raw.from, until: raw.until }
    }

    fn request(&mut self, raw: &raw::Request) -> Option<Request> {
        let wish = match raw.wish {
            raw::Wish::For => Wish::For,
            raw::Wish::Against => Wish::Against,
        };
        let duties = self.set(&raw.duties);
        Some(Request { day: self.day_idx(raw.date)?, duties, wish, weight: raw.weight })
    }

    fn so_far(&mut self, raw: &raw::SoFar) -> Option<SoFar> {
        let found = self.rule_ids.get(&raw.rule).copied();
        let rule = self.found(found.as_ref(), &raw.rule, "a rule of `rules`")?;
        Some(SoFar { rule, amount: raw.amount })
    }

    fn demand(&mut self, raw: &raw::Demand) -> Vec<Demand> {
        let weekdays = raw.weekdays.as_ref().map(|days| weekdays(days));
        let days: Vec<DayIdx> = match &raw.dates {
            Some(dates) => dates.iter().filter_map(|date| self.day_idx(*date)).collect(),
            None => DayIdx::all(usize::from(self.raw.horizon.days)).collect(),
        };
        let start = self.raw.horizon.start.weekday();
        let on_weekday =
            |day: &DayIdx| weekdays.is_none_or(|days| days.has(start.wrapping_add(i32::from(day.0))));
        let (duties, who) = (self.set(&raw.duties), self.who(&raw.who));
        let demand = |day| Demand {
            day,
            duties,
            who: who.clone(),
            minimum: raw.minimum,
            wanted: raw.wanted.max(raw.minimum),
            maximum: raw.maximum,
            weights: CoverWeights {
                under_minimum: raw.under_minimum,
                under_wanted: raw.under_wanted,
                over_maximum: raw.over_maximum,
            },
        };
        days.into_iter().filter(on_weekday).map(demand).collect()
    }

    /// Whether the rows of demand, written out day by day, fit into memory.
    fn demand_is_bounded(&mut self) -> bool {
        let days = usize::from(self.raw.horizon.days);
        let size = |demand: &raw::Demand| {
            let is_everyone = demand.who.people.is_none() && demand.who.groups.is_none();
            let n_days = demand.dates.as_ref().map_or(days, Vec::len);
            n_days * if is_everyone { 1 } else { self.raw.people.len() }
        };
        let size: usize = self.raw.demand.iter().map(size).sum();
        let is_bounded = size <= SIZE_MAX;
        if !is_bounded {
            let what = format!("demand of {size} days and people; expected at most {SIZE_MAX}");
            self.issues.say(None, what);
        }
        is_bounded
    }

    fn published(&mut self) -> Option<Roster> {
        let raw = self.raw.published.as_ref()?;
        let n_days = usize::from(self.raw.horizon.days);
        let mut roster = Roster::empty(self.raw.people.len(), n_days);
        for row in raw {
            let Some(person) = self.somebody(&row.person) else { continue };
            if row.cells.len() != n_days {
                let expected = format!("a person with {n_days} published cells, not {}", row.cells.len());
                self.tell(&row.person, &expected);
                continue;
            }
            let cells: Vec<Cell> = row.cells.iter().map(|cell| self.cell(cell.as_ref())).collect();
            roster.row_mut(person).copy_from_slice(&cells);
        }
        Some(roster)
    }

    fn rules(&mut self) -> Vec<Rule> {
        let mut rules: Vec<Rule> = self.raw.rules.iter().filter_map(|rule| self.rule(rule)).collect();
        for raw in &self.raw.rule_sets {
            let scope = sets::Scope {
                who: self.who(&raw.who),
                from: raw.from.unwrap_or(self.raw.horizon.start),
                duties: self.duties.clone(),
                shifts: self.shifts.clone(),
            };
            match sets::named(&raw.set, &scope) {
                Some(set) => rules.extend(set),
                None => self.tell(&raw.set, &format!("one of the rule sets {}", sets::NAMES.join(", "))),
            }
        }
        rules
    }

    fn rule(&mut self, raw: &raw::Rule) -> Option<Rule> {
        Some(Rule {
            id: raw.id.clone(),
            source: raw.source.clone(),
            who: self.who(&raw.who),
            strength: match raw.strength {
                raw::Strength::Hard => Strength::Hard,
                raw::Strength::Cover(weight) => Strength::Cover(weight),
                raw::Strength::Soft(weight) => Strength::Soft(weight),
                raw::Strength::Pay(percent) => Strength::Pay(percent),
            },
            kind: self.kind(&raw.kind)?,
        })
    }

    fn kind(&mut self, raw: &raw::Kind) -> Option<Kind> {
        let work = self.duties.all_work();
        let own = match raw {
            raw::Kind::Count { measure, over, min, max, per } => Own::Count {
                measure: self.measure(measure),
                over: over_of(*over),
                min: *min,
                max: *max,
                per: *per,
            },
            raw::Kind::Run { duties, min, max, closed_edges } => {
                let edges = if *closed_edges { Edges::Closed } else { Edges::Open };
                Own::Run { duties: self.set(duties), min: *min, max: *max, edges }
            }
            raw::Kind::Rest { after, before, minutes, per } => {
                Own::Rest { after: self.set(after), before: self.set(before), minutes: *minutes, per: *per }
            }
            raw::Kind::Recovery { after, days, minutes, per } => {
                Own::Recovery { after: self.set(after), n_days: *days, minutes: *minutes, per: *per }
            }
            raw::Kind::Forbidden { sequences } => Own::Forbidden {
                sequences: sequences.iter().map(|sequence| self.sequence(sequence)).collect(),
            },
            raw::Kind::WantedSuccession { after, next } => {
                Own::wanted_succession(self.set(after), self.set(next))
            }
            raw::Kind::CompleteWeekends {} => Own::complete_weekends(work),
            raw::Kind::SameShiftInWeekend {} => {
                let shifts = ShiftIdx::all(self.shifts.len()).map(|shift| self.duties.of_shift(shift));
                Own::same_shift_in_weekend(work, &shifts.collect::<Vec<DutySet>>())
            }
            raw::Kind::EveryOtherWeekend {} => Own::every_other_weekend(work),
            raw::Kind::Overtime { days, from, period_minutes, day_minutes, per } => Own::Overtime {
                days: *days,
                from: *from,
                period_minutes: *period_minutes,
                day_minutes: *day_minutes,
                per: *per,
            },
            raw::Kind::Published {} => Own::Published,
            raw::Kind::Share { .. }
            | raw::Kind::Company { .. }
            | raw::Kind::Together { .. }
            | raw::Kind::Apart { .. }
            | raw::Kind::Spread { .. } => return self.across(raw).map(Kind::Across),
        };
        Some(Kind::Own(own))
    }

    fn across(&mut self, raw: &raw::Kind) -> Option<Across> {
        match raw {
            raw::Kind::Share { part, part_duties, at_least_percent, sets } => Some(Across::Share {
                part: self.who(part),
                part_duties: self.set(part_duties),
                at_least_percent: *at_least_percent,
                sets: self.sets(sets),
            }),
            raw::Kind::Company { with, per, sets } => {
                let with = self.who(with);
                Some(Across::Company { with, per: per.unwrap_or(u16::MAX), sets: self.sets(sets) })
            }
            raw::Kind::Together { partner, sets } => {
                Some(Across::Together { partner: self.somebody(partner)?, sets: self.sets(sets) })
            }
            raw::Kind::Apart { sets } => Some(Across::Apart { sets: self.sets(sets) }),
            raw::Kind::Spread { measure, deviations, by_fte, free, per } => Some(Across::Spread {
                measure: self.measure(measure),
                by: if *deviations { Spread::Deviations } else { Spread::Range },
                is_by_fte: *by_fte,
                free: *free,
                per: *per,
            }),
            raw::Kind::Count { .. }
            | raw::Kind::Run { .. }
            | raw::Kind::Rest { .. }
            | raw::Kind::Recovery { .. }
            | raw::Kind::Forbidden { .. }
            | raw::Kind::WantedSuccession { .. }
            | raw::Kind::CompleteWeekends {}
            | raw::Kind::SameShiftInWeekend {}
            | raw::Kind::EveryOtherWeekend {}
            | raw::Kind::Overtime { .. }
            | raw::Kind::Published {} => None,
        }
    }

    fn measure(&mut self, raw: &raw::Measure) -> Measure {
        match raw {
            raw::Measure::Days { duties, weekdays: on, holidays } => {
                let duties = self.set(duties);
                let on = match on {
                    _ if *holidays => Days::Holidays,
                    Some(on) => Days::On(weekdays(on)),
                    None => Days::ALL,
                };
                Measure::Duties { duties, on }
            }
            raw::Measure::Minutes { duties } => Measure::Minutes { duties: self.set(duties) },
            raw::Measure::Weekends { days: None } => {
                Measure::Weekends { on: WeekendOn::saturday_sunday(self.duties.all_work()) }
            }
            raw::Measure::Weekends { days: Some(days) } => {
                let on = |day: &raw::WeekendDay| WeekendOn {
                    weekday: weekday(day.weekday),
                    duties: self.set(&day.duties),
                };
                Measure::Weekends { on: days.iter().map(on).collect() }
            }
        }
    }

    fn sequence(&mut self, raw: &raw::Sequence) -> Sequence {
        let starting = raw.starting.as_ref().map_or(Weekdays::ALL, |days| weekdays(days));
        Sequence { starting, days: self.sets(&raw.days) }
    }
}

fn over_of(raw: raw::Over) -> Over {
    match raw {
        raw::Over::Horizon => Over::Horizon,
        raw::Over::Every { days, from } => Over::Every { days, from },
        raw::Over::Rolling { days } => Over::Rolling { days },
    }
}

fn tags(raw: &[raw::Tag]) -> Tags {
    raw.iter().fold(Tags::NONE, |tags, tag| {
        tags.with(match tag {
            raw::Tag::Day => Tags::DAY,
            raw::Tag::Evening => Tags::EVENING,
            raw::Tag::Night => Tags::NIGHT,
            raw::Tag::OnCall => Tags::ON_CALL,
        })
    })
}

fn weekdays(raw: &[raw::Weekday]) -> Weekdays {
    Weekdays::of(&raw.iter().map(|day| weekday(*day)).collect::<Vec<Weekday>>())
}

fn weekday(raw: raw::Weekday) -> Weekday {
    match raw {
        raw::Weekday::Mon => Weekday::Monday,
        raw::Weekday::Tue => Weekday::Tuesday,
        raw::Weekday::Wed => Weekday::Wednesday,
        raw::Weekday::Thu => Weekday::Thursday,
        raw::Weekday::Fri => Weekday::Friday,
        raw::Weekday::Sat => Weekday::Saturday,
        raw::Weekday::Sun => Weekday::Sunday,
    }
}
