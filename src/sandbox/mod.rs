//! The provider on your own machine: strict where the contract is strict, faulty on request.
//!
//! Imports nothing of the gateway: it spells the wire itself, so that it can disagree with us.

mod answer;
mod book;
mod clock;
mod control;
mod courier;
mod director;
mod facts;
mod fault;
mod http;
mod initiate;
mod journal;
mod link;
mod options;
mod outcome;
mod paper;
mod person;
mod picture;
mod script;
mod server;
mod token;
mod world;

pub use book::{CaptureError, Source};
pub use clock::{SandboxClock, SystemSandboxClock};
pub use control::{Captured, Control, SessionView, SubmissionView};
pub use courier::{CallbackAnswer, CallbackAttempt};
pub use fault::{Fault, FaultBody, FaultRule};
pub use journal::{Operation, RecordedRequest};
pub use options::{
    CallbackMethod, CallbackTarget, OnboardingPartners, SandboxCredentials, SandboxOptions,
};
pub use outcome::{OUTCOMES, Outcome, OutcomeRow};
pub use server::Sandbox;
