//! One message that was not applied: why, what to do, its bytes for those who may read them.

use super::super::kit::sentence;
use super::page::{counted, fault_state, feed_of, run};
use ::store::StoreError;
use area::{Answer, Fault, Visit};
use identity::Permission;
use identity::access_log::log_view;
use intake::{Dismissal, Fault as Refusal, Feed, State, find_fault, open_raw};
use web::{
    Button, Errors, Field, Form, Markup, Page, Panel, Status, breadcrumbs, columns, description_list, format,
    html, notice,
};

/// Segments shown of one message.
const SEGMENTS_MAX: usize = 400;

async fn load(visit: &Visit) -> Result<(Feed, Refusal), Fault> {
    let feed = feed_of(visit).await?;
    let seq = visit.name("seq").parse().map_err(|_| Fault::NotFound)?;
    let mut tx = visit.read().await?;
    let fault = find_fault(&mut tx, visit.scope()?, seq).await?;
    let fault = fault.filter(|fault| fault.feed_id == feed.id).ok_or(Fault::NotFound)?;
    Ok((feed, fault))
}

pub(crate) async fn page(visit: Visit) -> Answer {
    show(&visit, &Errors::new()).await
}

async fn show(visit: &Visit, errors: &Errors) -> Answer {
    let (feed, fault) = load(visit).await?;
    let may_edit = visit.may(Permission::FEEDS_EDIT);
    let may_read = visit.may(Permission::CENSUS_PHI);
    let here = format!("/admin/feeds/{}/faults/{}", feed.id, fault.seq);
    let zone = visit.zone();
    let mut facts = vec![
        ("Arrived", format::instant_full(fault.received_at, &zone)),
        ("Way in", fault.source.clone()),
        ("Kind", fault.kind.clone()),
        ("Bytes", format::count(fault.n_bytes)),
        ("Code", fault.code.clone()),
    ];
    if !fault.detail.is_empty() {
        facts.push(("Detail", fault.detail.clone()));
    }
    if let Some(at) = fault.closed_at {
        facts.push(("Closed", format::instant_full(at, &zone)));
    }
    if let Some(why) = &fault.closed_why {
        facts.push(("Because", why.clone()));
    }
    let left = html! {
        (Panel::new("Why it was not applied").prose(html! {
            (fault_state(&fault)) p.lead { (sentence(&fault.reason)) }
            p.go {
                @if may_read { (Button::link("Open the message", format!("{here}/raw"))) }
                @if visit.holds(Permission::SITES_VIEW) { (Button::link("Codes of the sites", feed.site.as_ref().map_or("/admin/sites".to_owned(), |site| format!("/admin/sites/{site}")))) }
            }
            @if may_read { p.sub { "The message names a patient. Opening it is logged." } }
            @else { p.sub { "The message names a patient. Only roles that may see patients here can open it, such as health information." } }
        }))
        (Panel::new("Facts").prose(description_list(facts)))
    };
    let right =
        html! { @if may_edit && fault.closed_at.is_none() { (decide(visit, &fault, &here, errors)?) } };
    let body = html! {
        (breadcrumbs(&[("Admin", "/admin"), ("Feeds", "/admin/feeds"), (&feed.name(), &format!("/admin/feeds/{}", feed.id))]))
        (columns(left, right))
    };
    visit
        .show(&Page::new(format!("Message {}", fault.seq)).context(feed.name()).errors(errors).body(body))
        .await
}

fn decide(visit: &Visit, fault: &Refusal, here: &str, errors: &Errors) -> Result<Markup, Fault> {
    let csrf = &visit.who()?.csrf;
    let again = |action: &str, words: &str| {
        html! { form method="post" action={ (here) "/" (action) } {
            input type="hidden" name="csrf" value=(csrf);
            (Button::submit(words).primary())
        } }
    };
    let retry = match fault.state {
        State::Conflict => html! {
            p { "An earlier message has the same number and other content. If this one is right, accept it as the newer truth." }
            (again("accept", "Accept this message"))
        },
        State::Refused | State::Unreadable => html! {
            p { "After the cause is mended, try it again. Its place in time stays that of the event." }
            (again("replay", "Replay this message"))
        },
    };
    let dismiss = Form::post(format!("{here}/dismiss"), csrf)
        .errors(errors)
        .field(
            Field::textarea("reason", "Reason", 2).hint("Kept in history").value(visit.form.text("reason")),
        )
        .button(Button::submit("Dismiss"));
    Ok(html! {
        (Panel::new("Try again").prose(retry))
        (Panel::new("It means nothing").prose(html! { p.sub { "A dismissed message stays in the inbox and is never applied." } (dismiss) }))
    })
}

