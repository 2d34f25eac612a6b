//! The numbers that decide when: handed to every change of a verification, never read from a file here.

use jiff::SignedDuration;

/// How long things last and how often they are asked for. Each value is an operator's setting.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// A callback counts only after the provider's details confirm it.
    pub confirm: bool,
    /// How long an unconfirmed result is asked after before it is settled without approval.
    pub confirm_for: SignedDuration,
    /// The life of a verification, from its creation.
    pub ttl: SignedDuration,
    /// The life a token must still have to be handed out again.
    pub resume_margin: SignedDuration,
    /// Issued attempts per user in a rolling day.
    pub attempts_per_day: u32,
    /// How long a call to the provider is believed to be under way; after that nobody can be
    /// working on it any more, whatever became of them.
    pub attempt_lasts: SignedDuration,
    /// First details read after something hints that capture ended.
    pub after_hint: SignedDuration,
    /// First details read when nothing is heard at all.
    pub after_silence: SignedDuration,
    /// The longest pause between two reads of an open verification.
    pub max_interval: SignedDuration,
    /// The pause between two reads while only the certificate is missing.
    pub partial_interval: SignedDuration,
    /// How long a callback is kept that names nothing of ours.
    pub orphan_life: SignedDuration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            confirm: true,
            confirm_for: SignedDuration::from_hours(72),
            ttl: SignedDuration::from_hours(24),
            resume_margin: SignedDuration::from_mins(10),
            attempts_per_day: 10,
            attempt_lasts: SignedDuration::from_secs(60),
            after_hint: SignedDuration::from_secs(15),
            after_silence: SignedDuration::from_mins(10),
            max_interval: SignedDuration::from_mins(15),
            partial_interval: SignedDuration::from_mins(30),
            orphan_life: SignedDuration::from_hours(30 * 24),
        }
    }
}
