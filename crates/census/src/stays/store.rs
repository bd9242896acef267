//! What files said of stays before, in the database.

use crate::adt::model::Fact;
use crate::adt::store::{find_cases, void_facts};
use base::Id;
use identity::{ImportReport, Site};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{StoreError, Tx, binds};

/// A stay of the file beside what files said of it before.
pub(super) struct Compared {
    /// Facts to add.
    pub(super) new: Vec<Fact>,
    /// Facts that no longer hold: event number and case key.
    pub(super) replaced: Vec<(i64, String)>,
    is_known: bool,
}

struct Said {
    seq: i64,
    message: i64,
    case_key: String,
    fact: Fact,
}

/// Compares the stays of a file with what earlier files said; what this import said itself stays.
pub(super) async fn compare(
    tx: &mut Tx,
    facility: Id<Site>,
    stays: BTreeMap<String, Vec<Fact>>,
    number: i64,
) -> Result<Vec<Compared>, StoreError> {
    let keys: Vec<String> = stays.keys().map(|stay| format!("v:{facility} {stay}")).collect();
    let cases = find_cases(tx, &keys).await?;
    let mut said = list_said(tx, facility, &cases.into_iter().collect::<Vec<_>>()).await?;
    Ok(stays
        .into_iter()
        .map(|(stay, facts)| {
            let known = said.remove(&stay).unwrap_or_default();
            let is_known = !known.is_empty();
            let new =
                facts.iter().filter(|fact| known.iter().all(|said| said.fact != **fact)).cloned().collect();
            let is_gone = |said: &Said| said.message != number && !facts.contains(&said.fact);
            let replaced = known.into_iter().filter(is_gone).map(|said| (said.seq, said.case_key)).collect();
            Compared { new, replaced, is_known }
        })
        .collect())
}

async fn list_said(
    tx: &mut Tx,
    facility: Id<Site>,
    cases: &[String],
) -> Result<HashMap<String, Vec<Said>>, StoreError> {
    let sql = "SELECT e.seq, e.message_seq, e.case_key, e.body, e.facility_id
               FROM case_key k JOIN event_patient p ON p.patient = k.number
               JOIN adt_event e ON e.seq = p.event_seq
               WHERE k.case_id IN ({in}) AND e.message_seq < 0
                 AND NOT EXISTS (SELECT 1 FROM adt_void v WHERE v.event_seq = e.seq)
               ORDER BY e.seq";
    let mut said: HashMap<String, Vec<Said>> = HashMap::new();
    let rows: Vec<(i64, i64, String, String, Id<Site>)> = tx.list_in(sql, cases).await?;
    for (seq, message, case_key, body, at) in rows {
        let fact: Fact = serde_json::from_str(&body)
            .map_err(|error| StoreError::inconsistent("adt_event.body", error.to_string()))?;
        if at == facility {
            said.entry(fact.visit.clone()).or_default().push(Said { seq, message, case_key, fact });
        }
    }
    Ok(said)
}

pub(super) fn count(stays: &[Compared], report: &mut ImportReport) {
    for stay in stays {
        match (stay.is_known, stay.new.is_empty() && stay.replaced.is_empty()) {
            (false, _) => report.counts.new += 1,
            (true, true) => report.counts.same += 1,
            (true, false) => report.counts.changed += 1,
        }
    }
    report.counts.rejected = report.rejects.len();
}

/// Takes facts back; the cases they belong to.
pub(super) async fn void(tx: &mut Tx, events: &[(i64, String)]) -> Result<BTreeSet<String>, StoreError> {
    Ok(void_facts(tx, events, "replaced by a later import").await?.into_iter().collect())
}

/// Takes back every fact of an import; its cases, and how many facts there were.
pub(super) async fn void_import(tx: &mut Tx, number: i64) -> Result<(Vec<String>, u64), StoreError> {
    let events: Vec<(i64, String)> = tx
        .list("SELECT seq, case_key FROM adt_event WHERE message_seq = $1 ORDER BY seq", binds![number])
        .await?;
    let cases = void_facts(tx, &events, "the import was undone").await?;
    Ok((cases, u64::try_from(events.len()).unwrap_or(0)))
}
