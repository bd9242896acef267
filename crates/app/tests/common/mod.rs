//! A whole product for tests of pages: a small house with a person of every role, and a browser for each.
//!
//! Start with [`House::build`], then [`House::sign_in`].
#![allow(dead_code, reason = "each file of tests uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failure here is a test's failure")]

use app::Product;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use identity::people::{self, NewPerson};
use identity::roles::grant_role;
use identity::sites::import_sites;
use identity::{Person, Role, SiteTree};
use store::{Actor, Db};
use testkit::Fixture;
use tower::ServiceExt as _;

/// The sites of the house.
pub(crate) const SITES: &str = "\
path,kind,name,time_zone,currency,licensed_beds,staffed_beds,hl7_codes
lakeside,enterprise,Lakeside Health,America/New_York,USD,,,
lakeside.riverside,facility,Riverside General,,,,,RGH
lakeside.riverside.5w,unit,5 West,,,30,28,5W
lakeside.riverside.3n,unit,3 North,,,24,20,3N
lakeside.harbor,facility,Harbor Clinics,America/Chicago,,,,HC
";

/// Everybody's password.
pub(crate) const PASSWORD: &str = "a calm harbor at dawn";

/// A running product on a database of its own.
pub(crate) struct House {
    pub(crate) db: Db,
    pub(crate) product: Product,
    pub(crate) router: Router,
    pub(crate) fixture: Fixture,
}

/// One browser: it keeps its cookies.
#[derive(Clone)]
pub(crate) struct Browser {
    router: Router,
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) cookies: Vec<String>,
    pub(crate) kind: String,
    pub(crate) bytes: Vec<u8>,
}

impl Seen {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        self.text()
    }

    #[track_caller]
    pub(crate) fn has(self, words: &str) -> Seen {
        assert!(self.text().contains(words), "`{words}` is not in: {}", self.text());
        self
    }

    #[track_caller]
    pub(crate) fn sent_to(self) -> String {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text());
        self.location
    }
}

fn actor() -> Actor {
    Actor::new("command", "test")
}

impl House {
    /// The sites, nobody in them.
    pub(crate) async fn empty(fixture: Fixture) -> House {
        let db = fixture.db.clone();
        let product = app::compose(db.clone(), fixture.folder.path().to_owned(), false).unwrap();
        let router = app::router(&product);
        House { db, product, router, fixture }
    }

    /// The sites, and an administrator who is director too.
    pub(crate) async fn build(fixture: Fixture) -> House {
        let house = House::empty(fixture).await;
        let db = &house.db;
        db.write(|tx| Box::pin(async move { import_sites(tx, &actor(), SITES, false).await })).await.unwrap();
        let admin = house.add("admin", Role::Administrator, "lakeside").await;
        house.grant(admin, Role::Director, "lakeside").await;
        house.product.ctx.forget();
        house
    }

    /// A person with a role since the start of the year.
    pub(crate) async fn add(&self, name: &str, role: Role, site: &str) -> base::Id<Person> {
        let email = format!("{name}@lakeside.example");
        let new = NewPerson { email, name: format!("{name} Test"), title: "Nurse".to_owned() };
        let hash = people::password::hash(PASSWORD).unwrap();
        let id = self
            .db
            .write::<_, people::PersonRefused, _>(move |tx| {
                Box::pin(async move {
                    let id = people::insert_person(tx, &actor(), &new).await?;
                    people::set_password(tx, &actor(), id, &hash, false, None).await?;
                    Ok(id)
                })
            })
            .await
            .unwrap();
        self.grant(id, role, site).await;
        id
    }

    pub(crate) async fn grant(&self, person: base::Id<Person>, role: Role, site: &str) {
        let tree = SiteTree::load(&mut self.db.read().await.unwrap()).await.unwrap();
        let site = tree.find(&site.parse().unwrap()).unwrap().id;
        let from = "2026-01-01".parse().unwrap();
        self.db
            .write(move |tx| {
                Box::pin(async move { grant_role(tx, &actor(), person, role, site, from, None).await })
            })
            .await
            .unwrap();
    }

    /// A browser nobody is signed in at.
    pub(crate) fn browser(&self) -> Browser {
        Browser { router: self.router.clone(), cookie: String::new(), csrf: String::new() }
    }

