//! Keeping an installation: backup, restore, key rotation, rebuild.

use crate::place::{Place, catch_up, schema_of};
use crate::{End, cli, init, print};
use anyhow::{Context as _, Result, bail};
use census::adt::corrections;
use serde::Serialize;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::time::Instant;
use store::{BackupReport, Db, Keys, Location};

pub(crate) async fn backup(ask: cli::Backup) -> Result<End> {
    let place = Place::of(&ask.from.at)?;
    let db = place.open().await?;
    let report = write_backup(&db, &ask.file).await?;
    let keys = with_suffix(&ask.file, ".keys");
    place.keys()?.write(&keys)?;
    if ask.from.json {
        print::json(&report)?;
    } else {
        print::line(format!(
            "{} rows of {} tables are in {}.",
            report.n_rows,
            report.n_tables,
            ask.file.display()
        ))?;
        print::line(format!(
            "The keys are in {}; keep them apart from the backup: whoever holds both can read patients' names.",
            keys.display()
        ))?;
    }
    Ok(End::Done)
}

/// Writes a backup beside its place and moves it there once it is whole and durable.
pub(crate) async fn write_backup(db: &Db, to: &Path) -> Result<BackupReport> {
    let failed = || format!("{} cannot be written", to.display());
    if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        bail!("the folder {} does not exist; make it first, or name another place", folder.display());
    }
    let partial = with_suffix(to, ".partial");
    let file = open_private(&partial).with_context(failed)?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let report = store::backup(db, &mut out).await?;
    let file = out.into_inner().map_err(std::io::IntoInnerError::into_error).with_context(failed)?;
    file.sync_all().with_context(failed)?;
    std::fs::rename(&partial, to).with_context(failed)?;
    Ok(report)
}

fn open_private(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

pub(crate) async fn restore(ask: cli::Restore) -> Result<End> {
    let place = Place::of(&ask.to.at)?;
    if place.is_made() {
        bail!("{} holds an installation already; restore into a new folder", place.dir.display());
    }
    let file = File::open(&ask.file).with_context(|| format!("{} cannot be read", ask.file.display()))?;
    let keys_from = ask.keys.clone().unwrap_or_else(|| with_suffix(&ask.file, ".keys"));
    let keys_to = place.keys_file();
    init::make_folder(&place.dir)?;
    if let Some(to) = &keys_to {
        let keys =
            Keys::read(&keys_from).context("a backup is restored with its keys; name them with --keys")?;
        keys.write(to)?;
    }
    let restored = restore_into(&place, file).await;
    if restored.is_err() {
        // What this call made goes again, so that the same folder can be tried once more.
        if let Some(to) = &keys_to {
            let _ = std::fs::remove_file(to);
        }
        if let Location::File(path) = &place.location {
            for path in [path.clone(), path.with_file_name(intake::TRAY_FILE)] {
                for suffix in ["", "-wal", "-shm"] {
                    let _ = std::fs::remove_file(with_suffix(&path, suffix));
                }
            }
        }
    }
    let report = restored?;
    if ask.to.json {
        print::json(&report)?;
    } else {
        let (rows, dir) = (report.n_rows, place.dir.display());
        print::line(format!("{rows} rows are restored in {dir}. Next: helmward serve --dir {dir}"))?;
    }
    Ok(End::Done)
}

async fn restore_into(place: &Place, file: File) -> Result<BackupReport> {
    let db = place.open_any(true).await?;
    if schema_of(&db).await? > 0 && matches!(place.location, Location::Url(_)) {
        // The store itself refuses tables with rows; said before the folder is touched.
        let n_people = identity::people::n_people(&mut db.read().await?).await.unwrap_or(0);
        if n_people > 0 {
            bail!("the database holds an installation already; restore into an empty one");
        }
    }
    let report = store::restore(&db, &mut BufReader::with_capacity(1 << 20, file)).await?;
    // What was acknowledged and on its way when the backup was made.
    catch_up(&db).await?;
    Ok(report)
}

pub(crate) async fn keys(ask: cli::Keys) -> Result<End> {
    let cli::Keys::Rotate { at } = ask;
    let place = Place::of(&at)?;
    // Opened first: keys that do not fit this database are not rotated.
    drop(place.open().await?);
    let Some(path) = place.keys_file() else {
        bail!("the keys are in HELMWARD_KEYS; rotate them where they are kept, or put them into a file");
    };
    let mut keys = place.keys()?;
    keys.rotate()?;
    keys.write(&path)?;
    print::line(format!("Key {} is active in {}.", keys.active, path.display()))?;
    print::line(
        "A server or worker that runs goes on with the key before: restart each to use the new one.",
    )?;
    print::line("Older keys stay in the file to open older fields; Admin, Keys seals those again.")?;
    Ok(End::Done)
}

/// What a rebuild did.
#[derive(Debug, Serialize)]
struct Rebuilt {
    n_cases: u64,
    seconds: f64,
}

/// Every case is worked out again from its sealed facts, then every day is summed again. Nothing is emptied
/// first, so pages go on answering; what differs is corrected.
pub(crate) async fn rebuild(ask: cli::Rebuild) -> Result<End> {
    let db = Place::of(&ask.at.at)?.open().await?;
    let started = Instant::now();
    let n_cases = corrections::work_all_anew(&db, |n_done, n_cases| {
        tracing::debug!(n_done, n_cases, "worked out");
    })
    .await?;
    let rebuilt = Rebuilt { n_cases, seconds: started.elapsed().as_secs_f64() };
    if ask.at.json {
        print::json(&rebuilt)?;
    } else {
        print::line(format!(
            "{} cases were worked out again, and every day summed, in {:.1} s.",
            rebuilt.n_cases, rebuilt.seconds
        ))?;
    }
    Ok(End::Done)
}
