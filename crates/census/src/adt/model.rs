//! The words of admission, discharge and transfer: what a message states, and what we make of it.

use base::Id;
use identity::Site;
use serde::{Deserialize, Serialize};

/// Microseconds since 1970, UTC. Facts are kept by the million, so they hold the plain number.
pub type Micros = i64;

/// The end of a stay's leg that has not ended.
pub const OPEN: Micros = 253_402_300_799_999_999;

/// What an ADT message announces: HL7 table 0003, the events that concern a census.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Trigger {
    /// A01.
    Admit,
    /// A02.
    Transfer,
    /// A03.
    Discharge,
    /// A04.
    Register,
    /// A05.
    Preadmit,
    /// A06.
    ToInpatient,
    /// A07.
    ToOutpatient,
    /// A08 and the like: news about a visit that moves nobody.
    Update,
    /// A09.
    Departing,
    /// A10.
    Arriving,
    /// A11.
    CancelAdmit,
    /// A12.
    CancelTransfer,
    /// A13.
    CancelDischarge,
    /// A14.
    PendingAdmit,
    /// A15.
    PendingTransfer,
    /// A16.
    PendingDischarge,
    /// A17.
    Swap,
    /// A21.
    LeaveOut,
    /// A22.
    LeaveBack,
    /// A25.
    CancelPendingDischarge,
    /// A26.
    CancelPendingTransfer,
    /// A27.
    CancelPendingAdmit,
    /// A28, A31: about the person, no visit.
    Person,
    /// A32, A33: cancels of tracking.
    CancelTracking,
    /// A38.
    CancelPreadmit,
    /// A40 (and A18, A30, A34, A36, A39, A46), and A43: a patient number retired, or moved with all it names.
    MergePatient,
    /// A41 (and A35): an account number retired.
    MergeAccount,
    /// A42: a visit number retired.
    MergeVisit,
    /// A44, A45: an account or visit moved to another patient.
    MoveVisit,
    /// A52.
    CancelLeaveOut,
    /// A53.
    CancelLeaveBack,
}

impl Trigger {
    /// The trigger of an event code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Trigger> {
        Some(match code {
            "A01" => Trigger::Admit,
            "A02" => Trigger::Transfer,
            "A03" => Trigger::Discharge,
            "A04" => Trigger::Register,
            "A05" => Trigger::Preadmit,
            "A06" => Trigger::ToInpatient,
            "A07" => Trigger::ToOutpatient,
            "A08" | "A54" | "A55" => Trigger::Update,
            "A09" => Trigger::Departing,
            "A10" => Trigger::Arriving,
            "A11" => Trigger::CancelAdmit,
            "A12" => Trigger::CancelTransfer,
            "A13" => Trigger::CancelDischarge,
            "A14" => Trigger::PendingAdmit,
            "A15" => Trigger::PendingTransfer,
            "A16" => Trigger::PendingDischarge,
            "A17" => Trigger::Swap,
            "A18" | "A30" | "A34" | "A36" | "A39" | "A40" | "A43" | "A46" => Trigger::MergePatient,
            "A21" => Trigger::LeaveOut,
            "A22" => Trigger::LeaveBack,
            "A25" => Trigger::CancelPendingDischarge,
            "A26" => Trigger::CancelPendingTransfer,
            "A27" => Trigger::CancelPendingAdmit,
            "A28" | "A31" | "A24" | "A37" | "A29" | "A47" | "A60" => Trigger::Person,
            "A32" | "A33" => Trigger::CancelTracking,
            "A35" | "A41" => Trigger::MergeAccount,
            "A38" => Trigger::CancelPreadmit,
            "A42" => Trigger::MergeVisit,
            "A44" | "A45" => Trigger::MoveVisit,
            "A52" => Trigger::CancelLeaveOut,
            "A53" => Trigger::CancelLeaveBack,
            _ => return None,
        })
    }

    /// Where it stands among events of the same instant, recorded at the same instant.
    pub(crate) fn rank(self) -> u8 {
        match self {
            Trigger::Preadmit => 0,
            Trigger::Register => 1,
            Trigger::Admit => 2,
            Trigger::ToInpatient | Trigger::ToOutpatient => 3,
            Trigger::PendingAdmit | Trigger::PendingTransfer | Trigger::PendingDischarge => 4,
            Trigger::Departing | Trigger::Transfer | Trigger::Swap | Trigger::Arriving => 5,
            Trigger::LeaveOut => 6,
            Trigger::LeaveBack => 7,
            Trigger::Update | Trigger::Person => 8,
            Trigger::Discharge => 9,
            Trigger::CancelPreadmit
            | Trigger::CancelPendingAdmit
            | Trigger::CancelPendingTransfer
            | Trigger::CancelPendingDischarge
            | Trigger::CancelTracking
            | Trigger::CancelLeaveOut
            | Trigger::CancelLeaveBack
            | Trigger::CancelAdmit
            | Trigger::CancelTransfer
            | Trigger::CancelDischarge => 10,
            Trigger::MergePatient | Trigger::MergeAccount | Trigger::MergeVisit | Trigger::MoveVisit => 11,
        }
    }
}

