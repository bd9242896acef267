//! Every person's access tokens: who gave which program what, until when; ending one.

use super::kit::{self, token_state};
use ::store::StoreError;
use area::{Answer, Cell as FileCell, Export, Fault, Visit};
use base::Id;
use identity::people::list_people;
use identity::tokens::{ApiToken, TokenRow, list_tokens, revoke_token};
use identity::{Permission, Person};
use std::collections::BTreeMap;
use web::{Button, Cell, Column, Empty, Page, Panel, Row, Table, breadcrumbs, format, html};

/// The tokens at the sites of the scope, with the names of their people.
async fn load(visit: &Visit) -> Result<(Vec<TokenRow>, BTreeMap<String, String>), Fault> {
    let scope = visit.scope()?;
    let mut tx = visit.read().await?;
    let people = list_people(&mut tx, scope).await?;
    let holders = super::store::list_token_holders(&mut tx, scope).await?;
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for row in people {
        names.insert(row.person.id.to_string(), row.person.name);
    }
    let mut tokens = Vec::new();
    // A handful of people hold tokens; each list is one look-up.
    for holder in holders {
        tokens.extend(list_tokens(&mut tx, holder).await?);
    }
    let is_within =
        |token: &TokenRow| visit.tree.get(&token.site).is_some_and(|site| scope.path().covers(&site.path));
    tokens.retain(is_within);
    tokens.sort_by_key(|token| std::cmp::Reverse(token.id));
    Ok((tokens, names))
}

pub(super) async fn list(visit: Visit) -> Answer {
    let (tokens, names) = load(&visit).await?;
    let name = |id: Id<Person>| {
        names.get(&id.to_string()).cloned().unwrap_or_else(|| "Somebody from elsewhere".to_owned())
    };
    if let Some(file) = kit::export(&visit, || file(&tokens, name, &visit)) {
        return file;
    }
    let (csv, xlsx) = kit::file_hrefs(&visit);
    let may_edit = visit.may(Permission::ADMIN_EDIT);
    let csrf = visit.who()?.csrf.clone();
    let (rows, paging) = kit::paged(&visit, tokens);
    let table = Table::new("tokens", "Access tokens")
        .column(Column::text("Used by"))
        .column(Column::text("Acts for"))
        .column(Column::text("May").wide().not_on_phones())
        .column(Column::text("Last used").not_on_phones())
        .column(Column::text("Until").not_on_phones())
        .column(Column::text("State"))
        .column(Column::text(""))
        .rows(rows.iter().map(|token| {
            let (state, runs) = token_state(token, visit.now);
            let may: Vec<String> = token.permissions.iter().map(ToString::to_string).collect();
            let site = visit.tree.get(&token.site).map_or("", |site| site.name.as_str());
            let revoke = html! { @if runs && may_edit { form method="post" action="/admin/tokens/revoke" {
                input type="hidden" name="csrf" value=(csrf);
                input type="hidden" name="token" value=(token.id);
                input type="hidden" name="person" value=(token.person);
                (Button::submit("Revoke").small().about(&token.name))
            } } };
            Row::default()
                .cell(token.name.clone())
                .cell(name(token.person))
                .cell(Cell::dim(format!("{} at {site}", may.join(", "))))
                .cell(Cell::dim(token.used_at.map_or("Never".to_owned(), |at| format::age(at, visit.now))))
                .cell(format::date(visit.zone().to_datetime(token.expires_at).date(), visit.today()))
                .cell(state)
                .cell(Cell::of(revoke))
        }))
        .paging(paging)
        .downloads(csv, xlsx)
        .empty(Empty::new("No tokens", "A person makes a token on their own page, for a program that acts for them. All of them will stand here."));
    let body = html! {
        (breadcrumbs(&[("Admin", "/admin")]))
        (kit::done_notice(&visit))
        (Panel::default().body(table))
    };
    visit.show(&Page::new("Access tokens").context("Programs that act for people").body(body)).await
}

fn file(tokens: &[TokenRow], name: impl Fn(Id<Person>) -> String, visit: &Visit) -> Export {
    let columns = ["name", "person", "site", "may", "created_at", "expires_at", "revoked_at", "used_at"];
    let mut export = Export::new("tokens", &columns);
    let moment =
        |at: Option<jiff::Timestamp>| FileCell::from(at.map(|at| at.to_string()).unwrap_or_default());
    for token in tokens {
        let may: Vec<String> = token.permissions.iter().map(ToString::to_string).collect();
        let site = visit.tree.get(&token.site).map(|site| site.path.to_string()).unwrap_or_default();
        export.rows.push(vec![
            FileCell::from(token.name.as_str()),
            FileCell::from(name(token.person)),
            FileCell::from(site),
            FileCell::from(may.join(" ")),
            moment(Some(token.created_at)),
            moment(Some(token.expires_at)),
            moment(token.revoked_at),
            moment(token.used_at),
        ]);
    }
    export
}

pub(super) async fn revoke(visit: Visit) -> Answer {
    let id: Id<ApiToken> = visit.form.text("token").parse().map_err(|_| Fault::NotFound)?;
    let (tokens, _) = load(&visit).await?;
    let token = tokens.into_iter().find(|token| token.id == id).ok_or(Fault::NotFound)?;
    let actor = visit.actor();
    let is_revoked: bool = visit
        .ctx
        .db
        .write::<_, StoreError, _>(move |tx| {
            Box::pin(async move { revoke_token(tx, &actor, token.person, id).await })
        })
        .await?;
    if is_revoked { Ok(visit.go("/admin/tokens?done=token")) } else { Err(Fault::NotFound) }
}
