//! People in the database.

use super::password::{self, PasswordHash, WeakPassword};
use super::rules::{check_new_password, is_email, normal_email};
use super::{PersonInfo, Preferences};
use crate::roles::{self, Grant, GrantRefused, Role, Scope};
use crate::{Person, sessions, sites, tokens};
use base::Id;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::{Actor, Change, Columns, FromRow, StoreError, Tx, binds};

/// Why an account was not changed.
#[derive(Debug, thiserror::Error)]
pub enum PersonRefused {
    /// No such person.
    #[error("there is no such person; look them up in the list of people")]
    NoPerson,
    /// The address is taken.
    #[error("{email} has an account already; open that one")]
    Taken {
        /// The address.
        email: String,
    },
    /// Not an address.
    #[error("`{got}` is not an e-mail address; write it as name@place")]
    Email {
        /// The text given.
        got: String,
    },
    /// Not a name.
    #[error("a person needs a name of 1 to 120 characters; write the name colleagues use")]
    Name,
    /// No site to administer.
    #[error("there is no site yet; add the enterprise first")]
    NoSite,
    /// The password is weak.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A person to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// The address they sign in with.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they are called in the house.
    pub title: String,
}

/// A person in a list, with the roles the asker may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Who.
    pub person: PersonInfo,
    /// Their grants at the asker's sites, past ones included.
    pub grants: Vec<Grant>,
    /// Until when sign-in waits after failures.
    pub locked_until: Option<Timestamp>,
}

impl FromRow for PersonInfo {
    fn from_row(c: &mut Columns<'_>) -> Result<PersonInfo, StoreError> {
        let id = c.take()?;
        let (email, name, title) = (c.take()?, c.take()?, c.take()?);
        let preferences: String = c.take()?;
        let preferences = serde_json::from_str(&preferences)
            .map_err(|error| StoreError::inconsistent("person", format!("preferences of {id:?}: {error}")))?;
        Ok(PersonInfo {
            id,
            email,
            name,
            title,
            preferences,
            must_change: c.take()?,
            created_at: c.take()?,
            closed_at: c.take()?,
        })
    }
}

/// The account with this id.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn find_person(tx: &mut Tx, id: Id<Person>) -> Result<Option<PersonInfo>, StoreError> {
    tx.find(
        "SELECT id, email, name, title, preferences, must_change, created_at, closed_at
         FROM person WHERE id = $1 ORDER BY id",
        binds![id],
    )
    .await
}

/// The account of an address, whatever its case.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn find_person_by_email(tx: &mut Tx, email: &str) -> Result<Option<PersonInfo>, StoreError> {
    tx.find(
        "SELECT id, email, name, title, preferences, must_change, created_at, closed_at
         FROM person WHERE email = $1 ORDER BY id",
        binds![normal_email(email)],
    )
    .await
}

/// How many accounts there are; none means the product has not been set up.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn n_people(tx: &mut Tx) -> Result<i64, StoreError> {
    let count: Option<(i64,)> = tx.find("SELECT CAST(COUNT(*) AS BIGINT) FROM person", binds![]).await?;
    Ok(count.map_or(0, |(n,)| n))
}

struct Listed {
    person: PersonInfo,
    locked_until: Option<Timestamp>,
}

impl FromRow for Listed {
    fn from_row(c: &mut Columns<'_>) -> Result<Listed, StoreError> {
        Ok(Listed { person: PersonInfo::from_row(c)?, locked_until: c.take()? })
    }
}

struct GrantOf(Id<Person>, Grant);

impl FromRow for GrantOf {
    fn from_row(c: &mut Columns<'_>) -> Result<GrantOf, StoreError> {
        Ok(GrantOf(c.take()?, Grant::from_row(c)?))
    }
}

