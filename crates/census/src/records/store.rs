//! Stays in the database, as the register shows them.

use crate::adt::model::Micros;
use base::Id;
use identity::{Scope, Site, SiteKind, SiteTree};
use store::{Bind, Columns, FromRow, StoreError, Tx, binds};

/// The patient's name of a stay, opened. Only for pages that may name patients.
///
/// # Errors
/// [`StoreError`] when the engine refuses or the field does not open.
pub(crate) async fn name_of(tx: &mut Tx, stay: &str) -> Result<Option<String>, StoreError> {
    let sealed: Option<(Vec<u8>,)> = tx
        .find(
            "SELECT p.name FROM stay s JOIN patient p ON p.key = s.patient_key WHERE s.id = $1 ORDER BY s.id",
            binds![stay],
        )
        .await?;
    sealed.map(|(sealed,)| open(tx, &sealed, "patient.name")).transpose()
}

fn open(tx: &Tx, sealed: &[u8], context: &str) -> Result<String, StoreError> {
    Ok(String::from_utf8_lossy(&tx.vault().open(sealed, context)?).into_owned())
}

/// What the register is asked. Empty texts ask nothing.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// A unit the patient was in.
    pub unit: Option<Id<Site>>,
    /// Patient class code.
    pub class: String,
    /// `expected`, `present`, `left`, `void`.
    pub state: String,
    /// Arrived at or after.
    pub from: Option<Micros>,
    /// Arrived before.
    pub until: Option<Micros>,
    /// Disposition code.
    pub disposition: String,
    /// Visit number.
    pub visit: String,
    /// Only stays with facts that contradict each other.
    pub with_faults: bool,
    /// One stay by its id.
    pub stay: String,
}

/// The state that stands for every one, stays taken back included.
pub const ANY: &str = "any";

/// One stay of the register.
#[derive(Debug, Clone)]
pub struct StayRow {
    /// Its id.
    pub id: String,
    /// Its facility.
    pub facility: Id<Site>,
    /// Visit number.
    pub visit: String,
    /// Where it stands.
    pub state: String,
    /// Newest class.
    pub class: String,
    /// Newest service.
    pub service: String,
    /// When it began, or is announced for.
    pub arrived_at: Micros,
    /// When the inpatient stay began.
    pub admitted_at: Option<Micros>,
    /// When it ended.
    pub left_at: Option<Micros>,
    /// How it ended.
    pub disposition: String,
    /// Newest unit.
    pub unit: Option<Id<Site>>,
    /// Newest bed.
    pub bed: String,
    /// Whether facts contradict each other.
    pub has_faults: bool,
    /// The name, where it was asked for.
    pub name: Option<String>,
}

struct Sealed(StayRow, Option<Vec<u8>>);

impl FromRow for Sealed {
    fn from_row(c: &mut Columns<'_>) -> Result<Sealed, StoreError> {
        let row = StayRow {
            id: c.take()?,
            facility: c.take()?,
            visit: c.take()?,
            state: c.take()?,
            class: c.take()?,
            service: c.take()?,
            arrived_at: c.take()?,
            admitted_at: c.take()?,
            left_at: c.take()?,
            disposition: c.take()?,
            unit: c.take()?,
            bed: c.take()?,
            has_faults: c.take()?,
            name: None,
        };
        Ok(Sealed(row, c.take()?))
    }
}

/// A condition built up with its values, `$n` in order.
struct Where {
    text: String,
    binds: Vec<Bind>,
}

impl Where {
    /// Adds a condition; each `{}` in it stands for the value.
    fn and(&mut self, condition: &str, value: Bind) {
        let n_places = condition.matches("{}").count();
        self.and_each(condition, vec![value; n_places]);
    }

    /// Adds a condition; each `{}` in it stands for the next value.
    fn and_each(&mut self, condition: &str, values: Vec<Bind>) {
        let mut parts = condition.split("{}");
        self.text.push_str(" AND ");
        self.text.push_str(parts.next().unwrap_or_default());
        for (part, value) in parts.zip(values) {
            self.binds.push(value);
            self.text.push_str(&format!("${}{part}", self.binds.len()));
        }
    }

