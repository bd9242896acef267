//! From beds and patients to the board. Pure.

use super::leaving::Waits;
use crate::adt::model::Micros;
use crate::beds::rules::BedState;
use crate::beds::store::BedRow;
use crate::tally::rules::{Kind, local_date};
use crate::words;
use base::Id;
use identity::sites::Beds;
use identity::{Care, Site, SiteTree};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A patient inside, or one who is announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// The stay's id.
    pub stay: String,
    /// Unit and bed, unless only announced.
    pub place: Option<(Id<Site>, String)>,
    /// What the patient counts as.
    pub kind: Kind,
    /// The service, as sent.
    pub service: String,
    /// Since when in this place.
    pub since: Micros,
    /// When an inpatient stay began.
    pub admitted_at: Option<Micros>,
    /// Where a pending move goes.
    pub to: Option<Id<Site>>,
    /// The same as sent.
    pub to_code: String,
    /// Since when a move is pending.
    pub pending_since: Option<Micros>,
    /// When an announced patient is expected.
    pub expected_in: Option<Micros>,
    /// When the stay is expected to end.
    pub expected_out: Option<Micros>,
    /// Away for a while.
    pub is_on_leave: bool,
    /// The name, where it may be shown; otherwise empty.
    pub name: String,
}

impl Guest {
    /// The name, or what stands for it.
    #[must_use]
    pub fn label(&self) -> String {
        match (&self.name, &self.place) {
            (name, _) if !name.is_empty() => name.clone(),
            (_, Some((_, bed))) if !bed.is_empty() => words::bed(bed),
            (_, Some(_)) => format!("{} patient without a bed", words::kind(self.kind)),
            (_, None) => format!("{} arrival", words::kind(self.kind)),
        }
    }
}

/// Everything the board is made of.
pub struct Facts<'f> {
    /// The sites.
    pub tree: &'f SiteTree,
    /// The site looked at.
    pub top: Id<Site>,
    /// Beds by unit and code.
    pub beds: Vec<BedRow>,
    /// Everyone inside the site.
    pub present: Vec<Guest>,
    /// Everyone announced for it, or elsewhere in the house on the way to it.
    pub coming: Vec<Guest>,
    /// Staffed beds of units, today.
    pub counts: BTreeMap<Id<Site>, Beds>,
    /// What those who leave wait for, by stay.
    pub waits: HashMap<String, Waits>,
    /// How long a patient may wait in the emergency department for a bed.
    pub boarding_limit: i64,
    /// Now.
    pub now: Timestamp,
}

/// One who waits for a bed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Who.
    pub guest: Guest,
    /// Minutes since the decision.
    pub minutes: i64,
    /// Past the limit.
    pub is_late: bool,
    /// The bed promised, if one is.
    pub promised: Option<String>,
}

/// One who leaves today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaving {
    /// Who.
    pub guest: Guest,
    /// What they wait for.
    pub waits: Waits,
    /// The expected time is past.
    pub is_late: bool,
}

/// One bed, or a patient without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// The bed's id; none where the feed names a patient and no bed.
    pub bed: Option<Id<crate::beds::store::Bed>>,
    /// Room and bed.
    pub code: String,
    /// How it stands.
    pub state: web::BedState,
    /// One line about it, without a name.
    pub note: String,
    /// The same with the name, where it may be shown.
    pub named: String,
}

/// One unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitBoard {
    /// The unit.
    pub unit: Id<Site>,
    /// Its care.
    pub care: Care,
    /// Its beds.
    pub tiles: Vec<Tile>,
    /// Patients inside.
    pub n_in_use: i64,
    /// Of them, those no bed is told for.
    pub n_without_bed: i64,
    /// Staffed beds today; set-up beds where nobody has counted.
    pub n_staffed: i64,
    /// Clean and empty; among them staffed beds that nobody named yet.
    pub n_free: i64,
    /// Announced, promised or on the way here.
    pub n_coming: i64,
    /// Leaving today.
    pub n_leaving: i64,
    /// Beds that nobody can use now.
    pub n_blocked: i64,
}

impl UnitBoard {
    /// Staffed beds without a patient tonight when everyone comes and leaves as announced; below zero when
    /// beds are missing.
    #[must_use]
    pub fn free_tonight(&self) -> i64 {
        self.n_staffed - self.n_in_use + self.n_leaving - self.n_coming
    }
}

/// The board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Board {
    /// Waiting for a bed, longest first.
    pub waiting: Vec<Waiting>,
    /// Announced, by expected time.
    pub expected: Vec<Guest>,
    /// Units in tree order.
    pub units: Vec<UnitBoard>,
    /// Leaving today, by expected time.
    pub leaving: Vec<Leaving>,
    /// The limit of waiting, in minutes.
    pub boarding_limit: i64,
}

