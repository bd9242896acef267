//! Repair: the legal roster nearest to the published one, after something changed.
//!
//! [`News`] turns the problem as it was into the problem as it is. [`repair`] then looks for the
//! roster that, in this order,
//!
//! 1. breaks nothing that must hold and did not break it before,
//! 2. leaves as few heads short as can be of those that the news made short,
//! 3. differs from the published roster in the fewest cells, and never in more than the limit,
//! 4. costs least: cover, straight time, float, overtime, agency, travel, preferences.
//!
//! A row that the news broke is mended first, by up to four edits of the best rows, and where these do not do
//! by the exact program over all rows; so it is known, and told, when no allowed change makes it legal.
//!
//! It fills hole after hole depth-first. A hole is filled by somebody's row that changes in one cell
//! or two, which may open another hole: that is a chain. Rows of people who were not touched yet are
//! worked out once for each hole. One more cell is allowed at a time, so that what is found first
//! changes fewest. The search ends when nothing better is left or when its work is used up, and says
//! which; the work is counted in rows judged, not in time, so that the same question has the same
//! answer.
//!
//! Days before the first free one stay as they are. The result passes [`check`](crate::check) before
//! it is returned: breaches that were there before are named apart, and so is what cannot be helped.

mod dive;
mod ground;
mod news;
mod rank;
mod ways;

pub use news::{News, NoNews};
pub use rank::{Candidate, CostClass, Outcome, rank};

use crate::check::{Breach, Verdict, check};
use crate::evaluate::Evaluator;
use crate::problem::{Cell, DayIdx, DemandIdx, PersonIdx, Problem, Roster};
use crate::score::Score;
use dive::Dive;
use ground::Ground;
use std::collections::BTreeMap;

/// A question to [`repair`].
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The problem as it was when the roster was published.
    pub before: &'a Problem,
    /// The problem as it is.
    pub after: &'a Problem,
    /// What people know.
    pub published: &'a Roster,
    /// The first day that may change; those before are over.
    pub first_free: DayIdx,
    /// At most so many cells differ from the published roster, those of the absent among them.
    pub changes_max: usize,
    /// So many rows are judged at most; [`Ask::WORK`] is usual.
    pub work_max: u64,
}

/// A repaired roster.
#[derive(Clone, Debug)]
pub struct Repaired {
    /// The roster.
    pub roster: Roster,
    /// What it costs in the problem as it is.
    pub score: Score,
    /// Every cell that differs from the published roster, day by day.
    pub changes: Vec<Changed>,
    /// Every row of the demand that the news made short.
    pub holes: Vec<Hole>,
    /// Breaches that were in the published roster, and still are.
    pub old_breaches: Vec<Breach>,
    /// Breaches that follow from the news and that no allowed change helps.
    pub left_breaches: Vec<Breach>,
    /// Whose row no allowed change makes legal.
    pub beyond_help: Vec<BeyondHelp>,
    /// Whether fewer heads short, or fewer changes, are proven impossible, as long as nobody's row
    /// changes in more than two cells beside those of the news.
    pub is_fewest: bool,
    /// Whether everything with as many changes was compared by cost.
    pub is_cheapest: bool,
}

/// Somebody whose row the news broke and no change that was allowed or tried makes legal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeyondHelp {
    /// Who.
    pub person: PersonIdx,
    /// Whether more changes would do.
    pub legal: Legal,
}

/// When a row is legal again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Legal {
    /// After so many changes, those of the news included, as the exact program over all rows found.
    After(usize),
    /// Whatever changes on days that are not over: no row is legal.
    Never,
    /// The exact program has no room for every rule, or was not asked.
    Unknown,
}

impl Legal {
    /// How many changes, where that is known.
    #[must_use]
    pub fn n_changes(self) -> Option<usize> {
        match self {
            Legal::After(n_changes) => Some(n_changes),
            Legal::Never | Legal::Unknown => None,
        }
    }
}

/// A cell that differs from the published roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed {
    /// When.
    pub day: DayIdx,
    /// Who.
    pub person: PersonIdx,
    /// What was published.
    pub was: Cell,
    /// What it is now.
    pub is: Cell,
    /// Whether the news itself forbids what was published.
    pub is_forced: bool,
}

/// A row of the demand that the news made short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// Which row.
    pub demand: DemandIdx,
    /// So many heads are missing because of the news.
    pub missing: u16,
    /// So many of them are still missing in the repaired roster.
    pub left: u16,
    /// Everybody who counts toward the row, those who can take it first, cheapest first.
    pub ranking: Vec<Candidate>,
}

/// Why nothing can be repaired.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotRepair {
    /// The problems, or the roster, are not of one size.
    #[error(
        "the roster and the problem before and after differ in people, days, duties or rules; repair a roster of this problem"
    )]
    Mismatch,
    /// What the news forbids is more than may change.
    #[error(
        "{forced} published cells cannot stand any longer and at most {changes_max} may change; allow at least {forced} changes"
    )]
    LimitTooSmall {
        /// Cells that must change.
        forced: usize,
        /// The limit.
        changes_max: usize,
    },
}

