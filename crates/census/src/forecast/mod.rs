//! The forecast: census, admissions and discharges of every unit, 72 hours and 28 days ahead.
//!
//! A job ([`job::kind`]) makes it nightly and on demand and stores each run; pages read the stored run and
//! say its age. A model is shown only where it beats the same day last week on held-out data. What is
//! foreseen comes from `lib/forecast`; here are the series and the pages.

pub mod backtest;
pub mod job;
pub mod page;
pub mod series;
pub mod store;

use serde::{Deserialize, Serialize};

/// What is forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Series {
    /// Midnight census, by day.
    Census,
    /// Admissions and moves in, by day.
    Admissions,
    /// Everyone who leaves, by day.
    Discharges,
    /// Patients inside, by hour.
    Hourly,
}

impl Series {
    /// Every series.
    pub const ALL: [Series; 4] = [Series::Census, Series::Admissions, Series::Discharges, Series::Hourly];

    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Series::Census => "census",
            Series::Admissions => "admissions",
            Series::Discharges => "discharges",
            Series::Hourly => "census_hourly",
        }
    }

    /// The series of a stored word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Series> {
        Series::ALL.into_iter().find(|series| series.word() == word)
    }

    /// What it is called.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Series::Census => "Midnight census",
            Series::Admissions => "Admissions",
            Series::Discharges => "Discharges",
            Series::Hourly => "Census by hour",
        }
    }

    /// How many values ahead.
    #[must_use]
    pub fn horizon(self) -> usize {
        match self {
            Series::Census | Series::Admissions | Series::Discharges => 28,
            Series::Hourly => 72,
        }
    }

    /// Values of history shown before the forecast.
    #[must_use]
    pub fn shown(self) -> usize {
        match self {
            Series::Census | Series::Admissions | Series::Discharges => 56,
            Series::Hourly => 96,
        }
    }
}

/// A stored run of one series of one site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// When the first forecast value holds: a day (`2026-11-12`) or an hour as an instant.
    pub first: String,
    /// The newest values known, oldest first.
    pub history: Vec<f64>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Outcome {
    /// Too little is known.
    TooFew {
        /// Values there are.
        got: usize,
        /// Values needed.
        needed: usize,
    },
    /// The series cannot be forecast, and why.
    Unfit {
        /// The reason.
        reason: String,
    },
    /// A forecast, or the proof that none is better than the same day last week.
    Made(Box<Made>),
}

/// A forecast with its back-test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// The model with the least error.
    pub model: String,
    /// The naive one it was measured against.
    pub baseline: String,
    /// Whether it beats it.
    pub beats: bool,
    /// The forecast.
    pub points: Vec<Point>,
    /// Every model's errors, the naive ones first.
    pub scores: Vec<Score>,
    /// From how many points of the past it was tested.
    pub n_origins: usize,
}

/// One forecast value: value, low, high, and whether the model beats the naive one at this lead.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point(pub f64, pub f64, pub f64, pub bool);

/// One model's errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Its name.
    pub model: String,
    /// Over every lead.
    pub overall: Errors,
    /// At each lead, the first being the next value.
    pub by_lead: Vec<Errors>,
}

/// How wrong, in the measures of the back-test page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Errors {
    /// Mean absolute error.
    pub mae: f64,
    /// Absolute errors in percent of what happened.
    pub wape: Option<f64>,
    /// Error over the naive error of the past.
    pub mase: Option<f64>,
    /// Share of what happened inside the interval.
    pub coverage: Option<f64>,
}

impl Made {
    /// The errors of a model by its name.
    #[must_use]
    pub fn score(&self, model: &str) -> Option<&Score> {
        self.scores.iter().find(|score| score.model == model)
    }

    /// The model with the least error that is not naive.
    #[must_use]
    pub fn best(&self) -> Option<&Score> {
        let learned = self.scores.iter().filter(|score| !score.model.starts_with("Same as"));
        learned.min_by(|a, b| a.overall.mae.total_cmp(&b.overall.mae))
    }
}

/// Forecasts one series of values, the newest last.
#[must_use]
pub fn run(series: Series, first: String, values: &[f64]) -> Run {
    let from = values.len().saturating_sub(series.shown());
    let history = values.get(from..).unwrap_or_default().to_vec();
    let known: Vec<Option<f64>> = values.iter().map(|value| Some(*value)).collect();
    let season = match series {
        Series::Hourly if known.len() >= 4 * 168 => 168,
        Series::Hourly => 24,
        Series::Census | Series::Admissions | Series::Discharges => 7,
    };
    let needed = ::forecast::points_needed(season, series.horizon());
    if known.len() < needed {
        return Run { first, history, outcome: Outcome::TooFew { got: known.len(), needed } };
    }
    let chosen =
        ::forecast::Series::new(&known, season).and_then(|fit| ::forecast::choose(&fit, series.horizon()));
    let outcome = match chosen {
        Ok(choice) => Outcome::Made(Box::new(made(&choice))),
        Err(bad) => Outcome::Unfit { reason: bad.to_string() },
    };
    Run { first, history, outcome }
}

fn made(choice: &::forecast::Choice) -> Made {
    let errors = |score: &::forecast::Score| Errors {
        mae: rounded(score.mae),
        wape: score.wape.map(rounded),
        mase: score.mase.map(rounded),
        coverage: score.coverage.map(rounded),
    };
    Made {
        model: choice.model.to_string(),
        baseline: choice.baseline.to_string(),
        beats: choice.beats_baseline,
        points: choice
            .points
            .iter()
            .map(|point| {
                let (value, low, high) = (rounded(point.value), rounded(point.lower), rounded(point.upper));
                Point(value, low, high, point.beats_baseline)
            })
            .collect(),
        scores: choice
            .report
            .scores
            .iter()
            .map(|score| Score {
                model: score.model.to_string(),
                overall: errors(&score.overall),
                by_lead: score.by_lead.iter().map(errors).collect(),
            })
            .collect(),
        n_origins: choice.report.origins.len(),
    }
}

/// To a thousandth: enough to judge by, and a third of the text.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A census with a weekly wave and noise that is the same on every machine.
    fn census(n: u32) -> Vec<f64> {
        let mut state = 9_u32;
        let mut held = 0.0;
        (0..n)
            .map(|day| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                held = 0.8 * held + f64::from(state >> 24) / 64.0 - 2.0;
                (200.0 + [0., 4., 7., 6., 2., -8., -11.][day as usize % 7] + held).round()
            })
            .collect()
    }

    #[test]
    fn too_few_days_say_how_many_are_needed() {
        let run = run(Series::Census, "2026-11-12".to_owned(), &census(55));
        assert_eq!(run.outcome, Outcome::TooFew { got: 55, needed: 56 });
        assert_eq!(run.history.len(), 55);
    }

    #[test]
    fn a_run_reads_back_as_it_was_stored() {
        let run = run(Series::Census, "2026-11-12".to_owned(), &census(200));
        let text = serde_json::to_string(&run).unwrap();
        assert_eq!(serde_json::from_str::<Run>(&text).unwrap(), run);
        let Outcome::Made(made) = run.outcome else { panic!("a forecast") };
        assert_eq!((made.points.len(), made.n_origins), (28, 48));
        assert!(made.score(&made.baseline).is_some() && made.best().is_some());
        assert!(made.points.iter().all(|Point(value, low, high, _)| low <= value && value <= high));
    }

    #[test]
    fn a_constant_is_nobodys_win() {
        let run = run(Series::Census, String::new(), &[12.0; 100]);
        let Outcome::Made(made) = run.outcome else { panic!("a forecast") };
        assert!(!made.beats);
    }
}
