//! Routes, and the area that owns them.

use crate::Answer;
use crate::visit::Visit;
use figures::Figure;
use figures::needs::Source;
use futures::future::BoxFuture;
use identity::{AreaKey, Permission};
use jobs::JobKind;
use web::Icon;

/// The methods the product uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Reads.
    Get,
    /// Changes something.
    Post,
    /// Takes something away, in the API.
    Delete,
}

impl Method {
    /// Its name in a request.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        }
    }
}

/// Who may open a route. What it refuses answers 404, so that nobody learns what exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Anyone, signed in or not.
    Public,
    /// Anyone signed in.
    SignedIn,
    /// Whoever holds the permission at the site in the path, `/at/{scope}/...`.
    At(Permission),
    /// Whoever holds the permission at the site in the query, `?site=`; their own top site without one.
    AtQuery(Permission),
    /// Whoever holds the permission somewhere; the scope is their topmost such site.
    Anywhere(Permission),
}

impl Guard {
    /// The permission asked, if one is.
    #[must_use]
    pub fn permission(self) -> Option<Permission> {
        match self {
            Guard::Public | Guard::SignedIn => None,
            Guard::At(permission) | Guard::AtQuery(permission) | Guard::Anywhere(permission) => {
                Some(permission)
            }
        }
    }
}

/// A page's function.
pub type Handler = Box<dyn Fn(Visit) -> BoxFuture<'static, Answer> + Send + Sync>;

/// One address.
pub struct Route {
    /// Method.
    pub method: Method,
    /// Path with `{names}`; `{scope}` is a site path.
    pub path: &'static str,
    /// Who may open it.
    pub guard: Guard,
    /// What it does.
    pub handler: Handler,
}

impl Route {
    /// A reading address.
    pub fn get<F, Fut>(path: &'static str, guard: Guard, handler: F) -> Route
    where
        F: Fn(Visit) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        Route { method: Method::Get, path, guard, handler: Box::new(move |visit| Box::pin(handler(visit))) }
    }

    /// A changing address.
    pub fn post<F, Fut>(path: &'static str, guard: Guard, handler: F) -> Route
    where
        F: Fn(Visit) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        Route { method: Method::Post, path, guard, handler: Box::new(move |visit| Box::pin(handler(visit))) }
    }

    /// A removing address of the API.
    pub fn delete<F, Fut>(path: &'static str, guard: Guard, handler: F) -> Route
    where
        F: Fn(Visit) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        Route {
            method: Method::Delete,
            path,
            guard,
            handler: Box::new(move |visit| Box::pin(handler(visit))),
        }
    }
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {:?}", self.method.name(), self.path, self.guard)
    }
}

/// The headings of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NavGroupKey {
    /// Today, without a heading.
    Home,
    /// Run.
    Run,
    /// Money.
    Money,
    /// Assure.
    Assure,
    /// Lead.
    Lead,
}

impl NavGroupKey {
    /// The heading shown.
    #[must_use]
    pub fn label(self) -> Option<&'static str> {
        match self {
            NavGroupKey::Home => None,
            NavGroupKey::Run => Some("Run"),
            NavGroupKey::Money => Some("Money"),
            NavGroupKey::Assure => Some("Assure"),
            NavGroupKey::Lead => Some("Lead"),
        }
    }
}

/// How an area stands in the navigation.
#[derive(Debug, Clone, Copy)]
pub struct NavEntry {
    /// Under which heading.
    pub group: NavGroupKey,
    /// The word.
    pub label: &'static str,
    /// The glyph.
    pub icon: Icon,
    /// Where it leads, below `/at/{scope}/`, or an address that starts with `/`.
    pub home: &'static str,
    /// What it takes to see it.
    pub permission: Permission,
    /// The letter after `g`.
    pub letter: char,
}

/// Everything an area contributes.
pub struct Area {
    /// Which area.
    pub key: AreaKey,
    /// Its entry in the navigation.
    pub nav: Option<NavEntry>,
    /// Its pages and API.
    pub routes: Vec<Route>,
    /// Its figures.
    pub figures: &'static [Figure],
    /// What derives its needs.
    pub needs: Vec<Source>,
    /// Its long work.
    pub jobs: Vec<JobKind>,
}
