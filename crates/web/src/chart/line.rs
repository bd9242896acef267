//! Lines over time: actual solid, forecast dashed with its interval, last year pale, plan thin.

use maud::{Markup, Render, html};

use super::frame::{Figures, Frame, Size, figure_text, line_path, px};

/// What a line stands for; decides how it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeriesKind {
    /// What happened: solid.
    Actual,
    /// What is expected: dashed, with its interval as a pale band.
    Forecast,
    /// The same time last year: pale.
    Prior,
    /// Plan or budget: thin.
    Plan,
}

impl SeriesKind {
    fn class(self) -> &'static str {
        match self {
            SeriesKind::Actual => "ln",
            SeriesKind::Forecast => "ln fc",
            SeriesKind::Prior => "ln pr",
            SeriesKind::Plan => "ln pl",
        }
    }
}

/// One line.
#[derive(Clone, Debug)]
pub struct Series {
    /// Name, written at the end of the line.
    pub name: String,
    /// What it stands for.
    pub kind: SeriesKind,
    /// A value for each place along the time axis; a gap is `None`.
    pub values: Vec<Option<f64>>,
}

/// A level that matters: staffed beds, a legal limit, a target.
#[derive(Clone, Debug)]
pub struct Limit {
    /// Name, written at the end of the line.
    pub label: String,
    /// The level.
    pub value: f64,
    /// Whether crossing it breaks a rule.
    pub is_rule: bool,
}

/// Low and high of a forecast at one place.
pub type Interval = (f64, f64);

/// Lines over time.
#[derive(Clone, Debug, Default)]
pub struct LineChart {
    title: String,
    description: String,
    size: Size,
    places: usize,
    is_from_zero: bool,
    labels: Vec<String>,
    series: Vec<Series>,
    band: Option<(String, Vec<Option<Interval>>)>,
    limits: Vec<Limit>,
    now: Option<usize>,
}

impl LineChart {
    /// A drawing with its title and what it shows in one sentence.
    pub fn new(title: impl Into<String>, description: impl Into<String>) -> LineChart {
        LineChart { title: title.into(), description: description.into(), ..LineChart::default() }
    }

    /// How wide.
    pub fn size(mut self, size: Size) -> LineChart {
        self.size = size;
        self
    }

    /// Decimals in labels and figures.
    pub fn places(mut self, places: usize) -> LineChart {
        self.places = places;
        self
    }

    /// Starts the axis at zero.
    pub fn from_zero(mut self) -> LineChart {
        self.is_from_zero = true;
        self
    }