    /// Names every facility there is: so arrivals are found by the index of facilities and days, and the cost
    /// does not grow with the years held.
    fn among_facilities(&mut self, tree: &SiteTree) {
        let heads = tree.all().iter().filter(|site| site.facility_id == Some(site.id));
        let heads: Vec<Bind> = heads.map(|site| Bind::from(site.id)).collect();
        if !heads.is_empty() {
            self.and_each(&format!("s.facility_id IN ({})", vec!["{}"; heads.len()].join(", ")), heads);
        }
    }
}

/// A stay with a place in the site, below a facility. Its places are looked for where the rest of the filter lets
/// them be, since a unit of five years has many.
fn passed_through(filter: &Filter, site: Bind) -> (String, Vec<Bind>) {
    let mut text =
        "s.number IN (SELECT l.stay_number FROM leg l JOIN site_tree t ON t.descendant_id = l.unit_id
              WHERE t.ancestor_id = {} AND l.known_to = 253402300799999999"
            .to_owned();
    let mut binds = vec![site];
    if !filter.stay.is_empty() {
        text.push_str(" AND l.stay_number = (SELECT number FROM stay WHERE id = {})");
        binds.push(filter.stay.as_str().into());
    }
    if let Some(from) = filter.from {
        text.push_str(" AND l.to_at >= {}");
        binds.push(from.into());
    }
    text.push(')');
    (text, binds)
}

/// The stays of the scope and filter: of a facility those that began in it, are or ended in it, or had a place
/// in it between; below one those with a place in the scope, or announced for it.
fn conditions(tree: &SiteTree, scope: &Scope, filter: &Filter, binds: Vec<Bind>) -> Where {
    let mut of = Where { text: "TRUE".to_owned(), binds };
    let site = tree.get(&scope.site_id());
    let is_whole = site.is_some_and(|site| {
        matches!(site.kind, SiteKind::Enterprise | SiteKind::Facility) || site.facility_id == Some(site.id)
    });
    let here = || Bind::from(scope.site_id());
    if is_whole && site.is_some_and(|site| site.parent_id.is_none()) {
        of.and("s.facility_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = {})", here());
    } else if is_whole {
        let condition = "(s.facility_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = {})
              OR s.unit_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = {})
              OR EXISTS (SELECT 1 FROM leg l JOIN site_tree t ON t.descendant_id = l.unit_id
                         WHERE l.stay_number = s.number AND t.ancestor_id = {}
                         AND l.known_to = 253402300799999999))";
        of.and(condition, here());
        of.among_facilities(tree);
    } else {
        let (passed, mut values) = passed_through(filter, here());
        values.push(here());
        let condition = format!(
            "({passed}
              OR (s.state = 'expected' AND EXISTS (
                    SELECT 1 FROM site_code c JOIN site_tree t ON t.descendant_id = c.site_id
                    WHERE t.ancestor_id = {{}} AND c.owner_id = s.facility_id AND c.code = UPPER(s.pending_unit))))"
        );
        of.and_each(&condition, values);
        of.among_facilities(tree);
    }
    if !filter.stay.is_empty() {
        of.and("s.id = {}", filter.stay.as_str().into());
    }
    if let Some(unit) = filter.unit {
        let condition = "s.number IN (SELECT l.stay_number FROM leg l WHERE l.unit_id = {}
                                  AND l.known_to = 253402300799999999)";
        of.and(condition, unit.into());
    }
    let texts = [
        ("s.class = {}", &filter.class),
        ("s.state = {}", &filter.state),
        ("s.disposition = {}", &filter.disposition),
        ("s.visit = {}", &filter.visit),
    ];
    for (condition, value) in texts.into_iter().filter(|(_, value)| !value.is_empty() && *value != ANY) {
        of.and(condition, value.into());
    }
    if filter.state.is_empty() {
        of.and("s.state <> {}", "void".into());
    }
    if let Some(from) = filter.from {
        of.and("s.arrived_at >= {}", from.into());
    }
    if let Some(until) = filter.until {
        of.and("s.arrived_at < {}", until.into());
    }
    if filter.with_faults {
        of.and("s.faults <> {}", "".into());
    }
    of
}

