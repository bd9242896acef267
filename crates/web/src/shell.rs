//! What stands around every page: navigation, scope switcher, search, theme, banners.
//!
//! [`Shell`] is a plain value that `app` fills once for each request from the session, the site tree
//! and the needs; pages only pass it on.

use maud::{Markup, html};

use crate::Icon;

/// Where the search form goes; the palette asks the same address with `.json`.
pub const SEARCH_PATH: &str = "/search";
/// Where signing out is posted.
pub const SIGN_OUT_PATH: &str = "/sign-out";
/// Where the theme is posted: fields `theme` (`light`, `dark`, `system`), `back`, `csrf`.
pub const THEME_PATH: &str = "/preferences/theme";
/// The page with all areas, reached from the phone's tab bar.
pub const MORE_PATH: &str = "/more";
/// The list of keys.
pub const KEYS_PATH: &str = "/help/keys";
/// Server-sent events; each message's data is the name of one topic that changed.
pub const EVENTS_PATH: &str = "/events";

/// The signed-in person, as the shell shows them.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// Full name.
    pub name: String,
    /// Role title at the current scope.
    pub role: String,
    /// Two letters for the round mark.
    pub initials: String,
}

/// One step of the scope breadcrumb, outermost first.
#[derive(Clone, Debug)]
pub struct Crumb {
    /// Site name.
    pub name: String,
    /// This page at that site.
    pub href: String,
}

/// A site the person may switch to, in tree order.
#[derive(Clone, Debug)]
pub struct ScopeChoice {
    /// Site name.
    pub name: String,
    /// The same page at that site, or its Today.
    pub href: String,
    /// Levels below the topmost site the person may see; shown as indent, at most four.
    pub depth: usize,
    /// Whether this is the scope of the page.
    pub is_current: bool,
}

/// Areas under one heading.
#[derive(Clone, Debug, Default)]
pub struct NavGroup {
    /// Heading; the first group has none.
    pub label: Option<String>,
    /// Areas the person may open.
    pub items: Vec<NavItem>,
}

/// One area in the navigation or the phone's tab bar.
#[derive(Clone, Debug)]
pub struct NavItem {
    /// Word shown.
    pub label: String,
    /// Its address at the current scope.
    pub href: String,
    /// Glyph beside the word.
    pub icon: Icon,
    /// How many things wait for this person; zero shows nothing.
    pub n_waiting: u32,
    /// Whether one of them is late or unsafe.
    pub is_urgent: bool,
    /// Whether the page belongs to this area.
    pub is_current: bool,
    /// Letter that opens it after `g`.
    pub key: Option<char>,
}

impl NavItem {
    /// An area with nothing waiting, not current.
    pub fn new(label: impl Into<String>, href: impl Into<String>, icon: Icon) -> NavItem {
        NavItem {
            label: label.into(),
            href: href.into(),
            icon,
            n_waiting: 0,
            is_urgent: false,
            is_current: false,
            key: None,
        }
    }
}

/// Light, dark, or as the machine says. A cookie, so there is no flash and no script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Always light.
    Light,
    /// Always dark.
    Dark,
    /// As the operating system asks.
    #[default]
    System,
}

impl Theme {
    /// Reads the cookie or form value; anything unknown is the system's.
    pub fn from_name(name: &str) -> Theme {
        match name {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::System,
        }
    }

    /// Value in the cookie and form.
    pub fn name(self) -> &'static str {
        match self {
            Theme::Light => "light",
            Theme::Dark => "dark",
            Theme::System => "system",
        }
    }

    pub(crate) fn attribute(self) -> Option<&'static str> {
        match self {
            Theme::Light | Theme::Dark => Some(self.name()),
            Theme::System => None,
        }
    }
}

/// Height of table rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Density {
    /// 28 px.
    Compact,
    /// 36 px.
    #[default]
    Normal,
    /// 44 px.
    Comfortable,
}

impl Density {
    /// Reads the preference; anything unknown is normal.
    pub fn from_name(name: &str) -> Density {
        match name {
            "compact" => Density::Compact,
            "comfortable" => Density::Comfortable,
            _ => Density::Normal,
        }
    }

    /// Value in the preference.
    pub fn name(self) -> &'static str {
        match self {
            Density::Compact => "compact",
            Density::Normal => "normal",
            Density::Comfortable => "comfortable",
        }
    }

    pub(crate) fn attribute(self) -> Option<&'static str> {
        (self != Density::Normal).then_some(self.name())
    }
}

