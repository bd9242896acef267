//! Files taken in: sites, beds, people, HL7 messages, stays.
//!
//! The demo makes its sample through the same functions. What was not taken in is listed, written beside a
//! table as `FILE.rejects.csv`, and makes the exit code 1; the rest stays taken in.

use crate::place::{Place, site_of};
use crate::{End, WrongUse, cli, print};
use anyhow::{Context as _, Result, anyhow, bail};
use area::{Cell, Export, ExportFormat};
use identity::{ImportReport, Scope, SiteTree};
use intake::import::{self, Importer, Mapping, Messages};
use intake::{ImportReport as Hl7Report, Meaning};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{Actor, Db};

pub(crate) async fn run(kind: cli::Import) -> Result<End> {
    match kind {
        cli::Import::Sites(ask) => rows(&ask, "sites").await,
        cli::Import::Beds(ask) => rows(&ask, "beds").await,
        cli::Import::People(ask) => rows(&ask, "people").await,
        cli::Import::Stays(ask) if ask.into.site.is_none() => {
            bail!(WrongUse(
                "stays belong to a facility or a unit; name it with --site, such as --site group.main"
                    .to_owned()
            ))
        }
        cli::Import::Stays(ask) => rows(&ask, "stays").await,
        cli::Import::Hl7(ask) => hl7(&ask).await,
    }
}

async fn rows(ask: &cli::ImportRows, kind: &str) -> Result<End> {
    let db = Place::of(&ask.into.to.at)?.open().await?;
    let mapping = match &ask.mapping {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            Mapping::from_toml(&text).with_context(|| path.display().to_string())?
        }
        None => Mapping::default(),
    };
    let at = match &ask.into.site {
        Some(path) => Some(site_of(&mut db.read().await?, Some(path)).await?.1),
        None => None,
    };
    let file = RowFile { name: name_of(&ask.file), bytes: read_bytes(&ask.file)?, mapping, at };
    let report = take_rows(&db, kind, file, ask.dry_run).await?;
    tell(&ask.file, &report, ask.dry_run, ask.into.to.json)
}

fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
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

/// A file of rows, read.
pub(crate) struct RowFile {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) mapping: Mapping,
    /// Where rows belong that name no site themselves.
    pub(crate) at: Option<Scope>,
}

/// Takes in a file of rows the way the pages do, so that the list of imports shows it and an undo finds it.
pub(crate) async fn take_rows(db: &Db, kind: &str, file: RowFile, is_dry: bool) -> Result<ImportReport> {
    let importer: Arc<dyn Importer> =
        app::importer(kind).ok_or_else(|| anyhow!("there is no import of {kind}"))?;
    let RowFile { name, bytes, mapping, at } = file;
    let site = at.as_ref().map(Scope::site_id);
    if is_dry {
        return Ok(import::check(db, importer.as_ref(), site, bytes, &mapping).await?);
    }
    let scope = match at {
        Some(scope) => scope,
        None => top(db).await?,
    };
    let actor = Actor::new("command", format!("import {kind}"));
    let id = import::upload(db, &actor, kind, site, &name, &bytes, &mapping).await?;
    let report = import::commit(db, &importer, &scope, &actor, id, |_| {}).await?;
    if importer.changes_reading() && report.counts.new + report.counts.changed > 0 {
        census::adt::corrections::work_all_anew(db, |_, _| {}).await?;
    }
    Ok(report)
}

/// A top site: what belongs to no single site belongs there.
async fn top(db: &Db) -> Result<Scope> {
    let tree = SiteTree::load(&mut db.read().await?).await?;
    let open = tree.all().iter().find(|site| site.parent_id.is_none() && site.closed_on.is_none());
    let scope = open.and_then(|site| Scope::operator(&tree, &site.path));
    scope.ok_or_else(|| anyhow!("there is no open top site; make an installation with `helmward init`"))
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
    let db = Place::of(&ask.into.to.at)?.open().await?;
    let site = match &ask.into.site {
        Some(path) => Some(site_of(&mut db.read().await?, Some(path)).await?.1.site_id()),
        None => None,
    };
    let is_stdin = ask.from == Path::new("-");
    let name = if is_stdin { "standard input".to_owned() } else { name_of(&ask.from) };
    let messages = Messages { name, site, actor: Actor::new("command", "import hl7") };
    let report = take_hl7(&db, &ask.from, messages).await?;
    if ask.into.to.json {
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

async fn take_hl7(db: &Db, from: &Path, messages: Messages) -> Result<Hl7Report> {
    let meaning: Arc<dyn Meaning> = Arc::<census::AdtMeaning>::default();
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
    let report = import::take_messages(db, &meaning, messages, read, |_| {}).await?;
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
