//! What all drawings share: the box, the scale, the axes, and the table of figures.

use maud::{Markup, Render, html};

use crate::format;

/// How wide a drawing is meant to stand. Text keeps its size; on phones the drawing scrolls in its box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    /// The narrow column.
    Narrow,
    /// The wide column.
    #[default]
    Wide,
    /// The whole page.
    Full,
}

impl Size {
    fn class(self) -> &'static str {
        match self {
            Size::Narrow => "nar",
            Size::Wide => "wid",
            Size::Full => "ful",
        }
    }

    fn box_size(self) -> (f64, f64) {
        match self {
            Size::Narrow => (440.0, 240.0),
            Size::Wide => (720.0, 290.0),
            Size::Full => (1200.0, 320.0),
        }
    }
}

/// A plot area with its scale.
pub(crate) struct Frame {
    size: Size,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
    low: f64,
    high: f64,
    step: f64,
    n: usize,
}

impl Frame {
    /// A frame for `n` places along the time axis that holds all `values`, with room for labels at right.
    pub(crate) fn new(size: Size, n: usize, values: &[f64], from_zero: bool, label_chars: usize) -> Frame {
        let (width, height) = size.box_size();
        let (low, high, step) = scale(values, from_zero);
        let right = width - 12.0 - (label_chars as f64 * 7.0).min(width * 0.3);
        Frame { size, width, height, left: 46.0, right, top: 18.0, bottom: height - 28.0, low, high, step, n }
    }

    pub(crate) fn y(&self, value: f64) -> f64 {
        self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - self.top)
    }

    /// Middle of a place along the time axis.
    pub(crate) fn x(&self, idx: usize) -> f64 {
        self.left + self.slot() * (idx as f64 + 0.5)
    }

    /// Width of a place along the time axis.
    pub(crate) fn slot(&self) -> f64 {
        (self.right - self.left) / self.n.max(1) as f64
    }

    pub(crate) fn points(&self, values: &[Option<f64>]) -> Vec<Option<(f64, f64)>> {
        values
            .iter()
            .enumerate()
            .map(|(idx, value)| value.map(|value| (self.x(idx), self.y(value))))
            .collect()
    }

    /// The grid with its numbers.
    pub(crate) fn value_axis(&self) -> Markup {
        let places = places_of(self.step);
        let n_ticks = (1..=12).find(|n| self.low + f64::from(*n) * self.step > self.high + self.step / 2.0);
        html! {
            @for tick in 0..n_ticks.unwrap_or(12) {
                @let value = self.low + f64::from(tick) * self.step;
                @let y = px(self.y(value));
                line.ax x1=(px(self.left)) x2=(px(self.right)) y1=(y) y2=(y) {}
                text.e x=(px(self.left - 8.0)) y=(px(self.y(value) + 4.0)) { (format::decimal(value, places)) }
            }
        }
    }

    /// Words under the time axis, as many as fit.
    pub(crate) fn time_axis(&self, labels: &[String]) -> Markup {
        let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0) as f64 * 7.0 + 10.0;
        let every = (1..=labels.len()).find(|every| *every as f64 * self.slot() >= longest).unwrap_or(1);
        html! {
            line.base x1=(px(self.left)) x2=(px(self.right)) y1=(px(self.bottom)) y2=(px(self.bottom)) {}
            @for (idx, label) in labels.iter().enumerate().filter(|(idx, _)| idx % every == 0) {
                text.m x=(px(self.x(idx))) y=(px(self.bottom + 18.0)) { (label) }
            }
        }
    }

    /// A level line across the plot.
    pub(crate) fn level(&self, class: &str, value: f64) -> Markup {
        self.level_between(class, value, self.left, self.right)
    }

    pub(crate) fn level_between(&self, class: &str, value: f64, from: f64, to: f64) -> Markup {
        let y = px(self.y(value));
        html! { line class=(class) x1=(px(from)) x2=(px(to)) y1=(y) y2=(y) {} }
    }

    /// Words right of the plot, moved apart so that none covers another.
    pub(crate) fn end_labels(&self, mut labels: Vec<(f64, String, &'static str)>) -> Markup {
        const APART: f64 = 15.0;
        labels.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut floor = self.top - 6.0;
        for label in &mut labels {
            label.0 = label.0.max(floor);
            floor = label.0 + APART;
        }
        // What was pushed below the plot goes back up, the lowest first.
        let mut ceiling = self.bottom + 4.0;
        for label in labels.iter_mut().rev() {
            label.0 = label.0.min(ceiling);
            ceiling = label.0 - APART;
        }
        html! {
            @for (y, words, class) in &labels {
                text class=(class) x=(px(self.right + 8.0)) y=(px(y + 4.0)) { (words) }
            }
        }
    }

    /// The drawing with its title and description, and the table of its figures under it.
    pub(crate) fn figure(
        &self,
        title: &str,
        description: &str,
        drawing: &Markup,
        figures: &Figures,
    ) -> Markup {
        html! {
            figure.ch {
                div.cb tabindex="0" role="group" aria-label=(title) {
                    svg class=(self.size.class()) viewBox={ "0 0 " (px(self.width)) " " (px(self.height)) } role="img" aria-label={ (title) ". " (description) } {
                        title { (title) }
                        desc { (description) }
                        (drawing)
                    }
                }
                (figures.under(title))
            }
        }
    }
}

