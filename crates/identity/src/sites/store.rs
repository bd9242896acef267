//! Sites, codes and bed counts in the database.

use super::rules::{check_place, heads_facility, infer_care};
use super::tree::normal_code;
use super::{Care, SiteKind};
use crate::Site;
use crate::roles::{self, Scope};
use base::{Currency, Id, Period, SitePath};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};
use store::{Actor, Change, Columns, FromRow, StoreError, Tx, binds};

/// The day a site's first bed count holds from: nothing else is known of the days before, so it stands
/// for them, and the feeds of past years find their denominators.
pub(super) const FIRST_DAY: Date = jiff::civil::date(1900, 1, 1);

/// Why a site was not changed.
#[derive(Debug, thiserror::Error)]
pub enum SiteRefused {
    /// No such site.
    #[error("there is no such site; choose one from the list of sites")]
    NoSite,
    /// The site above is missing or closed.
    #[error("the site above {path} does not exist or is closed; add it first")]
    NoParent {
        /// The path asked for.
        path: SitePath,
    },
    /// The path is taken.
    #[error("{path} exists already; choose another path")]
    Taken {
        /// The path asked for.
        path: SitePath,
    },
    /// The kind cannot stand there.
    #[error("{path} cannot be a site of kind {}: {place}", kind.key())]
    Place {
        /// The path asked for.
        path: SitePath,
        /// The kind asked for.
        kind: SiteKind,
        /// Where the kind belongs.
        place: &'static str,
    },
    /// Not a name.
    #[error("a site needs a name of 1 to 120 characters; write the name people know it by")]
    Name,
    /// Not a time zone.
    #[error("`{got}` is not a time zone; write a name such as America/New_York, or none to inherit it")]
    Zone {
        /// The text given.
        got: String,
    },
    /// A code names another site.
    #[error("the code {code} names {other} already; take it from there first")]
    CodeTaken {
        /// The code.
        code: String,
        /// The site it names.
        other: SitePath,
    },
    /// Beds out of order.
    #[error(
        "licensed {licensed}, set up {set_up}, staffed {staffed}: each is at most the one before and none is below 0; correct them"
    )]
    Beds {
        /// Licensed beds.
        licensed: i64,
        /// Beds set up.
        set_up: i64,
        /// Staffed beds.
        staffed: i64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A site to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSite {
    /// Its path; the site above must exist.
    pub path: SitePath,
    /// What it is.
    pub kind: SiteKind,
    /// Its name.
    pub name: String,
    /// Its own time zone, or `None` to inherit.
    pub time_zone: Option<String>,
    /// Its own currency, or `None` to inherit.
    pub currency: Option<Currency>,
    /// Its care, or `None` to guess it from the names.
    pub care: Option<Care>,
    /// Its place among its neighbors.
    pub sort: i64,
}

/// What a site becomes. Kind and path do not change: history and addresses hang on them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteChange {
    /// Its name.
    pub name: String,
    /// Its own time zone, or `None` to inherit.
    pub time_zone: Option<String>,
    /// Its own currency, or `None` to inherit.
    pub currency: Option<Currency>,
    /// Its place among its neighbors.
    pub sort: i64,
}

/// Beds of a site: licensed, of which set up, of which staffed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Beds {
    /// On the license.
    pub licensed: i64,
    /// Set up and ready for a patient.
    pub set_up: i64,
    /// With staff.
    pub staffed: i64,
}

/// Beds from a day on, until the next count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BedCount {
    /// The first day.
    pub from: Date,
    /// How many.
    pub beds: Beds,
}

/// A bed count and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BedCountAt {
    /// The site.
    pub site: Id<Site>,
    /// Its path.
    pub path: SitePath,
    /// Its beds.
    pub count: BedCount,
}

pub(super) struct SiteRow {
    pub(super) id: Id<Site>,
    pub(super) path: SitePath,
    pub(super) parent_id: Option<Id<Site>>,
    pub(super) facility_id: Option<Id<Site>>,
    pub(super) kind: SiteKind,
    pub(super) name: String,
    pub(super) time_zone: Option<String>,
    pub(super) currency: Option<String>,
    pub(super) care: Care,
    pub(super) sort: i64,
    pub(super) closed_on: Option<Date>,
}

