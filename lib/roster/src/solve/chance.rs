//! Numbers that look random and follow from a seed, made for tight loops.

/// A source of numbers: SplitMix64 (Steele and others 2014).
#[derive(Clone, Debug)]
pub(crate) struct Chance {
    state: u64,
}

impl Chance {
    /// The numbers of a seed.
    pub(crate) const fn new(seed: u64) -> Chance {
        Chance { state: seed }
    }

    /// Any number.
    #[inline]
    pub(crate) const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A position below `n`, which is less than 2^31; 0 when there is none.
    #[inline]
    pub(crate) const fn below(&mut self, n: usize) -> usize {
        (((self.next() >> 32) * n as u64) >> 32) as usize
    }

    /// Whether something happens that does so `n` times in 256.
    #[inline]
    pub(crate) const fn in_256(&mut self, n: u64) -> bool {
        self.next() >> 56 < n
    }

    /// A number in (0, 1).
    #[inline]
    pub(crate) const fn unit(&mut self) -> f64 {
        ((self.next() >> 12) as f64 + 0.5) / 4_503_599_627_370_496.0
    }
}
