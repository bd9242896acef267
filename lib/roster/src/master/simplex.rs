//! A linear program that grows by columns: the primal simplex method with a dense inverse.
//!
//! Minimize `c x` with `A x = b`, `x >= 0`. The first basis is given and feasible, and stays
//! feasible when columns come, so every solution starts where the last one ended. 340 rows: an
//! inverse of 0.9 MB and 0.1 ms a step. Rounding does not matter to proofs: a bound is worked out in
//! integers from whatever prices come out of here.
#![expect(clippy::indexing_slicing, reason = "rows and columns are numbered here")]

/// How far a reduced cost must be below zero.
const WORTH: f64 = 1e-6;
/// Steps between two inversions.
const STEPS_FRESH: usize = 1_500;
/// How many columns are looked at again before all are.
const CANDIDATES_MAX: usize = 40;
/// Columns of this cost and more never enter.
const BARRED: f64 = 5e6;
/// How far below zero a value may go for a safer step.
const SLACK: f64 = 1e-7;

/// A column.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) cost: f64,
    /// Row and coefficient.
    pub(crate) entries: Box<[(u32, f64)]>,
}

/// The program with its basis.
#[derive(Clone, Debug)]
pub(crate) struct Simplex {
    n_rows: usize,
    right: Vec<f64>,
    columns: Vec<Column>,
    /// The column that is basic in each row.
    basis: Vec<usize>,
    is_basic: Vec<bool>,
    values: Vec<f64>,
    /// The inverse of the basis, column by column.
    inverse: Vec<f64>,
    prices: Vec<f64>,
    /// Columns worth a look, with what they gain for each unit.
    candidates: Vec<(f64, usize)>,
    n_steps: usize,
}

impl Simplex {
    /// A program whose first basis is given: for each row a column.
    pub(crate) fn new(right: Vec<f64>, columns: Vec<Column>, basis: Vec<usize>) -> Simplex {
        let n_rows = right.len();
        let mut is_basic = vec![false; columns.len()];
        basis.iter().for_each(|column| is_basic[*column] = true);
        let mut simplex = Simplex {
            n_rows,
            right,
            columns,
            basis,
            is_basic,
            values: Vec::new(),
            inverse: Vec::new(),
            prices: Vec::new(),
            candidates: Vec::new(),
            n_steps: 0,
        };
        simplex.invert();
        simplex
    }

    pub(crate) fn add(&mut self, column: Column) -> usize {
        self.columns.push(column);
        self.is_basic.push(false);
        self.columns.len() - 1
    }

    /// The program with one more row: what each column has on it, its right side, and what its own
    /// column has. That becomes basic, below zero where the solution breaks the row;
    /// [`Simplex::restore`] makes up for it.
    pub(crate) fn with_row(&self, entries: &[(usize, f64)], right: f64, own: f64) -> Simplex {
        let (n, row) = (self.n_rows, u32::try_from(self.n_rows).unwrap_or(u32::MAX));
        let mut columns = self.columns.clone();
        let mut on_row = vec![0.0; self.columns.len()];
        for &(column, by) in entries {
            on_row[column] = by;
            let longer = columns[column].entries.iter().copied().chain([(row, by)]);
            columns[column].entries = longer.collect();
        }
        let on_basis: Vec<f64> = self.basis.iter().map(|column| on_row[*column]).collect();
        let dot = |column: &[f64]| column.iter().zip(&on_basis).map(|(a, b)| a * b).sum::<f64>();
        // The inverse of a matrix with a border: the new row is the border times the old inverse.
        let mut inverse = Vec::with_capacity((n + 1) * (n + 1));
        for column in self.inverse.chunks_exact(n.max(1)) {
            inverse.extend_from_slice(column);
            inverse.push(-dot(column) / own);
        }
        inverse.resize((n + 1) * (n + 1) - 1, 0.0);
        inverse.push(1.0 / own);
        columns.push(Column { cost: 0.0, entries: [(row, own)].into() });
        Simplex {
            n_rows: n + 1,
            right: self.right.iter().copied().chain([right]).collect(),
            basis: self.basis.iter().copied().chain([self.columns.len()]).collect(),
            is_basic: self.is_basic.iter().copied().chain([true]).collect(),
            values: self.values.iter().copied().chain([(right - dot(&self.values)) / own]).collect(),
            inverse,
            prices: Vec::new(),
            candidates: Vec::new(),
            n_steps: 0,
            columns,
        }
    }

    /// What a column costs from here on. Prices follow with [`Simplex::solve`].
    pub(crate) fn set_cost(&mut self, column: usize, cost: f64) {
        self.columns[column].cost = cost;
    }

    /// The column that is basic in each row.
    pub(crate) fn basis(&self) -> &[usize] {
        &self.basis
    }

