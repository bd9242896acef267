//! One request: who asks, for which site, with what; and how a page is shown to them.

use crate::fault::{Fault, redirect};
use crate::form::Form;
use crate::route::{Area, NavEntry};
use axum::response::{IntoResponse as _, Response};
use figures::needs::{NeedAsk, Ranked, Source};
use figures::{Ask, Catalogue, SeriesPoint, rules::Rules};
use identity::{Access, Permission, Scope, SiteInfo, SiteTree};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jobs::{Jobs, Live};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};
use store::{Actor, Db, StoreError, Tx};
use web::{Crumb, Density, NavGroup, NavItem, Page, ScopeChoice, Shell, Theme};

/// The rights that each open some page of administration.
const ADMIN_PARTS: [Permission; 4] =
    [Permission::ADMIN_VIEW, Permission::SITES_VIEW, Permission::AUDIT_VIEW, Permission::FEEDS_VIEW];
/// How long what is shown around every page may lag behind a change made by another process.
const FRESH_FOR: Duration = Duration::from_secs(1);
/// How long the counts in the navigation are kept.
const COUNTS_FOR: Duration = Duration::from_secs(15);
/// The longest that [`Ctx::hold`] keeps anything.
const HELD_FOR: Duration = Duration::from_secs(60);

/// A figure's days, and when they were read.
type Run = (Instant, Arc<[SeriesPoint]>);

/// What every request needs and none owns.
pub struct Ctx {
    /// The database.
    pub db: Db,
    /// Every figure.
    pub catalogue: Catalogue,
    /// Every dated rule's definition.
    pub rules: Arc<figures::rules::Registry>,
    /// What derives needs.
    pub needs: Vec<Source>,
    /// The areas' entries in the navigation.
    pub nav: Vec<NavEntry>,
    /// Changes, as they happen.
    pub live: Live,
    /// Long work.
    pub jobs: Jobs,
    /// Takes messages in, batched.
    pub receiver: intake::Receiver,
    /// Gives messages their meaning, for replays and imports.
    pub meaning: Arc<dyn intake::Meaning>,
    /// The installation's folder, for backups and keys.
    pub folder: PathBuf,
    /// Whether this is the sample enterprise.
    pub is_demo: bool,
    /// When the program started.
    pub started: Timestamp,
    tree: RwLock<Option<(Instant, Arc<SiteTree>)>>,
    counts: RwLock<HashMap<String, (Instant, Arc<Ranked>)>>,
    runs: RwLock<HashMap<String, Run>>,
}

/// The parts of a [`Ctx`].
pub struct CtxParts {
    /// The database.
    pub db: Db,
    /// Every figure.
    pub catalogue: Catalogue,
    /// Every dated rule's definition.
    pub rules: Arc<figures::rules::Registry>,
    /// Changes, as they happen.
    pub live: Live,
    /// Long work.
    pub jobs: Jobs,
    /// Takes messages in.
    pub receiver: intake::Receiver,
    /// Gives messages their meaning.
    pub meaning: Arc<dyn intake::Meaning>,
    /// The installation's folder.
    pub folder: PathBuf,
    /// Whether this is the sample enterprise.
    pub is_demo: bool,
}

impl Ctx {
    /// Puts the parts and what the areas contribute together.
    #[must_use]
    pub fn new(parts: CtxParts, areas: &[Area]) -> Ctx {
        let mut needs = Vec::new();
        for area in areas {
            needs.extend(area.needs.iter().copied());
        }
        Ctx {
            started: parts.db.now(),
            db: parts.db,
            catalogue: parts.catalogue,
            rules: parts.rules,
            needs,
            nav: areas.iter().filter_map(|area| area.nav).collect(),
            live: parts.live,
            jobs: parts.jobs,
            receiver: parts.receiver,
            meaning: parts.meaning,
            folder: parts.folder,
            is_demo: parts.is_demo,
            tree: RwLock::new(None),
            counts: RwLock::new(HashMap::new()),
            runs: RwLock::new(HashMap::new()),
        }
    }

