//! The reading operations.

use super::{ask, store};
use area::{Answer, Fault, Visit};
use figures::rules::Rules;
use figures::{Ask, Better, Figure, RowsPage, Unit};
use identity::{Care, Permission, SiteKind};
use jiff::Timestamp;
use serde::Serialize;

/// `GET /api/v1/census`: the day of a site, or who is inside at an instant.
pub(super) async fn census(visit: Visit) -> Answer {
    let as_of = ask::instant(&visit, "as_of")?;
    let (date, at) = (ask::date(&visit, "date")?, ask::instant(&visit, "at")?);
    let mut tx = visit.read().await?;
    match (date, at) {
        (Some(date), None) => {
            let report = census::day::report(&mut tx, visit.scope()?, &visit.tree, date, as_of).await?;
            Ok(visit.json(&report))
        }
        (None, Some(at)) => {
            let report = census::present::report(&mut tx, visit.scope()?, &visit.tree, at, as_of).await?;
            Ok(visit.json(&report))
        }
        (None, None) | (Some(_), Some(_)) => Err(Fault::BadRequest(
            "give either `date` or `at`; write for example date=2026-10-01 or at=2026-10-01T08:00:00Z"
                .to_owned(),
        )),
    }
}

/// A figure of the catalogue.
#[derive(Serialize)]
struct Listed {
    key: &'static str,
    title: &'static str,
    unit: Unit,
    better: Better,
    definition: &'static str,
    source: &'static str,
    numerator: &'static str,
    denominator: Option<&'static str>,
    is_additive: bool,
    why_not: &'static str,
    target_rule: Option<&'static str>,
}

/// `GET /api/v1/figures`: the catalogue, as far as the asker may see its figures anywhere.
pub(super) async fn figures(visit: Visit) -> Answer {
    let access = &visit.who()?.access;
    let day = visit.now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let may = |figure: &&Figure| !access.sites_for(&visit.tree, figure.permission, day).is_empty();
    let all: Vec<Listed> = visit.ctx.catalogue.all().filter(may).map(listed).collect();
    Ok(visit.json(&all))
}

fn listed(figure: &'static Figure) -> Listed {
    Listed {
        key: figure.key,
        title: figure.title,
        unit: figure.unit,
        better: figure.better,
        definition: figure.definition,
        source: figure.source,
        numerator: figure.numerator,
        denominator: figure.denominator,
        is_additive: figure.is_additive,
        why_not: figure.why_not,
        target_rule: figure.target_rule,
    }
}

/// `GET /api/v1/figures/{key}`.
pub(super) async fn figure(visit: Visit) -> Answer {
    let figure = visit.ctx.catalogue.get(visit.name("key")).ok_or(Fault::NotFound)?;
    let scope = ask::scope(&visit, figure.permission)?;
    let (period, as_of) = (ask::period(&visit)?, ask::instant(&visit, "as_of")?);
    let mut tx = visit.read().await?;
    let rules = Rules::load(&mut tx, &visit.ctx.rules).await?;
    let question = Ask { scope: &scope, tree: &visit.tree, rules: &rules, period, as_of, now: visit.now };
    let reading = (figure.read)(&mut tx, &question).await?;
    Ok(visit.json(&figure.answer(&reading)))
}

/// `GET /api/v1/figures/{key}/explain`: all rows, or a page of them where `limit` or `offset` is given.
pub(super) async fn explain(visit: Visit) -> Answer {
    let figure = visit.ctx.catalogue.get(visit.name("key")).ok_or(Fault::NotFound)?;
    let scope = ask::scope(&visit, figure.permission)?;
    let (period, as_of) = (ask::period(&visit)?, ask::instant(&visit, "as_of")?);
    let is_paged = ["limit", "offset"].iter().any(|name| visit.query.given(name).is_some());
    let page = match is_paged {
        true => RowsPage { offset: ask::offset(&visit)?, limit: ask::limit(&visit)? },
        false => RowsPage::ALL,
    };
    let mut tx = visit.read().await?;
    let rules = Rules::load(&mut tx, &visit.ctx.rules).await?;
    let question = Ask { scope: &scope, tree: &visit.tree, rules: &rules, period, as_of, now: visit.now };
    let explained = figures::explain(&mut tx, figure, &question, page).await?;
    let seen = page.offset.saturating_add(explained.rows.len());
    let next = (seen < explained.n_rows && !explained.rows.is_empty()).then(|| ("offset", seen.to_string()));
    ask::paged(&visit, &explained, next)
}

/// `GET /api/v1/needs`.
pub(super) async fn needs(visit: Visit) -> Answer {
    let ranked = visit.needs(&mut visit.read().await?).await?;
    Ok(visit.json(&*ranked))
}

#[derive(Serialize)]
struct SiteShown<'s> {
    site: &'s str,
    name: &'s str,
    kind: SiteKind,
    care: Care,
    parent: Option<&'s str>,
    time_zone: Option<&'s str>,
    currency: String,
    codes: &'s [String],
    closed_on: Option<String>,
}

