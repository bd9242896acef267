//! Beds and patients of the present, in the database.

use super::leaving;
use super::rules::{Facts, Guest};
use crate::adt::model::Micros;
use crate::beds;
use crate::profile::Profiles;
use base::Id;
use figures::rules::Rules;
use identity::sites::beds_on;
use identity::{Care, Scope, Site, SiteTree};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use store::{Columns, FromRow, StoreError, Tx, binds};

/// What the board is asked.
pub struct BoardAsk<'a> {
    /// Where.
    pub scope: &'a Scope,
    /// The sites.
    pub tree: &'a SiteTree,
    /// The rules declared.
    pub rules: &'a Arc<figures::rules::Registry>,
    /// Whether names are wanted and allowed.
    pub with_names: bool,
    /// Now.
    pub now: Timestamp,
}

/// Reads the present of a site. Eight statements.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn load<'f>(tx: &mut Tx, ask: &BoardAsk<'f>) -> Result<Facts<'f>, StoreError> {
    let profiles = Profiles::load(tx).await?;
    let rules = Rules::load(tx, ask.rules).await?;
    let (scope, tree) = (ask.scope, ask.tree);
    let today = figures::today(tree, scope.path(), ask.now);
    let limit = rules.minutes("ed.boarding_limit", scope.path(), today).map_or(240, |limit| limit.0);
    let open = Opener { tree, profiles: &profiles };
    let present = list_present(tx, scope, ask.with_names).await?;
    let present = present.into_iter().map(|row| open.guest(tx, row)).collect::<Result<Vec<_>, _>>()?;
    let expected = list_expected(tx, ask).await?;
    let inbound = list_inbound(tx, scope).await?;
    let coming = expected.into_iter().chain(inbound);
    let coming = coming.map(|row| open.guest(tx, row)).collect::<Result<Vec<_>, _>>()?;
    let units: Vec<Id<Site>> = tree.units_below(&scope.site_id()).iter().map(|site| site.id).collect();
    Ok(Facts {
        tree,
        top: scope.site_id(),
        beds: beds::store::list(tx, scope).await?,
        present,
        coming,
        counts: beds_on(tx, &units, today).await?,
        waits: leaving::store::list(tx, scope).await?,
        boarding_limit: limit,
        now: ask.now,
    })
}

struct GuestRow {
    stay: String,
    facility: Id<Site>,
    unit: Option<Id<Site>>,
    bed: String,
    class: String,
    since: Micros,
    service: String,
    admitted_at: Option<Micros>,
    expected_in: Option<Micros>,
    expected_out: Option<Micros>,
    to_code: String,
    pending_since: Option<Micros>,
    is_on_leave: bool,
    name: Option<Vec<u8>>,
}

impl FromRow for GuestRow {
    fn from_row(c: &mut Columns<'_>) -> Result<GuestRow, StoreError> {
        Ok(GuestRow {
            stay: c.take()?,
            facility: c.take()?,
            unit: c.take()?,
            bed: c.take()?,
            class: c.take()?,
            since: c.take()?,
            service: c.take()?,
            admitted_at: c.take()?,
            expected_in: c.take()?,
            expected_out: c.take()?,
            to_code: c.take()?,
            pending_since: c.take()?,
            is_on_leave: c.take()?,
            name: c.take()?,
        })
    }
}

struct Opener<'o> {
    tree: &'o SiteTree,
    profiles: &'o Profiles,
}

impl Opener<'_> {
    fn guest(&self, tx: &Tx, row: GuestRow) -> Result<Guest, StoreError> {
        let care = row.unit.and_then(|unit| self.tree.get(&unit)).map_or(Care::Inpatient, |site| site.care);
        let name = match &row.name {
            Some(sealed) => String::from_utf8_lossy(&tx.vault().open(sealed, "patient.name")?).into_owned(),
            None => String::new(),
        };
        Ok(Guest {
            kind: self.profiles.of(&row.facility).kind(&row.class, care),
            place: row.unit.map(|unit| (unit, row.bed)),
            to: self.tree.unit_by_code(row.facility, &row.to_code).map(|site| site.id),
            stay: row.stay,
            service: row.service,
            since: row.since,
            admitted_at: row.admitted_at,
            to_code: row.to_code,
            pending_since: row.pending_since,
            expected_in: row.expected_in,
            expected_out: row.expected_out,
            is_on_leave: row.is_on_leave,
            name,
        })
    }
}