/// The people who hold or held a role inside a scope, by name, with those grants. At a top site also the
/// people without any role, because nobody else would see them.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list_people(tx: &mut Tx, scope: &Scope) -> Result<Vec<PersonRow>, StoreError> {
    let people: Vec<Listed> = tx
        .list(
            "SELECT p.id, p.email, p.name, p.title, p.preferences, p.must_change, p.created_at, p.closed_at,
                    p.locked_until
             FROM person p
             WHERE EXISTS (SELECT 1 FROM role_grant g JOIN site_tree t ON t.descendant_id = g.site_id
                           WHERE g.person_id = p.id AND t.ancestor_id = $1)
                OR (EXISTS (SELECT 1 FROM site s WHERE s.id = $2 AND s.parent_id IS NULL)
                    AND NOT EXISTS (SELECT 1 FROM role_grant g WHERE g.person_id = p.id))
             ORDER BY p.name, p.id",
            binds![scope.site_id(), scope.site_id()],
        )
        .await?;
    let grants: Vec<GrantOf> = tx
        .list(
            "SELECT g.person_id, g.id, g.role, g.site_id, g.from_date, g.to_date
             FROM role_grant g JOIN site_tree t ON t.descendant_id = g.site_id
             WHERE t.ancestor_id = $1 ORDER BY g.person_id, g.from_date, g.id",
            binds![scope.site_id()],
        )
        .await?;
    let mut of_person: std::collections::HashMap<Id<Person>, Vec<Grant>> = std::collections::HashMap::new();
    for GrantOf(person, grant) in grants {
        of_person.entry(person).or_default().push(grant);
    }
    let row = |Listed { person, locked_until }: Listed| {
        let grants = of_person.remove(&person.id).unwrap_or_default();
        PersonRow { person, grants, locked_until }
    };
    Ok(people.into_iter().map(row).collect())
}

/// Adds an account without a password; [`reset_password`](super::reset_password) gives the first one.
///
/// # Errors
/// [`PersonRefused`] when the address is taken or a value is not valid.
pub async fn insert_person(tx: &mut Tx, actor: &Actor, new: &NewPerson) -> Result<Id<Person>, PersonRefused> {
    let email = checked(new)?;
    if find_person_by_email(tx, &email).await?.is_some() {
        return Err(PersonRefused::Taken { email });
    }
    let person = PersonInfo {
        id: tx.new_id(),
        email,
        name: new.name.trim().to_owned(),
        title: new.title.trim().to_owned(),
        preferences: Preferences::default(),
        must_change: true,
        created_at: tx.at(),
        closed_at: None,
    };
    tx.run(
        "INSERT INTO person (id, email, name, title, must_change, n_failed, preferences, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        binds![
            person.id,
            person.email.as_str(),
            person.name.as_str(),
            person.title.as_str(),
            person.must_change,
            0i64,
            preferences_text(&person.preferences)?,
            person.created_at,
        ],
    )
    .await?;
    keep(tx, actor, &person).await?;
    Ok(person.id)
}

/// Changes a person's address, name and title.
///
/// # Errors
/// [`PersonRefused`] when the address is taken or a value is not valid.
pub async fn update_person(
    tx: &mut Tx,
    actor: &Actor,
    id: Id<Person>,
    new: &NewPerson,
) -> Result<(), PersonRefused> {
    let email = checked(new)?;
    let mut person = find_person(tx, id).await?.ok_or(PersonRefused::NoPerson)?;
    if find_person_by_email(tx, &email).await?.is_some_and(|other| other.id != id) {
        return Err(PersonRefused::Taken { email });
    }
    person.email = email;
    person.name = new.name.trim().to_owned();
    person.title = new.title.trim().to_owned();
    tx.run(
        "UPDATE person SET email = $1, name = $2, title = $3 WHERE id = $4",
        binds![person.email.as_str(), person.name.as_str(), person.title.as_str(), id],
    )
    .await?;
    keep(tx, actor, &person).await?;
    Ok(())
}

/// Closes an account: its sessions and tokens end now. Its grants and its history stay.
///
/// # Errors
/// [`PersonRefused`] when there is no such person.
pub async fn close_person(tx: &mut Tx, actor: &Actor, id: Id<Person>) -> Result<(), PersonRefused> {
    let mut person = find_person(tx, id).await?.ok_or(PersonRefused::NoPerson)?;
    if person.closed_at.is_some() {
        return Ok(());
    }
    let at = tx.at();
    person.closed_at = Some(at);
    tx.run("UPDATE person SET closed_at = $1 WHERE id = $2", binds![at, id]).await?;
    keep(tx, actor, &person).await?;
    sessions::revoke_all(tx, actor, id, None).await?;
    tokens::revoke_tokens_of(tx, actor, id).await?;
    Ok(())
}

