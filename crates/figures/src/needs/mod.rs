//! Needs: everything with a clock or a breach, in one ranked list, each with the button that starts the fix.
//!
//! Needs are derived each time they are read, never stored; each area gives a [`Source`]. What a person
//! dismisses stays away until the day they named, and comes back by itself. Ranking is by class, then due,
//! then key ([`RANK_RULES`] says it in words for `?why=1`).

mod store;
#[cfg(test)]
mod tests;

pub use store::{DismissProblem, dismiss, list_needs, undo_dismissal};

use crate::figure::{as_text, as_text_option};
use crate::rules::Rules;
use ::store::{StoreError, Tx};
use base::SitePath;
use futures::future::BoxFuture;
use identity::{Permission, Scope, SiteTree};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

/// What is at stake. Ranks first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Somebody could be harmed.
    Safety,
    /// A law, payer or contract set a clock.
    LegalClock,
    /// Money is lost while it waits.
    Money,
    /// Everything else that needs a person.
    Rest,
}

impl Class {
    /// The class in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Class::Safety => "safety",
            Class::LegalClock => "legal clock",
            Class::Money => "money",
            Class::Rest => "rest",
        }
    }
}

/// What a need's chip says; obligation and performance never share a color.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChipKind {
    /// Rule broken, unsafe, past due.
    Breach,
    /// Due soon.
    Due,
    /// Complete.
    Done,
    /// Performance better than usual.
    Better,
    /// Performance worse.
    Worse,
    /// Special cause without a direction.
    Moved,
    /// Neither good nor bad.
    Plain,
}

/// A few words beside a need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chip {
    /// Its meaning.
    pub kind: ChipKind,
    /// Its words.
    pub text: String,
}

/// One thing that needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Need {
    /// Steady name of the thing: the same need read tomorrow has the same key. When it grows so much worse
    /// that a dismissal should no longer cover it, give it another key.
    pub key: String,
    /// What is at stake.
    pub class: Class,
    /// One sentence: "7 boarding, 6 beds blocked".
    pub sentence: String,
    /// Why it is here, naming the rule or the figure.
    pub why: String,
    /// When it must be done.
    #[serde(serialize_with = "as_text_option")]
    pub due: Option<Timestamp>,
    /// How due is shown where a time alone would not do: `Today`, `by Sunday`.
    pub due_words: Option<String>,
    /// Who has it.
    pub owner: Option<String>,
    /// Where it belongs.
    #[serde(serialize_with = "as_text")]
    pub site: SitePath,
    /// The page that starts the fix.
    pub href: String,
    /// The words on its button.
    pub button: String,
    /// A few words beside it.
    pub chip: Option<Chip>,
    /// The area it comes from: `census`.
    pub area: &'static str,
}

/// What a source of needs is asked. `scope` names who asks and at which site.
#[derive(Clone, Copy)]
pub struct NeedAsk<'a> {
    /// Who asks, and which sites they may see.
    pub scope: &'a Scope,
    /// The site tree, with names and time zones.
    pub tree: &'a SiteTree,
    /// The dated rules.
    pub rules: &'a Rules,
    /// Now.
    pub now: Timestamp,
}

/// Derives needs for what is asked.
pub type DeriveFn = for<'a> fn(&'a mut Tx, &'a NeedAsk<'a>) -> BoxFuture<'a, Result<Vec<Need>, StoreError>>;

/// Where needs come from: each area gives one or more.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// What a person must hold at the site asked for; without it the source is not asked.
    pub permission: Permission,
    /// Derives the needs of `ask.scope.path()` and everything below it. Names no patient.
    pub derive: DeriveFn,
}

/// A need that a person put off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dismissed {
    /// The need as it stands now.
    #[serde(flatten)]
    pub need: Need,
    /// Why it was put off.
    pub reason: String,
    /// The civil day at its site on which it comes back.
    #[serde(serialize_with = "as_text")]
    pub until: Date,
    /// Who put it off: a person's id.
    pub dismissed_by: String,
    /// When.
    #[serde(serialize_with = "as_text")]
    pub dismissed_at: Timestamp,
}

/// The needs of a scope. Serialized, it is the answer of `/api/v1/needs`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Ranked {
    /// What needs somebody, most urgent first.
    pub open: Vec<Need>,
    /// What was put off and has not come back, in the same order.
    pub dismissed: Vec<Dismissed>,
}

/// The order in words, for `?why=1`.
pub const RANK_RULES: [&str; 4] = [
    "First by what is at stake: safety, then a legal clock, then money, then the rest.",
    "Within a class by when it is due, earliest first; what has no due time comes last.",
    "What is due at the same time keeps a steady order by its key.",
    "What was dismissed is left out until the day named, then it comes back by itself.",
];

/// Puts needs in order: class, then due (none last), then key. A key that came twice is kept once.
#[must_use]
pub fn rank(mut needs: Vec<Need>) -> Vec<Need> {
    needs.sort_by(|a, b| order(a).cmp(&order(b)));
    let mut seen = std::collections::BTreeSet::new();
    needs.retain(|need| seen.insert(need.key.clone()));
    needs
}

fn order(need: &Need) -> (Class, bool, Option<Timestamp>, &str) {
    (need.class, need.due.is_none(), need.due, &need.key)
}
