//! A person's change of a bed: what the form asks, whether it may be, and saving it with history.

use super::rules::{BLOCK_REASONS, BedState, CannotSet, check_set};
use super::store::{self, Bed, BedRow};
use crate::profile::Profiles;
use ::store::{Actor, Tx};
use area::Fault;
use base::{Id, SitePath};
use identity::SiteTree;

/// What the buttons of a bed's page do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Takes it out of use for a while.
    Block,
    /// Puts it back.
    Unblock,
    /// To be cleaned.
    Dirty,
    /// Being cleaned.
    Cleaning,
    /// Clean and empty.
    Clean,
    /// Takes it out of use for long.
    Close,
    /// Puts it back.
    Open,
    /// Promises it to a patient.
    Assign,
    /// Takes the promise back.
    Release,
}

impl Action {
    /// Every action.
    pub const ALL: [Action; 9] = [
        Action::Block,
        Action::Unblock,
        Action::Dirty,
        Action::Cleaning,
        Action::Clean,
        Action::Close,
        Action::Open,
        Action::Assign,
        Action::Release,
    ];

    /// The value posted.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Action::Block => "block",
            Action::Unblock => "unblock",
            Action::Dirty => "dirty",
            Action::Cleaning => "cleaning",
            Action::Clean => "clean",
            Action::Close => "close",
            Action::Open => "open",
            Action::Assign => "assign",
            Action::Release => "release",
        }
    }

    /// The button's words.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Action::Block => "Block bed",
            Action::Unblock => "Unblock",
            Action::Dirty => "Mark dirty",
            Action::Cleaning => "Start cleaning",
            Action::Clean => "Mark clean",
            Action::Close => "Close bed",
            Action::Open => "Open bed",
            Action::Assign => "Assign",
            Action::Release => "Take the promise back",
        }
    }

    /// The action of a posted word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Action> {
        Action::ALL.into_iter().find(|action| action.word() == word)
    }

    /// What the bed becomes.
    #[must_use]
    pub fn state(self) -> BedState {
        match self {
            Action::Block => BedState::Blocked,
            Action::Dirty => BedState::Dirty,
            Action::Cleaning => BedState::Cleaning,
            Action::Unblock | Action::Clean | Action::Open | Action::Release => BedState::Available,
            Action::Close => BedState::Closed,
            Action::Assign => BedState::Assigned,
        }
    }

    /// The simple actions offered in a state, one button each.
    #[must_use]
    pub fn offered(state: BedState) -> &'static [Action] {
        match state {
            BedState::Available => &[Action::Dirty, Action::Close],
            BedState::Assigned => &[Action::Release],
            BedState::Occupied => &[],
            BedState::Dirty => &[Action::Cleaning, Action::Clean],
            BedState::Cleaning => &[Action::Clean, Action::Dirty],
            BedState::Blocked => &[Action::Unblock],
            BedState::Closed => &[Action::Open],
        }
    }
}

/// What a person asks of a bed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// What to do.
    pub action: Action,
    /// Why, one of [`BLOCK_REASONS`].
    pub reason: String,
    /// More about it.
    pub note: String,
    /// Who clears it.
    pub owner: String,
    /// The stay it is promised to.
    pub stay: String,
}

impl Wish {
    /// The reason stored: the word offered, and the note after it.
    #[must_use]
    pub fn full_reason(&self) -> String {
        match (self.reason.trim(), self.note.trim()) {
            (reason, "") => reason.to_owned(),
            ("", note) => note.to_owned(),
            (reason, note) => format!("{reason}: {note}"),
        }
    }
}

