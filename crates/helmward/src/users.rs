//! People who sign in, kept from the command line.

use crate::cli::{At, User};
use crate::place::{Place, site_of};
use crate::{End, print};
use anyhow::{Result, anyhow, bail};
use base::{Id, SitePath};
use identity::people::{self, NewPerson, PersonRefused, PersonRow};
use identity::roles::{self, Grant, GrantRefused};
use identity::{Person, Role, SiteTree};
use jiff::civil::Date;
use serde::Serialize;
use store::{Actor, Db, StoreError};

pub(crate) async fn run(ask: User) -> Result<End> {
    match ask {
        User::Add { email, name, title, role, site, at } => {
            let new = NewPerson { email, name, title };
            add(&at, new, role.zip(site)).await
        }
        User::List { site, from } => {
            let db = Place::of(&from.at)?.open().await?;
            list(&db, site.as_ref(), from.json).await
        }
        User::ResetPassword { email, at } => {
            let db = Place::of(&at)?.open().await?;
            let person = find(&db, &email).await?;
            let once = people::reset_password(&db, actor(), person).await?;
            print::line(format!("{email} signs in once with {once} and then chooses a password."))?;
            Ok(End::Done)
        }
        User::Grant { email, role, site, from, to, at } => {
            let db = Place::of(&at)?.open().await?;
            let person = find(&db, &email).await?;
            let (role, title) = grant(&db, person, &role, &site, from, to).await?;
            print::line(format!("{email} is {} at {title}.", role.title()))?;
            Ok(End::Done)
        }
        User::Close { email, at } => {
            let db = Place::of(&at)?.open().await?;
            let person = find(&db, &email).await?;
            let closed: Result<(), PersonRefused> = db
                .write(move |tx| Box::pin(async move { people::close_person(tx, &actor(), person).await }))
                .await;
            closed?;
            print::line(format!("The account of {email} is closed; its sessions and tokens have ended."))?;
            Ok(End::Done)
        }
    }
}

fn actor() -> Actor {
    Actor::new("command", "user")
}

/// The person of an e-mail address.
pub(crate) async fn find(db: &Db, email: &str) -> Result<Id<Person>> {
    match people::find_person_by_email(&mut db.read().await?, email).await? {
        Some(person) => Ok(person.id),
        None => bail!("nobody signs in as {email}; `helmward user list` shows who does"),
    }
}

async fn add(at: &At, new: NewPerson, role: Option<(String, SitePath)>) -> Result<End> {
    let password = std::env::var("HELMWARD_USER_PASSWORD").ok().filter(|password| !password.is_empty());
    if let Some(password) = &password {
        people::check_new_password(password, &new.email)?;
    }
    let role = role.map(|(role, site)| role.parse::<Role>().map(|role| (role, site))).transpose()?;
    let db = Place::of(at)?.open().await?;
    let email = new.email.clone();
    let added: Result<Id<Person>, PersonRefused> =
        db.write(move |tx| Box::pin(async move { people::insert_person(tx, &actor(), &new).await })).await;
    let person = added?;
    if let Some((role, site)) = role {
        grant(&db, person, role.key(), &site, None, None).await?;
    }
    match password {
        Some(password) => {
            let hash = tokio::task::spawn_blocking(move || people::password::hash(&password)).await??;
            let set: Result<(), StoreError> = db
                .write(move |tx| {
                    Box::pin(
                        async move { people::set_password(tx, &actor(), person, &hash, true, None).await },
                    )
                })
                .await;
            set?;
            print::line(format!("{email} can sign in and chooses a password of their own then."))?;
        }
        None => {
            let once = people::reset_password(&db, actor(), person).await?;
            print::line(format!("{email} signs in once with {once} and then chooses a password."))?;
        }
    }
    Ok(End::Done)
}

async fn grant(
    db: &Db,
    person: Id<Person>,
    role: &str,
    site: &SitePath,
    from: Option<Date>,
    to: Option<Date>,
) -> Result<(Role, String)> {
    let role: Role = role.parse()?;
    let (tree, scope) = site_of(&mut db.read().await?, Some(site)).await?;
    let info = tree.find(scope.path()).ok_or_else(|| anyhow!("there is no site `{site}`"))?;
    let from = from.unwrap_or_else(|| db.now().to_zoned(info.time_zone.clone()).date());
    let (site, title) = (info.id, info.name.clone());
    let given: Result<Id<Grant>, GrantRefused> = db
        .write(move |tx| {
            Box::pin(async move { roles::grant_role(tx, &actor(), person, role, site, from, to).await })
        })
        .await;
    given?;
    Ok((role, title))
}

#[derive(Serialize)]
struct Listed {
    email: String,
    name: String,
    title: String,
    closed_at: Option<String>,
    must_change: bool,
    roles: Vec<Held>,
}

#[derive(Serialize)]
struct Held {
    role: &'static str,
    site: String,
    from: String,
    to: Option<String>,
}

async fn list(db: &Db, site: Option<&SitePath>, json: bool) -> Result<End> {
    let mut tx = db.read().await?;
    let (tree, scope) = site_of(&mut tx, site).await?;
    let people = people::list_people(&mut tx, &scope).await?;
    if json {
        print::json(&people.iter().map(|row| listed(row, &tree)).collect::<Vec<_>>())?;
        return Ok(End::Done);
    }
    let rows: Vec<Vec<String>> = people
        .iter()
        .map(|row| {
            let listed = listed(row, &tree);
            let roles = listed.roles.iter().map(|held| format!("{} at {}", held.role, held.site));
            let state = if listed.closed_at.is_some() { "closed" } else { "open" };
            vec![listed.email, listed.name, state.to_owned(), roles.collect::<Vec<_>>().join("; ")]
        })
        .collect();
    print::table(&["e-mail", "name", "account", "roles"], &rows)?;
    Ok(End::Done)
}

fn listed(row: &PersonRow, tree: &SiteTree) -> Listed {
    let roles = row.grants.iter().filter_map(|grant| {
        Some(Held {
            role: grant.role.key(),
            site: tree.get(&grant.site)?.path.to_string(),
            from: grant.from.to_string(),
            to: grant.to.map(|to| to.to_string()),
        })
    });
    Listed {
        email: row.person.email.clone(),
        name: row.person.name.clone(),
        title: row.person.title.clone(),
        closed_at: row.person.closed_at.map(|at| at.to_string()),
        must_change: row.person.must_change,
        roles: roles.collect(),
    }
}