/// Where a message says a patient is: PV1-3 point of care, room, bed.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// PV1-3.1, the unit's code as sent.
    #[serde(rename = "u", default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// Room and bed, `501-A`; empty when only the unit is told.
    #[serde(rename = "b", default, skip_serializing_if = "String::is_empty")]
    pub bed: String,
}

impl Place {
    /// Whether nothing was told.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.unit.is_empty() && self.bed.is_empty()
    }
}

/// What one message states about one patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What is announced.
    #[serde(rename = "e")]
    pub trigger: Trigger,
    /// When it happened: EVN-6, else EVN-2, else MSH-7.
    #[serde(rename = "t")]
    pub at: Micros,
    /// When the sender wrote it down: EVN-2, else MSH-7, else `at`.
    #[serde(rename = "r")]
    pub recorded: Micros,
    /// Decides between facts of equal times, the same whatever the order of arrival.
    #[serde(rename = "o")]
    pub order: String,
    /// The patient's key: a keyed hash of authority and record number.
    #[serde(rename = "p")]
    pub patient: String,
    /// PV1-19, the visit number; empty when not told.
    #[serde(rename = "v", default, skip_serializing_if = "String::is_empty")]
    pub visit: String,
    /// PID-18, the account number; empty when not told.
    #[serde(rename = "a", default, skip_serializing_if = "String::is_empty")]
    pub account: String,
    /// PV1-2 as sent, upper case; empty when not told.
    #[serde(rename = "c", default, skip_serializing_if = "String::is_empty")]
    pub class: String,
    /// PV1-3.
    #[serde(rename = "l", default, skip_serializing_if = "Place::is_empty")]
    pub place: Place,
    /// PV1-6.
    #[serde(rename = "f", default, skip_serializing_if = "Place::is_empty")]
    pub prior: Place,
    /// PV1-42, where a pending move goes.
    #[serde(rename = "n", default, skip_serializing_if = "Place::is_empty")]
    pub pending: Place,
    /// PV1-44.
    #[serde(rename = "ad", default, skip_serializing_if = "Option::is_none")]
    pub admitted: Option<Micros>,
    /// PV1-45.
    #[serde(rename = "dd", default, skip_serializing_if = "Option::is_none")]
    pub discharged: Option<Micros>,
    /// PV2-8.
    #[serde(rename = "xa", default, skip_serializing_if = "Option::is_none")]
    pub expected_in: Option<Micros>,
    /// PV2-9.
    #[serde(rename = "xd", default, skip_serializing_if = "Option::is_none")]
    pub expected_out: Option<Micros>,
    /// PV1-36.
    #[serde(rename = "d", default, skip_serializing_if = "String::is_empty")]
    pub disposition: String,
    /// PV1-10.
    #[serde(rename = "s", default, skip_serializing_if = "String::is_empty")]
    pub service: String,
    /// PID-30 says the patient has died.
    #[serde(rename = "x", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_dead: bool,
    /// MRG-1, as a patient key.
    #[serde(rename = "mp", default, skip_serializing_if = "String::is_empty")]
    pub retired_patient: String,
    /// MRG-3.
    #[serde(rename = "ma", default, skip_serializing_if = "String::is_empty")]
    pub retired_account: String,
    /// MRG-5.
    #[serde(rename = "mv", default, skip_serializing_if = "String::is_empty")]
    pub retired_visit: String,
}

