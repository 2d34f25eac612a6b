//! The sandbox's endpoints: the provider's own, the pages, and the control API.

mod body;
mod control;
mod misbehave;
mod object;
mod page;
mod partner;
mod routes;
mod session;

pub(super) use routes::configure;
