//! What a run of days says about a figure: its limits, its two icons, the meaning of each point. Pure.

use figures::{Better, Figure, SeriesPoint, Unit};
use jiff::civil::Date;
use spc::{Plan, RuleSet, Toward};
use web::chart::{Meaning, Phase, Spark, SpcChart, SpcPoint};
use web::{Assurance, SpcPair, Variation, format};

/// Points on a tile.
pub(crate) const SPARK_POINTS: i64 = 24;

/// A run of days, judged.
#[derive(Debug, Clone, Default)]
pub(crate) struct Judged {
    days: Vec<Day>,
    center: f64,
    limits: Option<(f64, f64)>,
    target: Option<f64>,
    /// The icons; `None` where there is too little to judge.
    pub(crate) pair: Option<SpcPair>,
}

#[derive(Debug, Clone, Copy)]
struct Day {
    date: Date,
    value: Option<f64>,
    meaning: Meaning,
}

/// Judges the days by the NHS rules (Making Data Count) on an XmR chart. Days without a value are left
/// out of the limits and drawn as gaps.
pub(crate) fn judge(points: &[SeriesPoint], better: Better, target: Option<f64>) -> Judged {
    let known: Vec<(usize, f64)> = points
        .iter()
        .enumerate()
        .filter_map(|(idx, point)| point.reading.value.filter(|value| value.is_finite()).map(|v| (idx, v)))
        .collect();
    let mut judged = Judged {
        days: points
            .iter()
            .map(|point| Day { date: point.date, value: point.reading.value, meaning: Meaning::Ordinary })
            .collect(),
        target,
        ..Judged::default()
    };
    let values: Vec<f64> = known.iter().map(|(_, value)| *value).collect();
    let Ok(chart) = spc::xmr(&values, &Plan::default()) else { return judged };
    let better = direction(better);
    let reading = spc::read(&chart, &RuleSet::default(), better, target);
    for signal in &reading.signals {
        for (idx, _) in signal.points.iter().filter_map(|at| known.get(*at)) {
            if let Some(day) = judged.days.get_mut(*idx) {
                day.meaning = meaning(signal.toward, better);
            }
        }
    }
    if let Some(point) = chart.last() {
        judged.center = point.center;
        judged.limits = point.lower.zip(point.upper);
    }
    judged.pair = Some(SpcPair {
        variation: variation(reading.variation),
        assurance: assurance(reading.assurance),
        is_trial: reading.is_trial(),
    });
    judged
}

impl Judged {
    /// The small line of a tile.
    pub(crate) fn spark(&self) -> Spark {
        Spark {
            values: self.days.iter().map(|day| day.value).collect(),
            meanings: self.days.iter().map(|day| day.meaning).collect(),
            limits: self.limits.map(|(lower, upper)| (lower.max(0.0), upper)),
            target: self.target,
        }
    }

    /// Whether any day has a value.
    pub(crate) fn has_values(&self) -> bool {
        self.days.iter().any(|day| day.value.is_some())
    }

    /// The full chart.
    pub(crate) fn chart(&self, figure: &Figure, today: Date) -> SpcChart {
        let points = self.days.iter().map(|day| SpcPoint {
            label: format::date(day.date, today),
            value: day.value,
            meaning: day.meaning,
            note: String::new(),
        });
        let words = self.pair.map_or("Too few days for limits.".to_owned(), |pair| pair.words());
        let mut chart = SpcChart::new(figure.title, words)
            .size(web::chart::Size::Wide)
            .places(usize::from(figure.decimals))
            .points(points.collect());
        if let Some((lower, upper)) = self.limits {
            chart = chart.phase(Phase {
                first: 0,
                until: self.days.len(),
                mean: self.center,
                // None of our figures can be less than nothing.
                lower: Some(lower.max(0.0)),
                upper: Some(upper),
                name: String::new(),
            });
        }
        if let Some(target) = self.target {
            chart = chart.target(target);
        }
        chart.trial(self.pair.is_some_and(|pair| pair.is_trial))
    }
}

fn direction(better: Better) -> spc::Better {
    match better {
        Better::Higher => spc::Better::Higher,
        Better::Lower => spc::Better::Lower,
        Better::Neither => spc::Better::Neither,
    }
}

fn meaning(toward: Toward, better: spc::Better) -> Meaning {
    match (toward, better) {
        (Toward::High, spc::Better::Higher) | (Toward::Low, spc::Better::Lower) => Meaning::Better,
        (Toward::High, spc::Better::Lower) | (Toward::Low, spc::Better::Higher) => Meaning::Worse,
        (Toward::High | Toward::Low, spc::Better::Neither) | (Toward::Neither, _) => Meaning::Moved,
    }
}

fn variation(variation: spc::Variation) -> Variation {
    match variation {
        // The rules in use all point somewhere, so "neither" does not come; chance is the careful word.
        spc::Variation::Common | spc::Variation::Moved(Toward::Neither) => Variation::Ordinary,
        spc::Variation::ImprovementHigh => Variation::BetterHigh,
        spc::Variation::ImprovementLow => Variation::BetterLow,
        spc::Variation::ConcernHigh => Variation::WorseHigh,
        spc::Variation::ConcernLow => Variation::WorseLow,
        spc::Variation::Moved(Toward::High) => Variation::MovedHigh,
        spc::Variation::Moved(Toward::Low) => Variation::MovedLow,
    }
}

