//! `check` and `test`: the steps in their order.

use crate::postgres::{Cluster, VARIABLE};
use crate::shell::{cargo, run, run_aloud};
use crate::steps::{Count, Steps, of_cargo};
use crate::{browser, tidy};
use anyhow::Result;

/// Format, clippy and the house rules.
pub(crate) fn check() -> Result<bool> {
    let mut steps = Steps::new(&[]);
    quick(&mut steps);
    Ok(steps.finish())
}

/// Everything.
pub(crate) fn test(wanted: &[String]) -> Result<bool> {
    let mut steps = Steps::new(wanted);
    quick(&mut steps);
    steps.step("cargo-test", cargo_test);
    steps.step("islands", browser::check_types);
    steps.step("browser", browser::test);
    Ok(steps.finish())
}

fn quick(steps: &mut Steps) {
    steps.step("format", || Ok(Count::one(run_aloud(cargo().args(["fmt", "--all", "--check"]))?.is_ok)));
    steps.step("clippy", || {
        let mut command = cargo();
        command.args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]);
        Ok(Count::one(run_aloud(&mut command)?.is_ok))
    });
    steps.step("tidy", tidy::step);
}

/// All tests of the workspace on both engines.
fn cargo_test() -> Result<Count> {
    let given = std::env::var(VARIABLE).ok();
    let cluster = match &given {
        Some(url) => {
            println!("using the PostgreSQL that {VARIABLE} names: {url}");
            None
        }
        None => Some(Cluster::start()?),
    };
    let url = given.or_else(|| cluster.as_ref().map(|cluster| cluster.url.clone())).unwrap_or_default();
    let mut command = cargo();
    command.args(["test", "--quiet", "--workspace", "--no-fail-fast"]).env(VARIABLE, url);
    let said = run(&mut command)?;
    let mut count = of_cargo(&said.text);
    if !said.is_ok {
        println!("{}", said.text);
        // A program that did not build, or died, has no result line.
        count.n_failed = count.n_failed.max(1);
    }
    drop(cluster);
    Ok(count)
}
