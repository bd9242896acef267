//! Dated rules, and the house's own values for them.

use crate::cli::Rule;
use crate::place::{Place, site_of};
use crate::{End, print};
use anyhow::{Result, anyhow, bail};
use base::Id;
use figures::rules::{
    Override, OverrideAsk, OverrideProblem, Rules, end_override, find_override, put_override,
};
use identity::SiteTree;
use std::sync::Arc;
use store::{Actor, StoreError};

pub(crate) async fn run(ask: Rule) -> Result<End> {
    match ask {
        Rule::List { site, from } => {
            let db = Place::of(&from.at)?.open().await?;
            let (_, registry) = app::catalogue()?;
            let mut tx = db.read().await?;
            let (tree, scope) = site_of(&mut tx, site.as_ref()).await?;
            let rules = Rules::load(&mut tx, &registry).await?;
            let today = figures::today(&tree, scope.path(), db.now());
            let rules = rules.list(scope.path(), today);
            if from.json {
                print::json(&rules)?;
                return Ok(End::Done);
            }
            let rows: Vec<Vec<String>> = rules
                .into_iter()
                .map(|rule| {
                    let value = rule.value.unwrap_or_else(|| "-".to_owned());
                    let own = if rule.is_override { "own" } else { "" };
                    vec![rule.key.to_owned(), value, own.to_owned(), rule.source.unwrap_or_default()]
                })
                .collect();
            print::table(&["rule", "value", "", "source"], &rows)?;
            Ok(End::Done)
        }
        Rule::Override { key, value, site, reason, from, to, at } => {
            let db = Place::of(&at)?.open().await?;
            let (_, registry) = app::catalogue()?;
            let (tree, scope) = site_of(&mut db.read().await?, Some(&site)).await?;
            let from = from.unwrap_or_else(|| figures::today(&tree, scope.path(), db.now()));
            let ask = OverrideAsk { rule_key: key, site, from, to, value, reason };
            let with = Arc::clone(&registry);
            let made: Result<Id<Override>, OverrideProblem> = db
                .write(move |tx| Box::pin(async move { put_override(tx, &actor(), &with, &ask).await }))
                .await;
            print::line(made?)?;
            Ok(End::Done)
        }
        Rule::End { id, at } => {
            let db = Place::of(&at)?.open().await?;
            let bad = || anyhow!("there is no running override {id}; `helmward rule list --json` shows them");
            let rule: Id<Override> = id.parse().map_err(|_| bad())?;
            let mut tx = db.read().await?;
            let made = find_override(&mut tx, rule).await?.ok_or_else(bad)?;
            let tree = SiteTree::load(&mut tx).await?;
            drop(tx);
            let today = figures::today(&tree, &made.site, db.now());
            let ended: Result<bool, StoreError> = db
                .write(move |tx| Box::pin(async move { end_override(tx, &actor(), rule, today).await }))
                .await;
            if !ended? {
                bail!(bad());
            }
            print::line(format!("The override of {} at {} has ended.", made.rule_key, made.site))?;
            Ok(End::Done)
        }
    }
}

fn actor() -> Actor {
    Actor::new("command", "rule")
}
