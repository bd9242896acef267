//! Taking in a file of people, and taking it back.

use super::rules::{PersonLine, parse_people};
use super::store::{
    NewPerson, PersonRefused, close_person, find_before, find_person, find_person_by_email, insert_person,
    list_caused, update_person,
};
use crate::roles::{GrantRefused, end_role, grant_role, list_grants};
use crate::sites::SiteTree;
use crate::{ImportCounts, ImportReport};
use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use store::{Actor, StoreError, Tx};

/// Takes in a file of people: `email,name,title,site,role`, a line for each role.
///
/// An unknown address makes an account without a password; a known one is brought up to date; a role not
/// held yet is held from today. Nothing is closed or ended. Give each import its own `actor.cause`:
/// [`undo_people_import`] finds by it what to take back.
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
    let (lines, rejects) = parse_people(text, &tree);
    let rejected = rejects.iter().map(|reject| reject.line).collect::<BTreeSet<_>>().len();
    let mut counts = ImportCounts { rejected, ..ImportCounts::default() };
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for line in &lines {
        let is_first = seen.insert(line.email.clone());
        match take_in(tx, actor, &tree, line, is_first, is_dry).await? {
            Done::New => counts.new += 1,
            Done::Changed => counts.changed += 1,
            Done::Same => counts.same += 1,
        }
    }
    Ok(ImportReport { counts, rejects })
}

enum Done {
    New,
    Changed,
    Same,
}

/// One line. A second line of a new person counts as a change, in a dry run too.
async fn take_in(
    tx: &mut Tx,
    actor: &Actor,
    tree: &SiteTree,
    line: &PersonLine,
    is_first: bool,
    is_dry: bool,
) -> Result<Done, PersonRefused> {
    let known = find_person_by_email(tx, &line.email).await?;
    let new = NewPerson { email: line.email.clone(), name: line.name.clone(), title: line.title.clone() };
    let (id, mut is_changed) = match &known {
        None if is_dry => return Ok(if is_first { Done::New } else { Done::Changed }),
        None => (insert_person(tx, actor, &new).await?, false),
        Some(known) => {
            // A title left out stays as it is.
            let title = if new.title.is_empty() { known.title.clone() } else { new.title.clone() };
            let is_changed = known.name != new.name || known.title != title;
            if is_changed && !is_dry {
                update_person(tx, actor, known.id, &NewPerson { title, ..new }).await?;
            }
            (known.id, is_changed)
        }
    };
    if let Some((role, site)) = line.role {
        let zone = tree.get(&site).map_or(TimeZone::UTC, |site| site.time_zone.clone());
        let today = tx.at().to_zoned(zone).date();
        let held = list_grants(tx, id).await?;
        // A role that ends some day is held as well; prolonging it is a decision for a person.
        let is_held = held
            .iter()
            .any(|grant| grant.role == role && grant.site == site && grant.to.is_none_or(|end| today < end));
        if !is_held {
            is_changed = true;
            if !is_dry {
                grant(tx, actor, line, id, today).await?;
            }
        }
    }
    Ok(match (known.is_none(), is_changed) {
        (true, _) => Done::New,
        (false, true) => Done::Changed,
        (false, false) => Done::Same,
    })
}

async fn grant(
    tx: &mut Tx,
    actor: &Actor,
    line: &PersonLine,
    person: base::Id<crate::Person>,
    from: jiff::civil::Date,
) -> Result<(), PersonRefused> {
    let Some((role, site)) = line.role else { return Ok(()) };
    match grant_role(tx, actor, person, role, site, from, None).await {
        Ok(_) => Ok(()),
        Err(GrantRefused::Store(error)) => Err(error.into()),
        // A closed account keeps no new role; the person who opens it again decides.
        Err(GrantRefused::NoPerson) => Ok(()),
        Err(refused) => Err(StoreError::inconsistent("role_grant", refused.to_string()).into()),
    }
}

/// Takes back what an import under `cause` did: accounts it made are closed, names and titles it changed
/// are as before, roles it gave end today. What people did since stays.
///
/// # Errors
/// [`PersonRefused::Store`] when the store fails.
pub async fn undo_people_import(tx: &mut Tx, actor: &Actor, cause: &str) -> Result<usize, PersonRefused> {
    let mut n_undone = 0;
    let today = tx.at().to_zoned(TimeZone::UTC).date();
    for (record, _) in list_caused(tx, "role", cause).await? {
        let id = record.parse().map_err(|_| StoreError::inconsistent("history", "the id of a role"))?;
        // East of London the role may have begun tomorrow, seen from here; it then never was held.
        let ended = match end_role(tx, actor, id, today).await {
            Err(GrantRefused::Backward { from, .. }) => end_role(tx, actor, id, from).await,
            other => other,
        };
        match ended {
            Ok(()) => n_undone += 1,
            Err(GrantRefused::Store(error)) => return Err(error.into()),
            Err(refused) => {
                return Err(StoreError::inconsistent("role_grant", refused.to_string()).into());
            }
        }
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
    }
    Ok(n_undone)
}

#[derive(serde::Deserialize)]
struct Before {
    name: String,
    title: String,
}
