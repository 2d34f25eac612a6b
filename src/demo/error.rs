//! Why a demo does not start.

use std::error::Error;
use std::io;

use super::ports::TakenPort;
use crate::config::Mistakes;

/// Nothing is left running when one of these is returned.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Somebody else listens there; each says which flag chooses another port.
    #[error("{}", lines(.0))]
    Ports(Vec<TakenPort>),
    /// The system has no randomness for keys.
    #[error("the demo's keys cannot be made")]
    Keys,
    /// The folder for data and keys cannot be made or written.
    #[error("the temporary folder cannot be written")]
    Folder(#[source] io::Error),
    /// The sandbox cannot listen.
    #[error("the sandbox does not start")]
    Sandbox(#[source] io::Error),
    /// The demo wrote a configuration that the gateway does not take.
    #[error("the demo's own configuration is not accepted")]
    Settings(#[source] Mistakes),
    /// The gateway does not start.
    #[error("the gateway does not start")]
    Gateway(#[source] Box<dyn Error + Send + Sync>),
    /// The page cannot be served.
    #[error("the demo's page cannot be served")]
    Page(#[source] Box<dyn Error + Send + Sync>),
}

fn lines(taken: &[TakenPort]) -> String {
    taken.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
