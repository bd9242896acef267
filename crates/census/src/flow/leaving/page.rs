//! The form that records what a patient who leaves waits for.

use super::{Wait, check, store};
use crate::flow::store::find_place;
use crate::words;
use area::{Answer, Fault, Visit};
use web::{Choice, Errors, Field, Form, Page, Panel, html};

/// `GET …/census/flow/leaving/{stay}`.
pub async fn form(visit: Visit) -> Answer {
    let mut tx = visit.read().await?;
    let waits = store::find(&mut tx, visit.name("stay")).await?;
    drop(tx);
    let on: Vec<Wait> = waits.iter().map(|one| one.wait).collect();
    let note = waits.iter().map(|one| one.note.clone()).find(|note| !note.is_empty()).unwrap_or_default();
    show(&visit, &on, &note, &Errors::new()).await
}

/// `POST …/census/flow/leaving/{stay}`. With `undo` it sets back what was before.
pub async fn save(visit: Visit) -> Answer {
    let stay = visit.name("stay").to_owned();
    let mut tx = visit.read().await?;
    let place = find_place(&mut tx, visit.scope()?, &stay).await?;
    let was = store::find(&mut tx, &stay).await?;
    drop(tx);
    let (unit, _) = place.ok_or(Fault::NotFound)?;
    let (waits, note) = match visit.form.find("undo") {
        Some(token) => read_token(token),
        None => {
            let waits = visit.form.all("wait").filter_map(Wait::from_word).collect();
            (waits, visit.form.text("note").to_owned())
        }
    };
    if let Err(refused) = check(&waits, &note) {
        return show(&visit, &waits, &note, &Errors::of("note", sentence(&refused.to_string()))).await;
    }
    let site = visit.tree.get(&unit).ok_or(Fault::NotFound)?.path.clone();
    let (actor, of) = (visit.actor(), stay.clone());
    visit
        .ctx
        .db
        .write::<_, Fault, _>(move |tx| {
            Box::pin(async move { Ok(store::set(tx, &actor, &site, &of, &waits, &note).await?) })
        })
        .await?;
    visit.ctx.live.publish("census", visit.scope()?.path().as_str());
    if visit.form.is_set("undo") {
        return Ok(visit.go(&visit.at("census/flow")));
    }
    let token = undo_token(&was);
    let query = area::Form::of(vec![("changed".to_owned(), stay)], Vec::new());
    Ok(visit.go(&format!("{}{}", visit.at("census/flow"), query.with("was", Some(&token)))))
}

/// What was before, in one word for the undo strip: `order,family|the note`; never empty.
fn undo_token(was: &super::Waits) -> String {
    let words: Vec<&str> = was.iter().map(|one| one.wait.word()).collect();
    let note = was.iter().map(|one| one.note.as_str()).find(|note| !note.is_empty()).unwrap_or_default();
    format!("{}|{note}", words.join(","))
}

fn read_token(token: &str) -> (Vec<Wait>, String) {
    let (words, note) = token.split_once('|').unwrap_or((token, ""));
    (words.split(',').filter_map(Wait::from_word).collect(), note.to_owned())
}

/// A rule's words as a sentence.
pub(crate) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

async fn show(visit: &Visit, on: &[Wait], note: &str, errors: &Errors) -> Answer {
    let names = visit.may_name_patients("census/flow/leaving").await?;
    let mut tx = visit.read().await?;
    let stay = visit.name("stay");
    let (unit, bed) = find_place(&mut tx, visit.scope()?, stay).await?.ok_or(Fault::NotFound)?;
    let name = if names { crate::records::store::name_of(&mut tx, stay).await? } else { None };
    drop(tx);
    let label = name.unwrap_or_else(|| words::bed(&bed));
    let choices = Wait::ALL
        .into_iter()
        .map(|wait| Choice::new(wait.word(), wait.label(), on.contains(&wait)))
        .collect();
    let form = Form::post(visit.at(&format!("census/flow/leaving/{stay}")), &visit.who()?.csrf)
        .errors(errors)
        .field(
            Field::checks("wait", "Waits for", choices)
                .hint("Leave all empty when nothing holds the patient"),
        )
        .field(
            Field::text("note", "Note")
                .value(note)
                .optional()
                .hint("A few words, without the patient's name"),
        )
        .submit("Save")
        .cancel(visit.at("census/flow"));
    let place = words::unit_name(&visit.tree, &unit, &visit.scope()?.site_id());
    let page = Page::new(format!("What {label} waits for"))
        .context(place)
        .errors(errors)
        .body(html! { (Panel::new("Leaving").prose(form)) });
    visit.show(&page).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::leaving::Waited;

    #[test]
    fn an_undo_token_reads_back() {
        let one = |wait, note: &str| Waited { wait, note: note.to_owned(), since: 0 };
        let was = vec![one(Wait::BedElsewhere, "Hill | House"), one(Wait::Order, "Hill | House")];
        let (waits, note) = read_token(&undo_token(&was));
        assert_eq!((waits, note.as_str()), (vec![Wait::BedElsewhere, Wait::Order], "Hill | House"));
        assert_eq!(undo_token(&Vec::new()), "|");
        assert_eq!(read_token("|"), (Vec::new(), String::new()));
        assert_eq!(sentence("name who will clear it"), "Name who will clear it.");
    }
}
