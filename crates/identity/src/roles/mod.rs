//! Roles, what they allow, and the scope a query runs under.
//!
//! [`Role::allows`] is the table of who sees what ([`rules`](self) holds it cell by cell). [`Access`] is one
//! person with their dated grants; [`Scope`] is the proof that a permission was checked at a site, and the
//! parameter every listing query takes.

mod access;
mod rules;
mod scope;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use access::Limit;
pub use access::{Access, Grant};
pub use rules::Cell;
pub use scope::Scope;
pub use store::{GrantRefused, end_role, find_access, grant_role, list_grants};
pub(crate) use store::{spread_administrators, take_back};

use std::str::FromStr;

/// What a person is at a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Leads a unit.
    UnitManager,
    /// Leads a facility.
    FacilityManager,
    /// Leads several departments or facilities.
    SeniorManager,
    /// Leads the enterprise.
    Director,
    /// Answers for licenses, standards and privacy.
    Compliance,
    /// Works claims and denials.
    Billing,
    /// Answers for records, coding and feeds (HIM).
    HealthInformation,
    /// Leads measures and reviews (QI lead).
    Quality,
    /// Works in a unit.
    Staff,
    /// A surveyor from outside, in a survey room.
    Surveyor,
    /// A member of the board.
    Board,
    /// Keeps the installation: people, sites, feeds, keys. Sees no patient.
    Administrator,
}

impl Role {
    /// Every role, in the order lists show them.
    pub const ALL: [Role; 12] = [
        Role::UnitManager,
        Role::FacilityManager,
        Role::SeniorManager,
        Role::Director,
        Role::Compliance,
        Role::Billing,
        Role::HealthInformation,
        Role::Quality,
        Role::Staff,
        Role::Surveyor,
        Role::Board,
        Role::Administrator,
    ];

    /// The word it is stored and imported under.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Role::UnitManager => "unit-manager",
            Role::FacilityManager => "facility-manager",
            Role::SeniorManager => "senior-manager",
            Role::Director => "director",
            Role::Compliance => "compliance",
            Role::Billing => "billing",
            Role::HealthInformation => "health-information",
            Role::Quality => "quality",
            Role::Staff => "staff",
            Role::Surveyor => "surveyor",
            Role::Board => "board",
            Role::Administrator => "administrator",
        }
    }

    /// The words people read.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Role::UnitManager => "Unit manager",
            Role::FacilityManager => "Facility manager",
            Role::SeniorManager => "Senior manager",
            Role::Director => "Director",
            Role::Compliance => "Compliance officer",
            Role::Billing => "Billing",
            Role::HealthInformation => "Health information",
            Role::Quality => "Quality lead",
            Role::Staff => "Staff",
            Role::Surveyor => "Surveyor",
            Role::Board => "Board member",
            Role::Administrator => "Administrator",
        }
    }
}

/// Why a text is not a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{got}` is not a role; use one of {}", Role::ALL.map(Role::key).join(", "))]
pub struct BadRole {
    /// The text given.
    pub got: String,
}

impl FromStr for Role {
    type Err = BadRole;

    /// By key, title or a usual short form, whatever the case; blanks and underscores count as hyphens.
    fn from_str(text: &str) -> Result<Role, BadRole> {
        let word = text.trim().to_lowercase().replace([' ', '_'], "-");
        let word = match word.as_str() {
            "admin" => "administrator",
            "him" => "health-information",
            "qi-lead" => "quality",
            _ => &word,
        };
        let found = Role::ALL
            .into_iter()
            .find(|role| role.key() == word || role.title().to_lowercase().replace(' ', "-") == word);
        found.ok_or_else(|| BadRole { got: text.chars().take(40).collect() })
    }
}

/// An area of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AreaKey {
    /// The brief, needs, the huddle.
    Today,
    /// Census and flow.
    Census,
    /// Rosters, leave, credentials.
    Workforce,
    /// Patients and access.
    Access,
    /// Emergency plans and events.
    Emergency,
    /// Budgets and the ledger.
    Finance,
    /// Claims and denials.
    Revenue,
    /// Obligations, policies, privacy.
    Compliance,
    /// Measures, incidents, reviews.
    Quality,
    /// Projects and goals.
    Projects,
    /// Announcements and meetings.
    Communication,
    /// Reports and packs.
    Reports,
    /// People, sites, feeds, jobs, keys.
    Admin,
    /// One's own page and account.
    Me,
}

