//! The page shell, components, charts and static assets every page is made of.
//!
//! It is the one place where markup, class names and colors are decided: areas hand it values and
//! get [`maud::Markup`] back.
//! It is not aware of the database, of who is signed in, or of any area; the shell is a plain value
//! ([`Shell`]) that `app` fills for each request.
//! No component writes inline style or script, because the content security policy forbids both;
//! whatever has a measured size is drawn as SVG geometry.
//!
//! Start at [`Page`] and [`render`], then [`Table`], [`Form`] and [`Kpi`]; [`components_page`] shows
//! every component in every state.

pub mod assets;
pub mod chart;
pub mod format;
mod gallery;
mod icon;
mod page;
mod shell;
mod ui;

pub use gallery::components_page;
pub use icon::Icon;
pub use maud::{Markup, PreEscaped, Render, html};
pub use page::{Freshness, Page, Undo, error_page, render, render_bare, render_wall, unprocessable};
pub use shell::{
    Banner, BannerKind, Crumb, Density, EVENTS_PATH, KEYS_PATH, MORE_PATH, NavGroup, NavItem, Person,
    SEARCH_PATH, SIGN_OUT_PATH, ScopeChoice, Shell, THEME_PATH, Theme, banner_strip, keys_page, more_page,
};
pub use ui::*;