/// Why a wish was refused: the field and what to do.
pub type Refusal = (&'static str, String);

/// Checks a wish against the bed. `is_occupied` says whether a patient is in it.
///
/// # Errors
/// [`Refusal`].
pub fn check(bed: &BedRow, is_occupied: bool, wish: &Wish) -> Result<BedState, Refusal> {
    let from = if is_occupied { BedState::Occupied } else { bed.state };
    let to = wish.action.state();
    let reason = wish.full_reason();
    let must_be_offered = to == BedState::Blocked;
    if must_be_offered && !wish.reason.is_empty() && !BLOCK_REASONS.contains(&wish.reason.as_str()) {
        return Err(("reason", "choose one of the reasons offered".to_owned()));
    }
    let checked_reason = if must_be_offered && wish.reason.is_empty() { "" } else { reason.as_str() };
    check_set(from, to, checked_reason, &wish.owner).map_err(|refused| {
        let field = match refused {
            CannotSet::Occupied => "",
            CannotSet::NoReason | CannotSet::TooLong => "reason",
            CannotSet::NoOwner => "owner",
        };
        (field, refused.to_string())
    })?;
    if wish.action == Action::Assign {
        if from != BedState::Available {
            let words = format!("this bed is {}; only a clean, empty bed can be assigned", from.word());
            return Err(("stay", words));
        }
        if wish.stay.is_empty() {
            return Err(("stay", "choose the patient the bed is for".to_owned()));
        }
    }
    Ok(to)
}

/// Saves a state; the id of its fact, by which it can be undone.
///
/// # Errors
/// [`Fault::Conflict`] when the bed changed since the asker saw it.
pub async fn save(
    tx: &mut Tx,
    actor: &Actor,
    site: &SitePath,
    seen: &BedRow,
    to: BedState,
    wish: &Wish,
) -> Result<Id<store::Fact>, Fault> {
    let known = store::find_any(tx, seen.id).await?.ok_or(Fault::NotFound)?;
    if known.since != seen.since || known.state != seen.state {
        return Err(Fault::Conflict(format!(
            "Someone set this bed to {} while you were looking at it. Load the bed again and repeat the change.",
            known.state.word()
        )));
    }
    let is_reasoned = matches!(to, BedState::Blocked | BedState::Closed);
    let at = tx.at().as_microsecond();
    let fact = store::Fact {
        id: tx.new_id(),
        bed: seen.id,
        // Whoever acts has seen the state before, even one that the feed dates ahead of our clock.
        at: at.max(known.since),
        recorded: at,
        sent: String::new(),
        state: to,
        reason: if is_reasoned { wish.full_reason() } else { String::new() },
        owner: if is_reasoned { wish.owner.trim().to_owned() } else { String::new() },
        stay: if to == BedState::Assigned { wish.stay.clone() } else { String::new() },
        cause: actor.who.clone(),
    };
    let body = serde_json::json!({
        "state": to.word(), "reason": fact.reason, "owner": fact.owner, "stay": fact.stay,
    });
    let id = fact.id;
    let source = store::Source { facility: None, unit_code: String::new(), message: 0 };
    store::insert_facts(tx, &[(fact, source)]).await?;
    keep(tx, actor, site, known, body).await?;
    Ok(id)
}

/// Takes the newest change of a bed back, if `token` still names it: the bed is as it was before, and has
/// been so all the time.
///
/// # Errors
/// [`Fault::Conflict`] when it changed since.
pub async fn undo(
    tx: &mut Tx,
    actor: &Actor,
    site: &SitePath,
    bed: Id<Bed>,
    token: &str,
) -> Result<(), Fault> {
    let known = store::find_any(tx, bed).await?.ok_or(Fault::NotFound)?;
    let tree = SiteTree::load(tx).await?;
    let newest = store::list_states(tx, &tree, &known).await?.into_iter().next();
    let fact = newest.and_then(|state| state.fact).filter(|fact| fact.to_string() == token);
    let Some(fact) = fact else {
        return Err(Fault::Conflict(
            "This bed changed again, so there is nothing to undo. Load the bed to see its state.".to_owned(),
        ));
    };
    store::void_fact(tx, fact).await?;
    let body = serde_json::json!({ "undone": fact.to_string() });
    keep(tx, actor, site, known, body).await
}

/// Brings the bed to what is told of it now, and keeps who changed that.
async fn keep(
    tx: &mut Tx,
    actor: &Actor,
    site: &SitePath,
    bed: BedRow,
    body: serde_json::Value,
) -> Result<(), Fault> {
    let record = bed.id.to_string();
    let tree = SiteTree::load(tx).await?;
    let profiles = Profiles::load(tx).await?;
    super::work_out(tx, &tree, &profiles, vec![bed]).await?;
    let change = ::store::Change { kind: "bed", record, site: Some(site.clone()), body };
    Ok(tx.keep(actor, change).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bed(state: BedState) -> BedRow {
        BedRow {
            id: Id::new(1, 1),
            unit: Id::new(1, 2),
            code: "501-A".to_owned(),
            is_licensed: true,
            is_set_up: true,
            state,
            since: 0,
            reason: String::new(),
            owner: String::new(),
            stay: String::new(),
            is_listed: true,
            closed_at: None,
        }
    }

    fn wish(action: Action, reason: &str, owner: &str, stay: &str) -> Wish {
        let text = str::to_owned;
        Wish { action, reason: text(reason), note: String::new(), owner: text(owner), stay: text(stay) }
    }

    #[test]
    fn every_refusal_names_its_field_and_what_to_do() {
        let cases = [
            (
                BedState::Occupied,
                wish(Action::Clean, "", "", ""),
                "",
                "a patient is in this bed; move or discharge the patient first",
            ),
            (
                BedState::Available,
                wish(Action::Block, "", "Lee", ""),
                "reason",
                "say why the bed is blocked, so that someone can clear it",
            ),
            (
                BedState::Available,
                wish(Action::Block, "weather", "Lee", ""),
                "reason",
                "choose one of the reasons offered",
            ),
            (
                BedState::Available,
                wish(Action::Block, "staffing", "", ""),
                "owner",
                "name who will clear the block",
            ),
            (
                BedState::Dirty,
                wish(Action::Assign, "", "", "s1"),
                "stay",
                "this bed is dirty; only a clean, empty bed can be assigned",
            ),
            (
                BedState::Available,
                wish(Action::Assign, "", "", ""),
                "stay",
                "choose the patient the bed is for",
            ),
        ];
        for (state, wish, field, words) in cases {
            assert_eq!(check(&bed(state), false, &wish).unwrap_err(), (field, words.to_owned()));
        }
        let long = wish(Action::Block, "other", &"x".repeat(201), "");
        assert_eq!(check(&bed(BedState::Dirty), false, &long).unwrap_err().0, "reason");
    }

    #[test]
    fn what_is_offered_is_allowed() {
        for state in BedState::ALL {
            for action in Action::offered(state) {
                let wish = wish(*action, "", "", "");
                assert_eq!(check(&bed(state), false, &wish), Ok(action.state()), "{state:?} {action:?}");
            }
        }
        assert_eq!(
            check(&bed(BedState::Available), false, &wish(Action::Block, "other", "Lee", "")),
            Ok(BedState::Blocked)
        );
        // The patient in it counts, whatever the bed's own state says.
        assert!(check(&bed(BedState::Available), true, &wish(Action::Dirty, "", "", "")).is_err());
    }
}
