//! Verifications as streams of events.

mod ending;
mod given;
mod opening;
mod readers;
mod telling;