    /// Words along the time axis, one for each place.
    pub fn labels(mut self, labels: impl IntoIterator<Item = impl Into<String>>) -> LineChart {
        self.labels = labels.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a line.
    pub fn series(
        mut self,
        name: impl Into<String>,
        kind: SeriesKind,
        values: Vec<Option<f64>>,
    ) -> LineChart {
        self.series.push(Series { name: name.into(), kind, values });
        self
    }

    /// The interval of the forecast: low and high for each place.
    pub fn band(mut self, name: impl Into<String>, bounds: Vec<Option<Interval>>) -> LineChart {
        self.band = Some((name.into(), bounds));
        self
    }

    /// Adds a level that matters.
    pub fn limit(mut self, label: impl Into<String>, value: f64, is_rule: bool) -> LineChart {
        self.limits.push(Limit { label: label.into(), value, is_rule });
        self
    }

    /// The place where the past ends.
    pub fn now(mut self, idx: usize) -> LineChart {
        self.now = Some(idx);
        self
    }

    fn all_values(&self) -> Vec<f64> {
        let lines = self.series.iter().flat_map(|series| series.values.iter().flatten().copied());
        let bounds = self.band.iter().flat_map(|(_, bounds)| bounds.iter().flatten());
        lines
            .chain(bounds.flat_map(|(low, high)| [*low, *high]))
            .chain(self.limits.iter().map(|limit| limit.value))
            .collect()
    }

    fn band_shape(&self, frame: &Frame) -> Markup {
        let bounds = self.band.iter().flat_map(|(_, bounds)| bounds.iter().enumerate());
        let bounds: Vec<(f64, f64, f64)> =
            bounds.filter_map(|(idx, bound)| bound.map(|(low, high)| (frame.x(idx), low, high))).collect();
        let above = bounds.iter().map(|(x, _, high)| Some((*x, frame.y(*high))));
        let below = bounds.iter().rev().map(|(x, low, _)| Some((*x, frame.y(*low))));
        let outline: Vec<Option<(f64, f64)>> = above.chain(below).collect();
        html! { @if outline.len() > 2 { path.band d={ (line_path(&outline)) "Z" } {} } }
    }

    fn end_words(&self, frame: &Frame) -> Vec<(f64, String, &'static str)> {
        let lines = self.series.iter().filter_map(|series| {
            let last = series.values.iter().rev().flatten().next()?;
            let ends_at_right = series.values.last().is_some_and(Option::is_some);
            // A line that ends inside the plot is named there by its own dot instead.
            ends_at_right.then(|| (frame.y(*last), self.named(series, *last), "h"))
        });
        let limits = self.limits.iter().map(|limit| {
            let class = if limit.is_rule { "rule" } else { "" };
            (
                frame.y(limit.value),
                format!("{} {}", limit.label, figure_text(Some(limit.value), self.places)),
                class,
            )
        });
        lines.chain(limits).collect()
    }

    fn named(&self, series: &Series, value: f64) -> String {
        format!("{} {}", series.name, figure_text(Some(value), self.places))
    }

    fn inner_words(&self, frame: &Frame) -> Markup {
        html! {
            @for series in &self.series {
                @if let Some((idx, value)) = series.values.iter().enumerate().rev().find_map(|(idx, value)| value.map(|value| (idx, value))) {
                    @if series.kind == SeriesKind::Actual { circle.ac cx=(px(frame.x(idx))) cy=(px(frame.y(value))) r="3" {} }
                    @if idx + 1 < series.values.len() {
                        text.h.halo.e x=(px(frame.x(idx) - 4.0)) y=(px(frame.y(value) - 10.0)) { (self.named(series, value)) }
                    }
                }
            }
        }
    }

    fn figures(&self) -> Figures {
        let mut heads = vec!["When".to_owned()];
        heads.extend(self.series.iter().map(|series| series.name.clone()));
        if let Some((name, _)) = &self.band {
            heads.extend([format!("{name}, low"), format!("{name}, high")]);
        }
        let row = |(idx, label): (usize, &String)| {
            let mut cells: Vec<String> = self
                .series
                .iter()
                .map(|series| figure_text(series.values.get(idx).copied().flatten(), self.places))
                .collect();
            if let Some((_, bounds)) = &self.band {
                let bound = bounds.get(idx).copied().flatten();
                cells.push(figure_text(bound.map(|bound| bound.0), self.places));
                cells.push(figure_text(bound.map(|bound| bound.1), self.places));
            }
            (label.clone(), cells)
        };
        Figures { heads, rows: self.labels.iter().enumerate().map(row).collect() }
    }
}

impl Render for LineChart {
    fn render(&self) -> Markup {
        let limit_words = self.limits.iter().map(|limit| limit.label.chars().count() + self.places + 5);
        let line_words = self
            .series
            .iter()
            .filter(|series| series.values.last().is_some_and(Option::is_some))
            .map(|series| series.name.chars().count() + self.places + 5);
        let n_chars = limit_words.chain(line_words).max().unwrap_or(0);
        let frame = Frame::new(self.size, self.labels.len(), &self.all_values(), self.is_from_zero, n_chars);
        let drawing = html! {
            (frame.value_axis())
            (frame.time_axis(&self.labels))
            (self.band_shape(&frame))
            @if let Some(now) = self.now {
                @let x = px(frame.x(now));
                line.cut x1=(x) x2=(x) y1=(px(frame.top)) y2=(px(frame.bottom)) {}
                text.m x=(x) y=(px(frame.top - 6.0)) { "Now" }
            }
            @for limit in &self.limits { (frame.level(if limit.is_rule { "hot" } else { "lim" }, limit.value)) }
            @for series in &self.series { path class=(series.kind.class()) d=(line_path(&frame.points(&series.values))) {} }
            (self.inner_words(&frame))
            (frame.end_labels(self.end_words(&frame)))
        };
        frame.figure(&self.title, &self.description, &drawing, &self.figures())
    }
}
