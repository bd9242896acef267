//! Puts areas, database, jobs and intake together into one product.

use crate::{account, admin, api, find, today, upkeep};
use area::{Area, Ctx, CtxParts, NavEntry, NavGroupKey, Route};
use axum::Router;
use census::AdtMeaning;
use figures::Catalogue;
use identity::{AreaKey, Permission};
use jobs::{JobKind, Jobs, Live, Registry};
use std::path::PathBuf;
use std::sync::Arc;
use store::{Db, StoreError};
use web::Icon;

/// A running product.
pub struct Product {
    /// What every request needs.
    pub ctx: Arc<Ctx>,
    /// Every address.
    pub router: Router,
    /// Every kind of long work.
    pub registry: Registry,
}

/// Everything the product can do, in the order of the navigation.
#[must_use]
pub fn areas() -> Vec<Area> {
    vec![
        Area {
            key: AreaKey::Today,
            nav: Some(NavEntry {
                group: NavGroupKey::Home,
                label: "Today",
                icon: Icon::Today,
                home: "today",
                permission: Permission::TODAY_VIEW,
                letter: 't',
            }),
            routes: today::routes(),
            figures: &[],
            needs: vec![jobs::finished_jobs()],
            jobs: Vec::new(),
        },
        census::area(),
        Area {
            key: AreaKey::Admin,
            nav: Some(NavEntry {
                group: NavGroupKey::Lead,
                label: "Admin",
                icon: Icon::Cog,
                home: "/admin",
                permission: Permission::ADMIN_VIEW,
                letter: 'a',
            }),
            routes: admin::routes(),
            figures: &[],
            needs: Vec::new(),
            jobs: Vec::new(),
        },
    ]
}

/// Every address of the product with its guard: areas first, then what belongs to none.
#[must_use]
pub fn routes(areas: Vec<Area>) -> Vec<Route> {
    let mut routes: Vec<Route> = areas.into_iter().flat_map(|area| area.routes).collect();
    routes.extend(account::routes());
    routes.extend(find::routes());
    routes.extend(api::routes());
    routes
}

/// Every figure and every dated rule, for programs without a server.
///
/// # Errors
/// [`StoreError::NotReady`] when the areas contradict each other, which is a fault of the program.
pub fn catalogue() -> Result<(Catalogue, Arc<figures::rules::Registry>), StoreError> {
    catalogue_of(&areas())
}

fn catalogue_of(areas: &[Area]) -> Result<(Catalogue, Arc<figures::rules::Registry>), StoreError> {
    let rules = figures::rules::Registry::new(&[figures::rules::seed()]).map_err(|error| broken(&error))?;
    let lists: Vec<_> = areas.iter().map(|area| area.figures).collect();
    let catalogue = Catalogue::new(&lists, &rules).map_err(|error| broken(&error))?;
    Ok((catalogue, Arc::new(rules)))
}

fn broken(error: &dyn std::fmt::Display) -> StoreError {
    StoreError::NotReady(format!("the areas do not fit: {error}"))
}

/// Makes a product of a migrated database.
///
/// # Errors
/// [`StoreError::NotReady`] when the areas contradict each other, which is a fault of the program.
pub fn compose(db: Db, folder: PathBuf, is_demo: bool) -> Result<Product, StoreError> {
    compose_with(db, folder, is_demo, Vec::new())
}

/// Makes a product that also does the executable's own kinds of long work, such as filling the sample.
///
/// # Errors
/// As [`compose`].
pub fn compose_with(
    db: Db,
    folder: PathBuf,
    is_demo: bool,
    more_jobs: Vec<JobKind>,
) -> Result<Product, StoreError> {
    let mut areas = areas();
    let (catalogue, rules) = catalogue_of(&areas)?;
    let meaning: Arc<dyn intake::Meaning> = Arc::<AdtMeaning>::default();
    let mut own = admin::work::kinds(&folder, &meaning);
    own.extend(upkeep::kinds());
    let kinds = areas.iter_mut().flat_map(|area| std::mem::take(&mut area.jobs));
    let registry =
        Registry::new(kinds.chain(own).chain(more_jobs).collect()).map_err(|error| broken(&error))?;
    let live = Live::new(db.now());
    let receiver = intake::Receiver::start(db.clone(), Arc::clone(&meaning));
    let parts = CtxParts {
        jobs: Jobs::new(registry.clone(), live.clone()),
        db,
        catalogue,
        rules,
        live,
        receiver,
        meaning,
        folder,
        is_demo,
    };
    let ctx = Arc::new(Ctx::new(parts, &areas));
    let router = area::serve(&ctx, routes(areas)).merge(web::assets::router());
    Ok(Product { ctx, router, registry })
}
