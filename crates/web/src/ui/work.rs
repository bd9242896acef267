//! Long work, imports, and two people saving the same record.

use maud::{Markup, Render, html};

use super::basic::{Button, Status, chip};
use crate::format;

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// Waits for its turn.
    Waiting,
    /// Is being worked on.
    Running,
    /// Finished.
    Done,
    /// Could not finish.
    Failed,
    /// Stopped by a person.
    Stopped,
}

impl JobState {
    fn chip(self) -> Markup {
        match self {
            JobState::Waiting => chip(Status::Plain, "Waiting"),
            JobState::Running => chip(Status::Plain, "Running"),
            JobState::Done => chip(Status::Done, "Done"),
            JobState::Failed => chip(Status::Breach, "Failed"),
            JobState::Stopped => chip(Status::Due, "Stopped"),
        }
    }

    /// Whether it may still change; the page then refreshes itself.
    pub fn is_open(self) -> bool {
        matches!(self, JobState::Waiting | JobState::Running)
    }
}

/// One job: state, elapsed, progress, what it found so far, Stop.
#[derive(Clone, Debug)]
pub struct JobPanel {
    /// Id on the page, renewed when `topic` changes.
    pub id: String,
    /// What is being done.
    pub title: String,
    /// How it stands.
    pub state: JobState,
    /// Seconds since it began.
    pub elapsed_seconds: u64,
    /// Steps done, and of how many when that is known.
    pub progress: (u64, Option<u64>),
    /// What the steps are: `messages`.
    pub unit: String,
    /// Best so far, what will change, why it failed.
    pub facts: Vec<(String, String)>,
    /// Where Stop is posted, and the token.
    pub stop: Option<(String, String)>,
    /// Where the result is.
    pub result: Option<(String, String)>,
    /// Topic of the events that renew it.
    pub topic: String,
}

impl Render for JobPanel {
    fn render(&self) -> Markup {
        let (done, total) = self.progress;
        let written = |n: u64| format::count(i64::try_from(n).unwrap_or(i64::MAX));
        html! {
            section.panel.job id=(self.id) data-stream=(self.topic) {
                header { h2 { (self.title) } p { (format::elapsed(self.elapsed_seconds)) } (self.state.chip()) }
                div.in {
                    @if self.state.is_open() || total.is_some() {
                        progress aria-label={ (self.title) " progress" } value=[total.map(|_| done)] max=[total.map(|total| total.max(1))] {}
                    }
                    p.sub data-announce { @if self.state.is_open() || done > 0 || total.is_some() {
                        (written(done)) @if let Some(total) = total { " of " (written(total)) } " " (self.unit)
                    } }
                    @if !self.facts.is_empty() {
                        dl.facts { @for (term, text) in &self.facts { div { dt { (term) } dd { (text) } } } }
                    }
                    div.go {
                        @if let Some((words, href)) = &self.result { (Button::link(words, href).primary()) }
                        @if let (true, Some((action, csrf))) = (self.state.is_open(), &self.stop) {
                            form method="post" action=(action) {
                                input type="hidden" name="csrf" value=(csrf);
                                button.btn { (crate::Icon::Stop) "Stop" }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The steps of a wizard; `current` counts from 1.
pub fn steps(labels: &[&str], current: usize) -> Markup {
    html! {
        ol.steps aria-label="Steps" {
            @for (idx, label) in labels.iter().enumerate() {
                @let at = idx + 1;
                li.past[at < current] aria-current=[(at == current).then_some("step")] {
                    span.no { @if at < current { (crate::Icon::Tick) } @else { (at) } } (label)
                }
            }
        }
    }
}

/// One column of an uploaded file and what it may mean.
#[derive(Clone, Debug)]
pub struct MapColumn {
    /// Name in the file.
    pub column: String,
    /// First values in it.
    pub samples: Vec<String>,
    /// Form field of the choice.
    pub field: String,
    /// Fields it may fill, with an empty value for "leave out".
    pub choices: Vec<(String, String)>,
    /// Value chosen.
    pub chosen: String,
    /// What is wrong with the choice.
    pub error: Option<String>,
}

/// The table that says what each column of a file means. Stands inside a form.
pub fn map_columns(columns: &[MapColumn]) -> Markup {
    html! {
        div.tw tabindex="0" role="region" aria-label="Columns of the file" {
            table.t {
                thead { tr { th scope="col" { "Column in the file" } th.p2 scope="col" { "First values" } th scope="col" { "Means" } } }
                tbody {
                    @for column in columns {
                        tr {
                            th.nm scope="row" { (column.column) }
                            td.wrap.dim.p2 { (column.samples.join(", ")) }
                            td {
                                select name=(column.field) id={ "f-" (column.field) } aria-label={ "Meaning of " (column.column) }
                                    aria-invalid=[column.error.as_ref().map(|_| "true")]
                                    aria-describedby=[column.error.as_ref().map(|_| format!("e-{}", column.field))] {
                                    @for (value, words) in &column.choices {
                                        option value=(value) selected[*value == column.chosen] { (words) }
                                    }
                                }
                                @if let Some(error) = &column.error { span.err id={ "e-" (column.field) } { (error) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What an import would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// Rows that make a record.
    pub new: u64,
    /// Rows that change one.
    pub changed: u64,
    /// Rows that say what is known.
    pub same: u64,
    /// Rows refused, with a reason.
    pub rejected: u64,
}

/// The four counts side by side; the refused rows as a file.
pub fn import_counts(counts: ImportCounts, rejects_href: Option<&str>) -> Markup {
    let written = |n: u64| format::count(i64::try_from(n).unwrap_or(i64::MAX));
    html! {
        dl.counts {
            div { dt { "New" } dd { (written(counts.new)) } }
            div { dt { "Changed" } dd { (written(counts.changed)) } }
            div { dt { "Same" } dd { (written(counts.same)) } }
            div.bad[counts.rejected > 0] {
                dt { "Rejected" }
                dd { (written(counts.rejected)) }
                @if let (true, Some(href)) = (counts.rejected > 0, rejects_href) {
                    dd.rej { a href=(href) download { "Rejected rows with reasons" } }
                }
            }
        }
    }
}

/// Two people changed the same record: both values side by side, the reader decides.
#[derive(Clone, Debug, Default)]
pub struct Conflict {
    /// Who saved first, and when: `Lena Brandt, 2 min ago`.
    pub theirs: String,
    /// Field name, its label, their value, your value.
    pub fields: Vec<(String, String, String, String)>,
    /// Where the decision is posted; each field as `theirs` or `mine`.
    pub action: String,
    /// Token of the form.
    pub csrf: String,
    /// Version the decision is about.
    pub version: String,
}

impl Render for Conflict {
    fn render(&self) -> Markup {
        html! {
            form.conflict method="post" action=(self.action) {
                input type="hidden" name="csrf" value=(self.csrf);
                input type="hidden" name="version" value=(self.version);
                p { b { "Someone saved this record while you were editing." } " Choose a value for each line, then save." }
                @for (name, label, theirs, yours) in &self.fields {
                    fieldset {
                        legend { (label) }
                        label { input type="radio" name=(name) value="theirs" checked; span { small { (self.theirs) } (theirs) } }
                        label { input type="radio" name=(name) value="mine"; span { small { "You" } (yours) } }
                    }
                }
                div.go { (Button::submit("Save these values").primary()) }
            }
        }
    }
}
