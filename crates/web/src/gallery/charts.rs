//! Drawings of the component page.

use maud::{Markup, html};

use super::spark;
use crate::{
    Panel,
    chart::{
        Bar, BarChart, BarKind, LineChart, Meaning, Phase, SeriesKind, Size, SmallChart, SpcChart, SpcPoint,
        gap_bar, small_multiples,
    },
    columns,
};

pub(super) fn all() -> Markup {
    html! {
        (columns(
            html! {
                (Panel::new("Census, next 7 days").context("Patients at midnight").prose(forecast()))
                (Panel::new("Falls").context("Per 1,000 bed days").prose(control()))
            },
            html! {
                (Panel::new("Discharges by day").prose(bars()))
                (Panel::new("Gap").prose(html! { (gap_bar(108.0, 171.0, Meaning::Worse)) (gap_bar(-41.0, 171.0, Meaning::Better)) }))
            },
        ))
        (Panel::new("By unit").context("One scale").prose(multiples()))
    }
}

fn forecast() -> LineChart {
    let past: [f64; 10] = [221.0, 226.0, 231.0, 228.0, 219.0, 214.0, 222.0, 229.0, 233.0, 231.0];
    let next: [f64; 7] = [230.0, 226.0, 220.0, 217.0, 226.0, 232.0, 235.0];
    let gap = |n: usize| std::iter::repeat_n(None, n);
    let actual = past.into_iter().map(Some).chain(gap(7)).collect();
    let expected = gap(9).chain([Some(231.0)]).chain(next.into_iter().map(Some)).collect();
    let widths = [0.0, 4.0, 6.0, 7.0, 8.5, 9.5, 10.5, 11.0];
    let middle = [231.0].into_iter().chain(next).zip(widths);
    let band =
        std::iter::repeat_n(None, 9).chain(middle.map(|(at, wide)| Some((at - wide, at + wide)))).collect();
    LineChart::new(
        "Census, next 7 days",
        "Expected to pass the staffed beds on the last day only if the upper bound comes true.",
    )
    .labels((3..20).map(|day| format!("Nov {day}")))
    .series("Actual", SeriesKind::Actual, actual)
    .series("Expected", SeriesKind::Forecast, expected)
    .band("80% interval", band)
    .limit("Staffed", 254.0, true)
    .limit("Target", 224.0, false)
    .now(9)
}

fn control() -> SpcChart {
    let values =
        [3.1, 2.6, 3.4, 2.9, 3.8, 2.2, 3.0, 3.3, 2.7, 6.1, 2.9, 3.2, 2.1, 1.9, 2.4, 1.8, 2.2, 1.6, 2.0, 1.7];
    let months = ["Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb", "Mar"];
    let points = values
        .into_iter()
        .zip(months.into_iter().cycle())
        .enumerate()
        .map(|(idx, (value, label))| SpcPoint {
            label: label.to_owned(),
            value: Some(value),
            meaning: match idx {
                9 => Meaning::Worse,
                13..20 => Meaning::Better,
                _ => Meaning::Ordinary,
            },
            note: if idx == 9 { "Two floors merged".to_owned() } else { String::new() },
        })
        .collect();
    SpcChart::new(
        "Falls per 1,000 bed days",
        "One month above the upper limit; seven below the mean since the new rounds.",
    )
    .places(1)
    .points(points)
    .phase(Phase { first: 0, until: 12, mean: 3.1, lower: Some(1.2), upper: Some(5.0), name: String::new() })
    .phase(Phase {
        first: 12,
        until: 20,
        mean: 2.0,
        lower: Some(0.9),
        upper: Some(3.1),
        name: "Hourly rounds".to_owned(),
    })
    .target(2.5)
}

fn bars() -> BarChart {
    let days = [
        ("Mon", 38.0),
        ("Tue", 41.0),
        ("Wed", 44.0),
        ("Thu", 39.0),
        ("Fri", 52.0),
        ("Sat", 24.0),
        ("Sun", 19.0),
    ];
    let bars = days.into_iter().enumerate().map(|(idx, (label, value))| Bar {
        label: label.to_owned(),
        value: Some(value),
        kind: if idx > 4 { BarKind::Forecast } else { BarKind::Actual },
        plan: Some(42.0),
    });
    BarChart::new("Discharges by day", "Above plan on Wednesday and Friday.")
        .size(Size::Narrow)
        .value_name("Discharges")
        .bars(bars.collect())
}

fn multiples() -> Markup {
    let units = ["ICU", "Step-down 4 East", "Medicine 3 North", "Surgery 5 West"];
    let charts: Vec<SmallChart> = units
        .into_iter()
        .zip(11..)
        .map(|(title, seed)| {
            let line = spark(seed, if seed == 14 { Meaning::Worse } else { Meaning::Ordinary });
            SmallChart {
                title: title.to_owned(),
                href: Some("#".to_owned()),
                values: line.values,
                meanings: line.meanings,
                mean: Some(3.2),
                limits: line.limits,
            }
        })
        .collect();
    small_multiples(&charts, Some(6.0), 1)
}
