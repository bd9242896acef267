//! The JSON API through the router on both engines: shapes, refusals, rights, paging, repeated writes.
#![allow(clippy::unwrap_used, reason = "a failure here is a test's failure")]

mod common;
mod feed;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use common::House;
use feed::{adt, fill};
use identity::tokens::{NewToken, create_token, list_tokens, revoke_token};
use identity::{Permission, Person, Role, SiteTree};
use serde_json::{Value, json};
use store::Actor;
use testkit::on_both;
use tower::ServiceExt as _;

/// A program with a token.
struct Program<'h> {
    house: &'h House,
    token: String,
}

struct Told {
    status: StatusCode,
    kind: String,
    link: String,
    challenge: String,
    place: String,
    body: Value,
}

impl<'h> Program<'h> {
    async fn of(house: &'h House, person: base::Id<Person>, site: &str, permissions: &[&str]) -> Program<'h> {
        let tree = SiteTree::load(&mut house.db.read().await.unwrap()).await.unwrap();
        let new = NewToken {
            person,
            name: "test".to_owned(),
            site: tree.find(&site.parse().unwrap()).unwrap().id,
            permissions: permissions.iter().map(|text| text.parse::<Permission>().unwrap()).collect(),
            expires_at: "2026-12-31T00:00:00Z".parse().unwrap(),
        };
        let (_, token) = house
            .db
            .write(move |tx| {
                Box::pin(async move { create_token(tx, &Actor::new("command", "test"), &new).await })
            })
            .await
            .unwrap();
        Program { house, token }
    }

    async fn ask(&self, method: Method, path: &str, key: &str, body: &str) -> Told {
        self.ask_as(method, path, key, "", body).await
    }

    async fn ask_as(&self, method: Method, path: &str, key: &str, kind: &str, body: &str) -> Told {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header("idempotency-key", key)
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from(body.to_owned()))
            .unwrap();
        let answer = self.house.router.clone().oneshot(request).await.unwrap();
        let text =
            |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let (status, kind, link) = (answer.status(), text("content-type"), text("link"));
        let (challenge, place) = (text("www-authenticate"), text("location"));
        let bytes = to_bytes(answer.into_body(), 1 << 24).await.unwrap();
        Told {
            status,
            kind,
            link,
            challenge,
            place,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        }
    }

    async fn get(&self, path: &str) -> Told {
        self.ask(Method::GET, path, "", "").await
    }

    async fn ok(&self, path: &str) -> Value {
        let told = self.get(path).await;
        assert_eq!(told.status, StatusCode::OK, "{path}: {}", told.body);
        told.body
    }
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

const ALL: [&str; 4] = ["today:view", "census:edit", "admin:view:feeds", "admin:edit:feeds"];

async fn director(house: &House) -> Program<'_> {
    let who = house.add("rui", Role::FacilityManager, "lakeside").await;
    house.grant(who, Role::Administrator, "lakeside").await;
    Program::of(house, who, "lakeside", &ALL).await
}

#[test]
fn the_census_and_figures_have_the_shapes_other_programs_rely_on() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        fill(&house).await;
        let program = director(&house).await;
        let census = program.ok("/api/v1/census?site=lakeside.riverside&date=2026-11-11").await;
        let mut wanted = vec![
            "site",
            "date",
            "midnight_census",
            "service_days",
            "admissions",
            "discharges",
            "deaths",
            "transfers_in",
            "transfers_out",
            "staffed_beds",
            "occupancy",
            "units",
        ];
        wanted.sort_unstable();
        let mut got = keys(&census);
        got.sort_unstable();
        assert_eq!(got, wanted);
        assert_eq!(census["midnight_census"], 4);
        assert_eq!(
            census["units"][0]["site"].as_str().map(|site| site.starts_with("lakeside.riverside.")),
            Some(true)
        );
        let present = program.ok("/api/v1/census?site=lakeside.riverside.5w&at=2026-11-12T10:00:00Z").await;
        let first = &present["present"][0];
        assert_eq!(first["stay"], "V1000");
        assert_eq!(first["unit"], "lakeside.riverside.5w");
        assert_eq!(present["present"].as_array().unwrap().len(), 3);
        let figure =
            program.ok("/api/v1/figures/midnight_census?site=lakeside.riverside&period=2026-11-11").await;
        assert_eq!(figure["key"], "midnight_census");
        assert_eq!(figure["value"], json!(4.0));
        assert_eq!(figure["numerator"], 4);
        assert_eq!(figure["unit"], "count");
        assert!(figure["fresh_at"].is_string(), "{figure}");
        let path = "/api/v1/figures/midnight_census/explain?site=lakeside.riverside&period=2026-11-11";
        let explained = program.ok(path).await;
        assert_eq!(explained["rows"].as_array().unwrap().len(), 4);
        assert!(explained["definition"].is_string() && explained["source"].is_string());
        let page = program.get(&format!("{path}&limit=3")).await;
        assert_eq!(page.body["rows"].as_array().unwrap().len(), 3);
        assert!(page.link.contains("offset=3") && page.link.ends_with("rel=\"next\""), "{}", page.link);
    });
}

