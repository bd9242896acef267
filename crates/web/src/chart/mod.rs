//! Drawings: SVG made by the server, the same on screen, in print and in a report.
//!
//! Every drawing carries a title and a description, stands above the table of its figures, draws all
//! its limits, and labels values where they are instead of in a legend.

mod spark;

pub use spark::{Meaning, Spark};

/// A length or position with one decimal, without a trailing zero.
pub(crate) fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A broken line through the points, lifting the pen at gaps.
pub(crate) fn line_path(points: &[Option<(f64, f64)>]) -> String {
    let mut path = String::new();
    let mut is_down = false;
    for point in points {
        match point {
            Some((x, y)) => {
                path.push(if is_down { 'L' } else { 'M' });
                path.push_str(&format!("{} {}", px(*x), px(*y)));
                is_down = true;
            }
            None => is_down = false,
        }
    }
    path
}
