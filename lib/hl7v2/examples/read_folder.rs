//! Reads every file of a folder and prints a line for each: what it holds, or why it is refused.
//!
//! `cargo run -p hl7v2 --example read_folder -- DIR [--issues]`

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use hl7v2::files::{self, Content};

fn main() -> io::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let Some(folder) = arguments.next() else {
        return writeln!(io::stderr(), "Name the folder to read.");
    };
    let shows_issues = arguments.next().is_some_and(|argument| argument == "--issues");
    let mut paths = Vec::new();
    collect(Path::new(&folder), &mut paths)?;
    paths.sort();
    let mut out = io::stdout().lock();
    for path in paths {
        describe(&path, shows_issues, &mut out)?;
    }
    Ok(())
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

fn describe(path: &Path, shows_issues: bool, out: &mut impl Write) -> io::Result<()> {
    let bytes = std::fs::read(path)?;
    let (mut types, mut notes) = (Vec::new(), Vec::new());
    let mut n_issues = 0;
    for item in files::messages(&bytes) {
        match item.content {
            Content::Message(message) => {
                n_issues += message.n_issues();
                types.push(format!("{}^{}", message.message_type(), message.event()));
                if shows_issues {
                    notes.extend(message.issues().iter().map(|issue| format!("line {}: {issue}", item.line)));
                }
            }
            Content::Refused { why, .. } => notes.push(format!("line {}: {why}", item.line)),
            Content::Batch(fault) => notes.push(format!("line {}: {fault}", item.line)),
        }
    }
    types.dedup();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    write!(out, "{name}: [{}] {n_issues} issues", types.join(" "))?;
    for note in notes {
        write!(out, "; {note}")?;
    }
    writeln!(out)
}
