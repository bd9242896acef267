//! The form that records what a patient who leaves waits for.

use super::{Wait, Waits, check, store};
use crate::flow::store::find_place;
use crate::words;
use area::{Answer, Differing, Fault, Unsaved, VERSION_FIELD, Visit};
use web::{Choice, Errors, Field, Form, Page, Panel, html};

/// What the form asks: what a patient waits for, with a note about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Entered {
    waits: Vec<Wait>,
    note: String,
}

impl Entered {
    fn of(waits: &Waits) -> Entered {
        let note = waits.iter().map(|one| one.note.clone()).find(|note| !note.is_empty());
        Entered { waits: waits.iter().map(|one| one.wait).collect(), note: note.unwrap_or_default() }
    }

    /// In one word, for the undo strip and as the form's version: `order,family|the note`; never empty.
    fn token(&self) -> String {
        let words: Vec<&str> = self.waits.iter().map(|wait| wait.word()).collect();
        format!("{}|{}", words.join(","), self.note)
    }

    fn of_token(token: &str) -> Entered {
        let (words, note) = token.split_once('|').unwrap_or((token, ""));
        Entered { waits: words.split(',').filter_map(Wait::from_word).collect(), note: note.to_owned() }
    }

    fn labels(&self) -> String {
        self.waits.iter().map(|wait| wait.label()).collect::<Vec<_>>().join(", ")
    }
}

/// `GET …/census/flow/leaving/{stay}`.
pub async fn form(visit: Visit) -> Answer {
    let mut tx = visit.read().await?;
    let stored = Entered::of(&store::find(&mut tx, visit.name("stay")).await?);
    drop(tx);
    show(&visit, &stored, &stored.token(), &Errors::new()).await
}

/// `POST …/census/flow/leaving/{stay}`. With `undo` it sets back what was before.
pub async fn save(visit: Visit) -> Answer {
    let stay = visit.name("stay").to_owned();
    let mut tx = visit.read().await?;
    let place = find_place(&mut tx, visit.scope()?, &stay).await?;
    drop(tx);
    let (unit, _) = place.ok_or(Fault::NotFound)?;
    let undo = visit.form.find("undo");
    let entered = match undo {
        Some(token) => Entered::of_token(token),
        None => Entered {
            waits: visit.form.all("wait").filter_map(Wait::from_word).collect(),
            note: visit.form.text("note").to_owned(),
        },
    };
    if let Err(refused) = check(&entered.waits, &entered.note) {
        let errors = Errors::of("note", sentence(&refused.to_string()));
        return show(&visit, &entered, &visit.version(), &errors).await;
    }
    let site = visit.tree.get(&unit).ok_or(Fault::NotFound)?.path.clone();
    let seen = undo.is_none().then(|| visit.version());
    let (actor, of, new) = (visit.actor(), stay.clone(), entered.clone());
    let saved = visit.ctx.db.write::<_, Unsaved<Fault>, _>(move |tx| {
        Box::pin(async move {
            let was = Entered::of(&store::find(tx, &of).await?);
            if seen.is_some_and(|seen| seen != was.token()) {
                return Err(Unsaved::Stale);
            }
            store::set(tx, &actor, &site, &of, &new.waits, &new.note).await?;
            Ok(was)
        })
    });
    let was = match saved.await {
        Ok(was) => was,
        Err(Unsaved::Refused(fault)) => return Err(fault),
        Err(Unsaved::Stale) => return conflict(&visit, &entered).await,
    };
    visit.ctx.live.publish("census", visit.scope()?.path().as_str());
    if visit.form.is_set("undo") {
        return Ok(visit.go(&visit.at("census/flow")));
    }
    let query = area::Form::of(vec![("changed".to_owned(), stay)], Vec::new());
    Ok(visit.go(&format!("{}{}", visit.at("census/flow"), query.with("was", Some(&was.token())))))
}

/// Somebody saved what the patient waits for while the form was open.
async fn conflict(visit: &Visit, entered: &Entered) -> Answer {
    let mut tx = visit.read().await?;
    let now = Entered::of(&store::find(&mut tx, visit.name("stay")).await?);
    drop(tx);
    let values = [
        Differing::new("Waits for", now.labels(), entered.labels()),
        Differing::new("Note", &now.note, &entered.note),
    ];
    visit.conflict("What the patient waits for", &visit.at("census/flow"), &now.token(), &values).await
}

/// A rule's words as a sentence.
pub(crate) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

/// The form, filled from the state of that version.
async fn show(visit: &Visit, entered: &Entered, version: &str, errors: &Errors) -> Answer {
    let names = visit.may_name_patients("census/flow/leaving").await?;
    let mut tx = visit.read().await?;
    let stay = visit.name("stay");
    let (unit, bed) = find_place(&mut tx, visit.scope()?, stay).await?.ok_or(Fault::NotFound)?;
    let name = if names { crate::records::store::name_of(&mut tx, stay).await? } else { None };
    drop(tx);
    let label = name.unwrap_or_else(|| words::bed(&bed));
    let choices = Wait::ALL
        .into_iter()
        .map(|wait| Choice::new(wait.word(), wait.label(), entered.waits.contains(&wait)))
        .collect();
    let form = Form::post(visit.at(&format!("census/flow/leaving/{stay}")), &visit.who()?.csrf)
        .hidden(VERSION_FIELD, version)
        .errors(errors)
        .field(
            Field::checks("wait", "Waits for", choices)
                .hint("Leave all empty when nothing holds the patient"),
        )
        .field(
            Field::text("note", "Note")
                .value(entered.note.as_str())
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
        let entered = Entered::of_token(&Entered::of(&was).token());
        assert_eq!(entered.waits, [Wait::BedElsewhere, Wait::Order]);
        assert_eq!(
            (entered.note.as_str(), entered.labels().as_str()),
            ("Hill | House", "Bed elsewhere, Order")
        );
        assert_eq!(Entered::of(&Vec::new()).token(), "|");
        assert_eq!(Entered::of_token("|"), Entered::default());
        assert_eq!(sentence("name who will clear it"), "Name who will clear it.");
    }
}