/// Makes the board.
#[must_use]
pub fn board(facts: &Facts<'_>) -> Board {
    let promised: HashMap<&str, &BedRow> = facts
        .beds
        .iter()
        .filter(|bed| bed.state == BedState::Assigned && !bed.stay.is_empty())
        .map(|bed| (bed.stay.as_str(), bed))
        .collect();
    let now = facts.now.as_microsecond();
    let mut waiting: Vec<Waiting> = facts
        .present
        .iter()
        .filter_map(|guest| {
            let since = waiting_since(facts.tree, guest)?;
            let minutes = words::minutes(since, now);
            let promised = promised.get(guest.stay.as_str()).map(|bed| words::bed(&bed.code));
            Some(Waiting { guest: guest.clone(), minutes, is_late: minutes > facts.boarding_limit, promised })
        })
        .collect();
    waiting.sort_by(|a, b| b.minutes.cmp(&a.minutes).then_with(|| a.guest.stay.cmp(&b.guest.stay)));
    let mut expected: Vec<Guest> =
        facts.coming.iter().filter(|guest| guest.place.is_none()).cloned().collect();
    expected.sort_by(|a, b| (a.expected_in, &a.stay).cmp(&(b.expected_in, &b.stay)));
    Board {
        waiting,
        expected,
        units: units(facts, &promised),
        leaving: leaving(facts),
        boarding_limit: facts.boarding_limit,
    }
}

/// Since when a patient in the emergency department waits for a bed: the earliest word of it.
fn waiting_since(tree: &SiteTree, guest: &Guest) -> Option<Micros> {
    let (unit, _) = guest.place.as_ref()?;
    if tree.get(unit)?.care != Care::Emergency {
        return None;
    }
    let admitted = match guest.kind {
        Kind::Inpatient => guest.admitted_at.or(Some(guest.since)),
        Kind::Observation => Some(guest.since),
        Kind::Newborn | Kind::Emergency | Kind::Outpatient => None,
    };
    // A move within the department is no wait for a bed.
    let pending = guest.pending_since.filter(|_| guest.to != Some(*unit));
    admitted.into_iter().chain(pending).min()
}

/// Whether a patient is expected to leave today or was before, in the day of their unit.
#[must_use]
pub fn leaves_today(tree: &SiteTree, guest: &Guest, now: Timestamp) -> bool {
    let (Some((unit, _)), Some(out)) = (&guest.place, guest.expected_out) else { return false };
    let zone = words::zone(tree, unit);
    local_date(out, &zone) <= local_date(now.as_microsecond(), &zone)
}

fn leaving(facts: &Facts<'_>) -> Vec<Leaving> {
    let now = facts.now.as_microsecond();
    let mut leaving: Vec<Leaving> = facts
        .present
        .iter()
        .filter(|guest| guest.kind != Kind::Emergency && leaves_today(facts.tree, guest, facts.now))
        .map(|guest| Leaving {
            waits: facts.waits.get(&guest.stay).cloned().unwrap_or_default(),
            is_late: guest.expected_out.is_some_and(|out| out < now),
            guest: guest.clone(),
        })
        .collect();
    leaving.sort_by(|a, b| (a.guest.expected_out, &a.guest.stay).cmp(&(b.guest.expected_out, &b.guest.stay)));
    leaving
}

fn units(facts: &Facts<'_>, promised: &HashMap<&str, &BedRow>) -> Vec<UnitBoard> {
    let mut beds: HashMap<Id<Site>, Vec<&BedRow>> = HashMap::new();
    for bed in &facts.beds {
        beds.entry(bed.unit).or_default().push(bed);
    }
    let mut guests: HashMap<Id<Site>, Vec<&Guest>> = HashMap::new();
    for guest in &facts.present {
        if let Some((unit, _)) = &guest.place {
            guests.entry(*unit).or_default().push(guest);
        }
    }
    let coming = coming_to(facts, promised);
    let today = |unit: &Id<Site>| local_date(facts.now.as_microsecond(), &words::zone(facts.tree, unit));
    facts
        .tree
        .units_below(&facts.top)
        .into_iter()
        .filter_map(|site| {
            let beds = beds.remove(&site.id).unwrap_or_default();
            let inside = guests.remove(&site.id).unwrap_or_default();
            let is_for_beds = !matches!(site.care, Care::Outpatient | Care::Unmapped);
            let is_known = !beds.is_empty() || facts.counts.contains_key(&site.id);
            let is_ready = is_for_beds && is_known && site.is_open(today(&site.id));
            let is_shown = !inside.is_empty() || is_ready;
            is_shown.then(|| {
                let n_coming = coming.get(&site.id).map_or(0, |stays| count(stays.len()));
                unit_board(facts, site.id, site.care, &beds, &inside, n_coming)
            })
        })
        .collect()
}

