//! Every address of census and flow, with what it takes to open it.

use area::{Guard, Route};
use identity::Permission;

const VIEW: Guard = Guard::At(Permission::CENSUS_VIEW);
const EDIT: Guard = Guard::At(Permission::CENSUS_EDIT);

/// The addresses.
pub(crate) fn routes() -> Vec<Route> {
    use crate::{beds, day, flow, forecast, profile, records, wall};
    vec![
        Route::get("/at/{scope}/census/flow", VIEW, flow::page::flow),
        Route::get("/at/{scope}/census/flow/leaving/{stay}", EDIT, flow::leaving::page::form),
        Route::post("/at/{scope}/census/flow/leaving/{stay}", EDIT, flow::leaving::page::save),
        Route::get("/at/{scope}/census/wall", VIEW, wall::page::wall),
        Route::get("/at/{scope}/census/day", VIEW, day::page::index),
        Route::get("/at/{scope}/census/day/{date}", VIEW, day::page::day),
        Route::get("/at/{scope}/census/forecast", VIEW, forecast::page::forecast),
        Route::post("/at/{scope}/census/forecast/run", EDIT, forecast::page::ask),
        Route::get("/at/{scope}/census/forecast/backtest", VIEW, forecast::backtest::backtest),
        Route::get("/at/{scope}/census/beds", VIEW, beds::page::beds),
        Route::get("/at/{scope}/census/beds/staffing", EDIT, beds::page::staffing),
        Route::post("/at/{scope}/census/beds/staffing", EDIT, beds::page::save_staffing),
        Route::get("/at/{scope}/census/beds/{bed}", VIEW, beds::bed::page),
        Route::post("/at/{scope}/census/beds/{bed}", EDIT, beds::bed::change),
        Route::post("/at/{scope}/census/beds/{bed}/undo", EDIT, beds::bed::undo),
        Route::get("/at/{scope}/census/records", VIEW, records::page::records),
        Route::get("/at/{scope}/census/records/{stay}", VIEW, records::stay::page),
        Route::get("/at/{scope}/census/records/{stay}/merge/{message}", EDIT, records::merge::form),
        Route::post("/at/{scope}/census/records/{stay}/merge/{message}", EDIT, records::merge::reverse),
        Route::get("/at/{scope}/census/profile", VIEW, profile::page::profile),
        Route::post("/at/{scope}/census/profile", EDIT, profile::page::save),
        Route::post("/at/{scope}/census/profile/map", EDIT, profile::page::map),
        Route::get("/at/{scope}/census/profile/unit", EDIT, profile::page::unit),
        Route::post("/at/{scope}/census/profile/unit", EDIT, profile::page::save_unit),
    ]
}
