//! Bars, which always start at zero, and the small bar of a gap inside a table.

use maud::{Markup, Render, html};

use super::frame::{Figures, Frame, Size, figure_text, px};
use super::spark::Meaning;

/// How a bar is filled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BarKind {
    /// What happened: solid.
    #[default]
    Actual,
    /// What is expected: hatched.
    Forecast,
    /// The same time last year: pale.
    Prior,
    /// Better than plan.
    Better,
    /// Worse than plan.
    Worse,
}

impl BarKind {
    fn class(self) -> &'static str {
        match self {
            BarKind::Actual => "ac",
            BarKind::Forecast => "fcb",
            BarKind::Prior => "pr",
            BarKind::Better => "better",
            BarKind::Worse => "worse",
        }
    }
}

/// One bar.
#[derive(Clone, Debug, Default)]
pub struct Bar {
    /// Words under it.
    pub label: String,
    /// Its value; nothing known is `None`.
    pub value: Option<f64>,
    /// Its fill.
    pub kind: BarKind,
    /// Plan or budget, drawn as an outline behind it.
    pub plan: Option<f64>,
}

/// Bars side by side.
#[derive(Clone, Debug, Default)]
pub struct BarChart {
    title: String,
    description: String,
    size: Size,
    places: usize,
    bars: Vec<Bar>,
    limits: Vec<(String, f64)>,
    value_name: String,
}

impl BarChart {
    /// A drawing with its title and what it shows in one sentence.
    pub fn new(title: impl Into<String>, description: impl Into<String>) -> BarChart {
        BarChart {
            title: title.into(),
            description: description.into(),
            value_name: "Value".to_owned(),
            ..BarChart::default()
        }
    }

    /// How wide.
    pub fn size(mut self, size: Size) -> BarChart {
        self.size = size;
        self
    }

    /// Decimals in labels and figures.
    pub fn places(mut self, places: usize) -> BarChart {
        self.places = places;
        self
    }

    /// Head of the values in the table of figures: `Discharges`.
    pub fn value_name(mut self, name: impl Into<String>) -> BarChart {
        self.value_name = name.into();
        self
    }

    /// The bars, in order.
    pub fn bars(mut self, bars: Vec<Bar>) -> BarChart {
        self.bars = bars;
        self
    }

    /// A level that matters, with its name.
    pub fn limit(mut self, label: impl Into<String>, value: f64) -> BarChart {
        self.limits.push((label.into(), value));
        self
    }

    fn figures(&self) -> Figures {
        let has_plan = self.bars.iter().any(|bar| bar.plan.is_some());
        let mut heads = vec!["Label".to_owned(), self.value_name.clone()];
        heads.extend(has_plan.then(|| "Plan".to_owned()));
        let row = |bar: &Bar| {
            let mut cells = vec![figure_text(bar.value, self.places)];
            cells.extend(has_plan.then(|| figure_text(bar.plan, self.places)));
            (bar.label.clone(), cells)
        };
        Figures { heads, rows: self.bars.iter().map(row).collect() }
    }

    fn bar(&self, frame: &Frame, idx: usize, bar: &Bar) -> Markup {
        let wide = (frame.slot() * 0.62).min(44.0);
        let x = frame.x(idx) - wide / 2.0;
        let span = |value: f64| {
            let (zero, end) = (frame.y(0.0), frame.y(value));
            (px(zero.min(end)), px((zero - end).abs()))
        };
        // Numbers over every bar of a crowded chart would touch; the figures are in the table.
        let has_room = frame.slot() >= 30.0;
        html! {
            @if let Some(plan) = bar.plan {
                @let (y, height) = span(plan);
                rect.out x=(px(x - wide * 0.22)) y=(y) width=(px(wide)) height=(height) {}
            }
            @if let Some(value) = bar.value {
                @let (y, height) = span(value);
                rect class=(bar.kind.class()) x=(px(x)) y=(y) width=(px(wide)) height=(height) {
                    title { (bar.label) ": " (figure_text(bar.value, self.places)) }
                }
                @if has_room {
                    @let at = if value < 0.0 { frame.y(value) + 14.0 } else { frame.y(value.max(bar.plan.unwrap_or(value))) - 5.0 };
                    text.m.h x=(px(frame.x(idx))) y=(px(at)) { (figure_text(bar.value, self.places)) }
                }
            }
        }
    }
}

impl Render for BarChart {
    fn render(&self) -> Markup {
        let values = self.bars.iter().flat_map(|bar| [bar.value, bar.plan]).flatten();
        let values: Vec<f64> = values.chain(self.limits.iter().map(|limit| limit.1)).collect();
        let n_chars = self.limits.iter().map(|limit| limit.0.chars().count() + self.places + 5).max();
        let frame = Frame::new(self.size, self.bars.len(), &values, true, n_chars.unwrap_or(0));
        let labels: Vec<String> = self.bars.iter().map(|bar| bar.label.clone()).collect();
        let words = self.limits.iter().map(|(label, value)| {
            (frame.y(*value), format!("{label} {}", figure_text(Some(*value), self.places)), "")
        });
        let drawing = html! {
            (frame.value_axis())
            (frame.time_axis(&labels))
            @for (idx, bar) in self.bars.iter().enumerate() { (self.bar(&frame, idx, bar)) }
            (frame.level("base", 0.0))
            @for (_, value) in &self.limits { (frame.level("lim", *value)) }
            (frame.end_labels(words.collect()))
        };
        frame.figure(&self.title, &self.description, &drawing, &self.figures())
    }
}

/// A gap inside a table row: right of the line when positive, as wide as its share of `widest`.
pub fn gap_bar(gap: f64, widest: f64, meaning: Meaning) -> Markup {
    let share = if widest > 0.0 { (gap / widest).clamp(-1.0, 1.0) } else { 0.0 };
    let x = if share < 0.0 { 60.0 + share * 56.0 } else { 60.0 };
    html! {
        svg.vb viewBox="0 0 120 18" aria-hidden="true" {
            line x1="60" x2="60" y1="2" y2="16" {}
            rect class=[meaning.class()] x=(px(x)) y="4" width=(px(share.abs() * 56.0)) height="10" {}
        }
    }
}
