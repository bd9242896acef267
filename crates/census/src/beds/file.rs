//! Beds from a file: `unit,bed,room,licensed,set_up`, a row a bed.
//!
//! A code not seen before becomes a bed; a known one is brought up to date; nothing is closed. What a bed is
//! doing is not in the file: that follows its patients.

use super::store::{self, FileBed};
use crate::profile::Profiles;
use ::store::{Actor, Change, StoreError, Tx};
use base::{Id, SitePath};
use futures::future::BoxFuture;
use identity::{ImportReport, Reject, Site, SiteKind, SiteTree};
use intake::import::{FieldInfo, ImportBatch, ImportRun, Importer, Row, Touched, UndoReport};
use std::collections::{BTreeMap, BTreeSet};

/// Kind of history row.
const KIND: &str = "bed list";

/// What the file holds.
static FIELDS: [FieldInfo; 5] = [
    FieldInfo { name: "unit", is_required: true, help: "Path of the unit", example: "lakeside.riverside.5w" },
    FieldInfo { name: "bed", is_required: true, help: "Bed as PV1-3.3 names it", example: "512A" },
    FieldInfo { name: "room", is_required: false, help: "Room, for the reader of the file", example: "512" },
    FieldInfo { name: "licensed", is_required: false, help: "On the license", example: "true" },
    FieldInfo { name: "set_up", is_required: false, help: "Set up for use", example: "true" },
];

/// Takes in files of beds.
#[derive(Debug, Default, Clone, Copy)]
pub struct BedsImporter;

impl Importer for BedsImporter {
    fn kind(&self) -> &'static str {
        "beds"
    }

    fn title(&self) -> &'static str {
        "Beds"
    }

    fn fields(&self) -> &'static [FieldInfo] {
        &FIELDS
    }

    fn dry_run<'t>(
        &'t self,
        tx: &'t mut Tx,
        batch: ImportBatch<'t>,
    ) -> BoxFuture<'t, Result<ImportReport, StoreError>> {
        Box::pin(async move { Ok(compare(tx, batch.rows).await?.0) })
    }

    fn commit<'t>(
        &'t self,
        tx: &'t mut Tx,
        actor: &'t Actor,
        batch: ImportBatch<'t>,
    ) -> BoxFuture<'t, Result<ImportReport, StoreError>> {
        Box::pin(async move {
            let (report, beds) = compare(tx, batch.rows).await?;
            save(tx, actor, &beds).await?;
            Ok(report)
        })
    }

    fn undo<'t>(
        &'t self,
        tx: &'t mut Tx,
        actor: &'t Actor,
        _import: Id<ImportRun>,
        touched: &'t [Touched],
    ) -> BoxFuture<'t, Result<UndoReport, StoreError>> {
        Box::pin(undo(tx, actor, touched))
    }
}

/// A bed as history keeps it.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Kept {
    unit: String,
    bed: String,
    licensed: bool,
    set_up: bool,
    #[serde(default)]
    closed: bool,
}

/// What the rows would do, and the beds that differ.
async fn compare(tx: &mut Tx, rows: &[Row]) -> Result<(ImportReport, Vec<FileBed>), StoreError> {
    let tree = SiteTree::load(tx).await?;
    let mut report = ImportReport::default();
    let mut beds: BTreeMap<super::Key, FileBed> = BTreeMap::new();
    for row in rows {
        match parse(row, &tree) {
            Ok(bed) if beds.contains_key(&(bed.unit, bed.code.clone())) => {
                let expected = "a bed stands once in a file";
                report.rejects.push(reject(row, "bed", expected, "Keep one of the two lines"));
            }
            Ok(bed) => {
                beds.insert((bed.unit, bed.code.clone()), bed);
            }
            Err(reject) => report.rejects.push(reject),
        }
    }
    let units: BTreeSet<Id<Site>> = beds.keys().map(|(unit, _)| *unit).collect();
    let known = store::list_for_file(tx, &units.into_iter().collect::<Vec<_>>()).await?;
    let known: BTreeMap<super::Key, FileBed> =
        known.into_iter().map(|bed| ((bed.unit, bed.code.clone()), bed)).collect();
    let mut differing = Vec::new();
    for (key, bed) in beds {
        match known.get(&key) {
            None => report.counts.new += 1,
            Some(known) if *known == bed => {
                report.counts.same += 1;
                continue;
            }
            Some(_) => report.counts.changed += 1,
        }
        differing.push(bed);
    }
    report.counts.rejected = report.rejects.len();
    Ok((report, differing))
}