    /// The site tree, at most a second old; a change made here is seen at once after [`Ctx::forget`].
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read.
    pub async fn tree(&self, tx: &mut Tx) -> Result<Arc<SiteTree>, StoreError> {
        let held = self.tree.read().ok().and_then(|held| held.clone());
        if let Some((at, tree)) = held.filter(|(at, _)| at.elapsed() < FRESH_FOR) {
            let _ = at;
            return Ok(tree);
        }
        let tree = Arc::new(SiteTree::load(tx).await?);
        if let Ok(mut held) = self.tree.write() {
            *held = Some((Instant::now(), Arc::clone(&tree)));
        }
        Ok(tree)
    }

    /// Forgets what is kept for speed, after a change that people must see on the next page.
    pub fn forget(&self) {
        if let Ok(mut tree) = self.tree.write() {
            *tree = None;
        }
        if let Ok(mut counts) = self.counts.write() {
            counts.clear();
        }
        if let Ok(mut runs) = self.runs.write() {
            runs.clear();
        }
    }

    /// Days of a figure that were held under this name not longer ago than `at_most`. The name says site,
    /// figure and period; whether the asker may see them was checked before.
    #[must_use]
    pub fn held(&self, name: &str, at_most: Duration) -> Option<Arc<[SeriesPoint]>> {
        let runs = self.runs.read().ok()?;
        runs.get(name).filter(|(at, _)| at.elapsed() < at_most.min(HELD_FOR)).map(|(_, run)| Arc::clone(run))
    }

    /// Holds days of a figure, for at most a minute.
    pub fn hold(&self, name: String, run: Vec<SeriesPoint>) -> Arc<[SeriesPoint]> {
        let run: Arc<[SeriesPoint]> = run.into();
        if let Ok(mut runs) = self.runs.write() {
            runs.retain(|_, (at, _)| at.elapsed() < HELD_FOR);
            runs.insert(name, (Instant::now(), Arc::clone(&run)));
        }
        run
    }
}

/// Who asks.
#[derive(Debug, Clone)]
pub struct Who {
    /// The person and the roles they hold.
    pub access: Access,
    /// The session's form token; empty for an API token.
    pub csrf: String,
    /// The session's stored name, to tell it from the person's others; empty for an API token.
    pub session: String,
    /// Seconds until an idle session ends.
    pub idle_seconds: Option<u32>,
    /// Whether the password must be changed first.
    pub must_change: bool,
}

/// One request.
pub struct Visit {
    /// What every request needs.
    pub ctx: Arc<Ctx>,
    /// The site tree.
    pub tree: Arc<SiteTree>,
    /// Who asks, if anyone is signed in.
    pub who: Option<Who>,
    /// Where, once the guard has agreed.
    pub scope: Option<Scope>,
    /// Now.
    pub now: Timestamp,
    /// The path asked for.
    pub path: String,
    /// The query.
    pub query: Form,
    /// The form sent.
    pub form: Form,
    /// The raw body of an API request.
    pub body: Vec<u8>,
    /// What the path's `{names}` stand for.
    pub names: BTreeMap<String, String>,
    /// Colors chosen.
    pub theme: Theme,
    /// The browser's own words about itself, cut short.
    pub agent: String,
    /// The `Last-Event-ID` of a resumed stream.
    pub last_event: Option<u64>,
    /// The `Idempotency-Key` of a write through the API.
    pub idempotency_key: Option<String>,
    /// Whether the browser's own connection is encrypted, as the proxy in front says: then cookies are too.
    pub is_https: bool,
}

impl Visit {
    /// Where the request is about.
    ///
    /// # Errors
    /// [`Fault::NotFound`] on a route whose guard names no site.
    pub fn scope(&self) -> Result<&Scope, Fault> {
        self.scope.as_ref().ok_or(Fault::NotFound)
    }

    /// Who asks.
    ///
    /// # Errors
    /// [`Fault::SignIn`] when nobody is signed in.
    pub fn who(&self) -> Result<&Who, Fault> {
        self.who.as_ref().ok_or(Fault::SignIn)
    }

