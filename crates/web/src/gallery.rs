//! Every component in every state, on one page; the accessibility and picture tests run on it.

use maud::{Markup, html};

/// Content of `/dev/components`.
pub fn components_page() -> Markup {
    html! {}
}