/// Opens a closed account again. Its password fits as before; reset it if in doubt.
///
/// # Errors
/// [`PersonRefused`] when there is no such person.
pub async fn reopen_person(tx: &mut Tx, actor: &Actor, id: Id<Person>) -> Result<(), PersonRefused> {
    let mut person = find_person(tx, id).await?.ok_or(PersonRefused::NoPerson)?;
    person.closed_at = None;
    tx.run("UPDATE person SET closed_at = $1 WHERE id = $2", binds![None::<Timestamp>, id]).await?;
    keep(tx, actor, &person).await?;
    Ok(())
}

/// Whether an account ever had a password, that is, could be used.
pub(super) async fn had_password(tx: &mut Tx, id: Id<Person>) -> Result<bool, StoreError> {
    let found: Option<(Option<String>,)> =
        tx.find("SELECT password_hash FROM person WHERE id = $1 ORDER BY id", binds![id]).await?;
    Ok(found.is_some_and(|(hash,)| hash.is_some()))
}

/// Saves how a person likes their pages.
///
/// # Errors
/// [`PersonRefused`] when there is no such person.
pub async fn set_preferences(
    tx: &mut Tx,
    actor: &Actor,
    id: Id<Person>,
    preferences: &Preferences,
) -> Result<(), PersonRefused> {
    let mut person = find_person(tx, id).await?.ok_or(PersonRefused::NoPerson)?;
    person.preferences = preferences.clone();
    let text = preferences_text(preferences)?;
    tx.run("UPDATE person SET preferences = $1 WHERE id = $2", binds![text, id]).await?;
    keep(tx, actor, &person).await?;
    Ok(())
}

/// Saves a password, lifts a lock and ends the person's sessions but the one of `keep_session`. Pages call
/// [`change_password`](super::change_password) or [`reset_password`](super::reset_password), which check.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn set_password(
    tx: &mut Tx,
    actor: &Actor,
    id: Id<Person>,
    hash: &PasswordHash,
    must_change: bool,
    keep_session: Option<&str>,
) -> Result<(), StoreError> {
    tx.run(
        "UPDATE person SET password_hash = $1, must_change = $2, n_failed = $3, locked_until = $4
         WHERE id = $5",
        binds![hash.as_str(), must_change, 0i64, None::<Timestamp>, id],
    )
    .await?;
    let body = serde_json::json!({ "must_change": must_change });
    let change = Change { kind: "password", record: id.to_string(), site: None, body };
    tx.keep(actor, change).await?;
    sessions::revoke_all(tx, actor, id, keep_session).await
}

/// The first account of an installation, administrator and director of every top site: somebody has to
/// see whether what came in is right, and can hand the second role on. Blocks while hashing; run once.
///
/// # Errors
/// [`PersonRefused`] when there is no site yet or the password is weak.
pub async fn first_admin(
    tx: &mut Tx,
    email: &str,
    name: &str,
    password: &str,
) -> Result<Id<Person>, PersonRefused> {
    let actor = Actor::new("command", "first set-up");
    check_new_password(password, email)?;
    let tops = sites::list_tops(tx).await?;
    if tops.is_empty() {
        return Err(PersonRefused::NoSite);
    }
    let new = NewPerson { email: email.to_owned(), name: name.to_owned(), title: "Administrator".to_owned() };
    let person = insert_person(tx, &actor, &new).await?;
    set_password(tx, &actor, person, &password::hash(password)?, false, None).await?;
    // The day before in London has begun at every site.
    let today = tx.at().to_zoned(TimeZone::UTC).date();
    let from = today.yesterday().unwrap_or(today);
    for site in tops {
        for role in [Role::Administrator, Role::Director] {
            match roles::grant_role(tx, &actor, person, role, site, from, None).await {
                Ok(_) => {}
                Err(GrantRefused::Store(error)) => return Err(error.into()),
                Err(refused) => {
                    return Err(StoreError::inconsistent("role_grant", refused.to_string()).into());
                }
            }
        }
    }
    Ok(person)
}

/// What signing in needs to know.
#[derive(Debug)]
pub(crate) struct Credentials {
    pub(crate) person: Id<Person>,
    pub(crate) email: String,
    pub(crate) password_hash: Option<String>,
    pub(crate) n_failed: i64,
    pub(crate) locked_until: Option<Timestamp>,
}

