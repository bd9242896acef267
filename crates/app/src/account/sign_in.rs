//! Signing in and out.

use super::store::{Sample, list_samples};
use super::{landing::landing, local};
use crate::admin::kit::sentence;
use area::{Answer, Fault, Response, SESSION_COOKIE, THEME_COOKIE, Visit};
use axum::http::{HeaderValue, header};
use identity::Role;
use identity::people::Theme;
use identity::sessions::{self, NewSession, SignInRefused};
use store::{Actor, StoreError, Tx};
use web::{Errors, Field, Form, Icon, Markup, Render as _, html, render_bare, unprocessable};

/// Everybody's password in the sample enterprise. Everyone may know it: everything behind it is invented.
pub const SAMPLE_PASSWORD: &str = "helmward-demo";

/// A sign-in of the sample enterprise, offered on its first page.
struct Offer {
    /// `Facility manager, Riverside General`.
    role: String,
    name: String,
    email: String,
}

/// One person for each role, in the order of the table of roles.
async fn offers(visit: &Visit, tx: &mut Tx) -> Result<Vec<Offer>, StoreError> {
    let samples = list_samples(tx).await?;
    let of_role = |role: Role| samples.iter().find(|sample| sample.role == role);
    let offer = |sample: &Sample| {
        let site = visit.tree.get(&sample.site).map_or("", |site| site.name.as_str());
        Offer {
            role: format!("{}, {site}", sample.role.title()),
            name: sample.name.clone(),
            email: sample.email.clone(),
        }
    };
    Ok(Role::ALL.into_iter().filter_map(of_role).map(offer).collect())
}

pub(super) async fn page(visit: Visit) -> Answer {
    let next = local(visit.query.text("next")).unwrap_or_default().to_owned();
    if let Some(who) = &visit.who {
        let landing = || landing(&who.access, &visit.tree, visit.today());
        return Ok(visit.go(&if next.is_empty() { landing() } else { next }));
    }
    let mut tx = visit.read().await?;
    if identity::people::n_people(&mut tx).await? == 0 {
        return Ok(visit.go("/set-up"));
    }
    let document = document(&visit, &mut tx, &next, "", &Errors::new()).await?;
    Ok(axum::response::IntoResponse::into_response(document))
}

pub(super) async fn send(visit: Visit) -> Answer {
    let next = local(visit.form.text("next")).unwrap_or_default().to_owned();
    let (email, password) = (visit.form.text("email"), visit.form.raw("password"));
    let mut errors = Errors::new();
    if email.is_empty() {
        errors.add("email", "Enter your e-mail address");
    }
    if password.is_empty() {
        errors.add("password", "Enter your password");
    }
    if errors.is_empty() {
        match sessions::sign_in(&visit.ctx.db, email, password, &visit.agent).await {
            Ok(session) => return welcome(&visit, &session, &next).await,
            Err(SignInRefused::Store(error)) => return Err(error.into()),
            Err(refused @ (SignInRefused::Wrong | SignInRefused::Locked { .. })) => {
                errors.add("", sentence(&refused.to_string()));
            }
        }
    }
    let mut tx = visit.read().await?;
    Ok(unprocessable(document(&visit, &mut tx, &next, email, &errors).await?))
}

/// Where a person just signed in goes, with the cookies of the session and of the colors they chose.
pub(super) async fn welcome(visit: &Visit, session: &NewSession, next: &str) -> Answer {
    let mut tx = visit.read().await?;
    let access = identity::roles::find_access(&mut tx, session.person).await?.ok_or(Fault::SignIn)?;
    let tree = identity::SiteTree::load(&mut tx).await?;
    let today = visit.now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let to = match (session.must_change, next) {
        (true, _) => "/me/password".to_owned(),
        (false, "" | "/") => landing(&access, &tree, today),
        (false, next) => next.to_owned(),
    };
    let mut response = visit.go(&to);
    let seconds = session.ends_at.duration_since(visit.now).as_secs().max(0);
    let cookie = format!("{SESSION_COOKIE}={}; Max-Age={seconds}; HttpOnly", session.token);
    set_cookie(visit, &mut response, &cookie)?;
    match access.person.preferences.theme {
        Theme::Light => set_theme(visit, &mut response, web::Theme::Light)?,
        Theme::Dark => set_theme(visit, &mut response, web::Theme::Dark)?,
        // What this browser was told before stays.
        Theme::System => {}
    }
    Ok(response)
}