/// The message segment by segment. The view is logged before anything is shown.
pub(crate) async fn raw(visit: Visit) -> Answer {
    let (feed, fault) = load(&visit).await?;
    let phi = visit.narrowed(Permission::CENSUS_PHI).ok_or(Fault::NotFound)?;
    let (person, site) = (visit.who()?.access.person_id(), phi.path().clone());
    let subject = format!("message {}", fault.seq);
    visit
        .ctx
        .db
        .write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                log_view(tx, person, &site, "/admin/feeds/{id}/faults/{seq}/raw", &subject).await
            })
        })
        .await?;
    let mut tx = visit.read().await?;
    let bytes = open_raw(&mut tx, visit.scope()?, fault.seq).await?.ok_or(Fault::NotFound)?;
    drop(tx);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let back = format!("/admin/feeds/{}/faults/{}", feed.id, fault.seq);
    let body = html! {
        (notice(Status::Breach, html! { b { "This message names a patient. " } "Your view is in the privacy log. Close it when you are done." }))
        @for (name, fields) in segments(&text) {
            (Panel::new(name.clone()).prose(description_list(fields.into_iter().map(|(idx, value)| (format!("{name}-{idx}"), html! { code { (value) } })))))
        }
        p.go { (Button::link("Close the message", back).primary()) }
    };
    visit.show(&Page::new(format!("Message {}", fault.seq)).context(feed.name()).body(body)).await
}

/// Segments with their fields that hold something, numbered as HL7 does: MSH-1 is the separator itself.
fn segments(text: &str) -> Vec<(String, Vec<(usize, String)>)> {
    let separator = text.chars().nth(3).unwrap_or('|');
    text.split(['\r', '\n'])
        .filter(|line| !line.trim().is_empty())
        .take(SEGMENTS_MAX)
        .map(|line| {
            let mut parts = line.split(separator);
            let name: String = parts.next().unwrap_or_default().chars().take(40).collect();
            let first = if name == "MSH" { 2 } else { 1 };
            let fields = parts.zip(first..).filter(|(value, _)| !value.is_empty());
            (name, fields.map(|(value, idx)| (idx, value.to_owned())).collect())
        })
        .collect()
}

pub(crate) async fn replay_one(visit: Visit) -> Answer {
    again(visit, false).await
}

pub(crate) async fn accept(visit: Visit) -> Answer {
    again(visit, true).await
}

async fn again(visit: Visit, accepts_conflicts: bool) -> Answer {
    let (feed, fault) = load(&visit).await?;
    let outcomes = run(&visit, &[fault.seq], accepts_conflicts).await?;
    Ok(visit.go(&format!("/admin/feeds/{}?{}", feed.id, counted(&outcomes))))
}

pub(crate) async fn dismiss(visit: Visit) -> Answer {
    let (feed, fault) = load(&visit).await?;
    let (scope, actor) = (visit.scope()?.clone(), visit.actor());
    let reason = visit.form.text("reason").to_owned();
    let done = visit
        .ctx
        .db
        .write::<_, StoreError, _>(move |tx| {
            Box::pin(async move { intake::dismiss(tx, &scope, &actor, fault.seq, &reason).await })
        })
        .await?;
    match done {
        Dismissal::Done => Ok(visit.go(&format!("/admin/feeds/{}?done=dismissed", feed.id))),
        Dismissal::NoReason => {
            show(&visit, &Errors::of("reason", "Write why the message means nothing")).await
        }
        Dismissal::NotFound => Err(Fault::NotFound),
        Dismissal::Closed => {
            Err(Fault::Conflict("Somebody dealt with this message already. Load the feed again.".to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn fields_are_numbered_as_hl7_does() {
        let read = super::segments("MSH|^~\\&|LAB\rPID|1||4711\r");
        assert_eq!(read[0].1[0], (2, "^~\\&".to_owned()));
        assert_eq!(read[1].1, vec![(1, "1".to_owned()), (3, "4711".to_owned())]);
    }
}
