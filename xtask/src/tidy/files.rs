//! Rules about files: how long, what stands where, and that the schema is the sum of the migrations.

use super::rust::{Piece, pieces, without_tests};
use super::{Problem, Source};

/// The sum of all migrations.
pub(super) const SCHEMA: &str = "schema/schema.sql";
/// A longer file is probably two features.
const LINES_MAX: usize = 800;
/// What a pure library or a file of rules must not name: they have no edges to the world.
const IMPURE: [&str; 4] = ["axum", "rusqlite", "sqlx", "tokio"];
/// How a statement begins.
const STATEMENTS: [&str; 8] = [
    "SELECT ",
    "INSERT INTO ",
    "UPDATE ",
    "DELETE FROM ",
    "CREATE TABLE ",
    "CREATE INDEX ",
    "ALTER TABLE ",
    "DROP ",
];

/// Everything wrong with the files.
pub(super) fn problems(sources: &[Source]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for source in sources {
        too_long(source, &mut problems);
        if source.is_rust() {
            sql_outside_store(source, &mut problems);
            impure(source, &mut problems);
        }
    }
    let is_same = sources.iter().any(|source| source.path == SCHEMA && source.text == schema(sources));
    if !is_same {
        let what = "is not the sum of migrations/*.sql; run `cargo xtask tidy --write`";
        problems.push(Problem::new(SCHEMA, 0, what));
    }
    problems
}

/// All migrations in their order.
pub(super) fn schema(sources: &[Source]) -> String {
    let is_migration =
        |source: &&Source| source.path.starts_with("migrations/") && source.path.ends_with(".sql");
    let mut migrations: Vec<&Source> = sources.iter().filter(is_migration).collect();
    migrations.sort_by(|a, b| a.path.cmp(&b.path));
    let mut text = "-- The sum of all migrations; written by `cargo xtask tidy --write`.\n".to_owned();
    for migration in migrations {
        text.push_str(&format!("\n-- {}\n{}", migration.path, migration.text));
    }
    text
}

fn too_long(source: &Source, problems: &mut Vec<Problem>) {
    let is_written_by_hand = !source.path.ends_with("Cargo.lock")
        && !source.path.ends_with("package-lock.json")
        && source.path != SCHEMA
        && !source.path.contains("snapshots/")
        && !source.path.starts_with("fixtures/");
    let n_lines = source.text.lines().count();
    if is_written_by_hand && n_lines > LINES_MAX {
        let what = format!("has {n_lines} lines; the limit is {LINES_MAX}. Cut it where the thought changes");
        problems.push(Problem::new(&source.path, 0, what));
    }
}

fn sql_outside_store(source: &Source, problems: &mut Vec<Problem>) {
    let may = source.path.ends_with("/store.rs")
        || source.path.starts_with("crates/store/")
        // Tools of the workspace are no part of the product.
        || source.path.starts_with("xtask/")
        || source.path.starts_with("benches/")
        // A test may look into the tables.
        || source.is_test();
    if may {
        return;
    }
    for (line, piece) in pieces(without_tests(&source.text)) {
        let Piece::Text(text) = piece else { continue };
        if STATEMENTS.iter().any(|statement| text.trim_start().starts_with(statement)) && looks_like_sql(text)
        {
            problems.push(Problem::new(&source.path, line, "holds SQL; move it to the feature's store.rs"));
        }
    }
}

fn looks_like_sql(text: &str) -> bool {
    [" FROM ", " INTO ", " SET ", " TABLE ", " INDEX ", "FROM "].iter().any(|word| text.contains(word))
}

fn impure(source: &Source, problems: &mut Vec<Problem>) {
    let is_pure = source.path.starts_with("lib/") || source.path.ends_with("/rules.rs");
    if !is_pure {
        return;
    }
    for (line, piece) in pieces(&source.text) {
        let Piece::Code(code) = piece else { continue };
        for name in IMPURE {
            if code.split(|mark: char| !mark.is_alphanumeric() && mark != '_').any(|word| word == name) {
                let what = format!("names `{name}`; libraries and rules are plain functions of values");
                problems.push(Problem::new(&source.path, line, what));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str) -> usize {
        let source = Source { path: path.into(), text: text.into() };
        let mut sources = vec![source];
        sources.push(Source { path: SCHEMA.into(), text: schema(&sources) });
        problems(&sources).len()
    }

    #[test]
    fn a_file_of_800_lines_is_kept_and_one_of_801_is_not() {
        assert_eq!(check("docs/a.md", &"a\n".repeat(800)), 0);
        assert_eq!(check("docs/a.md", &"a\n".repeat(801)), 1);
    }

    #[test]
    fn sql_stands_in_store_files_only() {
        let text = "fn f() { tx.list(\"SELECT id FROM site ORDER BY id\", vec![]) }";
        assert_eq!(check("crates/census/src/beds/store.rs", text), 0);
        assert_eq!(check("crates/census/src/beds/page.rs", text), 1);
        assert_eq!(check("crates/census/src/beds/tests.rs", text), 0);
        assert_eq!(check("crates/census/src/beds/page.rs", "let a = \"Select a unit\";"), 0);
    }

    #[test]
    fn rules_name_nothing_of_the_world() {
        assert_eq!(check("crates/census/src/beds/rules.rs", "use tokio::sync::Mutex;"), 1);
        assert_eq!(check("crates/census/src/beds/rules.rs", "// no tokio here\nfn f() {}"), 0);
        assert_eq!(check("crates/census/src/beds/page.rs", "use tokio::sync::Mutex;"), 0);
        assert_eq!(check("lib/spc/src/lib.rs", "use axum::Router;"), 1);
    }

    #[test]
    fn the_schema_is_the_sum_of_the_migrations() {
        let migration =
            Source { path: "migrations/0001_a.sql".into(), text: "CREATE TABLE a (b TEXT);\n".into() };
        let stale = Source { path: SCHEMA.into(), text: "old".into() };
        assert_eq!(problems(&[migration.clone(), stale]).len(), 1);
        let fresh = Source { path: SCHEMA.into(), text: schema(std::slice::from_ref(&migration)) };
        assert_eq!(problems(&[migration, fresh]), vec![]);
    }
}
