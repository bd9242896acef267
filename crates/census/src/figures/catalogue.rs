//! The list of census figures, with their definitions (American health statistics, as DOMAIN gathers them).

use super::read::{self, from_rows};
use super::rows::{self, UnitDay, of_stays, of_unit_days, of_waiting};
use crate::tally::rules::{Counts, Kind};
use crate::tally::store::Day;
use ::figures::{Ask, Better, Figure, FigureRow, Reading, Roll, SeriesPoint, Unit};
use futures::future::BoxFuture;
use identity::Permission;
use store::{StoreError, Tx};

type Readings<'a> = BoxFuture<'a, Result<Reading, StoreError>>;
type RowList<'a> = BoxFuture<'a, Result<Vec<FigureRow>, StoreError>>;
type Points<'a> = BoxFuture<'a, Result<Vec<SeriesPoint>, StoreError>>;

const STATISTICS: &str = "Standard inpatient health statistics (AHIMA); see the glossary.";
const PERCENT: Roll = Roll::Ratio { factor: 100 };
const RATIO: Roll = Roll::Ratio { factor: 1 };

/// What most census figures share.
const BASE: Figure = Figure {
    key: "",
    title: "",
    unit: Unit::Count,
    definition: "",
    source: STATISTICS,
    permission: Permission::CENSUS_VIEW,
    better: Better::Neither,
    roll: Roll::Sum,
    numerator: "",
    denominator: None,
    is_additive: true,
    why_not: "",
    target_rule: None,
    decimals: 0,
    read: |tx, ask| Box::pin(from_rows(tx, ask, Roll::Sum, admissions::rows)),
    rows: admissions::rows,
    series: None,
};

/// A figure counted on stored days, explained by stays.
macro_rules! of_days {
    ($name:ident, $kind:expr, $roll:expr, $of_day:expr, $rows:path) => {
        mod $name {
            use super::*;

            pub(super) fn read<'a>(tx: &'a mut Tx, ask: &'a Ask<'a>) -> Readings<'a> {
                match ask.as_of {
                    None => Box::pin(read::sum_of_days(tx, ask, $kind, $roll, $of_day)),
                    Some(_) => Box::pin(from_rows(tx, ask, $roll, rows)),
                }
            }

            pub(super) fn rows<'a>(tx: &'a mut Tx, ask: &'a Ask<'a>) -> RowList<'a> {
                Box::pin(of_stays(tx, ask, $rows))
            }

            pub(super) fn series<'a>(tx: &'a mut Tx, ask: &'a Ask<'a>) -> Points<'a> {
                Box::pin(read::series_of_days(tx, ask, $kind, $roll, |day: &Day| ($of_day)(&day.counts)))
            }
        }
    };
}

/// A ratio over beds or days, made of unit-days.
macro_rules! of_beds {
    ($name:ident, $roll:expr, $value:expr) => {
        mod $name {
            use super::*;

            pub(super) fn read<'a>(tx: &'a mut Tx, ask: &'a Ask<'a>) -> Readings<'a> {
                Box::pin(from_rows(tx, ask, $roll, rows))
            }

            pub(super) fn rows<'a>(tx: &'a mut Tx, ask: &'a Ask<'a>) -> RowList<'a> {
                Box::pin(of_unit_days(tx, ask, $value))
            }
        }
    };
}

/// A figure read from its rows.
macro_rules! of_rows {
    ($name:ident, $roll:expr, $load:path, $rows:path) => {
        mod $name {
            use super::*;

            pub(super) fn read<'a>(tx: &'a mut Tx, ask: &'a Ask<'a>) -> Readings<'a> {
                Box::pin(from_rows(tx, ask, $roll, rows))
            }

            pub(super) fn rows<'a>(tx: &'a mut Tx, ask: &'a Ask<'a>) -> RowList<'a> {
                Box::pin($load(tx, ask, $rows))
            }
        }
    };
}