    /// A browser with this person signed in.
    pub(crate) async fn sign_in(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        let email = format!("{name}@lakeside.example");
        let seen = browser.post("/sign-in", &[("email", &email), ("password", PASSWORD)]).await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.text());
        browser.keep(&seen);
        let page = browser.get("/me").await.text();
        browser.csrf = after(&page, "name=\"csrf\" value=\"");
        browser
    }

    /// Takes a file in through the pages; the address of its import.
    pub(crate) async fn take_in(&self, kind: &str, file: &str) -> String {
        let admin = self.sign_in("admin").await;
        let at = admin.upload(&format!("/admin/imports/new/{kind}"), &[], "file.csv", file).await.sent_to();
        admin.get(&at).await.ok();
        admin.post(&format!("{at}/commit"), &[]).await.sent_to();
        self.work().await;
        self.product.ctx.forget();
        at
    }

    /// Runs every job that waits.
    pub(crate) async fn work(&self) {
        while jobs::run_next(&self.db, &self.product.ctx.jobs).await.unwrap().is_some() {}
    }
}

/// What stands between a mark and the next quotation mark.
#[must_use]
pub(crate) fn after(page: &str, mark: &str) -> String {
    let rest = page.split_once(mark).map_or("", |(_, rest)| rest);
    rest.split('"').next().unwrap_or_default().to_owned()
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

impl Browser {
    pub(crate) fn keep(&mut self, seen: &Seen) {
        for cookie in &seen.cookies {
            if let Some(pair) = cookie.split(';').next().filter(|pair| pair.starts_with("helmward_session")) {
                self.cookie = pair.to_owned();
            }
        }
    }

    async fn send(&self, request: axum::http::request::Builder, body: Body) -> Seen {
        let request = request.header(header::COOKIE, &self.cookie).body(body).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = answer.into_parts();
        let text = |name: header::HeaderName| {
            head.headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned()
        };
        let kind = text(header::CONTENT_TYPE);
        let is_stream = kind.starts_with("text/event-stream");
        let bytes = if is_stream { Vec::new() } else { to_bytes(body, 1 << 26).await.unwrap().to_vec() };
        let cookies = head.headers.get_all(header::SET_COOKIE).iter();
        Seen {
            status: head.status,
            location: text(header::LOCATION),
            cookies: cookies.map(|value| value.to_str().unwrap().to_owned()).collect(),
            kind,
            bytes,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Seen {
        self.send(Request::get(path), Body::empty()).await
    }

    /// A form as the browser sends it, with the session's token.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
        self.post_with(path, fields, &self.csrf).await
    }

    pub(crate) async fn post_with(&self, path: &str, fields: &[(&str, &str)], csrf: &str) -> Seen {
        let mut pairs = vec![format!("csrf={}", encode(csrf))];
        pairs.extend(fields.iter().map(|(name, value)| format!("{name}={}", encode(value))));
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, Body::from(pairs.join("&"))).await
    }

    /// A form as a browser sends it that says where the form was.
    pub(crate) async fn post_from(&self, path: &str, fields: &[(&str, &str)], site: &str) -> Seen {
        let mut pairs = vec![format!("csrf={}", encode(&self.csrf))];
        pairs.extend(fields.iter().map(|(name, value)| format!("{name}={}", encode(value))));
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", site);
        self.send(request, Body::from(pairs.join("&"))).await
    }

    /// The form on a page, saved from there: with the version the page was read at.
    pub(crate) async fn save(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Seen {
        let version = self.version_on(page, action).await;
        let mut all = vec![("version", version.as_str())];
        all.extend(fields);
        self.post(action, &all).await
    }

    /// One of several forms of a page that go to one address, told apart by what they do.
    pub(crate) async fn save_at(&self, page: &str, action: &str, act: &str, fields: &[(&str, &str)]) -> Seen {
        let text = self.get(page).await.text();
        let mark = format!("name=\"do\" value=\"{act}\"");
        let before = text.split_once(&mark).map_or("", |(before, _)| before);
        let form = before.rsplit_once("<form").map_or("", |(_, form)| form);
        let version = after(form, "name=\"version\" value=\"");
        let mut all = vec![("version", version.as_str()), ("do", act)];
        all.extend(fields);
        self.post(action, &all).await
    }

    /// The version a form of a page carries.
    pub(crate) async fn version_on(&self, page: &str, action: &str) -> String {
        let text = self.get(page).await.text();
        let form = text.split_once(&format!("action=\"{action}\"")).map_or("", |(_, rest)| rest);
        let form = form.split_once("</form>").map_or(form, |(form, _)| form);
        let form = form.replace("&quot;", "'");
        let version = after(&form, "name=\"version\" value=\"");
        version.replace('\'', "\"")
    }

    /// A form with a file.
    pub(crate) async fn upload(&self, path: &str, fields: &[(&str, &str)], name: &str, file: &str) -> Seen {
        let mut body = String::new();
        let own = [("csrf", self.csrf.as_str())];
        for (field, value) in own.iter().chain(fields) {
            body.push_str(&format!(
                "--edge\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n"
            ));
        }
        body.push_str(&format!(
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{file}\r\n--edge--\r\n"
        ));
        let request = Request::post(path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
        self.send(request, Body::from(body)).await
    }
}