/// The order of the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Newest arrival first.
    Newest,
    /// Oldest arrival first.
    Oldest,
}

/// A page of the register: `limit` rows after `offset`.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list(
    tx: &mut Tx,
    tree: &SiteTree,
    scope: &Scope,
    filter: &Filter,
    order: Order,
    with_names: bool,
    (offset, limit): (i64, i64),
) -> Result<Vec<StayRow>, StoreError> {
    let of = conditions(tree, scope, filter, binds![with_names]);
    let way = match order {
        Order::Newest => "DESC",
        Order::Oldest => "ASC",
    };
    // Which stays first: all that match are sorted, and only those of the page have the rest read.
    let sql = format!(
        "SELECT s.id, s.facility_id, s.visit, s.state, s.class, s.service, s.arrived_at, s.admitted_at,
                s.left_at, s.disposition, s.unit_id, s.bed, s.faults <> '',
                CASE WHEN $1 THEN p.name END
         FROM (SELECT s.number FROM stay s
               WHERE {} ORDER BY s.arrived_at {way}, s.id {way} LIMIT {limit} OFFSET {offset}) found
         JOIN stay s ON s.number = found.number
         LEFT JOIN patient p ON p.key = s.patient_key
         ORDER BY s.arrived_at {way}, s.id {way}",
        of.text
    );
    let rows: Vec<Sealed> = tx.list(&sql, of.binds).await?;
    rows.into_iter().map(|row| unseal(tx, row)).collect()
}

fn unseal(tx: &Tx, Sealed(row, name): Sealed) -> Result<StayRow, StoreError> {
    let name = name.map(|sealed| open(tx, &sealed, "patient.name")).transpose()?;
    Ok(StayRow { name, ..row })
}

/// How many stays match.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn n_matching(
    tx: &mut Tx,
    tree: &SiteTree,
    scope: &Scope,
    filter: &Filter,
) -> Result<i64, StoreError> {
    let of = conditions(tree, scope, filter, Vec::new());
    let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) FROM stay s WHERE {}", of.text);
    let found: Option<(i64,)> = tx.find(&sql, of.binds).await?;
    Ok(found.map_or(0, |(n,)| n))
}

/// All that is stored of one stay.
#[derive(Debug, Clone)]
pub struct StayFile {
    /// As the register shows it.
    pub row: StayRow,
    /// The case.
    pub case: String,
    /// When it is expected to end.
    pub expected_out: Option<Micros>,
    /// What could not be reconciled, as JSON; empty when nothing.
    pub faults: String,
    /// Record number, birth date and sex, where they were asked for.
    pub identity: Option<(String, String, String)>,
}

/// One stay, if it is in the scope.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn find(
    tx: &mut Tx,
    tree: &SiteTree,
    scope: &Scope,
    id: &str,
    with_names: bool,
) -> Result<Option<StayFile>, StoreError> {
    // A stay taken back is still to be looked at.
    let filter = Filter { state: ANY.to_owned(), stay: id.to_owned(), ..Filter::default() };
    let of = conditions(tree, scope, &filter, binds![with_names]);
    let sql = format!(
        "SELECT s.id, s.facility_id, s.visit, s.state, s.class, s.service, s.arrived_at, s.admitted_at,
                s.left_at, s.disposition, s.unit_id, s.bed, s.faults <> '', p.name
         FROM stay s LEFT JOIN patient p ON p.key = s.patient_key AND $1 WHERE {} ORDER BY s.id",
        of.text
    );
    let Some(sealed) = tx.find::<Sealed>(&sql, of.binds).await? else { return Ok(None) };
    let row = unseal(tx, sealed)?;
    let more: Option<(String, Option<i64>, String)> = tx
        .find("SELECT case_id, expected_out_at, faults FROM stay WHERE id = $1 ORDER BY id", binds![id])
        .await?;
    let Some((case, expected_out, faults)) = more else { return Ok(None) };
    let identity = if with_names { find_identity(tx, id).await? } else { None };
    Ok(Some(StayFile { row, case, expected_out, faults, identity }))
}

