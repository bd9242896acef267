//! What Today reads and writes itself: occupancy by unit, how old the feeds are, huddle notes.

use base::{Id, SitePath};
use census::beds::rules::BedState;
use identity::Site;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;
use store::{Actor, Change, Columns, FromRow, StoreError, Tx, binds};

/// Patients in each unit at or below a site.
pub(super) async fn count_present(
    tx: &mut Tx,
    site: Id<Site>,
) -> Result<BTreeMap<Id<Site>, i64>, StoreError> {
    let rows: Vec<(Id<Site>, i64)> = tx
        .list(
            "SELECT unit_id, CAST(COUNT(*) AS BIGINT) FROM stay
             WHERE state = 'present' AND unit_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1)
             GROUP BY unit_id ORDER BY unit_id",
            binds![site],
        )
        .await?;
    Ok(rows.into_iter().collect())
}

/// Beds of each unit at or below a site, by what they are doing.
pub(super) async fn count_beds(
    tx: &mut Tx,
    site: Id<Site>,
) -> Result<BTreeMap<Id<Site>, BTreeMap<BedState, i64>>, StoreError> {
    let rows: Vec<(Id<Site>, String, i64)> = tx
        .list(
            "SELECT unit_id, state, CAST(COUNT(*) AS BIGINT) FROM bed
             WHERE closed_at IS NULL AND is_set_up
               AND unit_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1)
             GROUP BY unit_id, state ORDER BY unit_id, state",
            binds![site],
        )
        .await?;
    let mut beds: BTreeMap<Id<Site>, BTreeMap<BedState, i64>> = BTreeMap::new();
    for (unit, word, n) in rows {
        let state = BedState::from_word(&word)
            .ok_or_else(|| StoreError::inconsistent("bed", format!("unknown state `{word}`")))?;
        beds.entry(unit).or_default().insert(state, n);
    }
    Ok(beds)
}

/// What an installation has begun with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Begun {
    /// People with an account, everywhere.
    pub(super) n_people: i64,
    /// Whether a message was ever taken in, or a stay told of by a file.
    pub(super) has_arrived: bool,
    /// Whether any day of the site has something to count.
    pub(super) has_census: bool,
}

/// How far an installation is. A message that names no known site counts as arrived.
pub(super) async fn find_begun(tx: &mut Tx, site: Id<Site>) -> Result<Begun, StoreError> {
    let people: Vec<(String,)> =
        tx.list("SELECT id FROM person WHERE closed_at IS NULL ORDER BY id LIMIT 2", binds![]).await?;
    let feed: Option<(String,)> = tx.find("SELECT id FROM feed ORDER BY id LIMIT 1", binds![]).await?;
    let day: Option<(String,)> =
        tx.find("SELECT date FROM census_day WHERE site_id = $1 ORDER BY date LIMIT 1", binds![site]).await?;
    let n_people = i64::try_from(people.len()).unwrap_or(0);
    Ok(Begun { n_people, has_arrived: feed.is_some() || day.is_some(), has_census: day.is_some() })
}

/// A stay that is about to move: in, within or out. Without a name or a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moving {
    /// Its facility.
    pub(super) facility: Id<Site>,
    /// Whether it is inside already.
    pub(super) is_present: bool,
    /// Where it is.
    pub(super) unit: Option<Id<Site>>,
    /// Its bed.
    pub(super) bed: String,
    /// The code of the unit it goes to, as sent; empty when no move is pending.
    pub(super) to: String,
    /// Since when that move is pending.
    pub(super) pending_since: Option<Timestamp>,
    /// When an announced arrival is expected.
    pub(super) expected_at: Option<Timestamp>,
    /// When it is expected to leave.
    pub(super) leaving_at: Option<Timestamp>,
}

impl FromRow for Moving {
    fn from_row(c: &mut Columns<'_>) -> Result<Moving, StoreError> {
        let (facility, state): (Id<Site>, String) = (c.take()?, c.take()?);
        Ok(Moving {
            facility,
            is_present: state == "present",
            unit: c.take()?,
            bed: c.take()?,
            to: c.take()?,
            pending_since: c.take()?,
            expected_at: c.take()?,
            leaving_at: c.take()?,
        })
    }
}