impl FromRow for Credentials {
    fn from_row(c: &mut Columns<'_>) -> Result<Credentials, StoreError> {
        Ok(Credentials {
            person: c.take()?,
            email: c.take()?,
            password_hash: c.take()?,
            n_failed: c.take()?,
            locked_until: c.take()?,
        })
    }
}

/// How an open account signs in.
pub(crate) async fn credentials(tx: &mut Tx, id: Id<Person>) -> Result<Option<Credentials>, StoreError> {
    tx.find(
        "SELECT id, email, password_hash, n_failed, locked_until FROM person
         WHERE id = $1 AND closed_at IS NULL ORDER BY id",
        binds![id],
    )
    .await
}

/// Makes other processes that settle a sign-in of this person wait for this one.
pub(crate) async fn hold_person(tx: &mut Tx, id: Id<Person>) -> Result<(), StoreError> {
    tx.run("UPDATE person SET n_failed = n_failed WHERE id = $1", binds![id]).await.map(|_| ())
}

/// Counts a failed sign-in; a lock goes to history.
pub(crate) async fn save_failure(
    tx: &mut Tx,
    id: Id<Person>,
    n_failed: i64,
    locked_until: Option<Timestamp>,
) -> Result<(), StoreError> {
    tx.run(
        "UPDATE person SET n_failed = $1, locked_until = $2 WHERE id = $3",
        binds![n_failed, locked_until, id],
    )
    .await?;
    let Some(until) = locked_until else { return Ok(()) };
    let body = serde_json::json!({ "n_failed": n_failed, "locked_until": until.to_string() });
    let change = Change { kind: "lock-out", record: id.to_string(), site: None, body };
    tx.keep(&Actor::new("product", "sign-in"), change).await
}

/// Forgets the failures.
pub(crate) async fn save_success(tx: &mut Tx, id: Id<Person>) -> Result<(), StoreError> {
    tx.run(
        "UPDATE person SET n_failed = $1, locked_until = $2 WHERE id = $3",
        binds![0i64, None::<Timestamp>, id],
    )
    .await
    .map(|_| ())
}

fn checked(new: &NewPerson) -> Result<String, PersonRefused> {
    let email = normal_email(&new.email);
    if !is_email(&email) {
        return Err(PersonRefused::Email { got: new.email.chars().take(80).collect() });
    }
    let n_chars = new.name.trim().chars().count();
    if n_chars == 0 || n_chars > 120 { Err(PersonRefused::Name) } else { Ok(email) }
}

fn preferences_text(preferences: &Preferences) -> Result<String, StoreError> {
    serde_json::to_string(preferences).map_err(|error| StoreError::inconsistent("person", error.to_string()))
}

async fn keep(tx: &mut Tx, actor: &Actor, person: &PersonInfo) -> Result<(), StoreError> {
    let body = serde_json::json!({
        "email": person.email,
        "name": person.name,
        "title": person.title,
        "preferences": person.preferences,
        "closed_at": person.closed_at.map(|at| at.to_string()),
    });
    tx.keep(actor, Change { kind: "person", record: person.id.to_string(), site: None, body }).await
}

/// The records of a kind that history says were changed under a cause, each once, oldest first.
pub(super) async fn list_caused(
    tx: &mut Tx,
    kind: &'static str,
    cause: &str,
) -> Result<Vec<(String, i64)>, StoreError> {
    tx.list(
        "SELECT record_id, MIN(seq) FROM history WHERE kind = $1 AND cause = $2
         GROUP BY record_id ORDER BY MIN(seq), record_id",
        binds![kind, cause],
    )
    .await
}

/// What a record was before a row of its history; `None` when that row made it.
pub(super) async fn find_before(
    tx: &mut Tx,
    kind: &'static str,
    record: &str,
    seq: i64,
) -> Result<Option<String>, StoreError> {
    let found: Option<(String,)> = tx
        .find(
            "SELECT body FROM history WHERE kind = $1 AND record_id = $2 AND seq < $3
             ORDER BY seq DESC LIMIT 1",
            binds![kind, record, seq],
        )
        .await?;
    Ok(found.map(|(body,)| body))
}
