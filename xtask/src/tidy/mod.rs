//! House rules no compiler knows: who may depend on whom, where SQL may stand, how long a file may be,
//! which words are used. `cargo xtask tidy` prints what is wrong; a test of this crate does the same.

mod edges;
mod files;
mod rust;
mod words;

use crate::shell::{must, root};
use crate::steps::Count;
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// Something against the rules, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Problem {
    /// The file, from the workspace's folder.
    pub(crate) file: String,
    /// The line, counted from one; 0 for the file as a whole.
    pub(crate) line: usize,
    /// What is wrong and what to do.
    pub(crate) what: String,
}

impl Problem {
    pub(crate) fn new(file: &str, line: usize, what: impl Into<String>) -> Problem {
        Problem { file: file.to_owned(), line, what: what.into() }
    }
}

/// A text file of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Its path from the workspace's folder.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether all of it is tests, or serves only tests.
    pub(crate) fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name == "tests.rs" || self.path.contains("/tests/") || self.path.starts_with("crates/testkit/")
    }
}

/// `cargo xtask tidy`.
pub(crate) fn command(arguments: &[String]) -> Result<bool> {
    if arguments.iter().any(|argument| argument == "--write") {
        let path = root().join(files::SCHEMA);
        std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
        std::fs::write(&path, files::schema(&sources()?))?;
    }
    let count = step()?;
    println!("{count}");
    Ok(count.n_failed == 0)
}

/// Every rule: one passed when nothing is wrong, else one failed for each problem.
pub(crate) fn step() -> Result<Count> {
    let problems = problems()?;
    for problem in &problems {
        println!("{}:{}: {}", problem.file, problem.line, problem.what);
    }
    let n_failed = u64::try_from(problems.len())?;
    Ok(Count { n_passed: u64::from(problems.is_empty()), n_failed })
}

fn problems() -> Result<Vec<Problem>> {
    let sources = sources()?;
    let mut problems = edges::problems()?;
    problems.extend(files::problems(&sources));
    problems.extend(words::problems(&sources));
    problems.sort();
    problems.dedup();
    Ok(problems)
}

/// Every text file that is kept, or would be with the next commit.
fn sources() -> Result<Vec<Source>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]).current_dir(root());
    let listing = must(&mut git)?;
    let mut sources = Vec::new();
    for path in listing.split('\0').filter(|path| !path.is_empty()) {
        let place: PathBuf = root().join(path);
        // Pictures are not text; a file may be gone from the folder and still be listed.
        let Ok(bytes) = std::fs::read(place) else { continue };
        let Ok(text) = String::from_utf8(bytes) else { continue };
        sources.push(Source { path: path.to_owned(), text });
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_rules_are_kept() {
        let problems = problems().unwrap();
        let lines: Vec<String> = problems
            .iter()
            .map(|problem| format!("{}:{}: {}", problem.file, problem.line, problem.what))
            .collect();
        assert!(lines.is_empty(), "run `cargo xtask tidy`:\n{}", lines.join("\n"));
    }
}