#[test]
fn a_refusal_names_the_parameter_and_an_example() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let program = director(&house).await;
        for (path, words) in [
            ("/api/v1/census?site=lakeside", "give either `date` or `at`"),
            (
                "/api/v1/census?site=lakeside&date=soon",
                "`date=soon` is not a day; write for example date=2026-10-01",
            ),
            ("/api/v1/census?site=lakeside&at=2026-10-01", "is not an instant with its offset"),
            ("/api/v1/figures/alos?site=lakeside", "`period` is missing; write for example period=2026-10"),
            ("/api/v1/figures/alos?site=lakeside&period=x", "`period=x` is not a period"),
            ("/api/v1/stays?site=lakeside&state=gone", "is not one of present, expected, left"),
            ("/api/v1/stays?site=lakeside&limit=0", "`limit=0` is not a number from 1 to 1000"),
            ("/api/v1/stays?site=lakeside&cursor=x", "follow the Link of the page before"),
            // A value that was lost on the way is no wish for all days, all sites, all rows.
            ("/api/v1/stays?site=lakeside&from=", "`from=` is not a day; write for example from=2026-10-01"),
            ("/api/v1/stays?site=lakeside&cursor=", "follow the Link of the page before"),
            ("/api/v1/stays?site=&state=left", "`site=` names no site"),
            ("/api/v1/figures/alos?site=&period=2026-11", "`site=` is not a site path"),
            ("/api/v1/figures/alos?site=lakeside&period=", "`period=` is not a period"),
            (
                "/api/v1/figures/alos/explain?site=lakeside&period=2026-11&offset=99999999999999999999",
                "is not a number from 0",
            ),
            ("/api/v1/stays?site=lakeside&limit=99999999999999999999", "is not a number from 1 to 1000"),
            ("/api/v1/stays?site=lakeside&from=10000-01-01", "`from=10000-01-01` is not a day"),
        ] {
            let told = program.get(path).await;
            assert_eq!(told.status, StatusCode::BAD_REQUEST, "{path}");
            assert_eq!(told.kind, "application/problem+json");
            let detail = told.body["detail"].as_str().unwrap();
            assert!(detail.contains(words), "{path}: {detail}");
            assert_eq!(told.body["status"], 400);
        }
        for path in [
            "/api/v1/census?site=lakeside.nowhere&date=2026-11-11",
            "/api/v1/figures/nothing?site=lakeside&period=2026-10",
            "/api/v1/jobs/nothing",
        ] {
            assert_eq!(program.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
    });
}

#[test]
fn a_token_reaches_no_further_than_its_site_and_its_rights() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        fill(&house).await;
        let who = house.add("rui", Role::FacilityManager, "lakeside").await;
        let program = Program::of(&house, who, "lakeside.riverside.3n", &["census:view"]).await;
        assert_eq!(program.ok("/api/v1/census?date=2026-11-11").await["site"], "lakeside.riverside.3n");
        for path in [
            "/api/v1/census?site=lakeside.riverside&date=2026-11-11",
            "/api/v1/beds?site=lakeside.riverside.5w",
            "/api/v1/figures/alos?site=lakeside&period=2026-11",
            "/api/v1/needs?site=lakeside.riverside.3n",
            "/api/v1/feeds?site=lakeside.riverside.3n",
        ] {
            assert_eq!(program.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        let sites = program.ok("/api/v1/sites").await;
        assert_eq!(sites.as_array().unwrap().len(), 1);
        assert_eq!(sites[0]["parent"], Value::Null);
        let nobody = Program { house: &house, token: "nothing".to_owned() };
        let told = nobody.get("/api/v1/sites").await;
        assert_eq!(told.status, StatusCode::UNAUTHORIZED);
        assert_eq!(told.challenge, "Bearer");
        assert!(told.body["detail"].as_str().unwrap().contains("Authorization: Bearer"));
    });
}

#[test]
fn a_slash_at_the_end_leads_to_the_address_without_it_and_to_no_other_host() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let nobody = Program { house: &house, token: String::new() };
        let told = nobody.get("/admin/?page=2").await;
        assert_eq!((told.status, told.place.as_str()), (StatusCode::PERMANENT_REDIRECT, "/admin?page=2"));
        for path in ["//example.org/", "/admin//", "/nothing"] {
            assert_eq!(nobody.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
    });
}

