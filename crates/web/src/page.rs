//! Whole documents: the page in its shell, the bare page of sign-in and errors, and the wall.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, html};

use crate::{Errors, Icon, Shell, Theme, assets, shell::EVENTS_PATH, shell::banner_strip};

/// How old one source of the page is.
#[derive(Clone, Debug)]
pub struct Freshness {
    /// Source and age in words: `Bed feed 2 min ago`.
    pub text: String,
    /// Whether it is past its limit; shows the amber square.
    pub is_old: bool,
}

impl Freshness {
    /// Within its limit.
    pub fn fresh(text: impl Into<String>) -> Freshness {
        Freshness { text: text.into(), is_old: false }
    }

    /// Past its limit.
    pub fn old(text: impl Into<String>) -> Freshness {
        Freshness { text: text.into(), is_old: true }
    }
}

impl maud::Render for Freshness {
    fn render(&self) -> Markup {
        html! {
            span.fresh.old[self.is_old] { @if self.is_old { span.vh { "Stale: " } } (self.text) }
        }
    }
}

/// The last change, offered for undoing until the next one.
#[derive(Clone, Debug)]
pub struct Undo {
    /// What was changed: `Changed Dang, Nov 24 to Night.`
    pub text: String,
    /// Where undoing is posted.
    pub action: String,
    /// Token that names the change.
    pub token: String,
}

/// One page, before it is put in its shell.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Heading and document title.
    pub title: String,
    /// Context line: period, scope, state.
    pub context: String,
    /// Age of each source.
    pub fresh: Vec<Freshness>,
    /// Buttons at the right of the heading.
    pub actions: Markup,
    /// Content.
    pub body: Markup,
    /// The last change.
    pub undo: Option<Undo>,
    /// Boards: navigation as a rail, content as wide as the window.
    pub full_width: bool,
    /// Loads the page again after so many seconds, with or without script.
    pub refresh_seconds: Option<u32>,
    /// Whether the page answers a refused form; the title then starts with `Error:`.
    pub has_errors: bool,
    /// The same page at 20 px, for a room to read.
    pub huddle: bool,
}

impl Page {
    /// A page with its title and nothing else.
    pub fn new(title: impl Into<String>) -> Page {
        Page { title: title.into(), ..Page::default() }
    }

    /// Sets the context line.
    pub fn context(mut self, context: impl Into<String>) -> Page {
        self.context = context.into();
        self
    }

    /// Adds the age of a source.
    pub fn fresh(mut self, fresh: Freshness) -> Page {
        self.fresh.push(fresh);
        self
    }

    /// Sets the buttons at the right of the heading.
    pub fn actions(mut self, actions: Markup) -> Page {
        self.actions = actions;
        self
    }

    /// Sets the content.
    pub fn body(mut self, body: Markup) -> Page {
        self.body = body;
        self
    }

    /// Shows the undo strip.
    pub fn undo(mut self, undo: Option<Undo>) -> Page {
        self.undo = undo;
        self
    }

    /// Makes it a board: rail and full width.
    pub fn full_width(mut self) -> Page {
        self.full_width = true;
        self
    }

    /// Loads it again after so many seconds.
    pub fn refresh(mut self, seconds: u32) -> Page {
        self.refresh_seconds = Some(seconds);
        self
    }

    /// Marks the title when the form was refused.
    pub fn errors(mut self, errors: &Errors) -> Page {
        self.has_errors = !errors.is_empty();
        self
    }

    /// Huddle mode.
    pub fn huddle(mut self) -> Page {
        self.huddle = true;
        self
    }
}

/// The complete document: skip link, navigation, header, page, tab bar.
pub fn render(shell: &Shell, page: &Page) -> Markup {
    let scope = shell.scope.last().map(|crumb| crumb.name.as_str());
    let title = [Some(page.title.as_str()), scope, Some(shell.product.as_str())]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" - ");
    let title = if page.has_errors { format!("Error: {title}") } else { title };
    let is_railed = page.full_width || page.huddle;
    html! {
        (DOCTYPE)
        html lang="en" data-theme=[shell.theme.attribute()] data-density=[shell.density.attribute()] data-mode=[page.huddle.then_some("huddle")] {
            (head(&title, page.refresh_seconds))
            body data-keys=(if shell.single_letter_keys { "on" } else { "off" }) data-session=[shell.session_seconds] data-events=(EVENTS_PATH) data-refresh=[page.refresh_seconds] {
                a.skip href="#main" { "Skip to content" }
                (hatch())
                (banner_strip(&shell.banners))
                div.shell.railed[is_railed] {
                    (shell.side_nav(is_railed))
                    div.col {
                        (shell.top())
                        main #main tabindex="-1" {
                            p.printhead { (shell.product) ". " (shell.scope_text()) @if !shell.as_of.is_empty() { ". As of " (shell.as_of) } }
                            (heading(page))
                            @if let Some(undo) = &page.undo { (undo_strip(undo, &shell.csrf)) }
                            (page.body)
                        }
                    }
                }
                (shell.tab_bar())
                div.vh #live role="status" aria-live="polite" {}
            }
        }
    }
}

