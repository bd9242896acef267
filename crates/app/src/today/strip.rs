//! The strip of figures: each with its day, its two icons, its last 24 days and its parts.

use super::judge::{self, Judged};
use area::{Fault, Visit};
use base::Period;
use figures::rules::Rules;
use figures::{Ask, Figure, Reading, SeriesPoint};
use identity::{Care, Scope};
use jiff::Span;
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use store::Tx;
use web::{Kpi, format};

/// How long a value and a run of days may be shown again without asking the database.
const VALUE_FOR: Duration = Duration::from_secs(15);
const RUN_FOR: Duration = Duration::from_secs(60);
/// How many figures stand side by side.
const FIGURES_MAX: usize = 6;

/// What is shown to those who chose nothing, in this order, as far as a site has it.
const USUAL: [&str; 9] = [
    "occupancy",
    "ed_boarding",
    "discharges_before_noon",
    "midnight_census",
    "alos",
    "lwbs_rate",
    "ed_median_stay",
    "admissions",
    "discharges",
];

/// The same for a site that is an emergency department and nothing else, where beds and stays say little.
const USUAL_EMERGENCY: [&str; 6] =
    ["ed_boarding", "ed_median_stay", "lwbs_rate", "ed_arrivals", "nedocs", "midnight_census"];

/// Figures of an emergency department; a site without one is not asked for them unless somebody chose them.
const EMERGENCY: [&str; 3] = ["ed_boarding", "lwbs_rate", "ed_median_stay"];

/// Figures of this very moment; all others are of the last complete day.
const NOW: [&str; 3] = ["ed_boarding", "ed_boarding_longest", "nedocs"];

/// A figure that a second one and a rule explain: boarding by its longest wait and the limit.
const COMPANIONS: [(&str, &str, &str); 1] = [("ed_boarding", "ed_boarding_longest", "ed.boarding_limit")];

/// One figure of the strip, read.
pub(super) struct Tile {
    figure: &'static Figure,
    day: Date,
    reading: Reading,
    judged: Judged,
    target: Option<f64>,
    companion: Option<String>,
}

/// Whether a figure is of this very moment.
pub(crate) fn is_instant(key: &str) -> bool {
    NOW.contains(&key)
}

/// The period a figure is shown for when none is asked: today for what is of this moment, else yesterday.
pub(crate) fn usual_period(figure: &Figure, today: Date) -> Period {
    Period::day(if is_instant(figure.key) { today } else { today.yesterday().unwrap_or(today) })
}

/// The run of complete days a tile judges by: 24 up to yesterday.
pub(crate) fn run_of_days(last: Date, n_days: i64) -> Period {
    let back = Span::new().try_days(1 - n_days).and_then(|span| last.checked_add(span));
    Period::days_between(back.unwrap_or(last), last).unwrap_or(Period::day(last))
}

/// The figures this person sees on their brief, each with the scope it is read under.
fn chosen(visit: &Visit) -> Result<Vec<(&'static Figure, Scope)>, Fault> {
    let own = &visit.who()?.access.person.preferences.figures;
    let units = visit.tree.units_below(&visit.site()?.id);
    let has_emergency = units.iter().any(|unit| unit.care == Care::Emergency);
    let is_emergency = has_emergency && units.iter().all(|unit| unit.care == Care::Emergency);
    let usual: &[&str] = if is_emergency { &USUAL_EMERGENCY } else { &USUAL };
    let usual = usual.iter().copied().filter(|key| has_emergency || !EMERGENCY.contains(key));
    let keys = own.iter().map(String::as_str).chain(usual);
    let mut seen = BTreeSet::new();
    let figures =
        keys.filter_map(|key| visit.ctx.catalogue.get(key)).filter(|figure| seen.insert(figure.key));
    let allowed = figures.filter_map(|figure| Some((figure, visit.narrowed(figure.permission)?)));
    Ok(allowed.take(FIGURES_MAX).collect())
}

/// Reads the figures of the strip.
///
/// Two or three questions a figure, its value, its 24 days, and for boarding its companion, unless the
/// same were asked for this site moments ago.
pub(super) async fn load(visit: &Visit, tx: &mut Tx, rules: &Rules) -> Result<Vec<Tile>, Fault> {
    let today = visit.today();
    let mut tiles = Vec::new();
    for (figure, scope) in chosen(visit)? {
        let period = usual_period(figure, today);
        let ask = Ask { scope: &scope, tree: &visit.tree, rules, period, as_of: None, now: visit.now };
        let reading = read(visit, tx, figure, &ask).await?;
        let target = target_of(figure, &ask, today);
        let points = run(visit, tx, figure, &ask, today).await?;
        let companion = companion_of(visit, tx, figure, &ask).await?;
        let judged = judge::judge(&points, figure.better, target);
        tiles.push(Tile { figure, day: period.first(), reading, judged, target, companion });
    }
    Ok(tiles)
}

