//! Every request passes here: who is it, may they, is the form theirs; then the handler; then the answer.

use crate::Answer;
use crate::fault::Fault;
use crate::form::{Form, Upload, decode};
use crate::route::{Guard, Method, Route};
use crate::visit::{Ctx, Visit, Who};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest as _, Multipart, RawPathParams, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use base::SitePath;
use identity::{Scope, SiteTree, sessions, tokens};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::{StoreError, Tx};
use web::Theme;

/// The cookie of a session.
pub const SESSION_COOKIE: &str = "helmward_session";
/// The cookie of the chosen colors.
pub const THEME_COOKIE: &str = "helmward_theme";
/// The form field that shows a form was made for this session.
pub const CSRF_FIELD: &str = "csrf";

/// How long an answer waits for acknowledged messages to be applied.
const CATCH_UP_MAX: Duration = Duration::from_secs(2);

/// The largest body taken, files included.
const BODY_MAX: usize = 256 * 1024 * 1024;

/// A router over these routes.
pub fn serve(ctx: &Arc<Ctx>, routes: Vec<Route>) -> Router {
    let mut router = Router::new();
    for route in routes {
        let filter = match route.method {
            Method::Get => MethodFilter::GET,
            Method::Post => MethodFilter::POST,
            Method::Delete => MethodFilter::DELETE,
        };
        let (ctx, path) = (Arc::clone(ctx), route.path);
        let route = Arc::new(route);
        let method = on(filter, move |names: RawPathParams, request: Request| {
            let (ctx, route) = (Arc::clone(&ctx), Arc::clone(&route));
            let names = names.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            answer(ctx, route, names, request)
        });
        router = router.route(path, method);
    }
    router
}