impl AreaKey {
    /// Every area, in the order of the table of who sees what.
    pub const ALL: [AreaKey; 14] = [
        AreaKey::Today,
        AreaKey::Census,
        AreaKey::Workforce,
        AreaKey::Access,
        AreaKey::Emergency,
        AreaKey::Finance,
        AreaKey::Revenue,
        AreaKey::Compliance,
        AreaKey::Quality,
        AreaKey::Projects,
        AreaKey::Communication,
        AreaKey::Reports,
        AreaKey::Admin,
        AreaKey::Me,
    ];

    /// The word used in addresses and tokens.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            AreaKey::Today => "today",
            AreaKey::Census => "census",
            AreaKey::Workforce => "workforce",
            AreaKey::Access => "access",
            AreaKey::Emergency => "emergency",
            AreaKey::Finance => "finance",
            AreaKey::Revenue => "revenue",
            AreaKey::Compliance => "compliance",
            AreaKey::Quality => "quality",
            AreaKey::Projects => "projects",
            AreaKey::Communication => "communication",
            AreaKey::Reports => "reports",
            AreaKey::Admin => "admin",
            AreaKey::Me => "me",
        }
    }
}

/// How far a right goes; a higher one holds the lower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Read.
    View,
    /// Change.
    Edit,
    /// Approve or publish.
    Approve,
}

impl Level {
    /// The word used in tokens.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Level::View => "view",
            Level::Edit => "edit",
            Level::Approve => "approve",
        }
    }
}

/// Which part of an area a right speaks of. Whoever holds the whole holds every part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// All of it.
    Whole,
    /// What the person owns.
    Own,
    /// Leave and swaps.
    Leave,
    /// Publishing a roster.
    Publishing,
    /// Credentials.
    Credentials,
    /// Training.
    Training,
    /// What was placed in a survey room.
    Packet,
    /// Activating a plan.
    Activation,
    /// Tasks given to the person.
    Tasks,
    /// What stands after an event is over.
    Afterward,
    /// Notes on variances.
    Notes,
    /// The budget.
    Budget,
    /// Closing a period.
    Closing,
    /// Contracts.
    Contracts,
    /// The ledger.
    Ledger,
    /// The scorecard.
    Scorecard,
    /// Audits by payers.
    Audits,
    /// Submitting claims.
    Submission,
    /// Coding.
    Coding,
    /// Evidence.
    Evidence,
    /// Policies.
    Policies,
    /// Records.
    Records,
    /// Attesting to have read.
    Attestation,
    /// The summary.
    Summary,
    /// Incident reviews.
    Reviews,
    /// Reporting an incident.
    Reporting,
    /// Measures.
    Measures,
    /// Goals.
    Goals,
    /// Board packs.
    Packs,
    /// Sites and units, and who works there.
    Sites,
    /// The audit log.
    AuditLog,
    /// Feeds.
    Feeds,
}

impl Part {
    const ALL: [Part; 32] = [
        Part::Whole,
        Part::Own,
        Part::Leave,
        Part::Publishing,
        Part::Credentials,
        Part::Training,
        Part::Packet,
        Part::Activation,
        Part::Tasks,
        Part::Afterward,
        Part::Notes,
        Part::Budget,
        Part::Closing,
        Part::Contracts,
        Part::Ledger,
        Part::Scorecard,
        Part::Audits,
        Part::Submission,
        Part::Coding,
        Part::Evidence,
        Part::Policies,
        Part::Records,
        Part::Attestation,
        Part::Summary,
        Part::Reviews,
        Part::Reporting,
        Part::Measures,
        Part::Goals,
        Part::Packs,
        Part::Sites,
        Part::AuditLog,
        Part::Feeds,
    ];

    /// The word used in tokens.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Part::Whole => "whole",
            Part::Own => "own",
            Part::Leave => "leave",
            Part::Publishing => "publishing",
            Part::Credentials => "credentials",
            Part::Training => "training",
            Part::Packet => "packet",
            Part::Activation => "activation",
            Part::Tasks => "tasks",
            Part::Afterward => "afterward",
            Part::Notes => "notes",
            Part::Budget => "budget",
            Part::Closing => "closing",
            Part::Contracts => "contracts",
            Part::Ledger => "ledger",
            Part::Scorecard => "scorecard",
            Part::Audits => "audits",
            Part::Submission => "submission",
            Part::Coding => "coding",
            Part::Evidence => "evidence",
            Part::Policies => "policies",
            Part::Records => "records",
            Part::Attestation => "attestation",
            Part::Summary => "summary",
            Part::Reviews => "reviews",
            Part::Reporting => "reporting",
            Part::Measures => "measures",
            Part::Goals => "goals",
            Part::Packs => "packs",
            Part::Sites => "sites",
            Part::AuditLog => "audit-log",
            Part::Feeds => "feeds",
        }
    }
}

