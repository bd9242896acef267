//! Panels, chips, buttons, links that look like tabs, empty states, dialogs.

use maud::{Markup, Render, html};

use crate::Icon;

/// A white box with a title, one line of context, at most one link at right.
#[derive(Clone, Debug, Default)]
pub struct Panel {
    title: String,
    id: Option<String>,
    context: String,
    link: Option<(String, String)>,
    stream: Option<String>,
    body: Markup,
}

impl Panel {
    /// A panel with its title.
    pub fn new(title: impl Into<String>) -> Panel {
        Panel { title: title.into(), ..Panel::default() }
    }

    /// Id, for anchors and live refresh.
    pub fn id(mut self, id: impl Into<String>) -> Panel {
        self.id = Some(id.into());
        self
    }

    /// Gray words after the title.
    pub fn context(mut self, context: impl Into<String>) -> Panel {
        self.context = context.into();
        self
    }

    /// The one link at right.
    pub fn link(mut self, words: impl Into<String>, href: impl Into<String>) -> Panel {
        self.link = Some((words.into(), href.into()));
        self
    }

    /// Renews the panel when this topic changes; needs an [`id`](Panel::id).
    pub fn stream(mut self, topic: impl Into<String>) -> Panel {
        self.stream = Some(topic.into());
        self
    }

    /// Content, edge to edge: tables and lists bring their own inset, text wants [`Panel::prose`].
    pub fn body(mut self, body: impl Render) -> Panel {
        self.body = body.render();
        self
    }

    /// Content with the panel's inset: text, forms, charts.
    pub fn prose(mut self, body: impl Render) -> Panel {
        self.body = html! { div.in { (body) } };
        self
    }
}

impl Render for Panel {
    fn render(&self) -> Markup {
        html! {
            section.panel id=[self.id.as_deref()] data-stream=[self.stream.as_deref()] {
                @if !self.title.is_empty() {
                    header {
                        h2 { (self.title) }
                        @if !self.context.is_empty() { p { (self.context) } }
                        @if let Some((words, href)) = &self.link { a href=(href) { (words) } }
                    }
                }
                (self.body)
            }
        }
    }
}

/// Two columns, 1.62 to 1, that become one under 1180 px.
pub fn columns(wide: impl Render, narrow: impl Render) -> Markup {
    html! { div.grid2 { div.stack { (wide) } div.stack { (narrow) } } }
}

/// Three columns of a board, the middle one wide; under each other, in this order, under 1180 px.
pub fn board(left: impl Render, middle: impl Render, right: impl Render) -> Markup {
    html! { div.board { div.stack { (left) } div.stack { (middle) } div.stack { (right) } } }
}

/// Panels under each other with the gap between panels.
pub fn stack(parts: impl Render) -> Markup {
    html! { div.stack { (parts) } }
}

/// What a chip says. Performance and obligation never share a color.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Rule broken, unsafe, past due.
    Breach,
    /// Due soon, preference missed.
    Due,
    /// Accepted, valid, complete.
    Done,
    /// Performance better than usual or budget.
    Better,
    /// Performance worse.
    Worse,
    /// Special cause without a direction.
    Moved,
    /// Neither good nor bad.
    Plain,
}

impl Status {
    pub(crate) fn class(self) -> &'static str {
        match self {
            Status::Breach => "breach",
            Status::Due => "due",
            Status::Done => "done",
            Status::Better => "better",
            Status::Worse => "worse",
            Status::Moved => "moved",
            Status::Plain => "plain",
        }
    }

    fn icon(self) -> Option<Icon> {
        match self {
            Status::Breach => Some(Icon::Warn),
            Status::Due => Some(Icon::Clock),
            Status::Done => Some(Icon::Tick),
            Status::Better => Some(Icon::Ring),
            Status::Worse => Some(Icon::Square),
            Status::Moved => Some(Icon::Diamond),
            Status::Plain => None,
        }
    }
}

/// Weak background, icon, word.
pub fn chip(status: Status, word: impl Render) -> Markup {
    html! {
        span class={ "chip " (status.class()) } { @if let Some(icon) = status.icon() { (icon) } (word) }
    }
}

/// A button or a link that looks like one.
#[derive(Clone, Debug)]
pub struct Button {
    words: String,
    target: Target,
    icon: Option<Icon>,
    class: &'static str,
    is_small: bool,
    about: Option<String>,
    dialog: Option<String>,
    why_not: Option<String>,
}

