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

mod tls;

pub use tls::{Authority, Certified};

use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{Db, Engine, FixedClock, Keys, Location, Vault};

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
        let Some(url) = postgres_address() else { return };
        let name = create_schema(&url).await;
        test(open(Location::Url(in_schema(&url, &name)), Folder::new()).await).await;
        drop_schema(&url, &name).await;
    });
}

/// The PostgreSQL of tests; `None` when it is left out by name.
fn postgres_address() -> Option<String> {
    if std::env::var("HELMWARD_TEST_ENGINES").is_ok_and(|engines| engines == "sqlite") {
        return None;
    }
    Some(std::env::var("HELMWARD_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!("PostgreSQL is not named: run `cargo xtask test`, or set HELMWARD_TEST_POSTGRES, or leave it out with HELMWARD_TEST_ENGINES=sqlite")
    }))
}

async fn create_schema(url: &str) -> String {
    let name = format!("t_{}", unique());
    run_sql(url, format!("CREATE SCHEMA {name}")).await;
    name
}

async fn drop_schema(url: &str, name: &str) {
    run_sql(url, format!("DROP SCHEMA {name} CASCADE")).await;
}

async fn run_sql(url: &str, sql: String) {
    let pool = sqlx::PgPool::connect(url).await.expect("the test PostgreSQL answers");
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&pool).await.expect("a schema of the test's own");
    pool.close().await;
}

/// The address of a schema.
fn in_schema(url: &str, name: &str) -> String {
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}options=-csearch_path%3D{name}")
}

/// The engines of a test that runs the executable: SQLite, and PostgreSQL unless it is left out by name.
///
/// # Panics
/// When PostgreSQL is neither named nor left out.
#[must_use]
pub fn engines() -> Vec<Engine> {
    std::iter::once(Engine::Sqlite).chain(postgres_address().map(|_| Engine::Postgres)).collect()
}

/// An empty PostgreSQL schema of a test's own, which goes with it. Not for asynchronous tests: they have
/// [`on_both`].
#[derive(Debug)]
pub struct Schema {
    server: String,
    name: String,
}

impl Schema {
    /// A new one.
    ///
    /// # Panics
    /// When PostgreSQL is not named or does not answer.
    #[must_use]
    pub fn new() -> Schema {
        let server = postgres_address().expect("PostgreSQL is not left out");
        let name = wait_for(create_schema(&server));
        Schema { server, name }
    }

    /// Its address, as `--database-url` takes it.
    #[must_use]
    pub fn url(&self) -> String {
        in_schema(&self.server, &self.name)
    }
}

impl Default for Schema {
    fn default() -> Schema {
        Schema::new()
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        wait_for(drop_schema(&self.server, &self.name));
    }
}

fn wait_for<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(work)
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

async fn open(location: Location, folder: Folder) -> Fixture {
    let clock = Arc::new(FixedClock::at(NOW.parse().expect("an instant")));
    let keys = Keys::generate().expect("keys");
    let vault = Vault::new(&keys).expect("a vault");
    let db = Db::open(&location, true, vault, Arc::<FixedClock>::clone(&clock)).await.expect("a database");
    store::migrate(&db).await.expect("migrations");
    Fixture { db, clock, folder, location, keys }
}
