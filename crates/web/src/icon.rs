//! The stroke icons: 16 px, 1.6 px lines, always beside a word.

use maud::{Markup, Render, html};

/// One glyph of the set. Writing `(Icon::Print)` in a template draws it, hidden from screen readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// Agenda with a tick: Today.
    Today,
    /// Bed: census and flow.
    Bed,
    /// Two people: workforce.
    People,
    /// Door: patients and access.
    Door,
    /// Triangle with a stroke: emergency, rule broken.
    Warn,
    /// Dollar: finance.
    Money,
    /// Receipt: revenue.
    Receipt,
    /// Shield with a tick: compliance.
    Shield,
    /// Line in axes: quality and safety.
    Chart,
    /// Flag: projects and goals, and the product mark.
    Flag,
    /// Speech: communication.
    Speech,
    /// Sheet: reports.
    Sheet,
    /// Cog: administration.
    Cog,
    /// Three lines: more.
    Menu,
    /// Magnifier.
    Search,
    /// Chevron down: opens a menu.
    Down,
    /// Chevron right: next, or one level deeper.
    Right,
    /// Chevron left: previous.
    Left,
    /// Clock: due.
    Clock,
    /// Tick: done.
    Tick,
    /// Cross: remove, close.
    Cross,
    /// Printer.
    Print,
    /// Curved arrow: undo.
    Undo,
    /// Arrow into a tray: download.
    Download,
    /// Arrow out of a tray: upload, import.
    Upload,
    /// Plus.
    Plus,
    /// Pencil: edit.
    Edit,
    /// Padlock: locked, sealed.
    Lock,
    /// Eye: viewed, access log.
    Eye,
    /// Letter i in a ring: definition.
    Info,
    /// Funnel: filter.
    Filter,
    /// Clock running backwards: history.
    History,
    /// Link.
    Link,
    /// Person: my page, account.
    Person,
    /// Plug: feed.
    Feed,
    /// Stop square: stop a job.
    Stop,
    /// Diamond: moved, neither better nor worse.
    Diamond,
    /// Ring: better than usual.
    Ring,
    /// Square on its corner missing: worse than usual.
    Square,
    /// Half moon: theme.
    Moon,
    /// Building: site.
    Site,
    /// Leaving arrow: sign out.
    Leave,
    /// Key: tokens, permissions.
    Key,
}

