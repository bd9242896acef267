//! x
use crate::{cli, End};
pub(crate) async fn run(_ask: cli::Rule) -> anyhow::Result<End> { anyhow::bail!("not yet") }