impl FromRow for SiteRow {
    fn from_row(c: &mut Columns<'_>) -> Result<SiteRow, StoreError> {
        let id = c.take()?;
        let wrong = |what: &str| StoreError::inconsistent("site", format!("{what} of {id:?}"));
        let (path, parent_id, facility_id) = (c.take()?, c.take()?, c.take()?);
        let kind = c.take::<String>()?.parse().map_err(|_| wrong("kind"))?;
        let (name, time_zone, currency) = (c.take()?, c.take()?, c.take()?);
        let care = c.take::<String>()?.parse().map_err(|_| wrong("care"))?;
        let (sort, closed_on) = (c.take()?, c.take()?);
        Ok(SiteRow {
            id,
            path,
            parent_id,
            facility_id,
            kind,
            name,
            time_zone,
            currency,
            care,
            sort,
            closed_on,
        })
    }
}

pub(super) struct CodeRow {
    pub(super) owner: Option<Id<Site>>,
    pub(super) code: String,
    pub(super) site: Id<Site>,
}

impl FromRow for CodeRow {
    fn from_row(c: &mut Columns<'_>) -> Result<CodeRow, StoreError> {
        let owner: String = c.take()?;
        let owner = match owner.as_str() {
            "" => None,
            id => Some(id.parse().map_err(|_| StoreError::inconsistent("site_code", "owner"))?),
        };
        Ok(CodeRow { owner, code: c.take()?, site: c.take()? })
    }
}

pub(super) async fn list_site_rows(tx: &mut Tx) -> Result<Vec<SiteRow>, StoreError> {
    tx.list(
        "SELECT id, path, parent_id, facility_id, kind, name, time_zone, currency, care, sort, closed_on
         FROM site ORDER BY path, id",
        binds![],
    )
    .await
}

pub(super) async fn list_code_rows(tx: &mut Tx) -> Result<Vec<CodeRow>, StoreError> {
    tx.list("SELECT owner_id, code, site_id FROM site_code ORDER BY owner_id, code", binds![]).await
}

async fn find_row(tx: &mut Tx, id: Id<Site>) -> Result<Option<SiteRow>, StoreError> {
    tx.find(
        "SELECT id, path, parent_id, facility_id, kind, name, time_zone, currency, care, sort, closed_on
         FROM site WHERE id = $1 ORDER BY id",
        binds![id],
    )
    .await
}

async fn find_row_at(tx: &mut Tx, path: &SitePath) -> Result<Option<SiteRow>, StoreError> {
    tx.find(
        "SELECT id, path, parent_id, facility_id, kind, name, time_zone, currency, care, sort, closed_on
         FROM site WHERE path = $1 ORDER BY id",
        binds![path],
    )
    .await
}

/// Adds a site, its place in the tree and its history. A new top site is given to those who administer the
/// other ones.
///
/// # Errors
/// [`SiteRefused`] when the path is taken, or the kind cannot stand there.
pub async fn insert_site(tx: &mut Tx, actor: &Actor, new: &NewSite) -> Result<Id<Site>, SiteRefused> {
    check_words(&new.name, new.time_zone.as_deref())?;
    if find_row_at(tx, &new.path).await?.is_some() {
        return Err(SiteRefused::Taken { path: new.path.clone() });
    }
    let parent = match new.path.parent() {
        None => None,
        Some(above) => {
            let row = find_row_at(tx, &above).await?.filter(|row| row.closed_on.is_none());
            Some(row.ok_or_else(|| SiteRefused::NoParent { path: new.path.clone() })?)
        }
    };
    check_place(new.kind, parent.as_ref().map(|parent| parent.kind)).map_err(|place| SiteRefused::Place {
        path: new.path.clone(),
        kind: new.kind,
        place,
    })?;
    let id = tx.new_id();
    let row = SiteRow {
        id,
        path: new.path.clone(),
        parent_id: parent.as_ref().map(|parent| parent.id),
        facility_id: match heads_facility(new.kind, parent.as_ref().map(|parent| parent.kind)) {
            true => Some(id),
            false => parent.and_then(|parent| parent.facility_id),
        },
        kind: new.kind,
        name: new.name.clone(),
        time_zone: new.time_zone.clone(),
        currency: new.currency.map(|currency| currency.to_string()),
        care: new.care.unwrap_or_else(|| infer_care(&new.path, &new.name, &[])),
        sort: new.sort,
        closed_on: None,
    };
    insert_row(tx, &row).await?;
    keep(tx, actor, &row).await?;
    if row.parent_id.is_none() {
        // The day before in London has begun at every site.
        let today = tx.at().to_zoned(TimeZone::UTC).date();
        let today = today.yesterday().unwrap_or(today);
        roles::spread_administrators(tx, actor, id, today).await?;
    }
    Ok(id)
}

