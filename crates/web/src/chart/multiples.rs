//! Small multiples: the same line for every unit, all on one scale.

use maud::{Markup, html};

use super::frame::{figure_text, line_path, px};
use super::spark::Meaning;

/// One of the small drawings.
#[derive(Clone, Debug, Default)]
pub struct SmallChart {
    /// Unit, or whatever tells it from its neighbors.
    pub title: String,
    /// Where it leads.
    pub href: Option<String>,
    /// Values, oldest first.
    pub values: Vec<Option<f64>>,
    /// Meaning of each value; missing ones are ordinary.
    pub meanings: Vec<Meaning>,
    /// Mean of its own.
    pub mean: Option<f64>,
    /// Limits of its own.
    pub limits: Option<(f64, f64)>,
}

const WIDTH: f64 = 240.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 82.0;

/// Small drawings on one scale, from the lowest to the highest value, limit or target of all.
pub fn small_multiples(charts: &[SmallChart], target: Option<f64>, places: usize) -> Markup {
    let limits = charts.iter().filter_map(|chart| chart.limits).flat_map(|(low, high)| [low, high]);
    let values = charts.iter().flat_map(|chart| chart.values.iter().flatten().copied());
    let all: Vec<f64> = values.chain(limits).chain(target).collect();
    let low = all.iter().copied().fold(f64::INFINITY, f64::min);
    let high = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = if high > low { (low, high) } else { (0.0, 1.0) };
    html! { div.multi { @for chart in charts { (small(chart, low, high, target, places)) } } }
}

fn small(chart: &SmallChart, low: f64, high: f64, target: Option<f64>, places: usize) -> Markup {
    let y = |value: f64| BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP);
    let step = (WIDTH - 52.0) / (chart.values.len().max(2) - 1) as f64;
    let points: Vec<Option<(f64, f64)>> = chart
        .values
        .iter()
        .enumerate()
        .map(|(idx, value)| value.map(|value| (4.0 + step * idx as f64, y(value))))
        .collect();
    let last = chart.values.iter().rev().flatten().next().copied();
    let level = |class: &str, value: f64| {
        html! { line class=(class) x1="0" x2=(px(WIDTH - 44.0)) y1=(px(y(value))) y2=(px(y(value))) {} }
    };
    html! {
        figure.ch {
            figcaption { @if let Some(href) = &chart.href { a href=(href) { (chart.title) } } @else { (chart.title) } }
            svg.mini viewBox="0 0 240 90" role="img" aria-label={ (chart.title) ", latest " (figure_text(last, places)) } {
                @if let Some((lower, upper)) = chart.limits { (level("lim", lower)) (level("lim", upper)) }
                @if let Some(mean) = chart.mean { (level("mean", mean)) }
                @if let Some(target) = target { (level("tgt", target)) }
                path.thin d=(line_path(&points)) {}
                @for (idx, point) in points.iter().enumerate() {
                    @let meaning = chart.meanings.get(idx).copied().unwrap_or_default();
                    @if let (Some((x, at)), true) = (point, meaning != Meaning::Ordinary || idx + 1 == points.len()) {
                        circle class={ "pt " (meaning.class().unwrap_or("")) } cx=(px(*x)) cy=(px(*at)) r="3.2" {}
                    }
                }
                @if let Some(last) = last { text.h x=(px(WIDTH - 40.0)) y=(px(y(last) + 4.0)) { (figure_text(Some(last), places)) } }
            }
        }
    }
}
