//! The site tree in memory.

use super::store::{CodeRow, SiteRow, list_code_rows, list_site_rows};
use super::{SiteInfo, SiteKind};
use crate::Site;
use base::{Currency, Id, SitePath};
use jiff::tz::TimeZone;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use store::{StoreError, Tx};

/// An unchanging snapshot of every site, in tree order: a site, then all below it, then its next neighbor.
#[derive(Debug, Clone, Default)]
pub struct SiteTree {
    sites: Vec<SiteInfo>,
    /// One past the last site below, for each site.
    ends: Vec<usize>,
    by_id: HashMap<Id<Site>, usize>,
    by_path: HashMap<SitePath, usize>,
    /// Codes that name a site of the whole installation.
    facility_codes: HashMap<String, usize>,
    /// Codes within a facility.
    unit_codes: HashMap<Id<Site>, HashMap<String, usize>>,
    codes_of: HashMap<Id<Site>, Vec<String>>,
}

impl SiteTree {
    /// Reads the tree.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a site names a missing parent or an unknown zone.
    pub async fn load(tx: &mut Tx) -> Result<SiteTree, StoreError> {
        let rows = list_site_rows(tx).await?;
        let codes = list_code_rows(tx).await?;
        SiteTree::build(rows, codes)
    }

    /// Every site, closed ones included, in tree order.
    #[must_use]
    pub fn all(&self) -> &[SiteInfo] {
        &self.sites
    }

    /// The site with this id.
    #[must_use]
    pub fn get(&self, id: &Id<Site>) -> Option<&SiteInfo> {
        self.by_id.get(id).and_then(|&idx| self.sites.get(idx))
    }

    /// The site at this path.
    #[must_use]
    pub fn find(&self, path: &SitePath) -> Option<&SiteInfo> {
        self.by_path.get(path).and_then(|&idx| self.sites.get(idx))
    }

    /// The sites just below.
    #[must_use]
    pub fn children(&self, id: &Id<Site>) -> Vec<&SiteInfo> {
        self.below(id).iter().filter(|site| site.parent_id == Some(*id)).collect()
    }

    /// The site and the ones above it, upward.
    #[must_use]
    pub fn upward(&self, id: &Id<Site>) -> Vec<&SiteInfo> {
        let above = |site: &&SiteInfo| site.parent_id.and_then(|parent| self.get(&parent));
        std::iter::successors(self.get(id), above).collect()
    }

    /// The site and all below it, in tree order.
    #[must_use]
    pub fn below(&self, id: &Id<Site>) -> &[SiteInfo] {
        let range = self.by_id.get(id).and_then(|&idx| Some(idx..*self.ends.get(idx)?));
        range.and_then(|range| self.sites.get(range)).unwrap_or_default()
    }

    /// The facility a site belongs to.
    #[must_use]
    pub fn facility_of(&self, id: &Id<Site>) -> Option<&SiteInfo> {
        self.get(id)?.facility_id.and_then(|facility| self.get(&facility))
    }

    /// The units at or below a site, in tree order.
    #[must_use]
    pub fn units_below(&self, id: &Id<Site>) -> Vec<&SiteInfo> {
        self.below(id).iter().filter(|site| site.kind == SiteKind::Unit).collect()
    }

    /// The facility a code names, whatever the case and the blanks around it; or the department under an
    /// enterprise that stands for one.
    #[must_use]
    pub fn facility_by_code(&self, code: &str) -> Option<&SiteInfo> {
        let site = self.facility_codes.get(normal_code(code).as_ref()).and_then(|&idx| self.sites.get(idx));
        site.filter(|site| site.facility_id == Some(site.id))
    }

    /// The unit a code names within a facility, whatever the case and the blanks around it.
    #[must_use]
    pub fn unit_by_code(&self, facility: Id<Site>, code: &str) -> Option<&SiteInfo> {
        let idx = self.unit_codes.get(&facility)?.get(normal_code(code).as_ref())?;
        self.sites.get(*idx).filter(|site| site.kind == SiteKind::Unit)
    }

