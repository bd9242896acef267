//! Figures and their explanation, through the catalogue as every page reads them.

use crate::place::{Place, site_of};
use crate::{End, WrongUse, cli, print};
use anyhow::{Result, bail};
use figures::rules::Rules;
use figures::{Ask, Catalogue, Figure, RowsPage};
use serde::Serialize;
use store::Db;

pub(crate) async fn run(ask: cli::FigureAsk) -> Result<End> {
    if ask.key == "list" { list(ask.from.json) } else { read(ask, false).await }
}

pub(crate) async fn explain(ask: cli::FigureAsk) -> Result<End> {
    read(ask, true).await
}

#[derive(Serialize)]
struct Listed {
    key: &'static str,
    title: &'static str,
    unit: figures::Unit,
    definition: &'static str,
    source: &'static str,
}

fn list(json: bool) -> Result<End> {
    let (catalogue, _) = app::catalogue()?;
    if json {
        let all: Vec<Listed> = catalogue
            .all()
            .map(|figure| Listed {
                key: figure.key,
                title: figure.title,
                unit: figure.unit,
                definition: figure.definition,
                source: figure.source,
            })
            .collect();
        print::json(&all)?;
    } else {
        let rows: Vec<Vec<String>> =
            catalogue.all().map(|figure| vec![figure.key.to_owned(), figure.title.to_owned()]).collect();
        print::table(&["key", "title"], &rows)?;
    }
    Ok(End::Done)
}

async fn read(ask: cli::FigureAsk, with_rows: bool) -> Result<End> {
    let (catalogue, registry) = app::catalogue()?;
    let figure = find(&catalogue, &ask.key)?;
    let db: Db = Place::of(&ask.from.at)?.open().await?;
    let mut tx = db.read().await?;
    let (tree, scope) = site_of(&mut tx, ask.site.as_ref()).await?;
    let rules = Rules::load(&mut tx, &registry).await?;
    let now = db.now();
    let this_month = base::Period::month_of(figures::today(&tree, scope.path(), now));
    let period = ask.period.unwrap_or(this_month);
    let question = Ask { scope: &scope, tree: &tree, rules: &rules, period, as_of: ask.as_of, now };
    if with_rows {
        let explained = figures::explain(&mut tx, figure, &question, RowsPage::ALL).await?;
        if ask.from.json {
            print::json(&explained)?;
            return Ok(End::Done);
        }
        print::line(format!("{}: {}", figure.title, figure.show_with_unit(&explained.reading)))?;
        print::line(format!("{} ({})", explained.definition, explained.source))?;
        let rows: Vec<Vec<String>> = explained
            .rows
            .iter()
            .map(|row| {
                let at = row.at.map(|at| at.to_string()).unwrap_or_default();
                let below = row.denominator.map(|below| below.to_string()).unwrap_or_default();
                vec![row.site.to_string(), row.label.clone(), at, row.numerator.to_string(), below]
            })
            .collect();
        print::table(&["site", "row", "at", "numerator", "denominator"], &rows)?;
    } else {
        let reading = (figure.read)(&mut tx, &question).await?;
        if ask.from.json {
            print::json(&figure.answer(&reading))?;
        } else {
            print::line(format!("{}: {}", figure.title, figure.show_with_unit(&reading)))?;
        }
    }
    Ok(End::Done)
}

fn find(catalogue: &Catalogue, key: &str) -> Result<&'static Figure> {
    let Some(figure) = catalogue.get(key) else {
        bail!(WrongUse(format!("there is no figure `{key}`; `helmward figure list` names them all")));
    };
    Ok(figure)
}