of_days!(admissions, Kind::Inpatient, Roll::Sum, |c: &Counts| (c.admissions, None), rows::admissions);
of_days!(discharges, Kind::Inpatient, Roll::Sum, |c: &Counts| (c.discharges, None), rows::discharges);
of_days!(deaths, Kind::Inpatient, Roll::Sum, |c: &Counts| (c.deaths, None), rows::deaths);
of_days!(transfers_in, Kind::Inpatient, Roll::Sum, |c: &Counts| (c.transfers_in, None), rows::transfers_in);
of_days!(
    transfers_out,
    Kind::Inpatient,
    Roll::Sum,
    |c: &Counts| (c.transfers_out, None),
    rows::transfers_out
);
of_days!(
    alos,
    Kind::Inpatient,
    RATIO,
    |c: &Counts| (c.stay_days, Some(c.discharges + c.deaths)),
    rows::stays_ended
);
of_days!(
    discharges_before_noon,
    Kind::Inpatient,
    PERCENT,
    |c: &Counts| (c.before_noon, Some(c.discharges)),
    rows::before_noon
);
of_rows!(transfers, Roll::Sum, of_stays, rows::transfers);
of_rows!(observation_hours, Roll::Over { factor: 1 }, of_stays, rows::observation);
of_days!(
    ed_arrivals,
    Kind::Emergency,
    Roll::Sum,
    |c: &Counts| (c.admissions, None),
    rows::emergency_arrivals
);
of_days!(lwbs_rate, Kind::Emergency, PERCENT, |c: &Counts| (c.unseen, Some(c.admissions)), rows::unseen);
of_rows!(ed_median_stay, Roll::Median, of_stays, rows::emergency_stays);
of_rows!(ed_boarding, Roll::Sum, of_waiting, rows::boarding);
of_rows!(ed_boarding_longest, Roll::Max, of_waiting, rows::boarding_minutes);
of_beds!(adc, Roll::Over { factor: 1 }, |day: &UnitDay| (
    day.day.map_or(0, |day| day.service_days()),
    Some(day.n_days)
));
of_beds!(occupancy, PERCENT, |day: &UnitDay| (
    day.day.map_or(0, |day| day.service_days()),
    Some(day.staffed)
));
of_beds!(occupancy_licensed, PERCENT, |day: &UnitDay| (
    day.day.map_or(0, |day| day.service_days()),
    Some(day.licensed)
));
of_beds!(alos_quick, RATIO, |day: &UnitDay| (
    day.day.map_or(0, |day| day.service_days()),
    Some(day.day.map_or(0, |day| day.counts.discharges + day.counts.deaths))
));
of_beds!(turnover_interval, RATIO, |day: &UnitDay| (
    day.staffed - day.day.map_or(0, |day| day.service_days()),
    Some(day.day.map_or(0, |day| day.counts.discharges + day.counts.deaths))
));
of_beds!(bed_turnover, RATIO, |day: &UnitDay| (
    day.day.map_or(0, |day| day.counts.discharges + day.counts.deaths) * day.n_days,
    Some(day.staffed)
));

fn over_staffed(day: &UnitDay) -> (i64, Option<i64>) {
    (day.day.map_or(0, |day| day.service_days()), Some(day.staffed))
}

fn over_licensed(day: &UnitDay) -> (i64, Option<i64>) {
    (day.day.map_or(0, |day| day.service_days()), Some(day.licensed))
}

fn occupancy_series<'a>(tx: &'a mut Tx, ask: &'a Ask<'a>) -> Points<'a> {
    Box::pin(read::series_of_unit_days(tx, ask, PERCENT, over_staffed))
}

fn occupancy_licensed_series<'a>(tx: &'a mut Tx, ask: &'a Ask<'a>) -> Points<'a> {
    Box::pin(read::series_of_unit_days(tx, ask, PERCENT, over_licensed))
}

fn midnight_read<'a>(tx: &'a mut Tx, ask: &'a Ask<'a>) -> Readings<'a> {
    match ask.as_of {
        None => Box::pin(read::midnight(tx, ask)),
        Some(_) => Box::pin(from_rows(tx, ask, Roll::Sum, midnight_rows)),
    }
}

fn midnight_rows<'a>(tx: &'a mut Tx, ask: &'a Ask<'a>) -> RowList<'a> {
    Box::pin(of_stays(tx, ask, rows::midnight))
}

