//! Notes and actions: written in the huddle, carried over until done.

use super::super::brief::to_i64;
use super::super::store::{self, NewNote, Note};
use super::{Draft, date_of, href, show};
use area::{Answer, Fault, Visit};
use identity::{Permission, SiteInfo};
use jiff::Span;
use jiff::civil::Date;
use web::{Button, Empty, Errors, Field, Form, Markup, Panel, Status, chip, format, html};

/// Longest note and longest owner, in characters.
const TEXT_MAX: usize = 500;
const OWNER_MAX: usize = 80;
/// Days ahead an action may be due.
const DUE_MAX: i64 = 365;

/// Why a note was not taken.
fn check(draft: &Draft, today: Date) -> Result<Option<Date>, Errors> {
    let mut errors = Errors::new();
    let n_chars = draft.text.chars().count();
    if n_chars == 0 {
        errors.add("text", "Write the note or what has to be done");
    } else if n_chars > TEXT_MAX {
        errors.add("text", format!("The note has {n_chars} characters; the limit is {TEXT_MAX}. Shorten it"));
    }
    if draft.owner.chars().count() > OWNER_MAX {
        errors.add("owner", format!("The owner has more than {OWNER_MAX} characters; write a name"));
    }
    let last = Span::new().try_days(DUE_MAX).and_then(|span| today.checked_add(span)).unwrap_or(Date::MAX);
    let due = match draft.due.as_str() {
        "" => None,
        text => match text.parse::<Date>() {
            Ok(day) if today <= day && day <= last => Some(day),
            Ok(_) | Err(_) => {
                errors.add("due", "Choose a day from today up to a year ahead");
                None
            }
        },
    };
    if due.is_some() && draft.owner.is_empty() {
        errors.add("owner", "Name who does it; a due day without an owner is nobody's");
    }
    if errors.is_empty() { Ok(due) } else { Err(errors) }
}

/// Where changes of a note are posted; the stop is kept, so that one comes back to it.
pub(super) fn action(visit: &Visit, date: Date, id: &str) -> String {
    let stop = visit.query.find("unit").map_or(String::new(), |unit| format!("?unit={unit}"));
    visit.at(&format!("today/huddle/{date}/note/{id}{stop}"))
}

pub(super) fn panel(
    visit: &Visit,
    date: Date,
    notes: &[&Note],
    unit: Option<&SiteInfo>,
    draft: &Draft,
    errors: &Errors,
) -> Markup {
    let n_open = notes.iter().filter(|note| note.is_open()).count();
    let panel = Panel::new("Notes and actions").id("notes").context(format::n_of(
        to_i64(n_open),
        "open action",
        "open actions",
    ));
    let list = if notes.is_empty() {
        html! { (Empty::new("Nothing written yet", "A note with an owner becomes an action and is carried over until it is done.")) }
    } else {
        html! { ul.list { @for note in notes { (line(visit, date, note)) } } }
    };
    html! {
        (panel.body(list))
        @if visit.may(Permission::TODAY_EDIT) { (form(visit, date, unit, draft, errors)) }
    }
}

fn line(visit: &Visit, date: Date, note: &Note) -> Markup {
    let today = visit.today();
    let unit = note.unit.and_then(|unit| visit.tree.get(&unit)).map(|unit| unit.name.as_str());
    let since = (note.date != date).then(|| format!("since {}", format::date(note.date, today)));
    let owner = Some(note.owner.as_str()).filter(|owner| !owner.is_empty());
    let details: Vec<String> =
        [owner.map(str::to_owned), unit.map(str::to_owned), since].into_iter().flatten().collect();
    let status = match (note.done_at, note.due) {
        (Some(_), _) => Some((Status::Done, "Done".to_owned())),
        (None, Some(due)) if due < today => {
            Some((Status::Breach, format!("Late since {}", format::date(due, today))))
        }
        (None, Some(due)) if due == today => Some((Status::Due, "Due today".to_owned())),
        (None, Some(due)) => Some((Status::Plain, format!("Due {}", format::date(due, today)))),
        (None, None) => None,
    };
    html! {
        li {
            span.what { (note.text) @if !details.is_empty() { small { (details.join(", ")) } } }
            @if let Some((status, words)) = status { (chip(status, words)) }
            @if visit.may(Permission::TODAY_EDIT) { (buttons(visit, date, note)) }
        }
    }
}

fn buttons(visit: &Visit, date: Date, note: &Note) -> Markup {
    let csrf = visit.who().map_or("", |who| who.csrf.as_str());
    let toggle = match (note.is_action(), note.done_at) {
        (true, None) => Button::submit_as("Done", "do", "done"),
        (true, Some(_)) => Button::submit_as("Open again", "do", "open"),
        (false, _) => Button::submit_as("Remove", "do", "remove").quiet(),
    };
    html! {
        form method="post" action=(action(visit, date, &note.id.to_string())) {
            input type="hidden" name="csrf" value=(csrf);
            (toggle.small().about(&note.text))
        }
    }
}

