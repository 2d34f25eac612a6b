//! `[limits]`: how often callers may call.
//!
//! Invariant: no limit is 0. A limit that lets nobody through is a gateway that is switched off, and
//! one that is not wanted is set high.

use std::ops::RangeInclusive;

use super::reader::{Read, Section};

/// Calls a minute; each allowance comes back evenly over the minute and can be used at once.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "the settings' own names, which carry the unit")]
pub struct Limits {
    /// Starts and renewals of one user. Too low stops honest users who try again; too high lets one
    /// account keep the provider busy.
    pub user_starts_per_minute: u32,
    /// All other calls of one user. Too low breaks the waiting screen; too high lets one account
    /// keep the gateway busy.
    pub user_reads_per_minute: u32,
    /// All calls of one app, of whichever user. Too low stops a whole app in its rush hour; too high
    /// lets one app's bug starve the others.
    pub app_requests_per_minute: u32,
    /// All calls of one back end. Too low stops its batch jobs; too high lets a loop in one of them
    /// starve the apps.
    pub backend_requests_per_minute: u32,
    /// Access tokens from one address that are not believed. Too low answers users of a shared
    /// address whose tokens are bad with 429 instead of 401; too high does not slow a guesser.
    pub failed_authentications_per_minute: u32,
}

/// What one person or one address can need; far above it nothing is limited.
const OF_ONE: RangeInclusive<u32> = 1..=1_000_000;
/// What a whole app or server can need.
const OF_MANY: RangeInclusive<u32> = 1..=100_000_000;

pub(super) fn read(section: &Section<'_>) -> Read<Limits> {
    let user_starts = section.number("user_starts_per_minute", OF_ONE);
    let user_reads = section.number("user_reads_per_minute", OF_ONE);
    let app_requests = section.number("app_requests_per_minute", OF_MANY);
    let backend_requests = section.number("backend_requests_per_minute", OF_MANY);
    let failed_authentications = section.number("failed_authentications_per_minute", OF_ONE);
    Ok(Limits {
        user_starts_per_minute: user_starts?,
        user_reads_per_minute: user_reads?,
        app_requests_per_minute: app_requests?,
        backend_requests_per_minute: backend_requests?,
        failed_authentications_per_minute: failed_authentications?,
    })
}
