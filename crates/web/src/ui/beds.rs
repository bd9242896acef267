//! Beds as tiles and units as bars.

use maud::{Markup, Render, html};

/// How a bed stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BedState {
    /// Clean and staffed.
    Free,
    /// A patient is in it.
    InUse,
    /// The patient leaves today.
    Leaving,
    /// Waits for a patient who is coming.
    Reserved,
    /// To be cleaned.
    Dirty,
    /// Being cleaned.
    Cleaning,
    /// Cannot be used, with a reason.
    Blocked,
    /// Not staffed.
    Closed,
}

impl BedState {
    /// The word shown in the tile.
    pub fn word(self) -> &'static str {
        match self {
            BedState::Free => "Free",
            BedState::InUse => "In use",
            BedState::Leaving => "Leaving",
            BedState::Reserved => "Reserved",
            BedState::Dirty => "To clean",
            BedState::Cleaning => "Cleaning",
            BedState::Blocked => "Blocked",
            BedState::Closed => "Closed",
        }
    }

    fn class(self) -> &'static str {
        match self {
            BedState::Free => "free",
            BedState::InUse => "use",
            BedState::Leaving => "leave",
            BedState::Reserved => "res",
            BedState::Dirty | BedState::Cleaning => "dirty",
            BedState::Blocked => "block",
            BedState::Closed => "shut",
        }
    }
}

/// One bed of the flow board.
#[derive(Clone, Debug)]
pub struct BedTile {
    /// Bed label: `512-A`.
    pub bed: String,
    /// State.
    pub state: BedState,
    /// Second line: who, since when, or why blocked. The wall leaves it out.
    pub note: String,
    /// Where the tile leads.
    pub href: Option<String>,
}

impl Render for BedTile {
    fn render(&self) -> Markup {
        let inside = html! {
            b { (self.bed) } span { (self.state.word()) }
            @if !self.note.is_empty() { small { (self.note) } }
        };
        html! {
            @match &self.href {
                Some(href) => { a class={ "tile " (self.state.class()) } href=(href) { (inside) } }
                None => { div class={ "tile " (self.state.class()) } { (inside) } }
            }
        }
    }
}

/// Tiles in as many columns as fit.
pub fn bed_tiles(label: &str, tiles: &[BedTile]) -> Markup {
    html! { ul.tiles aria-label=(label) { @for tile in tiles { li { (tile) } } } }
}

/// Beds of a unit as a bar: in use, of those leaving (hatched), of the staffed beds.
pub fn unit_bar(in_use: u32, leaving: u32, beds: u32) -> Markup {
    const WIDTH: f64 = 132.0;
    let full = f64::from(beds.max(in_use).max(1));
    let staying = f64::from(in_use.saturating_sub(leaving)) / full * WIDTH;
    let going = f64::from(leaving.min(in_use)) / full * WIDTH;
    let words = format!("{in_use} of {beds} beds in use, {leaving} leaving");
    html! {
        svg.bed viewBox="0 0 132 10" preserveAspectRatio="none" role="img" aria-label=(words) {
            rect.all width="132" height="10" {}
            rect.in width=(crate::chart::px(staying)) height="10" {}
            rect.out x=(crate::chart::px(staying)) width=(crate::chart::px(going)) height="10" {}
            @if in_use > beds {
                path.cap d={ "M" (crate::chart::px(f64::from(beds) / full * WIDTH)) " 0V10" } {}
            }
        }
    }
}

/// Have and need per shift, colored when short: label, have, need.
pub fn staffing(shifts: &[(&str, u32, u32)]) -> Markup {
    html! {
        span.staff {
            @for (label, have, need) in shifts {
                @let short = need.saturating_sub(*have);
                span.thin[short == 1] .short[short > 1] {
                    span.vh { (label) " " } (have) "/" (need) @if short > 0 { span.vh { ", " (short) " short" } }
                }
            }
        }
    }
}