/// What is asked for: a level in an area, of a part of it, with patients' names or without.
///
/// Written `census:view`, `census:view:phi`, `admin:view:feeds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission {
    /// The area.
    pub area: AreaKey,
    /// How far.
    pub level: Level,
    /// Of which part.
    pub part: Part,
    /// Whether patients are named.
    pub phi: bool,
}

impl Permission {
    /// The brief and its needs.
    pub const TODAY_VIEW: Permission = Permission::of(AreaKey::Today, Level::View);
    /// Huddle notes, dismissals.
    pub const TODAY_EDIT: Permission = Permission::of(AreaKey::Today, Level::Edit);
    /// Census pages without names.
    pub const CENSUS_VIEW: Permission = Permission::of(AreaKey::Census, Level::View);
    /// Beds blocked and opened, mappings mended.
    pub const CENSUS_EDIT: Permission = Permission::of(AreaKey::Census, Level::Edit);
    /// Census pages that name patients.
    pub const CENSUS_PHI: Permission = Permission::of(AreaKey::Census, Level::View).with_phi();
    /// Reports.
    pub const REPORTS_VIEW: Permission = Permission::of(AreaKey::Reports, Level::View);
    /// All of administration, reading.
    pub const ADMIN_VIEW: Permission = Permission::of(AreaKey::Admin, Level::View);
    /// All of administration, changing.
    pub const ADMIN_EDIT: Permission = Permission::of(AreaKey::Admin, Level::Edit);
    /// Sites, units and who works there.
    pub const SITES_VIEW: Permission = Permission::of(AreaKey::Admin, Level::View).of_part(Part::Sites);
    /// The audit log and the log of views.
    pub const AUDIT_VIEW: Permission = Permission::of(AreaKey::Admin, Level::View).of_part(Part::AuditLog);
    /// Feeds and their errors.
    pub const FEEDS_VIEW: Permission = Permission::of(AreaKey::Admin, Level::View).of_part(Part::Feeds);
    /// Replaying messages.
    pub const FEEDS_EDIT: Permission = Permission::of(AreaKey::Admin, Level::Edit).of_part(Part::Feeds);
    /// One's own page and account.
    pub const ME: Permission = Permission::of(AreaKey::Me, Level::Edit);

    /// A level in the whole of an area, without names.
    #[must_use]
    pub const fn of(area: AreaKey, level: Level) -> Permission {
        Permission { area, level, part: Part::Whole, phi: false }
    }

    /// The same, naming patients.
    #[must_use]
    pub const fn with_phi(self) -> Permission {
        Permission { phi: true, ..self }
    }

    /// The same, of one part of the area.
    #[must_use]
    pub const fn of_part(self, part: Part) -> Permission {
        Permission { part, ..self }
    }

    /// Whether holding `self` is enough for `asked`.
    #[must_use]
    pub fn covers(self, asked: Permission) -> bool {
        self.area == asked.area
            && self.level >= asked.level
            && (self.part == Part::Whole || self.part == asked.part)
            && (self.phi || !asked.phi)
    }
}

impl std::fmt::Display for Permission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.area.key(), self.level.key())?;
        if self.part != Part::Whole {
            write!(f, ":{}", self.part.key())?;
        }
        if self.phi { f.write_str(":phi") } else { Ok(()) }
    }
}

/// Why a text is not a permission.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{got}` is not a permission; write area:level, for example census:view or census:view:phi. Levels are view, \
     edit and approve, areas are {areas}",
    areas = AreaKey::ALL.map(AreaKey::key).join(", ")
)]
pub struct BadPermission {
    /// The text given.
    pub got: String,
}

impl FromStr for Permission {
    type Err = BadPermission;

    fn from_str(text: &str) -> Result<Permission, BadPermission> {
        let bad = || BadPermission { got: text.chars().take(60).collect() };
        let mut words = text.split(':');
        let (area, level) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let area = AreaKey::ALL.into_iter().find(|known| known.key() == area).ok_or_else(bad)?;
        let levels = [Level::View, Level::Edit, Level::Approve];
        let level = levels.into_iter().find(|known| known.key() == level).ok_or_else(bad)?;
        let mut permission = Permission::of(area, level);
        for word in words {
            if word == "phi" {
                permission = permission.with_phi();
            } else {
                let part = Part::ALL.into_iter().find(|part| part.key() == word).ok_or_else(bad)?;
                permission = permission.of_part(part);
            }
        }
        Ok(permission)
    }
}