fn parse(row: &Row, tree: &SiteTree) -> Result<FileBed, Reject> {
    let path = row.get("unit");
    let unit = path.parse::<SitePath>().ok().and_then(|path| tree.find(&path));
    let unit = unit.filter(|unit| unit.kind == SiteKind::Unit && unit.closed_on.is_none());
    let Some(unit) = unit else {
        let expected = "the path of an open unit is needed";
        return Err(reject(row, "unit", expected, "Correct it, or import the sites first"));
    };
    let code = crate::adt::read::bed_code(row.get("room").trim(), row.get("bed").trim());
    if row.get("bed").trim().is_empty() || code.chars().count() > 40 {
        return Err(reject(row, "bed", "a bed has 1 to 40 characters", "Write it as PV1-3.3 names it"));
    }
    let is_licensed = flag(row, "licensed")?;
    let is_set_up = flag(row, "set_up")?;
    Ok(FileBed { unit: unit.id, code, is_licensed, is_set_up, is_closed: false, is_listed: true })
}

/// Yes or no; yes when the cell is empty.
fn flag(row: &Row, column: &str) -> Result<bool, Reject> {
    match row.get(column).to_lowercase().as_str() {
        "" | "true" | "yes" | "y" | "1" => Ok(true),
        "false" | "no" | "n" | "0" => Ok(false),
        _ => Err(reject(row, column, "true or false is needed", "Correct it")),
    }
}

fn reject(row: &Row, column: &str, expected: &str, next: &str) -> Reject {
    Reject {
        line: row.line,
        column: column.to_owned(),
        value: row.get(column).chars().take(80).collect(),
        expected: expected.to_owned(),
        next: next.to_owned(),
    }
}

async fn save(tx: &mut Tx, actor: &Actor, beds: &[FileBed]) -> Result<(), StoreError> {
    store::save_for_file(tx, beds).await?;
    let tree = SiteTree::load(tx).await?;
    let changes = beds.iter().map(|bed| {
        let kept = Kept {
            unit: bed.unit.to_string(),
            bed: bed.code.clone(),
            licensed: bed.is_licensed,
            set_up: bed.is_set_up,
            closed: bed.is_closed,
        };
        Change {
            kind: KIND,
            record: format!("{}:{}", bed.unit, bed.code),
            site: tree.get(&bed.unit).map(|unit| unit.path.clone()),
            // A few words and flags always become JSON.
            body: serde_json::to_value(kept).unwrap_or_default(),
        }
    });
    tx.keep_all(actor, changes.collect()).await
}

async fn undo(tx: &mut Tx, actor: &Actor, touched: &[Touched]) -> Result<UndoReport, StoreError> {
    let mut report = UndoReport::default();
    let mut beds = Vec::new();
    let read = |text: &str| -> Result<Kept, StoreError> {
        serde_json::from_str(text).map_err(|error| StoreError::inconsistent("history", error.to_string()))
    };
    for change in touched.iter().filter(|change| change.kind == KIND) {
        let after = read(&change.body_after)?;
        if change.is_changed_since {
            report.kept.push(format!("Bed {} was changed since and stays as it is", after.bed));
            continue;
        }
        let before = change.body_before.as_deref().map(read).transpose()?;
        let kept = before.unwrap_or(Kept { closed: true, ..after });
        let unit = kept.unit.parse().map_err(|_| StoreError::inconsistent("history", "the unit of a bed"))?;
        beds.push(FileBed {
            unit,
            code: kept.bed,
            is_licensed: kept.licensed,
            is_set_up: kept.set_up,
            is_closed: kept.closed,
            is_listed: !kept.closed,
        });
        report.n_restored += 1;
    }
    save(tx, actor, &beds).await?;
    // A bed that no file lists is there as long as messages speak of it.
    let keys: Vec<super::Key> = beds.into_iter().map(|bed| (bed.unit, bed.code)).collect();
    let mut rows = store::find_or_insert(tx, &keys).await?;
    let rows = keys.iter().filter_map(|key| rows.remove(key)).collect();
    let (tree, profiles) = (SiteTree::load(tx).await?, Profiles::load(tx).await?);
    super::work_out(tx, &tree, &profiles, rows).await?;
    Ok(report)
}
