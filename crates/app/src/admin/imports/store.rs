//! What hangs on sites, so that they cannot be taken back.

use ::store::{StoreError, Tx};
use base::Id;
use identity::{Site, SiteTree};
use std::collections::{BTreeMap, BTreeSet};

/// Something that hangs on a site, in words: `12 stays`.
pub(super) struct Dependents {
    pub(super) site: Id<Site>,
    pub(super) words: String,
}

/// One and many, and the query that answers the site and what hangs on it, a row each or a count.
struct Counted {
    one: &'static str,
    many: &'static str,
    sql: &'static str,
}

/// By the id of the site: how many.
const BY_ID: [Counted; 6] = [
    Counted {
        one: "stay",
        many: "stays",
        sql: "SELECT facility_id, CAST(COUNT(*) AS BIGINT) FROM stay WHERE facility_id IN ({in})
              GROUP BY facility_id ORDER BY facility_id",
    },
    Counted {
        one: "stay in its rooms",
        many: "stays in its rooms",
        sql: "SELECT unit_id, CAST(COUNT(DISTINCT stay_number) AS BIGINT) FROM leg WHERE unit_id IN ({in})
              GROUP BY unit_id ORDER BY unit_id",
    },
    Counted {
        one: "bed",
        many: "beds",
        sql: "SELECT unit_id, CAST(COUNT(*) AS BIGINT) FROM bed WHERE unit_id IN ({in}) AND closed_at IS NULL
              GROUP BY unit_id ORDER BY unit_id",
    },
    Counted {
        one: "feed",
        many: "feeds",
        sql: "SELECT site_id, CAST(COUNT(*) AS BIGINT) FROM feed WHERE site_id IN ({in})
              GROUP BY site_id ORDER BY site_id",
    },
    Counted {
        one: "access token",
        many: "access tokens",
        sql: "SELECT site_id, CAST(COUNT(*) AS BIGINT) FROM api_token
              WHERE site_id IN ({in}) AND revoked_at IS NULL GROUP BY site_id ORDER BY site_id",
    },
    Counted {
        one: "note of a huddle",
        many: "notes of huddles",
        sql: "SELECT site_id, CAST(COUNT(*) AS BIGINT) FROM huddle_note
              WHERE site_id IN ({in}) AND removed_at IS NULL GROUP BY site_id ORDER BY site_id",
    },
];

/// By its path: how many.
const BY_PATH: [Counted; 2] = [
    Counted {
        one: "own value of a rule",
        many: "own values of rules",
        sql: "SELECT site, CAST(COUNT(*) AS BIGINT) FROM rule_override
              WHERE site IN ({in}) AND ended_at IS NULL GROUP BY site ORDER BY site",
    },
    Counted {
        one: "setting",
        many: "settings",
        sql: "SELECT site, CAST(COUNT(*) AS BIGINT) FROM setting WHERE site IN ({in})
              GROUP BY site ORDER BY site",
    },
];

fn told(counted: &Counted, n: i64) -> String {
    web::format::n_of(n, counted.one, counted.many)
}

/// What hangs on these sites; roles that came with them do not count.
pub(super) async fn list_dependents(
    tx: &mut Tx,
    tree: &SiteTree,
    sites: &BTreeSet<Id<Site>>,
    own_roles: &BTreeSet<&str>,
) -> Result<Vec<Dependents>, StoreError> {
    let mut found = Vec::new();
    let ids: Vec<String> = sites.iter().map(Id::to_string).collect();
    for counted in &BY_ID {
        let rows: Vec<(Id<Site>, i64)> = tx.list_in(counted.sql, &ids).await?;
        found.extend(rows.into_iter().map(|(site, n)| Dependents { site, words: told(counted, n) }));
    }
    let by_path: BTreeMap<String, Id<Site>> =
        sites.iter().filter_map(|site| Some((tree.get(site)?.path.to_string(), *site))).collect();
    let paths: Vec<String> = by_path.keys().cloned().collect();
    for counted in &BY_PATH {
        let rows: Vec<(String, i64)> = tx.list_in(counted.sql, &paths).await?;
        let known = rows.into_iter().filter_map(|(path, n)| Some((*by_path.get(&path)?, n)));
        found.extend(known.map(|(site, n)| Dependents { site, words: told(counted, n) }));
    }
    let grants = "SELECT site_id, id FROM role_grant
                  WHERE site_id IN ({in}) AND (to_date IS NULL OR to_date > from_date) ORDER BY id";
    let grants: Vec<(Id<Site>, String)> = tx.list_in(grants, &ids).await?;
    let below = "SELECT parent_id, id FROM site WHERE parent_id IN ({in}) AND closed_on IS NULL ORDER BY id";
    let below: Vec<(Id<Site>, Id<Site>)> = tx.list_in(below, &ids).await?;
    let of_roles = Counted { one: "role given there", many: "roles given there", sql: "" };
    let of_sites = Counted { one: "site added below", many: "sites added below", sql: "" };
    let grants = grants.into_iter().filter(|(_, grant)| !own_roles.contains(grant.as_str()));
    let below = below.into_iter().filter(|(_, site)| !sites.contains(site));
    let rows = [(of_roles, n_each(grants.map(|(at, _)| at))), (of_sites, n_each(below.map(|(at, _)| at)))];
    for (counted, counts) in rows {
        found.extend(counts.into_iter().map(|(site, n)| Dependents { site, words: told(&counted, n) }));
    }
    Ok(found)
}

fn n_each(sites: impl Iterator<Item = Id<Site>>) -> BTreeMap<Id<Site>, i64> {
    sites.fold(BTreeMap::new(), |mut counts, site| {
        *counts.entry(site).or_default() += 1;
        counts
    })
}