#[test]
fn what_no_operation_takes_is_a_problem_in_details_too() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        fill(&house).await;
        let program = director(&house).await;
        let cases = [
            (Method::GET, "/api/v1/nothing", StatusCode::NOT_FOUND),
            (Method::POST, "/api/v1/sites", StatusCode::METHOD_NOT_ALLOWED),
        ];
        for (method, path, status) in cases {
            let told = program.ask(method, path, "", "").await;
            assert_eq!((told.status, told.kind.as_str()), (status, "application/problem+json"), "{path}");
            assert_eq!(told.body["status"], status.as_u16());
        }
    });
}

#[test]
fn stays_come_by_pages_and_without_names() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        fill(&house).await;
        let program = director(&house).await;
        let mut path = "/api/v1/stays?site=lakeside.riverside&limit=3".to_owned();
        let mut seen = Vec::new();
        loop {
            let told = program.get(&path).await;
            assert!(!told.body.to_string().contains(feed::FAMILY));
            let stays = told.body["stays"].as_array().unwrap();
            seen.extend(stays.iter().map(|stay| stay["stay"].as_str().unwrap().to_owned()));
            let Some(next) = told.link.strip_prefix('<').and_then(|link| link.split('>').next()) else {
                break;
            };
            path = next.to_owned();
        }
        seen.sort();
        assert_eq!(seen, ["V1000", "V1001", "V1002", "V1003"]);
        let unit = program.ok("/api/v1/stays?site=lakeside.riverside.3n").await;
        assert_eq!(unit["stays"].as_array().unwrap().len(), 1);
        let left = program.ok("/api/v1/stays?site=lakeside.riverside&state=left").await;
        assert_eq!(left["stays"], json!([]));
    });
}

#[test]
fn a_message_is_taken_in_once() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let program = director(&house).await;
        let message = adt("a1", "A01", "20261112080000", "5W-501", "V2001", "");
        let path = "/api/v1/messages?site=lakeside.riverside";
        let first = program.ask(Method::POST, path, "", &message).await;
        assert_eq!(
            first.body,
            json!({"outcome": "applied", "acknowledgment": "AA", "code": null, "reason": null})
        );
        let again = program.ask(Method::POST, path, "", &message).await;
        assert_eq!(again.body["outcome"], "duplicate");
        let other = adt("a2", "A01", "20261112080000", "5W-502", "V2002", "");
        assert_eq!(program.ask(Method::POST, path, "k1", &other).await.body["outcome"], "applied");
        // The same request again is answered as the first time.
        assert_eq!(program.ask(Method::POST, path, "k1", &other).await.body["outcome"], "applied");
        let changed = program.ask(Method::POST, path, "k1", &message).await;
        assert_eq!(changed.status, StatusCode::CONFLICT);
        let noise = program.ask(Method::POST, path, "", "not a message").await;
        assert_eq!(noise.body["acknowledgment"], "AR");
        assert_eq!(program.ask(Method::POST, path, "", "").await.status, StatusCode::BAD_REQUEST);
        let feeds = program.ok("/api/v1/feeds?site=lakeside").await;
        assert!(
            feeds.as_array().unwrap().iter().any(|feed| feed["way"] == "api" && feed["n_applied"] == 2),
            "{feeds}"
        );
    });
}

#[test]
fn what_is_refused_changes_nothing_and_may_be_sent_again_rightly() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let program = director(&house).await;
        let path = "/api/v1/messages?site=lakeside.riverside";
        let message = |n: &str| adt(n, "A01", "20261112080000", "5W-501", &format!("V{n}"), "");
        let n_received = async || {
            let feeds = program.ok("/api/v1/feeds?site=lakeside").await;
            let feeds = feeds.as_array().unwrap().iter().filter(|feed| feed["way"] == "api");
            feeds.map(|feed| feed["n_received"].as_i64().unwrap()).sum::<i64>()
        };
        assert_eq!(program.ask(Method::POST, path, "k", &message("1")).await.status, StatusCode::OK);
        // The key of another request: neither answered as that one, nor taken in.
        let other = program.ask(Method::POST, path, "k", &message("2")).await;
        assert_eq!((other.status, other.kind.as_str()), (StatusCode::CONFLICT, "application/problem+json"));
        let huge = format!("{}\rNTE|1||{}", message("3"), "x".repeat(16 << 20));
        let told = program.ask(Method::POST, path, "k3", &huge).await;
        assert_eq!(
            (told.status, told.kind.as_str()),
            (StatusCode::PAYLOAD_TOO_LARGE, "application/problem+json")
        );
        assert_eq!(program.ask(Method::POST, path, &"k".repeat(300), &message("4")).await.status, 400);
        assert_eq!(n_received().await, 1);
        for (n, key) in [("2", "k2"), ("3", "k3"), ("4", "k4")] {
            let told = program.ask(Method::POST, path, key, &message(n)).await;
            assert_eq!(told.body["outcome"], "applied", "{n}");
        }
        // What `curl --data` calls the body does not lose it.
        let form = "application/x-www-form-urlencoded";
        let told = program.ask_as(Method::POST, path, "", form, &message("5")).await;
        assert_eq!(told.body["outcome"], "applied");
        assert_eq!(n_received().await, 5);
    });
}

