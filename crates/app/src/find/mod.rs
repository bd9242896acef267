//! Search: sites, pages, figures, people, visits and actions, each only if the person may open it.
//!
//! One page and the same as JSON for the palette of every page (`{"hits": [{"title", "note", "href"}]}`).
//! Sketch: sites, pages and figures are matched in memory; people cost the list of a scope (2 statements),
//! visits one lookup by keys. Words shorter than two letters find nothing. Nothing here is a full text.

mod pages;
mod store;

use ::store::{StoreError, Tx};
use area::{Answer, Fault, Guard, Route, Visit};
use base::{Id, SitePath};
use figures::Figure;
use identity::{Permission, Site, SiteInfo, SiteKind, access_log, people};
use jiff::civil::Date;
use serde::Serialize;
use web::{Empty, FilterBar, Markup, Page, Panel, html, stack};

/// Hits of one group on the page, and of all groups in the palette.
const GROUP_MAX: usize = 20;
const PALETTE_MAX: usize = 12;
/// The fewest letters that are looked for.
const LETTERS_MIN: usize = 2;

/// Its addresses.
pub(crate) fn routes() -> Vec<Route> {
    vec![Route::get("/search", Guard::SignedIn, page), Route::get("/search.json", Guard::SignedIn, palette)]
}

/// Something found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Hit {
    /// Its name.
    pub(crate) title: String,
    /// What it is.
    pub(crate) note: String,
    /// Where it is.
    pub(crate) href: String,
}

/// Hits of one kind under their heading.
struct Group {
    title: &'static str,
    hits: Vec<Hit>,
}

#[derive(Serialize)]
struct Palette {
    hits: Vec<Hit>,
}

/// `GET /search.json?q=`.
async fn palette(visit: Visit) -> Answer {
    let groups = find(&visit).await?;
    let hits = groups.into_iter().flat_map(|group| group.hits).take(PALETTE_MAX).collect();
    Ok(visit.json(&Palette { hits }))
}

/// `GET /search?q=`.
async fn page(visit: Visit) -> Answer {
    let asked = visit.query.text("q").to_owned();
    let groups = find(&visit).await?;
    let n_hits: usize = groups.iter().map(|group| group.hits.len()).sum();
    let context = match (asked.is_empty(), n_hits) {
        (true, _) => "Sites, pages, figures, people, visits and actions".to_owned(),
        (false, 1) => format!("1 result for \"{asked}\""),
        (false, n) => format!("{n} results for \"{asked}\""),
    };
    let page = Page::new("Search").context(context).body(html! {
        (FilterBar::new("/search").search("q", "Search for", &asked).finds())
        (results(&asked, &groups))
    });
    visit.show(&page).await
}

fn results(asked: &str, groups: &[Group]) -> Markup {
    if groups.is_empty() {
        let empty = if asked.chars().count() < LETTERS_MIN {
            Empty::new(
                "What are you looking for?",
                "Type two letters or more of a unit, a page, a figure or a person, or a whole visit number.",
            )
        } else {
            Empty::new(
                "Nothing found",
                "Only what you may open is searched. Check the spelling, or try fewer words. A visit number must be whole.",
            )
        };
        return stack(Panel::new("").body(empty));
    }
    stack(html! {
        @for group in groups {
            (Panel::new(group.title).body(html! { ul.list { @for hit in &group.hits { (line(hit)) } } }))
        }
    })
}

fn line(hit: &Hit) -> Markup {
    html! { li { span.what { a href=(hit.href) { (hit.title) } small { (hit.note) } } } }
}

/// What the words find, by kind; kinds without a hit are left out.
async fn find(visit: &Visit) -> Result<Vec<Group>, Fault> {
    let asked = visit.query.text("q");
    if asked.chars().count() < LETTERS_MIN {
        return Ok(Vec::new());
    }
    let words = words_of(asked);
    let day = visit.now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let home = visit.who()?.access.home(&visit.tree, day);
    let mut groups = vec![
        Group { title: "Sites", hits: sites(visit, &words, day)? },
        Group { title: "Pages", hits: pages::list(visit, home.as_ref(), &words, day)? },
        Group { title: "Figures", hits: figures_of(visit, home.as_ref(), &words, day)? },
    ];
    let mut tx = visit.read().await?;
    groups.push(Group { title: "People", hits: persons(visit, &mut tx, &words, day).await? });
    let (visits, logged) = visits(visit, &mut tx, asked, day).await?;
    drop(tx);
    log(visit, logged).await?;
    groups.push(Group { title: "Visits", hits: visits });
    groups.retain(|group| !group.hits.is_empty());
    Ok(groups)
}

