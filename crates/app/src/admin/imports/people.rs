//! Files of people with their roles.

use ::store::{Actor, StoreError, Tx};
use base::Id;
use futures::future::BoxFuture;
use identity::ImportReport;
use identity::people::{PersonRefused, import_people, undo_people_import};
use intake::import::{
    FieldInfo, ImportBatch, ImportRun, Importer, Touched, UndoReport, renumber, rows_as_csv,
};

/// Takes in files of people.
pub(super) struct PeopleImporter;

static FIELDS: [FieldInfo; 5] = [
    FieldInfo {
        name: "email",
        is_required: true,
        help: "The address they sign in with",
        example: "k.osei@example.org",
    },
    FieldInfo { name: "name", is_required: true, help: "Name colleagues use", example: "Kwame Osei" },
    FieldInfo { name: "title", is_required: false, help: "What they are called", example: "Charge nurse" },
    FieldInfo {
        name: "site",
        is_required: false,
        help: "Path of the site of the role",
        example: "lakeside.riverside.5w",
    },
    FieldInfo {
        name: "role",
        is_required: false,
        help: "Role held there from today",
        example: "unit-manager",
    },
];

fn unexpected(refused: PersonRefused) -> StoreError {
    match refused {
        PersonRefused::Store(error) => error,
        other => StoreError::inconsistent("person", other.to_string()),
    }
}

async fn take(
    tx: &mut Tx,
    actor: &Actor,
    batch: ImportBatch<'_>,
    is_dry: bool,
) -> Result<ImportReport, StoreError> {
    let text = rows_as_csv(&FIELDS, batch.rows);
    let mut report = import_people(tx, actor, &text, is_dry).await.map_err(unexpected)?;
    renumber(&mut report.rejects, batch.rows);
    Ok(report)
}

impl Importer for PeopleImporter {
    fn kind(&self) -> &'static str {
        "people"
    }

    fn title(&self) -> &'static str {
        "People and roles"
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
        import: Id<ImportRun>,
        touched: &'t [Touched],
    ) -> BoxFuture<'t, Result<UndoReport, StoreError>> {
        Box::pin(async move {
            // Identity takes back the whole import at once; the last call is the one without records.
            if !touched.is_empty() {
                return Ok(UndoReport::default());
            }
            let n = undo_people_import(tx, actor, &format!("import {import}")).await.map_err(unexpected)?;
            Ok(UndoReport { n_restored: u64::try_from(n).unwrap_or(0), kept: Vec::new() })
        })
    }
}
