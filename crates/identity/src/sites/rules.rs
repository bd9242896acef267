//! What makes a site file, a place in the tree and a bed count valid. Pure.

use super::tree::normal_code;
use super::{Care, SiteKind, SiteTree};
use crate::Site;
use crate::table::{Reject, Row, read_table};
use base::{Currency, Id, SitePath};
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Whether a site of a kind may stand under another; `Err` says what is expected.
///
/// A facility stands at the top or under an enterprise, so that every site has one facility at most; a
/// unit stands under one, because messages name units within a facility (see [`heads_facility`]).
///
/// # Errors
/// A sentence saying where the kind belongs.
pub fn check_place(kind: SiteKind, above: Option<SiteKind>) -> Result<(), &'static str> {
    use SiteKind::{Department, Enterprise, Facility, Unit};
    match (kind, above) {
        (Enterprise | Facility, None | Some(Enterprise)) => Ok(()),
        (Department, Some(Enterprise | Facility | Department)) => Ok(()),
        (Unit, Some(Facility | Department)) => Ok(()),
        (Enterprise, Some(Facility | Department | Unit)) => {
            Err("an enterprise stands at the top or under another enterprise")
        }
        (Facility, Some(Facility | Department | Unit)) => {
            Err("a facility stands at the top or under an enterprise")
        }
        (Department, None | Some(Unit)) => {
            Err("a department stands under an enterprise, a facility or a department")
        }
        (Unit, None | Some(Enterprise | Unit)) => Err("a unit stands under a facility or a department"),
    }
}

/// Whether a site is what messages call a facility: a facility, or a department right under an enterprise,
/// such as a group of clinics that sends under its own code.
#[must_use]
pub fn heads_facility(kind: SiteKind, above: Option<SiteKind>) -> bool {
    match kind {
        SiteKind::Facility => true,
        SiteKind::Department => above == Some(SiteKind::Enterprise),
        SiteKind::Enterprise | SiteKind::Unit => false,
    }
}

/// The care a new unit gives, guessed from its names; [`set_care`](super::set_care) says otherwise.
///
/// Emergency when the last name of the path or a code is exactly ED, ER or EMERGENCY; Nursery for exactly
/// NURSERY; Observation for OBS or OBSERVATION; Outpatient when its name starts with "Clinic" or a site
/// above it is called clinic or clinics; Inpatient otherwise, a NICU too.
#[must_use]
pub fn infer_care(path: &SitePath, name: &str, codes: &[String]) -> Care {
    let words = std::iter::once(path.name()).chain(codes.iter().map(String::as_str));
    for word in words {
        match word.to_lowercase().as_str() {
            "ed" | "er" | "emergency" => return Care::Emergency,
            "nursery" => return Care::Nursery,
            "obs" | "observation" => return Care::Observation,
            _ => {}
        }
    }
    let is_clinic = name.to_lowercase().starts_with("clinic")
        || path.upward().skip(1).any(|above| matches!(above.name(), "clinic" | "clinics"));
    if is_clinic { Care::Outpatient } else { Care::Inpatient }
}

/// A site as a file gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SiteLine {
    pub(super) line: u64,
    pub(super) path: SitePath,
    pub(super) kind: SiteKind,
    pub(super) name: String,
    pub(super) time_zone: Option<String>,
    pub(super) currency: Option<Currency>,
    /// Licensed and staffed beds; `None` leaves what is known.
    pub(super) beds: Option<(i64, i64)>,
    /// `None` when the file says nothing of codes.
    pub(super) codes: Option<Vec<String>>,
}

/// The lines of a site file that can be taken in, parents before children, and why the others cannot.
pub(super) fn parse_sites(text: &str, tree: &SiteTree) -> (Vec<SiteLine>, Vec<Reject>) {
    let (rows, mut rejects) = match read_table(text, &["path", "kind", "name"]) {
        Ok(read) => read,
        Err(reject) => return (Vec::new(), vec![reject]),
    };
    let mut lines: Vec<SiteLine> = Vec::new();
    let mut first_line: HashMap<SitePath, u64> = HashMap::new();
    for row in &rows {
        match parse_line(row) {
            Ok(line) => match first_line.insert(line.path.clone(), line.line) {
                Some(first) => {
                    let expected = format!("a path stands once in a file, this one is on line {first} too");
                    let next = "Keep one of the two lines";
                    rejects.push(Reject::new(line.line, "path", line.path.as_str(), expected, next));
                    first_line.insert(line.path, first);
                }
                None => lines.push(line),
            },
            Err(reject) => rejects.push(reject),
        }
    }
    // Paths order parents before children, so each line finds its parent decided.
    lines.sort_by(|a, b| a.path.cmp(&b.path));
    let lines = keep_placed(lines, tree, &mut rejects);
    let lines = keep_coded(lines, tree, &mut rejects);
    rejects.sort_by_key(|reject| reject.line);
    (lines, rejects)
}