    /// All columns, in the order they came in.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// What each row is worth.
    pub(crate) fn prices(&self) -> &[f64] {
        &self.prices
    }

    /// The columns above zero.
    pub(crate) fn solution(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.basis.iter().copied().zip(self.values.iter().copied()).filter(|(_, value)| *value > 1e-6)
    }

    pub(crate) fn objective(&self) -> f64 {
        self.basis.iter().zip(&self.values).map(|(column, value)| self.columns[*column].cost * value).sum()
    }

    /// Goes to the optimum, in at most so many steps; asks now and then whether to stop.
    pub(crate) fn solve(&mut self, steps_max: usize, is_over: &dyn Fn() -> bool) -> bool {
        self.price();
        self.candidates.clear();
        for step in 0..steps_max {
            if step % 64 == 63 && is_over() {
                return false;
            }
            let Some(entering) = self.entering() else { return true };
            if !self.enter(entering) {
                return false;
            }
        }
        false
    }

    fn price(&mut self) {
        let n = self.n_rows;
        let costs: Vec<f64> = self.basis.iter().map(|column| self.columns[*column].cost).collect();
        let dot = |column: &[f64]| column.iter().zip(&costs).map(|(a, b)| a * b).sum();
        self.prices = self.inverse.chunks_exact(n.max(1)).map(dot).collect();
    }

    fn reduced(&self, column: &Column) -> f64 {
        let sum: f64 = column.entries.iter().map(|(row, by)| self.prices[*row as usize] * by).sum();
        column.cost - sum
    }