/// Small letters, in words.
fn words_of(text: &str) -> Vec<String> {
    text.to_lowercase().split_whitespace().map(str::to_owned).collect()
}

/// Whether every word stands somewhere in the text.
pub(crate) fn matches(text: &str, words: &[String]) -> bool {
    let text = text.to_lowercase();
    words.iter().all(|word| text.contains(word.as_str()))
}

fn sites(visit: &Visit, words: &[String], day: Date) -> Result<Vec<Hit>, Fault> {
    let access = &visit.who()?.access;
    let found = visit.tree.all().iter().filter(|site| {
        site.is_open(day)
            && matches(
                &format!("{} {} {}", site.name, site.path, visit.tree.codes(&site.id).join(" ")),
                words,
            )
            && access.allows(&visit.tree, Permission::TODAY_VIEW, &site.path, day)
    });
    Ok(found.take(GROUP_MAX).map(|site| site_hit(visit, site)).collect())
}

fn site_hit(visit: &Visit, site: &SiteInfo) -> Hit {
    let kind = match site.kind {
        SiteKind::Enterprise => "Enterprise",
        SiteKind::Facility => "Facility",
        SiteKind::Department => "Department",
        SiteKind::Unit => "Unit",
    };
    let above = site.parent_id.and_then(|parent| visit.tree.get(&parent));
    let note = above.map_or(kind.to_owned(), |above| format!("{kind}, {}", above.name));
    Hit { title: site.name.clone(), note, href: format!("/at/{}/today", site.path) }
}

fn figures_of(
    visit: &Visit,
    home: Option<&SitePath>,
    words: &[String],
    day: Date,
) -> Result<Vec<Hit>, Fault> {
    let access = &visit.who()?.access;
    let Some(home) = home else { return Ok(Vec::new()) };
    let may_explain = access.allows(&visit.tree, Permission::TODAY_VIEW, home, day);
    let is_found = |figure: &&Figure| {
        matches(&format!("{} {}", figure.title, figure.key.replace('_', " ")), words)
            && may_explain
            && access.allows(&visit.tree, figure.permission, home, day)
    };
    let found = visit.ctx.catalogue.all().filter(is_found);
    Ok(found
        .take(GROUP_MAX)
        .map(|figure| Hit {
            title: figure.title.to_owned(),
            note: "Figure".to_owned(),
            href: format!("/at/{home}/explain/{}", figure.key),
        })
        .collect())
}

async fn persons(visit: &Visit, tx: &mut Tx, words: &[String], day: Date) -> Result<Vec<Hit>, Fault> {
    let access = &visit.who()?.access;
    let Some(top) = access.sites_for(&visit.tree, Permission::SITES_VIEW, day).into_iter().next() else {
        return Ok(Vec::new());
    };
    let Some(scope) = access.scope(&visit.tree, Permission::SITES_VIEW, &top, day) else {
        return Ok(Vec::new());
    };
    let rows = people::list_people(tx, &scope).await?;
    let found = rows
        .into_iter()
        .map(|row| row.person)
        .filter(|person| matches(&format!("{} {} {}", person.name, person.title, person.email), words));
    Ok(found
        .take(GROUP_MAX)
        .map(|person| Hit {
            note: if person.title.is_empty() { "Person".to_owned() } else { person.title },
            href: format!("/admin/people/{}?site={top}", person.id),
            title: person.name,
        })
        .collect())
}

/// Facilities at which a right is held, or whose part it is held at, each with the top site of the right.
fn facilities(visit: &Visit, permission: Permission, day: Date) -> Result<Vec<(SiteInfo, SitePath)>, Fault> {
    let access = &visit.who()?.access;
    let mut all: Vec<(SiteInfo, SitePath)> = Vec::new();
    for top in access.sites_for(&visit.tree, permission, day) {
        let Some(site) = visit.tree.find(&top) else { continue };
        let heads = visit.tree.below(&site.id).iter().filter_map(|below| visit.tree.facility_of(&below.id));
        for facility in heads {
            if !all.iter().any(|(known, of)| known.id == facility.id && *of == top) {
                all.push((facility.clone(), top.clone()));
            }
        }
    }
    Ok(all)
}

