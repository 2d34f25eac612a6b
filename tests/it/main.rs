//! Behaviour of the whole gateway, over real sockets, a real database and the sandbox provider.

#![expect(clippy::unwrap_used, reason = "a test that unwraps fails as loudly as one that asserts")]

mod config;
mod contract;
mod support;
mod tidy;