async fn insert_row(tx: &mut Tx, row: &SiteRow) -> Result<(), StoreError> {
    tx.run(
        "INSERT INTO site (id, path, parent_id, facility_id, kind, name, time_zone, currency, care, sort)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        binds![
            row.id,
            &row.path,
            row.parent_id,
            row.facility_id,
            row.kind.key(),
            row.name.as_str(),
            row.time_zone.clone(),
            row.currency.clone(),
            row.care.key(),
            row.sort,
        ],
    )
    .await?;
    tx.run(
        "INSERT INTO site_tree (ancestor_id, descendant_id, depth) VALUES ($1, $2, $3)",
        binds![row.id, row.id, 0i64],
    )
    .await?;
    if let Some(parent) = row.parent_id {
        tx.run(
            "INSERT INTO site_tree (ancestor_id, descendant_id, depth)
             SELECT ancestor_id, CAST($1 AS TEXT), depth + 1 FROM site_tree WHERE descendant_id = $2",
            binds![row.id, parent],
        )
        .await?;
    }
    Ok(())
}

/// Changes a site's name, zone, currency or order.
///
/// # Errors
/// [`SiteRefused`] when there is no such site or a value is not valid.
pub async fn update_site(
    tx: &mut Tx,
    actor: &Actor,
    id: Id<Site>,
    change: &SiteChange,
) -> Result<(), SiteRefused> {
    check_words(&change.name, change.time_zone.as_deref())?;
    let mut row = find_row(tx, id).await?.ok_or(SiteRefused::NoSite)?;
    row.name = change.name.clone();
    row.time_zone = change.time_zone.clone();
    row.currency = change.currency.map(|currency| currency.to_string());
    row.sort = change.sort;
    save(tx, actor, &row).await
}

/// Says which care a unit gives.
///
/// # Errors
/// [`SiteRefused`] when there is no such site.
pub async fn set_care(tx: &mut Tx, actor: &Actor, id: Id<Site>, care: Care) -> Result<(), SiteRefused> {
    let mut row = find_row(tx, id).await?.ok_or(SiteRefused::NoSite)?;
    row.care = care;
    save(tx, actor, &row).await
}

/// Closes a site and everything below it; `on` is the first day it is closed. Its past stays.
///
/// # Errors
/// [`SiteRefused`] when there is no such site.
pub async fn close_site(tx: &mut Tx, actor: &Actor, id: Id<Site>, on: Date) -> Result<(), SiteRefused> {
    if find_row(tx, id).await?.is_none() {
        return Err(SiteRefused::NoSite);
    }
    let open: Vec<SiteRow> = tx
        .list(
            "SELECT s.id, s.path, s.parent_id, s.facility_id, s.kind, s.name, s.time_zone, s.currency,
                    s.care, s.sort, s.closed_on
             FROM site s JOIN site_tree t ON t.descendant_id = s.id
             WHERE t.ancestor_id = $1 AND s.closed_on IS NULL ORDER BY s.path, s.id",
            binds![id],
        )
        .await?;
    for mut row in open {
        row.closed_on = Some(on);
        save(tx, actor, &row).await?;
    }
    Ok(())
}

/// Opens a closed site again.
///
/// # Errors
/// [`SiteRefused`] when there is no such site or the one above is closed.
pub async fn reopen_site(tx: &mut Tx, actor: &Actor, id: Id<Site>) -> Result<(), SiteRefused> {
    let mut row = find_row(tx, id).await?.ok_or(SiteRefused::NoSite)?;
    if let Some(parent) = row.parent_id {
        let above = find_row(tx, parent).await?.filter(|above| above.closed_on.is_none());
        above.ok_or_else(|| SiteRefused::NoParent { path: row.path.clone() })?;
    }
    row.closed_on = None;
    save(tx, actor, &row).await
}

async fn save(tx: &mut Tx, actor: &Actor, row: &SiteRow) -> Result<(), SiteRefused> {
    tx.run(
        "UPDATE site SET name = $1, time_zone = $2, currency = $3, care = $4, sort = $5, closed_on = $6
         WHERE id = $7",
        binds![
            row.name.as_str(),
            row.time_zone.clone(),
            row.currency.clone(),
            row.care.key(),
            row.sort,
            row.closed_on,
            row.id,
        ],
    )
    .await?;
    keep(tx, actor, row).await?;
    Ok(())
}