/// The stays about to move in the facilities at or below `top`: those inside with a pending move or an
/// expected departure, and those expected to arrive.
pub(super) async fn list_moving(
    tx: &mut Tx,
    top: Id<Site>,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<Moving>, StoreError> {
    tx.list(
        "SELECT facility_id, state, unit_id, bed, pending_unit, pending_since, expected_at, expected_out_at
         FROM stay
         WHERE (facility_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1)
             OR unit_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $2))
           AND ((state = 'present' AND (pending_unit <> '' OR (expected_out_at >= $3 AND expected_out_at < $4)))
             OR (state = 'expected' AND expected_at >= $5 AND expected_at < $6))
         ORDER BY pending_since, expected_at, expected_out_at, id",
        binds![top, top, from, until, from, until],
    )
    .await
}

/// One feed that tells of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FeedAge {
    /// The way in: `mllp`, `file`.
    pub(super) way: String,
    /// When its latest message arrived.
    pub(super) last_at: Timestamp,
}

impl FromRow for FeedAge {
    fn from_row(c: &mut Columns<'_>) -> Result<FeedAge, StoreError> {
        Ok(FeedAge { way: c.take()?, last_at: c.take()? })
    }
}

/// The feeds that tell of a site, of one below it or of its facility.
pub(super) async fn list_feed_ages(tx: &mut Tx, site: Id<Site>) -> Result<Vec<FeedAge>, StoreError> {
    tx.list(
        "SELECT source, last_at FROM feed
         WHERE site_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1)
            OR site_id IN (SELECT ancestor_id FROM site_tree WHERE descendant_id = $2)
         ORDER BY last_at DESC, id",
        binds![site, site],
    )
    .await
}

/// A running job as a banner tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filling {
    /// What is being done.
    pub(super) title: String,
    /// Which part of it: `the last 60 days`.
    pub(super) note: String,
    /// Steps done.
    pub(super) n_done: i64,
    /// Steps in all, 0 while not known.
    pub(super) n_total: i64,
}

impl FromRow for Filling {
    fn from_row(c: &mut Columns<'_>) -> Result<Filling, StoreError> {
        Ok(Filling { title: c.take()?, note: c.take()?, n_done: c.take()?, n_total: c.take()? })
    }
}

/// The work that fills the sample enterprise's past, while it runs.
pub(super) async fn find_filling(tx: &mut Tx) -> Result<Option<Filling>, StoreError> {
    tx.find(
        "SELECT title, note, n_done, n_total FROM job
         WHERE state = 'running' AND kind = 'demo.fill' ORDER BY asked_at, id",
        binds![],
    )
    .await
}

/// A note or an action of a huddle. With an owner it is an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    /// Its id.
    pub(super) id: Id<Note>,
    /// Where the huddle was held.
    pub(super) site: Id<Site>,
    /// The day of the huddle.
    pub(super) date: Date,
    /// The unit it is about, if one.
    pub(super) unit: Option<Id<Site>>,
    /// Its words.
    pub(super) text: String,
    /// Who does it; empty for a plain note.
    pub(super) owner: String,
    /// By when.
    pub(super) due: Option<Date>,
    /// When it was done.
    pub(super) done_at: Option<Timestamp>,
    /// Who wrote it: a person's id.
    pub(super) made_by: String,
    /// When.
    pub(super) made_at: Timestamp,
}

impl Note {
    /// Whether somebody has to do something.
    pub(super) fn is_action(&self) -> bool {
        !self.owner.is_empty()
    }

    /// Whether it still has to be done.
    pub(super) fn is_open(&self) -> bool {
        self.is_action() && self.done_at.is_none()
    }
}

impl FromRow for Note {
    fn from_row(c: &mut Columns<'_>) -> Result<Note, StoreError> {
        Ok(Note {
            id: c.take()?,
            site: c.take()?,
            date: c.take()?,
            unit: c.take()?,
            text: c.take()?,
            owner: c.take()?,
            due: c.take()?,
            done_at: c.take()?,
            made_by: c.take()?,
            made_at: c.take()?,
        })
    }
}

