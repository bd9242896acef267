//! Proofs that every figure of a catalogue must pass, for the tests of areas.
//!
//! [`assert_rows_make_figure`] proves that what a page shows is what its explain page lists: the fast way
//! (stored sums) and the slow way (rows, rolled up by [`Roll`]) give the same parts and the same value, and
//! no row lies outside the scope asked. [`assert_parent_is_children`] proves that levels agree: the parts
//! of a site are the sums of its children's parts. They prove it for the site, period and data of the test,
//! so run them over every site of a believable hospital and over a period with odd days in it.
#![expect(clippy::panic, reason = "these serve tests; a failure here is a test's failure")]

use crate::figure::{Ask, Figure, Reading, Roll};
use identity::Scope;
use store::Tx;

/// Two values that differ only by the order floats were added in.
fn is_same(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn is_same_reading(a: &Reading, b: &Reading) -> bool {
    a.numerator == b.numerator && a.denominator == b.denominator && is_same(a.value, b.value)
}

async fn read(figure: &Figure, tx: &mut Tx, ask: &Ask<'_>) -> Reading {
    match (figure.read)(tx, ask).await {
        Ok(reading) => reading,
        Err(error) => panic!("{} at {} cannot be read: {error}", figure.key, ask.site()),
    }
}

/// Proves that the figure's rows make the figure, and that they all belong to the site asked for.
///
/// # Panics
/// When they do not, naming both readings.
pub async fn assert_rows_make_figure(figure: &Figure, tx: &mut Tx, ask: &Ask<'_>) {
    let reading = read(figure, tx, ask).await;
    let rows = match (figure.rows)(tx, ask).await {
        Ok(rows) => rows,
        Err(error) => panic!("the rows of {} at {} cannot be read: {error}", figure.key, ask.site()),
    };
    let outside = rows.iter().find(|row| !ask.site().covers(&row.site));
    assert!(outside.is_none(), "{} at {} shows a row outside it: {outside:?}", figure.key, ask.site());
    let made = Reading::from_rows(figure.roll, &rows);
    assert!(
        is_same_reading(&reading, &made),
        "{} at {} in {} reads {reading:?}, its {} rows make {made:?}",
        figure.key,
        ask.site(),
        ask.period,
        rows.len(),
    );
}

/// Proves that the figure of the site asked for is made of its children's: numerators add up; denominators
/// add up too for a [`Roll::Ratio`] and are the same for a [`Roll::Over`]. A figure that is not additive
/// passes, having said why not; a site without children passes.
///
/// # Panics
/// When they do not, naming both sums.
pub async fn assert_parent_is_children(figure: &Figure, tx: &mut Tx, ask: &Ask<'_>) {
    if !figure.is_additive {
        assert!(!figure.why_not.is_empty(), "{} does not say why it is not additive", figure.key);
        return;
    }
    let mut children: Vec<Scope> = Vec::new();
    for site in ask.tree.children(&ask.scope.site_id()) {
        children.extend(ask.scope.narrow(ask.tree, &site.path));
    }
    if children.is_empty() {
        return;
    }
    let parent = read(figure, tx, ask).await;
    let mut parts = Vec::new();
    for child in &children {
        parts.push(read(figure, tx, &ask.at(child)).await);
    }
    let numerator: i64 = parts.iter().filter_map(|part| part.numerator).sum();
    let below = parts.iter().filter_map(|part| part.denominator);
    let denominator = match figure.roll {
        Roll::Ratio { .. } => Some(below.sum::<i64>()),
        Roll::Over { .. } => below.max(),
        Roll::Sum => None,
        Roll::Median | Roll::Max | Roll::Formula { .. } => {
            panic!("{} is a median, maximum or formula and cannot be additive", figure.key)
        }
    };
    assert!(
        parent.numerator == Some(numerator) && parent.denominator == denominator,
        "{} at {} in {} reads {:?} over {:?}, its {} children make {numerator} over {denominator:?}",
        figure.key,
        ask.site(),
        ask.period,
        parent.numerator,
        parent.denominator,
        children.len(),
    );
}