fn parse_line(row: &Row) -> Result<SiteLine, Reject> {
    let fault = |column: &str, expected: String, next: &str| {
        Reject::new(row.line, column, row.cell(column), expected, next)
    };
    let path: SitePath = row.cell("path").parse().map_err(|error: base::BadSitePath| {
        fault("path", error.to_string(), "Write the names from the top down, joined by dots")
    })?;
    let kind: SiteKind = row.cell("kind").parse().map_err(|error: super::UnknownWord| {
        fault("kind", format!("a kind is one of {}", error.known), "Write one of these words")
    })?;
    let name = row.cell("name").to_owned();
    if name.is_empty() || name.chars().count() > 120 {
        let expected = "a name has 1 to 120 characters".to_owned();
        return Err(fault("name", expected, "Write the name people know the site by"));
    }
    let zone = Some(row.cell("time_zone")).filter(|zone| !zone.is_empty());
    if zone.is_some_and(|zone| TimeZone::get(zone).is_err()) {
        let expected = "a time zone is a name of the IANA list, such as America/New_York".to_owned();
        return Err(fault("time_zone", expected, "Write such a name, or leave it empty to inherit it"));
    }
    let currency = match row.cell("currency") {
        "" => None,
        text => Some(text.to_uppercase().parse().map_err(|_| {
            let expected = "a currency is three letters, such as USD".to_owned();
            fault("currency", expected, "Write such a code, or leave it empty to inherit it")
        })?),
    };
    let codes = Some(row.cell("hl7_codes")).filter(|codes| !codes.is_empty()).map(split_codes);
    if let Some(long) = codes.iter().flatten().find(|code| code.chars().count() > 60) {
        let next = "Separate codes by ; or a space";
        return Err(Reject::new(row.line, "hl7_codes", long, "a code has at most 60 characters", next));
    }
    let time_zone = zone.map(str::to_owned);
    Ok(SiteLine { line: row.line, path, kind, name, time_zone, currency, beds: parse_beds(row)?, codes })
}

/// Licensed and staffed beds; where only one is given it stands for both.
fn parse_beds(row: &Row) -> Result<Option<(i64, i64)>, Reject> {
    let count = |column: &str| match row.cell(column) {
        "" => Ok(None),
        text => match text.parse::<i64>() {
            Ok(n) if (0..=99_999).contains(&n) => Ok(Some(n)),
            Ok(_) | Err(_) => {
                let expected = "a number of beds is a whole number from 0 to 99999";
                Err(Reject::new(row.line, column, text, expected, "Write digits only, or leave it empty"))
            }
        },
    };
    match (count("licensed_beds")?, count("staffed_beds")?) {
        (None, None) => Ok(None),
        (Some(licensed), Some(staffed)) if staffed > licensed => {
            let expected = format!("staffed beds are at most the licensed beds, here {licensed}");
            let next = "Correct one of the two numbers";
            Err(Reject::new(row.line, "staffed_beds", row.cell("staffed_beds"), expected, next))
        }
        (Some(licensed), Some(staffed)) => Ok(Some((licensed, staffed))),
        (Some(only), None) | (None, Some(only)) => Ok(Some((only, only))),
    }
}

/// Codes apart by `;`, `|`, `,` or blanks, in capitals, each once, sorted.
fn split_codes(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| matches!(c, ';' | '|' | ',') || c.is_whitespace());
    let codes = parts.filter(|part| !part.is_empty()).map(|part| normal_code(part).into_owned());
    codes.collect::<BTreeSet<String>>().into_iter().collect()
}

