//! Rules about words: US English, quiet, one word for one thing, nothing of this or that machine.

use super::rust::{Piece, pieces, without_tests};
use super::{Problem, Source};

/// Where the words of the product are listed.
const GLOSSARY: &str = "docs/GLOSSARY.md";

/// Spellings of other Englishes, and the one used here.
const SPELLINGS: [(&str, &str); 12] = [
    ("behaviour", "behavior"),
    ("colour", "color"),
    ("favour", "favor"),
    ("honour", "honor"),
    ("organis", "organiz"),
    ("authoris", "authoriz"),
    ("recognis", "recogniz"),
    ("summaris", "summariz"),
    ("centre", "center"),
    ("licence", "license"),
    ("programme", "program"),
    ("whilst", "while"),
];

/// Words that say nothing to a manager, or blame or flatter.
const IDLE: [&str; 8] =
    ["oops", "sorry", "please", "utilize", "leverage", "seamless", "successfully", "an error occurred"];

/// What is wrong with the words.
pub(super) fn problems(sources: &[Source]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let refused = sources.iter().find(|source| source.path == GLOSSARY).map(|source| refused(&source.text));
    let refused = refused.unwrap_or_default();
    for source in sources {
        if is_ours(source) {
            unfinished_and_machine(source, &mut problems);
        }
        if is_shown(source) {
            for (line, text) in shown(source) {
                check_words(source, line, &text, &refused, &mut problems);
            }
        }
    }
    problems
}

fn is_ours(source: &Source) -> bool {
    !source.path.ends_with("Cargo.lock") && source.path != "xtask/src/tidy/words.rs"
}

/// Whether people who use the product read it.
fn is_shown(source: &Source) -> bool {
    let is_page = [
        "crates/web/src/",
        "crates/area/src/",
        "crates/app/src/",
        "crates/census/src/",
        "crates/helmward/src/",
    ]
    .iter()
    .any(|place| source.path.starts_with(place));
    let is_guide = source.path.starts_with("docs/guide/") && source.path.ends_with(".md");
    (is_page && source.is_rust() && !source.is_test()) || is_guide
}

/// The texts of a file that people read, with their lines.
fn shown(source: &Source) -> Vec<(usize, String)> {
    if !source.is_rust() {
        return source.text.lines().enumerate().map(|(idx, line)| (idx + 1, line.to_owned())).collect();
    }
    let of_text = |(line, piece): (usize, Piece<'_>)| match piece {
        // A text with a blank in it is a phrase; others are keys and names.
        Piece::Text(text) if text.contains(' ') => Some((line, text.to_owned())),
        Piece::Text(_) | Piece::Code(_) | Piece::Comment(_) => None,
    };
    pieces(without_tests(&source.text)).into_iter().filter_map(of_text).collect()
}

/// The words the glossary refuses: `Not: ward, floor.` at the end of an entry, each with the word to use.
fn refused(glossary: &str) -> Vec<(String, String)> {
    let mut refused = Vec::new();
    for line in glossary.lines() {
        let Some((before, after)) = line.split_once("Not: ") else { continue };
        let term = before.split("**").nth(1).unwrap_or("the glossary's word").to_lowercase();
        for word in after.trim_end_matches('.').split(", ") {
            refused.push((word.trim().to_lowercase(), term.clone()));
        }
    }
    refused
}

fn check_words(
    source: &Source,
    line: usize,
    text: &str,
    refused: &[(String, String)],
    problems: &mut Vec<Problem>,
) {
    let lower = text.to_lowercase();
    let mut tell = |what: String| problems.push(Problem::new(&source.path, line, what));
    if is_loud(text) {
        tell("has an exclamation mark; say it plainly".to_owned());
    }
    for (other, ours) in SPELLINGS {
        if has_stem(&lower, other) {
            tell(format!("`{other}` is not US English; write `{ours}`"));
        }
    }
    for word in IDLE {
        if has_word(&lower, word) {
            tell(format!("`{word}` tells a manager nothing; say what is wrong and what to do"));
        }
    }
    for (word, term) in refused {
        if has_word(&lower, word) {
            tell(format!("`{word}` is not our word; {GLOSSARY} says `{term}`"));
        }
    }
}

