//! Files of sites, through the import every installation begins with.

use super::super::undo::{Revert, revert};
use ::store::{Actor, StoreError, Tx};
use base::Id;
use futures::future::BoxFuture;
use identity::ImportReport;
use identity::sites::{SiteRefused, import_sites};
use intake::import::{
    FieldInfo, ImportBatch, ImportRun, Importer, Touched, UndoReport, renumber, rows_as_csv,
};

/// Takes in files of sites.
pub(super) struct SitesImporter;

const fn field(
    name: &'static str,
    is_required: bool,
    help: &'static str,
    example: &'static str,
) -> FieldInfo {
    FieldInfo { name, is_required, help, example }
}

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

async fn take(
    tx: &mut Tx,
    actor: &Actor,
    batch: ImportBatch<'_>,
    is_dry: bool,
) -> Result<ImportReport, StoreError> {
    let text = rows_as_csv(&FIELDS, batch.rows);
    let mut report = import_sites(tx, actor, &text, is_dry).await.map_err(|refused| match refused {
        SiteRefused::Store(error) => error,
        other => StoreError::inconsistent("site", other.to_string()),
    })?;
    renumber(&mut report.rejects, batch.rows);
    Ok(report)
}

impl Importer for SitesImporter {
    fn kind(&self) -> &'static str {
        "sites"
    }

    fn title(&self) -> &'static str {
        "Sites and units"
    }

    fn fields(&self) -> &'static [FieldInfo] {
        &FIELDS
    }

    fn dry_run<'t>(
        &'t self,
        tx: &'t mut Tx,
        batch: ImportBatch<'t>,
    ) -> BoxFuture<'t, Result<ImportReport, StoreError>> {
        Box::pin(async move { take(tx, &Actor::new("product", "dry run"), batch, true).await })
    }

    fn commit<'t>(
        &'t self,
        tx: &'t mut Tx,
        actor: &'t Actor,
        batch: ImportBatch<'t>,
    ) -> BoxFuture<'t, Result<ImportReport, StoreError>> {
        Box::pin(take(tx, actor, batch, false))
    }

    fn undo<'t>(
        &'t self,
        tx: &'t mut Tx,
        actor: &'t Actor,
        _: Id<ImportRun>,
        touched: &'t [Touched],
    ) -> BoxFuture<'t, Result<UndoReport, StoreError>> {
        Box::pin(restore(tx, actor, touched))
    }
}

/// Each record is again what it was; a site the import made is closed, because history names it.
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
