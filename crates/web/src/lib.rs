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
//!
//! ```
//! use web::{Cell, Column, Errors, Field, Form, Kpi, Markup, Page, Panel, Paging, Row, Shell, Status, Table};
//! use web::{chip, columns, html, kpi_strip, render};
//!
//! fn beds_page(shell: &Shell, errors: &Errors, typed: &str) -> Markup {
//!     let table = Table::new("units", "Beds by unit")
//!         .column(Column::text("Unit").sort("?sort=unit", Some(true)))
//!         .column(Column::number("Beds"))
//!         .column(Column::text("State").not_on_phones())
//!         .row(Row::default().cell(Cell::link("5 West", "/beds/5w")).cell(32).cell(chip(Status::Done, "Open")))
//!         .total(Row::default().cell("All units").cell(32).cell(""))
//!         .paging(Paging { first: 1, last: 1, total: 1, ..Paging::default() })
//!         .downloads("?format=csv", "?format=xlsx");
//!     let form = Form::post("/beds", &shell.csrf)
//!         .errors(errors)
//!         .field(Field::text("name", "Unit").value(typed).hint("As on the door"))
//!         .field(Field::number("beds", "Beds").optional())
//!         .submit("Add unit")
//!         .cancel("/beds");
//!     let figures = [Kpi::new("Staffed beds occupied", "90.9", "/explain/occupancy").unit("%")];
//!     let page = Page::new("Beds").context("Riverside General").errors(errors).body(html! {
//!         (kpi_strip("Beds today", &figures))
//!         (columns(
//!             Panel::new("Units").context("1 of 1").body(table),
//!             Panel::new("Add a unit").prose(form),
//!         ))
//!     });
//!     render(shell, &page)
//! }
//! let errors = Errors::of("name", "Give the unit a name");
//! assert!(beds_page(&Shell::default(), &errors, "").into_string().contains("There is a problem"));
//! ```

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
