//! Files taken in: sites, beds, people, HL7 messages, stays.
//!
//! The demo makes its sample through the same functions. What was not taken in is listed, written beside a
//! table as `FILE.rejects.csv`, and makes the exit code 1; the rest stays taken in.

use crate::place::{Place, site_of};
use crate::{End, cli, print};
use anyhow::{Context as _, Result, anyhow};
use area::{Cell, Export, ExportFormat};
use base::Id;
use identity::people::{PersonRefused, import_people};
use identity::roles::end_role;
use identity::sites::{SiteRefused, close_site, import_sites};
use identity::{ImportReport, Scope, Site, SiteInfo, SiteTree};
use intake::import::{self, ImportBatch, Importer, Mapping, Table as RowFile, TableLimits};
use intake::{ImportReport as Hl7Report, Meaning, import_hl7};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{Actor, Db, StoreError, Tx};

pub(crate) async fn run(kind: cli::Import) -> Result<End> {
    match kind {
        cli::Import::Sites(ask) => table(&ask, Table::Sites).await,
        cli::Import::Beds(ask) => table(&ask, Table::Beds).await,
        cli::Import::People(ask) => table(&ask, Table::People).await,
        cli::Import::Hl7(ask) => hl7(&ask).await,
        cli::Import::Stays(ask) => stays(&ask).await,
    }
}

/// A kind of table that comes in as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    Sites,
    Beds,
    People,
}

async fn table(ask: &cli::ImportTable, kind: Table) -> Result<End> {
    let db = Place::of(&ask.to.at)?.open().await?;
    let text = read_text(&ask.file)?;
    let report = take_table(&db, kind, &text, ask.dry_run).await?;
    tell(&ask.file, &report, ask.dry_run, ask.to.json)
}

fn tell(file: &Path, report: &ImportReport, is_dry: bool, json: bool) -> Result<End> {
    if !is_dry && !report.rejects.is_empty() {
        write_rejects(file, report)?;
    }
    if json {
        print::json(report)?;
    } else {
        let counts = &report.counts;
        let would = if is_dry { "Would take in" } else { "Took in" };
        print::line(format!(
            "{would}: {} new, {} changed, {} the same; {} rejected.",
            counts.new, counts.changed, counts.same, counts.rejected
        ))?;
        report.rejects.iter().try_for_each(print::line)?;
    }
    Ok(if report.rejects.is_empty() { End::Done } else { End::No })
}

/// Takes in the text of a table in one transaction.
pub(crate) async fn take_table(db: &Db, kind: Table, text: &str, is_dry: bool) -> Result<ImportReport> {
    let text = text.to_owned();
    // Of its own, so that history and an undo find exactly this import.
    let at = db.now().as_microsecond();
    let actor = Actor::new("command", format!("import {at}"));
    match kind {
        Table::Sites => {
            let taken: Result<ImportReport, TopRefused> = db
                .write(move |tx| Box::pin(async move { take_sites(tx, &actor, &text, is_dry).await }))
                .await;
            Ok(taken?)
        }
        Table::Beds => take_beds(db, actor, text, is_dry).await,
        Table::People => {
            let taken: Result<ImportReport, PersonRefused> = db
                .write(move |tx| Box::pin(async move { import_people(tx, &actor, &text, is_dry).await }))
                .await;
            Ok(taken?)
        }
    }
}

async fn take_beds(db: &Db, actor: Actor, text: String, is_dry: bool) -> Result<ImportReport> {
    let importer = census::beds::BedsImporter;
    let mapping = Mapping::default();
    let file = RowFile::open(text.into_bytes(), &mapping, importer.fields(), TableLimits::default())?;
    let rows = file.rows().collect::<Result<Vec<_>, _>>()?;
    let taken: Result<ImportReport, StoreError> = db
        .write(move |tx| {
            Box::pin(async move {
                let batch = ImportBatch { rows: &rows, mapping: &mapping, site: None, import: tx.new_id() };
                if is_dry {
                    return importer.dry_run(tx, batch).await;
                }
                importer.commit(tx, &actor, batch).await
            })
        })
        .await;
    Ok(taken?)
}

