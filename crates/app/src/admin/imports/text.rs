//! Files whose rows a function of identity reads as text: those of people here, those of sites in `sites`.

use ::store::{Actor, StoreError, Tx};
use base::Id;
use futures::future::BoxFuture;
use identity::ImportReport;
use identity::people::{PersonRefused, import_people, undo_people_import};
use intake::import::{
    FieldInfo, ImportBatch, ImportRun, Importer, Row, Touched, UndoReport, renumber, rows_as_csv,
};

/// Reads rows; without writing when the last argument says so.
pub(super) type Take =
    for<'t> fn(&'t mut Tx, &'t Actor, &'t [Row], bool) -> BoxFuture<'t, Result<ImportReport, StoreError>>;
/// Why an import cannot be taken back.
pub(super) type Refuse =
    for<'t> fn(&'t mut Tx, &'t ImportRun) -> BoxFuture<'t, Result<Option<String>, StoreError>>;
/// Restores records.
pub(super) type Restore = for<'t> fn(
    &'t mut Tx,
    &'t Actor,
    Id<ImportRun>,
    &'t [Touched],
) -> BoxFuture<'t, Result<UndoReport, StoreError>>;

/// One kind of such files.
pub(super) struct TextImporter {
    pub(super) kind: &'static str,
    pub(super) title: &'static str,
    pub(super) fields: &'static [FieldInfo],
    pub(super) changes_reading: bool,
    pub(super) take: Take,
    pub(super) refuse: Refuse,
    pub(super) restore: Restore,
}

impl Importer for TextImporter {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn title(&self) -> &'static str {
        self.title
    }

    fn fields(&self) -> &'static [FieldInfo] {
        self.fields
    }

    fn changes_reading(&self) -> bool {
        self.changes_reading
    }

    fn dry_run<'t>(
        &'t self,
        tx: &'t mut Tx,
        batch: ImportBatch<'t>,
    ) -> BoxFuture<'t, Result<ImportReport, StoreError>> {
        Box::pin(async move { (self.take)(tx, &Actor::new("product", "dry run"), batch.rows, true).await })
    }

    fn commit<'t>(
        &'t self,
        tx: &'t mut Tx,
        actor: &'t Actor,
        batch: ImportBatch<'t>,
    ) -> BoxFuture<'t, Result<ImportReport, StoreError>> {
        (self.take)(tx, actor, batch.rows, false)
    }

    fn refuse_undo<'t>(
        &'t self,
        tx: &'t mut Tx,
        import: &'t ImportRun,
    ) -> BoxFuture<'t, Result<Option<String>, StoreError>> {
        (self.refuse)(tx, import)
    }

    fn undo<'t>(
        &'t self,
        tx: &'t mut Tx,
        actor: &'t Actor,
        import: Id<ImportRun>,
        touched: &'t [Touched],
    ) -> BoxFuture<'t, Result<UndoReport, StoreError>> {
        (self.restore)(tx, actor, import, touched)
    }
}

/// A field of a file.
pub(super) const fn field(
    name: &'static str,
    is_required: bool,
    help: &'static str,
    example: &'static str,
) -> FieldInfo {
    FieldInfo { name, is_required, help, example }
}

static PEOPLE_FIELDS: [FieldInfo; 5] = [
    field("email", true, "The address they sign in with", "k.osei@example.org"),
    field("name", true, "Name colleagues use", "Kwame Osei"),
    field("title", false, "What they are called", "Charge nurse"),
    field("site", false, "Path of the site of the role", "lakeside.riverside.5w"),
    field("role", false, "Role held there from today", "unit-manager"),
];

/// Takes in files of people with their roles.
pub(super) const PEOPLE: TextImporter = TextImporter {
    kind: "people",
    title: "People and roles",
    fields: &PEOPLE_FIELDS,
    changes_reading: false,
    take: |tx, actor, rows, is_dry| Box::pin(take_people(tx, actor, rows, is_dry)),
    refuse: |_, _| Box::pin(std::future::ready(Ok(None))),
    restore: |tx, actor, import, touched| Box::pin(restore_people(tx, actor, import, touched)),
};

fn unexpected(refused: PersonRefused) -> StoreError {
    match refused {
        PersonRefused::Store(error) => error,
        other => StoreError::inconsistent("person", other.to_string()),
    }
}

async fn take_people(
    tx: &mut Tx,
    actor: &Actor,
    rows: &[Row],
    is_dry: bool,
) -> Result<ImportReport, StoreError> {
    let text = rows_as_csv(&PEOPLE_FIELDS, rows);
    let mut report = import_people(tx, actor, &text, is_dry).await.map_err(unexpected)?;
    renumber(&mut report.rejects, rows);
    Ok(report)
}

/// Identity takes back the whole import at once; the last call is the one without records.
async fn restore_people(
    tx: &mut Tx,
    actor: &Actor,
    import: Id<ImportRun>,
    touched: &[Touched],
) -> Result<UndoReport, StoreError> {
    if !touched.is_empty() {
        return Ok(UndoReport::default());
    }
    let n = undo_people_import(tx, actor, &format!("import {import}")).await.map_err(unexpected)?;
    Ok(UndoReport { n_restored: u64::try_from(n).unwrap_or(0), kept: Vec::new() })
}
