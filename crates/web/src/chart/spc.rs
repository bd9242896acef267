//! The control chart: points, mean, both limits, target, phases. The arithmetic is the caller's.

use maud::{Markup, Render, html};

use super::frame::{Figures, Frame, Size, figure_text, line_path, px};
use super::spark::Meaning;

/// One point.
#[derive(Clone, Debug, Default)]
pub struct SpcPoint {
    /// Its time: `Oct`, `Nov 12`.
    pub label: String,
    /// Its value; a gap is `None`.
    pub value: Option<f64>,
    /// What it says.
    pub meaning: Meaning,
    /// Words on the drawing: `New admission unit`.
    pub note: String,
}

/// A stretch of the chart with limits of its own.
#[derive(Clone, Debug, Default)]
pub struct Phase {
    /// Position of its first point.
    pub first: usize,
    /// Position after its last point.
    pub until: usize,
    /// Center line.
    pub mean: f64,
    /// Lower limit, if there is one.
    pub lower: Option<f64>,
    /// Upper limit, if there is one.
    pub upper: Option<f64>,
    /// Why the limits were drawn anew: `After the new protocol`.
    pub name: String,
}

/// A control chart.
#[derive(Clone, Debug, Default)]
pub struct SpcChart {
    title: String,
    description: String,
    size: Size,
    places: usize,
    points: Vec<SpcPoint>,
    phases: Vec<Phase>,
    target: Option<f64>,
    is_trial: bool,
}

impl SpcChart {
    /// A chart with its title and what it says in one sentence.
    pub fn new(title: impl Into<String>, description: impl Into<String>) -> SpcChart {
        SpcChart { title: title.into(), description: description.into(), ..SpcChart::default() }
    }

    /// How wide.
    pub fn size(mut self, size: Size) -> SpcChart {
        self.size = size;
        self
    }

    /// Decimals in labels and figures.
    pub fn places(mut self, places: usize) -> SpcChart {
        self.places = places;
        self
    }

    /// The points, oldest first.
    pub fn points(mut self, points: Vec<SpcPoint>) -> SpcChart {
        self.points = points;
        self
    }

    /// Adds a phase.
    pub fn phase(mut self, phase: Phase) -> SpcChart {
        self.phases.push(phase);
        self
    }

    /// The target.
    pub fn target(mut self, target: f64) -> SpcChart {
        self.target = Some(target);
        self
    }

    /// Says that the limits rest on fewer than twelve points.
    pub fn trial(mut self, is_trial: bool) -> SpcChart {
        self.is_trial = is_trial;
        self
    }

    fn all_values(&self) -> Vec<f64> {
        let limits = self.phases.iter().flat_map(|phase| [Some(phase.mean), phase.lower, phase.upper]);
        self.points.iter().map(|point| point.value).chain(limits).chain([self.target]).flatten().collect()
    }

    fn phase_lines(&self, frame: &Frame, phase: &Phase) -> Markup {
        let from = frame.x(phase.first) - frame.slot() / 2.0;
        let to = frame.x(phase.until) - frame.slot() / 2.0;
        html! {
            (frame.level_between("mean", phase.mean, from, to))
            @for limit in [phase.lower, phase.upper].into_iter().flatten() { (frame.level_between("lim", limit, from, to)) }
            @if phase.first > 0 { line.cut x1=(px(from)) x2=(px(from)) y1=(px(frame.top)) y2=(px(frame.bottom)) {} }
            @if !phase.name.is_empty() { text x=(px(from + 6.0)) y=(px(frame.top - 5.0)) { (phase.name) } }
        }
    }

    fn dots(&self, frame: &Frame) -> Markup {
        html! {
            @for (idx, point) in self.points.iter().enumerate() {
                @if let Some(value) = point.value {
                    @let (x, y) = (frame.x(idx), frame.y(value));
                    circle class={ "pt " (point.meaning.class().unwrap_or("")) } cx=(px(x)) cy=(px(y)) r=(if point.meaning == Meaning::Ordinary { "3" } else { "4.5" }) {
                        title { (point.label) ": " (figure_text(Some(value), self.places)) }
                    }
                    @if !point.note.is_empty() {
                        text.halo.m class=[point.meaning.class()] x=(px(x.clamp(frame.left + 50.0, frame.right - 50.0))) y=(px((y - 12.0).max(frame.top + 10.0))) { (point.note) }
                    }
                }
            }
        }
    }

    fn end_words(&self, frame: &Frame) -> Vec<(f64, String, &'static str)> {
        let words = |name: &str, value: f64, class| {
            (frame.y(value), format!("{name} {}", figure_text(Some(value), self.places)), class)
        };
        let mut labels = Vec::new();
        if let Some(phase) = self.phases.last() {
            labels.push(words("Mean", phase.mean, "h"));
            labels.extend(phase.upper.map(|value| words("Upper limit", value, "")));
            labels.extend(phase.lower.map(|value| words("Lower limit", value, "")));
        }
        labels.extend(self.target.map(|value| words("Target", value, "tg")));
        labels
    }

    fn figures(&self) -> Figures {
        let heads = ["When", "Value", "Mean", "Lower limit", "Upper limit", "Reading"];
        let row = |(idx, point): (usize, &SpcPoint)| {
            let phase = self.phases.iter().find(|phase| (phase.first..phase.until).contains(&idx));
            let cells = [
                point.value,
                phase.map(|phase| phase.mean),
                phase.and_then(|phase| phase.lower),
                phase.and_then(|phase| phase.upper),
            ];
            let mut cells: Vec<String> = cells.iter().map(|value| figure_text(*value, self.places)).collect();
            cells.push(point.meaning.word().to_owned());
            (point.label.clone(), cells)
        };
        Figures {
            heads: heads.map(str::to_owned).to_vec(),
            rows: self.points.iter().enumerate().map(row).collect(),
        }
    }
}

impl Render for SpcChart {
    fn render(&self) -> Markup {
        let frame = Frame::new(self.size, self.points.len(), &self.all_values(), false, 13 + self.places + 3);
        let labels: Vec<String> = self.points.iter().map(|point| point.label.clone()).collect();
        let values: Vec<Option<f64>> = self.points.iter().map(|point| point.value).collect();
        let drawing = html! {
            (frame.value_axis())
            (frame.time_axis(&labels))
            @for phase in &self.phases { (self.phase_lines(&frame, phase)) }
            @if let Some(target) = self.target { (frame.level("tgt", target)) }
            path.thin d=(line_path(&frame.points(&values))) {}
            (self.dots(&frame))
            (frame.end_labels(self.end_words(&frame)))
            @if self.is_trial { text.e x=(px(frame.right)) y=(px(frame.top - 5.0)) { "Trial limits: fewer than 12 points" } }
        };
        frame.figure(&self.title, &self.description, &drawing, &self.figures())
    }
}
