//! Two people changed the same thing: both values side by side, and nothing lost.
//!
//! A form carries what it was read at in the hidden field [`VERSION_FIELD`]; the handler compares it in the
//! transaction that saves, and answers [`conflict`] when somebody else was first.

use crate::frame::CSRF_FIELD;
use crate::visit::Visit;
use crate::{Answer, Response, StatusCode};
use store::StoreError;
use web::{Column, Form, Page, Panel, Row, Status, Table, html, notice, stack};

/// The form field that says which state of a record the form was filled from.
pub const VERSION_FIELD: &str = "version";

/// Why a form was not saved.
#[derive(Debug)]
pub enum Unsaved<E> {
    /// Somebody saved the record while the form was open.
    Stale,
    /// What was entered cannot be saved.
    Refused(E),
}

impl<E: From<StoreError>> From<StoreError> for Unsaved<E> {
    fn from(error: StoreError) -> Unsaved<E> {
        Unsaved::Refused(error.into())
    }
}

/// One value of the form: its label, what is stored now, what was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// The field's label.
    pub label: &'static str,
    /// What is stored now.
    pub stored: String,
    /// What was entered.
    pub entered: String,
}

impl Differing {
    /// A value in its two states.
    pub fn new(label: &'static str, stored: impl Into<String>, entered: impl Into<String>) -> Differing {
        Differing { label, stored: stored.into(), entered: entered.into() }
    }
}

impl Visit {
    /// The version the form that was sent was filled from; empty when it carries none, which is never one.
    #[must_use]
    pub fn version(&self) -> String {
        self.form.raw(VERSION_FIELD).replace("\r\n", "\n")
    }

    /// Status 409: what is stored and what was entered, with the choice to save it all the same or to go
    /// `back` and leave what is stored. `version` is that of the stored state.
    ///
    /// # Errors
    /// As [`Visit::show`].
    pub async fn conflict(&self, title: &str, back: &str, version: &str, values: &[Differing]) -> Answer {
        let row = |value: &Differing| {
            let say = |text: &str| if text.is_empty() { "Nothing".to_owned() } else { text.to_owned() };
            Row::default().cell(value.label).cell(say(&value.stored)).cell(say(&value.entered))
        };
        let table = Table::new("conflict", "What is stored and what you entered")
            .column(Column::text("Field"))
            .column(Column::text("Stored now").wide())
            .column(Column::text("You entered").wide())
            .rows(values.iter().map(row));
        let mut mine = Form::post(self.path.clone(), &self.who()?.csrf).hidden(VERSION_FIELD, version);
        for (name, value) in self.form.pairs() {
            if name != CSRF_FIELD && name != VERSION_FIELD {
                mine = mine.hidden(name, value);
            }
        }
        let mine = mine.submit("Save mine").cancel(back);
        let words = "Somebody saved this while you were editing. Compare the two, then save yours over it, or \
                     cancel and leave what is stored.";
        let body = stack(html! {
            (notice(Status::Due, words))
            (Panel::default().body(table))
            (Panel::default().prose(mine))
        });
        let shown = self.show(&Page::new(title).context("Two changes").body(body)).await?;
        let (mut parts, body) = shown.into_parts();
        parts.status = StatusCode::CONFLICT;
        Ok(Response::from_parts(parts, body))
    }
}
