//! The running server: HTTP, MLLP and the worker, from the first connection to a clean end.
//!
//! [`serve`] runs a [`Product`] on sockets that are bound already, so that a taken port is an error before
//! anything is touched. When `shutdown` turns true no more is read; what was received is stored and
//! acknowledged, jobs go back to the queue, and the function returns.

use crate::metrics::{Metrics, gather};
use crate::tls::TlsPort;
use crate::{Product, upkeep};
use area::Fault;
use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use intake::MllpLimits;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Db, SCHEMA_VERSION};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::rustls::ServerConfig;
use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};
use tower_http::compression::{CompressionLayer, DefaultPredicate};

/// How long open requests, event streams above all, may hold up the end.
const HTTP_GRACE: Duration = Duration::from_secs(3);
/// How long acknowledged messages may take to be applied before the end.
const TRAY_GRACE: Duration = Duration::from_secs(10);
/// Smaller answers grow when compressed.
const COMPRESS_ABOVE_BYTES: u64 = 800;
/// As much of a path as is logged.
const PATH_CHARS_MAX: usize = 200;

/// Bound sockets, and what encrypts them.
#[derive(Debug)]
pub struct Ports {
    /// Pages and the API.
    pub http: TcpListener,
    /// Serves pages and the API over TLS.
    pub http_tls: Option<ServerConfig>,
    /// HL7 v2 feeds.
    pub mllp: Option<TcpListener>,
    /// Takes feeds over TLS only.
    pub mllp_tls: Option<ServerConfig>,
}

/// How to run.
#[derive(Debug, Clone, Copy)]
pub struct ServeOptions {
    /// What the MLLP listener takes.
    pub mllp: MllpLimits,
    /// Job workers in this process; 0 leaves jobs to other processes.
    pub n_workers: usize,
}

/// Runs until `shutdown` turns true.
pub async fn serve(
    product: Product,
    ports: Ports,
    options: ServeOptions,
    shutdown: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let ctx = Arc::clone(&product.ctx);
    let router = router(&product);
    let mut own = JoinSet::new();
    if let Err(error) = upkeep::put_schedules(&ctx).await {
        tracing::warn!(%error, "the nightly work is not scheduled");
    }
    own.spawn(upkeep::tell_pages(Arc::clone(&ctx), shutdown.clone()));
    for _ in 0..options.n_workers {
        own.spawn(jobs::run_worker(ctx.db.clone(), ctx.jobs.clone(), shutdown.clone()));
    }
    if let Some(listener) = ports.mllp {
        let receiver = ctx.receiver.clone();
        let tls = ports.mllp_tls.map(Arc::new);
        own.spawn(intake::listen_mllp(receiver, listener, tls, options.mllp, shutdown.clone()));
    }
    let mut server = match ports.http_tls {
        None => {
            let server = axum::serve(ports.http, router).with_graceful_shutdown(ended(shutdown.clone()));
            tokio::spawn(server.into_future())
        }
        Some(tls) => {
            let router = router.layer(middleware::from_fn(encrypted));
            let server = axum::serve(TlsPort::new(ports.http, tls)?, router);
            tokio::spawn(server.with_graceful_shutdown(ended(shutdown.clone())).into_future())
        }
    };
    tokio::select! {
        () = ended(shutdown) => {}
        // It only returns early when the program itself is coming down.
        done = &mut server => return done.unwrap_or_else(|error| Err(std::io::Error::other(error))),
    }
    if tokio::time::timeout(HTTP_GRACE, &mut server).await.is_err() {
        server.abort();
    }
    while own.join_next().await.is_some() {}
    // What is left in the tray after this is applied at the next start.
    let _ = tokio::time::timeout(TRAY_GRACE, ctx.receiver.caught_up()).await;
    Ok(())
}

async fn ended(mut shutdown: watch::Receiver<bool>) {
    // An error means that the sender is gone, and with it the program.
    let _ = shutdown.wait_for(|is_ending| *is_ending).await;
}

