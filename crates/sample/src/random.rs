//! Repeatable randomness: a splitmix64 stream and the few distributions the sample needs.

/// Mixes some numbers into one well-spread number; the same numbers always give the same one.
pub(crate) fn mix(parts: &[u64]) -> u64 {
    parts.iter().fold(0x51_7c_c1_b7_27_22_0a_95, |state, &part| scramble(state ^ scramble(part)))
}

/// The splitmix64 finalizer (Steele, Lea and Flood 2014).
fn scramble(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The integer part of a number; what does not fit is cut to the nearest that does.
#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, which is what is wanted here")]
pub(crate) fn whole(number: f64) -> i64 {
    number as i64
}

/// A stream of random numbers that depends on its seed alone.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn of(parts: &[u64]) -> Random {
        Random(mix(parts))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        scramble(self.0)
    }

    /// A number in `[0, 1)` with 53 random bits.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// An index below `n`; 0 when `n` is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        let idx = (u128::from(self.next()) * n as u128) >> 64;
        usize::try_from(idx).unwrap_or(0)
    }

    /// A whole number in `[from, to)`; `from` when the range is empty.
    pub(crate) fn between(&mut self, from: i64, to: i64) -> i64 {
        let width = to.saturating_sub(from).max(0) as f64;
        from.saturating_add(whole(self.unit() * width))
    }

    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }

    /// Standard normal by Box and Muller.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    pub(crate) fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// A Poisson count by Knuth's product, good for the small means used here.
    pub(crate) fn count(&mut self, mean: f64) -> i64 {
        let limit = (-mean).exp();
        let mut product = self.unit();
        let mut n = 0;
        while product > limit && n < 1000 {
            product *= self.unit();
            n += 1;
        }
        n
    }

    /// A count that swings about half as much as chance alone would make it, as planned work does.
    pub(crate) fn steady(&mut self, mean: f64) -> i64 {
        whole((mean + 0.5 * mean.max(0.0).sqrt() * self.normal() + self.unit()).max(0.0))
    }

    /// The index drawn in proportion to its weight.
    pub(crate) fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        for (idx, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return idx;
            }
        }
        weights.len().saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_repeats_and_seeds_differ() {
        let draw = |seed: u64| -> Vec<usize> {
            let mut random = Random::of(&[seed]);
            (0..20).map(|_| random.below(1000)).collect()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn distributions_have_their_means() {
        let mut random = Random::of(&[7]);
        let n = 20_000;
        let mean = |draws: Vec<f64>| draws.iter().sum::<f64>() / f64::from(n);
        let poisson = mean((0..n).map(|_| random.count(4.5) as f64).collect());
        assert!((poisson - 4.5).abs() < 0.1, "{poisson}");
        // exp(sigma^2 / 2) = 1.1331 for sigma 0.5
        let log_normal = mean((0..n).map(|_| random.log_normal(2.0, 0.5)).collect());
        assert!((log_normal - 2.266).abs() < 0.05, "{log_normal}");
    }
}
