//! What the tests need of the machine: PostgreSQL's programs, Chromium, Node. Installed where we may.

use crate::shell::{find, is_root};
use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder with PostgreSQL's server programs, the newest there is.
pub(crate) fn postgres_programs() -> Result<PathBuf> {
    if let Some(folder) = find_postgres() {
        return Ok(folder);
    }
    install("postgresql", "PostgreSQL's server programs (initdb, postgres)")?;
    find_postgres().context("PostgreSQL was installed but `initdb` is not below /usr/lib/postgresql")
}

fn find_postgres() -> Option<PathBuf> {
    let is_whole = |folder: &PathBuf| {
        ["initdb", "postgres", "pg_isready"].iter().all(|program| folder.join(program).is_file())
    };
    let in_path = find("initdb").and_then(|place| place.canonicalize().ok());
    if let Some(folder) = in_path.and_then(|place| place.parent().map(Path::to_owned)).filter(is_whole) {
        return Some(folder);
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut folders: Vec<(u32, PathBuf)> = versions
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, folder)| is_whole(folder))
        .collect();
    folders.sort();
    folders.pop().map(|(_, folder)| folder)
}

/// A Chromium that starts.
pub(crate) fn chromium() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("HELMWARD_CHROMIUM") {
        return Ok(PathBuf::from(named));
    }
    if let Some(place) = find_chromium() {
        return Ok(place);
    }
    install("chromium", "Chromium, for the browser tests")?;
    find_chromium().context(
        "no Chromium starts on this machine; install the package `chromium` or Google Chrome, or name one in HELMWARD_CHROMIUM",
    )
}

fn find_chromium() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    names.into_iter().filter_map(find).find(|place| {
        let mut command = Command::new(place);
        command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    })
}

/// Node and npm.
pub(crate) fn npm() -> Result<PathBuf> {
    find("node").context("`node` is not in the search path; install Node 20 or later")?;
    find("npm").context("`npm` is not in the search path; install the package `npm`")
}

fn install(package: &str, what: &str) -> Result<()> {
    let name = |program: &str| find(program).is_some();
    if !is_root() || !name("apt-get") {
        bail!(
            "{what} is missing; install the package `{package}` (apt-get install {package}) and run this again"
        );
    }
    println!("{what} is missing; installing the package `{package}` with apt-get");
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
        command.stdout(Stdio::null()).status()
    };
    // An old list of packages is no reason to give up before trying.
    let _ = apt(&["update", "-q"]);
    let status = apt(&["install", "-y", "-q", "--no-install-recommends", package])?;
    if !status.success() {
        bail!("apt-get could not install `{package}`; install it by hand and run this again");
    }
    Ok(())
}