/// Why a file of sites was not taken in at all.
#[derive(Debug, thiserror::Error)]
enum TopRefused {
    #[error(
        "the file names the top site `{named}`, but `{known}` is in use with sites or messages; put the \
         file's sites below `{known}`, or make a new installation"
    )]
    InUse { named: String, known: String },
    #[error(transparent)]
    Site(#[from] SiteRefused),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes in sites. A top site that `init` made and nobody used gives way to the one the file names; its
/// grants went to the new one when that was added.
async fn take_sites(
    tx: &mut Tx,
    actor: &Actor,
    text: &str,
    is_dry: bool,
) -> Result<ImportReport, TopRefused> {
    let before = open_tops(&SiteTree::load(tx).await?);
    let report = import_sites(tx, actor, text, is_dry).await?;
    let tree = SiteTree::load(tx).await?;
    let added: Vec<SiteInfo> =
        open_tops(&tree).into_iter().filter(|top| before.iter().all(|known| known.id != top.id)).collect();
    let (Some(named), Some(_)) = (added.first(), before.first()) else { return Ok(report) };
    for old in &before {
        if !is_bare(tx, &tree, old).await? {
            return Err(TopRefused::InUse { named: named.path.to_string(), known: old.path.to_string() });
        }
        give_way(tx, actor, &tree, old).await?;
    }
    Ok(report)
}

fn open_tops(tree: &SiteTree) -> Vec<SiteInfo> {
    let tops = tree.all().iter().filter(|site| site.parent_id.is_none() && site.closed_on.is_none());
    tops.cloned().collect()
}

/// Whether nothing stands below a top site and nothing ever arrived.
async fn is_bare(tx: &mut Tx, tree: &SiteTree, top: &SiteInfo) -> Result<bool, StoreError> {
    let Some(scope) = Scope::operator(tree, &top.path) else { return Ok(false) };
    Ok(tree.children(&top.id).is_empty() && intake::list_feeds(tx, &scope).await?.is_empty())
}

async fn give_way(tx: &mut Tx, actor: &Actor, tree: &SiteTree, old: &SiteInfo) -> Result<(), TopRefused> {
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
    close_site(tx, actor, old.id, today).await?;
    Ok(())
}

fn read_text(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        // Files of older spreadsheets: every byte is a letter of ISO 8859-1.
        Err(error) => Ok(error.into_bytes().into_iter().map(char::from).collect()),
    }
}

fn write_rejects(file: &Path, report: &ImportReport) -> Result<()> {
    let mut export = Export::new("rejects", &["line", "column", "value", "reason"]);
    for reject in &report.rejects {
        let line = i64::try_from(reject.line).unwrap_or(i64::MAX);
        export.rows.push(vec![
            Cell::Int(line),
            Cell::from(reject.column.as_str()),
            Cell::from(reject.value.as_str()),
            Cell::from(format!("{}. {}.", reject.expected, reject.next)),
        ]);
    }
    let bytes = export.write(ExportFormat::Csv).map_err(|fault| anyhow!("{fault}"))?;
    let path = PathBuf::from(format!("{}.rejects.csv", file.display()));
    std::fs::write(&path, bytes).with_context(|| format!("{} cannot be written", path.display()))?;
    eprintln!("The rejected rows are in {}.", path.display());
    Ok(())
}

async fn hl7(ask: &cli::ImportHl7) -> Result<End> {
    let db = Place::of(&ask.to.at)?.open().await?;
    let default_site = match &ask.site {
        Some(path) => Some(site_of(&mut db.read().await?, Some(path)).await?.1.site_id()),
        None => None,
    };
    let report = take_hl7(&db, &ask.from, default_site).await?;
    if ask.to.json {
        print::json(&report)?;
    } else {
        print::line(format!(
            "{} received: {} applied, {} there before, {} refused.",
            report.received, report.applied, report.duplicate, report.refused
        ))?;
        for reject in &report.rejects {
            print::line(format!("{} line {}: {}", reject.source, reject.position, reject.reason))?;
        }
    }
    Ok(if report.refused == 0 { End::Done } else { End::No })
}

