//! The process killed, starved and told to stop, and everything it had acknowledged looked for
//! afterwards.

mod bed;
mod dice;
mod file;
mod kills;
mod person;
mod stopping;
mod trouble;

pub(crate) use bed::Bed;