/// An exclamation mark after a word, as speech has it.
fn is_loud(text: &str) -> bool {
    let mut marks = text.char_indices().filter(|(_, mark)| *mark == '!').map(|(at, _)| at);
    marks.any(|at| {
        let before = text.get(..at).and_then(|head| head.chars().last());
        let after = text.get(at + 1..).and_then(|tail| tail.chars().next());
        before.is_some_and(char::is_alphabetic)
            && after.is_none_or(|mark| mark.is_whitespace() || mark == '<')
    })
}

fn has_stem(text: &str, stem: &str) -> bool {
    let before = |at: usize| text.get(..at).and_then(|head| head.chars().last());
    text.match_indices(stem).any(|(at, _)| before(at).is_none_or(|mark| !mark.is_alphanumeric()))
}

/// Whether a word or phrase stands in the text by itself.
fn has_word(text: &str, word: &str) -> bool {
    let joins = |mark: char| mark.is_alphanumeric() || matches!(mark, '_' | '-' | '/' | '.' | '{');
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().last());
        let mut tail = text.get(at + word.len()..).unwrap_or_default().chars();
        let after = tail.next();
        // A full stop may end the sentence.
        let ends = after == Some('.') && tail.next().is_none_or(char::is_whitespace);
        before.is_none_or(|mark| !joins(mark)) && (ends || after.is_none_or(|mark| !joins(mark)))
    })
}

/// Marks of unfinished work, and what belongs to one machine only.
fn unfinished_and_machine(source: &Source, problems: &mut Vec<Problem>) {
    for (idx, line) in source.text.lines().enumerate() {
        for mark in ["TODO", "FIXME", "XXX:"] {
            if line.contains(mark) {
                problems.push(Problem::new(
                    &source.path,
                    idx + 1,
                    format!("{mark}: do it, or open an issue and strike this"),
                ));
            }
        }
        for path in ["/work/main", "/work/shared", "/root/", "/home/", "/Users/", "/tmp/target"] {
            if line.contains(path) {
                problems.push(Problem::new(
                    &source.path,
                    idx + 1,
                    format!("`{path}` is a path of one machine; name the place from the checkout"),
                ));
            }
        }
        for host in
            ["registry.npmjs.org", "registry.yarnpkg.com", "artifactory", "jfrog.io", "/api/npm/", "npm.pkg."]
        {
            if line.contains(host) {
                problems.push(Problem::new(
                    &source.path,
                    idx + 1,
                    format!("`{host}` names a registry; which one to use is the machine's business"),
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str) -> Vec<String> {
        let glossary =
            Source { path: GLOSSARY.into(), text: "- **Unit**: where beds stand. Not: ward, floor.".into() };
        let source = Source { path: path.into(), text: text.into() };
        problems(&[glossary, source]).into_iter().map(|problem| problem.what).collect()
    }

    #[test]
    fn texts_are_quiet_and_spelled_one_way() {
        let n = |text: &str| check("crates/app/src/today/page.rs", text).len();
        assert_eq!(n("let a = \"All done!\";"), 1);
        assert_eq!(n("let a = \"A != B and more\"; assert!(a == \" \");"), 0);
        assert_eq!(n("let a = \"The colour of it\";"), 1);
        assert_eq!(n("let a = \"Saved successfully.\";"), 1);
        assert_eq!(n("let a = \"It is saved.\";"), 0);
    }

    #[test]
    fn a_word_the_glossary_refuses_is_told_with_the_one_to_use() {
        let told = check("crates/app/src/today/page.rs", "let a = \"Choose a ward.\";");
        assert_eq!(told, ["`ward` is not our word; docs/GLOSSARY.md says `unit`"]);
        assert_eq!(
            check("crates/app/src/today/page.rs", "let a = \"Go forward\"; let b = \"ward\";"),
            [""; 0]
        );
    }

    #[test]
    fn nothing_unfinished_and_nothing_of_one_machine() {
        assert_eq!(check("docs/a.md", "TODO later").len(), 1);
        assert_eq!(check("docs/a.md", "look in /home/ann/x").len(), 1);
        assert_eq!(check("xtask/browser/a.json", "https://registry.npmjs.org/x").len(), 1);
    }
}
