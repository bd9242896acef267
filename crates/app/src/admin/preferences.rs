//! What holds for the whole installation: its name and how long sessions last.

use super::kit::{self, Refusal as _};
use super::store::last_seq;
use ::store::StoreError;
use area::{Answer, Differing, Fault, Unsaved, VERSION_FIELD, Visit};
use identity::sessions::{Limits, find_limits, set_limits};
use identity::sites::{SiteChange, SiteRefused, update_site};
use identity::{Permission, SiteTree};
use web::{Errors, Field, Form, Page, Panel, breadcrumbs, columns, html};

pub(super) async fn page(visit: Visit) -> Answer {
    show(&visit, "", &Errors::new()).await
}

/// Limits and name belong to the enterprise; who keeps one facility reads them.
fn may_edit(visit: &Visit) -> bool {
    let is_top = visit.scope.as_ref().is_some_and(|scope| scope.path().parent().is_none());
    is_top && visit.may(Permission::ADMIN_EDIT)
}

/// What the form of the limits was filled from.
fn limits_version(limits: Limits) -> String {
    format!("{} {}", limits.idle_minutes, limits.absolute_hours)
}

async fn show(visit: &Visit, form: &str, errors: &Errors) -> Answer {
    let mut tx = visit.read().await?;
    let limits = find_limits(&mut tx).await?;
    let undo = kit::undo_strip(visit, &mut tx).await?;
    drop(tx);
    let (csrf, site) = (&visit.who()?.csrf, visit.site()?);
    let none = Errors::new();
    let of = |own: &str| if own == form { errors } else { &none };
    let typed = |own: &str, name: &str, kept: String| {
        if own == form { visit.form.text(name).to_owned() } else { kept }
    };
    // A form shown again for a mistake still says what it was first filled from.
    let seen = |own: &str, now: String| if own == form { visit.version() } else { now };
    let limits_form = Form::post("/admin/preferences/limits", csrf)
        .hidden(VERSION_FIELD, seen("limits", limits_version(limits)))
        .errors(of("limits"))
        .field(
            Field::number("idle", "Without use a session ends after")
                .unit("minutes")
                .hint("1 to 1,440; a short time protects shared computers")
                .value(typed("limits", "idle", limits.idle_minutes.to_string())),
        )
        .field(Field::number("absolute", "In any case after").unit("hours").hint("1 to 168").value(typed(
            "limits",
            "absolute",
            limits.absolute_hours.to_string(),
        )))
        .submit("Save limits");
    let name_form = Form::post("/admin/preferences/name", csrf)
        .hidden(VERSION_FIELD, seen("name", site.name.clone()))
        .errors(of("name"))
        .field(
            Field::text("name", "Name of the enterprise")
                .hint("On the sign-in page, in titles and on paper")
                .value(typed("name", "name", site.name.clone())),
        )
        .submit("Save name");
    let body = html! {
        (breadcrumbs(&[("Admin", "/admin")]))
        (kit::done_notice(visit))
        @if may_edit(visit) {
            (columns(Panel::new("Sessions").prose(limits_form), Panel::new("Installation").prose(name_form)))
        } @else {
            (Panel::new("Sessions").prose(html! {
                p { "A session ends after " (limits.idle_minutes) " minutes without use and " (limits.absolute_hours) " hours after sign-in." }
                p.sub { "Whoever administers the enterprise changes these." }
            }))
        }
    };
    visit.show(&Page::new("Preferences of the installation").errors(errors).undo(undo).body(body)).await
}

pub(super) async fn limits(visit: Visit) -> Answer {
    if !may_edit(&visit) {
        return Err(Fault::NotFound);
    }
    let mut errors = Errors::new();
    let mut number = |name: &'static str, most: u32| {
        let n = visit.form.text(name).replace(',', "").parse::<u32>().ok();
        let n = n.filter(|n| (1..=most).contains(n));
        if n.is_none() {
            errors.add(name, format!("Write a whole number from 1 to {most}"));
        }
        n.unwrap_or(1)
    };
    let limits = Limits { idle_minutes: number("idle", 1_440), absolute_hours: number("absolute", 168) };
    if !errors.is_empty() {
        return show(&visit, "limits", &errors).await;
    }
    let (actor, seen) = (visit.actor(), visit.version());
    let saved = visit
        .ctx
        .db
        .write::<_, Unsaved<StoreError>, _>(move |tx| {
            Box::pin(async move {
                if limits_version(find_limits(tx).await?) != seen {
                    return Err(Unsaved::Stale);
                }
                set_limits(tx, &actor, limits).await?;
                Ok(last_seq(tx, "setting", ":session").await?)
            })
        })
        .await;
    match saved {
        Ok(seq) => Ok(visit.go(&format!("/admin/preferences?done=limits&undo={}", seq.unwrap_or(0)))),
        Err(Unsaved::Refused(error)) => Err(error.into()),
        Err(Unsaved::Stale) => {
            let now = find_limits(&mut visit.read().await?).await?;
            let values = [
                Differing::new("Without use, minutes", now.idle_minutes.to_string(), visit.form.text("idle")),
                Differing::new(
                    "In any case, hours",
                    now.absolute_hours.to_string(),
                    visit.form.text("absolute"),
                ),
            ];
            visit.conflict("Sessions", "/admin/preferences", &limits_version(now), &values).await
        }
    }
}

pub(super) async fn name(visit: Visit) -> Answer {
    if !may_edit(&visit) {
        return Err(Fault::NotFound);
    }
    let site = visit.site()?;
    let new = visit.form.text("name");
    if new.is_empty() || new.chars().count() > 120 {
        return show(&visit, "name", &Errors::of("name", "Write a name of 1 to 120 characters")).await;
    }
    let name = new.to_owned();
    let (actor, id, seen) = (visit.actor(), site.id, visit.version());
    let saved = visit
        .ctx
        .db
        .write::<_, Unsaved<SiteRefused>, _>(move |tx| {
            Box::pin(async move {
                let tree = SiteTree::load(tx).await?;
                let site = tree.get(&id).filter(|site| site.name == seen).ok_or(Unsaved::Stale)?;
                let change = SiteChange {
                    name,
                    time_zone: site.own_time_zone.clone(),
                    currency: site.own_currency,
                    sort: site.sort,
                };
                update_site(tx, &actor, id, &change).await.map_err(Unsaved::Refused)?;
                Ok(last_seq(tx, "site", &id.to_string()).await?)
            })
        })
        .await;
    visit.ctx.forget();
    match saved {
        Ok(seq) => Ok(visit.go(&format!("/admin/preferences?undo={}", seq.unwrap_or(0)))),
        Err(Unsaved::Refused(refused)) => Err(refused.fault()),
        Err(Unsaved::Stale) => {
            let tree = SiteTree::load(&mut visit.read().await?).await?;
            let now = tree.get(&id).map_or("", |site| site.name.as_str());
            let values = [Differing::new("Name of the enterprise", now, new)];
            visit.conflict("Installation", "/admin/preferences", now, &values).await
        }
    }
}
