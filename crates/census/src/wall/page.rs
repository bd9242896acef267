//! The wall's page. Cost: nine statements, as the board; patients' names are never read.

use crate::flow::page::{View, ask, freshness};
use crate::flow::rules::{Board, board};
use crate::flow::store::load;
use crate::words;
use area::{Answer, IntoResponse, Visit};
use web::{Cell, Column, Empty, Markup, Row, Table, bed_tiles, format, html, render_wall};

/// Beds shown one by one; more would not be read from across the room.
const TILES_MAX: usize = 80;

/// `GET …/census/wall`.
pub async fn wall(visit: Visit) -> Answer {
    let mut tx = visit.read().await?;
    let facts = load(&mut tx, &ask(&visit, false)?).await?;
    let fresh = freshness(&visit, &mut tx).await?;
    drop(tx);
    let board = board(&facts);
    let view = View::of(&visit)?;
    let name = visit.site()?.name.clone();
    let context = format!("Beds at {}", format::instant_full(visit.now, &visit.zone()));
    let document = render_wall(&name, &context, &[fresh], visit.theme, 60, body(&view, &board));
    Ok(document.into_response())
}

pub(crate) fn body(view: &View<'_>, board: &Board) -> Markup {
    let n_tiles: usize = board.units.iter().map(|unit| unit.tiles.len()).sum();
    html! {
        div.stack #board data-stream="census" {
            (web::Panel::new("Now").body(summary(board)))
            (web::Panel::new("Units").body(table(view, board)))
            @if n_tiles <= TILES_MAX {
                @for unit in &board.units {
                    @let name = words::unit_name(view.tree, &unit.unit, &view.top);
                    @let tiles: Vec<web::BedTile> = unit.tiles.iter().map(|tile| web::BedTile {
                        bed: tile.code.clone(), state: tile.state, note: String::new(), href: None,
                    }).collect();
                    (web::Panel::new(name.clone()).prose(bed_tiles(&format!("Beds of {name}"), &tiles)))
                }
            }
        }
    }
}

fn summary(board: &Board) -> Table {
    let sum = |of: fn(&crate::flow::UnitBoard) -> i64| board.units.iter().map(of).sum::<i64>();
    let longest = board.waiting.first().map_or("none".to_owned(), |first| format::duration(first.minutes));
    Table::new("now", "The house now")
        .column(Column::text("Waiting for a bed"))
        .column(Column::number("Longest wait"))
        .column(Column::number("In use").not_on_phones())
        .column(Column::number("Free now"))
        .column(Column::number("Leaving today").not_on_phones())
        .column(Column::number("Blocked").not_on_phones())
        .row(
            Row::default()
                .cell(board.waiting.len().to_string())
                .cell(longest)
                .cell(sum(|unit| unit.n_in_use))
                .cell(sum(|unit| unit.n_free))
                .cell(sum(|unit| unit.n_leaving))
                .cell(sum(|unit| unit.n_blocked)),
        )
}

fn table(view: &View<'_>, board: &Board) -> Table {
    let rows = board.units.iter().map(|unit| {
        Row::default()
            .cell(Cell::of(words::unit_name(view.tree, &unit.unit, &view.top)))
            .cell(format!("{} / {}", unit.n_in_use, unit.n_staffed))
            .cell(unit.n_free)
            .cell(unit.n_coming)
            .cell(unit.n_leaving)
            .cell(format::signed(unit.free_tonight()))
    });
    Table::new("wall-units", "Units")
        .column(Column::text("Unit"))
        .column(Column::number("Beds in use"))
        .column(Column::number("Free now"))
        .column(Column::number("Coming").not_on_phones())
        .column(Column::number("Leaving").not_on_phones())
        .column(Column::number("Free tonight"))
        .rows(rows)
        .empty(Empty::new("No units yet", "Units appear here once they have staffed beds or patients."))
}
