//! The proof that a permission was checked at a site.

use super::Permission;
use crate::sites::SiteTree;
use crate::{Person, Site};
use base::{Id, SitePath};

/// This person, this permission, this site and everything below it.
///
/// Every query that returns rows takes one and joins `site_tree` on [`Scope::site_id`], so a query without
/// a checked permission does not compile. There are three ways to get one: [`Access::scope`] for a person
/// or a token, [`Scope::narrow`] from a wider one, and [`Scope::operator`].
///
/// [`Access::scope`]: super::Access::scope
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    site: Id<Site>,
    path: SitePath,
    person: Option<Id<Person>>,
    permission: Permission,
    is_operator: bool,
}

impl Scope {
    /// For the one caller that has checked: `Access::scope`.
    pub(super) fn checked(
        site: Id<Site>,
        path: SitePath,
        person: Id<Person>,
        permission: Permission,
    ) -> Scope {
        Scope { site, path, person: Some(person), permission, is_operator: false }
    }

    /// The scope of whoever sits at the machine's command line, and of the product's own background work
    /// (rebuilding figures, running jobs). They hold the database file itself, so no role is asked.
    /// Never made from a web request. `None` when there is no such site.
    #[must_use]
    pub fn operator(tree: &SiteTree, path: &SitePath) -> Option<Scope> {
        let site = tree.find(path)?;
        let permission = Permission::of(super::AreaKey::Admin, super::Level::Approve).with_phi();
        Some(Scope { site: site.id, path: site.path.clone(), person: None, permission, is_operator: true })
    }

    /// The site on top.
    #[must_use]
    pub fn site_id(&self) -> Id<Site> {
        self.site
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &SitePath {
        &self.path
    }

    /// Who asks; `None` for the operator.
    #[must_use]
    pub fn person(&self) -> Option<Id<Person>> {
        self.person
    }

    /// What was checked. The operator's stands for everything.
    #[must_use]
    pub fn permission(&self) -> Permission {
        self.permission
    }

    /// Whether patients may be named.
    #[must_use]
    pub fn is_phi(&self) -> bool {
        self.permission.phi
    }

    /// Whether this is the operator's scope.
    #[must_use]
    pub fn is_operator(&self) -> bool {
        self.is_operator
    }

    /// The same right at a site inside this one; `None` for any other site.
    #[must_use]
    pub fn narrow(&self, tree: &SiteTree, path: &SitePath) -> Option<Scope> {
        let site = tree.find(path).filter(|site| self.path.covers(&site.path))?;
        Some(Scope { site: site.id, path: site.path.clone(), ..self.clone() })
    }
}