    /// The column that gains most for each unit, among the few that gained most when all were looked
    /// at; when none of them gains any more, all are looked at again.
    fn entering(&mut self) -> Option<usize> {
        let mut candidates = std::mem::take(&mut self.candidates);
        candidates.retain_mut(|(reduced, idx)| {
            *reduced = self.reduced(&self.columns[*idx]);
            *reduced < -WORTH && !self.is_basic[*idx]
        });
        if candidates.is_empty() {
            for (idx, column) in self.columns.iter().enumerate() {
                if !self.is_basic[idx] && column.cost < BARRED {
                    let reduced = self.reduced(column);
                    if reduced < -WORTH {
                        candidates.push((reduced, idx));
                    }
                }
            }
            candidates.sort_by(|(a, _), (b, _)| a.total_cmp(b));
            candidates.truncate(CANDIDATES_MAX);
        }
        let best = candidates.iter().min_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, idx)| *idx);
        self.candidates = candidates;
        best
    }

    /// Takes a column into the basis; false when numbers fail.
    fn enter(&mut self, entering: usize) -> bool {
        let ways = self.ways(entering);
        let Some(leaving) = self.leaving(&ways) else { return false };
        self.values[leaving] = self.values[leaving].max(0.0);
        self.pivot(entering, leaving, &ways);
        true
    }

    /// The row whose basic column leaves for a column with these ways: of those that are nearly at their end
    /// first, the one that gives way most, as small ones spoil the inverse (Harris 1973).
    fn leaving(&self, ways: &[f64]) -> Option<usize> {
        let open = || ways.iter().zip(&self.values).enumerate().filter(|(_, (way, _))| **way > 1e-7);
        let most =
            open().map(|(_, (way, value))| (value.max(0.0) + SLACK) / way).fold(f64::INFINITY, f64::min);
        let first = open().filter(|(_, (way, value))| value.max(0.0) <= most * **way);
        first.max_by(|(_, (a, _)), (_, (b, _))| a.total_cmp(b)).map(|(row, _)| row)
    }

    /// How each basic column gives way to one more of a column.
    fn ways(&self, entering: usize) -> Vec<f64> {
        let n = self.n_rows;
        let mut ways = vec![0.0; n];
        for &(row, by) in &self.columns[entering].entries {
            let column = &self.inverse[row as usize * n..(row as usize + 1) * n];
            ways.iter_mut().zip(column).for_each(|(way, value)| *way += value * by);
        }
        ways
    }

    /// Puts a column into the basis in place of the one that is basic in a row.
    fn pivot(&mut self, entering: usize, leaving: usize, ways: &[f64]) {
        let reduced = self.reduced(&self.columns[entering]);
        let by = 1.0 / ways[leaving];
        let step = self.values[leaving] * by;
        for (value, way) in self.values.iter_mut().zip(ways) {
            *value -= way * step;
        }
        self.values[leaving] = step;
        for (idx, column) in self.inverse.chunks_exact_mut(self.n_rows).enumerate() {
            let pivot = column[leaving] * by;
            if pivot != 0.0 {
                column.iter_mut().zip(ways).for_each(|(value, way)| *value -= way * pivot);
                column[leaving] = pivot;
                self.prices[idx] += reduced * pivot;
            }
        }
        self.is_basic[self.basis[leaving]] = false;
        self.is_basic[entering] = true;
        self.basis[leaving] = entering;
        self.n_steps += 1;
        if self.n_steps.is_multiple_of(STEPS_FRESH) {
            self.invert();
            self.price();
        }
    }

    /// Goes back to where no value is below zero by the dual simplex method, in so many steps at most
    /// or until the objective is at `enough`. It rises with each step, so every one of them is a bound
    /// over these columns. Returns the last one.
    pub(crate) fn restore(&mut self, steps_max: usize, enough: f64) -> f64 {
        self.price();
        let mut reduced: Vec<f64> = self.columns.iter().map(|column| self.reduced(column).max(0.0)).collect();
        let mut objective = self.objective();
        for _ in 0..steps_max {
            let least = self.values.iter().enumerate().min_by(|(_, a), (_, b)| a.total_cmp(b));
            let Some((leaving, value)) = least.filter(|(_, value)| **value < -1e-7) else { break };
            let value = *value;
            let across: Vec<f64> =
                self.inverse.chunks_exact(self.n_rows).map(|column| column[leaving]).collect();
            let along = |column: &Column| -> f64 {
                column.entries.iter().map(|(row, by)| across[*row as usize] * by).sum()
            };
            let along: Vec<f64> = self.columns.iter().map(along).collect();
            let mut entering = None;
            let mut ratio_min = f64::INFINITY;
            for (idx, along) in along.iter().enumerate() {
                if *along < -1e-7 && !self.is_basic[idx] && self.columns[idx].cost < BARRED {
                    let ratio = reduced[idx] / -along;
                    if ratio < ratio_min {
                        (ratio_min, entering) = (ratio, Some(idx));
                    }
                }
            }
            // Nothing makes up for it: no solution.
            let Some(entering) = entering else { return enough };
            objective -= value * ratio_min;
            if objective >= enough {
                return enough;
            }
            reduced.iter_mut().zip(&along).for_each(|(reduced, along)| *reduced += ratio_min * along);
            let ways = self.ways(entering);
            self.pivot(entering, leaving, &ways);
        }
        objective
    }

    /// Works the inverse out anew, by elimination with row exchange.
    fn invert(&mut self) {
        let n = self.n_rows;
        // Column-major: the basis on the left is only thought of, the right becomes the inverse.
        let mut left = vec![0.0; n * n];
        for (place, column) in self.basis.iter().enumerate() {
            for &(row, by) in &self.columns[*column].entries {
                left[row as usize * n + place] = by;
            }
        }
        let mut right = vec![0.0; n * n];
        (0..n).for_each(|row| right[row * n + row] = 1.0);
        for place in 0..n {
            let size = |row: &usize| left[row * n + place].abs();
            let Some(pivot) = (place..n).max_by(|a, b| size(a).total_cmp(&size(b))) else { return };
            if left[pivot * n + place].abs() < 1e-11 {
                continue;
            }
            if pivot != place {
                for table in [&mut left, &mut right] {
                    let (head, tail) = table.split_at_mut(pivot * n);
                    head[place * n..(place + 1) * n].swap_with_slice(&mut tail[..n]);
                }
            }
            let by = 1.0 / left[place * n + place];
            for table in [&mut left, &mut right] {
                table[place * n..(place + 1) * n].iter_mut().for_each(|value| *value *= by);
            }
            for row in (0..n).filter(|row| *row != place) {
                let factor = left[row * n + place];
                if factor != 0.0 {
                    take(&mut left, n, (row, place), factor, place);
                    take(&mut right, n, (row, place), factor, 0);
                }
            }
        }
        self.inverse = vec![0.0; n * n];
        for row in 0..n {
            for column in 0..n {
                self.inverse[column * n + row] = right[row * n + column];
            }
        }
        self.values = vec![0.0; n];
        for (column, right) in self.inverse.chunks_exact(n.max(1)).zip(&self.right) {
            self.values.iter_mut().zip(column).for_each(|(value, by)| *value += by * right);
        }
    }
}

/// Takes a multiple of one row from another, from a place on.
fn take(table: &mut [f64], n: usize, (row, from): (usize, usize), factor: f64, first: usize) {
    let (low, high) = table.split_at_mut(row.max(from) * n);
    let (target, source) = if row < from {
        (&mut low[row * n..(row + 1) * n], &high[..n])
    } else {
        (&mut high[..n], &low[from * n..(from + 1) * n])
    };
    target[first..].iter_mut().zip(&source[first..]).for_each(|(value, more)| *value -= more * factor);
}
