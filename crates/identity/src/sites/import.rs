//! Taking in a file of sites.

use super::rules::{SiteLine, infer_care, parse_sites};
use super::store::{
    Beds, FIRST_DAY, NewSite, SiteChange, SiteRefused, beds_on, clear_codes, insert_site, reopen_site,
    set_beds, set_codes, update_site,
};
use super::{SiteInfo, SiteTree};
use crate::{ImportCounts, ImportReport, Site};
use base::Id;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use store::{Actor, Tx};

/// Takes in a file of sites: `path,kind,name,time_zone,currency,licensed_beds,staffed_beds,hl7_codes`.
///
/// What an empty cell leaves out stays as it is. Lines that are wrong are rejected, the others taken in;
/// nothing is closed. A closed site is left alone, unless the import that made it was taken back. A site's first bed count holds for all earlier days, a changed one from today on.
/// With `is_dry`, nothing is written and a reading transaction will do.
///
/// # Errors
/// [`SiteRefused::Store`] when the store fails.
pub async fn import_sites(
    tx: &mut Tx,
    actor: &Actor,
    text: &str,
    is_dry: bool,
) -> Result<ImportReport, SiteRefused> {
    let tree = SiteTree::load(tx).await?;
    let (lines, rejects) = parse_sites(text, &tree);
    let beds = beds_today(tx, &tree).await?;

    let plans: Vec<Plan<'_>> = lines.iter().map(|line| plan(line, &tree, &beds)).collect();
    let counts = ImportCounts {
        new: plans.iter().filter(|plan| plan.is_new()).count(),
        changed: plans.iter().filter(|plan| !plan.is_new() && plan.is_change()).count(),
        same: plans.iter().filter(|plan| !plan.is_new() && !plan.is_change()).count(),
        rejected: rejects.iter().map(|reject| reject.line).collect::<std::collections::BTreeSet<_>>().len(),
    };
    if !is_dry {
        save(tx, actor, &plans).await?;
    }
    Ok(ImportReport { counts, rejects })
}

/// The beds of every site on its own today: at most three different days around the world.
async fn beds_today(tx: &mut Tx, tree: &SiteTree) -> Result<BTreeMap<Id<Site>, Beds>, SiteRefused> {
    let now = tx.at();
    let mut days: BTreeMap<Date, Vec<Id<Site>>> = BTreeMap::new();
    for site in tree.all() {
        days.entry(now.to_zoned(site.time_zone.clone()).date()).or_default().push(site.id);
    }
    let mut beds = BTreeMap::new();
    for (day, sites) in days {
        beds.extend(beds_on(tx, &sites, day).await?);
    }
    Ok(beds)
}

/// What one line asks for, against what is known.
struct Plan<'a> {
    line: &'a SiteLine,
    known: Option<&'a SiteInfo>,
    change: Option<SiteChange>,
    codes: Option<&'a [String]>,
    beds: Option<(Beds, bool)>,
}

impl Plan<'_> {
    /// Unknown, or known from an import that was taken back.
    fn is_new(&self) -> bool {
        self.known.is_none_or(SiteInfo::is_taken_back)
    }

    fn is_change(&self) -> bool {
        self.change.is_some() || self.codes.is_some() || self.beds.is_some()
    }
}

fn plan<'a>(line: &'a SiteLine, tree: &'a SiteTree, beds: &BTreeMap<Id<Site>, Beds>) -> Plan<'a> {
    let known = tree.find(&line.path);
    let change = known.and_then(|known| {
        let wanted = SiteChange {
            name: line.name.clone(),
            time_zone: line.time_zone.clone().or_else(|| known.own_time_zone.clone()),
            currency: line.currency.or(known.own_currency),
            sort: known.sort,
        };
        let is_same = wanted.name == known.name
            && wanted.time_zone == known.own_time_zone
            && wanted.currency == known.own_currency;
        (!is_same).then_some(wanted)
    });
    let codes_known = known.map_or(&[][..], |known| tree.codes(&known.id));
    let codes = line.codes.as_deref().filter(|codes| *codes != codes_known);
    let beds_known = known.and_then(|known| beds.get(&known.id)).copied();
    let wanted = line.beds.map(|(licensed, staffed)| {
        // A file does not tell the beds set up; they stay where they are as far as the others allow.
        let set_up = beds_known.map_or(staffed, |beds| beds.set_up).clamp(staffed, licensed);
        Beds { licensed, set_up, staffed }
    });
    let beds = wanted.filter(|wanted| Some(*wanted) != beds_known).map(|beds| (beds, beds_known.is_none()));
    Plan { line, known, change, codes, beds }
}

async fn save(tx: &mut Tx, actor: &Actor, plans: &[Plan<'_>]) -> Result<(), SiteRefused> {
    // Codes are all freed before any is given, because two sites may have swapped theirs.
    for plan in plans.iter().filter(|plan| plan.codes.is_some()) {
        if let Some(known) = plan.known {
            clear_codes(tx, known.id).await?;
        }
    }
    let now = tx.at();
    for plan in plans {
        let line = plan.line;
        let id = match plan.known {
            Some(known) => known.id,
            None => {
                let care = infer_care(&line.path, &line.name, line.codes.as_deref().unwrap_or_default());
                let new = NewSite {
                    path: line.path.clone(),
                    kind: line.kind,
                    name: line.name.clone(),
                    time_zone: line.time_zone.clone(),
                    currency: line.currency,
                    care: Some(care),
                    sort: i64::try_from(line.line).unwrap_or(i64::MAX),
                };
                insert_site(tx, actor, &new).await?
            }
        };
        // Lines stand parents first, so the site above is open by now.
        if plan.known.is_some() && plan.is_new() {
            reopen_site(tx, actor, id).await?;
        }
        if let Some(change) = &plan.change {
            update_site(tx, actor, id, change).await?;
        }
        if let Some(codes) = plan.codes {
            set_codes(tx, actor, id, codes).await?;
        }
        if let Some((beds, is_first)) = plan.beds {
            let zone = plan.known.map_or(TimeZone::UTC, |known| known.time_zone.clone());
            let from = if is_first { FIRST_DAY } else { now.to_zoned(zone).date() };
            set_beds(tx, actor, id, from, beds).await?;
        }
    }
    Ok(())
}
