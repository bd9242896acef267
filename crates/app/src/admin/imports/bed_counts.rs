//! Files of bed counts: how many beds a site has from a day on.

use super::sites::restore;
use ::store::{Actor, StoreError, Tx};
use base::Id;
use futures::future::BoxFuture;
use identity::sites::{Beds, SiteRefused, beds_on, set_beds};
use identity::{ImportReport, Reject, Site, SiteTree};
use intake::import::{FieldInfo, ImportBatch, ImportRun, Importer, Row, Touched, UndoReport};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Takes in files of bed counts.
pub(super) struct BedCountsImporter;

static FIELDS: [FieldInfo; 5] = [
    FieldInfo { name: "site", is_required: true, help: "Path of the site", example: "lakeside.riverside.5w" },
    FieldInfo { name: "from", is_required: true, help: "First day of the count", example: "2026-12-01" },
    FieldInfo { name: "licensed_beds", is_required: true, help: "Beds on the license", example: "32" },
    FieldInfo { name: "set_up_beds", is_required: false, help: "Beds ready for a patient", example: "30" },
    FieldInfo { name: "staffed_beds", is_required: true, help: "Beds with staff", example: "28" },
];

/// One row that can be taken in.
struct Line {
    site: Id<Site>,
    from: Date,
    beds: Beds,
}

fn parse(row: &Row, tree: &SiteTree) -> Result<Line, Reject> {
    let reject = |column: &str, expected: &str, next: &str| Reject {
        line: row.line,
        column: column.to_owned(),
        value: row.get(column).chars().take(80).collect(),
        expected: expected.to_owned(),
        next: next.to_owned(),
    };
    let site = row.get("site").trim().parse().ok().and_then(|path| tree.find(&path));
    let site = site.ok_or_else(|| {
        reject("site", "a site is the path of a known site", "Add the site first, or correct the path")
    })?;
    let from: Date = row
        .get("from")
        .trim()
        .parse()
        .map_err(|_| reject("from", "a day reads year-month-day", "Write it as in 2026-12-01"))?;
    let count = |column: &str| {
        let text = row.get(column).trim().replace(',', "");
        let n = text.parse::<i64>().ok().filter(|n| (0..=100_000).contains(n));
        n.ok_or_else(|| reject(column, "a count of beds is a whole number from 0", "Write a whole number"))
    };
    let (licensed, staffed) = (count("licensed_beds")?, count("staffed_beds")?);
    let set_up = if row.get("set_up_beds").trim().is_empty() { staffed } else { count("set_up_beds")? };
    if staffed > set_up || set_up > licensed {
        let expected = "staffed beds are at most those set up, and those at most the licensed ones";
        return Err(reject("staffed_beds", expected, "Correct the counts"));
    }
    Ok(Line { site: site.id, from, beds: Beds { licensed, set_up, staffed } })
}

async fn take(
    tx: &mut Tx,
    actor: Option<&Actor>,
    batch: ImportBatch<'_>,
) -> Result<ImportReport, StoreError> {
    let tree = SiteTree::load(tx).await?;
    let mut report = ImportReport::default();
    let mut days: BTreeMap<Date, Vec<Line>> = BTreeMap::new();
    for row in batch.rows {
        match parse(row, &tree) {
            Ok(line) => days.entry(line.from).or_default().push(line),
            Err(reject) => report.rejects.push(reject),
        }
    }
    report.counts.rejected = report.rejects.len();
    // Days in order, each looked up once: a count changes what a later day starts from.
    for (from, lines) in days {
        let sites: Vec<Id<Site>> = lines.iter().map(|line| line.site).collect();
        let known = beds_on(tx, &sites, from).await?;
        for line in lines {
            match known.get(&line.site) {
                Some(beds) if *beds == line.beds => {
                    report.counts.same += 1;
                    continue;
                }
                Some(_) => report.counts.changed += 1,
                None => report.counts.new += 1,
            }
            if let Some(actor) = actor {
                set_beds(tx, actor, line.site, line.from, line.beds).await.map_err(
                    |refused| match refused {
                        SiteRefused::Store(error) => error,
                        other => StoreError::inconsistent("bed_count", other.to_string()),
                    },
                )?;
            }
        }
    }
    Ok(report)
}

impl Importer for BedCountsImporter {
    fn kind(&self) -> &'static str {
        "bed-counts"
    }

    fn title(&self) -> &'static str {
        "Bed counts"
    }

    fn fields(&self) -> &'static [FieldInfo] {
        &FIELDS
    }

    fn dry_run<'t>(
        &'t self,
        tx: &'t mut Tx,
        batch: ImportBatch<'t>,
    ) -> BoxFuture<'t, Result<ImportReport, StoreError>> {
        Box::pin(take(tx, None, batch))
    }

    fn commit<'t>(
        &'t self,
        tx: &'t mut Tx,
        actor: &'t Actor,
        batch: ImportBatch<'t>,
    ) -> BoxFuture<'t, Result<ImportReport, StoreError>> {
        Box::pin(take(tx, Some(actor), batch))
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
