//! A new installation: folder, keys, database, top site, first administrator.

use crate::place::{Place, schema_of};
use crate::{End, cli, print};
use anyhow::{Context as _, Result, bail};
use base::{Id, SitePath};
use identity::people;
use identity::sites::{NewSite, insert_site};
use identity::{Person, SiteKind};
use std::path::PathBuf;
use store::{Actor, Db, Keys, Location};

pub(crate) async fn run(ask: cli::Init) -> Result<End> {
    let place = Place::of(&ask.at)?;
    let path = top_path(&ask)?;
    let password = std::env::var("HELMWARD_ADMIN_PASSWORD").ok().filter(|password| !password.is_empty());
    if let Some(password) = &password {
        people::check_new_password(password, &ask.admin)?;
    }
    // Said before anything is made, so that a second try finds a fresh folder.
    jiff::tz::TimeZone::get(&ask.zone)
        .with_context(|| format!("`{}` is not a time zone; write one such as America/Chicago", ask.zone))?;
    let db = make(&place).await?;
    let made = match fill(&db, &ask, &path, password).await {
        Ok(made) => made,
        Err(error) => {
            drop(db);
            unmake(&place);
            return Err(error);
        }
    };
    print::line(format!("{} is set up in {} as `{path}`.", ask.name, place.dir.display()))?;
    if let Some(once) = made {
        print::line(format!("Sign in as {} with the password {once}; it is shown only now.", ask.admin))?;
    }
    print::line(format!("Next: helmward import sites FILE.csv --dir {0}", place.dir.display()))?;
    print::line(format!("      helmward serve --dir {0}", place.dir.display()))?;
    Ok(End::Done)
}

/// Adds the top site and its administrator, both or neither; the password made for them, when none was given.
async fn fill(db: &Db, ask: &cli::Init, path: &SitePath, password: Option<String>) -> Result<Option<String>> {
    let new = NewSite {
        path: path.clone(),
        kind: SiteKind::Enterprise,
        name: ask.name.clone(),
        time_zone: Some(ask.zone.clone()),
        currency: None,
        care: None,
        sort: 0,
    };
    let (mail, name) = (ask.admin.clone(), name_of(&ask.admin));
    // Without a password of their own they get one to be used once, after a stand-in nobody ever sees.
    let is_given = password.is_some();
    let first = password.unwrap_or_else(|| Keys::generate().map(|keys| keys.seal).unwrap_or_default());
    let added: Result<Id<Person>> = db
        .write(move |tx| {
            Box::pin(async move {
                insert_site(tx, &actor(), &new).await?;
                Ok(people::first_admin(tx, &mail, &name, &first).await?)
            })
        })
        .await;
    let person = added?;
    match is_given {
        true => Ok(None),
        false => Ok(Some(people::reset_password(db, actor(), person).await?)),
    }
}

/// Removes what [`make`] made a moment ago and nobody has used, so that a second try finds a fresh folder.
fn unmake(place: &Place) {
    let mut files: Vec<PathBuf> = place.keys_file().into_iter().collect();
    if let Location::File(database) = &place.location {
        files.extend(["", "-wal", "-shm"].map(|end| PathBuf::from(format!("{}{end}", database.display()))));
    }
    for file in files {
        // What cannot be removed is named by the next try.
        let _ = std::fs::remove_file(file);
    }
}

/// Who the command line is in history.
pub(crate) fn actor() -> Actor {
    Actor::new("command", "init")
}

/// Makes folder, keys and an empty database of today's schema; refuses one that is in use.
pub(crate) async fn make(place: &Place) -> Result<Db> {
    if place.is_made() {
        bail!(
            "{} holds an installation already; serve it with `helmward serve --dir {}`, or choose a new folder",
            place.dir.display(),
            place.dir.display()
        );
    }
    make_folder(&place.dir)?;
    if let Some(path) = place.keys_file() {
        Keys::generate()?.write(&path)?;
    }
    let made = open_empty(place).await;
    if made.is_err()
        && let Some(path) = place.keys_file()
    {
        // Nothing was sealed with them; a second try starts fresh.
        let _ = std::fs::remove_file(path);
    }
    made
}

async fn open_empty(place: &Place) -> Result<Db> {
    let db = place.open_any(true).await?;
    if schema_of(&db).await? > 0 && people::n_people(&mut db.read().await?).await? > 0 {
        bail!("the database holds an installation already; serve it with its own keys, or name an empty one");
    }
    store::migrate(&db).await?;
    Ok(db)
}

/// Makes the folder, closed to other users of the machine.
pub(crate) fn make_folder(dir: &std::path::Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).with_context(|| format!("{} cannot be made", dir.display()))
}

/// `a.baker@example.org` is A Baker until they say otherwise.
fn name_of(email: &str) -> String {
    let local = email.split('@').next().unwrap_or(email);
    let words = local.split(['.', '_', '-', '+']).filter(|word| !word.is_empty()).map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>())
    });
    let name = words.flatten().collect::<Vec<_>>().join(" ");
    if name.is_empty() { "Administrator".to_owned() } else { name }
}

fn top_path(ask: &cli::Init) -> Result<SitePath> {
    if let Some(path) = &ask.path {
        if path.depth() > 0 {
            bail!("`{path}` is below another site; the top site has one word, such as `lakeside`");
        }
        return Ok(path.clone());
    }
    let word: String = ask
        .name
        .to_lowercase()
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    word.parse().with_context(|| {
        format!("no address can be made of the name `{}`; choose one with --path lakeside", ask.name)
    })
}

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn a_name_is_guessed_from_the_address() {
        assert_eq!(name_of("a.baker@example.org"), "A Baker");
        assert_eq!(name_of("@"), "Administrator");
    }
}
