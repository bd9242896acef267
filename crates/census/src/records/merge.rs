//! Reversing a merge: for those who may change the census and name its patients.

use super::stay::{is_merge, message_words};
use super::store::{find, list_tellings};
use crate::adt::corrections::{CannotReverse, reverse_merge};
use crate::adt::model::Fact;
use crate::flow::leaving::page::sentence;
use crate::words;
use area::{Answer, Fault, Visit};
use identity::Permission;
use web::{
    Button, Errors, Field, Form, Page, Panel, Status, breadcrumbs, columns, description_list, html, notice,
};

/// The merge asked for.
struct Merge {
    message: i64,
    /// Number of the visit it was reached from.
    visit: String,
    /// When the numbers were merged, and when that was told, as a reader says it.
    happened: String,
    told: String,
}

/// The message asked for, if it is a merge of this stay's case and this person may reverse it.
async fn check(visit: &Visit) -> Result<Merge, Fault> {
    if !visit.may(Permission::CENSUS_PHI) {
        return Err(Fault::NotFound);
    }
    let message: i64 = visit.name("message").parse().map_err(|_| Fault::NotFound)?;
    let mut tx = visit.read().await?;
    let file = find(&mut tx, &visit.tree, visit.scope()?, visit.name("stay"), false).await?;
    let file = file.ok_or(Fault::NotFound)?;
    let tellings = list_tellings(&mut tx, &file.case).await?;
    let zone = words::zone(&visit.tree, &file.row.facility);
    let merge =
        tellings.iter().filter(|telling| telling.message == message && message > 0).find_map(|telling| {
            let fact = serde_json::from_str::<Fact>(&telling.body).ok()?;
            is_merge(fact.trigger).then(|| Merge {
                message,
                visit: file.row.visit.clone(),
                happened: words::when(fact.at, &zone, visit.now),
                told: words::when(telling.recorded_at, &zone, visit.now),
            })
        });
    merge.ok_or(Fault::NotFound)
}

/// `GET …/census/records/{stay}/merge/{message}`.
pub async fn form(visit: Visit) -> Answer {
    let merge = check(&visit).await?;
    show(&visit, &merge, "", &Errors::new()).await
}

/// `POST …/census/records/{stay}/merge/{message}`.
pub async fn reverse(visit: Visit) -> Answer {
    let merge = check(&visit).await?;
    let message = merge.message;
    let (actor, reason) = (visit.actor(), visit.form.text("reason").to_owned());
    let why = reason.clone();
    let reversed = visit
        .ctx
        .db
        .write::<_, CannotReverse, _>(move |tx| {
            Box::pin(async move { reverse_merge(tx, &actor, message, &why).await })
        })
        .await;
    match reversed {
        Ok(()) => {
            visit.ctx.live.publish("census", visit.scope()?.path().as_str());
            // The stay may belong to another number now; the register finds both.
            Ok(visit.go(&visit.at(&format!("census/records/{}", visit.name("stay")))))
        }
        Err(CannotReverse::Store(error)) => Err(error.into()),
        Err(refused @ CannotReverse::NoReason) => {
            show(&visit, &merge, &reason, &Errors::of("reason", sentence(&refused.to_string()))).await
        }
        Err(refused @ (CannotReverse::NotAMerge | CannotReverse::AlreadyReversed)) => {
            Err(Fault::Conflict(sentence(&refused.to_string())))
        }
    }
}

async fn show(visit: &Visit, merge: &Merge, reason: &str, errors: &Errors) -> Answer {
    let message = merge.message;
    let register = visit.at("census/records");
    let here = visit.at(&format!("census/records/{}", visit.name("stay")));
    let form = Form::post(format!("{here}/merge/{message}"), &visit.who()?.csrf)
        .errors(errors)
        .field(
            Field::text("reason", "Why the merge was wrong")
                .value(reason)
                .hint("Kept in history, without names"),
        )
        .button(Button::submit("Reverse merge").danger())
        .cancel(here.clone());
    let facts = description_list([
        ("Message", message_words(message)),
        ("Merged", merge.happened.clone()),
        ("Received", merge.told.clone()),
    ]);
    let stay = format!("Visit {}", merge.visit);
    let page = Page::new("Reverse a merge").context(stay.clone()).errors(errors).body(html! {
        (breadcrumbs(&[("Services register", &register), (&stay, &here)]))
        (notice(Status::Due, html! {
            p { "The two numbers become two patients again, and their stays are worked out anew, also in the past." }
            p { "The merge stays readable in history. A new merge message merges them again." }
        }))
        (columns(Panel::new("Reason").prose(form), Panel::new("The merge").prose(facts)))
    });
    visit.show(&page).await
}
