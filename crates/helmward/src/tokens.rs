//! Tokens for programs, kept from the command line.

use crate::cli::Token;
use crate::place::{Place, site_of};
use crate::{End, print, users};
use anyhow::{Result, anyhow, bail};
use base::Id;
use identity::tokens::{self, ApiToken, NewToken, TokenRefused};
use identity::{Person, SiteTree};
use jiff::SignedDuration;
use serde::Serialize;
use store::{Actor, Db, StoreError};

pub(crate) async fn run(ask: Token) -> Result<End> {
    match ask {
        Token::Create { person, name, site, permissions, days, at } => {
            let db = Place::of(&at)?.open().await?;
            let person = users::find(&db, &person).await?;
            let (_, scope) = site_of(&mut db.read().await?, Some(&site)).await?;
            let expires_at = db.now().checked_add(SignedDuration::from_hours(days.clamp(0, 36_500) * 24))?;
            let new = NewToken { person, name, site: scope.site_id(), permissions, expires_at };
            let made: Result<(Id<ApiToken>, String), TokenRefused> = db
                .write(move |tx| Box::pin(async move { tokens::create_token(tx, &actor(), &new).await }))
                .await;
            let (id, plain) = made?;
            print::line(plain)?;
            eprintln!("Token {id} lasts until {expires_at}. It is shown only now.");
            Ok(End::Done)
        }
        Token::List { person, from } => {
            let db = Place::of(&from.at)?.open().await?;
            let person = users::find(&db, &person).await?;
            list(&db, person, from.json).await
        }
        Token::Revoke { id, person, at } => {
            let db = Place::of(&at)?.open().await?;
            let person = users::find(&db, &person).await?;
            let token: Id<ApiToken> =
                id.parse().map_err(|_| anyhow!("`{id}` is no token id; `helmward token list` shows them"))?;
            let revoked: Result<bool, StoreError> = db
                .write(move |tx| {
                    Box::pin(async move { tokens::revoke_token(tx, &actor(), person, token).await })
                })
                .await;
            if !revoked? {
                bail!("they have no running token {id}; `helmward token list` shows them");
            }
            print::line(format!("Token {id} has ended."))?;
            Ok(End::Done)
        }
    }
}

fn actor() -> Actor {
    Actor::new("command", "token")
}

#[derive(Serialize)]
struct Listed {
    id: String,
    name: String,
    site: String,
    permissions: Vec<String>,
    created_at: String,
    expires_at: String,
    revoked_at: Option<String>,
    used_at: Option<String>,
}

async fn list(db: &Db, person: Id<Person>, json: bool) -> Result<End> {
    let mut tx = db.read().await?;
    let tree = SiteTree::load(&mut tx).await?;
    let rows = tokens::list_tokens(&mut tx, person).await?;
    let listed: Vec<Listed> = rows
        .into_iter()
        .map(|row| Listed {
            id: row.id.to_string(),
            name: row.name,
            site: tree.get(&row.site).map(|site| site.path.to_string()).unwrap_or_default(),
            permissions: row.permissions.iter().map(ToString::to_string).collect(),
            created_at: row.created_at.to_string(),
            expires_at: row.expires_at.to_string(),
            revoked_at: row.revoked_at.map(|at| at.to_string()),
            used_at: row.used_at.map(|at| at.to_string()),
        })
        .collect();
    if json {
        print::json(&listed)?;
        return Ok(End::Done);
    }
    let rows: Vec<Vec<String>> = listed
        .into_iter()
        .map(|row| {
            let end = row.revoked_at.map_or(row.expires_at, |at| format!("revoked {at}"));
            vec![row.id, row.name, row.site, row.permissions.join(" "), end]
        })
        .collect();
    print::table(&["id", "name", "site", "permissions", "until"], &rows)?;
    Ok(End::Done)
}
