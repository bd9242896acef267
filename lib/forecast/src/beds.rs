//! From demand to beds: a rule of thumb, and the two formulas of Erlang.

/// More beds than any hospital has; searches end here.
const BEDS_MAX: u32 = 100_000;

/// A demand, or a share, that no number of beds can be computed for.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum BadLoad {
    /// Not a number, negative or beyond what is computed.
    #[error(
        "a load of {load} occupied beds cannot be computed; give arrivals a day times days of stay, 0 to 100,000"
    )]
    Load {
        /// What came.
        load: f64,
    },
    /// A share outside 0 to 1.
    #[error("a share of {share} cannot be aimed for; give a number above 0 and below 1, such as 0.05")]
    Share {
        /// What came.
        share: f64,
    },
    /// A safety factor that is not a number or negative.
    #[error("a safety factor of {z} cannot be used; give 0 or more, such as 1.645 for 95%")]
    Factor {
        /// What came.
        z: f64,
    },
    /// A queue that never empties.
    #[error(
        "{load} occupied beds on average do not fit {beds} beds, so the queue would only grow; open more beds or shorten stays"
    )]
    NeverEmpties {
        /// Load offered.
        load: f64,
        /// Beds there are.
        beds: u32,
    },
}

/// Beds by the rule of thumb ADC + z·√ADC, rounded up.
///
/// # Errors
/// [`BadLoad`] for a negative census or factor.
pub fn bed_need_rough(average_daily_census: f64, z: f64) -> Result<u32, BadLoad> {
    let load = checked(average_daily_census)?;
    if !z.is_finite() || z < 0.0 {
        return Err(BadLoad::Factor { z });
    }
    let beds = (load + z * load.sqrt()).ceil();
    // At most 100,000 + z * 317: refuse the absurd factor rather than cut it off.
    if beds > f64::from(BEDS_MAX) * 10.0 {
        return Err(BadLoad::Factor { z });
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= beds <= 1,000,000")]
    Ok(beds as u32)
}

/// Erlang B: the share of arrivals that find every bed taken and are turned away.
///
/// `load` is arrivals a day times mean days of stay; the shape of the stays does not matter.
///
/// # Errors
/// [`BadLoad`] for a load that cannot be.
pub fn erlang_b(load: f64, beds: u32) -> Result<f64, BadLoad> {
    let load = checked(load)?;
    Ok((1..=beds.min(BEDS_MAX)).fold(1.0, |blocked, bed| next_blocked(load, bed, blocked)))
}

/// Erlang C: the share of arrivals that wait, where nobody is turned away.
///
/// # Errors
/// [`BadLoad::NeverEmpties`] where the load reaches the beds.
pub fn erlang_c(load: f64, beds: u32) -> Result<f64, BadLoad> {
    let blocked = erlang_b(load, beds)?;
    waiting(load, beds, blocked).ok_or(BadLoad::NeverEmpties { load, beds })
}

/// The fewest beds at which no more than a share of arrivals is turned away.
///
/// # Errors
/// [`BadLoad`] for a load or a share that cannot be.
pub fn beds_for_loss(load: f64, share_max: f64) -> Result<u32, BadLoad> {
    fewest(load, share_max, |blocked, _| Some(blocked))
}

/// The fewest beds at which no more than a share of arrivals waits.
///
/// # Errors
/// [`BadLoad`] for a load or a share that cannot be.
pub fn beds_for_wait(load: f64, share_max: f64) -> Result<u32, BadLoad> {
    fewest(load, share_max, |blocked, beds| waiting(load, beds, blocked))
}

fn fewest(load: f64, share_max: f64, share: impl Fn(f64, u32) -> Option<f64>) -> Result<u32, BadLoad> {
    let load = checked(load)?;
    if !(share_max > 0.0 && share_max < 1.0) {
        return Err(BadLoad::Share { share: share_max });
    }
    let mut blocked = 1.0;
    for beds in 1..=BEDS_MAX * 2 {
        blocked = next_blocked(load, beds, blocked);
        if share(blocked, beds).is_some_and(|share| share <= share_max) {
            return Ok(beds);
        }
    }
    Err(BadLoad::Load { load })
}

/// B(n) from B(n − 1); every step stays between 0 and 1, where the factorials of the closed form overflow.
fn next_blocked(load: f64, beds: u32, blocked: f64) -> f64 {
    load * blocked / (f64::from(beds) + load * blocked)
}

fn waiting(load: f64, beds: u32, blocked: f64) -> Option<f64> {
    let use_of_beds = load / f64::from(beds);
    (use_of_beds < 1.0).then(|| blocked / (1.0 - use_of_beds * (1.0 - blocked)))
}

fn checked(load: f64) -> Result<f64, BadLoad> {
    if (0.0..=f64::from(BEDS_MAX)).contains(&load) { Ok(load) } else { Err(BadLoad::Load { load }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(got: f64, want: f64) {
        assert!((got - want).abs() <= 0.5e-5, "{got} is not {want}");
    }

    #[test]
    fn t_15_rough_bed_need() {
        assert_eq!(bed_need_rough(205.0, 1.645), Ok(229));
        assert_eq!(bed_need_rough(0.0, 1.645), Ok(0));
        assert_eq!(bed_need_rough(100.0, 0.0), Ok(100));
        assert!(bed_need_rough(-1.0, 1.0).is_err());
        assert!(bed_need_rough(5.0, f64::NAN).is_err());
    }

    #[test]
    fn t_16_erlang_loss_and_wait() {
        close(erlang_b(20.0, 24).unwrap(), 0.06610);
        close(erlang_b(20.0, 25).unwrap(), 0.05022);
        close(erlang_b(20.0, 28).unwrap(), 0.01879);
        close(erlang_b(20.0, 30).unwrap(), 0.00846);
        close(erlang_c(20.0, 25).unwrap(), 0.20910);
        close(erlang_c(20.0, 28).unwrap(), 0.06282);
    }

    #[test]
    fn the_fewest_beds_just_meet_the_aim() {
        assert_eq!(beds_for_loss(20.0, 0.0502), Ok(26));
        assert_eq!(beds_for_loss(20.0, 0.05023), Ok(25));
        assert_eq!(beds_for_wait(20.0, 0.0629), Ok(28));
        assert!(beds_for_wait(20.0, 0.99).unwrap() > 20);
    }

    #[test]
    fn a_load_that_reaches_the_beds_is_refused() {
        assert_eq!(
            erlang_c(20.0, 20).unwrap_err().to_string(),
            "20 occupied beds on average do not fit 20 beds, so the queue would only grow; \
             open more beds or shorten stays"
        );
        assert!(erlang_b(f64::NAN, 5).is_err());
        assert!(beds_for_loss(5.0, 0.0).is_err());
        assert_eq!(erlang_b(0.0, 5), Ok(0.0));
        assert_eq!(erlang_b(3.0, 0), Ok(1.0));
    }

    proptest! {
        #[test]
        fn one_more_bed_never_turns_more_away(load in 0.1..500.0_f64, beds in 1_u32..600) {
            let (fewer, more) = (erlang_b(load, beds).unwrap(), erlang_b(load, beds + 1).unwrap());
            prop_assert!((0.0..=1.0).contains(&fewer) && more <= fewer);
        }
    }
}
