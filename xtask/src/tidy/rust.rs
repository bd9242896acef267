//! Just enough of Rust's grammar to tell text in quotes from code and comments.

/// A piece of a source file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Code between quotes and comments.
    Code(&'a str),
    /// What stands between two quotes, escapes as written.
    Text(&'a str),
    /// A comment with its marks.
    Comment(&'a str),
}

/// The pieces of a source file in their order, each with the line it begins on.
pub(super) fn pieces(source: &str) -> Vec<(usize, Piece<'_>)> {
    let mut pieces = Vec::new();
    let (mut rest, mut line) = (source, 1);
    while !rest.is_empty() {
        let (piece, n_bytes) = next(rest);
        pieces.push((line, piece));
        let (taken, left) = rest.split_at_checked(n_bytes.max(1)).unwrap_or((rest, ""));
        line += taken.matches('\n').count();
        rest = left;
    }
    pieces
}

/// The next piece and how many bytes it takes with its marks.
fn next(rest: &str) -> (Piece<'_>, usize) {
    if rest.starts_with("//") {
        let end = rest.find('\n').unwrap_or(rest.len());
        return (Piece::Comment(head(rest, end)), end);
    }
    if rest.starts_with("/*") {
        let end = rest.find("*/").map_or(rest.len(), |end| end + 2);
        return (Piece::Comment(head(rest, end)), end);
    }
    if rest.starts_with('"') {
        return quoted(rest);
    }
    if let Some(found) = raw(rest) {
        return found;
    }
    if rest.starts_with('\'') {
        let n_bytes = character(rest);
        return (Piece::Code(head(rest, n_bytes)), n_bytes);
    }
    let end = code_end(rest);
    (Piece::Code(head(rest, end)), end)
}

fn head(text: &str, end: usize) -> &str {
    text.get(..end).unwrap_or(text)
}

fn quoted(rest: &str) -> (Piece<'_>, usize) {
    let mut is_escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return (Piece::Text(rest.get(1..at).unwrap_or_default()), at + 1),
            _ => {}
        }
    }
    (Piece::Text(rest.get(1..).unwrap_or_default()), rest.len())
}

/// `r"..."`, `r#"..."#` and the like.
fn raw(rest: &str) -> Option<(Piece<'_>, usize)> {
    let after = rest.strip_prefix('r')?;
    let n_marks = after.bytes().take_while(|&byte| byte == b'#').count();
    let body = after.get(n_marks..)?.strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(n_marks));
    let end = body.find(&close)?;
    Some((Piece::Text(head(body, end)), 1 + n_marks + 1 + end + close.len()))
}

/// The length of a character in quotes, or of a lifetime's mark.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        // An escape: up to the next quote that is not the escaped one.
        Some((_, '\\')) => rest.get(3..).and_then(|tail| tail.find('\'')).map_or(1, |end| end + 4),
        Some(_) => match chars.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        None => 1,
    }
}

/// Code goes on to the next mark that may begin something else.
fn code_end(rest: &str) -> usize {
    let mut before = ' ';
    for (at, mark) in rest.char_indices() {
        let tail = rest.get(at..).unwrap_or_default();
        let is_raw = mark == 'r' && !before.is_alphanumeric() && before != '_' && raw(tail).is_some();
        let is_raw = is_raw || (mark == 'r' && before == 'b' && raw(tail).is_some());
        if at > 0
            && (matches!(mark, '"' | '\'') || tail.starts_with("//") || tail.starts_with("/*") || is_raw)
        {
            return at;
        }
        before = mark;
    }
    rest.len()
}

/// The source without the tests at its end.
pub(super) fn without_tests(source: &str) -> &str {
    let end = source.find("#[cfg(test)]\nmod ").filter(|&at| source.get(at..).is_some_and(has_body));
    end.map_or(source, |end| head(source, end))
}

fn has_body(tests: &str) -> bool {
    tests.lines().nth(1).is_some_and(|line| line.trim_end().ends_with('{'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, texts: &[&str]) {
        let found: Vec<&str> = pieces(source)
            .into_iter()
            .filter_map(|(_, piece)| match piece {
                Piece::Text(text) => Some(text),
                Piece::Code(_) | Piece::Comment(_) => None,
            })
            .collect();
        assert_eq!(found, texts, "{source}");
    }

    #[test]
    fn texts_are_told_from_code_and_comments() {
        check(r#"let a = "one"; // "not""#, &["one"]);
        check(r#"/* "no" */ f("two", 'x', '"', "three")"#, &["two", "three"]);
        check(r#"let a: &'static str = "a \" b";"#, &["a \\\" b"]);
        check("r#\"raw \"text\"\"#; for r in x { \"y\" }", &["raw \"text\"", "y"]);
        check(r"let q = '\''; let s = ('\u{1F}', '\\');", &[]);
        check("b\"bytes\" br\"raw\"", &["bytes", "raw"]);
    }

    #[test]
    fn lines_are_counted() {
        let source = "let a = 1;\n// note\nlet b = \"here\";";
        let found = pieces(source).into_iter().find(|(_, piece)| matches!(piece, Piece::Text(_)));
        assert_eq!(found, Some((3, Piece::Text("here"))));
    }

    #[test]
    fn tests_at_the_end_are_cut_off() {
        assert_eq!(without_tests("a\n#[cfg(test)]\nmod tests {\n b }"), "a\n");
        assert_eq!(without_tests("#[cfg(test)]\nmod tests;\na"), "#[cfg(test)]\nmod tests;\na");
    }
}
