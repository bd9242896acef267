//! The table of who sees what, cell by cell.
//!
//! A cell reads as the managers wrote it: `n` none, `v` view, `e` edit, `a` approve or publish, `(P)` with
//! patients' names. Words after a letter narrow it, by one rule: `v x` views only x; `e x` views the whole
//! and edits x; `a x` edits the whole and approves x. A cell of one word (packet, scorecard, attest) is
//! only that part.

use super::AreaKey as Area;
use super::{AreaKey, Level, Part, Permission, Role};

/// What one role may do in one area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// The level held over the whole area.
    pub whole: Option<Level>,
    /// A level held over one part of it.
    pub part: Option<(Level, Part)>,
    /// Whether patients are named.
    pub phi: bool,
}

impl Cell {
    fn allows(self, asked: Permission) -> bool {
        if asked.phi && !self.phi {
            return false;
        }
        self.whole.is_some_and(|held| held >= asked.level)
            || self.part.is_some_and(|(held, part)| held >= asked.level && part == asked.part)
    }
}

const N: Cell = Cell { whole: None, part: None, phi: false };
const V: Cell = Cell { whole: Some(Level::View), ..N };
const E: Cell = Cell { whole: Some(Level::Edit), ..N };
const A: Cell = Cell { whole: Some(Level::Approve), ..N };

const fn phi(cell: Cell) -> Cell {
    Cell { phi: true, ..cell }
}

const fn v(part: Part) -> Cell {
    Cell { part: Some((Level::View, part)), ..N }
}

const fn e(part: Part) -> Cell {
    Cell { part: Some((Level::Edit, part)), ..V }
}

const fn a(part: Part) -> Cell {
    Cell { part: Some((Level::Approve, part)), ..E }
}

/// Only a part, and that to change: own rows, an attestation, a report.
const fn only(part: Part) -> Cell {
    Cell { part: Some((Level::Edit, part)), ..N }
}

impl Role {
    /// Whether this role allows `asked`, at the sites it is held for.
    #[must_use]
    pub fn allows(self, asked: Permission) -> bool {
        self.cell(asked.area).allows(asked)
    }

    /// What this role may do in an area.
    #[must_use]
    pub fn cell(self, area: AreaKey) -> Cell {
        if area == Area::Me {
            return E;
        }
        match self {
            Role::UnitManager => unit_manager(area),
            Role::FacilityManager => facility_manager(area),
            Role::SeniorManager => senior_manager(area),
            Role::Director => director(area),
            Role::Compliance => compliance(area),
            Role::Billing => billing(area),
            Role::HealthInformation => health_information(area),
            Role::Quality => quality(area),
            Role::Staff => staff(area),
            Role::Surveyor => surveyor(area),
            Role::Board => board(area),
            Role::Administrator => administrator(area),
        }
    }
}

fn unit_manager(area: AreaKey) -> Cell {
    match area {
        Area::Today => E,
        Area::Census | Area::Access | Area::Quality => phi(E),
        Area::Workforce => a(Part::Leave),
        Area::Emergency | Area::Communication | Area::Me => E,
        Area::Finance => e(Part::Notes),
        Area::Revenue | Area::Admin => N,
        Area::Compliance => e(Part::Evidence),
        Area::Projects => e(Part::Tasks),
        Area::Reports => V,
    }
}

fn facility_manager(area: AreaKey) -> Cell {
    match area {
        Area::Today | Area::Compliance | Area::Projects | Area::Reports | Area::Me => E,
        Area::Census | Area::Access | Area::Quality => phi(E),
        Area::Workforce => a(Part::Publishing),
        Area::Emergency => a(Part::Activation),
        Area::Finance => a(Part::Notes),
        Area::Revenue => V,
        Area::Communication => A,
        Area::Admin => v(Part::Sites),
    }
}

fn senior_manager(area: AreaKey) -> Cell {
    match area {
        Area::Today | Area::Reports | Area::Me => E,
        Area::Census | Area::Access | Area::Revenue | Area::Admin => V,
        Area::Workforce | Area::Emergency | Area::Projects | Area::Communication => A,
        Area::Finance => a(Part::Budget),
        Area::Compliance => a(Part::Policies),
        Area::Quality => a(Part::Reviews),
    }
}

