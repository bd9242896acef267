//! To be described.

use area::Route;

/// Its addresses.
pub(crate) fn routes() -> Vec<Route> {
    Vec::new()
}