fn assurance(assurance: spc::Assurance) -> Option<Assurance> {
    match assurance {
        spc::Assurance::Passes => Some(Assurance::Passes),
        spc::Assurance::Fails => Some(Assurance::Fails),
        spc::Assurance::Sometimes => Some(Assurance::Sometimes),
        spc::Assurance::NoTarget => None,
    }
}

/// A value of a figure as people read it, and its unit: `90.9` and `%`.
pub(crate) fn value_text(figure: &Figure, value: Option<f64>) -> (String, &'static str) {
    let Some(value) = value.filter(|value| value.is_finite()) else { return ("n/a".to_owned(), "") };
    match figure.unit {
        Unit::Minutes => (format::duration(whole(value)), ""),
        Unit::Count
        | Unit::Beds
        | Unit::Percent
        | Unit::Days
        | Unit::Hours
        | Unit::PerBed
        | Unit::Score
        | Unit::Ratio => (format::decimal(value, usize::from(figure.decimals)), figure.unit.suffix()),
    }
}

/// Value and unit in one text: `90.9%`, `4.6 days`.
pub(crate) fn value_with_unit(figure: &Figure, value: Option<f64>) -> String {
    let (text, unit) = value_text(figure, value);
    match unit {
        "" => text,
        "%" => format!("{text}%"),
        unit => format!("{text} {unit}"),
    }
}

/// A target in words: `target 30% or more`. Whole targets lose their decimals.
pub(crate) fn target_text(figure: &Figure, target: f64) -> String {
    let places = if (target - target.round()).abs() < 1e-9 { 0 } else { usize::from(figure.decimals.max(1)) };
    let text = match figure.unit {
        Unit::Minutes => format::duration(whole(target)),
        Unit::Percent => format!("{}%", format::decimal(target, places)),
        Unit::Count | Unit::Beds | Unit::Days | Unit::Hours | Unit::PerBed | Unit::Score | Unit::Ratio => {
            let suffix = figure.unit.suffix();
            let blank = if suffix.is_empty() { "" } else { " " };
            format!("{}{blank}{suffix}", format::decimal(target, places))
        }
    };
    match figure.better {
        Better::Higher => format!("target {text} or more"),
        Better::Lower => format!("target {text} or less"),
        Better::Neither => format!("target {text}"),
    }
}

/// Minutes as a whole number; what is out of reach stays at the end of the range.
fn whole(value: f64) -> i64 {
    format::decimal(value, 0).replace(',', "").replace(format::MINUS, "-").parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use figures::Reading;

    fn days(values: &[Option<f64>]) -> Vec<SeriesPoint> {
        let mut date = jiff::civil::date(2026, 10, 1);
        values
            .iter()
            .map(|value| {
                let point = SeriesPoint { date, reading: Reading { value: *value, ..Reading::default() } };
                date = date.tomorrow().unwrap();
                point
            })
            .collect()
    }

    fn check(values: &[Option<f64>], better: Better, target: Option<f64>) -> String {
        judge(&days(values), better, target).pair.map_or("nothing".to_owned(), |pair| pair.words())
    }

    #[test]
    fn two_days_are_the_least_that_can_be_judged() {
        assert_eq!(check(&[], Better::Lower, None), "nothing");
        assert_eq!(check(&[Some(4.0)], Better::Lower, None), "nothing");
        assert_eq!(check(&[Some(4.0), Some(5.0)], Better::Lower, None), "Ordinary variation. Trial limits");
    }

    #[test]
    fn twelve_days_end_the_trial() {
        let values: Vec<Option<f64>> = (0..12).map(|day| Some(f64::from(day % 3))).collect();
        assert_eq!(check(&values, Better::Lower, Some(9.0)), "Ordinary variation. Target: consistently met");
        assert_eq!(
            check(&values[1..], Better::Lower, Some(9.0)),
            "Ordinary variation. Target: consistently met. Trial limits"
        );
    }

    #[test]
    fn a_gap_is_drawn_and_not_judged() {
        let mut values: Vec<Option<f64>> = (0..20).map(|day| Some(40.0 + f64::from(day % 2))).collect();
        values.insert(5, None);
        values.push(Some(70.0));
        let judged = judge(&days(&values), Better::Lower, None);
        let spark = judged.spark();
        assert_eq!(spark.values.len(), 22);
        assert_eq!(spark.values[5], None);
        assert_eq!(spark.meanings[21], Meaning::Worse);
        assert_eq!(judged.pair.unwrap().variation, Variation::WorseHigh);
    }

    #[test]
    fn a_lower_limit_is_never_drawn_below_nothing() {
        let values: Vec<Option<f64>> = (0..12).map(|day| Some(f64::from(day % 2) * 9.0)).collect();
        let (lower, upper) = judge(&days(&values), Better::Lower, None).spark().limits.unwrap();
        assert!(lower >= 0.0 && upper > 20.0);
    }
}
