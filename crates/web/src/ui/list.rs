//! "Needs you" and lists of dated lines.

use maud::{Markup, Render, html};

use super::basic::{Button, Status, chip};

/// One thing that needs the reader: a sentence, why, when, and the button that starts the fix.
#[derive(Clone, Debug, Default)]
pub struct Need {
    /// When: `09:00`, `Today`, `Fri`.
    pub due: String,
    /// Small words under it: `now`, `huddle`.
    pub due_note: String,
    /// Past its limit, or now.
    pub is_late: bool,
    /// One sentence.
    pub title: String,
    /// Why, in one or two sentences.
    pub reason: String,
    /// State and its word.
    pub status: Option<(Status, String)>,
    /// Words of the button and where the fix starts.
    pub action: (String, String),
    /// Where the need can be put off with a reason and a date.
    pub dismiss_href: Option<String>,
}

/// The list, most urgent first; the first button is the filled one.
#[derive(Clone, Debug, Default)]
pub struct NeedList {
    needs: Vec<Need>,
}

impl NeedList {
    /// Takes the needs in the order they are shown.
    pub fn new(needs: Vec<Need>) -> NeedList {
        NeedList { needs }
    }
}

impl Render for NeedList {
    fn render(&self) -> Markup {
        html! {
            ol.acts data-list {
                @for (idx, need) in self.needs.iter().enumerate() {
                    li {
                        div.by.late[need.is_late] { (need.due) @if !need.due_note.is_empty() { small { (need.due_note) } } }
                        div { strong { (need.title) } p { (need.reason) } }
                        div.go {
                            @if let Some((status, word)) = &need.status { (chip(*status, word)) } @else { span {} }
                            (action(need, idx == 0))
                            @if let Some(href) = &need.dismiss_href {
                                a.later href=(href) aria-label={ "Not now: " (need.title) } { "Not now" }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn action(need: &Need, is_first: bool) -> Button {
    let (words, href) = &need.action;
    let button = Button::link(words, href).small().about(&need.title);
    if is_first { button.primary() } else { button }
}

/// One line of a list of dated things.
#[derive(Clone, Debug, Default)]
pub struct AgendaLine {
    /// When: `09:30`, `Sun`, `Nov 18`.
    pub when: String,
    /// What.
    pub title: String,
    /// Gray words under it.
    pub note: String,
    /// Where the title leads.
    pub href: Option<String>,
    /// Chip or small button at right.
    pub end: Markup,
}

/// Dated lines: the day, what is due, a history.
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    /// The lines, in order.
    pub lines: Vec<AgendaLine>,
}

impl Render for Agenda {
    fn render(&self) -> Markup {
        html! {
            ul.list {
                @for line in &self.lines {
                    li {
                        @if !line.when.is_empty() { span.when { (line.when) } }
                        span.what {
                            @if let Some(href) = &line.href { a href=(href) { (line.title) } } @else { (line.title) }
                            @if !line.note.is_empty() { small { (line.note) } }
                        }
                        (line.end)
                    }
                }
            }
        }
    }
}
