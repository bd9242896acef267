//! Files of sites: taking them in, and the tree as it was before.

use super::super::undo::{Revert, revert};
use super::store::list_dependents;
use super::text::{TextImporter, field};
use ::store::{Actor, StoreError, Tx};
use base::{Id, SitePath};
use identity::roles::end_role;
use identity::sites::{SiteRefused, close_site, import_sites};
use identity::{ImportReport, Reject, Scope, Site, SiteInfo, SiteTree};
use intake::import::{
    FieldInfo, ImportRun, Row, Touched, UndoReport, history_of_cause, renumber, rows_as_csv,
};
use std::collections::{BTreeMap, BTreeSet};

/// Takes in files of sites.
pub(super) const SITES: TextImporter = TextImporter {
    kind: "sites",
    title: "Sites and units",
    fields: &FIELDS,
    changes_reading: true,
    take: |tx, actor, rows, is_dry| Box::pin(take(tx, actor, rows, is_dry)),
    refuse: |tx, import| Box::pin(refuse(tx, import)),
    restore: |tx, actor, _, touched| Box::pin(restore(tx, actor, touched)),
};

/// Dependents named in one refusal.
const NAMED: usize = 5;

static FIELDS: [FieldInfo; 8] = [
    field("path", true, "Address of the site, from the top", "lakeside.riverside.5w"),
    field("kind", true, "enterprise, facility, department or unit", "unit"),
    field("name", true, "Name people know it by", "5 West"),
    field("time_zone", false, "Where it differs from the site above", "America/New_York"),
    field("currency", false, "Where it differs from the site above", "USD"),
    field("licensed_beds", false, "Beds on the license", "32"),
    field("staffed_beds", false, "Beds with staff", "28"),
    field("hl7_codes", false, "Codes in messages, with blanks between", "5W 5WEST"),
];

fn unexpected(refused: SiteRefused) -> StoreError {
    match refused {
        SiteRefused::Store(error) => error,
        other => StoreError::inconsistent("site", other.to_string()),
    }
}

/// Takes in sites. A top site that nobody used yet gives way to the one the file names; one in use stays,
/// and the file's is rejected with everything below it.
async fn take(tx: &mut Tx, actor: &Actor, rows: &[Row], is_dry: bool) -> Result<ImportReport, StoreError> {
    let tree = SiteTree::load(tx).await?;
    let named: Vec<&Row> = rows.iter().filter(|row| is_new_top(row, &tree)).collect();
    let before = open_tops(&tree);
    let in_use = match named.first() {
        Some(_) => first_in_use(tx, &tree, &before, rows).await?,
        None => None,
    };
    let (kept, rejects): (Vec<Row>, Vec<Reject>) = match &in_use {
        Some(known) => (
            rows.iter().filter(|row| !is_new_top(row, &tree)).cloned().collect(),
            named.iter().map(|row| second_top(row, known)).collect(),
        ),
        None => (rows.to_vec(), Vec::new()),
    };
    let text = rows_as_csv(&FIELDS, &kept);
    let mut report = import_sites(tx, actor, &text, is_dry).await.map_err(unexpected)?;
    renumber(&mut report.rejects, &kept);
    report.counts.rejected += rejects.len();
    report.rejects.extend(rejects);
    report.rejects.sort_by_key(|reject| reject.line);
    if !is_dry && in_use.is_none() && !named.is_empty() {
        let tree = SiteTree::load(tx).await?;
        let is_named = named.iter().any(|row| path_of(row).is_some_and(|path| tree.find(&path).is_some()));
        for old in before.iter().filter(|_| is_named) {
            give_way(tx, actor, &tree, old).await?;
        }
    }
    Ok(report)
}

fn path_of(row: &Row) -> Option<SitePath> {
    row.get("path").parse().ok()
}

fn is_new_top(row: &Row, tree: &SiteTree) -> bool {
    path_of(row).is_some_and(|path| path.depth() == 0 && tree.find(&path).is_none())
}

fn open_tops(tree: &SiteTree) -> Vec<SiteInfo> {
    let tops = tree.all().iter().filter(|site| site.parent_id.is_none() && site.closed_on.is_none());
    tops.cloned().collect()
}

