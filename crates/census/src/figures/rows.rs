//! The rows each figure is made from.

use crate::adt::model::{Began, Ended, Micros, OPEN};
use crate::day::store::{beds_below, holds_inpatients, wide};
use crate::legs::{self, StayLegs};
use crate::profile::Profiles;
use crate::tally::rules::{Dated, Kind, Leg, Run, local_date, runs, stay_days, zone_of};
use crate::tally::store::Day;
use ::figures::{Ask, FigureRow, When};
use base::{Id, Period, SitePath};
use identity::{Care, Site, SiteKind};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use store::{StoreError, Tx};

/// What every row needs to know.
pub(crate) struct World<'a> {
    pub(crate) ask: &'a Ask<'a>,
    pub(crate) period: Period,
    profiles: Profiles,
}

impl World<'_> {
    pub(crate) async fn load<'a>(tx: &mut Tx, ask: &'a Ask<'a>) -> Result<World<'a>, StoreError> {
        Ok(World { ask, period: ask.period, profiles: Profiles::load(tx).await? })
    }

    pub(crate) fn is_here(&self, unit: &Id<Site>) -> bool {
        self.path(unit).is_some_and(|path| self.ask.site().covers(path))
    }

    fn path(&self, unit: &Id<Site>) -> Option<&SitePath> {
        self.ask.tree.get(unit).map(|site| &site.path)
    }

    pub(crate) fn care(&self, unit: &Id<Site>) -> Care {
        self.ask.tree.get(unit).map_or(Care::Unmapped, |site| site.care)
    }

    fn zone(&self, leg: &Leg) -> &TimeZone {
        zone_of(self.ask.tree, &leg.unit)
    }

    fn runs<'l>(&self, stay: &'l StayLegs) -> Vec<Run<'l>> {
        runs(&stay.legs, self.ask.tree, self.profiles.of(&stay.facility))
    }

    pub(crate) fn profile(&self, stay: &StayLegs) -> &crate::tally::rules::Profile {
        self.profiles.of(&stay.facility)
    }

    fn is_in(&self, date: Date) -> bool {
        holds(self.period, date)
    }

    /// The inpatient runs of a stay, each leg with its dates.
    fn inpatient<'l>(&self, stay: &'l StayLegs) -> impl Iterator<Item = Vec<Dated<'l>>> {
        let runs = self.runs(stay).into_iter().filter(|run| run.kind == Kind::Inpatient);
        runs.map(|run| run.dated(self.ask.tree))
    }

    fn row(&self, stay: &StayLegs, unit: &Id<Site>, at: Micros, numerator: i64) -> FigureRow {
        let site = self.path(unit).cloned().unwrap_or_else(|| self.ask.site().clone());
        FigureRow {
            label: stay.label().to_owned(),
            href: Some(format!("/at/{site}/census/records/{}", stay.stay)),
            at: Timestamp::from_microsecond(at).ok().map(When::At),
            numerator,
            denominator: None,
            note: None,
            site,
        }
    }
}

fn holds(period: Period, date: Date) -> bool {
    period.first() <= date && date < period.until()
}

