//! `[verifications]`: how long a verification lives and how often it may be tried.

use std::time::Duration;

use super::mistake::Flaw;
use super::parse::{hours, mins, secs};
use super::reader::{Read, Section};

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

pub(super) fn read(section: &Section<'_>) -> Read<Verifications> {
    let ttl = section.duration("ttl", mins(5)..=hours(30 * 24));
    let resume_margin = section.duration("resume_margin", secs(0)..=hours(24));
    let attempts_per_day = section.number("attempts_per_day", 1..=1000);
    let verifications = Verifications {
        ttl: ttl?,
        resume_margin: resume_margin?,
        attempts_per_day: attempts_per_day?,
    };
    if verifications.resume_margin >= verifications.ttl {
        return Err(section.fault(
            "resume_margin",
            Flaw::new(
                "is not shorter than `verifications.ttl`, so no token would be given again",
                "choose a small part of `verifications.ttl`",
            ),
        ));
    }
    Ok(verifications)
}