impl Icon {
    // One line a glyph keeps the set readable as a table.
    #[rustfmt::skip]
    const fn path(self) -> &'static str {
        match self {
            Icon::Today => "M2 6.5h12M4.5 2v2M11.5 2v2M3 3.5h10a1 1 0 0 1 1 1V13a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V4.5a1 1 0 0 1 1-1zM5.5 10l1.8 1.8L10.7 8.5",
            Icon::Bed => "M1.5 3.5v10M1.5 11h13M14.5 13.5V9a2 2 0 0 0-2-2H7v4M4.2 8.2a1.3 1.3 0 1 0 0-2.6 1.3 1.3 0 0 0 0 2.6z",
            Icon::People => "M6 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1.5 13.5c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M10.5 3.3a2.5 2.5 0 0 1 0 4.5M12 9.8c1.6.5 2.6 1.8 2.6 3.7",
            Icon::Door => "M3 14.5v-12l7-1v13M10 3.5h3v11M1.5 14.5h13M7.5 8v.5",
            Icon::Warn => "M8 1.8l6.6 11.7H1.4zM8 6v3.5M8 11.6v.1",
            Icon::Money => "M8 1.5v13M11 4.5c-.6-.9-1.7-1.3-3-1.3-1.8 0-3 .8-3 2.2 0 3.2 6.2 1.5 6.2 4.8 0 1.5-1.3 2.5-3.2 2.5-1.5 0-2.7-.6-3.3-1.6",
            Icon::Receipt => "M3.5 1.5h9v13l-2.2-1.3L8 14.5l-2.3-1.3-2.2 1.3zM6 5h4M6 8h4",
            Icon::Shield => "M8 1.5l5.5 2v4c0 3.5-2.3 5.8-5.5 7-3.2-1.2-5.5-3.5-5.5-7v-4zM5.6 8l1.7 1.7L10.5 6.4",
            Icon::Chart => "M2 2v12h12M4.5 10.5l3-3.5 2.3 2L14 4.5",
            Icon::Flag => "M3.5 14.5v-13M3.5 2.5h9l-2 3 2 3h-9",
            Icon::Speech => "M2 3.5h12v8H7l-3.5 2.5v-2.5H2z",
            Icon::Sheet => "M4 1.5h5.5L13 5v9.5H4zM9.3 1.7V5.2h3.5M6 8.5h4.5M6 11h4.5",
            Icon::Cog => "M8 10.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2M3.4 3.4l1.4 1.4M11.2 11.2l1.4 1.4M3.4 12.6l1.4-1.4M11.2 4.8l1.4-1.4",
            Icon::Menu => "M2 4h12M2 8h12M2 12h12",
            Icon::Search => "M7 12a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM10.7 10.7L14.5 14.5",
            Icon::Down => "M4 6l4 4 4-4",
            Icon::Right => "M6 4l4 4-4 4",
            Icon::Left => "M10 4L6 8l4 4",
            Icon::Clock => "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM8 4.5V8l2.5 1.5",
            Icon::Tick => "M3 8.5l3.2 3.2L13 5",
            Icon::Cross => "M4 4l8 8M12 4l-8 8",
            Icon::Print => "M4.5 6V1.5h7V6M4.5 11.5h-3V6h13v5.5h-3M4.5 9.5h7v5h-7z",
            Icon::Undo => "M5 2.5L2 5.5l3 3M2.2 5.5H10a4 4 0 0 1 0 8H6",
            Icon::Download => "M8 2v8M4.8 7L8 10.2 11.2 7M2 11v3h12v-3",
            Icon::Upload => "M8 10.5v-8M4.8 5.5L8 2.3l3.2 3.2M2 11v3h12v-3",
            Icon::Plus => "M8 3v10M3 8h10",
            Icon::Edit => "M2.5 13.5l.7-3 7.8-7.8 2.3 2.3-7.8 7.8zM9.5 4.2l2.3 2.3",
            Icon::Lock => "M3.5 7h9v7h-9zM5.5 7V5a2.5 2.5 0 0 1 5 0v2",
            Icon::Eye => "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z",
            Icon::Info => "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM8 7.5v4M8 4.8v.1",
            Icon::Filter => "M2 3h12L9.5 8.5V13l-3 1.5v-6z",
            Icon::History => "M2.5 4v3h3M2.8 7a5.8 5.8 0 1 1-.3 2.5M8 5v3.2l2.3 1.4",
            Icon::Link => "M6.5 9.5l3-3M7 4.5l1.3-1.3a3.2 3.2 0 0 1 4.5 4.5L11.5 9M9 11.5l-1.3 1.3a3.2 3.2 0 0 1-4.5-4.5L4.5 7",
            Icon::Person => "M8 7.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 14.5c0-3 2.4-5 5.5-5s5.5 2 5.5 5",
            Icon::Feed => "M6 2v3.5M10 2v3.5M4 5.5h8V8a4 4 0 0 1-8 0zM8 12v2.5",
            Icon::Stop => "M4 4h8v8H4z",
            Icon::Diamond => "M8 2.5L13.5 8 8 13.5 2.5 8z",
            Icon::Ring => "M8 13a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM8 8.6a.6.6 0 1 0 0-1.2.6.6 0 0 0 0 1.2z",
            Icon::Square => "M3.5 3.5h9v9h-9zM8 6v2.6M8 10.4v.1",
            Icon::Moon => "M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z",
            Icon::Site => "M2.5 14.5v-11h6v11M8.5 7h5v7.5M1.5 14.5h13M5 6.3v.1M5 9v.1M5 11.7v.1M11 9.5v.1M11 12v.1",
            Icon::Leave => "M9.5 2H3v12h6.5M6.5 8h8M11.5 5l3 3-3 3",
            Icon::Key => "M5.5 13.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM7.7 8.3L13.5 2.5M11 5l2 2",
        }
    }
}

impl Render for Icon {
    fn render(&self) -> Markup {
        html! { svg.i viewBox="0 0 16 16" aria-hidden="true" { path d=(self.path()) {} } }
    }
}