/// A fact with where it came from.
#[derive(Debug, Clone)]
pub struct Event {
    /// The message, or 0 when an import row stated it.
    pub message: i64,
    /// Its facility.
    pub facility: Id<Site>,
    /// What it states.
    pub fact: Fact,
}

/// How a leg began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Began {
    /// The patient arrived.
    Arrived,
    /// From another place.
    Moved,
    /// In place, with another patient class.
    ClassChange,
}

/// How a leg ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ended {
    /// It has not.
    Open,
    /// To another place.
    Moved,
    /// With another patient class.
    ClassChange,
    /// Left alive.
    Discharged,
    /// Left the emergency department before being seen.
    Unseen,
    /// Died.
    Died,
}

impl Began {
    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Began::Arrived => "arrived",
            Began::Moved => "moved",
            Began::ClassChange => "class",
        }
    }

    /// The way a stored word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Began> {
        [Began::Arrived, Began::Moved, Began::ClassChange].into_iter().find(|way| way.word() == word)
    }
}

impl Ended {
    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Ended::Open => "open",
            Ended::Moved => "moved",
            Ended::ClassChange => "class",
            Ended::Discharged => "discharged",
            Ended::Unseen => "unseen",
            Ended::Died => "died",
        }
    }

    /// The way a stored word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Ended> {
        [Ended::Open, Ended::Moved, Ended::ClassChange, Ended::Discharged, Ended::Unseen, Ended::Died]
            .into_iter()
            .find(|way| way.word() == word)
    }
}

/// One place and class of a stay, `[from, to)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Whose codes the place is told in.
    pub facility: Id<Site>,
    /// Where, as sent.
    pub place: Place,
    /// Patient class code.
    pub class: String,
    /// From when.
    pub from: Micros,
    /// Until when, or [`OPEN`].
    pub to: Micros,
    /// How it began.
    pub began: Began,
    /// How it ended.
    pub ended: Ended,
}

/// Where a stay stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StayState {
    /// Announced, not arrived.
    Expected,
    /// Inside.
    Present,
    /// Gone.
    Left,
    /// Cancelled, or never told well enough to be believed.
    Void,
}

impl StayState {
    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            StayState::Expected => "expected",
            StayState::Present => "present",
            StayState::Left => "left",
            StayState::Void => "void",
        }
    }
}

/// Two statements that cannot both be true, or one that cannot be placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What kind, for a need's key: `moved_after_discharge`.
    pub code: String,
    /// One sentence without names.
    pub sentence: String,
    /// The message that was set aside.
    pub message: i64,
    /// The message it contradicts, or 0 when none does.
    pub against: i64,
    /// When the event was said to happen.
    pub at: Micros,
}

/// Everything the facts say of one stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// Its key within the facility: the visit number, or one made from patient and arrival, and `#2` on for
    /// a further arrival under the same number.
    pub key: String,
    /// Visit number as sent, or empty.
    pub visit: String,
    /// The facility it began in; a patient may be moved to another under the same number.
    pub facility: Id<Site>,
    /// The patient's key, after merges.
    pub patient: String,
    /// Where it stands.
    pub state: StayState,
    /// Places, oldest first.
    pub spans: Vec<Span>,
    /// Newest class.
    pub class: String,
    /// Newest service.
    pub service: String,
    /// How it ended, as sent.
    pub disposition: String,
    /// Leaves of absence, `[out, back)`.
    pub leaves: Vec<(Micros, Micros)>,
    /// When an announced arrival is expected.
    pub expected_in: Option<Micros>,
    /// When it is expected to end.
    pub expected_out: Option<Micros>,
    /// Where a pending move goes; empty unit when none is pending.
    pub pending: Place,
    /// Since when a move is pending.
    pub pending_since: Option<Micros>,
    /// What could not be reconciled.
    pub faults: Vec<Fault>,
}
