//! The writing operations. A repeated `Idempotency-Key` is answered as the first time, without doing it again.

use super::store;
use ::store::StoreError;
use area::{Answer, Fault, Visit};
use base::Id;
use census::beds::change::{self, Action, Wish};
use census::beds::rules::BedState;
use census::beds::store::{Bed, BedRow};
use identity::{Permission, SiteInfo};
use intake::{Incoming, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The longest message taken.
const MESSAGE_MAX: usize = 16 * 1024 * 1024;
/// The longest key.
const KEY_MAX: usize = 200;

/// The name under which an answer is kept, and the digest of what was sent.
struct Once {
    name: String,
    digest: String,
}

fn once(visit: &Visit) -> Result<Option<Once>, Fault> {
    let Some(key) = &visit.idempotency_key else { return Ok(None) };
    if key.len() > KEY_MAX {
        let words = format!("the Idempotency-Key has {} bytes; the limit is {KEY_MAX}", key.len());
        return Err(Fault::BadRequest(words));
    }
    let vault = visit.ctx.db.vault();
    let person = visit.who()?.access.person_id();
    Ok(Some(Once {
        name: vault.lookup(&format!("api {person}\n{}\n{key}", visit.path)),
        digest: vault.lookup_bytes(&visit.body),
    }))
}

/// The answer given before under the same key, if there is one.
async fn answered(visit: &Visit, once: Option<&Once>) -> Result<Option<Value>, Fault> {
    let Some(once) = once else { return Ok(None) };
    match store::find_answer(&mut visit.read().await?, &once.name).await? {
        Some((digest, _)) if digest != once.digest => Err(Fault::Conflict(
            "this Idempotency-Key was used for another request; choose a new key for new content".to_owned(),
        )),
        Some((_, answer)) => Ok(Some(answer)),
        None => Ok(None),
    }
}

async fn keep(visit: &Visit, once: Option<Once>, answer: &Value) -> Result<(), Fault> {
    if let Some(once) = once {
        let text = answer.to_string();
        visit
            .ctx
            .db
            .write::<_, StoreError, _>(move |tx| {
                Box::pin(async move { store::keep_answer(tx, &once.name, &once.digest, &text).await })
            })
            .await?;
    }
    Ok(())
}

/// What became of a message.
#[derive(Serialize)]
struct Received<'r> {
    outcome: &'static str,
    acknowledgment: &'static str,
    code: Option<&'r str>,
    reason: Option<&'r str>,
}

/// `POST /api/v1/messages`: one HL7 v2 message, stored before it is answered.
pub(super) async fn message(visit: Visit) -> Answer {
    if visit.body.is_empty() {
        return Err(Fault::BadRequest(
            "the body is empty; send one HL7 v2 message that begins with MSH|^~\\&".to_owned(),
        ));
    }
    if visit.body.len() > MESSAGE_MAX {
        return Err(Fault::TooLarge { limit_mib: 16 });
    }
    let once = once(&visit)?;
    if let Some(answer) = answered(&visit, once.as_ref()).await? {
        return Ok(visit.json(&answer));
    }
    let site = visit.scope()?.site_id();
    let incoming = Incoming {
        bytes: visit.body.clone(),
        source: "api".to_owned(),
        default_site: visit.tree.facility_of(&site).map(|facility| facility.id),
    };
    let outcome = visit.ctx.receiver.receive(incoming).await.map_err(|error| match &*error {
        StoreError::Closed => Fault::Store(StoreError::Closed),
        other => Fault::Ours(format!("the message could not be stored: {other}")),
    })?;
    visit.ctx.live.publish("census", visit.scope()?.path().as_str());
    let answer = serde_json::to_value(told(&outcome)).map_err(|error| Fault::Ours(error.to_string()))?;
    keep(&visit, once, &answer).await?;
    Ok(visit.json(&answer))
}

