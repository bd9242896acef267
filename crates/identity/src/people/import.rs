//! Taking in a file of people, and taking it back.

use super::rules::{PersonLine, parse_people};
use super::store::{
    NewPerson, PersonRefused, close_person, find_before, find_person, find_person_by_email, had_password,
    insert_person, list_caused, reopen_person, update_person,
};
use crate::roles::{GrantRefused, grant_role, list_grants, take_back};
use crate::sites::SiteTree;
use crate::table::Reject;
use crate::{ImportCounts, ImportReport, Person};
use base::Id;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use store::{Actor, StoreError, Tx};

/// Takes in a file of people: `email,name,title,site,role`, a line for each role.
///
/// An unknown address makes an account without a password; a known one is brought up to date; a role not
/// held yet is held from today. Nothing is closed or ended. A closed account is left alone, unless it was
/// closed before it ever had a password, as an undone import leaves it. Give each import its own
/// `actor.cause`: [`undo_people_import`] finds by it what to take back.
///
/// # Errors
/// [`PersonRefused::Store`] when the store fails.
pub async fn import_people(
    tx: &mut Tx,
    actor: &Actor,
    text: &str,
    is_dry: bool,
) -> Result<ImportReport, PersonRefused> {
    let tree = SiteTree::load(tx).await?;
    let (lines, mut rejects) = parse_people(text, &tree);
    let mut counts = ImportCounts::default();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let import = Import { actor, tree: &tree, is_dry };
    for line in &lines {
        let is_first = seen.insert(line.email.clone());
        match import.take_in(tx, line, is_first).await? {
            Done::New => counts.new += 1,
            Done::Changed => counts.changed += 1,
            Done::Same => counts.same += 1,
            Done::Closed => rejects.push(Reject::new(
                line.line,
                "email",
                &line.email,
                "the account of this address is closed",
                "Open it again under People, or take the line out",
            )),
        }
    }
    rejects.sort_by_key(|reject| reject.line);
    counts.rejected = rejects.iter().map(|reject| reject.line).collect::<BTreeSet<_>>().len();
    Ok(ImportReport { counts, rejects })
}

enum Done {
    New,
    Changed,
    Same,
    Closed,
}

struct Import<'a> {
    actor: &'a Actor,
    tree: &'a SiteTree,
    is_dry: bool,
}

impl Import<'_> {
    /// One line. A second line of a new person counts as a change, in a dry run too.
    async fn take_in(&self, tx: &mut Tx, line: &PersonLine, is_first: bool) -> Result<Done, PersonRefused> {
        let Some(known) = find_person_by_email(tx, &line.email).await? else {
            if self.is_dry {
                return Ok(if is_first { Done::New } else { Done::Changed });
            }
            let new =
                NewPerson { email: line.email.clone(), name: line.name.clone(), title: line.title.clone() };
            let id = insert_person(tx, self.actor, &new).await?;
            self.give_role(tx, line, id).await?;
            return Ok(Done::New);
        };
        let is_closed = known.closed_at.is_some();
        if is_closed && had_password(tx, known.id).await? {
            return Ok(Done::Closed);
        }
        if is_closed && !self.is_dry {
            reopen_person(tx, self.actor, known.id).await?;
        }
        // A title left out stays as it is.
        let title = if line.title.is_empty() { known.title.clone() } else { line.title.clone() };
        let is_renamed = known.name != line.name || known.title != title;
        if is_renamed && !self.is_dry {
            let new = NewPerson { email: line.email.clone(), name: line.name.clone(), title };
            update_person(tx, self.actor, known.id, &new).await?;
        }
        let has_new_role = self.give_role(tx, line, known.id).await?;
        Ok(if is_closed || is_renamed || has_new_role { Done::Changed } else { Done::Same })
    }

    /// Gives the role of a line, from today on; whether it was not held yet. A role that ends some day
    /// counts as held: prolonging it is for a person to decide.
    async fn give_role(
        &self,
        tx: &mut Tx,
        line: &PersonLine,
        person: Id<Person>,
    ) -> Result<bool, PersonRefused> {
        let Some((role, site)) = line.role else { return Ok(false) };
        let zone = self.tree.get(&site).map_or(TimeZone::UTC, |site| site.time_zone.clone());
        let today = tx.at().to_zoned(zone).date();
        let is_held = list_grants(tx, person)
            .await?
            .iter()
            .any(|grant| grant.role == role && grant.site == site && grant.to.is_none_or(|end| today < end));
        if is_held {
            return Ok(false);
        }
        if !self.is_dry {
            grant_role(tx, self.actor, person, role, site, today, None).await.map_err(unexpected)?;
        }
        Ok(true)
    }
}

/// Refusals that the checks before have ruled out.
fn unexpected(refused: GrantRefused) -> PersonRefused {
    match refused {
        GrantRefused::Store(error) => error.into(),
        GrantRefused::NoPerson
        | GrantRefused::NoSite
        | GrantRefused::NoGrant
        | GrantRefused::Backward { .. }
        | GrantRefused::Held { .. } => StoreError::inconsistent("role_grant", refused.to_string()).into(),
    }
}

/// Takes back what an import under `cause` did: accounts it made are closed, names and titles it changed
/// are as before, roles it gave end today. What people did since stays. The number of records taken back.
///
/// # Errors
/// [`PersonRefused::Store`] when the store fails.
pub async fn undo_people_import(tx: &mut Tx, actor: &Actor, cause: &str) -> Result<usize, PersonRefused> {
    let tree = SiteTree::load(tx).await?;
    let mut n_undone = 0;
    for (record, _) in list_caused(tx, "role", cause).await? {
        let id = record.parse().map_err(|_| StoreError::inconsistent("history", "the id of a role"))?;
        take_back(tx, actor, &tree, id).await.map_err(unexpected)?;
        n_undone += 1;
    }
    for (record, seq) in list_caused(tx, "person", cause).await? {
        let id = record.parse().map_err(|_| StoreError::inconsistent("history", "the id of a person"))?;
        let Some(person) = find_person(tx, id).await? else { continue };
        n_undone += 1;
        let Some(before) = find_before(tx, "person", &record, seq).await? else {
            close_person(tx, actor, id).await?;
            continue;
        };
        let before: Before = serde_json::from_str(&before)
            .map_err(|error| StoreError::inconsistent("history", format!("a person: {error}")))?;
        let new = NewPerson { email: person.email, name: before.name, title: before.title };
        update_person(tx, actor, id, &new).await?;
        if before.closed_at.is_some() {
            close_person(tx, actor, id).await?;
        }
    }
    Ok(n_undone)
}

#[derive(serde::Deserialize)]
struct Before {
    name: String,
    title: String,
    closed_at: Option<String>,
}