fn form(visit: &Visit, date: Date, unit: Option<&SiteInfo>, draft: &Draft, errors: &Errors) -> Panel {
    let csrf = visit.who().map_or("", |who| who.csrf.as_str());
    let form = Form::post(href(visit, date, unit), csrf)
        .errors(errors)
        .field(Field::textarea("text", "Note or action", 2).value(&draft.text).hint("No patient names"))
        .field(Field::text("owner", "Owner").value(&draft.owner).optional().hint("Makes it an action"))
        .field(Field::date("due", "Due").value(&draft.due).optional())
        .submit("Add")
        .draft("huddle-note");
    Panel::new(unit.map_or("Add for the whole huddle".to_owned(), |unit| format!("Add for {}", unit.name)))
        .prose(form)
}

/// `POST /at/{scope}/today/huddle/{date}?unit=`.
pub(in super::super) async fn add(visit: Visit) -> Answer {
    let (date, site) = (date_of(&visit)?, visit.site()?);
    let unit = match visit.query.find("unit") {
        Some(path) => {
            let path = path.parse().map_err(|_| Fault::NotFound)?;
            let unit = visit.tree.find(&path).filter(|unit| site.path.covers(&unit.path));
            Some(unit.ok_or(Fault::NotFound)?)
        }
        None => None,
    };
    let draft = Draft {
        text: visit.form.text("text").to_owned(),
        owner: visit.form.text("owner").to_owned(),
        due: visit.form.text("due").to_owned(),
    };
    let due = match check(&draft, visit.today()) {
        Ok(due) => due,
        Err(errors) => return show(&visit, &draft, &errors).await,
    };
    let note = NewNote {
        site: site.id,
        path: site.path.clone(),
        date,
        unit: unit.map(|unit| unit.id),
        text: draft.text,
        owner: draft.owner,
        due,
    };
    let actor = visit.actor();
    let id = visit
        .ctx
        .db
        .write::<_, ::store::StoreError, _>(move |tx| {
            Box::pin(async move { store::insert_note(tx, &actor, note).await })
        })
        .await?;
    back(&visit, date, "added", &id.to_string())
}

fn back(visit: &Visit, date: Date, what: &str, id: &str) -> Answer {
    let query = visit.query.with("done", Some(&format!("{what} {id}")));
    Ok(visit.go(&format!("{}{query}", visit.at(&format!("today/huddle/{date}")))))
}

/// `POST /at/{scope}/today/huddle/{date}/note/{id}`: done, open again, removed, put back.
pub(in super::super) async fn change(visit: Visit) -> Answer {
    let (date, site) = (date_of(&visit)?, visit.site()?.clone());
    let id = visit.name("id").parse().map_err(|_| Fault::NotFound)?;
    let asked = visit.form.find("do").or(visit.form.find("undo")).unwrap_or_default().to_owned();
    let found = store::find_note(&mut visit.read().await?, site.id, id).await?;
    let note = found.ok_or(Fault::NotFound)?;
    let actor = visit.actor();
    let what = match asked.as_str() {
        "done" => "done",
        "open" => "open",
        "remove" => "removed",
        "restore" => "added",
        _ => return Err(Fault::BadRequest("say whether the note is done, open or to be removed".to_owned())),
    };
    visit
        .ctx
        .db
        .write::<_, ::store::StoreError, _>(move |tx| {
            Box::pin(async move {
                match what {
                    "done" => store::set_done(tx, &actor, &site.path, &note, true).await,
                    "open" => store::set_done(tx, &actor, &site.path, &note, false).await,
                    "removed" => store::set_removed(tx, &actor, &site.path, &note, true).await,
                    _ => store::set_removed(tx, &actor, &site.path, &note, false).await,
                }
            })
        })
        .await?;
    back(&visit, date, what, visit.name("id"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_draft(text: &str, owner: &str, due: &str) -> String {
        let draft = Draft { text: text.to_owned(), owner: owner.to_owned(), due: due.to_owned() };
        match check(&draft, jiff::civil::date(2026, 11, 12)) {
            Ok(due) => due.map_or("taken".to_owned(), |due| format!("taken, due {due}")),
            Err(errors) => {
                let all: Vec<String> =
                    errors.iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
                all.join("; ")
            }
        }
    }

    #[test]
    fn an_action_needs_words_and_a_due_day_needs_an_owner() {
        assert_eq!(check_draft("Call transport", "", ""), "taken");
        assert_eq!(check_draft("Call transport", "Lena Brandt", "2026-11-12"), "taken, due 2026-11-12");
        assert_eq!(check_draft("", "", ""), "text: Write the note or what has to be done");
        assert_eq!(
            check_draft("Call", "", "2026-11-13"),
            "owner: Name who does it; a due day without an owner is nobody's"
        );
    }

    #[test]
    fn a_due_day_lies_between_today_and_a_year_ahead() {
        let refused = "due: Choose a day from today up to a year ahead";
        assert_eq!(check_draft("Call", "Lena", "2026-11-11"), refused);
        assert_eq!(check_draft("Call", "Lena", "2027-11-12"), "taken, due 2027-11-12");
        assert_eq!(check_draft("Call", "Lena", "2027-11-13"), refused);
        assert_eq!(check_draft("Call", "Lena", "soon"), refused);
    }

    #[test]
    fn a_note_of_500_characters_is_the_longest() {
        assert_eq!(check_draft(&"x".repeat(500), "", ""), "taken");
        assert!(check_draft(&"x".repeat(501), "", "").contains("the limit is 500"));
    }
}
