//! The browser tests: a demo of our own, Chromium, and the scripts under `xtask/browser`.

use crate::machine::{chromium, npm};
use crate::shell::{Guarded, cargo, free_port, must, root, run_aloud, scratch, target};
use crate::steps::{Count, of_summary};
use anyhow::{Context as _, Result, bail};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How long the demo may take until its sign-in page answers, on a busy machine and unoptimized.
const START_MAX: Duration = Duration::from_secs(120);

/// The type check of the islands.
pub(crate) fn check_types() -> Result<Count> {
    let folder = tools()?;
    let mut tsc = Command::new(folder.join("node_modules/.bin/tsc"));
    tsc.args(["--project", "islands", "--noEmit"]).current_dir(root());
    Ok(Count::one(run_aloud(&mut tsc)?.is_ok))
}

/// Every page in a real browser.
pub(crate) fn test() -> Result<Count> {
    let said = run_script("test.mjs")?;
    let last = said.text.lines().last().unwrap_or_default();
    let mut count = of_summary(last);
    if !said.is_ok {
        count.n_failed = count.n_failed.max(1);
    }
    if count == Count::default() {
        bail!("the browser tests ended without a summary");
    }
    Ok(count)
}

/// New pictures for the documents.
pub(crate) fn pictures() -> Result<bool> {
    Ok(run_script("pictures.mjs")?.is_ok)
}

fn run_script(script: &str) -> Result<crate::shell::Said> {
    let chromium = chromium()?;
    let folder = tools()?;
    let demo = Demo::start()?;
    let mut node = Command::new("node");
    node.arg(script).current_dir(&folder);
    node.env("HELMWARD_ROUTES", routes()?);
    node.env("HELMWARD_URL", &demo.url)
        .env("HELMWARD_CHROMIUM", chromium)
        .env("HELMWARD_DEMO_LOG", &demo.log);
    let said = run_aloud(&mut node)?;
    drop(demo.server);
    let _ = std::fs::remove_file(&demo.log);
    Ok(said)
}

/// Every reading address of the product, as a JSON list: the reviewed table of routes and roles has them all.
fn routes() -> Result<String> {
    let table = root().join("crates/app/tests/routes_by_role.txt");
    let text =
        std::fs::read_to_string(&table).with_context(|| format!("{} cannot be read", table.display()))?;
    let gets = text.lines().filter_map(|line| line.strip_prefix("GET ")?.split_whitespace().next());
    Ok(serde_json::to_string(&gets.collect::<Vec<_>>())?)
}

/// The folder of the browser tests, its packages installed as the lock file says.
fn tools() -> Result<PathBuf> {
    let npm = npm()?;
    let folder = root().join("xtask/browser");
    let mark = folder.join("node_modules/.installed");
    let lock = std::fs::read_to_string(folder.join("package-lock.json"))
        .context("package-lock.json cannot be read")?;
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == lock) {
        return Ok(folder);
    }
    let mut command = Command::new(npm);
    command
        .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"])
        .current_dir(&folder);
    must(&mut command)?;
    std::fs::write(&mark, lock)?;
    Ok(folder)
}

/// A demo of its own folder and ports.
struct Demo {
    url: String,
    log: PathBuf,
    server: Guarded,
}

impl Demo {
    fn start() -> Result<Demo> {
        let program = program()?;
        let (port, mllp) = (free_port()?, free_port()?);
        let folder = scratch("demo")?;
        let log = std::env::temp_dir().join(format!("helmward-demo-{}.log", std::process::id()));
        let (listen, mllp) = (format!("127.0.0.1:{port}"), format!("127.0.0.1:{mllp}"));
        let dir = folder.join("installation").display().to_string();
        let arguments = [
            "demo", "--size", "network", "--days", "60", "--listen", &listen, "--mllp", &mllp, "--dir", &dir,
        ];
        let mut server = Guarded::start(None, &folder, &program, &arguments, &log)?;
        let begun = Instant::now();
        let address: SocketAddr = listen.parse()?;
        while TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_err() {
            if server.is_over() || begun.elapsed() > START_MAX {
                bail!("the demo does not answer on {listen}:\n{}", tail(&log));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        println!("the demo answered after {:.1} s on {listen}", begun.elapsed().as_secs_f64());
        Ok(Demo { url: format!("http://{listen}"), log, server })
    }
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(30)).copied().collect::<Vec<_>>().join("\n")
}

/// The product as the tests built it, or the one that `HELMWARD_PROGRAM` names.
pub(crate) fn program() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("HELMWARD_PROGRAM") {
        return Ok(PathBuf::from(named));
    }
    must(cargo().args(["build", "--quiet", "--workspace", "--bins"]))?;
    let program = target().join("debug/helmward");
    if !program.is_file() {
        bail!("{} was not built", program.display());
    }
    Ok(program)
}
