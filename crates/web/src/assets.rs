//! The static files, held in the executable and served under names that carry their digest.
//!
//! A name changes whenever the bytes change, so browsers may keep a file for a year and an upgrade
//! is seen at once. The islands are joined into one module script: each file stands in a block of
//! its own, so their names do not meet, and a first view needs five requests.

use std::sync::LazyLock;

use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

const STYLES: &str = include_str!("../assets/app.css");
const FAVICON: &str = include_str!("../assets/favicon.svg");
const ISLANDS: &str = concat!(
    "{\n",
    include_str!("../../../islands/palette.js"),
    "}\n{\n",
    include_str!("../../../islands/stream.js"),
    "}\n{\n",
    include_str!("../../../islands/draft.js"),
    "}\n{\n",
    include_str!("../../../islands/bulk.js"),
    "}\n"
);

/// A file served as it is.
struct Asset {
    name: String,
    kind: &'static str,
    body: String,
}

struct Assets {
    styles: Asset,
    islands: Asset,
    favicon: Asset,
    manifest: Asset,
}

static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let favicon = named("favicon", "svg", "image/svg+xml", FAVICON.to_owned());
    let manifest = manifest(&favicon.name);
    Assets {
        styles: named("app", "css", "text/css; charset=utf-8", STYLES.to_owned()),
        islands: named("app", "js", "text/javascript; charset=utf-8", ISLANDS.to_owned()),
        manifest: named("manifest", "webmanifest", "application/manifest+json", manifest),
        favicon,
    }
});

/// Routes of the static files: `/assets/{name}-{digest}.{ext}`.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{file}", get(serve))
}

/// Address of the stylesheet.
pub fn stylesheet() -> String {
    href(&ASSETS.styles)
}

/// Address of the module script with all islands.
pub fn script() -> String {
    href(&ASSETS.islands)
}

/// Address of the icon browsers show on the tab.
pub fn favicon() -> String {
    href(&ASSETS.favicon)
}

/// Address of the manifest that lets a phone keep the product on its home screen.
pub fn manifest_href() -> String {
    href(&ASSETS.manifest)
}

/// Text of the stylesheet, for pages written to a file instead of served.
pub fn stylesheet_text() -> &'static str {
    STYLES
}

/// Text of the module script, for pages written to a file instead of served.
pub fn script_text() -> &'static str {
    ISLANDS
}

async fn serve(Path(file): Path<String>, headers: HeaderMap) -> Response {
    let known = [&ASSETS.styles, &ASSETS.islands, &ASSETS.favicon, &ASSETS.manifest];
    let Some(asset) = known.into_iter().find(|asset| asset.name == file) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // The name is the digest, so it is its own entity tag.
    let tag = format!("\"{}\"", asset.name);
    let kept = headers.get(header::IF_NONE_MATCH).is_some_and(|seen| seen.as_bytes() == tag.as_bytes());
    let caching =
        [(header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()), (header::ETAG, tag)];
    if kept {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(header::CONTENT_TYPE, asset.kind)], asset.body.as_str()).into_response()
}

fn named(name: &str, extension: &str, kind: &'static str, body: String) -> Asset {
    Asset { name: format!("{name}-{:016x}.{extension}", digest(body.as_bytes())), kind, body }
}

fn href(asset: &Asset) -> String {
    format!("/assets/{}", asset.name)
}

/// FNV-1a, 64 bits: enough to tell one release from the next; nothing here is a secret.
fn digest(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

fn manifest(favicon: &str) -> String {
    format!(
        r##"{{"name":"Helmward","short_name":"Helmward","start_url":"/","display":"standalone","background_color":"#f4f5f2","theme_color":"#0e2a2c","icons":[{{"src":"/assets/{favicon}","sizes":"any","type":"image/svg+xml"}}]}}"##
    )
}

#[cfg(test)]
mod tests;
