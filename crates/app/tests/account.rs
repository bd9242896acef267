//! Signing in, setting up, and one's own page, through the router on both engines.

mod common;

use axum::http::StatusCode;
use common::{House, PASSWORD, after};
use identity::Role;
use testkit::on_both;

#[test]
fn whoever_signs_in_lands_where_their_role_says() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        house.add("mara", Role::FacilityManager, "lakeside.riverside").await;
        house.add("nils", Role::Staff, "lakeside.riverside.5w").await;
        house.add("keeper", Role::Administrator, "lakeside").await;
        for (name, place) in [("mara", "/at/lakeside.riverside/today"), ("nils", "/me"), ("keeper", "/admin")]
        {
            let email = format!("{name}@lakeside.example");
            let fields = [("email", email.as_str()), ("password", PASSWORD)];
            let seen = house.browser().post("/sign-in", &fields).await;
            let cookie = seen.cookies.first().cloned().unwrap_or_default();
            assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
            assert_eq!(seen.sent_to(), place);
        }
    });
}

#[test]
fn a_wrong_password_an_unknown_address_and_a_lock_read_alike() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let browser = house.browser();
        let words = |page: &str| {
            page.split_once("class=\"errs\"").unwrap().1.split_once("</ul>").unwrap().0.to_owned()
        };
        let try_it = async |email: &str, password: &str| {
            let seen = browser.post("/sign-in", &[("email", email), ("password", password)]).await;
            assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
            words(&seen.text())
        };
        let wrong = try_it("admin@lakeside.example", "not it at all").await;
        assert_eq!(wrong, try_it("nobody@lakeside.example", "not it at all").await);
        for _ in 0..4 {
            assert_eq!(wrong, try_it("admin@lakeside.example", "not it at all").await);
        }
        // Five failures: even the right password waits, in the same words.
        assert_eq!(wrong, try_it("admin@lakeside.example", PASSWORD).await);
        let empty = browser.post("/sign-in", &[("email", ""), ("password", "")]).await;
        empty.has("Enter your e-mail address").has("Enter your password").has("<title>Error: Sign in");
    });
}

#[test]
fn after_signing_in_only_addresses_of_the_product_are_followed() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let go = async |next: &str| {
            let fields = [("email", "admin@lakeside.example"), ("password", PASSWORD), ("next", next)];
            house.browser().post("/sign-in", &fields).await.sent_to()
        };
        assert_eq!(go("/admin/people?q=a").await, "/admin/people?q=a");
        assert_eq!(go("//evil.example/").await, "/at/lakeside/today");
        assert_eq!(go("https://evil.example/").await, "/at/lakeside/today");
        let asked = house.browser().get("/admin/people?q=a").await.sent_to();
        assert_eq!(asked, "/sign-in?next=/admin/people%3Fq%3Da");
    });
}

#[test]
fn a_form_of_another_session_is_refused() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let browser = house.sign_in("admin").await;
        let fields = [("theme", "dark")];
        assert_eq!(browser.post_with("/preferences/theme", &fields, "").await.status, StatusCode::CONFLICT);
        assert_eq!(browser.post_with("/preferences/theme", &fields, "x").await.status, StatusCode::CONFLICT);
        let seen = browser.post("/preferences/theme", &[("theme", "dark"), ("back", "//evil.example")]).await;
        assert!(seen.cookies[0].starts_with("helmward_theme=dark"), "{:?}", seen.cookies);
        assert_eq!(seen.sent_to(), "/me/preferences");
    });
}

#[test]
fn signing_out_ends_the_session() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let browser = house.sign_in("admin").await;
        assert_eq!(browser.post("/sign-out", &[]).await.sent_to(), "/sign-in");
        assert_eq!(browser.get("/me").await.sent_to(), "/sign-in?next=/me");
    });
}