/// Everyone inside the scope.
async fn list_present(tx: &mut Tx, scope: &Scope, with_names: bool) -> Result<Vec<GuestRow>, StoreError> {
    tx.list(
        "SELECT s.id, l.facility_id, l.unit_id, l.bed, l.class, l.from_at, s.service, s.admitted_at,
                s.expected_at, s.expected_out_at, s.pending_unit, s.pending_since, s.on_leave, p.name
         FROM leg l JOIN stay s ON s.number = l.stay_number LEFT JOIN patient p ON p.key = s.patient_key AND $1
         WHERE l.unit_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $2)
           AND l.to_at = 253402300799999999 AND l.known_to = 253402300799999999
         ORDER BY l.unit_id, l.bed, l.from_at, l.id",
        binds![with_names, scope.site_id()],
    )
    .await
}

/// Everyone announced for a unit of the scope, or for the scope's facility without a unit, and not more
/// than a day late.
async fn list_expected(tx: &mut Tx, ask: &BoardAsk<'_>) -> Result<Vec<GuestRow>, StoreError> {
    let since = ask.now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(ask.now);
    tx.list(
        "SELECT s.id, s.facility_id, s.unit_id, s.bed, s.class, s.arrived_at, s.service, s.admitted_at,
                s.expected_at, s.expected_out_at, s.pending_unit, s.pending_since, s.on_leave, p.name
         FROM stay s LEFT JOIN patient p ON p.key = s.patient_key AND $1
         WHERE s.state = 'expected' AND s.expected_at >= $2
           AND (s.facility_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $3)
                OR EXISTS (SELECT 1 FROM site_code c JOIN site_tree t ON t.descendant_id = c.site_id
                           WHERE t.ancestor_id = $4 AND c.owner_id = s.facility_id
                             AND c.code = UPPER(s.pending_unit)))
         ORDER BY s.expected_at, s.id LIMIT 500",
        binds![ask.with_names, since, ask.scope.site_id(), ask.scope.site_id()],
    )
    .await
}

/// Everyone inside the house, outside the scope, on the way into it. Never named: they are not yet here.
async fn list_inbound(tx: &mut Tx, scope: &Scope) -> Result<Vec<GuestRow>, StoreError> {
    tx.list(
        "SELECT s.id, s.facility_id, s.unit_id, s.bed, s.class, s.arrived_at, s.service, s.admitted_at,
                s.expected_at, s.expected_out_at, s.pending_unit, s.pending_since, s.on_leave, p.name
         FROM stay s LEFT JOIN patient p ON p.key = ''
         WHERE s.state = 'present' AND s.pending_unit <> ''
           AND s.unit_id NOT IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1)
           AND EXISTS (SELECT 1 FROM site_code c JOIN site_tree t ON t.descendant_id = c.site_id
                       WHERE t.ancestor_id = $2 AND c.owner_id = s.facility_id
                         AND c.code = UPPER(s.pending_unit))
         ORDER BY s.pending_since, s.id LIMIT 500",
        binds![scope.site_id(), scope.site_id()],
    )
    .await
}

/// When a message of the site's feeds last arrived.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn last_message(tx: &mut Tx, scope: &Scope) -> Result<Option<Timestamp>, StoreError> {
    let found: Option<(Option<i64>,)> = tx
        .find(
            "SELECT MAX(last_at) FROM feed
             WHERE site_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1)
                OR site_id IN (SELECT ancestor_id FROM site_tree WHERE descendant_id = $2)
             ORDER BY 1",
            binds![scope.site_id(), scope.site_id()],
        )
        .await?;
    Ok(found.and_then(|(at,)| at).and_then(|at| Timestamp::from_microsecond(at).ok()))
}

/// The path of the unit a present stay is in, if that is in the scope; and its bed.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn find_place(
    tx: &mut Tx,
    scope: &Scope,
    stay: &str,
) -> Result<Option<(Id<Site>, String)>, StoreError> {
    tx.find(
        "SELECT unit_id, bed FROM leg WHERE stay_number = (SELECT number FROM stay WHERE id = $1) AND to_at = 253402300799999999
           AND known_to = 253402300799999999
           AND unit_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $2) ORDER BY id",
        binds![stay, scope.site_id()],
    )
    .await
}
