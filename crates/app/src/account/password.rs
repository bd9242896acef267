//! Changing one's password, by wish or because an administrator gave a new one.

use super::person;
use crate::admin::kit::sentence;
use area::{Answer, Visit};
use identity::people::{ChangeRefused, change_password};
use web::{Errors, Field, Form, Page, Panel, Status, html, notice};

pub(super) async fn page(visit: Visit) -> Answer {
    show(&visit, &Errors::new()).await
}

pub(super) async fn send(visit: Visit) -> Answer {
    let who = person(&visit)?;
    let (present, new) = (visit.form.raw("present").to_owned(), visit.form.raw("new").to_owned());
    let mut errors = Errors::new();
    if present.is_empty() {
        errors.add("present", "Enter your present password");
    }
    if new.is_empty() {
        errors.add("new", "Enter a new password of at least 12 characters");
    } else if new != visit.form.raw("again") {
        errors.add("again", "The two new passwords differ; type the same one twice");
    }
    if errors.is_empty() {
        let (person, keep) = (who.access.person_id(), Some(who.session.clone()));
        match change_password(&visit.ctx.db, visit.actor(), person, present, new, keep).await {
            Ok(()) => return Ok(visit.go(if who.must_change { "/" } else { "/me?done=password" })),
            Err(ChangeRefused::Store(error)) => return Err(error.into()),
            Err(refused @ ChangeRefused::Wrong) => errors.add("present", sentence(&refused.to_string())),
            Err(refused @ (ChangeRefused::Same | ChangeRefused::Weak(_) | ChangeRefused::NoPerson)) => {
                errors.add("new", sentence(&refused.to_string()));
            }
        }
    }
    show(&visit, &errors).await
}

async fn show(visit: &Visit, errors: &Errors) -> Answer {
    let who = person(visit)?;
    let mut form = Form::post("/me/password", &who.csrf)
        .errors(errors)
        .field(Field::password("present", "Present password"))
        .field(
            Field::password("new", "New password")
                .hint("At least 12 characters; a few words are easy to keep in mind. Paste and password managers work")
                .autocomplete("new-password"),
        )
        .field(Field::password("again", "The same again").autocomplete("new-password"))
        .submit("Change password");
    if !who.must_change {
        form = form.cancel("/me");
    }
    let body = html! {
        @if who.must_change {
            (notice(Status::Due, html! { "Your password was given by an administrator. Choose your own to go on." }))
        }
        (Panel::default().prose(html! {
            (form)
            p.sub { "Everywhere else you are signed in ends. This browser stays signed in." }
        }))
    };
    visit.show(&Page::new("Change password").context("Your page").errors(errors).body(body)).await
}
