//! The small line in a tile: up to 24 points with their limits and target.

use maud::{Markup, Render, html};

use super::px;

/// What a point says: the colors of performance, never of obligation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Meaning {
    /// Chance.
    #[default]
    Ordinary,
    /// Special cause for the better.
    Better,
    /// Special cause for the worse.
    Worse,
    /// Special cause without a direction.
    Moved,
}

impl Meaning {
    pub(crate) fn class(self) -> Option<&'static str> {
        match self {
            Meaning::Ordinary => None,
            Meaning::Better => Some("better"),
            Meaning::Worse => Some("worse"),
            Meaning::Moved => Some("moved"),
        }
    }

    /// The word beside a point in the table of figures.
    pub fn word(self) -> &'static str {
        match self {
            Meaning::Ordinary => "Ordinary",
            Meaning::Better => "Better",
            Meaning::Worse => "Worse",
            Meaning::Moved => "Moved",
        }
    }
}

/// The line; hidden from screen readers, because the tile says the same in words.
#[derive(Clone, Debug, Default)]
pub struct Spark {
    /// Values, oldest first; a gap is `None`.
    pub values: Vec<Option<f64>>,
    /// Meaning of each value; missing ones are ordinary.
    pub meanings: Vec<Meaning>,
    /// Lower and upper process limit.
    pub limits: Option<(f64, f64)>,
    /// Target.
    pub target: Option<f64>,
}

const WIDTH: f64 = 200.0;
const TOP: f64 = 3.0;
const BOTTOM: f64 = 31.0;

impl Render for Spark {
    fn render(&self) -> Markup {
        let limits = self.limits.into_iter().flat_map(|(low, high)| [low, high]);
        let all: Vec<f64> = self.values.iter().flatten().copied().chain(limits).chain(self.target).collect();
        let low = all.iter().copied().fold(f64::INFINITY, f64::min);
        let high = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let y = |value: f64| {
            if high > low {
                BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP)
            } else {
                (TOP + BOTTOM) / 2.0
            }
        };
        let step = (WIDTH - 4.0) / (self.values.len().max(2) - 1) as f64;
        let points: Vec<Option<(f64, f64)>> = self
            .values
            .iter()
            .enumerate()
            .map(|(idx, value)| value.map(|value| (2.0 + step * idx as f64, y(value))))
            .collect();
        html! {
            svg.spark viewBox="0 0 200 34" preserveAspectRatio="xMinYMid" aria-hidden="true" {
                @if let Some((low, high)) = self.limits {
                    path.lim d={ "M0 " (px(y(low))) "H200M0 " (px(y(high))) "H200" } {}
                }
                @if let Some(target) = self.target { path.tgt d={ "M0 " (px(y(target))) "H200" } {} }
                path.ln d=(super::line_path(&points)) {}
                @for (idx, point) in points.iter().enumerate() { (self.dot(idx, *point, idx + 1 == points.len())) }
            }
        }
    }
}

impl Spark {
    fn dot(&self, idx: usize, point: Option<(f64, f64)>, is_last: bool) -> Markup {
        let meaning = self.meanings.get(idx).copied().unwrap_or_default();
        html! {
            @if let (Some((x, y)), true) = (point, is_last || meaning != Meaning::Ordinary) {
                circle class=[meaning.class()] cx=(px(x)) cy=(px(y)) r="2.6" {}
            }
        }
    }
}
