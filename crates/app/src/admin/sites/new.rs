//! Adding a site below another.

use super::super::kit::{self, Refusal as _, sentence, site_choices};
use super::kind_words;
use area::{Answer, Visit};
use identity::sites::{NewSite, SiteRefused, insert_site};
use identity::{Permission, SiteKind};
use web::{Choice, Errors, Field, Form, Page, Panel, breadcrumbs, html};

/// Every kind, the commonest first.
const KINDS: [SiteKind; 4] = [SiteKind::Unit, SiteKind::Department, SiteKind::Facility, SiteKind::Enterprise];

pub(crate) async fn page(visit: Visit) -> Answer {
    show(&visit, &Errors::new()).await
}

pub(crate) async fn send(visit: Visit) -> Answer {
    let form = &visit.form;
    let mut errors = Errors::new();
    let above = form.text("under").parse().ok();
    let above = above.and_then(|path| visit.scope().ok()?.narrow(&visit.tree, &path));
    if above.is_none() {
        errors.add("under", "Choose the site it belongs to");
    }
    let kind: Option<SiteKind> = form.text("kind").parse().ok();
    if kind.is_none() {
        errors.add("kind", "Choose what it is");
    }
    if form.text("name").is_empty() {
        errors.add("name", "Write the name people know it by");
    }
    let path = above.as_ref().and_then(|above| above.path().child(form.text("short")).ok());
    if path.is_none() {
        errors.add("short", "Write a short name of small letters, digits and hyphens, such as 5w");
    }
    let (Some(kind), Some(path), true) = (kind, path, errors.is_empty()) else {
        return show(&visit, &errors).await;
    };
    let to = format!("/admin/sites/{path}");
    let new = NewSite {
        path,
        kind,
        name: form.text("name").to_owned(),
        time_zone: form.find("zone").map(str::to_owned),
        currency: None,
        care: None,
        sort: i64::try_from(visit.tree.all().len()).unwrap_or(0),
    };
    let actor = visit.actor();
    let added = visit
        .ctx
        .db
        .write::<_, SiteRefused, _>(move |tx| Box::pin(async move { insert_site(tx, &actor, &new).await }))
        .await;
    visit.ctx.forget();
    match added.map_err(|refused| refused.store()) {
        Ok(_) => Ok(visit.go(&to)),
        Err(Ok(error)) => Err(error.into()),
        Err(Err(refused)) => {
            let field = match &refused {
                SiteRefused::Zone { .. } => "zone",
                SiteRefused::Taken { .. } => "short",
                SiteRefused::Place { .. } => "kind",
                SiteRefused::Name => "name",
                SiteRefused::NoParent { .. } => "under",
                SiteRefused::NoSite
                | SiteRefused::CodeTaken { .. }
                | SiteRefused::Beds { .. }
                | SiteRefused::Store(_) => "",
            };
            show(&visit, &Errors::of(field, sentence(&refused.to_string()))).await
        }
    }
}

async fn show(visit: &Visit, errors: &Errors) -> Answer {
    let typed = |name: &str| visit.form.text(name).to_owned();
    let under = visit.form.find("under").or(visit.query.find("under")).unwrap_or_default();
    let kinds = KINDS
        .iter()
        .map(|kind| Choice::new(kind.key(), kind_words(*kind), kind.key() == visit.form.text("kind")))
        .collect();
    let form = Form::post(kit::here(visit, "under", None), &visit.who()?.csrf)
        .errors(errors)
        .field(Field::select("under", "Belongs to", site_choices(visit, Permission::ADMIN_EDIT, under)))
        .field(Field::select("kind", "What it is", kinds))
        .field(Field::text("name", "Name").hint("As on the door").value(typed("name")))
        .field(
            Field::text("short", "Short name")
                .hint("Part of every address of the site; it does not change later")
                .short()
                .value(typed("short")),
        )
        .field(
            Field::text("zone", "Time zone")
                .optional()
                .hint("Only where it differs from the site above")
                .value(typed("zone")),
        )
        .submit("Add site")
        .cancel("/admin/sites");
    let body = html! {
        (breadcrumbs(&[("Admin", "/admin"), ("Sites and units", "/admin/sites")]))
        (Panel::default().prose(form))
    };
    visit.show(&Page::new("Add a site").errors(errors).body(body)).await
}
