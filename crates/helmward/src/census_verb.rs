//! The census of a day, or who is inside at an instant.

use crate::place::{Place, site_of};
use crate::{End, cli, print};
use anyhow::Result;

pub(crate) async fn run(ask: cli::Census) -> Result<End> {
    let db = Place::of(&ask.from.at)?.open().await?;
    let mut tx = db.read().await?;
    let (tree, scope) = site_of(&mut tx, ask.site.as_ref()).await?;
    if let Some(at) = ask.at {
        let report = census::present::report(&mut tx, &scope, &tree, at, ask.as_of).await?;
        if ask.from.json {
            print::json(&report)?;
            return Ok(End::Done);
        }
        let rows: Vec<Vec<String>> = report
            .present
            .iter()
            .map(|stay| {
                let bed = stay.bed.clone().unwrap_or_default();
                let (unit, since) = (stay.unit.to_string(), stay.since.to_string());
                vec![stay.stay.to_string(), unit, bed, stay.class.to_string(), since]
            })
            .collect();
        print::table(&["stay", "unit", "bed", "class", "since"], &rows)?;
        print::line(format!("{} inside {} at {at}.", rows.len(), scope.path()))?;
        return Ok(End::Done);
    }
    // The flags ask for one of the two.
    let Some(date) = ask.date else { return Ok(End::No) };
    let report = census::day::report(&mut tx, &scope, &tree, date, ask.as_of).await?;
    if ask.from.json {
        print::json(&report)?;
        return Ok(End::Done);
    }
    let value = serde_json::to_value(&report)?;
    let columns = [
        "site",
        "midnight_census",
        "admissions",
        "discharges",
        "deaths",
        "transfers_in",
        "transfers_out",
        "staffed_beds",
        "occupancy",
    ];
    let units = value.get("units").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    let rows: Vec<Vec<String>> = std::iter::once(&value)
        .chain(&units)
        .map(|row| columns.iter().map(|column| words(row.get(column))).collect())
        .collect();
    print::table(&columns.map(|column| column), &rows)?;
    Ok(End::Done)
}

fn words(value: Option<&serde_json::Value>) -> String {
    match value {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(serde_json::Value::Null) | None => "-".to_owned(),
        Some(serde_json::Value::Number(number)) if number.is_f64() => {
            number.as_f64().map_or_else(String::new, |real| format!("{real:.3}"))
        }
        Some(other) => other.to_string(),
    }
}