#[derive(Clone, Debug)]
enum Target {
    Link(String),
    Submit(Option<(String, String)>),
    Print,
}

impl Button {
    /// A link.
    pub fn link(words: impl Into<String>, href: impl Into<String>) -> Button {
        Button::to(words.into(), Target::Link(href.into()))
    }

    /// Sends the form it stands in.
    pub fn submit(words: impl Into<String>) -> Button {
        Button::to(words.into(), Target::Submit(None))
    }

    /// Sends the form it stands in with a name and value of its own.
    pub fn submit_as(words: impl Into<String>, name: impl Into<String>, value: impl Into<String>) -> Button {
        Button::to(words.into(), Target::Submit(Some((name.into(), value.into()))))
    }

    /// Opens the browser's print window; shown only where script runs, since the browser's menu does the same.
    pub fn print() -> Button {
        Button { icon: Some(Icon::Print), ..Button::to("Print".to_owned(), Target::Print) }
    }

    fn to(words: String, target: Target) -> Button {
        Button {
            words,
            target,
            icon: None,
            class: "",
            is_small: false,
            about: None,
            dialog: None,
            why_not: None,
        }
    }

    /// The one main action of a page or form.
    pub fn primary(mut self) -> Button {
        self.class = " pri";
        self
    }

    /// Without a border.
    pub fn quiet(mut self) -> Button {
        self.class = " quiet";
        self
    }

    /// Red outline, for what cannot be undone.
    pub fn danger(mut self) -> Button {
        self.class = " danger";
        self
    }

    /// 28 px high, for lists.
    pub fn small(mut self) -> Button {
        self.is_small = true;
        self
    }

    /// Glyph before the words.
    pub fn icon(mut self, icon: Icon) -> Button {
        self.icon = Some(icon);
        self
    }

    /// What the button is about, for those who hear it out of its row: `Find cover: Night shift ...`.
    pub fn about(mut self, about: impl Into<String>) -> Button {
        self.about = Some(about.into());
        self
    }

    /// Opens this dialog where script runs; the link or form remains the way without.
    pub fn opens(mut self, dialog: impl Into<String>) -> Button {
        self.dialog = Some(dialog.into());
        self
    }

    /// Cannot be used now; the reason stands beside it and is read with it.
    pub fn disabled(mut self, reason: impl Into<String>) -> Button {
        self.why_not = Some(reason.into());
        self
    }
}

impl Render for Button {
    fn render(&self) -> Markup {
        let class = format!("btn{}{}", self.class, if self.is_small { " sm" } else { "" });
        let label = self.about.as_ref().map(|about| format!("{}: {about}", self.words));
        let inside = html! { @if let Some(icon) = self.icon { (icon) } (self.words) };
        if let Some(reason) = &self.why_not {
            return html! {
                span.off { span class=(class) role="button" aria-disabled="true" tabindex="0" { (inside) } small { (reason) } }
            };
        }
        html! {
            @match &self.target {
                Target::Link(href) => {
                    a class=(class) href=(href) aria-label=[label] data-dialog=[self.dialog.as_deref()] { (inside) }
                }
                Target::Submit(field) => {
                    button class=(class) type="submit" name=[field.as_ref().map(|field| &field.0)]
                        value=[field.as_ref().map(|field| &field.1)] aria-label=[label]
                        data-dialog=[self.dialog.as_deref()] { (inside) }
                }
                Target::Print => {
                    button class=(class) type="button" data-print { (inside) }
                }
            }
        }
    }
}

/// Links that switch one view, the current one filled: words, href, is current.
pub fn segments(label: &str, links: &[(&str, &str, bool)]) -> Markup {
    html! {
        nav.seg aria-label=(label) {
            @for (words, href, is_current) in links {
                a href=(href) aria-current=[is_current.then_some("page")] { (words) }
            }
        }
    }
}

/// Links to the parts of one record, under its heading: words, href, is current.
pub fn tabs(label: &str, links: &[(&str, &str, bool)]) -> Markup {
    html! {
        nav.parts aria-label=(label) {
            @for (words, href, is_current) in links {
                a href=(href) aria-current=[is_current.then_some("page")] { (words) }
            }
        }
    }
}