/// A stay by its whole visit number, and a patient's stays by the whole record number where patients may be
/// named. Also answers the sites at which a search by record number has to be logged.
async fn visits(
    visit: &Visit,
    tx: &mut Tx,
    asked: &str,
    day: Date,
) -> Result<(Vec<Hit>, Vec<SitePath>), Fault> {
    let asked = asked.trim();
    if asked.chars().any(char::is_whitespace) || !asked.chars().any(|letter| letter.is_ascii_digit()) {
        return Ok((Vec::new(), Vec::new()));
    }
    let mut hits: Vec<Hit> = Vec::new();
    let by_visit = facilities(visit, Permission::CENSUS_VIEW, day)?;
    let ids: Vec<Id<Site>> = by_visit.iter().map(|(facility, _)| facility.id).collect();
    for found in store::find_by_visit(tx, &ids, asked).await? {
        hits.extend(visit_hit(visit, &found, "Visit", Permission::CENSUS_VIEW, day)?);
    }
    let by_record = facilities(visit, Permission::CENSUS_PHI, day)?;
    let keys = record_keys(visit, tx, &by_record, asked);
    let mut logged = Vec::new();
    for found in store::find_by_patient(tx, &keys).await? {
        if let Some(hit) =
            visit_hit(visit, &found, "Visit of this record number", Permission::CENSUS_PHI, day)?
        {
            let at = visit.tree.get(&found.facility).map(|site| site.path.clone());
            logged.extend(at.filter(|path| !logged.contains(path)));
            if !hits.iter().any(|known| known.href == hit.href) {
                hits.push(hit);
            }
        }
    }
    hits.truncate(GROUP_MAX);
    Ok((hits, logged))
}

/// The keys a record number may have: under the facility's own authority, under a code of any site, or under
/// the authority written before a colon.
fn record_keys(visit: &Visit, tx: &Tx, facilities: &[(SiteInfo, SitePath)], asked: &str) -> Vec<String> {
    if facilities.is_empty() {
        return Vec::new();
    }
    let vault = tx.vault();
    let key = |authority: &str, number: &str| {
        format!("p:{}", vault.lookup(&format!("patient\u{1f}{authority}\u{1f}{number}")))
    };
    if let Some((authority, number)) = asked.split_once(':') {
        return vec![key(&authority.to_uppercase(), number)];
    }
    let own = facilities.iter().map(|(facility, _)| facility.path.to_string());
    let codes = visit.tree.all().iter().filter(|site| site.kind != SiteKind::Unit);
    let codes = codes.flat_map(|site| visit.tree.codes(&site.id).iter().map(|code| code.to_uppercase()));
    own.chain(codes).take(60).map(|authority| key(&authority, asked)).collect()
}

fn visit_hit(
    visit: &Visit,
    found: &store::Found,
    what: &str,
    permission: Permission,
    day: Date,
) -> Result<Option<Hit>, Fault> {
    let at = found.unit.and_then(|unit| visit.tree.get(&unit)).or(visit.tree.get(&found.facility));
    let access = &visit.who()?.access;
    let Some(site) = at.filter(|site| access.allows(&visit.tree, permission, &site.path, day)) else {
        return Ok(None);
    };
    let number = if found.visit.is_empty() { "without a number" } else { found.visit.as_str() };
    Ok(Some(Hit {
        title: format!("{what} {number}"),
        note: format!("{}, {}", site.name, found.state),
        href: format!("/at/{}/census/records/{}", site.path, found.id),
    }))
}

/// Looking a patient up is itself a view.
async fn log(visit: &Visit, at: Vec<SitePath>) -> Result<(), Fault> {
    if at.is_empty() {
        return Ok(());
    }
    let person = visit.who()?.access.person_id();
    visit
        .ctx
        .db
        .write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                for site in at {
                    access_log::log_view(tx, person, &site, "search", "record number").await?;
                }
                Ok(())
            })
        })
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_must_be_there_in_any_order() {
        let check = |text: &str, asked: &str| matches(text, &words_of(asked));
        assert!(check("Surgery 5 West, Riverside General", "west 5"));
        assert!(check("Surgery 5 West", "SURG"));
        assert!(!check("Surgery 5 West", "5 east"));
    }
}