/// `GET /api/v1/sites`: every site the asker may see something of.
pub(super) async fn sites(visit: Visit) -> Answer {
    let access = &visit.who()?.access;
    let day = visit.now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let any =
        [Permission::TODAY_VIEW, Permission::CENSUS_VIEW, Permission::SITES_VIEW, Permission::FEEDS_VIEW];
    let is_seen = |path| any.iter().any(|asked| access.allows(&visit.tree, *asked, path, day));
    let seen: Vec<SiteShown<'_>> = visit
        .tree
        .all()
        .iter()
        .filter(|site| is_seen(&site.path))
        .map(|site| SiteShown {
            site: site.path.as_str(),
            name: &site.name,
            kind: site.kind,
            care: site.care,
            // A parent outside of what the asker may see is not told.
            parent: site
                .parent_id
                .and_then(|parent| visit.tree.get(&parent))
                .filter(|parent| is_seen(&parent.path))
                .map(|parent| parent.path.as_str()),
            time_zone: site.time_zone.iana_name(),
            currency: site.currency.to_string(),
            codes: visit.tree.codes(&site.id),
            closed_on: site.closed_on.map(|day| day.to_string()),
        })
        .collect();
    Ok(visit.json(&seen))
}

#[derive(Serialize)]
struct BedShown {
    id: String,
    unit: String,
    bed: String,
    state: &'static str,
    since: Option<String>,
    reason: Option<String>,
    owner: Option<String>,
    is_licensed: bool,
    is_set_up: bool,
}

/// `GET /api/v1/beds`.
pub(super) async fn beds(visit: Visit) -> Answer {
    let rows = census::beds::store::list(&mut visit.read().await?, visit.scope()?).await?;
    let text = |text: String| Some(text).filter(|text| !text.is_empty());
    let beds: Vec<BedShown> = rows
        .into_iter()
        .map(|bed| BedShown {
            id: bed.id.to_string(),
            unit: visit.tree.get(&bed.unit).map_or(String::new(), |unit| unit.path.to_string()),
            bed: bed.code,
            state: bed.state.word(),
            since: instant(bed.since).filter(|_| bed.since > 0),
            reason: text(bed.reason),
            owner: text(bed.owner),
            is_licensed: bed.is_licensed,
            is_set_up: bed.is_set_up,
        })
        .collect();
    Ok(visit.json(&beds))
}

fn instant(micros: i64) -> Option<String> {
    Timestamp::from_microsecond(micros).ok().map(|at| at.to_string())
}

#[derive(Serialize)]
struct StaysPage {
    stays: Vec<store::StayShown>,
    next: Option<String>,
}

/// `GET /api/v1/stays`: newest arrival first, a page at a time.
pub(super) async fn stays(visit: Visit) -> Answer {
    let state = ask::word(&visit, "state", &["present", "expected", "left"], "present")?.unwrap_or("present");
    let limit = ask::limit(&visit)?;
    let zone = visit.zone();
    let month = jiff::SignedDuration::from_hours(31 * 24);
    let from = match ask::date(&visit, "from")? {
        Some(day) => base::Period::day(day).instants(&zone).0,
        None if state == "left" => visit.now.saturating_sub(month).unwrap_or(visit.now),
        None => Timestamp::UNIX_EPOCH,
    };
    let after = match visit.query.given("cursor") {
        Some(text) => store::Cursor::read(text).ok_or_else(|| {
            Fault::BadRequest("`cursor` is not one of ours; follow the Link of the page before".to_owned())
        })?,
        None => store::Cursor::START,
    };
    let mut rows = store::list_stays(
        &mut visit.read().await?,
        visit.scope()?,
        &visit.tree,
        state,
        from,
        &after,
        limit + 1,
    )
    .await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| has_more).map(|(cursor, _)| cursor.to_string());
    let page = StaysPage { stays: rows.into_iter().map(|(_, stay)| stay).collect(), next: next.clone() };
    ask::paged(&visit, &page, next.map(|next| ("cursor", next)))
}

#[derive(Serialize)]
struct FeedShown {
    id: String,
    application: String,
    facility: String,
    way: String,
    site: Option<String>,
    first_at: String,
    last_at: String,
    last_event_at: Option<String>,
    n_received: i64,
    n_applied: i64,
    n_ignored: i64,
    n_duplicate: i64,
    n_refused: i64,
    n_open_faults: i64,
}

/// `GET /api/v1/feeds`.
pub(super) async fn feeds(visit: Visit) -> Answer {
    let feeds = intake::list_feeds(&mut visit.read().await?, visit.scope()?).await?;
    let feeds: Vec<FeedShown> = feeds
        .into_iter()
        .map(|feed| FeedShown {
            id: feed.id,
            application: feed.application,
            facility: feed.facility,
            way: feed.way,
            site: feed.site.map(|site| site.to_string()),
            first_at: feed.first_at.to_string(),
            last_at: feed.last_at.to_string(),
            last_event_at: feed.last_event_at.map(|at| at.to_string()),
            n_received: feed.n_received,
            n_applied: feed.n_applied,
            n_ignored: feed.n_ignored,
            n_duplicate: feed.n_duplicate,
            n_refused: feed.n_refused,
            n_open_faults: feed.n_open_faults,
        })
        .collect();
    Ok(visit.json(&feeds))
}

/// `GET /api/v1/jobs/{id}`: one's own work, or any to an administrator.
pub(super) async fn job(visit: Visit) -> Answer {
    let id = visit.name("id").parse().map_err(|_| Fault::NotFound)?;
    let mut tx = visit.read().await?;
    for permission in [Permission::ADMIN_VIEW, Permission::ME] {
        let Ok(scope) = ask::scope(&visit, permission) else { continue };
        if let Some(job) = visit.ctx.jobs.find(&mut tx, &scope, id).await? {
            return Ok(visit.json(&job));
        }
    }
    Err(Fault::NotFound)
}

/// `GET /api/v1/rules`: every dated rule as it stands at a site today.
pub(super) async fn rules(visit: Visit) -> Answer {
    let rules = Rules::load(&mut visit.read().await?, &visit.ctx.rules).await?;
    Ok(visit.json(&rules.list(visit.scope()?.path(), visit.today())))
}