fn check_words(name: &str, zone: Option<&str>) -> Result<(), SiteRefused> {
    if name.trim().is_empty() || name.chars().count() > 120 {
        return Err(SiteRefused::Name);
    }
    match zone {
        Some(zone) if TimeZone::get(zone).is_err() => Err(SiteRefused::Zone { got: zone.to_owned() }),
        Some(_) | None => Ok(()),
    }
}

async fn keep(tx: &mut Tx, actor: &Actor, row: &SiteRow) -> Result<(), StoreError> {
    let body = serde_json::json!({
        "path": row.path.as_str(),
        "kind": row.kind.key(),
        "name": row.name,
        "time_zone": row.time_zone,
        "currency": row.currency,
        "care": row.care.key(),
        "sort": row.sort,
        "closed_on": row.closed_on.map(|day| day.to_string()),
    });
    let site = Some(row.path.clone());
    tx.keep(actor, Change { kind: "site", record: row.id.to_string(), site, body }).await
}

/// Sets the codes that name a site in messages; they replace the ones it had. Codes of a facility (or of a
/// department that stands for one) name it in the whole installation, those of what is below within it.
///
/// # Errors
/// [`SiteRefused`] when there is no such site or a code names another one.
pub async fn set_codes(
    tx: &mut Tx,
    actor: &Actor,
    id: Id<Site>,
    codes: &[String],
) -> Result<(), SiteRefused> {
    let row = find_row(tx, id).await?.ok_or(SiteRefused::NoSite)?;
    let owner = row.facility_id.filter(|facility| *facility != id);
    let owner = owner.map(|facility| facility.to_string()).unwrap_or_default();
    let codes: BTreeSet<String> =
        codes.iter().map(|code| normal_code(code).into_owned()).filter(|code| !code.is_empty()).collect();
    clear_codes(tx, id).await?;
    for code in &codes {
        let taken: Option<(SitePath,)> = tx
            .find(
                "SELECT s.path FROM site_code c JOIN site s ON s.id = c.site_id
                 WHERE c.owner_id = $1 AND c.code = $2 ORDER BY s.id",
                binds![owner.as_str(), code.as_str()],
            )
            .await?;
        if let Some((other,)) = taken {
            return Err(SiteRefused::CodeTaken { code: code.clone(), other });
        }
        tx.run(
            "INSERT INTO site_code (owner_id, code, site_id) VALUES ($1, $2, $3)",
            binds![owner.as_str(), code.as_str(), id],
        )
        .await?;
    }
    let body = serde_json::json!({ "codes": codes });
    let change = Change { kind: "site codes", record: id.to_string(), site: Some(row.path), body };
    tx.keep(actor, change).await?;
    Ok(())
}

/// Frees the codes of a site, so that an import can hand them to another one.
pub(super) async fn clear_codes(tx: &mut Tx, id: Id<Site>) -> Result<(), StoreError> {
    tx.run("DELETE FROM site_code WHERE site_id = $1", binds![id]).await.map(|_| ())
}

/// Says how many beds a site has from a day on; a count of the same day is replaced.
///
/// A count at a unit is what occupancy is measured on. One at a facility is its license, and no sum.
///
/// # Errors
/// [`SiteRefused`] when there is no such site or the counts are out of order.
pub async fn set_beds(
    tx: &mut Tx,
    actor: &Actor,
    site: Id<Site>,
    from: Date,
    beds: Beds,
) -> Result<(), SiteRefused> {
    let Beds { licensed, set_up, staffed } = beds;
    if staffed < 0 || staffed > set_up || set_up > licensed {
        return Err(SiteRefused::Beds { licensed, set_up, staffed });
    }
    let row = find_row(tx, site).await?.ok_or(SiteRefused::NoSite)?;
    tx.run(
        "INSERT INTO bed_count (site_id, from_date, licensed, set_up, staffed) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (site_id, from_date) DO UPDATE SET licensed = excluded.licensed,
             set_up = excluded.set_up, staffed = excluded.staffed",
        binds![site, from, licensed, set_up, staffed],
    )
    .await?;
    let body = serde_json::json!({
        "from": from.to_string(), "licensed": licensed, "set_up": set_up, "staffed": staffed,
    });
    let record = format!("{site}:{from}");
    tx.keep(actor, Change { kind: "bed count", record, site: Some(row.path), body }).await?;
    Ok(())
}