async fn take_hl7(db: &Db, from: &Path, default_site: Option<Id<Site>>) -> Result<Hl7Report> {
    let meaning: Arc<dyn Meaning> = Arc::new(census::AdtMeaning);
    let files = if from == Path::new("-") { vec![from.to_owned()] } else { list_files(from)? };
    // Read one by one: a folder may hold more than fits into memory.
    let failed = std::sync::Mutex::new(None);
    let read = files.into_iter().map_while(|path| match read_bytes(&path) {
        Ok(bytes) => Some((path.display().to_string(), bytes)),
        Err(error) => {
            if let Ok(mut failed) = failed.lock() {
                *failed = Some(error);
            }
            None
        }
    });
    let report = import_hl7(db, &meaning, read, default_site, |_| {}).await?;
    match failed.into_inner() {
        Ok(Some(error)) => Err(error.context(format!(
            "stopped after {} messages, which are stored; import again once the file can be read",
            report.received
        ))),
        Ok(None) | Err(_) => Ok(report),
    }
}

fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    let failed = || format!("{} cannot be read", path.display());
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).with_context(failed)?;
        return Ok(bytes);
    }
    std::fs::read(path).with_context(failed)
}

/// The file, or every file below the folder by name. Hidden ones are passed over.
fn list_files(from: &Path) -> Result<Vec<PathBuf>> {
    let failed = |path: &Path| format!("{} cannot be read", path.display());
    if !std::fs::metadata(from).with_context(|| failed(from))?.is_dir() {
        return Ok(vec![from.to_owned()]);
    }
    let (mut files, mut folders) = (Vec::new(), vec![from.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| failed(&folder))? {
            let entry = entry.with_context(|| failed(&folder))?;
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            let kind = entry.file_type().with_context(|| failed(&entry.path()))?;
            match (is_hidden, kind.is_dir()) {
                (true, _) => {}
                (false, true) => folders.push(entry.path()),
                (false, false) => files.push(entry.path()),
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Stays go through an import run as the pages make them, so that the list of imports shows them and an undo
/// finds them.
async fn stays(ask: &cli::ImportStays) -> Result<End> {
    let db = Place::of(&ask.to.at)?.open().await?;
    let mapping = std::fs::read_to_string(&ask.mapping)
        .with_context(|| format!("{} cannot be read", ask.mapping.display()))?;
    let mapping = Mapping::from_toml(&mapping).with_context(|| ask.mapping.display().to_string())?;
    let (_, scope) = site_of(&mut db.read().await?, Some(&ask.site)).await?;
    let importer: Arc<dyn Importer> = Arc::new(census::stays::StaysImporter);
    let bytes = std::fs::read(&ask.file).with_context(|| format!("{} cannot be read", ask.file.display()))?;
    let report = if ask.dry_run {
        let limits = TableLimits::default();
        let rows = RowFile::open(bytes, &mapping, importer.fields(), limits)?;
        let rows = rows.rows().collect::<Result<Vec<_>, _>>()?;
        let mut tx = db.read().await?;
        let import = tx.new_id();
        let batch = ImportBatch { rows: &rows, mapping: &mapping, site: Some(scope.site_id()), import };
        importer.dry_run(&mut tx, batch).await?
    } else {
        let name = ask.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let actor = Actor::new("command", "import stays");
        let site = Some(scope.site_id());
        let id = import::upload(&db, &actor, "stays", site, &name, &bytes, &mapping).await?;
        let actor = Actor::new("command", format!("import {id}"));
        import::commit(&db, &importer, &scope, &actor, id, |_| {}).await?
    };
    tell(&ask.file, &report, ask.dry_run, ask.to.json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_by_name_with_everything_below_it() {
        let folder = testkit::Folder::new();
        std::fs::create_dir(folder.path().join("b")).unwrap();
        for name in ["c.hl7", "b/a.hl7", ".hidden", "a.hl7"] {
            let _ = folder.write(name, "MSH");
        }
        let files = list_files(folder.path()).unwrap();
        let names: Vec<_> = files.iter().map(|path| path.strip_prefix(folder.path()).unwrap()).collect();
        assert_eq!(names, [Path::new("a.hl7"), Path::new("b/a.hl7"), Path::new("c.hl7")]);
    }
}
