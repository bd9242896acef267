//! Adding a person, with a first role and a password to be used once.

use super::super::kit::{self, sentence, site_choices};
use super::edit::{once_panel, role_choices};
use area::{Answer, Fault, Visit};
use identity::people::{NewPerson, PersonRefused, insert_person, reset_password};
use identity::roles::{GrantRefused, grant_role};
use identity::{Permission, Role};
use web::{Errors, Field, Form, Page, Panel, breadcrumbs, html};

pub(crate) async fn page(visit: Visit) -> Answer {
    show(&visit, &Errors::new()).await
}

/// Which form field a refusal belongs to.
fn field_of(refused: &PersonRefused) -> &'static str {
    match refused {
        PersonRefused::Taken { .. } | PersonRefused::Email { .. } => "email",
        PersonRefused::Name => "name",
        PersonRefused::Weak(_)
        | PersonRefused::NoPerson
        | PersonRefused::NoSite
        | PersonRefused::Store(_) => "",
    }
}

enum Refused {
    Person(PersonRefused),
    Grant(GrantRefused),
}

impl From<::store::StoreError> for Refused {
    fn from(error: ::store::StoreError) -> Refused {
        Refused::Person(error.into())
    }
}

impl From<PersonRefused> for Refused {
    fn from(refused: PersonRefused) -> Refused {
        Refused::Person(refused)
    }
}

impl From<GrantRefused> for Refused {
    fn from(refused: GrantRefused) -> Refused {
        Refused::Grant(refused)
    }
}

pub(crate) async fn send(visit: Visit) -> Answer {
    let form = &visit.form;
    let new = NewPerson {
        email: form.text("email").to_owned(),
        name: form.text("name").to_owned(),
        title: form.text("title").to_owned(),
    };
    let mut errors = Errors::new();
    let role = form.text("role").parse::<Role>().ok();
    if role.is_none() {
        errors.add("role", "Choose the first role");
    }
    // Only sites of the asker's own right count.
    let scope = form.text("at").parse().ok().and_then(|path| visit.scope().ok()?.narrow(&visit.tree, &path));
    if scope.is_none() {
        errors.add("at", "Choose the site of the role");
    }
    let (Some(role), Some(scope), true) = (role, scope, errors.is_empty()) else {
        return show(&visit, &errors).await;
    };
    let (actor, site, today) = (visit.actor(), scope.site_id(), visit.today());
    let added = visit
        .ctx
        .db
        .write::<_, Refused, _>(move |tx| {
            Box::pin(async move {
                let id = insert_person(tx, &actor, &new).await?;
                grant_role(tx, &actor, id, role, site, today, None).await?;
                Ok(id)
            })
        })
        .await;
    let id = match added {
        Ok(id) => id,
        Err(Refused::Person(PersonRefused::Store(error)) | Refused::Grant(GrantRefused::Store(error))) => {
            return Err(error.into());
        }
        Err(Refused::Person(refused)) => {
            let errors = Errors::of(field_of(&refused), sentence(&refused.to_string()));
            return show(&visit, &errors).await;
        }
        Err(Refused::Grant(refused)) => {
            return show(&visit, &Errors::of("role", sentence(&refused.to_string()))).await;
        }
    };
    let once = reset_password(&visit.ctx.db, visit.actor(), id)
        .await
        .map_err(|error| Fault::Ours(error.to_string()))?;
    let name = visit.form.text("name");
    let body = once_panel(&once, &format!("/admin/people/{id}"));
    visit.show(&Page::new(name).context("Added").body(html! { (body) })).await
}

async fn show(visit: &Visit, errors: &Errors) -> Answer {
    let typed = |name: &str| visit.form.text(name).to_owned();
    let form = Form::post(kit::here(visit, "undo", None), &visit.who()?.csrf)
        .errors(errors)
        .field(Field::text("name", "Name").hint("As colleagues call them").value(typed("name")))
        .field(
            Field::email("email", "E-mail")
                .hint("They sign in with it")
                .autocomplete("off")
                .value(typed("email")),
        )
        .field(Field::text("title", "Title").optional().value(typed("title")))
        .field(Field::select("role", "First role", role_choices(&typed("role"))))
        .field(
            Field::select("at", "At", site_choices(visit, Permission::ADMIN_EDIT, &typed("at")))
                .hint("The role reaches everything below"),
        )
        .submit("Add and show the password")
        .cancel("/admin/people");
    let body = html! {
        (breadcrumbs(&[("Admin", "/admin"), ("People and roles", "/admin/people")]))
        (Panel::default().prose(form))
    };
    visit.show(&Page::new("Add a person").errors(errors).body(body)).await
}