/// The numbers of a drawing, as a table.
pub(crate) struct Figures {
    pub(crate) heads: Vec<String>,
    pub(crate) rows: Vec<(String, Vec<String>)>,
}

impl Figures {
    fn under(&self, title: &str) -> Markup {
        html! {
            details {
                summary { "Show figures" }
                div.tw tabindex="0" role="region" aria-label={ "Figures: " (title) } { (self) }
            }
        }
    }
}

impl Render for Figures {
    fn render(&self) -> Markup {
        html! {
            table.t {
                thead { tr { @for (idx, head) in self.heads.iter().enumerate() { th scope="col" class=[(idx > 0).then_some("num")] { (head) } } } }
                tbody {
                    @for (label, values) in &self.rows {
                        tr { th.nm scope="row" { (label) } @for value in values { td.num { (value) } } }
                    }
                }
            }
        }
    }
}

/// A value in the table of figures; a gap is empty.
pub(crate) fn figure_text(value: Option<f64>, places: usize) -> String {
    value.map_or(String::new(), |value| format::decimal(value, places))
}

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

/// Lowest and highest of the axis, and the distance of its grid lines: 1, 2, 2.5 or 5 times a power of ten.
fn scale(values: &[f64], from_zero: bool) -> (f64, f64, f64) {
    let finite = values.iter().copied().filter(|value| value.is_finite());
    let zero = from_zero.then_some(0.0);
    let low = finite.clone().chain(zero).fold(f64::INFINITY, f64::min);
    let high = finite.chain(zero).fold(f64::NEG_INFINITY, f64::max);
    if low > high {
        return (0.0, 1.0, 0.5);
    }
    let span = if high > low { high - low } else { high.abs().max(1.0) };
    let rough = span / 4.0;
    let power = 10.0_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0].into_iter().map(|times| times * power).find(|step| *step >= rough);
    let step = step.unwrap_or(10.0 * power);
    let (bottom, top) = ((low / step).floor() * step, (high / step).ceil() * step);
    (bottom, if top > bottom { top } else { bottom + step }, step)
}

fn places_of(step: f64) -> usize {
    (0..4)
        .find(|places| {
            let shifted = step * 10.0_f64.powi(*places);
            (shifted - shifted.round()).abs() < 1e-6
        })
        .and_then(|places| usize::try_from(places).ok())
        .unwrap_or(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_has_round_steps_and_holds_every_value() {
        let cases = [
            (vec![12.0, 13.1], true, [0.0, 15.0, 5.0]),
            (vec![201.0, 240.0], false, [200.0, 240.0, 10.0]),
            (vec![0.2, 0.9], false, [0.2, 1.0, 0.2]),
            (vec![-3.0, 4.0], true, [-4.0, 4.0, 2.0]),
            (vec![7.0, 7.0], false, [6.0, 8.0, 2.0]),
            (vec![], false, [0.0, 1.0, 0.5]),
        ];
        for (values, from_zero, want) in cases {
            let got: [f64; 3] = scale(&values, from_zero).into();
            let is_near = got.iter().zip(want).all(|(one, other): (&f64, f64)| (one - other).abs() < 1e-9);
            assert!(is_near, "{values:?}: {got:?}");
        }
    }

    #[test]
    fn a_gap_lifts_the_pen() {
        assert_eq!(
            line_path(&[Some((0.0, 1.0)), Some((2.5, 1.0)), None, Some((4.0, 1.0))]),
            "M0 1L2.5 1M4 1"
        );
    }
}
