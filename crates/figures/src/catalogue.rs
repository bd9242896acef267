//! Every figure by its key, and a figure explained by its rows.

use crate::figure::{Ask, Figure, FigureRow, Reading, as_text_option};
use crate::rules::Registry;
use serde::Serialize;
use std::collections::BTreeMap;
use store::{StoreError, Tx};

/// Every figure of every area. Pages, exports and the API show figures only through it.
#[derive(Debug, Clone, Default)]
pub struct Catalogue(BTreeMap<&'static str, &'static Figure>);

/// Why lists of figures do not make a catalogue. A fault of the program, found at its start and by tests.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCatalogue {
    /// Two figures of one key.
    #[error("the figure `{key}` is declared twice; keep one")]
    Twice {
        /// The key.
        key: &'static str,
    },
    /// A key that programs could not write.
    #[error("`{key}` is not a figure key; use a-z, 0-9 and _")]
    Key {
        /// The key.
        key: &'static str,
    },
    /// A figure that says neither that it adds up nor why it does not.
    #[error("the figure `{key}` is not additive and does not say why; fill in why_not")]
    WhyNot {
        /// The key.
        key: &'static str,
    },
    /// A target that no rule holds.
    #[error("the figure `{key}` takes its target from the rule `{rule}`, which is not declared")]
    Target {
        /// The key.
        key: &'static str,
        /// The rule it names.
        rule: &'static str,
    },
}

impl Catalogue {
    /// The figures of all areas.
    ///
    /// # Errors
    /// [`BadCatalogue`] naming the figure to mend.
    pub fn new(lists: &[&'static [Figure]], rules: &Registry) -> Result<Catalogue, BadCatalogue> {
        let mut figures = BTreeMap::new();
        for figure in lists.iter().copied().flatten() {
            let key = figure.key;
            let is_letter = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
            if key.is_empty() || !key.bytes().all(is_letter) {
                return Err(BadCatalogue::Key { key });
            }
            if !figure.is_additive && figure.why_not.is_empty() {
                return Err(BadCatalogue::WhyNot { key });
            }
            if let Some(rule) = figure.target_rule.filter(|rule| rules.get(rule).is_none()) {
                return Err(BadCatalogue::Target { key, rule });
            }
            if figures.insert(key, figure).is_some() {
                return Err(BadCatalogue::Twice { key });
            }
        }
        Ok(Catalogue(figures))
    }

    /// A figure by its key; `before-noon` finds `before_noon`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'static Figure> {
        self.0.get(key.replace('-', "_").as_str()).copied()
    }

    /// Every figure, by key.
    pub fn all(&self) -> impl Iterator<Item = &'static Figure> {
        self.0.values().copied()
    }
}

/// Which rows of a long list to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowsPage {
    /// Rows left out before it.
    pub offset: usize,
    /// Most rows on it.
    pub limit: usize,
}

impl RowsPage {
    /// All rows, for exports and commands.
    pub const ALL: RowsPage = RowsPage { offset: 0, limit: usize::MAX };
}

/// A figure and what it answers. Serialized, it is the answer of `/api/v1/figures/{key}`.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Answer {
    /// The figure's key.
    pub key: &'static str,
    /// The figure, unrounded.
    pub value: Option<f64>,
    /// Above the line.
    pub numerator: Option<i64>,
    /// Below the line.
    pub denominator: Option<i64>,
    /// What it counts in.
    pub unit: crate::figure::Unit,
    /// When what it was made from last arrived.
    #[serde(serialize_with = "as_text_option")]
    pub fresh_at: Option<jiff::Timestamp>,
}

/// A figure with its definition and the rows it was made from. Serialized, the answer of `explain`.
#[derive(Debug, Clone, Serialize)]
pub struct Explained {
    /// What it answers.
    #[serde(flatten)]
    pub answer: Answer,
    /// What exactly is counted.
    pub definition: &'static str,
    /// Who defines it so.
    pub source: &'static str,
    /// The rows of the page asked for.
    pub rows: Vec<FigureRow>,
    /// How many rows there are in all.
    pub n_rows: usize,
    /// The figure itself, for pages.
    #[serde(skip)]
    pub figure: &'static Figure,
    /// The reading as the figure gave it.
    #[serde(skip)]
    pub reading: Reading,
    /// What the rows make; differs from `reading` only by a fault, which the page then says.
    #[serde(skip)]
    pub from_rows: Reading,
}

impl Figure {
    /// The reading under the figure's name, for programs.
    #[must_use]
    pub fn answer(&self, reading: &Reading) -> Answer {
        Answer {
            key: self.key,
            value: reading.value,
            numerator: reading.numerator,
            denominator: reading.denominator,
            unit: self.unit,
            fresh_at: reading.fresh_at,
        }
    }
}

/// Reads a figure and the rows it was made from.
///
/// # Errors
/// [`StoreError`] when the engine refuses.
pub async fn explain(
    tx: &mut Tx,
    figure: &'static Figure,
    ask: &Ask<'_>,
    page: RowsPage,
) -> Result<Explained, StoreError> {
    let reading = (figure.read)(tx, ask).await?;
    let rows = (figure.rows)(tx, ask).await?;
    let from_rows = Reading::from_rows(figure.roll, &rows);
    Ok(Explained {
        answer: figure.answer(&reading),
        definition: figure.definition,
        source: figure.source,
        n_rows: rows.len(),
        rows: rows.into_iter().skip(page.offset).take(page.limit).collect(),
        figure,
        reading,
        from_rows,
    })
}