#[test]
fn a_token_that_was_revoked_or_has_ended_opens_nothing() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let who = house.add("rui", Role::FacilityManager, "lakeside").await;
        let programs = [
            Program::of(&house, who, "lakeside", &["census:view"]).await,
            Program::of(&house, who, "lakeside", &["census:view"]).await,
        ];
        let path = "/api/v1/beds?site=lakeside";
        programs[0].ok(path).await;
        let id = list_tokens(&mut house.db.read().await.unwrap(), who).await.unwrap()[0].id;
        let actor = Actor::new("command", "test");
        let done = house.db.write(move |tx| Box::pin(async move { revoke_token(tx, &actor, who, id).await }));
        assert!(done.await.unwrap());
        let mut statuses = [programs[0].get(path).await.status, programs[1].get(path).await.status];
        statuses.sort();
        assert_eq!(statuses, [StatusCode::OK, StatusCode::UNAUTHORIZED]);
        house.fixture.clock.set("2026-12-31T00:00:00Z".parse().unwrap());
        for program in &programs {
            let told = program.get(path).await;
            assert_eq!(
                (told.status, told.kind.as_str()),
                (StatusCode::UNAUTHORIZED, "application/problem+json")
            );
            assert!(told.body["detail"].as_str().unwrap().contains("it has ended, was revoked"));
        }
    });
}

#[test]
fn a_bed_is_blocked_with_a_reason_and_an_owner() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        fill(&house).await;
        let program = director(&house).await;
        let text = adt("a5", "A03", "20261112080000", "5W-501", "V1000", "");
        program.ask(Method::POST, "/api/v1/messages?site=lakeside.riverside", "", &text).await;
        let beds = program.ok("/api/v1/beds?site=lakeside.riverside.5w").await;
        let of = |bed: &str| {
            let found = beds.as_array().unwrap().iter().find(|row| row["bed"] == bed).unwrap();
            (format!("/api/v1/beds/{}/state", found["id"].as_str().unwrap()), found["state"].clone())
        };
        let names: Vec<&str> =
            beds.as_array().unwrap().iter().map(|bed| bed["bed"].as_str().unwrap()).collect();
        let (first, second) = (names[0], names[1]);
        let (free, state) = of(first);
        assert_eq!(state, "dirty");
        let (taken, _) = of(second);
        let blocked = r#"{"state": "blocked", "reason": "maintenance", "owner": "Lena Brandt"}"#;
        let refused = program.ask(Method::POST, &taken, "", blocked).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
        let nameless = program.ask(Method::POST, &free, "", r#"{"state": "blocked"}"#).await;
        assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
        let unknown = program.ask(Method::POST, &free, "", r#"{"state": "on fire"}"#).await;
        assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
        let done = program.ask(Method::POST, &free, "b1", blocked).await;
        assert_eq!(done.body["state"], "blocked", "{}", done.body);
        assert_eq!(program.ask(Method::POST, &free, "b1", blocked).await.body, done.body);
        let beds = program.ok("/api/v1/beds?site=lakeside.riverside.5w").await;
        assert!(beds.to_string().contains("Lena Brandt"));
    });
}

#[test]
fn the_document_and_the_reader_page_are_there() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let stranger = house.browser();
        let document: Value = serde_json::from_str(&stranger.get("/api/openapi.json").await.ok()).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        let period = &document["paths"]["/api/v1/figures/{key}"]["get"]["parameters"];
        let period = period.as_array().unwrap().iter().find(|one| one["name"] == "period").unwrap();
        assert_eq!(period["schema"]["minLength"], 4);
        assert!(period["schema"]["pattern"].as_str().unwrap().starts_with(r"^(\d{4}"));
        stranger.get("/api/docs").await.has("Sign in");
        house.sign_in("admin").await.get("/api/docs").await.has("/api/v1/census").has("Idempotency-Key");
        let program = director(&house).await;
        assert!(program.ok("/api/v1/rules?site=lakeside").await.to_string().contains("feed.stale_after"));
        assert!(program.ok("/api/v1/figures").await.to_string().contains("midnight_census"));
        assert_eq!(keys(&program.ok("/api/v1/needs?site=lakeside").await), ["dismissed", "open"]);
    });
}