/// The stays on the way to each unit: announced for today, pending, or promised a bed there.
fn coming_to<'f>(
    facts: &'f Facts<'_>,
    promised: &HashMap<&'f str, &'f BedRow>,
) -> HashMap<Id<Site>, BTreeSet<&'f str>> {
    let mut coming: HashMap<Id<Site>, BTreeSet<&str>> = HashMap::new();
    for guest in facts.present.iter().chain(&facts.coming) {
        let here = guest.place.as_ref().map(|(unit, _)| *unit);
        let to = promised.get(guest.stay.as_str()).map(|bed| bed.unit).or(guest.to);
        let Some(to) = to.filter(|to| here != Some(*to)) else { continue };
        let zone = words::zone(facts.tree, &to);
        let today = local_date(facts.now.as_microsecond(), &zone);
        if guest.place.is_some() || guest.expected_in.is_none_or(|at| local_date(at, &zone) <= today) {
            coming.entry(to).or_default().insert(&guest.stay);
        }
    }
    coming
}

fn unit_board(
    facts: &Facts<'_>,
    unit: Id<Site>,
    care: Care,
    beds: &[&BedRow],
    inside: &[&Guest],
    n_coming: i64,
) -> UnitBoard {
    let mut by_bed: BTreeMap<&str, Vec<&Guest>> = BTreeMap::new();
    for guest in inside {
        let code = guest.place.as_ref().map_or("", |(_, bed)| bed.as_str());
        by_bed.entry(code).or_default().push(guest);
    }
    let mut tiles: Vec<Tile> = Vec::with_capacity(beds.len());
    for bed in beds {
        let guests = by_bed.remove(bed.code.as_str()).unwrap_or_default();
        tiles.push(tile(facts, Some(bed), &bed.code, &guests));
    }
    let n_without_bed = by_bed.remove("").map_or(0, |guests| count(guests.len()));
    // A bed that a message named before anything was known of it.
    for (code, guests) in by_bed {
        tiles.push(tile(facts, None, code, &guests));
    }
    let n = |state: web::BedState| count(tiles.iter().filter(|tile| tile.state == state).count());
    let n_leaving = inside.iter().filter(|guest| leaves_today(facts.tree, guest, facts.now)).count();
    let set_up = beds.iter().filter(|bed| bed.is_set_up && bed.state != BedState::Closed).count();
    let n_staffed = facts.counts.get(&unit).map_or(count(set_up), |beds| beds.staffed);
    // Counted beds that no list and no message has named yet, but for patients whose bed is not told.
    let n_usable = count(tiles.len()) - n(web::BedState::Closed);
    let n_unnamed = (n_staffed - n_usable - n_without_bed).max(0);
    UnitBoard {
        unit,
        care,
        n_in_use: count(inside.len()),
        n_without_bed,
        n_staffed,
        n_free: n(web::BedState::Free) + n_unnamed,
        n_coming,
        n_leaving: count(n_leaving),
        n_blocked: n(web::BedState::Blocked),
        tiles,
    }
}

/// A patient in the bed says more than the bed's own state, which may be late.
fn tile(facts: &Facts<'_>, bed: Option<&&BedRow>, code: &str, guests: &[&Guest]) -> Tile {
    let now = facts.now.as_microsecond();
    let id = bed.map(|bed| bed.id);
    let code = code.to_owned();
    if let Some(first) = guests.first() {
        let is_leaving = leaves_today(facts.tree, first, facts.now);
        let state = if is_leaving { web::BedState::Leaving } else { web::BedState::InUse };
        let others = if guests.len() > 1 { format!(" and {} more", guests.len() - 1) } else { String::new() };
        let away = if first.is_on_leave { ", on leave" } else { "" };
        let note = format!("{}{away}{others}", words::length(first.since, now));
        let named =
            if first.name.is_empty() { note.clone() } else { format!("{}{away}{others}", first.name) };
        return Tile { bed: id, code, state, note, named };
    }
    let Some(bed) = bed else {
        return Tile {
            bed: None,
            code,
            state: web::BedState::Free,
            note: String::new(),
            named: String::new(),
        };
    };
    let length = if bed.since == 0 { String::new() } else { words::length(bed.since, now) };
    let (state, note) = match bed.state {
        BedState::Available | BedState::Occupied if !bed.is_set_up => {
            (web::BedState::Closed, "not set up".to_owned())
        }
        BedState::Available | BedState::Occupied => (web::BedState::Free, length),
        BedState::Assigned => (web::BedState::Reserved, length),
        BedState::Dirty => (web::BedState::Dirty, length),
        BedState::Cleaning => (web::BedState::Cleaning, length),
        BedState::Blocked if bed.owner.is_empty() => (web::BedState::Blocked, bed.reason.clone()),
        BedState::Blocked => (web::BedState::Blocked, format!("{}, {}", bed.reason, bed.owner)),
        BedState::Closed => (web::BedState::Closed, bed.reason.clone()),
    };
    Tile { bed: id, code, state, named: note.clone(), note }
}

pub(crate) fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
