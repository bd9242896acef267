//! Addresses in the site tree: `lakeside.riverside.5w`.

use std::fmt;
use std::str::FromStr;

/// The longest path, in characters.
const LENGTH_MAX: usize = 200;

/// Where a record belongs: the names from the enterprise down, joined by dots.
///
/// A name has 1 to 40 characters of `a-z`, `0-9`, `-` and `_`. Paths order parents before children.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SitePath(String);

/// Why a text is not a site path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSitePath {
    /// Nothing was given.
    #[error("a site path is needed, for example lakeside.riverside")]
    Empty,
    /// Too long to be an address.
    #[error("a site path has at most {LENGTH_MAX} characters, this one has {got}")]
    TooLong {
        /// Characters given.
        got: usize,
    },
    /// One of the names is not a name.
    #[error("`{name}` is not a site name: use 1 to 40 of a-z, 0-9, - and _")]
    Name {
        /// The name found.
        name: String,
    },
}

impl SitePath {
    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The site above, or `None` for the enterprise.
    #[must_use]
    pub fn parent(&self) -> Option<SitePath> {
        self.0.rsplit_once('.').map(|(above, _)| SitePath(above.to_owned()))
    }

    /// The last name: `5w` of `lakeside.riverside.5w`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit_once('.').map_or(self.as_str(), |(_, name)| name)
    }

    /// How many sites stand above: 0 for the enterprise.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.0.matches('.').count()
    }

    /// A site called `name` below this one.
    ///
    /// # Errors
    /// [`BadSitePath`] when `name` is not a site name or the path grows too long.
    pub fn child(&self, name: &str) -> Result<SitePath, BadSitePath> {
        format!("{}.{name}", self.0).parse()
    }

    /// This site and the ones above it, from here up to the enterprise.
    pub fn upward(&self) -> impl Iterator<Item = SitePath> + use<> {
        std::iter::successors(Some(self.clone()), SitePath::parent)
    }

    /// Whether `other` is this site or stands below it.
    #[must_use]
    pub fn covers(&self, other: &SitePath) -> bool {
        other.0.strip_prefix(&self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

impl FromStr for SitePath {
    type Err = BadSitePath;

    fn from_str(text: &str) -> Result<SitePath, BadSitePath> {
        if text.is_empty() {
            return Err(BadSitePath::Empty);
        }
        if text.len() > LENGTH_MAX {
            return Err(BadSitePath::TooLong { got: text.chars().count() });
        }
        let is_letter = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        match text.split('.').find(|name| name.is_empty() || name.len() > 40 || !name.bytes().all(is_letter))
        {
            Some(name) => Err(BadSitePath::Name { name: name.to_owned() }),
            None => Ok(SitePath(text.to_owned())),
        }
    }
}

impl fmt::Display for SitePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SitePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> SitePath {
        text.parse().unwrap()
    }

    #[test]
    fn a_site_covers_itself_and_what_stands_below() {
        let riverside = path("lakeside.riverside");
        assert!(riverside.covers(&riverside));
        assert!(riverside.covers(&path("lakeside.riverside.5w")));
        assert!(!riverside.covers(&path("lakeside.riverside2")));
        assert!(!riverside.covers(&path("lakeside")));
    }

    #[test]
    fn upward_ends_at_the_enterprise() {
        let up: Vec<String> = path("a.b.c").upward().map(|site| site.to_string()).collect();
        assert_eq!(up, ["a.b.c", "a.b", "a"]);
    }

    #[test]
    fn names_outside_the_alphabet_are_refused_by_name() {
        assert_eq!("a..b".parse::<SitePath>(), Err(BadSitePath::Name { name: String::new() }));
        assert_eq!("a.B".parse::<SitePath>(), Err(BadSitePath::Name { name: "B".to_owned() }));
        assert_eq!("".parse::<SitePath>(), Err(BadSitePath::Empty));
    }
}
