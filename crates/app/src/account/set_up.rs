//! The first page of a new installation: name the enterprise and its administrator.

use super::sign_in;
use crate::admin::kit::sentence;
use area::{Answer, Fault, Visit};
use axum::response::IntoResponse as _;
use base::{Currency, SitePath};
use identity::people::{PersonRefused, check_new_password, first_admin, n_people};
use identity::sessions::{self, SignInRefused};
use identity::sites::{NewSite, SiteRefused, insert_site};
use identity::{SiteKind, SiteTree};
use store::{Actor, StoreError, Tx};
use web::{Errors, Field, Form, Markup, html, render_bare, unprocessable};

pub(super) async fn page(visit: Visit) -> Answer {
    let mut tx = visit.read().await?;
    if n_people(&mut tx).await? > 0 {
        return Ok(visit.go("/sign-in"));
    }
    let has_site = !visit.tree.all().is_empty();
    Ok(document(&visit, has_site, &Errors::new()).into_response())
}

pub(super) async fn send(visit: Visit) -> Answer {
    if n_people(&mut visit.read().await?).await? > 0 {
        return Err(Fault::NotFound);
    }
    let has_site = !visit.tree.all().is_empty();
    let wish = Wish::read(&visit, has_site);
    let mut errors = wish.check();
    if errors.is_empty() {
        let (saved, email, password) = (wish.clone(), wish.email.clone(), wish.password.clone());
        let written = visit
            .ctx
            .db
            .write::<_, Refused, _>(move |tx| Box::pin(async move { save(tx, &saved).await }))
            .await;
        match written {
            Ok(()) => {
                visit.ctx.forget();
                return match sessions::sign_in(&visit.ctx.db, &email, &password, &visit.agent).await {
                    Ok(session) => sign_in::welcome(&visit, &session, "").await,
                    Err(SignInRefused::Store(error)) => Err(error.into()),
                    Err(SignInRefused::Wrong | SignInRefused::Locked { .. }) => Ok(visit.go("/sign-in")),
                };
            }
            Err(Refused::Store(error)) => return Err(error.into()),
            Err(Refused::Form(field, words)) => errors.add(field, words),
        }
    }
    Ok(unprocessable(document(&visit, has_site, &errors)))
}

#[derive(Clone)]
struct Wish {
    enterprise: Option<String>,
    zone: String,
    name: String,
    email: String,
    password: String,
    again: String,
}

impl Wish {
    fn read(visit: &Visit, has_site: bool) -> Wish {
        let form = &visit.form;
        Wish {
            enterprise: (!has_site).then(|| form.text("enterprise").to_owned()),
            zone: form.text("zone").to_owned(),
            name: form.text("name").to_owned(),
            email: form.text("email").to_owned(),
            password: form.raw("password").to_owned(),
            again: form.raw("again").to_owned(),
        }
    }

    fn check(&self) -> Errors {
        let mut errors = Errors::new();
        if self.enterprise.as_ref().is_some_and(|name| path_of(name).is_none()) {
            errors.add("enterprise", "Write the name of the enterprise, with at least one letter");
        }
        if self.enterprise.is_some() && jiff::tz::TimeZone::get(&self.zone).is_err() {
            errors.add("zone", "Write a time zone such as America/New_York");
        }
        if self.name.is_empty() {
            errors.add("name", "Write your name");
        }
        if !self.email.contains('@') {
            errors.add("email", "Write your e-mail address as name@place");
        }
        if let Err(weak) = check_new_password(&self.password, &self.email) {
            errors.add("password", sentence(&weak.to_string()));
        } else if self.password != self.again {
            errors.add("again", "The two passwords differ; type the same one twice");
        }
        errors
    }
}

enum Refused {
    Form(&'static str, String),
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Refused {
        Refused::Store(error)
    }
}

async fn save(tx: &mut Tx, wish: &Wish) -> Result<(), Refused> {
    // Asked again inside the writer: of two who set up at once, one is first.
    if n_people(tx).await? > 0 {
        return Err(Refused::Form("", "Somebody set this up a moment ago; sign in instead.".to_owned()));
    }
    let path = wish.enterprise.as_deref().and_then(path_of);
    if let (Some(path), Some(name)) = (path, &wish.enterprise)
        && SiteTree::load(tx).await?.all().is_empty()
    {
        let new = NewSite {
            path,
            kind: SiteKind::Enterprise,
            name: name.clone(),
            time_zone: Some(wish.zone.clone()),
            currency: Some(Currency::USD),
            care: None,
            sort: 0,
        };
        insert_site(tx, &Actor::new("set-up", "first set-up"), &new).await.map_err(
            |refused| match refused {
                SiteRefused::Store(error) => Refused::Store(error),
                other => Refused::Form("enterprise", sentence(&other.to_string())),
            },
        )?;
    }
    first_admin(tx, &wish.email, &wish.name, &wish.password).await.map_err(|refused| match refused {
        PersonRefused::Store(error) => Refused::Store(error),
        PersonRefused::Weak(weak) => Refused::Form("password", sentence(&weak.to_string())),
        PersonRefused::Email { .. } | PersonRefused::Taken { .. } => {
            Refused::Form("email", sentence(&refused.to_string()))
        }
        PersonRefused::Name => Refused::Form("name", sentence(&refused.to_string())),
        PersonRefused::NoPerson | PersonRefused::NoSite => Refused::Form("", sentence(&refused.to_string())),
    })?;
    Ok(())
}

/// The address of a name: `Lakeside Health` becomes `lakeside-health`.
fn path_of(name: &str) -> Option<SitePath> {
    let words: Vec<String> = name
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let text: String = words.join("-").chars().take(40).collect();
    text.trim_end_matches('-').parse().ok()
}

fn document(visit: &Visit, has_site: bool, errors: &Errors) -> Markup {
    let typed = |name: &str| visit.form.text(name).to_owned();
    let zone = if typed("zone").is_empty() { "America/New_York".to_owned() } else { typed("zone") };
    let mut form = Form::post("/set-up", "").errors(errors);
    if !has_site {
        form = form
            .field(
                Field::text("enterprise", "Name of the enterprise")
                    .hint("As on its letterhead; units and staff come next")
                    .autocomplete("organization")
                    .value(typed("enterprise")),
            )
            .field(
                Field::text("zone", "Time zone").hint("Facilities elsewhere can have their own").value(zone),
            );
    }
    let form = form
        .field(Field::text("name", "Your name").autocomplete("name").value(typed("name")))
        .field(Field::email("email", "Your e-mail").autocomplete("username").value(typed("email")))
        .field(
            Field::password("password", "Password")
                .hint("At least 12 characters; a few words are easy to keep in mind")
                .autocomplete("new-password"),
        )
        .field(Field::password("again", "The same password again").autocomplete("new-password"))
        .submit("Set up Helmward");
    let title = if errors.is_empty() { "Set up Helmward" } else { "Error: Set up Helmward" };
    render_bare(
        title,
        html! {
            p.lead { "Nobody has an account here yet. Name the enterprise and yourself; you become its administrator and director, and can hand either role on." }
            (form)
            p.sub { "From the command line: " code { "helmward init --dir DIR --name NAME --admin E-MAIL" } }
        },
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_becomes_an_address() {
        let path = |name| super::path_of(name).map(|path| path.to_string());
        assert_eq!(path("Lakeside Health, Inc."), Some("lakeside-health-inc".to_owned()));
        assert_eq!(path(" !! "), None);
    }
}