async fn find_identity(tx: &mut Tx, id: &str) -> Result<Option<(String, String, String)>, StoreError> {
    let sealed: Option<(Vec<u8>, Vec<u8>, String)> = tx
        .find(
            "SELECT p.record_number, p.birth_date, p.sex
             FROM stay s JOIN patient p ON p.key = s.patient_key WHERE s.id = $1 ORDER BY s.id",
            binds![id],
        )
        .await?;
    let Some((number, born, sex)) = sealed else { return Ok(None) };
    Ok(Some((open(tx, &number, "patient.record_number")?, open(tx, &born, "patient.birth_date")?, sex)))
}

/// A place of a stay and from when to when it was believed.
#[derive(Debug, Clone)]
pub struct BelievedLeg {
    /// The unit.
    pub unit: Id<Site>,
    /// Room and bed.
    pub bed: String,
    /// Patient class.
    pub class: String,
    /// How it ended, as stored.
    pub ended: String,
    /// From when.
    pub from: Micros,
    /// Until when.
    pub to: Micros,
    /// Believed from.
    pub known_from: Micros,
    /// Believed until.
    pub known_to: Micros,
}

impl FromRow for BelievedLeg {
    fn from_row(c: &mut Columns<'_>) -> Result<BelievedLeg, StoreError> {
        Ok(BelievedLeg {
            unit: c.take()?,
            bed: c.take()?,
            class: c.take()?,
            ended: c.take()?,
            from: c.take()?,
            to: c.take()?,
            known_from: c.take()?,
            known_to: c.take()?,
        })
    }
}

/// Every place of a stay that was ever believed, by when it began.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list_legs(tx: &mut Tx, stay: &str) -> Result<Vec<BelievedLeg>, StoreError> {
    tx.list(
        "SELECT unit_id, bed, class, ended, from_at, to_at, known_from, known_to FROM leg
         WHERE stay_number = (SELECT number FROM stay WHERE id = $1)
         ORDER BY from_at, known_from, id LIMIT 1000",
        binds![stay],
    )
    .await
}

/// A message that told something of a case.
#[derive(Debug, Clone)]
pub struct Telling {
    /// The fact's number.
    pub seq: i64,
    /// The message's, or 0 for an import.
    pub message: i64,
    /// When it was taken in.
    pub recorded_at: Micros,
    /// The message's type, `ADT^A01`; empty for an import.
    pub kind: String,
    /// What it states, as JSON.
    pub body: String,
    /// When a person took it back.
    pub voided_at: Option<Micros>,
}

impl FromRow for Telling {
    fn from_row(c: &mut Columns<'_>) -> Result<Telling, StoreError> {
        Ok(Telling {
            seq: c.take()?,
            message: c.take()?,
            recorded_at: c.take()?,
            kind: c.take()?,
            body: c.take()?,
            voided_at: c.take()?,
        })
    }
}

/// Every fact of a case, oldest first.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn list_tellings(tx: &mut Tx, case: &str) -> Result<Vec<Telling>, StoreError> {
    tx.list(
        "SELECT e.seq, e.message_seq, e.recorded_at, COALESCE(m.kind, ''), e.body, v.voided_at
         FROM case_key k JOIN event_patient p ON p.patient = k.number
         JOIN adt_event e ON e.seq = p.event_seq
         LEFT JOIN message m ON m.seq = e.message_seq LEFT JOIN adt_void v ON v.event_seq = e.seq
         WHERE k.case_id = $1 ORDER BY e.seq LIMIT 1000",
        binds![case],
    )
    .await
}
