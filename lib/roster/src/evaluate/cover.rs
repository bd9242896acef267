//! Cover: how many stand on each row of the demand, and what that costs.
#![expect(clippy::indexing_slicing, reason = "rows are found by day and code of this problem")]

use super::across::flags_of;
use crate::problem::{Cell, CoverLevels, Demand, PersonIdx, Problem};
use crate::score::Score;

/// Which rows of the demand each cell counts toward.
#[derive(Clone, Debug)]
pub(crate) struct CoverPlan {
    n_codes: usize,
    /// Rows of each (day, code), one after the other; `from[at]..from[at + 1]` are those of one.
    rows: Box<[u32]>,
    from: Box<[u32]>,
    /// For rows that only some count toward: who.
    who: Box<[Option<Box<[bool]>>]>,
    /// The score for 0, 1, 2 ... heads; the last two tell how it goes on.
    scores: Box<[Box<[Score]>]>,
}

impl CoverPlan {
    pub(crate) fn new(problem: &Problem) -> CoverPlan {
        let n_codes = problem.n_codes();
        let demands = &problem.parts().demands;
        let mut of_place: Vec<Vec<u32>> = vec![Vec::new(); problem.n_days() * n_codes];
        for (row, demand) in (0..).zip(demands) {
            for cell in demand.duties.cells(n_codes) {
                of_place[demand.day.idx() * n_codes + cell.code()].push(row);
            }
        }
        let mut from = vec![0];
        from.extend(of_place.iter().scan(0, |n, rows| {
            *n += u32::try_from(rows.len()).unwrap_or(u32::MAX);
            Some(*n)
        }));
        let levels = problem.parts().levels;
        CoverPlan {
            n_codes,
            rows: of_place.concat().into(),
            from: from.into(),
            who: demands.iter().map(|demand| flags_of(&demand.who, problem.n_people())).collect(),
            scores: demands.iter().map(|demand| scores(demand, levels)).collect(),
        }
    }

    /// How many rows there are.
    pub(crate) fn n_rows(&self) -> usize {
        self.scores.len()
    }

    /// The rows that a person counts toward with a cell.
    #[inline]
    pub(crate) fn rows(&self, person: PersonIdx, day: usize, cell: Cell) -> impl Iterator<Item = usize> + '_ {
        let at = day * self.n_codes + cell.code();
        let rows = &self.rows[self.from[at] as usize..self.from[at + 1] as usize];
        let counts = move |row: &usize| match &self.who[*row] {
            Some(who) => who[person.idx()],
            None => true,
        };
        rows.iter().map(|row| *row as usize).filter(counts)
    }

    /// What so many heads on a row cost.
    #[inline]
    pub(crate) fn score(&self, row: usize, heads: u16) -> Score {
        let scores = &self.scores[row];
        let heads = usize::from(heads);
        match scores.get(heads) {
            Some(score) => *score,
            None => {
                let last = scores[scores.len() - 1];
                let step = last - scores[scores.len() - 2];
                let more = i64::try_from(heads + 1 - scores.len()).unwrap_or(0);
                last + Score { hard: step.hard * more, cover: step.cover * more, soft: step.soft * more }
            }
        }
    }
}

/// Scores up to two heads past the last bend.
fn scores(demand: &Demand, levels: CoverLevels) -> Box<[Score]> {
    let bend = demand.wanted.max(demand.minimum).max(demand.maximum.unwrap_or(0)).min(u16::MAX - 2);
    let score = |heads: u16| {
        let (under_minimum, under_wanted, over) = demand.points(heads);
        Score::at(levels.under_minimum, under_minimum)
            + Score::at(levels.under_wanted, under_wanted)
            + Score::at(levels.over_maximum, over)
    };
    (0..=bend + 1).map(score).collect()
}
