//! Sums that a leaf may be split on: those that are not whole in its solution.
#![expect(clippy::indexing_slicing, reason = "places, days and codes are numbered here")]

use super::Master;
use super::cut::Sum;
use crate::problem::Cell;
use std::ops::Range;
use std::sync::Arc;

/// Sums nearer to whole numbers than this are whole.
const NEAR_WHOLE: f64 = 0.03;
/// How many sums of each kind are offered.
const OF_KIND_MAX: usize = 3;
/// The most days of a sum, apart from all days.
const DAYS_MAX: usize = 14;
/// The most days of a person's sum, apart from all days.
const OWN_DAYS: [usize; 5] = [1, 2, 3, 5, 7];

/// A sum to split on, with its value.
#[derive(Clone, Debug)]
pub(crate) struct Split {
    pub(crate) sum: Sum,
    pub(crate) value: f64,
}

/// The share of the solution that has each cell.
struct Shares {
    n_days: usize,
    n_codes: usize,
    /// By place, day and code.
    shares: Vec<f64>,
}

type Flags = Arc<[bool]>;

impl Master<'_, '_> {
    /// The sums that are least whole, a few of each kind: heads on a row of the demand, heads of some
    /// days in a row, days of a person. The first of every kind come before the second.
    pub(crate) fn splits(&self) -> Vec<Split> {
        let problem = self.evaluator.problem();
        let (n_days, n_codes) = (problem.n_days(), problem.n_codes());
        let shares = self.shares_of_cells();
        let flags = |chosen: &dyn Fn(usize) -> bool, n: usize| -> Flags { (0..n).map(chosen).collect() };
        let n_places = self.people.len();
        let everybody = vec![flags(&|_| true, n_places)];
        let each: Vec<Flags> = (0..n_places).map(|place| flags(&|other| other == place, n_places)).collect();
        let work = vec![flags(&|code| code != Cell::OFF.code(), n_codes)];
        let duties: Vec<Flags> = (0..n_codes).map(|code| flags(&|other| other == code, n_codes)).collect();

        let mut kinds = Vec::new();
        let of_demand = problem.parts().demands.iter().map(|demand| Sum {
            places: flags(&|place| demand.who.has(self.people[place]), n_places),
            days: demand.day.idx()..demand.day.idx() + 1,
            codes: demand.duties.flags(n_codes).into(),
        });
        kinds.push(shares.least_whole(of_demand));
        for length in [n_days].into_iter().chain(1..=DAYS_MAX.min(n_days.saturating_sub(1))) {
            for codes in [&work, &duties] {
                kinds.push(shares.least_whole(sums(&everybody, codes, length, n_days)));
            }
        }
        for length in [n_days].into_iter().chain(OWN_DAYS).filter(|length| *length <= n_days) {
            for codes in [&work, &duties] {
                kinds.push(shares.least_whole(sums(&each, codes, length, n_days)));
            }
        }
        (0..OF_KIND_MAX)
            .flat_map(|rank| kinds.iter().filter_map(move |kind| kind.get(rank)))
            .cloned()
            .collect()
    }

    fn shares_of_cells(&self) -> Shares {
        let problem = self.evaluator.problem();
        let (n_days, n_codes) = (problem.n_days(), problem.n_codes());
        let mut shares = vec![0.0; self.people.len() * n_days * n_codes];
        for (column, share) in self.simplex.solution() {
            let Some(known) = column.checked_sub(self.n_slacks).map(|known| &self.known[known]) else {
                continue;
            };
            for (day, cell) in known.row.iter().enumerate() {
                shares[(known.place * n_days + day) * n_codes + cell.code()] += share;
            }
        }
        Shares { n_days, n_codes, shares }
    }
}

/// All sums of these people and duties over so many days in a row.
fn sums<'f>(
    places: &'f [Flags],
    codes: &'f [Flags],
    length: usize,
    n_days: usize,
) -> impl Iterator<Item = Sum> + 'f {
    let windows = move || (0..=n_days - length).map(move |first| first..first + length);
    places.iter().flat_map(move |places| {
        codes.iter().flat_map(move |codes| {
            windows().map(move |days| Sum { places: Arc::clone(places), days, codes: Arc::clone(codes) })
        })
    })
}

impl Shares {
    fn least_whole(&self, sums: impl Iterator<Item = Sum>) -> Vec<Split> {
        let fraction = |split: &Split| (split.value - split.value.round()).abs();
        let mut splits: Vec<Split> = sums
            .map(|sum| Split { value: self.value(&sum), sum })
            .filter(|split| fraction(split) > NEAR_WHOLE)
            .collect();
        splits.sort_by(|a, b| fraction(b).total_cmp(&fraction(a)));
        splits.truncate(OF_KIND_MAX);
        splits
    }

    fn value(&self, sum: &Sum) -> f64 {
        let places = sum.places.iter().enumerate().filter(|(_, is_in)| **is_in);
        places.map(|(place, _)| self.value_of(place, &sum.days, &sum.codes)).sum()
    }

    fn value_of(&self, place: usize, days: &Range<usize>, codes: &[bool]) -> f64 {
        let from = (place * self.n_days + days.start) * self.n_codes;
        let cells = &self.shares[from..from + days.len() * self.n_codes];
        let of_day = |day: &[f64]| -> f64 {
            day.iter().zip(codes).filter(|(_, is_in)| **is_in).map(|(share, _)| share).sum()
        };
        cells.chunks_exact(self.n_codes).map(of_day).sum()
    }
}
