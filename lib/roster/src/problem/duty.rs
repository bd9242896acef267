//! Cells and the duties they can hold: a duty is a shift worked in a skill.

use super::{ShiftIdx, SkillIdx};
use crate::problem::Shift;

/// The most cell codes a problem may have: off, and 447 duties.
pub const CODES_MAX: usize = 448;

/// What a person does on a day: off, or one duty. The code of a duty is its place in [`Duties`] plus one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell(pub u16);

/// A shift worked in a skill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duty {
    /// When and where.
    pub shift: ShiftIdx,
    /// As what.
    pub skill: SkillIdx,
}

/// Every duty of a problem, shift by shift, and with it the meaning of cell codes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duties {
    duties: Vec<Duty>,
}

/// A set of cell codes, off among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DutySet {
    words: [u64; CODES_MAX / 64],
}

impl Cell {
    /// No duty.
    pub const OFF: Cell = Cell(0);

    /// Whether there is no duty.
    #[must_use]
    pub const fn is_off(self) -> bool {
        self.0 == 0
    }

    /// Whether there is a duty.
    #[must_use]
    pub const fn is_work(self) -> bool {
        self.0 != 0
    }

    /// The code as a plain number, for tables.
    #[must_use]
    pub const fn code(self) -> usize {
        self.0 as usize
    }
}

impl Duties {
    /// The duties of these shifts: each shift in each of its skills, in the order given.
    #[must_use]
    pub fn of(shifts: &[Shift]) -> Duties {
        let of_shift = |(idx, shift): (usize, &Shift)| {
            let shift_idx = ShiftIdx::at(idx);
            shift.skills.clone().into_iter().map(move |skill| Duty { shift: shift_idx, skill })
        };
        Duties { duties: shifts.iter().enumerate().flat_map(of_shift).collect() }
    }

    /// How many codes there are: one for off and one for each duty.
    #[must_use]
    pub fn n_codes(&self) -> usize {
        self.duties.len() + 1
    }

    /// The duty of a cell; `None` when off or when the code means nothing here.
    #[must_use]
    pub fn duty(&self, cell: Cell) -> Option<Duty> {
        self.duties.get(cell.code().checked_sub(1)?).copied()
    }

    /// The cell of a shift worked in a skill; `None` when the shift is not worked in it.
    #[must_use]
    pub fn cell(&self, shift: ShiftIdx, skill: SkillIdx) -> Option<Cell> {
        self.work().find(|(_, duty)| duty.shift == shift && duty.skill == skill).map(|(cell, _)| cell)
    }

    /// Every duty with its cell.
    pub fn work(&self) -> impl Iterator<Item = (Cell, Duty)> + Clone + '_ {
        (1..).map(Cell).zip(self.duties.iter().copied())
    }

    /// Every cell there is, off first.
    pub fn cells(&self) -> impl DoubleEndedIterator<Item = Cell> + Clone + use<> {
        (0..u16::try_from(self.n_codes()).unwrap_or(u16::MAX)).map(Cell)
    }

    /// The duties that pass.
    pub fn set(&self, passes: impl Fn(Duty) -> bool) -> DutySet {
        self.work().filter(|(_, duty)| passes(*duty)).map(|(cell, _)| cell).collect()
    }

    /// A shift in any of its skills.
    #[must_use]
    pub fn of_shift(&self, shift: ShiftIdx) -> DutySet {
        self.set(|duty| duty.shift == shift)
    }

    /// Every duty, without off.
    #[must_use]
    pub fn all_work(&self) -> DutySet {
        self.set(|_| true)
    }
}

impl DutySet {
    /// Off alone.
    pub const OFF: DutySet = {
        let mut words = [0; CODES_MAX / 64];
        words[0] = 1;
        DutySet { words }
    };

    /// Nothing.
    pub const NONE: DutySet = DutySet { words: [0; CODES_MAX / 64] };

    /// Whether the cell is in the set.
    #[must_use]
    pub fn has(&self, cell: Cell) -> bool {
        self.words.get(cell.code() / 64).is_some_and(|word| word >> (cell.code() % 64) & 1 == 1)
    }

    /// Puts a cell into the set; codes past the last possible are left out.
    pub fn insert(&mut self, cell: Cell) {
        if let Some(word) = self.words.get_mut(cell.code() / 64) {
            *word |= 1 << (cell.code() % 64);
        }
    }

    /// Every other code, off included.
    #[must_use]
    pub fn complement(&self) -> DutySet {
        DutySet { words: self.words.map(|word| !word) }
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &DutySet) -> DutySet {
        let mut both = *self;
        both.words.iter_mut().zip(other.words).for_each(|(word, more)| *word |= more);
        both
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &DutySet) -> DutySet {
        let mut both = *self;
        both.words.iter_mut().zip(other.words).for_each(|(word, more)| *word &= more);
        both
    }

    /// What is here and not there.
    #[must_use]
    pub fn without(&self, other: &DutySet) -> DutySet {
        self.intersection(&other.complement())
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// The cells of the set among the first so many codes, in order.
    pub fn cells(&self, n_codes: usize) -> impl Iterator<Item = Cell> + '_ {
        (0..u16::try_from(n_codes).unwrap_or(u16::MAX)).map(Cell).filter(|cell| self.has(*cell))
    }

    /// One flag for each of the first so many codes: a table for tight loops.
    #[must_use]
    pub fn flags(&self, n_codes: usize) -> Box<[bool]> {
        (0..u16::try_from(n_codes).unwrap_or(u16::MAX)).map(|code| self.has(Cell(code))).collect()
    }
}

impl FromIterator<Cell> for DutySet {
    fn from_iter<I: IntoIterator<Item = Cell>>(cells: I) -> DutySet {
        let mut set = DutySet::NONE;
        cells.into_iter().for_each(|cell| set.insert(cell));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_the_first_and_the_last_code_and_no_further() {
        let mut set: DutySet = [Cell(0), Cell(63), Cell(64), Cell(447)].into_iter().collect();
        assert_eq!(set.cells(CODES_MAX).map(|cell| cell.0).collect::<Vec<u16>>(), [0, 63, 64, 447]);
        set.insert(Cell(448));
        assert!(!set.has(Cell(448)));
        assert!(!set.complement().has(Cell(64)) && set.complement().has(Cell(65)));
        assert!(set.without(&set).is_empty());
    }
}