/// How loud a banner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BannerKind {
    /// An emergency is active: the red bar, for everyone.
    Emergency,
    /// Something is unsafe or identifying data is open: break-glass.
    Breach,
    /// Something is late: a stale feed, offline.
    Due,
    /// Worth knowing: sample data, maintenance.
    Info,
}

/// A line above the page that stays until its cause is gone.
#[derive(Clone, Debug)]
pub struct Banner {
    /// How loud.
    pub kind: BannerKind,
    /// One sentence.
    pub text: String,
    /// Words and address of what to do about it.
    pub link: Option<(String, String)>,
}

/// What stands around the page.
#[derive(Clone, Debug, Default)]
pub struct Shell {
    /// Product name.
    pub product: String,
    /// Who is signed in.
    pub person: Person,
    /// Breadcrumb of the scope, outermost first.
    pub scope: Vec<Crumb>,
    /// Sites for the switcher, in tree order.
    pub choices: Vec<ScopeChoice>,
    /// Areas.
    pub nav: Vec<NavGroup>,
    /// The phone's tabs, at most four; More is added.
    pub tabs: Vec<NavItem>,
    /// Colors.
    pub theme: Theme,
    /// Row height.
    pub density: Density,
    /// Lines above the page.
    pub banners: Vec<Banner>,
    /// Token for the small forms of the shell.
    pub csrf: String,
    /// Whether keys without Ctrl do anything.
    pub single_letter_keys: bool,
    /// Seconds until the session ends without another request.
    pub session_seconds: Option<u32>,
    /// Path and query of this page, to come back to after a small form.
    pub here: String,
    /// When the page was made, in the site's zone, for print: `Nov 12, 2026 at 08:47`.
    pub as_of: String,
    /// Help address.
    pub help_href: String,
}

impl Shell {
    /// Breadcrumb as text, for titles and print: `Lakeside Health / Riverside General`.
    pub fn scope_text(&self) -> String {
        self.scope.iter().map(|crumb| crumb.name.as_str()).collect::<Vec<_>>().join(" / ")
    }

    pub(crate) fn home_href(&self) -> &str {
        self.nav.iter().flat_map(|group| &group.items).next().map_or("/", |item| item.href.as_str())
    }

    pub(crate) fn side_nav(&self, is_rail: bool) -> Markup {
        html! {
            nav.nav.rail[is_rail] aria-label="Areas" {
                a.brand href=(self.home_href()) aria-label={ (self.product) " home" } {
                    span.mark { (Icon::Flag) }
                    span.t { (self.product) }
                }
                (self.groups())
                details.menu.user {
                    summary {
                        span.av aria-hidden="true" { (self.person.initials) }
                        span.t { (self.person.name) small { (self.person.role) } }
                    }
                    div.pop { (self.person_menu()) }
                }
            }
        }
    }

    fn groups(&self) -> Markup {
        html! {
            @for group in &self.nav {
                div {
                    @if let Some(label) = &group.label { h2 { (label) } }
                    ul { @for item in &group.items { li { (nav_link(item)) } } }
                }
            }
        }
    }

    fn person_menu(&self) -> Markup {
        html! {
            a.mi href="/me" { (Icon::Person) "My page" }
            a.mi href="/preferences" { (Icon::Cog) "Preferences" }
            a.mi href=(KEYS_PATH) data-keys { (Icon::Key) "Keys" }
            form.theme method="post" action=(THEME_PATH) {
                input type="hidden" name="csrf" value=(self.csrf);
                input type="hidden" name="back" value=(self.here);
                div.seg role="group" aria-label="Theme" {
                    @for theme in [Theme::Light, Theme::Dark, Theme::System] {
                        button name="theme" value=(theme.name()) aria-pressed=(self.theme == theme) {
                            (match theme { Theme::Light => "Light", Theme::Dark => "Dark", Theme::System => "Auto" })
                        }
                    }
                }
            }
            form method="post" action=(SIGN_OUT_PATH) {
                input type="hidden" name="csrf" value=(self.csrf);
                button.mi type="submit" { (Icon::Leave) "Sign out" }
            }
        }
    }