/// Where a page stands in a tree, outermost first; the page itself is not in it.
pub fn breadcrumbs(links: &[(&str, &str)]) -> Markup {
    html! {
        nav.crumbs aria-label="Breadcrumb" { ol { @for (words, href) in links { li { a href=(href) { (words) } } } } }
    }
}

/// Terms and what they are.
pub fn description_list(rows: impl IntoIterator<Item = (impl Render, impl Render)>) -> Markup {
    html! { dl.dl { @for (term, text) in rows { div { dt { (term) } dd { (text) } } } } }
}

/// Keys and what they do; keys are separated by blanks: `g t`.
pub fn key_list(rows: &[(&str, &str)]) -> Markup {
    html! {
        dl.keys {
            @for (keys, what) in rows {
                div { dt { @for key in keys.split(' ') { kbd { (key) } } } dd { (what) } }
            }
        }
    }
}

/// A sentence that stands out inside a page.
pub fn notice(status: Status, text: impl Render) -> Markup {
    html! {
        div class={ "notice " (status.class()) } { @if let Some(icon) = status.icon() { (icon) } div { (text) } }
    }
}

/// What will be here, one thing to do, one quiet link, and the columns of the file if it comes by import.
#[derive(Clone, Debug, Default)]
pub struct Empty {
    title: String,
    text: String,
    action: Option<(String, String)>,
    quiet: Option<(String, String)>,
    asked_for: Option<String>,
    file_columns: Vec<String>,
}

impl Empty {
    /// Says what will be here.
    pub fn new(title: impl Into<String>, text: impl Into<String>) -> Empty {
        Empty { title: title.into(), text: text.into(), ..Empty::default() }
    }

    /// Nothing matches the filter; offers to clear it.
    pub fn filtered(clear_href: impl Into<String>) -> Empty {
        Empty::new("Nothing matches these filters", "Remove a filter to see more.")
            .action("Clear filters", clear_href)
    }

    /// The one thing to do.
    pub fn action(mut self, words: impl Into<String>, href: impl Into<String>) -> Empty {
        self.action = Some((words.into(), href.into()));
        self
    }

    /// One quiet link.
    pub fn quiet(mut self, words: impl Into<String>, href: impl Into<String>) -> Empty {
        self.quiet = Some((words.into(), href.into()));
        self
    }

    /// Whom to ask, for a reader to whom the page that fills this would not open: `import stays`.
    pub fn ask(mut self, what: impl Into<String>) -> Empty {
        self.asked_for = Some(what.into());
        self
    }

    /// Exact columns of the file that fills this.
    pub fn file_columns(mut self, columns: &[&str]) -> Empty {
        self.file_columns = columns.iter().map(|&column| column.to_owned()).collect();
        self
    }
}

impl Render for Empty {
    fn render(&self) -> Markup {
        html! {
            div.empty {
                p.h { (self.title) }
                p { (self.text) }
                @if let Some(what) = &self.asked_for { p { "Ask an administrator to " (what) "." } }
                @if !self.file_columns.is_empty() {
                    p { "Columns of the file:" @for column in &self.file_columns { " " code { (column) } } }
                }
                @if self.action.is_some() || self.quiet.is_some() {
                    p.go {
                        @if let Some((words, href)) = &self.action { (Button::link(words, href).primary()) }
                        @if let Some((words, href)) = &self.quiet { a href=(href) { (words) } }
                    }
                }
            }
        }
    }
}

/// Confirms what cannot be undone. Opened by a [`Button::opens`]; Esc closes it and focus returns.
#[derive(Clone, Debug)]
pub struct Dialog {
    id: String,
    title: String,
    body: Markup,
    actions: Markup,
}

impl Dialog {
    /// `actions` are the buttons of the form in it; Cancel is added.
    pub fn new(
        id: impl Into<String>,
        title: impl Into<String>,
        body: impl Render,
        actions: impl Render,
    ) -> Dialog {
        Dialog { id: id.into(), title: title.into(), body: body.render(), actions: actions.render() }
    }
}

impl Render for Dialog {
    fn render(&self) -> Markup {
        html! {
            dialog id=(self.id) aria-labelledby={ (self.id) "-t" } {
                h2 id={ (self.id) "-t" } { (self.title) }
                (self.body)
                div.go { (self.actions) form method="dialog" { button.btn { "Cancel" } } }
            }
        }
    }
}
