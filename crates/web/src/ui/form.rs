//! The form kit: label above, hint under it, the same words in the summary and beside the field.

use maud::{Markup, Render, html};

use super::basic::Button;
use crate::Icon;

/// What is wrong with one field, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Name of the field; empty for the form as a whole.
    pub field: String,
    /// The words.
    pub message: String,
}

/// What is wrong with a form, in the order of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors(Vec<FieldError>);

impl Errors {
    /// Nothing wrong.
    pub fn new() -> Errors {
        Errors::default()
    }

    /// Adds what is wrong with a field; an empty name stands for the form as a whole.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldError { field: field.into(), message: message.into() });
    }

    /// One error, for a form refused as a whole.
    pub fn of(field: impl Into<String>, message: impl Into<String>) -> Errors {
        Errors(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// Whether the form may be saved.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The errors in order.
    pub fn iter(&self) -> impl Iterator<Item = &FieldError> {
        self.0.iter()
    }

    /// Words for one field.
    pub fn for_field(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|error| error.field == field).map(|error| error.message.as_str())
    }
}

impl Render for Errors {
    /// The summary on top of the form; it takes the focus.
    fn render(&self) -> Markup {
        html! {
            @if !self.is_empty() {
                div.errs #errors role="alert" tabindex="-1" autofocus aria-labelledby="errors-t" {
                    h2 #errors-t { (Icon::Warn) "There is a problem" }
                    ul {
                        @for error in &self.0 {
                            li {
                                @if error.field.is_empty() { (error.message) } @else {
                                    a href={ "#f-" (error.field) } { (error.message) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// One answer of a select, radio or checkbox group.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Value posted.
    pub value: String,
    /// Words shown.
    pub label: String,
    /// Gray words under them; not shown in a select.
    pub hint: String,
    /// Whether it is on.
    pub is_on: bool,
}

impl Choice {
    /// An answer with its words.
    pub fn new(value: impl Into<String>, label: impl Into<String>, is_on: bool) -> Choice {
        Choice { value: value.into(), label: label.into(), hint: String::new(), is_on }
    }
}

#[derive(Clone, Debug)]
enum Kind {
    Input(&'static str),
    Textarea(u8),
    Select(Vec<Choice>),
    Checks(Vec<Choice>),
    Radios(Vec<Choice>),
    File(String),
}

/// One question of a form.
#[derive(Clone, Debug)]
pub struct Field {
    name: String,
    label: String,
    kind: Kind,
    value: String,
    hint: String,
    unit: String,
    error: Option<String>,
    is_optional: bool,
    is_read_only: bool,
    is_short: bool,
    autocomplete: Option<&'static str>,
    input_mode: Option<&'static str>,
    why_not: Option<String>,
}

impl Field {
    fn new(name: impl Into<String>, label: impl Into<String>, kind: Kind) -> Field {
        Field {
            name: name.into(),
            label: label.into(),
            kind,
            value: String::new(),
            hint: String::new(),
            unit: String::new(),
            error: None,
            is_optional: false,
            is_read_only: false,
            is_short: false,
            autocomplete: None,
            input_mode: None,
            why_not: None,
        }
    }

    /// One line of text.
    pub fn text(name: impl Into<String>, label: impl Into<String>) -> Field {
        Field::new(name, label, Kind::Input("text"))
    }

    /// A password; paste and password managers work, and no draft is kept.
    pub fn password(name: impl Into<String>, label: impl Into<String>) -> Field {
        Field { autocomplete: Some("current-password"), ..Field::new(name, label, Kind::Input("password")) }
    }

    /// An e-mail address.
    pub fn email(name: impl Into<String>, label: impl Into<String>) -> Field {
        Field { autocomplete: Some("email"), ..Field::new(name, label, Kind::Input("email")) }
    }

    /// A number, as text with a number pad: browsers' number boxes change values by scrolling.
    pub fn number(name: impl Into<String>, label: impl Into<String>) -> Field {
        Field { input_mode: Some("decimal"), is_short: true, ..Field::new(name, label, Kind::Input("text")) }
    }

    /// A day, ISO.
    pub fn date(name: impl Into<String>, label: impl Into<String>) -> Field {
        Field { is_short: true, ..Field::new(name, label, Kind::Input("date")) }
    }

    /// A time of day, 24 hours.
    pub fn time(name: impl Into<String>, label: impl Into<String>) -> Field {
        Field { is_short: true, ..Field::new(name, label, Kind::Input("time")) }
    }

    /// One of a few, as the browser's own list.
    pub fn select(name: impl Into<String>, label: impl Into<String>, choices: Vec<Choice>) -> Field {
        Field::new(name, label, Kind::Select(choices))
    }

    /// Any of a few.
    pub fn checks(name: impl Into<String>, label: impl Into<String>, choices: Vec<Choice>) -> Field {
        Field::new(name, label, Kind::Checks(choices))
    }

    /// One of a few, all visible.
    pub fn radios(name: impl Into<String>, label: impl Into<String>, choices: Vec<Choice>) -> Field {
        Field::new(name, label, Kind::Radios(choices))
    }

    /// Several lines of text.
    pub fn textarea(name: impl Into<String>, label: impl Into<String>, rows: u8) -> Field {
        Field::new(name, label, Kind::Textarea(rows))
    }

    /// A file; `accept` as in HTML: `.csv,.xlsx`.
    pub fn file(name: impl Into<String>, label: impl Into<String>, accept: impl Into<String>) -> Field {
        Field::new(name, label, Kind::File(accept.into()))
    }

    /// What was entered or is stored.
    pub fn value(mut self, value: impl Into<String>) -> Field {
        self.value = value.into();
        self
    }

    /// Gray words under the label.
    pub fn hint(mut self, hint: impl Into<String>) -> Field {
        self.hint = hint.into();
        self
    }

    /// Unit after the box.
    pub fn unit(mut self, unit: impl Into<String>) -> Field {
        self.unit = unit.into();
        self
    }

    /// Marked "(optional)".
    pub fn optional(mut self) -> Field {
        self.is_optional = true;
        self
    }

    /// A box no wider than its content needs.
    pub fn short(mut self) -> Field {
        self.is_short = true;
        self
    }

    /// Shown, not to be changed here.
    pub fn read_only(mut self) -> Field {
        self.is_read_only = true;
        self
    }

    /// Cannot be changed, and why.
    pub fn disabled(mut self, reason: impl Into<String>) -> Field {
        self.why_not = Some(reason.into());
        self
    }

    /// What browsers may fill in.
    pub fn autocomplete(mut self, what: &'static str) -> Field {
        self.autocomplete = Some(what);
        self
    }

    /// What is wrong; [`Form::errors`] sets it for all fields at once.
    pub fn error(mut self, message: Option<&str>) -> Field {
        self.error = message.map(str::to_owned);
        self
    }

    fn described_by(&self) -> Option<String> {
        let parts = [
            (!self.hint.is_empty()).then(|| format!("h-{}", self.name)),
            self.why_not.as_ref().map(|_| format!("d-{}", self.name)),
            self.error.as_ref().map(|_| format!("e-{}", self.name)),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    fn notes(&self) -> Markup {
        html! {
            @if !self.hint.is_empty() { span.hint id={ "h-" (self.name) } { (self.hint) } }
            @if let Some(reason) = &self.why_not { span.hint id={ "d-" (self.name) } { (Icon::Lock) (reason) } }
            @if let Some(error) = &self.error { span.err id={ "e-" (self.name) } { (Icon::Warn) (error) } }
        }
    }

    fn title(&self) -> Markup {
        html! { (self.label) @if self.is_optional { span.opt { " (optional)" } } }
    }

    fn control(&self) -> Markup {
        let id = format!("f-{}", self.name);
        let invalid = self.error.as_ref().map(|_| "true");
        let class = self.is_short.then_some("short");
        let is_off = self.why_not.is_some();
        html! {
            @match &self.kind {
                Kind::Textarea(rows) => {
                    textarea id=(id) name=(self.name) rows=(rows) aria-invalid=[invalid] aria-describedby=[self.described_by()]
                        readonly[self.is_read_only] disabled[is_off] { "\n" (self.value) }
                }
                Kind::Select(choices) => {
                    select id=(id) class=[class] name=(self.name) aria-invalid=[invalid]
                        aria-describedby=[self.described_by()] disabled[is_off || self.is_read_only] {
                        @for choice in choices { option value=(choice.value) selected[choice.is_on] { (choice.label) } }
                    }
                }
                Kind::File(accept) => {
                    input id=(id) type="file" name=(self.name) accept=(accept) aria-invalid=[invalid]
                        aria-describedby=[self.described_by()] disabled[is_off];
                }
                Kind::Input(kind) => {
                    input id=(id) class=[class] type=(kind) name=(self.name)
                        value=[(*kind != "password").then_some(&self.value)]
                        autocomplete=[self.autocomplete] inputmode=[self.input_mode] aria-invalid=[invalid]
                        aria-describedby=[self.described_by()] readonly[self.is_read_only] disabled[is_off];
                }
                Kind::Checks(_) | Kind::Radios(_) => {}
            }
        }
    }

    fn group(&self, kind: &str, choices: &[Choice]) -> Markup {
        let is_off = self.why_not.is_some() || self.is_read_only;
        html! {
            fieldset.f.bad[self.error.is_some()] aria-describedby=[self.described_by()] disabled[is_off] {
                legend { (self.title()) }
                (self.notes())
                @for (idx, choice) in choices.iter().enumerate() {
                    @let id = if idx == 0 { format!("f-{}", self.name) } else { format!("f-{}-{idx}", self.name) };
                    div.opt1 {
                        input id=(id) type=(kind) name=(self.name) value=(choice.value) checked[choice.is_on];
                        label for=(id) { (choice.label) @if !choice.hint.is_empty() { small { (choice.hint) } } }
                    }
                }
            }
        }
    }
}

impl Render for Field {
    fn render(&self) -> Markup {
        match &self.kind {
            Kind::Checks(choices) => self.group("checkbox", choices),
            Kind::Radios(choices) => self.group("radio", choices),
            Kind::Input(_) | Kind::Textarea(_) | Kind::Select(_) | Kind::File(_) => html! {
                div.f.bad[self.error.is_some()] {
                    label for={ "f-" (self.name) } { (self.title()) }
                    (self.notes())
                    @if self.unit.is_empty() { (self.control()) } @else {
                        span.unit { (self.control()) span { (self.unit) } }
                    }
                }
            },
        }
    }
}

#[derive(Clone, Debug)]
enum Part {
    Field(Box<Field>),
    Other(Markup),
}

/// One column of fields and the button that sends them.
#[derive(Clone, Debug)]
pub struct Form {
    action: String,
    csrf: String,
    errors: Errors,
    hidden: Vec<(String, String)>,
    parts: Vec<Part>,
    submit: Vec<Button>,
    cancel_href: Option<String>,
    has_files: bool,
    draft: Option<String>,
}

impl Form {
    /// A form posted to `action` with its token.
    pub fn post(action: impl Into<String>, csrf: impl Into<String>) -> Form {
        Form {
            action: action.into(),
            csrf: csrf.into(),
            errors: Errors::new(),
            hidden: Vec::new(),
            parts: Vec::new(),
            submit: Vec::new(),
            cancel_href: None,
            has_files: false,
            draft: None,
        }
    }

    /// What was wrong with the last try: the summary on top, and each field's own words.
    pub fn errors(mut self, errors: &Errors) -> Form {
        self.errors = errors.clone();
        self
    }

    /// Adds a field.
    pub fn field(mut self, field: Field) -> Form {
        self.has_files |= matches!(field.kind, Kind::File(_));
        self.parts.push(Part::Field(Box::new(field)));
        self
    }

    /// Adds anything else between the fields.
    pub fn part(mut self, part: impl Render) -> Form {
        self.parts.push(Part::Other(part.render()));
        self
    }

    /// A value the reader does not see, such as the version they edited.
    pub fn hidden(mut self, name: impl Into<String>, value: impl Into<String>) -> Form {
        self.hidden.push((name.into(), value.into()));
        self
    }

    /// The main button.
    pub fn submit(self, words: impl Into<String>) -> Form {
        self.button(Button::submit(words).primary())
    }

    /// A further button.
    pub fn button(mut self, button: Button) -> Form {
        self.submit.push(button);
        self
    }

    /// Where to go without saving.
    pub fn cancel(mut self, href: impl Into<String>) -> Form {
        self.cancel_href = Some(href.into());
        self
    }

    /// Keeps what is typed in this tab under a key until the form is sent.
    pub fn draft(mut self, key: impl Into<String>) -> Form {
        self.draft = Some(key.into());
        self
    }
}

impl Render for Form {
    fn render(&self) -> Markup {
        html! {
            form.form method="post" action=(self.action) novalidate
                enctype=[self.has_files.then_some("multipart/form-data")] data-draft=[self.draft.as_deref()] {
                (self.errors)
                input type="hidden" name="csrf" value=(self.csrf);
                @for (name, value) in &self.hidden { input type="hidden" name=(name) value=(value); }
                @for part in &self.parts {
                    @match part {
                        Part::Other(markup) => { (markup) }
                        Part::Field(field) => {
                            @let error = self.errors.for_field(&field.name).or(field.error.as_deref());
                            ((**field).clone().error(error))
                        }
                    }
                }
                div.go {
                    @for button in &self.submit { (button) }
                    @if let Some(href) = &self.cancel_href { a.btn.quiet href=(href) { "Cancel" } }
                }
            }
        }
    }
}