async fn answer(
    ctx: Arc<Ctx>,
    route: Arc<Route>,
    names: BTreeMap<String, String>,
    request: Request,
) -> Response {
    let here = request.uri().path_and_query().map_or("/".to_owned(), ToString::to_string);
    let is_api = route.path.starts_with("/api/") || route.path.ends_with(".json");
    let asked = Arc::clone(&route);
    let outcome = on_own_thread(async move {
        let visit = admit(ctx, &asked, names, request).await?;
        (asked.handler)(visit).await
    })
    .await;
    let mut response = match outcome {
        Ok(response) => response,
        Err(fault) => {
            let reference = reference();
            if fault.status().is_server_error() {
                // Ids and the pattern only: the path may hold what was searched for.
                tracing::error!(reference, route = route.path, fault = %fault, "request failed");
            }
            if is_api { fault.problem(&reference) } else { fault.page(&reference, &here) }
        }
    };
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Answers on a thread that may wait for the database as long as it takes: one change of threads for a
/// request, not one for each statement.
async fn on_own_thread(answer: impl Future<Output = Answer> + Send + 'static) -> Answer {
    let runtime = tokio::runtime::Handle::current();
    let answered = tokio::task::spawn_blocking(move || runtime.block_on(answer)).await;
    answered.unwrap_or_else(|error| Err(Fault::Ours(format!("the request broke off: {error}"))))
}

/// A short name by which a person and the log mean the same failure.
fn reference() -> String {
    let micros = Timestamp::now().as_microsecond();
    format!("{:x}", micros.rem_euclid(0x10_0000_0000))
}

async fn admit(
    ctx: Arc<Ctx>,
    route: &Route,
    names: BTreeMap<String, String>,
    request: Request,
) -> Result<Visit, Fault> {
    let now = ctx.db.now();
    // Who was told that a message arrived finds it in what is read next. A flood holds nobody up for long.
    let _ = tokio::time::timeout(CATCH_UP_MAX, ctx.receiver.caught_up()).await;
    let mut tx = ctx.db.read().await?;
    let tree = ctx.tree(&mut tx).await?;
    let (who, is_token) = find_who(&ctx, &mut tx, request.headers(), now).await?;
    drop(tx);
    let query = Form::parse(request.uri().query().unwrap_or_default());
    let headers = request.headers().clone();
    let mut visit = Visit {
        scope: None,
        path: request.uri().path().to_owned(),
        query,
        form: Form::default(),
        body: Vec::new(),
        names,
        theme: cookie(&headers, THEME_COOKIE).map_or(Theme::System, |name| Theme::from_name(&name)),
        agent: text_header(&headers, "user-agent").chars().take(200).collect(),
        last_event: text_header(&headers, "last-event-id").parse().ok(),
        idempotency_key: Some(text_header(&headers, "idempotency-key")).filter(|key| !key.is_empty()),
        is_https: text_header(&headers, "x-forwarded-proto").eq_ignore_ascii_case("https"),
        ctx,
        tree,
        who,
        now,
    };
    visit.scope = check(route.guard, &visit)?;
    let must_change = visit.who.as_ref().is_some_and(|who| who.must_change);
    if must_change && route.guard != Guard::Public && !route.path.starts_with("/me/password") {
        return Err(Fault::ChangePassword);
    }
    if route.method != Method::Get {
        if !is_token && !is_own_origin(&headers) {
            return Err(Fault::ForeignForm);
        }
        read_body(&mut visit, request, is_token).await?;
        let is_own = visit.who.as_ref().is_none_or(|who| visit.form.raw(CSRF_FIELD) == who.csrf);
        if !is_token && !is_own {
            return Err(Fault::StaleForm);
        }
    }
    Ok(visit)
}

/// Whether a browser says that a form comes from a page of this very host. It is what protects the forms
/// before there is a session whose token they could carry: signing in and setting up. A program that is no
/// browser says nothing and carries no cookies of anybody.
///
/// Every browser in use sends `Sec-Fetch-Site` over TLS and to this machine, and `Origin` with every POST;
/// a page cannot choose either.
fn is_own_origin(headers: &HeaderMap) -> bool {
    match text_header(headers, "sec-fetch-site").as_str() {
        "" => {}
        site => return matches!(site, "same-origin" | "none"),
    }
    let origin = text_header(headers, "origin");
    let Some((_, host)) = origin.split_once("://") else { return origin.is_empty() };
    // A proxy in front may have put its own name for us into Host.
    ["host", "x-forwarded-host"].iter().any(|name| text_header(headers, name).eq_ignore_ascii_case(host))
}

async fn find_who(
    ctx: &Ctx,
    tx: &mut Tx,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<(Option<Who>, bool), StoreError> {
    let bearer = text_header(headers, "authorization");
    if let Some(token) = bearer.strip_prefix("Bearer ") {
        let found = tokens::find_token(tx, token.trim(), now).await?;
        if let Some(id) = found.as_ref().filter(|token| token.is_touch_due(now)).map(|token| token.id) {
            ctx.db.write(move |tx| Box::pin(async move { tokens::touch_token(tx, id, now).await })).await?;
        }
        let who = found.map(|token| Who {
            access: token.access,
            csrf: String::new(),
            session: String::new(),
            idle_seconds: None,
            must_change: false,
        });
        return Ok((who, true));
    }
    let Some(token) = cookie(headers, SESSION_COOKIE) else { return Ok((None, false)) };
    let found = sessions::find_session(tx, &token, now).await?;
    if let Some(session) = found.as_ref().filter(|session| session.is_touch_due(now)) {
        let hash = session.token_hash.clone();
        ctx.db
            .write(move |tx| Box::pin(async move { sessions::touch_session(tx, &hash, now).await }))
            .await?;
    }
    let who = found.map(|session| Who {
        idle_seconds: u32::try_from(session.idle_ends_at.duration_since(now).as_secs()).ok(),
        access: session.access,
        csrf: session.csrf,
        session: session.token_hash,
        must_change: session.must_change,
    });
    Ok((who, false))
}

/// The scope of a request its guard agrees to.
fn check(guard: Guard, visit: &Visit) -> Result<Option<Scope>, Fault> {
    let today = |tree: &SiteTree, path: &SitePath| figures::today(tree, path, visit.now);
    let permission = match guard {
        Guard::Public => return Ok(None),
        Guard::SignedIn => return visit.who().map(|_| None),
        Guard::At(permission) | Guard::AtQuery(permission) | Guard::Anywhere(permission) => permission,
    };
    let access = &visit.who()?.access;
    let asked = match guard {
        Guard::At(_) => Some(visit.name("scope").to_owned()),
        Guard::AtQuery(_) => {
            if visit.path.starts_with("/api/") && visit.query.given("site") == Some("") {
                let words =
                    "`site=` names no site; write for example site=lakeside.riverside, or leave it out";
                return Err(Fault::BadRequest(words.to_owned()));
            }
            visit.query.find("site").map(str::to_owned)
        }
        Guard::Public | Guard::SignedIn | Guard::Anywhere(_) => None,
    };
    let path = match asked {
        Some(text) => text.parse().map_err(|_| Fault::NotFound)?,
        None => {
            let day = visit.now.to_zoned(jiff::tz::TimeZone::UTC).date();
            let tops = access.sites_for(&visit.tree, permission, day);
            tops.into_iter().next().ok_or(Fault::NotFound)?
        }
    };
    let scope = access.scope(&visit.tree, permission, &path, today(&visit.tree, &path));
    scope.map(Some).ok_or(Fault::NotFound)
}

/// Reads the body: a person's form into its fields, a program's body as it is, also where it calls itself a
/// form, as `curl --data` does unasked.
async fn read_body(visit: &mut Visit, request: Request, is_token: bool) -> Result<(), Fault> {
    let kind = text_header(request.headers(), "content-type");
    let too_large = || Fault::TooLarge { limit_mib: 256 };
    if kind.starts_with("multipart/form-data") {
        visit.form = read_multipart(request).await?;
        return Ok(());
    }
    let bytes = to_bytes(request.into_body(), BODY_MAX).await.map_err(|_| too_large())?;
    if kind.starts_with("application/x-www-form-urlencoded") && !is_token {
        visit.form = Form::parse(&String::from_utf8_lossy(&bytes));
    } else {
        visit.body = bytes.to_vec();
    }
    Ok(())
}

async fn read_multipart(request: Request<Body>) -> Result<Form, Fault> {
    let bad = |_| Fault::BadRequest("the form arrived incomplete; send it again".to_owned());
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|error| Fault::BadRequest(format!("the form cannot be read: {error}")))?;
    let (mut pairs, mut uploads, mut n_bytes) = (Vec::new(), Vec::new(), 0usize);
    while let Some(mut part) = parts.next_field().await.map_err(bad)? {
        let field = part.name().unwrap_or_default().to_owned();
        let name = part.file_name().map(str::to_owned);
        let mut bytes = Vec::new();
        while let Some(chunk) = part.chunk().await.map_err(bad)? {
            n_bytes += chunk.len();
            if n_bytes > BODY_MAX {
                return Err(Fault::TooLarge { limit_mib: 256 });
            }
            bytes.extend_from_slice(&chunk);
        }
        match name {
            Some(name) => uploads.push(Upload { field, name, bytes }),
            None => pairs.push((field, String::from_utf8_lossy(&bytes).into_owned())),
        }
    }
    Ok(Form::of(pairs, uploads))
}

fn text_header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// A cookie's value.
#[must_use]
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| decode(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pairs: &[(&'static str, &'static str)]) -> bool {
        let pairs = pairs.iter().map(|(name, value)| {
            (axum::http::HeaderName::from_static(name), HeaderValue::from_static(value))
        });
        is_own_origin(&pairs.collect())
    }

    #[test]
    fn a_form_of_another_host_is_told_by_what_the_browser_says() {
        assert!(check(&[]), "no browser");
        assert!(check(&[("sec-fetch-site", "same-origin")]));
        assert!(check(&[("sec-fetch-site", "none")]));
        assert!(!check(&[("sec-fetch-site", "cross-site")]));
        assert!(!check(&[("sec-fetch-site", "same-site"), ("origin", "https://h"), ("host", "h")]));
        assert!(check(&[("origin", "http://h:8080"), ("host", "h:8080")]));
        assert!(check(&[("origin", "https://h"), ("host", "10.0.0.1:8080"), ("x-forwarded-host", "h")]));
        assert!(!check(&[("origin", "http://other"), ("host", "h:8080")]));
        assert!(!check(&[("origin", "null"), ("host", "h:8080")]));
    }
}
