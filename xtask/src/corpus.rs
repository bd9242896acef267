//! `cargo xtask corpus DIR`.

use anyhow::{Result, bail};

pub(crate) fn command(_arguments: &[String]) -> Result<bool> {
    bail!("not there yet")
}
