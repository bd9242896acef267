//! Who may depend on whom.
//!
//! Each crate stands on a floor and may use what stands on a lower one. Whatever it uses on its own floor
//! is listed here with the reason.

use super::Problem;
use crate::shell::{cargo, must};
use anyhow::{Context as _, Result};
use serde_json::Value;

/// An edge between two crates of one floor, and why it must be.
const LISTED: [(&str, &str, &str); 4] = [
    ("figures", "identity", "a figure is asked for a scope, and only identity can make one"),
    ("intake", "identity", "a message's site is found by its codes, which the site tree holds"),
    ("jobs", "figures", "finished work is shown as a need"),
    ("jobs", "identity", "work is done for a person, within what they may see"),
];

/// The floor of a crate, by its place and name. Tools stand above everything and are used by nobody.
fn floor(place: &str, name: &str) -> Option<u32> {
    if place.starts_with("lib/") {
        return Some(if name == "base" { 0 } else { 1 });
    }
    Some(match name {
        // Pure text out, used by the demo and by tools.
        "sample" => 1,
        "store" => 2,
        "identity" | "figures" | "intake" | "jobs" | "web" => 3,
        // What every area's pages stand in.
        "area" => 4,
        "census" => 5,
        "app" => 6,
        "helmward" => 7,
        "xtask" | "benches" => 8,
        "testkit" => 3,
        _ => return None,
    })
}

/// A crate and what it uses of the workspace.
struct Crate {
    name: String,
    place: String,
    uses: Vec<(String, bool)>,
}

/// Every edge that goes up, or sideways without a reason.
pub(super) fn problems() -> Result<Vec<Problem>> {
    let text = must(cargo().args(["metadata", "--format-version", "1", "--no-deps", "--offline"]))?;
    let metadata: Value = serde_json::from_str(&text)?;
    let crates = crates(&metadata).context("`cargo metadata` lacks packages")?;
    let mut problems = Vec::new();
    for member in &crates {
        check(member, &crates, &mut problems);
    }
    for (from, to, _) in LISTED {
        let is_used =
            crates.iter().any(|member| member.name == from && member.uses.iter().any(|(name, _)| name == to));
        if !is_used {
            problems.push(Problem::new(
                "xtask/src/tidy/edges.rs",
                0,
                format!("the listed edge {from} -> {to} is not used; strike it"),
            ));
        }
    }
    Ok(problems)
}

fn check(member: &Crate, crates: &[Crate], problems: &mut Vec<Problem>) {
    let file = format!("{}/Cargo.toml", member.place);
    let Some(own) = floor(&member.place, &member.name) else {
        let what =
            format!("crate `{}` stands on no floor; give it one in xtask/src/tidy/edges.rs", member.name);
        problems.push(Problem::new(&file, 0, what));
        return;
    };
    for (used, is_dev) in &member.uses {
        let Some(other) = crates.iter().find(|other| other.name == *used) else { continue };
        let Some(floor) = floor(&other.place, used) else { continue };
        let is_listed = LISTED.iter().any(|(from, to, _)| *from == member.name && to == used);
        let is_lib = member.place.starts_with("lib/");
        let is_allowed = match (*is_dev, used.as_str()) {
            (true, "testkit") => !is_lib,
            (false, "testkit") => false,
            _ if is_lib => used == "base",
            _ => floor < own || is_listed,
        };
        if !is_allowed {
            let what = format!(
                "`{}` may not use `{used}`: dependencies go base <- lib <- store <- identity, figures, intake, jobs, web <- area <- areas <- app <- helmward; meet in a higher crate, or list the edge with its reason in xtask/src/tidy/edges.rs",
                member.name
            );
            problems.push(Problem::new(&file, 0, what));
        }
    }
}

fn crates(metadata: &Value) -> Option<Vec<Crate>> {
    let root = metadata.get("workspace_root")?.as_str()?;
    let packages = metadata.get("packages")?.as_array()?;
    let mut crates = Vec::new();
    for package in packages {
        let manifest = package.get("manifest_path")?.as_str()?;
        let place = manifest.strip_prefix(root)?.trim_start_matches('/').trim_end_matches("/Cargo.toml");
        let uses = package.get("dependencies")?.as_array()?;
        let uses = uses
            .iter()
            .filter(|used| used.get("path").is_some_and(Value::is_string))
            .filter_map(|used| {
                let is_dev = used.get("kind").and_then(Value::as_str) == Some("dev");
                Some((used.get("name")?.as_str()?.to_owned(), is_dev))
            })
            .collect();
        crates.push(Crate { name: package.get("name")?.as_str()?.to_owned(), place: place.to_owned(), uses });
    }
    Some(crates)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_edges(name: &str, place: &str, uses: &[(&str, bool)]) -> usize {
        let member =
            |name: &str, place: &str| Crate { name: name.into(), place: place.into(), uses: Vec::new() };
        let house = [
            member("base", "lib/base"),
            member("spc", "lib/spc"),
            member("store", "crates/store"),
            member("testkit", "crates/testkit"),
            member("identity", "crates/identity"),
            member("figures", "crates/figures"),
        ];
        let uses = uses.iter().map(|(name, is_dev)| ((*name).to_owned(), *is_dev)).collect();
        let mut problems = Vec::new();
        check(&Crate { name: name.into(), place: place.into(), uses }, &house, &mut problems);
        problems.len()
    }

    #[test]
    fn an_edge_goes_down_or_is_listed() {
        assert_eq!(check_edges("figures", "crates/figures", &[("base", false), ("store", false)]), 0);
        assert_eq!(check_edges("figures", "crates/figures", &[("identity", false)]), 0);
        assert_eq!(check_edges("identity", "crates/identity", &[("figures", false)]), 1);
        assert_eq!(check_edges("store", "crates/store", &[("identity", false)]), 1);
    }

    #[test]
    fn a_library_knows_only_base() {
        assert_eq!(check_edges("forecast", "lib/forecast", &[("base", false)]), 0);
        assert_eq!(check_edges("forecast", "lib/forecast", &[("spc", false)]), 1);
        assert_eq!(check_edges("forecast", "lib/forecast", &[("testkit", true)]), 1);
    }

    #[test]
    fn testkit_serves_tests_only() {
        assert_eq!(check_edges("store", "crates/store", &[("testkit", true)]), 0);
        assert_eq!(check_edges("store", "crates/store", &[("testkit", false)]), 1);
    }

    #[test]
    fn a_crate_without_a_floor_is_told_of() {
        assert_eq!(check_edges("attic", "crates/attic", &[]), 1);
    }
}