/// What every answer of a server with TLS of its own gets: told as a proxy would tell it, so that cookies are
/// sent over TLS only, and browsers told to come back by it.
async fn encrypted(mut request: Request, next: Next) -> Response {
    request.headers_mut().insert("x-forwarded-proto", HeaderValue::from_static("https"));
    // HTTP/2 names the host in the address alone.
    let host = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    if let (Some(host), false) = (host, request.headers().contains_key(header::HOST)) {
        request.headers_mut().insert(header::HOST, host);
    }
    let mut response = next.run(request).await;
    let a_year = HeaderValue::from_static("max-age=31536000");
    response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, a_year);
    response
}

/// The product's addresses and those for whoever keeps it, inside the layers every answer passes.
pub fn router(product: &Product) -> Router {
    let ctx = Arc::clone(&product.ctx);
    let metrics = Arc::new(Metrics::new());
    let (ready_db, own) = (ctx.db.clone(), Arc::clone(&metrics));
    let keeping = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(async move || ready(&ready_db).await))
        .route(
            "/metrics",
            get(async move || {
                let text = gather(&ctx, &own).await;
                ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
            }),
        );
    // Compressing a page with a form token beside reflected text is safe here: session cookies are same-site,
    // so no foreign page can make the browser ask for one again and again.
    let texts = DefaultPredicate::new()
        .and(SizeAbove::new(COMPRESS_ABOVE_BYTES))
        .and(NotForContentType::const_new("application/vnd."))
        .and(NotForContentType::const_new("application/zip"));
    product
        .router
        .clone()
        .merge(keeping)
        .fallback(async |uri: Uri| without_slash(&uri).unwrap_or_else(|| unrouted(&uri, &Fault::NotFound)))
        .method_not_allowed_fallback(async |uri: Uri| unrouted(&uri, &Fault::WrongMethod))
        .layer(CompressionLayer::new().compress_when(texts))
        .layer(middleware::from_fn(move |request, next| frame(Arc::clone(&metrics), request, next)))
}

async fn ready(db: &Db) -> Response {
    let found = async { store::find_schema_version(&mut db.read().await?).await };
    match tokio::time::timeout(Duration::from_secs(5), found).await {
        Ok(Ok(SCHEMA_VERSION)) => (StatusCode::OK, "ready\n").into_response(),
        Ok(Ok(found)) => {
            let text = format!("the database has schema {found}, this program needs {SCHEMA_VERSION}\n");
            (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer in time\n").into_response(),
    }
}

/// Where the address is to be found without the slash at its end: `/admin/` is `/admin`.
fn without_slash(uri: &Uri) -> Option<Response> {
    let path = uri.path().strip_suffix('/')?;
    // Two slashes in front would name another host.
    if path.is_empty() || path.starts_with("//") || path.ends_with('/') {
        return None;
    }
    let to = uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    Some(Redirect::permanent(&to).into_response())
}

/// What no route takes: problem details for programs, a page for people.
fn unrouted(uri: &Uri, fault: &Fault) -> Response {
    if uri.path().starts_with("/api/") { fault.problem("") } else { fault.page("", "/") }
}

/// What every answer gets: a request id, the security headers, a line in the log, a count.
async fn frame(metrics: Arc<Metrics>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = metrics.next_request_id();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|matched| matched.as_str().to_owned());
    let path: String = request.uri().path().chars().take(PATH_CHARS_MAX).collect();
    let mut response = next.run(request).await;
    let status = response.status().as_u16();
    let headers = response.headers_mut();
    for (name, value) in SECURITY_HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    let took = started.elapsed();
    // The path without its query: what was searched for stays out of the log.
    let ms = took.as_millis();
    tracing::info!(target: "helmward::access", request = id, %method, path, status, ms, "answered");
    metrics.count_request(&method, route.as_deref().unwrap_or("none"), status, took);
    response
}

const SECURITY_HEADERS: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'self'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; \
         form-action 'self'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("cross-origin-opener-policy", "same-origin"),
];