pub(super) async fn leave(visit: Visit) -> Answer {
    if let Some(who) = visit.who.as_ref().filter(|who| !who.session.is_empty()) {
        let (person, session) = (who.access.person_id(), who.session.clone());
        let actor = Actor::new(person.to_string(), "sign-out");
        visit
            .ctx
            .db
            .write::<_, StoreError, _>(move |tx| {
                Box::pin(async move { sessions::revoke_session(tx, &actor, person, &session).await })
            })
            .await?;
    }
    let mut response = visit.go("/sign-in");
    set_cookie(&visit, &mut response, &format!("{SESSION_COOKIE}=; Max-Age=0; HttpOnly"))?;
    Ok(response)
}

/// Remembers the colors in this browser for a year.
pub(super) fn set_theme(visit: &Visit, response: &mut Response, theme: web::Theme) -> Result<(), Fault> {
    set_cookie(visit, response, &format!("{THEME_COOKIE}={}; Max-Age=31536000", theme.name()))
}

fn set_cookie(visit: &Visit, response: &mut Response, cookie: &str) -> Result<(), Fault> {
    let secure = if visit.is_https { "; Secure" } else { "" };
    let value = HeaderValue::from_str(&format!("{cookie}; Path=/; SameSite=Lax{secure}"))
        .map_err(|_| Fault::Ours("a cookie could not be written".to_owned()))?;
    response.headers_mut().append(header::SET_COOKIE, value);
    Ok(())
}

async fn document(
    visit: &Visit,
    tx: &mut Tx,
    next: &str,
    email: &str,
    errors: &Errors,
) -> Result<Markup, StoreError> {
    let samples = if visit.ctx.is_demo { offers(visit, tx).await? } else { Vec::new() };
    let house = visit.tree.all().iter().find(|site| site.parent_id.is_none());
    let title = if errors.is_empty() { "Sign in" } else { "Error: Sign in" };
    let form = Form::post("/sign-in", "")
        .errors(errors)
        .hidden("next", next)
        .field(Field::email("email", "E-mail").value(email).autocomplete("username"))
        .field(Field::password("password", "Password"))
        .submit("Sign in");
    Ok(render_bare(
        title,
        web::stack(html! {
            @if let Some(house) = house { p.sub { (house.name) } }
            @if !next.is_empty() && errors.is_empty() {
                p.sub { "After signing in you are back on the page you asked for." }
            }
            @if samples.is_empty() { (form) } @else { (offer(&samples, next)) }
            @if samples.is_empty() {
                p.sub { "Forgotten your password? An administrator gives you a new one." }
            } @else {
                details open[!errors.is_empty()] { summary { "Sign in with e-mail and password" } (form) }
            }
        }),
    ))
}

/// One button a sample person: a form each, so that it works without script.
fn offer(samples: &[Offer], next: &str) -> Markup {
    html! {
        p.lead { "This is the sample enterprise. Every person and patient in it is invented. Choose whose day to look at." }
        ul.list aria-label="Sample sign-ins" {
            @for sample in samples {
                li {
                    span.what { (sample.role) small { (sample.name) } }
                    form method="post" action="/sign-in" {
                        input type="hidden" name="csrf" value="";
                        input type="hidden" name="next" value=(next);
                        input type="hidden" name="email" value=(sample.email);
                        input type="hidden" name="password" value=(SAMPLE_PASSWORD);
                        button.btn.sm type="submit" aria-label={ "Sign in: " (sample.name) ", " (sample.role) } {
                            "Sign in" (Icon::Right.render())
                        }
                    }
                }
            }
        }
    }
}
