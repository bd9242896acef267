//! One person and the roles they hold.

use super::{Permission, Role, Scope};
use crate::people::PersonInfo;
use crate::sites::SiteTree;
use crate::{Person, Site};
use base::{Id, SitePath};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// A role held at a site, from a day until the day before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: Id<Grant>,
    /// The role.
    pub role: Role,
    /// Where; it reaches everything below, nothing above.
    pub site: Id<Site>,
    /// The first day.
    pub from: Date,
    /// The first day it no longer holds, if an end is set.
    pub to: Option<Date>,
}

impl Grant {
    /// Whether the role is held on a day.
    #[must_use]
    pub fn is_held(&self, today: Date) -> bool {
        self.from <= today && self.to.is_none_or(|to| today < to)
    }
}

/// What an API token leaves of its person's rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) site: Id<Site>,
    pub(crate) permissions: Vec<Permission>,
}

/// A person and their grants: everything that decides what they may see and do.
///
/// Made by [`find_access`](super::find_access), by a session or by a token; a token's is narrowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Who.
    pub person: PersonInfo,
    /// Every grant, past ones included.
    pub grants: Vec<Grant>,
    limit: Option<Limit>,
}

impl Access {
    pub(crate) fn new(person: PersonInfo, grants: Vec<Grant>) -> Access {
        Access { person, grants, limit: None }
    }

    pub(crate) fn limited(self, limit: Limit) -> Access {
        Access { limit: Some(limit), ..self }
    }

    /// The person's id.
    #[must_use]
    pub fn person_id(&self) -> Id<Person> {
        self.person.id
    }

    /// Whether a token narrows these rights.
    #[must_use]
    pub fn is_token(&self) -> bool {
        self.limit.is_some()
    }

    /// The roles held at a site on a day: those granted there or above it.
    #[must_use]
    pub fn roles_at(&self, tree: &SiteTree, path: &SitePath, today: Date) -> Vec<Role> {
        let held = self.held(tree, today).filter(|(_, site)| site.covers(path));
        held.map(|(role, _)| role).collect::<BTreeSet<Role>>().into_iter().collect()
    }

    /// Whether something is allowed at a site on a day. A site that does not exist allows nothing.
    #[must_use]
    pub fn allows(&self, tree: &SiteTree, asked: Permission, path: &SitePath, today: Date) -> bool {
        tree.find(path).is_some()
            && self.is_within_limit(tree, asked, path)
            && self.held(tree, today).any(|(role, site)| site.covers(path) && role.allows(asked))
    }

    /// The site a person lands on: the topmost, first in tree order, of those they hold a role at.
    #[must_use]
    pub fn home(&self, tree: &SiteTree, today: Date) -> Option<SitePath> {
        let reaches: BTreeSet<&SitePath> = self.held(tree, today).map(|(_, site)| site).collect();
        let limit = self.limit.as_ref().and_then(|limit| tree.get(&limit.site)).map(|site| &site.path);
        let home = match limit {
            Some(limit) if reaches.iter().any(|reach| reach.covers(limit)) => Some(limit),
            Some(limit) => tree
                .all()
                .iter()
                .map(|site| &site.path)
                .find(|path| reaches.contains(path) && limit.covers(path)),
            None => {
                let held = tree.all().iter().filter(|site| reaches.contains(&site.path));
                held.min_by_key(|site| site.path.depth()).map(|site| &site.path)
            }
        };
        home.cloned()
    }

    /// The top sites something is allowed at, in tree order; what stands below them is not repeated.
    #[must_use]
    pub fn sites_for(&self, tree: &SiteTree, asked: Permission, today: Date) -> Vec<SitePath> {
        let mut top: Vec<SitePath> = Vec::new();
        for site in tree.all() {
            if top.last().is_some_and(|above| above.covers(&site.path)) {
                continue;
            }
            if self.allows(tree, asked, &site.path, today) {
                top.push(site.path.clone());
            }
        }
        top
    }

    /// The scope for a query, or `None` when it is not allowed there; answer that with *not found*.
    #[must_use]
    pub fn scope(&self, tree: &SiteTree, asked: Permission, path: &SitePath, today: Date) -> Option<Scope> {
        let site = tree.find(path)?;
        self.allows(tree, asked, path, today)
            .then(|| Scope::checked(site.id, site.path.clone(), self.person.id, asked))
    }

    fn is_within_limit(&self, tree: &SiteTree, asked: Permission, path: &SitePath) -> bool {
        self.limit.as_ref().is_none_or(|limit| {
            tree.get(&limit.site).is_some_and(|site| site.path.covers(path))
                && limit.permissions.iter().any(|held| held.covers(asked))
        })
    }

    fn held<'a>(
        &'a self,
        tree: &'a SiteTree,
        today: Date,
    ) -> impl Iterator<Item = (Role, &'a SitePath)> + 'a {
        let is_open = self.person.closed_at.is_none();
        self.grants
            .iter()
            .filter(move |grant| is_open && grant.is_held(today))
            .filter_map(|grant| tree.get(&grant.site).map(|site| (grant.role, &site.path)))
    }
}