impl FromRow for BedCount {
    fn from_row(c: &mut Columns<'_>) -> Result<BedCount, StoreError> {
        let from = c.take()?;
        Ok(BedCount { from, beds: Beds { licensed: c.take()?, set_up: c.take()?, staffed: c.take()? } })
    }
}

struct SiteCount(Id<Site>, BedCount);

impl FromRow for SiteCount {
    fn from_row(c: &mut Columns<'_>) -> Result<SiteCount, StoreError> {
        Ok(SiteCount(c.take()?, BedCount::from_row(c)?))
    }
}

/// The beds of each of these sites on a day; a site without a count by then is left out.
///
/// The ids come from a [`Scope`] or from the tree; counts of beds name nobody.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn beds_on(
    tx: &mut Tx,
    sites: &[Id<Site>],
    day: Date,
) -> Result<BTreeMap<Id<Site>, Beds>, StoreError> {
    let keys: Vec<String> = sites.iter().map(Id::to_string).collect();
    let counts: Vec<SiteCount> = tx
        .list_in(
            "SELECT site_id, from_date, licensed, set_up, staffed FROM bed_count
             WHERE site_id IN ({in}) ORDER BY site_id, from_date",
            &keys,
        )
        .await?;
    // Later counts come later and replace earlier ones.
    let in_force = counts.into_iter().filter(|SiteCount(_, count)| count.from <= day);
    Ok(in_force.map(|SiteCount(site, count)| (site, count.beds)).collect())
}

impl FromRow for BedCountAt {
    fn from_row(c: &mut Columns<'_>) -> Result<BedCountAt, StoreError> {
        Ok(BedCountAt { site: c.take()?, path: c.take()?, count: BedCount::from_row(c)? })
    }
}

/// The bed counts in force on some day of a period, by path and day.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list_bed_counts(
    tx: &mut Tx,
    scope: &Scope,
    period: Period,
) -> Result<Vec<BedCountAt>, StoreError> {
    tx.list(
        "SELECT b.site_id, s.path, b.from_date, b.licensed, b.set_up, b.staffed
         FROM bed_count b JOIN site s ON s.id = b.site_id JOIN site_tree t ON t.descendant_id = b.site_id
         WHERE t.ancestor_id = $1 AND b.from_date < $2
           AND NOT EXISTS (SELECT 1 FROM bed_count later WHERE later.site_id = b.site_id
                           AND later.from_date > b.from_date AND later.from_date <= $3)
         ORDER BY s.path, b.from_date, b.site_id",
        binds![scope.site_id(), period.until(), period.first()],
    )
    .await
}

/// The unit that takes the patients of a facility whose location no unit is known for; made when missing,
/// opened again when closed. Load the tree again afterward.
///
/// # Errors
/// [`SiteRefused`] when there is no such facility.
pub async fn ensure_unmapped_unit(tx: &mut Tx, facility: Id<Site>) -> Result<Id<Site>, SiteRefused> {
    let above = find_row(tx, facility).await?.filter(|row| row.facility_id == Some(row.id));
    let above = above.ok_or(SiteRefused::NoSite)?;
    let place = "the path of the facility is too long to hold a unit";
    let path = above.path.child("unmapped").map_err(|_| SiteRefused::Place {
        path: above.path.clone(),
        kind: SiteKind::Unit,
        place,
    })?;
    let actor = Actor::new("product", "unmapped locations");
    match find_row_at(tx, &path).await? {
        Some(row) if row.closed_on.is_none() => Ok(row.id),
        Some(mut row) => {
            row.closed_on = None;
            save(tx, &actor, &row).await?;
            Ok(row.id)
        }
        None => {
            let new = NewSite {
                path,
                kind: SiteKind::Unit,
                name: "Unmapped locations".to_owned(),
                time_zone: None,
                currency: None,
                care: Some(Care::Unmapped),
                // After every unit a person has ordered.
                sort: 1_000_000,
            };
            insert_site(tx, &actor, &new).await
        }
    }
}

/// The path of a site, for history and logs of views.
pub(crate) async fn find_path(tx: &mut Tx, id: Id<Site>) -> Result<Option<SitePath>, StoreError> {
    Ok(find_row(tx, id).await?.map(|row| row.path))
}

/// The top sites, oldest first.
pub(crate) async fn list_tops(tx: &mut Tx) -> Result<Vec<Id<Site>>, StoreError> {
    let rows: Vec<(Id<Site>,)> = tx
        .list("SELECT id FROM site WHERE parent_id IS NULL AND closed_on IS NULL ORDER BY id", binds![])
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