    /// The site of the scope.
    ///
    /// # Errors
    /// [`Fault::NotFound`] when there is none.
    pub fn site(&self) -> Result<&SiteInfo, Fault> {
        self.tree.get(&self.scope()?.site_id()).ok_or(Fault::NotFound)
    }

    /// The zone of the site; on a page about none, that of the site where the person belongs; else UTC.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        let home = || {
            let today = TimeZone::UTC.to_datetime(self.now).date();
            self.tree.find(&self.who.as_ref()?.access.home(&self.tree, today)?)
        };
        self.site().ok().or_else(home).map_or(TimeZone::UTC, |site| site.time_zone.clone())
    }

    /// Today at the site.
    #[must_use]
    pub fn today(&self) -> Date {
        self.zone().to_datetime(self.now).date()
    }

    /// What a `{name}` of the path stands for.
    #[must_use]
    pub fn name(&self, name: &str) -> &str {
        self.names.get(name).map_or("", String::as_str)
    }

    /// Whether the person also holds another permission at this site.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.narrowed(permission).is_some()
    }

    /// Whether the person holds a permission anywhere, for links to pages that are not about this site.
    #[must_use]
    pub fn holds(&self, permission: Permission) -> bool {
        let held = self.who.as_ref().map(|who| who.access.sites_for(&self.tree, permission, self.today()));
        held.is_some_and(|sites| !sites.is_empty())
    }

    /// An empty state that leads to the page which fills it (`Import stays`), or says what to ask an
    /// administrator for when that page would not open.
    #[must_use]
    pub fn filled_by(&self, empty: web::Empty, words: &str, href: &str, opened_by: Permission) -> web::Empty {
        if self.holds(opened_by) {
            return empty.action(words, href);
        }
        let mut letters = words.chars();
        let asked = letters.next().map(|first| first.to_lowercase().chain(letters).collect::<String>());
        empty.ask(asked.unwrap_or_default())
    }

    /// The scope of another permission at this site.
    #[must_use]
    pub fn narrowed(&self, permission: Permission) -> Option<Scope> {
        let (who, scope) = (self.who.as_ref()?, self.scope.as_ref()?);
        who.access.scope(&self.tree, permission, scope.path(), self.today())
    }

    /// Whether patients may be named here. When they may, the view is logged first.
    ///
    /// # Errors
    /// [`StoreError`] when the log cannot be written: then nothing is shown.
    pub async fn may_name_patients(&self, page: &'static str) -> Result<bool, Fault> {
        let (Some(scope), Ok(who)) = (self.narrowed(Permission::CENSUS_PHI), self.who()) else {
            return Ok(false);
        };
        let (person, site) = (who.access.person_id(), scope.path().clone());
        self.ctx
            .db
            .write::<_, StoreError, _>(move |tx| {
                Box::pin(async move { identity::access_log::log_view(tx, person, &site, page, "").await })
            })
            .await?;
        Ok(true)
    }

    /// A snapshot of the database.
    ///
    /// # Errors
    /// [`StoreError`] when no connection can be had.
    pub async fn read(&self) -> Result<Tx, Fault> {
        Ok(self.ctx.db.read().await?)
    }

    /// Who changes something, for history.
    #[must_use]
    pub fn actor(&self) -> Actor {
        let who = self.who.as_ref().map_or("nobody".to_owned(), |who| who.access.person_id().to_string());
        Actor::new(who, format!("request {}", self.path))
    }

    /// The question put to a figure.
    ///
    /// # Errors
    /// [`Fault::NotFound`] when the route has no site.
    pub fn ask<'v>(
        &'v self,
        rules: &'v Rules,
        period: base::Period,
        as_of: Option<Timestamp>,
    ) -> Result<Ask<'v>, Fault> {
        Ok(Ask { scope: self.scope()?, tree: &self.tree, rules, period, as_of, now: self.now })
    }

    /// What needs this person at this site, ranked; at most 15 seconds old.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read.
    pub async fn needs(&self, tx: &mut Tx) -> Result<Arc<Ranked>, Fault> {
        let (who, scope) = (self.who()?, self.scope()?);
        let key = format!("{} {}", who.access.person_id(), scope.path());
        let held = self.ctx.counts.read().ok().and_then(|held| held.get(&key).cloned());
        if let Some((_, ranked)) = held.filter(|(at, _)| at.elapsed() < COUNTS_FOR) {
            return Ok(ranked);
        }
        let rules = Rules::load(tx, &self.ctx.rules).await?;
        let ask = NeedAsk { scope, tree: &self.tree, rules: &rules, now: self.now };
        let ranked = figures::needs::list_needs(tx, &self.ctx.needs, Some(&who.access), &ask).await?;
        let ranked = Arc::new(ranked);
        if let Ok(mut counts) = self.ctx.counts.write() {
            counts.retain(|_, (at, _)| at.elapsed() < COUNTS_FOR);
            counts.insert(key, (Instant::now(), Arc::clone(&ranked)));
        }
        Ok(ranked)
    }

    /// The page in its shell.
    ///
    /// # Errors
    /// [`Fault`] when what stands around the page cannot be read.
    pub async fn show(&self, page: &Page) -> Result<Response, Fault> {
        let shell = self.shell().await?;
        let document = web::render(&shell, page);
        Ok(if page.has_errors { web::unprocessable(document) } else { document.into_response() })
    }

    /// Another address, after a change.
    #[must_use]
    pub fn go(&self, to: &str) -> Response {
        redirect(to)
    }

    /// A JSON answer.
    #[must_use]
    pub fn json(&self, value: &impl serde::Serialize) -> Response {
        axum::Json(value).into_response()
    }

    /// Where another page of this scope is: `visit.at("census/flow")`.
    #[must_use]
    pub fn at(&self, page: &str) -> String {
        format!("/at/{}/{page}", self.scope.as_ref().map_or("", |scope| scope.path().as_str()))
    }

    /// What stands around every page for this person.
    ///
    /// # Errors
    /// [`Fault`] when the needs cannot be read.
    pub async fn shell(&self) -> Result<Shell, Fault> {
        let who = self.who()?;
        let access = &who.access;
        let today = self.today();
        let home = access.home(&self.tree, today);
        let at = self.scope.as_ref().map(|scope| scope.path().clone()).or(home);
        let ranked = match &self.scope {
            Some(_) => Some(self.needs(&mut self.read().await?).await?),
            None => None,
        };
        let role = at.as_ref().and_then(|at| access.roles_at(&self.tree, at, today).into_iter().next());
        let preferences = &access.person.preferences;
        Ok(Shell {
            product: "Helmward".to_owned(),
            person: web::Person {
                name: access.person.name.clone(),
                role: role.map_or("Signed in".to_owned(), |role| role.title().to_owned()),
                initials: initials(&access.person.name),
            },
            scope: self.crumbs(at.as_ref()),
            choices: self.choices(),
            nav: self.nav(at.as_ref(), ranked.as_deref()),
            tabs: self.tabs(at.as_ref(), ranked.as_deref()),
            theme: self.theme,
            density: match preferences.density {
                identity::people::Density::Comfortable => Density::Normal,
                identity::people::Density::Compact => Density::Compact,
            },
            banners: self.banners(),
            csrf: who.csrf.clone(),
            single_letter_keys: preferences.letter_keys,
            session_seconds: who.idle_seconds,
            here: format!("{}{}", self.path, self.query.with("", None)),
            as_of: web::format::instant_full(self.now, &self.zone()),
            help_href: "/help".to_owned(),
        })
    }

    fn banners(&self) -> Vec<web::Banner> {
        let mut banners = Vec::new();
        if self.ctx.is_demo {
            banners.push(web::Banner {
                kind: web::BannerKind::Info,
                text: "Sample enterprise: every person and patient here is invented.".to_owned(),
                link: None,
            });
        }
        banners
    }

    fn crumbs(&self, at: Option<&base::SitePath>) -> Vec<Crumb> {
        let Some(at) = at else { return Vec::new() };
        let mut up: Vec<base::SitePath> = at.upward().collect();
        up.reverse();
        up.into_iter()
            .filter_map(|path| self.tree.find(&path))
            .map(|site| Crumb { name: site.name.clone(), href: self.same_page_at(&site.path) })
            .collect()
    }

    fn same_page_at(&self, path: &base::SitePath) -> String {
        let rest = self.path.strip_prefix("/at/").and_then(|rest| rest.split_once('/'));
        match rest {
            Some((_, page)) => format!("/at/{path}/{page}"),
            // Pages outside of a site's address take it in the query.
            None if self.scope.is_some() => format!("{}?site={path}", self.path),
            None => format!("/at/{path}/today"),
        }
    }

    fn choices(&self) -> Vec<ScopeChoice> {
        let Some(who) = &self.who else { return Vec::new() };
        let permission = self.scope.as_ref().map_or(Permission::TODAY_VIEW, Scope::permission);
        let tops = who.access.sites_for(&self.tree, permission, self.today());
        let current = self.scope.as_ref().map(Scope::path);
        let mut choices = Vec::new();
        for top in tops {
            let Some(site) = self.tree.find(&top) else { continue };
            for below in self.tree.below(&site.id).iter().filter(|site| site.closed_on.is_none()) {
                choices.push(ScopeChoice {
                    name: below.name.clone(),
                    href: self.same_page_at(&below.path),
                    depth: below.path.depth() - top.depth(),
                    is_current: current == Some(&below.path),
                });
            }
        }
        choices
    }

    fn nav_item(
        &self,
        entry: &NavEntry,
        at: Option<&base::SitePath>,
        needs: Option<&Ranked>,
    ) -> Option<NavItem> {
        let who = self.who.as_ref()?;
        let is_rooted = entry.home.starts_with('/');
        let holds = |permission| !who.access.sites_for(&self.tree, permission, self.today()).is_empty();
        let is_allowed = match at {
            Some(at) if !is_rooted => who.access.allows(&self.tree, entry.permission, at, self.today()),
            // Whoever holds a part of administration finds that part there.
            Some(_) | None if entry.permission == Permission::ADMIN_VIEW => {
                ADMIN_PARTS.into_iter().any(holds)
            }
            Some(_) | None => holds(entry.permission),
        };
        if !is_allowed {
            return None;
        }
        let href = match (is_rooted, at) {
            (true, _) => entry.home.to_owned(),
            (false, Some(at)) => format!("/at/{at}/{}", entry.home),
            (false, None) => return None,
        };
        let area = entry.home.trim_start_matches('/').split('/').next().unwrap_or("");
        let waiting = |needs: &Ranked| {
            let own = needs.open.iter().filter(|need| area == "today" || need.area == area);
            u32::try_from(own.count()).unwrap_or(u32::MAX)
        };
        let mut item = NavItem::new(entry.label, href, entry.icon);
        item.n_waiting = needs.map_or(0, waiting);
        item.is_urgent = area == "today" && item.n_waiting > 0;
        item.is_current = self.path.split('/').any(|part| part == area);
        item.key = Some(entry.letter);
        Some(item)
    }

    fn nav(&self, at: Option<&base::SitePath>, needs: Option<&Ranked>) -> Vec<NavGroup> {
        let mut groups: BTreeMap<crate::NavGroupKey, Vec<NavItem>> = BTreeMap::new();
        for entry in &self.ctx.nav {
            if let Some(item) = self.nav_item(entry, at, needs) {
                groups.entry(entry.group).or_default().push(item);
            }
        }
        groups
            .into_iter()
            .map(|(key, items)| NavGroup { label: key.label().map(str::to_owned), items })
            .collect()
    }

    fn tabs(&self, at: Option<&base::SitePath>, needs: Option<&Ranked>) -> Vec<NavItem> {
        let mut items: Vec<NavItem> =
            self.ctx.nav.iter().filter_map(|entry| self.nav_item(entry, at, needs)).take(4).collect();
        // Four tabs share a phone's width: "Census and flow" is "Census" there.
        for item in &mut items {
            item.label = item.label.split(" and ").next().unwrap_or_default().to_owned();
        }
        items
    }
}

fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}
