//! Stays from files: a row a stay, a row a unit leg, or a row an event of a log.
//!
//! Rows become the same facts that messages state, so that one rule makes stays of both. A file taken in
//! again changes nothing; a row that says something else replaces what the file said of that stay.

mod rules;
mod store;

use crate::adt::apply::{World, take_in, work_out};
use crate::adt::model::Event;
use crate::adt::read::Demographics;
use crate::adt::store as facts;
use ::store::{Actor, Change, StoreError, Tx};
use base::Id;
use futures::future::BoxFuture;
use identity::{ImportReport, Site};
use intake::import::{FieldInfo, ImportBatch, ImportRun, Importer, Touched, UndoReport};
use rules::{Parsed, Place};
use std::collections::BTreeSet;

/// Takes in files of stays.
#[derive(Debug, Default, Clone, Copy)]
pub struct StaysImporter;

impl Importer for StaysImporter {
    fn kind(&self) -> &'static str {
        "stays"
    }

    fn title(&self) -> &'static str {
        "Stays"
    }

    fn fields(&self) -> &'static [FieldInfo] {
        &rules::FIELDS
    }

    fn dry_run<'t>(
        &'t self,
        tx: &'t mut Tx,
        batch: ImportBatch<'t>,
    ) -> BoxFuture<'t, Result<ImportReport, StoreError>> {
        Box::pin(async move {
            let (_, parsed, facility) = read(tx, &batch).await?;
            let mut report = ImportReport { rejects: parsed.rejects, ..ImportReport::default() };
            let stays = store::compare(tx, facility, parsed.stays, number_of(batch.import)).await?;
            store::count(&stays, &mut report);
            Ok(report)
        })
    }

    fn commit<'t>(
        &'t self,
        tx: &'t mut Tx,
        actor: &'t Actor,
        batch: ImportBatch<'t>,
    ) -> BoxFuture<'t, Result<ImportReport, StoreError>> {
        Box::pin(commit(tx, actor, batch))
    }

    fn undo<'t>(
        &'t self,
        tx: &'t mut Tx,
        _actor: &'t Actor,
        import: Id<ImportRun>,
        touched: &'t [Touched],
    ) -> BoxFuture<'t, Result<UndoReport, StoreError>> {
        Box::pin(async move {
            // The facts are kept outside history; the last call, without records, takes them back.
            if !touched.is_empty() {
                return Ok(UndoReport::default());
            }
            let mut world = World::load(tx).await?;
            let (cases, n_restored) = store::void_import(tx, number_of(import)).await?;
            work_out(tx, &mut world, &cases).await?;
            Ok(UndoReport { n_restored, kept: Vec::new() })
        })
    }
}

/// The number that the facts of an import carry in place of a message's: negative, from the import's id.
fn number_of(import: Id<ImportRun>) -> i64 {
    -i64::try_from(import.bits() & ((1 << 62) - 1)).unwrap_or(1) - 1
}

async fn read(tx: &mut Tx, batch: &ImportBatch<'_>) -> Result<(World, Parsed, Id<Site>), StoreError> {
    let world = World::load(tx).await?;
    let no_site = || StoreError::NotReady("stays need a facility or a unit: name it with --site".to_owned());
    let site = batch.site.ok_or_else(no_site)?;
    let facility = world.tree.facility_of(&site).ok_or_else(no_site)?;
    let zone = batch.mapping.zone().unwrap_or_else(|| facility.time_zone.clone());
    let home = world.tree.get(&site).filter(|site| site.id != facility.id).map(|site| {
        let code = world.tree.codes(&site.id).first().cloned();
        Place::unit(code.unwrap_or_else(|| site.path.name().to_owned()))
    });
    let vault = tx.vault();
    let scope = facility.path.to_string();
    let patient_key = |number: &str| vault.lookup(&format!("patient\u{1f}{scope}\u{1f}{number}"));
    let parsed = rules::parse(batch.rows, batch.mapping, &zone, home.as_ref(), &patient_key);
    let facility = facility.id;
    Ok((world, parsed, facility))
}

async fn commit(tx: &mut Tx, actor: &Actor, batch: ImportBatch<'_>) -> Result<ImportReport, StoreError> {
    let (mut world, parsed, facility) = read(tx, &batch).await?;
    let number = number_of(batch.import);
    let mut report = ImportReport { rejects: parsed.rejects, ..ImportReport::default() };
    let patients: Vec<Demographics> = parsed.patients;
    let stays = store::compare(tx, facility, parsed.stays, number).await?;
    store::count(&stays, &mut report);
    facts::save_patients_of_file(tx, &mut world.held, patients).await?;
    let mut cases = BTreeSet::new();
    let mut events = Vec::new();
    for stay in stays {
        cases.extend(store::void(tx, &stay.replaced).await?);
        events.extend(stay.new.into_iter().map(|fact| Event { message: number, facility, fact }));
    }
    let body = serde_json::json!({ "facts": events.len() });
    let site = world.tree.get(&facility).map(|site| site.path.clone());
    take_in(tx, &mut world, events).await?;
    work_out(tx, &mut world, &cases.into_iter().collect::<Vec<_>>()).await?;
    let record = batch.import.to_string();
    tx.keep(actor, Change { kind: "stays import", record, site, body }).await?;
    Ok(report)
}
