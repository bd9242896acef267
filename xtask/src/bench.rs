//! `cargo xtask bench`: builds the product and the harness for speed, starts a PostgreSQL, runs it.

use crate::postgres::Cluster;
use crate::shell::{cargo, must, target};
use anyhow::Result;

/// Builds with the release profile, then hands all arguments to the harness.
pub(crate) fn command(arguments: &[String]) -> Result<bool> {
    must(cargo().args(["build", "--release", "--quiet", "-p", "helmward", "-p", "benches"]))?;
    let cluster = Cluster::start_durable()?;
    let release = target().join("release");
    let mut command = std::process::Command::new(release.join("benches"));
    command.args(arguments).env("HELMWARD_PROGRAM", release.join("helmward"));
    command.env("HELMWARD_BENCH_POSTGRES", &cluster.url);
    Ok(command.status()?.success())
}