fn midnight_series<'a>(tx: &'a mut Tx, ask: &'a Ask<'a>) -> Points<'a> {
    Box::pin(read::series_of_days(tx, ask, Kind::Inpatient, Roll::Sum, |day| (day.midnight_census(), None)))
}

fn service_read<'a>(tx: &'a mut Tx, ask: &'a Ask<'a>) -> Readings<'a> {
    match ask.as_of {
        None => Box::pin(read::service_days(tx, ask)),
        Some(_) => Box::pin(from_rows(tx, ask, Roll::Sum, service_rows)),
    }
}

fn service_rows<'a>(tx: &'a mut Tx, ask: &'a Ask<'a>) -> RowList<'a> {
    Box::pin(of_stays(tx, ask, rows::service_days))
}

fn service_series<'a>(tx: &'a mut Tx, ask: &'a Ask<'a>) -> Points<'a> {
    Box::pin(read::series_of_days(tx, ask, Kind::Inpatient, Roll::Sum, |day| (day.service_days(), None)))
}

fn nedocs_read<'a>(tx: &'a mut Tx, ask: &'a Ask<'a>) -> Readings<'a> {
    Box::pin(from_rows(tx, ask, NEDOCS, nedocs_rows))
}

fn nedocs_rows<'a>(tx: &'a mut Tx, ask: &'a Ask<'a>) -> RowList<'a> {
    Box::pin(rows::nedocs(tx, ask))
}

fn boarding_series<'a>(tx: &'a mut Tx, ask: &'a Ask<'a>) -> Points<'a> {
    Box::pin(read::series_at_eight(tx, ask, Roll::Sum))
}

fn longest_series<'a>(tx: &'a mut Tx, ask: &'a Ask<'a>) -> Points<'a> {
    Box::pin(read::series_at_eight(tx, ask, Roll::Max))
}

fn median_series<'a>(tx: &'a mut Tx, ask: &'a Ask<'a>) -> Points<'a> {
    Box::pin(read::series_of_rows(tx, ask, Roll::Median, ed_median_stay::rows))
}

const NEDOCS: Roll = Roll::Formula {
    words: "-20 + 85.8 P/B + 600 A/H + 13.4 V + 0.93 T_adm + 5.64 T_bed, times in hours",
    of: rows::nedocs_of,
};

