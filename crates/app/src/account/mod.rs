//! Signing in and out, setting up, and one's own page.
//!
//! What belongs to the person and not to a site: sign-in ([`sign_in`]), the first account of an
//! installation ([`set_up`]), `/me` with sessions, tokens and password, preferences and help. Not here:
//! other people's accounts, which are administration's.

mod help;
mod landing;
mod me;
mod password;
mod preferences;
mod set_up;
mod sign_in;
mod store;
mod tokens;

pub use sign_in::SAMPLE_PASSWORD;

use area::{Fault, Guard, Route, Visit, Who};

/// Its addresses.
pub(crate) fn routes() -> Vec<Route> {
    let (public, signed_in) = (Guard::Public, Guard::SignedIn);
    vec![
        Route::get("/", public, landing::page),
        Route::get("/sign-in", public, sign_in::page),
        Route::post("/sign-in", public, sign_in::send),
        Route::post("/sign-out", public, sign_in::leave),
        Route::get("/set-up", public, set_up::page),
        Route::post("/set-up", public, set_up::send),
        Route::get("/offline", public, help::offline),
        Route::get("/me", signed_in, me::page),
        Route::post("/me/sessions/end", signed_in, me::end_session),
        Route::get("/me/password", signed_in, password::page),
        Route::post("/me/password", signed_in, password::send),
        Route::get("/me/tokens/new", signed_in, tokens::page),
        Route::post("/me/tokens/new", signed_in, tokens::send),
        Route::post("/me/tokens/revoke", signed_in, tokens::revoke),
        Route::get("/me/preferences", signed_in, preferences::page),
        Route::post("/me/preferences", signed_in, preferences::send),
        Route::get("/preferences", signed_in, preferences::moved),
        Route::post("/preferences/theme", signed_in, preferences::theme),
        Route::get("/more", signed_in, help::more),
        Route::get("/help", signed_in, help::help),
        Route::get("/help/keys", signed_in, help::keys),
        Route::get("/dev/components", signed_in, help::components),
    ]
}

/// Who sits at the browser. A program's token has no page of its own: it could give itself more than it has.
fn person(visit: &Visit) -> Result<&Who, Fault> {
    visit.who().and_then(|who| if who.access.is_token() { Err(Fault::NotFound) } else { Ok(who) })
}

/// An address of this product to go on to; anything else is not followed.
fn local(next: &str) -> Option<&str> {
    let mut letters = next.chars();
    let is_local = letters.next() == Some('/')
        && !letters.next().is_some_and(|second| second == '/' || second == '\\')
        && !next.chars().any(|letter| letter.is_control() || letter == '\\');
    let is_loop = ["/sign-in", "/sign-out", "/set-up"].iter().any(|own| next.starts_with(own));
    (is_local && !is_loop).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn only_paths_of_this_product_are_followed() {
        for good in ["/", "/at/lakeside/today", "/search?q=a%2Fb"] {
            assert_eq!(local(good), Some(good));
        }
        for bad in ["", "//evil.example", "/\\evil.example", "https://evil.example", "today", "/a\nb"] {
            assert_eq!(local(bad), None, "{bad:?}");
        }
        assert_eq!(local("/sign-in?next=/"), None);
    }
}
