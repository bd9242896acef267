//! An installation: its folder, its keys, its configuration and its database.

use crate::cli::{At, Settings};
use anyhow::{Context as _, Result, bail};
use base::SitePath;
use identity::{Scope, SiteTree};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{Db, Keys, Location, SCHEMA_VERSION, StoreError, SystemClock, Tx, Vault};

/// The environment variable with the keys themselves (JSON) or the path of their file.
const KEYS_VARIABLE: &str = "HELMWARD_KEYS";

/// Where an installation is.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) dir: PathBuf,
    pub(crate) location: Location,
    pub(crate) settings: Settings,
}

impl Place {
    /// The place the flags name; the folder's `helmward.toml` is read.
    pub(crate) fn of(at: &At) -> Result<Place> {
        Place::with_config(at, None)
    }

    /// The same with another configuration file.
    pub(crate) fn with_config(at: &At, config: Option<&Path>) -> Result<Place> {
        let settings = match config {
            Some(path) => read_settings(path)?,
            None => {
                let path = at.dir.join("helmward.toml");
                if path.exists() { read_settings(&path)? } else { Settings::default() }
            }
        };
        let url = at.database_url.clone().or_else(|| settings.database_url.clone());
        let location = match url {
            Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Location::Url(url)
            }
            Some(_) => {
                bail!("the database address is not one of PostgreSQL; write postgres://USER@HOST/NAME")
            }
            None => Location::File(at.dir.join("helmward.db")),
        };
        Ok(Place { dir: at.dir.clone(), location, settings })
    }

    /// The file of the keys, unless the environment holds them.
    pub(crate) fn keys_file(&self) -> Option<PathBuf> {
        match std::env::var(KEYS_VARIABLE) {
            Ok(text) if text.trim_start().starts_with('{') => None,
            Ok(path) if !path.is_empty() => Some(PathBuf::from(path)),
            Ok(_) | Err(_) => Some(self.dir.join("keys.json")),
        }
    }

    /// The keys.
    pub(crate) fn keys(&self) -> Result<Keys> {
        match self.keys_file() {
            Some(path) => Ok(Keys::read(&path)?),
            None => {
                let text = std::env::var(KEYS_VARIABLE).unwrap_or_default();
                let not = || format!("{KEYS_VARIABLE} holds no keys; set it to the text of the key file");
                serde_json::from_str(&text).with_context(not)
            }
        }
    }

    /// Whether there is an installation already.
    pub(crate) fn is_made(&self) -> bool {
        let has_file = matches!(&self.location, Location::File(path) if path.exists());
        has_file || self.keys_file().is_some_and(|path| path.exists())
    }

    /// Opens the database whatever its schema.
    pub(crate) async fn open_any(&self, create: bool) -> Result<Db> {
        if let Location::File(path) = &self.location
            && !create
            && !path.exists()
        {
            bail!(
                "there is no installation in {}; make one with `helmward init --dir {} --name NAME --admin \
                 EMAIL`, or look around with `helmward demo`",
                self.dir.display(),
                self.dir.display()
            );
        }
        let vault = Vault::new(&self.keys()?)?;
        Ok(Db::open(&self.location, create, vault, Arc::new(SystemClock)).await?)
    }

    /// Opens an installation of this program's schema.
    pub(crate) async fn open(&self) -> Result<Db> {
        let db = self.open_any(false).await?;
        match schema_of(&db).await? {
            SCHEMA_VERSION => {
                catch_up(&db).await?;
                Ok(db)
            }
            0 => bail!(
                "the database is empty; make an installation with `helmward init`, or restore a backup with \
                 `helmward restore`"
            ),
            found if found > SCHEMA_VERSION => Err(StoreError::Newer { found, known: SCHEMA_VERSION }.into()),
            found => bail!(
                "the database has schema {found}, this program needs {SCHEMA_VERSION}; start `helmward serve` \
                 once, which backs it up and upgrades it"
            ),
        }
    }
}

/// Applies what a server acknowledged and, killed, did not come to.
pub(crate) async fn catch_up(db: &Db) -> Result<()> {
    let meaning: Arc<dyn intake::Meaning> = Arc::<census::AdtMeaning>::default();
    let n_applied = intake::drain(db, &meaning).await?;
    if n_applied > 0 {
        tracing::info!(n_applied, "messages acknowledged before were applied");
    }
    Ok(())
}

/// The schema of a database; 0 when it is empty.
pub(crate) async fn schema_of(db: &Db) -> Result<i64> {
    // A reading look first, so that nobody waits for the writer of a running server.
    let mut tx = db.read().await?;
    if let Ok(version) = store::find_schema_version(&mut tx).await {
        return Ok(version);
    }
    drop(tx);
    Ok(store::schema_version(db).await?)
}

fn read_settings(path: &Path) -> Result<Settings> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    toml::from_str(&text).with_context(|| {
        format!("{} is not understood; `helmward serve --help` lists every key", path.display())
    })
}

/// The tree, and the site asked for: the top one when none is named.
pub(crate) async fn site_of(tx: &mut Tx, asked: Option<&SitePath>) -> Result<(SiteTree, Scope)> {
    let tree = SiteTree::load(tx).await?;
    let path = match asked {
        Some(path) => path.clone(),
        None => {
            let mut tops =
                tree.all().iter().filter(|site| site.parent_id.is_none() && site.closed_on.is_none());
            match (tops.next(), tops.next()) {
                (Some(top), None) => top.path.clone(),
                (None, _) => bail!("there is no site yet; add sites with `helmward import sites FILE`"),
                (Some(_), Some(_)) => bail!("there are several top sites; name one with --site"),
            }
        }
    };
    let scope = Scope::operator(&tree, &path);
    let Some(scope) = scope else {
        let known: Vec<&str> = tree.all().iter().take(8).map(|site| site.path.as_str()).collect();
        bail!("there is no site `{path}`; there are {}", known.join(", "));
    };
    Ok((tree, scope))
}