/// Every census figure.
pub static FIGURES: [Figure; 23] = [
    Figure {
        key: "midnight_census",
        title: "Midnight census",
        definition: "Inpatients inside at local 24:00 of the last day of the period. Newborns in bassinets and observation patients are not inpatients.",
        numerator: "inpatients inside",
        read: midnight_read,
        rows: midnight_rows,
        series: Some(midnight_series),
        ..BASE
    },
    Figure {
        key: "service_days",
        title: "Inpatient service days",
        unit: Unit::Days,
        definition: "The midnight census of each day, and one more for each inpatient who came and left on the same day; a period that is not over ends yesterday.",
        numerator: "service days",
        read: service_read,
        rows: service_rows,
        series: Some(service_series),
        ..BASE
    },
    Figure {
        key: "admissions",
        title: "Admissions",
        definition: "Inpatients who arrived, or became inpatients, in the period.",
        numerator: "admissions",
        read: admissions::read,
        rows: admissions::rows,
        series: Some(admissions::series),
        ..BASE
    },
    Figure {
        key: "discharges",
        title: "Discharges alive",
        definition: "Inpatients who left alive, or ceased to be inpatients, in the period. Deaths are counted apart.",
        numerator: "discharges",
        read: discharges::read,
        rows: discharges::rows,
        series: Some(discharges::series),
        ..BASE
    },
    Figure {
        key: "deaths",
        title: "Deaths",
        definition: "Inpatients who died in the period: dispositions 20 and 40 to 42, or as the site's profile says.",
        better: Better::Lower,
        numerator: "deaths",
        read: deaths::read,
        rows: deaths::rows,
        series: Some(deaths::series),
        ..BASE
    },
    Figure {
        key: "transfers",
        title: "Moves between units",
        definition: "Moves of inpatients from one unit to another, counted at the unit that received them.",
        numerator: "moves",
        read: transfers::read,
        rows: transfers::rows,
        ..BASE
    },
    Figure {
        key: "transfers_in",
        title: "Transfers in",
        definition: "Inpatients who came into the site from another site of the house. Moves inside the site do not count.",
        numerator: "transfers in",
        is_additive: false,
        why_not: "A move between two units of a site is a transfer of the units and not of the site.",
        read: transfers_in::read,
        rows: transfers_in::rows,
        series: Some(transfers_in::series),
        ..BASE
    },
    Figure {
        key: "transfers_out",
        title: "Transfers out",
        definition: "Inpatients who went from the site to another site of the house. Moves inside the site do not count.",
        numerator: "transfers out",
        is_additive: false,
        why_not: "A move between two units of a site is a transfer of the units and not of the site.",
        read: transfers_out::read,
        rows: transfers_out::rows,
        series: Some(transfers_out::series),
        ..BASE
    },
    Figure {
        key: "adc",
        title: "Average daily census",
        unit: Unit::Days,
        definition: "Inpatient service days over the calendar days of the period; a period that is not over ends yesterday.",
        numerator: "service days",
        denominator: Some("days"),
        roll: Roll::Over { factor: 1 },
        decimals: 1,
        read: adc::read,
        rows: adc::rows,
        series: Some(service_series),
        ..BASE
    },
    Figure {
        key: "occupancy",
        title: "Staffed beds occupied",
        unit: Unit::Percent,
        definition: "Inpatient service days over staffed bed-days, the beds of each day as they were that day. Can exceed 100.",
        numerator: "service days",
        denominator: Some("staffed bed-days"),
        roll: PERCENT,
        better: Better::Lower,
        target_rule: Some("census.occupancy_target"),
        decimals: 1,
        read: occupancy::read,
        rows: occupancy::rows,
        series: Some(occupancy_series),
        ..BASE
    },
    Figure {
        key: "occupancy_licensed",
        title: "Licensed beds occupied",
        unit: Unit::Percent,
        definition: "Inpatient service days over licensed bed-days.",
        numerator: "service days",
        denominator: Some("licensed bed-days"),
        roll: PERCENT,
        decimals: 1,
        read: occupancy_licensed::read,
        rows: occupancy_licensed::rows,
        series: Some(occupancy_licensed_series),
        ..BASE
    },
    Figure {
        key: "alos",
        title: "Average length of stay",
        unit: Unit::Days,
        definition: "Days of stay of the inpatients who left in the period, over their number, deaths included. A stay counts discharge date minus admission date, at least 1.",
        numerator: "discharge days",
        denominator: Some("discharges and deaths"),
        roll: RATIO,
        better: Better::Lower,
        decimals: 2,
        read: alos::read,
        rows: alos::rows,
        series: Some(alos::series),
        ..BASE
    },
    Figure {
        key: "alos_quick",
        title: "Average length of stay, quick form",
        unit: Unit::Days,
        definition: "Inpatient service days over discharges and deaths of the same period. Differs from the exact form while the house fills or empties.",
        numerator: "service days",
        denominator: Some("discharges and deaths"),
        roll: RATIO,
        better: Better::Lower,
        decimals: 2,
        read: alos_quick::read,
        rows: alos_quick::rows,
        ..BASE
    },
    Figure {
        key: "turnover_interval",
        title: "Turnover interval",
        unit: Unit::Days,
        definition: "Empty staffed bed-days over discharges and deaths: how long a bed stands empty between patients. Negative over 100 % occupancy.",
        numerator: "empty bed-days",
        denominator: Some("discharges and deaths"),
        roll: RATIO,
        decimals: 2,
        read: turnover_interval::read,
        rows: turnover_interval::rows,
        ..BASE
    },
    Figure {
        key: "bed_turnover",
        title: "Bed turnover",
        unit: Unit::PerBed,
        definition: "Discharges and deaths of the period over its average staffed beds.",
        numerator: "discharges and deaths, times days",
        denominator: Some("staffed bed-days"),
        roll: RATIO,
        decimals: 2,
        read: bed_turnover::read,
        rows: bed_turnover::rows,
        ..BASE
    },
    Figure {
        key: "observation_hours",
        title: "Observation hours",
        unit: Unit::Hours,
        definition: "Hours that outpatients under observation spent in a bed. Never part of the inpatient census.",
        numerator: "minutes",
        denominator: Some("minutes in an hour"),
        roll: Roll::Over { factor: 1 },
        decimals: 1,
        read: observation_hours::read,
        rows: observation_hours::rows,
        ..BASE
    },
    Figure {
        key: "ed_arrivals",
        title: "Emergency arrivals",
        definition: "Emergency visits that began in the period.",
        numerator: "arrivals",
        read: ed_arrivals::read,
        rows: ed_arrivals::rows,
        series: Some(ed_arrivals::series),
        ..BASE
    },
    Figure {
        key: "ed_boarding",
        title: "Boarding in ED",
        definition: "Patients admitted or under observation who wait in the emergency department for a bed, now or when the period ended. The chart takes 08:00 of each day.",
        better: Better::Lower,
        numerator: "patients waiting",
        read: ed_boarding::read,
        rows: ed_boarding::rows,
        series: Some(boarding_series),
        ..BASE
    },
    Figure {
        key: "ed_boarding_longest",
        title: "Longest boarding in ED",
        unit: Unit::Minutes,
        definition: "The longest such wait, from the decision to admit to now or the end of the period.",
        better: Better::Lower,
        roll: Roll::Max,
        numerator: "minutes",
        is_additive: false,
        why_not: "The longest wait of a site is the longest of its parts, not their sum.",
        target_rule: Some("ed.boarding_limit"),
        read: ed_boarding_longest::read,
        rows: ed_boarding_longest::rows,
        series: Some(longest_series),
        ..BASE
    },
    Figure {
        key: "lwbs_rate",
        title: "Left without being seen",
        unit: Unit::Percent,
        definition: "Emergency patients who left before a provider saw them, by the disposition codes of the site's profile, over the emergency arrivals of the period.",
        source: "CMS OP-22",
        better: Better::Lower,
        roll: PERCENT,
        numerator: "left before being seen",
        denominator: Some("arrivals"),
        target_rule: Some("ed.lwbs_target"),
        decimals: 2,
        read: lwbs_rate::read,
        rows: lwbs_rate::rows,
        series: Some(lwbs_rate::series),
        ..BASE
    },
    Figure {
        key: "ed_median_stay",
        title: "Median stay in ED",
        unit: Unit::Minutes,
        definition: "Median minutes from arrival to departure of those who left the emergency department in the period, waits for a bed included.",
        source: "CMS OP-18, all patients",
        better: Better::Lower,
        roll: Roll::Median,
        numerator: "minutes",
        is_additive: false,
        why_not: "A median of parts is not made of their medians.",
        read: ed_median_stay::read,
        rows: ed_median_stay::rows,
        series: Some(median_series),
        ..BASE
    },
    Figure {
        key: "discharges_before_noon",
        title: "Out before noon",
        unit: Unit::Percent,
        definition: "Of the inpatients discharged alive in the period, those who left before 12:00 local time.",
        better: Better::Higher,
        roll: PERCENT,
        numerator: "before noon",
        denominator: Some("discharges alive"),
        target_rule: Some("discharges.before_noon_target"),
        decimals: 1,
        read: discharges_before_noon::read,
        rows: discharges_before_noon::rows,
        series: Some(discharges_before_noon::series),
        ..BASE
    },
    Figure {
        key: "nedocs",
        title: "NEDOCS",
        unit: Unit::Score,
        definition: "National Emergency Department Overcrowding Score: up to 20 not busy, 60 busy, 100 extremely busy, 140 overcrowded, 180 severely, above dangerously overcrowded.",
        source: "Weiss et al. 2004",
        better: Better::Lower,
        roll: NEDOCS,
        numerator: "score",
        is_additive: false,
        why_not: "A score of a formula has no parts to sum.",
        decimals: 1,
        read: nedocs_read,
        rows: nedocs_rows,
        ..BASE
    },
];