/// A document without shell, for sign-in, first run and errors.
pub fn render_bare(title: &str, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(&format!("{title} - Helmward"), None))
            body.bare {
                (hatch())
                main #main tabindex="-1" {
                    p.brand { span.mark { (Icon::Flag) } span { "Helmward" } }
                    // The title tells of an error first; the heading names the page, as on every other one.
                    section.panel.card { h1 { (title.strip_prefix("Error: ").unwrap_or(title)) } (body) }
                }
            }
        }
    }
}

/// A document for a screen on the wall: no navigation, no names, 28 px figures.
pub fn render_wall(
    title: &str,
    context: &str,
    fresh: &[Freshness],
    theme: Theme,
    refresh: u32,
    body: Markup,
) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme=[theme.attribute()] data-mode="wall" {
            (head(&format!("{title} - Helmward"), Some(refresh)))
            body.wall data-events=(EVENTS_PATH) data-refresh=(refresh) {
                (hatch())
                main #main {
                    div.ph {
                        div { h1 { (title) } p.sub { (context) } }
                        div.act { @for item in fresh { (item) } }
                    }
                    (body)
                }
            }
        }
    }
}

/// Answers a refused form: the page again, status 422.
pub fn unprocessable(document: Markup) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, document).into_response()
}

/// Body of an error page: what is wrong, what to do, and a reference id on faults of ours only.
pub fn error_page(status: StatusCode, reference: Option<&str>) -> (&'static str, Markup) {
    let (title, words) = match status.as_u16() {
        404 => (
            "Page not found",
            "There is nothing at this address, or it is outside what you may see. Check the address, or start again from Today.",
        ),
        408 | 504 => {
            ("This took too long", "The answer did not come in time. Wait a moment and load the page again.")
        }
        413 => {
            ("The file is too large", "Split the file into smaller ones and upload them one after another.")
        }
        422 => {
            ("This could not be saved", "Go back, read the words beside each field, and send the form again.")
        }
        429 => ("Too many tries", "Wait a few minutes, then try again."),
        400..500 => ("This request could not be read", "Go back, load the page again, and repeat the step."),
        _ => (
            "Something went wrong on our side",
            "Nothing you entered was saved by this step. Load the page again; if it happens again, give the reference below to your administrator.",
        ),
    };
    let shows_reference = status.is_server_error();
    let body = html! {
        p.lead { (words) }
        @if let (true, Some(reference)) = (shows_reference, reference) {
            p.sub { "Reference " code { (reference) } }
        }
        p.go { a.btn.pri href="/" { "Go to Today" } }
    };
    (title, body)
}

fn head(title: &str, refresh_seconds: Option<u32>) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
            meta name="color-scheme" content="light dark";
            title { (title) }
            link rel="stylesheet" href=(assets::stylesheet());
            link rel="icon" type="image/svg+xml" href=(assets::favicon());
            link rel="manifest" href=(assets::manifest_href());
            script type="module" src=(assets::script()) {}
            @if let Some(seconds) = refresh_seconds {
                noscript { meta http-equiv="refresh" content=(seconds); }
            }
        }
    }
}

/// The one pattern fill, defined once for every drawing on the page.
fn hatch() -> Markup {
    html! {
        svg.defs width="0" height="0" aria-hidden="true" focusable="false" {
            defs {
                pattern #hatch width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    path.hl d="M0 0V4" {}
                }
            }
        }
    }
}

fn heading(page: &Page) -> Markup {
    html! {
        div.ph {
            div { h1 { (page.title) } @if !page.context.is_empty() { p.sub { (page.context) } } }
            div.act {
                @for item in &page.fresh { (item) }
                (page.actions)
            }
        }
    }
}

fn undo_strip(undo: &Undo, csrf: &str) -> Markup {
    html! {
        form.undo method="post" action=(undo.action) {
            input type="hidden" name="csrf" value=(csrf);
            input type="hidden" name="undo" value=(undo.token);
            (Icon::Tick) span role="status" { (undo.text) }
            button.btn.sm type="submit" data-undo { (Icon::Undo) "Undo" }
        }
    }
}
