//! The JSON API: what pages show, for programs, under the same rights.
//!
//! [`table`] is the one list of operations: routes, OpenAPI and the reader page are made of it, so none can
//! say something the others do not. Not here: how a request is admitted and how a fault becomes problem
//! details; that is the frame (`area`). Nothing here names a patient.
//!
//! Start with [`table::OPERATIONS`], then [`read`] and [`write`].

mod ask;
mod docs;
mod openapi;
mod read;
mod schemas;
mod store;
mod table;
mod write;

use area::{Guard, Method, Route};

/// Its addresses.
pub(crate) fn routes() -> Vec<Route> {
    let operations = table::OPERATIONS.iter().map(|operation| {
        let run = operation.run;
        match operation.method {
            Method::Get => Route::get(operation.path, operation.guard, run),
            Method::Post => Route::post(operation.path, operation.guard, run),
            Method::Delete => Route::delete(operation.path, operation.guard, run),
        }
    });
    operations
        .chain([
            Route::get(openapi::PATH, Guard::Public, openapi::document),
            Route::get(docs::PATH, Guard::Public, docs::page),
        ])
        .collect()
}