/// The outcome with the acknowledgment an MLLP sender would get.
fn told(outcome: &Outcome) -> Received<'_> {
    let plain = |outcome, acknowledgment| Received { outcome, acknowledgment, code: None, reason: None };
    match outcome {
        Outcome::Applied => plain("applied", "AA"),
        Outcome::Duplicate => plain("duplicate", "AA"),
        Outcome::Ignored { reason } => Received { reason: Some(reason), ..plain("ignored", "AA") },
        Outcome::Conflict { reason } => Received { reason: Some(reason), ..plain("conflict", "AE") },
        Outcome::Refused { code, reason } => {
            Received { code: Some(code), reason: Some(reason), ..plain("refused", "AE") }
        }
        Outcome::Unreadable { reason } => Received { reason: Some(reason), ..plain("unreadable", "AR") },
    }
}

/// What is asked of a bed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BedAsk {
    state: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    owner: String,
}

/// `POST /api/v1/beds/{id}/state`.
pub(super) async fn bed_state(visit: Visit) -> Answer {
    const EXAMPLE: &str = r#"{"state": "blocked", "reason": "maintenance", "owner": "Lena Brandt"}"#;
    let ask: BedAsk = serde_json::from_slice(&visit.body)
        .map_err(|error| Fault::BadRequest(format!("the body cannot be read ({error}); send {EXAMPLE}")))?;
    let action = action_of(&ask.state).ok_or_else(|| {
        Fault::BadRequest(format!(
            "`state` is one of available, dirty, cleaning, blocked, closed; send {EXAMPLE}"
        ))
    })?;
    let once = once(&visit)?;
    if let Some(answer) = answered(&visit, once.as_ref()).await? {
        return Ok(visit.json(&answer));
    }
    let id = visit.name("id").parse().map_err(|_| Fault::NotFound)?;
    let (bed, unit) = find_bed(&visit, id).await?;
    let text = str::to_owned;
    let wish =
        Wish { action, reason: ask.reason.clone(), note: text(""), owner: ask.owner.clone(), stay: text("") };
    let state = change::check(&bed, bed.state == BedState::Occupied, &wish)
        .map_err(|(_, words)| Fault::Refused(words))?;
    let answer = json!({
        "id": bed.id.to_string(), "unit": unit.path.as_str(), "bed": bed.code, "state": state.word(),
        "since": visit.now.to_string(), "reason": ask.reason, "owner": ask.owner,
    });
    let (actor, text, at) = (visit.actor(), answer.to_string(), unit.path.to_string());
    visit
        .ctx
        .db
        .write::<_, Fault, _>(move |tx| {
            Box::pin(async move {
                change::save(tx, &actor, &unit.path, &bed, state, &wish).await?;
                if let Some(once) = once {
                    store::keep_answer(tx, &once.name, &once.digest, &text).await?;
                }
                Ok(())
            })
        })
        .await?;
    visit.ctx.live.publish("census", &at);
    Ok(visit.json(&answer))
}

/// What leads to a state; promising a bed to a patient is done on its page.
fn action_of(state: &str) -> Option<Action> {
    match BedState::from_word(state)? {
        BedState::Available => Some(Action::Clean),
        BedState::Dirty => Some(Action::Dirty),
        BedState::Cleaning => Some(Action::Cleaning),
        BedState::Blocked => Some(Action::Block),
        BedState::Closed => Some(Action::Close),
        BedState::Assigned | BedState::Occupied => None,
    }
}

/// The bed and its unit, if the asker may change beds there.
async fn find_bed(visit: &Visit, id: Id<Bed>) -> Result<(BedRow, SiteInfo), Fault> {
    let mut tx = visit.read().await?;
    let unit = store::find_unit_of_bed(&mut tx, id).await?.ok_or(Fault::NotFound)?;
    let unit = visit.tree.get(&unit).ok_or(Fault::NotFound)?;
    let today = figures::today(&visit.tree, &unit.path, visit.now);
    let scope = visit.who()?.access.scope(&visit.tree, Permission::CENSUS_EDIT, &unit.path, today);
    let beds = census::beds::store::list(&mut tx, &scope.ok_or(Fault::NotFound)?).await?;
    let bed = beds.into_iter().find(|bed| bed.id == id).ok_or(Fault::NotFound)?;
    Ok((bed, unit.clone()))
}