#[test]
fn a_new_house_is_set_up_once() {
    on_both(async |fixture| {
        let house = House::empty(fixture).await;
        let mut browser = house.browser();
        assert_eq!(browser.get("/").await.sent_to(), "/set-up");
        assert_eq!(browser.get("/sign-in").await.sent_to(), "/set-up");
        let fields = |password: &'static str| {
            [
                ("enterprise", "Lakeside Health"),
                ("zone", "America/New_York"),
                ("name", "Ada Quist"),
                ("email", "ada@lakeside.example"),
                ("password", password),
                ("again", password),
            ]
        };
        let weak = browser.post("/set-up", &fields("short")).await;
        assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
        weak.has("value=\"Lakeside Health\"");
        let seen = browser.post("/set-up", &fields(PASSWORD)).await;
        browser.keep(&seen);
        assert_eq!(seen.sent_to(), "/at/lakeside-health/today");
        browser.get("/me").await.has("Ada Quist").has("Administrator").has("Lakeside Health");
        let again = house.browser().post("/set-up", &fields(PASSWORD)).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn a_given_password_must_be_changed_first() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let id = house.add("mara", Role::FacilityManager, "lakeside.riverside").await;
        let admin = house.sign_in("admin").await;
        let page = admin.post(&format!("/admin/people/{id}/password"), &[]).await.ok();
        let once = page.split_once("<code>").unwrap().1.split_once("</code>").unwrap().0.to_owned();
        let mut mara = house.browser();
        let seen = mara.post("/sign-in", &[("email", "mara@lakeside.example"), ("password", &once)]).await;
        mara.keep(&seen);
        assert_eq!(seen.sent_to(), "/me/password");
        assert_eq!(mara.get("/me").await.sent_to(), "/me/password");
        mara.csrf = after(&mara.get("/me/password").await.ok(), "name=\"csrf\" value=\"");
        let fields = [("present", once.as_str()), ("new", "short"), ("again", "short")];
        assert_eq!(mara.post("/me/password", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let new = "quite another harbor";
        let fields = [("present", once.as_str()), ("new", new), ("again", new)];
        assert_eq!(mara.post("/me/password", &fields).await.sent_to(), "/");
        mara.get("/me").await.ok();
    });
}

#[test]
fn a_token_is_shown_once_and_revoked() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let browser = house.sign_in("admin").await;
        let fields = [
            ("name", "Nightly report"),
            ("site", "lakeside.riverside"),
            ("may", "census:view"),
            ("until", "2026-12-31"),
        ];
        let page = browser.post("/me/tokens/new", &fields).await.ok();
        assert!(page.contains("helmward_"), "{page}");
        let list = browser.get("/me").await.ok();
        assert!(list.contains("Nightly report") && !list.contains("helmward_"));
        let token = after(&list, "name=\"token\" value=\"");
        assert_eq!(browser.post("/me/tokens/revoke", &[("token", &token)]).await.sent_to(), "/me?done=token");
        browser.get("/me").await.has("Revoked");
        let bad = browser.post("/me/tokens/new", &[("name", ""), ("until", "soon")]).await;
        bad.has("Write which program will use the token").has("Choose at least one thing");
    });
}

#[test]
fn own_pages_open() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let browser = house.sign_in("admin").await;
        for path in [
            "/me",
            "/me/password",
            "/me/preferences",
            "/me/tokens/new",
            "/more",
            "/help",
            "/help/keys",
            "/dev/components",
            "/offline",
        ] {
            let seen = browser.get(path).await;
            assert_eq!(seen.status, StatusCode::OK, "{path}: {}", seen.text());
        }
        let fields = [("theme", "dark"), ("density", "compact")];
        assert_eq!(
            browser.save("/me/preferences", "/me/preferences", &fields).await.sent_to(),
            "/me/preferences?done=preferences"
        );
        browser
            .get("/me/preferences?done=preferences")
            .await
            .has("data-density=\"compact\"")
            .has("Your preferences are saved.");
    });
}

#[test]
fn preferences_changed_in_another_window_are_not_written_over() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let browser = house.sign_in("admin").await;
        let at = "/me/preferences";
        let version = browser.version_on(at, at).await;
        browser.save(at, at, &[("theme", "dark"), ("density", "comfortable")]).await.sent_to();
        let late = [("version", version.as_str()), ("theme", "light"), ("density", "compact")];
        let seen = browser.post(at, &late).await;
        assert_eq!(seen.status, StatusCode::CONFLICT);
        seen.has("Dark").has("Light").has("Save mine");
    });
}

#[test]
fn a_form_of_another_site_is_refused_before_there_is_a_session() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let fields = [("email", "admin@lakeside.example"), ("password", PASSWORD)];
        for site in ["cross-site", "same-site"] {
            let seen = house.browser().post_from("/sign-in", &fields, site).await;
            assert_eq!(seen.status, StatusCode::FORBIDDEN);
            assert!(seen.cookies.is_empty(), "{:?}", seen.cookies);
            seen.has("sent from another site");
        }
        house.browser().post_from("/sign-in", &fields, "same-origin").await.sent_to();
        let browser = house.sign_in("admin").await;
        let seen = browser.post_from("/preferences/theme", &[("theme", "dark")], "cross-site").await;
        assert_eq!(seen.status, StatusCode::FORBIDDEN);
    });
}
