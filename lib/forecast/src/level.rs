//! Level and season: a mean profile of the season, plus a level that returns to its slow self.
//!
//! A full house today says a lot about tomorrow and little about three weeks on. So the distance
//! of the level from its slow mean is carried to each lead by a share of its own, measured by
//! least squares: near 1 tomorrow, falling as far as the data say.

use crate::series::real;

/// A fitted model: which memory it has, and the share carried to each lead.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Level {
    memory: Memory,
    season: usize,
    carry: Vec<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Memory {
    /// Seasons the profile is averaged over.
    n_seasons: usize,
    /// Weight of the newest value in the level.
    fast: f64,
    /// Weight of the newest value in the slow mean.
    slow: f64,
}

/// Values without their profile, as the level and its slow mean after each of them.
struct Track {
    profile: Vec<f64>,
    /// What is left of each value, the level and the slow mean.
    states: Vec<(f64, f64, f64)>,
}

impl Level {
    /// Fits on values of two seasons or more; the memory is searched on the given leads.
    pub(crate) fn fit(values: &[f64], season: usize, horizon: usize, leads: &[usize]) -> Level {
        let mut best = (f64::INFINITY, Memory { n_seasons: 4, fast: 0.6, slow: 0.4 / real(season) });
        for n_seasons in [4, 8, 16] {
            let profile = profile(values, season, n_seasons);
            for fast in [0.3, 0.6, 1.0] {
                for per_season in [0.15, 0.4, 1.0] {
                    let memory = Memory { n_seasons, fast, slow: (per_season / real(season)).min(1.0) };
                    let states = states(values, &profile, memory);
                    let cost: f64 = leads.iter().map(|&lead| carry(&states, season, lead).1).sum();
                    if cost < best.0 {
                        best = (cost, memory);
                    }
                }
            }
        }
        let memory = best.1;
        let track = Track::of(values, season, memory);
        let carry = (1..=horizon).map(|lead| carry(&track.states, season, lead).0).collect();
        Level { memory, season, carry }
    }

    /// The values after these, up to the horizon the model was fitted for.
    pub(crate) fn forecast(&self, known: &[f64]) -> Vec<f64> {
        let track = Track::of(known, self.season, self.memory);
        let (_, level, slow) = track.states.last().copied().unwrap_or((0.0, 0.0, 0.0));
        let profile = track.profile.iter().cycle().skip(known.len() % self.season.max(1));
        self.carry.iter().zip(profile).map(|(carry, part)| slow + carry * (level - slow) + part).collect()
    }
}

impl Track {
    fn of(values: &[f64], season: usize, memory: Memory) -> Track {
        let profile = profile(values, season, memory.n_seasons);
        let states = states(values, &profile, memory);
        Track { profile, states }
    }
}

/// The mean at each position over the newest whole seasons, less the mean of them all.
fn profile(values: &[f64], season: usize, n_seasons: usize) -> Vec<f64> {
    let n_seasons = n_seasons.min(values.len() / season.max(1));
    let from = values.len() - n_seasons * season;
    let newest = values.get(from..).unwrap_or_default();
    let mean = newest.iter().sum::<f64>() / real(newest.len().max(1));
    let mut sums = vec![0.0; season];
    for one in newest.chunks(season.max(1)) {
        sums.iter_mut().zip(one).for_each(|(sum, value)| *sum += value - mean);
    }
    // The newest seasons start anywhere in the calendar; positions count from the first value.
    sums.rotate_right(from % season.max(1));
    sums.into_iter().map(|sum| sum / real(n_seasons.max(1))).collect()
}

fn states(values: &[f64], profile: &[f64], memory: Memory) -> Vec<(f64, f64, f64)> {
    let season = profile.len();
    let rest = || values.iter().zip(profile.iter().cycle()).map(|(value, part)| value - part);
    let start = rest().take(season).sum::<f64>() / real(season.min(values.len()).max(1));
    let follow = |(level, slow): &mut (f64, f64), rest: f64| {
        *level += memory.fast * (rest - *level);
        *slow += memory.slow * (rest - *slow);
        Some((rest, *level, *slow))
    };
    rest().scan((start, start), follow).collect()
}

/// The share of (level − slow mean) that is left after `lead` steps, by least squares between 0
/// and 1, and the mean squared error with it. The first season is practice.
fn carry(states: &[(f64, f64, f64)], season: usize, lead: usize) -> (f64, f64) {
    let pairs = || {
        let later = states.iter().skip(season + lead).map(|&(rest, _, _)| rest);
        let from = states.iter().skip(season);
        from.zip(later).map(|(&(_, level, slow), rest)| (level - slow, rest - slow))
    };
    let (n, both, square) = pairs().fold((0_u32, 0.0, 0.0), |(n, both, square), (away, rest)| {
        (n + 1, both + away * rest, square + away * away)
    });
    if n == 0 {
        return (0.0, 0.0);
    }
    let share = if square > 0.0 { (both / square).clamp(0.0, 1.0) } else { 0.0 };
    let error: f64 = pairs().map(|(away, rest)| (rest - share * away).powi(2)).sum();
    (share, error / f64::from(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_counts_positions_from_the_first_value() {
        let values = [5., 1., 2., 3., 1., 2., 3., 1.]; // newest two seasons of three start at idx 2
        assert_eq!(profile(&values, 3, 2), [1.0, -1.0, 0.0]);
    }

    #[test]
    fn a_pure_season_is_forecast_exactly() {
        let values: Vec<f64> = (0..40).map(|i| 100.0 + [0., 3., 5., 4., 1., -6., -7.][i % 7]).collect();
        let level = Level::fit(&values, 7, 10, &[1, 10]);
        let want: Vec<f64> = (40..50).map(|i| 100.0 + [0., 3., 5., 4., 1., -6., -7.][i % 7]).collect();
        for (got, want) in level.forecast(&values).iter().zip(want) {
            assert!((got - want).abs() < 1e-9);
        }
    }

    #[test]
    fn what_is_carried_falls_with_the_lead() {
        // A level that loses a tenth of its distance each step, kicked by a fixed sequence.
        let mut level = 0.0;
        let values: Vec<f64> = (0..600_u32)
            .map(|i| {
                level = 0.9 * level + f64::from(i * 7919 % 101) - 50.0;
                200.0 + level
            })
            .collect();
        let fitted = Level::fit(&values, 7, 28, &[1, 28]);
        let (first, last) = (fitted.carry[0], fitted.carry[27]);
        assert!(first > 0.7 && last < 0.4, "{first} {last}");
    }
}
