//! Chance that can be repeated: the same seed throws the same.

/// Xorshift: good enough to vary what a test does.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        // Zero would stay zero.
        Self(seed | 1)
    }

    /// From 0 to `below` - 1.
    pub(super) const fn below(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The high bits: the low ones of neighbours are alike.
        (self.0 >> 32) % below
    }

    /// Once in `times`.
    pub(super) const fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}
