//! Making the sample: what it is made of is written down first, so that a start cut short is done again.

use super::actor;
use crate::cli::{Demo, Size};
use crate::import::{RowFile, take_rows};
use anyhow::{Context as _, Result, bail};
use app::SAMPLE_PASSWORD;
use base::SitePath;
use census::tally::rules::Profile;
use identity::people::{self, PasswordHash, set_password};
use identity::sites::{NewSite, SiteRefused, insert_site, set_care};
use identity::{Care, SiteKind, SiteTree};
use intake::import::Mapping;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Db, StoreError, find_setting, put_setting};

/// The setting with what the sample is made of.
const MADE_OF: &str = "demo.plan";
/// The setting that says the tables are in.
const IS_READY: &str = "demo.ready";

/// What the sample is made of. The past hangs on all of it, so it never changes after the first start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct MadeOf {
    seed: u64,
    days: u32,
    is_network: bool,
    /// The moment of the first start, in whole seconds.
    now_seconds: i64,
}

impl MadeOf {
    fn plan(&self) -> Result<sample::Plan> {
        Ok(sample::Plan {
            seed: self.seed,
            now: Timestamp::from_second(self.now_seconds).context("the sample's first start")?,
            days: self.days,
            size: if self.is_network { sample::Size::Network } else { sample::Size::Hospital },
        })
    }
}

/// The sample's top site.
pub(super) fn top() -> Result<SitePath> {
    "lakeside".parse().context("the sample's top site")
}

/// The plan of the sample in this database, which is made when it is not there.
pub(super) async fn ensure(db: &Db, ask: &Demo) -> Result<sample::Plan> {
    let mut tx = db.read().await?;
    let known: Option<MadeOf> = find_setting(&mut tx, None, MADE_OF).await?;
    let is_ready = find_setting::<bool>(&mut tx, None, IS_READY).await?.unwrap_or(false);
    let n_people = people::n_people(&mut tx).await?;
    drop(tx);
    let asked = MadeOf {
        seed: ask.seed,
        days: ask.days,
        is_network: ask.size == Size::Network,
        now_seconds: db.now().as_second(),
    };
    let made_of = match known {
        Some(known) => {
            if (known.seed, known.days, known.is_network) != (asked.seed, asked.days, asked.is_network) {
                eprintln!(
                    "helmward: this sample was made with --seed {} --days {}; it stays so. Remove its folder \
                     or choose another --dir for a new one.",
                    known.seed, known.days
                );
            }
            known
        }
        None if n_people > 0 => bail!(
            "{} holds an installation that is no sample; serve it with `helmward serve --dir {}`, or choose \
             another --dir for the demo",
            ask.dir.display(),
            ask.dir.display()
        ),
        None => {
            put(db, MADE_OF, asked.clone()).await?;
            asked
        }
    };
    let plan = made_of.plan()?;
    if !is_ready {
        make(db, &plan).await?;
        put(db, IS_READY, true).await?;
    }
    Ok(plan)
}

/// Saves a setting of the demo.
pub(super) async fn put<T>(db: &Db, key: &'static str, value: T) -> Result<(), StoreError>
where
    T: Serialize + Send + Sync + 'static,
{
    db.write(move |tx| Box::pin(async move { put_setting(tx, &actor(), None, key, &value).await })).await
}

/// Tables first, then what no table tells: how units give care, and passwords.
async fn make(db: &Db, plan: &sample::Plan) -> Result<()> {
    // Hashed once, beside the rest: it takes as long as all the tables.
    let hashing = tokio::task::spawn_blocking(|| people::password::hash(SAMPLE_PASSWORD));
    make_top(db).await?;
    let tables = [
        ("sites", sample::sites_csv(plan)),
        ("beds", sample::beds_csv(plan)),
        ("people", sample::staff_csv(plan)),
    ];
    for (kind, text) in tables {
        let name = format!("{kind}.csv");
        let file = RowFile { name, bytes: text.into_bytes(), mapping: Mapping::default(), at: None };
        let report = take_rows(db, kind, file, false).await?;
        if let Some(reject) = report.rejects.first() {
            bail!("the sample does not fit this program: {kind}: {reject}");
        }
    }
    let tree = SiteTree::load(&mut db.read().await?).await?;
    let cares = cares(plan, &tree)?;
    let without_housekeeping = sites_at(sample::profile(plan).without_housekeeping)?;
    let set: Result<(), SiteRefused> = db
        .write(move |tx| {
            Box::pin(async move {
                for path in &without_housekeeping {
                    let profile = Profile { is_freed_by_discharge: true, ..Profile::default() };
                    put_setting(tx, &actor(), Some(path), census::profile::KEY, &profile).await?;
                }
                for (site, care) in cares {
                    set_care(tx, &actor(), site, care).await?;
                }
                Ok(())
            })
        })
        .await;
    set?;
    let hash = hashing.await.context("hashing the password was stopped")??;
    give_passwords(db, &tree, hash).await
}

/// The top site, which every installation has before its first import.
async fn make_top(db: &Db) -> Result<()> {
    let path = top()?;
    if SiteTree::load(&mut db.read().await?).await?.find(&path).is_some() {
        return Ok(());
    }
    let new = NewSite {
        path,
        kind: SiteKind::Enterprise,
        name: "Lakeside Health".to_owned(),
        time_zone: Some("America/New_York".to_owned()),
        currency: None,
        care: None,
        sort: 0,
    };
    let made: Result<_, SiteRefused> =
        db.write(move |tx| Box::pin(async move { insert_site(tx, &actor(), &new).await })).await;
    made?;
    Ok(())
}

fn sites_at(paths: Vec<String>) -> Result<Vec<SitePath>> {
    paths.into_iter().map(|path| path.parse().context("a site of the sample")).collect()
}

fn cares(plan: &sample::Plan, tree: &SiteTree) -> Result<Vec<(base::Id<identity::Site>, Care)>> {
    let profile = sample::profile(plan);
    let lists = [
        (profile.ed, Care::Emergency),
        (profile.nursery, Care::Nursery),
        (profile.observation, Care::Observation),
        (profile.procedural, Care::Outpatient),
    ];
    let mut cares = Vec::new();
    for (paths, care) in lists {
        for path in sites_at(paths)? {
            let site = tree.find(&path).with_context(|| format!("the sample has no unit {path}"))?;
            if site.care != care {
                cares.push((site.id, care));
            }
        }
    }
    Ok(cares)
}

async fn give_passwords(db: &Db, tree: &SiteTree, hash: PasswordHash) -> Result<()> {
    let people = super::people(&mut db.read().await?, tree).await?;
    let given: Result<(), StoreError> = db
        .write(move |tx| {
            Box::pin(async move {
                for (row, _) in people {
                    set_password(tx, &actor(), row.person.id, &hash, false, None).await?;
                }
                Ok(())
            })
        })
        .await;
    Ok(given?)
}
