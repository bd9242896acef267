//! x
use crate::{cli, End};
pub(crate) async fn run(_ask: cli::User) -> anyhow::Result<End> { anyhow::bail!("not yet") }
