//! The client of the provider, against the sandbox and against servers that misbehave.

mod authority;
mod calls;
mod misbehaviour;
mod partner_token;
mod rig;
mod tls;

pub(crate) use rig::{Rig, client, flow, settings};
