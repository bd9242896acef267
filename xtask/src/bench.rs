//! `cargo xtask bench`: builds the product and the harness for speed and runs it.

use crate::shell::{cargo, must};
use anyhow::Result;

/// Builds with the release profile, then hands all arguments to the harness.
pub(crate) fn command(arguments: &[String]) -> Result<bool> {
    must(cargo().args(["build", "--release", "--quiet", "-p", "helmward", "-p", "benches"]))?;
    let mut command = cargo();
    command.args(["run", "--release", "--quiet", "-p", "benches", "--"]).args(arguments);
    Ok(command.status()?.success())
}
