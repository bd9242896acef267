//! Patients for each licensed nurse, by the law of California.
//!
//! California Code of Regulations, Title 22, section 70217. The ratio holds at all times, breaks
//! included, and is not averaged over a shift; a patient classification system may require more.

/// The most patients that one licensed nurse may have in a kind of unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// The kind of unit.
    pub unit: &'static str,
    /// The most patients of one nurse.
    pub patients_max: u16,
    /// Whether only registered nurses count.
    pub is_rn_only: bool,
}

const fn ratio(unit: &'static str, patients_max: u16) -> Ratio {
    Ratio { unit, patients_max, is_rn_only: false }
}

/// Title 22, section 70217(a), as in force since 2008.
pub const CALIFORNIA: [Ratio; 19] = [
    ratio("critical care", 2),
    ratio("burn", 2),
    Ratio { unit: "neonatal intensive care", patients_max: 2, is_rn_only: true },
    Ratio { unit: "operating room, circulating", patients_max: 1, is_rn_only: true },
    ratio("post-anesthesia", 2),
    ratio("labor and delivery, active labor", 2),
    ratio("antepartum, not in active labor", 4),
    // Four couplets are eight people.
    ratio("postpartum, couplets", 4),
    ratio("postpartum, mothers only", 6),
    ratio("well-baby nursery", 8),
    // The triage nurse is not counted.
    ratio("emergency", 4),
    ratio("emergency, critical care", 2),
    Ratio { unit: "emergency, critical trauma", patients_max: 1, is_rn_only: true },
    ratio("step-down", 3),
    ratio("telemetry", 4),
    ratio("medical and surgical", 5),
    ratio("other specialty care", 4),
    ratio("psychiatric", 6),
    ratio("pediatrics", 4),
];

/// Of the licensed nurses, at most so many percent may be vocational nurses where others than
/// registered nurses count: registered nurses make up at least the rest.
pub const LVN_PERCENT_MAX: u16 = 50;

impl Ratio {
    /// How many nurses so many patients need at one moment: `patients / patients_max`, rounded up.
    #[must_use]
    pub const fn nurses(self, patients: u16) -> u16 {
        patients.div_ceil(self.patients_max)
    }

    /// The ratio of a kind of unit.
    #[must_use]
    pub fn of(unit: &str) -> Option<Ratio> {
        CALIFORNIA.into_iter().find(|ratio| ratio.unit == unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_patient_of_a_ratio_needs_no_further_nurse() {
        let nurses = |patients| Ratio::of("medical and surgical").unwrap().nurses(patients);
        assert_eq!([0, 1, 20, 21, 22, 25].map(nurses), [0, 1, 4, 5, 5, 5]);
        assert_eq!(Ratio::of("critical care").unwrap().nurses(3), 2);
        assert_eq!(Ratio::of("lobby"), None);
    }
}