/// Rows of stays, each judged by itself.
pub(crate) async fn of_stays(
    tx: &mut Tx,
    ask: &Ask<'_>,
    judge: fn(&World<'_>, &StayLegs, &mut Vec<FigureRow>),
) -> Result<Vec<FigureRow>, StoreError> {
    let world = World::load(tx, ask).await?;
    let (from, to) = wide(ask.period);
    let stays = legs::list_overlapping(tx, ask.scope, from, to, ask.as_of).await?;
    let mut rows = Vec::new();
    for stay in &stays {
        judge(&world, stay, &mut rows);
    }
    rows.sort_by(|a, b| (a.at, &a.site, &a.label).cmp(&(b.at, &b.site, &b.label)));
    Ok(rows)
}

/// Rows of the stays that may wait in an emergency department, each judged by itself.
pub(crate) async fn of_waiting(
    tx: &mut Tx,
    ask: &Ask<'_>,
    judge: fn(&World<'_>, &StayLegs, &mut Vec<FigureRow>),
) -> Result<Vec<FigureRow>, StoreError> {
    let world = World::load(tx, ask).await?;
    let at = moment(ask);
    let after = at.saturating_add(jiff::SignedDuration::from_micros(1)).unwrap_or(at);
    let stays = legs::list_waiting(tx, ask.scope, at, after, ask.as_of).await?;
    let mut rows = of_stays_now(&world, &stays, judge);
    rows.sort_by(|a, b| (a.at, &a.site, &a.label).cmp(&(b.at, &b.site, &b.label)));
    Ok(rows)
}

/// Inpatients at the last midnight of the period.
pub(crate) fn midnight(world: &World<'_>, stay: &StayLegs, rows: &mut Vec<FigureRow>) {
    let end = world.period.until();
    for Dated { leg, from, until } in world.inpatient(stay).flatten() {
        if from < end && end <= until && world.is_here(&leg.unit) {
            rows.push(world.row(stay, &leg.unit, leg.from, 1));
        }
    }
}

/// Service days of a stay in the period so far: its midnights here, and 1 when it came and left on one day
/// here.
pub(crate) fn service_days(world: &World<'_>, stay: &StayLegs, rows: &mut Vec<FigureRow>) {
    let period = so_far(world.ask);
    for legs in world.inpatient(stay) {
        let arrived = legs.first().map(|first| first.from);
        let last = legs.last().map(|last| last.leg);
        for Dated { leg, from, until } in legs.into_iter().filter(|dated| world.is_here(&dated.leg.unit)) {
            let first = from.max(period.first());
            let end = until.min(period.until());
            let midnights = first.until(end).map_or(0, |span| i64::from(span.get_days())).max(0);
            let is_last = leg.to != OPEN && last == Some(leg);
            let is_same_day = is_last && arrived == Some(until) && holds(period, until);
            let days = midnights + i64::from(is_same_day);
            if days > 0 {
                rows.push(world.row(stay, &leg.unit, leg.from, days));
            }
        }
    }
}

/// What the end of a stay adds above and below the line, if it counts; from the date of arrival, the last
/// leg and its zone.
type OfEnd = fn(Date, &Dated<'_>, &TimeZone) -> Option<(i64, Option<i64>)>;

fn ends(world: &World<'_>, stay: &StayLegs, rows: &mut Vec<FigureRow>, value: OfEnd) {
    for legs in world.inpatient(stay) {
        let (Some(first), Some(last)) = (legs.first(), legs.last()) else { continue };
        let leg = last.leg;
        if leg.to == OPEN || !world.is_here(&leg.unit) || !world.is_in(last.until) {
            continue;
        }
        if let Some((numerator, denominator)) = value(first.from, last, world.zone(leg)) {
            rows.push(FigureRow { denominator, ..world.row(stay, &leg.unit, leg.to, numerator) });
        }
    }
}

/// Admissions in the period.
pub(crate) fn admissions(world: &World<'_>, stay: &StayLegs, rows: &mut Vec<FigureRow>) {
    for legs in world.inpatient(stay) {
        let Some(Dated { leg, from, .. }) = legs.first() else { continue };
        if world.is_here(&leg.unit) && world.is_in(*from) {
            rows.push(world.row(stay, &leg.unit, leg.from, 1));
        }
    }
}

/// Discharges alive.
pub(crate) fn discharges(world: &World<'_>, stay: &StayLegs, rows: &mut Vec<FigureRow>) {
    ends(world, stay, rows, |_, last, _| (last.leg.ended != Ended::Died).then_some((1, None)));
}

/// Deaths.
pub(crate) fn deaths(world: &World<'_>, stay: &StayLegs, rows: &mut Vec<FigureRow>) {
    ends(world, stay, rows, |_, last, _| (last.leg.ended == Ended::Died).then_some((1, None)));
}

/// Days of stay of those who left.
pub(crate) fn stays_ended(world: &World<'_>, stay: &StayLegs, rows: &mut Vec<FigureRow>) {
    ends(world, stay, rows, |arrived, last, _| Some((stay_days(arrived, last.until), Some(1))));
}

/// Discharges alive, and whether before noon.
pub(crate) fn before_noon(world: &World<'_>, stay: &StayLegs, rows: &mut Vec<FigureRow>) {
    ends(world, stay, rows, |_, last, zone| {
        let hour = Timestamp::from_microsecond(last.leg.to).map_or(23, |at| zone.to_datetime(at).hour());
        (last.leg.ended != Ended::Died).then_some((i64::from(hour < 12), Some(1)))
    });
}

fn moves(
    world: &World<'_>,
    stay: &StayLegs,
    rows: &mut Vec<FigureRow>,
    counts: fn(bool, bool) -> bool,
    at_entered: bool,
) {
    for legs in world.inpatient(stay) {
        for pair in legs.windows(2) {
            let [Dated { leg: from, until: on, .. }, Dated { leg: to, .. }] = pair else { continue };
            let (is_from, is_to) = (world.is_here(&from.unit), world.is_here(&to.unit));
            if from.unit != to.unit && counts(is_from, is_to) && world.is_in(*on) {
                let unit = if at_entered { &to.unit } else { &from.unit };
                rows.push(world.row(stay, unit, to.from, 1));
            }
        }
    }
}

/// Moves into the units of the site, from anywhere in the house.
pub(crate) fn transfers(world: &World<'_>, stay: &StayLegs, rows: &mut Vec<FigureRow>) {
    moves(world, stay, rows, |_, is_to| is_to, true);
}

/// Moves into the site from outside it.
pub(crate) fn transfers_in(world: &World<'_>, stay: &StayLegs, rows: &mut Vec<FigureRow>) {
    moves(world, stay, rows, |is_from, is_to| is_to && !is_from, true);
}

/// Moves out of the site.
pub(crate) fn transfers_out(world: &World<'_>, stay: &StayLegs, rows: &mut Vec<FigureRow>) {
    moves(world, stay, rows, |is_from, is_to| is_from && !is_to, false);
}

/// Minutes in a bed under observation, in the period; the denominator makes hours.
pub(crate) fn observation(world: &World<'_>, stay: &StayLegs, rows: &mut Vec<FigureRow>) {
    for run in world.runs(stay).iter().filter(|run| run.kind == Kind::Observation) {
        for leg in run.legs.iter().filter(|leg| world.is_here(&leg.unit)) {
            let (from, to) = world.period.instants(world.zone(leg));
            let end = to.min(world.ask.now.max(from)).as_microsecond();
            let micros = leg.to.min(end) - leg.from.max(from.as_microsecond());
            if micros >= 60_000_000 {
                let row = world.row(stay, &leg.unit, leg.from, micros / 60_000_000);
                rows.push(FigureRow { denominator: Some(60), ..row });
            }
        }
    }
}

/// A visit's time in the emergency department, under any class, by its legs there.
fn in_emergency<'l>(world: &World<'_>, stay: &'l StayLegs) -> Vec<&'l [Leg]> {
    let is_emergency = |leg: &Leg| {
        let kind = world.profiles.of(&stay.facility).kind(&leg.class, world.care(&leg.unit));
        kind == Kind::Emergency || world.care(&leg.unit) == Care::Emergency
    };
    let groups = stay.legs.chunk_by(|a, b| is_emergency(a) == is_emergency(b) && a.to == b.from);
    groups.filter(|legs| legs.first().is_some_and(is_emergency)).collect()
}

/// Emergency arrivals.
pub(crate) fn emergency_arrivals(world: &World<'_>, stay: &StayLegs, rows: &mut Vec<FigureRow>) {
    for run in world.runs(stay).iter().filter(|run| run.kind == Kind::Emergency) {
        let Some(first) = run.legs.first() else { continue };
        if world.is_here(&first.unit) && world.is_in(local_date(first.from, world.zone(first))) {
            rows.push(world.row(stay, &first.unit, first.from, 1));
        }
    }
}

/// Emergency visits that began in the period, and those that ended in it before being seen.
pub(crate) fn unseen(world: &World<'_>, stay: &StayLegs, rows: &mut Vec<FigureRow>) {
    for run in world.runs(stay).iter().filter(|run| run.kind == Kind::Emergency) {
        let (Some(first), Some(last)) = (run.legs.first(), run.legs.last()) else { continue };
        let is_in = |at, leg| world.is_in(local_date(at, world.zone(leg)));
        let has_come = world.is_here(&first.unit) && is_in(first.from, first);
        let has_left = last.ended == Ended::Unseen && world.is_here(&last.unit) && is_in(last.to, last);
        if has_come || has_left {
            let leg = if has_come { first } else { last };
            let row = world.row(stay, &leg.unit, leg.from, i64::from(has_left));
            rows.push(FigureRow { denominator: Some(i64::from(has_come)), ..row });
        }
    }
}

/// Minutes from arrival to departure of those who left the emergency department in the period.
pub(crate) fn emergency_stays(world: &World<'_>, stay: &StayLegs, rows: &mut Vec<FigureRow>) {
    for legs in in_emergency(world, stay) {
        let (Some(first), Some(last)) = (legs.first(), legs.last()) else { continue };
        let is_over = last.to != OPEN && world.is_in(local_date(last.to, world.zone(last)));
        if is_over && world.is_here(&last.unit) {
            rows.push(world.row(stay, &last.unit, last.to, (last.to - first.from) / 60_000_000));
        }
    }
}

/// The moment an instant figure is read at: now, or the end of a period that is over.
pub(crate) fn moment(ask: &Ask<'_>) -> Timestamp {
    let zone = ask.tree.find(ask.site()).map_or(TimeZone::UTC, |site| site.time_zone.clone());
    let now = ask.as_of.map_or(ask.now, |as_of| as_of.min(ask.now));
    ask.period.instants(&zone).1.min(now)
}

/// Since when a patient who is in the emergency department at `at` waits there for a bed: admitted, or
/// under observation after a decision.
pub(crate) fn boarding_since(
    profile: &crate::tally::rules::Profile,
    care: &dyn Fn(&Id<Site>) -> Care,
    legs: &[Leg],
    at: Micros,
) -> Option<(Id<Site>, Micros)> {
    let waits = |leg: &Leg| {
        let kind = profile.kind(&leg.class, care(&leg.unit));
        care(&leg.unit) == Care::Emergency
            && (matches!(kind, Kind::Inpatient | Kind::Observation)
                || (leg.class == "O" && leg.began == Began::ClassChange))
    };
    let idx = legs.iter().position(|leg| leg.from <= at && at < leg.to)?;
    let here = legs.get(idx).filter(|leg| waits(leg))?;
    let back = legs.get(..=idx)?.iter().rev().take_while(|leg| care(&leg.unit) == Care::Emergency);
    let since = back.filter(|leg| waits(leg) || leg.class == here.class).map(|leg| leg.from).min()?;
    Some((here.unit, since))
}

/// Patients waiting in the emergency department, with their minutes.
pub(crate) fn boarding_minutes(world: &World<'_>, stay: &StayLegs, rows: &mut Vec<FigureRow>) {
    let at = moment(world.ask).as_microsecond();
    let profile = world.profiles.of(&stay.facility);
    if let Some((unit, since)) = boarding_since(profile, &|unit| world.care(unit), &stay.legs, at)
        && world.is_here(&unit)
    {
        rows.push(world.row(stay, &unit, since, (at - since) / 60_000_000));
    }
}

/// Patients waiting in the emergency department, one each.
pub(crate) fn boarding(world: &World<'_>, stay: &StayLegs, rows: &mut Vec<FigureRow>) {
    boarding_minutes(world, stay, rows);
    for row in rows {
        row.numerator = 1;
    }
}

/// The parts of the NEDOCS score, one row each, in minutes or counts.
pub(crate) async fn nedocs(tx: &mut Tx, ask: &Ask<'_>) -> Result<Vec<FigureRow>, StoreError> {
    let world = World::load(tx, ask).await?;
    let at = moment(ask);
    let micros = at.as_microsecond();
    let stays = legs::list_overlapping(tx, ask.scope, at, at, ask.as_of).await?;
    let boarders = of_stays_now(&world, &stays, boarding_minutes);
    let mut inside = 0;
    let mut newest_bed: Option<(Micros, i64)> = None;
    for stay in &stays {
        for legs in in_emergency(&world, stay) {
            let is_inside =
                legs.iter().any(|leg| leg.from <= micros && micros < leg.to && world.is_here(&leg.unit));
            inside += i64::from(is_inside);
            let (Some(first), true) = (legs.first(), is_inside) else { continue };
            let bedded = legs.get(1).map_or(first.from, |leg| leg.from);
            if newest_bed.is_none_or(|(newest, _)| newest < bedded) {
                newest_bed = Some((bedded, (bedded - first.from) / 60_000_000));
            }
        }
    }
    let zone = ask.tree.find(ask.site()).map_or(TimeZone::UTC, |site| site.time_zone.clone());
    let today = zone.to_datetime(at).date();
    let facility = ask.tree.facility_of(&ask.scope.site_id()).map_or(ask.scope.site_id(), |site| site.id);
    let ids: Vec<Id<Site>> = ask.tree.below(&facility).iter().map(|site| site.id).collect();
    let counts = identity::sites::beds_on(tx, &ids, today).await?;
    let hospital = beds_below(ask.tree, &facility, &counts).staffed;
    let beds = crate::beds::store::list(tx, ask.scope).await?;
    let emergency =
        beds.iter().filter(|bed| bed.is_set_up && world.care(&bed.unit) == Care::Emergency).count();
    let longest = boarders.iter().map(|row| row.numerator).max().unwrap_or(0);
    let part = |label: &str, numerator: i64, note: &str| FigureRow {
        site: ask.site().clone(),
        label: label.to_owned(),
        href: None,
        at: Some(When::At(at)),
        numerator,
        denominator: None,
        note: Some(note.to_owned()),
    };
    Ok(vec![
        part("P", inside, "patients in the emergency department"),
        part("B", i64::try_from(emergency).unwrap_or(0), "its beds"),
        part("A", i64::try_from(boarders.len()).unwrap_or(0), "admitted patients in it"),
        part("H", hospital, "staffed beds of the hospital"),
        part("V", 0, "on ventilators; no source tells, counted as 0"),
        part("T_adm", longest, "longest wait for a bed, minutes"),
        part(
            "T_bed",
            newest_bed.map_or(0, |(_, minutes)| minutes),
            "door to bed of the last patient, minutes",
        ),
    ])
}

fn of_stays_now(
    world: &World<'_>,
    stays: &[StayLegs],
    judge: fn(&World<'_>, &StayLegs, &mut Vec<FigureRow>),
) -> Vec<FigureRow> {
    let mut rows = Vec::new();
    for stay in stays {
        judge(world, stay, &mut rows);
    }
    rows
}

/// NEDOCS of its parts: -20 + 85.8 P/B + 600 A/H + 13.4 V + 0.93 T_adm + 5.64 T_bed, times in hours.
#[expect(clippy::cast_precision_loss, reason = "counts and minutes of a department stay far below 2^53")]
pub(crate) fn nedocs_of(rows: &[FigureRow]) -> Option<f64> {
    let part = |label: &str| rows.iter().find(|row| row.label == label).map(|row| row.numerator as f64);
    let (beds, hospital) = (part("B")?, part("H")?);
    if beds <= 0.0 || hospital <= 0.0 {
        return None;
    }
    Some(
        -20.0
            + 85.8 * part("P")? / beds
            + 600.0 * part("A")? / hospital
            + 13.4 * part("V")?
            + 0.93 * part("T_adm")? / 60.0
            + 5.64 * part("T_bed")? / 60.0,
    )
}

/// Staffed and licensed beds of a unit on a day.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct UnitDay {
    pub(crate) day: Option<Day>,
    pub(crate) staffed: i64,
    pub(crate) licensed: i64,
    pub(crate) n_days: i64,
}

/// Rows of unit-days: what `value` makes of each.
pub(crate) async fn of_unit_days(
    tx: &mut Tx,
    ask: &Ask<'_>,
    value: fn(&UnitDay) -> (i64, Option<i64>),
) -> Result<Vec<FigureRow>, StoreError> {
    let period = so_far(ask);
    let days = crate::day::days_of(tx, ask.scope, ask.tree, Kind::Inpatient, period, ask.as_of).await?;
    let beds = BedDays::load(tx, ask, period).await?;
    let mut rows = Vec::new();
    for unit in ask.tree.below(&ask.scope.site_id()) {
        let own = beds.own_only(unit.id, ask);
        if unit.kind != SiteKind::Unit && !own {
            continue;
        }
        let stored = days.get(&unit.id).filter(|_| unit.kind == SiteKind::Unit);
        for (idx, date) in period.days().enumerate() {
            let day = stored.and_then(|days| days.get(idx)).copied();
            let (staffed, licensed) = beds.on(&unit.id, date);
            let (numerator, denominator) =
                value(&UnitDay { day, staffed, licensed, n_days: period.n_days() });
            if numerator == 0 && denominator.unwrap_or(0) == 0 {
                continue;
            }
            rows.push(FigureRow {
                site: unit.path.clone(),
                label: unit.name.clone(),
                href: Some(format!("/at/{}/census/day/{date}", unit.path)),
                at: Some(When::On(date)),
                numerator,
                denominator,
                note: None,
            });
        }
    }
    Ok(rows)
}

/// A period that is not over ends yesterday, because today's midnight is still to come.
pub(crate) fn so_far(ask: &Ask<'_>) -> Period {
    let today = ::figures::today(ask.tree, ask.site(), ask.now);
    let yesterday = today.yesterday().unwrap_or(today);
    match ask.period.first() < today && today < ask.period.until() {
        true => ask.period.up_to(yesterday).unwrap_or(ask.period),
        false => ask.period,
    }
}

/// Beds of each site on each day of a period, from its dated counts.
pub(crate) struct BedDays {
    counts: BTreeMap<Id<Site>, Vec<(Date, i64, i64)>>,
}

impl BedDays {
    pub(crate) async fn load(tx: &mut Tx, ask: &Ask<'_>, period: Period) -> Result<BedDays, StoreError> {
        let mut counts: BTreeMap<Id<Site>, Vec<(Date, i64, i64)>> = BTreeMap::new();
        for count in identity::sites::list_bed_counts(tx, ask.scope, period).await? {
            // ED bays and bassinets are no beds for inpatients, whatever the file of sites says of them.
            let site = ask.tree.get(&count.site);
            if site.is_some_and(|site| site.kind == SiteKind::Unit && !holds_inpatients(site.care)) {
                continue;
            }
            let beds = count.count.beds;
            let steps = counts.entry(count.site).or_default();
            steps.push((count.count.from, beds.staffed, beds.licensed));
            steps.sort_by_key(|(from, ..)| *from);
        }
        Ok(BedDays { counts })
    }

    /// Staffed and licensed beds; none in units whose beds are no inpatient beds.
    pub(crate) fn on(&self, site: &Id<Site>, date: Date) -> (i64, i64) {
        let steps = self.counts.get(site).map_or(&[][..], Vec::as_slice);
        let last = steps.iter().rev().find(|(from, ..)| *from <= date);
        last.map_or((0, 0), |(_, staffed, licensed)| (*staffed, *licensed))
    }

    /// Whether a site above units is the only one with beds to its name.
    fn own_only(&self, site: Id<Site>, ask: &Ask<'_>) -> bool {
        let units = ask.tree.units_below(&site);
        let has_unit_beds = units.iter().any(|unit| self.counts.contains_key(&unit.id));
        self.counts.contains_key(&site) && !has_unit_beds
    }
}