    pub(crate) fn top(&self) -> Markup {
        html! {
            header.top {
                (self.switcher())
                form.cmd role="search" action=(SEARCH_PATH) data-palette={ (SEARCH_PATH) ".json" } {
                    (Icon::Search)
                    input type="search" name="q" aria-label="Search or jump to" placeholder="Search or jump to" autocomplete="off";
                    kbd aria-hidden="true" { "Ctrl K" }
                }
                a.find href=(SEARCH_PATH) { (Icon::Search) span.vh { "Search" } }
                a.btn.quiet.help href=(if self.help_href.is_empty() { "/help" } else { self.help_href.as_str() }) { "Help" }
            }
        }
    }

    fn switcher(&self) -> Markup {
        let (outer, last) = match self.scope.split_last() {
            Some((last, outer)) => (outer, Some(last)),
            None => (self.scope.as_slice(), None),
        };
        html! {
            @if let Some(last) = last {
                details.menu.scope {
                    summary {
                        span.vh { "Scope: " }
                        @if !outer.is_empty() {
                            span.out { @for crumb in outer { (crumb.name) " / " } }
                        }
                        b { (last.name) } (Icon::Down)
                    }
                    div.pop {
                        ul {
                            @for choice in &self.choices {
                                li { a class={ "mi d" (choice.depth.min(4)) } href=(choice.href) aria-current=[choice.is_current.then_some("true")] { (choice.name) } }
                            }
                        }
                    }
                }
            }
        }
    }

    pub(crate) fn tab_bar(&self) -> Markup {
        html! {
            nav.tabs aria-label="Main" {
                @for item in self.tabs.iter().take(4) {
                    a href=(item.href) aria-current=[item.is_current.then_some("page")] { (item.icon) (item.label) }
                }
                a href=(MORE_PATH) { (Icon::Menu) "More" }
            }
        }
    }
}

/// Lines above the page, loudest first as given.
pub fn banner_strip(banners: &[Banner]) -> Markup {
    html! {
        @if !banners.is_empty() {
            section.banners aria-label="Notices" { @for banner in banners { (banner_line(banner)) } }
        }
    }
}

/// Body of the page at [`KEYS_PATH`]: all keys that work, with the areas of this person's navigation.
///
/// The `?` key shows the same list in a dialog.
pub fn keys_page(shell: &Shell) -> Markup {
    let areas = shell.nav.iter().flat_map(|group| &group.items);
    let areas: Vec<(String, &str)> =
        areas.filter_map(|item| item.key.map(|key| (format!("g {key}"), item.label.as_str()))).collect();
    let everywhere =
        [("Ctrl K", "Search and commands"), ("/", "Filter box"), ("?", "This list"), ("Esc", "Close")];
    let lists = [
        ("j k", "Next, previous row"),
        ("Enter", "Open"),
        ("x", "Check the row"),
        ("Shift x", "Check all rows from the last checked one"),
        ("a", "Approve"),
        ("e", "Edit"),
        ("u", "Undo the last change"),
    ];
    let all: Vec<(&str, &str)> = everywhere
        .into_iter()
        .chain(areas.iter().map(|(keys, label)| (keys.as_str(), *label)))
        .chain(lists)
        .collect();
    html! {
        section.panel { div.in {
            (crate::key_list(&all))
            p.sub { "Keys without Ctrl do nothing inside a box, and can be turned off in " a href="/preferences" { "Preferences" } "." }
        } }
    }
}

/// Body of the page behind the More tab: all areas, then the person's own menu.
pub fn more_page(shell: &Shell) -> Markup {
    html! {
        @if !shell.nav.is_empty() { div.more.panel { (shell.groups()) } }
        div.more.panel { p.who { b { (shell.person.name) } " " (shell.person.role) } (shell.person_menu()) }
    }
}

fn nav_link(item: &NavItem) -> Markup {
    html! {
        a href=(item.href) title=(item.label) aria-current=[item.is_current.then_some("page")] data-go=[item.key] {
            (item.icon)
            span.t { (item.label) }
            @if item.n_waiting > 0 {
                span.n.hot[item.is_urgent] { span.vh { ", " } (item.n_waiting) span.vh { " waiting" } }
            }
        }
    }
}

fn banner_line(banner: &Banner) -> Markup {
    let (class, icon) = match banner.kind {
        BannerKind::Emergency => ("banner alarm", Icon::Warn),
        BannerKind::Breach => ("banner breach", Icon::Warn),
        BannerKind::Due => ("banner due", Icon::Clock),
        BannerKind::Info => ("banner", Icon::Info),
    };
    html! {
        p class=(class) {
            (icon) span { (banner.text) }
            @if let Some((words, href)) = &banner.link { a href=(href) { (words) } }
        }
    }
}
