//! Tokens with which a program acts for the person: made, shown once, revoked.

use super::person;
use crate::admin::kit::sentence;
use area::{Answer, Fault, Visit, Who};
use identity::Permission;
use identity::tokens::{DAYS_MAX, NewToken, TokenRefused, create_token, revoke_token};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use store::StoreError;
use web::{Button, Choice, Errors, Field, Form, Page, Panel, Status, html, notice};

/// What a token may be asked for; of these, what the person holds.
const OFFERED: [(Permission, &str); 11] = [
    (Permission::TODAY_VIEW, "Read the brief and needs"),
    (Permission::CENSUS_VIEW, "Read the census, without names"),
    (Permission::CENSUS_PHI, "Read the census with patients' names"),
    (Permission::CENSUS_EDIT, "Block and open beds"),
    (Permission::REPORTS_VIEW, "Read reports"),
    (Permission::SITES_VIEW, "Read sites and people"),
    (Permission::FEEDS_VIEW, "Read feeds"),
    (Permission::FEEDS_EDIT, "Send and replay messages"),
    (Permission::AUDIT_VIEW, "Read the audit log"),
    (Permission::ADMIN_VIEW, "Read all of administration"),
    (Permission::ADMIN_EDIT, "Change people, sites and rules"),
];

pub(super) async fn page(visit: Visit) -> Answer {
    show(&visit, &Errors::new()).await
}

pub(super) async fn send(visit: Visit) -> Answer {
    let who = person(&visit)?;
    let new = match read(&visit, who) {
        Ok(new) => new,
        Err(errors) => return show(&visit, &errors).await,
    };
    let (actor, name) = (visit.actor(), new.name.clone());
    let made = visit
        .ctx
        .db
        .write::<_, TokenRefused, _>(move |tx| Box::pin(async move { create_token(tx, &actor, &new).await }))
        .await;
    let errors = match made {
        Ok((_, plain)) => return show_once(&visit, &name, &plain).await,
        Err(TokenRefused::Store(error)) => return Err(error.into()),
        Err(refused) => {
            let field = match &refused {
                TokenRefused::Name => "name",
                TokenRefused::Nothing | TokenRefused::NotHeld { .. } => "may",
                TokenRefused::Expired | TokenRefused::TooLong => "until",
                TokenRefused::NoSite => "site",
                TokenRefused::NoPerson | TokenRefused::Store(_) => "",
            };
            Errors::of(field, sentence(&refused.to_string()))
        }
    };
    show(&visit, &errors).await
}

fn read(visit: &Visit, who: &Who) -> Result<NewToken, Errors> {
    let mut errors = Errors::new();
    let path = visit.form.text("site").parse().ok();
    let site = path.and_then(|path| visit.tree.find(&path));
    if site.is_none() {
        errors.add("site", "Choose the site the token is for");
    }
    let permissions: Vec<Permission> = visit.form.all("may").filter_map(|may| may.parse().ok()).collect();
    if permissions.is_empty() {
        errors.add("may", "Choose at least one thing the token may do");
    }
    let until: Option<Date> = visit.form.text("until").parse().ok();
    // The day named is the last one.
    let expires_at: Option<Timestamp> = until
        .and_then(|day| day.tomorrow().ok())
        .and_then(|day| site.and_then(|site| day.to_zoned(site.time_zone.clone()).ok()))
        .map(|end| end.timestamp());
    if until.is_none() {
        errors.add("until", "Write the last day as year-month-day, such as 2027-03-31");
    }
    if visit.form.text("name").is_empty() {
        errors.add("name", "Write which program will use the token");
    }
    match (site, expires_at) {
        (Some(site), Some(expires_at)) if errors.is_empty() => Ok(NewToken {
            person: who.access.person_id(),
            name: visit.form.text("name").to_owned(),
            site: site.id,
            permissions,
            expires_at,
        }),
        _ => Err(errors),
    }
}

async fn show(visit: &Visit, errors: &Errors) -> Answer {
    let who = person(visit)?;
    let today = visit.today();
    let holds = |asked| who.access.sites_for(&visit.tree, asked, today);
    let chosen: Vec<&str> = visit.form.all("may").collect();
    let may: Vec<Choice> = OFFERED
        .iter()
        .filter(|(asked, _)| !holds(*asked).is_empty())
        .map(|(asked, words)| {
            let value = asked.to_string();
            let is_on = chosen.contains(&value.as_str());
            Choice::new(value, *words, is_on)
        })
        .collect();
    let typed_site = visit.form.text("site");
    let held = |site: &&identity::SiteInfo| {
        site.is_open(today) && !who.access.roles_at(&visit.tree, &site.path, today).is_empty()
    };
    let sites: Vec<Choice> = visit
        .tree
        .all()
        .iter()
        .filter(held)
        .map(|site| {
            Choice::new(
                site.path.as_str(),
                format!("{} ({})", site.name, site.path),
                site.path.as_str() == typed_site,
            )
        })
        .collect();
    if sites.is_empty() || may.is_empty() {
        let body = Panel::default().prose(html! {
            p { "A token holds no more than you do, and you hold no role that a program could use. Ask an administrator." }
            p.go { (Button::link("Back to your page", "/me")) }
        });
        return visit.show(&Page::new("Create a token").body(html! { (body) })).await;
    }
    let until = match visit.form.find("until") {
        Some(until) => until.to_owned(),
        None => today.checked_add(90.days()).unwrap_or(today).to_string(),
    };
    let form = Form::post("/me/tokens/new", &who.csrf)
        .errors(errors)
        .field(
            Field::text("name", "Used by")
                .hint("The program, so that you know it again")
                .value(visit.form.text("name")),
        )
        .field(Field::select("site", "For the site", sites).hint("And everything below it"))
        .field(Field::checks("may", "It may", may))
        .field(
            Field::date("until", "Last day").hint(format!("At most {DAYS_MAX} days from now")).value(until),
        )
        .submit("Create token")
        .cancel("/me");
    let page = Page::new("Create a token").context("Your page").errors(errors);
    visit.show(&page.body(html! { (Panel::default().prose(form)) })).await
}

/// The one time the token is seen. No redirect: the plain text is nowhere to be read again.
async fn show_once(visit: &Visit, name: &str, plain: &str) -> Answer {
    let body = Panel::default().prose(html! {
        (notice(Status::Due, "Copy the token now. It is not kept and cannot be shown again."))
        p { code { (plain) } }
        p.sub { "Send it in the header " code { "Authorization: Bearer TOKEN" } ". It acts for you; treat it like a password." }
        p.go { (Button::link("Done, back to your page", "/me").primary()) }
    });
    visit.show(&Page::new(format!("Token for {name}")).context("Your page").body(html! { (body) })).await
}

pub(super) async fn revoke(visit: Visit) -> Answer {
    let who = person(&visit)?;
    let id = visit.form.text("token").parse().map_err(|_| Fault::NotFound)?;
    let (person, actor) = (who.access.person_id(), visit.actor());
    let is_revoked: bool = visit
        .ctx
        .db
        .write::<_, StoreError, _>(move |tx| {
            Box::pin(async move { revoke_token(tx, &actor, person, id).await })
        })
        .await?;
    if is_revoked { Ok(visit.go("/me?done=token")) } else { Err(Fault::NotFound) }
}
