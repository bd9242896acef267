//! The strip of figures on top of a page, and the pair of SPC icons.

use maud::{Markup, Render, html};

use super::basic::Status;
use crate::chart::Spark;

/// What the last points say against the process's own limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variation {
    /// Nothing but chance.
    Ordinary,
    /// Better, by being higher than usual.
    BetterHigh,
    /// Better, by being lower than usual.
    BetterLow,
    /// Worse, by being higher than usual.
    WorseHigh,
    /// Worse, by being lower than usual.
    WorseLow,
    /// Higher than usual, neither better nor worse.
    MovedHigh,
    /// Lower than usual, neither better nor worse.
    MovedLow,
}

impl Variation {
    /// What it says, in words.
    pub fn words(self) -> &'static str {
        match self {
            Variation::Ordinary => "Ordinary variation",
            Variation::BetterHigh => "Better: special cause, higher than usual",
            Variation::BetterLow => "Better: special cause, lower than usual",
            Variation::WorseHigh => "Worse: special cause, higher than usual",
            Variation::WorseLow => "Worse: special cause, lower than usual",
            Variation::MovedHigh => "Moved: special cause, higher than usual",
            Variation::MovedLow => "Moved: special cause, lower than usual",
        }
    }

    /// The status that has the same color.
    pub fn status(self) -> Status {
        match self {
            Variation::Ordinary => Status::Plain,
            Variation::BetterHigh | Variation::BetterLow => Status::Better,
            Variation::WorseHigh | Variation::WorseLow => Status::Worse,
            Variation::MovedHigh | Variation::MovedLow => Status::Moved,
        }
    }

    fn is_high(self) -> bool {
        matches!(self, Variation::BetterHigh | Variation::WorseHigh | Variation::MovedHigh)
    }
}

/// What the limits say about the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assurance {
    /// The target lies outside the limits on the good side.
    Passes,
    /// The target lies outside the limits on the bad side.
    Fails,
    /// The target lies between the limits: chance decides.
    Sometimes,
}

impl Assurance {
    /// What it says, in words.
    pub fn words(self) -> &'static str {
        match self {
            Assurance::Passes => "Target: consistently met",
            Assurance::Fails => "Target: consistently missed",
            Assurance::Sometimes => "Target: sometimes met",
        }
    }
}

/// Variation and, where there is a target, assurance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpcPair {
    /// Change against the process itself.
    pub variation: Variation,
    /// Standing against the target.
    pub assurance: Option<Assurance>,
    /// Fewer than twelve points: the limits are on trial, and the page says so.
    pub is_trial: bool,
}

impl SpcPair {
    /// The pair in words: `Worse: special cause, higher than usual. Target: consistently missed`.
    pub fn words(self) -> String {
        let mut text = self.variation.words().to_owned();
        if let Some(assurance) = self.assurance {
            text.push_str(". ");
            text.push_str(assurance.words());
        }
        if self.is_trial {
            text.push_str(". Trial limits");
        }
        text
    }
}

impl Render for SpcPair {
    fn render(&self) -> Markup {
        html! {
            span.ic {
                (variation_icon(self.variation))
                @if let Some(assurance) = self.assurance { (assurance_icon(assurance)) }
                @if self.is_trial { small.trial { "trial limits" } }
            }
        }
    }
}

fn variation_icon(variation: Variation) -> Markup {
    let (dots, letter): (&[(&str, &str)], _) = match variation {
        Variation::Ordinary => (&[("6", "13"), ("10", "10"), ("14", "14"), ("18", "11")], None),
        _ if variation.is_high() => (&[("14", "9"), ("18", "7")], Some(("H", "11.2"))),
        _ => (&[("14", "15"), ("18", "17")], Some(("L", "18"))),
    };
    let line = match variation {
        Variation::Ordinary => "M6 13L10 10L14 14L18 11",
        _ if variation.is_high() => "M6 16L10 15L14 9L18 7",
        _ => "M6 8L10 9L14 15L18 17",
    };
    html! {
        svg class={ "spc " (variation.status().class()) } viewBox="0 0 24 24" role="img" aria-label=(variation.words()) {
            circle.o cx="12" cy="12" r="11" {}
            path.w d=(line) {}
            @for (x, y) in dots { circle.p cx=(x) cy=(y) r="1.9" {} }
            @if let Some((letter, y)) = letter { text x="8" y=(y) font-size="8" { (letter) } }
        }
    }
}

fn assurance_icon(assurance: Assurance) -> Markup {
    let (class, line, letter, y) = match assurance {
        Assurance::Passes => ("better", "M4.5 16.5h15", "P", "12"),
        Assurance::Fails => ("worse", "M4.5 7.5h15", "F", "19.2"),
        Assurance::Sometimes => ("plain", "M4.5 12h15", "?", "10"),
    };
    html! {
        svg class={ "spc " (class) } viewBox="0 0 24 24" role="img" aria-label=(assurance.words()) {
            circle.o cx="12" cy="12" r="11" {}
            path.t d=(line) {}
            text x="12" y=(y) font-size="9" { (letter) }
        }
    }
}

/// One figure of the strip: a link to the rows it was computed from.
#[derive(Clone, Debug, Default)]
pub struct Kpi {
    label: String,
    value: String,
    unit: String,
    pair: Option<SpcPair>,
    spark: Option<Spark>,
    caption: String,
    href: String,
}

impl Kpi {
    /// Label, value as text, and the address that explains it.
    pub fn new(label: impl Into<String>, value: impl Into<String>, href: impl Into<String>) -> Kpi {
        Kpi { label: label.into(), value: value.into(), href: href.into(), ..Kpi::default() }
    }

    /// Unit after the value: `%`.
    pub fn unit(mut self, unit: impl Into<String>) -> Kpi {
        self.unit = unit.into();
        self
    }

    /// The SPC icons.
    pub fn pair(mut self, pair: SpcPair) -> Kpi {
        self.pair = Some(pair);
        self
    }

    /// The last 24 points with their limits.
    pub fn spark(mut self, spark: Spark) -> Kpi {
        self.spark = Some(spark);
        self
    }

    /// One caption: `231 of 254, target 88%`.
    pub fn caption(mut self, caption: impl Into<String>) -> Kpi {
        self.caption = caption.into();
        self
    }
}

impl Render for Kpi {
    fn render(&self) -> Markup {
        html! {
            a.kpi href=(self.href) {
                span.l { (self.label) }
                span.v {
                    (self.value) @if !self.unit.is_empty() { small { (self.unit) } }
                    @if let Some(pair) = self.pair { (pair) }
                }
                @if let Some(spark) = &self.spark { (spark) }
                @if !self.caption.is_empty() { span.c { (self.caption) } }
            }
        }
    }
}

/// The figures as one panel with ruled columns; a row to swipe on phones.
pub fn kpi_strip(label: &str, figures: &[Kpi]) -> Markup {
    html! {
        section.panel.kpis class={ "n" (figures.len().clamp(1, 6)) } aria-label=(label) tabindex="0" {
            @for figure in figures { (figure) }
        }
    }
}
