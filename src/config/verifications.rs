//! `[verifications]`: how long a verification lives and how often it may be tried.

use std::time::Duration;

/// The life of a verification.
#[derive(Debug, Clone)]
pub struct Verifications {
    /// How long a verification stays open. Too low expires users in the middle of capture; too
    /// high resumes what everyone has forgotten.
    pub ttl: Duration,
    /// How much of a token's life must remain for it to be handed out again. Too low hands out
    /// tokens that expire during capture; too high wastes attempts.
    pub resume_margin: Duration,
    /// Issued attempts per user in any 24 hours. Too low locks honest users out; too high lets a
    /// fraudster go on trying.
    pub attempts_per_day: u32,
}