/// Drops lines whose parent is missing or of a kind they cannot stand under.
fn keep_placed(lines: Vec<SiteLine>, tree: &SiteTree, rejects: &mut Vec<Reject>) -> Vec<SiteLine> {
    let mut kinds: BTreeMap<SitePath, SiteKind> = BTreeMap::new();
    let mut kept = Vec::with_capacity(lines.len());
    for line in lines {
        let kind_at = |path: &SitePath| {
            let known = tree.find(path).filter(|site| site.closed_on.is_none());
            kinds.get(path).copied().or_else(|| known.map(|site| site.kind))
        };
        let fault = |column: &str, value: &str, expected: String, next: String| {
            Reject::new(line.line, column, value, expected, next)
        };
        let parent = line.path.parent();
        let above = parent.as_ref().and_then(kind_at);
        if let (Some(parent), None) = (&parent, above) {
            let expected = format!("the site above, {parent}, is in this file or known already");
            let next = format!("Add a valid line for {parent}");
            rejects.push(fault("path", line.path.as_str(), expected, next));
            continue;
        }
        let known = tree.find(&line.path);
        if let Some(day) = known.filter(|known| !known.is_taken_back()).and_then(|known| known.closed_on) {
            let expected = format!("the site is open, but this one was closed on {day}");
            let next = "Open it again under Sites, or take the line out";
            rejects.push(fault("path", line.path.as_str(), expected, next.to_owned()));
            continue;
        }
        if let Err(place) = check_place(line.kind, above) {
            let next = "Change its kind, or its path";
            rejects.push(fault("kind", line.kind.key(), place.to_owned(), next.to_owned()));
            continue;
        }
        if let Some(known) = known.filter(|known| known.kind != line.kind) {
            let expected =
                format!("{} is known as {}, and a kind does not change", line.path, known.kind.key());
            let next = format!("Write {}, or give the new site another path", known.kind.key());
            rejects.push(fault("kind", line.kind.key(), expected, next));
            continue;
        }
        kinds.insert(line.path.clone(), line.kind);
        kept.push(line);
    }
    kept
}

/// Drops lines with a code that names another site. Codes of what stands below a facility belong to it.
fn keep_coded(lines: Vec<SiteLine>, tree: &SiteTree, rejects: &mut Vec<Reject>) -> Vec<SiteLine> {
    let in_file: HashMap<SitePath, SiteKind> =
        lines.iter().map(|line| (line.path.clone(), line.kind)).collect();
    let kind_at =
        |path: &SitePath| in_file.get(path).copied().or_else(|| tree.find(path).map(|site| site.kind));
    let is_facility = |path: &SitePath| {
        let above = path.parent().and_then(|parent| kind_at(&parent));
        kind_at(path).is_some_and(|kind| heads_facility(kind, above))
    };
    // Codes a line of this file gives up are free for another line.
    let given_anew: BTreeSet<Id<Site>> = lines
        .iter()
        .filter(|line| line.codes.is_some())
        .filter_map(|line| tree.find(&line.path).map(|site| site.id))
        .collect();
    let mut used: HashMap<(Option<SitePath>, String), u64> = HashMap::new();
    let mut by_line = lines;
    by_line.sort_by_key(|line| line.line);
    let mut kept = Vec::with_capacity(by_line.len());
    for line in by_line {
        let owner = line.path.upward().find(|site| is_facility(site)).filter(|owner| *owner != line.path);
        let owner_id = owner.as_ref().and_then(|owner| tree.find(owner)).map(|owner| owner.id);
        let mut clash = None;
        for code in line.codes.iter().flatten() {
            let here = used.get(&(owner.clone(), code.clone())).map(|first| format!("line {first}"));
            // A facility not yet known has no codes yet; a code without an owner is looked up at the top.
            let is_known_owner = owner.is_none() || owner_id.is_some();
            let elsewhere = is_known_owner.then(|| tree.owner_of_code(owner_id, code)).flatten();
            let elsewhere = elsewhere
                .filter(|site| site.path != line.path && !given_anew.contains(&site.id))
                .map(|site| site.path.to_string());
            if let Some(other) = here.or(elsewhere) {
                clash = Some((code.clone(), other));
                break;
            }
        }
        if let Some((code, other)) = clash {
            let expected = format!("a code names one site, this one names {other} already");
            rejects.push(Reject::new(line.line, "hl7_codes", &code, expected, "Take it from one of the two"));
            continue;
        }
        for code in line.codes.iter().flatten() {
            used.insert((owner.clone(), code.clone()), line.line);
        }
        kept.push(line);
    }
    // A line dropped for its code takes the new sites below it along.
    kept.sort_by(|a, b| a.path.cmp(&b.path));
    keep_placed(kept, tree, rejects)
}
