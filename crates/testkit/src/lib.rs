//! What tests need: a database per test on either engine, a fixed clock, a temporary folder.
//!
//! Start with [`on_both`]: it runs one test body on SQLite and then on PostgreSQL. `cargo xtask test` starts
//! a throw-away PostgreSQL and names it in `HELMWARD_TEST_POSTGRES`; without it [`on_both`] fails rather
//! than skip half of the test, unless `HELMWARD_TEST_ENGINES=sqlite` asks for the quick half by name.
#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "this crate serves tests; a failure here is a test's failure"
)]

use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{Db, FixedClock, Keys, Location, Vault};

/// The instant every test starts at, unless it moves the clock: a Thursday morning.
pub const NOW: &str = "2026-11-12T13:47:00Z";

static N_MADE: AtomicU64 = AtomicU64::new(0);

/// A folder that is removed when dropped.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// A new empty folder.
    #[must_use]
    pub fn new() -> Folder {
        let path = std::env::temp_dir().join(format!("helmward-test-{}", unique()));
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Folder(path)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into it; its path.
    #[must_use]
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).expect("a file in the temporary folder");
        path
    }
}

impl Default for Folder {
    fn default() -> Folder {
        Folder::new()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn unique() -> String {
    let n = N_MADE.fetch_add(1, Ordering::Relaxed);
    let nanos = Timestamp::now().as_nanosecond();
    format!("{}_{n}_{}", std::process::id(), nanos % 1_000_000_000_000)
}

/// A database with its clock, made for one test.
pub struct Fixture {
    /// The migrated, empty database.
    pub db: Db,
    /// Its clock, standing at [`NOW`].
    pub clock: Arc<FixedClock>,
    /// A folder of the test's own.
    pub folder: Folder,
    /// Where the database is, to open it a second time.
    pub location: Location,
    /// Its keys.
    pub keys: Keys,
}

/// Runs a test body on a fresh SQLite database and again on a fresh PostgreSQL one.
///
/// # Panics
/// When the body does, or when PostgreSQL is neither named nor left out by name.
pub fn on_both<F: AsyncFn(Fixture)>(test: F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(async {
        test(sqlite().await).await;
        if std::env::var("HELMWARD_TEST_ENGINES").is_ok_and(|engines| engines == "sqlite") {
            return;
        }
        let url = std::env::var("HELMWARD_TEST_POSTGRES").unwrap_or_else(|_| {
            panic!("PostgreSQL is not named: run `cargo xtask test`, or set HELMWARD_TEST_POSTGRES, or leave it out with HELMWARD_TEST_ENGINES=sqlite")
        });
        let schema = format!("t_{}", unique());
        let pool = sqlx::PgPool::connect(&url).await.expect("the test PostgreSQL answers");
        let create = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
        sqlx::query(create).execute(&pool).await.expect("a schema of the test's own");
        test(postgres(&url, &schema).await).await;
        let drop = sqlx::AssertSqlSafe(format!("DROP SCHEMA {schema} CASCADE"));
        sqlx::query(drop).execute(&pool).await.expect("the schema goes again");
    });
}

/// A fresh SQLite database.
///
/// # Panics
/// When the machine cannot make one.
pub async fn sqlite() -> Fixture {
    let folder = Folder::new();
    let location = Location::File(folder.path().join("helmward.db"));
    open(location, folder).await
}

async fn postgres(url: &str, schema: &str) -> Fixture {
    let mark = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{mark}options=-csearch_path%3D{schema}");
    open(Location::Url(url), Folder::new()).await
}

async fn open(location: Location, folder: Folder) -> Fixture {
    let clock = Arc::new(FixedClock::at(NOW.parse().expect("an instant")));
    let keys = Keys::generate().expect("keys");
    let vault = Vault::new(&keys).expect("a vault");
    let db = Db::open(&location, true, vault, Arc::<FixedClock>::clone(&clock)).await.expect("a database");
    store::migrate(&db).await.expect("migrations");
    Fixture { db, clock, folder, location, keys }
}