fn second_top(row: &Row, known: &SitePath) -> Reject {
    Reject {
        line: row.line,
        column: "path".to_owned(),
        value: row.get("path").chars().take(80).collect(),
        expected: format!("there is one top site, and `{known}` is in use with sites or messages"),
        next: format!("Put the file's sites below `{known}`, or make a new installation"),
    }
}

/// The first top site with something below it, in the file or known, or to which anything ever arrived.
async fn first_in_use(
    tx: &mut Tx,
    tree: &SiteTree,
    tops: &[SiteInfo],
    rows: &[Row],
) -> Result<Option<SitePath>, StoreError> {
    for top in tops {
        let Some(scope) = Scope::operator(tree, &top.path) else { continue };
        let is_below =
            |row: &Row| path_of(row).is_some_and(|path| path != top.path && top.path.covers(&path));
        let has_open = tree.children(&top.id).iter().any(|child| child.closed_on.is_none());
        if has_open || rows.iter().any(is_below) || !intake::list_feeds(tx, &scope).await?.is_empty() {
            return Ok(Some(top.path.clone()));
        }
    }
    Ok(None)
}

async fn give_way(tx: &mut Tx, actor: &Actor, tree: &SiteTree, old: &SiteInfo) -> Result<(), StoreError> {
    if let Some(scope) = Scope::operator(tree, &old.path) {
        for row in identity::people::list_people(tx, &scope).await? {
            for grant in row.grants.iter().filter(|grant| grant.to.is_none()) {
                // Ended on its first day: it never was held there.
                let ended = end_role(tx, actor, grant.id, grant.from).await;
                ended.map_err(|error| StoreError::inconsistent("role_grant", error.to_string()))?;
            }
        }
    }
    let today = tx.at().to_zoned(old.time_zone.clone()).date();
    close_site(tx, actor, old.id, today).await.map_err(unexpected)
}

/// Why the tree before an import cannot come back: patients, beds, roles, rules or sites hang on a site that
/// the import made.
async fn refuse(tx: &mut Tx, import: &ImportRun) -> Result<Option<String>, StoreError> {
    let touched = history_of_cause(tx, &import.cause(), None, u32::MAX).await?;
    let of_kind = |kind: &'static str| touched.iter().filter(move |record| record.kind == kind);
    let made = of_kind("site").filter(|record| record.body_before.is_none());
    let sites: BTreeSet<Id<Site>> = made.filter_map(|record| record.record.parse().ok()).collect();
    let own_roles: BTreeSet<&str> = of_kind("role").map(|record| record.record.as_str()).collect();
    let tree = SiteTree::load(tx).await?;
    let mut held: BTreeMap<Id<Site>, Vec<String>> = BTreeMap::new();
    for dependents in list_dependents(tx, &tree, &sites, &own_roles).await? {
        held.entry(dependents.site).or_default().push(dependents.words);
    }
    if held.is_empty() {
        return Ok(None);
    }
    let name = |site: &Id<Site>| tree.get(site).map_or("a site", |site| site.name.as_str()).to_owned();
    let parts =
        held.iter().take(NAMED).map(|(site, words)| format!("{} has {}", name(site), words.join(", ")));
    let more = held.len().saturating_sub(NAMED);
    let more = if more > 0 { format!("; {more} more sites are in use too") } else { String::new() };
    Ok(Some(format!(
        "the sites of this import are in use since: {}{more}. Take that back first, or close single sites \
         under Admin, Sites and units",
        parts.collect::<Vec<_>>().join("; ")
    )))
}

/// Each record is again what it was. A site the import made stays as a record that never was open, because
/// history names it.
pub(super) async fn restore(
    tx: &mut Tx,
    actor: &Actor,
    touched: &[Touched],
) -> Result<UndoReport, StoreError> {
    let mut report = UndoReport::default();
    for record in touched {
        if record.is_changed_since {
            report.kept.push(format!("The {} of {} was changed since.", record.kind, record.record));
            continue;
        }
        match revert(tx, actor, Revert::of(record)).await? {
            Ok(()) => report.n_restored += 1,
            Err(words) => report.kept.push(words),
        }
    }
    Ok(report)
}