fn director(area: AreaKey) -> Cell {
    match area {
        Area::Today | Area::Admin | Area::Me => E,
        Area::Census | Area::Workforce | Area::Access | Area::Revenue | Area::Quality => V,
        Area::Emergency | Area::Compliance | Area::Projects | Area::Communication => A,
        Area::Finance => a(Part::Closing),
        Area::Reports => a(Part::Packs),
    }
}

fn compliance(area: AreaKey) -> Cell {
    match area {
        Area::Today | Area::Communication | Area::Reports | Area::Me => E,
        Area::Census | Area::Access | Area::Emergency | Area::Quality | Area::Projects => V,
        Area::Workforce => v(Part::Credentials),
        Area::Finance => v(Part::Contracts),
        Area::Revenue => v(Part::Audits),
        Area::Compliance => A,
        Area::Admin => v(Part::AuditLog),
    }
}

fn billing(area: AreaKey) -> Cell {
    match area {
        Area::Today | Area::Reports | Area::Me => E,
        Area::Census | Area::Emergency | Area::Compliance | Area::Projects | Area::Communication => V,
        Area::Workforce | Area::Quality | Area::Admin => N,
        Area::Access => phi(V),
        Area::Finance => v(Part::Ledger),
        Area::Revenue => phi(a(Part::Submission)),
    }
}

fn health_information(area: AreaKey) -> Cell {
    match area {
        Area::Today | Area::Reports | Area::Me => E,
        Area::Census | Area::Access => phi(E),
        Area::Workforce | Area::Finance => N,
        Area::Emergency | Area::Projects | Area::Communication => V,
        Area::Revenue => phi(v(Part::Coding)),
        Area::Compliance => e(Part::Records),
        Area::Quality => phi(V),
        Area::Admin => v(Part::Feeds),
    }
}

fn quality(area: AreaKey) -> Cell {
    match area {
        Area::Today | Area::Projects | Area::Communication | Area::Reports | Area::Me => E,
        Area::Census | Area::Access | Area::Emergency | Area::Compliance => V,
        Area::Workforce => v(Part::Training),
        Area::Finance | Area::Revenue | Area::Admin => N,
        Area::Quality => phi(A),
    }
}

fn staff(area: AreaKey) -> Cell {
    match area {
        Area::Today | Area::Census | Area::Access | Area::Finance | Area::Revenue => N,
        Area::Projects | Area::Reports | Area::Admin => N,
        Area::Workforce => only(Part::Own),
        Area::Emergency => v(Part::Tasks),
        Area::Compliance => only(Part::Attestation),
        Area::Quality => only(Part::Reporting),
        Area::Communication => V,
        Area::Me => E,
    }
}

fn surveyor(area: AreaKey) -> Cell {
    match area {
        Area::Workforce | Area::Emergency | Area::Compliance | Area::Quality => v(Part::Packet),
        Area::Today | Area::Census | Area::Access | Area::Finance | Area::Revenue => N,
        Area::Projects | Area::Communication | Area::Reports | Area::Admin => N,
        Area::Me => E,
    }
}

fn board(area: AreaKey) -> Cell {
    match area {
        Area::Today | Area::Census | Area::Workforce | Area::Access => N,
        Area::Communication | Area::Admin => N,
        Area::Emergency => v(Part::Afterward),
        Area::Finance | Area::Revenue => v(Part::Scorecard),
        Area::Compliance => v(Part::Summary),
        Area::Quality => v(Part::Measures),
        Area::Projects => v(Part::Goals),
        Area::Reports => v(Part::Packs),
        Area::Me => E,
    }
}

/// Not in the managers' table: keeps the installation and sees no patient.
fn administrator(area: AreaKey) -> Cell {
    match area {
        Area::Admin | Area::Me => E,
        Area::Today | Area::Census | Area::Workforce | Area::Access | Area::Emergency => N,
        Area::Finance | Area::Revenue | Area::Compliance | Area::Quality => N,
        Area::Projects | Area::Communication | Area::Reports => N,
    }
}
