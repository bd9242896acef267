//! A throw-away PostgreSQL cluster: a folder of its own, a free port, no promise to keep anything.

use crate::machine::postgres_programs;
use crate::shell::{Guarded, free_port, is_root, must, scratch};
use anyhow::{Result, bail};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Names the PostgreSQL that tests use.
pub(crate) const VARIABLE: &str = "HELMWARD_TEST_POSTGRES";

/// A running cluster; it stops and its folder goes when this value does.
#[derive(Debug)]
pub(crate) struct Cluster {
    /// How to reach it.
    pub(crate) url: String,
    _server: Guarded,
}

impl Cluster {
    /// Makes and starts one for tests: nothing in it need outlive a power cut.
    pub(crate) fn start() -> Result<Cluster> {
        Cluster::with(&["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"])
    }

    /// Makes and starts one as it would serve a hospital, to be measured.
    pub(crate) fn start_durable() -> Result<Cluster> {
        Cluster::with(&["shared_buffers=256MB"])
    }

    fn with(settings: &[&str]) -> Result<Cluster> {
        let programs = postgres_programs()?;
        let folder = scratch("postgres")?;
        let user = if is_root() { Some(server_user(&folder)?) } else { None };
        let user = user.as_deref();
        let data = folder.join("data");
        let mut initdb = run_as(user, &programs.join("initdb"));
        initdb.arg("-D").arg(&data).args(["-A", "trust", "-U", "helmward", "-E", "UTF8"]);
        initdb.args(["--locale=C", "--no-sync"]).current_dir(&folder);
        must(&mut initdb)?;
        let port = free_port()?;
        let mut arguments: Vec<String> =
            vec!["-D".into(), data.display().to_string(), "-p".into(), port.to_string()];
        for setting in ["listen_addresses=127.0.0.1", "max_connections=200"].iter().chain(settings) {
            arguments.extend(["-c".to_owned(), (*setting).to_owned()]);
        }
        arguments.extend(["-k".to_owned(), folder.display().to_string()]);
        let log = std::env::temp_dir().join(format!("helmward-postgres-{}.log", std::process::id()));
        let mut server = Guarded::start(user, &folder, &programs.join("postgres"), &arguments, &log)?;
        wait_ready(&programs, port, &mut server, &log)?;
        let _ = std::fs::remove_file(&log);
        println!("PostgreSQL from {} listens on port {port}", programs.display());
        Ok(Cluster { url: format!("postgres://helmward@127.0.0.1:{port}/postgres"), _server: server })
    }
}

/// `cargo xtask postgres`: a cluster to run single tests against, until standard input ends.
pub(crate) fn command() -> Result<bool> {
    let cluster = Cluster::start()?;
    println!("export {VARIABLE}={}", cluster.url);
    println!("press Enter to stop it");
    std::io::stdin().read_line(&mut String::new())?;
    Ok(true)
}

fn wait_ready(programs: &Path, port: u16, server: &mut Guarded, log: &Path) -> Result<()> {
    let begun = Instant::now();
    loop {
        let mut ready = Command::new(programs.join("pg_isready"));
        ready.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]).stdin(Stdio::null());
        if ready.status()?.success() {
            return Ok(());
        }
        if server.is_over() || begun.elapsed() > Duration::from_secs(60) {
            let said = std::fs::read_to_string(log).unwrap_or_default();
            bail!("PostgreSQL does not answer on port {port} after {} s:\n{said}", begun.elapsed().as_secs());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// PostgreSQL refuses to run as root: the user its package made, or one of our own. The folder becomes theirs.
fn server_user(folder: &Path) -> Result<String> {
    let is_there = |name: &str| {
        let mut id = Command::new("id");
        id.arg(name).stdout(Stdio::null()).stderr(Stdio::null());
        id.status().is_ok_and(|status| status.success())
    };
    let user = if is_there("postgres") { "postgres" } else { "helmward-test" };
    if !is_there(user) {
        println!("making the system user `{user}` to run PostgreSQL");
        must(Command::new("useradd").args(["--system", "--no-create-home", user]))?;
    }
    must(Command::new("chown").arg(user).arg(folder))?;
    Ok(user.to_owned())
}

fn run_as(user: Option<&str>, program: &Path) -> Command {
    match user {
        Some(user) => {
            let mut command = Command::new("runuser");
            command.args(["-u", user, "--"]).arg(program);
            command
        }
        None => Command::new(program),
    }
}