/// A figure's value, at most 15 seconds old: as old as the needs beside it may be.
async fn read(visit: &Visit, tx: &mut Tx, figure: &Figure, ask: &Ask<'_>) -> Result<Reading, Fault> {
    let name = format!("value {} {} {}", ask.site(), figure.key, ask.period);
    if let Some(point) = visit.ctx.held(&name, VALUE_FOR).and_then(|held| held.first().copied()) {
        return Ok(point.reading);
    }
    let reading = (figure.read)(tx, ask).await?;
    visit.ctx.hold(name, vec![SeriesPoint { date: ask.period.first(), reading }]);
    Ok(reading)
}

/// Its complete days, at most a minute old. A late message may change one, which the tile then shows a
/// minute later; the page that explains the figure always reads them anew.
async fn run(
    visit: &Visit,
    tx: &mut Tx,
    figure: &Figure,
    ask: &Ask<'_>,
    today: Date,
) -> Result<Arc<[SeriesPoint]>, Fault> {
    let Some(series) = figure.series else { return Ok(Arc::from([])) };
    let period = run_of_days(today.yesterday().unwrap_or(today), judge::SPARK_POINTS);
    let name = format!("run {} {} {period}", ask.site(), figure.key);
    match visit.ctx.held(&name, RUN_FOR) {
        Some(held) => Ok(held),
        None => Ok(visit.ctx.hold(name, series(tx, &Ask { period, ..*ask }).await?)),
    }
}

/// The figure's target at the site on a day, from its dated rule.
pub(crate) fn target_of(figure: &Figure, ask: &Ask<'_>, day: Date) -> Option<f64> {
    ask.rules.number(figure.target_rule?, ask.site(), day)
}

async fn companion_of(
    visit: &Visit,
    tx: &mut Tx,
    figure: &Figure,
    ask: &Ask<'_>,
) -> Result<Option<String>, Fault> {
    let Some((_, key, rule)) = COMPANIONS.into_iter().find(|(key, ..)| *key == figure.key) else {
        return Ok(None);
    };
    let Some(other) = visit.ctx.catalogue.get(key) else { return Ok(None) };
    let reading = read(visit, tx, other, ask).await?;
    let limit = ask.rules.minutes(rule, ask.site(), visit.today());
    let longest = reading.value.map(|_| format!("Longest {}", judge::value_with_unit(other, reading.value)));
    let limit = limit.map(|limit| format!("Limit {}", format::duration(limit.0)));
    let words: Vec<String> = longest.into_iter().chain(limit).collect();
    Ok((!words.is_empty()).then(|| words.join(". ")))
}

impl Tile {
    /// The tile as the strip shows it.
    pub(super) fn kpi(&self, visit: &Visit) -> Kpi {
        let (value, unit) = judge::value_text(self.figure, self.reading.value);
        let href = visit.at(&format!("explain/{}?period={}", self.figure.key, self.day));
        let mut kpi =
            Kpi::new(self.figure.title, value, href).unit(unit).caption(self.caption(visit.today()));
        if let Some(pair) = self.judged.pair {
            kpi = kpi.pair(pair);
        }
        if self.judged.has_values() {
            kpi = kpi.spark(self.judged.spark());
        }
        kpi
    }

    fn caption(&self, today: Date) -> String {
        let day = if self.day == today {
            "Now".to_owned()
        } else if self.day.tomorrow().is_ok_and(|next| next == today) {
            "Yesterday".to_owned()
        } else {
            format::date(self.day, today)
        };
        let mut parts: Vec<String> = Vec::new();
        match (&self.companion, self.reading.numerator, self.reading.denominator) {
            (Some(words), ..) => parts.push(words.clone()),
            (None, Some(above), Some(below)) if self.figure.denominator.is_some() => {
                let word = if self.figure.unit == figures::Unit::Percent { "of" } else { "over" };
                parts.push(format!("{} {word} {}", format::count(above), format::count(below)));
            }
            (None, ..) => {}
        }
        parts.extend(self.target.map(|target| judge::target_text(self.figure, target)));
        if parts.is_empty() { day } else { format!("{day}: {}", parts.join(", ")) }
    }
}
