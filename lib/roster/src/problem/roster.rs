//! A roster: one cell for each person and day, person by person.

use super::{Cell, DayIdx, PersonIdx};

/// Who does what on each day of the horizon.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Roster {
    n_days: usize,
    cells: Vec<Cell>,
}

impl Roster {
    /// Everybody off every day.
    #[must_use]
    pub fn empty(n_people: usize, n_days: usize) -> Roster {
        Roster { n_days, cells: vec![Cell::OFF; n_people * n_days] }
    }

    /// How many people.
    #[must_use]
    pub fn n_people(&self) -> usize {
        self.cells.len().checked_div(self.n_days).unwrap_or(0)
    }

    /// How many days.
    #[must_use]
    pub fn n_days(&self) -> usize {
        self.n_days
    }

    /// What a person does on a day; off outside the roster.
    #[must_use]
    pub fn cell(&self, person: PersonIdx, day: DayIdx) -> Cell {
        self.row(person).get(day.idx()).copied().unwrap_or(Cell::OFF)
    }

    /// Sets a cell and returns what was there. Outside the roster nothing happens.
    pub fn set(&mut self, person: PersonIdx, day: DayIdx, cell: Cell) -> Cell {
        match self.row_mut(person).get_mut(day.idx()) {
            Some(place) => std::mem::replace(place, cell),
            None => Cell::OFF,
        }
    }

    /// A person's days in order; nothing for a person who is not in the roster.
    #[must_use]
    pub fn row(&self, person: PersonIdx) -> &[Cell] {
        let from = person.idx() * self.n_days;
        self.cells.get(from..from + self.n_days).unwrap_or(&[])
    }

    /// A person's days in order, to change.
    pub fn row_mut(&mut self, person: PersonIdx) -> &mut [Cell] {
        let from = person.idx() * self.n_days;
        self.cells.get_mut(from..from + self.n_days).unwrap_or(&mut [])
    }

    /// Every duty that is worked, person by person and day by day.
    pub fn worked(&self) -> impl Iterator<Item = (PersonIdx, DayIdx, Cell)> + '_ {
        PersonIdx::all(self.n_people()).flat_map(move |person| {
            let days = DayIdx::all(self.n_days).zip(self.row(person).iter().copied());
            days.filter(|(_, cell)| cell.is_work()).map(move |(day, cell)| (person, day, cell))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_outside_are_off_and_stay_so() {
        let mut roster = Roster::empty(2, 3);
        assert_eq!(roster.set(PersonIdx(1), DayIdx(2), Cell(4)), Cell::OFF);
        assert_eq!(roster.set(PersonIdx(1), DayIdx(3), Cell(4)), Cell::OFF);
        assert_eq!(roster.set(PersonIdx(2), DayIdx(0), Cell(4)), Cell::OFF);
        assert_eq!(roster.worked().collect::<Vec<_>>(), [(PersonIdx(1), DayIdx(2), Cell(4))]);
    }
}