impl Ask<'_> {
    /// Work that takes some tens of milliseconds.
    pub const WORK: u64 = 80_000;
}

impl Repaired {
    /// Heads still missing because of the news.
    #[must_use]
    pub fn n_left(&self) -> u32 {
        self.holes.iter().map(|hole| u32::from(hole.left)).sum()
    }
}

/// Looks for the legal roster nearest to the published one.
///
/// # Errors
/// When the sizes do not fit, or when the news alone changes more cells than the limit allows.
pub fn repair(ask: &Ask<'_>) -> Result<Repaired, CannotRepair> {
    let (before, after) = (ask.before, ask.after);
    let is_alike = before.n_people() == after.n_people()
        && before.n_days() == after.n_days()
        && before.n_codes() == after.n_codes()
        && before.parts().rules.len() == after.parts().rules.len();
    if !is_alike || !after.fits(ask.published) {
        return Err(CannotRepair::Mismatch);
    }
    let (was, is) = (Evaluator::new(before), Evaluator::new(after));
    let ground = Ground::new(&was, &is, ask.published, ask.first_free);
    let forced = ground.forced.len();
    if forced > ask.changes_max {
        return Err(CannotRepair::LimitTooSmall { forced, changes_max: ask.changes_max });
    }
    let mut dive = Dive::new(&ground, ask.changes_max, ask.work_max);
    let found = dive.run();
    Ok(judged(ask, &ground, found))
}

/// What a search brings home.
struct Found {
    roster: Roster,
    is_fewest: bool,
    is_cheapest: bool,
    beyond_help: Vec<BeyondHelp>,
}

/// Judges what was found by other means, and tells it. Whatever the search did wrong ends here: the
/// roster with nothing but the forced changes is returned then.
fn judged(ask: &Ask<'_>, ground: &Ground<'_, '_>, mut found: Found) -> Repaired {
    let mut verdict = check(ask.after, &found.roster);
    // Judging takes its time, and most repaired rosters break nothing.
    let before = if verdict.is_legal() { BTreeMap::new() } else { sums(&check(ask.before, ask.published)) };
    let n_changes = changes(ask, ground, &found.roster).len();
    if n_changes > ask.changes_max || exceeds(&verdict, &before) {
        let root = check(ask.after, &ground.root);
        let mut limits = sums(&root);
        for (key, points) in &before {
            let limit = limits.entry(key.clone()).or_insert(0);
            *limit = (*limit).max(*points);
        }
        if n_changes > ask.changes_max || exceeds(&verdict, &limits) {
            found = Found { roster: ground.root.clone(), is_fewest: false, is_cheapest: false, ..found };
            verdict = root;
        }
    }
    let (old_breaches, left_breaches) = verdict
        .hard()
        .cloned()
        .partition(|breach| before.get(&key(breach)).is_some_and(|points| *points >= breach.points));
    Repaired {
        changes: changes(ask, ground, &found.roster),
        holes: holes(ground, &found.roster),
        score: verdict.score,
        old_breaches,
        left_breaches,
        roster: found.roster,
        is_fewest: found.is_fewest,
        is_cheapest: found.is_cheapest,
        beyond_help: found.beyond_help,
    }
}

/// Whether something is broken more than it may be.
fn exceeds(verdict: &Verdict, limits: &BTreeMap<Key, i64>) -> bool {
    sums(verdict).iter().any(|(key, points)| *points > limits.get(key).copied().unwrap_or(0))
}

/// A rule with whom it concerns, or the day when it concerns nobody alone.
type Key = (String, Option<PersonIdx>, Option<i32>);

fn key(breach: &Breach) -> Key {
    (breach.rule.clone(), breach.person, breach.day.filter(|_| breach.person.is_none()))
}

fn sums(verdict: &Verdict) -> BTreeMap<Key, i64> {
    let mut sums = BTreeMap::new();
    for breach in verdict.hard() {
        *sums.entry(key(breach)).or_insert(0) += breach.points;
    }
    sums
}

fn changes(ask: &Ask<'_>, ground: &Ground<'_, '_>, roster: &Roster) -> Vec<Changed> {
    let mut changes = Vec::new();
    for day in DayIdx::all(ask.after.n_days()) {
        for person in PersonIdx::all(ask.after.n_people()) {
            let (was, is) = (ask.published.cell(person, day), roster.cell(person, day));
            if was != is {
                let is_forced = ground.forced.contains(&(person, day));
                changes.push(Changed { day, person, was, is, is_forced });
            }
        }
    }
    changes
}

/// Every row that was short right after the news, with what is left and who can take it.
fn holes(ground: &Ground<'_, '_>, roster: &Roster) -> Vec<Hole> {
    let demands = ground.after.problem().parts().demands.len();
    let mut holes = Vec::new();
    for demand in DemandIdx::all(demands) {
        let missing = ground.missing(demand, &ground.root);
        if missing > 0 {
            let left = ground.missing(demand, roster);
            let ranking = rank(ground.after, &ground.root, demand);
            holes.push(Hole { demand, missing, left, ranking });
        }
    }
    holes
}