const NOTE: &str = "id, site_id, date, unit_id, text, owner, due_date, done_at, made_by, made_at";

/// Notes and actions of a day at or below a site, and the actions of earlier days that are open still or
/// were done that day. At most 200.
pub(super) async fn list_notes(
    tx: &mut Tx,
    site: Id<Site>,
    date: Date,
    day_start: Timestamp,
) -> Result<Vec<Note>, StoreError> {
    let sql = format!(
        "SELECT {NOTE} FROM huddle_note
         WHERE removed_at IS NULL
           AND (site_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $1)
             OR unit_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $2))
           AND (date = $3 OR (date < $4 AND owner <> '' AND (done_at IS NULL OR done_at >= $5)))
         ORDER BY date, made_at, id LIMIT 200"
    );
    tx.list(&sql, binds![site, site, date, date, day_start]).await
}

/// One note at or below a site, also a removed one.
pub(super) async fn find_note(tx: &mut Tx, site: Id<Site>, id: Id<Note>) -> Result<Option<Note>, StoreError> {
    let sql = format!(
        "SELECT {NOTE} FROM huddle_note
         WHERE id = $1 AND (site_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $2)
           OR unit_id IN (SELECT descendant_id FROM site_tree WHERE ancestor_id = $3))
         ORDER BY id"
    );
    tx.find(&sql, binds![id, site, site]).await
}

/// A note as it is written.
#[derive(Debug, Clone)]
pub(super) struct NewNote {
    pub(super) site: Id<Site>,
    pub(super) path: SitePath,
    pub(super) date: Date,
    pub(super) unit: Option<Id<Site>>,
    pub(super) text: String,
    pub(super) owner: String,
    pub(super) due: Option<Date>,
}

/// Writes a note.
pub(super) async fn insert_note(tx: &mut Tx, actor: &Actor, note: NewNote) -> Result<Id<Note>, StoreError> {
    let (id, at): (Id<Note>, Timestamp) = (tx.new_id(), tx.at());
    let sql = format!(
        "INSERT INTO huddle_note ({NOTE}, removed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    );
    let body = serde_json::json!({
        "date": note.date.to_string(), "unit": note.unit.map(|unit| unit.to_string()), "text": note.text,
        "owner": note.owner, "due": note.due.map(|due| due.to_string()), "state": "open",
    });
    tx.run(
        &sql,
        binds![
            id,
            note.site,
            note.date,
            note.unit,
            note.text,
            note.owner,
            note.due,
            None::<i64>,
            actor.who.as_str(),
            at,
            None::<i64>,
        ],
    )
    .await?;
    tx.keep(actor, change(id, &note.path, body)).await?;
    Ok(id)
}

/// Marks an action as done, or open again.
pub(super) async fn set_done(
    tx: &mut Tx,
    actor: &Actor,
    path: &SitePath,
    note: &Note,
    is_done: bool,
) -> Result<(), StoreError> {
    let at = is_done.then(|| tx.at());
    tx.run("UPDATE huddle_note SET done_at = $1 WHERE id = $2", binds![at, note.id]).await?;
    let body = serde_json::json!({ "text": note.text, "state": if is_done { "done" } else { "open" } });
    tx.keep(actor, change(note.id, path, body)).await.map(|_| ())
}

/// Takes a note away, or puts it back; history keeps both.
pub(super) async fn set_removed(
    tx: &mut Tx,
    actor: &Actor,
    path: &SitePath,
    note: &Note,
    is_removed: bool,
) -> Result<(), StoreError> {
    let at = is_removed.then(|| tx.at());
    tx.run("UPDATE huddle_note SET removed_at = $1 WHERE id = $2", binds![at, note.id]).await?;
    let body = serde_json::json!({ "text": note.text, "state": if is_removed { "removed" } else { "open" } });
    tx.keep(actor, change(note.id, path, body)).await.map(|_| ())
}

fn change(id: Id<Note>, path: &SitePath, body: serde_json::Value) -> Change {
    Change { kind: "huddle_note", record: id.to_string(), site: Some(path.clone()), body }
}
