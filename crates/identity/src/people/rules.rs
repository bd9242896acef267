//! What makes an account, a password and a file of people valid. Pure.

use super::password::{LENGTH_MIN, WeakPassword};
use crate::Site;
use crate::roles::Role;
use crate::sites::SiteTree;
use crate::table::{Reject, Row, read_table};
use base::{Id, SitePath};
use std::collections::HashMap;

/// Passwords of 12 characters and more that lists of leaked ones are full of, in small letters without
/// blanks. Shorter ones are refused by their length.
const COMMON: [&str; 24] = [
    "123456789012",
    "1234567890123",
    "12345678901234567890",
    "123123123123",
    "111111111111",
    "000000000000",
    "passwordpassword",
    "password1234",
    "password12345",
    "password123456",
    "password2024",
    "password2025",
    "password2026",
    "qwertyuiop12",
    "qwertyuiop123",
    "qwertyuiopasdfghjkl",
    "1q2w3e4r5t6y",
    "abcdefghijkl",
    "administrator",
    "adminadminadmin",
    "letmeinletmein",
    "welcome12345",
    "changemechangeme",
    "iloveyouiloveyou",
];

/// Checks a new password: at least 12 characters, not the e-mail address, not among the commonest. Any
/// characters are welcome and pasting is allowed; what a rule of signs would add, length adds better.
///
/// # Errors
/// [`WeakPassword`] saying what to do.
pub fn check_new_password(password: &str, email: &str) -> Result<(), WeakPassword> {
    let n_chars = password.chars().count();
    if n_chars < LENGTH_MIN {
        return Err(WeakPassword::Short { got: n_chars });
    }
    if password.len() > 512 {
        return Err(WeakPassword::Long);
    }
    let plain: String = password.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    if plain == normal_email(email) {
        return Err(WeakPassword::Email);
    }
    let is_one_sign = plain.chars().next().is_some_and(|first| plain.chars().all(|c| c == first));
    if is_one_sign || COMMON.contains(&plain.trim_end_matches(['!', '.', '?'])) {
        return Err(WeakPassword::Common);
    }
    Ok(())
}

/// Addresses are compared and kept in small letters.
pub(super) fn normal_email(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Whether a text has the form of an address: one `@` with something plain on both sides.
pub(super) fn is_email(text: &str) -> bool {
    let is_plain =
        |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | ',' | ';' | '"');
    text.len() <= 254
        && text.chars().all(is_plain)
        && text
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
}

/// A person as a file gives them: one line for a role at a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PersonLine {
    pub(super) line: u64,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) title: String,
    pub(super) role: Option<(Role, Id<Site>)>,
}

/// The lines of a file of people that can be taken in, and why the others cannot.
pub(super) fn parse_people(text: &str, tree: &SiteTree) -> (Vec<PersonLine>, Vec<Reject>) {
    let (rows, mut rejects) = match read_table(text, &["email", "name"]) {
        Ok(read) => read,
        Err(reject) => return (Vec::new(), vec![reject]),
    };
    let mut lines: Vec<PersonLine> = Vec::new();
    let mut first: HashMap<String, (u64, String)> = HashMap::new();
    for row in &rows {
        match parse_line(row, tree) {
            Ok(line) => {
                let (first_line, name) =
                    first.entry(line.email.clone()).or_insert((line.line, line.name.clone()));
                if *name == line.name {
                    lines.push(line);
                } else {
                    let expected =
                        format!("an address belongs to one person, on line {first_line} to another");
                    let next = "Correct the address or the name";
                    rejects.push(Reject::new(line.line, "email", &line.email, expected, next));
                }
            }
            Err(reject) => rejects.push(reject),
        }
    }
    rejects.sort_by_key(|reject| reject.line);
    (lines, rejects)
}

fn parse_line(row: &Row, tree: &SiteTree) -> Result<PersonLine, Reject> {
    let fault = |column: &str, expected: String, next: &str| {
        Reject::new(row.line, column, row.cell(column), expected, next)
    };
    let email = normal_email(row.cell("email"));
    if !is_email(&email) {
        let expected = "an e-mail address reads name@place".to_owned();
        return Err(fault("email", expected, "Write the address the person signs in with"));
    }
    let name = row.cell("name").to_owned();
    if name.is_empty() || name.chars().count() > 120 {
        return Err(fault("name", "a name has 1 to 120 characters".to_owned(), "Write the person's name"));
    }
    let title = row.cell("title").chars().take(120).collect();
    let role = match (row.cell("role"), row.cell("site")) {
        ("", "") => None,
        ("", _) => {
            let expected = "a site stands with a role".to_owned();
            return Err(fault("role", expected, "Write the role held there, or empty the site"));
        }
        (_, "") => {
            let expected = "a role is held at a site".to_owned();
            return Err(fault("site", expected, "Write the path of the site, such as lakeside.riverside"));
        }
        (role, site) => {
            let role: Role = role.parse().map_err(|_| {
                let known = Role::ALL.map(Role::key).join(", ");
                fault("role", format!("a role is one of {known}"), "Write one of these words")
            })?;
            let path: Option<SitePath> = site.parse().ok();
            let site = path.and_then(|path| tree.find(&path)).filter(|site| site.closed_on.is_none());
            let site = site.ok_or_else(|| {
                let expected = "a site is the path of an open site".to_owned();
                fault("site", expected, "Add the site first, or correct the path")
            })?;
            Some((role, site.id))
        }
    };
    Ok(PersonLine { line: row.line, email, name, title, role })
}