    /// The site a code names under an owner: a facility for codes of its units, `None` for the others.
    pub(super) fn owner_of_code(&self, owner: Option<Id<Site>>, code: &str) -> Option<&SiteInfo> {
        let codes = match owner {
            Some(facility) => self.unit_codes.get(&facility)?,
            None => &self.facility_codes,
        };
        codes.get(normal_code(code).as_ref()).and_then(|&idx| self.sites.get(idx))
    }

    /// The codes of a site, sorted.
    #[must_use]
    pub fn codes(&self, id: &Id<Site>) -> &[String] {
        self.codes_of.get(id).map_or(&[], Vec::as_slice)
    }

    pub(super) fn build(rows: Vec<SiteRow>, codes: Vec<CodeRow>) -> Result<SiteTree, StoreError> {
        let mut below: BTreeMap<Option<Id<Site>>, Vec<SiteRow>> = BTreeMap::new();
        let n_rows = rows.len();
        for row in rows {
            below.entry(row.parent_id).or_default().push(row);
        }
        for children in below.values_mut() {
            // Popped from the back.
            children.sort_by(|a, b| (b.sort, &b.path).cmp(&(a.sort, &a.path)));
        }
        let mut tree = SiteTree::default();
        let mut open: Vec<Option<usize>> = vec![None];
        while let Some(parent) = open.last().copied() {
            let parent_id = parent.and_then(|idx| tree.sites.get(idx)).map(|site| site.id);
            match below.get_mut(&parent_id).and_then(Vec::pop) {
                Some(row) => open.push(Some(tree.push(row, parent)?)),
                None => {
                    open.pop();
                    if let Some(end) = parent.and_then(|idx| tree.ends.get_mut(idx)) {
                        *end = tree.sites.len();
                    }
                }
            }
        }
        if tree.sites.len() != n_rows {
            return Err(StoreError::inconsistent("site", "a site names a parent that is not there"));
        }
        for row in codes {
            tree.push_code(row)?;
        }
        Ok(tree)
    }

    fn push(&mut self, row: SiteRow, parent: Option<usize>) -> Result<usize, StoreError> {
        let above = parent.and_then(|idx| self.sites.get(idx));
        let wrong = |what: &str| StoreError::inconsistent("site", format!("{what} of {}", row.path));
        let time_zone = match &row.time_zone {
            Some(name) => TimeZone::get(name).map_err(|_| wrong("time zone"))?,
            None => above.map_or(TimeZone::UTC, |above| above.time_zone.clone()),
        };
        let own_currency: Option<Currency> =
            row.currency.as_deref().map(str::parse).transpose().map_err(|_| wrong("currency"))?;
        let currency = own_currency.or(above.map(|above| above.currency)).unwrap_or(Currency::USD);
        let idx = self.sites.len();
        self.by_id.insert(row.id, idx);
        self.by_path.insert(row.path.clone(), idx);
        self.ends.push(idx + 1);
        self.sites.push(SiteInfo {
            id: row.id,
            path: row.path,
            name: row.name,
            kind: row.kind,
            care: row.care,
            facility_id: row.facility_id,
            time_zone,
            own_time_zone: row.time_zone,
            currency,
            own_currency,
            parent_id: row.parent_id,
            sort: row.sort,
            closed_on: row.closed_on,
        });
        Ok(idx)
    }

    fn push_code(&mut self, row: CodeRow) -> Result<(), StoreError> {
        let missing = || StoreError::inconsistent("site_code", "a code names a site that is not there");
        let idx = *self.by_id.get(&row.site).ok_or_else(missing)?;
        self.codes_of.entry(row.site).or_default().push(row.code.clone());
        let codes = match row.owner {
            Some(facility) => self.unit_codes.entry(facility).or_default(),
            None => &mut self.facility_codes,
        };
        codes.insert(row.code, idx);
        Ok(())
    }
}

/// Codes are kept and compared in capitals without blanks around them.
pub(super) fn normal_code(code: &str) -> Cow<'_, str> {
    let code = code.trim();
    if code.chars().any(char::is_lowercase) { Cow::Owned(code.to_uppercase()) } else { Cow::Borrowed(code) }
}
