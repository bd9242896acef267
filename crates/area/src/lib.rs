//! What an area hands to the product, and the frame every request runs in.
//!
//! An area exports one [`Area`]: its routes, figures, needs, jobs and importers. A [`Route`] names its
//! [`Guard`], so a page without a permission decision cannot be written. A handler is a plain async
//! function from a [`Visit`] (who asks, for which site, with what) to a response or a [`Fault`].
//! Not here: which areas exist (`app` composes them), and any page.
//!
//! A request runs: allowed? -> load -> decide -> save -> show. [`serve`] answers the first.

mod conflict;
mod export;
mod fault;
mod form;
mod frame;
mod route;
mod visit;

pub use conflict::{Differing, Unsaved, VERSION_FIELD};
pub use export::{Cell, Export, ExportFormat};
pub use fault::Fault;
pub use form::{Form, Upload};
pub use frame::{CSRF_FIELD, SESSION_COOKIE, THEME_COOKIE, cookie, serve};
pub use route::{Area, Guard, Handler, Method, NavEntry, NavGroupKey, Route};
pub use visit::{Ctx, CtxParts, Visit, Who};

pub use axum::http::StatusCode;
pub use axum::response::{IntoResponse, Response};

/// What a handler answers.
pub type Answer = Result<Response, Fault>;
